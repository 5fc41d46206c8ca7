//! Reading CSV, Excel, JSON and XML.

use crate::entry::messages;

messages! {
    "files";
    empty():
        "the file is empty: expected a header line and at least one product",
        "le fichier est vide : une ligne d'en-tête et au moins un produit sont attendus";
    not_a_table(found):
        "expected a CSV, Excel, JSON or XML file, found {found}; save the table as CSV (UTF-8) and send it again",
        "un fichier CSV, Excel, JSON ou XML est attendu, mais c'est {found} ; enregistrez le tableau en CSV (UTF-8) et envoyez-le de nouveau";
    no_header():
        "expected a line with the column names, found none",
        "une ligne avec les noms des colonnes est attendue, il n'y en a pas";
    unclosed_quote(row):
        "a quoted text begins in row {row} and never ends; close the quote (\") or double it if it belongs to the text, or have quotes read as plain characters (read.quotes = false)",
        "un texte entre guillemets commence à la ligne {row} et ne finit jamais ; fermez le guillemet (\") ou doublez-le s'il fait partie du texte, ou faites lire les guillemets comme des caractères ordinaires (read.quotes = false)";
    row_too_long(row):
        "row {row} is longer than 1 MiB, which no product is; check that its lines are separated and its quotes closed",
        "la ligne {row} dépasse 1 Mio, ce qu'aucun produit n'atteint ; vérifiez que ses lignes sont séparées et ses guillemets fermés";
    archive_invalid(found):
        "expected a table, or a packed file with exactly one table in it; found {found}. Pack it again, or send the table itself",
        "un tableau est attendu, ou un fichier compressé qui contient un seul tableau ; c'est {found}. Compressez-le de nouveau, ou envoyez le tableau lui-même";
    unpacked_too_large():
        "the file grows beyond 256 MB when it is unpacked, or holds a piece of more than 8 MB; send the table itself, in parts",
        "le fichier dépasse 256 Mo une fois décompressé, ou contient un morceau de plus de 8 Mo ; envoyez le tableau lui-même, en plusieurs parties";
    password():
        "the file is protected by a password; remove the password in the program that set it, and send the file again",
        "le fichier est protégé par un mot de passe ; retirez-le dans le logiciel qui l'a défini, puis envoyez le fichier de nouveau";
    cut_short(row):
        "the file ends in the middle of row {row}: it was cut short on its way; send it again",
        "le fichier s'arrête au milieu de la ligne {row} : il a été coupé pendant l'envoi ; envoyez-le de nouveau";
    malformed(row, problem):
        "the file cannot be read from row {row} on: {problem}",
        "le fichier ne peut pas être lu à partir de la ligne {row} : {problem}";
    path_missing(path):
        "expected rows at \"{path}\", found none; name the place where the products are (read.path)",
        "des lignes sont attendues à « {path} », il n'y en a pas ; indiquez l'endroit où se trouvent les produits (read.path)";
    elements_missing():
        "expected an element that repeats, one for each product, found none; name the place where the products are (read.path)",
        "un élément répété, un par produit, est attendu, il n'y en a pas ; indiquez l'endroit où se trouvent les produits (read.path)";
    sheet_missing(wanted, found):
        "the workbook has no sheet \"{wanted}\"; it has: {found}",
        "le classeur n'a pas de feuille « {wanted} » ; il a : {found}";
    too_many_columns():
        "expected at most 16,384 columns, found more; check that the file's rows are what they should be",
        "16 384 colonnes au plus sont attendues, il y en a davantage ; vérifiez que les lignes du fichier sont correctes";
    encoding_unknown(name):
        "expected the name of an encoding, such as UTF-8 or windows-1252, found \"{name}\"",
        "le nom d'un encodage est attendu, par exemple UTF-8 ou windows-1252, et non « {name} »";
    delimiter_unusable(delimiter):
        "expected an ASCII character other than a quote and a line end as delimiter, found {delimiter}",
        "le séparateur doit être un caractère ASCII autre qu'un guillemet ou une fin de ligne, et non {delimiter}";
    unreadable():
        "the file could not be read to its end; send it again",
        "le fichier n'a pas pu être lu jusqu'à la fin ; envoyez-le de nouveau";

    pdf(): "a PDF", "un PDF";
    png_image(): "a PNG image", "une image PNG";
    jpeg_image(): "a JPEG image", "une image JPEG";
    gif_image(): "a GIF image", "une image GIF";
    zstandard_file(): "a Zstandard file", "un fichier Zstandard";
    rar_file(): "a RAR file", "un fichier RAR";
    web_page(): "a web page (HTML)", "une page web (HTML)";
    binary_data(): "binary data", "un fichier binaire";
    damaged_workbook(): "a damaged workbook", "un classeur endommagé";
    damaged_archive(): "a damaged packed file", "un fichier compressé endommagé";
    damaged_zip(): "a damaged ZIP file", "un fichier ZIP endommagé";
    gzip_around_archive():
        "a GZIP file with another packed file in it",
        "un fichier GZIP qui contient un autre fichier compressé";
    gzip_in_archive(): "a GZIP file in another packed file", "un fichier GZIP dans un autre fichier compressé";
    zip_around_archive():
        "a ZIP file with another packed file in it",
        "un fichier ZIP qui contient un autre fichier compressé";
    zip_with_too_many_files(): "a ZIP file with too many files in it", "un fichier ZIP qui contient trop de fichiers";
    zip_with_nothing(): "a ZIP file with nothing in it", "un fichier ZIP vide";
    zip_with_several_files(): "a ZIP file with several files in it", "un fichier ZIP qui contient plusieurs fichiers";
    zip_method_unknown():
        "a ZIP file packed with an unknown method; use Deflate",
        "un fichier ZIP compressé avec une méthode inconnue ; utilisez Deflate";

    width(expected, found):
        "expected {expected} cells as in the header, found {found}; a separator is missing or a text with a separator in it is not quoted",
        "{expected} cellules sont attendues, comme dans l'en-tête, il y en a {found} ; un séparateur manque, ou un texte qui contient un séparateur n'est pas entre guillemets";
    encoding_invalid():
        "the row has bytes that are not text in the file's encoding; save the file as UTF-8",
        "la ligne contient des octets qui ne sont pas du texte dans l'encodage du fichier ; enregistrez le fichier en UTF-8";
    object_invalid(position):
        "the object is not valid JSON at its byte {position}",
        "l'objet n'est pas du JSON valide à son octet {position}";
    at_byte(problem, position): "{problem}, at byte {position}", "{problem}, à l'octet {position}";
    object_or_array_expected():
        "expected an object or an array of objects",
        "un objet ou un tableau d'objets est attendu";
    object_expected(): "expected an object", "un objet est attendu";
    text_expected(): "expected a text", "un texte est attendu";
    colon_expected(): "expected a colon after a key", "un deux-points est attendu après une clé";
    object_on_each_line_expected(): "expected an object on each line", "un objet est attendu sur chaque ligne";
    too_deep(most):
        "expected at most {most} elements in each other",
        "{most} éléments imbriqués au plus sont attendus";
    workbook_damaged(problem): "the workbook is damaged: {problem}", "le classeur est endommagé : {problem}";
    sheet_full(most): "expected at most {most} rows in a sheet", "{most} lignes au plus sont attendues dans une feuille";

    why_first_bytes(): "the file's first bytes say so", "les premiers octets du fichier l'indiquent";
    why_first_bytes_and_parts():
        "the file's first bytes and parts say so",
        "les premiers octets et les parties du fichier l'indiquent";
    why_first_character(): "the first character says so", "le premier caractère l'indique";
    why_neither_json_nor_xml(): "text that is neither JSON nor XML", "c'est un texte qui n'est ni du JSON ni du XML";
    why_chosen(): "asked for", "demandé";
    why_byte_order_mark(): "the byte-order mark says so", "la marque d'ordre des octets l'indique";
    why_utf16(): "every other byte is zero", "un octet sur deux est nul";
    why_xml_declaration(): "the XML declaration says so", "la déclaration XML l'indique";
    why_only_ascii(): "only ASCII was seen", "le fichier ne contient que de l'ASCII";
    why_valid_utf8(): "its bytes are valid UTF-8", "ses octets sont de l'UTF-8 valide";
    why_mostly_utf8():
        "its bytes are valid UTF-8, but for a few",
        "ses octets sont de l'UTF-8 valide, à quelques exceptions près";
    why_words_in_encoding():
        "the bytes above ASCII are not UTF-8 and make words in it",
        "les octets hors ASCII ne sont pas de l'UTF-8 et forment des mots dans cet encodage";
    why_sep_line(): "the file's own line \"sep=\" says so", "la ligne « sep= » du fichier l'indique";
    why_delimiter(agreeing, rows, width):
        "{agreeing} of the first {rows} rows have {width} cells with it",
        "avec lui, {agreeing} des {rows} premières lignes ont {width} cellules";
    why_first_filled_row(): "the first row that is not blank", "la première ligne qui n'est pas vide";
    why_rows_above(rows):
        "{rows} rows above it fill fewer than half of the columns",
        "{rows} lignes au-dessus remplissent moins de la moitié des colonnes";
    why_first_sheet(sheets, hidden):
        "the first visible sheet with rows, of {sheets} ({hidden} hidden)",
        "la première feuille visible qui a des lignes, sur {sheets} ({hidden} masquées)";
    why_merged_filled():
        "cells are merged over several rows; their value counts for each of these, as asked for",
        "des cellules sont fusionnées sur plusieurs lignes ; leur valeur vaut pour chacune d'elles, comme demandé";
    why_merged():
        "cells are merged over several rows; their value stands in the first of them only (read.fill_merged repeats it)",
        "des cellules sont fusionnées sur plusieurs lignes ; leur valeur ne vaut que pour la première (read.fill_merged la répète)";
    whole_file(): "(the whole file)", "(le fichier entier)";
    why_objects_in_lines(): "objects one after the other", "des objets les uns après les autres";
    why_largest_object(): "the object that is most of the file", "l'objet qui occupe la plus grande partie du fichier";
    why_only_array(): "the only array of objects", "le seul tableau d'objets";
    why_likely_array(arrays): "the most likely of {arrays} arrays of objects", "le plus probable des {arrays} tableaux d'objets";
    why_known_feed(feed): "a {feed} file has its products there", "un fichier {feed} a ses produits à cet endroit";
    why_element_repeats(count):
        "the element repeats ({count} in the beginning of the file)",
        "l'élément se répète ({count} au début du fichier)";
    why_only_element(): "the only element with parts", "le seul élément qui a des parties";

    workbook_too_heavy():
        "the workbook needs more memory or time to be read than its size allows; save it anew with a spreadsheet program, or as CSV",
        "le classeur demande plus de mémoire ou de temps de lecture que sa taille ne le permet ; enregistrez-le de nouveau avec un tableur, ou en CSV";
}
