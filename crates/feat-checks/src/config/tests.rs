use super::*;
use proptest::prelude::*;
use std::path::Path;

fn read_text(text: &str) -> (Vec<Service>, Vec<String>) {
    let config = Config::parse(Path::new("hob.toml"), text).unwrap();
    let problems = Problems::default();
    let services = read(&config, &problems);
    (services, problems.into_sorted().iter().map(ToString::to_string).collect())
}

#[test]
fn an_address_is_all_that_is_needed() {
    let (services, problems) = read_text("[[service]]\nurl = \"http://nas.lan:5000\"\n");
    assert_eq!(problems, [""; 0]);
    let service = &services[0];
    assert_eq!(service.id.as_str(), "service/config/nas.lan:5000");
    assert_eq!((service.name.as_str(), service.url.as_str()), ("nas.lan:5000", "http://nas.lan:5000/"));
    assert_eq!((service.check.every, service.check.timeout, service.check.failures), (EVERY, TIMEOUT, 2));
    let CheckTarget::Http { expect_status, found, .. } = &service.check.target else { panic!() };
    assert!(expect_status.contains(&200) && expect_status.contains(&401) && !expect_status.contains(&404));
    assert!(!found);
}

#[test]
fn every_setting_is_heard() {
    let (services, problems) = read_text(
        r#"[[service]]
url = "https://Photos.example.org/album?key=1"
name = "Our Photos!"
group = "Family"
icon = "📷"
interval = "1m"
timeout = "5s"
failures = 3
expect_status = 204
expect_text = "Welcome"
depends_on = ["host/home/nas", "service/nas/443"]
"#,
    );
    assert_eq!(problems, [""; 0]);
    let service = &services[0];
    assert_eq!(service.id.as_str(), "service/config/our-photos");
    assert_eq!(service.symbol.as_deref(), Some("📷"));
    assert_eq!(service.depends_on.len(), 2);
    assert_eq!(
        service.check.target,
        CheckTarget::Http {
            url: "https://photos.example.org/album?key=1".into(),
            expect_status: vec![204],
            expect_text: Some("Welcome".into()),
            found: false,
        }
    );
}

#[test]
fn a_port_can_be_watched_without_http() {
    for (url, id, target) in [
        ("tcp://nas.lan:22", "service/config/nas.lan:22", ("nas.lan", 22)),
        ("TCP://10.0.0.7:80/", "service/config/10.0.0.7:80", ("10.0.0.7", 80)),
        ("tcp://[fd00::7]:445", "service/config/[fd00::7]:445", ("fd00::7", 445)),
    ] {
        let (services, problems) = read_text(&format!("[[service]]\nurl = \"{url}\"\n"));
        assert_eq!(problems, [""; 0]);
        assert_eq!(services[0].id.as_str(), id);
        assert_eq!(services[0].check.target, CheckTarget::Tcp { host: target.0.to_owned(), port: target.1 });
    }
}

#[test]
fn every_mistake_is_reported_at_once_with_what_would_be_right() {
    let (services, problems) = read_text(
        r#"[[service]]
name = ""
[[service]]
url = "ftp://nas.lan/"
interval = "0s"
[[service]]
url = "http://me:hunter2@nas.lan/"
icon = "https://nas.lan/icon.png"
[[service]]
url = "tcp://nas.lan"
[[service]]
url = "tcp://nas.lan:22"
expect_status = 200
depends_on = "nas"
[[service]]
url = "http://nas.lan"
expect_status = [200, 99]
intervall = "5s"
"#,
    );
    assert_eq!(services.len(), 2);
    let expected = [
        "hob.toml:1: service[1].url: it is missing; write for example url = \"http://nas.lan:5000/\"",
        "hob.toml:2: service[1].name: it is empty",
        "hob.toml:4: service[2].url: it does not begin with http://, https:// or tcp://; write for example",
        "hob.toml:5: service[2].interval: 0 seconds is out of range",
        "hob.toml:7: service[3].url: it holds a user name or password",
        "hob.toml:8: service[3].icon: it must be one or two characters",
        "hob.toml:10: service[4].url: a tcp:// address needs a port; write",
        "hob.toml:13: service[5].expect_status: a tcp:// address has no answer to look at",
        "hob.toml:14: service[5].depends_on: “nas” is not a resource id",
        "hob.toml:17: service[6].expect_status: each entry must be a whole number from 100 to 599",
        "hob.toml:18: service[6].intervall: there is no such setting; did you mean “interval”?",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for (problem, start) in problems.iter().zip(expected) {
        assert!(problem.starts_with(start), "{problem}\n{start}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}

#[test]
fn two_of_one_name_are_told_apart_by_their_lines() {
    let (services, problems) = read_text(
        "[[service]]\nurl = \"http://a/\"\nname = \"NAS\"\n\n[[service]]\nurl = \"http://b/\"\nname = \"nas\"\n",
    );
    assert_eq!(services.len(), 1);
    assert_eq!(
        problems,
        [
            "hob.toml:5: service[2]: it is called “nas” like service[1] in line 1; give one of them another name"
        ]
    );
}

#[test]
fn the_example_is_right_once_its_comment_signs_are_taken_away() {
    let text: String = EXAMPLE
        .lines()
        .skip_while(|line| *line != "# [[service]]")
        .map(|line| format!("{}\n", line.trim_start_matches("# ")))
        .collect();
    let (services, problems) = read_text(&text);
    assert_eq!((services.len(), problems), (1, vec![]));
}

#[test]
fn names_become_slugs() {
    for (name, expected) in
        [("Home Assistant", "home-assistant"), ("  --x-- ", "x"), ("Fotos (Ömer)", "fotos-ömer"), ("!!", "")]
    {
        assert_eq!(slug(name), expected);
    }
}

proptest! {
    #[test]
    fn no_address_makes_it_panic(text: String) {
        let _ = parse_address(&text);
        let _ = parse_address(&format!("tcp://{text}"));
    }

    #[test]
    fn a_slug_is_a_slug(name: String) {
        let once = slug(&name);
        prop_assert!(!once.starts_with('-') && !once.ends_with('-') && !once.contains("--"));
    }
}
