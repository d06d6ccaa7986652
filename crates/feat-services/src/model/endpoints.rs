//! Which sockets are one endpoint, and what the endpoint is called.
//!
//! A server that listens on `0.0.0.0`, `::` and `127.0.0.1`, or in several processes with `SO_REUSEPORT`, is one. The same
//! port on different specific addresses belongs to different servers when different processes hold it: a name server on
//! `192.168.1.1:53` and the resolver on `127.0.0.53:53`.

use super::sockets::Socket;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Something to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The port.
    pub(crate) port: u16,
    /// On which addresses it listens.
    pub(crate) addresses: BTreeSet<IpAddr>,
    /// The inodes of its sockets.
    pub(crate) inodes: BTreeSet<u64>,
}

/// Who holds a socket, as far as it matters for telling servers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Process(u32),
    User(u32),
}

/// Groups sockets into endpoints, in the order of their ports. `pids` knows the processes of inodes, as far as they could
/// be found.
pub(crate) fn group(sockets: &[Socket], pids: &HashMap<u64, u32>) -> Vec<Endpoint> {
    let mut ports: BTreeMap<u16, Vec<&Socket>> = BTreeMap::new();
    for socket in sockets {
        ports.entry(socket.port).or_default().push(socket);
    }
    ports.into_iter().flat_map(|(port, sockets)| group_port(port, &sockets, pids)).collect()
}

fn group_port(port: u16, sockets: &[&Socket], pids: &HashMap<u64, u32>) -> Vec<Endpoint> {
    // All sockets on one address are one, whoever holds them.
    let mut addresses: BTreeMap<IpAddr, Group> = BTreeMap::new();
    for socket in sockets {
        let owner = pids.get(&socket.inode).map_or(Owner::User(socket.uid), |pid| Owner::Process(*pid));
        let group = addresses.entry(socket.address).or_default();
        group.owners.insert(owner);
        group.addresses.insert(socket.address);
        group.inodes.insert(socket.inode);
        group.is_general |= is_general(socket.address);
    }
    let mut groups: Vec<Group> = Vec::new();
    for mut group in addresses.into_values() {
        let (same, others): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(|other| group.belongs_with(other));
        same.into_iter().for_each(|other| group.take(other));
        groups = others;
        groups.push(group);
    }
    groups.sort_by(|a, b| a.addresses.cmp(&b.addresses));
    groups
        .into_iter()
        .map(|group| Endpoint { port, addresses: group.addresses, inodes: group.inodes })
        .collect()
}

/// Addresses on one port that are one endpoint.
#[derive(Debug, Default)]
struct Group {
    owners: HashSet<Owner>,
    addresses: BTreeSet<IpAddr>,
    inodes: BTreeSet<u64>,
    is_general: bool,
}

impl Group {
    fn belongs_with(&self, other: &Self) -> bool {
        (self.is_general && other.is_general) || !self.owners.is_disjoint(&other.owners)
    }

    fn take(&mut self, other: Self) {
        self.owners.extend(other.owners);
        self.addresses.extend(other.addresses);
        self.inodes.extend(other.inodes);
        self.is_general |= other.is_general;
    }
}

/// Whether an address stands for the machine as a whole.
fn is_general(address: IpAddr) -> bool {
    address.is_unspecified()
        || address == IpAddr::V4(Ipv4Addr::LOCALHOST)
        || address == IpAddr::V6(Ipv6Addr::LOCALHOST)
}

impl Endpoint {
    /// Whether it stands for the machine as a whole.
    fn is_general(&self) -> bool {
        self.addresses.iter().any(|address| is_general(*address))
    }
}

/// Where to connect to what listens on `addresses`, best first.
pub(crate) fn targets(addresses: &BTreeSet<IpAddr>, port: u16) -> Vec<SocketAddr> {
    let (four, six) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
    let has = |address: IpAddr| addresses.contains(&address);
    let any_six = has(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let mut targets = Vec::new();
    // A socket on `::` usually takes IPv4 too.
    if has(four) || has(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) || any_six {
        targets.push(four);
    }
    if has(six) || any_six {
        targets.push(six);
    }
    if targets.is_empty() {
        targets.extend(addresses.iter().copied().take(2));
    }
    targets.into_iter().map(|address| SocketAddr::new(address, port)).collect()
}

/// Addresses as text.
pub(crate) fn address_text(addresses: &BTreeSet<IpAddr>) -> String {
    let texts: Vec<String> = addresses.iter().take(8).map(ToString::to_string).collect();
    texts.join(", ")
}

/// What each endpoint is called, in their order: its port; of several on one port, those on specific addresses carry
/// the address too. `known` tells what an endpoint with this name listened on before, so that names stay.
pub(crate) fn names(endpoints: &[Endpoint], known: impl Fn(&str) -> Option<BTreeSet<IpAddr>>) -> Vec<String> {
    let mut taken: BTreeSet<u16> =
        endpoints.iter().filter(|endpoint| endpoint.is_general()).map(|endpoint| endpoint.port).collect();
    let mut names = Vec::with_capacity(endpoints.len());
    for endpoint in endpoints {
        let plain = endpoint.port.to_string();
        if endpoint.is_general() {
            names.push(plain);
            continue;
        }
        let before = known(&plain);
        let alone = endpoints.iter().filter(|other| other.port == endpoint.port).count() == 1;
        let is_same = before.as_ref().is_some_and(|before| !before.is_disjoint(&endpoint.addresses));
        if (is_same || (before.is_none() && alone)) && taken.insert(endpoint.port) {
            names.push(plain);
        } else {
            // An endpoint has at least one address.
            let address = endpoint.addresses.first().map_or_else(String::new, ToString::to_string);
            names.push(format!("{address}:{plain}"));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn socket(address: &str, port: u16, inode: u64) -> Socket {
        Socket { port, address: address.parse().unwrap(), inode, uid: 0 }
    }

    fn named(sockets: &[Socket], pids: &[(u64, u32)]) -> Vec<(String, String)> {
        let endpoints = group(sockets, &pids.iter().copied().collect());
        let names = names(&endpoints, |_| None);
        endpoints
            .iter()
            .zip(names)
            .map(|(endpoint, name)| (name, address_text(&endpoint.addresses)))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn one_server_on_many_addresses_is_one() {
        let sockets = [
            socket("0.0.0.0", 80, 1),
            socket("::", 80, 2),
            socket("127.0.0.1", 80, 3),
            socket("0.0.0.0", 80, 4),
        ];
        // Two processes, as docker-proxy or SO_REUSEPORT have them.
        let found = named(&sockets, &[(1, 10), (2, 11), (3, 10), (4, 12)]);
        assert_eq!(found, pairs(&[("80", "0.0.0.0, 127.0.0.1, ::")]));
    }

    #[test]
    fn different_processes_on_different_addresses_are_different_servers() {
        let sockets =
            [socket("192.168.1.1", 53, 1), socket("127.0.0.53", 53, 2), socket("127.0.0.54", 53, 3)];
        assert_eq!(
            named(&sockets, &[(1, 10), (2, 20), (3, 20)]),
            pairs(&[("127.0.0.53:53", "127.0.0.53, 127.0.0.54"), ("192.168.1.1:53", "192.168.1.1")])
        );
        // Held by one process, or by nobody knows whom of one user: one.
        assert_eq!(named(&sockets, &[]).len(), 1);
        let sockets = [socket("0.0.0.0", 53, 1), socket("192.168.1.1", 53, 2)];
        assert_eq!(named(&sockets, &[(1, 10), (2, 10)]), pairs(&[("53", "0.0.0.0, 192.168.1.1")]));
        assert_eq!(
            named(&sockets, &[(1, 10), (2, 11)]),
            pairs(&[("53", "0.0.0.0"), ("192.168.1.1:53", "192.168.1.1")])
        );
    }

    #[test]
    fn an_endpoint_keeps_its_name_when_another_joins_it() {
        let sockets = [socket("10.0.0.1", 80, 1), socket("10.0.0.2", 80, 2)];
        let pids = [(1, 10), (2, 11)].into_iter().collect();
        let alone = group(&sockets[1..], &pids);
        assert_eq!(names(&alone, |_| None), ["80"]);
        let known = |name: &str| (name == "80").then(|| alone[0].addresses.clone());
        assert_eq!(names(&group(&sockets, &pids), known), ["10.0.0.1:80", "80"]);
    }

    #[test]
    fn it_is_asked_where_it_listens() {
        let asked = |addresses: &[&str]| -> Vec<String> {
            let sockets: Vec<Socket> = addresses.iter().map(|address| socket(address, 80, 1)).collect();
            targets(&group(&sockets, &HashMap::new())[0].addresses, 80)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(asked(&["0.0.0.0"]), ["127.0.0.1:80"]);
        assert_eq!(asked(&["::"]), ["127.0.0.1:80", "[::1]:80"]);
        assert_eq!(asked(&["::1"]), ["[::1]:80"]);
        assert_eq!(asked(&["192.168.1.5"]), ["192.168.1.5:80"]);
    }

    proptest! {
        #[test]
        fn every_socket_is_in_one_endpoint_and_every_name_is_used_once(
            sockets in prop::collection::vec((0..6_u8, 1..4_u16, 0..30_u64, 0..3_u32), 0..30),
            pids in prop::collection::hash_map(0..30_u64, 0..5_u32, 0..20),
        ) {
            let addresses = ["0.0.0.0", "::", "127.0.0.1", "10.0.0.1", "10.0.0.2", "127.0.0.53"];
            let sockets: Vec<Socket> = sockets
                .into_iter()
                .map(|(a, port, inode, uid)| Socket { uid, ..socket(addresses[usize::from(a)], port, inode) })
                .collect();
            let endpoints = group(&sockets, &pids);
            let named = names(&endpoints, |_| None);
            let unique: BTreeSet<&String> = named.iter().collect();
            prop_assert_eq!(unique.len(), named.len(), "{:?}", named);
            for socket in &sockets {
                let holders = endpoints.iter().filter(|e| e.port == socket.port && e.addresses.contains(&socket.address));
                prop_assert_eq!(holders.count(), 1);
            }
        }
    }
}
