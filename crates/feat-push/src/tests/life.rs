//! What holds whatever happens: order, nothing lost, nothing twice, later deliveries, slow readers, a hub that dies.

use super::house::{
    FEATURES, OPEN, PATIENCE, Subscriber, client, everywhere, hub, hub_with, poll, port, publish, put, texts,
};
use crate::desk::desk;
use crate::store::{inbox, messages};
use hob_base::{Clock, Timestamp};
use hob_db::{Location, on};
use hob_feature::{Config, PushMessage};
use hob_testkit::client::Client;
use hob_testkit::fake_service::FakeService;
use hob_testkit::hub::TestHub;
use hob_web::{Hub, HubOptions};
use http::Method;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::task::JoinSet;

/// 15 January 2027, 08:00 in UTC.
const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_told_twice_between_what_was_kept_and_what_comes() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let address = port(&hub).await;
        let first = publish(&hub, "a", "0").await["id"].as_str().unwrap().to_owned();
        let mut work = JoinSet::new();
        work.spawn(async move {
            let mut client = Client::new(address);
            for number in 1..=300 {
                let answer = client.send(Method::PUT, "/a", &[], number.to_string().into()).await;
                assert_eq!(answer.status, 200);
            }
        });
        for listener in 0..20 {
            let path = format!("/a/json?since={first}");
            work.spawn(async move {
                tokio::time::sleep(Duration::from_millis(listener * 20)).await;
                let mut subscriber = Subscriber::json(address, &path).await;
                for number in 1..=300 {
                    assert_eq!(subscriber.text().await, number.to_string(), "listener {listener}");
                }
            });
        }
        while let Some(done) = work.join_next().await {
            done.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_after_the_latest_of_several_topics() {
    let hub = hub().start().await;
    let address = port(&hub).await;
    let mut work = JoinSet::new();
    for topic in ["a", "b"] {
        publish(&hub, topic, "0").await;
        work.spawn(async move {
            let mut client = Client::new(address);
            for number in 1.. {
                client.send(Method::PUT, &format!("/{topic}"), &[], number.to_string().into()).await;
            }
        });
    }
    for _ in 0..150 {
        let mut subscriber = Subscriber::json(address, "/a,b/json?since=latest").await;
        let mut last = std::collections::HashMap::new();
        for _ in 0..8 {
            let said = subscriber.next().await;
            let number: u64 = said["message"].as_str().unwrap().parse().unwrap();
            let before = last.insert(said["topic"].to_string(), number);
            assert!(before.is_none_or(|before| before + 1 == number), "{before:?}, then {said}");
        }
    }
    work.abort_all();
}

#[tokio::test]
async fn who_catches_up_with_much_gets_all_of_it_and_then_what_comes() {
    let hub = hub().start().await;
    let address = port(&hub).await;
    let mut work = JoinSet::new();
    for part in 0..10 {
        work.spawn(async move {
            let mut client = Client::new(address);
            for number in 0..65 {
                let text = format!("{part} {number}");
                assert_eq!(client.send(Method::PUT, "/a", &[], text.into()).await.status, 200);
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    let mut subscriber = Subscriber::json(address, "/a,b/json?since=all").await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..650 {
        assert!(seen.insert(subscriber.text().await));
    }
    publish(&hub, "b", "then").await;
    assert_eq!(subscriber.text().await, "then");
    assert_eq!(poll(&hub, "/a/json?poll=1").await.len(), 650);
}

#[tokio::test]
async fn what_is_for_later_comes_when_it_is_due_and_once() {
    for builder in everywhere().await {
        let hub = builder.clock(Clock::fake(START)).start().await;
        let said = put(&hub, "/a", &[("delay", "30s")], b"tea").await.json();
        assert_eq!(said["time"], START.millis() / 1000 + 30);
        assert_eq!(poll(&hub, "/a/json?poll=1").await, [json!(null); 0], "not yet");
        assert_eq!(poll(&hub, "/a/json?poll=1&scheduled=1").await, std::slice::from_ref(&said));
        // It survives a restart, and is late rather than lost.
        let clock = hub.ctx().clock.clone();
        let hub = hub.stop().await.start().await;
        let mut listener = Subscriber::json(port(&hub).await, "/a/json").await;
        clock.advance(Duration::from_secs(31));
        assert_eq!(listener.next().await, said);
        assert_eq!(poll(&hub, "/a/json?poll=1").await, std::slice::from_ref(&said));
        publish(&hub, "a", "after").await;
        assert_eq!(listener.text().await, "after", "it came once");
        let id = said["id"].as_str().unwrap();
        let since = poll(&hub, &format!("/a/json?poll=1&since={id}")).await;
        assert_eq!(texts(&since), ["after"]);
    }
}

#[tokio::test]
async fn what_is_for_later_does_not_push_out_what_was_delivered() {
    for builder in everywhere().await {
        let text = format!("{OPEN}keep_messages = 100\n");
        let hub = builder.config(&text).clock(Clock::fake(START)).start().await;
        publish(&hub, "a", "kept").await;
        // One that is on its way when they are counted may come on top.
        let mut taken = 0;
        let refused = loop {
            let answer = put(&hub, "/a", &[("delay", "30s")], b"later").await;
            if answer.status != 200 || taken > 60 {
                break answer;
            }
            taken += 1;
        };
        assert!((50..60).contains(&taken), "{taken}");
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (429, &json!(42908)));
        hub.run_job("push.tidy").await;
        assert_eq!(texts(&poll(&hub, "/a/json?poll=1").await), ["kept"]);
        // There is room again when their time has come.
        hub.ctx().clock.advance(Duration::from_secs(31));
        hub.wait_until("all are delivered", PATIENCE, |ctx| {
            desk(ctx).scheduled.load(std::sync::atomic::Ordering::Relaxed) == 0
        })
        .await;
        assert_eq!(put(&hub, "/a", &[("delay", "30s")], b"later").await.status, 200);
    }
}

#[tokio::test]
async fn what_is_for_later_can_be_changed_and_taken_back() {
    for builder in everywhere().await {
        let hub = builder.clock(Clock::fake(START)).start().await;
        let mut listener = Subscriber::json(port(&hub).await, "/a/json").await;
        put(&hub, "/a/tea", &[("delay", "30s")], b"black").await;
        put(&hub, "/a/tea", &[("delay", "20s")], b"green").await;
        put(&hub, "/a/cake", &[("delay", "20s")], b"cake").await;
        assert_eq!(texts(&poll(&hub, "/a/json?poll=1&scheduled=1").await), ["green", "cake"]);
        client(&hub).await.send(Method::DELETE, "/a/cake", &[], "".into()).await;
        assert_eq!(listener.next().await["event"], "message_delete");
        hub.ctx().clock.advance(Duration::from_secs(60));
        assert_eq!(listener.text().await, "green");
        publish(&hub, "a", "after").await;
        assert_eq!(listener.text().await, "after");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_is_dropped_and_nobody_else_notices() {
    let hub = hub().start().await;
    let address = port(&hub).await;
    let mut slow = Subscriber::json(address, "/a/json").await;
    let mut quick = Subscriber::json(address, "/a/json").await;
    let broker = desk(hub.ctx()).broker.clone();
    assert_eq!(broker.listeners("a"), 2);
    let text = "x".repeat(4000);
    let mut client = Client::new(address);
    // More than the buffers of the system and of the hub together hold.
    let mut sent = 0;
    while broker.listeners("a") == 2 && sent < 20_000 {
        let mut many = JoinSet::new();
        for _ in 0..50 {
            let (mut client, text) = (client.clone(), text.clone());
            many.spawn(async move { client.send(Method::PUT, "/a?cache=no", &[], text.into()).await.status });
        }
        while let Some(status) = many.join_next().await {
            assert_eq!(status.unwrap(), 200);
        }
        for _ in 0..50 {
            assert_eq!(quick.text().await.len(), 4000);
        }
        sent += 50;
    }
    assert_eq!(broker.listeners("a"), 1, "after {sent} messages");
    client.send(Method::PUT, "/a", &[], "still".into()).await;
    assert_eq!(quick.text().await, "still");
    assert!(slow.is_over().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_reconnects_leave_nothing_behind() {
    let hub = hub().start().await;
    let address = port(&hub).await;
    let mut work = JoinSet::new();
    for number in 0..10 {
        work.spawn(async move {
            for round in 0..100 {
                let path = format!("/t{}/{}", round % 7, if number % 2 == 0 { "json" } else { "sse" });
                Subscriber::begin(address, &path, "").await;
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    hub.wait_until("all are gone", PATIENCE, |ctx| {
        let broker = &desk(ctx).broker;
        (broker.subscribers(), broker.topics()) == (0, 0)
    })
    .await;
}

#[tokio::test]
async fn a_hub_that_stops_ends_its_subscriptions_in_good_order() {
    let hub = hub().start().await;
    let address = port(&hub).await;
    let mut json = Subscriber::json(address, "/a/json").await;
    let mut socket = Subscriber::socket(address, "/a/ws").await;
    socket.frame_json().await;
    let idle = tokio::net::TcpStream::connect(address).await.unwrap();
    hub.stop().await;
    assert_eq!(json.chunk().await, "", "the last chunk");
    assert_eq!(socket.frame().await, (8, 1001_u16.to_be_bytes().to_vec()));
    drop(idle);
}

/// Starts a hub on a directory, publishes from several sides, and gives the ids that were acknowledged. The hub then
/// ends as if the power had gone: nothing is told to stop, nothing is awaited.
fn publish_and_die(data: &Path) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let ids = runtime.block_on(async {
        let hub = Hub::start(options(data)).await.unwrap_or_else(|error| panic!("{error}"));
        let address = loop {
            if let Some(address) = desk(hub.ctx()).address() {
                break address;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let mut work = JoinSet::new();
        for part in 0..20 {
            work.spawn(async move {
                let mut client = Client::new(address);
                let mut ids = Vec::new();
                for number in 0..10 {
                    let text = format!("{part} {number}");
                    let answer = client.send(Method::PUT, "/a", &[], text.into()).await;
                    ids.push(answer.json()["id"].as_str().unwrap().to_owned());
                }
                ids
            });
        }
        let mut all = Vec::new();
        // Half of them are still at it when it dies.
        while let Some(ids) = work.join_next().await {
            all.extend(ids.unwrap());
            if all.len() >= 100 {
                break;
            }
        }
        all
    });
    runtime.shutdown_background();
    ids
}

fn options(data: &Path) -> HubOptions {
    HubOptions {
        features: FEATURES,
        config: Config::parse(Path::new("hob.toml"), OPEN).unwrap(),
        data: data.to_owned(),
        listen: ([127, 0, 0, 1], 0).into(),
        database: Location::File(data.join("hob.db")),
        clock: Clock::system(),
        zone: jiff::tz::TimeZone::UTC,
        hostname: "nas".to_owned(),
    }
}

#[test]
fn what_was_acknowledged_is_there_after_the_hub_died() {
    let data = tempfile::tempdir().unwrap();
    let ids = publish_and_die(data.path());
    assert!(ids.len() >= 100);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut started = Hub::start(options(data.path())).await;
        // The dead one's threads may hold the directory for a moment.
        for _ in 0..100 {
            if started.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            started = Hub::start(options(data.path())).await;
        }
        let hub = started.unwrap_or_else(|error| panic!("{error}"));
        let now = hub.ctx().clock.now();
        let from = messages::From::Position(0);
        let kept = messages::history(&hub.ctx().db, &["a"], from, now, 10_000).await.unwrap();
        let positions: Vec<i64> = kept.iter().map(|(position, _)| *position).collect();
        assert!(positions.is_sorted());
        let kept: Vec<Value> = kept.iter().map(|(_, json)| serde_json::from_str(json).unwrap()).collect();
        for id in &ids {
            assert!(kept.iter().any(|message| message["id"] == id.as_str()), "{id} is lost");
        }
        assert!(hub.stop().await);
    });
}

/// Makes every change of the table of messages fail until it is undone.
const REFUSE: &str = "CREATE TRIGGER refuse BEFORE INSERT ON push_message BEGIN SELECT RAISE(ABORT, \
    'database or disk is full'); END";

#[tokio::test]
async fn while_the_disk_is_full_publishing_says_so_and_nothing_is_acknowledged() {
    let hub = hub().start().await;
    let mut listener = Subscriber::json(port(&hub).await, "/a/json").await;
    on!(write &hub.ctx().db, p => sqlx::query(REFUSE).execute(p).await.map(|_| ())).unwrap();
    let answer = put(&hub, "/a", &[], b"lost").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "5");
    assert!(answer.json()["error"].as_str().unwrap().contains("disk of the push server is full"));
    assert_eq!(put(&hub, "/a?cache=no", &[], b"not kept").await.status, 200);
    assert_eq!(listener.text().await, "not kept");
    on!(write &hub.ctx().db, p => sqlx::query("DROP TRIGGER refuse").execute(p).await.map(|_| ())).unwrap();
    publish(&hub, "a", "kept").await;
    assert_eq!(listener.text().await, "kept");
    assert_eq!(texts(&poll(&hub, "/a/json?poll=1").await), ["kept"]);
}

#[tokio::test]
async fn one_message_that_the_table_refuses_does_not_take_the_others_along() {
    let hub = hub().start().await;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON push_message WHEN NEW.body = 'bad' \
        BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: bad'); END";
    on!(write &hub.ctx().db, p => sqlx::query(refuse).execute(p).await.map(|_| ())).unwrap();
    let client = client(&hub).await;
    let mut work = JoinSet::new();
    for number in 0..40 {
        let mut client = client.clone();
        let text = if number == 17 { "bad".to_owned() } else { number.to_string() };
        work.spawn(async move { client.send(Method::PUT, "/a", &[], text.into()).await.status.as_u16() });
    }
    let mut refused = 0;
    while let Some(status) = work.join_next().await {
        refused += usize::from(status.unwrap() == 503);
    }
    assert_eq!(refused, 1);
    assert_eq!(poll(&hub, "/a/json?poll=1").await.len(), 39);
}

#[tokio::test]
async fn a_place_that_is_taken_stops_nobody_for_long() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        publish(&hub, "a", "first").await;
        // As after a database that went away just when it had kept a message, and before it could say so.
        let taken = "INSERT INTO push_message SELECT position + 1, 'abcdefABCDEF', 'abcdefABCDEF', topic, event, at, \
            expires_at, delivered, title, body, priority, tags, publisher, json FROM push_message";
        on!(write &hub.ctx().db, p => sqlx::query(taken).execute(p).await.map(|_| ())).unwrap();
        assert_eq!(put(&hub, "/a", &[], b"second").await.status, 503);
        publish(&hub, "a", "third").await;
    }
}

#[tokio::test]
async fn what_comes_after_all_was_deleted_and_the_hub_began_anew_is_unread() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        for number in 0..5 {
            publish(&hub, "a", &number.to_string()).await;
        }
        inbox::mark_read(&hub.ctx().db, "user anna", 5).await.unwrap();
        inbox::remove_topic(&hub.ctx().db, "a").await.unwrap();
        let hub = hub.stop().await.start().await;
        let said = publish(&hub, "a", "new").await;
        let kept = inbox::find(&hub.ctx().db, said["id"].as_str().unwrap()).await.unwrap().unwrap();
        assert!(inbox::read_up_to(&hub.ctx().db, "user anna").await.unwrap() < kept.position);
    }
}

#[tokio::test]
async fn old_messages_are_forgotten_and_so_are_too_many() {
    for builder in everywhere().await {
        let text = format!("{OPEN}keep = \"1h\"\nkeep_messages = 100\n");
        let hub = builder.config(&text).clock(Clock::fake(START)).start().await;
        publish(&hub, "a", "old").await;
        hub.ctx().clock.advance(Duration::from_secs(3601));
        publish(&hub, "a", "new").await;
        assert_eq!(texts(&poll(&hub, "/a/json?poll=1").await), ["new"], "even before it is removed");
        hub.run_job("push.tidy").await;
        assert_eq!(messages::count(&hub.ctx().db).await.unwrap(), 1);
        for number in 0..150 {
            publish(&hub, "a", &number.to_string()).await;
        }
        hub.run_job("push.tidy").await;
        let kept = poll(&hub, "/a/json?poll=1").await;
        assert_eq!((kept.len(), texts(&kept)[0]), (100, "50"));
    }
}

#[tokio::test]
async fn the_house_publishes_through_its_door() {
    let hub = hub().start().await;
    let mut listener = Subscriber::json(port(&hub).await, "/hob/json").await;
    let message = PushMessage {
        topic: "hob".into(),
        title: "The NAS\nis out".into(),
        message: "It does not answer.".into(),
        priority: 5,
        tags: vec!["warning".into()],
        click: Some("https://hob.lan/incidents/1".into()),
        links: vec![("Acknowledge".into(), "https://hob.lan/incidents/1/ack".into())],
        markdown: true,
        sequence_id: Some("incident-1".into()),
    };
    let door = hub.ctx().push().unwrap();
    let id = (door.publish)(hub.ctx().clone(), message.clone()).await.unwrap();
    let said = listener.next().await;
    assert_eq!(said["id"], id.as_str());
    assert_eq!(said["title"], "The NAS is out");
    assert_eq!(
        (&said["sequence_id"], &said["content_type"]),
        (&json!("incident-1"), &json!("text/markdown"))
    );
    assert_eq!(said["actions"][0]["action"], "view");
    assert_eq!(poll(&hub, "/hob/json?poll=1").await, [said]);
    let wrong = PushMessage { topic: "no topic".into(), ..message };
    assert!((door.publish)(hub.ctx().clone(), wrong).await.unwrap_err().to_string().contains("no topic"));
}

#[tokio::test]
async fn a_push_server_that_is_off_is_not_there() {
    let hub = TestHub::with(FEATURES).config("[push]\nenabled = false\n").start().await;
    let door = hub.ctx().push().unwrap();
    let message = PushMessage { topic: "a".into(), ..PushMessage::default() };
    let error = (door.publish)(hub.ctx().clone(), message).await.unwrap_err();
    assert!(error.to_string().contains("switched off"));
}

#[tokio::test]
async fn the_house_is_told_how_the_push_server_is() {
    let hub = hub_with("").start().await;
    let _listener = Subscriber::json(port(&hub).await, "/a/json").await;
    publish(&hub, "a", "x").await;
    hub.run_job("push.report").await;
    let told = hub.ctx().resources.get(&"push/hob/server".parse().unwrap()).unwrap();
    assert_eq!(told.number("subscribers"), Some(1.0));
    assert_eq!(told.number("messages in the last hour"), Some(1.0));
    assert!(hub.ctx().metrics.render().contains("hob_push_messages_total 1"));
}

#[tokio::test]
async fn iphones_are_woken_through_the_server_that_is_set_and_no_other() {
    let upstream = FakeService::start().await;
    let more =
        format!("base_url = \"https://push.lan\"\nupstream = \"{}\"\n", upstream.url().trim_end_matches('/'));
    let hub = hub_with(&more).start().await;
    port(&hub).await;
    put(&hub, "/mytopic?cache=no", &[], b"not kept").await;
    let said = publish(&hub, "mytopic", "secret").await;
    hub.wait_until("it is told", PATIENCE, |_| !upstream.requests().is_empty()).await;
    let [request] = &upstream.requests()[..] else { panic!("{:?}", upstream.requests()) };
    // printf https://push.lan/mytopic | sha256sum
    let hash = "a32cf9a6b58212652147721c029ceb6b3762fad90d7bcb2c89b83d766b46851c";
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", format!("/{hash}").as_str()));
    assert_eq!(request.header("x-poll-id"), said["id"].as_str());
    assert!(request.body.is_empty());
}
