//! Imports and automations, and the database of imports and exports.

use crate::entry::messages;

messages! {
    "imports";
    mapping_or_saved():
        "expected either a mapping or the name of a saved one",
        "une correspondance ou le nom d'une correspondance enregistrée est attendu, pas les deux";
    match_by_invalid():
        "expected sku, ean and supplier_reference, each at most once",
        "sku, ean et supplier_reference sont attendus, chacun une fois au plus";
    percent_negative(): "expected percentages of at least 0", "des pourcentages d'au moins 0 sont attendus";
    too_many_entries():
        "expected at most 10,000 entries in the tables",
        "10 000 entrées au plus sont attendues dans les tables";
    missing_needs_supplier():
        "missing products are searched among a supplier's products; name the supplier too",
        "les produits manquants sont cherchés parmi ceux d'un fournisseur ; indiquez aussi le fournisseur";
    reference_needs_supplier():
        "a supplier's reference belongs to a supplier; name the supplier too",
        "une référence fournisseur appartient à un fournisseur ; indiquez aussi le fournisseur";
    saved_mapping_needs_supplier():
        "a saved mapping belongs to a supplier; name the supplier too",
        "une correspondance enregistrée appartient à un fournisseur ; indiquez aussi le fournisseur";
    saved_mapping_unknown(name, names):
        "the supplier has no mapping \"{name}\"; it has: {names}",
        "le fournisseur n'a pas de correspondance « {name} » ; il a : {names}";
    too_many_columns(found):
        "expected at most 2,000 columns, found {found}",
        "2 000 colonnes au plus sont attendues, il y en a {found}";
    column_expected(what): "expected a column for {what}", "une colonne est attendue pour {what}";

    like_unknown(): "there is no import with this id", "il n'y a pas d'import avec cet identifiant";
    file_too_large(most, found):
        "expected a file of at most {most} bytes, found {found}; split it and import the parts",
        "un fichier de {most} octets au plus est attendu, il en fait {found} ; divisez-le et importez les parties";
    file_name_length():
        "expected a file name of 1 to 200 characters",
        "un nom de fichier de 1 à 200 caractères est attendu";
    supplier_in_one_line(): "expected a name in one line", "un nom sur une seule ligne est attendu";
    supplier_too_long():
        "expected a name of at most 200 characters",
        "un nom de 200 caractères au plus est attendu";
    file_missing():
        "the file has not arrived yet; send it to the upload address first",
        "le fichier n'est pas encore arrivé ; envoyez-le d'abord à l'adresse d'envoi";
    unknown_action(actions, found):
        "expected one of {actions}, found \"{found}\"",
        "l'une de ces actions est attendue : {actions}, et non « {found} »";
    preview_expired():
        "the preview is too old: what the file would do may have changed; preview it again",
        "l'aperçu est trop ancien : ce que ferait le fichier a pu changer ; refaites l'aperçu";
    correct_rows_first(rows):
        "{rows} rows would be rejected, and all or nothing was asked for; correct them first",
        "{rows} lignes seraient rejetées, et vous avez choisi tout ou rien ; corrigez-les d'abord";
    catalogue_changed(rows):
        "products changed since the preview, so the result would differ from it: {rows}; preview it again, or apply it with although_changed",
        "des produits ont changé depuis l'aperçu, le résultat serait donc différent : {rows} ; refaites l'aperçu, ou appliquez l'import avec although_changed";
    row_of_product(row, code): "row {row} ({code})", "ligne {row} ({code})";
    nothing_to_resume():
        "there is nothing to resume: no part of this import failed because of a fault on our side",
        "il n'y a rien à reprendre : aucune partie de cet import n'a échoué à cause d'une erreur de notre côté";
    import_running(status):
        "the import is {status}; only one that has ended can be undone: cancel it first",
        "l'import est {status} ; seul un import terminé peut être annulé : arrêtez-le d'abord";
    cannot_be_read_again(status):
        "the import is {status} and cannot be read again",
        "l'import est {status} et ne peut pas être relu";
    cannot_be_applied(status):
        "the import is {status} and cannot be applied",
        "l'import est {status} et ne peut pas être appliqué";
    cannot_be_cancelled(status):
        "the import is {status} and cannot be cancelled",
        "l'import est {status} et ne peut pas être arrêté";
    status_and_undone(status): "{status} and undone", "{status} et annulé";
    awaiting_upload(): "waiting for its file", "en attente de son fichier";
    uploaded(): "uploaded", "envoyé";
    parsing(): "being read", "en cours de lecture";
    previewing(): "being previewed", "en cours d'aperçu";
    judging(): "being checked", "en cours de contrôle";
    ready(): "ready to be applied", "prêt à être appliqué";
    held(): "held", "retenu";
    applying(): "being applied", "en cours d'application";
    finishing(): "being finished", "en cours de finalisation";
    completed(): "completed", "terminé";
    completed_with_errors(): "completed with errors", "terminé avec des erreurs";
    failed(): "failed", "en échec";
    cancelled(): "cancelled", "arrêté";

    rows_listed(count, first): "rows {first} ({count} in all)", "les lignes {first} ({count} en tout)";
    rows_ragged(rows):
        "{rows} have more or fewer cells than the header and would be rejected; read.pad_short_rows accepts short ones",
        "{rows} ont plus ou moins de cellules que l'en-tête et seraient rejetées ; read.pad_short_rows accepte celles qui sont trop courtes";
    rows_unreadable(rows):
        "{rows} cannot be read as text and would be rejected",
        "{rows} ne peuvent pas être lues comme du texte et seraient rejetées";
    eans_repaired(rows):
        "{rows} have EANs that a spreadsheet spoilt; their check digits prove what they were, and they would be repaired",
        "{rows} ont des EAN abîmés par un tableur ; leur clé de contrôle prouve ce qu'ils étaient, et ils seraient réparés";
    eans_invalid(rows):
        "{rows} have EANs that are not valid and would be rejected",
        "{rows} ont des EAN non valides et seraient rejetées";
    columns_late(names):
        "further columns appear below the first rows: {names}; a mapping can name them",
        "d'autres colonnes apparaissent après les premières lignes : {names} ; une correspondance peut les nommer";
    late_columns_left_out(names):
        "further columns appear below the first rows and are left out: {names}; a mapping can name them",
        "d'autres colonnes apparaissent après les premières lignes et sont laissées de côté : {names} ; une correspondance peut les nommer";
    shop_attributes(names):
        "the shop's products have attributes: {names}; those that your catalogue does not have are left out, unless create_attributes is chosen",
        "les produits de la boutique ont des attributs : {names} ; ceux que votre catalogue n'a pas sont laissés de côté, sauf si create_attributes est choisi";
    names_and_more(names, more): "{names}, … (+{more})", "{names}, … (+{more})";
    column_renamed(gone, column, field):
        "the column \"{gone}\" is gone; \"{column}\" is used instead, because its name means the same ({field})",
        "la colonne « {gone} » a disparu ; « {column} » est utilisée à sa place, car son nom veut dire la même chose ({field})";
    column_gone(column, field):
        "the column \"{column}\" is gone; {field} stays as it is in the catalogue",
        "la colonne « {column} » a disparu ; {field} reste tel quel dans le catalogue";
    columns_new(names):
        "the file has columns that the mapping does not know: {names}; they are left out",
        "le fichier a des colonnes que la correspondance ne connaît pas : {names} ; elles sont laissées de côté";
    columns_missing(missing, found):
        "no column was found for {missing}; the file has {found}. Rename the column, or map it by hand",
        "aucune colonne n'a été trouvée pour {missing} ; le fichier a {found}. Renommez la colonne, ou associez-la à la main";
    and_for(first, second): "{first}, and for {second}", "{first}, ni pour {second}";
    decimals_unsure(number):
        "\"{number}\" can be read in two ways, and no other number of the first rows shows which one is right; it is read with decimals. Choose with an expression such as value | number(\"fr\")",
        "« {number} » peut se lire de deux façons, et aucun autre nombre des premières lignes ne montre la bonne ; il est lu avec des décimales. Choisissez avec une expression comme value | number(\"fr\")";
    decimal_mark_unsure(number):
        "\"{number}\" can be read in two ways, and no other number of the first rows shows which one is right; its sign decides whether it is read with thousands or decimals. Choose with an expression such as value | number(\"fr\")",
        "« {number} » peut se lire de deux façons, et aucun autre nombre des premières lignes ne montre la bonne ; son signe décide s'il est lu avec des milliers ou des décimales. Choisissez avec une expression comme value | number(\"fr\")";
    why_chosen_mapping():
        "the mapping that was chosen for these columns",
        "la correspondance choisie pour ces colonnes";
    why_platform(count): "{count} of its columns are in the file", "{count} de ses colonnes sont dans le fichier";
    too_many_rows(most):
        "expected at most {most} rows in a file of this format, found more; split the file and import the parts, or have the setting raised",
        "{most} lignes au plus sont attendues dans un fichier de ce format, il y en a davantage ; divisez le fichier et importez les parties, ou faites augmenter la limite dans les réglages";

    cut_short(why, rows):
        "{why}. The {rows} rows before it can be imported if you let them through",
        "{why}. Les {rows} lignes qui précèdent peuvent être importées si vous les laissez passer";
    file_shrank(rows, last, percent):
        "the file has {rows} rows, the last one had {last}: more than {percent} % are gone. Check that it is whole",
        "le fichier a {rows} lignes, le précédent en avait {last} : plus de {percent} % ont disparu. Vérifiez qu'il est complet";
    columns_changed(gone, new):
        "the columns are not those of the last file: gone {gone}, new {new}",
        "les colonnes ne sont pas celles du fichier précédent : disparues {gone}, nouvelles {new}";
    no_columns(): "none", "aucune";
    too_many_absent(absent, supplied, percent):
        "products of the supplier that are not in the file: {absent} of {supplied}, more than {percent} %; check that the file is whole, and let the import through if it is",
        "produits du fournisseur absents du fichier : {absent} sur {supplied}, plus de {percent} % ; vérifiez que le fichier est complet, et laissez passer l'import si c'est le cas";
    prices_moved(moved, priced, percent):
        "{moved} of {priced} prices would move by more than {percent} %; look at the preview, and let the import through if they are right",
        "{moved} prix sur {priced} changeraient de plus de {percent} % ; regardez l'aperçu, et laissez passer l'import s'ils sont justes";
    approval_needed(changes, most):
        "{changes} products would be created or changed, more than {most}: somebody has to approve",
        "{changes} produits seraient créés ou modifiés, plus que {most} : quelqu'un doit approuver";
    unreadable_on_our_side():
        "the file could not be read because of a fault on our side; resume the import to try again",
        "le fichier n'a pas pu être lu à cause d'une erreur de notre côté ; reprenez l'import pour réessayer";
    upload_missing():
        "no file arrived within 24 hours; begin the import again",
        "aucun fichier n'est arrivé en 24 heures ; recommencez l'import";
    report_failed():
        "the products are written, but the report could not be made because of a fault on our side",
        "les produits sont enregistrés, mais le rapport n'a pas pu être produit à cause d'une erreur de notre côté";
    preview_failed():
        "what the file would do could not be found out because of a fault on our side; preview it again",
        "ce que ferait le fichier n'a pas pu être déterminé à cause d'une erreur de notre côté ; refaites l'aperçu";
    part_of_preview_failed():
        "what a part of the file would do could not be found out because of a fault on our side; preview it again",
        "ce que ferait une partie du fichier n'a pas pu être déterminé à cause d'une erreur de notre côté ; refaites l'aperçu";
    nothing_applied(rows):
        "{rows} rows would be rejected, and all or nothing was asked for: nothing was changed; see the errors",
        "{rows} lignes seraient rejetées, et vous avez choisi tout ou rien : rien n'a été modifié ; voyez les erreurs";
    part_not_written(part, rows):
        "part {part} of the file ({rows} rows) could not be written",
        "la partie {part} du fichier ({rows} lignes) n'a pas pu être enregistrée";
    stopped_while_applied():
        "stopped; what was applied until then stays, and can be undone",
        "arrêté ; ce qui était déjà appliqué reste, et peut être annulé";
    stopped_before_changes(): "stopped before anything was changed", "arrêté avant toute modification";
    preview_totals(created, changed, unchanged, skipped, rejected):
        "{created} would be created, {changed} changed, {unchanged} unchanged, {skipped} skipped, {rejected} rejected",
        "{created} seraient créés, {changed} modifiés, {unchanged} inchangés, {skipped} ignorés, {rejected} rejetés";
    stalled():
        "no progress was seen; the import was resumed",
        "l'import n'avançait plus ; il a été repris";
    no_rows():
        "the file has column names but no products below them; nothing was changed",
        "le fichier a des noms de colonnes mais aucun produit en dessous ; rien n'a été modifié";
    rows_not_written():
        "some rows could not be written because of a fault on our side; resume the import to try them again",
        "certaines lignes n'ont pas pu être enregistrées à cause d'une erreur de notre côté ; reprenez l'import pour les réessayer";
    all_rows_rejected(rows):
        "all {rows} rows were rejected; nothing was changed; see the errors",
        "les {rows} lignes ont toutes été rejetées ; rien n'a été modifié ; voyez les erreurs";
    rows_rejected(rejected, rows):
        "{rejected} of {rows} rows were rejected; see the errors, correct them and send them again",
        "{rejected} lignes sur {rows} ont été rejetées ; voyez les erreurs, corrigez-les et envoyez-les de nouveau";
    rows_rejected_and_skipped(rejected, rows, counts):
        "{rejected} of {rows} rows were rejected; see the errors, correct them and send them again; of the others: {counts}",
        "{rejected} lignes sur {rows} ont été rejetées ; voyez les erreurs, corrigez-les et envoyez-les de nouveau ; les autres : {counts}";
    rows_counted(rows, counts): "of {rows} rows: {counts}", "sur {rows} lignes : {counts}";
    count_created(count): "{count} created", "créées : {count}";
    count_updated(count): "{count} updated", "mises à jour : {count}";
    count_unchanged(count): "{count} unchanged", "inchangées : {count}";
    count_skipped(count):
        "{count} skipped (the list of errors says why)",
        "ignorées : {count} (la liste des erreurs dit pourquoi)";
    count_left_alone(count):
        "{count} left alone, because their products exist already",
        "laissées telles quelles, car leurs produits existent déjà : {count}";
    counts_joined(first, second): "{first}, {second}", "{first}, {second}";
    one_row_imported(): "the row was imported", "la ligne a été importée";
    all_rows_imported(rows): "all {rows} rows were imported", "les {rows} lignes ont toutes été importées";

    fill_in_missing(): "fill in what is missing", "complétez ce qui manque";
    check_ean(): "check the EAN against the packaging", "vérifiez l'EAN sur l'emballage";
    write_whole_ean():
        "format the column as text and write the whole EAN",
        "mettez la colonne au format texte et écrivez l'EAN entier";
    write_real_ean():
        "write the real EAN, or leave the cell blank and give a SKU",
        "écrivez le vrai EAN, ou laissez la cellule vide et donnez un SKU";
    write_number(): "write a number of at least 0", "écrivez un nombre d'au moins 0";
    correct_codes(): "correct the SKU or the EAN", "corrigez le SKU ou l'EAN";
    quote_texts():
        "quote texts that hold the separator",
        "mettez entre guillemets les textes qui contiennent le séparateur";
    correct_formula(): "correct the formula", "corrigez la formule";
    add_parent(): "put the parent into the file", "mettez le parent dans le fichier";
    make_room():
        "make room in the catalogue, then import the row again",
        "faites de la place dans le catalogue, puis importez de nouveau la ligne";
    follow_rule(): "write a value that your rule allows", "écrivez une valeur que votre règle autorise";
    correct_value():
        "correct the value and import the row again",
        "corrigez la valeur et importez de nouveau la ligne";

    senders_invalid():
        "expected 1 to 100 addresses, or @ and a domain",
        "1 à 100 adresses, ou @ suivi d'un domaine, sont attendues";
    folder_source_invalid():
        "expected a host, a user name, and a folder and a pattern in one line",
        "un hôte, un nom d'utilisateur, ainsi qu'un dossier et un modèle de nom sur une seule ligne sont attendus";
    folder_invalid(): "expected a folder in one line", "un dossier sur une seule ligne est attendu";
    address_invalid():
        "expected an address that starts with https:// or http://",
        "une adresse qui commence par https:// ou http:// est attendue";
    header_invalid(): "expected the name of a header", "le nom d'un en-tête est attendu";
    token_address_invalid():
        "expected an address that issues tokens, and a client's id",
        "une adresse qui délivre des jetons et un identifiant de client sont attendus";
    automation_name_invalid():
        "expected a name of 1 to 200 characters in one line",
        "un nom de 1 à 200 caractères sur une seule ligne est attendu";
    pause_after_out_of_range(): "expected 1 to 100", "un nombre de 1 à 100 est attendu";
    secret_needed():
        "the automation uses another server or account now: give its password, key or token again",
        "l'automatisation utilise maintenant un autre serveur ou un autre compte : donnez de nouveau son mot de passe, sa clé ou son jeton";
    nothing_to_fetch():
        "this automation imports what arrives; it has no server to fetch files from",
        "cette automatisation importe ce qui arrive ; elle n'a pas de serveur où chercher des fichiers";
    no_token(problem):
        "no access token could be obtained: {problem}",
        "aucun jeton d'accès n'a pu être obtenu : {problem}";
    token_expected(): "expected JSON with an access_token", "du JSON avec un access_token est attendu";
    page_not_json(page, problem):
        "page {page} is not JSON: {problem}",
        "la page {page} n'est pas du JSON : {problem}";
    page_without_list(page, path):
        "page {page} has no list at \"{path}\"",
        "la page {page} n'a pas de liste à « {path} »";
    pages_too_large(most):
        "expected at most {most} bytes in all pages, found more",
        "{most} octets au plus sont attendus dans toutes les pages, il y en a davantage";
    too_many_pages(most):
        "expected at most {most} pages, found more",
        "{most} pages au plus sont attendues, il y en a davantage";
    remote_file_too_large(name, found, most):
        "the file {name} has {found} bytes, at most {most} are allowed",
        "le fichier {name} fait {found} octets, {most} au plus sont autorisés";
    file_growing(name):
        "the file {name} is still being written; it is checked again later",
        "le fichier {name} est encore en cours d'écriture ; il sera vérifié de nouveau plus tard";
    files_late(seconds):
        "the server is slow: expected the files within {seconds} seconds",
        "le serveur est lent : les fichiers sont attendus en {seconds} secondes";
    took_too_long(seconds): "it took more than {seconds} seconds", "cela a pris plus de {seconds} secondes";
    nothing_new(): "there is nothing new", "il n'y a rien de nouveau";
    same_content(names):
        "{names}: already imported, with the same content",
        "{names} : déjà importé, avec le même contenu";
    not_tidied(names, problem):
        "{names}; afterwards the files could not be moved or deleted: {problem}",
        "{names} ; ensuite, les fichiers n'ont pas pu être déplacés ou supprimés : {problem}";
    files_in_folder(count): "{count} files are in the folder", "{count} fichiers sont dans le dossier";
    file_with_size(name, bytes): "{name} ({bytes} bytes)", "{name} ({bytes} octets)";
    imports_what_arrives(): "it imports what arrives", "elle importe ce qui arrive";
    file_available(): "the file can be downloaded", "le fichier peut être téléchargé";
    no_folder(): "the automation has no folder", "l'automatisation n'a pas de dossier";
    arrived_too_large(most, found):
        "expected a file of at most {most} bytes, found {found}",
        "un fichier de {most} octets au plus est attendu, il en fait {found}";
    no_mails(): "the automation does not accept mails", "l'automatisation n'accepte pas les e-mails";
    sender_not_allowed(sender):
        "a mail from {sender} was ignored: it is not one of the allowed senders",
        "un e-mail de {sender} a été ignoré : ce n'est pas l'un des expéditeurs autorisés";
    mail_distrusted(sender, reason):
        "a mail from {sender} was ignored: {reason}",
        "un e-mail de {sender} a été ignoré : {reason}";
    no_table_attached(sender):
        "a mail from {sender} has no attachment that can be a table",
        "un e-mail de {sender} n'a pas de pièce jointe qui puisse être un tableau";
    several_senders(): "it names several senders", "il indique plusieurs expéditeurs";
    virus_suspected(): "it was taken for a virus", "il a été considéré comme un virus";
    spam_suspected(): "it was taken for spam", "il a été considéré comme indésirable";
    sender_not_proven():
        "neither SPF nor DKIM proves who sent the mail",
        "ni SPF ni DKIM ne prouvent qui a envoyé l'e-mail";
    not_enabled():
        "the automation is not enabled; the file was ignored",
        "l'automatisation n'est pas activée ; le fichier a été ignoré";
}
