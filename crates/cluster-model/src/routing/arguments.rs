//! What Traefik is told on its command line: entry points, and what its providers may do.

use std::collections::BTreeMap;
use traefik_rules::Syntax;

/// One entry point as the command line has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct EntryArguments {
    /// The port on which the pods listen.
    pub(super) port: Option<u16>,
    /// Whether what comes in is encrypted, whatever routes say.
    pub(super) tls: bool,
    /// Whether all is sent to another entry point.
    pub(super) redirects: bool,
}

/// What the command lines of all pods of Traefik say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    /// By name, in lower case.
    pub(super) entry_points: BTreeMap<String, EntryArguments>,
    /// The provider of `IngressRoute`s is set up on the command line: what is not said there is not so.
    pub(super) has_provider: bool,
    /// Routes may name objects of other namespaces.
    pub(super) cross_namespace: bool,
    /// Services of type `ExternalName` are followed.
    pub(super) external_names: bool,
    /// In which grammar rules are read that say nothing of it.
    pub(super) syntax: Syntax,
}

impl Arguments {
    /// Takes in one word: `--entryPoints.web.address=:8000/tcp`.
    pub(super) fn add(&mut self, argument: &str) {
        let (key, value) = argument.split_once('=').unwrap_or((argument, "true"));
        let key = key.trim_start_matches('-').to_ascii_lowercase();
        let is_true = value.eq_ignore_ascii_case("true");
        let mut parts = key.splitn(3, '.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("entrypoints"), Some(name), Some(rest)) => self.entry_point(name, rest, value),
            (Some("providers"), Some("kubernetescrd"), rest) => {
                self.has_provider = true;
                match rest {
                    Some("allowcrossnamespace") => self.cross_namespace |= is_true,
                    Some("allowexternalnameservices") => self.external_names |= is_true,
                    _ => {}
                }
            }
            (Some("core"), Some("defaultrulesyntax"), None) => self.syntax = Syntax::named(value),
            _ => {}
        }
    }

    fn entry_point(&mut self, name: &str, rest: &str, value: &str) {
        let entry = self.entry_points.entry(name.to_owned()).or_default();
        match rest {
            "address" => {
                let address = value.split('/').next().unwrap_or_default();
                entry.port = address.rsplit(':').next().and_then(|port| port.parse().ok());
            }
            "http.tls" => entry.tls |= !value.eq_ignore_ascii_case("false"),
            _ if rest.starts_with("http.tls.") => entry.tls = true,
            _ if rest.starts_with("http.redirections.entrypoint.to") => entry.redirects = true,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_chart_writes() {
        let mut arguments = Arguments::default();
        for argument in [
            "--entryPoints.metrics.address=:9100/tcp",
            "--entryPoints.web.address=:8000/tcp",
            "--entryPoints.web.http.redirections.entryPoint.to=:443",
            "--entryPoints.websecure.address=:8443/tcp",
            "--entryPoints.websecure.http.tls=true",
            "--providers.kubernetescrd",
            "--providers.kubernetescrd.allowCrossNamespace=true",
            "--core.defaultRuleSyntax=v2",
            "--entrypoints",
            "nonsense",
        ] {
            arguments.add(argument);
        }
        let entry = |port, tls, redirects| EntryArguments { port: Some(port), tls, redirects };
        assert_eq!(arguments.entry_points["web"], entry(8000, false, true));
        assert_eq!(arguments.entry_points["websecure"], entry(8443, true, false));
        assert_eq!(arguments.entry_points.len(), 3);
        assert!(arguments.has_provider && arguments.cross_namespace && !arguments.external_names);
        assert_eq!(arguments.syntax, Syntax::V2);
    }
}
