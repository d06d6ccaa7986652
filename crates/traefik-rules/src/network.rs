//! Addresses and networks of clients.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An address or a network in CIDR form, its address without the bits of hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// From `192.168.1.7`, `192.168.1.0/24`, `::1` or `fe80::/10`; `None` where it is none of these.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.split_once('%').map_or(text, |(address, _zone)| address), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let longest = width(address);
        let bits = match bits {
            None => longest,
            // As Go reads it: no sign, no leading zero.
            Some(bits) if bits.is_empty() || (bits.len() > 1 && bits.starts_with('0')) => return None,
            Some(bits) if !bits.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= longest)?,
        };
        Some(Self { address: masked(address, bits), bits }.canonical())
    }

    /// Addresses of IPv4 within IPv6 are those of IPv4.
    fn canonical(self) -> Self {
        match self.address {
            IpAddr::V6(six) if self.bits >= 96 => match six.to_ipv4_mapped() {
                Some(four) => Self { address: four.into(), bits: self.bits - 96 },
                None => self,
            },
            _ => self,
        }
    }

    /// The network's first address, or the address itself.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits are given: 32 or 128 for one address.
    #[must_use]
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// Whether an address is one of these.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.address) && masked(address, self.bits) == self.address
    }

    /// Whether all addresses of the other one are among these.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.bits <= other.bits && self.contains(other.address)
    }

    /// Whether no address is in both.
    #[must_use]
    pub fn is_apart_from(&self, other: &Self) -> bool {
        !self.covers(other) && !other.covers(self)
    }

    /// Whether no address of it is reached over the internet: private networks (RFC 1918, RFC 4193), those of carriers,
    /// which Tailscale uses, too (RFC 6598), the machine itself and its link.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        INTERNAL.iter().any(|(address, bits)| Self { address: *address, bits: *bits }.covers(self))
    }
}

const INTERNAL: [(IpAddr, u8); 9] = [
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
];

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(four) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits.into())).unwrap_or(0);
            Ipv4Addr::from_bits(four.to_bits() & mask).into()
        }
        IpAddr::V6(six) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits.into())).unwrap_or(0);
            Ipv6Addr::from_bits(six.to_bits() & mask).into()
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.bits == width(self.address) {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.bits)
        }
    }
}
