//! SES: outgoing mail.

use aws_sdk_ses::Client;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use runtime::{Cx, Resource, Result};

use crate::aws::{Aws, failed};

/// Outgoing mail from the address in `MAIL_FROM`.
pub struct Mail {
    client: Client,
    from: String,
}

impl Resource for Mail {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), from: cx.env().text("MAIL_FROM")?.to_owned() })
    }
}

impl Mail {
    /// Returns the sender's address.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Sends a complete message (RFC 5322, headers included) to `to`; returns its id in SES.
    ///
    /// # Errors
    /// When SES refuses it.
    pub async fn send_raw(&self, to: &[String], message: Vec<u8>) -> Result<String> {
        let raw = RawMessage::builder().data(Blob::new(message)).build().map_err(runtime::Error::internal)?;
        let request =
            self.client.send_raw_email().source(&self.from).set_destinations(Some(to.to_vec())).raw_message(raw);
        let sent = request.send().await.map_err(|error| failed("sending mail", error))?;
        Ok(sent.message_id().to_owned())
    }
}
