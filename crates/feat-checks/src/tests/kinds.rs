//! Every kind of check asks with its own engine: against small servers on this machine that say what real ones say.

use super::*;
use std::future::Future;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UnixListener};

#[expect(clippy::disallowed_methods, reason = "the servers of a test end with its runtime")]
fn in_background(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

/// A server that treats every connection alike. It ends with the test's runtime.
async fn server<F>(talk: impl Fn(TcpStream) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    in_background(async move {
        while let Ok((stream, _)) = listener.accept().await {
            in_background(talk(stream));
        }
    });
    port
}

/// Answers each line as the table says, after a greeting.
async fn lines(mut stream: TcpStream, greeting: &str, answers: &[(&str, &str)]) {
    let _ = stream.write_all(greeting.as_bytes()).await;
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader).lines();
    while let Ok(Some(line)) = reader.next_line().await {
        let found = answers.iter().find(|(start, _)| line.starts_with(start));
        if let Some((_, answer)) = found {
            let _ = writer.write_all(answer.as_bytes()).await;
        }
    }
}

/// Reads a request and answers with a page; what was asked for in vain is told.
async fn http(
    mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    wanted: &[&str],
    page: &str,
) {
    let mut request = vec![0; 8192];
    let mut length = 0;
    while !String::from_utf8_lossy(&request[..length]).contains(wanted.last().unwrap_or(&"\r\n\r\n")) {
        match stream.read(&mut request[length..]).await {
            Ok(0) | Err(_) => break,
            Ok(count) => length += count,
        }
    }
    let request = String::from_utf8_lossy(&request[..length]).to_ascii_lowercase();
    let missing: Vec<&&str> =
        wanted.iter().filter(|text| !request.contains(&text.to_ascii_lowercase())).collect();
    let page = if missing.is_empty() { page.to_owned() } else { format!("missing {missing:?} in {request}") };
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}", page.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}

#[tokio::test]
async fn every_kind_is_asked_in_its_own_way() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "hunter2\n").unwrap();
    let web = server(|stream| async move {
        let wanted =
            ["POST /api", "x-api-key: hunter2", "authorization: Basic bWU6aHVudGVyMg==", "{\"q\":1}"];
        http(stream, &wanted, r#"{"status": "ok", "queue": [{"size": 3}]}"#).await;
    })
    .await;
    let text = server(|stream| lines(stream, "", &[("PING", "+PONG\r\n")])).await;
    let ssh = server(|stream| lines(stream, "SSH-2.0-OpenSSH_9.2p1 Debian\r\n", &[])).await;
    let smtp = server(|stream| {
        lines(stream, "220 mail.lan ESMTP\r\n", &[("EHLO", "250 mail.lan\r\n"), ("QUIT", "221 bye\r\n")])
    })
    .await;
    let redis = server(|mut stream: TcpStream| async move {
        let mut asked = [0; 512];
        while stream.read(&mut asked).await.is_ok_and(|count| count > 0) {
            let _ = stream.write_all(b"+PONG\r\n").await;
        }
    })
    .await;
    let socket = dir.path().join("docker.sock");
    let docker = UnixListener::bind(&socket).unwrap();
    in_background(async move {
        while let Ok((stream, _)) = docker.accept().await {
            http(stream, &["GET /containers/grafana/json"], r#"{"State":{"Status":"running"}}"#).await;
        }
    });
    let toml = format!(
        r#"
[[check]]
kind = "http"
name = "web"
url = "http://127.0.0.1:{web}/api"
method = "POST"
body = '{{"q":1}}'
user = "me"
password = {{ file = "{secret}" }}
secret_header = [{{ name = "X-Api-Key", value = {{ file = "{secret}" }} }}]
expect_json = ['$.status == "ok"', "$.queue[0].size < 10"]
[[check]]
kind = "tcp"
name = "text"
host = "127.0.0.1"
port = {text}
send = "PING\r\n"
expect = "PONG"
[[check]]
kind = "ssh"
name = "ssh"
host = "127.0.0.1"
port = {ssh}
[[check]]
kind = "smtp"
name = "smtp"
host = "127.0.0.1"
port = {smtp}
[[check]]
kind = "redis"
name = "redis"
host = "127.0.0.1"
port = {redis}
[[check]]
kind = "docker"
name = "docker"
container = "grafana"
socket = "{socket}"
[[check]]
kind = "mqtt"
name = "mqtt"
host = "127.0.0.1"
port = {ssh}
[[check]]
kind = "tls"
name = "tls"
host = "127.0.0.1"
port = {ssh}
[[check]]
kind = "registry"
name = "registry"
image = "127.0.0.1:{ssh}/app:1"
[[check]]
kind = "http"
name = "nosecret"
url = "http://127.0.0.1:{web}/api"
token = {{ file = "/nowhere/token" }}
[[check]]
kind = "group"
name = "all"
members = ["service/config/ssh", "service/config/smtp"]
"#,
        secret = secret.display(),
        socket = socket.display(),
    );
    let house = House::real(&toml).await;
    for (id, level, words) in [
        ("service/config/web", Level::Ok, "Answers with 200 OK."),
        ("service/config/text", Level::Ok, "It answers with “PONG”."),
        ("service/config/ssh", Level::Ok, "It answers as an SSH server should."),
        ("service/config/smtp", Level::Ok, "It answers as an SMTP server should."),
        ("database/config/redis", Level::Ok, "It answers as Redis should."),
        ("container/config/docker", Level::Ok, "It runs."),
        ("service/config/mqtt", Level::Critical, "SSH-2.0-OpenSSH"),
        ("certificate/config/tls", Level::Critical, "does not speak TLS"),
        ("credential/config/registry", Level::Critical, ""),
        (
            "service/config/nosecret",
            Level::Unknown,
            "cannot be checked without its secret: the file /nowhere/token",
        ),
        ("group/config/all", Level::Ok, "All of its members are well."),
    ] {
        let resource = house.until_level(&id.parse().unwrap(), level).await;
        assert!(resource.health.reason.contains(words), "{id}: {:?}", resource.health);
        assert!(!format!("{resource:?}").contains("hunter2"), "{id}");
    }
}
