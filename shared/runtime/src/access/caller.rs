//! Who calls.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::permission::{Permission, PermissionSet};
use crate::error::{Error, Result};

/// The organisation that owns a row, an object or a request. Every query takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Uuid)]
pub struct TenantId(pub Uuid);

/// An authenticated caller, as the database knows them at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The organisation in whose name the call is made.
    pub tenant: TenantId,
    /// The person or the key.
    pub actor: Actor,
    /// What the caller may do.
    pub permissions: PermissionSet,
    /// The organisation demands two-factor of this person's role, and the person has none yet.
    pub two_factor_missing: bool,
    /// Counts the changes of the organisation's settings, so that a cached copy knows whether it is the newest.
    pub settings_version: i64,
}

/// Who acts.
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
    /// The account.
    pub user: Uuid,
    /// The account's address.
    pub email: String,
    /// The session.
    pub session: Uuid,
}

impl Caller {
    /// Whether the caller may do what needs `permission`.
    ///
    /// # Errors
    /// 403, saying what is missing.
    pub fn check(&self, permission: Permission) -> Result<()> {
        if permission == Permission::SignedIn {
            return self.person().map(|_| ());
        }
        if self.two_factor_missing {
            return Err(Error::Refused {
                code: "two_factor_required",
                message: "your organisation demands two-factor authentication of your role; set it up (POST /v1/me/two-factor), then go on"
                    .to_owned(),
            });
        }
        if self.permissions.has(permission) { Ok(()) } else { Err(Error::Forbidden(permission)) }
    }

    /// The person who calls.
    ///
    /// # Errors
    /// 403 for an API key: it has no profile, no sessions and no second factor.
    pub fn person(&self) -> Result<&Person> {
        match &self.actor {
            Actor::Person(person) => Ok(person),
            Actor::Key { .. } => Err(Error::Refused {
                code: "person_needed",
                message: "an API key cannot do this; log in as a person".to_owned(),
            }),
        }
    }
}

impl std::fmt::Display for TenantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
