//! The home page as the server sends it: who sees what, what is folded together, what comes from elsewhere.

use crate::support::{house, house_with, id, observe, said, token, told};
use hob_base::{Health, Observation};
use hob_feature::Ctx;
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use std::time::Duration;

fn service(resource: &str, name: &str, url: &str) -> Observation {
    said(resource, Health::ok("Answers with 200 OK.")).named(name).fact("url", url)
}

async fn furnished(config: &str) -> (TestHub, Client) {
    let hub = house_with(config).start().await;
    let anna = hub.set_up().await;
    for (host, name) in [("jellyfin", "Jellyfin"), ("grafana", "Grafana"), ("wiki", "Wiki")] {
        let url = format!("https://{host}.example.org/");
        observe(hub.ctx(), service(&format!("service/home/{host}.example.org"), name, &url)).await;
    }
    (hub, anna)
}

/// Another person, who may only look.
async fn ben(hub: &TestHub, anna: &mut Client) -> Client {
    let fields = [("name", "ben"), ("password", "ben has a password")];
    assert!(anna.post_form("/account/users", &fields).await.status.is_redirection());
    let mut ben = hub.client();
    ben.post_form("/login", &fields).await;
    ben
}

/// The headings in their order.
fn headings(page: &str) -> Vec<String> {
    let groups = page.split("<summary><h2>").skip(1);
    groups.map(|rest| rest.split("</h2>").next().unwrap().to_owned()).collect()
}

/// As in a house with 500 services on five machines.
async fn crowd(ctx: &Ctx) {
    const PROGRAMS: [&str; 20] = [
        "Grafana",
        "Home Assistant",
        "Jellyfin",
        "Nextcloud",
        "Immich",
        "Paperless-ngx",
        "Vaultwarden",
        "Pi-hole Admin",
        "AdGuard Home",
        "Uptime Kuma",
        "Portainer",
        "Traefik Dashboard",
        "Syncthing",
        "Gitea: Git with a cup of tea",
        "Radarr",
        "Sonarr",
        "Transmission Web Interface",
        "Calibre-Web",
        "Audiobookshelf",
        "Changedetection.io",
    ];
    for number in 0..500_usize {
        let port = 1024 + (number * 7919) % 60_000;
        let machine = ["nas", "tower", "attic", "pi-garage", "mini"][number % 5];
        let name = format!("{} {}", PROGRAMS[number / 5 % 20], number % 25);
        let observation =
            Observation::new("test", id(&format!("service/{machine}/{port}")), Duration::from_secs(600))
                .named(name)
                .judged(Health::ok("Answers with 200 OK."))
                .fact("url", format!("http://127.0.0.1:{port}/"))
                .fact("process", PROGRAMS[number / 5 % 20].to_lowercase())
                .fact("port", port as u64);
        ctx.resources.observe(observation).await;
    }
    ctx.resources.settle().await;
}

#[tokio::test]
async fn five_hundred_tiles_are_a_small_page() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await.with("accept-encoding", "br");
    crowd(hub.ctx()).await;
    let compact = anna.get("/").await.body.len();
    anna.post_form("/home/view", &[("view", "large")]).await;
    let large = anna.get("/").await.body.len();
    eprintln!("500 tiles: compact {compact} bytes, large {large} bytes");
    assert!(compact < 14_300, "{compact} bytes: with its headers it must stay below 15 kB");
    assert!(large < 20_000, "{large} bytes");
    let again = anna.get("/").await;
    let known = anna.with("if-none-match", again.header("etag")).get("/").await;
    assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
}

#[tokio::test]
async fn tiles_lead_to_the_service_itself() {
    let (hub, mut anna) = furnished("").await;
    observe(hub.ctx(), service("service/nas/3000", "Local", "http://127.0.0.1:3000/")).await;
    let page = anna.get("/").await.text();
    assert!(page.contains("href=\"https://jellyfin.example.org/\""), "{page}");
    assert!(
        page.contains("href=\"/open/service/nas/3000\""),
        "an address of this machine depends on who asks"
    );
    assert!(!page.contains("target=\"_blank\""));
    anna.post_form("/home/edit", &[("do", "look"), ("view", "auto"), ("width", "wide"), ("tab", "new")])
        .await;
    let page = anna.get("/").await.text();
    assert!(page.contains("target=\"_blank\"") && page.contains("services wide"), "{page}");
}

#[tokio::test]
async fn the_same_host_in_two_clusters_is_one_tile_that_names_both() {
    let (hub, mut anna) = furnished("").await;
    for cluster in ["home", "rackspace"] {
        let mealie = service(
            &format!("service/{cluster}/mealie.example.org"),
            "Mealie",
            "https://mealie.example.org/",
        );
        observe(hub.ctx(), mealie.fact("cluster", cluster)).await;
    }
    let page = anna.get("/").await.text();
    assert_eq!(page.matches(">Mealie</a>").count(), 1, "{page}");
    assert!(page.contains("home + rackspace · mealie.example.org"), "{page}");
    assert!(page.contains("4 services"), "it is counted once");
    let url = "https://mealie.example.org/";
    let broken = service("service/rackspace/mealie.example.org", "Mealie", url)
        .judged(Health::critical("It answers 502."));
    observe(hub.ctx(), broken).await;
    let page = anna.get("/").await.text();
    assert!(page.contains("tile critical\" id=\"service/home/mealie.example.org"), "{page}");
}

#[tokio::test]
async fn namespaces_become_headings_and_small_ones_go_by_kind() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let apps = [
        ("sonarr", "media-server", "Media"),
        ("radarr", "media-server", "Media"),
        ("plex", "media-server", "Media"),
        ("paperless", "paperless", "Documents"),
        ("nextcloud", "nextcloud", "Documents"),
        ("gitea", "gitea", "Development"),
    ];
    for (name, namespace, category) in apps {
        let tile = service(&format!("service/home/{name}.x"), name, &format!("https://{name}.x.org/"));
        observe(hub.ctx(), tile.fact("namespace", namespace).fact("category", category)).await;
    }
    let own = service("service/home/mine.x", "mine", "https://mine.x.org/").fact("group", "Chosen");
    observe(hub.ctx(), own).await;
    let page = anna.get("/").await.text();
    assert_eq!(headings(&page), ["Chosen", "Documents", "Media Server", "Services"]);
    assert!(page.split("<h2>Services</h2>").nth(1).unwrap().contains(">gitea</a>"));
}

#[tokio::test]
async fn what_a_rule_hides_is_listed_with_its_reason_and_can_be_shown() {
    let (hub, mut anna) = furnished("").await;
    let s3 = service("service/home/s3.example.org", "s3", "https://s3.example.org/");
    let s3 = s3.fact("hidden", true).fact("hidden_because", "Programs use this host, people do not.");
    observe(hub.ctx(), s3).await;
    let page = anna.get("/").await.text();
    assert!(!page.contains("s3.example.org") && page.contains("1 hidden tile"), "{page}");
    let hidden = anna.get("/home/hidden").await.text();
    assert!(hidden.contains("Programs use this host, people do not."), "{hidden}");
    anna.post_form("/home/show", &[("tile", "service/home/s3.example.org")]).await;
    assert!(anna.get("/").await.text().contains("s3.example.org"));
    assert!(anna.get("/home/hidden").await.text().contains("Nothing is hidden."));
}

#[tokio::test]
async fn everybody_arranges_their_own_page_also_who_may_only_look() {
    let (hub, mut anna) = furnished("").await;
    let mut ben = ben(&hub, &mut anna).await;
    let star = [("tile", "service/home/wiki.example.org")];
    let answer = ben.post_form("/home/star", &star).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    assert_eq!(headings(&ben.get("/").await.text()), ["Favourites", "Services"]);
    assert_eq!(headings(&anna.get("/").await.text()), ["Services"]);
    ben.post_form("/home/edit", &[("do", "rename"), ("group", "Services"), ("name", "Dienste")]).await;
    ben.post_form("/home/edit", &[("do", "hide"), ("group", "Services")]).await;
    let page = ben.get("/").await.text();
    assert_eq!(headings(&page), ["Favourites"]);
    assert!(page.contains("1 group</a> left out"), "{page}");
    assert!(ben.get("/home/edit").await.text().contains("value=\"Dienste\""));
    // Over a restart.
    let hub = hub.stop().await.start().await;
    assert_eq!(headings(&ben.get("/").await.text()), ["Favourites"]);
    ben.post_form("/home/edit", &[("do", "reset")]).await;
    assert_eq!(headings(&ben.get("/").await.text()), ["Services"]);
    // Without an account there is one page for all, which not everybody may change.
    let mut read = token(&hub, &anna, "read").await;
    assert_eq!(read.post_form("/home/star", &star).await.status, 403);
    let mut write = token(&hub, &anna, "write").await;
    assert_eq!(write.post_form("/home/star", &star).await.status, 303);
    assert_eq!(headings(&read.get("/").await.text()), ["Favourites", "Services"]);
    for wrong in [
        vec![("do", "nothing")],
        vec![("do", "rename"), ("group", "x"), ("name", "a\nb")],
        vec![("do", "unstar"), ("tile", "x")],
    ] {
        assert_eq!(anna.post_form("/home/edit", &wrong).await.status, 422, "{wrong:?}");
    }
}

#[tokio::test]
async fn without_a_script_the_filter_is_a_search() {
    let (_hub, mut anna) = furnished("").await;
    anna.post_form("/tiles/service/home/wiki.example.org", &[("tags", "Family, docs")]).await;
    let page = anna.get("/?q=jelly").await.text();
    assert!(page.contains(">Jellyfin</a>") && !page.contains(">Grafana</a>"), "{page}");
    let page = anna.get("/?q=%23family").await.text();
    assert!(page.contains(">Wiki</a>") && !page.contains(">Jellyfin</a>"), "{page}");
    assert!(anna.get("/?q=zebra").await.text().contains("No tile contains “zebra”."));
    assert!(anna.get("/").await.text().contains("href=\"/?q=%23family\""));
}

#[tokio::test]
async fn bookmarks_and_engines_come_from_the_file_and_from_the_page() {
    let config = "[[bookmark]]\nname = \"Router\"\nurl = \"https://192.168.1.1/\"\ngroup = \"Network\"\n[[search_engine]]\nname = \"Searx\"\nurl = \"https://searx.example.org/?q={query}\"\n";
    let (_hub, mut anna) = furnished(config).await;
    let answer = anna.get("/").await;
    let policy = answer.header("content-security-policy").to_owned();
    assert!(
        policy.contains("form-action 'self' https://searx.example.org;")
            && policy.contains("default-src 'none'"),
        "{policy}"
    );
    assert!(answer.text().contains("Router") && answer.text().contains(">Searx</button>"));
    let answer = anna.get("/find?q=a%26b+c&with=file-searx-0").await;
    assert_eq!(answer.header("location"), "https://searx.example.org/?q=a%26b%20c");
    assert_eq!(anna.get("/find?q=x&with=hob").await.header("location"), "/search?q=x");
    assert_eq!(anna.get("/find?q=x&with=nobody").await.status, 404);
    let wrong = anna
        .post_form("/home/links", &[("kind", "bookmark"), ("name", "Bad"), ("url", "javascript:alert(1)")])
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("value=\"Bad\""));
    for name in ["Recipes", "Recipes"] {
        anna.post_form(
            "/home/links",
            &[("kind", "bookmark"), ("name", name), ("url", "https://recipes.example.org/")],
        )
        .await;
    }
    assert_eq!(anna.get("/").await.text().matches("<span>Recipes</span>").count(), 2);
    anna.post_form("/home/links/delete", &[("kind", "bookmark"), ("id", "recipes-2")]).await;
    assert_eq!(anna.get("/").await.text().matches("<span>Recipes</span>").count(), 1);
    let fixed = anna.post_form("/home/links/delete", &[("kind", "bookmark"), ("id", "file-router-0")]).await;
    assert_eq!(fixed.status, 409);
}

#[tokio::test]
async fn a_tile_by_hand_is_a_resource_with_a_check_until_it_is_deleted() {
    let (hub, mut anna) = furnished("").await;
    anna.post_form(
        "/home/links",
        &[("kind", "tile"), ("name", "Printer"), ("url", "http://127.0.0.1:9/"), ("group", "Office")],
    )
    .await;
    hub.run_job("home.links").await;
    assert!(headings(&anna.get("/").await.text()).contains(&"Office".to_owned()));
    assert!(hub.ctx().checks.find(&id("service/by-hand/printer")).is_some());
    anna.post_form("/home/links/delete", &[("kind", "tile"), ("id", "printer")]).await;
    hub.run_job("home.links").await;
    assert!(!anna.get("/").await.text().contains("Printer"));
    assert!(hub.ctx().checks.find(&id("service/by-hand/printer")).is_none());
}

const HOMER: &str = "services:\n- name: Media\n  items:\n  - {name: Films, url: \"https://jellyfin.example.org/\", tag: video, type: Jellyfin, apikey: s3cr3t}\n  - {name: Router, url: \"http://192.168.1.1/\"}\n  - {name: Reddit, url: \"https://www.reddit.com/\"}\n  - {name: Broken, url: \"x\"}\n";

#[tokio::test]
async fn the_page_of_another_dashboard_is_looked_at_and_then_taken_over() {
    let (_hub, mut anna) = furnished("").await;
    let page = anna.post_form("/home/import", &[("text", HOMER)]).await.text();
    assert!(page.contains("From Homer: 3 links") && page.contains("now “Jellyfin”"), "{page}");
    assert!(page.contains("1 key or password") && !page.contains("s3cr3t"), "{page}");
    assert!(page.contains("Broken"), "{page}");
    assert!(!anna.get("/").await.text().contains("Films"), "nothing is changed yet");
    let id = page.split("name=\"import\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let choose = [("import", id.as_str()), ("take-0", "found"), ("take-1", "tile"), ("take-2", "bookmark")];
    assert_eq!(anna.post_form("/home/import/take", &choose).await.status, 303);
    let page = anna.get("/").await.text();
    assert!(page.contains(">Films</a>") && page.contains("#video"), "{page}");
    assert!(page.contains("<span>Reddit</span>"), "{page}");
    assert!(headings(&page).contains(&"Media".to_owned()));
    assert_eq!(anna.post_form("/home/import/take", &choose).await.status, 409, "once");
    assert_eq!(anna.post_form("/home/import", &[("text", "a: 1")]).await.status, 422);
}

#[tokio::test]
async fn programs_import_over_the_api() {
    let (hub, anna) = furnished("").await;
    let mut write = token(&hub, &anna, "write").await;
    let send = async |client: &mut Client, dry: bool| {
        let path = format!("/api/v1/home/import?dry_run={dry}");
        client.send(http::Method::POST, &path, &[("content-type", "text/plain")], HOMER.into()).await
    };
    let looked = send(&mut write, true).await.json();
    let what: Vec<&str> =
        looked["links"].as_array().unwrap().iter().map(|link| link["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["found", "tile", "bookmark"]);
    assert_eq!((looked["source"].as_str(), looked["secrets_not_kept"].as_u64()), (Some("Homer"), Some(1)));
    let named = told(&mut write, "?kind=service&q=films").await;
    assert!(named.is_empty());
    send(&mut write, false).await;
    assert_eq!(told(&mut write, "?kind=service&q=films").await.len(), 1);
    let again = send(&mut write, true).await.json();
    assert_eq!(again["links"][2]["what"], "known");
    let mut read = token(&hub, &anna, "read").await;
    assert_eq!(send(&mut read, true).await.status, 403);
}

#[tokio::test]
async fn a_wall_needs_its_link_and_shows_nothing_to_press() {
    let (hub, mut anna) = furnished("").await;
    assert_eq!(hub.client().get("/wall").await.status, 303, "to the login");
    let wrong = anna.post_form("/home/walls", &[("name", "Kitchen"), ("dark", "evening")]).await;
    assert_eq!(wrong.status, 422);
    let made = anna.post_form("/home/walls", &[("name", "Kitchen"), ("dark", "20:00-07:00")]).await.text();
    let path = made.split("value=\"http://").nth(1).unwrap().split('"').next().unwrap();
    let path = path.split_once('/').map(|(_, path)| format!("/{path}")).unwrap();
    assert!(!anna.get("/home/walls").await.text().contains(&path), "it is shown once");
    let mut display = hub.client();
    let wall = display.get(&path).await;
    assert_eq!(wall.status, 200);
    assert!(
        wall.text().contains("Jellyfin") && wall.text().contains("data-dark=\"20:00-07:00\""),
        "{}",
        wall.text()
    );
    assert!(!wall.text().contains("<a ") && !wall.text().contains("<form"), "{}", wall.text());
    assert_eq!(wall.header("referrer-policy"), "no-referrer");
    for closed in ["/", "/resources", "/live", "/api/v1/resources"] {
        assert_ne!(display.get(closed).await.status, 200, "{closed}");
    }
    assert_eq!(display.get("/wall/guessed").await.status, 404);
    assert_eq!(display.get("/wall/guessed/live").await.status, 404);
    let page = anna.get("/home/walls").await.text();
    let id = page.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    anna.post_form("/home/walls/delete", &[("id", &id)]).await;
    assert_eq!(display.get(&path).await.status, 404);
}
