//! Messages that pass through serde.

use std::cell::RefCell;
use std::fmt;

use messages::Text;

thread_local! {
    static LAST_VALUE_ERROR: RefCell<Option<Text>> = const { RefCell::new(None) };
}

/// The error of a `TryFrom` that serde calls for a value: a message in both languages.
///
/// serde keeps only the words that an error displays, which are English. So the thread remembers the last message, and
/// the answer to the request takes the French form from there. Reading a request never changes threads.
#[derive(Debug)]
pub struct ValueError(Text);

impl ValueError {
    /// The message whose English form is `english`, in both languages if it is the last that was made.
    pub(crate) fn message_of(english: &str) -> Text {
        let last = LAST_VALUE_ERROR.take().filter(|last| last.english() == english);
        last.unwrap_or_else(|| Text::verbatim(english))
    }
}

impl From<Text> for ValueError {
    fn from(message: Text) -> Self {
        LAST_VALUE_ERROR.set(Some(message.clone()));
        Self(message)
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.english())
    }
}
