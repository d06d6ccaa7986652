use super::*;
use crate::Format;

fn of(method: &str, path: &str) -> Result<Endpoint, Refusal> {
    Endpoint::of(&method.parse().unwrap(), path)
}

fn topic(name: &str) -> Topic {
    Topic::new(name).unwrap()
}

fn sequence(id: &str) -> SequenceId {
    SequenceId::new(id).unwrap()
}

#[test]
fn names() {
    for name in ["a", "my-topic_1", "UPPER", "-", &"x".repeat(64)] {
        assert_eq!(Topic::new(name).unwrap().as_str(), name);
        assert_eq!(sequence(name).as_str(), name);
    }
    for name in ["", " ", "a b", "a/b", "a.b", "ä", "a,b", "~control", "a\n", &"x".repeat(65)] {
        assert_eq!(Topic::new(name).unwrap_err(), refusal::TOPIC_INVALID, "{name:?}");
        assert_eq!(SequenceId::new(name).unwrap_err(), refusal::SEQUENCE_ID_INVALID, "{name:?}");
    }
    for name in RESERVED_TOPICS {
        assert_eq!(Topic::new(name).unwrap_err(), refusal::TOPIC_DISALLOWED, "{name}");
        assert!(SequenceId::new(name).is_ok());
    }
}

#[test]
fn lists_of_topics() {
    let topics = Topics::new("one,two,one").unwrap();
    assert_eq!(topics.joined(), "one,two");
    assert_eq!(topics.as_slice(), [topic("one"), topic("two")]);
    for wrong in ["", ",", "one,", ",one", "one,,two", "one, two"] {
        assert_eq!(Topics::new(wrong).unwrap_err().code, 40009, "{wrong}");
    }
    assert_eq!(Topics::new("one,docs").unwrap_err().code, 40010);
    let many = |count: usize| (0..count).map(|number| format!("t{number}")).collect::<Vec<_>>().join(",");
    assert_eq!(Topics::new(&many(100)).unwrap().iter().count(), 100);
    assert_eq!(Topics::new(&many(101)).unwrap_err().code, 40009);
}

#[test]
fn what_is_asked_for() {
    let table = [
        ("POST", "/", Endpoint::PublishJson),
        ("PUT", "/", Endpoint::PublishJson),
        ("POST", "/mytopic", Endpoint::Publish(topic("mytopic"), None)),
        ("PUT", "/mytopic", Endpoint::Publish(topic("mytopic"), None)),
        ("POST", "/mytopic/seq", Endpoint::Publish(topic("mytopic"), Some(sequence("seq")))),
        ("PUT", "/mytopic/json", Endpoint::Publish(topic("mytopic"), Some(sequence("json")))),
        ("GET", "/mytopic/publish", Endpoint::Publish(topic("mytopic"), None)),
        ("GET", "/mytopic/send", Endpoint::Publish(topic("mytopic"), None)),
        ("GET", "/mytopic/trigger", Endpoint::Publish(topic("mytopic"), None)),
        ("DELETE", "/mytopic/seq", Endpoint::Delete(topic("mytopic"), sequence("seq"))),
        ("PUT", "/mytopic/seq/clear", Endpoint::Clear(topic("mytopic"), sequence("seq"))),
        ("PUT", "/mytopic/seq/read", Endpoint::Clear(topic("mytopic"), sequence("seq"))),
        ("GET", "/one,two/json", Endpoint::Subscribe(Topics::new("one,two").unwrap(), Format::Json)),
        ("GET", "/one/sse", Endpoint::Subscribe(Topics::new("one").unwrap(), Format::Sse)),
        ("GET", "/one/raw", Endpoint::Subscribe(Topics::new("one").unwrap(), Format::Raw)),
        ("GET", "/one/ws", Endpoint::Subscribe(Topics::new("one").unwrap(), Format::WebSocket)),
        ("GET", "/one,two/auth", Endpoint::Auth(Topics::new("one,two").unwrap())),
        ("GET", "/mytopic", Endpoint::TopicPage(topic("mytopic"))),
        ("GET", "/file/sPs71M8A2T9c.jpg", Endpoint::File("sPs71M8A2T9c".into())),
        ("HEAD", "/file/sPs71M8A2T9c", Endpoint::File("sPs71M8A2T9c".into())),
        ("GET", "/_matrix/push/v1/notify", Endpoint::MatrixDiscovery),
        ("POST", "/_matrix/push/v1/notify", Endpoint::MatrixNotify),
        ("OPTIONS", "/whatever/it is", Endpoint::Preflight),
    ];
    for (method, path, expected) in table {
        assert_eq!(of(method, path).unwrap(), expected, "{method} {path}");
    }
}

#[test]
fn what_is_not_there() {
    let nowhere = [
        ("GET", "/"),
        ("GET", ""),
        ("DELETE", "/mytopic"),
        ("POST", "/my topic"),
        ("POST", "/mytopic/"),
        ("GET", "/mytopic/xml"),
        ("GET", "/one,,two/json"),
        ("POST", "/mytopic/seq/clear"),
        ("PUT", "/a/b/c"),
        ("GET", "/a/b/c/d/e/f"),
        ("GET", "/file/../../etc/passwd"),
        ("GET", "/file/a.b.c"),
        ("GET", "/file/a%2fb"),
        ("GET", "/file/a."),
        ("POST", "/topic/a b"),
        ("GET", "/one,two"),
        ("PUT", "/_matrix/push/v1/notify"),
        ("POST", "/mytopic/a.b"),
        ("PATCH", "/mytopic"),
        ("GET", "/m%79topic"),
    ];
    for (method, path) in nowhere {
        assert_eq!(of(method, path).unwrap_err(), refusal::NOT_FOUND, "{method} {path}");
    }
    for (method, path) in
        [("POST", "/docs"), ("GET", "/settings/json"), ("PUT", "/v1/users"), ("GET", "/a,app/ws")]
    {
        assert_eq!(of(method, path).unwrap_err(), refusal::TOPIC_DISALLOWED, "{method} {path}");
    }
}
