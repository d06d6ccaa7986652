//! The push server under real clients: curl, Apprise, a browser, and ntfy's own program where it is installed.

use crate::support::{eventually, house_with};
use hob_testkit::browser::{Browser, required};
use hob_testkit::hub::{PASSWORD, TestHub, USER};
use serde_json::Value;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// For tests in which it does not matter who asks.
const OPEN: &str = "[push]\ndefault_access = \"read-write\"\n";

/// The push server's own port.
async fn push_address(hub: &TestHub) -> SocketAddr {
    eventually("the push server listens", async || {
        let listening = hub.ctx().listening.lock().unwrap();
        listening.iter().copied().find(|address| *address != hub.address())
    })
    .await
}

/// Whether a program can be run here; a test without it says so and ends. In CI all but ntfy's are there.
fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    if !found {
        assert!(!required() || program == "ntfy", "{program} is not installed");
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// Runs a program and gives what it printed.
async fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true).env("HOME", "/nonexistent");
    let output = tokio::time::timeout(Duration::from_secs(30), command.output()).await;
    let output = output.expect("it ends in time").expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {text}{errors}");
    text
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect()
}

#[tokio::test]
async fn curl_publishes_without_a_login_and_reads_with_one() {
    if !is_there("curl") {
        return;
    }
    let hub = house_with("").start().await;
    hub.set_up().await;
    let address = push_address(&hub).await;
    let topic = format!("http://{address}/backups");
    let said = run(
        "curl",
        &["-sS", "-H", "Title: Nightly backup", "-H", "Priority: high", "-d", "All done", &topic],
    )
    .await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["event"], "message");

    let poll = format!("{topic}/json?poll=1");
    let stranger = lines(&run("curl", &["-sS", &poll]).await);
    assert_eq!((stranger[0]["code"].as_u64(), stranger[0]["http"].as_u64()), (Some(40301), Some(403)));
    let read = lines(&run("curl", &["-sS", "-u", &format!("{USER}:{PASSWORD}"), &poll]).await);
    assert_eq!(read.len(), 1, "{read:?}");
    let message = &read[0];
    assert_eq!(message["id"], said["id"]);
    assert_eq!(
        (message["title"].as_str(), message["message"].as_str(), message["priority"].as_u64()),
        (Some("Nightly backup"), Some("All done"), Some(4))
    );
}

#[tokio::test]
async fn curl_uploads_a_file_and_somebody_fetches_it() {
    if !is_there("curl") {
        return;
    }
    let hub = house_with(OPEN).start().await;
    hub.set_up().await;
    let address = push_address(&hub).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("flower.bin");
    std::fs::write(&file, [0_u8, 159, 146, 150].repeat(5000)).unwrap();
    let file = file.to_str().unwrap();
    let topic = format!("http://{address}/pictures");
    let said = run("curl", &["-sS", "-T", file, "-H", "Filename: ../../flower.bin", &topic]).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["attachment"]["name"], "flower.bin", "{said}");
    assert_eq!(said["attachment"]["size"], 20_000);
    let back = directory.path().join("back");
    // The link has the hub's name, since a loopback address would lead nobody else anywhere.
    let url = said["attachment"]["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("http://nas:{}/file/", address.port())), "{url}");
    let here = format!("nas:{}:127.0.0.1", address.port());
    run("curl", &["-sS", "-f", "--resolve", &here, "-o", back.to_str().unwrap(), url]).await;
    assert_eq!(std::fs::read(back).unwrap(), std::fs::read(file).unwrap());
}

#[tokio::test]
async fn apprise_takes_hob_for_ntfy() {
    if !is_there("apprise") {
        return;
    }
    let hub = house_with(OPEN).start().await;
    hub.set_up().await;
    let address = push_address(&hub).await;
    let target = format!("ntfy://{address}/updates?priority=high&tags=warning,nas");
    run("apprise", &["-v", "-t", "Grüße", "-b", "An update is there", &target]).await;
    let with_login = format!("ntfy://{USER}:{}@{address}/updates", PASSWORD.replace(' ', "%20"));
    run("apprise", &["-v", "-b", "Once more", &with_login]).await;
    let read = lines(&run("curl", &["-sS", &format!("http://{address}/updates/json?poll=1")]).await);
    assert_eq!(read.len(), 2, "{read:?}");
    assert_eq!(
        (read[0]["title"].as_str(), read[0]["message"].as_str(), read[0]["priority"].as_u64()),
        (Some("Grüße"), Some("An update is there"), Some(4))
    );
    // Apprise keeps tags in no order.
    let tags = read[0]["tags"].to_string();
    assert!(tags.contains("\"nas\"") && tags.contains("\"warning\""), "{tags}");
    assert_eq!(read[1]["message"], "Once more");
}

/// Subscribes as web pages do, by server-sent events and by WebSocket, and keeps what comes.
const LISTEN: &str = r"(() => {
    window.seen = { sse: [], ws: [] };
    const events = new EventSource(`http://ADDRESS/hall,door/sse`);
    events.addEventListener('open', (event) => event.data && window.seen.sse.push('open'));
    events.onmessage = (event) => window.seen.sse.push(JSON.parse(event.data).message);
    const socket = new WebSocket(`ws://ADDRESS/hall,door/ws`);
    socket.onmessage = (event) => {
        const message = JSON.parse(event.data);
        window.seen.ws.push(message.event === 'open' ? 'open' : message.message);
    };
    return true;
})()";

#[tokio::test]
async fn a_browser_listens_by_events_and_by_websocket() {
    let Some(browser) = Browser::start_or_skip().await else { return };
    if !is_there("curl") {
        return;
    }
    let hub = house_with(OPEN).start().await;
    hub.set_up().await;
    let address = push_address(&hub).await;
    let page = browser.page().await.unwrap();
    // A page of another origin than the hub's, without a policy that forbids scripts.
    page.open(&format!("http://{address}/v1/health")).await.unwrap();
    page.eval(&LISTEN.replace("ADDRESS", &address.to_string())).await.unwrap();
    let both_open = "window.seen.ws.length === 1 && window.seen.sse.length >= 1";
    page.wait_until(both_open, Duration::from_secs(10)).await.unwrap();
    for (topic, text) in [("hall", "Light on"), ("door", "Somebody rings"), ("garden", "Not for them")] {
        run("curl", &["-sS", "-d", text, &format!("http://{address}/{topic}")]).await;
    }
    let all = "window.seen.ws.length === 3 && window.seen.sse.length === 3";
    page.wait_until(all, Duration::from_secs(10)).await.unwrap();
    let seen = page.eval("window.seen").await.unwrap();
    for how in ["sse", "ws"] {
        assert_eq!(seen[how], serde_json::json!(["open", "Light on", "Somebody rings"]), "{how}");
    }
    let errors = page.console_errors().await.unwrap();
    // Browsers ask everybody for a picture.
    let errors: Vec<&String> = errors.iter().filter(|error| !error.contains("/favicon.ico")).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[tokio::test]
async fn ntfys_own_program_publishes_and_subscribes() {
    if !is_there("ntfy") {
        return;
    }
    let hub = house_with(OPEN).start().await;
    hub.set_up().await;
    let address = push_address(&hub).await;
    let topic = format!("http://{address}/official");
    let said = run(
        "ntfy",
        &["publish", "--title", "From ntfy", "--priority", "5", "--tags", "tada", &topic, "It works"],
    )
    .await;
    let said: Value = serde_json::from_str(said.trim()).unwrap();
    let read = lines(&run("ntfy", &["subscribe", "--poll", &topic]).await);
    assert_eq!(read.len(), 1, "{read:?}");
    assert_eq!(read[0]["id"], said["id"]);
    assert_eq!((read[0]["title"].as_str(), read[0]["priority"].as_u64()), (Some("From ntfy"), Some(5)));
}
