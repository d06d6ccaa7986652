//! What people open, without any label and with labels of several dashboards.

use super::*;
use hob_feature::CheckTarget;

#[test]
fn a_typical_compose_file_without_a_label_tells_what_discovery_found() {
    let compose = |service: &str| {
        labels(&[("com.docker.compose.project", "media"), ("com.docker.compose.service", service)])
    };
    let view = House::new()
        .with(
            "media-jellyfin-1",
            "lscr.io/linuxserver/jellyfin:latest",
            &both(&compose("jellyfin"), &published(&[(8096, 8096)])),
        )
        .with("media-own-1", "ghcr.io/me/meeting-tools:1", &both(&compose("own"), &published(&[(8000, 80)])))
        .with("media-db-1", "postgres:16", &both(&compose("db"), &published(&[(5432, 5432)])))
        .with("media-redis-1", "redis:7", &compose("redis"))
        .endpoint("service/nas/8096", 8096, None)
        .endpoint("service/nas/8000", 8000, None)
        .endpoint("port/nas/5432", 5432, None)
        .view();
    let jellyfin = said(&view, "service/nas/8096");
    assert_eq!(jellyfin.name.as_deref(), Some("Jellyfin"));
    assert!(jellyfin.health.is_none(), "its check tells how it is");
    let facts = ["symbol", "category", "project", "app", "url"].map(|key| text(jellyfin, key));
    assert_eq!(facts, ["🪼", "Media", "media", "jellyfin", ""]);
    assert_eq!(jellyfin.dependencies, ["workload/docker/media-jellyfin-1".parse().unwrap()]);
    assert_eq!(said(&view, "service/nas/8000").name.as_deref(), Some("Own"));
    let db = said(&view, "port/nas/5432");
    assert_eq!(db.name.as_deref(), Some("PostgreSQL"));
    assert!(!db.facts.contains_key("hidden") && text(db, "symbol").is_empty());
    assert_eq!(tiles(&view).len(), 2, "redis publishes nothing");
    assert!(view.checks.is_empty(), "discovery probes what it found");
}

#[test]
fn what_only_programs_talk_to_is_left_out_and_says_so() {
    let house = House::new().endpoint("service/nas/9100", 9100, None);
    let view = house.with("node-exporter", "prom/node-exporter", &published(&[(9100, 9100)])).view();
    let exporter = said(&view, "service/nas/9100");
    assert_eq!(text(exporter, "hidden_because"), "Node exporter is something that only programs talk to.");
    let wanted = both(&published(&[(9100, 9100)]), &labels(&[("hob.hide", "false")]));
    let house = House::new().endpoint("service/nas/9100", 9100, None);
    assert_eq!(tiles(&house.with("node-exporter", "prom/node-exporter", &wanted).view()).len(), 1);
}

#[test]
fn of_several_ports_the_one_with_the_pages_is_shown() {
    let view = House::new()
        .with("npm", "jc21/nginx-proxy-manager:2", &published(&[(80, 80), (443, 443), (81, 81)]))
        .endpoint("service/nas/80", 80, None)
        .endpoint("service/nas/443", 443, None)
        .endpoint("service/nas/81", 81, None)
        .view();
    assert_eq!(tiles(&view), [("Nginx Proxy Manager".to_owned(), String::new())]);
    assert_eq!(
        text(said(&view, "service/nas/443"), "hidden_because"),
        "The pages of Nginx Proxy Manager are on port 81."
    );
}

#[test]
fn two_of_the_same_say_which_is_which() {
    let view = House::new()
        .with("sonarr", "linuxserver/sonarr", &published(&[(8989, 8989)]))
        .with("sonarr-anime", "linuxserver/sonarr", &published(&[(8990, 8989)]))
        .endpoint("service/nas/8989", 8989, None)
        .endpoint("service/nas/8990", 8990, None)
        .view();
    let names: Vec<String> = tiles(&view).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Sonarr (sonarr, port 8989)", "Sonarr (sonarr-anime, port 8990)"]);
}

#[test]
fn behind_a_vpn_the_guest_answers_on_the_ports_of_its_host() {
    let house = House::new().with("gluetun", "qmcgaw/gluetun", &published(&[(8080, 8080)]));
    let id = house.id_of("gluetun");
    let guest = json!({ "HostConfig": { "NetworkMode": format!("container:{id}") } });
    let view = house
        .with("qbittorrent", "linuxserver/qbittorrent", &guest)
        .endpoint("service/nas/8080", 8080, None)
        .view();
    assert_eq!(tiles(&view), [("qBittorrent".to_owned(), String::new())]);
    let needs = &said(&view, "service/nas/8080").dependencies;
    assert_eq!(*needs, ["workload/docker/qbittorrent".parse().unwrap()]);
    let guest = said(&view, "workload/docker/qbittorrent");
    assert!(guest.dependencies.contains(&"workload/docker/gluetun".parse().unwrap()));
}

#[test]
fn on_the_network_of_the_machine_discovery_sees_whose_socket_it_is() {
    let house = House::new().with(
        "hass",
        "ghcr.io/home-assistant/home-assistant:2026.1",
        &json!({ "HostConfig": { "NetworkMode": "host" } }),
    );
    let id = house.id_of("hass");
    let view =
        house.endpoint("service/nas/8123", 8123, Some(&id[..12])).endpoint("service/nas/22", 22, None).view();
    assert_eq!(tiles(&view), [("Home Assistant".to_owned(), String::new())]);
}

#[test]
fn labels_of_dashboards_name_and_hide() {
    let homepage = both(
        &published(&[(8096, 8096)]),
        &labels(&[
            ("homepage.name", "Films"),
            ("homepage.group", "Living room"),
            ("homepage.description", "What we watch"),
            ("homepage.icon", "mdi-movie"),
            ("homepage.weight", "-5"),
        ]),
    );
    let house = House::new().endpoint("service/nas/8096", 8096, None);
    let view = house.with("jellyfin", "jellyfin/jellyfin", &homepage).view();
    let tile = said(&view, "service/nas/8096");
    assert_eq!(tile.name.as_deref(), Some("Films"));
    let facts = ["group", "description", "symbol", "app"].map(|key| text(tile, key));
    assert_eq!(
        facts,
        ["Living room", "What we watch", "🎬", ""],
        "a symbol that was chosen is no catalogue's"
    );
    assert_eq!(tile.facts.get("weight"), Some(&Fact::Integer(-5)));
    let hidden = both(&published(&[(8096, 8096)]), &labels(&[("glance.hide", "true")]));
    let house = House::new().endpoint("service/nas/8096", 8096, None);
    let view = house.with("jellyfin", "jellyfin/jellyfin", &hidden).view();
    assert_eq!(
        text(said(&view, "service/nas/8096"), "hidden_because"),
        "A label of the container “jellyfin” says so."
    );
    assert!(tiles(&view).is_empty());
}

#[test]
fn an_address_in_a_label_is_the_tile_and_is_probed() {
    let more = both(
        &published(&[(8096, 8096)]),
        &labels(&[("homepage.href", "https://films.example.org/web"), ("hob.probe", "/health")]),
    );
    let house = House::new().endpoint("service/nas/8096", 8096, None);
    let view = house.with("jellyfin", "jellyfin/jellyfin", &more).view();
    assert_eq!(tiles(&view), [("Jellyfin".to_owned(), "https://films.example.org/web".to_owned())]);
    let port = said(&view, "service/nas/8096");
    assert_eq!(text(port, "hidden_because"), "It is shown under its address, https://films.example.org/web.");
    let [check] = view.checks.as_slice() else { panic!("{:?}", view.checks) };
    assert_eq!(check.resource.as_str(), "service/docker/jellyfin");
    let CheckTarget::Http(http) = &check.target else { panic!("{check:?}") };
    assert_eq!((http.url.as_str(), http.found), ("https://films.example.org/health", true));
}

#[test]
fn the_owner_hides_by_name_and_switches_probes_off() {
    let mut house =
        House::new().with("jellyfin", "jellyfin/jellyfin", &labels(&[("hob.url", "https://tv.example.org")]));
    house.standing.settings.probe = false;
    assert!(house.view().checks.is_empty());
    house.standing.settings.hide = vec!["jellyfin".to_owned()];
    assert!(tiles(&house.view()).is_empty());
}

#[test]
fn elsewhere_what_is_known_to_serve_pages_becomes_a_tile() {
    let mut house = House::new()
        .with("jellyfin", "jellyfin/jellyfin", &published(&[(18_096, 8096)]))
        .with("portainer", "portainer/portainer-ce", &published(&[(9443, 9443), (8001, 8000)]))
        .with("db", "postgres", &published(&[(5432, 5432)]))
        .with("own", "me/own", &published(&[(7000, 3000)]))
        .with("other", "me/other", &published(&[(7001, 1234)]));
    house.standing.here = false;
    house.standing.settings.address = Address::Tcp { host: "nas2.lan".to_owned(), port: 2375 };
    let view = house.view();
    let mut found = tiles(&view);
    found.sort();
    let wanted = [
        ("Jellyfin", "http://nas2.lan:18096/"),
        ("Own", "http://nas2.lan:7000/"),
        ("Portainer", "https://nas2.lan:9443/"),
    ];
    assert_eq!(found, wanted.map(|(name, url)| (name.to_owned(), url.to_owned())));
    assert_eq!(view.checks.len(), 3);
    assert_eq!(text(said(&view, "service/docker/own:7000"), "exposure"), "internal");
}

#[test]
fn a_port_here_that_discovery_cannot_see_becomes_a_tile_after_a_minute() {
    let young = json!({ "State": { "StartedAt": "2027-01-15T07:59:50Z" } });
    let new = House::new().with("jellyfin", "jellyfin/jellyfin", &both(&published(&[(8096, 8096)]), &young));
    assert!(tiles(&new.view()).is_empty());
    let old = House::new().with("jellyfin", "jellyfin/jellyfin", &published(&[(8096, 8096)]));
    assert_eq!(tiles(&old.view()), [("Jellyfin".to_owned(), "http://127.0.0.1:8096/".to_owned())]);
}

#[test]
fn infrastructure_of_pods_is_not_shown() {
    let view = House::new().with("abc-infra", "localhost/podman-pause:4.3.1-0", &json!({})).view();
    assert_eq!(view.observations.len(), 1, "{:?}", view.observations);
}
