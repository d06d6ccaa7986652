use super::*;
use crate::testing::{berlin, moment, runs, utc};

fn calendar(text: &str) -> Calendar {
    Calendar::parse(text).unwrap()
}

/// The table of systemd.time(7), and what `systemd-analyze calendar` of systemd 252 makes of some more.
#[test]
fn forms_are_the_same_as_their_normalized_forms() {
    for (text, normalized) in [
        ("Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"),
        ("Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"),
        ("Wed *-1", "Wed *-*-01 00:00:00"),
        ("Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00"),
        ("Wed, 17:48", "Wed *-*-* 17:48:00"),
        ("Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"),
        ("*-*-7 0:0:0", "*-*-07 00:00:00"),
        ("10-15", "*-10-15 00:00:00"),
        ("monday *-12-* 17:00", "Mon *-12-* 17:00:00"),
        ("Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45"),
        ("12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"),
        ("12..14:10,20,30", "*-*-* 12..14:10,20,30:00"),
        ("mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"),
        ("03-05 08:05:40", "*-03-05 08:05:40"),
        ("08:05:40", "*-*-* 08:05:40"),
        ("05:40", "*-*-* 05:40:00"),
        ("Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40"),
        ("Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40"),
        ("2003-03-05 05:40", "2003-03-05 05:40:00"),
        ("2003-02..04-05", "2003-02..04-05 00:00:00"),
        ("2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC"),
        ("2003-03-05", "2003-03-05 00:00:00"),
        ("03-05", "*-03-05 00:00:00"),
        ("hourly", "*-*-* *:00:00"),
        ("minutely", "*-*-* *:*:00"),
        ("daily", "*-*-* 00:00:00"),
        ("Daily UTC", "*-*-* 00:00:00 UTC"),
        ("monthly", "*-*-01 00:00:00"),
        ("weekly", "Mon *-*-* 00:00:00"),
        ("weekly Pacific/Auckland", "Mon *-*-* 00:00:00 Pacific/Auckland"),
        ("yearly", "*-01-01 00:00:00"),
        ("annually", "*-01-01 00:00:00"),
        ("quarterly", "*-01,04,07,10-01 00:00:00"),
        ("semiannually", "*-01,07-01 00:00:00"),
        ("*:2/3", "*-*-* *:02/3:00"),
        ("10..10:00", "*-*-* 10:00:00"),
        ("*-*~*", "*-*-* 00:00:00"),
        ("Mon-Fri 10:00", "Mon..Fri *-*-* 10:00:00"),
        ("*:0..10/20", "*-*-* *:00:00"),
        ("70-1-1", "1970-01-01 00:00:00"),
        ("*-*~7/1", "*-*~1..7 00:00:00"),
        ("*-*~05/3", "*-*~02,05 00:00:00"),
    ] {
        let (given, normal) = (calendar(text), calendar(normalized));
        let parts =
            |calendar: &Calendar| (calendar.events[0].pattern.clone(), calendar.events[0].zone.clone());
        assert_eq!(parts(&given), parts(&normal), "{text}");
    }
}

/// Recorded from `systemd-analyze calendar --iterations=3 --base-time=…` of systemd 252.
#[test]
fn systemd_says_the_same() {
    let november = "2026-11-23 12:00";
    for (after, text, expected) in [
        (november, "Thu,Fri *-*-1,5 11:12:13", "2027-01-01 11:12:13|2027-02-05 11:12:13|2027-03-05 11:12:13"),
        (november, "*-02~03", "2027-02-26 00:00:00|2028-02-27 00:00:00|2029-02-26 00:00:00"),
        (november, "Mon *-05~07/1", "2027-05-31 00:00:00|2028-05-29 00:00:00|2029-05-28 00:00:00"),
        (november, "quarterly", "2027-01-01 00:00:00|2027-04-01 00:00:00|2027-07-01 00:00:00"),
        (november, "semiannually", "2027-01-01 00:00:00|2027-07-01 00:00:00|2028-01-01 00:00:00"),
        (november, "weekly Pacific/Auckland", "2026-11-29 11:00:00|2026-12-06 11:00:00|2026-12-13 11:00:00"),
        (november, "*:0/15", "2026-11-23 12:15:00|2026-11-23 12:30:00|2026-11-23 12:45:00"),
        (november, "2027-02..04-05", "2027-02-05 00:00:00|2027-03-05 00:00:00|2027-04-05 00:00:00|never"),
        (november, "Mon..Fri 22:30", "2026-11-23 22:30:00|2026-11-24 22:30:00|2026-11-25 22:30:00"),
        (november, "*-*~01..05/2", "2026-11-26 00:00:00|2026-11-28 00:00:00|2026-11-30 00:00:00"),
        (november, "*:*:0/20", "2026-11-23 12:00:20|2026-11-23 12:00:40|2026-11-23 12:01:00"),
        (november, "Sat *-*-8..14 03:00", "2026-12-12 03:00:00|2027-01-09 03:00:00|2027-02-13 03:00:00"),
        (november, "2030/5-1-1", "2030-01-01 00:00:00|2035-01-01 00:00:00|2040-01-01 00:00:00"),
        (november, "Mon *-02-29", "2044-02-29 00:00:00|2072-02-29 00:00:00|2112-02-29 00:00:00"),
        (
            november,
            "mon,fri *-1/2-1,3 *:30:45",
            "2027-01-01 00:30:45|2027-01-01 01:30:45|2027-01-01 02:30:45",
        ),
        (november, "*-*-31 Europe/Berlin", "2026-12-30 23:00:00|2027-01-30 23:00:00|2027-03-30 22:00:00"),
        (november, "2026-01-01", "never"),
        (november, "*-02-30", "never"),
        (
            "2026-03-28 12:00",
            "02:30 Europe/Berlin",
            "2026-03-30 00:30:00|2026-03-31 00:30:00|2026-04-01 00:30:00",
        ),
        (
            "2026-03-29 00:10",
            "*:0/30 Europe/Berlin",
            "2026-03-29 00:30:00|2026-03-29 01:00:00|2026-03-29 01:30:00",
        ),
        (
            "2026-10-25 00:10",
            "*:0/30 Europe/Berlin",
            "2026-10-25 00:30:00|2026-10-25 02:00:00|2026-10-25 02:30:00",
        ),
        (
            "2026-10-24 12:00",
            "02:30 Europe/Berlin",
            "2026-10-25 00:30:00|2026-10-26 01:30:00|2026-10-27 01:30:00",
        ),
        (
            "2026-03-07 12:00",
            "02:30 America/New_York",
            "2026-03-09 06:30:00|2026-03-10 06:30:00|2026-03-11 06:30:00",
        ),
        (
            "2026-10-31 12:00",
            "01:30 America/New_York",
            "2026-11-01 05:30:00|2026-11-02 06:30:00|2026-11-03 06:30:00",
        ),
    ] {
        let calendar = calendar(text);
        let mut at = moment(&format!("{after}Z"));
        for expected in expected.split('|') {
            let next = calendar.next_after(at, &utc());
            let shown = next.map_or("never".into(), |next| next.strftime("%F %T").to_string());
            assert_eq!(shown, expected, "{text}");
            at = next.unwrap_or(at);
        }
    }
}

#[test]
fn the_zone_of_an_expression_goes_before_the_callers() {
    let both = calendar("\n02:30\n\n  12:00 UTC\n");
    let after = "2026-07-01T00:00Z";
    let shown = runs(after, 3, &utc(), |after| both.next_after(after, &berlin()));
    assert_eq!(shown, ["2026-07-01 00:30", "2026-07-01 12:00", "2026-07-02 00:30"]);
    assert_eq!(both.to_string(), "02:30\n12:00 UTC");
}

#[test]
fn after_a_moment_in_the_repetition_the_repeated_times_have_passed() {
    let after = moment("2026-10-25T02:10+01:00");
    for (text, expected) in [
        ("02:30", "2026-10-26T02:30+01:00"),
        ("*:0/30", "2026-10-25T03:00+01:00"),
        ("*:*:*", "2026-10-25T03:00+01:00"),
    ] {
        assert_eq!(calendar(text).next_after(after, &berlin()), Some(moment(expected)), "{text}");
    }
}

#[test]
fn the_worst_costs_little() {
    for text in ["*-02-30", "*-04,06,09,11-31", "Mon *-02-29", "*-*~28 02:59:59", "Sun *-03-25..31 02:*:*"] {
        for after in
            ["1970-01-01T00:00Z", "2026-03-29T00:59:59Z", "2199-12-31T23:00Z", "-009999-01-02T01:59:59Z"]
        {
            let mut budget = Budget::new();
            let _ = calendar(text).events[0].next_within(moment(after), &berlin(), &mut budget);
            assert!(budget.spent() < 1500, "{text} took {} steps after {after}", budget.spent());
        }
    }
}

#[test]
fn nothing_comes_after_the_last_year() {
    for text in ["minutely", "*-02-29", "2199-12-31 23:59"] {
        assert_eq!(calendar(text).next_after(moment("2199-12-31T23:59:00Z"), &utc()), None, "{text}");
        assert_eq!(calendar(text).next_after(Timestamp::MAX, &berlin()), None, "{text}");
    }
}

#[test]
fn mistakes_are_explained() {
    for (text, said) in [
        (
            " \n ",
            "What is missing at character 1 is the calendar expression: write weekdays, date and time, such as Mon..Fri *-*-* 02:30, or daily.",
        ),
        (
            "dialy",
            "“dialy” at character 1 is no weekday: write names such as Mon, Mon,Thu or Mon..Fri; or daily, hourly and the like.",
        ),
        ("daily\n*:*/15", "“*/15” in line 2 at character 3 is no minute: write 0/15."),
        (
            "*:60",
            "“60” at character 3 is no minute: write * or numbers from 0 to 59, such as 30, 0,30, 10..20 or 0/15.",
        ),
        (
            "24:00",
            "“24” at character 1 is no hour: write * or numbers from 0 to 23, such as 2, 6,18, 9..17 or 0/4.",
        ),
        (
            "*:50/20",
            "“50” at character 3 with a step of 20 passes the end at once: write 50 alone or a smaller step.",
        ),
        (
            "*-*~3/3",
            "“3” at character 5 with a step of 3 passes the end at once: write 3 alone or a smaller step.",
        ),
        ("*:1/0", "“0” at character 5 is no step: write a number from 1 on after /, as in 0/2."),
        ("20..10:00", "“20..10” at character 1 runs backwards: write 10..20."),
        (
            "Fri..Mon 10:00",
            "“Fri..Mon” at character 1 runs backwards: let weeks begin with Monday, as in Sat..Sun,Mon.",
        ),
        (
            "*-*~29",
            "“29” at character 5 is no day counted from the end of the month: write numbers from 1 (the last day) to 28, such as 1, 3 or 7/1.",
        ),
        (
            "2200-1-1",
            "“2200” at character 1 is no year: write * or numbers from 1970 to 2199, such as 2026..2030.",
        ),
        (
            "5",
            "“5” at character 1 is no date: write year, month and day, as in *-*-01, or a time, as in 02:30.",
        ),
        (
            "1-2-3-4",
            "“1-2-3-4” at character 1 is no date: write year, month and day, as in *-*-01, or a time, as in 02:30.",
        ),
        (
            "05:40:23.42",
            "“23.42” at character 7 is no whole second: write * or whole numbers from 0 to 59, such as 0 or 0/10.",
        ),
        ("1:2:3:4", "“1:2:3:4” at character 1 is no time: write hour and minute, as in 02:30 or *:0/15."),
        (
            "02:30 Europe/Berlni",
            "“Europe/Berlni” at character 7 is no time zone that this machine knows: write a name such as Europe/Berlin or UTC.",
        ),
        (
            "02:30 Mon",
            "“Mon” at character 7 is too much: write weekdays, date and time, such as Mon..Fri *-*-* 02:30, or daily.",
        ),
        (
            "Mon,,Tue",
            "What is missing at character 5 is the weekday: write names such as Mon, Mon,Thu or Mon..Fri; or daily, hourly and the like.",
        ),
        (
            "@1234567890",
            "“@1234567890” at character 1 is no date: write year, month and day, as in *-*-01, or a time, as in 02:30.",
        ),
    ] {
        assert_eq!(Calendar::parse(text).unwrap_err().to_string(), said, "{text}");
    }
    let many = Calendar::parse(&"daily\n".repeat(17)).unwrap_err().to_string();
    assert_eq!(many, "“daily” in line 17 at character 1 is too much: write at most 16 expressions.");
    assert!(Calendar::parse(&"0,".repeat(1000)).is_err());
}
