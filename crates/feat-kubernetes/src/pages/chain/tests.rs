use super::*;
use cluster_model::ObjectRef;

const NOBODY: Heard<'static> = &|_| None;

fn tile() -> ThingId {
    ThingId::tile("watch.example.org", "/")
}

fn route() -> ThingId {
    ThingId::route("Ingress", "media", "jellyfin", None)
}

fn workload(name: &str) -> ThingId {
    ThingId::workload("media", "Deployment", name)
}

fn broken(picture: &mut Picture, id: &ThingId, severity: Severity, sentence: &str) {
    let object = ObjectRef::new("Deployment", "media", "jellyfin");
    picture
        .thing(id.clone())
        .find(Finding::new("x", severity, object, sentence).field("spec.template").remedy("Look."));
}

/// One address with everything behind it; the entry point rests on Traefik.
fn picture() -> Picture {
    let mut picture = Picture::default();
    let entry = ThingId::new(ThingKind::EntryPoint, "traefik");
    let backend = ThingId::backend("media", "jellyfin");
    let image = ThingId::image("docker.io/jellyfin/jellyfin:10.10.3");
    let needs = [
        (tile(), vec![route()]),
        (route(), vec![entry.clone(), backend.clone(), ThingId::certificate("media", "tls")]),
        (entry, vec![ThingId::backend("kube-system", "traefik")]),
        (
            ThingId::backend("kube-system", "traefik"),
            vec![ThingId::workload("kube-system", "Deployment", "traefik")],
        ),
        (backend.clone(), vec![workload("jellyfin")]),
        (
            workload("jellyfin"),
            vec![image.clone(), ThingId::volume("media", "config"), ThingId::host("node-1")],
        ),
        (image, vec![ThingId::credential("media", "pull")]),
    ];
    for (id, needed) in needs {
        for need in &needed {
            picture.thing(need.clone()).judged = true;
        }
        picture.thing(id).needs.extend(needed);
    }
    picture.thing(ThingId::workload("kube-system", "Deployment", "traefik"));
    picture.thing(tile()).fact("host", "watch.example.org").fact("url", "https://watch.example.org");
    picture.thing(backend).fact("addresses", 2_i64).fact("addresses_ready", 1_i64);
    picture
}

fn stages(steps: &[Step]) -> Vec<&'static str> {
    steps.iter().map(|step| step.stage.title()).collect()
}

fn first(steps: &[Step]) -> (&'static str, &Link) {
    let found = &breaks(steps)[0];
    (steps[found.step].stage.title(), &steps[found.step].links[found.link])
}

#[test]
fn the_chain_leads_from_the_address_to_the_volume() {
    let steps = chain(&picture(), &tile(), NOBODY);
    let all = [
        "Address",
        "DNS",
        "Entry point",
        "Certificate",
        "Route",
        "Service",
        "Pods",
        "Image",
        "Image credential",
        "Node",
        "Volume",
    ];
    assert_eq!(stages(&steps), all);
    let names: Vec<&str> = steps.iter().flat_map(|step| &step.links).map(|link| link.name.as_str()).collect();
    assert!(
        !names.iter().any(|name| name.contains("traefik/") || name.starts_with("kube-system")),
        "{names:?}"
    );
    assert_eq!(steps[5].links[0].line, "1 of 2 addresses ready");
    assert_eq!(breaks(&steps), []);
}

#[test]
fn from_any_link_it_is_the_same_chain_and_the_link_is_marked() {
    let picture = picture();
    let whole = stages(&chain(&picture, &tile(), NOBODY));
    for id in [
        route(),
        ThingId::backend("media", "jellyfin"),
        workload("jellyfin"),
        ThingId::credential("media", "pull"),
    ] {
        let steps = chain(&picture, &id, NOBODY);
        assert_eq!(stages(&steps), whole, "{id}");
        let here: Vec<_> = steps.iter().flat_map(|step| &step.links).filter(|link| link.here).collect();
        assert_eq!(here.len(), 1, "{id}");
        assert_eq!(here[0].id.as_ref(), Some(&id));
    }
    assert_eq!(chain(&picture, &ThingId::tile("other.example.org", "/"), NOBODY), []);
}

#[test]
fn the_first_broken_link_from_the_left_is_named_with_object_field_and_remedy() {
    let mut picture = picture();
    broken(&mut picture, &ThingId::volume("media", "config"), Severity::Critical, "It is full.");
    broken(&mut picture, &workload("jellyfin"), Severity::Critical, "It falls over.");
    broken(&mut picture, &ThingId::backend("media", "jellyfin"), Severity::Warning, "It is slow.");
    let steps = chain(&picture, &tile(), NOBODY);
    let (stage, link) = first(&steps);
    let fault = link.fault.as_ref().unwrap();
    assert_eq!(
        (stage, fault.sentence.as_str()),
        ("Pods", "It falls over."),
        "the worst counts, then the order"
    );
    assert_eq!((fault.object.as_str(), fault.field.as_str()), ("Deployment media/jellyfin", "spec.template"));
    assert_eq!(fault.remedy.as_deref(), Some("Look."));
    let rest: Vec<&str> = breaks(&steps).iter().map(|found| steps[found.step].stage.title()).collect();
    assert_eq!(rest, ["Pods", "Service", "Volume"]);
}

#[test]
fn what_a_probe_sees_is_a_symptom_as_long_as_something_behind_it_explains_it() {
    let heard: Heard<'_> = &|id| {
        (id.kind == ThingKind::Service).then(|| Health::critical("It answers 503.").with_remedy("Wait."))
    };
    let mut picture = picture();
    let steps = chain(&picture, &tile(), heard);
    assert_eq!(first(&steps).0, "Address", "nothing else is broken");
    assert_eq!(steps[1].links[0].level, Some(Level::Ok), "a probe that got an answer had an address");
    broken(&mut picture, &ThingId::volume("media", "config"), Severity::Warning, "It fills up.");
    assert_eq!(first(&chain(&picture, &tile(), heard)).0, "Address", "what may break soon explains nothing");
    broken(&mut picture, &workload("jellyfin"), Severity::Critical, "It falls over.");
    assert_eq!(first(&chain(&picture, &tile(), heard)).0, "Pods");
}

#[test]
fn a_name_that_leads_nowhere_breaks_the_chain_at_dns() {
    let sentence = "The name watch.example.org could not be found: no such host.";
    let heard: Heard<'_> = &|id| (id.kind == ThingKind::Service).then(|| Health::critical(sentence));
    let steps = chain(&picture(), &tile(), heard);
    let dns = &steps[1];
    assert_eq!(
        (dns.links[0].level, dns.links[0].line.as_str()),
        (Some(Level::Critical), "It leads nowhere.")
    );
    assert_eq!(first(&steps).0, "DNS");
    let unprobed = chain(&picture(), &tile(), NOBODY);
    assert_eq!(unprobed[1].links[0].line, "No probe has looked yet.");
}

#[test]
fn several_workloads_and_services_stand_side_by_side_the_worst_first() {
    let mut picture = picture();
    for n in 0..9 {
        let backend = ThingId::backend("media", &format!("weight-{n}"));
        picture.thing(route()).needs.insert(backend.clone());
        picture.thing(backend).needs.insert(workload(&format!("w-{n}")));
        picture.thing(workload(&format!("w-{n}"))).judged = true;
    }
    broken(&mut picture, &workload("w-7"), Severity::Critical, "It falls over.");
    let steps = chain(&picture, &tile(), NOBODY);
    let pods = steps.iter().find(|step| step.stage == Stage::Pods).unwrap();
    assert_eq!((pods.links.len(), pods.more), (6, 4));
    assert_eq!(pods.links[0].id, Some(workload("w-7")));
    assert_eq!(first(&steps).1.id, Some(workload("w-7")));
}

#[test]
fn what_an_entry_point_rests_on_is_shown_there_only_when_it_is_not_well() {
    let mut picture = picture();
    let traefik = ThingId::workload("kube-system", "Deployment", "traefik");
    broken(&mut picture, &traefik, Severity::Critical, "It is not there.");
    let steps = chain(&picture, &tile(), NOBODY);
    assert_eq!(steps[2].links.len(), 2);
    assert_eq!(first(&steps), ("Entry point", &steps[2].links[0]));
    assert_eq!(steps[2].links[0].id, Some(traefik));
}

#[test]
fn what_is_referred_to_and_not_there_says_so() {
    let mut picture = picture();
    picture.thing(route()).needs.insert(ThingId::backend("media", "gone"));
    let steps = chain(&picture, &tile(), NOBODY);
    let services = steps.iter().find(|step| step.stage == Stage::Service).unwrap();
    let gone = services.links.iter().find(|link| !link.known).unwrap();
    assert_eq!((gone.name.as_str(), gone.line.as_str()), ("media/gone", "Not seen in the cluster."));
}

#[test]
fn circles_and_crowds_end() {
    let mut picture = picture();
    picture.thing(ThingId::volume("media", "config")).needs.insert(tile());
    for n in 0..1000 {
        picture.thing(ThingId::tile(&format!("t{n}.example.org"), "/")).needs.insert(route());
    }
    let steps = chain(&picture, &ThingId::credential("media", "pull"), NOBODY);
    assert!(steps.iter().all(|step| step.links.len() <= 6));
    assert!(steps[0].more > 100);
}
