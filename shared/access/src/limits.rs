//! An organisation's limits: at most N requests per minute and per hour, over all functions together.

use std::time::Duration;

use cloud::Table;
use runtime::{Cx, Error, Limits, Metric, Rate, Result, TenantId, Unit, Usage, emit_metrics};

/// Counts a request on the organisation's limits. If it cannot be counted, the request passes, and an alarm reports it.
pub(crate) async fn count(cx: &Cx, tenant: TenantId, limits: Limits, rate: Rate) -> Result<Option<Usage>> {
    let now = cx.now.unix_timestamp();
    let minute = now.rem_euclid(3_600) / 60;
    let (kind, quota) = match rate {
        Rate::Standard => ("m", limits.per_minute),
        Rate::Bulk => ("b", limits.bulk_per_minute),
    };
    // One item per organisation and hour, with a counter for each minute.
    let (key, counter) = (format!("requests/{tenant}/{}", now / 3_600), format!("{kind}{minute}"));
    let counted = async {
        let table = cx.get::<Table>().await?;
        table.count_within(&key, [(&counter, quota), ("hour", limits.per_hour)], now + 7_200).await
    };
    match tokio::time::timeout(Duration::from_secs(3), counted).await {
        Ok(Ok((true, [in_minute, in_hour]))) => Ok(Some(limits.usage(rate, now, in_minute, in_hour))),
        Ok(Ok((false, [in_minute, in_hour]))) => Err(Error::limit_reached(limits.usage(rate, now, in_minute, in_hour))),
        uncounted => {
            if let Ok(Err(failed)) = uncounted {
                runtime::log_error(&failed, &cx.request_id);
            }
            emit_metrics(cx, &[], &[Metric("RequestsNotCounted", 1.0, Unit::Count)]);
            Ok(None)
        }
    }
}
