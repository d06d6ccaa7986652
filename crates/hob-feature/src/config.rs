//! `hob.toml`: read once, checked whole. Every mistake is reported with its line and what would be right, all at once.

use crate::secrets::SecretSource;
use hob_base::wording::{duration_words, nearest, parse_duration};
use std::cell::RefCell;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One section of `hob.toml` that a feature reads.
#[derive(Clone, Copy)]
pub struct ConfigSection {
    /// The top-level key.
    pub key: &'static str,
    /// Reads the section and reports what is wrong with it.
    pub check: fn(&Config, &Problems),
    /// What `hob config example` prints for it.
    pub example: &'static str,
}

/// The settings as written, with the line of each. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Config {
    file: Option<PathBuf>,
    root: Arc<Table>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file's name, as given.
    pub file: String,
    /// Line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// Which setting: `service[2].interval`.
    pub setting: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.setting.is_empty() {
            write!(f, ": {}", self.setting)?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// Collects mistakes, so that all are known before anything starts.
#[derive(Debug, Default)]
pub struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// All mistakes in order of the file.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut all = self.0.into_inner();
        all.sort();
        all.dedup();
        all
    }

    /// Adds one.
    pub fn add(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }
}

type Table = Vec<(String, Item)>;

#[derive(Debug, Clone)]
struct Item {
    line: usize,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Date,
    List(Vec<Item>),
    Table(Table),
}

impl Value {
    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Config {
    /// A hub without a file.
    pub fn empty() -> Self {
        Self { file: None, root: Arc::new(Vec::new()) }
    }

    /// Reads TOML. `file` is what messages call it.
    ///
    /// # Errors
    /// Every mistake of syntax with its line.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(errors
                .iter()
                .map(|error| Problem {
                    file: file.display().to_string(),
                    line: error.span().map_or(0, |span| line_of(text, span.start)),
                    setting: String::new(),
                    problem: format!("this is not TOML: {}", error.message()),
                })
                .collect());
        }
        Ok(Self { file: Some(file.to_owned()), root: Arc::new(convert_table(table.get_ref(), text)) })
    }

    /// Which file it was read from.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    fn file_name(&self) -> String {
        self.file.as_ref().map_or_else(|| "hob.toml".to_owned(), |path| path.display().to_string())
    }

    /// Reads the top level, whose keys may also be sections.
    pub fn top<'a>(&'a self, problems: &'a Problems) -> Reader<'a> {
        Reader::new(self, Some(&self.root), String::new(), 1, problems)
    }

    /// Reads the table `[key]`; empty when it is not there.
    pub fn section<'a>(&'a self, key: &str, problems: &'a Problems) -> Reader<'a> {
        self.top(problems).table(key)
    }

    /// Reads the tables `[[key]]`.
    pub fn sections<'a>(&'a self, key: &str, problems: &'a Problems) -> Vec<Reader<'a>> {
        self.top(problems).tables(key)
    }

    /// Reports top-level keys that nobody reads.
    pub fn check_keys(&self, known: &[&str], problems: &Problems) {
        let top = self.top(problems);
        for key in known {
            top.seen.borrow_mut().push((*key).to_owned());
        }
        top.finish();
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

fn convert_table(table: &DeTable<'_>, text: &str) -> Table {
    table
        .iter()
        .map(|(key, value)| {
            let mut item = convert(value, text);
            // A table's own span is its header; an inline value is best found by its key.
            item.line = line_of(text, key.span().start);
            (key.get_ref().to_string(), item)
        })
        .collect()
}

fn convert(value: &Spanned<DeValue<'_>>, text: &str) -> Item {
    let line = line_of(text, value.span().start);
    let value = match value.get_ref() {
        DeValue::String(s) => Value::Text(s.to_string()),
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix())
            .map_or_else(|_| Value::Number(f64::NAN), Value::Integer),
        DeValue::Float(f) => Value::Number(f.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(b) => Value::Boolean(*b),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => Value::List(items.iter().map(|item| convert(item, text)).collect()),
        DeValue::Table(table) => Value::Table(convert_table(table, text)),
    };
    Item { line, value }
}

/// Reads one table. Each getter returns `None` for a missing or a wrong value, and reports the wrong one; [`finish`]
/// reports keys that nobody asked for.
///
/// [`finish`]: Reader::finish
pub struct Reader<'a> {
    config: &'a Config,
    table: Option<&'a Table>,
    path: String,
    line: usize,
    problems: &'a Problems,
    seen: RefCell<Vec<String>>,
}

impl<'a> Reader<'a> {
    fn new(
        config: &'a Config,
        table: Option<&'a Table>,
        path: String,
        line: usize,
        problems: &'a Problems,
    ) -> Self {
        Self { config, table, path, line, problems, seen: RefCell::default() }
    }

    fn item(&self, key: &str) -> Option<&'a Item> {
        self.seen.borrow_mut().push(key.to_owned());
        self.table?.iter().find(|(name, _)| name == key).map(|(_, item)| item)
    }

    fn setting(&self, key: &str) -> String {
        match (self.path.is_empty(), key.is_empty()) {
            (true, _) => key.to_owned(),
            (_, true) => self.path.clone(),
            _ => format!("{}.{key}", self.path),
        }
    }

    fn report(&self, line: usize, key: &str, problem: String) {
        self.problems.add(Problem {
            file: self.config.file_name(),
            line,
            setting: self.setting(key),
            problem,
        });
    }

    /// Reports a mistake that only the feature can see.
    pub fn problem(&self, key: &str, problem: impl Into<String>) {
        let line = self
            .table
            .and_then(|t| t.iter().find(|(name, _)| name == key))
            .map_or(self.line, |(_, i)| i.line);
        self.report(line, key, problem.into());
    }

    fn wrong(&self, item: &Item, key: &str, wanted: &str) {
        self.report(item.line, key, format!("this is {}, but it must be {wanted}", item.value.kind()));
    }

    /// The line of the file in which this table begins.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Whether the table is there at all.
    pub fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// Text.
    pub fn text(&self, key: &str) -> Option<String> {
        let item = self.item(key)?;
        match &item.value {
            Value::Text(text) => Some(text.clone()),
            _ => {
                self.wrong(item, key, "text in quotes");
                None
            }
        }
    }

    /// Text that must be there; `example` says what would be right.
    pub fn required_text(&self, key: &str, example: &str) -> Option<String> {
        let missing = self.item(key).is_none();
        if missing {
            self.report(self.line, key, format!("it is missing; write for example {key} = \"{example}\""));
        }
        self.text(key).filter(|_| !missing)
    }

    /// Text that `parse` turns into a value; its error says what would be right.
    pub fn parsed<T>(&self, key: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(key)?;
        parse(&text).map_err(|problem| self.problem(key, problem)).ok()
    }

    /// A whole number within limits.
    pub fn integer(&self, key: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let item = self.item(key)?;
        let wanted = || format!("a whole number from {} to {}", range.start(), range.end());
        match &item.value {
            Value::Integer(n) if range.contains(n) => Some(*n),
            Value::Integer(n) => {
                self.report(item.line, key, format!("{n} is out of range: it must be {}", wanted()));
                None
            }
            _ => {
                self.wrong(item, key, &wanted());
                None
            }
        }
    }

    /// A number within limits.
    pub fn number(&self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let item = self.item(key)?;
        let wanted = || format!("a number from {} to {}", range.start(), range.end());
        let number = match &item.value {
            Value::Integer(n) => *n as f64,
            Value::Number(n) => *n,
            _ => {
                self.wrong(item, key, &wanted());
                return None;
            }
        };
        if range.contains(&number) {
            return Some(number);
        }
        self.report(item.line, key, format!("{number} is out of range: it must be {}", wanted()));
        None
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        let item = self.item(key)?;
        match item.value {
            Value::Boolean(b) => Some(b),
            _ => {
                self.wrong(item, key, "true or false");
                None
            }
        }
    }

    /// A duration such as `"30s"`, within limits.
    pub fn duration(&self, key: &str, range: RangeInclusive<Duration>) -> Option<Duration> {
        let duration = self.parsed(key, parse_duration)?;
        if range.contains(&duration) {
            return Some(duration);
        }
        let (min, max) = (duration_words(*range.start()), duration_words(*range.end()));
        self.problem(
            key,
            format!("{} is out of range: it must be from {min} to {max}", duration_words(duration)),
        );
        None
    }

    /// A list of texts; one text alone is a list of one.
    pub fn texts(&self, key: &str) -> Option<Vec<String>> {
        let item = self.item(key)?;
        match &item.value {
            Value::Text(text) => Some(vec![text.clone()]),
            Value::List(items) => {
                let texts = items.iter().map(|item| match &item.value {
                    Value::Text(text) => Some(text.clone()),
                    _ => {
                        self.wrong(item, key, "a list of texts in quotes");
                        None
                    }
                });
                texts.collect()
            }
            _ => {
                self.wrong(item, key, "a list of texts in quotes");
                None
            }
        }
    }

    /// A list of whole numbers within limits; one number alone is a list of one.
    pub fn integers(&self, key: &str, range: RangeInclusive<i64>) -> Option<Vec<i64>> {
        let item = self.item(key)?;
        let single = std::slice::from_ref(item);
        let items = if let Value::List(items) = &item.value { items.as_slice() } else { single };
        let numbers = items.iter().map(|item| match &item.value {
            Value::Integer(n) if range.contains(n) => Some(*n),
            _ => {
                let wanted = format!("must be a whole number from {} to {}", range.start(), range.end());
                self.report(item.line, key, format!("each entry {wanted}"));
                None
            }
        });
        numbers.collect()
    }

    /// A secret: `{ file = "…" }` or `{ env = "…" }`, never the value itself.
    pub fn secret(&self, key: &str) -> Option<SecretSource> {
        let item = self.item(key)?;
        let source = match &item.value {
            Value::Table(table) => match table.as_slice() {
                [(kind, Item { value: Value::Text(text), .. })] if kind == "file" => {
                    Some(SecretSource::File(text.into()))
                }
                [(kind, Item { value: Value::Text(text), .. })] if kind == "env" => {
                    Some(SecretSource::Env(text.clone()))
                }
                _ => None,
            },
            _ => None,
        };
        if source.is_none() {
            let problem =
                "secrets do not belong into this file; write { file = \"/path\" } or { env = \"NAME\" }";
            self.report(item.line, key, problem.to_owned());
        }
        source
    }

    /// Text as it stands there, or where a secret is: for an address that may itself be a secret.
    pub fn text_or_secret(&self, key: &str) -> Option<Result<String, SecretSource>> {
        match &self.item(key)?.value {
            Value::Table(_) => self.secret(key).map(Err),
            _ => self.text(key).map(Ok),
        }
    }

    /// A table within this one; empty when it is not there.
    pub fn table(&self, key: &str) -> Reader<'a> {
        let path = self.setting(key);
        match self.item(key) {
            Some(Item { line, value: Value::Table(table) }) => {
                Reader::new(self.config, Some(table), path, *line, self.problems)
            }
            other => {
                if let Some(item) = other {
                    self.wrong(item, key, &format!("a table: [{path}]"));
                }
                Reader::new(self.config, None, path, self.line, self.problems)
            }
        }
    }

    /// A list of tables.
    pub fn tables(&self, key: &str) -> Vec<Reader<'a>> {
        let path = self.setting(key);
        let Some(item) = self.item(key) else { return Vec::new() };
        let Value::List(items) = &item.value else {
            self.wrong(item, key, &format!("a list of tables: [[{path}]]"));
            return Vec::new();
        };
        let readers = items.iter().enumerate().filter_map(|(i, item)| {
            let Value::Table(table) = &item.value else {
                self.wrong(item, key, &format!("a list of tables: [[{path}]]"));
                return None;
            };
            Some(Reader::new(
                self.config,
                Some(table),
                format!("{path}[{}]", i + 1),
                item.line,
                self.problems,
            ))
        });
        readers.collect()
    }

    /// Reports the keys that nobody asked for, with the nearest one that exists.
    pub fn finish(&self) {
        let seen = self.seen.borrow();
        for (key, item) in self.table.into_iter().flatten() {
            if seen.contains(key) {
                continue;
            }
            let hint = match nearest(key, seen.iter().map(String::as_str)) {
                Some(word) => format!("did you mean “{word}”?"),
                None => {
                    let mut known: Vec<&str> = seen.iter().map(String::as_str).collect();
                    known.sort_unstable();
                    known.dedup();
                    format!("known here are: {}", known.join(", "))
                }
            };
            self.report(item.line, key, format!("there is no such setting; {hint}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problems_of(text: &str, read: impl Fn(&Config, &Problems)) -> Vec<String> {
        let config = match Config::parse(Path::new("hob.toml"), text) {
            Ok(config) => config,
            Err(problems) => return problems.iter().map(ToString::to_string).collect(),
        };
        let problems = Problems::default();
        read(&config, &problems);
        problems.into_sorted().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_what_would_be_right() {
        let text = "\
[[service]]
url = 5
interval = \"1w\"
intervall = \"30s\"

[[service]]
name = \"NAS\"
interval = \"1ms\"
password = \"hunter2\"
";
        let problems = problems_of(text, |config, problems| {
            for service in config.sections("service", problems) {
                service.text("name");
                service.required_text("url", "http://nas.lan");
                service.duration("interval", Duration::from_secs(1)..=Duration::from_secs(86_400));
                service.secret("password");
                service.finish();
            }
        });
        assert_eq!(
            problems,
            [
                "hob.toml:2: service[1].url: this is a whole number, but it must be text in quotes",
                "hob.toml:3: service[1].interval: “1w” is not a duration: write a number and a unit, such as 30s, 5m, 2h or 14d.",
                "hob.toml:4: service[1].intervall: there is no such setting; did you mean “interval”?",
                "hob.toml:6: service[2].url: it is missing; write for example url = \"http://nas.lan\"",
                "hob.toml:8: service[2].interval: 1 ms is out of range: it must be from 1 second to 24 hours",
                "hob.toml:9: service[2].password: secrets do not belong into this file; write { file = \"/path\" } or { env = \"NAME\" }",
            ]
        );
    }

    #[test]
    fn broken_syntax_is_reported_with_its_line() {
        let problems = problems_of("listen = \"x\"\n[oops\n", |_, _| {});
        assert!(problems[0].starts_with("hob.toml:2: this is not TOML:"), "{problems:?}");
    }

    #[test]
    fn a_wrong_shape_says_which_shape_is_right() {
        let problems = problems_of("hosts = 5\nservice = 6\n", |config, problems| {
            config.section("hosts", problems).finish();
            config.sections("service", problems);
        });
        assert_eq!(
            problems,
            [
                "hob.toml:1: hosts: this is a whole number, but it must be a table: [hosts]",
                "hob.toml:2: service: this is a whole number, but it must be a list of tables: [[service]]",
            ]
        );
    }

    #[test]
    fn unknown_sections_are_reported() {
        let problems = problems_of("[servces]\n", |config, problems| {
            config.check_keys(&["services", "hosts"], problems);
        });
        assert_eq!(problems, ["hob.toml:1: servces: there is no such setting; did you mean “services”?"]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,200}") {
            problems_of(&text, |config, problems| {
                let top = config.top(problems);
                top.text("a");
                top.tables("b");
                top.finish();
            });
        }
    }
}
