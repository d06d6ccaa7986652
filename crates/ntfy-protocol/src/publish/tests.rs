use super::*;
use http::{HeaderName, HeaderValue};

/// Friday.
fn now() -> Zoned {
    "2021-12-10T10:17:23[Europe/Berlin]".parse().unwrap()
}

fn topic() -> Topic {
    Topic::new("mytopic").unwrap()
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name: HeaderName = name.parse().unwrap();
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn read(pairs: &[(&str, &str)], query: &str) -> Result<PublishRequest, Refusal> {
    PublishRequest::from_http(topic(), None, &headers(pairs), query, &now(), &Limits::default())
}

fn json(body: &str) -> Result<(PublishRequest, String), Refusal> {
    PublishRequest::from_json(body.as_bytes(), &HeaderMap::new(), "", &now(), &Limits::default())
}

fn plain() -> PublishRequest {
    PublishRequest::to_topic(topic(), None)
}

/// The message of a request whose whole body this is.
fn message(request: PublishRequest, body: &[u8]) -> Message {
    let body = request.judge_body(body, false).unwrap();
    request.into_message("hwQ2YpKdmgAB".into(), 1_639_127_843, 1_639_170_000, body)
}

#[test]
fn nothing_said() {
    assert_eq!(read(&[], "").unwrap(), plain());
    assert_eq!(read(&[("title", ""), ("tags", " , ,")], "&&=&title=&p=").unwrap(), plain());
}

#[test]
fn every_name_of_a_text_is_read_from_headers_and_query() {
    let names: &[(&[&str], fn(&PublishRequest) -> &str)] = &[
        (&["X-Title", "Title", "ti", "t"], |r| &r.title),
        (&["X-Message", "Message", "m"], |r| &r.message),
        (&["X-Click", "Click"], |r| &r.click),
        (&["X-Filename", "Filename", "file", "f"], |r| &r.filename),
        (&["X-Poll-ID", "Poll-ID"], |r| &r.poll_id),
        (&["X-Tags", "Tags", "Tag", "ta"], |r| &r.tags[0]),
    ];
    for (aliases, field) in names {
        for name in *aliases {
            let request = read(&[(name, "some word")], "").unwrap();
            assert_eq!(field(&request), "some word", "{name}");
            let query = format!("{}=some+w%6frd", name.to_ascii_lowercase());
            assert_eq!(field(&read(&[], &query).unwrap()), "some word", "{query}");
        }
    }
    for name in ["X-Icon", "Icon"] {
        assert_eq!(read(&[(name, "https://a.example/i.png")], "").unwrap().icon, "https://a.example/i.png");
    }
    for name in ["X-Attach", "Attach", "a"] {
        assert_eq!(read(&[(name, "https://a.example/i.png")], "").unwrap().attach, "https://a.example/i.png");
    }
    for name in ["X-Sequence-ID", "Sequence-ID", "SID"] {
        let request = read(&[(name, "backup-1")], "").unwrap();
        assert_eq!(request.sequence_id, Some(SequenceId::new("backup-1").unwrap()));
    }
}

#[test]
fn every_name_of_a_yes_is_read_from_headers_and_query() {
    let names: &[(&[&str], bool, fn(&PublishRequest) -> bool)] = &[
        (&["X-Cache", "Cache"], true, |r| r.cache),
        (&["X-Firebase", "Firebase"], true, |r| r.firebase),
        (&["X-Markdown", "Markdown", "md"], false, |r| r.markdown),
        (&["X-UnifiedPush", "UnifiedPush", "up"], false, |r| r.unified_push),
    ];
    for (aliases, usual, field) in names {
        assert_eq!(field(&plain()), *usual);
        for name in *aliases {
            let key = name.to_ascii_lowercase();
            for (value, is) in
                [("1", true), ("yes", true), ("TRUE", true), ("0", false), ("no", false), ("?", false)]
            {
                assert_eq!(field(&read(&[(name, value)], "").unwrap()), is, "{name}: {value}");
                assert_eq!(field(&read(&[], &format!("{key}={value}")).unwrap()), is, "{key}={value}");
            }
        }
    }
}

#[test]
fn priorities() {
    let table = [
        ("1", 1),
        ("min", 1),
        ("2", 2),
        ("low", 2),
        ("3", 3),
        ("default", 3),
        ("4", 4),
        ("High", 4),
        ("5", 5),
        ("max", 5),
        ("urgent", 5),
        (" URGENT ", 5),
        ("", 0),
    ];
    for (word, priority) in table {
        for name in ["X-Priority", "Priority", "prio", "p"] {
            assert_eq!(read(&[(name, word)], "").unwrap().priority, priority, "{name}: {word}");
        }
    }
    for word in ["6", "0", "-1", "highest", "3.0"] {
        assert_eq!(read(&[("p", word)], "").unwrap_err(), refusal::PRIORITY_INVALID, "{word}");
    }
    // RFC 9218: how soon a browser or a proxy wants its answer; the next name counts.
    for word in ["u=1", "u=4, i", "i", "u=3, 1"] {
        assert_eq!(read(&[("Priority", word), ("p", "5")], "").unwrap().priority, 5, "{word}");
        assert_eq!(read(&[("Priority", word)], "p=low").unwrap().priority, 2, "{word}");
    }
}

#[test]
fn headers_stand_before_the_query_and_longer_names_before_shorter() {
    let request = read(&[("t", "short"), ("X-Title", "long")], "title=query").unwrap();
    assert_eq!(request.title, "long");
    assert_eq!(read(&[("t", "short")], "x-title=query").unwrap().title, "short");
    assert_eq!(read(&[("title", " ")], "t=query").unwrap().title, "query");
}

#[test]
fn text_beyond_ascii() {
    assert_eq!(read(&[("Title", "Grüße 🎉")], "").unwrap().title, "Grüße 🎉");
    assert_eq!(
        read(&[("Title", "=?UTF-8?B?8J+HqfCfh6o=?= =?UTF-8?Q?=C3=84pfel?=")], "").unwrap().title,
        "🇩🇪Äpfel"
    );
    assert_eq!(read(&[("Tags", "=?UTF-8?Q?gr=C3=BCn,_rot?=")], "").unwrap().tags, ["grün", "rot"]);
    // Python's requests sends Latin-1.
    let mut latin = HeaderMap::new();
    latin.insert("title", HeaderValue::from_bytes(b"Gr\xfc\xdfe").unwrap());
    let request = PublishRequest::from_http(topic(), None, &latin, "", &now(), &Limits::default()).unwrap();
    assert_eq!(request.title, "Grüße");
    assert_eq!(read(&[], "t=%F0%9F%8E%89&m=%ff").unwrap().title, "🎉");
}

#[test]
fn nothing_that_may_stand_in_a_header_breaks_a_line() {
    let evil = "a%0D%0AX-Evil:%201%00%E2%80%A8b";
    let query = format!("title={evil}&click={evil}&f={evil}&ta={evil}&poll-id={evil}");
    let request = read(&[], &query).unwrap();
    for text in [&request.title, &request.click, &request.filename, &request.tags[0], &request.poll_id] {
        assert_eq!(text, "a  X-Evil: 1  b");
    }
    let mime = "=?utf-8?B?YQ0KWC1FdmlsOiAx?=";
    assert_eq!(read(&[("title", mime)], "").unwrap().title, "a  X-Evil: 1");
    assert_eq!(
        read(&[("icon", "=?utf-8?q?https://a/=0D=0Ab?=")], "").unwrap_err(),
        refusal::ICON_URL_INVALID
    );
    assert_eq!(read(&[], "attach=https://a/b%0Ac").unwrap_err(), refusal::ATTACHMENT_URL_INVALID);
}

#[test]
fn what_is_long_is_cut_between_characters() {
    let long = "ä".repeat(5000);
    let request = read(&[], &format!("title=x{long}&message=x{long}&tags=x{long}&f=x{long}")).unwrap();
    assert_eq!(request.title.len(), 1023);
    assert_eq!(request.message.len(), 4095);
    assert_eq!(request.tags[0].len(), 127);
    assert_eq!(request.filename.len(), 255);
    let many = "tag,".repeat(1000);
    assert_eq!(read(&[("tags", &many)], "").unwrap().tags.len(), 50);
    assert_eq!(read(&[("click", &"x".repeat(3000))], "").unwrap_err().code, 40000);
    let url = format!("https://{}", "x".repeat(3000));
    assert_eq!(read(&[("icon", &url)], "").unwrap_err(), refusal::ICON_URL_INVALID);
    assert_eq!(read(&[("attach", &url)], "").unwrap_err(), refusal::ATTACHMENT_URL_INVALID);
}

#[test]
fn a_message_in_a_header_may_have_lines() {
    assert_eq!(read(&[("Message", "one\\ntwo")], "").unwrap().message, "one\ntwo");
    let request = read(&[("m", "{{.a}}\\n"), ("tpl", "yes"), ("t", "{{.b}}"), ("p", "{{.c}}")], "").unwrap();
    assert_eq!(request.template, Template::Inline);
    assert_eq!((request.message.as_str(), request.title.as_str()), ("{{.a}}\\n", "{{.b}}"));
    assert_eq!((request.priority, request.priority_template.as_str()), (0, "{{.c}}"));
}

#[test]
fn templates() {
    let table = [
        ("yes", Template::Inline),
        ("1", Template::Inline),
        ("TRUE", Template::Inline),
        ("no", Template::None),
        ("0", Template::None),
        ("", Template::None),
        ("grafana", Template::Named("grafana".into())),
        ("my_own-1", Template::Named("my_own-1".into())),
    ];
    for (value, template) in table {
        for name in ["X-Template", "Template", "tpl"] {
            assert_eq!(read(&[(name, value)], "").unwrap().template, template, "{value}");
        }
    }
    for value in ["../etc/passwd", "a b", "a.yml", "ä"] {
        assert_eq!(read(&[("tpl", value)], "").unwrap_err(), refusal::TEMPLATE_FILE_NOT_FOUND, "{value}");
    }
}

#[test]
fn attachments_from_elsewhere_are_named_by_their_address() {
    let table = [
        ("https://nest.com/view/yAxkasd.jpg", "yAxkasd.jpg"),
        ("https://nest.com/view/a%20b.jpg?x=1/2#c", "a b.jpg"),
        ("https://nest.com/view/", "view"),
        ("https://nest.com/", "attachment"),
        ("http://nest.com", "attachment"),
        ("https://nest.com/..", "attachment"),
        ("https://nest.com/a%2F..%2Fb", "b"),
        ("https://nest.com?x=/y", "attachment"),
    ];
    for (attach, name) in table {
        let request = read(&[("Attach", attach)], "").unwrap();
        assert_eq!(request.filename, name, "{attach}");
        let sent = message(request, b"");
        let attachment = sent.attachment.unwrap();
        assert_eq!((attachment.name.as_str(), attachment.url.as_str()), (name, attach));
        assert_eq!(sent.message, format!("You received a file: {name}"));
    }
    assert_eq!(read(&[("a", "https://a.example/x"), ("f", "y.png")], "").unwrap().filename, "y.png");
    for attach in ["ftp://a.example/x", "a.example", "https://", "javascript:alert(1)"] {
        assert_eq!(read(&[("a", attach)], "").unwrap_err(), refusal::ATTACHMENT_URL_INVALID, "{attach}");
    }
    for (name, kept) in
        [("../../etc/passwd", "passwd"), ("C:\\a.txt", "a.txt"), ("..", ""), ("a b.txt", "a b.txt")]
    {
        assert_eq!(read(&[("f", name)], "").unwrap().filename, kept, "{name}");
    }
}

#[test]
fn mail_and_calls() {
    let address = |text: &str| Some(Email::Address(text.to_owned()));
    for name in ["X-Email", "X-E-Mail", "Email", "E-Mail", "mail", "e"] {
        assert_eq!(
            read(&[(name, "phil@example.com")], "").unwrap().email,
            address("phil@example.com"),
            "{name}"
        );
    }
    assert_eq!(read(&[("email", "yes")], "").unwrap().email, Some(Email::Own));
    assert_eq!(read(&[("email", "no")], "").unwrap().email, None);
    let long = format!("{}@example.com", "a".repeat(300));
    for wrong in ["phil", "a@b,c@d", "a b@c", "@example.com", "phil@", "a;b@c", long.as_str()] {
        assert_eq!(read(&[("email", wrong)], "").unwrap_err(), refusal::EMAIL_ADDRESS_INVALID, "{wrong}");
    }
    assert_eq!(read(&[], "email=a%0d%0ab@c").unwrap_err(), refusal::EMAIL_ADDRESS_INVALID);
    assert_eq!(
        read(&[("call", "+12223334444")], "").unwrap().call,
        Some(Call::Number("+12223334444".into()))
    );
    assert_eq!(read(&[("x-call", "1")], "").unwrap().call, Some(Call::Own));
    for wrong in ["12223334444", "+", "+1a", "nobody"] {
        assert_eq!(read(&[("call", wrong)], "").unwrap_err(), refusal::PHONE_NUMBER_INVALID, "{wrong}");
    }
}

#[test]
fn delays() {
    let base = now().timestamp().as_second();
    for name in ["X-Delay", "Delay", "X-At", "At", "X-In", "In"] {
        assert_eq!(read(&[(name, "30m")], "").unwrap().deliver_at, Some(base + 1800), "{name}");
    }
    assert_eq!(read(&[("In", "10s")], "").unwrap().deliver_at, Some(base + 10));
    assert_eq!(read(&[("In", "3 days")], "").unwrap().deliver_at, Some(base + 259_200));
    let table = [
        ("9s", refusal::DELAY_TOO_SMALL),
        ("0", refusal::DELAY_TOO_SMALL),
        ("-1h", refusal::DELAY_TOO_SMALL),
        ("73h", refusal::DELAY_TOO_LARGE),
        ("next week", refusal::DELAY_TOO_LARGE),
        ("99999999999", refusal::DELAY_TOO_LARGE),
        ("1000000000", refusal::DELAY_CANNOT_PARSE),
        ("soon", refusal::DELAY_CANNOT_PARSE),
    ];
    for (delay, refusal) in table {
        assert_eq!(read(&[("Delay", delay)], "").unwrap_err(), refusal, "{delay}");
    }
    assert_eq!(read(&[("In", "1h"), ("Cache", "no")], "").unwrap_err(), refusal::DELAY_NO_CACHE);
    assert_eq!(read(&[("In", "1h"), ("Email", "a@b")], "").unwrap_err(), refusal::DELAY_NO_EMAIL);
    assert_eq!(read(&[("In", "1h"), ("Call", "yes")], "").unwrap_err(), refusal::DELAY_NO_CALL);
    let sent = message(read(&[("In", "1h")], "").unwrap(), b"later");
    assert_eq!(sent.time, base + 3600);
}

#[test]
fn sequences() {
    assert_eq!(read(&[("sid", "a b")], "").unwrap_err(), refusal::SEQUENCE_ID_INVALID);
    assert_eq!(read(&[("sid", &"x".repeat(65))], "").unwrap_err(), refusal::SEQUENCE_ID_INVALID);
    let path = Some(SequenceId::new("path").unwrap());
    let request = PublishRequest::from_http(
        topic(),
        path.clone(),
        &headers(&[("sid", "header")]),
        "",
        &now(),
        &Limits::default(),
    );
    let request = request.unwrap();
    assert_eq!(request.sequence_id, path);
    assert_eq!(message(request, b"x").sequence_id, "path");
    assert_eq!(message(plain(), b"x").sequence_id, "hwQ2YpKdmgAB");
}

#[test]
fn a_body_of_text() {
    let sent = message(plain(), " Backup successful 😀\n".as_bytes());
    let expected = "{\"id\":\"hwQ2YpKdmgAB\",\"time\":1639127843,\"expires\":1639170000,\"event\":\"message\",\
        \"topic\":\"mytopic\",\"message\":\"Backup successful 😀\"}";
    assert_eq!(sent.to_json(), expected);
    assert_eq!(message(plain(), b"").message, "triggered");
    assert_eq!(message(plain(), b"  ").message, "triggered");
    assert_eq!(message(plain(), b"a\0b").message, "ab");
    assert_eq!(message(read(&[], "message=from+the+query").unwrap(), b"").message, "from the query");
    assert_eq!(message(read(&[], "message=from+the+query").unwrap(), b"body").message, "body");
    let sent = message(read(&[("Cache", "no")], "").unwrap(), b"x");
    assert_eq!(sent.expires, 0);
}

#[test]
fn a_body_that_is_a_file() {
    assert_eq!(plain().judge_body(b"\xff\xfe", false).unwrap(), Body::Attachment);
    assert_eq!(plain().judge_body(b"start of something long", true).unwrap(), Body::Attachment);
    let named = read(&[("Filename", "a.txt")], "").unwrap();
    assert_eq!(named.judge_body(b"short", false).unwrap(), Body::Attachment);
    let mut sent = message(named, b"short");
    assert_eq!(sent.attachment.as_ref().unwrap().name, "a.txt");
    assert_eq!(sent.message, "");
    sent.fill_in();
    assert_eq!(sent.message, "You received a file: a.txt");
    let sent = message(plain(), b"\xff");
    assert_eq!(sent.attachment, Some(Attachment::default()));
}

#[test]
fn a_body_beside_an_attachment_from_elsewhere_is_text() {
    let request = read(&[("Attach", "https://a.example/b.png")], "").unwrap();
    assert_eq!(request.judge_body(b" text ", false).unwrap(), Body::Text("text".into()));
    assert_eq!(
        request.judge_body("tex\u{e4}".as_bytes().get(..4).unwrap(), true).unwrap(),
        Body::Text("tex".into())
    );
    assert_eq!(request.judge_body(b"\xfftext", true).unwrap_err(), refusal::MESSAGE_NOT_UTF8);
    assert_eq!(
        request.judge_body("ä".as_bytes().get(..1).unwrap(), false).unwrap_err(),
        refusal::MESSAGE_NOT_UTF8
    );
}

#[test]
fn a_body_for_an_app_stays_as_it_is() {
    let request = read(&[], "up=1").unwrap();
    assert!(request.unified_push && !request.firebase);
    assert_eq!(request.judge_body(b" text\n", false).unwrap(), Body::Text(" text\n".into()));
    assert_eq!(request.judge_body(b"a\0", false).unwrap(), Body::Base64("YQA=".into()));
    let sent = message(request, &[0xff, 0xfe]);
    assert_eq!((sent.message.as_str(), sent.encoding.as_str()), ("//4=", "base64"));
    assert!(sent.to_json().ends_with("\"encoding\":\"base64\"}"));
    // What a server of an app sends (RFC 8291) without saying more.
    assert!(read(&[("Content-Encoding", "aes128gcm")], "").unwrap().unified_push);
    // A file name does not make it a file.
    assert_eq!(message(read(&[("f", "a.bin")], "up=1").unwrap(), b"x").attachment, None);
}

#[test]
fn a_body_for_a_template() {
    let request = read(&[("Template", "yes"), ("Title", "{{.a}}")], "").unwrap();
    assert_eq!(request.judge_body(b"{\"a\":1}", true).unwrap(), Body::Template);
    let sent = message(request, b"{}");
    assert_eq!((sent.title.as_str(), sent.message.as_str(), &sent.attachment), ("{{.a}}", "", &None));
}

#[test]
fn poll_requests_say_nothing_else() {
    let request = read(&[("X-Poll-ID", "1234"), ("Email", "a@b"), ("Title", "t"), ("up", "1")], "").unwrap();
    assert!(!request.cache && !request.unified_push && request.email.is_none());
    let sent = message(request, b"whatever");
    let expected = "{\"id\":\"hwQ2YpKdmgAB\",\"time\":1639127843,\"event\":\"poll_request\",\"topic\":\"mytopic\",\
        \"message\":\"New message\",\"poll_id\":\"1234\"}";
    assert_eq!(sent.to_json(), expected);
}

#[test]
fn markdown() {
    for pair in [
        ("Markdown", "yes"),
        ("Content-Type", "text/markdown"),
        ("Content-Type", "Text/Markdown; charset=utf-8"),
    ] {
        assert_eq!(message(read(&[pair], "").unwrap(), b"*x*").content_type, "text/markdown", "{pair:?}");
    }
    assert_eq!(message(read(&[("Content-Type", "text/plain")], "").unwrap(), b"*x*").content_type, "");
    assert!(read(&[], "md=1").unwrap().markdown);
}

#[test]
fn a_message_in_json_says_the_same_as_headers() {
    let (request, body) = json(
        r#"{"topic":"mytopic","message":"Disk space is low at 5.1 GB","title":"Low disk space alert",
        "tags":["warning","cd"],"priority":4,"attach":"https://filesrv.lan/space.jpg","filename":"diskspace.jpg",
        "click":"https://homecamera.lan/xasds1h2xsSsa/","icon":"https://a.example/i.png","markdown":true,
        "email":"phil@example.com","call":"+1222","cache":"yes","firebase":"no","sequence_id":"disk",
        "actions":[{"action":"view","label":"Admin panel","url":"https://filesrv.lan/admin"}],"unknown":[1,{"a":null}]}"#,
    )
    .unwrap();
    let from_headers = read(
        &[
            ("Title", "Low disk space alert"),
            ("Tags", "warning,cd"),
            ("Priority", "4"),
            ("Attach", "https://filesrv.lan/space.jpg"),
            ("Filename", "diskspace.jpg"),
            ("Click", "https://homecamera.lan/xasds1h2xsSsa/"),
            ("Icon", "https://a.example/i.png"),
            ("Markdown", "yes"),
            ("Email", "phil@example.com"),
            ("Call", "+1222"),
            ("Firebase", "no"),
            ("SID", "disk"),
            ("Actions", "view, Admin panel, https://filesrv.lan/admin"),
        ],
        "",
    );
    assert_eq!(request, from_headers.unwrap());
    assert_eq!(body, "Disk space is low at 5.1 GB");
    let sent = message(request, body.as_bytes());
    assert_eq!(sent.actions[0].id, "hwQ2YpKdm0");
}

#[test]
fn json_that_says_little_or_nothing() {
    let (request, body) =
        json(r#"{"topic":"mytopic","title":null,"tags":null,"actions":null,"delay":null}"#).unwrap();
    assert_eq!((request, body.as_str()), (plain(), "triggered"));
    let (request, body) = json(
        r#"{"Topic":"mytopic","MESSAGE":"x","Tags":["a"],"Actions":[{"Action":"view","Label":"l",
        "Url":"u","Headers":{"X-Case":"kept"}}]}"#,
    )
    .unwrap();
    assert_eq!((request.tags.len(), body.as_str()), (1, "x"));
    assert!(request.actions[0].headers.contains_key("X-Case"));
    let delayed = json(r#"{"topic":"mytopic","delay":"tomorrow, 9am"}"#).unwrap().0;
    assert!(delayed.deliver_at.is_some());
    let bytes = b"{\"topic\":\"mytopic\",\"message\":\"\xff\"}";
    let (_, body) =
        PublishRequest::from_json(bytes, &HeaderMap::new(), "", &now(), &Limits::default()).unwrap();
    assert_eq!(body, "\u{fffd}");
    let extra = headers(&[("title", "header"), ("tags", "a")]);
    let text = br#"{"topic":"mytopic","title":"json"}"#;
    let (request, _) = PublishRequest::from_json(text, &extra, "p=5", &now(), &Limits::default()).unwrap();
    assert_eq!((request.title.as_str(), request.priority, request.tags.len()), ("json", 5, 1));
}

#[test]
fn json_that_is_refused() {
    let table = [
        ("", 40024),
        ("{", 40024),
        ("[]", 40024),
        ("{\"topic\":\"mytopic\"} x", 40024),
        ("{\"topic\":1}", 40024),
        ("{\"topic\":\"mytopic\",\"Topic\":\"other\"}", 40024),
        ("[\"mytopic\"]", 40024),
        ("{\"topic\":\"mytopic\",\"priority\":\"high\"}", 40024),
        ("{\"topic\":\"mytopic\",\"tags\":\"a,b\"}", 40024),
        ("{\"topic\":\"mytopic\",\"delay\":30}", 40024),
        ("{}", 40009),
        ("{\"topic\":\"my topic\"}", 40009),
        ("{\"topic\":\"docs\"}", 40010),
        ("{\"topic\":\"mytopic\",\"priority\":6}", 40007),
        ("{\"topic\":\"mytopic\",\"priority\":-1}", 40007),
        ("{\"topic\":\"mytopic\",\"actions\":[{}]}", 40018),
        ("{\"topic\":\"mytopic\",\"sequence_id\":\"a/b\"}", 40049),
    ];
    for (body, code) in table {
        assert_eq!(json(body).unwrap_err().code, code, "{body}");
    }
    let long = format!("{{\"topic\":\"mytopic\",\"message\":\"{}\"}}", "x".repeat(8192));
    assert_eq!(json(&long).unwrap_err(), refusal::JSON_BODY_TOO_LARGE);
}
