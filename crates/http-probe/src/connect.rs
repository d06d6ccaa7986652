//! From a host name to a TCP connection.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::error::ProbeError;

/// Most addresses of one name which are tried.
const MAX_ADDRESSES: usize = 8;

/// A TCP connection came about; it is closed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpOutcome {
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

/// Resolves names for one probe, and remembers the addresses of the host asked last, so that a
/// redirect on one host resolves its name once.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    look_ups: &'a Arc<Semaphore>,
    host: String,
    addresses: Vec<IpAddr>,
}

impl<'a> Resolver<'a> {
    /// A resolver which takes a permit for each name which it looks up.
    pub(crate) fn new(look_ups: &'a Arc<Semaphore>) -> Self {
        Self { look_ups, host: String::new(), addresses: Vec::new() }
    }

    /// The addresses of `host`, in the resolver's order, each once, at most [`MAX_ADDRESSES`].
    pub(crate) async fn resolve(&mut self, host: &str, end: Instant) -> Result<&[IpAddr], ProbeError> {
        if self.host != host || self.addresses.is_empty() {
            self.addresses = match host.parse() {
                Ok(address) => vec![address],
                Err(_) => look_up(self.look_ups, host, end).await?,
            };
            host.clone_into(&mut self.host);
        }
        Ok(&self.addresses)
    }
}

async fn look_up(look_ups: &Arc<Semaphore>, host: &str, end: Instant) -> Result<Vec<IpAddr>, ProbeError> {
    let start = Instant::now();
    let name = host.to_owned();
    let looking = async {
        let permit = look_ups.clone().acquire_owned().await.map_err(io::Error::other)?;
        let look = move || {
            let addresses = distinct_addresses(&name);
            drop(permit);
            addresses
        };
        tokio::task::spawn_blocking(look).await?
    };
    match timeout_at(end, looking).await {
        Err(_) => {
            let after = end.saturating_duration_since(start);
            Err(ProbeError::ResolveTimeout { host: host.to_owned(), after })
        }
        Ok(Err(source)) => Err(ProbeError::Resolve { host: host.to_owned(), source }),
        Ok(Ok(addresses)) if addresses.is_empty() => Err(ProbeError::NoAddress { host: host.to_owned() }),
        Ok(Ok(addresses)) => Ok(addresses),
    }
}

/// Asks the system's resolver, which blocks.
fn distinct_addresses(name: &str) -> io::Result<Vec<IpAddr>> {
    let mut addresses = Vec::new();
    for address in (name, 0).to_socket_addrs()?.map(|addr| addr.ip()) {
        if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
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
) -> Result<(TcpStream, SocketAddr), ProbeError> {
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
            Ok(Ok(_)) => ProbeError::Refused { addr },
            Ok(Err(source)) => failed(addr, share, source),
            Err(_) => ProbeError::ConnectTimeout { addr, after: share },
        };
        if failure.as_ref().is_none_or(|worst| tells(&error) > tells(worst)) {
            failure = Some(error);
        }
    }
    // The callers bring at least one address.
    Err(failure.unwrap_or_else(|| ProbeError::NoAddress { host: String::new() }))
}

/// Whether the kernel connected the socket to itself. It may when a probe on this machine asks a
/// closed port from the range of which the kernel also takes the probe's own port (RFC 9293,
/// section 3.5: simultaneous open).
fn is_own_echo(stream: &TcpStream, addr: SocketAddr) -> bool {
    stream.local_addr().is_ok_and(|local| local == addr)
}

fn failed(addr: SocketAddr, after: Duration, source: io::Error) -> ProbeError {
    /// Too many open files, in the system or in the process; without a name in `ErrorKind`.
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    if let Some(ENFILE | EMFILE) = source.raw_os_error() {
        return ProbeError::NoSocket { source };
    }
    match source.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => ProbeError::Refused { addr },
        io::ErrorKind::TimedOut => ProbeError::ConnectTimeout { addr, after },
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse | io::ErrorKind::OutOfMemory => {
            ProbeError::NoSocket { source }
        }
        _ => ProbeError::Unreachable { addr, source },
    }
}

/// How much a failure tells of the server, to choose between those of several addresses.
fn tells(error: &ProbeError) -> u8 {
    match error {
        ProbeError::Refused { .. } => 3,
        ProbeError::ConnectTimeout { .. } => 2,
        ProbeError::Unreachable { .. } => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
