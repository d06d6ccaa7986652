//! The people of the house at the push server: what Hob's own pages change counts there at once.

use crate::support::{eventually, house};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hob_testkit::client::Client;
use hob_testkit::hub::{PASSWORD, TestHub, USER};
use http::Method;
use serde_json::{Value, json};

/// Somebody who shows this at the push server's own port.
async fn at_push(hub: &TestHub, authorization: &str) -> Client {
    let address = eventually("the push server listens", async || {
        let listening = hub.ctx().listening.lock().unwrap();
        listening.iter().copied().find(|address| *address != hub.address())
    })
    .await;
    Client::new(address).with("authorization", authorization)
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// A new token of the hub, made by an administrator.
async fn token(hub: &TestHub, anna: &Client, scope: &str) -> String {
    let body = json!({ "name": format!("a {scope} token"), "scope": scope });
    let origin = format!("http://{}", hub.address());
    let answer = anna.clone().with("origin", &origin).post_json("/api/v1/tokens", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// ntfy's code of the refusal; 0 where it is none.
async fn code(client: &mut Client, path: &str) -> u64 {
    client.get(path).await.json()["code"].as_u64().unwrap_or(0)
}

async fn change_user(hub: &TestHub, admin: &str, name: &str, change: &Value) {
    let mut script = hub.client().bearer(admin);
    let users = script.get("/api/v1/users").await.json();
    let user = users["users"].as_array().unwrap().iter().find(|user| user["name"] == name).unwrap();
    let path = format!("/api/v1/users/{}", user["id"].as_str().unwrap());
    let body = change.to_string().into();
    let answer = script.send(Method::PATCH, &path, &[("content-type", "application/json")], body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn what_happens_to_a_user_counts_at_the_push_server_at_once() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let admin = token(&hub, &anna, "admin").await;
    let ben = json!({ "name": "ben", "password": "an owl in the barn" });
    assert_eq!(hub.client().bearer(&admin).post_json("/api/v1/users", &ben).await.status, 201);

    let mut old = at_push(&hub, &basic("ben", "an owl in the barn")).await;
    assert_eq!(code(&mut old, "/v1/account").await, 0);
    assert_eq!(old.get("/v1/account").await.json()["username"], "ben");
    change_user(&hub, &admin, "ben", &json!({ "password": "a cat on the mat" })).await;
    assert_eq!(code(&mut old, "/v1/account").await, 40101);
    let mut new = at_push(&hub, &basic("BEN", "a cat on the mat")).await;
    assert_eq!(code(&mut new, "/v1/users").await, 40101, "he is no administrator");
    change_user(&hub, &admin, "ben", &json!({ "admin": true })).await;
    assert!(new.get("/v1/users").await.json().is_array(), "now he is");
    let mut push_token = new.send(Method::POST, "/v1/account/token", &[], Vec::new().into()).await.json();
    let push_token = push_token["token"].take();
    let mut phone = at_push(&hub, &format!("Bearer {}", push_token.as_str().unwrap())).await;
    assert_eq!(code(&mut phone, "/v1/account").await, 0);
    change_user(&hub, &admin, "ben", &json!({ "disabled": true })).await;
    assert_eq!(code(&mut new, "/v1/account").await, 40101);
    assert_eq!(code(&mut phone, "/v1/account").await, 40101, "his tokens open nothing either");
}

#[tokio::test]
async fn a_token_of_the_hub_is_worth_its_scope_and_nothing_once_it_is_revoked() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let (push, read) = (token(&hub, &anna, "push").await, token(&hub, &anna, "read").await);
    let mut publisher = at_push(&hub, &format!("Bearer {push}")).await;
    let mut reader = at_push(&hub, &basic("prometheus", &read)).await;
    let sent = publisher.send(Method::PUT, "/backups", &[], "done".into()).await;
    assert_eq!(sent.status, 200, "{}", sent.text());
    assert_eq!(publisher.get("/backups/json?poll=1").await.status, 403);
    assert_eq!(reader.get("/backups/json?poll=1").await.json()["message"], "done");
    let tokens = anna.get("/api/v1/tokens").await.json();
    for token in tokens["tokens"].as_array().unwrap() {
        let path = format!("/account/tokens/{}/revoke", token["id"].as_str().unwrap());
        assert!(anna.post_form(&path, &[]).await.status.is_redirection());
    }
    for client in [&mut publisher, &mut reader] {
        assert_eq!(code(client, "/v1/account").await, 40101);
    }
}

#[tokio::test]
async fn who_guesses_waits_and_who_is_known_does_not() {
    let hub = house().start().await;
    hub.set_up().await;
    let mut anna = at_push(&hub, &basic(USER, PASSWORD)).await;
    assert_eq!(code(&mut anna, "/v1/account").await, 0);
    for guess in ["one", "two", "three"] {
        let mut guesser = at_push(&hub, &basic(USER, guess)).await;
        assert_eq!(code(&mut guesser, "/v1/account").await, 40101, "{guess}");
        assert_eq!(code(&mut guesser, "/v1/account").await, 40101, "the same again is no further try");
    }
    let mut guesser = at_push(&hub, &basic(USER, "four")).await;
    assert_eq!(code(&mut guesser, "/v1/account").await, 42909);
    assert_eq!(code(&mut anna, "/v1/account").await, 0);
    assert_eq!(code(&mut at_push(&hub, "Bearer tk_nonsense").await, "/v1/account").await, 40101);
}
