//! Once a minute

use db_core::CoreDb;
use runtime::{Cx, Result};
use time::Duration;

use crate::mails::mailer;

/// Sends the mails whose message was lost between the commit and the queue.
pub async fn sweep_mails(cx: Cx) -> Result<()> {
    let unsent = cx.get::<CoreDb>().await?.unsent_mails(cx.now - Duration::minutes(2), 100).await?;
    for mail in unsent {
        tracing::info!(mail_id = %mail, "a mail is sent again");
        mailer::post(&cx, mail).await;
    }
    Ok(())
}
