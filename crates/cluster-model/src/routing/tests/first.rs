//! One application, from its host to its pods.

use super::*;
use crate::Severity;

const JELLYFIN: &str = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: jellyfin, namespace: media}
spec:
  ingressClassName: nginx
  tls: [{hosts: [jellyfin.example.org], secretName: jellyfin-tls}]
  rules:
    - host: jellyfin.example.org
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: jellyfin, port: {number: 8096}}}}]}
";
const SECRET: &str = "
apiVersion: v1
kind: Secret
metadata: {name: jellyfin-tls, namespace: media}
type: kubernetes.io/tls
";

#[test]
fn an_ingress_is_a_tile_with_all_that_is_behind_it() {
    let seen = see(&[NGINX, JELLYFIN, SECRET, &app("media", "jellyfin", 8096, "jellyfin/jellyfin:10.10")]);
    assert_eq!(seen.shown(), ["jellyfin.example.org"]);
    let tile = seen.tile("jellyfin.example.org");
    assert_eq!(tile.title, "Jellyfin");
    assert_eq!(seen.text("jellyfin.example.org", "url"), "https://jellyfin.example.org");
    assert_eq!(seen.text("jellyfin.example.org", "group"), "Media");
    assert_eq!(seen.text("jellyfin.example.org", "app"), "jellyfin");
    assert_eq!(seen.text("jellyfin.example.org", "found_in"), "Ingress media/jellyfin");
    assert_eq!(tile.facts.get("scheme_sure"), Some(&Fact::Boolean(true)));

    let route = ThingId::route("Ingress", "media", "jellyfin", None);
    assert!(tile.needs.contains(&route));
    let route = seen.thing(&route);
    assert!(route.needs.contains(&ThingId::backend("media", "jellyfin")));
    assert!(route.needs.contains(&ThingId::certificate("media", "jellyfin-tls")));
    let entry = ThingId::new(ThingKind::EntryPoint, "ingressclass/nginx");
    assert!(route.needs.contains(&entry));
    assert!(seen.thing(&entry).needs.contains(&ThingId::backend("ingress-nginx", "ingress-nginx")));
    let backend = seen.thing(&ThingId::backend("media", "jellyfin"));
    assert!(backend.needs.contains(&ThingId::workload("media", "Deployment", "jellyfin")));
    assert_eq!(backend.well, "1 of 1 addresses behind it are ready.");
    assert_eq!(seen.codes(), Vec::<&str>::new());
}

#[test]
fn a_service_that_is_not_there() {
    let seen = see(&[NGINX, JELLYFIN, SECRET, &app("video", "jellyfin", 8096, "jellyfin/jellyfin")]);
    let (on, finding) = seen.finding("route-service-missing");
    assert_eq!(on, &ThingId::route("Ingress", "media", "jellyfin", None));
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(
        finding.sentence,
        "The Service “jellyfin” that this route names does not exist in namespace “media”."
    );
    assert_eq!(finding.field, "spec.rules[0].http.paths[0].backend.service.name");
    assert_eq!(
        finding.remedy.as_deref(),
        Some("There is one of that name in namespace “video”: was that one meant?")
    );
    // While Services are not read, nothing is called missing.
    let settings = Settings { unread: [Kind::Service, Kind::Secret].into(), ..Settings::default() };
    let seen = see_with(&[NGINX, JELLYFIN], &settings);
    assert_eq!(seen.codes(), Vec::<&str>::new());
}
