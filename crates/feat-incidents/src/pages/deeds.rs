//! What a person can do to an incident: plain forms, large enough for a thumb.

use super::{Page, until};
use crate::model::deeds::NOTE_MAX;
use hob_base::Incident;
use hob_base::incident::Hush;
use hob_base::wording::tidy;
use hob_feature::Ctx;
use hob_web::components::{encode_id, icon, level_word, time};
use maud::{Markup, html};
use std::sync::Arc;

/// For how long somebody can take care: the value of the form, and what the button says.
pub(crate) const ACKNOWLEDGE: [(&str, &str); 4] =
    [("1h", "1 hour"), ("4h", "4 hours"), ("morning", "Until morning"), ("over", "Until it is over")];
/// For how long somebody may want to hear nothing.
pub(crate) const SNOOZE: [(&str, &str); 3] =
    [("30m", "30 minutes"), ("2h", "2 hours"), ("morning", "Until 8:00")];

/// Everything that can be done.
pub(super) fn deeds(page: &Page<'_>, ctx: &Ctx) -> Markup {
    let incident = page.incident;
    let path = super::incident_path(incident);
    html! {
        @if incident.is_open() {
            section.card { (acknowledge(incident, &path, ctx)) }
            section.card { (hear_less(incident, &path, ctx)) }
        }
        section.card { (note(&path)) }
        @if incident.is_open() {
            @let others: Vec<&Arc<Incident>> = page.open.iter().filter(|other| other.id != incident.id).collect();
            @if !others.is_empty() || incident.members.len() > 1 {
                section.card { (sort_out(incident, &others, &path)) }
            }
        }
    }
}

fn acknowledge(incident: &Incident, path: &str, ctx: &Ctx) -> Markup {
    let form = |primary: bool| {
        html! {
            form.thumbs method="post" action={ (path) "/acknowledge" } {
                @for (i, (value, text)) in ACKNOWLEDGE.iter().enumerate() {
                    button.primary[primary && i == 0] type="submit" name="until" value=(value) aria-label={ "Acknowledge: " (text) } { (text) }
                }
            }
        }
    };
    html! {
        @match &incident.acknowledged {
            None => {
                h2 { "Acknowledge" }
                p.muted { "Say that you take care of it: it is not repeated, and nobody else is called." }
                (form(true))
            },
            Some(ack) => {
                h2 { (icon("person")) " " (ack.by) " takes care" }
                p { "Since " (time(ack.at, ctx)) ", " (until(ack.until, ctx)) "." }
                form.thumbs method="post" action={ (path) "/release" } { button type="submit" { "Nobody takes care any more" } }
                details #take-over { summary { "Take care of it yourself, or longer" } (form(false)) }
            },
        }
    }
}

fn hear_less(incident: &Incident, path: &str, ctx: &Ctx) -> Markup {
    let again = html! {
        form.thumbs method="post" action={ (path) "/unmute" } { button type="submit" { "Hear of it again" } }
    };
    html! {
        h2 { "Hear less of it" }
        @match &incident.hush {
            None => {
                form.thumbs method="post" action={ (path) "/snooze" } {
                    @for (value, text) in SNOOZE { button type="submit" name="until" value=(value) aria-label={ "Snooze: " (text) } { (text) } }
                }
                form.thumbs method="post" action={ (path) "/mute" } { button type="submit" { "Mute until it changes" } }
                p.thumbs { a.button href={ "/silences/new?resource=" (encode_id(&incident.cause.resource)) } { "Make a silence …" } }
            },
            Some(Hush::Snoozed { by, until }) => { p { (by) " wants to hear of it again at " (time(*until, ctx)) "." } (again) },
            Some(Hush::Muted { by }) => { p { (by) " wants to hear of it only when it changes." } (again) },
            Some(Hush::Silenced { comment, .. }) => p { "A silence covers it: " (comment) ". " a href="/silences" { "See all silences" } },
        }
    }
}

fn note(path: &str) -> Markup {
    html! {
        h2 { label for="text" { "Add a note" } }
        form.stack method="post" action={ (path) "/note" } {
            textarea #text name="text" rows="2" maxlength=(NOTE_MAX) required placeholder="What you saw, did or tried" {}
            div.actions { button type="submit" { "Add the note" } }
        }
    }
}

/// Merging and splitting: rarely needed, so folded.
fn sort_out(incident: &Incident, others: &[&Arc<Incident>], path: &str) -> Markup {
    html! {
        @if !others.is_empty() {
            details #merge {
                summary { "Merge into another incident" }
                form.stack method="post" action={ (path) "/merge" } {
                    div.field {
                        label for="into" { "It is a part of" }
                        select #into name="into" {
                            @for other in others { option value=(other.id) { (other.id) ": " (tidy(&other.title, 80)) } }
                        }
                    }
                    div.actions { button type="submit" { "Merge" } }
                }
            }
        }
        @if incident.members.len() > 1 {
            details #split {
                summary { "Split into two incidents" }
                form.stack method="post" action={ (path) "/split" } {
                    fieldset.choices {
                        legend { "These have another reason:" }
                        @for (i, member) in incident.members.iter().enumerate() {
                            div.check {
                                input type="checkbox" id={ "part-" (i) } name="resource" value=(member.resource);
                                label for={ "part-" (i) } { (member.name) " " small { (level_word(member.level)) } }
                            }
                        }
                    }
                    div.actions { button type="submit" { "Split off" } }
                }
            }
        }
    }
}
