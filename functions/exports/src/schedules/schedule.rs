//! Schedules in the requests and answers of the API.

use db_imports::{ExportSchedule, NewSchedule};
use runtime::{Cx, Error, Result, TenantId};
use schedule::Schedule;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exports::request::{check, with_template};
use crate::exports::spec::ExportSpec;
use crate::templates::input::checked_name;

/// A schedule to be created, or to replace an existing one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleInput {
    /// Its name, unique in the organisation.
    pub name: String,
    /// What is exported. A template is named as in an export; each run uses the template as it is at that time.
    pub definition: ExportSpec,
    /// When it is due; without one it runs only by hand.
    #[serde(default)]
    pub schedule: Option<Schedule>,
    /// The time zone of the schedule; default: `Europe/Paris`.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// Whether it runs; default: `true`. `false` pauses it.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether only the products that changed since the last completed run are exported, each of them whole. The first
    /// run exports all products.
    #[serde(default)]
    pub only_changed: bool,
}

fn yes() -> bool {
    true
}

/// A schedule.
#[derive(Serialize, ToSchema)]
pub struct ScheduleView {
    /// The id.
    id: Uuid,
    /// Its name.
    name: String,
    /// What is exported.
    definition: ExportSpec,
    /// When it is due.
    schedule: Option<Schedule>,
    /// The time zone of the schedule.
    time_zone: String,
    /// Whether it runs.
    enabled: bool,
    /// Whether only changed products are exported.
    only_changed: bool,
    /// The next five due times.
    next_runs: Vec<String>,
    /// When its last run began.
    #[serde(with = "time::serde::rfc3339::option")]
    last_run_at: Option<OffsetDateTime>,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// Returns when a schedule is due next.
pub(crate) fn next_run(schedule: Option<&Schedule>, time_zone: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
    let next = schedule?.next(now.unix_timestamp(), time_zone).ok()?;
    OffsetDateTime::from_unix_timestamp(next).ok()
}

impl ScheduleInput {
    pub(crate) async fn checked(self, cx: &Cx, tenant: TenantId) -> Result<NewSchedule> {
        let name = checked_name(&self.name)?;
        // Each run reads the template again; here it is only checked that it can be used.
        let (spec, _) = with_template(cx, tenant, self.definition.clone()).await?;
        check(cx, tenant, &spec).await?;
        let time_zone = self.time_zone.unwrap_or_else(|| "Europe/Paris".to_owned());
        if let Some(schedule) = &self.schedule {
            schedule.check(&time_zone).map_err(|problem| Error::invalid("schedule", "invalid", problem))?;
        }
        let next_run_at = if self.enabled { next_run(self.schedule.as_ref(), &time_zone, cx.now) } else { None };
        Ok(NewSchedule {
            name,
            definition: serde_json::to_value(&self.definition).map_err(Error::internal)?,
            schedule: self.schedule,
            time_zone,
            enabled: self.enabled,
            only_changed: self.only_changed,
            next_run_at,
        })
    }
}

pub(crate) fn view(cx: &Cx, schedule: ExportSchedule) -> Result<ScheduleView> {
    let due = schedule.schedule.as_ref().filter(|_| schedule.enabled);
    let moments =
        due.and_then(|due| due.0.upcoming(cx.now.unix_timestamp(), &schedule.time_zone, 5).ok()).unwrap_or_default();
    let next_runs = moments
        .into_iter()
        .filter_map(|moment| OffsetDateTime::from_unix_timestamp(moment).ok()?.format(&Rfc3339).ok());
    Ok(ScheduleView {
        id: schedule.id,
        name: schedule.name,
        definition: serde_json::from_value(schedule.definition).map_err(Error::internal)?,
        schedule: schedule.schedule.map(|schedule| schedule.0),
        time_zone: schedule.time_zone,
        enabled: schedule.enabled,
        only_changed: schedule.only_changed,
        next_runs: next_runs.collect(),
        last_run_at: schedule.last_run_at,
        created_at: schedule.created_at,
    })
}
