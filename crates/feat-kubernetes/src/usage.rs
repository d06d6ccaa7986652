//! How full volumes are, asked of kubelets every few minutes (`/stats/summary`; Kubernetes' documentation, “Node metrics
//! data”).
//!
//! From within the cluster the kubelet's own port is asked, for which `nodes/stats` is enough: `nodes/proxy` of the API
//! server may run commands and is nothing to grant for a percentage. A kubeconfig mostly has that right anyway; then the
//! API server passes the question on, also where nodes cannot be reached. What Hob signs in with is shown only to a
//! kubelet whose certificate the cluster's authority vouches for.

use crate::client::{Api, Fault, Trouble};
use crate::cluster::Watcher;
use crate::config::Origin;
use crate::gaps::Gap;
use crate::watch::encoded;
use cluster_model::Usage;
use cluster_model::objects::{Key, Node};
use cluster_model::{Objects, Settings};
use futures_util::StreamExt;
use futures_util::stream;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often each kubelet is asked.
const EVERY: Duration = Duration::from_secs(300);
/// How soon after the start.
const SOON: Duration = Duration::from_secs(3);
/// How often it is tried again where no way leads to them.
const AGAIN: Duration = Duration::from_secs(1800);
/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(20);
/// Kubelets asked at once.
const AT_ONCE: usize = 4;
/// Nodes that are asked.
const NODES_MAX: usize = 500;
/// Claims of which measurements are kept.
const CLAIMS_MAX: usize = 5_000;
/// From one kept measurement to the next, in milliseconds.
const SAMPLE_EVERY_MS: i64 = 3_600_000;
/// How many earlier measurements are kept: four days.
const SAMPLES_MAX: usize = 96;
/// A measurement older than this says nothing, in milliseconds.
const STALE_MS: i64 = 3 * 3_600_000;
/// Where kubelets listen.
const PORT: u16 = 10_250;

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured(Mutex<BTreeMap<Key, Usage>>);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    pods: Vec<PodStats>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodStats {
    volume: Vec<VolumeStats>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VolumeStats {
    used_bytes: Option<u64>,
    capacity_bytes: Option<u64>,
    inodes_used: Option<u64>,
    inodes: Option<u64>,
    pvc_ref: Option<ClaimRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClaimRef {
    name: String,
    namespace: String,
}

/// How a kubelet is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// At its own port.
    Direct,
    /// The API server passes it on.
    Proxy,
}

impl Measured {
    /// Takes in what a kubelet said.
    fn take_in(&self, summary: &Summary, now_ms: i64) {
        let mut measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for volume in summary.pods.iter().flat_map(|pod| &pod.volume) {
            let (Some(claim), Some(used), Some(capacity)) =
                (&volume.pvc_ref, volume.used_bytes, volume.capacity_bytes)
            else {
                continue;
            };
            let key = Key::new(&claim.namespace, &claim.name);
            if capacity == 0 || (measured.len() >= CLAIMS_MAX && !measured.contains_key(&key)) {
                continue;
            }
            let number = |value: Option<u64>| i64::try_from(value.unwrap_or_default()).unwrap_or(i64::MAX);
            let usage = measured.entry(key).or_default();
            usage.remember();
            usage.measured_ms = now_ms;
            (usage.used_bytes, usage.capacity_bytes) = (number(Some(used)), number(Some(capacity)));
            (usage.inodes_used, usage.inodes) = (number(volume.inodes_used), number(volume.inodes));
        }
    }

    /// Forgets claims that are gone.
    fn forget(&self, objects: &Objects) {
        let mut measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        measured.retain(|key, _| objects.claims.get(&key.namespace, &key.name).is_some());
    }

    fn of(&self, now_ms: i64) -> BTreeMap<Key, Usage> {
        let measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = measured.iter().filter(|(_, usage)| now_ms - usage.measured_ms < STALE_MS);
        fresh.map(|(key, usage)| (key.clone(), usage.clone())).collect()
    }
}

/// Keeps a measurement now and then, for the forecast.
trait Remember {
    fn remember(&mut self);
}

impl Remember for Usage {
    fn remember(&mut self) {
        // The clock was set back: what lies ahead would keep everything else from being remembered.
        self.earlier.retain(|(at, _)| *at <= self.measured_ms);
        let last = self.earlier.last().map_or(i64::MIN, |(at, _)| *at);
        if self.measured_ms > 0 && self.measured_ms.saturating_sub(SAMPLE_EVERY_MS) >= last {
            self.earlier.push((self.measured_ms, self.used_bytes));
            if self.earlier.len() > SAMPLES_MAX {
                self.earlier.remove(0);
            }
        }
    }
}

/// Adds what is known to what the examination is told.
pub(crate) fn fill(watcher: &Watcher, settings: &mut Settings) {
    settings.usage = watcher.measured.of(settings.now_ms);
}

/// Asks for ever.
pub(crate) async fn run(watcher: &Watcher) {
    if !watcher.settings.usage {
        return std::future::pending().await;
    }
    let mut ways = match watcher.settings.origin {
        Origin::InCluster => [Way::Direct, Way::Proxy],
        Origin::Kubeconfig { .. } => [Way::Proxy, Way::Direct],
    };
    let mut pause = SOON;
    loop {
        watcher.ctx.clock.sleep(pause).await;
        pause = SOON;
        let view = watcher.clusters.get(&watcher.settings.name).filter(|view| view.complete);
        let (Some(view), Some(api)) = (view, watcher.api()) else { continue };
        watcher.measured.forget(&view.objects);
        pause = EVERY;
        // Where there are no claims there is nothing to ask for.
        if view.objects.claims.is_empty() {
            continue;
        }
        let nodes: Vec<Target> =
            view.objects.nodes.iter().take(NODES_MAX).filter_map(|node| Target::of(node)).collect();
        match ask(watcher, &api, &nodes, &mut ways).await {
            Ok(()) => watcher.note_gap("nodes/stats", None),
            Err(trouble) => {
                pause = AGAIN;
                watcher.note_gap("nodes/stats", Some(gap(&trouble)));
            }
        }
        watcher.mirror.poke();
    }
}

fn gap(trouble: &Trouble) -> Gap {
    let costs = "how full volumes are is not known, so nobody warns before one is full";
    let mut gap = Gap::forbidden("", "nodes/stats", &["get"], costs, &trouble.evidence);
    if trouble.fault != Fault::Forbidden {
        gap.why = crate::gaps::Why::Failing;
        gap.sentence = format!("No kubelet says how full volumes are: {costs}.");
        gap.evidence = format!("{} {}", trouble.sentence, trouble.evidence).trim().to_owned();
        gap.grants = String::new();
    }
    gap
}

/// A node that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    name: String,
    address: Option<IpAddr>,
}

impl Target {
    fn of(node: &Node) -> Option<Self> {
        let internal = node.status.addresses.iter().filter(|address| &*address.kind == "InternalIP");
        let address = internal.filter_map(|address| address.address.parse().ok()).next();
        let ready = node.status.conditions.iter().find(|condition| &*condition.kind == "Ready");
        // A kubelet that is silent keeps everybody waiting.
        let silent = ready.is_some_and(|condition| &*condition.status != "True");
        (!silent).then(|| Self { name: node.metadata.name.to_string(), address })
    }
}

/// Asks every kubelet. The way that works is kept; an error only if none of them answers.
async fn ask(watcher: &Watcher, api: &Api, nodes: &[Target], ways: &mut [Way; 2]) -> Result<(), Trouble> {
    let Some(first) = nodes.first() else { return Ok(()) };
    let mut way = ways[0];
    let mut said = summary(api, first, way).await;
    if said.is_err() {
        let other = summary(api, first, ways[1]).await;
        if other.is_ok() {
            ways.swap(0, 1);
            way = ways[0];
            said = other;
        }
    }
    let mut trouble = None;
    let mut answered = false;
    let rest: Vec<Target> = nodes.iter().skip(1).cloned().collect();
    let others = stream::iter(rest)
        .map(|node| async move { summary(api, &node, way).await })
        .buffer_unordered(AT_ONCE);
    let mut answers = std::pin::pin!(stream::iter([said]).chain(others));
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(summary) => {
                answered = true;
                watcher.measured.take_in(&summary, watcher.ctx.clock.now().millis());
            }
            Err(error) => {
                let forbidden = error.fault == Fault::Forbidden;
                trouble = trouble.or(Some(error));
                // What the first may not be asked, none may.
                if forbidden && !answered {
                    break;
                }
            }
        }
    }
    trouble.filter(|_| !answered).map_or(Ok(()), Err)
}

async fn summary(api: &Api, node: &Target, way: Way) -> Result<Summary, Trouble> {
    match way {
        Way::Proxy => {
            api.get(&format!("/api/v1/nodes/{}/proxy/stats/summary", encoded(&node.name)), WITHIN).await
        }
        Way::Direct => {
            let address = node.address.ok_or_else(|| Trouble::unknown_address(&node.name))?;
            let kubelet = api.elsewhere(&std::net::SocketAddr::new(address, PORT)).await?;
            kubelet.get("/stats/summary", WITHIN).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(used: u64) -> Summary {
        serde_json::from_value(json!({
            "node": {"nodeName": "a"},
            "pods": [{"podRef": {"name": "x"}, "volume": [
                {"name": "config", "usedBytes": used, "capacityBytes": 1000, "inodes": 10, "inodesUsed": 3,
                 "pvcRef": {"name": "config", "namespace": "media"}},
                {"name": "token", "usedBytes": 5, "capacityBytes": 10},
                {"name": "nothing", "pvcRef": {"name": "local", "namespace": "media"}}
            ]}, {}]
        }))
        .unwrap()
    }

    #[test]
    fn only_claims_that_can_be_measured_are() {
        let measured = Measured::default();
        measured.take_in(&said(700), 1_000);
        let all = measured.of(2_000);
        assert_eq!(all.len(), 1);
        let usage = &all[&Key::new("media", "config")];
        assert_eq!(
            (usage.used_bytes, usage.capacity_bytes, usage.inodes_used, usage.inodes),
            (700, 1000, 3, 10)
        );
        assert!(measured.of(2_000 + STALE_MS).is_empty(), "what is old says nothing");
    }

    #[test]
    fn a_clock_that_was_ahead_does_not_end_the_memory() {
        let measured = Measured::default();
        let ahead = 1_000 * SAMPLE_EVERY_MS;
        for n in 0..3 {
            measured.take_in(&said(500), ahead + n * SAMPLE_EVERY_MS);
        }
        for n in 1..=4 {
            measured.take_in(&said(600), n * SAMPLE_EVERY_MS);
        }
        let all = measured.of(4 * SAMPLE_EVERY_MS);
        let earlier: Vec<i64> =
            all[&Key::new("media", "config")].earlier.iter().map(|(at, _)| at / SAMPLE_EVERY_MS).collect();
        assert_eq!(earlier, [1, 2, 3]);
    }

    #[test]
    fn a_measurement_each_hour_is_kept_for_days() {
        let measured = Measured::default();
        for minute in 0..60 * 24 * 7 {
            measured.take_in(&said(minute), 1 + i64::try_from(minute).unwrap() * 60_000);
        }
        let all = measured.of(60_000 * 60 * 24 * 7);
        let earlier = &all[&Key::new("media", "config")].earlier;
        assert_eq!(earlier.len(), SAMPLES_MAX);
        assert!(earlier.windows(2).all(|pair| pair[1].0 - pair[0].0 >= SAMPLE_EVERY_MS));
    }
}
