use super::*;
use crate::{Channel, Sender, Severity, State, Values};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

fn channel(pairs: &[(&str, &str)]) -> Result<Channel, Vec<Wrong>> {
    let good = [("server", "127.0.0.1"), ("topic", "home/hob")];
    let values: Values =
        good.iter().chain(pairs).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Channel::from_fields("mqtt", &values)
}

fn note() -> Note {
    Note {
        title: "Grafana does not answer".to_owned(),
        body: "Nothing – at all.".to_owned(),
        severity: Severity::Warning,
        state: State::Open,
        link: None,
        links: Vec::new(),
        thread: None,
        tags: Vec::new(),
        at: "2026-11-23T13:05:00Z".parse().unwrap(),
        dedupe: "incident/12/1".to_owned(),
    }
}

async fn send(pairs: &[(&str, &str)]) -> Result<Delivered, DeliveryError> {
    let sender = Sender::new(http_probe::Client::with_roots(Vec::new()));
    sender.send(&channel(pairs).unwrap(), &note(), None).await
}

#[test]
fn the_packet_of_the_standard() {
    assert_eq!(publish("a/b", "hi", false), b"\x32\x09\0\x03a/b\0\x01hi");
    assert_eq!(publish("a/b", "", true), b"\x33\x07\0\x03a/b\0\x01");
    assert_eq!(publish("t", &"x".repeat(200), false)[..3], [0x32, 0xcd, 0x01]);
}

#[test]
fn wrong_fields_have_a_sentence_each() {
    for (pairs, field) in [
        (&[("topic", "home/#")][..], "topic"),
        (&[("topic", "home/+/x")], "topic"),
        (&[("topic", "home\0")], "topic"),
        (&[("password", "x")], "user"),
        (&[("port", "0")], "port"),
    ] {
        let wrong = channel(pairs).unwrap_err();
        assert!(wrong.iter().any(|(name, _)| name == field), "{wrong:?}");
    }
}

/// Says each of these after it has heard something, and then does nothing or closes.
async fn broker(answers: &'static [&'static [u8]], closes: bool) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = [0; 64 * 1024];
        for answer in answers {
            assert!(stream.read(&mut heard).await.unwrap() > 0);
            stream.write_all(answer).await.unwrap();
        }
        if !closes {
            while stream.read(&mut heard).await.is_ok_and(|read| read > 0) {}
        }
    });
    (port, tasks)
}

/// What a broker says, whether it closes then; and of the error: whether it is worth trying again, whether it is unsure,
/// a part of the sentence.
type Case = (&'static [&'static [u8]], bool, Option<bool>, bool, &'static str);

const CASES: &[Case] = &[
    (&[b"\x20\x02\0\0", b"\x40\x02\0\x01"], false, None, false, ""),
    (&[b"\x20\x02\0\x05"], false, Some(false), false, "not authorized"),
    (&[b"\x20\x02\0\x03"], false, Some(true), false, "the server is unavailable"),
    (&[b"\x20\x02\0\0"], true, Some(true), true, "closed"),
    (&[b"\x20\x02\0\0", b"\x40\x02\0\x07"], false, Some(false), false, "its answer to PUBLISH is none"),
    (&[b"\x20\x02\0\0", b"\x40\xff\xff\xff\xff\xff"], false, Some(false), false, "no end"),
    (&[b"HTTP/1.1 400 Bad Request\r\n"], false, Some(false), false, "not like an MQTT broker"),
    (&[], true, Some(true), false, ""),
];

#[tokio::test]
async fn what_a_broker_says_decides() {
    for &(answers, closes, again, unsure, words) in CASES {
        let (port, _broker) = broker(answers, closes).await;
        match (send(&[("port", &port)]).await, again) {
            (Ok(_), None) => {}
            (Err(error), Some(again)) => {
                assert_eq!(error.is_worth_trying_again(), again, "{error}");
                assert!(error.to_string().contains(words), "{error}");
                let is_unsure = matches!(error, DeliveryError::TryAgain { unsure: true, .. });
                assert_eq!(is_unsure, unsure, "{error}");
            }
            (other, _) => panic!("{answers:?}: {other:?}"),
        }
    }
}

/// Mosquitto on a port of its own, until dropped.
struct Mosquitto {
    process: Child,
    port: String,
    _home: tempfile::TempDir,
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Mosquitto {
    /// `None` where it is not installed; in CI it must be.
    async fn start(settings: &str) -> Option<Self> {
        let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];
        let find = |name: &str| {
            folders.iter().map(|folder| PathBuf::from(folder).join(name)).find(|file| file.is_file())
        };
        let Some(program) = find("mosquitto") else {
            assert!(std::env::var_os("CI").is_none(), "mosquitto is not installed, and in CI it must be");
            println!("skipped: mosquitto is not installed");
            return None;
        };
        let home = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = free.local_addr().unwrap().port().to_string();
        drop(free);
        let passwords = home.path().join("passwords").display().to_string();
        let file = home.path().join("settings").display().to_string();
        if let Some(tool) = find("mosquitto_passwd") {
            let made = Command::new(tool).args(["-b", "-c", &passwords, "anna", "pencil"]).status();
            assert!(made.unwrap().success());
        }
        let settings = settings.replace("PASSWORDS", &passwords);
        // As root it would become somebody who cannot read the files.
        std::fs::write(&file, format!("user root\nlistener {port} 127.0.0.1\n{settings}\n")).unwrap();
        let mut command = Command::new(program);
        command.args(["-c", &file]).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let started = Self { process, port, _home: home };
        for _ in 0..200 {
            if TcpStream::connect(format!("127.0.0.1:{}", started.port)).await.is_ok() {
                return Some(started);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("mosquitto does not start");
    }

    /// Subscribes to the topic and gives the first packet that comes: its first byte and the rest.
    async fn hear(&self) -> (u8, Vec<u8>) {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).await.unwrap();
        stream.write_all(b"\x10\x0d\0\x04MQTT\x04\x02\0\x1e\0\x01s").await.unwrap();
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await.unwrap();
        stream.write_all(b"\x82\x0d\0\x01\0\x08home/hob\0").await.unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.unwrap();
        let first = stream.read_u8().await.unwrap();
        let mut length = 0;
        for group in 0.. {
            let byte = usize::from(stream.read_u8().await.unwrap());
            length |= (byte & 0x7f) << (7 * group);
            if byte & 0x80 == 0 {
                break;
            }
        }
        let mut rest = vec![0; length];
        stream.read_exact(&mut rest).await.unwrap();
        (first, rest)
    }
}

#[tokio::test]
async fn mosquitto_takes_it_and_keeps_the_newest() {
    let Some(mosquitto) = Mosquitto::start("allow_anonymous true").await else { return };
    let port = mosquitto.port.as_str();
    send(&[("port", port), ("retain", "true"), ("format", "text")]).await.unwrap();
    let (first, rest) = mosquitto.hear().await;
    assert_eq!(
        (first, &rest[..]),
        (0x31, "\0\x08home/hobGrafana does not answer\nNothing – at all.".as_bytes())
    );
    send(&[("port", port), ("retain", "true")]).await.unwrap();
    let (_, rest) = mosquitto.hear().await;
    let json: serde_json::Value = serde_json::from_slice(&rest[10..]).unwrap();
    assert_eq!(
        (json["title"].as_str(), json["state"].as_str()),
        (Some("Grafana does not answer"), Some("open"))
    );
}

#[tokio::test]
async fn mosquitto_wants_the_right_password() {
    let settings = "allow_anonymous false\npassword_file PASSWORDS";
    let Some(mosquitto) = Mosquitto::start(settings).await else { return };
    let with = async |user: &str, password: &str| {
        send(&[("port", &mosquitto.port), ("user", user), ("password", password)]).await
    };
    with("anna", "pencil").await.unwrap();
    let error = with("anna", "pencil-wrong").await.unwrap_err();
    assert!(error.to_string().contains("does not accept the user name or password"), "{error}");
    assert!(!error.is_worth_trying_again());
    let error = send(&[("port", &mosquitto.port)]).await.unwrap_err();
    assert!(error.to_string().contains("not authorized"), "{error}");
}
