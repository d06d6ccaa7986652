//! Files that come with messages, on good days and on bad ones.

use super::house::{PATIENCE, Subscriber, client, everywhere, hub, hub_with, poll, port, put};
use crate::desk::desk;
use crate::files;
use hob_base::{Clock, Timestamp};
use hob_db::on;
use hob_testkit::hub::TestHub;
use http::Method;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and what else a picture consists of";

fn on_disk(hub: &TestHub) -> usize {
    std::fs::read_dir(files::directory(hub.ctx())).map_or(0, Iterator::count)
}

/// The path of an attachment's address.
fn path_of(said: &serde_json::Value) -> String {
    let url = said["attachment"]["url"].as_str().unwrap();
    let at = url.find("/file/").unwrap();
    url[at..].to_owned()
}

#[tokio::test]
async fn a_file_is_kept_and_served_with_care() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let said = put(&hub, "/a", &[("filename", "../../Urlaub 1.png")], PNG).await.json();
        let attachment = &said["attachment"];
        assert_eq!(attachment["name"], "Urlaub 1.png");
        assert_eq!((&attachment["type"], &attachment["size"]), (&json!("image/png"), &json!(PNG.len())));
        assert_eq!(said["message"], "You received a file: Urlaub 1.png");
        let path = path_of(&said);
        assert_eq!(path, format!("/file/{}.png", said["id"].as_str().unwrap()));
        let mut client = client(&hub).await;
        let got = client.get(&path).await;
        assert_eq!((got.status.as_u16(), &got.body[..]), (200, PNG));
        assert_eq!(got.header("content-type"), "image/png");
        assert_eq!(got.header("content-disposition"), "inline; filename*=UTF-8''Urlaub%201%2Epng");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert!(got.header("content-security-policy").contains("sandbox"));
        let head = client.send(Method::HEAD, &path, &[], "".into()).await;
        assert_eq!((head.header("content-length"), head.body.len()), (PNG.len().to_string().as_str(), 0));
        let part = client.send(Method::GET, &path, &[("range", "bytes=1-3")], "".into()).await;
        assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"PNG"[..]));
        assert_eq!(part.header("content-range"), format!("bytes 1-3/{}", PNG.len()));
        let past = client.send(Method::GET, &path, &[("range", "bytes=1000-")], "".into()).await;
        assert_eq!(past.status, 416);
        let hub = hub.stop().await.start().await;
        assert_eq!(super::house::client(&hub).await.get(&path).await.status, 200, "it survives a restart");
    }
}

#[tokio::test]
async fn what_could_run_is_never_shown_in_its_place() {
    let hub = hub().start().await;
    for (name, body) in [("x.html", "<script>alert(1)</script>"), ("x.svg", "<svg onload=alert(1)>")] {
        let said = put(&hub, "/a", &[("filename", name)], body.as_bytes()).await.json();
        let got = client(&hub).await.get(&path_of(&said)).await;
        assert!(got.header("content-disposition").starts_with("attachment;"), "{name}");
    }
}

#[tokio::test]
async fn a_long_or_binary_body_is_a_file_and_an_address_stays_elsewhere() {
    let hub = hub().start().await;
    let long = put(&hub, "/a", &[], "x".repeat(5000).as_bytes()).await.json();
    assert_eq!(long["attachment"]["name"], "attachment.txt");
    assert_eq!(long["attachment"]["size"], 5000);
    let short = put(&hub, "/a", &[], "x".repeat(4096).as_bytes()).await.json();
    assert_eq!(short["attachment"], json!(null));
    let binary = put(&hub, "/a", &[], PNG).await.json();
    assert_eq!(binary["attachment"]["name"], "attachment.png");
    let elsewhere = put(&hub, "/a", &[("attach", "https://x.lan/a/cat.jpg?x=1")], b"a cat").await.json();
    assert_eq!(elsewhere["attachment"], json!({ "name": "cat.jpg", "url": "https://x.lan/a/cat.jpg?x=1" }));
    assert_eq!(on_disk(&hub), 2);
}

#[tokio::test]
async fn limits_hold_while_a_file_comes_in() {
    let hub = hub_with("attachment_file_size = \"10K\"\nattachment_total_size = \"15K\"\n").start().await;
    let headers = [("filename", "x.bin")];
    let big = put(&hub, "/a", &headers, &[0; 11_000]).await;
    assert_eq!((big.status.as_u16(), &big.json()["code"]), (413, &json!(41301)));
    assert_eq!(put(&hub, "/a", &headers, &[0; 9000]).await.status, 200);
    let total = put(&hub, "/a", &headers, &[0; 9000]).await;
    assert_eq!((total.status.as_u16(), &total.json()["code"]), (413, &json!(41301)));
    assert_eq!(put(&hub, "/a", &headers, &[0; 5000]).await.status, 200, "there is room for this");
    assert_eq!((on_disk(&hub), desk(hub.ctx()).attached.bytes()), (2, 14_000));
    // Without a length, in chunks: the limit is found while it comes.
    let mut stream = TcpStream::connect(port(&hub).await).await.unwrap();
    let head = "PUT /a HTTP/1.1\r\nHost: x\r\nFilename: y\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..12 {
        let _ = stream.write_all(format!("400\r\n{}\r\n", "y".repeat(1024)).as_bytes()).await;
    }
    let mut answer = vec![0; 1024];
    let count = stream.read(&mut answer).await.unwrap();
    assert!(answer[..count].starts_with(b"HTTP/1.1 413"));
    assert_eq!((on_disk(&hub), desk(hub.ctx()).attached.bytes()), (2, 14_000));
}

#[tokio::test]
async fn a_length_that_lies_leaves_nothing_behind() {
    let hub = hub().start().await;
    let mut listener = Subscriber::json(port(&hub).await, "/a/json").await;
    let mut short = TcpStream::connect(port(&hub).await).await.unwrap();
    let head = "PUT /a HTTP/1.1\r\nHost: x\r\nFilename: f\r\nContent-Length: 10000\r\n\r\n";
    short.write_all(format!("{head}{}", "x".repeat(6000)).as_bytes()).await.unwrap();
    hub.wait_until("it has begun", PATIENCE, |ctx| {
        std::fs::read_dir(files::directory(ctx)).map_or(0, Iterator::count) == 1
    })
    .await;
    short.shutdown().await.unwrap();
    let mut answer = String::new();
    short.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    hub.wait_until("it is gone", PATIENCE, |ctx| {
        std::fs::read_dir(files::directory(ctx)).map_or(0, Iterator::count) == 0
    })
    .await;
    assert_eq!(desk(hub.ctx()).attached.bytes(), 0);
    // What comes after the end is no part of it.
    let mut long = TcpStream::connect(port(&hub).await).await.unwrap();
    let request =
        "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nConnection: close\r\n\r\nlonger than four";
    long.write_all(request.as_bytes()).await.unwrap();
    assert_eq!(listener.text().await, "long");
}

#[tokio::test]
async fn files_expire_and_orphans_are_removed() {
    for builder in everywhere().await {
        let start = Timestamp::from_millis(1_800_000_000_000);
        let hub = builder.clock(Clock::fake(start)).start().await;
        let said = put(&hub, "/a", &[("filename", "x.png")], PNG).await.json();
        assert_eq!(said["attachment"]["expires"], 1_800_000_000 + 3 * 3600);
        let refused = put(&hub, "/a", &[("filename", "x.png"), ("delay", "1d")], PNG).await;
        assert_eq!(refused.json()["code"], 40015);
        let orphan = files::directory(hub.ctx()).join("abcdefABCDEF");
        std::fs::write(&orphan, "x").unwrap();
        hub.run_job("push.tidy").await;
        assert!(orphan.exists(), "its message may be on its way");
        let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        std::fs::File::options().write(true).open(&orphan).unwrap().set_modified(old).unwrap();
        hub.run_job("push.tidy").await;
        assert!(!orphan.exists());
        hub.ctx().clock.advance(Duration::from_secs(3 * 3600 + 1));
        let gone = client(&hub).await.get(&path_of(&said)).await;
        assert_eq!(gone.status, 404, "even before it is removed");
        hub.run_job("push.tidy").await;
        assert_eq!((on_disk(&hub), desk(hub.ctx()).attached.bytes()), (0, 0));
        assert_eq!(poll(&hub, "/a/json?poll=1").await.len(), 1, "the message stays");
    }
}

#[tokio::test]
async fn a_file_stays_when_its_sender_does_not_wait_to_hear_that_it_does() {
    let hub = hub().start().await;
    let mut listener = Subscriber::json(port(&hub).await, "/a/json").await;
    // The database is busy with something else.
    let busy =
        on!(write &hub.ctx().db, p => p.begin().await.map(|tx| Box::new(tx) as Box<dyn std::any::Any>))
            .unwrap();
    let mut sender = TcpStream::connect(port(&hub).await).await.unwrap();
    let head = "PUT /a HTTP/1.1\r\nHost: x\r\nFilename: f\r\nContent-Length: 5\r\n\r\nwords";
    sender.write_all(head.as_bytes()).await.unwrap();
    hub.wait_until("it has come", PATIENCE, |ctx| desk(ctx).attached.bytes() == 5).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(sender);
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(busy);
    let said = listener.next().await;
    let got = client(&hub).await.get(&path_of(&said)).await;
    assert_eq!((got.status.as_u16(), &got.body[..]), (200, &b"words"[..]));
    assert_eq!(desk(hub.ctx()).attached.bytes(), 5);
}

#[tokio::test]
async fn a_template_that_takes_long_holds_up_nobody() {
    let hub = hub().start().await;
    let mut client = client(&hub).await;
    let data = format!("{{\"a\":[{}1]}}", "1,".repeat(600));
    let mut work = tokio::task::JoinSet::new();
    let began = tokio::time::Instant::now();
    work.spawn(async move {
        let headers =
            [("template", "yes"), ("message", "{{range .a}}{{range $.a}}{{if .}}{{end}}{{end}}{{end}}")];
        client.send(Method::PUT, "/a", &headers, data.into()).await.status
    });
    // All of this is one thread.
    let mut longest = Duration::ZERO;
    loop {
        let at = tokio::time::Instant::now();
        tokio::select! {
            status = work.join_next() => break assert_eq!(status.unwrap().unwrap(), 400),
            () = tokio::time::sleep(Duration::from_millis(1)) => longest = longest.max(at.elapsed()),
        }
    }
    assert!(longest < began.elapsed() / 2, "{longest:?} of {:?}", began.elapsed());
}

#[tokio::test]
async fn data_of_other_programs_becomes_messages_by_templates() {
    let hub = hub().start().await;
    let directory = hub.data().join("push/templates");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("own.yml"), "title: \"{{ .host }}\"\nmessage: |\n  Disk at {{ .use }} %\n")
        .unwrap();
    let data = br#"{"host":"nas","use":93}"#;
    let inline = put(&hub, "/a?tpl=yes&title={{.host}}&message=at+{{.use}}", &[], data).await.json();
    assert_eq!((&inline["title"], &inline["message"]), (&json!("nas"), &json!("at 93")));
    let own = put(&hub, "/a", &[("template", "own")], data).await.json();
    assert_eq!((&own["title"], &own["message"]), (&json!("nas"), &json!("Disk at 93 %")));
    let no_json = put(&hub, "/a", &[("template", "yes"), ("message", "{{.x}}")], b"no json").await;
    assert_eq!(no_json.json()["code"], 40042);
}
