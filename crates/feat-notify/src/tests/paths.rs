//! What reaches whom when all goes well.

use super::house::{
    Pushed, Service, hub, know, log, noon, notice, pass, published, settle, tell, until, until_log,
};
use crate::model::queue::State;
use hob_base::{Observation, ResourceId};
use hob_feature::NoticeKind::{Closed, Opened};
use std::time::Duration;

#[tokio::test]
async fn an_incident_reaches_three_channels_once_each_and_so_does_its_end() {
    let (webhook, gotify) = (Service::good().await, Service::good().await);
    let ntfy = Service::start(|_, _| Some((200, String::new(), "{\"id\":\"x\"}".to_owned()))).await;
    let dir = tempfile::tempdir().unwrap();
    let secret = |name: &str, value: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, value).unwrap();
        path.display().to_string()
    };
    let config = format!(
        "[[channel]]\nname = \"hook\"\nkind = \"webhook\"\nurl = {{ file = \"{}\" }}\n\
         [[channel]]\nname = \"gotify\"\nkind = \"gotify\"\nserver = \"{}\"\ntoken = {{ file = \"{}\" }}\n\
         [[channel]]\nname = \"elsewhere\"\nkind = \"ntfy\"\nserver = \"{}\"\ntopic = \"hob\"\n",
        secret("hook", &webhook.url()),
        gotify.url(),
        secret("gotify", "Atoken"),
        ntfy.url(),
    );
    let clock = noon();
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 7, 0, Opened).await;
    // Built-in push, browsers, and the three.
    until_log(&hub, State::Sent, 5).await;
    // The same again, as after a restart of the judge, changes nothing.
    tell(&hub, 7, 0, Opened).await;
    pass(&hub, &clock, 61).await;
    let hub = hub.stop().await.start().await;
    pass(&hub, &clock, 61).await;
    tell(&hub, 7, 1, Closed).await;
    until_log(&hub, State::Sent, 10).await;
    settle().await;
    for (name, service) in [("webhook", &webhook), ("gotify", &gotify), ("ntfy", &ntfy)] {
        let got = service.got();
        assert_eq!(got.len(), 2, "{name}: {got:#?}");
        assert!(
            got[0].body.contains("Headline 7.0") && got[1].body.contains("Headline 7.1"),
            "{name}: {got:#?}"
        );
    }
    assert!(gotify.got()[0].head.to_lowercase().contains("atoken"), "the token was fetched");
    assert_eq!(published(&hub), ["Headline 7.1"], "memory began anew with the restart");
    let pushed = hub.ctx().memory.of::<Pushed>();
    let sequence = pushed.published.lock().unwrap()[0].sequence_id.clone();
    assert_eq!(sequence.as_deref(), Some("hob-nas-incident-7"));
    assert!(log(&hub).await.iter().all(|delivery| delivery.tried.len() == 1));
}

#[tokio::test]
async fn later_news_of_an_incident_edit_the_first_message_also_after_a_restart() {
    let ntfy = Service::start(|n, _| Some((200, String::new(), format!("{{\"id\":\"message{n}\"}}")))).await;
    let config = format!(
        "[[channel]]\nname = \"elsewhere\"\nkind = \"ntfy\"\nserver = \"{}\"\ntopic = \"hob\"\n\
         [[route]]\nto = [\"elsewhere\"]\n",
        ntfy.url()
    );
    let clock = noon();
    let hub = hub(&clock).config(&config).start().await;
    tell(&hub, 7, 0, Opened).await;
    until_log(&hub, State::Sent, 1).await;
    let hub = hub.stop().await.start().await;
    tell(&hub, 7, 1, Closed).await;
    until_log(&hub, State::Sent, 2).await;
    let got = ntfy.got();
    let sequence = |n: usize| got[n].json()["sequence_id"].as_str().map(str::to_owned);
    assert!(sequence(0).is_some(), "{got:#?}");
    assert_eq!(sequence(0), sequence(1), "{got:#?}");
}

#[tokio::test]
async fn rules_decide_by_what_it_is_about() {
    let clock = noon();
    let config = "[[route]]\nkinds = [\"drive\"]\nmatch = ['tag=\"media\"']\nto = [\"push\"]\n\
                  [[route]]\nseverities = [\"warning\"]\nto = [\"browsers\"]\n";
    let hub = hub(&clock).config(config).start().await;
    let (disk, other) = (ResourceId::new("drive", "nas", "sda"), ResourceId::new("drive", "nas", "sdb"));
    let observation = Observation::new("test", disk.clone(), Duration::from_secs(600)).fact("tag", "media");
    hub.ctx().resources.observe(observation).await;
    hub.ctx().resources.settle().await;
    know(hub.ctx(), 1, disk);
    know(hub.ctx(), 2, other);
    tell(&hub, 1, 0, Opened).await;
    tell(&hub, 2, 0, Opened).await;
    until_log(&hub, State::Sent, 1).await;
    let untold = until_log(&hub, State::Nobody, 1).await;
    assert_eq!(published(&hub), ["Headline 1.0"]);
    let why = &untold[0].tried[0].text;
    assert!(why.contains("tag=\"media\"") && why.contains("critical"), "{why}");
}

#[tokio::test]
async fn what_is_not_due_yet_waits_and_may_be_taken_back() {
    let clock = noon();
    let hub = hub(&clock).config("[[route]]\nto = [\"push\"]\n").start().await;
    let ctx = hub.ctx();
    let in_an_hour = clock.now().plus(Duration::from_secs(3600));
    let mut kept = notice(ctx, 1, 0, Opened, Some("anna"));
    kept.due = in_an_hour;
    let mut withdrawn = notice(ctx, 2, 0, Opened, Some("anna"));
    withdrawn.due = in_an_hour;
    ctx.notices.add(&[kept, withdrawn]).await.unwrap();
    settle().await;
    ctx.notices.withdraw_undue(hob_base::IncidentId(2), clock.now(), None).unwrap();
    ctx.notices.save_waiting().await.unwrap();
    pass(&hub, &clock, 3500).await;
    assert!(published(&hub).is_empty());
    pass(&hub, &clock, 101).await;
    until("it is due", || published(&hub) == ["Headline 1.0"]).await;
}

#[tokio::test]
async fn one_channel_hears_one_piece_of_news_once_whoever_it_is_for() {
    let clock = noon();
    let config = "[[route]]\nto = [\"push\"]\n[[route]]\nto = [\"push\", \"browsers\"]\n[[route]]\nto = [\"browsers\"]\n";
    let hub = hub(&clock).config(config).start().await;
    let ctx = hub.ctx();
    let both = [notice(ctx, 1, 0, Opened, Some("anna")), notice(ctx, 1, 0, Opened, Some("ben"))];
    ctx.notices.add(&both).await.unwrap();
    // For each person the second and third rule; the first once for the house.
    until_log(&hub, State::Sent, 4).await;
    settle().await;
    assert_eq!(published(&hub), ["Headline 1.0"]);
    let pushed = ctx.memory.of::<Pushed>();
    let whose: Vec<_> = pushed.browsers.lock().unwrap().iter().map(|(person, _)| person.clone()).collect();
    assert_eq!(whose, [Some("anna".to_owned())]);
    assert_eq!(until_log(&hub, State::Nobody, 1).await[0].person.as_deref(), Some("ben"));
}

#[tokio::test]
async fn what_was_decided_before_hob_told_anybody_is_not_told() {
    let clock = noon();
    let first = hub(&clock).start().await;
    let mut old = notice(first.ctx(), 1, 0, Opened, None);
    old.at = clock.now().minus(Duration::from_secs(7200));
    old.due = old.at;
    first.ctx().notices.add(&[old]).await.unwrap();
    settle().await;
    assert!(published(&first).is_empty());
}
