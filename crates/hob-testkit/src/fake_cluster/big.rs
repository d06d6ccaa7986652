//! Clusters of any size, for measuring: objects as wordy as real ones, with what nobody reads (`managedFields`, what was last
//! applied, probes, environment), since reading past it is part of the cost.

use serde_json::{Value, json};

const MADE: &str = "2026-10-01T08:00:00Z";
/// So many applications share a namespace.
const PER_NAMESPACE: usize = 25;

const IMAGES: &[(&str, &str)] = &[
    ("jellyfin", "docker.io/jellyfin/jellyfin:10.10.3"),
    ("grafana", "docker.io/grafana/grafana:11.4.0"),
    ("paperless", "ghcr.io/paperless-ngx/paperless-ngx:2.13.5"),
    ("immich", "ghcr.io/immich-app/immich-server:v1.122.1"),
    ("vaultwarden", "docker.io/vaultwarden/server:1.32.7"),
    ("home-assistant", "ghcr.io/home-assistant/home-assistant:2024.12.1"),
    ("shop", "ghcr.io/anna/shop:sha-0f3c1b2"),
    ("sonarr", "lscr.io/linuxserver/sonarr:4.0.11"),
];

/// A cluster with so many routes, pods and nodes. Each route leads to a Service, an EndpointSlice and the pods of a
/// Deployment, which share the pods among them; every third route is an IngressRoute of Traefik, every third an HTTPRoute.
/// Everything is well.
pub fn big(routes: usize, pods: usize, nodes: usize) -> Vec<Value> {
    let mut objects: Vec<Value> = (0..nodes).map(node).collect();
    objects.push(json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
        "metadata": {"name": "traefik", "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
        "spec": {"controller": "traefik.io/ingress-controller"},
    }));
    objects.push(gateway());
    let routes = routes.max(1);
    for route in 0..routes {
        let share = pods / routes + usize::from(route < pods % routes);
        let first = route * (pods / routes) + route.min(pods % routes);
        objects.extend(application(route, first, share, nodes.max(1)));
    }
    objects
}

/// The namespace of an application.
fn space(route: usize) -> String {
    format!("apps-{}", route / PER_NAMESPACE)
}

fn named(route: usize) -> (String, &'static str) {
    let (name, image) = IMAGES[route % IMAGES.len()];
    (format!("{name}-{route}"), image)
}

fn application(route: usize, first: usize, pods: usize, nodes: usize) -> Vec<Value> {
    let (name, image) = named(route);
    let space = space(route);
    let labels = json!({"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name});
    let replicas = format!("{name}-7d9c8b6f54");
    let template = pod_spec(&name, image);
    let mut objects = vec![
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(&name, &space, &labels, None),
            "spec": {"replicas": pods, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": template}},
            "status": {
                "observedGeneration": 1, "replicas": pods, "updatedReplicas": pods, "readyReplicas": pods, "availableReplicas": pods,
                "conditions": [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable", "lastTransitionTime": MADE},
                    {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable", "lastTransitionTime": MADE}],
            },
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": meta(&replicas, &space, &labels, Some(("Deployment", &name))),
            "spec": {"replicas": pods, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": template}},
            "status": {"replicas": pods, "readyReplicas": pods, "availableReplicas": pods, "observedGeneration": 1},
        }),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": meta(&name, &space, &labels, None),
            "spec": {"type": "ClusterIP", "clusterIP": address(43, route), "selector": labels,
                "ports": [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]},
        }),
    ];
    let numbers = first..first + pods;
    objects
        .extend(numbers.clone().map(|number| pod(&name, &space, &labels, &replicas, image, number, nodes)));
    objects.push(slice(&name, &space, numbers, nodes));
    objects.push(match route % 3 {
        0 => ingress(&name, &space, &labels),
        1 => ingress_route(&name, &space, &labels),
        _ => http_route(&name, &space, &labels),
    });
    objects
}

fn meta(name: &str, namespace: &str, labels: &Value, owner: Option<(&str, &str)>) -> Value {
    let managed = json!({"f:metadata": {"f:annotations": {".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {}}, "f:labels": {".": {}}},
        "f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {".": {}, "f:env": {}, "f:image": {}, "f:ports": {}, "f:resources": {}}}}});
    let mut meta = json!({
        "name": name, "namespace": namespace, "labels": labels, "creationTimestamp": MADE,
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": managed.to_string().repeat(2)},
        "managedFields": [{"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1", "time": MADE,
            "fieldsType": "FieldsV1", "fieldsV1": managed}],
    });
    if let Some((kind, name)) = owner {
        meta["ownerReferences"] =
            json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": true}]);
    }
    meta
}

fn pod_spec(name: &str, image: &str) -> Value {
    let env: Vec<Value> = (0..12)
        .map(|number| json!({"name": format!("SETTING_{number}"), "value": "some value of some length"}))
        .collect();
    json!({
        "containers": [{
            "name": "app", "image": image, "imagePullPolicy": "IfNotPresent", "env": env,
            "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
            "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
            "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 10},
            "volumeMounts": [{"name": "config", "mountPath": "/config"}],
        }],
        "volumes": [{"name": "config", "configMap": {"name": name}}],
        "restartPolicy": "Always", "serviceAccountName": "default", "terminationGracePeriodSeconds": 30,
    })
}

fn pod(
    name: &str,
    space: &str,
    labels: &Value,
    replicas: &str,
    image: &str,
    number: usize,
    nodes: usize,
) -> Value {
    let mut spec = pod_spec(name, image);
    spec["nodeName"] = format!("node-{}", number % nodes).into();
    let on = |kind: &str| json!({"type": kind, "status": "True", "lastTransitionTime": MADE});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": meta(&format!("{replicas}-{number:05}"), space, labels, Some(("ReplicaSet", replicas))),
        "spec": spec,
        "status": {
            "phase": "Running", "podIP": address(42, number), "startTime": MADE, "qosClass": "Burstable",
            "conditions": [on("Initialized"), on("Ready"), on("ContainersReady"), on("PodScheduled")],
            "containerStatuses": [{
                "name": "app", "image": image, "imageID": format!("{image}@sha256:{:064x}", number % 97), "ready": true,
                "restartCount": 0, "started": true, "containerID": format!("containerd://{number:064x}"),
                "state": {"running": {"startedAt": MADE}}, "lastState": {},
            }],
        },
    })
}

fn slice(name: &str, space: &str, pods: std::ops::Range<usize>, nodes: usize) -> Value {
    let mut meta = meta(
        &format!("{name}-x7k2p"),
        space,
        &json!({"kubernetes.io/service-name": name}),
        Some(("Service", name)),
    );
    meta["ownerReferences"][0]["apiVersion"] = "v1".into();
    let endpoint = |number: usize| {
        json!({"addresses": [address(42, number)], "conditions": {"ready": true, "serving": true, "terminating": false},
            "nodeName": format!("node-{}", number % nodes),
            "targetRef": {"kind": "Pod", "namespace": space, "name": format!("{name}-7d9c8b6f54-{number:05}")}})
    };
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "addressType": "IPv4",
        "endpoints": pods.map(endpoint).collect::<Vec<_>>(),
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    })
}

fn ingress(name: &str, space: &str, labels: &Value) -> Value {
    let backend = json!({"service": {"name": name, "port": {"name": "http"}}});
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta(name, space, labels, None),
        "spec": {"ingressClassName": "traefik", "rules": [{"host": format!("{name}.home.test"),
            "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.168.1.10"}]}},
    })
}

fn ingress_route(name: &str, space: &str, labels: &Value) -> Value {
    json!({
        "apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": meta(name, space, labels, None),
        "spec": {"entryPoints": ["websecure"], "routes": [{"match": format!("Host(`{name}.home.test`)"), "kind": "Rule",
            "services": [{"name": name, "port": 80}]}]},
    })
}

fn gateway() -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "main", "namespace": "kube-system"},
        "spec": {"gatewayClassName": "traefik", "listeners": [
            {"name": "web", "protocol": "HTTP", "port": 80, "allowedRoutes": {"namespaces": {"from": "All"}}}]},
        "status": {"conditions": [{"type": "Programmed", "status": "True", "reason": "Programmed", "lastTransitionTime": MADE}]},
    })
}

fn http_route(name: &str, space: &str, labels: &Value) -> Value {
    let parent = json!({"name": "main", "namespace": "kube-system"});
    let on = |kind: &str| json!({"type": kind, "status": "True", "reason": kind, "lastTransitionTime": MADE});
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": meta(name, space, labels, None),
        "spec": {"parentRefs": [parent], "hostnames": [format!("{name}.home.test")],
            "rules": [{"backendRefs": [{"name": name, "port": 80}]}]},
        "status": {"parents": [{"parentRef": parent, "controllerName": "traefik.io/gateway-controller",
            "conditions": [on("Accepted"), on("ResolvedRefs")]}]},
    })
}

fn node(number: usize) -> Value {
    let is = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastHeartbeatTime": MADE, "lastTransitionTime": MADE});
    let images: Vec<Value> = (0..40)
        .map(|image| json!({"names": [format!("docker.io/library/image-{image}@sha256:{image:064x}"), format!("docker.io/library/image-{image}:1")], "sizeBytes": 104_857_600}))
        .collect();
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": format!("node-{number}"), "creationTimestamp": MADE,
            "labels": {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": format!("node-{number}")}},
        "spec": {"podCIDR": format!("10.42.{}.0/24", number % 256)},
        "status": {
            "addresses": [{"type": "InternalIP", "address": address(1, number)}, {"type": "Hostname", "address": format!("node-{number}")}],
            "capacity": {"cpu": "8", "memory": "32Gi", "pods": "110"}, "allocatable": {"cpu": "8", "memory": "31Gi", "pods": "110"},
            "conditions": [is("MemoryPressure", "False"), is("DiskPressure", "False"), is("PIDPressure", "False"), is("Ready", "True")],
            "nodeInfo": {"kubeletVersion": "v1.33.4+k3s1", "osImage": "Debian GNU/Linux 12 (bookworm)", "architecture": "amd64",
                "containerRuntimeVersion": "containerd://2.0.5-k3s2", "kernelVersion": "6.1.0"},
            "images": images,
        },
    })
}

/// An address in 10.NET.0.0/16.
fn address(net: u8, number: usize) -> String {
    format!("10.{net}.{}.{}", number / 250 % 256, number % 250 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_has_what_was_asked_for_and_nothing_twice() {
        let objects = big(7, 20, 3);
        let count = |kind: &str| objects.iter().filter(|object| object["kind"] == kind).count();
        assert_eq!(count("Ingress") + count("IngressRoute") + count("HTTPRoute"), 7);
        assert_eq!((count("Pod"), count("Node"), count("Service"), count("EndpointSlice")), (20, 3, 7, 7));
        let names: BTreeSet<_> = objects
            .iter()
            .map(|one| {
                (
                    one["kind"].to_string(),
                    one["metadata"]["namespace"].to_string(),
                    one["metadata"]["name"].to_string(),
                )
            })
            .collect();
        assert_eq!(names.len(), objects.len());
    }
}
