//! What is wrong with routes and what they name: each finding by its code, with where it was found.

use super::*;
use crate::Severity;

/// An Ingress in namespace `default`, with the fields of one path and further lines of its `spec`.
fn ingress(name: &str, host: &str, service: &str, port: &str, more: &str) -> String {
    format!(
        "
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, namespace: default}}
spec:
  {more}
  rules:
    - host: {host}
      http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: {service}, port: {port}}}}}}}]}}
"
    )
}

const CLASS: &str = "ingressClassName: nginx";

fn check(seen: &Seen, code: &str, on: &str, severity: Severity, sentence: &str, field: &str) {
    let (id, finding) = seen.finding(code);
    assert_eq!(id.to_string(), on, "{code}");
    assert_eq!(finding.severity, severity, "{code}");
    assert_eq!(finding.sentence, sentence, "{code}");
    assert_eq!(finding.field, field, "{code}");
}

#[test]
fn a_port_that_the_service_does_not_have() {
    let by_number = ingress("web", "web.example.org", "web", "{number: 8080}", CLASS);
    let service = "
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}, {name: metrics, port: 9000}]}
";
    let pods = app("default", "other", 80, "nginx");
    let settings = Settings { unread: [Kind::EndpointSlice].into(), ..Settings::default() };
    let seen = see_with(&[NGINX, &by_number, service, &pods], &settings);
    check(
        &seen,
        "route-port-missing",
        "route/ingress/default/web",
        Severity::Critical,
        "The Service “web” has no port 8080: it has 80 (http), 9000 (metrics).",
        "spec.rules[0].http.paths[0].backend.service.port",
    );
    assert_eq!(
        seen.finding("route-port-missing").1.remedy.as_deref(),
        Some("8080 is the port of the pods. Routes name the port of the Service: 80.")
    );
    let by_name = ingress("web", "web.example.org", "web", "{name: https}", CLASS);
    let seen = see_with(&[NGINX, &by_name, service, &pods], &settings);
    assert_eq!(
        seen.finding("route-port-missing").1.sentence,
        "The Service “web” has no port named “https”: it has 80 (http), 9000 (metrics)."
    );
}

#[test]
fn classes_of_ingress() {
    let web = app("default", "web", 80, "nginx");
    let seen = see(&[
        NGINX,
        &web,
        &ingress("web", "web.example.org", "web", "{number: 80}", "ingressClassName: ngnix"),
    ]);
    check(
        &seen,
        "ingress-class-missing",
        "route/ingress/default/web",
        Severity::Critical,
        "The ingress class “ngnix” that this Ingress names does not exist.",
        "spec.ingressClassName",
    );
    let no_default = NGINX.replace("'true'", "'false'");
    let none = ingress("web", "web.example.org", "web", "{number: 80}", "");
    assert_eq!(see(&[&no_default, &web, &none]).finding("ingress-no-class").1.severity, Severity::Warning);
    assert_eq!(see(&[NGINX, &web, &none]).codes(), Vec::<&str>::new());
    let unserved = "
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
";
    let named = ingress("web", "web.example.org", "web", "{number: 80}", CLASS);
    check(
        &see(&[unserved, &web, &named]),
        "ingress-class-unserved",
        "route/ingress/default/web",
        Severity::Critical,
        "Nobody serves the ingress class “nginx”: no pod of ingress-nginx runs.",
        "spec.ingressClassName",
    );
    // Somebody does who gave it an address; and who cannot read pods cannot tell.
    let served = format!("{named}status: {{loadBalancer: {{ingress: [{{ip: 10.0.0.1}}]}}}}\n");
    assert_eq!(see(&[unserved, &web, &served]).codes(), Vec::<&str>::new());
    let settings = Settings { unread: [Kind::Pod, Kind::EndpointSlice].into(), ..Settings::default() };
    assert_eq!(see_with(&[unserved, &web, &named], &settings).codes(), Vec::<&str>::new());
}

#[test]
fn a_middleware_in_an_annotation() {
    let route = ingress("web", "web.example.org", "web", "{number: 80}", CLASS).replace(
        "namespace: default}",
        "namespace: default, annotations: {traefik.ingress.kubernetes.io/router.middlewares: default-auht@kubernetescrd}}",
    );
    let middleware = "
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: auth, namespace: default}
spec: {forwardAuth: {address: 'http://authelia.auth.svc.cluster.local:9091/api/verify'}}
";
    let seen = see(&[NGINX, &route, middleware, &app("default", "web", 80, "nginx")]);
    let (_, finding) = seen.finding("route-middleware-missing");
    assert_eq!(finding.field, "metadata.annotations[traefik.ingress.kubernetes.io/router.middlewares]");
    assert_eq!(finding.remedy.as_deref(), Some("There is “default-auth@kubernetescrd”: was that one meant?"));
    // Named rightly, it is asked itself what it needs.
    let right = route.replace("auht", "auth");
    let seen = see(&[NGINX, &right, middleware, &app("default", "web", 80, "nginx")]);
    check(
        &seen,
        "route-service-missing",
        "middleware/default/auth",
        Severity::Critical,
        "The Service “authelia” that this middleware names does not exist in namespace “auth”.",
        "spec.forwardAuth.address",
    );
}

#[test]
fn backends_without_anything_behind_them() {
    let route = ingress("web", "web.example.org", "web", "{number: 80}", CLASS);
    let web = app("default", "web", 80, "nginx");
    let service = web.split("---").next().unwrap();
    let on = "backend/default/web";

    let seen = see(&[NGINX, &route, service]);
    let sentence = "The selector of the Service “web” (app=web) matches no pod, so nothing answers.";
    check(&seen, "backend-selector-matches-nothing", on, Severity::Critical, sentence, "spec.selector");

    let two = service.replace("{app: web}", "{app: other, tier: frnt}");
    let seen = see(&[NGINX, &route, &two, &app("default", "other", 80, "nginx")]);
    assert_eq!(
        seen.finding("backend-selector-matches-nothing").1.remedy.as_deref(),
        Some("Pods match all of it but “tier=frnt”: is that label written so on them?")
    );

    let waiting = web.replace("conditions: {ready: true}", "conditions: {ready: false}");
    let seen = see(&[NGINX, &route, &waiting]);
    check(
        &seen,
        "backend-none-ready",
        on,
        Severity::Critical,
        "The only pod behind the Service “web” is not ready: web-1-x.",
        "",
    );

    let young =
        waiting.replace("name: web-1-x\n", "name: web-1-x\n  creationTimestamp: '2026-01-01T00:00:00Z'\n");
    let at = |seconds: i64| Settings { now_ms: 1_767_225_600_000 + seconds * 1000, ..Settings::default() };
    let seen = see_with(&[NGINX, &route, &young], &at(30));
    assert_eq!(seen.finding("backend-starting").1.severity, Severity::Warning);
    assert_eq!(see_with(&[NGINX, &route, &young], &at(300)).codes(), ["backend-none-ready"]);

    let unnamed = web.replace("ports: [{name: http, port: 80, protocol: TCP}]\nend", "ports: []\nend");
    let seen = see(&[NGINX, &route, &unnamed]);
    let sentence = "Port 80 of the Service “web” leads to a port “http” that its pods do not have.";
    check(&seen, "backend-target-port-missing", on, Severity::Critical, sentence, "spec.ports[].targetPort");

    let bare = service.replace("  selector: {app: web}\n", "");
    let seen = see(&[NGINX, &route, &bare]);
    let sentence =
        "Nothing is behind the Service “web”: it selects no pods, and nobody has written addresses for it.";
    check(&seen, "backend-no-endpoints", on, Severity::Critical, sentence, "spec.selector");

    let off = web.split("---").take(2).collect::<Vec<_>>().join("---").replace("replicas: 1", "replicas: 0");
    let seen = see(&[NGINX, &route, &off]);
    let (_, finding) = seen.finding("backend-switched-off");
    assert_eq!(finding.severity, Severity::Note);
}

#[test]
fn a_service_outside_of_the_cluster_and_one_that_waits_for_an_address() {
    let route = ingress("nas", "nas.example.org", "nas", "{number: 443}", CLASS);
    let service = "
apiVersion: v1
kind: Service
metadata: {name: nas, namespace: default}
spec: {type: ExternalName, externalName: nas.lan, ports: [{port: 443}]}
---
apiVersion: v1
kind: Service
metadata: {name: plex, namespace: default}
spec: {type: LoadBalancer, selector: {app: plex}, ports: [{port: 32400}]}
";
    let seen = see(&[NGINX, &route, service, &app("default", "plex2", 32400, "plex")]);
    let sentence =
        "It stands for “nas.lan” outside of the cluster; only a probe tells whether anything answers there.";
    check(&seen, "backend-external", "backend/default/nas", Severity::Note, sentence, "spec.externalName");
    let sentence = "The Service “plex” still waits for an address of a load balancer.";
    check(
        &seen,
        "backend-address-pending",
        "backend/default/plex",
        Severity::Warning,
        sentence,
        "status.loadBalancer",
    );
}

#[test]
fn the_same_host_twice() {
    let at = |text: String, time: &str| {
        text.replace("namespace: default}", &format!("namespace: default, creationTimestamp: '{time}'}}"))
    };
    let first =
        at(ingress("b-first", "web.example.org", "web", "{number: 80}", CLASS), "2026-01-01T00:00:00Z");
    let second =
        at(ingress("a-second", "web.example.org", "other", "{number: 80}", CLASS), "2026-02-01T00:00:00Z");
    let seen = see(&[
        NGINX,
        &first,
        &second,
        &app("default", "web", 80, "nginx"),
        &app("default", "other", 80, "nginx"),
    ]);
    check(
        &seen,
        "route-duplicate",
        "route/ingress/default/a-second",
        Severity::Warning,
        "“web.example.org/” is led elsewhere by the Ingress default/b-first: the older one is served.",
        "",
    );
    // A canary is meant so.
    let canary = second.replace(
        "creationTimestamp",
        "annotations: {nginx.ingress.kubernetes.io/canary: 'true'}, creationTimestamp",
    );
    let seen = see(&[
        NGINX,
        &first,
        &canary,
        &app("default", "web", 80, "nginx"),
        &app("default", "other", 80, "nginx"),
    ]);
    assert_eq!(seen.notes(), Vec::<&str>::new());
}

fn traefik_route(name: &str, rule: &str, service: &str, more: &str) -> String {
    format!(
        "
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {{name: {name}, namespace: default}}
spec:
  entryPoints: [websecure]
  routes: [{{kind: Rule, match: '{rule}', services: [{{name: {service}, port: 80}}]{more}}}]
  tls: {{}}
"
    )
}

#[test]
fn a_rule_that_another_one_leaves_nothing() {
    let wide = traefik_route("wide", "Host(`web.example.org`)", "web", ", priority: 1000");
    let narrow = traefik_route("narrow", "Host(`web.example.org`) && PathPrefix(`/admin`)", "other", "");
    let apps = [app("default", "web", 80, "nginx"), app("default", "other", 80, "nginx")];
    let seen = see(&[&wide, &narrow, &apps[0], &apps[1]]);
    check(
        &seen,
        "route-shadowed",
        "route/ingressroute/default/narrow",
        Severity::Warning,
        "This route is never reached: the IngressRoute default/wide takes all that it would serve, with the higher priority 1000 (against 47).",
        "",
    );
    let seen = see(&[&wide.replace("1000", "0"), &narrow, &apps[0], &apps[1]]);
    assert_eq!(seen.codes(), Vec::<&str>::new());
    // On other entry points they do not meet.
    let seen = see(&[&wide.replace("websecure", "internal"), &narrow, &apps[0], &apps[1]]);
    assert_eq!(seen.codes(), Vec::<&str>::new());
    let twin = traefik_route("twin", "Host(`WEB.example.org`)", "other", ", priority: 1000");
    let seen = see(&[&wide, &twin, &apps[0], &apps[1]]);
    check(
        &seen,
        "route-duplicate",
        "route/ingressroute/default/wide",
        Severity::Warning,
        "The same rule leads elsewhere in the IngressRoute default/twin: Traefik takes either of them.",
        "",
    );
}

#[test]
fn services_of_traefik_and_references_into_other_namespaces() {
    let route = traefik_route("web", "Host(`web.example.org`)", "weighted", "")
        .replace("{name: weighted, port: 80}", "{name: weighted, kind: TraefikService}");
    let weighted = "
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: weighted, namespace: default}
spec: {weighted: {services: [{name: web, port: 80, weight: 3}, {name: gone, port: 80, weight: 1}]}}
";
    let web = app("default", "web", 80, "nginx");
    let seen = see(&[&route, weighted, &web]);
    let (on, finding) = seen.finding("route-service-missing");
    assert_eq!(on.name, "ingressroute/default/web");
    assert_eq!((finding.severity, finding.object.kind.as_str()), (Severity::Warning, "TraefikService"));
    assert_eq!(finding.field, "spec.weighted.services[1].name");
    assert_eq!(seen.shown(), ["web.example.org"]);

    let seen = see(&[&route, &web]);
    let (_, finding) = seen.finding("route-service-missing");
    assert_eq!(
        finding.sentence,
        "The TraefikService “weighted” that this route names does not exist in namespace “default”."
    );

    let crossing = traefik_route("web", "Host(`web.example.org`)", "web, namespace: apps", "");
    let there = app("apps", "web", 80, "nginx");
    assert_eq!(see(&[&crossing, &there]).finding("route-cross-namespace").1.severity, Severity::Note);
    let strict = "
apiVersion: v1
kind: Pod
metadata: {name: traefik, namespace: kube-system}
spec: {containers: [{name: traefik, image: 'traefik:v3.2', args: ['--providers.kubernetescrd', '--entryPoints.websecure.address=:8443/tcp']}]}
";
    let seen = see(&[&crossing, &there, strict]);
    assert_eq!(seen.finding("route-cross-namespace").1.severity, Severity::Critical);
    let outside = "
apiVersion: v1
kind: Service
metadata: {name: nas, namespace: default}
spec: {type: ExternalName, externalName: nas.lan, ports: [{port: 80}]}
";
    let to_nas = traefik_route("nas", "Host(`nas.example.org`)", "nas", "");
    assert_eq!(
        see(&[&to_nas, outside, strict]).finding("route-external-name-refused").1.severity,
        Severity::Critical
    );
    assert_eq!(see(&[&to_nas, outside]).codes(), Vec::<&str>::new());
    let elsewhere = crossing.replace("[websecure]", "[secure-external]");
    let (_, finding) = &see(&[&elsewhere, &there, strict])
        .0
        .findings()
        .find(|(_, f)| f.code == "route-entry-point-missing")
        .map(|(id, f)| (id.clone(), f.clone()))
        .unwrap();
    assert_eq!(finding.sentence, "Traefik has no entry point “secure-external”: it has websecure.");
}

const GATEWAY: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: main, namespace: network}
spec:
  gatewayClassName: cilium
  listeners:
    - {name: https, hostname: '*.example.org', port: 443, protocol: HTTPS, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {routes: 'yes'}}}}, tls: {certificateRefs: [{name: star}]}}
---
apiVersion: v1
kind: Secret
metadata: {name: star, namespace: network}
type: kubernetes.io/tls
---
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {routes: 'yes'}}
---
apiVersion: v1
kind: Namespace
metadata: {name: apps}
";

fn http_route(parent: &str, host: &str, backend: &str, status: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web, namespace: default}}
spec:
  parentRefs: [{parent}]
  hostnames: ['{host}']
  rules: [{{backendRefs: [{backend}]}}]
{status}
"
    )
}

const MAIN: &str = "{name: main, namespace: network, sectionName: https}";
const WEB: &str = "{name: web, port: 80}";

#[test]
fn gateways_and_listeners_that_are_not_there() {
    let web = app("default", "web", 80, "nginx");
    let on = "route/httproute/default/web";
    let see_route = |parent: &str, host: &str| see(&[GATEWAY, &web, &http_route(parent, host, WEB, "")]);
    assert_eq!(see_route(MAIN, "web.example.org").codes(), Vec::<&str>::new());
    check(
        &see_route("{name: main}", "web.example.org"),
        "route-gateway-missing",
        on,
        Severity::Critical,
        "The Gateway “main” that this route names does not exist in namespace “default”.",
        "spec.parentRefs[0].name",
    );
    check(
        &see_route("{name: main, namespace: network, sectionName: http}", "web.example.org"),
        "route-listener-missing",
        on,
        Severity::Critical,
        "The Gateway “main” has no listener “http”: it has https.",
        "spec.parentRefs[0].sectionName",
    );
    check(
        &see_route(MAIN, "web.example.com"),
        "route-listener-host",
        on,
        Severity::Critical,
        "The Gateway “main” takes *.example.org, not web.example.com: nobody serves this route there.",
        "spec.parentRefs[0]",
    );
    let barred = http_route(MAIN, "web.example.org", WEB, "")
        .replace("namespace: default}\nspec", "namespace: apps}\nspec");
    check(
        &see(&[GATEWAY, &app("apps", "web", 80, "nginx"), &barred]),
        "route-namespace-barred",
        "route/httproute/apps/web",
        Severity::Critical,
        "The Gateway “main” takes no routes from namespace “apps”.",
        "spec.parentRefs[0]",
    );
    // Of two parents one is enough to be reached.
    let two = format!("{MAIN}, {{name: gone, namespace: network}}");
    assert_eq!(
        see_route(&two, "web.example.org").finding("route-gateway-missing").1.severity,
        Severity::Warning
    );
    let settings = Settings { unread: [Kind::Gateway].into(), ..Settings::default() };
    let route = http_route("{name: gone}", "web.example.org", WEB, "");
    let seen = see_with(&[&web, &route], &settings);
    assert_eq!((seen.codes(), seen.shown()), (Vec::new(), vec!["web.example.org"]));
}

#[test]
fn what_controllers_say_of_routes_and_gateways() {
    let web = app("default", "web", 80, "nginx");
    let status = |kind: &str, reason: &str| {
        format!(
            "status: {{parents: [{{parentRef: {{name: main}}, controllerName: x, conditions: [{{type: {kind}, status: 'False', reason: {reason}, message: 'because of it'}}]}}]}}"
        )
    };
    let route = http_route(MAIN, "web.example.org", WEB, &status("Accepted", "NotAllowedByListeners"));
    let seen = see(&[GATEWAY, &web, &route]);
    check(
        &seen,
        "route-not-accepted",
        "route/httproute/default/web",
        Severity::Critical,
        "The Gateway “main” does not accept this route (NotAllowedByListeners).",
        "status.parents",
    );
    assert_eq!(seen.finding("route-not-accepted").1.evidence, "because of it");
    let route = http_route(MAIN, "web.example.org", WEB, &status("ResolvedRefs", "BackendNotFound"));
    assert_eq!(see(&[GATEWAY, &web, &route]).codes(), ["route-refs-unresolved"]);
    // What was found explains it: nothing is said twice.
    assert_eq!(see(&[GATEWAY, &route]).codes(), ["route-service-missing"]);
    // What is said of a gateway that is no longer named is left over.
    let old = route.replace("parentRef: {name: main}", "parentRef: {name: before}");
    assert_eq!(see(&[GATEWAY, &web, &old]).codes(), Vec::<&str>::new());

    let gateway = GATEWAY.replace(
        "---\napiVersion: v1\nkind: Secret",
        "status: {conditions: [{type: Programmed, status: 'False', reason: AddressNotAssigned, message: 'no address'}]}\n---\napiVersion: v1\nkind: Secret",
    );
    check(
        &see(&[&gateway]),
        "gateway-not-programmed",
        "entry-point/gateway/network/main",
        Severity::Critical,
        "The controller of class “cilium” has not set up this Gateway (AddressNotAssigned), so nothing behind it is reached.",
        "status.conditions",
    );
    let gateway = GATEWAY.replace(
        "---\napiVersion: v1\nkind: Secret",
        "status: {listeners: [{name: https, conditions: [{type: Programmed, status: 'False', reason: Invalid, message: 'x'}]}]}\n---\napiVersion: v1\nkind: Secret",
    );
    check(
        &see(&[&gateway]),
        "listener-not-ready",
        "entry-point/gateway/network/main/https",
        Severity::Critical,
        "The listener “https” of this Gateway does not work (Invalid).",
        "status.listeners",
    );
}

#[test]
fn references_into_other_namespaces_must_be_granted() {
    let route = http_route(MAIN, "web.example.org", "{name: web, namespace: apps, port: 80}", "");
    let web = app("apps", "web", 80, "nginx");
    check(
        &see(&[GATEWAY, &web, &route]),
        "reference-not-granted",
        "route/httproute/default/web",
        Severity::Critical,
        "Nothing in namespace “apps” grants a HTTPRoute of namespace “default” the use of the Service “web”, so the Gateway refuses it.",
        "spec.rules[0].backendRefs[0]",
    );
    let grant = "
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: routes, namespace: apps}
spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}], to: [{group: '', kind: Service}]}
";
    assert_eq!(see(&[GATEWAY, &web, &route, grant]).codes(), Vec::<&str>::new());
    let settings = Settings { unread: [Kind::ReferenceGrant].into(), ..Settings::default() };
    assert_eq!(see_with(&[GATEWAY, &web, &route], &settings).codes(), Vec::<&str>::new());
}

#[test]
fn a_certificate_for_other_hosts() {
    use base64::Engine as _;
    let issued =
        rcgen::generate_simple_self_signed(vec!["*.example.org".into(), "example.org".into()]).unwrap();
    let held = base64::engine::general_purpose::STANDARD.encode(issued.cert.pem());
    let secret = format!(
        "
apiVersion: v1
kind: Secret
metadata: {{name: star, namespace: default}}
type: kubernetes.io/tls
data: {{tls.crt: {held}}}
"
    );
    let more = |host: &str| format!("{CLASS}\n  tls: [{{hosts: [{host}], secretName: star}}]");
    let web = app("default", "web", 80, "nginx");
    let right = ingress("web", "web.example.org", "web", "{number: 80}", &more("web.example.org"));
    assert_eq!(see(&[NGINX, &web, &right, &secret]).codes(), Vec::<&str>::new());
    let wrong = ingress("web", "web.home.example.org", "web", "{number: 80}", &more("web.home.example.org"));
    check(
        &see(&[NGINX, &web, &wrong, &secret]),
        "tls-secret-host",
        "route/ingress/default/web",
        Severity::Warning,
        "The certificate in the secret “star” is for *.example.org, example.org, not for web.home.example.org: browsers warn of it.",
        "spec.tls[0].secretName",
    );
    // Traefik shows the certificate that fits, whichever route names it.
    let with_secret = |name: &str, host: &str, secret: &str| {
        traefik_route(name, &format!("Host(`{host}`)"), "web", "")
            .replace("tls: {}", &format!("tls: {{secretName: {secret}}}"))
    };
    let other = rcgen::generate_simple_self_signed(vec!["shop.org".into()]).unwrap();
    let other = base64::engine::general_purpose::STANDARD.encode(other.cert.pem());
    let other = secret.replace("name: star", "name: shop").replace(&held, &other);
    let routes = [
        with_secret("web", "web.example.org", "star"),
        with_secret("both", "web.example.org", "shop").replace("`)", "`) && PathPrefix(`/x`)"),
    ];
    assert_eq!(see(&[&web, &routes[0], &routes[1], &secret, &other]).codes(), Vec::<&str>::new());
    assert_eq!(see(&[&web, &routes[1], &secret, &other]).codes(), ["tls-secret-host"]);
}

#[test]
fn expressions_with_the_same_beginning_are_not_the_same_path() {
    let two = |kind: &str| {
        ["(api|auth)(/|$)(.*)", "(files)(/|$)(.*)"]
            .iter()
            .zip(["web", "other"])
            .map(|(path, service)| {
                let number = "{number: 80}";
                ingress(service, "web.example.org", service, number, CLASS)
                    .replace("path: /, pathType: Prefix", &format!("path: '/{path}', pathType: {kind}"))
            })
            .collect::<Vec<_>>()
    };
    let apps = [app("default", "web", 80, "nginx"), app("default", "other", 80, "nginx")];
    let routes = two("ImplementationSpecific");
    assert_eq!(see(&[NGINX, &routes[0], &routes[1], &apps[0], &apps[1]]).codes(), Vec::<&str>::new());
}

#[test]
fn a_certificate_in_a_secret_of_no_type() {
    let route = ingress(
        "web",
        "web.example.org",
        "web",
        "{number: 80}",
        "ingressClassName: nginx\n  tls: [{hosts: [web.example.org], secretName: origin}]",
    );
    let secret = |keys: &str| {
        format!(
            "\napiVersion: v1\nkind: Secret\nmetadata: {{name: origin, namespace: default}}\ntype: Opaque\ndata: {{{keys}}}\n"
        )
    };
    let web = app("default", "web", 80, "nginx");
    let seen = see(&[NGINX, &route, &web, &secret("tls.crt: eA==, tls.key: eA==")]);
    assert_eq!(seen.codes(), Vec::<&str>::new());
    assert_eq!(see(&[NGINX, &route, &web, &secret("password: eA==")]).codes(), ["tls-secret-type"]);
}

#[test]
fn a_login_by_a_bare_name_may_run_beside_traefik() {
    let route = traefik_route("web", "Host(`web.example.org`)", "web", ", middlewares: [{name: auth}]");
    let middleware = |address: &str| {
        format!(
            "\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {{name: auth, namespace: default}}\nspec: {{forwardAuth: {{address: '{address}'}}}}\n"
        )
    };
    let web = app("default", "web", 80, "nginx");
    assert_eq!(
        see(&[&route, &web, &middleware("http://authelia:9091/api/verify")]).codes(),
        Vec::<&str>::new()
    );
    let gone = middleware("http://authelia.auth.svc.cluster.local:9091/api/verify");
    assert_eq!(see(&[&route, &web, &gone]).codes(), ["route-service-missing"]);
    let seen = see(&[
        &route,
        &web,
        &app("default", "authelia", 9091, "authelia"),
        &middleware("http://authelia:9091/x"),
    ]);
    let id = ThingId::new(ThingKind::Middleware, "default/auth");
    assert!(seen.thing(&id).needs.contains(&ThingId::backend("default", "authelia")));
}

#[test]
fn what_is_only_just_made_or_is_ending_is_not_yet_down() {
    let route = ingress("web", "web.example.org", "web", "{number: 80}", CLASS);
    let web = app("default", "web", 80, "nginx");
    let ending = web
        .replace("name: web-1-x\n", "name: web-1-x\n  deletionTimestamp: '2026-01-01T00:00:00Z'\n")
        .replace("conditions: {ready: true}", "conditions: {ready: false, terminating: true}");
    let at = |seconds: i64| Settings { now_ms: 1_767_225_600_000 + seconds * 1000, ..Settings::default() };
    let seen = see_with(&[NGINX, &route, &ending], &at(20));
    assert_eq!(seen.codes(), ["backend-starting"]);
    assert_eq!(
        seen.finding("backend-starting").1.sentence,
        "What is behind the Service “web” is ending, and nothing has followed it yet."
    );
    assert_eq!(see_with(&[NGINX, &route, &ending], &at(600)).codes(), ["backend-none-ready"]);
    let balancer = "
apiVersion: v1
kind: Service
metadata: {name: plex, namespace: default, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {type: LoadBalancer, selector: {app: plex2}, ports: [{port: 32400}]}
";
    let plex = app("default", "plex2", 32400, "plex");
    assert!(!see_with(&[balancer, &plex], &at(5)).codes().contains(&"backend-address-pending"));
    assert!(see_with(&[balancer, &plex], &at(600)).codes().contains(&"backend-address-pending"));
}

#[test]
fn a_redirect_to_what_a_wildcard_serves_leads_somewhere() {
    let redirect = "
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: https, namespace: default}
spec: {redirectScheme: {scheme: https}}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: plain, namespace: default}
spec: {entryPoints: [web], routes: [{kind: Rule, match: 'Host(`web.example.org`)', middlewares: [{name: https}], services: [{kind: TraefikService, name: noop@internal}]}]}
";
    assert_eq!(see(&[redirect]).codes(), ["route-redirects-nowhere"]);
    let web = app("default", "web", 80, "nginx");
    for rule in ["Host(`*.example.org`)", "HostRegexp(`^.+[.]example[.]org$`)"] {
        let seen = see(&[redirect, &traefik_route("all", rule, "web", ""), &web]);
        assert_eq!(seen.codes(), Vec::<&str>::new(), "{rule}");
    }
}

#[test]
fn a_path_within_a_host_does_not_break_the_tile_it_reads_like() {
    let good = traefik_route("good", "Host(`web.example.org`) && PathPrefix(`/shop`)", "web", "");
    let root = traefik_route("root", "Host(`web.example.org`)", "other", "");
    let bad = traefik_route("bad", "Host(`web.example.org/shop`)", "web", "");
    let apps = [app("default", "web", 80, "nginx"), app("default", "other", 80, "nginx")];
    let seen = see(&[&good, &root, &bad, &apps[0], &apps[1]]);
    assert_eq!(seen.text("web.example.org/shop", "url"), "https://web.example.org/shop");
    assert!(!seen.tile("web.example.org/shop").facts.contains_key("broken"));
    assert_eq!(seen.codes(), ["route-host-invalid"]);
}

#[test]
fn routes_for_a_method_or_by_an_expression_are_no_rivals() {
    let route = |name: &str, one: &str| {
        format!(
            "
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: {name}, namespace: default}}
spec:
  hostnames: [web.example.org]
  parentRefs: [{{name: main, namespace: network}}]
  rules: [{{matches: [{one}], backendRefs: [{{name: {name}, port: 80}}]}}]
"
        )
    };
    let apps = [app("default", "web", 80, "nginx"), app("default", "other", 80, "nginx")];
    let codes =
        |a: &str, b: &str| see(&[GATEWAY, &route("web", a), &route("other", b), &apps[0], &apps[1]]).codes();
    let prefix = "{path: {type: PathPrefix, value: /}}";
    assert_eq!(codes(prefix, prefix), ["route-duplicate"]);
    assert_eq!(codes("{method: GET}", prefix), Vec::<&str>::new());
    let by = |expression: &str| format!("{{path: {{type: RegularExpression, value: '/{expression}'}}}}");
    assert_eq!(codes(&by("(api|auth)/.*"), &by("(files)/.*")), Vec::<&str>::new());
}
