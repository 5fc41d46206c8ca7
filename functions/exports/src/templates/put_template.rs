//! `PUT /v1/export-templates/{id}`

use db_imports::{ExportTemplate, ImportsDb};
use db_tenancy::Stamp;
use runtime::{Body, Cx, IfMatch, Path, Result, Versioned};

use crate::templates::input::TemplateInput;

/// Updates a template; the earlier state is kept as a version.
pub async fn put_template(
    cx: Cx,
    id: Path,
    seen: IfMatch,
    input: Body<TemplateInput>,
) -> Result<Versioned<ExportTemplate>> {
    let (tenant, db) = (cx.tenant()?, cx.get::<ImportsDb>().await?);
    let before = db.export_template(tenant, id.0).await?;
    seen.check(before.version.into())?;
    let new = input.0.checked(&cx, tenant).await?;
    let version = (seen != IfMatch::Any).then(|| before.version.into());
    let template = db.put_template(tenant, id.0, version, &new, &Stamp::of(&cx)?).await?;
    let version = template.version.into();
    Ok(Versioned(template, version))
}
