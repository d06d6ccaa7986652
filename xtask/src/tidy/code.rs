//! What may stand in the code, and where.

use super::{Rule, Violation};
use crate::house::{House, TextFile};
use crate::source::{Source, lines_with};

/// From its `fn` to its closing brace.
pub(super) const FUNCTION_LINES_MAX: usize = 70;

static SQL: Rule = Rule {
    name: "sql-in-store",
    why: "handlers translate, models decide, stores speak SQL: a query elsewhere escapes the tests that run every query \
          on both databases",
};
static ROUTES: Rule = Rule {
    name: "routes-in-routes",
    why: "who looks for a page's address finds it in routes.rs, in every feature",
};
static SPAWN: Rule = Rule {
    name: "no-loose-tasks",
    why: "background work is a pass or a listener of the job driver: it is supervised, limited and shown on /system/jobs",
};
static UNFINISHED: Rule = Rule {
    name: "nothing-unfinished",
    why: "what is not done is not in the code: an open end belongs to the list of open work, where somebody sees it",
};
static IGNORED: Rule = Rule {
    name: "no-ignored-tests",
    why: "a test that never runs tells nobody when it breaks: make it run, or let it say at run time why it cannot",
};
static LENGTH: Rule = Rule {
    name: "function-length",
    why: "a function that fits on a screen can be read as one thought; a longer one does two things: split it",
};

/// Where something is allowed: the file `<stem>.rs`, or anything in a folder of that name.
const STORE: &[&str] = &["store"];
const ROUTE_FILES: &[&str] = &["routes"];

pub(super) fn check(house: &House, found: &mut Vec<Violation>) {
    for (file, source) in house.rust_files() {
        if file.path.starts_with("crates/feat-") {
            feature(file, source, found);
        }
        finished(file, source, found);
        for function in source.functions() {
            if function.lines > FUNCTION_LINES_MAX {
                let what = format!(
                    "`{}` has {} lines; the limit is {FUNCTION_LINES_MAX}",
                    function.name, function.lines
                );
                found.push(Violation::new(&LENGTH, &file.path, function.line, what));
            }
        }
    }
}

fn feature(file: &TextFile, source: &Source, found: &mut Vec<Violation>) {
    let mut forbid = |rule: &'static Rule, needle: &str, places: &[&str], what: &str| {
        if !in_place(&file.path, places) {
            let lines = source.code_lines(needle);
            found.extend(lines.map(|line| Violation::new(rule, &file.path, line, what)));
        }
    };
    for needle in ["sqlx::query", "sqlx::raw_sql", "sqlx::QueryBuilder", "sqlx::{"] {
        forbid(&SQL, needle, STORE, "SQL outside of store.rs and store/");
    }
    for needle in ["Router::new(", "axum::routing", "routing::{get", "routing::get"] {
        forbid(&ROUTES, needle, ROUTE_FILES, "routes outside of routes.rs and routes/");
    }
    for needle in ["tokio::spawn", "task::spawn(", ".spawn_local("] {
        forbid(&SPAWN, needle, &[], "a task that nobody supervises");
    }
}

/// Whether `path` is `<stem>.rs` or inside a folder `<stem>`, for one of `stems`.
fn in_place(path: &str, stems: &[&str]) -> bool {
    path.split('/').any(|part| stems.contains(&part.strip_suffix(".rs").unwrap_or(part)))
}

/// The marks of unfinished work, in whatever file, tests included.
fn finished(file: &TextFile, source: &Source, found: &mut Vec<Violation>) {
    for needle in ["todo!", "unimplemented!"] {
        let lines = lines_with(&source.code, needle);
        found.extend(lines.map(|line| {
            Violation::new(&UNFINISHED, &file.path, line, format!("`{needle}` where the work should be"))
        }));
    }
    for needle in ["FIXME", "XXX", "TODO"] {
        let lines = lines_with(&source.comments, needle);
        found.extend(
            lines.map(|line| {
                Violation::new(&UNFINISHED, &file.path, line, format!("a comment says {needle}"))
            }),
        );
    }
    let ignored = lines_with(&source.code, "#[ignore");
    found.extend(ignored.map(|line| Violation::new(&IGNORED, &file.path, line, "an ignored test")));
}
