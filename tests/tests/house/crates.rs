//! The crates: which may depend on which, and which external crates each may use.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::root;

/// Which crates of the house a crate may depend on, beside `messages`, which every crate that speaks to users needs.
fn allowed(krate: &str) -> &'static [&'static str] {
    const DATABASES: &[&str] = &["db-tenancy", "mapping", "planning", "product", "runtime", "schedule", "tabular"];
    const FUNCTIONS: &[&str] = &[
        "access",
        "channels",
        "cloud",
        "db-analytics",
        "db-catalog",
        "db-code2asin",
        "db-core",
        "db-imports",
        "db-media",
        "db-suppliers",
        "db-tenancy",
        "images",
        "mapping",
        "net",
        "planning",
        "product",
        "runtime",
        "schedule",
        "tabular",
        "workbooks",
    ];
    match krate {
        "client" | "images" | "messages" | "product" | "runtime" | "schedule" | "tabular" => &[],
        "mapping" => &["product"],
        "planning" => &["product"],
        "channels" => &["mapping", "product", "tabular"],
        "cloud" => &["runtime"],
        "net" => &["cloud", "runtime"],
        "workbooks" => &["tabular"],
        "access" => &["cloud", "db-core", "runtime"],
        "db-tenancy" => &["cloud", "runtime"],
        database if database.starts_with("db-") => DATABASES,
        _ => FUNCTIONS,
    }
}

fn manifests() -> Vec<(PathBuf, toml::Table)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("functions"), root().join("shared")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let manifest = entry.path().join("Cargo.toml");
            if manifest.exists() {
                found.push((entry.path(), std::fs::read_to_string(manifest).unwrap().parse().unwrap()));
            } else if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    assert!(found.len() > 15, "the crates were found");
    found
}

#[test]
fn dependencies_point_one_way() {
    let manifests = manifests();
    let ours: BTreeSet<&str> =
        manifests.iter().map(|(_, manifest)| manifest["package"]["name"].as_str().unwrap()).collect();
    for (_, manifest) in &manifests {
        let name = manifest["package"]["name"].as_str().unwrap();
        for dependency in manifest["dependencies"]
            .as_table()
            .unwrap()
            .keys()
            .filter(|name| ours.contains(name.as_str()) && *name != "messages")
        {
            assert!(allowed(name).contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn each_outside_world_is_known_in_one_place() {
    let rules: &[(&str, &[&str])] = &[
        ("sqlx", &["db-"]),
        ("aws-sdk", &["cloud"]),
        ("aws-config", &["cloud"]),
        ("lambda_runtime", &["runtime"]),
        ("tokio", &["access", "runtime", "cloud", "db-", "client", "exports", "imports", "identity", "media", "net"]),
        ("reqwest", &["client", "net"]),
    ];
    for (_, manifest) in manifests() {
        let name = manifest["package"]["name"].as_str().unwrap();
        for dependency in manifest["dependencies"].as_table().unwrap().keys() {
            for (world, homes) in rules {
                // ops.migrate runs the migrations, which are sqlx's.
                let exception = name == "ops" && *world == "sqlx";
                let at_home = homes.iter().any(|home| name == *home || (home.ends_with('-') && name.starts_with(home)));
                assert!(
                    !dependency.starts_with(world) || at_home || exception,
                    "{name} must not depend on {dependency}"
                );
            }
        }
    }
}

#[test]
fn pure_crates_know_no_clock_no_async_and_no_environment() {
    for krate in ["channels", "images", "mapping", "planning", "product", "schedule", "tabular"] {
        let mut folders = vec![root().join(format!("shared/{krate}/src"))];
        while let Some(folder) = folders.pop() {
            for file in std::fs::read_dir(folder).unwrap().flatten() {
                if file.path().is_dir() {
                    folders.push(file.path());
                    continue;
                }
                let text = std::fs::read_to_string(file.path()).unwrap();
                for word in ["async fn", "std::env", "now_utc", "SystemTime", "std::fs"] {
                    assert!(!text.contains(word), "{} has `{word}`", file.path().display());
                }
            }
        }
    }
}

#[test]
fn every_crate_uses_the_lints_of_the_workspace() {
    for (path, manifest) in manifests() {
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "{}", path.display());
        assert_eq!(manifest["package"]["publish"]["workspace"].as_bool(), Some(true), "{}", path.display());
    }
}
