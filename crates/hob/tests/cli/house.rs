//! `hob status`, `hob resources` and `hob incidents`: the state of the house for scripts.

use super::support::{Place, services, until};
use hob_testkit::fake_service::{Behaviour, FakeService};
use serde_json::Value;
use std::time::Duration;

#[test]
fn without_a_hub_the_state_is_not_known() {
    let place = Place::new("");
    for arguments in
        [&["status"][..], &["status", "--json"], &["resources"], &["resources", "--json"], &["incidents"]]
    {
        let said = place.run(arguments);
        assert_eq!((said.code, said.out.as_str()), (3, ""), "{arguments:?}");
        assert!(said.err.contains("hob serve") && said.err.contains("--data"), "{}", said.err);
    }
    assert!(!place.data().exists(), "asking makes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_exit_code_of_status_tells_how_the_house_is() {
    let photos = FakeService::start().await;
    let slow = "[[service]]\nname = \"Photos\"\ninterval = \"1s\"\nfailures = 1\ntimeout = \"3s\"\nurl = ";
    let place = Place::new(&format!("{slow}\"{}/\"\n", photos.url()));
    let _hub = place.serve();
    let status = || place.run(&["status"]);
    // Before the first look at it nothing is wrong either.
    let well = until("all is well", status, |said| said.code == 0 && said.out.contains("1 service"));
    assert!(well.out.starts_with("All well: ") && well.out.lines().count() == 1, "{}", well.out);

    photos.set(Behaviour::Slow(Duration::from_millis(2600)));
    let warned = until("it is slow", status, |said| said.code == 1);
    assert!(warned.out.contains("Photos needs attention"), "{}", warned.out);

    photos.stop().await;
    let broken = until("it is broken", status, |said| said.code == 2);
    assert!(broken.out.starts_with("Photos is broken: "), "{}", broken.out);
    assert!(broken.out.contains("service/config/photos since 20"), "{}", broken.out);
    assert!(!broken.out.contains('\u{1b}'), "no colours for a pipe");
    let json = place.run(&["status", "--json"]);
    let told: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &told["health"], &told["critical"]), (2, &"critical".into(), &1.into()));
    assert_eq!(told["problems"][0]["id"], "service/config/photos");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn resources_are_listed_and_filtered() {
    let (photos, music) = (FakeService::start().await, FakeService::start().await);
    music.set(Behaviour::Status(500));
    let place = Place::new(&services(&[("Photos", &photos), ("Music", &music)]));
    let _hub = place.serve();
    let list = |arguments: &'static [&'static str]| {
        move |place: &Place| place.run(&[&["resources"], arguments].concat())
    };
    let both = until(
        "both are known",
        || list(&["--kind", "service"])(&place),
        |said| said.out.contains("ok ") && said.out.contains("critical"),
    );
    assert_eq!((both.code, both.out.lines().count()), (0, 2), "{}", both.out);
    let ids = |arguments: &'static [&'static str]| -> Vec<String> {
        let said = place.run(&[&["resources", "--json"], arguments].concat());
        let told: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
        let all = told["resources"].as_array().unwrap();
        all.iter().map(|resource| resource["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["--kind", "service"]), ["service/config/music", "service/config/photos"]);
    assert_eq!(ids(&["--kind", "service", "--health", "critical"]), ["service/config/music"]);
    assert_eq!(ids(&["--query", "photos & <x>"]), [""; 0]);
    assert_eq!(ids(&["-q", "PHOTOS"]), ["service/config/photos"]);
    assert!(ids(&[]).len() > 5, "the hub's own jobs are there too");
    assert_eq!(list(&["--kind", "zebra"])(&place).out.trim(), "Nothing matches.");
    let wrong = list(&["--health", "purple"])(&place);
    assert!(wrong.code == 3 && wrong.err.contains("ok, warning, critical or unknown"), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn incidents_are_listed_and_the_exit_code_tells_the_worst() {
    let photos = FakeService::start().await;
    let at_once = "[incidents]\nopen_after = \"0s\"\nclose_after = \"0s\"\n";
    let place = Place::new(&format!("{}{at_once}", services(&[("Photos", &photos)])));
    let _hub = place.serve();
    let incidents = |arguments: &'static [&'static str]| {
        let place = &place;
        move || place.run(&[&["incidents"], arguments].concat())
    };
    let none = until("nothing is open", incidents(&[]), |said| said.code == 0);
    assert_eq!(none.out.trim(), "No incident is open.");
    until(
        "it is watched",
        || place.run(&["resources", "--kind", "service"]),
        |said| said.out.contains("ok "),
    );

    photos.stop().await;
    let open = until("it is open", incidents(&[]), |said| said.code == 2);
    assert!(
        open.out.contains("critical    1  Photos") && open.out.contains("service/config/photos"),
        "{}",
        open.out
    );
    let status = place.run(&["status"]);
    assert!(status.out.contains("1 incident open:") && status.out.contains("Photos"), "{}", status.out);
    let json: Value = serde_json::from_str(&incidents(&["--json"])().out).unwrap();
    assert_eq!(json["incidents"][0]["cause"]["id"], "service/config/photos");

    photos.restart().await;
    until("it is over", incidents(&[]), |said| said.code == 0);
    let closed = incidents(&["--state", "closed"])();
    assert!(
        closed.code == 0 && closed.out.contains("from 20") && closed.out.contains("Photos"),
        "{}",
        closed.out
    );
    let wrong = incidents(&["--state", "purple"])();
    assert!(wrong.code == 2 && wrong.err.contains("open, closed, all"), "{wrong:?}");
}
