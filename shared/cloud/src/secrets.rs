//! Secrets Manager: the databases' passwords.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use runtime::{Cx, Error, Resource, Result};
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::aws::{Aws, failed};

const KEPT_FOR: Duration = Duration::from_secs(60);

/// Secrets, read when they are needed and never logged.
pub struct Secrets {
    client: Client,
    logins: Mutex<HashMap<String, KeptLogin>>,
}

/// When a login was first requested, and the login once it is read.
type KeptLogin = (Instant, Arc<OnceCell<DatabaseLogin>>);

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
        Ok(Self { client: Client::new(&cx.get::<Aws>().await?.0), logins: Mutex::default() })
    }
}

impl Secrets {
    /// Returns the login in the secret `id`, a name or an ARN. It is kept for a minute: a process has one login for all its
    /// databases, and opens them at the same time.
    ///
    /// # Errors
    /// When it does not exist, this function may not read it, or it is not a login.
    pub async fn database_login(&self, id: &str) -> Result<DatabaseLogin> {
        let login = {
            let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
            logins.retain(|_, (read_at, _)| read_at.elapsed() < KEPT_FOR);
            let (_, login) = logins.entry(id.to_owned()).or_insert_with(|| (Instant::now(), Arc::default()));
            Arc::clone(login)
        };
        login.get_or_try_init(|| self.read_login(id)).await.cloned()
    }

    async fn read_login(&self, id: &str) -> Result<DatabaseLogin> {
        let got = self.client.get_secret_value().secret_id(id).send().await;
        let got = got.map_err(|error| failed("reading a secret", error))?;
        // serde_json's message could quote the secret.
        serde_json::from_str(got.secret_string().unwrap_or_default())
            .map_err(|_| Error::internal(format!("the secret {id} is not {{\"username\": …, \"password\": …}}")))
    }
}
