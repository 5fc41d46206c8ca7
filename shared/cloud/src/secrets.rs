//! Secrets Manager: the databases' passwords.

use aws_sdk_secretsmanager::Client;
use runtime::{Cx, Error, Resource, Result};
use serde::Deserialize;

use crate::aws::{Aws, failed};

/// Secrets, read when they are needed and never logged.
pub struct Secrets {
    client: Client,
}

/// A database role and its password. Without `Debug`, so that the password cannot be logged.
#[derive(Clone, Deserialize)]
pub struct DatabaseLogin {
    /// The role.
    pub username: String,
    /// Its password.
    pub password: String,
}

impl Resource for Secrets {
    async fn open(cx: &Cx) -> Result<Self> {
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0) })
    }
}

impl Secrets {
    /// Returns the login in the secret `id`, a name or an ARN.
    ///
    /// # Errors
    /// When it does not exist, this function may not read it, or it is not a login.
    pub async fn database_login(&self, id: &str) -> Result<DatabaseLogin> {
        let got = self.client.get_secret_value().secret_id(id).send().await;
        let got = got.map_err(|error| failed("reading a secret", error))?;
        // serde_json's message could quote the secret.
        serde_json::from_str(got.secret_string().unwrap_or_default())
            .map_err(|_| Error::internal(format!("the secret {id} is not {{\"username\": …, \"password\": …}}")))
    }
}
