//! What happens to checks of outside addresses when the Internet connection is lost, and what it does not happen to; and
//! the kinds of checks that follow from something else than an answer.

use super::*;
use hob_feature::checks::{GroupCheck, GroupRule};
use std::sync::atomic::AtomicBool;

fn outside(n: usize) -> CheckSpec {
    CheckSpec {
        resource: ResourceId::new("service", "config", &format!("out{n}")),
        // One failure is enough for this owner, so that only the guard stands between it and a false alarm.
        failures: if n == 0 { 1 } else { 2 },
        target: CheckTarget::tcp(format!("out{n}.example.org"), 443),
        ..tcp(n, 10 * SECOND)
    }
}

fn no_way(spec: &CheckSpec) -> Outcome {
    let last = spec.resource.name().bytes().last().unwrap_or(0);
    Outcome::Tcp(Err(ProbeError::ConnectTimeout { addr: ([1, 1, 1, last], 443).into(), after: SECOND }))
}

/// Everything that is `outN` follows the switch, and `out1` its own as well; the rest is well.
fn house_with_switches(switch: &Arc<AtomicBool>, one: &Arc<AtomicBool>) -> ProbeFn {
    let (switch, one) = (switch.clone(), one.clone());
    scripted(move |spec, _| {
        let name = spec.resource.name();
        let up = switch.load(Ordering::SeqCst) && (name != "out1" || one.load(Ordering::SeqCst));
        if name.starts_with("out") && !up { no_way(spec) } else { well_at(spec) }
    })
    .0
}

fn well_at(spec: &CheckSpec) -> Outcome {
    let last = spec.resource.name().bytes().last().unwrap_or(0);
    // An address of the public Internet, so that what answers counts as outside.
    let remote = if spec.resource.name().starts_with("out") { [1, 1, 1, last] } else { [127, 0, 0, 1] };
    Outcome::Tcp(Ok(http_probe::TcpOutcome {
        remote: (remote, 443).into(),
        resolve: Duration::ZERO,
        connect: Duration::ZERO,
    }))
}

fn clock() -> Clock {
    Clock::fake(Timestamp::from_millis(1_800_000_000_000))
}

impl House {
    fn level(&self, id: &ResourceId) -> Level {
        self.ctx.resources.get(id).unwrap().health.level
    }

    async fn levels_so_far(&self, id: &ResourceId) -> Vec<Level> {
        let mut transitions = self.ctx.resources.transitions(Some(id), 50).await.unwrap();
        transitions.reverse();
        transitions.into_iter().map(|transition| transition.to).collect()
    }
}

#[tokio::test]
async fn a_lost_connection_is_one_finding_and_no_outside_check_turns_critical() {
    let (switch, one) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(true)));
    let probe = house_with_switches(&switch, &one);
    let house = House::new(clock(), "", |ctx| vec![runner_with(ctx, probe, nobody())]).await;
    let mut specs: Vec<CheckSpec> = (0..3).map(outside).collect();
    specs.push(tcp(7, 10 * SECOND));
    house.ctx.checks.publish("test", specs.clone());
    run_for(&house.ctx, 12).await;
    assert_eq!(house.level(&connection()), Level::Ok);
    for spec in &specs {
        let resource = house.ctx.resources.get(&spec.resource).unwrap();
        assert_eq!(resource.health.level, Level::Ok);
        assert_eq!(resource.depends_on.contains(&connection()), spec.resource.name() != "7");
    }
    switch.store(false, Ordering::SeqCst);
    run_for(&house.ctx, 15).await;
    let lost = house.ctx.resources.get(&connection()).unwrap();
    assert_eq!(
        (lost.health.level, lost.health.reason.as_str()),
        (Level::Critical, "The Internet connection is down: none of 3 outside addresses can be reached.")
    );
    run_for(&house.ctx, 60).await;
    for n in 0..3 {
        let resource = house.ctx.resources.get(&outside(n).resource).unwrap();
        assert_eq!(
            (resource.health.level, resource.health.reason.as_str()),
            (Level::Unknown, "Hob cannot tell, because the Internet connection is down.")
        );
        assert!(resource.depends_on.contains(&connection()));
    }
    assert_eq!(house.level(&tcp(7, SECOND).resource), Level::Ok);
    switch.store(true, Ordering::SeqCst);
    run_for(&house.ctx, 8).await;
    for n in 0..3 {
        let id = outside(n).resource;
        assert_eq!(house.levels_so_far(&id).await, [Level::Ok, Level::Unknown, Level::Ok], "{id}");
    }
    assert_eq!(house.levels_so_far(&connection()).await, [Level::Ok, Level::Critical, Level::Ok]);
}

#[tokio::test]
async fn one_outside_service_that_is_down_is_its_own_fault() {
    let (switch, one) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(true)));
    let probe = house_with_switches(&switch, &one);
    let house = House::new(clock(), "", |ctx| vec![runner_with(ctx, probe, nobody())]).await;
    house.ctx.checks.publish("test", (0..3).map(outside).collect());
    run_for(&house.ctx, 12).await;
    one.store(false, Ordering::SeqCst);
    run_for(&house.ctx, 20).await;
    let down = house.ctx.resources.get(&outside(1).resource).unwrap();
    assert_eq!(down.health.level, Level::Critical, "{:?}", down.health);
    assert_eq!(house.level(&outside(0).resource), Level::Ok);
    assert_eq!(house.levels_so_far(&connection()).await, [Level::Ok]);
    // Then the connection goes as well: what was critical is not known any more either.
    switch.store(false, Ordering::SeqCst);
    run_for(&house.ctx, 20).await;
    assert_eq!(house.level(&connection()), Level::Critical);
    assert_eq!(house.level(&outside(1).resource), Level::Unknown);
    assert_eq!(house.levels_so_far(&outside(0).resource).await, [Level::Ok, Level::Unknown]);
    // And comes back without the service.
    switch.store(true, Ordering::SeqCst);
    run_for(&house.ctx, 20).await;
    assert_eq!(house.level(&outside(1).resource), Level::Critical);
    assert_eq!(house.level(&outside(0).resource), Level::Ok);
}

#[tokio::test]
async fn anchors_tell_of_a_lost_connection_with_one_outside_check() {
    let up = Arc::new(AtomicBool::new(true));
    let (probe, _) = {
        let up = up.clone();
        scripted(move |spec, _| if up.load(Ordering::SeqCst) { well_at(spec) } else { no_way(spec) })
    };
    let asked = Arc::new(AtomicUsize::new(0));
    let anchor: AnchorFn = {
        let (up, asked) = (up.clone(), asked.clone());
        Arc::new(move |anchor| {
            assert_eq!((anchor.host.as_str(), anchor.port), ("1.1.1.1", 443));
            asked.fetch_add(1, Ordering::SeqCst);
            let up = up.load(Ordering::SeqCst);
            boxed(async move { up })
        })
    };
    let config = "[internet]\nanchors = [\"1.1.1.1:443\"]\n";
    let house = House::new(clock(), config, |ctx| vec![runner_with(ctx, probe, anchor)]).await;
    run_for(&house.ctx, 70).await;
    assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing goes outside, so nobody is asked");
    house.ctx.checks.publish("test", vec![outside(0)]);
    run_for(&house.ctx, 70).await;
    assert!((1..=2).contains(&asked.load(Ordering::SeqCst)), "once a minute: {asked:?}");
    up.store(false, Ordering::SeqCst);
    run_for(&house.ctx, 15).await;
    assert_eq!(house.level(&connection()), Level::Critical);
    up.store(true, Ordering::SeqCst);
    run_for(&house.ctx, 10).await;
    assert_eq!(house.levels_so_far(&connection()).await, [Level::Ok, Level::Critical, Level::Ok]);
    assert_eq!(house.levels_so_far(&outside(0).resource).await, [Level::Ok, Level::Unknown, Level::Ok]);
    // Without checks that go outside there is no connection to speak of.
    house.ctx.checks.publish("test", vec![]);
    run_for(&house.ctx, 2).await;
    assert!(house.ctx.resources.get(&connection()).is_none());
}

#[tokio::test]
async fn a_name_that_leads_into_the_house_needs_no_connection() {
    let (probe, _) = scripted(|_, _| well());
    let house = House::new(clock(), "", |ctx| vec![runner_with(ctx, probe, nobody())]).await;
    house.ctx.checks.publish("test", vec![outside(0)]);
    run_for(&house.ctx, 12).await;
    let resource = house.ctx.resources.get(&outside(0).resource).unwrap();
    assert!(!resource.depends_on.contains(&connection()));
    assert!(house.ctx.resources.get(&connection()).is_none());
}

#[tokio::test]
async fn networks_that_the_owner_counts_as_outside_are_outside() {
    let listen = |address: &str| std::net::TcpListener::bind(address).unwrap();
    let (first, second) = (listen("127.0.0.2:0"), listen("127.0.0.3:0"));
    let (a, b) = (first.local_addr().unwrap(), second.local_addr().unwrap());
    let toml = format!(
        "[internet]\noutside = [\"127.0.0.2/32\", \"127.0.0.3/32\"]\n\
         [[service]]\nurl = \"tcp://{a}\"\nname = \"A\"\ninterval = \"1s\"\n\
         [[check]]\nkind = \"tcp\"\nhost = \"{}\"\nport = {}\nname = \"B\"\ninterval = \"1s\"\n",
        b.ip(),
        b.port()
    );
    let house = House::real(&toml).await;
    let (id_a, id_b) = (ResourceId::new("service", "config", "a"), ResourceId::new("service", "config", "b"));
    house.until_level(&id_a, Level::Ok).await;
    house.until_level(&id_b, Level::Ok).await;
    house.until_level(&connection(), Level::Ok).await;
    drop((first, second));
    house.until_level(&connection(), Level::Critical).await;
    house.until_level(&id_a, Level::Unknown).await;
    let (_first, _second) = (listen(&a.to_string()), listen(&b.to_string()));
    house.until_level(&connection(), Level::Ok).await;
    house.until_level(&id_b, Level::Ok).await;
    for id in [&id_a, &id_b] {
        assert!(!house.levels_so_far(id).await.contains(&Level::Critical), "{id}");
    }
}

#[tokio::test]
async fn a_probe_that_hangs_for_ever_is_given_up_and_keeps_nobody_waiting() {
    let probe: ProbeFn = Arc::new(|spec| {
        boxed(async move {
            if spec.resource.name() == "0" {
                std::future::pending::<()>().await;
            }
            well()
        })
    });
    let house = House::new(clock(), "", |ctx| vec![runner_with(ctx, probe, nobody())]).await;
    house.ctx.checks.publish("test", vec![tcp(0, 5 * SECOND), tcp(1, 5 * SECOND)]);
    run_for(&house.ctx, 12).await;
    let hung = house.ctx.resources.get(&tcp(0, SECOND).resource).unwrap();
    assert_eq!(
        (hung.health.level, hung.health.reason.as_str()),
        (Level::Critical, "It gave no answer that could be judged within 1 second.")
    );
    assert_eq!(house.level(&tcp(1, SECOND).resource), Level::Ok);
}

#[tokio::test]
async fn groups_follow_their_members_and_what_is_turned_round_is_well_when_it_fails() {
    let up = Arc::new(AtomicBool::new(true));
    let house = {
        let up = up.clone();
        House::new(clock(), "", |ctx| {
            let resources = ctx.resources.clone();
            let probe: ProbeFn = Arc::new(move |spec| {
                let (up, resources) = (up.load(Ordering::SeqCst), resources.clone());
                boxed(async move {
                    match &spec.target {
                        CheckTarget::Group(group) => crate::jobs::look_at_group(&resources, group),
                        _ if up => well(),
                        _ => Outcome::Tcp(Err(ProbeError::Refused { addr: ([127, 0, 0, 1], 80).into() })),
                    }
                })
            });
            vec![runner_with(ctx, probe, nobody())]
        })
        .await
    };
    let members = vec![tcp(0, SECOND).resource];
    let group = CheckSpec {
        failures: 1,
        ..CheckSpec::new(
            ResourceId::new("group", "config", "all"),
            CheckTarget::Group(GroupCheck { members, rule: GroupRule::All }),
            3600 * SECOND,
        )
    };
    let closed = CheckSpec { upside_down: true, ..tcp(1, 2 * SECOND) };
    let resting =
        CheckSpec { only: vec!["2020-01-01 00:00 - 2020-01-02 00:00".into()], ..tcp(2, 2 * SECOND) };
    house
        .ctx
        .checks
        .publish("test", vec![tcp(0, 2 * SECOND), group.clone(), closed.clone(), resting.clone()]);
    run_for(&house.ctx, 8).await;
    assert_eq!(house.level(&group.resource), Level::Ok);
    assert_eq!(house.level(&closed.resource), Level::Critical);
    up.store(false, Ordering::SeqCst);
    run_for(&house.ctx, 8).await;
    assert_eq!(
        house.level(&group.resource),
        Level::Critical,
        "within seconds, although it is asked once an hour"
    );
    let closed = house.ctx.resources.get(&closed.resource).unwrap();
    assert_eq!(closed.health.level, Level::Ok);
    assert!(
        closed.health.reason.starts_with("It fails, as it should: Nothing listens"),
        "{:?}",
        closed.health
    );
    let resting = house.ctx.resources.get(&resting.resource).unwrap();
    assert!(resting.health.reason.starts_with("It rests"), "{:?}", resting.health);
    assert!(house.ctx.memory.of::<Recent>().of(&resting.id).is_empty(), "nothing was probed");
}

#[tokio::test]
async fn windows_of_maintenance_are_silences_and_evidence_is_kept() {
    let toml = "[[service]]\nurl = \"tcp://127.0.0.1:9\"\nname = \"X\"\nmaintenance = \"Sun 02:00-04:00\"\n";
    let house = House::real(toml).await;
    let id = ResourceId::new("service", "config", "x");
    let resource = house.until_level(&id, Level::Critical).await;
    let silences = house.ctx.silences.list();
    assert_eq!(silences.len(), 1);
    assert!(silences[0].maintenance && silences[0].matches(&hob_base::silence::labels_of(&resource)));
    let evidence = crate::pages::evidence(&house.ctx, &resource);
    assert_eq!(evidence.len(), 2);
    let hob_base::incident::EvidenceBody::Text(words) = &evidence[0].body else { panic!("{evidence:?}") };
    assert!(words.starts_with("Nothing listens at 127.0.0.1:9"), "{words}");
}
