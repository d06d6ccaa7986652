use super::*;

/// The helper itself: whatever it promises is tried once, on one server.
#[tokio::test]
async fn on_kube_apiserver_1_20_objects_users_and_restarts_are_real() {
    let builder = RealCluster::builder().controllers(&["serviceaccount", "deployment", "replicaset"]);
    let Some(mut cluster) = builder.start_or_skip().await else { return };
    cluster.install_definitions(&[]).await;
    cluster
        .apply_yaml(
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: media}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: media}\n\
             spec: {containers: [{name: app, image: x}]}\n---\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: x, namespace: media}\n\
             spec: {routes: []}\n",
        )
        .await;
    let path = "/api/v1/namespaces/media/pods/x";
    cluster.set_status(path, &json!({"phase": "Failed", "reason": "Evicted"})).await;
    let (_, pod) = cluster.request(Method::GET, path, "", &Value::Null).await;
    assert_eq!(pod["status"]["reason"], "Evicted");
    let nobody = cluster.kubeconfig_for("nobody", "");
    let refused = cluster.kubectl_as(&nobody, &["get", "pods", "-A"], "").await.unwrap_err();
    assert!(refused.contains("User \"nobody\" cannot list resource \"pods\""), "{refused}");
    cluster
        .apply_yaml("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: hob, namespace: media}\n")
        .await;
    let account = cluster.kubeconfig_of_account("media", "hob").await;
    let refused = cluster.kubectl_as(&account, &["get", "pods", "-A"], "").await.unwrap_err();
    assert!(refused.contains("User \"system:serviceaccount:media:hob\" cannot list"), "{refused}");
    cluster.stop_api_server();
    assert!(cluster.kubectl(&["get", "pods", "-A", "--request-timeout=2s"], "").await.is_err());
    cluster.start_api_server().await;
    let routes = cluster.kubectl(&["get", "ingressroutes.traefik.io", "-A", "-o", "name"], "").await.unwrap();
    assert_eq!(routes.trim(), "ingressroute.traefik.io/x");
    let (etcd, port) = (cluster.folder.path().to_owned(), cluster.port);
    drop(cluster);
    assert!(!etcd.exists() && std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "it is gone");
}
