//! A drawing of the affected part of the house: what is needed left, what needs it right, the cause marked. The same as a
//! nested list for who cannot see it.

mod layout;

use hob_base::incident::Role;
use hob_base::wording::tidy;
use hob_base::{Incident, Level, Resource, ResourceId};
use hob_feature::Ctx;
use hob_web::asset;
use hob_web::components::{card, level_word, resource_path};
use layout::{Column, Node, columns};
use maud::{Markup, html};
use std::collections::{BTreeSet, HashMap};

/// So many resources are drawn; the rest is counted.
const DRAWN_MAX: usize = 40;
/// So many resources of an incident are looked at for the drawing.
const LOOKED_AT_MAX: usize = 400;
/// So many well neighbours are drawn on each side.
const NEIGHBOURS_MAX: usize = 3;
/// So many lines lead to “+ 17 more”.
const MORE_LINES_MAX: usize = 4;

/// Measures in CSS pixels. Two columns fit on a telephone.
const WIDTH: usize = 128;
const HEIGHT: usize = 42;
const GAP_X: usize = 34;
const GAP_Y: usize = 10;
const MARGIN: usize = 2;
/// So many letters fit into a box.
const LETTERS_MAX: usize = 16;
/// What stands in a column that would be taller than this stands in several, so that the whole is in sight.
const TALL: usize = 10;

/// One resource of the drawing.
struct Item {
    id: ResourceId,
    name: String,
    level: Level,
    /// What it is to the incident; `None` for a neighbour.
    role: Option<Role>,
    known: bool,
    node: Node,
}

/// The card with the drawing; nothing where there is nothing to be joined.
pub(super) fn graph(incident: &Incident, ctx: &Ctx) -> Markup {
    let items = collect(incident, ctx);
    if items.len() < 2 {
        return html! {};
    }
    let nodes: Vec<Node> = items.iter().map(|item| item.node.clone()).collect();
    let columns = columns(&nodes, DRAWN_MAX);
    let left_out = incident.members.len().saturating_sub(LOOKED_AT_MAX);
    card(
        "How it hangs together",
        &html! {
            div.graph-frame tabindex="0" role="group" aria-label="How it hangs together" {
                (draw(&items, &columns, left_out))
                (listed(&items, &columns, left_out))
            }
            p { small { "Lines lead from what is needed to what needs it." } }
        },
    )
}

/// The resources of the incident, what joins them, and a few well neighbours of the cause.
fn collect(incident: &Incident, ctx: &Ctx) -> Vec<Item> {
    let mut items: Vec<Item> = incident
        .members
        .iter()
        .take(LOOKED_AT_MAX)
        .map(|member| Item {
            id: member.resource.clone(),
            name: member.name.clone(),
            level: member.level,
            role: Some(member.role),
            known: ctx.resources.get(&member.resource).is_some(),
            node: Node { needs: Vec::new(), weight: weight(member.role, member.level) },
        })
        .collect();
    let members: BTreeSet<ResourceId> = items.iter().map(|item| item.id.clone()).collect();
    items.extend(neighbours(incident, &members, ctx));
    let places: HashMap<ResourceId, usize> =
        items.iter().enumerate().map(|(at, item)| (item.id.clone(), at)).collect();
    let cause = places.get(&incident.cause.resource).copied();
    for (at, item) in items.iter_mut().enumerate() {
        let needs = ctx.resources.get(&item.id).map(|resource| resource.depends_on.clone());
        let places = needs.iter().flatten().filter_map(|id| places.get(id)).copied();
        item.node.needs = places.filter(|need| *need != at).collect();
        // What is explained over more steps than are drawn, or is no longer known.
        if item.node.needs.is_empty() && item.role == Some(Role::Affected) {
            item.node.needs.extend(cause);
        }
    }
    items
}

const fn weight(role: Role, level: Level) -> u32 {
    let bad = match level {
        Level::Ok => 1,
        Level::Unknown => 2,
        Level::Warning => 3,
        Level::Critical => 4,
    };
    match role {
        Role::Cause => 100,
        Role::Affected => 10 + bad,
        Role::Besides => 5 + bad,
    }
}

/// What lies between resources of the incident without being part of it, then what the cause needs, then what needs it.
fn neighbours(incident: &Incident, members: &BTreeSet<ResourceId>, ctx: &Ctx) -> Vec<Item> {
    let mut found: Vec<ResourceId> = Vec::new();
    let known = |id: &ResourceId| ctx.resources.get(id);
    let is_new = |id: &ResourceId, found: &[ResourceId]| !members.contains(id) && !found.contains(id);
    for member in members {
        for id in known(member).iter().flat_map(|resource| &resource.depends_on) {
            let between = |resource: &Resource| resource.depends_on.iter().any(|need| members.contains(need));
            if found.len() < NEIGHBOURS_MAX * 2
                && is_new(id, &found)
                && known(id).is_some_and(|resource| between(&resource))
            {
                found.push(id.clone());
            }
        }
    }
    let cause = &incident.cause.resource;
    let needs = known(cause).map(|resource| resource.depends_on.clone()).unwrap_or_default();
    let needed_by = ctx.resources.list().into_iter().filter(|other| other.depends_on.contains(cause));
    for side in [needs, needed_by.map(|other| other.id.clone()).collect()] {
        let new: Vec<ResourceId> =
            side.into_iter().filter(|id| is_new(id, &found) && known(id).is_some()).collect();
        found.extend(new.into_iter().take(NEIGHBOURS_MAX));
    }
    let item = |id: ResourceId| {
        let resource = known(&id)?;
        let level = if resource.judged { resource.health.level } else { Level::Unknown };
        let node = Node { needs: Vec::new(), weight: 2 };
        Some(Item { id, name: resource.name.clone(), level, role: None, known: true, node })
    };
    found.into_iter().filter_map(item).collect()
}

/// What is said of a resource below its name.
fn state(item: &Item) -> &'static str {
    match (item.role, item.level) {
        (Some(Role::Cause), Level::Ok) => "cause, well again",
        (Some(Role::Cause), Level::Warning) => "cause, warning",
        (Some(Role::Cause), Level::Critical) => "cause, critical",
        (Some(Role::Cause), Level::Unknown) => "cause, unknown",
        (Some(_), Level::Ok) => "well again",
        (_, level) => level_word(level),
    }
}

/// Where things stand.
struct Plan {
    places: HashMap<usize, (usize, usize)>,
    /// The boxes “+ 17 more”: place, how many, and who they stand for.
    more: Vec<((usize, usize), usize, Vec<usize>)>,
    width: usize,
    height: usize,
}

fn plan(columns: &[Column], left_out: usize) -> Plan {
    let last = columns.len().saturating_sub(1);
    let count = |i: usize| columns[i].hidden.len() + if i == last { left_out } else { 0 };
    // What stands in each column, a tall one beside itself; nobody is the box that counts the rest.
    let mut stacks: Vec<Vec<Option<usize>>> = Vec::new();
    let mut counted = Vec::new();
    for (i, column) in columns.iter().enumerate() {
        let more = (count(i) > 0).then_some(None);
        let all: Vec<Option<usize>> = column.shown.iter().copied().map(Some).chain(more).collect();
        stacks.extend(all.chunks(TALL).map(<[Option<usize>]>::to_vec));
        if more.is_some() {
            counted.push((stacks.len() - 1, i));
        }
    }
    let step = HEIGHT + GAP_Y;
    let tallest = stacks.iter().map(Vec::len).max().unwrap_or(0);
    let mut plan = Plan {
        places: HashMap::new(),
        more: Vec::new(),
        width: (stacks.len() * (WIDTH + GAP_X)).saturating_sub(GAP_X) + 2 * MARGIN,
        height: (tallest * step).saturating_sub(GAP_Y) + 2 * MARGIN,
    };
    for (number, stack) in stacks.iter().enumerate() {
        let x = MARGIN + number * (WIDTH + GAP_X);
        let top = MARGIN + (tallest - stack.len()) * step / 2;
        for (row, who) in stack.iter().enumerate() {
            let place = (x, top + row * step);
            match (who, counted.iter().find(|(stack, _)| *stack == number)) {
                (Some(at), _) => drop(plan.places.insert(*at, place)),
                (None, Some((_, i))) => plan.more.push((place, count(*i), columns[*i].hidden.clone())),
                (None, None) => {}
            }
        }
    }
    plan
}

fn draw(items: &[Item], columns: &[Column], left_out: usize) -> Markup {
    let plan = plan(columns, left_out);
    let lines: Vec<String> = edges(items, &plan).into_iter().map(|(from, to)| path(from, to)).collect();
    html! {
        svg.graph width=(plan.width) height=(plan.height) viewBox={ "0 0 " (plan.width) " " (plan.height) } aria-hidden="true" focusable="false" {
            path.edge d=(lines.join("")) {}
            @for column in columns {
                @for at in &column.shown {
                    @if let Some(place) = plan.places.get(at) { (node(&items[*at], *place)) }
                }
            }
            @for ((x, y), count, _) in &plan.more {
                g.node.more {
                    rect x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="8" {}
                    text x=(x + 12) y=(y + 26) { "+ " (count) " more" }
                }
            }
        }
    }
}

type Place = (usize, usize);

/// The lines between what is drawn.
fn edges(items: &[Item], plan: &Plan) -> Vec<(Place, Place)> {
    let mut lines = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let Some(to) = plan.places.get(&at) else { continue };
        lines
            .extend(item.node.needs.iter().filter_map(|need| plan.places.get(need)).map(|from| (*from, *to)));
    }
    for (to, _, hidden) in &plan.more {
        let needs = hidden.iter().flat_map(|at| &items[*at].node.needs);
        let from: BTreeSet<Place> = needs.filter_map(|need| plan.places.get(need)).copied().collect();
        lines.extend(from.into_iter().take(MORE_LINES_MAX).map(|from| (from, *to)));
    }
    lines
}

/// A curve from the right side of what is needed to the left side of what needs it; to its right side where that does
/// not stand further right.
fn path((x1, y1): Place, (x2, y2): Place) -> String {
    let (from_x, from_y, to_y) = (x1 + WIDTH, y1 + HEIGHT / 2, y2 + HEIGHT / 2);
    if x2 > x1 {
        let bend = GAP_X / 2;
        format!(
            "M{from_x} {from_y}C{} {from_y} {} {to_y} {x2} {to_y}",
            from_x + bend,
            x2.saturating_sub(bend)
        )
    } else {
        let to_x = x2 + WIDTH;
        let bend = GAP_X - 6;
        format!("M{from_x} {from_y}C{} {from_y} {} {to_y} {to_x} {to_y}", from_x + bend, to_x + bend)
    }
}

fn node(item: &Item, (x, y): Place) -> Markup {
    let is_cause = item.role == Some(Role::Cause);
    let gone = item.role.is_some() && item.level == Level::Ok;
    let symbol = format!("{}#{}", asset("icons.svg"), item.level.as_str());
    let body = html! {
        g.node.(item.level).cause[is_cause].gone[gone].neighbour[item.role.is_none()] {
            title { (item.name) ": " (state(item)) }
            rect x=(x) y=(y) width=(WIDTH) height=(HEIGHT) rx="8" {}
            svg.icon x=(x + 8) y=(y + 12) width="18" height="18" { use href=(symbol) {} }
            // A drawing in the drawing cuts off what is too wide.
            svg x=(x + 31) y=(y) width=(WIDTH - 35) height=(HEIGHT) {
                text y="18" { (tidy(&item.name, LETTERS_MAX)) }
                text.state y="33" { (state(item)) }
            }
        }
    };
    // Links for the mouse; the keyboard has those of the lists above.
    html! {
        @if item.known { a href=(resource_path(&item.id)) tabindex="-1" { (body) } } @else { (body) }
    }
}

/// The same as words: under each what needs it.
fn listed(items: &[Item], columns: &[Column], left_out: usize) -> Markup {
    let shown: BTreeSet<usize> = columns.iter().flat_map(|column| column.shown.iter().copied()).collect();
    let hidden: usize = columns.iter().map(|column| column.hidden.len()).sum::<usize>() + left_out;
    let mut told = BTreeSet::new();
    let order: Vec<usize> = columns.iter().flat_map(|column| column.shown.iter().copied()).collect();
    let mut roots = Vec::new();
    for at in order {
        if !told.contains(&at) {
            roots.push(branch(at, items, &shown, &mut told));
        }
    }
    html! {
        ul.sr {
            @for root in roots { (root) }
            @if hidden > 0 { li { "And " (hidden) " more." } }
        }
    }
}

/// One resource with what needs it; each is told once, so the depth is bounded by what is drawn.
fn branch(at: usize, items: &[Item], shown: &BTreeSet<usize>, told: &mut BTreeSet<usize>) -> Markup {
    told.insert(at);
    let mut below = Vec::new();
    for other in shown {
        if items[*other].node.needs.contains(&at) && !told.contains(other) {
            below.push(branch(*other, items, shown, told));
        }
    }
    html! {
        li {
            (items[at].name) " (" (state(&items[at])) ")"
            @if !below.is_empty() { ", needed by:" ul { @for part in below { (part) } } }
        }
    }
}
