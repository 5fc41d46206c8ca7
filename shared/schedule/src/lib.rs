//! Schedules: every day, on some days of the week, on a day of the month, or by a cron expression, each in its own time
//! zone. They are right on the nights when clocks change: a time that the clock skips is due right after the gap, and a
//! time that the clock shows twice is due once.

use std::str::FromStr;

use croner::Cron;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use messages::{Text, mapping as say};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A schedule: when something is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "every", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Every day at one time.
    Day {
        /// The time, such as `06:30`.
        at: String,
    },
    /// On some days of the week.
    Week {
        /// The days, from 1 (Monday) to 7 (Sunday).
        days: Vec<u8>,
        /// The time, such as `06:30`.
        at: String,
    },
    /// On a day of the month; in a shorter month, on its last day.
    Month {
        /// The day, 1 to 31.
        day: u8,
        /// The time, such as `06:30`.
        at: String,
    },
    /// By a cron expression of five fields.
    Cron {
        /// The expression, such as `*/15 8-18 * * 1-5`.
        expression: String,
    },
}

fn zone(name: &str) -> Result<TimeZone, Text> {
    TimeZone::get(name).map_err(|_| say::zone_unknown(name))
}

fn time(text: &str) -> Result<Time, Text> {
    let wrong = || say::time_invalid(text);
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let (hour, minute) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

impl Schedule {
    /// Checks the schedule.
    ///
    /// # Errors
    /// The message for people: what is wrong.
    pub fn check(&self, zone_name: &str) -> Result<(), Text> {
        if let Schedule::Week { days, .. } = self
            && (days.is_empty() || days.iter().any(|day| !(1..=7).contains(day)))
        {
            return Err(say::weekdays_invalid());
        }
        if let Schedule::Month { day, .. } = self
            && !(1..=31).contains(day)
        {
            return Err(say::month_day_invalid(day));
        }
        self.next(0, zone_name).map(|_| ())
    }

    /// Returns the first time after `after` when it is due. Both are Unix times in seconds.
    ///
    /// # Errors
    /// When the schedule or the time zone is wrong, or the schedule is never due.
    pub fn next(&self, after: i64, zone_name: &str) -> Result<i64, Text> {
        let zone = zone(zone_name)?;
        let after = Timestamp::from_second(after).map_err(|_| say::moment_too_far())?;
        if let Schedule::Cron { expression } = self {
            let fields = expression.split_whitespace().count();
            if fields != 5 {
                return Err(say::cron_fields(expression, fields));
            }
            let wrong = |error| say::cron_invalid(expression, error);
            let cron = Cron::from_str(expression).map_err(wrong)?;
            let next = cron.find_next_occurrence(&after.to_zoned(zone), false).map_err(wrong)?;
            return Ok(next.timestamp().as_second());
        }
        let today = after.to_zoned(zone.clone()).date();
        // Every day of the week and every day of the month comes at least once in 62 days.
        let mut day = today;
        for _ in 0..=62 {
            if let Some(time) = self.on(day)? {
                let at = day.to_datetime(time).to_zoned(zone.clone()).map_err(|_| say::moment_too_far())?.timestamp();
                if at > after {
                    return Ok(at.as_second());
                }
            }
            day = day.checked_add(1.day()).map_err(|_| say::moment_too_far())?;
        }
        Err(say::never_due())
    }

    /// Returns the time at which it is due on a day; `None` if it is not due on that day.
    fn on(&self, date: Date) -> Result<Option<Time>, Text> {
        match self {
            Schedule::Day { at } => time(at).map(Some),
            Schedule::Week { days, at } => {
                let weekday = u8::try_from(date.weekday().to_monday_one_offset()).unwrap_or_default();
                let at = time(at)?;
                Ok(days.contains(&weekday).then_some(at))
            }
            Schedule::Month { day, at } => {
                let at = time(at)?;
                let wanted = i8::try_from(*day).unwrap_or(31).min(date.days_in_month());
                Ok((date.day() == wanted).then_some(at))
            }
            Schedule::Cron { .. } => Ok(None),
        }
    }

    /// Returns the next `count` times after `after` when it is due, as Unix times in seconds.
    ///
    /// # Errors
    /// As [`Schedule::next`].
    pub fn upcoming(&self, after: i64, zone_name: &str, count: usize) -> Result<Vec<i64>, Text> {
        let mut moments = Vec::with_capacity(count);
        let mut last = after;
        for _ in 0..count {
            last = self.next(last, zone_name)?;
            moments.push(last);
        }
        Ok(moments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    fn upcoming(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
        let moments = schedule.upcoming(at(after), "Europe/Paris", count).unwrap();
        moments.into_iter().map(|moment| Timestamp::from_second(moment).unwrap().to_string()).collect()
    }

    #[test]
    fn days_weeks_and_months_are_those_of_the_zone() {
        let daily = Schedule::Day { at: "06:30".into() };
        assert_eq!(upcoming(&daily, "2026-11-21T05:30:00Z", 2), ["2026-11-22T05:30:00Z", "2026-11-23T05:30:00Z"]);
        let weekly = Schedule::Week { days: vec![1, 5], at: "00:00".into() };
        assert_eq!(upcoming(&weekly, "2026-11-21T12:00:00Z", 2), ["2026-11-22T23:00:00Z", "2026-11-26T23:00:00Z"]);
        let monthly = Schedule::Month { day: 31, at: "12:00".into() };
        assert_eq!(
            upcoming(&monthly, "2027-01-31T12:00:00Z", 3),
            ["2027-02-28T11:00:00Z", "2027-03-31T10:00:00Z", "2027-04-30T10:00:00Z"]
        );
    }

    #[test]
    fn no_run_is_lost_and_none_doubled_when_clocks_change() {
        // In Paris clocks go from 02:00 to 03:00 on 28 March 2027, and from 03:00 to 02:00 on 31 October 2027.
        let schedules = [Schedule::Day { at: "02:30".into() }, Schedule::Cron { expression: "30 2 * * *".into() }];
        for schedule in schedules {
            let spring = upcoming(&schedule, "2027-03-27T12:00:00Z", 2);
            assert_eq!(spring[1], "2027-03-29T00:30:00Z", "{schedule:?}");
            assert!(spring[0].starts_with("2027-03-28T01:"), "{schedule:?}: {spring:?}");
            let autumn = upcoming(&schedule, "2027-10-30T12:00:00Z", 2);
            assert_eq!(autumn, ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"], "{schedule:?}");
        }
    }

    #[test]
    fn a_schedule_that_cannot_be_is_reported() {
        let problem = |schedule: Schedule, zone: &str| schedule.check(zone).unwrap_err();
        let at = || "06:30".to_owned();
        assert_eq!(problem(Schedule::Day { at: "25:00".into() }, "Europe/Paris"), say::time_invalid("25:00"));
        assert_eq!(problem(Schedule::Day { at: at() }, "Europe/Paname"), say::zone_unknown("Europe/Paname"));
        assert_eq!(problem(Schedule::Week { days: vec![], at: at() }, "UTC"), say::weekdays_invalid());
        assert_eq!(problem(Schedule::Month { day: 32, at: at() }, "UTC"), say::month_day_invalid(32));
        assert_eq!(problem(Schedule::Cron { expression: "* * *".into() }, "UTC"), say::cron_fields("* * *", 3));
        assert!(problem(Schedule::Cron { expression: "61 * * * *".into() }, "UTC").english().contains("61"));
        assert!(Schedule::Cron { expression: "*/15 8-18 * * 1-5".into() }.check("UTC").is_ok());
    }
}
