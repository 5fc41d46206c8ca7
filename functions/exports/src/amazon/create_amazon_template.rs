//! `POST /v1/amazon-templates`

use channels::AmazonTemplate;
use cloud::Objects;
use db_imports::ImportsDb;
use db_tenancy::Stamp;
use runtime::{Body, Created, Cx, Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::amazon::upload::{MOST, key};
use crate::templates::input::checked_name;

/// A template of Seller Central.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateAmazonTemplate {
    /// Its name.
    pub name: String,
    /// The sheet "Template" as tab-delimited text; the rows above the data are enough.
    #[serde(default)]
    pub text: Option<String>,
    /// Instead of `text`, the file of Seller Central (`.xlsm`, or its text): the id of the upload from
    /// `POST /v1/amazon-templates/uploads`.
    #[serde(default)]
    pub upload: Option<Uuid>,
}

/// A template that was created.
#[derive(Serialize, ToSchema)]
pub struct CreatedAmazonTemplate {
    /// The id; exports name it as `amazon_template`.
    id: Uuid,
    /// Its name.
    name: String,
    /// The technical names of its columns, which a mapping can name.
    columns: Vec<String>,
    /// The number of rows above the data.
    rows_above: usize,
    /// Whether it is of the newer generation (2024).
    newer: bool,
}

/// Creates a template. Its rows above the data are written into the files unchanged.
pub async fn create_amazon_template(
    cx: Cx,
    input: Body<CreateAmazonTemplate>,
) -> Result<Created<CreatedAmazonTemplate>> {
    let (name, id) = (checked_name(&input.0.name)?, Uuid::now_v7());
    let template = match (input.0.text, input.0.upload) {
        (Some(text), None) if text.contains('\0') => {
            return Err(Error::invalid("text", "invalid", messages::exports::text_is_workbook()));
        }
        (Some(text), None) => AmazonTemplate::read(&text).map_err(|problem| ("text", problem)),
        (None, Some(upload)) => {
            let bytes = cx.get::<Objects>().await?.read_small(&key(cx.tenant()?, upload), MOST).await;
            let bytes = bytes.map_err(|error| match error {
                Error::NotFound(_) => Error::invalid("upload", "unknown", messages::exports::upload_unknown()),
                other => other,
            })?;
            AmazonTemplate::read_file(&bytes).map_err(|problem| ("upload", problem))
        }
        _ => return Err(Error::invalid("text", "required", messages::exports::text_or_upload())),
    };
    let template = template.map_err(|(field, problem)| Error::invalid(field, "invalid", problem.message()))?;
    let kept = serde_json::to_value(&template).map_err(Error::internal)?;
    cx.get::<ImportsDb>().await?.create_amazon_template(cx.tenant()?, id, &name, &kept, &Stamp::of(&cx)?).await?;
    let rows_above = template.head.lines().count();
    Ok(Created(CreatedAmazonTemplate { id, name, columns: template.columns, rows_above, newer: template.newer }))
}
