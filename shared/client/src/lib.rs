//! A typed client of the Products Manager API.
//!
//! It is written from the documentation, as users write theirs, and shares no type with the server: so a breaking
//! change of the server breaks this client too.

mod error;
mod session;
mod types;

use std::path::Path;
use std::time::Duration;

pub use error::Error;
use futures::StreamExt;
use reqwest::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
pub use session::Session;
pub use types::*;

/// The result of a call.
pub type Result<T> = std::result::Result<T, Error>;

/// A client of the API, with or without a session.
pub struct Client {
    http: reqwest::Client,
    base: String,
    session: Option<Session>,
    /// Whether the session changed since `new`: then it has to be saved.
    refreshed: bool,
}

impl Client {
    /// Creates a client of the API at `base`, such as `https://api.productsmanager.app/api`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(base: &str, session: Option<Session>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("pm/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            // Servers close a connection that is idle for about a minute; a request at that moment would be lost.
            .pool_idle_timeout(Duration::from_secs(30))
            .timeout(Duration::from_secs(60))
            .build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), session, refreshed: false })
    }

    /// Returns the session, if it changed since [`Client::new`].
    #[must_use]
    pub fn session_to_save(&self) -> Option<&Session> {
        self.session.as_ref().filter(|_| self.refreshed)
    }

    /// Signs up an organisation with its first user; a mail with a token follows.
    ///
    /// # Errors
    /// [`Error::Refused`] when a value is not acceptable.
    pub async fn sign_up(&mut self, organisation: &str, email: &str, password: &str) -> Result<()> {
        let body = serde_json::json!({"organisation": organisation, "email": email, "password": password});
        self.public::<serde_json::Value>("/v1/organisations", &body).await.map(drop)
    }

    /// Confirms an address by the token in the mail and the password of the sign-up.
    ///
    /// # Errors
    /// [`Error::Refused`] when the token is not valid any more.
    pub async fn verify_email(&mut self, token: &str, password: &str) -> Result<()> {
        let body = serde_json::json!({ "token": token, "password": password });
        self.public::<serde_json::Value>("/v1/auth/verify-email", &body).await.map(drop)
    }

    /// Logs in; the client keeps the session.
    ///
    /// # Errors
    /// [`Error::Refused`] when address and password do not match, or a second factor is needed.
    pub async fn login(&mut self, email: &str, password: &str) -> Result<Session> {
        self.login_with(&Login { email, password, ..Login::default() }).await
    }

    /// Logs in with all fields of a login; the client keeps the session.
    ///
    /// # Errors
    /// As [`Client::login`].
    pub async fn login_with(&mut self, login: &Login<'_>) -> Result<Session> {
        let tokens: Tokens = self.public("/v1/auth/login", login).await?;
        Ok(self.keep(tokens))
    }

    /// Sends any request of the API, in JSON, with the session; returns the body of the answer, `null` if it has none.
    ///
    /// # Errors
    /// [`Error::Refused`] when the API refuses.
    pub async fn call(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<serde_json::Value> {
        self.call_seen(method, path, body, None).await
    }

    /// Like [`Client::call`], for a change of an object that has a version: `seen` is the `ETag` that was read, or `*`.
    ///
    /// # Errors
    /// [`Error::Refused`] when the API refuses, also because the object was changed meanwhile.
    pub async fn call_seen(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&serde_json::Value>,
        seen: Option<&str>,
    ) -> Result<serde_json::Value> {
        let method = method.parse().map_err(|_| Error::Unexpected(format!("\"{method}\" is not a method")))?;
        self.authorised(method, path, |request| {
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            match seen {
                Some(seen) => request.header("if-match", seen),
                None => request,
            }
        })
        .await
    }

    /// Exchanges the refresh token; the client keeps the new session.
    ///
    /// # Errors
    /// [`Error::NotLoggedIn`] without a session; [`Error::Refused`] when it has ended.
    pub async fn refresh(&mut self) -> Result<Session> {
        let token = self.session.as_ref().ok_or(Error::NotLoggedIn)?.refresh_token.clone();
        let tokens: Tokens = self.public("/v1/auth/refresh", &serde_json::json!({"refresh_token": token})).await?;
        Ok(self.keep(tokens))
    }

    /// Creates an import.
    ///
    /// # Errors
    /// [`Error::Refused`] when a value is not acceptable.
    pub async fn create_import(&mut self, new: &NewImport) -> Result<CreatedImport> {
        self.post("/v1/imports", new).await
    }

    /// Uploads an import's file; `progress` is called with the number of bytes of each part.
    ///
    /// # Errors
    /// When the file cannot be read, or the store refuses it.
    pub async fn upload(
        &self,
        to: &UploadTo,
        file: &Path,
        mut progress: impl FnMut(u64) + Send + Sync + 'static,
    ) -> Result<()> {
        let source = tokio::fs::File::open(file).await.map_err(|error| Error::File(file.to_owned(), error))?;
        let bytes = tokio_util::io::ReaderStream::with_capacity(source, 256 * 1024).inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                progress(chunk.len() as u64);
            }
        });
        let mut request =
            self.http.put(&to.url).timeout(Duration::from_secs(600)).body(reqwest::Body::wrap_stream(bytes));
        for (name, value) in &to.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await?;
        if answer.status().is_success() {
            return Ok(());
        }
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap_or_default());
        Err(Error::Upload { status, text: text.chars().take(500).collect() })
    }

    /// Returns an import.
    ///
    /// # Errors
    /// [`Error::Refused`] when it does not exist.
    pub async fn import(&mut self, id: &str) -> Result<Import> {
        self.get(&format!("/v1/imports/{id}"), &[]).await
    }

    /// Lists imports, the newest first.
    ///
    /// # Errors
    /// [`Error::Refused`] when the permission is missing.
    pub async fn imports(&mut self, limit: u32) -> Result<Page<Import>> {
        self.get("/v1/imports", &[("limit", limit.to_string())]).await
    }

    /// Lists the errors of an import's rows.
    ///
    /// # Errors
    /// [`Error::Refused`] when the import does not exist.
    pub async fn import_errors(&mut self, id: &str, limit: u32, cursor: Option<&str>) -> Result<Page<RowError>> {
        let mut query = vec![("limit", limit.to_string())];
        query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        self.get(&format!("/v1/imports/{id}/errors"), &query).await
    }

    /// Resumes an import that failed because of a fault of the server.
    ///
    /// # Errors
    /// [`Error::Refused`] when it cannot be resumed.
    pub async fn resume_import(&mut self, id: &str) -> Result<Import> {
        self.post(&format!("/v1/imports/{id}/resume"), &serde_json::json!({})).await
    }

    /// Creates an export.
    ///
    /// # Errors
    /// [`Error::Refused`] when a value is not acceptable.
    pub async fn create_export(&mut self, new: &NewExport) -> Result<Export> {
        self.post("/v1/exports", new).await
    }

    /// Returns an export, with links to its files.
    ///
    /// # Errors
    /// [`Error::Refused`] when it does not exist.
    pub async fn export(&mut self, id: &str) -> Result<Export> {
        self.get(&format!("/v1/exports/{id}"), &[]).await
    }

    /// Downloads a file of an export; returns its size in bytes.
    ///
    /// # Errors
    /// When the link does not work or the file cannot be written.
    pub async fn download(&self, url: &str, file: &Path) -> Result<u64> {
        use tokio::io::AsyncWriteExt;
        let answer = self.http.get(url).timeout(Duration::from_secs(600)).send().await?.error_for_status()?;
        let failed = |error| Error::File(file.to_owned(), error);
        let mut target = tokio::fs::File::create(file).await.map_err(failed)?;
        let (mut bytes, mut written) = (answer.bytes_stream(), 0);
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            target.write_all(&chunk).await.map_err(failed)?;
            written += chunk.len() as u64;
        }
        target.flush().await.map_err(failed)?;
        Ok(written)
    }

    /// Lists products, the newest first.
    ///
    /// # Errors
    /// [`Error::Refused`] when a value is not acceptable.
    pub async fn products(&mut self, query: &[(&str, String)]) -> Result<Page<Product>> {
        self.get("/v1/products", query).await
    }

    /// Returns a product.
    ///
    /// # Errors
    /// [`Error::Refused`] when it does not exist.
    pub async fn product(&mut self, id: &str) -> Result<Product> {
        self.get(&format!("/v1/products/{id}"), &[]).await
    }

    /// Lists suppliers, the oldest first.
    ///
    /// # Errors
    /// [`Error::Refused`] when the permission is missing.
    pub async fn suppliers(&mut self) -> Result<Page<Supplier>> {
        self.get("/v1/suppliers", &[]).await
    }

    async fn public<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        read(self.http.post(format!("{}{path}", self.base)).json(body).send().await?).await
    }

    async fn get<T: DeserializeOwned>(&mut self, path: &str, query: &[(&str, String)]) -> Result<T> {
        let query = query.to_vec();
        self.authorised(Method::GET, path, move |request| request.query(&query)).await
    }

    async fn post<T: DeserializeOwned>(&mut self, path: &str, body: &impl Serialize) -> Result<T> {
        let body = serde_json::to_value(body).map_err(|error| Error::Unexpected(error.to_string()))?;
        self.authorised(Method::POST, path, move |request| request.json(&body)).await
    }

    /// Sends a request with the access token. An expired token is refreshed once.
    async fn authorised<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<T> {
        let url = format!("{}{path}", self.base);
        let (mut refreshed, mut waited) = (false, 0);
        loop {
            let token = self.session.as_ref().ok_or(Error::NotLoggedIn)?.access_token.clone();
            let request = complete(self.http.request(method.clone(), &url)).bearer_auth(token);
            match read(request.send().await?).await {
                Err(Error::Refused(problem)) if problem.code == "token_expired" && !refreshed => {
                    self.refresh().await?;
                    refreshed = true;
                }
                // The limit of the organisation is reached: wait for the next minute, but not for the next hour.
                Err(Error::Refused(problem)) if problem.status == 429 && waited < 3 => {
                    let seconds = problem.retry_after.filter(|seconds| *seconds <= 61);
                    let Some(seconds) = seconds else { return Err(Error::Refused(problem)) };
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                    waited += 1;
                }
                other => return other,
            }
        }
    }

    fn keep(&mut self, tokens: Tokens) -> Session {
        let session =
            Session { url: self.base.clone(), access_token: tokens.access_token, refresh_token: tokens.refresh_token };
        self.session = Some(session.clone());
        self.refreshed = true;
        session
    }
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T> {
    let status = answer.status();
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    let text = answer.text().await?;
    if status.is_success() {
        let text = if text.is_empty() { "null" } else { &text };
        return serde_json::from_str(text).map_err(|error| Error::Unexpected(format!("{error} in {text}")));
    }
    match serde_json::from_str::<Problem>(&text) {
        Ok(problem) => Err(Error::Refused(Box::new(Problem { retry_after, ..problem }))),
        Err(_) => Err(Error::Unexpected(format!("{status}: {}", text.chars().take(300).collect::<String>()))),
    }
}
