//! What must hold of a page that is JSON: `$.status == "ok"`.
//!
//! The grammar, all of it:
//!
//! ```text
//! assertion = path "exists" | path operator value
//! path      = "$" { "." name | "[" index "]" | "[" string "]" }
//! operator  = "==" | "!=" | "<" | ">" | "<=" | ">=" | "contains"
//! value     = what JSON knows as a value; or any other text, taken as it stands
//! name      = letters, digits, "_" and "-"
//! index     = a whole number; a negative one counts from the end
//! ```
//!
//! Numbers are compared as numbers, also where one of them is written as text ("21.5"), as many devices do. Texts, `true`,
//! `false` and `null` are only equal or not. `contains` looks for a text in a text, a value in a list, or a key in an
//! object. A path that leads nowhere fulfils nothing, not even `!=`.

use hob_base::wording::tidy;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// The longest assertion, in bytes.
const LENGTH_MAX: usize = 1000;
/// The most steps of a path.
const STEPS_MAX: usize = 32;
/// How much of a value is shown, in characters.
const SHOWN_MAX: usize = 60;

/// What must hold of a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assertion {
    path: Path,
    test: Test,
}

/// Where in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(i64),
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Exists,
    Compare(Operator, Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    More,
    AtMost,
    AtLeast,
    Contains,
}

/// Longer ones first, since `<` begins `<=`.
const OPERATORS: [(&str, Operator); 7] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::More),
    ("contains", Operator::Contains),
];

/// Why an assertion does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// There is nothing at the path.
    Nowhere,
    /// What is there, for people; it differs from probe to probe.
    Is(String),
    /// The values cannot be compared in this way.
    NoNumber(String),
}

impl Assertion {
    /// Whether it holds of a page.
    ///
    /// # Errors
    /// Why it does not.
    pub(crate) fn check(&self, page: &Value) -> Result<(), Unmet> {
        let value = self.path.follow(page).ok_or(Unmet::Nowhere)?;
        let Test::Compare(operator, wanted) = &self.test else { return Ok(()) };
        match holds(*operator, value, wanted) {
            Some(true) => Ok(()),
            Some(false) => Err(Unmet::Is(shown(value))),
            None => Err(Unmet::NoNumber(shown(value))),
        }
    }
}

impl Path {
    fn follow<'a>(&self, page: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(page, |value, step| match (step, value) {
            (Step::Key(key), Value::Object(object)) => object.get(key),
            (Step::Index(index), Value::Array(items)) => {
                let from_end = |n: u64| items.len().checked_sub(usize::try_from(n).ok()?);
                let at = if *index < 0 {
                    from_end(index.unsigned_abs())?
                } else {
                    usize::try_from(*index).ok()?
                };
                items.get(at)
            }
            _ => None,
        })
    }
}

fn holds(operator: Operator, value: &Value, wanted: &Value) -> Option<bool> {
    match operator {
        Operator::Equal => Some(same(value, wanted)),
        Operator::NotEqual => Some(!same(value, wanted)),
        Operator::Contains => Some(contains(value, wanted)),
        Operator::Less => Some(number(value)? < number(wanted)?),
        Operator::More => Some(number(value)? > number(wanted)?),
        Operator::AtMost => Some(number(value)? <= number(wanted)?),
        Operator::AtLeast => Some(number(value)? >= number(wanted)?),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    let numbers = a.is_number() || b.is_number();
    match (number(a), number(b)) {
        (Some(a), Some(b)) if numbers => a == b,
        _ => a == b,
    }
}

/// A number, also one written as text. Nothing else: “inf” and “nan” are words.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let text = text.trim();
            let number: f64 = text.parse().ok()?;
            (number.is_finite()
                && text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')))
            .then_some(number)
        }
        _ => None,
    }
}

fn contains(value: &Value, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        // `$.version contains 2` looks for the digit.
        (Value::String(text), other) => text.contains(&other.to_string()),
        (Value::Array(items), wanted) => items.iter().any(|item| same(item, wanted)),
        (Value::Object(object), Value::String(key)) => object.contains_key(key),
        _ => false,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(object) => format!("an object of {}", object.len()),
        Value::String(text) => format!("“{}”", tidy(text, SHOWN_MAX)),
        other => tidy(&other.to_string(), SHOWN_MAX),
    }
}

impl FromStr for Assertion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            |why: &str| format!("{why}; write for example $.status == \"ok\" or $.queue[0].size < 10");
        if text.len() > LENGTH_MAX {
            return Err(format!("it is longer than {LENGTH_MAX} bytes"));
        }
        let (path, rest) = read_path(text.trim()).map_err(wrong)?;
        let rest = rest.trim();
        if rest == "exists" {
            return Ok(Self { path, test: Test::Exists });
        }
        let (sign, operator) = OPERATORS
            .into_iter()
            .find(|(sign, _)| rest.starts_with(sign))
            .ok_or_else(|| wrong("after the path comes one of ==, !=, <, >, <=, >=, contains, exists"))?;
        let value = rest[sign.len()..].trim();
        if value.is_empty() {
            return Err(wrong("the value is missing"));
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        let ordered =
            matches!(operator, Operator::Less | Operator::More | Operator::AtMost | Operator::AtLeast);
        if ordered && number(&value).is_none() {
            return Err(wrong("only numbers are smaller or greater"));
        }
        Ok(Self { path, test: Test::Compare(operator, value) })
    }
}

fn read_path(text: &str) -> Result<(Path, &str), &'static str> {
    let mut rest = text.strip_prefix('$').ok_or("a path begins with $")?;
    let mut steps = Vec::new();
    loop {
        if steps.len() > STEPS_MAX {
            return Err("the path is too long");
        }
        let (step, after) = if let Some(name) = rest.strip_prefix('.') {
            let end =
                name.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(name.len());
            if end == 0 {
                return Err("after a dot comes a name");
            }
            (Step::Key(name[..end].to_owned()), &name[end..])
        } else if let Some(inner) = rest.strip_prefix('[') {
            read_bracket(inner)?
        } else {
            return Ok((Path(steps), rest));
        };
        steps.push(step);
        rest = after;
    }
}

/// What stands in brackets, up to and with the closing one.
fn read_bracket(inner: &str) -> Result<(Step, &str), &'static str> {
    let unclosed = "a bracket is not closed";
    if inner.starts_with('"') {
        // The stream reads one value and says where it ended.
        let mut values = serde_json::Deserializer::from_str(inner).into_iter::<String>();
        let key =
            values.next().and_then(Result::ok).ok_or("in brackets stands a number or a text in quotes")?;
        let after =
            inner.get(values.byte_offset()..).and_then(|after| after.strip_prefix(']')).ok_or(unclosed)?;
        return Ok((Step::Key(key), after));
    }
    let (index, after) = inner.split_once(']').ok_or(unclosed)?;
    let index = index.trim().parse().map_err(|_| "in brackets stands a number or a text in quotes")?;
    Ok((Step::Index(index), after))
}

/// As it is written.
impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        match &self.test {
            Test::Exists => f.write_str(" exists"),
            Test::Compare(operator, value) => {
                let sign =
                    OPERATORS.iter().find(|(_, other)| other == operator).map_or("==", |(sign, _)| sign);
                write!(f, " {sign} {value}")
            }
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key)
                    if !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-".contains(c)) =>
                {
                    write!(f, ".{key}")?;
                }
                Step::Key(key) => write!(f, "[{}]", Value::String(key.clone()))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn page() -> Value {
        json!({
            "status": "ok", "queue": [{"size": 3}, {"size": 40}], "t": "21.5", "up": true, "none": null,
            "a b": {"x.y": 1}, "version": "2.4.1", "tags": ["a", 7], "größe": 1
        })
    }

    fn check(text: &str) -> Result<(), Unmet> {
        text.parse::<Assertion>().unwrap_or_else(|e| panic!("{text}: {e}")).check(&page())
    }

    #[test]
    fn what_holds_and_what_does_not() {
        for text in [
            "$.status == \"ok\"",
            "$.status==ok",
            "$.status != down",
            "$.queue[0].size < 10",
            "$.queue[-1].size >= 40",
            "$.queue[1].size == 40.0",
            "$.t > 21",
            "$.t == 21.5",
            "$.up == true",
            "$.none == null",
            "$.none exists",
            "$[\"a b\"][\"x.y\"] <= 1",
            "$.version contains \"2.4\"",
            "$.version contains 2.4",
            "$.tags contains a",
            "$.tags contains 7",
            "$ contains status",
            "$ exists",
            "$.größe == 1",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, why) in [
            ("$.status == down", Unmet::Is("“ok”".into())),
            ("$.missing != x", Unmet::Nowhere),
            ("$.missing exists", Unmet::Nowhere),
            ("$.queue[2].size < 10", Unmet::Nowhere),
            ("$.queue[-3] exists", Unmet::Nowhere),
            ("$.queue.size exists", Unmet::Nowhere),
            ("$.status < 3", Unmet::NoNumber("“ok”".into())),
            ("$.queue == 3", Unmet::Is("a list of 2".into())),
            ("$.up == 1", Unmet::Is("true".into())),
            ("$.queue contains 3", Unmet::Is("a list of 2".into())),
        ] {
            assert_eq!(check(text), Err(why), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (text, why) in [
            ("status == 1", "begins with $"),
            ("$.", "after a dot comes a name"),
            ("$.a", "after the path comes"),
            ("$.a = 1", "after the path comes"),
            ("$.a ==", "value is missing"),
            ("$[0 == 1", "not closed"),
            ("$[x] == 1", "in brackets"),
            ("$[\"x\" == 1", "not closed"),
            ("$.a < b", "only numbers"),
            ("", "begins with $"),
        ] {
            let error = text.parse::<Assertion>().unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(format!("$ == {}", "x".repeat(2000)).parse::<Assertion>().is_err());
        assert!(format!("${} exists", ".a".repeat(40)).parse::<Assertion>().is_err());
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![any::<i64>().prop_map(Step::Index), ".{0,8}".prop_map(Step::Key)];
        prop::collection::vec(step, 0..6)
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, wanted: String) {
            for text in [text.clone(), format!("${text}"), format!("$.a {text}"), format!("$[\"{text}\"] == {wanted}")] {
                if let Ok(assertion) = text.parse::<Assertion>() {
                    let _ = assertion.check(&page());
                    let _ = assertion.check(&Value::String(wanted.clone()));
                }
            }
        }

        #[test]
        fn what_is_written_is_read_again(steps in steps(), number: i32, text: String) {
            for test in [
                Test::Exists,
                Test::Compare(Operator::AtMost, json!(number)),
                Test::Compare(Operator::Equal, json!(text)),
                Test::Compare(Operator::Contains, json!(text)),
            ] {
                let assertion = Assertion { path: Path(steps.clone()), test };
                let written = assertion.to_string();
                if written.len() <= LENGTH_MAX {
                    prop_assert_eq!(written.parse::<Assertion>(), Ok(assertion), "{}", written);
                }
            }
        }

        #[test]
        fn a_number_is_less_or_not_less(a: i32, b: i32) {
            let page = json!({ "n": a });
            let holds = |operator: &str| format!("$.n {operator} {b}").parse::<Assertion>().unwrap().check(&page).is_ok();
            prop_assert_eq!(holds("<"), !holds(">="));
            prop_assert_eq!(holds(">"), !holds("<="));
            prop_assert_eq!(holds("=="), !holds("!="));
            prop_assert_eq!(holds("<="), holds("<") || holds("=="));
        }
    }
}
