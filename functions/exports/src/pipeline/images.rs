//! The images of an export: as addresses, in the files themselves, or as a zip beside them. They can be made smaller,
//! converted and renamed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use channels::Item;
use cloud::Objects;
use db_imports::ExportFile;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use images::{Conversion, Format, Limits, convert};
use messages::{Text, exports as say};
use net::Fetcher;
use runtime::{Cx, Error, Result, log_error};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::pipeline::files::{Folder, OpenFile, ZipStream};

/// How images are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageMode {
    /// The files hold their addresses.
    #[default]
    Urls,
    /// The files hold the images in base64; for the layouts `products` and `odoo`.
    Base64,
    /// A zip beside the files holds the images; the files of the layout `products` hold their names in the zip.
    Zip,
}

/// The format of the exported images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

/// How images are exported, converted and named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageOptions {
    /// How the images are exported.
    pub mode: ImageMode,
    /// The maximum width and height in pixels, such as `[1200, 1200]`; default: the images keep their sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<u32>>, min_items = 2, max_items = 2)]
    pub within: Option<(u32, u32)>,
    /// The format; default: the images keep their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ImageFormat>,
    /// The quality of JPEG and WebP, 1 to 100; default: 85.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<u8>,
    /// The names in the zip, with `{sku}`, `{ean}`, `{id}` and `{n}`, the number of the image; default: `{sku}-{n}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the addresses of images are requested before the export; those that do not answer are reported as
    /// warnings.
    pub check: bool,
}

/// The largest image in bytes.
const MOST_BYTES: u64 = 20 * MEGABYTE;
const MEGABYTE: u64 = 1_000_000;
/// The longest time that one image may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// How many images are fetched or checked at once.
const AT_ONCE: usize = 4;
/// The longest time that all images together may take: less than the function may run.
pub(crate) const ALL: Duration = Duration::from_secs(220);

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Web(String),
    /// The key of an object in our own store.
    Stored(String),
}

impl ImageOptions {
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |field: &str, message: Text| Err(Error::invalid(field, "invalid", message));
        if self
            .within
            .is_some_and(|(width, height)| !(16..=10_000).contains(&width) || !(16..=10_000).contains(&height))
        {
            return wrong("images.within", say::image_size_invalid());
        }
        if self.quality.is_some_and(|quality| !(1..=100).contains(&quality)) {
            return wrong("images.quality", say::image_quality_invalid());
        }
        if let Some(name) = &self.name {
            if name.len() > 200 || name.chars().any(char::is_control) || name.contains('\\') || name.starts_with('/') {
                return wrong("images.name", say::image_name_invalid("{sku}", "{ean}", "{n}"));
            }
            if !name.contains("{n}") || !["{sku}", "{ean}", "{id}"].iter().any(|mark| name.contains(mark)) {
                return wrong("images.name", say::image_name_not_unique("{n}", "{sku}", "{ean}", "{id}"));
            }
        }
        if self.conversion().is_some() && self.mode == ImageMode::Urls {
            return wrong("images.mode", say::image_mode_conversion());
        }
        Ok(())
    }

    fn conversion(&self) -> Option<Conversion> {
        let wanted = self.within.is_some() || self.format.is_some() || self.quality.is_some();
        wanted.then(|| Conversion {
            within: self.within,
            format: self.format.map(|format| match format {
                ImageFormat::Jpeg => Format::Jpeg,
                ImageFormat::Png => Format::Png,
                ImageFormat::Webp => Format::Webp,
            }),
            quality: self.quality.unwrap_or(85),
        })
    }

    /// Returns the name of an image without its extension. Characters that a file name must not contain become `_`.
    pub(crate) fn name_of(&self, item: &Item, number: usize) -> String {
        let safe = |text: &str| -> String {
            text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' }).collect()
        };
        let (content, id) = (&item.content, item.id.to_string());
        // A parent may have no code.
        let code = if item.code().is_empty() { id.as_str() } else { item.code() };
        let name = self
            .name
            .as_deref()
            .unwrap_or("{sku}-{n}")
            .replace("{sku}", &safe(content.sku.as_deref().unwrap_or(code)))
            .replace("{ean}", &safe(content.ean.as_deref().unwrap_or(code)))
            .replace("{id}", &id)
            .replace("{n}", &number.to_string());
        name.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect::<Vec<_>>().join("/")
    }
}

/// The zip with the images of an export. It is begun with the first image.
pub(crate) struct ImageZip {
    name: String,
    open: Option<(ZipStream, OpenFile)>,
    names: HashSet<String>,
}

impl ImageZip {
    pub(crate) fn new(name: String) -> Self {
        Self { name, open: None, names: HashSet::new() }
    }

    /// Adds an image under `name`. If another image has that name, the product's id is added: names replace some
    /// characters of codes, so that two codes can give the same name. Returns the final name.
    pub(crate) async fn add(
        &mut self,
        folder: &Folder<'_>,
        name: &str,
        extension: &str,
        product: Uuid,
        number: usize,
        bytes: &[u8],
    ) -> Result<String> {
        let mut own = format!("{name}.{extension}");
        if !self.names.insert(own.clone()) {
            own = format!("{name}-{product}-{number}.{extension}");
            self.names.insert(own.clone());
        }
        let (zip, file) = match &mut self.open {
            Some(open) => open,
            empty => empty.insert((ZipStream::new(), folder.begin(self.name.clone()).await?)),
        };
        zip.stored(&own, bytes)?;
        file.write(&zip.take()).await?;
        file.file.products += 1;
        Ok(own)
    }

    /// Ends the zip; `None` if it holds no image.
    pub(crate) async fn finish(self) -> Result<Option<ExportFile>> {
        let Some((mut zip, mut file)) = self.open else { return Ok(None) };
        file.write(&zip.finish()?).await?;
        file.finish().await.map(Some)
    }

    pub(crate) async fn abort(self) {
        if let Some((_, file)) = self.open {
            file.abort().await;
        }
    }
}

/// A fetched image, or the reason why it could not be fetched.
pub(crate) type Fetched = std::result::Result<(Vec<u8>, Format), Text>;

/// Fetches and converts images. The stream returns them in their order and fetches a few ahead.
pub(crate) async fn fetch_all(
    cx: &Cx,
    options: &ImageOptions,
    sources: Vec<Source>,
    until: Instant,
) -> Result<BoxStream<'static, Fetched>> {
    let (objects, fetcher) = (cx.get::<Objects>().await?, cx.get::<Fetcher>().await?);
    let conversion = options.conversion();
    let work = sources.into_iter().map(move |source| {
        let (objects, fetcher) = (objects.clone(), fetcher.clone());
        fetch_one(objects, fetcher, conversion, source, until).boxed()
    });
    let work: Vec<_> = work.collect();
    Ok(futures::stream::iter(work).buffered(AT_ONCE).boxed())
}

async fn fetch_one(
    objects: Arc<Objects>,
    fetcher: Arc<Fetcher>,
    conversion: Option<Conversion>,
    source: Source,
    until: Instant,
) -> Fetched {
    if Instant::now() > until {
        return Err(say::image_no_time());
    }
    let bytes = match source {
        Source::Web(url) => {
            let fetched = fetcher.fetch(&url, MOST_BYTES, PATIENCE).await.map_err(|why| why.message())?;
            fetched.bytes
        }
        Source::Stored(key) => {
            let object = objects.read(&key, None).await.map_err(|why| {
                log_error(&why, &key);
                say::image_not_in_store()
            })?;
            if object.size > MOST_BYTES {
                return Err(say::image_too_large(MOST_BYTES / MEGABYTE, object.size.div_ceil(MEGABYTE)));
            }
            let mut bytes = Vec::new();
            object.body.take(MOST_BYTES).read_to_end(&mut bytes).await.map_err(|_| say::image_not_in_store())?;
            bytes
        }
    };
    let converted = tokio::task::spawn_blocking(move || match conversion {
        Some(conversion) => convert(&bytes, &conversion, Limits::default()).map_err(|why| why.message()),
        None => Format::of(&bytes).map(|format| (bytes, format)).map_err(|why| why.message()),
    });
    converted.await.unwrap_or_else(|_| Err(say::image_unreadable()))
}

/// Requests the images at addresses. Returns for each address, in their order, why it does not answer; `None` if it
/// does.
pub(crate) async fn probe_all(cx: &Cx, urls: Vec<String>, until: Instant) -> Result<Vec<Option<Text>>> {
    let fetcher = cx.get::<Fetcher>().await?;
    let work = urls.into_iter().map(|url| {
        let fetcher = fetcher.clone();
        async move {
            if Instant::now() > until {
                return Some(say::image_no_time());
            }
            fetcher.probe(&url, PATIENCE).await.err().map(|why| why.message())
        }
        .boxed()
    });
    let work: Vec<_> = work.collect();
    Ok(futures::stream::iter(work).buffered(AT_ONCE).collect().await)
}
