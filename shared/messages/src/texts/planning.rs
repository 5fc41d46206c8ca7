//! What an import says about the rows of a file.

use crate::entry::messages;

messages! {
    "planning";
    identifier_conflict(sku, ean, owner_sku, owner_ean):
        "the row says SKU \"{sku}\" and EAN \"{ean}\", which are not both of one product: one has the SKU {owner_sku} and the EAN {owner_ean}; correct one of the two codes",
        "la ligne dit SKU « {sku} » et EAN « {ean} », qui ne sont pas ceux d'un même produit : l'un a le SKU {owner_sku} et l'EAN {owner_ean} ; corrigez l'un des deux codes";
    no_code(): "none", "(aucun)";
    match_ambiguous(count, reference):
        "{count} products of the supplier have the reference \"{reference}\"; name the EAN or the SKU too",
        "{count} produits du fournisseur ont la référence « {reference} » ; indiquez aussi l'EAN ou le SKU";
    fields_kept(fields): "these fields stay as they are: {fields}", "ces champs restent comme ils sont : {fields}";
    field_locked(field): "{field} (locked by an edit)", "{field} (verrouillé par une modification)";
    field_owned(field, owner): "{field} (owned by {owner})", "{field} (appartient à {owner})";
    prices_kept(field):
        "{field} (this source may not change one of the prices in the present currency)",
        "{field} (cette source ne peut pas modifier un des prix dans la devise actuelle)";
    parent_unknown(parent):
        "there is no product \"{parent}\" that this row could be a variant of; put the parent into the file",
        "aucun produit « {parent} » dont cette ligne serait une variante ; mettez le parent dans le fichier";
    parent_invalid(parent):
        "the product \"{parent}\" is a variant itself or in the trash",
        "le produit « {parent} » est lui-même une variante, ou dans la corbeille";
    options_invalid(expected, found):
        "expected a value for each option of the parent and nothing else ({expected}), found {found}",
        "une valeur pour chaque option du parent et rien d'autre est attendue ({expected}), il y a {found}";
    options_missing(expected):
        "the row has no options; give a value for each option of the parent ({expected})",
        "la ligne n'a pas d'options ; donnez une valeur pour chaque option du parent ({expected})";
    options_unknown():
        "neither the row nor its parent names options, such as size; name them and their values in the row",
        "ni la ligne ni son parent ne nomment d'options, par exemple la taille ; indiquez-les dans la ligne avec leurs valeurs";
    variant_exists(options):
        "the parent has another variant with the same options ({options}); correct the options or the codes",
        "le parent a une autre variante avec les mêmes options ({options}) ; corrigez les options ou les codes";
    title_required():
        "expected a title: there is no product with this code yet",
        "un titre est attendu : aucun produit n'a encore ce code";
    in_trash():
        "the product is in the trash; restore it or delete it for good, then import the row again",
        "le produit est dans la corbeille ; restaurez-le ou supprimez-le définitivement, puis importez de nouveau la ligne";
    attribute_unknown(code):
        "there is no attribute \"{code}\"; create it, or let the import create it",
        "aucun attribut « {code} » ; créez-le, ou laissez l'import le créer";
    family_unknown(family):
        "there is no family \"{family}\"; create it first",
        "aucune famille « {family} » ; créez-la d'abord";
    category_deleted():
        "the category that stands for it was deleted; correct the table of categories",
        "la catégorie correspondante a été supprimée ; corrigez la table des catégories";
    rule_unique(field):
        "your rule demands a {field} of its own, another product has the same",
        "votre règle demande une valeur unique pour {field}, un autre produit a la même";
    quota_exceeded(quota):
        "Quota exceeded: the plan has room for {quota} products; archive or delete some, or choose a larger plan",
        "Quota dépassé : votre formule permet {quota} produits ; archivez-en ou supprimez-en, ou choisissez une formule supérieure";
}
