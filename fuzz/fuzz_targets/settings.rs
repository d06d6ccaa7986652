//! `hob.toml`: everything that reads it.

#![no_main]

use hob_feature::{Config, Problems};
use libfuzzer_sys::fuzz_target;
use std::path::Path;
use std::time::Duration;

fuzz_target!(|text: &str| {
    let file = Path::new("hob.toml");
    let problems = match Config::parse(file, text) {
        Ok(config) => {
            read(&config);
            hob_web::hub::check_config(hob::FEATURES, &config, &["listen", "data", "database"])
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused without a reason");
            problems
        }
    };
    for problem in problems {
        assert!(problem.line <= text.lines().count() + 1, "{problem} is behind the end of the file");
    }
});

/// Every kind of reader, whatever the features ask for.
fn read(config: &Config) {
    let problems = Problems::default();
    let readers = [config.top(&problems), config.section("hosts", &problems)];
    for reader in readers.into_iter().chain(config.sections("service", &problems)) {
        reader.text("a");
        reader.required_text("b", "x");
        reader.parsed("c", |text| text.parse::<u8>().map_err(|error| error.to_string()));
        reader.integer("d", -9..=9);
        reader.number("e", 0.5..=9.5);
        reader.boolean("f");
        if let Some(duration) = reader.duration("g", Duration::from_secs(1)..=Duration::from_secs(60)) {
            assert!((1..=60).contains(&duration.as_secs()), "{duration:?} is out of range");
        }
        reader.texts("h");
        reader.integers("i", 0..=5);
        reader.secret("j");
        reader.table("k").finish();
        reader.tables("l");
        reader.finish();
    }
    problems.into_sorted();
}
