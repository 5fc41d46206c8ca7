//! Which source owns which field of a product, and which source may change a field that another source owns.
//!
//! A source is `user`, `supplier:<id>`, `import` (a file without a supplier), `sync:<name>`, `rule` or `ai`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// The owners of the known fields. They are stored as fields by source, because few sources own many fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Owners(BTreeMap<String, BTreeSet<String>>);

/// An organisation's policy for sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourcePolicy {
    /// For each field, or for `*` (every other field): the sources in order, the strongest first. `supplier` and `sync`
    /// stand for all sources of their kind. A source that is not listed is weaker than the listed ones. Without a list,
    /// the last source that writes wins.
    pub priority: BTreeMap<String, Vec<String>>,
    /// Whether an edit by hand locks its fields: then only another edit by hand changes them.
    pub lock_on_edit: bool,
}

/// The reason why a source may not write a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// An edit by hand locked it.
    Locked,
    /// A stronger source owns it; holds that source.
    Owned(String),
}

impl Owners {
    /// Returns the source that owns a field.
    #[must_use]
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(_, fields)| fields.contains(field)).map(|(source, _)| source.as_str())
    }

    /// Makes a source the owner of fields.
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

    /// Removes the owners of fields that are not known any more.
    pub fn forget<'f>(&mut self, fields: impl IntoIterator<Item = &'f str>) {
        for field in fields {
            for owned in self.0.values_mut() {
                owned.remove(field);
            }
        }
        self.0.retain(|_, fields| !fields.is_empty());
    }

    /// Returns each field with its source.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(source, fields)| fields.iter().map(move |field| (field.as_str(), source.as_str())))
    }
}

impl SourcePolicy {
    /// Returns `true` if the policy has no order of sources: then owners need not be looked up.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.priority.is_empty()
    }

    /// Checks that `source` may write `field`.
    ///
    /// # Errors
    /// The reason why it may not.
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
