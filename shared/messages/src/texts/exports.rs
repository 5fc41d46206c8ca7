//! Exports, templates, schedules and destinations.

use crate::entry::messages;

messages! {
    "exports";
    destination_in_use(names):
        "these deliver to the destination: {names}; choose another one there, then delete it",
        "ceux-ci livrent à cette destination : {names} ; choisissez-y une autre destination, puis supprimez-la";
    given_up():
        "the files could not be written because of a fault on our side; begin the export again",
        "les fichiers n'ont pas pu être écrits à cause d'une erreur de notre côté ; relancez l'export";
    fault():
        "the files could not be written because of a fault on our side; we have been notified, and exports will work again when it is repaired",
        "les fichiers n'ont pas pu être écrits à cause d'une erreur de notre côté ; nous en sommes informés, et l'export fonctionnera quand elle sera corrigée";
    gone(what): "there is no such {what} any more", "introuvable, peut-être supprimé entre-temps : {what}";
    definition_unreadable(problem):
        "the schedule was saved by an older version and cannot be read any more, save it again: {problem}",
        "la planification a été enregistrée par une ancienne version et ne peut plus être lue, enregistrez-la de nouveau : {problem}";

    amazon_template_unknown():
        "there is no such template of Amazon",
        "ce modèle d'Amazon n'existe pas";
    destination_unknown(id): "there is no destination {id}", "la destination {id} n'existe pas";
    template_within_template():
        "a template does not name another one",
        "un modèle n'en indique pas un autre";
    format_not_of_layout(formats):
        "expected one of {formats} for this layout",
        "l'un de ces formats est attendu pour cette structure : {formats}";
    one_of(known, found):
        "expected one of {known}, found \"{found}\"",
        "une de ces valeurs est attendue : {known} ; et non « {found} »";
    predefined_unknown(known): "expected one of {known}", "un de ces noms est attendu : {known}";
    predefined_conflict():
        "expected template_id or predefined, found both",
        "template_id ou predefined est attendu, mais pas les deux";
    template_conflict():
        "the template decides this; beside it only selection, file_name and destinations can be given. Copy the template to change more",
        "c'est le modèle qui en décide ; à côté de lui, seuls selection, file_name et destinations peuvent être indiqués. Copiez le modèle pour changer davantage";
    too_many_columns(most, found):
        "expected at most {most} columns, found {found}",
        "{most} colonnes au plus sont attendues, il y en a {found}";
    too_many(most): "expected at most {most}", "{most} au plus sont attendus";
    file_name_invalid(most):
        "expected a name of at most {most} characters (an accented letter counts as two), in one line, without / \\ and \"",
        "un nom de {most} caractères au plus (une lettre accentuée compte pour deux) est attendu, sur une ligne, sans / \\ ni \"";
    condition_invalid(found):
        "expected new, refurbished or used, found \"{found}\"",
        "new, refurbished ou used est attendu, et non « {found} »";
    currency_invalid(found):
        "expected a currency such as EUR, found \"{found}\"",
        "une devise telle que EUR est attendue, et non « {found} »";
    module_invalid(most):
        "expected a name of lower-case letters, digits and _, of at most {most} characters",
        "un nom fait de lettres minuscules, de chiffres et de _ est attendu, de {most} caractères au plus";
    ids_length(most, found):
        "expected 1 to {most} ids, found {found}",
        "1 à {most} identifiants sont attendus, il y en a {found}";
    sample_out_of_range(most): "expected 1 to {most}", "un nombre de 1 à {most} est attendu";
    selection_too_long():
        "expected at most 1,000 categories and suppliers",
        "1 000 catégories et 1 000 fournisseurs au plus sont attendus";
    name_length():
        "expected a name of 1 to 200 characters in one line",
        "un nom de 1 à 200 caractères sur une ligne est attendu";
    description_length(): "expected at most 2,000 characters", "2 000 caractères au plus sont attendus";

    image_size_invalid():
        "expected a width and a height between 16 and 10,000 pixels",
        "une largeur et une hauteur entre 16 et 10 000 pixels sont attendues";
    image_quality_invalid():
        "expected a quality between 1 and 100",
        "une qualité entre 1 et 100 est attendue";
    image_name_invalid(sku, ean, n):
        "expected a name in one line, with {sku} or {ean} and {n}",
        "un nom sur une ligne est attendu, avec {sku} ou {ean} et {n}";
    image_name_not_unique(n, sku, ean, id):
        "expected {n}, and one of {sku}, {ean} and {id}, so that no two images have one name",
        "{n} est attendu, avec {sku}, {ean} ou {id}, pour que deux images n'aient pas le même nom";
    image_mode_conversion():
        "expected base64 or zip: what an address leads to is not ours to change",
        "base64 ou zip est attendu : nous ne pouvons pas modifier l'image qui se trouve à une adresse";
    image_unreachable(url, reason):
        "the image {url} cannot be had: {reason}",
        "l'image {url} est inaccessible : {reason}";
    image_left_out(url, reason): "the image {url} is left out: {reason}", "l'image {url} est omise : {reason}";
    image_no_time():
        "there was no time left; export fewer products at once",
        "il ne restait plus de temps ; exportez moins de produits à la fois";
    image_not_in_store():
        "it cannot be read from our store just now",
        "elle ne peut pas être lue dans notre stockage pour le moment";
    image_too_large(most, found):
        "expected at most {most} MB, it has {found}",
        "{most} Mo au plus sont attendus, elle en a {found}";
    image_unreadable(): "the picture could not be read", "l'image n'a pas pu être lue";

    product_not_active(status):
        "expected an active product, this one is {status}; activate it, or select its status",
        "un produit actif est attendu, celui-ci a le statut {status} ; activez-le, ou choisissez son statut dans la sélection";
    parent_not_active():
        "expected a variant of an active product, its parent is not; activate the parent",
        "une variante d'un produit actif est attendue, son parent ne l'est pas ; activez le parent";
    variants_missing():
        "the product has variants, and none of them is exported",
        "le produit a des variantes, et aucune n'est exportée";
    text_cut(count):
        "texts that were cut, because Excel holds 32,767 characters in a cell: {count}",
        "textes coupés, car une cellule d'Excel contient 32 767 caractères : {count}";
    workbook_full(problem):
        "{problem}; export CSV, or fewer products",
        "{problem} ; exportez en CSV, ou moins de produits";

    workbook_size(most, found):
        "expected a workbook of 1 to {most} bytes, found {found}",
        "un classeur de 1 à {most} octets est attendu, et non {found}";
    text_is_workbook():
        "expected tab-delimited text, found a workbook; upload that, and name the upload",
        "un texte séparé par des tabulations est attendu, et non un classeur ; envoyez le classeur comme fichier, puis indiquez cet envoi dans upload";
    upload_unknown():
        "nothing was uploaded under this id",
        "rien n'a été envoyé sous cet identifiant";
    text_or_upload():
        "expected text or an upload, and not both",
        "un texte ou un envoi est attendu, et pas les deux";

    addresses_invalid(): "expected 1 to 20 addresses", "1 à 20 adresses sont attendues";
    attachments_too_large():
        "expected at most 7,000,000 bytes: mail servers refuse more",
        "7 000 000 octets au plus sont attendus : les serveurs de messagerie refusent davantage";
    server_invalid():
        "expected a host, a user name and a folder in one line",
        "un hôte, un nom d'utilisateur et un dossier sont attendus, chacun sur une ligne";
    bucket_invalid():
        "expected the names of a bucket and of a region",
        "les noms d'un bucket et d'une région sont attendus";
    prefix_invalid():
        "expected a prefix such as exports/, without / at its beginning",
        "un préfixe tel que exports/ est attendu, sans / au début";
    role_invalid():
        "expected the ARN of a role in your account: arn:aws:iam::111122223333:role/name",
        "l'ARN d'un rôle de votre compte est attendu : arn:aws:iam::111122223333:role/name";
    prefix_beside_role():
        "expected a prefix without * ? $ beside a role",
        "un préfixe sans * ? $ est attendu à côté d'un rôle";
    endpoint_beside_role():
        "expected no endpoint: roles are for Amazon's own buckets",
        "aucun endpoint n'est attendu : les rôles valent pour les buckets d'Amazon";
    signing_secret_ours():
        "the signing secret is made by us",
        "c'est nous qui créons le secret de signature";
    secret_missing():
        "expected the password or keys of this server",
        "le mot de passe ou les clés de ce serveur sont attendus";

    destination_deleted(): "the destination was deleted", "la destination a été supprimée";
    files_expired():
        "the files are gone after 30 days; export again",
        "les fichiers sont supprimés après 30 jours ; exportez de nouveau";
    not_a_bucket(): "the destination is not a bucket", "la destination n'est pas un bucket";
    service_unavailable():
        "one of our services does not answer at the moment",
        "l'un de nos services ne répond pas pour le moment";
    store_answered(answer): "the store answered {answer}", "le stockage a répondu {answer}";
    role_denied():
        "the role does not let us in; does it exist, and does it have the destination's trust_policy?",
        "le rôle ne nous laisse pas entrer ; existe-t-il, et a-t-il la trust_policy de la destination ?";
    role_unguarded():
        "the role lets in every user of Products Manager; give it the condition on sts:ExternalId of the destination's trust_policy",
        "le rôle laisse entrer tous les utilisateurs de Products Manager ; donnez-lui la condition sur sts:ExternalId de la trust_policy de la destination";
    role_failed():
        "Amazon does not give us the role at the moment; try again, and ask the support if it stays so",
        "Amazon ne nous donne pas le rôle pour le moment ; réessayez, et adressez-vous au support si cela persiste";
    test_file(): "Products Manager can write here.", "Products Manager peut écrire ici.";
    test_folder_passed(): "a file was written and removed again", "un fichier a été écrit, puis supprimé";
    test_bucket_passed(name):
        "the file {name} was written; it can be deleted",
        "le fichier {name} a été écrit ; vous pouvez le supprimer";
    test_webhook_passed(status): "the server answered {status}", "le serveur a répondu {status}";
    test_mail_passed(): "a mail was sent", "un e-mail a été envoyé";
    test_mail_subject(): "Products Manager: test", "Products Manager : test";
    test_mail_body():
        "Files of exports will come to this address.",
        "Les fichiers des exports arriveront à cette adresse.";
    mail_subject(name): "Export {name}", "Export « {name} »";
    mail_summary(name, exported, left_out):
        "{name}: products {exported}, left out {left_out}.",
        "{name} : produits {exported}, laissés de côté {left_out}.";
    mail_file(name, bytes): "{name} ({bytes} bytes)", "{name} ({bytes} octets)";
    mail_links():
        "The files are too large for a mail; they can be downloaded here:",
        "Les fichiers sont trop volumineux pour un e-mail ; téléchargez-les ici :";
    mail_link(name, link): "{name}: {link}", "{name} : {link}";

    template_name_taken(name):
        "there is a template with the name \"{name}\" already",
        "il y a déjà un modèle du nom de « {name} »";
    destination_name_taken(name):
        "there is a destination with the name \"{name}\" already",
        "il y a déjà une destination du nom de « {name} »";
    schedule_name_taken(name):
        "there is a schedule with the name \"{name}\" already",
        "il y a déjà une planification du nom de « {name} »";
    export_not_completed(status):
        "expected a completed export, this one is {status}",
        "un export terminé est attendu, celui-ci est {status}";
    export_ended(status):
        "expected an export that is under way, this one is {status}",
        "un export en cours est attendu, celui-ci est {status}";
    export_queued(): "queued", "en attente";
    export_running(): "running", "en cours";
    export_completed(): "completed", "terminé";
    export_failed(): "failed", "en échec";
    export_cancelled(): "cancelled", "annulé";
    delivery_under_way():
        "a delivery to this destination is under way",
        "une livraison vers cette destination est en cours";
    export_attempt(number): "try {number}", "essai {number}";
    export_totals(exported, left_out):
        "{exported} products, {left_out} left out",
        "{exported} produits, {left_out} laissés de côté";
    delivered_to(destination): "to {destination}", "vers {destination}";
    delivery_attempt(destination, attempt, reason):
        "to {destination}, try {attempt}: {reason}",
        "vers {destination}, essai {attempt} : {reason}";
}
