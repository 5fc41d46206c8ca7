//! Folders on other people's FTP and SFTP servers: lists, reads, writes, moves and deletes files. One interface for
//! both.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use messages::{Text, servers as say};
use russh::client::{AuthResult, Handle};
use russh::keys::{HashAlg, PrivateKeyWithHashAlg, decode_secret_key};
use russh_sftp::client::SftpSession;
use serde::{Deserialize, Serialize};
use suppaftp::tokio::{AsyncFtpStream, AsyncRustlsConnector, AsyncRustlsFtpStream};
use suppaftp::types::FileType;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use utoipa::ToSchema;

use crate::Guard;
use crate::certificate::Certificate;
use crate::remote_error::{RemoteError, words};

/// The protocol of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// FTP without encryption: others on the network can read the password and the files.
    Ftp,
    /// FTP that switches to TLS before the password is sent.
    Ftps,
    /// SFTP: files over SSH.
    Sftp,
}

impl Protocol {
    /// Returns the default port.
    #[must_use]
    pub const fn port(self) -> u16 {
        match self {
            Protocol::Ftp | Protocol::Ftps => 21,
            Protocol::Sftp => 22,
        }
    }
}

/// A server and our login on it.
#[derive(Clone)]
pub struct Server {
    /// The protocol.
    pub protocol: Protocol,
    /// The server's name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user name.
    pub username: String,
    /// The password; with a private key, its passphrase.
    pub password: Option<String>,
    /// The private key of SFTP, in the OpenSSH or PEM format.
    pub private_key: Option<String>,
    /// SFTP: the fingerprint of the key that the server must show; `None` for the first connection. FTPS: the
    /// fingerprint of the certificate; `None` if a known authority must have signed it.
    pub host_key: Option<String>,
}

impl fmt::Debug for Server {
    /// Omits the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}@{}:{}", self.protocol, self.username, self.host, self.port)
    }
}

/// A file in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFile {
    /// The name, without the folder.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
    /// The time of the last change, in seconds since 1970; 0 if the server does not name it.
    pub modified: i64,
}

/// The most time for one answer of a server.
const PATIENCE: Duration = Duration::from_secs(15);

async fn within<T, E: fmt::Display>(
    work: impl Future<Output = Result<T, E>>,
    failed: impl FnOnce(Text) -> RemoteError,
) -> Result<T, RemoteError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(failed(words(error))),
        Err(_) => Err(RemoteError::Unreachable(say::no_answer(PATIENCE.as_secs()))),
    }
}

/// Connects to the first address of a name that the guard allows.
async fn connect(server: &Server, guard: &Guard) -> Result<TcpStream, RemoteError> {
    let target = (server.host.as_str(), server.port);
    let found: Vec<SocketAddr> = within(tokio::net::lookup_host(target), RemoteError::Unreachable).await?.collect();
    let allowed = found.iter().find(|address| guard.allows(address.ip()));
    match allowed {
        Some(address) => within(TcpStream::connect(*address), RemoteError::Unreachable).await,
        None => Err(RemoteError::Address(say::private_network())),
    }
}

/// A session with a server.
pub struct Remote(Session);

enum Session {
    Ftp(Box<AsyncFtpStream>),
    Ftps(Box<AsyncRustlsFtpStream>),
    Sftp { sftp: Box<SftpSession>, host_key: String, _handle: Box<Handle<HostKey>> },
}

impl Remote {
    /// Connects and logs in.
    ///
    /// # Errors
    /// [`RemoteError`]: why not.
    pub async fn open(server: &Server, guard: &Guard) -> Result<Self, RemoteError> {
        let stream = connect(server, guard).await?;
        let password = server.password.clone().unwrap_or_default();
        match server.protocol {
            Protocol::Ftp => {
                let mut ftp = within(AsyncFtpStream::connect_with_stream(stream), RemoteError::Unreachable).await?;
                within(ftp.login(server.username.as_str(), password.as_str()), RemoteError::Login).await?;
                // The data connection goes to the same host as the control connection: a server cannot redirect us.
                ftp.set_passive_nat_workaround(true);
                within(ftp.transfer_type(FileType::Binary), RemoteError::Refused).await?;
                Ok(Self(Session::Ftp(Box::new(ftp))))
            }
            Protocol::Ftps => {
                let judge = Arc::new(Certificate::expecting(server.host_key.clone())?);
                let config = rustls::ClientConfig::builder_with_provider(Arc::clone(&judge.provider))
                    .with_safe_default_protocol_versions()
                    .map_err(|error| RemoteError::Unreachable(words(error)))?
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::clone(&judge) as _)
                    .with_no_client_auth();
                let connector = AsyncRustlsConnector::from(tokio_rustls::TlsConnector::from(Arc::new(config)));
                let plain = within(AsyncRustlsFtpStream::connect_with_stream(stream), RemoteError::Unreachable).await?;
                let secured = within(plain.into_secure(connector, &server.host), RemoteError::Unreachable).await;
                let mut ftp = secured.map_err(|error| judge.refused().map_or(error, RemoteError::Certificate))?;
                within(ftp.login(server.username.as_str(), password.as_str()), RemoteError::Login).await?;
                ftp.set_passive_nat_workaround(true);
                within(ftp.transfer_type(FileType::Binary), RemoteError::Refused).await?;
                Ok(Self(Session::Ftps(Box::new(ftp))))
            }
            Protocol::Sftp => Self::sftp(server, stream).await,
        }
    }

    async fn sftp(server: &Server, stream: TcpStream) -> Result<Self, RemoteError> {
        let config = russh::client::Config { inactivity_timeout: Some(PATIENCE), ..Default::default() };
        let seen = Arc::new(Mutex::new(String::new()));
        let judge = HostKey { expected: server.host_key.clone(), seen: Arc::clone(&seen) };
        let shown = || seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let connected =
            within(russh::client::connect_stream(Arc::new(config), stream, judge), RemoteError::Unreachable).await;
        let mut handle = connected.map_err(|error| match &server.host_key {
            Some(expected) if !shown().is_empty() && shown() != *expected => RemoteError::HostKey(shown()),
            _ => error,
        })?;
        let login = match &server.private_key {
            Some(key) => {
                let key = decode_secret_key(key, server.password.as_deref())
                    .map_err(|error| RemoteError::Login(say::key_unreadable(error)))?;
                let hash = within(handle.best_supported_rsa_hash(), RemoteError::Unreachable).await?.flatten();
                let key = PrivateKeyWithHashAlg::new(Arc::new(key), hash);
                within(handle.authenticate_publickey(&server.username, key), RemoteError::Login).await?
            }
            None => {
                let password = server.password.clone().unwrap_or_default();
                within(handle.authenticate_password(&server.username, password), RemoteError::Login).await?
            }
        };
        if !matches!(login, AuthResult::Success) {
            return Err(RemoteError::Login(say::account_refused()));
        }
        let channel = within(handle.channel_open_session(), RemoteError::Refused).await?;
        within(channel.request_subsystem(true, "sftp"), RemoteError::Refused).await?;
        let sftp = within(SftpSession::new(channel.into_stream()), RemoteError::Refused).await?;
        Ok(Self(Session::Sftp { sftp: Box::new(sftp), host_key: shown(), _handle: Box::new(handle) }))
    }

    /// Returns the fingerprint of the key that an SFTP server showed: later connections must expect it.
    #[must_use]
    pub fn host_key(&self) -> Option<&str> {
        match &self.0 {
            Session::Sftp { host_key, .. } => Some(host_key),
            _ => None,
        }
    }

    /// Returns the files of a folder, sorted by name; at most 10,000.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn list(&mut self, folder: &str) -> Result<Vec<RemoteFile>, RemoteError> {
        let mut files = match &mut self.0 {
            Session::Ftp(ftp) => {
                let lines = within(ftp.list(Some(folder)), RemoteError::Refused).await?;
                lines.iter().filter_map(|line| listed(line)).collect()
            }
            Session::Ftps(ftp) => {
                let lines = within(ftp.list(Some(folder)), RemoteError::Refused).await?;
                lines.iter().filter_map(|line| listed(line)).collect()
            }
            Session::Sftp { sftp, .. } => {
                let entries =
                    within(sftp.read_dir(if folder.is_empty() { "." } else { folder }), RemoteError::Refused).await?;
                let files = entries.filter(|entry| entry.file_type().is_file()).map(|entry| RemoteFile {
                    name: entry.file_name(),
                    size: entry.metadata().size.unwrap_or_default(),
                    modified: i64::from(entry.metadata().mtime.unwrap_or_default()),
                });
                files.collect::<Vec<_>>()
            }
        };
        files.sort_by(|first, second| first.name.cmp(&second.name));
        files.truncate(10_000);
        Ok(files)
    }

    /// Returns the bytes of a file of at most `most` bytes.
    ///
    /// # Errors
    /// When the server refuses, or the file is larger.
    pub async fn fetch(&mut self, folder: &str, name: &str, most: u64) -> Result<Vec<u8>, RemoteError> {
        let path = joined(folder, name);
        let mut bytes = Vec::new();
        match &mut self.0 {
            Session::Ftp(ftp) => {
                let mut stream = within(ftp.retr_as_stream(&path), RemoteError::Refused).await?;
                drain(&mut stream, &mut bytes, most).await?;
                within(stream.finish(), RemoteError::Refused).await?;
            }
            Session::Ftps(ftp) => {
                let mut stream = within(ftp.retr_as_stream(&path), RemoteError::Refused).await?;
                drain(&mut stream, &mut bytes, most).await?;
                within(stream.finish(), RemoteError::Refused).await?;
            }
            Session::Sftp { sftp, .. } => {
                let mut file = within(sftp.open(&path), RemoteError::Refused).await?;
                drain(&mut file, &mut bytes, most).await?;
            }
        }
        Ok(bytes)
    }

    /// Writes a file: first under a temporary name (`.name.mark.part`), so that nobody reads half a file; then renames
    /// it and replaces a file of this name. An interrupted call leaves the temporary file; the next call with the same
    /// `mark` overwrites it.
    ///
    /// # Errors
    /// When the server refuses, or the file takes longer than `time`.
    pub async fn put(
        &mut self,
        folder: &str,
        name: &str,
        mut from: impl AsyncRead + Send + Unpin,
        mark: &str,
        time: Duration,
    ) -> Result<(), RemoteError> {
        let part = joined(folder, &format!(".{name}.{mark}.part"));
        let path = joined(folder, name);
        let sent = async {
            match &mut self.0 {
                Session::Ftp(ftp) => ftp.put_file(&part, &mut from).await.map(drop).map_err(refused),
                Session::Ftps(ftp) => ftp.put_file(&part, &mut from).await.map(drop).map_err(refused),
                Session::Sftp { sftp, .. } => {
                    let mut file = sftp.create(&part).await.map_err(refused)?;
                    tokio::io::copy(&mut from, &mut file).await.map_err(refused)?;
                    file.shutdown().await.map_err(refused)
                }
            }
        };
        let late = || RemoteError::Unreachable(say::file_too_slow(time.as_secs()));
        tokio::time::timeout(time, sent).await.unwrap_or_else(|_| Err(late()))?;
        let renamed = self.rename(&part, &path).await;
        let Err(refused @ RemoteError::Refused(_)) = renamed else { return renamed };
        // Some servers do not overwrite on rename: then the old file is removed first. Any other refusal is an error.
        if !self.list(folder).await?.iter().any(|file| file.name == name) {
            return Err(refused);
        }
        self.remove(folder, name).await?;
        self.rename(&part, &path).await
    }

    async fn rename(&mut self, from: &str, to: &str) -> Result<(), RemoteError> {
        match &mut self.0 {
            Session::Ftp(ftp) => within(ftp.rename(from, to), RemoteError::Refused).await,
            Session::Ftps(ftp) => within(ftp.rename(from, to), RemoteError::Refused).await,
            Session::Sftp { sftp, .. } => within(sftp.rename(from, to), RemoteError::Refused).await,
        }
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn remove(&mut self, folder: &str, name: &str) -> Result<(), RemoteError> {
        let path = joined(folder, name);
        match &mut self.0 {
            Session::Ftp(ftp) => within(ftp.rm(&path), RemoteError::Refused).await,
            Session::Ftps(ftp) => within(ftp.rm(&path), RemoteError::Refused).await,
            Session::Sftp { sftp, .. } => within(sftp.remove_file(&path), RemoteError::Refused).await,
        }
    }

    /// Moves a file into another folder.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn relocate(&mut self, folder: &str, name: &str, to: &str) -> Result<(), RemoteError> {
        self.rename(&joined(folder, name), &joined(to, name)).await
    }

    /// Closes the session; if the server does not answer, the connection is dropped.
    pub async fn close(self) {
        match self.0 {
            Session::Ftp(mut ftp) => drop(tokio::time::timeout(PATIENCE, ftp.quit()).await),
            Session::Ftps(mut ftp) => drop(tokio::time::timeout(PATIENCE, ftp.quit()).await),
            Session::Sftp { sftp, .. } => drop(tokio::time::timeout(PATIENCE, sftp.close()).await),
        }
    }
}

fn refused(problem: impl fmt::Display) -> RemoteError {
    RemoteError::Refused(words(problem))
}

async fn drain(stream: &mut (impl AsyncReadExt + Unpin), bytes: &mut Vec<u8>, most: u64) -> Result<(), RemoteError> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = within(stream.read(&mut buffer), RemoteError::Unreachable).await?;
        if read == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&buffer[..read]);
        if bytes.len() as u64 > most {
            return Err(RemoteError::TooLarge(most));
        }
    }
}

fn joined(folder: &str, name: &str) -> String {
    match folder.trim_end_matches('/') {
        "" if folder.starts_with('/') => format!("/{name}"),
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// Parses a line of a listing; returns `None` for folders, links and other lines.
fn listed(line: &str) -> Option<RemoteFile> {
    // The first line of `ls -l`, which the parser would read as a line of MLSD.
    if line.strip_prefix("total ").is_some_and(|number| number.trim().parse::<u64>().is_ok()) {
        return None;
    }
    let file = suppaftp::list::File::try_from(line).ok()?;
    if !file.is_file() || file.name().contains('/') {
        return None;
    }
    let modified = file.modified().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Some(RemoteFile {
        name: file.name().to_owned(),
        size: u64::try_from(file.size()).unwrap_or_default(),
        modified: i64::try_from(modified).unwrap_or_default(),
    })
}

/// Checks a server's key: the first one is trusted, every later one must be the same.
struct HostKey {
    expected: Option<String>,
    seen: Arc<Mutex<String>>,
}

impl russh::client::Handler for HostKey {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &russh::keys::PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let fingerprint = match key {
            russh::keys::PublicKeyOrCertificate::PublicKey { key, .. } => key.fingerprint(HashAlg::Sha256).to_string(),
            russh::keys::PublicKeyOrCertificate::Certificate(certificate) => {
                certificate.public_key().fingerprint(HashAlg::Sha256).to_string()
            }
        };
        fingerprint.clone_into(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(self.expected.as_ref().is_none_or(|expected| *expected == fingerprint))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_listings_are_parsed() {
        let file = listed("-rw-r--r--   1 root  root        123 Nov 20 10:11 tarif 2026.csv").unwrap();
        assert_eq!((file.name.as_str(), file.size), ("tarif 2026.csv", 123));
        assert!(listed("drwxr-xr-x   1 root  root        123 Nov 20 10:11 folder").is_none());
        assert!(listed("total 3").is_none());
        assert_eq!((joined("", "a"), joined("/", "a"), joined("in/", "a")), ("a".into(), "/a".into(), "in/a".into()));
    }

    #[tokio::test]
    async fn private_addresses_are_refused() {
        for host in ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"] {
            for protocol in [Protocol::Ftp, Protocol::Ftps, Protocol::Sftp] {
                let server = Server {
                    protocol,
                    host: host.to_owned(),
                    port: 1,
                    username: "u".to_owned(),
                    password: None,
                    private_key: None,
                    host_key: None,
                };
                let refused = Remote::open(&server, &Guard::default()).await.err().unwrap();
                assert_eq!(refused.code(), "address_refused", "{server:?}");
            }
        }
    }
}
