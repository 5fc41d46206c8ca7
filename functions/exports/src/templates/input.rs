//! The input of the handlers of templates.

use db_imports::NewTemplate;
use runtime::{Cx, Error, Result, TenantId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::exports::request::check;
use crate::exports::spec::ExportSpec;

/// A template to be created, or to replace an existing one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateInput {
    /// Its name, unique in the organisation.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The choices of the template.
    pub definition: ExportSpec,
}

/// Checks and trims a name: 1 to 200 characters in one line.
pub(crate) fn checked_name(name: &str) -> Result<String> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "length", messages::exports::name_length()));
    }
    Ok(name)
}

impl TemplateInput {
    pub(crate) async fn checked(self, cx: &Cx, tenant: TenantId) -> Result<NewTemplate> {
        let name = checked_name(&self.name)?;
        if self.description.chars().count() > 2_000 {
            return Err(Error::invalid("description", "length", messages::exports::description_length()));
        }
        check(cx, tenant, &self.definition).await?;
        let definition = serde_json::to_value(&self.definition).map_err(Error::internal)?;
        Ok(NewTemplate { name, description: self.description, definition })
    }
}
