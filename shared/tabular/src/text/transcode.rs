//! A source in any encoding, read as UTF-8.

use std::io::{self, Cursor, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};

/// Reads `head` and then the rest of `source`, both translated from `encoding`. UTF-8 passes unchanged, because the
/// reader of rows checks it and can report which row is wrong. Bytes that are not text in another encoding become
/// U+FFFD.
pub(crate) struct Utf8<R> {
    source: io::Chain<Cursor<Vec<u8>>, R>,
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    decoded: Vec<u8>,
    given: usize,
    ended: bool,
}

const CHUNK: usize = 64 * 1024;

impl<R: Read> Utf8<R> {
    pub(crate) fn new(head: Vec<u8>, source: R, encoding: &'static Encoding) -> Self {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal());
        let raw = if decoder.is_some() { vec![0; CHUNK] } else { Vec::new() };
        Self { source: Cursor::new(head).chain(source), decoder, raw, decoded: Vec::new(), given: 0, ended: false }
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return self.source.read(out) };
        while self.given == self.decoded.len() && !self.ended {
            let read = self.source.read(&mut self.raw)?;
            self.ended = read == 0;
            let needed = decoder.max_utf8_buffer_length(read).unwrap_or(4 * CHUNK);
            self.decoded.resize(needed, 0);
            let (_, _, written, _) = decoder.decode_to_utf8(&self.raw[..read], &mut self.decoded, self.ended);
            self.decoded.truncate(written);
            self.given = 0;
        }
        let ready = &self.decoded[self.given..];
        let count = ready.len().min(out.len());
        out[..count].copy_from_slice(&ready[..count]);
        self.given += count;
        Ok(count)
    }
}
