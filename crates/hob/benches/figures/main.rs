//! The figures that Hob promises, measured on this machine.
//!
//! ```sh
//! cargo bench -p hob --bench figures                      # all of them, in about nine minutes
//! cargo bench -p hob --bench figures -- start home        # some
//! cargo bench -p hob --bench figures -- --json            # for programs
//! cargo bench -p hob --bench figures -- idle --seconds 600
//! ```
//!
//! Everything runs on loopback and in temporary directories; every process that is started is ended by its id. The hub
//! is always a process of its own, so that what the measuring costs is not counted: either the `hob` binary, or this
//! program as `--hub`, which is the same hub with one more feature that makes services change. A figure beyond its limit
//! is shown as it is and is no failure; only what could not be measured at all is one.
#![expect(clippy::print_stdout, reason = "it talks to a person at a console")]

mod checks;
mod cluster;
mod home;
mod house;
mod http;
mod hub;
mod live;
mod outage;
mod peer;
mod push;
mod report;
mod server;
mod start;

use report::Figure;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

// As in the binary, since the hub with changes runs in this program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What came of a measurement.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// One measurement, which may give several figures.
struct Measurement {
    name: &'static str,
    what: &'static str,
    run: fn(&Options) -> Outcome<Vec<Figure>>,
}

const MEASUREMENTS: &[Measurement] = &[
    Measurement { name: "size", what: "the binary", run: |_| size() },
    Measurement { name: "start-empty", what: "start on an empty data directory", run: |_| start::empty() },
    Measurement { name: "start-year", what: "start with a year of history", run: |_| start::year() },
    Measurement { name: "home", what: "the home page with 500 services", run: |_| home::measure() },
    Measurement { name: "live", what: "100 browsers that follow changes", run: |_| live::measure() },
    Measurement { name: "idle", what: "100 checked services, nobody looks", run: checks::idle },
    Measurement { name: "outage", what: "1,000 of 10,000 things break", run: |_| outage::measure() },
    Measurement {
        name: "push",
        what: "1,000 messages a second to 100 subscribers; 5,000 idle ones",
        run: |options| Ok([push::busy(options.span)?, push::idle()?].into_iter().flatten().collect()),
    },
    Measurement {
        name: "cluster",
        what: "a cluster with 500 routes, 2,000 pods, 100 nodes",
        run: |_| cluster::measure(),
    },
    Measurement { name: "checks", what: "2,000 checked services on one core", run: checks::busy },
];

/// What was asked for on the command line.
#[derive(Default)]
struct Options {
    names: Vec<String>,
    json: bool,
    /// How long the measurements of a hub that nobody looks at take.
    span: Duration,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "--hub") {
        return hub::run(arguments.get(1..).unwrap_or_default());
    }
    match parse(arguments) {
        Ok(options) => measure(&options),
        Err(wrong) => {
            eprintln!("{wrong}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: Vec<String>) -> Result<Options, String> {
    let mut options = Options { span: Duration::from_secs(60), ..Options::default() };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // Cargo says so to every benchmark.
            "--bench" => {}
            "--json" => options.json = true,
            "--seconds" => {
                let seconds = arguments.next().and_then(|text| text.parse().ok()).filter(|n| *n >= 10);
                options.span = Duration::from_secs(seconds.ok_or("--seconds takes a number from 10")?);
            }
            name if MEASUREMENTS.iter().any(|one| one.name.starts_with(name)) => {
                options.names.push(argument);
            }
            _ => {
                let names: Vec<_> = MEASUREMENTS.iter().map(|one| one.name).collect();
                return Err(format!(
                    "`{argument}` is not known here; there is --json, --seconds N and {}",
                    names.join(", ")
                ));
            }
        }
    }
    Ok(options)
}

fn measure(options: &Options) -> ExitCode {
    let wanted = |one: &&Measurement| {
        options.names.is_empty() || options.names.iter().any(|name| one.name.starts_with(name.as_str()))
    };
    let mut all = Vec::new();
    let mut complete = true;
    if !options.json {
        println!("{}", report::heading());
    }
    for one in MEASUREMENTS.iter().filter(wanted) {
        eprintln!("measuring {}: {} …", one.name, one.what);
        match (one.run)(options) {
            Ok(figures) => {
                if !options.json {
                    figures.iter().for_each(|figure| println!("{}", figure.line()));
                }
                all.extend(figures);
            }
            Err(error) => {
                complete = false;
                eprintln!("{} could not be measured: {error}", one.name);
            }
        }
    }
    if options.json {
        println!("{:#}", report::json(&all));
    }
    if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn size() -> Outcome<Vec<Figure>> {
    let bytes = std::fs::metadata(server::BINARY)?.len();
    Ok(vec![Figure::new("size of the binary", "MB", [bytes as f64 / 1e6]).limit(40.0)])
}
