//! A real API server of Kubernetes (1.20.2, built from Debian's own source by `cargo xtask kube-apiserver`) with a real
//! etcd, on this machine alone, for one test.
//!
//! There are no nodes: nothing runs, and pods stay as they are written. Faults are staged by writing the status of
//! objects, as a kubelet or a controller would ([`RealCluster::set_status`]). What is special to version 1.20: CronJobs are
//! `batch/v1beta1`, EndpointSlices `discovery.k8s.io/v1beta1`, and schemas of custom resources have no expressions.
//!
//! It takes 4 to 10 seconds to start and up to 1.2 GiB with large definitions, so there is only one at a time on the whole
//! machine: a second one waits for the first.

mod https;
mod process;

use crate::authority::Authority;
use crate::fake_cluster::{self, FakeKind, custom_kinds};
use crate::kubectl;
use hob_base::Clock;
use http::Method;
use https::Https;
use process::Process;
use serde_json::{Value, json};
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;

/// What is tested on, for the names of tests and for what they say.
pub const VERSION: &str = "kube-apiserver 1.20.2";

/// How long it may take until the server is ready, on a machine that is busy with other tests.
const START_MAX: Duration = Duration::from_secs(120);

/// How long to wait for another test's server to end.
const TURN_MAX: Duration = Duration::from_secs(600);

/// So long a command of kubectl may take.
const COMMAND_MAX: Duration = Duration::from_secs(120);

/// How a [`RealCluster`] is started.
#[derive(Debug, Clone, Default)]
pub struct RealClusterBuilder {
    controllers: Vec<String>,
}

impl RealClusterBuilder {
    /// With the controller manager, and these of its controllers: `deployment`, `replicaset`, `endpointslice`, `job`,
    /// `serviceaccount`, `namespace`, `garbagecollector`.
    #[must_use]
    pub fn controllers(mut self, names: &[&str]) -> Self {
        self.controllers = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Starts it, or says in a sentence why it cannot be had on this machine.
    ///
    /// # Errors
    /// With that sentence.
    ///
    /// # Panics
    /// When everything is there and it does not start all the same.
    pub async fn start(self) -> Result<RealCluster, String> {
        let programs = Programs::find()?;
        let turn = wait_for_turn().await?;
        let cluster = RealCluster::prepare(self, programs, turn).await;
        Ok(cluster.unwrap_or_else(|error| panic!("{VERSION} does not start: {error}")))
    }

    /// Starts it; where it cannot be had the test says that it is skipped, and why.
    ///
    /// # Panics
    /// When everything is there and it does not start all the same.
    pub async fn start_or_skip(self) -> Option<RealCluster> {
        match self.start().await {
            Ok(cluster) => Some(cluster),
            Err(why) => {
                eprintln!("skipped: {why}");
                None
            }
        }
    }
}

/// Where the programs are.
#[derive(Debug, Clone)]
struct Programs {
    api_server: PathBuf,
    controller_manager: PathBuf,
    etcd: PathBuf,
    kubectl: PathBuf,
}

impl Programs {
    fn find() -> Result<Self, String> {
        let built = |name: &str| {
            let file = kubectl::cache().join(name);
            let why = format!("{} is not there: `cargo xtask kube-apiserver` builds it once", file.display());
            if file.is_file() { Ok(file) } else { Err(why) }
        };
        let etcd =
            kubectl::on_path("etcd").ok_or("etcd is not installed (Debian's package etcd-server has it)")?;
        Ok(Self {
            api_server: built("kube-apiserver")?,
            controller_manager: built("kube-controller-manager")?,
            kubectl: built("kubectl").or_else(|why| kubectl::find().ok_or(why))?,
            etcd,
        })
    }
}

/// Waits until no other test of this machine has a server.
async fn wait_for_turn() -> Result<File, String> {
    let path = kubectl::cache().join("one-at-a-time");
    let file =
        File::create(&path).map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    let end = tokio::time::Instant::now() + TURN_MAX;
    while let Err(error) = file.try_lock() {
        if let std::fs::TryLockError::Error(error) = error {
            return Err(format!("{} cannot be locked: {error}", path.display()));
        }
        if tokio::time::Instant::now() >= end {
            return Err(format!("another test has had its server for {} minutes", TURN_MAX.as_secs() / 60));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(file)
}

/// A running server. Dropping it ends it.
pub struct RealCluster {
    // In the order in which they end.
    controllers: Option<Process>,
    api_server: Option<Process>,
    _etcd: Process,
    programs: Programs,
    authority: Authority,
    https: Https,
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
    _turn: File,
}

impl RealCluster {
    /// Without controllers.
    ///
    /// # Errors
    /// With a sentence why it cannot be had on this machine.
    pub async fn start() -> Result<Self, String> {
        Self::builder().start().await
    }

    /// Another one than [`RealCluster::start`] gives.
    pub fn builder() -> RealClusterBuilder {
        RealClusterBuilder::default()
    }

    async fn prepare(builder: RealClusterBuilder, programs: Programs, turn: File) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let authority = Authority::new();
        let [port, etcd_port, peer_port] = free_ports()?;
        let issued = authority.for_server(&["127.0.0.1", "localhost", "kubernetes.default.svc"]);
        let admin = authority.for_client("admin", "system:masters");
        let accounts = authority.for_client("accounts", "");
        for (name, text) in [
            ("ca.pem", authority.pem()),
            ("server.pem", issued.pem()),
            ("server-key.pem", issued.key_pem()),
            // They sign the tokens of service accounts.
            ("accounts-key.pem", accounts.key_pem()),
            ("accounts.pem", accounts.public_key_pem()),
        ] {
            std::fs::write(folder.path().join(name), text).map_err(|error| error.to_string())?;
        }
        let etcd = etcd(&programs, folder.path(), etcd_port, peer_port)?;
        let arguments = api_server_arguments(folder.path(), port, etcd_port);
        let https = Https::new(&authority, &admin, port);
        let mut cluster = Self {
            controllers: None,
            api_server: None,
            _etcd: etcd,
            programs,
            authority,
            https,
            port,
            arguments,
            folder,
            _turn: turn,
        };
        std::fs::write(cluster.kubeconfig(), cluster.kubeconfig_text("admin", "system:masters"))
            .map_err(|error| error.to_string())?;
        cluster.start_api_server().await;
        if !builder.controllers.is_empty() {
            cluster.start_controllers(&builder.controllers)?;
        }
        Ok(cluster)
    }

    /// The file of somebody who may do everything.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("admin.kubeconfig")
    }

    /// A file for a user, in a group where one is named, who may do what RBAC grants and nothing else. The cluster, the
    /// user and the context are called `home`.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn kubeconfig_for(&self, user: &str, group: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{}.kubeconfig", user.replace([':', '/'], "-")));
        std::fs::write(&file, self.kubeconfig_text(user, group)).expect("a file in a temporary directory");
        file
    }

    /// A file with the token of a service account that is there.
    ///
    /// # Panics
    /// When the server gives no token.
    pub async fn kubeconfig_of_account(&self, namespace: &str, name: &str) -> PathBuf {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
        let (status, answer) = self.request(Method::POST, &path, "application/json", &review).await;
        let token = answer.pointer("/status/token").and_then(Value::as_str);
        let token = token.unwrap_or_else(|| panic!("no token, but {status}: {answer}"));
        let file = self.folder.path().join(format!("{namespace}-{name}.kubeconfig"));
        let text = self.config(&json!({"token": token}));
        std::fs::write(&file, text).expect("a file in a temporary directory");
        file
    }

    fn kubeconfig_text(&self, user: &str, group: &str) -> String {
        let issued = self.authority.for_client(user, group);
        self.config(&json!({
            "client-certificate-data": encoded(&issued.pem()), "client-key-data": encoded(&issued.key_pem()),
        }))
    }

    fn config(&self, user: &Value) -> String {
        let cluster =
            json!({"server": self.url(), "certificate-authority-data": encoded(&self.authority.pem())});
        // JSON is YAML.
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "home", "preferences": {},
            "clusters": [{"name": "home", "cluster": cluster}], "users": [{"name": "home", "user": user}],
            "contexts": [{"name": "home", "context": {"cluster": "home", "user": "home"}}],
        });
        config.to_string()
    }

    /// `https://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// Ends the API server; etcd keeps what it knows.
    pub fn stop_api_server(&mut self) {
        self.api_server = None;
    }

    /// Starts the API server, where it does not run, and waits until it is ready.
    ///
    /// # Panics
    /// When it does not get ready.
    pub async fn start_api_server(&mut self) {
        let log = self.folder.path().join("kube-apiserver.log");
        if self.api_server.is_none() {
            let started = Process::start(&self.programs.api_server, &self.arguments, &log);
            self.api_server = Some(started.unwrap_or_else(|error| panic!("{error}")));
        }
        let end = tokio::time::Instant::now() + START_MAX;
        loop {
            let ready = self.https.send(Method::GET, "/readyz", "application/json", String::new()).await;
            if matches!(ready, Ok((200, _))) {
                return;
            }
            let ended = self.api_server.as_mut().is_none_or(Process::has_ended);
            let waits = !ended && tokio::time::Instant::now() < end;
            assert!(waits, "{VERSION} does not start: {ready:?}; {}", tail(&log));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn start_controllers(&mut self, names: &[String]) -> Result<(), String> {
        let arguments = [
            format!("--kubeconfig={}", self.kubeconfig().display()),
            format!("--controllers={}", names.join(",")),
            format!(
                "--service-account-private-key-file={}",
                self.folder.path().join("accounts-key.pem").display()
            ),
            format!("--root-ca-file={}", self.folder.path().join("ca.pem").display()),
            // Its default listens on all interfaces.
            "--port=0".to_owned(),
            "--secure-port=0".to_owned(),
            "--leader-elect=false".to_owned(),
        ];
        let log = self.folder.path().join("kube-controller-manager.log");
        self.controllers = Some(Process::start(&self.programs.controller_manager, &arguments, &log)?);
        Ok(())
    }
}

/// What is in it.
impl RealCluster {
    /// Runs kubectl as somebody who may do everything.
    ///
    /// # Errors
    /// What it says when it fails.
    pub async fn kubectl(&self, arguments: &[&str], input: &str) -> Result<String, String> {
        self.kubectl_as(&self.kubeconfig(), arguments, input).await
    }

    /// Runs kubectl with this kubeconfig.
    ///
    /// # Errors
    /// What it says when it fails.
    pub async fn kubectl_as(
        &self,
        kubeconfig: &Path,
        arguments: &[&str],
        input: &str,
    ) -> Result<String, String> {
        let mut command = tokio::process::Command::new(&self.programs.kubectl);
        command.args(arguments).arg("--kubeconfig").arg(kubeconfig).env("HOME", self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut stdin = child.stdin.take().ok_or("it has no input")?;
        let talk = async {
            // One that needs no input may have ended.
            let _ = stdin.write_all(input.as_bytes()).await;
            drop(stdin);
            child.wait_with_output().await.map_err(|error| error.to_string())
        };
        let output =
            tokio::time::timeout(COMMAND_MAX, talk).await.map_err(|_| "it does not end".to_owned())??;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// Applies a manifest.
    ///
    /// # Panics
    /// When the server does not take it.
    pub async fn apply_yaml(&self, text: &str) {
        let done = self.kubectl(&["apply", "-f", "-"], text).await;
        done.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Deletes an object, without waiting for its end.
    ///
    /// # Panics
    /// When there is none.
    pub async fn delete(&self, kind: &str, namespace: &str, name: &str) {
        let arguments = ["delete", kind, name, "-n", namespace, "--wait=false"];
        self.kubectl(&arguments, "").await.unwrap_or_else(|error| panic!("{error}"));
    }

    /// Sends a request as somebody who may do everything. Returns the status and the answer.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: &Value,
    ) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.https.send(method, path, content_type, body).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Merges this into the status of the object at a path, such as `/api/v1/namespaces/media/pods/jellyfin`: what a
    /// kubelet or a controller does.
    ///
    /// # Panics
    /// When the server does not take it.
    pub async fn set_status(&self, path: &str, status: &Value) {
        let body = json!({"status": status});
        let path = format!("{path}/status");
        let (code, answer) = self.request(Method::PATCH, &path, "application/merge-patch+json", &body).await;
        assert_eq!(code, 200, "{path}: {answer}");
    }

    /// Applies a manifest whose objects may also say what controllers and kubelets would write of them: their status.
    /// `"@now"`, `"@hour"` and `"@day"` become the time: now, an hour ago, two days ago.
    ///
    /// # Panics
    /// When the server does not take it.
    pub async fn apply_with_status(&self, text: &str) {
        let now = Clock::system().now();
        let ago = |hours: u64| seconds(now.minus(Duration::from_secs(hours * 3600)));
        let text = text.replace("@now", &ago(0)).replace("@hour", &ago(1)).replace("@day", &ago(48));
        self.apply_yaml(&text).await;
        for object in crate::yaml::objects(&text).unwrap_or_else(|error| panic!("{error}")) {
            let kind = fake_cluster::known_kinds().into_iter().find(|kind| {
                object["kind"] == kind.kind
                    && object["apiVersion"].as_str().is_some_and(|version| {
                        version.split('/').rev().nth(1).unwrap_or_default() == kind.group
                    })
            });
            if let Some(kind) = kind.filter(|kind| kind.status && object["status"].is_object()) {
                self.set_status(&path_of(&kind, &object), &object["status"]).await;
            }
        }
    }

    /// Installs every custom resource that something is known of: with these definitions; the rest, and what this version
    /// does not take, with definitions that take every field.
    ///
    /// # Panics
    /// When the server does not take those either.
    pub async fn install_definitions(&self, files: &[PathBuf]) {
        for file in files {
            let text = std::fs::read_to_string(file);
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            // Some are too large for the annotation that `apply` adds.
            if let Err(error) = self.kubectl(&["create", "-f", "-"], &text).await {
                // A definition for newer servers: the one that takes every field stands in for it.
                let first: String = error.chars().take(200).collect();
                eprintln!("{} is not whole: {first}", file.display());
            }
        }
        let there = self.kubectl(&["get", "crd", "-o", "name"], "").await.unwrap_or_default();
        let there: Vec<&str> =
            there.lines().filter_map(|line| line.split_once('/')).map(|(_, name)| name).collect();
        let missing: Vec<Value> = custom_kinds()
            .iter()
            .filter(|kind| !there.contains(&kind.resource().as_str()))
            .map(FakeKind::definition)
            .collect();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": missing});
        self.kubectl(&["create", "-f", "-"], &list.to_string())
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        let wait = ["wait", "--for", "condition=established", "--timeout=60s", "crd", "--all"];
        let mut waited = self.kubectl(&wait, "").await;
        // It fails at a definition that is so new that it has no conditions yet.
        for _ in 0..20 {
            if waited.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
            waited = self.kubectl(&wait, "").await;
        }
        waited.map(drop).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Where an object lives.
fn path_of(kind: &FakeKind, object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&object["apiVersion"]);
    let root = if kind.group.is_empty() { "/api" } else { "/apis" };
    let space = text(&object["metadata"]["namespace"]);
    let within = if kind.namespaced { format!("/namespaces/{space}") } else { String::new() };
    format!("{root}/{version}{within}/{}/{}", kind.plural, text(&object["metadata"]["name"]))
}

fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Three ports that were free a moment ago.
fn free_ports() -> Result<[u16; 3], String> {
    let open =
        || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| format!("no free port: {error}"));
    let listeners = [open()?, open()?, open()?];
    let ports = listeners.iter().map(|listener| listener.local_addr().map(|address| address.port()));
    let ports: Vec<u16> = ports.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    <[u16; 3]>::try_from(ports).map_err(|_| "no three ports".to_owned())
}

fn etcd(programs: &Programs, folder: &Path, port: u16, peer_port: u16) -> Result<Process, String> {
    let (url, peer) = (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peer_port}"));
    let arguments = [
        format!("--data-dir={}", folder.join("etcd").display()),
        format!("--listen-client-urls={url}"),
        format!("--advertise-client-urls={url}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        "--log-level=error".to_owned(),
        "--logger=zap".to_owned(),
    ];
    Process::start(&programs.etcd, &arguments, &folder.join("etcd.log"))
}

fn api_server_arguments(folder: &Path, port: u16, etcd_port: u16) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{etcd_port}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--secure-port={port}"),
        "--insecure-port=0".to_owned(),
        // An address of nobody (RFC 5737), told to nobody: loopback is refused.
        "--advertise-address=192.0.2.1".to_owned(),
        "--endpoint-reconciler-type=none".to_owned(),
        format!("--tls-cert-file={}", file("server.pem")),
        format!("--tls-private-key-file={}", file("server-key.pem")),
        format!("--client-ca-file={}", file("ca.pem")),
        format!("--service-account-key-file={}", file("accounts.pem")),
        format!("--service-account-signing-key-file={}", file("accounts-key.pem")),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        "--service-cluster-ip-range=10.43.0.0/16".to_owned(),
        "--authorization-mode=RBAC".to_owned(),
        // Pods may be made before a controller has made their service account.
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        "--allow-privileged=true".to_owned(),
        "--profiling=false".to_owned(),
    ]
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(5)).copied().collect::<Vec<_>>().join("\n")
}

/// A moment as objects carry it: whole seconds.
fn seconds(moment: hob_base::Timestamp) -> String {
    let ms = moment.millis();
    hob_base::Timestamp::from_millis(ms - ms.rem_euclid(1000)).rfc3339().replace(".000Z", "Z")
}

#[cfg(test)]
mod tests;
