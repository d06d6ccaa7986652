use super::*;
use crate::model::wire::Moment;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_500);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + seconds * 1000)
}

fn matcher(name: &str, value: &str, regex: bool) -> PostedMatcher {
    PostedMatcher {
        name: Some(name.to_owned()),
        value: Some(value.to_owned()),
        is_regex: Some(regex),
        is_equal: None,
    }
}

fn posted(from: i64, to: i64, matchers: Vec<PostedMatcher>) -> PostedSilence {
    PostedSilence {
        id: None,
        matchers: Some(matchers),
        starts_at: Moment(Some(at(from))),
        ends_at: Moment(Some(at(to))),
        created_by: Some("anna".to_owned()),
        comment: Some("quiet,\nplease".to_owned()),
    }
}

fn disk() -> Vec<PostedMatcher> {
    vec![matcher("alertname", "Disk", false)]
}

fn made(from: i64, to: i64) -> Silence {
    match decide(posted(from, to, disk()), None, "old", NOW).unwrap() {
        Change::Make(silence) => silence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_silence_begins_now_at_the_earliest() {
    let silence = made(-3600, 3600);
    assert_eq!((silence.starts_at, silence.ends_at), (NOW, Some(at(3600))));
    assert_eq!((silence.created_by.as_str(), silence.comment.as_str()), ("anna", "quiet, please"));
    assert_eq!(made(60, 3600).starts_at, at(60));
}

#[test]
fn an_active_silence_is_changed_in_place_unless_it_is_another_one() {
    let mut old = made(0, 3600);
    old.maintenance = true;
    let change =
        |posted: PostedSilence, state: State| decide(posted, Some((&old, state)), "new", at(5)).unwrap();
    // A client that knows only whole seconds still means the same start.
    match change(posted(0, 7200, disk()), State::Active) {
        Change::Update(silence) => {
            assert_eq!((silence.id.as_str(), silence.starts_at), ("old", old.starts_at));
            assert!(silence.maintenance && silence.ends_at == Some(at(7200)));
        }
        other => panic!("{other:?}"),
    }
    let replaced = [posted(0, 7200, vec![matcher("alertname", "CPU", false)]), posted(60, 7200, disk())];
    for other in replaced {
        match change(other, State::Active) {
            Change::Replace(silence) => assert!(silence.id == "new" && silence.starts_at >= at(5)),
            other => panic!("{other:?}"),
        }
    }
    assert!(
        matches!(change(posted(60, 7200, disk()), State::Pending), Change::Update(s) if s.starts_at == at(60))
    );
    assert!(matches!(change(posted(0, 7200, disk()), State::Expired), Change::Make(s) if s.id == "new"));
}

/// The texts of Alertmanager 0.25.
#[test]
fn what_cannot_be_is_refused_in_alertmanager_s_words() {
    let refused = |posted: PostedSilence| decide(posted, None, "new", NOW).unwrap_err();
    assert_eq!(
        refused(posted(60, 60, disk())),
        "Failed to create silence: start time must be before end time"
    );
    assert_eq!(refused(posted(-60, -30, disk())), "Failed to create silence: end time can't be in the past");
    let empty = "silence invalid: at least one matcher must not match the empty string";
    assert_eq!(refused(posted(0, 60, vec![matcher("a", "", false)])), empty);
    assert_eq!(refused(posted(0, 60, vec![matcher("a", ".*", true)])), empty);
    assert!(
        refused(posted(0, 60, vec![matcher("a", "(", true)]))
            .starts_with("silence invalid: invalid label matcher 0: ")
    );
    assert_eq!(
        refused(posted(0, 60, vec![matcher("", "x", false)])),
        "silence invalid: invalid label matcher 0: invalid label name \"\""
    );
    assert!(
        refused(posted(0, 60, vec![matcher("a", "x", false); 51])).contains("the most that Hob takes is 50")
    );
}

#[test]
fn silences_are_sorted_by_what_matters_next() {
    let named = |id: &str, from: i64, to: i64| Silence { id: id.into(), starts_at: at(from), ..made(0, to) };
    let mut all = [
        (named("ended first", -90, 1), State::Expired),
        (named("ended last", -90, 2), State::Expired),
        (named("begins late", 90, 99), State::Pending),
        (named("begins soon", 60, 99), State::Pending),
        (named("ends late", -9, 90), State::Active),
        (named("ends soon", -9, 60), State::Active),
    ];
    all.sort_by_cached_key(|(silence, state)| order(silence, *state));
    let ids: Vec<&str> = all.iter().map(|(silence, _)| silence.id.as_str()).collect();
    assert_eq!(ids, ["ends soon", "ends late", "begins soon", "begins late", "ended last", "ended first"]);
}

#[test]
fn states_follow_the_time_and_the_windows() {
    let silence = made(60, 3600);
    assert_eq!(State::of(&silence, false, NOW), State::Pending);
    assert_eq!(State::of(&silence, true, at(60)), State::Active);
    assert_eq!(State::of(&silence, false, at(3600)), State::Expired);
    let recurring = Silence { ends_at: None, recurs: Some("Sun 02:00-04:00".to_owned()), ..silence };
    assert_eq!(State::of(&recurring, false, at(7200)), State::Pending);
}

#[test]
fn ids_are_uuids_of_version_4() {
    let id = uuid([0xff; 16]);
    assert_eq!(id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    assert!(is_uuid(&id) && is_uuid(&uuid([0; 16])));
    for wrong in ["", "abc", "ffffffff-ffff-4fff-bfff-fffffffffffg", "ffffffffffff-4fff-bfff-ffffffffffff-"] {
        assert!(!is_uuid(wrong), "{wrong}");
    }
}
