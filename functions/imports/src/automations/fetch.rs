//! Fetches the files of an automation from its source.

use std::collections::HashSet;
use std::time::Duration;

use db_suppliers::AutomationState;
use messages::{Language, Text, imports as say};
use net::{Credentials, FetchError, Fetcher, Guard, Known, Remote, RemoteError, RemoteFile, Server};
use runtime::{Cx, Error, Result};
use serde_json::Value;

use crate::automations::automation::{Afterwards, Login, Paging, Secrets, Source, Take};

/// A file that was fetched.
pub(crate) struct Found {
    /// Its name.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
}

/// Why nothing was fetched, for people.
pub(crate) struct NotFetched(pub(crate) Text);

impl From<FetchError> for NotFetched {
    fn from(error: FetchError) -> Self {
        Self(error.message())
    }
}

impl From<RemoteError> for NotFetched {
    fn from(error: RemoteError) -> Self {
        Self(error.message())
    }
}

/// How long one answer of a web server may take.
const PATIENCE: Duration = Duration::from_secs(100);
/// The most files of a folder that one run fetches.
const MOST_FILES: usize = 20;
/// The most pages of an interface that one run fetches.
const MOST_PAGES: usize = 1_000;
/// The most bytes of the answer of a server that issues tokens.
const MOST_TOKEN: u64 = 100_000;
/// A file that does not change for this time counts as complete.
const STILL: Duration = Duration::from_secs(2);

/// Fetches the new files. `state` describes the earlier files, and is updated with the new ones.
pub(crate) async fn fetch(
    cx: &Cx,
    source: &Source,
    secrets: &Secrets,
    state: &mut AutomationState,
    most: u64,
) -> Result<std::result::Result<Vec<Found>, NotFetched>> {
    Ok(match source {
        Source::Http { url, login } | Source::Rest { url, login, .. } => {
            let fetcher = cx.get::<Fetcher>().await?;
            let credentials = match credentials(&fetcher, login, secrets).await {
                Ok(credentials) => credentials,
                Err(reason) => return Ok(Err(reason)),
            };
            match source {
                Source::Rest { path, paging, .. } => {
                    rest(&fetcher, url, &credentials, path, paging.as_ref(), most).await
                }
                _ => web(&fetcher, url, &credentials, state, most).await,
            }
        }
        Source::Ftp { .. } => folder(cx, source, secrets, state, most).await,
        Source::Email { .. } | Source::Drop {} => Ok(Vec::new()),
    })
}

async fn credentials(
    fetcher: &Fetcher,
    login: &Login,
    secrets: &Secrets,
) -> std::result::Result<Credentials, NotFetched> {
    let token = || secrets.token.clone().unwrap_or_default();
    Ok(match login {
        Login::None => Credentials::None,
        Login::Basic(user) => Credentials::Basic(user.clone(), secrets.password.clone().unwrap_or_default()),
        Login::Bearer => Credentials::Bearer(token()),
        Login::Header(name) => Credentials::Header(name.clone(), token()),
        Login::Oauth2 { token_url, client_id, scope } => {
            let secret = secrets.password.as_deref().unwrap_or_default();
            let mut form =
                vec![("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", secret)];
            form.extend(scope.as_deref().map(|scope| ("scope", scope)));
            let answer = fetcher.post_form(token_url, &form, MOST_TOKEN, PATIENCE).await;
            let answer = answer.map_err(|why| NotFetched(say::no_token(why.message())))?;
            let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
            let token = answer["access_token"].as_str().filter(|token| !token.chars().any(char::is_control));
            let missing = || NotFetched(say::no_token(say::token_expected()));
            Credentials::Bearer(token.ok_or_else(missing)?.to_owned())
        }
    })
}

async fn web(
    fetcher: &Fetcher,
    url: &str,
    credentials: &Credentials,
    state: &mut AutomationState,
    most: u64,
) -> std::result::Result<Vec<Found>, NotFetched> {
    let known = Known { etag: state.etag.clone(), last_modified: state.last_modified.clone() };
    let fetched = fetcher.fetch_as(url, credentials, &known, most, PATIENCE).await?;
    if fetched.unchanged {
        return Ok(Vec::new());
    }
    (state.etag, state.last_modified) = (fetched.known.etag, fetched.known.last_modified);
    let name = if fetched.file_name.is_empty() { "file".to_owned() } else { fetched.file_name };
    Ok(vec![Found { name, bytes: fetched.bytes }])
}

/// The value at a path of keys.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').filter(|key| !key.is_empty()).try_fold(value, |value, key| value.get(key))
}

async fn rest(
    fetcher: &Fetcher,
    url: &str,
    credentials: &Credentials,
    path: &str,
    paging: Option<&Paging>,
    most: u64,
) -> std::result::Result<Vec<Found>, NotFetched> {
    let mut lines = Vec::new();
    let (mut address, mut objects) = (url.to_owned(), 0_usize);
    for page in 1..=MOST_PAGES {
        let fetched = fetcher.fetch_as(&address, credentials, &Known::default(), most, PATIENCE).await?;
        let value: Value =
            serde_json::from_slice(&fetched.bytes).map_err(|problem| NotFetched(say::page_not_json(page, problem)))?;
        let list = at(&value, path).and_then(Value::as_array);
        let list = list.ok_or_else(|| NotFetched(say::page_without_list(page, path)))?;
        for object in list {
            lines.extend_from_slice(object.to_string().as_bytes());
            lines.push(b'\n');
        }
        objects += list.len();
        if lines.len() as u64 > most {
            return Err(NotFetched(say::pages_too_large(most)));
        }
        let next = match paging {
            _ if list.is_empty() => None,
            None => None,
            Some(Paging::Page(parameter)) => Some((parameter, (page + 1).to_string())),
            Some(Paging::Offset(parameter)) => Some((parameter, objects.to_string())),
            Some(Paging::Cursor { parameter, path }) => match at(&value, path) {
                Some(Value::String(cursor)) if !cursor.is_empty() => Some((parameter, cursor.clone())),
                Some(Value::Number(cursor)) => Some((parameter, cursor.to_string())),
                _ => None,
            },
        };
        let Some((parameter, value)) = next else {
            return Ok(if objects == 0 {
                Vec::new()
            } else {
                vec![Found { name: "objects.jsonl".to_owned(), bytes: lines }]
            });
        };
        let value = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
        let joint = if url.contains('?') { '&' } else { '?' };
        address = format!("{url}{joint}{parameter}={value}");
    }
    Err(NotFetched(say::too_many_pages(MOST_PAGES)))
}

/// The server of an FTP source; `None` for other sources.
pub(crate) fn server(source: &Source, secrets: &Secrets, state: &AutomationState) -> Option<Server> {
    let account = source.account()?;
    Some(account.server(secrets.password.as_ref(), secrets.private_key.as_ref(), state.host_key.as_ref()))
}

async fn folder(
    cx: &Cx,
    source: &Source,
    secrets: &Secrets,
    state: &mut AutomationState,
    most: u64,
) -> std::result::Result<Vec<Found>, NotFetched> {
    let (Source::Ftp { folder, pattern, take, .. }, Some(server)) = (source, server(source, secrets, state)) else {
        return Ok(Vec::new());
    };
    let mut remote = Remote::open(&server, &Guard::of(cx)).await?;
    if let Some(key) = remote.host_key() {
        state.host_key = Some(key.to_owned());
    }
    let listed = std::time::Instant::now();
    let mut files: Vec<RemoteFile> =
        remote.list(folder).await?.into_iter().filter(|file| matches(pattern, &file.name)).collect();
    let mark = |file: &RemoteFile| format!("{} {} {}", file.name, file.size, file.modified);
    // Files that are gone from the folder need not be remembered.
    let marks: HashSet<String> = files.iter().map(mark).collect();
    state.seen.retain(|seen| marks.contains(seen));
    if *take == Take::Newest {
        // Older files are not new when the newest one was moved away.
        let candidates = files.into_iter().filter(|file| state.newest.is_none_or(|newest| file.modified >= newest));
        files = candidates.max_by_key(|file| file.modified).into_iter().collect();
    }
    files.retain(|file| !state.seen.contains(&mark(file)));
    files.truncate(MOST_FILES);
    let (mut found, mut bytes) = (Vec::new(), 0);
    for file in &files {
        // The files are held in memory. The remaining ones are fetched in the next run.
        bytes += file.size;
        if bytes > most && !found.is_empty() {
            break;
        }
        if file.size > most {
            return Err(NotFetched(say::remote_file_too_large(&file.name, file.size, most)));
        }
        found.push((file, remote.fetch(folder, &file.name, most).await?));
    }
    // A file that somebody is still writing is left for later.
    let mut growing = None;
    if !found.is_empty() {
        tokio::time::sleep(STILL.saturating_sub(listed.elapsed())).await;
        let now: HashSet<String> = remote.list(folder).await?.iter().map(mark).collect();
        found.retain(|(file, bytes)| {
            let whole = bytes.len() as u64 == file.size && now.contains(&mark(file));
            if !whole {
                growing = Some(file.name.clone());
            }
            whole
        });
    }
    remote.close().await;
    if let (Some(name), true) = (growing, found.is_empty()) {
        return Err(NotFetched(say::file_growing(name)));
    }
    for (file, _) in &found {
        state.seen.push(mark(file));
        state.newest = state.newest.max(Some(file.modified));
    }
    Ok(found.into_iter().map(|(file, bytes)| Found { name: file.name.clone(), bytes }).collect())
}

/// Deletes or moves files that were fetched; called when they are stored on our side.
pub(crate) async fn tidy(
    cx: &Cx,
    source: &Source,
    secrets: &Secrets,
    state: &AutomationState,
    names: &[String],
) -> std::result::Result<(), NotFetched> {
    let (Source::Ftp { folder, afterwards, .. }, Some(server)) = (source, server(source, secrets, state)) else {
        return Ok(());
    };
    if *afterwards == Afterwards::Leave || names.is_empty() {
        return Ok(());
    }
    let mut remote = Remote::open(&server, &Guard::of(cx)).await?;
    for name in names {
        match afterwards {
            Afterwards::Delete => remote.remove(folder, name).await?,
            Afterwards::MoveTo(to) => remote.relocate(folder, name, to).await?,
            Afterwards::Leave => {}
        }
    }
    remote.close().await;
    Ok(())
}

/// Whether a name matches a pattern with `*` and `?`; case does not count.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.to_lowercase().chars().collect(), name.to_lowercase().chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, n));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == name[n]) {
            (p, n) = (p + 1, n + 1);
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (p, n) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The message of an error in `language`, with all invalid values, for the history of an automation.
pub(crate) fn sentence(error: &Error, language: Language) -> String {
    match error {
        Error::Invalid(errors) => {
            let messages = errors
                .iter()
                .map(|error| messages::runtime::invalid(&error.field, error.message.clone()).into_string(language));
            messages.collect::<Vec<_>>().join("; ")
        }
        other => other.message().into_string(language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name, good) in [
            ("*", "a.csv", true),
            ("*.csv", "TARIF.CSV", true),
            ("tarif_????.xlsx", "tarif_2026.xlsx", true),
            ("tarif_????.xlsx", "tarif_26.xlsx", false),
            ("*a*b*c*", "xaxbxcx", true),
            ("*.csv", "a.csv.tmp", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), good, "{pattern} {name}");
        }
    }
}
