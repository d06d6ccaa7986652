//! Regular expressions.

use crate::Pattern;

#[test]
fn expressions_match_as_in_go() {
    for (pattern, text, matches) in [
        ("", "x", true),
        ("b", "abc", true),
        ("^b", "abc", false),
        ("c$", "abc", true),
        ("^a.c$", "abc", true),
        ("^a.c$", "a.cd", false),
        ("^a\\.c$", "abc", false),
        ("^[a-z-]+\\.org$", "my-app.org", true),
        ("^[^.]+\\.org$", "a.b.org", false),
        ("^.+\\.org$", "a.b.org", true),
        ("^(www\\.)?x$", "www.x", true),
        ("^(?:a|bc)+$", "abca", true),
        ("^(?P<n>a){2,3}$", "aaaa", false),
        ("^(?<n>a){2,3}$", "aaa", true),
        ("^a{2}$", "aa", true),
        ("^a{,2}$", "a{,2}", true),
        ("^{sub:[a-z]+}.x$", "{sub:abc}.x", true),
        ("(?i)^ABC$", "aBc", true),
        ("^(?i:a)B$", "AB", true),
        ("^(?i:a)B$", "Ab", false),
        ("^((?i)a)b$", "AB", false),
        ("(?i)^[A-Z]+$", "abc", true),
        ("^\\d+\\w*$", "12ab_", true),
        ("^\\D+$", "12", false),
        ("^[\\d.]+$", "1.2", true),
        ("^[\\W]$", "a", false),
        ("^[[:alpha:]]+$", "aZ", true),
        ("^[]a]+$", "]a", true),
        ("^[a-]+$", "a-", true),
        ("^(a|)$", "", true),
        ("^(a?)*$", "aaab", false),
        ("^(a*)*$", "aaa", true),
        ("a.b", "a\nb", false),
        ("(?s)a.b", "a\nb", true),
        ("\\.(jpeg|jpg|png)$", "/x/y.png", true),
        ("\\Aab\\z", "ab", true),
        ("x*?y", "xxy", true),
    ] {
        assert_eq!(Pattern::new(pattern).is_match(text), Some(matches), "{pattern} in {text}");
        assert_eq!(Pattern::new(pattern).fault(), None, "{pattern}");
    }
}

#[test]
fn what_go_refuses() {
    for pattern in [
        "(a", "a)", "[a", "[", "*a", "+", "a|*", "(*)", "a**", "a{2}{3}", "a{3,2}", "a{1001}", "(?=a)",
        "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?", "(?P", "(?P<>a)", "(?P<a", "\\", "\\1", "\\8", "\\Z",
        "\\h", "[z-a]", "[a\\", "(?#x)", "a*?*",
    ] {
        assert!(Pattern::new(pattern).fault().is_some(), "{pattern}");
        assert_eq!(Pattern::new(pattern).is_match("a"), None, "{pattern}");
    }
}

#[test]
fn of_what_is_not_known_nothing_is_said() {
    for pattern in [
        "\\bfoo\\b",
        "\\pL",
        "\\p{Greek}",
        "[\\p{L}]",
        "(?m)^a$",
        "\\Qa.b\\E",
        "\\x41",
        "[[:punct:]]",
        "\\101",
    ] {
        assert_eq!(Pattern::new(pattern).fault(), None, "{pattern}");
        assert_eq!(Pattern::new(pattern).is_match("a"), None, "{pattern}");
    }
    assert_eq!(Pattern::new("a").is_match("ä"), None);
    assert_eq!(Pattern::new("a").is_match(&"b".repeat(5000)), None);
}

#[test]
fn few_texts_are_told() {
    let literals = |pattern| Pattern::new(pattern).literals().map(|texts| texts.join(" "));
    assert_eq!(literals("^a\\.org$").as_deref(), Some("a.org"));
    assert_eq!(literals("^(www\\.|)a\\.(org|com)$").as_deref(), Some("a.com a.org www.a.com www.a.org"));
    assert_eq!(literals("^a$|^b$").as_deref(), Some("a b"));
    assert_eq!(literals("^/(?i:1)$").as_deref(), Some("/1"));
    for none in ["a", "^a", "a$", "^a|b$", "^a.$", "^a+$", "(?i)^a$", "^[ab]$", "^(^a)$", "^(a|b){2}$", "("] {
        assert_eq!(literals(none), None, "{none}");
    }
    let many = format!("^{}$", "(a|b)".repeat(6));
    assert_eq!(literals(&many), None);
}

#[test]
fn everything_is_everything() {
    for pattern in ["", ".*", "^.*$", "^.*", "(.*)", "^(.*)$", "a|.*", "^", "$"] {
        assert!(Pattern::new(pattern).is_everything(), "{pattern}");
    }
    for pattern in ["^$", ".+", "$.*^", "^.*a", "a|b", "$^.*", "(^$).*", "^()$"] {
        assert!(!Pattern::new(pattern).is_everything(), "{pattern}");
    }
}

#[test]
fn no_expression_is_slow() {
    let nested = format!("{}a{}", "(".repeat(30), "{1000})".repeat(30));
    let empty = format!("{}{}", "(".repeat(30), "){1000}".repeat(30));
    let stars = format!("^{}$", "(a*)*".repeat(300));
    for pattern in [
        nested.as_str(),
        empty.as_str(),
        stars.as_str(),
        "((((a*)*)*)*)*b",
        &"(".repeat(8000),
        &"a?".repeat(4000),
    ] {
        let _ = Pattern::new(pattern).is_match(&"a".repeat(2000));
        let _ = Pattern::new(pattern).literals();
    }
}
