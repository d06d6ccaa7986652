//! Certificates: until when they are valid, whether they are renewed, and if not, why.
//!
//! cert-manager says why at the far end of a chain: Certificate → `CertificateRequest` → Order → Challenge; the reason of
//! the challenge is what a person can do something about (`reason`).

use super::Look;
use crate::objects::{Certificate, Condition, Secret};
use crate::{Finding, ObjectRef, Picture, Severity, Thing, ThingId, ThingKind};
use container_faults::{cut, exit, quoted};
use jiff::Timestamp;
use std::collections::BTreeSet;

mod reason;

use reason::{Chain, Why};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How long a first certificate may take, in milliseconds.
const FIRST_MS: i64 = 5 * 60_000;

/// How late a renewal may be, in milliseconds.
const LATE_MS: i64 = DAY_MS;

/// How long before the end it is critical, in milliseconds.
const CRITICAL_MS: i64 = 3 * DAY_MS;

/// How long before its end a certificate that nobody renews is a warning, in milliseconds.
const WARNING_MS: i64 = 14 * DAY_MS;

/// Adds certificates of cert-manager, and secrets with certificates of other origin, to the picture.
pub(super) fn examine(look: &Look<'_>, picture: &mut Picture) {
    let chain = Chain::of(look.objects);
    let mut managed = BTreeSet::new();
    for certificate in look.objects.certificates.iter() {
        let meta = &certificate.metadata;
        managed.insert((meta.namespace.clone(), certificate.spec.secret_name.clone()));
        let thing = picture.thing(ThingId::certificate(&meta.namespace, &certificate.spec.secret_name));
        put(look, &chain, certificate, thing);
    }
    // Who needs a certificate was said by the routes, which were looked at before.
    let needed: BTreeSet<ThingId> =
        if look.objects.secrets.is_empty() { BTreeSet::new() } else { needed_certificates(picture) };
    for secret in look.objects.secrets.iter().filter(|secret| secret.certificate.is_some()) {
        let meta = &secret.metadata;
        if managed.contains(&(meta.namespace.clone(), meta.name.clone())) {
            continue;
        }
        let id = ThingId::certificate(&meta.namespace, &meta.name);
        let is_needed = needed.contains(&id);
        by_hand(look, secret, is_needed, picture.thing(id));
    }
}

fn needed_certificates(picture: &Picture) -> BTreeSet<ThingId> {
    let needs = picture.things.values().flat_map(|thing| &thing.needs);
    needs.filter(|id| id.kind == ThingKind::Certificate).cloned().collect()
}

fn object(certificate: &Certificate) -> ObjectRef {
    ObjectRef::new("Certificate", &certificate.metadata.namespace, &certificate.metadata.name)
}

/// A day in words: “3 December 2026”.
fn day(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|at| at.strftime("%-d %B %Y").to_string()).unwrap_or_default()
}

fn put(look: &Look<'_>, chain: &Chain<'_>, certificate: &Certificate, thing: &mut Thing) {
    let status = &certificate.status;
    thing.title = certificate.metadata.name.to_string();
    thing.judged = true;
    thing.objects.insert(object(certificate));
    thing.fact("namespace", certificate.metadata.namespace.to_string());
    let names: Vec<&str> = certificate
        .spec
        .dns_names
        .iter()
        .map(AsRef::as_ref)
        .chain(Some(&*certificate.spec.common_name))
        .filter(|name| !name.is_empty())
        .collect();
    thing.fact("names", cut(&names.join(", "), 500));
    let issuer = &certificate.spec.issuer_ref;
    thing.fact("issuer", format!("{} {}", reason::issuer_kind(issuer), cut(&issuer.name, 80)));
    for (key, value) in [("not_after_ms", status.not_after_ms), ("renewal_ms", status.renewal_ms)] {
        if let Some(value) = value {
            thing.fact(key, value);
        }
    }
    thing.well = match status.not_after_ms {
        Some(until) => format!("It is valid until {}.", day(until)),
        None => "It is being issued.".to_owned(),
    };
    if let Some(finding) = finding(look, chain, certificate) {
        thing.find(finding);
    }
}

/// What is wrong and how bad, without the reason.
fn state(
    look: &Look<'_>,
    certificate: &Certificate,
    is_final: bool,
) -> Option<(&'static str, Severity, String)> {
    let status = &certificate.status;
    let now = look.settings.now_ms;
    let Some(until) = status.not_after_ms else {
        let age = look.ago(certificate.metadata.created_ms).unwrap_or_default();
        let refused = is_final || status.failed_issuance_attempts > 0;
        let since = exit::span(age).filter(|_| age >= FIRST_MS);
        let since = since
            .map_or_else(|| "cannot be issued".to_owned(), |span| format!("has not been issued for {span}"));
        return (age >= FIRST_MS || refused)
            .then(|| ("certificate-not-issued", Severity::Critical, format!("It {since}")));
    };
    if until <= now {
        return Some(("certificate-expired", Severity::Critical, format!("It expired on {}", day(until))));
    }
    let late = status.renewal_ms.is_some_and(|at| now >= at.saturating_add(LATE_MS));
    let renewed = status.renewal_ms.is_some_and(|at| now < at);
    if until.saturating_sub(now) < CRITICAL_MS && !renewed {
        return Some((
            "certificate-expires",
            Severity::Critical,
            format!("It expires on {} and is not renewed", day(until)),
        ));
    }
    if late {
        let since = status.renewal_ms.unwrap_or_default();
        return Some((
            "certificate-not-renewed",
            Severity::Warning,
            format!("It should have been renewed on {} and is valid only until {}", day(since), day(until)),
        ));
    }
    if status.failed_issuance_attempts > 0 {
        return Some((
            "certificate-refused",
            Severity::Warning,
            format!("A new one was refused; the present one is valid until {}", day(until)),
        ));
    }
    let ready = Condition::find(&status.conditions, "Ready")?;
    let long = look.ago(ready.since_ms).is_some_and(|age| age >= HOUR_MS);
    (ready.is_false() && long).then(|| {
        (
            "certificate-not-ready",
            Severity::Warning,
            format!(
                "It is not as it is wanted, and a new one is not issued; the present one is valid until {}",
                day(until)
            ),
        )
    })
}

fn finding(look: &Look<'_>, chain: &Chain<'_>, certificate: &Certificate) -> Option<Finding> {
    let why = chain.why(look, certificate);
    let is_final = why.as_ref().is_some_and(|why| why.is_final);
    let (code, severity, state) = state(look, certificate, is_final)?;
    let why = why.unwrap_or_else(|| by_condition(certificate));
    let sentence =
        if why.clause.is_empty() { format!("{state}.") } else { format!("{state}: {}.", why.clause) };
    let mut finding =
        Finding::new(code, severity, why.object, sentence).evidence(&why.evidence).field(why.field);
    finding.remedy = (!why.remedy.is_empty()).then_some(why.remedy);
    Some(finding)
}

/// Where the chain says nothing, the certificate's own condition does.
fn by_condition(certificate: &Certificate) -> Why {
    let find = |kind| Condition::find(&certificate.status.conditions, kind);
    let said = find("Issuing")
        .filter(|condition| condition.is_false() && !condition.message.is_empty())
        .or_else(|| find("Ready").filter(|ready| ready.is_false()));
    let message = said.map_or("", |condition| &*condition.message);
    let clause = match said.map(|condition| &*condition.reason) {
        Some("DoesNotExist") => String::new(),
        _ => reason::said(message),
    };
    Why {
        clause,
        remedy: "Look at its events: kubectl describe certificate; and at whether cert-manager runs."
            .to_owned(),
        evidence: message.to_owned(),
        object: object(certificate),
        field: "status.conditions[Ready]",
        is_final: false,
    }
}

/// A certificate that somebody put into a secret.
fn by_hand(look: &Look<'_>, secret: &Secret, is_needed: bool, thing: &mut Thing) {
    let Some(certificate) = &secret.certificate else { return };
    let Some(until) = certificate.not_after_ms else { return };
    let meta = &secret.metadata;
    thing.title = meta.name.to_string();
    let object = ObjectRef::new("Secret", &meta.namespace, &meta.name);
    thing.objects.insert(object.clone());
    thing.fact("namespace", meta.namespace.to_string());
    thing.fact("names", cut(&certificate.dns_names.join(", "), 500));
    thing.fact("issuer", cut(&certificate.issuer, 120));
    thing.fact("not_after_ms", until);
    thing.judged = is_needed;
    thing.well = format!("It is valid until {}.", day(until));
    let left = until.saturating_sub(look.settings.now_ms);
    let copied = meta.annotation("cert-manager.io/certificate-name").is_some();
    let how = if copied {
        "It is a copy of a certificate that cert-manager renews, and the copy is not renewed"
    } else {
        "Nothing renews it by itself"
    };
    let (code, severity, sentence) = match (left, is_needed) {
        (..=0, true) => (
            "certificate-expired",
            Severity::Critical,
            format!("The certificate expired on {}. {how}.", day(until)),
        ),
        (..=0, false) => (
            "certificate-expired",
            Severity::Note,
            format!("The certificate expired on {}; nothing that is known uses it.", day(until)),
        ),
        (..CRITICAL_MS, true) => (
            "certificate-expires",
            Severity::Critical,
            format!("The certificate expires on {}. {how}.", day(until)),
        ),
        (..WARNING_MS, true) => (
            "certificate-expires",
            Severity::Warning,
            format!("The certificate expires on {}. {how}.", day(until)),
        ),
        _ => return,
    };
    let judged = thing.judged;
    thing.find(
        Finding::new(code, severity, object, sentence)
            .remedy(format!(
                "Put a new certificate into the secret {}, or let cert-manager make it.",
                quoted(&meta.name)
            ))
            .field("data[tls.crt]"),
    );
    thing.judged = judged;
}
