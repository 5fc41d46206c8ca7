//! Where a change comes from, and why it could not be written.

use uuid::Uuid;

/// Where a change comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The source, which owns the changed fields afterwards: `user`, `key:<id>`, `supplier:<id>`, `import`,
    /// `sync:<name>`, `rule` or `ai`.
    pub source: String,
    /// The account or key.
    pub actor_id: Option<Uuid>,
    /// Its name.
    pub actor_name: Option<String>,
    /// The import or the job.
    pub job_id: Option<Uuid>,
}

/// Why products could not be written.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// There would be more products than the plan allows.
    Quota,
    /// The database refused, or does not answer.
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for WriteError {
    fn from(error: sqlx::Error) -> Self {
        WriteError::Sql(error)
    }
}
