//! The known names of columns in the files of suppliers and platforms, with the field of each name.
//!
//! `price` alone means the selling price, VAT included. The given documents disagree about it, but a price that is
//! wrongly read as net would be raised by the VAT when the product is sold. Names with `ht` or `net` fill `net_price`.

use product::{Field, WeightUnit};

/// The ranks from here on belong to names that are only the end of a path.
pub(crate) const SEGMENT: usize = 1_000;
/// The ranks from here on belong to names that include a language.
pub(crate) const LOCATED: usize = 500;

/// The names for each field, separated by one space, the best first. If two columns fit one field, the column with the
/// better name wins.
/// Sources: the product's own documents, and the column names of the Shopify, WooCommerce, PrestaShop,
/// Magento and Odoo product files.
const ALIASES: &[(Field, &str)] = &[
    (
        Field::Title,
        "title titre name nom product_name nom_produit nom_du_produit product_title titre_produit \
         nom_article item_name libelle libelle_produit libelle_article designation intitule article \
         produit product description_short bezeichnung artikelbezeichnung produktname artikelname nome \
         nome_prodotto nombre titulo nombre_del_producto",
    ),
    (
        Field::Sku,
        "sku variant_sku item_sku product_sku seller_sku reference ref ref_produit reference_produit \
         reference_interne internal_reference default_code code_article article_code ref_article \
         reference_article code_produit product_code item_number part_number identifiant supplier_pid \
         supplier_aid artikelnummer artnr art_nr item_code codice codice_articolo codigo referencia \
         id_produit",
    ),
    (
        Field::Ean,
        "ean ean13 ean_13 gtin ean_code code_ean ean_upc gtin13 gtin14 upc upc_code barcode bar_code \
         variant_barcode code_barre code_barres code_a_barres gencod gencode gtin_upc_ean_or_isbn \
         international_article_number ean8 isbn ean_code_13 international_pid ean_gtin gtin_ean \
         codice_ean codigo_ean codigo_de_barras codice_a_barre strichcode",
    ),
    (
        Field::Price,
        "price prix selling_price sale_price_incl_tax prix_de_vente prix_vente prix_ttc price_ttc pv_ttc \
         price_with_tax price_tax_included price_incl_tax gross_price variant_price regular_price \
         retail_price list_price prix_public prix_de_vente_ttc standard_price tarif tarif_ttc preis vk \
         vk_brutto uvp prezzo precio sales_price sale_price",
    ),
    (
        Field::NetPrice,
        "net_price prix_ht price_ht tarif_ht price_excl_tax price_tax_excluded prix_de_vente_ht pv_ht \
         price_without_tax prix_net nettopreis vk_netto prezzo_netto precio_neto",
    ),
    (
        Field::CompareAtPrice,
        "compare_at_price variant_compare_at_price prix_barre ancien_prix was_price rrp msrp \
         prix_conseille prix_public_conseille ppc",
    ),
    (
        Field::CostPrice,
        "cost_price cost cost_per_item prix_achat prix_d_achat prix_d_achat_ht prix_achat_ht pa_ht \
         wholesale_price purchase_price cout buying_price ek einkaufspreis ek_preis standard_cost",
    ),
    (Field::Currency, "currency devise currency_code monnaie code_devise"),
    (
        Field::Brand,
        "brand marque brand_name nom_marque manufacturer fabricant manufacturer_name vendor maker marke \
         hersteller marca manufacturer_brand",
    ),
    (
        Field::Description,
        "description desc long_description description_longue product_description description_produit \
         body_html body descriptif texte beschreibung langbeschreibung description_long descrizione \
         descripcion",
    ),
    (Field::ShortDescription, "short_description description_courte summary resume accroche subtitle sous_titre"),
    (
        Field::Category,
        "category categorie categories product_category categorie_produit category_path category_name \
         product_type type famille rayon univers kategorie warengruppe categoria google_product_category",
    ),
    (
        Field::Stock,
        "stock quantity quantite qty qte stock_quantity qte_en_stock quantite_en_stock en_stock qte_stock \
         stock_dispo stock_disponible inventory_quantity variant_inventory_qty available_quantity \
         quantity_on_hand disponible inventory bestand lagerbestand lager giacenza existencias \
         disponibilite quantity_available",
    ),
    (
        Field::ImageUrls,
        "image_urls image_url images image image_src product_image_url main_image_url url_image photo \
         photo_url photos url_photo img picture picture_url image_link visuel bild bild_url immagine \
         imagen mime_source additional_image_link",
    ),
    (
        Field::SupplierReference,
        "supplier_reference reference_fournisseur ref_fournisseur supplier_sku supplier_ref \
         code_fournisseur vendor_sku mpn manufacturer_reference reference_fabricant ref_fabricant \
         manufacturer_part_number manufacturer_pid manufacturer_aid herstellernummer \
         supplier_reference_code",
    ),
    (
        Field::Weight,
        "weight poids weight_g weight_kg poids_g poids_kg weight_grams weight_value_grams variant_grams \
         item_weight poids_net poids_brut gross_weight net_weight weight_lbs weight_oz gewicht peso",
    ),
    (Field::Status, "status statut etat active actif published publie enabled"),
    (Field::TaxRate, "tax_rate tva taux_tva vat vat_rate taux_de_tva mwst iva"),
    (Field::Tags, "tags etiquettes keywords mots_cles"),
    (Field::SeoTitle, "seo_title meta_title titre_seo balise_titre"),
    (Field::SeoDescription, "seo_description meta_description description_seo meta_desc"),
    (Field::Slug, "slug url_key url_slug link_rewrite url_rewritten"),
    (Field::Length, "length longueur length_cm lange lunghezza largo"),
    (Field::Width, "width largeur width_cm breite larghezza ancho"),
    (Field::Height, "height hauteur height_cm hohe altezza alto"),
    (Field::Parent, "parent parent_sku sku_parent reference_parent parent_reference"),
    (Field::Option1Name, "option1_name option_1_name nom_option1"),
    (Field::Option1Value, "option1_value option_1_value valeur_option1"),
    (Field::Option2Name, "option2_name option_2_name nom_option2"),
    (Field::Option2Value, "option2_value option_2_value valeur_option2"),
    (Field::Option3Name, "option3_name option_3_name nom_option3"),
    (Field::Option3Value, "option3_value option_3_value valeur_option3"),
];

/// Returns the field that a header names, and the rank of the name (0 is best). A header with the sign of another
/// currency than the euro is not a price: the currency of a file's prices is an option of the import, or it is in the
/// file.
pub(crate) fn field_named(header: &str) -> Option<(Field, usize)> {
    const PRICES: [Field; 4] = [Field::Price, Field::NetPrice, Field::CompareAtPrice, Field::CostPrice];
    find_alias(header).filter(|(field, _)| !(PRICES.contains(field) && header.contains(['$', '£', '¥'])))
}

fn find_alias(header: &str) -> Option<(Field, usize)> {
    let name = normalize(header);
    let find = |name: &str| {
        ALIASES
            .iter()
            .find_map(|(field, aliases)| aliases.split(' ').position(|alias| alias == name).map(|rank| (*field, rank)))
    };
    find(&name).or_else(|| {
        // `image_2` and `photo3` are further images; `Poids (kg)` and `Prix TTC (EUR)` are names with a unit.
        let unnumbered = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        let image = find(unnumbered).filter(|(field, _)| *field == Field::ImageUrls);
        let unitless = name
            .rsplit_once('_')
            .filter(|(_, unit)| WeightUnit::named(unit).is_some() || matches!(*unit, "eur" | "euro" | "euros" | ""));
        let google = name.strip_prefix("g_").and_then(find);
        let located = without_locale(header).and_then(|plain| {
            let (field, rank) = find(&normalize(plain))?;
            Some((field, rank + LOCATED))
        });
        // `ARTICLE_DETAILS/EAN` and `product.price`: the end of the path is the name.
        let segment = || {
            let last = header.rsplit(['/', '.']).next().filter(|last| last.len() < header.len())?;
            let (field, rank) = find(normalize(last.split('[').next().unwrap_or(last)).trim_start_matches("g_"))?;
            Some((field, rank + SEGMENT))
        };
        image.or_else(|| unitless.and_then(|(rest, _)| find(rest))).or(google).or(located).or_else(segment)
    })
}

/// Returns a header of a PIM system without its locale: `name-en_US` -> `name`, `description-de_DE-mobile` ->
/// `description`.
fn without_locale(header: &str) -> Option<&str> {
    let (plain, rest) = header.split_once('-')?;
    let locale = rest.split('-').next()?;
    let (language, country) = locale.split_once('_')?;
    let is_locale = language.len() == 2
        && country.len() == 2
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && country.bytes().all(|byte| byte.is_ascii_uppercase());
    is_locale.then_some(plain)
}

/// Returns the unit of weight that a header names.
pub(crate) fn unit_in(header: &str) -> Option<WeightUnit> {
    let name = normalize(header);
    if name == "variant_grams" {
        return Some(WeightUnit::Gram);
    }
    name.rsplit_once('_').and_then(|(_, last)| WeightUnit::named(last))
}

/// Returns a header in lower case, without accents, and with one underscore for other characters.
///
/// Example: `  Référence Produit ` becomes `reference_produit`.
#[must_use]
pub fn normalize(header: &str) -> String {
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

    #[test]
    fn a_price_in_another_currency_is_no_price_in_euros() {
        for header in ["Price USD", "Price ($)", "Prix £", "price_gbp"] {
            assert_eq!(field_named(header), None, "{header}");
        }
        assert_eq!(field_named("Prix (EUR)").map(|found| found.0), Some(Field::Price));
        assert_eq!(field_named("Price €").map(|found| found.0), Some(Field::Price));
    }

    #[test]
    fn an_alias_belongs_to_one_field() {
        let mut seen = std::collections::HashMap::new();
        for (field, aliases) in ALIASES {
            for alias in aliases.split(' ') {
                assert_eq!(normalize(alias), alias, "an alias is written in its normal form");
                assert_eq!(seen.insert(alias, *field), None, "{alias} stands twice");
            }
        }
    }
}
