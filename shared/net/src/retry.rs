//! When something that another server did not take is sent again.

use time::Duration;

/// How long to wait after the failed try number `attempt`, counted from 1: 1, 5 and 15 minutes, an hour, six, and the rest of
/// a day; none after the last.
#[must_use]
pub fn wait_after(attempt: i32) -> Option<Duration> {
    const MINUTES: [i64; 6] = [1, 5, 15, 60, 360, 1_080];
    let tried = usize::try_from(attempt.checked_sub(1)?).ok()?;
    MINUTES.get(tried).copied().map(Duration::minutes)
}

/// Whether a server that answered with this status will answer so again: what it refuses as it is, it refuses again, and a
/// redirect is followed by nobody. Not 408 (it waited too long), 425 (too early) and 429 (too many).
#[must_use]
pub const fn is_final(status: u16) -> bool {
    matches!(status, 300..500) && !matches!(status, 408 | 425 | 429)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_tries() {
        let waits: Vec<i64> = (1..).map_while(wait_after).map(Duration::whole_minutes).collect();
        assert_eq!(waits, [1, 5, 15, 60, 360, 1_080]);
        assert_eq!([0, -1, i32::MIN, i32::MAX].map(wait_after), [None; 4]);
    }

    #[test]
    fn what_is_refused_is_not_sent_again() {
        for (status, wanted) in [(200, false), (301, true), (400, true), (410, true), (429, false), (503, false)] {
            assert_eq!(is_final(status), wanted, "{status}");
        }
    }
}
