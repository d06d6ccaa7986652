//! What a cluster costs: 500 routes, 2,000 pods, 100 nodes on an API server in memory, which is this program.

use crate::Outcome;
use crate::home::{Browser, time};
use crate::http::request;
use crate::live::position;
use crate::report::Figure;
use crate::server::{Server, Usage, let_in, now};
use hob_testkit::fake_cluster::{FakeCluster, big};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

const ROUTES: usize = 500;
const PODS: usize = 2000;
const NODES: usize = 100;
const CHANGES_PER_SECOND: u64 = 200;
const WINDOWS: usize = 3;
const WINDOW: Duration = Duration::from_secs(10);
/// After a start, until nothing is done for the first time any more.
const SETTLE: Duration = Duration::from_secs(20);
const SYNC_WITHIN: Duration = Duration::from_secs(60);
/// How often a route is added.
const ROUTES_ADDED: usize = 10;
/// Nothing of this machine and no network: tiles are not probed, nobody knows their names.
const ALONE: &str = "[services]\nenabled = false\n";

pub(crate) fn measure() -> Outcome<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let cluster = runtime.block_on(async {
        let cluster = FakeCluster::start().await;
        for object in big(ROUTES, PODS, NODES) {
            cluster.apply(object);
        }
        Arc::new(cluster)
    });
    let base = rss(&without_cluster()?);
    let data = tempfile::tempdir()?;
    let token = let_in(data.path())?;
    let config = configure(data.path(), &cluster.kubeconfig())?;
    let began = now();
    let mut server = Server::serve(data.path(), Some(&config), None)?;
    server.first_answer("/readyz", Server::local)?;
    let synced = until_complete(&server)?;
    let synced = began.elapsed().as_secs_f64() - synced;
    std::thread::sleep(SETTLE);
    let quiet = server.watch(WINDOWS, WINDOW)?;
    let mut browser = Browser::open(&server, &token)?;
    let quiet_page = time(&mut browser, Duration::ZERO)?;
    let added = add_routes(&server, &token, &cluster)?;
    let changes = Changes::start(&runtime, cluster.clone());
    std::thread::sleep(WINDOW);
    let busy = server.watch(WINDOWS, WINDOW)?;
    // The hub has closed the connection that was idle meanwhile.
    let busy_page = time(&mut Browser::open(&server, &token)?, Duration::from_millis(20))?;
    drop(changes);
    server.stop()?;
    let increase = rss(&quiet).into_iter().map(|mb| mb - base.iter().sum::<f64>() / base.len() as f64);
    Ok(vec![
        Figure::new("cluster: from the start to all 500 tiles", "s", [synced]).limit(3.0),
        Figure::new("cluster: memory that it adds", "MB", increase).by_worst().limit(40.0),
        Figure::new("cluster: memory, 200 changes/s", "MB", rss(&busy)).by_worst(),
        Figure::new("cluster: CPU, nothing changes", "%", cpu(&quiet)),
        Figure::new("cluster: CPU, 200 changes/s", "%", cpu(&busy)).limit(10.0),
        Figure::new("cluster: home page, nothing changes", "ms", quiet_page).by_worst().limit(5.0),
        Figure::new("cluster: home page, 200 changes/s", "ms", busy_page).by_worst().limit(5.0),
        Figure::new("cluster: from a new route to the browser", "s", added).by_worst().limit(2.0),
    ])
}

fn without_cluster() -> Outcome<Vec<Usage>> {
    let data = tempfile::tempdir()?;
    let config = data.path().join("hob.toml");
    std::fs::write(&config, ALONE)?;
    let mut server = Server::serve(data.path(), Some(&config), None)?;
    server.first_answer("/readyz", Server::local)?;
    std::thread::sleep(SETTLE);
    let usage = server.watch(1, WINDOW)?;
    server.stop()?;
    Ok(usage)
}

fn configure(data: &Path, kubeconfig: &Path) -> Outcome<PathBuf> {
    let path = data.join("hob.toml");
    let kubeconfig = kubeconfig.display();
    std::fs::write(
        &path,
        format!("{ALONE}[[kubernetes]]\nname = \"big\"\nkubeconfig = \"{kubeconfig}\"\nprobe = false\n"),
    )?;
    Ok(path)
}

/// Waits until every route has its tile, and the home page shows them. Gives how long the last look took, in seconds.
fn until_complete(server: &Server) -> Outcome<f64> {
    let mut hub = server.local()?;
    let end = now() + SYNC_WITHIN;
    loop {
        let answer = hub.get("/api/v1/resources?kind=service", &[])?.expect(200)?;
        let listed: Value = serde_json::from_slice(&answer.body)?;
        let tiles = listed.get("resources").and_then(Value::as_array).map_or(0, Vec::len);
        if tiles >= ROUTES {
            break;
        }
        if now() > end {
            return Err(format!("only {tiles} of {ROUTES} tiles within {SYNC_WITHIN:?}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let began = now();
    hub.get("/", &[])?.expect(200)?;
    Ok(began.elapsed().as_secs_f64())
}

/// How long it takes until a browser that follows the home page is told of a new route, in seconds.
fn add_routes(server: &Server, token: &str, cluster: &FakeCluster) -> Outcome<Vec<f64>> {
    let bearer = format!("Bearer {token}");
    let headers = [("accept", "text/event-stream"), ("authorization", bearer.as_str())];
    let mut took = Vec::new();
    for number in 0..ROUTES_ADDED {
        let at = position(server, token)?;
        let mut stream = TcpStream::connect(server.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(
            request(&format!("/live?at={at}"), &server.address.to_string(), &headers).as_bytes(),
        )?;
        std::thread::sleep(Duration::from_millis(300));
        let host = format!("brandnew{number}.example.org");
        let began = now();
        cluster.apply(ingress(number, &host));
        read_until(&mut stream, host.as_bytes())?;
        took.push(began.elapsed().as_secs_f64());
    }
    Ok(took)
}

fn read_until(stream: &mut TcpStream, text: &[u8]) -> Outcome<()> {
    let (mut seen, mut chunk) = (Vec::new(), [0; 32 * 1024]);
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err("the stream of changes ended".into());
        }
        seen.extend_from_slice(&chunk[..count]);
        if seen.windows(text.len()).any(|window| window == text) {
            return Ok(());
        }
    }
}

fn ingress(number: usize, host: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
        "metadata": {"name": format!("brandnew-{number}"), "namespace": "default"},
        "spec": {"ingressClassName": "traefik", "rules": [{"host": host, "http": {"paths": [
            {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "brandnew", "port": {"number": 80}}}}]}}]},
    })
}

/// Changes that go on until this is dropped: the states of pods, as kubelets write them.
struct Changes(Arc<AtomicBool>);

impl Changes {
    fn start(runtime: &Runtime, cluster: Arc<FakeCluster>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let pods: Vec<Value> = big(ROUTES, PODS, NODES)
            .into_iter()
            .filter(|object| object.get("kind") == Some(&json!("Pod")))
            .collect();
        runtime.spawn_blocking(move || {
            let began = now();
            let mut made: u64 = 0;
            while !stopped.load(Ordering::Relaxed) {
                let due = began.elapsed().as_millis() as u64 * CHANGES_PER_SECOND / 1000;
                while made < due {
                    let mut pod = pods[(made as usize * 7) % pods.len()].clone();
                    if let Some(count) = pod.pointer_mut("/status/containerStatuses/0/restartCount") {
                        *count = json!(made / PODS as u64 + 1);
                    }
                    cluster.apply(pod);
                    made += 1;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self(stop)
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn cpu(usage: &[Usage]) -> Vec<f64> {
    usage.iter().map(|one| one.cpu_percent).collect()
}

fn rss(usage: &[Usage]) -> Vec<f64> {
    usage.iter().map(|one| one.rss_mb).collect()
}
