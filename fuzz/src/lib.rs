//! What the targets share: how one input becomes several texts.

use std::borrow::Cow;

/// What stands between the parts of an input. No UTF-8 text holds this byte.
pub const BETWEEN: u8 = 0xff;

/// The input as `N` parts; those that are not there are empty, and the last one takes what is left.
pub fn parts<const N: usize>(input: &[u8]) -> [&[u8]; N] {
    let mut parts = input.splitn(N, |byte| *byte == BETWEEN);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// The input as `N` texts, as the house itself makes text of bytes.
pub fn texts<const N: usize>(input: &[u8]) -> [Cow<'_, str>; N] {
    parts::<N>(input).map(String::from_utf8_lossy)
}
