//! SQS `exports-runs`: writes the files of a queued export.

use runtime::{Cx, Result};

use crate::pipeline::messages::ExportMessage;
use crate::pipeline::run_export::run_export;

/// Writes an export's files. A message that is delivered again finds the export complete.
pub async fn write_export(cx: Cx, message: ExportMessage) -> Result<()> {
    run_export(&cx, message.tenant_id, message.export_id).await
}
