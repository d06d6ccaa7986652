use jiff::civil::datetime;

use super::*;

fn listed(days: &Days, year: i16, month: i8) -> Vec<u32> {
    bits(days.in_month(year, month).unwrap()).collect()
}

#[test]
fn every_day_is_as_many_days_as_the_month_has() {
    for (year, month, count) in [(2026, 1, 31), (2026, 2, 28), (2028, 2, 29), (2100, 2, 28), (2026, 4, 30)] {
        assert_eq!(listed(&Days::ALL, year, month), (1..=count).collect::<Vec<_>>());
    }
}

#[test]
fn days_are_counted_from_the_end_and_by_weekday() {
    let none = Days { dates: 0, weekdays: 0, either: true, ..Days::ALL };
    let third_last = Days { from_end: 1 << 3, ..none.clone() };
    assert_eq!(listed(&third_last, 2026, 2), [26]);
    assert_eq!(listed(&third_last, 2028, 2), [27]);
    // The last days of January, February and May 2026 are a Saturday, a Saturday and a Sunday.
    let working = Days { last_working_day: true, ..none.clone() };
    for (month, day) in [(1, 30), (2, 27), (3, 31), (5, 29)] {
        assert_eq!(listed(&working, 2026, month), [day], "{month}");
    }
    let second_friday = Days { nth: [0, 1 << 5, 0, 0, 0, 0], ..none.clone() };
    assert_eq!(listed(&second_friday, 2026, 5), [8]);
    let fifth_friday = Days { nth: [0, 0, 0, 0, 1 << 5, 0], ..none.clone() };
    assert_eq!((listed(&fifth_friday, 2026, 5), listed(&fifth_friday, 2026, 6)), (vec![29], vec![]));
    let last_sunday = Days { nth: [0, 0, 0, 0, 0, 1], ..none };
    assert_eq!((listed(&last_sunday, 2026, 3), listed(&last_sunday, 2026, 10)), (vec![29], vec![25]));
}

#[test]
fn the_first_fitting_time_is_found_within_the_day_the_month_and_the_year() {
    let pattern = Pattern {
        years: Years::Some(vec![2026, 2028]),
        months: 1 << 2 | 1 << 12,
        days: Days { dates: 1 << 28 | 1 << 31, ..Days::ALL },
        hours: 1 << 3 | 1 << 23,
        minutes: 1 << 10 | 1 << 50,
        seconds: 1 << 20 | 1 << 40,
    };
    let day = |year, month, day, [h, m, s]: [i8; 3]| datetime(year, month, day, h, m, s, 0);
    for (from, found) in [
        (day(2026, 2, 28, [3, 10, 20]), Some(day(2026, 2, 28, [3, 10, 20]))),
        (day(2026, 2, 28, [3, 10, 21]), Some(day(2026, 2, 28, [3, 10, 40]))),
        (day(2026, 2, 28, [3, 10, 41]), Some(day(2026, 2, 28, [3, 50, 20]))),
        (day(2026, 2, 28, [3, 51, 0]), Some(day(2026, 2, 28, [23, 10, 20]))),
        (day(2026, 2, 28, [23, 50, 41]), Some(day(2026, 12, 28, [3, 10, 20]))),
        (day(2026, 12, 29, [0, 0, 0]), Some(day(2026, 12, 31, [3, 10, 20]))),
        (day(2026, 12, 31, [23, 59, 59]), Some(day(2028, 2, 28, [3, 10, 20]))),
        (day(1, 1, 1, [0, 0, 0]), Some(day(2026, 2, 28, [3, 10, 20]))),
        (day(2028, 12, 31, [23, 50, 40]), Some(day(2028, 12, 31, [23, 50, 40]))),
        (day(2028, 12, 31, [23, 50, 41]), None),
        (day(9999, 12, 31, [23, 59, 59]), None),
    ] {
        assert_eq!(pattern.first_from(from, 9999, &mut Budget::new()), found, "{from}");
    }
}

#[test]
fn sets_of_bits() {
    assert_eq!(span(0, 63), u64::MAX);
    assert_eq!(span(1, 3), 0b1110);
    assert_eq!(bits(0b1010_0001).collect::<Vec<_>>(), [0, 5, 7]);
    assert_eq!((next_bit(0b1010, 1), next_bit(0b1010, 2), next_bit(0b1010, 4)), (Some(1), Some(3), None));
    assert_eq!((next_bit(u64::MAX, 63), next_bit(u64::MAX, 64)), (Some(63), None));
}
