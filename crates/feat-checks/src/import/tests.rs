use super::*;
use hob_feature::checks::{CertificateDays, HttpCheck, HttpLogin, Security, StartTls};
use proptest::prelude::*;

const KUMA: &str = include_str!("tests/kuma.json");
const GATUS: &str = include_str!("tests/gatus.yaml");

fn seal(text: &str) -> Result<CheckSecret> {
    Ok(CheckSecret::Env(format!("sealed:{text}")))
}

fn sealed(text: &str) -> CheckSecret {
    CheckSecret::Env(format!("sealed:{text}"))
}

fn find<'a>(imported: &'a Imported, name: &str) -> &'a CheckDefinition {
    imported
        .definitions
        .iter()
        .find(|one| one.name == name)
        .unwrap_or_else(|| panic!("{name}: {:#?}", imported.left_out))
}

fn http(definition: &CheckDefinition) -> &HttpCheck {
    match &definition.target {
        CheckTarget::Http(http) => http,
        other => panic!("{other:?}"),
    }
}

fn why<'a>(imported: &'a Imported, name: &str, made: bool) -> &'a str {
    let left = imported.left_out.iter().find(|left| left.name == name && left.made == made);
    left.map_or_else(|| panic!("{name}: {:#?}", imported.left_out), |left| left.why.as_str())
}

fn all_is_sound(imported: &Imported) {
    let mut slugs = HashSet::new();
    for one in &imported.definitions {
        assert_eq!(one.mistakes(), [], "{one:?}");
        assert!(slugs.insert(&one.slug), "{} twice", one.slug);
    }
    for left in &imported.left_out {
        assert!(left.why.ends_with('.'), "{left:?}");
        assert!(!left.name.is_empty(), "{left:?}");
    }
}

#[test]
fn what_a_backup_of_uptime_kuma_holds_becomes_checks() {
    let imported = read(KUMA, &seal).unwrap();
    assert_eq!(imported.source, "Uptime Kuma");
    all_is_sound(&imported);

    let jellyfin = find(&imported, "Jellyfin");
    let page = http(jellyfin);
    assert_eq!((jellyfin.every.as_secs(), jellyfin.timeout.as_secs(), jellyfin.failures), (30, 24, 4));
    assert_eq!((jellyfin.retry, jellyfin.group.as_deref()), (Some(Duration::from_secs(20)), Some("Media")));
    assert_eq!(jellyfin.tags, ["media", "host=nas  top"]);
    assert_eq!(
        (page.expect_text.as_slice(), page.trusted, page.follow),
        (&["Healthy".to_owned()][..], false, Some(true))
    );
    assert_eq!(page.expect_status.len(), 101);
    assert_eq!(page.headers, [("Accept".to_owned(), "text/plain".to_owned())]);
    assert_eq!(page.secret_headers, [("X-Emby-Token".to_owned(), sealed("s3cret"))]);

    let photos = find(&imported, "Photos");
    let page = http(photos);
    assert_eq!((page.url.as_str(), page.method.as_str()), ("https://photos.example.org/api", "POST"));
    assert_eq!(page.login, Some(HttpLogin::Basic { user: "anna".into(), password: sealed("kettle") }));
    assert_eq!(
        (page.expect_json.as_slice(), page.follow),
        (&[r#"$.status.state == "ok""#.to_owned()][..], Some(false))
    );
    assert_eq!(photos.failures, 1);
    assert!(why(&imported, "Photos", true).contains("proxy"));
    let second = imported.definitions.iter().filter(|one| one.name == "Photos").nth(1).unwrap();
    assert_eq!(second.slug, "photos-2");
    assert_eq!(http(second).login, Some(HttpLogin::Bearer { token: sealed("tok") }));

    let ssh = find(&imported, "SSH of nas");
    assert!(ssh.upside_down && !ssh.enabled);
    let CheckTarget::Dns(dns) = &find(&imported, "Name server").target else { panic!() };
    assert_eq!((dns.record.as_str(), dns.server.as_deref()), ("AAAA", Some("192.168.1.2:5353")));
    let server = |name: &str| find(&imported, name).target.server().unwrap().clone();
    let tables = server("Tables");
    assert_eq!((tables.host.as_str(), tables.port, tables.security), ("db.lan", 5433, Security::Starttls));
    assert_eq!((tables.password, tables.database), (Some(sealed("p@ss")), Some("photos".to_owned())));
    assert_eq!((server("Old tables").host.as_str(), server("Old tables").port), ("fd00::7", 3306));
    assert_eq!((server("Cache").security, server("Cache").password), (Security::Tls, Some(sealed("pw"))));
    assert_eq!((server("Mosquitto").port, server("Mosquitto").security), (8883, Security::Tls));
    assert_eq!((server("Mail").port, server("Mail").security), (465, Security::Tls));
    assert_eq!(http(find(&imported, "Gone quiet")).not_text, ["error"]);
}

#[test]
fn groups_of_uptime_kuma_follow_their_members() {
    let imported = read(KUMA, &seal).unwrap();
    let members = |name: &str| match &find(&imported, name).target {
        CheckTarget::Group(group) => group.members.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(members("Media"), ["service/added/jellyfin", "service/added/photos"]);
    assert_eq!(members("Inner"), ["service/added/gone-quiet"]);
    assert_eq!(members("Everything"), ["group/added/inner"]);
    assert!(why(&imported, "Old group", false).contains("members"));
    let circle =
        r#"[{"id":1,"name":"a","type":"group","parent":2},{"id":2,"name":"b","type":"group","parent":1}]"#;
    let circle = read(circle, &seal).unwrap();
    assert_eq!((circle.definitions.len(), circle.left_out.len()), (0, 2));
}

#[test]
fn what_uptime_kuma_knows_and_hob_does_not_is_said_with_what_is_near() {
    let imported = read(KUMA, &seal).unwrap();
    for (name, made, words) in [
        ("Nightly backup", false, "scheduled job"),
        ("Quake", false, "ping of quake.lan port 27960"),
        ("Login with a dance", false, "OAuth 2"),
        ("Documents", false, "port of mongo.lan"),
        ("No host", false, "host:"),
        ("Grafana container", true, "socket"),
        ("Mosquitto", true, "topic"),
        ("Tables", true, "query is left out"),
        ("Greeter", true, "health service"),
        ("Shop", true, "scripts"),
        ("Query too clever", true, "more than a path"),
        ("Notifications", true, "messages"),
    ] {
        assert!(why(&imported, name, made).contains(words), "{name}: {}", why(&imported, name, made));
    }
    let said: String = imported.left_out.iter().map(|left| left.why.clone()).collect();
    for secret in ["hunter2", "kettle", "p%40ss", "p@ss", "s3cret"] {
        assert!(!said.contains(secret) && !format!("{:?}", imported.left_out).contains(secret), "{secret}");
    }
}

#[test]
fn what_version_2_tells_is_a_table_by_id() {
    let text = r#"{"monitorList": {"3": {"id": 3, "name": "A", "type": "http", "url": "http://a/", "ipFamily": "ipv6"}}}"#;
    let imported = read(text, &seal).unwrap();
    assert_eq!(http(find(&imported, "A")).family, hob_feature::checks::IpFamily::V6);
}

#[test]
fn what_a_configuration_of_gatus_holds_becomes_checks() {
    let imported = read(GATUS, &seal).unwrap();
    assert_eq!(imported.source, "Gatus");
    all_is_sound(&imported);

    let website = find(&imported, "website");
    let page = http(website);
    assert_eq!((website.every.as_secs(), website.timeout.as_secs()), (300, 5));
    assert_eq!((website.failures, website.successes), (5, 1), "as the default alert says");
    assert_eq!(website.warn_after, Some(Duration::from_millis(300)));
    assert_eq!((page.expect_status.as_slice(), page.trusted), (&[200][..], false));
    assert_eq!(page.expect_json, [r#"$.status == "UP""#]);
    assert_eq!(page.days, CertificateDays { warning: 14, critical: 2 });
    assert_eq!(website.group.as_deref(), Some("core"));
    assert_eq!(website.maintenance, ["Mon,Thu 23:00-00:00"]);
    let CheckTarget::Domain(domain) = &find(&imported, "website (domain)").target else { panic!() };
    assert_eq!((domain.domain.as_str(), domain.days.critical), ("twin.sh", 30));

    let header = find(&imported, "make-sure-header-is-rendered");
    assert_eq!(http(header).expect_status, [200, 429]);
    assert_eq!(http(header).expect_text, ["<h1>Example Domain</h1>"]);
    assert!(why(&imported, "make-sure-header-is-rendered", true).contains("has([BODY].errors) == false"));

    let api = find(&imported, "api");
    let page = http(api);
    assert_eq!((page.url.as_str(), page.follow), ("https://api.example.org/graphql", Some(false)));
    assert_eq!(page.body.as_deref(), Some(r#"{"query":"{ users { id } }"}"#));
    assert_eq!(page.login, Some(HttpLogin::Basic { user: "anna".into(), password: sealed("kettle") }));
    assert_eq!(page.secret_headers, [("X-Api-Key".to_owned(), sealed("s3cret"))]);
    assert_eq!(
        (api.failures, api.successes, api.tags.as_slice()),
        (3, 2, &["environment=staging".to_owned()][..])
    );
    assert_eq!(http(find(&imported, "bearer")).login, Some(HttpLogin::Bearer { token: sealed("tok") }));
    assert_eq!(http(find(&imported, "bearer")).expect_status.len(), 500, "any answer will do");
}

#[test]
fn other_endpoints_of_gatus_have_their_kinds() {
    let imported = read(GATUS, &seal).unwrap();
    let kind = |name: &str| find(&imported, name).target.kind();
    let kinds = [
        "redis",
        "ping-example",
        "example-dns-query",
        "ssh-example",
        "starttls-smtp-example",
        "tls-ldaps-example",
    ];
    assert_eq!(kinds.map(kind), ["tcp", "ping", "dns", "ssh", "tls", "tls"]);
    let closed = find(&imported, "closed");
    assert!(closed.upside_down && !closed.enabled);
    assert_eq!(closed.maintenance, ["daily 01:30-02:00", "Mon,Thu 23:00-00:00"]);
    let CheckTarget::Dns(dns) = &find(&imported, "example-dns-query").target else { panic!() };
    assert_eq!(
        (dns.server.as_deref(), dns.expect.as_slice()),
        (Some("8.8.8.8"), &["93.184.215.14".to_owned()][..])
    );
    let CheckTarget::Tls(tls) = &find(&imported, "starttls-smtp-example").target else { panic!() };
    assert_eq!((tls.starttls, tls.port, tls.days.critical), (Some(StartTls::Smtp), 587, 2));
    let CheckTarget::Tls(tls) = &find(&imported, "tls-ldaps-example").target else { panic!() };
    assert_eq!(tls.days, CertificateDays { warning: 42, critical: 42 });
    for (name, words) in [
        ("secret-from-outside", "${API_TOKEN}"),
        ("websocket-example", "https://echo.example.org/"),
        ("udp-example", "silent"),
        ("ext-ep-test", "scheduled job"),
        ("item-crud-workflow", "each step"),
    ] {
        assert!(why(&imported, name, false).contains(words), "{name}: {}", why(&imported, name, false));
    }
}

#[test]
fn what_is_neither_is_refused_with_a_sentence() {
    for (text, words) in [
        ("", "nothing in it"),
        ("hello", "neither"),
        ("a: 1", "neither"),
        ("{", "none"),
        ("{}", "monitorList"),
        ("[1, 2]", "monitorList"),
        ("{\"monitorList\": []}", "monitorList"),
        ("endpoints: [", "line"),
        (&"[".repeat(1000), "none"),
    ] {
        let said = read(text, &seal).unwrap_err();
        assert!(said.contains(words) && said.ends_with('.'), "{text:.20}: {said}");
    }
    assert!(read(&" ".repeat(FILE_BYTES_MAX).replace(' ', "a"), &seal).is_err());
    assert!(read(&"x".repeat(FILE_BYTES_MAX + 1), &seal).unwrap_err().contains("8 MiB"));
}

#[test]
fn a_secret_that_cannot_be_sealed_is_not_taken_in_plain() {
    let refuse = |_: &str| Err(hob_base::Error::Unavailable("x".to_owned()));
    let imported = read(KUMA, &refuse).unwrap();
    assert!(imported.definitions.iter().all(|one| one.target.secrets().is_empty()));
    assert!(why(&imported, "Jellyfin", true).contains("type it anew"));
}

#[test]
fn addresses_come_apart() {
    for (text, host, port, user, rest) in [
        ("http://me:pw@nas.lan:80/x?y", "nas.lan", Some(80), Some("me"), "/x?y"),
        ("tcp://[fd00::7]:22", "fd00::7", Some(22), None, ""),
        ("fd00::7", "fd00::7", None, None, ""),
        ("nas:x", "nas:x", None, None, ""),
        ("redis://:pw@cache/0", "cache", None, None, "/0"),
        ("http://a@b@c/", "c", None, Some("a@b"), "/"),
    ] {
        let at = place(text);
        assert_eq!(
            (at.host.as_str(), at.port, at.user.as_deref(), at.rest.as_str()),
            (host, port, user, rest),
            "{text}"
        );
    }
    assert_eq!(without_login("https://me:pw@nas/a@b"), "https://nas/a@b");
    assert_eq!(without_login(" nas "), "nas");
}

/// JSON that has the shape of a monitor, with anything in its fields.
fn a_monitor() -> impl Strategy<Value = serde_json::Value> {
    let kinds = [
        "http",
        "keyword",
        "json-query",
        "port",
        "ping",
        "dns",
        "docker",
        "group",
        "mqtt",
        "postgres",
        "redis",
        "smtp",
        "grpc-keyword",
        "push",
        "x",
    ];
    let value = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
        "[a-z]{1,5}(://)?[a-z:@]{0,8}[/?]?[0-9]{0,6}".prop_map(Into::into),
        proptest::collection::vec("[0-9a-z-]{0,9}", 0..3).prop_map(Into::into),
    ];
    let keys = prop_oneof![
        Just("name"),
        Just("url"),
        Just("hostname"),
        Just("port"),
        Just("interval"),
        Just("timeout"),
        Just("maxretries"),
        Just("retryInterval"),
        Just("accepted_statuscodes"),
        Just("headers"),
        Just("body"),
        Just("tags"),
        Just("parent"),
        Just("databaseConnectionString"),
        Just("jsonPath"),
        Just("expectedValue"),
        Just("keyword"),
        Just("basic_auth_user"),
        Just("ping_count"),
        Just("id"),
        Just("method"),
        Just("grpcUrl"),
    ];
    (0..kinds.len(), proptest::collection::vec((keys, value), 0..12)).prop_map(move |(kind, fields)| {
        let mut table: serde_json::Map<String, serde_json::Value> =
            fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        table.insert("type".to_owned(), kinds[kind].into());
        table.into()
    })
}

proptest! {
    #[test]
    fn whatever_a_backup_holds_what_is_taken_is_sound(monitors in proptest::collection::vec(a_monitor(), 1..8)) {
        let imported = kuma(&serde_json::Value::from(monitors).to_string(), &seal).unwrap();
        all_is_sound(&imported);
    }

    #[test]
    fn whatever_an_endpoint_holds_what_is_taken_is_sound(
        url in "(http|https|tcp|icmp|tls|starttls|ssh|ws|dns|)(://)?[a-z0-9.:@\\[\\]$]{0,12}(/[a-z?$]{0,4})?",
        condition in "\\[(STATUS|BODY|RESPONSE_TIME|CERTIFICATE_EXPIRATION|DOMAIN_EXPIRATION)\\][.a-z0-9]{0,5} (==|<|>) (pat\\(|any\\()?[a-z0-9*,]{0,6}h?\\)?",
        other in ".{0,20}",
    ) {
        let text = serde_json::json!({ "endpoints": [{
            "name": other, "url": url, "conditions": [condition], "interval": other, "body": other, "group": other,
            "headers": { "X": other }, "client": { "timeout": other }, "maintenance-windows": [{ "start": other }],
        }] });
        // JSON is YAML, too.
        if let Ok(imported) = gatus(&text.to_string(), &seal) {
            all_is_sound(&imported);
        }
    }

    #[test]
    fn no_file_makes_it_panic(text: String) {
        let _ = read(&text, &seal);
        let _ = gatus(&text, &seal);
    }
}
