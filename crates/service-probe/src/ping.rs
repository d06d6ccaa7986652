//! The host itself: ICMP echo (RFC 792, RFC 4443 section 4) without privileges.
//!
//! Linux gives a datagram socket for echo requests to processes whose group is within
//! `net.ipv4.ping_group_range`, for both versions of IP (icmp(7)). The kernel chooses the identifier,
//! and hands over only replies to it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tls_probe::Deadline;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, Said};
use crate::failure::Failure;
use crate::question::{Limits, Target};
use crate::{client, random};

/// Most requests of one probe.
const MOST: u16 = 20;

/// Shortest and longest time between two requests.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// Bytes of a request after its header, as many as `ping` sends.
const PAYLOAD: usize = 56;

/// Bytes of chance by which a reply is known.
const TOKEN: usize = 16;

/// Sends echo requests and waits for the replies.
///
/// One reply is enough for a good answer. Details: `sent` and `received`, numbers of packets; `loss`, in
/// per cent; `min_ms`, `avg_ms` and `max_ms`, the time until a reply, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ping {
    /// How many requests to send: 1 to 20. Default: 3.
    pub count: u16,
    /// How long to wait before the next one: 10 milliseconds to 10 seconds. Default: 200 milliseconds.
    pub interval: Duration,
}

impl Default for Ping {
    fn default() -> Self {
        Self { count: 3, interval: Duration::from_millis(200) }
    }
}

pub(crate) async fn ask(
    connector: &tls_probe::Client,
    target: &Target,
    question: &Ping,
    limits: &Limits,
) -> Result<Answer, Failure> {
    let start = Instant::now();
    let deadline = client::deadline(limits);
    let addresses = connector.resolve(&target.host, target.family, &deadline).await?;
    let (socket, ip) = open_any(&addresses)?;
    let mut echo = Echo { ip, token: random::bytes()?, sent: Vec::new(), times: Vec::new(), fault: None };
    echo.run(&socket, question, limits.answer, &deadline).await;
    let took = start.elapsed();
    if echo.times.is_empty() {
        return Err(match echo.fault {
            Some(source) => Failure::Unreachable { at: ip.to_string(), source },
            None => Failure::NoReply { at: ip, sent: echo.count(), after: took },
        });
    }
    let Said { summary, details } = echo.told();
    Ok(Answer { summary, details, remote: Some(SocketAddr::new(ip, 0)), took, tls: None })
}

/// A socket to the first address to which there is a way.
fn open_any(addresses: &[IpAddr]) -> Result<(UdpSocket, IpAddr), Failure> {
    let mut failure = None;
    for &ip in addresses {
        match open(ip) {
            Ok(socket) => return Ok((socket, ip)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    // There is at least one address.
    Err(failure.unwrap_or(Failure::BadQuestion { reason: "the host has no address".to_owned() }))
}

fn open(ip: IpAddr) -> Result<UdpSocket, Failure> {
    let (domain, protocol) = match ip {
        IpAddr::V4(_) => (Domain::IPV4, socket2::Protocol::ICMPV4),
        IpAddr::V6(_) => (Domain::IPV6, socket2::Protocol::ICMPV6),
    };
    let socket = Socket::new(domain, Type::DGRAM, Some(protocol)).map_err(|source| match source.kind() {
        io::ErrorKind::PermissionDenied => Failure::NotPermitted,
        _ => Failure::NoSocket { at: ip.to_string(), source },
    })?;
    socket
        .connect(&SocketAddr::new(ip, 0).into())
        .map_err(|source| Failure::Unreachable { at: ip.to_string(), source })?;
    socket
        .set_nonblocking(true)
        .and_then(|()| UdpSocket::from_std(socket.into()))
        .map_err(|source| Failure::NoSocket { at: ip.to_string(), source })
}

/// Requests and what came of them.
struct Echo {
    ip: IpAddr,
    token: [u8; TOKEN],
    /// When each request was sent; `None` once its reply has come.
    sent: Vec<Option<Instant>>,
    times: Vec<Duration>,
    /// What the operating system said last of the way there.
    fault: Option<io::Error>,
}

impl Echo {
    fn count(&self) -> u16 {
        u16::try_from(self.sent.len()).unwrap_or(u16::MAX)
    }

    /// Sends the requests and waits for the replies to all, at most `patience` after the last.
    async fn run(&mut self, socket: &UdpSocket, question: &Ping, patience: Duration, deadline: &Deadline) {
        let count = question.count.clamp(1, MOST);
        let interval = question.interval.clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        let mut next = Instant::now();
        while self.times.len() < usize::from(count) {
            let now = Instant::now();
            if self.count() < count && now >= next {
                self.send(socket).await;
                next = now + if self.count() < count { interval } else { patience.min(LONGEST_INTERVAL * 6) };
            } else if now >= next || now >= deadline.end() {
                break;
            }
            let mut reply = [0; 1500];
            match timeout_at(next.min(deadline.end()), socket.recv(&mut reply)).await {
                Ok(Ok(length)) => self.receive(reply.get(..length).unwrap_or_default()),
                // The next request may find a way; until then there is nothing to hear.
                Ok(Err(error)) => {
                    self.fault = Some(error);
                    tokio::time::sleep_until(next.min(deadline.end())).await;
                }
                Err(_) => {}
            }
        }
    }

    async fn send(&mut self, socket: &UdpSocket) {
        let request = request(self.ip, self.count(), &self.token);
        self.sent.push(Some(Instant::now()));
        if let Err(error) = socket.send(&request).await {
            self.fault = Some(error);
        }
    }

    fn receive(&mut self, packet: &[u8]) {
        let number = number_of_reply(self.ip, packet, &self.token);
        // A reply which comes twice counts once.
        if let Some(sent) = number.and_then(|number| self.sent.get_mut(usize::from(number))?.take()) {
            self.times.push(sent.elapsed());
        }
    }

    fn told(&self) -> Said {
        let (sent, received) = (self.sent.len(), self.times.len());
        let sum: Duration = self.times.iter().sum();
        let average = sum / u32::try_from(received.max(1)).unwrap_or(u32::MAX);
        let millis = |time: Option<Duration>| time.map_or_else(String::new, milliseconds);
        Said::new(format!(
            "answers {received} of {sent} pings, after {} ms on average",
            milliseconds(average)
        ))
        .with("sent", sent.to_string())
        .with("received", received.to_string())
        .with("loss", (100 * (sent - received.min(sent)) / sent.max(1)).to_string())
        .with("min_ms", millis(self.times.iter().min().copied()))
        .with("avg_ms", milliseconds(average))
        .with("max_ms", millis(self.times.iter().max().copied()))
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}

/// The types of an echo request and of its reply.
fn types(ip: IpAddr) -> (u8, u8) {
    match ip {
        IpAddr::V4(_) => (8, 0),
        IpAddr::V6(_) => (128, 129),
    }
}

/// An echo request. The kernel fills in the identifier.
fn request(ip: IpAddr, number: u16, token: &[u8; TOKEN]) -> Vec<u8> {
    let mut packet = vec![types(ip).0, 0, 0, 0, 0, 0];
    packet.extend(number.to_be_bytes());
    packet.extend(token);
    packet.resize(8 + PAYLOAD, 0);
    let sum = checksum(&packet).to_be_bytes();
    packet[2..4].copy_from_slice(&sum);
    packet
}

/// The number of the request to which a packet replies.
pub(crate) fn number_of_reply(ip: IpAddr, packet: &[u8], token: &[u8; TOKEN]) -> Option<u16> {
    // Some systems hand over the header of IPv4, too.
    let packet = match packet.first()? {
        first @ 0x45..=0x4f if ip.is_ipv4() => packet.get(usize::from(first & 0x0f) * 4..)?,
        _ => packet,
    };
    let (&[kind, code, _, _, _, _, high, low], payload) = packet.split_first_chunk()?;
    let own = kind == types(ip).1 && code == 0 && payload.starts_with(token);
    own.then_some(u16::from_be_bytes([high, low]))
}

/// The sum of RFC 1071.
fn checksum(packet: &[u8]) -> u16 {
    let sum = packet.chunks(2).fold(0u32, |sum, pair| {
        let word = u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
        sum + u32::from(word)
    });
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const HERE6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

    #[test]
    fn requests_and_replies() {
        for ip in [HERE, HERE6] {
            let mut packet = request(ip, 7, &[9; TOKEN]);
            assert_eq!(packet.len(), 64);
            assert_eq!(checksum(&packet), 0, "a packet with its sum sums up to nothing");
            assert_eq!(number_of_reply(ip, &packet, &[9; TOKEN]), None, "a request is no reply");
            packet[0] = types(ip).1;
            assert_eq!(number_of_reply(ip, &packet, &[9; TOKEN]), Some(7));
            assert_eq!(number_of_reply(ip, &packet, &[8; TOKEN]), None, "somebody else's");
            packet[1] = 1;
            assert_eq!(number_of_reply(ip, &packet, &[9; TOKEN]), None, "a code");
        }
        let mut packet = request(HERE, 3, &[9; TOKEN]);
        packet[0] = 0;
        let with_header = [&[0x46][..], &[0; 23], &packet].concat();
        assert_eq!(number_of_reply(HERE, &with_header, &[9; TOKEN]), Some(3));
    }

    #[tokio::test]
    async fn a_tally() {
        let now = Instant::now();
        let mut echo =
            Echo { ip: HERE, token: [1; TOKEN], sent: vec![Some(now); 4], times: Vec::new(), fault: None };
        let mut reply = request(HERE, 2, &[1; TOKEN]);
        reply[0] = 0;
        echo.receive(&reply);
        echo.receive(&reply);
        reply[7] = 200;
        echo.receive(&reply);
        assert_eq!(echo.times.len(), 1, "once, and only to what was sent");
        echo.times = vec![Duration::from_micros(500), Duration::from_micros(1500), Duration::from_millis(4)];
        let told = echo.told();
        assert_eq!(told.summary, "answers 3 of 4 pings, after 2.00 ms on average");
        let of = |word| told.details.iter().find(|(name, _)| *name == word).map(|(_, value)| value.as_str());
        assert_eq!((of("loss"), of("min_ms"), of("max_ms")), (Some("25"), Some("0.50"), Some("4.00")));
    }

    proptest! {
        #[test]
        fn any_packet_is_judged(packet: Vec<u8>, token: [u8; TOKEN]) {
            for ip in [HERE, HERE6] {
                let _ = (number_of_reply(ip, &packet, &token), checksum(&packet));
            }
        }
    }
}
