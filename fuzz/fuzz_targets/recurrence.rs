//! Schedules and windows as people write them: read, written, read again, and asked for what comes next.

#![no_main]

use hob_fuzz::parts;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use recurrence::{Calendar, Cron, Length, ParseError, Schedule, Window};

fuzz_target!(|input: &[u8]| {
    let [text, number] = parts(input);
    let text = String::from_utf8_lossy(text);
    let mut seconds = [0; 8];
    seconds.iter_mut().zip(number).for_each(|(to, from)| *to = *from);
    // What is no second that can be told is one of this century.
    let seconds = i64::from_le_bytes(seconds);
    let Ok(at) = Timestamp::from_second(seconds).or_else(|_| Timestamp::from_second(seconds & 0xffff_ffff))
    else {
        return;
    };
    for tz in [TimeZone::UTC, TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)] {
        if let Some(cron) = read(&text, Cron::parse) {
            comes_after(at, |at| cron.next_after(at, &tz));
        }
        if let Some(calendar) = read(&text, Calendar::parse) {
            comes_after(at, |at| calendar.next_after(at, &tz));
        }
        if let Some(schedule) = read(&text, Schedule::parse) {
            comes_after(at, |at| schedule.next_after(at, &tz));
        }
        if let Some(window) = read(&text, Window::parse) {
            agrees(&window, at, &tz);
        }
    }
    read(&text, Length::parse);
});

/// What is read can be written and is read again as the same; what is not is explained on one short line.
fn read<T>(text: &str, parse: impl Fn(&str) -> Result<T, ParseError>) -> Option<T>
where
    T: PartialEq + std::fmt::Debug + std::fmt::Display,
{
    match parse(text) {
        Ok(read) => {
            let written = read.to_string();
            assert_eq!(parse(&written).as_ref(), Ok(&read), "“{written}” is not read as it was written");
            Some(read)
        }
        Err(error) => {
            let said = error.to_string();
            assert!(said.chars().count() < 300 && !said.contains(char::is_control), "{said}");
            None
        }
    }
}

/// Each time is after the last one.
fn comes_after(mut at: Timestamp, next: impl Fn(Timestamp) -> Option<Timestamp>) {
    for _ in 0..3 {
        let Some(found) = next(at) else { return };
        assert!(found > at, "{found} is not after {at}");
        at = found;
    }
}

/// What covers a moment holds it, and what comes next covers its own beginning.
fn agrees(window: &Window, at: Timestamp, tz: &TimeZone) {
    if let Some(span) = window.covers(at, tz) {
        assert!(span.contains(at), "{window} at {at}");
    }
    if let Some(span) = window.next(at, tz) {
        assert!(span.from > at && span.from < span.to, "{window} after {at}");
        assert!(window.covers(span.from, tz).is_some(), "{window} after {at}");
    }
}
