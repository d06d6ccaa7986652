//! `hob incidents`: what is broken since when, and the cause of it.

use super::local::ask;
use super::resources::{paint, refused, text_of};
use super::settings::Settings;
use super::{FAILED, IncidentsArgs, WELL, WRONG, say};
use hob_base::wording::counted;
use serde_json::Value;
use std::fmt::Write as _;
use std::process::ExitCode;

/// So many open incidents are named by `hob status`.
const MENTIONED_MAX: usize = 3;

/// `hob incidents`
pub(crate) async fn incidents(settings: &Settings, args: &IncidentsArgs) -> ExitCode {
    let answer = match ask(settings, &format!("/api/v1/incidents?state={}", args.state)).await {
        Ok(answer) => answer,
        Err(why) => return refused(why),
    };
    let all = answer["incidents"].as_array().map_or(&[][..], Vec::as_slice);
    if args.json {
        say(&format!("{answer:#}"));
    } else if all.is_empty() {
        say(if args.state == "open" { "No incident is open." } else { "There is none." });
    } else {
        let text: Vec<String> = all.iter().map(describe).collect();
        say(&text.join("\n"));
    }
    ExitCode::from(code(all))
}

/// By the worst that is open.
fn code(incidents: &[Value]) -> u8 {
    let open = || incidents.iter().filter(|incident| incident["closed_at"].is_null());
    if open().any(|incident| incident["severity"] == "critical") {
        WRONG
    } else if open().next().is_some() {
        FAILED
    } else {
        WELL
    }
}

fn describe(incident: &Value) -> String {
    let severity = text_of(&incident["severity"]);
    let (id, title) = (incident["id"].to_string(), text_of(&incident["title"]));
    let mut text = format!("{} {id:>4}  {title}\n", paint(severity, &format!("{severity:8}")));
    let mut line = |words: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "               {words}");
    };
    let cause = &incident["cause"];
    line(&format!("{}: {}", text_of(&cause["id"]), text_of(&cause["reason"])));
    if let (Some(remedy), true) = (cause["remedy"].as_str(), incident["closed_at"].is_null()) {
        line(&format!("What to do: {remedy}"));
    }
    let affected = incident["affected"].as_array().map_or(0, Vec::len);
    let span = match incident["closed_at"].as_str() {
        Some(closed) => format!("from {} to {closed}", text_of(&incident["began_at"])),
        None => format!("since {}", text_of(&incident["began_at"])),
    };
    line(&format!("{span}, {affected} affected"));
    if let Some(by) = incident["acknowledged"]["by"].as_str() {
        line(&format!("{by} takes care of it"));
    }
    text
}

/// What `hob status` says of the open incidents; empty where there are none.
pub(super) fn mention(incidents: &Value) -> String {
    let all = incidents.as_array().map_or(&[][..], Vec::as_slice);
    if all.is_empty() {
        return String::new();
    }
    let mut text = format!("\n{} open:\n", counted(all.len(), "incident"));
    for incident in all.iter().take(MENTIONED_MAX) {
        let (id, title) = (incident["id"].to_string(), text_of(&incident["title"]));
        let _ = writeln!(text, "{id:>8} {title}, since {}", text_of(&incident["since"]));
    }
    if all.len() > MENTIONED_MAX {
        let _ = writeln!(text, "         and {} more: hob incidents", all.len() - MENTIONED_MAX);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn incident(id: i64, severity: &str, closed_at: Option<&str>) -> Value {
        json!({
            "id": id, "severity": severity, "title": "Photos: it is away", "began_at": "2026-11-23T02:14:00.000Z",
            "since": "2026-11-23T02:14:00.000Z", "closed_at": closed_at,
            "cause": { "id": "service/nas/1", "reason": "It is away.", "remedy": "Start it." },
            "affected": [{ "id": "service/nas/2" }], "acknowledged": { "by": "anna" },
        })
    }

    #[test]
    fn the_exit_code_is_that_of_the_worst_open_one() {
        let over = incident(1, "critical", Some("2026-11-23T03:00:00.000Z"));
        assert_eq!(code(&[]), WELL);
        assert_eq!(code(std::slice::from_ref(&over)), WELL);
        assert_eq!(code(&[over.clone(), incident(2, "warning", None)]), FAILED);
        assert_eq!(code(&[over, incident(2, "warning", None), incident(3, "critical", None)]), WRONG);
    }

    #[test]
    fn a_line_says_what_why_what_to_do_and_since_when() {
        let text = describe(&incident(12, "critical", None));
        for words in [
            "critical   12  Photos: it is away",
            "service/nas/1: It is away.",
            "What to do: Start it.",
            "since 2026-11-23T02:14:00.000Z, 1 affected",
            "anna takes care",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        let text = describe(&incident(12, "critical", Some("2026-11-23T03:00:00.000Z")));
        assert!(text.contains("to 2026-11-23T03:00:00.000Z") && !text.contains("Start it."), "{text}");
    }

    #[test]
    fn the_state_of_the_house_names_a_few_and_counts_the_rest() {
        assert_eq!(mention(&json!([])), "");
        let many: Vec<Value> = (1..=5).map(|id| incident(id, "critical", None)).collect();
        let text = mention(&json!(many));
        assert!(text.contains("5 incidents open:") && text.contains("and 2 more: hob incidents"), "{text}");
    }
}
