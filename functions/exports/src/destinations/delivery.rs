//! How files reach a destination.

use std::time::Duration;

use channels::media_type;
use cloud::{Mail, ObjectReader, Objects};
use db_imports::{Destination, ExportJob, ImportsDb};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart};
use net::{FetchError, Fetcher, Guard, Remote, is_final, sign};
use runtime::{Cx, Error, Result, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::destinations::bucket::Store;
use crate::destinations::destination::{MOST_ATTACHED, Target, TargetSecrets, secrets, server, target};
use crate::destinations::failure::{DeliveryFailure, PATIENCE};
use crate::exports::links::links;

/// Tries a destination with a file of a few words, or as far as that goes without one; gives what to know of it, or why it fails.
pub(crate) async fn try_out(
    cx: &Cx,
    tenant: TenantId,
    destination: &Destination,
) -> Result<std::result::Result<String, (String, Option<String>)>> {
    const NAME: &str = "products-manager-test.txt";
    let words = b"Products Manager can write here.\r\n".as_slice();
    let (target, secrets) = (target(destination)?, secrets(cx, tenant, destination).await?);
    Ok(match &target {
        Target::Ftp { folder, .. } => {
            let server = server(&target, &secrets, destination.host_key.as_ref())?;
            let mut remote = match Remote::open(&server, &Guard::of(cx)).await {
                Ok(remote) => remote,
                Err(why) => return Ok(Err((why.to_string(), why.shown_key().map(str::to_owned)))),
            };
            let key = remote.host_key().map(str::to_owned);
            let tried = match remote.put(folder, NAME, words, "test", ANSWER).await {
                Ok(()) => remote.remove(folder, NAME).await,
                failed => failed,
            };
            remote.close().await;
            match tried {
                Ok(()) => Ok("a file was written and removed again".to_owned()),
                Err(why) => Err((why.to_string(), key)),
            }
        }
        Target::S3 { .. } => {
            let tried = async {
                let store = Store::open(cx, tenant, &target, secrets).await?;
                store.put(cx, NAME, std::io::Cursor::new(words), words.len() as u64).await
            };
            match tried.await {
                Ok(()) => Ok(format!("the file {NAME} was written; it can be deleted")),
                Err(failed) => Err((failed.why, None)),
            }
        }
        Target::Webhook { url } => {
            let body = json!({ "type": "test", "timestamp": cx.now.unix_timestamp(), "data": { "destination": destination.name } }).to_string();
            match post(cx, url, &secrets, Uuid::now_v7(), body).await? {
                Ok(status) if (200..300).contains(&status) => Ok(format!("the server answered {status}")),
                Ok(status) => Err((format!("expected a status from 200 to 299, the server answered {status}"), None)),
                Err(why) => Err((why.to_string(), None)),
            }
        }
        Target::Email { to, .. } => {
            let sender = cx.get::<Mail>().await?;
            let message = letter(&sender, to, "Products Manager: test")?
                .body("Files of exports will come to this address.\r\n".to_owned())
                .map_err(Error::internal)?;
            sender.send_raw(to, message.formatted()).await?;
            Ok("a mail was sent".to_owned())
        }
    })
}

const ANSWER: Duration = Duration::from_secs(15);

pub(crate) enum DeliveryError {
    Failed(DeliveryFailure),
    Ours(Error),
}

impl From<Error> for DeliveryError {
    fn from(error: Error) -> Self {
        DeliveryError::Ours(error)
    }
}

impl From<DeliveryFailure> for DeliveryError {
    fn from(failed: DeliveryFailure) -> Self {
        DeliveryError::Failed(failed)
    }
}

pub(crate) async fn send(
    cx: &Cx,
    db: &ImportsDb,
    tenant: TenantId,
    job: &ExportJob,
    destination: &Destination,
    delivery: Uuid,
    done: i32,
) -> std::result::Result<(), DeliveryError> {
    if job.expires_at.is_some_and(|until| until <= cx.now) {
        return Err(DeliveryFailure {
            why: "the files are gone after 30 days; export again".to_owned(),
            hopeless: true,
        }
        .into());
    }
    let (target, secrets) = (target(destination)?, secrets(cx, tenant, destination).await?);
    let objects = cx.get::<Objects>().await?;
    let files = &job.files.0;
    // A link is a message of all files: there is one thing to be sent.
    let mut place = match &target {
        Target::Email { to, attach_up_to } => {
            let most = attach_up_to.unwrap_or(MOST_ATTACHED).min(MOST_ATTACHED);
            return mail(cx, tenant, job, to, most).await;
        }
        Target::Webhook { url } => return webhook(cx, tenant, job, delivery, url, &secrets).await,
        Target::Ftp { folder, .. } => {
            let server = server(&target, &secrets, destination.host_key.as_ref())?;
            let session = Remote::open(&server, &Guard::of(cx)).await.map_err(DeliveryFailure::new)?;
            if let Some(key) = session.host_key() {
                db.pin_destination(tenant, destination.id, key).await?;
            }
            Place::Folder(Box::new(session), folder)
        }
        Target::S3 { .. } => Place::Bucket(Store::open(cx, tenant, &target, secrets).await?),
    };
    for (number, file) in (1_i32..).zip(files).skip(usize::try_from(done).unwrap_or_default()) {
        let object = objects.read(&file.key, None).await?;
        place.put(cx, delivery, &file.name, object).await?;
        let more = usize::try_from(number).is_ok_and(|done| done < files.len());
        db.note_file_delivered(tenant, delivery, number, more, OffsetDateTime::now_utc()).await?;
    }
    place.close().await;
    Ok(())
}

/// Where files are put one by one.
enum Place<'t> {
    Folder(Box<Remote>, &'t str),
    Bucket(Store<'t>),
}

impl Place<'_> {
    async fn put(
        &mut self,
        cx: &Cx,
        delivery: Uuid,
        name: &str,
        object: ObjectReader,
    ) -> std::result::Result<(), DeliveryFailure> {
        match self {
            Place::Folder(session, folder) => {
                let part = delivery.simple().to_string();
                session.put(folder, name, object.body, &part, PATIENCE).await.map_err(DeliveryFailure::new)
            }
            Place::Bucket(store) => store.put(cx, name, object.body, object.size).await,
        }
    }

    async fn close(self) {
        if let Place::Folder(session, _) = self {
            session.close().await;
        }
    }
}

/// A signed message with links; the same id at each try, so that a receiver knows it again.
async fn webhook(
    cx: &Cx,
    tenant: TenantId,
    job: &ExportJob,
    delivery: Uuid,
    url: &str,
    secrets: &TargetSecrets,
) -> std::result::Result<(), DeliveryError> {
    let links = links(cx, tenant, job).await?;
    let files: Vec<_> = (job.files.0.iter().zip(links))
        .map(|(file, url)| json!({ "name": file.name, "bytes": file.bytes, "products": file.products, "url": url }))
        .collect();
    let body = json!({
        "type": "export.ready",
        "timestamp": cx.now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default(),
        "data": { "export_id": job.id, "name": job.name, "layout": job.layout, "format": job.format, "exported": job.exported,
                  "left_out": job.left_out, "files": files },
    })
    .to_string();
    let status = post(cx, url, secrets, delivery, body).await?.map_err(DeliveryFailure::new)?;
    if (200..300).contains(&status) {
        return Ok(());
    }
    let why = format!("expected a status from 200 to 299, the server answered {status}");
    Err(DeliveryFailure { why, hopeless: is_final(status) }.into())
}

/// Sends a signed message; gives the status of the answer, or why there is none.
async fn post(
    cx: &Cx,
    url: &str,
    secrets: &TargetSecrets,
    id: Uuid,
    body: String,
) -> Result<std::result::Result<u16, FetchError>> {
    let secret = secrets.signing.as_deref().unwrap_or_default();
    let headers = sign(secret, &id.to_string(), cx.now.unix_timestamp(), &body)
        .ok_or_else(|| Error::internal("the signing secret of a destination is none"))?;
    Ok(cx.get::<Fetcher>().await?.post(url, &headers, body, ANSWER).await)
}

/// A mail of ours to people.
fn letter(sender: &Mail, to: &[String], subject: &str) -> Result<MessageBuilder> {
    let address = |text: &str| -> Result<Mailbox> { text.parse().map_err(Error::internal) };
    let from = Mailbox::new(Some("Products Manager".to_owned()), address(sender.from())?.email);
    let begun = lettre::Message::builder().from(from).subject(subject);
    to.iter().try_fold(begun, |letter, one| Ok(letter.to(address(one)?)))
}

/// A mail with the files, or with links where they are too large together.
async fn mail(
    cx: &Cx,
    tenant: TenantId,
    job: &ExportJob,
    to: &[String],
    most: u64,
) -> std::result::Result<(), DeliveryError> {
    let sender = cx.get::<Mail>().await?;
    let files = &job.files.0;
    let attached = files.iter().map(|file| file.bytes).sum::<u64>() <= most;
    let mut text = format!("{}: {} products, {} left out.\r\n\r\n", job.name, job.exported, job.left_out);
    if attached {
        files.iter().for_each(|file| text.push_str(&format!("- {} ({} bytes)\r\n", file.name, file.bytes)));
    } else {
        text.push_str("The files are too large for a mail; they can be downloaded here:\r\n");
        for (file, link) in files.iter().zip(links(cx, tenant, job).await?) {
            text.push_str(&format!("- {}: {link}\r\n", file.name));
        }
    }
    let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(text));
    if attached {
        for file in files {
            let bytes = cx.get::<Objects>().await?.read_small(&file.key, most).await?;
            let kind = ContentType::parse(media_type(&file.name)).map_err(Error::internal)?;
            parts = parts.singlepart(Attachment::new(file.name.clone()).body(bytes, kind));
        }
    }
    let subject = format!("Export {}", job.name.split_whitespace().collect::<Vec<_>>().join(" "));
    let message = letter(&sender, to, &subject)?;
    let message = message.multipart(parts).map_err(Error::internal)?;
    sender.send_raw(to, message.formatted()).await?;
    Ok(())
}
