//! Tests of the deployed stack through HTTP and S3. Each test has its own organisation, so they run in parallel.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod automations;
mod catalogue;
mod deliveries;
mod exports;
mod identity;
mod imports;
mod main_job;
mod media;
mod notifications;
mod organisations;
mod reliability;
mod round_trip;
mod servers;
mod tenancy;
