//! How well a systemd unit is: one that failed is critical, one that has recovered is told for an hour.

use super::filesystem::quoted;
use crate::read::systemd::{Ending, FailedUnit};
use hob_base::Health;

/// Judges a unit in the state `failed`.
pub(crate) fn judge_unit(unit: &FailedUnit) -> Health {
    let name = &unit.unit;
    let reason = match how(&unit.ending) {
        Some(how) => format!("{name} has failed: {how}."),
        None => format!("{name} has failed."),
    };
    let mut evidence = Vec::new();
    if !unit.description.is_empty() && unit.description != *name {
        evidence.push(format!("systemd describes it as “{}”", unit.description));
    }
    if !unit.ending.at.is_empty() {
        evidence.push(format!("it ended on {}", unit.ending.at));
    }
    let evidence = if evidence.is_empty() { String::new() } else { format!("{}.", evidence.join("; ")) };
    let name = quoted(name);
    Health::critical(reason).with_evidence(evidence).with_remedy(format!(
        "See `systemctl status {name}` and `journalctl -u {name} -n 50`; when it is mended, `systemctl restart {name}` or, if it is no longer needed, `systemctl reset-failed {name}`"
    ))
}

/// Judges a unit that was in the state `failed` and no longer is.
pub(crate) fn judge_recovered(unit: &str) -> Health {
    Health::ok(format!("{unit} is no longer in the state “failed”."))
}

/// `Result=` of a unit, as org.freedesktop.systemd1(5) lists them, in words.
fn how(ending: &Ending) -> Option<String> {
    let status = ending.status.filter(|status| *status != 0);
    Some(match (ending.result.as_str(), status) {
        ("" | "success", _) => return None,
        ("exit-code", Some(203)) => "its program could not be started (status 203)".to_owned(),
        ("exit-code", Some(status)) => format!("its program ended with status {status}"),
        ("exit-code", None) => "its program ended with an error".to_owned(),
        ("signal", Some(signal)) => format!("its program was ended by signal {signal}"),
        ("signal", None) => "its program was ended by a signal".to_owned(),
        ("core-dump", _) => "its program crashed".to_owned(),
        ("oom-kill", _) => "it was ended because memory ran out".to_owned(),
        ("timeout", _) => "it took too long".to_owned(),
        ("watchdog", _) => "it stopped telling systemd that it is alive".to_owned(),
        ("start-limit-hit", _) => "it was started too often in a short time".to_owned(),
        ("resources", _) => "systemd lacked what it needs to start it".to_owned(),
        ("protocol", _) => "it did not do what systemd expects of its type".to_owned(),
        ("exec-condition", _) => "its start condition failed".to_owned(),
        (other, _) => format!("systemd gives the result “{other}”"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(result: &str, status: Option<i32>) -> FailedUnit {
        FailedUnit {
            unit: "backup.service".to_owned(),
            description: "Nightly backup".to_owned(),
            ending: Ending { result: result.to_owned(), status, at: String::new() },
        }
    }

    #[test]
    fn the_reason_says_how_it_ended() {
        for (result, status, reason) in [
            ("exit-code", Some(2), "backup.service has failed: its program ended with status 2."),
            ("oom-kill", Some(9), "backup.service has failed: it was ended because memory ran out."),
            ("", None, "backup.service has failed."),
            ("brand-new", None, "backup.service has failed: systemd gives the result “brand-new”."),
        ] {
            assert_eq!(judge_unit(&unit(result, status)).reason, reason);
        }
    }

    #[test]
    fn the_remedy_can_be_pasted() {
        let health = judge_unit(&unit("timeout", None));
        assert!(health.remedy.unwrap().contains("`journalctl -u backup.service -n 50`"));
        assert_eq!(health.evidence, "systemd describes it as “Nightly backup”.");
    }
}
