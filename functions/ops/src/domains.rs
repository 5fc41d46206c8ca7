//! The domains of the product.

/// The domains; each logs in to the databases with its own role. The list is in the code, not in the settings: a deploy
/// updates this function first, and the role of a new domain must exist before the migration that grants it something.
pub const DOMAINS: [&str; 9] =
    ["catalog", "exports", "identity", "imports", "media", "notifications", "ops", "settings", "suppliers"];
