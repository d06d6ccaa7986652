//! Numbers and quoted texts as Go writes them (The Go Programming Language Specification, “Literals”).

use crate::error::Fault;

/// A constant number: Go decides by its use whether it is an integer or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Number {
    /// Its value when it is whole and fits.
    pub(crate) whole: Option<i64>,
    pub(crate) float: f64,
    /// It is written as a floating-point number, so that it is one where both would do.
    pub(crate) is_float: bool,
}

/// Reads a number.
pub(crate) fn number(text: &str) -> Result<Number, Fault> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.ends_with('i') && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Err(Fault::new("complex numbers are not supported"));
    }
    let bad = || Fault::new(format!("{} is no number", crate::error::quoted(text)));
    if let Some(size) = integer(digits) {
        let size = size.ok_or_else(|| Fault::new("this number is too large for an integer"))?;
        let signed = if sign < 0.0 { -size } else { size };
        let whole = i64::try_from(signed).map_err(|_| "this number is too large for an integer")?;
        #[expect(clippy::cast_precision_loss, reason = "as Go converts constants")]
        return Ok(Number { whole: Some(whole), float: whole as f64, is_float: false });
    }
    let float = sign * float(digits).ok_or_else(bad)?;
    if !float.is_finite() {
        return Err(bad());
    }
    Ok(Number { whole: whole(float), float, is_float: true })
}

/// The integer that a float is, if it is one.
pub(crate) fn whole(float: f64) -> Option<i64> {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "its range has been checked")]
    (float.fract() == 0.0 && (-TWO_63..TWO_63).contains(&float)).then_some(float as i64)
}

/// Digits of an integer without a sign, in base 2, 8, 10 or 16; `Some(None)` when there are too many of them.
fn integer(digits: &str) -> Option<Option<i128>> {
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = if let Some(digits) = lower.strip_prefix("0x") {
        (16, digits)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (2, digits)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (8, digits)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    let digits = without_underscores(digits, base != 10)?;
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    Some(i128::from_str_radix(&digits, base).ok().filter(|size| *size <= 1 << 64))
}

/// A decimal or hexadecimal floating-point number without a sign.
fn float(digits: &str) -> Option<f64> {
    if let Some(hexadecimal) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return hexadecimal_float(&without_underscores(hexadecimal, true)?);
    }
    let digits = without_underscores(digits, false)?;
    // Digits alone would have been an integer: these are of base 8 and hold an 8 or a 9.
    if !digits.contains(['.', 'e', 'E']) {
        return None;
    }
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.').then(|| digits.parse().ok())?
}

/// `1.8p3`: Go wants the exponent.
fn hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().ok().filter(|exponent: &i32| exponent.abs() < 2000)?;
    if whole.is_empty() && fraction.is_empty() || mantissa.len() > 32 {
        return None;
    }
    let mut value = 0.0_f64;
    for c in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(c.to_digit(16)?);
    }
    let shift = exponent - 4 * i32::try_from(fraction.len()).ok()?;
    Some(value * 2.0_f64.powi(shift))
}

/// Underscores stand between digits, or after a prefix.
fn without_underscores(digits: &str, prefixed: bool) -> Option<String> {
    let digits = if prefixed { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
    let misplaced = digits.starts_with('_')
        || digits.ends_with('_')
        || ["__", "._", "_.", "_e", "_E", "_p", "_P"].iter().any(|wrong| {
            // In base 16, `e` is a digit.
            digits.contains(wrong) && !(prefixed && wrong.eq_ignore_ascii_case("_e"))
        });
    (!misplaced).then(|| digits.replace('_', ""))
}

/// Reads a text with its quotes, `"` or `` ` ``.
pub(crate) fn text(quoted: &str) -> Result<String, Fault> {
    if let Some(raw) = quoted.strip_prefix('`') {
        // Go leaves carriage returns out of raw texts.
        return Ok(raw.strip_suffix('`').unwrap_or(raw).replace('\r', ""));
    }
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default();
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside.chars();
    while let Some(c) = rest.next() {
        match if c == '\\' { escape(&mut rest, '"')? } else { Unit::Char(c) } {
            Unit::Char(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            Unit::Byte(byte) => bytes.push(byte),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a character constant with its quotes: it is the number of the character.
pub(crate) fn character(quoted: &str) -> Result<Number, Fault> {
    let inside = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or_default();
    let mut rest = inside.chars();
    let unit = match rest.next() {
        Some('\\') => escape(&mut rest, '\'')?,
        Some(c) => Unit::Char(c),
        None => return Err(Fault::new("between single quotes stands one character")),
    };
    if rest.next().is_some() {
        return Err(Fault::new("between single quotes stands one character; texts have double quotes"));
    }
    let value = match unit {
        Unit::Char(c) => u32::from(c),
        Unit::Byte(byte) => u32::from(byte),
    };
    Ok(Number { whole: Some(i64::from(value)), float: f64::from(value), is_float: false })
}

/// What an escape stands for.
enum Unit {
    Char(char),
    Byte(u8),
}

/// What follows a backslash.
fn escape(rest: &mut std::str::Chars<'_>, quote: char) -> Result<Unit, Fault> {
    let c = rest.next().unwrap_or_default();
    let mut digits = |first: u32, base: u32, more: usize| -> Option<u32> {
        (0..more).try_fold(first, |value, _| {
            let digit = rest.next()?.to_digit(base)?;
            value.checked_mul(base)?.checked_add(digit)
        })
    };
    let unit = match c {
        'a' => Some(Unit::Char('\x07')),
        'b' => Some(Unit::Char('\x08')),
        'f' => Some(Unit::Char('\x0c')),
        'n' => Some(Unit::Char('\n')),
        'r' => Some(Unit::Char('\r')),
        't' => Some(Unit::Char('\t')),
        'v' => Some(Unit::Char('\x0b')),
        '\\' => Some(Unit::Char('\\')),
        c if c == quote => Some(Unit::Char(c)),
        'x' => digits(0, 16, 2).and_then(|value| u8::try_from(value).ok()).map(Unit::Byte),
        '0'..='7' => digits(c.to_digit(8).unwrap_or_default(), 8, 2)
            .and_then(|value| u8::try_from(value).ok())
            .map(Unit::Byte),
        'u' => digits(0, 16, 4).and_then(char::from_u32).map(Unit::Char),
        'U' => digits(0, 16, 8).and_then(char::from_u32).map(Unit::Char),
        _ => None,
    };
    unit.ok_or_else(|| Fault::new(format!("“\\{c}” is no escape that Go knows")))
}
