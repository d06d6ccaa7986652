//! The certificates that routes and listeners name.

use super::draft::{Draft, broken};
use super::hosts::covers;
use super::world::World;
use crate::objects::TLS;
use crate::{Kind, ObjectRef, Severity, ThingId};
use tls_probe::der::NAMES_KEPT;

/// A secret with a certificate, as something names it.
pub(super) struct Shown<'q> {
    pub(super) object: &'q ObjectRef,
    pub(super) field: String,
    pub(super) namespace: &'q str,
    pub(super) secret: &'q str,
    /// The hosts that it shall be for.
    pub(super) hosts: &'q [&'q str],
}

impl Draft<'_, '_> {
    /// Says what is wrong with a certificate, and that `on` needs it.
    pub(super) fn certificate(&mut self, on: &ThingId, shown: &Shown<'_>) {
        let world = self.world;
        if shown.secret.is_empty() {
            return;
        }
        let id = ThingId::certificate(shown.namespace, shown.secret);
        if world.makes_secret(shown.namespace, shown.secret) {
            // Whatever is wrong with it is found on the certificate.
            self.picture.thing(on.clone()).needs.insert(id.clone());
        }
        if !world.read(Kind::Secret) {
            return;
        }
        let Some(secret) = world.secret(shown.namespace, shown.secret) else {
            let finding = missing(world, shown);
            self.find(on, finding);
            return;
        };
        self.picture.thing(on.clone()).needs.insert(id);
        // Traefik and ingress-nginx look for the keys, whatever the type is.
        let has_keys = secret.keys.contains("tls.crt") && secret.keys.contains("tls.key");
        if !secret.kind.is_empty() && &*secret.kind != TLS && !has_keys {
            let sentence = format!(
                "The secret “{}” is of type {} and holds no certificate, so browsers are shown the default one, which they mostly do not trust.",
                shown.secret, secret.kind
            );
            let finding = broken("tls-secret-type", Severity::Warning, shown.object, sentence);
            self.find(on, finding.field(shown.field.as_str()).remedy(format!("It must be of type {TLS}.")));
            return;
        }
        let names: Vec<&str> =
            secret.certificate.iter().flat_map(|held| &held.dns_names).map(AsRef::as_ref).collect();
        let bare: Vec<&str> = shown
            .hosts
            .iter()
            .filter(|host| !host.is_empty() && !names.iter().any(|name| covers(name, host)))
            .filter(|host| {
                !(shown.object.kind.starts_with("IngressRoute") && is_named_by_another(world, host))
            })
            .copied()
            .collect();
        // Of a certificate for very many names only the first are kept.
        if !names.is_empty() && names.len() < NAMES_KEPT && !bare.is_empty() {
            let sentence = format!(
                "The certificate in the secret “{}” is for {}, not for {}: browsers warn of it.",
                shown.secret,
                some(&names),
                some(&bare)
            );
            let finding = broken("tls-secret-host", Severity::Warning, shown.object, sentence);
            self.find(on, finding.field(shown.field.as_str()));
        }
    }
}

/// Whether another route of Traefik names a certificate for that host. Traefik keeps all in one place, and shows for each
/// host the one that fits, whichever route names it.
fn is_named_by_another(world: &World<'_>, host: &str) -> bool {
    world.objects.ingress_routes.iter().any(|route| {
        let named = route.spec.tls.as_ref().map(|tls| &*tls.secret_name).filter(|name| !name.is_empty());
        let secret = named.and_then(|name| world.secret(&route.metadata.namespace, name));
        let held = secret.and_then(|secret| secret.certificate.as_ref());
        held.is_some_and(|held| held.dns_names.iter().any(|name| covers(name, host)))
    })
}

fn missing(world: &World<'_>, shown: &Shown<'_>) -> crate::Finding {
    let sentence = format!(
        "There is no secret “{}” of the type {TLS} in namespace “{}”, so browsers are shown the default certificate, which they mostly do not trust.",
        shown.secret, shown.namespace
    );
    let finding =
        broken("tls-secret-missing", Severity::Warning, shown.object, sentence).field(shown.field.as_str());
    if world.makes_secret(shown.namespace, shown.secret) {
        return finding.remedy("cert-manager is to make it: its Certificate says why it has not done so.");
    }
    match world.near_secret(shown.namespace, shown.secret) {
        Some(near) => finding.remedy(near.remedy("secret")),
        None => finding.remedy(format!(
            "See what becomes of it: kubectl get certificates,secrets -n {}",
            shown.namespace
        )),
    }
}

/// The first few, in words.
pub(super) fn some(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let first = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
