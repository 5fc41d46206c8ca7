//! Reads a JSON source byte by byte, and finds where a value begins and ends.

use std::io::Read;

use crate::error::ReadError;

/// Why a value cannot be scanned.
pub(crate) enum ScanProblem {
    Read(ReadError),
    Cut,
    TooLarge,
}

impl ScanProblem {
    pub(crate) fn at(self, row: u64) -> ReadError {
        match self {
            ScanProblem::Read(error) => error,
            ScanProblem::Cut => ReadError::CutShort { row },
            ScanProblem::TooLarge => ReadError::RowTooLong { row },
        }
    }
}

/// A source that is read byte by byte.
pub(crate) struct Bytes<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How many bytes were read.
    pub(crate) offset: u64,
}

impl<R: Read> Bytes<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, buffer: vec![0; 64 * 1024], start: 0, end: 0, offset: 0 }
    }

    fn fill(&mut self) -> Result<bool, ReadError> {
        if self.start < self.end {
            return Ok(true);
        }
        loop {
            match self.source.read(&mut self.buffer) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    (self.start, self.end) = (0, read);
                    return Ok(true);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(crate) fn take(&mut self) -> Result<Option<u8>, ReadError> {
        if !self.fill()? {
            return Ok(None);
        }
        self.start += 1;
        self.offset += 1;
        Ok(Some(self.buffer[self.start - 1]))
    }

    pub(crate) fn skip_mark(&mut self) -> Result<(), ReadError> {
        if self.fill()? && self.buffer[self.start..self.end].starts_with(&[0xEF, 0xBB, 0xBF]) {
            self.start += 3;
        }
        Ok(())
    }

    /// Returns the next byte that is not white space, without consuming it.
    pub(crate) fn next_token(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            if !self.fill()? {
                return Ok(None);
            }
            let byte = self.buffer[self.start];
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.start += 1;
            self.offset += 1;
        }
    }

    pub(crate) fn skip_value(&mut self) -> Result<(), ReadError> {
        self.scan(|_| true).map_err(|problem| problem.at(0))
    }

    pub(crate) fn copy_value(&mut self, out: &mut Vec<u8>, most: usize) -> Result<(), ScanProblem> {
        self.scan(|bytes| {
            out.extend_from_slice(bytes);
            out.len() <= most
        })
    }

    /// Scans one value to its end; `piece` gets its bytes and returns whether to continue.
    fn scan(&mut self, mut piece: impl FnMut(&[u8]) -> bool) -> Result<(), ScanProblem> {
        let (mut depth, mut in_string, mut escaped, mut begun) = (0_usize, false, false, false);
        loop {
            if !self.fill().map_err(ScanProblem::Read)? {
                return if begun && depth == 0 && !in_string { Ok(()) } else { Err(ScanProblem::Cut) };
            }
            let from = self.start;
            let mut ended = false;
            while self.start < self.end {
                let byte = self.buffer[self.start];
                if in_string {
                    self.start += 1;
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => {
                            in_string = false;
                            ended = depth == 0;
                        }
                        _ => {}
                    }
                } else {
                    match byte {
                        b'"' => in_string = true,
                        b'{' | b'[' => depth += 1,
                        b'}' | b']' if depth > 0 => {
                            depth -= 1;
                            ended = depth == 0;
                        }
                        // The end of a bare word at the top level.
                        b',' | b'}' | b']' if depth == 0 && begun => {
                            ended = true;
                            break;
                        }
                        _ if depth == 0 && begun && byte.is_ascii_whitespace() => {
                            ended = true;
                            break;
                        }
                        _ => {}
                    }
                    self.start += 1;
                }
                begun = true;
                if ended {
                    break;
                }
            }
            self.offset += (self.start - from) as u64;
            if !piece(&self.buffer[from..self.start]) {
                return Err(ScanProblem::TooLarge);
            }
            if ended {
                return Ok(());
            }
        }
    }
}
