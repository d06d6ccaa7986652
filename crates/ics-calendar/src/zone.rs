//! Which zone a `TZID` means.

use jiff::tz::{Offset, TimeZone};
use std::collections::HashMap;

/// No name of a zone is longer, in bytes.
const NAME_MAX: usize = 200;

/// Zones as Microsoft's programs call them, with the place that stands for each (the common ones of CLDR's
/// `windowsZones`).
const WINDOWS: &[(&str, &str)] = &[
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Alaskan Standard Time", "America/Anchorage"),
    ("Arab Standard Time", "Asia/Riyadh"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Standard Time", "America/Chicago"),
    ("China Standard Time", "Asia/Shanghai"),
    ("E. Europe Standard Time", "Europe/Chisinau"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Eastern Standard Time", "America/New_York"),
    ("FLE Standard Time", "Europe/Kyiv"),
    ("GMT Standard Time", "Europe/London"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("Korea Standard Time", "Asia/Seoul"),
    ("Mountain Standard Time", "America/Denver"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Russian Standard Time", "Europe/Moscow"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("South Africa Standard Time", "Africa/Johannesburg"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("Turkey Standard Time", "Europe/Istanbul"),
    ("US Mountain Standard Time", "America/Phoenix"),
    ("UTC", "UTC"),
    ("W. Australia Standard Time", "Australia/Perth"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

/// The zones that a file speaks of: those it describes itself count only where the system does not know the name.
#[derive(Debug, Default)]
pub(crate) struct Zones {
    known: HashMap<String, Option<TimeZone>>,
    /// By `TZID`, the offset of standard time as the file's own VTIMEZONE gives it.
    described: HashMap<String, Offset>,
}

impl Zones {
    /// What a VTIMEZONE says of its standard time: `+0100`.
    pub(crate) fn describe(&mut self, id: &str, offset: &str) {
        if let Some(offset) = parse_offset(offset) {
            self.described.insert(id.to_owned(), offset);
        }
    }

    /// The zone of this name. `None` when nobody knows it.
    pub(crate) fn find(&mut self, id: &str) -> Option<TimeZone> {
        // Every part of a name is tried, which of a line of megabytes would take for ever.
        if id.len() > NAME_MAX {
            return None;
        }
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let found = by_name(id).or_else(|| self.described.get(id).map(|offset| TimeZone::fixed(*offset)));
        self.known.insert(id.to_owned(), found.clone());
        found
    }
}

fn by_name(id: &str) -> Option<TimeZone> {
    let id = id.trim().trim_start_matches('/');
    if let Some((_, place)) = WINDOWS.iter().find(|(name, _)| *name == id) {
        return TimeZone::get(place).ok();
    }
    // Some programs put their own name in front: `freeassociation.sourceforge.net/Europe/Berlin`.
    let starts = std::iter::once(0).chain(id.match_indices('/').map(|(at, _)| at + 1));
    starts
        .filter_map(|start| id.get(start..))
        .filter(|name| !name.is_empty())
        .find_map(|name| TimeZone::get(name).ok())
}

fn parse_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = match text.trim().split_at_checked(1)? {
        ("-", digits) => (-1, digits),
        ("+", digits) => (1, digits),
        _ => return None,
    };
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..4)?.parse().ok()?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_known_by_many_names() {
        let mut zones = Zones::default();
        zones.describe("Home", "-0530");
        for (id, name) in [
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("W. Europe Standard Time", Some("Europe/Berlin")),
            ("/freeassociation.sourceforge.net/Europe/Berlin", Some("Europe/Berlin")),
        ] {
            assert_eq!(zones.find(id).unwrap().iana_name(), name, "{id}");
        }
        assert_eq!(zones.find("Home").unwrap(), TimeZone::fixed(Offset::from_seconds(-19_800).unwrap()));
        assert!(zones.find("Nowhere").is_none());
        assert!(zones.find(&"a/".repeat(1 << 20)).is_none(), "and at once");
    }
}
