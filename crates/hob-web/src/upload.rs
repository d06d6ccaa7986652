//! The text in a request: of a file that a form sends (RFC 7578), of a field into which it was pasted, or the body itself.

use percent_encoding::percent_decode_str;

/// Finds the text. A file that was chosen wins over what was pasted.
///
/// # Errors
/// One sentence when it cannot be read.
pub fn text_of(content_type: &str, body: &[u8]) -> Result<String, String> {
    let text = |bytes: &[u8]| {
        String::from_utf8(bytes.to_vec()).map_err(|_| {
            "It is not text in UTF-8: choose the file itself, not a picture or an archive of it.".to_owned()
        })
    };
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "multipart/form-data" => {
            let boundary = boundary(content_type).ok_or("The browser did not say where the file begins.")?;
            let parts = parts(body, &boundary);
            let of = |name: &str| {
                parts.iter().find(|part| part.0 == name && !part.1.iter().all(u8::is_ascii_whitespace))
            };
            of("file").or_else(|| of("text")).map_or_else(|| Ok(String::new()), |part| text(part.1))
        }
        "application/x-www-form-urlencoded" => {
            let body = text(body)?;
            let field = body.split('&').find_map(|pair| pair.strip_prefix("text=")).unwrap_or_default();
            let field = field.replace('+', " ");
            Ok(percent_decode_str(&field).decode_utf8_lossy().into_owned())
        }
        _ => text(body),
    }
}

fn boundary(content_type: &str) -> Option<String> {
    let found = content_type.split(';').find_map(|piece| piece.trim().strip_prefix("boundary="))?;
    let boundary = found.trim_matches('"');
    // RFC 2046, section 5.1.1.
    (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
}

/// Name and content of every part, at most twenty.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<(String, &'a [u8])> {
    let mark = format!("--{boundary}");
    let mut found = Vec::new();
    let mut rest = body;
    while let Some(at) = position(rest, mark.as_bytes()) {
        let after = rest.get(at + mark.len()..).unwrap_or_default();
        if after.starts_with(b"--") || found.len() >= 20 {
            break;
        }
        let end = position(after, mark.as_bytes()).unwrap_or(after.len());
        let part = after.get(..end).unwrap_or_default();
        if let Some(split) = position(part, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(part.get(..split).unwrap_or_default());
            let content = part.get(split + 4..).unwrap_or_default();
            let content = content.strip_suffix(b"\r\n").unwrap_or(content);
            if let Some(name) = name_in(&head) {
                found.push((name, content));
            }
        }
        rest = after.get(end..).unwrap_or_default();
    }
    found
}

fn name_in(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    line.split(';')
        .find_map(|piece| piece.trim().strip_prefix("name="))
        .map(|name| name.trim_matches('"').to_owned())
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = text.get(from..)?.iter().position(|byte| *byte == first) {
        if text.get(from + at..)?.starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=\"--xyz\"";

    fn upload(file: &str, pasted: &str) -> String {
        format!(
            "----xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a; name=b.json\"\r\nContent-Type: application/json\r\n\r\n{file}\r\n----xyz\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\n{pasted}\r\n----xyz--\r\n"
        )
    }

    #[test]
    fn a_file_wins_over_what_was_pasted() {
        assert_eq!(text_of(TYPE, upload("{\r\n}", "x").as_bytes()).unwrap(), "{\r\n}");
        assert_eq!(text_of(TYPE, upload("", "pasted").as_bytes()).unwrap(), "pasted");
        assert_eq!(text_of(TYPE, upload("", "").as_bytes()).unwrap(), "");
        assert_eq!(text_of("application/json", b"{}").unwrap(), "{}");
        let form = "application/x-www-form-urlencoded; charset=UTF-8";
        assert_eq!(text_of(form, b"a=b&text=a%3A+1%0A").unwrap(), "a: 1\n");
        assert!(text_of("text/plain", b"\xff\xfe").unwrap_err().contains("UTF-8"));
        assert!(text_of("multipart/form-data", b"x").is_err());
    }

    proptest! {
        #[test]
        fn any_file_comes_out_as_it_went_in(file in "[^\\x00]{1,80}") {
            prop_assume!(!file.contains("----xyz") && !file.trim_ascii().is_empty());
            prop_assert_eq!(text_of(TYPE, upload(&file, "x").as_bytes()).unwrap(), file);
        }

        #[test]
        fn no_body_makes_it_panic(kind in ".{0,40}", body: Vec<u8>) {
            let _ = text_of(&kind, &body);
            let _ = text_of(TYPE, &body);
        }
    }
}
