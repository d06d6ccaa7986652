//! Network traffic and addresses: proc_pid_net(5) (`dev`, `route`, `fib_trie`, `if_inet6`).

use super::Roots;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// More addresses than this are not told; a container host has hundreds.
const ADDRESSES_MAX: usize = 16;

/// Interfaces that containers, tunnels and bridges bring. Their traffic passes through a real one too and would be
/// counted twice.
const VIRTUAL_PREFIXES: [&str; 20] = [
    "veth",
    "docker",
    "br-",
    "br0",
    "virbr",
    "vnet",
    "tap",
    "tun",
    "wg",
    "tailscale",
    "cni",
    "flannel",
    "cali",
    "cilium",
    "lxc",
    "lxd",
    "fwbr",
    "fwpr",
    "ifb",
    "dummy",
];

/// What one interface has carried since it came up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    /// `eth0`.
    pub(crate) name: String,
    /// Received.
    pub(crate) rx_bytes: u64,
    /// Sent.
    pub(crate) tx_bytes: u64,
}

/// Traffic of all real interfaces together, in bytes per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    /// Received.
    pub(crate) rx_bytes_per_s: f64,
    /// Sent.
    pub(crate) tx_bytes_per_s: f64,
}

/// Reads `/proc/net/dev`, leaving out loopback and interfaces whose name says that they are virtual.
pub(crate) fn parse_net_dev(text: &str) -> Vec<Interface> {
    text.lines()
        .filter_map(|line| {
            let (name, counters) = line.split_once(':')?;
            let name = name.trim();
            if name.is_empty() || is_virtual(name) {
                return None;
            }
            let mut fields = counters.split_ascii_whitespace();
            let rx_bytes = fields.next()?.parse().ok()?;
            // Eight columns of receiving come before those of sending.
            let tx_bytes = fields.nth(7)?.parse().ok()?;
            Some(Interface { name: name.to_owned(), rx_bytes, tx_bytes })
        })
        .collect()
}

/// Whether the name says that the interface is not a real one.
pub(crate) fn is_virtual(name: &str) -> bool {
    name == "lo" || VIRTUAL_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Leaves only interfaces with hardware behind them, where there are any: bonds, VLANs and bridges carry what those do.
/// Within a container no interface has hardware; then all are kept.
pub(crate) fn only_hardware(roots: &Roots, mut interfaces: Vec<Interface>) -> Vec<Interface> {
    let class = roots.sys.join("class/net");
    let has_hardware = |interface: &Interface| class.join(&interface.name).join("device").exists();
    if interfaces.iter().any(has_hardware) {
        interfaces.retain(has_hardware);
    }
    interfaces
}

/// What was carried between two readings. An interface that is new, or whose counters were reset, adds nothing.
pub(crate) fn rates(before: &[Interface], after: &[Interface], between: Duration) -> Option<Rates> {
    if between.is_zero() {
        return None;
    }
    let (mut rx, mut tx) = (0u64, 0u64);
    for now in after {
        let Some(then) = before.iter().find(|then| then.name == now.name) else { continue };
        rx = rx.saturating_add(now.rx_bytes.saturating_sub(then.rx_bytes));
        tx = tx.saturating_add(now.tx_bytes.saturating_sub(then.tx_bytes));
    }
    let seconds = between.as_secs_f64();
    Some(Rates { rx_bytes_per_s: rx as f64 / seconds, tx_bytes_per_s: tx as f64 / seconds })
}

/// A directly connected IPv4 network.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Route {
    interface: String,
    destination: u32,
    mask: u32,
}

/// The machine's own IPv4 addresses: the `host LOCAL` leaves of `/proc/net/fib_trie`, without loopback and without those
/// in networks that `/proc/net/route` gives to a virtual interface.
pub(crate) fn parse_ipv4(fib_trie: &str, route: &str) -> Vec<Ipv4Addr> {
    let routes = parse_routes(route);
    let mut found = Vec::new();
    let mut leaf: Option<Ipv4Addr> = None;
    for line in fib_trie.lines() {
        if let Some((_, address)) = line.split_once("|-- ") {
            leaf = address.trim().parse().ok();
        } else if line.contains("/32 host LOCAL")
            && let Some(address) = leaf
            && !address.is_loopback()
            && !found.contains(&address)
            && !is_on_virtual(address, &routes)
        {
            found.push(address);
        }
        if found.len() >= ADDRESSES_MAX {
            break;
        }
    }
    found
}

fn is_on_virtual(address: Ipv4Addr, routes: &[Route]) -> bool {
    let address = u32::from(address);
    routes
        .iter()
        .filter(|route| route.mask != 0 && address & route.mask == route.destination)
        .max_by_key(|route| route.mask.count_ones())
        .is_some_and(|route| is_virtual(&route.interface))
}

/// `/proc/net/route` gives addresses in hexadecimal, in the byte order of the machine, which is little-endian on all that
/// Hob is built for.
fn parse_routes(text: &str) -> Vec<Route> {
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let interface = fields.next()?.to_owned();
            let destination = u32::from_str_radix(fields.next()?, 16).ok()?.swap_bytes();
            let mask = u32::from_str_radix(fields.nth(5)?, 16).ok()?.swap_bytes();
            Some(Route { interface, destination, mask })
        })
        .take(1024)
        .collect()
}

/// The machine's own lasting IPv6 addresses from `/proc/net/if_inet6`: global and unique local ones, without link-local,
/// temporary and deprecated ones.
pub(crate) fn parse_ipv6(if_inet6: &str) -> Vec<Ipv6Addr> {
    const TEMPORARY: u32 = 0x01;
    const DEPRECATED: u32 = 0x20;
    if_inet6
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let address = Ipv6Addr::from(u128::from_str_radix(fields.next()?, 16).ok()?);
            let scope = u32::from_str_radix(fields.nth(2)?, 16).ok()?;
            let flags = u32::from_str_radix(fields.next()?, 16).ok()?;
            let name = fields.next()?;
            let lasting = scope == 0 && flags & (TEMPORARY | DEPRECATED) == 0;
            (lasting && !is_virtual(name)).then_some(address)
        })
        .take(ADDRESSES_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEV: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 1908459    1733    0    0    0     0          0         0  1908459    1733    0    0    0     0       0          0
  eth0: 306021691   10542    0    0    0     0          0         0   827827    7081    0    0    0     0       0          0
veth1f:       5       1    0    0    0     0          0         0        5       1    0    0    0     0       0          0
 wlan0:12345 1 0 0 0 0 0 0 678 1 0 0 0 0 0 0
";

    #[test]
    fn real_interfaces_are_read_and_virtual_ones_left_out() {
        let names: Vec<(String, u64, u64)> =
            parse_net_dev(DEV).into_iter().map(|i| (i.name, i.rx_bytes, i.tx_bytes)).collect();
        assert_eq!(names, [("eth0".to_owned(), 306_021_691, 827_827), ("wlan0".to_owned(), 12_345, 678)]);
    }

    fn interface(name: &str, rx_bytes: u64, tx_bytes: u64) -> Interface {
        Interface { name: name.to_owned(), rx_bytes, tx_bytes }
    }

    #[test]
    fn new_interfaces_and_reset_counters_add_nothing() {
        let before = [interface("eth0", 1000, 500), interface("wlan0", 9000, 9000)];
        let after = [interface("eth0", 2000, 600), interface("wlan0", 10, 10), interface("eth1", 1 << 40, 0)];
        let rates = rates(&before, &after, Duration::from_secs(10)).unwrap();
        assert_eq!((rates.rx_bytes_per_s, rates.tx_bytes_per_s), (100.0, 10.0));
    }

    const TRIE: &str = "Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
     +-- 192.168.1.0/24 2 0 2
        |-- 192.168.1.0
           /24 link UNICAST
        |-- 192.168.1.20
           /32 host LOCAL
        |-- 192.168.1.255
           /32 link BROADCAST
     |-- 172.17.0.1
        /32 host LOCAL
Local:
        |-- 192.168.1.20
           /32 host LOCAL
";
    const ROUTE: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
";

    #[test]
    fn own_addresses_are_told_once_without_those_of_containers() {
        assert_eq!(parse_ipv4(TRIE, ROUTE), [Ipv4Addr::new(192, 168, 1, 20)]);
        assert_eq!(parse_ipv4(TRIE, "").len(), 2);
    }

    #[test]
    fn link_local_and_temporary_addresses_are_left_out() {
        let text = "fe80000000000000021122fffe334455 02 40 20 80     eth0
fd00000000000000000000000000abcd 02 40 00 80     eth0
20010db8000000001111222233334444 02 40 00 01     eth0
00000000000000000000000000000001 01 80 10 80       lo
";
        assert_eq!(parse_ipv6(text), ["fd00::abcd".parse::<Ipv6Addr>().unwrap()]);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "((eth0:|[|]-- |.*)[ 0-9a-f./A-Z]*\n)*") {
            let _ = (parse_net_dev(&text), parse_ipv4(&text, &text), parse_ipv6(&text));
        }
    }
}
