//! Converts events of the bus into notices for people and data for webhooks.

use std::collections::BTreeMap;

use db_core::{MailWish, NewNotice, NoticeText};
use messages::{Language, Text, notifications as say};
use runtime::{Cx, Error, Permission, Result, TenantId};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The events that people and webhooks are notified of.
pub const EVENTS: [&str; 8] = [
    "import.completed",
    "import.failed",
    "import.held",
    "import.cancelled",
    "automation.paused",
    "export.completed",
    "export.failed",
    "export.delivery_failed",
];
/// A further event, of which only people are notified.
pub(crate) const WEBHOOK_DISABLED: &str = "webhook.disabled";

/// An event with its notice and its data.
pub(crate) struct Occurrence {
    pub(crate) tenant: TenantId,
    pub(crate) notice: NewNotice,
    /// The field `data` of webhook messages.
    pub(crate) data: Value,
    /// When it happened, if the event names it.
    pub(crate) at: Option<String>,
}

/// The details of events of the bus. Each kind of event has some of these fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    tenant_id: Option<TenantId>,
    event_id: Option<Uuid>,
    job_id: Option<Uuid>,
    automation_id: Option<Uuid>,
    created_by: Option<Uuid>,
    status: String,
    name: String,
    message: String,
    total: i64,
    failed: i64,
    created: i64,
    updated: i64,
    unchanged: i64,
    skipped: i64,
    duration_ms: i64,
    finished_at: Option<String>,
}

/// Returns the notice and the data of an event of the bus; `None` for a kind without notifications.
///
/// # Errors
/// When an event of a known kind lacks its organisation or its id, or is malformed.
pub(crate) fn occurrence(kind: &str, detail: &Value) -> Result<Option<Occurrence>> {
    let known: Detail = serde_json::from_value(detail.clone()).map_err(Error::internal)?;
    let event = match (kind, known.status.as_str()) {
        ("ImportCompleted", "cancelled") => "import.cancelled",
        ("ImportCompleted", _) => "import.completed",
        ("ImportFailed", _) => "import.failed",
        ("ImportHeld", _) => "import.held",
        ("ExportCompleted", _) => "export.completed",
        ("ExportFailed", _) => "export.failed",
        ("ExportDeliveryFailed", _) => "export.delivery_failed",
        ("AutomationPaused", _) => "automation.paused",
        _ => return Ok(None),
    };
    let (Some(tenant), Some(id)) = (known.tenant_id, known.event_id) else {
        return Err(Error::internal(format!("an event {kind} without an organisation or an id")));
    };
    let (name, job, message) = (known.name.as_str(), known.job_id, known.message.as_str());
    let rows = json!({
        "total": known.total, "created": known.created, "updated": known.updated, "unchanged": known.unchanged,
        "skipped": known.skipped, "rejected": known.failed,
    });
    let seconds = known.duration_ms / 1_000;
    let (kind, title, text, data) = match event {
        "import.completed" => (
            if known.failed > 0 { "warning" } else { "success" },
            say::import_completed_title(name),
            summary(&known),
            json!({ "import_id": job, "file_name": name, "status": known.status, "stats": rows, "duration_seconds": seconds }),
        ),
        "import.failed" => (
            "error",
            say::import_failed_title(name),
            Text::verbatim(message),
            json!({ "import_id": job, "file_name": name, "status": known.status, "message": message, "stats": rows }),
        ),
        "import.held" => (
            "warning",
            say::import_held_title(name),
            if message.is_empty() { say::import_held_for_approval() } else { say::import_held_by_guard(message) },
            json!({ "import_id": job, "file_name": name, "status": known.status, "message": message, "stats": rows }),
        ),
        "import.cancelled" => (
            "info",
            say::import_cancelled_title(name),
            Text::verbatim(message),
            json!({ "import_id": job, "file_name": name, "status": known.status, "message": message }),
        ),
        "automation.paused" => (
            "error",
            say::automation_paused_title(name),
            say::automation_paused(message),
            json!({ "automation_id": known.automation_id, "name": name, "message": message }),
        ),
        "export.completed" => (
            if known.failed > 0 { "warning" } else { "success" },
            say::export_completed_title(name),
            say::export_completed(known.total - known.failed, known.failed),
            json!({ "export_id": job, "name": name, "status": known.status, "stats": { "total": known.total, "left_out": known.failed } }),
        ),
        "export.delivery_failed" => (
            "error",
            say::export_undelivered_title(name),
            say::export_undelivered(message),
            json!({ "export_id": job, "name": name, "status": known.status, "message": message }),
        ),
        _ => (
            "error",
            say::export_failed_title(name),
            Text::verbatim(message),
            json!({ "export_id": job, "name": name, "status": known.status, "message": message }),
        ),
    };
    let subject = json!({ "import_id": job.filter(|_| event.starts_with("import.")), "export_id": job.filter(|_| event.starts_with("export.")),
        "automation_id": known.automation_id });
    // The bus may deliver an event twice: so the event's id is the notice's.
    let texts = texts(&title, &text);
    let notice = NewNotice { id, event, kind, texts, subject, by: known.created_by, needs: permission(event) };
    Ok(Some(Occurrence { tenant, notice, data, at: known.finished_at }))
}

/// Returns the notice that a webhook was switched off.
pub(crate) fn webhook_disabled(webhook: Uuid, url: &str, delivery: Uuid) -> NewNotice {
    // The part of the address after the host is often a secret.
    let url = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let url = url.split(['?', '#']).next().unwrap_or_default();

    NewNotice {
        id: id_of(&format!("{webhook} {delivery}")),
        event: WEBHOOK_DISABLED,
        kind: "error",
        texts: texts(&say::webhook_disabled_title(), &say::webhook_disabled(url)),
        subject: json!({ "webhook_id": webhook }),
        by: None,
        needs: permission(WEBHOOK_DISABLED),
    }
}

/// Returns the permission that a person needs to be notified of an event.
fn permission(event: &str) -> Permission {
    match event {
        WEBHOOK_DISABLED => Permission::IntegrationsRead,
        _ if event.starts_with("export.") => Permission::ExportsRead,
        _ => Permission::ImportsRead,
    }
}

/// Returns the events that the caller may be notified of.
///
/// # Errors
/// 403 while the caller has not set up the second factor that the organisation requires.
pub(crate) fn visible(cx: &Cx) -> Result<Vec<&'static str>> {
    let caller = cx.caller()?;
    if let Err(refused @ Error::Refused { .. }) = caller.check(Permission::ImportsRead) {
        return Err(refused);
    }
    Ok(EVENTS.into_iter().chain([WEBHOOK_DISABLED]).filter(|event| caller.check(permission(event)).is_ok()).collect())
}

/// Returns whether somebody with this role gets mails about an event by default.
pub(crate) fn default_wish(event: &str, role: &str) -> MailWish {
    let alarming = matches!(
        event,
        "import.failed"
            | "import.held"
            | "automation.paused"
            | "export.failed"
            | "export.delivery_failed"
            | WEBHOOK_DISABLED
    );
    match event {
        "import.cancelled" => MailWish::None,
        _ if alarming && matches!(role, "admin" | "super_admin") => MailWish::All,
        _ => MailWish::Own,
    }
}

fn texts(title: &Text, message: &Text) -> BTreeMap<&'static str, NoticeText> {
    let text = |language| NoticeText {
        title: title.shown(language).chars().take(200).collect(),
        message: message.shown(language).to_owned(),
    };
    [Language::En, Language::Fr].into_iter().map(|language| (language.code(), text(language))).collect()
}

/// Returns the counts of an import; after errors, also what to do.
fn summary(detail: &Detail) -> Text {
    let Detail { total, created, updated, unchanged, skipped, failed, message, .. } = detail;
    if detail.status != "completed_with_errors" || message.is_empty() {
        say::import_completed(total, created, updated, unchanged, skipped, failed)
    } else {
        say::import_completed_with_errors(total, created, updated, unchanged, skipped, failed, message)
    }
}

/// Returns an id that is the same for the same words.
fn id_of(words: &str) -> Uuid {
    let digest = Sha256::digest(words.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_has_one_notice_in_both_languages() {
        let tenant = Uuid::now_v7();
        let detail = json!({
            "tenant_id": tenant, "job_id": Uuid::nil(), "event_id": Uuid::nil(), "status": "completed_with_errors", "name": "tarif.csv",
            "total": 10, "created": 7, "failed": 3, "created_by": tenant, "message": "Look at the report.",
        });
        let completed = occurrence("ImportCompleted", &detail).unwrap().unwrap();
        assert_eq!(
            (completed.notice.event, completed.notice.kind, completed.notice.id),
            ("import.completed", "warning", Uuid::nil())
        );
        assert_eq!(completed.notice.texts["fr"].title, "Import de tarif.csv terminé");
        let message = &completed.notice.texts["en"].message;
        assert!(message.starts_with("10 rows: 7 created") && message.ends_with("Look at the report."), "{message}");
        assert_eq!((completed.notice.by, &completed.data["stats"]["rejected"]), (Some(tenant), &json!(3)));
        assert_eq!(
            occurrence("ImportCompleted", &json!({ "tenant_id": tenant, "event_id": tenant, "status": "cancelled" }))
                .unwrap()
                .unwrap()
                .notice
                .event,
            "import.cancelled"
        );
        assert!(occurrence("SomethingElse", &detail).unwrap().is_none());
        for malformed in [json!({}), json!([]), json!({ "tenant_id": tenant, "event_id": tenant, "total": "many" })] {
            assert!(occurrence("ImportFailed", &malformed).is_err(), "it goes to the dead-letter queue: {malformed}");
        }
    }

    #[test]
    fn a_notice_contains_no_secret_and_needs_a_permission() {
        let notice = webhook_disabled(Uuid::nil(), "https://hooks.example:8443/T0/secret?key=1", Uuid::nil());
        assert!(notice.texts["en"].message.starts_with("https://hooks.example:8443 failed"), "{notice:?}");
        assert_eq!(notice.needs, Permission::IntegrationsRead);
        let bare = webhook_disabled(Uuid::nil(), "https://hooks.example?key=1", Uuid::nil());
        assert!(!bare.texts["fr"].message.contains("key"), "{bare:?}");
        assert_eq!(permission("export.failed"), Permission::ExportsRead);
    }

    #[test]
    fn administrators_get_mails_about_failures() {
        assert_eq!(default_wish("import.failed", "super_admin"), MailWish::All);
        assert_eq!(default_wish("import.failed", "user"), MailWish::Own);
        assert_eq!(default_wish("import.completed", "super_admin"), MailWish::Own);
        assert_eq!(default_wish("import.cancelled", "super_admin"), MailWish::None);
    }
}

/// An event in the form in which EventBridge puts it into a queue.
#[derive(Deserialize)]
pub struct BusMessage {
    #[serde(rename = "detail-type")]
    pub(crate) kind: String,
    pub(crate) detail: Value,
}
