//! Tests of the whole: what goes over the wire and what comes of the answers.

mod answers;
mod fake;
mod fields;
mod requests;
mod secrets;
mod wire;

use crate::channel::Way;
use crate::exchange::{Http, Step};
use crate::{Channel, Note, Severity, State, Values};

/// Values out of pairs.
fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A channel which is right.
fn channel(kind: &str, pairs: &[(&str, &str)]) -> Channel {
    Channel::from_fields(kind, &values(pairs)).unwrap()
}

/// A channel of every kind, some in two ways, with a name for each.
fn every(server: &str) -> Vec<(&'static str, Channel)> {
    let make = |kind, pairs: &[(&str, &str)]| (kind, channel(kind, pairs));
    let others = [
        make("apprise_command", &[("urls", "tgram://apprise-secret/1\nmailto://u:p-secret@example.com")]),
        make(
            "mqtt",
            &[("server", "127.0.0.1"), ("topic", "a/b"), ("user", "anna"), ("password", "mqtt-secret")],
        ),
        make(
            "mail",
            &[
                ("server", "127.0.0.1"),
                ("from", "Hob <hob@x.example>"),
                ("to", "anna@x.example"),
                ("user", "anna"),
                ("password", "mail-secret"),
            ],
        ),
    ];
    every_over_http(server).into_iter().chain(others).collect()
}

/// Those which are reached over HTTP. All go to `server`.
fn every_over_http(server: &str) -> Vec<(&'static str, Channel)> {
    let at = |path: &str| format!("{server}{path}");
    let key = "abcdefghijklmnopqrstuvwxyz0123";
    let user = "zyxwvutsrqponmlkjihgfedcba9876";
    let make = |name, kind, pairs: &[(&str, &str)]| (name, channel(kind, pairs));
    vec![
        make(
            "webhook",
            "webhook",
            &[
                ("url", &at("/hook/very-secret-path?key=queries-are-secret")),
                ("headers", "X-Api-Key: header-secret\nX-Other: other-secret"),
                ("secret", "signing-secret"),
            ],
        ),
        make("ntfy", "ntfy", &[("server", server), ("topic", "house"), ("token", "tk_ntfy_secret")]),
        make(
            "ntfy_password",
            "ntfy",
            &[
                ("server", server),
                ("topic", "house"),
                ("user", "anna"),
                ("password", "pass-secret"),
                ("priority", "2"),
            ],
        ),
        make("gotify", "gotify", &[("server", server), ("token", "A-gotify-secret")]),
        make("pushover", "pushover", &[("token", key), ("user", user), ("server", server)]),
        make(
            "pushover_emergency",
            "pushover",
            &[
                ("token", key),
                ("user", user),
                ("server", server),
                ("emergency", "true"),
                ("device", "phone"),
                ("sound", "siren"),
                ("retry", "45"),
            ],
        ),
        make(
            "telegram",
            "telegram",
            &[
                ("token", "123456:AA-telegram_secret"),
                ("chat", "-1001234"),
                ("server", server),
                ("topic", "7"),
            ],
        ),
        make(
            "discord",
            "discord",
            &[("url", &at("/api/webhooks/4242/discord-secret-token")), ("name", "House"), ("thread", "99")],
        ),
        make("slack_webhook", "slack", &[("webhook", &at("/services/T0/B0/slack-hook-secret"))]),
        make(
            "slack_bot",
            "slack",
            &[("token", "xoxb-slack-secret"), ("channel", "#house"), ("server", server)],
        ),
        make("mattermost_webhook", "mattermost", &[("webhook", &at("/hooks/mattermost-secret"))]),
        make(
            "mattermost_bot",
            "mattermost",
            &[("server", server), ("token", "mattermost-bot-secret"), ("channel", "4xp9fdt7")],
        ),
        make(
            "matrix",
            "matrix",
            &[("server", server), ("token", "syt_matrix_secret"), ("room", "!room:lan")],
        ),
        make(
            "signal",
            "signal",
            &[
                ("server", server),
                ("number", "+49 151 000000"),
                ("recipients", "+4915111111\ngroup.abc="),
                ("user", "anna"),
                ("password", "signal-secret"),
            ],
        ),
        make(
            "home_assistant",
            "home_assistant",
            &[("server", server), ("token", "ha-secret-token"), ("service", "notify.mobile_app_pixel")],
        ),
        make("apprise_key", "apprise_api", &[("server", server), ("key", "house"), ("tag", "family")]),
        make(
            "apprise_urls",
            "apprise_api",
            &[("server", server), ("urls", "tgram://apprise-secret/1\nmailto://u:p@example.com")],
        ),
    ]
}

/// What is asked to tell a note.
fn steps(channel: &Channel, note: &Note, previous: Option<&str>) -> Vec<Step> {
    http(channel).steps(&note.bounded(), previous).unwrap()
}

fn http(channel: &Channel) -> &dyn Http {
    match channel.way() {
        Way::Http(service) => service,
        Way::Mail(_) | Way::Mqtt(_) | Way::AppriseCommand(_) => panic!("not over HTTP: {channel:?}"),
    }
}

/// An incident that has just begun.
fn opened() -> Note {
    Note {
        title: "Jellyfin on nas does not answer".to_owned(),
        body: "Nothing listens on port 8096 since 14:03.\nThe drive sda is failing & needs to be replaced."
            .to_owned(),
        severity: Severity::Critical,
        state: State::Open,
        link: Some("https://hob.example/incidents/12".to_owned()),
        links: vec![("Runbook".to_owned(), "http://nas:3000/wiki/jellyfin_(media)".to_owned())],
        thread: Some("incident/12".to_owned()),
        tags: vec!["nas".to_owned(), "service".to_owned()],
        at: "2026-11-23T13:05:00Z".parse().unwrap(),
        dedupe: "incident/12/opened/anna".to_owned(),
    }
}

fn resolved() -> Note {
    Note {
        title: "Jellyfin on nas answers again".to_owned(),
        body: "It was out for 12 minutes.".to_owned(),
        severity: Severity::Info,
        state: State::Resolved,
        at: "2026-11-23T13:17:00Z".parse().unwrap(),
        dedupe: "incident/12/closed/anna".to_owned(),
        ..opened()
    }
}

/// A change which nobody needs to hear.
fn changed() -> Note {
    Note {
        severity: Severity::Warning,
        state: State::Changed,
        dedupe: "incident/12/changed/anna".to_owned(),
        ..opened()
    }
}

/// Everything in it wants to be taken for something else.
fn nasty() -> Note {
    Note {
        title: "<b>*x*</b> & \"q\" @everyone\r\nBcc: evil@example.com \u{202e}txt.exe".to_owned(),
        body: "<!channel> <script>alert(1)</script> `code` _under_ ~~gone~~ ||spoiler|| [a](http://evil.example)\n# head\n- list\n@all {{.title}} ${x} \\ \u{0}\u{7}\u{1b}[31m 🔥".to_owned(),
        severity: Severity::Warning,
        state: State::Reminder,
        link: Some("javascript:alert(1)".to_owned()),
        links: vec![
            ("a|b>c\"d".to_owned(), "https://x.example/?a=1&b=\"<2>".to_owned()),
            ("not the web".to_owned(), "file:///etc/passwd".to_owned()),
        ],
        thread: Some("in cident/\r\n12".to_owned()),
        tags: vec!["a,b".to_owned(), "\u{1}".to_owned()],
        dedupe: "n\"asty/1".to_owned(),
        ..opened()
    }
}
