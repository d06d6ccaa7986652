//! The texts are what runtimes really wrote, as people quoted them in public issues; names are changed.

use super::*;

fn about(image: &str) -> About<'_> {
    About { image, secrets: &["ghcr"], namespace: "media", ..About::default() }
}

/// Texts of containerd through a kubelet.
const CONTAINERD: &[(Cause, &str, &str)] = &[
    (
        Cause::NoCredential,
        "ghcr.io/owner/app:1.2",
        r#"failed to pull and unpack image "ghcr.io/owner/app:1.2": failed to resolve reference "ghcr.io/owner/app:1.2": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aowner%2Fapp%3Apull&service=ghcr.io: 401 Unauthorized"#,
    ),
    (
        Cause::NoCredential,
        "ghcr.io/owner/app:1.2",
        r#"rpc error: code = Unknown desc = failed to pull and unpack image "ghcr.io/owner/app:1.2": failed to resolve reference "ghcr.io/owner/app:1.2": failed to authorize: failed to fetch anonymous token: unexpected status: 403 Forbidden"#,
    ),
    (
        Cause::CredentialRejected,
        "ghcr.io/owner/app:1.2",
        r#"rpc error: code = Unknown desc = failed to pull and unpack image "ghcr.io/owner/app:1.2": failed to resolve reference "ghcr.io/owner/app:1.2": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aowner%2Fapp%3Apull&service=ghcr.io: 403 Forbidden"#,
    ),
    (
        Cause::CredentialRejected,
        "ghcr.io/owner/app:1.2",
        r#"failed to resolve reference "ghcr.io/owner/app:1.2": failed to authorize: failed to fetch oauth token: denied: denied"#,
    ),
    (
        Cause::CredentialRejected,
        "123.dkr.ecr.eu-west-1.amazonaws.com/app:1",
        r#"failed to resolve reference "123.dkr.ecr.eu-west-1.amazonaws.com/app:1": unexpected status from HEAD request to https://123.dkr.ecr.eu-west-1.amazonaws.com/v2/app/manifests/1: 403 Forbidden"#,
    ),
    (
        Cause::NotAuthenticated,
        "ghcr.io/dexidp/dex:v2.32.0",
        r#"rpc error: code = Unknown desc = failed to pull and unpack image "ghcr.io/dexidp/dex:v2.32.0": failed to copy: httpReaderSeeker: failed open: failed to do request: unauthenticated: User cannot be authenticated with the token provided."#,
    ),
    (
        Cause::NameOrPrivate,
        "docker.io/owner/nothing:1",
        r#"failed to pull and unpack image "docker.io/owner/nothing:1": failed to resolve reference "docker.io/owner/nothing:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"#,
    ),
    (
        Cause::TagMissing,
        "nginx:9.99",
        r#"rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:9.99": failed to resolve reference "docker.io/library/nginx:9.99": docker.io/library/nginx:9.99: not found"#,
    ),
    (
        Cause::WrongPlatform,
        "foundationdb/fdb-kubernetes-operator:v2.6.0",
        r#"rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/foundationdb/fdb-kubernetes-operator:v2.6.0": no match for platform in manifest: not found"#,
    ),
    (
        Cause::RateLimited,
        "postgres:16",
        r#"failed to pull and unpack image "docker.io/library/postgres:16": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/postgres/manifests/sha256:aa: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit"#,
    ),
    (
        Cause::Dns,
        "ghcr.io/owner/app:1",
        r#"failed to do request: Head "https://ghcr.io/v2/owner/app/manifests/1": dial tcp: lookup ghcr.io on 192.168.1.1:53: no such host"#,
    ),
    (
        Cause::Dns,
        "ghcr.io/owner/app:1",
        r#"failed to authorize: failed to fetch anonymous token: Get "https://ghcr.io/token?scope=repository%3Aowner%2Fapp%3Apull&service=ghcr.io": dial tcp: lookup ghcr.io: Temporary failure in name resolution"#,
    ),
    (
        Cause::Dns,
        "ghcr.io/owner/app:1",
        r#"failed to do request: Head "https://ghcr.io/v2/owner/app/manifests/1": dial tcp: lookup ghcr.io on 10.0.0.1:53: read udp 10.0.0.2:40123->10.0.0.1:53: i/o timeout"#,
    ),
    (
        Cause::Timeout,
        "quay.io/owner/app:1",
        r#"failed to do request: Head "https://quay.io/v2/owner/app/manifests/1": dial tcp 34.1.2.3:443: i/o timeout"#,
    ),
    (
        Cause::Timeout,
        "quay.io/owner/app:1",
        r#"failed to do request: Head "https://quay.io/v2/owner/app/manifests/1": net/http: TLS handshake timeout"#,
    ),
    (
        Cause::Refused,
        "registry.home:5000/app:1",
        r#"failed to do request: Head "https://registry.home:5000/v2/app/manifests/1": dial tcp 192.168.1.5:5000: connect: connection refused"#,
    ),
    (
        Cause::Unreachable,
        "quay.io/owner/app:1",
        r#"failed to do request: Head "https://quay.io/v2/owner/app/manifests/1": dial tcp [2600:1f18::1]:443: connect: network is unreachable"#,
    ),
    (
        Cause::Certificate,
        "registry.home/app:1",
        r#"failed to do request: Head "https://registry.home/v2/app/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority"#,
    ),
    (
        Cause::PlainHttp,
        "registry.home:5000/app:1",
        r#"failed to do request: Head "https://registry.home:5000/v2/app/manifests/1": http: server gave HTTP response to HTTPS client"#,
    ),
    (
        Cause::RegistryError,
        "ghcr.io/owner/app:1",
        r#"unexpected status from HEAD request to https://ghcr.io/v2/owner/app/manifests/1: 503 Service Unavailable"#,
    ),
    (
        Cause::DiskFull,
        "ghcr.io/owner/app:1",
        r#"failed to pull and unpack image "ghcr.io/owner/app:1": failed to extract layer sha256:12: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs/usr/lib/x.so: no space left on device: unknown"#,
    ),
    (
        Cause::InvalidName,
        "Owner/App:1",
        r#"Failed to apply default image tag "Owner/App:1": couldn't parse image name "Owner/App:1": invalid reference format: repository name (Owner/App) must be lowercase"#,
    ),
    (Cause::NeverPulled, "app:dev", r#"Container image "app:dev" is not present with pull policy of Never"#),
    (
        Cause::OldFormat,
        "owner/old:1",
        r#"failed to pull and unpack image "docker.io/owner/old:1": not implemented: media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1, please rebuild the image as "application/vnd.docker.distribution.manifest.v2+json""#,
    ),
    (
        Cause::Interrupted,
        "owner/app:1",
        r#"failed to pull and unpack image "docker.io/owner/app:1": failed to copy: httpReadSeeker: failed open: failed to do request: Get "https://production.cloudflare.docker.com/x": EOF: unexpected EOF"#,
    ),
    (
        Cause::Unpack,
        "owner/app:1",
        r#"failed to pull and unpack image "docker.io/owner/app:1": failed to extract layer sha256:aa: failed to Lchown "/x" for UID 1000000: lchown /x: invalid argument"#,
    ),
];

/// Texts of CRI-O and Podman, then of Docker.
const OTHERS: &[(Cause, &str, &str)] = &[
    (
        Cause::TagMissing,
        "registry.mydomain/image",
        "rpc error: code = Unknown desc = Error reading manifest latest in registry.mydomain/image: manifest unknown: manifest unknown",
    ),
    (
        Cause::CredentialRejected,
        "registry.connect.redhat.com/x/y:3.11",
        "rpc error: code = Unknown desc = unable to retrieve auth token: invalid username/password: unauthorized: Please login to the Red Hat Registry using your Customer Portal credentials.",
    ),
    (
        Cause::CredentialRejected,
        "registry.company.xyz/ns/container:1.0",
        "rpc error: code = Unknown desc = Requesting bearer token: invalid status code from registry 403 (Forbidden)",
    ),
    (
        Cause::NameOrPrivate,
        "docker.io/x/y",
        "initializing source docker://x/y:latest: reading manifest latest in docker.io/x/y: requested access to the resource is denied",
    ),
    (
        Cause::NameOrPrivate,
        "quay.io/x/y:1.0",
        "initializing source docker://quay.io/x/y:1.0: reading manifest 1.0 in quay.io/x/y: unauthorized: access to the requested resource is not authorized",
    ),
    (
        Cause::WrongPlatform,
        "budibase/budibase",
        r#"choosing an image from manifest list docker://budibase/budibase:latest: no image found in image index for architecture amd64, variant "", OS linux"#,
    ),
    (
        Cause::WrongPlatform,
        "k8s.gcr.io/pause:3.2",
        "unable to pull image: Error choosing an image from manifest list docker://k8s.gcr.io/pause:3.2: no image found in manifest list for architecture arm64, variant v8, OS linux",
    ),
    (
        Cause::Refused,
        "localhost/ubuntu",
        r#"Error initializing source docker://localhost/ubuntu:latest: error pinging docker registry localhost: Get "https://localhost/v2/": dial tcp [::1]:443: connect: connection refused"#,
    ),
    (
        Cause::NoRegistry,
        "pihole",
        r#"short-name "pihole" did not resolve to an alias and no unqualified-search registries are defined in "/etc/containers/registries.conf""#,
    ),
    (
        Cause::Signature,
        "quay.io/x/y:1",
        "SignatureValidationFailed: image pull failed for quay.io/x/y:1 because the signature validation failed: Source image rejected: A signature was required, but no signature exists",
    ),
    (
        Cause::CredentialRejected,
        "ghcr.io/esnet/gdg:0.3.1",
        r#"Error response from daemon: Head "https://ghcr.io/v2/esnet/gdg/manifests/0.3.1": denied: denied"#,
    ),
    (
        Cause::CredentialRejected,
        "nginx",
        "Error response from daemon: Get https://registry-1.docker.io/v2/library/nginx/manifests/latest: unauthorized: incorrect username or password",
    ),
    (
        Cause::NameOrPrivate,
        "foo",
        "Error response from daemon: pull access denied for foo, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ),
    (
        Cause::TagMissing,
        "nginx:999",
        "Error response from daemon: manifest for nginx:999 not found: manifest unknown: manifest unknown",
    ),
    (
        Cause::WrongPlatform,
        "jasonish/suricata:6.0.1",
        "no matching manifest for linux/arm64/v8 in the manifest list entries",
    ),
    (
        Cause::Timeout,
        "nginx",
        r#"Error response from daemon: Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"#,
    ),
    (
        Cause::NoCredential,
        "123.dkr.ecr.eu-west-1.amazonaws.com/app:1",
        "Error response from daemon: Head https://123.dkr.ecr.eu-west-1.amazonaws.com/v2/app/manifests/1: no basic auth credentials",
    ),
    (
        Cause::CredentialRejected,
        "registry.gitlab.com/x/y:1",
        r#"Error response from daemon: Head "https://registry.gitlab.com/v2/x/y/manifests/1": denied: access forbidden"#,
    ),
    (
        Cause::Certificate,
        "registry-1.docker.io/selenium/hub",
        r#"Error response from daemon: Get "https://registry-1.docker.io/v2/": x509: certificate signed by unknown authority"#,
    ),
];

#[test]
fn texts_of_runtimes_mean_something() {
    for (cause, image, text) in CONTAINERD.iter().chain(OTHERS) {
        assert_eq!(cause_of(text, &about(image)), *cause, "{text}");
        let fault = classify(text, &about(image));
        assert!(fault.remedy.is_some(), "{cause:?} has no next step");
        assert!(fault.sentence.ends_with('.') && fault.sentence.contains(image), "{}", fault.sentence);
    }
}

#[test]
fn a_back_off_keeps_its_cause() {
    // Kubernetes 1.32 and later.
    let text = r#"Back-off pulling image "ghcr.io/owner/app:1": ErrImagePull: failed to resolve reference "ghcr.io/owner/app:1": failed to authorize: failed to fetch oauth token: denied: denied"#;
    assert!(cause_in(text).unwrap().starts_with("failed to resolve reference"));
    assert_eq!(classify(text, &about("ghcr.io/owner/app:1")).code, "image-pull-credential-rejected");
    // Before.
    assert_eq!(cause_in(r#"Back-off pulling image "ghcr.io/owner/app:1""#), None);
    assert_eq!(classify(r#"Back-off pulling image "a:1""#, &about("a:1")).code, "image-pull-unknown");
    assert_eq!(cause_in("Error: ErrImagePull"), Some("ErrImagePull"));
}

#[test]
fn the_words_are_a_persons() {
    let rejected = classify("failed to fetch oauth token: denied: denied", &about("ghcr.io/owner/app:1"));
    assert_eq!(
        rejected.sentence,
        "The registry ghcr.io rejects the login in the pull secret “ghcr” for the image “ghcr.io/owner/app:1”: it is expired, revoked, or may not read this image."
    );
    assert_eq!(
        rejected.remedy.as_deref(),
        Some(
            "Make a new token (classic) at https://github.com/settings/tokens with the scope read:packages. Put the login into the secret: kubectl -n media create secret docker-registry ghcr --docker-server=ghcr.io --docker-username=USER --docker-password=TOKEN --dry-run=client -o yaml | kubectl apply -f -"
        )
    );
    let incident = classify(
        "unauthenticated: User cannot be authenticated with the token provided.",
        &about("ghcr.io/a/b:1"),
    );
    assert!(incident.remedy.unwrap().starts_with("Look at https://www.githubstatus.com first"));
    let tag = classify("manifest unknown", &about("ghcr.io/owner/app:1.2"));
    assert_eq!(
        tag.sentence,
        "The image “ghcr.io/owner/app:1.2” does not exist: the registry ghcr.io has no tag “1.2” of it."
    );
    let none = describe(Cause::NoCredential, &About { image: "ghcr.io/a/b:1", ..About::default() });
    assert_eq!(
        none.sentence,
        "The registry ghcr.io wants a login for the image “ghcr.io/a/b:1”, and none was shown."
    );
}

#[test]
fn whether_a_login_is_named_decides_where_the_text_does_not() {
    let text = "unexpected status code https://docker.pkg.github.com/v2/a/b/manifests/1: 401 Unauthorized";
    let image = "docker.pkg.github.com/a/b:1";
    assert_eq!(cause_of(text, &about(image)), Cause::CredentialRejected);
    assert_eq!(cause_of(text, &About { image, ..About::default() }), Cause::NoCredential);
}

#[test]
fn the_name_of_an_image_is_not_taken_for_a_text() {
    let image = "registry.home/tools/access-denied-page:404";
    let text = format!("failed to resolve reference \"{image}\": something nobody has seen");
    let fault = classify(&text, &about(image));
    assert_eq!(fault.code, "image-pull-unknown");
    assert!(fault.sentence.ends_with("something nobody has seen."), "{}", fault.sentence);
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange(message in "\\PC{0,400}", image in "\\PC{0,60}") {
        let fault = classify(&message, &About { image: &image, ..About::default() });
        proptest::prop_assert!(!fault.sentence.is_empty() && fault.sentence.chars().count() < 800);
    }
}
