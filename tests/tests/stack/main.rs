//! The deployed stack, driven through HTTP and S3. Each test has an organisation of its own, so they run side by side.

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
