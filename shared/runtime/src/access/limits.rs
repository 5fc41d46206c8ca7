//! How many requests an organisation may make: the rules, without the counting.
//!
//! The answer's headers follow draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit`, `RateLimit-Policy`), with
//! `Retry-After` (RFC 9110, 10.2.3) when a request is refused.

/// The kind of a request, for the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// One thing at a time.
    Standard,
    /// Many things at once: an import, an export, a list of changes.
    Bulk,
}

/// The most requests of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A minute, of all but bulk operations.
    pub per_minute: u32,
    /// Bulk operations a minute.
    pub bulk_per_minute: u32,
    /// An hour, of every kind.
    pub per_hour: u32,
}

impl Default for Limits {
    /// The limits of the product's standard plan.
    fn default() -> Self {
        Self { per_minute: 100, bulk_per_minute: 10, per_hour: 1_000 }
    }
}

/// One limit and how much of it is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// `minute`, `bulk` or `hour`.
    pub name: &'static str,
    /// How many requests are allowed in it.
    pub quota: u32,
    /// How long it is, in seconds.
    pub seconds: i64,
    /// How many requests it has seen.
    pub used: u32,
    /// In how many seconds the next one begins.
    pub reset: i64,
}

/// The limits that a request counted on: a minute's and the hour's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage(pub [Window; 2]);

impl Limits {
    /// The windows that a request at `now`, in seconds since 1970, counts on, with what they have seen.
    #[must_use]
    pub fn usage(self, rate: Rate, now: i64, used_in_minute: u32, used_in_hour: u32) -> Usage {
        let (name, quota) = match rate {
            Rate::Standard => ("minute", self.per_minute),
            Rate::Bulk => ("bulk", self.bulk_per_minute),
        };
        let minute = Window { name, quota, seconds: 60, used: used_in_minute, reset: 60 - now.rem_euclid(60) };
        let hour = Window {
            name: "hour",
            quota: self.per_hour,
            seconds: 3_600,
            used: used_in_hour,
            reset: 3_600 - now.rem_euclid(3_600),
        };
        Usage([minute, hour])
    }
}

impl Usage {
    /// The value of `RateLimit-Policy`.
    pub(crate) fn policy(&self) -> String {
        self.each(|window| format!("\"{}\";q={};w={}", window.name, window.quota, window.seconds))
    }

    /// The value of `RateLimit`.
    pub(crate) fn left(&self) -> String {
        self.each(|window| {
            format!("\"{}\";r={};t={}", window.name, window.quota.saturating_sub(window.used), window.reset)
        })
    }

    fn each(&self, write: impl Fn(&Window) -> String) -> String {
        self.0.iter().map(write).collect::<Vec<_>>().join(", ")
    }

    /// The window that was full, the one that is full for longest if both were.
    pub(crate) fn full(&self) -> &Window {
        let full = self.0.iter().filter(|window| window.used >= window.quota).max_by_key(|window| window.reset);
        full.unwrap_or(&self.0[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_what_is_left_and_until_when() {
        let usage = Limits::default().usage(Rate::Standard, 7_213, 40, 990);
        assert_eq!(usage.policy(), "\"minute\";q=100;w=60, \"hour\";q=1000;w=3600");
        assert_eq!(usage.left(), "\"minute\";r=60;t=47, \"hour\";r=10;t=3587");
    }
}
