//! What watching costs when nobody looks, and whether it is in time.

use crate::peer;
use crate::report::Figure;
use crate::server::{Server, Usage, now};
use crate::{Options, Outcome};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const IDLE_SERVICES: usize = 100;
const BUSY_SERVICES: usize = 2000;
/// How often each change and each look is made.
const ACTIONS: usize = 25;
/// The span is looked at in so many parts.
const WINDOWS: u32 = 4;
/// Until every check has run once and the checks of a start are no longer bunched.
const SETTLE: Duration = Duration::from_secs(15);
/// The name of the histogram in `/metrics`.
const LATENESS: &str = "hob_check_lateness_seconds";

/// A hub that watches 100 services every 30 seconds.
pub(crate) fn idle(options: &Options) -> Outcome<Vec<Figure>> {
    let (usage, _, _) = watch(IDLE_SERVICES, "30s", options.span, None)?;
    Ok(vec![
        Figure::new("idle: memory, 100 services every 30 s", "MB", rss(&usage)).by_worst().limit(40.0),
        Figure::new("idle: CPU, 100 services every 30 s", "%", cpu(&usage)).limit(1.0),
    ])
}

/// A hub that watches 2,000 services every 20 seconds and has one core, in which somebody makes and changes checks.
pub(crate) fn busy(options: &Options) -> Outcome<Vec<Figure>> {
    let pinned = Command::new("taskset").arg("-V").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !pinned {
        eprintln!("without taskset the hub may use every core");
    }
    let (usage, metrics, actions) = watch(BUSY_SERVICES, "20s", options.span, pinned.then_some("0"))?;
    let started = number(&metrics, &format!("{LATENESS}_count"))?;
    let failed = number(&metrics, "hob_checks_failed_total")?;
    let latest = quantile(&metrics, LATENESS, 0.99)?;
    Ok(vec![
        Figure::new("2,000 checks: p99 of lateness, at most", "s", [latest]).limit(1.0),
        Figure::new("2,000 checks: CPU, of one core", "%", cpu(&usage)),
        Figure::new("2,000 checks: memory", "MB", rss(&usage)).by_worst().limit(60.0),
        Figure::new("2,000 checks: making, pausing, resuming, ending one", "ms", actions.changes)
            .by_worst()
            .limit(100.0),
        Figure::new("2,000 checks: the page of checks", "ms", actions.pages).by_worst().limit(100.0),
        Figure::new("2,000 checks: probes made", "", [started]),
        Figure::new("2,000 checks: probes failed", "", [failed]),
    ])
}

fn watch(
    services: usize,
    every: &str,
    span: Duration,
    cpu: Option<&str>,
) -> Outcome<(Vec<Usage>, String, Actions)> {
    let data = tempfile::tempdir()?;
    let config = configure(data.path(), services, every)?;
    let mut server = Server::serve(data.path(), Some(&config), cpu)?;
    server.first_answer("/readyz", Server::local)?;
    std::thread::sleep(SETTLE);
    let usage = server.watch(WINDOWS as usize, span / WINDOWS)?;
    let actions = act(&server)?;
    let metrics = String::from_utf8(server.local()?.get("/metrics", &[])?.expect(200)?.body)?;
    server.stop()?;
    Ok((usage, metrics, actions))
}

fn configure(data: &Path, services: usize, every: &str) -> Outcome<PathBuf> {
    let address = peer::start()?;
    let mut text = String::new();
    for number in 1..=services {
        writeln!(
            text,
            "[[service]]\nname = \"Service {number}\"\nurl = \"http://{address}/{number}\"\ninterval = \"{every}\"\n"
        )?;
    }
    let path = data.join("hob.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

/// How long it takes to do something to one check among many, in milliseconds.
struct Actions {
    changes: Vec<f64>,
    pages: Vec<f64>,
}

fn act(server: &Server) -> Outcome<Actions> {
    let mut hub = server.local()?;
    let mut timed = |method: &str, path: &str, json: &str, status: u16| -> Outcome<f64> {
        let began = now();
        hub.send(method, path, json)?.expect(status)?;
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    };
    let one = r#"{"name":"One more","target":{"kind":"tcp","host":"127.0.0.1","port":1}}"#;
    let mut changes = Vec::new();
    for _ in 0..ACTIONS {
        changes.push(timed("POST", "/api/v1/checks", one, 201)?);
        changes.push(timed("POST", "/api/v1/checks/one-more/pause", "{}", 204)?);
        changes.push(timed("POST", "/api/v1/checks/one-more/resume", "{}", 204)?);
        changes.push(timed("DELETE", "/api/v1/checks/one-more", "{}", 204)?);
    }
    let mut pages = Vec::new();
    for _ in 0..ACTIONS {
        let began = now();
        hub.get("/checks", &[])?.expect(200)?;
        pages.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(Actions { changes, pages })
}

fn cpu(usage: &[Usage]) -> impl Iterator<Item = f64> {
    usage.iter().map(|one| one.cpu_percent)
}

fn rss(usage: &[Usage]) -> impl Iterator<Item = f64> {
    usage.iter().map(|one| one.rss_mb)
}

/// One number of `/metrics`.
fn number(metrics: &str, name: &str) -> Outcome<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Ok(line.ok_or_else(|| format!("/metrics has no {name}"))?.trim().parse()?)
}

/// The upper end of the bucket of the histogram in which this share of all values is reached.
pub(crate) fn quantile(metrics: &str, histogram: &str, share: f64) -> Outcome<f64> {
    let count = number(metrics, &format!("{histogram}_count"))?;
    let prefix = format!("{histogram}_bucket{{le=\"");
    for line in metrics.lines() {
        let Some((end, below)) = line.strip_prefix(&prefix).and_then(|rest| rest.split_once("\"} ")) else {
            continue;
        };
        if below.trim().parse::<f64>()? >= share * count {
            return Ok(if end == "+Inf" { f64::INFINITY } else { end.parse()? });
        }
    }
    Err(format!("/metrics has no histogram {histogram}").into())
}
