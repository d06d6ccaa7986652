//! A small check that a document is well-formed XML, as far as our own documents go.

/// Checks tags, attributes and references.
pub(super) fn check(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>").unwrap_or(text).trim();
    let mut roots = 0;
    while let Some(at) = rest.find('<') {
        check_text(&rest[..at], &open);
        let end = rest[at..].find('>').map(|end| at + end).expect("a tag that ends");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name.trim()), "closed in the wrong order");
            continue;
        }
        let empty = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(!name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == ':'), "<{tag}>");
        check_attributes(attributes);
        roots += usize::from(open.is_empty());
        if !empty {
            open.push(name);
        }
    }
    check_text(rest, &open);
    assert_eq!((open.len(), roots), (0, 1), "one root that is closed");
}

fn check_text(text: &str, open: &[&str]) {
    assert!(!open.is_empty() || text.trim().is_empty(), "text outside of the root: {text}");
    assert!(!text.contains('>'), "{text}");
    for part in text.split('&').skip(1) {
        let name = part.split_once(';').map(|(name, _)| name).unwrap_or_default();
        assert!(matches!(name, "amp" | "lt" | "gt" | "quot" | "#39"), "&{part}");
    }
    assert!(text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')), "{text:?}");
}

fn check_attributes(text: &str) {
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, value) = rest.split_once("=\"").unwrap_or_else(|| panic!("no attribute: {rest}"));
        assert!(name.chars().all(|c| c.is_alphanumeric() || matches!(c, ':' | '-')), "{name}");
        let (value, after) = value.split_once('"').expect("a quote that ends");
        check_text(value, &["attribute"]);
        rest = after.trim_start();
    }
}

#[test]
fn the_check_finds_what_is_wrong() {
    check("<a x=\"1\"><b/>&amp;</a>");
    for wrong in
        ["<a><b></a></b>", "<a>", "<a/><b/>", "<a>&nbsp;</a>", "<a x=1></a>", "<a></a>x", "<a>\u{1}</a>"]
    {
        assert!(std::panic::catch_unwind(|| check(wrong)).is_err(), "{wrong}");
    }
}
