//! The home page with many tiles: by key, by star, narrowed down, arranged; and the wall.

use super::{blank, is_clean, open_as};
use crate::support::{PATIENCE, house, id, observe, said};
use hob_base::{Health, Observation};
use hob_feature::Ctx;
use hob_testkit::browser::{Page, Screen};
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use std::path::PathBuf;
use std::time::Duration;

/// What a homelab runs: name, namespace, category, tags.
const APPS: [(&str, &str, &str, &str); 20] = [
    ("Jellyfin", "media", "Media", "family,video"),
    ("Navidrome", "media", "Media", "family,music"),
    ("Audiobookshelf", "media", "Media", "family"),
    ("Sonarr", "downloads", "Media", "video"),
    ("Radarr", "downloads", "Media", "video"),
    ("Prowlarr", "downloads", "Media", ""),
    ("qBittorrent", "downloads", "Media", ""),
    ("Home Assistant", "home-automation", "Home automation", "family"),
    ("Zigbee2MQTT", "home-automation", "Home automation", ""),
    ("Node-RED", "home-automation", "Home automation", ""),
    ("Grafana", "observability", "Monitoring", "graphs"),
    ("Prometheus", "observability", "Monitoring", "graphs"),
    ("Alertmanager", "observability", "Monitoring", ""),
    ("Paperless-ngx", "paperless", "Documents", "family"),
    ("Nextcloud", "nextcloud", "Documents", "family"),
    ("Immich", "immich", "Photos", "family"),
    ("Vaultwarden", "vaultwarden", "Security", ""),
    ("Gitea", "gitea", "Development", ""),
    ("Miniflux", "miniflux", "News", ""),
    ("Traefik Dashboard", "traefik", "Network", ""),
];

fn tile(number: usize) -> Observation {
    let (name, namespace, category, tags) = APPS[number % APPS.len()];
    let round = number / APPS.len();
    let suffix = if round == 0 { String::new() } else { format!("-{round}") };
    let host = format!("{}{suffix}.home.example.org", name.to_lowercase().replace(' ', "-"));
    let named = if round == 0 { name.to_owned() } else { format!("{name} {round}") };
    Observation::new("story", id(&format!("service/home/{host}")), Duration::from_secs(86_400))
        .named(named)
        .fact("url", format!("https://{host}/"))
        .fact("host", host)
        .fact("namespace", namespace)
        .fact("cluster", "home")
        .fact("category", category)
        .fact("tags", tags)
        .fact("exposure", if number.is_multiple_of(3) { "external" } else { "internal" })
        .judged(Health::ok("Answers with 200 OK."))
}

async fn furnish(ctx: &Ctx, tiles: usize) {
    for number in 0..tiles {
        ctx.resources.observe(tile(number)).await;
    }
    ctx.resources.settle().await;
}

async fn furnished(tiles: usize) -> (TestHub, Client) {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    furnish(hub.ctx(), tiles).await;
    (hub, anna)
}

const SHOWN: &str =
    "[...document.querySelectorAll('.tile')].filter(t => !t.hidden && t.checkVisibility()).length";

async fn shown(page: &Page, count: usize) {
    page.wait_until(&format!("{SHOWN} === {count}"), PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_slash_and_some_letters_find_a_tile_and_enter_opens_it() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished(20).await;
    open_as(&page, &hub, &anna, "/").await;
    shown(&page, 20).await;
    page.press("/").await.unwrap();
    page.wait_until("document.activeElement.id === 'filter'", PATIENCE).await.unwrap();
    for letter in ["g", "r", "a", "f"] {
        page.press(letter).await.unwrap();
    }
    shown(&page, 1).await;
    page.wait_for_text("#found", "1 tile", PATIENCE).await.unwrap();
    // Where it would lead, without leaving the machine.
    let opened = "(() => { window.opened = ''; document.addEventListener('click', e => { const a = e.target.closest('a'); if (a) { window.opened = a.href; e.preventDefault(); } }); return 1 })()";
    page.eval(opened).await.unwrap();
    page.press("Enter").await.unwrap();
    page.wait_until("window.opened === 'https://grafana.home.example.org/'", PATIENCE).await.unwrap();
    page.press("Escape").await.unwrap();
    shown(&page, 20).await;
    is_clean(&page, &hub, "the filter").await;
}

#[tokio::test]
async fn arrows_walk_from_tile_to_tile_and_back_to_the_filter() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished(20).await;
    open_as(&page, &hub, &anna, "/").await;
    page.press("/").await.unwrap();
    page.press("ArrowDown").await.unwrap();
    let at = "document.activeElement.closest('.tile')?.querySelector('a').textContent ?? document.activeElement.id";
    assert_eq!(page.eval(at).await.unwrap(), "Nextcloud", "the first tile of the first group");
    page.press("ArrowRight").await.unwrap();
    assert_eq!(page.eval(at).await.unwrap(), "Paperless-ngx");
    page.press("ArrowDown").await.unwrap();
    assert_eq!(page.eval(at).await.unwrap(), "qBittorrent", "the one below it");
    page.press("ArrowUp").await.unwrap();
    page.press("ArrowUp").await.unwrap();
    assert_eq!(page.eval(at).await.unwrap(), "filter");
    is_clean(&page, &hub, "arrows").await;
}

#[tokio::test]
async fn a_tag_narrows_down_and_again_shows_all() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished(20).await;
    open_as(&page, &hub, &anna, "/").await;
    page.click("a[data-tag=family]").await.unwrap();
    shown(&page, 7).await;
    page.click("a[data-tag=video]").await.unwrap();
    shown(&page, 1).await;
    page.click("a[data-tag=family]").await.unwrap();
    shown(&page, 3).await;
    page.click("a[data-tag=video]").await.unwrap();
    shown(&page, 20).await;
    is_clean(&page, &hub, "tags").await;
}

#[tokio::test]
async fn a_star_puts_a_tile_first_and_only_on_the_own_page() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished(20).await;
    open_as(&page, &hub, &anna, "/").await;
    let star = "[id='service/home/grafana.home.example.org'] .star";
    page.click(star).await.unwrap();
    page.wait_for(&format!(".favourites {star}"), PATIENCE).await.unwrap();
    page.click(star).await.unwrap();
    page.wait_until("!document.querySelector('.favourites')", PATIENCE).await.unwrap();
    page.click(star).await.unwrap();
    page.wait_for(&format!(".favourites {star}"), PATIENCE).await.unwrap();
    let mut other = crate::support::token(&hub, &anna, "read").await;
    assert!(!other.get("/").await.text().contains("Favourites"));
    is_clean(&page, &hub, "a star").await;
}

#[tokio::test]
async fn what_is_folded_stays_folded() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished(20).await;
    open_as(&page, &hub, &anna, "/").await;
    page.wait_for(".group[open][data-group=Media] > summary", PATIENCE).await.unwrap();
    page.click(".group[data-group=Media] > summary").await.unwrap();
    shown(&page, 17).await;
    page.wait_for(".group:not([open])[data-group=Media]", PATIENCE).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    page.reload().await.unwrap();
    page.wait_for(".group:not([open])[data-group=Media]", PATIENCE).await.unwrap();
    // What is searched is shown, wherever it is.
    page.press("/").await.unwrap();
    page.fill("#filter", "jellyfin").await.unwrap();
    shown(&page, 1).await;
    // Trouble is seen although it is folded.
    page.fill("#filter", "").await.unwrap();
    let broken =
        said("service/home/jellyfin.home.example.org", Health::critical("It answers 502 Bad Gateway."));
    observe(hub.ctx(), broken).await;
    page.wait_for(".group[data-group=Media] .worst .critical", PATIENCE).await.unwrap();
    is_clean(&page, &hub, "folding").await;
}

#[tokio::test]
async fn a_wall_follows_what_happens_and_goes_dark_when_its_link_is_taken_away() {
    let Some(page) = blank().await else { return };
    let (hub, mut anna) = furnished(20).await;
    let made = anna.post_form("/home/walls", &[("name", "Kitchen"), ("dark", "always")]).await.text();
    let link = made.split("value=\"http://").nth(1).unwrap().split('"').next().unwrap();
    page.open(&format!("http://{link}")).await.unwrap();
    page.wait_for_text(".wall-head", "All well", PATIENCE).await.unwrap();
    assert_eq!(page.count(".wall a, .wall button, nav").await.unwrap(), 0, "nothing to press");
    assert_eq!(page.eval("document.documentElement.dataset.theme").await.unwrap(), "dark");
    let broken =
        said("service/home/jellyfin.home.example.org", Health::critical("It answers 502 Bad Gateway."));
    observe(hub.ctx(), broken).await;
    page.wait_for_text(".problems", "It answers 502 Bad Gateway.", PATIENCE).await.unwrap();
    is_clean(&page, &hub, "the wall").await;
    let id = anna.get("/home/walls").await.text();
    let id = id.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    anna.post_form("/home/walls/delete", &[("id", &id)]).await;
    observe(hub.ctx(), tile(25)).await;
    page.wait_for_text("#main", "no longer opens", PATIENCE).await.unwrap();
}

/// Pictures of the page with 20 and with 500 tiles, for who works on it: `HOB_HOME_PICTURES=/tmp/pictures`.
#[tokio::test]
async fn pictures_are_drawn_where_that_is_asked_for() {
    let Ok(folder) = std::env::var("HOB_HOME_PICTURES") else {
        eprintln!("skipped: HOB_HOME_PICTURES names no folder");
        return;
    };
    let folder = PathBuf::from(folder);
    let Some(page) = blank().await else { return };
    for tiles in [20, 500] {
        let (hub, mut anna) = furnished(tiles).await;
        for name in ["jellyfin", "grafana", "immich"] {
            anna.post_form("/home/star", &[("tile", &format!("service/home/{name}.home.example.org"))]).await;
        }
        for (name, url, group) in [
            ("Router", "https://192.168.1.1/", "Network"),
            ("Switch", "https://192.168.1.2/", "Network"),
            ("Recipes", "https://example.org/", ""),
        ] {
            anna.post_form(
                "/home/links",
                &[("kind", "bookmark"), ("name", name), ("url", url), ("group", group)],
            )
            .await;
        }
        anna.post_form(
            "/home/links",
            &[("kind", "engine"), ("name", "DuckDuckGo"), ("url", "https://duckduckgo.com/?q=")],
        )
        .await;
        let broken = said(
            "service/home/nextcloud.home.example.org",
            Health::critical("Nothing listens: the connection was refused."),
        );
        observe(hub.ctx(), broken.named("Nextcloud")).await;
        open_as(&page, &hub, &anna, "/").await;
        for (screen, size) in [
            (Screen { width: 1280, height: 1000, scale: 1.0, mobile: false }, "wide"),
            (Screen::PHONE, "phone"),
        ] {
            page.screen(screen).await.unwrap();
            for (dark, light) in [(false, "light"), (true, "dark")] {
                page.dark(dark).await.unwrap();
                for (path, name) in [
                    ("/", "home"),
                    ("/wall", "wall"),
                    ("/home/edit", "edit"),
                    ("/home/links", "links"),
                    ("/home/walls", "walls"),
                    ("/home/import", "import"),
                ] {
                    if name != "home" && (dark || tiles == 500) && name != "wall" {
                        continue;
                    }
                    page.open(&hub.url(path)).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(400)).await;
                    page.screenshot_viewport(&folder.join(format!("{name}-{tiles}-{size}-{light}.png")))
                        .await
                        .unwrap();
                }
            }
        }
    }
}
