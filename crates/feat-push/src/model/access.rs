//! Who may what with which topic: rules, and which of them decides.
//!
//! The order, as in ntfy (docs/config.md, “Access control”): an administrator may everything; then a person's own rules,
//! then everybody's, then what is the case without rules. Of several rules of one list that speak of a topic the most
//! specific one alone decides about both rights: one that names the topic itself, otherwise the pattern with the most
//! letters; of equally specific ones the longer, then the more generous. Beyond ntfy, an equally long pattern never beats a
//! rule that names the topic, and upper and lower case differ in patterns as they do in topics.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// The longest pattern, in characters.
const PATTERN_MAX: usize = 64;

/// What may be done with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Permission {
    /// Subscribe, fetch what is kept.
    pub(crate) read: bool,
    /// Publish.
    pub(crate) write: bool,
}

impl Permission {
    /// Neither.
    pub(crate) const DENY: Self = Self { read: false, write: false };
    /// Only to subscribe.
    pub(crate) const READ: Self = Self { read: true, write: false };
    /// Only to publish.
    pub(crate) const WRITE: Self = Self { read: false, write: true };
    /// Both.
    pub(crate) const BOTH: Self = Self { read: true, write: true };
    /// In the order in which forms show them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::BOTH, Self::READ, Self::WRITE, Self::DENY];

    /// The protocol's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match (self.read, self.write) {
            (true, true) => "read-write",
            (true, false) => "read-only",
            (false, true) => "write-only",
            (false, false) => "deny-all",
        }
    }

    /// In a sentence: “anna may … every topic”.
    pub(crate) const fn words(self) -> &'static str {
        match (self.read, self.write) {
            (true, true) => "may read and write",
            (true, false) => "may read, but not write,",
            (false, true) => "may write, but not read,",
            (false, false) => "may neither read nor write",
        }
    }
}

impl FromStr for Permission {
    type Err = ();

    /// Reads ntfy's words, long and short, in any case.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "read-write" | "rw" => Ok(Self::BOTH),
            "read-only" | "read" | "ro" => Ok(Self::READ),
            "write-only" | "write" | "wo" => Ok(Self::WRITE),
            "deny-all" | "deny" | "none" => Ok(Self::DENY),
            _ => Err(()),
        }
    }
}

impl std::ops::BitOr for Permission {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self { read: self.read || other.read, write: self.write || other.write }
    }
}

/// Which topics a rule speaks of: letters, digits, `-` and `_`, and `*` for anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Pattern(String);

impl Pattern {
    /// `None` where it is no pattern.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'*');
        let right = (1..=PATTERN_MAX).contains(&text.len()) && text.bytes().all(fine);
        right.then(|| Self(text.to_owned()))
    }

    /// As it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names one topic.
    pub(crate) fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether it speaks of this topic. Takes no more steps than pattern and topic have letters, multiplied.
    pub(crate) fn matches(&self, topic: &str) -> bool {
        let (pattern, topic) = (self.0.as_bytes(), topic.as_bytes());
        let (mut p, mut t) = (0, 0);
        // Where the last star stands, and how much of the topic it has taken so far.
        let mut star: Option<(usize, usize)> = None;
        while let Some(letter) = topic.get(t) {
            match pattern.get(p) {
                Some(b'*') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(own) if own == letter => (p, t) = (p + 1, t + 1),
                _ => match &mut star {
                    Some((at, taken)) => {
                        *taken += 1;
                        (p, t) = (*at + 1, *taken);
                    }
                    None => return false,
                },
            }
        }
        pattern.get(p..).unwrap_or_default().iter().all(|b| *b == b'*')
    }

    /// How many letters it names.
    fn letters(&self) -> usize {
        self.0.bytes().filter(|b| *b != b'*').count()
    }

    /// In a sentence: “every topic that begins with home-”.
    pub(crate) fn words(&self) -> String {
        let text = self.as_str();
        let stars = text.bytes().filter(|b| *b == b'*').count();
        let bare = text.trim_matches('*');
        match (stars, text.starts_with('*'), text.ends_with('*')) {
            (0, ..) => format!("the topic {text}"),
            _ if bare.is_empty() => "every topic".to_owned(),
            (1, _, true) => format!("every topic that begins with {bare}"),
            (1, true, _) => format!("every topic that ends with {bare}"),
            (2, true, true) => format!("every topic that has {bare} in its name"),
            _ => format!("every topic like {text}"),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Of whom a rule speaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// Everybody, also who is not logged in.
    Everyone,
    /// A person, by the user's id.
    Person(String),
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Of whom.
    pub(crate) subject: Subject,
    /// Of which topics.
    pub(crate) pattern: Pattern,
    /// What they may.
    pub(crate) allow: Permission,
    /// Whose reservation it belongs to: the user's id.
    pub(crate) owner: Option<String>,
}

/// The rules about one subject, found quickly.
#[derive(Debug, Default)]
struct List {
    exact: HashMap<String, Permission>,
    /// The most specific first.
    patterns: Vec<(Pattern, Permission)>,
}

impl List {
    fn add(&mut self, rule: &Rule) {
        if rule.pattern.is_exact() {
            self.exact.insert(rule.pattern.0.clone(), rule.allow);
        } else {
            self.patterns.push((rule.pattern.clone(), rule.allow));
        }
    }

    fn sort(&mut self) {
        self.patterns.sort_by_key(|(pattern, allow)| {
            let specific = (pattern.letters(), pattern.0.len(), allow.write, allow.read);
            (std::cmp::Reverse(specific), pattern.clone())
        });
    }

    fn decide(&self, topic: &str) -> Option<Permission> {
        let named = self.exact.get(topic).copied();
        let fitting = || self.patterns.iter().find(|(pattern, _)| pattern.matches(topic));
        named.or_else(|| fitting().map(|(_, allow)| *allow))
    }
}

/// Why a topic cannot be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotReserved {
    /// A rule that is not one's own speaks of it.
    Spoken,
    /// One has as many as one may.
    TooMany,
}

/// All rules, arranged to be asked.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rules: Vec<Rule>,
    everyone: List,
    people: HashMap<String, List>,
}

impl Table {
    /// Arranges rules. Of two about the same subject and pattern the later one counts.
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let mut table = Self::default();
        for rule in &rules {
            match &rule.subject {
                Subject::Everyone => table.everyone.add(rule),
                Subject::Person(id) => table.people.entry(id.clone()).or_default().add(rule),
            }
        }
        table.everyone.sort();
        table.people.values_mut().for_each(List::sort);
        table.rules = rules;
        table
    }

    /// Every rule, in the order of the database.
    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What this person (nobody in particular: `None`) may with this topic, if any rule speaks of it.
    pub(crate) fn decide(&self, person: Option<&str>, topic: &str) -> Option<Permission> {
        let own = person.and_then(|id| self.people.get(id)).and_then(|list| list.decide(topic));
        own.or_else(|| self.everyone.decide(topic))
    }

    /// The topics that a person has reserved, with what everybody may.
    pub(crate) fn reservations<'a>(&'a self, person: &'a str) -> impl Iterator<Item = (&'a str, Permission)> {
        let own = self.rules.iter().filter(move |rule| {
            rule.owner.as_deref() == Some(person)
                && matches!(&rule.subject, Subject::Person(id) if id == person)
        });
        own.map(|rule| {
            let topic = rule.pattern.as_str();
            let everyone = self.everyone.exact.get(topic).copied();
            (topic, everyone.unwrap_or(Permission::DENY))
        })
    }

    /// Who has reserved a topic: the user's id.
    pub(crate) fn owner_of(&self, topic: &str) -> Option<&str> {
        let own = self.rules.iter().find(|rule| rule.pattern.as_str() == topic && rule.owner.is_some());
        own.and_then(|rule| rule.owner.as_deref())
    }

    /// Whether a person may reserve a topic, as far as the rules are concerned.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn may_reserve(&self, person: &str, topic: &str, most: usize) -> Result<(), NotReserved> {
        let foreign = |rule: &&Rule| rule.owner.as_deref() != Some(person) && rule.pattern.matches(topic);
        if self.rules.iter().find(foreign).is_some() {
            return Err(NotReserved::Spoken);
        }
        let others = self.reservations(person).filter(|(reserved, _)| *reserved != topic).count();
        if others >= most { Err(NotReserved::TooMany) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap()
    }

    fn rule(who: &str, topics: &str, allow: &str) -> Rule {
        let subject = if who == "*" { Subject::Everyone } else { Subject::Person(who.to_owned()) };
        Rule { subject, pattern: pattern(topics), allow: allow.parse().unwrap(), owner: None }
    }

    fn reserved(who: &str, topic: &str, everyone: &str) -> [Rule; 2] {
        let owner = Some(who.to_owned());
        [
            Rule { owner: owner.clone(), ..rule(who, topic, "rw") },
            Rule { owner, ..rule("*", topic, everyone) },
        ]
    }

    #[test]
    fn the_words_of_ntfy_are_read() {
        for (words, permission) in [
            (["read-write", "rw", "RW"], Permission::BOTH),
            (["read-only", "read", "ro"], Permission::READ),
            (["write-only", "write", "wo"], Permission::WRITE),
            (["deny-all", "deny", "none"], Permission::DENY),
        ] {
            for word in words {
                assert_eq!(word.parse(), Ok(permission), "{word}");
            }
            assert_eq!(permission.as_str().parse(), Ok(permission));
        }
        assert_eq!("all".parse::<Permission>(), Err(()));
    }

    #[test]
    fn patterns_match_whole_names() {
        for (text, topic, fits) in [
            ("home", "home", true),
            ("home", "homes", false),
            ("home-*", "home-", true),
            ("home-*", "home-door", true),
            ("home-*", "my-home-door", false),
            ("*door", "home-door", true),
            ("*o*", "door", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "aXbYcZ", false),
            ("*", "anything", true),
            ("**", "anything", true),
            ("Home", "home", false),
        ] {
            assert_eq!(pattern(text).matches(topic), fits, "{text} {topic}");
        }
        for wrong in ["", "a b", "a/b", "ä", &"x".repeat(65)] {
            assert_eq!(Pattern::new(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_persons_own_rules_go_before_everybodys() {
        let table = Table::new(vec![rule("*", "*", "deny"), rule("anna", "home*", "rw")]);
        assert_eq!(table.decide(Some("anna"), "home-door"), Some(Permission::BOTH));
        assert_eq!(table.decide(Some("anna"), "garden"), Some(Permission::DENY));
        assert_eq!(table.decide(Some("ben"), "home-door"), Some(Permission::DENY));
        assert_eq!(table.decide(None, "home-door"), Some(Permission::DENY));
        assert_eq!(Table::new(Vec::new()).decide(Some("anna"), "home"), None);
    }

    #[test]
    fn the_most_specific_rule_decides_about_both_rights() {
        let table = Table::new(vec![
            rule("anna", "*", "rw"),
            rule("anna", "home-*", "ro"),
            rule("anna", "home-door*", "wo"),
            rule("anna", "home-door", "deny"),
        ]);
        for (topic, allow) in [
            ("garden", Permission::BOTH),
            ("home-light", Permission::READ),
            ("home-door2", Permission::WRITE),
            ("home-door", Permission::DENY),
        ] {
            assert_eq!(table.decide(Some("anna"), topic), Some(allow), "{topic}");
        }
    }

    #[test]
    fn of_equally_specific_rules_the_more_generous_decides_but_never_over_the_topics_name() {
        let tie = Table::new(vec![rule("*", "ab*", "ro"), rule("*", "*ab", "wo")]);
        assert_eq!(tie.decide(None, "ab"), Some(Permission::WRITE));
        let named = Table::new(vec![rule("*", "abc*", "rw"), rule("*", "abcd", "deny")]);
        assert_eq!(named.decide(None, "abcd"), Some(Permission::DENY));
    }

    #[test]
    fn a_reservation_is_two_rules_and_the_owners() {
        let table = Table::new(reserved("anna", "diary", "deny").into());
        assert_eq!(table.reservations("anna").collect::<Vec<_>>(), [("diary", Permission::DENY)]);
        assert_eq!(table.reservations("ben").count(), 0);
        assert_eq!(table.owner_of("diary"), Some("anna"));
        assert_eq!(table.decide(Some("anna"), "diary"), Some(Permission::BOTH));
        assert_eq!(table.decide(Some("ben"), "diary"), Some(Permission::DENY));
        assert_eq!(table.may_reserve("anna", "diary", 1), Ok(()), "one's own can be changed");
        assert_eq!(table.may_reserve("anna", "letters", 1), Err(NotReserved::TooMany));
        assert_eq!(table.may_reserve("ben", "diary", 9), Err(NotReserved::Spoken));
        assert_eq!(table.may_reserve("ben", "letters", 9), Ok(()));
    }

    #[test]
    fn what_a_rule_speaks_of_cannot_be_reserved() {
        let table = Table::new(vec![rule("*", "home*", "ro"), rule("anna", "cellar", "rw")]);
        assert_eq!(table.may_reserve("ben", "home-door", 9), Err(NotReserved::Spoken));
        assert_eq!(
            table.may_reserve("anna", "cellar", 9),
            Err(NotReserved::Spoken),
            "an administrator's rule"
        );
    }

    #[test]
    fn rules_are_told_as_sentences() {
        for (text, words) in [
            ("door", "the topic door"),
            ("*", "every topic"),
            ("home-*", "every topic that begins with home-"),
            ("*-door", "every topic that ends with -door"),
            ("*door*", "every topic that has door in its name"),
            ("a*b*", "every topic like a*b*"),
        ] {
            assert_eq!(pattern(text).words(), words);
        }
    }

    /// The same by trying every way to share out the topic among the stars.
    fn matches_slowly(pattern: &[u8], topic: &[u8]) -> bool {
        match pattern.split_first() {
            None => topic.is_empty(),
            Some((b'*', rest)) => (0..=topic.len()).any(|n| matches_slowly(rest, &topic[n..])),
            Some((own, rest)) => topic.first() == Some(own) && matches_slowly(rest, &topic[1..]),
        }
    }

    /// The same by asking every rule, in the words of the documentation.
    fn decide_slowly(rules: &[Rule], person: Option<&str>, topic: &str) -> Option<Permission> {
        let of = |subject: Subject| {
            let fitting = rules.iter().filter(|rule| rule.subject == subject && rule.pattern.matches(topic));
            fitting.max_by_key(|rule| {
                let pattern = &rule.pattern;
                let (write, read) = (rule.allow.write, rule.allow.read);
                (pattern.is_exact(), pattern.letters(), pattern.0.len(), write, read)
            })
        };
        let own = person.and_then(|id| of(Subject::Person(id.to_owned())));
        own.or_else(|| of(Subject::Everyone)).map(|rule| rule.allow)
    }

    proptest! {
        #[test]
        fn matching_is_what_it_says(text in "[ab*]{1,7}", topic in "[ab]{0,8}") {
            let fits = pattern(&text).matches(&topic);
            prop_assert_eq!(fits, matches_slowly(text.as_bytes(), topic.as_bytes()));
        }

        #[test]
        fn deciding_is_what_it_says(
            lines in prop::collection::vec((0..3_usize, "[ab*]{1,4}", 0..4_usize), 0..12),
            person in 0..3_usize,
            topic in "[ab]{1,4}",
        ) {
            let who = ["*", "anna", "ben"];
            let rules: Vec<Rule> = lines
                .iter()
                .map(|(subject, text, allow)| rule(who[*subject], text, Permission::ALL[*allow].as_str()))
                .collect::<Vec<_>>();
            // As in the table: one rule for each subject and pattern.
            let mut seen = std::collections::HashSet::new();
            let rules: Vec<Rule> =
                rules.into_iter().filter(|r| seen.insert((r.subject.clone(), r.pattern.clone()))).collect();
            let person = Some(who[person]).filter(|name| *name != "*");
            let expected = decide_slowly(&rules, person, &topic);
            let mut reversed = rules.clone();
            reversed.reverse();
            prop_assert_eq!(Table::new(rules).decide(person, &topic), expected);
            prop_assert_eq!(Table::new(reversed).decide(person, &topic), expected, "whatever the order");
        }

        #[test]
        fn a_rule_about_somebody_else_changes_nothing(text in "[ab*]{1,4}", topic in "[ab]{1,4}") {
            let before = Table::new(vec![rule("*", "a*", "ro")]);
            let after = Table::new(vec![rule("*", "a*", "ro"), rule("ben", &text, "rw")]);
            prop_assert_eq!(before.decide(Some("anna"), &topic), after.decide(Some("anna"), &topic));
            prop_assert_eq!(before.decide(None, &topic), after.decide(None, &topic));
        }
    }
}
