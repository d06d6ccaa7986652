//! The one struct through which a feature plugs into the house.

use crate::{ConfigSection, Ctx, DeliveryReader, Gate, HomeCard, IncidentReader, Job, PushDoor};
use axum::Router;
use hob_base::incident::Evidence;
use hob_base::{Level, Resource};
use hob_db::Migration;
use maud::Markup;
use std::future::Future;
use std::pin::Pin;

/// A future that a function pointer can return.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Boxes a future for a function pointer.
pub fn boxed<T>(future: impl Future<Output = T> + Send + 'static) -> BoxFuture<T> {
    Box::pin(future)
}

/// One capability of Hob: constants and function pointers. Every hook has a default, so that a new hook changes no
/// existing feature:
///
/// ```ignore
/// pub const FEATURE: Feature = Feature { routes, jobs, ..Feature::new("backups", "Backups") };
/// ```
#[derive(Clone, Copy)]
pub struct Feature {
    /// The prefix of its tables and the name of its crate without `feat-`.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Its entries in the navigation.
    pub nav: &'static [NavEntry],
    /// Whether those entries are shown: what most homelabs do not have takes no room from those that have not. Reads
    /// memory only.
    pub nav_shown: fn(&Ctx) -> bool,
    /// Its pages and APIs, behind the session guard: reading needs the scope `read`, changing needs `write`.
    pub routes: fn(&Ctx) -> Router,
    /// What everybody who is logged in may do for themselves, whatever their scopes: own password, own sessions.
    pub personal_routes: fn(&Ctx) -> Router,
    /// What needs no login: the login page itself.
    pub open_routes: fn(&Ctx) -> Router,
    /// Doors for clients of other protocols: who asks is recognised by `Authorization` alone (a token as bearer, or as
    /// the password of Basic), never by a cookie, so no other site's page can use somebody's login. The handler itself
    /// decides what an [`Identity`](crate::Identity), or none, may do.
    pub door_routes: fn(&Ctx) -> Router,
    /// A host name of its own on the hub's port, for a protocol that has the whole address to itself. It stands in front of
    /// the shell: no guard, no page frame, no limits but those of the connection and its own.
    pub host_routes: fn(&Ctx) -> Option<HostRoutes>,
    /// Its background work.
    pub jobs: fn(&Ctx) -> Vec<Job>,
    /// What it adds to the page of a resource. Reads memory only.
    pub cards: fn(&Ctx, &Resource) -> Vec<Card>,
    /// What it shows on the home page. Reads memory only; `ctx.home().changed()` says that it would now return something
    /// else.
    pub home_cards: fn(&Ctx) -> Vec<HomeCard>,
    /// What it knows of a resource at this moment that is worth keeping with an incident. Reads memory only.
    pub evidence: fn(&Ctx, &Resource) -> Vec<Evidence>,
    /// What it finds for a search text, best first. Reads memory only.
    pub search: fn(&Ctx, &str) -> Vec<SearchHit>,
    /// Its tables.
    pub migrations: &'static [Migration],
    /// Its sections of `hob.toml`.
    pub config: &'static [ConfigSection],
    /// How people and programs are recognised. One feature has it.
    pub gate: Option<Gate>,
    /// How incidents are read. One feature has it.
    pub incidents: Option<IncidentReader>,
    /// How it is read what became of notices. One feature has it.
    pub deliveries: Option<DeliveryReader>,
    /// How the built-in push server is reached. One feature has it.
    pub push: Option<PushDoor>,
    /// Lines for the console when the hub has started.
    pub greeting: fn(Ctx) -> BoxFuture<Vec<String>>,
}

impl Feature {
    /// A feature without any hook.
    pub const fn new(id: &'static str, title: &'static str) -> Self {
        Self {
            id,
            title,
            nav: &[],
            nav_shown: |_| true,
            routes: |_| Router::new(),
            personal_routes: |_| Router::new(),
            open_routes: |_| Router::new(),
            door_routes: |_| Router::new(),
            host_routes: |_| None,
            jobs: |_| Vec::new(),
            cards: |_, _| Vec::new(),
            home_cards: |_| Vec::new(),
            evidence: |_, _| Vec::new(),
            search: |_, _| Vec::new(),
            migrations: &[],
            config: &[],
            gate: None,
            incidents: None,
            deliveries: None,
            push: None,
            greeting: |_| boxed(async { Vec::new() }),
        }
    }
}

impl std::fmt::Debug for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feature").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A host name that one feature answers alone.
pub struct HostRoutes {
    /// The name without port, in lower case: `push.example.org`.
    pub hostname: String,
    /// What answers there.
    pub routes: Router,
}

/// One entry of the navigation.
#[derive(Debug, Clone, Copy)]
pub struct NavEntry {
    /// What it says.
    pub title: &'static str,
    /// Where it leads.
    pub path: &'static str,
    /// The symbol's name in the icon sheet.
    pub icon: &'static str,
}

/// A part of a resource's page.
#[derive(Debug, Clone)]
pub struct Card {
    /// Its heading.
    pub title: String,
    /// Its content.
    pub body: Markup,
}

/// Something found by a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchHit {
    /// What it is called.
    pub title: String,
    /// What it is and why it matched.
    pub detail: String,
    /// Where it leads.
    pub path: String,
    /// Its health, where it has one.
    pub level: Option<Level>,
    /// The greater, the better the match.
    pub score: u32,
}
