//! The memory of expressions: what bounds the texts that an expression makes.
//!
//! minijinja bounds the steps of an expression, not the size of its values: `"a" * 100000000` is one step, and each `~`
//! can double a text. So an expression is compiled with the operands of `*`, `+` and `~` passed through filters that
//! refuse what is too large, and every filter that makes a text takes its length from a budget.

use std::cell::Cell;
use std::fmt::{self, Write};

use messages::mapping as say;
use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, UnaryOpKind};
use minijinja::machinery::parse_expr;
use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

use crate::filter_error::wrong;

/// The longest result of an expression, in bytes, and the longest text that an operator or a filter makes of shorter
/// ones. A description can be that long.
pub(crate) const MAX_RESULT: usize = 100_000;
/// The bytes that one expression may make for one cell, all its texts together: four times the longest cell that files
/// can have.
const BUDGET: usize = 16 * 1024 * 1024;
/// The highest number of parts of a text that was split.
const MAX_PARTS: usize = 10_000;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(BUDGET) };
}

/// Gives an expression its budget, before it is run.
pub(crate) fn begin() {
    LEFT.set(BUDGET);
}

/// Takes a text of `bytes` from the budget.
fn spend(bytes: usize) -> Result<(), Error> {
    match LEFT.get().checked_sub(bytes) {
        Some(left) => {
            LEFT.set(left);
            Ok(())
        }
        None => Err(wrong(say::result_too_long(MAX_RESULT))),
    }
}

/// Refuses a text of `bytes` that was made of one of `from` bytes: it may not grow beyond the longest result.
fn grow(from: usize, bytes: usize) -> Result<(), Error> {
    if bytes > MAX_RESULT.max(from) {
        return Err(wrong(say::result_too_long(MAX_RESULT)));
    }
    spend(bytes)
}

/// A text that ends with an error where it becomes too long.
struct Limited(String);

impl Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_RESULT {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Returns a value as a text. Lists and maps are written out, up to the longest result.
pub(crate) fn text_of(value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        spend(text.len())?;
        return Ok(text.to_owned());
    }
    let mut text = Limited(String::new());
    write!(text, "{value}").map_err(|_| wrong(say::result_too_long(MAX_RESULT)))?;
    spend(text.0.len())?;
    Ok(text.0)
}

/// The filter around each operand of `~`.
pub(crate) fn piece(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String => {
            let bytes = value.as_str().map_or(0, str::len);
            grow(0, bytes)?;
            Ok(value)
        }
        ValueKind::Undefined | ValueKind::None | ValueKind::Bool | ValueKind::Number => Ok(value),
        _ => text_of(&value).map(Value::from),
    }
}

/// The filter around each operand of `+`: numbers, texts, and lists that are not too long.
pub(crate) fn term(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String => piece(value),
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map if value.len().is_none_or(|len| len > MAX_PARTS) => {
            Err(wrong(say::too_many_parts(MAX_PARTS)))
        }
        _ => Ok(value),
    }
}

/// The filter around each operand of `*`: what is not a number cannot be multiplied.
pub(crate) fn factor(value: Value) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::Number | ValueKind::Bool | ValueKind::Undefined | ValueKind::None => Ok(value),
        _ => Err(wrong(say::not_a_factor())),
    }
}

/// Replaces each `from` in a text.
pub(crate) fn replace(text: &str, from: &str, to: &str) -> Result<String, Error> {
    let count = text.matches(from).count();
    grow(text.len(), text.len() - count * from.len() + count.saturating_mul(to.len()))?;
    Ok(text.replace(from, to))
}

/// Replaces each match of a pattern in a text; `$1` or `${name}` in `with` stand for the groups of the match.
pub(crate) fn regex_replace(text: &str, pattern: &regex::Regex, with: &str) -> Result<String, Error> {
    let (mut out, mut last) = (String::new(), 0);
    let (groups, limit) = (with.matches('$').count(), MAX_RESULT.max(text.len()));
    let mut made = String::new();
    for captures in pattern.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        made.clear();
        // No group is longer than the match.
        if with.len() + groups.saturating_mul(whole.len()) > BUDGET {
            return Err(wrong(say::result_too_long(MAX_RESULT)));
        }
        captures.expand(with, &mut made);
        if out.len() + made.len() > limit {
            return Err(wrong(say::result_too_long(MAX_RESULT)));
        }
        out.push_str(&text[last..whole.start()]);
        out.push_str(&made);
        last = whole.end();
    }
    out.push_str(&text[last..]);
    grow(text.len(), out.len())?;
    Ok(out)
}

/// Splits a text at each `by`; no part has spaces at its ends.
pub(crate) fn split(text: &str, by: &str) -> Result<Vec<String>, Error> {
    let parts = text.split(by).take(MAX_PARTS + 1);
    let parts: Vec<String> = parts.map(|part| part.trim().to_owned()).collect();
    if parts.len() > MAX_PARTS {
        return Err(wrong(say::too_many_parts(MAX_PARTS)));
    }
    spend(text.len())?;
    Ok(parts)
}

/// Joins parts with `by` between them.
pub(crate) fn join(parts: impl Iterator<Item = Result<String, Error>>, by: &str) -> Result<String, Error> {
    let mut joined = String::new();
    for (place, part) in parts.enumerate() {
        let part = part?;
        let by = if place == 0 { "" } else { by };
        if joined.len() + by.len() + part.len() > MAX_RESULT {
            return Err(wrong(say::result_too_long(MAX_RESULT)));
        }
        joined.push_str(by);
        joined.push_str(&part);
    }
    spend(joined.len())?;
    Ok(joined)
}

/// Returns an expression with the operands of its operators bounded, for minijinja to compile.
///
/// # Errors
/// When it is not an expression.
pub(crate) fn bounded(expression: &str) -> Result<String, Error> {
    let mut printed = String::new();
    print(&mut printed, &parse_expr(expression)?)?;
    Ok(printed)
}

/// Prints an expression with few brackets: minijinja's parser goes into 73 of them and no further.
fn print(out: &mut String, expression: &Expr<'_>) -> Result<(), Error> {
    match expression {
        Expr::Var(var) => out.push_str(var.id),
        Expr::Const(constant) => print_constant(out, &constant.value)?,
        Expr::Slice(slice) => {
            receiver(out, &slice.expr)?;
            out.push('[');
            for (place, part) in [&slice.start, &slice.stop, &slice.step].into_iter().enumerate() {
                out.push_str(if place == 0 { "" } else { ":" });
                part.as_ref().map_or(Ok(()), |part| print(out, part))?;
            }
            out.push(']');
        }
        Expr::UnaryOp(unary) => {
            out.push_str(if matches!(unary.op, UnaryOpKind::Not) { "not " } else { "-" });
            // A sign binds closer than a filter does in some versions: brackets leave no doubt.
            out.push('(');
            print(out, &unary.expr)?;
            out.push(')');
        }
        Expr::BinOp(binary) => {
            let (sign, filter) = operator(binary.op);
            // A chain such as `a ~ b ~ c` is printed as one: what bounds its parts bounds all of it.
            let mut parts = vec![&binary.right];
            let mut left = &binary.left;
            if CHAINED.contains(&sign) {
                while let Expr::BinOp(inner) = left
                    && operator(inner.op).0 == sign
                {
                    parts.push(&inner.right);
                    left = &inner.left;
                }
            }
            parts.push(left);
            for (place, part) in parts.into_iter().rev().enumerate() {
                out.push_str(if place == 0 { "" } else { sign });
                operand(out, part)?;
                if let Some(filter) = filter {
                    out.push('|');
                    out.push_str(filter);
                }
            }
        }
        Expr::Compare(compare) => {
            operand(out, &compare.expr)?;
            for part in &compare.ops {
                out.push_str(comparison(part.op));
                operand(out, &part.expr)?;
            }
        }
        Expr::IfExpr(choice) => {
            operand(out, &choice.true_expr)?;
            out.push_str(" if ");
            operand(out, &choice.test_expr)?;
            if let Some(other) = &choice.false_expr {
                out.push_str(" else ");
                if matches!(other, Expr::IfExpr(_)) { print(out, other)? } else { operand(out, other)? }
            }
        }
        Expr::Filter(filter) => {
            if let Some(input) = &filter.expr {
                operand(out, input)?;
            }
            out.push('|');
            out.push_str(filter.name);
            arguments(out, &filter.args)?;
        }
        Expr::Test(test) => {
            operand(out, &test.expr)?;
            out.push_str(" is ");
            out.push_str(test.name);
            if !test.args.is_empty() {
                arguments(out, &test.args)?;
            }
        }
        Expr::GetAttr(attribute) => {
            receiver(out, &attribute.expr)?;
            out.push('.');
            out.push_str(attribute.name);
        }
        Expr::GetItem(item) => {
            receiver(out, &item.expr)?;
            out.push('[');
            print(out, &item.subscript_expr)?;
            out.push(']');
        }
        Expr::Call(call) => {
            // A function is called by its name: in brackets it would be a value.
            print(out, &call.expr)?;
            arguments(out, &call.args)?;
        }
        Expr::List(list) => items(out, '[', &list.items, ']')?,
        Expr::Tuple(tuple) => items(out, '(', &tuple.items, ')')?,
        Expr::Map(map) => {
            out.push('{');
            for (key, value) in map.keys.iter().zip(&map.values) {
                print(out, key)?;
                out.push_str(": ");
                print(out, value)?;
                out.push_str(", ");
            }
            out.push('}');
        }
    }
    Ok(())
}

/// The operators whose chains are printed without brackets.
const CHAINED: [&str; 5] = [" + ", " * ", " ~ ", " and ", " or "];

/// Prints what an item or an attribute is taken of: the result of a filter needs brackets there.
fn receiver(out: &mut String, expression: &Expr<'_>) -> Result<(), Error> {
    if !matches!(expression, Expr::Filter(_)) {
        return operand(out, expression);
    }
    out.push('(');
    print(out, expression)?;
    out.push(')');
    Ok(())
}

/// Prints an operand, in brackets where an operator beside it could take a part of it.
fn operand(out: &mut String, expression: &Expr<'_>) -> Result<(), Error> {
    let whole = match expression {
        Expr::Var(_) | Expr::GetItem(_) | Expr::Slice(_) | Expr::Call(_) => true,
        Expr::Filter(_) | Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => true,
        Expr::Const(constant) => constant.value.as_str().is_some(),
        _ => false,
    };
    if whole {
        return print(out, expression);
    }
    out.push('(');
    print(out, expression)?;
    out.push(')');
    Ok(())
}

fn items(out: &mut String, open: char, items: &[Expr<'_>], close: char) -> Result<(), Error> {
    out.push(open);
    for item in items {
        print(out, item)?;
        out.push_str(", ");
    }
    out.push(close);
    Ok(())
}

fn arguments(out: &mut String, arguments: &[CallArg<'_>]) -> Result<(), Error> {
    out.push('(');
    for (place, argument) in arguments.iter().enumerate() {
        out.push_str(if place == 0 { "" } else { ", " });
        match argument {
            CallArg::Pos(value) => print(out, value)?,
            CallArg::Kwarg(name, value) => {
                out.push_str(name);
                out.push('=');
                print(out, value)?;
            }
            CallArg::PosSplat(value) => {
                out.push('*');
                operand(out, value)?;
            }
            CallArg::KwargSplat(value) => {
                out.push_str("**");
                operand(out, value)?;
            }
        }
    }
    out.push(')');
    Ok(())
}

fn print_constant(out: &mut String, value: &Value) -> Result<(), Error> {
    if let Some(text) = value.as_str() {
        // JSON's escapes are those of minijinja.
        out.push_str(&serde_json::to_string(text).map_err(|_| Error::from(ErrorKind::SyntaxError))?);
        return Ok(());
    }
    write!(out, "{value}").map_err(|_| Error::from(ErrorKind::SyntaxError))
}

/// Returns an operator's sign, and the filter that bounds its operands.
fn operator(kind: BinOpKind) -> (&'static str, Option<&'static str>) {
    match kind {
        BinOpKind::Eq => (" == ", None),
        BinOpKind::Ne => (" != ", None),
        BinOpKind::Lt => (" < ", None),
        BinOpKind::Lte => (" <= ", None),
        BinOpKind::Gt => (" > ", None),
        BinOpKind::Gte => (" >= ", None),
        BinOpKind::ScAnd => (" and ", None),
        BinOpKind::ScOr => (" or ", None),
        BinOpKind::Add => (" + ", Some("term")),
        BinOpKind::Sub => (" - ", None),
        BinOpKind::Mul => (" * ", Some("factor")),
        BinOpKind::Div => (" / ", None),
        BinOpKind::FloorDiv => (" // ", None),
        BinOpKind::Rem => (" % ", None),
        BinOpKind::Pow => (" ** ", None),
        BinOpKind::Concat => (" ~ ", Some("piece")),
        BinOpKind::In => (" in ", None),
    }
}

fn comparison(kind: CompareOpKind) -> &'static str {
    match kind {
        CompareOpKind::Eq => " == ",
        CompareOpKind::Ne => " != ",
        CompareOpKind::Lt => " < ",
        CompareOpKind::Lte => " <= ",
        CompareOpKind::Gt => " > ",
        CompareOpKind::Gte => " >= ",
        CompareOpKind::In => " in ",
        CompareOpKind::NotIn => " not in ",
    }
}
