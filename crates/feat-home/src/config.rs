//! `[[tile]]`, `[[bookmark]]` and `[[search_engine]]` in `hob.toml`.

use crate::model::links::{Link, LinkKind, check_engine, check_url, short};
use crate::model::{TileSettings, tags_of};
use hob_base::ResourceId;
use hob_feature::{Config, ConfigSection, Problems};
use std::collections::BTreeMap;

pub(crate) const TILE: ConfigSection = ConfigSection {
    key: "tile",
    check: |config, problems| {
        read(config, problems);
    },
    example: r#"# How a tile of the home page looks. The same can be done on the page itself; what is set here wins there.
# [[tile]]
# resource = "service/nas/3000"   # the id that the resource's page shows
# name = "Grafana"
# group = "Monitoring"
# icon = "📈"                     # one or two characters, or a built-in symbol: host, service, port, filesystem ...
# pinned = true
# hidden = false
# tags = ["graphs"]               # words to find it by
"#,
};

pub(crate) const BOOKMARK: ConfigSection = ConfigSection {
    key: "bookmark",
    check: |config, problems| {
        read_links(config, problems);
    },
    example: r#"# Links beside the tiles. The same can be written down on the page itself.
# [[bookmark]]
# name = "Router"
# url = "https://192.168.1.1/"
# group = "Network"
# icon = "📡"                     # one or two characters, or a built-in symbol
# description = "Upstairs"
"#,
};

pub(crate) const ENGINE: ConfigSection = ConfigSection {
    key: "search_engine",
    // Read together with bookmarks.
    check: |_, _| {},
    example: r#"# Where else to search from the box of the home page. Nothing is sent there until somebody presses its button.
# [[search_engine]]
# name = "DuckDuckGo"
# url = "https://duckduckgo.com/?q={query}"
"#,
};

/// The bookmarks and search engines of the file.
pub(crate) fn read_links(config: &Config, problems: &Problems) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    type Check = fn(&str) -> Result<String, String>;
    for (kind, section, check, example) in [
        (LinkKind::Bookmark, "bookmark", check_url as Check, "https://192.168.1.1/"),
        (LinkKind::Engine, "search_engine", check_engine, "https://duckduckgo.com/?q={query}"),
    ] {
        for reader in config.sections(section, problems) {
            reader.required_text("name", "Router");
            reader.required_text("url", example);
            let name = reader.parsed("name", crate::model::check_name);
            let url = reader.parsed("url", check);
            let more = (kind == LinkKind::Bookmark).then(|| {
                let icon = reader.parsed("icon", hob_web::components::check_symbol);
                let description = reader.text("description").and_then(|text| short(&text, 120));
                (reader.parsed("group", crate::model::check_name), icon, description)
            });
            reader.finish();
            let (Some(name), Some(url)) = (name, url) else { continue };
            let mut link = Link { fixed: true, ..Link::new(kind, name, url) };
            (link.group, link.icon, link.description) = more.unwrap_or_default();
            // Two of the same name are two links.
            let twins = links.iter().filter(|other| other.kind == kind && other.name == link.name).count();
            link.id = format!("file-{}-{twins}", link.id);
            links.push(link);
        }
    }
    links
}

/// What the file says of each tile.
pub(crate) fn read(config: &Config, problems: &Problems) -> BTreeMap<ResourceId, TileSettings> {
    let mut tiles = BTreeMap::new();
    for reader in config.sections("tile", problems) {
        reader.required_text("resource", "service/nas/3000");
        let id: Option<ResourceId> = reader.parsed("resource", str::parse);
        let settings = TileSettings {
            name: reader.parsed("name", crate::model::check_name),
            group: reader.parsed("group", crate::model::check_name),
            icon: reader.parsed("icon", hob_web::components::check_symbol),
            hidden: reader.boolean("hidden"),
            pinned: reader.boolean("pinned"),
            tags: reader.texts("tags").map(|tags| tags_of(&[Some(&tags.join(","))]).join(", ")),
        };
        reader.finish();
        if let Some(id) = id
            && tiles.insert(id.clone(), settings).is_some()
        {
            reader
                .problem("resource", format!("{id} has a [[tile]] already; put its settings into that one"));
        }
    }
    tiles
}
