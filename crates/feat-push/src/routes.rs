//! The addresses: extract, call, render. [`push_router`] is the whole push server; `pages` are Hob's own pages.

pub(crate) mod account;
pub(crate) mod attachments;
pub(crate) mod browsers;
pub(crate) mod info;
pub(crate) mod pages;
pub(crate) mod publish;
pub(crate) mod subscribe;
pub(crate) mod users;

use crate::config;
use axum::Router;
use hob_feature::{Ctx, HostRoutes};

/// Everything that answers on the push server's own port and host name.
pub(crate) fn push_router(ctx: &Ctx) -> Router {
    Router::new().merge(account::routes(ctx)).merge(users::routes(ctx)).merge(browsers::routes(ctx))
}

pub(crate) fn host_routes(ctx: &Ctx) -> Option<HostRoutes> {
    let settings = config::settings(ctx);
    let hostname = settings.hostname.clone().filter(|_| settings.enabled)?;
    Some(HostRoutes { hostname, routes: push_router(ctx) })
}
