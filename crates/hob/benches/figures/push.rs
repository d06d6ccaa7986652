//! What the push server carries, and what those who only wait cost.

use crate::Outcome;
use crate::report::Figure;
use crate::server::{Server, let_in, now};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PUBLISHES_PER_SECOND: u32 = 1000;
const PUBLISHERS: u32 = 16;
const SUBSCRIBERS: usize = 100;
/// Who waits for messages and gets none.
const IDLE: usize = 5000;
const STACK_BYTES: usize = 128 * 1024;
const START_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// After everybody has come.
const SETTLE: Duration = Duration::from_secs(5);
/// What a step of the histogram is worth, and how many there are: up to two seconds.
const STEP: Duration = Duration::from_micros(50);
const STEPS: usize = 40_000;

/// Times from before the request to publish until a subscriber has read the message.
struct Times {
    counts: Vec<u32>,
    longest: Duration,
}

impl Times {
    fn new() -> Self {
        Self { counts: vec![0; STEPS], longest: Duration::ZERO }
    }

    fn add(&mut self, time: Duration) {
        let step = usize::try_from(time.as_nanos() / STEP.as_nanos()).unwrap_or(STEPS).min(STEPS - 1);
        self.counts[step] += 1;
        self.longest = self.longest.max(time);
    }

    fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(own, other)| *own += other);
        self.longest = self.longest.max(other.longest);
    }

    fn count(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// The time below which this share lies; milliseconds.
    fn at(&self, share: f64) -> f64 {
        let rank = (share * self.count() as f64).ceil() as u64;
        let mut seen = 0;
        let step = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        });
        (step.unwrap_or(STEPS) + 1) as f64 * STEP.as_secs_f64() * 1e3
    }
}

/// A thousand messages a second to a hundred who listen.
pub(crate) fn busy(span: Duration) -> Outcome<Vec<Figure>> {
    let data = tempfile::tempdir()?;
    let (server, address) = start(data.path())?;
    let epoch = now();
    let mut subscribers = Vec::new();
    for _ in 0..SUBSCRIBERS {
        let stream = subscribe(address, "/load/json", "")?;
        let reader = stream.try_clone()?;
        let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
        subscribers.push((stream, builder.spawn(move || listen(reader, epoch))?));
    }
    let refused = Arc::new(AtomicUsize::new(0));
    let taken = Arc::new(AtomicUsize::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let mut publishers = Vec::new();
    for number in 0..PUBLISHERS {
        let load = Load {
            address,
            epoch,
            number,
            refused: refused.clone(),
            taken: taken.clone(),
            stop: stop.clone(),
        };
        publishers.push(std::thread::spawn(move || load.run().map_err(|error| error.to_string())));
    }
    let usage = server.watch(1, span)?;
    stop.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.join().map_err(|_| "a publisher panicked")??;
    }
    std::thread::sleep(Duration::from_secs(1));
    let times = gather(subscribers)?;
    server.stop()?;
    let (taken, refused) = (taken.load(Ordering::Relaxed), refused.load(Ordering::Relaxed));
    let missing = (taken * SUBSCRIBERS) as f64 - times.count() as f64;
    Ok(vec![
        Figure::new("push: publishes", "/s", [taken as f64 / span.as_secs_f64()]),
        Figure::new("push: publishes that were refused", "", [refused as f64]),
        Figure::new("push: deliveries that are missing", "", [missing]),
        Figure::new("push: publish to subscriber, median", "ms", [times.at(0.5)]),
        Figure::new("push: publish to subscriber, p99", "ms", [times.at(0.99)]).limit(20.0),
        Figure::new("push: publish to subscriber, longest", "ms", [times.longest.as_secs_f64() * 1e3]),
        Figure::new("push: CPU of one core, 1,000/s to 100", "%", usage.iter().map(|one| one.cpu_percent)),
        Figure::new("push: memory with that", "MB", usage.iter().map(|one| one.rss_mb)),
    ])
}

/// Five thousand who listen and hear nothing, half of them over WebSockets.
pub(crate) fn idle() -> Outcome<Vec<Figure>> {
    let data = tempfile::tempdir()?;
    let (server, address) = start(data.path())?;
    // What is made once is made before.
    drop(connect_idle(address, 100)?);
    std::thread::sleep(SETTLE);
    let before = rss(&server)?;
    let streams = connect_idle(address, IDLE)?;
    std::thread::sleep(SETTLE);
    let after = rss(&server)?;
    drop(streams);
    server.stop()?;
    let each = (after - before) * 1e6 / IDLE as f64;
    Ok(vec![
        Figure::new("push: memory that 5,000 idle subscribers add", "MB", [after - before]).limit(20.0),
        Figure::new("push: memory of each", "B", [each]),
        Figure::new("push: memory with them", "MB", [after]),
    ])
}

fn rss(server: &Server) -> Outcome<f64> {
    Ok(server.watch(1, Duration::from_secs(1))?.first().map_or(f64::NAN, |usage| usage.rss_mb))
}

/// A hub whose push server takes everything from everybody, and where that listens.
fn start(data: &Path) -> Outcome<(Server, SocketAddr)> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let config = data.join("hob.toml");
    let text = format!(
        "[push]\nlisten = \"{address}\"\ndefault_access = \"read-write\"\nvisitor_subscriptions = 100000\n"
    );
    std::fs::write(&config, text)?;
    // A hub that is not set up takes nothing.
    let_in(data)?;
    let mut server = Server::serve(data, Some(&config), None)?;
    server.first_answer("/readyz", Server::local)?;
    let end = now() + START_WITHIN;
    while TcpStream::connect(address).is_err() {
        if now() > end {
            return Err("the push server does not listen".into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok((server, address))
}

/// Subscribes, and reads until the subscription is open.
fn subscribe(address: SocketAddr, path: &str, headers: &str) -> Outcome<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: push.lan\r\n{headers}\r\n").as_bytes())?;
    let (mut text, mut chunk) = (String::new(), [0; 1024]);
    while !text.contains("\"event\":\"open\"") {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err(format!("the subscription was refused: {text}").into());
        }
        text.push_str(&String::from_utf8_lossy(&chunk[..count]));
    }
    stream.set_read_timeout(None)?;
    Ok(stream)
}

fn connect_idle(address: SocketAddr, count: usize) -> Outcome<Vec<TcpStream>> {
    const SOCKET: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let one = |number: usize| match number % 2 {
        0 => subscribe(address, &format!("/idle-{}/json", number % 500), ""),
        _ => subscribe(address, &format!("/idle-{}/ws", number % 500), SOCKET),
    };
    (0..count).map(one).collect()
}

/// Reads messages until the connection ends. Each begins with the time at which it was sent.
fn listen(mut stream: TcpStream, epoch: Instant) -> Times {
    const TEXT: &[u8] = b"\"message\":\"";
    let (mut times, mut chunk, mut rest) = (Times::new(), vec![0; 64 << 10], Vec::new());
    while let Ok(count) = stream.read(&mut chunk) {
        if count == 0 {
            break;
        }
        let came = epoch.elapsed();
        rest.extend_from_slice(&chunk[..count]);
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in rest[..whole].split(|byte| *byte == b'\n') {
            let Some(at) = line.windows(TEXT.len()).position(|window| window == TEXT) else { continue };
            let digits = line[at + TEXT.len()..].iter().take_while(|byte| byte.is_ascii_digit());
            let sent = digits.fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
            times.add(came.saturating_sub(Duration::from_nanos(sent)));
        }
        rest.drain(..whole);
    }
    times
}

fn gather(subscribers: Vec<(TcpStream, JoinHandle<Times>)>) -> Outcome<Times> {
    let mut all = Times::new();
    for (stream, thread) in subscribers {
        // The hub may have ended it.
        let _ = stream.shutdown(Shutdown::Both);
        all.merge(&thread.join().map_err(|_| "a subscriber panicked")?);
    }
    Ok(all)
}

/// One who publishes at an even pace.
struct Load {
    address: SocketAddr,
    epoch: Instant,
    number: u32,
    refused: Arc<AtomicUsize>,
    taken: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Load {
    fn run(&self) -> Outcome<()> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        let between = Duration::from_secs(1) * PUBLISHERS / PUBLISHES_PER_SECOND;
        let mut next = now() + between * self.number / PUBLISHERS;
        let (mut request, mut answer) = (String::new(), Vec::new());
        while !self.stop.load(Ordering::Relaxed) {
            std::thread::sleep(next.saturating_duration_since(now()));
            // Who is late catches up, so that a hub that stalls is not spared.
            next += between;
            let text = format!(
                "{} a message of usual length, such as scripts send",
                self.epoch.elapsed().as_nanos()
            );
            request.clear();
            write!(
                request,
                "PUT /load HTTP/1.1\r\nHost: push.lan\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )?;
            stream.write_all(request.as_bytes())?;
            let status = read_answer(&mut stream, &mut answer)?;
            let counter = if status == 200 { &self.taken } else { &self.refused };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Reads one answer with a length, and gives its status.
fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Outcome<u16> {
    buffer.clear();
    let mut chunk = [0; 2048];
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err("the hub hung up on a publisher".into());
        }
        buffer.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(buffer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
        });
        if body.len() >= length.ok_or("an answer without a length")? {
            return Ok(head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?);
        }
    }
}
