//! Sending files to a destination.

use std::time::Duration;

use channels::media_type;
use cloud::{Mail, ObjectReader, Objects};
use db_core::language_of;
use db_imports::{Destination, ExportJob, ImportsDb};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart, SinglePart};
use messages::{Text, exports as say};
use net::{FetchError, Fetcher, Guard, Remote, is_final, sign};
use runtime::{Cx, Error, Result, TenantId};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::destinations::bucket::Store;
use crate::destinations::destination::{MOST_ATTACHED, Target, TargetSecrets, secrets, server, target};
use crate::destinations::failure::{DeliveryError, DeliveryFailure, PATIENCE};
use crate::exports::links::links;

/// Tests a destination with a small file or a message. Returns the result in words, or why the test failed and the key
/// that the server shows.
pub(crate) async fn try_out(
    cx: &Cx,
    tenant: TenantId,
    destination: &Destination,
) -> Result<std::result::Result<Text, (Text, Option<String>)>> {
    const NAME: &str = "products-manager-test.txt";
    let words = format!("{}\r\n", say::test_file().shown(cx.language)).into_bytes();
    let (target, secrets) = (target(destination)?, secrets(cx, tenant, destination).await?);
    Ok(match &target {
        Target::Ftp { folder, .. } => {
            let server = server(&target, &secrets, destination.host_key.as_ref())?;
            let mut remote = match Remote::open(&server, &Guard::of(cx)).await {
                Ok(remote) => remote,
                Err(why) => return Ok(Err((why.message(), why.shown_key().map(str::to_owned)))),
            };
            let key = remote.host_key().map(str::to_owned);
            let result = match remote.put(folder, NAME, words.as_slice(), "test", ANSWER).await {
                Ok(()) => remote.remove(folder, NAME).await,
                failed => failed,
            };
            remote.close().await;
            match result {
                Ok(()) => Ok(say::test_folder_passed()),
                Err(why) => Err((why.message(), key)),
            }
        }
        Target::S3 { .. } => {
            let upload = async {
                let store = Store::open(cx, tenant, &target, secrets).await?;
                let size = words.len() as u64;
                store.put(cx, NAME, std::io::Cursor::new(words), size).await
            };
            match upload.await {
                Ok(()) => Ok(say::test_bucket_passed(NAME)),
                Err(DeliveryError::Failed(failed)) => Err((failed.why, None)),
                Err(DeliveryError::Ours(error)) => return Err(error),
            }
        }
        Target::Webhook { url } => {
            let body = json!({ "type": "test", "timestamp": cx.now.unix_timestamp(), "data": { "destination": destination.name } }).to_string();
            match post(cx, url, &secrets, Uuid::now_v7(), body).await? {
                Ok(status) if (200..300).contains(&status) => Ok(say::test_webhook_passed(status)),
                Ok(status) => Err((messages::servers::success_expected(status), None)),
                Err(why) => Err((why.message(), None)),
            }
        }
        Target::Email { to, .. } => {
            let sender = cx.get::<Mail>().await?;
            let message = letter(&sender, to, say::test_mail_subject().shown(cx.language))?
                .body(format!("{}\r\n", say::test_mail_body().shown(cx.language)))
                .map_err(Error::internal)?;
            sender.send_raw(to, message.formatted()).await?;
            Ok(say::test_mail_passed())
        }
    })
}

/// How long a server has to answer.
const ANSWER: Duration = Duration::from_secs(15);

/// Sends the files of an export to a destination, from file number `done` on.
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
        return Err(DeliveryFailure { why: say::files_expired(), hopeless: true }.into());
    }
    let (target, secrets) = (target(destination)?, secrets(cx, tenant, destination).await?);
    let objects = cx.get::<Objects>().await?;
    let files = &job.files.0;
    // Mails and webhooks are one message for all files.
    let mut place = match &target {
        Target::Email { to, attach_up_to } => {
            let most = attach_up_to.unwrap_or(MOST_ATTACHED).min(MOST_ATTACHED);
            return mail(cx, tenant, job, to, most).await;
        }
        Target::Webhook { url } => return webhook(cx, tenant, job, delivery, url, &secrets).await,
        Target::Ftp { folder, .. } => {
            let server = server(&target, &secrets, destination.host_key.as_ref())?;
            let session = Remote::open(&server, &Guard::of(cx)).await.map_err(DeliveryFailure::from)?;
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

/// A place for files, one by one.
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
    ) -> std::result::Result<(), DeliveryError> {
        match self {
            Place::Folder(session, folder) => {
                let part = delivery.simple().to_string();
                let put = session.put(folder, name, object.body, &part, PATIENCE).await;
                put.map_err(|why| DeliveryFailure::from(why).into())
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

/// Sends a signed message with links. The id is the same at each try, so that the receiver recognises repetitions.
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
    let status = post(cx, url, secrets, delivery, body).await?.map_err(DeliveryFailure::from)?;
    if (200..300).contains(&status) {
        return Ok(());
    }
    let why = messages::servers::success_expected(status);
    Err(DeliveryFailure { why, hopeless: is_final(status) }.into())
}

/// Sends a signed message. Returns the status of the answer, or why no answer came.
async fn post(
    cx: &Cx,
    url: &str,
    secrets: &TargetSecrets,
    id: Uuid,
    body: String,
) -> Result<std::result::Result<u16, FetchError>> {
    let secret = secrets.signing.as_deref().unwrap_or_default();
    let headers = sign(secret, &id.to_string(), cx.now.unix_timestamp(), &body)
        .ok_or_else(|| Error::internal("the signing secret of a destination is not valid"))?;
    Ok(cx.get::<Fetcher>().await?.post(url, &headers, body, ANSWER).await)
}

/// Begins a mail to people.
fn letter(sender: &Mail, to: &[String], subject: &str) -> Result<MessageBuilder> {
    let address = |text: &str| -> Result<Mailbox> { text.parse().map_err(Error::internal) };
    let from = Mailbox::new(Some("Products Manager".to_owned()), address(sender.from())?.email);
    let mail = lettre::Message::builder().from(from).subject(subject);
    to.iter().try_fold(mail, |mail, recipient| Ok(mail.to(address(recipient)?)))
}

/// Sends a mail with the files attached, or with links if they are too large together.
async fn mail(
    cx: &Cx,
    tenant: TenantId,
    job: &ExportJob,
    to: &[String],
    most: u64,
) -> std::result::Result<(), DeliveryError> {
    // The recipients' languages are not known.
    let (sender, language) = (cx.get::<Mail>().await?, language_of(cx, tenant).await);
    let files = &job.files.0;
    let attached = files.iter().map(|file| file.bytes).sum::<u64>() <= most;
    let summary = say::mail_summary(&job.name, job.exported, job.left_out);
    let mut text = format!("{}\r\n\r\n", summary.shown(language));
    if attached {
        for file in files {
            text.push_str(&format!("- {}\r\n", say::mail_file(&file.name, file.bytes).shown(language)));
        }
    } else {
        text.push_str(&format!("{}\r\n", say::mail_links().shown(language)));
        for (file, link) in files.iter().zip(links(cx, tenant, job).await?) {
            text.push_str(&format!("- {}\r\n", say::mail_link(&file.name, link).shown(language)));
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
    let subject = say::mail_subject(job.name.split_whitespace().collect::<Vec<_>>().join(" "));
    let message = letter(&sender, to, subject.shown(language))?;
    let message = message.multipart(parts).map_err(Error::internal)?;
    sender.send_raw(to, message.formatted()).await?;
    Ok(())
}
