//! Every query on both databases.

use super::house::{DAY, HOUR, START, hub, say};
use crate::FEATURE;
use crate::model::maintenance::Window;
use crate::model::page::{Announcement, Entry, Page};
use crate::store;
use hob_base::uptime::Span;
use hob_base::{Health, Level, ResourceId};
use hob_db::{Db, Location, migrate};
use hob_testkit::hub::postgres;
use tempfile::TempDir;

/// SQLite always; PostgreSQL where `HOB_TEST_POSTGRES` names a server.
async fn locations(dir: &TempDir) -> Vec<Location> {
    let file = Location::File(dir.path().join("hob.db"));
    let mut all = vec![file];
    all.extend(postgres().await);
    all
}

async fn tables(location: &Location) -> Db {
    let db = Db::open(location).await.unwrap();
    migrate(&db, &[("status", FEATURE.migrations)], START).await.unwrap();
    db
}

fn page(id: &str, slug: &str) -> Page {
    Page {
        id: id.to_owned(),
        slug: slug.to_owned(),
        title: format!("Title of {slug}"),
        intro: "Two\nlines".to_owned(),
        shows_reasons: false,
        created_at: START,
        updated_at: START,
        entries: Vec::new(),
        announcements: Vec::new(),
    }
}

fn entry(id: &str, group: &str, name: &str) -> Entry {
    Entry { resource: id.parse().unwrap(), group: group.to_owned(), name: name.to_owned() }
}

fn said(id: &str, from: u64, to: Option<u64>) -> Announcement {
    Announcement {
        id: id.to_owned(),
        title: "Move".to_owned(),
        text: "All of it".to_owned(),
        planned: true,
        from: START.plus(HOUR * u32::try_from(from).unwrap()),
        to: to.map(|to| START.plus(HOUR * u32::try_from(to).unwrap())),
    }
}

#[tokio::test]
async fn pages_keep_their_order_and_addresses_are_taken_once() {
    let dir = tempfile::tempdir().unwrap();
    for location in locations(&dir).await {
        let db = tables(&location).await;
        assert!(store::add_page(&db, &page("1", "family")).await.unwrap());
        assert!(!store::add_page(&db, &page("2", "family")).await.unwrap(), "taken");
        assert!(store::add_page(&db, &page("2", "work")).await.unwrap());
        assert!(!store::change_page(&db, &page("2", "family")).await.unwrap(), "taken");
        let changed = Page { shows_reasons: true, ..page("2", "office") };
        assert!(store::change_page(&db, &changed).await.unwrap());
        assert!(!store::change_page(&db, &page("3", "gone")).await.unwrap(), "there is no such page");

        let entries = [entry("service/nas/2", "B", "Two"), entry("service/nas/1", "", "One")];
        store::replace_entries(&db, "1", &entries, START.plus(HOUR)).await.unwrap();
        store::replace_entries(&db, "1", &entries, START.plus(HOUR)).await.unwrap();
        let pages = store::list_pages(&db, START).await.unwrap();
        assert_eq!(
            pages[0],
            Page { entries: entries.to_vec(), updated_at: START.plus(HOUR), ..page("1", "family") }
        );
        assert_eq!(pages[1], changed);

        store::delete_page(&db, "1").await.unwrap();
        let left: Vec<String> =
            store::list_pages(&db, START).await.unwrap().into_iter().map(|p| p.slug).collect();
        assert_eq!(left, ["office"]);
        db.close().await;
    }
}

#[tokio::test]
async fn announcements_belong_to_a_page_and_end_once() {
    let dir = tempfile::tempdir().unwrap();
    for location in locations(&dir).await {
        let db = tables(&location).await;
        for (id, slug) in [("1", "a"), ("2", "b")] {
            store::add_page(&db, &page(id, slug)).await.unwrap();
        }
        for (id, from, to) in [("x", 0, None), ("y", 2, Some(4)), ("z", 0, Some(1))] {
            store::add_announcement(&db, "1", &said(id, from, to)).await.unwrap();
        }
        let now = START.plus(HOUR);
        assert!(!store::end_announcement(&db, "2", "x", now).await.unwrap(), "of another page");
        assert!(store::end_announcement(&db, "1", "x", now).await.unwrap());
        assert!(!store::end_announcement(&db, "1", "x", now).await.unwrap(), "over already");
        assert!(!store::end_announcement(&db, "1", "y", now).await.unwrap(), "not yet begun");
        let ids = |pages: &[Page]| pages[0].announcements.iter().map(|a| a.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&store::list_pages(&db, START).await.unwrap()), ["y", "x", "z"]);
        assert_eq!(ids(&store::list_pages(&db, now).await.unwrap()), ["y"]);
        assert!(!store::delete_announcement(&db, "2", "y").await.unwrap());
        assert!(store::delete_announcement(&db, "1", "y").await.unwrap());
        assert_eq!(store::delete_old_announcements(&db, now.plus(HOUR)).await.unwrap(), 2);
        assert!(ids(&store::list_pages(&db, START).await.unwrap()).is_empty());
        db.close().await;
    }
}

#[tokio::test]
async fn objectives_and_windows_are_replaced_by_newer_ones() {
    let dir = tempfile::tempdir().unwrap();
    for location in locations(&dir).await {
        let db = tables(&location).await;
        let id = ResourceId::new("service", "nas", "1");
        store::set_objective(&db, &id, Some(99.0)).await.unwrap();
        store::set_objective(&db, &id, Some(99.9)).await.unwrap();
        assert_eq!(store::list_objectives(&db).await.unwrap(), [(id.clone(), 99.9)].into());
        store::set_objective(&db, &id, None).await.unwrap();
        assert!(store::list_objectives(&db).await.unwrap().is_empty());

        let window = |to: u32| Window {
            silence: "s".to_owned(),
            span: Span { from: START, to: START.plus(HOUR * to) },
            matchers: vec!["name=~\"a.*\"".parse().unwrap()],
        };
        store::save_windows(&db, &[window(1)]).await.unwrap();
        store::save_windows(&db, &[window(2)]).await.unwrap();
        let all = Span { from: START.minus(DAY), to: START.plus(DAY) };
        assert_eq!(store::list_windows(&db, all).await.unwrap(), [window(2)]);
        let after = Span { from: START.plus(HOUR * 2), to: START.plus(DAY) };
        assert!(store::list_windows(&db, after).await.unwrap().is_empty());
        db.close().await;
    }
}

#[tokio::test]
async fn old_months_are_read_from_the_database() {
    let dir = tempfile::tempdir().unwrap();
    for location in locations(&dir).await {
        let hub = hub().database(location).start().await;
        let (ctx, clock) = (hub.ctx(), hub.ctx().clock.clone());
        let id: ResourceId = "service/nas/1".parse().unwrap();
        say(&hub, "service/nas/2", "Other", Health::ok("x")).await;
        say(&hub, "service/nas/1", "Photos", Health::ok("x")).await;
        for health in [Health::critical("x"), Health::ok("y")] {
            clock.advance(HOUR);
            say(&hub, "service/nas/1", "Photos", health).await;
        }
        let span = |from: u32, to: u32| Span { from: START.plus(HOUR * from), to: START.plus(HOUR * to) };
        clock.advance(HOUR * 10);
        ctx.resources.settle().await;
        let late = ctx.resources.recorded(None, span(1, 2), clock.now()).await.unwrap();
        assert!(late.complete && late.gaps.is_empty(), "{late:?}");
        let levels = |changes: &[hob_base::uptime::Change]| changes.iter().map(|c| c.to).collect::<Vec<_>>();
        assert_eq!(
            levels(&late.changes[&id]),
            [Level::Ok, Level::Critical],
            "what held before, and what came"
        );
        let other: ResourceId = "service/nas/2".parse().unwrap();
        assert_eq!(levels(&late.changes[&other]), [Level::Ok], "nothing came");
        let one = ctx.resources.recorded(Some(&id), span(5, 6), clock.now()).await.unwrap();
        assert_eq!((one.changes.len(), levels(&one.changes[&id])), (1, vec![Level::Ok]));
        let before =
            ctx.resources.recorded(Some(&id), Span { from: START.minus(DAY), to: START }, clock.now()).await;
        assert!(before.unwrap().changes.is_empty(), "nobody knew it yet");

        let all = ctx.resources.transitions_between(Some(&id), span(0, 9), None, 2).await.unwrap();
        assert_eq!(all.len(), 2);
        let last = (all[1].at, &all[1].resource);
        let rest = ctx.resources.transitions_between(Some(&id), span(0, 9), Some(last), 2).await.unwrap();
        assert_eq!(rest.iter().map(|t| t.reason.as_str()).collect::<Vec<_>>(), ["y"]);
        let every = ctx.resources.transitions_between(None, span(0, 9), None, 1000).await.unwrap();
        let of_both = every.iter().filter(|t| t.resource.kind() == "service").count();
        assert_eq!(of_both, 4);
        hub.stop().await;
    }
}

#[tokio::test]
async fn the_time_between_two_runs_of_the_hub_is_a_gap_in_old_months_too() {
    let dir = tempfile::tempdir().unwrap();
    for location in locations(&dir).await {
        let first = hub().database(location).start().await;
        say(&first, "service/nas/1", "Photos", Health::ok("x")).await;
        let clock = first.ctx().clock.clone();
        let builder = first.stop().await;
        clock.advance(HOUR * 5);
        let second = builder.start().await;
        let span = Span { from: START.minus(HOUR), to: START.plus(HOUR * 4) };
        let recorded = second.ctx().resources.recorded(None, span, clock.now()).await.unwrap();
        assert_eq!(recorded.gaps, [Span { from: START, to: span.to }]);
        second.stop().await;
    }
}
