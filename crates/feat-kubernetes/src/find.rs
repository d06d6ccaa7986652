//! Finds a cluster that nobody named: the one that Hob runs in, else the one of the owner's kubeconfig.
//!
//! A kubeconfig on a laptop may lead to a cluster at work. So one is watched without being asked only if its API server has
//! no public address; any other is named on the page, with the lines for `hob.toml` that have it watched.

use crate::client::{self, Trouble};
use crate::clusters::Candidate;
use crate::config::{ClusterSettings, Origin, name_for};
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tls_probe::public;

/// How long a name may take to be resolved.
const RESOLVE_WITHIN: Duration = Duration::from_secs(5);

/// Where clusters are looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// `KUBERNETES_SERVICE_HOST`, which every pod has.
    pub(crate) service_host: Option<OsString>,
    /// The token of the pod's service account.
    pub(crate) token: PathBuf,
    /// `KUBECONFIG`.
    pub(crate) kubeconfig: Option<OsString>,
    /// The home directory.
    pub(crate) home: Option<PathBuf>,
    /// Where k3s leaves its kubeconfig.
    pub(crate) k3s: PathBuf,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn here() -> Self {
        Self {
            service_host: std::env::var_os("KUBERNETES_SERVICE_HOST"),
            token: PathBuf::from("/var/run/secrets/kubernetes.io/serviceaccount/token"),
            kubeconfig: std::env::var_os("KUBECONFIG"),
            home: std::env::var_os("HOME").map(PathBuf::from),
            k3s: PathBuf::from("/etc/rancher/k3s/k3s.yaml"),
        }
    }

    /// Whether Hob runs in a pod that may speak to its cluster.
    fn in_cluster(&self) -> bool {
        self.service_host.as_ref().is_some_and(|host| !host.is_empty()) && self.token.exists()
    }

    /// The kubeconfigs that are there, the one that kubectl would take first.
    fn kubeconfigs(&self) -> Vec<Vec<PathBuf>> {
        let named = self.kubeconfig.as_ref().filter(|value| !value.is_empty());
        let first: Vec<PathBuf> = match named {
            Some(value) => std::env::split_paths(value).filter(|path| !path.as_os_str().is_empty()).collect(),
            None => self.home.iter().map(|home| home.join(".kube/config")).collect(),
        };
        let there = |files: &Vec<PathBuf>| files.iter().any(|file| file.exists());
        [first, vec![self.k3s.clone()]].into_iter().filter(there).collect()
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The cluster that is watched.
    pub(crate) cluster: Option<ClusterSettings>,
    /// What is only named.
    pub(crate) candidates: Vec<Candidate>,
}

/// Looks for a cluster.
pub(crate) async fn find(around: &Surroundings) -> Found {
    if around.in_cluster() {
        return Found {
            cluster: Some(ClusterSettings::new("home", Origin::InCluster)),
            candidates: Vec::new(),
        };
    }
    let mut found = Found::default();
    for files in around.kubeconfigs() {
        match look(&files).await {
            Ok(cluster) if found.cluster.is_none() => found.cluster = Some(cluster),
            // The same cluster most likely, by another file.
            Ok(_) => {}
            Err(candidate) => found.candidates.push(candidate),
        }
    }
    found
}

async fn look(files: &[PathBuf]) -> Result<ClusterSettings, Candidate> {
    let reached = match client::where_it_leads(files, None).await {
        Ok(reached) => reached,
        Err(trouble) => return Err(unusable(files, &trouble)),
    };
    let name = name_for(&reached.context);
    let candidate = |reason: String| Candidate {
        origin: format!("{}, context “{}”", origin_words(files), reached.context),
        server: reached.server.clone(),
        reason,
        lines: lines(&name, files, &reached.context),
        name: name.clone(),
    };
    match addresses(&reached.server).await {
        None => Err(candidate(format!("The name in its address {} could not be resolved.", reached.server))),
        Some(addresses) if addresses.iter().any(|address| public::check(*address).is_ok()) => Err(candidate(
            "Its API server has a public address, so it may be somebody else's; it is watched when you say so.".to_owned(),
        )),
        Some(_) => {
            let context = Some(reached.context.clone());
            Ok(ClusterSettings::new(&name, Origin::Kubeconfig { files: files.to_vec(), context }))
        }
    }
}

fn unusable(files: &[PathBuf], trouble: &Trouble) -> Candidate {
    Candidate {
        name: "home".to_owned(),
        origin: origin_words(files),
        server: String::new(),
        reason: trouble.sentence.clone(),
        lines: String::new(),
    }
}

/// How a kubeconfig is named to people.
pub(crate) fn origin_words(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    format!("the kubeconfig {}", names.join(":"))
}

/// The lines of `hob.toml` that have a cluster watched.
fn lines(name: &str, files: &[PathBuf], context: &str) -> String {
    let file = files.iter().find(|file| file.exists()).map(PathBuf::as_path).unwrap_or(Path::new(""));
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    format!(
        "[[kubernetes]]\nname = {}\nkubeconfig = {}\ncontext = {}\n",
        quoted(name),
        quoted(&file.display().to_string()),
        quoted(context)
    )
}

/// The addresses of a server; `None` where its name is not known.
async fn addresses(server: &str) -> Option<Vec<IpAddr>> {
    let uri: http::Uri = server.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    if let Ok(address) = host.parse() {
        return Some(vec![address]);
    }
    let looking = tokio::net::lookup_host((host, uri.port_u16().unwrap_or(443)));
    let found = tokio::time::timeout(RESOLVE_WITHIN, looking).await.ok()?.ok()?;
    Some(found.map(|address| address.ip()).collect()).filter(|addresses: &Vec<IpAddr>| !addresses.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubeconfig(dir: &Path, name: &str, server: &str) -> PathBuf {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: admin@lab\nclusters:\n- name: c\n  cluster: {{server: \"{server}\"}}\n\
             contexts:\n- name: admin@lab\n  context: {{cluster: c, user: u}}\nusers: []\n"
        );
        std::fs::write(&path, text).unwrap();
        path
    }

    #[tokio::test]
    async fn a_cluster_in_the_house_is_watched() {
        let dir = tempfile::tempdir().unwrap();
        let path = kubeconfig(dir.path(), ".kube/config", "https://192.168.1.5:6443");
        let around = Surroundings { home: Some(dir.path().to_owned()), ..Surroundings::default() };
        let found = find(&around).await;
        let origin = Origin::Kubeconfig { files: vec![path], context: Some("admin@lab".to_owned()) };
        assert_eq!(found.cluster, Some(ClusterSettings::new("lab", origin)));
        assert_eq!(found.candidates, []);
    }

    #[tokio::test]
    async fn one_at_a_public_address_is_only_named_with_the_lines_that_turn_it_on() {
        let dir = tempfile::tempdir().unwrap();
        let work = kubeconfig(dir.path(), "work", "https://8.8.8.8");
        let k3s = kubeconfig(dir.path(), "k3s.yaml", "https://127.0.0.1:6443");
        let around = Surroundings { kubeconfig: Some(work.clone().into()), k3s, ..Surroundings::default() };
        let found = find(&around).await;
        assert!(found.cluster.is_some(), "the other file leads into the house");
        assert!(found.candidates[0].reason.contains("public address"), "{found:?}");
        assert_eq!(
            found.candidates[0].lines,
            format!(
                "[[kubernetes]]\nname = \"lab\"\nkubeconfig = \"{}\"\ncontext = \"admin@lab\"\n",
                work.display()
            )
        );
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_named_and_nothing_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("k3s.yaml");
        std::fs::write(&path, "[]").unwrap();
        let around = Surroundings { k3s: path, ..Surroundings::default() };
        assert!(find(&around).await.candidates[0].reason.contains("is not a kubeconfig"));
        assert_eq!(find(&Surroundings::default()).await, Found::default());
    }

    #[tokio::test]
    async fn within_a_pod_it_is_the_cluster_around_it() {
        let dir = tempfile::tempdir().unwrap();
        let token = dir.path().join("token");
        std::fs::write(&token, "x").unwrap();
        let around =
            Surroundings { service_host: Some("10.43.0.1".into()), token, ..Surroundings::default() };
        assert_eq!(find(&around).await.cluster.map(|cluster| cluster.origin), Some(Origin::InCluster));
    }
}
