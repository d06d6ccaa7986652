//! Content lines: unfolding, names, parameters and escaped text (RFC 5545, section 3.1 and 3.3.11).

/// The longest value that is kept, in characters.
const VALUE_MAX: usize = 2000;

/// One content line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The name in upper case: `DTSTART`.
    pub(crate) name: String,
    /// The parameters with their names in upper case.
    pub(crate) parameters: Vec<(String, String)>,
    /// The value as it stands there.
    pub(crate) value: String,
}

impl Line {
    /// The value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value as text: without escapes, control characters, and what is too long.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut escaped = false;
        for character in self.value.chars() {
            match (escaped, character) {
                (false, '\\') => {
                    escaped = true;
                    continue;
                }
                (true, 'n' | 'N') => text.push(' '),
                (_, character) if character.is_control() => text.push(' '),
                (_, character) => text.push(character),
            }
            escaped = false;
        }
        text.trim().chars().take(VALUE_MAX).collect()
    }
}

/// The content lines of a file: a line that begins with white space goes on the one before it.
pub(crate) fn content_lines(text: &str) -> impl Iterator<Item = Line> {
    let mut physical = text.lines().peekable();
    std::iter::from_fn(move || {
        let mut logical = physical.next()?.to_owned();
        while let Some(next) = physical.next_if(|next| next.starts_with([' ', '\t'])) {
            if logical.len() < 4 * VALUE_MAX {
                logical.push_str(next.get(1..).unwrap_or_default());
            }
        }
        Some(logical)
    })
    .filter_map(|line| split(&line))
}

/// `NAME;PARAMETER=value;PARAMETER="va:lue":value`.
fn split(line: &str) -> Option<Line> {
    let mut quoted = false;
    let colon = line.char_indices().find_map(|(at, character)| match character {
        '"' => {
            quoted = !quoted;
            None
        }
        ':' if !quoted => Some(at),
        _ => None,
    })?;
    let (head, value) = (line.get(..colon)?, line.get(colon + 1..)?);
    let mut parts = outside_quotes(head, ';').into_iter();
    let name = parts.next()?.trim().to_ascii_uppercase();
    let parameters = parts
        .filter_map(|part| {
            let (key, value) = part.split_once('=')?;
            Some((key.trim().to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        })
        .collect();
    Some(Line { name, parameters, value: value.to_owned() })
}

fn outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |character| {
        if character == '"' {
            quoted = !quoted;
        }
        character == separator && !quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_unfolded_and_split() {
        let text = "SUMMARY:Meet\r\n ing\\, with\\nAnna\r\nDTSTART;TZID=\"Europe/Berlin\";VALUE=DATE-TIME:20260101T100000\r\nnonsense\r\n";
        let lines: Vec<_> = content_lines(text).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].text(), "Meeting, with Anna");
        assert_eq!(lines[1].name, "DTSTART");
        assert_eq!(lines[1].parameter("TZID"), Some("Europe/Berlin"));
        assert_eq!(lines[1].value, "20260101T100000");
    }

    #[test]
    fn a_colon_in_quotes_belongs_to_the_parameter() {
        let line = split("ATTENDEE;CN=\"Doe: John; junior\":mailto:j@example.org").unwrap();
        assert_eq!(line.parameter("CN"), Some("Doe: John; junior"));
        assert_eq!(line.value, "mailto:j@example.org");
    }
}
