//! `hob serve`

use super::settings::Settings;
use super::{FAILED, ServeArgs, WELL, WRONG, fail, say};
use crate::FEATURES;
use hob_base::Clock;
use hob_web::{Hub, HubOptions, StartError};
use jiff::tz::TimeZone;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::os::unix::net::UnixDatagram;
use std::process::ExitCode;
use std::str::FromStr;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) async fn serve(settings: Settings, args: &ServeArgs) -> ExitCode {
    if let Err(problem) = log_to_stderr(args) {
        fail(&problem);
        return ExitCode::from(WRONG);
    }
    raise_open_files();
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return fail("Hob cannot listen for signals.");
    };
    let options = HubOptions {
        features: FEATURES,
        config: settings.config,
        data: settings.data,
        listen: settings.listen,
        database: settings.database,
        clock: Clock::system(),
        zone: TimeZone::system(),
        hostname: hostname(),
    };
    let hub = match Hub::start(options).await {
        Ok(hub) => hub,
        Err(error) => {
            fail(&error.to_string());
            let wrong = matches!(error, StartError::Directory(_) | StartError::Listen { .. });
            return ExitCode::from(if wrong { WRONG } else { FAILED });
        }
    };
    greet(&hub).await;
    notify_systemd("READY=1");
    wait(&mut term, &mut int).await;
    info!("asked to stop");
    notify_systemd("STOPPING=1");
    tokio::select! {
        in_time = hub.stop() => if in_time { ExitCode::from(WELL) } else { fail("Some work did not end in time and was cut off.") },
        () = wait(&mut term, &mut int) => fail("Asked to stop a second time: cut off."),
    }
}

async fn wait(term: &mut Signal, int: &mut Signal) {
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

async fn greet(hub: &Hub) {
    let address = hub.address();
    // An address that stands for all is nothing that a browser can open.
    let shown = if address.ip().is_unspecified() {
        format!("{}:{}", hub.ctx().hostname, address.port())
    } else {
        address.to_string()
    };
    let mut text = format!("\n  Hob serves at http://{shown}\n");
    for line in hub.greeting().await {
        text.push_str("  ");
        text.push_str(&line);
        text.push('\n');
    }
    say(&text);
}

fn log_to_stderr(args: &ServeArgs) -> Result<(), String> {
    let filter = read_level(&args.log)?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    if args.log_json {
        registry.with(layer.json()).init();
    } else {
        let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
        registry.with(layer.with_ansi(colour).with_target(false)).init();
    }
    Ok(())
}

/// Reads `info` or `info,feat_services=debug`. A word that is no level would be taken for the name of a part, of which
/// everything is logged and of nothing else anything; so the first word must be a level.
fn read_level(text: &str) -> Result<Targets, String> {
    let wrong =
        || format!("--log: “{text}” is not a log level; write for example info or info,feat_services=debug");
    let first = text.split(',').next().unwrap_or_default();
    if first.is_empty() || (!first.contains('=') && LevelFilter::from_str(first).is_err()) {
        return Err(wrong());
    }
    let targets = Targets::from_str(text).map_err(|_| wrong())?;
    // The client of Kubernetes logs every request that fails as an error; what that means is said once, by whoever asked.
    Ok(if text.contains("kube_client") {
        targets
    } else {
        targets.with_target("kube_client", LevelFilter::OFF)
    })
}

/// Every connection, probe and file is a descriptor, and the usual soft limit of 1024 is from another time. What programs
/// may have (the hard limit) is for the owner to decide; Hob has no use for more than this.
fn raise_open_files() {
    const WANTED: u64 = 65_536;
    let mut limit = getrlimit(Resource::Nofile);
    let reachable = limit.maximum.unwrap_or(WANTED).min(WANTED);
    if limit.current.is_some_and(|current| current < reachable) {
        limit.current = Some(reachable);
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            warn!(%error, "the limit of open files could not be raised");
        }
    }
}

/// This machine's name without its domain: what people call it.
fn hostname() -> String {
    let uname = rustix::system::uname();
    let name = uname.nodename().to_string_lossy();
    let short = name.split('.').next().unwrap_or_default();
    if short.is_empty() { "localhost".to_owned() } else { short.to_owned() }
}

/// Tells systemd how far we are (sd_notify(3)); without systemd there is nobody to tell.
fn notify_systemd(state: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let Ok(socket) = UnixDatagram::unbound() else { return };
    let sent = match path.to_str().and_then(|text| text.strip_prefix('@')) {
        Some(name) => {
            use std::os::linux::net::SocketAddrExt;
            std::os::unix::net::SocketAddr::from_abstract_name(name)
                .and_then(|address| socket.send_to_addr(state.as_bytes(), &address))
        }
        None => socket.send_to(state.as_bytes(), path),
    };
    if let Err(error) = sent {
        warn!(%error, "systemd could not be told the state");
    }
}

#[cfg(test)]
mod tests {
    use super::read_level;

    #[test]
    fn a_mistyped_level_is_a_mistake() {
        for good in ["info", "debug", "info,feat_services=debug", "feat_services=trace"] {
            assert!(read_level(good).is_ok(), "{good}");
        }
        for wrong in ["debgu", "", "info,feat_services=loud"] {
            assert!(read_level(wrong).unwrap_err().contains("for example info"), "{wrong}");
        }
    }
}
