//! JSON written and read (package encoding/json).

use std::fmt::Write as _;

use super::{Any, Function, Text, any, function, text};
use crate::error::Fault;
use crate::machine::Machine;
use crate::print;
use crate::value::Value;

pub(super) static FUNCTIONS: &[Function] = &[
    function("fromJSON", &[Text], |machine, arguments| {
        read(machine, &text(arguments, 0)).map(|value| value.unwrap_or(Value::Nil))
    }),
    function("mustFromJSON", &[Text], |machine, arguments| {
        read(machine, &text(arguments, 0))?.ok_or_else(|| "the text is no JSON".into())
    }),
    function("toJSON", &[Any], |machine, arguments| written(machine, arguments, COMPACT)),
    function("mustToJSON", &[Any], |machine, arguments| written(machine, arguments, COMPACT)),
    function("toPrettyJSON", &[Any], |machine, arguments| written(machine, arguments, PRETTY)),
    function("mustToPrettyJSON", &[Any], |machine, arguments| written(machine, arguments, PRETTY)),
    function("toRawJSON", &[Any], |machine, arguments| written(machine, arguments, RAW)),
    function("mustToRawJSON", &[Any], |machine, arguments| written(machine, arguments, RAW)),
];

const COMPACT: Style = Style { pretty: false, html: true };
const PRETTY: Style = Style { pretty: true, html: true };
const RAW: Style = Style { pretty: false, html: false };

/// How JSON is written.
#[derive(Debug, Clone, Copy)]
struct Style {
    /// Each entry on a line of its own, indented by two spaces.
    pretty: bool,
    /// `<`, `>` and `&` are escaped.
    html: bool,
}

/// `None` when it is no JSON.
fn read(machine: &mut Machine<'_>, text: &str) -> Result<Option<Value>, Fault> {
    machine.budget.step(text.len() / 8)?;
    // While it is read, it takes several times the memory of the text.
    machine.budget.take(text.len())?;
    match serde_json::from_str(text) {
        Ok(json) => machine.read_json(&json).map(Some),
        Err(_) => Ok(None),
    }
}

fn written(machine: &mut Machine<'_>, arguments: &[Value], style: Style) -> Result<Value, Fault> {
    let mut writer = Writer { machine, style, out: String::new(), level: 0 };
    writer.value(&any(arguments, 0))?;
    let out = writer.out;
    machine.text(out)
}

struct Writer<'m, 'e> {
    machine: &'m mut Machine<'e>,
    style: Style,
    out: String,
    level: usize,
}

impl Writer<'_, '_> {
    fn value(&mut self, value: &Value) -> Result<(), Fault> {
        self.machine.budget.step(1)?;
        if self.out.len() > self.machine.budget.memory {
            return Err("the JSON gets too long".into());
        }
        match value {
            Value::Missing | Value::Nil => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number, _) => self.out.push_str(&number.to_string()),
            Value::Float(number) if number.is_finite() => self.out.push_str(&float(*number)),
            Value::Float(_) => return Err("infinity cannot be written as JSON".into()),
            Value::Text(text) => self.text(text)?,
            Value::Time(time) => {
                let text = crate::dates::formatted(time, "2006-01-02T15:04:05.999999999Z07:00");
                self.text(&text)?;
            }
            Value::List(id) => {
                let items = self.machine.store.items(*id);
                self.nested('[', ']', items.iter().map(|item| (None, item)))?;
            }
            Value::Dict(id) => {
                let entries = self.machine.store.entries(*id);
                self.nested('{', '}', entries.iter().map(|(key, value)| (Some(&**key), value)))?;
            }
        }
        Ok(())
    }

    fn nested<'v>(
        &mut self,
        open: char,
        close: char,
        entries: impl ExactSizeIterator<Item = (Option<&'v str>, &'v Value)>,
    ) -> Result<(), Fault> {
        if self.level >= self.machine.environment.limits.depth {
            return Err("a value is nested too deep to be written as JSON".into());
        }
        self.out.push(open);
        self.level += 1;
        let any = entries.len() > 0;
        for (i, (key, value)) in entries.enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            self.line();
            if let Some(key) = key {
                self.text(key)?;
                self.out.push_str(if self.style.pretty { ": " } else { ":" });
            }
            self.value(value)?;
        }
        self.level -= 1;
        if any {
            self.line();
        }
        self.out.push(close);
        Ok(())
    }

    fn line(&mut self) {
        if self.style.pretty {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(self.level));
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        self.machine.budget.step(text.len() / 32)?;
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\x08' => self.out.push_str("\\b"),
                '\x0c' => self.out.push_str("\\f"),
                '<' | '>' | '&' if !self.style.html => self.out.push(c),
                // These two end a line in JavaScript.
                '<' | '>' | '&' | '\0'..='\x1f' | '\u{2028}' | '\u{2029}' => {
                    // To write to a String cannot fail.
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
        Ok(())
    }
}

/// As JavaScript writes it: without an exponent below 10²¹.
fn float(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return print::float_without_exponent(number);
    }
    let written = print::float(number);
    // One digit of an exponent is enough.
    written.replace("e-0", "e-").replace("e+0", "e+")
}
