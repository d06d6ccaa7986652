//! Quantities as the API writes them: `512Mi`, `500m`, `1e3`.
//!
//! Source: k8s.io/apimachinery, package resource, “Quantity”.

use crate::objects::Quantities;

/// Bytes, or whole units, rounded down; none for what is no quantity.
pub(super) fn whole(text: &str) -> Option<i64> {
    let thousandths = thousandths(text)?;
    i64::try_from(thousandths / 1000).ok()
}

/// The quantity of that name in whole units.
pub(super) fn of(quantities: &Quantities, name: &str) -> Option<i64> {
    whole(&quantities.get(name)?.0)
}

/// Thousandths of a unit; none for what is no quantity.
fn thousandths(text: &str) -> Option<i128> {
    let text = text.trim();
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+')).unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let factor: i128 = match suffix {
        "" => 1000,
        "m" => 1,
        "k" => 1000 * 1000,
        "M" => 1000 * 1000_i128.pow(2),
        "G" => 1000 * 1000_i128.pow(3),
        "T" => 1000 * 1000_i128.pow(4),
        "P" => 1000 * 1000_i128.pow(5),
        "Ki" => 1000 << 10,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        "Ti" => 1000 << 40,
        "Pi" => 1000 << 50,
        exponent => {
            1000 * 10_i128.pow(exponent.strip_prefix(['e', 'E'])?.parse::<u32>().ok().filter(|e| *e <= 15)?)
        }
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction: String = fraction.chars().take(3).collect();
    let whole: i128 = whole.parse::<i64>().ok()?.into();
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse::<u32>().ok()?.into() };
    whole.checked_mul(factor)?.checked_add(fraction.checked_mul(factor)? / scale)
}

/// Bytes in words: `1.5 GiB`.
pub(super) fn bytes(count: i64) -> String {
    let mut unit = "B";
    let mut size = count.max(0);
    let mut rest = 0;
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        if size < 1024 {
            break;
        }
        rest = size % 1024 * 10 / 1024;
        size /= 1024;
        unit = next;
    }
    if size < 10 && rest > 0 { format!("{size}.{rest} {unit}") } else { format!("{size} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read() {
        for (text, expected) in [
            ("512Mi", Some(512 << 20)),
            ("1.5Gi", Some(3 << 29)),
            ("10G", Some(10_000_000_000)),
            ("2", Some(2)),
            ("1500m", Some(1)),
            ("1e3", Some(1000)),
            ("110", Some(110)),
            ("", None),
            ("much", None),
            ("1e99", None),
            ("9999999999999999Pi", None),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
    }

    #[test]
    fn bytes_are_said_in_words() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(10 << 30), "10 GiB");
        assert_eq!(bytes(-5), "0 B");
    }
}
