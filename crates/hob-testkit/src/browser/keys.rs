//! Names of keys, as in `Shift+Tab`.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;

use super::BrowserError;

/// The presses and releases for a key and the modifiers before it.
pub(super) fn strokes(combination: &str) -> Result<KeyActions, BrowserError> {
    // A lone plus, or one after a modifier, is the key itself.
    let (modifiers, name) = match combination.strip_suffix('+') {
        Some(rest) => (rest.strip_suffix('+').unwrap_or(rest), "+"),
        None => combination.rsplit_once('+').unwrap_or(("", combination)),
    };
    let mut held = Vec::new();
    for modifier in modifiers.split('+').filter(|modifier| !modifier.is_empty()) {
        held.push(modifier_named(modifier).ok_or_else(|| unknown(modifier))?);
    }
    let key = key_named(name).ok_or_else(|| unknown(name))?;
    let mut actions = KeyActions::new("keyboard".to_owned());
    for &modifier in &held {
        actions = actions.then(KeyAction::Down { value: modifier });
    }
    actions = actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
    for &modifier in held.iter().rev() {
        actions = actions.then(KeyAction::Up { value: modifier });
    }
    Ok(actions)
}

fn unknown(name: &str) -> BrowserError {
    BrowserError::new(format!("there is no key named {name:?}"))
}

fn modifier_named(name: &str) -> Option<char> {
    let key = match name {
        "Shift" => Key::Shift,
        "Control" => Key::Control,
        "Alt" => Key::Alt,
        "Meta" => Key::Meta,
        _ => return None,
    };
    Some(key.into())
}

fn key_named(name: &str) -> Option<char> {
    let mut characters = name.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        return Some(character);
    }
    let key = match name {
        "Tab" => Key::Tab,
        "Enter" => Key::Enter,
        "Escape" => Key::Escape,
        "Space" => return Some(' '),
        "Backspace" => Key::Backspace,
        "Delete" => Key::Delete,
        "Home" => Key::Home,
        "End" => Key::End,
        "PageUp" => Key::PageUp,
        "PageDown" => Key::PageDown,
        "ArrowUp" => Key::Up,
        "ArrowDown" => Key::Down,
        "ArrowLeft" => Key::Left,
        "ArrowRight" => Key::Right,
        _ => return modifier_named(name),
    };
    Some(key.into())
}
