//! Pictures that could not be read.

use db_media::MediaDb;
use images::{Damage, ImageError};
use messages::{Language, Text, media as say};
use runtime::{Cx, Result, TenantId};
use uuid::Uuid;

use crate::pipeline::counts::publish_counts_soon;

/// Marks a picture as failed with this problem.
pub(crate) async fn fail(cx: &Cx, tenant: TenantId, id: Uuid, code: &str, problem: Text) -> Result<()> {
    tracing::info!(%id, code, "a picture cannot be used");
    let (db, problem) = (cx.get::<MediaDb>().await?, problem.into_string(Language::En));
    db.fail_medium(tenant, id, code, &problem, time::OffsetDateTime::now_utc()).await?;
    publish_counts_soon(cx, tenant).await;
    Ok(())
}

/// What is wrong with a picture, for people.
pub(crate) fn picture_problem(error: &ImageError) -> Text {
    match error {
        ImageError::NotAPicture => say::not_a_picture(),
        ImageError::Unsupported(kind) => say::format_unsupported(kind),
        ImageError::TooLarge(width, height, most) => say::too_many_pixels(most / 1_000_000, width, height),
        ImageError::Truncated(format) => say::truncated(format),
        ImageError::Broken(format, damage) => say::broken(
            format,
            match damage {
                Damage::TooManyScans(most) => say::too_many_scans(most),
                Damage::DecoderStopped => say::decoder_stopped(),
                Damage::TooMuchMemory => say::too_much_memory(),
                Damage::NotWritten(format) => say::not_written(format),
                Damage::Reported(words) => Text::verbatim(words),
            },
        ),
    }
}
