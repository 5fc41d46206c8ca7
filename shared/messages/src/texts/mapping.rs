//! Which column fills which field, what expressions make of cells, and when something is due.

use crate::entry::messages;

messages! {
    "mapping";
    // A column of a mapping.
    several_targets(column):
        "the column \"{column}\" fills a field, an attribute or an identifier: one of them",
        "la colonne « {column} » remplit un champ, un attribut ou un identifiant : un seul des trois";
    attribute_code(found):
        "expected the code of an attribute (a-z, 0-9, _ and -), found \"{found}\"",
        "le code d'un attribut (a-z, 0-9, _ et -) est attendu, et non « {found} »";
    column_invalid():
        "expected names and values without NUL characters, the values at most 10,000 characters long, accented letters counted twice",
        "des noms et valeurs sans caractère NUL sont attendus, les valeurs de 10 000 caractères au plus, les lettres accentuées comptant double";
    no_column():
        "a value that comes from no column needs a field, and a default or an expression",
        "une valeur qui ne vient d'aucune colonne demande un champ, et une valeur par défaut ou une expression";
    a_title(): "a title", "un titre";
    a_code(): "an EAN or a SKU", "un EAN ou un SKU";

    // Why a mapping is proposed.
    name_unknown(): "its name is not known", "son nom n'est pas connu";
    better_name(column, field):
        "\"{column}\" fills {field} already, and has the better name",
        "« {column} » remplit déjà {field}, et porte un meilleur nom";
    cells_are_eans():
        "its cells have the check digits of EANs",
        "ses cellules ont les clés de contrôle d'EAN";
    name_without_language(field):
        "its name without its language is one of {field}'s",
        "son nom sans la langue est un des noms de {field}";
    end_of_path(field):
        "the end of its path is a name of {field}",
        "la fin de son chemin est un nom de {field}";
    name_known(field): "its name is one of {field}'s", "son nom est un des noms de {field}";

    // Expressions.
    expression_form(expression):
        "expected an expression of at most 2,000 characters, without statements: {expression}",
        "une expression de 2 000 caractères au plus, sans instructions, est attendue : {expression}";
    expression_unreadable(expression, problem):
        "the expression \"{expression}\" cannot be read: {problem}",
        "l'expression « {expression} » est illisible : {problem}";
    expression_unusable(expression, problem):
        "the expression \"{expression}\" cannot be used: {problem}",
        "l'expression « {expression} » n'est pas utilisable : {problem}";
    expression_too_slow():
        "the expression takes too many steps for this cell; make it simpler",
        "l'expression demande trop d'étapes pour cette cellule ; simplifiez-la";
    too_many_parts(most):
        "the expression makes more than {most} parts of a text; choose another separator",
        "l'expression découpe un texte en plus de {most} parties ; choisissez un autre séparateur";
    not_a_factor():
        "only numbers can be multiplied; read a text as a number first: value | number",
        "seuls des nombres peuvent être multipliés ; lisez d'abord le texte comme un nombre : value | number";
    result_too_long(most):
        "expected a text of at most {most} characters, accented letters counted twice; the expression makes a longer one",
        "un texte de {most} caractères au plus est attendu, les lettres accentuées comptant double ; l'expression en fait un plus long";
    units_differ(from, to): "{from} cannot be converted to {to}", "{from} ne peut pas être converti en {to}";
    table_unknown(table): "there is no table \"{table}\"", "il n'y a pas de table « {table} »";
    table_lacks(table, found): "the table \"{table}\" has no \"{found}\"", "la table « {table} » ne contient pas « {found} »";
    pattern_invalid(problem): "the pattern cannot be used: {problem}", "le motif n'est pas utilisable : {problem}";
    number_too_large(): "the number is too large", "le nombre est trop grand";
    language_unknown(found):
        "expected a language such as fr or en, found \"{found}\"",
        "une langue telle que fr ou en est attendue, et non « {found} »";
    date_invalid(shape, found):
        "expected a date such as {shape}, found \"{found}\"",
        "une date de la forme {shape} est attendue, la cellule contient « {found} »";

    // Schedules.
    zone_unknown(found):
        "expected a time zone such as Europe/Paris, found \"{found}\"",
        "un fuseau horaire tel que Europe/Paris est attendu, et non « {found} »";
    time_invalid(found):
        "expected a time such as 06:30, found \"{found}\"",
        "une heure telle que 06:30 est attendue, et non « {found} »";
    weekdays_invalid():
        "expected days of the week from 1 (Monday) to 7 (Sunday)",
        "des jours de la semaine de 1 (lundi) à 7 (dimanche) sont attendus";
    month_day_invalid(found):
        "expected a day of the month from 1 to 31, found {found}",
        "un jour du mois de 1 à 31 est attendu, et non {found}";
    moment_too_far(): "the moment lies too far away", "ce moment est trop éloigné";
    cron_fields(found, count):
        "expected a cron expression of five fields, found \"{found}\": it has {count}",
        "une expression cron de cinq champs est attendue, et non « {found} », qui en a {count}";
    cron_invalid(found, problem):
        "expected a cron expression of five fields, found \"{found}\": {problem}",
        "une expression cron de cinq champs est attendue, et non « {found} » : {problem}";
    never_due(): "no day fits it, so it never runs", "aucun jour ne lui correspond : elle ne se déclencherait jamais";
}
