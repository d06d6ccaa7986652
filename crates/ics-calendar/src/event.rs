//! Appointments as they stand in a file.

use crate::lines::{Line, content_lines};
use crate::rule::Rule;
use crate::zone::Zones;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

/// How much of a file is read, in bytes.
const TEXT_BYTES_MAX: usize = 8 << 20;
/// How many appointments are kept.
const EVENTS_MAX: usize = 20_000;
/// How many exceptions one appointment may have.
const EXCEPTIONS_MAX: usize = 2000;

/// When something is.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// A whole day, wherever one is.
    Day(Date),
    /// A time of a zone.
    Zoned(DateTime, TimeZone),
    /// A time on whoever's clock looks.
    Floating(DateTime),
}

impl When {
    /// The moment, for somebody in `zone`. `None` for a time that the zone cannot tell.
    pub fn moment(&self, zone: &TimeZone) -> Option<Timestamp> {
        let (time, zone) = match self {
            Self::Day(day) => (day.at(0, 0, 0, 0), zone),
            Self::Zoned(time, own) => (*time, own),
            Self::Floating(time) => (*time, zone),
        };
        time.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
    }

    /// The day, where it is.
    pub fn date(&self) -> Date {
        match self {
            Self::Day(day) => *day,
            Self::Zoned(time, _) | Self::Floating(time) => time.date(),
        }
    }

    /// The same time on another day.
    pub(crate) fn on(&self, day: Date) -> Self {
        match self {
            Self::Day(_) => Self::Day(day),
            Self::Zoned(time, zone) => Self::Zoned(day.to_datetime(time.time()), zone.clone()),
            Self::Floating(time) => Self::Floating(day.to_datetime(time.time())),
        }
    }
}

/// One appointment.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its identity; moved repetitions share it.
    pub uid: String,
    /// What it is about.
    pub summary: String,
    /// Where.
    pub location: String,
    /// A page about it: http or https only.
    pub url: Option<String>,
    /// When it begins.
    pub start: When,
    /// How long it takes.
    pub length: SignedDuration,
    /// How it repeats.
    pub rule: Option<Rule>,
    pub(crate) also: Vec<When>,
    pub(crate) except: Vec<When>,
    /// Which repetition this one stands for.
    pub(crate) instead_of: Option<When>,
    pub(crate) cancelled: bool,
}

/// A file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calendar {
    /// What it calls itself (`X-WR-CALNAME`, `NAME`).
    pub name: Option<String>,
    /// Its appointments.
    pub events: Vec<Event>,
    /// How many appointments were left out, since they have no beginning that can be read or there are too many.
    pub left_out: usize,
}

/// Reads a file. `None` when it is no calendar at all.
pub fn parse(text: &str) -> Option<Calendar> {
    let cut = (0..=TEXT_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at))?;
    let text = text.get(..cut)?.trim_start_matches('\u{feff}');
    let lines: Vec<Line> = content_lines(text).collect();
    lines.iter().find(|line| line.name == "BEGIN" && line.value.trim().eq_ignore_ascii_case("VCALENDAR"))?;
    let mut zones = described_zones(&lines);
    let mut calendar = Calendar::default();
    let mut nesting: Vec<String> = Vec::new();
    let mut properties: Vec<&Line> = Vec::new();
    for line in &lines {
        match line.name.as_str() {
            "BEGIN" => {
                nesting.push(line.value.trim().to_ascii_uppercase());
                if nesting.last().is_some_and(|name| name == "VEVENT") {
                    properties.clear();
                }
            }
            "END" => {
                let ended = nesting.pop();
                if ended.as_deref() == Some("VEVENT") {
                    calendar.take_in(event(&properties, &mut zones));
                }
            }
            // An alarm within an appointment has properties of its own.
            _ if nesting.last().is_some_and(|name| name == "VEVENT") => properties.push(line),
            "X-WR-CALNAME" | "NAME" if nesting.len() == 1 => {
                calendar.name = Some(line.text()).filter(|name| !name.is_empty());
            }
            _ => {}
        }
    }
    Some(calendar)
}

impl Calendar {
    fn take_in(&mut self, event: Option<Event>) {
        match event {
            Some(event) if self.events.len() < EVENTS_MAX => self.events.push(event),
            _ => self.left_out += 1,
        }
    }
}

fn described_zones(lines: &[Line]) -> Zones {
    let mut zones = Zones::default();
    let (mut id, mut standard) = (None, false);
    for line in lines {
        match (line.name.as_str(), line.value.trim()) {
            ("BEGIN", "VTIMEZONE") => id = None,
            ("BEGIN", "STANDARD") => standard = true,
            ("END", "STANDARD") => standard = false,
            ("TZID", value) => id = Some(value.to_owned()),
            ("TZOFFSETTO", offset) if standard => {
                if let Some(id) = &id {
                    zones.describe(id, offset);
                }
            }
            _ => {}
        }
    }
    zones
}

fn event(properties: &[&Line], zones: &mut Zones) -> Option<Event> {
    let find = |name: &str| properties.iter().find(|line| line.name == name).copied();
    let text = |name: &str| find(name).map(Line::text).unwrap_or_default();
    let start = times(find("DTSTART")?, zones).into_iter().next()?;
    let end = find("DTEND").and_then(|line| times(line, zones).into_iter().next());
    let mut all = |name: &str| -> Vec<When> {
        let lines = properties.iter().filter(|line| line.name == name);
        lines.flat_map(|line| times(line, zones)).take(EXCEPTIONS_MAX).collect()
    };
    let (also, except, moved) = (all("RDATE"), all("EXDATE"), all("RECURRENCE-ID"));
    Some(Event {
        uid: text("UID"),
        summary: text("SUMMARY"),
        location: text("LOCATION"),
        url: Some(text("URL")).filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        length: length(&start, end.as_ref(), find("DURATION")),
        start,
        rule: find("RRULE").and_then(|line| Rule::parse(&line.value)),
        also,
        except,
        instead_of: moved.into_iter().next(),
        cancelled: text("STATUS").eq_ignore_ascii_case("CANCELLED"),
    })
}

/// From beginning to end; a day without an end is that day, a time without one a moment.
fn length(start: &When, end: Option<&When>, duration: Option<&Line>) -> SignedDuration {
    let whole_day =
        if matches!(start, When::Day(_)) { SignedDuration::from_hours(24) } else { SignedDuration::ZERO };
    let by_end = end.and_then(|end| match (start, end) {
        (When::Day(from), When::Day(to)) => {
            from.until(*to).ok()?.get_days().checked_mul(24).map(|h| SignedDuration::from_hours(h.into()))
        }
        _ => {
            let (from, to) = (start.moment(&TimeZone::UTC)?, end.moment(&TimeZone::UTC)?);
            Some(to.duration_since(from))
        }
    });
    // RFC 5545 writes durations as ISO 8601 does, which jiff reads; weeks and days count as 24 hours here.
    let by_duration = || {
        let span: Span = duration?.value.trim().parse().ok()?;
        span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
    };
    by_end
        .or_else(by_duration)
        .filter(|length| !length.is_negative() && !length.is_zero())
        .unwrap_or(whole_day)
}

/// The times of a property: one, or several with commas; of a period its beginning.
fn times(line: &Line, zones: &mut Zones) -> Vec<When> {
    let zone = line.parameter("TZID").and_then(|id| zones.find(id));
    line.value
        .split(',')
        .take(EXCEPTIONS_MAX)
        .filter_map(|text| time(text.split('/').next()?.trim(), zone.as_ref()))
        .collect()
}

/// `20260101`, `20260101T100000`, `20260101T100000Z`.
pub(crate) fn time(text: &str, zone: Option<&TimeZone>) -> Option<When> {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i16>().ok());
    let small = |from: usize, to: usize| number(from, to).and_then(|n| i8::try_from(n).ok());
    let date = Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
    match text.as_bytes().get(8) {
        None => return Some(When::Day(date)),
        Some(b'T' | b't') => {}
        Some(_) => return None,
    }
    // A leap second is the second before it.
    let second = small(13, 15).unwrap_or_default().min(59);
    let time = jiff::civil::Time::new(small(9, 11)?, small(11, 13)?, second, 0).ok()?;
    let time = date.to_datetime(time);
    Some(match (text.ends_with(['Z', 'z']), zone) {
        (true, _) => When::Zoned(time, TimeZone::UTC),
        (false, Some(zone)) => When::Zoned(time, zone.clone()),
        (false, None) => When::Floating(time),
    })
}
