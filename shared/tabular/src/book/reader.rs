//! The rows of a workbook's sheet: .xlsx, .xls, .ods.
//!
//! A separate thread reads the cells and hands over the rows in small parts. Memory holds the packed file, its shared
//! texts and a few hundred rows. If a workbook makes the library panic, the result is an error of the file.

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use calamine::{Data, DataRef, Dimensions, Ods, Reader, SheetType, SheetVisible, Xls, Xlsx};
use messages::files;

use crate::container::BookFormat;
use crate::error::ReadError;
use crate::layout::{ReadOptions, SheetInfo};
use crate::merged::Filler;
use crate::row::{Row, TYPED};

/// How many rows are handed over at once, and how many parts wait.
const PART: usize = 128;
pub(crate) const WAITING: usize = 4;
/// A part with this many bytes is handed over too, however few rows it has.
const PART_BYTES: usize = 1024 * 1024;
/// The longest row, in bytes: as long as a row of other formats can be.
const MAX_ROW: usize = 4 * 1024 * 1024;
/// A cell holds at most 32,767 characters in Excel.
const MAX_CELL: usize = 1024 * 1024;
/// Columns in Excel.
pub(crate) const MAX_WIDTH: u32 = 16_384;

pub(crate) type Part = Result<Vec<(u64, Vec<String>)>, ReadError>;

pub(crate) struct BookReader {
    /// The rows, part by part; an empty part is the end.
    pub(crate) parts: Receiver<Part>,
    part: std::vec::IntoIter<(u64, Vec<String>)>,
    ended: bool,
}

pub(crate) struct OpenedBook {
    pub(crate) sheets: Vec<SheetInfo>,
    pub(crate) sheet: String,
    pub(crate) rows: BookReader,
}

/// The first message of the thread: the sheets and the chosen sheet.
pub(crate) type Opening = Result<(Vec<SheetInfo>, String), ReadError>;

/// Opens a workbook in this process, at the sheet with this name, or at the first visible one that has rows.
pub(crate) fn open_here(bytes: Vec<u8>, format: BookFormat, options: &ReadOptions) -> Result<OpenedBook, ReadError> {
    let (wanted, fill) = (options.sheet.clone(), options.fill_merged);
    let (opening, opened) = sync_channel::<Opening>(1);
    let (sender, parts) = sync_channel::<Part>(WAITING);
    let reading = move || {
        // A panic ends the thread; the receiving side then finds the channels closed.
        match format {
            BookFormat::Xlsx => read_xlsx(bytes, wanted.as_deref(), fill, &opening, &sender),
            BookFormat::Xls => Xls::new(Cursor::new(bytes)).map_err(|error| damaged(&error)).map_or_else(
                |error| drop(opening.send(Err(error))),
                |book| {
                    let merged = |book: &Xls<_>, name: &str| {
                        if fill { book.merge_cells_by_sheet_name(name).unwrap_or_default() } else { Vec::new() }
                    };
                    read_held(book, wanted.as_deref(), merged, &opening, &sender);
                },
            ),
            BookFormat::Ods => Ods::new(Cursor::new(bytes))
                .map_err(|error| {
                    if matches!(error, calamine::OdsError::Password) { ReadError::Password } else { damaged(&error) }
                })
                .map_or_else(
                    |error| drop(opening.send(Err(error))),
                    |book| read_held(book, wanted.as_deref(), |_, _| Vec::new(), &opening, &sender),
                ),
        }
    };
    std::thread::Builder::new().name("workbook".to_owned()).spawn(reading)?;
    let (sheets, sheet) = opened.recv().map_err(|_| ReadError::Archive(files::damaged_workbook()))??;
    Ok(OpenedBook { sheets, sheet, rows: BookReader::new(parts) })
}

impl BookReader {
    pub(crate) fn new(parts: Receiver<Part>) -> Self {
        Self { parts, part: Vec::new().into_iter(), ended: false }
    }

    pub(crate) fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        loop {
            row.clear();
            if let Some((number, cells)) = self.part.next() {
                row.number = number;
                cells.iter().for_each(|cell| row.push(cell));
                if row.is_blank() {
                    continue;
                }
                return Ok(true);
            }
            if self.ended {
                return Ok(false);
            }
            match self.parts.recv() {
                // An empty part is the end. A channel that is closed without an empty part means that the reader
                // failed.
                Ok(part) => {
                    let part = part?;
                    self.ended = part.is_empty();
                    self.part = part.into_iter();
                }
                Err(_) => return Err(ReadError::Archive(files::damaged_workbook())),
            }
        }
    }
}

fn damaged(error: &dyn std::fmt::Display) -> ReadError {
    ReadError::Malformed { row: 0, problem: files::workbook_damaged(error) }
}

fn sheets_of(metadata: &[calamine::Sheet]) -> Vec<SheetInfo> {
    let tables = metadata.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    tables.map(|sheet| SheetInfo { name: sheet.name.clone(), hidden: sheet.visible != SheetVisible::Visible }).collect()
}

/// The sheets to try: the requested one, or the visible ones in their order and then the hidden ones.
fn order(sheets: &[SheetInfo], wanted: Option<&str>) -> Result<Vec<String>, ReadError> {
    if let Some(wanted) = wanted {
        let found = sheets.iter().find(|sheet| sheet.name == wanted || sheet.name.trim() == wanted.trim());
        return found.map(|sheet| vec![sheet.name.clone()]).ok_or_else(|| {
            let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
            ReadError::SheetMissing { wanted: wanted.to_owned(), found: names.join(", ") }
        });
    }
    let names =
        |hidden: bool| sheets.iter().filter(move |sheet| sheet.hidden == hidden).map(|sheet| sheet.name.clone());
    Ok(names(false).chain(names(true)).collect())
}

/// Sends rows on, a part at a time.
pub(crate) struct Sender<'s> {
    to: &'s SyncSender<Part>,
    part: Vec<(u64, Vec<String>)>,
    bytes: usize,
}

impl<'s> Sender<'s> {
    pub(crate) fn new(to: &'s SyncSender<Part>) -> Self {
        Self { to, part: Vec::new(), bytes: 0 }
    }

    /// Sends a row whose number is counted from 1. Returns `false` when the receiver is gone, or the row is
    /// too long.
    pub(crate) fn row(&mut self, number: u64, cells: Vec<String>) -> bool {
        let bytes: usize = cells.iter().map(String::len).sum();
        if bytes > MAX_ROW {
            self.fail(ReadError::RowTooLong { row: number });
            return false;
        }
        self.bytes += bytes;
        self.part.push((number, cells));
        if self.part.len() < PART && self.bytes < PART_BYTES {
            return true;
        }
        self.bytes = 0;
        self.to.send(Ok(std::mem::take(&mut self.part))).is_ok()
    }

    /// Ends the rows.
    pub(crate) fn end(mut self) {
        self.flush();
        let _ = self.to.send(Ok(Vec::new()));
    }

    /// Ends the rows with an error.
    pub(crate) fn fail(&mut self, error: ReadError) {
        self.flush();
        let _ = self.to.send(Err(error));
    }

    fn flush(&mut self) {
        if !self.part.is_empty() {
            let _ = self.to.send(Ok(std::mem::take(&mut self.part)));
        }
    }
}

fn read_xlsx(
    bytes: Vec<u8>,
    wanted: Option<&str>,
    fill: bool,
    opening: &SyncSender<Opening>,
    sender: &SyncSender<Part>,
) {
    let mut book = match Xlsx::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(calamine::XlsxError::Password) => return drop(opening.send(Err(ReadError::Password))),
        Err(error) => return drop(opening.send(Err(damaged(&error)))),
    };
    let sheets = sheets_of(book.sheets_metadata());
    let names = match order(&sheets, wanted) {
        Ok(names) => names,
        Err(error) => return drop(opening.send(Err(error))),
    };
    for name in &names {
        let regions = if fill { book.merge_cells_by_sheet_name(name).unwrap_or_default() } else { Vec::new() };
        let mut filler = Filler::new(regions);
        let mut cells = match book.worksheet_cells_reader(name) {
            Ok(cells) => cells,
            Err(error) => return drop(opening.send(Err(damaged(&error)))),
        };
        let mut to = Sender::new(sender);
        let (mut number, mut row, mut bytes): (Option<u32>, Vec<String>, usize) = (None, Vec::new(), 0);
        let mut opened = false;
        loop {
            let cell = match cells.next_cell() {
                Ok(Some(cell)) => cell,
                Ok(None) => break,
                Err(error) if opened => return drop(sender.send(Err(damaged(&error)))),
                Err(error) => return drop(opening.send(Err(damaged(&error)))),
            };
            let text = text_of(cell.get_value());
            let (at, column) = cell.get_position();
            if text.is_empty() || column >= MAX_WIDTH {
                continue;
            }
            if !opened {
                opened = true;
                if opening.send(Ok((sheets.clone(), name.clone()))).is_err() {
                    return;
                }
            }
            // Many cells may share one large text: a row ends before all of them are copied.
            bytes = if number == Some(at) { bytes + text.len() } else { text.len() };
            if text.len() > MAX_CELL || bytes > MAX_ROW {
                return drop(sender.send(Err(ReadError::RowTooLong { row: u64::from(at) + 1 })));
            }
            if number != Some(at) {
                if let Some(number) = number {
                    filler.fill(number, &mut row);
                    if !to.row(u64::from(number) + 1, std::mem::take(&mut row)) {
                        return;
                    }
                }
                number = Some(at);
            }
            let column = column as usize;
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = text;
        }
        if let Some(number) = number {
            filler.fill(number, &mut row);
            if to.row(u64::from(number) + 1, row) {
                to.end();
            }
            return;
        }
    }
    drop(opening.send(Err(ReadError::Empty)));
}

/// Reads a format that cannot be streamed: the whole sheet is held in memory.
fn read_held<R>(
    mut book: R,
    wanted: Option<&str>,
    merged: impl Fn(&R, &str) -> Vec<Dimensions>,
    opening: &SyncSender<Opening>,
    sender: &SyncSender<Part>,
) where
    R: Reader<Cursor<Vec<u8>>>,
    R::Error: std::fmt::Display,
{
    let sheets = sheets_of(book.sheets_metadata());
    let names = match order(&sheets, wanted) {
        Ok(names) => names,
        Err(error) => return drop(opening.send(Err(error))),
    };
    for name in names {
        let range = match book.worksheet_range(&name) {
            Ok(range) => range,
            Err(error) => return drop(opening.send(Err(damaged(&error)))),
        };
        let Some((first, left)) = range.start() else { continue };
        let mut filler = Filler::new(merged(&book, &name));
        if opening.send(Ok((sheets, name))).is_err() {
            return;
        }
        let mut to = Sender::new(sender);
        for (at, cells) in range.rows().enumerate() {
            let before = std::iter::repeat_n(String::new(), left.min(MAX_WIDTH) as usize);
            let mut row = before.chain(cells.iter().map(|cell| text_of(&DataRef::from_data(cell)))).collect();
            let at = first + u32::try_from(at).unwrap_or(u32::MAX);
            filler.fill(at, &mut row);
            if !to.row(u64::from(at) + 1, row) {
                return;
            }
        }
        return to.end();
    }
    drop(opening.send(Err(ReadError::Empty)));
}

/// Converts one kind of cells to the other.
trait FromData<'a> {
    fn from_data(data: &'a Data) -> Self;
}

impl<'a> FromData<'a> for DataRef<'a> {
    fn from_data(data: &'a Data) -> Self {
        match data {
            Data::Int(value) => DataRef::Int(*value),
            Data::Float(value) => DataRef::Float(*value),
            Data::String(text) => DataRef::SharedString(text),
            Data::Bool(value) => DataRef::Bool(*value),
            Data::DateTime(value) => DataRef::DateTime(*value),
            Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
            Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
            Data::Error(error) => DataRef::Error(error.clone()),
            _ => DataRef::Empty,
        }
    }
}

/// A cell as a text: numbers without `.0` and never as `1.23E+12`, dates as ISO 8601, errors as Excel shows them.
fn text_of(cell: &DataRef<'_>) -> String {
    match cell {
        DataRef::Int(value) => value.to_string(),
        DataRef::Float(value) => number(*value),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(value) if value.is_duration() => {
            let seconds = (value.as_f64() * 86_400.0).round();
            #[expect(clippy::cast_possible_truncation, reason = "a duration in a sheet")]
            let seconds = seconds as i64;
            format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        }
        DataRef::DateTime(value) => {
            let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
            if (hour, minute, second) == (0, 0, 0) {
                format!("{year:04}-{month:02}-{day:02}")
            } else {
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
            }
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.strip_suffix("T00:00:00").unwrap_or(text).to_owned()
        }
        DataRef::Error(error) => error.to_string(),
        _ => String::new(),
    }
}

/// A number as Excel shows it: at most 15 significant digits, no exponent.
fn number(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let shown: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    typed(&shown.to_string()).into_owned()
}

/// A number that a program wrote, with a decimal point. A number that looks like one with a thousands separator is
/// marked; the mark ends in [`Row::typed`].
pub(crate) fn typed(number: &str) -> Cow<'_, str> {
    match number.split_once('.') {
        Some((_, decimals)) if decimals.len() == 3 => Cow::Owned(format!("{number}{TYPED}")),
        _ => Cow::Borrowed(number),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_shown_as_excel_shows_them() {
        for (value, shown) in [
            (4_006_381_333_931.0, "4006381333931"),
            (0.1 + 0.2, "0.3"),
            (-12.5, "-12.5"),
            (1e21, "1000000000000000000000"),
            (12_345.678_9, "12345.6789"),
            (1.234, "1.234\u{e000}"),
        ] {
            assert_eq!(number(value), shown);
        }
    }
}
