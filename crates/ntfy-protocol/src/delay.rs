//! When to deliver a message: seconds since 1970, a length of time, or words for a day and a time of day.
//!
//! ntfy leaves the words to a parser of natural language, which looks for what it knows anywhere in a text. This one
//! knows what ntfy documents and its neighbours, and refuses a text with anything else in it, since a reminder at the
//! wrong time is worse than none:
//!
//! - `1639194738`;
//! - `30m`, `1h30m`, `1.5h`, `2 hours`, `1 day`, `3 days and 2 hours`, `half an hour`, `in 10 minutes`, `2 weeks`;
//! - `10am`, `8:30pm`, `3 p.m.`, `22:15`, `noon`, `midnight`: today, or else tomorrow;
//! - `today`, `tomorrow`, `tonight` (11pm), a weekday (`Monday`, `on Tuesday`, `next Friday`, `thu`), `next week`,
//!   `2026-11-30`, each with a time of day, or with `morning` (8am), `noon`, `afternoon` (3pm), `evening` (6pm), `night`
//!   (11pm); a day without one means the time of day that it is now;
//! - `2026-11-30T08:00`, also with an offset or `Z` (RFC 3339).

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{SignedDuration, Span, Timestamp, ToSpan as _, Zoned};

/// The longest text that is looked at.
const TEXT_MAX: usize = 100;

/// The second (since 1970) that the text means; `None` where it is not understood. May be in the past.
pub(crate) fn parse(text: &str, now: &Zoned) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() || text.len() > TEXT_MAX {
        return None;
    }
    if let Ok(seconds) = text.parse::<i64>()
        && seconds != 0
    {
        // A time that is over is a mistake, not a short delay.
        return (seconds >= now.timestamp().as_second()).then_some(seconds);
    }
    if let Some(length) = duration(text) {
        return now.timestamp().as_second().checked_add(length.as_secs());
    }
    written_out(text, now).or_else(|| words(text, now)).map(Timestamp::as_second)
}

/// A length of time: as Go writes it (`1h30m`, `1.5h`, `500ms`, `0`), or in words (`2 days`, `in half an hour`).
pub(crate) fn duration(text: &str) -> Option<SignedDuration> {
    if text.len() > TEXT_MAX {
        return None;
    }
    let text = text.trim().to_ascii_lowercase();
    go_duration(&text).or_else(|| worded_duration(&text))
}

/// A length of time as Go's `time.ParseDuration` takes it: numbers with units, without spaces, perhaps with a sign.
fn go_duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut sum = SignedDuration::ZERO;
    while !rest.is_empty() {
        let (number, after) = split_number(rest)?;
        let unit_end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_end)?;
        let seconds = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        sum = sum.checked_add(SignedDuration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = after;
    }
    if negative { sum.checked_neg() } else { Some(sum) }
}

/// A number at the beginning, with or without a fraction, and what follows it.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    number.is_finite().then_some((number, rest))
}

/// A length of time in words.
fn worded_duration(text: &str) -> Option<SignedDuration> {
    let text = text.strip_suffix("from now").unwrap_or(text);
    let text = text.strip_prefix("in ").or_else(|| text.strip_prefix("within ")).unwrap_or(text);
    let mut words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty() && *word != "and").peekable();
    words.peek()?;
    let mut sum = SignedDuration::ZERO;
    while let Some(word) = words.next() {
        let (mut number, mut unit) = match split_number(word) {
            Some((number, unit)) => (number, unit),
            None => (counted(word)?, ""),
        };
        if unit.is_empty() {
            unit = words.next()?;
        }
        if matches!(unit, "a" | "an" | "half") {
            // “half an hour”, “an half hour”, “a few minutes”
            number *= if unit == "half" { 0.5 } else { 1.0 };
            unit = words.next()?;
        } else if unit == "few" {
            number = 3.0;
            unit = words.next()?;
        }
        sum = sum.checked_add(SignedDuration::try_from_secs_f64(number * unit_seconds(unit)?).ok()?)?;
    }
    Some(sum)
}

fn counted(word: &str) -> Option<f64> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    match word {
        "a" | "an" => Some(1.0),
        "few" => Some(3.0),
        "half" => Some(0.5),
        _ => (0_u8..).zip(WORDS).find(|(_, known)| *known == word).map(|(number, _)| f64::from(number)),
    }
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
        "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some(3600.0),
        "d" | "day" | "days" => Some(86_400.0),
        "w" | "week" | "weeks" => Some(604_800.0),
        _ => None,
    }
}

/// A date and a time as RFC 3339 has them, with an offset or in the zone of `now`.
fn written_out(text: &str, now: &Zoned) -> Option<Timestamp> {
    if !text.contains(['T', 't']) {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let at: DateTime = text.parse().ok()?;
    at.to_zoned(now.time_zone().clone()).ok().map(|at| at.timestamp())
}

/// Which day a text means.
enum Day {
    /// None: the next time that it is this time of day.
    Unsaid,
    /// So many days from today.
    In(i64),
    /// This weekday: today if the time is ahead, else in the days to come.
    On(Weekday),
    /// This weekday, and not today.
    Next(Weekday),
    /// This one.
    At(Date),
}

/// Words for a day, for a time of day, or for both, in any order.
fn words(text: &str, now: &Zoned) -> Option<Timestamp> {
    let text = text.to_ascii_lowercase().replace("a.m.", "am").replace("p.m.", "pm");
    let words: Vec<&str> = text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).collect();
    let mut day = Day::Unsaid;
    let mut time: Option<Time> = None;
    let mut vague: Option<Time> = None;
    let mut rest = words.as_slice();
    while let [word, after @ ..] = rest {
        let next = after.first().copied().unwrap_or_default();
        rest = after;
        if let Some((found, two)) = time_of_day(word, next) {
            // Two times of day contradict each other.
            if time.replace(found).is_some() {
                return None;
            }
            rest = if two { after.get(1..).unwrap_or_default() } else { after };
        } else if let Some(found) = part_of_day(word) {
            vague = Some(found);
        } else if let Some((found, two)) = day_of(word, next) {
            if !matches!(day, Day::Unsaid) {
                return None;
            }
            if *word == "tonight" {
                vague = Some(Time::constant(23, 0, 0, 0));
            }
            day = found;
            rest = if two { after.get(1..).unwrap_or_default() } else { after };
        } else if !matches!(*word, "at" | "on" | "the" | "this" | "in") {
            return None;
        }
    }
    resolve(&day, time.or(vague), now)
}

/// `10am`, `10:30`, `10:30pm`, `noon`, `midnight`; and whether the next word belongs to it (`10 am`).
fn time_of_day(word: &str, next: &str) -> Option<(Time, bool)> {
    match word {
        "noon" | "midday" => return Some((Time::constant(12, 0, 0, 0), false)),
        "midnight" => return Some((Time::midnight(), false)),
        _ => {}
    }
    let (clock, half, two) = if let Some(clock) = word.strip_suffix("am") {
        (clock, Some(0), false)
    } else if let Some(clock) = word.strip_suffix("pm") {
        (clock, Some(12), false)
    } else {
        match next {
            "am" => (word, Some(0), true),
            "pm" => (word, Some(12), true),
            _ => (word, None, false),
        }
    };
    let (hour, minute) = match clock.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour, number(minute)?),
        // A bare number is a time of day only with am or pm.
        None if half.is_some() => (clock, 0),
        _ => return None,
    };
    let hour = number(hour)?;
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    Time::new(hour, minute, 0, 0).ok().map(|time| (time, two))
}

/// One or two digits.
fn number(text: &str) -> Option<i8> {
    let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn part_of_day(word: &str) -> Option<Time> {
    match word {
        "morning" => Some(Time::constant(8, 0, 0, 0)),
        "afternoon" => Some(Time::constant(15, 0, 0, 0)),
        "evening" => Some(Time::constant(18, 0, 0, 0)),
        "night" => Some(Time::constant(23, 0, 0, 0)),
        _ => None,
    }
}

/// The day, and whether the next word belongs to it (`next friday`).
fn day_of(word: &str, next: &str) -> Option<(Day, bool)> {
    match (word, next) {
        ("today" | "tonight", _) => Some((Day::In(0), false)),
        ("tomorrow" | "tmr", _) => Some((Day::In(1), false)),
        ("next", "week") => Some((Day::In(7), true)),
        ("next", day) => weekday(day).map(|day| (Day::Next(day), true)),
        (day, _) => match weekday(day) {
            Some(day) => Some((Day::On(day), false)),
            None if day.len() == 10 => day.parse().ok().map(|date| (Day::At(date), false)),
            None => None,
        },
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    match word {
        "monday" | "mon" => Some(Weekday::Monday),
        "tuesday" | "tue" | "tues" => Some(Weekday::Tuesday),
        "wednesday" | "wed" => Some(Weekday::Wednesday),
        "thursday" | "thu" | "thur" | "thurs" => Some(Weekday::Thursday),
        "friday" | "fri" => Some(Weekday::Friday),
        "saturday" | "sat" => Some(Weekday::Saturday),
        "sunday" | "sun" => Some(Weekday::Sunday),
        _ => None,
    }
}

/// The moment that a day and a time of day mean. A time that a change of the clocks leaves out is an hour later, one
/// that comes twice the first.
fn resolve(day: &Day, time: Option<Time>, now: &Zoned) -> Option<Timestamp> {
    let today = now.date();
    let at = |date: Date| {
        let at = date.to_datetime(time.unwrap_or(now.time()));
        at.to_zoned(now.time_zone().clone()).ok().map(|at| at.timestamp())
    };
    let after = |span: Span| today.checked_add(span).ok().and_then(at);
    match *day {
        Day::Unsaid => {
            time?;
            at(today).filter(|at| *at > now.timestamp()).or_else(|| after(1.days()))
        }
        Day::In(days) => after(days.days()),
        Day::At(date) => at(date),
        Day::On(weekday) if weekday == today.weekday() => {
            at(today).filter(|at| *at > now.timestamp()).or_else(|| after(7.days()))
        }
        Day::On(weekday) | Day::Next(weekday) => {
            let days = i64::from(weekday.since(today.weekday()));
            after(if days == 0 { 7.days() } else { days.days() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday.
    fn now() -> Zoned {
        "2021-12-10T10:17:23[Europe/Berlin]".parse().unwrap()
    }

    fn meant(text: &str) -> Option<String> {
        let now = now();
        let at = Timestamp::from_second(parse(text, &now)?).unwrap();
        Some(at.to_zoned(now.time_zone().clone()).datetime().to_string())
    }

    #[test]
    fn what_is_understood() {
        let table = [
            ("1639194738", "2021-12-11T04:52:18"),
            ("30m", "2021-12-10T10:47:23"),
            ("30min", "2021-12-10T10:47:23"),
            ("3h", "2021-12-10T13:17:23"),
            ("1h30m", "2021-12-10T11:47:23"),
            ("1.5h", "2021-12-10T11:47:23"),
            ("1 day", "2021-12-11T10:17:23"),
            ("2 Days", "2021-12-12T10:17:23"),
            ("2 hours", "2021-12-10T12:17:23"),
            ("in 10 minutes", "2021-12-10T10:27:23"),
            ("half an hour", "2021-12-10T10:47:23"),
            ("in an hour", "2021-12-10T11:17:23"),
            ("a few minutes", "2021-12-10T10:20:23"),
            ("two hours from now", "2021-12-10T12:17:23"),
            ("1 hour and 30 minutes", "2021-12-10T11:47:23"),
            ("1h 5m", "2021-12-10T11:22:23"),
            ("11am", "2021-12-10T11:00:00"),
            ("9am", "2021-12-11T09:00:00"),
            ("8:30pm", "2021-12-10T20:30:00"),
            ("3 p.m.", "2021-12-10T15:00:00"),
            ("12am", "2021-12-11T00:00:00"),
            ("12pm", "2021-12-10T12:00:00"),
            ("10:15", "2021-12-11T10:15:00"),
            ("at 22:15", "2021-12-10T22:15:00"),
            ("noon", "2021-12-10T12:00:00"),
            ("midnight", "2021-12-11T00:00:00"),
            ("tomorrow", "2021-12-11T10:17:23"),
            ("tomorrow, 10am", "2021-12-11T10:00:00"),
            ("tomorrow, 3pm", "2021-12-11T15:00:00"),
            ("Tomorrow at 3 PM", "2021-12-11T15:00:00"),
            ("9am tomorrow", "2021-12-11T09:00:00"),
            ("tomorrow morning", "2021-12-11T08:00:00"),
            ("this evening", "2021-12-10T18:00:00"),
            ("tonight", "2021-12-10T23:00:00"),
            ("tonight at 8pm", "2021-12-10T20:00:00"),
            ("today 11:00", "2021-12-10T11:00:00"),
            ("Monday, 10:30pm", "2021-12-13T22:30:00"),
            ("Tuesday, 7am", "2021-12-14T07:00:00"),
            ("monday", "2021-12-13T10:17:23"),
            ("on sat at 8am", "2021-12-11T08:00:00"),
            ("friday 11am", "2021-12-10T11:00:00"),
            ("friday 9am", "2021-12-17T09:00:00"),
            ("next friday 11am", "2021-12-17T11:00:00"),
            ("next week", "2021-12-17T10:17:23"),
            ("2021-12-12 08:00", "2021-12-12T08:00:00"),
            ("2021-12-12", "2021-12-12T10:17:23"),
            ("2021-12-12T08:00", "2021-12-12T08:00:00"),
            ("2021-12-12T08:00:00Z", "2021-12-12T09:00:00"),
            ("2021-12-12T08:00:00+02:00", "2021-12-12T07:00:00"),
        ];
        for (text, expected) in table {
            assert_eq!(meant(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_over_is_told_from_what_is_not_understood() {
        assert_eq!(meant("today 9am").as_deref(), Some("2021-12-10T09:00:00"));
        assert_eq!(meant("-1h").as_deref(), Some("2021-12-10T09:17:23"));
        assert_eq!(meant("0").as_deref(), Some("2021-12-10T10:17:23"));
    }

    #[test]
    fn what_is_not_understood() {
        let table = [
            "",
            " ",
            "5",
            "1639100000",
            "soon",
            "13pm",
            "0am",
            "25:00",
            "10:5",
            "10:61",
            "tomorrow yesterday",
            "in",
            "10am 11am",
            "tomorrow monday",
            "hour",
            "1 fortnight",
            "1h30",
            "h",
            ".",
            "-",
            "am",
            "next",
            "2021-13-01",
            "9".repeat(90).leak(),
            "a".repeat(200).leak(),
            "1e9h",
            "infs",
            "nan hours",
            "2021-12-12T99:00",
        ];
        for text in table {
            assert_eq!(meant(text), None, "{text}");
        }
    }

    #[test]
    fn lengths_of_time_do_not_overflow() {
        assert_eq!(duration("99999999999999999999999h"), None);
        assert_eq!(parse("9223372036854775807", &now()), Some(i64::MAX));
        assert_eq!(parse("9223372036854775807s", &now()), None);
        assert_eq!(duration("300ms"), Some(SignedDuration::from_millis(300)));
        assert_eq!(duration("-1h"), Some(SignedDuration::from_hours(-1)));
    }

    #[test]
    fn a_change_of_the_clocks_moves_no_reminder() {
        let now: Zoned = "2026-03-28T10:00[Europe/Berlin]".parse().unwrap();
        let at = Timestamp::from_second(parse("tomorrow, 9am", &now).unwrap()).unwrap();
        assert_eq!(at.to_string(), "2026-03-29T07:00:00Z");
        let at = Timestamp::from_second(parse("1 day", &now).unwrap()).unwrap();
        assert_eq!(at.to_string(), "2026-03-29T09:00:00Z");
    }
}
