//! The layouts of the channels.

use crate::entry::messages;

messages! {
    "channels";
    file_title(): "The file", "Le fichier";

    required_missing(channel, column):
        "{channel} demands {column}, the product has none; fill it, or map the column",
        "{channel} exige {column}, le produit n'en a pas ; renseignez cette valeur ou associez la colonne à autre chose";
    too_many_characters(channel, most, column, found):
        "{channel} takes at most {most} characters in {column}, this one has {found}; shorten it",
        "{channel} accepte au plus {most} caractères dans {column}, cette valeur en a {found} ; raccourcissez-la";
    too_many_bytes(channel, most, column, found):
        "{channel} takes at most {most} bytes in {column} (an accented letter has two), this one has {found}; shorten it",
        "{channel} accepte au plus {most} octets dans {column} (une lettre accentuée en a deux), cette valeur en a {found} ; raccourcissez-la";
    value_unexpected(channel, expected, column, found):
        "{channel} expects {expected} in {column}, found \"{found}\"",
        "{channel} attend {expected} dans {column}, et non « {found} »";
    expected_price(): "a number such as 12.50", "un nombre tel que 12.50";
    expected_positive_price(): "a price above 0", "un prix supérieur à 0";
    expected_gtin(): "a GTIN with the right check digit", "un GTIN dont la clé de contrôle est juste";
    expected_makers_gtin():
        "a GTIN that its maker assigned, with the right check digit",
        "un GTIN attribué par le fabricant, dont la clé de contrôle est juste";
    expected_address(): "an address that begins with https://", "une adresse qui commence par https://";
    expected_ascii_address():
        "an address that begins with https://, in ASCII (no accented letters)",
        "une adresse qui commence par https://, en ASCII (sans lettres accentuées)";
    expected_image_address():
        "a web address of plain letters, digits and - . _ /",
        "une adresse web faite de lettres simples, de chiffres et de - . _ /";
    expected_image_addresses(): "web addresses without commas", "des adresses web sans virgules";
    expected_sku():
        "a SKU of at most 40 characters, without spaces at its ends",
        "un SKU de 40 caractères au plus, sans espace au début ni à la fin";
    expected_name_without(characters): "a name without {characters}", "un nom sans {characters}";
    variants_refused(reason):
        "none of its variants can be sold there: {reason}",
        "aucune de ses variantes ne peut y être vendue : {reason}";

    tag_left_out(channel, tag):
        "{channel} splits tags at commas: \"{tag}\" is left out",
        "{channel} sépare les étiquettes aux virgules : « {tag} » est omise";
    tag_split(channel, tag):
        "{channel} splits tags at commas: \"{tag}\" becomes several",
        "{channel} sépare les étiquettes aux virgules : « {tag} » devient plusieurs étiquettes";
    amazon_price_missing():
        "Amazon would remove an offer without a price; give the product a price",
        "Amazon retirerait une offre sans prix ; donnez un prix au produit";
    amazon_variant_price_missing():
        "Amazon would remove an offer without a price; give the variant or its parent a price",
        "Amazon retirerait une offre sans prix ; donnez un prix à la variante ou à son parent";
    google_parent_code_missing():
        "Google groups variants by the code of their parent, which has none; give it a SKU",
        "Google regroupe les variantes par le code de leur parent, qui n'en a pas ; donnez-lui un SKU";
    magento_price_missing():
        "Magento demands a price, the product has none; fill it, or map the column",
        "Magento exige un prix, le produit n'en a pas ; renseignez-le ou associez la colonne à autre chose";
    magento_variant_price_missing():
        "Magento demands a price, neither the variant nor its parent has one; give one of them a price",
        "Magento exige un prix, ni la variante ni son parent n'en ont un ; donnez un prix à l'un des deux";
    magento_category_left_out(name):
        "Magento splits categories at commas: those with \"{name}\" are left out",
        "Magento sépare les catégories aux virgules : celles qui contiennent « {name} » sont omises";
    magento_option_invalid(found):
        "Magento cannot take , | or = in the options and SKUs of variants, found \"{found}\"; write it otherwise",
        "Magento n'accepte ni , ni | ni = dans les options et les SKU des variantes, « {found} » en contient ; écrivez-le autrement";
    odoo_variants_unsupported():
        "Odoo makes variants from attributes that its XML names by ids; export products with variants as CSV",
        "Odoo crée les variantes à partir d'attributs que son XML désigne par des identifiants ; exportez en CSV les produits qui ont des variantes";
    odoo_option_invalid(found):
        "Odoo splits values at commas, found \"{found}\" among the options; write it otherwise",
        "Odoo sépare les valeurs aux virgules, « {found} » figure parmi les options ; écrivez-le autrement";
    prestashop_price_missing():
        "PrestaShop would sell a product without a price for 0; give it a price, or one without VAT",
        "PrestaShop vendrait pour 0 un produit sans prix ; donnez-lui un prix, ou un prix hors taxes";
    prestashop_feature_left_out(name):
        "PrestaShop splits features at commas and colons: \"{name}\" is left out",
        "PrestaShop sépare les caractéristiques aux virgules et aux deux-points : « {name} » est omise";
    prestashop_category_left_out(path):
        "PrestaShop splits categories at / and takes digits for ids: \"{path}\" is left out",
        "PrestaShop sépare les catégories aux / et prend les chiffres pour des identifiants : « {path} » est omise";
    prestashop_option_invalid(found):
        "PrestaShop splits options at commas and colons, found \"{found}\"; write it otherwise",
        "PrestaShop sépare les options aux virgules et aux deux-points, « {found} » en contient ; écrivez-le autrement";
    prestashop_net_price_missing():
        "the price of a combination is a difference to the product's price without VAT, which is not known; give the product a price without VAT, or its VAT rate",
        "le prix d'une déclinaison est une différence avec le prix hors taxes du produit, qui n'est pas connu ; donnez au produit un prix hors taxes, ou son taux de TVA";
    shopify_too_many_variants(most, found):
        "Shopify takes {most} variants of a product, this one has {found}; make several products of it",
        "Shopify accepte {most} variantes par produit, celui-ci en a {found} ; faites-en plusieurs produits";
    woocommerce_category_split(name):
        "WooCommerce splits categories at >: \"{name}\" becomes several",
        "WooCommerce sépare les catégories aux > : « {name} » devient plusieurs catégories";
    wordpress_category_flattened():
        "WordPress gets the last category of a path without those above it; WooCommerce's CSV has them",
        "WordPress ne reçoit que la dernière catégorie d'un chemin, sans celles qui sont au-dessus ; le CSV de WooCommerce les contient";

    format_unknown(layout, format):
        "the layout {layout} has no format {format}",
        "la structure {layout} n'existe pas au format {format}";
    delimiter_invalid(found):
        "expected a semicolon, a comma or a tab as delimiter, found \"{found}\"",
        "un point-virgule, une virgule ou une tabulation est attendu comme séparateur, et non « {found} »";
    column_unknown(channel, column):
        "{channel} has no column \"{column}\"",
        "{channel} n'a pas de colonne « {column} »";
    column_name_invalid(most):
        "expected the name of a column, in one line of at most {most} characters (an accented letter counts as two)",
        "le nom d'une colonne est attendu, sur une ligne de {most} caractères au plus (une lettre accentuée compte pour deux)";
    field_unknown(name): "products have no field \"{name}\"", "les produits n'ont pas de champ « {name} »";
    source_missing(column):
        "expected a field, a value or an expression for the column \"{column}\"",
        "un champ, une valeur ou une expression est attendu pour la colonne « {column} »";

    amazon_template_missing():
        "expected a template of Seller Central: upload it, and name it as amazon_template",
        "un modèle de Seller Central est attendu : envoyez-le, puis indiquez-le dans amazon_template";
    amazon_template_not_text():
        "expected a workbook, or text in UTF-8",
        "un classeur ou un texte en UTF-8 est attendu";
    amazon_workbook_unreadable(problem):
        "the workbook cannot be read: {problem}",
        "le classeur ne peut pas être lu : {problem}";
    amazon_sheet_missing(sheets):
        "expected a workbook of Seller Central, with a sheet whose first cell begins with TemplateType= or settings=; found the sheets {sheets}",
        "un classeur de Seller Central est attendu, avec une feuille dont la première cellule commence par TemplateType= ou settings= ; les feuilles trouvées sont {sheets}";
    amazon_rows_missing():
        "expected three rows above the data, the third with the technical names",
        "trois lignes sont attendues au-dessus des données, la troisième avec les noms techniques";
    amazon_names_missing(found):
        "expected technical names such as item_sku in the third row, found {found}",
        "des noms techniques tels que item_sku sont attendus dans la troisième ligne, et non {found}";
    amazon_template_invalid():
        "expected a template of Seller Central (a first cell that begins with TemplateType= or settings=); download it there, and save the sheet as tab-delimited text or upload the workbook",
        "un modèle de Seller Central est attendu (la première cellule commence par TemplateType= ou settings=) ; téléchargez-le là-bas, puis enregistrez la feuille comme texte séparé par des tabulations ou envoyez le classeur";

    row_not_a_product(found): "expected a product, found \"{found}\"", "un produit est attendu, et non « {found} »";
    row_of_a_record(model):
        "expected a product, found a record of \"{model}\"",
        "un produit est attendu, et non un enregistrement de « {model} »";
    row_of_an_image(row):
        "the row has an image of the product in row {row}, and nothing else",
        "la ligne contient une image du produit de la ligne {row}, et rien d'autre";
    row_of_a_picture():
        "the element is a picture; its address goes to the products that show it",
        "l'élément est une image ; son adresse va aux produits qui la montrent";
    row_of_a_store_view(store):
        "the row has the texts of the store view \"{store}\"; only the default ones are imported",
        "la ligne contient les textes de la vue de magasin « {store} » ; seuls les textes par défaut sont importés";
}
