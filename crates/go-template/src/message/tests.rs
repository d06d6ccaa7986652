use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::*;

fn environment() -> Environment {
    Environment::new(Timestamp::UNIX_EPOCH, TimeZone::UTC)
}

#[track_caller]
fn shown(template: &str, webhook: &str) -> (String, String, Option<String>) {
    let data: Value = serde_json::from_str(webhook).unwrap();
    let rendered = builtin(template).unwrap().render(&data, &environment()).unwrap();
    (rendered.title.unwrap(), rendered.message.unwrap(), rendered.priority)
}

macro_rules! shown {
    ($template:literal, $file:literal) => {
        shown($template, include_str!(concat!("../../testdata/webhooks/", $file, ".json")))
    };
}

fn said(title: &str, message: &str, priority: Option<&str>) -> (String, String, Option<String>) {
    (title.to_owned(), message.to_owned(), priority.map(str::to_owned))
}

#[test]
fn all_that_come_along_can_be_read() {
    for name in BUILTIN_NAMES {
        let template = builtin(name).unwrap_or_else(|| panic!("{name} is there"));
        template.check().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(template.title.is_some() && template.message.is_some(), "{name}");
    }
    assert_eq!(builtin("nope"), None);
    for (name, file) in BUILTIN {
        assert!(MessageTemplate::from_yaml(file).is_ok(), "{name}");
    }
}

/// Whatever is sent to them, they say something, and do not fail.
#[test]
fn all_that_come_along_get_along_with_nothing() {
    for name in BUILTIN_NAMES {
        for data in [
            json!({}),
            json!({"alerts": []}),
            json!({"commits": [], "ref": "refs/heads/x"}),
            json!({"alerts": [{}]}),
        ] {
            let rendered = builtin(name).unwrap().render(&data, &environment());
            let rendered = rendered.unwrap_or_else(|error| panic!("{name} of {data}: {error}"));
            assert!(!rendered.title.unwrap().is_empty(), "{name} of {data}");
            let message = rendered.message.unwrap();
            assert!(!message.is_empty() && !message.contains("<no value>"), "{name} of {data}: {message}");
        }
    }
}

#[test]
fn alertmanager() {
    assert_eq!(
        shown!("alertmanager", "alertmanager-firing"),
        said(
            "Firing: DiskAlmostFull (2 alerts)",
            "nas:9100: /tank is 96 % full\nIt will be full in about two days.\nhttps://wiki.home.example/disk\n\
             Resolved: pi:9100: / is 91 % full\nand 1 more",
            Some("5")
        )
    );
    assert_eq!(
        shown!("alertmanager", "alertmanager-resolved"),
        said("Resolved: InstanceDown on printer", "printer: printer is down", Some("2"))
    );
}

#[test]
fn grafana() {
    assert_eq!(
        shown!("grafana", "grafana-firing"),
        said(
            "Firing: Freezer too warm in Kitchen",
            "The freezer is at -9.5 °C (freezer)\nIt should be below -15 °C.\nA = -9.5, C = 1\n\
             http://grafana.home.example/d/kitchen",
            Some("5")
        )
    );
    assert_eq!(
        shown!("grafana", "grafana-old"),
        said(
            "Resolved: Cellar",
            "The cellar is damp.\nhumidity: 97.5\nhttp://grafana.home.example/d/cellar",
            Some("2")
        )
    );
}

#[test]
fn github() {
    let issue = "https://github.com/home/garden/issues/12";
    let pull = "https://github.com/home/garden/pull/13";
    for (found, title, message) in [
        (
            shown!("github", "github-push"),
            "home/garden: rosa pushed 2 commits to main",
            "9988776 Water the tomatoes at night (rosa)\na1b2c3d Fix the valve (Emil)\n\
             https://github.com/home/garden/compare/0f1e2d3c4b5a...a1b2c3d4e5f6"
                .to_owned(),
        ),
        (
            shown!("github", "github-issue"),
            "home/garden: rosa opened #12",
            format!("The gate does not close\n\n{issue}"),
        ),
        (
            shown!("github", "github-comment"),
            "home/garden: rosa commented on #12",
            format!("The gate does not close\nIt needs oil.\n{issue}#issuecomment-1"),
        ),
        (shown!("github", "github-merged"), "home/garden: rosa merged #13", format!("Oil the gate\n{pull}")),
        (
            shown!("github", "github-review"),
            "home/garden: rosa approved #13",
            format!("Oil the gate\nSmells good.\n{pull}#pullrequestreview-1"),
        ),
        (
            shown!("github", "github-release"),
            "home/garden: release v2.0 published",
            "Summer\n* More sun\nhttps://github.com/home/garden/releases/tag/v2.0".to_owned(),
        ),
        (
            shown!("github", "github-run"),
            "home/garden: Tests failure",
            "Fix the valve\nBranch main, run 88\nhttps://github.com/home/garden/actions/runs/1".to_owned(),
        ),
        (
            shown!("github", "github-star"),
            "home/garden: rosa gave a star",
            "Stars: 7\nhttps://github.com/home/garden".to_owned(),
        ),
        (shown!("github", "github-ping"), "home/garden: the webhook works", "Keep it small.".to_owned()),
        (
            shown!("github", "github-branch"),
            "home/garden: rosa deleted autumn",
            "https://github.com/home/garden/compare/x".to_owned(),
        ),
    ] {
        assert_eq!(found, said(title, &message, None));
    }
}

#[test]
fn a_file_of_the_owner() {
    let file =
        "# mine\ntitle: '{{.a}}'\nmessage: |\n  {{.a}}\\n\n  b: {{.b}}\npriority: 4\nmore: [1, {x: y}]\n";
    let template = MessageTemplate::from_yaml(file).unwrap();
    assert_eq!(template.title.as_deref(), Some("{{.a}}"));
    assert_eq!(template.message.as_deref(), Some("{{.a}}\\n\nb: {{.b}}\n"));
    let rendered = template.render(&json!({"a": "x", "b": 1}), &environment()).unwrap();
    assert_eq!(
        rendered,
        RenderedMessage {
            title: Some("x".into()),
            message: Some("x\n\nb: 1".into()),
            priority: Some("4".into())
        }
    );
    for nothing in ["", "# only a comment\n", "{}", "title:\nmessage: ~\npriority: null\n"] {
        assert_eq!(MessageTemplate::from_yaml(nothing), Ok(MessageTemplate::default()), "{nothing:?}");
    }
    let quoted = MessageTemplate::from_yaml("title: ''\nmessage: 'null'\n").unwrap();
    assert_eq!((quoted.title.as_deref(), quoted.message.as_deref()), (Some(""), Some("null")));
}

#[test]
fn a_file_that_is_wrong_says_where() {
    for (file, expected) in [
        ("- a\n- b\n", "In line 1, at character 1: the file has to be a mapping with title and message."),
        (
            "title: a\nmessage:\n  - b\n",
            "In line 3, at character 3: the value of “message” has to be a text.",
        ),
        ("[a]: b\n", "In line 1, at character 1: a key has to be a text."),
        (
            "title: &a x\nmessage: *a\n",
            "In line 2, at character 10: the value of “message” has to be a text.",
        ),
    ] {
        assert_eq!(MessageTemplate::from_yaml(file).unwrap_err().to_string(), expected, "{file}");
    }
    let error = MessageTemplate::from_yaml("title: \"open\nmessage: x\n").unwrap_err();
    assert!(error.problem().starts_with("the file is no YAML: "), "{error}");
    let error = MessageTemplate::from_yaml(&"#".repeat(200_000)).unwrap_err();
    assert_eq!(error.problem(), "a file of templates has at most 131072 bytes");
}

#[test]
fn an_error_says_in_which_part_it_is() {
    let template =
        MessageTemplate { title: Some("ok".into()), message: Some("a {{nope}}".into()), priority: None };
    let expected = "In line 1, at character 5: message: there is no function “nope”.";
    assert_eq!(template.check().unwrap_err().to_string(), expected);
    assert_eq!(template.render(&json!({}), &environment()).unwrap_err().to_string(), expected);
}

#[test]
fn text_of_a_message() {
    assert_eq!(message_text("  a\\nb\n\n"), "a\nb");
    assert_eq!(message_text("\\n \\n"), "");
}
