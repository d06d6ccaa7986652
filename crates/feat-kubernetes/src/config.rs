//! The sections `[[kubernetes]]` and `[kubernetes_auto]` of `hob.toml`.

use hob_feature::{Config, ConfigSection, Problems, Reader};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The longest name of a cluster, in characters.
const NAME_MAX: usize = 40;
/// The most namespaces to which one cluster is restricted: each kind is watched in each of them.
const NAMESPACES_MAX: usize = 10;

/// What the owner says of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClusterSettings {
    /// What people call it; the scope of its resources.
    pub(crate) name: String,
    /// How it is reached.
    pub(crate) origin: Origin,
    /// The namespaces that are watched; empty: all.
    pub(crate) namespaces: Vec<String>,
    /// Whether the address of each tile is probed.
    pub(crate) probe: bool,
    /// Whether secrets are read where that is permitted.
    pub(crate) secrets: bool,
    /// Whether kubelets are asked how full volumes are.
    pub(crate) usage: bool,
    /// Host names that get no tile.
    pub(crate) hide_hosts: Vec<String>,
    /// Namespaces that get no tiles.
    pub(crate) hide_namespaces: Vec<String>,
}

impl ClusterSettings {
    /// A cluster about which nothing else is said.
    pub(crate) fn new(name: &str, origin: Origin) -> Self {
        Self {
            name: name.to_owned(),
            origin,
            namespaces: Vec::new(),
            probe: true,
            secrets: true,
            usage: true,
            hide_hosts: Vec::new(),
            hide_namespaces: Vec::new(),
        }
    }
}

/// How a cluster is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From within, with the service account of Hob's own pod.
    InCluster,
    /// By a kubeconfig; several files are merged as kubectl does.
    Kubeconfig {
        /// The files.
        files: Vec<PathBuf>,
        /// The context; `None`: the current one.
        context: Option<String>,
    },
}

/// Everything the owner says about clusters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    /// The clusters that are named.
    pub(crate) clusters: Vec<ClusterSettings>,
    /// Whether clusters are found that nobody named.
    pub(crate) auto: bool,
}

/// `[[kubernetes]]`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "kubernetes",
    check: |config, problems| {
        read_clusters(config, problems);
    },
    example: EXAMPLE,
};

/// `[kubernetes_auto]`.
pub(crate) const AUTO: ConfigSection = ConfigSection {
    key: "kubernetes_auto",
    check: |config, problems| {
        read_auto(config, problems);
    },
    example: AUTO_EXAMPLE,
};

const EXAMPLE: &str = r#"# Clusters of Kubernetes. One is found by itself: the one that Hob runs in, else the current context of your kubeconfig if
# its address is not a public one. As soon as one is named here, only those that are named are watched.
#
# [[kubernetes]]
# name = "home"
# kubeconfig = "/etc/rancher/k3s/k3s.yaml"
# context = "default"                       # default: the current one
#   in_cluster = true                       # in place of a kubeconfig: the service account of Hob's own pod
# namespaces = ["media", "paperless"]       # only these, also where no more is permitted
# probe = true                              # false: the addresses of routes are not probed
# secrets = "auto"                          # read where permitted: pull credentials and certificates' dates; "never"
# usage = true                              # false: kubelets are not asked how full volumes are
# hide_hosts = ["*.internal.example.org"]   # no tiles for these
# hide_namespaces = ["kube-system"]
"#;

const AUTO_EXAMPLE: &str = r"# Whether a cluster is found that nobody named. The environment variable HOB_AUTO=off says the same for everything.
[kubernetes_auto]
# enabled = true
";

/// Reads both sections. What is wrong was reported when the hub started, and is left out here.
pub(crate) fn read(config: &Config) -> Settings {
    let problems = Problems::default();
    let clusters = read_clusters(config, &problems);
    let wanted = read_auto(config, &problems);
    let forbidden = std::env::var_os("HOB_AUTO").is_some_and(|value| value == "off");
    let auto = !forbidden && wanted.unwrap_or(clusters.is_empty());
    Settings { clusters, auto }
}

fn read_auto(config: &Config, problems: &Problems) -> Option<bool> {
    let reader = config.section("kubernetes_auto", problems);
    let enabled = reader.boolean("enabled");
    reader.finish();
    enabled
}

fn read_clusters(config: &Config, problems: &Problems) -> Vec<ClusterSettings> {
    let mut names = BTreeSet::new();
    let mut clusters = Vec::new();
    for reader in config.sections("kubernetes", problems) {
        let cluster = read_one(&reader);
        reader.finish();
        let Some(cluster) = cluster else { continue };
        if names.insert(cluster.name.clone()) {
            clusters.push(cluster);
        } else {
            reader.problem("name", format!("another cluster has the name “{}” already", cluster.name));
        }
    }
    clusters
}

fn read_one(reader: &Reader<'_>) -> Option<ClusterSettings> {
    let name = reader.required_text("name", "home");
    let origin = read_origin(reader);
    let namespaces = reader.texts("namespaces").unwrap_or_default();
    if namespaces.len() > NAMESPACES_MAX {
        reader.problem("namespaces", format!("at most {NAMESPACES_MAX} can be named; leave it out for all"));
        return None;
    }
    let secrets = reader.parsed("secrets", |text| match text {
        "auto" => Ok(true),
        "never" => Ok(false),
        _ => Err("write \"auto\" (where permitted) or \"never\"".to_owned()),
    });
    let probe = reader.boolean("probe").unwrap_or(true);
    let usage = reader.boolean("usage").unwrap_or(true);
    let hide_hosts = reader.texts("hide_hosts").unwrap_or_default();
    let hide_namespaces = reader.texts("hide_namespaces").unwrap_or_default();
    let name = name?;
    if let Err(problem) = check_name(&name) {
        reader.problem("name", problem);
        return None;
    }
    Some(ClusterSettings {
        namespaces,
        probe,
        secrets: secrets.unwrap_or(true),
        usage,
        hide_hosts,
        hide_namespaces,
        ..ClusterSettings::new(&name, origin?)
    })
}

fn read_origin(reader: &Reader<'_>) -> Option<Origin> {
    let in_cluster = reader.boolean("in_cluster").unwrap_or(false);
    let context = reader.text("context");
    match (reader.text("kubeconfig"), in_cluster) {
        (Some(_), true) => {
            reader.problem("in_cluster", "a cluster is reached from within or by a kubeconfig, not by both");
            None
        }
        (None, true) => Some(Origin::InCluster),
        (Some(path), false) => Some(Origin::Kubeconfig { files: vec![PathBuf::from(path)], context }),
        (None, false) => {
            reader.required_text("kubeconfig", "/etc/rancher/k3s/k3s.yaml");
            None
        }
    }
}

/// Whether a cluster can have this name: it is a part of addresses.
fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.chars().count() > NAME_MAX || !name.chars().all(fits) {
        return Err(format!("use up to {NAME_MAX} letters, digits, hyphens, dots and underscores"));
    }
    if name == "hob" {
        return Err("“hob” is what Hob calls its own things; choose another name".to_owned());
    }
    Ok(())
}

/// Makes a name of what a kubeconfig calls it: `kubernetes-admin@home` is “home”, and `default` says nothing.
pub(crate) fn name_for(context: &str) -> String {
    let last = context.rsplit(['@', '/']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .take(NAME_MAX)
        .collect();
    match clean.as_str() {
        "" | "default" | "hob" | "kubernetes" => "home".to_owned(),
        _ => clean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Vec<ClusterSettings>, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let clusters = read_clusters(&config, &problems);
        read_auto(&config, &problems);
        (clusters, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_example_is_right_but_for_the_choice_in_it() {
        let text: String = EXAMPLE
            .lines()
            .skip(3)
            .filter(|line| !line.contains("in_cluster"))
            .map(|line| format!("{}\n", line.trim_start_matches('#').trim_start()))
            .collect();
        let (clusters, problems) = read_text(&text);
        assert_eq!(problems, [""; 0]);
        assert_eq!(clusters[0].namespaces, ["media", "paperless"]);
        assert!(clusters[0].secrets && clusters[0].probe);
        assert_eq!(read_text(AUTO_EXAMPLE).1, [""; 0]);
    }

    #[test]
    fn a_cluster_is_reached_in_one_way() {
        let (clusters, problems) =
            read_text("[[kubernetes]]\nname = \"a\"\nin_cluster = true\nsecrets = \"never\"\n");
        assert_eq!(problems, [""; 0]);
        assert_eq!((&clusters[0].origin, clusters[0].secrets), (&Origin::InCluster, false));
        let (_, problems) = read_text(
            "[[kubernetes]]\nname = \"a\"\nin_cluster = true\nkubeconfig = \"/x\"\n[[kubernetes]]\nname = \"b\"\n",
        );
        assert!(problems[0].contains("not by both"), "{problems:?}");
        assert!(problems[1].contains("it is missing; write for example kubeconfig"), "{problems:?}");
    }

    #[test]
    fn names_are_unique_and_fit_into_an_address() {
        let cluster = |name: &str| format!("[[kubernetes]]\nname = \"{name}\"\nkubeconfig = \"/x\"\n");
        let (clusters, problems) =
            read_text(&format!("{}{}{}{}", cluster("a"), cluster("a"), cluster("b/c"), cluster("hob")));
        assert_eq!(clusters.len(), 1);
        assert!(problems[0].contains("another cluster has the name “a”"), "{problems:?}");
        assert!(problems[1].contains("letters, digits"), "{problems:?}");
        assert!(problems[2].contains("Hob calls its own"), "{problems:?}");
    }

    #[test]
    fn what_is_named_is_all_that_is_watched_unless_it_is_said_otherwise() {
        let read = |text: &str| read(&Config::parse(Path::new("hob.toml"), text).unwrap()).auto;
        let named = "[[kubernetes]]\nname = \"a\"\nkubeconfig = \"/x\"\n";
        if std::env::var_os("HOB_AUTO").is_none() {
            assert!(read(""));
            assert!(read(&format!("{named}[kubernetes_auto]\nenabled = true\n")));
        }
        assert!(!read(named));
        assert!(!read("[kubernetes_auto]\nenabled = false\n"));
    }

    #[test]
    fn contexts_give_names_that_say_something() {
        for (context, name) in [
            ("default", "home"),
            ("kubernetes-admin@kubernetes", "home"),
            ("admin@talos-lab", "talos-lab"),
            ("arn:aws:eks:eu-west-1:1:cluster/prod", "prod"),
            ("my cluster", "my-cluster"),
        ] {
            assert_eq!(name_for(context), name);
        }
    }
}
