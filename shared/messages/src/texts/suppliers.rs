//! Suppliers, their offers and mappings.

use crate::entry::messages;

messages! {
    "suppliers";
    no_field(field): "a supplier has no field \"{field}\"", "un fournisseur n'a pas de champ « {field} »";
    name_length(found):
        "expected a name of 1 to 200 characters in one line, found {found}",
        "un nom de 1 à 200 caractères sur une seule ligne est attendu, il y en a {found}";
    code_length():
        "expected a code of at most 50 characters in one line",
        "un code de 50 caractères au plus, sur une seule ligne, est attendu";
    country_invalid():
        "expected two capital letters such as FR",
        "deux lettres majuscules telles que FR sont attendues";
    lead_days(): "expected 0 to 3650 days", "0 à 3650 jours sont attendus";
    minimum_order():
        "expected an amount of at least 0, and at most 1,000,000,000",
        "un montant de 0 au moins, et de 1 000 000 000 au plus, est attendu";
    too_many_contacts(): "expected at most 50 contacts", "50 contacts au plus sont possibles";
    contact_texts():
        "expected texts of at most 200 characters in one line",
        "des textes de 200 caractères au plus, sur une seule ligne, sont attendus";
    text_too_long():
        "expected at most 5,000 characters without NUL",
        "5 000 caractères au plus, sans caractère NUL, sont attendus";
    name_taken():
        "there is a supplier of that name already, perhaps one that was merged",
        "un fournisseur de ce nom existe déjà, peut-être un fournisseur fusionné";
    code_taken(): "there is a supplier with that code already", "un fournisseur avec ce code existe déjà";
    has_products():
        "products have this supplier, perhaps in the trash; archive it, or merge it into another one",
        "des produits ont ce fournisseur, peut-être dans la corbeille ; archivez-le, ou fusionnez-le avec un autre";
    has_automation(name):
        "the automation \"{name}\" takes its files; delete that first, or archive the supplier",
        "l'automatisation « {name} » récupère ses fichiers ; supprimez-la d'abord, ou archivez le fournisseur";
    merge_target():
        "expected another supplier that was not merged itself",
        "un autre fournisseur, qui n'a pas été fusionné lui-même, est attendu";

    no_offer():
        "no supplier offers this product in its currency",
        "aucun fournisseur ne propose ce produit dans sa devise";
    offer_cost():
        "expected a cost of at least 0, and at most 1,000,000,000",
        "un coût de 0 au moins, et de 1 000 000 000 au plus, est attendu";
    offer_amount(least): "expected at least {least}", "{least} au moins est attendu";
    offer_reference():
        "expected at most 200 characters in one line",
        "200 caractères au plus, sur une seule ligne, sont attendus";

    mapping_name(found):
        "expected a name of 1 to 100 characters in one line, found {found}",
        "un nom de 1 à 100 caractères sur une seule ligne est attendu, il y en a {found}";
    mapping_without_code():
        "expected a column for an EAN or a SKU",
        "une colonne pour un EAN ou un SKU est attendue";
    mapping_without_title_and_code():
        "expected a column for a title and for an EAN or a SKU",
        "une colonne pour un titre et une colonne pour un EAN ou un SKU sont attendues";
    mapping_keys():
        "expected 1 to 10 keys by which products are found",
        "1 à 10 clés par lesquelles les produits sont trouvés sont attendues";
    mapping_columns():
        "expected at most 2,000 columns, without NUL characters",
        "2 000 colonnes au plus, sans caractère NUL, sont attendues";

    automation_name_taken(name):
        "there is an automation with the name \"{name}\" already",
        "une automatisation du nom de « {name} » existe déjà";
    run_stopped():
        "the run was interrupted before it could report a result",
        "l'exécution a été interrompue avant de pouvoir donner un résultat";
}
