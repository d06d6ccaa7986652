//! OpenSSH and dnsmasq.

use std::process::Command;

use service_probe::{Client, Dns, Limits, Question, Record, Ssh, Target};

use super::server::{Home, Need, Server, find, run};

#[tokio::test]
async fn openssh_tells_its_version() {
    let (Some(program), Some(tool)) = (find("sshd", Need::WhereItIs), find("ssh-keygen", Need::WhereItIs))
    else {
        return;
    };
    // As root it would want a folder of the system.
    let home = Home::of("daemon");
    run(Command::new(tool).args(["-q", "-t", "ed25519", "-N", "", "-f", &home.text("key")]));
    home.give_away();
    let start = |home: &Home, port: u16| {
        let settings = format!("HostKey {}\nListenAddress 127.0.0.1\nPidFile none\n", home.text("key"));
        let file = home.write("settings", &settings);
        home.command(&program, &["-D", "-e", "-f", &file, "-p", &port.to_string()])
    };
    let server = Server::start(home, "127.0.0.1", "TERM", start).await;
    let answer = server.ask(Question::Ssh(Ssh::default())).await.unwrap();
    assert!(answer.summary.starts_with("OpenSSH_"), "{}", answer.summary);
}

#[tokio::test]
async fn dnsmasq_answers_every_type() {
    let Some(program) = find("dnsmasq", Need::WhereItIs) else { return };
    let start = |home: &Home, port: u16| {
        let mut command =
            home.command(&program, &["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv"]);
        command.args([
            "--no-hosts",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--pid-file=",
            "--log-facility=-",
        ]);
        command.args([&format!("--port={port}"), "--user=root", "--group=root", "--local=/lan/"]);
        command.args([
            "--host-record=nas.lan,10.0.0.5,fd00::5",
            "--host-record=nas.lan,10.0.0.6",
            "--cname=www.lan,nas.lan",
        ]);
        command.args(["--mx-host=lan,mail.lan,10", "--srv-host=_imaps._tcp.lan,mail.lan,993,1,2"]);
        command.args(["--txt-record=lan,v=spf1,-all", "--caa-record=lan,0,issue,ca.example"]);
        command.args((0..100).map(|last| format!("--host-record=many.lan,10.0.1.{last}")));
        command
    };
    let server = Server::start(Home::new(), "127.0.0.1", "TERM", start).await;
    let ask = async |name: &str, record| {
        let question = Question::Dns(Dns { name: name.to_owned(), record, empty_is_well: false });
        let target = Target::new("127.0.0.1", server.port);
        let answer = Client::default().ask(&target, &question, &Limits::default()).await;
        answer.map(|answer| answer.all("record").map(str::to_owned).collect::<Vec<_>>())
    };
    for (name, record, expected) in [
        ("nas.lan", Record::A, vec!["10.0.0.5", "10.0.0.6"]),
        ("www.lan", Record::Aaaa, vec!["fd00::5"]),
        ("www.lan", Record::Cname, vec!["nas.lan"]),
        ("lan", Record::Mx, vec!["10 mail.lan"]),
        ("_imaps._tcp.lan", Record::Srv, vec!["1 2 993 mail.lan"]),
        ("lan", Record::Txt, vec!["v=spf1-all"]),
        ("lan", Record::Caa, vec!["0 issue \"ca.example\""]),
        ("10.0.0.5", Record::Ptr, vec!["nas.lan"]),
    ] {
        let records =
            ask(name, record).await.unwrap_or_else(|failure| panic!("{name} {record:?}: {failure}"));
        assert_eq!(records, expected, "{name} {record:?}");
    }
    assert_eq!(ask("many.lan", Record::A).await.unwrap().len(), 100, "by TCP");
    assert_eq!(ask("none.lan", Record::A).await.unwrap_err().kind(), "no_records");
}
