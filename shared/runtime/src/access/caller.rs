//! The caller of a request.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::permission::{Permission, PermissionSet};
use crate::error::{Error, Result};

/// The id of the organisation that owns a row, an object or a request. Every query needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Uuid)]
pub struct TenantId(pub Uuid);

/// An authenticated caller, with the current values from the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The organisation for which the call is made.
    pub tenant: TenantId,
    /// The person or the key.
    pub actor: Actor,
    /// The permissions of the caller.
    pub permissions: PermissionSet,
    /// Whether the organisation requires two-factor authentication for this person's role, and the person has not set
    /// it up.
    pub two_factor_missing: bool,
    /// The number of changes of the organisation's settings so far. It shows whether a cached copy is up to date.
    pub settings_version: i64,
}

/// The kind of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person in a session.
    Person(Person),
    /// An API key.
    Key {
        /// Its id.
        id: Uuid,
        /// Its name.
        name: String,
    },
}

/// A person who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The id of the account.
    pub user: Uuid,
    /// The e-mail address of the account.
    pub email: String,
    /// The id of the session.
    pub session: Uuid,
}

impl Caller {
    /// Checks that the caller has `permission`.
    ///
    /// # Errors
    /// 403, with what is missing.
    pub fn check(&self, permission: Permission) -> Result<()> {
        if matches!(permission, Permission::SignedIn | Permission::OwnAccount) {
            self.person()?;
        }
        if self.two_factor_missing && permission != Permission::OwnAccount {
            return Err(Error::Refused {
                code: "two_factor_required",
                message: messages::runtime::two_factor_required(),
            });
        }
        if self.permissions.has(permission) { Ok(()) } else { Err(Error::Forbidden(permission)) }
    }

    /// Returns the person who calls.
    ///
    /// # Errors
    /// 403 for an API key: it has no profile, no sessions and no second factor.
    pub fn person(&self) -> Result<&Person> {
        match &self.actor {
            Actor::Person(person) => Ok(person),
            Actor::Key { .. } => {
                Err(Error::Refused { code: "person_needed", message: messages::runtime::person_needed() })
            }
        }
    }
}

impl std::fmt::Display for TenantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
