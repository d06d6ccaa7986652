use super::*;
use serde_json::json;

fn secret(kind: &str, data: &serde_json::Value) -> Secret {
    serde_json::from_value(
        json!({"metadata": {"namespace": "web", "name": "ghcr"}, "type": kind, "data": data}),
    )
    .unwrap()
}

fn encoded(text: &str) -> String {
    STANDARD.encode(text)
}

#[test]
fn of_a_pull_secret_the_registries_and_users_are_seen_and_never_the_password() {
    let config = json!({"auths": {
        "ghcr.io": {"auth": encoded("me:hunter2")},
        "https://index.docker.io/v1/": {"username": "you", "password": "correct-horse"},
    }});
    let secret = secret(DOCKER_CONFIG_JSON, &json!({".dockerconfigjson": encoded(&config.to_string())}));
    let pull = secret.pull.as_ref().unwrap();
    let seen: Vec<_> = pull.registries().map(|r| (&*r.key, r.user.as_deref())).collect();
    assert_eq!(seen, [("ghcr.io", Some("me")), ("https://index.docker.io/v1/", Some("you"))]);
    assert_eq!(
        pull.credential("ghcr.io"),
        Some(&Credential::Password { user: "me".into(), password: "hunter2".into() })
    );
    let shown = format!("{secret:?}");
    assert!(shown.contains("ghcr.io") && !shown.contains("hunter2") && !shown.contains("horse"), "{shown}");
    assert!(!shown.contains(&encoded("me:hunter2")), "{shown}");
}

#[test]
fn the_old_form_is_read_too() {
    let config = json!({"nas.lan:5000": {"auth": encoded("me:x")}});
    let secret = secret(DOCKER_CFG, &json!({".dockercfg": encoded(&config.to_string())}));
    assert_eq!(&*secret.pull.unwrap().registries().next().unwrap().key, "nas.lan:5000");
}

#[test]
fn a_pull_secret_that_cannot_be_read_says_why_without_showing_it() {
    for text in ["", "hunter2", r#"{"auths": "hunter2"}"#, r#"{"auths": {"ghcr.io": {"auth": "hunter2"}}}"#] {
        let secret = secret(DOCKER_CONFIG_JSON, &json!({".dockerconfigjson": encoded(text)}));
        let pull = secret.pull.unwrap();
        let problem = pull.problem().unwrap();
        assert!(!problem.contains("hunter2"), "{problem}");
    }
    assert!(secret(DOCKER_CONFIG_JSON, &json!(null)).pull.unwrap().problem().is_some());
}

#[test]
fn a_changed_password_makes_another_secret() {
    let of = |password: &str| {
        let config = json!({"auths": {"ghcr.io": {"username": "me", "password": password}}});
        secret(DOCKER_CONFIG_JSON, &json!({".dockerconfigjson": encoded(&config.to_string())}))
    };
    assert_eq!(of("a"), of("a"));
    assert_ne!(of("a"), of("b"));
}

#[test]
fn of_a_certificate_its_names_and_its_end_are_kept_and_the_key_is_dropped() {
    let issued =
        rcgen::generate_simple_self_signed(vec!["a.example.org".into(), "b.example.org".into()]).unwrap();
    let key = issued.signing_key.serialize_pem();
    let secret = secret(TLS, &json!({"tls.crt": encoded(&issued.cert.pem()), "tls.key": encoded(&key)}));
    let certificate = secret.certificate.as_ref().unwrap();
    assert_eq!(certificate.dns_names, ["a.example.org".into(), "b.example.org".into()]);
    assert!(certificate.not_after_ms.unwrap() > 1_700_000_000_000);
    assert_eq!(secret.keys, BTreeSet::from(["tls.crt".into(), "tls.key".into()]));
    assert!(!format!("{secret:?}").contains("PRIVATE"));
}

#[test]
fn of_other_secrets_nothing_is_kept_but_names() {
    let secret = secret("Opaque", &json!({"password": encoded("hunter2")}));
    assert_eq!((secret.pull, secret.certificate), (None, None));
    assert_eq!(secret.keys, BTreeSet::from(["password".into()]));
}

#[test]
fn absurd_certificates_are_none() {
    for text in
        ["", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
    {
        assert_eq!(secret(TLS, &json!({"tls.crt": encoded(text)})).certificate, None);
    }
    assert_eq!(secret(TLS, &json!({"tls.crt": 7})).certificate, None);
}
