use super::*;
use hob_base::incident::{Cause, Role};
use hob_base::resource::{Moment, observe};
use hob_base::{Health, IncidentId, Observation, ResourceId};

static ZONE: TimeZone = TimeZone::UTC;

/// 23 November 2026, a Monday, at this hour UTC.
fn at(hour: i64) -> Timestamp {
    Timestamp::from_millis(1_795_392_000_000 + hour * 3_600_000)
}

fn resource(id: (&str, &str, &str), change: impl FnOnce(Observation) -> Observation) -> Arc<Resource> {
    let id = ResourceId::new(id.0, id.1, id.2);
    let observation = Observation::new("test", id.clone(), DAY).named(id.name()).judged(Health::ok("Well."));
    Arc::new(observe(None, change(observation), Moment { wall: at(0), monotonic: Duration::ZERO }))
}

fn incident(id: i64, title: &str, from: i64, to: Option<i64>) -> Arc<Incident> {
    let disk = ResourceId::new("drive", "nas", "sda");
    Arc::new(Incident {
        id: IncidentId(id),
        began_at: at(from),
        opened_at: at(from),
        closed_at: to.map(at),
        severity: Level::Critical,
        title: title.to_owned(),
        cause: Cause {
            resource: disk.clone(),
            name: "The disk".into(),
            reason: "Broken.".into(),
            evidence: String::new(),
            remedy: None,
            named_at: at(from),
        },
        members: vec![Member {
            resource: disk,
            name: "The disk".into(),
            role: Role::Cause,
            level: Level::Ok,
            worst: Level::Critical,
            reason: "Broken.".into(),
            since: at(from),
            recovered_at: to.map(at),
        }],
        flapping: None,
        acknowledged: None,
        hush: None,
        merged_into: None,
    })
}

fn facts<'a>(resources: &'a [Arc<Resource>], incidents: &'a [Arc<Incident>]) -> Facts<'a> {
    Facts {
        from: at(-16),
        to: at(8),
        weekly: false,
        zone: &ZONE,
        incidents,
        resources,
        before: None,
        uptimes: &[],
    }
}

#[test]
fn a_day_on_which_nothing_happened_is_one_line() {
    let resources = [resource(("host", "home", "nas"), |word| word)];
    let digest = digest(&facts(&resources, &[]));
    assert!(digest.is_quiet());
    assert_eq!(digest.title, "A quiet day");
    assert_eq!(digest.text(), "Nothing happened, and nothing needs attention.");
}

#[test]
fn what_happened_and_what_needs_attention_is_said_in_sentences() {
    let resources = [
        resource(("service", "nas", "80"), |word| {
            word.judged(Health::warning("It is slow.").with_remedy("Restart it."))
        }),
        resource(("certificate", "home", "photos.lan"), |word| word.fact("valid_until", "2026-12-01")),
        resource(("domain", "home", "far.lan"), |word| word.fact("valid_until", "2027-12-01")),
        resource(("domain", "home", "odd.lan"), |word| word.fact("valid_until", "soon")),
        resource(("filesystem", "nas", "/data"), |word| word.fact("forecast_full_days", 12.0)),
        resource(("filesystem", "nas", "/old"), |word| word.fact("used_percent", 93.4)),
        resource(("filesystem", "nas", "/new"), |word| word.fact("used_percent", 13.0)),
    ];
    let incidents = [incident(1, "The disk broke", 2, Some(3)), incident(2, "The disk broke again", 5, None)];
    let before =
        BTreeSet::from([("service/nas/80".into(), "80".into()), ("host/home/old".into(), "Old box".into())]);
    let digest = digest(&Facts { before: Some(&before), ..facts(&resources, &incidents) });
    assert_eq!(digest.title, "The day: 2 incidents, 4 things need attention");
    assert_eq!(
        digest.text(),
        "What happened\n\
         • Longest not well: The disk, for 3 hours.\n\
         • The disk broke again: since 23 Nov 2026, 05:00, and it still goes on.\n\
         • The disk broke: from 23 Nov 2026, 02:00, for 1 hour.\n\n\
         New and gone\n\
         • New: photos.lan, far.lan, odd.lan, /data, /old and /new.\n\
         • Gone: Old box.\n\n\
         What needs attention\n\
         • 80: It is slow. Restart it.\n\
         • photos.lan is valid until 1 Dec 2026, which ends in 8 days.\n\
         • /data will be full in about 12 days.\n\
         • /old is 93 % full."
    );
}

#[test]
fn a_week_tells_how_much_was_up() {
    let uptime =
        |name: &str, percent, down| Uptime { name: name.into(), percent, down: Duration::from_secs(down) };
    let uptimes = [uptime("Photos", 99.999, 60), uptime("Books", 100.0, 0), uptime("Mail", 90.0, 60_000)];
    let incidents = [incident(1, "It broke", 2, Some(3))];
    let digest = digest(&Facts { weekly: true, uptimes: &uptimes, ..facts(&[], &incidents) });
    let (heading, lines) = digest.sections.last().unwrap();
    assert_eq!(*heading, "Up-time");
    assert_eq!(
        *lines,
        [
            "Of 3 services 1 were up all the time.",
            "Mail was up for 90 % of the time and down for 16 hours.",
            "Photos was up for 99.99 % of the time and down for 1 minute.",
        ]
    );
}

#[test]
fn many_things_are_cut_and_counted() {
    let resources: Vec<_> = (0..30)
        .map(|n| resource(("service", "nas", &n.to_string()), |word| word.judged(Health::critical("Down."))))
        .collect();
    let digest = digest(&facts(&resources, &[]));
    let (_, lines) = &digest.sections[0];
    assert_eq!((lines.len(), lines.last().unwrap().as_str()), (11, "And 20 more."));
}

#[test]
fn a_digest_is_due_once_a_period_and_not_when_it_was_missed_for_long() {
    let daily = Subscription { at: "08:00".into(), to: vec!["push".into()], ..Subscription::default() };
    let due = |subscription: &Subscription, hour| {
        subscription.due(at(hour), &TimeZone::UTC).map(|(date, moment)| (date.to_string(), moment))
    };
    assert_eq!(due(&daily, 8), Some(("2026-11-23".into(), at(8))));
    assert_eq!(due(&daily, 13), Some(("2026-11-23".into(), at(8))));
    assert_eq!(due(&daily, 14), None);
    assert_eq!(due(&daily, 7), None);
    assert_eq!(due(&daily, 32), Some(("2026-11-24".into(), at(32))));
    let weekly = Subscription { on: Some(Day::Mon), ..daily.clone() };
    assert_eq!(due(&weekly, 9), Some(("2026-11-23".into(), at(8))));
    assert_eq!(due(&weekly, 32), None);
    assert_eq!(due(&weekly, 8 + 168), Some(("2026-11-30".into(), at(8 + 168))));
    assert_eq!(weekly.from(at(8)), at(8 - 168));
    assert_eq!(weekly.sentence(), "Every Monday at 08:00 → push, for everyone.");
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    assert_eq!(daily.due(at(7), &berlin).map(|(_, at)| at), Some(at(7)));
}

#[test]
fn what_is_wrong_with_a_subscription_is_named() {
    let wrong = Subscription { at: "8 o’clock".into(), ..Subscription::default() };
    let fields: Vec<&str> = wrong.check().iter().map(|(field, _)| *field).collect();
    assert_eq!(fields, ["to", "at"]);
    for (text, day) in
        [("mon", Some(Day::Mon)), ("Sunday", Some(Day::Sun)), ("xyz", None), ("mo", None), ("", None)]
    {
        assert_eq!(Day::read(text), day, "{text}");
    }
}
