use super::*;
use crate::{Channel, Sender, Values};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

fn values(pairs: &[(&str, &str)]) -> Values {
    let good = [("server", "127.0.0.1"), ("encryption", "none"), ("from", "Hob on nas <hob@x.example>")];
    let all = good.iter().chain(&[("to", "anna@x.example\nben@x.example")]).chain(pairs);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn note(state: State, severity: Severity) -> Note {
    Note {
        title: "Grafana does not answer".to_owned(),
        body: "Nothing listens at 10.0.0.5:3000.".to_owned(),
        severity,
        state,
        link: Some("https://hob.example/incidents/12".to_owned()),
        links: Vec::new(),
        thread: Some("incident/12".to_owned()),
        tags: Vec::new(),
        at: "2026-11-23T13:05:00Z".parse().unwrap(),
        dedupe: "incident/12/1".to_owned(),
    }
}

fn mail(pairs: &[(&str, &str)]) -> Mail {
    match Channel::from_fields("mail", &values(pairs)).unwrap() {
        Channel::Mail(mail) => mail,
        other => panic!("{other:?}"),
    }
}

#[test]
fn ports_follow_from_the_encryption() {
    for (pairs, port) in [
        (&[("encryption", "tls")][..], 465),
        (&[("encryption", "")], 587),
        (&[], 25),
        (&[("port", "2525")], 2525),
    ] {
        assert_eq!(mail(pairs).smtp().unwrap().port, port);
    }
    assert_eq!(mail(&[("server", "[::1]")]).smtp().unwrap().host, "::1");
}

#[test]
fn wrong_fields_have_a_sentence_each() {
    for (pairs, field, words) in [
        (&[("from", "hob")][..], "from", "“hob” has no @"),
        (&[("to", "anna@x, b")], "to", "“b” has no @"),
        (&[("to", ",")], "to", "holds no address"),
        (&[("user", "anna")], "user", "belong together"),
        (&[("from", "a@b\r\nBcc: c@d")], "from", "line break"),
    ] {
        let wrong = Channel::from_fields("mail", &values(pairs)).unwrap_err();
        assert!(wrong.iter().any(|(name, why)| name == field && why.contains(words)), "{wrong:?}");
    }
    assert_eq!(mail(&[]).place(), "2 addresses by mail over 127.0.0.1");
}

#[test]
fn a_note_becomes_a_letter() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let letter = mail(&[]).letter(&note(State::Open, Severity::Critical), Some("earlier"), zone);
    assert_eq!((letter.subject.as_str(), letter.important), ("Grafana does not answer", true));
    assert!(letter.text.contains("Hob on nas · 23 November 2026, 14:05"), "{}", letter.text);
    assert_eq!((letter.key.as_str(), letter.answers), ("incident/12/1", vec!["earlier".to_owned()]));
    let letter = mail(&[]).letter(&note(State::Resolved, Severity::Info), None, TimeZone::UTC);
    assert!(!letter.important && letter.text.starts_with("Over: "));
}

/// Takes every mail, and answers to RCPT with this; a full mailbox (552) is not anna's.
async fn server(recipient: &'static str) -> (u16, JoinSet<Vec<String>>) {
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
                "." => "250 2.0.0 queued as 7\r\n",
                _ if in_mail => "",
                "EHLO" => "250-x\r\n250 HELP\r\n",
                "RCPT" if recipient.starts_with("552") && line.contains("anna@") => "250 ok\r\n",
                "RCPT" => recipient,
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

async fn send(port: u16) -> Result<Delivered, DeliveryError> {
    let channel = Channel::from_fields("mail", &values(&[("port", &port.to_string())])).unwrap();
    let sender = Sender::new(http_probe::Client::with_roots(Vec::new()));
    sender.send(&channel, &note(State::Open, Severity::Warning), None).await
}

#[tokio::test]
async fn a_mail_is_delivered() {
    let (port, mut server) = server("250 ok\r\n").await;
    let delivered = send(port).await.unwrap();
    assert_eq!(delivered.reference.as_deref(), Some("incident/12/1"));
    assert_eq!(delivered.answer, Answer { status: 250, text: "250 2.0.0 queued as 7".to_owned() });
    let heard = server.join_next().await.unwrap().unwrap();
    assert!(heard.contains(&"RCPT TO:<ben@x.example>".to_owned()), "{heard:?}");
    assert!(heard.contains(&"Subject: Grafana does not answer".to_owned()));
}

#[tokio::test]
async fn a_refusal_is_told() {
    let (port, _refusing) = server("550 5.1.1 nobody here\r\n").await;
    let error = send(port).await.unwrap_err();
    assert!(!error.is_worth_trying_again());
    assert_eq!(error.answer(), Some(&Answer { status: 550, text: "550 5.1.1 nobody here".to_owned() }));
    let (port, _busy) = server("450 4.2.0 later\r\n").await;
    assert!(send(port).await.unwrap_err().is_worth_trying_again());
}

#[tokio::test]
async fn whom_it_did_not_reach_is_told() {
    let (port, _full) = server("552 5.2.2 full\r\n").await;
    let delivered = send(port).await.unwrap();
    let missed = "The server takes no mail for ben@x.example (“552 5.2.2 full”).";
    assert_eq!(delivered.missed.as_deref(), Some(missed));
}
