//! A mail as a page, for the narrow means of mail readers: tables for the layout, styles at each element, and nothing
//! fetched from anywhere.
//!
//! Outlook on Windows draws with Word: it knows no `max-width` and no padding around links, so that it gets a table
//! of a fixed width, and the button is a cell. Gmail throws away what it does not know, and keeps styles at elements.
//! Apple Mail, Thunderbird and Outlook on telephones know `prefers-color-scheme`; the styles at elements are the light
//! ones, and the block of styles makes them dark. Readers which turn colours around by themselves start from these.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::blocks::Block;
use crate::note::{Mood, News, NoteView};

const FONT: &str = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;";

/// Dark colours, for readers which know what the system likes; `data-ogsc` is Outlook in the browser and on telephones.
const STYLES: &str = ":root{color-scheme:light dark;supported-color-schemes:light dark}\
    body,table,td,a{-webkit-text-size-adjust:100%}\
    a{text-decoration:underline}\
    @media (max-width:480px){.in{padding:20px 18px !important}.out{padding:10px 8px !important}.foot{padding:12px 19px 0 !important}}\
    @media (prefers-color-scheme:dark){\
    .ground{background:#161513 !important}.card{background:#211f1c !important;border-color:#37342f !important}\
    .ink{color:#edeae4 !important}.muted{color:#a49e93 !important}.line{border-color:#37342f !important}\
    .mark{color:#e5a062 !important}.fine{color:#5fc08e !important}.warning{color:#e6b04a !important}\
    .critical{color:#f47c70 !important}}\
    [data-ogsc] .ink{color:#edeae4 !important}[data-ogsc] .muted{color:#a49e93 !important}";

/// The table of a fixed width that Outlook on Windows needs.
const OUTLOOK_BEGIN: &str = "<!--[if mso]><table role=\"presentation\" width=\"600\" align=\"center\" cellpadding=\"0\" \
    cellspacing=\"0\" border=\"0\"><tr><td><![endif]-->";
const OUTLOOK_END: &str = "<!--[if mso]></td></tr></table><![endif]-->";

/// Invisible space behind the preview, so that lists of mails show no more of the text.
const PREVIEW_END: &str = "&#847;&zwnj;&nbsp;";

/// The whole page.
pub(crate) fn html(view: &NoteView, blocks: &[Block]) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no";
                title { (view.title) }
                style { (PreEscaped(STYLES)) }
            }
            body.ground bgcolor="#f4f2ee" style="margin:0;padding:0;background:#f4f2ee;" {
                (preview(blocks))
                table.ground role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"
                    bgcolor="#f4f2ee" style="background:#f4f2ee;" {
                    tr { td.out align="center" style="padding:28px 12px;" {
                        (PreEscaped(OUTLOOK_BEGIN))
                        (card(view, blocks))
                        (foot(view))
                        (PreEscaped(OUTLOOK_END))
                    } }
                }
            }
        }
    };
    page.into_string()
}

/// What lists of mails show beside the subject.
fn preview(blocks: &[Block]) -> Markup {
    let first = blocks.iter().find_map(|block| match block {
        Block::Paragraph(lines) => Some(lines.join(" ")),
        Block::List { items, .. } => items.first().cloned(),
    });
    let style = "display:none;max-height:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;color:#f4f2ee;\
        mso-hide:all;";
    html! {
        @if let Some(first) = first {
            div style=(style) aria-hidden="true" {
                (tls_probe::words::cut(&first, 140)) (PreEscaped(PREVIEW_END.repeat(40)))
            }
        }
    }
}

fn card(view: &NoteView, blocks: &[Block]) -> Markup {
    let (colour, _) = colours(view);
    let frame = "max-width:600px;background:#fffefc;border:1px solid #dfdbd3;border-radius:12px;\
        border-collapse:separate;";
    html! {
        table.card role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#fffefc"
            style=(frame) {
            tr { td height="5" bgcolor=(colour) style={
                "height:5px;line-height:5px;font-size:1px;background:" (colour) ";border-radius:11px 11px 0 0;"
            } { (PreEscaped("&nbsp;")) } }
            tr { td.in align="left" style="padding:26px 30px 28px;" {
                (headline(view))
                @for block in blocks { (part(block)) }
                (button(view))
                (further(view))
            } }
        }
    }
}

fn headline(view: &NoteView) -> Markup {
    let (colour, class) = colours(view);
    html! {
        p class=(class) style={
            (FONT) "margin:0 0 6px;font-size:13px;line-height:18px;font-weight:600;color:" (colour) ";"
        } { (view.label()) }
        h1.ink style={
            (FONT) "margin:0 0 14px;font-size:22px;line-height:29px;font-weight:650;color:#1f1d1a;"
            "letter-spacing:-0.01em;word-break:break-word;overflow-wrap:anywhere;"
        } { (view.title) }
    }
}

/// The colour and the class of what kind of news it is.
fn colours(view: &NoteView) -> (&'static str, &'static str) {
    match (view.news, view.mood) {
        (News::Digest | News::Test | News::Message, _) => ("#8a4b14", "mark"),
        (News::Resolved, _) | (_, Mood::Fine) => ("#237149", "fine"),
        (_, Mood::Warning) => ("#8f5a00", "warning"),
        (_, Mood::Critical) => ("#c8372d", "critical"),
    }
}

fn part(block: &Block) -> Markup {
    let text = "margin:0 0 14px;font-size:16px;line-height:25px;color:#1f1d1a;word-break:break-word;\
        overflow-wrap:anywhere;";
    match block {
        Block::Paragraph(lines) => html! {
            p.ink style={ (FONT) (text) } {
                @for (number, line) in lines.iter().enumerate() {
                    @if number > 0 { br; }
                    (line)
                }
            }
        },
        Block::List { heading, items } => html! {
            @if !heading.is_empty() {
                h2.ink style={
                    (FONT) "margin:22px 0 8px;font-size:16px;line-height:22px;font-weight:650;color:#1f1d1a;"
                } { (heading) }
            }
            table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"
                style="margin:0 0 14px;" {
                @for item in items { (list_item(item)) }
            }
        },
    }
}

fn list_item(text: &str) -> Markup {
    html! {
        tr { td.ink.line align="left" valign="top" style={
            (FONT) "padding:9px 0;border-top:1px solid #dfdbd3;font-size:15px;line-height:22px;color:#1f1d1a;"
            "word-break:break-word;overflow-wrap:anywhere;"
        } { (text) } }
    }
}

fn button(view: &NoteView) -> Markup {
    let words = match view.news {
        News::Digest => "Open the overview",
        News::Test | News::Message => "Open",
        _ => "Open the incident",
    };
    html! {
        @if let Some(address) = view.page() {
            table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:22px 0 4px;" {
                tr { td align="center" bgcolor="#8a4b14"
                    style="background:#8a4b14;border-radius:8px;padding:12px 22px;" {
                    a href=(address) target="_blank" style={
                        (FONT) "font-size:16px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none;"
                        "display:inline-block;"
                    } { span style="color:#ffffff;" { (words) } }
                } }
            }
        }
    }
}

fn further(view: &NoteView) -> Markup {
    html! {
        @for (name, address) in view.pages() {
            p style={ (FONT) "margin:10px 0 0;font-size:15px;line-height:22px;" } {
                a.mark href=(address) target="_blank" style="color:#8a4b14;" { (name) }
            }
        }
    }
}

fn foot(view: &NoteView) -> Markup {
    let style = "margin:0 0 4px;font-size:13px;line-height:19px;color:#6a655d;word-break:break-word;";
    let settings = view.settings.as_deref().filter(|address| NoteView::is_page(address));
    let origin = view.origin();
    html! {
        table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px;" {
            tr { td.foot align="left" style="padding:14px 31px 0;" {
                @if !origin.is_empty() { p.muted style={ (FONT) (style) } { (origin) } }
                @if !view.why.is_empty() || settings.is_some() {
                    p.muted style={ (FONT) (style) } {
                        (view.why) " "
                        @if let Some(address) = settings {
                            a.muted href=(address) target="_blank" style="color:#6a655d;" {
                                "Choose which mails you get"
                            }
                        }
                    }
                }
            } }
        }
    }
}

#[cfg(test)]
mod tests;
