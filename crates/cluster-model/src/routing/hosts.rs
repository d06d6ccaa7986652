//! Host names: which can be opened, which are for programs only, and which are only reached from inside.

/// What a host is, as a route names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Address {
    /// One name or IP address, in lower case.
    Host(String),
    /// Everything below a name: `*.example.org`.
    Wildcard(String),
    /// An expression.
    Expression(String),
    /// No name is asked for.
    Any,
    /// What cannot be a host name, as it is written.
    Broken(String),
}

/// Reads a host of an Ingress or of the Gateway API.
pub(super) fn address(text: &str) -> Address {
    let host = text.trim().trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() || host == "*" {
        return Address::Any;
    }
    if let Some(rest) = host.strip_prefix("*.") {
        return if fault(rest).is_none() { Address::Wildcard(host) } else { Address::Broken(cut(text)) };
    }
    if fault(&host).is_none() { Address::Host(host) } else { Address::Broken(cut(text)) }
}

/// At most as much as a host name may have.
pub(super) fn cut(text: &str) -> String {
    text.trim().chars().take(253).collect()
}

/// Why it cannot be a host name, as the rest of a sentence: “it has a slash: …”.
pub(super) fn fault(host: &str) -> Option<&'static str> {
    if host.is_empty() {
        return Some("it is empty");
    }
    if host.contains("://") {
        return Some("it begins with a scheme; only the name belongs there");
    }
    if host.contains('/') {
        return Some("it has a slash; a path belongs into a rule of its own");
    }
    if host.contains(':') && host.parse::<std::net::Ipv6Addr>().is_err() {
        return Some("it has a colon; a port does not belong there");
    }
    if host.contains(char::is_whitespace) {
        return Some("it has a blank");
    }
    if host.contains('$') || host.contains('{') {
        return Some("a placeholder was not filled in");
    }
    if !host.is_ascii() {
        return Some("it has letters that a host name cannot have; such names are written with xn--");
    }
    if host.contains('_') {
        return Some("it has an underscore, which a host name cannot have");
    }
    let well = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let named = host.len() <= 253 && host.split('.').all(well);
    (!named && host.parse::<std::net::IpAddr>().is_err())
        .then_some("it is not made of letters, digits and hyphens")
}

/// The label by which people call it: `jellyfin` of `jellyfin.example.org`, `example` of `example.org` and `www.example.org`.
pub(super) fn label(host: &str) -> Option<&str> {
    if host.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    let mut labels = host.split('.');
    let first = labels.next()?;
    if matches!(first, "www" | "*") { labels.next() } else { Some(first) }
}

/// The name without `www.`.
pub(super) fn bare(host: &str) -> &str {
    host.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(host)
}

/// Why nobody opens it with a browser.
pub(super) fn for_programs(host: &str) -> Option<String> {
    let name = host.to_ascii_lowercase();
    if name.ends_with(".svc") || name.ends_with(".cluster.local") || name.contains(".svc.") {
        return Some("The name is only known inside of the cluster.".to_owned());
    }
    let first = name.split('.').next().unwrap_or_default();
    let words: Vec<&str> = first.split('-').collect();
    let has = |word: &str| words.contains(&word);
    if has("webhook") || has("webhooks") || first == "hooks" {
        return Some("Its name says that programs call it (webhook).".to_owned());
    }
    if has("grpc") {
        return Some("Its name says that programs call it (gRPC).".to_owned());
    }
    if has("s3") {
        return Some("Its name says that programs store files there (S3).".to_owned());
    }
    None
}

/// Whether a name says that it is an interface for programs, where something else is there for people.
pub(super) fn is_interface(host: &str) -> bool {
    let first = host.split('.').next().unwrap_or_default();
    first == "api" || first.ends_with("-api") || first.starts_with("api-")
}

/// Whether a name can only be known at home.
pub(super) fn is_private(host: &str) -> bool {
    const ENDS: [&str; 10] = [
        ".lan",
        ".local",
        ".internal",
        ".home.arpa",
        ".home",
        ".localdomain",
        ".intranet",
        ".private",
        ".ts.net",
        ".localhost",
    ];
    if let Ok(address) = host.parse::<std::net::IpAddr>() {
        return is_private_address(address);
    }
    // `nas.lan.example.org`: the first label is the name of the thing.
    let within =
        |label: &str| matches!(label, "lan" | "internal" | "intranet" | "local" | "int" | "vpn" | "tailnet");
    ENDS.iter().any(|end| host.ends_with(end))
        || !host.contains('.')
        || host.split('.').skip(1).any(within)
        || spelled_out(host).is_some_and(is_private_address)
}

/// The address that a name of nip.io or sslip.io spells out: `grafana.192.168.1.10.nip.io`, `10-0-0-1.sslip.io`.
fn spelled_out(host: &str) -> Option<std::net::IpAddr> {
    let name = host.strip_suffix(".nip.io").or_else(|| host.strip_suffix(".sslip.io"))?;
    let labels: Vec<&str> = name.split('.').collect();
    let four = labels.get(labels.len().saturating_sub(4)..)?.join(".");
    four.parse().ok().or_else(|| {
        let parts: Vec<&str> = labels.last()?.split('-').collect();
        parts.get(parts.len().saturating_sub(4)..)?.join(".").parse().ok()
    })
}

/// Whether an address belongs to a private network, a carrier's (Tailscale) or the machine itself.
pub(super) fn is_private_address(address: std::net::IpAddr) -> bool {
    match address {
        std::net::IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        std::net::IpAddr::V6(v6) => {
            let first = v6.segments()[0];
            v6.is_loopback() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
        }
    }
}

/// Whether networks are let in, and only private ones.
pub(super) fn only_private<'a>(networks: impl IntoIterator<Item = &'a str>) -> bool {
    let mut some = false;
    for network in networks {
        let base = network.trim().split('/').next().unwrap_or_default();
        match base.parse() {
            Ok(address) if is_private_address(address) => some = true,
            _ => return false,
        }
    }
    some
}

/// Whether a host name is one of those that a certificate or listener is for.
pub(super) fn covers(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.trim_end_matches('.'), host.trim_end_matches('.'));
    pattern.eq_ignore_ascii_case(host)
        || pattern.strip_prefix("*.").is_some_and(|rest| {
            host.split_once('.')
                .is_some_and(|(first, parent)| !first.is_empty() && parent.eq_ignore_ascii_case(rest))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_is() {
        assert_eq!(address("Jellyfin.Example.org."), Address::Host("jellyfin.example.org".into()));
        assert_eq!(address("*.example.org"), Address::Wildcard("*.example.org".into()));
        assert_eq!(address("192.168.1.10"), Address::Host("192.168.1.10".into()));
        assert_eq!(address(""), Address::Any);
        for broken in [
            "dev.meeting_tools.x/api",
            "https://a.org",
            "a.org:8443",
            "a b.org",
            "x.${SECRET_DOMAIN}",
            "a..org",
            "-a.org",
            "bücher.de",
        ] {
            assert_eq!(address(broken), Address::Broken(broken.into()), "{broken}");
        }
    }

    #[test]
    fn what_people_call_it() {
        assert_eq!(label("jellyfin.example.org"), Some("jellyfin"));
        assert_eq!(label("example.org"), Some("example"));
        assert_eq!(label("www.example.org"), Some("example"));
        assert_eq!(label("192.168.1.10"), None);
        assert_eq!((bare("www.example.org"), bare("www.org")), ("example.org", "www.org"));
    }

    #[test]
    fn what_is_for_programs() {
        for host in [
            "minio.storage.svc.cluster.local",
            "flux-webhook.example.org",
            "s3.home.local",
            "argocd-grpc.example.org",
        ] {
            assert!(for_programs(host).is_some(), "{host}");
        }
        for host in ["jellyfin.example.org", "webmail.example.org", "s3cr3t.example.org"] {
            assert_eq!(for_programs(host), None, "{host}");
        }
    }

    #[test]
    fn what_is_inside() {
        assert!(is_private("nas.lan") && is_private("jellyfin.tail1234.ts.net") && is_private("10.0.0.4"));
        assert!(is_private("nas.lan.example.org") && is_private("grafana.192.168.1.10.nip.io"));
        assert!(
            is_private("app-10-0-0-1.sslip.io")
                && !is_private("app.8.8.8.8.nip.io")
                && !is_private("lan.org")
        );
        assert!(!is_private("example.org") && !is_private("8.8.8.8"));
        assert!(only_private(["100.64.0.0/10", "192.168.0.0/16", "fd7a:115c:a1e0::/48"]));
        assert!(
            !only_private(["0.0.0.0/0"]) && !only_private(["10.0.0.0/8", "8.8.8.0/24"]) && !only_private([])
        );
    }

    #[test]
    fn what_a_certificate_covers() {
        assert!(covers("*.example.org", "a.example.org") && covers("a.org", "A.org"));
        assert!(!covers("*.example.org", "example.org") && !covers("*.example.org", "a.b.example.org"));
    }
}
