use super::*;
use crate::testing::{berlin, moment, new_york, utc};

fn window(text: &str) -> Window {
    Window::parse(text).unwrap()
}

fn shown(span: Option<Span>, tz: &TimeZone) -> String {
    let shown = |at: Timestamp| at.to_zoned(tz.clone()).strftime("%a %F %H:%M%z").to_string();
    span.map_or("none".into(), |span| format!("{} to {}", shown(span.from), shown(span.to)))
}

#[test]
fn windows_are_written_as_they_are_read() {
    for (text, written) in [
        ("Sun 02:00-04:00", "Sun 02:00-04:00"),
        (" mon-FRI  22:00 – 6:00", "Mon-Fri 22:00-06:00"),
        ("Sunday,saturday 0:00-24:00", "Sat,Sun 00:00-24:00"),
        ("daily 03:00-03:30", "daily 03:00-03:30"),
        ("Mon-Sun 03:00-00:00", "daily 03:00-00:00"),
        ("Sat-Tue,Thu 03:00-03:30", "Mon,Tue,Thu,Sat,Sun 03:00-03:30"),
        ("cron 0 3 1 * * for 120m", "cron 0 3 1 * * for 2h"),
        ("cron @weekly  FOR 1d", "cron @weekly for 1d"),
        ("2026-12-24 18:00 - 2026-12-26 8:00", "2026-12-24 18:00 - 2026-12-26 08:00"),
        ("2026-12-24 18:00 – 2026-12-31 24:00", "2026-12-24 18:00 - 2027-01-01 00:00"),
    ] {
        let read = window(text);
        assert_eq!(read.to_string(), written);
        assert_eq!(Window::parse(written), Ok(read));
    }
}

#[test]
fn a_window_covers_from_its_first_moment_up_to_its_last() {
    let friday = "Fri 2026-11-27 22:00+0100 to Sat 2026-11-28 06:00+0100";
    for (text, at, expected) in [
        ("Mon-Fri 22:00-06:00", "2026-11-27T21:59:59.999+01:00", "none"),
        ("Mon-Fri 22:00-06:00", "2026-11-27T22:00+01:00", friday),
        ("Mon-Fri 22:00-06:00", "2026-11-28T05:59:59.999+01:00", friday),
        ("Mon-Fri 22:00-06:00", "2026-11-28T06:00+01:00", "none"),
        ("Mon-Fri 22:00-06:00", "2026-11-28T23:00+01:00", "none"),
        (
            "Fri 00:00-24:00",
            "2026-11-27T23:59+01:00",
            "Fri 2026-11-27 00:00+0100 to Sat 2026-11-28 00:00+0100",
        ),
        (
            "Fri 22:00-21:59",
            "2026-11-28T21:00+01:00",
            "Fri 2026-11-27 22:00+0100 to Sat 2026-11-28 21:59+0100",
        ),
        (
            "cron 0 3 1 * * for 2h",
            "2026-12-01T03:00+01:00",
            "Tue 2026-12-01 03:00+0100 to Tue 2026-12-01 05:00+0100",
        ),
        ("cron 0 3 1 * * for 2h", "2026-12-01T05:00+01:00", "none"),
        (
            "cron * * * * * for 31d",
            "2026-12-01T05:00:30+01:00",
            "Tue 2026-12-01 05:00+0100 to Fri 2027-01-01 05:00+0100",
        ),
        (
            "cron 0 */2 * * * for 3h",
            "2026-12-01T06:00+01:00",
            "Tue 2026-12-01 06:00+0100 to Tue 2026-12-01 09:00+0100",
        ),
        ("cron 0 0 30 2 * for 3h", "2026-12-01T06:00+01:00", "none"),
        (
            "2026-11-27 12:00 - 2026-11-27 12:01",
            "2026-11-27T12:00:59+01:00",
            "Fri 2026-11-27 12:00+0100 to Fri 2026-11-27 12:01+0100",
        ),
        ("2026-11-27 12:00 - 2026-11-27 12:01", "2026-11-27T12:01+01:00", "none"),
    ] {
        assert_eq!(shown(window(text).covers(moment(at), &berlin()), &berlin()), expected, "{text} at {at}");
    }
}

#[test]
fn the_next_window_begins_after() {
    for (text, after, expected) in [
        (
            "Sun 02:00-04:00",
            "2026-11-29T02:00+01:00",
            "Sun 2026-12-06 02:00+0100 to Sun 2026-12-06 04:00+0100",
        ),
        (
            "Sun 02:00-04:00",
            "2026-11-29T01:59:59.9+01:00",
            "Sun 2026-11-29 02:00+0100 to Sun 2026-11-29 04:00+0100",
        ),
        (
            "daily 03:00-03:30",
            "2026-12-31T03:10+01:00",
            "Fri 2027-01-01 03:00+0100 to Fri 2027-01-01 03:30+0100",
        ),
        (
            "cron 0 3 1 * * for 2h",
            "2026-11-29T00:00+01:00",
            "Tue 2026-12-01 03:00+0100 to Tue 2026-12-01 05:00+0100",
        ),
        ("cron 0 0 30 2 * for 2h", "2026-11-29T00:00+01:00", "none"),
        (
            "2026-12-24 18:00 - 2026-12-26 08:00",
            "2026-12-24T17:59+01:00",
            "Thu 2026-12-24 18:00+0100 to Sat 2026-12-26 08:00+0100",
        ),
        ("2026-12-24 18:00 - 2026-12-26 08:00", "2026-12-24T18:00+01:00", "none"),
    ] {
        assert_eq!(
            shown(window(text).next(moment(after), &berlin()), &berlin()),
            expected,
            "{text} after {after}"
        );
    }
}

#[test]
fn the_clocks_change_within_a_window() {
    let (spring, autumn) = ("2026-03-28T12:00+01:00", "2026-10-24T12:00+02:00");
    for (text, after, expected) in [
        ("daily 01:00-04:00", spring, "Sun 2026-03-29 01:00+0100 to Sun 2026-03-29 04:00+0200"),
        ("daily 02:00-04:00", spring, "Sun 2026-03-29 03:00+0200 to Sun 2026-03-29 04:00+0200"),
        ("daily 01:30-02:30", spring, "Sun 2026-03-29 01:30+0100 to Sun 2026-03-29 03:30+0200"),
        ("daily 02:15-02:45", spring, "Sun 2026-03-29 03:00+0200 to Sun 2026-03-29 03:45+0200"),
        ("daily 02:00-04:00", autumn, "Sun 2026-10-25 02:00+0200 to Sun 2026-10-25 04:00+0100"),
        ("daily 01:00-02:30", autumn, "Sun 2026-10-25 01:00+0200 to Sun 2026-10-25 02:30+0100"),
        ("cron 30 2 * * * for 1h", autumn, "Sun 2026-10-25 02:30+0200 to Sun 2026-10-25 02:30+0100"),
        (
            "2026-03-29 02:10 - 2026-03-29 02:20",
            spring,
            "Sun 2026-03-29 03:00+0200 to Sun 2026-03-29 03:20+0200",
        ),
    ] {
        assert_eq!(shown(window(text).next(moment(after), &berlin()), &berlin()), expected, "{text}");
    }
    let after = moment("2026-11-01T00:00-04:00");
    let next = window("Sun 00:30-01:30").next(after, &new_york());
    assert_eq!(shown(next, &new_york()), "Sun 2026-11-01 00:30-0400 to Sun 2026-11-01 01:30-0500");
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for text in ["daily 00:00-24:00", "cron * * * * * for 1d", "2026-12-24 18:00 - 2026-12-26 08:00"] {
        for at in [Timestamp::MIN, Timestamp::MAX] {
            for tz in [utc(), berlin()] {
                let _ = (window(text).covers(at, &tz), window(text).next(at, &tz));
            }
        }
        assert_eq!(window(text).next(Timestamp::MAX, &utc()), None);
    }
}

#[test]
fn mistakes_are_explained() {
    for (text, said) in [
        (
            "",
            "What is missing at character 1 is the weekday: write Mon, Mon-Fri, Sat,Sun or daily, then the times, as in Sun 02:00-04:00.",
        ),
        (
            "Son 02:00-04:00",
            "“Son” at character 1 is no weekday: write Mon, Mon-Fri, Sat,Sun or daily, then the times, as in Sun 02:00-04:00.",
        ),
        (
            "02:00-04:00",
            "“02:00” at character 1 is no weekday: write Mon, Mon-Fri, Sat,Sun or daily, then the times, as in Sun 02:00-04:00.",
        ),
        ("Sun", "What is missing at character 4 is the span of a day: write two times, as in 02:00-04:00."),
        ("Sun 02:00", "“02:00” at character 5 is no span of a day: write two times, as in 02:00-04:00."),
        ("Sun 2-4", "“2” at character 5 is no time of the day: write hours and minutes from 00:00 to 24:00."),
        (
            "Sun 02:00-24:01",
            "“24:01” at character 11 is no time of the day: write hours and minutes from 00:00 to 24:00.",
        ),
        ("Sun 24:00-04:00", "“24:00” at character 5 is the end of the day: write 00:00 and the next day."),
        (
            "Sun 02:00-02:00",
            "“02:00-02:00” at character 5 begins and ends at the same time: write 00:00-24:00 for whole days.",
        ),
        (
            "cron 0 3 1 * *",
            "“0 3 1 * *” at character 6 does not say how long it lasts: end with for and a length, as in for 2h.",
        ),
        (
            "cron 0 3 1 * * for",
            "What is missing at character 19 is the length of time: write numbers with w, d, h, m or s, such as 1h 30m.",
        ),
        ("cron 0 3 1 * * for 32d", "“32d” at character 20 is too long: write at most 31d."),
        (
            "cron 0 3 1 * 9 for 2h",
            "“9” at character 14 is no day of the week: write numbers from 0 to 7 (0 and 7 are Sunday) or names, such as mon-fri, 5#2 or 5L.",
        ),
        (
            "2026-12-24 18:00",
            "“2026-12-24 18:00” at character 1 is no span: write date and time of both ends, as in 2026-12-24 18:00 - 2026-12-26 08:00.",
        ),
        (
            "2026-12-24 18:00 - 20:00",
            "“20:00” at character 20 is no date with a time: write date and time of both ends, as in 2026-12-24 18:00 - 2026-12-26 08:00.",
        ),
        (
            "2026-02-30 18:00 - 2026-12-26 08:00",
            "“2026-02-30” at character 1 is no date: write year, month and day, as in 2026-12-24.",
        ),
        (
            "2026-12-26 18:00 - 2026-12-26 08:00",
            "“2026-12-26 18:00 - 2026-12-26 08…” at character 1 does not end after it begins: write the earlier time first.",
        ),
    ] {
        assert_eq!(Window::parse(text).unwrap_err().to_string(), said, "{text}");
    }
}
