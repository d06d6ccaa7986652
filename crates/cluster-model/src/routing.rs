//! Routes, tiles and what they refer to: Ingress, Traefik, Gateway API, and Services that need no route.
//!
//! Each kind of route is read into ways ([`draft`]): from a host and path to the Services behind it, through the things
//! on the way. What names something that is not there says so on the route. From all ways together come the sites that
//! people open ([`sites`]), and from those the tiles.

mod arguments;
mod backends;
mod certificate;
mod conflicts;
mod draft;
mod entry;
mod exposure;
mod gateway;
mod hosts;
mod ingress;
mod looks;
mod middleware;
mod near;
mod paths;
mod ports;
mod services;
mod sites;
mod tiles;
mod traefik;
mod world;

use self::draft::Draft;
use self::world::World;
use crate::{Objects, Picture, Settings, ThingKind};
use std::collections::BTreeSet;

/// Adds what it sees to the picture.
pub fn examine(objects: &Objects, settings: &Settings, picture: &mut Picture) {
    let world = World::new(objects, settings);
    let mut draft =
        Draft { world: &world, picture, ways: Vec::new(), claims: Vec::new(), used: BTreeSet::new() };
    draft.ingresses();
    draft.traefik();
    draft.gateway_api();
    draft.services_without_route();
    draft.conflicts();
    draft.tiles();
    draft.backends();
    tell_routes(&draft.ways, picture);
}

/// Says of each route where it leads, for people.
fn tell_routes(ways: &[draft::Way<'_>], picture: &mut Picture) {
    for way in ways {
        let thing = picture.thing(way.route.clone());
        if way.route.kind != ThingKind::Route {
            continue;
        }
        if let hosts::Address::Host(host) | hosts::Address::Wildcard(host) = &way.address {
            thing.title = format!("{host}{}", if way.path == "/" { "" } else { &way.path });
            thing.fact("host", host.as_str()).fact("path", way.path.as_str());
        }
        let served: Vec<String> =
            way.serves.iter().map(|served| format!("{}/{}", served.namespace, served.name)).collect();
        if !served.is_empty() {
            thing.well = format!("It leads to {}.", served.join(", "));
        } else if way.redirect.is_some() {
            thing.well = "It sends people on.".to_owned();
        }
    }
    // What has no way of its own: the whole of several rules, entry points, middlewares.
    for (id, thing) in &mut picture.things {
        if matches!(id.kind, ThingKind::Route | ThingKind::EntryPoint | ThingKind::Middleware) {
            if thing.title.is_empty() {
                thing.title = thing.objects.first().map(ToString::to_string).unwrap_or_default();
            }
            if thing.well.is_empty() {
                thing.well = "All that it names is there.".to_owned();
            }
        }
    }
}

#[cfg(test)]
mod tests;
