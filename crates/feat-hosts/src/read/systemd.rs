//! Failed systemd units, by systemctl(1). The only child process of this feature: 5 seconds, bounded output.

use super::Roots;
use hob_base::Clock;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// How long systemctl may take.
const TIME_MAX: Duration = Duration::from_secs(5);
/// How much it may say.
const OUTPUT_BYTES_MAX: u64 = 256 * 1024;
/// More failed units than this are not told.
pub(crate) const UNITS_MAX: usize = 200;

/// A unit in the state `failed`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(crate) struct FailedUnit {
    /// `backup.service`.
    pub(crate) unit: String,
    /// What its author calls it.
    #[serde(default)]
    pub(crate) description: String,
    /// How it ended, where systemd says.
    #[serde(skip)]
    pub(crate) ending: Ending,
}

/// How a unit ended: `Result`, `ExecMainStatus` and `InactiveEnterTimestamp` of systemd.exec(5) and org.freedesktop.systemd1(5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ending {
    /// `exit-code`, `signal`, `timeout`, `oom-kill` ...
    pub(crate) result: String,
    /// The main process' exit status, or the signal that ended it.
    pub(crate) status: Option<i32>,
    /// When, in systemd's own words.
    pub(crate) at: String,
}

/// Whether systemd runs this machine: sd_booted(3).
pub(crate) fn is_running(roots: &Roots) -> bool {
    roots.run.join("systemd/system").is_dir()
}

/// Asks systemctl for all failed units and how they ended.
///
/// # Errors
/// One clause that says why they cannot be seen.
pub(crate) async fn failed_units(systemctl: &Path, clock: &Clock) -> Result<Vec<FailedUnit>, String> {
    let list =
        ["list-units", "--state=failed", "--output=json", "--full", "--no-pager", "--no-legend", "--plain"];
    let mut units = parse_failed_units(&run(systemctl, &list, clock).await?)
        .ok_or("systemctl gave an answer that Hob does not understand")?;
    // In order, so that the same ones are told each time if there are too many.
    units.sort_by(|a, b| a.unit.cmp(&b.unit));
    units.truncate(UNITS_MAX);
    if units.is_empty() {
        return Ok(units);
    }
    let mut show =
        vec!["show", "--property=Id,Result,ExecMainStatus,InactiveEnterTimestamp", "--no-pager", "--"];
    show.extend(units.iter().map(|unit| unit.unit.as_str()));
    // How they ended is a help; that they failed is known without it.
    let mut endings = run(systemctl, &show, clock).await.map(|text| parse_endings(&text)).unwrap_or_default();
    for unit in &mut units {
        unit.ending = endings.remove(&unit.unit).unwrap_or_default();
    }
    Ok(units)
}

async fn run(systemctl: &Path, arguments: &[&str], clock: &Clock) -> Result<String, String> {
    let mut child = Command::new(systemctl)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("SYSTEMD_COLORS", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "systemctl is not installed where Hob runs".to_owned(),
            _ => format!("systemctl cannot be started: {error}"),
        })?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err("systemctl gave no output".to_owned());
    };
    let (mut text, mut complaint) = (Vec::new(), Vec::new());
    let talk = async {
        let (mut stdout, mut stderr) = (stdout.take(OUTPUT_BYTES_MAX), stderr.take(4096));
        let (out, err) = tokio::join!(stdout.read_to_end(&mut text), stderr.read_to_end(&mut complaint));
        // A child that has more to say would wait for ever for somebody to listen.
        drop((stdout, stderr));
        out.and(err)?;
        child.wait().await
    };
    let status = tokio::select! {
        result = talk => result.map_err(|error| format!("systemctl failed: {error}"))?,
        () = clock.sleep(TIME_MAX) => return Err("systemctl did not answer within 5 seconds".to_owned()),
    };
    if !status.success() {
        let complaint = String::from_utf8_lossy(&complaint);
        let first = complaint.lines().next().unwrap_or("it gave no reason").trim();
        return Err(format!("systemctl failed: {first}"));
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Reads the list: JSON, or the plain columns of systemd before 246. `None` for JSON that is broken or cut off: that must
/// not pass for "nothing has failed".
pub(crate) fn parse_failed_units(text: &str) -> Option<Vec<FailedUnit>> {
    if text.trim_start().starts_with('[') {
        let units: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
        let mut units: Vec<FailedUnit> =
            units.into_iter().filter_map(|unit| serde_json::from_value(unit).ok()).collect();
        units.retain(|unit| is_unit_name(&unit.unit));
        return Some(units);
    }
    let units = text
        .lines()
        .filter_map(|line| {
            let mut fields = line.trim_start_matches(['●', '*', ' ']).split_ascii_whitespace();
            let unit = fields.next().filter(|name| is_unit_name(name))?.to_owned();
            // Loaded, active and sub state come before the description.
            let description = fields.skip(3).collect::<Vec<_>>().join(" ");
            Some(FailedUnit { unit, description, ending: Ending::default() })
        })
        .collect();
    Some(units)
}

/// systemd.unit(5): a name, a dot and a type; what is not plain ASCII is escaped. Never something that systemctl could
/// take for an option, or that could not be handed to it.
fn is_unit_name(text: &str) -> bool {
    text.len() <= 255
        && !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && text.rsplit_once('.').is_some_and(|(name, kind)| {
            !name.is_empty() && !kind.is_empty() && kind.chars().all(|c| c.is_ascii_lowercase())
        })
}

/// Reads `systemctl show`: `Key=value` lines, an empty line between units.
pub(crate) fn parse_endings(text: &str) -> BTreeMap<String, Ending> {
    let mut endings = BTreeMap::new();
    for block in text.split("\n\n").take(UNITS_MAX) {
        let value = |key: &str| {
            block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or("")
        };
        let id = value("Id");
        if !id.is_empty() {
            let ending = Ending {
                result: value("Result").to_owned(),
                status: value("ExecMainStatus").parse().ok(),
                at: value("InactiveEnterTimestamp").to_owned(),
            };
            endings.insert(id.to_owned(), ending);
        }
    }
    endings
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn json_and_plain_columns_give_the_same() {
        let json = r#"[{"unit":"backup.service","load":"loaded","active":"failed","sub":"failed","description":"Nightly backup"}]"#;
        let plain = "● backup.service loaded failed failed Nightly backup\n";
        assert_eq!(parse_failed_units(json), parse_failed_units(plain));
        assert_eq!(parse_failed_units(json).unwrap()[0].description, "Nightly backup");
        assert_eq!(parse_failed_units("[]"), Some(vec![]));
        assert_eq!(parse_failed_units("0 loaded units listed.\n"), Some(vec![]));
    }

    #[test]
    fn a_list_that_was_cut_off_is_not_an_empty_one() {
        assert_eq!(parse_failed_units(r#"[{"unit":"a.service"},{"un"#), None);
    }

    #[test]
    fn nothing_that_could_be_an_option_is_taken_for_a_unit() {
        let hostile = r#"[{"unit":"--host=evil.service"},{"unit":""},{"unit":7}]"#;
        assert_eq!(parse_failed_units(hostile), Some(vec![]));
    }

    /// One name that no program can be given would hide how all units ended.
    #[test]
    fn nothing_that_cannot_be_an_argument_is_taken_for_a_unit() {
        let json = r#"[{"unit":"back\u0000up.service"},{"unit":"a\nb.service"},{"unit":"a b.service"}]"#;
        assert_eq!(parse_failed_units(json), Some(vec![]));
        assert_eq!(parse_failed_units("back\0up.service loaded failed failed x\n"), Some(vec![]));
        let escaped = "dev-disk-by\\x2dlabel-\\xc3.swap loaded failed failed x\n";
        assert_eq!(parse_failed_units(escaped).unwrap().len(), 1);
    }

    #[test]
    fn endings_are_found_by_unit() {
        let text = "Id=a.service\nResult=exit-code\nExecMainStatus=2\nInactiveEnterTimestamp=Mon 2026-11-23 03:00:01 UTC\n\n\
                    Id=b.mount\nResult=timeout\nExecMainStatus=\n";
        let endings = parse_endings(text);
        assert_eq!(endings["a.service"].status, Some(2));
        assert_eq!(endings["b.mount"], Ending { result: "timeout".to_owned(), ..Ending::default() });
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(\\[)?.*(\n.*)*") {
            let _ = (parse_failed_units(&text), parse_endings(&text));
        }
    }
}
