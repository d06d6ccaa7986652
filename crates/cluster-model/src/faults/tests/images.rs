use super::*;

#[test]
fn several_digests_under_one_tag_are_a_note() {
    let mut cluster = with_pod(ready());
    let mut other = ready();
    other["containerStatuses"][0]["imageID"] = json!("ghcr.io/owner/app@sha256:2222");
    cluster.add(Kind::Pod, pod("app-new-2", "app-new", other));
    let id = ThingId::image("ghcr.io/owner/app:1.2");
    assert_eq!(
        said(&cluster.only(&id)),
        (
            "image-several-digests",
            Severity::Note,
            "2 different images are served at once under the name “ghcr.io/owner/app:1.2”."
        )
    );
    let picture = cluster.picture();
    let facts = &picture.things[&id].facts;
    assert_eq!(facts["digests"], crate::Fact::from("sha256:1111, sha256:2222"));
    assert_eq!(facts["used_by"], crate::Fact::from("media/deployment/app"));
    assert!(!picture.things[&id].judged);
}
