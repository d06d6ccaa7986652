//! `hob status` and `hob resources`: the same truth as on the pages.

use super::local::{NoAnswer, ask};
use super::settings::Settings;
use super::{FAILED, NO_ANSWER, ResourcesArgs, WELL, WRONG, fail, say};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::process::ExitCode;

/// More are not read in a terminal.
const PROBLEMS_MAX: usize = 12;

/// `hob status`
pub(crate) async fn status(settings: &Settings, json: bool) -> ExitCode {
    let answer = match ask(settings, "/api/v1/status").await {
        Ok(answer) => answer,
        Err(why) => return refused(why),
    };
    if json {
        say(&format!("{answer:#}"));
    } else {
        let mut text = format!("{}\n", paint(text_of(&answer["health"]), text_of(&answer["sentence"])));
        let problems = answer["problems"].as_array().map_or(&[][..], Vec::as_slice);
        for problem in problems.iter().take(PROBLEMS_MAX) {
            text.push('\n');
            text.push_str(&describe(problem));
        }
        text.push_str(&super::incidents::mention(&answer["incidents"]));
        if problems.len() > PROBLEMS_MAX {
            let _ = writeln!(
                text,
                "\nAnd {} more: hob resources --health critical",
                problems.len() - PROBLEMS_MAX
            );
        }
        say(&text);
    }
    ExitCode::from(match text_of(&answer["health"]) {
        "ok" => WELL,
        "critical" => WRONG,
        _ => FAILED,
    })
}

/// `hob resources`
pub(crate) async fn resources(settings: &Settings, args: &ResourcesArgs) -> ExitCode {
    let mut path = "/api/v1/resources?".to_owned();
    for (key, value) in [("kind", &args.kind), ("health", &args.health), ("q", &args.query)] {
        if let Some(value) = value {
            // Writing to a String cannot fail.
            let _ = write!(path, "{key}={}&", utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
    }
    let answer = match ask(settings, &path).await {
        Ok(answer) => answer,
        Err(why) => return refused(why),
    };
    if args.json {
        return say(&format!("{answer:#}"));
    }
    let all = answer["resources"].as_array().map_or(&[][..], Vec::as_slice);
    if all.is_empty() {
        return say("Nothing matches.");
    }
    let width = all.iter().map(|r| text_of(&r["id"]).chars().count()).max().unwrap_or(0).min(48);
    let mut text = String::new();
    for resource in all {
        let health = text_of(&resource["health"]);
        let _ = writeln!(
            text,
            "{} {:width$}  {}",
            paint(health, &format!("{health:8}")),
            text_of(&resource["id"]),
            text_of(&resource["reason"])
        );
    }
    say(&text)
}

fn describe(problem: &Value) -> String {
    let health = text_of(&problem["health"]);
    let mut text = format!("{} {}\n", paint(health, &format!("{health:8}")), text_of(&problem["name"]));
    let _ = writeln!(text, "         {}", text_of(&problem["reason"]));
    if let Some(remedy) = problem["remedy"].as_str() {
        let _ = writeln!(text, "         What to do: {remedy}");
    }
    let _ = writeln!(text, "         {} since {}", text_of(&problem["id"]), text_of(&problem["since"]));
    text
}

pub(super) fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// In colour on a terminal that wants it (no-color.org).
pub(super) fn paint(health: &str, text: &str) -> String {
    let plain =
        !std::io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let code = match health {
        _ if plain => return text.to_owned(),
        "ok" => "32",
        "warning" => "33",
        "critical" => "31",
        _ => "90",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

pub(super) fn refused(why: NoAnswer) -> ExitCode {
    let (NoAnswer::NoHub(text) | NoAnswer::Refused(text)) = why;
    fail(&text);
    ExitCode::from(NO_ANSWER)
}
