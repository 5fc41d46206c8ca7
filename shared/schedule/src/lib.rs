//! When something is due: every day, some days of the week, a day of the month, or by a cron expression, in a time zone of
//! its own. Right on the nights when clocks change: a time that the clock leaves out comes as soon as it goes on, one that
//! it shows twice comes once.

use std::str::FromStr;

use croner::Cron;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// When something is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "every", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Every day at a time.
    Day {
        /// The time, such as `06:30`.
        at: String,
    },
    /// On some days of the week.
    Week {
        /// 1 (Monday) to 7 (Sunday).
        days: Vec<u8>,
        /// The time.
        at: String,
    },
    /// On a day of the month; a month that has no such day has its last one.
    Month {
        /// 1 to 31.
        day: u8,
        /// The time.
        at: String,
    },
    /// By a cron expression of five fields.
    Cron {
        /// Such as `*/15 8-18 * * 1-5`.
        expression: String,
    },
}

// A schedule that cannot be: for people.
type ScheduleError = String;

fn zone(name: &str) -> Result<TimeZone, ScheduleError> {
    TimeZone::get(name).map_err(|_| format!("expected a time zone such as Europe/Paris, found \"{name}\""))
}

fn time(text: &str) -> Result<Time, ScheduleError> {
    let wrong = || format!("expected a time such as 06:30, found \"{text}\"");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let (hour, minute) = (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

impl Schedule {
    /// Checks what can be checked before it is due.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn check(&self, zone_name: &str) -> Result<(), ScheduleError> {
        if let Schedule::Week { days, .. } = self
            && (days.is_empty() || days.iter().any(|day| !(1..=7).contains(day)))
        {
            return Err("expected days of the week from 1 (Monday) to 7 (Sunday)".to_owned());
        }
        if let Schedule::Month { day, .. } = self
            && !(1..=31).contains(day)
        {
            return Err(format!("expected a day of the month from 1 to 31, found {day}"));
        }
        self.next(0, zone_name).map(|_| ())
    }

    /// The first moment after `after` (seconds since 1970) when it is due, in seconds since 1970.
    ///
    /// # Errors
    /// When the schedule or the zone cannot be read, or it is never due.
    pub fn next(&self, after: i64, zone_name: &str) -> Result<i64, ScheduleError> {
        let zone = zone(zone_name)?;
        let after = Timestamp::from_second(after).map_err(|_| "the moment lies too far away".to_owned())?;
        if let Schedule::Cron { expression } = self {
            let fields = expression.split_whitespace().count();
            let wrong =
                |why: String| format!("expected a cron expression of five fields, found \"{expression}\": {why}");
            if fields != 5 {
                return Err(wrong(format!("it has {fields}")));
            }
            let cron = Cron::from_str(expression).map_err(|error| wrong(error.to_string()))?;
            let next =
                cron.find_next_occurrence(&after.to_zoned(zone), false).map_err(|error| wrong(error.to_string()))?;
            return Ok(next.timestamp().as_second());
        }
        let today = after.to_zoned(zone.clone()).date();
        // A month and a half holds every day of the week, and every day of the month.
        let mut day = today;
        for _ in 0..=62 {
            if let Some(time) = self.on(day)? {
                let at = day.to_datetime(time).to_zoned(zone.clone()).map_err(|error| error.to_string())?.timestamp();
                if at > after {
                    return Ok(at.as_second());
                }
            }
            day = day.checked_add(1.day()).map_err(|error| error.to_string())?;
        }
        Err("it is never due".to_owned())
    }

    /// The time at which it is due on a day, if it is.
    fn on(&self, date: Date) -> Result<Option<Time>, ScheduleError> {
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

    /// The next `count` moments after `after` when it is due.
    ///
    /// # Errors
    /// As [`Schedule::next`].
    pub fn upcoming(&self, after: i64, zone_name: &str, count: usize) -> Result<Vec<i64>, ScheduleError> {
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
    fn what_cannot_be_is_told() {
        let told = |schedule: Schedule, zone: &str| schedule.check(zone).unwrap_err();
        assert!(told(Schedule::Day { at: "25:00".into() }, "Europe/Paris").contains("25:00"));
        assert!(told(Schedule::Day { at: "06:30".into() }, "Europe/Paname").contains("Paname"));
        assert!(told(Schedule::Week { days: vec![], at: "06:30".into() }, "UTC").contains("Monday"));
        assert!(told(Schedule::Month { day: 32, at: "06:30".into() }, "UTC").contains("32"));
        assert!(told(Schedule::Cron { expression: "* * *".into() }, "UTC").contains("five fields"));
        assert!(told(Schedule::Cron { expression: "61 * * * *".into() }, "UTC").contains("61"));
        assert!(Schedule::Cron { expression: "*/15 8-18 * * 1-5".into() }.check("UTC").is_ok());
    }
}
