//! Filters of products: conditions on any field, as SQL over the view `found_products`.
//!
//! Values that have a key (`status:active`, `category:<id>`, `attributes.color:red`) are found through the one index of
//! keys. Numbers, times and texts are compared as they are.

use messages::Text;
use product::{ProductStatus, unit_sizes};
use runtime::{Error, Result};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;
use uuid::Uuid;

/// A condition on one field of a product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A product's field such as `price`, `attributes.color`, `identifiers.shopify.handle` or `texts.fr.title`; or
    /// `completeness`, `completeness.<channel>`, `completeness.<channel>.<locale>`, `grade`, `missing`, `image` (true
    /// or false), `kind` (`simple`, `parent`, `variant`), `trashed` (true or false), `created_at`, `updated_at`,
    /// `weight` (grams), `id`. `category` compares the supplier's name of the category; `category_ids` finds categories
    /// of the tree, including those below them.
    pub field: String,
    /// How it is compared.
    pub op: Op,
    /// The value to compare with; a list for `in`, `not_in` and `between`. An attribute with a unit takes
    /// `{"amount": "5", "unit": "cm"}`.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// The field is this value. A list: it contains this value.
    Equals,
    /// The field is not this value, or is not known.
    NotEquals,
    /// The field is one of these values. A list: it contains one of them.
    In,
    /// The field is not one of these values, or is not known.
    NotIn,
    /// The field is this value or more.
    AtLeast,
    /// The field is this value or less.
    AtMost,
    /// The field is between the two values, or equal to one of them.
    Between,
    /// The field contains this text; case does not matter.
    Contains,
    /// The field starts with this text; case does not matter.
    StartsWith,
    /// The field is known and empty.
    Empty,
    /// The field is not known.
    Unknown,
    /// The field is known and not empty.
    Filled,
}

/// How the values of a field are compared.
enum Kind {
    /// By keys: the key's name, and the column for the operators that no key answers; empty if there is no such column.
    Key(String, &'static str),
    Text(String),
    Number(String),
    Time(String),
    Id(String),
}

const TEXTS: [&str; 11] = [
    "title",
    "sku",
    "ean",
    "description",
    "short_description",
    "category",
    "supplier_reference",
    "currency",
    "seo_title",
    "seo_description",
    "slug",
];
const NUMBERS: [&str; 8] =
    ["price", "net_price", "compare_at_price", "cost_price", "tax_rate", "stock", "media", "version"];

/// Returns a text as an SQL literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Returns how the values of a field are compared; `None` for an unknown field.
fn kind(field: &str) -> Option<Kind> {
    let text = |name: &str| Some(Kind::Text(name.to_owned()));
    if TEXTS.contains(&field) {
        return text(field);
    }
    if NUMBERS.contains(&field) {
        return Some(Kind::Number(field.to_owned()));
    }
    Some(match field {
        "id" => Kind::Id("product_id".to_owned()),
        "created_at" | "updated_at" | "trashed_at" => Kind::Time(field.to_owned()),
        "completeness" => Kind::Number("completeness".to_owned()),
        "weight" => Kind::Number("weight_grams".to_owned()),
        "length" | "width" | "height" => Kind::Number(format!("{field}_mm")),
        "status" => Kind::Key("status".to_owned(), "status"),
        "brand" => Kind::Key("brand".to_owned(), "brand"),
        "family" => Kind::Key("family".to_owned(), "family"),
        "supplier_id" => Kind::Key("supplier".to_owned(), "supplier_id::text"),
        "parent_id" => Kind::Key("parent".to_owned(), "parent_id::text"),
        "category_ids" => Kind::Key("category".to_owned(), "array_to_string(category_ids, ' ')"),
        "tags" => Kind::Key("tag".to_owned(), "array_to_string(tags, ' ')"),
        "missing" => Kind::Key("missing".to_owned(), "array_to_string(missing, ' ')"),
        "image" => Kind::Key("image".to_owned(), ""),
        "trashed" => Kind::Key("trashed".to_owned(), ""),
        "kind" => Kind::Key("kind".to_owned(), ""),
        other => {
            let (whole, key) = other.split_once('.')?;
            match whole {
                "attributes" => return Some(Kind::Key(other.to_owned(), "")),
                "identifiers" => return text(&format!("identifiers->>{}", quoted(key))),
                "options" => return text(&format!("options->>{}", quoted(key))),
                "texts" => {
                    let (locale, name) = key.split_once('.')?;
                    return text(&format!("texts->{}->>{}", quoted(locale), quoted(name)));
                }
                "completeness" => {
                    let (channel, locale) = key.split_once('.').unwrap_or((key, ""));
                    return Some(Kind::Number(format!(
                        "(select score from product_completeness c where c.tenant_id = found_products.tenant_id
                          and c.product_id = found_products.product_id and c.channel = {} and c.locale = {})",
                        quoted(channel),
                        quoted(locale)
                    )));
                }
                _ => return None,
            }
        }
    })
}

impl Condition {
    /// Returns the condition that a field equals a value.
    pub fn equals(field: &str, value: impl Into<Value>) -> Self {
        Self { field: field.to_owned(), op: Op::Equals, value: value.into() }
    }

    fn wrong(&self, message: Text) -> Error {
        Error::invalid(&format!("filter.{}", self.field), "invalid", message)
    }

    /// Returns the value, or the values of the list.
    fn values(&self) -> Result<Vec<&Value>> {
        let values: Vec<&Value> = match (&self.op, &self.value) {
            (Op::In | Op::NotIn | Op::Between, Value::Array(values)) => values.iter().collect(),
            (Op::In | Op::NotIn | Op::Between, _) => return Err(self.wrong(messages::catalog::filter_list_expected())),
            (Op::Empty | Op::Unknown | Op::Filled, _) => Vec::new(),
            (_, Value::Null) => return Err(self.wrong(messages::catalog::filter_value_expected())),
            (_, value) => vec![value],
        };
        match (self.op, values.len()) {
            (Op::Between, 2) | (Op::In | Op::NotIn, 1..=1_000) => Ok(values),
            (Op::Between, found) => Err(self.wrong(messages::catalog::filter_two_values(found))),
            (Op::In | Op::NotIn, found) => Err(self.wrong(messages::catalog::filter_values_count(found))),
            _ => Ok(values),
        }
    }

    fn texts(&self) -> Result<Vec<String>> {
        let text = |value: &Value| match value {
            Value::String(text) if !text.contains('\0') => Ok(text.clone()),
            Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
            other => Err(self.wrong(messages::catalog::filter_text_expected(other))),
        };
        self.values()?.into_iter().map(text).collect()
    }

    /// Adds ` and <condition>`; `subtree` returns the ids of a category and of all categories below it.
    pub(crate) fn push(&self, query: &mut QueryBuilder<Postgres>, subtree: &dyn Fn(Uuid) -> Vec<Uuid>) -> Result<()> {
        let field = Some(self.field.as_str()).filter(|field| field.len() <= 200 && !field.contains('\0'));
        let kind =
            field.and_then(kind).ok_or_else(|| self.wrong(messages::catalog::filter_field_unknown(&self.field)))?;
        query.push(" and ");
        match kind {
            Kind::Key(name, column) => self.push_key(query, &name, column, subtree),
            Kind::Text(column) => self.push_text(query, &column),
            Kind::Number(column) => {
                let numbers =
                    self.values()?.into_iter().map(|value| self.number(value)).collect::<Result<Vec<Decimal>>>()?;
                self.push_range(query, &column, numbers)
            }
            Kind::Time(column) => {
                let texts = self.texts()?;
                let times = texts.iter().map(|text| {
                    OffsetDateTime::parse(text, &Rfc3339)
                        .map_err(|_| self.wrong(messages::catalog::filter_time_expected(text)))
                });
                let times = times.collect::<Result<Vec<_>>>()?;
                self.push_range(query, &column, times)
            }
            Kind::Id(column) => {
                let texts = self.texts()?;
                let ids = texts
                    .iter()
                    .map(|text| text.parse().map_err(|_| self.wrong(messages::catalog::filter_id_expected(text))));
                let ids = ids.collect::<Result<Vec<Uuid>>>()?;
                self.push_range(query, &column, ids)
            }
        }
    }

    fn number(&self, value: &Value) -> Result<Decimal> {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.trim().parse().map_err(|_| self.wrong(messages::catalog::filter_number_expected(value)))
    }

    fn push_range<T>(&self, query: &mut QueryBuilder<Postgres>, column: &str, mut values: Vec<T>) -> Result<()>
    where
        T: Send
            + Sync
            + Clone
            + 'static
            + for<'q> sqlx::Encode<'q, Postgres>
            + sqlx::Type<Postgres>
            + sqlx::postgres::PgHasArrayType,
    {
        let first = values.first().cloned();
        let operator = match self.op {
            Op::Equals => " = ",
            Op::NotEquals => " is distinct from ",
            Op::AtLeast => " >= ",
            Op::AtMost => " <= ",
            Op::Between => {
                let last = values.pop();
                query.push(format!("{column} between ")).push_bind(first).push(" and ").push_bind(last);
                return Ok(());
            }
            Op::In => {
                query.push(format!("{column} = any(")).push_bind(values).push(")");
                return Ok(());
            }
            Op::NotIn => {
                query.push(format!("({column} = any(")).push_bind(values).push(")) is not true");
                return Ok(());
            }
            Op::Unknown => {
                query.push(format!("{column} is null"));
                return Ok(());
            }
            Op::Filled => {
                query.push(format!("{column} is not null"));
                return Ok(());
            }
            Op::Contains | Op::StartsWith | Op::Empty => {
                let operators = "equals, not_equals, in, not_in, at_least, at_most, between, unknown, filled";
                return Err(self.wrong(messages::catalog::filter_operators(operators)));
            }
        };
        query.push(format!("{column}{operator}")).push_bind(first);
        Ok(())
    }

    fn push_text(&self, query: &mut QueryBuilder<Postgres>, column: &str) -> Result<()> {
        let texts = self.texts()?;
        let like = |text: &str| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let first = texts.first().cloned().unwrap_or_default();
        match self.op {
            // A GTIN has several spellings.
            Op::Equals if column == "ean" => query.push("gtin14 = ").push_bind(format!("{:0>14}", first.trim())),
            Op::Contains => query.push(format!("{column} ilike ")).push_bind(format!("%{}%", like(&first))),
            Op::StartsWith => query.push(format!("{column} ilike ")).push_bind(format!("{}%", like(&first))),
            Op::Empty => query.push(format!("{column} = ''")),
            Op::Filled => query.push(format!("{column} <> ''")),
            _ => return self.push_range(query, column, texts),
        };
        Ok(())
    }

    fn push_key(
        &self,
        query: &mut QueryBuilder<Postgres>,
        name: &str,
        column: &str,
        subtree: &dyn Fn(Uuid) -> Vec<Uuid>,
    ) -> Result<()> {
        if let Some(code) = name.strip_prefix("attributes.") {
            return self.push_attribute(query, name, code);
        }
        let refused = || self.wrong(messages::catalog::filter_operator_invalid(&self.field));
        match self.op {
            Op::Equals | Op::NotEquals | Op::In | Op::NotIn => {
                let mut keys = Vec::new();
                for text in self.texts()? {
                    match name {
                        "category" => {
                            let id = text
                                .parse()
                                .map_err(|_| self.wrong(messages::catalog::filter_category_expected(&text)))?;
                            keys.extend(subtree(id).into_iter().map(|id| format!("category:{id}")));
                        }
                        "status" => {
                            let status =
                                ProductStatus::parse(&text).map_err(|problem| self.wrong(problem.message()))?;
                            keys.push(format!("status:{status}"));
                        }
                        _ => keys.push(format!("{name}:{}", text.trim().to_lowercase())),
                    }
                }
                let not = if matches!(self.op, Op::NotEquals | Op::NotIn) { "not " } else { "" };
                // A single key is searched by containment, because the query planner knows how often a single key
                // occurs.
                let operator = if keys.len() == 1 { "@>" } else { "&&" };
                query.push(format!("{not}(keys {operator} ")).push_bind(keys).push(")");
            }
            _ if column.is_empty() => return Err(refused()),
            Op::Empty => drop(query.push(format!("{column} = ''"))),
            Op::Unknown => drop(query.push(format!("{column} is null"))),
            Op::Filled => drop(query.push(format!("{column} <> ''"))),
            Op::Contains | Op::StartsWith => return self.push_text(query, column),
            _ => return Err(refused()),
        }
        Ok(())
    }

    fn push_attribute(&self, query: &mut QueryBuilder<Postgres>, name: &str, code: &str) -> Result<()> {
        let value = format!("attributes->{}", quoted(code));
        let measured = self.values()?.first().is_some_and(|value| value.is_object() || value.is_number());
        match self.op {
            Op::Unknown => drop(query.push(format!("{value} is null"))),
            Op::Filled => drop(query.push(format!("{value} is not null and {value} not in ('\"\"', '[]', '{{}}')"))),
            Op::Empty => drop(query.push(format!("{value} in ('\"\"', '[]', '{{}}')"))),
            _ if measured => {
                let sizes: Vec<(String, String)> =
                    unit_sizes().map(|(unit, size)| (unit.to_owned(), size.to_owned())).collect();
                let amounts = self
                    .values()?
                    .into_iter()
                    .map(|value| self.measured(value, &sizes))
                    .collect::<Result<Vec<Decimal>>>()?;
                let cases: String =
                    sizes.iter().map(|(unit, size)| format!(" when {} then {size}", quoted(unit))).collect();
                let amount = format!("(({value}->>'amount')::numeric * case {value}->>'unit'{cases} else 1 end)");
                return self.push_range(query, &amount, amounts);
            }
            Op::Equals | Op::NotEquals | Op::In | Op::NotIn => {
                let keys: Vec<String> = self
                    .texts()?
                    .iter()
                    .map(|text| format!("{name}:{}", text.to_lowercase().chars().take(100).collect::<String>()))
                    .collect();
                let not = if matches!(self.op, Op::NotEquals | Op::NotIn) { "not " } else { "" };
                let operator = if keys.len() == 1 { "@>" } else { "&&" };
                query.push(format!("{not}(keys {operator} ")).push_bind(keys).push(")");
            }
            _ => return self.push_text(query, &format!("(attributes->>{})", quoted(code))),
        }
        Ok(())
    }

    /// Returns an amount in the standard unit of its measure.
    fn measured(&self, value: &Value, sizes: &[(String, String)]) -> Result<Decimal> {
        let Value::Object(parts) = value else { return self.number(value) };
        let amount = self.number(parts.get("amount").unwrap_or(&Value::Null))?;
        let Some(unit) = parts.get("unit").and_then(Value::as_str) else { return Ok(amount) };
        let size = sizes.iter().find(|(known, _)| known == unit).and_then(|(_, size)| size.parse::<Decimal>().ok());
        let size = size.ok_or_else(|| self.wrong(messages::catalog::filter_unit_unknown(unit)))?;
        amount.checked_mul(size).ok_or_else(|| self.wrong(messages::catalog::filter_number_too_large()))
    }
}
