//! What labels for Traefik become.

use super::*;

fn traefik(house: House, tag: &str, arguments: &[&str]) -> House {
    let more = both(&published(&[(80, 80), (443, 443)]), &json!({ "Args": arguments }));
    house.with("traefik", &format!("traefik:{tag}"), &more)
}

fn routed(pairs: &[(&str, &str)]) -> Value {
    let mut all =
        vec![("traefik.enable", "true"), ("traefik.http.services.x.loadbalancer.server.port", "80")];
    all.extend_from_slice(pairs);
    labels(&all)
}

#[test]
fn a_host_with_its_redirect_is_one_tile() {
    let view = traefik(
        House::new(),
        "v3.1",
        &["--entrypoints.web.address=:80", "--entrypoints.websecure.address=:443"],
    )
    .with(
        "jellyfin",
        "jellyfin/jellyfin",
        &both(
            &published(&[(8096, 8096)]),
            &routed(&[
                ("traefik.http.routers.jf.rule", "Host(`tv.example.org`) || Host(`www.tv.example.org`)"),
                ("traefik.http.routers.jf.entrypoints", "websecure"),
                ("traefik.http.routers.jf-http.rule", "Host(`tv.example.org`)"),
                ("traefik.http.routers.jf-http.entrypoints", "web"),
                ("traefik.http.routers.jf-http.middlewares", "to-https"),
                ("traefik.http.middlewares.to-https.redirectscheme.scheme", "https"),
                ("traefik.http.routers.jf-api.rule", "Host(`tv.example.org`) && PathPrefix(`/api`)"),
                ("traefik.http.routers.jf-api.entrypoints", "websecure"),
            ]),
        ),
    )
    .endpoint("service/nas/8096", 8096, None)
    .view();
    assert_eq!(tiles(&view), [("Jellyfin".to_owned(), "https://tv.example.org/".to_owned())]);
    let tile = said(&view, "service/docker/tv.example.org");
    assert_eq!(text(tile, "aliases"), "www.tv.example.org");
    let needs: Vec<&str> = tile.dependencies.iter().map(ResourceId::as_str).collect();
    assert_eq!(
        needs,
        [
            "route/docker/http/jf",
            "route/docker/http/jf-api",
            "route/docker/http/jf-http",
            "workload/docker/jellyfin"
        ]
    );
    assert_eq!(view.checks.len(), 1);
    assert!(text(said(&view, "service/nas/8096"), "hidden_because").contains("https://tv.example.org"));
    assert_eq!(said(&view, "route/docker/http/jf").health.as_ref().unwrap().level, Level::Ok);
}

#[test]
fn another_application_under_a_path_is_a_tile_of_its_own() {
    let view = House::new()
        .with("site", "me/site", &routed(&[("traefik.http.routers.site.rule", "Host(`a.lan`)")]))
        .with(
            "grafana",
            "grafana/grafana",
            &routed(&[("traefik.http.routers.gr.rule", "Host(`a.lan`) && PathPrefix(`/grafana`)")]),
        )
        .view();
    assert_eq!(
        tiles(&view),
        [
            ("A".to_owned(), "http://a.lan/".to_owned()),
            ("A grafana".to_owned(), "http://a.lan/grafana".to_owned())
        ]
    );
    assert_eq!(text(said(&view, "service/docker/a.lan"), "exposure"), "internal");
}

#[test]
fn a_rule_that_this_version_refuses_is_said_with_the_right_one() {
    let rule = [("traefik.http.routers.app.rule", "Host(`a.example.org`, `b.example.org`)")];
    let view = traefik(House::new(), "v3.1", &[]).with("app", "me/app", &routed(&rule)).view();
    let health = said(&view, "route/docker/http/app").health.clone().unwrap();
    assert_eq!(health.level, Level::Critical, "{health:?}");
    assert!(health.remedy.unwrap().contains("||"));
    let view = traefik(House::new(), "v2.11", &[]).with("app", "me/app", &routed(&rule)).view();
    assert_eq!(said(&view, "route/docker/http/app").health.as_ref().unwrap().level, Level::Ok);
}

#[test]
fn what_traefik_drops_is_said() {
    let missing = [
        ("traefik.http.routers.app.rule", "Host(`a.example.org`)"),
        ("traefik.http.routers.app.middlewares", "auth@docker,secure@file"),
    ];
    let view = House::new().with("app", "me/app", &routed(&missing)).view();
    let health = said(&view, "route/docker/http/app").health.clone().unwrap();
    assert!(health.level == Level::Critical && health.reason.contains("The middleware “auth”"), "{health:?}");
    let a = routed(&[("traefik.http.routers.app.rule", "Host(`a.example.org`)")]);
    let b = routed(&[("traefik.http.routers.app.rule", "Host(`b.example.org`)")]);
    let view = House::new().with("one", "me/app", &a).with("two", "me/app", &b).view();
    let health = said(&view, "route/docker/http/app").health.clone().unwrap();
    assert!(
        health.level == Level::Critical
            && health.reason.contains("“one” and “two” define the router “app” differently"),
        "{health:?}"
    );
    let portless = labels(&[("traefik.http.routers.app.rule", "Host(`a.example.org`)")]);
    let health = House::new().with("app", "me/app", &portless).health("route/docker/http/app");
    assert!(health.level == Level::Warning && health.reason.contains("not told the port"), "{health:?}");
}

#[test]
fn a_container_that_is_not_enabled_is_no_tile() {
    let rule = [("traefik.http.routers.app.rule", "Host(`a.example.org`)")];
    let house = traefik(House::new(), "v3", &["--providers.docker.exposedbydefault=false"]).with(
        "app",
        "me/app",
        &labels(&rule),
    );
    let view = house.view();
    assert!(tiles(&view).iter().all(|(_, url)| !url.contains("a.example.org")));
    let health = said(&view, "workload/docker/app").health.clone().unwrap();
    assert!(health.level == Level::Warning && health.reason.contains("traefik.enable=true"), "{health:?}");
    let off =
        labels(&[("traefik.enable", "false"), ("traefik.http.routers.app.rule", "Host(`a.example.org`)")]);
    let view = House::new().with("app", "me/app", &off).view();
    assert!(tiles(&view).is_empty());
    assert_eq!(said(&view, "workload/docker/app").health.as_ref().unwrap().level, Level::Ok);
}

#[test]
fn an_entry_point_that_is_published_elsewhere_is_in_the_address() {
    let more = both(&published(&[(8443, 443)]), &json!({ "Args": ["--entrypoints.websecure.address=:443"] }));
    let rule = routed(&[
        ("traefik.http.routers.app.rule", "Host(`a.example.org`)"),
        ("traefik.http.routers.app.entrypoints", "websecure"),
    ]);
    let view = House::new().with("traefik", "traefik:v3", &more).with("app", "me/app", &rule).view();
    assert_eq!(tiles(&view), [("A".to_owned(), "https://a.example.org:8443/".to_owned())]);
}

#[test]
fn wildcards_invalid_hosts_and_other_protocols_are_no_links() {
    let view = House::new()
        .with("w", "me/w", &routed(&[("traefik.http.routers.w.rule", "Host(`*.example.org`)")]))
        .with("i", "me/i", &routed(&[("traefik.http.routers.i.rule", "Host(`a.example.org/api`)")]))
        .with(
            "t",
            "me/t",
            &labels(&[
                ("traefik.tcp.routers.t.rule", "HostSNI(`*`)"),
                ("traefik.tcp.services.t.loadbalancer.server.port", "1883"),
            ]),
        )
        .view();
    assert!(tiles(&view).is_empty(), "{:?}", tiles(&view));
    assert_ne!(said(&view, "route/docker/http/i").health.as_ref().unwrap().level, Level::Ok);
    assert_eq!(said(&view, "route/docker/tcp/t").health.as_ref().unwrap().level, Level::Ok);
}
