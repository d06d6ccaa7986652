//! Every fault of a container, with its sentence.

use super::*;
use crate::model::restarts::Loop;
use proptest::prelude::*;

fn state(value: &Value) -> Value {
    json!({ "State": value })
}

fn policy(name: &str, max: i64) -> Value {
    json!({ "HostConfig": { "RestartPolicy": { "Name": name, "MaximumRetryCount": max } } })
}

/// How well a container is, by its JSON.
fn judged(more: &Value) -> Health {
    House::new().with("app", "ghcr.io/me/app:1", more).health("workload/docker/app")
}

#[test]
fn what_runs_is_well() {
    assert_eq!(judged(&json!({})).reason, "It runs.");
    let healthy = judged(&state(&json!({ "Health": { "Status": "healthy" } })));
    assert_eq!(
        (healthy.level, healthy.reason.as_str()),
        (Level::Ok, "It runs, and its own health check is well.")
    );
    assert_eq!(judged(&state(&json!({ "Health": { "Status": "starting" } }))).level, Level::Ok);
}

#[test]
fn unhealthy_says_what_the_check_wrote() {
    let health = judged(&state(&json!({ "Health": { "Status": "unhealthy", "FailingStreak": 4,
        "Log": [{ "Output": "old" }, { "Output": "curl: (7) Failed to connect to localhost port 80: Connection refused" }] } })));
    assert_eq!(health.level, Level::Critical);
    assert!(health.reason.contains("“app” is unhealthy by its health check"), "{health:?}");
    assert!(
        health.evidence.contains("Failed to connect") && health.evidence.contains("4 times"),
        "{health:?}"
    );
    assert!(health.remedy.is_some());
}

#[test]
fn a_loop_of_restarts_says_why_with_the_log() {
    let mut house =
        House::new().with("app", "me/app", &state(&json!({ "Status": "restarting", "ExitCode": 1 })));
    let id = house.id_of("app");
    let log = "starting\nError: listen EADDRINUSE: address already in use :::3000".to_owned();
    house.learnt.insert(
        id,
        Learnt { looping: Some(Loop { times: 5, span_ms: 120_000, code: 1, out_of_memory: false }), log },
    );
    let health = house.health("workload/docker/app");
    assert_eq!(health.level, Level::Critical);
    assert!(health.reason.contains("crashes again and again (5 times in 2 minutes)"), "{health:?}");
    assert!(health.evidence.contains("EADDRINUSE"), "{health:?}");
    // Between two crashes it runs for a moment, which is no reason to call it well.
    let mut running = House::new().with("app", "me/app", &json!({}));
    let id = running.id_of("app");
    running.learnt.insert(
        id,
        Learnt {
            looping: Some(Loop { times: 3, span_ms: 60_000, code: 3, out_of_memory: false }),
            log: String::new(),
        },
    );
    let health = running.health("workload/docker/app");
    assert!(health.level == Level::Critical && health.reason.contains("exit code 3"), "{health:?}");
}

#[test]
fn memory_that_ran_out_is_named_with_the_limit() {
    let more = both(
        &state(&json!({ "Status": "exited", "ExitCode": 137, "OOMKilled": true })),
        &json!({ "HostConfig": { "Memory": 536_870_912 } }),
    );
    let health = judged(&more);
    assert_eq!(health.level, Level::Critical);
    assert!(health.reason.to_lowercase().contains("memory"), "{health:?}");
    assert!(health.evidence.contains("512 MiB"), "{health:?}");
}

#[test]
fn ends_are_judged_by_what_was_wanted() {
    let ended = |code: i64, restart: &Value| {
        both(
            &state(&json!({ "Status": "exited", "ExitCode": code, "FinishedAt": "2027-01-15T07:50:00Z" })),
            restart,
        )
    };
    for (more, level, part) in [
        // One that was to run once, and did.
        (ended(0, &policy("no", 0)), Level::Ok, "finished without a fault, 10 minutes ago"),
        (ended(143, &policy("no", 0)), Level::Ok, "It was stopped"),
        (ended(3, &policy("no", 0)), Level::Warning, "exit code 3"),
        (ended(0, &policy("on-failure", 3)), Level::Ok, "finished"),
        (
            ended(1, &both(&policy("on-failure", 3), &json!({ "RestartCount": 3 }))),
            Level::Critical,
            "restarted 3 times in vain",
        ),
        // One that is to run always, and was stopped.
        (ended(0, &policy("always", 0)), Level::Warning, "though it is to run always"),
        (ended(137, &policy("unless-stopped", 0)), Level::Warning, "though it is to run always"),
        (ended(1, &policy("unless-stopped", 0)), Level::Critical, "exit code 1"),
        // One that serves something.
        (
            both(
                &ended(143, &policy("no", 0)),
                &json!({ "HostConfig": { "PortBindings": { "80/tcp": [{ "HostPort": "8080" }] } } }),
            ),
            Level::Warning,
            "something is reached through it",
        ),
        (
            both(
                &ended(2, &policy("no", 0)),
                &json!({ "HostConfig": { "PortBindings": { "80/tcp": [{ "HostPort": "8080" }] } } }),
            ),
            Level::Critical,
            "exit code 2",
        ),
    ] {
        let health = judged(&more);
        assert_eq!(health.level, level, "{health:?}");
        assert!(health.reason.contains(part), "{part}: {health:?}");
        assert!(level == Level::Ok || health.remedy.is_some(), "{health:?}");
    }
}

#[test]
fn one_that_is_restarted_is_no_news_for_a_moment() {
    let at = |time: &str| judged(&state(&json!({ "Status": "exited", "ExitCode": 143, "FinishedAt": time })));
    assert_eq!(at("2027-01-15T07:59:50Z").level, Level::Ok);
    assert_eq!(at("2027-01-15T07:59:30Z").level, Level::Warning);
    assert_eq!(at("2027-01-15T09:00:00Z").level, Level::Warning, "a clock that is ahead must not hide it");
}

#[test]
fn what_is_left_over_for_days_is_no_trouble() {
    let more = both(
        &state(&json!({ "Status": "exited", "ExitCode": 1, "FinishedAt": "2027-01-10T00:00:00Z" })),
        &policy("no", 0),
    );
    let health = judged(&more);
    assert_eq!(health.level, Level::Ok);
    assert!(health.reason.contains("left over"), "{health:?}");
    let project = both(&more, &labels(&[("com.docker.compose.project", "media")]));
    assert_eq!(judged(&project).level, Level::Warning);
}

#[test]
fn what_cannot_start_says_why() {
    let message = "driver failed programming external connectivity on endpoint app: Bind for 0.0.0.0:8080 failed: port is already allocated";
    let health = judged(&state(&json!({ "Status": "created", "ExitCode": 128, "Error": message })));
    assert_eq!(health.level, Level::Critical);
    assert!(health.reason.contains("8080") || health.reason.contains("port"), "{health:?}");
    assert!(health.evidence.contains("already allocated"));
    assert_eq!(judged(&state(&json!({ "Status": "created" }))).reason, "It was made and never started.");
}

#[test]
fn rare_states_have_their_sentences() {
    for (status, level, part) in [
        ("paused", Level::Warning, "paused"),
        ("dead", Level::Critical, "could not remove it"),
        ("removing", Level::Ok, "being removed"),
        ("configured", Level::Ok, "never started"),
        ("", Level::Unknown, "does not say"),
        ("dancing", Level::Unknown, "“dancing”"),
    ] {
        let health = judged(&state(&json!({ "Status": status })));
        assert_eq!(health.level, level, "{status}");
        assert!(health.reason.contains(part), "{health:?}");
    }
}

#[test]
fn podman_is_called_by_its_own_command() {
    let mut house = House::new().with("app", "me/app", &state(&json!({ "Status": "paused" })));
    house.snapshot.podman = true;
    assert_eq!(house.health("workload/docker/app").remedy.unwrap(), "Let it go on: podman unpause app");
}

#[test]
fn a_workload_needs_its_image_its_engine_and_what_compose_says() {
    let view = House::new()
        .image("ghcr.io/me/app:1", "sha256:ghcr.io/me/app:1")
        .with(
            "shop-db-1",
            "postgres:16",
            &labels(&[("com.docker.compose.project", "shop"), ("com.docker.compose.service", "db")]),
        )
        .with(
            "shop-setup-1",
            "me/setup",
            &labels(&[("com.docker.compose.project", "shop"), ("com.docker.compose.service", "setup")]),
        )
        .with(
            "shop-app-1",
            "ghcr.io/me/app:1",
            &labels(&[
                ("com.docker.compose.project", "shop"),
                ("com.docker.compose.service", "app"),
                (
                    "com.docker.compose.depends_on",
                    "db:service_healthy:true,setup:service_completed_successfully:false",
                ),
            ]),
        )
        .view();
    let app = said(&view, "workload/docker/shop-app-1");
    let needs: Vec<&str> = app.dependencies.iter().map(ResourceId::as_str).collect();
    assert_eq!(
        needs,
        ["engine/containers/docker", "image/docker/ghcr.io/me/app:1", "workload/docker/shop-db-1"]
    );
    assert_eq!(
        (text(app, "project"), text(app, "digest"), text(app, "image_age")),
        ("shop", "sha256:abc", "90 days")
    );
    let engine = said(&view, "engine/containers/docker");
    assert_eq!(engine.health.as_ref().unwrap().reason, "Docker 27.3.1 answers: 3 of 3 containers run.");
    assert_eq!(said(&view, "image/docker/ghcr.io/me/app:1").health.as_ref().unwrap().level, Level::Ok);
}

#[test]
fn an_image_that_was_pulled_anew_is_told() {
    let house = House::new().with("app", "me/app:1", &json!({ "Image": "sha256:old" }));
    let view = house.image("me/app:1", "sha256:new").image("me/app:0", "sha256:old").view();
    assert!(text(said(&view, "workload/docker/app"), "newer_image").contains("made anew"));
}

#[test]
fn of_several_containers_of_one_task_the_one_that_runs_is_shown() {
    let task =
        |name: &str| labels(&[("com.docker.swarm.task.name", name), ("com.docker.stack.namespace", "web")]);
    let old = both(&task("web_app.1.aaaa"), &state(&json!({ "Status": "exited", "ExitCode": 1 })));
    let view = House::new()
        .with("web_app.1.aaaa", "me/app", &old)
        .with("web_app.1.bbbb", "me/app", &task("web_app.1.bbbb"))
        .view();
    assert_eq!(said(&view, "workload/docker/web_app.1").health.as_ref().unwrap().level, Level::Ok);
}

proptest! {
    #[test]
    fn whatever_an_engine_says_is_judged(status in "[a-z]{0,12}", code: i64, count: i64, error in ".{0,60}", at in ".{0,30}", log in ".{0,100}") {
        let more = json!({ "RestartCount": count, "State": { "Status": status, "ExitCode": code, "Error": error, "FinishedAt": at } });
        let mut house = House::new().with("app", &error, &more);
        let id = house.id_of("app");
        house.learnt.insert(id, Learnt { looping: None, log });
        let health = house.health("workload/docker/app");
        prop_assert!(!health.reason.is_empty() && health.reason.chars().count() < 800);
    }
}
