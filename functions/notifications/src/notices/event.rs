//! Events of the bus -> what people read, and what webhooks get.

use std::collections::BTreeMap;

use db_core::{MailWish, NewNotice, NoticeText};
use runtime::{Cx, Error, Permission, Result, TenantId};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The events that people and webhooks are told of.
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
/// What people are told of, and webhooks are not.
pub(crate) const WEBHOOK_DISABLED: &str = "webhook.disabled";

/// An event, ready to be told.
pub(crate) struct Occurrence {
    pub(crate) tenant: TenantId,
    pub(crate) notice: NewNotice,
    /// What webhooks get as `data`.
    pub(crate) data: Value,
    /// When it was, as the event says.
    pub(crate) at: Option<String>,
}

/// The details of the bus's events; each kind has its own.
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

/// What is told of an event of the bus; nothing of one that is none of these.
///
/// # Errors
/// When it is one of these, and says not what it should.
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
    let (kind, english, french, data) = match event {
        "import.completed" => (
            if known.failed > 0 { "warning" } else { "success" },
            (format!("Import of {name} completed"), summary(&known, "en")),
            (format!("Import de {name} terminé"), summary(&known, "fr")),
            json!({ "import_id": job, "file_name": name, "status": known.status, "stats": rows, "duration_seconds": seconds }),
        ),
        "import.failed" => (
            "error",
            (format!("Import of {name} failed"), message.to_owned()),
            (format!("L'import de {name} a échoué"), message.to_owned()),
            json!({ "import_id": job, "file_name": name, "status": known.status, "message": message, "stats": rows }),
        ),
        "import.held" => (
            "warning",
            if message.is_empty() {
                (
                    format!("Import of {name} waits for you"),
                    "Its automation asks for approval. Look at the preview, then apply it or cancel it.".to_owned(),
                )
            } else {
                (
                    format!("Import of {name} waits for you"),
                    format!("A guard holds it: {message}. Look at the preview, then let it through or cancel it."),
                )
            },
            if message.is_empty() {
                (
                    format!("L'import de {name} vous attend"),
                    "Son automatisation demande une validation. Regardez l'aperçu, puis appliquez-le ou annulez-le."
                        .to_owned(),
                )
            } else {
                (
                    format!("L'import de {name} vous attend"),
                    format!(
                        "Une protection le retient : {message}. Regardez l'aperçu, puis laissez-le passer ou annulez-le."
                    ),
                )
            },
            json!({ "import_id": job, "file_name": name, "status": known.status, "message": message, "stats": rows }),
        ),
        "import.cancelled" => (
            "info",
            (format!("Import of {name} cancelled"), message.to_owned()),
            (format!("Import de {name} annulé"), message.to_owned()),
            json!({ "import_id": job, "file_name": name, "status": known.status, "message": message }),
        ),
        "automation.paused" => (
            "error",
            (
                format!("Automation {name} pauses"),
                format!(
                    "It failed too often in a row, the last time because: {message}. Mend the cause, then enable it again."
                ),
            ),
            (
                format!("L'automatisation {name} est en pause"),
                format!(
                    "Elle a échoué trop souvent de suite, la dernière fois parce que : {message}. Corrigez la cause, puis réactivez-la."
                ),
            ),
            json!({ "automation_id": known.automation_id, "name": name, "message": message }),
        ),
        "export.completed" => (
            if known.failed > 0 { "warning" } else { "success" },
            (
                format!("Export {name} ready"),
                format!(
                    "{} products were exported, {} left out; the file can be downloaded for 30 days.",
                    known.total - known.failed,
                    known.failed
                ),
            ),
            (
                format!("Export {name} prêt"),
                format!(
                    "{} produits exportés, {} laissés de côté ; le fichier peut être téléchargé pendant 30 jours.",
                    known.total - known.failed,
                    known.failed
                ),
            ),
            json!({ "export_id": job, "name": name, "status": known.status, "stats": { "total": known.total, "left_out": known.failed } }),
        ),
        "export.delivery_failed" => (
            "error",
            (
                format!("Export {name} could not be delivered"),
                format!("{message}. The files are kept: mend the destination, then deliver them again."),
            ),
            (
                format!("L'export {name} n'a pas pu être livré"),
                format!(
                    "{message}. Les fichiers sont conservés : corrigez la destination, puis relancez la livraison."
                ),
            ),
            json!({ "export_id": job, "name": name, "status": known.status, "message": message }),
        ),
        _ => (
            "error",
            (format!("Export {name} failed"), message.to_owned()),
            (format!("L'export {name} a échoué"), message.to_owned()),
            json!({ "export_id": job, "name": name, "status": known.status, "message": message }),
        ),
    };
    let subject = json!({ "import_id": job.filter(|_| event.starts_with("import.")), "export_id": job.filter(|_| event.starts_with("export.")),
        "automation_id": known.automation_id });
    // The bus may tell an event twice: its own id is the notice's.
    let texts = texts(english, french);
    let notice = NewNotice { id, event, kind, texts, subject, by: known.created_by, needs: permission(event) };
    Ok(Some(Occurrence { tenant, notice, data, at: known.finished_at }))
}

/// The notice that a webhook was switched off.
pub(crate) fn webhook_disabled(webhook: Uuid, url: &str, delivery: Uuid) -> NewNotice {
    // What follows the host is often a secret.
    let url = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let english = (
        "A webhook was switched off".to_owned(),
        format!("{url} failed for days, or said that it is gone. Mend the receiver, then switch the webhook on again."),
    );
    let french = (
        "Un webhook a été désactivé".to_owned(),
        format!(
            "{url} échoue depuis des jours, ou dit ne plus exister. Corrigez le récepteur, puis réactivez le webhook."
        ),
    );
    NewNotice {
        id: id_of(&format!("{webhook} {delivery}")),
        event: WEBHOOK_DISABLED,
        kind: "error",
        texts: texts(english, french),
        subject: json!({ "webhook_id": webhook }),
        by: None,
        needs: permission(WEBHOOK_DISABLED),
    }
}

/// What somebody must hold to be told of an event.
fn permission(event: &str) -> Permission {
    match event {
        WEBHOOK_DISABLED => Permission::IntegrationsRead,
        _ if event.starts_with("export.") => Permission::ExportsRead,
        _ => Permission::ImportsRead,
    }
}

/// The events that the caller may be told of.
///
/// # Errors
/// 403 while the second factor is missing that the organisation demands.
pub(crate) fn visible(cx: &Cx) -> Result<Vec<&'static str>> {
    let caller = cx.caller()?;
    if let Err(refused @ Error::Refused { .. }) = caller.check(Permission::ImportsRead) {
        return Err(refused);
    }
    Ok(EVENTS.into_iter().chain([WEBHOOK_DISABLED]).filter(|event| caller.check(permission(event)).is_ok()).collect())
}

/// Of which events somebody with a role gets mails who did not say.
pub(crate) fn usual_wish(event: &str, role: &str) -> MailWish {
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

fn texts(english: (String, String), french: (String, String)) -> BTreeMap<&'static str, NoticeText> {
    let text = |(title, message): (String, String)| NoticeText { title: title.chars().take(200).collect(), message };
    BTreeMap::from([("en", text(english)), ("fr", text(french))])
}

fn summary(detail: &Detail, language: &str) -> String {
    let Detail { total, created, updated, unchanged, skipped, failed, .. } = detail;
    let counts = if language == "fr" {
        format!(
            "{total} lignes : {created} créées, {updated} modifiées, {unchanged} inchangées, {skipped} ignorées, {failed} rejetées."
        )
    } else {
        format!(
            "{total} rows: {created} created, {updated} updated, {unchanged} unchanged, {skipped} skipped, {failed} rejected."
        )
    };
    // What to do, when something is left to be done.
    if detail.status != "completed_with_errors" || detail.message.is_empty() {
        counts
    } else {
        format!("{counts} {}", detail.message)
    }
}

/// The same id for the same words.
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
    fn an_import_is_told_in_both_languages_and_once() {
        let tenant = Uuid::now_v7();
        let detail = json!({
            "tenant_id": tenant, "job_id": Uuid::nil(), "event_id": Uuid::nil(), "status": "completed_with_errors", "name": "tarif.csv",
            "total": 10, "created": 7, "failed": 3, "created_by": tenant, "message": "Look at the report.",
        });
        let one = occurrence("ImportCompleted", &detail).unwrap().unwrap();
        assert_eq!((one.notice.event, one.notice.kind, one.notice.id), ("import.completed", "warning", Uuid::nil()));
        assert_eq!(one.notice.texts["fr"].title, "Import de tarif.csv terminé");
        let message = &one.notice.texts["en"].message;
        assert!(message.starts_with("10 rows: 7 created") && message.ends_with("Look at the report."), "{message}");
        assert_eq!((one.notice.by, &one.data["stats"]["rejected"]), (Some(tenant), &json!(3)));
        assert_eq!(
            occurrence("ImportCompleted", &json!({ "tenant_id": tenant, "event_id": tenant, "status": "cancelled" }))
                .unwrap()
                .unwrap()
                .notice
                .event,
            "import.cancelled"
        );
        assert!(occurrence("SomethingElse", &detail).unwrap().is_none());
        for strange in [json!({}), json!([]), json!({ "tenant_id": tenant, "event_id": tenant, "total": "many" })] {
            assert!(occurrence("ImportFailed", &strange).is_err(), "it goes to the dead-letter queue: {strange}");
        }
    }

    #[test]
    fn a_notice_tells_no_secret_and_nobody_who_may_not_know() {
        let notice = webhook_disabled(Uuid::nil(), "https://hooks.example:8443/T0/secret?key=1", Uuid::nil());
        assert!(notice.texts["en"].message.starts_with("https://hooks.example:8443 failed"), "{notice:?}");
        assert_eq!(notice.needs, Permission::IntegrationsRead);
        let bare = webhook_disabled(Uuid::nil(), "https://hooks.example?key=1", Uuid::nil());
        assert!(!bare.texts["fr"].message.contains("key"), "{bare:?}");
        assert_eq!(permission("export.failed"), Permission::ExportsRead);
    }

    #[test]
    fn alarms_go_to_those_who_run_the_organisation() {
        assert_eq!(usual_wish("import.failed", "super_admin"), MailWish::All);
        assert_eq!(usual_wish("import.failed", "user"), MailWish::Own);
        assert_eq!(usual_wish("import.completed", "super_admin"), MailWish::Own);
        assert_eq!(usual_wish("import.cancelled", "super_admin"), MailWish::None);
    }
}

/// An event as EventBridge puts it into a queue.
#[derive(Deserialize)]
pub struct BusMessage {
    #[serde(rename = "detail-type")]
    pub(crate) kind: String,
    pub(crate) detail: Value,
}
