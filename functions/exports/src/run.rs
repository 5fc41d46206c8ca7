//! A queued export -> its files.

use runtime::{Cx, Result};

use crate::write::{ExportMessage, write_export};

/// Writes an export's files; delivered again, it finds the export complete.
pub async fn run(cx: Cx, message: ExportMessage) -> Result<()> {
    write_export(&cx, message.tenant_id, message.export_id).await
}
