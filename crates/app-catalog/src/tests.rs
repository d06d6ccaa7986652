use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

mod hints;

fn id(image: &str) -> &'static str {
    app(image).map_or("-", |app| app.id)
}

#[test]
fn the_catalogue_holds_together() {
    let mut ids = BTreeSet::new();
    let mut images = BTreeSet::new();
    for app in all() {
        assert!(ids.insert(app.id), "{} is there twice", app.id);
        assert!(
            app.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{}",
            app.id
        );
        assert!(!app.name.is_empty() && line(app.name, 40).as_deref() == Some(app.name), "{}", app.id);
        let short =
            app.symbol.chars().count() <= 2 || (!app.symbol.is_ascii() && app.symbol.chars().count() <= 8);
        assert!(!app.symbol.is_empty() && short, "{}", app.id);
        assert!(app.path.starts_with('/'), "{}", app.id);
        assert!(app.role == Role::Page || app.ports.is_empty(), "{}", app.id);
        assert_eq!(by_id(app.id), Some(app));
        assert_eq!(id(app.id), app.id);
        for image in app.images_for_tests() {
            assert!(images.insert(*image), "{image} is there twice");
            assert!(image.matches('/').count() <= 1, "{image}: only the last two parts are looked at");
            let parsed = ImageName::parse(&format!("ghcr.io/x/{image}")).unwrap();
            assert!(parsed.repository.ends_with(image), "{image}");
        }
    }
    for image in &images {
        let owner = all().find(|app| app.images_for_tests().contains(image)).map(|app| app.id);
        let image = if image.contains('/') { (*image).to_owned() } else { format!("someone/{image}") };
        assert_eq!(Some(id(&image)), owner, "{image}");
    }
    assert!(ids.len() >= 250, "{}", ids.len());
}

#[test]
fn one_application_whoever_builds_its_image() {
    for image in [
        "jellyfin/jellyfin",
        "linuxserver/jellyfin:10.10",
        "lscr.io/linuxserver/jellyfin:latest",
        "ghcr.io/hotio/jellyfin",
        "ghcr.io/jellyfin/jellyfin:10.11.0@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "docker.io/bitnami/jellyfin",
        "registry.lan:5000/mirror/jellyfin/jellyfin:1",
    ] {
        assert_eq!(id(image), "jellyfin", "{image}");
    }
    for (image, wanted) in [
        ("ghcr.io/home-assistant/home-assistant:2026.1", "home-assistant"),
        ("homeassistant/home-assistant", "home-assistant"),
        ("ghcr.io/onedr0p/sonarr-develop:4.0", "sonarr"),
        ("ghcr.io/home-operations/radarr", "radarr"),
        ("vaultwarden/server:1.32", "vaultwarden"),
        ("ghcr.io/goauthentik/server", "authentik"),
        ("ghcr.io/goauthentik/ldap", "authentik-outpost"),
        ("plexinc/pms-docker", "plex"),
        ("ghcr.io/immich-app/immich-server:release", "immich"),
        ("ghcr.io/immich-app/immich-machine-learning", "immich-machine-learning"),
        ("tensorchord/pgvecto-rs:pg14-v0.2.0", "postgres"),
        ("docker.io/bitnami/postgresql:16", "postgres"),
        ("redis:7-alpine", "redis"),
        ("registry:2", "registry"),
        ("nginx", "nginx"),
        ("traefik:v3.1", "traefik"),
        ("traefik/whoami", "whoami"),
        ("cloudflare/cloudflared:2026.1", "cloudflared"),
        ("pihole/pihole", "pihole"),
        ("adguard/adguardhome", "adguardhome"),
        ("actualbudget/actual-server", "actual"),
        ("docker.n8n.io/n8nio/n8n", "n8n"),
        ("jc21/nginx-proxy-manager", "nginx-proxy-manager"),
        ("registry.k8s.io/ingress-nginx/controller:v1.11", "ingress-nginx"),
        ("quay.io/argoproj/argocd:v2.13", "argocd"),
        ("ghcr.io/fluxcd/source-controller:v1", "flux"),
        ("lscr.io/linuxserver/docker-swag", "swag"),
        ("gitea/act_runner", "act-runner"),
        ("grafana/grafana-oss", "grafana"),
        ("linuxserver/docker-sonarr", "sonarr"),
        ("hedgedoc/server", "hedgedoc"),
        ("ghcr.io/someone/unheard-of", "-"),
        ("ghcr.io/someone/server", "-"),
        ("redis-exporter", "-"),
        ("", "-"),
    ] {
        assert_eq!(id(image), wanted, "{image}");
    }
}

#[test]
fn unknown_images_are_called_by_their_last_part_and_told_apart() {
    let of = |image: &str| look(image).map(|look| (look.name, look.symbol, look.role));
    let said = |name: &str, symbol: &str, role| Some((name.to_owned(), symbol.to_owned(), role));
    assert_eq!(of("ghcr.io/me/meeting-tools:1"), said("Meeting Tools", "MT", Role::Page));
    assert_eq!(of("ghcr.io/me/weather/server"), said("Weather", "We", Role::Page));
    assert_eq!(of("me/pdf_api"), said("PDF API", "PA", Role::Page));
    assert_eq!(of("me/fritzbox-exporter"), said("Fritzbox Exporter", "FE", Role::Machine));
    assert_eq!(of("ghcr.io/x/some-operator:1"), said("Some Operator", "SO", Role::Machine));
    assert_eq!(of("me/myapp-db"), said("Myapp DB", "MD", Role::Machine));
    assert_eq!(of("me/mydb"), said("Mydb", "My", Role::Page));
    assert_eq!(of("linuxserver/sonarr"), said("Sonarr", "📺", Role::Page));
    assert_eq!(of("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), None);
}

#[test]
fn names_of_images_are_taken_apart() {
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let full = ImageName::parse(&format!("ghcr.io/home-assistant/home-assistant:2026.1@{digest}")).unwrap();
    assert_eq!(
        (full.registry.as_str(), full.repository.as_str()),
        ("ghcr.io", "home-assistant/home-assistant")
    );
    assert_eq!((full.tag.as_deref(), full.digest.as_deref()), (Some("2026.1"), Some(digest)));
    assert_eq!(full.short(), "ghcr.io/home-assistant/home-assistant:2026.1");
    for (text, short) in [
        ("nginx", "nginx"),
        ("docker.io/library/nginx:1", "nginx:1"),
        ("index.docker.io/grafana/grafana", "grafana/grafana"),
        ("nas:5000/team/app", "nas:5000/team/app"),
        ("localhost/app:v1", "localhost/app:v1"),
        ("Owner/App:V1", "owner/app:V1"),
        ("docker-pullable://redis@sha256:0123456789abcdef", "redis@0123456789ab"),
    ] {
        assert_eq!(ImageName::parse(text).unwrap().short(), short, "{text}");
    }
    for nothing in ["", "  ", "/", "@", ":", &"a".repeat(2000), &"a".repeat(64)] {
        assert_eq!(ImageName::parse(nothing), None, "{nothing}");
    }
}

#[test]
fn icons_of_dashboards_become_symbols_or_pictures() {
    let app = |id: &str| Some(Icon::App(by_id(id).unwrap()));
    let symbol = |text: &str| Some(Icon::Symbol(text.to_owned()));
    for (text, wanted) in [
        ("jellyfin.png", app("jellyfin")),
        ("jellyfin", app("jellyfin")),
        ("sh-jellyfin", app("jellyfin")),
        ("sh-jellyfin-light.svg", app("jellyfin")),
        ("si-homeassistant-#18BCF2", app("home-assistant")),
        ("si:plex", app("plex")),
        ("di:immich", app("immich")),
        ("hl-sonarr", app("sonarr")),
        ("simple-icons:grafana", app("grafana")),
        ("/icons/radarr.svg", app("radarr")),
        ("mdi-home-assistant", app("home-assistant")),
        ("mdi-movie", symbol("🎬")),
        ("mdi:chart-line-#f0d453", symbol("📈")),
        ("mdi-zodiac-crab", None),
        ("sh-unheard-of", symbol("UO")),
        ("favicon", None),
        ("📈", symbol("📈")),
        ("Gr", symbol("Gr")),
        ("home", symbol("home")),
        ("https://example.org/a.png", Some(Icon::Url("https://example.org/a.png".to_owned()))),
        ("javascript://x", None),
        ("", None),
        (".png", None),
    ] {
        assert_eq!(Icon::parse(text), wanted, "{text}");
    }
}

#[test]
fn addresses_are_what_a_browser_opens() {
    for good in ["https://a.example.org", "http://nas:8080/x?y=1#z", "http://[::1]:80/", "HTTPS://A/"] {
        assert!(address(good).is_some(), "{good}");
    }
    for bad in [
        "ftp://a",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "http://:80/",
        "https://u:p@a/",
        "https://u@a/",
        "https://a b/",
        "https://{{ host }}/",
        "https://a/\"",
        "//a/",
        "a.example.org",
        "http://a/\u{202e}x",
    ] {
        assert_eq!(address(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken(text: String) {
        if let Some(image) = ImageName::parse(&text) {
            prop_assert!(!image.repository.is_empty());
            let look = look(&text).unwrap();
            prop_assert!(!look.name.is_empty() && look.name.chars().count() <= 60);
            prop_assert!((1..=8).contains(&look.symbol.chars().count()));
            let _ = (image.short(), image.last().len());
        }
        if let Some(Icon::Symbol(symbol)) = Icon::parse(&text) {
            prop_assert!(symbol.chars().count() <= 10);
        }
        if let Some(line) = line(&text, 20) {
            prop_assert!(line.chars().count() <= 20 && !line.chars().any(char::is_control));
            prop_assert_eq!(line.trim(), line.as_str());
        }
        if let Some(url) = address(&text) {
            prop_assert!(url.starts_with("http"));
        }
    }

    #[test]
    fn names_like_those_of_images_are_taken(text in "[a-z.:/@A-Z0-9_-]{0,60}") {
        if let Some(image) = ImageName::parse(&text) {
            prop_assert!(ImageName::parse(&image.short()).is_some(), "{} of {}", image.short(), text);
            prop_assert!(look(&text).is_some());
        }
    }

    #[test]
    fn hints_do_not_depend_on_the_order(values in prop::collection::vec((0..12_usize, ".{0,80}"), 0..12)) {
        const KEYS: [&str; 12] = [
            "hob.dev/name", "hob.dev/url", "hob.dev/tags", "hob.dev/probe", "gethomepage.dev/name", "gethomepage.dev/icon",
            "gethomepage.dev/instance.a.name", "hajimari.io/appName", "hajimari.io/icon", "gethomepage.dev/widget.key",
            "gatus.home-operations.com/endpoint", "forecastle.stakater.com/expose",
        ];
        let map: std::collections::BTreeMap<&str, &str> =
            values.iter().filter_map(|(at, value)| Some((*KEYS.get(*at)?, value.as_str()))).collect();
        let there = Hints::from_annotations(map.iter().map(|(k, v)| (*k, *v)));
        let back = Hints::from_annotations(map.iter().rev().map(|(k, v)| (*k, *v)));
        prop_assert_eq!(&there, &back);
        prop_assert!(!there.from.iter().any(|key| key.contains("widget")));
    }
}
