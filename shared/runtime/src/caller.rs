//! Who calls.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{BoxFuture, Cx, Permission, Result, Role};

/// The organisation that owns a row, an object or a request. Every query takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Uuid)]
pub struct TenantId(pub Uuid);

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The organisation in whose name the call is made.
    pub tenant: TenantId,
    /// The person.
    pub user: Uuid,
    /// The person's role in the organisation, as it is now.
    pub role: Role,
}

impl Caller {
    /// Whether the caller holds `permission`.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        self.role.holds(permission)
    }
}

/// Turns a bearer token into its caller. Given to [`crate::main()`] by each executable, because sessions and roles
/// are in a database, and databases are above this crate.
pub type Authenticate = fn(Cx, String) -> BoxFuture<Result<Caller>>;

impl std::fmt::Display for TenantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
