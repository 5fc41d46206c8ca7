//! The deployed stack, driven through HTTP and S3. Each test has an organisation of its own, so they run side by side.

mod identity;
mod main_job;
mod reliability;
mod tenancy;
