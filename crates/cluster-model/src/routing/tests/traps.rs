//! What was found in real repositories, written as it stands there, each with what must be seen in it.

use super::*;
use crate::Severity;

/// Traefik 3 as its chart installs it, with its two entry points.
const TRAEFIK: &str = "
apiVersion: v1
kind: Pod
metadata: {name: traefik-1, namespace: traefik, labels: {app.kubernetes.io/name: traefik}}
spec:
  containers:
    - name: traefik
      image: docker.io/traefik:v3.1.2
      args:
        - --entryPoints.web.address=:8000/tcp
        - --entryPoints.websecure.address=:8443/tcp
        - --entryPoints.mqtt.address=:1883/tcp
        - --entryPoints.wireguard.address=:51820/udp
        - --providers.kubernetescrd
        - --providers.kubernetescrd.allowCrossNamespace=true
status: {phase: Running}
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: traefik}
spec:
  type: LoadBalancer
  selector: {app.kubernetes.io/name: traefik}
  ports:
    - {name: web, port: 80, targetPort: web}
    - {name: websecure, port: 443, targetPort: websecure}
    - {name: mqtt, port: 1883, targetPort: mqtt}
    - {name: wireguard, port: 51820, targetPort: wireguard, protocol: UDP}
status: {loadBalancer: {ingress: [{ip: 192.168.1.240}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: traefik-s, namespace: traefik, labels: {kubernetes.io/service-name: traefik}}
ports: [{name: web, port: 8000}, {name: websecure, port: 8443}, {name: mqtt, port: 1883}, {name: wireguard, port: 51820}]
endpoints: [{addresses: [10.0.0.3], conditions: {ready: true}, targetRef: {kind: Pod, name: traefik-1}}]
";

#[test]
fn trap_1_an_alias_is_no_second_tile() {
    let routes = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: site, namespace: web}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(`www.example.org`) || Host(`example.org`)
      services: [{name: site, port: 80}]
  tls: {}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: shop, namespace: web}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(`a.example.org`) || Host(`b.example.org`) && PathPrefix(`/shop`)
      services: [{name: shop, port: 80}]
  tls: {}
";
    let seen = see(&[TRAEFIK, routes, &app("web", "site", 80, "nginx"), &app("web", "shop", 80, "nginx")]);
    // `A || B && Path` is A or (B and Path): two pages, since the paths differ.
    assert_eq!(seen.shown(), ["a.example.org", "b.example.org/shop", "example.org"]);
    assert_eq!(seen.text("example.org", "aliases"), "www.example.org");
    assert_eq!(seen.text("example.org", "url"), "https://example.org");
    assert_eq!(seen.tile("example.org").title, "Example");
    assert_eq!(seen.codes(), Vec::<&str>::new());
}

/// One host, twice (dev and prod), on two entry points, with an API each, and all of it from two directories.
fn meeting_tools() -> String {
    let mut text = String::new();
    for cluster in ["", "-copy"] {
        for (entry, tls) in [("web", ""), ("websecure", "tls: {secretName: star-tls}")] {
            for (stage, rule_page, rule_api) in [
                (
                    "prod",
                    "Host(`meet.example.org`) && !PathPrefix(`/dev`)",
                    "Host(`meet.example.org`) && PathPrefix(`/api`) && !PathPrefix(`/dev/api`)",
                ),
                (
                    "dev",
                    "Host(`meet.example.org`) && PathPrefix(`/dev`)",
                    "Host(`meet.example.org`) && PathPrefix(`/dev/api`)",
                ),
            ] {
                for (part, rule) in [("frontend", rule_page), ("api", rule_api)] {
                    text.push_str(&format!(
                        "
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {{name: {stage}-{part}-{entry}{cluster}, namespace: meeting-tools}}
spec:
  entryPoints: [{entry}]
  routes: [{{kind: Rule, match: '{rule}', services: [{{name: {part}-{stage}, port: 80}}]}}]
  {tls}
"
                    ));
                }
            }
        }
    }
    text
}

#[test]
fn trap_2_sixteen_rules_of_one_host_are_two_tiles() {
    let apps: Vec<String> = ["frontend-prod", "api-prod", "frontend-dev", "api-dev"]
        .iter()
        .map(|name| app("meeting-tools", name, 80, "nginx"))
        .collect();
    let routes = meeting_tools();
    let secret = "
apiVersion: v1
kind: Secret
metadata: {name: star-tls, namespace: meeting-tools}
type: kubernetes.io/tls
";
    let mut files: Vec<&str> = apps.iter().map(String::as_str).collect();
    files.extend([TRAEFIK, routes.as_str(), secret]);
    let seen = see(&files);
    assert_eq!(seen.of_kind(ThingKind::Route).len(), 16);
    assert_eq!(seen.shown(), ["meet.example.org", "meet.example.org/dev"]);
    assert_eq!(seen.tile("meet.example.org").title, "Meet");
    assert_eq!(seen.tile("meet.example.org/dev").title, "Meet (dev)");
    assert_eq!(seen.text("meet.example.org/dev", "url"), "https://meet.example.org/dev");
    assert_eq!(seen.tile("meet.example.org").needs.len(), 8);
    // The copies lead to the same place: worth a note, nothing more.
    assert_eq!(seen.codes(), Vec::<&str>::new());
    assert_eq!(seen.notes().iter().filter(|code| **code == "route-duplicate").count(), 8);
}

#[test]
fn trap_3_a_path_within_a_host_is_a_broken_route_and_never_a_link() {
    let route = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: api, namespace: meeting-tools}
spec:
  entryPoints: [websecure]
  routes: [{kind: Rule, match: 'Host(`dev.meeting_tools.example.org/api`)', services: [{name: api, port: 80}]}]
  tls: {}
";
    let seen = see(&[TRAEFIK, route, &app("meeting-tools", "api", 80, "nginx")]);
    let (on, finding) = seen.finding("route-host-invalid");
    assert_eq!(on, &ThingId::route("IngressRoute", "meeting-tools", "api", None));
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(finding.field, "spec.routes[0].match");
    assert!(finding.sentence.contains("dev.meeting_tools.example.org/api"), "{}", finding.sentence);
    let tiles = seen.of_kind(ThingKind::Service);
    assert_eq!(tiles, ["dev.meeting_tools.example.org/api"]);
    assert_eq!(seen.text(tiles[0], "url"), "");
    assert!(seen.tile(tiles[0]).needs.contains(on));
}

#[test]
fn trap_4_rules_that_traefik_3_refuses_keep_their_hosts() {
    let routes = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: argocd, namespace: argocd}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(`argocd.example.org`)
      priority: 10
      services: [{name: argocd-server, port: 80}]
    - kind: Rule
      match: Host(`argocd.example.org`) && Headers(`Content-Type`, `application/grpc`)
      priority: 11
      services: [{name: argocd-server, port: 80, scheme: h2c}]
  tls: {}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: two, namespace: argocd}
spec:
  entryPoints: [websecure]
  routes: [{kind: Rule, match: 'Host(`one.example.org`, `two.example.org`)', services: [{name: argocd-server, port: 80}]}]
  tls: {}
";
    let argo = app("argocd", "argocd-server", 80, "quay.io/argoproj/argocd:v2.13");
    let seen = see(&[TRAEFIK, routes, &argo]);
    let refused: Vec<_> =
        seen.0.findings().filter(|(_, finding)| finding.code == "route-rule-refused").collect();
    assert_eq!(refused.len(), 2);
    let (on, finding) = refused[0];
    assert_eq!(on.name, "ingressroute/argocd/argocd/2");
    assert_eq!(finding.severity, Severity::Critical);
    assert!(
        finding.sentence.starts_with("Traefik 3 refuses this rule, so the route is not there: "),
        "{}",
        finding.sentence
    );
    assert_eq!(
        finding.remedy.as_deref(),
        Some("Write it so: Host(`argocd.example.org`) && Header(`Content-Type`, `application/grpc`)")
            .map(|text| text.replace("Content-Type", "content-type"))
            .as_deref()
    );
    let remedy = refused[1].1.remedy.as_deref().unwrap();
    assert_eq!(remedy, "Write it so: Host(`one.example.org`) || Host(`two.example.org`)");
    assert_eq!(seen.shown(), ["argocd.example.org", "one.example.org"]);
    assert_eq!(seen.tile("argocd.example.org").title, "Argo CD");

    // Traefik 2 takes both; and a route may say that it is written for 2.
    let two = TRAEFIK.replace("traefik:v3.1.2", "rancher/mirrored-library-traefik:2.11.10");
    let before = see(&[&two, routes, &argo]);
    assert_eq!(before.codes(), Vec::<&str>::new());
    assert_eq!(before.notes(), ["route-rule-of-traefik-2", "route-rule-of-traefik-2"]);
    let own = routes
        .replace("kind: Rule\n", "kind: Rule\n      syntax: v2\n")
        .replace("kind: Rule,", "kind: Rule, syntax: v2,");
    assert_eq!(see(&[TRAEFIK, &own, &argo]).codes(), Vec::<&str>::new());
}

const TWIN: &str = "
apiVersion: traefik.containo.us/v1alpha1
kind: Middleware
metadata: {name: redirect-https, namespace: default}
spec: {redirectScheme: {scheme: https, permanent: true}}
---
apiVersion: traefik.containo.us/v1alpha1
kind: IngressRoute
metadata: {name: paperless-http, namespace: default}
spec:
  entryPoints: [web]
  routes:
    - {kind: Rule, match: Host(`paperless.example.org`), middlewares: [{name: redirect-https}], services: [{name: paperless, port: 8000}]}
---
apiVersion: traefik.containo.us/v1alpha1
kind: IngressRoute
metadata: {name: paperless-ingress, namespace: default}
spec:
  entryPoints: [websecure]
  routes:
    - {kind: Rule, match: Host(`paperless.example.org`), services: [{name: paperless, port: 8000}]}
  tls: {certResolver: letsencrypt}
";

#[test]
fn trap_5_a_twin_that_redirects_is_merged() {
    let paperless = app("default", "paperless", 8000, "ghcr.io/paperless-ngx/paperless-ngx:2.13");
    let two = TRAEFIK.replace("traefik:v3.1.2", "traefik:v2.11");
    let seen = see(&[&two, TWIN, &paperless]);
    assert_eq!(seen.shown(), ["paperless.example.org"]);
    assert_eq!(seen.text("paperless.example.org", "url"), "https://paperless.example.org");
    let needs: Vec<&str> =
        seen.tile("paperless.example.org").needs.iter().map(|id| id.name.as_str()).collect();
    assert_eq!(needs, ["ingressroute/default/paperless-http", "ingressroute/default/paperless-ingress"]);
    let http = seen.thing(&ThingId::route("IngressRoute", "default", "paperless-http", None));
    assert!(http.needs.contains(&ThingId::new(ThingKind::Middleware, "default/redirect-https")));
    assert_eq!(seen.codes(), Vec::<&str>::new());

    // Traefik 3 does not look at the old group.
    let (found, three) = (see(&[TRAEFIK, TWIN, &paperless]), "route-group-gone");
    assert_eq!(found.codes(), [three, three]);
    assert_eq!(see(&[TRAEFIK, &TWIN.replace("containo.us", "io"), &paperless]).codes(), Vec::<&str>::new());
    // The twin alone sends people to where nothing is.
    let alone = TWIN.rsplit_once("---").unwrap().0;
    assert_eq!(see(&[&two, alone, &paperless]).codes(), ["route-redirects-nowhere"]);

    // Redirected for all routes, on the command line: the route on `web` alone is opened encrypted.
    let global = TRAEFIK.replace(
        "        - --providers.kubernetescrd\n",
        "        - --providers.kubernetescrd\n        - --entryPoints.web.http.redirections.entryPoint.to=:443\n",
    );
    let plain = TWIN.split("---").nth(1).unwrap().replace("middlewares: [{name: redirect-https}], ", "");
    let seen = see(&[&global, &plain, &paperless]);
    assert_eq!(seen.text("paperless.example.org", "url"), "https://paperless.example.org");
    let seen = see(&[TRAEFIK, &plain, &paperless]);
    assert_eq!(seen.text("paperless.example.org", "url"), "http://paperless.example.org");
}

#[test]
fn trap_6_references_that_lead_nowhere() {
    let route = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: prod-app, namespace: apps}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(`app.example.org`)
      middlewares: [{name: tailnet-allow}]
      services: [{name: app, port: 80}]
  tls: {}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: tailnet-allow, namespace: monitoring}
spec: {ipAllowList: {sourceRange: [100.64.0.0/10]}}
";
    let seen = see(&[TRAEFIK, route, &app("apps", "prod-app", 80, "nginx")]);
    let (_, finding) = seen.finding("route-service-missing");
    assert_eq!(finding.field, "spec.routes[0].services[0].name");
    assert_eq!(
        finding.remedy.as_deref(),
        Some(
            "There is a Service “prod-app”: a prefix or suffix of kustomize renames objects, but not what other objects name."
        )
    );
    let (on, finding) = seen.finding("route-middleware-missing");
    assert_eq!(on.name, "ingressroute/apps/prod-app");
    assert_eq!(
        finding.sentence,
        "The middleware “tailnet-allow” that this route names does not exist in namespace “apps”, so Traefik does not serve the route at all."
    );
    assert_eq!(
        finding.remedy.as_deref(),
        Some("There is one of that name in namespace “monitoring”: was that one meant?")
    );
}

#[test]
fn trap_7_encrypted_by_its_entry_point_without_tls() {
    let route = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: freshrss, namespace: rss}
spec:
  entryPoints: [websecure]
  routes: [{kind: Rule, match: Host(`rss.example.org`), services: [{name: freshrss, port: 80}]}]
";
    let rss = app("rss", "freshrss", 80, "freshrss/freshrss:latest");
    let seen = see(&[TRAEFIK, route, &rss]);
    assert_eq!(seen.text("rss.example.org", "url"), "https://rss.example.org");
    assert_eq!(seen.tile("rss.example.org").facts.get("scheme_sure"), Some(&Fact::Boolean(false)));
    assert_eq!(seen.finding("route-no-tls").1.severity, Severity::Note);
    // The entry point sets it up itself: nothing to say, and certain.
    let told = TRAEFIK.replace(
        "        - --providers.kubernetescrd\n",
        "        - --entryPoints.websecure.http.tls=true\n        - --providers.kubernetescrd\n",
    );
    let seen = see(&[&told, route, &rss]);
    assert_eq!(seen.notes(), Vec::<&str>::new());
    assert_eq!(seen.tile("rss.example.org").facts.get("scheme_sure"), Some(&Fact::Boolean(true)));
    // No entry point at all and nothing about TLS: the probe decides.
    let bare = route.replace("  entryPoints: [websecure]\n", "");
    let seen = see(&[&bare, &rss]);
    assert_eq!(seen.tile("rss.example.org").facts.get("scheme_sure"), Some(&Fact::Boolean(false)));
}

#[test]
fn trap_8_a_secret_that_was_not_copied() {
    let route = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: wiki, namespace: wiki}
spec:
  entryPoints: [websecure]
  routes: [{kind: Rule, match: Host(`wiki.example.org`), services: [{name: wiki, port: 80}]}]
  tls: {secretName: star-example-org-tls}
---
apiVersion: v1
kind: Secret
metadata: {name: star-example-org-tls, namespace: cert-manager}
type: kubernetes.io/tls
";
    let wiki = app("wiki", "wiki", 80, "requarks/wiki:2");
    let seen = see(&[TRAEFIK, route, &wiki]);
    let (on, finding) = seen.finding("tls-secret-missing");
    assert_eq!(on.name, "ingressroute/wiki/wiki");
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(finding.field, "spec.tls.secretName");
    assert!(finding.remedy.as_deref().unwrap().contains("namespace “cert-manager”"));
    let copied = route.replace("namespace: cert-manager", "namespace: wiki");
    assert_eq!(see(&[TRAEFIK, &copied, &wiki]).codes(), Vec::<&str>::new());
    let settings = Settings { unread: [Kind::Secret].into(), ..Settings::default() };
    assert_eq!(see_with(&[TRAEFIK, route, &wiki], &settings).codes(), Vec::<&str>::new());
    let wanted = "
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: star, namespace: wiki}
spec: {secretName: star-example-org-tls, dnsNames: ['*.example.org']}
";
    let seen = see(&[TRAEFIK, route, &wiki, wanted]);
    let (on, finding) = seen.finding("tls-secret-missing");
    assert!(finding.remedy.as_deref().unwrap().starts_with("cert-manager is to make it"));
    assert!(seen.thing(on).needs.contains(&ThingId::certificate("wiki", "star-example-org-tls")));
    let wrong = copied.replace("type: kubernetes.io/tls", "type: kubernetes.io/dockerconfigjson");
    assert_eq!(see(&[TRAEFIK, &wrong, &wiki]).codes(), ["tls-secret-type"]);
}

#[test]
fn trap_9_tcp_and_udp_are_ports_without_a_link() {
    let routes = "
apiVersion: traefik.io/v1alpha1
kind: IngressRouteTCP
metadata: {name: mosquitto, namespace: home}
spec:
  entryPoints: [mqtt]
  routes: [{match: HostSNI(`*`), services: [{name: mosquitto, port: 1883}]}]
---
apiVersion: traefik.io/v1alpha1
kind: IngressRouteUDP
metadata: {name: wg-easy, namespace: vpn}
spec:
  entryPoints: [wireguard]
  routes: [{services: [{name: wg-easy, port: 51820}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: external, namespace: network}
spec:
  gatewayClassName: envoy
  listeners: [{name: tls, port: 443, protocol: TLS, hostname: '*.example.org', tls: {mode: Passthrough}, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: gateway.networking.k8s.io/v1alpha2
kind: TLSRoute
metadata: {name: truenas, namespace: network}
spec:
  parentRefs: [{name: external, sectionName: tls}]
  hostnames: [truenas.example.org]
  rules: [{backendRefs: [{name: truenas, port: 443}]}]
---
apiVersion: v1
kind: Service
metadata: {name: truenas, namespace: network}
spec: {type: ExternalName, externalName: truenas.lan, ports: [{port: 443}]}
";
    let seen = see(&[
        TRAEFIK,
        routes,
        &app("home", "mosquitto", 1883, "eclipse-mosquitto:2"),
        &app("vpn", "wg-easy", 51820, "ghcr.io/wg-easy/wg-easy:14"),
    ]);
    assert_eq!(seen.shown(), Vec::<&str>::new());
    assert_eq!(
        seen.of_kind(ThingKind::Port),
        ["home/mosquitto:1883/tcp", "network/truenas:443/tls", "vpn/wg-easy:51820/udp"]
    );
    let mqtt = seen.thing(&ThingId::port("home", "mosquitto", 1883, "tcp"));
    assert_eq!(
        (mqtt.facts.get("port"), text_of(mqtt, "protocol").as_str()),
        (Some(&Fact::Integer(1883)), "tcp")
    );
    assert_eq!(text_of(mqtt, "url"), "");
    let truenas = seen.thing(&ThingId::port("network", "truenas", 443, "tls"));
    assert_eq!(text_of(truenas, "host"), "truenas.example.org");
    assert_eq!(truenas.title, "TrueNAS");
    assert_eq!(seen.codes(), Vec::<&str>::new());
}

const GATEWAYS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: envoy-internal, namespace: network}
spec:
  gatewayClassName: envoy
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
    - {name: https, port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}, tls: {certificateRefs: [{kind: Secret, name: example-org-tls}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: envoy-external, namespace: network}
spec:
  gatewayClassName: envoy
  listeners:
    - {name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
    - {name: https, port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: All}}, tls: {certificateRefs: [{kind: Secret, name: example-org-tls}]}}
---
apiVersion: v1
kind: Secret
metadata: {name: example-org-tls, namespace: network}
type: kubernetes.io/tls
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: https-redirect, namespace: network, annotations: {external-dns.alpha.kubernetes.io/controller: none}}
spec:
  parentRefs: [{name: envoy-internal, sectionName: http}, {name: envoy-external, sectionName: http}]
  rules: [{filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]}]
";

fn http_route(name: &str, host: &str, parents: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: default}}
spec:
  parentRefs: {parents}
  hostnames: ['{host}']
  rules: [{{backendRefs: [{{name: {name}, port: 80}}], matches: [{{path: {{type: PathPrefix, value: /}}}}]}}]
"
    )
}

#[test]
fn trap_10_hosts_that_nobody_opens_are_hidden_with_the_reason() {
    let parent = "[{name: envoy-internal, namespace: network, sectionName: https}]";
    let hosts = [
        ("minio", "minio.storage.svc.cluster.local"),
        ("objects", "s3.home.local"),
        ("flux-webhook", "flux-webhook.example.org"),
        ("echo", "echo.example.org"),
    ];
    let routes: Vec<String> = hosts.iter().map(|(name, host)| http_route(name, host, parent)).collect();
    let apps: Vec<String> = hosts.iter().map(|(name, _)| app("default", name, 80, "example/thing")).collect();
    let mut files = vec![GATEWAYS];
    files.extend(routes.iter().chain(&apps).map(String::as_str));
    let seen = see(&files);
    assert_eq!(seen.shown(), ["echo.example.org"]);
    for host in ["minio.storage.svc.cluster.local", "s3.home.local", "flux-webhook.example.org"] {
        assert_eq!(seen.tile(host).facts.get("hidden"), Some(&Fact::Boolean(true)), "{host}");
        assert!(!seen.text(host, "hidden_because").is_empty());
    }
    // The route that only redirects has no host: it is a route, and no tile.
    assert_eq!(seen.of_kind(ThingKind::Service).len(), 4);
    assert!(seen.thing(&ThingId::route("HTTPRoute", "network", "https-redirect", None)).judged);
    assert_eq!(seen.codes(), Vec::<&str>::new());
}

#[test]
fn trap_10_the_grpc_double_of_argo_is_not_a_tile_of_its_own() {
    let grpc = "
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: argocd-grpc, namespace: default}
spec:
  parentRefs: [{name: envoy-internal, namespace: network}]
  hostnames: [argocd.example.org]
  rules: [{backendRefs: [{name: argocd, port: 80}], matches: [{headers: [{name: content-type, value: application/grpc}]}]}]
";
    let web = http_route("argocd", "argocd.example.org", "[{name: envoy-internal, namespace: network}]");
    let seen = see(&[GATEWAYS, grpc, &web, &app("default", "argocd", 80, "quay.io/argoproj/argocd:v3")]);
    assert_eq!(seen.shown(), ["argocd.example.org"]);
    assert_eq!(seen.tile("argocd.example.org").needs.len(), 2);
    // Without the page it is for programs only.
    let seen = see(&[GATEWAYS, grpc, &app("default", "argocd", 80, "quay.io/argoproj/argocd:v3")]);
    assert_eq!(seen.shown(), Vec::<&str>::new());
}

#[test]
fn trap_11_two_parents_are_one_tile_with_its_badge() {
    let both = "[{name: envoy-internal, namespace: network, sectionName: https}, {name: envoy-external, namespace: network, sectionName: https}]";
    let inside = "[{name: envoy-internal, namespace: network, sectionName: https}]";
    let files = [
        http_route("wiki", "wiki.example.org", both),
        http_route("nas", "nas.example.org", inside),
        app("default", "wiki", 80, "requarks/wiki"),
        app("default", "nas", 80, "example/nas"),
    ];
    let mut all: Vec<&str> = files.iter().map(String::as_str).collect();
    all.push(GATEWAYS);
    let seen = see(&all);
    assert_eq!(seen.shown(), ["nas.example.org", "wiki.example.org"]);
    assert_eq!(seen.text("wiki.example.org", "exposure"), "external");
    assert_eq!(seen.text("nas.example.org", "exposure"), "internal");
    assert_eq!(seen.codes(), Vec::<&str>::new());
}

#[test]
fn trap_11_classes_annotations_tailscale_and_fences_say_from_where() {
    let ingress = |name: &str, host: &str, class: &str, annotation: &str| {
        format!(
            "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: default, annotations: {{{annotation}}}}}
spec:
  ingressClassName: {class}
  rules: [{{host: {host}, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]
status: {{loadBalancer: {{ingress: [{{ip: 192.168.1.2}}]}}}}
"
        )
    };
    let fence = "
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: tailnet, namespace: default}
spec: {ipAllowList: {sourceRange: [100.64.0.0/10, 10.0.0.0/8]}}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: fenced, namespace: default}
spec:
  entryPoints: [websecure]
  routes: [{kind: Rule, match: Host(`fenced.example.org`), middlewares: [{name: tailnet}], services: [{name: other, port: 80}]}]
  tls: {}
";
    let tailscale = "
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: tailscale}
spec: {controller: tailscale.com/ts-ingress}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: ha, namespace: default}
spec:
  ingressClassName: tailscale
  defaultBackend: {service: {name: ha, port: {number: 80}}}
  tls: [{hosts: [ha]}]
status: {loadBalancer: {ingress: [{hostname: ha.tail1234.ts.net}]}}
";
    let classes = "
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: internal-nginx}
spec: {controller: k8s.io/internal-ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: external-nginx}
spec: {controller: k8s.io/external-ingress-nginx}
";
    let files = [
        ingress("in", "in.example.org", "internal-nginx", ""),
        ingress("out", "out.example.com", "external-nginx", ""),
        ingress(
            "dns",
            "dns.example.net",
            "nginx",
            "external-dns.alpha.kubernetes.io/target: external.example.net",
        ),
        app("default", "web", 80, "nginx"),
        app("default", "other", 80, "nginx"),
        app("default", "ha", 80, "ghcr.io/home-assistant/home-assistant"),
    ];
    let mut all: Vec<&str> = files.iter().map(String::as_str).collect();
    all.extend([NGINX, TRAEFIK, fence, tailscale, classes]);
    let seen = see(&all);
    for (tile, exposure) in [
        ("in.example.org", "internal"),
        ("out.example.com", "external"),
        ("dns.example.net", "external"),
        ("fenced.example.org", "internal"),
        ("ha.tail1234.ts.net", "internal"),
    ] {
        assert_eq!(seen.text(tile, "exposure"), exposure, "{tile}");
    }
    assert_eq!(seen.text("ha.tail1234.ts.net", "url"), "https://ha.tail1234.ts.net");
    assert_eq!(seen.codes(), Vec::<&str>::new());
}

#[test]
fn trap_12_the_same_host_twice_is_one_tile_that_names_both() {
    let ingress = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: mealie, namespace: default}
spec:
  ingressClassName: nginx
  rules: [{host: mealie.example.org, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: mealie, port: {name: http}}}}]}}]
";
    let route = http_route("mealie", "mealie.example.org", "[{name: envoy-internal, namespace: network}]");
    let dashboard = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: dashboard, namespace: traefik}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(`traefik.example.org`) && (PathPrefix(`/dashboard`) || PathPrefix(`/api`))
      services: [{name: api@internal, kind: TraefikService}]
  tls: {}
";
    let seen = see(&[
        NGINX,
        TRAEFIK,
        GATEWAYS,
        ingress,
        &route,
        dashboard,
        &app("default", "mealie", 80, "hkotel/mealie"),
    ]);
    assert_eq!(seen.shown(), ["mealie.example.org", "traefik.example.org/dashboard"]);
    assert_eq!(
        seen.text("mealie.example.org", "found_in"),
        "HTTPRoute default/mealie, Ingress default/mealie"
    );
    let dashboard = seen.tile("traefik.example.org/dashboard");
    assert_eq!(dashboard.title, "Traefik");
    assert_eq!(text_of(dashboard, "url"), "https://traefik.example.org/dashboard/");
    assert_eq!(seen.codes(), Vec::<&str>::new());
}

#[test]
fn trap_12_hobs_own_route_is_shown_as_this_page() {
    let route = http_route("hob", "home.example.org", "[{name: envoy-internal, namespace: network}]");
    let seen = see(&[GATEWAYS, &route, &app("default", "hob", 80, "ghcr.io/example/hob:1.0")]);
    assert_eq!(seen.tile("home.example.org").facts.get("this_page"), Some(&Fact::Boolean(true)));
}

#[test]
fn trap_13_names_come_from_the_host_and_not_from_the_object() {
    let paperless = app("default", "paperless", 8000, "ghcr.io/paperless-ngx/paperless-ngx:2.13");
    assert_eq!(see(&[TRAEFIK, TWIN, &paperless]).tile("paperless.example.org").title, "Paperless");
    let named = TWIN.replace("name: paperless-ingress, namespace: default", "name: paperless-ingress, namespace: default, annotations: {hob.dev/name: Papers, gethomepage.dev/name: Documents, gethomepage.dev/group: Office}");
    let seen = see(&[TRAEFIK, &named, &paperless]);
    assert_eq!(seen.tile("paperless.example.org").title, "Papers");
    assert_eq!(seen.text("paperless.example.org", "group"), "Office");
    // Two sites with the same first label are told apart by what serves them.
    let parent = "[{name: envoy-internal, namespace: network}]";
    let files = [
        http_route("wiki-work", "wiki.example.org", parent),
        http_route("wiki-home", "wiki.example.com", parent),
        app("default", "wiki-work", 80, "example/one"),
        app("default", "wiki-home", 80, "example/two"),
    ];
    let mut all: Vec<&str> = files.iter().map(String::as_str).collect();
    all.push(GATEWAYS);
    let seen = see(&all);
    assert_eq!(seen.tile("wiki.example.org").title, "Wiki Work");
    assert_eq!(seen.tile("wiki.example.com").title, "Wiki Home");
    // Even what serves them may be called the same.
    let other = files[1].replace("namespace: default", "namespace: apps").replace("wiki-home", "wiki");
    let second = app("apps", "wiki", 80, "example/two");
    let first = [files[0].replace("wiki-work", "wiki"), app("default", "wiki", 80, "example/one")];
    let seen = see(&[GATEWAYS, &other, &second, &first[0], &first[1]]);
    assert_eq!(seen.tile("wiki.example.org").title, "Wiki (example.org)");
    assert_eq!(seen.tile("wiki.example.com").title, "Wiki (example.com)");
}

#[test]
fn annotations_of_an_object_with_several_sites_name_the_first_of_them() {
    let ingress = "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: suite
  namespace: office
  annotations:
    gethomepage.dev/name: Office
    gethomepage.dev/group: Work
    gethomepage.dev/href: https://office.example.org/start
spec:
  ingressClassName: nginx
  rules:
    - {host: office.example.org, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: office, port: {number: 80}}}}]}}
    - {host: draw.example.org, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: draw, port: {number: 80}}}}]}}
";
    let seen = see(&[
        NGINX,
        ingress,
        &app("office", "office", 80, "x/office"),
        &app("office", "draw", 80, "x/draw"),
    ]);
    let names: Vec<&str> = seen.shown().iter().map(|tile| seen.tile(tile).title.as_str()).collect();
    assert_eq!(names, ["Draw", "Office"]);
    assert_eq!(seen.text("draw.example.org", "url"), "http://draw.example.org");
    assert_eq!(seen.text("office.example.org", "url"), "https://office.example.org/start");
    assert_eq!(seen.text("draw.example.org", "group"), "Work");
}

#[test]
fn what_hides_an_api_does_not_hide_its_site() {
    let rule = |name: &str, path: &str, annotation: &str| {
        format!(
            "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: default, annotations: {{{annotation}}}}}
spec:
  ingressClassName: nginx
  rules: [{{host: shop.example.org, http: {{paths: [{{path: {path}, pathType: Prefix, backend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}]}}}}]
"
        )
    };
    let files = [
        rule("shop", "/", ""),
        rule("api", "/api", "hob.dev/hide: 'true'"),
        rule(
            "grafana",
            "/grafana",
            "hob.dev/icon: 'https://example.org/g.png', hob.dev/weight: '3', hob.dev/tags: 'a,b'",
        ),
        app("default", "shop", 80, "x/shop"),
        app("default", "api", 80, "x/api"),
        app("default", "grafana", 80, "grafana/grafana:11"),
    ];
    let mut all: Vec<&str> = files.iter().map(String::as_str).collect();
    all.push(NGINX);
    let seen = see(&all);
    assert_eq!(seen.shown(), ["shop.example.org", "shop.example.org/grafana"]);
    let grafana = seen.tile("shop.example.org/grafana");
    assert_eq!(grafana.title, "Grafana");
    assert_eq!(text_of(grafana, "icon_url"), "https://example.org/g.png");
    assert_eq!(grafana.facts.get("weight"), Some(&Fact::Integer(3)));
    assert_eq!(text_of(grafana, "tags"), "a,b");
    let hidden = files[0].replace("annotations: {}", "annotations: {hob.dev/hide: 'true'}");
    all[0] = &hidden;
    assert_eq!(see(&all).shown(), ["shop.example.org/grafana"]);
}

#[test]
fn hosts_for_which_there_is_no_one_address() {
    let routes = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: tenants, namespace: web}
spec:
  entryPoints: [websecure]
  routes:
    - {kind: Rule, match: 'HostRegexp(`^.+\\.apps\\.example\\.org$`)', services: [{name: tenants, port: 80}]}
  tls: {}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: stars, namespace: web, annotations: {hob.dev/url: 'https://start.example.org/'}}
spec:
  ingressClassName: nginx
  rules: [{host: '*.example.org', http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: tenants, port: {number: 80}}}}]}}]
";
    let seen = see(&[NGINX, routes, &app("web", "tenants", 80, "x/tenants")]);
    assert_eq!(seen.shown(), ["*.example.org"]);
    assert_eq!(seen.text("*.example.org", "url"), "https://start.example.org/");
    assert_eq!(seen.of_kind(ThingKind::Service).len(), 2);
    assert_eq!(seen.codes(), Vec::<&str>::new());
}

#[test]
fn settings_hide_hosts_and_namespaces() {
    let settings = Settings {
        hidden_hosts: vec!["*.example.com".to_owned()],
        hidden_namespaces: vec!["secret".to_owned()],
        ..Settings::default()
    };
    let parent = "[{name: envoy-internal, namespace: network}]";
    let files = [
        http_route("one", "one.example.com", parent),
        http_route("two", "two.example.org", parent).replace("namespace: default", "namespace: secret"),
        http_route("three", "three.example.org", parent),
        app("default", "one", 80, "x/y"),
        app("secret", "two", 80, "x/y"),
        app("default", "three", 80, "x/y"),
    ];
    let mut all: Vec<&str> = files.iter().map(String::as_str).collect();
    all.push(GATEWAYS);
    let seen = see_with(&all, &settings);
    assert_eq!(seen.shown(), ["three.example.org"]);
    assert_eq!(seen.text("one.example.com", "hidden_because"), "The settings name this host.");
    assert_eq!(seen.text("two.example.org", "hidden_because"), "The settings name its namespace.");
}

#[test]
fn a_host_that_only_sends_people_on_is_another_name_of_where_it_sends_them() {
    let redirect = "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: www, namespace: default}
spec:
  parentRefs: [{name: envoy-internal, namespace: network}]
  hostnames: [www.example.org]
  rules: [{filters: [{type: RequestRedirect, requestRedirect: {hostname: example.org, statusCode: 301}}]}]
";
    let page = http_route("site", "example.org", "[{name: envoy-internal, namespace: network}]");
    let seen = see(&[GATEWAYS, redirect, &page, &app("default", "site", 80, "x/site")]);
    assert_eq!(seen.shown(), ["example.org"]);
    assert_eq!(seen.text("example.org", "aliases"), "www.example.org");
}

#[test]
fn annotations_of_nginx_redirect_and_ask_who_may_pass() {
    let ingress = |name: &str, host: &str, annotation: &str| {
        format!(
            "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: default, annotations: {{{annotation}}}}}
spec:
  ingressClassName: nginx
  rules: [{{host: {host}, http: {{paths: [{{path: '/(.*)', pathType: ImplementationSpecific, backend: {{service: {{name: wiki, port: {{number: 80}}}}}}}}]}}}}]
"
        )
    };
    let login =
        "nginx.ingress.kubernetes.io/auth-url: 'http://oauth2-proxy.auth.svc.cluster.local/oauth2/auth'";
    let page = ingress("wiki", "wiki.home.arpa", login);
    let short =
        ingress("short", "w", "nginx.ingress.kubernetes.io/rewrite-target: 'http://wiki.home.arpa/$1'");
    let wiki = app("default", "wiki", 80, "requarks/wiki");
    let seen = see(&[NGINX, &page, &short, &wiki]);
    assert_eq!(seen.shown(), ["wiki.home.arpa"]);
    assert_eq!(seen.text("wiki.home.arpa", "aliases"), "w");
    let (_, finding) = seen.finding("route-service-missing");
    assert_eq!(finding.field, "metadata.annotations[nginx.ingress.kubernetes.io/auth-url]");
    let proxy = app("auth", "oauth2-proxy", 80, "quay.io/oauth2-proxy/oauth2-proxy");
    assert_eq!(see(&[NGINX, &page, &short, &wiki, &proxy]).codes(), Vec::<&str>::new());
}

#[test]
fn the_api_of_the_cluster_is_no_page() {
    let route = http_route("kubernetes", "kube.example.org", "[{name: envoy-internal, namespace: network}]");
    let service = "
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {ports: [{name: https, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
ports: [{name: https, port: 6443}]
endpoints: [{addresses: [192.168.1.11]}]
";
    let seen = see(&[GATEWAYS, &route, service]);
    assert_eq!((seen.shown(), seen.codes()), (Vec::new(), Vec::new()));
}

#[test]
fn a_route_without_a_host_is_opened_at_the_address_of_its_entrance() {
    let routes = "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: hello, namespace: web}
spec:
  entryPoints: [web]
  routes: [{kind: Rule, match: 'PathPrefix(`/hello`)', services: [{name: hello, port: 80}]}]
";
    let seen = see(&[TRAEFIK, routes, &app("web", "hello", 80, "x/hello")]);
    assert_eq!(seen.text("192.168.1.240/hello", "url"), "http://192.168.1.240/hello");
    assert_eq!(seen.tile("192.168.1.240/hello").title, "Hello");
}

#[test]
fn trap_14_services_that_need_no_route() {
    let services = "
apiVersion: v1
kind: Service
metadata: {name: plex, namespace: media}
spec:
  type: LoadBalancer
  selector: {app: plex}
  ports: [{name: pms, port: 32400}, {name: dlna-udp, port: 1900, protocol: UDP}]
status: {loadBalancer: {ingress: [{ip: 192.168.1.50}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: plex-0, namespace: media, labels: {app: plex}}
spec: {containers: [{name: plex, image: 'ghcr.io/home-operations/plex:1.41', ports: [{containerPort: 32400}]}]}
status: {phase: Running}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: plex-s, namespace: media, labels: {kubernetes.io/service-name: plex}}
ports: [{name: pms, port: 32400}, {name: dlna-udp, port: 1900}]
endpoints: [{addresses: [10.0.0.9], conditions: {ready: true}, targetRef: {kind: Pod, name: plex-0}}]
---
apiVersion: v1
kind: Service
metadata: {name: unifi, namespace: net}
spec: {type: NodePort, selector: {app: unifi}, ports: [{name: https, port: 8443, nodePort: 30443}]}
---
apiVersion: v1
kind: Node
metadata: {name: n1}
status:
  addresses: [{type: Hostname, address: n1}, {type: InternalIP, address: 192.168.1.11}]
  conditions: [{type: Ready, status: 'True'}]
---
apiVersion: v1
kind: Service
metadata: {name: proxmox, namespace: net}
spec: {type: ExternalName, externalName: proxmox.lan, ports: [{name: https, port: 8006}]}
---
apiVersion: v1
kind: Service
metadata: {name: database, namespace: net}
spec: {type: ExternalName, externalName: db.lan}
";
    let settings = Settings { unread: [Kind::EndpointSlice].into(), ..Settings::default() };
    let seen = see_with(&[TRAEFIK, services], &settings);
    assert_eq!(seen.shown(), ["192.168.1.11:30443", "192.168.1.50:32400", "proxmox.lan:8006"]);
    let plex = seen.tile("192.168.1.50:32400");
    assert_eq!(plex.title, "Plex");
    assert!(text_of(plex, "url").starts_with("http://192.168.1.50:32400"), "{}", text_of(plex, "url"));
    assert_eq!(text_of(plex, "exposure"), "internal");
    assert_eq!(plex.facts.get("scheme_sure"), Some(&Fact::Boolean(false)));
    assert!(plex.needs.contains(&ThingId::backend("media", "plex")));
    assert_eq!(seen.tile("proxmox.lan:8006").title, "Proxmox");
    assert_eq!(seen.text("proxmox.lan:8006", "url"), "https://proxmox.lan:8006");
    assert_eq!(seen.tile("192.168.1.11:30443").title, "UniFi Network");
    assert_eq!(seen.of_kind(ThingKind::Port), ["media/plex:1900/udp"]);
}
