//! Doors to what reads strangers' words and is not public, for the fuzz targets of this repository.

use jiff::Zoned;

/// When a text means (seconds since 1970), as a header `Delay` is read.
#[must_use]
pub fn delay(text: &str, now: &Zoned) -> Option<i64> {
    crate::delay::parse(text, now)
}

/// How long a text means, as `since` is read.
#[must_use]
pub fn duration(text: &str) -> Option<jiff::SignedDuration> {
    crate::delay::duration(text)
}
