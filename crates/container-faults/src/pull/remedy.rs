//! The next step when an image cannot be pulled.

use super::{About, Cause};
use crate::{Engine, Image, cut};

/// The next step, where there is one.
pub(super) fn of(cause: Cause, about: &About<'_>) -> Option<String> {
    let image = Image::of(about.image);
    Some(match cause {
        Cause::NoCredential => no_credential(&image, about),
        Cause::CredentialRejected => format!("{} {}", new_token(&image), put_credential(&image, about)),
        Cause::NotAuthenticated if image.is_github() => format!(
            "Look at https://www.githubstatus.com first; if all is well there, the token is bad. {} {}",
            new_token(&image),
            put_credential(&image, about)
        ),
        Cause::NotAuthenticated => format!(
            "Look at the status page of {} first; if all is well there, the token is bad. {}",
            cut(image.registry, 80),
            put_credential(&image, about)
        ),
        Cause::NameOrPrivate => format!("Check the spelling of the image’s name. If it is private: {}", no_credential(&image, about)),
        Cause::TagMissing => "Check whether the tag was ever pushed (did the build fail?), and name one that exists.".to_owned(),
        Cause::WrongPlatform => {
            "Take an image that is built for this processor too, or let it run on a machine with the other one (nodeSelector kubernetes.io/arch).".to_owned()
        }
        Cause::RateLimited if image.is_docker_hub() => format!(
            "It passes within six hours. Docker Hub allows more pulls to who logs in: {}",
            put_credential(&image, about)
        ),
        Cause::RateLimited => "It passes by itself; a login may allow more pulls.".to_owned(),
        Cause::Dns => "Check the DNS servers of that machine (/etc/resolv.conf), and the spelling of the registry’s name.".to_owned(),
        Cause::Timeout | Cause::Unreachable => "Check that machine’s way to the internet: firewall, proxy, MTU, IPv6.".to_owned(),
        Cause::Refused => "Start the registry, or correct its address and port in the image’s name.".to_owned(),
        Cause::Certificate => "Let the machine trust the authority that signed the certificate, or renew the certificate if it is expired; check the machine’s clock.".to_owned(),
        Cause::PlainHttp => plain_http(&image, about.engine),
        Cause::RegistryError => "It is tried again by itself; look at the status page of the registry if it lasts.".to_owned(),
        Cause::Interrupted => "It is tried again by itself.".to_owned(),
        Cause::InvalidName => "Correct the name: lower case, at most one tag after a colon, no blanks, no https://.".to_owned(),
        Cause::NoRegistry => "Write the whole name, as in docker.io/library/nginx.".to_owned(),
        Cause::DiskFull => disk_full(about.engine),
        Cause::NeverPulled => "Set imagePullPolicy to IfNotPresent, or bring the image onto the machine.".to_owned(),
        Cause::OldFormat => "Build and push it again with a current builder, or take a newer tag.".to_owned(),
        Cause::Signature => "Check the machine’s signature policy (/etc/containers/policy.json), or take an image that is signed.".to_owned(),
        Cause::Unpack => "Look at the disk and the file system of the machine; remove the image and pull it again.".to_owned(),
        Cause::Unknown => return None,
    })
}

fn no_credential(image: &Image<'_>, about: &About<'_>) -> String {
    match (about.engine, about.secrets) {
        (Engine::Kubernetes, []) => format!(
            "{} Then name it under imagePullSecrets of the pod or of its service account, or make the image public.",
            put_credential(image, about)
        ),
        _ => put_credential(image, about),
    }
}

fn new_token(image: &Image<'_>) -> String {
    if image.is_github() {
        "Make a new token (classic) at https://github.com/settings/tokens with the scope read:packages."
            .to_owned()
    } else {
        format!("Make a new token at {} that may read this image.", cut(image.registry, 80))
    }
}

fn put_credential(image: &Image<'_>, about: &About<'_>) -> String {
    let server = if image.is_docker_hub() { "https://index.docker.io/v1/" } else { image.registry };
    let server = cut(server, 80);
    match about.engine {
        Engine::Kubernetes => {
            let namespace = if about.namespace.is_empty() { "NAMESPACE" } else { about.namespace };
            let secret = about.secrets.first().copied().unwrap_or("registry-login");
            format!(
                "Put the login into the secret: kubectl -n {namespace} create secret docker-registry {secret} --docker-server={server} --docker-username=USER --docker-password=TOKEN --dry-run=client -o yaml | kubectl apply -f -"
            )
        }
        Engine::Docker | Engine::Podman => {
            let host = if image.is_docker_hub() { String::new() } else { format!(" {server}") };
            format!("Log in anew: {} login{host}", about.engine.command())
        }
    }
}

fn plain_http(image: &Image<'_>, engine: Engine) -> String {
    let registry = cut(image.registry, 80);
    match engine {
        Engine::Kubernetes => format!(
            "Give the registry a certificate, or name {registry} as an HTTP mirror for containerd (in k3s: /etc/rancher/k3s/registries.yaml)."
        ),
        Engine::Docker => format!(
            "Give the registry a certificate, or put {registry} under insecure-registries in /etc/docker/daemon.json."
        ),
        Engine::Podman => format!(
            "Give the registry a certificate, or mark {registry} as insecure in /etc/containers/registries.conf."
        ),
    }
}

fn disk_full(engine: Engine) -> String {
    match engine {
        Engine::Kubernetes => {
            "Free space on that node: crictl rmi --prune removes images that nothing uses.".to_owned()
        }
        Engine::Docker | Engine::Podman => {
            format!("Free space: {} system prune removes what nothing uses.", engine.command())
        }
    }
}
