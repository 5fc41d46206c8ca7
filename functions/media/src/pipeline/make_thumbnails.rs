//! S3 `media/<2 hex>/<uuid>/original.<ext>` -> thumbnails in the same folder.

use cloud::Objects;
use db_core::language_of;
use db_media::{MediaDb, Medium, ProcessedFile, StoredThumbnail, object_key};
use images::{Limits, Rendered, render};
use messages::media as say;
use runtime::{Cx, Error, Metric, ObjectCreated, Result, TenantId, Unit, emit_metrics};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::media::input::{MAX_BYTES, SIZES};
use crate::pipeline::counts::publish_counts_soon;
use crate::pipeline::failure::fail;

/// Makes the thumbnails of an uploaded picture. If the message is delivered again, it makes the same ones again. A
/// problem with the file is noted on the picture and is no error: the message is then processed.
pub async fn make_thumbnails(cx: Cx, object: ObjectCreated) -> Result<()> {
    let id: Option<Uuid> = object.key.split('/').nth(2).and_then(|id| id.parse().ok());
    let db = cx.get::<MediaDb>().await?;
    let tenant = match id {
        Some(id) => db.tenant_of(id).await?.map(|tenant| (tenant, id)),
        None => None,
    };
    let Some((tenant, id)) = tenant else {
        tracing::warn!(key = object.key, "an object that is not the file of a picture");
        return Ok(());
    };
    let Some(medium) = db.begin_processing(tenant, id, cx.now).await? else { return Ok(()) };
    let started = std::time::Instant::now();
    let objects = cx.get::<Objects>().await?;
    let file = match objects.read(&medium.object_key, None).await {
        Err(Error::NotFound(_)) => return Ok(()),
        found => found?,
    };
    if file.size > MAX_BYTES {
        return fail(&cx, tenant, id, "file_too_large", say::picture_too_large(MAX_BYTES / 1_000_000)).await;
    }
    let bytes = objects.read_small(&medium.object_key, MAX_BYTES).await?;
    let limits =
        Limits { max_pixels: cx.env().parsed("MEDIA_MAX_PIXELS", Limits::default().max_pixels).map_err(Error::from)? };
    let (sha256, size) = (Sha256::digest(&bytes).into(), bytes.len());
    let rendered =
        tokio::task::spawn_blocking(move || render(&bytes, &SIZES, limits)).await.map_err(Error::internal)?;
    match rendered {
        Ok(rendered) => {
            let stored = store(&cx, tenant, &medium, rendered, sha256, size).await;
            #[expect(clippy::cast_precision_loss, reason = "a measurement")]
            let milliseconds = started.elapsed().as_millis() as f64;
            emit_metrics(
                &cx,
                &[("function", "media.make_thumbnails")],
                &[Metric("ThumbnailTime", milliseconds, Unit::Milliseconds)],
            );
            stored
        }
        Err(problem) => fail(&cx, tenant, id, problem.code(), problem.message()).await,
    }
}

async fn store(
    cx: &Cx,
    tenant: TenantId,
    medium: &Medium,
    rendered: Rendered,
    sha256: [u8; 32],
    size: usize,
) -> Result<()> {
    let (db, objects) = (cx.get::<MediaDb>().await?, cx.get::<Objects>().await?);
    let mut thumbnails = Vec::new();
    for thumbnail in rendered.thumbnails {
        let (size, width, height) = (thumbnail.size, thumbnail.width, thumbnail.height);
        let bytes = thumbnail.bytes.len() as u64;
        let key = object_key(medium.id, &format!("{size}.webp"));
        objects.write_immutable(&key, "image/webp", thumbnail.bytes).await?;
        thumbnails.push(StoredThumbnail { size, width, height, bytes, url: None });
    }
    let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let found = rendered.format.media_type();
    let remark = if found == medium.declared {
        None
    } else {
        Some(("mislabelled", say::mislabelled(&medium.declared, found).into_string(language_of(cx, tenant).await)))
    };
    let processed = ProcessedFile {
        sha256,
        bytes: i64::try_from(size).unwrap_or(i64::MAX),
        content_type: found,
        size: (side(rendered.width), side(rendered.height)),
        thumbnails,
        remark,
    };
    let after = db.finish_processing(tenant, medium.id, &processed, time::OffsetDateTime::now_utc()).await?;
    if after.duplicate_of.is_some() {
        objects.remove(&medium.object_key).await?;
        for size in SIZES {
            objects.remove(&object_key(medium.id, &format!("{size}.webp"))).await?;
        }
    }
    publish_counts_soon(cx, tenant).await;
    Ok(())
}
