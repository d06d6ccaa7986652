//! From a kubeconfig, or a pod's own service account, to what `kube` connects with.

use super::exec;
use super::trouble::{Fault, Trouble, chain};
use crate::config::Origin;
use base64::Engine;
use hob_base::wording::listed;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use std::path::{Path, PathBuf};

/// Where a context of a kubeconfig leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reached {
    /// The context.
    pub(crate) context: String,
    /// The address of the API server.
    pub(crate) server: String,
}

/// What `kube` connects with, and when it ends where that is known.
pub(super) async fn load(origin: &Origin) -> Result<(kube::Config, Option<i64>), Trouble> {
    match origin {
        Origin::InCluster => {
            let config = kube::Config::incluster().map_err(|error| {
                Trouble::new(
                    Fault::Setup,
                    "Hob does not run in a pod with a service account, so it cannot reach the cluster from within.",
                    &chain(&error),
                )
                .remedy("Name a kubeconfig instead, or set automountServiceAccountToken: true on Hob's pod.")
            })?;
            Ok((config, None))
        }
        Origin::Kubeconfig { files, context } => {
            let (merged, name) = read(files.clone(), context.clone()).await?;
            let options = KubeConfigOptions { context: Some(name), cluster: None, user: None };
            let shown = shown(files);
            let mut config = kube::Config::from_custom_kubeconfig(merged, &options)
                .await
                .map_err(|error| unusable(&shown, &error))?;
            if let Some(provider) = &config.auth_info.auth_provider
                && provider.config.contains_key("cmd-path")
            {
                return Err(provider_with_program(&shown, &provider.name));
            }
            let expires_ms = exec::sign_in(&mut config).await?;
            Ok((config, expires_ms))
        }
    }
}

/// When the client certificate that is shown ends, in milliseconds since 1970; `None` where there is none. It is the one
/// thing of a kubeconfig that breaks by itself, a year after the cluster was installed.
pub(super) async fn certificate_ends(config: &kube::Config) -> Option<i64> {
    let base64 = &base64::engine::general_purpose::STANDARD;
    let pem = match (&config.auth_info.client_certificate_data, &config.auth_info.client_certificate) {
        (Some(data), _) => base64.decode(data.trim()).ok()?,
        (None, Some(file)) => tokio::fs::read(file).await.ok()?,
        (None, None) => return None,
    };
    let pem = String::from_utf8(pem).ok()?;
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END")?;
    let body: String = body.split_whitespace().collect();
    let fields = tls_probe::der::fields(&base64.decode(body).ok()?)?;
    fields.not_after.map(|seconds| seconds.saturating_mul(1000))
}

/// Where a kubeconfig leads, without asking anybody.
///
/// # Errors
/// What is wrong with it.
pub(crate) async fn where_it_leads(files: &[PathBuf], context: Option<&str>) -> Result<Reached, Trouble> {
    let (merged, context) = read(files.to_vec(), context.map(ToOwned::to_owned)).await?;
    let cluster =
        merged.contexts.iter().find(|named| named.name == context).and_then(|named| named.context.as_ref());
    let cluster =
        cluster.and_then(|context| merged.clusters.iter().find(|named| named.name == context.cluster));
    let server = cluster.and_then(|named| named.cluster.as_ref()).and_then(|cluster| cluster.server.clone());
    let Some(server) = server else {
        let sentence =
            format!("The context “{context}” of {} names a cluster without an address.", shown(files));
        return Err(Trouble::new(Fault::Setup, sentence, ""));
    };
    Ok(Reached { context, server: server.trim_end_matches('/').to_owned() })
}

/// Reads and merges the files, and finds the context that is meant.
async fn read(files: Vec<PathBuf>, context: Option<String>) -> Result<(Kubeconfig, String), Trouble> {
    let reading = tokio::task::spawn_blocking(move || {
        let merged = merge(&files)?;
        let name = choose(&merged, context.as_deref(), &shown(&files))?;
        Ok((merged, name))
    });
    reading.await.map_err(|error| {
        Trouble::new(Fault::Setup, "The kubeconfig could not be read.", &error.to_string())
    })?
}

/// One file after the other; of what two files name, the first wins, as with kubectl.
fn merge(files: &[PathBuf]) -> Result<Kubeconfig, Trouble> {
    let mut merged: Option<Kubeconfig> = None;
    for file in files {
        // A list in $KUBECONFIG may name files that are not there.
        if files.len() > 1 && !file.exists() {
            continue;
        }
        let next = Kubeconfig::read_from(file).map_err(|error| unreadable(file, &error))?;
        merged = Some(match merged {
            None => next,
            Some(before) => before.merge(next).map_err(|error| unreadable(file, &error))?,
        });
    }
    merged
        .ok_or_else(|| Trouble::new(Fault::Setup, format!("There is no kubeconfig at {}.", shown(files)), ""))
}

/// The context that is meant: the named one, the current one, or the only one.
fn choose(config: &Kubeconfig, wanted: Option<&str>, shown: &str) -> Result<String, Trouble> {
    let names: Vec<String> = config.contexts.iter().map(|named| format!("“{}”", named.name)).collect();
    let wanted = wanted.or(config.current_context.as_deref()).filter(|name| !name.is_empty());
    let has = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", listed(&names)) };
    match (wanted, config.contexts.as_slice()) {
        (Some(name), contexts) if contexts.iter().any(|named| named.name == name) => Ok(name.to_owned()),
        (Some(name), _) => {
            let sentence = format!("The kubeconfig {shown} does not hold the context “{name}”: {has}.");
            Err(Trouble::new(Fault::Setup, sentence, "")
                .remedy("Name one that it has with context = \"…\" in hob.toml."))
        }
        (None, [only]) => Ok(only.name.clone()),
        (None, _) => {
            let sentence =
                format!("The kubeconfig {shown} does not say which context is the current one; {has}.");
            Err(Trouble::new(Fault::Setup, sentence, "").remedy("Name one with context = \"…\" in hob.toml."))
        }
    }
}

/// An auth-provider runs a program without any limit, and Kubernetes itself gave them up.
fn provider_with_program(shown: &str, name: &str) -> Trouble {
    let sentence = format!(
        "The kubeconfig {shown} signs in by the auth-provider “{name}”, which Kubernetes gave up in version 1.26."
    );
    Trouble::new(Fault::Setup, sentence, "")
        .remedy("Have it written anew with an exec plugin, or use a service account's token for Hob.")
}

fn shown(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    names.join(":")
}

fn unreadable(file: &Path, error: &KubeconfigError) -> Trouble {
    let file = file.display();
    let evidence = chain(error);
    match error {
        KubeconfigError::ReadConfig(io, _) if io.kind() == std::io::ErrorKind::NotFound => {
            Trouble::new(Fault::Setup, format!("There is no kubeconfig at {file}."), &evidence)
        }
        KubeconfigError::ReadConfig(io, _) if io.kind() == std::io::ErrorKind::PermissionDenied => {
            Trouble::new(Fault::Setup, format!("Hob may not read the kubeconfig {file}."), &evidence).remedy(
                format!("Copy it to a file that only Hob's user may read: install -m 600 -o hob {file} /etc/hob/kubeconfig"),
            )
        }
        KubeconfigError::Parse(_) => {
            Trouble::new(Fault::Setup, format!("The file {file} is not a kubeconfig."), &evidence)
        }
        _ => Trouble::new(Fault::Setup, format!("The kubeconfig {file} cannot be used."), &evidence),
    }
}

fn unusable(shown: &str, error: &KubeconfigError) -> Trouble {
    let evidence = chain(error);
    let setup = |sentence: String| Trouble::new(Fault::Setup, sentence, &evidence);
    match error {
        KubeconfigError::LoadClusterOfContext(cluster) => {
            setup(format!("The kubeconfig {shown} names the cluster “{cluster}”, which it does not hold."))
        }
        KubeconfigError::MissingClusterUrl => {
            setup(format!("The kubeconfig {shown} has no address of an API server."))
        }
        KubeconfigError::ParseClusterUrl(_) => setup(format!(
            "The address of the API server in {shown} is not one; it looks like https://192.168.1.5:6443."
        )),
        KubeconfigError::LoadCertificateAuthority(_) => {
            setup(format!("The certificate authority that the kubeconfig {shown} names cannot be read."))
        }
        KubeconfigError::LoadClientCertificate(_) | KubeconfigError::LoadClientKey(_) => {
            setup(format!("The client certificate or key that the kubeconfig {shown} names cannot be read."))
        }
        KubeconfigError::ParseProxyUrl(_) | KubeconfigError::ParseNoProxy(_) => {
            setup("The address of the proxy (proxy-url, HTTPS_PROXY or NO_PROXY) cannot be read.".to_owned())
        }
        _ => setup(format!("The kubeconfig {shown} cannot be used.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "apiVersion: v1\nkind: Config\ncurrent-context: home\nclusters:\n- name: c\n  cluster:\n    server: https://192.168.1.5:6443/\n\
        contexts:\n- name: home\n  context: {cluster: c, user: u}\n- name: work\n  context: {cluster: gone, user: u}\nusers: []\n";

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[tokio::test]
    async fn the_current_context_leads_to_its_server() {
        let (_dir, path) = file(TWO);
        let reached = where_it_leads(&[path], None).await.unwrap();
        assert_eq!(reached, Reached { context: "home".into(), server: "https://192.168.1.5:6443".into() });
    }

    #[tokio::test]
    async fn what_is_wrong_is_said_with_what_would_be_right() {
        let (_dir, path) = file(TWO);
        let shown = path.display().to_string();
        let origin =
            |context: &str| Origin::Kubeconfig { files: vec![path.clone()], context: Some(context.into()) };
        let said = load(&origin("nas")).await.unwrap_err();
        assert_eq!(
            said.sentence,
            format!("The kubeconfig {shown} does not hold the context “nas”: it has “home” and “work”.")
        );
        let said = load(&origin("work")).await.unwrap_err();
        assert_eq!(
            said.sentence,
            format!("The kubeconfig {shown} names the cluster “gone”, which it does not hold.")
        );
        let said = where_it_leads(&[PathBuf::from("/nowhere/config")], None).await.unwrap_err();
        assert_eq!(said.sentence, "There is no kubeconfig at /nowhere/config.");
        let (_dir, path) = file("- a\n- b\n");
        let said = where_it_leads(std::slice::from_ref(&path), None).await.unwrap_err();
        assert_eq!(said.sentence, format!("The file {} is not a kubeconfig.", path.display()));
    }

    #[tokio::test]
    async fn a_program_that_nothing_limits_is_not_run() {
        let dir = tempfile::tempdir().unwrap();
        let ran = dir.path().join("ran");
        let user = format!(
            "users:\n- name: u\n  user:\n    auth-provider:\n      name: gcp\n      config: {{cmd-path: touch, cmd-args: {}}}\n",
            ran.display()
        );
        let (_file, path) = file(&TWO.replace("users: []\n", &user));
        let origin = Origin::Kubeconfig { files: vec![path], context: None };
        let said = crate::client::Api::open(&origin).await.map(|_| ()).unwrap_err();
        assert!(said.sentence.contains("auth-provider “gcp”"), "{said:?}");
        assert!(!ran.exists());
    }

    #[tokio::test]
    async fn files_are_merged_as_kubectl_does() {
        let (_a, first) = file("apiVersion: v1\nkind: Config\ncurrent-context: home\n");
        let (_b, second) = file(TWO);
        let reached = where_it_leads(&[first, PathBuf::from("/nowhere"), second], None).await.unwrap();
        assert_eq!(reached.server, "https://192.168.1.5:6443");
    }
}
