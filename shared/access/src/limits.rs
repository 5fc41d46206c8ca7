//! An organisation's limits: so many requests in a minute and in an hour, however many functions answer them.

use std::time::Duration;

use cloud::Table;
use runtime::{Cx, Error, Limits, Metric, Rate, Result, TenantId, Unit, Usage, emit_metrics};

/// Counts a request on the organisation's limits. When they cannot be counted the request passes, and an alarm tells.
pub(crate) async fn count(cx: &Cx, tenant: TenantId, limits: Limits, rate: Rate) -> Result<Option<Usage>> {
    let now = cx.now.unix_timestamp();
    let minute = now.rem_euclid(3_600) / 60;
    let (kind, quota) = match rate {
        Rate::Standard => ("m", limits.per_minute),
        Rate::Bulk => ("b", limits.bulk_per_minute),
    };
    // One item for an hour of an organisation, with a counter for each of its minutes.
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
