//! The queue `notifications-webhooks`

use std::time::Instant;

use cloud::Keys;
use db_core::{CoreDb, DeliveryAttempt, DueDelivery, language_of};
use db_tenancy::Stamp;
use messages::servers;
use net::{FetchError, Fetcher, is_final, sign_with_both, wait_after};
use runtime::{Cx, Error, Result, log_error};

use crate::notices::event::{WEBHOOK_DISABLED, default_wish, webhook_disabled};
use crate::notices::notice_mail;
use crate::webhooks::deliveries::DeliveryMessage;
use crate::webhooks::input::context;

/// The most time that a receiver may take to answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(15);

/// Attempts a delivery. If another process attempts it at the same time, or it has ended, nothing happens.
pub async fn deliver_webhook(cx: Cx, message: DeliveryMessage) -> Result<()> {
    let (tenant, db) = (message.tenant_id, cx.get::<CoreDb>().await?);
    let Some(due) = db.take_delivery(tenant, message.delivery_id, cx.now).await? else { return Ok(()) };
    let (keys, tenant_text, webhook) = (cx.get::<Keys>().await?, tenant.to_string(), due.webhook.to_string());
    let place = context(&tenant_text, &webhook);
    let secret = String::from_utf8(keys.decrypt(&due.secret, &place).await?).map_err(Error::internal)?;
    let previous = match &due.previous {
        Some(previous) => Some(String::from_utf8(keys.decrypt(previous, &place).await?).map_err(Error::internal)?),
        None => None,
    };
    let headers =
        sign_with_both(&secret, previous.as_deref(), &due.message_id.to_string(), cx.now.unix_timestamp(), &due.body)
            .ok_or_else(|| Error::internal("the secret of a webhook is malformed"))?;
    let began = Instant::now();
    let answer = cx.get::<Fetcher>().await?.post(&due.url, &headers, due.body.clone(), PATIENCE).await;
    let took_ms = i32::try_from(began.elapsed().as_millis()).unwrap_or(i32::MAX);
    let mut address_refused = false;
    let (status, error) = match answer {
        Ok(status) if (200..300).contains(&status) => (Some(status), None),
        Ok(status) => (Some(status), Some(servers::success_expected(status))),
        Err(error) => {
            address_refused = matches!(error, FetchError::Address(_));
            (None, Some(error.message()))
        }
    };
    let hopeless = address_refused || status.is_some_and(is_final);
    let wait = wait_after(due.attempt).filter(|_| !hopeless);
    let again_at = error.as_ref().and(wait).map(|wait| cx.now + wait);
    let error = match error {
        Some(error) => Some(error.into_string(language_of(&cx, tenant).await)),
        None => None,
    };
    end(&cx, &db, &message, &due, &DeliveryAttempt { answer: status, error: error.as_deref(), took_ms, again_at }).await
}

/// Notes the result of an attempt, and notifies people if the webhook is switched off because of it.
async fn end(
    cx: &Cx,
    db: &CoreDb,
    message: &DeliveryMessage,
    due: &DueDelivery,
    attempt: &DeliveryAttempt<'_>,
) -> Result<()> {
    let tenant = message.tenant_id;
    let notice = webhook_disabled(due.webhook, &due.url, message.delivery_id);
    let wish = |role: &str| default_wish(WEBHOOK_DISABLED, role);
    let (delivery, stamp) = (message.delivery_id, Stamp::of_job(cx, "webhooks"));
    for user in db.end_try(tenant, delivery, due.webhook, attempt, &notice, wish, &stamp).await? {
        if let Err(failed) = notice_mail::send(cx, db, tenant, notice.id, user).await {
            log_error(&failed, &cx.request_id);
        }
    }
    Ok(())
}
