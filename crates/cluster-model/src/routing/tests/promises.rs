//! What holds whatever a cluster says: no panic, the same picture in whatever order, and a bounded time.

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Words that mean something to one field or another.
const WORDS: [&str; 26] = [
    "",
    "a",
    "web",
    "prod-web",
    "default",
    "example.org",
    "www.example.org",
    "*.example.org",
    "/",
    "/api",
    "/dev(/|$)(.*)",
    "http",
    "https",
    "websecure",
    "Service",
    "TraefikService",
    "api@internal",
    "Host(`example.org`)",
    "Host(`a.org`) && PathPrefix(`/api`)",
    "HostSNI(`*`)",
    "nginx",
    "https://x.org/${1}",
    "True",
    "False",
    "a_b.org/x",
    "\u{202e}\u{0}ä",
];

fn word() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => prop::sample::select(&WORDS[..]).prop_map(Value::from),
        2 => prop::sample::select(vec![0_i64, 1, 80, 443, 8443, 65536, -1]).prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(json!([])),
        1 => Just(json!({})),
    ]
}

fn meta() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec!["web", "prod-web", "a", "b"]);
    let namespace = prop::sample::select(vec!["default", "a"]);
    (name, namespace, word()).prop_map(|(name, namespace, value)| {
        json!({"name": name, "namespace": namespace, "annotations": {
            "traefik.ingress.kubernetes.io/router.middlewares": value,
            "hob.dev/url": value, "kubernetes.io/ingress.class": value,
        }, "labels": {"app": value, "kubernetes.io/service-name": name}})
    })
}

/// Objects with their fields in the right places and anything in them.
fn object() -> impl Strategy<Value = (Kind, Value)> {
    let kinds = vec![
        Kind::Ingress,
        Kind::IngressRoute,
        Kind::OldIngressRoute,
        Kind::IngressRouteTCP,
        Kind::IngressRouteUDP,
        Kind::Middleware,
        Kind::TraefikService,
        Kind::Gateway,
        Kind::HTTPRoute,
        Kind::GRPCRoute,
        Kind::TLSRoute,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::Pod,
        Kind::IngressClass,
        Kind::ReferenceGrant,
    ];
    (prop::sample::select(kinds), meta(), prop::collection::vec(word(), 14)).prop_map(|(kind, meta, w)| {
        let service = json!({"name": w[0], "namespace": w[1], "kind": w[2], "port": w[3], "weight": w[4]});
        let spec = match kind {
            Kind::Ingress => json!({"ingressClassName": w[0], "defaultBackend": {"service": {"name": w[1]}},
                "tls": [{"hosts": [w[2]], "secretName": w[3]}],
                "rules": [{"host": w[4], "http": {"paths": [{"path": w[5], "pathType": w[6],
                    "backend": {"service": {"name": w[7], "port": {"number": w[8], "name": w[9]}}}}]}}, w[10]]}),
            Kind::Middleware => json!({"chain": {"middlewares": [{"name": w[0], "namespace": w[1]}]},
                "redirectScheme": {"scheme": w[2]}, "ipAllowList": {"sourceRange": [w[3]]}, "forwardAuth": {"address": w[4]},
                "errors": {"service": service}, "redirectRegex": {"replacement": w[5]}}),
            Kind::TraefikService => json!({"weighted": {"services": [service, w[5]]}, "mirroring": service}),
            Kind::Gateway => json!({"gatewayClassName": w[0], "listeners": [{"name": w[1], "hostname": w[2], "port": w[3],
                "protocol": w[4], "tls": {"certificateRefs": [{"name": w[5], "namespace": w[6]}]},
                "allowedRoutes": {"namespaces": {"from": w[7]}}}]}),
            Kind::HTTPRoute | Kind::GRPCRoute | Kind::TLSRoute => json!({"parentRefs": [{"name": w[0], "namespace": w[1],
                "sectionName": w[2], "port": w[3]}], "hostnames": [w[4], w[5]], "rules": [{"matches": [{"path": {"value": w[6],
                "type": w[7]}, "headers": w[8], "method": w[9]}], "backendRefs": [service, w[10]],
                "filters": [{"requestRedirect": {"hostname": w[11], "scheme": w[12]}}]}]}),
            Kind::Service => json!({"type": w[0], "selector": {"app": w[1]}, "externalName": w[2],
                "ports": [{"name": w[3], "port": w[4], "targetPort": w[5], "nodePort": w[6], "protocol": w[7]}],
                "externalIPs": [w[8]]}),
            Kind::Pod => json!({"containers": [{"image": w[0], "name": "x", "args": [w[1]]}]}),
            Kind::IngressClass => json!({"controller": w[0]}),
            Kind::ReferenceGrant => json!({"from": [{"kind": w[0], "namespace": w[1]}], "to": [{"kind": w[2]}]}),
            _ => json!({"entryPoints": [w[5], w[6]], "tls": {"secretName": w[7]}, "routes": [{"match": w[8],
                "priority": w[9], "syntax": w[10], "middlewares": [{"name": w[11], "namespace": w[12]}],
                "services": [service, w[13]]}, w[4]]}),
        };
        let endpoints = json!([{"addresses": [w[0]], "conditions": {"ready": w[1]}, "targetRef": {"name": w[2]}}]);
        let status = json!({"loadBalancer": {"ingress": [{"ip": w[0], "hostname": w[1]}]}, "addresses": [{"value": w[2]}],
            "parents": [{"parentRef": {"name": w[0]}, "conditions": [{"type": "Accepted", "status": w[1]}]}]});
        (kind, json!({"metadata": meta, "spec": spec, "status": status, "endpoints": endpoints,
            "ports": [{"name": w[3], "port": w[4]}]}))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_in_the_objects_the_picture_is_the_same_in_any_order(
        objects in prop::collection::vec(object(), 0..14),
    ) {
        let mut forwards = Objects::default();
        for (kind, object) in &objects {
            let _ = forwards.apply(*kind, object.clone());
        }
        // What comes last counts: the same object must not be there twice, for the other way round.
        let mut names = std::collections::BTreeSet::new();
        let mut backwards = Objects::default();
        for (kind, object) in objects.iter().rev() {
            let key = (*kind, object["metadata"]["namespace"].to_string(), object["metadata"]["name"].to_string());
            if names.insert(key) {
                let _ = backwards.apply(*kind, object.clone());
            }
        }
        let settings = Settings::default();
        let picture = crate::examine(&forwards, &settings);
        prop_assert_eq!(&picture, &crate::examine(&backwards, &settings));
        for (id, thing) in &picture.things {
            if let Some(Fact::Text(url)) = thing.facts.get("url") {
                prop_assert!(url.starts_with("http://") || url.starts_with("https://"), "{id}: {url}");
                prop_assert!(!url.contains(char::is_whitespace) && !url.contains(char::is_control), "{id}: {url}");
            }
            // Everything that is needed is a thing, except for what other modules make.
            for need in &thing.needs {
                let made_here = matches!(need.kind, ThingKind::Route | ThingKind::EntryPoint | ThingKind::Backend | ThingKind::Middleware);
                prop_assert!(!made_here || picture.things.contains_key(need), "{id} needs {need}");
            }
        }
    }
}

/// 500 routes of all kinds, 2,000 pods.
pub(super) fn large() -> Objects {
    let mut text = Vec::new();
    for number in 0..500_usize {
        let namespace = format!("ns{}", number % 40);
        let name = format!("app{number}");
        text.push(app(&namespace, &name, 80, &format!("ghcr.io/example/app{number}:1.0")));
        let host = format!("{name}.example.org");
        let route = match number % 3 {
            0 => format!(
                "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{ingressClassName: nginx, rules: [{{host: {host}, http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: {name}, port: {{number: 80}}}}}}}}]}}}}]}}"
            ),
            1 => format!(
                "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{entryPoints: [websecure], tls: {{}}, routes: [{{match: 'Host(`{host}`) || Host(`www.{host}`)', services: [{{name: {name}, port: 80}}]}}, {{match: 'Host(`{host}`) && PathPrefix(`/api`)', services: [{{name: {name}, port: 80}}]}}]}}"
            ),
            _ => format!(
                "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{parentRefs: [{{name: main, namespace: network}}], hostnames: [{host}], rules: [{{backendRefs: [{{name: {name}, port: 80}}]}}]}}"
            ),
        };
        text.push(route);
        for extra in 0..3 {
            text.push(format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}-{extra}, namespace: {namespace}, labels: {{app: {name}, tier: web}}}}\nspec: {{containers: [{{name: app, image: 'ghcr.io/example/app{number}:1.0'}}]}}\nstatus: {{phase: Running}}"
            ));
        }
    }
    let files: Vec<&str> = text.iter().map(String::as_str).collect();
    let mut all = vec![NGINX];
    all.extend(files);
    load(&all)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
fn a_large_cluster_is_seen_in_a_moment() {
    let objects = large();
    let settings = Settings::default();
    let start = std::time::Instant::now();
    let mut picture = Picture::default();
    crate::routing::examine(&objects, &settings, &mut picture);
    let took = start.elapsed();
    let tiles = picture.things.keys().filter(|id| id.kind == ThingKind::Service).count();
    assert_eq!(tiles, 500);
    println!("{} routes and {} pods: {took:?} without optimisation", 500, objects.pods.len());
    // About ten times what an optimised build takes; far from what anything quadratic would.
    assert!(took.as_millis() < 5_000, "{took:?}");
}
