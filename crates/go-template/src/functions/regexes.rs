//! Regular expressions as Go has them (RE2), carried out in linear time.

use std::rc::Rc;

use regex::{Regex, RegexBuilder};

use super::{Function, Int, Run, Text, function, int, text};
use crate::error::{Fault, quoted};
use crate::machine::Machine;
use crate::value::{ENTRY, Of, Value};

/// Longest expression, in bytes.
const LONGEST: usize = 1024;

/// Largest built expression, in bytes: a third of a mebibyte is more than anybody writes by hand.
const LARGEST: usize = 256 * 1024;

/// Longest text that is searched, in bytes. A search for all matches may look at what is left once for each.
const LONGEST_TEXT: usize = 64 * 1024;

pub(super) static FUNCTIONS: &[Function] = &[
    function("regexMatch", &[Text, Text], matches),
    function("mustRegexMatch", &[Text, Text], matches),
    function("regexFind", &[Text, Text], find),
    function("mustRegexFind", &[Text, Text], find),
    function("regexFindAll", &[Text, Text, Int], find_all),
    function("mustRegexFindAll", &[Text, Text, Int], find_all),
    function("regexReplaceAll", &[Text, Text, Text], REPLACE),
    function("mustRegexReplaceAll", &[Text, Text, Text], REPLACE),
    function("regexReplaceAllLiteral", &[Text, Text, Text], REPLACE_LITERAL),
    function("mustRegexReplaceAllLiteral", &[Text, Text, Text], REPLACE_LITERAL),
    function("regexSplit", &[Text, Text, Int], split),
    function("mustRegexSplit", &[Text, Text, Int], split),
    function("regexQuoteMeta", &[Text], |machine, arguments| {
        let mut out = String::new();
        for c in text(arguments, 0).chars() {
            if r"\.+*?()|[]{}^$".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
        machine.text(out)
    }),
];

const REPLACE: Run = |machine, arguments| replace(machine, arguments, false);
const REPLACE_LITERAL: Run = |machine, arguments| replace(machine, arguments, true);

/// A regular expression that has been built.
#[derive(Debug)]
pub(crate) struct Expression {
    regex: Regex,
    /// How costly a byte of text is, in 64ths of a step.
    weight: usize,
}

fn expression(machine: &mut Machine<'_>, source: &Rc<str>) -> Result<Rc<Expression>, Fault> {
    if let Some(known) = machine.expressions.get(source) {
        return Ok(Rc::clone(known));
    }
    if source.len() > LONGEST {
        return Err(format!("a regular expression has at most {LONGEST} bytes").into());
    }
    let translated = translated(source);
    // The smallest size that is enough says how much work it is to search with it.
    for (size, weight) in [(LARGEST / 16, 1), (LARGEST / 4, 4), (LARGEST, 16)] {
        machine.budget.step(500 * weight)?;
        machine.budget.take(size)?;
        let built =
            RegexBuilder::new(&translated).size_limit(size).dfa_size_limit(size).nest_limit(100).build();
        match built {
            Ok(regex) => {
                let expression = Rc::new(Expression { regex, weight });
                machine.expressions.insert(Rc::clone(source), Rc::clone(&expression));
                return Ok(expression);
            }
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                return Err(format!("{} is no regular expression: {reason}", quoted(source)).into());
            }
        }
    }
    Err(format!("the regular expression {} is too large", quoted(source)).into())
}

impl Expression {
    /// Pays for one search through what is left of a text.
    fn pay(&self, machine: &mut Machine<'_>, left: usize) -> Result<(), Fault> {
        if left > LONGEST_TEXT {
            return Err(format!("a text is searched up to {LONGEST_TEXT} bytes").into());
        }
        machine.budget.step(1 + left * self.weight / 64)
    }
}

fn matches(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let expression = expression(machine, &text(arguments, 0))?;
    let text = text(arguments, 1);
    expression.pay(machine, text.len())?;
    Ok(Value::Bool(expression.regex.is_match(&text)))
}

fn find(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let expression = expression(machine, &text(arguments, 0))?;
    let text = text(arguments, 1);
    expression.pay(machine, text.len())?;
    machine.text(expression.regex.find(&text).map_or("", |found| found.as_str()))
}

/// Where the matches are; a negative `most` means all of them.
fn places(
    machine: &mut Machine<'_>,
    expression: &Expression,
    text: &str,
    most: i64,
) -> Result<Vec<(usize, usize)>, Fault> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut matches = expression.regex.find_iter(text);
    expression.pay(machine, text.len())?;
    while found.len() < most {
        let Some(place) = matches.next() else { break };
        found.push((place.start(), place.end()));
        machine.budget.take(ENTRY)?;
        expression.pay(machine, text.len() - place.end())?;
    }
    Ok(found)
}

fn find_all(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let expression = expression(machine, &text(arguments, 0))?;
    let text = text(arguments, 1);
    let places = places(machine, &expression, &text, int(arguments, 2))?;
    machine.texts(places.into_iter().filter_map(|(from, to)| text.get(from..to)))
}

fn split(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let source = text(arguments, 0);
    let expression = expression(machine, &source)?;
    let (text, most) = (text(arguments, 1), int(arguments, 2));
    if most == 0 {
        return machine.list(Vec::new(), Of::Text);
    }
    if !source.is_empty() && text.is_empty() {
        return machine.texts([""]);
    }
    let mut parts = Vec::new();
    let (mut begin, mut end) = (0, 0);
    for (from, to) in places(machine, &expression, &text, most)? {
        if most > 0 && parts.len() + 1 >= usize::try_from(most).unwrap_or(usize::MAX) {
            break;
        }
        end = from;
        // An empty match at the beginning separates nothing.
        if to != 0 {
            parts.push(text.get(begin..end).unwrap_or_default());
        }
        begin = to;
    }
    if end != text.len() {
        parts.push(text.get(begin..).unwrap_or_default());
    }
    machine.texts(parts)
}

/// `$1` and `${name}` in the replacement stand for groups, unless it is literal.
fn replace(machine: &mut Machine<'_>, arguments: &[Value], literal: bool) -> Result<Value, Fault> {
    let expression = expression(machine, &text(arguments, 0))?;
    let (text, replacement) = (text(arguments, 1), text(arguments, 2));
    let mut out = String::new();
    let mut done = 0;
    expression.pay(machine, text.len())?;
    for found in expression.regex.captures_iter(&text) {
        let Some(whole) = found.get(0) else { break };
        out.push_str(text.get(done..whole.start()).unwrap_or_default());
        // No group is longer than the match, and each dollar sign names one at most.
        let groups = if literal { 0 } else { replacement.matches('$').count() };
        let most = replacement.len() + groups.saturating_mul(whole.len());
        if out.len().saturating_add(most) > machine.budget.memory {
            return Err("the text gets too long".into());
        }
        machine.budget.step(most / 16)?;
        if literal {
            out.push_str(&replacement);
        } else {
            found.expand(&replacement, &mut out);
        }
        done = whole.end();
        expression.pay(machine, text.len() - done)?;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    machine.text(out)
}

/// Go's expressions in the words of the crate `regex`: `\d`, `\w`, `\s` and `\b` mean ASCII there, and some characters
/// mean nothing in a class.
fn translated(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 16);
    let mut rest = source;
    let mut class: Option<usize> = None;
    while let Some(c) = rest.chars().next() {
        let (length, text) = match (c, class) {
            ('\\', class) => escape(rest, class.is_some()),
            ('[', None) => {
                // A bracket that closes at once stands for itself.
                let negated = rest.starts_with("[^");
                let begin = if negated { 2 } else { 1 };
                class = Some(out.len());
                let literal = rest.get(begin..).is_some_and(|inside| inside.starts_with(']'));
                let open = if negated { "[^" } else { "[" };
                (begin + usize::from(literal), format!("{open}{}", if literal { r"\]" } else { "" }))
            }
            ('[', Some(_)) => match rest.find(":]") {
                Some(end) if rest.starts_with("[:") => (end + 2, rest[..end + 2].to_owned()),
                _ => (1, r"\[".to_owned()),
            },
            (']', Some(_)) => {
                class = None;
                (1, "]".to_owned())
            }
            ('&' | '~', Some(_)) => (1, format!("\\{c}")),
            ('{', None) if !is_repetition(rest) => (1, r"\{".to_owned()),
            (c, _) => (c.len_utf8(), c.to_string()),
        };
        out.push_str(&text);
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// What a backslash and what follows it become, and how long they are.
fn escape(rest: &str, in_class: bool) -> (usize, String) {
    let c = rest[1..].chars().next();
    if c == Some('Q') && !in_class {
        let inside = &rest[2..];
        let end = inside.find(r"\E");
        let quoted = &inside[..end.unwrap_or(inside.len())];
        return (2 + quoted.len() + if end.is_some() { 2 } else { 0 }, regex::escape(quoted));
    }
    let text = match (c, in_class) {
        (Some('d'), true) => "0-9",
        (Some('d'), false) => "[0-9]",
        (Some('D'), _) => "[^0-9]",
        (Some('w'), true) => "0-9A-Za-z_",
        (Some('w'), false) => "[0-9A-Za-z_]",
        (Some('W'), _) => "[^0-9A-Za-z_]",
        (Some('s'), true) => r"\t\n\f\r ",
        (Some('s'), false) => r"[\t\n\f\r ]",
        (Some('S'), _) => r"[^\t\n\f\r ]",
        (Some('b'), false) => r"(?-u:\b)",
        (Some(c), _) => return (1 + c.len_utf8(), format!("\\{c}")),
        (None, _) => "\\",
    };
    (2.min(rest.len()), text.to_owned())
}

/// `{2}`, `{2,}` or `{2,5}`; anything else in braces is text to Go.
fn is_repetition(rest: &str) -> bool {
    let Some((inside, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
        return false;
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}
