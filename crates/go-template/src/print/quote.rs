//! Texts in quotes, and bytes as digits (package strconv, “Quote”; package fmt, `%q`, `%x`, `%U`).

use std::fmt::Write as _;

/// A text in double quotes as Go's source would hold it.
pub(crate) fn quoted_text(text: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    text.chars().for_each(|c| push(&mut out, c, '"', ascii));
    out.push('"');
    out
}

pub(super) fn quoted_character(c: char, ascii: bool) -> String {
    let mut out = String::from("'");
    push(&mut out, c, '\'', ascii);
    out.push('\'');
    out
}

fn push(out: &mut String, c: char, quote: char, ascii: bool) {
    let escape = match c {
        '\x07' => 'a',
        '\x08' => 'b',
        '\x0c' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x0b' => 'v',
        '\\' => '\\',
        c if c == quote => quote,
        c if is_printable(c) && (c.is_ascii() || !ascii) => return out.push(c),
        c => {
            // To write to a String cannot fail.
            let _ = match u32::from(c) {
                code @ 0..=0x1f | code @ 0x7f => write!(out, "\\x{code:02x}"),
                code @ 0x20..=0xffff => write!(out, "\\u{code:04x}"),
                code => write!(out, "\\U{code:08x}"),
            };
            return;
        }
    };
    out.push('\\');
    out.push(escape);
}

/// Letters, marks, numbers, punctuation, symbols, and the space of ASCII.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // The standard library knows what is printable, and says so here; a mark is escaped at the beginning only.
    let mut mark = String::from("a");
    mark.push(c);
    mark.escape_debug().count() == 2
}

/// Whether `%#q` may write a text in back quotes.
pub(super) fn fits_raw(text: &str) -> bool {
    !text.chars().any(|c| c == '`' || c == '\u{feff}' || c.is_ascii_control() && c != '\t')
}

pub(super) fn hexadecimal(bytes: &[u8], upper: bool, spaced: bool, sharp: bool) -> String {
    let prefix = match (sharp, upper) {
        (false, _) => "",
        (true, false) => "0x",
        (true, true) => "0X",
    };
    let mut out = String::with_capacity(bytes.len() * 2);
    for (i, byte) in bytes.iter().enumerate() {
        if spaced && i > 0 {
            out.push(' ');
        }
        if i == 0 || spaced {
            out.push_str(prefix);
        }
        let _ = if upper { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") };
    }
    out
}

/// `U+1F600`, and the character itself with a sharp flag.
pub(super) fn code_point(number: i64, c: char, sharp: bool, precision: Option<usize>) -> String {
    let digits = precision.unwrap_or_default().max(4);
    let mut out = format!("U+{number:0digits$X}");
    if sharp && is_printable(c) && i64::from(u32::from(c)) == number {
        let _ = write!(out, " '{c}'");
    }
    out
}
