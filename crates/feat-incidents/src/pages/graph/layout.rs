//! Where each resource of a drawing stands: what is needed left, what needs it right. Pure.

/// The most columns; what lies deeper stands in the last.
pub(super) const COLUMNS_MAX: usize = 8;

/// One resource to be placed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Node {
    /// What it needs, as places in the same slice.
    pub(super) needs: Vec<usize>,
    /// The greater, the sooner it is shown where there is no room for all.
    pub(super) weight: u32,
}

/// One column of the drawing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Column {
    /// Who is shown, from the top down.
    pub(super) shown: Vec<usize>,
    /// Who is only counted.
    pub(super) hidden: Vec<usize>,
}

/// The columns of a drawing of at most `room` resources, what needs nothing first.
pub(super) fn columns(nodes: &[Node], room: usize) -> Vec<Column> {
    let depths = depths(nodes);
    let count = depths.iter().max().map_or(0, |deepest| deepest + 1);
    let mut columns = vec![Column::default(); count];
    for (at, depth) in depths.iter().enumerate() {
        columns[*depth].shown.push(at);
    }
    let cap = fair_share(&columns, room);
    for column in &mut columns {
        column.shown.sort_by_key(|at| (std::cmp::Reverse(nodes[*at].weight), *at));
        // A place for “1 more” holds that one as well.
        if column.shown.len() > cap {
            column.hidden = column.shown.split_off(cap);
        }
    }
    untangle(&mut columns, nodes);
    columns
}

/// How many steps each is away from what needs nothing. A circle is cut at its weightiest.
fn depths(nodes: &[Node]) -> Vec<usize> {
    let mut depths: Vec<Option<usize>> = vec![None; nodes.len()];
    let mut left: Vec<usize> = (0..nodes.len()).collect();
    while !left.is_empty() {
        let is_ready = |at: &usize| {
            nodes[*at].needs.iter().all(|need| need == at || depths.get(*need).is_none_or(Option::is_some))
        };
        let mut ready: Vec<usize> = left.iter().copied().filter(is_ready).collect();
        if ready.is_empty() {
            ready.extend(left.iter().copied().max_by_key(|at| (nodes[*at].weight, std::cmp::Reverse(*at))));
        }
        let found: Vec<(usize, usize)> = ready
            .iter()
            .map(|at| {
                let before = nodes[*at].needs.iter().filter_map(|need| *depths.get(*need)?).max();
                (*at, before.map_or(0, |depth| (depth + 1).min(COLUMNS_MAX - 1)))
            })
            .collect();
        for (at, depth) in found {
            depths[at] = Some(depth);
        }
        left.retain(|at| depths[*at].is_none());
    }
    depths.into_iter().map(Option::unwrap_or_default).collect()
}

/// The greatest height of a column with which all fit.
fn fair_share(columns: &[Column], room: usize) -> usize {
    let shown = |cap: usize| columns.iter().map(|column| column.shown.len().min(cap)).sum::<usize>();
    let tallest = columns.iter().map(|column| column.shown.len()).max().unwrap_or(0);
    (1..=tallest).rev().find(|cap| shown(*cap) <= room).unwrap_or(1)
}

/// Puts each beside what it needs, so that fewer lines cross.
fn untangle(columns: &mut [Column], nodes: &[Node]) {
    let mut heights: Vec<Option<usize>> = vec![None; nodes.len()];
    for column in columns {
        let middle = |at: usize| {
            let needed: Vec<usize> = nodes[at].needs.iter().filter_map(|need| *heights.get(*need)?).collect();
            // In thousandths: positions are compared, not drawn.
            needed.iter().sum::<usize>() * 1000 / needed.len().max(1)
        };
        let mut order: Vec<(usize, usize)> = column.shown.iter().map(|at| (middle(*at), *at)).collect();
        order.sort_by_key(|(middle, at)| (*middle, std::cmp::Reverse(nodes[*at].weight), *at));
        column.shown = order.into_iter().map(|(_, at)| at).collect();
        for (height, at) in column.shown.iter().enumerate() {
            heights[*at] = Some(height);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nodes(needs: &[&[usize]]) -> Vec<Node> {
        needs.iter().map(|needs| Node { needs: needs.to_vec(), weight: 0 }).collect()
    }

    fn shown(columns: &[Column]) -> Vec<Vec<usize>> {
        columns.iter().map(|column| column.shown.clone()).collect()
    }

    #[test]
    fn what_is_needed_stands_left_of_what_needs_it() {
        // A host, two databases on it, a service that needs one of them, one that needs both.
        let all = nodes(&[&[], &[0], &[0], &[1], &[1, 2, 0]]);
        assert_eq!(shown(&columns(&all, 40)), [vec![0], vec![1, 2], vec![3, 4]]);
        // Those of the first database come first.
        let crossed = nodes(&[&[], &[0], &[0], &[2], &[1]]);
        assert_eq!(shown(&columns(&crossed, 40)), [vec![0], vec![1, 2], vec![4, 3]]);
    }

    #[test]
    fn a_circle_is_cut_at_its_weightiest() {
        let mut all = nodes(&[&[2], &[0], &[1]]);
        all[1].weight = 5;
        assert_eq!(shown(&columns(&all, 40)), [vec![1], vec![2], vec![0]]);
        assert_eq!(shown(&columns(&nodes(&[&[0]]), 40)), [vec![0]], "what needs itself");
    }

    #[test]
    fn where_there_is_no_room_the_weightiest_are_shown_and_the_rest_is_counted() {
        let mut all = vec![Node::default()];
        all.extend((1..=56).map(|n| Node { needs: vec![0], weight: n }));
        let found = columns(&all, 40);
        assert_eq!((found[0].shown.len(), found[1].shown.len(), found[1].hidden.len()), (1, 39, 17));
        assert!(found[1].hidden.iter().all(|at| *at <= 17), "the lightest are counted only");
    }

    proptest! {
        #[test]
        fn everybody_is_somewhere_once_whatever_the_edges(
            edges in proptest::collection::vec(proptest::collection::vec(0_usize..60, 0..4), 0..50),
            room in 1_usize..50,
        ) {
            let all: Vec<Node> = edges.into_iter().map(|needs| Node { needs, weight: 0 }).collect();
            let found = columns(&all, room);
            let mut places: Vec<usize> =
                found.iter().flat_map(|column| column.shown.iter().chain(&column.hidden)).copied().collect();
            places.sort_unstable();
            prop_assert_eq!(places, (0..all.len()).collect::<Vec<_>>());
            prop_assert!(found.len() <= COLUMNS_MAX);
            let count: usize = found.iter().map(|column| column.shown.len()).sum();
            prop_assert!(count <= room.max(found.len()));
        }
    }
}
