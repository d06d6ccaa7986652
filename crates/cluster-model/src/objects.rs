//! The objects of a cluster as far as anything is judged by them: one table for each kind.
//!
//! Each kind is a small struct whose fields all have defaults; what is not listed is dropped as it is read, so that a
//! pod costs a kilobyte and not ten.

mod access;
mod argo;
mod certificates;
mod core;
mod flux;
mod gateway;
mod meta;
mod operators;
mod table;
mod traefik;
mod workloads;

pub use self::core::*;
pub use access::*;
pub use argo::*;
pub use certificates::*;
pub use flux::*;
pub use gateway::*;
pub use meta::{Condition, Key, Labels, Meta, Owner};
pub use operators::*;
pub use table::{Object, Table};
pub use traefik::*;
pub use workloads::*;

use serde_json::Value;

/// How a kind is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceKind {
    /// The API group; empty for the core.
    pub group: &'static str,
    /// The versions that are understood, the preferred one first. Others that the server has are tried last.
    pub versions: &'static [&'static str],
    /// The plural, as in the path.
    pub plural: &'static str,
    /// The kind as the API writes it.
    pub kind: &'static str,
    /// Whether it lives in namespaces.
    pub namespaced: bool,
    /// What is missing on the pages when it cannot be read: “image credentials are not checked”.
    pub without: &'static str,
}

macro_rules! kinds {
    ($($field:ident: $variant:ident($type:ident, $name:literal) = $group:literal $versions:expr, $plural:literal, $scope:ident, $without:literal;)*) => {
        /// The kinds that are read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $(#[doc = $plural] $variant,)* }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// How it is asked for.
            pub const fn resource(self) -> ResourceKind {
                match self {
                    $(Self::$variant => ResourceKind {
                        group: $group, versions: &$versions, plural: $plural, kind: $name,
                        namespaced: kinds!(@scope $scope), without: $without,
                    },)*
                }
            }
        }

        /// Everything that is known of a cluster, by kind. Cheap to clone.
        #[derive(Debug, Clone, Default)]
        pub struct Objects { $(#[doc = $plural] pub $field: Table<$type>,)* }

        impl Objects {
            /// Takes in an object that was added or changed.
            ///
            /// # Errors
            /// What could not be read; what was known of it before is kept.
            pub fn apply(&mut self, kind: Kind, object: Value) -> Result<Key, String> {
                self.take_in(kind, object).map(|(key, _)| key)
            }

            /// Takes in an object like [`apply`](Self::apply), and says whether anything that is kept of it changed: most
            /// changes of a busy cluster are of fields that nobody judges.
            ///
            /// # Errors
            /// What could not be read; what was known of it before is kept.
            pub fn take_in(&mut self, kind: Kind, object: Value) -> Result<(Key, bool), String> {
                match kind { $(Kind::$variant => self.$field.apply(object),)* }
            }

            /// Drops an object, and says whether it was there.
            pub fn remove(&mut self, kind: Kind, key: &Key) -> bool {
                match kind { $(Kind::$variant => self.$field.remove(key),)* }
            }

            /// The names of the objects of a kind.
            pub fn keys(&self, kind: Kind) -> Vec<Key> {
                match kind { $(Kind::$variant => self.$field.keys().cloned().collect(),)* }
            }

            /// Keeps of a kind only those objects: what a complete list did not name is gone.
            pub fn retain(&mut self, kind: Kind, keep: &std::collections::BTreeSet<Key>) {
                match kind { $(Kind::$variant => self.$field.retain(keep),)* }
            }

            /// How many objects of a kind there are.
            pub fn count(&self, kind: Kind) -> usize {
                match kind { $(Kind::$variant => self.$field.len(),)* }
            }
        }
    };
    (@scope namespaced) => { true };
    (@scope cluster) => { false };
}

kinds! {
    ingresses: Ingress(Ingress, "Ingress") = "networking.k8s.io" ["v1"], "ingresses", namespaced, "routes made by Ingress objects are not shown";
    ingress_classes: IngressClass(IngressClass, "IngressClass") = "networking.k8s.io" ["v1"], "ingressclasses", cluster, "ingress classes are not checked";
    ingress_routes: IngressRoute(IngressRoute, "IngressRoute") = "traefik.io" ["v1alpha1"], "ingressroutes", namespaced, "routes of Traefik are not shown";
    ingress_routes_tcp: IngressRouteTCP(IngressRouteTCP, "IngressRouteTCP") = "traefik.io" ["v1alpha1"], "ingressroutetcps", namespaced, "TCP routes of Traefik are not shown";
    ingress_routes_udp: IngressRouteUDP(IngressRouteUDP, "IngressRouteUDP") = "traefik.io" ["v1alpha1"], "ingressrouteudps", namespaced, "UDP routes of Traefik are not shown";
    middlewares: Middleware(Middleware, "Middleware") = "traefik.io" ["v1alpha1"], "middlewares", namespaced, "redirects and logins in front of routes are not known";
    traefik_services: TraefikService(TraefikService, "TraefikService") = "traefik.io" ["v1alpha1"], "traefikservices", namespaced, "weighted services of Traefik are not followed";
    old_ingress_routes: OldIngressRoute(IngressRoute, "IngressRoute") = "traefik.containo.us" ["v1alpha1"], "ingressroutes", namespaced, "routes of Traefik 2 are not shown";
    old_ingress_routes_tcp: OldIngressRouteTCP(IngressRouteTCP, "IngressRouteTCP") = "traefik.containo.us" ["v1alpha1"], "ingressroutetcps", namespaced, "TCP routes of Traefik 2 are not shown";
    old_ingress_routes_udp: OldIngressRouteUDP(IngressRouteUDP, "IngressRouteUDP") = "traefik.containo.us" ["v1alpha1"], "ingressrouteudps", namespaced, "UDP routes of Traefik 2 are not shown";
    old_middlewares: OldMiddleware(Middleware, "Middleware") = "traefik.containo.us" ["v1alpha1"], "middlewares", namespaced, "redirects and logins of Traefik 2 are not known";
    old_traefik_services: OldTraefikService(TraefikService, "TraefikService") = "traefik.containo.us" ["v1alpha1"], "traefikservices", namespaced, "weighted services of Traefik 2 are not followed";
    gateways: Gateway(Gateway, "Gateway") = "gateway.networking.k8s.io" ["v1", "v1beta1"], "gateways", namespaced, "gateways are not checked";
    http_routes: HTTPRoute(HTTPRoute, "HTTPRoute") = "gateway.networking.k8s.io" ["v1", "v1beta1"], "httproutes", namespaced, "HTTP routes of the Gateway API are not shown";
    grpc_routes: GRPCRoute(GRPCRoute, "GRPCRoute") = "gateway.networking.k8s.io" ["v1", "v1alpha2"], "grpcroutes", namespaced, "gRPC routes are not shown";
    reference_grants: ReferenceGrant(ReferenceGrant, "ReferenceGrant") = "gateway.networking.k8s.io" ["v1", "v1beta1"], "referencegrants", namespaced, "whether routes may refer to other namespaces is not checked";
    tls_routes: TLSRoute(TLSRoute, "TLSRoute") = "gateway.networking.k8s.io" ["v1", "v1alpha3", "v1alpha2"], "tlsroutes", namespaced, "TLS routes are not shown";
    services: Service(Service, "Service") = "" ["v1"], "services", namespaced, "routes cannot be followed to what serves them";
    endpoint_slices: EndpointSlice(EndpointSlice, "EndpointSlice") = "discovery.k8s.io" ["v1", "v1beta1"], "endpointslices", namespaced, "whether anything answers behind a Service is not known";
    pods: Pod(Pod, "Pod") = "" ["v1"], "pods", namespaced, "what runs is not known";
    replica_sets: ReplicaSet(ReplicaSet, "ReplicaSet") = "apps" ["v1"], "replicasets", namespaced, "pods cannot be told apart by roll-out";
    deployments: Deployment(Deployment, "Deployment") = "apps" ["v1"], "deployments", namespaced, "roll-outs are not watched";
    stateful_sets: StatefulSet(StatefulSet, "StatefulSet") = "apps" ["v1"], "statefulsets", namespaced, "stateful sets are not watched";
    daemon_sets: DaemonSet(DaemonSet, "DaemonSet") = "apps" ["v1"], "daemonsets", namespaced, "daemon sets are not watched";
    jobs: Job(Job, "Job") = "batch" ["v1"], "jobs", namespaced, "jobs are not watched";
    cron_jobs: CronJob(CronJob, "CronJob") = "batch" ["v1", "v1beta1"], "cronjobs", namespaced, "scheduled jobs are not watched";
    nodes: Node(Node, "Node") = "" ["v1"], "nodes", cluster, "the machines of the cluster are not watched";
    claims: PersistentVolumeClaim(PersistentVolumeClaim, "PersistentVolumeClaim") = "" ["v1"], "persistentvolumeclaims", namespaced, "volumes are not watched";
    volumes: PersistentVolume(PersistentVolume, "PersistentVolume") = "" ["v1"], "persistentvolumes", cluster, "where volumes lie is not known";
    events: Event(Event, "Event") = "" ["v1"], "events", namespaced, "reasons that only events tell are missing";
    namespaces: Namespace(Namespace, "Namespace") = "" ["v1"], "namespaces", cluster, "namespaces are known only by what is in them";
    service_accounts: ServiceAccount(ServiceAccount, "ServiceAccount") = "" ["v1"], "serviceaccounts", namespaced, "pull secrets of service accounts are not known";
    secrets: Secret(Secret, "Secret") = "" ["v1"], "secrets", namespaced, "image credentials and the dates of certificates are not checked";
    certificates: Certificate(Certificate, "Certificate") = "cert-manager.io" ["v1"], "certificates", namespaced, "certificates of cert-manager are not watched";
    certificate_requests: CertificateRequest(CertificateRequest, "CertificateRequest") = "cert-manager.io" ["v1"], "certificaterequests", namespaced, "why a certificate is not issued is not known";
    issuers: Issuer(Issuer, "Issuer") = "cert-manager.io" ["v1"], "issuers", namespaced, "issuers of certificates are not checked";
    cluster_issuers: ClusterIssuer(ClusterIssuer, "ClusterIssuer") = "cert-manager.io" ["v1"], "clusterissuers", cluster, "issuers of certificates are not checked";
    orders: Order(Order, "Order") = "acme.cert-manager.io" ["v1"], "orders", namespaced, "why a certificate is not issued is not known";
    challenges: Challenge(Challenge, "Challenge") = "acme.cert-manager.io" ["v1"], "challenges", namespaced, "why a certificate is not issued is not known";
    applications: Application(Application, "Application") = "argoproj.io" ["v1alpha1"], "applications", namespaced, "applications of Argo CD are not watched";
    application_sets: ApplicationSet(ApplicationSet, "ApplicationSet") = "argoproj.io" ["v1alpha1"], "applicationsets", namespaced, "application sets of Argo CD are not watched";
    git_repositories: GitRepository(GitRepository, "GitRepository") = "source.toolkit.fluxcd.io" ["v1", "v1beta2"], "gitrepositories", namespaced, "sources of Flux are not watched";
    oci_repositories: OCIRepository(OCIRepository, "OCIRepository") = "source.toolkit.fluxcd.io" ["v1", "v1beta2"], "ocirepositories", namespaced, "sources of Flux are not watched";
    helm_repositories: HelmRepository(HelmRepository, "HelmRepository") = "source.toolkit.fluxcd.io" ["v1", "v1beta2"], "helmrepositories", namespaced, "sources of Flux are not watched";
    helm_charts: HelmChart(HelmChart, "HelmChart") = "source.toolkit.fluxcd.io" ["v1", "v1beta2"], "helmcharts", namespaced, "charts of Flux are not watched";
    buckets: Bucket(Bucket, "Bucket") = "source.toolkit.fluxcd.io" ["v1", "v1beta2"], "buckets", namespaced, "sources of Flux are not watched";
    kustomizations: Kustomization(Kustomization, "Kustomization") = "kustomize.toolkit.fluxcd.io" ["v1", "v1beta2"], "kustomizations", namespaced, "Kustomizations of Flux are not watched";
    helm_releases: HelmRelease(HelmRelease, "HelmRelease") = "helm.toolkit.fluxcd.io" ["v2", "v2beta2", "v2beta1"], "helmreleases", namespaced, "releases of Flux are not watched";
    k3s_helm_charts: K3sHelmChart(K3sHelmChart, "HelmChart") = "helm.cattle.io" ["v1"], "helmcharts", namespaced, "charts of k3s are not watched";
    database_clusters: DatabaseCluster(DatabaseCluster, "Cluster") = "postgresql.cnpg.io" ["v1"], "clusters", namespaced, "databases of CloudNativePG are not watched";
    scheduled_backups: ScheduledBackup(ScheduledBackup, "ScheduledBackup") = "postgresql.cnpg.io" ["v1"], "scheduledbackups", namespaced, "backups of CloudNativePG are not watched";
    database_backups: DatabaseBackup(DatabaseBackup, "Backup") = "postgresql.cnpg.io" ["v1"], "backups", namespaced, "backups of CloudNativePG are not watched";
    replication_sources: ReplicationSource(ReplicationSource, "ReplicationSource") = "volsync.backube" ["v1alpha1"], "replicationsources", namespaced, "backups of VolSync are not watched";
    replication_destinations: ReplicationDestination(ReplicationDestination, "ReplicationDestination") = "volsync.backube" ["v1alpha1"], "replicationdestinations", namespaced, "restores of VolSync are not watched";
}
