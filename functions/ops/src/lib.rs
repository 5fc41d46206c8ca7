//! Functions for operators: migrations, health, and the statistics of finished jobs.

mod domains;

use runtime::{Method, Permission, functions};

pub use domains::DOMAINS;

functions! {
    /// Creates databases and roles and applies migrations. Invoked by the deploy step.
    direct => migrate,
    /// Checks that the API and its database answer.
    http(Method::GET, "/v1/health", Permission::Public) => health,
    /// Records the statistics of a finished job.
    queue("ops-job-events") => record_job,
}
