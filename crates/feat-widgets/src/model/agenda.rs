//! The next appointments of all calendars, by day.

use hob_base::Timestamp;
use ics_calendar::{Calendar, Occurrence};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

/// How many appointments the card holds.
const ENTRIES_MAX: usize = 12;

/// A day with its appointments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    /// “Today”, “Tomorrow”, “Wednesday”, “Monday 7 December”.
    pub(crate) heading: String,
    /// Its appointments.
    pub(crate) entries: Vec<Entry>,
}

/// An appointment as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// “09:00–10:30”, “all day”.
    pub(crate) time: String,
    /// What it is about.
    pub(crate) summary: String,
    /// Where.
    pub(crate) location: String,
    /// A page about it.
    pub(crate) url: Option<String>,
    /// The calendar's name, where there are several.
    pub(crate) calendar: Option<String>,
}

/// What is ahead: what has not ended yet, up to `days` days from now, of each calendar with its name.
pub(crate) fn agenda<'a>(
    calendars: impl IntoIterator<Item = (&'a Calendar, Option<&'a str>, i64)>,
    now: Timestamp,
    zone: &TimeZone,
) -> Vec<Day> {
    let Ok(now) = jiff::Timestamp::from_millisecond(now.millis()) else { return Vec::new() };
    let today = now.to_zoned(zone.clone()).date();
    let mut all: Vec<(Occurrence, Option<&str>)> = Vec::new();
    for (calendar, name, days) in calendars {
        let end = now.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(jiff::Timestamp::MAX);
        let found = calendar.occurrences(now, end, zone, ENTRIES_MAX).into_iter();
        all.extend(found.filter(|it| it.end > now || it.start >= now).map(|occurrence| (occurrence, name)));
    }
    all.sort_by(|(a, _), (b, _)| (a.start, !a.all_day, &a.summary).cmp(&(b.start, !b.all_day, &b.summary)));
    // The same appointment in two calendars of a family is one.
    all.dedup_by(|(a, _), (b, _)| (a.start, a.end, &a.summary) == (b.start, b.end, &b.summary));
    let mut days: Vec<(Date, Day)> = Vec::new();
    for (occurrence, name) in all.into_iter().take(ENTRIES_MAX) {
        // What began before today is still going on today.
        let date = occurrence.start.to_zoned(zone.clone()).date().max(today);
        if days.last().is_none_or(|(last, _)| *last != date) {
            days.push((date, Day { heading: heading(date, today), entries: Vec::new() }));
        }
        if let Some((_, day)) = days.last_mut() {
            day.entries.push(entry(occurrence, name, date, zone));
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn entry(occurrence: Occurrence, calendar: Option<&str>, date: Date, zone: &TimeZone) -> Entry {
    let (start, end) = (occurrence.start.to_zoned(zone.clone()), occurrence.end.to_zoned(zone.clone()));
    let clock = |time: &jiff::Zoned| time.strftime("%H:%M").to_string();
    let last = end.datetime().checked_sub(1.second()).map_or(end.date(), jiff::civil::DateTime::date);
    let time = if occurrence.all_day {
        if last > date { format!("until {}", last.strftime("%-d %b")) } else { "all day".to_owned() }
    } else if start.date() < date {
        format!("until {}", clock(&end))
    } else if occurrence.end == occurrence.start || end.date() != start.date() {
        clock(&start)
    } else {
        format!("{}–{}", clock(&start), clock(&end))
    };
    Entry {
        time,
        summary: if occurrence.summary.is_empty() { "(no title)".to_owned() } else { occurrence.summary },
        location: occurrence.location,
        url: occurrence.url,
        calendar: calendar.map(str::to_owned),
    }
}

fn heading(date: Date, today: Date) -> String {
    match today.until(date).map(|span| span.get_days()) {
        Ok(0) => "Today".to_owned(),
        Ok(1) => "Tomorrow".to_owned(),
        Ok(2..=6) => date.strftime("%A").to_string(),
        _ => date.strftime("%A %-d %B").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_days_read_like_a_calendar_on_the_wall() {
        let family = ics_calendar::parse(
            "BEGIN:VCALENDAR\n\
             BEGIN:VEVENT\nUID:1\nSUMMARY:Autumn break\nDTSTART;VALUE=DATE:20261121\nDTEND;VALUE=DATE:20261126\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:2\nSUMMARY:Over\nDTSTART:20261123T060000Z\nDTEND:20261123T070000Z\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:3\nSUMMARY:Dentist\nDTSTART:20261123T140000Z\nDTEND:20261123T150000Z\nLOCATION:Town\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:4\nSUMMARY:Choir\nDTSTART:20261125T183000Z\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR",
        )
        .unwrap();
        let bins = ics_calendar::parse(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Paper bin\nDTSTART;VALUE=DATE:20261124\nEND:VEVENT\nEND:VCALENDAR",
        )
        .unwrap();
        let now = Timestamp::from_millis(1_795_428_000_000); // 2026-11-23 10:00 UTC
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let days = agenda([(&family, Some("Family"), 14), (&bins, Some("Bins"), 14)], now, &zone);
        let lines: Vec<String> = days
            .iter()
            .flat_map(|day| day.entries.iter().map(|e| format!("{}: {} {}", day.heading, e.time, e.summary)))
            .collect();
        assert_eq!(
            lines,
            [
                "Today: until 25 Nov Autumn break",
                "Today: 15:00–16:00 Dentist",
                "Tomorrow: all day Paper bin",
                "Wednesday: 19:30 Choir",
                "Wednesday 2 December: 19:30 Choir",
            ]
        );
    }
}
