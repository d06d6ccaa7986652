//! `hob config check` and `hob config example`.

use super::settings::Settings;
use super::{WRONG, say};
use crate::FEATURES;
use hob_base::wording::counted;
use hob_feature::Problem;
use std::io::Write;
use std::process::ExitCode;

const OWN: &str = r#"# Hob's configuration. Everything here is optional: Hob finds what runs by itself, and this file only hides, renames
# or sharpens. Check it with: hob config check

# Where Hob listens. 127.0.0.1 is this machine only; 0.0.0.0 lets other machines in.
# listen = "127.0.0.1:4620"

# Where its files are.
# data = "/var/lib/hob"

# PostgreSQL instead of a SQLite file in the data directory.
# database = "postgres://hob:password@db.lan/hob"
"#;

/// The commented example: the hub's own settings, then every feature's.
pub(crate) fn example() -> String {
    let sections =
        FEATURES.iter().flat_map(|feature| feature.config).map(|section| section.example.trim_end());
    std::iter::once(OWN.trim_end()).chain(sections).collect::<Vec<_>>().join("\n\n")
}

/// Every mistake, one per line.
pub(crate) fn report(problems: &[Problem]) -> ExitCode {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(
        err,
        "hob: the configuration has {}; nothing was started.",
        counted(problems.len(), "mistake")
    );
    for problem in problems {
        let _ = writeln!(err, "  {problem}");
    }
    ExitCode::from(WRONG)
}

/// Nothing is wrong.
pub(crate) fn well(settings: &Settings) -> ExitCode {
    match settings.config.file() {
        Some(path) => say(&format!("{} is fine.", path.display())),
        None => say("There is no configuration file, and none is needed. `hob config example` prints one."),
    }
}
