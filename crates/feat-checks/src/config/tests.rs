use super::*;
use crate::model::definition::link;
use hob_feature::checks::{CertificateDays, CheckSecret, HttpCheck, HttpLogin, HttpVersion, IpFamily};
use proptest::prelude::*;
use std::path::Path;

fn read_text(text: &str) -> (Vec<CheckDefinition>, Vec<String>) {
    let config = Config::parse(Path::new("hob.toml"), text).unwrap();
    let problems = Problems::default();
    let services = read(&config, &problems);
    (services, problems.into_sorted().iter().map(ToString::to_string).collect())
}

fn id(definition: &CheckDefinition) -> String {
    definition.resource(CONFIG_SCOPE).to_string()
}

#[test]
fn an_address_is_all_that_is_needed() {
    let (services, problems) = read_text("[[service]]\nurl = \"http://nas.lan:5000\"\n");
    assert_eq!(problems, [""; 0]);
    let service = &services[0];
    assert_eq!(id(service), "service/config/nas.lan:5000");
    assert_eq!(service.name, "nas.lan:5000");
    assert_eq!((service.every, service.timeout, service.failures), (10 * SECOND, 10 * SECOND, 2));
    assert_eq!(service.target, CheckTarget::Http(Box::new(HttpCheck::new("http://nas.lan:5000/"))));
    assert_eq!(link(&service.target).as_deref(), Some("http://nas.lan:5000/"));
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
    assert_eq!(id(service), "service/config/our-photos");
    assert_eq!(service.icon.as_deref(), Some("📷"));
    assert_eq!(service.depends_on.len(), 2);
    let http = HttpCheck {
        expect_status: vec![204],
        expect_text: vec!["Welcome".into()],
        ..HttpCheck::new("https://photos.example.org/album?key=1")
    };
    assert_eq!(service.target, CheckTarget::Http(Box::new(http)));
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
        assert_eq!(self::id(&services[0]), id);
        assert_eq!(services[0].target, CheckTarget::tcp(target.0, target.1));
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

/// The text of an example without its comment signs.
fn uncommented(example: &str, from: &str) -> String {
    example
        .lines()
        .skip_while(|line| *line != from)
        .filter(|line| line.contains(" = ") || line.starts_with("# [["))
        .map(|line| format!("{}\n", line.trim_start_matches("# ")))
        .collect()
}

#[test]
fn the_examples_are_right_once_their_comment_signs_are_taken_away() {
    let (services, problems) = read_text(&uncommented(SERVICE_EXAMPLE, "# [[service]]"));
    assert_eq!((services.len(), problems), (1, vec![]));
    let text = uncommented(CHECK_EXAMPLE, "# [[check]]");
    let (checks, problems) = read_text(&text);
    assert_eq!(problems, [""; 0], "{text}");
    let kinds: Vec<&str> = checks.iter().map(|check| check.target.kind()).collect();
    assert_eq!(
        kinds,
        [
            "http", "http", "tcp", "tls", "ping", "dns", "domain", "postgres", "docker", "grpc", "registry",
            "group"
        ]
    );
    assert_eq!(checks[1].resource("config").name(), "status.example.org");
    let CheckTarget::Http(http) = &checks[0].target else { panic!() };
    assert_eq!(http.secret_headers, [("X-Api-Key".to_owned(), CheckSecret::Env("API_KEY".into()))]);
    assert!(matches!(&http.login, Some(HttpLogin::Basic { user, .. }) if user == "me"));
    assert_eq!((http.follow, http.family, http.version), (Some(true), IpFamily::Any, HttpVersion::Any));
}

#[test]
fn every_kind_can_be_written_with_little() {
    for (kind, _) in kinds::ALL {
        let needed = match kind {
            "http" => "url = \"http://nas/\"",
            "tcp" | "grpc" => "host = \"nas\"\nport = 1",
            "dns" => "lookup = \"nas\"",
            "domain" => "domain = \"example.org\"",
            "docker" => "container = \"grafana\"",
            "registry" => "image = \"ghcr.io/me/app\"",
            "group" => "name = \"All\"\nmembers = \"service/config/nas\"",
            _ => "host = \"nas\"",
        };
        let (checks, problems) = read_text(&format!("[[check]]\nkind = \"{kind}\"\n{needed}\n"));
        assert_eq!(problems, [""; 0], "{kind}");
        assert_eq!(checks[0].target.kind(), kind);
        assert!(!checks[0].name.is_empty());
        // And nothing at all says what is missing.
        let (checks, problems) = read_text(&format!("[[check]]\nkind = \"{kind}\"\n"));
        assert!(checks.is_empty() && !problems.is_empty(), "{kind}: {problems:?}");
    }
}

#[test]
fn mistakes_in_checks_are_told_with_what_would_be_right() {
    let (checks, problems) = read_text(
        r#"[[check]]
kind = "htpp"
[[check]]
url = "http://nas/"
[[check]]
kind = "http"
url = "http://nas/"
method = "get"
headers = ["Accept"]
token = "hunter2"
expect_json = "status"
only = "now and then"
[[check]]
kind = "tls"
host = "nas"
port = 99999
warn_days = 3
critical_days = 7
[[check]]
kind = "group"
members = ["photos"]
rule = "most"
[[check]]
kind = "redis"
host = "nas"
security = "starttls"
wrn_after = "1s"
"#,
    );
    assert!(checks.is_empty());
    let expected = [
        "hob.toml:2: check[1].kind: there is no such kind of check; did you mean “http”?",
        "hob.toml:3: check[2].kind: it is missing; write for example kind = \"http\"",
        "hob.toml:8: check[3].method: it must be one of GET, HEAD",
        "hob.toml:9: check[3].headers: each must be a name and a value",
        "hob.toml:10: check[3].token: secrets do not belong into this file",
        "hob.toml:11: check[3].expect_json: a path begins with $; write for example",
        "hob.toml:12: check[3].only: ",
        "hob.toml:16: check[4].port: 99999 is out of range",
        "hob.toml:18: check[4].critical_days: critical comes after the warning",
        "hob.toml:21: check[5].members: “photos” is not a resource id",
        "hob.toml:22: check[5].rule: it must be “all”, “any” or a share",
        "hob.toml:26: check[6].security: redis knows no starttls",
        "hob.toml:27: check[6].wrn_after: there is no such setting; did you mean “warn_after”?",
    ];
    for (problem, start) in problems.iter().zip(expected) {
        assert!(problem.starts_with(start), "{problem}\n{start}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}

#[test]
fn days_of_which_one_is_given_fit_together() {
    for (text, warning, critical) in
        [("", 21, 7), ("warn_days = 5", 5, 5), ("critical_days = 30", 30, 30), ("warn_days = 60", 60, 7)]
    {
        let (checks, problems) = read_text(&format!("[[check]]\nkind = \"tls\"\nhost = \"nas\"\n{text}\n"));
        assert_eq!(problems, [""; 0]);
        let CheckTarget::Tls(tls) = &checks[0].target else { panic!() };
        assert_eq!(tls.days, CertificateDays { warning, critical }, "{text}");
    }
}

proptest! {
    #[test]
    fn no_address_makes_it_panic(text: String) {
        let _ = address::parse(&text);
        let _ = address::parse(&format!("tcp://{text}"));
    }
}
