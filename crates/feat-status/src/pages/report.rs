//! The report of a month, and the year of one resource.

use super::{Wrong, problem_of};
use crate::model::figures::{Figures, short};
use crate::model::month::Month;
use crate::model::objective::Origin;
use crate::report::{Filter, MonthOf, Report, Row};
use hob_base::units::Percent;
use hob_base::wording::{counted, duration_words};
use hob_base::{Level, Resource};
use hob_web::components::{
    Field, badge, card, empty, encode_id, field, form, health_mark, icon, meter, notice, resource_path,
    strip, table,
};
use maud::{Markup, html};
use std::time::Duration;

/// A browser lays out this many rows without delay.
const ROWS_MAX: usize = 500;

/// What the report page shows.
pub(crate) struct ReportView<'a> {
    pub(crate) report: &'a Report,
    pub(crate) filter: &'a Filter,
    pub(crate) kinds: &'a [String],
    /// The filter as the end of an address, with its question mark; empty for none.
    pub(crate) query: &'a str,
    /// The month after, where it has begun.
    pub(crate) next: Option<Month>,
}

pub(crate) fn report(view: &ReportView<'_>) -> Markup {
    let (report, month) = (view.report, view.report.month);
    let (before, query) = (month.before(), view.query);
    let headings =
        ["Name", "Up-time", "Outages", "Down", "Longest", "Objective", "Budget left", "Burn", "Unknown"];
    html! {
        div.page-head {
            h1 { "Up-time in " (month.words()) }
            p.muted { (summary(report)) }
            nav.row aria-label="Months" {
                @if before.is_reported() { a.button.small rel="prev" href={ "/uptime/" (before) (query) } { "← " (before.words()) } }
                @if let Some(next) = view.next { a.button.small rel="next" href={ "/uptime/" (next) (query) } { (next.words()) " →" } }
                a.button.small href={ "/uptime/" (month) ".csv" (query) } { "CSV" }
                a.button.small href={ "/uptime/" (month) ".json" (query) } { "JSON" }
                a.button.small href="/status-pages" { "Status pages" }
            }
        }
        (filters(view))
        @if !report.complete { (notice(Level::Warning, "This month has so many changes that its last ones are left out of the figures.")) }
        @if report.rows.is_empty() {
            (empty("Nothing matches.", "Hob tells the up-time of whatever it has judged. Try fewer words, or another kind or month.", &html! { a.button href={ "/uptime/" (month) } { "Show all" } }))
        } @else {
            (table(&format!("Up-time in {}", month.words()), &headings, report.rows.iter().take(ROWS_MAX).map(row)))
            @if report.rows.len() > ROWS_MAX { p.muted { "The first " (ROWS_MAX) " of " (report.rows.len()) " are shown; the CSV file has all." } }
        }
        (explanation(report))
    }
}

fn summary(report: &Report) -> String {
    let count = report.rows.len();
    let missed = report.rows.iter().filter(|row| row.is_kept() == Some(false)).count();
    let known = report.rows.iter().filter(|row| row.is_kept().is_some()).count();
    match (count, known, missed) {
        (0, _, _) => "Nothing is known of it.".to_owned(),
        (_, 0, _) => format!("{}; nothing is known of this month.", counted(count, "resource")),
        (_, _, 0) => format!("{}; none has used up its error budget.", counted(count, "resource")),
        (_, _, n) => format!("{}; {n} did not keep their objective.", counted(count, "resource")),
    }
}

fn filters(view: &ReportView<'_>) -> Markup {
    html! {
        form.row method="get" action={ "/uptime/" (view.report.month) } role="search" {
            div.field { label.sr for="q" { "Containing" } input #q name="q" type="search" value=(view.filter.text) placeholder="Name or id …"; }
            div.field { label.sr for="kind" { "Kind" } select #kind name="kind" {
                option value="" { "All kinds" }
                @for kind in view.kinds { option value=(kind) selected[view.filter.kind == *kind] { (kind) } }
            } }
            div.check { input #own type="checkbox" name="own" value="yes" checked[view.filter.own]; label for="own" { "Hob’s own" } }
            button type="submit" { "Show" }
        }
    }
}

fn row(row: &Row) -> Markup {
    let (figures, known) = (&row.figures, row.is_kept().is_some());
    html! {
        tr {
            th.wide scope="row" { (health_mark(row.level)) " " a href={ "/uptime/resource/" (encode_id(&row.id)) } { (row.name) } br; small { (row.id.kind()) " · " (row.id.scope()) } }
            td.number { strong { (percent(figures)) } }
            td.number { @if known { (figures.outages) } @else { "–" } }
            td.number { @if known { (short(figures.down)) } @else { "–" } }
            td.number { @if known { (short(figures.longest)) } @else { "–" } }
            td.number { (row.objective) @if row.origin != Origin::Default { br; small { (row.origin.words()) } } }
            td.number { (budget(row)) }
            td.number { (burn(row)) }
            td.number { (short(figures.unknown)) @if !figures.maintenance.is_zero() { br; small { "+ " (short(figures.maintenance)) " maintenance" } } }
        }
    }
}

fn percent(figures: &Figures) -> String {
    figures.uptime_percent().map_or_else(|| "–".to_owned(), |percent| Percent(percent).to_string())
}

fn burn(row: &Row) -> String {
    row.burn.map_or_else(
        || "–".to_owned(),
        |burn| if burn < 99.95 { format!("{burn:.1} ×") } else { "> 99 ×".to_owned() },
    )
}

/// How much is left, and how much of all that is.
fn budget(row: &Row) -> Markup {
    let budget = row.budget;
    if row.is_kept().is_none() {
        return html! { "–" };
    }
    let left = budget.left_ms();
    let words = short(Duration::from_millis(left.unsigned_abs()));
    let level = budget_level(row);
    html! {
        @if left < 0 { span.badge.(level) { (icon("critical")) (words) " over" } } @else { (words) }
        @if let Some(percent) = budget.left_percent().filter(|_| left >= 0) {
            (meter(percent, level, &format!("{percent:.0} % of the budget left")))
            small { (format!("{percent:.0} %")) }
        }
    }
}

fn budget_level(row: &Row) -> Level {
    match (row.budget.left_ms(), row.budget.left_percent()) {
        (left, _) if left < 0 => Level::Critical,
        (_, Some(percent)) if percent < 25.0 => Level::Warning,
        _ => Level::Ok,
    }
}

fn explanation(report: &Report) -> Markup {
    html! {
        details {
            summary { "How this is reckoned" }
            div.stack {
                p { "Up-time is the share of the known time in which a resource was not critical. Time in which nobody knew, time in which Hob was off"
                    @if !report.off.is_zero() { " (" (short(report.off)) " of this month)" }
                    ", and planned maintenance are left out of it." }
                p { "The budget is the down-time that the objective allows, of the time that is known and of what is left of the month. A burn of 1 uses exactly all of it, 2 twice as much." }
                p { "An outage ends when the resource is known to work again." }
                p { "Everything that changed: " a href="/api/v1/export/transitions.csv" { "transitions of the last 30 days" } " and " a href="/api/v1/export/incidents.csv" { "incidents of the last 30 days" } " as CSV." }
            }
        }
    }
}

/// What the page of one resource shows.
pub(crate) struct Overview<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) months: &'a [MonthOf],
    pub(crate) complete: bool,
    pub(crate) may_write: bool,
    pub(crate) saved: bool,
    /// What was entered, where it was wrong.
    pub(crate) entered: Option<&'a str>,
    pub(crate) wrong: Option<&'a Wrong>,
}

pub(crate) fn overview(view: &Overview<'_>) -> Markup {
    let resource = view.resource;
    html! {
        div.page-head {
            p { a href="/uptime" { "Up-time" } }
            h1 { (resource.name) }
            p.row { span.muted { (resource.id) } a.button.small href=(resource_path(&resource.id)) { "Its page" }
                a.button.small href={ "/api/v1/export/transitions.csv?resource=" (encode_id(&resource.id)) } { "Transitions of 30 days (CSV)" } }
        }
        @if view.saved { (notice(Level::Ok, "The objective is saved.")) }
        @if !view.complete { (notice(Level::Warning, "There are so many changes that the last ones are left out of the figures.")) }
        (card("The last twelve months", &months(view)))
        @if let Some(newest) = view.months.first() { (objective(view, &newest.row)) }
    }
}

fn months(view: &Overview<'_>) -> Markup {
    let one = |month: &MonthOf| {
        let label = format!("{}: {} up", month.month.words(), percent(&month.row.figures));
        let known = month.row.is_kept().is_some();
        // The same day stands in the same place in every month.
        let mut days = month.days.clone();
        days.resize(31, None);
        html! {
            tr {
                th.month scope="row" { a href={ "/uptime/" (month.month) } { (month.month.words()) } }
                td.month-strip { (strip(&days, &label)) }
                td.number { (percent(&month.row.figures)) }
                td.number { @if known { (month.row.figures.outages) } @else { "–" } }
                td.number { @if known { (short(month.row.figures.down)) } @else { "–" } }
                td.number { (budget(&month.row)) }
            }
        }
    };
    table(
        "Months",
        &["Month", "Days", "Up-time", "Outages", "Down", "Budget left"],
        view.months.iter().map(one),
    )
}

fn objective(view: &Overview<'_>, row: &Row) -> Markup {
    let shown = row.objective.percent().to_string();
    let allowed = short(Duration::from_millis(u64::try_from(row.budget.total_ms).unwrap_or(0)));
    let input = Field {
        value: view.entered.unwrap_or(&shown),
        help: "In per cent of a month, such as 99.5. Leave it empty to go back to the default.",
        error: problem_of(view.wrong, "objective"),
        ..Field::text("objective", "Objective")
    };
    card(
        "Objective",
        &html! {
            p { strong { (row.objective) } " " (badge(row.origin.words())) " allows " (allowed) " of down-time this month." }
            @if row.origin == Origin::File { p.muted { "It stands in hob.toml and is changed there." } }
            @else if view.may_write { (form(&format!("/uptime/objective/{}", encode_id(&row.id)), "Save", &field(&input))) }
        },
    )
}

/// What the page of a resource says of its up-time.
pub(crate) fn card_body(row: &Row) -> Markup {
    let left = row.budget.left_ms();
    html! {
        p {
            "This month: " strong { (percent(&row.figures)) } " up, objective " (row.objective)
            @if row.is_kept().is_some() {
                @if left >= 0 { ", " (duration_words(Duration::from_millis(left.unsigned_abs()))) " of down-time left" }
                @else { ", " (duration_words(Duration::from_millis(left.unsigned_abs()))) " over it" }
            }
            "."
        }
        p { a href={ "/uptime/resource/" (encode_id(&row.id)) } { "The last twelve months and the objective" } }
    }
}
