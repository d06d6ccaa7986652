use super::*;
use crate::model::{Settings, house};
use hob_base::resource::{Moment, observe};
use hob_base::{Health, Observation, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

fn made_of(tiles: &[(&str, &str)]) -> House {
    let now = Moment { wall: Timestamp::from_millis(1_000_000), monotonic: Duration::ZERO };
    let resources: Vec<_> = tiles
        .iter()
        .map(|(name, group)| {
            let id = ResourceId::new("service", "nas", name);
            let observation =
                Observation::new("test", id, Duration::from_secs(60)).named(*name).fact("group", *group);
            Arc::new(observe(None, observation.judged(Health::ok("Answers.")), now))
        })
        .collect();
    house(&resources, &Settings::default())
}

fn told(layout: &Layout, house: &House) -> Vec<String> {
    let shelves = layout.arrange(house);
    shelves
        .iter()
        .map(|shelf| {
            let names: Vec<&str> = shelf.tiles.iter().map(|tile| tile.name.as_str()).collect();
            format!("{}: {}", shelf.name, names.join(" "))
        })
        .collect()
}

fn id(name: &str) -> ResourceId {
    ResourceId::new("service", "nas", name)
}

#[test]
fn favourites_come_first_in_their_order_and_stand_nowhere_else() {
    let house = made_of(&[("a", "One"), ("b", "One"), ("c", "Two")]);
    let mut layout = Layout::default();
    layout.star(&id("c"));
    layout.star(&id("a"));
    assert_eq!(told(&layout, &house), ["Favourites: c a", "One: b"], "an empty heading is none");
    layout.move_favourite(&id("a"), true);
    layout.move_favourite(&id("a"), true);
    assert_eq!(told(&layout, &house)[0], "Favourites: a c");
    layout.star(&id("a"));
    layout.star(&id("c"));
    assert_eq!(told(&layout, &house), ["One: a b", "Two: c"]);
}

#[test]
fn headings_move_one_place_at_a_time_and_new_ones_follow() {
    let before = made_of(&[("a", "One"), ("b", "Two"), ("c", "Three")]);
    let mut layout = Layout::default();
    assert_eq!(told(&layout, &before), ["One: a", "Three: c", "Two: b"]);
    layout.move_group("Two", true, &before);
    layout.move_group("Two", true, &before);
    layout.move_group("Two", true, &before);
    assert_eq!(told(&layout, &before), ["Two: b", "One: a", "Three: c"]);
    layout.move_group("nobody", false, &before);
    let later = made_of(&[("a", "One"), ("c", "Three"), ("d", "Alpha")]);
    assert_eq!(told(&layout, &later), ["One: a", "Three: c", "Alpha: d"]);
    layout.move_group("Alpha", true, &later);
    let again = made_of(&[("a", "One"), ("b", "Two"), ("c", "Three"), ("d", "Alpha")]);
    assert_eq!(told(&layout, &again).len(), 4);
    assert!(layout.order.contains(&"Two".to_owned()), "what is away for a moment keeps its wish");
}

#[test]
fn headings_are_folded_left_out_and_renamed() {
    let house = made_of(&[("a", "One"), ("b", "Two")]);
    let mut layout = Layout::default();
    layout.fold("One", true);
    layout.hide("Two", true);
    layout.rename("One", "Eins");
    let shelves = layout.arrange(&house);
    assert_eq!((shelves[0].name, shelves[0].folded, shelves[0].hidden), ("Eins", true, false));
    assert_eq!((shelves[1].name, shelves[1].folded, shelves[1].hidden), ("Two", false, true));
    drop(shelves);
    layout.fold("One", false);
    layout.hide("Two", false);
    layout.rename("One", "");
    assert_eq!(layout, Layout::default());
}

#[test]
fn many_tiles_are_compact_unless_somebody_wants_them_large() {
    assert!(!View::Auto.is_compact(60) && View::Auto.is_compact(61));
    assert!(View::Compact.is_compact(1) && !View::Large.is_compact(500));
}

#[test]
fn what_an_older_table_says_is_read_and_what_is_missing_has_its_default() {
    let layout: Layout = serde_json::from_str(r#"{"view":"compact","folded":["One"],"later":1}"#).unwrap();
    assert_eq!(layout.view, View::Compact);
    assert!(layout.folded.contains("One"));
}

proptest! {
    #[test]
    fn whatever_is_wanted_no_tile_is_lost_and_none_is_there_twice(
        stars in proptest::collection::vec(0_usize..6, 0..6),
        moves in proptest::collection::vec((0_usize..4, any::<bool>()), 0..12),
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let groups = ["One", "Two", "Three"];
        let house = made_of(&[("a", "One"), ("b", "One"), ("c", "Two"), ("d", "Two"), ("e", "Three"), ("f", "Three")]);
        let mut layout = Layout::default();
        for star in stars {
            layout.star(&id(names[star]));
        }
        for (which, up) in moves {
            layout.move_group(groups.get(which).unwrap_or(&"nobody"), up, &house);
        }
        let mut all: Vec<&str> =
            layout.arrange(&house).iter().flat_map(|shelf| shelf.tiles.iter().map(|tile| tile.name.as_str())).collect();
        all.sort_unstable();
        prop_assert_eq!(all, names);
    }
}
