//! Applies the edits of a bulk edit to one product.

use db_tenancy::TenantTx;
use messages::Text;
use product::{Edit, Product};
use runtime::{Error, Result, TenantId};

use crate::jobs::job::{JobProblem, problem};
use crate::products::edits::check;

/// Returns the checked content of a product after edits, or the problems that prevent them.
pub(crate) async fn edited(
    tx: &mut TenantTx,
    tenant: TenantId,
    product: &Product,
    edits: &[Edit],
) -> Result<std::result::Result<product::Content, Vec<JobProblem>>> {
    let problem = |field: &str, code: &str, message: Text| problem(product.id, field, code, message);
    // A merge of suppliers also edits products in the trash: a restored product must have the supplier that stays.
    let merge = edits.iter().all(|edit| edit.field == "supplier_id");
    if product.trashed_at.is_some() && !merge {
        return Ok(Err(vec![problem("", "in_trash", messages::catalog::in_trash())]));
    }
    let mut content = product.content.clone();
    for edit in edits {
        match edit.apply(&content) {
            Ok(changed) => content = changed,
            Err(wrong) => return Ok(Err(vec![problem(&wrong.field, &wrong.code, wrong.message)])),
        }
    }
    match check(tx, tenant, &mut content, Some(product)).await {
        Ok(()) => Ok(Ok(content)),
        Err(Error::Invalid(errors)) => {
            Ok(Err(errors.into_iter().map(|error| problem(&error.field, &error.code, error.message)).collect()))
        }
        Err(other) => Err(other),
    }
}
