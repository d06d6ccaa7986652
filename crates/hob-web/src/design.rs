//! `/design`: every component in every state, for who works on them. Only in debug builds.

use axum::Router;

#[cfg(not(debug_assertions))]
pub(crate) fn add(routes: Router) -> Router {
    routes
}

#[cfg(debug_assertions)]
pub(crate) fn add(routes: Router) -> Router {
    routes.route("/design", axum::routing::get(page::show))
}

#[cfg(debug_assertions)]
mod page {
    use crate::Frame;
    use crate::components::{
        Band, Field, badge, card, chart_frame, dialog, empty, facts, field, form, health_badge, health_block,
        health_mark, icon, loading, meter, notice, select, sparkline, strip, table,
    };
    use axum::response::Response;
    use hob_base::{Facts, Health, Level};
    use maud::{Markup, html};

    pub(super) async fn show(frame: Frame) -> Response {
        let parts: [(&str, Markup); 8] = [
            ("Health", healths()),
            ("Strips and charts", charts()),
            ("Buttons and badges", buttons()),
            ("Forms", forms()),
            ("Table", a_table()),
            ("Messages", messages()),
            ("Facts", some_facts()),
            ("Icons", icons()),
        ];
        let body = html! {
            div.page-head { h1 { "Components" } p.muted { "Every part in every state. Debug builds only." } }
            @for (title, part) in parts { (card(title, &part)) }
        };
        frame.page("Components", &body)
    }

    fn healths() -> Markup {
        let health = |level: Level| {
            Health::new(level, "One sentence that a person understands.")
                .with_evidence("connect 127.0.0.1:3000: connection refused")
                .with_remedy("Start it again: systemctl start grafana")
        };
        html! { @for level in Level::ALL { (health_block(&health(level))) } }
    }

    fn charts() -> Markup {
        let mut days = vec![Some(Level::Ok); 90];
        for (day, level) in [
            (0, None),
            (1, None),
            (40, Some(Level::Critical)),
            (60, Some(Level::Warning)),
            (70, Some(Level::Unknown)),
        ] {
            days[day] = level;
        }
        let wave: Vec<f32> = (0..60_u8).map(|i| 50.0 + 40.0 * (f32::from(i) / 6.0).sin()).collect();
        let gap: Vec<f32> =
            wave.iter().enumerate().map(|(i, v)| if (20..30).contains(&i) { f32::NAN } else { *v }).collect();
        html! {
            (strip(&days, "Up-time of the last 90 days"))
            (strip(&[None; 90], "Nothing known"))
            @for (percent, level) in [(20.0, Level::Ok), (87.0, Level::Warning), (97.0, Level::Critical)] {
                p { (meter(percent, level, "share used")) }
            }
            div.charts {
                (chart_frame("CPU", "42 %", "last hour", &sparkline(&wave, 0.0, 100.0, &[Band { at: 80.0, level: Level::Warning }], "CPU")))
                (chart_frame("With a gap", "–", "", &sparkline(&gap, 0.0, 100.0, &[], "gap")))
                (chart_frame("Empty", "–", "nothing yet", &sparkline(&[], 0.0, 1.0, &[], "empty")))
            }
        }
    }

    fn buttons() -> Markup {
        html! {
            p.row {
                button.primary { "Primary" } button { "Plain" } button.small { "Small" } button.danger { "Danger" }
                button disabled { "Disabled" } a.button href="/design" { "Link" }
            }
            p.row { (badge("from hob.toml")) @for level in Level::ALL { (health_badge(level)) } }
            p.row { @for level in Level::ALL { (health_mark(level)) } }
        }
    }

    fn forms() -> Markup {
        let name = Field {
            help: "What it is called on the home page.",
            value: "Grafana",
            ..Field::text("design-name", "Name")
        };
        let wrong = Field {
            error: "“1w” is not a duration: write 30s or 5m.",
            value: "1w",
            ..Field::text("design-interval", "Interval")
        };
        let fixed = Field {
            fixed: true,
            value: "Media",
            help: "Set in hob.toml.",
            ..Field::text("design-group", "Group")
        };
        form(
            "/design",
            "Save",
            &html! {
                (field(&name)) (field(&wrong)) (field(&fixed))
                (select("design-scope", "Scope", &[("read", "read"), ("write", "write")], "read"))
            },
        )
    }

    fn a_table() -> Markup {
        let row = |name: &str| html! { tr { th scope="row" { (name) } td { "every 30 seconds" } td.number { "12 ms" } } };
        table("Example", &["Name", "Runs", "Took"], ["services.scan", "hosts.collect"].into_iter().map(row))
    }

    fn messages() -> Markup {
        html! {
            @for level in Level::ALL { (notice(level, "This is what happened.")) }
            (loading("Asking the registry…"))
            (empty("Nothing here yet.", "This fills itself as soon as something is found.", &html! { a.button href="/" { "Home" } }))
            div.dialog-sample { (dialog("A dialog", &html! { p { "Its content." } })) }
        }
    }

    fn some_facts() -> Markup {
        let facts_: Facts = [
            ("size_bytes".to_owned(), 500_000_000_000_u64.into()),
            ("used_percent".to_owned(), 42.5.into()),
            ("process".to_owned(), "grafana".into()),
        ]
        .into();
        facts(&facts_)
    }

    fn icons() -> Markup {
        let names = [
            "hob",
            "search",
            "person",
            "home",
            "system",
            "host",
            "service",
            "port",
            "filesystem",
            "pin",
            "edit",
            "hide",
            "close",
            "remedy",
            "link",
            "ok",
            "warning",
            "critical",
            "unknown",
        ];
        html! { p.row { @for name in names { span title=(name) { (icon(name)) } } } }
    }
}
