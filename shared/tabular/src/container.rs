//! Packed files: gzip, and a zip that holds one table. Nothing is inflated beyond a limit, whatever size the file
//! claims.

use std::io::{self, Cursor, Read};

use messages::files;
use zip::ZipArchive;

use crate::error::{ReadError, TooMuch};

/// A text may inflate to this many bytes. No table of 50 MB that is worth importing is larger.
const MAX_INFLATED: u64 = 256 * 1024 * 1024;
/// A sheet may inflate to this many bytes: its XML needs much space for each cell.
const MAX_SHEET: u64 = 768 * 1024 * 1024;
/// All parts of a workbook together may inflate to this many bytes.
const MAX_BOOK: u64 = 1536 * 1024 * 1024;
/// A packed file may have this many bytes, because it is held in memory while it is read.
const MAX_HELD: u64 = 64 * 1024 * 1024;
/// A zip may have this many entries.
const MAX_ENTRIES: usize = 10_000;

/// The kind of content, by its first bytes.
pub(crate) enum Kind<'a> {
    /// Text: CSV, JSON or XML.
    Text(Box<dyn Read + Send + 'a>),
    /// A workbook, whole.
    Book(Vec<u8>, BookFormat),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BookFormat {
    Xlsx,
    Xls,
    Ods,
}

impl BookFormat {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            BookFormat::Xlsx => "xlsx",
            BookFormat::Xls => "xls",
            BookFormat::Ods => "ods",
        }
    }
}

/// Unpacks `source`. Returns the content, and `gzip` or `zip` if it was packed.
pub(crate) fn unpack<'a>(source: Box<dyn Read + Send + 'a>) -> Result<(Kind<'a>, Option<&'static str>), ReadError> {
    let (head, source) = peek(source)?;
    if head.starts_with(b"\x1F\x8B") {
        let inflated = Box::new(Limited::new(flate2::read::MultiGzDecoder::new(source)));
        return match unpack_once(inflated)? {
            (kind, None) => Ok((kind, Some("gzip"))),
            (_, Some(_)) => Err(ReadError::Archive(files::gzip_around_archive())),
        };
    }
    unpack_once(source)
}

fn unpack_once<'a>(source: Box<dyn Read + Send + 'a>) -> Result<(Kind<'a>, Option<&'static str>), ReadError> {
    let (head, source) = peek(source)?;
    if head.starts_with(b"\x1F\x8B") {
        return Err(ReadError::Archive(files::gzip_in_archive()));
    }
    if head.starts_with(b"PK\x05\x06") {
        return Err(ReadError::Empty);
    }
    if head.starts_with(b"\xD0\xCF\x11\xE0") {
        let bytes = hold(source)?;
        // An encrypted workbook is a compound file with this stream instead of the workbook.
        let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        if bytes.windows(name.len()).any(|window| window == name) {
            return Err(ReadError::Password);
        }
        return Ok((Kind::Book(bytes, BookFormat::Xls), None));
    }
    if !head.starts_with(b"PK\x03\x04") {
        return Ok((Kind::Text(source), None));
    }
    let bytes = hold(source)?;
    let mut archive =
        ZipArchive::new(Cursor::new(bytes.as_slice())).map_err(|_| ReadError::Archive(files::damaged_zip()))?;
    if archive.len() > MAX_ENTRIES {
        return Err(ReadError::Archive(files::zip_with_too_many_files()));
    }
    let names: Vec<String> = archive.file_names().flatten().map(std::borrow::Cow::into_owned).collect();
    if names.iter().any(|name| name == "xl/workbook.xml" || name.eq_ignore_ascii_case("[content_types].xml")) {
        check_workbook(&mut archive, &names)?;
        return Ok((Kind::Book(bytes, BookFormat::Xlsx), None));
    }
    if names.iter().any(|name| name == "content.xml") {
        inflates_within(&mut archive, "content.xml", 256 * 1024 * 1024, u64::MAX)?;
        return Ok((Kind::Book(bytes, BookFormat::Ods), None));
    }
    let files: Vec<&String> = names
        .iter()
        .filter(|name| {
            !name.ends_with('/')
                && !name.starts_with("__MACOSX/")
                && !name.rsplit('/').next().unwrap_or_default().starts_with('.')
        })
        .collect();
    let [file] = files[..] else {
        return Err(ReadError::Archive(if files.is_empty() {
            files::zip_with_nothing()
        } else {
            files::zip_with_several_files()
        }));
    };
    let entry = archive.by_name(file).map_err(|error| match error {
        zip::result::ZipError::UnsupportedArchive(text) if text.contains("assword") => ReadError::Password,
        _ => ReadError::Archive(files::damaged_zip()),
    })?;
    if entry.encrypted() {
        return Err(ReadError::Password);
    }
    let (start, size) = (entry.data_start(), entry.compressed_size());
    let method = entry.compression();
    drop(entry);
    let start = start.ok_or_else(|| ReadError::Archive(files::damaged_zip()))?;
    drop(archive);
    let mut raw = Cursor::new(bytes);
    raw.set_position(start);
    let raw = raw.take(size);
    let inflated: Box<dyn Read + Send> = match method {
        zip::CompressionMethod::Stored => Box::new(Limited::new(raw)),
        zip::CompressionMethod::Deflated => Box::new(Limited::new(flate2::read::DeflateDecoder::new(raw))),
        _ => return Err(ReadError::Archive(files::zip_method_unknown())),
    };
    match unpack_inner(inflated)? {
        Some(kind) => Ok((kind, Some("zip"))),
        None => Err(ReadError::Archive(files::zip_around_archive())),
    }
}

/// The content of the file in a zip: text or a workbook; `None` for another archive.
fn unpack_inner<'a>(source: Box<dyn Read + Send + 'a>) -> Result<Option<Kind<'a>>, ReadError> {
    let (head, source) = peek(source)?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xD0\xCF\x11\xE0") {
        return Ok(match unpack_once(source)? {
            (kind @ Kind::Book(..), None) => Some(kind),
            _ => None,
        });
    }
    Ok(if head.starts_with(b"\x1F\x8B") { None } else { Some(Kind::Text(source)) })
}

/// Returns the first bytes of a source, and the source from its beginning.
fn peek<'a>(mut source: Box<dyn Read + Send + 'a>) -> Result<(Vec<u8>, Box<dyn Read + Send + 'a>), ReadError> {
    let mut head = Vec::with_capacity(8);
    source.as_mut().take(8).read_to_end(&mut head).map_err(ReadError::from)?;
    let whole = Cursor::new(head.clone()).chain(source);
    Ok((head, Box::new(whole)))
}

fn hold(source: impl Read) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    source.take(MAX_HELD + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_HELD { Err(ReadError::Inflated) } else { Ok(bytes) }
}

/// Inflates each part of a workbook once, to check its size: the reader of cells has no limit of its own.
fn check_workbook(archive: &mut ZipArchive<Cursor<&[u8]>>, names: &[String]) -> Result<(), ReadError> {
    let mut left = MAX_BOOK;
    for name in names {
        // The reader of cells finds parts whatever the case of their names, and in other folders.
        let lower = name.to_ascii_lowercase();
        let (bytes, strings) = if lower.ends_with("sharedstrings.xml") {
            // All shared texts are held in memory.
            (160 * 1024 * 1024, 2_000_000)
        } else if lower.contains("worksheets/") && lower.ends_with(".xml") {
            (MAX_SHEET, u64::MAX)
        } else if lower.ends_with(".xml") || lower.ends_with(".rels") {
            (64 * 1024 * 1024, u64::MAX)
        } else {
            continue;
        };
        left -= inflates_within(archive, name, left.min(bytes), strings)?;
    }
    Ok(())
}

fn inflates_within(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    bytes: u64,
    strings: u64,
) -> Result<u64, ReadError> {
    let Ok(mut entry) = archive.by_name(name) else { return Ok(0) };
    let (mut total, mut items) = (0_u64, 0_u64);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        // The workbook reader reports a damaged part.
        let Ok(read) = entry.read(&mut buffer) else { return Ok(total) };
        if read == 0 {
            return Ok(total);
        }
        total += read as u64;
        if strings < u64::MAX {
            items += buffer[..read].windows(3).filter(|window| *window == b"<si").count() as u64;
        }
        if total > bytes || items > strings {
            return Err(ReadError::Inflated);
        }
    }
}

/// A source that ends with an error after more than [`MAX_INFLATED`] bytes.
struct Limited<R> {
    source: R,
    left: u64,
}

impl<R> Limited<R> {
    fn new(source: R) -> Self {
        Self { source, left: MAX_INFLATED }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(out).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.left =
            self.left.checked_sub(read as u64).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, TooMuch))?;
        Ok(read)
    }
}
