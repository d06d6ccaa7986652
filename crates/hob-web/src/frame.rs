//! The frame around every page: head, navigation, search, and who is logged in.

use crate::answer::wants_part;
use crate::assets::asset;
use crate::components::{dialog, icon};
use crate::live::live;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use hob_base::{Error, Result};
use hob_feature::{Ctx, Identity, NavEntry, Scope};
use maud::{DOCTYPE, Markup, html};

/// What a handler needs to draw a page: the house, who asks, and for which address.
#[derive(Clone)]
pub struct Frame {
    /// The house.
    pub ctx: Ctx,
    /// Who asks; `None` on pages that need no login.
    pub who: Option<Identity>,
    /// The path of this page.
    pub path: String,
    /// Whether only a part is asked for.
    pub partial: bool,
}

/// What decides how the frame looks, for caches of whole pages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FrameCache {
    name: Option<String>,
    admin: bool,
    write: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Frame {
    type Rejection = crate::Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let ctx = parts.extensions.get::<Ctx>().cloned();
        let ctx =
            ctx.ok_or_else(|| Error::internal("Drawing a page", "the request did not pass the shell"))?;
        Ok(Self {
            ctx,
            who: parts.extensions.get::<Identity>().cloned(),
            path: parts.uri.path().to_owned(),
            partial: wants_part(&parts.headers),
        })
    }
}

impl Frame {
    /// Who asks.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] on a page that needs no login.
    pub fn identity(&self) -> Result<&Identity> {
        self.who.as_ref().ok_or_else(|| Error::Unauthenticated("Please log in.".to_owned()))
    }

    /// Whether who asks may do what needs `scope`.
    pub fn may(&self, scope: Scope) -> bool {
        self.who.as_ref().is_some_and(|who| who.may(scope))
    }

    /// Refuses who may not.
    ///
    /// # Errors
    /// [`Error::Forbidden`] with the missing scope.
    pub fn require(&self, scope: Scope) -> Result<()> {
        self.identity()?.require(scope)
    }

    /// What a cache of whole pages must distinguish.
    pub fn cache_key(&self) -> FrameCache {
        FrameCache {
            name: self.who.as_ref().map(|who| who.name.clone()),
            admin: self.may(Scope::Admin),
            write: self.may(Scope::Write),
        }
    }

    /// A page, or only its content where htmx asks for a part.
    pub fn page(&self, title: &str, body: &Markup) -> Response {
        if self.partial {
            return Html(body.clone().into_string()).into_response();
        }
        self.plain_page(title, body)
    }

    /// The content of the dialog, or a page of its own where there is no JavaScript to open one.
    pub fn dialog(&self, title: &str, body: &Markup) -> Response {
        if self.partial {
            return Html(dialog(title, body).into_string()).into_response();
        }
        self.plain_page(title, &html! { div.page-head { h1 { (title) } } (body) })
    }

    /// A whole page, whatever was asked for.
    pub fn plain_page(&self, title: &str, body: &Markup) -> Response {
        let headers = [(header::CACHE_CONTROL, "private, no-cache")];
        (headers, Html(self.markup(title, body).into_string())).into_response()
    }

    /// The markup of a whole page.
    pub fn markup(&self, title: &str, body: &Markup) -> Markup {
        self.markup_at(title, body, &live(&self.ctx).position())
    }

    /// The markup of a whole page whose content was drawn when the live stream was at `position`.
    pub fn markup_at(&self, title: &str, body: &Markup, position: &str) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                (head(title))
                body data-live=[self.who.is_some().then_some(position)] {
                    a.skip href="#main" { "Skip to the content" }
                    @if let Some(who) = &self.who { (self.top(who)) }
                    main #main tabindex="-1" { (body) }
                    @if self.who.is_some() {
                        dialog #dialog aria-labelledby="dialog-title" {}
                        p #live-state role="status" hidden { "The connection to Hob is lost. Trying again…" }
                    }
                }
            }
        }
    }

    fn top(&self, who: &Identity) -> Markup {
        let shown = self.ctx.features.iter().filter(|feature| (feature.nav_shown)(&self.ctx));
        let entries = shown.flat_map(|feature| feature.nav);
        html! {
            header.top {
                a.brand href="/" aria-label="Hob, home page" { (icon("hob")) span { "Hob" } }
                nav aria-label="Main" {
                    @for entry in entries { (self.nav_link(entry)) }
                    @if self.may(Scope::Admin) {
                        (self.nav_link(&NavEntry { title: "System", path: "/system/jobs", icon: "system" }))
                    }
                }
                // On the home page the key leads to the filter of its tiles.
                @let slash = (self.path != "/").then_some("/");
                a.search-open href="/search" data-search aria-keyshortcuts=[slash] { (icon("search")) span { "Search" } @if let Some(key) = slash { kbd { (key) } } }
                a.who href="/account" { (icon("person")) span { (who.name) } }
            }
        }
    }

    fn nav_link(&self, entry: &NavEntry) -> Markup {
        let here = entry.path == self.path || (entry.path != "/" && self.path.starts_with(entry.path));
        html! {
            a href=(entry.path) aria-current=[here.then_some("page")] { (icon(entry.icon)) span { (entry.title) } }
        }
    }
}

fn head(title: &str) -> Markup {
    // htmx must neither evaluate text nor write inline styles: the Content-Security-Policy forbids both.
    const HTMX: &str = r#"{"allowEval":false,"includeIndicatorStyles":false,"historyCacheSize":0,"selfRequestsOnly":true,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"[45]..","swap":true,"error":true}]}"#;
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
            meta name="color-scheme" content="light dark";
            meta name="theme-color" media="(prefers-color-scheme: light)" content="#f4f2ee";
            meta name="theme-color" media="(prefers-color-scheme: dark)" content="#161513";
            meta name="htmx-config" content=(HTMX);
            title { (title) " · Hob" }
            link rel="stylesheet" href=(asset("style.css"));
            link rel="icon" type="image/svg+xml" href=(asset("favicon.svg"));
            link rel="apple-touch-icon" href=(asset("icon-192.png"));
            link rel="manifest" href="/manifest.webmanifest";
            script defer src=(asset("htmx.js")) {}
            script type="module" src=(asset("hob.js")) {}
        }
    }
}
