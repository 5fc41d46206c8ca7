//! S3 `media-zips/<organisation>/<job>.zip` -> a picture for each file in it.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use cloud::Objects;
use db_catalog::CatalogDb;
use db_media::{MediaDb, MediaJob, MediaJobProblem, MediaJobState, NewMedium};
use db_tenancy::Stamp;
use images::Format;
use runtime::{Cx, Error, ObjectCreated, Result, TenantId};
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use uuid::Uuid;
use zip::ZipArchive;

use crate::media::input::MAX_BYTES;
use crate::media::upload::MAX_ZIP_BYTES;
use crate::pipeline::counts::tell_soon;

/// A zip has at most so many files.
const MAX_FILES: usize = 5_000;
/// Their names and dates take at most so many bytes.
const MAX_DIRECTORY: usize = 4_000_000;
/// Files noted at once: a killed process does at most these again.
const AT_ONCE: usize = 20;

/// A file of the zip that may be a picture.
struct Entry {
    index: usize,
    name: String,
    codes: Vec<String>,
    place: u32,
}

/// Takes the pictures out of a zip. A picture's id follows from the job and its place in the zip, so a zip that is
/// delivered again makes no picture twice.
pub async fn unpack_zip(cx: Cx, object: ObjectCreated) -> Result<()> {
    let mut parts = object.key.trim_start_matches("media-zips/").split('/');
    let tenant = parts.next().and_then(|tenant| tenant.parse().ok()).map(TenantId);
    let job = parts.next().and_then(|name| name.strip_suffix(".zip")?.parse().ok());
    let (Some(tenant), Some(job)) = (tenant, job) else {
        tracing::warn!(key = object.key, "an object that is no zip of pictures");
        return Ok(());
    };
    let db = cx.get::<MediaDb>().await?;
    let Some(mut job) = db.work_on_job(tenant, job, false, cx.now).await? else { return Ok(()) };
    let opened = match download(&cx, &object.key).await? {
        Ok(file) => tokio::task::spawn_blocking(move || open(file)).await.map_err(Error::internal)?,
        Err(message) => Err(message),
    };
    let (mut archive, mut entries) = match opened {
        Ok(opened) => opened,
        Err(message) => {
            let step =
                MediaJobState { done_to: "end".to_owned(), ended: Some(Err(message)), ..MediaJobState::default() };
            db.note_job_step(tenant, &job, &step, time::OffsetDateTime::now_utc()).await?;
            return Ok(());
        }
    };
    let products = products_of(&cx, tenant, &entries).await?;
    // The order in which a product gets its pictures.
    entries.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    let total = i32::try_from(entries.len()).unwrap_or(i32::MAX);
    let begin: usize = job.done_to.parse().unwrap_or_default();
    for (number, some) in entries.chunks(AT_ONCE).enumerate().skip(begin / AT_ONCE) {
        let mut step = MediaJobState { total: Some(total), ..MediaJobState::default() };
        for entry in some {
            let (back, read) = tokio::task::spawn_blocking({
                let index = entry.index;
                move || {
                    let read = read(&mut archive, index);
                    (archive, read)
                }
            })
            .await
            .map_err(Error::internal)?;
            archive = back;
            let product = entry.codes.iter().find_map(|code| products.get(code).copied());
            let taken = match read {
                Ok((bytes, format)) => take(&cx, tenant, &job, entry, product, bytes, format).await?,
                Err(problem) => Err(problem),
            };
            match taken {
                Ok(attached) => step.attached += i32::from(attached),
                Err(message) => step.problems.push(MediaJobProblem {
                    name: entry.name.clone(),
                    code: "file_refused".to_owned(),
                    message,
                }),
            }
            step.done += 1;
        }
        let done = (number + 1) * AT_ONCE;
        step.done_to = done.to_string();
        step.ended = (done >= entries.len()).then_some(Ok(()));
        if !db.note_job_step(tenant, &job, &step, time::OffsetDateTime::now_utc()).await? {
            // Another process is at the same zip.
            return Ok(());
        }
        job = db.media_job(tenant, job.id).await?;
    }
    tell_soon(&cx, tenant).await;
    Ok(())
}

/// The zip as a file on the function's own disk: its directory is at its end. Nameless, so it is gone with the process.
async fn download(cx: &Cx, key: &str) -> Result<std::result::Result<File, String>> {
    let object = match cx.get::<Objects>().await?.read(key, None).await {
        Err(Error::NotFound(_)) => return Ok(Err("the zip is not there any more; upload it again".to_owned())),
        found => found?,
    };
    if object.size > MAX_ZIP_BYTES {
        return Ok(Err(format!("expected a zip of at most 200 MB, found {} bytes", object.size)));
    }
    let file = tokio::task::spawn_blocking(nameless).await.map_err(Error::internal)?.map_err(Error::internal)?;
    let mut target = tokio::fs::File::from_std(file);
    tokio::io::copy(&mut object.body.take(MAX_ZIP_BYTES), &mut target).await.map_err(Error::internal)?;
    tokio::io::AsyncWriteExt::flush(&mut target).await.map_err(Error::internal)?;
    Ok(Ok(target.into_std().await))
}

fn nameless() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("{}.zip", Uuid::new_v4()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// The number of files that a zip says it has and the size of its directory, from the record at its end (APPNOTE.TXT 4.3.16),
/// before anything is read into memory; none when there is no such record, or the zip is of the large kind.
fn announced(file: &mut File) -> std::io::Result<Option<(usize, usize)>> {
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

fn open(mut file: File) -> std::result::Result<(ZipArchive<File>, Vec<Entry>), String> {
    let none = || "expected a zip, found something else or a damaged one".to_owned();
    let (files, directory) = announced(&mut file).ok().flatten().ok_or_else(none)?;
    if files > MAX_FILES || directory > MAX_DIRECTORY {
        return Err(format!("expected at most {MAX_FILES} files, found {files}; send them in several zips"));
    }
    let mut archive = ZipArchive::new(file)
        .map_err(|problem| format!("expected a zip, found something else or a damaged one ({problem})"))?;
    if archive.len() > MAX_FILES {
        return Err(format!("expected at most {MAX_FILES} files, found {}; send them in several zips", archive.len()));
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

/// The codes that a file may be named after, the likeliest first, and its place among a product's pictures.
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

/// A file's bytes, when it is a picture of an acceptable size. What the zip says of its size is not believed.
fn read(archive: &mut ZipArchive<File>, index: usize) -> std::result::Result<(Vec<u8>, Format), String> {
    let file =
        archive.by_index(index).map_err(|problem| format!("the file cannot be taken out of the zip: {problem}"))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|problem| format!("the file is damaged: {problem}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err("expected a picture of at most 10 MB, found a larger one".to_owned());
    }
    let format = Format::of(&bytes).map_err(|problem| problem.to_string())?;
    Ok((bytes, format))
}

/// Makes a picture of a file; gives whether it was given to a product, or why there is none.
async fn take(
    cx: &Cx,
    tenant: TenantId,
    job: &MediaJob,
    entry: &Entry,
    product: Option<Uuid>,
    bytes: Vec<u8>,
    format: Format,
) -> Result<std::result::Result<bool, String>> {
    let Some(product) = product else {
        let tried: Vec<String> = entry.codes.iter().map(|code| format!("\"{code}\"")).collect();
        return Ok(Err(format!("no product has the SKU or EAN {}; rename the file", tried.join(" or "))));
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
            Err(Error::Invalid(problems)) => {
                return Ok(Err(problems.first().map(|problem| problem.message.clone()).unwrap_or_default()));
            }
            made => made?,
        };
    if medium.status == "awaiting_upload" {
        cx.get::<Objects>().await?.write(&medium.object_key, format.media_type(), bytes).await?;
    }
    Ok(Ok(true))
}

/// A random-looking id (version 4) that is the same each time.
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
    fn ids_are_random_to_look_at_and_the_same_each_time() {
        let job = Uuid::now_v7();
        assert_eq!(id_of(job, 7), id_of(job, 7));
        assert_eq!((id_of(job, 7).get_version_num(), id_of(job, 7) == id_of(job, 8)), (4, false));
    }
}
