//! How long it takes to find out why a thousand things broke at once, and to show it.

use crate::Outcome;
use crate::checks::quantile;
use crate::http::Connection;
use crate::report::Figure;
use crate::server::{Server, let_in, now};
use std::time::{Duration, Instant};

/// Resources in the house, of which each needs three others.
pub(crate) const RESOURCES: usize = 10_000;
/// How many break at once: one, and everything that needs it.
pub(crate) const BREAK: usize = 1000;
/// How often the page is asked for.
const VIEWS: usize = 500;
/// How long the outage may take to be shown.
const PATIENCE: Duration = Duration::from_secs(60);
/// The name of the histogram in `/metrics`.
const JUDGED: &str = "hob_incidents_judged_seconds";

pub(crate) fn measure() -> Outcome<Vec<Figure>> {
    let data = tempfile::tempdir()?;
    let token = let_in(data.path())?;
    let mut server = Server::outage(data.path())?;
    server.first_answer("/readyz", Server::local)?;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let mut connection = server.tcp()?;
    let (incidents, affected) = wait_for_outage(&mut connection, &headers)?;
    let mut times = Vec::with_capacity(VIEWS);
    for _ in 0..VIEWS {
        let start = now();
        connection.get("/incidents/1", &headers)?.expect(200)?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let metrics = String::from_utf8(server.local()?.get("/metrics", &[])?.expect(200)?.body)?;
    server.stop()?;
    let slowest = quantile(&metrics, JUDGED, 1.0)? * 1000.0;
    Ok(vec![
        Figure::new("1,000 of 10,000 fail at once: slowest look for the cause, at most", "ms", [slowest])
            .limit(20.0),
        Figure::new("1,000 of 10,000 fail at once: incidents", "", [incidents]),
        Figure::new("1,000 of 10,000 fail at once: affected", "", [affected]),
        Figure::new("page of that incident", "ms", times).by_worst().limit(10.0),
    ])
}

/// Waits until the incident has taken in everything. Returns how many incidents there are, and of how many resources.
fn wait_for_outage(connection: &mut Connection, headers: &[(&str, &str)]) -> Outcome<(f64, f64)> {
    let start: Instant = now();
    loop {
        let body = connection.get("/api/v1/incidents?state=open", headers)?.expect(200)?.body;
        let answer: serde_json::Value = serde_json::from_slice(&body)?;
        let incidents = answer["incidents"].as_array().map_or(&[][..], Vec::as_slice);
        let affected: usize =
            incidents.iter().filter_map(|one| one["affected"].as_array()).map(Vec::len).sum();
        if affected + 1 >= BREAK {
            return Ok((incidents.len() as f64, affected as f64));
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("after a minute only {affected} resources are in an incident").into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
