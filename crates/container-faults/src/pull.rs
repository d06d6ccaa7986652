//! An image cannot be pulled: what the runtime's text means.
//!
//! Sources: messages of containerd (`core/remotes/docker`), containers/image (CRI-O, Podman), moby and of the
//! registries themselves (error codes of the distribution specification, “Error Codes”), as people quote them.

use crate::{Engine, Fault, Image, Severity, cut, quoted, single_line, without_queries};

mod remedy;

/// Why an image cannot be pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The registry wants a login and none was shown.
    NoCredential,
    /// A login was shown and refused: expired, revoked, or it may not read this image.
    CredentialRejected,
    /// The registry cannot tell who it is: a bad token, or an incident of the registry.
    NotAuthenticated,
    /// There is no such repository, or it is private.
    NameOrPrivate,
    /// There is no such tag or digest.
    TagMissing,
    /// There is none for this processor.
    WrongPlatform,
    /// Too many pulls.
    RateLimited,
    /// The registry's name cannot be looked up.
    Dns,
    /// The registry does not answer in time.
    Timeout,
    /// Nothing listens at the registry's address.
    Refused,
    /// No way to the registry.
    Unreachable,
    /// The registry's certificate is not trusted.
    Certificate,
    /// The registry speaks HTTP where HTTPS was expected.
    PlainHttp,
    /// The registry answers with an error of its own.
    RegistryError,
    /// The transfer was broken off or was damaged.
    Interrupted,
    /// No image can have this name.
    InvalidName,
    /// The name does not say which registry.
    NoRegistry,
    /// The disk of the machine is full.
    DiskFull,
    /// It shall never be pulled, and is not there.
    NeverPulled,
    /// The image has a format that is no longer read.
    OldFormat,
    /// A signature is missing or wrong.
    Signature,
    /// It was fetched, but cannot be unpacked.
    Unpack,
    /// The text is not understood.
    Unknown,
}

/// What is known of a pull besides the runtime's text.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// The image as it is written.
    pub image: &'a str,
    /// The names of the pull secrets that are named for it; empty where there is none or where it is not known.
    pub secrets: &'a [&'a str],
    /// The namespace, for the commands of the next step; empty for what has none.
    pub namespace: &'a str,
    /// The processor of the machine, where known: `arm64`.
    pub platform: &'a str,
    /// Who pulls.
    pub engine: Engine,
}

/// Any of these groups, all texts of a group.
type Signs = &'static [&'static [&'static str]];

/// The first line that fits counts. What names the network comes before what names a login, since a token that cannot
/// be fetched at all is named in the same words.
const TABLE: &[(Cause, Signs)] = &[
    (
        Cause::RateLimited,
        &[
            &["toomanyrequests"],
            &["too many requests"],
            &["pull rate limit"],
            &["rate exceeded"],
            &["rate limit exceeded"],
        ],
    ),
    (Cause::DiskFull, &[&["no space left on device"], &["disk quota exceeded"]]),
    (
        Cause::InvalidName,
        &[
            &["invalidimagename"],
            &["couldn't parse image"],
            &["invalid reference format"],
            &["must be lowercase"],
            &["cannot parse image"],
        ],
    ),
    (
        Cause::NoRegistry,
        &[&["did not resolve to an alias"], &["unqualified-search registries"], &["short-name resolution"]],
    ),
    (
        Cause::WrongPlatform,
        &[
            &["no match for platform"],
            &["no matching manifest for"],
            &["no image found in", "architecture"],
            &["cannot be used on this platform"],
            &["does not match the specified platform"],
            &["exec format error"],
        ],
    ),
    (Cause::NeverPulled, &[&["pull policy of never"], &["errimageneverpull"]]),
    (
        Cause::OldFormat,
        &[
            &["manifest.v1+", "no longer supported"],
            &["schema 1", "no longer supported"],
            &["schema 1", "deprecated"],
            &["unsupported manifest media type"],
        ],
    ),
    (
        Cause::Signature,
        &[
            &["signaturevalidationfailed"],
            &["signature validation failed"],
            &["source image rejected"],
            &["signature for identity"],
        ],
    ),
    (
        Cause::Dns,
        &[
            &["no such host"],
            &["server misbehaving"],
            &["name resolution"],
            &["name or service not known"],
            &["lookup", "i/o timeout"],
        ],
    ),
    (
        Cause::PlainHttp,
        &[
            &["server gave http response to https client"],
            &["first record does not look like a tls handshake"],
        ],
    ),
    (
        Cause::Certificate,
        &[
            &["x509:"],
            &["failed to verify certificate"],
            &["tls: bad certificate"],
            &["certificate signed by"],
        ],
    ),
    (Cause::Refused, &[&["connection refused"]]),
    (
        Cause::Timeout,
        &[
            &["i/o timeout"],
            &["handshake timeout"],
            &["client.timeout"],
            &["deadline exceeded"],
            &["request canceled while waiting"],
            &["timeout awaiting"],
        ],
    ),
    (
        Cause::Unreachable,
        &[&["no route to host"], &["network is unreachable"], &["proxyconnect"], &["host is down"]],
    ),
    (
        Cause::RegistryError,
        &[
            &["500 internal server error"],
            &["502 bad gateway"],
            &["503 service"],
            &["504 gateway"],
            &["unexpected http status: 5"],
            &["status code 5"],
            &["registryunavailable"],
        ],
    ),
    (Cause::NotAuthenticated, &[&["user cannot be authenticated"]]),
    (
        Cause::NoCredential,
        &[
            &["anonymous token", " 401"],
            &["anonymous token", " 403"],
            &["anonymous token", "denied"],
            &["anonymous token", "unauthorized"],
            &["no basic auth credentials"],
        ],
    ),
    (
        Cause::CredentialRejected,
        &[
            &["oauth token"],
            &["denied: denied"],
            &["incorrect username or password"],
            &["invalid username/password"],
            &["token has expired"],
            &["token is expired"],
            &["http basic: access denied"],
            &["bad credentials"],
            &["wrong username or password"],
            &["personal access token"],
        ],
    ),
    (
        Cause::NameOrPrivate,
        &[
            &["pull access denied"],
            &["may require"],
            &["insufficient_scope"],
            &["requested access to the resource is denied"],
            &["access to the requested resource is not authorized"],
            &["name unknown"],
            &["name_unknown"],
            &["repository not found"],
            &["repository name not known"],
            &["project not found"],
        ],
    ),
    (
        Cause::TagMissing,
        &[
            &["manifest unknown"],
            &["manifest_unknown"],
            &["not found"],
            &["notfound"],
            &["statuscode: 404"],
            &["status: 404"],
            &["status code 404"],
        ],
    ),
    (
        Cause::Unpack,
        &[
            &["failed to extract layer"],
            &["error processing tar file"],
            &["failed to register layer"],
            &["applylayer"],
        ],
    ),
    (
        Cause::Interrupted,
        &[
            &["unexpected eof"],
            &["connection reset by peer"],
            &["context canceled"],
            &["failed size validation"],
            &["unexpected commit digest"],
            &["failed to verify layer"],
            &[": eof"],
            &["broken pipe"],
            &["stream error"],
        ],
    ),
];

/// Refusals that do not say whether a login was shown; whether one is named decides.
const REFUSED: &[&str] = &[" 401", " 403", "unauthorized", "forbidden", "denied", "authorization failed"];

/// The longest text that is looked at, in bytes.
const TEXT_MAX: usize = 8192;

/// The runtime's text without what the kubelet wraps it in; none where it holds no cause (before Kubernetes 1.32 the
/// text of a back-off names nothing but the image).
pub fn cause_in(message: &str) -> Option<&str> {
    let message = message.trim();
    let inner = match message.strip_prefix("Back-off pulling image ") {
        Some(rest) => rest.split_once("\": ").map_or("", |(_, cause)| cause),
        None => message,
    };
    let inner = ["ErrImagePull", "ImagePullBackOff", "Error"].iter().fold(inner, |text, word| {
        text.strip_prefix(word).map_or(text, |rest| rest.strip_prefix(": ").unwrap_or(rest))
    });
    let inner = inner.trim();
    (!inner.is_empty()).then_some(inner)
}

/// What a text means.
pub fn cause_of(message: &str, about: &About<'_>) -> Cause {
    let end = message.floor_char_boundary(TEXT_MAX);
    let mut text = message.get(..end).unwrap_or_default().to_lowercase();
    // The name of an image may hold any of the words below.
    let name = about.image.to_lowercase();
    if name.len() > 3 {
        text = text.replace(&name, "IMAGE");
    }
    let image = Image::of(&name);
    if image.repository.len() > 3 {
        text = text.replace(image.repository, "NAME");
    }
    let found = TABLE
        .iter()
        .find(|(_, signs)| signs.iter().any(|all| all.iter().all(|sign| text.contains(sign))))
        .map(|(cause, _)| *cause);
    match found {
        // “not found” in a text that refuses is about what was refused.
        Some(Cause::TagMissing | Cause::Unpack | Cause::Interrupted) | None
            if REFUSED.iter().any(|sign| text.contains(sign)) && !text.contains("manifest unknown") =>
        {
            if about.secrets.is_empty() {
                Cause::NoCredential
            } else {
                Cause::CredentialRejected
            }
        }
        Some(cause) => cause,
        None => Cause::Unknown,
    }
}

/// What a text of a pull means, as a sentence with the next step.
pub fn classify(message: &str, about: &About<'_>) -> Fault {
    let message = cause_in(message).unwrap_or_default();
    let cause = cause_of(message, about);
    let mut fault = describe(cause, about);
    if cause == Cause::Unknown && !message.is_empty() {
        fault.sentence = format!(
            "The image {} cannot be pulled, and the reason is not a known one: {}",
            quoted(about.image),
            full_stop(&cut(&single_line(&without_queries(message)), 240))
        );
    }
    fault
}

fn full_stop(text: &str) -> String {
    if text.ends_with(['.', '…']) { text.to_owned() } else { format!("{text}.") }
}

/// A cause as a sentence with the next step.
pub fn describe(cause: Cause, about: &About<'_>) -> Fault {
    let fault = Fault::new(code(cause), severity(cause), sentence(cause, about));
    match remedy::of(cause, about) {
        Some(remedy) => fault.remedy(remedy),
        None => fault,
    }
}

/// That an image needs a login, and the pull secret that is named for it is not there.
pub fn secret_missing(about: &About<'_>, secret: &str) -> Fault {
    let registry = cut(Image::of(about.image).registry, 80);
    let place = if about.namespace.is_empty() {
        String::new()
    } else {
        format!(" in namespace {}", quoted(about.namespace))
    };
    let sentence = format!(
        "The registry {registry} wants a login for the image {}, and the pull secret {} does not exist{place}.",
        quoted(about.image),
        quoted(secret)
    );
    let about = About { secrets: &[secret], ..*about };
    let fault = Fault::new("image-pull-secret-missing", Severity::Critical, sentence);
    match remedy::of(Cause::NoCredential, &about) {
        Some(remedy) => fault.remedy(remedy),
        None => fault,
    }
}

const fn code(cause: Cause) -> &'static str {
    match cause {
        Cause::NoCredential => "image-pull-no-credential",
        Cause::CredentialRejected => "image-pull-credential-rejected",
        Cause::NotAuthenticated => "image-pull-not-authenticated",
        Cause::NameOrPrivate => "image-pull-name-or-private",
        Cause::TagMissing => "image-pull-tag-missing",
        Cause::WrongPlatform => "image-pull-wrong-platform",
        Cause::RateLimited => "image-pull-rate-limited",
        Cause::Dns => "image-pull-dns",
        Cause::Timeout => "image-pull-timeout",
        Cause::Refused => "image-pull-refused",
        Cause::Unreachable => "image-pull-unreachable",
        Cause::Certificate => "image-pull-certificate",
        Cause::PlainHttp => "image-pull-plain-http",
        Cause::RegistryError => "image-pull-registry-error",
        Cause::Interrupted => "image-pull-interrupted",
        Cause::InvalidName => "image-pull-invalid-name",
        Cause::NoRegistry => "image-pull-no-registry",
        Cause::DiskFull => "image-pull-disk-full",
        Cause::NeverPulled => "image-pull-never",
        Cause::OldFormat => "image-pull-old-format",
        Cause::Signature => "image-pull-signature",
        Cause::Unpack => "image-pull-unpack",
        Cause::Unknown => "image-pull-unknown",
    }
}

/// What passes by itself is a warning: the runtime tries again.
const fn severity(cause: Cause) -> Severity {
    match cause {
        Cause::RateLimited | Cause::RegistryError | Cause::Interrupted => Severity::Warning,
        _ => Severity::Critical,
    }
}

fn sentence(cause: Cause, about: &About<'_>) -> String {
    let image = Image::of(about.image);
    let name = quoted(about.image);
    let registry = cut(image.registry, 80);
    match cause {
        Cause::NoCredential => no_credential(&name, &registry, about),
        Cause::CredentialRejected => format!(
            "The registry {registry} rejects the login{} for the image {name}: it is expired, revoked, or may not read this image.",
            from_secrets(about)
        ),
        Cause::NotAuthenticated => format!(
            "The registry {registry} cannot tell who pulls the image {name}: the token{} is bad, or the registry has an incident.",
            from_secrets(about)
        ),
        Cause::NameOrPrivate => {
            format!("The image {name} does not exist at {registry}, or it is private and needs a login.")
        }
        Cause::TagMissing if image.digest.is_empty() => format!(
            "The image {name} does not exist: the registry {registry} has no tag {} of it.",
            quoted(image.version())
        ),
        Cause::TagMissing => {
            format!("The image {name} does not exist: the registry {registry} does not have this digest.")
        }
        Cause::WrongPlatform => wrong_platform(&name, about),
        Cause::RateLimited => {
            format!("The registry {registry} allows no more pulls for now, so the image {name} must wait.")
        }
        Cause::Dns => format!(
            "The name of the registry {registry} cannot be looked up from the machine that pulls the image {name}."
        ),
        Cause::Timeout => {
            format!("The registry {registry} does not answer in time when the image {name} is pulled.")
        }
        Cause::Refused => {
            format!("Nothing listens at the registry {registry}, from which the image {name} is pulled.")
        }
        Cause::Unreachable => format!(
            "There is no way to the registry {registry} from the machine that pulls the image {name}."
        ),
        Cause::Certificate => format!(
            "The certificate of the registry {registry} is not trusted by the machine that pulls the image {name}."
        ),
        Cause::PlainHttp => {
            format!("The registry {registry} speaks plain HTTP, but the image {name} is pulled with HTTPS.")
        }
        Cause::RegistryError => format!(
            "The registry {registry} answers with an error of its own when the image {name} is pulled."
        ),
        Cause::Interrupted => format!("The transfer of the image {name} from {registry} was broken off."),
        Cause::InvalidName => format!("No image can have the name {name}."),
        Cause::NoRegistry => format!("The image name {name} does not say from which registry it comes."),
        Cause::DiskFull => format!("The disk of the machine is full, so the image {name} cannot be pulled."),
        Cause::NeverPulled => format!(
            "The image {name} shall never be pulled (pull policy “Never”), and it is not on the machine."
        ),
        Cause::OldFormat => format!("The image {name} has an old format that this machine no longer reads."),
        Cause::Signature => {
            format!("The image {name} is not accepted, since its signature is missing or wrong.")
        }
        Cause::Unpack => format!("The image {name} was fetched, but cannot be unpacked."),
        Cause::Unknown => format!("The image {name} cannot be pulled, and the runtime does not say why."),
    }
}

fn no_credential(name: &str, registry: &str, about: &About<'_>) -> String {
    match about.secrets {
        [] => format!("The registry {registry} wants a login for the image {name}, and none was shown."),
        secrets => format!(
            "The registry {registry} wants a login for the image {name}, and none was shown although the pull {} is named: it is missing, or has no entry for {registry}.",
            secret_names(secrets)
        ),
    }
}

fn wrong_platform(name: &str, about: &About<'_>) -> String {
    match about.platform {
        "" => format!("The image {name} does not exist for the processor of this machine."),
        platform => {
            format!("The image {name} does not exist for this machine’s processor ({}).", cut(platform, 40))
        }
    }
}

fn from_secrets(about: &About<'_>) -> String {
    match about.secrets {
        [] => String::new(),
        secrets => format!(" in the pull {}", secret_names(secrets)),
    }
}

/// The most secrets that are named.
const SECRETS_MAX: usize = 3;

fn secret_names(secrets: &[&str]) -> String {
    let names: Vec<String> = secrets.iter().take(SECRETS_MAX).map(|name| quoted(name)).collect();
    format!("{} {}", if secrets.len() == 1 { "secret" } else { "secrets" }, names.join(", "))
}

#[cfg(test)]
mod tests;
