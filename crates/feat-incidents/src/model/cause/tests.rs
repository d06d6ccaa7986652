use super::*;
use proptest::prelude::*;

fn id(name: &str) -> ResourceId {
    ResourceId::new("service", "test", name)
}

/// `check` reads a house as `name=level@second needs a b`, one a line, and names causes and what they explain.
fn check(house: &str, expected: &[(&str, &[&str], &[&str])]) {
    let nodes: Vec<Node> = house.lines().map(str::trim).filter(|line| !line.is_empty()).map(node).collect();
    let names = |list: &[usize]| -> Vec<String> {
        let mut names: Vec<String> = list.iter().map(|i| nodes[*i].id.name().to_owned()).collect();
        names.sort();
        names
    };
    let found: Vec<(String, Vec<String>, Vec<String>)> = outages(&nodes)
        .iter()
        .map(|o| (nodes[o.cause].id.name().to_owned(), names(&o.affected), names(&o.besides)))
        .collect();
    let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let expected: Vec<_> =
        expected.iter().map(|(cause, a, b)| ((*cause).to_owned(), owned(a), owned(b))).collect();
    assert_eq!(found, expected, "{house}");
}

fn node(line: &str) -> Node {
    let (head, needs) = line.split_once(" needs ").unwrap_or((line, ""));
    let (name, state) = head.split_once('=').unwrap();
    let (level, since) = state.split_once('@').unwrap_or((state, "0"));
    Node {
        id: id(name),
        level: (level != "unjudged").then(|| level.parse().unwrap()),
        since: Timestamp::from_millis(since.parse::<i64>().unwrap() * 1000),
        needs: needs.split_whitespace().map(id).collect(),
    }
}

#[test]
fn a_host_explains_its_services_and_what_needs_them() {
    check(
        "nas=critical@3
         photos=critical@1 needs nas
         route=critical@0 needs photos
         books=ok needs nas",
        &[("nas", &["photos", "route"], &[])],
    );
}

#[test]
fn what_is_well_joins_nothing() {
    check(
        "nas=ok
         photos=critical needs nas
         books=critical needs nas",
        &[("photos", &[], &[]), ("books", &[], &[])],
    );
}

#[test]
fn what_nobody_judges_conducts() {
    check(
        "nas=critical
         container=unjudged needs pod
         pod=unjudged needs nas
         photos=critical needs container",
        &[("nas", &["photos"], &[])],
    );
}

#[test]
fn a_warning_does_not_stop_a_service() {
    check(
        "disk=warning
         photos=critical needs disk
         backup=warning needs disk",
        &[("disk", &["backup"], &[]), ("photos", &[], &[])],
    );
}

#[test]
fn what_broke_much_later_is_another_outage() {
    check(
        "photos=critical@0 needs nas
         nas=critical@5000
         books=critical@4990 needs nas",
        &[("photos", &[], &[]), ("nas", &["books"], &[])],
    );
}

#[test]
fn a_silent_host_explains_its_services() {
    check(
        "nas=unknown@60
         photos=critical@0 needs nas",
        &[("nas", &["photos"], &[])],
    );
}

#[test]
fn of_two_causes_the_one_that_explains_more_is_named() {
    check(
        "database=critical
         cache=critical
         photos=critical needs database cache
         books=critical needs database",
        &[("database", &["books", "photos"], &["cache"])],
    );
}

#[test]
fn a_circle_is_explained_by_its_worst_and_oldest() {
    check(
        "a=critical@5 needs b
         b=critical@4 needs c
         c=unknown@1 needs a
         d=critical@6 needs a",
        &[("b", &["a", "c", "d"], &[])],
    );
}

#[test]
fn a_chain_of_ten_thousand_and_one_that_needs_itself_are_no_trouble() {
    let mut nodes: Vec<Node> =
        (0..10_000).map(|i| node(&format!("n{i}=critical needs n{}", i + 1))).collect();
    nodes.push(node("n10000=critical needs n10000"));
    let found = outages(&nodes);
    assert_eq!((found.len(), found[0].cause, found[0].affected.len()), (1, 10_000, 10_000));
}

fn any_level() -> impl Strategy<Value = Option<Level>> {
    prop_oneof![
        3 => Just(Some(Level::Critical)),
        2 => Just(Some(Level::Warning)),
        2 => Just(Some(Level::Unknown)),
        3 => Just(Some(Level::Ok)),
        1 => Just(None),
    ]
}

fn any_house() -> impl Strategy<Value = Vec<Node>> {
    (1usize..25).prop_flat_map(|count| {
        let one = (any_level(), 0i64..2_000_000, proptest::collection::vec(0..count + 2, 0..4));
        proptest::collection::vec(one, count).prop_map(|list| {
            let nodes = list.into_iter().enumerate().map(|(i, (level, since, needs))| Node {
                id: id(&format!("n{i}")),
                level,
                since: Timestamp::from_millis(since),
                needs: needs.into_iter().map(|to| id(&format!("n{to}"))).collect(),
            });
            nodes.collect()
        })
    })
}

proptest! {
    #[test]
    fn every_sick_resource_is_in_exactly_one_outage_and_every_cause_is_sick(house in any_house()) {
        let mut seen: Vec<usize> = outages(&house).iter().flat_map(|o| o.all().collect::<Vec<_>>()).collect();
        seen.sort_unstable();
        let sick: Vec<usize> = (0..house.len()).filter(|i| house[*i].is_sick()).collect();
        prop_assert_eq!(&seen, &sick);
        for outage in outages(&house) {
            prop_assert!(house[outage.cause].is_sick());
            prop_assert!(outage.weight.1 == outage.affected.len() + 1);
        }
    }

    #[test]
    fn a_healthy_resource_more_changes_nothing(
        house in any_house(),
        needs in proptest::collection::vec(0usize..25, 0..5),
        needed_by in proptest::collection::vec(0usize..25, 0..5),
    ) {
        let before = outages(&house);
        let mut after = house.clone();
        for dependent in needed_by.into_iter().filter(|i| *i < house.len()) {
            after[dependent].needs.push(id("new"));
        }
        after.push(Node {
            id: id("new"),
            level: Some(Level::Ok),
            since: Timestamp::from_millis(0),
            needs: needs.iter().map(|to| id(&format!("n{to}"))).collect(),
        });
        prop_assert_eq!(outages(&after), before);
    }

    #[test]
    fn the_order_of_resources_does_not_matter(house in any_house(), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..house.len()).collect();
        order.sort_by_key(|i| (*i as u64 + 1).wrapping_mul(seed | 1).rotate_left(17));
        let shuffled: Vec<Node> = order.iter().map(|i| house[*i].clone()).collect();
        let causes = |house: &[Node]| {
            let mut list: Vec<ResourceId> = outages(house).iter().map(|o| house[o.cause].id.clone()).collect();
            list.sort();
            list
        };
        prop_assert_eq!(causes(&house), causes(&shuffled));
    }
}
