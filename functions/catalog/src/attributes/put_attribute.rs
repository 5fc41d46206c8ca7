//! `PUT /v1/attributes/{key}`

use db_catalog::{CatalogDb, CodedAttribute};
use db_tenancy::Stamp;
use product::Attribute;
use runtime::{Body, Cx, Key, Result};

/// Creates an attribute, or changes its names, group, unit and options. The kind of an existing attribute cannot
/// change.
pub async fn put_attribute(cx: Cx, code: Key, input: Body<Attribute>) -> Result<CodedAttribute> {
    cx.get::<CatalogDb>().await?.put_attribute(cx.tenant()?, &code.0, &input.0, &Stamp::of(&cx)?).await
}
