//! The keys of the dashboards, and what each of them means. A key that is not here is never read: widgets' keys hold
//! passwords of other programs.

/// Whose key it is; the first goes before the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Hob,
    Homepage,
    /// Said for one of several Homepages only.
    HomepageInstance,
    Hajimari,
    Forecastle,
    Glance,
    Gatus,
}

/// What a key tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Name,
    Group,
    Icon,
    Url,
    Description,
    Weight,
    Hide,
    Show,
    Tags,
    External,
    Restricted,
    Probe,
    ProbeOn,
    ProbeUrl,
    GatusEndpoint,
    PodSelector,
    PartOf,
}

/// The meaning of an annotation's key.
pub(super) fn of_annotation(key: &str) -> Option<(Source, Field)> {
    let (prefix, name) = key.split_once('/')?;
    match prefix {
        "hob.dev" => hob(name).map(|field| (Source::Hob, field)),
        "gethomepage.dev" => homepage(name),
        "hajimari.io" => hajimari(name).map(|field| (Source::Hajimari, field)),
        "forecastle.stakater.com" => forecastle(name).map(|field| (Source::Forecastle, field)),
        "gatus.home-operations.com" | "gatus.io" => gatus(name).map(|field| (Source::Gatus, field)),
        _ => None,
    }
}

/// The meaning of a label's key.
pub(super) fn of_label(key: &str) -> Option<(Source, Field)> {
    let Some((prefix, name)) = key.split_once('.').filter(|_| !key.contains('/')) else {
        return of_annotation(key);
    };
    match prefix {
        "hob" => hob(name).map(|field| (Source::Hob, field)),
        "homepage" => homepage(name),
        "glance" => glance(name).map(|field| (Source::Glance, field)),
        _ => None,
    }
}

fn hob(name: &str) -> Option<Field> {
    Some(match name {
        "hide" => Field::Hide,
        "name" => Field::Name,
        "group" => Field::Group,
        "icon" => Field::Icon,
        "url" => Field::Url,
        "description" => Field::Description,
        "tags" => Field::Tags,
        "weight" => Field::Weight,
        "probe" => Field::Probe,
        "external" => Field::External,
        _ => return None,
    })
}

/// <https://gethomepage.dev/configs/kubernetes/> and <https://gethomepage.dev/configs/docker/>.
fn homepage(name: &str) -> Option<(Source, Field)> {
    let (source, name) = match name.strip_prefix("instance.").and_then(|rest| rest.split_once('.')) {
        Some((_, name)) => (Source::HomepageInstance, name),
        None => (Source::Homepage, name),
    };
    let field = match name {
        "enabled" => Field::Show,
        "name" => Field::Name,
        "group" => Field::Group,
        "icon" => Field::Icon,
        "href" => Field::Url,
        "description" => Field::Description,
        "weight" => Field::Weight,
        "external" => Field::External,
        "siteMonitor" => Field::ProbeUrl,
        "pod-selector" => Field::PodSelector,
        _ => return None,
    };
    Some((source, field))
}

/// <https://hajimari.io>: annotations of an Ingress.
fn hajimari(name: &str) -> Option<Field> {
    Some(match name {
        "enable" => Field::Show,
        "appName" => Field::Name,
        "group" => Field::Group,
        "icon" => Field::Icon,
        "url" => Field::Url,
        "info" => Field::Description,
        _ => return None,
    })
}

/// <https://github.com/stakater/Forecastle>: annotations.
fn forecastle(name: &str) -> Option<Field> {
    Some(match name {
        "expose" => Field::Show,
        "appName" => Field::Name,
        "group" => Field::Group,
        "icon" => Field::Icon,
        "url" => Field::Url,
        "network-restricted" => Field::Restricted,
        _ => return None,
    })
}

/// <https://github.com/glanceapp/glance>: labels of the widget for Docker containers.
fn glance(name: &str) -> Option<Field> {
    Some(match name {
        "hide" => Field::Hide,
        "name" => Field::Name,
        "url" => Field::Url,
        "description" => Field::Description,
        "icon" => Field::Icon,
        "category" => Field::Group,
        "parent" => Field::PartOf,
        _ => return None,
    })
}

/// <https://github.com/home-operations/gatus-sidecar>: annotations of routes and Services.
fn gatus(name: &str) -> Option<Field> {
    Some(match name {
        "enabled" => Field::ProbeOn,
        "endpoint" => Field::GatusEndpoint,
        _ => return None,
    })
}
