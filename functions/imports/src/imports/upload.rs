//! Object names of uploaded files.

/// A file name as the last part of an object key: letters, digits, dot, dash and underscore; other characters become a
/// dash.
pub(crate) fn object_name(file_name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    let name: String = file_name.trim().chars().map(safe).take(100).collect();
    name.trim_start_matches('.').to_owned()
}
