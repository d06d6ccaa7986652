//! Promises that hold for whatever is written.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use crate::{Calendar, Cron, Length, Schedule, Window};

fn zones() -> impl Strategy<Value = TimeZone> {
    let names = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];
    select(names.to_vec()).prop_map(|name| TimeZone::get(name).unwrap())
}

/// Half of them near a change of the clocks in Berlin, New York or on Lord Howe in 2026, in seconds.
fn moments() -> impl Strategy<Value = Timestamp> {
    let changes = [1_774_746_000, 1_792_890_000, 1_772_953_200, 1_793_512_800, 1_775_314_800, 1_791_041_400];
    let near = (select(changes.to_vec()), -90_000_i64..90_000).prop_map(|(change, by)| change + by);
    let any = 1_500_000_000_i64..2_000_000_000;
    (prop_oneof![near, any], 0..2_i64)
        .prop_map(|(seconds, odd)| Timestamp::from_millisecond(seconds * 1000 + odd * 500).unwrap())
}

/// An item of a list: a number, a range, one with a step.
fn item(lowest: u32, highest: u32, dash: &'static str) -> impl Strategy<Value = String> {
    let range = (lowest..=highest, lowest..=highest, 1..10_u32);
    prop_oneof![
        (lowest..=highest).prop_map(|number| number.to_string()),
        range.prop_map(move |(a, b, step)| format!("{}{dash}{}/{step}", a.min(b), a.max(b))),
    ]
}

fn list(lowest: u32, highest: u32, dash: &'static str) -> impl Strategy<Value = String> {
    let items = prop::collection::vec(item(lowest, highest, dash), 1..3).prop_map(|items| items.join(","));
    prop_oneof![2 => Just("*".to_owned()), 3 => items]
}

fn crons() -> impl Strategy<Value = String> {
    let step = (1..40_u32).prop_map(|step| format!("*/{step}"));
    let minute = prop_oneof![list(0, 59, "-"), step];
    let hour = prop_oneof![list(0, 23, "-"), Just("1-3".to_owned()), Just("2".to_owned())];
    let date = prop_oneof![3 => list(1, 28, "-"), 1 => Just("L".to_owned()), 1 => Just("LW,3".to_owned())];
    let weekday =
        prop_oneof![3 => list(0, 7, "-"), 1 => Just("5L".to_owned()), 1 => Just("sun#2,1".to_owned())];
    (minute, hour, date, list(1, 12, "-"), weekday)
        .prop_map(|(minute, hour, date, month, weekday)| format!("{minute} {hour} {date} {month} {weekday}"))
}

fn calendars() -> impl Strategy<Value = String> {
    let weekdays = select(vec!["", "Mon..Fri ", "Sat,Sun ", "Sun, "]);
    let day = prop_oneof![list(1, 28, "..").prop_map(|day| format!("-{day}")), Just("~01..07".to_owned())];
    let hour = prop_oneof![list(0, 23, ".."), Just("1..3".to_owned())];
    (weekdays, list(1, 12, ".."), day, hour, list(0, 59, ".."), list(0, 59, "..")).prop_map(
        |(weekdays, month, day, hour, minute, second)| {
            format!("{weekdays}*-{month}{day} {hour}:{minute}:{second}")
        },
    )
}

fn windows() -> impl Strategy<Value = String> {
    let days = select(vec!["daily", "Mon-Fri", "Sun", "Sat-Mon", "Tue,Thu"]);
    let weekly = (days, 0..24_u32, select(vec![0, 15, 30]), 0..24_u32, select(vec![1, 20, 59]));
    let cron = (crons(), 1..200_000_u32)
        .prop_map(|(cron, lasts)| format!("cron {cron} for {}", Length::from_secs(lasts).unwrap()));
    let once = (1..29_u32, 0..24_u32, 1..29_u32, 0..24_u32).prop_map(|(from, at, to, until)| {
        format!("2026-03-{from:02} {at:02}:30 - 2026-10-{to:02} {until:02}:30")
    });
    prop_oneof![
        weekly.prop_map(|(days, h1, m1, h2, m2)| format!("{days} {h1:02}:{m1:02}-{h2:02}:{m2:02}")),
        cron,
        once,
    ]
}

/// What a clock shows, to the minute, read field by field: slow, and written without looking at the engine.
fn cron_fits(cron: &str, local: DateTime) -> bool {
    let fields: Vec<_> = cron.split(' ').collect();
    let [minute, hour, date, month, weekday] = fields.as_slice() else { panic!("{cron}") };
    let last = i32::from(local.days_in_month());
    let (day, sunday_zero) = (i32::from(local.day()), i32::from(local.weekday().to_sunday_zero_offset()));
    let in_list = |list: &str, value: i32, lowest: i32, highest: i32| {
        list.split(',').any(|item| {
            let (range, step) = item.split_once('/').unwrap_or((item, "1"));
            let (from, to) = match range.split_once('-') {
                _ if range == "*" => (lowest, highest),
                Some((from, to)) => (from.parse().unwrap(), to.parse().unwrap()),
                None => (range.parse().unwrap_or(-1), range.parse().unwrap_or(-1)),
            };
            (from..=to).contains(&value) && (value - from) % step.parse::<i32>().unwrap() == 0
        })
    };
    let by_date = match *date {
        "L" => day == last,
        "LW,3" => {
            let weekend = |day: i32| (sunday_zero + day - i32::from(local.day())).rem_euclid(7) % 6 == 0;
            day == 3 || (!weekend(day) && (day + 1..=last).all(weekend))
        }
        date => in_list(date, day, 1, 31),
    };
    let by_weekday = match *weekday {
        "5L" => sunday_zero == 5 && day + 7 > last,
        "sun#2,1" => sunday_zero == 1 || (sunday_zero == 0 && (8..=14).contains(&day)),
        weekday => in_list(weekday, sunday_zero, 0, 7) || (sunday_zero == 0 && in_list(weekday, 7, 0, 7)),
    };
    let days = if date.starts_with('*') || weekday.starts_with('*') {
        by_date && by_weekday
    } else {
        by_date || by_weekday
    };
    days && in_list(minute, local.minute().into(), 0, 59)
        && in_list(hour, local.hour().into(), 0, 23)
        && in_list(month, local.month().into(), 1, 12)
}

/// The first run within `minutes` after `after`, by asking every minute.
fn cron_by_minutes(cron: &str, after: Timestamp, minutes: i64, tz: &TimeZone) -> Option<Timestamp> {
    let shown_always = cron.split(' ').take(2).any(|field| field.starts_with('*'));
    let first = after.as_second().div_euclid(60) + 1;
    (first..first + minutes).map(|minute| Timestamp::from_second(minute * 60).unwrap()).find(|at| {
        let now = tz.to_datetime(*at);
        let before = tz.to_datetime(*at - SignedDuration::from_mins(1));
        if shown_always {
            return cron_fits(cron, now);
        }
        // What was skipped runs now; what was shown within the last hours has run.
        let skipped =
            std::iter::successors(Some(before), |at| at.checked_add(SignedDuration::from_mins(1)).ok())
                .skip(1)
                .take_while(|at| *at <= now);
        let seen = || (1..=180).any(|back| tz.to_datetime(*at - SignedDuration::from_mins(back)) == now);
        skipped.into_iter().any(|local| cron_fits(cron, local)) && !seen()
    })
}

proptest! {
    #[test]
    fn runs_of_cron_are_those_found_by_asking_every_minute(cron in crons(), after in moments(), tz in zones()) {
        let read = Cron::parse(&cron).unwrap();
        let minutes = 2 * 1440;
        let slow = cron_by_minutes(&cron, after, minutes, &tz);
        let end = Timestamp::from_second((after.as_second().div_euclid(60) + minutes) * 60).unwrap();
        let fast = read.next_after(after, &tz);
        prop_assert_eq!(fast.filter(|at| *at <= end), slow, "{} after {}", cron, after);
    }

    #[test]
    fn the_next_is_after_and_nothing_lies_between(cron in crons(), calendar in calendars(), after in moments(), tz in zones(), part in 0.0..1.0_f64) {
        let (cron, calendar) = (Cron::parse(&cron).unwrap(), Calendar::parse(&calendar).unwrap());
        let next: [&dyn Fn(Timestamp) -> Option<Timestamp>; 2] =
            [&|after| cron.next_after(after, &tz), &|after| calendar.next_after(after, &tz)];
        for next in next {
            let Some(found) = next(after) else { continue };
            prop_assert!(found > after);
            prop_assert_eq!(found.subsec_nanosecond(), 0);
            let between = after + found.duration_since(after).mul_f64(part);
            // A moment in a repeated hour makes a calendar wait for its end.
            let expected = if between < found { Some(found) } else { next(found) };
            prop_assert_eq!(next(between), expected, "from {}", between);
        }
    }

    #[test]
    fn what_is_found_fits(calendar in calendars(), after in moments(), tz in zones()) {
        let read = Calendar::parse(&calendar).unwrap();
        let Some(found) = read.next_after(after, &tz) else { return Ok(()) };
        // The same with the found time written out finds the same.
        let local = tz.to_datetime(found);
        let pinned = Calendar::parse(&local.strftime("%a %Y-%m-%d %H:%M:%S").to_string()).unwrap();
        prop_assert_eq!(pinned.next_after(after, &tz), Some(found));
        let (date, time) = calendar.rsplit_once(' ').unwrap();
        let same_day = format!("{date} {}", local.strftime("%H:%M:%S"));
        let same_time = format!("{} {time}", local.strftime("%Y-%m-%d"));
        for half in [same_day, same_time] {
            prop_assert_eq!(Calendar::parse(&half).unwrap().next_after(after, &tz), Some(found), "{}", half);
        }
    }

    #[test]
    fn what_is_covered_has_begun_and_what_comes_next_is_covered(text in windows(), at in moments(), tz in zones()) {
        let window = Window::parse(&text).unwrap();
        if let Some(span) = window.covers(at, &tz) {
            prop_assert!(span.contains(at));
            prop_assert_eq!(window.covers(span.from, &tz), Some(span));
            let before = span.from - SignedDuration::from_nanos(1);
            prop_assert_eq!(window.next(before, &tz), Some(span));
            // Nothing began in between.
            prop_assert!(window.next(span.from, &tz).is_none_or(|next| next.from > at));
        }
        if let Some(span) = window.next(at, &tz) {
            prop_assert!(span.from > at && span.from < span.to);
            prop_assert_eq!(window.covers(span.from, &tz), Some(span));
            let last = span.to - SignedDuration::from_nanos(1);
            prop_assert!(window.covers(last, &tz).is_some());
        }
    }

    #[test]
    fn what_is_written_is_read_again(cron in crons(), calendar in calendars(), window in windows(), seconds in 1_u32..=86_400_000) {
        let every = format!("every {}", Length::from_secs(seconds).unwrap());
        for text in [every, format!("cron {cron} in Europe/Berlin"), format!("calendar {calendar} UTC\n{calendar}")] {
            let schedule = Schedule::parse(&text).unwrap();
            prop_assert_eq!(schedule.to_string(), text);
            prop_assert_eq!(Schedule::parse(&schedule.to_string()), Ok(schedule));
        }
        let window = Window::parse(&window).unwrap();
        prop_assert_eq!(Window::parse(&window.to_string()), Ok(window));
    }

    #[test]
    fn nothing_that_can_be_written_panics(
        text in "(every|cron|calendar|daily|Sun|2026-12-24)? ?([-0-9*/,.:~#LW@ \n\tafminory]|Mon|UTC|for|in|24|[ -~]|\\PC){0,30}",
        at in any::<i64>(),
    ) {
        let at = Timestamp::from_second(at).unwrap_or(Timestamp::MAX);
        let tz = TimeZone::get("Europe/Berlin").unwrap();
        if let Ok(cron) = Cron::parse(&text) {
            prop_assert_eq!(Cron::parse(&cron.to_string()), Ok(cron.clone()));
            let _ = cron.next_after(at, &tz);
        }
        if let Ok(calendar) = Calendar::parse(&text) {
            prop_assert_eq!(Calendar::parse(&calendar.to_string()), Ok(calendar.clone()));
            let _ = calendar.next_after(at, &tz);
        }
        if let Ok(schedule) = Schedule::parse(&text) {
            prop_assert_eq!(Schedule::parse(&schedule.to_string()), Ok(schedule.clone()));
            let _ = schedule.next_after(at, &tz);
        }
        match Window::parse(&text) {
            Ok(window) => {
                prop_assert_eq!(Window::parse(&window.to_string()), Ok(window.clone()));
                let _ = (window.covers(at, &tz), window.next(at, &tz));
            }
            Err(error) => prop_assert!(error.to_string().chars().count() < 300 && !error.to_string().contains('\n')),
        }
    }
}
