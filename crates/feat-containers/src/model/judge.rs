//! How well a container is. The sentences are those of `container-faults`, the same as in a cluster.

use super::container::{Container, OwnHealth, Restart};
use super::restarts::Loop;
use container_faults::{Engine, Fault, Severity, exit, hints, probe, start};
use hob_base::wording::{duration_words, tidy};
use hob_base::{Health, Level};
use std::time::Duration;

/// An end so long ago is no news, unless the container is meant to run.
const OLD: Duration = Duration::from_secs(86_400);
/// One that is restarted or made anew is away for a moment, which is no news.
const MOMENT: Duration = Duration::from_secs(20);
/// The longest evidence, in characters.
const EVIDENCE_MAX: usize = 600;
/// Codes with which a container ends that somebody stopped: interrupted, killed, asked to end.
const STOPPED: [i64; 3] = [130, 137, 143];

/// What is known besides the container itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// Who runs it.
    pub(crate) engine: Engine,
    /// Whether it comes and goes.
    pub(crate) looping: Option<Loop>,
    /// The last lines of its log, where they were asked for.
    pub(crate) log: &'a str,
    /// Whether something is reached through it: a tile or a published port.
    pub(crate) serves: bool,
    /// Now, in milliseconds since 1970.
    pub(crate) now_ms: i64,
}

/// How well a container is.
pub(crate) fn judge(container: &Container, known: &Known<'_>) -> Health {
    match container.status.as_str() {
        "running" => running(container, known),
        "restarting" => {
            let times = known.looping.map_or(container.restart_count, |seen| seen.times.max(1));
            let span = known.looping.map(|seen| seen.span_ms);
            health(&exit::crash_loop(&exit_of(container, known), times, span), container, known)
        }
        "paused" => Health::warning("It is paused: its programs stand still.").with_remedy(format!(
            "Let it go on: {} unpause {}",
            known.engine.command(),
            container.name
        )),
        "created" | "configured" | "initialized" => created(container, known),
        "removing" => Health::ok("It is being removed."),
        "dead" => {
            Health::critical("The engine could not remove it completely, so it is neither there nor gone.")
                .with_remedy(format!(
                    "Remove it by force: {} rm -f {}",
                    known.engine.command(),
                    container.name
                ))
        }
        "exited" | "stopped" | "stopping" => ended(container, known),
        "" => Health::unknown("The engine does not say how it is."),
        other => {
            Health::unknown(format!("The engine says a state that is not known here: “{}”.", tidy(other, 40)))
        }
    }
}

/// Whether its last log lines would tell more.
pub(crate) fn wants_log(container: &Container, looping: bool) -> bool {
    let bad_end = container.exit_code != 0 || container.oom_killed;
    match container.status.as_str() {
        "running" => looping,
        "restarting" => true,
        "exited" | "stopped" => bad_end && !STOPPED.contains(&container.exit_code),
        _ => false,
    }
}

fn running(container: &Container, known: &Known<'_>) -> Health {
    if let Some(seen) = known.looping {
        let ended =
            exit::Exit { code: seen.code, out_of_memory: seen.out_of_memory, ..exit_of(container, known) };
        return health(&exit::crash_loop(&ended, seen.times, Some(seen.span_ms)), container, known);
    }
    match &container.own_health {
        OwnHealth::Unhealthy(output, streak) => {
            let fault = probe::describe(&container.name, probe::Kind::Health, &probe::answer(output), "");
            let said = if output.is_empty() { String::new() } else { format!("It wrote: {output}") };
            let often =
                if *streak > 1 { format!(" It failed {streak} times in a row.") } else { String::new() };
            of_fault(&fault).with_evidence(format!("{said}{often}").trim().to_owned())
        }
        OwnHealth::Starting => Health::ok("It runs; its own health check has not ended yet."),
        OwnHealth::Healthy => Health::ok("It runs, and its own health check is well."),
        OwnHealth::None => Health::ok("It runs."),
    }
}

fn created(container: &Container, known: &Known<'_>) -> Health {
    if container.error.is_empty() {
        return Health::ok("It was made and never started.");
    }
    let fault = start::classify(&container.error, &container.name, known.engine);
    of_fault(&fault).with_evidence(container.error.clone())
}

fn ended(container: &Container, known: &Known<'_>) -> Health {
    let age =
        container.finished_ms.map(|at| Duration::from_millis(u64::try_from(known.now_ms - at).unwrap_or(0)));
    let ago = age.map_or_else(String::new, |age| format!(", {} ago", duration_words(age)));
    let code = container.exit_code;
    let stopped = STOPPED.contains(&code) && !container.oom_killed;
    // An engine whose clock is ahead of ours says nothing of how long ago it was.
    let just_now =
        container.finished_ms.is_some_and(|at| at <= known.now_ms) && age.is_some_and(|age| age < MOMENT);
    if just_now && (code == 0 || stopped) && container.restart_count == 0 {
        return Health::ok("It was stopped a moment ago.");
    }
    let left_over = age.is_some_and(|age| age > OLD) && container.project().is_none() && !known.serves;
    if !container.error.is_empty() && code != 0 && container.restart != Restart::No {
        let fault = start::classify(&container.error, &container.name, known.engine);
        return of_fault(&fault).with_evidence(container.error.clone());
    }
    match container.restart {
        // An engine starts such a container again, whatever its code: somebody stopped it.
        Restart::Always if !container.oom_killed && (code == 0 || stopped) => {
            stopped_by_hand(container, known, &ago)
        }
        Restart::Always => health(&exit::judge(&exit_of(container, known)), container, known),
        Restart::OnFailure(_) | Restart::No if code == 0 && !container.oom_killed && !known.serves => {
            Health::ok(format!("It has finished without a fault{ago}."))
        }
        Restart::OnFailure(_) | Restart::No if stopped && !known.serves => {
            Health::ok(format!("It was stopped{ago} (exit code {code})."))
        }
        Restart::OnFailure(_) | Restart::No if (code == 0 || stopped) && !container.oom_killed => {
            stopped_by_hand(container, known, &ago)
        }
        Restart::OnFailure(max) => {
            let mut given_up = health(&exit::judge(&exit_of(container, known)), container, known);
            if max > 0 && container.restart_count >= max {
                given_up.reason = format!("{} It was restarted {max} times in vain.", given_up.reason);
            }
            given_up
        }
        Restart::No if left_over => {
            Health::ok(format!("It ended with exit code {code}{ago}, and is left over."))
        }
        Restart::No => {
            let mut health = health(&exit::judge(&exit_of(container, known)), container, known);
            // What nobody wants to run all the time is no outage.
            if !known.serves && health.level == Level::Critical {
                health.level = Level::Warning;
            }
            health
        }
    }
}

fn stopped_by_hand(container: &Container, known: &Known<'_>, ago: &str) -> Health {
    let why = match container.restart {
        Restart::Always => "though it is to run always",
        _ => "though something is reached through it",
    };
    let command = known.engine.command();
    Health::warning(format!("It is stopped, {why} (exit code {}{ago}).", container.exit_code)).with_remedy(format!(
        "Start it again ({command} start {name}), or remove it if it is not needed any more ({command} rm {name}).",
        name = container.name
    ))
}

fn exit_of<'a>(container: &'a Container, known: &Known<'a>) -> exit::Exit<'a> {
    exit::Exit {
        container: &container.name,
        code: container.exit_code,
        out_of_memory: container.oom_killed,
        log: known.log,
        engine: known.engine,
        ..exit::Exit::default()
    }
}

fn of_fault(fault: &Fault) -> Health {
    let level = match fault.severity {
        Severity::Note => Level::Ok,
        Severity::Warning => Level::Warning,
        Severity::Critical => Level::Critical,
    };
    let health = Health::new(level, fault.sentence.clone());
    match &fault.remedy {
        Some(remedy) => health.with_remedy(remedy.clone()),
        None => health,
    }
}

/// Of an end, with the line of the log that says most.
fn health(fault: &Fault, container: &Container, known: &Known<'_>) -> Health {
    let mut health = of_fault(fault);
    let telling = hints::of_log(known.log).map(|hint| hint.line).or_else(|| hints::last_line(known.log));
    let limit = container.memory_limit.filter(|_| container.oom_killed);
    let limit = limit
        .map(|bytes| format!("It may use {}.", hob_base::units::Bytes(u64::try_from(bytes).unwrap_or(0))));
    let line = telling.map(|line| format!("Its log says: {line}"));
    let evidence: Vec<String> =
        [Some(container.error.clone()).filter(|error| !error.is_empty()), limit, line]
            .into_iter()
            .flatten()
            .collect();
    health.evidence = tidy(&evidence.join(" "), EVIDENCE_MAX);
    health
}
