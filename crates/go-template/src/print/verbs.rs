//! The format of `printf` (package fmt, “Printing”, “Explicit argument indexes”, “Format errors”).

use super::{Flags, Printer, WIDEST};
use crate::error::Fault;
use crate::value::Value;

/// Writes a format with its arguments.
pub(super) fn format(printer: &mut Printer<'_, '_>, format: &str, arguments: &[Value]) -> Result<(), Fault> {
    let mut state = State { arguments, next: 0, reordered: false, good_index: true };
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        let (text, directive) = rest.split_at(at);
        printer.push(text)?;
        printer.machine.budget.step(1)?;
        rest = state.directive(printer, &directive[1..])?;
    }
    printer.push(rest)?;
    state.extra(printer)
}

struct State<'a> {
    arguments: &'a [Value],
    next: usize,
    /// An argument was named by its number, so that left over ones are no mistake.
    reordered: bool,
    good_index: bool,
}

impl State<'_> {
    /// From after the `%`; gives back what comes after the verb.
    fn directive<'f>(&mut self, printer: &mut Printer<'_, '_>, directive: &'f str) -> Result<&'f str, Fault> {
        self.good_index = true;
        let mut flags = Flags::default();
        let rest = read_flags(directive, &mut flags);
        let (rest, mut after_index) = self.index(rest);
        let (rest, starred) = self.width(printer, rest, &mut flags, &mut after_index)?;
        let rest = self.precision(printer, rest, &mut flags, &mut after_index, starred)?;
        let (rest, _) = if after_index { (rest, true) } else { self.index(rest) };
        let mut characters = rest.chars();
        let Some(verb) = characters.next() else {
            printer.push("%!(NOVERB)")?;
            return Ok("");
        };
        self.verb(printer, verb, flags)?;
        Ok(characters.as_str())
    }

    fn verb(&mut self, printer: &mut Printer<'_, '_>, verb: char, mut flags: Flags) -> Result<(), Fault> {
        if verb == '%' {
            return printer.push("%");
        }
        if !self.good_index {
            return printer.push(&format!("%!{verb}(BADINDEX)"));
        }
        let Some(argument) = self.arguments.get(self.next) else {
            return printer.push(&format!("%!{verb}(MISSING)"));
        };
        self.next += 1;
        if verb == 'v' {
            // `%#v` and `%+v` mean something of their own.
            flags.syntax = std::mem::take(&mut flags.sharp);
            flags.plus = false;
        }
        printer.value(argument, verb, flags)
    }

    fn width<'f>(
        &mut self,
        printer: &mut Printer<'_, '_>,
        rest: &'f str,
        flags: &mut Flags,
        after_index: &mut bool,
    ) -> Result<(&'f str, bool), Fault> {
        if let Some(rest) = rest.strip_prefix('*') {
            match self.star() {
                Some(width) => {
                    flags.width = Some(bounded(width.unsigned_abs())?);
                    if width < 0 {
                        flags.minus = true;
                        flags.zero = false;
                    }
                }
                None => printer.push("%!(BADWIDTH)")?,
            }
            *after_index = false;
            return Ok((rest, true));
        }
        let (rest, width) = number(rest)?;
        flags.width = width;
        if *after_index && width.is_some() {
            self.good_index = false;
        }
        Ok((rest, false))
    }

    fn precision<'f>(
        &mut self,
        printer: &mut Printer<'_, '_>,
        rest: &'f str,
        flags: &mut Flags,
        after_index: &mut bool,
        starred: bool,
    ) -> Result<&'f str, Fault> {
        let Some(rest) = rest.strip_prefix('.') else { return Ok(rest) };
        if *after_index && !starred {
            self.good_index = false;
        }
        let (rest, found) = self.index(rest);
        *after_index = found;
        if let Some(rest) = rest.strip_prefix('*') {
            match self.star() {
                Some(precision) if precision >= 0 => {
                    flags.precision = Some(bounded(precision.unsigned_abs())?);
                }
                _ => printer.push("%!(BADPREC)")?,
            }
            *after_index = false;
            return Ok(rest);
        }
        let (rest, precision) = number(rest)?;
        flags.precision = Some(precision.unwrap_or_default());
        Ok(rest)
    }

    /// The argument of a `*`, which is an integer.
    fn star(&mut self) -> Option<i64> {
        let value = self.arguments.get(self.next)?;
        self.next += 1;
        match value {
            Value::Int(number, _) => Some(*number),
            _ => None,
        }
    }

    /// `[2]`: which argument comes next.
    fn index<'f>(&mut self, rest: &'f str) -> (&'f str, bool) {
        let Some(inside) = rest.strip_prefix('[') else { return (rest, false) };
        self.reordered = true;
        let Some((digits, after)) = inside.split_once(']') else {
            self.good_index = false;
            return (inside, false);
        };
        match digits.parse::<usize>() {
            Ok(index) if (1..=self.arguments.len()).contains(&index) => self.next = index - 1,
            _ => self.good_index = false,
        }
        (after, true)
    }

    fn extra(&self, printer: &mut Printer<'_, '_>) -> Result<(), Fault> {
        let Some(extra) = self.arguments.get(self.next..).filter(|extra| !extra.is_empty()) else {
            return Ok(());
        };
        if self.reordered {
            return Ok(());
        }
        printer.push("%!(EXTRA ")?;
        for (i, value) in extra.iter().enumerate() {
            if i > 0 {
                printer.push(", ")?;
            }
            if !value.is_nil() {
                let name = printer.machine.store.type_name(value);
                printer.push(&format!("{name}="))?;
            }
            printer.value(value, 'v', Flags::default())?;
        }
        printer.push(")")
    }
}

fn read_flags<'f>(directive: &'f str, flags: &mut Flags) -> &'f str {
    let rest = directive.trim_start_matches(['#', '0', '+', '-', ' ']);
    for flag in directive[..directive.len() - rest.len()].chars() {
        match flag {
            '#' => flags.sharp = true,
            '0' => flags.zero = true,
            '+' => flags.plus = true,
            '-' => flags.minus = true,
            _ => flags.space = true,
        }
    }
    rest
}

/// Digits at the beginning.
fn number(rest: &str) -> Result<(&str, Option<usize>), Fault> {
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &rest[..rest.len() - after.len()];
    if digits.is_empty() {
        return Ok((rest, None));
    }
    Ok((after, Some(bounded(digits.parse().unwrap_or(u64::MAX))?)))
}

fn bounded(number: u64) -> Result<usize, Fault> {
    match usize::try_from(number) {
        Ok(number) if number <= WIDEST => Ok(number),
        _ => Err(format!("“printf” writes no field wider than {WIDEST}").into()),
    }
}
