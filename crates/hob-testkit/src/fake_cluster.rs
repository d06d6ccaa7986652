//! An API server of Kubernetes, in memory: discovery, lists in pages, watches with bookmarks, changes, patches, logs; and
//! everything that can go wrong with one, on request. The real `kubectl` works with it.
//!
//! What it is not: nothing runs in it. No controller makes pods of a Deployment, nothing is validated against a schema, and
//! nobody is authenticated unless a test asks for it; it takes JSON and YAML, no protobuf. What has been tried only here
//! has not been tried on a cluster.
//!
//! Sources: Kubernetes' “API concepts” (verbs, watches, bookmarks, resource versions, chunks, server-side apply) and the
//! answers of a real server of version 1.20.

mod big;
mod discovery;
mod kinds;
mod patch;
mod select;
mod serve;
mod store;
mod watch;

pub use big::big;
pub use kinds::{FakeKind, custom as custom_kinds};

use hob_base::Clock;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Every kind of which something is known: what every server has, and what custom resource definitions bring.
pub fn known_kinds() -> Vec<FakeKind> {
    kinds::built_in().into_iter().chain(kinds::custom()).collect()
}

/// How often watches are sent a bookmark, unless a test wants it otherwise; real servers do it once a minute.
const BOOKMARK_EVERY: Duration = Duration::from_secs(2);

/// What a [`FakeCluster`] was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; for what is not about objects
    /// (discovery, reviews) the method in small letters.
    pub verb: String,
    /// The plural, or `pods/log`; empty for what is not about objects.
    pub resource: String,
    /// The API group; empty for the core.
    pub group: String,
    /// The namespace, if only one was asked for.
    pub namespace: Option<String>,
    /// The path.
    pub path: String,
    /// The query.
    pub query: BTreeMap<String, String>,
}

/// How a [`FakeCluster`] is started.
#[derive(Debug, Clone, Default)]
pub struct FakeClusterBuilder {
    tls: bool,
    bare: bool,
    token: Option<String>,
    name: Option<String>,
}

impl FakeClusterBuilder {
    /// Speaks TLS, with a certificate of a throw-away authority that its kubeconfig names.
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Without any custom resource: what every server has.
    #[must_use]
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Answers 401 to whoever does not show this token; its kubeconfig does.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The name of cluster, user and context in its kubeconfig; `fake` otherwise.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Starts it on a free port of 127.0.0.1, with the namespaces that every cluster has.
    ///
    /// # Panics
    /// When the loopback interface has no free port.
    pub async fn start(self) -> FakeCluster {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port of the loopback interface");
        let address = listener.local_addr().expect("a bound socket has an address");
        let mut kinds = kinds::built_in();
        if !self.bare {
            kinds.extend(kinds::custom());
        }
        let faults =
            Faults { token: self.token.clone(), bookmark_every: BOOKMARK_EVERY, ..Faults::default() };
        let state = State { store: Store::new(kinds), faults, version: version(), ..State::default() };
        let authority = self.tls.then(crate::authority::Authority::new);
        let acceptor = authority.as_ref().map(|authority| authority.acceptor("127.0.0.1"));
        let shared = Shared {
            address,
            clock: Clock::system(),
            state: Mutex::new(state),
            signals: tokio::sync::watch::Sender::default(),
        };
        let folder = tempfile::tempdir().expect("a temporary directory");
        let cluster = FakeCluster {
            shared: Arc::new(shared),
            acceptor,
            folder,
            running: Mutex::default(),
            builder: self,
        };
        let text = cluster.kubeconfig_text(authority.map(|authority| authority.pem()));
        std::fs::write(cluster.kubeconfig(), text).expect("a file in a temporary directory");
        for name in ["default", "kube-system"] {
            cluster.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        }
        cluster.run(listener);
        cluster
    }
}

/// An API server on 127.0.0.1 that does what the test tells it to. Gone when dropped.
pub struct FakeCluster {
    shared: Arc<Shared>,
    acceptor: Option<TlsAcceptor>,
    folder: TempDir,
    /// The listener and its connections; empty while it is stopped.
    running: Mutex<JoinSet<()>>,
    builder: FakeClusterBuilder,
}

/// What the connections share.
struct Shared {
    address: SocketAddr,
    clock: Clock,
    state: Mutex<State>,
    signals: tokio::sync::watch::Sender<Signal>,
}

/// What watches have to know at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Signal {
    version: u64,
    injected: usize,
    /// How often every watch was ended in good order.
    ended: u64,
    /// How often every watch was broken off.
    dropped: u64,
    paused: bool,
}

/// What the server knows, and what is wrong with it.
#[derive(Debug, Default)]
struct State {
    store: Store,
    faults: Faults,
    seen: Vec<Seen>,
    /// Namespace, pod, container, and whether it is the one before.
    logs: BTreeMap<(String, String, String, bool), String>,
    /// Answers to whole paths: status, content type, body.
    raw: BTreeMap<String, (u16, String, String)>,
    injected: Vec<(store::TableName, String)>,
    version: Value,
}

#[derive(Debug, Default)]
struct Faults {
    forbidden: Vec<Forbidden>,
    unauthorized: bool,
    failing: Option<u16>,
    hang_up: bool,
    slow: Duration,
    token: Option<String>,
    bookmark_every: Duration,
}

/// Something that nobody may read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Forbidden {
    /// `secrets`, `pods/log`, `ingressroutes.traefik.io`, or a whole group.
    name: String,
    /// Still allowed in these namespaces.
    but_in: Vec<String>,
}

impl Faults {
    fn forbids(&self, group: &str, resource: &str, namespace: Option<&str>) -> bool {
        let whole = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
        self.forbidden.iter().any(|rule| {
            let meant = rule.name == resource
                || rule.name == whole
                || rule.name == "*"
                || (!group.is_empty() && rule.name == group);
            meant && !namespace.is_some_and(|space| rule.but_in.iter().any(|one| one == space))
        })
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Shared {
    /// A test that panicked with the lock held must not hide its message behind a second panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> String {
        let now = self.clock.now().millis();
        hob_base::Timestamp::from_millis(now - now.rem_euclid(1000)).rfc3339().replace(".000Z", "Z")
    }

    fn note(&self, seen: Seen) {
        self.state().seen.push(seen);
    }

    /// Wakes every watch.
    fn told(&self, state: &State) {
        self.signals.send_modify(|signal| {
            signal.version = state.store.version;
            signal.injected = state.injected.len();
        });
    }

    async fn wait_while_paused(&self) {
        let mut signals = self.signals.subscribe();
        let _ = signals.wait_for(|signal| !signal.paused).await;
    }
}

/// What `/version` says: a current k3s.
fn version() -> Value {
    json!({
        "major": "1", "minor": "33", "gitVersion": "v1.33.4+k3s1", "gitCommit": "0000000", "gitTreeState": "clean",
        "buildDate": "2025-08-20T00:00:00Z", "goVersion": "go1.24.5", "compiler": "gc", "platform": "linux/amd64",
    })
}

impl FakeCluster {
    /// Without TLS and with every kind of object that some known custom resource brings.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Another one than [`FakeCluster::start`] gives.
    pub fn builder() -> FakeClusterBuilder {
        FakeClusterBuilder::default()
    }

    /// The file that a client is given.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Where it listens, also while it is stopped.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// `http://127.0.0.1:port` or with `https`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.acceptor.is_some() { "https" } else { "http" }, self.address())
    }

    fn kubeconfig_text(&self, authority: Option<String>) -> String {
        use base64::Engine as _;
        let name = self.builder.name.as_deref().unwrap_or("fake");
        let mut cluster = json!({"server": self.url()});
        if let Some(authority) = authority {
            let encoded = base64::engine::general_purpose::STANDARD.encode(authority);
            cluster["certificate-authority-data"] = encoded.into();
        }
        // An empty token would be sent as one; kubectl asks for a name and a password where there is nothing.
        let user = json!({"token": self.builder.token.as_deref().unwrap_or("anybody")});
        // JSON is YAML.
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": name, "preferences": {},
            "clusters": [{"name": name, "cluster": cluster}], "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        });
        config.to_string()
    }

    fn run(&self, listener: TcpListener) {
        let task = accept(listener, Arc::clone(&self.shared), self.acceptor.clone());
        self.running.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }

    /// Goes away: nothing listens there any more, and every connection ends. What it knows stays.
    pub async fn stop(&self) {
        let mut running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        running.shutdown().await;
    }

    /// Comes back, at the same place with the same objects. One that runs goes on.
    ///
    /// # Panics
    /// When somebody else has taken its port for several seconds.
    pub async fn restart(&self) {
        if !self.running.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        for _ in 0..100 {
            if let Ok(listener) = TcpListener::bind(self.address()).await {
                return self.run(listener);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} is taken", self.address());
    }
}

/// What is in it.
impl FakeCluster {
    /// Writes the objects of a manifest as they are, also their status, whatever was there, and makes namespaces that are
    /// missing. Objects without namespace go to `default`.
    ///
    /// # Panics
    /// When it cannot be read, or names a kind that the server does not have.
    pub fn apply_yaml(&self, text: &str) {
        let objects = crate::yaml::objects(text).unwrap_or_else(|error| panic!("{error} in {text}"));
        self.load(objects);
    }

    /// Writes one object, as [`FakeCluster::apply_yaml`].
    ///
    /// # Panics
    /// When the server does not have its kind.
    pub fn apply(&self, object: Value) {
        self.load([object]);
    }

    /// Writes objects, as [`FakeCluster::apply_yaml`].
    ///
    /// # Panics
    /// When the server does not have a kind.
    pub fn load(&self, objects: impl IntoIterator<Item = Value>) {
        let now = self.shared.now();
        let mut state = self.shared.state();
        for mut object in objects {
            let kind = state.store.kind_of(&object).cloned();
            let kind =
                kind.unwrap_or_else(|| panic!("no such kind: {} {}", object["apiVersion"], object["kind"]));
            let (space, name) = store::name_of(&object);
            assert!(!name.is_empty(), "without a name: {object}");
            if kind.namespaced {
                let space = if space.is_empty() { "default" } else { space.as_str() };
                object["metadata"]["namespace"] = space.into();
                let spaces =
                    state.store.kind("", "namespaces").cloned().expect("every server has namespaces");
                if state.store.get(&spaces, "", space).is_none() {
                    state.store.put(
                        &spaces,
                        json!({"metadata": {"name": space}, "status": {"phase": "Active"}}),
                        &now,
                    );
                }
            }
            state.put(&kind, object, &now);
        }
        self.shared.told(&state);
    }

    /// Changes an object: what the function makes of it is written.
    ///
    /// # Panics
    /// When there is no such object.
    pub fn change(&self, kind: &str, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let now = self.shared.now();
        let mut state = self.shared.state();
        let kind = state.called(kind);
        let mut object = state.store.get(&kind, namespace, name).map(|object| (**object).clone());
        let object =
            object.as_mut().unwrap_or_else(|| panic!("there is no {} {namespace}/{name}", kind.kind));
        change(object);
        state.put(&kind, object.clone(), &now);
        self.shared.told(&state);
    }

    /// Merges this into the status of an object.
    ///
    /// # Panics
    /// When there is no such object.
    pub fn set_status(&self, kind: &str, namespace: &str, name: &str, status: &Value) {
        self.change(kind, namespace, name, |object| {
            if object["status"].is_null() {
                object["status"] = json!({});
            }
            patch::merge(&mut object["status"], status);
        });
    }

    /// Deletes an object. Returns whether it was there.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let now = self.shared.now();
        let mut state = self.shared.state();
        let kind = state.called(kind);
        let gone = state.delete(&kind, namespace, name, &now).is_some();
        self.shared.told(&state);
        gone
    }

    /// An object as it is.
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let state = self.shared.state();
        let kind = state.called(kind);
        state.store.get(&kind, namespace, name).map(|object| (**object).clone())
    }

    /// How many objects of a kind there are.
    pub fn count_of(&self, kind: &str) -> usize {
        let state = self.shared.state();
        state.store.count(&state.called(kind))
    }

    /// Adds a kind, as a custom resource definition does.
    pub fn install(&self, kind: FakeKind) {
        let mut state = self.shared.state();
        state.store.install(kind);
        self.shared.told(&state);
    }

    /// Adds all that is known of a group, such as `traefik.io`.
    ///
    /// # Panics
    /// When nothing is known of it.
    pub fn install_group(&self, group: &str) {
        let kinds: Vec<FakeKind> = kinds::custom().into_iter().filter(|kind| kind.group == group).collect();
        assert!(!kinds.is_empty(), "nothing is known of the group {group}");
        for kind in kinds {
            self.install(kind);
        }
    }

    /// Removes a kind or a whole group with all its objects, as deleting its definitions does: watches of it end, and the
    /// path is gone.
    ///
    /// # Panics
    /// When there is none.
    pub fn uninstall(&self, name: &str) {
        let mut state = self.shared.state();
        assert!(state.store.uninstall(|kind| kind.is_called(name)) > 0, "there is no {name}");
        self.shared.told(&state);
    }

    /// What a container has written; `previous` is the one before it was started again.
    pub fn set_log(&self, namespace: &str, pod: &str, container: &str, previous: bool, text: &str) {
        let key = (namespace.to_owned(), pod.to_owned(), container.to_owned(), previous);
        self.shared.state().logs.insert(key, text.to_owned());
    }

    /// Answers a whole path with this, such as a node's `…/proxy/stats/summary`.
    pub fn set_answer(&self, path: &str, status: u16, content_type: &str, body: &str) {
        let answer = (status, content_type.to_owned(), body.to_owned());
        self.shared.state().raw.insert(path.to_owned(), answer);
    }

    /// What `/version` says as `gitVersion`.
    pub fn set_version(&self, version: &str) {
        self.shared.state().version["gitVersion"] = version.into();
    }
}

/// What is wrong with it.
impl FakeCluster {
    /// Answers 403 to every request for this: `secrets`, `pods/log`, `ingressroutes.traefik.io`, a whole group, or `*`.
    /// Watches that run go on, as they do in a real server; [`FakeCluster::end_watches`] ends them.
    pub fn forbid(&self, name: &str) {
        self.permit(name);
        self.shared.state().faults.forbidden.push(Forbidden { name: name.to_owned(), but_in: Vec::new() });
    }

    /// As [`FakeCluster::forbid`], but for requests for one of these namespaces.
    pub fn forbid_but_in(&self, name: &str, namespaces: &[&str]) {
        self.permit(name);
        let but_in = namespaces.iter().map(|space| (*space).to_owned()).collect();
        self.shared.state().faults.forbidden.push(Forbidden { name: name.to_owned(), but_in });
    }

    /// Takes [`FakeCluster::forbid`] back.
    pub fn permit(&self, name: &str) {
        self.shared.state().faults.forbidden.retain(|rule| rule.name != name);
    }

    /// Answers 401 to everything, or no more.
    pub fn refuse_everybody(&self, refuse: bool) {
        self.shared.state().faults.unauthorized = refuse;
    }

    /// From now on only this token is good, whatever the kubeconfig shows.
    pub fn set_token(&self, token: &str) {
        self.shared.state().faults.token = Some(token.to_owned());
    }

    /// Answers this status to everything; `None` ends it.
    pub fn fail_with(&self, status: Option<u16>) {
        self.shared.state().faults.failing = status;
    }

    /// Reads each request and breaks the connection, or no more.
    pub fn hang_up(&self, hang_up: bool) {
        self.shared.state().faults.hang_up = hang_up;
    }

    /// Waits so long before each answer.
    pub fn slow(&self, by: Duration) {
        self.shared.state().faults.slow = by;
    }

    /// From now on every version so far is too old: watches are told 410 Gone, and so is who resumes one or goes on with a
    /// list in pages.
    pub fn gone(&self) {
        let mut state = self.shared.state();
        state.store.forget();
        self.shared.told(&state);
    }

    /// Stays connected and says nothing more: requests are not answered, watches are silent, until
    /// [`FakeCluster::resume`].
    pub fn pause(&self) {
        self.shared.signals.send_modify(|signal| signal.paused = true);
    }

    /// Ends [`FakeCluster::pause`]; what happened meanwhile is told.
    pub fn resume(&self) {
        self.shared.signals.send_modify(|signal| signal.paused = false);
    }

    /// Ends every watch in good order, as servers do after some minutes.
    pub fn end_watches(&self) {
        self.shared.signals.send_modify(|signal| signal.ended += 1);
    }

    /// Breaks every watch off in the middle.
    pub fn drop_watches(&self) {
        self.shared.signals.send_modify(|signal| signal.dropped += 1);
    }

    /// Sends this line to every watch of a kind.
    pub fn send_line(&self, kind: &str, line: &str) {
        let mut state = self.shared.state();
        let table = store::table_of(&state.called(kind));
        state.injected.push((table, line.to_owned()));
        self.shared.told(&state);
    }

    /// How often watches that begin from now on get a bookmark.
    pub fn bookmark_every(&self, time: Duration) {
        self.shared.state().faults.bookmark_every = time;
    }
}

/// What it was asked.
impl FakeCluster {
    /// Everything that was asked so far, oldest first.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// How often `verb` was asked of `resource` (`pods`, `pods/log`); any for `*`.
    pub fn count(&self, verb: &str, resource: &str) -> usize {
        let is = |wanted: &str, is: &str| wanted == "*" || wanted == is;
        let state = self.shared.state();
        state.seen.iter().filter(|seen| is(verb, &seen.verb) && is(resource, &seen.resource)).count()
    }

    /// Forgets what was asked so far.
    pub fn clear_requests(&self) {
        self.shared.state().seen.clear();
    }
}

impl State {
    /// The kind that a test means.
    fn called(&self, name: &str) -> FakeKind {
        let kind = self.store.kinds.iter().find(|kind| kind.is_called(name));
        kind.cloned().unwrap_or_else(|| panic!("there is no kind {name}"))
    }

    /// Writes an object; a custom resource definition brings its kind.
    fn put(&mut self, kind: &FakeKind, object: Value, now: &str) -> Arc<Value> {
        if kind.plural == "customresourcedefinitions"
            && let Some(brought) = FakeKind::of_definition(&object)
        {
            self.store.install(brought);
        }
        self.store.put(kind, object, now)
    }

    /// Deletes an object; with a custom resource definition goes its kind.
    fn delete(&mut self, kind: &FakeKind, namespace: &str, name: &str, now: &str) -> Option<Arc<Value>> {
        if kind.plural == "customresourcedefinitions" {
            self.store.uninstall(|one| one.resource() == name);
        }
        self.store.delete(kind, namespace, name, now)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, acceptor: Option<TlsAcceptor>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (shared, acceptor) = (Arc::clone(&shared), acceptor.clone());
        connections.spawn(async move {
            // A client that leaves early is an everyday event here, not a failure.
            let _ = talk(stream, shared, acceptor).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn talk(stream: TcpStream, shared: Arc<Shared>, acceptor: Option<TlsAcceptor>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let service = hyper::service::service_fn(move |request| serve::serve(Arc::clone(&shared), request));
    let http = hyper::server::conn::http1::Builder::new();
    match acceptor {
        Some(acceptor) => http.serve_connection(TokioIo::new(acceptor.accept(stream).await?), service).await,
        None => http.serve_connection(TokioIo::new(stream), service).await,
    }
    .map_err(io::Error::other)
}

#[cfg(test)]
mod tests;
