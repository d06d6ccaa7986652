use crate::*;

fn annotations(pairs: &[(&str, &str)]) -> Hints {
    Hints::from_annotations(pairs.iter().copied())
}

fn labels(pairs: &[(&str, &str)]) -> Hints {
    Hints::from_labels(pairs.iter().copied())
}

#[test]
fn homepage_annotations_are_read_and_widgets_are_not() {
    let hints = annotations(&[
        ("gethomepage.dev/enabled", "true"),
        ("gethomepage.dev/name", "Emby <b>TV</b>"),
        ("gethomepage.dev/description", "Media\nServer"),
        ("gethomepage.dev/group", "Media"),
        ("gethomepage.dev/icon", "emby.png"),
        ("gethomepage.dev/href", "https://emby.example.org"),
        ("gethomepage.dev/weight", "10"),
        ("gethomepage.dev/external", "true"),
        ("gethomepage.dev/siteMonitor", "http://emby.media.svc:8096/health"),
        ("gethomepage.dev/pod-selector", "app.kubernetes.io/name=emby"),
        ("gethomepage.dev/widget.type", "emby"),
        ("gethomepage.dev/widget.key", "hunter2"),
        ("kubernetes.io/ingress.class", "nginx"),
    ]);
    assert_eq!(hints.name.as_deref(), Some("Emby <b>TV</b>"));
    assert_eq!(hints.description.as_deref(), Some("Media Server"));
    assert_eq!(hints.group.as_deref(), Some("Media"));
    assert_eq!(hints.icon, Some(Icon::App(by_id("emby").unwrap())));
    assert_eq!(hints.url.as_deref(), Some("https://emby.example.org"));
    assert_eq!((hints.weight, hints.hidden, hints.external), (Some(10), Some(false), Some(true)));
    assert_eq!(hints.pod_selector.as_deref(), Some("app.kubernetes.io/name=emby"));
    assert!(matches!(&hints.probe, Some(Probe::At { url: Some(url), .. }) if url.ends_with("/health")));
    assert_eq!(hints.from.len(), 10);
    assert!(!format!("{hints:?}").contains("hunter2") && !format!("{hints:?}").contains("widget"));
}

#[test]
fn hajimari_forecastle_and_gatus_are_read() {
    let hints = annotations(&[
        ("hajimari.io/enable", "true"),
        ("hajimari.io/appName", "Movies"),
        ("hajimari.io/icon", "mdi:movie"),
        ("hajimari.io/info", "What we watch"),
    ]);
    assert_eq!(hints.name.as_deref(), Some("Movies"));
    assert_eq!(hints.icon, Some(Icon::Symbol("🎬".to_owned())));
    assert_eq!(hints.description.as_deref(), Some("What we watch"));
    let hints = annotations(&[
        ("forecastle.stakater.com/expose", "false"),
        ("forecastle.stakater.com/appName", "Wiki"),
        ("forecastle.stakater.com/icon", "https://example.org/wiki.png"),
        ("forecastle.stakater.com/network-restricted", "true"),
    ]);
    assert_eq!((hints.hidden, hints.restricted), (Some(true), Some(true)));
    assert_eq!(hints.icon.unwrap().url(), Some("https://example.org/wiki.png"));
    let hints = annotations(&[(
        "gatus.home-operations.com/endpoint",
        "url: \"https://webhook.example.org/hook\"\nconditions: [\"[STATUS] == 404\", \"[STATUS] == any(401, 403)\"]\n",
    )]);
    let statuses = vec![401, 403, 404];
    let url = Some("https://webhook.example.org/hook".to_owned());
    assert_eq!(hints.probe, Some(Probe::At { path: None, url, statuses }));
    let off = annotations(&[("gatus.home-operations.com/enabled", "false")]);
    assert_eq!(off.probe, Some(Probe::Off));
    assert_eq!(annotations(&[("gatus.home-operations.com/enabled", "true")]).probe, None);
}

#[test]
fn our_own_keys_go_before_all_others() {
    let hints = annotations(&[
        ("gethomepage.dev/name", "Theirs"),
        ("hob.dev/name", "Ours"),
        ("hajimari.io/appName", "Also theirs"),
        ("gethomepage.dev/enabled", "true"),
        ("hob.dev/hide", "true"),
        ("hob.dev/tags", "Kids, tv ,, TV"),
        ("hob.dev/probe", "/healthz"),
        ("hob.dev/weight", "-3"),
    ]);
    assert_eq!(hints.name.as_deref(), Some("Ours"));
    assert_eq!(hints.hidden, Some(true));
    assert_eq!(hints.tags, ["kids", "tv"]);
    assert_eq!(hints.weight, Some(-3));
    let path = Some("/healthz".to_owned());
    assert_eq!(hints.probe, Some(Probe::At { path, url: None, statuses: Vec::new() }));
    assert_eq!(annotations(&[("hob.dev/probe", "none")]).probe, Some(Probe::Off));
    assert!(
        hints.from.contains(&"hob.dev/hide".to_owned())
            && !hints.from.contains(&"hajimari.io/appName".to_owned())
    );
}

#[test]
fn labels_of_containers_are_read_with_instances_after_the_rest() {
    let hints = labels(&[
        ("homepage.group", "Media"),
        ("homepage.instance.internal.href", "http://emby.lan/"),
        ("homepage.instance.public.href", "https://emby.example.org/"),
        ("homepage.instance.internal.group", "Inside"),
        ("homepage.widget.password", "hunter2"),
        ("homepage.widgets[0].key", "hunter2"),
        ("homepage.instance.internal.widget.key", "hunter2"),
        ("com.docker.compose.project", "media"),
    ]);
    assert_eq!(hints.group.as_deref(), Some("Media"));
    assert_eq!(hints.url.as_deref(), Some("http://emby.lan/"));
    assert_eq!(hints.from.len(), 2);
    let hints = labels(&[
        ("glance.name", "Immich"),
        ("glance.icon", "auto-invert si:immich"),
        ("glance.url", "https://photos.example.org"),
        ("glance.parent", "immich"),
        ("glance.category", "Photos"),
        ("glance.hide", "false"),
        ("hob.group", "Pictures"),
    ]);
    assert_eq!(hints.icon, Some(Icon::App(by_id("immich").unwrap())));
    assert_eq!(hints.group.as_deref(), Some("Pictures"));
    assert_eq!((hints.part_of.as_deref(), hints.hidden), (Some("immich"), Some(false)));
    assert_eq!(labels(&[("hob.dev/name", "A")]).name.as_deref(), Some("A"));
}

#[test]
fn what_makes_no_sense_is_as_if_it_were_not_there() {
    let hints = annotations(&[
        ("gethomepage.dev/href", "javascript:alert(1)"),
        ("hob.dev/url", "https://user:secret@example.org/"),
        ("gethomepage.dev/weight", "first"),
        ("gethomepage.dev/enabled", "perhaps"),
        ("hob.dev/icon", "data://x"),
        ("hob.dev/probe", "//other.example.org/"),
        ("hob.dev/name", " \t\u{202E} "),
        ("hajimari.io/url", "https://app.${SECRET_DOMAIN}/"),
    ]);
    assert_eq!(hints, Hints::default());
    assert!(hints.is_empty());
    let long = "x".repeat(5000);
    let hints = annotations(&[("hob.dev/name", long.as_str()), ("hob.dev/description", long.as_str())]);
    assert_eq!(hints.name.map(|name| name.chars().count()), Some(60));
    assert_eq!(hints.description.map(|text| text.chars().count()), Some(200));
}

#[test]
fn a_route_goes_before_its_service() {
    let route = annotations(&[("hob.dev/name", "Route")]);
    let service = annotations(&[("hob.dev/name", "Service"), ("hob.dev/group", "G")]);
    let both = route.or(service);
    assert_eq!((both.name.as_deref(), both.group.as_deref()), (Some("Route"), Some("G")));
    assert_eq!(both.from, ["hob.dev/group", "hob.dev/name"]);
}
