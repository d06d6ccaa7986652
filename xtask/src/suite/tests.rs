use super::*;

fn options(line: &str) -> Result<Options, String> {
    Options::parse(line.split_whitespace().map(str::to_owned))
}

fn wanted(line: &str) -> Vec<&'static str> {
    let options = options(line).unwrap();
    STEPS.iter().filter(|step| options.wants(step)).map(|step| step.name).collect()
}

#[test]
fn everything_runs_unless_told_otherwise() {
    assert_eq!(wanted("").len(), STEPS.len());
    assert_eq!(wanted("--only fmt --only tidy"), ["tidy", "fmt"]);
    assert_eq!(wanted("--only tests"), ["packages", "postgres", "kube-apiserver", "tests"]);
    assert_eq!(wanted("--only tests --skip packages"), ["postgres", "kube-apiserver", "tests"]);
    assert!(!wanted("--skip clippy").contains(&"clippy"));
}

#[test]
fn wrong_arguments_are_answered_with_the_right_ones() {
    assert!(options("--only lint").unwrap_err().contains("packages, tidy, fmt"));
    assert!(options("--skip").unwrap_err().contains("takes one of"));
    assert!(options("--fast").unwrap_err().contains("--only STEP"));
}

#[test]
fn the_summary_says_what_was_skipped_and_why_and_how_long_it_took() {
    let second = Duration::from_millis(1_500);
    let text = summary(&[
        ("fmt", Outcome::Passed(String::new()), second),
        ("deny", Outcome::Skipped("cargo-deny is not installed".to_owned()), Duration::ZERO),
        ("tests", Outcome::Failed("2 failed".to_owned()), second),
    ]);
    assert!(text.contains("fmt            passed       1.5 s\n"), "{text}");
    assert!(text.contains("deny           skipped      0.0 s  cargo-deny is not installed\n"), "{text}");
    assert!(text.ends_with("\nfailed: tests, after 3 s\n"), "{text}");
}

#[test]
fn what_is_lacking_fails_in_ci_only() {
    let mut suite = Suite { root: PathBuf::new(), ci: false, postgres: None };
    assert!(matches!(suite.lacking(String::new()), Outcome::Skipped(_)));
    suite.ci = true;
    assert!(matches!(suite.lacking(String::new()), Outcome::Failed(_)));
}

#[test]
fn commands_are_named_as_typed() {
    let mut command = Command::new("/usr/bin/cargo");
    command.args(["fmt", "--check"]);
    assert_eq!(tools::words(&command), "cargo fmt --check");
    assert!(tools::runs(Command::new("true")) && !tools::runs(Command::new("false")));
}
