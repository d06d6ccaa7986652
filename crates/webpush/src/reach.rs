//! To where messages may go: push services are named by browsers, and so by strangers.

use std::net::IpAddr;

use http_probe::{Scheme, Url};
use tls_probe::public::{self, NotPublic};

/// How many addresses of one push service are tried.
const MAX_TRIED: usize = 3;

/// Which push services may be reached: all of the public Internet over HTTPS, and what the owner lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    hosts: Vec<String>,
}

/// Why nothing is sent to an address. Each is a sentence that names the host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreachable {
    /// It is not HTTPS.
    #[error("The push service {host} is not asked over plain HTTP.")]
    NotHttps {
        /// The host.
        host: String,
    },
    /// It is not one of the public Internet.
    #[error("The push service {host} is not asked: {address} is {why}.")]
    NotPublic {
        /// The host.
        host: String,
        /// The address that its name has.
        address: IpAddr,
        /// What kind of address that is.
        why: NotPublic,
    },
}

impl Reach {
    /// All of the public Internet, and `hosts` (names or addresses without port) wherever they are and also over plain
    /// HTTP: those that the owner of the house runs.
    #[must_use]
    pub fn with(hosts: &[String]) -> Self {
        let plain = |host: &String| host.trim_matches(['[', ']']).to_ascii_lowercase();
        Self { hosts: hosts.iter().map(plain).collect() }
    }

    /// What can be said of an address before its name is looked up. What passes is checked again when it is used.
    ///
    /// # Errors
    ///
    /// [`Unreachable`] if nothing will ever be sent there.
    pub fn check(&self, url: &Url) -> Result<(), Unreachable> {
        if self.lists(url.host()) {
            return Ok(());
        }
        if url.scheme() != Scheme::Https {
            return Err(Unreachable::NotHttps { host: url.host().to_owned() });
        }
        match url.host().parse() {
            Ok(address) => not_public(url.host(), address),
            Err(_) => Ok(()),
        }
    }

    /// Those of the addresses of a host to which a connection may be made, at most three.
    ///
    /// # Errors
    ///
    /// [`Unreachable`] if there is none.
    pub fn choose(&self, url: &Url, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Unreachable> {
        self.check(url)?;
        let all = self.lists(url.host());
        let good = addresses.iter().filter(|address| all || public::is_public(**address));
        let good: Vec<IpAddr> = good.copied().take(MAX_TRIED).collect();
        match addresses.first() {
            Some(&address) if good.is_empty() => not_public(url.host(), address).map(|()| good),
            _ => Ok(good),
        }
    }

    fn lists(&self, host: &str) -> bool {
        self.hosts.iter().any(|listed| listed == host)
    }
}

fn not_public(host: &str, address: IpAddr) -> Result<(), Unreachable> {
    public::check(address).map_err(|why| Unreachable::NotPublic { host: host.to_owned(), address, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn strangers_lead_only_to_the_internet() {
        let reach = Reach::default();
        for (text, good) in [
            ("https://fcm.googleapis.com/x", true),
            ("http://fcm.googleapis.com/x", false),
            ("https://1.1.1.1/x", true),
            ("https://127.0.0.1/x", false),
            ("https://[::ffff:10.0.0.1]/x", false),
            ("https://[fd00::1]/x", false),
        ] {
            assert_eq!(reach.check(&url(text)).is_ok(), good, "{text}");
        }
        let here = url("https://push.example/x");
        let chosen = |texts: &[&str]| reach.choose(&here, &addresses(texts));
        assert_eq!(chosen(&["10.0.0.1", "1.1.1.1", "::1"]).unwrap(), addresses(&["1.1.1.1"]));
        assert_eq!(chosen(&["1.1.1.1"; 8]).unwrap().len(), MAX_TRIED);
        assert_eq!(
            chosen(&["192.168.1.1", "::1"]).unwrap_err().to_string(),
            "The push service push.example is not asked: 192.168.1.1 is an address of a private network."
        );
        assert_eq!(
            reach.choose(&url("http://push.example/"), &addresses(&["1.1.1.1"])).unwrap_err().to_string(),
            "The push service push.example is not asked over plain HTTP."
        );
    }

    #[test]
    fn the_owner_may_list_hosts_of_the_house() {
        let reach = Reach::with(&["Push.lan".to_owned(), "[::1]".to_owned()]);
        assert_eq!(reach.check(&url("http://push.lan:8080/x")), Ok(()));
        assert_eq!(reach.check(&url("http://[::1]:1/x")), Ok(()));
        assert!(reach.check(&url("http://other.push.lan/x")).is_err());
        let inside = addresses(&["127.0.0.1"]);
        assert_eq!(reach.choose(&url("http://push.lan/"), &inside).unwrap(), inside);
        assert!(reach.choose(&url("https://other.lan/"), &inside).is_err());
    }
}
