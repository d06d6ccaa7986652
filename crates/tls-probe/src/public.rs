//! Whether an address is one of the public Internet.
//!
//! Who connects to where a stranger says (a browser's push service, the target of a redirect) must not be led into the
//! house: a router's page or a database without a password is there. The rule is applied to the address to which the
//! connection is made, after the name was resolved and not before, as a name can say another thing the next time.
//!
//! Source: the registries of special-purpose addresses (RFC 6890) and what they name.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not one of the public Internet. `Display` completes "It is ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NotPublic {
    /// This machine (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
    Loopback,
    /// No address at all: 0.0.0.0 and its network, `::`.
    Unspecified,
    /// A network of a house or a company (RFC 1918, RFC 4193).
    Private,
    /// The network of a provider behind its own translation of addresses (RFC 6598).
    Provider,
    /// Only on this cable (RFC 3927; RFC 4291, section 2.5.6).
    LinkLocal,
    /// Many machines at once (RFC 5771; RFC 4291, section 2.7).
    Multicast,
    /// An address of IPv4 written as one of IPv6 (RFC 4291, section 2.5.5).
    Mapped,
    /// Kept for documentation, measurements, tunnels or the future.
    Reserved,
}

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "an address of this machine itself",
            Self::Unspecified => "no address of a machine",
            Self::Private => "an address of a private network",
            Self::Provider => "an address inside of a provider's network",
            Self::LinkLocal => "an address on this cable only",
            Self::Multicast => "an address of many machines at once",
            Self::Mapped => "an address of IPv4 in disguise",
            Self::Reserved => "an address that is reserved",
        })
    }
}

/// Nothing for an address of the public Internet, and otherwise why it is none.
///
/// # Errors
///
/// [`NotPublic`] says what kind of address it is.
pub fn check(address: IpAddr) -> Result<(), NotPublic> {
    match address {
        IpAddr::V4(address) => check_v4(address),
        IpAddr::V6(address) => check_v6(address),
    }
}

/// Whether an address is one of the public Internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    check(address).is_ok()
}

fn check_v4(address: Ipv4Addr) -> Result<(), NotPublic> {
    Err(match address.octets() {
        [0, ..] => NotPublic::Unspecified,
        [127, ..] => NotPublic::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => NotPublic::Private,
        [100, 64..=127, ..] => NotPublic::Provider,
        [169, 254, ..] => NotPublic::LinkLocal,
        [224..=239, ..] => NotPublic::Multicast,
        // Protocol assignments, documentation, the old relays of 6to4 (RFC 7526), benchmarks (RFC 2544), class E.
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18..=19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => NotPublic::Reserved,
        _ => return Ok(()),
    })
}

fn check_v6(address: Ipv6Addr) -> Result<(), NotPublic> {
    let segments = address.segments();
    Err(match segments {
        [0, 0, 0, 0, 0, 0, 0, 0] => NotPublic::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => NotPublic::Loopback,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] => NotPublic::Mapped,
        // Behind a translator (RFC 6052) it is the address of IPv4 that is reached.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            return check_v4(Ipv4Addr::new(a, b, c, d));
        }
        [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => NotPublic::Private,
        [0xfe80..=0xfebf, ..] => NotPublic::LinkLocal,
        [0xff00..=0xffff, ..] => NotPublic::Multicast,
        // Protocol assignments with Teredo (RFC 2928), documentation (RFC 3849, RFC 9637), 6to4 (RFC 3056).
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => NotPublic::Reserved,
        // All that was ever given out is in 2000::/3.
        [0x2000..=0x3fff, ..] => return Ok(()),
        _ => NotPublic::Reserved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Result<(), NotPublic> {
        check(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.0.1",
            "192.169.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "2001:200::1",
            "2a00::1",
            "64:ff9b::101:101",
        ] {
            assert_eq!(of(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn addresses_of_a_house_are_not() {
        use NotPublic::*;
        for (text, why) in [
            ("0.0.0.0", Unspecified),
            ("0.1.2.3", Unspecified),
            ("127.0.0.1", Loopback),
            ("127.255.255.255", Loopback),
            ("10.0.0.1", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.1.1", Private),
            ("100.64.0.1", Provider),
            ("100.127.255.255", Provider),
            ("169.254.169.254", LinkLocal),
            ("224.0.0.1", Multicast),
            ("239.255.255.250", Multicast),
            ("192.0.0.8", Reserved),
            ("192.0.2.1", Reserved),
            ("198.19.0.1", Reserved),
            ("198.51.100.7", Reserved),
            ("203.0.113.9", Reserved),
            ("240.0.0.1", Reserved),
            ("255.255.255.255", Reserved),
            ("::", Unspecified),
            ("::1", Loopback),
            ("::ffff:127.0.0.1", Mapped),
            ("::ffff:1.1.1.1", Mapped),
            ("::7f00:1", Mapped),
            ("64:ff9b::a00:1", Private),
            ("64:ff9b::7f00:1", Loopback),
            ("64:ff9b:1::1", Reserved),
            ("fd00::1", Private),
            ("fc00::1", Private),
            ("fe80::1", LinkLocal),
            ("fec0::1", Private),
            ("ff02::1", Multicast),
            ("2001::1", Reserved),
            ("2001:db8::1", Reserved),
            ("2002:7f00:1::", Reserved),
            ("3fff::1", Reserved),
            ("100::1", Reserved),
            ("4000::1", Reserved),
        ] {
            assert_eq!(of(text), Err(why), "{text}");
        }
    }

    proptest! {
        /// What the standard library knows to be special is never called public.
        #[test]
        fn nothing_special_is_public(address: IpAddr) {
            let special = match address {
                IpAddr::V4(v4) => {
                    v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_multicast()
                        || v4.is_unspecified() || v4.is_broadcast() || v4.is_documentation()
                }
                IpAddr::V6(v6) => {
                    v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local()
                        || v6.is_unicast_link_local() || v6.to_ipv4_mapped().is_some()
                }
            };
            prop_assert!(!(special && is_public(address)));
        }
    }
}
