//! When to send something again that another server did not accept.

use time::Duration;

/// Returns how long to wait after the failed attempt number `attempt`, counted from 1: 1, 5 and 15 minutes, 1, 6 and
/// 18 hours, about a day in all. `None`: no further attempt.
#[must_use]
pub fn wait_after(attempt: i32) -> Option<Duration> {
    const MINUTES: [i64; 6] = [1, 5, 15, 60, 360, 1_080];
    let index = usize::try_from(attempt.checked_sub(1)?).ok()?;
    MINUTES.get(index).copied().map(Duration::minutes)
}

/// Returns `true` if a further attempt cannot succeed after this status: the server would refuse the same request
/// again, and redirects are not followed. The exceptions are 408 (timeout), 425 (too early) and 429 (too many
/// requests).
#[must_use]
pub const fn is_final(status: u16) -> bool {
    matches!(status, 300..500) && !matches!(status, 408 | 425 | 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_last_for_a_day() {
        let waits: Vec<i64> = (1..).map_while(wait_after).map(Duration::whole_minutes).collect();
        assert_eq!(waits, [1, 5, 15, 60, 360, 1_080]);
        assert_eq!([0, -1, i32::MIN, i32::MAX].map(wait_after), [None; 4]);
    }

    #[test]
    fn refused_requests_are_not_sent_again() {
        for (status, wanted) in [(200, false), (301, true), (400, true), (410, true), (429, false), (503, false)] {
            assert_eq!(is_final(status), wanted, "{status}");
        }
    }
}
