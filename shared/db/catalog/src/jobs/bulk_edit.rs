//! The products of a bulk edit, as it would leave them.

use db_tenancy::TenantTx;
use product::{Edit, Product};
use runtime::{Error, Result, TenantId};

use crate::jobs::job::{JobProblem, problem};
use crate::products::edits::check;

/// The content of a product after edits, checked; or what is wrong.
pub(crate) async fn edited(
    tx: &mut TenantTx,
    tenant: TenantId,
    product: &Product,
    edits: &[Edit],
) -> Result<std::result::Result<product::Content, Vec<JobProblem>>> {
    let problem = |field: &str, code: &str, message: &str| problem(product.id, field, code, message);
    // A merge of suppliers reaches the trash too: what comes out of it has the one that stays.
    let merge = edits.iter().all(|edit| edit.field == "supplier_id");
    if product.trashed_at.is_some() && !merge {
        return Ok(Err(vec![problem("", "in_trash", "the product is in the trash")]));
    }
    let mut content = product.content.clone();
    for edit in edits {
        match edit.apply(&content) {
            Ok(changed) => content = changed,
            Err(wrong) => return Ok(Err(vec![problem(&wrong.field, &wrong.code, &wrong.message)])),
        }
    }
    match check(tx, tenant, &mut content, Some(product)).await {
        Ok(()) => Ok(Ok(content)),
        Err(Error::Invalid(errors)) => {
            Ok(Err(errors.iter().map(|error| problem(&error.field, &error.code, &error.message)).collect()))
        }
        Err(other) => Err(other),
    }
}
