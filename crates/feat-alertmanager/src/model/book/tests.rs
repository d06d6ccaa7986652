use super::*;
use crate::model::alert::RESOLVE_TIMEOUT;
use proptest::prelude::*;

const START: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;

/// The present after so many milliseconds.
fn after(mono: i64) -> Now {
    Now { wall: Timestamp::from_millis(START + mono), mono }
}

fn alert(name: &str, from: &str, at: i64, ends_in: i64) -> Alert {
    let wall = |ms: i64| Timestamp::from_millis(START + ms);
    Alert {
        labels: [("alertname".to_owned(), name.to_owned())].into(),
        annotations: [("summary".to_owned(), format!("{name} is bad"))].into(),
        starts_at: wall(0),
        ends_at: wall(at + ends_in),
        updated_at: wall(at),
        timeout: false,
        generator: from.to_owned(),
    }
}

/// As Prometheus sends it: it ends four minutes later.
fn sent(name: &str, at: i64) -> Alert {
    alert(name, "http://prom:9090/graph", at, 4 * MINUTE)
}

fn phase(book: &Book, alert: &Alert) -> Option<Phase> {
    book.get(alert.fingerprint()).map(|entry| entry.phase)
}

#[test]
fn what_its_sender_ends_is_resolved_at_once_shown_for_a_while_and_then_gone() {
    let mut book = Book::default();
    let disk = sent("Disk", 0);
    assert_eq!(book.receive(vec![disk.clone()], after(0)), 0);
    assert_eq!(phase(&book, &disk), Some(Phase::Firing));
    assert_eq!(book.take_unsaid(9, after(0)).len(), 1);

    let ended = alert("Disk", "http://prom:9090/graph", MINUTE, 0);
    book.receive(vec![ended.clone()], after(MINUTE));
    assert_eq!(phase(&book, &disk), Some(Phase::Resolved(End::Said)));
    assert_eq!(book.take_unsaid(9, after(MINUTE)).len(), 1);
    assert!(book.firing().is_empty());

    // Prometheus says for a quarter of an hour that it ended; it ends once.
    for minute in 2..16 {
        book.receive(vec![ended.clone()], after(minute * MINUTE));
        book.tick(after(minute * MINUTE));
    }
    assert_eq!(phase(&book, &disk), Some(Phase::Resolved(End::Said)));
    book.tick(after(16 * MINUTE));
    assert_eq!((phase(&book, &disk), book.take_gone(9)), (None, vec![disk.fingerprint()]));
    book.receive(vec![ended], after(17 * MINUTE));
    assert_eq!(phase(&book, &disk), None, "the end of what nobody knows is no news");
}

#[test]
fn who_repeats_an_alert_tells_nobody_anything_new() {
    let mut book = Book::default();
    book.receive(vec![sent("Disk", 0)], after(0));
    assert_eq!(book.take_unsaid(9, after(0)).len(), 1);
    for minute in 1..4 {
        book.receive(vec![sent("Disk", minute * MINUTE)], after(minute * MINUTE));
        book.tick(after(minute * MINUTE));
        assert!(book.take_unsaid(9, after(minute * MINUTE)).is_empty());
    }
    let mut worse = sent("Disk", 4 * MINUTE);
    worse.annotations.insert("summary".to_owned(), "Disk is worse".to_owned());
    book.receive(vec![worse], after(4 * MINUTE));
    assert_eq!(book.take_unsaid(9, after(4 * MINUTE)).len(), 1);
    book.tick(after(9 * MINUTE - 1));
    assert!(!book.take_unsaid(9, after(9 * MINUTE - 1)).is_empty(), "lost by now");
}

#[test]
fn what_holds_on_is_said_again_so_that_it_holds_on_for_the_house() {
    let mut book = Book::default();
    book.receive(vec![alert("Disk", "", 0, 60 * MINUTE)], after(0));
    book.take_unsaid(9, after(0));
    book.tick(after(5 * MINUTE - 1));
    assert!(book.take_unsaid(9, after(5 * MINUTE - 1)).is_empty());
    book.tick(after(5 * MINUTE));
    assert_eq!(book.take_unsaid(9, after(5 * MINUTE)).len(), 1);
}

#[test]
fn a_sender_that_falls_silent_leaves_its_alerts_unknown_until_it_is_back() {
    let mut book = Book::default();
    let (disk, cpu) = (sent("Disk", 0), sent("CPU", 30_000));
    book.receive(vec![disk.clone()], after(0));
    book.receive(vec![cpu.clone()], after(30_000));
    // It dies forty seconds after the start; the other group of rules was sent in between.
    book.tick(after(4 * MINUTE - 1));
    assert_eq!(phase(&book, &disk), Some(Phase::Firing), "a pause is no end");
    book.tick(after(5 * MINUTE));
    assert_eq!((phase(&book, &disk), phase(&book, &cpu)), (Some(Phase::Lost), Some(Phase::Lost)));
    assert!(book.firing().is_empty(), "the API no longer has it, as with Alertmanager");
    // It comes back after an hour and has only one of the two.
    let back = 60 * MINUTE;
    book.receive(vec![sent("Disk", back)], after(back));
    assert_eq!(phase(&book, &disk), Some(Phase::Firing));
    for minute in 0..15 {
        book.receive(vec![sent("Disk", back + minute * MINUTE)], after(back + minute * MINUTE));
        book.tick(after(back + minute * MINUTE));
        assert_eq!(phase(&book, &cpu), Some(Phase::Lost), "it has some time to repeat it");
    }
    book.receive(vec![sent("Disk", back + 15 * MINUTE)], after(back + 15 * MINUTE));
    book.tick(after(back + 15 * MINUTE));
    assert_eq!(phase(&book, &cpu), Some(Phase::Resolved(End::Dropped)));
}

#[test]
fn what_is_lost_for_a_day_is_forgotten() {
    let mut book = Book::default();
    let disk = sent("Disk", 0);
    book.receive(vec![disk.clone()], after(0));
    book.tick(after(4 * MINUTE));
    book.tick(after(4 * MINUTE + 24 * 60 * MINUTE - 1));
    assert_eq!(phase(&book, &disk), Some(Phase::Lost));
    book.tick(after(4 * MINUTE + 24 * 60 * MINUTE));
    assert_eq!(phase(&book, &disk), None);
}

#[test]
fn a_rule_that_was_taken_away_ends_its_alert_while_its_sender_goes_on() {
    let mut book = Book::default();
    let disk = sent("Disk", 0);
    book.receive(vec![disk.clone()], after(0));
    for minute in 0..4 {
        book.receive(vec![sent("Watchdog", minute * MINUTE)], after(minute * MINUTE));
    }
    book.tick(after(4 * MINUTE));
    assert_eq!(phase(&book, &disk), Some(Phase::Resolved(End::Dropped)));
    assert_eq!(book.counts(), Counts { firing: 1, resolved: 1, lost: 0 });
}

#[test]
fn what_a_script_sends_ends_when_it_says() {
    let mut book = Book::default();
    let mut without_end = alert("Backup", "http://script/", 0, ms(RESOLVE_TIMEOUT));
    without_end.timeout = true;
    let with_end = alert("Power", "", 0, 10 * MINUTE);
    book.receive(vec![without_end.clone(), with_end.clone()], after(0));
    book.tick(after(5 * MINUTE));
    assert_eq!(phase(&book, &without_end), Some(Phase::Resolved(End::RanOut)));
    assert_eq!(phase(&book, &with_end), Some(Phase::Firing));
    book.tick(after(10 * MINUTE));
    assert_eq!(phase(&book, &with_end), Some(Phase::Resolved(End::RanOut)));
    book.receive(vec![alert("Power", "", 11 * MINUTE, MINUTE)], after(11 * MINUTE));
    assert_eq!(phase(&book, &with_end), Some(Phase::Firing), "it is back");
}

#[test]
fn a_wall_clock_that_jumps_ends_nothing() {
    let mut book = Book::default();
    let disk = sent("Disk", 0);
    book.receive(vec![disk.clone()], after(0));
    let jumped = Now { wall: Timestamp::from_millis(START + 365 * 86_400_000), mono: MINUTE };
    book.tick(jumped);
    assert_eq!(phase(&book, &disk), Some(Phase::Firing));
}

#[test]
fn after_a_restart_senders_have_time_to_repeat_what_fired() {
    let mut book = Book::default();
    let (disk, cpu) = (sent("Disk", 0), sent("CPU", 0));
    let wall = |ms: i64| Timestamp::from_millis(START + ms);
    // The hub starts two hours later.
    let start = Now { wall: wall(120 * MINUTE), mono: 0 };
    book.restore(disk.clone(), Phase::Firing, wall(0), start);
    book.restore(cpu.clone(), Phase::Resolved(End::Said), wall(110 * MINUTE), start);
    assert_eq!((book.firing().len(), book.take_unsaid(9, start).len()), (1, 2));
    let later = |ms: i64| Now { wall: wall(120 * MINUTE + ms), mono: ms };
    book.tick(later(5 * MINUTE - 1));
    assert_eq!(phase(&book, &disk), Some(Phase::Firing));
    book.tick(later(5 * MINUTE));
    assert_eq!(phase(&book, &disk), Some(Phase::Lost));
    assert_eq!(phase(&book, &cpu), None, "it was resolved a quarter of an hour ago");
}

#[test]
fn what_is_forgotten_stays_forgotten_unless_it_fires() {
    let mut book = Book::default();
    book.receive(vec![sent("Disk", 0), sent("CPU", 0)], after(0));
    book.receive(vec![alert("CPU", "http://prom:9090/graph", 0, 0)], after(0));
    book.forget_unknown(|_| false);
    assert_eq!(book.counts().resolved, 1, "the house has not been told yet");
    book.take_unsaid(9, after(0));
    book.forget_unknown(|_| false);
    assert_eq!(book.counts(), Counts { firing: 1, resolved: 0, lost: 0 });
}

#[test]
fn the_book_is_never_fuller_than_it_says() {
    let mut book = Book::default();
    let many: Vec<Alert> = (0..ALERTS_MAX).map(|i| sent(&format!("a{i}"), 0)).collect();
    assert_eq!(book.receive(many, after(0)), 0);
    assert_eq!(book.receive(vec![sent("a0", 0), sent("new", 0), sent("newer", 0)], after(0)), 2);
    // What is resolved makes room for what fires, the oldest first.
    book.receive(vec![alert("a7", "http://prom:9090/graph", 0, 0)], after(1));
    book.receive(vec![alert("a3", "http://prom:9090/graph", 0, 0)], after(2));
    assert_eq!(book.receive(vec![sent("new", 3)], after(3)), 0);
    assert_eq!(phase(&book, &sent("a7", 0)), None);
    assert!(phase(&book, &sent("a3", 0)).is_some());
    assert_eq!(book.take_gone(9), [sent("a7", 0).fingerprint()]);
}

#[test]
fn much_text_is_refused_and_never_comes_in_by_the_back_door() {
    let mut book = Book::default();
    let heavy = |i: usize, bytes: usize| {
        let mut alert = sent(&format!("a{i}"), 0);
        alert.annotations.insert("summary".to_owned(), "x".repeat(bytes));
        alert
    };
    let fits = TEXT_BYTES_MAX / (1 << 20) - 1;
    assert_eq!(book.receive((0..fits).map(|i| heavy(i, 1 << 20)).collect(), after(0)), 0);
    assert_eq!(book.receive(vec![heavy(99, 1 << 20)], after(0)), 1);
    // An alert that is known stays, but what is said of it does not grow beyond the limit.
    assert_eq!(book.receive(vec![heavy(0, 3 << 20)], after(0)), 0);
    assert!(book.text_bytes <= TEXT_BYTES_MAX);
    assert_eq!(book.get(heavy(0, 0).fingerprint()).unwrap().alert.annotations["summary"].len(), 1 << 20);
}

proptest! {
    /// Whatever comes in whatever order: the count of bytes is right, and what the house was told of is told or taken back.
    #[test]
    fn the_house_is_kept_in_step(steps in proptest::collection::vec((0..4_u8, 0..3_u8, 0..20_i64), 1..40)) {
        let mut book = Book::default();
        let mut house = BTreeSet::new();
        let mut now = 0;
        for (name, what, minutes) in steps {
            now += minutes * MINUTE;
            match what {
                0 => { book.receive(vec![sent(&format!("a{name}"), now)], after(now)); }
                1 => { book.receive(vec![alert(&format!("a{name}"), "", now, 0)], after(now)); }
                _ => book.tick(after(now)),
            }
            for gone in book.take_gone(9) {
                house.remove(&gone);
            }
            house.extend(book.take_unsaid(9, after(now)).into_iter().map(|(id, _)| id));
            let known: BTreeSet<Fingerprint> = book.entries.keys().copied().collect();
            prop_assert_eq!(&house, &known);
            let bytes: usize = book.entries.values().map(|entry| entry.alert.text_bytes()).sum();
            prop_assert_eq!(bytes, book.text_bytes);
        }
    }
}
