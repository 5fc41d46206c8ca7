//! S3 `media-zips/<organisation>/<job>.zip` -> a picture for each file in the zip.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use cloud::Objects;
use db_catalog::CatalogDb;
use db_core::language_of;
use db_media::{MediaDb, MediaJob, MediaJobProblem, MediaJobState, NewMedium};
use db_tenancy::Stamp;
use images::Format;
use messages::{Text, media as say};
use runtime::{Cx, Error, ObjectCreated, Result, TenantId};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use uuid::Uuid;
use zip::ZipArchive;

use crate::media::input::MAX_BYTES;
use crate::media::upload::MAX_ZIP_BYTES;
use crate::pipeline::counts::publish_counts_soon;

/// The most files in a zip.
const MAX_FILES: usize = 5_000;
/// The most bytes of the zip's directory, which holds the names and dates of its files.
const MAX_DIRECTORY: usize = 4_000_000;
/// How many files are noted in one step: a killed process repeats at most these.
const AT_ONCE: usize = 20;

/// A file of the zip that may be a picture.
struct Entry {
    /// Its index in the zip.
    index: usize,
    name: String,
    /// The codes that its name may mean, the likeliest first.
    codes: Vec<String>,
    /// Its place among the pictures of its product.
    place: u32,
}

/// Extracts the pictures from a zip. A picture's id is computed from the job and the picture's index in the zip, so a
/// zip that is delivered again creates no picture twice.
pub async fn unpack_zip(cx: Cx, object: ObjectCreated) -> Result<()> {
    let mut parts = object.key.trim_start_matches("media-zips/").split('/');
    let tenant = parts.next().and_then(|tenant| tenant.parse().ok()).map(TenantId);
    let job = parts.next().and_then(|name| name.strip_suffix(".zip")?.parse().ok());
    let (Some(tenant), Some(job)) = (tenant, job) else {
        tracing::warn!(key = object.key, "an object that is not a zip of pictures");
        return Ok(());
    };
    let db = cx.get::<MediaDb>().await?;
    let Some(mut job) = db.work_on_job(tenant, job, false, cx.now).await? else { return Ok(()) };
    let language = language_of(&cx, tenant).await;
    let opened = match download(&cx, &object.key).await? {
        Ok(file) => tokio::task::spawn_blocking(move || open(file)).await.map_err(Error::internal)?,
        Err(message) => Err(message),
    };
    let (mut archive, mut entries) = match opened {
        Ok(opened) => opened,
        Err(message) => {
            let ended = Some(Err(message.into_string(language)));
            let step = MediaJobState { done_to: "end".to_owned(), ended, ..MediaJobState::default() };
            db.note_job_step(tenant, &job, &step, time::OffsetDateTime::now_utc()).await?;
            return Ok(());
        }
    };
    let products = products_of(&cx, tenant, &entries).await?;
    // A product gets its pictures in this order.
    entries.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    let total = i32::try_from(entries.len()).unwrap_or(i32::MAX);
    let begin: usize = job.done_to.parse().unwrap_or_default();
    for (number, chunk) in entries.chunks(AT_ONCE).enumerate().skip(begin / AT_ONCE) {
        let mut step = MediaJobState { total: Some(total), ..MediaJobState::default() };
        for entry in chunk {
            let (returned, content) = tokio::task::spawn_blocking({
                let index = entry.index;
                move || {
                    let content = read(&mut archive, index);
                    (archive, content)
                }
            })
            .await
            .map_err(Error::internal)?;
            archive = returned;
            let product = entry.codes.iter().find_map(|code| products.get(code).copied());
            let created = match content {
                Ok((bytes, format)) => create_picture(&cx, tenant, &job, entry, product, bytes, format).await?,
                Err(problem) => Err(problem),
            };
            match created {
                Ok(()) => step.attached += 1,
                Err(message) => step.problems.push(MediaJobProblem {
                    name: entry.name.clone(),
                    code: "file_refused".to_owned(),
                    message: message.into_string(language),
                }),
            }
            step.done += 1;
        }
        let done = (number + 1) * AT_ONCE;
        step.done_to = done.to_string();
        step.ended = (done >= entries.len()).then_some(Ok(()));
        if !db.note_job_step(tenant, &job, &step, time::OffsetDateTime::now_utc()).await? {
            // Another process works on the same zip.
            return Ok(());
        }
        job = db.media_job(tenant, job.id).await?;
    }
    publish_counts_soon(&cx, tenant).await;
    Ok(())
}

/// Downloads the zip into a file on the function's disk, because a zip's directory is at its end. The file has no name,
/// so it disappears with the process.
async fn download(cx: &Cx, key: &str) -> Result<std::result::Result<File, Text>> {
    let object = match cx.get::<Objects>().await?.read(key, None).await {
        Err(Error::NotFound(_)) => return Ok(Err(say::zip_missing())),
        found => found?,
    };
    if object.size > MAX_ZIP_BYTES {
        return Ok(Err(say::zip_size(MAX_ZIP_BYTES / 1_000_000, object.size)));
    }
    let file = tokio::task::spawn_blocking(nameless_file).await.map_err(Error::internal)?.map_err(Error::internal)?;
    let mut target = tokio::fs::File::from_std(file);
    tokio::io::copy(&mut object.body.take(MAX_ZIP_BYTES), &mut target).await.map_err(Error::internal)?;
    tokio::io::AsyncWriteExt::flush(&mut target).await.map_err(Error::internal)?;
    Ok(Ok(target.into_std().await))
}

fn nameless_file() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("{}.zip", Uuid::new_v4()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// Returns the number of files and the size of the directory that a zip declares in the record at its end (APPNOTE.TXT
/// 4.3.16), before anything else is read into memory. `None`: there is no such record, or the zip is in the ZIP64
/// format.
fn declared_size(file: &mut File) -> std::io::Result<Option<(usize, usize)>> {
    let size = file.metadata()?.len();
    let tail = size.min(65_557);
    file.seek(SeekFrom::Start(size - tail))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06");
    let record = end.and_then(|at| bytes.get(at..at + 22));
    let number = |record: &[u8], at: usize| u16::from_le_bytes([record[at], record[at + 1]]);
    Ok(record.and_then(|record| {
        let (files, low, high) = (number(record, 10), number(record, 12), number(record, 14));
        let directory = usize::from(high) << 16 | usize::from(low);
        (files != u16::MAX && directory < 0xffff_ffff).then_some((usize::from(files), directory))
    }))
}

fn open(mut file: File) -> std::result::Result<(ZipArchive<File>, Vec<Entry>), Text> {
    let (files, directory) = declared_size(&mut file).ok().flatten().ok_or_else(say::zip_invalid)?;
    if files > MAX_FILES || directory > MAX_DIRECTORY {
        return Err(say::zip_too_many_files(MAX_FILES, files));
    }
    let mut archive = ZipArchive::new(file).map_err(say::zip_unreadable)?;
    if archive.len() > MAX_FILES {
        return Err(say::zip_too_many_files(MAX_FILES, archive.len()));
    }
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let Ok(file) = archive.by_index_raw(index) else { continue };
        let Ok(name) = file.name().map(|name| name.replace('\\', "/")) else { continue };
        let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
        if file.is_dir() || hidden {
            continue;
        }
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let (codes, place) = codes_of(&name);
        entries.push(Entry { index, name, codes, place });
    }
    Ok((archive, entries))
}

/// Returns the codes that a file's name may mean, the likeliest first, and its place among the pictures of its product.
fn codes_of(name: &str) -> (Vec<String>, u32) {
    let mut folders: Vec<&str> = name.split('/').collect();
    let file = folders.pop().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).trim();
    let mut codes = vec![stem.to_owned()];
    let mut place = 0;
    // `ABC-1`, `ABC_2`, `ABC (3)`, `ABC.4`
    let bare = stem.trim_end_matches(')');
    let digits = bare.len() - bare.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    if (1..=3).contains(&digits) {
        let (before, number) = bare.split_at(bare.len() - digits);
        let code = before.trim_end_matches(['-', '_', '(', ' ', '.']);
        if code.len() < before.len() && !code.is_empty() {
            codes.push(code.to_owned());
            place = number.parse().unwrap_or_default();
        }
    }
    codes.extend(folders.last().map(|folder| folder.trim().to_owned()).filter(|folder| !folder.is_empty()));
    (codes, place)
}

async fn products_of(cx: &Cx, tenant: TenantId, entries: &[Entry]) -> Result<HashMap<String, Uuid>> {
    let codes: Vec<String> = entries.iter().flat_map(|entry| entry.codes.iter().cloned()).collect();
    cx.get::<CatalogDb>().await?.products_by_codes(tenant, &codes).await
}

/// Reads a file, if it is a picture of an acceptable size. The size that the zip declares is not trusted.
fn read(archive: &mut ZipArchive<File>, index: usize) -> std::result::Result<(Vec<u8>, Format), Text> {
    let file = archive.by_index(index).map_err(say::zip_file_unreadable)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(say::zip_file_damaged)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(say::picture_too_large(MAX_BYTES / 1_000_000));
    }
    let format = Format::of(&bytes).map_err(|problem| problem.message())?;
    Ok((bytes, format))
}

/// Creates a picture from a file and attaches it to its product; or returns why that is not possible.
async fn create_picture(
    cx: &Cx,
    tenant: TenantId,
    job: &MediaJob,
    entry: &Entry,
    product: Option<Uuid>,
    bytes: Vec<u8>,
    format: Format,
) -> Result<std::result::Result<(), Text>> {
    let Some(product) = product else {
        let codes = entry.codes.iter().map(|code| Text::verbatim(format!("\"{code}\"")));
        let codes = codes.reduce(say::either).unwrap_or_else(|| Text::verbatim(&entry.name));
        return Ok(Err(say::no_product_named(codes)));
    };
    let new = NewMedium {
        id: id_of(job.id, entry.index),
        file_name: entry.name.clone(),
        declared: format.media_type(),
        extension: format.extension(),
        bytes: i64::try_from(bytes.len()).ok(),
        source_url: None,
        alt: BTreeMap::new(),
        products: vec![product],
    };
    let medium =
        match cx.get::<MediaDb>().await?.create_medium(tenant, &new, &Stamp::of_job(cx, "media.unpack_zip")).await {
            Err(Error::Invalid(mut problems)) if !problems.is_empty() => {
                return Ok(Err(problems.swap_remove(0).message));
            }
            created => created?,
        };
    if medium.status == "awaiting_upload" {
        cx.get::<Objects>().await?.write(&medium.object_key, format.media_type(), bytes).await?;
    }
    Ok(Ok(()))
}

/// Returns an id (UUID version 4) that looks random, but is the same for the same job and index.
fn id_of(job: Uuid, index: usize) -> Uuid {
    let digest = Sha256::digest([job.as_bytes().as_slice(), &index.to_be_bytes()].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_codes() {
        let codes = |name| codes_of(name).0;
        assert_eq!(codes("ABC.jpg"), ["ABC"]);
        assert_eq!(codes_of("ABC-12.jpg"), (vec!["ABC-12".into(), "ABC".into()], 12));
        assert_eq!(codes_of("4006381333931_2.png"), (vec!["4006381333931_2".into(), "4006381333931".into()], 2));
        assert_eq!(codes("ABC (3).webp"), ["ABC (3)", "ABC"]);
        assert_eq!(codes("pictures/ABC/front.jpg"), ["front", "ABC"]);
        assert_eq!(codes("4006381333931.jpg"), ["4006381333931"], "an EAN is no code with a number");
        assert_eq!(codes("-1.jpg"), ["-1"]);
    }

    #[test]
    fn ids_are_the_same_for_the_same_job_and_index() {
        let job = Uuid::now_v7();
        assert_eq!(id_of(job, 7), id_of(job, 7));
        assert_eq!((id_of(job, 7).get_version_num(), id_of(job, 7) == id_of(job, 8)), (4, false));
    }
}
