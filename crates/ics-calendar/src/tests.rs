use crate::{Calendar, parse};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

fn file(events: &str) -> Calendar {
    parse(&format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}\nEND:VCALENDAR\n")).unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

/// Beginnings as somebody in Berlin reads them.
fn starts(calendar: &Calendar, from: &str, to: &str) -> Vec<String> {
    let at = |day: &str| -> Timestamp { format!("{day}T00:00:00+01:00").parse().unwrap() };
    let found = calendar.occurrences(at(from), at(to), &berlin(), 100);
    found.iter().map(|it| it.start.to_zoned(berlin()).strftime("%a %Y-%m-%d %H:%M").to_string()).collect()
}

fn rule(start: &str, rule: &str, from: &str, to: &str) -> Vec<String> {
    let event = format!(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:x\nDTSTART;TZID=Europe/Berlin:{start}\nRRULE:{rule}\nEND:VEVENT"
    );
    starts(&file(&event), from, to)
}

#[test]
fn a_single_appointment_is_found_by_every_part_of_it() {
    let calendar = file(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:Dentist\\, again\nLOCATION:Main St 1\nURL:https://example.org/1\n\
         DTSTART:20261123T080000Z\nDTEND:20261123T093000Z\nBEGIN:VALARM\nSUMMARY:no\nEND:VALARM\nEND:VEVENT",
    );
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let found = calendar.occurrences(at("2026-11-23T09:00:00Z"), at("2026-11-24T00:00:00Z"), &berlin(), 10);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].summary, "Dentist, again");
    assert_eq!(found[0].url.as_deref(), Some("https://example.org/1"));
    assert_eq!(found[0].end, at("2026-11-23T09:30:00Z"));
    assert!(
        calendar
            .occurrences(at("2026-11-23T10:00:00Z"), at("2026-11-24T00:00:00Z"), &berlin(), 10)
            .is_empty()
    );
}

#[test]
fn whole_days_are_days_where_one_is() {
    let calendar = file(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:Away\nDTSTART;VALUE=DATE:20261024\nDTEND;VALUE=DATE:20261026\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:2\nSUMMARY:Birthday\nDTSTART;VALUE=DATE:19920229\nRRULE:FREQ=YEARLY\nEND:VEVENT",
    );
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let found = calendar.occurrences(at("2026-10-20T00:00:00Z"), at("2026-10-30T00:00:00Z"), &berlin(), 10);
    // The night of the 25th has an hour more.
    assert_eq!(found[0].start, at("2026-10-23T22:00:00Z"));
    assert_eq!(found[0].end, at("2026-10-25T23:00:00Z"));
    assert!(found[0].all_day);
    assert_eq!(starts(&calendar, "2028-02-01", "2028-03-03"), ["Tue 2028-02-29 00:00"]);
}

#[test]
fn rules_of_repetition() {
    let weekly = rule("20260105T180000", "FREQ=WEEKLY;BYDAY=MO,TH", "2026-03-23", "2026-04-04");
    assert_eq!(
        weekly,
        ["Mon 2026-03-23 18:00", "Thu 2026-03-26 18:00", "Mon 2026-03-30 18:00", "Thu 2026-04-02 18:00"]
    );
    let fortnight = rule("20260105T180000", "FREQ=WEEKLY;INTERVAL=2", "2026-01-01", "2026-02-10");
    assert_eq!(fortnight, ["Mon 2026-01-05 18:00", "Mon 2026-01-19 18:00", "Mon 2026-02-02 18:00"]);
    let counted = rule("20260105T180000", "FREQ=DAILY;COUNT=3", "2026-01-06", "2027-01-01");
    assert_eq!(counted, ["Tue 2026-01-06 18:00", "Wed 2026-01-07 18:00"]);
    let until = rule("20260105T180000", "FREQ=DAILY;UNTIL=20260107T170000Z", "2026-01-06", "2027-01-01");
    assert_eq!(until, ["Tue 2026-01-06 18:00", "Wed 2026-01-07 18:00"]);
    let second_monday = rule("20260112T090000", "FREQ=MONTHLY;BYDAY=2MO", "2026-10-01", "2026-12-31");
    assert_eq!(second_monday, ["Mon 2026-10-12 09:00", "Mon 2026-11-09 09:00", "Mon 2026-12-14 09:00"]);
    let last_friday = rule("20260130T090000", "FREQ=MONTHLY;BYDAY=-1FR", "2026-02-01", "2026-04-01");
    assert_eq!(last_friday, ["Fri 2026-02-27 09:00", "Fri 2026-03-27 09:00"]);
    let last_day = rule("20260131T090000", "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-02-01", "2026-05-01");
    assert_eq!(last_day, ["Sat 2026-02-28 09:00", "Tue 2026-03-31 09:00", "Thu 2026-04-30 09:00"]);
    let the_31st = rule("20260131T090000", "FREQ=MONTHLY", "2026-02-01", "2026-06-01");
    assert_eq!(
        the_31st,
        ["Tue 2026-03-31 09:00", "Sun 2026-05-31 09:00"],
        "months without a 31st are left out"
    );
    let thanksgiving =
        rule("20201126T120000", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-01-01", "2027-12-31");
    assert_eq!(thanksgiving, ["Thu 2026-11-26 12:00", "Thu 2027-11-25 12:00"]);
    let last_workday =
        rule("20260130T160000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-02-01", "2026-04-01");
    assert_eq!(last_workday, ["Fri 2026-02-27 16:00", "Tue 2026-03-31 16:00"]);
}

#[test]
fn moved_left_out_and_cancelled_repetitions() {
    let calendar = file(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:Standup\nDTSTART;TZID=Europe/Berlin:20261102T090000\nRRULE:FREQ=DAILY\n\
         EXDATE;TZID=Europe/Berlin:20261103T090000\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nSUMMARY:Standup\nRECURRENCE-ID;TZID=Europe/Berlin:20261104T090000\n\
         DTSTART;TZID=Europe/Berlin:20261104T113000\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nSTATUS:CANCELLED\nRECURRENCE-ID;TZID=Europe/Berlin:20261105T090000\n\
         DTSTART;TZID=Europe/Berlin:20261105T090000\nEND:VEVENT",
    );
    let expected = ["Mon 2026-11-02 09:00", "Wed 2026-11-04 11:30", "Fri 2026-11-06 09:00"];
    assert_eq!(starts(&calendar, "2026-11-01", "2026-11-07"), expected);
}

#[test]
fn what_cannot_be_read_costs_itself_alone() {
    let calendar = file(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:no beginning\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\nDTSTART:20261399T250000\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:3\nSUMMARY:hourly\nDTSTART:20261102T090000Z\nDURATION:PT45M\nRRULE:FREQ=HOURLY\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:4\nSUMMARY:bad link\nDTSTART:20261102T100000Z\nURL:javascript:alert(1)\nEND:VEVENT",
    );
    assert_eq!(calendar.left_out, 2);
    assert_eq!(
        starts(&calendar, "2026-11-01", "2026-11-30"),
        ["Mon 2026-11-02 10:00", "Mon 2026-11-02 11:00"]
    );
    assert_eq!(calendar.events[0].length, jiff::SignedDuration::from_mins(45));
    assert_eq!(calendar.events[1].url, None);
    assert!(parse("<html>not found</html>").is_none());
}

#[test]
fn decades_of_repetition_are_no_work() {
    let many: String = (0..2000)
        .map(|n| {
            format!(
                "BEGIN:VEVENT\nUID:{n}\nDTSTART:19000101T0{}0000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\n",
                n % 10
            )
        })
        .collect();
    assert_eq!(starts(&file(&many), "2026-11-01", "2026-11-02").len(), 100);
}

#[test]
fn rules_that_name_no_day_there_is_cost_little() {
    // Each of these was followed for as long as the calendar has years, and a file has room for many thousands.
    for rule in
        ["FREQ=YEARLY;BYDAY=60MO", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=13;COUNT=5"]
    {
        let parsed = crate::Rule::parse(rule).unwrap();
        let window = (jiff::civil::date(2026, 11, 1), jiff::civil::date(2026, 12, 1));
        let mut left = 100_000;
        parsed.days(jiff::civil::date(2020, 1, 1), window, &mut left, |_| panic!("there is no such day"));
        assert!(left > 90_000, "{rule}: {left}");
        let mut left = 400;
        parsed.days(jiff::civil::date(1900, 1, 1), window, &mut left, |_| panic!("there is no such day"));
        assert!(left < 400, "{rule}: what all share is used up, and it ends");
        let many: String = (0..500)
            .map(|n| format!("BEGIN:VEVENT\nUID:{n}\nDTSTART:19000101T080000Z\nRRULE:{rule}\nEND:VEVENT\n"))
            .collect();
        let last = "BEGIN:VEVENT\nUID:last\nSUMMARY:Bins\nDTSTART:20261101T080000Z\nEND:VEVENT\n";
        let found = starts(&file(&format!("{many}{last}")), "2026-11-01", "2026-12-01");
        assert_eq!(found.len(), 1, "{rule}: what does not repeat is found");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(BEGIN:VCALENDAR\n|BEGIN:VEVENT\n|END:VEVENT\n|DTSTART:|RRULE:FREQ=|YEARLY|MONTHLY|;BYDAY=|-1SU|;COUNT=|[0-9TZ]{0,16}|\n|;|:|,|.){0,60}") {
        if let Some(calendar) = parse(&format!("BEGIN:VCALENDAR\n{text}")) {
            let from: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
            let to: Timestamp = "2026-12-01T00:00:00Z".parse().unwrap();
            let found = calendar.occurrences(from, to, &berlin(), 50);
            prop_assert!(found.len() <= 50);
            prop_assert!(found.iter().all(|it| it.start < to));
        }
    }

    #[test]
    fn a_later_window_finds_the_same(days in 1_i64..400, every in 1_u32..9, frequency in 0_usize..4) {
        // What is skipped without looking must not change what is found.
        let frequency = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"][frequency];
        let event = format!("BEGIN:VEVENT\nUID:1\nDTSTART:20200115T100000Z\nRRULE:FREQ={frequency};INTERVAL={every}\nEND:VEVENT");
        let calendar = file(&event);
        let first: Timestamp = "2020-01-15T00:00:00Z".parse().unwrap();
        let from = first + jiff::SignedDuration::from_hours(days * 24 * 5);
        let to = from + jiff::SignedDuration::from_hours(24 * 400);
        let all = calendar.occurrences(first, to, &TimeZone::UTC, 100_000);
        let late = calendar.occurrences(from, to, &TimeZone::UTC, 100_000);
        let expected: Vec<_> = all.into_iter().filter(|it| it.start >= from).collect();
        prop_assert_eq!(late, expected);
    }
}
