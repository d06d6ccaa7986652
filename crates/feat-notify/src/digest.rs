//! Digests: who asked for one, and sending it when it is time.

use crate::desk::Desk;
use crate::model::digest::{Day, Digest, Facts, Subscription, Uptime, digest, is_worth_a_word};
use crate::model::route::House;
use crate::store;
use hob_base::uptime::Span;
use hob_base::wording::counted;
use hob_base::{Error, Level, Result, Timestamp};
use hob_feature::{Config, ConfigSection, Ctx, IncidentQuery, Problems};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// `[[digest]]`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "digest",
    check: |config, problems| {
        read(config, problems);
    },
    example: EXAMPLE,
};

const EXAMPLE: &str = r#"# What happened in a day or a week, and what will need attention. Others can be asked for on the page “Digests”.
#
# [[digest]]
# to = ["own:mail", "push"]             # the first that works
# who = "anna"                          # without it everybody
# on = "Mon"                            # without it every day
# at = "08:00"
# skip_quiet = true                     # not when nothing happened
"#;

/// Where those that were asked for on the page are kept.
const KEPT: &str = "digests";
/// The most digests.
const SUBSCRIPTIONS_MAX: usize = 50;
/// The most resources whose names are kept.
const KNOWN_MAX: usize = 5000;

/// Reads every `[[digest]]`. One that cannot be used is reported and left out.
pub(crate) fn read(config: &Config, problems: &Problems) -> Vec<Subscription> {
    let mut found = Vec::new();
    for (i, reader) in config.sections("digest", problems).iter().enumerate() {
        let on = reader.parsed("on", |text| {
            Day::read(text).ok_or_else(|| "write a day of the week, for example \"Mon\"".to_owned())
        });
        let subscription = Subscription {
            id: format!("hob.toml-{}", i + 1),
            who: reader.text("who").unwrap_or_default(),
            to: reader.texts("to").unwrap_or_default(),
            on,
            at: reader.text("at").unwrap_or_else(|| "08:00".to_owned()),
            skip_quiet: reader.boolean("skip_quiet").unwrap_or_default(),
            in_settings: true,
        };
        reader.finish();
        let wrong = subscription.check();
        for (field, problem) in &wrong {
            reader.problem(field, problem.clone());
        }
        if wrong.is_empty() {
            found.push(subscription);
        }
    }
    found
}

/// All digests that somebody asked for.
pub(crate) async fn list(ctx: &Ctx) -> Result<Vec<Subscription>> {
    let marks = store::list_marks(&ctx.db).await?;
    // Mistakes were reported when the hub started.
    let mut all = read(&ctx.config, &Problems::default());
    let kept: Option<Vec<Subscription>> = marks.get(KEPT).and_then(|json| serde_json::from_str(json).ok());
    all.extend(kept.unwrap_or_default());
    Ok(all)
}

/// Asks for one more.
///
/// # Errors
/// What is wrong with it, or when the database does not answer.
pub(crate) async fn add(ctx: &Ctx, mut new: Subscription) -> Result<()> {
    if let Some((field, problem)) = new.check().into_iter().next() {
        return Err(Error::invalid(field, problem));
    }
    let desk = ctx.memory.of::<Desk>();
    let _turn = desk.turn().await;
    let bytes: [u8; 8] = ctx.sealer.random_bytes()?;
    new.id = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut all = list(ctx).await?;
    all.retain(|one| !one.in_settings);
    if all.len() >= SUBSCRIPTIONS_MAX {
        return Err(Error::invalid("to", format!("At most {SUBSCRIPTIONS_MAX} digests are possible.")));
    }
    // One whose time was just before is sent tomorrow.
    if let Some((date, _)) = new.due(ctx.clock.now(), &ctx.zone) {
        store::save_mark(&ctx.db, &mark_of(&new.id), &date.to_string()).await?;
    }
    all.push(new);
    save(ctx, &all).await
}

/// Takes one back.
///
/// # Errors
/// When there is none that was asked for on the page, or the database does not answer.
pub(crate) async fn delete(ctx: &Ctx, id: &str) -> Result<()> {
    let desk = ctx.memory.of::<Desk>();
    let _turn = desk.turn().await;
    let mut all = list(ctx).await?;
    let before = all.len();
    all.retain(|one| one.id != id || one.in_settings);
    if all.len() == before {
        return Err(Error::not_found("digest", id));
    }
    all.retain(|one| !one.in_settings);
    store::delete_mark(&ctx.db, &mark_of(id)).await?;
    store::delete_mark(&ctx.db, &known_of(id)).await?;
    save(ctx, &all).await
}

async fn save(ctx: &Ctx, all: &[Subscription]) -> Result<()> {
    // Strings: writing them as JSON cannot fail.
    store::save_mark(&ctx.db, KEPT, &serde_json::to_string(all).unwrap_or_default()).await
}

fn mark_of(id: &str) -> String {
    format!("digest/{id}")
}

/// Where it is kept what was known when this digest was last sent.
fn known_of(id: &str) -> String {
    format!("known/{id}")
}

/// Sends every digest whose time has come, once.
pub(crate) async fn pass(ctx: Ctx) -> Result<String> {
    let all = list(&ctx).await?;
    let marks = store::list_marks(&ctx.db).await?;
    let since: i64 = marks.get("since").and_then(|text| text.parse().ok()).unwrap_or(i64::MAX);
    let now = ctx.clock.now();
    let mut sent = 0;
    for subscription in &all {
        let Some((date, at)) = subscription.due(now, &ctx.zone) else { continue };
        let mark = mark_of(&subscription.id);
        if at.millis() < since || marks.get(&mark).is_some_and(|last| *last == date.to_string()) {
            continue;
        }
        let digest =
            make(&ctx, Some(subscription), subscription.from(at), at, subscription.on.is_some()).await?;
        if !(digest.is_quiet() && subscription.skip_quiet) {
            hand(&ctx, subscription, &digest, date, now).await?;
            sent += 1;
        }
        store::save_mark(&ctx.db, &mark, &date.to_string()).await?;
        keep_known(&ctx, &subscription.id).await?;
    }
    Ok(format!("Sent {} of {} that were asked for.", sent, counted(all.len(), "digest")))
}

/// Gives a digest to the dispatcher. The same of the same day is sent once.
async fn hand(
    ctx: &Ctx,
    subscription: &Subscription,
    digest: &Digest,
    date: Date,
    now: Timestamp,
) -> Result<()> {
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(ctx).await?;
    let people = desk.people(ctx).await;
    let house = House { rules: &[], channels: &setup.faces(), people: &people, zone: &ctx.zone };
    let news = digest.news(&subscription.id, date, now);
    let plan = subscription.plan(&house, &news, now);
    desk.hand(news, plan);
    Ok(())
}

/// Sends one now, besides those that are due.
///
/// # Errors
/// When there is no such digest, or the database does not answer.
pub(crate) async fn send_now(ctx: &Ctx, id: &str) -> Result<()> {
    let all = list(ctx).await?;
    let subscription = all.into_iter().find(|one| one.id == id);
    let subscription = subscription.ok_or_else(|| Error::not_found("digest", id))?;
    let now = ctx.clock.now();
    let digest =
        make(ctx, Some(&subscription), subscription.from(now), now, subscription.on.is_some()).await?;
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(ctx).await?;
    let people = desk.people(ctx).await;
    let house = House { rules: &[], channels: &setup.faces(), people: &people, zone: &ctx.zone };
    let mut news = digest.news(&subscription.id, now.zoned(&ctx.zone).date(), now);
    news.key = format!("{}/{}", news.key, now.millis());
    let plan = subscription.plan(&house, &news, now);
    desk.hand(news, plan);
    Ok(())
}

/// What a digest of this time says. What is new and gone is so since `of` was last sent.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn make(
    ctx: &Ctx,
    of: Option<&Subscription>,
    from: Timestamp,
    to: Timestamp,
    weekly: bool,
) -> Result<Digest> {
    let incidents = match ctx.incidents() {
        Some(reader) => {
            let query =
                IncidentQuery { from: Some(from), to: Some(to), limit: 500, ..IncidentQuery::default() };
            (reader.list)(ctx.clone(), query).await?
        }
        None => Vec::new(),
    };
    let marks = store::list_marks(&ctx.db).await?;
    let before: Option<BTreeSet<(String, String)>> =
        of.and_then(|of| marks.get(&known_of(&of.id))).and_then(|json| serde_json::from_str(json).ok());
    let resources = ctx.resources.list();
    let uptimes = if weekly { uptimes(ctx, Span { from, to }) } else { Vec::new() };
    Ok(digest(&Facts {
        from,
        to,
        weekly,
        zone: &ctx.zone,
        incidents: &incidents,
        resources: &resources,
        before: before.as_ref(),
        uptimes: &uptimes,
    }))
}

/// How much of a time each service was up.
fn uptimes(ctx: &Ctx, window: Span) -> Vec<Uptime> {
    let gaps = ctx.resources.gaps();
    let services = ctx.resources.of_kind("service");
    let uptime = services.iter().filter_map(|resource| {
        let totals = ctx.resources.history(&resource.id).totals(&gaps, window);
        let percent = totals.uptime_percent()?;
        Some(Uptime { name: resource.name.clone(), percent, down: totals.at(Level::Critical) })
    });
    uptime.collect()
}

/// Keeps what is known, so that the next digest of this kind can say what is new and what is gone.
async fn keep_known(ctx: &Ctx, id: &str) -> Result<()> {
    let all = ctx.resources.list();
    let known = all.iter().filter(|resource| is_worth_a_word(resource));
    let known: BTreeSet<(String, String)> =
        known.take(KNOWN_MAX).map(|resource| (resource.id.to_string(), resource.name.clone())).collect();
    store::save_mark(&ctx.db, &known_of(id), &serde_json::to_string(&known).unwrap_or_default()).await
}
