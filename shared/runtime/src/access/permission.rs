//! What a caller may do, and the five predefined roles.
//!
//! The 62 permissions are the product's; `docs/permissions.md` is written from this list, with the roles that hold each.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

macro_rules! permissions {
    ($($variant:ident = $name:literal, $least:ident, $doc:literal;)*) => {
        /// A permission, named `action:resource`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $(#[doc = $doc] $variant,)*
            /// Not one of the 62: whoever is logged in, as a person.
            SignedIn,
            /// Not one of the 62: anybody, without a token.
            Public,
        }

        impl Permission {
            /// The 62 permissions.
            pub const ALL: &[Permission] = &[$(Permission::$variant),*];

            /// The permission's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Permission::Public => "public",
                    Permission::SignedIn => "signed_in",
                    $(Permission::$variant => $name,)*
                }
            }

            /// What it lets one do.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self {
                    Permission::Public => "Anybody, without a token.",
                    Permission::SignedIn => "Whoever is logged in, as a person.",
                    $(Permission::$variant => $doc,)*
                }
            }

            /// The least of the predefined roles that holds it.
            const fn least_role(self) -> Role {
                match self {
                    Permission::Public | Permission::SignedIn => Role::Viewer,
                    $(Permission::$variant => Role::$least,)*
                }
            }
        }
    };
}

permissions! {
    ProductsRead = "read:products", Viewer, "See products, variants, categories, attributes, their history and their completeness.";
    ProductsWrite = "write:products", Manager, "Create, change, duplicate, merge and restore products, categories and attributes.";
    ProductsDelete = "delete:products", Admin, "Move products to the trash, and empty it.";
    SuppliersRead = "read:suppliers", Viewer, "See suppliers and their references.";
    SuppliersWrite = "write:suppliers", Manager, "Create, change and archive suppliers.";
    SuppliersDelete = "delete:suppliers", Admin, "Delete suppliers that have no products.";
    MediaRead = "read:media", Viewer, "See images and their sizes.";
    MediaWrite = "write:media", Manager, "Add images, order them and change their texts.";
    MediaDelete = "delete:media", Admin, "Delete images.";
    Code2AsinRead = "read:code2asin", Viewer, "See EANs, ASINs and the results of Code2ASIN.";
    Code2AsinWrite = "write:code2asin", User, "Start a Code2ASIN search, take its results over, and assign EANs.";
    Code2AsinDelete = "delete:code2asin", Admin, "Delete Code2ASIN jobs and their results.";
    TemplatesRead = "read:templates", Viewer, "See mapping and export templates.";
    TemplatesWrite = "write:templates", Manager, "Create and change mapping and export templates.";
    TemplatesDelete = "delete:templates", Admin, "Delete mapping and export templates.";
    PricesRead = "read:prices", Viewer, "See prices, competitors' prices and price alerts.";
    PricesWrite = "write:prices", Manager, "Change price lists, price rules, watched competitors and alerts.";
    PricesDelete = "delete:prices", Admin, "Delete price lists, price rules and watched competitors.";
    TagsRead = "read:tags", Viewer, "See tags.";
    TagsWrite = "write:tags", Manager, "Create, rename and assign tags.";
    TagsDelete = "delete:tags", Admin, "Delete tags.";
    ImportsRead = "read:imports", Viewer, "See imports, their progress, previews and errors.";
    ImportsWrite = "write:imports", User, "Upload a file, map its columns, preview it and import it.";
    ImportsDelete = "delete:imports", Admin, "Undo an import, and delete imports with their files.";
    ImportsStart = "start:imports", Manager, "Run an automation now, and go on with an import that failed or stopped.";
    ImportsCancel = "cancel:imports", Manager, "Stop an import that runs.";
    ImportsManage = "manage:imports", Manager, "Set up automations, their schedules and their sources.";
    ExportsRead = "read:exports", Viewer, "See exports and download their files.";
    ExportsWrite = "write:exports", Manager, "Start and cancel exports.";
    ExportsManage = "manage:exports", Manager, "Set up export schedules and where their files are delivered.";
    CacheRead = "read:cache", Manager, "See what is cached and how old it is.";
    CacheWrite = "write:cache", Admin, "Refresh cached data.";
    CacheManage = "manage:cache", Admin, "Empty caches.";
    FilesRead = "read:files", Manager, "See and download the organisation's files.";
    FilesWrite = "write:files", Manager, "Move, rename and delete the organisation's files.";
    FilesUpload = "upload:files", User, "Upload files.";
    WorkflowsRead = "read:workflows", Viewer, "See automations across modules and their runs.";
    WorkflowsWrite = "write:workflows", Manager, "Create and change automations across modules.";
    WorkflowsExecute = "execute:workflows", Manager, "Run an automation now.";
    WorkflowsDelete = "delete:workflows", Admin, "Delete automations.";
    EnvironmentalDataRead = "read:environmental_data", Viewer, "See environmental and compliance data.";
    EnvironmentalDataWrite = "write:environmental_data", Manager, "Change environmental and compliance data.";
    AiMetadataRead = "read:ai_metadata", Viewer, "See what AI proposed, and when.";
    AiMetadataWrite = "write:ai_metadata", Manager, "Accept, change and refuse what AI proposed.";
    IntegrationsRead = "read:integrations", Viewer, "See connections to Odoo, shops and marketplaces, API keys and webhooks, never their secrets.";
    IntegrationsManage = "manage:integrations", Admin, "Set up connections to Odoo, shops and marketplaces, API keys and webhooks.";
    EnrichmentRead = "read:enrichment", Viewer, "See enrichment jobs and their costs.";
    EnrichmentManage = "manage:enrichment", Manager, "Start and configure enrichment.";
    ReportsRead = "read:reports", Viewer, "See reports.";
    ReportsManage = "manage:reports", Manager, "Create, change and schedule reports.";
    AnalyticsRead = "read:analytics", Viewer, "See statistics and dashboards.";
    SystemRead = "read:system", Admin, "See usage, limits and the state of the organisation's jobs.";
    MonitoringRead = "read:monitoring", Manager, "See the health of jobs and deliveries.";
    AdminAccess = "admin:access", Admin, "Open the administration, and see the audit trail.";
    AdminUsers = "admin:users", Admin, "See members and invitations.";
    AdminUserCreate = "admin:user_create", Admin, "Invite people.";
    AdminUserUpdate = "admin:user_update", Admin, "Change invitations, and end other members' sessions.";
    AdminUserDelete = "admin:user_delete", Admin, "Remove members, and withdraw invitations.";
    AdminRoleAssign = "admin:role_assign", Admin, "Change a member's role.";
    AdminPermissionAssign = "admin:permission_assign", Admin, "Create, change and delete the organisation's own roles.";
    AdminSettings = "admin:settings", Admin, "See and change the organisation's name and settings, and revert them.";
    AdminAmazonApiGlobal = "admin:amazon_api_global", SuperAdmin, "Change the Amazon credentials that the whole organisation uses.";
}

impl Permission {
    /// The permission with this name, one of the 62.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name() == name)
    }
}

/// Permissions that are held together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PermissionSet(u64);

impl PermissionSet {
    /// Whether `permission` is among them.
    #[must_use]
    pub fn has(self, permission: Permission) -> bool {
        match permission {
            Permission::Public | Permission::SignedIn => true,
            one => self.0 & (1 << one as u64) != 0,
        }
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those that are in `other` too.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }

    /// Their names.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        self.iter().map(|permission| permission.name().to_owned()).collect()
    }

    /// The permissions with these names; a name that is none is left out.
    pub fn of_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        names.into_iter().filter_map(|name| Permission::named(name.as_ref())).collect()
    }

    /// Nobody gives what they do not hold.
    ///
    /// # Errors
    /// The first of these permissions that `giver` does not hold.
    pub fn grantable_by(self, giver: Self) -> Result<(), NotHeld> {
        self.without(giver).iter().next().map_or(Ok(()), |missing| Err(NotHeld(missing)))
    }
}

/// A permission that somebody would give without holding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld(pub Permission);

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let real = permissions.into_iter().filter(|one| !matches!(one, Permission::Public | Permission::SignedIn));
        Self(real.fold(0, |bits, permission| bits | 1 << permission as u64))
    }
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
    /// The five, the least first.
    pub const ALL: [Role; 5] = [Role::Viewer, Role::User, Role::Manager, Role::Admin, Role::SuperAdmin];

    /// What the role holds.
    #[must_use]
    pub fn permissions(self) -> PermissionSet {
        Permission::ALL.iter().copied().filter(|permission| self >= permission.least_role()).collect()
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

    /// The role's name for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Role::Viewer => "Viewer",
            Role::User => "User",
            Role::Manager => "Manager",
            Role::Admin => "Admin",
            Role::SuperAdmin => "Super Admin",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::named(&name).ok_or_else(|| {
            let message = format!(
                "expected a permission such as read:products (GET /v1/permissions lists them), found \"{name}\""
            );
            serde::de::Error::custom(message)
        })
    }
}

impl utoipa::PartialSchema for Permission {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let names = Permission::ALL.iter().map(|permission| permission.name());
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(names))
            .into()
    }
}

impl ToSchema for Permission {}

/// `docs/permissions.md`: each permission, what it lets one do, and the predefined roles that hold it.
#[must_use]
pub fn permissions_document() -> String {
    use std::fmt::Write as _;
    let mut text = "# Permissions and roles\n\n\
        Written from `shared/runtime/src/permission.rs` by `make openapi`; do not edit it by hand.\n\n\
        A permission is `action:resource`. A predefined role holds what the one before it holds, and more. An organisation\n\
        makes its own roles from the same permissions (`POST /v1/roles`), and API keys hold some of them. Nobody gives what\n\
        they do not hold. A change acts on the next request.\n\n\
        Modules that have no permission of their own fall under these: Odoo, shops, marketplaces, API keys and webhooks under\n\
        *integrations*; price watch and alerts under *prices*; automations across modules under *workflows*; automations and\n\
        schedules of imports under `manage:imports`; Code2ASIN and the EAN manager under *code2asin*; brands, categories and\n\
        attributes under *products*; mapping and export templates under *templates*; members, roles and the audit trail under\n\
        *admin*. What concerns only oneself (profile, sessions, two-factor) needs no permission.\n\n"
        .to_owned();
    text.push_str(
        "| permission | lets one | Viewer | User | Manager | Admin | Super Admin |\n|---|---|---|---|---|---|---|\n",
    );
    for permission in Permission::ALL {
        let _ = write!(text, "| `{permission}` | {} |", permission.description());
        for role in Role::ALL {
            text.push_str(if role.permissions().has(*permission) { " yes |" } else { " |" });
        }
        text.push('\n');
    }
    let counts: Vec<String> =
        Role::ALL.iter().map(|role| format!("{} {}", role.title(), role.permissions().iter().count())).collect();
    let _ = writeln!(text, "\n{} permissions. Held: {}.", Permission::ALL.len(), counts.join(", "));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_62_and_each_role_holds_more_than_the_one_before() {
        assert_eq!(Permission::ALL.len(), 62);
        let mut names: Vec<&str> = Permission::ALL.iter().map(|permission| permission.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 62);
        for pair in Role::ALL.windows(2) {
            let (less, more) = (pair[0].permissions(), pair[1].permissions());
            assert!(less.without(more).is_empty() && !more.without(less).is_empty(), "{pair:?}");
        }
        assert_eq!(Role::SuperAdmin.permissions().iter().count(), 62);
    }

    #[test]
    fn nobody_gives_what_they_do_not_hold() {
        let manager = Role::Manager.permissions();
        assert!(Role::User.permissions().grantable_by(manager).is_ok());
        let refused = crate::Error::from(Role::Admin.permissions().grantable_by(manager).unwrap_err());
        assert_eq!((refused.status(), refused.code()), (403, "permission_not_held"));
        assert_eq!(PermissionSet::of_names(manager.names()), manager);
        assert!(!PermissionSet::of_names(["read:everything", "public"]).has(Permission::ProductsRead));
    }
}
