//! The settings of an organisation.

use crate::catalogue::messages;

messages! {
    "settings";
}
