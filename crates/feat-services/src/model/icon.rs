//! Icons: what kind of image bytes are, whatever their sender calls them.

/// The content type of an icon, by its first bytes; `None` for anything that is no image of a known kind.
pub(crate) fn sniff(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"\0\0\x01\0") && bytes.len() > 6 {
        Some("image/x-icon")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else if is_svg(bytes) {
        Some("image/svg+xml")
    } else {
        None
    }
}

/// Whether the first element is `<svg>`: behind a byte-order mark, an XML declaration, comments and a document type.
fn is_svg(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(mut text) = std::str::from_utf8(bytes) else { return false };
    loop {
        text = text.trim_start();
        let end = if text.starts_with("<!--") {
            "-->"
        } else if text.starts_with("<?") {
            "?>"
        } else if text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) {
            ">"
        } else {
            break;
        };
        let Some(at) = text.find(end) else { return false };
        text = &text[at + end.len()..];
    }
    text.strip_prefix("<svg").is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '>'))
}

/// The name under which an icon is kept: the same bytes have the same name.
pub(crate) fn hash(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a text can be the name of an icon.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn images_are_known_by_their_bytes_only() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("image/png")),
            (b"\0\0\x01\0\x01\0...", Some("image/x-icon")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a...", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"<svg xmlns=\"x\"/>", Some("image/svg+xml")),
            (
                b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- <b> -->\n<!DOCTYPE svg>\n<svg>",
                Some("image/svg+xml"),
            ),
            (b"<!doctype html><html><svg></svg>", None),
            (b"<svgs>", None),
            (b"<!-- never ends", None),
            (b"", None),
        ] {
            assert_eq!(sniff(bytes), kind, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_hash_is_a_hash() {
        assert_eq!(hash(b""), "e3b0c44298fc1c14");
        assert!(is_hash(&hash(b"x")));
        for wrong in ["", "../../etc/passwd", "E3B0C44298FC1C14", "e3b0c44298fc1c1"] {
            assert!(!is_hash(wrong));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, text in "[<!?a-z-]{0,30}") {
            sniff(&bytes);
            sniff(text.as_bytes());
        }
    }
}
