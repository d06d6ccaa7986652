//! Redis and Mosquitto.

use std::process::Command;

use service_probe::{Client, Mqtt, MqttVersion, Question, Redis, Security};

use super::server::{Home, Need, Server, find, login, run};

fn redis(credential: Option<service_probe::Credential>) -> Question {
    Question::Redis(Redis { credential })
}

async fn redis_server(settings: &[&str]) -> Option<Server> {
    let program = find("redis-server", Need::InCi)?;
    let start = |home: &Home, port: u16| {
        let mut command = home.command(&program, &["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--daemonize", "no", "--dir", &home.text("")]).args(settings);
        command
    };
    Some(Server::start(Home::new(), "127.0.0.1", "TERM", start).await)
}

#[tokio::test]
async fn redis_without_a_password() {
    let Some(server) = redis_server(&[]).await else { return };
    assert_eq!(server.ask(redis(None)).await.unwrap().summary, "a Redis server answers PING");
    let failure = server.ask(redis(login(None, "x"))).await.unwrap_err();
    assert_eq!(failure.kind(), "credential_rejected", "{failure}");
}

#[tokio::test]
async fn redis_with_a_password() {
    let Some(server) = redis_server(&["--requirepass", "pencil"]).await else { return };
    let asks = server.ask(redis(None)).await.unwrap();
    assert_eq!(
        (asks.summary.as_str(), asks.detail("authentication")),
        ("a Redis server asks for a password", Some("required"))
    );
    let known = server.ask(redis(login(Some("default"), "pencil"))).await.unwrap();
    assert_eq!(known.detail("authentication"), Some("accepted"));
    assert!(server.ask(redis(login(None, "pencil"))).await.is_ok());
    assert_eq!(server.ask(redis(login(None, "pen"))).await.unwrap_err().kind(), "credential_rejected");
}

#[tokio::test]
async fn redis_which_has_lost_its_master() {
    let lost = ["--replicaof", "127.0.0.1 1", "--replica-serve-stale-data", "no"];
    let Some(server) = redis_server(&lost).await else { return };
    let failure = server.ask(redis(None)).await.unwrap_err();
    assert_eq!(failure.kind(), "not_ready", "{failure}");
    assert!(failure.to_string().contains("MASTERDOWN"), "{failure}");
}

#[tokio::test]
async fn redis_over_tls() {
    let Some(program) = find("redis-server", Need::InCi) else { return };
    let home = Home::new();
    let friend = home.certificate();
    let start = |home: &Home, port: u16| {
        let mut command =
            home.command(&program, &["--port", "0", "--tls-port", &port.to_string(), "--save", ""]);
        command.args(["--bind", "127.0.0.1", "--dir", &home.text(""), "--tls-auth-clients", "no"]);
        command.args([
            "--tls-cert-file",
            &home.text("certificate.pem"),
            "--tls-key-file",
            &home.text("key.pem"),
        ]);
        command.args(["--tls-ca-cert-file", &home.text("certificate.pem"), "--requirepass", "pencil"]);
        command
    };
    let server = Server::start(home, "127.0.0.1", "TERM", start).await;
    let careful = || redis(Some(service_probe::Credential::new(None, "pencil")));
    let answer = server.ask_as(&friend, Security::Tls, careful()).await.unwrap();
    assert!(answer.tls.unwrap().trusted.is_ok());
    let stranger = Client::new(tls_probe::Client::with_roots(Vec::new()));
    let failure = server.ask_as(&stranger, Security::Tls, careful()).await.unwrap_err();
    assert_eq!(failure.kind(), "credential_withheld", "{failure}");
    let failure = server.ask(redis(None)).await.unwrap_err();
    assert!(matches!(failure.kind(), "speaks_tls" | "closed"), "{failure}");
}

async fn mosquitto(settings: &str, secure: bool) -> Option<(Server, Client)> {
    let program = find("mosquitto", Need::InCi)?;
    let home = Home::new();
    let client = if secure { home.certificate() } else { Client::default() };
    let start = |home: &Home, port: u16| {
        let tls = if secure {
            format!("certfile {}\nkeyfile {}\n", home.text("certificate.pem"), home.text("key.pem"))
        } else {
            String::new()
        };
        // As root it would become somebody who cannot read the files.
        let text = format!("user root\nlistener {port} 127.0.0.1\n{tls}{settings}\n");
        let file = home.write("settings", &text.replace("HOME", &home.text("")));
        home.command(&program, &["-c", &file])
    };
    if settings.contains("password_file") {
        let tool = find("mosquitto_passwd", Need::InCi)?;
        run(Command::new(tool).args(["-b", "-c", &home.text("passwords"), "hob", "pencil"]));
    }
    Some((Server::start(home, "127.0.0.1", "TERM", start).await, client))
}

#[tokio::test]
async fn mosquitto_open_to_all() {
    let Some((server, _)) = mosquitto("allow_anonymous true", false).await else { return };
    for (version, name) in [(MqttVersion::V3, "3.1.1"), (MqttVersion::V5, "5")] {
        let answer = server.ask(Question::Mqtt(Mqtt { version, credential: None })).await.unwrap();
        assert_eq!(answer.summary, format!("an MQTT {name} broker accepts connections"));
    }
}

#[tokio::test]
async fn mosquitto_with_passwords() {
    let settings = "allow_anonymous false\npassword_file HOME/passwords";
    let Some((server, _)) = mosquitto(settings, false).await else { return };
    for version in [MqttVersion::V3, MqttVersion::V5] {
        let ask = async |credential| server.ask(Question::Mqtt(Mqtt { version, credential })).await;
        assert_eq!(ask(None).await.unwrap().detail("authentication"), Some("required"));
        let known = ask(login(Some("hob"), "pencil")).await.unwrap();
        assert_eq!(known.detail("authentication"), Some("accepted"));
        let failure = ask(login(Some("hob"), "pen")).await.unwrap_err();
        assert_eq!(failure.kind(), "credential_rejected", "{failure}");
    }
}

#[tokio::test]
async fn mosquitto_over_tls() {
    let Some((server, friend)) = mosquitto("allow_anonymous true", true).await else { return };
    let question = || Question::Mqtt(Mqtt { version: MqttVersion::V5, credential: None });
    let answer = server.ask_as(&friend, Security::Tls, question()).await.unwrap();
    assert!(answer.tls.unwrap().trusted.is_ok());
    assert!(server.ask(question()).await.is_err());
}
