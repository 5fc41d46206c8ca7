//! The values of a product.

use crate::entry::messages;

messages! {
    "product";
    // Values of any field.
    unknown_field(field): "a product has no field \"{field}\"", "un produit n'a pas de champ « {field} »";
    unknown_file_field(found, known):
        "a product has no field \"{found}\", expected one of {known}",
        "un produit n'a pas de champ « {found} », l'un de ceux-ci est attendu : {known}";
    one_of(known, found):
        "expected one of {known}, found \"{found}\"",
        "l'une de ces valeurs est attendue : {known} ; et non « {found} »";
    text_expected(found): "expected a text, found {found}", "un texte est attendu, et non {found}";
    number_expected(found): "expected a number, found {found}", "un nombre est attendu, et non {found}";
    too_long(most, found):
        "expected at most {most} characters, found {found}",
        "{most} caractères au plus sont attendus, il y en a {found}";
    nul_character():
        "expected text, found a NUL character",
        "un texte est attendu, celui-ci contient un caractère NUL";
    title_required(): "expected a title, found nothing", "un titre est attendu, il n'y en a pas";
    code_required():
        "expected an EAN or a SKU, found neither",
        "un EAN ou un SKU est attendu, il n'y a ni l'un ni l'autre";
    status_required(): "a product always has a status", "un produit a toujours un statut";

    // Codes.
    sku_empty(): "expected a SKU, found nothing", "un SKU est attendu, il n'y a rien";
    sku_too_long(most, found):
        "expected a SKU of at most {most} characters, found {found}",
        "un SKU de {most} caractères au plus est attendu, celui-ci en a {found}";
    sku_several_lines():
        "expected a SKU in one line, found a tab or a line break in it",
        "un SKU sur une seule ligne est attendu, celui-ci contient une tabulation ou un saut de ligne";
    ean_invalid(found):
        "expected an EAN of 8, 12, 13 or 14 digits, found \"{found}\"",
        "un EAN de 8, 12, 13 ou 14 chiffres est attendu, la cellule contient « {found} »";
    ean_zeros_lost(found, padded):
        "expected an EAN of 8, 12, 13 or 14 digits, found \"{found}\"; if a spreadsheet removed its leading zeros, the code is {padded}: send the column as text",
        "un EAN de 8, 12, 13 ou 14 chiffres est attendu, la cellule contient « {found} » ; si un tableur a retiré ses zéros de tête, le code est {padded} : envoyez la colonne comme texte";
    ean_rounded(found):
        "expected an EAN of 8, 12, 13 or 14 digits, found the rounded number \"{found}\"; format the column as text and save the file again",
        "un EAN de 8, 12, 13 ou 14 chiffres est attendu, la cellule contient le nombre arrondi « {found} » ; mettez la colonne au format texte et enregistrez de nouveau le fichier";
    ean_check_digit(found, expected):
        "the EAN {found} has a wrong check digit: its last digit would have to be {expected}",
        "l'EAN {found} a une clé de contrôle fausse : son dernier chiffre devrait être {expected}";
    ean_placeholder(found):
        "the EAN {found} is a placeholder, not a real code",
        "l'EAN {found} est un code générique, pas un vrai code";
    ean_repaired(found, repaired):
        "a spreadsheet spoilt the code \"{found}\"; its check digit proves that it is {repaired}",
        "un tableur a abîmé le code « {found} » ; sa clé de contrôle prouve que c'est {repaired}";
    identifier_key(found):
        "expected a key such as shopify.handle, found \"{found}\"",
        "une clé telle que shopify.handle est attendue, et non « {found} »";
    status_unknown(found):
        "expected a status (active, draft, inactive or archived), found \"{found}\"",
        "un statut est attendu (active, draft, inactive ou archived), la cellule contient « {found} »";

    // Amounts and measures.
    number_invalid(found):
        "expected a number such as 12.50, found \"{found}\"",
        "un nombre est attendu, par exemple 12,50, la cellule contient « {found} »";
    currency_unknown(found):
        "expected an ISO 4217 currency code such as EUR, found \"{found}\"",
        "un code de devise ISO 4217 tel que EUR est attendu, et non « {found} »";
    currency_mismatch(expected, found):
        "expected prices in {expected}, found one in {found}",
        "des prix en {expected} sont attendus, celui-ci est en {found}";
    price_negative(found):
        "expected a price of at least 0, found {found}",
        "un prix d'au moins 0 est attendu, et non {found}";
    price_too_large(limit, found):
        "expected a price below {limit}, found {found}",
        "un prix inférieur à {limit} est attendu, et non {found}";
    tax_rate_range(found):
        "expected a rate between 0 and 100 percent, found \"{found}\"",
        "un taux entre 0 et 100 % est attendu, et non « {found} »";
    stock_negative(found):
        "expected a stock of at least 0, found {found}",
        "un stock d'au moins 0 est attendu, et non {found}";
    stock_not_whole(found):
        "expected a whole number of pieces, found \"{found}\"",
        "un nombre entier de pièces est attendu, la cellule contient « {found} »";
    weight_invalid(found):
        "expected a weight such as 1.5 kg or 250 g, found \"{found}\"",
        "un poids tel que 1,5 kg ou 250 g est attendu, la cellule contient « {found} »";
    weight_negative(found):
        "expected a weight of at least 0, found \"{found}\"",
        "un poids d'au moins 0 est attendu, la cellule contient « {found} »";
    weight_range():
        "expected a weight of at least 0 and below 1,000 tonnes",
        "un poids d'au moins 0 et de moins de 1 000 tonnes est attendu";
    length_invalid(found):
        "expected a length such as 12.5 or 12.5 cm, found \"{found}\"",
        "une longueur telle que 12,5 ou 12,5 cm est attendue, la cellule contient « {found} »";
    lengths_range():
        "expected lengths of at least 0 and below 1,000 km",
        "des longueurs d'au moins 0 et de moins de 1 000 km sont attendues";

    // Lists.
    too_many_images(most, found):
        "expected at most {most} images, found {found}",
        "{most} images au plus sont attendues, il y en a {found}";
    image_address(found):
        "expected image addresses that start with http:// or https://, found \"{found}\"",
        "des adresses d'images qui commencent par http:// ou https:// sont attendues, et non « {found} »";
    too_many_tags(found):
        "expected at most 100 tags, found {found}",
        "100 étiquettes au plus sont attendues, il y en a {found}";
    tag_invalid():
        "expected tags of at most 100 characters, in one line",
        "des étiquettes de 100 caractères au plus, sur une seule ligne, sont attendues";
    too_many_categories(found):
        "expected at most 50 categories, found {found}",
        "50 catégories au plus sont attendues, il y en a {found}";

    // Variants.
    option_names_invalid(most):
        "expected at most {most} option names, such as size and color",
        "{most} noms d'options au plus sont attendus, par exemple taille et couleur";
    option_name_repeated(): "expected each option name once", "chaque nom d'option ne peut figurer qu'une fois";
    variant_of_variant():
        "a variant has no option names of its own; its parent has them",
        "une variante n'a pas de noms d'options à elle ; c'est son parent qui les a";
    options_too_long():
        "expected option names and values of at most 1,000 characters together, accented letters counted twice",
        "les noms et valeurs d'options doivent faire ensemble au plus 1 000 caractères, les lettres accentuées comptant double";
    not_a_variant():
        "only a variant has options; name its parent_id",
        "seule une variante a des options ; indiquez son parent_id";
    option_value_length():
        "expected a value of 1 to 200 characters for each option",
        "une valeur de 1 à 200 caractères est attendue pour chaque option";

    // Edits of many products.
    not_in_bulk(field): "{field} is changed one product at a time", "{field} se modifie un produit à la fois";
    set_without_value():
        "set needs a value; use clear to remove the value of a field",
        "set demande une valeur ; utilisez clear pour enlever la valeur d'un champ";
    not_a_list():
        "only a list can be added to or taken from: tags, category_ids, image_urls, multi-select attributes",
        "add et remove ne changent que des listes : tags, category_ids, image_urls et les attributs à choix multiple";
    values_required():
        "expected a value or a list of values",
        "une valeur ou une liste de valeurs est attendue";
    not_a_number_field(fields):
        "only a number can be increased: {fields}",
        "seul un nombre peut être augmenté : {fields}";
    replace_incomplete():
        "replace needs a text to find and one to put in its place",
        "replace demande le texte à chercher (find) et celui qui le remplace (replace)";
    not_a_text(found):
        "expected a text to replace in, found {found}",
        "le remplacement se fait dans un texte, le champ contient {found}";
    number_overflow(): "the number would be too large", "le nombre serait trop grand";

    // Attributes.
    name_length(found):
        "expected a name of 1 to 200 characters, found {found}",
        "un nom de 1 à 200 caractères est attendu, il y en a {found}";
    options_missing(): "expected at least one option", "au moins une option est attendue";
    options_unexpected(): "only a select has options", "seul un attribut à choix a des options";
    too_many_options(found):
        "expected at most 5,000 options, found {found}",
        "5 000 options au plus sont attendues, il y en a {found}";
    option_code(found):
        "expected codes of a-z, 0-9, _ and -, each once, found \"{found}\"",
        "des codes faits de a-z, 0-9, _ et -, chacun une seule fois, sont attendus, et non « {found} »";
    unit_without_measure():
        "a unit needs a measure, such as length",
        "une unité demande une grandeur mesurée, par exemple length";
    measure_without_number():
        "only a number measures something",
        "seul un nombre peut mesurer une grandeur";
    localisable_without_text():
        "only a text has a value in each language",
        "seul un texte peut avoir une valeur dans chaque langue";
    texts_expected(found):
        "expected an object with a text for each language, such as en and fr, found {found}",
        "un objet avec un texte par langue, par exemple en et fr, est attendu, et non {found}";
    boolean_expected(found): "expected true or false, found {found}", "true ou false est attendu, et non {found}";
    yes_or_no(found):
        "expected yes or no, found \"{found}\"",
        "oui ou non est attendu, la cellule contient « {found} »";
    day_expected(found):
        "expected a day such as 2026-11-21, found {found}",
        "un jour tel que 2026-11-21 est attendu, et non {found}";
    list_expected(found):
        "expected a list of options, found {found}",
        "une liste d'options est attendue, et non {found}";
    amount_key(found):
        "expected amount and unit, found \"{found}\"",
        "amount et unit sont attendus, et non « {found} »";
    unit_unexpected(found):
        "expected a number without a unit, found the unit \"{found}\"",
        "un nombre sans unité est attendu, celui-ci a l'unité « {found} »";
    unit_unknown(known, found):
        "expected a unit of {known}, found \"{found}\"",
        "l'une de ces unités est attendue : {known} ; et non « {found} »";
    attribute_unknown(code):
        "there is no attribute \"{code}\"; create it first (PUT /v1/attributes/{code})",
        "il n'y a pas d'attribut « {code} » ; créez-le d'abord (PUT /v1/attributes/{code})";

    // Rows of files.
    nul_in_file():
        "expected text, found a NUL character: the file is damaged or not UTF-8",
        "un texte est attendu, la cellule contient un caractère NUL : le fichier est abîmé ou n'est pas en UTF-8";
    spreadsheet_error(found):
        "expected a value, found the spreadsheet's error {found}; correct the formula",
        "une valeur est attendue, la cellule contient l'erreur {found} du tableur ; corrigez la formule";
    long_text(most, found):
        "expected at most {most} characters, accented letters counted twice, found {found}",
        "{most} caractères au plus sont attendus, les lettres accentuées comptant double ; il y en a {found}";
    tags_invalid():
        "expected at most 100 tags of at most 100 characters",
        "100 étiquettes de 100 caractères au plus sont attendues";
    value_left_out(message): "{message} (the value was left out)", "{message} (la valeur n'a pas été reprise)";
    superseded(row):
        "row {row} has the same SKU or EAN and stands further down: the last one counts",
        "la ligne {row}, plus bas, a le même SKU ou EAN : la dernière est prise en compte";

    // An organisation's own rules.
    too_many_rules(found):
        "expected at most 200 rules, found {found}",
        "200 règles au plus sont attendues, il y en a {found}";
    rule_pattern_invalid(field, problem):
        "the pattern of {field} cannot be used: {problem}",
        "le motif de {field} n'est pas utilisable : {problem}";
    rule_unique_field(fields, found):
        "unique can be demanded of {fields}, found {found}; SKU and EAN are unique always",
        "unique peut être demandé pour {fields}, et non pour {found} ; le SKU et l'EAN sont toujours uniques";
    rule_required(field):
        "your rule demands a {field}, found nothing",
        "votre règle demande une valeur pour {field}, il n'y en a pas";
    rule_pattern(field, pattern, found):
        "your rule demands a {field} like {pattern}, found \"{found}\"",
        "votre règle demande pour {field} la forme {pattern}, il y a « {found} »";
    rule_between(field, min, max, found):
        "your rule demands a {field} between {min} and {max}, found {found}",
        "votre règle demande pour {field} une valeur entre {min} et {max}, il y a {found}";
    rule_at_least(field, min, found):
        "your rule demands a {field} of at least {min}, found {found}",
        "votre règle demande pour {field} une valeur d'au moins {min}, il y a {found}";
    rule_at_most(field, max, found):
        "your rule demands a {field} of at most {max}, found {found}",
        "votre règle demande pour {field} une valeur d'au plus {max}, il y a {found}";
    rule_in_list(field, values, found):
        "your rule demands a {field} of {values}, found \"{found}\"",
        "votre règle demande pour {field} l'une de ces valeurs : {values} ; il y a « {found} »";
    rule_compare(field, sign, other, left, right):
        "your rule demands {field} {sign} {other}, found {left} and {right}",
        "votre règle demande {field} {sign} {other}, il y a {left} et {right}";
    rule_max_change(field, percent, moved, was, is):
        "your rule lets {field} move by at most {percent} %, it moves by {moved} % from {was} to {is}",
        "votre règle laisse {field} varier de {percent} % au plus, il varie de {moved} %, de {was} à {is}";

    // Prices made of suppliers' prices.
    coefficient_range():
        "expected a coefficient above 0 and at most 1000",
        "un coefficient supérieur à 0 et d'au plus 1000 est attendu";
    price_step_range(): "expected a step of 0.0001 to 1000", "un pas de 0,0001 à 1000 est attendu";
    price_ending_range():
        "expected an ending from 0 to below 1, such as 0.99",
        "une terminaison d'au moins 0 et de moins de 1, par exemple 0,99, est attendue";
    price_step_and_ending():
        "expected either a step to round to or an ending",
        "un pas d'arrondi ou une terminaison est attendu, pas les deux";
    fees_range():
        "expected at most 1,000 fees, each of at most 1,000,000",
        "1 000 frais au plus sont attendus, chacun d'au plus 1 000 000";

    // Completeness.
    requirements_length(found):
        "expected 1 to 200 requirements, found {found}",
        "1 à 200 critères sont attendus, il y en a {found}";
    criterion_unknown(found):
        "expected a criterion or a field, found \"{found}\"",
        "un critère ou un champ est attendu, et non « {found} »";
    criterion_weight(found):
        "expected a weight of 1 to 1000, found {found}",
        "un poids de 1 à 1000 est attendu, et non {found}";
    criterion_repeated(found):
        "expected each criterion once, found \"{found}\" again",
        "chaque critère ne peut figurer qu'une fois, « {found} » y est de nouveau";
}
