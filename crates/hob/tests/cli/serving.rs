//! `hob serve`: what it prints, what is in its way, and how it ends.

use super::support::{Hub, Place, hob, run, services, until};
use hob_testkit::client::Client;
use hob_testkit::fake_service::{Behaviour, FakeService};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_hub_prints_its_address_and_the_setup_code_and_ends_when_asked() {
    let place = Place::new("");
    let mut hub = place.serve();
    let code = hub.wait_for("Setup code: ");
    assert_eq!(hub.client().get("/").await.header("location"), "/setup");
    let code = code.split_whitespace().next().unwrap();
    let form = [
        ("code", code),
        ("name", "anna"),
        ("password", "a kettle on the hob"),
        ("again", "a kettle on the hob"),
    ];
    let mut anna = hub.client();
    assert_eq!(anna.post_form("/setup", &form).await.status, 303);
    assert_eq!(anna.get("/").await.status, 200);
    assert!(!hub.log().contains(code), "the log tells the code");
    let (status, took) = hub.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(!place.data().join("hob.sock").exists());
}

#[tokio::test]
async fn a_hub_with_open_connections_ends_within_five_seconds() {
    let slow = FakeService::start().await;
    slow.set(Behaviour::Hang);
    let place = Place::new(&services(&[("Slow", &slow)]));
    let hub = place.serve();
    let _open: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(hub.address).unwrap()).collect();
    assert_eq!(hub.client().get("/healthz").await.status, 200);
    let (status, took) = hub.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_second_hub_on_the_same_data_names_the_first() {
    let place = Place::new("");
    let hub = place.serve();
    let said = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains(&format!("process {}", hub.pid())), "{}", said.err);
}

#[test]
fn a_taken_port_is_refused_with_a_way_out() {
    let hub = Place::new("").serve();
    let said = Place::new("").run(&["serve", "--listen", &hub.address.to_string()]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains(&hub.address.to_string()) && said.err.contains("--listen"), "{}", said.err);
}

#[test]
fn a_data_directory_that_cannot_be_written_is_refused_with_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    for data in ["/proc/hob".into(), file.join("data")] {
        let said = run(hob().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data), "");
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", data.display());
        let named = said.err.contains(&data.display().to_string());
        assert!(named && said.err.contains("--data"), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_database_that_does_not_answer_is_named_without_its_password() {
    // Refuses at once, unlike an address where nothing listens: there the database may be starting.
    let other = FakeService::start().await;
    other.set(Behaviour::CloseAtOnce);
    let place = format!("127.0.0.1:{}", other.port());
    let url = format!("postgres://hob:secret-kettle@{place}/hob");
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["user", "list"]] {
        let said = run(Place::new("").command(arguments).args(["--database", &url]), "");
        assert_eq!((said.code, said.out.as_str()), (1, ""), "{arguments:?}: {}", said.err);
        assert!(said.err.contains(&place), "{}", said.err);
        assert!(!said.err.contains("secret-kettle"), "{}", said.err);
    }
    let said = run(Place::new("").command(&["serve"]).args(["--database", "mysql://x"]), "");
    assert!(said.code == 2 && said.err.contains("postgres://"), "{said:?}");
}

#[test]
fn log_lines_are_json_where_that_is_asked_for_and_levels_are_checked() {
    let place = Place::new("");
    let hub = Hub::start(place.command(&["serve", "--listen", "127.0.0.1:0", "--log-json"]));
    assert!(
        hub.log().lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{}",
        hub.log()
    );
    let said = Place::new("").run(&["serve", "--log", "hob=loud"]);
    assert!(said.code == 2 && said.err.contains("--log"), "{said:?}");
}

/// Every transition that the API tells, as one line each.
async fn told(client: &mut Client) -> BTreeSet<String> {
    let answer = client.get("/api/v1/transitions?limit=1000").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["transitions"].as_array().unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_was_told_before_kill_9_is_there_afterwards() {
    let mut running = Vec::new();
    for n in 0..6 {
        let service = FakeService::start().await;
        let millis = 300 + 70 * n;
        service.set(Behaviour::Flapping {
            up: Duration::from_millis(millis),
            down: Duration::from_millis(millis),
        });
        running.push((format!("Flapping {n}"), service));
    }
    let list: Vec<(&str, &FakeService)> =
        running.iter().map(|(name, service)| (name.as_str(), service)).collect();
    let place = Place::new(&services(&list));
    let added =
        place.run_with(&["user", "add", "anna", "--admin", "--password-stdin"], "a kettle on the hob\n");
    assert_eq!(added.code, 0, "{added:?}");
    let token = place.ok(&["token", "create", "test", "--scope", "read"]);
    let mut seen = BTreeSet::new();
    for round in 1..=3 {
        let hub = place.serve();
        let mut client = hub.client().bearer(token.trim());
        let all = told(&mut client).await;
        assert!(seen.is_subset(&all), "lost in round {round}: {:?}", seen.difference(&all));
        // In the middle of things: as soon as something new was told, without any pause.
        let end = tokio::time::Instant::now() + super::support::PATIENCE;
        let before = seen.len();
        while seen.len() < before + 6 {
            seen.extend(told(&mut client).await);
            assert!(tokio::time::Instant::now() < end, "nothing changes");
        }
        hub.kill();
        let away = until("nobody answers", || place.run(&["status"]), |said| said.code == 3);
        assert!(away.err.contains("hob serve"), "{}", away.err);
    }
    let hub = place.serve();
    let all = told(&mut hub.client().bearer(token.trim())).await;
    assert!(seen.is_subset(&all), "lost: {:?}", seen.difference(&all));
    println!("{} transitions survived", seen.len());
    assert_eq!(hub.terminate().0.code(), Some(0));
}

/// Where the push server listens, as the log says.
async fn push_address(hub: &Hub) -> SocketAddr {
    let end = tokio::time::Instant::now() + super::support::PATIENCE;
    loop {
        let log = hub.log();
        let line = log.lines().find(|line| line.contains("the push server listens"));
        if let Some((_, address)) = line.and_then(|line| line.split_once("address=")) {
            return address.trim().parse().unwrap();
        }
        assert!(tokio::time::Instant::now() < end, "the push server does not listen: {log}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Publishes one message after the other and keeps what was acknowledged, until the hub is gone.
async fn publish_until_gone(address: SocketAddr, name: String, kept: Arc<Mutex<BTreeSet<String>>>) {
    for n in 0.. {
        let text = format!("{name}-{n}");
        let Ok(mut stream) = TcpStream::connect(address).await else { return };
        let request = format!(
            "POST /kettle HTTP/1.1\r\nHost: hob\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        );
        let mut answer = String::new();
        let exchange = async {
            stream.write_all(request.as_bytes()).await?;
            stream.read_to_string(&mut answer).await
        };
        if exchange.await.is_err() || !answer.starts_with("HTTP/1.1 200") {
            return;
        }
        kept.lock().unwrap().insert(text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_message_that_was_acknowledged_before_kill_9_is_there_afterwards() {
    let place = Place::new("");
    let added =
        place.run_with(&["user", "add", "anna", "--admin", "--password-stdin"], "a kettle on the hob\n");
    assert_eq!(added.code, 0, "{added:?}");
    let token = place.ok(&["token", "create", "test", "--scope", "read"]);
    let kept = Arc::new(Mutex::new(BTreeSet::new()));
    for round in 1..=2 {
        let hub = place.serve();
        let address = push_address(&hub).await;
        let (before, mut publishers) = (kept.lock().unwrap().len(), JoinSet::new());
        for n in 0..8 {
            publishers.spawn(publish_until_gone(address, format!("{round}-{n}"), kept.clone()));
        }
        let end = tokio::time::Instant::now() + super::support::PATIENCE;
        while kept.lock().unwrap().len() < before + 200 {
            assert!(tokio::time::Instant::now() < end, "nothing is acknowledged: {}", hub.log());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        hub.kill();
        publishers.join_all().await;
    }
    let hub = place.serve();
    let mut client = Client::new(push_address(&hub).await).bearer(token.trim());
    let all = client.get("/kettle/json?poll=1&since=all").await;
    assert_eq!(all.status, 200, "{}", all.text());
    let told: Vec<serde_json::Value> =
        all.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let there: BTreeSet<String> =
        told.iter().map(|message| message["message"].as_str().unwrap().to_owned()).collect();
    let kept = kept.lock().unwrap();
    assert!(kept.is_subset(&there), "lost: {:?}", kept.difference(&there));
    assert_eq!(told.len(), there.len(), "something is there twice");
    println!("{} messages survived", kept.len());
}
