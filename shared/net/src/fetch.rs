//! Files from other people's servers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use messages::{Text, servers as say};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use runtime::{Cx, Error, Resource, Result};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::Guard;
use crate::remote_error::{too_large, words};

/// An HTTP client for other people's addresses, which connects to none of ours.
pub struct Fetcher {
    client: Client,
    /// Follows no redirect.
    steady: Client,
    /// For uploads: it has no read timeout, only the caller's limit.
    sender: Client,
    guard: Guard,
}

/// Our credentials for a server.
#[derive(Clone, Default)]
pub enum Credentials {
    /// No credentials.
    #[default]
    None,
    /// A user name and a password.
    Basic(String, String),
    /// A token.
    Bearer(String),
    /// The name of a header and its value.
    Header(String, String),
}

impl fmt::Debug for Credentials {
    /// Omits the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("credentials")
    }
}

/// What identifies the version of a file that was fetched last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub last_modified: Option<String>,
}

/// A fetched file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The content; empty if the file is unchanged.
    pub bytes: Vec<u8>,
    /// Whether the file is the same as the last time.
    pub unchanged: bool,
    /// To be passed to the next call.
    pub known: Known,
    /// The last part of the path of its address.
    pub file_name: String,
}

/// Why a file could not be fetched, or a request not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// The address is malformed, or we do not connect to it; holds what is expected.
    Address(Text),
    /// The server answered with another status than 200.
    Status(u16),
    /// The file is larger than this many bytes.
    TooLarge(u64),
    /// The server cannot be reached, or does not answer in time.
    Unreachable(Text),
}

const REDIRECTS: usize = 5;
/// After this time without data from the server, the request fails.
const SILENCE: Duration = Duration::from_secs(10);

impl FetchError {
    /// A code that clients branch on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            FetchError::Address(_) => "address_refused",
            FetchError::Status(_) => "status_unexpected",
            FetchError::TooLarge(_) => "file_too_large",
            FetchError::Unreachable(_) => "server_unreachable",
        }
    }

    /// Returns `true` if another attempt can succeed.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, FetchError::Unreachable(_) | FetchError::Status(408 | 425 | 429 | 500..))
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            FetchError::Address(expected) => expected.clone(),
            FetchError::Status(status) => say::status_unexpected(status),
            FetchError::TooLarge(most) => too_large(*most),
            FetchError::Unreachable(reason) => say::unreachable(reason.clone()),
        }
    }
}

/// The message in English, for logs.
impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for FetchError {}

/// Resolves names, and returns only addresses that the guard allows. The client connects to exactly these, so a name
/// that resolves differently the second time is no danger.
struct GuardedNames(Guard);

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let exists = !found.is_empty();
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|address| guard.allows(address.ip())).collect();
            if exists && allowed.is_empty() {
                return Err(Box::new(Refused) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address leads into a private network")
    }
}

impl std::error::Error for Refused {}

impl Resource for Fetcher {
    async fn open(cx: &Cx) -> Result<Self> {
        Self::new(Guard::of(cx))
    }
}

impl Fetcher {
    /// Creates a fetcher with this guard.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(guard: Guard) -> Result<Self> {
        let redirect_guard = guard.clone();
        let redirects = Policy::custom(move |attempt| {
            if attempt.previous().len() > REDIRECTS {
                return attempt.error(FetchError::Unreachable(say::too_many_redirects(REDIRECTS)));
            }
            match check(attempt.url(), &redirect_guard) {
                Ok(()) => attempt.follow(),
                Err(problem) => attempt.error(problem),
            }
        });
        let build = |redirects, silence: Option<Duration>| {
            let builder = match silence {
                Some(silence) => Client::builder().read_timeout(silence),
                None => Client::builder(),
            };
            builder
                .dns_resolver(Arc::new(GuardedNames(guard.clone())))
                .redirect(redirects)
                .no_proxy()
                // The address may contain a key, which no other server may see.
                .referer(false)
                .connect_timeout(Duration::from_secs(5))
                .user_agent("ProductsManager/1")
                .build()
                .map_err(Error::internal)
        };
        let (client, steady) = (build(redirects, Some(SILENCE))?, build(Policy::none(), Some(SILENCE))?);
        // Nothing is read while a file is sent: a read timeout would end the upload.
        let sender = build(Policy::none(), None)?;
        Ok(Self { client, steady, sender, guard })
    }

    /// Fetches a file of at most `most` bytes within `time`.
    ///
    /// # Errors
    /// [`FetchError`]: why not.
    pub async fn fetch(&self, address: &str, most: u64, time: Duration) -> Result<Fetched, FetchError> {
        self.fetch_as(address, &Credentials::None, &Known::default(), most, time).await
    }

    /// Like [`Fetcher::fetch`], with credentials, which are sent to no other server. The result has no bytes if the
    /// file is the one in `known`.
    ///
    /// # Errors
    /// [`FetchError`]: why not.
    pub async fn fetch_as(
        &self,
        address: &str,
        credentials: &Credentials,
        known: &Known,
        most: u64,
        time: Duration,
    ) -> Result<Fetched, FetchError> {
        let url = self.parsed(address)?;
        let fetched = tokio::time::timeout(time, self.stream(url, credentials, known, most)).await;
        fetched.unwrap_or_else(|_| Err(FetchError::Unreachable(say::too_slow(time.as_secs()))))
    }

    /// Checks an address, as far as that is possible before its name is resolved.
    ///
    /// # Errors
    /// [`FetchError::Address`]: why we do not connect to it.
    pub fn judge(&self, address: &str) -> Result<(), FetchError> {
        self.parsed(address).map(|_| ())
    }

    fn parsed(&self, address: &str) -> Result<Url, FetchError> {
        let url = Url::parse(address.trim()).map_err(|_| FetchError::Address(say::address_invalid(address)))?;
        check(&url, &self.guard)?;
        Ok(url)
    }

    /// Posts JSON and returns the status of the answer. The body of the answer is not read, and no redirect is
    /// followed.
    ///
    /// # Errors
    /// [`FetchError`]: why there is no answer.
    pub async fn post(
        &self,
        address: &str,
        headers: &[(&str, String)],
        body: String,
        time: Duration,
    ) -> Result<u16, FetchError> {
        let url = self.parsed(address)?;
        let mut request = self.sender.post(url).header("content-type", "application/json").body(body).timeout(time);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        Ok(request.send().await.map_err(fetch_error)?.status().as_u16())
    }

    /// Sends a file of `length` bytes with `PUT`. Returns the status of the answer and the first 500 characters of its
    /// body; no redirect is followed.
    ///
    /// # Errors
    /// [`FetchError`]: why there is no answer.
    pub async fn put(
        &self,
        address: &str,
        headers: &[(&str, String)],
        body: impl AsyncRead + Send + Sync + 'static,
        length: u64,
        time: Duration,
    ) -> Result<(u16, String), FetchError> {
        let url = self.parsed(address)?;
        let stream = reqwest::Body::wrap_stream(ReaderStream::new(body));
        let mut request = self.sender.put(url).header("content-length", length.to_string()).body(stream).timeout(time);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.map_err(fetch_error)?;
        let status = answer.status().as_u16();
        let mut text = Vec::new();
        let mut parts = answer.bytes_stream();
        while let (Some(Ok(part)), true) = (parts.next().await, text.len() < 2_000) {
            text.extend_from_slice(&part);
        }
        Ok((status, String::from_utf8_lossy(&text).chars().take(500).collect()))
    }

    /// Checks that a file can be fetched at an address: sends `HEAD`, or requests the first byte if the server does not
    /// support `HEAD`.
    ///
    /// # Errors
    /// [`FetchError`]: why not.
    pub async fn probe(&self, address: &str, time: Duration) -> Result<(), FetchError> {
        let url = self.parsed(address)?;
        let mut status =
            self.client.head(url.clone()).timeout(time).send().await.map_err(fetch_error)?.status().as_u16();
        if matches!(status, 403 | 405 | 501) {
            let first = self.client.get(url).header("range", "bytes=0-0").timeout(time);
            status = first.send().await.map_err(fetch_error)?.status().as_u16();
        }
        if matches!(status, 200 | 206) { Ok(()) } else { Err(FetchError::Status(status)) }
    }

    /// Posts a form and returns the body of the answer, of at most `most` bytes; no redirect is followed.
    ///
    /// # Errors
    /// [`FetchError`]: why not.
    pub async fn post_form(
        &self,
        address: &str,
        form: &[(&str, &str)],
        most: u64,
        time: Duration,
    ) -> Result<Vec<u8>, FetchError> {
        let url = self.parsed(address)?;
        let answer = self.steady.post(url).form(form).timeout(time).send().await.map_err(fetch_error)?;
        if answer.status().as_u16() != 200 {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        body(answer, most).await
    }

    async fn stream(
        &self,
        url: Url,
        credentials: &Credentials,
        known: &Known,
        most: u64,
    ) -> Result<Fetched, FetchError> {
        let mut request = self.client.get(url);
        request = match credentials {
            Credentials::None => request,
            Credentials::Basic(user, password) => request.basic_auth(user, Some(password)),
            Credentials::Bearer(token) => request.bearer_auth(token),
            // The client would send such a header to the target of a redirect too: so redirects are not followed.
            Credentials::Header(name, value) => request.header(name.as_str(), value.as_str()),
        };
        if let Some(etag) = &known.etag {
            request = request.header("if-none-match", etag.as_str());
        }
        if let Some(date) = &known.last_modified {
            request = request.header("if-modified-since", date.as_str());
        }
        let client = if matches!(credentials, Credentials::Header(..)) { &self.steady } else { &self.client };
        let request = request.build().map_err(fetch_error)?;
        let answer = client.execute(request).await.map_err(fetch_error)?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let latest = Known { etag: header("etag"), last_modified: header("last-modified") };
        if answer.status().as_u16() == 304 && *known != Known::default() {
            return Ok(Fetched { bytes: Vec::new(), unchanged: true, known: known.clone(), file_name: String::new() });
        }
        if answer.status().as_u16() != 200 {
            return Err(FetchError::Status(answer.status().as_u16()));
        }
        if answer.content_length().is_some_and(|length| length > most) {
            return Err(FetchError::TooLarge(most));
        }
        let file_name =
            answer.url().path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default().to_owned();
        let bytes = body(answer, most).await?;
        Ok(Fetched { bytes, unchanged: false, known: latest, file_name })
    }
}

/// Reads the body of an answer, of at most `most` bytes.
async fn body(answer: reqwest::Response, most: u64) -> Result<Vec<u8>, FetchError> {
    let (mut bytes, mut parts) = (Vec::new(), answer.bytes_stream());
    while let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part.map_err(fetch_error)?);
        if bytes.len() as u64 > most {
            return Err(FetchError::TooLarge(most));
        }
    }
    Ok(bytes)
}

/// Checks an address before its name is resolved: its scheme, and the IP address, if it contains one.
fn check(url: &Url, guard: &Guard) -> Result<(), FetchError> {
    let refuse = |expected: Text| Err(FetchError::Address(expected));
    if !matches!(url.scheme(), "http" | "https") {
        return refuse(say::address_scheme());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(say::address_with_login());
    }
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) if !guard.allows(address) => refuse(say::private_network()),
        _ if host.is_empty() => refuse(say::address_without_host()),
        _ => Ok(()),
    }
}

fn fetch_error(problem: reqwest::Error) -> FetchError {
    let mut causes = Vec::new();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&problem);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<FetchError>() {
            return refused.clone();
        }
        if error.is::<Refused>() {
            return FetchError::Address(say::private_network());
        }
        causes.push(error.to_string());
        cause = error.source();
    }
    FetchError::Unreachable(words(causes.pop().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server on this machine that answers every request alike.
    async fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}")
    }

    async fn fetch(guard: &str, address: &str) -> Result<Fetched, FetchError> {
        Fetcher::new(Guard::allowing(guard)).unwrap().fetch(address, 100, Duration::from_secs(5)).await
    }

    #[tokio::test]
    async fn a_file_is_fetched_within_its_limits() {
        let good = server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello").await;
        let fetched = fetch("127.0.0.1", &format!("{good}/a/b.jpg?c")).await.unwrap();
        assert_eq!((fetched.bytes.as_slice(), fetched.file_name.as_str()), (b"hello".as_slice(), "b.jpg"));
        let large = server("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n").await;
        assert_eq!(fetch("127.0.0.1", &large).await, Err(FetchError::TooLarge(100)));
        let gone = server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
        assert_eq!(fetch("127.0.0.1", &gone).await, Err(FetchError::Status(404)));
        assert_eq!(fetch("127.0.0.1", "http://127.0.0.1:1/").await.unwrap_err().code(), "server_unreachable");
    }

    #[tokio::test]
    async fn an_unchanged_file_is_not_fetched_again() {
        let same = server("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n").await;
        let fetcher = Fetcher::new(Guard::allowing("127.0.0.1")).unwrap();
        let known = Known { etag: Some("\"a\"".into()), last_modified: None };
        let time = Duration::from_secs(5);
        let fetched = fetcher.fetch_as(&same, &Credentials::None, &known, 100, time).await.unwrap();
        assert!(fetched.unchanged && fetched.known == known);
        let moved = server("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
        let key = Credentials::Header("x-key".into(), "secret".into());
        let refused = fetcher.fetch_as(&moved, &key, &Known::default(), 100, time).await;
        assert_eq!(refused, Err(FetchError::Status(302)), "a secret goes to no other server");
    }

    #[tokio::test]
    async fn private_addresses_are_refused() {
        let inside = server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let port = inside.rsplit(':').next().unwrap().to_owned();
        for address in [
            inside.clone(),
            format!("http://localhost:{port}/"),
            format!("http://[::1]:{port}/"),
            format!("http://[::ffff:127.0.0.1]:{port}/"),
            format!("http://2130706433:{port}/"),
            format!("http://0x7f.1:{port}/"),
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "http://10.0.0.1/".to_owned(),
            "file:///etc/passwd".to_owned(),
            "ftp://example.org/".to_owned(),
            "http://user:pass@example.org/".to_owned(),
            "nonsense".to_owned(),
        ] {
            let refused = fetch("", &address).await.unwrap_err();
            assert_eq!(refused.code(), "address_refused", "{address}: {refused}");
        }
        let redirect =
            server("HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(fetch("127.0.0.1", &redirect).await.unwrap_err().code(), "address_refused");
        let by_name = server("HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n").await;
        let refused = fetch("127.0.0.1", &by_name).await.unwrap_err();
        assert!(matches!(refused, FetchError::Unreachable(_) | FetchError::Address(_)), "{refused}");
    }
}
