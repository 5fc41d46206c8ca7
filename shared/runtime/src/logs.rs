//! JSON logs, at least one line per invocation, and metrics in CloudWatch's embedded metric format.

use std::time::Duration;

use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::cx::Cx;
use crate::env::Env;
use crate::error::Error;

/// The unit of a metric, with CloudWatch's name.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Milliseconds.
    Milliseconds,
}

/// A measured value: name, value, unit.
#[derive(Clone, Copy, Debug)]
pub struct Metric(pub &'static str, pub f64, pub Unit);

/// Sends logs to the standard output as JSON, at the level in `LOG_LEVEL`; default: `info`.
pub(crate) fn init(env: &Env) {
    let level = env.optional("LOG_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_max_level(level)
        .finish();
    // A second call, in tests, keeps the first subscriber.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Logs the line about one invocation.
pub(crate) fn invocation(function: &str, cx: &Cx, outcome: &str, took: Duration, cold: bool) {
    let tenant = cx.caller.as_ref().map(|caller| caller.tenant.to_string());
    tracing::info!(
        function,
        request_id = cx.request_id,
        correlation_id = cx.correlation_id,
        tenant_id = tenant,
        outcome,
        duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        cold_start = cold,
        "invocation"
    );
}

/// Logs an error with its causes, which no caller sees. `id` is the id of the request or message that failed.
pub fn error(error: &Error, id: &str) {
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        causes.push(inner.to_string());
        cause = inner.source();
    }
    tracing::error!(id, code = error.code(), error = %error, causes = causes.join(": "), "failed");
}

/// Writes metrics in the embedded metric format: CloudWatch turns such log lines into metrics, without a call.
/// Use few `dimensions`, with few values: a function, a format, never a tenant.
pub fn emit_metrics(cx: &Cx, dimensions: &[(&str, &str)], metrics: &[Metric]) {
    println!("{}", embedded(cx, dimensions, metrics));
}

fn embedded(cx: &Cx, dimensions: &[(&str, &str)], metrics: &[Metric]) -> Value {
    let names: Vec<&str> = dimensions.iter().map(|(name, _)| *name).collect();
    let described: Vec<Value> =
        metrics.iter().map(|Metric(name, _, unit)| json!({"Name": name, "Unit": format!("{unit:?}")})).collect();
    let millis = cx.now.unix_timestamp_nanos() / 1_000_000;
    let mut line = json!({
        "_aws": {
            "Timestamp": i64::try_from(millis).unwrap_or_default(),
            "CloudWatchMetrics": [{"Namespace": "ProductsManager", "Dimensions": [names], "Metrics": described}],
        },
        "request_id": cx.request_id,
    });
    for (name, value) in dimensions {
        line[*name] = json!(value);
    }
    for Metric(name, value, _) in metrics {
        line[*name] = json!(value);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::App;

    #[test]
    fn a_metric_line_has_the_form_that_cloudwatch_reads() {
        let mut cx = App::new(Env::default()).cx("r");
        cx.now = time::OffsetDateTime::UNIX_EPOCH;
        let line = embedded(&cx, &[("function", "imports.parse_file")], &[Metric("Rows", 5.0, Unit::Count)]);
        insta::assert_json_snapshot!(line, @r#"
        {
          "Rows": 5.0,
          "_aws": {
            "CloudWatchMetrics": [
              {
                "Dimensions": [
                  [
                    "function"
                  ]
                ],
                "Metrics": [
                  {
                    "Name": "Rows",
                    "Unit": "Count"
                  }
                ],
                "Namespace": "ProductsManager"
              }
            ],
            "Timestamp": 0
          },
          "function": "imports.parse_file",
          "request_id": "r"
        }
        "#);
    }
}
