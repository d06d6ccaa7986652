//! What goes over the wire to each service, as snapshots, and rules which hold for all of them.

use std::fmt::Write as _;

use http_probe::{MAX_BODY, Redirects};
use proptest::prelude::*;
use serde_json::Value;

use super::{changed, channel, every_over_http, nasty, opened, resolved, steps, values};
use crate::exchange::{Role, Step};
use crate::{Channel, Note, Severity, State};

const SERVER: &str = "https://service.example";

/// What a reference of a first delivery looks like.
fn previous(name: &str) -> Option<&'static str> {
    match name {
        "telegram" => Some("77 -1001234"),
        "discord" => Some("1122334455"),
        "slack_bot" => Some("1700000000.0001@C0HOUSE #house"),
        "mattermost_bot" => Some("postid26 4xp9fdt7"),
        "matrix" => Some("$event !room:lan"),
        _ => None,
    }
}

/// Steps as text.
fn shown(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        let request = &step.request;
        writeln!(text, "{:?}: {} {}", step.role, request.method, request.url).unwrap();
        for (name, value) in &request.headers {
            let private = if value.is_sensitive() { " (private)" } else { "" };
            writeln!(text, "{name}: {}{private}", String::from_utf8_lossy(value.as_bytes())).unwrap();
        }
        match serde_json::from_slice::<Value>(&request.body) {
            Ok(json) => writeln!(text, "{json:#}").unwrap(),
            Err(_) => {
                writeln!(text, "{}", String::from_utf8_lossy(&request.body).replace('&', "\n&")).unwrap();
            }
        }
    }
    text
}

#[test]
fn every_service_gets_what_it_understands() {
    for (name, channel) in every_over_http(SERVER) {
        let mut text = String::new();
        for (title, note, previous) in [
            ("opened", opened(), None),
            ("changed", changed(), previous(name)),
            ("resolved", resolved(), previous(name)),
            ("nasty", nasty(), previous(name)),
        ] {
            writeln!(text, "=== {title}\n{}", shown(&steps(&channel, &note, previous))).unwrap();
        }
        insta::assert_snapshot!(name, text.trim_end());
    }
}

#[test]
fn a_reference_to_another_place_is_no_reference() {
    for (name, channel) in every_over_http(SERVER) {
        let Some(reference) = previous(name) else { continue };
        let roles = |previous| {
            steps(&channel, &resolved(), previous).iter().map(|step| step.role).collect::<Vec<_>>()
        };
        assert_eq!(roles(Some(reference)), [Role::Edit, Role::Send], "{name}");
        assert_eq!(roles(None), [Role::Send], "{name}");
        assert_eq!(roles(Some("nonsense")), [Role::Send], "{name}");
        assert_eq!(roles(Some("")), [Role::Send], "{name}");
        if name != "discord" {
            let other = format!("{} elsewhere", reference.split(' ').next().unwrap());
            assert_eq!(roles(Some(&other)), [Role::Send], "{name}");
        }
    }
}

#[test]
fn an_edit_is_heard_unless_it_is_a_small_change() {
    let telegram = every_over_http(SERVER).into_iter().find(|(name, _)| *name == "telegram").unwrap().1;
    let count = |state, severity| {
        let note = Note { state, severity, ..opened() };
        steps(&telegram, &note, Some("77 -1001234")).len()
    };
    assert_eq!(count(State::Changed, Severity::Warning), 1);
    assert_eq!(count(State::Changed, Severity::Critical), 2);
    assert_eq!(count(State::Reminder, Severity::Warning), 2);
    assert_eq!(count(State::Resolved, Severity::Info), 2);
}

#[test]
fn an_emergency_of_pushover_ends_with_it() {
    let pushover =
        every_over_http(SERVER).into_iter().find(|(name, _)| *name == "pushover_emergency").unwrap().1;
    let roles = |note: &Note| steps(&pushover, note, None).iter().map(|step| step.role).collect::<Vec<_>>();
    assert_eq!(roles(&opened()), [Role::Send]);
    assert_eq!(roles(&resolved()), [Role::Aside, Role::Send]);
    let text = |note: &Note| {
        String::from_utf8(steps(&pushover, note, None).pop().unwrap().request.body.to_vec()).unwrap()
    };
    assert!(text(&opened()).contains("priority=2") && text(&opened()).contains("retry=45&expire=3600&tags="));
    assert!(text(&resolved()).contains("priority=0") && !text(&resolved()).contains("retry="));
}

/// Every request is sent as this crate wants it, whatever the service.
fn check(step: &Step, name: &str) {
    let request = &step.request;
    assert_eq!(request.redirects, Redirects::No, "{name}");
    assert!(request.body_is_private && !request.body.is_empty(), "{name}: nothing goes to an impostor");
    assert!(!request.even_if_untrusted, "{name}");
    assert!(request.body.len() <= MAX_BODY, "{name}: {}", request.body.len());
    assert!(request.limits.total.as_secs() <= 10, "{name}");
    for (header, value) in &request.headers {
        let harmless = ["user-agent", "content-type", "accept", "x-delivery"].contains(&header.as_str());
        assert!(harmless || value.is_sensitive(), "{name}: {header}");
    }
}

#[test]
fn the_longest_note_fits_everywhere() {
    let long = |text: &str| text.repeat(20_000);
    let channels = every_over_http(SERVER);
    for piece in ["word ", "🔥", "ü", "&", "\"", "*", "\\", "\n"] {
        let note = Note {
            title: long(piece),
            body: long(piece),
            links: (0..20)
                .map(|n| (long("l"), format!("https://x.example/{}", "a".repeat(970 + n))))
                .collect(),
            tags: (0..20).map(|_| long("t")).collect(),
            thread: Some(long("t")),
            dedupe: long("d"),
            ..opened()
        };
        let note = note.bounded();
        for (name, channel) in &channels {
            for step in steps(channel, &note, previous(name)) {
                check(&step, name);
                limits(name, &step);
            }
        }
    }
}

/// The limits which services document.
fn limits(name: &str, step: &Step) {
    let json: Value = serde_json::from_slice(&step.request.body).unwrap_or_default();
    let units = |value: &Value| value.as_str().unwrap_or_default().encode_utf16().count();
    let chars = |value: &Value| value.as_str().unwrap_or_default().chars().count();
    match name {
        "telegram" => {
            let text = json["text"].as_str().unwrap();
            let plain = without_markup(text);
            assert!(plain.encode_utf16().count() <= 4096, "{}", plain.encode_utf16().count());
        }
        "discord" => {
            let embed = &json["embeds"][0];
            assert!(units(&embed["title"]) <= 256 && units(&embed["description"]) <= 4096);
            assert!(units(&embed["title"]) + units(&embed["description"]) <= 6000);
            assert!(units(&json["content"]) <= 2000);
        }
        "ntfy" => assert!(json["message"].as_str().unwrap().len() < 4096),
        "signal" => assert!(chars(&json["message"]) <= 2000),
        "matrix" => assert!(step.request.body.len() < 60_000, "{}", step.request.body.len()),
        "pushover" => {
            let form = String::from_utf8(step.request.body.to_vec()).unwrap();
            let field = |name: &str| {
                let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
                let value = pairs.filter(|(other, _)| *other == name).map(|(_, value)| value).next().unwrap();
                percent_encoding::percent_decode_str(value).decode_utf8().unwrap().chars().count()
            };
            assert!(field("title") <= 250 && field("message") <= 1024);
        }
        _ => {}
    }
}

/// The text that Telegram counts.
fn without_markup(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(c),
            _ => {}
        }
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[test]
fn a_signature_is_that_of_the_body() {
    let hook = channel("webhook", &[("url", "http://x.example/"), ("secret", "key")]);
    let step = steps(&hook, &opened(), None).pop().unwrap();
    let value =
        step.request.headers.iter().find(|(name, _)| name == "x-hub-signature-256").unwrap().1.clone();
    let hex = value.to_str().unwrap().strip_prefix("sha256=").unwrap().to_owned();
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"key");
    ring::hmac::verify(&key, &step.request.body, &bytes).unwrap();
}

#[test]
fn own_headers_take_the_place_of_usual_ones() {
    let hook = channel(
        "webhook",
        &[("url", "http://x.example/"), ("headers", "User-Agent: me\ncontent-type: text/x")],
    );
    let step = steps(&hook, &opened(), None).pop().unwrap();
    let of = |name: &str| {
        let all = step.request.headers.iter().filter(|(other, _)| other == name);
        all.map(|(_, value)| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("user-agent"), ["me"]);
    assert_eq!(of("content-type"), ["text/x"]);
}

#[test]
fn a_body_of_ones_own_is_sent_as_it_is() {
    let body = r#"{"text": "Something is up."}"#;
    let hook = channel("webhook", &[("url", "http://x.example/"), ("body", body)]);
    let step = steps(&hook, &nasty(), None).pop().unwrap();
    assert_eq!(step.request.body, body);
    let hook =
        channel("webhook", &[("url", "http://x.example/"), ("body", "up"), ("content_type", "text/plain")]);
    let step = steps(&hook, &nasty(), None).pop().unwrap();
    assert_eq!(step.request.body, "up");
    assert!(step.request.headers.iter().any(|(name, value)| name == "content-type" && value == "text/plain"));
}

#[test]
fn a_template_is_written_with_the_note() {
    let body = r#"{"content": {{ printf "%s: %s" (upper .severity) .title | toJSON }}, "open": {{ ne .state "resolved" }}{{ if .link }}, "url": {{ .link | toJSON }}{{ end }}, "tags": {{ .tags | toJSON }}, "more": [{{ range $i, $pair := .links }}{{ if $i }},{{ end }}{{ index $pair 1 | toJSON }}{{ end }}]}"#;
    let hook = channel("webhook", &[("url", "http://x.example/"), ("body", body)]);
    let written = |note: &Note| {
        let step = steps(&hook, note, None).pop().unwrap();
        serde_json::from_slice::<Value>(&step.request.body).unwrap()
    };
    assert_eq!(
        written(&opened()),
        serde_json::json!({
            "content": "CRITICAL: Jellyfin on nas does not answer",
            "open": true,
            "url": "https://hob.example/incidents/12",
            "tags": ["nas", "service"],
            "more": ["http://nas:3000/wiki/jellyfin_(media)"],
        })
    );
    let nasty = written(&nasty());
    assert_eq!(nasty["content"], "WARNING: <b>*x*</b> & \"q\" @everyone Bcc: evil@example.com txt.exe");
    assert!(nasty.get("url").is_none());
}

/// A template that costs too much ends with a sentence, and with a body that is too large.
#[test]
fn a_template_has_its_limits() {
    let body = r#"{{ range until 9999 }}12345678{{ end }}"#;
    let values = values(&[("url", "http://x.example/"), ("body", body), ("content_type", "text/plain")]);
    let wrong = Channel::from_fields("webhook", &values).unwrap_err();
    assert!(
        wrong[0].0 == "body"
            && wrong[0].1.starts_with("The body cannot be written. In line 1, at character "),
        "{wrong:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_note_can_be_sent(title: String, body: String, link: String, thread: Option<String>, dedupe: String) {
        let note = Note {
            title, body, thread, dedupe,
            link: Some(format!("https://x.example/{link}")),
            ..opened()
        };
        for (name, channel) in every_over_http(SERVER) {
            for step in steps(&channel, &note, previous(name)) {
                check(&step, name);
                limits(name, &step);
            }
        }
    }
}
