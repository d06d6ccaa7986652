use super::*;
use crate::{Channel, Sender, Values};
use std::os::unix::fs::PermissionsExt as _;
use tokio::net::TcpListener;

fn channel(urls: &str) -> Result<Channel, Vec<Wrong>> {
    let values: Values = [("urls".to_owned(), urls.to_owned())].into();
    Channel::from_fields("apprise_command", &values)
}

fn apprise() -> AppriseCommand {
    AppriseCommand { urls: Secret::new("json://secret-token@127.0.0.1:1/") }
}

fn note() -> Note {
    Note {
        title: "--config=/etc/passwd".to_owned(),
        body: "Nothing listens – at all.".to_owned(),
        severity: Severity::Critical,
        state: State::Open,
        link: Some("https://hob.example/incidents/12".to_owned()),
        links: Vec::new(),
        thread: None,
        tags: Vec::new(),
        at: "2026-11-23T13:05:00Z".parse().unwrap(),
        dedupe: "incident/12/1".to_owned(),
    }
}

#[test]
fn only_urls_are_taken() {
    assert!(channel("tgram://token/chat\n\n  mailtos://user:pass@example.org  ").is_ok());
    for bad in [
        "include /etc/passwd",
        "include https://x.example/config",
        "tag=json://x",
        "json://x\ntag = json://y",
        "#json://x",
        "urls:\n - json://x",
        "json://",
    ] {
        let wrong = channel(bad).unwrap_err();
        assert!(wrong[0].1.contains("is no URL of Apprise"), "{bad}: {wrong:?}");
    }
    let place = channel("tgram://secret-token/chat").unwrap().place();
    assert_eq!(place, "Apprise on this machine (tgram)");
}

#[test]
fn nothing_secret_is_an_argument() {
    let settings = Settings::write("json://secret-token@127.0.0.1:1/").unwrap();
    let arguments = arguments(&settings, &note());
    assert!(!arguments.iter().any(|argument| argument.contains("secret")), "{arguments:?}");
    assert_eq!(arguments[1], "--title=🚨 --config=/etc/passwd");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&settings.folder), mode(&settings.file)), (0o700, 0o600));
    let folder = settings.folder.clone();
    drop(settings);
    assert!(!folder.exists());
}

/// A program in place of Apprise.
fn script(text: &str) -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("apprise");
    std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
    let path = file.display().to_string();
    (home, path)
}

async fn run(program: &str) -> Result<Delivered, DeliveryError> {
    let settings = Settings::write(apprise().urls.reveal()).unwrap();
    let mask = Mask::of(&["secret-token".to_owned()]);
    apprise().run(program, &settings, &note(), &mask).await
}

#[tokio::test]
async fn what_the_program_says_is_told() {
    let (_home, program) = script("cat; echo ' and done' >&2; env > /dev/null");
    let delivered = run(&program).await.unwrap();
    assert!(delivered.answer.text.contains("Nothing listens – at all."), "{delivered:?}");
    assert!(delivered.answer.text.contains("and done"));

    let (_home, program) = script("echo 'ERROR: nobody there' >&2; exit 1");
    let error = run(&program).await.unwrap_err();
    assert!(error.is_worth_trying_again());
    let sentence = "Apprise could not pass it on to each of its services (ERROR: nobody there).";
    assert_eq!(error.to_string(), sentence);

    let said = "2026-11-23 13:33:54,383 - ERROR - Unparseable Telegram URL";
    let (_home, program) = script(&format!("echo '{said}' >&2; echo 'Usage: apprise [OPTIONS]'; exit 1"));
    let error = run(&program).await.unwrap_err();
    assert!(error.to_string().ends_with("(ERROR - Unparseable Telegram URL)."), "{error}");
    assert!(!error.is_worth_trying_again());

    let (_home, program) = script("yes | head -c 3000000; kill -9 $$");
    let error = run(&program).await.unwrap_err();
    assert_eq!(error.to_string(), "The program apprise was ended by a signal.");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_hangs_is_ended() {
    let (_home, program) = script("exec sleep 1000");
    let error = run(&program).await.unwrap_err();
    assert!(error.to_string().ends_with("was not ready within 40 seconds."), "{error}");
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let error = run("apprise-which-is-not-there").await.unwrap_err();
    assert!(error.to_string().contains("is not installed on this machine"), "{error}");
    assert!(!error.is_worth_trying_again());
}

/// Whether the program is there; in CI it must be.
fn is_installed() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(PROGRAM).is_file());
    assert!(found || std::env::var_os("CI").is_none(), "{PROGRAM} is not installed, and in CI it must be");
    if !found {
        println!("skipped: {PROGRAM} is not installed");
    }
    found
}

#[tokio::test]
async fn apprise_itself_passes_it_on() {
    if !is_installed() {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let channel = channel(&format!("json://secret-token@127.0.0.1:{port}/hook")).unwrap();
    let sender = Sender::new(http_probe::Client::with_roots(Vec::new()));
    let serving = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = Vec::new();
        while !String::from_utf8_lossy(&heard).contains("\"type\"") {
            let mut some = [0; 4096];
            let read = stream.read(&mut some).await.unwrap();
            assert!(read > 0, "{}", String::from_utf8_lossy(&heard));
            heard.extend(&some[..read]);
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            .await
            .unwrap();
        String::from_utf8(heard).unwrap()
    };
    let note = note();
    let (delivered, heard) = tokio::join!(sender.send(&channel, &note, None), serving);
    let delivered = delivered.unwrap();
    assert!(heard.starts_with("POST /hook "), "{heard}");
    assert!(heard.contains("\"failure\"") && heard.contains("https://hob.example/incidents/12"), "{heard}");
    assert!(!delivered.answer.text.contains("secret-token"), "{delivered:?}");

    // Nobody listens any more.
    drop(listener);
    let error = sender.send(&channel, &note, None).await.unwrap_err();
    assert!(error.is_worth_trying_again(), "{error}");
    assert!(!error.to_string().contains("secret-token"), "{error}");
}

#[tokio::test]
async fn apprise_itself_does_not_know_everything() {
    if !is_installed() {
        return;
    }
    let sender = Sender::new(http_probe::Client::with_roots(Vec::new()));
    let error = sender.send(&channel("nothingofthekind://x").unwrap(), &note(), None).await.unwrap_err();
    assert!(!error.is_worth_trying_again(), "{error}");
    assert!(!error.to_string().contains("nothingofthekind://"), "{error}");
}
