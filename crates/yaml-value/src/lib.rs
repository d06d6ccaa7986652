//! YAML as a bounded value: depth, size and what aliases multiply have limits, so that no file is a bomb.
//!
//! For files that somebody else wrote and that are read once: configurations of other programs. Merge keys (`<<`) are
//! followed, as most programs do; of several documents the first is read.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};
use std::collections::HashMap;

/// The deepest nesting.
const DEPTH_MAX: usize = 64;
/// The most values, those of aliases counted each time.
const NODES_MAX: usize = 200_000;
/// The most text in all, that of aliases counted each time, in bytes.
const BYTES_MAX: usize = 32 << 20;

/// Reads the first document of a text.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut reading = Reading::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col() + 1);
            format!("It is no YAML: line {line}, column {column}: {}.", error.info())
        })?;
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
                let value = if is_text { Value::String(text.into_owned()) } else { plain(&text) };
                reading.put(value, anchor)?;
            }
            Event::SequenceStart(anchor, _) => reading.open(Open::List(Vec::new()), anchor)?,
            Event::MappingStart(anchor, _) => {
                reading.open(Open::Table(Map::new(), Vec::new(), None), anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => reading.close()?,
            Event::Alias(id) => reading.alias(id)?,
            Event::DocumentEnd | Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => {}
        }
    }
    Ok(reading.root.unwrap_or_default())
}

enum Open {
    List(Vec<Value>),
    /// What it holds, what is merged into it (`<<`), and the key whose value comes next.
    Table(Map<String, Value>, Vec<Value>, Option<Key>),
}

enum Key {
    Text(String),
    Merge,
}

#[derive(Default)]
struct Reading {
    root: Option<Value>,
    open: Vec<(Open, usize)>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    bytes: usize,
}

struct Anchored {
    value: Value,
    nodes: usize,
    bytes: usize,
}

impl Reading {
    fn count(&mut self, nodes: usize, bytes: usize) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.nodes > NODES_MAX || self.bytes > BYTES_MAX {
            return Err(format!("It holds more than {NODES_MAX} values, what its aliases repeat included."));
        }
        Ok(())
    }

    fn open(&mut self, open: Open, anchor: usize) -> Result<(), String> {
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("It is nested more than {DEPTH_MAX} deep."));
        }
        self.open.push((open, anchor));
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some((open, anchor)) = self.open.pop() else { return Ok(()) };
        let value = match open {
            Open::List(items) => Value::Array(items),
            Open::Table(mut own, merged, _) => {
                // What the table says itself wins, then what is named first.
                for table in merged {
                    let Value::Object(table) = table else { continue };
                    for (key, value) in table {
                        own.entry(key).or_insert(value);
                    }
                }
                Value::Object(own)
            }
        };
        self.put(value, anchor)
    }

    fn alias(&mut self, id: usize) -> Result<(), String> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Err("An alias stands for something that is not complete yet.".to_owned());
        };
        let (nodes, bytes) = (anchored.nodes, anchored.bytes);
        self.count(nodes, bytes)?;
        let value = self.anchors.get(&id).map(|anchored| anchored.value.clone()).unwrap_or_default();
        self.place(value)
    }

    fn put(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        let bytes = if let Value::String(text) = &value { text.len() } else { 0 };
        self.count(1, bytes)?;
        if anchor > 0 {
            let (nodes, bytes) = size(&value);
            // It is kept twice.
            self.count(nodes, bytes)?;
            self.anchors.insert(anchor, Anchored { value: value.clone(), nodes, bytes });
        }
        self.place(value)
    }

    fn place(&mut self, value: Value) -> Result<(), String> {
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some((Open::List(items), _)) => items.push(value),
            Some((Open::Table(own, merged, next), _)) => match next.take() {
                Some(Key::Merge) => match value {
                    Value::Array(tables) => merged.extend(tables),
                    table => merged.push(table),
                },
                Some(Key::Text(key)) => {
                    own.insert(key, value);
                }
                None => {
                    *next = Some(match value {
                        Value::String(key) if key == "<<" => Key::Merge,
                        Value::String(key) => Key::Text(key),
                        Value::Array(_) | Value::Object(_) => {
                            return Err("A list or table is the key of an entry, which means nothing here."
                                .to_owned());
                        }
                        other => Key::Text(other.to_string()),
                    });
                }
            },
        }
        Ok(())
    }
}

/// How many values, and how many bytes of text.
fn size(value: &Value) -> (usize, usize) {
    let sum = |(nodes, bytes): (usize, usize), value: &Value| {
        let (more, text) = size(value);
        (nodes + more, bytes + text)
    };
    match value {
        Value::String(text) => (1, text.len()),
        Value::Array(items) => items.iter().fold((1, 0), sum),
        Value::Object(table) => {
            let keys = table.keys().map(String::len).sum();
            table.values().fold((1, keys), sum)
        }
        _ => (1, 0),
    }
}

/// What a text without quotes means (YAML 1.2, core schema). Durations and addresses are texts.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let number_like = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    let number = number_like.then(|| {
        let whole = text.parse::<i64>().ok().map(Number::from);
        whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
    });
    number.flatten().map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::fmt::Write as _;

    #[test]
    fn what_people_write_is_read() {
        let text = "# a comment\na: 1\nb: [x, \"2\", 2.5, true, ~]\nc:\n  - d: |\n      two\n      lines\n  - e: 60s\n'f': 10:30\n";
        let expected = json!({
            "a": 1, "b": ["x", "2", 2.5, true, null], "c": [{"d": "two\nlines\n"}, {"e": "60s"}], "f": "10:30"
        });
        assert_eq!(parse(text).unwrap(), expected);
        assert_eq!(parse("").unwrap(), Value::Null);
    }

    #[test]
    fn anchors_and_merges_mean_what_they_stand_for() {
        let text = "base: &base {interval: 5m, client: {timeout: 3s}}\nlist:\n  - <<: *base\n    interval: 1m\n  - <<: [*base, {x: 1}]\n  - *base\n";
        let base = json!({"interval": "5m", "client": {"timeout": "3s"}});
        let expected = json!([
            {"interval": "1m", "client": {"timeout": "3s"}},
            {"interval": "5m", "client": {"timeout": "3s"}, "x": 1},
            base
        ]);
        assert_eq!(parse(text).unwrap()["list"], expected);
    }

    #[test]
    fn a_billion_laughs_are_none() {
        let mut text = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n".to_owned();
        for n in 1..30 {
            let before = format!("*a{},", n - 1).repeat(9);
            writeln!(text, "a{n}: &a{n} [{}]", before.trim_end_matches(',')).unwrap();
        }
        let said = parse(&text).unwrap_err();
        assert!(said.contains("aliases"), "{said}");
        let long = format!("a: &a {}\nb: [{}*a]\n", "x".repeat(1 << 20), "*a,".repeat(1000));
        assert!(parse(&long).unwrap_err().contains("aliases"));
        assert!(parse("a: &a [*a]").is_err(), "it holds itself");
    }

    #[test]
    fn depth_has_an_end() {
        assert!(parse(&"[".repeat(100_000)).is_err(), "the parser itself refuses that");
        assert!(parse(&"- ".repeat(100_000)).unwrap_err().contains("deep"));
        assert!(parse(&"{a: ".repeat(100_000)).is_err());
        assert!(parse("? [a]\n: b").unwrap_err().contains("key"));
        assert!(parse("a: [").unwrap_err().starts_with("It is no YAML: line"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-\\[\\]{}:,*&<>|?!%@'\"#~ \\na-c0-9.]{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn nor_does_any_other(text: String) {
            let _ = parse(&text);
        }
    }
}
