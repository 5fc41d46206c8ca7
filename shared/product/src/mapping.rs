//! Which column of a supplier's file fills which field.
//!
//! [`suggest`] reads the header names, in English and French, and proposes a mapping. A column whose name says
//! nothing stays unmapped, which the seller sees: no column is guessed from its content.
//!
//! `price` alone means the selling price, VAT included: the given documents disagree, and a price wrongly taken
//! for net would be raised by the VAT when it is sold. Names with `ht` or `net` fill `net_price`.

use serde::{Deserialize, Serialize};

use crate::{Field, WeightUnit};

/// Names that fill a field, best first: of two columns for one field the one with the better name wins.
/// Sources: the product's own documents, and the column names of the Shopify, WooCommerce, PrestaShop,
/// Magento and Odoo product files.
const ALIASES: &[(Field, &[&str])] = &[
    (
        Field::Title,
        &[
            "title",
            "titre",
            "name",
            "nom",
            "product_name",
            "nom_produit",
            "nom_du_produit",
            "product_title",
            "titre_produit",
            "nom_article",
            "item_name",
            "libelle",
            "libelle_produit",
            "libelle_article",
            "designation",
            "intitule",
            "article",
            "produit",
            "product",
        ],
    ),
    (
        Field::Sku,
        &[
            "sku",
            "variant_sku",
            "item_sku",
            "product_sku",
            "seller_sku",
            "reference",
            "ref",
            "ref_produit",
            "reference_produit",
            "reference_interne",
            "internal_reference",
            "default_code",
            "code_article",
            "article_code",
            "ref_article",
            "reference_article",
            "code_produit",
            "product_code",
            "item_number",
            "part_number",
            "identifiant",
        ],
    ),
    (
        Field::Ean,
        &[
            "ean",
            "ean13",
            "ean_13",
            "gtin",
            "ean_code",
            "code_ean",
            "ean_upc",
            "gtin13",
            "gtin14",
            "upc",
            "upc_code",
            "barcode",
            "bar_code",
            "variant_barcode",
            "code_barre",
            "code_barres",
            "code_a_barres",
            "gencod",
            "gencode",
            "gtin_upc_ean_or_isbn",
            "international_article_number",
            "ean8",
            "isbn",
        ],
    ),
    (
        Field::Price,
        &[
            "price",
            "prix",
            "selling_price",
            "sale_price_incl_tax",
            "prix_de_vente",
            "prix_vente",
            "prix_ttc",
            "price_ttc",
            "pv_ttc",
            "price_with_tax",
            "price_tax_included",
            "price_incl_tax",
            "gross_price",
            "variant_price",
            "regular_price",
            "retail_price",
            "list_price",
            "prix_public",
            "prix_de_vente_ttc",
            "standard_price",
            "tarif",
            "tarif_ttc",
        ],
    ),
    (
        Field::NetPrice,
        &[
            "net_price",
            "prix_ht",
            "price_ht",
            "tarif_ht",
            "price_excl_tax",
            "price_tax_excluded",
            "prix_de_vente_ht",
            "pv_ht",
            "price_without_tax",
            "prix_net",
        ],
    ),
    (
        Field::CompareAtPrice,
        &[
            "compare_at_price",
            "variant_compare_at_price",
            "prix_barre",
            "ancien_prix",
            "was_price",
            "rrp",
            "msrp",
            "prix_conseille",
            "prix_public_conseille",
            "ppc",
        ],
    ),
    (
        Field::CostPrice,
        &[
            "cost_price",
            "cost",
            "cost_per_item",
            "prix_achat",
            "prix_d_achat",
            "prix_d_achat_ht",
            "prix_achat_ht",
            "pa_ht",
            "wholesale_price",
            "purchase_price",
            "cout",
            "buying_price",
        ],
    ),
    (Field::Currency, &["currency", "devise", "currency_code", "monnaie", "code_devise"]),
    (
        Field::Brand,
        &[
            "brand",
            "marque",
            "brand_name",
            "nom_marque",
            "manufacturer",
            "fabricant",
            "manufacturer_name",
            "vendor",
            "maker",
        ],
    ),
    (
        Field::Description,
        &[
            "description",
            "desc",
            "long_description",
            "description_longue",
            "product_description",
            "description_produit",
            "body_html",
            "body",
            "descriptif",
            "texte",
        ],
    ),
    (
        Field::ShortDescription,
        &["short_description", "description_courte", "summary", "resume", "accroche", "subtitle", "sous_titre"],
    ),
    (
        Field::Category,
        &[
            "category",
            "categorie",
            "categories",
            "product_category",
            "categorie_produit",
            "category_path",
            "category_name",
            "product_type",
            "type",
            "famille",
            "rayon",
            "univers",
        ],
    ),
    (
        Field::Stock,
        &[
            "stock",
            "quantity",
            "quantite",
            "qty",
            "qte",
            "stock_quantity",
            "qte_en_stock",
            "quantite_en_stock",
            "en_stock",
            "qte_stock",
            "stock_dispo",
            "stock_disponible",
            "inventory_quantity",
            "variant_inventory_qty",
            "available_quantity",
            "quantity_on_hand",
            "disponible",
            "inventory",
        ],
    ),
    (
        Field::ImageUrls,
        &[
            "image_urls",
            "image_url",
            "images",
            "image",
            "image_src",
            "product_image_url",
            "main_image_url",
            "url_image",
            "photo",
            "photo_url",
            "photos",
            "url_photo",
            "img",
            "picture",
            "picture_url",
            "image_link",
            "visuel",
        ],
    ),
    (
        Field::SupplierReference,
        &[
            "supplier_reference",
            "reference_fournisseur",
            "ref_fournisseur",
            "supplier_sku",
            "supplier_ref",
            "code_fournisseur",
            "vendor_sku",
            "mpn",
            "manufacturer_reference",
            "reference_fabricant",
            "ref_fabricant",
            "manufacturer_part_number",
        ],
    ),
    (
        Field::Weight,
        &[
            "weight",
            "poids",
            "weight_g",
            "weight_kg",
            "poids_g",
            "poids_kg",
            "weight_grams",
            "weight_value_grams",
            "variant_grams",
            "item_weight",
            "poids_net",
            "poids_brut",
            "gross_weight",
            "net_weight",
            "weight_lbs",
            "weight_oz",
        ],
    ),
    (Field::Status, &["status", "statut", "etat", "active", "actif", "published", "publie", "enabled"]),
];

/// What becomes of one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMapping {
    /// The column's header, as the file has it.
    pub column: String,
    /// The field it fills; `None` leaves the column out.
    pub field: Option<Field>,
    /// The unit that a weight column's header names, as in `Poids (g)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<WeightUnit>,
}

/// One entry for each column of the file, in the file's order.
pub type Mapping = Vec<ColumnMapping>;

/// Proposes a mapping from the header names alone. A field is filled by one column, the images by as many as there
/// are; a second column for a field, and a column with an unknown name, stay unmapped.
#[must_use]
pub fn suggest<S: AsRef<str>>(headers: &[S]) -> Mapping {
    let candidates: Vec<Option<(Field, usize)>> = headers.iter().map(|header| field_named(header.as_ref())).collect();
    headers
        .iter()
        .zip(&candidates)
        .enumerate()
        .map(|(index, (header, candidate))| {
            let field = candidate.and_then(|(field, rank)| {
                let beaten = field != Field::ImageUrls
                    && candidates.iter().enumerate().any(|(other, rival)| {
                        rival.is_some_and(|(theirs, their_rank)| theirs == field && (their_rank, other) < (rank, index))
                    });
                (!beaten).then_some(field)
            });
            let unit = if field == Some(Field::Weight) { unit_in(header.as_ref()) } else { None };
            ColumnMapping { column: header.as_ref().to_owned(), field, unit }
        })
        .collect()
}

/// What a file needs and `mapping` lacks, as a sentence's object: `a title`, `an EAN or a SKU`. Empty when complete.
#[must_use]
pub fn missing_required(mapping: &[ColumnMapping]) -> Vec<&'static str> {
    let has = |wanted: Field| mapping.iter().any(|column| column.field == Some(wanted));
    let mut missing = Vec::new();
    if !has(Field::Title) {
        missing.push("a title");
    }
    if !has(Field::Ean) && !has(Field::Sku) {
        missing.push("an EAN or a SKU");
    }
    missing
}

/// The field that a header names, and how good the name is (0 is best).
fn field_named(header: &str) -> Option<(Field, usize)> {
    let name = normalize(header);
    let find = |name: &str| {
        ALIASES
            .iter()
            .find_map(|(field, aliases)| aliases.iter().position(|alias| *alias == name).map(|rank| (*field, rank)))
    };
    find(&name).or_else(|| {
        // `image_2`, `photo3`: further images; `Poids (kg)`, `Prix TTC (EUR)`: a name with its unit.
        let unnumbered = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        let image = find(unnumbered).filter(|(field, _)| *field == Field::ImageUrls);
        let unitless = name.rsplit_once('_').filter(|(_, unit)| {
            WeightUnit::named(unit).is_some() || matches!(*unit, "eur" | "euro" | "euros" | "usd" | "gbp" | "")
        });
        image.or_else(|| unitless.and_then(|(rest, _)| find(rest)))
    })
}

fn unit_in(header: &str) -> Option<WeightUnit> {
    let name = normalize(header);
    if name == "variant_grams" {
        return Some(WeightUnit::Gram);
    }
    name.rsplit_once('_').and_then(|(_, last)| WeightUnit::named(last))
}

/// `  Référence Produit ` -> `reference_produit`: lower case, accents off, one underscore for the rest.
fn normalize(header: &str) -> String {
    let mut name = String::with_capacity(header.len());
    for c in header.chars().flat_map(char::to_lowercase) {
        let plain = match c {
            'à' | 'â' | 'ä' | 'á' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' | 'í' => 'i',
            'ô' | 'ö' | 'ó' => 'o',
            'ù' | 'û' | 'ü' | 'ú' => 'u',
            'ç' => 'c',
            other => other,
        };
        if plain.is_alphanumeric() {
            name.push(plain);
        } else if !name.is_empty() && !name.ends_with('_') && plain != '\u{301}' && plain != '\u{300}' {
            name.push('_');
        }
    }
    name.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(headers: &[&str]) -> Vec<Option<Field>> {
        suggest(headers).into_iter().map(|column| column.field).collect()
    }

    #[test]
    fn reads_english_and_french_headers() {
        assert_eq!(
            fields(&[
                "Référence",
                "Nom du produit",
                "Code-barres",
                "Prix TTC",
                "Marque",
                "Qté",
                "Poids (kg)",
                "Divers"
            ]),
            [
                Some(Field::Sku),
                Some(Field::Title),
                Some(Field::Ean),
                Some(Field::Price),
                Some(Field::Brand),
                Some(Field::Stock),
                Some(Field::Weight),
                None
            ]
        );
        assert_eq!(
            fields(&["SKU", "Product Name", "GTIN", "Price", "Compare-at price", "Image Src", "supplier reference"]),
            [
                Some(Field::Sku),
                Some(Field::Title),
                Some(Field::Ean),
                Some(Field::Price),
                Some(Field::CompareAtPrice),
                Some(Field::ImageUrls),
                Some(Field::SupplierReference)
            ]
        );
    }

    #[test]
    fn the_better_name_wins_and_the_other_stays_unmapped() {
        assert_eq!(fields(&["designation", "title"]), [None, Some(Field::Title)]);
        assert_eq!(fields(&["title", "title"]), [Some(Field::Title), None]);
        assert_eq!(fields(&["prix_ht", "prix_ttc"]), [Some(Field::NetPrice), Some(Field::Price)]);
    }

    #[test]
    fn takes_every_image_column_and_the_unit_of_the_weight() {
        assert_eq!(fields(&["image 1", "image_2", "photo3"]), [Some(Field::ImageUrls); 3]);
        assert_eq!(suggest(&["Poids (g)"])[0].unit, Some(WeightUnit::Gram));
        assert_eq!(suggest(&["weight_kg"])[0].unit, Some(WeightUnit::Kilogram));
        assert_eq!(suggest(&["weight"])[0].unit, None);
    }

    #[test]
    fn says_what_is_missing() {
        assert_eq!(missing_required(&suggest(&["price", "stock"])), ["a title", "an EAN or a SKU"]);
        assert!(missing_required(&suggest(&["title", "ean"])).is_empty());
    }

    #[test]
    fn an_alias_belongs_to_one_field() {
        let mut seen = std::collections::HashMap::new();
        for (field, aliases) in ALIASES {
            for alias in *aliases {
                assert_eq!(normalize(alias), *alias, "an alias is written in its normal form");
                assert_eq!(seen.insert(*alias, *field), None, "{alias} stands twice");
            }
        }
    }
}
