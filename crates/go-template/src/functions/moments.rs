//! Dates and lengths of time.

use std::rc::Rc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::{Any, Function, Text, Time, any, function, text};
use crate::dates;
use crate::error::{Fault, quoted};
use crate::machine::Machine;
use crate::value::Value;

/// How a date input of HTML wants its value.
const HTML: &str = "2006-01-02";

/// Longest layout, in bytes: each of its pieces costs more than a step.
const LONGEST_LAYOUT: usize = 1024;

pub(super) static FUNCTIONS: &[Function] =
    &[
        function("now", &[], |machine, _| Ok(time(now(machine)))),
        function("ago", &[Any], |machine, arguments| {
            let then = moment(machine, &any(arguments, 0)).timestamp();
            let past = machine.environment.now.duration_since(then);
            // Go rounds half a second away from zero.
            let half = if past.is_negative() { -500_000_000 } else { 500_000_000 };
            let seconds = past.as_nanos().saturating_add(half) / 1_000_000_000;
            machine.text(dates::seconds_text(i64::try_from(seconds).unwrap_or(i64::MAX)))
        }),
        function("date", &[Text, Any], |machine, arguments| {
            let zone = machine.environment.zone.clone();
            written(machine, &text(arguments, 0), &any(arguments, 1), zone)
        }),
        function("dateInZone", &[Text, Any, Text], date_in_zone),
        function("date_in_zone", &[Text, Any, Text], date_in_zone),
        function("htmlDate", &[Any], |machine, arguments| {
            let zone = machine.environment.zone.clone();
            written(machine, HTML, &any(arguments, 0), zone)
        }),
        function("htmlDateInZone", &[Any, Text], |machine, arguments| {
            let zone = zone(machine, &text(arguments, 1));
            written(machine, HTML, &any(arguments, 0), zone)
        }),
        function("dateModify", &[Text, Time], |_, arguments| {
            Ok(modified(arguments).unwrap_or(any(arguments, 1)))
        }),
        function("date_modify", &[Text, Time], |_, arguments| {
            Ok(modified(arguments).unwrap_or(any(arguments, 1)))
        }),
        function("mustDateModify", &[Text, Time], must_modify),
        function("must_date_modify", &[Text, Time], must_modify),
        function("toDate", &[Text, Text], |machine, arguments| {
            Ok(read(machine, arguments)?.unwrap_or_else(|| time(year_one())))
        }),
        function("mustToDate", &[Text, Text], |machine, arguments| {
            let (layout, date) = (text(arguments, 0), text(arguments, 1));
            let problem = || format!("{} is no date written as {}", quoted(&date), quoted(&layout)).into();
            read(machine, arguments)?.ok_or_else(problem)
        }),
        function("unixEpoch", &[Time], |machine, arguments| {
            let Value::Time(time) = any(arguments, 0) else { return Ok(Value::Nil) };
            machine.text(time.timestamp().as_second().to_string())
        }),
        function("duration", &[Any], |machine, arguments| {
            let seconds = match any(arguments, 0) {
                Value::Text(text) => text.parse().unwrap_or_default(),
                other => other.whole().unwrap_or_default(),
            };
            machine.text(dates::seconds_text(seconds))
        }),
        function("durationRound", &[Any], |machine, arguments| {
            let nanoseconds = match any(arguments, 0) {
                Value::Text(text) => dates::read_duration(&text).unwrap_or_default(),
                Value::Time(time) => {
                    let past = machine.environment.now.duration_since(time.timestamp());
                    i64::try_from(past.as_nanos()).unwrap_or(i64::MAX)
                }
                other => other.whole().unwrap_or_default(),
            };
            machine.text(dates::rounded(nanoseconds))
        }),
    ];

fn time(time: Zoned) -> Value {
    Value::Time(Rc::new(time))
}

fn now(machine: &Machine<'_>) -> Zoned {
    machine.environment.now.to_zoned(machine.environment.zone.clone())
}

/// What Go's zero time is, which `toDate` gives for what it cannot read.
fn year_one() -> Zoned {
    Timestamp::from_second(-62_135_596_800).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC)
}

/// The moment that a value stands for: a date, seconds since 1970, or a text as RFC 3339 has it. Sprig takes anything
/// but dates and integers for the present, and numbers of JSON are no integers to Go; a wrong date is worse than one
/// that ntfy would not write.
fn moment(machine: &Machine<'_>, value: &Value) -> Zoned {
    let zone = &machine.environment.zone;
    let found = match value {
        Value::Time(time) => Some(Zoned::clone(time)),
        Value::Int(seconds, _) => Timestamp::from_second(*seconds).map(|at| at.to_zoned(zone.clone())).ok(),
        Value::Float(seconds) => SignedDuration::try_from_secs_f64(*seconds)
            .ok()
            .and_then(|since| Timestamp::from_duration(since).ok())
            .map(|at| at.to_zoned(zone.clone())),
        Value::Text(text) => dates::read("2006-01-02T15:04:05Z07:00", text, zone),
        _ => None,
    };
    found.unwrap_or_else(|| now(machine))
}

fn written(machine: &mut Machine<'_>, layout: &str, value: &Value, zone: TimeZone) -> Result<Value, Fault> {
    let moment = moment(machine, value).with_time_zone(zone);
    check(machine, layout)?;
    machine.text(dates::formatted(&moment, layout))
}

fn check(machine: &mut Machine<'_>, layout: &str) -> Result<(), Fault> {
    if layout.len() > LONGEST_LAYOUT {
        return Err(format!("a layout has at most {LONGEST_LAYOUT} bytes").into());
    }
    machine.budget.step(layout.len())
}

/// A zone by its name; what is none is UTC, as in Sprig.
fn zone(machine: &Machine<'_>, name: &str) -> TimeZone {
    match name {
        "" | "UTC" => TimeZone::UTC,
        "Local" => machine.environment.zone.clone(),
        name if name.len() <= 64 => TimeZone::get(name).unwrap_or(TimeZone::UTC),
        _ => TimeZone::UTC,
    }
}

fn date_in_zone(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    // To look a zone up may mean to read a file.
    machine.budget.step(50)?;
    let zone = zone(machine, &text(arguments, 2));
    written(machine, &text(arguments, 0), &any(arguments, 1), zone)
}

fn modified(arguments: &[Value]) -> Option<Value> {
    let Value::Time(moment) = any(arguments, 1) else { return None };
    let nanoseconds = dates::read_duration(&text(arguments, 0))?;
    let later = moment.timestamp().checked_add(SignedDuration::from_nanos(nanoseconds)).ok()?;
    Some(time(later.to_zoned(moment.time_zone().clone())))
}

fn must_modify(_: &mut Machine<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    modified(arguments)
        .ok_or_else(|| format!("{} is no length of time such as -1.5h", quoted(&text(arguments, 0))).into())
}

fn read(machine: &mut Machine<'_>, arguments: &[Value]) -> Result<Option<Value>, Fault> {
    let (layout, date) = (text(arguments, 0), text(arguments, 1));
    check(machine, &layout)?;
    Ok(dates::read(&layout, &date, &machine.environment.zone).map(time))
}
