//! The domains, each with its database role.

/// The domains, each of which logs in with a role of its own. In the code, not in the settings: a deploy gives this function
/// its new code before anything else, and a new domain's role must be there before the migration that grants it something.
pub const DOMAINS: [&str; 9] =
    ["catalog", "exports", "identity", "imports", "media", "notifications", "ops", "settings", "suppliers"];
