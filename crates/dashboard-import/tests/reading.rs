//! Files as their programs' documentation shows them, and what comes of each.

use dashboard_import::{Dashboard, Program, Tile, read};
use proptest::prelude::*;

fn names(tiles: &[Tile]) -> Vec<&str> {
    tiles.iter().map(|tile| tile.name.as_str()).collect()
}

fn why<'a>(dashboard: &'a Dashboard, name: &str) -> &'a str {
    dashboard.left_out.iter().find(|left| left.name == name).map_or("", |left| left.why.as_str())
}

/// Not one letter of a secret is in anything that comes out.
fn keeps_no_secret(dashboard: &Dashboard) {
    let all = format!("{dashboard:?}");
    for secret in ["0123456789abcdef", "4D1E58C9", "abc123", "zzz", "HOMEPAGE_VAR_PW"] {
        assert!(!all.contains(secret), "{secret} is in {all}");
    }
}

#[test]
fn dashy_gives_tiles_bookmarks_engines_and_widgets() {
    let dashboard = read(include_str!("files/dashy.yml")).unwrap();
    assert_eq!(dashboard.program, Program::Dashy);
    assert_eq!(dashboard.groups, ["Media"]);
    assert_eq!(names(&dashboard.tiles), ["Jellyfin", "Router", "One", "Two"]);
    let jellyfin = &dashboard.tiles[0];
    assert_eq!(
        (jellyfin.url.as_str(), jellyfin.icon.as_deref(), jellyfin.tags.join(" "), jellyfin.checked),
        ("https://jellyfin.example.org", Some("hl-jellyfin"), "family video".to_owned(), true)
    );
    assert!(!dashboard.tiles[1].checked, "what an item says wins");
    assert_eq!(names(&dashboard.bookmarks), ["Source"]);
    let engines: Vec<&str> = dashboard.engines.iter().map(|(_, url)| url.as_str()).collect();
    assert!(engines.contains(&"https://searx.example.org/search?q={query}"), "{engines:?}");
    assert!(engines.contains(&"https://duckduckgo.com/?q={query}") && engines.len() == 3, "{engines:?}");
    let kinds: Vec<&str> = dashboard.widgets.iter().map(|widget| widget.kind).collect();
    assert_eq!(kinds, ["weather", "feed", "clock"]);
    assert!(dashboard.widgets[0].options.contains(&("latitude", "52.5".to_owned())));
    assert!(why(&dashboard, "Bad").contains("http://"), "{:?}", dashboard.left_out);
    assert!(why(&dashboard, "Keyed").contains("key or password"));
    assert!(why(&dashboard, "Work").contains("file of its own"));
    assert!(why(&dashboard, "crypto-price-chart").contains("no such widget"));
    assert!(!why(&dashboard, "auth").is_empty());
    assert_eq!(dashboard.secrets, 3, "two keys of widgets and the hash of a password");
    keeps_no_secret(&dashboard);
}

#[test]
fn homepage_gives_services_with_groups_in_groups() {
    let dashboard = read(include_str!("files/services.yaml")).unwrap();
    assert_eq!(dashboard.program, Program::Homepage);
    assert_eq!(names(&dashboard.tiles), ["Sonarr", "Radarr", "Dates"]);
    assert_eq!(dashboard.tiles[1].group.as_deref(), Some("Films"));
    assert!(dashboard.tiles[0].checked && dashboard.tiles[1].checked && !dashboard.tiles[2].checked);
    assert_eq!(dashboard.widgets[0].kind, "calendar");
    assert_eq!(dashboard.widgets[0].name.as_deref(), Some("Family"));
    assert!(why(&dashboard, "Sonarr").contains("“sonarr”"));
    assert!(why(&dashboard, "Templated").contains("HOMEPAGE_VAR_DOMAIN"));
    assert_eq!(dashboard.secrets, 2);
    keeps_no_secret(&dashboard);
}

#[test]
fn homepage_gives_bookmarks_and_information_widgets() {
    let bookmarks = read(include_str!("files/bookmarks.yaml")).unwrap();
    assert_eq!(names(&bookmarks.bookmarks), ["Github", "Reddit"]);
    assert_eq!(bookmarks.bookmarks[0].icon.as_deref(), Some("GH"));
    assert_eq!(bookmarks.groups, ["Developer", "Social", "Nowhere"]);
    assert!(bookmarks.tiles.is_empty());
    let widgets = read(include_str!("files/widgets.yaml")).unwrap();
    let kinds: Vec<&str> = widgets.widgets.iter().map(|widget| widget.kind).collect();
    assert_eq!(kinds, ["clock", "weather", "weather"]);
    assert_eq!(widgets.engines.len(), 3);
    assert!(why(&widgets, "nobody").contains("not known"));
    assert!(why(&widgets, "resources").contains("by itself"));
    keeps_no_secret(&widgets);
    let settings = read(
        "title: Mine\nlayout:\n  - Media: {}\n  - Home: {}\nproviders:\n  weatherapi: 0123456789abcdef\n",
    )
    .unwrap();
    assert_eq!(settings.groups, ["Media", "Home"]);
    keeps_no_secret(&settings);
}

#[test]
fn homer_gives_items_with_their_words() {
    let dashboard = read(include_str!("files/homer.yml")).unwrap();
    assert_eq!(dashboard.program, Program::Homer);
    assert_eq!(names(&dashboard.tiles), ["Pi-hole", "Wiki"]);
    assert_eq!(dashboard.tiles[0].tags, ["adblock", "dns", "network"]);
    assert_eq!(dashboard.tiles[0].description.as_deref(), Some("Adverts"));
    assert!(dashboard.tiles[0].checked && !dashboard.tiles[1].checked);
    assert_eq!(names(&dashboard.bookmarks), ["Contribute"]);
    assert!(why(&dashboard, "Nothing").contains("no address"));
    assert!(why(&dashboard, "Second page").contains("file of its own"));
    keeps_no_secret(&dashboard);
}

#[test]
fn what_is_none_of_these_says_what_would_be() {
    for text in ["", "   ", "just text", "a: 1", "version: 3\nfoo: {bar: 1}", "42"] {
        assert!(read(text).is_err(), "{text}");
    }
    assert!(read("a: 1").unwrap_err().contains("services.yaml"));
    assert!(read("a: [").unwrap_err().contains("line"));
    assert!(read(&"x".repeat(5 << 20)).unwrap_err().contains("4 MiB"));
}

#[test]
fn a_file_of_thousands_is_cut_and_says_so() {
    let items: String =
        (0..3000).map(|n| format!("      - {{title: t{n}, url: \"http://h{n}/\"}}\n")).collect();
    let dashboard = read(&format!("sections:\n  - name: x\n    items:\n{items}")).unwrap();
    assert_eq!(dashboard.tiles.len(), 2000);
    assert!(dashboard.left_out[0].why.contains("2000"), "{:?}", dashboard.left_out);
    assert_eq!(dashboard.left_out.len(), 1);
}

fn sound(dashboard: &Dashboard) -> Result<(), TestCaseError> {
    for tile in dashboard.tiles.iter().chain(&dashboard.bookmarks) {
        prop_assert!(tile.url.starts_with("http://") || tile.url.starts_with("https://"), "{}", tile.url);
        prop_assert!(!tile.name.is_empty() && tile.name.chars().count() <= 60, "{}", tile.name);
        prop_assert!(!tile.name.contains(char::is_control));
    }
    for (_, url) in &dashboard.engines {
        let has_place = url.contains("{query}");
        prop_assert!(has_place, "{}", url);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[-\\[\\]{}:,*&\"#~ \\na-z0-9./]{0,300}") {
        if let Ok(dashboard) = read(&text) {
            sound(&dashboard)?;
        }
    }

    #[test]
    fn whatever_stands_in_the_fields_is_bounded(
        name in ".{0,200}", url in "(https?://)?.{0,80}", icon in ".{0,300}", kind in 0_usize..4,
    ) {
        let q = |text: &str| serde_json::to_string(text).unwrap();
        let (name, url, icon) = (q(&name), q(&url), q(&icon));
        let text = match kind {
            0 => format!("{{\"sections\": [{{\"name\": {name}, \"items\": [{{\"title\": {name}, \"url\": {url}, \"icon\": {icon}, \"tags\": {name}}}]}}]}}"),
            1 => format!("[{{{name}: [{{{name}: {{\"href\": {url}, \"icon\": {icon}}}}}]}}]"),
            2 => format!("[{{{name}: [{{{name}: [{{\"href\": {url}, \"abbr\": {icon}}}]}}]}}]"),
            _ => format!("{{\"services\": [{{\"name\": {name}, \"items\": [{{\"name\": {name}, \"url\": {url}, \"tag\": {icon}}}]}}]}}"),
        };
        if let Ok(dashboard) = read(&text) {
            sound(&dashboard)?;
        }
    }
}

#[test]
fn the_address_of_a_feed_with_a_key_in_it_is_left_out() {
    for address in ["https://a.example/f?token=zzz", "https://me:zzz@a.example/f", "javascript:zzz"] {
        let text = format!(
            "pageInfo: {{title: x}}\nsections:\n- name: a\n  widgets:\n  - {{type: rss-feed, options: {{rssUrl: \"{address}\"}}}}\n"
        );
        let dashboard = read(&text).unwrap();
        assert_eq!(dashboard.widgets, [], "{address}");
        assert_eq!(dashboard.left_out.len(), 1, "{address}: {dashboard:?}");
        keeps_no_secret(&dashboard);
    }
}
