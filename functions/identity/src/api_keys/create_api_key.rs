//! `POST /v1/api-keys`

use access::KEY_PREFIX;
use db_core::{ApiKey, CoreDb};
use db_tenancy::Stamp;
use ipnet::IpNet;
use messages::identity as say;
use runtime::{Body, Created, Cx, Error, Permission, PermissionSet, Result};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api_keys::view::ApiKeyView;
use crate::input::{Name, ahead};
use crate::secret;

/// An API key to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// The name.
    pub name: Name,
    /// The permissions of the key: at least one, and only permissions that the caller holds.
    #[schema(min_items = 1)]
    pub permissions: Vec<Permission>,
    /// Until when the key is valid, at most ten years from now; default: without end.
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// The addresses and networks (CIDR) from which the key may be used, at most 50; default: every address.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub allowed_addresses: Vec<String>,
}

/// A new key.
#[derive(Serialize, ToSchema)]
pub struct NewApiKeyView {
    /// The key itself; it is not shown again. Send it as `Authorization: Bearer …`.
    pub key: String,
    /// The key as the list shows it.
    #[serde(flatten)]
    pub listed: ApiKeyView,
}

const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Creates an API key.
pub async fn create_api_key(cx: Cx, input: Body<NewApiKey>) -> Result<Created<NewApiKeyView>> {
    let NewApiKey { name, permissions, expires_at, allowed_addresses } = input.0;
    let stamp = Stamp::of(&cx)?;
    let permissions: PermissionSet = permissions.into_iter().collect();
    if permissions.is_empty() {
        return Err(Error::invalid("permissions", "required", say::permissions_missing()));
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

/// Returns each address or network as a network: `192.0.2.7` is `192.0.2.7/32`.
fn networks(texts: &[String]) -> Result<Vec<String>> {
    if texts.len() > 50 {
        return Err(Error::invalid("allowed_addresses", "too_many", say::too_many_addresses(50, texts.len())));
    }
    let network = |(index, text): (usize, &String)| {
        let text = text.trim();
        let parsed = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
        parsed.map(|network| network.trunc().to_string()).map_err(|_| {
            let shown: String = text.chars().take(50).collect();
            Error::invalid(&format!("allowed_addresses[{index}]"), "address_invalid", say::network_invalid(shown))
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
