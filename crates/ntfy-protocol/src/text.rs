//! Text on its way through: cut where a character ends, free of what must not be in a header, and written as JSON.

/// The longest beginning of `text` of at most `max` bytes that does not tear a character apart.
#[must_use]
pub fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

/// Without control characters (C0, C1, DEL) and the separators of lines and paragraphs: each becomes a space. Such a
/// text may stand in a header of HTTP or of a mail without starting another one.
#[must_use]
pub fn single_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    text.chars().map(clean).collect()
}

/// Writes a string of JSON as Go does it (and so ntfy): `<`, `>`, `&` and the separators U+2028 and U+2029 as `\u…`.
pub fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '<' => "\\u003c",
            '>' => "\\u003e",
            '&' => "\\u0026",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            c if (c as u32) < 0x20 => "",
            _ => continue,
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        if short.is_empty() {
            out.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            out.push_str(short);
        }
        from = at + c.len_utf8();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push('"');
}
