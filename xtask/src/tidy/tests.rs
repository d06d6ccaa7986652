use super::*;
use crate::house::{Member, Use};

const MANIFEST: &str = concat!(
    "[package]\nname = \"NAME\"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n",
    "license.workspace = true\npublish.workspace = true\n\n[lints]\nworkspace = true\n\n[dependencies]\n",
);

/// A house in which everything is right.
fn house() -> House {
    let mut house = House::default();
    for name in ["hob", "hob-base", "hob-db", "hob-feature", "hob-web", "hob-testkit", "promql"] {
        add(&mut house, name, &[]);
    }
    add(&mut house, "feat-a", &["hob-base", "hob-web", "promql"]);
    add(&mut house, "feat-b", &["hob-feature"]);
    house
}

fn add(house: &mut House, name: &str, uses: &[&str]) {
    let folder = format!("crates/{name}");
    let mut manifest = MANIFEST.replace("NAME", name);
    for used in uses {
        manifest.push_str(used);
        manifest.push_str(".workspace = true\n");
    }
    house.add_file(format!("{folder}/Cargo.toml"), manifest);
    let lib = "//! Says what it is for.\n\npub const FEATURE: Feature = Feature::new(\"a\", \"A\");\n";
    house.add_file(format!("{folder}/src/lib.rs"), lib.to_owned());
    let uses = uses.iter().map(|used| Use { name: (*used).to_owned(), dev: false }).collect();
    house.members.push(Member { name: name.to_owned(), folder, uses });
}

/// The violations as `path:line rule`.
fn found(house: &House) -> Vec<String> {
    check(house).iter().map(|v| format!("{}:{} {}", v.path, v.line, v.rule.name)).collect()
}

fn found_with(path: &str, text: &str) -> Vec<String> {
    let mut house = house();
    house.add_file(path.to_owned(), text.to_owned());
    found(&house)
}

/// This house, not a made-up one.
#[test]
fn the_house_is_tidy() {
    let violations = tidy(&crate::house::root()).unwrap();
    let report: Vec<String> = violations.iter().map(ToString::to_string).collect();
    assert!(report.is_empty(), "rules not kept: {}\n\n{}\n", report.len(), report.join("\n"));
}

#[test]
fn a_house_in_order_has_no_violations() {
    assert_eq!(found(&house()), Vec::<String>::new());
}

#[test]
fn arrows_point_down() {
    let expect = [
        ("feat-c", "feat-a", false),
        ("feat-c", "hob", false),
        ("feat-c", "hob-testkit", false),
        ("hob-base", "hob-db", false),
        ("hob-feature", "hob-web", false),
        ("hob-web", "feat-a", false),
        ("hob-web", "promql", false),
        ("hob", "promql", false),
        ("hob", "hob-testkit", false),
        ("promql", "hob-base", false),
        ("traefik-rules", "feat-a", true),
        ("feat-c", "feat-a", true),
        ("hob-testkit", "feat-a", false),
        ("hob-helper", "hob-base", false),
    ];
    for (user, used, dev) in expect {
        let mut house = house();
        house.members.retain(|member| member.name != user);
        house.files.retain(|file| !file.path.starts_with(&format!("crates/{user}/")));
        add(&mut house, user, &["serde", used]);
        house.members.last_mut().unwrap().uses.iter_mut().for_each(|one| one.dev = dev);
        let line = MANIFEST.lines().count() + 2;
        let expected = format!("crates/{user}/Cargo.toml:{line} arrows-point-down");
        assert!(found(&house).contains(&expected), "{user} → {used}: {:?}", found(&house));
    }
}

#[test]
fn tests_may_use_the_testkit_and_whole_house_tests_everything() {
    let mut house = house();
    add(&mut house, "hob-tests", &["hob", "feat-a", "hob-testkit", "promql"]);
    add(&mut house, "feat-c", &["hob-testkit"]);
    add(&mut house, "tsdb", &["hob-testkit"]);
    for member in house.members.iter_mut().rev().take(2) {
        member.uses[0].dev = true;
    }
    add(&mut house, "rules", &["promql"]);
    assert_eq!(found(&house), Vec::<String>::new());
}

#[test]
fn a_crate_lives_where_its_name_says() {
    let mut house = house();
    house.members[0].folder = "crates/hob-db".to_owned();
    assert_eq!(found(&house), ["crates/hob-db/Cargo.toml:2 folder-is-name"]);
}

#[test]
fn manifests_inherit_from_the_workspace() {
    let broken = |from: &str, to: &str| {
        let mut house = house();
        let file = house.files.iter_mut().find(|file| file.path == "crates/feat-b/Cargo.toml").unwrap();
        file.text = file.text.replace(from, to);
        assert!(file.text.contains(to));
        found(&house)
    };
    let manifest = |line: usize| vec![format!("crates/feat-b/Cargo.toml:{line} manifest")];
    assert_eq!(broken("version.workspace = true\nedition", "version = \"1.0.0\"\nedition"), manifest(3));
    assert_eq!(broken("[lints]\nworkspace = true", "[lints.clippy]"), manifest(1));
    assert_eq!(broken("[dependencies]\n", "[dependencies]\nserde = \"1\"\n"), manifest(13));
    assert_eq!(broken("[dependencies]\n", "[dependencies]\nserde = { version = \"1\" }\n"), manifest(13));
    assert_eq!(broken("[dependencies]\n", "[dependencies.serde]\nversion = \"1\"\n"), manifest(12));
    let inherited =
        "[dependencies]\ntokio = { workspace = true, features = [\n    \"process\",\n] }\n# why\n";
    assert_eq!(broken("[dependencies]\n", inherited), Vec::<String>::new());
}

#[test]
fn crates_say_what_they_are_for() {
    let with_lib = |text: &str| {
        let mut house = house();
        house.files.retain(|file| file.path != "crates/feat-b/src/lib.rs");
        house.add_file("crates/feat-b/src/lib.rs".to_owned(), text.to_owned());
        found(&house)
    };
    let expected = ["crates/feat-b/src/lib.rs:1 crate-doc"];
    assert_eq!(with_lib("pub const FEATURE: Feature = F;\n"), expected);
    assert_eq!(with_lib("//! Placeholder.\npub const FEATURE: Feature = F;\n"), expected);
    assert_eq!(with_lib("//! Backups.\nconst FEATURE: Feature = F;\n"), expected);
}

#[test]
fn sql_stands_in_stores() {
    let sql = "fn f() {\n    sqlx::query(\"SELECT 1\");\n}\n";
    assert_eq!(found_with("crates/feat-a/src/jobs.rs", sql), ["crates/feat-a/src/jobs.rs:2 sql-in-store"]);
    let query = "use sqlx::{query, Row};\n";
    assert_eq!(found_with("crates/feat-a/src/x.rs", query), ["crates/feat-a/src/x.rs:1 sql-in-store"]);
    for path in ["feat-a/src/store.rs", "feat-a/src/store/users.rs", "feat-a/src/tests.rs", "hob-db/src/x.rs"]
    {
        assert_eq!(found_with(&format!("crates/{path}"), sql), Vec::<String>::new());
    }
}

#[test]
fn routes_stand_in_routes() {
    let routes = "fn routes() -> Router {\n    Router::new()\n}\n";
    let expected = ["crates/feat-a/src/pages.rs:2 routes-in-routes"];
    assert_eq!(found_with("crates/feat-a/src/pages.rs", routes), expected);
    for path in ["feat-a/src/routes.rs", "feat-a/src/routes/api.rs", "hob-web/src/router.rs"] {
        assert_eq!(found_with(&format!("crates/{path}"), routes), Vec::<String>::new());
    }
}

#[test]
fn features_start_no_loose_tasks() {
    let spawn = "fn f() {\n    tokio::spawn(async {});\n}\n";
    assert_eq!(
        found_with("crates/feat-a/src/jobs.rs", spawn),
        ["crates/feat-a/src/jobs.rs:2 no-loose-tasks"]
    );
    assert_eq!(found_with("crates/feat-a/src/tests.rs", spawn), Vec::<String>::new());
    let blocking = "fn f() { tokio::task::spawn_blocking(|| 1); }\n";
    assert_eq!(found_with("crates/feat-a/src/jobs.rs", blocking), Vec::<String>::new());
}

#[test]
fn nothing_is_unfinished_or_ignored() {
    for (line, rule) in [
        ("fn f() { todo!() }", "nothing-unfinished"),
        ("fn f() { unimplemented!() }", "nothing-unfinished"),
        (concat!("// FIX", "ME: later"), "nothing-unfinished"),
        (concat!("/* XX", "X */"), "nothing-unfinished"),
        ("#[test]\n#[ignore = \"slow\"]\nfn f() {}", "no-ignored-tests"),
    ] {
        let path = "crates/promql/src/tests.rs";
        let found = found_with(path, line);
        assert!(found.len() == 1 && found[0].ends_with(rule), "{line}: {found:?}");
    }
    assert_eq!(found_with("crates/promql/src/a.rs", "const A: &str = \"XXX\";\n"), Vec::<String>::new());
}

#[test]
fn functions_fit_on_a_screen() {
    let body = |lines: usize| format!("\nfn long() {{\n{}}}\n", "    work();\n".repeat(lines));
    assert_eq!(found_with("crates/promql/src/a.rs", &body(69)), ["crates/promql/src/a.rs:2 function-length"]);
    assert_eq!(found_with("crates/promql/src/a.rs", &body(68)), Vec::<String>::new());
    assert_eq!(found_with("crates/promql/src/tests.rs", &body(90)), Vec::<String>::new());
}

#[test]
fn names_say_something() {
    assert_eq!(
        found_with("crates/hob-web/src/utils.rs", ""),
        ["crates/hob-web/src/utils.rs:1 names-say-something"]
    );
    assert_eq!(
        found_with("crates/hob-web/src/helpers/a.rs", ""),
        ["crates/hob-web/src/helpers/a.rs:1 names-say-something"]
    );
}

#[test]
fn migrations_are_numbered_without_gaps_and_included() {
    let with = |names: &[&str], source: &str| {
        let mut house = house();
        for name in names {
            house.add_file(format!("crates/feat-a/migrations/{name}"), String::new());
        }
        house.add_file("crates/feat-a/src/store.rs".to_owned(), source.to_owned());
        check(&house).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let all = "0001_a.sql 0002_b.sql 0002_b.postgres.sql 0003_c.sql";
    let right = ["0001_a.sql", "0002_b.sql", "0002_b.postgres.sql", "0003_c.sql"];
    assert_eq!(with(&right, all), Vec::<String>::new());
    for (names, expected) in [
        (vec!["0001_a.sql", "0003_c.sql"], "number 0002 is missing"),
        (vec!["0002_b.sql"], "number 0001 is missing"),
        (vec!["0001_a.sql", "0001_b.sql"], "has the number of 0001_a.sql"),
        (vec!["1_a.sql"], "is not called NNNN_name.sql"),
        (vec!["0001_a.sql", "0002_b.postgres.sql"], "0002_b.sql is missing beside it"),
        (vec!["README.md"], "is not called NNNN_name.sql"),
    ] {
        let report = with(&names, "0001_a.sql 0002_b.sql 0002_b.postgres.sql 0001_b.sql 0003_c.sql 1_a.sql");
        assert!(report.len() == 1 && report[0].contains(expected), "{names:?}: {report:?}");
    }
    assert!(with(&["0001_a.sql"], "")[0].contains("never runs"));
}

#[test]
fn the_lock_file_has_a_budget() {
    let lock = |packages: usize| found_with("Cargo.lock", &"[[package]]\n".repeat(packages));
    assert_eq!(lock(crates::LOCK_PACKAGES_MAX), Vec::<String>::new());
    assert_eq!(lock(crates::LOCK_PACKAGES_MAX + 1), ["Cargo.lock:1 dependency-budget"]);
}

#[test]
fn forbidden_hosts_are_found_in_any_file() {
    let mut house = house();
    house.add_file("docs/guide.md".to_owned(), "one\nsee http://mirror.example/x\n".to_owned());
    let mut found = Vec::new();
    files::forbidden_hosts(&house, &["mirror.example"], &mut found);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].path.as_str(), found[0].line), ("docs/guide.md", 2));
}

#[test]
fn a_violation_names_file_line_rule_and_reason() {
    let mut house = house();
    house.add_file("crates/feat-a/src/a.rs".to_owned(), "fn f() { tokio::spawn(x) }".to_owned());
    let text = check(&house)[0].to_string();
    assert!(text.starts_with("crates/feat-a/src/a.rs:1: no-loose-tasks: a task that nobody supervises"));
    assert!(text.contains("why: background work is"));
}
