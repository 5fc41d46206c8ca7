//! The layouts of the channels: their columns, the sources of the columns, and the demands of each channel. Each module
//! names the sources of its facts.

pub(crate) mod amazon;
mod amazon_template;
pub(crate) mod free;
pub(crate) mod google;
pub(crate) mod magento;
pub(crate) mod odoo;
pub(crate) mod openai;
pub(crate) mod prestashop;
pub(crate) mod shopify;
pub(crate) mod woocommerce;
pub(crate) mod wxr;

pub use amazon_template::{AmazonTemplate, TemplateError};
