//! The rows of a CSV file.
//!
//! It uses `csv-core` and not `csv`, for three things that a seller's report needs: the row number as the spreadsheet
//! shows it (blank lines counted), a limit on the length of a row (an unclosed quote would swallow the file), and the
//! bytes of a row that is not UTF-8.

use std::io::Read;

use encoding_rs::WINDOWS_1252;

use crate::error::{ReadError, RowProblem};
use crate::row::Row;

/// A row may have at most this many bytes; the largest description has 65,000 bytes.
pub(crate) const MAX_ROW_BYTES: usize = 1024 * 1024;
const MAX_CELLS: usize = 16_384;
const BUFFER: usize = 64 * 1024;

pub(crate) struct CsvReader<R> {
    source: R,
    core: csv_core::Reader,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    cells: Vec<u8>,
    ends: Vec<usize>,
    number: u64,
    last_byte: u8,
    width: Option<usize>,
    pads: bool,
    quoting: bool,
    /// Whether only ASCII was read so far. Then, if the first other bytes are not UTF-8, the file is in Windows-1252.
    ascii_so_far: bool,
    legacy: bool,
}

impl<R: Read> CsvReader<R> {
    pub(crate) fn new(source: R, delimiter: u8, quoting: bool, ascii_so_far: bool) -> Self {
        Self {
            source,
            core: csv_core::ReaderBuilder::new().delimiter(delimiter).quoting(quoting).build(),
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            at_end: false,
            cells: vec![0; 8 * 1024],
            ends: vec![0; 256],
            number: 0,
            last_byte: b'\n',
            width: None,
            pads: false,
            quoting,
            ascii_so_far,
            legacy: false,
        }
    }

    /// Sets the number of cells; from now on a row of another width has a problem.
    pub(crate) fn expect_width(&mut self, width: usize) {
        self.width = Some(width);
    }

    /// Sets whether cells that are missing at the end of a row count as blank.
    pub(crate) fn pad_short_rows(&mut self, pads: bool) {
        self.pads = pads;
    }

    /// Reads the next row that is not blank. Returns `false` at the end.
    pub(crate) fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        loop {
            row.text.clear();
            row.ends.clear();
            row.problem = None;
            let Some((bytes, width)) = self.record()? else { return Ok(false) };
            row.number = self.number;
            self.decode(bytes, width, row);
            if row.is_blank() {
                continue;
            }
            self.check_width(row);
            return Ok(true);
        }
    }

    /// Reads one record into `cells` and `ends`. Returns how many elements of each are filled.
    fn record(&mut self) -> Result<Option<(usize, usize)>, ReadError> {
        self.skip_line_ends()?;
        let (mut bytes, mut width, mut quotes) = (0, 0, 0_usize);
        loop {
            if self.start == self.end {
                self.fill()?;
            }
            let input = &self.buffer[self.start..self.end];
            let (result, read, written, ended) =
                self.core.read_record(input, &mut self.cells[bytes..], &mut self.ends[width..]);
            quotes += input[..read].iter().filter(|byte| **byte == b'"').count();
            if read > 0 {
                self.last_byte = input[read - 1];
            }
            self.start += read;
            bytes += written;
            width += ended;
            match result {
                csv_core::ReadRecordResult::InputEmpty => {}
                csv_core::ReadRecordResult::OutputFull => {
                    if bytes >= MAX_ROW_BYTES {
                        let row = self.number + 1;
                        return Err(if self.quoting && quotes % 2 == 1 {
                            ReadError::UnclosedQuote { row }
                        } else {
                            ReadError::RowTooLong { row }
                        });
                    }
                    self.cells.resize((self.cells.len() * 2).min(MAX_ROW_BYTES + 1), 0);
                }
                csv_core::ReadRecordResult::OutputEndsFull => {
                    if width >= MAX_CELLS {
                        return Err(ReadError::TooManyColumns);
                    }
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                csv_core::ReadRecordResult::Record => {
                    self.number += 1;
                    // The end of the file closed this record, which has several lines and an odd number of quotes.
                    let lines = self.cells[..bytes].contains(&b'\n');
                    if self.quoting && self.at_end && self.start == self.end && quotes % 2 == 1 && lines {
                        return Err(ReadError::UnclosedQuote { row: self.number });
                    }
                    return Ok(Some((bytes, width)));
                }
                csv_core::ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Skips the rest of the last line end, and empty lines, which count as rows.
    fn skip_line_ends(&mut self) -> Result<(), ReadError> {
        loop {
            if self.start == self.end {
                self.fill()?;
                if self.start == self.end {
                    return Ok(());
                }
            }
            let ready = &self.buffer[self.start..self.end];
            let run = ready.iter().position(|byte| *byte != b'\n').unwrap_or(ready.len());
            // Many line ends are skipped at once, so that a file of line ends only is read fast.
            if run > 0 && self.last_byte != b'\r' {
                (self.number, self.last_byte, self.start) = (self.number + run as u64, b'\n', self.start + run);
                continue;
            }
            let byte = ready[0];
            if byte != b'\r' && byte != b'\n' {
                return Ok(());
            }
            if byte == b'\r' || self.last_byte != b'\r' {
                self.number += 1;
            }
            // `\r\n` after a record that `\r` ended is one line end, not an empty line.
            self.last_byte = if byte == b'\n' && self.last_byte == b'\r' { b'\n' } else { byte };
            self.start += 1;
        }
    }

    fn fill(&mut self) -> Result<(), ReadError> {
        self.start = 0;
        self.end = 0;
        while !self.at_end && self.end == 0 {
            match self.source.read(&mut self.buffer) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.end = read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn decode(&mut self, bytes: usize, width: usize, row: &mut Row) {
        let cells = &self.cells[..bytes];
        if !self.legacy {
            if let Ok(text) = std::str::from_utf8(cells) {
                self.ascii_so_far = self.ascii_so_far && cells.is_ascii();
                row.text.push_str(text);
                row.ends.extend_from_slice(&self.ends[..width]);
                return;
            }
            self.legacy = self.ascii_so_far;
        }
        let mut start = 0;
        for end in &self.ends[..width] {
            if self.legacy {
                row.text.push_str(&WINDOWS_1252.decode_without_bom_handling(&cells[start..*end]).0);
            } else {
                row.text.push_str(&String::from_utf8_lossy(&cells[start..*end]));
            }
            row.ends.push(row.text.len());
            start = *end;
        }
        if !self.legacy {
            row.problem = Some(RowProblem::Encoding);
        }
    }

    fn check_width(&self, row: &mut Row) {
        let Some(expected) = self.width else { return };
        let found = row.width();
        let surplus_is_blank = (expected..found).all(|index| row.cell(index).trim().is_empty());
        if row.problem.is_none() && (found < expected && !self.pads || !surplus_is_blank) {
            row.problem = Some(RowProblem::Width { expected, found });
        }
    }
}
