//! `GET /v1/.well-known/jwks.json`

use base64::Engine;
use db_core::CoreDb;
use runtime::{Cx, Result};
use serde::Serialize;
use utoipa::ToSchema;

/// The keys that verify access tokens.
#[derive(Serialize, ToSchema)]
pub struct JwkSet {
    /// The keys, the newest first.
    pub keys: Vec<Jwk>,
}

/// An Ed25519 key (RFC 8037).
#[derive(Serialize, ToSchema)]
pub struct Jwk {
    /// `OKP`.
    pub kty: &'static str,
    /// `Ed25519`.
    pub crv: &'static str,
    /// `EdDSA`.
    pub alg: &'static str,
    /// `sig`.
    pub r#use: &'static str,
    /// The `kid` of the tokens that it verifies.
    pub kid: String,
    /// The public key, base64url.
    pub x: String,
}

/// Returns the public keys.
pub async fn jwks(cx: Cx) -> Result<JwkSet> {
    let keys = cx.get::<CoreDb>().await?.signing_keys(cx.now).await?;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let keys = keys.into_iter().map(|key| Jwk {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        r#use: "sig",
        kid: key.id.to_string(),
        x: engine.encode(key.public),
    });
    Ok(JwkSet { keys: keys.collect() })
}
