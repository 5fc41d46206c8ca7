//! Links to the files of exports, for people and systems without an account. Whoever has a link gets the file, as long
//! as it exists.
//!
//! A link is the export's id and the file's index, encrypted: nobody can forge one, and nothing has to be stored. A
//! link of S3 itself would not last on AWS: the credentials that sign it expire within hours.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloud::{Keys, Objects};
use db_imports::{ExportFile, ExportJob, ImportsDb};
use runtime::{Cx, Error, Result, TenantId};
use uuid::Uuid;

/// How long a link of S3 is valid where we have no address of our own: the longest that S3 allows.
const SIGNED: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const CONTEXT: [(&str, &str); 1] = [("purpose", "export file")];

/// Returns the links to an export's files, in their order. They are our own links where `PUBLIC_URL` holds the API's
/// address.
pub(crate) async fn links(cx: &Cx, tenant: TenantId, job: &ExportJob) -> Result<Vec<String>> {
    let base = cx.env().optional("PUBLIC_URL").map(|url| url.trim_end_matches('/'));
    let mut links = Vec::with_capacity(job.files.0.len());
    for (place, file) in (0_u16..).zip(&job.files.0) {
        links.push(match base {
            Some(base) => {
                let plain = [tenant.0.as_bytes().as_slice(), job.id.as_bytes(), &place.to_be_bytes()].concat();
                let link = cx.get::<Keys>().await?.encrypt(&plain, &CONTEXT).await?;
                format!("{base}/v1/files/{}", URL_SAFE_NO_PAD.encode(link))
            }
            None => cx.get::<Objects>().await?.presign_download(&file.key, &file.name, SIGNED).await?,
        });
    }
    Ok(links)
}

/// Returns the file of a link; `None` if the link is not ours, or the file is deleted.
pub(crate) async fn linked(cx: &Cx, link: &str) -> Result<Option<ExportFile>> {
    let Some(cipher) = URL_SAFE_NO_PAD.decode(link).ok().filter(|cipher| cipher.len() < 1_000) else { return Ok(None) };
    let Some(plain) = cx.get::<Keys>().await?.decrypt_foreign(&cipher, &CONTEXT).await? else { return Ok(None) };
    let (Some((tenant, rest)), true) = (plain.split_first_chunk::<16>(), plain.len() == 34) else { return Ok(None) };
    let (id, place) = rest.split_at(16);
    let (tenant, place) = (TenantId(Uuid::from_bytes(*tenant)), u16::from_be_bytes([place[0], place[1]]));
    let job = match cx.get::<ImportsDb>().await?.export(tenant, Uuid::from_slice(id).map_err(Error::internal)?).await {
        Err(Error::NotFound(_)) => return Ok(None),
        found => found?,
    };
    let there = job.expires_at.is_none_or(|until| until > cx.now);
    Ok(job.files.0.into_iter().nth(usize::from(place)).filter(|_| there))
}
