//! Whether curl works with it, as it stands in scripts.

use super::house::{desk_of, hub, job, key_of, now_of};
use crate::model::BODY_BYTES_MAX;
use crate::store;
use hob_testkit::hub::TestHub;
use std::process::Output;
use tokio::process::Command;

/// Runs curl; `None`, with a line that says so, where there is none.
async fn curl(arguments: &[&str]) -> Option<Output> {
    match Command::new("curl").args(["-sS", "-m", "20"]).args(arguments).output().await {
        Ok(output) => Some(output),
        Err(error) if std::env::var_os("CI").is_some() => panic!("curl cannot be run: {error}"),
        Err(error) => {
            eprintln!("skipped: curl cannot be run: {error}");
            None
        }
    }
}

fn said(output: &Output) -> (bool, String) {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

async fn ready() -> (TestHub, String) {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1d", "1h").await.code.to_string();
    let url = hub.url(&format!("/ping/{code}"));
    (hub, url)
}

#[tokio::test]
async fn curl_pings_posts_and_makes() {
    let (hub, url) = ready().await;
    let made = hub.url(&format!("/ping/{}/made?create=1", key_of(&hub).await));
    for (arguments, text) in [
        (vec!["-f", &url], "OK"),
        (vec!["-f", "--retry", "2", "--data-raw", "it said this", &url], "OK"),
        (vec!["-f", &made], "Created"),
    ] {
        let Some(output) = curl(&arguments).await else { return };
        assert_eq!(said(&output), (true, text.to_owned()), "{arguments:?}");
    }
    assert_eq!(now_of(&hub, "backup").await.state.said, "it said this");
    let head = curl(&["-I", &url]).await.unwrap();
    assert!(said(&head).1.starts_with("HTTP/1.1 200 OK"), "{head:?}");
}

#[tokio::test]
async fn curl_with_a_hundred_megabytes_is_answered_and_its_ping_counts() {
    let (hub, url) = ready().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("log");
    std::fs::File::create(&file).unwrap().set_len(100 << 20).unwrap();
    let data = format!("@{}", file.display());
    // With and without asking first whether the body is wanted.
    for (n, expect) in [(1, "Expect: 100-continue"), (2, "Expect:")] {
        let Some(output) = curl(&["-f", "-H", expect, "--data-binary", &data, &url]).await else { return };
        assert_eq!(said(&output), (true, "OK".to_owned()), "{expect:?}");
        desk_of(&hub).await.flush(hub.ctx()).await.unwrap();
        let id = now_of(&hub, "backup").await.id;
        let kept = store::find_body(&hub.ctx().db, id, n).await.unwrap().unwrap();
        assert_eq!(kept.len(), BODY_BYTES_MAX);
    }
}

#[tokio::test]
async fn the_script_on_the_page_reports_a_run() {
    let hub = hub().start().await;
    job(&hub, "backup", "every 1d", "1h").await;
    let page = super::house::browser(&hub, "write").get("/scheduled/backup").await.text();
    let script = page.split("<summary>Shell</summary><pre class=\"evidence\">").nth(1).unwrap();
    let script = script
        .split("</pre>")
        .next()
        .unwrap()
        .replace("&quot;", "\"")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let script = script.replace("/usr/local/bin/job.sh", "sh -c 'echo working; exit 3'");
    if curl(&["--version"]).await.is_none() {
        return;
    }
    let output = Command::new("sh").arg("-c").arg(&script).output().await.unwrap();
    assert!(output.status.success(), "{script}\n{output:?}");
    let state = now_of(&hub, "backup").await.state;
    assert_eq!((state.pings, state.said.as_str()), (2, "working"));
    assert_eq!(state.open, [], "the run has ended");
}
