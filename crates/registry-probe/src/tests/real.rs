//! Conversations with the registry of the Distribution project, from Debian's package
//! `docker-registry`, with names and passwords.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{asked, password, pulled, question};
use crate::{Digest, Outcome, Platform, Question};

const PROGRAM: &str = "/usr/bin/docker-registry";
/// `me` and `good`, as `htpasswd -nbB` writes them.
const HTPASSWD: &str = "me:$2y$04$OFyZm547pq1vVwZHHUC/D.puGKYSn5FZJ1dKbpo.Ccg6oRl9k/Cr.\n";
const AUTHORIZATION: &str = "Basic bWU6Z29vZA==";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A registry which ends when it is dropped.
struct Registry {
    addr: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Registry {
    /// Starts one; `None` where the package is not there, after a line that says so. In CI it must be.
    fn start(with_passwords: bool) -> Option<Self> {
        if !Path::new(PROGRAM).exists() {
            assert!(
                std::env::var_os("CI").is_none_or(|value| value != "true"),
                "docker-registry is not installed"
            );
            eprintln!("skipped: Debian's package docker-registry is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("htpasswd"), HTPASSWD).unwrap();
        let auth = match with_passwords {
            true => {
                format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", path("htpasswd").display())
            }
            false => String::new(),
        };
        let config = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:0\n{auth}",
            path("images").display()
        );
        std::fs::write(path("config.yml"), config).unwrap();
        let child = Command::new(PROGRAM)
            .arg("serve")
            .arg(path("config.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut registry = Self { addr: SocketAddr::from(([127, 0, 0, 1], 0)), child, _folder: folder };
        let log = registry.child.stderr.take().unwrap();
        let mut lines = BufReader::new(log).lines().map_while(Result::ok);
        let addr = lines.find_map(|line| {
            let (_, addr) = line.split_once("listening on ")?;
            addr.split(['"', ' ']).next()?.parse().ok()
        });
        registry.addr = addr.unwrap();
        // A full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(registry)
    }

    fn about(&self, image: &str) -> Question {
        Question { credential: password("me", "good"), ..question(&format!("{}/{image}", self.addr)) }
    }

    /// Sends a request; gives the status and the `Location`.
    async fn send(&self, method: &str, target: &str, kind: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: {AUTHORIZATION}\r\n\
             Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            self.addr,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.get(9..12).unwrap().parse().unwrap();
        let location = answer.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap_or_default();
        (status, location.to_owned())
    }

    /// Pushes an image without layers for an architecture (OCI distribution specification v1.1,
    /// end-4a, end-6 and end-7); gives the digest and the length of its manifest.
    async fn push(&self, repository: &str, tag: &str, architecture: &str) -> (Digest, usize) {
        let config = format!(
            r#"{{"architecture":"{architecture}","os":"linux","rootfs":{{"type":"layers","diff_ids":[]}}}}"#
        );
        let digest = Digest::sha256(config.as_bytes());
        let (status, location) = self.send("POST", &format!("/v2/{repository}/blobs/uploads/"), "", "").await;
        assert_eq!(status, 202);
        let target =
            location.split_once(&self.addr.to_string()).map_or(location.as_str(), |(_, target)| target);
        let target = format!("{target}&digest={digest}");
        let (status, _) = self.send("PUT", &target, "application/octet-stream", &config).await;
        assert_eq!(status, 201);
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":{}}},"layers":[]}}"#,
            config.len()
        );
        self.push_manifest(repository, tag, MANIFEST, &manifest).await;
        (Digest::sha256(manifest.as_bytes()), manifest.len())
    }

    async fn push_manifest(&self, repository: &str, tag: &str, kind: &str, manifest: &str) {
        let (status, _) =
            self.send("PUT", &format!("/v2/{repository}/manifests/{tag}"), kind, manifest).await;
        assert_eq!(status, 201, "{manifest}");
    }
}

#[tokio::test]
async fn a_real_registry_with_passwords() {
    let Some(registry) = Registry::start(true) else { return };
    let (digest, length) = registry.push("team/app", "1", "amd64").await;
    let amd64 = Platform::parse("linux/amd64").unwrap();

    let found = pulled(asked(&registry.about("team/app:1")).await);
    assert_eq!((&found.digest, &found.platforms[..]), (&digest, &[amd64.clone()][..]));
    assert!(found.credential_used);
    let pinned = pulled(asked(&registry.about(&format!("team/app@{digest}"))).await);
    assert_eq!(pinned, found);

    let (arm, arm_length) = registry.push("team/app", "arm", "arm64").await;
    let outcome = asked(&registry.about("team/app:arm")).await;
    assert!(matches!(outcome, Outcome::WrongArchitecture { .. }), "{outcome:?}");

    let entry = |digest: &Digest, length: usize, architecture: &str| {
        format!(
            r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","size":{length},"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#
        )
    };
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{},{}]}}"#,
        entry(&digest, length, "amd64"),
        entry(&arm, arm_length, "arm64")
    );
    registry.push_manifest("team/app", "both", INDEX, &index).await;
    let both = pulled(asked(&registry.about("team/app:both")).await);
    assert_eq!((both.digest, both.platforms.len()), (Digest::sha256(index.as_bytes()), 2));
}

#[tokio::test]
async fn a_real_registry_refuses() {
    let Some(registry) = Registry::start(true) else { return };
    registry.push("team/app", "1", "amd64").await;
    let outcome =
        asked(&Question { credential: password("me", "old"), ..registry.about("team/app:1") }).await;
    assert!(matches!(outcome, Outcome::CredentialRejected { .. }), "{outcome:?}");
    let outcome = asked(&Question { credential: None, ..registry.about("team/app:1") }).await;
    assert!(matches!(outcome, Outcome::NoCredential { .. }), "{outcome:?}");
    let outcome = asked(&registry.about("team/app:2")).await;
    assert!(matches!(outcome, Outcome::TagMissing), "{outcome:?}");
    let outcome = asked(&registry.about("team/none:1")).await;
    assert!(matches!(outcome, Outcome::NoAccess { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_real_registry_for_anybody() {
    let Some(registry) = Registry::start(false) else { return };
    let (digest, _) = registry.push("app", "latest", "amd64").await;
    let found = pulled(asked(&registry.about("app")).await);
    assert_eq!(found.digest, digest);
    assert!(!found.credential_used);
    let outcome = asked(&registry.about("none")).await;
    assert!(matches!(outcome, Outcome::NoAccess { .. }), "{outcome:?}");
}
