//! What an alert is about, where nothing has to be guessed: its label `instance` is the name of exactly one known host,
//! or the host and port of exactly one known service.

use super::alert::Labels;
use hob_base::{Resource, ResourceId};
use std::collections::HashMap;
use std::sync::Arc;

/// Hosts by name and services by address. A name that two have is nobody's.
#[derive(Debug, Default)]
pub(crate) struct Known {
    hosts: HashMap<String, Option<ResourceId>>,
    services: HashMap<(String, u16), Option<ResourceId>>,
}

impl Known {
    /// What is known in the house.
    pub(crate) fn of(hosts: &[Arc<Resource>], services: &[Arc<Resource>]) -> Self {
        let mut known = Self::default();
        for host in hosts {
            for name in [host.id.name(), &host.name] {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                add(&mut known.hosts, name, &host.id);
            }
        }
        for service in services {
            if let Some((host, Some(port))) = service.text("url").and_then(address) {
                add(&mut known.services, (host, port), &service.id);
            }
        }
        known
    }

    /// What the alert with these labels needs.
    pub(crate) fn needs(&self, labels: &Labels) -> Vec<ResourceId> {
        let Some((host, port)) = labels.get("instance").and_then(|instance| address(instance)) else {
            return Vec::new();
        };
        let on_host = self.hosts.get(&host).cloned().flatten();
        let of_service = port.and_then(|port| self.services.get(&(host, port)).cloned().flatten());
        on_host.into_iter().chain(of_service).collect()
    }
}

fn add<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Option<ResourceId>>, key: K, id: &ResourceId) {
    let entry = map.entry(key).or_insert_with(|| Some(id.clone()));
    if entry.as_ref().is_some_and(|known| known != id) {
        *entry = None;
    }
}

/// Host and port of `nas:9100`, `nas`, `[fd00::1]:9100` or a whole address. On the loopback every machine is itself:
/// `localhost` names none.
fn address(text: &str) -> Option<(String, Option<u16>)> {
    let (scheme, rest) =
        text.trim().split_once("://").map_or(("", text.trim()), |(scheme, rest)| (scheme, rest));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, after)) => (host, after.strip_prefix(':')),
        // More than one colon without brackets is an address of IPv6 alone.
        None if authority.matches(':').count() > 1 => (authority, None),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let usual = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let port = match port {
        Some(port) => Some(port.parse().ok()?),
        None => usual,
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let loopback = host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback() || ip.is_unspecified());
    (!host.is_empty() && !loopback).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::resource::{Moment, observe};
    use hob_base::{Observation, Timestamp};
    use proptest::prelude::*;
    use std::time::Duration;

    fn resource(id: &str, name: &str, url: Option<&str>) -> Arc<Resource> {
        let mut said = Observation::new("test", id.parse().unwrap(), Duration::ZERO).named(name);
        if let Some(url) = url {
            said = said.fact("url", url);
        }
        Arc::new(observe(None, said, Moment { wall: Timestamp::from_millis(0), monotonic: Duration::ZERO }))
    }

    #[test]
    fn only_what_is_named_exactly_is_needed() {
        let hosts = [
            resource("host/home/nas", "nas", None),
            resource("host/home/pi", "twin", None),
            resource("host/cluster/pi", "pi", None),
        ];
        let services = [
            resource("service/nas/3000", "Grafana", Some("http://nas:3000/login")),
            resource("service/nas/443", "Photos", Some("https://photos.example.org/")),
            resource("service/nas/8080", "Local", Some("http://127.0.0.1:8080/")),
        ];
        let known = Known::of(&hosts, &services);
        let needs = |instance: &str| -> Vec<String> {
            let labels = Labels::from([("instance".to_owned(), instance.to_owned())]);
            known.needs(&labels).iter().map(ToString::to_string).collect()
        };
        assert_eq!(needs("nas:9100"), ["host/home/nas"]);
        assert_eq!(needs("NAS."), ["host/home/nas"]);
        assert_eq!(needs("nas:3000"), ["host/home/nas", "service/nas/3000"]);
        assert_eq!(needs("https://photos.example.org/album?x=1"), ["service/nas/443"]);
        for other in [
            "nas.lan:9100",
            "pi:9100",
            "localhost:8080",
            "127.0.0.1:8080",
            "",
            "nas:port",
            "photos.example.org",
        ] {
            assert_eq!(needs(other), [""; 0], "{other}");
        }
        assert!(known.needs(&Labels::new()).is_empty());
    }

    #[test]
    fn addresses_are_taken_apart() {
        for (text, host, port) in [
            ("[fd00::1]:9100", "fd00::1", Some(9100)),
            ("fd00::1", "fd00::1", None),
            ("http://user:secret@web.lan/x", "web.lan", Some(80)),
        ] {
            assert_eq!(address(text), Some((host.to_owned(), port)), "{text}");
        }
        assert_eq!(address("[::1]:9100"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            let _ = address(&text);
        }
    }
}
