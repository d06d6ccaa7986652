//! What runs and what it stands on, as dense tables.

use super::{Narrow, ROWS_MAX, link, of_kind};
use crate::clusters::ClusterView;
use crate::pages::chain::{text, whole};
use cluster_model::{Fact, Thing, ThingId, ThingKind};
use hob_base::units::Bytes;
use hob_base::wording::{duration_words, tidy};
use hob_base::{Level, Timestamp};
use hob_feature::Ctx;
use hob_web::components::{health_mark, meter, table, time};
use maud::{Markup, html};

/// A section with more rows than this is folded.
const OPEN_MAX: usize = 12;
/// The longest image in a cell, in characters.
const IMAGE_MAX: usize = 70;

/// A thing with its health.
pub(super) type Row<'a> = (&'a ThingId, &'a Thing, Option<Level>);

/// A kind of thing with its own table.
struct Section {
    kind: ThingKind,
    title: &'static str,
    id: &'static str,
    headings: &'static [&'static str],
    row: fn(&Ctx, &ClusterView, &Row<'_>) -> Markup,
}

const SECTIONS: &[Section] = &[
    Section {
        kind: ThingKind::Host,
        title: "Nodes",
        id: "nodes",
        headings: &["Node", "Pods", "Version", "System", "Address"],
        row: node,
    },
    Section {
        kind: ThingKind::Volume,
        title: "Volumes",
        id: "volumes",
        headings: &["Volume", "In use", "Size", "Class", "Place"],
        row: volume,
    },
    Section {
        kind: ThingKind::Certificate,
        title: "Certificates",
        id: "certificates",
        headings: &["Certificate", "Names", "Issuer", "Valid until"],
        row: certificate,
    },
    Section {
        kind: ThingKind::Job,
        title: "Scheduled jobs",
        id: "jobs",
        headings: &["Job", "Schedule", "Last run", "Next run"],
        row: job,
    },
    Section {
        kind: ThingKind::Deployment,
        title: "GitOps",
        id: "gitops",
        headings: &["Object", "Tool", "From", "Applied", "Wanted"],
        row: gitops,
    },
    Section {
        kind: ThingKind::Database,
        title: "Databases",
        id: "databases",
        headings: &["Database", "Operator", "Instances"],
        row: database,
    },
    Section {
        kind: ThingKind::Backup,
        title: "Backups",
        id: "backups",
        headings: &["Backup", "Operator", "Schedule", "Last", "Next"],
        row: backup,
    },
    Section {
        kind: ThingKind::Credential,
        title: "Image credentials",
        id: "credentials",
        headings: &["Secret", "Registries", "Images"],
        row: credential,
    },
];

/// All sections that have anything to show.
pub(super) fn all(ctx: &Ctx, view: &ClusterView, narrow: &Narrow) -> Markup {
    html! { @for section in SECTIONS { (one(ctx, view, narrow, section)) } }
}

fn one(ctx: &Ctx, view: &ClusterView, narrow: &Narrow, section: &Section) -> Markup {
    let rows = of_kind(ctx, view, section.kind, narrow);
    if rows.is_empty() {
        return html! {};
    }
    let worst = rows.iter().filter_map(|(_, _, level)| *level).max();
    html! {
        details.group id=(section.id) open[rows.len() <= OPEN_MAX] {
            summary { h2 { (section.title) } @if let Some(level) = worst { span.worst { (health_mark(level)) } } small { (rows.len()) } }
            (table(section.title, section.headings, rows.iter().take(ROWS_MAX).map(|row| (section.row)(ctx, view, row))))
            @if rows.len() > ROWS_MAX { p.muted { "The first " (ROWS_MAX) " are shown; narrow it down above to see others." } }
        }
    }
}

fn name(view: &ClusterView, row: &Row<'_>) -> Markup {
    html! { th scope="row" { @if let Some(level) = row.2 { (health_mark(level)) " " } (link(view, row.0)) } }
}

fn cell(thing: &Thing, key: &str) -> Markup {
    html! { td { @if let Some(said) = text(thing, key) { (said) } @else { span.muted { "–" } } } }
}

/// A moment: in milliseconds, or as the API writes it.
fn moment(ctx: &Ctx, thing: &Thing, keys: &[&str]) -> Markup {
    let at = keys.iter().find_map(|key| match thing.facts.get(key)? {
        Fact::Integer(ms) => Some(Timestamp::from_millis(*ms)),
        Fact::Text(text) => {
            text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp::from_millis(at.as_millisecond()))
        }
        Fact::Boolean(_) => None,
    });
    html! { td.when { @if let Some(at) = at { (time(at, ctx)) } @else { span.muted { "–" } } } }
}

/// A row of what runs.
pub(super) fn workload(ctx: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    let (id, thing, level) = row;
    let mut parts = id.name.splitn(3, '/');
    let (namespace, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let short = parts.next().unwrap_or(&id.name);
    let restarts = whole(thing, "restarts").unwrap_or(0);
    let created = whole(thing, "created_ms").map(Timestamp::from_millis);
    let resource = crate::publish::resource_id(&view.name, id);
    html! {
        tr {
            th scope="row" {
                @if let Some(level) = level { (health_mark(*level)) " " }
                a href=(hob_web::components::resource_path(&resource)) { (short) } " " small { (kind) }
            }
            td { (namespace) }
            td.number { (pods(thing)) }
            td.number { @if restarts > 0 { (restarts) } @else { span.muted { "0" } } }
            td.images { (images(thing)) }
            td { (nodes(thing)) }
            td.number { @if let Some(created) = created { (duration_words(ctx.clock.now().since(created))) } }
        }
    }
}

fn pods(thing: &Thing) -> String {
    match (whole(thing, "pods_ready"), whole(thing, "pods_wanted")) {
        (Some(ready), Some(wanted)) => format!("{ready}/{wanted}"),
        (None, Some(wanted)) => format!("?/{wanted}"),
        _ => "–".to_owned(),
    }
}

/// Images without their registry, as people call them.
fn images(thing: &Thing) -> Markup {
    let all = text(thing, "image").unwrap_or_default();
    let short: Vec<&str> = all.split(", ").map(|image| image.rsplit('/').next().unwrap_or(image)).collect();
    html! { span title=(all) { (tidy(&short.join(", "), IMAGE_MAX)) } }
}

fn nodes(thing: &Thing) -> Markup {
    let all = text(thing, "nodes").unwrap_or_default();
    let several = all.split(", ").count();
    html! { @if several > 2 { span title=(all) { (several) " nodes" } } @else { (all) } }
}

fn node(_: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    let thing = row.1;
    let system: Vec<&str> = ["os", "arch"].iter().filter_map(|key| text(thing, key)).collect();
    html! {
        tr {
            (name(view, row))
            td.number { @if let Some(pods) = whole(thing, "pods") { (pods) } @if let Some(most) = whole(thing, "pods_max") { small { " of " (most) } } }
            (cell(thing, "version"))
            td { (system.join(", ")) }
            (cell(thing, "address"))
        }
    }
}

fn volume(_: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    let (_, thing, level) = row;
    let free = whole(thing, "free_percent");
    let bytes = |key| whole(thing, key).and_then(|n| u64::try_from(n).ok()).map(Bytes);
    html! {
        tr {
            (name(view, row))
            td.number {
                @match (free, text(thing, "not_measurable")) {
                    (Some(free), _) => {
                        (100 - free) " %"
                        (meter((100 - free) as f64, level.unwrap_or(Level::Ok), "share in use"))
                    },
                    (None, Some(why)) => span.muted title=(why) { "not measurable" },
                    (None, None) => span.muted { "–" },
                }
            }
            td.number { @if let Some(size) = bytes("capacity_bytes").or_else(|| bytes("size_bytes")) { (size) } }
            (cell(thing, "storage_class"))
            (cell(thing, "place"))
        }
    }
}

fn certificate(ctx: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    html! { tr { (name(view, row)) (cell(row.1, "names")) (cell(row.1, "issuer")) (moment(ctx, row.1, &["not_after_ms"])) } }
}

fn job(ctx: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    let off = row.1.facts.get("suspended") == Some(&Fact::Boolean(true));
    html! {
        tr {
            (name(view, row))
            td { code { (text(row.1, "schedule").unwrap_or_default()) } @if off { " " small { "suspended" } } }
            (moment(ctx, row.1, &["last_run_ms"]))
            (moment(ctx, row.1, &["next_run_ms"]))
        }
    }
}

fn gitops(_: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    let of = |keys: &[&str]| keys.iter().find_map(|key| text(row.1, key)).unwrap_or("–").to_owned();
    let from: Vec<String> =
        ["source", "chart", "path"].iter().filter_map(|key| text(row.1, key)).map(str::to_owned).collect();
    html! {
        tr {
            (name(view, row))
            td { (of(&["tool"])) " " small { (of(&["kind"])) } }
            td.images { (from.join(", ")) }
            td { (of(&["applied_revision", "revision"])) }
            td { (of(&["wanted_revision", "target_revision"])) }
        }
    }
}

fn database(_: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    html! {
        tr {
            (name(view, row))
            (cell(row.1, "tool"))
            td.number { @if let (Some(ready), Some(all)) = (whole(row.1, "ready_instances"), whole(row.1, "instances")) { (ready) "/" (all) } }
        }
    }
}

fn backup(ctx: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    html! {
        tr {
            (name(view, row))
            (cell(row.1, "tool"))
            td { code { (text(row.1, "schedule").unwrap_or_default()) } }
            (moment(ctx, row.1, &["last_backup_at"]))
            (moment(ctx, row.1, &["next_backup_at"]))
        }
    }
}

fn credential(_: &Ctx, view: &ClusterView, row: &Row<'_>) -> Markup {
    html! { tr { (name(view, row)) (cell(row.1, "registries")) td.number { @if let Some(images) = whole(row.1, "images") { (images) } } } }
}
