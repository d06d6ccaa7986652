use super::*;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

fn full() -> Message {
    Message {
        id: "sPs71M8A2T9c".into(),
        sequence_id: "disk".into(),
        time: 1_643_935_928,
        expires: 1_643_936_928,
        event: Event::Message,
        topic: "mytopic".into(),
        title: "Unauthorized <access> & \"more\"".into(),
        message: "Movement\tin\nthe yard\u{2028}\u{1}\u{7f}".into(),
        priority: 5,
        tags: vec!["warning".into(), "skull".into()],
        click: "https://homecam.mynet.lan/?a=1&b=2".into(),
        icon: "https://a.example/i.png".into(),
        actions: vec![Action {
            id: "sPs71M8A20".into(),
            kind: ActionKind::Http,
            label: "Close door".into(),
            clear: true,
            url: "https://api.mygarage.lan/".into(),
            method: "PUT".into(),
            headers: [("B".into(), "2".into()), ("A".into(), "1".into())].into(),
            body: "{\"action\": \"close\"}".into(),
            ..Action::default()
        }],
        attachment: Some(Attachment {
            name: "camera.jpg".into(),
            kind: "image/png".into(),
            size: 33_848,
            expires: 1_635_560_446,
            url: "https://ntfy.sh/file/sPs71M8A2T.png".into(),
        }),
        poll_id: String::new(),
        content_type: "text/markdown".into(),
        encoding: String::new(),
    }
}

#[test]
fn the_json_is_that_of_go() {
    let expected = concat!(
        r#"{"id":"sPs71M8A2T9c","sequence_id":"disk","time":1643935928,"expires":1643936928,"event":"message","#,
        r#""topic":"mytopic","title":"Unauthorized \u003caccess\u003e \u0026 \"more\"","#,
        r#""message":"Movement\tin\nthe yard\u2028\u0001"#,
        "\u{7f}",
        r#"","#,
        r#""priority":5,"tags":["warning","skull"],"click":"https://homecam.mynet.lan/?a=1\u0026b=2","#,
        r#""icon":"https://a.example/i.png","actions":[{"id":"sPs71M8A20","action":"http","label":"Close door","#,
        r#""clear":true,"url":"https://api.mygarage.lan/","method":"PUT","headers":{"A":"1","B":"2"},"#,
        r#""body":"{\"action\": \"close\"}"}],"attachment":{"name":"camera.jpg","type":"image/png","size":33848,"#,
        r#""expires":1635560446,"url":"https://ntfy.sh/file/sPs71M8A2T.png"},"content_type":"text/markdown"}"#,
    );
    assert_eq!(full().to_json(), expected);
}

#[test]
fn what_is_not_said_is_left_out() {
    let open = Message::signal(Event::Open, "2pgIAaGrQ8ab".into(), 1_638_542_215, "one,two");
    assert_eq!(open.to_json(), r#"{"id":"2pgIAaGrQ8ab","time":1638542215,"event":"open","topic":"one,two"}"#);
    let delete = Message::of_sequence(Event::MessageDelete, "2pgIAaGrQ8ab".into(), 5, "one", "disk");
    let json =
        r#"{"id":"2pgIAaGrQ8ab","sequence_id":"disk","time":5,"event":"message_delete","topic":"one"}"#;
    assert_eq!(delete.to_json(), json);
    let same = Message { id: "a".into(), sequence_id: "a".into(), ..Message::default() };
    assert_eq!(same.to_json(), r#"{"id":"a","time":0,"event":"message","topic":""}"#);
}

#[test]
fn streams_are_written_as_ntfy_writes_them() {
    let text = |format: Format, message: &Message| String::from_utf8(format.encode(message)).unwrap();
    let mut message =
        Message { id: "a".into(), topic: "t".into(), message: "one\ntwo".into(), ..Message::default() };
    let json = r#"{"id":"a","time":0,"event":"message","topic":"t","message":"one\ntwo"}"#;
    assert_eq!(text(Format::Json, &message), format!("{json}\n"));
    assert_eq!(text(Format::Sse, &message), format!("data: {json}\n\n"));
    assert_eq!(text(Format::Raw, &message), "one two\n");
    assert_eq!(Format::WebSocket.encode(&message).get(2..).unwrap(), json.as_bytes());
    for event in [Event::MessageDelete, Event::MessageClear] {
        message.event = event;
        assert_eq!(text(Format::Sse, &message), format!("data: {}\n\n", message.to_json()));
        assert_eq!(text(Format::Raw, &message), "\n");
    }
    for event in [Event::Open, Event::Keepalive, Event::PollRequest] {
        message.event = event;
        let expected = format!("event: {}\ndata: {}\n\n", event.as_str(), message.to_json());
        assert_eq!(text(Format::Sse, &message), expected);
        assert_eq!(text(Format::Raw, &message), "\n");
    }
}

#[test]
fn reading_takes_what_other_servers_write() {
    let read = |json: &str| Message::from_json(json.as_bytes());
    let old = read(
        r#"{"id":"hwQ2YpKdmg","time":1635528741,"event":"message","topic":"mytopic","message":"Disk full"}"#,
    );
    let old = old.unwrap();
    assert_eq!(
        (old.sequence_id.as_str(), old.message.as_str(), old.priority),
        ("hwQ2YpKdmg", "Disk full", 0)
    );
    let odd = r#"{"event":"message","tags":null,"attachment":null,"priority":99,"new":{"x":[1]},"actions":[{"action":"view"}]}"#;
    assert_eq!(read(odd).unwrap().priority, 5);
    assert_eq!(read(r#"{"event":"keepalive","priority":-3}"#).unwrap().priority, 0);
    for wrong in [
        "",
        "[]",
        "{}",
        r#"{"event":"party"}"#,
        r#"{"event":"message","time":"now"}"#,
        r#"{"event":"message","actions":[{"action":"dance"}]}"#,
    ] {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn ids() {
    let id = message_id([0xab; 16]);
    assert!(is_message_id(&id), "{id}");
    assert_ne!(id, message_id([0xac; 16]));
    assert_eq!(message_id([0; 16]), "AAAAAAAAAAAA");
    for wrong in ["", "short", "AAAAAAAAAAAA1", "AAAAAAAAAAA-", "ääääää"] {
        assert!(!is_message_id(wrong), "{wrong}");
    }
}

fn action() -> impl Strategy<Value = Action> {
    let map = || btree_map(any::<String>(), any::<String>(), 0..3);
    let kind = prop::sample::select(vec![
        ActionKind::View,
        ActionKind::Http,
        ActionKind::Broadcast,
        ActionKind::Copy,
    ]);
    (kind, any::<[String; 7]>(), any::<bool>(), map(), map()).prop_map(
        |(kind, [id, label, url, method, body, intent, value], clear, headers, extras)| Action {
            id,
            kind,
            label,
            clear,
            url,
            method,
            headers,
            body,
            intent,
            extras,
            value,
        },
    )
}

fn attachment() -> impl Strategy<Value = Attachment> {
    (any::<[String; 3]>(), any::<i64>(), any::<i64>())
        .prop_map(|([name, kind, url], size, expires)| Attachment { name, kind, size, expires, url })
}

fn event() -> impl Strategy<Value = Event> {
    prop::sample::select(vec![
        Event::Open,
        Event::Keepalive,
        Event::Message,
        Event::MessageDelete,
        Event::MessageClear,
        Event::PollRequest,
    ])
}

prop_compose! {
    fn any_message()(
        texts in any::<[String; 10]>(),
        times in any::<[i64; 2]>(),
        event in event(),
        priority in 0_u8..=5,
        tags in vec(any::<String>(), 0..4),
        actions in vec(action(), 0..3),
        attachment in option::of(attachment()),
    ) -> Message {
        let [id, sequence, topic, title, message, click, icon, poll_id, content_type, encoding] = texts;
        // An empty sequence of a message is its id.
        let sequence_id = if event == Event::Message && sequence.is_empty() { id.clone() } else { sequence };
        let sequence_id = if event != Event::Message && sequence_id == id { String::new() } else { sequence_id };
        let [time, expires] = times;
        Message {
            id, sequence_id, time, expires, event, topic, title, message, priority, tags, click, icon, actions,
            attachment, poll_id, content_type, encoding,
        }
    }
}

proptest! {
    /// What is written is one line, is JSON to others too, and is read back as the same.
    #[test]
    fn a_message_survives_its_json(message in any_message()) {
        let json = message.to_json();
        let breaks = json.contains(['\n', '\r', '\u{2028}']);
        prop_assert!(!breaks);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        prop_assert_eq!(Message::from_json(json.as_bytes()).unwrap(), message);
    }

    #[test]
    fn ids_of_any_randomness_are_ids(random in any::<[u8; 16]>()) {
        prop_assert!(is_message_id(&message_id(random)));
    }
}
