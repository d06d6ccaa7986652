//! What people change about tiles.

use crate::support::{house, house_with, observe, said};
use hob_base::Health;
use hob_testkit::client::{Answer, Client};
use hob_testkit::hub::TestHub;

const TILE: &str = "/tiles/service/nas/3000";

async fn furnished(config: &str) -> (TestHub, Client) {
    let hub = house_with(config).start().await;
    let anna = hub.set_up().await;
    for (port, name) in [("3000", "Grafana"), ("8096", "Jellyfin")] {
        let service = said(&format!("service/nas/{port}"), Health::ok("It answers."));
        observe(hub.ctx(), service.named(name).fact("url", format!("http://127.0.0.1:{port}/"))).await;
    }
    (hub, anna)
}

async fn save(client: &mut Client, fields: &[(&str, &str)]) -> Answer {
    client.post_form(TILE, fields).await
}

/// The home page from the heading of a group to the next.
async fn group(client: &mut Client, title: &str) -> Option<String> {
    let home = client.get("/").await.text();
    let (_, rest) = home.split_once(&format!("<h2>{title}</h2>"))?;
    Some(rest.split("<h2>").next().unwrap().to_owned())
}

#[tokio::test]
async fn a_tile_is_renamed_grouped_and_given_an_icon() {
    let (hub, mut anna) = furnished("").await;
    let fields = [("name", "Charts"), ("group", "Monitoring"), ("icon", "📈")];
    let answer = save(&mut anna, &fields).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    let monitoring = group(&mut anna, "Monitoring").await.unwrap();
    assert!(monitoring.contains("Charts") && monitoring.contains("📈") && !monitoring.contains("Jellyfin"));
    assert!(group(&mut anna, "Services").await.unwrap().contains("Jellyfin"));
    assert!(!anna.get("/").await.text().contains(">Grafana<"));
    let named = crate::support::told(&mut anna, "?kind=service").await;
    assert_eq!(named[0]["name"], "Charts", "everywhere");

    let hub = hub.stop().await.start().await;
    drop(hub.ctx().clone());
    assert!(group(&mut anna, "Monitoring").await.unwrap().contains("Charts"), "over a restart");
    assert!(anna.get(TILE).await.text().contains("value=\"Charts\""));
}

#[tokio::test]
async fn a_tile_is_pinned_to_the_top() {
    let (_hub, mut anna) = furnished("").await;
    save(&mut anna, &[("pinned", "yes"), ("group", "Monitoring")]).await;
    assert!(group(&mut anna, "Pinned").await.unwrap().contains("Grafana"));
    assert!(group(&mut anna, "Monitoring").await.is_none());
    let home = anna.get("/").await.text();
    assert!(home.find("Grafana").unwrap() < home.find("Jellyfin").unwrap());
}

#[tokio::test]
async fn a_hidden_tile_is_gone_counted_and_still_reached() {
    let (hub, mut anna) = furnished("").await;
    save(&mut anna, &[("hidden", "yes")]).await;
    let home = anna.get("/").await.text();
    assert!(!home.contains("Grafana") && home.contains("1 hidden tile"), "{home}");
    assert!(anna.get("/resources?hidden=yes").await.text().contains("Grafana"));
    assert_eq!(anna.get("/resources/service/nas/3000").await.status, 200);
    // What is hidden does not make the house look broken.
    observe(hub.ctx(), said("service/nas/3000", Health::critical("Nothing listens."))).await;
    assert!(anna.get("/").await.text().contains("All well"));
}

#[tokio::test]
async fn a_tile_goes_back_to_what_was_found() {
    let (_hub, mut anna) = furnished("").await;
    save(&mut anna, &[("name", "Charts"), ("group", "Monitoring"), ("hidden", "yes")]).await;
    let answer = save(&mut anna, &[("name", "Charts"), ("reset", "yes")]).await;
    assert_eq!(answer.status, 303);
    assert!(group(&mut anna, "Services").await.unwrap().contains("Grafana"));
    assert!(group(&mut anna, "Monitoring").await.is_none());
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_the_field_and_nothing_is_saved() {
    let (_hub, mut anna) = furnished("").await;
    let long = "x".repeat(61);
    let wrong: [(&str, &str, &str); 4] = [
        ("name", &long, "1 to 60 characters"),
        ("group", "two\nlines", "no line breaks"),
        ("icon", "chart", "one or two characters"),
        ("icon", "abc", "one or two characters"),
    ];
    for (field, value, said) in wrong {
        let answer = save(&mut anna, &[(field, value)]).await;
        assert_eq!(answer.status, 422, "{field}={value}");
        let page = answer.text();
        let note =
            page.split(&format!("id=\"{field}-note\"")).nth(1).unwrap_or_else(|| panic!("no note: {page}"));
        assert!(note.split("</p>").next().unwrap().contains(said), "{field}: {note}");
        assert_eq!(page.matches("aria-invalid").count(), 1, "{field}");
    }
    assert!(group(&mut anna, "Services").await.unwrap().contains("Grafana"));
    // What was entered is not lost.
    let answer = save(&mut anna, &[("name", "Charts"), ("icon", "chart")]).await.text();
    assert!(answer.contains("value=\"Charts\"") && answer.contains("value=\"chart\""), "{answer}");
    let answer = save(&mut anna, &[("name", "<script>alert(1)</script>"), ("icon", "\"><b>")]).await.text();
    assert!(!answer.contains("<script>alert"), "{answer}");
}

#[tokio::test]
async fn what_the_file_says_of_a_tile_wins_and_the_form_says_so() {
    let file = "[[tile]]\nresource = \"service/nas/3000\"\nname = \"From the file\"\ngroup = \"Fixed\"\n";
    let (_hub, mut anna) = furnished(file).await;
    assert!(group(&mut anna, "Fixed").await.unwrap().contains("From the file"));
    let form = anna.get(TILE).await.text();
    assert!(form.contains("Set in hob.toml"), "{form}");
    let name = form.split("<input").find(|input| input.contains("name=\"name\"")).unwrap();
    assert!(name.contains("disabled") && name.contains("From the file"), "{name}");
    save(&mut anna, &[("name", "From the page"), ("group", "Loose"), ("icon", "📈")]).await;
    let fixed = group(&mut anna, "Fixed").await.unwrap();
    assert!(
        fixed.contains("From the file") && fixed.contains("📈"),
        "what the file leaves open can be changed"
    );
    assert!(group(&mut anna, "Loose").await.is_none());
}

#[tokio::test]
async fn who_may_only_look_changes_no_tile() {
    let (hub, mut anna) = furnished("").await;
    let fields = [("name", "ben"), ("password", "ben has a password")];
    assert!(anna.post_form("/account/users", &fields).await.status.is_redirection());
    let mut ben = hub.client();
    ben.post_form("/login", &fields).await;
    assert_eq!(ben.get("/").await.status, 200);
    assert_eq!(ben.get(TILE).await.status, 403);
    assert_eq!(ben.post_form(TILE, &[("name", "Mine")]).await.status, 403);
    assert!(!ben.get("/resources/service/nas/3000").await.text().contains(TILE));
    let mut read = crate::support::token(&hub, &anna, "read").await;
    assert_eq!(read.post_form(TILE, &[("name", "Mine")]).await.status, 403);
    assert!(group(&mut anna, "Services").await.unwrap().contains("Grafana"));
}

#[tokio::test]
async fn a_tile_opens_the_service_under_the_name_by_which_this_machine_was_reached() {
    let (_hub, anna) = furnished("").await;
    let open = async |host: &str| {
        let answer = anna.clone().with("host", host).get("/open/service/nas/3000").await;
        (answer.status.as_u16(), answer.header("location").to_owned())
    };
    assert_eq!(open("hob.lan:4620").await, (303, "http://hob.lan:3000/".to_owned()));
    assert_eq!(open("[fd00::1]:4620").await, (303, "http://[fd00::1]:3000/".to_owned()));
    assert_eq!(open("evil.example/x").await.1, "http://127.0.0.1:3000/");
}

#[tokio::test]
async fn a_form_for_what_does_not_exist_is_an_answer() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    assert_eq!(anna.get("/tiles/service/nas/1").await.status, 404);
    assert_eq!(anna.post_form("/tiles/service/nas/1", &[("name", "x")]).await.status, 404);
    assert_eq!(anna.post_form("/forget/service/nas/1", &[]).await.status, 404);
}
