//! KMS: encrypts and decrypts secrets.

use std::collections::HashMap;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kms::operation::decrypt::DecryptError;
use aws_sdk_kms::primitives::Blob;
use runtime::{Cx, Error, Resource, Result};

use crate::aws::{Aws, failed};

/// The key that encrypts secrets at rest; the variable `SECRETS_KEY` holds its id.
pub struct Keys {
    client: Client,
    key: String,
}

impl Resource for Keys {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), key: cx.env().text("SECRETS_KEY")?.to_owned() })
    }
}

impl Keys {
    /// Encrypts at most 4 KiB. The `context` is not secret, but decryption needs the same one: it binds the secret to
    /// the object that it belongs to.
    ///
    /// # Errors
    /// When KMS refuses.
    pub async fn encrypt(&self, plain: &[u8], context: &[(&str, &str)]) -> Result<Vec<u8>> {
        let request = self.client.encrypt().key_id(&self.key).plaintext(Blob::new(plain));
        let done = request.set_encryption_context(Some(owned(context))).send().await;
        let done = done.map_err(|error| failed("encrypting", error))?;
        done.ciphertext_blob.map(Blob::into_inner).ok_or_else(|| Error::internal("KMS gave no ciphertext"))
    }

    /// Decrypts what [`Keys::encrypt`] returned for the same context.
    ///
    /// # Errors
    /// When KMS refuses, as it does for another context.
    pub async fn decrypt(&self, cipher: &[u8], context: &[(&str, &str)]) -> Result<Vec<u8>> {
        self.decrypted(cipher, context).await.map_err(|error| failed("decrypting", error))?
    }

    /// Decrypts bytes that came with a request; `None` if [`Keys::encrypt`] did not return them for this context.
    ///
    /// # Errors
    /// When KMS does not answer.
    pub async fn decrypt_foreign(&self, cipher: &[u8], context: &[(&str, &str)]) -> Result<Option<Vec<u8>>> {
        match self.decrypted(cipher, context).await {
            Ok(plain) => plain.map(Some),
            Err(error) => match error.as_service_error().and_then(ProvideErrorMetadata::code) {
                Some("InvalidCiphertextException" | "IncorrectKeyException" | "ValidationException") => Ok(None),
                _ => Err(failed("decrypting", error)),
            },
        }
    }

    async fn decrypted(
        &self,
        cipher: &[u8],
        context: &[(&str, &str)],
    ) -> std::result::Result<Result<Vec<u8>>, SdkError<DecryptError>> {
        let request = self.client.decrypt().key_id(&self.key).ciphertext_blob(Blob::new(cipher));
        let done = request.set_encryption_context(Some(owned(context))).send().await?;
        Ok(done.plaintext.map(Blob::into_inner).ok_or_else(|| Error::internal("KMS gave no plaintext")))
    }
}

fn owned(context: &[(&str, &str)]) -> HashMap<String, String> {
    context.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
