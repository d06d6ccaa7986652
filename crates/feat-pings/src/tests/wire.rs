//! Every answer at the door.

use super::house::{browser, hub, job, key_of, make, now_of, ping, send};
use crate::model::definition::Definition;
use crate::model::state::Phase;
use http::Method;
use serde_json::json;

const OTHER: &str = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";
const RUN: &str = "123e4567-e89b-12d3-a456-426614174000";

#[tokio::test]
async fn every_address_is_answered_as_healthchecks_does() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1d", "1h").await.code.to_string();
    let key = key_of(&hub).await;
    for _ in 0..2 {
        make(
            &hub,
            Definition {
                slug: "twice".into(),
                origin: crate::model::definition::Origin::Api,
                ..Definition::default()
            },
        )
        .await;
    }
    let own = |rest: &str| format!("/ping/{code}{rest}");
    let slug = |rest: &str| format!("/ping/{key}/{rest}");
    let cases = [
        (own(""), 200, "OK"),
        (own("/"), 200, "OK"),
        (own("/start"), 200, "OK"),
        (own("/fail"), 200, "OK"),
        (own("/log"), 200, "OK"),
        (own("/0"), 200, "OK"),
        (own("/255"), 200, "OK"),
        (own("/256"), 400, "invalid url format"),
        (own("/99999999999"), 400, "invalid url format"),
        (own("/strat"), 400, "invalid url format"),
        (own(&format!("?rid={RUN}")), 200, "OK"),
        (own("?rid=abc"), 400, "invalid uuid format"),
        (own("?rid="), 400, "invalid uuid format"),
        (slug("backup"), 200, "OK"),
        (slug("backup/start"), 200, "OK"),
        (slug("backup/3"), 200, "OK"),
        (slug("backup/300"), 400, "invalid url format"),
        (slug("twice"), 409, "ambiguous slug"),
        (slug("nothing"), 404, "not found"),
        (slug("made?create=0"), 404, "not found"),
        (slug("NoCaps?create=1"), 400, "invalid url format"),
        (slug("made?create=1&rid=x"), 400, "invalid uuid format"),
        (slug("made?create=1"), 201, "Created"),
        (slug("made?create=1"), 200, "OK"),
        (slug("made-by-start/start?create=1"), 201, "Created"),
        (format!("/ping/{OTHER}"), 404, "not found"),
        (format!("/ping/{OTHER}/256"), 404, "not found"),
        (format!("/ping/{OTHER}?create=1"), 404, "not found"),
        ("/ping/wrong-key/backup".to_owned(), 404, "not found"),
        ("/ping/wrong-key/made?create=1".to_owned(), 404, "not found"),
        ("/ping/nothing".to_owned(), 404, "not found"),
    ];
    for (path, status, text) in cases {
        let answer = send(&hub, Method::GET, &path, b"").await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (status, text), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        if status < 300 {
            assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
            assert_eq!(answer.header("ping-body-limit"), "100000");
        }
    }
}

#[tokio::test]
async fn methods_are_those_of_healthchecks() {
    let hub = hub().start().await;
    let path = format!("/ping/{}", job(&hub, "backup", "every 1d", "1h").await.code);
    for (method, status, text) in [
        (Method::GET, 200, "OK"),
        (Method::HEAD, 200, ""),
        (Method::POST, 200, "OK"),
        (Method::OPTIONS, 204, ""),
        (Method::PUT, 405, "method not allowed"),
        (Method::DELETE, 405, "method not allowed"),
    ] {
        let answer = send(&hub, method.clone(), &path, b"").await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (status, text), "{method}");
    }
    assert_eq!(now_of(&hub, "backup").await.state.pings, 3, "only three of them were pings");
}

#[tokio::test]
async fn exit_statuses_and_words_decide_what_happened() {
    let hub = hub().start().await;
    let definition = Definition { slug: "words".into(), failure_kw: "ERROR".into(), ..Definition::default() };
    let code = make(&hub, definition).await.code.to_string();
    for (rest, body, phase) in [
        ("", "all well", Phase::Up),
        ("", "one ERROR", Phase::Down),
        ("/0", "an ERROR that does not count", Phase::Up),
        ("/1", "well", Phase::Down),
        ("", "well again", Phase::Up),
        ("/fail", "", Phase::Down),
    ] {
        let answer = send(&hub, Method::POST, &format!("/ping/{code}{rest}"), body.as_bytes()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(now_of(&hub, "words").await.state.phase, phase, "{rest} {body}");
    }
}

#[tokio::test]
async fn kuma_pushes_are_answered_as_kuma_does() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1d", "1h").await.code.to_string();
    for (method, query, status, said) in [
        (Method::GET, "", 200, json!({ "ok": true })),
        (Method::POST, "?status=up&msg=OK&ping=", 200, json!({ "ok": true })),
        (Method::PUT, "?status=up", 200, json!({ "ok": true })),
        (Method::GET, "?status=down&msg=No+disk&ping=12", 200, json!({ "ok": true })),
        (
            Method::GET,
            "?ping=soon",
            400,
            json!({ "ok": false, "msg": "Invalid ping value: 'soon' is not a valid number" }),
        ),
    ] {
        let answer = send(&hub, method, &format!("/api/push/{code}{query}"), b"").await;
        assert_eq!((answer.status.as_u16(), answer.json()), (status, said), "{query}");
    }
    let state = now_of(&hub, "backup").await.state;
    assert_eq!((state.phase, state.said.as_str()), (Phase::Down, "No disk"));
    let unknown = send(&hub, Method::GET, "/api/push/sOmeToken123", b"").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json(), json!({ "ok": false, "msg": "Monitor not found or not active." }));
}

#[tokio::test]
async fn jobs_of_the_file_have_the_addresses_that_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, "sOmeKumaToken12345\n").unwrap();
    let toml = format!(
        "[[job]]\nname = \"NAS\"\nschedule = \"every 1d\"\ntoken = {{ file = \"{}\" }}\n",
        token.display()
    );
    let hub = hub().config(&toml).start().await;
    let answer = send(&hub, Method::GET, "/api/push/sOmeKumaToken12345", b"").await;
    assert_eq!(answer.json(), json!({ "ok": true }));
    let key = key_of(&hub).await;
    ping(&hub, &format!("/ping/{key}/nas")).await;
    assert_eq!(now_of(&hub, "nas").await.state.pings, 2);
    let mut anna = browser(&hub, "write");
    let page = anna.get("/scheduled/nas").await.text();
    assert!(page.contains("from hob.toml") && !page.contains("/scheduled/nas/edit"), "{page}");
    let refused = anna.post_form("/scheduled/nas/delete", &[]).await;
    assert_eq!(refused.status, 409);
    // What the file no longer names is gone; what it names still has its past and its address.
    let builder = hub.stop().await;
    let hub = builder.start().await;
    assert_eq!(now_of(&hub, "nas").await.state.pings, 2);
    let hub = hub.stop().await.config("").start().await;
    assert_eq!(send(&hub, Method::GET, "/api/push/sOmeKumaToken12345", b"").await.status, 404);
}

#[tokio::test]
async fn a_new_key_opens_and_the_old_one_does_not() {
    let hub = hub().start().await;
    job(&hub, "backup", "every 1d", "1h").await;
    let old = key_of(&hub).await;
    ping(&hub, &format!("/ping/{old}/backup")).await;
    assert_eq!(browser(&hub, "read").post_form("/scheduled/key", &[]).await.status, 403);
    assert_eq!(browser(&hub, "write").post_form("/scheduled/key", &[]).await.status, 303);
    let new = key_of(&hub).await;
    assert_eq!(send(&hub, Method::GET, &format!("/ping/{old}/backup"), b"").await.status, 404);
    let hub = hub.stop().await.start().await;
    assert_eq!(key_of(&hub).await, new);
    ping(&hub, &format!("/ping/{new}/backup")).await;
}
