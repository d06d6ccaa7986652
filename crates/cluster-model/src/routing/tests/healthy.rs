//! A cluster of k3s that is well, with all that looks odd in one: nothing worse than a note may be said of it.

use super::*;

/// 2026-08-01T12:00:00Z.
const NOW_MS: i64 = 1_785_585_600_000;

const K3S: &str = "
apiVersion: v1
kind: Node
metadata: {name: pi1, creationTimestamp: '2026-01-01T00:00:00Z', labels: {kubernetes.io/arch: arm64}}
spec: {unschedulable: true, taints: [{key: node.kubernetes.io/unschedulable, effect: NoSchedule}]}
status:
  conditions: [{type: Ready, status: 'True'}, {type: DiskPressure, status: 'False'}]
  nodeInfo: {kubeletVersion: v1.33.1+k3s1, architecture: arm64}
  addresses: [{type: InternalIP, address: 192.168.1.10}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: svclb-traefik-0123, namespace: kube-system, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {selector: {matchLabels: {app: svclb-traefik-0123}}, template: {metadata: {labels: {app: svclb-traefik-0123}}, spec: {containers: [{name: lb-tcp-80, image: 'rancher/klipper-lb:v0.4.13'}]}}}
status: {desiredNumberScheduled: 1, numberReady: 1}
---
apiVersion: v1
kind: Pod
metadata:
  name: svclb-traefik-0123-x
  namespace: kube-system
  uid: svclb
  creationTimestamp: '2026-01-01T00:00:00Z'
  labels: {app: svclb-traefik-0123, svccontroller.k3s.cattle.io/svcname: traefik}
  ownerReferences: [{kind: DaemonSet, name: svclb-traefik-0123, controller: true}]
spec: {nodeName: pi1, containers: [{name: lb-tcp-80, image: 'rancher/klipper-lb:v0.4.13'}]}
status: {phase: Running, conditions: [{type: Ready, status: 'True'}], containerStatuses: [{name: lb-tcp-80, ready: true, restartCount: 41, state: {running: {startedAt: '2026-07-01T00:00:00Z'}}, lastState: {terminated: {exitCode: 255, reason: Unknown, finishedAt: '2026-07-01T00:00:00Z'}}}]}
---
apiVersion: helm.cattle.io/v1
kind: HelmChart
metadata: {name: traefik, namespace: kube-system}
spec: {chart: 'https://%{KUBERNETES_API}%/static/charts/traefik-34.2.1.tgz'}
status: {jobName: helm-install-traefik, conditions: [{type: JobCreated, status: 'True'}, {type: Failed, status: 'False'}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: helm-install-traefik, namespace: kube-system, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: helm, image: 'rancher/klipper-helm:v0.9'}]}}}
status: {succeeded: 1, conditions: [{type: Complete, status: 'True'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: helm-install-traefik-x, namespace: kube-system, creationTimestamp: '2026-01-01T00:00:00Z', ownerReferences: [{kind: Job, name: helm-install-traefik, controller: true}]}
spec: {nodeName: pi1, restartPolicy: OnFailure, containers: [{name: helm, image: 'rancher/klipper-helm:v0.9'}]}
status: {phase: Succeeded, conditions: [{type: Ready, status: 'False', reason: PodCompleted}], containerStatuses: [{name: helm, ready: false, restartCount: 2, state: {terminated: {exitCode: 0, reason: Completed}}}]}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: traefik, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}
spec: {controller: traefik.io/ingress-controller}
---
apiVersion: v1
kind: Service
metadata: {name: traefik, namespace: kube-system, labels: {app.kubernetes.io/name: traefik}}
spec: {type: LoadBalancer, selector: {app.kubernetes.io/name: traefik}, ports: [{name: web, port: 80, targetPort: web, nodePort: 31111}, {name: websecure, port: 443, targetPort: websecure, nodePort: 31112}]}
status: {loadBalancer: {ingress: [{ip: 192.168.1.10}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: traefik-1, namespace: kube-system, labels: {kubernetes.io/service-name: traefik}}
endpoints: [{addresses: [10.42.0.9], conditions: {ready: true}, targetRef: {kind: Pod, name: traefik-1-x}}]
ports: [{name: web, port: 8000}, {name: websecure, port: 8443}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik, namespace: kube-system, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {replicas: 1, selector: {matchLabels: {app.kubernetes.io/name: traefik}}, template: {metadata: {labels: {app.kubernetes.io/name: traefik}}, spec: {containers: [{name: traefik, image: 'rancher/mirrored-library-traefik:3.3.2'}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: traefik-1, namespace: kube-system, ownerReferences: [{kind: Deployment, name: traefik, controller: true}]}
---
apiVersion: v1
kind: Pod
metadata: {name: traefik-1-x, namespace: kube-system, uid: t, creationTimestamp: '2026-01-01T00:00:00Z', labels: {app.kubernetes.io/name: traefik}, ownerReferences: [{kind: ReplicaSet, name: traefik-1, controller: true}]}
spec:
  nodeName: pi1
  containers:
    - name: traefik
      image: rancher/mirrored-library-traefik:3.3.2
      args: ['--entryPoints.metrics.address=:9100/tcp', '--entryPoints.traefik.address=:8080/tcp', '--entryPoints.web.address=:8000/tcp', '--entryPoints.websecure.address=:8443/tcp', '--api.dashboard=true', '--providers.kubernetescrd', '--providers.kubernetescrd.allowEmptyServices=true', '--providers.kubernetesingress', '--entryPoints.websecure.http.tls=true']
status: {phase: Running, conditions: [{type: Ready, status: 'True'}], containerStatuses: [{name: traefik, ready: true, restartCount: 3, state: {running: {startedAt: '2026-07-01T00:00:00Z'}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: traefik-1-evicted, namespace: kube-system, creationTimestamp: '2026-01-01T00:00:00Z', labels: {app.kubernetes.io/name: traefik}, ownerReferences: [{kind: ReplicaSet, name: traefik-1, controller: true}]}
spec: {nodeName: pi1, containers: [{name: traefik, image: 'rancher/mirrored-library-traefik:3.3.2'}]}
status: {phase: Failed, reason: Evicted, startTime: '2026-06-01T00:00:00Z', message: 'The node was low on resource: memory. '}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: traefik-dashboard, namespace: kube-system}
spec:
  entryPoints: [traefik]
  routes: [{kind: Rule, match: 'PathPrefix(`/dashboard`) || PathPrefix(`/api`)', services: [{kind: TraefikService, name: api@internal}]}]
---
apiVersion: traefik.io/v1alpha1
kind: TLSStore
metadata: {name: default, namespace: kube-system}
";

const ODD: &str = "
apiVersion: v1
kind: Service
metadata: {name: db, namespace: media}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: pg, port: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: nas, namespace: media}
spec: {ports: [{name: http, port: 5000}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: nas-1, namespace: media, labels: {kubernetes.io/service-name: nas}}
endpoints: [{addresses: [192.168.1.5]}]
ports: [{name: http, port: 5000}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: nas, namespace: media}
spec: {rules: [{host: nas.example.org, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: nas, port: {name: http}}}}]}}]}
status: {loadBalancer: {ingress: [{ip: 192.168.1.10}]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: cm-acme-http-solver-x, namespace: media, labels: {acme.cert-manager.io/http01-solver: 'true'}}
spec: {ingressClassName: traefik, rules: [{host: nas.example.org, http: {paths: [{path: /.well-known/acme-challenge/abc, pathType: ImplementationSpecific, backend: {service: {name: cm-acme-http-solver-x, port: {number: 8089}}}}]}}]}
---
apiVersion: v1
kind: Service
metadata: {name: cm-acme-http-solver-x, namespace: media, labels: {acme.cert-manager.io/http01-solver: 'true'}}
spec: {type: NodePort, selector: {acme.cert-manager.io/http01-solver: 'true'}, ports: [{name: http, port: 8089, targetPort: 8089, nodePort: 32222}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cm-acme-http-solver-x-1, namespace: media, labels: {kubernetes.io/service-name: cm-acme-http-solver-x}}
endpoints: [{addresses: [10.42.0.30], conditions: {ready: true}}]
ports: [{name: http, port: 8089}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: media, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {replicas: 1, updateStrategy: {type: OnDelete}, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: 'postgres:17'}]}}}
status: {updateRevision: db-2, currentRevision: db-1, readyReplicas: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: media, uid: db0, creationTimestamp: '2026-01-01T00:00:00Z', labels: {app: db, controller-revision-hash: db-1}, ownerReferences: [{kind: StatefulSet, name: db, controller: true}]}
spec: {nodeName: pi1, containers: [{name: db, image: 'postgres:16'}]}
status: {phase: Running, conditions: [{type: Ready, status: 'True'}], containerStatuses: [{name: db, ready: true, restartCount: 0, state: {running: {startedAt: '2026-07-01T00:00:00Z'}}}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: gpu, namespace: media, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {selector: {matchLabels: {app: gpu}}, template: {metadata: {labels: {app: gpu}}, spec: {nodeSelector: {gpu: 'true'}, containers: [{name: gpu, image: 'gpu:1'}]}}}
status: {desiredNumberScheduled: 0}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: later, namespace: media, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {storageClassName: local-path, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
status: {phase: Pending}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: media, creationTimestamp: '2026-01-01T00:00:00Z'}
spec: {schedule: '0 3 * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: 'restic:1'}]}}}}}
status: {lastScheduleTime: '2026-08-01T03:00:00Z', lastSuccessfulTime: '2026-08-01T03:02:00Z'}
---
apiVersion: batch/v1
kind: Job
metadata: {name: backup-1, namespace: media, creationTimestamp: '2026-07-30T03:00:00Z', ownerReferences: [{kind: CronJob, name: backup, controller: true}]}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: backup, image: 'restic:1'}]}}}
status: {failed: 1, conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, lastTransitionTime: '2026-07-30T03:10:00Z'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: backup-1-x, namespace: media, creationTimestamp: '2026-07-30T03:00:00Z', ownerReferences: [{kind: Job, name: backup-1, controller: true}]}
spec: {nodeName: pi1, restartPolicy: Never, containers: [{name: backup, image: 'restic:1'}]}
status: {phase: Failed, containerStatuses: [{name: backup, state: {terminated: {exitCode: 1, reason: Error}}}]}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: old, namespace: flux-system}
spec: {suspend: true, sourceRef: {kind: GitRepository, name: fleet}, path: ./old}
status: {conditions: [{type: Ready, status: 'False', reason: ArtifactFailed, message: 'path not found'}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: internal, namespace: network}
spec: {gatewayClassName: envoy, listeners: [{name: https, port: 443, protocol: HTTPS, hostname: '*.example.org', allowedRoutes: {namespaces: {from: All}}, tls: {certificateRefs: [{name: star-tls}]}}]}
status: {conditions: [{type: Accepted, status: 'True'}, {type: Programmed, status: 'True'}]}
---
apiVersion: v1
kind: Secret
metadata: {name: star-tls, namespace: network}
type: kubernetes.io/tls
data: {tls.crt: eA==, tls.key: eA==}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: external, namespace: network}
spec: {gatewayClassName: envoy, listeners: [{name: https, port: 443, protocol: HTTPS, hostname: '*.example.org', allowedRoutes: {namespaces: {from: All}}, tls: {certificateRefs: [{name: star-tls}]}}]}
status: {conditions: [{type: Accepted, status: 'True'}, {type: Programmed, status: 'True'}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: media}
spec: {hostnames: [web.example.org], parentRefs: [{name: internal, namespace: network}, {name: external, namespace: network, sectionName: https}], rules: [{backendRefs: [{name: nas, port: 5000, weight: 9}, {name: db, port: 5432, weight: 0}]}]}
status:
  parents:
    - {parentRef: {name: internal, namespace: network}, controllerName: a/b, conditions: [{type: Accepted, status: 'True'}, {type: ResolvedRefs, status: 'True'}]}
    - {parentRef: {name: external, namespace: network, sectionName: https}, controllerName: a/b, conditions: [{type: Accepted, status: 'True'}, {type: ResolvedRefs, status: 'True'}]}
    - {parentRef: {name: gone, namespace: network}, controllerName: old/one, conditions: [{type: Accepted, status: 'False'}]}
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: mirrored, namespace: media}
spec: {mirroring: {name: nas, port: 5000, mirrors: [{name: weighted, kind: TraefikService, percent: 10}]}}
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: weighted, namespace: media}
spec: {weighted: {services: [{name: nas, port: http, weight: 3}, {name: mirrored, kind: TraefikService, weight: 1}]}}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: mirrored, namespace: media}
spec: {entryPoints: [websecure], routes: [{kind: Rule, match: 'Host(`mirror.example.org`)', services: [{kind: TraefikService, name: mirrored}]}]}
";

#[test]
fn a_cluster_that_is_well_raises_no_alarm() {
    let known = |document: &&str| !document.contains("kind: TLSStore");
    let files: Vec<&str> = K3S.split("---").chain(ODD.split("---")).filter(known).collect();
    let settings = Settings { now_ms: NOW_MS, ..Settings::default() };
    let picture = crate::examine(&load(&files), &settings);
    let bad: Vec<String> = picture
        .findings()
        .filter(|(_, finding)| finding.severity > crate::Severity::Note)
        .map(|(id, finding)| format!("{id} {}: {}", finding.code, finding.sentence))
        .collect();
    assert_eq!(bad, Vec::<String>::new());
    let tiles = Seen(picture.clone());
    // The dashboard of Traefik listens, but no Service leads there.
    assert_eq!(tiles.shown(), ["mirror.example.org", "nas.example.org", "web.example.org"]);
    // Time alone must not change it.
    let later = Settings { now_ms: NOW_MS + 40 * 60_000, ..settings };
    let (again, mut changed) = (crate::examine(&load(&files), &later), Vec::new());
    for (id, thing) in &again.things {
        if picture.things.get(id) != Some(thing) {
            changed.push(id.to_string());
        }
    }
    assert_eq!(changed, Vec::<String>::new());
}
