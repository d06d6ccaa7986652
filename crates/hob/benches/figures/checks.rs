//! What watching costs when nobody looks, and whether it is in time.

use crate::peer;
use crate::report::Figure;
use crate::server::{Server, Usage};
use crate::{Options, Outcome};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const IDLE_SERVICES: usize = 100;
const BUSY_SERVICES: usize = 2000;
/// The span is looked at in so many parts.
const WINDOWS: u32 = 4;
/// Until every check has run once and the checks of a start are no longer bunched.
const SETTLE: Duration = Duration::from_secs(15);
/// The name of the histogram in `/metrics`.
const LATENESS: &str = "hob_check_lateness_seconds";

/// A hub that watches 100 services every 30 seconds.
pub(crate) fn idle(options: &Options) -> Outcome<Vec<Figure>> {
    let (usage, _) = watch(IDLE_SERVICES, options.span, None)?;
    Ok(vec![
        Figure::new("idle: memory, 100 services every 30 s", "MB", rss(&usage)).by_worst().limit(40.0),
        Figure::new("idle: CPU, 100 services every 30 s", "%", cpu(&usage)).limit(1.0),
    ])
}

/// A hub that watches 2,000 services every 30 seconds and has one core.
pub(crate) fn busy(options: &Options) -> Outcome<Vec<Figure>> {
    let pinned = Command::new("taskset").arg("-V").stdout(Stdio::null()).status().is_ok_and(|s| s.success());
    if !pinned {
        eprintln!("without taskset the hub may use every core");
    }
    let (usage, metrics) = watch(BUSY_SERVICES, options.span, pinned.then_some("0"))?;
    let started = number(&metrics, &format!("{LATENESS}_count"))?;
    let failed = number(&metrics, "hob_checks_failed_total")?;
    let latest = quantile(&metrics, LATENESS, 0.99)?;
    Ok(vec![
        Figure::new("2,000 checks: p99 of lateness, at most", "s", [latest]).limit(1.0),
        Figure::new("2,000 checks: CPU, of one core", "%", cpu(&usage)),
        Figure::new("2,000 checks: memory", "MB", rss(&usage)).by_worst(),
        Figure::new("2,000 checks: probes made", "", [started]),
        Figure::new("2,000 checks: probes failed", "", [failed]),
    ])
}

fn watch(services: usize, span: Duration, cpu: Option<&str>) -> Outcome<(Vec<Usage>, String)> {
    let data = tempfile::tempdir()?;
    let config = configure(data.path(), services)?;
    let mut server = Server::serve(data.path(), Some(&config), cpu)?;
    server.first_answer("/readyz", Server::local)?;
    std::thread::sleep(SETTLE);
    let usage = server.watch(WINDOWS as usize, span / WINDOWS)?;
    let metrics = String::from_utf8(server.local()?.get("/metrics", &[])?.expect(200)?.body)?;
    server.stop()?;
    Ok((usage, metrics))
}

fn configure(data: &Path, services: usize) -> Outcome<PathBuf> {
    let address = peer::start()?;
    let mut text = String::new();
    for number in 1..=services {
        writeln!(
            text,
            "[[service]]\nname = \"Service {number}\"\nurl = \"http://{address}/{number}\"\ninterval = \"30s\"\n"
        )?;
    }
    let path = data.join("hob.toml");
    std::fs::write(&path, text)?;
    Ok(path)
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
