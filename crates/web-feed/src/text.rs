//! Text out of markup.

/// The text of a piece of HTML: without tags, with the common entities resolved, white space made one.
pub fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len().min(4096));
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = match from.strip_prefix('&') {
            Some(entity) => resolve(entity, &mut out),
            // A “<” that begins no tag is itself.
            None if !from[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!')) => {
                out.push('<');
                &from[1..]
            }
            None => {
                out.push(' ');
                from.split_once('>').map_or("", |(_, after)| after)
            }
        };
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes what an entity stands for; gives what follows it.
fn resolve<'a>(entity: &'a str, out: &mut String) -> &'a str {
    let end = entity.char_indices().take(10).find(|(_, c)| *c == ';').map(|(at, _)| at);
    let Some((name, after)) = end.and_then(|at| entity.split_at_checked(at)) else {
        out.push('&');
        return entity;
    };
    let character = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "hellip" => Some('…'),
        "ndash" => Some('–'),
        "mdash" => Some('—'),
        "lsquo" => Some('‘'),
        "rsquo" => Some('’'),
        "ldquo" => Some('“'),
        "rdquo" => Some('”'),
        "auml" => Some('ä'),
        "ouml" => Some('ö'),
        "uuml" => Some('ü'),
        "szlig" => Some('ß'),
        "eacute" => Some('é'),
        _ => name.strip_prefix('#').and_then(number).and_then(char::from_u32),
    };
    match character {
        Some(character) => {
            out.push(character);
            after.get(1..).unwrap_or_default()
        }
        None => {
            out.push('&');
            entity
        }
    }
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Without control characters and what is too long.
pub(crate) fn cut(text: &str, max: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.trim();
    match clean.char_indices().nth(max) {
        Some((at, _)) => format!("{}…", clean.get(..at).unwrap_or_default().trim_end()),
        None => clean.to_owned(),
    }
}

/// Whether a browser may be led there.
pub(crate) fn is_web_address(link: &str) -> bool {
    link.len() <= 2000
        && (link.starts_with("https://") || link.starts_with("http://"))
        && !link.chars().any(|c| c.is_whitespace() || c.is_control())
}
