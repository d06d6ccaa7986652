//! `hob`: one binary that keeps a homelab running.

use clap::Parser;
use std::process::ExitCode;

// glibc's allocator keeps an arena for each thread and lets a small server grow without need.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    hob::cli::run(hob::cli::Cli::parse())
}
