//! The dialog that changes how a tile looks.

use crate::model::TileSettings;
use hob_base::Resource;
use hob_web::components::{Field, SYMBOLS, encode_id, field};
use maud::{Markup, html};

/// What somebody entered and what is wrong with it.
#[derive(Default)]
pub(crate) struct Mistakes {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) icon: String,
}

pub(crate) fn edit(
    resource: &Resource,
    shown: &TileSettings,
    file: &TileSettings,
    groups: &[String],
    mistakes: &Mistakes,
) -> Markup {
    const FIXED: &str = "Set in hob.toml; change it there.";
    let id = encode_id(&resource.id);
    let help = |fixed: bool, text: &'static str| if fixed { FIXED } else { text };
    let symbols = format!(
        "One or two characters, such as 📈, or one of: {}. Empty for its own icon.",
        SYMBOLS.join(", ")
    );
    let text = |name: &'static str, label: &'static str, value: &Option<String>, fixed: bool| {
        (name, label, value.clone().unwrap_or_default(), fixed)
    };
    let inputs = [
        (
            text("name", "Name", &shown.name, file.name.is_some()),
            help(file.name.is_some(), "Empty for the name that was found."),
            &mistakes.name,
        ),
        (
            text("group", "Group", &shown.group, file.group.is_some()),
            help(file.group.is_some(), "The heading under which it stands."),
            &mistakes.group,
        ),
        (
            text("icon", "Icon", &shown.icon, file.icon.is_some()),
            if file.icon.is_some() { FIXED } else { &symbols },
            &mistakes.icon,
        ),
    ];
    html! {
        form.stack method="post" action={ "/tiles/" (id) } {
            @for ((name, label, value, fixed), help, error) in &inputs {
                (field(&Field { value, help, error, fixed: *fixed, ..Field::text(name, label) }))
            }
            @if !groups.is_empty() { p.note.muted { "Groups so far: " (groups.join(", ")) } }
            (field(&Field {
                value: shown.tags.as_deref().unwrap_or_default(),
                help: help(file.tags.is_some(), "Words to find it by, divided by commas. Those that were found stay."),
                fixed: file.tags.is_some(),
                ..Field::text("tags", "Tags")
            }))
            (check("pinned", "Pin to the top, for everybody", shown.pinned, file.pinned.is_some()))
            (check("hidden", "Hide from the home page", shown.hidden, file.hidden.is_some()))
            div.actions {
                button.primary type="submit" { "Save" }
                button type="submit" name="reset" value="yes" formnovalidate { "Back to what was found" }
            }
        }
    }
}

fn check(name: &str, label: &str, value: Option<bool>, fixed: bool) -> Markup {
    html! {
        div.check {
            input #(name) type="checkbox" name=(name) value="yes" checked[value.unwrap_or(false)] disabled[fixed];
            label for=(name) { (label) @if fixed { " " small { "Set in hob.toml." } } }
        }
    }
}
