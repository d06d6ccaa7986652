//! What is not permitted, what goes away, and what comes back.

use super::house::{PATIENCE, has, health, hub, hub_with, kustomization, view};
use crate::clusters::State;
use hob_base::{Clock, Timestamp};
use hob_testkit::fake_cluster::FakeCluster;
use hob_testkit::hub::TestHub;
use std::time::Duration;

const APPS: &str = "deployment/home/flux-system/kustomization/apps";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_permitted_is_named_with_what_would_grant_it() {
    let cluster = FakeCluster::start().await;
    cluster.forbid("secrets");
    cluster.apply_yaml(&kustomization("apps", true));
    let hub = hub(&cluster).await;
    hub.wait_until("the rest is read", PATIENCE, |ctx| has(ctx, APPS)).await;
    let view = view(hub.ctx(), "home");
    let gap = view.gaps.iter().find(|gap| gap.what == "secrets").expect("a gap");
    assert!(gap.sentence.contains("image credentials"), "{gap:?}");
    assert!(gap.grants.contains("resources: [\"secrets\"]"), "{gap:?}");
    assert!(view.settings.unread.contains(&cluster_model::Kind::Secret));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_away_stays_as_it_was_and_is_named() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(&kustomization("apps", true));
    let hub = hub(&cluster).await;
    hub.wait_until("it is there", PATIENCE, |ctx| has(ctx, APPS)).await;
    cluster.forbid("kustomizations");
    // A server looks at permissions when a watch begins.
    cluster.end_watches();
    hub.wait_until("it is named", PATIENCE, |ctx| {
        view(ctx, "home").gaps.iter().any(|gap| gap.what == "kustomizations")
    })
    .await;
    assert!(has(hub.ctx(), APPS), "what was known is still shown");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_that_are_too_old_make_a_new_list() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(&kustomization("apps", true));
    let hub = hub(&cluster).await;
    hub.wait_until("it is there", PATIENCE, |ctx| has(ctx, APPS)).await;
    cluster.gone();
    cluster.delete("Kustomization", "flux-system", "apps");
    cluster.apply_yaml(&kustomization("more", true));
    hub.wait_until("what happened meanwhile is known", PATIENCE, |ctx| {
        !has(ctx, APPS) && has(ctx, "deployment/home/flux-system/kustomization/more")
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_calls_every_version_too_old_is_not_asked_for_everything_over_and_over() {
    const GONE: &str = r#"{"kind":"Status","code":410,"message":"too old resource version"}"#;
    let cluster = FakeCluster::start().await;
    let hub = hub(&cluster).await;
    cluster.clear_requests();
    for _ in 0..150 {
        cluster.send_line("Kustomization", &format!("{{\"type\":\"ERROR\",\"object\":{GONE}}}"));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let lists = cluster.count("list", "kustomizations");
    assert!((1..=6).contains(&lists), "after changes that could not be followed: {lists} lists");
    cluster.clear_requests();
    let path = "/apis/helm.toolkit.fluxcd.io/v2/helmreleases";
    cluster.set_answer(path, 410, "application/json", GONE);
    cluster.send_line("HelmRelease", &format!("{{\"type\":\"ERROR\",\"object\":{GONE}}}"));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = cluster.requests().iter().filter(|seen| seen.path == path).count();
    assert!((1..=6).contains(&asked), "after lists that were too old: {asked} questions");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_that_break_go_on() {
    let cluster = FakeCluster::start().await;
    let hub = hub(&cluster).await;
    for round in 0..3 {
        if round == 1 {
            cluster.end_watches();
        } else {
            cluster.drop_watches();
        }
        cluster.send_line("Kustomization", "{\"type\":\"ADDED\",\"object\":{\"metadata\":5}}");
        cluster.send_line("Kustomization", "no json");
        let name = format!("n{round}");
        cluster.apply_yaml(&kustomization(&name, true));
        let id = format!("deployment/home/flux-system/kustomization/{name}");
        hub.wait_until("it is seen", PATIENCE, |ctx| has(ctx, &id)).await;
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_is_uninstalled_takes_its_objects_with_it_and_may_come_back() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(&kustomization("apps", true));
    let hub = hub(&cluster).await;
    hub.wait_until("it is there", PATIENCE, |ctx| has(ctx, APPS)).await;
    cluster.uninstall("kustomize.toolkit.fluxcd.io");
    cluster.end_watches();
    hub.wait_until("it is gone", PATIENCE, |ctx| !has(ctx, APPS)).await;
    assert_eq!(view(hub.ctx(), "home").gaps, [], "what is not installed is no gap");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_changes_nothing_but_its_own_state() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(&kustomization("apps", true));
    let hub = hub(&cluster).await;
    hub.wait_until("it is there", PATIENCE, |ctx| has(ctx, APPS)).await;
    cluster.stop().await;
    let api = "cluster/home/api";
    let away = Duration::from_secs(40);
    hub.wait_until("its absence is told", away, |ctx| {
        health(ctx, api) == "critical: The API server of the cluster “home” does not answer."
    })
    .await;
    assert!(matches!(view(hub.ctx(), "home").state, State::Away { .. }));
    assert!(view(hub.ctx(), "home").heard_at.is_some());
    assert!(health(hub.ctx(), APPS).starts_with("ok"), "the last known state stays");
    cluster.restart().await;
    cluster.apply_yaml(&kustomization("later", true));
    hub.wait_until("it is back", away, |ctx| {
        health(ctx, api) == "ok: The API server answers."
            && has(ctx, "deployment/home/flux-system/kustomization/later")
    })
    .await;
    assert!(has(hub.ctx(), APPS));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_is_no_outage() {
    let cluster = FakeCluster::start().await;
    let hub = hub(&cluster).await;
    hub.ctx().resources.settle().await;
    cluster.stop().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    cluster.restart().await;
    cluster.apply_yaml(&kustomization("apps", true));
    hub.wait_until("it goes on", PATIENCE, |ctx| has(ctx, APPS)).await;
    let transitions = hub.ctx().resources.transitions(None, 100).await.unwrap();
    let bad: Vec<_> =
        transitions.iter().filter(|transition| transition.to == hob_base::Level::Critical).collect();
    assert!(bad.is_empty(), "{bad:?}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_known_is_told_so_and_comes_in_with_a_new_token() {
    let cluster = FakeCluster::builder().token("right").start().await;
    cluster.apply_yaml(&kustomization("apps", true));
    let hub = hub_with(&[("home", &cluster, "")]).await;
    hub.wait_until("it is there", PATIENCE, |ctx| has(ctx, APPS)).await;
    cluster.refuse_everybody(true);
    cluster.end_watches();
    hub.wait_until("it is told", PATIENCE, |ctx| {
        health(ctx, "cluster/home/api").starts_with("critical: The cluster “home” cannot be watched")
    })
    .await;
    let resource = hub.ctx().resources.get(&"cluster/home/api".parse().unwrap()).unwrap();
    assert!(
        resource.health.evidence.contains("does not accept what Hob signs in with"),
        "{:?}",
        resource.health
    );
    assert!(!format!("{resource:?}").contains("right"), "no secret in what is said");
    cluster.refuse_everybody(false);
    hub.wait_until("it is back", Duration::from_secs(40), |ctx| {
        health(ctx, "cluster/home/api") == "ok: The API server answers."
    })
    .await;
    assert!(has(hub.ctx(), APPS));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_that_is_not_there_is_said_in_a_sentence() {
    let config = "[[kubernetes]]\nname = \"home\"\nkubeconfig = \"/nowhere/config\"\n";
    let hub = TestHub::with(&[crate::FEATURE]).config(config).start().await;
    hub.wait_until("it is told", PATIENCE, |ctx| !health(ctx, "cluster/home/api").is_empty()).await;
    let resource = hub.ctx().resources.get(&"cluster/home/api".parse().unwrap()).unwrap();
    assert!(
        resource.health.evidence.starts_with("There is no kubeconfig at /nowhere/config."),
        "{resource:?}"
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_behind_tls_that_somebody_else_vouches_for_is_not_spoken_to() {
    let (cluster, other) =
        (FakeCluster::builder().tls().start().await, FakeCluster::builder().tls().start().await);
    // The kubeconfig of one with the address of the other: the wrong authority.
    let text = std::fs::read_to_string(cluster.kubeconfig()).unwrap().replace(&cluster.url(), &other.url());
    std::fs::write(other.kubeconfig(), text).unwrap();
    let hub = TestHub::with(&[crate::FEATURE])
        .config(&super::house::config(&[("good", &cluster, ""), ("bad", &other, "")]))
        .start()
        .await;
    hub.wait_until("the one is read", PATIENCE, |ctx| view(ctx, "good").complete).await;
    hub.wait_until("the other is told", PATIENCE, |ctx| {
        health(ctx, "cluster/bad/api").starts_with("critical")
    })
    .await;
    let resource = hub.ctx().resources.get(&"cluster/bad/api".parse().unwrap()).unwrap();
    assert!(resource.health.evidence.contains("does not trust"), "{resource:?}");
    assert_eq!(other.requests(), [], "nothing was sent to it");
    hub.stop().await;
}

/// Lets time pass in steps until `done`.
async fn pass(
    clock: &Clock,
    step: Duration,
    steps: u32,
    hub: &TestHub,
    done: impl Fn(&hob_feature::Ctx) -> bool,
) {
    for _ in 0..steps {
        if done(hub.ctx()) {
            return;
        }
        clock.advance(step);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(done(hub.ctx()), "not within {steps} steps of {step:?}");
}

const STEP: Duration = Duration::from_millis(100);

/// A hub whose clock the test moves, once it has read the cluster.
async fn hub_by_clock(cluster: &FakeCluster) -> (TestHub, Clock) {
    let clock = Clock::fake(Timestamp::from_millis(1_767_225_600_000));
    let hub = TestHub::with(&[crate::FEATURE])
        .config(&super::house::config(&[("home", cluster, "")]))
        .clock(clock.clone())
        .start()
        .await;
    pass(&clock, STEP, 1_000, &hub, |ctx| view(ctx, "home").complete).await;
    (hub, clock)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_permitted_later_is_picked_up() {
    let cluster = FakeCluster::start().await;
    cluster.forbid("kustomizations");
    cluster.apply_yaml(&kustomization("apps", true));
    let (hub, clock) = hub_by_clock(&cluster).await;
    assert!(view(hub.ctx(), "home").gaps.iter().any(|gap| gap.what == "kustomizations"));
    assert!(!has(hub.ctx(), APPS));
    cluster.permit("kustomizations");
    pass(&clock, Duration::from_secs(1), 300, &hub, |ctx| has(ctx, APPS)).await;
    pass(&clock, STEP, 300, &hub, |ctx| view(ctx, "home").gaps.is_empty()).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_hour_away_nothing_is_forgotten_late_or_missing() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(&kustomization("apps", true));
    let (hub, clock) = hub_by_clock(&cluster).await;
    pass(&clock, STEP, 300, &hub, |ctx| has(ctx, APPS)).await;
    let known = view(hub.ctx(), "home").heard_at.unwrap();
    cluster.stop().await;
    pass(&clock, Duration::from_secs(10), 400, &hub, |ctx| {
        ctx.clock.now().since(known) > Duration::from_secs(3600)
    })
    .await;
    hub.ctx().resources.settle().await;
    let view_now = view(hub.ctx(), "home");
    assert!(matches!(view_now.state, State::Away { .. }), "{:?}", view_now.state);
    assert!(view_now.heard_at.is_some_and(|heard| heard.since(known) < Duration::from_secs(60)));
    assert!(view_now.settings.now_ms < known.plus(Duration::from_secs(120)).millis(), "time stands still");
    assert!(health(hub.ctx(), APPS).starts_with("ok"), "{}", health(hub.ctx(), APPS));
    let bad: Vec<String> = hub
        .ctx()
        .resources
        .list()
        .iter()
        .filter(|resource| resource.judged && resource.health.level != hob_base::Level::Ok)
        .filter(|resource| resource.words.contains_key(&"kubernetes".into()))
        .map(|resource| resource.id.to_string())
        .collect();
    assert_eq!(bad, ["cluster/home/api"]);
    cluster.restart().await;
    pass(&clock, Duration::from_secs(1), 600, &hub, |ctx| health(ctx, "cluster/home/api").starts_with("ok"))
        .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_that_ends_soon_is_said_before() {
    let cluster = FakeCluster::start().await;
    let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let dir = cluster.kubeconfig().parent().unwrap().to_owned();
    std::fs::write(dir.join("client.crt"), certificate.pem()).unwrap();
    std::fs::write(dir.join("client.key"), key.serialize_pem()).unwrap();
    let server = cluster.url();
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{{name: a, cluster: {{server: \"{server}\"}}}}]\n\
         contexts: [{{name: a, context: {{cluster: a, user: a}}}}]\n\
         users: [{{name: a, user: {{client-certificate: client.crt, client-key: client.key}}}}]\n"
    );
    std::fs::write(cluster.kubeconfig(), text).unwrap();
    let hub = hub(&cluster).await;
    hub.wait_until("it is said", PATIENCE, |ctx| {
        health(ctx, "cluster/home/api")
            == "warning: The client certificate with which Hob signs in to the cluster ends on 2020-01-01."
    })
    .await;
    hub.stop().await;
}
