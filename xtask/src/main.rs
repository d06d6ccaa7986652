//! `cargo xtask`: the chores of the house.
#![expect(clippy::print_stdout, reason = "it talks to a person at a console")]

use std::path::Path;
use std::process::ExitCode;
use xtask::{figures, house, kube_apiserver, new_feature, suite, tidy};

const HELP: &str = "cargo xtask <chore>

  tidy               says where the rules of the house are not kept, and why they are rules
  test               runs everything that must hold before a change is taken
                     [--only STEP]... [--skip STEP]...
  new-feature NAME   writes the crate of a new feature
  kube-apiserver     builds a real API server of Kubernetes for the tests, once (Debian 12, as root)
  figures            says how large the house is
";

fn main() -> ExitCode {
    let root = house::root();
    let mut arguments = std::env::args().skip(1);
    let done = match arguments.next().as_deref() {
        Some("tidy") => keep_rules(&root),
        Some("test") => suite::Options::parse(arguments).map(|options| suite::run(root, &options)),
        Some("new-feature") => add_feature(&root, arguments.next()),
        Some("kube-apiserver") => build_api_server(),
        Some("figures") => measure(&root),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            Ok(true)
        }
        other => Err(format!("{}\n\n{HELP}", other.map_or_else(|| "which chore?".to_owned(), unknown))),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn unknown(chore: &str) -> String {
    format!("`{chore}` is no chore of this house")
}

fn keep_rules(root: &Path) -> Result<bool, String> {
    let violations = tidy::tidy(root).map_err(|error| error.to_string())?;
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => println!("tidy"),
        1 => println!("\n1 place does not keep the rules"),
        count => println!("\n{count} places do not keep the rules"),
    }
    Ok(violations.is_empty())
}

fn add_feature(root: &Path, name: Option<String>) -> Result<bool, String> {
    let name = name.ok_or("cargo xtask new-feature NAME, such as `backups`")?;
    let told = new_feature::new_feature(root, &name).map_err(|error| error.to_string())?;
    print!("{told}");
    Ok(true)
}

fn build_api_server() -> Result<bool, String> {
    let had = kube_apiserver::is_there();
    let cache = kube_apiserver::obtain(kube_apiserver::LIMIT)?;
    println!("{} {}", if had { "is there already, in" } else { "is there now, in" }, cache.display());
    Ok(true)
}

fn measure(root: &Path) -> Result<bool, String> {
    let house = house::House::read(root).map_err(|error| error.to_string())?;
    print!("{}", figures::figures(&house));
    Ok(true)
}
