//! The small set of parts that every page is built from. Colour is never the only sign: each health has its own shape
//! and its word for screen readers.

mod charts;
mod facts;
mod forms;

pub use charts::{Band, chart_frame, meter, sparkline, strip};
pub use facts::facts;
pub use forms::{Field, field, form, select};

use crate::assets::asset;
use hob_base::{Health, Level, Timestamp};
use hob_feature::Ctx;
use maud::{Markup, PreEscaped, html};

/// A symbol from the icon sheet; decoration only, the text beside it says what it means.
pub fn icon(name: &str) -> Markup {
    html! { svg.icon aria-hidden="true" { use href={ (asset("icons.svg")) "#" (name) } {} } }
}

/// One or two characters (an emoji is one), or the name of a built-in symbol.
///
/// # Errors
/// One sentence that says what would be right.
pub fn check_symbol(text: &str) -> Result<String, String> {
    let text = text.trim();
    // An emoji may be a sequence of several code points: a base, modifiers and joiners.
    let short = (1..=2).contains(&text.chars().count()) || (!text.is_ascii() && text.chars().count() <= 8);
    if SYMBOLS.contains(&text) || (short && !text.chars().any(char::is_control)) {
        return Ok(text.to_owned());
    }
    Err(format!("it must be one or two characters such as “📈” or “Gr”, or one of: {}", SYMBOLS.join(", ")))
}

/// The built-in symbols that a tile can have.
pub const SYMBOLS: [&str; 7] = ["home", "host", "service", "port", "filesystem", "unit", "key"];

/// The mark of a health: shape, colour, and the word for who cannot see either.
pub fn health_mark(level: Level) -> Markup {
    html! {
        span.mark.(level) { (icon(level.as_str())) span.sr { (level_word(level)) } }
    }
}

/// What a level is called on pages.
pub const fn level_word(level: Level) -> &'static str {
    match level {
        Level::Ok => "well",
        Level::Unknown => "unknown",
        Level::Warning => "warning",
        Level::Critical => "critical",
    }
}

/// A small label.
pub fn badge(text: &str) -> Markup {
    html! { span.badge { (text) } }
}

/// A small label in the colour of a health.
pub fn health_badge(level: Level) -> Markup {
    html! { span.badge.(level) { (icon(level.as_str())) (level_word(level)) } }
}

/// A moment: `14:02` today, `21 Nov, 14:02` otherwise; the exact time for programs and on hover.
pub fn time(at: Timestamp, ctx: &Ctx) -> Markup {
    let zoned = at.zoned(&ctx.zone);
    let today = ctx.clock.now().zoned(&ctx.zone);
    let format = if zoned.date() == today.date() {
        "%H:%M"
    } else if zoned.year() == today.year() {
        "%-d %b, %H:%M"
    } else {
        "%-d %b %Y"
    };
    html! {
        time datetime=(at.rfc3339()) title=(zoned.strftime("%A, %-d %B %Y, %H:%M:%S")) { (zoned.strftime(format)) }
    }
}

/// The same in few letters, where there are hundreds of them: `14:02` today, `21 Nov` otherwise.
pub fn day(at: Timestamp, ctx: &Ctx) -> Markup {
    let (zoned, today) = (at.zoned(&ctx.zone), ctx.clock.now().zoned(&ctx.zone));
    let format = if zoned.date() == today.date() {
        "%H:%M"
    } else if zoned.year() == today.year() {
        "%-d %b"
    } else {
        "%-d %b %Y"
    };
    html! { (zoned.strftime(format)) }
}

/// Reason, evidence and remedy of a health, for a page that explains.
pub fn health_block(health: &Health) -> Markup {
    html! {
        div.health.(health.level) {
            p.reason { (health_mark(health.level)) " " (health.reason) }
            @if !health.evidence.is_empty() { pre.evidence { (health.evidence) } }
            @if let Some(remedy) = &health.remedy { p.remedy { (icon("remedy")) " " span.sr { "What to do: " } (remedy) } }
        }
    }
}

/// A table with a caption for screen readers, that scrolls by itself on a narrow screen.
pub fn table(caption: &str, headings: &[&str], rows: impl IntoIterator<Item = Markup>) -> Markup {
    html! {
        div.table-frame tabindex="0" role="region" aria-label=(caption) {
            table {
                caption.sr { (caption) }
                thead { tr { @for heading in headings { th scope="col" { @if heading.is_empty() { span.sr { "Actions" } } @else { (heading) } } } } }
                tbody { @for row in rows { (row) } }
            }
        }
    }
}

/// What is shown where there is nothing yet: what this place is for, and the next step.
pub fn empty(headline: &str, text: &str, action: &Markup) -> Markup {
    html! {
        div.empty {
            (icon("hob"))
            p { strong { (headline) } }
            @if !text.is_empty() { p.muted { (text) } }
            (action)
        }
    }
}

/// What a dialog loaded by htmx consists of; the shell has the `<dialog>` itself.
pub fn dialog(title: &str, body: &Markup) -> Markup {
    html! {
        div.dialog-head {
            h2 #dialog-title { (title) }
            button.ghost type="button" data-close-dialog aria-label="Close" { (icon("close")) }
        }
        (body)
    }
}

/// A titled box.
pub fn card(title: &str, body: &Markup) -> Markup {
    html! { section.card { h2 { (title) } (body) } }
}

/// A message after something was done.
pub fn notice(level: Level, text: &str) -> Markup {
    html! { p.flash.(level) role="status" { (icon(level.as_str())) " " (text) } }
}

/// A loading state: shown by htmx while a part is on its way.
pub fn loading(text: &str) -> Markup {
    html! { p.loading role="status" { span.spinner aria-hidden="true" {} " " (text) } }
}

/// Where the page of a resource is.
pub fn resource_path(id: &hob_base::ResourceId) -> String {
    format!("/resources/{}", encode_id(id))
}

/// An id as part of a path: everything but unreserved characters and the slashes is encoded, and empty segments are
/// made visible to routers that fold them.
pub fn encode_id(id: &hob_base::ResourceId) -> String {
    const KEEP: percent_encoding::AsciiSet = percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/')
        .remove(b'@')
        .remove(b':');
    percent_encoding::utf8_percent_encode(id.as_str(), &KEEP).to_string()
}

/// Trusted markup from a constant of our own.
pub(crate) fn raw(markup: String) -> Markup {
    PreEscaped(markup)
}

/// The way between the pages of one part: for each its title, its path, and whether it is the one that is shown.
pub fn subnav<'a>(label: &str, pages: impl IntoIterator<Item = (&'a str, &'a str, bool)>) -> Markup {
    html! {
        nav.subnav aria-label=(label) {
            @for (title, path, here) in pages {
                a href=(path) aria-current=[here.then_some("page")] { (title) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::ResourceId;

    #[test]
    fn ids_become_paths_that_lead_back() {
        let id = ResourceId::new("filesystem", "nas", "/mnt/my data?#%");
        let encoded = encode_id(&id);
        assert_eq!(encoded, "filesystem/nas//mnt/my%20data%3F%23%25");
        let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap();
        assert_eq!(decoded, id.as_str());
    }

    #[test]
    fn a_tile_can_have_a_short_text_or_a_built_in_symbol() {
        for good in ["📈", "Gr", "host", "👨‍👩‍👧", "🇩🇪"] {
            assert!(check_symbol(good).is_ok(), "{good}");
        }
        for bad in ["", "http://x/y.png", "grafana", "abc"] {
            assert!(check_symbol(bad).unwrap_err().contains("📈"), "{bad}");
        }
    }

    #[test]
    fn what_others_say_is_escaped() {
        let health = Health::critical("<script>alert(1)</script>").with_evidence("\"><img src=x>");
        let text = health_block(&health).into_string();
        assert!(!text.contains("<script>") && !text.contains("<img"), "{text}");
    }
}
