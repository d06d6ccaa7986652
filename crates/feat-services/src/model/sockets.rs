//! `/proc/net/tcp` and `/proc/net/tcp6`, see proc(5): which TCP sockets listen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Socket {
    /// The port.
    pub(crate) port: u16,
    /// The address on which it listens.
    pub(crate) address: IpAddr,
    /// The number of its inode, the same for as long as the socket lives.
    pub(crate) inode: u64,
    /// The user whose process opened it.
    pub(crate) uid: u32,
}

/// What one line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// A socket that listens.
    Listening(Socket),
    /// A socket in another state, the heading, or nothing that can be read.
    Other,
}

/// TCP_LISTEN, in include/net/tcp_states.h.
const LISTEN: &str = "0A";

/// Reads one line.
pub(crate) fn parse_line(line: &str) -> Line {
    parse(line).map_or(Line::Other, Line::Listening)
}

/// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...`
fn parse(line: &str) -> Option<Socket> {
    let mut fields = line.split_ascii_whitespace();
    let local = fields.nth(1)?;
    if fields.nth(1)? != LISTEN {
        return None;
    }
    let uid = fields.nth(3)?.parse().ok()?;
    let inode = fields.nth(1)?.parse().ok()?;
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok().filter(|port| *port > 0)?;
    Some(Socket { port, address: parse_address(address)?, inode, uid })
}

/// Words of 32 bits in the byte order of this machine, as hexadecimal numbers.
fn parse_address(hex: &str) -> Option<IpAddr> {
    if !hex.is_ascii() {
        return None;
    }
    let word = |at: usize| -> Option<[u8; 4]> {
        Some(u32::from_str_radix(hex.get(at * 8..at * 8 + 8)?, 16).ok()?.to_ne_bytes())
    };
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut bytes = [0; 16];
            for (at, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(at)?);
            }
            let address = Ipv6Addr::from(bytes);
            Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn listening_sockets_are_read_and_others_are_not() {
        let listening = "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 123456 1 0000000000000000 100 0 0 10 0";
        let six = "   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 100 0 0 10 0";
        let loopback = "   1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1";
        let mapped = "   1: 0000000000000000FFFF00000100007F:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1";
        let established = listening.replace(" 0A ", " 01 ");
        let socket = |line: &str| match parse_line(line) {
            Line::Listening(socket) => {
                Some((socket.address.to_string(), socket.port, socket.inode, socket.uid))
            }
            Line::Other => None,
        };
        assert_eq!(socket(listening), Some(("127.0.0.1".into(), 3000, 123_456, 1000)));
        assert_eq!(socket(six), Some(("::".into(), 8080, 77, 0)));
        assert_eq!(socket(loopback), Some(("::1".into(), 8080, 77, 0)));
        assert_eq!(socket(mapped), Some(("127.0.0.1".into(), 8080, 77, 0)));
        assert_eq!(socket(&established), None);
        assert_eq!(socket("  sl  local_address rem_address   st tx_queue"), None);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line: String) {
            parse_line(&line);
        }

        #[test]
        fn no_field_makes_it_panic(local in "[0-9A-Fa-f:é]{0,40}", rest in "[0-9 :]{0,60}") {
            parse_line(&format!("0: {local} 0:0 0A {rest}"));
        }
    }
}
