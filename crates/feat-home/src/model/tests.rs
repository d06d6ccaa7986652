use super::*;
use hob_base::resource::{Moment, observe};
use hob_base::{Health, Observation, Timestamp};
use proptest::prelude::*;
use std::time::Duration;

fn thing(id: &str, name: &str, health: Option<Health>) -> Arc<Resource> {
    known(Observation {
        health,
        ..Observation::new("test", id.parse().unwrap(), Duration::from_secs(60)).named(name)
    })
}

fn known(observation: Observation) -> Arc<Resource> {
    let now = Moment { wall: Timestamp::from_millis(1_000_000), monotonic: Duration::ZERO };
    Arc::new(observe(None, observation, now))
}

fn well(id: &str, name: &str) -> Arc<Resource> {
    thing(id, name, Some(Health::ok("Answers.")))
}

fn house_of(resources: &[Arc<Resource>]) -> House {
    house(resources, &Settings::default())
}

#[test]
fn the_sentence_counts_what_is_well() {
    let house = house_of(&[
        well("host/home/nas", "nas"),
        well("filesystem/nas//", "/"),
        well("filesystem/nas//mnt", "/mnt"),
        well("service/nas/80", "Web"),
        well("job/hob/services.scan", "services.scan"),
    ]);
    assert_eq!(house.sentence, "All well: 1 machine, 2 filesystems and 1 service.");
    assert_eq!(house.level, Level::Ok);
}

#[test]
fn the_sentence_says_what_is_wrong_and_why() {
    let down = thing("service/nas/80", "Web", Some(Health::critical("Nothing listens at port 80.")));
    assert_eq!(house_of(std::slice::from_ref(&down)).sentence, "Web is broken: Nothing listens at port 80.");
    let full = thing("filesystem/nas//", "/", Some(Health::warning("It is filled to 90 %.")));
    let silent = thing("service/nas/81", "Wiki", Some(Health::unknown("Nobody knows.")));
    assert_eq!(
        house_of(&[down, full, silent]).sentence,
        "Web is broken; / needs attention; Wiki is unknown."
    );
    let many: Vec<_> = (0..9)
        .map(|i| thing(&format!("service/nas/{i}"), "x", Some(Health::critical("It is down."))))
        .collect();
    assert_eq!(house_of(&many).sentence, "9 things are broken.");
}

#[test]
fn before_anything_is_found_it_says_so() {
    assert_eq!(house_of(&[]).sentence, "Looking around: nothing has been found yet.");
    assert_eq!(house_of(&[well("job/hob/x", "x")]).sentence, "Looking around: nothing has been found yet.");
}

#[test]
fn what_was_just_found_is_no_problem_yet() {
    let fresh = thing("service/nas/80", "Web", None);
    assert!(house_of(&[fresh]).problems.is_empty());
}

#[test]
fn problems_are_ordered_worst_first() {
    let warning = thing("service/nas/1", "a", Some(Health::warning("w")));
    let critical = thing("service/nas/2", "b", Some(Health::critical("c")));
    let house = house_of(&[warning, critical]);
    assert_eq!(house.problems.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(house.level, Level::Critical);
}

#[test]
fn the_file_wins_over_the_page_and_the_page_over_what_was_found() {
    let id: ResourceId = "service/nas/80".parse().unwrap();
    let page = TileSettings {
        name: Some("Page".into()),
        group: Some("Media".into()),
        hidden: Some(false),
        ..TileSettings::default()
    };
    let file = TileSettings { name: Some("File".into()), ..TileSettings::default() };
    let settings = Settings { version: 1, people: [(id.clone(), page)].into(), file: [(id, file)].into() };
    let house = house(&[well("service/nas/80", "Found"), well("service/nas/81", "Other")], &settings);
    let told: Vec<(&str, &str)> =
        house.groups.iter().map(|group| (group.title.as_str(), group.tiles[0].name.as_str())).collect();
    assert_eq!(told, [("Media", "File"), (UNGROUPED, "Other")]);
}

#[test]
fn hidden_things_count_for_nothing_and_pinned_ones_come_first() {
    let hidden: ResourceId = "service/nas/80".parse().unwrap();
    let pinned: ResourceId = "service/nas/81".parse().unwrap();
    let hide = TileSettings { hidden: Some(true), ..TileSettings::default() };
    let pin = TileSettings { pinned: Some(true), ..TileSettings::default() };
    let settings =
        Settings { version: 1, people: [(hidden, hide), (pinned, pin)].into(), file: BTreeMap::new() };
    let broken = thing("service/nas/80", "Broken", Some(Health::critical("It is down.")));
    let house = house(&[broken, well("service/nas/81", "B"), well("service/nas/82", "A")], &settings);
    assert_eq!(house.sentence, "All well: 2 services.");
    assert_eq!(house.hidden.len(), 1);
    assert_eq!(house.groups.iter().map(|g| g.title.as_str()).collect::<Vec<_>>(), [PINNED, UNGROUPED]);
}

#[test]
fn a_link_leads_to_the_name_by_which_this_machine_was_reached() {
    let service = |url: &str, loopback: bool| {
        known(
            Observation::new("test", "service/nas/3000".parse().unwrap(), Duration::from_secs(1))
                .fact("url", url)
                .fact("loopback_only", loopback),
        )
    };
    let own = service("http://127.0.0.1:3000/", false);
    assert_eq!(link_target(&own, Some("nas.lan")).as_deref(), Some("http://nas.lan:3000/"));
    assert_eq!(link_target(&own, Some("[fd00::1]")).as_deref(), Some("http://[fd00::1]:3000/"));
    assert_eq!(link_target(&own, Some("evil/..@x")).as_deref(), Some("http://127.0.0.1:3000/"));
    assert_eq!(link_target(&own, None).as_deref(), Some("http://127.0.0.1:3000/"));
    let hidden = service("http://127.0.0.1:3000/", true);
    assert_eq!(link_target(&hidden, Some("nas.lan")).as_deref(), Some("http://127.0.0.1:3000/"));
    let elsewhere = service("https://127.0.0.1.example.org/", false);
    assert_eq!(link_target(&elsewhere, Some("nas.lan")).as_deref(), Some("https://127.0.0.1.example.org/"));
    assert_eq!(link_target(&well("host/home/nas", "nas"), Some("nas")), None);
    for foreign in ["javascript:alert(1)", "tcp://nas.lan:22", "//evil.example", "data:text/html,x"] {
        let mut alert = well("alert/prometheus/1", "x");
        Arc::make_mut(&mut alert).facts.insert("url".to_owned(), foreign.into());
        assert_eq!(link_target(&alert, Some("nas.lan")), None, "{foreign}");
    }
}

#[test]
fn a_service_that_was_found_and_written_down_is_one_tile() {
    let service = |id: &str, url: &str, port: Option<u16>| {
        let mut observation = Observation::new("t", id.parse().unwrap(), Duration::from_secs(1))
            .fact("url", url)
            .judged(Health::ok("x"));
        if let Some(port) = port {
            observation = observation.fact("port", port);
        }
        known(observation)
    };
    let house = house_of(&[
        service("service/nas/3000", "http://127.0.0.1:3000/", Some(3000)),
        service("service/nas/80", "http://127.0.0.1/", Some(80)),
        service("service/config/wiki", "http://localhost:3000/wiki", None),
        service("service/config/far", "http://127.0.0.1.example:80/", None),
    ]);
    let ids: Vec<&str> = house.groups[0].tiles.iter().map(|tile| tile.resource.id.as_str()).collect();
    assert_eq!(ids, ["service/nas/80", "service/config/far", "service/config/wiki"]);
    assert_eq!(house.sentence, "All well: 3 services.");
}

#[test]
fn names_are_checked() {
    assert_eq!(check_name("  Grafana "), Ok("Grafana".to_owned()));
    assert!(check_name("").is_err() && check_name("a\nb").is_err() && check_name(&"x".repeat(61)).is_err());
}

#[test]
fn search_finds_names_before_facts() {
    let resources = [
        well("service/nas/80", "Grafana"),
        known(
            Observation::new("t", "service/nas/81".parse().unwrap(), Duration::from_secs(1))
                .named("Other")
                .fact("process", "grafana-agent"),
        ),
        well("host/home/nas", "nas"),
    ];
    let titles: Vec<String> =
        search(&resources, &Settings::default(), "graf").into_iter().map(|hit| hit.title).collect();
    assert_eq!(titles, ["Grafana", "Other"]);
    assert_eq!(
        search(&resources, &Settings::default(), "nas graf").len(),
        2,
        "every word must match somewhere"
    );
    assert!(search(&resources, &Settings::default(), "  ").is_empty());
}

#[test]
fn what_was_renamed_is_found_by_both_names() {
    let renamed = TileSettings { name: Some("Zebra".into()), ..TileSettings::default() };
    let people = [("service/nas/80".parse().unwrap(), renamed)].into();
    let settings = Settings { version: 1, people, file: BTreeMap::new() };
    for text in ["zebra", "grafana"] {
        assert_eq!(search(&[well("service/nas/80", "Grafana")], &settings, text)[0].title, "Zebra");
    }
}

proptest! {
    #[test]
    fn no_text_makes_search_or_checks_panic(text in ".{0,40}") {
        let _ = search(&[well("service/nas/80", "Grafana")], &Settings::default(), &text);
        let _ = check_name(&text);
        let _ = link_target(&well("service/nas/80", "x"), Some(&text));
    }
}

fn open_incident(id: i64, title: &str, level: Level) -> Arc<Incident> {
    use hob_base::incident::{Cause, Member, Role};
    let at = Timestamp::from_millis(1_000_000);
    let resource = ResourceId::new("service", "nas", "80");
    let reason = "Nothing listens.".to_owned();
    let cause = Cause {
        resource: resource.clone(),
        name: "Web".to_owned(),
        reason: reason.clone(),
        evidence: String::new(),
        remedy: None,
        named_at: at,
    };
    let member = Member {
        resource,
        name: "Web".to_owned(),
        role: Role::Cause,
        level,
        worst: Level::Critical,
        reason,
        since: at,
        recovered_at: None,
    };
    Arc::new(Incident {
        id: hob_base::IncidentId(id),
        began_at: at,
        opened_at: at,
        closed_at: None,
        severity: Level::Critical,
        title: title.to_owned(),
        cause,
        members: vec![member],
        flapping: None,
        acknowledged: None,
        hush: None,
        merged_into: None,
    })
}

#[test]
fn the_sentence_does_not_contradict_open_incidents() {
    let well = || house_of(&[well("host/home/nas", "nas")]);
    let sentence = |open: &[Arc<Incident>]| with_incidents(well(), open).sentence;
    assert_eq!(sentence(&[]), "All well: 1 machine.");
    assert_eq!(
        sentence(&[open_incident(1, "Web: Nothing listens", Level::Ok)]),
        "All well again: 1 machine. One incident is watched a little longer before it is called over."
    );
    let hidden = [
        open_incident(1, "Web: Nothing listens", Level::Critical),
        open_incident(2, "Wiki: It is slow", Level::Warning),
        open_incident(3, "Mail: It was away", Level::Ok),
    ];
    let house = with_incidents(well(), &hidden);
    assert_eq!(house.sentence, "Web: Nothing listens; 1 incident more.");
    assert_eq!((house.level, house.incidents.len()), (Level::Critical, 3));
    let down = thing("service/nas/80", "Web", Some(Health::critical("Nothing listens at port 80.")));
    let broken = with_incidents(house_of(&[down]), &hidden);
    assert_eq!(broken.sentence, "Web is broken: Nothing listens at port 80.", "it says so itself");
}

fn app(name: &str, facts: &[(&str, &str)]) -> Arc<Resource> {
    let id = ResourceId::new("service", "home", name);
    let said =
        Observation::new("test", id, Duration::from_secs(60)).named(name).judged(Health::ok("Answers."));
    known(facts.iter().fold(said, |said, (key, fact)| said.fact(key, *fact)))
}

fn shelves(resources: &[Arc<Resource>], settings: &Settings) -> Vec<String> {
    let house = house(resources, settings);
    let told = house.groups.iter().map(|group| {
        let names: Vec<&str> = group.tiles.iter().map(|tile| tile.name.as_str()).collect();
        format!("{}: {}", group.title, names.join(" "))
    });
    told.collect()
}

#[test]
fn headings_that_nobody_chose_must_be_worth_it() {
    let tiles = [
        app("a", &[("namespace", "home-automation")]),
        app("b", &[("namespace", "home-automation")]),
        app("c", &[("namespace", "home-automation")]),
        app("d", &[("namespace", "d"), ("category", "Media")]),
        app("e", &[("namespace", "e"), ("category", "Media")]),
        app("f", &[("namespace", "f"), ("category", "News")]),
        app("g", &[("namespace", "g")]),
        app("h", &[("group", "Alone")]),
        app("i", &[("group", "i"), ("namespace", "i")]),
    ];
    assert_eq!(
        shelves(&tiles, &Settings::default()),
        ["Alone: h", "Home Automation: a b c", "Media: d e", "Services: f g i"]
    );
}

#[test]
fn a_kind_joins_the_heading_of_that_name_and_a_house_of_one_heading_keeps_it() {
    let tiles = [
        app("a", &[("namespace", "media")]),
        app("b", &[("namespace", "media")]),
        app("c", &[("namespace", "media")]),
        app("d", &[("namespace", "d"), ("category", "Media")]),
    ];
    assert_eq!(shelves(&tiles, &Settings::default()), ["Media: a b c d"]);
    assert_eq!(shelves(&tiles[..1], &Settings::default()), ["Media: a"]);
}

#[test]
fn weights_come_before_names() {
    let tiles = [
        app("a", &[("weight", "10")]),
        app("b", &[]),
        app("c", &[("weight", "-1")]),
        app("d", &[("weight", "nonsense")]),
    ];
    assert_eq!(shelves(&tiles, &Settings::default()), ["Services: c b d a"]);
}

#[test]
fn the_same_address_found_twice_is_one_tile() {
    let twin = |scope: &str, url: &str, level: Health| {
        let id = ResourceId::new("service", scope, "x");
        known(Observation::new("test", id, Duration::from_secs(60)).named("x").fact("url", url).judged(level))
    };
    let tiles = [
        twin("rackspace", "http://Mealie.example.org:80", Health::critical("Down.")),
        twin("home", "https://mealie.example.org/", Health::ok("Answers.")),
        twin("config", "https://mealie.example.org", Health::ok("Answers.")),
        twin("dev", "https://mealie.example.org/dev", Health::ok("Answers.")),
    ];
    let house = house_of(&tiles);
    assert_eq!(house.tiles(), 2);
    let first = house.groups[0].tiles.iter().find(|tile| tile.also.len() == 2).unwrap();
    assert_eq!(first.resource.id.scope(), "config", "what somebody wrote down stands for the others");
    assert_eq!((first.level(), first.worst().id.scope()), (Level::Critical, "rackspace"));
    assert!(house.sentence.starts_with("x is broken"), "{}", house.sentence);
}

#[test]
fn other_names_of_a_host_are_the_same_place() {
    let tiles = [
        app("a", &[("url", "https://a.example.org/"), ("aliases", "www.a.example.org, b.example.org")]),
        app("b", &[("url", "https://b.example.org/")]),
    ];
    assert_eq!(house_of(&tiles).tiles(), 1);
}

#[test]
fn what_a_rule_hides_has_no_tile_and_its_trouble_is_still_told() {
    let mut s3 = app("s3", &[("hidden_because", "Programs use it.")]);
    Arc::make_mut(&mut s3).facts.insert("hidden".to_owned(), true.into());
    Arc::make_mut(&mut s3).health = Health::critical("Down.");
    let house = house_of(&[s3.clone(), app("a", &[])]);
    assert_eq!((house.tiles(), house.hidden[0].because.as_str()), (1, "Programs use it."));
    assert_eq!(house.problems.len(), 1, "a machine's door that is broken breaks things");
    let wanted = TileSettings { hidden: Some(false), ..TileSettings::default() };
    let settings = Settings { version: 1, people: [(s3.id.clone(), wanted)].into(), file: BTreeMap::new() };
    assert_eq!(super::house(&[s3], &settings).tiles(), 1);
}

#[test]
fn tags_are_words_once_each() {
    assert_eq!(
        tags_of(&[Some("Family, video,,family"), None, Some("two words")]),
        ["family", "two-words", "video"]
    );
    assert_eq!(title_case("home-automation_2.x"), "Home Automation 2 X");
}

proptest! {
    #[test]
    fn whatever_sources_say_every_service_is_in_one_place(
        facts in proptest::collection::vec((0_usize..4, "[a-c]{0,2}", "[a-c]{0,2}", any::<bool>()), 0..30),
    ) {
        let resources: Vec<Arc<Resource>> = facts
            .iter()
            .enumerate()
            .map(|(at, (key, value, host, hidden))| {
                let key = ["group", "namespace", "category", "tags"][*key];
                let mut one = app(&at.to_string(), &[(key, value), ("url", &format!("https://{host}/"))]);
                Arc::make_mut(&mut one).facts.insert("hidden".to_owned(), (*hidden).into());
                one
            })
            .collect();
        let house = house_of(&resources);
        let mut all: Vec<ResourceId> = house.hidden.iter().map(|hidden| hidden.resource.id.clone()).collect();
        for tile in house.groups.iter().flat_map(|group| &group.tiles) {
            all.push(tile.resource.id.clone());
            all.extend(tile.also.iter().map(|other| other.id.clone()));
        }
        all.sort();
        let mut expected: Vec<ResourceId> = resources.iter().map(|resource| resource.id.clone()).collect();
        expected.sort();
        prop_assert_eq!(all, expected);
        prop_assert!(house.groups.iter().all(|group| !group.tiles.is_empty() && !group.title.is_empty()));
    }
}
