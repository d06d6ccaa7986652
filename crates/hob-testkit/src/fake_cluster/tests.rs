use super::*;
use crate::client::Client;
use std::process::Stdio;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const APP: &str = r"
apiVersion: v1
kind: Service
metadata: {name: jellyfin, namespace: media, labels: {app: jellyfin}}
spec: {ports: [{port: 80}]}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: jellyfin, namespace: media}
spec: {routes: [{match: Host(`jellyfin.home.test`), services: [{name: jellyfin, port: 80}]}]}
";

const PODS: &str = "/api/v1/namespaces/a/pods";

fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "a"}, "spec": {"nodeName": "n1"}})
}

/// A watch, read piece by piece.
struct Stream {
    stream: TcpStream,
    read: String,
}

impl Stream {
    async fn open(cluster: &FakeCluster, path: &str) -> Self {
        let mut stream = TcpStream::connect(cluster.address()).await.unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
            .await
            .unwrap();
        Self { stream, read: String::new() }
    }

    /// Reads on until this has come; what came before it is forgotten.
    async fn until(&mut self, text: &str) {
        let mut chunk = [0; 4096];
        while !self.read.contains(text) {
            let count = tokio::time::timeout(Duration::from_secs(10), self.stream.read(&mut chunk)).await;
            let count = count.unwrap_or_else(|_| panic!("no {text} in {}", self.read)).unwrap();
            assert!(count > 0, "ended without {text}: {}", self.read);
            self.read.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
        let end = self.read.find(text).unwrap() + text.len();
        self.read.drain(..end);
    }

    /// Reads to the end.
    async fn rest(mut self) -> String {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(10), self.stream.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "it does not end");
        self.read + &String::from_utf8_lossy(&rest)
    }
}

async fn json_of(cluster: &FakeCluster, path: &str) -> (u16, Value) {
    let answer = Client::new(cluster.address()).get(path).await;
    (answer.status.as_u16(), answer.json())
}

#[tokio::test]
async fn a_list_in_pages_and_a_watch_from_it_miss_nothing() {
    let cluster = FakeCluster::start().await;
    cluster.load((0..5).map(|number| pod(&format!("p{number}"))));
    let (_, first) = json_of(&cluster, "/api/v1/pods?limit=3").await;
    assert_eq!(first["items"].as_array().unwrap().len(), 3);
    assert!(first["items"][0].get("kind").is_none(), "items of built-in kinds do not say what they are");
    cluster.apply(pod("late"));
    let next = first["metadata"]["continue"].as_str().unwrap();
    let (_, second) = json_of(&cluster, &format!("/api/v1/pods?limit=3&continue={next}")).await;
    let version = second["metadata"]["resourceVersion"].as_str().unwrap();
    assert_eq!(version, first["metadata"]["resourceVersion"].as_str().unwrap());
    let mut watch = Stream::open(&cluster, &format!("{PODS}?watch=1&resourceVersion={version}")).await;
    watch.until(r#""type":"ADDED""#).await;
    watch.until(r#""name":"late""#).await;
    cluster.set_status("Pod", "a", "p1", &json!({"phase": "Running"}));
    watch.until(r#""type":"MODIFIED""#).await;
    cluster.delete("pods", "a", "p1");
    watch.until(r#""type":"DELETED""#).await;
    cluster.gone();
    watch.until(r#""code":410"#).await;
    assert!(watch.rest().await.ends_with("0\r\n\r\n"), "it ends in good order");
    let (status, gone) = json_of(&cluster, &format!("/api/v1/pods?limit=3&continue={next}")).await;
    assert_eq!((status, gone["reason"].as_str()), (410, Some("Expired")));
}

#[tokio::test]
async fn watches_get_bookmarks_begin_with_what_is_there_and_break_on_request() {
    let cluster = FakeCluster::start().await;
    cluster.apply(pod("x"));
    cluster.bookmark_every(Duration::from_millis(20));
    let path = "/api/v1/pods?watch=1&allowWatchBookmarks=true&sendInitialEvents=true";
    let mut watch = Stream::open(&cluster, path).await;
    watch.until(r#""type":"ADDED""#).await;
    watch.until("k8s.io/initial-events-end").await;
    watch.until(r#""type":"BOOKMARK""#).await;
    cluster.send_line("pods", "no JSON at all");
    watch.until("no JSON at all").await;
    cluster.drop_watches();
    assert!(!watch.rest().await.contains("0\r\n\r\n"), "it breaks in the middle");
    let (first, second) = (
        Stream::open(&cluster, path),
        Stream::open(&cluster, "/apis/traefik.io/v1alpha1/ingressroutes?watch=1"),
    );
    let (mut first, second) = tokio::join!(first, second);
    first.until("initial-events-end").await;
    while cluster.count("watch", "ingressroutes") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    cluster.uninstall("traefik.io");
    second.rest().await;
    assert_eq!(json_of(&cluster, "/apis/traefik.io/v1alpha1/ingressroutes").await.0, 404);
    cluster.end_watches();
    assert!(first.rest().await.ends_with("0\r\n\r\n"));
}

#[tokio::test]
async fn what_is_forbidden_is_answered_as_servers_do() {
    let cluster = FakeCluster::start().await;
    cluster.forbid("secrets");
    cluster.forbid_but_in("pods", &["a"]);
    let (status, refusal) = json_of(&cluster, "/api/v1/secrets").await;
    assert_eq!((status, refusal["reason"].as_str()), (403, Some("Forbidden")));
    assert!(refusal["message"].as_str().unwrap().ends_with("at the cluster scope"), "{refusal}");
    assert_eq!(json_of(&cluster, "/api/v1/pods").await.0, 403);
    assert_eq!(json_of(&cluster, PODS).await.0, 200);
    let review = json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
        "spec": {"resourceAttributes": {"verb": "list", "resource": "secrets"}}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer = Client::new(cluster.address()).post_json(path, &review).await;
    assert_eq!(answer.json()["status"]["allowed"], false);
    cluster.permit("secrets");
    assert_eq!(json_of(&cluster, "/api/v1/secrets").await.0, 200);
    cluster.refuse_everybody(true);
    assert_eq!(json_of(&cluster, "/api/v1/secrets").await.0, 401);
    cluster.refuse_everybody(false);
    cluster.fail_with(Some(503));
    assert_eq!(json_of(&cluster, "/api").await.0, 503);
    assert_eq!(cluster.count("list", "secrets"), 3);
    assert_eq!(cluster.requests().iter().filter(|seen| seen.namespace.as_deref() == Some("a")).count(), 1);
}

#[tokio::test]
async fn it_goes_away_comes_back_and_keeps_what_it_knows() {
    let cluster = FakeCluster::start().await;
    cluster.apply(pod("x"));
    let watch = Stream::open(&cluster, "/api/v1/pods?watch=1").await;
    cluster.stop().await;
    assert!(TcpStream::connect(cluster.address()).await.is_err());
    watch.rest().await;
    cluster.restart().await;
    assert_eq!(json_of(&cluster, PODS).await.1["items"][0]["metadata"]["name"], "x");
    cluster.pause();
    let asked = json_of(&cluster, PODS);
    tokio::pin!(asked);
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut asked).await.is_err());
    cluster.resume();
    assert_eq!(asked.await.0, 200);
}

#[tokio::test]
async fn logs_are_cut_as_asked() {
    let cluster = FakeCluster::start().await;
    cluster.apply(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x", "namespace": "a"}, "spec": {"containers": [{"name": "app"}]}}));
    cluster.set_log("a", "x", "app", true, "one\ntwo\nthree\n");
    let mut client = Client::new(cluster.address());
    assert_eq!(client.get(&format!("{PODS}/x/log?previous=true&tailLines=2")).await.text(), "two\nthree\n");
    assert_eq!(client.get(&format!("{PODS}/x/log?previous=true&limitBytes=5")).await.text(), "one\nt");
    assert_eq!(client.get(&format!("{PODS}/x/log")).await.status.as_u16(), 400);
}

/// Runs kubectl; `None` where there is none.
async fn kubectl(cluster: &FakeCluster, arguments: &str, input: &str) -> Option<Result<String, String>> {
    let program = crate::kubectl::find()?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments.split(' ')).arg("--kubeconfig").arg(cluster.kubeconfig());
    command
        .env("HOME", cluster.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = tokio::time::timeout(Duration::from_secs(30), child.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("kubectl {arguments} does not end")).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some(if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) })
}

#[tokio::test]
async fn the_real_kubectl_works_with_it() {
    let cluster = FakeCluster::builder().tls().token("secret").start().await;
    let Some(made) =
        kubectl(&cluster, "create -f -", "apiVersion: v1\nkind: Namespace\nmetadata: {name: media}\n").await
    else {
        eprintln!("skipped: kubectl is not installed (Debian's package kubernetes-client has it)");
        return;
    };
    made.unwrap();
    let run = async |arguments: &str, input: &str| kubectl(&cluster, arguments, input).await.unwrap();
    let applied = run("apply -f -", APP).await.unwrap();
    assert!(
        applied.contains("service/jellyfin created")
            && applied.contains("ingressroute.traefik.io/jellyfin created"),
        "{applied}"
    );
    assert!(run("apply -f -", APP).await.unwrap().contains("unchanged"));
    let changed = run("apply -f -", &APP.replace("port: 80", "port: 81")).await.unwrap();
    assert!(
        changed.contains("service/jellyfin configured")
            && changed.contains("ingressroute.traefik.io/jellyfin configured"),
        "{changed}"
    );
    let service = cluster.get("Service", "media", "jellyfin").unwrap();
    assert_eq!(
        service["spec"]["ports"].as_array().unwrap().iter().filter(|port| port["port"] == 81).count(),
        1,
        "{service}"
    );
    assert!(run("get svc -A", "").await.unwrap().contains("jellyfin"));
    assert!(
        run("get ingressroutes.traefik.io -n media -o name", "")
            .await
            .unwrap()
            .contains("ingressroute.traefik.io/jellyfin")
    );
    let labelled = run("label svc -n media jellyfin tier=media", "").await.unwrap();
    assert!(labelled.contains("labeled"), "{labelled}");
    run("get svc -n media -l tier=media -o name", "").await.unwrap();
    assert!(run("delete -n media service jellyfin", "").await.unwrap().contains("deleted"));
    assert!(run("get svc -n media jellyfin", "").await.unwrap_err().contains("not found"));
    cluster.forbid("secrets");
    assert!(run("get secrets -A", "").await.unwrap_err().contains("cannot list resource \"secrets\""));
    cluster.set_token("another");
    assert!(run("get pods", "").await.is_err());
}
