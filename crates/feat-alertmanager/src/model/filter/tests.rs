use super::*;
use proptest::prelude::*;

fn shown(text: &str) -> Vec<String> {
    parse_filter(text).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn matchers_are_read_as_alertmanager_reads_them() {
    for (text, expected) in [
        ("alertname=Disk", r#"alertname="Disk""#),
        (r#"alertname="Disk""#, r#"alertname="Disk""#),
        ("  alertname =~ \"D.*\" ", r#"alertname=~"D.*""#),
        ("a!=b", r#"a!="b""#),
        ("a!~b|c", r#"a!~"b|c""#),
        ("a=", r#"a="""#),
        (r#"a="x\"y\\z""#, r#"a="x\"y\\z""#),
        (r#"a="tab\t""#, r#"a="tab\\t""#),
        ("a=b,c=d", r#"a="b,c=d""#),
        ("a=b=c", r#"a="b=c""#),
        (r#""foo bar"="x""#, r#"foo bar="x""#),
    ] {
        assert_eq!(shown(text), [expected], "{text}");
    }
    assert_eq!(parse_filter(r#"a="x\ny""#).unwrap()[0].value(), "x\ny");
}

#[test]
fn lists_of_matchers_are_read_in_braces_and_without() {
    let both = [r#"a="b""#, r#"c=~"d,e""#];
    for text in [r#"{a="b",c=~"d,e"}"#, r#"a="b",c=~"d,e""#, r#" { a = "b" , c =~ "d,e" , } "#] {
        assert_eq!(shown(text), both, "{text}");
    }
    assert!(shown("{}").is_empty());
}

/// The texts of Alertmanager 0.25, where it has one.
#[test]
fn mistakes_are_named_in_alertmanager_s_words() {
    let wrong = |text: &str| parse_filter(text).unwrap_err();
    assert_eq!(wrong("nonsense"), "bad matcher format: nonsense");
    assert_eq!(wrong("=x"), "bad matcher format: =x");
    assert_eq!(wrong("a=\"x"), "matcher value contains unescaped double quote: \"x");
    assert_eq!(wrong("a=x\"y"), "matcher value contains unescaped double quote: x\"y");
    assert_eq!(wrong("{a=\"x\""), "bad matcher format: {a=\"x\"");
    assert_eq!(wrong("{,}"), "bad matcher format: ");
    assert!(wrong("a=~(").contains("“(” is not a pattern"));
    let many = format!("{{{}}}", "a=b,".repeat(MATCHERS_MAX + 1));
    assert!(wrong(&many).contains("the most that Hob takes is 100"));
}

fn query(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn switches_and_receivers_decide_who_is_told() {
    let wants = |pairs: &[(&str, &str)], silenced: bool| {
        let wanted = Wanted::from_query(&query(pairs)).unwrap();
        let by = if silenced { vec!["id".to_owned()] } else { Vec::new() };
        wanted.is_for_us() && wanted.wants(&AlertStatus::new(by))
    };
    assert!(wants(&[], true) && wants(&[], false));
    assert!(!wants(&[("silenced", "false")], true) && wants(&[("silenced", "false")], false));
    assert!(!wants(&[("active", "banana")], false) && wants(&[("active", "")], false));
    assert!(!wants(&[("active", "true"), ("active", "false")], false), "the last one counts");
    assert!(wants(&[("unprocessed", "false"), ("inhibited", "false"), ("unheard", "of")], false));
    assert!(wants(&[("receiver", "hob|x")], false) && !wants(&[("receiver", "ho")], false));
    let wrong = Wanted::from_query(&query(&[("receiver", "(")])).unwrap_err();
    assert!(wrong.starts_with("failed to parse receiver param: "), "{wrong}");
}

#[test]
fn every_filter_must_match() {
    let wanted = Wanted::from_query(&query(&[("filter", "a=b"), ("filter", "{c=~\"d|e\"}")])).unwrap();
    let labels = |c: &str| Labels::from([("a".into(), "b".into()), ("c".into(), c.into())]);
    assert!(wanted.matches(&labels("e")));
    assert!(!wanted.matches(&labels("f")));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", tricky in "[a{}\"\\\\,=!~ n]{0,20}") {
        let _ = parse_filter(&text);
        let _ = parse_filter(&tricky);
    }

    /// What is written as a list is read as what was meant.
    #[test]
    fn what_is_written_is_read_again(
        list in proptest::collection::vec(("[a-zA-Z_][a-zA-Z0-9_]{0,8}", "[^\\pC]{0,12}|[\"\\\\,n\n{}=]{0,6}", 0..2_u8), 1..5),
    ) {
        let quote = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let operator = |which: u8| if which == 0 { "=" } else { "!=" };
        let tokens: Vec<String> =
            list.iter().map(|(name, value, which)| format!("{name}{}\"{}\"", operator(*which), quote(value))).collect();
        let read = parse_filter(&format!("{{{}}}", tokens.join(", "))).unwrap();
        prop_assert_eq!(read.len(), list.len());
        for (matcher, (name, value, which)) in read.iter().zip(&list) {
            prop_assert_eq!((matcher.name(), matcher.value(), matcher.is_equal()), (name.as_str(), value.as_str(), *which == 0));
        }
    }
}
