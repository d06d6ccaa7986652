//! Configuration files of other dashboards.

#![no_main]

use dashboard_import::{ENTRIES_MAX, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(dashboard) = read(&String::from_utf8_lossy(input)) else { return };
    let links = dashboard.tiles.iter().chain(&dashboard.bookmarks);
    for link in links {
        assert!(link.url.starts_with("http://") || link.url.starts_with("https://"), "{}", link.url);
        assert!(!link.url.contains(char::is_whitespace) && !link.name.is_empty());
        assert!(link.name.chars().count() <= 60 && !link.name.contains(char::is_control), "{}", link.name);
    }
    assert!(dashboard.engines.iter().all(|(_, url)| url.contains("{query}")));
    assert!(dashboard.tiles.len() + dashboard.bookmarks.len() <= ENTRIES_MAX);
});
