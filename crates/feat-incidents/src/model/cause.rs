//! Which resources are out together, and which of them explains the others. A pure function over the graph.
//!
//! Only resources that are not well take part: an edge counts when *x needs y* and *y* can explain *x* ([`explains`]).
//! Resources joined by such edges are one [`Outage`]. Within it the cause is a resource that nothing else explains (of a
//! circle of resources that explain each other, the worst and oldest); where there are several, the one that explains
//! the most.
//!
//! What is well never conducts: two services on one healthy host that break at once are two outages. What nobody judges
//! (a container that is merely known) conducts like a wire, within [`WIRES_MAX`] steps.
//!
//! It follows that adding a healthy resource changes nothing, that a circle is no trouble, and that the cause is always
//! one that is itself not well. Property tests hold it to that.

use hob_base::{Level, ResourceId, Timestamp};
use std::collections::HashMap;
use std::time::Duration;

/// A dependency explains what breaks before it by no more than this: probes look at different times.
pub(crate) const SLACK: Duration = Duration::from_secs(600);
/// The most resources without a judgement that are followed from one resource.
const WIRES_MAX: usize = 256;

/// One resource as the search for causes sees it.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Which resource.
    pub(crate) id: ResourceId,
    /// How well it is; `None` when nobody judges it.
    pub(crate) level: Option<Level>,
    /// Since when it has not been well.
    pub(crate) since: Timestamp,
    /// What it needs.
    pub(crate) needs: Vec<ResourceId>,
}

impl Node {
    fn is_sick(&self) -> bool {
        self.level.is_some_and(|level| level != Level::Ok)
    }
}

/// Resources that are out together. All indexes are into the slice that was searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outage {
    /// The one that explains the most.
    pub(crate) cause: usize,
    /// What it explains, directly or through others.
    pub(crate) affected: Vec<usize>,
    /// What is joined to it, but broke for another reason.
    pub(crate) besides: Vec<usize>,
    /// How many critical ones, and how many in all, the cause explains, itself included.
    pub(crate) weight: (usize, usize),
    /// How many of its resources nothing explains, the cause included; a circle counts once.
    pub(crate) ends: usize,
}

impl Outage {
    /// All of its resources, the cause first.
    pub(crate) fn all(&self) -> impl Iterator<Item = usize> {
        [self.cause].into_iter().chain(self.affected.iter().copied()).chain(self.besides.iter().copied())
    }
}

/// Whether a resource that is `dependency` since then can be the reason why one that needs it is `dependent`.
///
/// What is critical or silent explains everything; a warning explains only warnings (a disk that will be full in three
/// weeks does not stop a service today). What broke long after its dependent does not explain it.
pub(crate) fn explains(dependency: (Level, Timestamp), dependent: (Level, Timestamp)) -> bool {
    let strong = match dependency.0 {
        Level::Ok => false,
        Level::Warning => dependent.0 == Level::Warning,
        Level::Critical | Level::Unknown => true,
    };
    strong && dependency.1 <= dependent.1.plus(SLACK)
}

/// Every outage among `nodes`, in order of the first resource of each.
pub(crate) fn outages(nodes: &[Node]) -> Vec<Outage> {
    let sick: Vec<usize> = (0..nodes.len()).filter(|i| nodes[*i].is_sick()).collect();
    let place: HashMap<&ResourceId, usize> =
        sick.iter().enumerate().map(|(at, i)| (&nodes[*i].id, at)).collect();
    let wires: HashMap<&ResourceId, &Node> =
        nodes.iter().filter(|node| node.level.is_none()).map(|node| (&node.id, node)).collect();
    let edges: Vec<Vec<usize>> =
        sick.iter().map(|i| explained_by(&nodes[*i], nodes, &sick, &place, &wires)).collect();
    let circles = Circles::find(&edges);
    let groups = groups(&edges);
    let mut found: Vec<Outage> = groups
        .into_iter()
        .map(|group| judge(&group, &edges, &circles, &|at| &nodes[sick[at]]))
        .map(|outage| outage.renamed(&sick))
        .collect();
    found.sort_by_key(|outage| outage.all().min());
    found
}

/// The sick resources (by their place among the sick) that explain this one, straight or over wires.
fn explained_by(
    node: &Node,
    nodes: &[Node],
    sick: &[usize],
    place: &HashMap<&ResourceId, usize>,
    wires: &HashMap<&ResourceId, &Node>,
) -> Vec<usize> {
    let mut found = Vec::new();
    let mut wires_seen: Vec<&ResourceId> = Vec::new();
    let mut next: Vec<&ResourceId> = node.needs.iter().collect();
    while let Some(id) = next.pop() {
        if let Some(at) = place.get(id) {
            let dependency = &nodes[sick[*at]];
            let levels = (dependency.level.unwrap_or(Level::Ok), node.level.unwrap_or(Level::Ok));
            let counts = explains((levels.0, dependency.since), (levels.1, node.since));
            if counts && dependency.id != node.id && !found.contains(at) {
                found.push(*at);
            }
        } else if let Some(wire) = wires.get(id)
            && wires_seen.len() < WIRES_MAX
            && !wires_seen.contains(&id)
        {
            wires_seen.push(id);
            next.extend(&wire.needs);
        }
    }
    found
}

/// The sick in groups that are joined by edges, whatever their direction.
fn groups(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut root: Vec<usize> = (0..edges.len()).collect();
    fn find(root: &mut [usize], mut at: usize) -> usize {
        while root[at] != at {
            root[at] = root[root[at]];
            at = root[at];
        }
        at
    }
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            let (a, b) = (find(&mut root, from), find(&mut root, *to));
            root[a.max(b)] = a.min(b);
        }
    }
    let mut by_root: HashMap<usize, Vec<usize>> = HashMap::new();
    for at in 0..edges.len() {
        by_root.entry(find(&mut root, at)).or_default().push(at);
    }
    by_root.into_values().collect()
}

/// Names the cause of one group.
fn judge<'a>(
    group: &[usize],
    edges: &[Vec<usize>],
    circles: &Circles,
    node: &impl Fn(usize) -> &'a Node,
) -> Outage {
    let mut back: HashMap<usize, Vec<usize>> = HashMap::new();
    for from in group {
        for to in &edges[*from] {
            back.entry(*to).or_default().push(*from);
        }
    }
    // Of a circle that nothing outside explains, its worst and oldest stands for all.
    let mut ends: HashMap<usize, usize> = HashMap::new();
    for at in group.iter().copied().filter(|at| circles.is_end(*at)) {
        let best = ends.entry(circles.of[at]).or_insert(at);
        if standing(node(at)) < standing(node(*best)) {
            *best = at;
        }
    }
    let count = ends.len();
    let ranked = ends.into_values().map(|at| {
        let explained = reach(at, &back);
        let critical = explained.iter().filter(|at| node(**at).level == Some(Level::Critical)).count();
        ((critical, explained.len()), at, explained)
    });
    let best =
        ranked.max_by(|a, b| a.0.cmp(&b.0).then_with(|| standing(node(b.1)).cmp(&standing(node(a.1)))));
    // Every group has an end, since circles are one.
    let (weight, cause, explained) = best.unwrap_or(((0, 1), group[0], vec![group[0]]));
    let (mut affected, mut besides): (Vec<usize>, Vec<usize>) =
        group.iter().filter(|at| **at != cause).partition(|at| explained.binary_search(at).is_ok());
    affected.sort_unstable();
    besides.sort_unstable();
    Outage { cause, affected, besides, weight, ends: count }
}

/// Worst first, then oldest, then by name: the order of candidates that explain equally much.
fn standing(node: &Node) -> (std::cmp::Reverse<Option<Level>>, Timestamp, &ResourceId) {
    (std::cmp::Reverse(node.level), node.since, &node.id)
}

/// Everything that leads to `end`, itself included, sorted.
fn reach(end: usize, back: &HashMap<usize, Vec<usize>>) -> Vec<usize> {
    let mut seen = std::collections::HashSet::from([end]);
    let mut next = vec![end];
    while let Some(at) = next.pop() {
        for from in back.get(&at).into_iter().flatten() {
            if seen.insert(*from) {
                next.push(*from);
            }
        }
    }
    let mut all: Vec<usize> = seen.into_iter().collect();
    all.sort_unstable();
    all
}

impl Outage {
    fn renamed(self, sick: &[usize]) -> Self {
        let all = |list: Vec<usize>| list.into_iter().map(|at| sick[at]).collect();
        Self {
            cause: sick[self.cause],
            affected: all(self.affected),
            besides: all(self.besides),
            weight: self.weight,
            ends: self.ends,
        }
    }
}

/// Strongly connected components: resources that explain each other in a circle.
struct Circles {
    /// The number of the circle that each is in; one that is in none is alone in its own.
    of: Vec<usize>,
    /// Whether an edge leads out of the circle.
    leaves: Vec<bool>,
}

impl Circles {
    /// Tarjan's algorithm (SIAM J. Comput. 1, 1972) without recursion, since a chain may be 10,000 long.
    fn find(edges: &[Vec<usize>]) -> Self {
        const NEW: usize = usize::MAX;
        let count = edges.len();
        let (mut index, mut low, mut of) = (vec![NEW; count], vec![0; count], vec![NEW; count]);
        let (mut next_index, mut circles) = (0, 0);
        let mut stack: Vec<usize> = Vec::new();
        for start in 0..count {
            if index[start] != NEW {
                continue;
            }
            let mut path: Vec<(usize, usize)> = vec![(start, 0)];
            while let Some((at, edge)) = path.last().copied() {
                if edge == 0 {
                    (index[at], low[at]) = (next_index, next_index);
                    next_index += 1;
                    stack.push(at);
                }
                if let Some(to) = edges[at].get(edge) {
                    if let Some(top) = path.last_mut() {
                        top.1 += 1;
                    }
                    if index[*to] == NEW {
                        path.push((*to, 0));
                    } else if of[*to] == NEW {
                        low[at] = low[at].min(index[*to]);
                    }
                    continue;
                }
                if low[at] == index[at] {
                    while let Some(member) = stack.pop() {
                        of[member] = circles;
                        if member == at {
                            break;
                        }
                    }
                    circles += 1;
                }
                path.pop();
                if let Some((parent, _)) = path.last() {
                    low[*parent] = low[*parent].min(low[at]);
                }
            }
        }
        let mut leaves = vec![false; circles];
        for (from, targets) in edges.iter().enumerate() {
            leaves[of[from]] |= targets.iter().any(|to| of[*to] != of[from]);
        }
        Self { of, leaves }
    }

    /// Whether nothing outside its circle explains it.
    fn is_end(&self, at: usize) -> bool {
        !self.leaves[self.of[at]]
    }
}

#[cfg(test)]
mod tests;
