//! Whole templates: against what Go wrote for them, and what is done differently on purpose.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Environment, Limits, Stage, Template, TemplateError};

/// 13:05:09 in Berlin.
fn environment() -> Environment {
    let now: Timestamp = "2026-11-23T12:05:09.123456789Z".parse().unwrap();
    Environment::new(now, TimeZone::get("Europe/Berlin").unwrap())
}

fn render(template: &str, data: &Value) -> Result<String, TemplateError> {
    Template::parse(template)?.render(data, &environment())
}

#[track_caller]
fn is(template: &str, data: &Value, expected: &str) {
    assert_eq!(render(template, data).as_deref(), Ok(expected), "{template}");
}

#[track_caller]
fn fails(template: &str, data: &Value, expected: &str) {
    assert_eq!(render(template, data).unwrap_err().to_string(), expected, "{template}");
}

/// Templates and what Go 1.19 with Sprig 3.2.3 made of them, with TZ=Europe/Berlin and `now` as here. Some were
/// thought of, some were made of random parts; testdata/README.md says how they were gathered.
#[test]
fn what_go_writes_is_written() {
    let data: Value = serde_json::from_str(include_str!("../testdata/data.json")).unwrap();
    let mut wrong = Vec::new();
    let cases: Vec<Value> = include_str!("../testdata/as-go.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for case in &cases {
        let template = case["t"].as_str().unwrap();
        let found = match Template::parse(template) {
            Ok(parsed) => match parsed.render(&data, &environment()) {
                Ok(text) => json!({"t": template, "out": text}),
                Err(_) => json!({"t": template, "fails": "render"}),
            },
            Err(_) => json!({"t": template, "fails": "parse"}),
        };
        if found != *case {
            wrong.push(format!("expected {case}\nfound    {found}"));
        }
    }
    assert!(cases.len() > 1000, "the table has been read");
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Go refuses numbers of another kind; all numbers of JSON are floats, so that this hits whoever writes `eq .n 1`.
#[test]
fn numbers_of_any_kind_go_together() {
    let data = json!({"n": 3, "f": 3.5, "list": ["a", "b"], "at": 1});
    is("{{eq .n 3}} {{ne .n 4}} {{lt .n 4}} {{ge .f 3}} {{eq 1 1.0}}", &data, "true true true true true");
    is("{{index .list .at}} {{repeat .n \"ab\"}} {{trunc .at \"xyz\"}}", &data, "b ababab x");
    is(
        "{{range .n}}{{.}}{{end}} {{range $i := 2}}{{$i}}{{end}} {{range 0}}x{{else}}none{{end}}",
        &data,
        "012 01 none",
    );
    fails(
        "{{repeat .f \"a\"}}",
        &data,
        "In line 1, at character 10: argument 1 of “repeat” is a number, and it takes a whole number.",
    );
}

/// Where Sprig falls back to the present moment, or to nothing, the value that is there is taken.
#[test]
fn dates_come_from_numbers_and_texts() {
    let data = json!({"ts": 1_700_000_000, "at": "2024-03-05T06:07:08Z", "word": "soon"});
    is(r#"{{date "2006-01-02 15:04" .ts}}"#, &data, "2023-11-14 23:13");
    is(r#"{{date "2006-01-02 15:04" .at}}"#, &data, "2024-03-05 07:07");
    is(r#"{{dateInZone "15:04 MST" .at "Asia/Tokyo"}}"#, &data, "15:07 JST");
    is(r#"{{date "2006-01-02" .word}}"#, &data, "2026-11-23");
    is(
        r#"{{duration 95}} {{duration .ts | trunc 9}} {{ago "2026-11-23T12:00:00Z"}}"#,
        &data,
        "1m35s 472222h13 5m9s",
    );
    is("{{ago .ts}} {{ago now}}", &data, "26509h51m49s 0s");
}

#[test]
fn texts_are_cut_between_characters() {
    let data = json!({"u": "é🔥x"});
    is(r#"[{{trunc 1 .u}}] [{{trunc 4 .u}}] [{{trunc -2 .u}}] [{{trunc -4 .u}}]"#, &data, "[] [é] [x] [x]");
    is(r#"[{{substr 1 3 .u}}] [{{slice .u 2}}] [{{slice .u 0 3}}] {{len .u}}"#, &data, "[é] [🔥x] [é] 7");
    is(r#"[{{substr 10 20 "hello"}}] [{{substr 3 1 "hello"}}]"#, &data, "[] []");
}

#[test]
fn what_ntfy_adds_is_there() {
    let data = json!({});
    is(
        r#"{{sha512sum "a" | trunc 12}} {{int "12"}} {{int64 3.7}} {{float64 "1.5"}}"#,
        &data,
        "1f40fc92da24 12 3 1.5",
    );
    is("{{range list 1 2 3}}{{if eq . 2}}{{continue}}{{end}}{{.}}{{end}}", &data, "13");
    is(r#"{{with ""}}a{{else with "b"}}{{.}}{{else}}c{{end}}"#, &data, "b");
}

#[test]
fn what_is_left_out_is_no_function() {
    for name in
        ["env", "expandenv", "getHostByName", "genPrivateKey", "randAlphaNum", "uuidv4", "htpasswd", "call"]
    {
        let error = Template::parse(&format!("a\n {{{{ {name} }}}}")).unwrap_err();
        assert_eq!(error.problem(), format!("there is no function “{name}”"));
        assert_eq!((error.line(), error.column()), (2, 5));
    }
}

#[test]
fn an_error_says_where_and_what() {
    let data = json!({"a": {"b": "text"}, "l": [1]});
    fails(
        "one\ntwo {{ .a.b.c }}",
        &data,
        "In line 2, at character 8: “.c” is asked of a text, and only an object has fields.",
    );
    fails(
        "é {{upper .nope}}",
        &data,
        "In line 1, at character 11: argument 1 of “upper” is no value, and it takes a text.",
    );
    fails(
        "{{if .a}}\n",
        &data,
        "In line 1, at character 3: “if” is opened here and never closed with “{{end}}”.",
    );
    fails(
        "{{range .l}}{{index . 1}}{{end}}",
        &data,
        "In line 1, at character 15: in “index”, a number cannot be looked into.",
    );
    fails(
        "{{define \"x\"}}{{fail \"no\"}}{{end}}\n{{template \"x\"}}",
        &data,
        "In line 1, at character 17: in “fail”, the template gives up: no.",
    );
    fails("{{.a | printf \"%d\" | nope}}", &data, "In line 1, at character 22: there is no function “nope”.");
}

#[test]
fn an_error_says_when() {
    assert_eq!(Template::parse("{{nope}}").unwrap_err().stage(), Stage::Reading);
    assert_eq!(render("{{len 1}}", &json!({})).unwrap_err().stage(), Stage::Rendering);
}

#[test]
fn an_error_stays_on_one_line_and_is_short() {
    let long = "x\n\u{7}".repeat(1000);
    let error = render(&format!("{{{{fail {long:?}}}}}"), &json!({})).unwrap_err();
    assert!(error.to_string().chars().count() < 300);
    assert!(!error.to_string().contains(char::is_control));
}

fn tight(change: impl FnOnce(&mut Limits)) -> Environment {
    let mut environment = environment();
    change(&mut environment.limits);
    environment
}

#[track_caller]
fn ends(template: &str, environment: &Environment, expected: &str) {
    let error = Template::parse(template).unwrap().render(&json!({"l": [1, 2, 3]}), environment).unwrap_err();
    assert!(error.problem().contains(expected), "{template}: {error}");
}

#[test]
fn limits_hold() {
    ends("{{.}}{{.}}", &tight(|limits| limits.output = 20), "the output gets longer than 20 bytes");
    ends("{{range 1000}}{{end}}", &tight(|limits| limits.steps = 500), "takes too many steps");
    ends("{{repeat 1000 \"a\"}}", &tight(|limits| limits.memory = 900), "needs too much memory");
    ends("{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}", &environment(), "nested too deep");
    assert!(Template::parse(&"x".repeat(Template::LONGEST)).is_ok());
    let error = Template::parse(&"x".repeat(Template::LONGEST + 1)).unwrap_err();
    assert_eq!(error.problem(), "a template has at most 32768 bytes");
}

/// Each of these would run for ages, or take all of the memory, if nothing stopped it.
#[test]
fn bombs_do_not_go_off() {
    let environment = environment();
    let doubling = "{{$l := list 1}}".to_owned() + &"{{$l = list $l $l}}".repeat(60) + "{{print $l | len}}";
    for (bomb, expected) in [
        ("{{range 1000000000000}}{{end}}", "too many steps"),
        ("{{range .l}}{{range 1000000}}{{range 1000000}}{{end}}{{end}}{{end}}", "too many steps"),
        ("{{until 1000000000}}", "counts 10000 numbers at most"),
        ("{{seq 1 9223372036854775807}}", "counts 10000 numbers at most"),
        ("{{untilStep -9223372036854775808 9223372036854775807 1}}", "counts 10000 numbers at most"),
        ("{{repeat 1000000000 \"a\"}}", "repeated 10000 times at most"),
        ("{{repeat 10000 (repeat 100 \"a\")}}", "repeated 10000 times at most"),
        ("{{indent 1000000000 \"a\"}}", "at most 100000 bytes"),
        ("{{printf \"%1000d\" 1}}", "no field wider than 999"),
        ("{{printf \"%.99999f\" 1.0}}", "no field wider than 999"),
        ("{{printf \"%*d\" 1000000 1}}", "no field wider than 999"),
        (
            "{{$s := repeat 1000 \"abcdefghij\"}}{{range 1000}}{{$s = replace \"a\" $s $s}}{{end}}",
            "too much memory",
        ),
        ("{{$s := \"ab\"}}{{range 100}}{{$s = print $s $s}}{{end}}", "too many steps"),
        ("{{$s := \"ab\"}}{{range 100}}{{$s = regexReplaceAll \"a\" $s $s}}{{end}}", "in “regexReplaceAll”"),
        ("{{$s := repeat 9999 \"$0\"}}{{regexReplaceAll \".+\" (repeat 9999 \"x\") $s}}", "gets too long"),
        ("{{$l := .l}}{{range 100}}{{$l = concat $l $l}}{{end}}", "too much memory"),
        ("{{$l := list 1}}{{range 1000}}{{$l = list $l}}{{end}}{{$l}}", "nested too deep"),
        ("{{$l := list 1}}{{range 1000}}{{$l = list $l}}{{end}}{{toJSON $l}}", "nested too deep"),
        ("{{$d := dict}}{{$_ := set $d \"self\" $d}}{{$d}}", "nested too deep"),
        ("{{$d := dict}}{{$_ := set $d \"self\" $d}}{{toJSON $d}}", "nested too deep"),
        (
            "{{$d := dict}}{{$_ := set $d \"a\" $d}}{{$e := dict}}{{$_ := set $e \"a\" $e}}{{deepEqual $d $e}}",
            "nested too deep",
        ),
        ("{{range 100000}}{{$_ := regexMatch (print . \"(a|b)*\") \"x\"}}{{end}}", "in “regexMatch”"),
        ("{{regexMatch \"((a{100}){100}){100}\" \"x\"}}", "is too large"),
        (
            "{{$s := repeat 9999 \"a\"}}{{range 10000}}{{$_ := regexFindAll \"[^a]|a\" $s -1}}{{end}}",
            "“regexFindAll”",
        ),
        (doubling.as_str(), "too many steps"),
        ("{{$l := until 5000}}{{range 100}}{{$_ := uniq $l}}{{end}}", "too many steps"),
        ("{{range 1000000}}{{sha512sum (repeat 10000 \"aaaaaaaaaa\")}}{{end}}", "too many steps"),
    ] {
        ends(bomb, &environment, expected);
    }
}

/// A list that holds itself many times over is small, and endless to write.
#[test]
fn a_wide_value_is_not_written_for_ever() {
    let doubling = "{{$l := list 1}}".to_owned() + &"{{$l = list $l $l}}".repeat(30);
    for end in [
        "{{$l}}",
        "{{toJSON $l}}",
        "{{printf \"%d\" $l}}",
        "{{deepEqual $l (list $l)}}{{$l | toString | len}}",
    ] {
        let error = Template::parse(&(doubling.clone() + end)).unwrap().render(&json!({}), &environment());
        let problem = error.unwrap_err().problem().to_owned();
        assert!(
            problem.contains("too many steps") || problem.contains("too much memory"),
            "{end}: {problem}"
        );
    }
}

#[test]
fn deep_templates_are_refused() {
    let parens = "{{".to_owned() + &"(".repeat(5000) + "1" + &")".repeat(5000) + "}}";
    assert!(Template::parse(&parens).unwrap_err().problem().contains("nested deeper than"));
    let blocks = "{{if 1}}".repeat(3000) + &"{{end}}".repeat(1000);
    assert!(Template::parse(&blocks).unwrap_err().problem().contains("nested deeper than"));
    // What may be read may be rendered, on the small stack of a test.
    let nested = "{{if 1}}".repeat(45) + "x" + &"{{end}}".repeat(45);
    is(&nested, &json!({}), "x");
}

/// Half of what a thread of the server has, and without optimisation.
#[test]
fn a_small_stack_is_enough() {
    let deepest = || {
        let parens = "{{".to_owned() + &"(".repeat(95) + "1" + &")".repeat(95) + "}}";
        is(&parens, &json!({}), "1");
        let blocks = "{{with .}}{{range 1}}".repeat(47) + &"{{end}}{{end}}".repeat(47);
        is(&blocks, &json!({"a": 1}), "");
        let chain = "{{if 0}}".to_owned() + &"{{else if 0}}".repeat(90) + "{{else}}x{{end}}";
        is(&chain, &json!({}), "x");
        let recursive = "{{define \"x\"}}{{if true}}{{template \"x\" (list . (toJSON .))}}{{end}}{{end}}{{template \"x\"}}";
        assert!(render(recursive, &json!({})).is_err());
        let lists =
            "{{$l := list 1}}{{range 90}}{{$l = list $l}}{{end}}{{printf \"%v%d\" $l $l}}{{toPrettyJSON $l}}";
        assert!(render(lists, &json!({})).is_ok());
    };
    std::thread::Builder::new().stack_size(1024 * 1024).spawn(deepest).unwrap().join().unwrap();
}

#[test]
fn data_nested_deep_is_refused() {
    let deep = "[".repeat(120) + &"]".repeat(120);
    let data: Value = serde_json::from_str(&deep).unwrap();
    fails("x", &data, "In line 1, at character 1: the data is too large or nested too deep.");
}

/// Random words of a template, next to each other.
fn scraps() -> impl Strategy<Value = String> {
    let words = [
        "{{",
        "}}",
        "{{-",
        "-}}",
        " ",
        "\n",
        ".",
        ".a",
        ".l",
        "$",
        "$x",
        ":=",
        "=",
        "|",
        "(",
        ")",
        ",",
        "\"t\"",
        "`r`",
        "'c'",
        "1",
        "-2",
        "3.5",
        "0x",
        "if",
        "else",
        "end",
        "range",
        "with",
        "define",
        "template",
        "block",
        "break",
        "continue",
        "nil",
        "true",
        "printf",
        "\"%v\"",
        "index",
        "len",
        "list",
        "dict",
        "set",
        "until",
        "regexFind",
        "toJSON",
        "date",
        "now",
        "{{end}}",
        "{{else}}",
        "{{if .a}}",
        "{{range .l}}",
        "é",
        "/*",
        "*/",
        "{{/*",
        "*/}}",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40)
        .prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn text_without_actions_is_itself(text in "\\PC{0,200}|[ a-z}{\\n]{0,200}") {
        prop_assume!(!text.contains("{{"));
        prop_assert_eq!(render(&text, &json!({"a": 1})), Ok(text));
    }

    #[test]
    fn nothing_panics(template in scraps()) {
        let data = json!({"a": {"b": [1, null, "x"]}, "l": [true, 2.5, {}]});
        if let Err(error) = render(&template, &data) {
            prop_assert!(error.line() >= 1 && error.column() >= 1);
            prop_assert!(error.to_string().chars().count() < 300);
        }
    }

    #[test]
    fn any_text_may_be_read(template in "\\PC*|(\\{\\{\\PC{0,10}\\}\\}){0,10}") {
        let _ = render(&template, &json!({}));
    }

    #[test]
    fn a_float_is_read_again(number in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
        let data = json!({"n": number});
        let written = render("{{.n}}", &data).unwrap();
        prop_assert_eq!(written.parse::<f64>().unwrap(), number);
        let json = render("{{toJSON .n}}", &data).unwrap();
        prop_assert_eq!(serde_json::from_str::<f64>(&json).unwrap(), number);
    }
}
