//! Time zones by name.

use std::fmt;

use jiff::tz::TimeZone;

use crate::error::{ParseError, Piece};

/// Longest name of a time zone, in bytes.
const MAX_NAME: usize = 64;

/// A time zone of the IANA database that has a name, such as `Europe/Berlin` or `UTC`.
///
/// The rules come from the machine's database, through `jiff`; `UTC` is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// Looks a name up; upper and lower case are the same.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if the machine knows no such zone.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::read(Piece::new(text).trim())
    }

    /// The zone itself.
    #[must_use]
    pub fn time_zone(&self) -> &TimeZone {
        &self.zone
    }

    pub(crate) fn read(piece: Piece<'_>) -> Result<Self, ParseError> {
        Self::known(piece.text()).ok_or_else(|| {
            piece.is_no("time zone that this machine knows", "write a name such as Europe/Berlin or UTC")
        })
    }

    /// The zone of that name, if there is one.
    pub(crate) fn known(name: &str) -> Option<Self> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+');
        let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.len() <= MAX_NAME
            && name.bytes().all(letter);
        let zone = plain.then(|| TimeZone::get(name).ok()).flatten()?;
        let name = zone.iana_name()?.to_owned();
        Some(Self { name, zone })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
