//! Cells of a workbook that are merged over several rows: the file holds their value in the first of them only.

use std::io::{Cursor, Read};

use calamine::Dimensions;
use zip::ZipArchive;

/// At most this many bytes of all sheets together are searched, after unpacking.
const MOST: u64 = 768 * 1024 * 1024;
/// The beginning of an element of merged cells, and the longest length of its reference.
const MARK: &[u8] = b"mergeCell ref=\"";
const REACH: usize = 40;

/// Counts the cells of an .xlsx that are merged over several rows, in all of its sheets. The XML has them after the
/// cells. It is searched as bytes, which costs a small part of the time of reading it.
pub(crate) fn count_in_xlsx(book: &[u8]) -> usize {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(book)) else { return 0 };
    let (mut count, mut left) = (0, MOST);
    for index in 0..archive.len() {
        let Ok(part) = archive.by_index(index) else { continue };
        if part.name().is_ok_and(|name| name.starts_with("xl/worksheets/")) {
            let mut part = part.take(left);
            count += count_in(&mut part);
            left = part.limit();
        }
    }
    count
}

fn count_in(part: &mut impl Read) -> usize {
    let (mut buffer, mut kept, mut count) = (vec![0; 256 * 1024], 0, 0);
    // The reader of cells reports what cannot be unpacked.
    while let Ok(read) = part.read(&mut buffer[kept..]) {
        let held = kept + read;
        // A reference at the end of the buffer may continue in the next part.
        let whole = if read == 0 { held } else { held.saturating_sub(MARK.len() + REACH) };
        let mut from = 0;
        while let Some(at) = memchr::memmem::find(&buffer[from..held], MARK).filter(|at| from + at < whole) {
            from += at + MARK.len();
            let reference = &buffer[from..held.min(from + REACH)];
            let reference = reference.split(|byte| *byte == b'"').next().unwrap_or_default();
            count += usize::from(is_over_rows(&String::from_utf8_lossy(reference)));
        }
        if read == 0 {
            break;
        }
        let keep = whole.max(from);
        buffer.copy_within(keep..held, 0);
        kept = held - keep;
    }
    count
}

/// Whether a reference such as `A3:A7` spans several rows.
fn is_over_rows(reference: &str) -> bool {
    let row = |cell: &str| cell.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '$').to_owned();
    reference.split_once(':').is_some_and(|(first, last)| row(first) != row(last))
}

/// Repeats the values of merged cells in each of their rows.
pub(crate) struct Filler {
    /// The regions that begin further down, the last one first.
    waiting: Vec<Dimensions>,
    /// Column, last row and value of the regions that contain the current row.
    open: Vec<(usize, u32, String)>,
}

impl Filler {
    pub(crate) fn new(mut regions: Vec<Dimensions>) -> Self {
        regions.retain(|region| region.end.0 > region.start.0);
        regions.sort_by_key(|region| std::cmp::Reverse(region.start.0));
        Self { waiting: regions, open: Vec::new() }
    }

    /// Fills the cells of the row at `at`, counted from 0.
    pub(crate) fn fill(&mut self, at: u32, cells: &mut Vec<String>) {
        self.open.retain(|(_, last, _)| *last >= at);
        // A blank row stays blank, also inside merged cells.
        let open = if cells.iter().all(String::is_empty) { &[][..] } else { &self.open[..] };
        for (column, _, value) in open {
            if cells.len() <= *column {
                cells.resize(column + 1, String::new());
            }
            if cells[*column].is_empty() {
                cells[*column].clone_from(value);
            }
        }
        while let Some(region) = self.waiting.pop_if(|region| region.start.0 <= at) {
            let column = region.start.1 as usize;
            if region.start.0 == at
                && let Some(value) = cells.get(column).filter(|value| !value.is_empty())
            {
                self.open.retain(|(known, ..)| *known != column);
                self.open.push((column, region.end.0, value.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_spans_rows_counts_wherever_the_buffer_ends() {
        let regions = "<mergeCell ref=\"A1:C1\"/><x:mergeCell ref=\"$B$3:$B$7\"/>";
        for padding in [0, 10, 256 * 1024 - 60, 256 * 1024 - 30, 256 * 1024 - 5] {
            let text = format!("{}{regions}<mergeCell ref=\"AA10:AB11\"/>", " ".repeat(padding));
            assert_eq!(count_in(&mut text.as_bytes()), 2, "{padding}");
        }
        assert_eq!(count_in(&mut &b"<mergeCell ref=\""[..]), 0);
        assert_eq!(count_in_xlsx(b"no zip"), 0);
    }
}
