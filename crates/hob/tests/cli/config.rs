//! Help, completions, and what is wrong with a configuration file.

use super::support::{Place, Said, files, hob, run};

fn bare(arguments: &[&str]) -> Said {
    run(hob().args(arguments), "")
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let commands = [
        "",
        "serve",
        "status",
        "resources",
        "incidents",
        "notify",
        "user",
        "user add",
        "user list",
        "user disable",
        "user enable",
        "user reset",
        "token",
        "token create",
        "token list",
        "token revoke",
        "config",
        "config check",
        "config example",
        "completions",
    ];
    let mut without = Vec::new();
    for command in commands {
        let said = bare(&command.split_whitespace().chain(["--help"]).collect::<Vec<_>>());
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{command}");
        let call = format!("hob {command}");
        // The line that begins with “Usage:” is no example.
        let example = said.out.lines().any(|line| line.contains(call.trim()) && !line.starts_with("Usage:"));
        if !example {
            without.push(command);
        }
    }
    assert!(without.is_empty(), "the help has no example: {without:?}");
}

#[test]
fn wrong_usage_is_answered_on_the_error_output_with_code_two() {
    for arguments in [
        &["serve", "--listen", "nonsense"][..],
        &["serve", "--lisen", "127.0.0.1:0"],
        &["resourses"],
        &["token", "create", "x"],
        &["token", "create", "x", "--scope", "everything"],
        &["user", "add"],
        &["completions", "tcsh"],
    ] {
        let said = bare(arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}: {}", said.err);
        assert!(said.err.len() > 20, "{arguments:?}");
    }
    assert!(bare(&["resourses"]).err.contains("resources"), "a mistyped command is corrected");
    let version = bare(&["--version"]);
    assert!(version.code == 0 && version.out.starts_with("hob "), "{version:?}");
}

#[test]
fn completions_are_there_for_every_shell() {
    for (shell, mark) in [("bash", "complete"), ("zsh", "#compdef hob"), ("fish", "complete -c hob")] {
        let said = bare(&["completions", shell]);
        assert_eq!(said.code, 0, "{shell}");
        assert!(said.out.contains(mark) && said.out.contains("resources"), "{shell}: {}", said.out);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let said = run(
        std::process::Command::new("sh")
            .arg("-c")
            .arg(format!("{} config example | head -n 1", env!("CARGO_BIN_EXE_hob"))),
        "",
    );
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert_eq!(said.out.lines().count(), 1);
}

#[test]
fn every_mistake_in_the_file_is_named_with_its_line_and_nothing_is_made() {
    let place = Place::new("");
    std::fs::write(
        place.config(),
        "listen = \"nonsense\"\n\
         datbase = \"x\"\n\
         \n\
         [hosts]\n\
         filesystem_warning_percent = 300\n\
         enable = true\n\
         \n\
         [[service]]\n\
         name = \"No address\"\n\
         \n\
         [[service]]\n\
         url = \"ftp://nas.lan/\"\n\
         interval = \"soon\"\n\
         \n\
         [[tile]]\n\
         resource = \"nonsense\"\n\
         \n\
         [[tile]]\n\
         resource = \"service/nas/3000\"\n\
         pinned = \"yes\"\n\
         \n\
         [account]\n\
         trusted_proxies = [\"everybody\"]\n",
    )
    .unwrap();
    for (arguments, code) in [
        (&["config", "check"][..], 2),
        (&["serve", "--listen", "127.0.0.1:0"], 2),
        (&["user", "list"], 2),
        // Here 2 would say that something in the house is broken.
        (&["status"], 3),
    ] {
        let said = place.run(arguments);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{arguments:?}");
        for (line, setting) in [
            (1, "listen"),
            (2, "datbase"),
            (5, "filesystem_warning_percent"),
            (6, "enable"),
            (8, "url"),
            (12, "url"),
            (13, "interval"),
            (16, "resource"),
            (20, "pinned"),
            (23, "trusted_proxies"),
        ] {
            let named = said
                .err
                .lines()
                .any(|text| text.contains(&format!("hob.toml:{line}")) && text.contains(setting));
            assert!(named, "line {line}, {setting}: {}", said.err);
        }
        assert!(said.err.contains("10 mistakes"), "{}", said.err);
        assert!(said.err.contains("did you mean"), "{}", said.err);
        assert!(files(&place.data()).is_empty() && !place.data().exists(), "something was made");
    }
}

#[test]
fn a_file_that_is_no_toml_or_not_there_is_an_answer() {
    let place = Place::new("");
    std::fs::write(place.config(), "[hosts\nenabled = true\n").unwrap();
    let said = place.run(&["config", "check"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("hob.toml:1"), "{}", said.err);
    std::fs::remove_file(place.config()).unwrap();
    let said = place.run(&["config", "check"]);
    assert!(said.code == 2 && said.err.contains("cannot be read"), "{said:?}");
}

#[test]
fn a_file_without_a_mistake_is_fine_and_none_is_needed() {
    let place = Place::new("");
    assert!(place.ok(&["config", "check"]).contains("is fine"));
    let dir = tempfile::tempdir().unwrap();
    let said = run(hob().current_dir(dir.path()).args(["config", "check"]), "");
    // Whoever runs the tests may have a file in /etc.
    assert!(said.code == 0 || std::path::Path::new("/etc/hob/hob.toml").exists(), "{said:?}");
}

/// The example with every setting switched on.
fn uncommented(example: &str) -> String {
    let is_setting = |text: &str| {
        let key = text.split(" = ").next().unwrap_or_default();
        let is_key = text.contains(" = ") && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        is_key || (text.starts_with('[') && text.trim_end().ends_with(']'))
    };
    let lines = example.lines().map(|line| match line.strip_prefix("# ") {
        Some(text) if is_setting(text) => text,
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_example_is_right_as_it_is_and_with_every_setting_switched_on() {
    let place = Place::new("");
    let example = bare(&["config", "example"]).out;
    for text in [example.clone(), uncommented(&example)] {
        std::fs::write(place.config(), &text).unwrap();
        let said = place.run(&["config", "check"]);
        assert_eq!(said.code, 0, "{}\n{text}", said.err);
    }
    let on = uncommented(&example);
    for section in ["[[service]]", "[[tile]]", "[hosts]", "[services]", "[account]"] {
        assert!(on.lines().any(|line| line == section), "{section}: {on}");
    }
    for key in ["listen", "data", "database", "expect_status", "trusted_proxies", "ignore_ports", "resource"]
    {
        assert!(on.lines().any(|line| line.starts_with(&format!("{key} = "))), "{key}: {on}");
    }
}
