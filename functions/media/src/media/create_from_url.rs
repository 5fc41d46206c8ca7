//! `POST /v1/media/from-url`

use std::collections::BTreeMap;

use db_media::{MediaDb, NewMedium};
use db_tenancy::Stamp;
use images::Format;
use runtime::{Accepted, Body, Cx, Error, Result};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::media::input::{check_alt, check_products, once};
use crate::media::links::{MediumView, view};
use crate::pipeline::counts::publish_counts_soon;
use crate::pipeline::messages::{Work, send};

/// A picture to be fetched.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromUrl {
    /// Its address, on the public internet.
    pub url: String,
    /// The products that get it, after their existing pictures.
    #[serde(default)]
    pub product_ids: Vec<Uuid>,
    /// Alternative texts for people who cannot see it, by locale.
    #[serde(default)]
    pub alt: BTreeMap<String, String>,
}

/// Creates a picture and fetches its file in the background; the picture's status shows the result.
pub async fn create_from_url(cx: Cx, input: Body<FromUrl>) -> Result<Accepted<MediumView>> {
    let (input, tenant) = (input.0, cx.tenant()?);
    let url = input.url.trim();
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    if !is_web || url.len() > 2_000 || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::invalid("url", "invalid", messages::media::url_invalid()));
    }
    check_alt(&input.alt)?;
    let products = once(input.product_ids);
    check_products(&cx, &products).await?;
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name: String = path.rsplit('/').next().unwrap_or_default().chars().take(200).collect();
    // The content will show the format, but the key needs an extension before that.
    let format = Format::named(&name).unwrap_or(Format::Jpeg);
    let new = NewMedium {
        id: Uuid::new_v4(),
        file_name: name,
        declared: format.media_type(),
        extension: format.extension(),
        bytes: None,
        source_url: Some(url.to_owned()),
        alt: input.alt,
        products,
    };
    let medium = cx.get::<MediaDb>().await?.create_medium(tenant, &new, &Stamp::of(&cx)?).await?;
    send(&cx, tenant, &Work::Fetch { tenant_id: tenant, medium_id: medium.id }).await?;
    publish_counts_soon(&cx, tenant).await;
    view(&cx, medium).await.map(Accepted)
}
