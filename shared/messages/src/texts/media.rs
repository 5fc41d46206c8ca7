//! Pictures and other files of products.

use crate::entry::messages;

messages! {
    "media";
    file_name_length(found):
        "expected a file name of 1 to 200 characters, found {found}",
        "un nom de fichier de 1 à 200 caractères est attendu, celui-ci en a {found}";
    file_name_ending(found):
        "expected a name that ends in .jpg, .png or .webp, found \"{found}\"",
        "un nom qui finit par .jpg, .png ou .webp est attendu, et non « {found} »";
    locale_unknown(known, found):
        "expected one of {known}, found \"{found}\"",
        "l'une de ces langues est attendue : {known}, et non « {found} »";
    alt_too_long():
        "expected texts of at most 500 characters without NUL",
        "des textes de 500 caractères au plus, sans caractère NUL, sont attendus";
    too_many_products(most, found):
        "expected at most {most} products, found {found}",
        "{most} produits au plus sont attendus, il y en a {found}";
    product_unknown(id): "there is no product {id}", "le produit {id} n'existe pas";
    url_invalid():
        "expected an address of at most 2,000 characters that starts with http:// or https://",
        "une adresse de 2 000 caractères au plus, qui commence par http:// ou https://, est attendue";
    status_unknown(known, found):
        "expected one of {known}, found \"{found}\"",
        "l'un de ces statuts est attendu : {known}, et non « {found} »";
    too_many_pictures(most, found):
        "expected at most {most} pictures of a product, found {found}",
        "un produit peut avoir {most} images au plus, il y en aurait {found}";
    picture_repeated(): "expected each picture once", "chaque image ne peut figurer qu'une fois";
    picture_unknown(id): "there is no usable picture {id}", "l'image {id} n'existe pas ou n'est pas utilisable";
    file_missing():
        "the picture's file is not there; upload the picture again",
        "le fichier de l'image est absent ; envoyez l'image à nouveau";

    picture_size(most, found):
        "expected a picture of 1 byte to {most} MB, found {found} bytes",
        "une image de 1 octet à {most} Mo est attendue, celle-ci fait {found} octets";
    picture_too_large(most):
        "expected a picture of at most {most} MB, found a larger one",
        "une image de {most} Mo au plus est attendue, celle-ci est plus grande";
    not_a_picture():
        "expected a JPG, PNG or WebP picture, found something else; export the picture anew",
        "une image JPG, PNG ou WebP est attendue, ce fichier n'en est pas une ; exportez l'image à nouveau";
    format_unsupported(kind):
        "expected a JPG, PNG or WebP picture, found {kind}; save it as one of them",
        "une image JPG, PNG ou WebP est attendue, celle-ci est de type {kind} ; enregistrez-la dans l'un de ces formats";
    too_many_pixels(most, width, height):
        "expected at most {most} million pixels, found {width} x {height}; make it smaller",
        "{most} millions de pixels au plus sont attendus, l'image en a {width} x {height} ; réduisez-la";
    truncated(format):
        "the {format} file ends too early; upload it again",
        "le fichier {format} est incomplet ; envoyez-le à nouveau";
    broken(format, problem):
        "the {format} file is damaged ({problem}); export the picture anew",
        "le fichier {format} est endommagé ({problem}) ; exportez l'image à nouveau";
    too_many_scans(most): "it has more than {most} scans", "il a plus de {most} passes";
    decoder_stopped(): "it could not be decoded", "il n'a pas pu être décodé";
    too_much_memory(): "it would need too much memory", "il demanderait trop de mémoire";
    not_written(format): "it could not be written as {format}", "il n'a pas pu être écrit en {format}";
    mislabelled(declared, found):
        "the file's name says {declared}, its content is {found}; its content counts",
        "le nom du fichier annonce {declared}, son contenu est {found} ; c'est le contenu qui compte";
    upload_missing():
        "no file arrived within 24 hours; begin again",
        "aucun fichier n'est arrivé en 24 heures ; recommencez";
    fault():
        "the picture could not be made ready because of a fault on our side; begin again",
        "l'image n'a pas pu être préparée à cause d'une erreur de notre côté ; recommencez";

    zip_size(most, found):
        "expected a zip of 1 byte to {most} MB, found {found} bytes; send the pictures in several zips",
        "un zip de 1 octet à {most} Mo est attendu, celui-ci fait {found} octets ; envoyez les images en plusieurs zips";
    zip_missing():
        "the zip is not there any more; upload it again",
        "le zip n'est plus là ; envoyez-le à nouveau";
    zip_invalid():
        "expected a zip, found something else or a damaged one",
        "un zip est attendu, ce fichier n'en est pas un ou est endommagé";
    zip_unreadable(problem):
        "expected a zip, found something else or a damaged one ({problem})",
        "un zip est attendu, ce fichier n'en est pas un ou est endommagé ({problem})";
    zip_too_many_files(most, found):
        "expected at most {most} files, found {found}; send them in several zips",
        "{most} fichiers au plus sont attendus, il y en a {found} ; envoyez-les en plusieurs zips";
    zip_file_unreadable(problem):
        "the file cannot be taken out of the zip: {problem}",
        "le fichier ne peut pas être extrait du zip : {problem}";
    zip_file_damaged(problem): "the file is damaged: {problem}", "le fichier est endommagé : {problem}";
    no_product_named(codes):
        "no product has the SKU or EAN {codes}; rename the file",
        "aucun produit n'a le SKU ou l'EAN {codes} ; renommez le fichier";
    either(first, second): "{first} or {second}", "{first} ou {second}";
}
