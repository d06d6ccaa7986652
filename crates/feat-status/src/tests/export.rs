//! What programs and spreadsheets get.

use super::house::{DAY, HOUR, START, happen, hub, incident, member, say, who};
use crate::model::csv::tests::read;
use hob_base::{Health, Level};

#[tokio::test]
async fn transitions_are_told_to_the_last_one_and_never_as_formulas() {
    let hub = hub().start().await;
    let clock = hub.ctx().clock.clone();
    // More than are read at once.
    for n in 0..1300_u32 {
        let health = if n % 2 == 0 { Health::ok("=1+1") } else { Health::critical("says \"no\",\r\nagain") };
        let observation =
            hob_base::Observation::new("test", "service/nas/1".parse().unwrap(), DAY).judged(health);
        hub.ctx().resources.observe(observation).await;
        clock.advance(std::time::Duration::from_secs(1));
    }
    hub.ctx().resources.settle().await;
    // What came at once is told a millisecond apart, a little ahead of the clock.
    clock.advance(HOUR);
    let mut anna = who(&hub, "read");
    let answer = anna.get("/api/v1/export/transitions.csv?resource=service/nas/1").await;
    assert!(answer.header("content-disposition").contains("transitions.csv"));
    let rows = read(&answer.text());
    assert_eq!(rows[0], ["at", "resource", "from", "to", "reason"]);
    let expected =
        hub.ctx().resources.transitions(Some(&"service/nas/1".parse().unwrap()), 5000).await.unwrap();
    assert_eq!(rows.len() - 1, expected.len());
    assert!(expected.len() > 1000, "{}", expected.len());
    for (row, transition) in rows[1..].iter().zip(expected.iter().rev()) {
        let reason = transition.reason.replace("=1+1", "'=1+1");
        assert_eq!(
            (&row[0], &row[3], &row[4]),
            (&transition.at.rfc3339(), &transition.to.to_string(), &reason)
        );
    }
    let none = anna.get("/api/v1/export/transitions.csv?from=2020-01-01&to=2020-02-01").await;
    assert_eq!(read(&none.text()).len(), 1);
    for wrong in ["from=yesterday", "from=2026-11-02&to=2026-11-01", "resource=x"] {
        let answer = anna.get(&format!("/api/v1/export/transitions.csv?{wrong}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (422, "application/problem+json"),
            "{wrong}"
        );
    }
    assert_eq!(hub.client().get("/api/v1/export/transitions.csv").await.status, 401);
    hub.stop().await;
}

#[tokio::test]
async fn incidents_are_told_piece_by_piece() {
    let hub = hub().start().await;
    for n in 1..=1500 {
        let mut one = incident(n, START.minus(HOUR), Some(START));
        one.members = vec![member("service/nas/1", Level::Critical, START.minus(HOUR), Some(START))];
        one.title = "@SUM(A1)".to_owned();
        if n == 1500 {
            happen(&hub, one).await;
        } else {
            super::house::keep(&hub, one);
        }
    }
    let rows = read(&who(&hub, "read").get("/api/v1/export/incidents.csv").await.text());
    assert_eq!(rows.len(), 1501);
    assert_eq!((rows[1][0].as_str(), rows[1500][0].as_str()), ("1500", "1"), "newest first");
    assert_eq!(
        (rows[1][6].as_str(), rows[1][4].as_str(), rows[1][9].as_str()),
        ("'@SUM(A1)", "3600", "service/nas/1")
    );
    hub.stop().await;
}

#[tokio::test]
async fn the_report_as_csv_says_what_the_page_says() {
    let hub = hub().start().await;
    say(&hub, "service/nas/1", "+49 phone", Health::ok("x")).await;
    hub.ctx().clock.advance(HOUR);
    let rows = read(&who(&hub, "read").get("/uptime/2026-11.csv?kind=service").await.text());
    assert_eq!((rows.len(), rows[0].len(), rows[1].len()), (2, 17, 17));
    assert_eq!(
        (rows[1][2].as_str(), rows[1][4].as_str(), rows[1][5].as_str()),
        ("'+49 phone", "100.000", "3600")
    );
    hub.stop().await;
}
