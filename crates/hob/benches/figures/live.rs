//! What browsers that follow the changes cost.

use crate::Outcome;
use crate::home::HOUSE;
use crate::house;
use crate::http::request;
use crate::report::Figure;
use crate::server::{Server, Usage, let_in};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

const BROWSERS: usize = 100;
const CHANGES_PER_SECOND: u32 = 10;
const WINDOWS: usize = 3;
const WINDOW: Duration = Duration::from_secs(10);
/// After a start, and after the browsers have come.
const SETTLE: Duration = Duration::from_secs(10);
const BROWSER_STACK_BYTES: usize = 128 * 1024;

/// Browsers that have a page open, each on a thread, since they wait nearly all the time.
struct Browsers {
    streams: Vec<TcpStream>,
    threads: Vec<JoinHandle<()>>,
    swaps: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
}

impl Browsers {
    fn connect(server: &Server, token: &str) -> Outcome<Self> {
        let (swaps, bytes) = (Arc::default(), Arc::default());
        let mut all = Self { streams: Vec::new(), threads: Vec::new(), swaps, bytes };
        let headers = [("accept", "text/event-stream"), ("authorization", &format!("Bearer {token}"))];
        for _ in 0..BROWSERS {
            let mut stream = TcpStream::connect(server.address)?;
            let at = position(server, token)?;
            let host = server.address.to_string();
            stream.write_all(request(&format!("/live?at={at}"), &host, &headers).as_bytes())?;
            let (mut reader, swaps, bytes) = (stream.try_clone()?, all.swaps.clone(), all.bytes.clone());
            let builder = std::thread::Builder::new().stack_size(BROWSER_STACK_BYTES);
            all.threads.push(builder.spawn(move || follow(&mut reader, &swaps, &bytes))?);
            all.streams.push(stream);
        }
        Ok(all)
    }

    /// Events and bytes so far, of all.
    fn received(&self) -> (usize, usize) {
        (self.swaps.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

impl Drop for Browsers {
    fn drop(&mut self) {
        for stream in &self.streams {
            // The hub may have ended first.
            let _ = stream.shutdown(Shutdown::Both);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn follow(stream: &mut TcpStream, swaps: &AtomicUsize, bytes: &AtomicUsize) {
    const EVENT: &[u8] = b"event: swap\n";
    let mut chunk = [0; 32 * 1024];
    while let Ok(count) = stream.read(&mut chunk) {
        if count == 0 {
            return;
        }
        // An event that is cut in two by the end of the chunk is not counted; a few of thousands do not matter.
        let seen = chunk[..count].windows(EVENT.len()).filter(|window| *window == EVENT).count();
        swaps.fetch_add(seen, Ordering::Relaxed);
        bytes.fetch_add(count, Ordering::Relaxed);
    }
}

/// What the home page says of the place in the stream at which it was drawn.
pub(crate) fn position(server: &Server, token: &str) -> Outcome<String> {
    let bearer = format!("Bearer {token}");
    let page = server.tcp()?.get("/", &[("authorization", &bearer)])?.expect(200)?;
    let text = String::from_utf8(page.body)?;
    let (_, rest) = text.split_once("data-live=\"").ok_or("the page does not follow changes")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

pub(crate) fn measure() -> Outcome<Vec<Figure>> {
    let data = tempfile::tempdir()?;
    house::build(data.path(), HOUSE)?;
    let token = let_in(data.path())?;
    let mut server = Server::changing(data.path(), HOUSE.services, CHANGES_PER_SECOND)?;
    server.first_answer("/readyz", Server::local)?;
    // What the first browsers cause to be drawn is no cost of those that stay.
    position(&server, &token)?;
    std::thread::sleep(SETTLE);
    let alone = server.watch(WINDOWS, WINDOW)?;
    let browsers = Browsers::connect(&server, &token)?;
    std::thread::sleep(SETTLE);
    let before = browsers.received();
    let watched = server.watch(WINDOWS, WINDOW)?;
    let after = browsers.received();
    drop(browsers);
    server.stop()?;
    let each_second = BROWSERS as f64 * WINDOWS as f64 * WINDOW.as_secs_f64();
    let events = (after.0 - before.0) as f64 / each_second;
    if events < 1.0 {
        return Err(format!("only {events:.2} changes per second reached each browser").into());
    }
    let kb = (after.1 - before.1) as f64 / each_second / 1e3;
    let mut figures = compare(&alone, &watched);
    figures.push(Figure::new("live: pushes to each browser", "/s", [events]));
    figures.push(Figure::new("live: bytes to each browser", "kB/s", [kb]));
    Ok(figures)
}

fn compare(alone: &[Usage], watched: &[Usage]) -> Vec<Figure> {
    let cpu = |usage: &[Usage]| usage.iter().map(|one| one.cpu_percent).collect::<Vec<_>>();
    let rss = |usage: &[Usage]| usage.iter().map(|one| one.rss_mb).collect::<Vec<_>>();
    let absolute_cpu = Figure::new("live: CPU with 100 browsers", "%", cpu(watched));
    let alone_cpu = Figure::new("live: CPU without browsers", "%", cpu(alone));
    let alone_rss = Figure::new("live: memory without browsers", "MB", rss(alone));
    let added = |values: Vec<f64>, base: f64| values.into_iter().map(move |value| value - base);
    let added_cpu = added(cpu(watched), alone_cpu.median());
    let added_rss = added(rss(watched), alone_rss.median());
    vec![
        Figure::new("live: CPU that 100 browsers add, 10 changes/s", "%", added_cpu).limit(2.0),
        Figure::new("live: memory that 100 browsers add", "MB", added_rss).by_worst().limit(20.0),
        absolute_cpu,
        alone_cpu,
        alone_rss,
    ]
}
