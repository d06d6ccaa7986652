//! Names of icons, as dashboards write them, made into something that can be shown without asking anybody.

use crate::apps::{self, App};
use crate::words::{address, letters};

/// What an icon's name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Icon {
    /// The icon of an application of the catalogue.
    App(&'static App),
    /// An emoji, one or two letters, or the name of a symbol that the page has itself (`home`, `key` …).
    Symbol(String),
    /// A picture at an address, which is `http` or `https`.
    Url(String),
}

/// Symbols that a page may have itself, by name; they are passed on as they are.
const OWN_SYMBOLS: [&str; 7] = ["home", "host", "service", "port", "filesystem", "unit", "key"];

/// What stands before the name, and whether what follows is a brand (an application) or a drawing.
const PREFIXES: [(&str, bool); 18] = [
    ("mdi:", false),
    ("mdi-", false),
    ("material-symbols:", false),
    ("tabler:", false),
    ("lucide:", false),
    ("carbon:", false),
    ("ph:", false),
    ("fas fa-", false),
    ("far fa-", false),
    ("fab fa-", true),
    ("simple-icons:", true),
    ("logos:", true),
    ("si:", true),
    ("si-", true),
    ("sh:", true),
    ("sh-", true),
    ("di:", true),
    ("hl-", true),
];

/// The longest name of an icon that is looked at, in characters.
const NAME_MAX: usize = 100;

impl Icon {
    /// Reads an icon as Homepage, Hajimari, Forecastle, Glance, Dashy and Homer write it: an address, a file
    /// (`jellyfin.png`, `/icons/jellyfin.svg`), a name with the collection it is from (`mdi-home`, `sh-jellyfin`,
    /// `si:plex`), an emoji, or one or two letters. `None` for what stands for nothing here.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.contains("://") {
            return address(text).map(Self::Url);
        }
        let short = text.chars().count() <= 2 || (!text.is_ascii() && text.chars().count() <= 8);
        if text.is_empty() || text.chars().count() > NAME_MAX || text.chars().any(char::is_control) {
            return None;
        }
        if short || OWN_SYMBOLS.contains(&text) {
            return (!text.contains(char::is_whitespace)).then(|| Self::Symbol(text.to_owned()));
        }
        // Glance: “auto-invert si:github”.
        let name = text.strip_prefix("auto-invert ").unwrap_or(text).to_lowercase();
        let (name, brand) = PREFIXES
            .iter()
            .find_map(|(prefix, brand)| name.strip_prefix(prefix).map(|rest| (rest, *brand)))
            .unwrap_or((&name, true));
        Self::named(name, brand)
    }

    /// By the name alone: without folder, ending, colour (`-#f0d453`) and shade (`-light`).
    fn named(name: &str, brand: bool) -> Option<Self> {
        let name = name.rsplit('/').next().unwrap_or_default();
        let name = name.split(['#', '?']).next().unwrap_or_default().trim_end_matches('-');
        let name = [".png", ".svg", ".webp", ".jpg", ".jpeg", ".ico"]
            .iter()
            .find_map(|ending| name.strip_suffix(ending))
            .unwrap_or(name);
        let name = ["-light", "-dark"].iter().find_map(|shade| name.strip_suffix(shade)).unwrap_or(name);
        let drawing = DRAWINGS.iter().find(|(known, _)| *known == name).map(|(_, drawing)| *drawing);
        let drawing = drawing.map(|drawing| Self::Symbol(drawing.to_owned()));
        let app = apps::named(name).map(Self::App);
        // “sh-git” is a program, “mdi-git” is a drawing; where there is only one of the two it is meant either way.
        let known = if brand { app.or(drawing) } else { drawing.or(app) };
        if known.is_some() {
            return known;
        }
        let telling =
            brand && name.contains(char::is_alphanumeric) && !matches!(name, "favicon" | "icon" | "logo");
        telling.then(|| Self::Symbol(letters(name)))
    }

    /// The emoji or letters of it, where it is no picture.
    #[must_use]
    pub fn symbol(&self) -> Option<&str> {
        match self {
            Self::App(app) => Some(app.symbol),
            Self::Symbol(symbol) => Some(symbol),
            Self::Url(_) => None,
        }
    }

    /// The address of the picture, where it is one.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Url(url) => Some(url),
            _ => None,
        }
    }
}

/// Drawings of Material Design Icons that dashboards of homes use, and an emoji that says the same.
const DRAWINGS: [(&str, &str); 92] = [
    ("account", "👤"),
    ("account-group", "👥"),
    ("alarm", "⏰"),
    ("animation-play", "🎞️"),
    ("application", "🗔"),
    ("archive", "🗄️"),
    ("baby", "👶"),
    ("backup-restore", "♻️"),
    ("bell", "🔔"),
    ("bitcoin", "₿"),
    ("book", "📕"),
    ("book-multiple", "📚"),
    ("book-open", "📖"),
    ("book-open-page-variant", "📖"),
    ("book-open-variant", "📖"),
    ("bookmark", "🔖"),
    ("bookshelf", "📚"),
    ("brain", "🧠"),
    ("bug", "🐞"),
    ("calendar", "📅"),
    ("camera", "📷"),
    ("car", "🚗"),
    ("cart", "🛒"),
    ("cash", "💰"),
    ("cctv", "📹"),
    ("chart-areaspline", "📈"),
    ("chart-bar", "📊"),
    ("chart-line", "📈"),
    ("chat", "💬"),
    ("checkbox-marked-outline", "☑️"),
    ("chef-hat", "👩‍🍳"),
    ("cloud", "☁️"),
    ("code-braces", "🧩"),
    ("code-tags", "🧩"),
    ("cog", "⚙️"),
    ("console", "💻"),
    ("currency-usd", "💵"),
    ("database", "🗃️"),
    ("dns", "🧭"),
    ("download", "⬇️"),
    ("earth", "🌍"),
    ("email", "✉️"),
    ("ethernet", "🔌"),
    ("file-document", "📄"),
    ("file-search", "🔎"),
    ("filmstrip", "🎞️"),
    ("fire", "🔥"),
    ("flash", "⚡"),
    ("folder", "📁"),
    ("food", "🍽️"),
    ("food-apple", "🍎"),
    ("format-list-checks", "☑️"),
    ("gamepad", "🎮"),
    ("gamepad-variant", "🎮"),
    ("git", "🌿"),
    ("harddisk", "💽"),
    ("heart", "❤️"),
    ("home-automation", "🏠"),
    ("image", "🖼️"),
    ("image-multiple", "🖼️"),
    ("lan", "🕸️"),
    ("leaf", "🍃"),
    ("lightbulb", "💡"),
    ("link", "🔗"),
    ("lock", "🔒"),
    ("magnify", "🔎"),
    ("map", "🗺️"),
    ("microphone", "🎤"),
    ("monitor-dashboard", "📊"),
    ("movie", "🎬"),
    ("music", "🎵"),
    ("network", "🕸️"),
    ("newspaper", "📰"),
    ("note", "📝"),
    ("note-text", "📝"),
    ("pot-mix", "🍲"),
    ("printer", "🖨️"),
    ("printer-3d", "🖨️"),
    ("robot", "🤖"),
    ("router", "📶"),
    ("rss", "📰"),
    ("server", "🖥️"),
    ("shield", "🛡️"),
    ("shield-lock", "🛡️"),
    ("silverware-fork-knife", "🍴"),
    ("sync", "🔄"),
    ("television", "📺"),
    ("thermometer", "🌡️"),
    ("video", "🎥"),
    ("web", "🌐"),
    ("webhook", "🪝"),
    ("wifi", "📶"),
];
