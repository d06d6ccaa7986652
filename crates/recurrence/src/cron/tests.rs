use super::*;
use crate::pattern::bits;
use crate::testing::{berlin, local, moment, new_york, runs, utc};

fn cron(text: &str) -> Cron {
    Cron::parse(text).unwrap()
}

fn next(text: &str, after: &str, count: usize, tz: &TimeZone) -> Vec<String> {
    let cron = cron(text);
    runs(after, count, tz, |after| cron.next_after(after, tz))
}

/// The examples of crontab(5).
#[test]
fn the_manual_is_right() {
    for (text, after, next_runs) in [
        ("5 0 * * *", "2026-11-23T00:05Z", ["2026-11-24 00:05", "2026-11-25 00:05"]),
        ("15 14 1 * *", "2026-11-23T00:00Z", ["2026-12-01 14:15", "2027-01-01 14:15"]),
        ("0 22 * * 1-5", "2026-11-27T21:00Z", ["2026-11-27 22:00", "2026-11-30 22:00"]),
        ("23 0-23/2 * * *", "2026-11-23T00:30Z", ["2026-11-23 02:23", "2026-11-23 04:23"]),
        ("5 4 * * sun", "2026-11-23T00:00Z", ["2026-11-29 04:05", "2026-12-06 04:05"]),
        ("0 */4 1 * mon", "2026-11-30T19:00Z", ["2026-11-30 20:00", "2026-12-01 00:00"]),
        ("0 0 */2 * sun", "2026-11-01T00:00Z", ["2026-11-15 00:00", "2026-11-29 00:00"]),
        ("0 4 8-14 * *", "2026-11-23T00:00Z", ["2026-12-08 04:00", "2026-12-09 04:00"]),
        ("30 4 1,15 * 5", "2026-11-23T00:00Z", ["2026-11-27 04:30", "2026-12-01 04:30"]),
        ("*/5 * * * *", "2026-12-31T23:55Z", ["2027-01-01 00:00", "2027-01-01 00:05"]),
    ] {
        assert_eq!(next(text, after, 2, &utc()), next_runs, "{text}");
    }
}

#[test]
fn names_are_their_numbers() {
    for (name, fields) in [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@MIDNIGHT", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("0 0 * JAN-mar,Dec *", "0 0 * 1-3,12 *"),
        ("0 0 * * Mon,FRI-sun", "0 0 * * 1,5-7"),
        ("0 0 * * sun-tue", "0 0 * * 0-2"),
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * friL,sat#2", "0 0 * * 5L,6#2"),
        ("  7\t8  9 10   6 ", "7 8 9 10 6"),
    ] {
        let (name, fields) = (cron(name), cron(fields));
        assert_eq!((&name.pattern, name.changes), (&fields.pattern, fields.changes), "{name}");
    }
}

#[test]
fn ranges_and_steps() {
    for (minutes, expected) in [
        ("*/20", vec![0, 20, 40]),
        ("10-30/10", vec![10, 20, 30]),
        ("50/4", vec![50, 54, 58]),
        ("5,5-6,*/30", vec![0, 5, 6, 30]),
        ("0-59/70", vec![0]),
        ("59", vec![59]),
    ] {
        let cron = cron(&format!("{minutes} * * * *"));
        assert_eq!(bits(cron.pattern.minutes).collect::<Vec<_>>(), expected, "{minutes}");
    }
}

#[test]
fn the_last_days_and_counted_weekdays() {
    for (text, expected) in [
        ("0 0 L * *", ["2027-01-31 00:00", "2027-02-28 00:00", "2027-03-31 00:00"]),
        ("0 0 1,l * *", ["2027-01-31 00:00", "2027-02-01 00:00", "2027-02-28 00:00"]),
        ("0 0 LW * *", ["2027-01-29 00:00", "2027-02-26 00:00", "2027-03-31 00:00"]),
        ("0 0 * * 5L", ["2027-01-29 00:00", "2027-02-26 00:00", "2027-03-26 00:00"]),
        ("0 0 * * 7#5", ["2027-01-31 00:00", "2027-05-30 00:00", "2027-08-29 00:00"]),
        ("0 0 13 * 5#2", ["2027-02-12 00:00", "2027-02-13 00:00", "2027-03-12 00:00"]),
    ] {
        assert_eq!(next(text, "2027-01-14T00:00Z", 3, &utc()), expected, "{text}");
    }
}

/// In Berlin the clocks go from 02:00 to 03:00 on 29 March 2026 and from 03:00 to 02:00 on 25 October.
#[test]
fn the_clocks_change_in_berlin() {
    let spring = "2026-03-29T01:15+01:00";
    let autumn = "2026-10-25T01:15+02:00";
    for (text, after, expected) in [
        ("30 2 * * *", spring, ["2026-03-29 03:00+02", "2026-03-30 02:30+02", "2026-03-31 02:30+02"]),
        ("0,30 2 * * *", spring, ["2026-03-29 03:00+02", "2026-03-30 02:00+02", "2026-03-30 02:30+02"]),
        ("30 2,3 * * *", spring, ["2026-03-29 03:00+02", "2026-03-29 03:30+02", "2026-03-30 02:30+02"]),
        ("*/30 * * * *", spring, ["2026-03-29 01:30+01", "2026-03-29 03:00+02", "2026-03-29 03:30+02"]),
        ("*/30 2 * * *", spring, ["2026-03-30 02:00+02", "2026-03-30 02:30+02", "2026-03-31 02:00+02"]),
        ("@hourly", spring, ["2026-03-29 03:00+02", "2026-03-29 04:00+02", "2026-03-29 05:00+02"]),
        ("30 2 * * *", autumn, ["2026-10-25 02:30+02", "2026-10-26 02:30+01", "2026-10-27 02:30+01"]),
        ("0 2,3 * * *", autumn, ["2026-10-25 02:00+02", "2026-10-25 03:00+01", "2026-10-26 02:00+01"]),
        ("30 * * * *", autumn, ["2026-10-25 01:30+02", "2026-10-25 02:30+02", "2026-10-25 02:30+01"]),
        ("30 */2 * * *", autumn, ["2026-10-25 02:30+02", "2026-10-25 02:30+01", "2026-10-25 04:30+01"]),
    ] {
        let cron = cron(text);
        let tz = berlin();
        let found = local(after, 3, &tz, |after| cron.next_after(after, &tz));
        assert_eq!(found, expected, "{text} after {after}");
    }
}

/// In New York they go from 02:00 to 03:00 on 8 March 2026 and from 02:00 to 01:00 on 1 November.
#[test]
fn the_clocks_change_in_new_york() {
    let spring = "2026-03-08T01:15-05:00";
    let autumn = "2026-11-01T00:45-04:00";
    for (text, after, expected) in [
        ("30 2 * * *", spring, ["2026-03-08 03:00-04", "2026-03-09 02:30-04"]),
        ("30 2 * * 0", spring, ["2026-03-08 03:00-04", "2026-03-15 02:30-04"]),
        ("0 * * * *", spring, ["2026-03-08 03:00-04", "2026-03-08 04:00-04"]),
        ("30 1 * * *", autumn, ["2026-11-01 01:30-04", "2026-11-02 01:30-05"]),
        ("30 * * * *", autumn, ["2026-11-01 01:30-04", "2026-11-01 01:30-05"]),
    ] {
        let cron = cron(text);
        let tz = new_york();
        let found = local(after, 2, &tz, |after| cron.next_after(after, &tz));
        assert_eq!(found, expected, "{text} after {after}");
    }
}

/// While the hour is repeated, what runs once has run.
#[test]
fn after_a_moment_in_the_repetition() {
    let tz = berlin();
    let after = moment("2026-10-25T02:10+01:00");
    let at = |text: &str| cron(text).next_after(after, &tz).unwrap();
    assert_eq!(at("30 2 * * *"), moment("2026-10-26T02:30+01:00"));
    assert_eq!(at("30 2,3 * * *"), moment("2026-10-25T03:30+01:00"));
    assert_eq!(at("30 * * * *"), moment("2026-10-25T02:30+01:00"));
}

#[test]
fn fractions_of_a_second_are_after_the_second() {
    let tz = utc();
    for (after, expected) in [
        ("1969-12-31T23:59:58.5Z", "1970-01-01T00:00Z"),
        ("2026-01-01T00:00:00.000000001Z", "2026-01-01T00:01Z"),
        ("2026-01-01T00:00:59.999999999Z", "2026-01-01T00:01Z"),
        ("2026-01-01T00:01:00Z", "2026-01-01T00:02Z"),
    ] {
        assert_eq!(cron("* * * * *").next_after(moment(after), &tz), Some(moment(expected)), "{after}");
        assert_eq!(cron("0-59 0-23 * * *").next_after(moment(after), &tz), Some(moment(expected)), "{after}");
    }
}

#[test]
fn what_never_comes_is_none_and_what_comes_late_is_found() {
    let after = "2026-01-01T00:00Z";
    assert_eq!(cron("0 0 30 2 *").next_after(moment(after), &berlin()), None);
    assert_eq!(cron("*/5 * 31 4,6,9,11 *").next_after(moment(after), &berlin()), None);
    assert_eq!(next("0 0 29 2 *", after, 2, &utc()), ["2028-02-29 00:00", "2032-02-29 00:00"]);
    // As one of both days has a star, both must fit.
    assert_eq!(next("0 0 */28 2 1#5", after, 1, &utc()), ["2044-02-29 00:00"]);
    assert_eq!(next("0 0 */28 2 1#5", "2072-03-01T00:00Z", 1, &utc()), ["2112-02-29 00:00"]);
}

/// The limit is there for mistakes; nothing that can be written comes near it.
#[test]
fn the_worst_costs_little() {
    for tz in [utc(), berlin(), new_york()] {
        for text in ["0 0 30 2 *", "*/5 */2 30 2 *", "* * 31 4,6,9,11 *", "59 23 */28 2 6#5", "*/9 2 * 3 7L"]
        {
            for after in ["2026-01-01T00:00Z", "2026-10-25T00:59:59Z", "2026-03-29T00:30Z"] {
                let mut budget = Budget::new();
                let _ = cron(text).next_within(moment(after), &tz, &mut budget);
                assert!(budget.spent() < 1500, "{text} took {} steps", budget.spent());
            }
        }
    }
}

#[test]
fn the_ends_of_time_are_no_trouble() {
    for text in ["* * * * *", "0 0 29 2 *", "59 23 31 12 *"] {
        for tz in [utc(), berlin()] {
            assert_eq!(cron(text).next_after(Timestamp::MAX, &tz), None, "{text}");
            assert!(cron(text).next_after(Timestamp::MIN, &tz).is_some(), "{text}");
        }
    }
}

#[test]
fn mistakes_are_explained() {
    for (text, said) in [
        (
            "",
            "What is missing at character 1 is the cron expression: write minute, hour, day of the month, month and day of the week, such as 30 2 * * 1-5.",
        ),
        (
            "0 3 * *",
            "“0 3 * *” at character 1 has 4 of five fields: write minute, hour, day of the month, month and day of the week, such as 30 2 * * 1-5.",
        ),
        (
            "0 0 3 * * *",
            "“0 0 3 * * *” at character 1 has 6 fields: write five fields, minutes first; cron has no field for seconds.",
        ),
        (
            "0 0 3 * * mon-fri",
            "“0 0 3 * * mon-fri” at character 1 has 6 fields: write five fields, minutes first; cron has no field for seconds.",
        ),
        (
            "0 3 * * * /usr/bin/backup -v",
            "“/usr/bin/backup” at character 11 is too much: write the five fields alone, without the command.",
        ),
        (
            "61 * * * *",
            "“61” at character 1 is no minute: write numbers from 0 to 59, such as 30, 0,30, 10-20 or */15.",
        ),
        (
            "0,,5 * * * *",
            "What is missing at character 3 is the minute: write numbers from 0 to 59, such as 30, 0,30, 10-20 or */15.",
        ),
        (
            "0 24 * * *",
            "“24” at character 3 is no hour: write numbers from 0 to 23, such as 2, 6,18, 9-17 or */4.",
        ),
        ("0 22-2 * * *", "“22-2” at character 3 runs backwards: write 22-23,0-2."),
        ("*/0 * * * *", "“0” at character 3 is no step: write a number from 1 on after /, as in */15."),
        (
            "*/ * * * *",
            "What is missing at character 3 is the step: write a number from 1 on after /, as in */15.",
        ),
        (
            "0 0 0 * *",
            "“0” at character 5 is no day of the month: write numbers from 1 to 31, such as 1, 1,15, 1-7 or */2, or L for the last day.",
        ),
        (
            "0 0 15W * *",
            "“15W” at character 5 is no day of the month: write numbers from 1 to 31, such as 1, 1,15, 1-7 or */2, or L for the last day.",
        ),
        (
            "0 0 * juni *",
            "“juni” at character 7 is no month: write numbers from 1 to 12 or names, such as 6, jan-mar or */3.",
        ),
        (
            "0 0 * * 5#6",
            "“6” at character 11 is no week of the month: write a number from 1 to 5 after #, as in 5#2.",
        ),
        (
            "0 0 * * L",
            "“L” at character 9 is no day of the week: write numbers from 0 to 7 (0 and 7 are Sunday) or names, such as mon-fri, 5#2 or 5L.",
        ),
        (
            "@reboot",
            "“@reboot” at character 1 has no time of its own: write @hourly, @daily, @weekly, @monthly or @yearly.",
        ),
        (
            "@dialy",
            "“@dialy” at character 1 is no name of a schedule: write @hourly, @daily, @weekly, @monthly or @yearly.",
        ),
        ("@daily 3", "“3” at character 8 is too much: write @daily and the like alone."),
    ] {
        assert_eq!(Cron::parse(text).unwrap_err().to_string(), said, "{text}");
    }
    let long = Cron::parse(&"0,".repeat(1000)).unwrap_err().to_string();
    assert!(
        long.ends_with("… at character 1 is too long: write at most 256 bytes.")
            || long.contains("is too long"),
        "{long}"
    );
}
