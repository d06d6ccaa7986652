use super::*;
use crate::model::deeds::{Deed, act};
use crate::model::telling::{Rota, news};
use hob_base::Health;
use proptest::prelude::*;

/// A small house in which time passes when it is told to.
struct House {
    book: Book,
    sick: BTreeMap<ResourceId, Sick>,
    silenced: BTreeSet<ResourceId>,
    needs: BTreeMap<ResourceId, Vec<ResourceId>>,
    now: Moment,
    /// What people were told: `opened 1`.
    told: Vec<String>,
    timeline: Vec<(IncidentId, TimelineEntry)>,
    rota: Rota,
}

fn id(name: &str) -> ResourceId {
    ResourceId::new("service", "house", name)
}

impl House {
    /// `dependent needs one another`, one a line.
    fn new(edges: &str) -> Self {
        let line = |line: &str| {
            let (from, to) = line.split_once(" needs ").unwrap();
            (id(from.trim()), to.split_whitespace().map(id).collect())
        };
        Self {
            book: Book::default(),
            sick: BTreeMap::new(),
            silenced: BTreeSet::new(),
            needs: edges.lines().filter(|l| !l.trim().is_empty()).map(line).collect(),
            now: Moment { wall: Timestamp::from_millis(1_000_000_000), monotonic: Duration::ZERO },
            told: Vec::new(),
            timeline: Vec::new(),
            rota: Rota::default(),
        }
    }

    fn breaks(&mut self, name: &str, level: Level) {
        let id = id(name);
        let since = self.sick.get(&id).map_or(self.now.wall, |sick| sick.since);
        let seen_at = self.sick.get(&id).map_or(self.now.monotonic, |sick| sick.seen_at);
        let health = Health::new(level, format!("{name} is {level}."));
        let needs = self.needs.get(&id).cloned().unwrap_or_default();
        self.sick.insert(id.clone(), Sick { id, name: name.to_owned(), health, since, seen_at, needs });
        self.look();
    }

    fn recovers(&mut self, name: &str) {
        self.sick.remove(&id(name));
        self.look();
    }

    fn look(&mut self) {
        let silenced = self.silenced.clone();
        let silence = |id: &ResourceId| silenced.contains(id).then(|| ("s".to_owned(), "works".to_owned()));
        let view = View { sick: &self.sick, wires: &[], silence: &silence, known: &|_| true };
        let step = self.book.step(&view, &Patience::default(), self.now);
        self.timeline.extend(step.entries);
        for record in self.book.records.values_mut() {
            if let Some(news) = news(record, &self.rota, self.now.wall) {
                let kind = serde_json::to_value(news.kind).unwrap();
                self.told.push(format!("{} {}", kind.as_str().unwrap(), news.incident));
                record.told = Some(news.told);
            }
        }
    }

    /// Lets time pass, looking every five seconds.
    fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds.div_ceil(5) {
            self.now.wall = self.now.wall.plus(Duration::from_secs(5));
            self.now.monotonic += Duration::from_secs(5);
            self.look();
        }
    }

    fn does(&mut self, incident: i64, deed: &Deed) -> Result<IncidentId, hob_base::Error> {
        let mut step = Step::default();
        let done = act(&mut self.book, IncidentId(incident), deed, "anna", self.now.wall, &mut step);
        self.timeline.extend(step.entries);
        self.look();
        done
    }

    fn incident(&self, number: i64) -> &Incident {
        &self.book.records[&IncidentId(number)].incident
    }

    fn open(&self) -> Vec<i64> {
        self.book.open().map(|record| record.id().0).collect()
    }
}

const NAS: &str = "photos needs nas\nbooks needs nas\nroute needs photos";

#[test]
fn a_blip_is_no_incident_and_an_outage_is_one() {
    let mut house = House::new(NAS);
    house.breaks("photos", Level::Critical);
    house.wait(20);
    house.recovers("photos");
    house.wait(600);
    assert_eq!((house.open(), house.told.len()), (vec![], 0));
    house.breaks("photos", Level::Critical);
    house.wait(30);
    assert_eq!((house.open(), &house.told), (vec![1], &vec!["opened 1".to_owned()]));
    assert_eq!(house.incident(1).title, "photos is critical");
    house.recovers("photos");
    house.wait(115);
    assert_eq!(house.open(), [1]);
    house.wait(10);
    assert_eq!((house.open(), &house.told[1..]), (vec![], &["closed 1".to_owned()][..]));
    let incident = house.incident(1);
    assert_eq!(incident.closed_at, incident.members[0].recovered_at);
}

#[test]
fn a_warning_has_more_time_and_what_is_silent_too() {
    let mut house = House::new("");
    house.breaks("disk", Level::Warning);
    house.breaks("agent", Level::Unknown);
    house.wait(290);
    assert!(house.open().is_empty());
    house.wait(10);
    assert_eq!(house.open(), [1, 2]);
}

#[test]
fn followers_join_without_a_word_and_a_better_cause_is_one_word_more() {
    let mut house = House::new(NAS);
    house.breaks("photos", Level::Critical);
    house.wait(30);
    house.breaks("route", Level::Critical);
    house.wait(60);
    assert_eq!(house.told, ["opened 1"]);
    house.breaks("nas", Level::Critical);
    house.breaks("books", Level::Critical);
    house.wait(300);
    assert_eq!((house.open(), &house.told), (vec![1], &vec!["opened 1".to_owned(), "changed 1".to_owned()]));
    let incident = house.incident(1);
    assert_eq!((incident.cause.name.as_str(), incident.members.len()), ("nas", 4));
    assert_eq!(incident.title, "nas is critical");
    assert!(incident.others().all(|member| member.role == Role::Affected));
}

#[test]
fn two_incidents_with_one_cause_become_one() {
    let mut house = House::new(NAS);
    house.breaks("photos", Level::Critical);
    house.breaks("books", Level::Critical);
    house.wait(60);
    assert_eq!(house.open(), [1, 2]);
    house.breaks("nas", Level::Unknown);
    assert_eq!(house.open(), [1]);
    assert_eq!(house.incident(2).merged_into, Some(IncidentId(1)));
    assert_eq!(house.told, ["opened 1", "opened 2", "changed 1"]);
    for name in ["nas", "photos", "books"] {
        house.recovers(name);
    }
    house.wait(200);
    assert_eq!(house.told[3..], ["closed 1"]);
}

#[test]
fn when_everything_breaks_at_once_it_is_one_incident_that_says_so() {
    let mut house = House::new("a needs h1\nb needs h2\nc needs h3");
    for name in ["h1", "a", "h2", "b"] {
        house.breaks(name, Level::Critical);
        house.wait(5);
    }
    house.breaks("h3", Level::Critical);
    house.wait(5);
    house.breaks("c", Level::Critical);
    house.wait(60);
    // One that is looked at less often.
    house.breaks("late", Level::Critical);
    house.wait(60);
    assert_eq!((house.open(), &house.told), (vec![1], &vec!["opened 1".to_owned()]));
    let incident = house.incident(1);
    assert_eq!(incident.members.len(), 7);
    assert_eq!(incident.title, "h1 and 6 other things broke at the same time");
}

#[test]
fn two_outages_of_many_causes_are_one_storm_and_two_of_one_cause_each_are_not() {
    let mut house = House::new("app needs h1 h2");
    for name in ["h1", "h2", "app", "line"] {
        house.breaks(name, Level::Critical);
    }
    house.wait(60);
    assert_eq!((house.open(), house.incident(1).members.len()), (vec![1], 4));
    let mut house = House::new("app needs h1");
    for name in ["h1", "app", "line"] {
        house.breaks(name, Level::Critical);
    }
    house.wait(60);
    assert_eq!(house.open(), [1, 2]);
}

#[test]
fn five_thousand_at_once_are_one_message() {
    let mut house = House::new("");
    let (now, monotonic) = (house.now.wall, house.now.monotonic);
    for i in 0..5000 {
        let id = id(&format!("s{i}"));
        let health = Health::critical("It is down.");
        let sick = Sick {
            id: id.clone(),
            name: format!("s{i}"),
            health,
            since: now,
            seen_at: monotonic,
            needs: vec![],
        };
        house.sick.insert(id, sick);
    }
    house.wait(60);
    assert_eq!((house.open(), &house.told), (vec![1], &vec!["opened 1".to_owned()]));
    assert!(house.timeline.len() < 50, "{}", house.timeline.len());
}

#[test]
fn what_comes_and_goes_is_one_incident_that_says_so() {
    let mut house = House::new("");
    for _ in 0..6 {
        house.breaks("grafana", Level::Critical);
        house.wait(60);
        house.recovers("grafana");
        house.wait(180);
    }
    assert_eq!(house.open(), [1]);
    let incident = house.incident(1);
    assert_eq!(incident.flapping.map(|flapping| flapping.times), Some(6));
    assert!(incident.title.starts_with("grafana comes and goes"), "{}", incident.title);
    // Broken, over, again, over, again, over, and that it comes and goes: no more after that.
    assert_eq!(house.told.len(), 7, "{:?}", house.told);
    house.wait(900);
    assert_eq!((house.open(), house.told.last().unwrap().as_str()), (vec![], "closed 1"));
}

#[test]
fn the_cause_stays_for_a_while_after_it_is_well() {
    let mut house = House::new(NAS);
    house.breaks("nas", Level::Critical);
    house.breaks("photos", Level::Critical);
    house.wait(30);
    house.recovers("nas");
    house.wait(30);
    assert_eq!(house.incident(1).cause.name, "nas");
    house.wait(60);
    assert_eq!(house.incident(1).cause.name, "photos");
}

#[test]
fn a_clock_that_jumps_opens_and_closes_nothing() {
    let mut house = House::new("");
    house.breaks("photos", Level::Critical);
    house.now.wall = house.now.wall.plus(Duration::from_secs(86_400 * 365));
    house.look();
    assert!(house.open().is_empty());
    house.wait(30);
    assert_eq!(house.open(), [1]);
    house.recovers("photos");
    house.now.wall = Timestamp::from_millis(5000);
    house.look();
    assert_eq!(house.open(), [1]);
    house.wait(130);
    assert!(house.open().is_empty());
}

#[test]
fn a_restart_opens_nothing_twice_and_says_nothing_twice() {
    let mut house = House::new(NAS);
    house.breaks("nas", Level::Critical);
    house.breaks("photos", Level::Critical);
    house.wait(60);
    // What the database keeps of it.
    let kept: Vec<String> =
        house.book.records.values().map(|record| serde_json::to_string(record).unwrap()).collect();
    let records = kept.iter().map(|json| serde_json::from_str::<Record>(json).unwrap());
    house.book.records = records.map(|record| (record.id(), record)).collect();
    house.now.monotonic = Duration::ZERO;
    for sick in house.sick.values_mut() {
        sick.seen_at = Duration::ZERO;
    }
    house.wait(300);
    assert_eq!((house.open(), house.told.len(), house.timeline.len()), (vec![1], 1, 1));
}

#[test]
fn silence_keeps_it_from_being_told_until_it_ends() {
    let mut house = House::new(NAS);
    house.silenced.insert(id("nas"));
    house.breaks("nas", Level::Critical);
    house.breaks("photos", Level::Critical);
    house.wait(600);
    assert_eq!((house.open(), house.told.len()), (vec![1], 0));
    assert!(matches!(house.incident(1).hush, Some(Hush::Silenced { .. })));
    house.silenced.clear();
    house.look();
    assert_eq!(house.told, ["opened 1"]);
}

#[test]
fn what_was_never_told_is_not_told_to_be_over() {
    let mut house = House::new("");
    house.silenced.insert(id("nas"));
    house.breaks("nas", Level::Critical);
    house.wait(60);
    house.recovers("nas");
    house.wait(600);
    assert_eq!((house.open(), house.told.len()), (vec![], 0));
}

#[test]
fn who_takes_care_is_left_alone_unless_it_gets_worse() {
    let mut house = House::new("");
    house.rota = Rota {
        second: vec!["ben".to_owned()],
        escalate_after: Some(Duration::from_secs(600)),
        remind_every: Some(Duration::from_secs(3600)),
        ..Rota::default()
    };
    house.breaks("disk", Level::Warning);
    house.wait(310);
    house.does(1, &Deed::Acknowledge { until: None }).unwrap();
    house.wait(7200);
    assert_eq!(house.told, ["opened 1"]);
    house.breaks("disk", Level::Critical);
    assert_eq!(house.told, ["opened 1", "changed 1"]);
    house.does(1, &Deed::Release).unwrap();
    house.wait(600);
    assert_eq!(house.told[2..], ["escalated 1"]);
    house.wait(3600);
    assert_eq!(house.told[3..], ["reminder 1"]);
}

#[test]
fn snoozed_and_muted_incidents_come_back_when_they_should() {
    let mut house = House::new("photos needs nas");
    house.breaks("photos", Level::Warning);
    house.wait(310);
    house.does(1, &Deed::Mute).unwrap();
    house.breaks("photos", Level::Critical);
    assert_eq!(house.told, ["opened 1", "changed 1"]);
    let until = house.now.wall.plus(Duration::from_secs(600));
    house.does(1, &Deed::Snooze { until }).unwrap();
    house.breaks("nas", Level::Critical);
    house.wait(500);
    assert_eq!(house.told.len(), 2);
    house.wait(110);
    assert_eq!(house.told[2..], ["changed 1"]);
    assert!(house.does(1, &Deed::Snooze { until }).is_err(), "that time has passed");
}

#[test]
fn merging_and_splitting_by_hand_stays_as_it_was_wished() {
    let mut house = House::new(NAS);
    house.breaks("photos", Level::Critical);
    house.wait(3600);
    house.breaks("disk", Level::Critical);
    house.wait(60);
    house.does(2, &Deed::Merge { into: IncidentId(1) }).unwrap();
    house.wait(60);
    assert_eq!((house.open(), house.incident(1).members.len()), (vec![1], 2));
    let new = house.does(1, &Deed::Split { resources: vec![id("disk")] }).unwrap();
    assert_eq!((house.open(), new), (vec![1, 3], IncidentId(3)));
    assert_eq!(house.incident(3).cause.name, "disk");
    house.wait(60);
    let told = house.told.len();
    house.breaks("books", Level::Critical);
    house.wait(300);
    assert_eq!(house.open(), [1, 3, 4]);
    assert_eq!(house.told.len(), told + 1);
    for wrong in [Deed::Merge { into: IncidentId(1) }, Deed::Split { resources: vec![id("photos")] }] {
        assert!(house.does(1, &wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn what_is_split_off_its_cause_is_not_joined_again() {
    let mut house = House::new(NAS);
    house.breaks("nas", Level::Critical);
    house.breaks("photos", Level::Critical);
    house.wait(60);
    house.does(1, &Deed::Split { resources: vec![id("photos")] }).unwrap();
    house.breaks("books", Level::Critical);
    house.wait(300);
    assert_eq!(house.open(), [1, 2]);
    assert_eq!((house.incident(1).cause.name.as_str(), house.incident(1).members.len()), ("nas", 2));
    assert_eq!(house.incident(2).cause.name, "photos");
}

/// One thing that happens in a house.
#[derive(Debug, Clone)]
enum Event {
    Breaks(usize, Level),
    Recovers(usize),
    Passes(u64),
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0usize..8, prop_oneof![Just(Level::Critical), Just(Level::Warning), Just(Level::Unknown)])
            .prop_map(|(n, level)| Event::Breaks(n, level)),
        3 => (0usize..8).prop_map(Event::Recovers),
        4 => (0u64..400).prop_map(Event::Passes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_happens_the_book_stays_sane(
        events in proptest::collection::vec(any_event(), 0..60),
        edges in proptest::collection::vec((0usize..8, 0usize..8), 0..12),
    ) {
        let lines: Vec<String> = (0..8)
            .map(|n| {
                let to: Vec<String> = edges.iter().filter(|(a, _)| *a == n).map(|(_, b)| format!("n{b}")).collect();
                format!("n{n} needs {}", to.join(" "))
            })
            .collect();
        let mut house = House::new(&lines.join("\n"));
        for event in events {
            match event {
                Event::Breaks(n, level) => house.breaks(&format!("n{n}"), level),
                Event::Recovers(n) => house.recovers(&format!("n{n}")),
                Event::Passes(seconds) => house.wait(seconds),
            }
            let mut seen = BTreeSet::new();
            for record in house.book.open() {
                let incident = &record.incident;
                prop_assert!(incident.has(&incident.cause.resource), "the cause is a part of it");
                prop_assert!(!incident.title.is_empty());
                for member in incident.members.iter().filter(|member| member.level != Level::Ok) {
                    prop_assert!(seen.insert(member.resource.clone()), "{} is in two incidents", member.resource);
                    prop_assert!(house.sick.contains_key(&member.resource));
                }
            }
        }
        // When all is well for long enough, everything is over, and everything told is told to be over.
        house.sick.clear();
        house.wait(1000);
        prop_assert!(house.open().is_empty());
        let count = |kind: &str| house.told.iter().filter(|told| told.starts_with(kind)).count();
        prop_assert!(count("closed") <= count("opened") + count("changed"));
    }
}

impl House {
    /// Lets time pass in one go.
    fn leap(&mut self, seconds: u64) {
        self.now.wall = self.now.wall.plus(Duration::from_secs(seconds));
        self.now.monotonic += Duration::from_secs(seconds);
        self.look();
    }

    fn comes_and_goes(&mut self, name: &str, times: usize) {
        for _ in 0..times {
            self.breaks(name, Level::Critical);
            self.wait(40);
            self.recovers(name);
            self.wait(40);
        }
    }
}

#[test]
fn what_was_called_over_late_is_still_told_to_be_over_and_saved() {
    let mut house = House::new("");
    house.comes_and_goes("grafana", 5);
    assert!(house.incident(1).flapping.is_some());
    house.leap(2000);
    assert_eq!(house.told.last().map(String::as_str), Some("closed 1"));
    assert!(house.incident(1).closed_at.is_some(), "it is there to be saved");
    house.leap(901);
    assert!(house.book.records.is_empty());
}

#[test]
fn what_is_not_saved_is_not_forgotten() {
    let mut house = House::new("");
    house.breaks("photos", Level::Critical);
    house.wait(40);
    house.recovers("photos");
    house.wait(130);
    house.book.unsaved.insert(IncidentId(1));
    house.wait(3600);
    assert!(house.incident(1).closed_at.is_some());
    house.book.unsaved.clear();
    house.look();
    assert!(house.book.records.is_empty());
}

#[test]
fn an_incident_that_goes_on_does_not_swallow_what_was_once_a_part_of_it() {
    let mut house = House::new("");
    for name in ["laptop", "nas", "router"] {
        house.breaks(name, Level::Critical);
    }
    house.wait(60);
    house.recovers("nas");
    house.recovers("router");
    // Nobody switches the old laptop on again.
    house.wait(86_400);
    house.breaks("nas", Level::Critical);
    house.wait(60);
    assert_eq!(house.open(), [1, 2]);
    assert_eq!(house.told, ["opened 1", "opened 2"]);
    // Of the two the one where it is out counts.
    house.does(2, &Deed::Merge { into: IncidentId(1) }).unwrap();
    house.wait(60);
    assert_eq!(house.open(), [1]);
    house.recovers("nas");
    house.recovers("laptop");
    house.wait(1000);
    assert!(house.open().is_empty());
}

#[test]
fn that_what_it_affects_comes_and_goes_is_not_said_of_the_cause() {
    let mut house = House::new(NAS);
    house.breaks("nas", Level::Critical);
    house.wait(60);
    house.comes_and_goes("photos", 6);
    assert_eq!((house.incident(1).title.as_str(), house.told.len()), ("nas is critical", 1));
}

#[test]
fn a_snooze_that_ends_in_a_silence_and_a_mute_under_a_silence_tell_nothing() {
    let mut house = House::new("photos needs nas");
    house.breaks("photos", Level::Warning);
    house.wait(310);
    let until = house.now.wall.plus(Duration::from_secs(60));
    house.does(1, &Deed::Snooze { until }).unwrap();
    house.silenced.insert(id("photos"));
    house.breaks("photos", Level::Critical);
    house.wait(100);
    assert_eq!(house.told, ["opened 1"]);
    house.does(1, &Deed::Mute).unwrap();
    house.silenced.insert(id("nas"));
    house.breaks("nas", Level::Critical);
    house.wait(100);
    assert_eq!((house.incident(1).cause.name.as_str(), house.told.len()), ("nas", 1));
    house.silenced.clear();
    house.wait(60);
    assert_eq!(house.told, ["opened 1", "changed 1"]);
}

#[test]
fn planned_work_on_one_thing_does_not_hide_what_breaks_at_the_same_time() {
    let mut house = House::new("");
    house.silenced.insert(id("a"));
    for name in ["a", "b", "c"] {
        house.breaks(name, Level::Critical);
    }
    house.wait(60);
    assert_eq!((house.open(), &house.told), (vec![1], &vec!["opened 1".to_owned()]));
    let mut house = House::new("");
    house.silenced.extend(["a", "b", "c"].map(id));
    for name in ["a", "b", "c"] {
        house.breaks(name, Level::Critical);
    }
    house.wait(60);
    assert!(house.told.is_empty());
}

#[test]
fn the_timeline_of_a_long_incident_is_bounded() {
    let mut house = House::new(NAS);
    house.breaks("nas", Level::Critical);
    house.wait(60);
    // A reason with a number that changes all the time.
    for n in 0..50 {
        house.sick.get_mut(&id("nas")).unwrap().health.reason = format!("It has not answered for {n}.5 s.");
        house.wait(5);
    }
    assert!(house.timeline.len() <= 2, "{}", house.timeline.len());
    assert_eq!(house.incident(1).cause.reason, "It has not answered for 49.5 s.");
    for _ in 0..2000 {
        house.breaks("photos", Level::Critical);
        house.recovers("photos");
    }
    assert!(house.timeline.len() < 1100, "{}", house.timeline.len());
    let text = "Found the plug.".to_owned();
    house.does(1, &Deed::Note { text: text.clone() }).unwrap();
    assert_eq!(house.timeline.last().unwrap().1.text, text);
}

#[test]
fn a_cause_that_goes_to_and_fro_is_told_now_and_then_only() {
    let mut house = House::new("app needs one two");
    for name in ["one", "two", "app"] {
        house.breaks(name, Level::Critical);
    }
    house.wait(60);
    let before = house.told.len();
    for dependents in ["a", "b"].repeat(30) {
        // What hangs on the one and on the other by turns.
        for n in 0..3 {
            let name = format!("{dependents}{n}");
            let on = if dependents == "a" { "one" } else { "two" };
            house.needs.insert(id(&name), vec![id(on)]);
            house.breaks(&name, Level::Critical);
        }
        house.wait(10);
        for n in 0..3 {
            house.recovers(&format!("{dependents}{n}"));
        }
    }
    assert!(house.told.len() <= before + 2, "{:?}", house.told);
}

#[test]
fn who_took_care_of_it_until_it_was_over_does_not_when_it_breaks_again() {
    let mut house = House::new("");
    house.breaks("photos", Level::Critical);
    house.wait(40);
    house.does(1, &Deed::Acknowledge { until: None }).unwrap();
    house.recovers("photos");
    house.wait(130);
    house.breaks("photos", Level::Critical);
    house.wait(40);
    assert_eq!((house.open(), house.incident(1).acknowledged.is_some()), (vec![1], false));
}
