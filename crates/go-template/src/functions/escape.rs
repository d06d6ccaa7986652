//! Texts made harmless for HTML, JavaScript and addresses (text/template, `html`, `js`, `urlquery`).

use std::fmt::Write as _;

use super::{Any, Function, Run, variadic};
use crate::error::Fault;
use crate::machine::Machine;
use crate::print;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    variadic("html", &[], Any, run(|machine, arguments| each(machine, arguments, html))),
    variadic("js", &[], Any, run(|machine, arguments| each(machine, arguments, js))),
    variadic("urlquery", &[], Any, run(|machine, arguments| each(machine, arguments, query))),
];

const fn run(run: Run) -> Run {
    run
}

/// Escapes what `print` makes of the arguments.
fn each(
    machine: &mut Machine<'_>,
    arguments: &[Value],
    escape: fn(&mut String, char),
) -> Result<Value, Fault> {
    let no_value = || Value::text("<no value>");
    let arguments: Vec<Value> =
        arguments.iter().map(|value| if value.is_nil() { no_value() } else { value.clone() }).collect();
    let text = print::print(machine, &arguments)?;
    machine.budget.step(text.len() / 16)?;
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| escape(&mut out, c));
    machine.text(out)
}

fn html(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("&#34;"),
        '\'' => out.push_str("&#39;"),
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\0' => out.push(char::REPLACEMENT_CHARACTER),
        c => out.push(c),
    }
}

fn js(out: &mut String, c: char) {
    match c {
        '\\' | '\'' | '"' => {
            out.push('\\');
            out.push(c);
        }
        '<' | '>' | '&' | '=' => escaped(out, c),
        c if c.is_ascii_control() => escaped(out, c),
        c if print::is_printable(c) => out.push(c),
        c => escaped(out, c),
    }
}

fn escaped(out: &mut String, c: char) {
    // To write to a String cannot fail.
    let _ = write!(out, "\\u{:04X}", u32::from(c));
}

/// As a part of the query of an address (package net/url, `QueryEscape`).
pub(super) fn query(out: &mut String, c: char) {
    match c {
        ' ' => out.push('+'),
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '~' => out.push(c),
        c => percent(out, c),
    }
}

/// Each byte of a character as two digits of base 16.
pub(super) fn percent(out: &mut String, c: char) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(out, "%{byte:02X}");
    }
}
