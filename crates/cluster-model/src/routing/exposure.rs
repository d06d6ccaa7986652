//! From where something is reached, as annotations and labels say it.

use super::draft::Exposure;
use crate::objects::Meta;

/// What external-dns and others are told: `external-dns.alpha.kubernetes.io/target: external.example.org`,
/// `external-dns/internal: "true"`.
pub(super) fn of_meta(meta: &Meta) -> Exposure {
    let pairs = meta.annotations.iter().chain(&meta.labels);
    pairs.fold(Exposure::default(), |exposure, (key, value)| {
        if !key.starts_with("external-dns") {
            return exposure;
        }
        let by_key = key.rsplit_once('/').map_or("", |(_, name)| name);
        let exposure = match (&**value, by_key) {
            ("true" | "enabled" | "yes", name) => exposure.and(Exposure::by_name(name)),
            _ => exposure,
        };
        if matches!(by_key, "target" | "hostname-source" | "access" | "controller" | "zone" | "scope") {
            return exposure.and(Exposure::by_name(value));
        }
        exposure
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_external_dns_is_told() {
        let meta = |key: &str, value: &str| Meta {
            annotations: [(key.into(), value.into())].into(),
            ..Meta::default()
        };
        let of = |key, value| of_meta(&meta(key, value));
        assert!(of("external-dns.alpha.kubernetes.io/target", "external.example.org").external);
        assert!(of("external-dns.alpha.kubernetes.io/target", "internal.example.org").internal);
        assert!(of("external-dns/internal", "true").internal);
        assert_eq!(of("external-dns.alpha.kubernetes.io/hostname", "x.external.org"), Exposure::default());
        assert_eq!(of("other/external", "true"), Exposure::default());
    }
}
