//! Exec plugins: programs that a kubeconfig names and that print what to sign in with (`client.authentication.k8s.io`,
//! versions v1, v1beta1 and v1alpha1; Kubernetes' documentation, “client-go credential plugins”).
//!
//! Run here and not by `kube`, since a plugin that waits for a browser must not hang a hub that nobody sits at.

use super::trouble::{Fault, Trouble};
use base64::Engine;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde_json::{Value, json};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// How long a plugin may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that is read of what a plugin prints, and of what it complains of, in bytes each.
const PRINTED_MAX: usize = 1024 * 1024;

/// Runs the plugin, if the kubeconfig names one, and puts what it printed in its place. Returns when that ends, in
/// milliseconds since 1970.
pub(super) async fn sign_in(config: &mut kube::Config) -> Result<Option<i64>, Trouble> {
    let Some(exec) = config.auth_info.exec.take() else { return Ok(None) };
    let name = exec.command.clone().unwrap_or_default();
    let output = run(&exec, &name).await?;
    let status = read(&name, &output)?;
    let expires_ms = status["expirationTimestamp"]
        .as_str()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map(jiff::Timestamp::as_millisecond);
    let encoded = |key: &str| {
        let pem = status[key].as_str()?;
        Some(base64::engine::general_purpose::STANDARD.encode(pem))
    };
    let got = json!({
        "token": status["token"].as_str(),
        "client-certificate-data": encoded("clientCertificateData"),
        "client-key-data": encoded("clientKeyData"),
    });
    let got: AuthInfo = serde_json::from_value(got)
        .map_err(|_| failed(&name, "prints something else than a credential", ""))?;
    if got.token.is_none() && got.client_certificate_data.is_none() {
        return Err(failed(&name, "printed neither a token nor a certificate", ""));
    }
    if got.token.is_some() {
        config.auth_info.token = got.token;
    }
    if got.client_certificate_data.is_some() {
        config.auth_info.client_certificate_data = got.client_certificate_data;
        config.auth_info.client_key_data = got.client_key_data;
    }
    Ok(expires_ms)
}

async fn run(exec: &ExecConfig, name: &str) -> Result<Output, Trouble> {
    if name.is_empty() {
        return Err(Trouble::new(Fault::Setup, "The kubeconfig names an exec plugin without a command.", ""));
    }
    if exec.interactive_mode == Some(ExecInteractiveMode::Always) {
        return Err(failed(name, "wants to ask somebody, and nobody sits at this hub", "").remedy(
            "Use a service account's token for Hob: kubectl create serviceaccount, kubectl create token.",
        ));
    }
    let cluster = exec.provide_cluster_info.then(|| exec.cluster.clone()).flatten();
    let info = json!({
        "apiVersion": exec.api_version,
        "kind": "ExecCredential",
        "spec": { "interactive": false, "cluster": cluster },
    });
    let mut command = Command::new(name);
    command.args(exec.args.iter().flatten()).stdin(Stdio::null()).kill_on_drop(true);
    for variable in exec.env.iter().flatten() {
        if let (Some(key), Some(value)) = (variable.get("name"), variable.get("value")) {
            command.env(key, value);
        }
    }
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    match tokio::time::timeout(PATIENCE, output(command)).await {
        Err(_) => Err(failed(name, "did not end within 30 seconds; it may wait for somebody", "")),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
            let hint = exec.install_hint.clone();
            let trouble = failed(name, "is not installed on this machine", &error.to_string());
            Err(trouble.remedy(hint.filter(|hint| !hint.is_empty()).unwrap_or_else(|| {
                "Install it where Hob runs, or use a service account's token for Hob.".to_owned()
            })))
        }
        Ok(Err(error)) => Err(failed(name, "could not be started", &error.to_string())),
        Ok(Ok(output)) => Ok(output),
    }
}

/// Runs a program to its end. Who prints too much is no longer listened to, which ends it.
async fn output(mut command: Command) -> std::io::Result<Output> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (stdout, stderr) = tokio::join!(printed(child.stdout.take()), printed(child.stderr.take()));
    Ok(Output { status: child.wait().await?, stdout: stdout?, stderr: stderr? })
}

/// What comes, up to one byte too many.
async fn printed(from: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let Some(from) = from else { return Ok(bytes) };
    let most = u64::try_from(PRINTED_MAX).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// The field `status` of what the plugin printed.
fn read(name: &str, output: &Output) -> Result<Value, Trouble> {
    if output.stdout.len() > PRINTED_MAX {
        return Err(failed(name, "prints more than a credential has", ""));
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(failed(name, &format!("failed ({})", output.status), &complaint));
    }
    // What it printed is a secret: it is never shown, not even where it makes no sense.
    let printed: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| failed(name, "prints something else than a credential", &complaint))?;
    Ok(printed["status"].clone())
}

fn failed(name: &str, what: &str, evidence: &str) -> Trouble {
    Trouble::new(
        Fault::Setup,
        format!("The exec plugin “{name}”, which the kubeconfig names, {what}."),
        evidence,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(exec: &Value) -> kube::Config {
        let mut config = kube::Config::new("https://127.0.0.1:1".parse().unwrap());
        config.auth_info = serde_json::from_value(json!({ "exec": exec })).unwrap();
        config
    }

    fn script(text: &str) -> Value {
        json!({ "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", text],
                "env": [{"name": "WHO", "value": "hob"}], "interactiveMode": "IfAvailable" })
    }

    #[tokio::test]
    async fn what_a_plugin_prints_is_what_is_signed_in_with() {
        let print = r#"echo "{\"status\":{\"token\":\"for-$WHO\",\"expirationTimestamp\":\"2026-01-02T03:04:05Z\"}}""#;
        let mut config = config(&script(print));
        assert_eq!(sign_in(&mut config).await.unwrap(), Some(1_767_323_045_000));
        let auth = serde_json::to_value(&config.auth_info).unwrap();
        assert_eq!(auth["token"], "for-hob");
        assert!(config.auth_info.exec.is_none());
    }

    #[tokio::test]
    async fn a_plugin_that_gives_nothing_is_named_and_its_secrets_are_not() {
        for (exec, words) in [
            (
                json!({ "command": "kubelogin-that-nobody-has", "installHint": "brew install it" }),
                "“kubelogin-that-nobody-has”, which the kubeconfig names, is not installed",
            ),
            (script("echo who are you >&2; exit 3"), "failed (exit status: 3)"),
            (script("echo hunter2"), "prints something else than a credential"),
            (script("while :; do echo hunter2; done"), "prints more than a credential has"),
            (script("while echo noise >&2; do :; done; exit 4"), "failed ("),
            (script("echo '{\"status\":{}}'"), "neither a token nor a certificate"),
            (json!({ "command": "sh", "interactiveMode": "Always" }), "wants to ask somebody"),
        ] {
            let said = sign_in(&mut config(&exec)).await.unwrap_err();
            assert!(said.sentence.contains(words), "{said:?}");
            assert!(!format!("{said:?}").contains("hunter2"), "{said:?}");
        }
    }
}
