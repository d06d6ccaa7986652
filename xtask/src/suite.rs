//! `cargo xtask test`: everything that must hold before a change is taken, in the order in which it fails soonest.
#![expect(clippy::print_stdout, reason = "it talks to a person at a console")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures real time, and there is no hub whose clock it could ask"
)]

mod postgres;
pub(crate) mod tools;

use crate::kube_apiserver;
use crate::tidy::tidy;
use postgres::Server;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Where tests look for a PostgreSQL server on which they may create databases.
const POSTGRES_VARIABLE: &str = "HOB_TEST_POSTGRES";

/// What to run.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Only these steps and what they need; all if empty.
    pub only: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
}

impl Options {
    /// Reads the arguments after `test`.
    ///
    /// # Errors
    /// With what is wrong and what there is.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            let list = match argument.as_str() {
                "--only" => &mut options.only,
                "--skip" => &mut options.skip,
                _ => {
                    return Err(format!(
                        "`{argument}` is not known here; there is --only STEP and --skip STEP"
                    ));
                }
            };
            let step = arguments.next().unwrap_or_default();
            if !STEPS.iter().any(|known| known.name == step) {
                let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
                return Err(format!("{argument} takes one of: {}", names.join(", ")));
            }
            list.push(step);
        }
        Ok(options)
    }

    fn wants(&self, step: &Step) -> bool {
        let needed =
            |name: &String| STEPS.iter().any(|one| one.name == name && one.needs.contains(&step.name));
        let named = |list: &[String]| list.iter().any(|name| name == step.name);
        !named(&self.skip) && (self.only.is_empty() || named(&self.only) || self.only.iter().any(needed))
    }
}

/// What came of a step.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed(String),
    Skipped(String),
    Failed(String),
}

/// What the steps share.
struct Suite {
    root: PathBuf,
    /// In CI nothing that could be tested may be skipped.
    ci: bool,
    postgres: Option<Server>,
}

struct Step {
    name: &'static str,
    about: &'static str,
    needs: &'static [&'static str],
    run: fn(&mut Suite) -> Outcome,
}

const STEPS: &[Step] = &[
    Step { name: "packages", about: "what the tests need of this machine", needs: &[], run: packages },
    Step { name: "tidy", about: "the rules of the house", needs: &[], run: rules },
    Step { name: "fmt", about: "how the code is laid out", needs: &[], run: fmt },
    Step { name: "deny", about: "licences and sources of dependencies", needs: &[], run: deny },
    Step { name: "clippy", about: "every lint, every target", needs: &[], run: clippy },
    Step { name: "doc", about: "the documentation builds without warnings", needs: &[], run: doc },
    Step {
        name: "postgres",
        about: "a PostgreSQL server for the tests alone",
        needs: &["packages"],
        run: server,
    },
    Step {
        name: "kube-apiserver",
        about: "a real API server of Kubernetes for the tests",
        needs: &[],
        run: api_server,
    },
    Step {
        name: "tests",
        about: "every test",
        needs: &["packages", "postgres", "kube-apiserver"],
        run: tests,
    },
];

/// Runs the steps and says what came of them. Returns whether nothing failed.
pub fn run(root: PathBuf, options: &Options) -> bool {
    let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    let mut suite = Suite { root, ci, postgres: None };
    let mut results = Vec::new();
    for (index, step) in STEPS.iter().enumerate() {
        let started = Instant::now();
        let outcome = if options.wants(step) {
            println!("[{}/{}] {}: {}", index + 1, STEPS.len(), step.name, step.about);
            (step.run)(&mut suite)
        } else {
            Outcome::Skipped("not asked for".to_owned())
        };
        if let Outcome::Failed(why) = &outcome {
            println!("{} failed: {why}", step.name);
        }
        results.push((step.name, outcome, started.elapsed()));
    }
    print!("{}", summary(&results));
    !results.iter().any(|(_, outcome, _)| matches!(outcome, Outcome::Failed(_)))
}

fn summary(results: &[(&str, Outcome, Duration)]) -> String {
    let mut text = String::from("\n");
    for (name, outcome, took) in results {
        let (word, note) = match outcome {
            Outcome::Passed(note) => ("passed", note),
            Outcome::Skipped(note) => ("skipped", note),
            Outcome::Failed(note) => ("FAILED", note),
        };
        let line = format!("{name:<14} {word:<8} {:>7.1} s  {note}", took.as_secs_f64());
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let failed: Vec<&str> =
        results.iter().filter(|(_, o, _)| matches!(o, Outcome::Failed(_))).map(|(name, ..)| *name).collect();
    let took: Duration = results.iter().map(|(.., took)| *took).sum();
    let verdict =
        if failed.is_empty() { "well".to_owned() } else { format!("failed: {}", failed.join(", ")) };
    let _ = writeln!(text, "\n{verdict}, after {:.0} s", took.as_secs_f64());
    text
}

/// Runs a command with its output on the console.
fn command(mut command: Command) -> Outcome {
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed(String::new()),
        Ok(status) => Outcome::Failed(format!("{} ended with {status}", tools::words(&command))),
        Err(error) => Outcome::Failed(format!("{} did not start: {error}", tools::words(&command))),
    }
}

impl Suite {
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = tools::cargo();
        cargo.current_dir(&self.root).args(arguments);
        cargo
    }

    /// What is not there is a gap at home, and a failure in CI.
    fn lacking(&self, why: String) -> Outcome {
        if self.ci { Outcome::Failed(why) } else { Outcome::Skipped(why) }
    }
}

fn packages(suite: &mut Suite) -> Outcome {
    let missing = tools::missing();
    if missing.is_empty() {
        return Outcome::Passed("everything is there".to_owned());
    }
    let why_not = tools::install(&missing);
    let still: Vec<String> = tools::missing().iter().map(|need| need.consequence()).collect();
    match (still.is_empty(), why_not) {
        (true, _) => Outcome::Passed("installed what was missing".to_owned()),
        (false, Ok(())) => suite.lacking(still.join("; ")),
        (false, Err(why_not)) => suite.lacking(format!("{} ({why_not})", still.join("; "))),
    }
}

fn rules(suite: &mut Suite) -> Outcome {
    match tidy(&suite.root) {
        Err(error) => Outcome::Failed(format!("the repository cannot be read: {error}")),
        Ok(violations) if violations.is_empty() => Outcome::Passed(String::new()),
        Ok(violations) => {
            for violation in &violations {
                println!("{violation}");
            }
            Outcome::Failed(format!("rules not kept: {}", violations.len()))
        }
    }
}

fn fmt(suite: &mut Suite) -> Outcome {
    command(suite.cargo(&["fmt", "--all", "--check"]))
}

fn deny(suite: &mut Suite) -> Outcome {
    if !tools::runs(suite.cargo(&["deny", "--version"])) {
        return suite.lacking("cargo-deny is not installed: `cargo install cargo-deny --locked`".to_owned());
    }
    // Advisories are looked up before a release: they change from day to day, and a change of ours does not cause them.
    command(suite.cargo(&["deny", "--workspace", "--locked", "check", "bans", "licenses", "sources"]))
}

fn clippy(suite: &mut Suite) -> Outcome {
    command(suite.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn doc(suite: &mut Suite) -> Outcome {
    let mut cargo = suite.cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"]);
    // These pages are for who works on Hob: what is private has its page, too, and may be linked to.
    cargo.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links");
    command(cargo)
}

fn server(suite: &mut Suite) -> Outcome {
    if std::env::var_os(POSTGRES_VARIABLE).is_some() {
        return Outcome::Passed(format!("{POSTGRES_VARIABLE} names one already"));
    }
    match Server::start() {
        Ok(server) => {
            let note = format!("{} ({})", server.url, server.binaries.display());
            suite.postgres = Some(server);
            Outcome::Passed(note)
        }
        Err(why) => suite.lacking(format!("{why}: store tests run on SQLite only")),
    }
}

/// Built in CI where it is not kept from an earlier run. That it cannot be had fails nothing: this is the one server that is
/// not a package anywhere.
fn api_server(suite: &mut Suite) -> Outcome {
    let cache = kube_apiserver::cache();
    let untested = "clusters are tried on a server of our own only";
    if kube_apiserver::is_there() {
        return Outcome::Passed(cache.display().to_string());
    }
    if !suite.ci {
        return Outcome::Skipped(format!("{untested}: `cargo xtask kube-apiserver` builds a real one, once"));
    }
    match kube_apiserver::obtain(kube_apiserver::LIMIT) {
        Ok(cache) => Outcome::Passed(format!("built in {}", cache.display())),
        Err(why) => Outcome::Skipped(format!("{untested}: {why}")),
    }
}

fn tests(suite: &mut Suite) -> Outcome {
    let nextest = tools::runs(suite.cargo(&["nextest", "--version"]));
    let runner: &[&str] = if nextest { &["nextest", "run"] } else { &["test"] };
    let mut cargo = suite.cargo(runner);
    cargo.args(["--workspace", "--no-fail-fast"]);
    if let Some(server) = &suite.postgres {
        cargo.env(POSTGRES_VARIABLE, &server.url);
    }
    let outcome = command(cargo);
    suite.postgres = None; // stops it
    match outcome {
        Outcome::Passed(_) => Outcome::Passed(format!("cargo {}", runner.join(" "))),
        other => other,
    }
}

#[cfg(test)]
mod tests;
