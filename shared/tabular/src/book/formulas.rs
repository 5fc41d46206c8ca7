//! Cells that a spreadsheet program would run.

use std::borrow::Cow;

/// Returns `cell` as text that no spreadsheet reads as a formula: a cell that begins with `=`, `+`, `-`, `@`, a tab or
/// a carriage return gets an apostrophe before it (OWASP, "CSV Injection"). Plain numbers stay unchanged.
#[must_use]
pub fn neutralize(cell: &str) -> Cow<'_, str> {
    // A cell that has an apostrophe of its own gets another one, so that `restore` can undo this.
    let bare = cell.trim_start_matches('\'');
    let dangerous = bare.starts_with(['=', '+', '-', '@', '\t', '\r']) && bare.parse::<f64>().is_err();
    if dangerous { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Undoes [`neutralize`]: returns the original cell.
#[must_use]
pub fn restore(cell: &str) -> &str {
    let rest = cell.strip_prefix('\'').filter(|rest| matches!(neutralize(rest), Cow::Owned(_)));
    rest.unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disarms_formulas_and_leaves_numbers() {
        assert_eq!(neutralize("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!(neutralize("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(neutralize("-12.5"), "-12.5");
        assert_eq!(neutralize("plain"), "plain");
        for cell in ["=1", "@a", "+33 1", "'s-Gravenhage", "'-1", "-1", "'=1", "''+33 1", "'"] {
            assert_eq!(restore(&neutralize(cell)), cell);
        }
    }
}
