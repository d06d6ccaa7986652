//! Texts. Lengths and places count bytes, as in Go, but no character is ever cut in two.

use std::rc::Rc;

use super::{Any, Function, Int, Text, any, function, int, text, variadic};
use crate::error::Fault;
use crate::machine::Machine;
use crate::print;
use crate::value::{Of, Value};

/// Longest text that `repeat` and `indent` make, as in ntfy, in bytes.
const LONGEST: usize = 100_000;

/// How often `repeat` repeats at most, as in ntfy.
const OFTEN: i64 = 10_000;

pub(super) static FUNCTIONS: &[Function] = &[
    function("trim", &[Text], |machine, arguments| machine.text(text(arguments, 0).trim())),
    function("trimAll", &[Text, Text], |machine, arguments| {
        let cut: Vec<char> = text(arguments, 0).chars().take(64).collect();
        machine.text(text(arguments, 1).trim_matches(cut.as_slice()))
    }),
    function("trimSuffix", &[Text, Text], |machine, arguments| {
        let (end, text) = (text(arguments, 0), text(arguments, 1));
        machine.text(text.strip_suffix(&*end).unwrap_or(&text))
    }),
    function("trimPrefix", &[Text, Text], |machine, arguments| {
        let (begin, text) = (text(arguments, 0), text(arguments, 1));
        machine.text(text.strip_prefix(&*begin).unwrap_or(&text))
    }),
    function("upper", &[Text], |machine, arguments| machine.text(text(arguments, 0).to_uppercase())),
    function("lower", &[Text], |machine, arguments| machine.text(text(arguments, 0).to_lowercase())),
    function("title", &[Text], |machine, arguments| machine.text(title(&text(arguments, 0)))),
    function("repeat", &[Int, Text], repeat),
    function("substr", &[Int, Int, Text], substr),
    function("trunc", &[Int, Text], trunc),
    function("contains", &[Text, Text], |machine, arguments| {
        let (part, text) = (text(arguments, 0), text(arguments, 1));
        machine.budget.step(text.len() / 64)?;
        Ok(Value::Bool(text.contains(&*part)))
    }),
    function("hasPrefix", &[Text, Text], |_, arguments| {
        Ok(Value::Bool(text(arguments, 1).starts_with(&*text(arguments, 0))))
    }),
    function("hasSuffix", &[Text, Text], |_, arguments| {
        Ok(Value::Bool(text(arguments, 1).ends_with(&*text(arguments, 0))))
    }),
    variadic("quote", &[], Any, |machine, arguments| {
        joined(machine, arguments, |text| print::quoted_text(text, false))
    }),
    variadic("squote", &[], Any, |machine, arguments| joined(machine, arguments, |text| format!("'{text}'"))),
    variadic("cat", &[], Any, |machine, arguments| joined(machine, arguments, str::to_owned)),
    function("indent", &[Int, Text], |machine, arguments| indent(machine, arguments, "")),
    function("nindent", &[Int, Text], |machine, arguments| indent(machine, arguments, "\n")),
    function("replace", &[Text, Text, Text], replace),
    function("plural", &[Text, Text, Int], |_, arguments| {
        Ok(any(arguments, usize::from(int(arguments, 2) != 1)))
    }),
    function("toString", &[Any], |machine, arguments| {
        Ok(Value::Text(print::plain(machine, &any(arguments, 0))?))
    }),
    function("toStrings", &[Any], |machine, arguments| {
        let texts = texts(machine, &any(arguments, 0))?;
        machine.texts(texts)
    }),
    function("join", &[Text, Any], |machine, arguments| {
        let texts = texts(machine, &any(arguments, 1))?;
        let between = text(arguments, 0);
        machine.budget.take(between.len() * texts.len())?;
        machine.text(texts.join(&*between))
    }),
    function("sortAlpha", &[Any], |machine, arguments| {
        let mut texts = texts(machine, &any(arguments, 0))?;
        machine.budget.step(texts.iter().map(|text| 4 + text.len() / 16).sum())?;
        texts.sort_unstable();
        machine.texts(texts)
    }),
    function("splitList", &[Text, Text], |machine, arguments| {
        let texts = split(machine, &text(arguments, 1), &text(arguments, 0), None)?;
        machine.texts(texts)
    }),
    function("split", &[Text, Text], |machine, arguments| {
        let texts = split(machine, &text(arguments, 1), &text(arguments, 0), None)?;
        numbered(machine, texts)
    }),
    function("splitn", &[Text, Int, Text], |machine, arguments| {
        let most = usize::try_from(int(arguments, 1)).ok();
        let texts = split(machine, &text(arguments, 2), &text(arguments, 0), most)?;
        numbered(machine, texts)
    }),
];

/// The bytes of a text from one place to another, both of them moved back to where a character begins.
pub(super) fn between(text: &str, from: usize, to: usize) -> &str {
    let boundary =
        |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(boundary(from)..boundary(to)).unwrap_or_default()
}

/// What a value is as a text: texts of a list, or the value alone. Null is left out.
pub(super) fn texts(machine: &mut Machine<'_>, value: &Value) -> Result<Vec<Rc<str>>, Fault> {
    let Some(items) = machine.items(value) else {
        return if value.is_nil() { Ok(Vec::new()) } else { Ok(vec![print::plain(machine, value)?]) };
    };
    machine.budget.take(16 * items.len())?;
    items.iter().filter(|item| !item.is_nil()).map(|item| print::plain(machine, item)).collect()
}

/// The texts of all arguments, changed, with spaces between them.
fn joined(
    machine: &mut Machine<'_>,
    arguments: &[Value],
    change: fn(&str) -> String,
) -> Result<Value, Fault> {
    let mut out = String::new();
    for (i, value) in arguments.iter().filter(|value| !value.is_nil()).enumerate() {
        let text = print::plain(machine, value)?;
        machine.budget.step(text.len() / 16)?;
        if i > 0 {
            out.push(' ');
        }
        out.push_str(&change(&text));
    }
    machine.text(out)
}

fn repeat(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let (count, text) = (int(arguments, 0), text(arguments, 1));
    let times = usize::try_from(count).map_err(|_| format!("a text cannot be repeated {count} times"))?;
    if count > OFTEN || text.len().saturating_mul(times) > LONGEST {
        return Err(format!("a text is repeated {OFTEN} times at most, and up to {LONGEST} bytes").into());
    }
    machine.text(text.repeat(times))
}

fn indent(machine: &mut Machine<'_>, arguments: &[Value], before: &str) -> Result<Value, Fault> {
    let (width, text) = (int(arguments, 0), text(arguments, 1));
    let width = usize::try_from(width).map_err(|_| format!("a text cannot be indented by {width}"))?;
    let lines = text.matches('\n').count() + 1;
    if width.saturating_mul(lines).saturating_add(text.len()) > LONGEST {
        return Err(format!("an indented text has at most {LONGEST} bytes").into());
    }
    let margin = " ".repeat(width);
    let indented = text.replace('\n', &format!("\n{margin}"));
    machine.text(format!("{before}{margin}{indented}"))
}

fn substr(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let text = text(arguments, 2);
    let place = |at: i64| usize::try_from(at).ok();
    let part = match (place(int(arguments, 0)), place(int(arguments, 1))) {
        (None, Some(to)) => between(&text, 0, to),
        (None, None) => "",
        (Some(from), None) => between(&text, from, text.len()),
        (Some(from), Some(to)) => between(&text, from, to),
    };
    machine.text(part)
}

fn trunc(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let (count, text) = (int(arguments, 0), text(arguments, 1));
    let length = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX).min(text.len());
    if count >= 0 {
        return machine.text(between(&text, 0, length));
    }
    // Cut at the other end, the place moves on to where a character begins.
    let from = (text.len() - length..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    machine.text(text.get(from..).unwrap_or_default())
}

fn replace(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let (old, new, text) = (text(arguments, 0), text(arguments, 1), text(arguments, 2));
    machine.budget.step(text.len() / 16)?;
    let found = if old.is_empty() { text.chars().count() + 1 } else { text.matches(&*old).count() };
    // Known before it is made, so that it is not made when there is no room for it.
    machine.budget.take(found.saturating_mul(new.len()))?;
    machine.text(text.replace(&*old, &new))
}

/// The parts of a text between separators; without a separator, its characters. `most` of 0 gives none.
fn split(
    machine: &mut Machine<'_>,
    text: &str,
    separator: &str,
    most: Option<usize>,
) -> Result<Vec<Rc<str>>, Fault> {
    machine.budget.step(text.len() / 16)?;
    let most = most.unwrap_or(usize::MAX);
    let count = if separator.is_empty() { text.len() } else { text.matches(separator).count() + 1 };
    machine.budget.take(count.min(most).saturating_mul(32))?;
    if !separator.is_empty() {
        return Ok(text.splitn(most, separator).map(Rc::from).collect());
    }
    let mut parts: Vec<Rc<str>> = Vec::new();
    for (at, c) in text.char_indices() {
        if parts.len() >= most {
            break;
        }
        if parts.len() + 1 == most {
            parts.push(Rc::from(&text[at..]));
            break;
        }
        parts.push(Rc::from(c.encode_utf8(&mut [0; 4]) as &str));
    }
    Ok(parts)
}

/// A dict with the keys `_0`, `_1` and so on.
fn numbered(machine: &mut Machine<'_>, texts: Vec<Rc<str>>) -> Result<Value, Fault> {
    let entries =
        texts.into_iter().enumerate().map(|(i, text)| (Rc::from(format!("_{i}")), Value::Text(text)));
    machine.dict(entries.collect(), Of::Text)
}

/// Each word with a capital letter, the rest of it in small ones.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // What stands between two letters of one word, such as the apostrophe of “don't”.
        let joins = inside
            && matches!(c, '\'' | '’' | '.' | ':' | '·')
            && rest.peek().is_some_and(|next| next.is_alphabetic());
        if c.is_alphabetic() && !inside {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        inside = c.is_alphanumeric() || c == '_' || joins;
    }
    out
}
