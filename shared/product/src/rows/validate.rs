//! The checks of a row: they turn its texts into values, or into a list of everything that is wrong.

mod numbers;

use messages::{Text, product as say};

use crate::model::content::MAX_IMAGES;
use crate::values::web_address::is_web_address;
use crate::{Cells, Field, Gtin, OnError, ProductRow, ProductStatus, RowError, RowRules, Sku};

/// The error values that Excel shows in cells with formulas.
const SPREADSHEET_ERRORS: [&str; 8] =
    ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA"];

/// Checks every cell of a row and returns its values.
///
/// # Errors
/// Everything that is wrong with the row, not only the first error, so that the seller can fix it all at once.
pub fn validate(cells: &Cells<'_>, rules: &RowRules) -> Result<ProductRow, Vec<RowError>> {
    let mut check = Check { cells, rules, errors: cells.errors.clone(), notices: Vec::new() };
    check.no_nul();

    let title = check.text(Field::Title, 500).map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
    let sku =
        check.parse(Field::Sku, |text| Sku::parse(text).map_err(|error| ("field_format_invalid", error.message())));
    let ean = check.ean();
    let codes = [Field::Sku, Field::Ean, Field::SupplierReference, Field::Parent];
    if codes.iter().all(|field| cells.get(*field).is_none()) && cells.identifiers.is_empty() {
        let message = say::code_required().into_string(rules.language);
        check.errors.push(RowError::row("required_field_missing", message));
    }
    let category = check.text(Field::Category, 500);
    let category_id =
        category.as_ref().and_then(|category| rules.categories.get(&category.trim().to_lowercase()).copied());

    let row = ProductRow {
        title,
        sku,
        ean,
        price: check.amount(Field::Price),
        net_price: check.amount(Field::NetPrice),
        compare_at_price: check.amount(Field::CompareAtPrice),
        cost_price: check.amount(Field::CostPrice),
        currency: check.currency(),
        tax_rate: check.tax_rate(),
        brand: check.text(Field::Brand, 200),
        description: check.long_text(Field::Description, 65_000),
        short_description: check.long_text(Field::ShortDescription, 5_000),
        category,
        category_id,
        family: check.text(Field::Family, 100),
        stock: check.stock(),
        image_urls: check.image_urls(),
        supplier_reference: check.text(Field::SupplierReference, 200),
        weight_grams: check.weight(),
        sides: [check.side(Field::Length), check.side(Field::Width), check.side(Field::Height)],
        length_unit: rules.length_unit,
        status: check.parse(Field::Status, |text| {
            ProductStatus::parse(text).map_err(|error| ("field_format_invalid", error.message()))
        }),
        tags: check.tags(),
        seo_title: check.text(Field::SeoTitle, 300),
        seo_description: check.text(Field::SeoDescription, 1_000),
        slug: check.text(Field::Slug, 300),
        parent: check.text(Field::Parent, 200),
        options: check.options(),
        attributes: cells
            .attributes
            .iter()
            .map(|(code, text)| (code.clone().into_owned(), text.as_ref().map(|text| text.trim().to_owned())))
            .collect(),
        identifiers: cells
            .identifiers
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(key, value)| (key.clone().into_owned(), value.trim().to_owned()))
            .collect(),
        shown: cells.shown.clone(),
        clear: cells.clear.clone(),
        notices: Vec::new(),
    };
    let (errors, mut notices) = (check.errors, check.notices);
    if errors.is_empty() {
        return Ok(ProductRow { notices, ..row });
    }
    let concerns_row =
        |error: &RowError| matches!(error.field.as_deref(), None | Some("title" | "sku" | "ean" | "parent"));
    if rules.on_error == OnError::RejectRow || errors.iter().any(concerns_row) {
        return Err(errors);
    }
    notices.extend(errors.into_iter().map(|error| RowError {
        message: say::value_left_out(&error.message).into_string(rules.language),
        code: "value_left_out".to_owned(),
        ..error
    }));
    Ok(ProductRow { notices, ..row })
}

struct Check<'c> {
    cells: &'c Cells<'c>,
    rules: &'c RowRules,
    errors: Vec<RowError>,
    notices: Vec<RowError>,
}

impl<'c> Check<'c> {
    /// Reports U+0000, which PostgreSQL cannot store in a text. A file with this character is damaged or is not text.
    fn no_nul(&mut self) {
        for field in Field::ALL {
            if let Some(text) = self.cells.get(*field).filter(|text| text.contains('\0')) {
                let message = say::nul_in_file().into_string(self.rules.language);
                self.errors.push(RowError::field(
                    *field,
                    "field_format_invalid",
                    message,
                    &text.replace('\0', "\u{fffd}"),
                ));
            }
        }
    }

    fn parse<T>(&mut self, field: Field, read: impl FnOnce(&str) -> Result<T, (&'static str, Text)>) -> Option<T> {
        let text = self.cells.get(field)?;
        if SPREADSHEET_ERRORS.contains(&text.trim()) {
            let message = say::spreadsheet_error(text.trim()).into_string(self.rules.language);
            self.errors.push(RowError::field(field, "spreadsheet_error", message, text));
            return None;
        }
        match read(text) {
            Ok(value) => Some(value),
            Err((code, message)) => {
                self.errors.push(RowError::field(field, code, message.into_string(self.rules.language), text));
                None
            }
        }
    }

    fn text(&mut self, field: Field, max_chars: usize) -> Option<String> {
        self.parse(field, |text| {
            let trimmed = text.trim();
            let length = trimmed.chars().count();
            if length > max_chars {
                return Err(("value_too_long", say::too_long(max_chars, length)));
            }
            Ok(trimmed.to_owned())
        })
    }

    fn long_text(&mut self, field: Field, max_bytes: usize) -> Option<String> {
        self.parse(field, |text| {
            if text.len() > max_bytes {
                return Err(("value_too_long", say::long_text(max_bytes, text.len())));
            }
            Ok(text.trim().to_owned())
        })
    }

    /// Returns the EAN. A code that a spreadsheet damaged is repaired with a notice, if its check digit proves the
    /// code.
    fn ean(&mut self) -> Option<Gtin> {
        let text = self.cells.get(Field::Ean)?;
        if Gtin::parse(text).is_err()
            && let Some(repaired) = Gtin::repair(text)
        {
            let message = say::ean_repaired(text.trim(), &repaired).into_string(self.rules.language);
            self.notices.push(RowError::field(Field::Ean, "ean_repaired", message, text));
            return Some(repaired);
        }
        self.parse(Field::Ean, |text| Gtin::parse(text).map_err(|error| (error.code(), error.message())))
    }

    fn tags(&mut self) -> Option<Vec<String>> {
        self.parse(Field::Tags, |text| {
            let mut tags: Vec<String> = Vec::new();
            for tag in text.split([',', ';', '|', '\n']).map(str::trim).filter(|tag| !tag.is_empty()) {
                if !tags.iter().any(|known| known.to_lowercase() == tag.to_lowercase()) {
                    tags.push(tag.to_owned());
                }
            }
            if tags.len() > 100 || tags.iter().any(|tag| tag.chars().count() > 100 || tag.chars().any(char::is_control))
            {
                return Err(("too_many", say::tags_invalid()));
            }
            Ok(tags)
        })
    }

    /// Returns the names and values of the row's options.
    fn options(&mut self) -> Vec<(String, Option<String>)> {
        const AXES: [(Field, Field); 3] = [
            (Field::Option1Name, Field::Option1Value),
            (Field::Option2Name, Field::Option2Value),
            (Field::Option3Name, Field::Option3Value),
        ];
        let mut options = Vec::new();
        for (name, value) in AXES {
            let (name, value) = (self.text(name, 100), self.text(value, 200));
            if let Some(name) = name {
                options.push((name, value));
            }
        }
        options
    }

    fn image_urls(&mut self) -> Option<Vec<String>> {
        self.parse(Field::ImageUrls, |text| {
            let urls: Vec<&str> = split_urls(text);
            if let Some(bad) = urls.iter().find(|url| !is_web_address(url)) {
                return Err(("field_format_invalid", say::image_address(bad)));
            }
            if urls.len() > MAX_IMAGES {
                return Err(("too_many_images", say::too_many_images(MAX_IMAGES, urls.len())));
            }
            Ok(urls.into_iter().map(str::to_owned).collect())
        })
    }
}

/// Splits addresses at line breaks, `|`, `;`, and at a comma or a space before the next `http`.
fn split_urls(text: &str) -> Vec<&str> {
    let mut urls = Vec::new();
    for part in text.split(['\n', '\r', '|', ';']) {
        let mut rest = part.trim();
        while let Some(next) = [", http", ",http", " http"].iter().filter_map(|mark| rest.find(mark)).min() {
            urls.push(rest[..next].trim());
            rest = rest[next..].trim_start_matches([',', ' ']);
        }
        urls.push(rest.trim_end_matches(','));
    }
    urls.retain(|url| !url.is_empty());
    urls
}

#[cfg(test)]
mod tests {
    use messages::Language;
    use proptest::prelude::*;

    use super::numbers::MAX_AMOUNT;
    use super::*;
    use crate::Currency;

    fn cells<'a>(pairs: &[(Field, &'a str)]) -> Cells<'a> {
        let mut cells = Cells::default();
        for (field, text) in pairs {
            cells.set(*field, *text);
        }
        cells
    }

    fn codes(pairs: &[(Field, &str)]) -> Vec<String> {
        validate(&cells(pairs), &RowRules::default()).unwrap_err().into_iter().map(|error| error.code).collect()
    }

    #[test]
    fn reads_a_full_row() {
        let row = validate(
            &cells(&[
                (Field::Title, "  Perceuse\n à percussion "),
                (Field::Sku, "P-1"),
                (Field::Ean, "4006381333931"),
                (Field::Price, "1 089,90 €"),
                (Field::Stock, "12.0"),
                (Field::Weight, "1.5kg"),
                (Field::ImageUrls, "https://a.example/1.jpg, https://a.example/2.jpg|https://a.example/3.jpg"),
                (Field::Status, "Actif"),
            ]),
            &RowRules::default(),
        )
        .unwrap();
        assert_eq!(row.title.as_deref(), Some("Perceuse à percussion"));
        assert_eq!(row.price.unwrap().to_string(), "1089.9");
        assert_eq!(row.currency, Some(Currency::EUR));
        assert_eq!(row.stock, Some(12));
        assert_eq!(row.weight_grams.unwrap().to_string(), "1500");
        assert_eq!(row.image_urls.unwrap().len(), 3);
        assert_eq!(row.status, Some(ProductStatus::Active));
        assert_eq!(row.brand, None);
    }

    #[test]
    fn lists_all_that_is_wrong() {
        assert_eq!(codes(&[]), ["required_field_missing"]);
        assert_eq!(
            codes(&[
                (Field::Title, "x"),
                (Field::Ean, "4006381333932"),
                (Field::Price, "-1"),
                (Field::Currency, "DOGE"),
                (Field::Stock, "2.5"),
                (Field::ImageUrls, "ftp://a/b.jpg"),
            ]),
            [
                "ean_checksum_invalid",
                "price_negative",
                "currency_unknown",
                "field_format_invalid",
                "field_format_invalid"
            ]
        );
    }

    #[test]
    fn a_sign_against_the_currency_column_is_an_error() {
        let base = [(Field::Title, "x"), (Field::Sku, "1"), (Field::Price, "10 £")];
        assert_eq!(validate(&cells(&base), &RowRules::default()).unwrap().currency.unwrap().as_str(), "GBP");
        let mut with_column = base.to_vec();
        with_column.push((Field::Currency, "EUR"));
        assert_eq!(codes(&with_column), ["currency_mismatch"]);
    }

    #[test]
    fn a_nul_is_refused_and_does_not_reach_the_report() {
        assert_eq!(codes(&[(Field::Title, "a\0b"), (Field::Sku, "1")]), ["field_format_invalid"]);
        for field in [Field::Sku, Field::Ean, Field::Price, Field::Stock, Field::Currency] {
            let cells = cells(&[(Field::Title, "t"), (Field::Sku, "1"), (field, "1\0")]);
            for error in validate(&cells, &RowRules::default()).unwrap_err() {
                assert!(!error.message.contains('\0') && !error.value.unwrap_or_default().contains('\0'), "{field}");
            }
        }
    }

    #[test]
    fn a_wrong_value_can_be_left_out_instead_of_its_row() {
        let rules = RowRules { on_error: OnError::RejectValue, language: Language::Fr, ..RowRules::default() };
        let wrong = [(Field::Title, "x"), (Field::Sku, "1"), (Field::Price, "#N/A"), (Field::Stock, "beaucoup")];
        let row = validate(&cells(&wrong), &rules).unwrap();
        assert_eq!((row.price, row.stock), (None, None));
        let messages: Vec<&str> = row.notices.iter().map(|notice| notice.message.as_str()).collect();
        assert!(
            messages[0].contains("l'erreur #N/A du tableur") && messages[1].contains("« beaucoup »"),
            "{messages:?}"
        );
        assert!(row.notices.iter().all(RowError::is_notice));
        // A row with a wrong code is rejected: it could change the wrong product.
        assert!(validate(&cells(&[(Field::Sku, "1"), (Field::Ean, "123")]), &rules).is_err());
    }

    #[test]
    fn reads_lengths_tags_and_options() {
        let row = validate(
            &cells(&[
                (Field::Sku, "1"),
                (Field::Length, "1,5 m"),
                (Field::Width, "10\""),
                (Field::Height, "3"),
                (Field::Tags, "Été, été; new"),
                (Field::TaxRate, "5,5 %"),
                (Field::Option1Name, "Size"),
                (Field::Option1Value, "M"),
                (Field::Option2Name, "Color"),
            ]),
            &RowRules::default(),
        )
        .unwrap();
        assert_eq!(row.sides.map(|side| side.unwrap().to_string()), ["150", "25.4", "3"]);
        assert_eq!(row.tags.unwrap(), ["Été", "new"]);
        assert_eq!(row.tax_rate.unwrap().to_string(), "5.5");
        assert_eq!(row.options, [("Size".to_owned(), Some("M".to_owned())), ("Color".to_owned(), None)]);
    }

    #[test]
    fn the_limits_are_those_of_the_database() {
        assert_eq!(MAX_AMOUNT.to_string(), "10000000000");
        assert_eq!(
            codes(&[(Field::Title, "x"), (Field::Sku, "1"), (Field::Price, "10000000000")]),
            ["number_too_large"]
        );
    }

    proptest! {
        #[test]
        fn never_panics_on_any_text(texts in proptest::collection::vec(".*", Field::COUNT)) {
            let mut cells = Cells::default();
            for (field, text) in Field::ALL.iter().zip(&texts) {
                cells.set(*field, text.as_str());
            }
            let _ = validate(&cells, &RowRules::default());
        }
    }
}
