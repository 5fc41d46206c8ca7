//! Connections to other people's servers, at addresses that our users give us.
//!
//! Such an address may lead into our own network: to the metadata service, to a database, to another tenant's function.
//! So we resolve each name ourselves and check every address of it before we connect; a redirect is checked like the
//! first address. The time and the size of what we fetch are limited.

mod account;
mod certificate;
mod fetch;
mod guard;
mod remote;
mod remote_error;
mod retry;
mod signature;

pub use account::{Account, SecretsOf, is_one_line, origin};
pub use fetch::{Credentials, FetchError, Fetched, Fetcher, Known};
pub use guard::Guard;
pub use remote::{Protocol, Remote, RemoteFile, Server};
pub use remote_error::RemoteError;
pub use retry::{is_final, wait_after};
pub use signature::{new_secret, sign, sign_with_both, verify};
