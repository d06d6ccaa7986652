//! What goes over the wire: every form, every event, and what is refused.

use super::house::{Subscriber, client, everywhere, hub, hub_with, poll, port, publish, put, texts};
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_published_is_answered_kept_and_heard() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let mut listener = Subscriber::json(port(&hub).await, "/backups/json").await;
        let headers = [("Title", "Backup"), ("Priority", "high"), ("Tags", "floppy_disk,nas")];
        let answer = put(&hub, "/backups", &headers, b"It is done \xf0\x9f\x8e\x89").await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let said = answer.json();
        assert_eq!(said["id"].as_str().unwrap().len(), 12);
        assert_eq!(
            (said["event"].as_str(), said["topic"].as_str(), said["title"].as_str()),
            (Some("message"), Some("backups"), Some("Backup"))
        );
        assert_eq!((&said["priority"], &said["tags"]), (&json!(4), &json!(["floppy_disk", "nas"])));
        assert_eq!(said["message"], "It is done 🎉");
        assert_eq!(listener.next().await, said, "the subscriber hears what the publisher was told");
        assert_eq!(poll(&hub, "/backups/json?poll=1").await, std::slice::from_ref(&said));
        let hub = hub.stop().await.start().await;
        assert_eq!(poll(&hub, "/backups/json?poll=1").await, [said], "it survives a restart");
    }
}

#[tokio::test]
async fn every_way_to_publish_says_the_same() {
    let hub = hub().start().await;
    let mut client = client(&hub).await;
    let sent = [
        client.send(Method::POST, "/a", &[("x-title", "T")], "text".into()).await,
        client.send(Method::PUT, "/a?t=T", &[], "text".into()).await,
        client.send(Method::GET, "/a/publish?title=T&message=text", &[], "".into()).await,
        client.send(Method::GET, "/a/send?t=T&m=text", &[], "".into()).await,
        client.send(Method::GET, "/a/trigger?t=T&m=text", &[], "".into()).await,
        client.post_json("/", &json!({ "topic": "a", "title": "T", "message": "text" })).await,
    ];
    for answer in sent {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let said = answer.json();
        assert_eq!((&said["title"], &said["message"]), (&json!("T"), &json!("text")));
    }
    assert_eq!(client.get("/a/trigger").await.json()["message"], "triggered");
}

#[tokio::test]
async fn every_form_is_ntfys() {
    let hub = hub().start().await;
    let address = port(&hub).await;
    let mut json = Subscriber::begin(address, "/a,b/json", "").await;
    let mut sse = Subscriber::begin(address, "/a,b/sse", "").await;
    let mut raw = Subscriber::begin(address, "/a,b/raw", "").await;
    let mut socket = Subscriber::socket(address, "/a,b/ws").await;
    for (subscriber, kind) in
        [(&json, "application/x-ndjson"), (&sse, "text/event-stream"), (&raw, "text/plain")]
    {
        assert!(subscriber.head.contains(&format!("Content-Type: {kind}; charset=utf-8\r\n")), "{kind}");
        assert!(subscriber.head.contains("Access-Control-Allow-Origin: *\r\n"));
    }
    let open = json.next().await;
    assert_eq!((&open["event"], &open["topic"]), (&json!("open"), &json!("a,b")));
    assert!(sse.chunk().await.starts_with("event: open\ndata: {\"id\":"));
    assert_eq!(raw.chunk().await, "\n");
    assert_eq!(socket.frame_json().await["event"], "open");
    let said = publish(&hub, "b", "one\ntwo").await;
    assert_eq!(json.next().await, said);
    assert_eq!(sse.chunk().await, format!("data: {}\n\n", line_of(&said, &hub).await));
    assert_eq!(raw.chunk().await, "one two\n");
    assert_eq!(socket.frame_json().await, said);
}

/// A message as the server writes it.
async fn line_of(said: &Value, hub: &hob_testkit::hub::TestHub) -> String {
    let topic = said["topic"].as_str().unwrap();
    let answer = client(hub).await.get(&format!("/{topic}/json?poll=1&since=latest")).await;
    answer.text().trim_end().to_owned()
}

#[tokio::test]
async fn a_websocket_is_answered_and_ended_as_the_protocol_says() {
    let hub = hub().start().await;
    let mut socket = Subscriber::socket(port(&hub).await, "/a/ws").await;
    assert_eq!(socket.frame_json().await["event"], "open");
    socket.send_frame(9, b"there?").await;
    assert_eq!(socket.frame().await, (10, b"there?".to_vec()));
    socket.send_frame(1, b"what a client says is not heard").await;
    publish(&hub, "a", &"x".repeat(3000)).await;
    assert_eq!(socket.frame_json().await["message"].as_str().unwrap().len(), 3000);
    socket.send_frame(8, &1000_u16.to_be_bytes()).await;
    assert_eq!(socket.frame().await, (8, 1000_u16.to_be_bytes().to_vec()));
    assert!(socket.is_over().await);
    let mut rude = Subscriber::socket(port(&hub).await, "/a/ws").await;
    rude.frame_json().await;
    rude.send_frame(3, b"").await;
    assert_eq!(rude.frame().await.1[..2], 1002_u16.to_be_bytes());
    assert!(rude.is_over().await);
}

#[tokio::test]
async fn a_websocket_may_poll_and_may_speak_with_its_first_packet() {
    let hub = hub().start().await;
    let address = port(&hub).await;
    let said = publish(&hub, "a", "kept").await;
    let mut polling = Subscriber::socket(address, "/a/ws?poll=1").await;
    assert_eq!(polling.frame_json().await, said);
    assert_eq!(polling.frame().await.0, 8);
    assert!(polling.is_over().await);
    let headers = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /a/ws HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    // A masked ping with the mask 0, so that it can be read here.
    let early = [request.as_bytes(), &[0x89, 0x82, 0, 0, 0, 0], b"hi"].concat();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &early).await.unwrap();
    let mut early = Subscriber::read_head(stream).await;
    assert_eq!(early.frame().await, (10, b"hi".to_vec()));
    assert_eq!(early.frame_json().await["event"], "open");
}

#[tokio::test]
async fn an_idle_subscription_is_told_that_it_lives() {
    let hub = hub_with("keepalive = \"1s\"\n").start().await;
    let address = port(&hub).await;
    let mut json = Subscriber::json(address, "/a/json").await;
    let mut sse = Subscriber::begin(address, "/a/sse", "").await;
    assert_eq!(json.next().await["event"], "keepalive");
    assert_eq!(json.next().await["event"], "keepalive");
    assert!(sse.chunk().await.starts_with("event: open\n"));
    assert!(sse.chunk().await.starts_with("event: keepalive\ndata: {"));
    let mut socket = Subscriber::socket(address, "/a/ws").await;
    assert_eq!(socket.frame_json().await["event"], "open");
    assert_eq!(socket.frame().await.0, 9);
    socket.send_frame(10, b"").await;
    assert_eq!(socket.frame().await.0, 9, "who answers pings stays");
    assert!(socket.is_over().await, "who does not is gone");
}

#[tokio::test]
async fn filters_let_through_what_is_wanted() {
    let hub = hub().start().await;
    let mut listener = Subscriber::json(port(&hub).await, "/a/json?priority=high,urgent&tags=disk,nas").await;
    for (priority, tags, text) in [
        ("5", "nas,disk,x", "first"),
        ("3", "nas,disk", "no"),
        ("4", "nas", "no"),
        ("4", "disk,nas", "second"),
    ] {
        put(&hub, "/a", &[("p", priority), ("tags", tags)], text.as_bytes()).await;
    }
    assert_eq!(listener.text().await, "first");
    assert_eq!(listener.text().await, "second");
    let kept = poll(&hub, "/a/json?poll=1&priority=high,urgent&tags=disk,nas").await;
    assert_eq!(texts(&kept), ["first", "second"]);
}

#[tokio::test]
async fn since_says_from_where_on() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let mut ids = Vec::new();
        for (topic, text) in [("a", "1"), ("b", "2"), ("a", "3"), ("c", "4")] {
            ids.push(publish(&hub, topic, text).await["id"].as_str().unwrap().to_owned());
        }
        put(&hub, "/a", &[("cache", "no")], b"not kept").await;
        let since = |since: String| format!("/a,b/json?poll=1&since={since}");
        for (text, expected) in [
            ("all".to_owned(), &["1", "2", "3"][..]),
            ("none".to_owned(), &[]),
            ("latest".to_owned(), &["2", "3"]),
            ("10m".to_owned(), &["1", "2", "3"]),
            ("1600000000".to_owned(), &["1", "2", "3"]),
            ("4102444800".to_owned(), &[]),
            (ids[0].clone(), &["2", "3"]),
            (ids[2].clone(), &[]),
            ("unknownIdAbc".to_owned(), &["1", "2", "3"]),
        ] {
            let kept = poll(&hub, &since(text.clone())).await;
            assert_eq!(texts(&kept), expected, "{text}");
        }
        assert_eq!(texts(&poll(&hub, "/a,b/json?poll=1").await), ["1", "2", "3"]);
        let mut listener = Subscriber::json(port(&hub).await, &format!("/a/json?since={}", ids[0])).await;
        assert_eq!(listener.text().await, "3");
        publish(&hub, "a", "5").await;
        assert_eq!(listener.text().await, "5");
    }
}

#[tokio::test]
async fn sequences_are_updated_cleared_and_deleted() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let mut listener = Subscriber::json(port(&hub).await, "/a/json").await;
        let first = put(&hub, "/a/job-1", &[], b"10 %").await.json();
        assert_eq!(first["sequence_id"], "job-1");
        assert_eq!(listener.next().await, first);
        let mut client = client(&hub).await;
        let cleared = client.send(Method::PUT, "/a/job-1/clear", &[], "".into()).await.json();
        assert_eq!((&cleared["event"], &cleared["sequence_id"]), (&json!("message_clear"), &json!("job-1")));
        assert_eq!(listener.next().await, cleared);
        let read = client.send(Method::PUT, "/a/job-1/read", &[], "".into()).await;
        assert_eq!(read.json()["event"], "message_clear");
        listener.next().await;
        let deleted = client.send(Method::DELETE, "/a/job-1", &[], "".into()).await.json();
        assert_eq!(deleted["event"], "message_delete");
        assert_eq!(listener.next().await, deleted);
        let events: Vec<Value> =
            poll(&hub, "/a/json?poll=1").await.iter().map(|message| message["event"].clone()).collect();
        assert_eq!(events, ["message", "message_clear", "message_clear", "message_delete"]);
    }
}

#[tokio::test]
async fn what_is_refused_has_ntfys_number() {
    let hub = hub().start().await;
    let mut client = client(&hub).await;
    let big = "x".repeat(20_000);
    for (method, path, headers, body, status, code) in [
        (Method::GET, "/nothing/here", &[][..], "", 404, 40401),
        (Method::PATCH, "/a", &[], "", 404, 40401),
        (Method::PUT, "/v1/health", &[], "", 404, 40401),
        (Method::PUT, "/docs", &[], "x", 400, 40010),
        (Method::PUT, "/a%20b", &[], "x", 404, 40401),
        (Method::PUT, "/a", &[("priority", "9")], "x", 400, 40007),
        (Method::PUT, "/a", &[("delay", "1s")], "x", 400, 40005),
        (Method::PUT, "/a", &[("delay", "1h"), ("cache", "no")], "x", 400, 40002),
        (Method::PUT, "/a", &[("email", "a@b.lan")], "x", 400, 40001),
        (Method::PUT, "/a", &[("call", "+491701234567")], "x", 400, 40032),
        (Method::PUT, "/a", &[("actions", "what")], "x", 400, 40018),
        (Method::PUT, "/a", &[("icon", "ftp://x")], "x", 400, 40021),
        (Method::PUT, "/a", &[("attach", "x")], "x", 400, 40013),
        (Method::PUT, "/a", &[("template", "nothing-of-that-name")], "{}", 400, 40047),
        (Method::POST, "/", &[], "no json", 400, 40024),
        (Method::POST, "/", &[], "{\"topic\":\"a b\"}", 400, 40009),
        (Method::POST, "/", &[], &big, 413, 41303),
        (Method::GET, "/a/json?since=x!", &[], "", 400, 40008),
        (Method::GET, "/a/json?poll=1&since=x!", &[], "", 400, 40008),
        (Method::GET, "/a/ws", &[], "", 400, 40016),
        (Method::GET, "/file/unknownIdAbc", &[], "", 404, 40401),
        (Method::GET, "/file/..%2f..%2fhob.db", &[], "", 404, 40401),
        (Method::POST, "/_matrix/push/v1/notify", &[], "{}", 400, 40019),
    ] {
        let answer = client.send(method.clone(), path, headers, body.to_owned().into()).await;
        assert_eq!(answer.status, status, "{method} {path} {headers:?} {}", answer.text());
        let said = answer.json();
        assert_eq!((&said["code"], &said["http"]), (&json!(code), &json!(status)), "{method} {path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn the_server_says_what_it_is() {
    let hub = hub_with("base_url = \"https://push.example.org\"\n").start().await;
    let mut client = client(&hub).await;
    assert_eq!(client.get("/v1/health").await.json(), json!({ "healthy": true }));
    let config = client.get("/v1/config").await.json();
    assert_eq!(config["base_url"], "https://push.example.org");
    assert!(client.get("/config.js").await.text().starts_with("var config = {"));
    let page = client.get("/").await;
    assert!(page.text().contains("https://push.example.org/backups"), "{}", page.text());
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(client.get("/a-topic").await.text().contains("Topic “a-topic”"));
    assert_eq!(client.get("/upTopicTopic1?up=1").await.text(), "{\"unifiedpush\":{\"version\":1}}\n");
    assert_eq!(
        client.get("/_matrix/push/v1/notify").await.text(),
        "{\"unifiedpush\":{\"gateway\":\"matrix\"}}\n"
    );
    assert_eq!(client.get("/a,b/auth").await.json(), json!({ "success": true }));
    let preflight = client.send(Method::OPTIONS, "/a", &[("origin", "https://x.lan")], "".into()).await;
    assert_eq!(preflight.header("access-control-allow-headers"), "*");
    assert!(preflight.header("access-control-allow-methods").contains("DELETE"));
    let health = client.send(Method::OPTIONS, "/v1/health", &[], "".into()).await;
    assert_eq!(health.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn apps_and_matrix_servers_push_through_it() {
    let hub = hub_with("base_url = \"https://push.example.org\"\n").start().await;
    let mut listener = Subscriber::json(port(&hub).await, "/upAbcdefghijkl/json").await;
    let bytes = put(&hub, "/upAbcdefghijkl?up=1", &[], &[0xff, 0xfe, 0x00]).await.json();
    assert_eq!((&bytes["message"], &bytes["encoding"]), (&json!("//4A"), &json!("base64")));
    assert_eq!(listener.next().await, bytes);
    let notify = |pushkey: &str| json!({ "notification": { "devices": [{ "pushkey": pushkey }] } });
    let mut client = client(&hub).await;
    let ours = notify("https://push.example.org/upAbcdefghijkl?up=1");
    let answer = client.post_json("/_matrix/push/v1/notify", &ours).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "rejected": [] })));
    assert!(listener.next().await["message"].as_str().unwrap().contains("pushkey"));
    let theirs = notify("https://elsewhere.example.org/upAbcdefghijkl?up=1");
    let answer = client.post_json("/_matrix/push/v1/notify", &theirs).await;
    let rejected = json!({ "rejected": ["https://elsewhere.example.org/upAbcdefghijkl?up=1"] });
    assert_eq!((answer.status.as_u16(), answer.json()), (200, rejected));
}

#[tokio::test]
async fn the_same_server_answers_on_its_own_host_name() {
    let hub = hub_with("hostname = \"push.example.org\"\n").start().await;
    port(&hub).await;
    let address = hub.address();
    let mut client = hob_testkit::client::Client::new(address).with("host", "push.example.org");
    let said = client.send(Method::PUT, "/a", &[], "hello".into()).await.json();
    assert_eq!(said["message"], "hello");
    let begin = |path: &'static str, headers: &'static str| async move {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: push.example.org\r\n{headers}\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
        Subscriber::read_head(stream).await
    };
    let mut json = begin("/a/json?since=all", "").await;
    assert_eq!(json.next().await["event"], "open");
    assert_eq!(json.next().await, said);
    let mut socket = begin(
        "/a/ws?since=all",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    )
    .await;
    assert!(socket.head.starts_with("HTTP/1.1 101"), "{}", socket.head);
    assert_eq!(socket.frame_json().await["event"], "open");
    assert_eq!(socket.frame_json().await, said);
    let more = publish(&hub, "a", "more").await;
    assert_eq!((json.next().await, socket.frame_json().await), (more.clone(), more));
    hub.stop().await;
    assert!(json.is_over().await && socket.is_over().await);
}
