//! Mail to topics, and copies of messages by mail: with a mail client and a mail server on raw sockets.

use super::house::{FEATURES, OPEN, PATIENCE, poll, put};
use crate::mail_door;
use hob_testkit::hub::{TestHub, TestHubBuilder};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// The settings of the section, and what follows it.
fn hub(access: &str, more: &str) -> TestHubBuilder {
    let push = format!(
        "[push]\nlisten = \"127.0.0.1:0\"\nsmtp_listen = \"127.0.0.1:0\"\nsmtp_domain = \"hob.example\"\n\
         default_access = \"{access}\"\n{more}"
    );
    TestHub::with(FEATURES).config(&push)
}

/// Says all of it line by line as a mail client does, and gives the codes of the answers.
async fn converse(hub: &TestHub, said: &str) -> Vec<String> {
    hub.wait_until("mail is taken", PATIENCE, |ctx| mail_door::address(ctx).is_some()).await;
    let address = mail_door::address(hub.ctx()).unwrap();
    let stream = TcpStream::connect(address).await.unwrap();
    let (read, mut write) = stream.into_split();
    write.write_all(said.as_bytes()).await.unwrap();
    write.shutdown().await.unwrap();
    let mut answers = String::new();
    timeout(PATIENCE, BufReader::new(read).read_to_string(&mut answers)).await.unwrap().unwrap();
    let last = |line: &&str| line.as_bytes().get(3) != Some(&b'-');
    answers.lines().filter(last).map(|line| line.chars().take(3).collect()).collect()
}

fn mail(to: &str, mail: &str) -> String {
    format!("EHLO nas\r\nMAIL FROM:<nas@lan>\r\nRCPT TO:<{to}>\r\nDATA\r\n{mail}\r\n.\r\nQUIT\r\n")
}

#[tokio::test]
async fn a_mail_becomes_a_message() {
    let hub = hub("read-write", "").start().await;
    let first = "Subject: =?UTF-8?B?w5xiZXI=?=\r\n\r\nThe backup is done.\r\n..\r\n";
    let codes = converse(&hub, &mail("ntfy-backups@hob.example", first)).await;
    assert_eq!(codes, ["220", "250", "250", "250", "354", "250", "221"]);
    converse(&hub, &mail("ntfy-backups@hob.example", "Subject: Only a subject\r\n\r\n")).await;
    let long = format!("Subject: Long\r\n\r\n{}", "ü".repeat(4000));
    converse(&hub, &mail("ntfy-backups@hob.example", &long)).await;
    let messages = poll(&hub, "/backups/json?poll=1").await;
    assert_eq!(
        (messages[0]["title"].as_str(), messages[0]["message"].as_str()),
        (Some("Über"), Some("The backup is done.\n."))
    );
    assert_eq!(
        (messages[1]["title"].as_str(), messages[1]["message"].as_str()),
        (None, Some("Only a subject"))
    );
    assert_eq!(messages[2]["message"].as_str().unwrap().len(), 4096, "cut, and no attachment");
    assert!(messages[2]["attachment"].is_null());
}

#[tokio::test]
async fn nobody_writes_to_what_they_may_not() {
    let hub = hub("deny-all", "").start().await;
    for to in ["ntfy-backups@hob.example", "ntfy-backups+tk_wrong@hob.example"] {
        let codes = converse(&hub, &mail(to, "x")).await;
        assert_eq!(codes[..5], ["220", "250", "250", "550", "503"], "{to}");
    }
    for to in ["anna@example.org", "ntfy-backups@example.org", "backups@hob.example"] {
        assert_eq!(converse(&hub, &mail(to, "x")).await[3], "550", "{to}");
    }
    let wrong = "EHLO nas\r\nAUTH PLAIN AGFubmEAd3Jvbmc=\r\nQUIT\r\n";
    assert_eq!(converse(&hub, wrong).await, ["220", "250", "535", "221"]);
}

/// A mail server which takes everything, and gives each mail.
async fn server() -> (u16, JoinSet<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 x\r\n").await.unwrap();
        let (mut heard, mut in_mail) = (Vec::new(), false);
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "." => "250 2.0.0 queued\r\n",
                _ if in_mail => "",
                "EHLO" => "250-x\r\n250 HELP\r\n",
                "DATA" => "354 go on\r\n",
                "QUIT" => "221 bye\r\n",
                _ => "250 ok\r\n",
            };
            in_mail = (in_mail || line == "DATA") && line != ".";
            heard.push(line);
            write.write_all(answer.as_bytes()).await.unwrap();
        }
        heard
    });
    (port, tasks)
}

#[tokio::test]
async fn a_copy_goes_out_by_mail() {
    let (port, mut server) = server().await;
    let section = format!(
        "[mail]\nhost = \"127.0.0.1\"\nport = {port}\nencryption = \"none\"\nfrom = \"Hob <hob@x.example>\"\n"
    );
    let hub = hub("read-write", &section).start().await;
    let answer = put(&hub, "/backups", &[("Email", "anna@x.example")], b"The disk is full.").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let heard = timeout(PATIENCE, server.join_next()).await.unwrap().unwrap().unwrap();
    for line in [
        "MAIL FROM:<hob@x.example>",
        "RCPT TO:<anna@x.example>",
        "Subject: The disk is full.",
        "List-Id: <backups.topics.hob>",
    ] {
        assert!(heard.contains(&line.to_owned()), "{line}: {heard:#?}");
    }
}

#[tokio::test]
async fn without_a_mail_server_there_are_no_copies() {
    let without = TestHub::with(FEATURES).config(OPEN).start().await;
    let answer = put(&without, "/backups", &[("Email", "anna@x.example")], b"x").await;
    assert_eq!(answer.json()["code"], 40001);
    let section = "[mail]\nhost = \"127.0.0.1\"\nport = 1\nfrom = \"hob@x.example\"\n";
    let hub = hub("read-write", section).start().await;
    for (to, code) in [("yes", 40052), ("a<b>@x", 40050)] {
        let answer = put(&hub, "/backups", &[("Email", to)], b"x").await;
        assert_eq!(answer.json()["code"], code, "{to}: {}", answer.text());
    }
    assert_eq!(poll(&hub, "/backups/json?poll=1").await.len(), 0);
}

#[tokio::test]
async fn strangers_from_elsewhere_send_no_mail() {
    let section =
        "exempt = [\"192.0.2.0/24\"]\n[mail]\nhost = \"127.0.0.1\"\nport = 1\nfrom = \"hob@x.example\"\n";
    let hub = hub("read-write", section).start().await;
    let email = ("Email", "anna@x.example");
    let answer = put(&hub, "/backups", &[email], b"x").await;
    assert_eq!(answer.json()["code"], 40053, "{}", answer.text());
    let known = put(&hub, "/backups", &[email, ("Authorization", "Bearer push")], b"x").await;
    assert_eq!(known.status, 200, "{}", known.text());
    assert_eq!(poll(&hub, "/backups/json?poll=1").await.len(), 1);
}
