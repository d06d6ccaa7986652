use super::*;
use crate::model::definition::ADDED_SCOPE;
use hob_base::Error;
use hob_feature::checks::{
    CertificateDays, DnsCheck, DockerCheck, DomainCheck, GroupCheck, GroupRule, GrpcCheck, HttpCheck,
    HttpLogin, HttpVersion, IpFamily, Matching, PingCheck, RegistryCheck, Security, ServerCheck, StartTls,
    TcpCheck, TlsCheck,
};
use proptest::prelude::*;
use std::time::Duration;

fn seal(text: &str) -> hob_base::Result<CheckSecret> {
    if text == "unsealable" {
        return Err(Error::Unavailable(String::new()));
    }
    Ok(CheckSecret::Env(format!("SEALED_{}", text.len())))
}

fn named(name: &str) -> Option<ResourceId> {
    (name == "Photos").then(|| ResourceId::new("service", "config", "photos"))
}

fn tools() -> Tools<'static> {
    Tools { seal: &seal, named: &named }
}

fn form(fields: &[(&str, &str)]) -> Entered {
    Entered(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn read_new(kind: &str, fields: &[(&str, &str)]) -> Result<CheckDefinition, Vec<Mistake>> {
    read(kind_of(kind).unwrap(), &form(fields), None, &tools())
}

fn wrong(kind: &str, fields: &[(&str, &str)]) -> Vec<&'static str> {
    read_new(kind, fields).unwrap_err().iter().map(|mistake| mistake.field).collect()
}

#[test]
fn an_address_is_enough() {
    let definition = read_new("http", &[("url", "https://photos.example.org/")]).unwrap();
    assert_eq!(
        (definition.name.as_str(), definition.slug.as_str()),
        ("photos.example.org", "photos-example-org")
    );
    assert_eq!(definition.every, Duration::from_secs(10));
    let CheckTarget::Http(http) = &definition.target else { panic!() };
    assert!(http.trusted && !http.found && http.follow.is_none());
    assert_eq!(http.days, CertificateDays { warning: 14, critical: 3 });
    for (kind, fields) in [
        ("tcp", &[("host", "nas"), ("port", "445")][..]),
        ("tls", &[("host", "nas")]),
        ("ping", &[("host", "nas")]),
        ("dns", &[("lookup", "example.org")]),
        ("domain", &[("domain", "example.org")]),
        ("postgres", &[("host", "nas")]),
        ("docker", &[("container", "grafana")]),
        ("grpc", &[("host", "nas"), ("port", "50051")]),
        ("registry", &[("image", "ghcr.io/me/app:1")]),
        ("group", &[("name", "Media"), ("members", "Photos")]),
    ] {
        let definition = read_new(kind, fields).unwrap_or_else(|wrong| panic!("{kind}: {wrong:?}"));
        assert_eq!(definition.target.kind(), kind);
        assert!(!definition.name.is_empty(), "{kind}");
    }
    let postgres = read_new("postgres", &[("host", "nas")]).unwrap();
    assert_eq!(postgres.target.server().unwrap().port, 5432);
}

#[test]
fn every_mistake_is_found_at_once_and_named_after_its_input() {
    assert_eq!(wrong("http", &[]), ["url"]);
    assert_eq!(wrong("group", &[("members", "Photos")]), ["name"]);
    let fields = [
        ("url", "nas"),
        ("name", "x"),
        ("interval", "often"),
        ("timeout", "1h"),
        ("failures", "-1"),
        ("expect_status", "200-1"),
        ("headers", "Accept"),
        ("secret_name_0", "X-Api-Key"),
        ("login", "basic"),
        ("icon", "grafana"),
        ("depends_on", "Nobody"),
        ("warn_days", "soon"),
        ("only", "now and then"),
        ("expect_json", "status"),
    ];
    let mut found = wrong("http", &fields);
    found.sort_unstable();
    let expected = [
        "depends_on",
        "expect_json",
        "expect_status",
        "failures",
        "headers",
        "icon",
        "interval",
        "only",
        "password",
        "secret_header",
        "timeout",
        "url",
        "warn_days",
    ];
    assert_eq!(found, expected);
    assert_eq!(wrong("tcp", &[("host", "nas"), ("port", "x")]), ["port"]);
    assert_eq!(wrong("tcp", &[("host", "nas"), ("port", "1"), ("send", r"\x")]), ["send"]);
    assert_eq!(wrong("group", &[("name", "x"), ("members", "Photos"), ("rule", "most")]), ["rule"]);
    let secret = [("url", "http://nas/"), ("headers", "Authorization: Bearer x")];
    let mistakes = read_new("http", &secret).unwrap_err();
    assert!(mistakes[0].problem.contains("Secret headers"), "{mistakes:?}");
    assert_eq!(wrong("registry", &[("image", "ghcr.io/a/b"), ("password", "unsealable")]), ["password"]);
}

#[test]
fn what_is_typed_means_what_it_says() {
    let fields = [
        ("url", " http://nas/ "),
        ("interval", "90"),
        ("retry", "1500ms"),
        ("tags", "family , outside,"),
        ("depends_on", "host/home/nas\r\nPhotos\r\n"),
        ("expect_status", "200-202, 404"),
        ("expect_text", "Welcome\r\n\r\n back "),
        ("body", "a\r\nb"),
        ("method", "POST"),
        ("trusted", "no"),
        ("upside_down", "yes"),
        ("user", "me"),
        ("password", "secret"),
        ("secret_name_3", "X-Key"),
        ("secret_value_3", "four"),
    ];
    let definition = read_new("http", &fields).unwrap();
    assert_eq!(
        (definition.every, definition.retry),
        (Duration::from_secs(90), Some(Duration::from_millis(1500)))
    );
    assert_eq!(definition.tags, ["family", "outside"]);
    assert_eq!(definition.depends_on[1].to_string(), "service/config/photos");
    assert!(definition.upside_down);
    let CheckTarget::Http(http) = &definition.target else { panic!() };
    assert_eq!(http.expect_status, [200, 201, 202, 404]);
    assert_eq!(http.expect_text, ["Welcome", " back "]);
    assert_eq!(http.body.as_deref(), Some("a\nb"));
    assert!(!http.trusted);
    assert_eq!(http.secret_headers, [("X-Key".to_owned(), CheckSecret::Env("SEALED_4".into()))]);
    assert!(matches!(&http.login, Some(HttpLogin::Basic { user, .. }) if user == "me"));
}

fn with_password() -> CheckDefinition {
    let login = HttpLogin::Basic { user: "me".into(), password: CheckSecret::Sealed(vec![1, 2]) };
    let secret_headers = vec![("X-Key".to_owned(), CheckSecret::Sealed(vec![3]))];
    let http = HttpCheck { login: Some(login), secret_headers, ..HttpCheck::new("https://nas.lan/a") };
    CheckDefinition::new("Photos", CheckTarget::Http(Box::new(http)))
}

#[test]
fn secrets_are_kept_replaced_and_forgotten() {
    let before = with_password();
    let kind = kind_of("http").unwrap();
    let shown = entered(&before);
    assert!(shown.get("password").is_empty() && shown.get("secret_name_0") == "X-Key");
    assert_eq!(read(kind, &shown, Some(&before), &tools()).unwrap(), before);

    let mut typed = shown.clone();
    typed.0.insert("password".into(), "new".into());
    typed.0.insert("secret_name_0".into(), String::new());
    let after = read(kind, &typed, Some(&before), &tools()).unwrap();
    assert_eq!(after.target.secrets(), [&CheckSecret::Env("SEALED_3".into())]);

    let mut none = shown;
    none.0.insert("login".into(), "none".into());
    assert_eq!(read(kind, &none, Some(&before), &tools()).unwrap().target.secrets().len(), 1);

    let server =
        ServerCheck { password: Some(CheckSecret::Sealed(vec![1])), ..ServerCheck::new("nas", 5432) };
    let before = CheckDefinition::new("Tables", CheckTarget::Postgres(server));
    let mut forget = entered(&before);
    forget.0.insert("forget_password".into(), "yes".into());
    let after = read(kind_of("postgres").unwrap(), &forget, Some(&before), &tools()).unwrap();
    assert!(after.target.secrets().is_empty());
}

#[test]
fn a_kept_secret_is_never_sent_to_another_place() {
    let before = with_password();
    let kind = kind_of("http").unwrap();
    for (field, value) in [
        ("url", "https://elsewhere.example/a"),
        ("url", "http://nas.lan/a"),
        ("url", "https://nas.lan:8443/a"),
        ("connect_to", "192.168.1.66:443"),
        ("trusted", "no"),
    ] {
        let mut moved = entered(&before);
        moved.0.insert(field.into(), value.into());
        let mistakes = read(kind, &moved, Some(&before), &tools()).unwrap_err();
        assert_eq!(mistakes[0].field, "password", "{field} {value}");
        moved.0.insert("password".into(), "typed".into());
        moved.0.insert("secret_value_0".into(), "typed".into());
        assert!(read(kind, &moved, Some(&before), &tools()).is_ok(), "{field} {value}");
    }
    let mut path = entered(&before);
    path.0.insert("url".into(), "https://nas.lan/b".into());
    assert!(read(kind, &path, Some(&before), &tools()).is_ok(), "another page of the same server");
}

#[test]
fn durations_and_statuses_are_told_shortly() {
    for (ms, text) in
        [(10_000, "10s"), (90_000, "90s"), (300_000, "5m"), (1500, "1500ms"), (86_400_000, "1d"), (0, "0ms")]
    {
        assert_eq!(duration_text(Duration::from_millis(ms)), text);
    }
    for (list, text) in [
        (vec![200, 201, 202, 404], "200-202, 404"),
        (vec![200, 201], "200, 201"),
        (vec![404, 200], "404, 200"),
        (vec![], ""),
        ((100..=599).collect(), "100-599"),
    ] {
        assert_eq!(writing::statuses(&list), text);
    }
}

fn word() -> impl Strategy<Value = String> {
    let words = "[a-zA-Z0-9äöü\"'<>&][a-zA-Z0-9 äöü\"'<>&]{0,10}[a-z]";
    words.prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,8}\\.lan", Just("192.168.1.10".to_owned()), Just("fd00::7".to_owned())]
}

fn ids() -> impl Strategy<Value = Vec<ResourceId>> {
    proptest::collection::vec("[a-z]{1,6}".prop_map(|name| ResourceId::new("service", "nas", &name)), 1..4)
}

fn days() -> impl Strategy<Value = CertificateDays> {
    (0_u32..30, 0_u32..30).prop_map(|(a, b)| CertificateDays { warning: a.max(b), critical: a.min(b) })
}

fn family() -> impl Strategy<Value = IpFamily> {
    prop_oneof![Just(IpFamily::Any), Just(IpFamily::V4), Just(IpFamily::V6)]
}

fn an_http() -> impl Strategy<Value = CheckTarget> {
    let asked = (
        host().prop_map(|host| {
            if host.contains(':') { format!("http://[{host}]/") } else { format!("https://{host}/x") }
        }),
        proptest::option::of("[a-z\n]{1,5}"),
        proptest::collection::vec(("[A-Z][a-z]{1,5}", word()), 0..3),
        proptest::collection::vec("[A-Z][a-z]{1,5}", 0..3),
        prop_oneof![Just(None), word().prop_map(Some)],
    );
    let wanted = (
        proptest::collection::vec(100_u16..600, 0..6),
        proptest::collection::vec(word(), 0..3),
        proptest::collection::vec(word(), 0..3),
        proptest::option::of(" ?[a-z]{1,5} ?"),
        proptest::option::of(any::<bool>()),
    );
    let how = (
        family(),
        days(),
        any::<bool>(),
        proptest::option::of(Just("10.0.0.1:443".to_owned())),
        any::<bool>(),
    );
    (asked, wanted, how).prop_map(|((url, body, headers, secrets, user), wanted, how)| {
        let sealed = |n: usize| CheckSecret::Sealed(vec![n as u8]);
        let login = user.map(|user| match how.4 {
            true => HttpLogin::Basic { user: user.replace(':', ""), password: sealed(200) },
            false => HttpLogin::Bearer { token: sealed(201) },
        });
        let mut secret_headers: Vec<_> =
            secrets.into_iter().enumerate().map(|(n, name)| (name, sealed(n))).collect();
        secret_headers.truncate(3);
        CheckTarget::Http(Box::new(HttpCheck {
            url,
            method: if body.is_some() { "POST" } else { "GET" }.to_owned(),
            headers,
            secret_headers,
            body,
            login,
            expect_status: wanted.0,
            expect_text: wanted.1,
            not_text: wanted.2,
            expect_pattern: wanted.3,
            expect_json: vec!["$.a == \"b\"".to_owned()],
            follow: wanted.4,
            family: how.0,
            version: if how.4 { HttpVersion::Two } else { HttpVersion::Any },
            connect_to: how.3,
            days: how.1,
            trusted: how.2,
            found: false,
        }))
    })
}

fn a_server() -> impl Strategy<Value = CheckTarget> {
    let parts = (
        host(),
        1_u16..,
        proptest::option::of(word()),
        proptest::option::of(0_u8..9),
        any::<bool>(),
        0_usize..6,
    );
    parts.prop_map(|(host, port, user, password, trusted, which)| {
        let server = ServerCheck {
            user: user.clone(),
            password: password.map(|n| CheckSecret::Sealed(vec![n])),
            database: user,
            trusted,
            security: if trusted { Security::Tls } else { Security::Plain },
            ..ServerCheck::new(host, port)
        };
        let make = [
            CheckTarget::Smtp,
            CheckTarget::Imap,
            CheckTarget::Mqtt,
            CheckTarget::Postgres,
            CheckTarget::Mysql,
            CheckTarget::Redis,
        ];
        make[which](server)
    })
}

fn a_target() -> impl Strategy<Value = CheckTarget> {
    let text = proptest::option::of("[ a-z\\\\\r\n\t\0]{1,9}");
    prop_oneof![
        an_http(),
        a_server(),
        (host(), 1_u16.., text.clone(), text, any::<bool>()).prop_map(|(host, port, send, expect, tls)| {
            CheckTarget::Tcp(TcpCheck { host, port, send, expect, tls })
        }),
        (host(), 1_u16.., days(), any::<bool>()).prop_map(|(host, port, days, yes)| CheckTarget::Tls(
            TlsCheck {
                server_name: yes.then(|| "example.org".to_owned()),
                starttls: yes.then_some(StartTls::Imap),
                days,
                trusted: yes,
                ..TlsCheck::new(host, port)
            }
        )),
        (host(), 1_u16..20, 1_u8..100, family()).prop_map(|(host, count, loss_percent, family)| {
            CheckTarget::Ping(PingCheck { host, count, loss_percent, family })
        }),
        (host(), any::<bool>()).prop_map(|(name, yes)| CheckTarget::Dns(DnsCheck {
            name,
            record: if yes { "MX" } else { "A" }.to_owned(),
            server: yes.then(|| "192.168.1.1".to_owned()),
            expect: if yes { vec!["10 mail.example.org".to_owned()] } else { vec![] },
            matching: if yes { Matching::All } else { Matching::Any },
        })),
        days().prop_map(|days| CheckTarget::Domain(DomainCheck { days, ..DomainCheck::new("example.org") })),
        "[a-z]{1,9}".prop_map(|name| CheckTarget::Docker(DockerCheck::new(name))),
        (host(), 1_u16.., any::<bool>()).prop_map(|(host, port, tls)| {
            CheckTarget::Grpc(GrpcCheck { host, port, service: if tls { "a.b" } else { "" }.to_owned(), tls })
        }),
        any::<bool>().prop_map(|yes| CheckTarget::Registry(RegistryCheck {
            image: "ghcr.io/me/app:1".into(),
            user: yes.then(|| "me".to_owned()),
            password: yes.then(|| CheckSecret::Sealed(vec![9])),
        })),
        (
            ids(),
            prop_oneof![Just(GroupRule::All), Just(GroupRule::Any), (1_u8..100).prop_map(GroupRule::Percent)]
        )
            .prop_map(|(members, rule)| CheckTarget::Group(GroupCheck { members, rule })),
    ]
}

prop_compose! {
    fn a_definition()(
        target in a_target(),
        name in word(),
        seconds in (10_u64..86_400, 200_u64..9000, 1_u32..100),
        maybe in (proptest::option::of(1_u64..60), proptest::option::of(1_u64..5), any::<bool>()),
        depends_on in ids(),
        words in proptest::collection::vec("[a-z]{1,8}", 0..3),
        paused in any::<bool>(),
    ) -> CheckDefinition {
        let mut definition = CheckDefinition::new(name.clone(), target);
        definition.every = Duration::from_secs(seconds.0);
        definition.timeout = Duration::from_millis(seconds.1);
        (definition.failures, definition.successes) = (seconds.2, seconds.2);
        definition.retry = maybe.0.map(Duration::from_secs);
        definition.jitter = maybe.1.map(Duration::from_secs);
        definition.warn_after = maybe.2.then(|| Duration::from_millis(150));
        if maybe.2 {
            definition.maintenance = vec!["Sun 02:00-04:00".into()];
            definition.only = vec!["Mon-Fri 07:00-19:00".into(), "Sat 07:00-19:00".into()];
            definition.group = Some(name);
            definition.icon = Some("📷".into());
        }
        definition.depends_on = depends_on;
        definition.tags = words;
        definition.upside_down = maybe.2 && !matches!(definition.target, CheckTarget::Group(_));
        definition.enabled = !paused;
        definition
    }
}

proptest! {
    #[test]
    fn what_is_shown_and_sent_back_is_the_same_check(definition in a_definition()) {
        prop_assume!(definition.mistakes().is_empty());
        let shown = entered(&definition);
        let kind = kind_of(definition.target.kind()).unwrap();
        let again = read(kind, &shown, Some(&definition), &tools());
        prop_assert_eq!(again, Ok(definition));
    }

    #[test]
    fn nothing_that_is_typed_makes_it_panic(fields in proptest::collection::btree_map("[a-z_0]{1,14}", ".{0,40}", 0..12), all in ".{0,60}") {
        for kind in &KINDS {
            let mut form = Entered(fields.clone());
            for spec in COMMON.iter().chain(kind.fields) {
                form.0.entry(spec.name.to_owned()).or_insert_with(|| all.clone());
            }
            if let Ok(definition) = read(kind, &form, None, &tools()) {
                prop_assert!(definition.spec(ADDED_SCOPE).is_ok());
            }
        }
    }
}
