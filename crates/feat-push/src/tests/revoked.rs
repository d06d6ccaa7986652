//! Who loses a right while listening hears nothing more.

use super::people::{Caller, START, basic, hub};
use hob_testkit::gate::PASSWORD;
use hob_testkit::hub::TestHub;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// A subscription on a raw socket.
struct Listener {
    stream: TcpStream,
    heard: String,
}

impl Listener {
    async fn begin(hub: &TestHub, authorization: &str, topic: &str) -> Self {
        let mut stream = TcpStream::connect(hub.address()).await.unwrap();
        let head = format!(
            "GET /{topic}/json HTTP/1.1\r\nhost: push.test\r\nauthorization: {authorization}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut listener = Self { stream, heard: String::new() };
        assert!(listener.hears("\"event\":\"open\"").await, "{}", listener.heard);
        listener
    }

    /// Whether this comes before the subscription ends.
    async fn hears(&mut self, text: &str) -> bool {
        let mut piece = [0; 4096];
        while !self.heard.contains(text) {
            let read = timeout(PATIENCE, self.stream.read(&mut piece)).await.expect("something happens");
            match read {
                Ok(count) if count > 0 => self.heard.push_str(&String::from_utf8_lossy(&piece[..count])),
                _ => return false,
            }
        }
        true
    }
}

async fn publish(hub: &TestHub, topic: &str, text: &str) {
    let answer = Caller::person(hub, "anna").send("PUT", &format!("/{topic}"), text).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

async fn as_anna(hub: &TestHub, method: &str, path: &str, body: &Value) {
    assert_eq!(Caller::person(hub, "anna").code(method, path, body).await, 0);
}

#[tokio::test]
async fn a_rule_ends_the_subscriptions_that_it_forbids_and_no_others() {
    let hub = hub().start().await;
    let mut ben = Listener::begin(&hub, &basic("ben", PASSWORD), "gold").await;
    let mut carla = Listener::begin(&hub, &basic("carla", PASSWORD), "gold").await;
    publish(&hub, "gold", "before").await;
    assert!(ben.hears("before").await && carla.hears("before").await);
    as_anna(
        &hub,
        "PUT",
        "/v1/users/access",
        &json!({ "username": "ben", "topic": "go*", "permission": "wo" }),
    )
    .await;
    publish(&hub, "gold", "afterwards").await;
    assert!(carla.hears("afterwards").await);
    assert!(!ben.hears("afterwards").await, "{}", ben.heard);
}

#[tokio::test]
async fn a_reservation_ends_the_subscriptions_of_others() {
    let hub = hub().start().await;
    let mut carla = Listener::begin(&hub, &basic("carla", PASSWORD), "diary").await;
    let mut ben = Listener::begin(&hub, &basic("ben", PASSWORD), "diary").await;
    let reserve = json!({ "topic": "diary", "everyone": "deny-all" });
    assert_eq!(Caller::person(&hub, "ben").code("POST", "/v1/account/reservation", &reserve).await, 0);
    publish(&hub, "diary", "dear diary").await;
    assert!(ben.hears("dear diary").await);
    assert!(!carla.hears("dear diary").await, "{}", carla.heard);
}

#[tokio::test]
async fn who_is_removed_or_has_another_password_is_cut_off() {
    let hub = hub().start().await;
    let mut ben = Listener::begin(&hub, &basic("ben", PASSWORD), "gold").await;
    let mut carla = Listener::begin(&hub, &basic("carla", PASSWORD), "gold").await;
    let mut dora = Listener::begin(&hub, &basic("dora", PASSWORD), "gold").await;
    as_anna(&hub, "DELETE", "/v1/users", &json!({ "username": "ben" })).await;
    as_anna(&hub, "PUT", "/v1/users", &json!({ "username": "carla", "password": "another horse" })).await;
    publish(&hub, "gold", "afterwards").await;
    assert!(dora.hears("afterwards").await);
    assert!(!ben.hears("afterwards").await && !carla.hears("afterwards").await);
}

#[tokio::test]
async fn a_token_that_is_removed_or_ends_is_cut_off() {
    let hub = hub().start().await;
    let mut ben = Caller::person(&hub, "ben");
    let mut tokens = Vec::new();
    for expires in [0, START.millis() / 1000 + 60, 0] {
        let (_, made) = ben.ask("POST", "/v1/account/token", &json!({ "expires": expires })).await;
        tokens.push(made["token"].as_str().unwrap().to_owned());
    }
    let mut listeners = Vec::new();
    for token in &tokens {
        listeners.push(Listener::begin(&hub, &format!("Bearer {token}"), "gold").await);
    }
    let mut remover = Caller::person(&hub, "ben").with("x-token", &tokens[0]);
    assert_eq!(remover.code("DELETE", "/v1/account/token", &Value::Null).await, 0);
    hub.ctx().clock.advance(Duration::from_secs(61));
    publish(&hub, "gold", "afterwards").await;
    let [removed, ended, live] = listeners.try_into().unwrap_or_else(|_| panic!("three"));
    for (mut listener, hears) in [(removed, false), (ended, false), (live, true)] {
        assert_eq!(listener.hears("afterwards").await, hears, "{}", listener.heard);
    }
}
