//! From an observation to a resource and a transition, across silence, restarts and clocks that jump.

use crate::support::{PATIENCE, id, level, levels, observe, said, shown, transitions};
use hob_base::{Clock, Health, Level, Observation, Timestamp};
use hob_testkit::hub::TestHub;
use std::time::Duration;

const THING: &str = "door/home/front";
const HOUR: Duration = Duration::from_secs(3600);
/// 23 November 2026, 14:42 UTC.
const NOON: Timestamp = Timestamp::from_millis(1_795_444_920_000);

fn open() -> Observation {
    said(THING, Health::critical("The door is open.").with_evidence("1").with_remedy("Close it."))
}

fn closed() -> Observation {
    said(THING, Health::ok("The door is closed."))
}

#[tokio::test]
async fn an_observation_becomes_a_resource_with_its_reason() {
    let hub = TestHub::with(&[]).start().await;
    observe(hub.ctx(), open().named("Front door").fact("open_s", 5_u32).needs(id("host/home/nas"))).await;
    let door = shown(hub.ctx(), THING).unwrap();
    assert_eq!((door.name.as_str(), door.health.level), ("Front door", Level::Critical));
    assert_eq!(door.health.reason, "The door is open.");
    assert_eq!(door.health.remedy.as_deref(), Some("Close it."));
    assert_eq!((door.number("open_s"), door.depends_on.len()), (Some(5.0), 1));
    assert_eq!(levels(hub.ctx(), THING).await, [Level::Critical]);
}

#[tokio::test]
async fn a_change_is_in_the_database_before_it_is_shown() {
    let hub = TestHub::with(&[]).start().await;
    let ctx = hub.ctx();
    let mut changes = ctx.resources.subscribe();
    let mut seen = 0;
    for round in 0..40 {
        ctx.resources.observe(if round % 2 == 0 { open() } else { closed() }).await;
        while !changes.recv().await.unwrap().contains(&id(THING)) {}
        let now_shown = shown(ctx, THING).unwrap();
        let newest = transitions(ctx, THING).await.pop().unwrap();
        assert_eq!(newest, (now_shown.since.millis(), now_shown.health.level));
        seen += 1;
    }
    assert_eq!(seen, 40);
}

#[tokio::test]
async fn the_same_health_with_other_words_is_no_transition() {
    let hub = TestHub::with(&[]).start().await;
    observe(hub.ctx(), open()).await;
    let since = shown(hub.ctx(), THING).unwrap().since;
    observe(hub.ctx(), said(THING, Health::critical("The door is wide open."))).await;
    let door = shown(hub.ctx(), THING).unwrap();
    assert_eq!((door.health.reason.as_str(), door.since), ("The door is wide open.", since));
    assert_eq!(levels(hub.ctx(), THING).await, [Level::Critical]);
}

#[tokio::test]
async fn who_is_silent_is_noticed_also_where_others_never_pause() {
    let clock = Clock::fake(NOON);
    let hub = TestHub::with(&[]).clock(clock.clone()).start().await;
    observe(hub.ctx(), closed()).await;
    // Less than the pause after which the keeper would look by itself.
    for _ in 0..130 {
        clock.advance(Duration::from_millis(500));
        observe(hub.ctx(), said("door/home/back", Health::ok("The door is closed."))).await;
    }
    assert_eq!(level(hub.ctx(), THING), Some(Level::Unknown));
    assert_eq!(level(hub.ctx(), "door/home/back"), Some(Level::Ok));
}

#[tokio::test]
async fn the_time_that_the_machine_slept_is_known_to_nobody() {
    let clock = Clock::fake(NOON);
    let hub = TestHub::with(&[]).clock(clock.clone()).start().await;
    observe(hub.ctx(), closed()).await;
    clock.jump_to(NOON.plus(8 * HOUR));
    // The hub notes once a minute that it runs.
    for _ in 0..70 {
        clock.advance(Duration::from_secs(1));
        observe(hub.ctx(), closed()).await;
    }
    let gaps = hub.ctx().resources.gaps();
    let slept: Vec<u64> = gaps.iter().map(|gap| gap.to.since(gap.from).as_secs() / 3600).collect();
    assert_eq!(slept, [8]);
    let whole = hob_base::uptime::Span { from: NOON, to: clock.now() };
    let totals = hub.ctx().resources.history(&id(THING)).totals(&gaps, whole);
    assert!(totals.at(Level::Unknown) >= 8 * HOUR, "{totals:?}");
    let hub = hub.stop().await.start().await;
    assert_eq!(*hub.ctx().resources.gaps(), *gaps, "after a restart it is still known");
}

#[tokio::test]
async fn silence_past_its_time_makes_a_resource_unknown_and_names_who_is_silent() {
    let clock = Clock::fake(NOON);
    let hub = TestHub::with(&[]).clock(clock.clone()).start().await;
    observe(hub.ctx(), closed()).await;
    clock.advance(Duration::from_secs(59));
    observe(hub.ctx(), said("door/home/back", Health::ok("The door is closed."))).await;
    assert_eq!(level(hub.ctx(), THING), Some(Level::Ok));
    clock.advance(Duration::from_secs(2));
    hub.wait_until("the front door is unknown", PATIENCE, |ctx| level(ctx, THING) == Some(Level::Unknown))
        .await;
    let door = shown(hub.ctx(), THING).unwrap();
    assert!(door.health.reason.contains("“test”"), "{}", door.health.reason);
    assert!(door.health.evidence.contains("The door is closed."), "{}", door.health.evidence);
    assert_eq!(level(hub.ctx(), "door/home/back"), Some(Level::Ok), "it spoke two seconds ago");
    observe(hub.ctx(), closed()).await;
    assert_eq!(levels(hub.ctx(), THING).await, [Level::Ok, Level::Unknown, Level::Ok]);
}

#[tokio::test]
async fn the_worst_of_several_sources_is_shown_and_each_word_is_kept() {
    let hub = TestHub::with(&[]).start().await;
    observe(hub.ctx(), closed()).await;
    let lock = Observation { source: "lock".into(), ..said(THING, Health::warning("The lock is stiff.")) };
    observe(hub.ctx(), lock).await;
    let door = shown(hub.ctx(), THING).unwrap();
    assert_eq!((door.health.level, door.source.as_str(), door.words.len()), (Level::Warning, "lock", 2));
    hub.ctx().resources.withdraw("lock", id(THING)).await;
    hub.ctx().resources.settle().await;
    assert_eq!(level(hub.ctx(), THING), Some(Level::Ok));
}

#[tokio::test]
async fn what_nobody_speaks_of_any_more_is_gone_and_its_transitions_stay() {
    let hub = TestHub::with(&[]).start().await;
    observe(hub.ctx(), closed()).await;
    hub.ctx().resources.withdraw("test", id(THING)).await;
    hub.ctx().resources.settle().await;
    assert_eq!(level(hub.ctx(), THING), None);
    // From then on nothing is known of it.
    assert_eq!(levels(hub.ctx(), THING).await, [Level::Ok, Level::Unknown]);

    observe(hub.ctx(), open()).await;
    hub.ctx().resources.forget(id(THING)).await;
    hub.ctx().resources.settle().await;
    assert_eq!(level(hub.ctx(), THING), None);

    let hub = hub.stop().await.start().await;
    assert_eq!(level(hub.ctx(), THING), None, "it stays forgotten over a restart");
    let all = [Level::Ok, Level::Unknown, Level::Critical, Level::Unknown];
    assert_eq!(levels(hub.ctx(), THING).await, all);
}

#[tokio::test]
async fn a_restart_keeps_resources_since_when_and_transitions_and_adds_none() {
    let hub = TestHub::with(&[]).start().await;
    for health in [closed(), open()] {
        observe(hub.ctx(), health.named("Front door").fact("open_s", 5_u32).needs(id("host/home/nas"))).await;
    }
    for n in 0..20 {
        observe(hub.ctx(), said(&format!("lamp/home/{n}"), Health::warning("It flickers."))).await;
    }
    let state = |hub: &TestHub| {
        let all = hub.ctx().resources.list();
        let all = all.into_iter().map(|r| {
            (r.id.clone(), r.name.clone(), r.health.clone(), r.since, r.facts.clone(), r.depends_on.clone())
        });
        all.collect::<Vec<_>>()
    };
    let (before, said_before) = (state(&hub), hub.ctx().resources.transitions(None, 10_000).await.unwrap());
    let hub = hub.stop().await.start().await;
    hub.ctx().resources.settle().await;
    assert_eq!(state(&hub), before);
    assert_eq!(hub.ctx().resources.transitions(None, 10_000).await.unwrap(), said_before);
    // Saying the same again changes nothing either.
    observe(hub.ctx(), open()).await;
    assert_eq!(hub.ctx().resources.transitions(None, 10_000).await.unwrap(), said_before);
}

#[tokio::test]
async fn after_a_restart_sources_have_a_minute_before_their_silence_counts() {
    let clock = Clock::fake(NOON);
    let hub = TestHub::with(&[]).clock(clock.clone()).start().await;
    observe(hub.ctx(), closed()).await;
    let stopped = hub.stop().await;
    clock.advance(HOUR);
    let hub = stopped.start().await;
    clock.advance(Duration::from_secs(50));
    observe(hub.ctx(), said("door/home/back", Health::ok("The door is closed."))).await;
    assert_eq!(level(hub.ctx(), THING), Some(Level::Ok));
    clock.advance(Duration::from_secs(15));
    hub.wait_until("the silence counts", PATIENCE, |ctx| level(ctx, THING) == Some(Level::Unknown)).await;
}

#[tokio::test]
async fn a_clock_that_jumps_puts_no_transition_out_of_order_and_expires_nothing() {
    let clock = Clock::fake(NOON);
    let hub = TestHub::with(&[]).clock(clock.clone()).start().await;
    observe(hub.ctx(), closed()).await;
    observe(hub.ctx(), open()).await;
    for jump in [NOON.minus(HOUR), NOON.plus(24 * HOUR), NOON.minus(24 * HOUR)] {
        clock.jump_to(jump);
        clock.advance(Duration::from_secs(5));
        // The keeper has looked for silence once this is answered: it ticks every second.
        observe(hub.ctx(), closed()).await;
        observe(hub.ctx(), open()).await;
        assert_eq!(level(hub.ctx(), THING), Some(Level::Critical));
        assert!(
            hub.ctx().resources.list().iter().all(|r| r.health.level != Level::Unknown),
            "something expired"
        );
    }
    let all = transitions(hub.ctx(), THING).await;
    assert_eq!(all.len(), 8, "{all:?}");
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1), "{all:?}");

    let hub = hub.stop().await.start().await;
    assert_eq!(transitions(hub.ctx(), THING).await, all);
    assert_eq!(level(hub.ctx(), THING), Some(Level::Critical));
}

#[tokio::test]
async fn a_burst_of_a_thousand_observations_is_taken_in_whole() {
    let hub = TestHub::with(&[]).start().await;
    let begun = tokio::time::Instant::now();
    for n in 0..1000 {
        hub.ctx().resources.observe(said(&format!("lamp/home/{n}"), Health::ok("It shines."))).await;
    }
    hub.ctx().resources.settle().await;
    println!("1,000 resources after {:?}", begun.elapsed());
    assert_eq!(hub.ctx().resources.of_kind("lamp").len(), 1000);
    let hub = hub.stop().await.start().await;
    assert_eq!(hub.ctx().resources.of_kind("lamp").len(), 1000);
}

#[tokio::test]
async fn a_thousand_changes_within_one_moment_are_a_thousand_transitions() {
    let clock = Clock::fake(NOON);
    let hub = TestHub::with(&[]).clock(clock).start().await;
    for n in 0..1000 {
        hub.ctx().resources.observe(if n % 2 == 0 { open() } else { closed() }).await;
    }
    hub.ctx().resources.settle().await;
    let all = transitions(hub.ctx(), THING).await;
    assert_eq!(all.len(), 1000);
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1));
    assert_eq!(all.last().unwrap().1, level(hub.ctx(), THING).unwrap());
}
