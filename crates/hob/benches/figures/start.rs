//! From starting the process to the first page.

use crate::Outcome;
use crate::house::{self, Past};
use crate::report::Figure;
use crate::server::Server;
use std::time::Duration;

const RUNS: usize = 10;
/// A thousand services, each with an outage on every day of a year: 731,000 transitions.
const YEAR: Past = Past { services: 1000, days: 365, outages: |_| 365 };

/// A new data directory every time; the first page is the one on which the hub is set up.
pub(crate) fn empty() -> Outcome<Vec<Figure>> {
    let mut took = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let data = tempfile::tempdir()?;
        let mut server = Server::serve(data.path(), None, None)?;
        took.push(server.first_answer("/setup", Server::tcp)?.0);
        server.stop()?;
    }
    Ok(vec![Figure::new("start to first page, empty", "ms", took.into_iter().map(millis)).limit(150.0)])
}

/// The same data directory every time; the first page is the home page with all that is known.
pub(crate) fn year() -> Outcome<Vec<Figure>> {
    let data = tempfile::tempdir()?;
    house::build(data.path(), YEAR)?;
    let mut took = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let mut server = Server::serve(data.path(), None, None)?;
        let (until, page) = server.first_answer("/", Server::local)?;
        if page.body.len() < 10_000 {
            return Err("the home page does not show the house".into());
        }
        took.push(until);
        server.stop()?;
    }
    let took = took.into_iter().map(millis);
    Ok(vec![Figure::new("start to first page, 1,000 resources, a year", "ms", took).limit(300.0)])
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
