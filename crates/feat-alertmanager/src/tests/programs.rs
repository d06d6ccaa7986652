//! The real programs: amtool and Prometheus of Debian (`prometheus-alertmanager`, `prometheus`), where they are installed.

use super::house::{get, hub, the_alert};
use hob_base::Level;
use hob_testkit::hub::TestHub;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// Long enough for a loaded machine; a test that waits this long fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the program is there; a test without it says so and passes, except in CI.
fn is_there(program: &str, package: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    assert!(found || std::env::var_os("CI").is_none(), "CI needs {program} of Debian's package {package}");
    if !found {
        println!("skipped: {program} is not installed (Debian's package {package})");
    }
    found
}

/// The tool, with a token, in a folder of its own.
struct Amtool {
    folder: tempfile::TempDir,
    url: String,
}

impl Amtool {
    fn new(hub: &TestHub, token: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("http.yml"), format!("authorization:\n  credentials: {token}\n"))
            .unwrap();
        Self { folder, url: hub.url("/alertmanager") }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn try_run(&self, arguments: &[&str]) -> Result<String, String> {
        let run = Command::new("amtool")
            .arg(format!("--alertmanager.url={}", self.url))
            .arg(format!("--http.config.file={}", self.file("http.yml").display()))
            .args(arguments)
            .env("HOME", self.folder.path())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(PATIENCE, run).await.expect("amtool ends").unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    async fn run(&self, arguments: &[&str]) -> String {
        self.try_run(arguments).await.unwrap_or_else(|error| panic!("amtool {arguments:?}: {error}"))
    }

    async fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.run(arguments).await).unwrap()
    }
}

fn count(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn amtool_adds_and_asks_for_alerts() {
    if !is_there("amtool", "prometheus-alertmanager") {
        return;
    }
    let hub = hub().start().await;
    let tool = Amtool::new(&hub, "write");
    let summary = "--annotation=summary=The disk is full";
    tool.run(&["alert", "add", "Disk", "instance=nas:9100", "severity=critical", summary]).await;
    tool.run(&["alert", "add", "alertname=CPU", "instance=pi:9100"]).await;
    for (arguments, expected) in [
        (&["alert", "query", "-o", "json"][..], 2),
        (&["alert", "query", "-o", "json", "Disk"], 1),
        (&["alert", "query", "-o", "json", "instance=~\"(nas|pi).*\"", "alertname!=Disk"], 1),
        (&["alert", "query", "-o", "json", "--receiver=hob"], 2),
        (&["alert", "query", "-o", "json", "--receiver=other"], 0),
        (&["alert", "query", "-o", "json", "--silenced"], 0),
        (&["alert", "query", "-o", "json", "--inhibited"], 0),
    ] {
        assert_eq!(count(&tool.json(arguments).await), expected, "{arguments:?}");
    }
    let shown = tool.run(&["alert", "query", "-o", "extended", "Disk"]).await;
    assert!(shown.contains("The disk is full") && shown.contains("active"), "{shown}");
    let wrong = tool.try_run(&["alert", "query", "alertname=Disk", "instance=~("]).await.unwrap_err();
    assert!(wrong.contains("not a pattern"), "{wrong}");

    hub.wait_until("the house knows both", PATIENCE, |ctx| ctx.resources.of_kind("alert").len() == 2).await;
    // It ends an alert by its end.
    let end = format!("--end={}", hub.ctx().clock.now().rfc3339());
    tool.run(&["alert", "add", "Disk", "instance=nas:9100", "severity=critical", &end]).await;
    assert_eq!(count(&tool.json(&["alert", "query", "-o", "json"]).await), 1);

    let stranger = Amtool::new(&hub, "nobody").try_run(&["alert", "query"]).await.unwrap_err();
    assert!(stranger.contains("401"), "{stranger}");
    let reader = Amtool::new(&hub, "read").try_run(&["alert", "add", "x"]).await.unwrap_err();
    assert!(reader.contains("403"), "{reader}");
}

#[tokio::test]
async fn amtool_makes_changes_ends_and_imports_silences() {
    if !is_there("amtool", "prometheus-alertmanager") {
        return;
    }
    let hub = hub().start().await;
    let tool = Amtool::new(&hub, "write");
    tool.run(&["alert", "add", "Disk", "instance=nas:9100"]).await;
    let add = ["silence", "add", "--author=anna", "--comment=A new disk comes", "--duration=1h", "Disk"];
    let id = tool.run(&add).await;
    assert_eq!(tool.run(&["silence", "query", "-q"]).await, id);
    assert_eq!(count(&tool.json(&["alert", "query", "-o", "json", "--silenced"]).await), 1);
    assert_eq!(count(&tool.json(&["alert", "query", "-o", "json", "--active"]).await), 0);

    let before = get(&hub, &format!("/api/v2/silence/{id}")).await;
    tool.run(&["silence", "update", "--duration=3h", &id]).await;
    assert_eq!(tool.run(&["silence", "query", "-q"]).await, id, "it is still the same one");
    let after = get(&hub, &format!("/api/v2/silence/{id}")).await;
    assert_eq!(after["startsAt"], before["startsAt"]);
    assert!(after["endsAt"].as_str() > before["endsAt"].as_str(), "{before} {after}");
    assert_eq!(after["comment"], "A new disk comes");

    let exported = tool.run(&["silence", "query", "-o", "json"]).await;
    std::fs::write(tool.file("silences.json"), exported).unwrap();
    tool.run(&["silence", "expire", &id]).await;
    assert_eq!(tool.run(&["silence", "query", "-q"]).await, "");
    assert_eq!(tool.run(&["silence", "query", "-q", "--expired"]).await, id);
    let file = tool.file("silences.json");
    tool.run(&["silence", "import", "--force", file.to_str().unwrap()]).await;
    let imported = tool.json(&["silence", "query", "-o", "json"]).await;
    assert_eq!(count(&imported), 1);
    assert_ne!(imported[0]["id"].as_str(), Some(id.as_str()));
    assert_eq!(imported[0]["matchers"][0]["value"], "Disk");
    let missing = tool.try_run(&["silence", "expire", "00000000-0000-4000-8000-000000000000"]).await;
    assert!(missing.is_err(), "{missing:?}");
}

#[tokio::test]
async fn amtool_can_read_what_is_said_of_the_configuration() {
    if !is_there("amtool", "prometheus-alertmanager") {
        return;
    }
    let hub = hub().start().await;
    let tool = Amtool::new(&hub, "read");
    assert!(tool.run(&["config", "show"]).await.contains("resolve_timeout: 5m"));
    let routes = tool.run(&["config", "routes", "show"]).await;
    assert!(routes.contains("receiver: hob"), "{routes}");
    assert_eq!(tool.run(&["config", "routes", "test", "alertname=Disk"]).await, "hob");
    assert!(tool.run(&["cluster", "show"]).await.contains("disabled"));
}

const RULES: &str = "\
groups:
  - name: house
    rules:
      - alert: DiskFull
        expr: vector(1) < LIMIT
        labels: { severity: critical, instance: 'nas:9100' }
        annotations: { summary: 'The disk of nas is full, {{ $value }}' }
";

fn write_rules(folder: &Path, limit: u8) {
    std::fs::write(folder.join("rules.yml"), RULES.replace("LIMIT", &limit.to_string())).unwrap();
}

/// A Prometheus that has one rule and sends what fires to the hub.
fn prometheus(hub: &TestHub, folder: &Path) -> Child {
    let config = format!(
        "global: {{ evaluation_interval: 1s }}\n\
         rule_files: [ rules.yml ]\n\
         alerting:\n  alertmanagers:\n    - path_prefix: /alertmanager\n      authorization: {{ credentials: push }}\n      \
         static_configs: [ {{ targets: ['{}'] }} ]\n",
        hub.address()
    );
    std::fs::write(folder.join("prometheus.yml"), config).unwrap();
    write_rules(folder, 2);
    Command::new("prometheus")
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
        .args(["--web.listen-address=127.0.0.1:0", "--web.external-url=http://prometheus.lan:9090"])
        // It finds its Alertmanagers only after five seconds; what fired before is sent again after this time.
        .arg("--rules.alert.resend-delay=3s")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn prometheus_sends_what_fires_and_ends_what_does_not() {
    if !is_there("prometheus", "prometheus") {
        return;
    }
    let hub = hub().start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut child = prometheus(&hub, folder.path());
    hub.wait_until("the alert is known", PATIENCE, |ctx| ctx.resources.of_kind("alert").len() == 1).await;
    let alert = the_alert(&hub).unwrap();
    assert_eq!(
        (alert.health.level, alert.health.reason.as_str()),
        (Level::Critical, "The disk of nas is full, 1.")
    );
    assert_eq!(alert.name, "DiskFull on nas:9100");
    assert!(
        alert.text("url").unwrap().starts_with("http://prometheus.lan:9090/graph?g0.expr=vector"),
        "{:?}",
        alert.facts
    );
    let told = get(&hub, "/api/v2/alerts").await;
    assert_eq!(told[0]["labels"]["alertname"], "DiskFull");
    let end: jiff::Timestamp = told[0]["endsAt"].as_str().unwrap().parse().unwrap();
    let left = end.as_millisecond() - hub.ctx().clock.now().millis();
    assert!((0..=12_000).contains(&left), "Prometheus gives four times that: {left} ms");

    write_rules(folder.path(), 1);
    let reload =
        Command::new("kill").args(["-HUP", &child.id().unwrap().to_string()]).status().await.unwrap();
    assert!(reload.success());
    hub.wait_until("the alert is resolved", PATIENCE, |ctx| {
        ctx.resources.of_kind("alert").iter().any(|alert| alert.health.reason == "It is resolved.")
    })
    .await;
    assert_eq!(get(&hub, "/api/v2/alerts").await, Value::Array(Vec::new()));
    child.kill().await.unwrap();
}
