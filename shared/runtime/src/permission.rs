//! What a caller may do, and the five predefined roles.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! permissions {
    ($($variant:ident = $name:literal, $least:ident, $doc:literal;)*) => {
        /// A permission, named `action:resource`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Permission {
            /// Anybody, without a token.
            Public,
            $(#[doc = $doc] $variant,)*
        }

        impl Permission {
            /// Every permission, without [`Permission::Public`].
            pub const ALL: &[Permission] = &[$(Permission::$variant),*];

            /// The permission's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { Permission::Public => "public", $(Permission::$variant => $name),* }
            }

            /// The least of the predefined roles that holds it.
            const fn least_role(self) -> Role {
                match self { Permission::Public => Role::Viewer, $(Permission::$variant => Role::$least),* }
            }
        }
    };
}

permissions! {
    ProductsRead = "read:products", Viewer, "See the catalogue.";
    SuppliersRead = "read:suppliers", Viewer, "See the suppliers.";
    ImportsRead = "read:imports", Viewer, "See imports, their progress and their errors.";
    ImportsWrite = "write:imports", User, "Start an import, and resume one that failed.";
    ExportsRead = "read:exports", Viewer, "See exports and download their files.";
    ExportsWrite = "write:exports", Manager, "Start an export.";
}

/// A predefined role; each holds what the one before it holds, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees.
    Viewer,
    /// Imports.
    User,
    /// Runs the daily business.
    Manager,
    /// Manages the organisation.
    Admin,
    /// Owns it.
    SuperAdmin,
}

impl Role {
    /// Whether the role holds `permission`.
    #[must_use]
    pub fn holds(self, permission: Permission) -> bool {
        self >= permission.least_role()
    }

    /// The role's name in the API and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::User => "user",
            Role::Manager => "manager",
            Role::Admin => "admin",
            Role::SuperAdmin => "super_admin",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Role::Viewer, Role::User, Role::Manager, Role::Admin, Role::SuperAdmin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
