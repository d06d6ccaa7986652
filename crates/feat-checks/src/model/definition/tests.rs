use super::*;
use hob_base::Level;
use hob_feature::checks::{
    CertificateDays, CheckSecret, DnsCheck, DockerCheck, DomainCheck, GroupCheck, GroupRule, GrpcCheck,
    HttpCheck, HttpLogin, Matching, PingCheck, RegistryCheck, Security, ServerCheck, TlsCheck,
};
use proptest::prelude::*;

fn every_kind() -> Vec<CheckTarget> {
    let server = ServerCheck::new("nas.lan", 25);
    vec![
        CheckTarget::Http(Box::new(HttpCheck {
            login: Some(HttpLogin::Bearer { token: CheckSecret::Env("TOKEN".into()) }),
            expect_json: vec!["$.status == \"ok\"".into()],
            ..HttpCheck::new("https://photos.example.org/")
        })),
        CheckTarget::tcp("nas.lan", 22),
        CheckTarget::Tls(TlsCheck::new("nas.lan", 443)),
        CheckTarget::Ping(PingCheck::new("nas.lan")),
        CheckTarget::Dns(DnsCheck {
            name: "example.org".into(),
            record: "MX".into(),
            server: Some("192.168.1.1".into()),
            expect: vec![],
            matching: Matching::All,
        }),
        CheckTarget::Domain(DomainCheck::new("example.org")),
        CheckTarget::Smtp(ServerCheck { security: Security::Starttls, ..server.clone() }),
        CheckTarget::Imap(server.clone()),
        CheckTarget::Ssh(server.clone()),
        CheckTarget::Mqtt(server.clone()),
        CheckTarget::Postgres(server.clone()),
        CheckTarget::Mysql(server.clone()),
        CheckTarget::Redis(server),
        CheckTarget::Docker(DockerCheck::new("grafana")),
        CheckTarget::Grpc(GrpcCheck {
            host: "nas.lan".into(),
            port: 50051,
            service: String::new(),
            tls: false,
        }),
        CheckTarget::Registry(RegistryCheck { image: "ghcr.io/me/app:1".into(), user: None, password: None }),
        CheckTarget::Group(GroupCheck {
            members: vec![ResourceId::new("service", "config", "photos")],
            rule: GroupRule::Percent(50),
        }),
    ]
}

#[test]
fn every_kind_can_be_kept_and_read_again_and_makes_a_specification() {
    for target in every_kind() {
        let mut definition = CheckDefinition::new("Photos at home", target);
        definition.retry = Some(5 * SECOND);
        let json = serde_json::to_string(&definition).unwrap();
        assert_eq!(serde_json::from_str::<CheckDefinition>(&json).unwrap(), definition, "{json}");
        let spec = definition.spec(CONFIG_SCOPE).unwrap_or_else(|mistakes| panic!("{json}: {mistakes:?}"));
        assert_eq!((spec.every, spec.retry), (definition.every, Some(5 * SECOND)));
        assert_eq!(spec.resource, definition.resource("config"));
    }
}

#[test]
fn kinds_have_their_own_resources() {
    let ids: Vec<String> = every_kind()
        .into_iter()
        .map(|target| CheckDefinition::new("Photos (Ömer)", target).resource(ADDED_SCOPE).to_string())
        .collect();
    assert_eq!(ids[0], "service/added/photos-ömer");
    assert_eq!(ids[2], "certificate/added/photos-ömer");
    assert_eq!(ids[5], "domain/added/photos-ömer");
    assert_eq!(ids[15], "credential/added/photos-ömer");
    assert_eq!(ids[16], "group/added/photos-ömer");
}

fn fields(definition: &CheckDefinition) -> Vec<&'static str> {
    definition.mistakes().iter().map(|mistake| mistake.field).collect()
}

#[test]
fn everything_that_is_wrong_is_found_at_once() {
    let http = HttpCheck {
        url: "http://me:hunter2@nas/".into(),
        method: "GETT".into(),
        headers: vec![("a b".into(), "x".into()), ("Authorization".into(), "Bearer x".into())],
        body: Some("x".into()),
        expect_status: vec![99],
        expect_text: vec![String::new()],
        expect_pattern: Some("(".into()),
        expect_json: vec!["status".into()],
        connect_to: Some("nas".into()),
        days: CertificateDays { warning: 3, critical: 14 },
        ..HttpCheck::default()
    };
    let mut definition = CheckDefinition::new("!!", CheckTarget::Http(Box::new(http)));
    definition.every = Duration::from_millis(1);
    definition.warn_after = Some(definition.timeout);
    definition.failures = 0;
    definition.tags = vec!["a,b".into()];
    definition.only = vec!["Mon-Fri 07:00-19:00".into(), "now and then".into()];
    assert_eq!(
        fields(&definition),
        [
            "name",
            "tags",
            "only",
            "interval",
            "warn_after",
            "failures",
            "url",
            "method",
            "headers",
            "headers",
            "expect_status",
            "expect_text",
            "expect_pattern",
            "expect_json",
            "connect_to",
            "critical_days"
        ]
    );
    assert!(definition.spec("config").is_err());
    assert!(!format!("{:?}", definition.mistakes()).contains("hunter2"));
}

#[test]
fn each_kind_says_what_it_needs() {
    let server = |security, password| ServerCheck { security, password, ..ServerCheck::new("nas", 1) };
    let group = |members, rule| CheckTarget::Group(GroupCheck { members, rule });
    for (target, expected) in [
        (CheckTarget::tcp("", 0), vec!["host", "port"]),
        (CheckTarget::tcp("nas/x", 1), vec!["host"]),
        (CheckTarget::tcp("fd00::7", 1), vec![]),
        (CheckTarget::Mqtt(server(Security::Starttls, None)), vec!["security"]),
        (
            CheckTarget::Ssh(server(Security::Tls, Some(CheckSecret::Env("X".into())))),
            vec!["security", "password"],
        ),
        (CheckTarget::Domain(DomainCheck::new("localhost")), vec!["domain"]),
        (CheckTarget::Domain(DomainCheck::new("192.168.1.1")), vec!["domain"]),
        (CheckTarget::Docker(DockerCheck::new("a/../b")), vec!["container"]),
        (
            CheckTarget::Ping(PingCheck { count: 0, loss_percent: 101, ..PingCheck::new("nas") }),
            vec!["count", "loss"],
        ),
        (
            CheckTarget::Registry(RegistryCheck {
                image: " ".into(),
                user: Some("me".into()),
                password: None,
            }),
            vec!["image", "password"],
        ),
        (group(vec![], GroupRule::Percent(0)), vec!["members", "rule"]),
        (group(vec![ResourceId::new("group", "config", "x")], GroupRule::All), vec!["members"]),
    ] {
        let definition = CheckDefinition::new("x", target);
        assert_eq!(fields(&definition), expected, "{:?}", definition.target);
    }
}

#[test]
fn maintenance_windows_silence_the_resource_and_nothing_else() {
    let mut definition = CheckDefinition::new("Photos", CheckTarget::tcp("nas", 22));
    assert_eq!(definition.silence("config"), None);
    definition.maintenance = vec!["Sun 02:00-04:00".into(), "Sat 02:00-04:00".into()];
    let silence = definition.silence("config").unwrap();
    assert_eq!(silence.recurs.as_deref(), Some("Sun 02:00-04:00\nSat 02:00-04:00"));
    assert!(silence.maintenance && silence.matchers.len() == 1);
    assert_eq!(silence.matchers[0].to_string(), "resource=\"service/config/photos\"");
    assert_eq!(definition.silence("config"), Some(silence), "the same definition makes the same silence");
    definition.enabled = false;
    assert_eq!(definition.silence("config"), None);
}

#[test]
fn a_group_needs_its_members_and_a_resource_knows_its_tags() {
    let mut definition = CheckDefinition::new("Media", every_kind().pop().unwrap());
    definition.tags = vec!["family".into(), "tv".into()];
    definition.depends_on = vec![ResourceId::new("host", "home", "nas")];
    let observation = definition.observation("config", "checks.config", HOUR);
    assert_eq!(observation.dependencies.len(), 2);
    assert_eq!(observation.facts.get("tag"), Some(&"family,tv".into()));
    assert!(observation.health.is_none_or(|health| health.level == Level::Ok));
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
    fn a_slug_is_a_slug(name: String) {
        let once = slug(&name);
        prop_assert!(!once.starts_with('-') && !once.ends_with('-') && !once.contains("--"));
    }

    #[test]
    fn no_text_makes_it_panic(text: String) {
        let http = HttpCheck {
            method: text.clone(),
            headers: vec![(text.clone(), text.clone())],
            expect_pattern: Some(text.clone()),
            expect_json: vec![text.clone()],
            connect_to: Some(text.clone()),
            ..HttpCheck::new(text.clone())
        };
        for target in [CheckTarget::Http(Box::new(http)), CheckTarget::tcp(text.clone(), 1)] {
            let definition = CheckDefinition::new(text.clone(), target);
            let _ = definition.mistakes();
            let _ = definition.silence(&text);
        }
    }
}
