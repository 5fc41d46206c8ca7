//! A workbook that is read in another process: its rows come through a pipe.
//!
//! The other process gets a line of JSON with what is wanted, then the workbook. It answers with frames: the sheets (or
//! why the workbook cannot be read), rows, and an end. An answer without an end comes from a process that died: of its
//! memory limit, of its time limit, or of a fault of the reader. All three are the file's fault.

use std::io::{self, BufReader, Read, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};

use messages::{Language, Text, files};
use serde::{Deserialize, Serialize};

use crate::book::reader::{BookReader, MAX_WIDTH, OpenedBook, Opening, Part, Sender, WAITING, open_here};
use crate::container::BookFormat;
use crate::error::ReadError;
use crate::layout::{ReadOptions, SheetInfo};

/// A process that was started to read a workbook.
pub struct ReadingProcess {
    /// What it reads.
    pub input: Box<dyn Write + Send>,
    /// What it answers.
    pub output: Box<dyn Read + Send>,
    /// Ends the process when it is dropped.
    pub guard: Box<dyn Send>,
}

/// Starts a process for a workbook of this many bytes, in which [`serve_workbook`] is called.
pub type StartProcess = Box<dyn Fn(usize) -> io::Result<ReadingProcess> + Send + Sync>;

static START: OnceLock<StartProcess> = OnceLock::new();

/// From now on workbooks are read by processes that `start` starts. Only the first call counts.
pub fn read_workbooks_apart(start: StartProcess) {
    let _ = START.set(start);
}

/// The longest text of a frame, in bytes: longer than a row can be.
const MAX_TEXT: u32 = 8 * 1024 * 1024;

/// What is wanted of a workbook.
#[derive(Serialize, Deserialize)]
struct Wanted {
    format: String,
    sheet: Option<String>,
    fill_merged: bool,
}

/// The first frame: the sheets with whether they are hidden, and the one that is read.
#[derive(Serialize, Deserialize)]
enum Opened {
    Sheets(Vec<(String, bool)>, String),
    Failed(Failure),
}

/// A [`ReadError`] of a workbook.
#[derive(Serialize, Deserialize)]
enum Failure {
    Empty,
    Password,
    Inflated,
    TooManyColumns,
    RowTooLong(u64),
    SheetMissing(String, String),
    /// What the archive is, in English and French.
    Archive(String, String),
    /// The row, and the problem in English and French.
    Malformed(u64, String, String),
}

fn both(text: &Text) -> (String, String) {
    (text.shown(Language::En).to_owned(), text.shown(Language::Fr).to_owned())
}

impl Failure {
    fn of(error: &ReadError) -> Self {
        match error {
            ReadError::Empty => Failure::Empty,
            ReadError::Password => Failure::Password,
            ReadError::Inflated => Failure::Inflated,
            ReadError::TooManyColumns => Failure::TooManyColumns,
            ReadError::RowTooLong { row } => Failure::RowTooLong(*row),
            ReadError::SheetMissing { wanted, found } => Failure::SheetMissing(wanted.clone(), found.clone()),
            ReadError::Archive(found) => {
                let (english, french) = both(found);
                Failure::Archive(english, french)
            }
            ReadError::Malformed { row, problem } => {
                let (english, french) = both(problem);
                Failure::Malformed(*row, english, french)
            }
            // A reader of workbooks has no other errors.
            other => {
                let (english, french) = both(&other.message());
                Failure::Malformed(0, english, french)
            }
        }
    }

    fn error(self) -> ReadError {
        match self {
            Failure::Empty => ReadError::Empty,
            Failure::Password => ReadError::Password,
            Failure::Inflated => ReadError::Inflated,
            Failure::TooManyColumns => ReadError::TooManyColumns,
            Failure::RowTooLong(row) => ReadError::RowTooLong { row },
            Failure::SheetMissing(wanted, found) => ReadError::SheetMissing { wanted, found },
            Failure::Archive(english, french) => ReadError::Archive(Text::rendered(english, french)),
            Failure::Malformed(row, english, french) => {
                ReadError::Malformed { row, problem: Text::rendered(english, french) }
            }
        }
    }
}

const OPENED: u8 = 1;
const ROW: u8 = 2;
const END: u8 = 3;
const FAILED: u8 = 4;

/// Opens a workbook in another process, if processes are started for workbooks; here otherwise.
pub(crate) fn open(bytes: Vec<u8>, format: BookFormat, options: &ReadOptions) -> Result<OpenedBook, ReadError> {
    let Some(start) = START.get() else { return open_here(bytes, format, options) };
    let process = start(bytes.len())?;
    let wanted =
        Wanted { format: format.name().to_owned(), sheet: options.sheet.clone(), fill_merged: options.fill_merged };
    let (opening, opened) = sync_channel::<Opening>(1);
    let (sender, parts) = sync_channel::<Part>(WAITING);
    std::thread::Builder::new().name("workbook".to_owned()).spawn(move || {
        let ReadingProcess { input, output, guard } = process;
        // A process that died takes no more input: its missing answer says so.
        let _ = give(input, &wanted, &bytes);
        drop(bytes);
        receive(BufReader::new(output), &opening, &sender);
        drop(guard);
    })?;
    let (sheets, sheet) = opened.recv().map_err(|_| died())??;
    Ok(OpenedBook { sheets, sheet, rows: BookReader::new(parts) })
}

fn died() -> ReadError {
    ReadError::Malformed { row: 0, problem: files::workbook_too_heavy() }
}

fn give(mut input: Box<dyn Write + Send>, wanted: &Wanted, bytes: &[u8]) -> io::Result<()> {
    let mut line = serde_json::to_vec(wanted)?;
    line.push(b'\n');
    input.write_all(&line)?;
    input.write_all(bytes)?;
    input.flush()
}

/// Passes the frames of a process on; ends when the receiver is gone.
fn receive(mut output: impl Read, opening: &SyncSender<Opening>, sender: &SyncSender<Part>) {
    match opened(&mut output) {
        Ok(opened) => {
            let failed = opened.is_err();
            if opening.send(opened).is_err() || failed {
                return;
            }
        }
        Err(_) => return drop(opening.send(Err(died()))),
    }
    let mut to = Sender::new(sender);
    loop {
        match frame(&mut output) {
            Ok(Frame::Row(number, cells)) => {
                if !to.row(number, cells) {
                    return;
                }
            }
            Ok(Frame::End) => return to.end(),
            Ok(Frame::Failed(error)) => return to.fail(error),
            Err(_) => return to.fail(died()),
        }
    }
}

fn opened(output: &mut impl Read) -> io::Result<Opening> {
    if byte(output)? != OPENED {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(match serde_json::from_slice(&text(output)?)? {
        Opened::Failed(failure) => Err(failure.error()),
        Opened::Sheets(sheets, sheet) => {
            Ok((sheets.into_iter().map(|(name, hidden)| SheetInfo { name, hidden }).collect(), sheet))
        }
    })
}

enum Frame {
    Row(u64, Vec<String>),
    End,
    Failed(ReadError),
}

fn frame(output: &mut impl Read) -> io::Result<Frame> {
    match byte(output)? {
        END => Ok(Frame::End),
        FAILED => Ok(Frame::Failed(serde_json::from_slice::<Failure>(&text(output)?)?.error())),
        ROW => {
            let number = u64::from(number(output)?);
            let cells = number_within(output, MAX_WIDTH)?;
            let mut row = Vec::with_capacity(cells as usize);
            for _ in 0..cells {
                row.push(String::from_utf8(text(output)?).map_err(io::Error::other)?);
            }
            Ok(Frame::Row(number, row))
        }
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn byte(output: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    output.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn number(output: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    output.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn number_within(output: &mut impl Read, most: u32) -> io::Result<u32> {
    number(output).and_then(|number| if number <= most { Ok(number) } else { Err(io::ErrorKind::InvalidData.into()) })
}

fn text(output: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut text = vec![0; number_within(output, MAX_TEXT)? as usize];
    output.read_exact(&mut text)?;
    Ok(text)
}

/// What the other process does: reads what is wanted and the workbook, and writes its rows.
///
/// # Errors
/// When the input is not what [`open`] gives, or nobody reads the output.
pub fn serve_workbook(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        match byte(&mut input)? {
            b'\n' => break,
            _ if line.len() > 100_000 => return Err(io::ErrorKind::InvalidData.into()),
            byte => line.push(byte),
        }
    }
    let wanted: Wanted = serde_json::from_slice(&line)?;
    let format =
        [BookFormat::Xlsx, BookFormat::Xls, BookFormat::Ods].into_iter().find(|one| one.name() == wanted.format);
    let format = format.ok_or(io::ErrorKind::InvalidData)?;
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    let options = ReadOptions { sheet: wanted.sheet, fill_merged: wanted.fill_merged, ..ReadOptions::default() };
    let book = match open_here(bytes, format, &options) {
        Ok(book) => book,
        // A fault of this process, not of the file: it ends without an answer.
        Err(ReadError::Io(error)) => return Err(error),
        Err(error) => return write_json(&mut output, OPENED, &Opened::Failed(Failure::of(&error))),
    };
    let sheets = book.sheets.iter().map(|sheet| (sheet.name.clone(), sheet.hidden)).collect();
    write_json(&mut output, OPENED, &Opened::Sheets(sheets, book.sheet.clone()))?;
    loop {
        let rows = match book.rows.parts.recv() {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => return write_json(&mut output, FAILED, &Failure::of(&error)),
            // The reader panicked.
            Err(_) => return Err(io::ErrorKind::UnexpectedEof.into()),
        };
        if rows.is_empty() {
            output.write_all(&[END])?;
            return output.flush();
        }
        for (number, cells) in rows {
            output.write_all(&[ROW])?;
            write_number(&mut output, usize::try_from(number).unwrap_or(usize::MAX))?;
            write_number(&mut output, cells.len())?;
            for cell in cells {
                write_number(&mut output, cell.len())?;
                output.write_all(cell.as_bytes())?;
            }
        }
    }
}

fn write_number(output: &mut impl Write, number: usize) -> io::Result<()> {
    output.write_all(&u32::try_from(number).map_err(io::Error::other)?.to_le_bytes())
}

fn write_json(output: &mut impl Write, kind: u8, value: &impl Serialize) -> io::Result<()> {
    let json = serde_json::to_vec(value)?;
    output.write_all(&[kind])?;
    write_number(output, json.len())?;
    output.write_all(&json)?;
    output.flush()
}
