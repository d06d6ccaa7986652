//! What is to be thought of a container, by what Docker or Podman tell of it (Docker Engine API, “Inspect a container”).

use super::{REASON_MAX, judge_error};
use hob_base::wording::{counted, tidy};
use hob_base::{Health, Level, Timestamp};
use hob_feature::checks::DockerCheck;
use http_probe::{ProbeError, Response};
use serde::Deserialize;

/// A container that was restarted so often, and just now again, comes and goes.
const RESTARTS: u64 = 3;
/// How long ago “just now” is, in seconds.
const JUST_NOW_S: i64 = 60;

/// The part of the answer that is looked at. Anything may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Container {
    state: State,
    restart_count: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct State {
    status: String,
    exit_code: i64,
    error: String,
    #[serde(rename = "OOMKilled")]
    oom_killed: bool,
    started_at: String,
    health: Option<OwnCheck>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct OwnCheck {
    status: String,
    log: Vec<OwnCheckRun>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct OwnCheckRun {
    output: String,
}

/// Of asking for a container.
pub(super) fn judge(check: &DockerCheck, result: Result<&Response, &ProbeError>, now: Timestamp) -> Health {
    let name = tidy(&check.container, 80);
    let response = match result {
        Ok(response) => response,
        Err(ProbeError::Socket { .. }) => {
            return Health::unknown(format!(
                "Docker cannot be asked: its socket {} cannot be opened.",
                tidy(&check.socket, 120)
            ))
            .with_remedy(
                "Look whether Docker runs, and let Hob read its socket (its group is usually “docker”).",
            );
        }
        Err(error) => {
            let health = judge_error(error, &format!("Container {name}"));
            return Health { level: Level::Unknown, ..health };
        }
    };
    match response.status {
        200 => match serde_json::from_slice::<Container>(&response.body) {
            Ok(container) => judge_container(&container, now),
            Err(_) => Health::unknown("Docker answers what cannot be read as a container."),
        },
        404 => Health::critical(format!("There is no container called {name}."))
            .with_remedy("Start it again, or look whether it has another name by now."),
        status => Health::unknown(format!("Docker answers with status {status} in place of the container."))
            .with_evidence(tidy(&String::from_utf8_lossy(&response.body), REASON_MAX)),
    }
}

fn judge_container(container: &Container, now: Timestamp) -> Health {
    let state = &container.state;
    let health = match state.status.as_str() {
        "running" => judge_running(container, now),
        "paused" => Health::warning("It is paused.").with_remedy("Resume it: docker unpause."),
        "restarting" => Health::critical("It ends again and again, and is being restarted.")
            .with_remedy("Look at its log for why it ends."),
        "created" => Health::critical("It was made but never started.").with_remedy("Start it."),
        "exited" | "dead" => judge_ended(state),
        "" => Health::unknown("Docker does not say how it is."),
        other => Health::warning(format!("It is not running: its state is “{}”.", tidy(other, 40))),
    };
    if health.level == Level::Ok || !health.evidence.is_empty() {
        return health;
    }
    let restarts = usize::try_from(container.restart_count).unwrap_or(usize::MAX);
    health.with_evidence(format!("Docker has restarted it {}.", counted(restarts, "time")))
}

fn judge_running(container: &Container, now: Timestamp) -> Health {
    let own = match container.state.health.as_ref().map(|own| own.status.as_str()) {
        Some("unhealthy") => {
            let output = container
                .state
                .health
                .as_ref()
                .and_then(|own| own.log.last())
                .map(|run| tidy(&run.output, 200));
            let health =
                Health::critical("It runs, but its own health check fails.").with_remedy("Look at its log.");
            match output.filter(|output| !output.is_empty()) {
                Some(output) => health.with_evidence(format!("Its health check says “{output}”.")),
                None => health,
            }
        }
        Some("starting") => Health::ok("It runs; its own health check has not ended yet."),
        Some("healthy") => Health::ok("It runs, and its own health check is well."),
        _ => Health::ok("It runs."),
    };
    let started = container.state.started_at.parse::<jiff::Timestamp>().ok();
    let age = started.map(|at| now.millis() / 1000 - at.as_second());
    let just_now = age.is_some_and(|age| (0..JUST_NOW_S).contains(&age));
    let again = if just_now && container.restart_count >= RESTARTS {
        Health::warning("It runs, but was restarted again and again.")
            .with_remedy("Look at its log for why it ends.")
    } else {
        Health::ok("")
    };
    own.or_worse(again)
}

fn judge_ended(state: &State) -> Health {
    let why = match state.exit_code {
        _ if state.oom_killed => "it needed more memory than it may have".to_owned(),
        0 => "it ended by itself, without a fault".to_owned(),
        137 => "it was killed (exit code 137)".to_owned(),
        143 => "it was asked to stop (exit code 143)".to_owned(),
        code => format!("it ended with exit code {code}"),
    };
    let health = Health::critical(format!("It is not running: {why}."));
    let health = health.with_remedy("Start it again; its log should say why it ended.");
    if state.error.is_empty() { health } else { health.with_evidence(tidy(&state.error, 200)) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::answer;
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn judged(status: u16, body: &str) -> (Level, String) {
        let health = judge(&DockerCheck::new("grafana"), Ok(&answer(status, body)), NOW);
        assert!(
            health.level == Level::Ok || health.level == Level::Unknown || health.remedy.is_some(),
            "{health:?}"
        );
        (health.level, health.reason)
    }

    #[test]
    fn every_state_has_its_sentence() {
        for (body, level, reason) in [
            (r#"{"State":{"Status":"running"}}"#, Level::Ok, "It runs."),
            (
                r#"{"State":{"Status":"running","Health":{"Status":"healthy"}},"RestartCount":9}"#,
                Level::Ok,
                "It runs, and its own health check is well.",
            ),
            (
                r#"{"State":{"Status":"running","Health":{"Status":"unhealthy","Log":[{"Output":"no"}]}}}"#,
                Level::Critical,
                "It runs, but its own health check fails.",
            ),
            (
                r#"{"State":{"Status":"running","StartedAt":"2027-01-15T07:59:30.5Z"},"RestartCount":4}"#,
                Level::Warning,
                "It runs, but was restarted again and again.",
            ),
            (
                r#"{"State":{"Status":"running","StartedAt":"2027-01-15T07:59:30.5Z"},"RestartCount":1}"#,
                Level::Ok,
                "It runs.",
            ),
            (
                r#"{"State":{"Status":"exited","ExitCode":3}}"#,
                Level::Critical,
                "It is not running: it ended with exit code 3.",
            ),
            (
                r#"{"State":{"Status":"exited","ExitCode":137,"OOMKilled":true}}"#,
                Level::Critical,
                "It is not running: it needed more memory than it may have.",
            ),
            (r#"{"State":{"Status":"paused"}}"#, Level::Warning, "It is paused."),
            ("{}", Level::Unknown, "Docker does not say how it is."),
            ("[", Level::Unknown, "Docker answers what cannot be read as a container."),
        ] {
            assert_eq!(judged(200, body), (level, reason.to_owned()), "{body}");
        }
        assert_eq!(judged(404, "").1, "There is no container called grafana.");
        assert_eq!(judged(500, "broken").0, Level::Unknown);
    }

    proptest! {
        #[test]
        fn whatever_docker_says_is_judged(status in "[a-z]{0,12}", code: i64, restarts: u64, at in ".{0,30}") {
            let body = serde_json::json!({
                "State": { "Status": status, "ExitCode": code, "StartedAt": at, "Error": at }, "RestartCount": restarts
            });
            let health = judge(&DockerCheck::new("x"), Ok(&answer(200, &body.to_string())), NOW);
            prop_assert!(!health.reason.is_empty() && health.reason.chars().count() < 200);
        }
    }
}
