//! What operators need: migrations, health, and the statistics of finished jobs.

mod domains;

use runtime::{Method, Permission, functions};

pub use domains::DOMAINS;

functions! {
    /// Makes databases and roles and brings every table up to date. Invoked by the deploy step.
    direct => migrate,
    /// Tells whether the API and its database answer.
    http(Method::GET, "/v1/health", Permission::Public) => health,
    /// Records what a finished job did.
    queue("ops-job-events") => record_job,
}
