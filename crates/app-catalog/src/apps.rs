//! The catalogue: applications that people run at home, by the names of their images.

mod home;
mod media;
mod parts;
mod system;
mod work;

use crate::image::ImageName;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What an application is for; the words are headings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Films, series, music, audio books.
    Media,
    /// What fetches media, and what manages that.
    Downloads,
    /// Photos.
    Photos,
    /// Papers, books and PDFs.
    Documents,
    /// Files and their synchronisation.
    Files,
    /// Backups.
    Backup,
    /// Lights, cameras, sensors.
    HomeAutomation,
    /// What watches other things.
    Monitoring,
    /// Proxies, DNS, VPN, Wi-Fi.
    Network,
    /// Logins, passwords, secrets, intrusion detection.
    Security,
    /// Mail, chat, notifications, social networks.
    Communication,
    /// Notes, tasks, calendars, bookmarks, news.
    Productivity,
    /// Recipes, money, stock, cars, health.
    Household,
    /// Code, builds, tools of people who write programs.
    Development,
    /// Language models and what talks to them.
    Ai,
    /// Games and their servers.
    Games,
    /// Databases, caches, queues.
    Databases,
    /// What runs machines, containers and clusters.
    Infrastructure,
    /// Dashboards and start pages.
    Dashboards,
    /// Web sites and shops of one's own.
    Websites,
    /// Small tools.
    Tools,
}

impl Category {
    /// The heading.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Media => "Media",
            Self::Downloads => "Downloads",
            Self::Photos => "Photos",
            Self::Documents => "Documents",
            Self::Files => "Files",
            Self::Backup => "Backup",
            Self::HomeAutomation => "Home automation",
            Self::Monitoring => "Monitoring",
            Self::Network => "Network",
            Self::Security => "Security",
            Self::Communication => "Communication",
            Self::Productivity => "Productivity",
            Self::Household => "Household",
            Self::Development => "Development",
            Self::Ai => "AI",
            Self::Games => "Games",
            Self::Databases => "Databases",
            Self::Infrastructure => "Infrastructure",
            Self::Dashboards => "Dashboards",
            Self::Websites => "Web sites",
            Self::Tools => "Tools",
        }
    }
}

/// Whether people open it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It has pages that a person opens in a browser.
    Page,
    /// Only programs talk to it: databases, exporters, operators, tunnels, services without pages.
    Machine,
}

/// One application.
#[derive(Debug, PartialEq, Eq)]
pub struct App {
    /// What it is called in programs: `home-assistant`. Unique.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// An emoji, or one or two letters.
    pub symbol: &'static str,
    /// What it is for.
    pub category: Category,
    /// Whether people open it.
    pub role: Role,
    /// The ports on which its pages answer inside the container, the usual one first. Empty where that is not known.
    pub ports: &'static [u16],
    /// Where its pages begin, `/` for nearly all.
    pub path: &'static str,
    /// Further last parts of repositories (`pms-docker`) and pairs of the last two (`vaultwarden/server`).
    images: &'static [&'static str],
}

impl App {
    const fn at(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    const fn images(mut self, images: &'static [&'static str]) -> Self {
        self.images = images;
        self
    }
}

/// An application with pages.
const fn page(
    id: &'static str,
    name: &'static str,
    symbol: &'static str,
    category: Category,
    ports: &'static [u16],
) -> App {
    App { id, name, symbol, category, role: Role::Page, ports, path: "/", images: &[] }
}

/// An application that only programs talk to.
const fn machine(id: &'static str, name: &'static str, symbol: &'static str, category: Category) -> App {
    App { id, name, symbol, category, role: Role::Machine, ports: &[], path: "/", images: &[] }
}

/// All applications of the catalogue.
pub fn all() -> impl Iterator<Item = &'static App> {
    [media::APPS, home::APPS, work::APPS, system::APPS, parts::APPS].into_iter().flatten()
}

/// The applications by their names: ids, last parts of repositories, and pairs of parts.
static BY_NAME: LazyLock<HashMap<&'static str, &'static App>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for app in all() {
        for name in app.images {
            names.entry(*name).or_insert(app);
        }
    }
    // An id is never taken away by what another application's image is called.
    names.extend(all().map(|app| (app.id, app)));
    names
});

/// The application of this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static App> {
    BY_NAME.get(id).copied().filter(|app| app.id == id)
}

/// The application whose image this is: `ghcr.io/home-operations/sonarr:4` and `linuxserver/sonarr` are both Sonarr.
#[must_use]
pub fn app(image: &str) -> Option<&'static App> {
    of(&ImageName::parse(image)?)
}

/// Last parts of repositories that say nothing of the application: what stands before them does.
const GENERIC: [&str; 28] = [
    "api",
    "app",
    "backend",
    "base",
    "client",
    "container",
    "controller",
    "core",
    "daemon",
    "docker",
    "frontend",
    "image",
    "latest",
    "main",
    "manager",
    "node",
    "operator",
    "prod",
    "production",
    "proxy",
    "runner",
    "server",
    "service",
    "stable",
    "ui",
    "web",
    "webapp",
    "worker",
];

/// What builders and editions add to a name.
const ENDINGS: [&str; 18] = [
    "-docker",
    "-server",
    "-web",
    "-app",
    "-ce",
    "-oss",
    "-rootless",
    "-alpine",
    "-community",
    "-standalone",
    "-amd64",
    "-arm64",
    "-image",
    "-container",
    "-ls",
    "-nightly",
    "-develop",
    "-slim",
];

pub(crate) fn of(image: &ImageName) -> Option<&'static App> {
    let mut parts = image.repository.rsplit('/');
    let (last, owner) = (parts.next()?, parts.next());
    let pair = owner.map(|owner| format!("{owner}/{last}"));
    if let Some(app) = pair.and_then(|pair| BY_NAME.get(pair.as_str()).copied()) {
        return Some(app);
    }
    if !GENERIC.contains(&last) {
        return named(last);
    }
    // `paperless/server`, `owner/app/web`: what stands before says what it is, if it is no collection of images.
    matches!(last, "app" | "docker" | "frontend" | "image" | "server" | "web" | "webapp" | "ui" | "main")
        .then_some(owner?)
        .and_then(named)
}

/// The application of a name without its owner: `docker-sonarr`, `sonarr-server`.
pub(crate) fn named(name: &str) -> Option<&'static App> {
    let by_name = |name: &str| BY_NAME.get(name).copied();
    let plain = name.strip_prefix("docker-").unwrap_or(name);
    by_name(name).or_else(|| by_name(plain)).or_else(|| {
        let ending = ENDINGS.iter().find_map(|ending| plain.strip_suffix(ending))?;
        by_name(ending)
    })
}

/// The part of a repository that says what an unknown image is.
pub(crate) fn telling_part(image: &ImageName) -> &str {
    let last = image.last();
    let before = image.repository.rsplit('/').nth(1).filter(|before| *before != "library");
    let telling = if GENERIC.contains(&last) { before.unwrap_or(last) } else { last };
    telling.strip_prefix("docker-").filter(|rest| !rest.is_empty()).unwrap_or(telling)
}

/// Endings of names that only programs talk to, and what such a thing is for.
const MACHINES: [(&str, Option<Category>); 24] = [
    ("exporter", Some(Category::Monitoring)),
    ("operator", Some(Category::Infrastructure)),
    ("controller", Some(Category::Infrastructure)),
    ("controller-manager", Some(Category::Infrastructure)),
    ("webhook", Some(Category::Infrastructure)),
    ("provisioner", Some(Category::Infrastructure)),
    ("provider", Some(Category::Infrastructure)),
    ("csi", Some(Category::Infrastructure)),
    ("csi-driver", Some(Category::Infrastructure)),
    ("csi-plugin", Some(Category::Infrastructure)),
    ("cni", Some(Category::Infrastructure)),
    ("device-plugin", Some(Category::Infrastructure)),
    ("agent", None),
    ("init", None),
    ("worker", None),
    ("sidecar", None),
    ("cron", None),
    ("migrate", None),
    ("migrations", None),
    ("backup", Some(Category::Backup)),
    ("postgres", Some(Category::Databases)),
    ("redis", Some(Category::Databases)),
    ("db", Some(Category::Databases)),
    ("bot", None),
];

/// What an image that is not in the catalogue probably is, by the end of its name.
pub(crate) fn guess(image: &ImageName) -> (Role, Option<Category>) {
    let last = image.last();
    let ends = |ending: &str| {
        last.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with(['-', '_', '.']))
    };
    let found = MACHINES.iter().find(|(ending, _)| ends(ending));
    let first = last.starts_with("csi-") || last.starts_with("kube-") || last.starts_with("postgresql-");
    match found {
        Some((_, category)) => (Role::Machine, *category),
        None if first => (Role::Machine, Some(Category::Infrastructure)),
        None => (Role::Page, None),
    }
}

#[cfg(test)]
impl App {
    pub(crate) const fn images_for_tests(&self) -> &'static [&'static str] {
        self.images
    }
}
