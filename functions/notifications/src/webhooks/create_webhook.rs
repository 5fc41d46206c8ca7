//! `POST /v1/webhooks`

use cloud::Keys;
use db_core::{CoreDb, Webhook};
use db_tenancy::Stamp;
use net::new_secret;
use runtime::{Body, Created, Cx, Result};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::webhooks::input::{WebhookInput, context};

/// A created webhook.
#[derive(Serialize, ToSchema)]
pub struct CreatedWebhook {
    #[serde(flatten)]
    webhook: Webhook,
    /// The secret by which the receiver verifies the signature of messages; shown only now.
    secret: String,
}

/// Creates a webhook. Its secret is shown only once, and stored encrypted.
pub async fn create_webhook(cx: Cx, input: Body<WebhookInput>) -> Result<Created<CreatedWebhook>> {
    let (tenant, id) = (cx.tenant()?, Uuid::now_v7());
    let new = input.0.checked(&cx).await?;
    let secret = new_secret()?;
    let kept =
        cx.get::<Keys>().await?.encrypt(secret.as_bytes(), &context(&tenant.to_string(), &id.to_string())).await?;
    let webhook = cx.get::<CoreDb>().await?.add_webhook(tenant, id, &new, &kept, &Stamp::of(&cx)?).await?;
    Ok(Created(CreatedWebhook { webhook, secret }))
}
