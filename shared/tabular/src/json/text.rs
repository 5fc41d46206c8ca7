//! Reads JSON in memory, token by token.

/// A position in a text.
pub(crate) struct JsonText<'t> {
    text: &'t [u8],
    /// How many bytes were read.
    pub(crate) at: usize,
}

impl<'t> JsonText<'t> {
    /// Creates a position at the beginning of a text.
    pub(crate) fn of(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Returns the next byte that is not white space, without consuming it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// Reads the string that begins here, with its quotes and escapes; `None` when it does not end.
    pub(crate) fn string(&mut self) -> Option<&'t [u8]> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.text.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => break,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at)
    }

    /// Reads the bare word that begins here: a number, `true`, `null`, or something invalid.
    pub(crate) fn word(&mut self) -> &'t [u8] {
        let start = self.at;
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
        while self.text.get(self.at).is_some_and(|byte| !ends(byte)) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }
}
