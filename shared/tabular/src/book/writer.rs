//! Writes workbooks: sheets of rows, row by row. Memory does not grow with the rows: the library writes each row to a
//! temporary file.

use std::io::{Seek, Write};
use std::path::Path;

use messages::{Text, files};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::row::Row;

/// The longest text that Excel holds in a cell, in UTF-16 units.
const MOST_TEXT: usize = 32_767;
/// The most rows that Excel holds in a sheet, including the header.
const MOST_ROWS: u32 = 1_048_576;

/// A column of a sheet: its header, and whether its cells are numbers.
pub type BookColumn<'c> = (&'c str, bool);

/// Writes a workbook, sheet by sheet. The same rows produce the same bytes.
pub struct BookWriter {
    book: Workbook,
    header: Format,
    number: Format,
    sheet: usize,
    row: u32,
    numbers: Vec<bool>,
    cut: usize,
}

/// Why a workbook cannot be written.
#[derive(Debug)]
pub enum BookError {
    /// The sheet has the most rows that Excel holds.
    Full,
    /// An error of the library.
    Xlsx(XlsxError),
}

impl BookError {
    /// The message for the seller.
    #[must_use]
    pub fn message(&self) -> Text {
        match self {
            BookError::Full => files::sheet_full(MOST_ROWS),
            BookError::Xlsx(problem) => Text::verbatim(problem.to_string()),
        }
    }
}

impl std::fmt::Display for BookError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message().english())
    }
}

impl std::error::Error for BookError {}

impl From<XlsxError> for BookError {
    fn from(problem: XlsxError) -> Self {
        BookError::Xlsx(problem)
    }
}

impl BookWriter {
    /// Creates a workbook without sheets. `folder` holds the temporary files until the workbook is finished.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn new(folder: &Path) -> Result<Self, BookError> {
        let mut book = Workbook::new();
        book.set_tempdir(folder)?;
        // A fixed time, not the time of writing: the same products must produce the same file.
        let created = ExcelDateTime::from_ymd(2026, 1, 1)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let header = Format::new().set_bold().set_background_color(Color::RGB(0x00DD_E7F3));
        let number = Format::new().set_num_format("0.00##");
        Ok(Self { book, header, number, sheet: 0, row: 0, numbers: Vec::new(), cut: 0 })
    }

    /// Begins a sheet. The header is styled and stays visible; the width of a column fits its usual content.
    ///
    /// # Errors
    /// For a name that Excel does not allow.
    pub fn sheet(&mut self, name: &str, columns: &[BookColumn<'_>]) -> Result<(), BookError> {
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        for (at, (header, number)) in (0_u16..).zip(columns) {
            let usual = match *header {
                "description" | "short_description" | "title" | "name" => 40.0,
                "image_urls" | "category" | "categories" | "path" => 30.0,
                _ if *number => 12.0,
                header => (header.chars().count() as f64 + 2.0).clamp(10.0, 25.0),
            };
            sheet.set_column_width(at, usual)?;
        }
        for (at, (header, _)) in (0_u16..).zip(columns) {
            sheet.write_string_with_format(0, at, *header, &self.header)?;
        }
        self.sheet = self.book.worksheets().len() - 1;
        self.numbers = columns.iter().map(|(_, number)| *number).collect();
        self.row = 1;
        Ok(())
    }

    /// Adds a row to the sheet that was begun last. Texts are never formulas; a text that is too long for Excel is cut.
    ///
    /// # Errors
    /// When the sheet is full, or the row cannot be written.
    pub fn row(&mut self, row: &Row) -> Result<(), BookError> {
        if self.row >= MOST_ROWS {
            return Err(BookError::Full);
        }
        let sheet: &mut Worksheet = self.book.worksheet_from_index(self.sheet)?;
        for (at, cell) in (0_u16..).zip(row.cells()).filter(|(_, cell)| !cell.is_empty()) {
            let number = self.numbers.get(usize::from(at)).copied().unwrap_or_default();
            match cell.parse::<f64>() {
                Ok(value) if number && value.is_finite() => {
                    sheet.write_number_with_format(self.row, at, value, &self.number)?;
                }
                _ if cell.len() > MOST_TEXT && cell.encode_utf16().count() > MOST_TEXT => {
                    let mut units = 0;
                    let cut: String = cell
                        .chars()
                        .take_while(|c| {
                            units += c.len_utf16();
                            units <= MOST_TEXT
                        })
                        .collect();
                    self.cut += 1;
                    sheet.write_string(self.row, at, cut)?;
                }
                _ => drop(sheet.write_string(self.row, at, cell)?),
            }
        }
        self.row += 1;
        Ok(())
    }

    /// How many texts were cut so far.
    #[must_use]
    pub fn cut(&self) -> usize {
        self.cut
    }

    /// Writes the workbook.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self, to: impl Write + Seek + Send) -> Result<(), BookError> {
        self.book.save_to_writer(to)?;
        Ok(())
    }
}
