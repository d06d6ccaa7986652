//! Starting where there is nothing, and where something is in the way.

use crate::support::options;
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use hob_web::{Hub, StartError};
use std::path::Path;
use tokio::time::Instant;

async fn refusal(data: &Path, listen: &str) -> String {
    match Hub::start(options(data, listen)).await {
        Ok(_) => panic!("it started"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_hub_starts_on_an_empty_directory_and_answers() {
    let begun = Instant::now();
    let hub = TestHub::with(&[]).start().await;
    println!("a hub without features starts in {:?}", begun.elapsed());
    assert_eq!(hub.client().get("/healthz").await.text(), "ok\n");
    assert_eq!(hub.client().get("/readyz").await.text(), "ready\n");
    let begun = Instant::now();
    let house = TestHub::with(hob::FEATURES).start().await;
    println!("a whole house starts in {:?}", begun.elapsed());
    assert_eq!(house.client().get("/readyz").await.status, 200);
}

#[tokio::test]
async fn the_files_of_a_hub_are_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("deep/data");
    let hub = Hub::start(options(&data, "127.0.0.1:0")).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in ["secret.key", "hob.sock", "hob.lock"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    assert!(hub.stop().await);
    assert!(!data.join("hob.sock").exists());
}

#[tokio::test]
async fn a_second_hub_on_the_same_data_is_refused_with_the_process_that_has_it() {
    let hub = TestHub::with(&[]).start().await;
    let said = refusal(&hub.data(), "127.0.0.1:0").await;
    assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
    assert!(said.contains("--data"), "{said}");
    assert_eq!(hub.client().get("/readyz").await.status, 200, "the first one goes on");
}

#[tokio::test]
async fn a_taken_port_is_named_with_a_way_out_and_nothing_is_left_behind() {
    let hub = TestHub::with(&[]).start().await;
    let dir = tempfile::tempdir().unwrap();
    let said = refusal(dir.path(), &hub.address().to_string()).await;
    assert!(said.contains(&hub.address().to_string()) && said.contains("--listen"), "{said}");
    // The directory is free again.
    assert!(Hub::start(options(dir.path(), "127.0.0.1:0")).await.unwrap().stop().await);
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_used_is_named_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "a file is in the way").unwrap();
    for data in [file.join("data"), "/proc/hob".into()] {
        let said = refusal(&data, "127.0.0.1:0").await;
        assert!(said.contains(&data.display().to_string()) && said.contains("--data"), "{said}");
    }
}

#[tokio::test]
async fn a_database_that_is_no_database_is_an_answer_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hob.db"), "this is a shopping list, not a database\n".repeat(200))
        .unwrap();
    let said = refusal(dir.path(), "127.0.0.1:0").await;
    assert!(said.contains("hob.db") && said.contains("not a database"), "{said}");
}

#[tokio::test]
async fn a_socket_that_a_killed_hub_left_behind_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(dir.path().join("hob.sock")).unwrap());
    let hub = Hub::start(options(dir.path(), "127.0.0.1:0")).await.unwrap();
    tokio::net::UnixStream::connect(dir.path().join("hob.sock")).await.unwrap();
    assert_eq!(Client::new(hub.address()).get("/healthz").await.status, 200);
    assert!(hub.stop().await);
}

#[tokio::test]
async fn a_database_that_a_newer_hob_has_written_is_left_alone() {
    let hub = TestHub::with(&[]).start().await;
    let (data, db) = (hub.data(), hub.ctx().db.clone());
    hob_db::on!(write &db, p => sqlx::query("UPDATE hob_migration SET number = number + 1000").execute(p).await.map(|_| ()))
        .unwrap();
    let stopped = hub.stop().await;
    match Hub::start(options(&data, "127.0.0.1:0")).await {
        Err(StartError::Other(error)) => assert!(error.chain().contains("newer"), "{}", error.chain()),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it started"),
    }
    drop(stopped);
}
