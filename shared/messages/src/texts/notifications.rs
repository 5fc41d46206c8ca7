//! What people are notified of, and webhooks.

use crate::entry::messages;

messages! {
    "notifications";
    import_completed_title(name): "Import of {name} completed", "Import de {name} terminé";
    import_completed(total, created, updated, unchanged, skipped, rejected):
        "{total} rows: {created} created, {updated} updated, {unchanged} unchanged, {skipped} skipped, {rejected} rejected.",
        "{total} lignes : {created} créées, {updated} modifiées, {unchanged} inchangées, {skipped} ignorées, {rejected} rejetées.";
    import_completed_with_errors(total, created, updated, unchanged, skipped, rejected, advice):
        "{total} rows: {created} created, {updated} updated, {unchanged} unchanged, {skipped} skipped, {rejected} rejected. {advice}",
        "{total} lignes : {created} créées, {updated} modifiées, {unchanged} inchangées, {skipped} ignorées, {rejected} rejetées. {advice}";
    import_failed_title(name): "Import of {name} failed", "L'import de {name} a échoué";
    import_held_title(name): "Import of {name} waits for you", "L'import de {name} vous attend";
    import_held_for_approval():
        "Its automation asks for approval. Look at the preview, then apply it or cancel it.",
        "Son automatisation demande une validation. Regardez l'aperçu, puis appliquez l'import ou annulez-le.";
    import_held_by_guard(reason):
        "A guard holds it: {reason}. Look at the preview, then let it through or cancel it.",
        "Une protection le retient : {reason}. Regardez l'aperçu, puis laissez passer l'import ou annulez-le.";
    import_cancelled_title(name): "Import of {name} cancelled", "Import de {name} annulé";
    automation_paused_title(name): "Automation {name} is paused", "L'automatisation {name} est en pause";
    automation_paused(reason):
        "It failed too often in a row, the last time because: {reason}. Fix the cause, then enable it again.",
        "Elle a échoué trop souvent de suite, la dernière fois pour cette raison : {reason}. Corrigez la cause, puis réactivez-la.";
    export_completed_title(name): "Export {name} ready", "Export {name} prêt";
    export_completed(exported, left_out):
        "{exported} products were exported, {left_out} left out; the file can be downloaded for 30 days.",
        "{exported} produits exportés, {left_out} laissés de côté ; le fichier peut être téléchargé pendant 30 jours.";
    export_failed_title(name): "Export {name} failed", "L'export {name} a échoué";
    export_undelivered_title(name): "Export {name} could not be delivered", "L'export {name} n'a pas pu être livré";
    export_undelivered(reason):
        "{reason}. The files are kept: fix the destination, then deliver them again.",
        "{reason}. Les fichiers sont conservés : corrigez la destination, puis relancez la livraison.";
    webhook_disabled_title(): "A webhook was switched off", "Un webhook a été désactivé";
    webhook_disabled(url):
        "{url} failed for days, or answered that it is gone. Fix the receiver, then switch the webhook on again.",
        "{url} échoue depuis des jours, ou a répondu ne plus exister. Corrigez le récepteur, puis réactivez le webhook.";

    mail_open(): "Look at it", "Voir";
    mail_reason(organisation):
        "You get this mail as a member of {organisation}.",
        "Vous recevez cet e-mail en tant que membre de {organisation}.";
    mail_preferences(): "Choose which mails you get", "Choisir ses e-mails";

    too_many_ids(most): "expected at most {most} ids", "{most} identifiants au plus sont attendus";
    event_unknown(known, found):
        "expected one of {known}, found \"{found}\"",
        "l'un de ceux-ci est attendu : {known}, et non « {found} »";
    events_required(known): "expected at least one of {known}", "au moins l'un de ceux-ci est attendu : {known}";
    url_invalid():
        "expected an address of at most 2,000 characters, without spaces",
        "une adresse de 2 000 caractères au plus, sans espaces, est attendue";
    description_length():
        "expected at most 200 characters in one line",
        "200 caractères au plus, sur une seule ligne, sont attendus";
    replay_count(most): "expected 1 to {most} deliveries", "1 à {most} livraisons sont attendues";
    replay_choice():
        "expected either delivery_ids or failed_since",
        "soit delivery_ids, soit failed_since est attendu";
    webhook_off():
        "the webhook is switched off; switch it on first",
        "le webhook est désactivé ; réactivez-le d'abord";
    webhook_test(): "this is a test", "ceci est un test";
}
