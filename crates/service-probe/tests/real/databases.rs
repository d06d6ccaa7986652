//! PostgreSQL and MariaDB.

use std::process::Command;

use service_probe::{Client, Credential, Mysql, Postgres, Question, Security};

use super::server::{Home, Need, Server, find, login, run};

const ACCESS: &str = "host all postgres 127.0.0.1/32 trust\n\
    host all new 127.0.0.1/32 scram-sha-256\n\
    host all old 127.0.0.1/32 md5\n\
    host all plain 127.0.0.1/32 password\n\
    host all nobody 127.0.0.1/32 trust\n";

async fn postgres_server() -> Option<(Server, Client)> {
    let program = find("postgres", Need::InCi)?;
    let tools = program.parent()?;
    let home = Home::of("postgres");
    let data = home.text("data");
    let made =
        ["-D", &data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
    run(&mut home.command(&tools.join("initdb"), &made));
    home.write("data/pg_hba.conf", ACCESS);
    let friend = home.certificate();
    let start = |home: &Home, port: u16| {
        let mut command = home.command(&program, &["-D", &data, "-p", &port.to_string(), "-F"]);
        let files = [("ssl_cert_file", home.text("certificate.pem")), ("ssl_key_file", home.text("key.pem"))];
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "ssl=on"]);
        for (name, file) in files {
            command.args(["-c", &format!("{name}={file}")]);
        }
        command
    };
    let server = Server::start(home, "127.0.0.1", "INT", start).await;
    wait_until_ready(&server).await;
    let users = "SET password_encryption = 'scram-sha-256'; CREATE USER new PASSWORD 'pencil'; \
        CREATE USER plain PASSWORD 'c=pencil'; SET password_encryption = 'md5'; CREATE USER old PASSWORD 'pencil';";
    let port = server.port.to_string();
    let mut psql = Command::new(tools.join("psql"));
    run(psql.args([
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-U",
        "postgres",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        users,
        "postgres",
    ]));
    Some((server, friend))
}

/// A server which begins may say so, and only so.
async fn wait_until_ready(server: &Server) {
    while let Err(failure) = server.ask(postgres(None)).await {
        assert_eq!(failure.kind(), "not_ready", "{failure}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn postgres(credential: Option<Credential>) -> Question {
    Question::Postgres(Postgres { database: Some("postgres".to_owned()), credential })
}

#[tokio::test]
async fn postgres_with_every_kind_of_password() {
    let Some((server, friend)) = postgres_server().await else { return };
    for (user, password) in [("new", "pencil"), ("old", "pencil"), ("plain", "c=pencil")] {
        let known = server.ask(postgres(login(Some(user), password))).await;
        let known = known.unwrap_or_else(|failure| panic!("{user}: {failure}"));
        assert_eq!(known.detail("authentication"), Some("accepted"), "{user}");
        assert!(
            known.summary.starts_with("PostgreSQL ") && known.detail("version").is_some(),
            "{}",
            known.summary
        );
        let failure = server.ask(postgres(login(Some(user), "pen"))).await.unwrap_err();
        assert_eq!(failure.kind(), "credential_rejected", "{user}: {failure}");
    }
    let open = server.ask(postgres(None)).await.unwrap();
    assert_eq!(open.detail("authentication"), Some("none"));
    // Nobody is let in by this name, whatever the password.
    let failure = server.ask(postgres(login(Some("stranger"), "x"))).await.unwrap_err();
    assert_eq!(failure.kind(), "declined", "{failure}");
    let failure = server.ask(postgres(login(Some("nobody"), "x"))).await.unwrap_err();
    assert_eq!(failure.kind(), "declined", "{failure}");
    let elsewhere = Postgres { database: Some("none".to_owned()), credential: login(Some("new"), "pencil") };
    let failure = server.ask(Question::Postgres(elsewhere)).await.unwrap_err();
    assert!(failure.to_string().contains("3D000"), "{failure}");
    let careful = || postgres(Some(Credential::new(Some("new"), "pencil")));
    let answer = server.ask_as(&friend, Security::StartTls, careful()).await.unwrap();
    assert!(answer.tls.unwrap().trusted.is_ok());
    let stranger = Client::new(tls_probe::Client::with_roots(Vec::new()));
    let failure = server.ask_as(&stranger, Security::StartTls, careful()).await.unwrap_err();
    assert_eq!(failure.kind(), "credential_withheld", "{failure}");
}

#[tokio::test]
async fn mariadb_answers_and_turns_away_who_has_no_name() {
    let (Some(program), Some(install)) =
        (find("mariadbd", Need::WhereItIs), find("mariadb-install-db", Need::WhereItIs))
    else {
        return;
    };
    let home = Home::of("mysql");
    let data = format!("--datadir={}", home.text("data"));
    let basic = ["--no-defaults", &data, "--skip-test-db", "--auth-root-authentication-method=normal"];
    run(&mut home.command(&install, &basic));
    let start = |home: &Home, port: u16| {
        let socket = format!("--socket={}", home.text("socket"));
        let mut command =
            home.command(&program, &["--no-defaults", &data, &socket, &format!("--port={port}")]);
        command.args(["--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=0"]);
        command
    };
    let server = Server::start(home, "127.0.0.1", "TERM", start).await;
    let answer = server.ask(Question::Mysql(Mysql::default())).await.unwrap();
    assert!(answer.summary.starts_with("MariaDB "), "{}", answer.summary);
    assert_eq!(answer.detail("authentication"), Some("required"), "{:?}", answer.details);
    assert!(answer.detail("text").unwrap().contains("(error 1045)"), "{:?}", answer.details);
}
