//! The browsers on which somebody gets messages, and whether this is one of them.

use super::{Flash, Here, flash, subnav};
use crate::browsers::book::Browser;
use hob_base::Level;
use hob_feature::Ctx;
use hob_web::asset;
use hob_web::components::{badge, card, health_mark, time};
use maud::{Markup, html};
use ring::digest::{SHA256, digest};
use std::sync::Arc;

/// What the page shows.
pub(crate) struct DevicesPage<'a> {
    /// The public key of this hub, for the browser.
    pub(crate) key: &'a str,
    /// Whether who looks has an account. A token and the local console have none.
    pub(crate) has_account: bool,
    /// The browsers of who looks.
    pub(crate) browsers: &'a [Arc<Browser>],
    /// Whether who looks manages the hub.
    pub(crate) is_admin: bool,
    /// What is shown once.
    pub(crate) flash: Option<Flash>,
}

/// The page.
pub(crate) fn devices(ctx: &Ctx, view: &DevicesPage<'_>) -> Markup {
    html! {
        div.page-head {
            h1 { "This device" }
            p.muted { "Messages and what Hob itself has to say, shown by the browser also while Hob is closed. No app is needed." }
        }
        (subnav(Here::Devices, view.is_admin))
        (flash(view.flash.as_ref()))
        @if view.has_account { (this_device(view.key)) } @else {
            (card("This browser", &html! {
                p { "A browser belongs to a person. Log in with your name and password to have messages sent here." }
            }))
        }
        @if !view.browsers.is_empty() {
            section.stack aria-label="Your browsers" {
                @for browser in view.browsers { (card(&browser.name, &one(ctx, browser))) }
            }
        }
    }
}

/// Everything that may be true of this browser; the script shows what is. Without scripts the first is.
fn this_device(key: &str) -> Markup {
    html! {
        section.card #this-device data-key=(key) {
            h2 { "This browser" }
            div role="status" {
                div data-state="no-script" {
                    p { "Only the browser itself can ask for notifications, and for that it needs JavaScript, which is off here. What is set up already works without." }
                }
                div data-state="insecure" hidden { (insecure()) }
                div data-state="iphone" hidden { (iphone()) }
                div data-state="unsupported" hidden {
                    p { "This browser cannot get messages from the web. Current versions of Firefox, Chrome, Edge and Safari can; private windows cannot." }
                }
                div data-state="denied" hidden {
                    p { "Notifications of Hob are blocked in this browser. Click the symbol left of the address, allow notifications there, and open this page again." }
                }
                div data-state="on" hidden { p { (health_mark(Level::Ok)) " This browser gets messages." } }
                div data-state="failed" hidden {
                    p { (health_mark(Level::Warning)) " The browser did not subscribe at its vendor's push service. Some browsers have to be allowed to use it in their settings; a blocker of names may keep it away." }
                }
                p.muted #device-why hidden {}
            }
            form #device-form data-state="off" method="post" action="/messages/devices" hidden {
                input type="hidden" name="endpoint";
                input type="hidden" name="p256dh";
                input type="hidden" name="auth";
                div.actions { button.primary type="submit" { "Send notifications to this browser" } }
            }
            script type="module" src=(asset("push.js")) {}
        }
    }
}

fn insecure() -> Markup {
    html! {
        p { "Browsers take messages only from pages that came over HTTPS, and this one did not." }
        p.muted { "Put a reverse proxy with a certificate in front of Hob, and open this page through it. On the machine that Hob runs on, an address that begins with http://localhost works, too." }
    }
}

fn iphone() -> Markup {
    html! {
        p { "On an iPhone or iPad, Hob has to be on the home screen first:" }
        ol.steps {
            li { "Tap the button “Share” of Safari." }
            li { "Choose “Add to Home Screen”, and “Add”." }
            li { "Open Hob from the home screen, log in, and come back to this page." }
        }
        p.muted { "This needs iOS 16.4 or later." }
    }
}

fn one(ctx: &Ctx, browser: &Browser) -> Markup {
    let state = &browser.state;
    let path = format!("/messages/devices/{}", browser.id);
    html! {
        div.stack data-device=(fingerprint(browser)) {
            p.row {
                span data-this hidden { (badge("this browser")) }
                @if !browser.own { (badge("a client of the protocol")) }
            }
            (how(ctx, browser))
            p.muted { "Added " (time(browser.created_at, ctx)) ", last heard of " (time(state.renewed_at, ctx)) "." }
            details id={ "of-" (browser.id) } {
                summary { "What it gets" }
                (choices(browser, &path))
            }
            div.actions {
                form method="post" action={ (path) "/test" } { button.small type="submit" { "Send a test" } }
                form method="post" action={ (path) "/remove" } data-remove {
                    button.small.danger type="submit" aria-label={ "Remove " (browser.name) } { "Remove" }
                }
            }
        }
    }
}

/// How its push service answers.
fn how(ctx: &Ctx, browser: &Browser) -> Markup {
    let state = &browser.state;
    html! {
        @match (state.failing_since, state.ok_at) {
            (Some(since), _) => {
                p { (health_mark(Level::Warning)) " Nothing was taken since " (time(since, ctx)) "." }
                @if !state.failure.is_empty() { p.muted { (state.failure) } }
                @if let Some(at) = state.ok_at { p.muted { "The last message was taken " (time(at, ctx)) "." } }
            }
            (None, Some(at)) => {
                p { (health_mark(Level::Ok)) " The last message was taken " (time(at, ctx)) "." }
                @if let Some(failed) = state.failed_at { p.muted { "Before that, one was not " (time(failed, ctx)) ": " (state.failure) } }
            }
            (None, None) => p { (health_mark(Level::Unknown)) " Nothing was sent yet." },
        }
    }
}

fn choices(browser: &Browser, path: &str) -> Markup {
    let topics = format!("topics-{}", browser.id);
    let name = format!("name-{}", browser.id);
    html! {
        form.stack method="post" action=(path) {
            @if browser.own {
                p { "What Hob has to say to you: incidents, and what they are about. And the messages of these topics:" }
            } @else {
                p { "The messages of these topics:" }
            }
            div.field {
                label for=(topics) { "Topics" }
                input #(topics) name="topics" value=(browser.topics.join(", ")) autocomplete="off" aria-describedby={ (topics) "-note" };
                p.note id={ (topics) "-note" } { "Names with commas between them; up to 50." }
            }
            div.field {
                label for=(name) { "What to call it" }
                input #(name) name="name" value=(browser.name) autocomplete="off" maxlength="80";
            }
            div.actions { button.small type="submit" { "Save" } }
        }
    }
}

/// By this a browser finds itself in the list, without its address being on the page.
fn fingerprint(browser: &Browser) -> String {
    let hash = digest(&SHA256, browser.subscription.endpoint().to_string().as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
