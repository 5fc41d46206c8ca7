//! Permissions, and the five predefined roles.
//!
//! The product has 62 permissions. `docs/permissions.md` is generated from this list, with the roles that hold each
//! one.

use std::fmt;

use messages::{Text, runtime as say};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::http::value_error::ValueError;

macro_rules! permissions {
    ($($variant:ident = $name:literal, $least:ident, $message:ident;)*) => {
        /// A permission, named `action:resource`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
            /// Not one of the 62: every person who is logged in.
            SignedIn,
            /// Not one of the 62: every person who is logged in, for their own account: also without the two-factor
            /// authentication that their organisation requires, because they set it up here.
            OwnAccount,
            /// Not one of the 62: everybody, without a token.
            Public,
        }

        impl Permission {
            /// The 62 permissions.
            pub const ALL: &[Permission] = &[$(Permission::$variant),*];

            /// Returns the name, `action:resource`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Permission::Public => "public",
                    Permission::SignedIn => "signed_in",
                    Permission::OwnAccount => "own_account",
                    $(Permission::$variant => $name,)*
                }
            }

            /// Returns what it allows, in a sentence.
            #[must_use]
            pub fn description(self) -> Text {
                match self {
                    Permission::Public => say::may_everybody(),
                    Permission::SignedIn | Permission::OwnAccount => say::may_everybody_logged_in(),
                    $(Permission::$variant => say::$message(),)*
                }
            }

            /// Returns its bit in a set. What everybody may do has none.
            const fn bit(self) -> u64 {
                match self {
                    Permission::Public | Permission::SignedIn | Permission::OwnAccount => 0,
                    permission => 1 << permission as u64,
                }
            }

            /// Returns the lowest of the predefined roles that hold it.
            const fn least_role(self) -> Role {
                match self {
                    Permission::Public | Permission::SignedIn | Permission::OwnAccount => Role::Viewer,
                    $(Permission::$variant => Role::$least,)*
                }
            }
        }
    };
}

permissions! {
    ProductsRead = "read:products", Viewer, may_products_read;
    ProductsWrite = "write:products", Manager, may_products_write;
    ProductsDelete = "delete:products", Admin, may_products_delete;
    SuppliersRead = "read:suppliers", Viewer, may_suppliers_read;
    SuppliersWrite = "write:suppliers", Manager, may_suppliers_write;
    SuppliersDelete = "delete:suppliers", Admin, may_suppliers_delete;
    MediaRead = "read:media", Viewer, may_media_read;
    MediaWrite = "write:media", Manager, may_media_write;
    MediaDelete = "delete:media", Admin, may_media_delete;
    Code2AsinRead = "read:code2asin", Viewer, may_code2asin_read;
    Code2AsinWrite = "write:code2asin", User, may_code2asin_write;
    Code2AsinDelete = "delete:code2asin", Admin, may_code2asin_delete;
    TemplatesRead = "read:templates", Viewer, may_templates_read;
    TemplatesWrite = "write:templates", Manager, may_templates_write;
    TemplatesDelete = "delete:templates", Admin, may_templates_delete;
    PricesRead = "read:prices", Viewer, may_prices_read;
    PricesWrite = "write:prices", Manager, may_prices_write;
    PricesDelete = "delete:prices", Admin, may_prices_delete;
    TagsRead = "read:tags", Viewer, may_tags_read;
    TagsWrite = "write:tags", Manager, may_tags_write;
    TagsDelete = "delete:tags", Admin, may_tags_delete;
    ImportsRead = "read:imports", Viewer, may_imports_read;
    ImportsWrite = "write:imports", User, may_imports_write;
    ImportsDelete = "delete:imports", Admin, may_imports_delete;
    ImportsStart = "start:imports", Manager, may_imports_start;
    ImportsCancel = "cancel:imports", Manager, may_imports_cancel;
    ImportsManage = "manage:imports", Manager, may_imports_manage;
    ExportsRead = "read:exports", Viewer, may_exports_read;
    ExportsWrite = "write:exports", Manager, may_exports_write;
    ExportsManage = "manage:exports", Manager, may_exports_manage;
    CacheRead = "read:cache", Manager, may_cache_read;
    CacheWrite = "write:cache", Admin, may_cache_write;
    CacheManage = "manage:cache", Admin, may_cache_manage;
    FilesRead = "read:files", Manager, may_files_read;
    FilesWrite = "write:files", Manager, may_files_write;
    FilesUpload = "upload:files", User, may_files_upload;
    WorkflowsRead = "read:workflows", Viewer, may_workflows_read;
    WorkflowsWrite = "write:workflows", Manager, may_workflows_write;
    WorkflowsExecute = "execute:workflows", Manager, may_workflows_execute;
    WorkflowsDelete = "delete:workflows", Admin, may_workflows_delete;
    EnvironmentalDataRead = "read:environmental_data", Viewer, may_environmental_data_read;
    EnvironmentalDataWrite = "write:environmental_data", Manager, may_environmental_data_write;
    AiMetadataRead = "read:ai_metadata", Viewer, may_ai_metadata_read;
    AiMetadataWrite = "write:ai_metadata", Manager, may_ai_metadata_write;
    IntegrationsRead = "read:integrations", Viewer, may_integrations_read;
    IntegrationsManage = "manage:integrations", Admin, may_integrations_manage;
    EnrichmentRead = "read:enrichment", Viewer, may_enrichment_read;
    EnrichmentManage = "manage:enrichment", Manager, may_enrichment_manage;
    ReportsRead = "read:reports", Viewer, may_reports_read;
    ReportsManage = "manage:reports", Manager, may_reports_manage;
    AnalyticsRead = "read:analytics", Viewer, may_analytics_read;
    SystemRead = "read:system", Admin, may_system_read;
    MonitoringRead = "read:monitoring", Manager, may_monitoring_read;
    AdminAccess = "admin:access", Admin, may_admin_access;
    AdminUsers = "admin:users", Admin, may_admin_users;
    AdminUserCreate = "admin:user_create", Admin, may_admin_user_create;
    AdminUserUpdate = "admin:user_update", Admin, may_admin_user_update;
    AdminUserDelete = "admin:user_delete", Admin, may_admin_user_delete;
    AdminRoleAssign = "admin:role_assign", Admin, may_admin_role_assign;
    AdminPermissionAssign = "admin:permission_assign", Admin, may_admin_permission_assign;
    AdminSettings = "admin:settings", Admin, may_admin_settings;
    AdminAmazonApiGlobal = "admin:amazon_api_global", SuperAdmin, may_admin_amazon_api_global;
}

impl Permission {
    /// Returns the permission with this name, one of the 62.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name() == name)
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PermissionSet(u64);

impl PermissionSet {
    /// Returns `true` if the set contains `permission`.
    #[must_use]
    pub fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() == permission.bit()
    }

    /// Returns the permissions that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the permissions that are also in `other`.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns `true` if the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the permissions, in the order of [`Permission::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }

    /// Returns the names of the permissions.
    #[must_use]
    pub fn names(self) -> Vec<String> {
        self.iter().map(|permission| permission.name().to_owned()).collect()
    }

    /// Returns the permissions with these names; an unknown name is left out.
    pub fn of_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        names.into_iter().filter_map(|name| Permission::named(name.as_ref())).collect()
    }

    /// Checks that `giver` may give these permissions to others: only permissions that they hold themselves.
    ///
    /// # Errors
    /// The first of these permissions that `giver` does not hold.
    pub fn grantable_by(self, giver: Self) -> Result<(), NotHeld> {
        self.without(giver).iter().next().map_or(Ok(()), |missing| Err(NotHeld(missing)))
    }
}

/// The error for a caller who gives a permission that they do not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld(pub Permission);

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | permission.bit()))
    }
}

/// A predefined role. Each role holds the permissions of the role before it, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May see.
    Viewer,
    /// May also import.
    User,
    /// May also change products and run the daily business.
    Manager,
    /// May also manage the organisation.
    Admin,
    /// Owns the organisation.
    SuperAdmin,
}

impl Role {
    /// The five roles, the lowest first.
    pub const ALL: [Role; 5] = [Role::Viewer, Role::User, Role::Manager, Role::Admin, Role::SuperAdmin];

    /// Returns the permissions of the role.
    #[must_use]
    pub fn permissions(self) -> PermissionSet {
        Permission::ALL.iter().copied().filter(|permission| self >= permission.least_role()).collect()
    }

    /// Returns the name of the role in the API and in the database.
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

    /// Returns the name of the role for people.
    #[must_use]
    pub fn title(self) -> Text {
        match self {
            Role::Viewer => say::role_viewer(),
            Role::User => say::role_user(),
            Role::Manager => say::role_manager(),
            Role::Admin => say::role_admin(),
            Role::SuperAdmin => say::role_super_admin(),
        }
    }

    /// Returns the role with this name.
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
        Self::named(&name).ok_or_else(|| serde::de::Error::custom(ValueError::from(say::permission_unknown(name))))
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

/// Returns the text of `docs/permissions.md`: each permission, what it allows, and the predefined roles that hold it.
#[must_use]
pub fn permissions_document() -> String {
    use std::fmt::Write as _;
    let mut text = "# Permissions and roles\n\n\
        Generated from `shared/runtime/src/access/permission.rs` by `make openapi`; do not edit it by hand.\n\n\
        The name of a permission is `action:resource`. A predefined role holds the permissions of the role before it, and\n\
        more. An organisation creates its own roles from the same permissions (`POST /v1/roles`), and API keys hold some of\n\
        them. Nobody can give a permission that they do not hold. A change takes effect on the next request.\n\n\
        Modules that have no permission of their own fall under these: Odoo, shops, marketplaces, API keys and webhooks under\n\
        *integrations*; price watch and alerts under *prices*; automations across modules under *workflows*; automations and\n\
        schedules of imports under `manage:imports`; Code2ASIN and the EAN manager under *code2asin*; brands, categories and\n\
        attributes under *products*; mapping and export templates under *templates*; members, roles and the audit trail under\n\
        *admin*. One's own profile, sessions and two-factor authentication need no permission.\n\n"
        .to_owned();
    text.push_str(
        "| permission | allows to | Viewer | User | Manager | Admin | Super Admin |\n|---|---|---|---|---|---|---|\n",
    );
    for permission in Permission::ALL {
        let _ = write!(text, "| `{permission}` | {} |", permission.description().english());
        for role in Role::ALL {
            text.push_str(if role.permissions().has(*permission) { " yes |" } else { " |" });
        }
        text.push('\n');
    }
    let counts: Vec<String> = Role::ALL
        .iter()
        .map(|role| format!("{} {}", role.title().english(), role.permissions().iter().count()))
        .collect();
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
    fn nobody_can_give_a_permission_that_they_do_not_hold() {
        let manager = Role::Manager.permissions();
        assert!(Role::User.permissions().grantable_by(manager).is_ok());
        let refused = crate::Error::from(Role::Admin.permissions().grantable_by(manager).unwrap_err());
        assert_eq!((refused.status(), refused.code()), (403, "permission_not_held"));
        assert_eq!(PermissionSet::of_names(manager.names()), manager);
        assert!(!PermissionSet::of_names(["read:everything", "public"]).has(Permission::ProductsRead));
    }
}
