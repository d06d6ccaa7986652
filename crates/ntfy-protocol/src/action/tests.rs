use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn one(text: &str) -> Action {
    let mut actions = parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    assert_eq!(actions.len(), 1, "{text}");
    actions.remove(0)
}

fn view(label: &str, url: &str) -> Action {
    Action { label: label.into(), url: url.into(), ..Action::default() }
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_documented_examples() {
    let two = parse(
        "view, Open portal, https://home.nest.com/, clear=true; \
         http, Turn down, https://api.nest.com/, body='{\"temperature\": 65}'",
    );
    let http = Action {
        kind: ActionKind::Http,
        body: "{\"temperature\": 65}".into(),
        ..view("Turn down", "https://api.nest.com/")
    };
    assert_eq!(two.unwrap(), [Action { clear: true, ..view("Open portal", "https://home.nest.com/") }, http]);

    let close = "http, Close door, https://api.mygarage.lan/, method=PUT, headers.Authorization=Bearer zAzsx1sk.., \
         body={\"action\": \"close\"}";
    let expected = Action {
        kind: ActionKind::Http,
        method: "PUT".into(),
        headers: pairs(&[("Authorization", "Bearer zAzsx1sk..")]),
        body: "{\"action\": \"close\"}".into(),
        ..view("Close door", "https://api.mygarage.lan/")
    };
    assert_eq!(one(close), expected);

    let picture = one("broadcast, Take picture, extras.cmd=pic, extras.camera=front");
    assert_eq!(
        (picture.kind, picture.extras),
        (ActionKind::Broadcast, pairs(&[("camera", "front"), ("cmd", "pic")]))
    );
    assert_eq!(one("broadcast, Go, intent=io.example.GO").intent, "io.example.GO");

    let copy = one("copy, Copy code, 123456, clear=yes");
    assert_eq!((copy.kind, copy.value.as_str(), copy.clear), (ActionKind::Copy, "123456", true));
    assert_eq!(one("copy, Copy code, value=\"a, b; c\"").value, "a, b; c");
}

#[test]
fn json_says_the_same() {
    let json = r#"[{"action":"HTTP","label":"Close","url":"https://a.example","method":"put","headers":{"A":"1"},
        "body":"x","clear":true,"unknown":1,"extras":null},{"action":"copy","label":"Copy","value":"1"}]"#;
    let short = "http, Close, https://a.example, method=put, headers.A=1, body=x, clear=1; copy, Copy, 1";
    assert_eq!(parse(json).unwrap(), parse(short).unwrap());
    assert_eq!(parse("[]").unwrap(), []);
    assert_eq!(parse(" [ ] ").unwrap(), []);
}

#[test]
fn keys_and_places_mix() {
    let door = Action { kind: ActionKind::Http, ..view("Open door", "https://door.lan/open") };
    for text in [
        "action=http, label=Open door, url=https://door.lan/open",
        "label=\"Open door\" , action=\"http\", url=https://door.lan/open",
        "action = http, label = 'Open door', url = \"https://door.lan/open\"",
        "http,Open door,https://door.lan/open",
        "HTTP, Open door, https://door.lan/open;",
        "  http ,\n Open door ,\thttps://door.lan/open ; ",
        "ACTION=Http, 'Open door', Url=https://door.lan/open",
    ] {
        assert_eq!(one(text), door, "{text}");
    }
    let extras =
        one("action=broadcast, label=x, extras.command=some command, extras.some_param=a parameter").extras;
    assert_eq!(extras, pairs(&[("command", "some command"), ("some_param", "a parameter")]));
    let headers = one("http, x, http://a.example, method=GET, headers.Content-Type=application/json").headers;
    assert_eq!(headers, pairs(&[("Content-Type", "application/json")]));
}

#[test]
fn quotes() {
    let table = [
        (
            r#"view, "Look ma, \"quotes\"; and semicolons", http://a.example"#,
            r#"Look ma, "quotes"; and semicolons"#,
        ),
        (r#"view, '"quotes" and \'single quotes\'', http://a.example"#, r#""quotes" and 'single quotes'"#),
        ("view, 'Кохайтеся, а не воюйте, 💙🫤', http://a.example", "Кохайтеся, а не воюйте, 💙🫤"),
        (r#"view, "back\slash", http://a.example"#, r"back\slash"),
        (r#"view, don't, http://a.example"#, "don't"),
    ];
    for (text, label) in table {
        assert_eq!(one(text), view(label, "http://a.example"), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let table = [
        (r#"label="Out of order!" x, action="http", url=http://a.example"#, "after a value in quotes"),
        (r#"label="", action="http", url=http://a.example"#, "no label"),
        (r#"label=, action="http", url=http://a.example"#, "no label"),
        (r#"label="xx", action="http", url=http://a.example, what is this anyway"#, "“what is this anyway”"),
        ("fdsfdsf", "“fdsfdsf” is not one of"),
        (r#"aaa=a, "bbb, 'ccc, ddd, eee ""#, "the key “aaa”"),
        (r#"action=http, label="the end is missing"#, "a quote is not closed"),
        ("view, Open, ", "needs a url"),
        ("http, Open", "needs a url"),
        ("copy, Copy", "needs a value"),
        ("http, Get, http://a.example, method=GET, body=x", "GET has no body"),
        ("view, a, b, clear=maybe", "“clear” is yes or no, not “maybe”"),
        ("view, a, b; view, a, b; view, a, b; view, a, b", "only 3 actions"),
        ("http, a, b, method=DROP TABLE", "method"),
        ("view, a, b, ", "“” says nothing"),
        (r#"[{"action":"view","label":"\u0001","url":"x"}]"#, "no label"),
        (r#"[{"action":"view","label":"x","url":"\u0001"}]"#, "needs a url"),
        (r#"[{"action":"copy","label":"x","value":"\u0000"}]"#, "needs a value"),
        ("[{}]", "is not one of"),
        ("[null]", "no JSON array"),
        ("[{\"action\":1}]", "no JSON array"),
        ("[", "no JSON array"),
        (&format!("[\"{}\"]", "x".repeat(5000)), "xxx…, line 1"),
        ("", ""),
    ];
    for (text, why) in table {
        match parse(text) {
            Ok(actions) => assert!(text.is_empty() && actions.is_empty(), "{text}"),
            Err(refusal) => {
                assert_eq!((refusal.code, refusal.http), (40018, 400));
                assert!(refusal.error.contains(why), "{text}: {}", refusal.error);
            }
        }
    }
}

#[test]
fn nothing_breaks_a_header_of_the_request_to_send() {
    let json = "[{\"action\":\"http\",\"label\":\"a\\nb\",\"url\":\"http://a\\r\\nX: 1\",\"headers\":{\"A\\n\":\"1\\r\\nEvil: 1\"},\
        \"body\":\"line\\nline\\u0000\"}]";
    let action = one(json);
    assert_eq!((action.label.as_str(), action.url.as_str()), ("a b", "http://a  X: 1"));
    assert_eq!(action.headers, pairs(&[("A ", "1  Evil: 1")]));
    assert_eq!(action.body, "line\nline");
}

/// The short form of a button, everything in quotes.
fn short_form(action: &Action) -> String {
    // A backslash before the closing quote would escape it.
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\\\""));
    let mut parts =
        vec![format!("action={}", action.kind.as_str()), format!("label={}", quoted(&action.label))];
    let fields = [
        ("url", &action.url),
        ("method", &action.method),
        ("body", &action.body),
        ("intent", &action.intent),
        ("value", &action.value),
    ];
    parts.extend(fields.iter().map(|(key, value)| format!("{key}={}", quoted(value))));
    parts.extend(action.headers.iter().map(|(key, value)| format!("headers.{key}={}", quoted(value))));
    parts.extend(action.extras.iter().map(|(key, value)| format!("extras.{key}={}", quoted(value))));
    parts.push(format!("clear={}", action.clear));
    parts.join(", ")
}

prop_compose! {
    fn action()(
        kind in prop::sample::select(vec![ActionKind::View, ActionKind::Http, ActionKind::Broadcast, ActionKind::Copy]),
        label in "[a-zA-Zäöü\",;='🎉]{1,12}",
        text in "[ -\\[\\]-~äöü🎉]{1,20}x",
        clear in any::<bool>(),
        keys in vec("[-A-Za-z0-9_]{1,8}", 0..3),
    ) -> Action {
        let map = keys.into_iter().map(|key| (key, text.clone())).collect::<BTreeMap<_, _>>();
        let text = format!("x{text}");
        Action {
            id: String::new(), kind, label, clear, url: text.clone(), method: "POST".into(), headers: map.clone(),
            body: text.clone(), intent: text.clone(), extras: map, value: text,
        }
    }
}

proptest! {
    /// The short form and the JSON of buttons are read as the same.
    #[test]
    fn buttons_survive_both_forms(actions in vec(action(), 1..=3)) {
        let short = actions.iter().map(short_form).collect::<Vec<_>>().join("; ");
        prop_assert_eq!(&parse(&short).unwrap(), &actions);
        let mut json = Vec::new();
        for action in &actions {
            let mut one = String::new();
            action.write_json(&mut one);
            json.push(one);
        }
        prop_assert_eq!(parse(&format!("[{}]", json.join(","))).unwrap(), actions);
    }
}
