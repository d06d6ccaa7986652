//! Deliveries over real sockets.

use http_probe::Client;

use super::fake::{Answer, Asked, Authority, Server};
use super::secrets::assert_clean;
use super::{changed, channel, every_over_http, opened, resolved};
use crate::{Channel, Delivered, DeliveryError, Note, Sender};

fn sender() -> Sender {
    Sender::new(Client::with_roots(Vec::new()))
}

async fn tell(channel: &Channel, note: &Note, previous: Option<&str>) -> Result<Delivered, DeliveryError> {
    sender().send(channel, note, previous).await
}

fn gotify(server: &str) -> Channel {
    channel("gotify", &[("server", server), ("token", "A-gotify-secret")])
}

/// What each service answers when all is well.
fn well(asked: &Asked) -> Answer {
    let line = asked.line.as_str();
    let body = match line {
        _ if line.contains("/bot") => r#"{"ok":true,"result":{"message_id":77}}"#,
        _ if line.contains("/api/webhooks/") => r#"{"id":"1122334455"}"#,
        _ if line.contains("/services/T0") || line.contains("/hooks/") => "ok",
        _ if line.contains("/chat.") => r#"{"ok":true,"channel":"C0HOUSE","ts":"17.01"}"#,
        _ if line.contains("/api/services/notify/") => "[]",
        _ if line.contains("/_matrix/") => r#"{"event_id":"$event"}"#,
        _ if line.contains("/v2/send") => r#"{"timestamp":"17"}"#,
        _ if line.contains("/1/") => r#"{"status":1,"request":"x"}"#,
        _ if line == "POST /message" => r#"{"id":1}"#,
        _ => r#"{"id":"some-id"}"#,
    };
    Answer::new(if line.contains("/v2/send") || line.contains("/api/v4") { 201 } else { 200 }, body)
}

#[tokio::test]
async fn every_service_is_told_from_beginning_to_end() {
    let server = Server::plain(well).await;
    for (name, channel) in every_over_http(&server.url()) {
        let first = tell(&channel, &opened(), None).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let reference = first.reference.as_deref();
        for note in [changed(), resolved()] {
            let next =
                tell(&channel, &note, reference).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(next.reference.is_some(), reference.is_some(), "{name}");
            if !name.starts_with("ntfy") {
                assert_eq!(
                    next.reference.as_deref(),
                    reference,
                    "{name}: the first message stays the one to edit"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_thread_is_edited_and_answered() {
    let server = Server::plain(well).await;
    let (_, telegram) =
        every_over_http(&server.url()).into_iter().find(|(name, _)| *name == "telegram").unwrap();
    let first = tell(&telegram, &opened(), None).await.unwrap();
    tell(&telegram, &resolved(), first.reference.as_deref()).await.unwrap();
    let methods: Vec<String> =
        server.lines().iter().map(|line| line.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(methods, ["sendMessage", "editMessageText", "sendMessage"]);
    assert!(
        server.asked()[2]
            .body
            .contains(r#""reply_parameters":{"allow_sending_without_reply":true,"message_id":77}"#)
    );
}

/// A message that somebody has deleted is sent anew, and so is one that cannot be edited any more.
#[tokio::test]
async fn what_cannot_be_edited_is_sent_anew() {
    for (name, previous, status, refusal) in [
        (
            "telegram",
            "77 -1001234",
            400,
            r#"{"ok":false,"description":"Bad Request: message to edit not found"}"#,
        ),
        ("discord", "1122334455", 404, r#"{"code":10008}"#),
        ("slack_bot", "17.01@C0HOUSE #house", 200, r#"{"ok":false,"error":"message_not_found"}"#),
        ("mattermost_bot", "some-id 4xp9fdt7", 404, "{}"),
        ("matrix", "$event !room:lan", 400, r#"{"errcode":"M_UNKNOWN"}"#),
    ] {
        let server = Server::plain(move |asked| {
            let edit = ["editMessage", "PATCH", "chat.update", "/patch"]
                .iter()
                .any(|word| asked.line.contains(word));
            if edit || asked.body.contains("m.replace") { Answer::new(status, refusal) } else { well(asked) }
        })
        .await;
        let (_, channel) =
            every_over_http(&server.url()).into_iter().find(|(other, _)| *other == name).unwrap();
        let delivered = tell(&channel, &resolved(), Some(previous)).await.unwrap();
        assert_eq!(server.lines().len(), 2, "{name}: {:?}", server.lines());
        assert!(delivered.reference.is_some(), "{name}");
        assert!(server.asked()[1].body.contains("12 minutes"), "{name}: the whole message is new");
    }
}

#[tokio::test]
async fn an_edit_that_fails_for_now_is_not_sent_anew() {
    let server = Server::plain(|_| Answer::new(503, "busy")).await;
    let (_, telegram) =
        every_over_http(&server.url()).into_iter().find(|(name, _)| *name == "telegram").unwrap();
    let error = tell(&telegram, &resolved(), Some("77 -1001234")).await.unwrap_err();
    assert!(error.is_worth_trying_again());
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn statuses_come_through_with_what_was_said() {
    let server =
        Server::plain(|_| Answer::new(429, r#"{"error":"Too Many"}"#).with("Retry-After", "40")).await;
    let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
    assert!(error.is_worth_trying_again());
    assert_eq!(error.retry_after().unwrap().as_secs(), 40);
    assert_eq!(error.answer().unwrap().text, r#"{"error":"Too Many"}"#);
    assert_eq!(error.to_string(), r#"Gotify asks to send less often (status 429: {"error":"Too Many"})."#);
}

/// Whoever repeats the secret, in a good answer or a bad one, does not get it shown.
#[tokio::test]
async fn secrets_in_answers_are_masked() {
    let server = Server::plain(|asked| {
        let headers: String = asked.headers.iter().map(|(_, value)| format!("{value} ")).collect();
        Answer::new(403, format!("{} {headers} {}", asked.line, asked.body))
    })
    .await;
    for (name, channel) in every_over_http(&server.url()) {
        let error = tell(&channel, &opened(), None).await.unwrap_err();
        assert_clean(&format!("{error} {error:?}"), name);
        // Nor where the password of a login is encoded.
        for encoded in ["YW5uYTpwYXNzLXNlY3JldA", "YW5uYTpzaWduYWwtc2VjcmV0"] {
            assert!(!error.to_string().contains(encoded), "{name}: {error}");
        }
        assert!(error.to_string().contains("•••") || name.starts_with("apprise"), "{name}: {error}");
    }
    // Nor where it is cut in two.
    for room in 440..500 {
        let server = Server::plain(move |asked| {
            Answer::new(
                403,
                format!(
                    "{}{}",
                    "x".repeat(room),
                    asked.headers.iter().map(|(_, value)| value.as_str()).collect::<String>()
                ),
            )
        })
        .await;
        let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
        assert!(!error.to_string().contains("A-g"), "{error}");
    }
    let server = Server::plain(|asked| Answer::new(200, asked.line.clone())).await;
    let (_, hook) = every_over_http(&server.url()).into_iter().find(|(name, _)| *name == "webhook").unwrap();
    let delivered = tell(&hook, &opened(), None).await.unwrap();
    assert_eq!(delivered.answer.text, "POST /•••");
}

#[tokio::test]
async fn a_redirect_to_another_place_is_not_followed() {
    let bystander = Server::plain(well).await;
    let port = bystander.addr.port();
    for target in [
        format!("http://127.0.0.1:{port}/message"),
        format!("//127.0.0.1:{port}/message"),
        "https://evil.example/message?token=x-very-private".to_owned(),
        "http://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://x".to_owned(),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let to = target.clone();
            let server = Server::plain(move |_| Answer::redirect(status, &*to)).await;
            let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
            assert!(!error.is_worth_trying_again(), "{target}");
            assert!(error.to_string().starts_with("127.0.0.1 sent the message on to "), "{error}");
            assert!(!error.to_string().contains("very-private"), "{error}");
            assert_eq!(server.lines().len(), 1);
        }
    }
    assert_eq!(bystander.lines(), Vec::<String>::new(), "nobody else was asked");
    let server = Server::plain(move |_| Answer::redirect(302, format!("http://127.0.0.1:{port}/x"))).await;
    let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err().to_string();
    let there = format!("http://127.0.0.1:{port}");
    assert_eq!(
        error,
        format!(
            "127.0.0.1 sent the message on to {there}, where it was not sent to. If that is the service, enter {there} as its address."
        )
    );
}

#[tokio::test]
async fn a_redirect_on_the_same_address_takes_the_whole_message_along() {
    for status in [301, 307, 308] {
        let server = Server::plain(move |asked| {
            if asked.line == "POST /message" {
                Answer::redirect(status, "/gotify/message")
            } else {
                Answer::new(200, r#"{"id":2}"#)
            }
        })
        .await;
        tell(&gotify(&server.url()), &opened(), None).await.unwrap();
        assert_eq!(server.lines(), ["POST /message", "POST /gotify/message"]);
        let [first, second] = &server.asked()[..] else { panic!() };
        assert_eq!(first.body, second.body);
        assert!(second.headers.contains(&("x-gotify-key".to_owned(), "A-gotify-secret".to_owned())));
    }
}

/// A login page answers well to a `GET`; the message would be lost and look delivered.
#[tokio::test]
async fn a_login_is_not_taken_for_a_delivery() {
    let server = Server::plain(|asked| {
        if asked.line.starts_with("POST /hook") {
            Answer::redirect(302, "/login")
        } else {
            Answer::new(200, "Log in")
        }
    })
    .await;
    let hook = channel("webhook", &[("url", &format!("{}/hook", server.url()))]);
    let error = tell(&hook, &opened(), None).await.unwrap_err();
    assert!(error.to_string().contains("log in first"), "{error}");
    assert_eq!(server.lines(), ["POST /hook"]);
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let server =
        Server::plain(|asked| Answer::redirect(307, format!("{}x", asked.line.trim_start_matches("POST "))))
            .await;
    let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
    assert!(error.to_string().contains("more than 3 times"), "{error}");
    assert_eq!(server.lines().len(), 4);
    let server = Server::plain(|_| Answer::redirect(307, "/message")).await;
    let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
    assert!(error.to_string().contains("in a circle"), "{error}");
}

#[tokio::test]
async fn http_may_lead_to_https_of_the_same_host() {
    let authority = Authority::new();
    let secure = Server::serve(Some(authority.server()), well).await;
    let port = secure.addr.port();
    let server =
        Server::plain(move |_| Answer::redirect(302, format!("https://127.0.0.1:{port}/message"))).await;
    let sender = Sender::new(Client::with_roots(vec![authority.root()]));
    sender.send(&gotify(&server.url()), &opened(), None).await.unwrap();
    assert_eq!(secure.lines(), ["POST /message"]);
    // And not back.
    let down = Server::plain(well).await;
    let port = down.addr.port();
    let secure = Server::serve(Some(authority.server()), move |_| {
        Answer::redirect(308, format!("http://127.0.0.1:{port}/message"))
    })
    .await;
    let error = sender.send(&gotify(&format!("https://{}", secure.addr)), &opened(), None).await.unwrap_err();
    assert!(error.to_string().contains("sent the message on to"), "{error}");
    assert_eq!(down.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn an_impostor_gets_nothing() {
    let authority = Authority::new();
    let server = Server::serve(Some(authority.server()), well).await;
    for (name, channel) in every_over_http(&format!("https://{}", server.addr)) {
        let error = tell(&channel, &opened(), None).await.unwrap_err();
        assert!(!error.is_worth_trying_again(), "{name}");
        assert!(
            error.to_string().starts_with("Nothing was sent, since the certificate of the server is "),
            "{name}: {error}"
        );
    }
    assert_eq!(server.lines(), Vec::<String>::new(), "not even the path, which may be a secret");
    let values = [
        ("server", &*format!("https://{}", server.addr)),
        ("token", "A-x"),
        ("accept_any_certificate", "true"),
    ];
    tell(&channel("gotify", &values), &opened(), None).await.unwrap();
    assert_eq!(server.lines(), ["POST /message"]);
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let server = Server::plain(|_| Answer::Endless).await;
    let hook = channel("webhook", &[("url", &server.url())]);
    let delivered = tell(&hook, &opened(), None).await.unwrap();
    assert_eq!(delivered.answer.text.chars().count(), 500);
    let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
    assert!(error.to_string().chars().count() < 700);
}

#[tokio::test]
async fn a_connection_that_breaks_may_have_delivered() {
    let server = Server::plain(|_| Answer::Close).await;
    let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
    assert!(matches!(error, DeliveryError::TryAgain { unsure: true, .. }), "{error:?}");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let error = tell(&gotify(&format!("http://{addr}")), &opened(), None).await.unwrap_err();
    assert!(matches!(error, DeliveryError::TryAgain { unsure: false, .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("Nothing listens at {addr}: the connection was refused."));
}

/// With paused time, waiting takes none.
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_given_up() {
    let server = Server::plain(|_| Answer::Silence).await;
    let start = tokio::time::Instant::now();
    let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
    assert!(start.elapsed().as_secs() <= 10);
    assert!(matches!(error, DeliveryError::TryAgain { unsure: true, .. }), "{error:?}");
    assert!(error.to_string().contains("within 10 seconds"), "{error}");
}

#[tokio::test]
async fn http_to_a_port_of_https_is_explained() {
    let server = Server::plain(|_| Answer::new(400, "The plain HTTP request was sent to HTTPS port")).await;
    let error = tell(&gotify(&server.url()), &opened(), None).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} speaks HTTPS: use https:// in the address.", server.addr));
}

/// Whoever dispatches deliveries runs them on several threads.
#[test]
fn a_delivery_may_move_between_threads() {
    fn assert_send(_: &impl Send) {}
    let (sender, channel, note) = (sender(), gotify("http://127.0.0.1"), opened());
    assert_send(&sender.send(&channel, &note, None));
}
