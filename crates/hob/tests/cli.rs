//! The command line, with the real program: what it prints, its exit codes, and that it bears being killed.
#![expect(clippy::unwrap_used, reason = "a helper of tests that cannot go on ends the test there")]

mod cli {
    mod account;
    mod config;
    mod house;
    mod serving;
    mod support;
}
