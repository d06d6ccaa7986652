//! `[[tile]]` in `hob.toml`.

use crate::model::TileSettings;
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
"#,
};

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
