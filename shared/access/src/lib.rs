//! Admission: turns the bearer token of a request into its caller, and counts the request on the organisation's limits.
//! The executable of every domain passes [`admit`] to the runtime.

mod limits;
mod token;

use cloud::Table;
use db_core::CoreDb;
use runtime::{Admission, Admitted, BoxFuture, Cx, Rate, Resource, Result};

use crate::limits::count;
use crate::token::PublicKeys;

pub use token::{AUDIENCE, Claims, KEY_PREFIX, issuer};

/// How the executable of a domain admits callers; `D` is the database that most of its functions use.
#[must_use]
pub fn admission<D: Resource>() -> Admission {
    Admission { admit, prepare: |cx| Box::pin(prepare::<D>(cx)) }
}

/// Opens what the first request needs: the core database with the keys that prove tokens, the domain's database, and the
/// table of the limits. Each costs handshakes, so they are made side by side.
async fn prepare<D: Resource>(cx: Cx) {
    let table = async { cx.get::<Table>().await?.connect().await };
    let _ = tokio::join!(cx.get::<PublicKeys>(), cx.get::<D>(), table);
}

/// Returns the caller behind an access token or an API key, and counts the request on the organisation's limits.
/// Signature, time and stage are checked here; session, role and key in the database. So a change of them, or their
/// end, takes effect on the next request.
pub fn admit(cx: Cx, token: String, rate: Rate) -> BoxFuture<'static, Result<Admitted>> {
    Box::pin(async move {
        let db = cx.get::<CoreDb>().await?;
        let (caller, limits) = if token.starts_with(KEY_PREFIX) {
            db.key_caller(&token, cx.address.as_deref(), cx.now).await?
        } else {
            let claims = cx.get::<PublicKeys>().await?.verify(&db, &cx, &token).await?;
            db.session_caller(claims.tenant_id, claims.sub, claims.session_id, cx.now).await?
        };
        let usage = count(&cx, caller.tenant, limits, rate).await?;
        Ok(Admitted { caller, usage })
    })
}
