//! A whole hub, a push service and browsers: over ntfy's API, and from Hob itself.

use super::book::Browser;
use super::{desk, rights, to_browsers};
use crate::browsers::actions::{self, Owner, Refused};
use crate::store::browsers as store;
use hob_base::{Clock, Timestamp};
use hob_feature::{Feature, PushMessage};
use hob_testkit::client::{Answer, Client};
use hob_testkit::fake_push::{Device, FakePush};
use hob_testkit::gate::{PASSWORD, WITH_PEOPLE};
use hob_testkit::hub::{TestHub, TestHubBuilder, postgres};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use webpush::Subscription;

const FEATURES: &[Feature] =
    &[crate::FEATURE, Feature { gate: Some(WITH_PEOPLE), ..Feature::new("gate", "Gate") }];
/// Everybody may read everything; the fake push service is in the house.
const OPEN: &str = "[push]\ndefault_access = \"read-write\"\nwebpush_hosts = [\"127.0.0.1\"]\n";
const DAY: Duration = Duration::from_secs(86_400);

/// Nothing else runs on its own, so a clock that stands still does no harm where a test needs one.
fn hub() -> TestHubBuilder {
    TestHub::with(FEATURES).config(OPEN)
}

/// A client of the push server's own port.
async fn port(hub: &TestHub) -> Client {
    hub.wait_until("the port is open", Duration::from_secs(10), |ctx| {
        crate::desk::desk(ctx).address().is_some()
    })
    .await;
    // The listener of browsers hears what is published from now on.
    hub.wait_until("browsers are listened for", Duration::from_secs(10), |ctx| {
        super::public_key(ctx).is_some()
    })
    .await;
    Client::new(crate::desk::desk(hub.ctx()).address().unwrap())
}

fn as_person(client: Client, name: &str) -> Client {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{PASSWORD}"));
    client.with("authorization", &format!("Basic {pair}"))
}

fn body(device: &Device, topics: &[&str]) -> Value {
    json!({ "endpoint": device.endpoint, "p256dh": device.p256dh, "auth": device.auth, "topics": topics })
}

async fn subscribe(client: &mut Client, device: &Device, topics: &[&str]) {
    let answer = client.post_json("/v1/webpush", &body(device, topics)).await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "{\"success\":true}\n"));
}

async fn publish(client: &mut Client, path: &str, text: &str) -> Value {
    let answer = client.send(Method::PUT, path, &[], text.to_owned().into()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn code(answer: &Answer) -> u64 {
    answer.json()["code"].as_u64().unwrap_or_default()
}

async fn known(hub: &TestHub) -> Vec<Arc<Browser>> {
    desk(hub.ctx()).await.unwrap().book(|book| book.all().cloned().collect()).unwrap()
}

/// Asks until it is so.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !is_so().await {
        assert!(Instant::now() < end, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn of(device: &Device) -> Subscription {
    Subscription::read(&device.endpoint, &device.p256dh, &device.auth).unwrap()
}

fn owner(person: &str) -> Owner {
    let site = "https://hob.example.org".to_owned();
    Owner { person: Some(person.to_owned()), visitor: format!("user {person}"), own: true, site }
}

#[tokio::test]
async fn what_is_published_reaches_the_browsers_of_the_topic() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let mut client = port(&hub).await;
    let (one, two) = (service.device("one"), service.device("two"));
    subscribe(&mut client, &one, &["backups", "alerts"]).await;
    subscribe(&mut client, &two, &["other"]).await;
    let sent = publish(&mut client, "/backups", "The disk is full.").await;
    publish(&mut client, "/nobody", "Nobody hears this.").await;
    publish(&mut client, "/other", "Something else.").await;
    let received = service.wait_for(&one, 1).await;
    let json = received[0].json();
    assert_eq!((&json["event"], &json["message"]["id"]), (&json!("message"), &sent["id"]));
    assert_eq!(json["message"]["message"], "The disk is full.");
    assert!(json["subscription_id"].as_str().unwrap().ends_with("/backups"));
    assert_eq!((received[0].urgency.as_str(), received[0].ttl), ("high", 3 * 86_400));
    assert_eq!(service.wait_for(&two, 1).await[0].json()["message"]["message"], "Something else.");
    assert_eq!(service.requests(), 2);
    // The key is the one that clients are told.
    let config = client.get("/v1/config").await.json();
    assert_eq!(config["web_push_public_key"], json!(received[0].sender.key));
    assert_eq!(config["enable_web_push"], true);
}

#[tokio::test]
async fn letters_to_one_browser_come_in_order_and_take_each_others_place() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let mut client = port(&hub).await;
    let device = service.device("one");
    subscribe(&mut client, &device, &["backups"]).await;
    for n in 0..20 {
        publish(&mut client, "/backups/nightly", &n.to_string()).await;
    }
    client.send(Method::DELETE, "/backups/nightly", &[], bytes::Bytes::new()).await;
    let received = service.wait_for(&device, 21).await;
    let texts: Vec<Value> =
        received[..20].iter().map(|one| one.json()["message"]["message"].clone()).collect();
    assert_eq!(texts, (0..20).map(|n| json!(n.to_string())).collect::<Vec<_>>());
    let last = received[20].json();
    assert_eq!(
        (&last["message"]["event"], &last["message"]["sequence_id"]),
        (&json!("message_delete"), &json!("nightly"))
    );
    assert!(received[0].topic.is_some());
    assert!(received.iter().all(|one| one.topic == received[0].topic));
}

#[tokio::test]
async fn a_browser_that_is_gone_is_forgotten_and_nobody_waits_for_a_push_service() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let mut client = port(&hub).await;
    let device = service.device("one");
    subscribe(&mut client, &device, &["backups"]).await;
    service.hangs();
    let start = Instant::now();
    for n in 0..5 {
        publish(&mut client, "/backups", &n.to_string()).await;
    }
    assert!(start.elapsed() < Duration::from_secs(5), "publishing waited for a push service");
    let gone = service.device("two");
    service.answers(410, "");
    subscribe(&mut client, &gone, &["alerts"]).await;
    publish(&mut client, "/alerts", "x").await;
    until("it is forgotten, in the table, too", async || {
        let kept = store::list(&hub.ctx().db, &hub.ctx().sealer).await.unwrap();
        kept.iter().map(|browser| browser.topics.join(",")).collect::<Vec<_>>() == ["backups"]
    })
    .await;
    assert_eq!(known(&hub).await.len(), 1);
}

#[tokio::test]
async fn a_busy_push_service_gets_its_pause_and_then_the_letter() {
    let (hub, service) = (
        hub().clock(Clock::fake(Timestamp::from_millis(1_800_000_000_000))).start().await,
        FakePush::start().await,
    );
    let mut client = port(&hub).await;
    let device = service.device("one");
    subscribe(&mut client, &device, &["backups"]).await;
    service.answers(429, "Retry-After: 40\r\n");
    publish(&mut client, "/backups", "x").await;
    until("it is noted", async || !known(&hub).await[0].state.failure.is_empty()).await;
    let failure = known(&hub).await[0].state.failure.clone();
    assert_eq!(
        failure,
        "The push service 127.0.0.1 asks for a pause for 40 seconds, as it gets too many messages."
    );
    service.answers(201, "");
    assert_eq!(service.received(&device).len(), 1);
    // Somebody else is not held up, and shows that the first one was not tried again.
    let other = service.device("other");
    subscribe(&mut client, &other, &["alerts"]).await;
    hub.ctx().clock.advance(Duration::from_secs(30));
    publish(&mut client, "/alerts", "y").await;
    service.wait_for(&other, 1).await;
    assert_eq!(service.received(&device).len(), 1);
    hub.ctx().clock.advance(Duration::from_secs(11));
    service.wait_for(&device, 2).await;
    until("it is well again", async || {
        known(&hub).await.iter().any(|one| one.topics == ["backups"] && one.state.failing_since.is_none())
    })
    .await;
}

#[tokio::test]
async fn the_api_refuses_as_ntfy_does() {
    let hub = hub().start().await;
    let mut client = port(&hub).await;
    let service = FakePush::start().await;
    let device = service.device("one");
    let many: Vec<String> = (0..51).map(|n| format!("topic{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let with = |name: &str, value: Value| {
        let mut asked = body(&device, &["backups"]);
        asked[name] = value;
        asked
    };
    for (asked, expected) in [
        (json!({}), 40038),
        (json!("text"), 40038),
        (with("endpoint", json!("")), 40038),
        (with("endpoint", json!("not an address")), 40038),
        (with("p256dh", json!("p256dh-key")), 40038),
        (with("auth", json!("auth-key")), 40038),
        (with("endpoint", json!("http://push.example/x")), 40039),
        (with("endpoint", json!("https://10.0.0.1/x")), 40039),
        (with("endpoint", json!("https://[::1]/x")), 40039),
        (with("topics", json!(many)), 40040),
        (with("topics", json!(["a/b"])), 40009),
        (with("topics", json!("backups")), 40038),
    ] {
        let answer = client.post_json("/v1/webpush", &asked).await;
        assert_eq!(code(&answer), expected, "{asked}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    let huge = json!({ "endpoint": "x".repeat(200_000) });
    assert_eq!(code(&client.post_json("/v1/webpush", &huge).await), 41303);
    assert!(known(&hub).await.is_empty());
}

#[tokio::test]
async fn topics_are_set_anew_and_a_browser_is_removed_by_its_address() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let mut client = port(&hub).await;
    let device = service.device("one");
    subscribe(&mut client, &device, &["one", "two"]).await;
    subscribe(&mut client, &device, &["three"]).await;
    let all = known(&hub).await;
    assert_eq!((all.len(), all[0].topics.as_slice()), (1, ["three".to_owned()].as_slice()));
    assert!(all[0].id.starts_with("wps_") && all[0].id.len() == 14);
    let asked = json!({ "endpoint": device.endpoint }).to_string();
    for _ in 0..2 {
        let answer = client.send(Method::DELETE, "/v1/webpush", &[], asked.clone().into()).await;
        assert_eq!(answer.text(), "{\"success\":true}\n");
        assert!(known(&hub).await.is_empty());
    }
    assert_eq!(code(&client.send(Method::DELETE, "/v1/webpush", &[], "{}".into()).await), 40038);
    for n in 0..10 {
        subscribe(&mut client, &service.device(&format!("device{n}")), &[]).await;
    }
    let one_more = client.post_json("/v1/webpush", &body(&service.device("more"), &[])).await;
    assert_eq!(code(&one_more), 42903);
    // Who is logged in counts for themselves.
    subscribe(&mut as_person(client, "ben"), &service.device("bens"), &[]).await;
}

#[tokio::test]
async fn nobody_gets_what_they_may_not_read() {
    let config = "[push]\nwebpush_hosts = [\"127.0.0.1\"]\n";
    let (hub, service) = (TestHub::with(FEATURES).config(config).start().await, FakePush::start().await);
    let mut client = port(&hub).await;
    let device = service.device("ben");
    // By default who is not logged in may publish and not read.
    assert_eq!(code(&client.post_json("/v1/webpush", &body(&device, &["backups"])).await), 40301);
    // A token reads, but is not remembered with the browser.
    let mut token = client.clone().bearer("hob_read");
    assert_eq!(code(&token.post_json("/v1/webpush", &body(&device, &["backups"])).await), 40301);
    subscribe(&mut as_person(client.clone(), "ben"), &device, &["backups"]).await;
    publish(&mut client, "/backups", "for Ben").await;
    service.wait_for(&device, 1).await;
    let gate = hub.ctx().gate().unwrap();
    (gate.remove_person)(hub.ctx().clone(), "ben".to_owned()).await.unwrap();
    publish(&mut client, "/backups", "not for Ben").await;
    until("Ben's browser is forgotten", async || known(&hub).await.is_empty()).await;
    assert_eq!(service.received(&device).len(), 1);
}

#[tokio::test]
async fn who_gets_an_account_later_gets_messages_too() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let mut client = port(&hub).await;
    // The accounts are remembered now.
    hub.run_job("push.browsers-tidy").await;
    let gate = hub.ctx().gate().unwrap();
    let zoe = (gate.add_person)(hub.ctx().clone(), "zoe".to_owned(), PASSWORD.to_owned()).await.unwrap();
    let (own, device) = (service.device("own"), service.device("client"));
    let topics = Some(vec!["backups".to_owned()]);
    actions::add(hub.ctx(), owner(&zoe.id), of(&own), topics, "Firefox").await.unwrap();
    subscribe(&mut as_person(client.clone(), "zoe"), &device, &["backups"]).await;
    publish(&mut client, "/backups", "for Zoe").await;
    service.wait_for(&own, 1).await;
    service.wait_for(&device, 1).await;
}

#[tokio::test]
async fn a_rule_made_later_counts_at_once() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let mut client = port(&hub).await;
    let device = service.device("one");
    subscribe(&mut client, &device, &["secret", "open"]).await;
    let desk = desk(hub.ctx()).await.unwrap();
    let readers = rights::readers(hub.ctx(), &desk, &[]).await.unwrap();
    assert!(readers.may(hub.ctx(), None, "secret").await);
    let rule = json!({ "username": "*", "topic": "secret", "permission": "deny-all" });
    let answer = as_person(client.clone(), "anna").post_json("/v1/users/access", &rule).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut anna = as_person(client.clone(), "anna");
    publish(&mut anna, "/secret", "hidden").await;
    publish(&mut anna, "/open", "seen").await;
    let received = service.wait_for(&device, 1).await;
    assert_eq!(received[0].json()["message"]["message"], "seen");
}

#[tokio::test]
async fn hob_speaks_to_the_browsers_of_a_person() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let ctx = hub.ctx();
    let devices = ["anna1", "anna2", "ben"].map(|name| service.device(name));
    for (device, person) in devices.iter().zip(["u-anna", "u-anna", "u-ben"]) {
        actions::add(ctx, owner(person), of(device), None, "Firefox on Linux").await.unwrap();
    }
    // A client of the protocol is not told what Hob says.
    let client = Owner { own: false, ..owner("u-anna") };
    actions::add(ctx, client, of(&service.device("client")), None, "A browser").await.unwrap();
    let message = PushMessage {
        title: "NAS is down".to_owned(),
        message: "Nothing answers.".to_owned(),
        priority: 5,
        sequence_id: Some("incident-1".to_owned()),
        ..PushMessage::default()
    };
    let told = to_browsers(ctx.clone(), Some("Anna".to_owned()), message.clone()).await.unwrap();
    assert_eq!((told.reached, told.failed.len()), (2, 0));
    let json = service.received(&devices[0])[0].json();
    assert_eq!(json["message"]["title"], "NAS is down");
    assert_eq!(
        (&json["message"]["priority"], &json["message"]["sequence_id"]),
        (&json!(5), &json!("incident-1"))
    );
    assert_eq!(service.requests(), 2);
    assert_eq!(to_browsers(ctx.clone(), None, message.clone()).await.unwrap().reached, 3);
    let nobody = to_browsers(ctx.clone(), Some("zoe".to_owned()), message.clone()).await.unwrap();
    assert_eq!((nobody.reached, nobody.failed.len()), (0, 0));
    service.answers(403, "");
    let told = to_browsers(ctx.clone(), Some("ben".to_owned()), message.clone()).await.unwrap();
    assert_eq!(
        told.failed,
        ["Firefox on Linux: The push service 127.0.0.1 does not accept the key of this sender (status 403)."]
    );
    service.answers(404, "");
    to_browsers(ctx.clone(), Some("ben".to_owned()), message).await.unwrap();
    assert_eq!(known(&hub).await.len(), 3);
}

#[tokio::test]
async fn who_is_silent_for_long_is_told_and_then_forgotten() {
    let start = Timestamp::from_millis(1_800_000_000_000);
    let (hub, service) = (hub().clock(Clock::fake(start)).start().await, FakePush::start().await);
    let ctx = hub.ctx();
    let (silent, alive) = (service.device("silent"), service.device("alive"));
    for device in [&silent, &alive] {
        actions::add(ctx, owner("u-anna"), of(device), None, "Firefox on Linux").await.unwrap();
    }
    ctx.clock.advance(DAY * 56);
    assert!(actions::seen(ctx, &alive.endpoint).await.unwrap());
    assert!(!actions::seen(ctx, "https://push.example/unknown").await.unwrap());
    assert_eq!(
        hub.run_job("push.browsers-tidy").await,
        "Messages go to 2 browsers; 1 browser told that they will be."
    );
    assert_eq!(service.received(&silent)[0].json(), json!({ "event": "subscription_expiring" }));
    // Once.
    assert_eq!(hub.run_job("push.browsers-tidy").await, "Messages go to 2 browsers.");
    assert!(service.received(&alive).is_empty());
    ctx.clock.advance(DAY * 5);
    assert_eq!(hub.run_job("push.browsers-tidy").await, "Messages go to 1 browser; 1 browser forgotten.");
    // All of that is in the table, too.
    let kept = store::list(&ctx.db, &ctx.sealer).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].state.renewed_at, start.plus(DAY * 56));
    assert!(kept[0].state.ok_at.is_none() && kept[0].state.warned_at.is_none());
}

#[tokio::test]
async fn a_browser_is_its_persons_and_moves_only_with_its_keys() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let ctx = hub.ctx();
    let device = service.device("one");
    let topics = Some(vec!["backups".to_owned()]);
    let id = actions::add(ctx, owner("u-anna"), of(&device), topics, "Firefox").await.unwrap();
    // Somebody who knows the address only.
    let mut other = device.clone();
    other.p256dh = service.device("x").p256dh;
    let stolen = actions::add(ctx, owner("u-ben"), of(&other), None, "Chrome").await;
    assert!(matches!(stolen, Err(Refused::Taken)));
    let client = Owner { person: None, own: false, ..owner("") };
    assert!(matches!(actions::add(ctx, client, of(&device), None, "x").await, Err(Refused::Taken)));
    actions::remove_client(ctx, &device.endpoint).await.unwrap();
    assert!(actions::remove(ctx, "u-ben", &id).await.is_err());
    assert_eq!(known(&hub).await.len(), 1);
    // Ben logs in on the same browser: it is his now, and nothing of hers is left.
    assert_eq!(actions::add(ctx, owner("u-ben"), of(&device), None, "Firefox").await.unwrap(), id);
    let all = known(&hub).await;
    assert_eq!((all.len(), all[0].person.as_deref(), all[0].topics.len()), (1, Some("u-ben"), 0));
    // The push service gives it another address.
    let new = service.device("two");
    assert!(actions::moved(ctx, &of(&other), of(&new)).await.is_err());
    actions::moved(ctx, &of(&device), of(&new)).await.unwrap();
    let all = known(&hub).await;
    assert_eq!((all.len(), all[0].subscription.endpoint().to_string()), (1, new.endpoint.clone()));
    actions::change(ctx, "u-ben", &id, vec!["alerts".to_owned()], " Kitchen ").await.unwrap();
    assert_eq!(actions::theirs(ctx, "u-ben", &id).await.unwrap().name, "Kitchen");
    actions::test(ctx, "u-ben", &id).await.unwrap().unwrap();
    assert_eq!(service.received(&new)[0].json()["message"]["title"], "This is a test");
    actions::remove(ctx, "u-ben", &id).await.unwrap();
    assert!(known(&hub).await.is_empty());
}

#[tokio::test]
async fn browsers_and_the_key_survive_a_restart_in_both_databases() {
    let mut places = vec![hub()];
    places.extend(postgres().await.map(|location| hub().database(location)));
    for place in places {
        let (hub, service) = (place.start().await, FakePush::start().await);
        let mut client = port(&hub).await;
        let device = service.device("one");
        subscribe(&mut client, &device, &["backups", "alerts"]).await;
        let id =
            actions::add(hub.ctx(), owner("u-anna"), of(&service.device("two")), None, "Firefox on Linux")
                .await
                .unwrap();
        actions::test(hub.ctx(), "u-anna", &id).await.unwrap().unwrap();
        let key = super::public_key(hub.ctx());
        let sort = |mut all: Vec<Browser>| {
            all.sort_by(|one, other| one.id.cmp(&other.id));
            all
        };
        let before = sort(known(&hub).await.iter().map(|browser| (**browser).clone()).collect());
        // The secrets are not in the table as they are.
        let text = std::fs::read(hub.data().join("hob.db")).unwrap_or_default();
        let secret = before[0].subscription.auth();
        assert!(!text.windows(secret.len()).any(|window| window == secret.as_bytes()));
        let hub = hub.stop().await.start().await;
        let mut client = port(&hub).await;
        assert_eq!(super::public_key(hub.ctx()), key);
        let after = sort(known(&hub).await.iter().map(|browser| (**browser).clone()).collect());
        assert_eq!(after, before);
        publish(&mut client, "/alerts", "again").await;
        let received = service.wait_for(&device, 1).await;
        assert_eq!(Some(received[0].sender.key.clone()), key);
    }
}

/// Somebody who is logged in on Hob's own pages.
fn on_pages(hub: &TestHub, name: &str) -> Client {
    hub.client()
        .with("cookie", &format!("hob=u-{name}"))
        .with("user-agent", "Mozilla/5.0 (Android 14) Firefox/140.0")
}

#[tokio::test]
async fn people_have_their_browsers_on_a_page() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let (mut ben, mut anna) = (on_pages(&hub, "ben"), on_pages(&hub, "anna"));
    let page = ben.get("/messages/devices").await.text();
    let key = super::public_key(hub.ctx()).unwrap();
    assert!(page.contains(&format!("data-key=\"{key}\"")) && !page.contains("Send a test"), "{page}");

    let device = service.device("one");
    let form = [("endpoint", device.endpoint.as_str()), ("p256dh", &device.p256dh), ("auth", &device.auth)];
    let answer = ben.post_form("/messages/devices", &form).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/messages/devices"));
    let page = ben.get("/messages/devices").await.text();
    assert!(page.contains("Firefox on Android") && page.contains("gets messages from now on"), "{page}");
    // Neither its address nor its secret is told.
    assert!(!page.contains("/send/one") && !page.contains(&device.auth));
    assert!(!anna.get("/messages/devices").await.text().contains("Firefox on Android"));

    let browser = known(&hub).await.remove(0);
    assert_eq!(browser.site, format!("http://{}", hub.address()));
    let path = format!("/messages/devices/{}", browser.id);
    assert_eq!(anna.post_form(&format!("{path}/test"), &[]).await.status, 404);
    assert_eq!(ben.post_form(&format!("{path}/test"), &[]).await.status, 303);
    assert_eq!(service.received(&device)[0].json()["message"]["title"], "This is a test");
    assert!(ben.get("/messages/devices").await.text().contains("took the test"));

    ben.post_form(&path, &[("topics", "backups, no such"), ("name", "Phone <b>")]).await;
    assert_eq!(known(&hub).await[0].topics, ["backups", "no", "such"]);
    let page = ben.get("/messages/devices").await.text();
    assert!(page.contains("Phone &lt;b&gt;") && page.contains("value=\"backups, no, such\""), "{page}");
    ben.post_form(&path, &[("topics", "a/b")]).await;
    assert!(ben.get("/messages/devices").await.text().contains("is no name of a topic"));

    service.answers(503, "");
    ben.post_form(&format!("{path}/test"), &[]).await;
    let page = ben.get("/messages/devices").await.text();
    assert!(
        page.contains("is out of order (status 503)") && page.contains("Nothing was taken since"),
        "{page}"
    );

    assert_eq!(anna.post_form(&format!("{path}/remove"), &[]).await.status, 404);
    ben.post_form(&format!("{path}/remove"), &[]).await;
    assert!(known(&hub).await.is_empty());
    // A push service in the house that nobody listed.
    let inside = [("endpoint", "https://10.0.0.1/x"), ("p256dh", &device.p256dh), ("auth", &device.auth)];
    ben.post_form("/messages/devices", &inside).await;
    let page = ben.get("/messages/devices").await.text();
    assert!(page.contains("10.0.0.1 is an address of a private network. An administrator"), "{page}");
}

#[tokio::test]
async fn a_service_worker_tells_what_it_knows_without_a_login() {
    let (hub, service) = (hub().start().await, FakePush::start().await);
    let mut worker = hub.client().with("sec-fetch-site", "same-origin");
    let (old, new) = (service.device("old"), service.device("new"));
    actions::add(hub.ctx(), owner("u-ben"), of(&old), None, "Firefox").await.unwrap();
    assert_eq!(worker.get("/messages/devices/key").await.text(), super::public_key(hub.ctx()).unwrap());
    for (endpoint, status) in [(old.endpoint.as_str(), 204), ("https://push.example/x", 404), ("", 404)] {
        let answer = worker.post_json("/messages/devices/seen", &json!({ "endpoint": endpoint })).await;
        assert_eq!(answer.status, status, "{endpoint}");
    }
    let written = |device: &Device| json!({ "endpoint": device.endpoint, "keys": { "p256dh": device.p256dh, "auth": device.auth } });
    let mut stolen = written(&old);
    stolen["keys"]["auth"] = json!(new.auth);
    for (asked, status) in [
        (json!({ "old": stolen, "new": written(&new) }), 404),
        // Who it is is not known without a login.
        (json!({ "old": null, "new": written(&new) }), 401),
        (
            json!({ "old": written(&old), "new": { "endpoint": "x", "keys": { "p256dh": "", "auth": "" } } }),
            422,
        ),
        (json!({ "old": written(&old), "new": written(&new) }), 204),
    ] {
        assert_eq!(worker.post_json("/messages/devices/changed", &asked).await.status, status, "{asked}");
    }
    let all = known(&hub).await;
    assert_eq!((all.len(), all[0].subscription.endpoint().to_string()), (1, new.endpoint.clone()));
    // Another site's page.
    let mut foreign = hub.client().with("sec-fetch-site", "cross-site");
    let answer = foreign.post_json("/messages/devices/seen", &json!({ "endpoint": new.endpoint })).await;
    assert_eq!(answer.status, 403);
}
