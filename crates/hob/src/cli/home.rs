//! `hob home`: brings the page of another dashboard into the hub of this machine.

use super::local::{NoAnswer, read_file, send};
use super::settings::Settings;
use super::{NO_ANSWER, fail, say};
use clap::Subcommand;
use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

pub(super) const HOME: &str = "\
Examples:
  hob home import conf.yml --dry-run           what would come of Dashy's file, and what would be left out
  hob home import services.yaml                take over Homepage's groups; then bookmarks.yaml, widgets.yaml
  cat config.yml | hob home import -           Homer's, from somewhere else";

/// The largest file that a hub reads.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// What can be done with the home page.
#[derive(Debug, Subcommand)]
pub(crate) enum HomeCommand {
    /// Take over names, groups, bookmarks and search engines of Dashy, Homepage or Homer (YAML); keys of widgets are not kept
    Import {
        /// The file; - reads what is piped in
        file: PathBuf,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

/// `hob home …`
pub(super) async fn home(settings: &Settings, command: HomeCommand) -> ExitCode {
    let HomeCommand::Import { file, dry_run } = command;
    let text = match read_file(&file, FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(problem) => return fail(&problem),
    };
    let path = format!("/api/v1/home/import?dry_run={dry_run}");
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
    let (links, left_out) = (list("links"), list("left_out"));
    let dry = answer["dry_run"] == true;
    let mut said = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(said, "From {}:", text(answer, "source"));
    for (what, would, did) in [
        ("found", "would name a tile that was found:", "named a tile that was found:"),
        ("tile", "would become a tile:", "became a tile:"),
        ("bookmark", "would become a bookmark:", "became a bookmark:"),
        ("known", "there already:", "there already:"),
    ] {
        let these: Vec<&Value> = links.iter().filter(|link| link["what"] == what).collect();
        if these.is_empty() {
            continue;
        }
        let _ = writeln!(said, "{} {}", these.len(), if dry { would } else { did });
        for one in these {
            let target = if what == "found" { text(one, "resource") } else { text(one, "url") };
            let _ = writeln!(said, "  {:24} {target}", text(one, "name"));
        }
    }
    for (key, heading) in [("engines", "Search engines:"), ("widgets", "Widgets, to be set up by hand:")] {
        let these = list(key);
        if !these.is_empty() {
            let _ = writeln!(said, "{heading}");
        }
        for one in these {
            let name = if key == "engines" { text(&one, "name") } else { text(&one, "kind") };
            let _ = writeln!(
                said,
                "  {name:24} {}",
                if key == "engines" { text(&one, "url") } else { one["options"].to_string() }
            );
        }
    }
    if !left_out.is_empty() {
        let _ = writeln!(said, "Not taken over:");
    }
    for one in &left_out {
        let _ = writeln!(said, "  {}: {}", text(one, "name"), text(one, "why"));
    }
    if let Some(secrets) = answer["secrets_not_kept"].as_u64().filter(|secrets| *secrets > 0) {
        let _ = writeln!(said, "Keys and passwords in the file that were not kept: {secrets}");
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
            "source": "Homer", "dry_run": true, "secrets_not_kept": 2,
            "links": [
                { "name": "Films", "url": "https://a/", "what": "found", "resource": "service/home/a" },
                { "name": "Router", "url": "http://b/", "what": "tile", "resource": null },
            ],
            "engines": [{ "name": "DuckDuckGo", "url": "https://duckduckgo.com/?q={query}" }],
            "widgets": [],
            "left_out": [{ "name": "x", "why": "It has no address." }],
        });
        let said = told(&answer);
        assert!(said.starts_with("From Homer:\n1 would name a tile that was found:\n  Films "), "{said}");
        assert!(said.contains("service/home/a") && said.contains("1 would become a tile:"), "{said}");
        assert!(said.contains("  x: It has no address.\n") && said.ends_with("not kept: 2\n"), "{said}");
    }
}
