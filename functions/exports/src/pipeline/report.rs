//! The report of left-out products: a summary by reason, and a file that names each product.

use channels::{Item, LeftOut};
use db_imports::{ExportFile, LeftOutReason};
use messages::Language;
use runtime::{Error, Result};
use uuid::Uuid;

use crate::pipeline::files::{Folder, OpenFile};

/// At most this many products are named for each reason.
const EXAMPLES: usize = 10;
/// How many rows are uploaded at once.
const ROWS: usize = 500;

/// The reasons, each with the number of products and the first of them.
pub(crate) struct Reasons {
    reasons: Vec<LeftOutReason>,
    language: Language,
}

impl Reasons {
    /// No reason yet; their messages will be in `language`.
    pub(crate) fn new(language: Language) -> Self {
        Self { reasons: Vec::new(), language }
    }

    pub(crate) fn note(&mut self, product: Uuid, why: &LeftOut) {
        let found = self.reasons.iter().position(|known| known.code == why.code && known.column == why.column);
        let index = found.unwrap_or_else(|| {
            self.reasons.push(LeftOutReason {
                code: why.code.clone(),
                column: why.column.clone(),
                message: why.message.shown(self.language).to_owned(),
                products: 0,
                examples: Vec::new(),
            });
            self.reasons.len() - 1
        });
        let known = &mut self.reasons[index];
        known.products += 1;
        if known.examples.len() < EXAMPLES && !known.examples.contains(&product) {
            known.examples.push(product);
        }
    }

    pub(crate) fn into_inner(self) -> Vec<LeftOutReason> {
        self.reasons
    }
}

/// The report of left-out products. Its file is begun with the first product.
pub(crate) struct Report {
    name: String,
    reasons: Reasons,
    file: Option<OpenFile>,
    rows: csv::Writer<Vec<u8>>,
    waiting: usize,
}

fn rows() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new())
}

impl Report {
    pub(crate) fn new(name: String, language: Language) -> Self {
        Self { name, reasons: Reasons::new(language), file: None, rows: rows(), waiting: 0 }
    }

    /// Adds a product and the reason why it is left out.
    pub(crate) async fn note(&mut self, folder: &Folder<'_>, item: &Item, why: &LeftOut) -> Result<()> {
        self.reasons.note(item.id, why);
        let content = &item.content;
        let id = item.id.to_string();
        let cells = [
            id.as_str(),
            content.sku.as_deref().unwrap_or_default(),
            content.ean.as_deref().unwrap_or_default(),
            &content.title,
            &why.code,
            &why.column,
            why.message.shown(self.reasons.language),
        ];
        let cells = cells.map(tabular::neutralize);
        self.rows.write_record(cells.iter().map(|cell| cell.as_bytes())).map_err(Error::internal)?;
        self.waiting += 1;
        if self.waiting < ROWS {
            return Ok(());
        }
        self.send(folder).await
    }

    async fn send(&mut self, folder: &Folder<'_>) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            empty => {
                let mut file = folder.begin(self.name.clone()).await?;
                file.write("\u{feff}id;sku;ean;title;code;column;message\r\n".as_bytes()).await?;
                empty.insert(file)
            }
        };
        let rows = std::mem::replace(&mut self.rows, rows()).into_inner().map_err(Error::internal)?;
        file.write(&rows).await?;
        file.file.products += i32::try_from(std::mem::take(&mut self.waiting)).map_err(Error::internal)?;
        Ok(())
    }

    /// Ends the report. Returns the reasons, and the file if any product was left out.
    pub(crate) async fn finish(mut self, folder: &Folder<'_>) -> Result<(Vec<LeftOutReason>, Option<ExportFile>)> {
        if self.waiting > 0 {
            self.send(folder).await?;
        }
        let file = match self.file {
            Some(file) => Some(file.finish().await?),
            None => None,
        };
        Ok((self.reasons.into_inner(), file))
    }

    pub(crate) async fn abort(self) {
        if let Some(file) = self.file {
            file.abort().await;
        }
    }
}
