use super::*;
use crate::testing::{berlin, moment, utc};

#[test]
fn schedules_are_written_as_they_are_read() {
    for (text, written) in [
        ("every 90m", "every 1h 30m"),
        ("  Cron   0 3 * *  mon-fri ", "cron 0 3 * * mon-fri"),
        ("cron @daily in europe/berlin", "cron @daily in Europe/Berlin"),
        ("calendar  Mon..Fri  02:30", "calendar Mon..Fri 02:30"),
        ("calendar daily\n\n12:00 UTC  in Europe/Berlin", "calendar daily\n12:00 UTC in Europe/Berlin"),
    ] {
        let schedule = Schedule::parse(text).unwrap();
        assert_eq!(schedule.to_string(), written);
        assert_eq!(Schedule::parse(written), Ok(schedule));
    }
}

#[test]
fn the_next_time_is_by_the_clock_that_is_named() {
    let after = moment("2026-07-01T10:00Z");
    for (text, local, expected) in [
        ("every 90m", utc(), "2026-07-01T11:30Z"),
        ("cron 30 12 * * *", utc(), "2026-07-01T12:30Z"),
        ("cron 30 12 * * *", berlin(), "2026-07-01T10:30Z"),
        ("cron 30 12 * * * in UTC", berlin(), "2026-07-01T12:30Z"),
        ("calendar 12:30 in Europe/Berlin", utc(), "2026-07-01T10:30Z"),
        ("calendar 12:30 UTC in Europe/Berlin", utc(), "2026-07-01T12:30Z"),
    ] {
        let schedule = Schedule::parse(text).unwrap();
        assert_eq!(schedule.next_after(after, &local), Some(moment(expected)), "{text}");
    }
    assert_eq!(Schedule::parse("every 1s").unwrap().next_after(Timestamp::MAX, &utc()), None);
}

#[test]
fn mistakes_are_explained() {
    for (text, said) in [
        (
            "",
            "What is missing at character 1 is the kind of schedule: begin with every, cron or calendar, as in every 1h or cron 30 2 * * *.",
        ),
        (
            "0 3 * * *",
            "“0” at character 1 is no kind of schedule: begin with every, cron or calendar, as in every 1h or cron 30 2 * * *.",
        ),
        (
            "every",
            "What is missing at character 6 is the length of time: write numbers with w, d, h, m or s, such as 1h 30m.",
        ),
        (
            "cron 0 3 * * 8",
            "“8” at character 14 is no day of the week: write numbers from 0 to 7 (0 and 7 are Sunday) or names, such as mon-fri, 5#2 or 5L.",
        ),
        (
            "calendar daily in Berlin",
            "“Berlin” at character 19 is no time zone that this machine knows: write a name such as Europe/Berlin or UTC.",
        ),
    ] {
        assert_eq!(Schedule::parse(text).unwrap_err().to_string(), said, "{text}");
    }
}

#[test]
fn zones_are_names_and_not_paths() {
    assert_eq!(Zone::parse(" utc ").unwrap().to_string(), "UTC");
    for text in ["", "../../etc/passwd", "/etc/localtime", "Europe", "+01:00", "CET-1CEST", &"A".repeat(65)] {
        assert!(Zone::parse(text).is_err(), "{text}");
    }
}
