//! `hob clusters`: which are watched, how each is, and what is wrong in one.

use super::local::ask;
use super::resources::{paint, refused, text_of};
use super::settings::Settings;
use super::{ClustersArgs, say};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::fmt::Write as _;
use std::process::ExitCode;

/// More are not read in a terminal.
const FINDINGS_MAX: usize = 30;

/// `hob clusters`
pub(crate) async fn clusters(settings: &Settings, args: &ClustersArgs) -> ExitCode {
    let path = match &args.name {
        Some(name) => format!("/api/v1/clusters/{}", utf8_percent_encode(name, NON_ALPHANUMERIC)),
        None => "/api/v1/clusters".to_owned(),
    };
    let answer = match ask(settings, &path).await {
        Ok(answer) => answer,
        Err(why) => return refused(why),
    };
    if args.json {
        return say(&format!("{answer:#}"));
    }
    say(&if args.name.is_some() { one(&answer) } else { all(&answer) })
}

fn all(answer: &Value) -> String {
    let list = |key: &str| answer[key].as_array().map_or(&[][..], Vec::as_slice);
    let mut text: String = list("clusters").iter().map(line).collect();
    for other in list("not_watched") {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} is not watched. {}", text_of(&other["origin"]), text_of(&other["reason"]));
    }
    if text.is_empty() {
        text = "No cluster is watched. hob config example says how one is.".to_owned();
    }
    text
}

fn line(cluster: &Value) -> String {
    let state = text_of(&cluster["state"]["word"]);
    let health = match state {
        "watching" => "ok",
        "away" => "critical",
        _ => "unknown",
    };
    let mut text = format!(
        "{} {}  Kubernetes {}, {} addresses, {} workloads, {} nodes: {} critical, {} warnings\n",
        paint(health, &format!("{state:10}")),
        text_of(&cluster["name"]),
        text_of(&cluster["version"]),
        cluster["addresses"],
        cluster["workloads"],
        cluster["nodes"],
        cluster["critical"],
        cluster["warning"],
    );
    if let Some(reason) = cluster["state"]["reason"].as_str() {
        let _ = writeln!(text, "           {reason}");
    }
    text
}

fn one(cluster: &Value) -> String {
    let mut text = line(cluster);
    let findings = cluster["findings"].as_array().map_or(&[][..], Vec::as_slice);
    let bad: Vec<&Value> = findings
        .iter()
        .filter(|found| matches!(text_of(&found["severity"]), "critical" | "warning"))
        .collect();
    for found in bad.iter().take(FINDINGS_MAX) {
        let severity = text_of(&found["severity"]);
        let _ =
            writeln!(text, "\n{} {}", paint(severity, &format!("{severity:8}")), text_of(&found["sentence"]));
        let place: Vec<&str> = [&found["object"], &found["field"]]
            .map(text_of)
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let _ = writeln!(text, "         {}", place.join(", "));
        if let Some(remedy) = found["remedy"].as_str() {
            let _ = writeln!(text, "         What to do: {remedy}");
        }
    }
    if bad.len() > FINDINGS_MAX {
        let _ = writeln!(text, "\nAnd {} more; --json has them all.", bad.len() - FINDINGS_MAX);
    }
    for gap in cluster["gaps"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "\n{}", text_of(&gap["sentence"]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_is_told_with_its_place_and_the_next_step() {
        let cluster = json!({
            "name": "home", "version": "v1.33.4", "addresses": 3, "workloads": 2, "nodes": 1, "critical": 1, "warning": 0,
            "state": { "word": "watching" },
            "gaps": [{ "sentence": "Hob may not read secrets." }],
            "findings": [
                { "severity": "critical", "sentence": "It is gone.", "object": "Ingress web/shop", "field": "spec.rules[0]", "remedy": "Look." },
                { "severity": "note", "sentence": "Not told." },
            ],
        });
        let text = one(&cluster);
        assert!(text.contains(" home  Kubernetes v1.33.4, 3 addresses"), "{text}");
        assert!(text.contains(
            " It is gone.\n         Ingress web/shop, spec.rules[0]\n         What to do: Look.\n"
        ));
        assert!(!text.contains("Not told.") && text.contains("may not read secrets"));
    }

    #[test]
    fn no_cluster_is_said_as_such() {
        assert!(all(&json!({ "clusters": [], "not_watched": [] })).starts_with("No cluster is watched."));
    }
}
