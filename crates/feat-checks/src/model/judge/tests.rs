use super::*;
use bytes::Bytes;
use hob_base::ResourceId;
use http::{HeaderMap, HeaderValue, header};
use http_probe::{Certificate, Phase, Timings};
use proptest::prelude::*;
use std::net::SocketAddr;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn spec(url: &str) -> CheckSpec {
    let resource = ResourceId::new("service", "nas", "3000");
    CheckSpec::new(resource, CheckTarget::found(url), Duration::from_secs(30))
}

pub(super) fn answer(status: u16, body: &str) -> Response {
    Response {
        status,
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        body_truncated: false,
        final_url: Url::parse("http://nas.lan:3000/").unwrap(),
        hops: vec![],
        timings: Timings {
            resolve: Duration::ZERO,
            connect: Duration::ZERO,
            tls: None,
            first_byte: Duration::from_millis(3),
            total: Duration::from_millis(12),
        },
        certificate: None,
        examination: None,
        version: http_probe::Version::Http11,
        withheld: false,
        remote: SocketAddr::from(([127, 0, 0, 1], 3000)),
    }
}

fn judged(url: &str, response: &Response) -> Health {
    judge_http(&spec(url), Ok(response), NOW)
}

#[test]
fn every_status_has_its_sentence() {
    let (root, page) = ("http://nas.lan:3000/", "http://nas.lan:3000/health?key=secret");
    for (url, status, level, reason) in [
        (root, 200, Level::Ok, "Answers with 200 OK."),
        (root, 204, Level::Ok, "Answers with 204 No Content."),
        (root, 302, Level::Ok, "Answers with 302 Found."),
        (root, 401, Level::Ok, "Answers with 401 Unauthorized: it asks who is there, so it is up."),
        (root, 404, Level::Ok, "Answers with 404 Not Found at its start page, so it is up."),
        (root, 400, Level::Ok, "Answers with 400 Bad Request at its start page, so it is up."),
        (root, 405, Level::Ok, "Answers with 405 Method Not Allowed."),
        (
            root,
            429,
            Level::Warning,
            "It answers 429 Too Many Requests: somebody asks it more often than it likes.",
        ),
        (
            page,
            404,
            Level::Warning,
            "It answers 404 Not Found at /health: the service is up, but this page is not well.",
        ),
        (
            root,
            500,
            Level::Critical,
            "It answers 500 Internal Server Error: the service itself reports a fault.",
        ),
        (
            root,
            502,
            Level::Critical,
            "It answers 502 Bad Gateway: the proxy is up, but the service behind it cannot be reached.",
        ),
        (root, 599, Level::Critical, "It answers 599: the service itself reports a fault."),
    ] {
        let health = judged(url, &answer(status, "oops"));
        assert_eq!((health.level, health.reason.as_str()), (level, reason));
        assert_eq!(health.remedy.is_some(), level != Level::Ok);
        assert!(!health.evidence.contains("secret"));
    }
}

#[test]
fn what_is_well_is_said_without_figures_so_that_it_stays_the_same() {
    let mut slower = answer(200, "another page");
    slower.timings.total = Duration::from_secs(2);
    assert_eq!(judged("http://nas/", &answer(200, "a page")), judged("http://nas/", &slower));
}

#[test]
fn what_is_not_well_has_evidence_in_one_printable_line() {
    let page = "<h1>Bad\x00\x1b[31m gateway</h1>\r\n\r\n\u{202e}x".to_owned() + &"y".repeat(5000);
    let health = judged("http://nas/", &answer(502, &page));
    assert!(
        health.evidence.starts_with(
            "127.0.0.1:3000 answered 502 Bad Gateway after 12 ms. The page begins: “<h1>Bad [31m gateway</h1> xyyy"
        ),
        "{}",
        health.evidence
    );
    assert!(health.evidence.chars().count() < 350 && !health.evidence.chars().any(char::is_control));
}

#[test]
fn the_owners_wishes_come_first() {
    let mut spec = spec("http://nas/");
    let CheckTarget::Http(http) = &mut spec.target else { panic!() };
    http.expect_status = vec![204, 500];
    http.expect_text = vec!["Grüße".to_owned()];
    let health = judge_http(&spec, Ok(&answer(200, "Grüße")), NOW);
    assert_eq!(health.reason, "It answers 200 OK, but 204 or 500 is expected.");
    assert_eq!(judge_http(&spec, Ok(&answer(500, "Viele Grüße!")), NOW).level, Level::Ok);
    let health = judge_http(&spec, Ok(&answer(500, "moin")), NOW);
    assert_eq!(
        (health.level, health.reason.as_str()),
        (Level::Critical, "It answers 500 Internal Server Error, but its page does not contain “Grüße”.")
    );
}

#[test]
fn a_redirect_elsewhere_names_the_host_only() {
    let mut response = answer(302, "");
    response.headers.insert(
        header::LOCATION,
        HeaderValue::from_static("https://auth.lan/login?state=d41d8cd98f00b204e9800998ecf8427e"),
    );
    let health = judged("http://nas/", &response);
    assert_eq!(health, Health::ok("Answers with 302 Found and sends visitors on to auth.lan."));
}

#[test]
fn a_slow_answer_is_a_warning_before_it_is_none() {
    let mut response = answer(200, "");
    response.timings.total = Duration::from_millis(8001);
    let health = judged("http://nas/", &response);
    assert_eq!(health.level, Level::Warning);
    assert_eq!(
        health.reason,
        "It answers, but takes more than 8 seconds; after 10 seconds it counts as failed."
    );
    assert!(health.evidence.contains("after 8001 ms"));
}

#[test]
fn a_certificate_is_judged_only_where_that_is_wanted() {
    let mut response = answer(200, "");
    response.certificate = Some(Certificate { trusted: Err("self-signed".to_owned()), not_after_unix: None });
    assert_eq!(judged("https://nas/", &response).level, Level::Ok);
    let mut spec = spec("https://nas/");
    let CheckTarget::Http(http) = &mut spec.target else { panic!() };
    http.found = false;
    let health = judge_http(&spec, Ok(&response), NOW);
    assert_eq!(
        (health.level, health.reason.as_str()),
        (Level::Warning, "It answers, but visitors are warned of its certificate: it is self-signed.")
    );
    // One that ends is the worse news; of what was found it is no more than a warning.
    let end = NOW.millis() / 1000 + 2 * 86_400 + 5;
    response.certificate = Some(Certificate { trusted: Ok(()), not_after_unix: Some(end) });
    let health = judge_http(&spec, Ok(&response), NOW);
    assert_eq!(
        (health.level, health.reason.as_str()),
        (Level::Critical, "Its certificate expires in 2 days.")
    );
    assert_eq!(judged("https://nas/", &response).level, Level::Warning);
    let CheckTarget::Http(http) = &mut spec.target else { panic!() };
    http.trusted = false;
    assert_eq!(judge_http(&spec, Ok(&response), NOW).level, Level::Ok);
}

#[test]
fn no_answer_says_why_and_what_to_do() {
    let addr = SocketAddr::from(([127, 0, 0, 1], 3000));
    let after = Duration::from_secs(10);
    for (error, level, reason) in [
        (
            ProbeError::Refused { addr },
            Level::Critical,
            "Nothing listens at 127.0.0.1:3000: the connection was refused.",
        ),
        (
            ProbeError::HeadTimeout { after, phase: Phase::BeforeHead },
            Level::Critical,
            "The server accepted the connection but sent no answer within 10 seconds.",
        ),
        (
            ProbeError::BodyTimeout { after, status: 200, received: 17 },
            Level::Critical,
            "It answers with 200 OK, but does not finish its page within 10 seconds.",
        ),
        (
            ProbeError::NoSocket { source: std::io::Error::from_raw_os_error(24) },
            Level::Unknown,
            "This machine could not open another connection: Too many open files.",
        ),
    ] {
        let health = judge_http(&spec("http://127.0.0.1:3000/"), Err(&error), NOW);
        assert_eq!((health.level, health.reason.as_str()), (level, reason));
        assert!(health.remedy.is_some());
        assert_eq!(health.evidence, "GET http://127.0.0.1:3000/");
    }
}

#[test]
fn a_port_is_judged_by_its_connection() {
    let mut spec = spec("");
    spec.target = CheckTarget::tcp("nas", 22);
    let remote = SocketAddr::from(([10, 0, 0, 7], 22));
    let mut outcome = TcpOutcome { remote, resolve: Duration::ZERO, connect: Duration::from_millis(3) };
    assert_eq!(judge_tcp(&spec, Ok(&outcome)), Health::ok("nas:22 accepts connections."));
    outcome.connect = Duration::from_secs(9);
    assert_eq!(judge_tcp(&spec, Ok(&outcome)).level, Level::Warning);
    let error = ProbeError::Refused { addr: remote };
    assert_eq!(judge_tcp(&spec, Err(&error)).level, Level::Critical);
    assert_eq!(judge(&spec, &Outcome::Broken("task 7 panicked".into()), NOW).level, Level::Unknown);
}

#[test]
fn expected_statuses_are_told_in_ranges() {
    let usual: Vec<u16> = (200..400).chain([401, 403, 405]).collect();
    assert_eq!(ranges(&usual), "200 to 399, 401, 403 or 405");
    assert_eq!(ranges(&[200]), "200");
    assert_eq!(ranges(&[204, 200]), "200 or 204");
}

proptest! {
    #[test]
    fn whatever_comes_back_is_judged_in_bounded_text(status in 100_u16..1000, body: Vec<u8>, url: String) {
        let mut response = answer(status, "");
        response.body = Bytes::from(body);
        let health = judged(&url, &response);
        prop_assert!(!health.reason.is_empty());
        prop_assert!(health.reason.chars().count() < 400 && health.evidence.chars().count() < 800);
    }
}
