//! Writing values as Go's package fmt does (its documentation, “Printing”).

mod float;
mod quote;
mod verbs;

use std::rc::Rc;

pub(crate) use quote::{is_printable, quoted_text};

use crate::error::Fault;
use crate::machine::Machine;
use crate::value::{Of, Value, Width};

/// Widest field and most digits that `printf` writes, as in ntfy.
const WIDEST: usize = 999;

/// A value as `print` and an action write it.
pub(crate) fn plain(machine: &mut Machine<'_>, value: &Value) -> Result<Rc<str>, Fault> {
    if let Value::Text(text) = value {
        return Ok(Rc::clone(text));
    }
    let mut printer = Printer::new(machine);
    printer.value(value, 'v', Flags::default())?;
    printer.done()
}

/// `print`: operands get a space between them when neither is a text.
pub(crate) fn print(machine: &mut Machine<'_>, values: &[Value]) -> Result<Rc<str>, Fault> {
    let mut printer = Printer::new(machine);
    let mut after_text = true;
    for (i, value) in values.iter().enumerate() {
        let is_text = matches!(value, Value::Text(_));
        if i > 0 && !is_text && !after_text {
            printer.push(" ")?;
        }
        printer.value(value, 'v', Flags::default())?;
        after_text = is_text;
    }
    printer.done()
}

/// `println`: spaces between all operands, and a new line after the last one.
pub(crate) fn println(machine: &mut Machine<'_>, values: &[Value]) -> Result<Rc<str>, Fault> {
    let mut printer = Printer::new(machine);
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            printer.push(" ")?;
        }
        printer.value(value, 'v', Flags::default())?;
    }
    printer.push("\n")?;
    printer.done()
}

/// `printf`.
pub(crate) fn printf(machine: &mut Machine<'_>, format: &str, values: &[Value]) -> Result<Rc<str>, Fault> {
    let mut printer = Printer::new(machine);
    verbs::format(&mut printer, format, values)?;
    printer.done()
}

/// A float as `%v` writes it.
pub(crate) fn float(value: f64) -> String {
    float::general(value, None)
}

/// A finite float without an exponent, however large or small it is.
pub(crate) fn float_without_exponent(value: f64) -> String {
    float::without_exponent(value)
}

/// What stands between the `%` and the verb.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    /// `%#v`: Go's own syntax.
    syntax: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

struct Printer<'m, 'e> {
    machine: &'m mut Machine<'e>,
    out: String,
}

impl<'m, 'e> Printer<'m, 'e> {
    fn new(machine: &'m mut Machine<'e>) -> Self {
        Self { machine, out: String::new() }
    }

    fn done(self) -> Result<Rc<str>, Fault> {
        self.machine.budget.take(self.out.len())?;
        Ok(self.out.into())
    }

    fn push(&mut self, text: &str) -> Result<(), Fault> {
        self.machine.budget.step(text.len() / 64)?;
        if self.out.len() + text.len() > self.machine.budget.memory {
            return Err("the template needs too much memory: its texts or lists get too long".into());
        }
        self.out.push_str(text);
        Ok(())
    }

    /// Fills up to the width, which counts characters.
    fn pad(&mut self, text: &str, flags: Flags) -> Result<(), Fault> {
        let missing = flags.width.unwrap_or_default().saturating_sub(text.chars().count());
        let filling = if flags.zero && !flags.minus { "0" } else { " " }.repeat(missing.min(WIDEST));
        if flags.minus {
            self.push(text)?;
            return self.push(&filling);
        }
        self.push(&filling)?;
        self.push(text)
    }

    fn value(&mut self, value: &Value, verb: char, flags: Flags) -> Result<(), Fault> {
        self.machine.budget.step(1)?;
        match value {
            Value::Missing | Value::Nil if matches!(verb, 'v' | 'T') => self.pad("<nil>", flags),
            Value::Missing | Value::Nil => self.push(&format!("%!{verb}(<nil>)")),
            other if verb == 'T' => {
                let name = self.machine.store.type_name(other);
                self.text(&name, 's', flags)
            }
            Value::Bool(truth) => match verb {
                't' | 'v' => self.pad(if *truth { "true" } else { "false" }, flags),
                _ => self.bad_verb(value, verb, flags),
            },
            Value::Int(number, width) => match self.integer(*number, *width, verb, flags)? {
                true => Ok(()),
                false => self.bad_verb(value, verb, flags),
            },
            Value::Float(number) => match float::formatted(*number, verb, flags) {
                Some(float::Formatted { text, flags }) => self.number(&text, flags),
                None => self.bad_verb(value, verb, flags),
            },
            Value::Text(text) => match verb {
                'v' | 's' | 'q' | 'x' | 'X' => self.text(text, verb, flags),
                _ => self.bad_verb(value, verb, flags),
            },
            Value::List(_) | Value::Dict(_) => self.nested(value, verb, flags),
            Value::Time(time) => self.text(&crate::dates::time_text(time), spelt(verb), flags),
        }
    }

    fn bad_verb(&mut self, value: &Value, verb: char, flags: Flags) -> Result<(), Fault> {
        let name = self.machine.store.type_name(value);
        self.push(&format!("%!{verb}({name}="))?;
        self.value(value, 'v', flags)?;
        self.push(")")
    }

    /// A list or a dict: its values one after the other, each with the same verb.
    fn nested(&mut self, value: &Value, verb: char, flags: Flags) -> Result<(), Fault> {
        if self.machine.depth >= self.machine.environment.limits.depth {
            return Err("a value is nested too deep to be written".into());
        }
        self.machine.depth += 1;
        let name = if flags.syntax { self.machine.store.type_name(value) } else { String::new() };
        let result = match value {
            Value::List(id) => {
                let items = self.machine.store.items(*id);
                self.list(&items, &name, verb, flags)
            }
            Value::Dict(id) => {
                let entries = self.machine.store.entries(*id);
                let pairs = entries.iter().map(|(key, value)| (Value::Text(Rc::clone(key)), value));
                self.dict(pairs, &name, verb, flags)
            }
            _ => Ok(()),
        };
        self.machine.depth -= 1;
        result
    }

    fn list(&mut self, items: &[Value], name: &str, verb: char, flags: Flags) -> Result<(), Fault> {
        let (open, between, close) = if flags.syntax { ("{", ", ", "}") } else { ("[", " ", "]") };
        self.push(name)?;
        self.push(open)?;
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.push(between)?;
            }
            self.inner(item, verb, flags)?;
        }
        self.push(close)
    }

    fn dict<'v>(
        &mut self,
        pairs: impl Iterator<Item = (Value, &'v Value)>,
        name: &str,
        verb: char,
        flags: Flags,
    ) -> Result<(), Fault> {
        let (open, between, close) = if flags.syntax { ("{", ", ", "}") } else { ("map[", " ", "]") };
        self.push(name)?;
        self.push(open)?;
        for (i, (key, value)) in pairs.enumerate() {
            if i > 0 {
                self.push(between)?;
            }
            self.value(&key, verb, flags)?;
            self.push(":")?;
            self.inner(value, verb, flags)?;
        }
        self.push(close)
    }

    /// Within a list or a dict, null has its own way of being written.
    fn inner(&mut self, value: &Value, verb: char, flags: Flags) -> Result<(), Fault> {
        match value {
            Value::Missing | Value::Nil if flags.syntax => self.push(&format!("{}(nil)", Of::Any.name())),
            Value::Missing | Value::Nil => self.push("<nil>"),
            other => self.value(other, verb, flags),
        }
    }

    fn text(&mut self, text: &str, verb: char, flags: Flags) -> Result<(), Fault> {
        let kept = match flags.precision {
            Some(most) => text.char_indices().nth(most).map_or(text, |(at, _)| &text[..at]),
            None => text,
        };
        self.machine.budget.step(kept.len() / 16)?;
        match verb {
            'v' if flags.syntax => self.pad(&quoted_text(kept, flags.plus), flags),
            'q' if flags.sharp && quote::fits_raw(kept) => self.pad(&format!("`{kept}`"), flags),
            'q' => self.pad(&quoted_text(kept, flags.plus), flags),
            'x' | 'X' => {
                let bytes = text.as_bytes();
                let bytes = &bytes[..flags.precision.unwrap_or(bytes.len()).min(bytes.len())];
                self.pad(&quote::hexadecimal(bytes, verb == 'X', flags.space, flags.sharp), flags)
            }
            _ => self.pad(kept, flags),
        }
    }

    /// A number with its sign in front; zeros for padding come between.
    fn number(&mut self, text: &str, flags: Flags) -> Result<(), Fault> {
        let width = flags.width.unwrap_or_default();
        let signed = text.starts_with(['+', '-', ' ']);
        if flags.zero && !flags.minus && signed && width > text.len() {
            let (sign, digits) = text.split_at(1);
            self.push(sign)?;
            return self.pad(digits, Flags { width: Some(width - 1), ..flags });
        }
        self.pad(text, flags)
    }

    /// False when the verb is not for integers.
    fn integer(&mut self, number: i64, width: Width, verb: char, flags: Flags) -> Result<bool, Fault> {
        let base = match verb {
            'v' if flags.syntax && width == Width::Uint8 => {
                let flags = Flags { sharp: true, ..flags };
                self.number(&digits(number, 16, false, flags, 'x'), unpadded(flags))?;
                return Ok(true);
            }
            'v' | 'd' => 10,
            'b' => 2,
            'o' | 'O' => 8,
            'x' | 'X' => 16,
            'c' => {
                self.pad(&character(number).to_string(), flags)?;
                return Ok(true);
            }
            'q' => {
                self.pad(&quote::quoted_character(character(number), flags.plus), flags)?;
                return Ok(true);
            }
            'U' => {
                self.pad(
                    &quote::code_point(number, character(number), flags.sharp, flags.precision),
                    unpadded(flags),
                )?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        let mut flags = flags;
        if flags.syntax {
            flags.sharp = false;
        }
        if flags.precision == Some(0) && number == 0 {
            self.pad("", Flags { zero: false, ..flags })?;
            return Ok(true);
        }
        self.number(&digits(number, base, verb == 'X', flags, verb), unpadded(flags))?;
        Ok(true)
    }
}

/// Zeros that fill an integer up to its width have already been written as digits.
fn unpadded(flags: Flags) -> Flags {
    Flags { zero: false, ..flags }
}

/// A date is a text to all verbs that know texts.
fn spelt(verb: char) -> char {
    if matches!(verb, 'q' | 'x' | 'X') { verb } else { 's' }
}

fn character(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// An integer with its sign, its prefix and its leading zeros.
fn digits(number: i64, base: u32, upper: bool, flags: Flags, verb: char) -> String {
    let sign = match (number < 0, flags.plus, flags.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let size = number.unsigned_abs();
    let plain = match (base, upper) {
        (2, _) => format!("{size:b}"),
        (8, _) => format!("{size:o}"),
        (16, false) => format!("{size:x}"),
        (16, true) => format!("{size:X}"),
        _ => size.to_string(),
    };
    let least = match (flags.precision, flags.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if flags.zero && !flags.minus => width - sign.len().min(width),
        _ => 0,
    };
    let zeros = "0".repeat(least.saturating_sub(plain.len()));
    let prefix = match base {
        8 if verb == 'O' && flags.sharp && zeros.is_empty() && !plain.starts_with('0') => "0o0",
        8 if verb == 'O' => "0o",
        2 if flags.sharp => "0b",
        8 if flags.sharp && zeros.is_empty() && !plain.starts_with('0') => "0",
        16 if flags.sharp && upper => "0X",
        16 if flags.sharp => "0x",
        _ => "",
    };
    format!("{sign}{prefix}{zeros}{plain}")
}
