//! Silences, planned work and quiet hours on pages.

use super::{break_it, impatient, open};
use crate::support::{eventually, token};
use hob_base::incident::Hush;

#[tokio::test]
async fn from_a_resource_to_a_silence_and_to_its_end() {
    let (hub, mut anna) = impatient("").await;
    break_it(&hub, "host/home/shed", "The shed is dark.", &[]).await;
    let page = anna.get("/incidents/1").await.text();
    assert!(page.contains("href=\"/silences/new?resource=host/home/shed\""), "{page}");
    let form = anna.get("/silences/new?resource=host/home/shed").await.text();
    assert!(form.contains("resource=&quot;host/home/shed&quot;"), "{form}");
    let fields = [("matchers", "resource=\"host/home/shed\""), ("comment", "New roof"), ("until", "4h")];
    let answer = anna.post_form("/silences/new", &fields).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/silences"), "{}", answer.text());
    let hush = eventually("it is silent", async || open(hub.ctx())[0].hush.clone()).await;
    assert!(matches!(hush, Hush::Silenced { comment, .. } if comment == "New roof"));
    let list = anna.get("/silences").await.text();
    assert!(
        list.contains("New roof") && list.contains("It covers shed.") && list.contains("By anna"),
        "{list}"
    );
    let end =
        list.split("action=\"").find_map(|rest| rest.split('"').next().filter(|path| path.ends_with("/end")));
    let answer = anna.post_form(end.unwrap(), &[]).await;
    assert_eq!(answer.status, 303);
    eventually("it is heard again", async || open(hub.ctx())[0].hush.is_none().then_some(())).await;
    let list = anna.get("/silences").await.text();
    assert!(list.contains("Ended lately") && !list.contains("End it now"), "{list}");
}

#[tokio::test]
async fn mistakes_stand_beside_what_was_entered() {
    let (hub, mut anna) = impatient("").await;
    let fields = [("matchers", "kind"), ("comment", "Kept <words>"), ("until", "1h"), ("recurs", "")];
    let again = anna.post_form("/silences/new", &fields).await;
    assert_eq!(again.status, 422);
    let text = again.text();
    assert!(text.contains("is not a matcher") && text.contains("Kept &lt;words&gt;"), "{text}");
    assert!(text.contains("aria-invalid=\"true\""), "{text}");
    assert!(hub.ctx().silences.list().is_empty());
    assert_eq!(anna.post_form("/silences/nonsense/end", &[]).await.status, 404);
}

#[tokio::test]
async fn what_stands_in_the_file_is_shown_and_not_ended() {
    let (_hub, mut anna) =
        impatient("[[maintenance]]\nname = \"Weekly\"\nwhen = [\"Sun 02:00-02:01\"]\nhosts = [\"attic\"]\n")
            .await;
    let list = eventually("it is read", async || {
        let list = anna.get("/silences").await.text();
        list.contains("Weekly").then_some(list)
    })
    .await;
    assert!(
        list.contains("from hob.toml") && list.contains("planned work") && !list.contains("End it now"),
        "{list}"
    );
    let answer = anna.post_form("/silences/hob.toml-maintenance-1/end", &[]).await;
    assert_eq!(answer.status, 303);
    assert!(anna.get("/silences").await.text().contains("only be changed there"));
}

#[tokio::test]
async fn everybody_keeps_quiet_hours_of_their_own() {
    let (hub, mut anna) = impatient("tell = [\"ben\"]\n").await;
    let page = anna.get("/incidents/quiet").await.text();
    assert!(page.contains("no message is addressed to you"), "{page}");
    let wrong = anna.post_form("/incidents/quiet", &[("windows", "at night")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("at night") && wrong.text().contains("cannot be read"), "{}", wrong.text());
    let saved = anna
        .post_form("/incidents/quiet", &[("windows", "Mon-Fri 22:00-06:30\r\n\r\ndaily 13:00-14:00")])
        .await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let page = anna.get(saved.header("location")).await.text();
    assert!(page.contains("are saved") && page.contains("Everybody’s quiet hours"), "{page}");

    let form = [("name", "ben"), ("password", "a kettle on the hob"), ("again", "a kettle on the hob")];
    assert!(anna.post_form("/account/users", &form).await.status.is_redirection());
    let mut ben = hub.client();
    let login = ben.post_form("/login", &[("name", "ben"), ("password", "a kettle on the hob")]).await;
    assert!(login.status.is_redirection(), "{}", login.text());
    let own = ben.get("/incidents/quiet").await.text();
    assert!(
        !own.contains("22:00-06:30\n") && !own.contains("Everybody’s"),
        "others' hours are nobody's business: {own}"
    );
    assert!(!own.contains("no message is addressed to you"), "he is named: {own}");
    assert_eq!(ben.post_form("/incidents/quiet", &[("windows", "daily 01:00-02:00")]).await.status, 303);
    let page = anna.get("/incidents/quiet").await.text();
    assert!(page.contains("daily 01:00-02:00"), "an administrator sees all: {page}");
    let mut program = token(&hub, &anna, "write").await;
    assert_eq!(program.get("/incidents/quiet").await.status, 403, "a program does not sleep");
}
