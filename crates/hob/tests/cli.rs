//! The command line, with the real program: what it prints, its exit codes, and that it bears being killed.

mod cli {
    mod account;
    mod config;
    mod house;
    mod serving;
    mod support;
}
