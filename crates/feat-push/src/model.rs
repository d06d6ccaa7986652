//! Plain types and pure rules: no I/O, so that every rule has a test that needs no patience.

use hob_base::{Health, Level};

/// How well it goes when `count` things were found.
pub(super) fn judge(count: usize) -> Health {
    if count == 0 {
        return Health::new(Level::Warning, "Nothing was found.")
            .with_remedy("Say here what to do about it.");
    }
    Health::ok(format!("{count} found."))
}
