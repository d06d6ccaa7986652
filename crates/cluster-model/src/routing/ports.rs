//! Ports of TCP and UDP: listed with what serves them, never a link.

use super::draft::{Draft, Exposure, Served, Way};
use super::hosts::Address;
use super::{looks, tiles};
use crate::objects::Meta;
use crate::{ObjectRef, ThingId, ThingKind};
use std::collections::BTreeSet;

/// Where a port is reached.
pub(super) struct Opened<'q> {
    /// The host name or address; empty: all.
    pub(super) host: &'q str,
    /// The number, where it is known.
    pub(super) port: Option<u16>,
    /// The entry point, for where the number is not known.
    pub(super) entry: &'q str,
    /// `tcp`, `udp` or `tls`.
    pub(super) protocol: &'static str,
}

impl<'a> Draft<'a, '_> {
    /// Adds a port that a route or a Service opens.
    pub(super) fn port(
        &mut self,
        route: &ThingId,
        object: &ObjectRef,
        meta: &'a Meta,
        opened: &Opened<'_>,
        serves: &BTreeSet<Served>,
    ) {
        let first = serves.iter().next();
        let (namespace, service) =
            first.map_or((&*object.namespace, &*object.name), |served| (&*served.namespace, &*served.name));
        let id = match opened.port {
            Some(port) => ThingId::port(namespace, service, port, opened.protocol),
            None => ThingId::new(
                ThingKind::Port,
                format!("{namespace}/{service}:{}/{}", opened.entry, opened.protocol),
            ),
        };
        let hints = looks::hints(meta);
        let behind = looks::behind(self.world, first);
        let way = Way::bare(route.clone(), object.clone(), meta, Address::Any);
        let thing = self.picture.thing(id);
        thing.title = match (&hints.name, opened.host.trim_start_matches("*")) {
            (Some(name), _) => name.clone(),
            (None, "") => looks::by_service(&behind),
            (None, host) if super::hosts::label(host).is_some() => looks::title(host, "/", &behind),
            (None, _) => looks::by_service(&behind),
        };
        if thing.title.is_empty() {
            thing.title = app_catalog::title(&object.name);
        }
        tiles::dress(thing, &way, &hints, &behind);
        thing.fact("protocol", opened.protocol);
        if let Some(port) = opened.port {
            thing.fact("port", i64::from(port));
        }
        if !opened.entry.is_empty() {
            thing.fact("entry_point", opened.entry);
        }
        if !opened.host.is_empty() && opened.host != "*" {
            let mut hosts = match thing.facts.get("host") {
                Some(crate::Fact::Text(before)) => before.split(", ").map(str::to_owned).collect(),
                _ => BTreeSet::new(),
            };
            hosts.insert(opened.host.to_owned());
            thing.fact("host", hosts.into_iter().collect::<Vec<_>>().join(", "));
        }
        if hints.hidden == Some(true) {
            thing.fact("hidden", true).fact("hidden_because", "An annotation says so.");
        }
        thing.objects.insert(object.clone());
        thing.needs.insert(route.clone());
        let found: Vec<String> = thing.objects.iter().take(8).map(ToString::to_string).collect();
        thing.fact("found_in", found.join(", "));
    }
}

impl<'a> Way<'a> {
    /// A way of which nothing is known but where it was found.
    pub(super) fn bare(route: ThingId, object: ObjectRef, meta: &'a Meta, address: Address) -> Self {
        Self {
            route,
            object,
            meta,
            order: 0,
            address,
            entrances: Vec::new(),
            exact: false,
            path: "/".to_owned(),
            serves: BTreeSet::new(),
            redirect: None,
            https: None,
            sure: false,
            port: None,
            by_port: false,
            exposure: Exposure::default(),
            machine: None,
            conditional: false,
        }
    }
}
