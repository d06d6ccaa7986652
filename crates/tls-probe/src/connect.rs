//! From a host name to a TCP connection.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::error::Error;

/// Most addresses of one name which are tried.
const MAX_ADDRESSES: usize = 8;

/// Which addresses of a name are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Family {
    /// All, in the order of the system's resolver (RFC 6724): one after the other, until one accepts.
    #[default]
    Any,
    /// Those of IPv4 only.
    V4,
    /// Those of IPv6 only.
    V6,
}

impl Family {
    /// Whether an address is of this family. An IPv4 address written as one of IPv6 is of IPv4
    /// (RFC 4291, section 2.5.5.2), as the system treats it.
    #[must_use]
    pub fn includes(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.to_canonical().is_ipv4(),
            Self::V6 => address.to_canonical().is_ipv6(),
        }
    }
}

/// An open TCP connection.
#[derive(Debug)]
pub struct Connected {
    /// The connection, on which small pieces are sent at once (`TCP_NODELAY`).
    pub stream: TcpStream,
    /// The address which accepted.
    pub remote: SocketAddr,
    /// How long resolving the name took; near zero for an address.
    pub resolve: Duration,
    /// How long connecting took, with the addresses which failed before.
    pub connect: Duration,
}

/// Most names looked up at once. The resolver of the system blocks a thread for each, up to half a
/// minute when the name server is silent, and does not stop when the probe does.
pub(crate) const MAX_LOOK_UPS: usize = 64;

/// The addresses of `host`, in the resolver's order, each once, at most [`MAX_ADDRESSES`] of the
/// family. Takes a permit of `look_ups` for a name which is looked up.
pub(crate) async fn resolve(
    look_ups: &Arc<Semaphore>,
    host: &str,
    family: Family,
    end: Instant,
) -> Result<Vec<IpAddr>, Error> {
    let found = match host.parse() {
        Ok(address) => vec![address],
        Err(_) => look_up(look_ups, host, family, end).await?,
    };
    let found: Vec<IpAddr> = found.into_iter().filter(|&address| family.includes(address)).collect();
    if found.is_empty() { Err(Error::NoAddress { host: host.to_owned(), family }) } else { Ok(found) }
}

async fn look_up(
    look_ups: &Arc<Semaphore>,
    host: &str,
    family: Family,
    end: Instant,
) -> Result<Vec<IpAddr>, Error> {
    let start = Instant::now();
    let name = host.to_owned();
    let looking = async {
        let permit = look_ups.clone().acquire_owned().await.map_err(io::Error::other)?;
        let look = move || {
            let addresses = distinct_addresses(&name, family);
            drop(permit);
            addresses
        };
        tokio::task::spawn_blocking(look).await?
    };
    match timeout_at(end, looking).await {
        Err(_) => {
            let after = end.saturating_duration_since(start);
            Err(Error::ResolveTimeout { host: host.to_owned(), after })
        }
        Ok(Err(source)) => Err(Error::Resolve { host: host.to_owned(), source }),
        Ok(Ok(addresses)) => Ok(addresses),
    }
}

/// Asks the system's resolver, which blocks.
fn distinct_addresses(name: &str, family: Family) -> io::Result<Vec<IpAddr>> {
    let mut addresses = Vec::new();
    for address in (name, 0).to_socket_addrs()?.map(|addr| addr.ip()) {
        if addresses.len() < MAX_ADDRESSES && family.includes(address) && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

/// Connects to the first address which accepts. Each address has an equal share of the time which
/// is left, so that a silent one leaves some to the next.
pub(crate) async fn connect(
    addresses: &[IpAddr],
    port: u16,
    end: Instant,
) -> Result<(TcpStream, SocketAddr), Error> {
    let mut failure = None;
    for (left, &ip) in (1u32..=u32::try_from(addresses.len()).unwrap_or(u32::MAX)).rev().zip(addresses) {
        let now = Instant::now();
        let share = end.saturating_duration_since(now) / left;
        let addr = SocketAddr::new(ip, port);
        let error = match timeout_at(now + share, TcpStream::connect(addr)).await {
            Ok(Ok(stream)) if !is_own_echo(&stream, addr) => {
                // Between the end of a TLS handshake and the request is no time to wait for an
                // acknowledgement. A stream which refuses the option works without it.
                drop(stream.set_nodelay(true));
                return Ok((stream, addr));
            }
            Ok(Ok(_)) => Error::Refused { addr },
            Ok(Err(source)) => failed(addr, share, source),
            Err(_) => Error::ConnectTimeout { addr, after: share },
        };
        if failure.as_ref().is_none_or(|worst| tells(&error) > tells(worst)) {
            failure = Some(error);
        }
    }
    // The callers bring at least one address.
    Err(failure.unwrap_or_else(|| Error::NoAddress { host: String::new(), family: Family::Any }))
}

/// Whether the kernel connected the socket to itself. It may when a probe on this machine asks a
/// closed port from the range of which the kernel also takes the probe's own port (RFC 9293,
/// section 3.5: simultaneous open).
fn is_own_echo(stream: &TcpStream, addr: SocketAddr) -> bool {
    stream.local_addr().is_ok_and(|local| local == addr)
}

fn failed(addr: SocketAddr, after: Duration, source: io::Error) -> Error {
    /// Too many open files, in the system or in the process; without a name in `ErrorKind`.
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    if let Some(ENFILE | EMFILE) = source.raw_os_error() {
        return Error::NoSocket { source };
    }
    match source.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => Error::Refused { addr },
        io::ErrorKind::TimedOut => Error::ConnectTimeout { addr, after },
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse | io::ErrorKind::OutOfMemory => {
            Error::NoSocket { source }
        }
        _ => Error::Unreachable { addr, source },
    }
}

/// How much a failure tells of the server, to choose between those of several addresses.
fn tells(error: &Error) -> u8 {
    match error {
        Error::Refused { .. } => 3,
        Error::ConnectTimeout { .. } => 2,
        Error::Unreachable { .. } => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_apart() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for (text, v4, v6) in
            [("192.0.2.1", true, false), ("2001:db8::1", false, true), ("::ffff:192.0.2.1", true, false)]
        {
            assert_eq!((Family::V4.includes(address(text)), Family::V6.includes(address(text))), (v4, v6));
            assert!(Family::Any.includes(address(text)));
        }
    }

    #[tokio::test]
    async fn an_address_of_the_other_family_is_none() {
        let look_ups = Arc::new(Semaphore::new(1));
        let end = Instant::now() + Duration::from_secs(5);
        assert_eq!(resolve(&look_ups, "::1", Family::V6, end).await.unwrap().len(), 1);
        let error = resolve(&look_ups, "::1", Family::V4, end).await.unwrap_err();
        assert_eq!(error.to_string(), "The name ::1 has no address of IPv4.");
    }

    #[test]
    fn an_exhausted_machine_is_not_blamed_on_the_server() {
        let addr = SocketAddr::from(([192, 0, 2, 1], 80));
        let kind = |number| failed(addr, Duration::ZERO, io::Error::from_raw_os_error(number)).kind();
        assert_eq!(kind(24), "no_socket");
        assert_eq!(kind(99), "no_socket");
        assert_eq!(kind(111), "refused");
        assert_eq!(kind(113), "unreachable");
        assert_eq!(kind(110), "connect_timeout");
    }
}
