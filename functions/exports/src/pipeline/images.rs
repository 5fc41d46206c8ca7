//! The images of an export: as addresses, in the file itself, or as a zip beside it; smaller, in another format, renamed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use channels::Item;
use cloud::Objects;
use db_imports::ExportFile;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use images::{Conversion, Format, Limits, convert};
use net::Fetcher;
use runtime::{Cx, Error, Result, log_error};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::pipeline::files::{Folder, OpenFile, ZipStream};

/// How images go along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageMode {
    /// The files name their addresses.
    #[default]
    Urls,
    /// The files hold them, in base64; of the layouts `products` and `odoo`.
    Base64,
    /// A zip beside the files holds them; the files of the layout `products` name them as they are called there.
    Zip,
}

/// The format that images get.
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

/// What becomes of images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ImageOptions {
    /// How they go along.
    pub mode: ImageMode,
    /// The most width and height that they have, such as `[1200, 1200]`; they keep their sizes unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<(u32, u32)>,
    /// The format that they get; they keep their own unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<ImageFormat>,
    /// The quality of JPEG and WebP, 1 to 100; 85 unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<u8>,
    /// Their names in the zip, with `{sku}`, `{ean}`, `{id}` and `{n}`, the number of the image; `{sku}-{n}` unless said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether addresses are asked for their images before they are exported; those that do not answer are told as warnings.
    pub check: bool,
}

/// An image may have so many bytes, and take so long.
const MOST_BYTES: u64 = 20_000_000;
const PATIENCE: Duration = Duration::from_secs(15);
/// So many are fetched or asked for at once.
const AT_ONCE: usize = 4;
/// All of them together take no longer: less than the function may run.
pub(crate) const ALL: Duration = Duration::from_secs(220);

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Web(String),
    /// An object of ours.
    Stored(String),
}

impl ImageOptions {
    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |field: &str, message: &str| Err(Error::invalid(field, "invalid", message.to_owned()));
        if self
            .within
            .is_some_and(|(width, height)| !(16..=10_000).contains(&width) || !(16..=10_000).contains(&height))
        {
            return wrong("images.within", "expected a width and a height between 16 and 10,000 pixels");
        }
        if self.quality.is_some_and(|quality| !(1..=100).contains(&quality)) {
            return wrong("images.quality", "expected a quality between 1 and 100");
        }
        if let Some(name) = &self.name {
            if name.len() > 200 || name.chars().any(char::is_control) || name.contains('\\') || name.starts_with('/') {
                return wrong("images.name", "expected a name in one line, with {sku} or {ean} and {n}");
            }
            if !name.contains("{n}") || !["{sku}", "{ean}", "{id}"].iter().any(|mark| name.contains(mark)) {
                return wrong(
                    "images.name",
                    "expected {n}, and one of {sku}, {ean} and {id}, so that no two images have one name",
                );
            }
        }
        if self.conversion().is_some() && self.mode == ImageMode::Urls {
            return wrong("images.mode", "expected base64 or zip: what an address leads to is not ours to change");
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

    /// The name of an image without its ending: what could not stand in the name of a file is `_`.
    pub(crate) fn name_of(&self, item: &Item, number: usize) -> String {
        let safe = |text: &str| -> String {
            text.chars().map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' }).collect()
        };
        let (content, id) = (&item.content, item.id.to_string());
        // A parent may have no code.
        let code = if item.code().is_empty() { id.as_str() } else { item.code() };
        let made = self
            .name
            .as_deref()
            .unwrap_or("{sku}-{n}")
            .replace("{sku}", &safe(content.sku.as_deref().unwrap_or(code)))
            .replace("{ean}", &safe(content.ean.as_deref().unwrap_or(code)))
            .replace("{id}", &id)
            .replace("{n}", &number.to_string());
        made.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect::<Vec<_>>().join("/")
    }
}

/// The images of an export beside its files. The zip is begun with the first of them.
pub(crate) struct ImageZip {
    name: String,
    open: Option<(ZipStream, OpenFile)>,
    names: HashSet<String>,
}

impl ImageZip {
    pub(crate) fn new(name: String) -> Self {
        Self { name, open: None, names: HashSet::new() }
    }

    /// Adds an image under `name`, with the product's id behind it when another one has that name: what names lose of codes can make
    /// two of them one. Gives the name that it got.
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

    /// The zip, when there is one.
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

/// An image that was fetched, or why it was not, for people.
pub(crate) type Fetched = std::result::Result<(Vec<u8>, Format), String>;

/// Fetches images and makes of them what is wanted, one after the other in their order, a few ahead.
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
        return Err("there was no time left; export fewer products at once".to_owned());
    }
    let bytes = match source {
        Source::Web(url) => {
            let fetched = fetcher.fetch(&url, MOST_BYTES, PATIENCE).await.map_err(|why| why.to_string())?;
            fetched.bytes
        }
        Source::Stored(key) => {
            const OURS: &str = "it cannot be read from our store just now";
            let object = objects.read(&key, None).await.map_err(|why| {
                log_error(&why, &key);
                OURS.to_owned()
            })?;
            if object.size > MOST_BYTES {
                return Err(format!("expected at most {MOST_BYTES} bytes, it has {}", object.size));
            }
            let mut bytes = Vec::new();
            object.body.take(MOST_BYTES).read_to_end(&mut bytes).await.map_err(|_| OURS.to_owned())?;
            bytes
        }
    };
    let made = tokio::task::spawn_blocking(move || match conversion {
        Some(conversion) => convert(&bytes, &conversion, Limits::default()).map_err(|why| why.to_string()),
        None => Format::of(&bytes).map(|format| (bytes, format)).map_err(|why| why.to_string()),
    });
    made.await.unwrap_or_else(|_| Err("the picture could not be read".to_owned()))
}

/// Asks addresses for their images; gives why each does not answer, in their order.
pub(crate) async fn probe_all(cx: &Cx, urls: Vec<String>, until: Instant) -> Result<Vec<Option<String>>> {
    let fetcher = cx.get::<Fetcher>().await?;
    let work = urls.into_iter().map(|url| {
        let fetcher = fetcher.clone();
        async move {
            if Instant::now() > until {
                return Some("there was no time left to ask for it".to_owned());
            }
            fetcher.probe(&url, PATIENCE).await.err().map(|why| why.to_string())
        }
        .boxed()
    });
    let work: Vec<_> = work.collect();
    Ok(futures::stream::iter(work).buffered(AT_ONCE).collect().await)
}
