//! SQS `exports-runs`: a queued export -> its files.

use runtime::{Cx, Result};

use crate::pipeline::messages::ExportMessage;
use crate::pipeline::run_export::run_export;

/// Writes an export's files; delivered again, it finds the export complete.
pub async fn write_export(cx: Cx, message: ExportMessage) -> Result<()> {
    run_export(&cx, message.tenant_id, message.export_id).await
}
