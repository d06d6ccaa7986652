//! Lengths of time (package time, `Duration.String` and `ParseDuration`).

/// As Go writes it: `1h2m3.5s`, `1.5ms`, `0s`.
pub(crate) fn duration_text(nanoseconds: i64) -> String {
    let size = nanoseconds.unsigned_abs();
    let sign = if nanoseconds < 0 { "-" } else { "" };
    match size {
        0 => "0s".to_owned(),
        1..1_000 => format!("{sign}{size}ns"),
        1_000..1_000_000 => format!("{sign}{}µs", fraction(size, 3)),
        1_000_000..1_000_000_000 => format!("{sign}{}ms", fraction(size, 6)),
        _ => {
            let (minutes, rest) = (size / 60_000_000_000, size % 60_000_000_000);
            let seconds = fraction(rest, 9);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{sign}{seconds}s"),
                (0, minutes) => format!("{sign}{minutes}m{seconds}s"),
                (hours, minutes) => format!("{sign}{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

/// A number with so many of its digits after the point, without zeros at the end.
fn fraction(number: u64, digits: u32) -> String {
    let unit = 10_u64.pow(digits);
    let after = format!("{:0width$}", number % unit, width = digits as usize);
    let after = after.trim_end_matches('0');
    let point = if after.is_empty() { "" } else { "." };
    format!("{}{point}{after}", number / unit)
}

/// Whole seconds as a length of time.
pub(crate) fn seconds_text(seconds: i64) -> String {
    duration_text(seconds.saturating_mul(1_000_000_000))
}

/// Only the largest unit, without its sign: `3mo`, `2h`.
pub(crate) fn rounded(nanoseconds: i64) -> String {
    const SECOND: u64 = 1_000_000_000;
    const UNITS: [(u64, &str); 6] = [
        (365 * 86_400 * SECOND, "y"),
        (30 * 86_400 * SECOND, "mo"),
        (86_400 * SECOND, "d"),
        (3_600 * SECOND, "h"),
        (60 * SECOND, "m"),
        (SECOND, "s"),
    ];
    let size = nanoseconds.unsigned_abs();
    let unit = UNITS.iter().find(|(length, _)| size > *length);
    unit.map_or_else(|| "0s".to_owned(), |(length, name)| format!("{}{name}", size / length))
}

/// Longest length of time that is read, in bytes.
const LONGEST: usize = 256;

/// Reads what [`duration_text`] writes, and any numbers with units one after the other.
pub(crate) fn read(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() || rest.len() > LONGEST {
        return None;
    }
    let mut sum: i128 = 0;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &rest[..rest.len() - after.len()];
        let next = after.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let unit = unit(&after[..after.len() - next.len()])?;
        sum = sum.checked_add(times(number, unit)?)?;
        rest = next;
    }
    i64::try_from(if negative { -sum } else { sum }).ok()
}

fn unit(name: &str) -> Option<i128> {
    Some(match name {
        "ns" => 1,
        // The sign of micro and the Greek letter.
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

fn times(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') || whole.len() > 19 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = fraction.get(..fraction.len().min(18))?;
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    whole.checked_mul(unit)?.checked_add(fraction.checked_mul(unit)? / scale)
}
