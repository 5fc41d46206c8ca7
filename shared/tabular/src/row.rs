//! A row, and its cells.

use crate::error::RowProblem;

/// One row. It is reused from call to call, so that reading allocates nothing when the buffers are large enough.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The row's number as a spreadsheet shows it: the first row of the file is 1, and blank rows are counted. In JSON
    /// and XML the first object is 1.
    pub number: u64,
    /// Why the cells cannot be trusted; `None` if they can.
    pub problem: Option<RowProblem>,
    /// The object of a JSON file or the element of an XML file, as it is in the file. Empty unless
    /// [`TableReader::keep_objects`](crate::TableReader::keep_objects) was called.
    pub object: Vec<u8>,
    /// The texts of the cells, one after the other.
    pub(crate) text: String,
    /// Where in the text each cell ends.
    pub(crate) ends: Vec<usize>,
    /// The indexes of cells that were written as numbers.
    typed: Vec<usize>,
}

/// The mark behind a number of a workbook or of JSON that looks like one with a thousands separator. [`Row::push`]
/// removes it. A character of Unicode's private use area.
pub(crate) const TYPED: char = '\u{e000}';

impl Row {
    /// How many cells the row has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.ends.len()
    }

    /// The text of the cell at `index`, counted from 0; empty beyond the last cell.
    #[must_use]
    pub fn cell(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.text.get(start..*end).unwrap_or_default()
    }

    /// The cells from left to right.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.width()).map(|index| self.cell(index))
    }

    /// The indexes of cells that a program wrote as numbers with three decimals: `1.234` in them is never 1,234,
    /// whatever decimal mark the texts of the file use.
    #[must_use]
    pub fn typed(&self) -> &[usize] {
        &self.typed
    }

    /// Empties the row.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.typed.clear();
        self.object.clear();
        self.problem = None;
    }

    /// Adds a cell at the right.
    pub fn push(&mut self, cell: &str) {
        let cell = match cell.strip_suffix(TYPED) {
            Some(number) => {
                self.typed.push(self.ends.len());
                number
            }
            None => cell,
        };
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    pub(crate) fn is_blank(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_whitespace()) || self.cells().all(|cell| cell.trim().is_empty())
    }
}
