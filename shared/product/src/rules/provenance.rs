//! Which source owns which field of a product, and which source may take a field over from which.
//!
//! A source is `user`, `supplier:<id>`, `import` (a file of no supplier), `sync:<name>`, `rule` or `ai`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The owner of each known field: fields by source, because few sources own many fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owners(BTreeMap<String, BTreeSet<String>>);

/// What an organisation decided about sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourcePolicy {
    /// For a field, or `*` for every other one: the sources in their order, the strongest first. `supplier` and `sync`
    /// stand for each of their kind. A source that is not listed is weaker than all that are. Without a list the last
    /// one to write wins.
    pub priority: BTreeMap<String, Vec<String>>,
    /// Whether an edit by hand locks its fields against every source but another edit by hand.
    pub lock_on_edit: bool,
}

/// Why a source may not write a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Somebody locked it by editing it.
    Locked,
    /// A stronger source owns it.
    Owned(String),
}

impl Owners {
    /// The source that owns a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(_, fields)| fields.contains(field)).map(|(source, _)| source.as_str())
    }

    /// Gives fields to a source.
    pub fn give<'f>(&mut self, fields: impl IntoIterator<Item = &'f str>, source: &str) {
        for field in fields {
            for (other, owned) in &mut self.0 {
                if other != source {
                    owned.remove(field);
                }
            }
            self.0.entry(source.to_owned()).or_default().insert(field.to_owned());
        }
        self.0.retain(|_, fields| !fields.is_empty());
    }

    /// Forgets fields that are not known any more.
    pub fn forget<'f>(&mut self, fields: impl IntoIterator<Item = &'f str>) {
        for field in fields {
            for owned in self.0.values_mut() {
                owned.remove(field);
            }
        }
        self.0.retain(|_, fields| !fields.is_empty());
    }

    /// Each field with its source.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(source, fields)| fields.iter().map(move |field| (field.as_str(), source.as_str())))
    }
}

impl SourcePolicy {
    /// Whether the policy never keeps a field: then nothing need be looked up.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.priority.is_empty()
    }

    /// Whether `source` may write `field`.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, owners: &Owners, locked: &[String], field: &str, source: &str) -> Result<(), Kept> {
        if source == "user" {
            return Ok(());
        }
        if locked.iter().any(|one| one == field) {
            return Err(Kept::Locked);
        }
        let (Some(owner), Some(order)) =
            (owners.of(field), self.priority.get(field).or_else(|| self.priority.get("*")))
        else {
            return Ok(());
        };
        let kind = |source: &str| source.split(':').next().unwrap_or(source).to_owned();
        let rank = |source: &str| {
            let exact = order.iter().position(|listed| listed == source);
            exact.or_else(|| order.iter().position(|listed| *listed == kind(source))).unwrap_or(order.len())
        };
        if rank(source) <= rank(owner) { Ok(()) } else { Err(Kept::Owned(owner.to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weaker_source_does_not_write_what_a_stronger_one_owns() {
        let mut owners = Owners::default();
        owners.give(["price", "title"], "supplier:a");
        owners.give(["stock"], "sync:odoo");
        owners.give(["title"], "user");
        assert_eq!(
            (owners.of("title"), owners.of("price"), owners.of("brand")),
            (Some("user"), Some("supplier:a"), None)
        );
        let order = |sources: &[&str]| sources.iter().map(|source| (*source).to_owned()).collect::<Vec<_>>();
        let policy = SourcePolicy {
            priority: BTreeMap::from([
                ("price".to_owned(), order(&["supplier:a", "supplier"])),
                ("*".to_owned(), order(&["user", "sync", "supplier"])),
            ]),
            lock_on_edit: false,
        };
        let check = |field: &str, source: &str| policy.check(&owners, &[], field, source);
        assert_eq!(check("price", "supplier:b"), Err(Kept::Owned("supplier:a".into())));
        assert_eq!(check("price", "supplier:a"), Ok(()));
        assert_eq!(check("stock", "supplier:a"), Err(Kept::Owned("sync:odoo".into())));
        assert_eq!(check("title", "import"), Err(Kept::Owned("user".into())), "what is not listed is weakest");
        assert_eq!(check("brand", "import"), Ok(()), "nobody owns it");
        assert_eq!(check("title", "user"), Ok(()));
        assert_eq!(policy.check(&owners, &["brand".to_owned()], "brand", "ai"), Err(Kept::Locked));
        assert_eq!(
            SourcePolicy::default().check(&owners, &[], "title", "import"),
            Ok(()),
            "without an order the last one wins"
        );
        owners.forget(["price"]);
        assert_eq!(owners.of("price"), None);
    }
}
