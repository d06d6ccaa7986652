//! What the messages of GitOps tools mean: git, registries, charts, manifests and the API server each have words of their
//! own, and Argo CD and Flux pass them on.

/// What a message means.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// For programs.
    pub(super) word: &'static str,
    /// Why, as a clause: “the folder that it names is not in its repository”.
    pub(super) clause: &'static str,
    /// The next step.
    pub(super) remedy: &'static str,
}

/// Any of the words on the left, in lower case, means what stands on the right. The first row counts, so that what is
/// narrow stands before what is wide.
type Row = (&'static [&'static str], Cause);

macro_rules! rows {
    ($([$($needle:literal),+] => $word:literal, $clause:literal, $remedy:literal;)*) => {
        &[$((&[$($needle),+], Cause { word: $word, clause: $clause, remedy: $remedy }),)*]
    };
}

const ROWS: &[Row] = rows! {
    ["app path does not exist", "kustomization path not found", "kustomization.yaml not found", "path does not exist", "unable to find one of 'kustomization.yaml'"]
        => "path-missing", "the folder that it names is not in its repository",
        "Correct the path, or put the folder back into the repository.";
    ["no clusters with this name", "unable to find destination server", "destination server missing", "cluster not configured"]
        => "destination", "the cluster that it is for is not known to Argo CD",
        "Correct spec.destination, or add the cluster: argocd cluster add.";
    ["is not permitted in project", "not permitted to use project", "references project", "is not permitted by project"]
        => "project", "its project does not allow it, or does not exist",
        "Allow the repository, destination and kinds in the AppProject, or name another project.";
    ["another operation (install/upgrade/rollback) is in progress", "release is in a pending state", "pending-install", "pending-upgrade", "pending-rollback"]
        => "helm-locked", "Helm still counts an earlier operation as running, which was broken off",
        "See it with “helm history” and end it with “helm rollback”, or delete the newest secret sh.helm.release.v1… of the release.";
    ["cannot re-use a name that is still in use"]
        => "helm-name", "a release of that name is already installed",
        "Uninstall the other release, or choose another name.";
    ["cannot be imported into the current release", "invalid ownership metadata"]
        => "helm-ownership", "an object of that name exists already and belongs to something else",
        "Delete that object, or give it to the release by the labels and annotations of Helm.";
    ["don't meet the specifications of the schema", "additional properties", "values don't meet"]
        => "values", "its values are not what the chart takes",
        "Compare the values with the chart's values.schema.json; after a new version of the chart, read its notes.";
    ["pre-install hook", "post-install hook", "pre-upgrade hook", "post-upgrade hook", "pre-install", "pre-upgrade", "post-upgrade", "post-install", "backoffLimitExceeded", "job has reached the specified backoff limit"]
        => "hook", "a job that the chart runs before or after it failed",
        "Look at the log of that job: kubectl get jobs,pods in the namespace.";
    ["sops", "failed to get the data key", "error decrypting", "decryption failed", "cannot decrypt", "no identity matched"]
        => "decryption", "a secret cannot be decrypted with the key that is there",
        "Check that the age or GPG key of spec.decryption is the one the files were encrypted for.";
    ["variable substitution failed", "envsubst", "variable not set"]
        => "substitution", "a variable that its files use is not set",
        "Look at spec.postBuild: the ConfigMaps and Secrets it takes variables from.";
    ["is immutable", "field is immutable", "may not be changed", "updates to statefulset spec for fields other than", "cannot change"]
        => "immutable", "a field that cannot be changed is to be changed",
        "Delete the object and let it be made anew, or take the change back; for a StatefulSet “kubectl delete --cascade=orphan” keeps its pods.";
    ["no matches for kind", "could not find the requested resource", "ensure crds are installed first", "resource mapping not found"]
        => "crd-missing", "a kind of object that it uses is not installed in the cluster",
        "Install the custom resource definitions first, and let this depend on what installs them.";
    ["exceeded quota"]
        => "quota", "the quota of the namespace is used up", "Raise the ResourceQuota, or ask for less.";
    ["admission webhook", "denied the request", "failed calling webhook"]
        => "webhook", "a webhook of the cluster refuses it or does not answer",
        "The message names the webhook: look at its policy and whether its pods run.";
    ["is forbidden: user", "cannot get resource", "cannot patch resource", "cannot create resource", "impersonat"]
        => "rights", "its service account may not do that in the cluster",
        "Grant it the right by a Role and a RoleBinding.";
    ["unable to recognize", "error converting yaml", "yaml: line", "yaml: unmarshal", "mapping values are not allowed", "did not find expected", "json: cannot unmarshal", "unknown field", "strict decoding error", "failed to decode", "error validating", "is invalid:", "validation failed", "required value", "unsupported value"]
        => "manifest", "one of its files is not what Kubernetes takes",
        "The message names the file or field; mend it in the repository.";
    ["knownhosts", "known_hosts", "host key verification failed", "key mismatch", "unknown host key"]
        => "host-key", "the server of its repository shows a key that is not known",
        "If the server really has a new key, put it into the known hosts of the credential.";
    ["digest mismatch", "checksum", "does not match digest", "integrity", "signature", "no matching signatures", "verification failed", "failed to verify"]
        => "checksum", "what was fetched is not what it was said to be: its checksum or signature is wrong",
        "Do not switch the check off: find out who changed it, or give the new key or digest.";
    ["x509", "certificate signed by unknown authority", "certificate has expired", "tls: failed to verify"]
        => "certificate", "the certificate of its source is not trusted",
        "Renew that certificate, or give the authority that signed it in the secret of the source.";
    ["authentication required", "authentication failed", "authorization failed", "invalid username or password", "invalid credentials", "permission denied (publickey", "unable to authenticate", "could not read username", "could not read password", "unauthorized", " 401", "403 forbidden", "status code 403", "access denied", "denied: ", "no supported methods remain", "bad credentials", "token expired", "secret not found", "failed to get secret", "failed to fetch anonymous token"]
        => "credential", "its source does not take the credential, or there is none",
        "Make a new token or key and put it into the secret that the source names.";
    ["repository not found", "project you were looking for could not be found", "does not appear to be a git repository", "name unknown", "repository does not exist", "nosuchbucket", "bucket does not exist"]
        => "repository-missing", "its repository does not exist, or the credential may not see it",
        "Correct the address, or let the token read that repository.";
    ["couldn't find remote ref", "unable to resolve", "unknown revision", "reference not found", "failed to resolve revision", "no match found for semver", "could not find tag", "no such ref", "unable to find branch", "ambiguous argument", "failed to resolve ref", "manifest unknown"]
        => "revision-missing", "the branch, tag or commit that it names does not exist",
        "Correct the revision, or push it.";
    ["no chart version found", "no chart name found", "chart not found", "improper constraint", "could not download", "failed to fetch chart", "chart version", "404 not found", "status code: 404", "could not find chart"]
        => "chart-missing", "the chart or the version that it names does not exist where it is looked for",
        "Look up which versions there are, and correct the name, the version or the repository.";
    ["no such host", "server misbehaving", "name resolution", "could not resolve host"]
        => "dns", "the name of its source cannot be resolved",
        "Check the name and the DNS of the cluster.";
    ["dial tcp", "connection refused", "connection reset", "i/o timeout", "tls handshake timeout", "unexpected eof", "network is unreachable", "no route to host", "bad gateway", "service unavailable", "gateway timeout", "context deadline exceeded (client.timeout", "failed to download archive", "too many requests", " 429"]
        => "network", "its source cannot be reached", "Check whether the server answers, and the way from the cluster to it.";
    ["source artifact not found", "artifact not found", "source is not ready", "not ready: latest generation", "helmchart", "latest generation of object has not been reconciled", "artifact is not ready", "no artifact available"]
        => "source", "its source is not there or not ready",
        "Look at the source that it names.";
    ["timeout waiting for", "timed out waiting", "health check failed", "context deadline exceeded", "exceeded its progress deadline", "client rate limiter wait returned", "resource not ready", "still creating", "deadline exceeded"]
        => "not-ready", "what it installs does not become ready in time",
        "Look at the pods that do not start.";
    ["namespaces \"", "namespace not found"]
        => "namespace", "the namespace that it is for does not exist",
        "Make the namespace, or let it be made (CreateNamespace, install.createNamespace).";
    ["error getting helm repos", "helm template", "manifest generation error", "failed to generate manifest", "kustomize build", "execution error at", "template: ", "nil pointer evaluating", "failed to template", "accumulating resources", "kustomize"]
        => "render", "its manifests cannot be made from what is in the repository",
        "Run helm template or kustomize build on that revision to see the fault.";
};

/// What a message means, if it is one of those that are known.
pub(super) fn cause(message: &str) -> Option<&'static Cause> {
    let message = message.to_ascii_lowercase();
    let is_row =
        |(needles, _): &&Row| needles.iter().any(|needle| message.contains(&needle.to_ascii_lowercase()));
    ROWS.iter().find(is_row).map(|(_, cause)| cause)
}

/// `clause` of a message, or the message itself where it is not known.
pub(super) fn why(message: &str) -> String {
    match cause(message) {
        Some(cause) => cause.clause.to_owned(),
        None if message.trim().is_empty() => "it does not say why".to_owned(),
        None => format!("“{}”", super::words::cut(message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &[(&str, &str)] = &[
        (
            "rpc error: code = Unknown desc = path/in/git/repo/which/does/not/exist: app path does not exist",
            "path-missing",
        ),
        (
            "unable to find destination server: there are no clusters with this name: i-dont-exist",
            "destination",
        ),
        (
            "application destination server 'https://x' and namespace 'y' do not match any of the allowed destinations in project 'z': destination is not permitted in project 'z'",
            "project",
        ),
        (
            "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = Manifest generation error (cached): error getting helm repos: error retrieving helm dependency repos: error reading helm chart from charts/Chart.yaml: open charts/Chart.yaml: no such file or directory",
            "render",
        ),
        (
            "failed to checkout and determine revision: unable to clone 'https://github.com/me/fleet.git': authentication required",
            "credential",
        ),
        (
            "failed to checkout and determine revision: unable to list remote for 'https://gitlab.example/x.git': authorization failed",
            "credential",
        ),
        (
            "failed to checkout and determine revision: unable to clone 'ssh://git@github.com/me/fleet': couldn't find remote ref \"refs/heads/man\"",
            "revision-missing",
        ),
        (
            "Failed to load target state: failed to get git client for repo: rpc error: code = Unknown desc = unable to resolve 'man' to a commit SHA",
            "revision-missing",
        ),
        (
            "chart pull error: failed to download chart for remote reference: failed to get 'oci://ghcr.io/x:0.10.0': failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 403 Forbidden",
            "credential",
        ),
        (
            "invalid chart reference: failed to get chart version for remote reference: no chart version found for jellyfin-99.0.0",
            "chart-missing",
        ),
        (
            "failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example/index.yaml : 404 Not Found",
            "chart-missing",
        ),
        (
            "failed to fetch Helm repository index: Get \"https://charts.example/index.yaml\": dial tcp: lookup charts.example on 10.43.0.10:53: no such host",
            "dns",
        ),
        (
            "Helm install failed for release media/jellyfin with chart jellyfin@1.0.0: context deadline exceeded",
            "not-ready",
        ),
        (
            "Helm upgrade failed for release media/x with chart x@2: cannot patch \"x\" with kind StatefulSet: StatefulSet.apps \"x\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
            "immutable",
        ),
        (
            "Helm upgrade failed for release media/x with chart x@2: another operation (install/upgrade/rollback) is in progress",
            "helm-locked",
        ),
        (
            "Helm install failed: values don't meet the specifications of the schema(s) in the following chart(s):",
            "values",
        ),
        ("timeout waiting for: [Deployment/web/jellyfin status: 'InProgress']", "not-ready"),
        (
            "ServiceMonitor/monitoring/x dry-run failed: no matches for kind \"ServiceMonitor\" in version \"monitoring.coreos.com/v1\"",
            "crd-missing",
        ),
        (
            "Secret/x/y is SOPS encrypted, configuring decryption is required for this secret to be reconciled",
            "decryption",
        ),
        (
            "failed to decrypt and format 'x.yaml' secret data: error decrypting sops tree: cannot get sops data key: 0 successful groups required, got 0",
            "decryption",
        ),
        (
            "Ingress/web/x dry-run failed (Forbidden): ingresses.networking.k8s.io \"x\" is forbidden: User \"system:serviceaccount:web:flux\" cannot patch resource \"ingresses\"",
            "rights",
        ),
        ("Source artifact not found, retrying in 30s", "source"),
        ("HelmChart 'flux-system/media-jellyfin' is not ready", "source"),
        (
            "kustomization path not found: stat /tmp/kustomization-1/apps/home: no such file or directory",
            "path-missing",
        ),
        ("artifact digest mismatch: expected sha256:a got sha256:b", "checksum"),
        ("dial tcp 140.82.121.4:443: i/o timeout", "network"),
        ("GET https://charts.example/index.yaml: unexpected status code 401", "credential"),
        // Numbers within versions and digests are no answers of a server.
        (
            "Helm upgrade failed for release media/x with chart x@1.401.0+d429c401bc12: context deadline exceeded",
            "not-ready",
        ),
    ];

    #[test]
    fn messages_as_the_tools_write_them_are_understood() {
        for (message, word) in MESSAGES {
            assert_eq!(cause(message).map(|cause| cause.word), Some(*word), "{message}");
        }
        assert_eq!(cause("something new"), None);
        assert_eq!(why("something\nnew"), "“something new”");
    }

    #[test]
    fn every_cause_is_a_clause_and_a_sentence() {
        for (_, cause) in ROWS {
            assert!(!cause.clause.ends_with('.') && cause.remedy.ends_with('.'), "{cause:?}");
        }
    }
}
