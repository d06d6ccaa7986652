//! A hub, a fake cluster, and a real registry: Debian's package `docker-registry` with names and passwords.

use super::house::{PATIENCE, config, has, health, view};
use crate::credentials::known::Answers;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hob_base::Level;
use hob_testkit::fake_cluster::FakeCluster;
use hob_testkit::hub::TestHub;
use registry_probe::Digest;
use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PROGRAM: &str = "/usr/bin/docker-registry";
/// `me` and `good`, as `htpasswd -nbB` writes them.
const HTPASSWD: &str = "me:$2y$04$OFyZm547pq1vVwZHHUC/D.puGKYSn5FZJ1dKbpo.Ccg6oRl9k/Cr.\n";
/// Somebody else: `me` is not let in any more.
const OTHERS: &str = "you:$2y$04$OFyZm547pq1vVwZHHUC/D.puGKYSn5FZJ1dKbpo.Ccg6oRl9k/Cr.\n";
const AUTHORIZATION: &str = "Basic bWU6Z29vZA==";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A registry which ends when it is dropped.
struct Registry {
    addr: SocketAddr,
    child: Child,
    folder: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Registry {
    /// Starts one; `None` where the package is not there, after a line that says so. In CI it must be.
    fn start() -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            assert!(
                std::env::var_os("CI").is_none_or(|value| value != "true"),
                "docker-registry is not installed"
            );
            eprintln!("skipped: Debian's package docker-registry is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("htpasswd"), HTPASSWD).unwrap();
        let (child, addr) = Self::run(&folder, "127.0.0.1:0");
        Some(Self { addr, child, folder })
    }

    fn run(folder: &TempDir, listen: &str) -> (Child, SocketAddr) {
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: {listen}\nauth:\n  htpasswd:\n    realm: test\n    path: {}\n",
            path("images"),
            path("htpasswd")
        );
        std::fs::write(path("config.yml"), config).unwrap();
        let mut child = Command::new(PROGRAM)
            .args(["serve", &path("config.yml")])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let addr = lines.find_map(|line| {
            let (_, addr) = line.split_once("listening on ")?;
            addr.split(['"', ' ']).next()?.parse().ok()
        });
        // A full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        (child, addr.unwrap())
    }

    /// Lets only these people in, from now on.
    fn admit(&mut self, people: &str) {
        std::fs::write(self.folder.path().join("htpasswd"), people).unwrap();
        let _ = self.child.kill();
        let _ = self.child.wait();
        (self.child, self.addr) = Self::run(&self.folder, &self.addr.to_string());
    }

    fn send(&self, method: &str, target: &str, kind: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.addr).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: {AUTHORIZATION}\r\n\
             Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}",
            self.addr
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.get(9..12).unwrap().parse().unwrap();
        let location = answer.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap_or_default();
        (status, location.to_owned())
    }

    /// Pushes an image without layers (OCI distribution specification v1.1, end-4a, end-6 and end-7).
    fn push(&self, repository: &str, tag: &str) {
        let config = r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
        let digest = Digest::sha256(config.as_bytes());
        let (status, location) = self.send("POST", &format!("/v2/{repository}/blobs/uploads/"), "", "");
        assert_eq!(status, 202);
        let target =
            location.split_once(&self.addr.to_string()).map_or(location.as_str(), |(_, target)| target);
        let (status, _) =
            self.send("PUT", &format!("{target}&digest={digest}"), "application/octet-stream", config);
        assert_eq!(status, 201);
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":{}}},"layers":[]}}"#,
            config.len()
        );
        let (status, _) = self.send("PUT", &format!("/v2/{repository}/manifests/{tag}"), MANIFEST, &manifest);
        assert_eq!(status, 201);
    }

    fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.addr)
    }
}

fn apply_secret(cluster: &FakeCluster, registry: &Registry, password: &str) {
    let auth = json!({"auths": {registry.addr.to_string(): {"username": "me", "password": password}}});
    cluster.apply(json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"namespace": "web", "name": "pull"},
        "data": {".dockerconfigjson": STANDARD.encode(auth.to_string())}}));
}

fn apply_pod(cluster: &FakeCluster, name: &str, image: &str) {
    cluster.apply(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "web", "name": name},
        "spec": {"imagePullSecrets": [{"name": "pull"}], "containers": [{"name": "app", "image": image}]},
        "status": {"phase": "Running"}}));
}

fn settings(cluster: &FakeCluster, registry: &Registry) -> String {
    format!(
        "{}[kubernetes_registries]\nenabled = true\nstart_after = \"0s\"\nplain_http = [\"{}\"]\n",
        config(&[("home", cluster, "")]),
        registry.addr
    )
}

async fn hub(cluster: &FakeCluster, registry: &Registry) -> TestHub {
    let hub = TestHub::with(&[crate::FEATURE]).config(&settings(cluster, registry)).start().await;
    hub.wait_until("the cluster was read", PATIENCE, |ctx| view(ctx, "home").complete).await;
    hub
}

/// Lets everything that is known be two days old.
fn age(hub: &TestHub) {
    let answers = hub.ctx().memory.of::<Answers>();
    for (key, mut known) in answers.all() {
        known.asked_at = known.asked_at.minus(Duration::from_secs(2 * 86_400));
        answers.keep(key, known);
    }
}

async fn look(hub: &TestHub) -> String {
    let report = hub.run_job("kubernetes.registries").await;
    hub.ctx().resources.settle().await;
    report
}

#[tokio::test]
async fn a_withdrawn_credential_is_critical_within_one_pass_with_a_real_registry() {
    let Some(mut registry) = Registry::start() else { return };
    registry.push("team/app", "1");
    let cluster = FakeCluster::start().await;
    apply_secret(&cluster, &registry, "good");
    apply_pod(&cluster, "a", &registry.image("team/app:1"));
    apply_pod(&cluster, "b", &registry.image("team/app:2"));
    let hub = hub(&cluster, &registry).await;
    look(&hub).await;
    let image = |tag: &str| format!("image/home/{}", registry.image(&format!("team/app:{tag}")));
    let addr = registry.addr;
    assert_eq!(
        health(hub.ctx(), "credential/home/web/pull"),
        format!("ok: It holds a login for {addr} as me.")
    );
    assert_eq!(health(hub.ctx(), &image("1")), format!("ok: {addr} lets team/app be pulled."));
    assert_eq!(health(hub.ctx(), &image("2")), format!("critical: {addr} has no 2 of team/app."));

    registry.admit(OTHERS);
    age(&hub);
    look(&hub).await;
    assert_eq!(
        health(hub.ctx(), "credential/home/web/pull"),
        format!(
            "critical: The registry {addr} rejects the credential of me: it is wrong, expired or withdrawn. The next pull \
             with it fails."
        )
    );
    // A token that is renewed is asked about as soon as it is there.
    let before = fingerprint(&hub, addr);
    apply_secret(&cluster, &registry, "renewed");
    hub.wait_until("the renewed token was read", PATIENCE, |_| fingerprint(&hub, addr) != before).await;
    assert_eq!(look(&hub).await, "Asked registries 4 questions about 2 images.");
    registry.admit(HTPASSWD);
    apply_secret(&cluster, &registry, "good");
    hub.wait_until("the old token was read", PATIENCE, |_| fingerprint(&hub, addr) == before).await;
    age(&hub);
    look(&hub).await;
    assert!(health(hub.ctx(), "credential/home/web/pull").starts_with("ok"));
}

/// Which password the hub knows.
fn fingerprint(hub: &TestHub, registry: SocketAddr) -> Option<Digest> {
    let view = view(hub.ctx(), "home");
    let secret = view.objects.secrets.get("web", "pull")?;
    let pull = secret.pull.as_ref()?;
    pull.registries().find(|entry| *entry.key == *registry.to_string()).map(|entry| entry.fingerprint.clone())
}

#[tokio::test]
async fn a_restart_asks_nobody_again_with_a_real_registry() {
    let Some(registry) = Registry::start() else { return };
    registry.push("team/app", "1");
    let cluster = FakeCluster::start().await;
    apply_secret(&cluster, &registry, "good");
    apply_pod(&cluster, "a", &registry.image("team/app:1"));
    let hub = hub(&cluster, &registry).await;
    look(&hub).await;
    let id = format!("image/home/{}", registry.image("team/app:1"));
    assert!(health(hub.ctx(), &id).starts_with("ok"));
    let hub = hub.stop().await.start().await;
    drop(registry);
    hub.wait_until("the cluster was read", PATIENCE, |ctx| view(ctx, "home").complete).await;
    assert_eq!(look(&hub).await, "Nothing to ask about 1 image.");
    let resource = hub.ctx().resources.get(&id.parse().unwrap()).unwrap();
    assert_eq!(resource.health.level, Level::Ok, "{resource:?}");
    assert!(resource.text("registry_digest").is_some_and(|digest| digest.starts_with("sha256:")));
}

#[tokio::test]
async fn without_the_right_to_read_secrets_nobody_is_asked() {
    let Some(registry) = Registry::start() else { return };
    let cluster = FakeCluster::start().await;
    cluster.forbid("secrets");
    apply_secret(&cluster, &registry, "good");
    apply_pod(&cluster, "a", &registry.image("team/app:1"));
    let hub = hub(&cluster, &registry).await;
    assert_eq!(look(&hub).await, "Nothing to ask about 1 image.");
    assert!(hub.ctx().memory.of::<Answers>().all().is_empty());
    assert!(
        !has(hub.ctx(), "credential/home/web/pull")
            || health(hub.ctx(), "credential/home/web/pull").is_empty()
    );
}
