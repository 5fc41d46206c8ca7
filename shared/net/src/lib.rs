//! The way to other people's servers, at addresses that our users give us.
//!
//! Such an address may lead into our own network: to the metadata service, to a database, to another tenant's function. So a
//! name is resolved by us, every address it has is judged before a connection is made, and a redirect is judged like the
//! first address. What may be fetched is bounded in time and size.

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
