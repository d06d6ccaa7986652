//! Liveness, readiness and Hob's own figures.

use crate::support::{QUIET, house};
use hob_testkit::hub::TestHub;
use std::collections::HashSet;

#[tokio::test]
async fn a_hub_that_lives_and_is_ready_says_so_to_everybody() {
    let hub = house().start().await;
    for set_up in [false, true] {
        if set_up {
            hub.set_up().await;
        }
        assert_eq!(hub.client().get("/healthz").await.text(), "ok\n");
        assert_eq!(hub.client().get("/readyz").await.text(), "ready\n");
    }
}

#[tokio::test]
async fn a_hub_whose_database_is_gone_lives_but_is_not_ready() {
    let hub = TestHub::with(&[]).start().await;
    hub.ctx().db.close().await;
    assert_eq!(hub.client().get("/healthz").await.status, 200);
    let answer = hub.client().get("/readyz").await;
    assert_eq!(answer.status, 503);
}

/// The rules of OpenMetrics 1.0 that scrapers insist on.
fn check_openmetrics(text: &str) {
    assert!(text.ends_with("# EOF\n"), "it ends with {:?}", &text[text.len().saturating_sub(40)..]);
    let mut types = HashSet::new();
    let mut series = HashSet::new();
    for line in text.lines().filter(|line| *line != "# EOF") {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(types.insert(rest.split(' ').next().unwrap().to_owned()), "declared twice: {line}");
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
            assert!(value.parse::<f64>().is_ok(), "no number: {line}");
            assert!(series.insert(name.to_owned()), "told twice: {line}");
            let family = name.split('{').next().unwrap();
            let known = types.iter().any(|one: &String| family.starts_with(one.as_str()));
            assert!(known, "without a type: {line}");
            assert!(family.starts_with("hob_"), "not ours: {line}");
        }
    }
    assert!(series.len() > 5, "{text}");
}

#[tokio::test]
async fn metrics_are_openmetrics() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    anna.get("/").await;
    anna.get("/nowhere").await;
    let answer = hub.client().get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    check_openmetrics(&answer.text());
    let value = |name: &str| {
        let text = answer.text();
        let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).map(str::to_owned);
        line.unwrap_or_else(|| panic!("no {name} in {text}"))
            .rsplit_once(' ')
            .unwrap()
            .1
            .parse::<f64>()
            .unwrap()
    };
    assert!(value("hob_http_responses_4xx_total") >= 1.0);
    assert!(value("hob_job_runs_total") >= 1.0);
    assert!(value("hob_resources") >= 1.0);
}

#[tokio::test]
async fn a_house_that_watches_the_machine_tells_valid_figures_too() {
    let hub = TestHub::with(hob::FEATURES).config(&QUIET.replace("false", "true")).start().await;
    hub.set_up().await;
    hub.ctx().resources.settle().await;
    check_openmetrics(&hub.client().get("/metrics").await.text());
}
