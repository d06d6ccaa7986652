//! What answers mean.

use std::time::Duration;

use http::HeaderMap;
use proptest::prelude::*;

use super::{every_over_http, http, opened, resolved, steps};
use crate::exchange::{Role, Seen};
use crate::{Channel, Delivered, DeliveryError};

fn named(name: &str) -> Channel {
    every_over_http("https://x.example").into_iter().find(|(other, _)| *other == name).unwrap().1
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
}

fn judged(
    name: &str,
    role: Role,
    status: u16,
    pairs: &[(&'static str, &str)],
    body: &str,
) -> Result<Delivered, DeliveryError> {
    let channel = named(name);
    let previous = match name {
        "telegram" => Some("77 -1001234"),
        "discord" => Some("1122334455"),
        "slack_bot" => Some("1700000000.0001@C0HOUSE #house"),
        "mattermost_bot" => Some("postid26 4xp9fdt7"),
        _ => None,
    };
    let note = if role == Role::Send { opened() } else { resolved() };
    let steps = steps(&channel, &note, previous.filter(|_| role == Role::Edit));
    let step = steps.into_iter().find(|step| step.role == role).unwrap();
    http(&channel).judge(&step, &Seen { status, headers: &headers(pairs), body: body.as_bytes() })
}

/// What a service says when all is well, and the reference which is kept.
const GOOD: &[(&str, u16, &str, Option<&str>)] = &[
    ("webhook", 204, "", None),
    (
        "ntfy",
        200,
        r#"{"id":"xE73Iyuabi","time":1673542291,"event":"message","topic":"house"}"#,
        Some("xE73Iyuabi"),
    ),
    ("gotify", 200, r#"{"id":25,"appid":5,"message":"x"}"#, None),
    ("pushover", 200, r#"{"status":1,"request":"647d2300-702c-4b38-8b2f-d56326ae460b"}"#, None),
    (
        "telegram",
        200,
        r#"{"ok":true,"result":{"message_id":77,"chat":{"id":-1001234}}}"#,
        Some("77 -1001234"),
    ),
    ("discord", 200, r#"{"id":"1122334455","channel_id":"9"}"#, Some("1122334455")),
    ("slack_webhook", 200, "ok", None),
    (
        "slack_bot",
        200,
        r#"{"ok":true,"channel":"C0HOUSE","ts":"1700000000.0001"}"#,
        Some("1700000000.0001@C0HOUSE #house"),
    ),
    ("mattermost_webhook", 200, "ok", None),
    ("mattermost_bot", 201, r#"{"id":"postid26","channel_id":"4xp9fdt7"}"#, Some("postid26 4xp9fdt7")),
    ("matrix", 200, r#"{"event_id":"$event"}"#, Some("$event !room:lan")),
    ("signal", 201, r#"{"timestamp":"1700000000000"}"#, None),
    ("home_assistant", 200, "[]", None),
    ("apprise_key", 200, r#"{"error": ""}"#, None),
];

#[test]
fn a_good_answer_is_a_delivery_with_its_reference() {
    for (name, status, body, reference) in GOOD {
        let delivered = judged(name, Role::Send, *status, &[], body).unwrap();
        assert_eq!(delivered.reference.as_deref(), *reference, "{name}");
        assert_eq!(delivered.answer.status, *status, "{name}");
    }
}

/// A page of a login has a good status, too.
#[test]
fn another_page_is_no_delivery() {
    for (name, ..) in GOOD.iter().filter(|(name, ..)| !["webhook", "apprise_key"].contains(name)) {
        for body in ["<html>Please log in</html>", "", "{}", "null", "[[["] {
            let error = judged(name, Role::Send, 200, &[], body).unwrap_err();
            assert!(!error.is_worth_trying_again(), "{name} {body}");
            assert!(error.to_string().starts_with("Something answered, but not as"), "{name}: {error}");
        }
    }
}

#[test]
fn statuses_say_whether_to_try_again() {
    for (name, ..) in GOOD {
        for (status, again) in [
            (401, false),
            (403, false),
            (410, false),
            (413, false),
            (418, false),
            (429, true),
            (408, true),
            (500, true),
            (502, true),
            (503, true),
            (100, false),
            (304, false),
            (999, false),
            (0, false),
        ] {
            let error = judged(name, Role::Send, status, &[], "x").unwrap_err();
            assert_eq!(error.is_worth_trying_again(), again, "{name} {status}: {error}");
            let sentence = error.to_string();
            assert!(
                sentence.ends_with('.') && (sentence.starts_with(char::is_uppercase) || *name == "ntfy"),
                "{name}: {sentence}"
            );
            assert_eq!(error.answer().unwrap().status, status, "{name}");
        }
    }
}

/// Traefik, among others, says so in place of a container that restarts.
#[test]
fn a_404_of_a_proxy_is_no_reason_to_give_up() {
    let error = judged("gotify", Role::Send, 404, &[], "404 page not found\n").unwrap_err();
    assert!(error.is_worth_trying_again());
    assert!(error.to_string().starts_with("Gotify is not there now, or somewhere else"), "{error}");
    let own = judged("gotify", Role::Send, 404, &[], r#"{"error":"Not Found"}"#).unwrap_err();
    assert!(!own.is_worth_trying_again());
    // Nobody's proxy stands before these.
    let cloud = judged("slack_webhook", Role::Send, 404, &[], "no_service").unwrap_err();
    assert!(!cloud.is_worth_trying_again());
}

#[test]
fn the_time_to_wait_is_taken_from_where_it_stands() {
    let wait = |name, pairs: &[(&'static str, &str)], body| {
        judged(name, Role::Send, 429, pairs, body).unwrap_err().retry_after()
    };
    let seconds = |n| Some(Duration::from_secs(n));
    assert_eq!(wait("ntfy", &[("retry-after", "17")], ""), seconds(17));
    assert_eq!(wait("ntfy", &[("retry-after", " 1.5 ")], ""), Some(Duration::from_millis(1500)));
    let dates = [("retry-after", "Mon, 23 Nov 2026 13:00:30 GMT"), ("date", "Mon, 23 Nov 2026 13:00:00 GMT")];
    assert_eq!(wait("ntfy", &dates, ""), seconds(30));
    assert_eq!(wait("ntfy", &dates[..1], ""), None, "without the server's clock");
    let past = [("retry-after", "Mon, 23 Nov 2026 12:00:30 GMT"), ("date", "Mon, 23 Nov 2026 13:00:00 GMT")];
    assert_eq!(wait("ntfy", &past, ""), None);
    for nonsense in ["soon", "-5", "NaN", "inf", "1e99"] {
        assert_eq!(wait("ntfy", &[("retry-after", nonsense)], ""), None, "{nonsense}");
    }
    assert_eq!(wait("ntfy", &[("retry-after", "99999999")], ""), seconds(24 * 3600), "at most a day");
    assert_eq!(
        wait("telegram", &[], r#"{"ok":false,"error_code":429,"parameters":{"retry_after":31}}"#),
        seconds(31)
    );
    assert_eq!(
        wait("discord", &[("retry-after", "65")], r#"{"message":"x","retry_after":0.25}"#),
        Some(Duration::from_millis(250))
    );
    assert_eq!(wait("matrix", &[], r#"{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2000}"#), seconds(2));
    assert_eq!(wait("pushover", &[], ""), seconds(3600), "the messages of a month are used up");
}

#[test]
fn an_edit_of_what_is_gone_is_known() {
    for (name, status, body) in [
        (
            "telegram",
            400,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: message to edit not found"}"#,
        ),
        (
            "telegram",
            400,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: message can't be edited"}"#,
        ),
        ("discord", 404, r#"{"message": "Unknown Message", "code": 10008}"#),
        ("slack_bot", 200, r#"{"ok":false,"error":"message_not_found"}"#),
        ("slack_bot", 200, r#"{"ok":false,"error":"edit_window_closed"}"#),
        ("mattermost_bot", 404, r#"{"id":"app.post.get.app_error","status_code":404}"#),
    ] {
        let error = judged(name, Role::Edit, status, &[], body).unwrap_err();
        assert!(matches!(error, DeliveryError::Gone { .. }), "{name}: {error:?}");
    }
    let same = r#"{"ok":false,"error_code":400,"description":"Bad Request: message is not modified: specified new message content and reply markup are exactly the same"}"#;
    let delivered = judged("telegram", Role::Edit, 400, &[], same).unwrap();
    assert_eq!(delivered.reference.as_deref(), Some("77 -1001234"));
    let gone_webhook =
        judged("discord", Role::Edit, 404, &[], r#"{"message": "Unknown Webhook", "code": 10015}"#)
            .unwrap_err();
    assert!(matches!(gone_webhook, DeliveryError::Wrong { .. }));
}

#[test]
fn services_are_understood_where_they_say_more_than_a_status() {
    for (name, status, body, again, words) in [
        (
            "telegram",
            400,
            r#"{"ok":false,"description":"Bad Request: chat not found"}"#,
            false,
            "does not know the chat",
        ),
        (
            "telegram",
            400,
            r#"{"ok":false,"description":"Bad Request: group chat was upgraded","parameters":{"migrate_to_chat_id":-100777}}"#,
            false,
            "enter -100777 as the chat",
        ),
        (
            "telegram",
            403,
            r#"{"ok":false,"description":"Forbidden: bot was blocked by the user"}"#,
            false,
            "bot was blocked by the user",
        ),
        ("slack_bot", 200, r#"{"ok":false,"error":"not_in_channel"}"#, false, "invite it there"),
        ("slack_bot", 200, r#"{"ok":false,"error":"ratelimited"}"#, true, "cannot take the message now"),
        ("slack_bot", 200, r#"{"ok":false,"error":"brand_new_error"}"#, false, "brand_new_error"),
        ("slack_webhook", 404, "no_service", false, "no_service"),
        ("signal", 400, r#"{"error":"User +4915111111 is not registered."}"#, false, "Check the number"),
        (
            "signal",
            400,
            r#"{"error":"Failed to send message: java.net.UnknownHostException"}"#,
            true,
            "could not send the message now",
        ),
        ("home_assistant", 400, "400: Bad Request", false, "has no service notify.mobile_app_pixel"),
        ("apprise_key", 204, "", false, "nothing to send to"),
        (
            "apprise_key",
            424,
            r#"{"error":"One or more notification could not be sent."}"#,
            true,
            "not pass it on to every service",
        ),
        (
            "pushover",
            400,
            r#"{"user":"invalid","errors":["user identifier is not a valid user"],"status":0}"#,
            false,
            "user identifier is not a valid user.",
        ),
        ("matrix", 403, r#"{"errcode":"M_FORBIDDEN","error":"User not in room"}"#, false, "is in the room"),
    ] {
        let error = judged(name, Role::Send, status, &[], body).unwrap_err();
        assert_eq!(error.is_worth_trying_again(), again, "{name}: {error}");
        assert!(error.to_string().contains(words), "{name}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_answer_is_too_much(status: u16, body: Vec<u8>, after: String) {
        let after = after.parse().unwrap_or(http::HeaderValue::from_static("x"));
        let headers: HeaderMap = [(http::header::RETRY_AFTER, after)].into_iter().collect();
        for (name, channel) in every_over_http("https://x.example") {
            for step in steps(&channel, &resolved(), Some("1 -1001234")) {
                let seen = Seen { status, headers: &headers, body: &body };
                let outcome = http(&channel).judge(&step, &seen);
                let text = match &outcome {
                    Ok(delivered) => delivered.answer.to_string(),
                    Err(error) => error.to_string(),
                };
                prop_assert!(text.chars().count() < 1000 && !text.contains(char::is_control), "{name}: {text}");
            }
        }
    }
}
