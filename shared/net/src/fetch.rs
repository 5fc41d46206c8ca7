//! Files from other people's servers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use runtime::{Cx, Error, Resource, Result};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::Guard;

/// A client that fetches what lies at other people's addresses, and nothing of ours.
pub struct Fetcher {
    client: Client,
    /// Follows no redirect.
    steady: Client,
    /// For what is sent: it waits for an answer as long as the caller does.
    sender: Client,
    guard: Guard,
}

/// Who we are to a server.
#[derive(Clone, Default)]
pub enum Credentials {
    /// Nobody.
    #[default]
    None,
    /// A user and a password.
    Basic(String, String),
    /// A token.
    Bearer(String),
    /// A header of the server's own, and its value.
    Header(String, String),
}

impl fmt::Debug for Credentials {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("credentials")
    }
}

/// What is known of a file from the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub last_modified: Option<String>,
}

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its bytes; none when it is as it was the last time.
    pub bytes: Vec<u8>,
    /// Whether it is as it was the last time.
    pub unchanged: bool,
    /// By what it is known the next time.
    pub known: Known,
    /// The last part of its address's path.
    pub file_name: String,
}

/// Why a file could not be fetched, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// The address is none, or not one that we go to; holds what was expected.
    Address(String),
    /// The server answered with another status than 200.
    Status(u16),
    /// The file is larger than this many bytes.
    TooLarge(u64),
    /// The server does not answer, or not in time.
    Unreachable(String),
}

const REDIRECTS: usize = 5;
/// A server that sends nothing for so long is given up.
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

    /// Whether trying again can help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, FetchError::Unreachable(_) | FetchError::Status(408 | 425 | 429 | 500..))
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::Address(expected) => f.write_str(expected),
            FetchError::Status(status) => write!(f, "expected the file, the server answered with status {status}"),
            FetchError::TooLarge(most) => {
                write!(f, "expected a file of at most {} MB, found a larger one", most / 1_000_000)
            }
            FetchError::Unreachable(what) => write!(f, "the server could not be reached: {what}"),
        }
    }
}

impl std::error::Error for FetchError {}

/// Resolves names, and gives only addresses that the guard allows. The connection is made to exactly these: a name that
/// resolves differently the second time gains nothing.
struct GuardedNames(Guard);

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let some = !found.is_empty();
            let allowed: Vec<SocketAddr> = found.into_iter().filter(|address| guard.allows(address.ip())).collect();
            if some && allowed.is_empty() {
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
    /// A fetcher with this guard.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(guard: Guard) -> Result<Self> {
        let judge = guard.clone();
        let redirects = Policy::custom(move |attempt| {
            if attempt.previous().len() > REDIRECTS {
                return attempt.error("too many redirects");
            }
            match check(attempt.url(), &judge) {
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
                // A key in the address is nobody else's business.
                .referer(false)
                .connect_timeout(Duration::from_secs(5))
                .user_agent("ProductsManager/1")
                .build()
                .map_err(Error::internal)
        };
        let (client, steady) = (build(redirects, Some(SILENCE))?, build(Policy::none(), Some(SILENCE))?);
        // Nothing is read while a file goes out: what is sent has a time of its own.
        let sender = build(Policy::none(), None)?;
        Ok(Self { client, steady, sender, guard })
    }

    /// Fetches a file of at most `most` bytes within `time`.
    ///
    /// # Errors
    /// Why not, for people.
    pub async fn fetch(&self, address: &str, most: u64, time: Duration) -> Result<Fetched, FetchError> {
        self.fetch_as(address, &Credentials::None, &Known::default(), most, time).await
    }

    /// The same with credentials, which go to no other server, and without the bytes when the file is as it was.
    ///
    /// # Errors
    /// Why not, for people.
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
        fetched
            .unwrap_or_else(|_| Err(FetchError::Unreachable(format!("it took more than {} seconds", time.as_secs()))))
    }

    /// Judges an address as far as that goes before its name is resolved.
    ///
    /// # Errors
    /// Why nobody goes there, for people.
    pub fn judge(&self, address: &str) -> Result<(), FetchError> {
        self.parsed(address).map(|_| ())
    }

    fn parsed(&self, address: &str) -> Result<Url, FetchError> {
        let url = Url::parse(address.trim())
            .map_err(|_| FetchError::Address(format!("expected an address such as https://…, found \"{address}\"")))?;
        check(&url, &self.guard)?;
        Ok(url)
    }

    /// Posts JSON and gives the status that the server answers; its answer is not read, and no redirect is followed.
    ///
    /// # Errors
    /// Why there is no answer, for people.
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
        Ok(request.send().await.map_err(why)?.status().as_u16())
    }

    /// Sends a file of `length` bytes with `PUT`, and gives the status that the server answers with the beginning of what it says; no
    /// redirect is followed.
    ///
    /// # Errors
    /// Why there is no answer, for people.
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
        let answer = request.send().await.map_err(why)?;
        let status = answer.status().as_u16();
        let mut said = Vec::new();
        let mut parts = answer.bytes_stream();
        while let (Some(Ok(part)), true) = (parts.next().await, said.len() < 2_000) {
            said.extend_from_slice(&part);
        }
        Ok((status, String::from_utf8_lossy(&said).chars().take(500).collect()))
    }

    /// Whether a file can be had at an address: asks for its head, and for its first byte where a server knows no `HEAD`.
    ///
    /// # Errors
    /// Why not, for people.
    pub async fn probe(&self, address: &str, time: Duration) -> Result<(), FetchError> {
        let url = self.parsed(address)?;
        let mut status = self.client.head(url.clone()).timeout(time).send().await.map_err(why)?.status().as_u16();
        if matches!(status, 403 | 405 | 501) {
            let first = self.client.get(url).header("range", "bytes=0-0").timeout(time);
            status = first.send().await.map_err(why)?.status().as_u16();
        }
        if matches!(status, 200 | 206) { Ok(()) } else { Err(FetchError::Status(status)) }
    }

    /// Posts a form and gives what the server answers, of at most `most` bytes; no redirect is followed.
    ///
    /// # Errors
    /// Why not, for people.
    pub async fn post_form(
        &self,
        address: &str,
        form: &[(&str, &str)],
        most: u64,
        time: Duration,
    ) -> Result<Vec<u8>, FetchError> {
        let url = self.parsed(address)?;
        let answer = self.steady.post(url).form(form).timeout(time).send().await.map_err(why)?;
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
            // The client takes such a header along when it is redirected: so it is not.
            Credentials::Header(name, value) => request.header(name.as_str(), value.as_str()),
        };
        if let Some(etag) = &known.etag {
            request = request.header("if-none-match", etag.as_str());
        }
        if let Some(date) = &known.last_modified {
            request = request.header("if-modified-since", date.as_str());
        }
        let client = if matches!(credentials, Credentials::Header(..)) { &self.steady } else { &self.client };
        let request = request.build().map_err(why)?;
        let answer = client.execute(request).await.map_err(why)?;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let told = Known { etag: header("etag"), last_modified: header("last-modified") };
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
        Ok(Fetched { bytes, unchanged: false, known: told, file_name })
    }
}

/// The body of an answer, of at most `most` bytes.
async fn body(answer: reqwest::Response, most: u64) -> Result<Vec<u8>, FetchError> {
    let (mut bytes, mut parts) = (Vec::new(), answer.bytes_stream());
    while let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part.map_err(why)?);
        if bytes.len() as u64 > most {
            return Err(FetchError::TooLarge(most));
        }
    }
    Ok(bytes)
}

/// Judges an address before any name of it is resolved: its scheme, and the IP address that it may name itself.
fn check(url: &Url, guard: &Guard) -> Result<(), FetchError> {
    let refuse = |expected: &str| Err(FetchError::Address(expected.to_owned()));
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("expected an address that starts with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("expected an address without user name and password");
    }
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(address) if !guard.allows(address) => {
            refuse("expected an address on the public internet, found one in a private network")
        }
        _ if host.is_empty() => refuse("expected an address with a host"),
        _ => Ok(()),
    }
}

fn why(problem: reqwest::Error) -> FetchError {
    let mut causes = Vec::new();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&problem);
    while let Some(one) = cause {
        if let Some(refused) = one.downcast_ref::<FetchError>() {
            return refused.clone();
        }
        if one.is::<Refused>() {
            return FetchError::Address(
                "expected an address on the public internet, found one in a private network".to_owned(),
            );
        }
        causes.push(one.to_string());
        cause = one.source();
    }
    FetchError::Unreachable(causes.pop().unwrap_or_default().chars().take(200).collect())
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
    async fn a_file_that_is_as_it_was_is_not_fetched_again() {
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
    async fn no_way_leads_into_our_own_network() {
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
