//! What is added to the page of a resource: what is behind it, and what is served against what is wanted.

use super::chain::{self, Break, Link, Stage, Step, digits, is_bad};
use super::served::{self, Keeper, Served, Workload};
use super::{fault_block, find, heard};
use crate::clusters::{ClusterView, Clusters};
use crate::publish::resource_id;
use cluster_model::{ThingId, ThingKind};
use hob_base::wording::counted;
use hob_base::{Level, Resource};
use hob_feature::{Card, Ctx};
use hob_web::components::{badge, health_mark, resource_path, table};
use maud::{Markup, html};

/// The cards of one resource; none for what is no thing of a cluster.
pub(crate) fn cards(ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    let Some(view) = ctx.memory.of::<Clusters>().get(resource.id.scope()) else { return Vec::new() };
    let Some(id) = find(&view, &resource.id) else { return Vec::new() };
    // A node carries everything: what runs there is said on the page of the cluster.
    if matches!(id.kind, ThingKind::Host | ThingKind::EntryPoint) {
        return Vec::new();
    }
    let steps = chain::chain(&view.picture, &id, &|one| heard(ctx, &view.name, one));
    if steps.len() < 2 {
        return Vec::new();
    }
    let mut cards = vec![Card { title: "What is behind it".to_owned(), body: picture(&view.name, &steps) }];
    let workloads = served::served(&view.objects, &view.picture, chain::ids(&steps));
    if !workloads.is_empty() {
        cards.push(Card { title: "Served now, and wanted".to_owned(), body: against(&view, &workloads) });
    }
    cards
}

/// The chain as a list of stations, and where it is broken.
pub(super) fn picture(cluster: &str, steps: &[Step]) -> Markup {
    let breaks = chain::breaks(steps);
    let first = breaks.first();
    let last = breaks.get(1..).unwrap_or_default();
    html! {
        ol.chain {
            @for (number, step) in steps.iter().enumerate() {
                (station(cluster, step, first.filter(|found| found.step == number)))
            }
        }
        @match first.and_then(|found| Some((found, link_of(steps, found)?))) {
            Some((found, (stage, link))) => (broken(found.level, works(steps), stage, link)),
            None => p.muted { (well(steps)) },
        }
        @if !last.is_empty() {
            h3 { "Also on the way" }
            ul.links {
                @for (stage, link, level) in last.iter().filter_map(|found| { let (s, l) = link_of(steps, found)?; Some((s, l, found.level)) }) {
                    li { (named(cluster, link, &html! {
                        (health_mark(level)) span { (stage.title()) " " (link.name) }
                        @if let Some(fault) = &link.fault { small { (fault.sentence) } }
                    })) }
                }
            }
        }
    }
}

fn link_of<'a>(steps: &'a [Step], found: &Break) -> Option<(Stage, &'a Link)> {
    let step = steps.get(found.step)?;
    Some((step.stage, step.links.get(found.link)?))
}

fn station(cluster: &str, step: &Step, broken: Option<&Break>) -> Markup {
    let worst = step.links.iter().filter_map(|link| link.level).max().filter(|level| is_bad(*level));
    let class = worst.map_or("", Level::as_str);
    html! {
        li.station.(class).broken[broken.is_some()] {
            h3 { (step.stage.title()) }
            ul {
                @for (number, link) in step.links.iter().enumerate() {
                    @let topic = link.id.as_ref().map(|id| resource_id(cluster, id));
                    li.here[link.here].missing[!link.known] data-live-topic=[topic] {
                        (named(cluster, link, &html! {
                            @if let Some(level) = link.level { (health_mark(level)) " " }
                            span { (link.name) }
                        }))
                        @if !link.line.is_empty() && link.line != link.name { small { (link.line) } }
                        @if link.here { span.sr { "This is the page that you are on." } }
                        @if broken.is_some_and(|found| found.link == number) { a.breaks href="#breaks" { (breaks_word(broken)) } }
                    }
                }
            }
            @if step.more > 0 { small { "and " (step.more) " more" } }
        }
    }
}

fn breaks_word(found: Option<&Break>) -> &'static str {
    match found.map(|found| found.level) {
        Some(Level::Critical) => "It breaks here",
        _ => "Look here",
    }
}

/// The name of a link, leading to its page unless that is the one that is shown.
fn named(cluster: &str, link: &Link, inside: &Markup) -> Markup {
    match link.id.as_ref().filter(|_| link.known && !link.here) {
        Some(id) => html! { a.link href=(resource_path(&resource_id(cluster, id))) { (inside) } },
        None => html! { span.link { (inside) } },
    }
}

/// Whether the address answers all the same.
fn works(steps: &[Step]) -> bool {
    steps.iter().any(|step| {
        step.stage == Stage::Address && step.links.iter().any(|link| link.level == Some(Level::Ok))
    })
}

fn broken(level: Level, works: bool, stage: Stage, link: &Link) -> Markup {
    let heading = match (level, works) {
        (Level::Critical, false) => "It breaks here",
        (Level::Critical, true) => "It answers still, and breaks here next",
        _ => "Look here",
    };
    html! {
        div.health.(level) #breaks {
            h3 { (heading) ": " (stage.title()) " " (link.name) }
            @for fault in link.fault.iter().chain(&link.also) { (fault_block(level, fault)) }
        }
    }
}

fn well(steps: &[Step]) -> String {
    let unknown = steps.iter().flat_map(|step| &step.links).filter(|link| link.level.is_none()).count();
    match unknown {
        0 => "Every link is well.".to_owned(),
        count => format!("Nothing on the way is broken. Of {} nobody can say.", counted(count, "link")),
    }
}

fn against(view: &ClusterView, workloads: &[Workload]) -> Markup {
    html! {
        @for workload in workloads {
            @let name = chain::name_of(&workload.id, view.picture.things.get(&workload.id));
            div.served {
                h3 { a href=(resource_path(&resource_id(&view.name, &workload.id))) { (name) } }
                @if let Some(keeper) = &workload.kept_by { (kept(&view.name, keeper)) }
                @if !workload.containers.is_empty() {
                    (table(
                        &format!("Images of {name}"),
                        &["Container", "Served now", "Wanted"],
                        workload.containers.iter().map(|served| container(&view.name, served)),
                    ))
                }
            }
        }
    }
}

fn kept(cluster: &str, keeper: &Keeper) -> Markup {
    html! {
        p {
            "Kept by "
            @match &keeper.id {
                Some(id) => a href=(resource_path(&resource_id(cluster, id))) { (keeper.name) },
                None => (keeper.name),
            }
            @match (keeper.applied.as_str(), keeper.wanted.as_str()) {
                ("", "") => ".",
                (applied, "") => { ": " code { (applied) } " is applied." }
                ("", wanted) => { ": it wants " code { (wanted) } "." }
                (applied, wanted) if applied == wanted => { ": " code { (applied) } " is applied, which is what it wants." }
                (applied, wanted) => { ": " code { (applied) } " is applied, it wants " code { (wanted) } "." }
            }
        }
    }
}

fn container(cluster: &str, served: &Served) -> Markup {
    let (behind, pods) = served.behind();
    html! {
        tr {
            th scope="row" { (served.container) }
            td {
                @if served.runs.is_empty() { span.muted { "no pod" } }
                @for (image, digest, count) in &served.runs {
                    div.image {
                        a href=(resource_path(&resource_id(cluster, &ThingId::image(image)))) { (image) }
                        small {
                            @if digest.is_empty() { "not pulled yet" } @else { "digest " code title=(digest) { (digits(digest)) } }
                            " · " (counted(*count, "pod"))
                        }
                    }
                }
            }
            td {
                @if served.wanted.is_empty() { span.muted { "no manifest is known" } }
                @else if behind == 0 { @if pods > 0 { (health_mark(Level::Ok)) " the same" } @else { (served.wanted) } }
                @else {
                    div.image { (served.wanted) small { (badge(&format!("{behind} of {} behind", counted(pods, "pod")))) } }
                }
            }
        }
    }
}
