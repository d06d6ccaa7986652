//! Facts as a list of terms; the unit in a key's suffix says how its value is told.

use hob_base::units::{Bytes, BytesPerSecond, Celsius, Percent};
use hob_base::wording::duration_words;
use hob_base::{Fact, Facts};
use maud::{Markup, html};
use std::time::Duration;

/// A list of what is known.
pub fn facts(facts: &Facts) -> Markup {
    html! {
        dl.facts {
            @for (key, fact) in facts {
                @let (term, value) = tell(key, fact);
                div { dt { (term) } dd { (value) } }
            }
        }
    }
}

/// The words for one fact: `memory_total_bytes` = 8589934592 is “Memory total”, “8.0 GiB”.
pub(crate) fn tell(key: &str, fact: &Fact) -> (String, String) {
    const UNITS: [(&str, fn(f64) -> String); 8] = [
        ("_bytes_per_s", |n| BytesPerSecond(n).to_string()),
        ("_bytes", |n| Bytes(n.max(0.0) as u64).to_string()),
        ("_percent", |n| Percent(n).to_string()),
        ("_celsius", |n| Celsius(n).to_string()),
        ("_ms", |n| format!("{n:.0} ms")),
        ("_s", |n| duration_words(Duration::try_from_secs_f64(n).unwrap_or_default())),
        ("_days", |n| format!("{n:.0} days")),
        ("_count", |n| format!("{n:.0}")),
    ];
    let number = fact.as_number();
    let unit = number
        .and_then(|n| UNITS.iter().find_map(|(suffix, told)| Some((key.strip_suffix(suffix)?, told(n)))));
    if let Some((stem, told)) = unit {
        return (heading(stem), told);
    }
    let told = match fact {
        Fact::Boolean(true) => "yes".to_owned(),
        Fact::Boolean(false) => "no".to_owned(),
        Fact::Integer(n) => n.to_string(),
        Fact::Number(n) => format!("{n:.2}"),
        Fact::Text(text) => text.clone(),
    };
    (heading(key), told)
}

fn heading(key: &str) -> String {
    let text = key.replace('_', " ");
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_says_how_a_value_is_told() {
        let told = |key: &str, fact: Fact| tell(key, &fact);
        assert_eq!(
            told("memory_total_bytes", Fact::Integer(8 << 30)),
            ("Memory total".into(), "8.0 GiB".into())
        );
        assert_eq!(told("uptime_s", Fact::Integer(90_000)), ("Uptime".into(), "25 hours".into()));
        assert_eq!(told("load_1", Fact::Number(0.5)), ("Load 1".into(), "0.50".into()));
        assert_eq!(told("loopback_only", Fact::Boolean(true)), ("Loopback only".into(), "yes".into()));
        assert_eq!(told("uptime_s", Fact::Number(-1.0)).1, "0 seconds");
    }
}
