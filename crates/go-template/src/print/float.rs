//! Floating-point numbers (package strconv, “FormatFloat”; package fmt, `%e`, `%f`, `%g`).

use super::Flags;

/// A number with its sign, and how it is still to be padded.
pub(super) struct Formatted {
    pub(super) text: String,
    pub(super) flags: Flags,
}

/// A float as a verb writes it; `None` when the verb is not for floats.
pub(super) fn formatted(value: f64, verb: char, flags: Flags) -> Option<Formatted> {
    if !matches!(verb, 'v' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'x' | 'X' | 'b') {
        return None;
    }
    let sign = match (value.is_sign_negative() && !value.is_nan(), flags.plus, flags.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    if !value.is_finite() {
        let name = if value.is_nan() { "NaN" } else { "Inf" };
        // Infinity always shows its sign.
        let sign = if sign.is_empty() && value.is_infinite() { "+" } else { sign };
        return Some(Formatted { text: format!("{sign}{name}"), flags: Flags { zero: false, ..flags } });
    }
    let size = value.abs();
    let digits = match verb {
        'e' | 'E' => scientific(size, flags.precision.unwrap_or(6)),
        'x' | 'X' => hexadecimal(size, flags.precision),
        'b' => binary(size),
        'f' | 'F' => format!("{size:.*}", flags.precision.unwrap_or(6)),
        _ => general(size, flags.precision),
    };
    let digits = if flags.sharp && !flags.syntax && !matches!(verb, 'x' | 'X' | 'b') {
        with_point(&digits, matches!(verb, 'v' | 'g' | 'G').then(|| flags.precision.unwrap_or(6)))
    } else {
        digits
    };
    let digits = if verb.is_ascii_uppercase() { digits.to_ascii_uppercase() } else { digits };
    Some(Formatted { text: format!("{sign}{digits}"), flags })
}

/// Where `%g` without a precision begins to write exponents.
const SHORTEST: i32 = 6;

/// `%g`: with an exponent when that is smaller than -4 or not below the precision.
pub(super) fn general(value: f64, precision: Option<usize>) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN"
        } else if value < 0.0 {
            "-Inf"
        } else {
            "+Inf"
        }
        .to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (digits, exponent) = digits(value, precision.map(|precision| precision.max(1)));
    let most = precision.map_or(SHORTEST, |precision| i32::try_from(precision.max(1)).unwrap_or(i32::MAX));
    if exponent < -4 || exponent >= most {
        return format!("{sign}{}", exponential(&digits, exponent));
    }
    format!("{sign}{}", positional(&digits, exponent))
}

/// With all digits that are needed to read the number again, and without an exponent.
pub(super) fn without_exponent(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let (digits, exponent) = digits(value, None);
    format!("{sign}{}", positional(&digits, exponent))
}

/// The digits of a number without zeros at the end, as many as asked for or as are needed to read it again, and the
/// exponent of the first one.
fn digits(value: f64, count: Option<usize>) -> (String, i32) {
    let size = value.abs();
    let written = match count {
        Some(count) => format!("{size:.*e}", count - 1),
        None => {
            // Of two that are equally near, Go takes the even one, and the standard library the larger one.
            let shortest = format!("{size:e}");
            let count = shortest.split('e').next().map_or(0, |mantissa| mantissa.replace('.', "").len());
            let even = format!("{size:.*e}", count.saturating_sub(1));
            if even.parse() == Ok(size) { even } else { shortest }
        }
    };
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    (digits.to_owned(), exponent.parse().unwrap_or_default())
}

/// `%e`: one digit before the point, and an exponent of at least two digits.
fn scientific(value: f64, precision: usize) -> String {
    let written = format!("{value:.precision$e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn exponential(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{:02}", exponent.abs())
}

fn positional(digits: &str, exponent: i32) -> String {
    let Ok(before) = usize::try_from(exponent) else {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or_default());
        return format!("0.{zeros}{digits}");
    };
    match digits.len().checked_sub(before + 1) {
        None | Some(0) => format!("{digits}{}", "0".repeat(before + 1 - digits.len())),
        Some(_) => format!("{}.{}", &digits[..=before], &digits[before + 1..]),
    }
}

/// The sharp flag: a point in any case, and for `%g` as many digits as the precision says.
fn with_point(digits: &str, significant: Option<usize>) -> String {
    let (mantissa, exponent) = match digits.find('e') {
        Some(at) => digits.split_at(at),
        None => (digits, ""),
    };
    let mut mantissa = mantissa.to_owned();
    let counted = mantissa.replace('.', "").trim_start_matches('0').len().max(1);
    if !mantissa.contains('.') {
        mantissa.push('.');
    }
    mantissa.push_str(&"0".repeat(significant.unwrap_or_default().saturating_sub(counted)));
    format!("{mantissa}{exponent}")
}

/// The whole number and the power of two that make a number.
fn mantissa(size: f64) -> (u64, i32) {
    let bits = size.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    match i32::try_from(bits >> 52).unwrap_or_default() {
        0 => (mantissa, -1074),
        exponent => (mantissa | 1 << 52, exponent - 1075),
    }
}

/// `%b`: nothing is rounded.
fn binary(size: f64) -> String {
    let (mantissa, exponent) = mantissa(size);
    format!("{mantissa}p{exponent:+}")
}

/// `%x`: one digit before the point, and a power of two.
fn hexadecimal(size: f64, precision: Option<usize>) -> String {
    /// Digits after the point.
    const DIGITS: usize = 13;
    let (mut mantissa, mut exponent) = mantissa(size);
    if mantissa != 0 {
        // Move the first one to where a normal number has it.
        let shift = mantissa.leading_zeros() - 11;
        mantissa <<= shift;
        exponent += 52 - i32::try_from(shift).unwrap_or_default();
    } else {
        exponent = 0;
    }
    let kept = precision.unwrap_or(DIGITS).min(DIGITS);
    let dropped = 4 * (DIGITS - kept);
    if dropped > 0 {
        let (rest, half) = (mantissa & ((1 << dropped) - 1), 1 << (dropped - 1));
        mantissa >>= dropped;
        // Halves are rounded to the even neighbour.
        mantissa += u64::from(rest > half || rest == half && mantissa & 1 == 1);
        if mantissa >> (4 * kept + 1) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let first = mantissa >> (4 * kept);
    let after = mantissa & ((1 << (4 * kept)) - 1);
    let mut after = if kept == 0 { String::new() } else { format!("{after:0kept$x}") };
    match precision {
        Some(precision) => after.push_str(&"0".repeat(precision - kept)),
        None => after.truncate(after.trim_end_matches('0').len()),
    }
    let point = if after.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("0x{first}{point}{after}p{sign}{:02}", exponent.abs())
}
