//! Products, categories, attributes, views and jobs.

use crate::entry::messages;

messages! {
    "catalog";
    quota_exceeded(quota):
        "Quota exceeded: your plan has room for {quota} products; archive or delete some, or choose a larger plan",
        "Quota dépassé : votre formule permet {quota} produits ; archivez-en ou supprimez-en, ou choisissez une formule supérieure";
    no_room():
        "Quota exceeded: the plan has no room for more products",
        "Quota dépassé : votre formule ne permet pas plus de produits";
    code_invalid(code):
        "expected 1 to 100 of a-z, 0-9, _ and -, found \"{code}\"",
        "1 à 100 caractères parmi a-z, 0-9, _ et - sont attendus, et non « {code} »";
    name_length(found):
        "expected 1 to 200 characters in one line, found {found}",
        "1 à 200 caractères sur une seule ligne sont attendus, il y en a {found}";
    one_of(names): "expected one of {names}", "l'une de ces valeurs est attendue : {names}";
    locale_unknown(locales, found):
        "expected one of {locales}, found \"{found}\"",
        "l'une de ces langues est attendue : {locales}, et non « {found} »";

    in_trash(): "the product is in the trash", "le produit est dans la corbeille";
    in_trash_restore():
        "the product is in the trash; restore it first",
        "le produit est dans la corbeille ; restaurez-le d'abord";
    in_trash_already(): "the product is in the trash already", "le produit est déjà dans la corbeille";
    not_in_trash(): "the product is not in the trash", "le produit n'est pas dans la corbeille";
    delete_from_trash_only():
        "only a product in the trash can be deleted for good; move it there first",
        "seul un produit de la corbeille peut être supprimé définitivement ; mettez-le d'abord à la corbeille";
    parent_in_trash():
        "the parent of this variant is in the trash; restore the parent, its variants come with it",
        "le parent de cette variante est dans la corbeille ; restaurez le parent, ses variantes reviennent avec lui";
    variants_not_in_trash():
        "the product has variants that are not in the trash; move them there first",
        "le produit a des variantes qui ne sont pas dans la corbeille ; mettez-les d'abord à la corbeille";

    edits_count(found):
        "expected 1 to 50 edits, found {found}",
        "1 à 50 modifications sont attendues, il y en a {found}";
    ids_count(most, found):
        "expected 1 to {most} ids, found {found}",
        "1 à {most} identifiants sont attendus, il y en a {found}";
    selection_invalid():
        "expected either ids or a query",
        "des identifiants (ids) ou une recherche (query) sont attendus, l'un des deux";
    job_ended(): "the job has ended already", "la tâche est déjà terminée";
    job_running(): "the job still runs; cancel it first", "la tâche est encore en cours ; annulez-la d'abord";
    job_undone_already():
        "this job was undone already, or is being undone",
        "cette tâche a déjà été annulée, ou est en train de l'être";
    deleted_for_good():
        "what was deleted for good cannot be brought back",
        "ce qui a été supprimé définitivement ne peut pas être récupéré";
    only_assessed():
        "this job only assessed the completeness of products: there is nothing to undo",
        "cette tâche a seulement évalué la complétude des produits : il n'y a rien à annuler";
    edited_since():
        "the field was changed again since, and stays as it is",
        "le champ a été modifié depuis, et reste tel quel";
    locked_or_owned():
        "locked, or owned by a stronger source",
        "verrouillé, ou appartenant à une source plus forte";

    associations_count():
        "expected at most 200 products, each once",
        "200 produits au plus sont attendus, chacun une seule fois";
    association_unknown():
        "one of these products does not exist",
        "l'un de ces produits n'existe pas";
    association_itself():
        "a product is not associated with itself",
        "un produit ne peut pas être associé à lui-même";

    too_many_attributes(most):
        "expected at most {most} attributes",
        "{most} attributs au plus sont possibles";
    too_many_options(most):
        "expected at most {most} options of all attributes together",
        "{most} options au plus sont possibles, tous attributs confondus";
    attribute_unknown(code):
        "there is no attribute \"{code}\"; create it first (PUT /v1/attributes/{code})",
        "l'attribut « {code} » n'existe pas ; créez-le d'abord (PUT /v1/attributes/{code})";
    group_unknown(group):
        "there is no group \"{group}\"; create it first (PUT /v1/attribute-groups/{group})",
        "le groupe « {group} » n'existe pas ; créez-le d'abord (PUT /v1/attribute-groups/{group})";
    family_unknown(family):
        "there is no family \"{family}\"; create it first (PUT /v1/families/{family})",
        "la famille « {family} » n'existe pas ; créez-la d'abord (PUT /v1/families/{family})";
    kind_fixed():
        "the kind of an attribute, what it measures and whether it has languages stay as they are; create another attribute",
        "le type d'un attribut, ce qu'il mesure et le fait qu'il ait des langues ne changent plus ; créez un autre attribut";
    attribute_in_products():
        "products have this attribute; clear it there first (POST /v1/products/bulk-edit)",
        "des produits ont cet attribut ; videz-le d'abord dans ces produits (POST /v1/products/bulk-edit)";
    attribute_in_families():
        "families have this attribute; remove it there first (PUT /v1/families)",
        "des familles ont cet attribut ; retirez-le d'abord de ces familles (PUT /v1/families)";
    option_in_use(option):
        "products have the option {option}; give them another one first",
        "des produits ont l'option {option} ; donnez-leur d'abord une autre option";
    family_too_large():
        "expected at most 1,000 attributes, required in at most 50 channels each",
        "1 000 attributs au plus sont possibles, chacun requis dans 50 canaux au plus";
    family_in_use():
        "products have this family; give them another one first",
        "des produits ont cette famille ; donnez-leur d'abord une autre famille";

    too_many_categories(most): "expected at most {most} categories", "{most} catégories au plus sont possibles";
    category_unknown(id): "there is no category {id}", "la catégorie {id} n'existe pas";
    category_too_deep(most, found):
        "expected at most {most} levels, found {found}",
        "{most} niveaux au plus sont possibles, il y en aurait {found}";
    category_below_itself():
        "a category cannot be moved below itself",
        "une catégorie ne peut pas être déplacée sous elle-même";
    category_merged_below_itself():
        "a category cannot be merged into itself or into one below it",
        "une catégorie ne peut pas être fusionnée avec elle-même ni avec une catégorie située sous elle";
    category_too_large(most):
        "more than {most} products are in this category; move them first (POST /v1/products/bulk-edit: add the other category, then remove this one)",
        "plus de {most} produits sont dans cette catégorie ; déplacez-les d'abord (POST /v1/products/bulk-edit : ajoutez l'autre catégorie, puis retirez celle-ci)";
    category_has_children():
        "there are categories below it; move or delete them first",
        "il y a des catégories sous celle-ci ; déplacez-les ou supprimez-les d'abord";
    category_name_taken():
        "there is a category of that name in the same place",
        "une catégorie de ce nom existe déjà au même endroit";

    too_many_scopes():
        "expected at most 20 channels and languages",
        "20 canaux et langues au plus sont possibles";
    catalog_language_unknown(found):
        "expected fr, en, de, it or es, found \"{found}\"",
        "fr, en, de, it ou es est attendu, et non « {found} »";
    history_months():
        "expected 1 to 240 months, or null to keep it for good",
        "1 à 240 mois sont attendus, ou null pour conserver l'historique sans limite";
    too_many_priorities(): "expected at most 500 fields", "500 champs au plus sont possibles";
    priority_field_unknown(found):
        "expected a product's field or *, found \"{found}\"",
        "un champ de produit ou * est attendu, et non « {found} »";
    source_unknown(kinds, found):
        "expected sources of {kinds} (at most 100), found \"{found}\"",
        "des sources parmi {kinds} (100 au plus) sont attendues, et non « {found} »";

    lock_names(): "expected at most 500 names of fields", "500 noms de champs au plus sont attendus";
    no_field(field): "a product has no field \"{field}\"", "un produit n'a pas de champ « {field} »";
    variant_exists():
        "the parent has a variant with these options already",
        "le parent a déjà une variante avec ces options";
    code_taken(kind, value, owner):
        "the {kind} {value} belongs to {owner}; give another one, or change that product",
        "{kind} {value} est déjà utilisé par {owner} ; donnez une autre valeur, ou modifiez ce produit";
    code_owner(id, title): "product {id} (\"{title}\")", "le produit {id} (« {title} »)";
    code_owner_in_trash(id, title):
        "product {id} (\"{title}\"), which is in the trash",
        "le produit {id} (« {title} »), qui est dans la corbeille";
    code_owner_unknown(): "another product", "un autre produit";
    field_locked():
        "it was locked by an edit by hand; unlock it first",
        "il a été verrouillé par une modification à la main ; déverrouillez-le d'abord";
    field_owned(owner):
        "the stronger source {owner} owns it (GET /v1/catalog/rules)",
        "il appartient à la source {owner}, qui est plus forte (GET /v1/catalog/rules)";
    axes_fixed():
        "the product has variants; its option_axes stay as they are",
        "le produit a des variantes ; ses option_axes ne changent plus";
    parent_unknown(id): "there is no product {id}", "le produit {id} n'existe pas";
    parent_invalid():
        "expected a product with option_axes that is no variant itself and not in the trash; a product with variants is no variant",
        "un produit avec des option_axes, qui n'est ni une variante ni dans la corbeille, est attendu ; un produit qui a des variantes ne peut pas être une variante";
    options_invalid(names):
        "expected a value for each option of the parent and nothing else: {names}",
        "une valeur pour chaque option du parent, et rien d'autre, est attendue : {names}";
    nothing_to_revert():
        "this change has no fields to put back; a product that was created is moved to the trash instead",
        "cette modification n'a pas de champs à rétablir ; pour annuler la création d'un produit, mettez-le à la corbeille";
    field_not_in_change(field):
        "this change did not touch the field \"{field}\"",
        "cette modification n'a pas touché le champ « {field} »";

    import_changed_nothing():
        "this import changed no product: there is nothing to undo",
        "cet import n'a modifié aucun produit : il n'y a rien à annuler";
    import_undone_already():
        "this import was undone already, or is being undone",
        "cet import a déjà été annulé, ou est en train de l'être";
    import_undone():
        "the import was undone: nothing of it is written any more",
        "l'import a été annulé : plus rien n'en est enregistré";

    cursor_expired():
        "the cursor is of another copy of the database; read everything anew, without since",
        "ce curseur vient d'une autre copie de la base de données ; relisez tout, sans since";
    changes_cursor_invalid():
        "expected the cursor of an earlier answer",
        "le cursor d'une réponse précédente est attendu";
    list_cursor_invalid():
        "expected the next_cursor of an earlier page of the same list",
        "le next_cursor d'une page précédente de la même liste est attendu";
    search_too_long(): "expected at most 200 characters", "200 caractères au plus sont attendus";
    search_sorted():
        "the products found by words are in the order of their match; leave out q or sort",
        "les produits trouvés par des mots sont classés par pertinence ; retirez q ou sort";
    search_with_nul():
        "expected words, found a NUL character",
        "des mots sont attendus, et non un caractère NUL";
    too_many_conditions(): "expected at most 50 conditions", "50 conditions au plus sont possibles";
    filter_out_of_range():
        "a value of the filter or the cursor is out of range",
        "une valeur du filtre ou du curseur dépasse les limites";
    filter_not_json(problem):
        "expected a JSON list of conditions: {problem}",
        "une liste JSON de conditions est attendue : {problem}";
    filter_list_expected(): "expected a list of values", "une liste de valeurs est attendue";
    filter_value_expected(): "expected a value", "une valeur est attendue";
    filter_two_values(found): "expected two values, found {found}", "deux valeurs sont attendues, il y en a {found}";
    filter_values_count(found):
        "expected 1 to 1,000 values, found {found}",
        "1 à 1 000 valeurs sont attendues, il y en a {found}";
    filter_text_expected(found): "expected a text, found {found}", "un texte est attendu, et non {found}";
    filter_field_unknown(field):
        "products have no field \"{field}\" to filter by",
        "les produits n'ont pas de champ « {field} » par lequel filtrer";
    filter_time_expected(found):
        "expected a time such as 2026-11-21T10:00:00Z, found \"{found}\"",
        "une date et une heure telles que 2026-11-21T10:00:00Z sont attendues, et non « {found} »";
    filter_id_expected(found): "expected an id, found \"{found}\"", "un identifiant est attendu, et non « {found} »";
    filter_category_expected(found):
        "expected a category's id, found \"{found}\"",
        "l'identifiant d'une catégorie est attendu, et non « {found} »";
    filter_number_expected(found): "expected a number, found {found}", "un nombre est attendu, et non {found}";
    filter_operators(operators): "expected {operators}", "l'une de ces comparaisons est attendue : {operators}";
    filter_operator_invalid(field):
        "{field} cannot be compared like this",
        "{field} ne peut pas être comparé de cette manière";
    filter_unit_unknown(unit): "there is no unit \"{unit}\"", "l'unité « {unit} » n'existe pas";
    filter_number_too_large(): "the number is too large", "le nombre est trop grand";
}
