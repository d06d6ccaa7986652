//! The one-time code that opens the first account.

/// Letters and digits that nobody confuses: no I, O, 0 or 1.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CHARS: usize = 12;

/// Twelve characters, sixty bits.
#[derive(Clone)]
pub(crate) struct SetupCode([u8; CHARS]);

impl SetupCode {
    /// A code from random bytes.
    pub(crate) fn new(random: [u8; CHARS]) -> Self {
        // 256 is a multiple of 32, so every character is equally likely.
        Self(random.map(|b| ALPHABET[usize::from(b % 32)]))
    }

    /// Whether this was typed. Hyphens, spaces and case do not count; the time taken does not depend on where a wrong
    /// code differs.
    pub(crate) fn matches(&self, typed: &str) -> bool {
        let typed: Vec<u8> = typed
            .bytes()
            .filter(|b| *b != b'-' && !b.is_ascii_whitespace())
            .map(|b| b.to_ascii_uppercase())
            .take(CHARS + 1)
            .collect();
        let different = self.0.iter().zip(&typed).fold(0, |different, (a, b)| different | (a ^ b));
        different == 0 && typed.len() == CHARS
    }

    /// `KQ7M-2XPD-9RTA`
    pub(crate) fn text(&self) -> String {
        let groups: Vec<String> =
            self.0.chunks(4).map(|part| part.iter().map(|b| char::from(*b)).collect()).collect();
        groups.join("-")
    }
}
