//! `hob checks`: brings checks from elsewhere into the hub of this machine.

use super::local::{NoAnswer, read_file, send};
use super::settings::Settings;
use super::{NO_ANSWER, fail, say};
use clap::Subcommand;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) const CHECKS: &str = "\
Examples:
  hob checks import kuma.json --dry-run        what would be made, and what would be left out
  hob checks import gatus.yaml                 make it
  cat gatus.yaml | hob checks import -         from somewhere else";

/// The largest file that a hub reads.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// What can be done with checks.
#[derive(Debug, Subcommand)]
pub(crate) enum ChecksCommand {
    /// Make the checks of a backup of Uptime Kuma (JSON) or a configuration of Gatus (YAML)
    Import {
        /// The file; - reads what is piped in
        file: PathBuf,
        /// Only say what would be made
        #[arg(long)]
        dry_run: bool,
    },
}

/// `hob checks …`
pub(super) async fn checks(settings: &Settings, command: ChecksCommand) -> ExitCode {
    let ChecksCommand::Import { file, dry_run } = command;
    let text = match read_file(&file, FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(problem) => return fail(&problem),
    };
    let path = format!("/api/v1/checks/import?dry_run={dry_run}");
    match send(settings, &path, text.into()).await {
        Ok(answer) => say(&told(&answer)),
        Err(NoAnswer::Refused(text)) => fail(&text),
        Err(NoAnswer::NoHub(text)) => {
            fail(&text);
            ExitCode::from(NO_ANSWER)
        }
    }
}

/// What came of it, line by line.
fn told(answer: &Value) -> String {
    let list = |key: &str| answer[key].as_array().cloned().unwrap_or_default();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let (made, left_out) = (list("made"), list("left_out"));
    let dry = answer["dry_run"] == true;
    let mut said = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        said,
        "From {}: {} {} {}.",
        text(answer, "source"),
        made.len(),
        if made.len() == 1 { "check" } else { "checks" },
        if dry { "would be made" } else { "made" }
    );
    for one in &made {
        let _ = writeln!(said, "  {:10} {}", text(one, "kind"), text(one, "name"));
    }
    for (made, heading) in [(false, "Not taken over:"), (true, "Taken over without something:")] {
        let these: Vec<&Value> = left_out.iter().filter(|left| left["made"] == made).collect();
        if !these.is_empty() {
            let _ = writeln!(said, "{heading}");
        }
        for one in these {
            let _ = writeln!(said, "  {}: {}", text(one, "name"), text(one, "why"));
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_came_of_a_file_is_told_line_by_line() {
        let answer = json!({
            "source": "Gatus",
            "dry_run": true,
            "made": [{ "kind": "http", "name": "web" }],
            "left_out": [{ "name": "ext", "made": false, "why": "It waits." }, { "name": "web", "made": true, "why": "No proxy." }],
        });
        let said = told(&answer);
        assert!(
            said.starts_with(
                "From Gatus: 1 check would be made.\n  http       web\nNot taken over:\n  ext: It waits.\n"
            ),
            "{said}"
        );
        assert!(said.ends_with("Taken over without something:\n  web: No proxy.\n"), "{said}");
    }
}
