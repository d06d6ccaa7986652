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

# PostgreSQL instead of a SQLite file in the data directory. The password belongs into ~/.pgpass or into the environment
# variable PGPASSWORD.
# database = "postgres://hob@db.lan/hob"
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

#[cfg(test)]
mod tests {
    use super::example;
    use std::path::Path;

    /// What `docs/configuration.md` must say. `UPDATE_DOCS=1 cargo test -p hob` writes it.
    fn page() -> String {
        format!(
            "# Configuration\n\nHob needs no configuration. This is what `hob config example` prints: every setting, with its \
             meaning and default.\n`hob config check` names every mistake with its line, and `hob serve` starts only when there \
             is none.\n\nSecrets are never written into the file: `{{ file = \"/path\" }}` or `{{ env = \"NAME\" }}` says where \
             they are.\n\nThe command line and the environment (`HOB_CONFIG`, `HOB_DATA`, `HOB_DATABASE`, `HOB_LISTEN`, \
             `HOB_LOG`) win over the file.\n\n```toml\n{}\n```\n",
            example()
        )
    }

    #[test]
    fn the_page_about_configuration_is_up_to_date() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == page(),
            "docs/configuration.md is out of date: run UPDATE_DOCS=1 cargo test -p hob"
        );
    }
}
