//! `GET /v1/export-templates`

use channels::{Format, Layout, presets};
use db_imports::{ExportTemplate, ImportsDb};
use runtime::{Cx, PageQuery, Query, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of templates.
#[derive(Serialize, ToSchema)]
pub struct TemplatePage {
    /// The templates of the organisation.
    data: Vec<ExportTemplate>,
    /// Send it as `cursor` to get the next page; null on the last.
    next_cursor: Option<String>,
    /// The predefined templates; an export names one as `predefined`.
    predefined: Vec<Predefined>,
}

/// A predefined template.
#[derive(Serialize, ToSchema)]
pub(crate) struct Predefined {
    /// Its name.
    name: &'static str,
    /// Its layout.
    layout: Layout,
    /// Its format.
    format: Format,
}

/// Lists the templates, the newest first.
pub async fn list_templates(cx: Cx, page: Query<PageQuery>) -> Result<TemplatePage> {
    let db = cx.get::<ImportsDb>().await?;
    let found = db.export_templates(cx.tenant()?, page.0.after_id()?, page.0.limit()?).await?;
    let predefined =
        presets().map(|preset| Predefined { name: preset.name, layout: preset.layout, format: preset.format });
    Ok(TemplatePage { data: found.data, next_cursor: found.next_cursor, predefined: predefined.into() })
}
