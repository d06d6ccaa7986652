//! Where a login leads back to.

/// The path to go to after logging in: within Hob, or its home page.
///
/// Browsers take `//host` and `/\host` for another site and drop tabs and line breaks before they look, so anything but
/// one slash followed by plain visible ASCII is refused. What the guard passes on is always of that kind.
pub(crate) fn safe_next(next: &str) -> &str {
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if next.starts_with('/') && !next.starts_with("//") && plain && next.len() <= 2000 { next } else { "/" }
}
