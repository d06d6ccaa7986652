//! Whole probes of servers on this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tls_probe::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Step::{self, Hang, Hear, Secure};
use super::cases::{self, name_server};
use super::{Heard, Identity, packet, play, say};
use crate::{
    Answer, Client, Credential, Dns, Failure, Imap, Limits, Mqtt, Phase, Ping, Question, Record, Redis,
    Security, Smtp, Ssh, Target, Tcp, system_resolver,
};

/// A server on this machine, which ends when it is dropped.
struct Server {
    addr: SocketAddr,
    identity: Identity,
    _task: JoinSet<()>,
}

impl Server {
    async fn new(script: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let identity = Identity::new();
        let own = identity.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(play(Box::new(stream), &script, &own, Heard::default()).await);
            }
        });
        Self { addr, identity, _task: task }
    }

    /// A client which trusts the server.
    fn friend(&self) -> Client {
        Client::new(tls_probe::Client::with_roots(vec![self.identity.certificate.clone()]))
    }

    fn target(&self, security: Security) -> Target {
        let v4 = tls_probe::Family::V4;
        Target { family: v4, ..Target::new("localhost", self.addr.port()).over(security) }
    }
}

fn stranger() -> Client {
    Client::new(tls_probe::Client::with_roots(Vec::new()))
}

async fn ask(addr: SocketAddr, question: &Question) -> Result<Answer, Failure> {
    stranger().ask(&Target::new(addr.ip().to_string(), addr.port()), question, &Limits::default()).await
}

/// Limits with so little time that a test can wait for its end.
fn hurried() -> Limits {
    let time = Duration::from_millis(300);
    Limits { total: time, connect: time, answer: time, ..Limits::default() }
}

#[tokio::test]
async fn conversations_which_go_well() {
    for case in cases::all() {
        let server = Server::new(case.script).await;
        let target = server.target(case.security);
        let answer = server.friend().ask(&target, &case.question, &Limits::default()).await;
        let answer = answer.unwrap_or_else(|failure| panic!("{:?}: {failure}", case.question));
        assert_eq!((answer.summary.as_str(), answer.remote), (case.summary, Some(server.addr)));
        assert_eq!(answer.tls.is_some(), case.security != Security::Plain);
        assert!(answer.tls.is_none_or(|seen| seen.trusted.is_ok()));
    }
}

#[tokio::test]
async fn details_are_told() {
    let all = |answer: &Answer, word: &'static str| answer.all(word).map(str::to_owned).collect::<Vec<_>>();
    let server = Server::new(vec![
        say(b"220 mail.lan ready\r\n"),
        Hear,
        say(b"250-mail.lan hello\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"),
    ]);
    let answer = ask(server.await.addr, &Question::Smtp(Smtp::default())).await.unwrap();
    assert_eq!(all(&answer, "capability"), ["8BITMIME", "SIZE 1000"]);
    assert_eq!((answer.detail("name"), answer.detail("nothing")), (Some("mail.lan"), None));
    let server =
        Server::new(vec![say(b"* OK hi\r\n"), Hear, say(b"* CAPABILITY IMAP4rev1 IDLE IDLE\r\na2 OK\r\n")]);
    let answer = ask(server.await.addr, &Question::Imap(Imap::default())).await.unwrap();
    assert_eq!(all(&answer, "capability"), ["IDLE", "IMAP4rev1"]);
    let server = Server::new(vec![packet(0, cases::MARIADB), Hear, packet(2, b"\xff\x15\x04#28000denied")]);
    let answer = ask(server.await.addr, &Question::Mysql(crate::Mysql::default())).await.unwrap();
    assert_eq!(answer.detail("authentication"), Some("required"));
    assert_eq!(answer.detail("text"), Some("denied (error 1045)"));
    assert_eq!((answer.detail("software"), answer.detail("tls")), (Some("MariaDB"), Some("offered")));
}

#[tokio::test]
async fn nothing_listens() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    let failure = ask(addr, &Question::Ssh(Ssh::default())).await.unwrap_err();
    assert_eq!((failure.kind(), failure.phase()), ("refused", Phase::Connect));
    assert_eq!(failure.to_string(), format!("Nothing listens at {addr}: the connection was refused."));
}

#[tokio::test]
async fn a_silent_server_has_its_time() {
    let server = Server::new(vec![Hang]).await;
    let start = Instant::now();
    let target = server.target(Security::Plain);
    let failure = stranger().ask(&target, &Question::Smtp(Smtp::default()), &hurried()).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!((failure.kind(), failure.phase()), ("silent", Phase::Greeting));
    let sentence = format!("{} accepted the connection but said nothing within ", server.addr);
    assert!(failure.to_string().starts_with(&sentence), "{failure}");
}

#[tokio::test]
async fn an_untrusted_certificate_is_told_and_no_failure() {
    let server = Server::new(vec![Secure, Hear, say(b"+PONG\r\n")]).await;
    let target = server.target(Security::Tls);
    let redis = Question::Redis(Redis::default());
    let answer = stranger().ask(&target, &redis, &Limits::default()).await.unwrap();
    assert!(answer.tls.unwrap().trusted.is_err());
    let plain = Server::new(vec![Hear, say(b"220 hello\r\n")]).await;
    let failure = stranger().ask(&plain.target(Security::Tls), &redis, &Limits::default()).await.unwrap_err();
    assert_eq!((failure.kind(), failure.phase()), ("not_tls", Phase::Secure));
}

#[tokio::test]
async fn questions_which_make_no_sense_are_not_asked() {
    let nowhere = Target::new("192.0.2.1", 1);
    let credential = Some(Credential::new(None, "x"));
    let name =
        |name: &str| Question::Dns(Dns { name: name.to_owned(), record: Record::A, empty_is_well: true });
    for (question, security) in [
        (Question::Redis(Redis::default()), Security::StartTls),
        (Question::Ssh(Ssh::default()), Security::Tls),
        (Question::Mysql(crate::Mysql::default()), Security::StartTls),
        (Question::Ping(Ping::default()), Security::Tls),
        (Question::Mqtt(Mqtt { credential, ..Mqtt::default() }), Security::Plain),
        (name("a..b"), Security::Plain),
    ] {
        let target = nowhere.clone().over(security);
        let failure = stranger().ask(&target, &question, &Limits::default()).await.unwrap_err();
        assert_eq!((failure.kind(), failure.phase()), ("bad_question", Phase::Question), "{question:?}");
        let sentence = failure.to_string();
        assert!(sentence.starts_with("Nobody was asked: ") && sentence.ends_with('.'), "{sentence}");
    }
}

#[test]
fn a_password_is_not_printed() {
    let question = Question::Redis(Redis { credential: Some(Credential::new(Some("hob"), "secret")) });
    assert!(!format!("{question:?}").contains("secret"));
}

/// Answers every question by UDP, and by TCP on the same port.
async fn name_server_with(
    udp: impl Fn(Vec<u8>, usize) -> Vec<Vec<u8>> + Send + 'static,
    tcp: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> (SocketAddr, JoinSet<()>) {
    let mut task = JoinSet::new();
    // The port must be free for both.
    let (listener, socket) = loop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
            break (listener, socket);
        }
    };
    let addr = listener.local_addr().unwrap();
    task.spawn(async move {
        for number in 0.. {
            let mut question = vec![0; 512];
            let (length, from) = socket.recv_from(&mut question).await.unwrap();
            question.truncate(length);
            for answer in udp(question, number) {
                socket.send_to(&answer, from).await.unwrap();
            }
        }
    });
    task.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer_over(stream, &tcp).await;
        }
    });
    (addr, task)
}

/// Answers one question over a connection.
async fn answer_over(mut stream: impl Stream, answer: impl Fn(Vec<u8>) -> Vec<u8>) {
    let length = stream.read_u16().await.unwrap();
    let mut question = vec![0; length.into()];
    stream.read_exact(&mut question).await.unwrap();
    let answer = answer(question);
    stream.write_u16(answer.len().try_into().unwrap()).await.unwrap();
    stream.write_all(&answer).await.unwrap();
    stream.flush().await.unwrap();
}

#[tokio::test]
async fn a_name_server_answers_over_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let identity = Identity::new();
    let acceptor = tokio_rustls::TlsAcceptor::from(identity.config.clone());
    let mut task = JoinSet::new();
    task.spawn(async move {
        let stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
        answer_over(stream, |question| reply(&question, 0x8180, &[[10, 0, 0, 5]])).await;
    });
    let target =
        Target { family: tls_probe::Family::V4, ..Target::new("localhost", port).over(Security::Tls) };
    let friend = Client::new(tls_probe::Client::with_roots(vec![identity.certificate]));
    let answer = friend.ask(&target, &name_server(), &Limits::default()).await.unwrap();
    assert_eq!((answer.detail("record"), answer.detail("transport")), (Some("10.0.0.5"), Some("tls")));
    assert!(answer.tls.unwrap().trusted.is_ok());
}

/// The answer to a question, with flags and addresses.
fn reply(question: &[u8], flags: u16, addresses: &[[u8; 4]]) -> Vec<u8> {
    // The question as it came, without the record of the extension.
    let mut message = question[..12 + 9 + 4].to_vec();
    message[2..4].copy_from_slice(&flags.to_be_bytes());
    message[7] = addresses.len().try_into().unwrap();
    message[11] = 0;
    for address in addresses {
        message.extend(b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04");
        message.extend(address);
    }
    message
}

fn never(_: Vec<u8>) -> Vec<u8> {
    panic!("asked by TCP")
}

#[tokio::test]
async fn a_name_server_answers() {
    let udp = |question: Vec<u8>, _| vec![reply(&question, 0x8180, &[[10, 0, 0, 6], [10, 0, 0, 5]])];
    let (addr, _task) = name_server_with(udp, never).await;
    let answer = ask(addr, &name_server()).await.unwrap();
    assert_eq!(answer.summary, "nas.lan A: 10.0.0.5, 10.0.0.6");
    assert_eq!(answer.all("record").collect::<Vec<_>>(), ["10.0.0.5", "10.0.0.6"]);
    assert_eq!((answer.detail("ttl"), answer.detail("transport")), (Some("60"), Some("udp")));
    assert_eq!(answer.remote, Some(addr));
}

#[tokio::test]
async fn forged_answers_are_passed_over_and_lost_questions_asked_again() {
    let udp = |question: Vec<u8>, number| {
        let mut forged = reply(&question, 0x8180, &[[6, 6, 6, 6]]);
        forged[0] ^= 1;
        let mut another = reply(&question, 0x8180, &[[6, 6, 6, 6]]);
        another[13] = b'x';
        let good = reply(&question, 0x8180, &[[10, 0, 0, 5]]);
        let mut answers = vec![forged, another, b"x".to_vec()];
        answers.extend((number > 0).then_some(good));
        answers
    };
    let (addr, _task) = name_server_with(udp, never).await;
    let target = Target::new("127.0.0.1", addr.port());
    let limits = Limits { answer: Duration::from_secs(2), ..Limits::default() };
    let answer = stranger().ask(&target, &name_server(), &limits).await.unwrap();
    assert_eq!(answer.detail("record"), Some("10.0.0.5"));
}

#[tokio::test]
async fn a_long_answer_is_fetched_by_tcp() {
    let udp = |question: Vec<u8>, _| vec![reply(&question, 0x8380, &[])];
    let many: Vec<_> = (0..100).map(|last| [10, 0, 1, last]).collect();
    let (addr, _task) = name_server_with(udp, move |question| reply(&question, 0x8180, &many)).await;
    let answer = ask(addr, &name_server()).await.unwrap();
    assert_eq!((answer.all("record").count(), answer.detail("transport")), (100, Some("tcp")));
    assert!(answer.summary.ends_with(" and 97 more"), "{}", answer.summary);
}

#[tokio::test]
async fn an_old_name_server_is_asked_in_the_old_way() {
    let udp = |question: Vec<u8>, _| {
        let extended = question[11] == 1;
        vec![if extended {
            reply(&question, 0x8181, &[])
        } else {
            reply(&question, 0x8180, &[[10, 0, 0, 5]])
        }]
    };
    let (addr, _task) = name_server_with(udp, never).await;
    assert_eq!(ask(addr, &name_server()).await.unwrap().detail("record"), Some("10.0.0.5"));
}

#[tokio::test]
async fn name_servers_without_a_good_answer() {
    for (flags, kind) in
        [(0x8183, "no_records"), (0x8180, "no_records"), (0x8182, "not_ready"), (0x8185, "declined")]
    {
        let (addr, _task) =
            name_server_with(move |question, _| vec![reply(&question, flags, &[])], never).await;
        assert_eq!(ask(addr, &name_server()).await.unwrap_err().kind(), kind);
    }
    let (addr, _task) = name_server_with(|_, _| Vec::new(), never).await;
    let target = Target::new("127.0.0.1", addr.port());
    let failure = stranger().ask(&target, &name_server(), &hurried()).await.unwrap_err();
    assert_eq!(failure.kind(), "no_answer");
    assert!(failure.to_string().starts_with(&format!("{addr} gave no answer within ")), "{failure}");
    let flood = |question: Vec<u8>, _| vec![question; 50];
    let (addr, _flooding) = name_server_with(flood, never).await;
    let target = Target::new("127.0.0.1", addr.port());
    let failure = stranger().ask(&target, &name_server(), &hurried()).await.unwrap_err();
    assert_eq!(failure.kind(), "no_answer", "its own question is no answer");
}

#[tokio::test]
async fn no_name_server_listens() {
    let free = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    assert_eq!(ask(addr, &name_server()).await.unwrap_err().kind(), "refused");
    assert_eq!(system_resolver().await.port, 53);
}

/// Pings this machine. Whether it may is the kernel's to say; both are well, and nothing else is.
#[tokio::test]
async fn this_machine_answers_pings_or_forbids_them() {
    let question = Question::Ping(Ping { count: 3, interval: Duration::from_millis(10) });
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ping_group_range").unwrap_or_default();
    let sixes = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    for ip in [IpAddr::from(Ipv4Addr::LOCALHOST), Ipv6Addr::LOCALHOST.into()] {
        if ip.is_ipv6() && !sixes.contains("00000000000000000000000000000001 ") {
            continue;
        }
        match ask(SocketAddr::new(ip, 0), &question).await {
            Ok(answer) => {
                assert!(answer.summary.starts_with("answers 3 of 3 pings, after "), "{}", answer.summary);
                assert_eq!((answer.detail("loss"), answer.detail("sent")), (Some("0"), Some("3")));
                eprintln!("answered: {}", answer.summary);
            }
            Err(failure) => {
                assert_eq!(failure.kind(), "not_permitted", "{failure}; the range is {range}");
                eprintln!("skipped: pings are forbidden here; net.ipv4.ping_group_range is {range}");
            }
        }
    }
}

/// The same in a network of its own, where pings are allowed, if this machine lets one be made.
#[test]
fn pings_are_answered_where_they_are_allowed() {
    const ALLOW: &str =
        "ip link set lo up && echo 0 0 >/proc/sys/net/ipv4/ping_group_range || exit 77; exec \"$0\" \"$@\"";
    let mut unshare = std::process::Command::new("unshare");
    unshare.args(["--map-root-user", "--net", "sh", "-c", ALLOW]).arg(std::env::current_exe().unwrap());
    unshare.args(["this_machine_answers_pings_or_forbids_them", "--nocapture"]);
    let Ok(output) = unshare.output() else { return eprintln!("skipped: there is no unshare") };
    let said = String::from_utf8_lossy(&output.stderr);
    if !String::from_utf8_lossy(&output.stdout).contains("running 1 test") {
        return eprintln!("skipped: no network of its own: {said}");
    }
    assert!(output.status.success() && said.contains("answered: answers 3 of 3 pings"), "{said}");
}

#[tokio::test]
async fn a_text_may_come_in_pieces_over_tls() {
    let server = Server::new(vec![Secure, Hear, say(b"+OK r"), say(b"ead"), say(b"y\r\n")]).await;
    let question = Tcp { send: Some("x".to_owned()), expect: Some("ready".to_owned()) };
    let target = server.target(Security::Tls);
    let answer = server.friend().ask(&target, &Question::Tcp(question), &Limits::default()).await.unwrap();
    assert_eq!(answer.summary, "answers with “ready”");
}
