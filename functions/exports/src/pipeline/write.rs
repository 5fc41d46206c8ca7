//! Writes products as files in S3, page by page.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use channels::{AmazonTemplate, Format, Layout, LayoutWriter, LeftOut, Listing};
use cloud::Objects;
use db_catalog::{CatalogDb, ProductGroup, Snapshot};
use db_imports::{ExportFile, ExportJob, ExportResult, ImportsDb};
use futures::StreamExt;
use messages::Language;
use product::ProductStatus;
use runtime::{Cx, Error, Result, TenantId};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::exports::spec::ExportSpec;
use crate::pipeline::files::{BookFile, Folder, TableFiles};
use crate::pipeline::images::{self, ImageMode, ImageZip};
use crate::pipeline::items::{ItemWithImages, Names};
use crate::pipeline::report::{Reasons, Report};

/// Products that are read at once.
const PAGE: usize = 1_000;
/// Products that are read at once when their images are fetched.
const PAGE_OF_IMAGES: usize = 10;
/// Progress is stored after this many products.
const NOTED: usize = 2_000;
/// Progress is stored after this time while images are fetched: well before the sweeper takes the export for stalled.
const NOTED_AFTER: Duration = Duration::from_secs(20);

/// Writes the files of one try. Returns `None` if the export was cancelled, or another try has taken over.
pub(crate) async fn write_files(
    cx: &Cx,
    db: &ImportsDb,
    tenant: TenantId,
    job: &ExportJob,
    tries: i32,
    language: Language,
) -> Result<Option<ExportResult>> {
    let spec: ExportSpec = serde_json::from_value(job.options.clone()).map_err(Error::internal)?;
    let wanted = spec.selection.wanted(job.changed_from);
    let mut snapshot = cx.get::<CatalogDb>().await?.snapshot(tenant, &wanted).await?;
    let names = Names::read(cx, tenant, &mut snapshot, spec.locale.as_deref()).await?;
    let writer = writer(db, tenant, &spec, &names).await?;
    let objects = cx.get::<Objects>().await?;
    let folder = Folder { objects: &objects, prefix: format!("exports/{tenant}/{}/{tries}", job.id) };
    let tables: Vec<_> = writer.tables().cloned().collect();
    let single = tables.len() == 1;
    let base = base_name(&spec, single, job.created_at, snapshot.count());
    let mut outs = Vec::new();
    for info in tables {
        let name = if single { base.clone() } else { format!("{base}-{}", info.name) };
        outs.push(TableFiles::new(info, name, spec.layout.package(spec.format(), &spec.options)));
    }
    let book = match spec.format() {
        Format::Xlsx => Some(BookFile::new(&writer.columns(0))?),
        _ => None,
    };
    let mut run = Run {
        cx,
        db,
        tenant,
        job,
        spec: &spec,
        names: &names,
        folder: &folder,
        writer,
        outs,
        book,
        zip: ImageZip::new(format!("{base}-images.zip")),
        report: Report::new(format!("{base}-left-out.csv"), language),
        base,
        warnings: Reasons::new(language),
        tries,
        done: 0,
        total: i32::try_from(snapshot.count()).map_err(Error::internal)?,
        exported: 0,
        until: Instant::now() + images::ALL,
    };
    match run.pages(&mut snapshot).await {
        Ok(true) => run.finish(&mut snapshot).await.map(Some),
        Ok(false) => {
            run.abort().await;
            Ok(None)
        }
        Err(error) => {
            run.abort().await;
            Err(error)
        }
    }
}

async fn writer(db: &ImportsDb, tenant: TenantId, spec: &ExportSpec, names: &Names) -> Result<LayoutWriter> {
    let template: Option<AmazonTemplate> = match (spec.layout, spec.amazon_template) {
        (Layout::Amazon, Some(id)) => {
            let kept = db.amazon_template(tenant, id).await?;
            Some(serde_json::from_value(kept).map_err(Error::internal)?)
        }
        _ => None,
    };
    let mut options = spec.options.clone();
    options.attributes = names.attributes();
    spec.layout
        .writer(spec.format(), &spec.form, options, &spec.mapping, template.as_ref())
        .map_err(|problem| crate::exports::spec::mapping_error(&problem))
}

/// Returns the name of the files without their extensions.
fn base_name(spec: &ExportSpec, single: bool, began: OffsetDateTime, count: usize) -> String {
    // If there are several files, the name of each table is added.
    let default = match spec.layout {
        Layout::Products => "products",
        _ if single => "{layout}-products",
        _ => "{layout}",
    };
    let day = began.date();
    let (hour, minute, second) = began.to_hms();
    spec.file_name
        .as_deref()
        .unwrap_or(default)
        .replace("{layout}", spec.layout.as_str())
        .replace("{format}", spec.format().as_str())
        .replace("{datetime}", &format!("{day}-{hour:02}{minute:02}{second:02}"))
        .replace("{date}", &day.to_string())
        .replace("{timestamp}", &began.unix_timestamp().to_string())
        .replace("{count}", &count.to_string())
}

/// One try of an export.
struct Run<'r> {
    cx: &'r Cx,
    db: &'r ImportsDb,
    tenant: TenantId,
    job: &'r ExportJob,
    spec: &'r ExportSpec,
    names: &'r Names,
    folder: &'r Folder<'r>,
    base: String,
    writer: LayoutWriter,
    outs: Vec<TableFiles>,
    book: Option<BookFile>,
    zip: ImageZip,
    report: Report,
    warnings: Reasons,
    tries: i32,
    /// Products that are done.
    done: usize,
    /// Products of the selection.
    total: i32,
    /// Products in the files.
    exported: i32,
    /// Until when images are fetched and checked.
    until: Instant,
}

impl Run<'_> {
    /// Writes page after page. Returns `false` if the export was cancelled or taken over.
    async fn pages(&mut self, snapshot: &mut Snapshot) -> Result<bool> {
        let fetching = self.spec.images.mode != ImageMode::Urls || self.spec.images.check;
        let page = if fetching { PAGE_OF_IMAGES } else { PAGE };
        let mut noted = 0;
        if !self.note(0).await? {
            return Ok(false);
        }
        loop {
            let groups = snapshot.next(page).await?;
            if groups.is_empty() {
                return Ok(true);
            }
            let products = groups.iter().map(|group| usize::from(group.wanted) + group.variants.len()).sum::<usize>();
            if !self.page(groups, fetching).await? {
                return Ok(false);
            }
            self.done += products;
            if self.done - noted >= NOTED || fetching {
                noted = self.done;
                if !self.note(self.done).await? {
                    return Ok(false);
                }
            }
        }
    }

    /// Stores the progress. Returns `false` if the export was cancelled or taken over.
    async fn note(&mut self, done: usize) -> Result<bool> {
        let done = i32::try_from(done).unwrap_or(i32::MAX);
        let (tenant, export, now) = (self.tenant, self.job.id, OffsetDateTime::now_utc());
        self.db.note_export_progress(tenant, export, self.tries, self.total, done, now).await
    }

    /// Writes a page. Returns `false` if the export was cancelled or taken over.
    async fn page(&mut self, groups: Vec<ProductGroup>, fetching: bool) -> Result<bool> {
        let products = groups.iter().flat_map(|group| std::iter::once(&group.product).chain(&group.variants));
        let ids: Vec<Uuid> = products.filter(|product| product.media > 0).map(|product| product.id).collect();
        let pictures = self.names.pictures(self.cx, ids).await?;
        let mut families = Vec::with_capacity(groups.len());
        for group in groups {
            families.push(self.family(group, &pictures).await?);
        }
        if fetching && !self.fetch(&mut families).await? {
            return Ok(false);
        }
        for (listing, wanted) in families.into_iter().flatten() {
            self.write(listing, wanted).await?;
        }
        Ok(true)
    }

    /// Returns the product and its variants that are exported, and whether the product itself is in the selection;
    /// `None` if all of them are left out.
    async fn family(
        &mut self,
        group: ProductGroup,
        pictures: &HashMap<Uuid, Vec<(String, String)>>,
    ) -> Result<Option<(ListingWithImages, bool)>> {
        let reports_inactive = self.spec.selection.reports_inactive();
        let wanted = group.wanted;
        let not_active =
            |status: ProductStatus| LeftOut::new("not_active", "status", messages::exports::product_not_active(status));
        let product = self.names.item(group.product, pictures);
        let inactive = reports_inactive && product.item.content.status != ProductStatus::Active;
        let mut variants = Vec::with_capacity(group.variants.len());
        for variant in group.variants {
            let variant = self.names.item(variant, pictures);
            let own = variant.item.content.status;
            let why = if inactive {
                Some(LeftOut::new("parent_not_active", "status", messages::exports::parent_not_active()))
            } else if reports_inactive && own != ProductStatus::Active {
                Some(not_active(own))
            } else {
                None
            };
            match why {
                Some(why) => self.report.note(self.folder, &variant.item, &why).await?,
                None => variants.push(variant),
            }
        }
        let why = if inactive {
            Some(not_active(product.item.content.status))
        } else if variants.is_empty()
            && !product.item.content.option_axes.is_empty()
            && self.spec.layout != Layout::Products
        {
            Some(LeftOut::new("variants_missing", "", messages::exports::variants_missing()))
        } else {
            None
        };
        match why {
            Some(why) => {
                if wanted {
                    self.report.note(self.folder, &product.item, &why).await?;
                }
                Ok(None)
            }
            None => Ok(Some((ListingWithImages { product, variants }, wanted))),
        }
    }

    async fn write(&mut self, pictured: ListingWithImages, wanted: bool) -> Result<()> {
        let listing = Listing {
            item: pictured.product.item,
            variants: pictured.variants.into_iter().map(|variant| variant.item).collect(),
        };
        let items = |refused: usize| usize::from(wanted) + listing.variants.len() - refused;
        match self.writer.write(&listing) {
            Ok(written) => {
                let exported = i32::try_from(items(written.refused.len())).map_err(Error::internal)?;
                self.exported += exported;
                for warning in written.warnings {
                    self.warnings.note(listing.item.id, &warning);
                }
                for (id, why) in written.refused {
                    if let Some(variant) = listing.variants.iter().find(|variant| variant.id == id) {
                        self.report.note(self.folder, variant, &why).await?;
                    }
                }
                for (table, out) in self.outs.iter_mut().enumerate() {
                    out.take(&mut self.writer, table, self.folder, exported).await?;
                }
                if let Some(book) = &mut self.book {
                    book.take(&mut self.writer)?;
                }
            }
            Err(why) => {
                for variant in &listing.variants {
                    self.report.note(self.folder, variant, &why).await?;
                }
                if wanted {
                    self.report.note(self.folder, &listing.item, &why).await?;
                }
            }
        }
        Ok(())
    }

    /// Fetches or checks the images of a page, and sets the texts for them in the items. Returns `false` if the export
    /// was cancelled or taken over: a page can take long.
    async fn fetch(&mut self, families: &mut [Option<(ListingWithImages, bool)>]) -> Result<bool> {
        let options = &self.spec.images;
        let pictured = || {
            families
                .iter()
                .flatten()
                .flat_map(|(listing, _)| std::iter::once(&listing.product).chain(&listing.variants))
        };
        if options.check {
            let checked: Vec<(Uuid, String)> =
                pictured().flat_map(|one| one.item.images().iter().map(|url| (one.item.id, url.clone()))).collect();
            let urls = checked.iter().map(|(_, url)| url.clone()).collect();
            let answers = images::probe_all(self.cx, urls, self.until).await?;
            for ((id, url), why) in checked.into_iter().zip(answers) {
                if let Some(why) = why {
                    let message = messages::exports::image_unreachable(url, why);
                    self.warnings.note(id, &LeftOut::new("image_unreachable", "image_urls", message));
                }
            }
        }
        if options.mode == ImageMode::Urls {
            return Ok(true);
        }
        let sources: Vec<images::Source> = pictured().flat_map(|one| one.sources.clone()).collect();
        let mut fetched = images::fetch_all(self.cx, options, sources, self.until).await?;
        let mut noted = Instant::now();
        for (listing, _) in families.iter_mut().flatten() {
            for one in std::iter::once(&mut listing.product).chain(&mut listing.variants) {
                let mut texts = Vec::new();
                for number in 1..=one.sources.len() {
                    if noted.elapsed() > NOTED_AFTER {
                        noted = Instant::now();
                        if !self.note(self.done).await? {
                            return Ok(false);
                        }
                    }
                    match fetched.next().await {
                        Some(Ok((bytes, format))) => texts.push(self.keep(&one.item, number, bytes, format).await?),
                        Some(Err(why)) => {
                            let url = one.item.images().get(number - 1).cloned().unwrap_or_default();
                            let message = messages::exports::image_left_out(url, why);
                            let why = LeftOut::new("image_left_out", "image_urls", message);
                            self.warnings.note(one.item.id, &why);
                        }
                        None => {}
                    }
                }
                // A channel that fetches images by their addresses still needs the addresses.
                let replaced = self.spec.images.mode == ImageMode::Base64 || self.spec.layout == Layout::Products;
                if replaced && !one.sources.is_empty() {
                    one.item.content.image_urls = Some(texts);
                }
            }
        }
        Ok(true)
    }

    /// Stores an image in the way that the seller chose. Returns the text for it in the files: base64, or its name in
    /// the zip.
    async fn keep(
        &mut self,
        item: &channels::Item,
        number: usize,
        bytes: Vec<u8>,
        format: ::images::Format,
    ) -> Result<String> {
        if self.spec.images.mode == ImageMode::Base64 {
            use base64::Engine;
            let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
            return Ok(if self.spec.layout == Layout::Odoo {
                text
            } else {
                format!("data:{};base64,{text}", format.media_type())
            });
        }
        let name = self.spec.images.name_of(item, number);
        self.zip.add(self.folder, &name, format.extension(), item.id, number, &bytes).await
    }

    async fn finish(mut self, snapshot: &mut Snapshot) -> Result<ExportResult> {
        self.writer.finish().map_err(|why| Error::internal(why.message.english()))?;
        let mut files: Vec<ExportFile> = Vec::new();
        match self.book.take() {
            Some(mut book) => {
                book.take(&mut self.writer)?;
                let suppliers = self.names.suppliers().map(|(id, name)| vec![id.to_string(), name.clone()]);
                book.sheet("suppliers", &[("id", false), ("name", false)], suppliers)?;
                let paths = snapshot.category_paths(self.spec.locale.as_deref()).await?;
                let rows = paths.into_iter().map(|(id, path)| {
                    let name = path.last().cloned().unwrap_or_default();
                    vec![id.to_string(), name, path.join(" > ")]
                });
                book.sheet("categories", &[("id", false), ("name", false), ("path", false)], rows)?;
                if book.cut() > 0 {
                    let message = messages::exports::text_cut(book.cut());
                    self.warnings.note(Uuid::nil(), &LeftOut::new("text_cut", "", message));
                }
                let mut file = book.finish(format!("{}.xlsx", self.base), self.folder).await?;
                file.products = self.exported;
                files.push(file);
            }
            None => {
                for (table, out) in std::mem::take(&mut self.outs).into_iter().enumerate() {
                    files.extend(out.finish(&mut self.writer, table, self.folder).await?);
                }
            }
        }
        files.extend(self.zip.finish().await?);
        let (left_out, report) = self.report.finish(self.folder).await?;
        files.extend(report);
        Ok(ExportResult {
            total: self.total,
            exported: self.exported,
            left_out,
            warnings: self.warnings.into_inner(),
            files,
            changed_to: snapshot.watermark(),
        })
    }

    async fn abort(self) {
        for out in self.outs {
            out.abort().await;
        }
        self.zip.abort().await;
        self.report.abort().await;
    }
}

/// A listing with the sources of its images.
struct ListingWithImages {
    product: ItemWithImages,
    variants: Vec<ItemWithImages>,
}
