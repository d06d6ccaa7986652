//! Gatus' conditions: `[STATUS] == 200`, `[BODY].status == UP`, `[RESPONSE_TIME] < 300`. Each becomes what a check here
//! knows, or stays behind with a sentence.

use crate::model::json_path::Assertion;
use hob_base::wording::tidy;
use std::time::Duration;

/// What all conditions of an endpoint together ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The statuses that are well; `None` when none is asked for.
    pub(super) statuses: Option<Vec<u16>>,
    /// Texts that must be in the page.
    pub(super) texts: Vec<String>,
    /// Texts that must not be in it.
    pub(super) not_texts: Vec<String>,
    /// A pattern that must match it.
    pub(super) pattern: Option<String>,
    /// What must hold of it as JSON.
    pub(super) json: Vec<String>,
    /// A slower answer is not well.
    pub(super) warn_after: Option<Duration>,
    /// So many days a certificate must hold.
    pub(super) certificate_days: Option<u32>,
    /// So many days a domain must be registered.
    pub(super) domain_days: Option<u32>,
    /// What a name server must answer.
    pub(super) answers: Vec<String>,
    /// It is well when nothing answers.
    pub(super) upside_down: bool,
    /// What could not be taken over: the condition, and why.
    pub(super) left: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Is,
    Not,
    AtMost,
    AtLeast,
    More,
    Less,
}

/// In the order in which Gatus looks for them.
const OPERATORS: [(&str, Op); 6] = [
    ("==", Op::Is),
    ("!=", Op::Not),
    ("<=", Op::AtMost),
    (">=", Op::AtLeast),
    (">", Op::More),
    ("<", Op::Less),
];

impl Op {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Is => "==",
            Self::Not => "!=",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::More => ">",
            Self::Less => "<",
        }
    }

    fn holds(self, a: i64, b: i64) -> bool {
        match self {
            Self::Is => a == b,
            Self::Not => a != b,
            Self::AtMost => a <= b,
            Self::AtLeast => a >= b,
            Self::More => a > b,
            Self::Less => a < b,
        }
    }

    /// The same said from the other side: `5 < x` is `x > 5`.
    const fn turned(self) -> Self {
        match self {
            Self::AtMost => Self::AtLeast,
            Self::AtLeast => Self::AtMost,
            Self::More => Self::Less,
            Self::Less => Self::More,
            same => same,
        }
    }
}

/// Which part of an endpoint answers `[BODY]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A page.
    Page,
    /// A name server.
    Records,
    /// Nothing that could be looked at.
    Nothing,
}

/// Reads all conditions of an endpoint.
pub(super) fn read(conditions: &[String], answer: Answer) -> Wanted {
    let mut wanted = Wanted::default();
    for condition in conditions {
        if let Err(why) = one(condition.trim(), answer, &mut wanted) {
            wanted.left.push((tidy(condition, 120), why));
        }
    }
    if wanted.statuses.as_ref().is_some_and(Vec::is_empty) {
        wanted.statuses = None;
        wanted.left.push(("[STATUS]".to_owned(), "no status can fulfil all of these conditions".to_owned()));
    }
    wanted
}

/// # Errors
/// Why it cannot be taken over: a clause, with what is near it.
fn one(condition: &str, answer: Answer, wanted: &mut Wanted) -> Result<(), String> {
    let found = OPERATORS.iter().find_map(|(sign, op)| {
        let (left, right) = condition.split_once(&format!(" {sign} "))?;
        Some((left.trim(), *op, right.trim()))
    });
    let (mut left, mut op, mut right) = found.ok_or("it is no comparison such as [STATUS] == 200")?;
    if !left.contains('[') && right.starts_with('[') {
        (left, op, right) = (right, op.turned(), left);
    }
    if left.contains("[CONTEXT]") || right.contains('[') && right.contains("[CONTEXT]") {
        return Err("it looks at what another endpoint answered; checks here stand for themselves".to_owned());
    }
    match left {
        "[STATUS]" => status(op, right, wanted),
        "[RESPONSE_TIME]" => response_time(op, right, wanted),
        "[CERTIFICATE_EXPIRATION]" => days(op, right).map(|days| wanted.certificate_days = Some(days)),
        "[DOMAIN_EXPIRATION]" => days(op, right).map(|days| wanted.domain_days = Some(days)),
        "[CONNECTED]" => connected(op, right, wanted),
        "[DNS_RCODE]" if op == Op::Is && right.eq_ignore_ascii_case("NOERROR") => Ok(()),
        "[DNS_RCODE]" => Err("only NOERROR can be asked for; a check that is turned upside down is well when there is no answer".to_owned()),
        "[IP]" => Err("the address behind a name is not looked at here; a check of a name server can expect it".to_owned()),
        _ => body(left, op, right, answer, wanted),
    }
}

/// `any(a, b)`: each of them; anything else is itself.
fn any_of(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix("any(")?.strip_suffix(')')?;
    Some(inner.split(',').map(str::trim).collect())
}

/// `pat(…)`: what is between.
fn pattern_of(text: &str) -> Option<&str> {
    text.strip_prefix("pat(")?.strip_suffix(')')
}

fn status(op: Op, right: &str, wanted: &mut Wanted) -> Result<(), String> {
    let holds = |status: u16, right: &str| -> Option<bool> {
        if let Some(pattern) = pattern_of(right) {
            let is_like = glob(pattern, &status.to_string());
            return Some(if op == Op::Not { !is_like } else { is_like });
        }
        Some(op.holds(i64::from(status), right.parse().ok()?))
    };
    let choices = any_of(right).unwrap_or_else(|| vec![right]);
    let now: Option<Vec<u16>> = match wanted.statuses.take() {
        Some(statuses) => Some(statuses),
        None => Some((100..=599).collect()),
    };
    let fits = |status: &u16| -> Option<bool> {
        let each: Option<Vec<bool>> = choices.iter().map(|choice| holds(*status, choice)).collect();
        let each = each?;
        // “Not any of” is none of them.
        Some(if op == Op::Not { each.iter().all(|is| *is) } else { each.iter().any(|is| *is) })
    };
    let all = now.unwrap_or_default();
    let judged: Option<Vec<bool>> = all.iter().map(fits).collect();
    match judged {
        Some(judged) => {
            let kept = all.iter().zip(judged).filter(|(_, fits)| *fits).map(|(status, _)| *status);
            wanted.statuses = Some(kept.collect());
            Ok(())
        }
        None => Err("it does not compare with a number".to_owned()),
    }
}

/// Gatus' pattern: a star stands for any text.
fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else { return rest.is_empty() };
    for piece in between {
        match rest.find(piece) {
            Some(at) => rest = rest.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn response_time(op: Op, right: &str, wanted: &mut Wanted) -> Result<(), String> {
    let limit = right.parse().ok().map(Duration::from_millis).or_else(|| go_duration(right));
    match (op, limit) {
        (Op::Less | Op::AtMost, Some(limit)) if !limit.is_zero() => {
            wanted.warn_after = Some(wanted.warn_after.map_or(limit, |known| known.min(limit)));
            Ok(())
        }
        _ => Err("only a longest time can be set".to_owned()),
    }
}

/// `> 48h`: in whole days, rounded up.
fn days(op: Op, right: &str) -> Result<u32, String> {
    let least = go_duration(right).filter(|_| matches!(op, Op::More | Op::AtLeast));
    let days = least.map(|least| least.as_secs().div_ceil(86_400)).filter(|days| *days <= 3650);
    days.and_then(|days| u32::try_from(days).ok())
        .ok_or_else(|| "only a least time such as > 48h can be set".to_owned())
}

fn connected(op: Op, right: &str, wanted: &mut Wanted) -> Result<(), String> {
    match (op, right) {
        (Op::Is, "true") | (Op::Not, "false") => Ok(()),
        (Op::Is, "false") | (Op::Not, "true") => {
            wanted.upside_down = true;
            Ok(())
        }
        _ => Err("it is either true or false".to_owned()),
    }
}

fn body(left: &str, op: Op, right: &str, answer: Answer, wanted: &mut Wanted) -> Result<(), String> {
    if !left.contains("[BODY]") {
        return Err("this is not known here".to_owned());
    }
    match answer {
        Answer::Nothing => {
            Err("what such a service answers is not looked at; a port can expect a text".to_owned())
        }
        Answer::Records => records(left, op, right, wanted),
        Answer::Page => match left.strip_prefix("len(").and_then(|inner| inner.strip_suffix(')')) {
            Some(inner) => length(inner, op, right, wanted),
            None => match left.strip_prefix("has(").and_then(|inner| inner.strip_suffix(')')) {
                Some(inner) => has(inner, op, right, wanted),
                None if left == "[BODY]" => whole_page(op, right, wanted),
                None => json(left, op, right, wanted),
            },
        },
    }
}

fn records(left: &str, op: Op, right: &str, wanted: &mut Wanted) -> Result<(), String> {
    if left != "[BODY]" || op != Op::Is || pattern_of(right).is_some() {
        return Err("an expected answer is written as it is, without patterns".to_owned());
    }
    wanted.answers.extend(any_of(right).unwrap_or_else(|| vec![right]).into_iter().map(str::to_owned));
    Ok(())
}

fn whole_page(op: Op, right: &str, wanted: &mut Wanted) -> Result<(), String> {
    // What stands between two stars is simply in the page.
    let inside = pattern_of(right).and_then(|pattern| pattern.strip_prefix('*')?.strip_suffix('*'));
    match (op, inside.filter(|text| !text.contains(['*', '\n']) && !text.trim().is_empty())) {
        (Op::Is, Some(text)) => wanted.texts.push(text.to_owned()),
        (Op::Not, Some(text)) => wanted.not_texts.push(text.to_owned()),
        (Op::Is, None) => {
            let choices = any_of(right).unwrap_or_else(|| vec![right]);
            let each: Vec<String> = choices
                .iter()
                .map(|choice| as_regex(pattern_of(choice).map_or((choice, false), |p| (p, true))))
                .collect();
            return set_pattern(format!(r"(?s)\A\s*(?:{})\s*\z", each.join("|")), wanted);
        }
        _ => return Err("of a whole page only can be said what it is, and what is in it or not".to_owned()),
    }
    Ok(())
}

fn as_regex((text, is_pattern): (&str, bool)) -> String {
    if !is_pattern {
        return regex::escape(text);
    }
    let pieces: Vec<String> = text.split('*').map(regex::escape).collect();
    pieces.join(".*")
}

fn set_pattern(pattern: String, wanted: &mut Wanted) -> Result<(), String> {
    if wanted.pattern.is_some() {
        return Err("a check has only one pattern; write both as one".to_owned());
    }
    wanted.pattern = Some(pattern);
    Ok(())
}

/// `[BODY].a.b[0]` as a path here.
fn path(left: &str) -> Option<String> {
    let rest = left.strip_prefix("[BODY]")?;
    Some(format!("${rest}"))
}

fn push(assertion: String, wanted: &mut Wanted) -> Result<(), String> {
    match assertion.parse::<Assertion>() {
        Ok(_) => {
            wanted.json.push(assertion);
            Ok(())
        }
        Err(problem) => Err(format!("it cannot be written as a condition on JSON here: {problem}")),
    }
}

fn json(left: &str, op: Op, right: &str, wanted: &mut Wanted) -> Result<(), String> {
    let path = path(left).ok_or("this is not known here")?;
    if any_of(right).is_some() {
        return Err("one of several values cannot be asked for; make a check for each, or look for a pattern in the page".to_owned());
    }
    if let Some(pattern) = pattern_of(right) {
        let inside = pattern
            .strip_prefix('*')
            .and_then(|pattern| pattern.strip_suffix('*'))
            .filter(|text| !text.contains('*'));
        return match (op, inside) {
            (Op::Is, Some(text)) => push(format!("{path} contains {}", quoted(text)), wanted),
            _ => Err("of a value only can be asked whether it contains a text".to_owned()),
        };
    }
    let value = match right.trim_matches('"') {
        plain
            if plain == right
                && (plain.parse::<f64>().is_ok_and(f64::is_finite)
                    || matches!(plain, "true" | "false" | "null")) =>
        {
            plain.to_owned()
        }
        text => quoted(text),
    };
    push(format!("{path} {} {value}", op.as_str()), wanted)
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// `has([BODY].a) == true`
fn has(inner: &str, op: Op, right: &str, wanted: &mut Wanted) -> Result<(), String> {
    let path = path(inner).ok_or("this is not known here")?;
    match (op, right) {
        (Op::Is, "true") | (Op::Not, "false") => push(format!("{path} exists"), wanted),
        _ => Err("that something is missing cannot be asked for; turn a check that wants it upside down"
            .to_owned()),
    }
}

/// `len([BODY].a) > 3`: a list that long has an entry at that place.
fn length(inner: &str, op: Op, right: &str, wanted: &mut Wanted) -> Result<(), String> {
    let path = path(inner).ok_or("this is not known here")?;
    let number: Option<u32> = right.parse().ok();
    let last = match (op, number) {
        (Op::More, Some(number)) => Some(number),
        (Op::AtLeast, Some(number)) => number.checked_sub(1),
        _ => None,
    };
    match last {
        Some(last) if inner == "[BODY]" && last < 500 => {
            set_pattern(format!(r"(?s)\A.{{{},}}", last + 1), wanted)
        }
        Some(last) => push(format!("{path}[{last}] exists"), wanted),
        None => Err("of a length only can be asked that it is more than a number".to_owned()),
    }
}

/// A duration as Go writes it: `1h30m`, `1.5h`, `500ms`.
pub(super) fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut seconds = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, after) = rest.split_at(digits);
        let number: f64 = number.parse().ok()?;
        let letters = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        seconds += number
            * match unit {
                "ns" => 1e-9,
                "us" | "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = after;
    }
    (!text.trim().is_empty()).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(conditions: &[&str]) -> Wanted {
        read(&conditions.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), Answer::Page)
    }

    fn range(from: u16, to: u16) -> Option<Vec<u16>> {
        Some((from..=to).collect())
    }

    #[test]
    fn statuses() {
        for (conditions, expected) in [
            (&["[STATUS] == 200"][..], Some(vec![200])),
            (&["200 == [STATUS]"], Some(vec![200])),
            (&["[STATUS] < 300"], range(100, 299)),
            (&["300 > [STATUS]"], range(100, 299)),
            (&["[STATUS] <= 401"], range(100, 401)),
            (&["[STATUS] >= 200", "[STATUS] < 300"], range(200, 299)),
            (&["[STATUS] > 199", "[STATUS] != 204", "[STATUS] < 206"], Some(vec![200, 201, 202, 203, 205])),
            (&["[STATUS] == any(200, 429)"], Some(vec![200, 429])),
            (&["[STATUS] == pat(20*)", "[STATUS] <= 202"], Some(vec![200, 201, 202])),
            (&["[STATUS] != any(500, 503)", "[STATUS] >= 500", "[STATUS] <= 504"], Some(vec![501, 502, 504])),
            (&[], None),
        ] {
            let wanted = of(conditions);
            assert_eq!((wanted.statuses, wanted.left), (expected, vec![]), "{conditions:?}");
        }
        assert!(of(&["[STATUS] == 200", "[STATUS] == 201"]).left[0].1.contains("no status"));
        assert!(of(&["[STATUS] == OK"]).left[0].1.contains("number"));
    }

    #[test]
    fn values_in_json() {
        for (condition, expected) in [
            ("[BODY].status == UP", r#"$.status == "UP""#),
            ("[BODY].data.id == 1", "$.data.id == 1"),
            ("[BODY].ok == true", "$.ok == true"),
            ("[BODY][0].id != 2", "$[0].id != 2"),
            ("[BODY].a[1].b <= 2.5", "$.a[1].b <= 2.5"),
            ("[BODY].name == pat(*doe*)", r#"$.name contains "doe""#),
            ("has([BODY].errors) == true", "$.errors exists"),
            ("has([BODY].errors) != false", "$.errors exists"),
            ("len([BODY].data) > 0", "$.data[0] exists"),
            ("len([BODY].data) >= 5", "$.data[4] exists"),
            (r#"[BODY].a == "5""#, r#"$.a == "5""#),
        ] {
            let wanted = of(&[condition]);
            assert_eq!((wanted.json, wanted.left), (vec![expected.to_owned()], vec![]), "{condition}");
        }
        for condition in [
            "has([BODY].errors) == false",
            "len([BODY].data) == 5",
            "[BODY].a == any(1, 2)",
            "[BODY].name == pat(john*)",
            "[BODY].a b == 1",
        ] {
            let wanted = of(&[condition]);
            assert!(wanted.json.is_empty() && wanted.left.len() == 1, "{condition}: {wanted:?}");
        }
    }

    #[test]
    fn whole_pages() {
        assert_eq!(of(&["[BODY] == pat(*<h1>Example Domain</h1>*)"]).texts, ["<h1>Example Domain</h1>"]);
        assert_eq!(of(&["[BODY] != pat(*error*)"]).not_texts, ["error"]);
        for (condition, page, fits) in [
            ("[BODY] == OK", " OK\n", true),
            ("[BODY] == OK", "NOT OK", false),
            ("[BODY] == a.c", "abc", false),
            ("[BODY] == pat(a*c)", "a\nb c", true),
            ("[BODY] == pat(a*c)", "ab", false),
            ("[BODY] == any(up, fine)", "fine", true),
            ("[BODY] == any(up, fine)", "down", false),
            ("len([BODY]) > 2", "abc", true),
            ("len([BODY]) > 2", "ab", false),
        ] {
            let pattern = of(&[condition]).pattern.unwrap_or_else(|| panic!("{condition}"));
            let pattern = crate::model::definition::compile(&pattern).unwrap();
            assert_eq!(pattern.is_match(page.as_bytes()), fits, "{condition} {page:?}");
        }
        assert!(of(&["[BODY] == a", "[BODY] == b"]).left[0].1.contains("only one pattern"));
        assert!(of(&["[BODY] > 5"]).left[0].1.contains("whole page"));
    }

    #[test]
    fn times_days_and_connections() {
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(of(&["[RESPONSE_TIME] < 300"]).warn_after, ms(300));
        assert_eq!(of(&["[RESPONSE_TIME] <= 2000", "[RESPONSE_TIME] < 900"]).warn_after, ms(900));
        assert_eq!(of(&["[CERTIFICATE_EXPIRATION] > 48h"]).certificate_days, Some(2));
        assert_eq!(of(&["[CERTIFICATE_EXPIRATION] >= 49h"]).certificate_days, Some(3));
        assert_eq!(of(&["[DOMAIN_EXPIRATION] > 720h"]).domain_days, Some(30));
        assert_eq!(of(&["[CONNECTED] == true"]), Wanted::default());
        assert!(of(&["[CONNECTED] == false"]).upside_down);
        assert_eq!(of(&["[DNS_RCODE] == NOERROR"]), Wanted::default());
        for condition in [
            "[RESPONSE_TIME] > 300",
            "[CERTIFICATE_EXPIRATION] < 48h",
            "[DNS_RCODE] == NXDOMAIN",
            "[IP] == 127.0.0.1",
            "[CONNECTED] == maybe",
            "[BODY].a == [CONTEXT].b",
            "[WEATHER] == fine",
            "true",
        ] {
            let wanted = of(&[condition]);
            assert_eq!(wanted.left.len(), 1, "{condition}");
            assert_eq!(Wanted { left: vec![], ..wanted }, Wanted::default(), "{condition}");
        }
    }

    #[test]
    fn answers_of_name_servers() {
        let dns = |text: &str| read(&[text.to_owned()], Answer::Records);
        assert_eq!(dns("[BODY] == 93.184.215.14").answers, ["93.184.215.14"]);
        assert_eq!(dns("[BODY] == any(1.1.1.1, 1.0.0.1)").answers, ["1.1.1.1", "1.0.0.1"]);
        assert_eq!(dns("[BODY] == pat(93.*)").left.len(), 1);
        assert_eq!(read(&["[BODY] == x".to_owned()], Answer::Nothing).left.len(), 1);
    }

    #[test]
    fn durations_of_go() {
        for (text, ms) in [
            ("1h30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("500ms", 500),
            ("60s", 60_000),
            ("0", 0),
            ("1m0.5s", 60_500),
        ] {
            assert_eq!(go_duration(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5", "5 minutes", "1d", "-5s", "1e9h", "999999999999999999999999h", "..s"] {
            assert_eq!(go_duration(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_condition_makes_it_panic(
            left in "(len\\(|has\\(|)\\[(STATUS|BODY|RESPONSE_TIME|CERTIFICATE_EXPIRATION|DNS_RCODE|CONNECTED|X)\\][.a-z\\[\\]0-9é]{0,8}\\)?",
            op in "==|!=|<|>|<=|>=|~",
            right in "(pat|any|)\\(?[*a-z0-9., é]{0,12}\\)?",
        ) {
            for answer in [Answer::Page, Answer::Records, Answer::Nothing] {
                let _ = read(&[format!("{left} {op} {right}")], answer);
            }
        }

        #[test]
        fn nor_does_any_text(text: String) {
            let _ = read(std::slice::from_ref(&text), Answer::Page);
            let _ = go_duration(&text);
            let _ = glob(&text, "abc") | glob("*a*", &text);
        }
    }
}
