//! The limits of an organisation: how many requests it may make. The counting is in the crate `access`.
//!
//! The answer's headers follow draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit`, `RateLimit-Policy`), with
//! `Retry-After` (RFC 9110, 10.2.3) when a request is refused.

/// The kind of a request, which decides on which limit it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// One object at a time.
    Standard,
    /// Many objects at once: an import, an export, a list of changes.
    Bulk,
}

/// How many requests an organisation may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests per minute, without bulk operations.
    pub per_minute: u32,
    /// Bulk operations per minute.
    pub bulk_per_minute: u32,
    /// Requests per hour, of every kind.
    pub per_hour: u32,
}

impl Default for Limits {
    /// The limits of the product's standard plan.
    fn default() -> Self {
        Self { per_minute: 100, bulk_per_minute: 10, per_hour: 1_000 }
    }
}

/// One limit, and how much of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// `minute`, `bulk` or `hour`.
    pub name: &'static str,
    /// The number of requests that are allowed in it.
    pub quota: u32,
    /// How long it is, in seconds.
    pub seconds: i64,
    /// The number of requests in it so far.
    pub used: u32,
    /// The number of seconds until the next window begins.
    pub reset: i64,
}

/// The two windows on which a request counts: one minute and one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage(pub [Window; 2]);

impl Limits {
    /// Returns the windows on which a request counts, with their use so far; `now` is in seconds since 1970.
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
    /// Returns the value of the header `RateLimit-Policy`.
    pub(crate) fn policy(&self) -> String {
        self.each(|window| format!("\"{}\";q={};w={}", window.name, window.quota, window.seconds))
    }

    /// Returns the value of the header `RateLimit`.
    pub(crate) fn left(&self) -> String {
        self.each(|window| {
            format!("\"{}\";r={};t={}", window.name, window.quota.saturating_sub(window.used), window.reset)
        })
    }

    fn each(&self, write: impl Fn(&Window) -> String) -> String {
        self.0.iter().map(write).collect::<Vec<_>>().join(", ")
    }

    /// Returns the full window; if both are full, the one that is reset later.
    pub(crate) fn full(&self) -> &Window {
        let full = self.0.iter().filter(|window| window.used >= window.quota).max_by_key(|window| window.reset);
        full.unwrap_or(&self.0[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_have_the_quota_and_the_time_of_the_reset() {
        let usage = Limits::default().usage(Rate::Standard, 7_213, 40, 990);
        assert_eq!(usage.policy(), "\"minute\";q=100;w=60, \"hour\";q=1000;w=3600");
        assert_eq!(usage.left(), "\"minute\";r=60;t=47, \"hour\";r=10;t=3587");
    }
}
