//! `POST /v1/api-keys`

use access::KEY_PREFIX;
use db_core::{ApiKey, CoreDb};
use db_tenancy::Stamp;
use ipnet::IpNet;
use runtime::{Body, Created, Cx, Error, Permission, PermissionSet, Result};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api_keys::view::ApiKeyView;
use crate::input::{Name, ahead};
use crate::secret;

/// An API key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// The name.
    pub name: Name,
    /// What it may do; no more than whoever makes it, and at least one thing.
    #[schema(min_items = 1)]
    pub permissions: Vec<Permission>,
    /// Until when it is good, at most ten years ahead; for good unless said.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// The addresses and networks (CIDR) it may be used from, at most 50; everywhere unless said.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub allowed_addresses: Vec<String>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
pub struct NewApiKeyView {
    /// The key itself; it is not shown again. Sent as `Authorization: Bearer …`.
    pub key: String,
    /// What the list shows.
    #[serde(flatten)]
    pub listed: ApiKeyView,
}

const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Makes an API key.
pub async fn create_api_key(cx: Cx, input: Body<NewApiKey>) -> Result<Created<NewApiKeyView>> {
    let NewApiKey { name, permissions, expires_at, allowed_addresses } = input.0;
    let stamp = Stamp::of(&cx)?;
    let permissions: PermissionSet = permissions.into_iter().collect();
    if permissions.is_empty() {
        return Err(Error::invalid("permissions", "required", "expected at least one permission, found none"));
    }
    permissions.grantable_by(cx.caller()?.permissions)?;
    let expires_at = expires_at.map(|at| ahead("expires_at", at, cx.now, Duration::days(3_653))).transpose()?;
    let kind = if cx.env().text("STAGE")? == "production" { "live_" } else { "test_" };
    let key = format!("{KEY_PREFIX}{kind}{}", secret::characters(ALPHABET, 64)?);
    let stored = ApiKey {
        id: Uuid::now_v7(),
        name: name.0,
        prefix: key.chars().take(KEY_PREFIX.len() + kind.len() + 6).collect(),
        permissions,
        allowed_addresses: networks(&allowed_addresses)?,
        created_by: stamp.actor().unwrap_or_default(),
        created_at: cx.now,
        expires_at,
        last_used_at: None,
        last_used_address: None,
    };
    cx.get::<CoreDb>().await?.add_api_key(cx.tenant()?, &stored, secret::hash(&key), &stamp).await?;
    Ok(Created(NewApiKeyView { key, listed: stored.into() }))
}

/// Addresses and networks, each as a network: `192.0.2.7` is `192.0.2.7/32`.
fn networks(texts: &[String]) -> Result<Vec<String>> {
    if texts.len() > 50 {
        let message = format!("expected at most 50 addresses, found {}", texts.len());
        return Err(Error::invalid("allowed_addresses", "too_many", message));
    }
    let network = |(index, text): (usize, &String)| {
        let text = text.trim();
        let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
        parsed.map(|network| network.trunc().to_string()).map_err(|_| {
            let shown: String = text.chars().take(50).collect();
            let message = format!("expected an address or a network such as 192.0.2.0/24, found \"{shown}\"");
            Error::invalid(&format!("allowed_addresses[{index}]"), "address_invalid", message)
        })
    };
    texts.iter().enumerate().map(network).collect()
}

#[cfg(test)]
mod tests {
    use super::networks;

    #[test]
    fn addresses_become_networks() {
        let of = |texts: &[&str]| networks(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            of(&["192.0.2.7", " 10.1.2.3/8 ", "2001:db8::1"]).unwrap(),
            ["192.0.2.7/32", "10.0.0.0/8", "2001:db8::1/128"]
        );
        assert!(of(&["192.0.2"]).is_err() && of(&["10.0.0.0/33"]).is_err() && of(&["shop.example"]).is_err());
        assert!(of(&["10.0.0.1"; 51]).is_err());
    }
}
