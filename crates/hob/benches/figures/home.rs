//! The home page of a house with 500 services, as a browser gets it: how long it takes, and how much comes over the wire.

use crate::Outcome;
use crate::house::{self, Past};
use crate::http::{Answer, Connection};
use crate::report::Figure;
use crate::server::{Server, let_in, now};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const REQUESTS: usize = 1000;
/// Between two requests while services change, so that they meet pages of every age.
const PAUSE: Duration = Duration::from_millis(20);
const CHANGES_PER_SECOND: u32 = 10;
/// After a start features look around for the first time.
const SETTLE: Duration = Duration::from_secs(8);
/// Browsers fetch this one only when the page becomes an icon on the phone's screen.
const TOUCH_ICON: &str = "icon-192";

/// 500 services, of which two in five had no trouble, one had one outage, one two and one six.
pub(crate) const HOUSE: Past = Past { services: 500, days: 90, outages: |n| [0, 1, 2, 0, 6][n / 5 % 5] };

/// How a browser asks.
pub(crate) struct Browser {
    connection: Connection,
    bearer: String,
}

impl Browser {
    pub(crate) fn open(server: &Server, token: &str) -> Outcome<Self> {
        Ok(Self { connection: server.tcp()?, bearer: format!("Bearer {token}") })
    }

    fn get(&mut self, path: &str, known: Option<&str>) -> Outcome<Answer> {
        let mut headers = vec![
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("accept-language", "en-GB,en;q=0.5"),
            ("accept-encoding", "gzip, deflate, br"),
            ("authorization", self.bearer.as_str()),
        ];
        headers.extend(known.map(|etag| ("if-none-match", etag)));
        self.connection.get(path, &headers)
    }
}

pub(crate) fn measure() -> Outcome<Vec<Figure>> {
    let data = tempfile::tempdir()?;
    house::build(data.path(), HOUSE)?;
    let token = let_in(data.path())?;
    let mut figures = unchanged(data.path(), &token)?;
    figures.push(changing(data.path(), &token)?);
    Ok(figures)
}

fn start(data: &Path, token: &str, changes_per_second: u32) -> Outcome<(Server, Browser)> {
    let mut server = Server::changing(data, HOUSE.services, changes_per_second)?;
    server.first_answer("/readyz", Server::local)?;
    std::thread::sleep(SETTLE);
    let browser = Browser::open(&server, token)?;
    Ok((server, browser))
}

fn unchanged(data: &Path, token: &str) -> Outcome<Vec<Figure>> {
    let (server, mut browser) = start(data, token, 0)?;
    let took = time(&mut browser, Duration::ZERO)?;
    let mut figures =
        vec![Figure::new("home page, 500 services, unchanged", "ms", took).by_worst().limit(5.0)];
    figures.extend(weigh(&mut browser)?);
    server.stop()?;
    Ok(figures)
}

fn changing(data: &Path, token: &str) -> Outcome<Figure> {
    let (server, mut browser) = start(data, token, CHANGES_PER_SECOND)?;
    let took = time(&mut browser, PAUSE)?;
    server.stop()?;
    Ok(Figure::new("home page, 500 services, 10 changes/s", "ms", took).by_worst().limit(5.0))
}

/// From the request to the last byte of the answer, in milliseconds.
pub(crate) fn time(browser: &mut Browser, pause: Duration) -> Outcome<Vec<f64>> {
    browser.get("/", None)?.expect(200)?;
    let mut took = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let began = now();
        browser.get("/", None)?.expect(200)?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(pause);
    }
    Ok(took)
}

/// What comes over the wire: answers with their headers, as they are packed.
fn weigh(browser: &mut Browser) -> Outcome<Vec<Figure>> {
    let page = browser.get("/", None)?.expect(200)?;
    let plain = plain_page(browser)?;
    let assets = assets(&plain);
    if assets.len() < 5 {
        return Err(format!("the page names only these: {assets:?}").into());
    }
    let (mut first, mut next) = (page.wire_bytes(), page.wire_bytes());
    for path in &assets {
        let answer = browser.get(path, None)?.expect(200)?;
        first += answer.wire_bytes();
        let kept = answer.header("cache-control").is_some_and(|value| value.contains("immutable"));
        if !kept {
            next += browser.get(path, answer.header("etag"))?.wire_bytes();
        }
    }
    let again = browser.get("/", page.header("etag"))?;
    let kb = |name, bytes: usize| Figure::new(name, "kB", [bytes as f64 / 1e3]);
    Ok(vec![
        kb("home page over the wire, first visit", first).limit(60.0),
        kb("home page over the wire, next visit, changed", next).limit(15.0),
        kb("home page over the wire, next visit, unchanged", again.wire_bytes()).limit(1.0),
        kb("home page before packing", plain.len()),
    ])
}

fn plain_page(browser: &mut Browser) -> Outcome<String> {
    let headers = [("accept-encoding", "identity"), ("authorization", browser.bearer.as_str())];
    Ok(String::from_utf8(browser.connection.get("/", &headers)?.expect(200)?.body)?)
}

/// Everything that a browser fetches because the page names it.
fn assets(page: &str) -> BTreeSet<String> {
    let starts = ["href=\"", "src=\""];
    let named = starts.iter().flat_map(|start| page.split(start).skip(1)).filter_map(|rest| {
        let path = rest.split(['"', '#']).next()?;
        let is_asset = ["/assets/", "/manifest", "/services/icon/"].iter().any(|one| path.starts_with(one));
        (is_asset && !path.contains(TOUCH_ICON)).then(|| path.to_owned())
    });
    named.collect()
}
