//! Why a certificate is not issued: the chain of objects behind it, and what its texts mean.
//!
//! Sources: reasons that cert-manager writes into `Challenge.status.reason` and `Order.status.reason`; error types of
//! ACME (RFC 8555, section 6.7).

use super::super::Look;
use crate::objects::{Certificate, CertificateRequest, Challenge, Condition, IssuerRef, Meta, Order};
use crate::{Kind, ObjectRef, Objects};
use container_faults::{cut, quoted, single_line};
use std::collections::BTreeMap;

/// Why, and where that was found.
#[derive(Debug)]
pub(super) struct Why {
    /// As a part of a sentence.
    pub(super) clause: String,
    /// The next step; may be empty.
    pub(super) remedy: String,
    /// The machine's text.
    pub(super) evidence: String,
    /// The object that says it.
    pub(super) object: ObjectRef,
    /// Its field.
    pub(super) field: &'static str,
    /// Whether waiting does not help.
    pub(super) is_final: bool,
}

/// By namespace and name of the owner.
type ByOwner<'a, T> = BTreeMap<(&'a str, &'a str), Vec<&'a T>>;

/// What is behind certificates, by owner.
pub(super) struct Chain<'a> {
    requests: ByOwner<'a, CertificateRequest>,
    orders: ByOwner<'a, Order>,
    challenges: ByOwner<'a, Challenge>,
}

impl<'a> Chain<'a> {
    pub(super) fn of(objects: &'a Objects) -> Self {
        Self {
            requests: by_owner(objects.certificate_requests.iter().map(|object| &**object), |object| {
                &object.metadata
            }),
            orders: by_owner(objects.orders.iter().map(|object| &**object), |object| &object.metadata),
            challenges: by_owner(objects.challenges.iter().map(|object| &**object), |object| {
                &object.metadata
            }),
        }
    }

    /// Why a certificate is not issued, from as far down the chain as anything is said.
    pub(super) fn why(&self, look: &Look<'_>, certificate: &Certificate) -> Option<Why> {
        if let Some(why) = issuer(look, certificate) {
            return Some(why);
        }
        let request = newest(&self.requests, &certificate.metadata, |object| &object.metadata)?;
        let order = newest(&self.orders, &request.metadata, |object| &object.metadata);
        if let Some(order) = order {
            let key = (&*order.metadata.namespace, &*order.metadata.name);
            let challenges = self.challenges.get(&key).map_or(&[][..], Vec::as_slice);
            let open = challenges.iter().filter(|challenge| {
                &*challenge.status.state != "valid" && !challenge.status.reason.is_empty()
            });
            if let Some(challenge) = open.min_by_key(|challenge| rank(challenge)) {
                let is_final = !rank(challenge).0;
                return Some(Why { is_final, ..by_challenge(challenge) });
            }
            if !order.status.reason.is_empty() && !matches!(&*order.status.state, "valid" | "ready") {
                let object = ObjectRef::new("Order", &order.metadata.namespace, &order.metadata.name);
                let why = by_text(&order.status.reason, "", object, "status.reason");
                return Some(Why {
                    is_final: matches!(&*order.status.state, "errored" | "invalid" | "expired"),
                    ..why
                });
            }
        }
        by_request(request)
    }
}

/// What failed for good says more than what waits.
fn rank(challenge: &Challenge) -> (bool, &str) {
    (!matches!(&*challenge.status.state, "invalid" | "errored" | "expired"), &challenge.metadata.name)
}

fn by_owner<'a, T>(objects: impl Iterator<Item = &'a T>, meta: impl Fn(&'a T) -> &'a Meta) -> ByOwner<'a, T> {
    let mut owned: ByOwner<'a, T> = BTreeMap::new();
    for object in objects {
        if let Some(owner) = meta(object).controller() {
            owned.entry((&*meta(object).namespace, &*owner.name)).or_default().push(object);
        }
    }
    owned
}

fn newest<'a, T>(owned: &ByOwner<'a, T>, owner: &Meta, meta: impl Fn(&T) -> &Meta) -> Option<&'a T> {
    let found = owned.get(&(&*owner.namespace, &*owner.name))?;
    found.iter().max_by_key(|object| (meta(object).created_ms, meta(object).name.clone())).copied()
}

/// The kind of an issuer as it is meant.
pub(super) fn issuer_kind(issuer: &IssuerRef) -> &str {
    if issuer.kind.is_empty() { "Issuer" } else { &issuer.kind }
}

/// That the issuer does not exist or is not ready.
fn issuer(look: &Look<'_>, certificate: &Certificate) -> Option<Why> {
    let issuer = &certificate.spec.issuer_ref;
    if !matches!(&*issuer.group, "" | "cert-manager.io") {
        return None;
    }
    let namespace = &*certificate.metadata.namespace;
    let (kind, status, place) = match issuer_kind(issuer) {
        "Issuer" => (
            Kind::Issuer,
            look.objects.issuers.get(namespace, &issuer.name).map(|found| &found.status),
            namespace,
        ),
        "ClusterIssuer" => (
            Kind::ClusterIssuer,
            look.objects.cluster_issuers.get("", &issuer.name).map(|found| &found.status),
            "",
        ),
        _ => return None,
    };
    let object = ObjectRef::new(issuer_kind(issuer), place, &issuer.name);
    let name = format!("{} {}", issuer_kind(issuer), quoted(&issuer.name));
    let Some(status) = status else {
        let other = other_kind(look, issuer, namespace);
        return (!look.settings.unread.contains(&kind)).then(|| Why {
            clause: format!("the {name} does not exist"),
            remedy: other.unwrap_or("Make that issuer, or correct issuerRef of the certificate.").to_owned(),
            evidence: String::new(),
            object: ObjectRef::new("Certificate", namespace, &certificate.metadata.name),
            field: "spec.issuerRef.name",
            is_final: true,
        });
    };
    let ready = Condition::find(&status.conditions, "Ready").filter(|ready| ready.is_false())?;
    let why = by_text(&ready.message, "", object, "status.conditions[Ready]");
    Some(Why { clause: format!("the {name} is not ready: {}", why.clause), is_final: true, ..why })
}

/// A frequent mistake: the issuer is there, but of the other kind.
fn other_kind(look: &Look<'_>, issuer: &IssuerRef, namespace: &str) -> Option<&'static str> {
    match issuer_kind(issuer) {
        "Issuer" if look.objects.cluster_issuers.get("", &issuer.name).is_some() => {
            Some("There is a ClusterIssuer of that name: set kind: ClusterIssuer in issuerRef.")
        }
        "ClusterIssuer" if look.objects.issuers.get(namespace, &issuer.name).is_some() => {
            Some("There is an Issuer of that name: set kind: Issuer in issuerRef.")
        }
        _ => None,
    }
}

fn by_challenge(challenge: &Challenge) -> Why {
    let object = ObjectRef::new("Challenge", &challenge.metadata.namespace, &challenge.metadata.name);
    by_text(&challenge.status.reason, &challenge.spec.dns_name, object, "status.reason")
}

fn by_request(request: &CertificateRequest) -> Option<Why> {
    let conditions = &request.status.conditions;
    let object = || ObjectRef::new("CertificateRequest", &request.metadata.namespace, &request.metadata.name);
    if Condition::find(conditions, "Denied").is_some_and(Condition::is_true) {
        return Some(Why {
            clause: "the request was denied by the cluster's own rules".to_owned(),
            remedy: "Look at the approver policy that denied it.".to_owned(),
            evidence: Condition::find(conditions, "Denied")
                .map(|condition| condition.message.to_string())
                .unwrap_or_default(),
            object: object(),
            field: "status.conditions[Denied]",
            is_final: true,
        });
    }
    let ready =
        Condition::find(conditions, "Ready").filter(|ready| ready.is_false() && !ready.message.is_empty())?;
    let why = by_text(&ready.message, "", object(), "status.conditions[Ready]");
    Some(Why { is_final: &*ready.reason == "Failed", ..why })
}

/// All texts of a group; what it means, `{}` stands for the name; next step.
type Row = (&'static [&'static [&'static str]], &'static str, &'static str);

const TABLE: &[Row] = &[
    (
        &[&["ratelimited"], &[" 429"], &["too many certificates"], &["too many failed authorizations"]],
        "Let’s Encrypt allows no more for now (rate limit)",
        "Wait until the time that the message names, and mend first what made it ask so often; its staging server has wider limits.",
    ),
    (
        &[&[":caa"], &["caa record"], &["checking caa"], &["caa for"]],
        "a CAA record in DNS forbids this authority",
        "Add the authority to the CAA records of the domain.",
    ),
    (
        &[
            &["rejectedidentifier"],
            &["does not end with a valid public suffix"],
            &["policy forbids issuing"],
            &["invalid character in dns name"],
        ],
        "the authority does not issue certificates for {}",
        "Public authorities certify public names only: use a public domain, or an issuer of your own (CA, SelfSigned) for names such as .local.",
    ),
    (
        &[
            &["accountdoesnotexist"],
            &["failed to register acme account"],
            &["account is deactivated"],
            &["failed to verify acme account"],
            &["invalidcontact"],
        ],
        "its account with the authority is not accepted",
        "Check the e-mail address in the issuer, and delete the account’s secret so that a new account is made.",
    ),
    (
        &[&["secret", "not found"], &["error getting", "secret"], &["could not find secret"]],
        "a secret that the solver needs does not exist",
        "Make the secret with the API token; for a ClusterIssuer it lies in the namespace of cert-manager.",
    ),
    (
        &[
            &["authentication error"],
            &["invalid request headers"],
            &["invalid access token"],
            &["requires permission"],
            &["unauthorized", "api"],
            &["403", "cloudflare"],
            &["invalidclienttokenid"],
            &["accessdenied"],
            &["failed to find zone"],
            &["could not find zone"],
            &["zone not found"],
            &["could not find the start of authority"],
            &["could not determine zone"],
        ],
        "the DNS provider does not let the record be made",
        "Check the API token: it needs to read zones and edit DNS of this zone, and must not be expired.",
    ),
    (
        &[
            &["not yet propagated"],
            &["no txt record"],
            &["incorrect txt record"],
            &["looking up txt"],
            &["dns problem", "txt"],
            &["propagation", "dns"],
        ],
        "the DNS record with the proof for {} is not there",
        "Look whether the record _acme-challenge exists at the provider; where the house has its own DNS, let cert-manager ask a public one (--dns01-recursive-nameservers).",
    ),
    (
        &[&["no such host"], &["nxdomain"], &["no valid ip addresses"], &["servfail"], &["dns problem"]],
        "the name {} cannot be looked up",
        "Make a DNS record for the name that leads to the cluster.",
    ),
    (
        &[&["wrong status code '404'"], &[" 404"]],
        "the proof for {} is not found at its address (HTTP status 404)",
        "See that http://NAME/.well-known/acme-challenge/ reaches this cluster: the ingress class of the solver, and the port forwarding of port 80.",
    ),
    (
        &[&["wrong status code '"], &["invalid response from"]],
        "the proof for {} is not what its address answers",
        "See that http://NAME/.well-known/acme-challenge/ reaches this cluster without a login, and is not led elsewhere.",
    ),
    (
        &[&["did not get expected response"], &["the key authorization file"]],
        "the address of the proof for {} answers something else",
        "Another machine or page answers at that name: check DNS and port forwarding.",
    ),
    (
        &[&["connection refused"]],
        "nothing listens at {} on port 80",
        "Open port 80 to the ingress controller, or prove the name by DNS (DNS-01).",
    ),
    (
        &[
            &["timeout"],
            &["deadline exceeded"],
            &["timed out"],
            &["no route to host"],
            &["network is unreachable"],
        ],
        "{} is not reached in time",
        "Check port forwarding and firewall for port 80; from inside, the router must lead back (hairpin NAT). Or prove the name by DNS (DNS-01).",
    ),
    (
        &[&["x509"], &["tls:"]],
        "a connection to the authority or to {} is not trusted",
        "Check clock and trusted authorities of the cert-manager pod.",
    ),
    (
        &[&["no configured challenge solvers"], &["no solver found"]],
        "no solver of the issuer is for the name {}",
        "Add a solver to the issuer, or widen its selector.",
    ),
    (&[&["presented", "challenge"], &["waiting for"]], "the proof for {} is waited for", ""),
];

/// A text with its meaning.
fn by_text(text: &str, name: &str, object: ObjectRef, field: &'static str) -> Why {
    let small = text.to_lowercase();
    let row =
        TABLE.iter().find(|(signs, ..)| signs.iter().any(|all| all.iter().all(|sign| small.contains(sign))));
    let whose = if name.is_empty() { "the name".to_owned() } else { quoted(name) };
    let (clause, remedy) = match row {
        Some((_, words, remedy)) => {
            (words.replace("{}", &whose), remedy.replace("NAME", if name.is_empty() { "NAME" } else { name }))
        }
        None => (said(text), String::new()),
    };
    let clause = match retry_after(text).filter(|_| clause.contains("rate limit")) {
        Some(until) => format!("{clause} until {until}"),
        None => clause,
    };
    Why { clause, remedy, evidence: text.to_owned(), object, field, is_final: false }
}

/// The machine's words as a part of a sentence.
pub(super) fn said(text: &str) -> String {
    cut(&single_line(text), 200).trim_end_matches('.').to_owned()
}

/// `retry after 2026-01-02 03:04:05 UTC`.
fn retry_after(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("retry after ")?;
    let date = rest.get(..16)?;
    date.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | ' ' | 'T')).then_some(date)
}
