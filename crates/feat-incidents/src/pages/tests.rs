//! Pages from values.

use super::samples::{BEGAN, incident, service};
use super::*;
use hob_base::incident::{Acknowledgement, Evidence, EvidenceBody, Flapping, Happening, Hush, TimelineEntry};
use hob_base::{Clock, Health, IncidentId, Observation, Silence};
use hob_feature::{Ctx, Delivery, DeliveryOutcome, Notice, NoticeKind};
use hob_testkit::hub::TestHub;
use std::sync::Arc;
use std::time::Duration;

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";

/// A house in which it is 02:26, twelve minutes after the samples began.
async fn house() -> TestHub {
    TestHub::with(&[]).clock(Clock::fake(BEGAN.plus(Duration::from_secs(720)))).start().await
}

fn entry(what: Happening, text: &str) -> TimelineEntry {
    TimelineEntry { at: BEGAN, what, text: text.to_owned(), by: None, resource: None, evidence: Vec::new() }
}

fn page_of(incident: &Incident, ctx: &Ctx) -> String {
    let page = Page {
        incident,
        timeline: &[],
        notices: &[],
        deliveries: &[],
        open: &[],
        may_write: true,
        problem: None,
    };
    super::incident(&page, ctx).into_string()
}

/// One element a line, and no addresses of assets, which change with their content.
fn readable(markup: &str) -> String {
    let mut text = markup.replace("><", ">\n<");
    while let Some(at) = text.find("/assets/") {
        let end = text[at..].find(['#', '"']).map_or(text.len(), |end| at + end);
        text.replace_range(at..end, "ICONS");
    }
    text
}

#[tokio::test]
async fn the_head_says_what_since_when_and_who_takes_care() {
    let hub = house().await;
    let ctx = hub.ctx();
    let mut it = incident(12, 6);
    it.members[3].level = Level::Ok;
    it.members[3].recovered_at = Some(BEGAN.plus(Duration::from_secs(180)));
    it.acknowledged = Some(Acknowledgement { by: "anna".to_owned(), at: BEGAN, until: None });
    it.flapping = Some(Flapping { times: 4, since: BEGAN });
    it.hush = Some(Hush::Muted { by: "ben".to_owned() });
    let page = page_of(&it, ctx);
    let head = page.split("<div class=\"incident\">").next().unwrap();
    insta::assert_snapshot!("head", readable(head));
    for words in [
        "is well again since",
        "after 3 minutes",
        "What to do",
        "Start the service again.",
        "What else is affected (5)",
        "Nobody was",
    ] {
        assert_eq!(page.contains(words), words != "Nobody was", "{words}: {page}");
    }
}

#[tokio::test]
async fn many_affected_are_folded_and_the_drawing_counts_the_rest() {
    let hub = house().await;
    let ctx = hub.ctx();
    let page = page_of(&incident(12, 58), ctx);
    assert!(page.contains("And 37 more"), "{page}");
    assert_eq!(page.matches("<rect ").count(), 41, "forty resources and the rest");
    assert!(page.contains("+ 18 more"), "{page}");
    assert!(page.contains("And 18 more."), "also in words");
    assert!(!page_of(&incident(12, 1), ctx).contains("How it hangs together"), "one alone is no drawing");
}

#[tokio::test]
async fn the_drawing_shows_what_needs_what_and_neighbours() {
    let hub = house().await;
    let ctx = hub.ctx();
    let said = |number: usize, health: Health| {
        Observation::new("test", service(number), Duration::from_secs(60)).judged(health)
    };
    ctx.resources.observe(said(1, Health::critical("x"))).await;
    ctx.resources.observe(said(2, Health::critical("x")).needs(service(1))).await;
    ctx.resources.observe(said(3, Health::critical("x")).needs(service(2))).await;
    ctx.resources.observe(said(9, Health::ok("x")).named("A well one").needs(service(1))).await;
    ctx.resources.settle().await;
    let drawing = graph::graph(&incident(12, 3), ctx).into_string();
    let list = drawing.split("<ul class=\"sr\">").nth(1).unwrap().split("</div>").next().unwrap();
    assert_eq!(
        list,
        "<li>Service 1 (cause, critical), needed by:<ul>\
         <li>Service 2 (critical), needed by:<ul><li>Service 3 (critical)</li></ul></li>\
         <li>A well one (well)</li></ul></li></ul>"
    );
    insta::assert_snapshot!("drawing", readable(drawing.split("<ul class=\"sr\">").next().unwrap()));
}

#[tokio::test]
async fn the_timeline_keeps_what_was_known_then() {
    let hub = house().await;
    let ctx = hub.ctx();
    let mut opened = entry(Happening::Opened, "Service 1: Nothing listens on port 1.");
    opened.resource = Some(service(1));
    let points =
        (0..20).map(|n| (BEGAN.plus(Duration::from_secs(n)), (n != 3).then_some(n as f64))).collect();
    opened.evidence = vec![
        Evidence { title: "Log".to_owned(), body: EvidenceBody::Text("line 1\nline 2".to_owned()) },
        Evidence {
            title: "Response time".to_owned(),
            body: EvidenceBody::Series { unit: "ms".to_owned(), points },
        },
    ];
    let mut note = entry(Happening::Note, "Pulled the plug.\nPut it back.");
    note.by = Some("anna".to_owned());
    let shown = timeline::timeline(&incident(12, 1), &[opened, note], ctx).into_string();
    insta::assert_snapshot!("timeline", readable(&shown));
    for odd in [vec![], vec![(BEGAN, None)], vec![(BEGAN, Some(f64::NAN)), (BEGAN, Some(f64::INFINITY))]] {
        let mut line = entry(Happening::Joined, "x");
        let body = EvidenceBody::Series { unit: "ms".to_owned(), points: odd };
        line.evidence = vec![Evidence { title: "Odd".to_owned(), body }];
        let shown = timeline::timeline(&incident(12, 1), &[line], ctx).into_string();
        assert!(!shown.contains("NaN") && !shown.contains("inf"), "{shown}");
    }
    let long: Vec<TimelineEntry> = (0..1000).map(|n| entry(Happening::Note, &format!("Note {n}."))).collect();
    let shown = timeline::timeline(&incident(12, 1), &long, ctx).into_string();
    assert!(shown.contains("Another 800 lines") && shown.contains("Note 999."), "{}", &shown[..400]);
}

#[tokio::test]
async fn who_was_told_and_who_still_sleeps() {
    let hub = house().await;
    let ctx = hub.ctx();
    let notice = |to: Option<&str>, due: hob_base::Timestamp| Notice {
        key: format!("incident/12/1/{to:?}"),
        kind: NoticeKind::Opened,
        at: BEGAN,
        due,
        incident: Some(IncidentId(12)),
        severity: Level::Warning,
        title: "Service 1: Nothing listens".to_owned(),
        body: String::new(),
        path: "/incidents/12".to_owned(),
        to: to.map(str::to_owned),
    };
    let notices = [notice(None, BEGAN), notice(Some("ben"), BEGAN.plus(Duration::from_secs(20_000)))];
    let delivery = |channel: &str, outcome| Delivery {
        notice: notices[0].key.clone(),
        channel: channel.to_owned(),
        at: BEGAN,
        outcome,
    };
    let deliveries = [
        delivery("phones", DeliveryOutcome::Sent),
        delivery("mail", DeliveryOutcome::Waiting(Some("The server does not answer.".to_owned()))),
        delivery("<chat>", DeliveryOutcome::Failed("The password is wrong.".to_owned())),
    ];
    let shown = timeline::told(&notices, &deliveries, ctx).into_string();
    assert!(
        shown.contains("phones") && shown.contains("mail: waits. The server does not answer."),
        "{shown}"
    );
    assert!(shown.contains("&lt;chat&gt;: not delivered. The password is wrong."), "{shown}");
    assert!(shown.contains("Everybody who listens") && shown.contains("ben"), "{shown}");
    assert_eq!(shown.matches("waits for the end of quiet hours").count(), 1);
    assert!(timeline::told(&[], &[], ctx).into_string().contains("Nobody so far."));
}

#[tokio::test]
async fn what_is_over_can_only_be_noted() {
    let hub = house().await;
    let ctx = hub.ctx();
    let mut it = incident(12, 3);
    let deeds = |page: &str| -> Vec<String> {
        let forms = page.split("action=\"/incidents/12/").skip(1);
        forms.map(|form| form.split('"').next().unwrap().to_owned()).collect()
    };
    assert_eq!(deeds(&page_of(&it, ctx)), ["acknowledge", "snooze", "mute", "note", "split"]);
    it.acknowledged = Some(Acknowledgement { by: "anna".to_owned(), at: BEGAN, until: Some(BEGAN) });
    it.hush = Some(Hush::Snoozed { by: "anna".to_owned(), until: BEGAN });
    assert_eq!(deeds(&page_of(&it, ctx)), ["release", "acknowledge", "unmute", "note", "split"]);
    it.closed_at = Some(BEGAN.plus(Duration::from_secs(600)));
    it.merged_into = Some(IncidentId(13));
    let over = page_of(&it, ctx);
    assert_eq!(deeds(&over), ["note"]);
    assert!(over.contains("was critical") && over.contains("10 minutes"), "{over}");
    assert!(over.contains("href=\"/incidents/13\""), "{over}");
    let reading = Page {
        incident: &it,
        timeline: &[],
        notices: &[],
        deliveries: &[],
        open: &[],
        may_write: false,
        problem: None,
    };
    assert!(!super::incident(&reading, ctx).into_string().contains("<form"), "who may not write");
}

#[tokio::test]
async fn other_open_incidents_can_be_merged_with() {
    let hub = house().await;
    let ctx = hub.ctx();
    let (one, two) = (incident(12, 1), Arc::new(incident(13, 1)));
    let open = [Arc::new(one.clone()), two];
    let page = Page {
        incident: &one,
        timeline: &[],
        notices: &[],
        deliveries: &[],
        open: &open,
        may_write: true,
        problem: Some("There is no open incident 14."),
    };
    let shown = super::incident(&page, ctx).into_string();
    assert!(shown.contains("<option value=\"13\">") && !shown.contains("<option value=\"12\">"), "{shown}");
    assert!(shown.contains("role=\"alert\"") && shown.contains("There is no open incident 14."));
}

#[tokio::test]
async fn what_others_say_is_text_everywhere() {
    let hub = house().await;
    let ctx = hub.ctx();
    let mut it = incident(12, 3);
    let hostile = || HOSTILE.to_owned();
    it.title = hostile();
    (it.cause.name, it.cause.reason, it.cause.evidence) = (hostile(), hostile(), hostile());
    it.cause.remedy = Some(hostile());
    for member in &mut it.members {
        (member.name, member.reason) = (hostile(), hostile());
    }
    it.acknowledged = Some(Acknowledgement { by: hostile(), at: BEGAN, until: None });
    it.hush = Some(Hush::Silenced { silence: hostile(), comment: hostile() });
    let mut line = entry(Happening::Note, HOSTILE);
    line.by = Some(hostile());
    line.evidence = vec![Evidence { title: hostile(), body: EvidenceBody::Text(hostile()) }];
    let open = [Arc::new(incident(13, 1)), Arc::new(Incident { id: IncidentId(14), ..it.clone() })];
    let page = Page {
        incident: &it,
        timeline: &[line],
        notices: &[],
        deliveries: &[],
        open: &open,
        may_write: true,
        problem: Some(HOSTILE),
    };
    let mut all = super::incident(&page, ctx).into_string();
    let over = Incident { closed_at: Some(BEGAN), ..it.clone() };
    let shown = List {
        open: &[Arc::new(it)],
        closed: &[Arc::new(over)],
        text: HOSTILE,
        resource: HOSTILE,
        month: HOSTILE,
        older: Some(IncidentId(3)),
        filtered: true,
        ..List::default()
    };
    all += &list(&shown, ctx).into_string();
    let silence = Silence {
        id: hostile(),
        matchers: vec![format!("name={}", serde_json::to_string(HOSTILE).unwrap()).parse().unwrap()],
        starts_at: BEGAN,
        ends_at: None,
        recurs: Some(hostile()),
        maintenance: true,
        created_by: hostile(),
        comment: hostile(),
        updated_at: BEGAN,
    };
    let page = SilencePage { all: &[Arc::new(silence)], may_write: true, problem: None };
    all += &silences(&page, ctx).into_string();
    let form = SilenceForm {
        matchers: hostile(),
        comment: hostile(),
        until: hostile(),
        until_at: hostile(),
        recurs: hostile(),
        maintenance: hostile(),
    };
    all += &new_silence(&form, Some(("matchers", HOSTILE)), ctx).into_string();
    all += &quiet(&Quiet {
        windows: HOSTILE,
        wrong: HOSTILE,
        all: &[(hostile(), hostile())],
        ..Quiet::default()
    })
    .into_string();
    for bad in ["<script", "<img", "\"'>"] {
        assert!(!all.contains(bad), "{bad}");
    }
    assert!(all.contains("href=\"/incidents?before=3&amp;q=%3Cscript%3E"), "{all}");
}

#[tokio::test]
async fn an_empty_list_is_friendly_and_a_filter_that_finds_nothing_says_so() {
    let hub = house().await;
    let ctx = hub.ctx();
    let empty = list(&List::default(), ctx).into_string();
    assert!(empty.contains("All is well."), "{empty}");
    let filtered = list(&List { filtered: true, ..List::default() }, ctx).into_string();
    assert!(
        !filtered.contains("All is well.") && filtered.contains("No open incident matches."),
        "{filtered}"
    );
}

#[tokio::test]
async fn silences_say_what_they_cover_and_when_they_come_again() {
    let hub = house().await;
    let ctx = hub.ctx();
    let photos = Observation::new("test", service(1), Duration::from_secs(60)).named("Photos");
    ctx.resources.observe(photos.judged(Health::ok("x"))).await;
    ctx.resources.settle().await;
    let now = ctx.clock.now();
    let silence = |id: &str, matcher: &str, ends: Option<u64>, recurs: Option<&str>| {
        Arc::new(Silence {
            id: id.to_owned(),
            matchers: vec![matcher.parse().unwrap()],
            starts_at: BEGAN,
            ends_at: ends.map(|seconds| BEGAN.plus(Duration::from_secs(seconds))),
            recurs: recurs.map(str::to_owned),
            maintenance: recurs.is_some(),
            created_by: "anna".to_owned(),
            comment: format!("Reason {id}"),
            updated_at: now,
        })
    };
    let all = [
        silence("ended", "kind=service", Some(60), None),
        silence("hob.toml-1", "kind=service", None, Some("Sun 02:00-04:00")),
        silence("active", "kind=lamp", Some(7200), None),
    ];
    let page = SilencePage { all: &all, may_write: true, problem: None };
    let shown = silences(&page, ctx).into_string();
    let parts = ["Now", "Reason active", "To come", "Reason hob.toml-1", "Ended lately", "Reason ended"];
    let places: Vec<Option<usize>> = parts.iter().map(|part| shown.find(part)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{places:?} {shown}");
    assert!(shown.contains("It covers Photos, and what needs them."), "{shown}");
    assert!(shown.contains("It covers nothing that Hob knows just now."), "{shown}");
    assert!(shown.contains("29 Nov, 02:00"), "the next window: {shown}");
    assert_eq!(shown.matches("End it now").count(), 1, "neither what ended nor what stands in the file");
}
