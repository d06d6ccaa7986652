use super::*;

fn id() -> ThingId {
    ThingId::certificate("media", "app-tls")
}

#[expect(clippy::needless_pass_by_value, reason = "the calls read best with a literal")]
fn certificate(status: Value) -> Value {
    json!({"metadata": {"name": "app", "namespace": "media", "creationTimestamp": "2026-05-01T00:00:00Z"},
        "spec": {"secretName": "app-tls", "dnsNames": ["app.example.org"], "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"}},
        "status": status})
}

fn issuer() -> Value {
    json!({"metadata": {"name": "letsencrypt"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
}

/// A certificate whose renewal does not get on, with what the challenge says.
fn chain(status: Value, reason: &str) -> Cluster {
    let owned = |kind: &str, owner: &str, name: &str| json!({"name": name, "namespace": "media", "creationTimestamp": ago(60), "ownerReferences": [{"kind": kind, "name": owner, "controller": true}]});
    let mut cluster = Cluster::new();
    cluster
        .add(Kind::ClusterIssuer, issuer())
        .add(Kind::Certificate, certificate(status))
        .add(Kind::CertificateRequest, json!({"metadata": owned("Certificate", "app", "app-2"), "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "Pending", "message": "Waiting on certificate issuance from order media/app-2-1: \"pending\""}]}}))
        .add(Kind::Order, json!({"metadata": owned("CertificateRequest", "app-2", "app-2-1"), "status": {"state": "pending"}}))
        .add(Kind::Challenge, json!({"metadata": owned("Order", "app-2-1", "app-2-1-9"), "spec": {"dnsName": "app.example.org", "type": "HTTP-01"}, "status": {"state": "pending", "reason": reason}}));
    cluster
}

fn late() -> Value {
    json!({"notAfter": "2026-08-20T00:00:00Z", "renewalTime": "2026-07-29T00:00:00Z", "failedIssuanceAttempts": 3})
}

#[test]
fn certificate_not_renewed_with_the_reason_of_the_challenge() {
    let cluster =
        chain(late(), "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'");
    let finding = cluster.only(&id());
    assert_eq!(
        said(&finding),
        (
            "certificate-not-renewed",
            Severity::Warning,
            "It should have been renewed on 29 July 2026 and is valid only until 20 August 2026: the proof for “app.example.org” is not found at its address (HTTP status 404)."
        )
    );
    assert_eq!(finding.object.to_string(), "Challenge media/app-2-1-9");
    assert!(finding.remedy.unwrap().contains("http://app.example.org/.well-known/acme-challenge/"));
}

#[test]
fn reasons_of_challenges() {
    for (text, part) in [
        (
            "Waiting for DNS-01 challenge propagation: DNS record for \"app.example.org\" not yet propagated",
            "the DNS record with the proof for “app.example.org” is not there",
        ),
        (
            "Waiting for HTTP-01 challenge propagation: failed to perform self check GET request 'http://app.example.org/.well-known/acme-challenge/x': Get \"http://app.example.org/.well-known/acme-challenge/x\": dial tcp: lookup app.example.org on 10.43.0.10:53: no such host",
            "the name “app.example.org” cannot be looked up",
        ),
        (
            "Waiting for HTTP-01 challenge propagation: failed to perform self check GET request 'http://app.example.org/': Get \"http://app.example.org/\": dial tcp 1.2.3.4:80: connect: connection refused",
            "nothing listens at “app.example.org” on port 80",
        ),
        (
            "Waiting for HTTP-01 challenge propagation: failed to perform self check GET request 'http://app.example.org/': context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
            "“app.example.org” is not reached in time",
        ),
        (
            "Error presenting challenge: while attempting to find Zones for domain _acme-challenge.app.example.org: Cloudflare API Error for GET \"/zones?name=app.example.org\" \t Error: 10000: Authentication error",
            "the DNS provider does not let the record be made",
        ),
        (
            "Error accepting authorization: acme: authorization error for app.example.org: 400 urn:ietf:params:acme:error:dns: DNS problem: NXDOMAIN looking up A for app.example.org",
            "the name “app.example.org” cannot be looked up",
        ),
        (
            "Error presenting challenge: error getting clouddns service account: secrets \"clouddns\" not found",
            "a secret that the solver needs does not exist",
        ),
        (
            "Error accepting authorization: acme: authorization error: 403 urn:ietf:params:acme:error:caa: CAA record for app.example.org prevents issuance",
            "a CAA record in DNS forbids this authority",
        ),
        (
            "Waiting for HTTP-01 challenge propagation: failed to perform self check GET request 'http://app.example.org/.well-known/acme-challenge/x404caa429': dial tcp 1.2.3.4:80: connect: connection refused",
            "nothing listens at “app.example.org” on port 80",
        ),
    ] {
        let finding = chain(late(), text).only(&id());
        assert!(finding.sentence.contains(part), "{text}\n{}", finding.sentence);
        assert!(finding.remedy.is_some());
    }
}

#[test]
fn rate_limit_of_the_authority() {
    let mut cluster = chain(late(), "");
    cluster.add(Kind::Order, json!({"metadata": {"name": "app-2-1", "namespace": "media", "creationTimestamp": ago(60), "ownerReferences": [{"kind": "CertificateRequest", "name": "app-2", "controller": true}]},
        "status": {"state": "errored", "reason": "Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after 2026-08-03 04:05:06 UTC: see https://letsencrypt.org/docs/rate-limits/"}}));
    let finding = cluster.only(&id());
    assert!(
        finding
            .sentence
            .ends_with(": Let’s Encrypt allows no more for now (rate limit) until 2026-08-03 04:05."),
        "{}",
        finding.sentence
    );
}

#[test]
fn certificate_expired_and_about_to() {
    let cluster =
        chain(json!({"notAfter": "2026-07-30T00:00:00Z", "renewalTime": "2026-07-01T00:00:00Z"}), "");
    assert_eq!(
        (cluster.only(&id()).code, cluster.only(&id()).severity),
        ("certificate-expired", Severity::Critical)
    );
    assert!(
        cluster.only(&id()).sentence.starts_with("It expired on 30 July 2026"),
        "{}",
        cluster.only(&id()).sentence
    );
    let cluster =
        chain(json!({"notAfter": "2026-08-03T00:00:00Z", "renewalTime": "2026-08-01T11:00:00Z"}), "");
    assert_eq!(
        (cluster.only(&id()).code, cluster.only(&id()).severity),
        ("certificate-expires", Severity::Critical)
    );
}

#[test]
fn certificate_within_its_time_is_well() {
    let cluster = chain(
        json!({"notAfter": "2026-09-01T00:00:00Z", "renewalTime": "2026-08-01T00:00:00Z", "conditions": [{"type": "Ready", "status": "True"}]}),
        "",
    );
    assert_eq!(cluster.well(&id()), "It is valid until 1 September 2026.");
    // One of a few days is short by intent.
    let cluster = chain(
        json!({"notAfter": "2026-08-03T00:00:00Z", "renewalTime": "2026-08-02T00:00:00Z", "conditions": [{"type": "Ready", "status": "True"}]}),
        "",
    );
    assert_eq!(cluster.well(&id()), "It is valid until 3 August 2026.");
}

#[test]
fn issuer_missing_or_not_ready() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::Certificate, certificate(json!({"conditions": [{"type": "Ready", "status": "False", "reason": "DoesNotExist", "message": "Issuing certificate as Secret does not exist"}]})));
    cluster.add(Kind::Issuer, json!({"metadata": {"name": "letsencrypt", "namespace": "media"}}));
    let finding = cluster.only(&id());
    assert_eq!(
        said(&finding),
        (
            "certificate-not-issued",
            Severity::Critical,
            "It has not been issued for 92 days: the ClusterIssuer “letsencrypt” does not exist."
        )
    );
    assert_eq!(
        finding.remedy.as_deref(),
        Some("There is an Issuer of that name: set kind: Issuer in issuerRef.")
    );
    let not_ready = json!({"metadata": {"name": "letsencrypt"}, "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "ErrRegisterACMEAccount",
        "message": "Failed to register ACME account: Get \"https://acme-v02.api.letsencrypt.org/directory\": dial tcp: lookup acme-v02.api.letsencrypt.org: no such host"}]}});
    cluster.add(Kind::ClusterIssuer, not_ready);
    assert!(
        cluster.only(&id()).sentence.contains("the ClusterIssuer “letsencrypt” is not ready: "),
        "{}",
        cluster.only(&id()).sentence
    );
    // Kinds that cannot be read are not called missing.
    cluster.remove(Kind::ClusterIssuer, "", "letsencrypt");
    cluster.settings.unread.insert(Kind::ClusterIssuer);
    assert_eq!(cluster.only(&id()).sentence, "It has not been issued for 92 days.");
}

/// A secret with a certificate that ends on a day of August 2026.
fn by_hand(day: u8, annotations: &Value) -> Value {
    use base64::Engine as _;
    let mut params = rcgen::CertificateParams::new(vec!["app.example.org".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2026, 8, day);
    let key = rcgen::KeyPair::generate().unwrap();
    let held = base64::engine::general_purpose::STANDARD.encode(params.self_signed(&key).unwrap().pem());
    json!({"metadata": {"name": "app-tls", "namespace": "media", "annotations": annotations}, "type": "kubernetes.io/tls", "data": {"tls.crt": held}})
}

#[test]
fn a_certificate_that_nothing_renews() {
    let seen = |secret: Value, is_needed: bool| {
        let mut cluster = Cluster::new();
        cluster.add(Kind::Secret, secret);
        let mut picture = Picture::default();
        if is_needed {
            picture.thing(ThingId::route("Ingress", "media", "app", None)).needs.insert(id());
        }
        super::super::examine(&cluster.objects, &cluster.settings, &mut picture);
        let thing = picture.things[&id()].clone();
        assert_eq!(thing.judged, is_needed);
        thing.findings.first().map(|finding| (finding.severity, finding.sentence.clone()))
    };
    let none = json!({});
    assert_eq!(seen(by_hand(31, &none), true), None);
    assert_eq!(
        seen(by_hand(10, &none), true),
        Some((
            Severity::Warning,
            "The certificate expires on 10 August 2026. Nothing renews it by itself.".to_owned()
        ))
    );
    let copy = json!({"cert-manager.io/certificate-name": "app"});
    assert_eq!(
        seen(by_hand(1, &copy), true),
        Some((
            Severity::Critical,
            "The certificate expired on 1 August 2026. It is a copy of a certificate that cert-manager renews, and the copy is not renewed.".to_owned()
        ))
    );
    let unused = seen(by_hand(1, &none), false).unwrap();
    assert_eq!(
        unused,
        (
            Severity::Note,
            "The certificate expired on 1 August 2026; nothing that is known uses it.".to_owned()
        )
    );
}

#[test]
fn a_refusal_for_good_is_told_at_once_and_waiting_is_not() {
    let young = |state: &str| {
        let mut cluster = chain(
            json!({}),
            "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'",
        );
        let mut certificate = certificate(json!({}));
        certificate["metadata"]["creationTimestamp"] = json!(ago(1));
        cluster.add(Kind::Certificate, certificate);
        cluster.add(Kind::Challenge, json!({"metadata": {"name": "app-2-1-9", "namespace": "media", "ownerReferences": [{"kind": "Order", "name": "app-2-1", "controller": true}]},
            "spec": {"dnsName": "app.example.org"}, "status": {"state": state, "reason": "wrong status code '404', expected '200'"}}));
        cluster
    };
    assert_eq!(young("pending").well(&id()), "It is being issued.");
    assert_eq!(
        said(&young("invalid").only(&id())),
        (
            "certificate-not-issued",
            Severity::Critical,
            "It cannot be issued: the proof for “app.example.org” is not found at its address (HTTP status 404)."
        )
    );
}
