use super::*;
use http::HeaderValue;
use proptest::prelude::*;

fn inspected(text: &str) -> Inspected {
    serde_json::from_str(text).unwrap()
}

#[test]
fn an_engine_says_who_it_is() {
    let ping = |pairs: &[(&'static str, &'static str)]| {
        Ping::read(&pairs.iter().map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v))).collect())
    };
    let docker = ping(&[("Api-Version", "1.47"), ("Server", "Docker/27.3.1 (linux)")]);
    assert_eq!(
        (docker.version, docker.podman, docker.release.as_deref()),
        (Some((1, 47)), false, Some("27.3.1"))
    );
    let podman =
        ping(&[("Api-Version", "1.41"), ("Libpod-Api-Version", "4.3.1"), ("Server", "Libpod/4.3.1 (linux)")]);
    assert_eq!(
        (podman.version, podman.podman, podman.release.as_deref()),
        (Some((1, 41)), true, Some("4.3.1"))
    );
    assert_eq!(ping(&[]), Ping::default());
}

#[test]
fn an_absurd_field_costs_that_field_only() {
    let container = inspected(
        r#"{"Id":"a","Name":["x"],"RestartCount":"many","State":{"Status":"running","ExitCode":"0","Health":7,
            "StartedAt":"2026-11-23T16:20:17Z"},"Config":{"Image":"nginx","Labels":null,"ExposedPorts":[]},
            "HostConfig":{"PortBindings":null,"RestartPolicy":null,"Memory":1024},
            "NetworkSettings":{"Ports":{"80/tcp":null,"81/tcp":[{"HostIp":"","HostPort":"8081"}]}},"Unknown":{}}"#,
    );
    assert_eq!((container.id.as_str(), container.name.as_str(), container.restart_count), ("a", "", 0));
    assert_eq!((container.state.status.as_str(), container.config.image.as_str()), ("running", "nginx"));
    assert_eq!(container.host_config.memory, 1024);
    assert_eq!(container.network_settings.ports.len(), 2);
    let list: Vec<Listed> = serde_json::from_str(r#"[{"Id":"a","Labels":null,"Ports":null},{}]"#).unwrap();
    assert_eq!(list.len(), 2);
}

#[test]
fn podman_calls_a_health_check_otherwise() {
    for key in ["Health", "Healthcheck"] {
        let text =
            format!(r#"{{"State":{{"{key}":{{"Status":"unhealthy","Log":[{{"Output":"no\nway"}}]}}}}}}"#);
        let health = inspected(&text).state.health.unwrap();
        assert_eq!((health.status.as_str(), health.log[0].output.as_str()), ("unhealthy", "no way"));
    }
}

#[test]
fn secrets_are_never_kept() {
    let container = inspected(
        r#"{"Config":{"Env":["PASSWORD=hunter2"],"Labels":{"homepage.widget.key":"hunter2","homepage.name":"Sonarr",
            "traefik.http.middlewares.auth.basicauth.users":"anna:hunter2","maintainer":"hunter2"}},
            "Args":["--entrypoints.web.address=:80","--certificatesresolvers.x.token=hunter2"]}"#,
    );
    let shown = format!("{container:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(container.config.labels.get("homepage.name"), Some("Sonarr"));
    assert!(container.config.labels.iter().any(|(key, _)| key.contains("middlewares.auth")));
    assert_eq!(container.args.0, ["--entrypoints.web.address=:80"]);
}

#[test]
fn logs_are_frames_or_text() {
    let framed = b"\x01\0\0\0\0\0\0\x06hello\n\x02\0\0\0\0\0\0\x04bad\n";
    assert_eq!(log_text(framed), "hello\nbad\n");
    assert_eq!(log_text(b"plain\x1b[31m red\n"), "plain[31m red\n");
    assert_eq!(log_text(b"\x01\0\0\0\0\0\0\xffcut"), "cut");
    assert_eq!(log_text(b""), "");
}

#[test]
fn what_health_checks_do_all_day_does_not_matter() {
    let event = |action: &str| Event { action: action.to_owned(), ..Event::default() };
    for idle in ["exec_create: curl -f http://localhost/", "exec_start: x", "exec_die", "top", "resize"] {
        assert!(!event(idle).matters(), "{idle}");
    }
    for news in ["start", "die", "oom", "health_status: unhealthy", "destroy", "rename", "pause"] {
        assert!(event(news).matters(), "{news}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_log(bytes: Vec<u8>) {
        prop_assert!(log_text(&bytes).len() <= bytes.len() * 3);
    }
}
