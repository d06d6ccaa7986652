//! Filling in: forms, settings and what is kept.

use std::collections::BTreeSet;

use super::{channel, every, values};
use crate::{Channel, Input, Kind};

#[test]
fn every_kind_describes_itself_for_people() {
    let mut ids = BTreeSet::new();
    for kind in Channel::kinds() {
        assert!(ids.insert(kind.id), "{} twice", kind.id);
        assert_eq!(Channel::kind_of(kind.id), Some(kind));
        assert!(!kind.title.is_empty() && kind.help.ends_with('.'), "{}", kind.id);
        let mut names = BTreeSet::new();
        for field in kind.fields {
            assert!(names.insert(field.name), "{} {} twice", kind.id, field.name);
            assert_ne!(field.name, "kind");
            assert!(field.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", field.name);
            assert!(!field.label.is_empty() && !field.label.ends_with('.'));
            assert!(
                field.help.is_empty() || field.help.ends_with(['.', ':']) || field.help.contains("Fields:"),
                "{}",
                field.help
            );
        }
    }
    let tried: BTreeSet<&str> =
        every("https://x.example").iter().map(|(_, channel)| channel.kind().id).collect();
    assert_eq!(tried, ids, "every kind is tried");
}

#[test]
fn a_channel_is_what_was_filled_in() {
    for (name, channel) in every("https://x.example") {
        assert_eq!(channel.check(), [], "{name}");
        // Through JSON, as a database keeps it.
        let json = serde_json::to_string(&channel).unwrap();
        assert_eq!(serde_json::from_str::<Channel>(&json).unwrap(), channel, "{name}: {json}");
        // Through the form, which shows no secret.
        let shown = channel.to_fields();
        for field in channel.kind().fields.iter().filter(|field| field.secret && channel.is_set(field.name)) {
            assert_eq!(shown[field.name], "", "{name} {}", field.name);
        }
        assert_eq!(channel.updated(&shown, &[]).unwrap(), channel, "{name}");
        assert!(!channel.place().is_empty());
    }
}

#[test]
fn a_secret_is_kept_replaced_or_forgotten() {
    let ntfy = channel("ntfy", &[("server", "https://x.example"), ("topic", "t"), ("token", "tk_old")]);
    let token = |channel: &Channel| match channel {
        Channel::Ntfy(ntfy) => ntfy.token.as_ref().map(|token| token.reveal().to_owned()),
        _ => None,
    };
    let form = |typed: &str| values(&[("server", "https://x.example"), ("topic", "u"), ("token", typed)]);
    assert_eq!(token(&ntfy.updated(&form(""), &[]).unwrap()).as_deref(), Some("tk_old"));
    assert_eq!(token(&ntfy.updated(&form(""), &["token"]).unwrap()), None);
    assert_eq!(token(&ntfy.updated(&form("tk_new"), &[]).unwrap()).as_deref(), Some("tk_new"));
    // What a form no longer sends is blank, if it is no secret.
    assert!(ntfy.updated(&values(&[("server", "https://x.example")]), &[]).is_err());
}

#[test]
fn a_secret_does_not_move_to_another_address() {
    let fields = |channel: &Channel, pairs: &[(&str, &str)]| {
        let wrong = channel.updated(&values(pairs), &[]).err().unwrap_or_default();
        wrong.into_iter().map(|(field, _)| field).collect::<Vec<_>>()
    };
    let ntfy = channel("ntfy", &[("server", "https://x.example"), ("topic", "t"), ("token", "tk_old")]);
    assert_eq!(fields(&ntfy, &[("server", "https://evil.example"), ("topic", "t")]), ["token"]);
    assert_eq!(fields(&ntfy, &[("server", "http://x.example"), ("topic", "t")]), ["token"]);
    let any = ("accept_any_certificate", "on");
    assert_eq!(fields(&ntfy, &[("server", "https://x.example"), ("topic", "t"), any]), ["token"]);
    assert_eq!(fields(&ntfy, &[("server", "https://x.example"), ("topic", "other")]), [""; 0]);
    assert!(ntfy.updated(&values(&[("server", "https://y.example"), ("topic", "t")]), &["token"]).is_ok());

    let hook =
        channel("webhook", &[("url", "https://x.example/a"), ("headers", "X-Key: k"), ("secret", "s")]);
    assert_eq!(fields(&hook, &[("url", "https://evil.example/")]), ["headers", "secret"]);
    assert_eq!(fields(&hook, &[("method", "PUT")]), [""; 0]);
    let mqtt = channel(
        "mqtt",
        &[("server", "a.lan"), ("topic", "t"), ("tls", "true"), ("user", "u"), ("password", "p")],
    );
    let form = |server, tls| [("server", server), ("topic", "t"), ("tls", tls), ("user", "u")];
    assert_eq!(fields(&mqtt, &form("evil.lan", "true")), ["password"]);
    assert_eq!(fields(&mqtt, &form("a.lan", "")), ["password"]);
    assert_eq!(fields(&mqtt, &form("a.lan", "on")), [""; 0]);
    // A server that is not shown, as it is the usual one.
    let telegram = channel("telegram", &[("token", "1:a"), ("chat", "1")]);
    assert_eq!(fields(&telegram, &[("chat", "1"), ("server", "https://evil.example")]), ["token"]);
    assert_eq!(fields(&telegram, &[("chat", "2"), ("server", "")]), [""; 0]);
}

/// What decides where secrets go is known by its name or as an address.
#[test]
fn every_kind_with_secrets_says_where_they_go() {
    for kind in Channel::kinds().iter().filter(|kind| kind.fields.iter().any(|field| field.secret)) {
        let leads = kind.fields.iter().any(|field| field.input == Input::Address || field.name == "server");
        assert!(leads || kind.id == "apprise_command", "{}", kind.id);
    }
}

#[test]
fn settings_have_their_own_types() {
    let json = r#"{"kind": "pushover", "token": "abcdefghijklmnopqrstuvwxyz0123", "user": "abcdefghijklmnopqrstuvwxyz0123", "emergency": true, "retry": 30}"#;
    let Channel::Pushover(pushover) = serde_json::from_str(json).unwrap() else { panic!() };
    assert!(pushover.emergency && pushover.retry == Some(30));
    let json = r#"{"kind": "signal", "server": "http://s.lan", "number": "+4915112345", "recipients": ["+4915154321", "group.x"]}"#;
    let Channel::Signal(signal) = serde_json::from_str(json).unwrap() else { panic!() };
    assert_eq!(signal.recipients, ["+4915154321", "group.x"]);
    let wrong =
        serde_json::from_str::<Channel>(r#"{"kind": "ntfy", "server": "x"}"#).unwrap_err().to_string();
    assert!(wrong.contains("“Server” is not an address") && wrong.contains("“Topic” is missing."), "{wrong}");
    assert!(serde_json::from_str::<Channel>("{}").is_err());
}

#[test]
fn white_space_around_a_value_does_not_matter() {
    let typed = channel(
        "gotify",
        &[("server", " https://x.example \n"), ("token", "A-secret\r\n"), ("priority", " 3")],
    );
    let plain =
        channel("gotify", &[("server", "https://x.example"), ("token", "A-secret"), ("priority", "3")]);
    assert_eq!(typed, plain);
}

/// The sentences for a kind that was filled in like this.
fn wrong(kind: &str, pairs: &[(&str, &str)]) -> Vec<String> {
    let wrong = Channel::from_fields(kind, &values(pairs)).err().unwrap_or_default();
    wrong.into_iter().map(|(field, sentence)| format!("{field}: {sentence}")).collect()
}

#[test]
fn what_is_wrong_is_said_for_its_field() {
    let server = ("server", "https://x.example");
    for (kind, pairs, expected) in [
        ("ntfy", vec![server, ("topic", "a b")], "topic: A topic has 1 to 64 letters, digits, “-” and “_”."),
        (
            "ntfy",
            vec![("server", "x"), ("topic", "t")],
            "server: “Server” is not an address that can be asked: it does not begin with http:// or https://.",
        ),
        (
            "ntfy",
            vec![("server", "https://u:p@x"), ("topic", "t")],
            "server: “Server” is not an address that can be asked: it holds a user name or password, which are never sent.",
        ),
        (
            "ntfy",
            vec![server, ("topic", "t"), ("priority", "6")],
            "priority: “Priority” is not a whole number from 1 to 5.",
        ),
        (
            "ntfy",
            vec![server, ("topic", "t"), ("user", "a")],
            "password: There is a user name without a password.",
        ),
        (
            "ntfy",
            vec![server, ("topic", "t"), ("topc", "t")],
            "topc: ntfy has no such setting; it has server, topic, token, user, password, priority, accept_any_certificate.",
        ),
        (
            "ntfy",
            vec![server, ("topic", "t"), ("accept_any_certificate", "maybe")],
            "accept_any_certificate: “Accept any certificate” is neither true nor false.",
        ),
        (
            "gotify",
            vec![server, ("token", "a\r\nX: y")],
            "token: “Application token” holds a line break or another control character.",
        ),
        ("gotify", vec![server], "token: “Application token” is missing."),
        (
            "telegram",
            vec![("token", "1:a"), ("chat", "me")],
            "chat: A chat is a number, or @name of a channel.",
        ),
        (
            "telegram",
            vec![("token", "../x"), ("chat", "1")],
            "token: A token is a number, a colon, and letters and digits.",
        ),
        (
            "discord",
            vec![("url", "https://discord.com/channels/1")],
            "url: This is not the address of a webhook: it has “/webhooks/” in it, and no “?”.",
        ),
        ("slack", vec![], "webhook: Enter the address of a webhook, or the token of a bot."),
        ("slack", vec![("token", "x")], "channel: A bot needs a channel to write to."),
        (
            "mattermost",
            vec![("token", "x"), ("channel", "c")],
            "server: A bot needs the address of the server.",
        ),
        (
            "matrix",
            vec![server, ("token", "x"), ("room", "#house:x")],
            "room: This is a name of a room. Its internal id is needed, which begins with “!”.",
        ),
        (
            "signal",
            vec![server, ("number", "0151"), ("recipients", "group.x")],
            "number: A number begins with “+” and the code of the country.",
        ),
        (
            "signal",
            vec![server, ("number", "+4915100"), ("recipients", "anna")],
            "recipients: “anna” is neither a number (+49…), a user name (u:…) nor a group (group.…).",
        ),
        (
            "home_assistant",
            vec![server, ("token", "x"), ("service", "notify/../x")],
            "service: A service of notify has small letters, digits and “_”: mobile_app_pixel.",
        ),
        ("apprise_api", vec![server], "key: Enter the key of a configuration, or URLs."),
        (
            "pushover",
            vec![("token", "short"), ("user", "abcdefghijklmnopqrstuvwxyz0123")],
            "token: The token of an application has 30 letters and digits.",
        ),
        (
            "webhook",
            vec![("url", "http://x"), ("method", "GET")],
            "method: “Method” is none of: POST, PUT, PATCH.",
        ),
        (
            "webhook",
            vec![("url", "http://x"), ("headers", "Good: 1\nbad")],
            "headers: Header 2 has no colon.",
        ),
        (
            "webhook",
            vec![("url", "http://x"), ("headers", "sp ace: 1")],
            "headers: Header 1 has a name that no header can have.",
        ),
        (
            "pigeon",
            vec![],
            ": There is no such kind of channel; there are mail, ntfy, telegram, signal, matrix, discord, slack, mattermost, gotify, pushover, home_assistant, mqtt, apprise_api, apprise_command, webhook.",
        ),
    ] {
        let found = wrong(kind, &pairs);
        assert!(found.iter().any(|sentence| sentence.starts_with(expected)), "{kind} {pairs:?}: {found:#?}");
    }
}

#[test]
fn a_field_is_checked_by_its_description() {
    for kind in Channel::kinds() {
        // Nothing but what is required is missing where nothing is filled in.
        let missing: Vec<String> = wrong(kind.id, &[]);
        for field in kind.fields.iter().filter(|field| field.required) {
            assert!(
                missing.contains(&format!("{}: “{}” is missing.", field.name, field.label)),
                "{missing:?}"
            );
        }
        for field in kind.fields {
            let bad = match field.input {
                Input::Number { max, .. } if max < i64::MAX => (max + 1).to_string(),
                Input::Number { .. } => "x".to_owned(),
                Input::Address => "ftp://x".to_owned(),
                Input::Tick => "maybe".to_owned(),
                Input::Choice(_) => "other".to_owned(),
                Input::Line => "a\nb".to_owned(),
                Input::Text => "x".repeat(20_000),
            };
            let found = wrong(kind.id, &[(field.name, &bad)]);
            assert!(
                found.iter().any(|sentence| sentence.starts_with(&format!("{}: ", field.name))),
                "{} {}",
                kind.id,
                field.name
            );
        }
    }
}

/// Examples are what people copy.
#[test]
fn examples_are_right() {
    let example = |kind: &Kind, name: &str| {
        kind.fields.iter().find(|field| field.name == name).map(|field| field.example)
    };
    for kind in Channel::kinds() {
        for field in kind.fields.iter().filter(|field| field.input == Input::Address) {
            assert!(http_probe::Url::parse(field.example).is_ok(), "{} {}", kind.id, field.name);
        }
    }
    let ntfy = Channel::kind_of("ntfy").unwrap();
    let pairs = [("server", example(ntfy, "server").unwrap()), ("topic", example(ntfy, "topic").unwrap())];
    assert_eq!(wrong("ntfy", &pairs), Vec::<String>::new());
}
