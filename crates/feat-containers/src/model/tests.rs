use super::container::Container;
use super::view::{Endpoint, Learnt, Snapshot, Standing, View, view};
use crate::api::{Image, Inspected};
use crate::config::EngineSettings;
use crate::places::Address;
use hob_base::{Fact, Health, Level, Observation, ResourceId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

mod faults;
mod routes;
mod tiles;

const NOW: i64 = 1_800_000_000_000;

/// A house with containers, as tests build it up.
struct House {
    snapshot: Snapshot,
    standing: Standing,
    learnt: BTreeMap<String, Learnt>,
    endpoints: Vec<Endpoint>,
}

impl House {
    fn new() -> Self {
        let address = Address::Socket(PathBuf::from("/var/run/docker.sock"));
        Self {
            snapshot: Snapshot { release: Some("27.3.1".to_owned()), ..Snapshot::default() },
            standing: Standing {
                settings: EngineSettings::new("docker", address),
                host: ResourceId::new("host", "home", "nas"),
                here: true,
                now_ms: NOW,
            },
            learnt: BTreeMap::new(),
            endpoints: Vec::new(),
        }
    }

    /// A container that runs, changed by `more`.
    fn with(mut self, name: &str, image: &str, more: &Value) -> Self {
        let mut json = json!({
            "Id": format!("{name:f<64}").replace(|c: char| !c.is_ascii_alphanumeric(), "0"),
            "Name": format!("/{name}"), "Image": format!("sha256:{image}"),
            "State": { "Status": "running", "StartedAt": "2027-01-15T07:00:00Z" },
            "Config": { "Image": image, "Labels": {} },
            "HostConfig": { "NetworkMode": "bridge", "RestartPolicy": { "Name": "unless-stopped" } },
        });
        merge(&mut json, more);
        let full: Inspected = serde_json::from_value(json).unwrap();
        let container = Container::of(None, &full);
        self.snapshot.containers.insert(container.id.clone(), container);
        self
    }

    fn image(mut self, name: &str, id: &str) -> Self {
        let image: Image = serde_json::from_value(json!({ "Id": id, "RepoTags": [name],
            "RepoDigests": [format!("{}@sha256:abc", name.split(':').next().unwrap())],
            "Created": NOW / 1000 - 90 * 86_400, "Size": 1000 }))
        .unwrap();
        self.snapshot.images.insert(id.to_owned(), image);
        self
    }

    /// What discovery found.
    fn endpoint(mut self, id: &str, port: u16, container: Option<&str>) -> Self {
        let container = container.map(str::to_owned);
        self.endpoints.push(Endpoint { id: id.parse().unwrap(), port, container });
        self
    }

    fn view(&self) -> View {
        view(&self.snapshot, &self.standing, &self.learnt, &self.endpoints)
    }

    fn id_of(&self, name: &str) -> String {
        self.snapshot.containers.values().find(|c| c.name == name).unwrap().id.clone()
    }

    fn health(&self, id: &str) -> Health {
        said(&self.view(), id).health.clone().unwrap()
    }
}

fn merge(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => {
            for (key, value) in more {
                merge(into.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (into, more) => *into = more.clone(),
    }
}

fn said<'a>(view: &'a View, id: &str) -> &'a Observation {
    view.observations.iter().find(|said| said.resource.as_str() == id).unwrap_or_else(|| {
        let all: Vec<&str> = view.observations.iter().map(|said| said.resource.as_str()).collect();
        panic!("nothing is said of {id}; but of {all:?}")
    })
}

fn text<'a>(said: &'a Observation, key: &str) -> &'a str {
    said.facts.get(key).and_then(Fact::as_text).unwrap_or("")
}

fn tiles(view: &View) -> Vec<(String, String)> {
    let services = view.observations.iter().filter(|said| said.resource.kind() == "service");
    let shown = services.filter(|said| !said.facts.contains_key("hidden"));
    shown.map(|said| (said.name.clone().unwrap(), text(said, "url").to_owned())).collect()
}

fn labels(pairs: &[(&str, &str)]) -> Value {
    let map: serde_json::Map<String, Value> =
        pairs.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    json!({ "Config": { "Labels": map } })
}

fn published(ports: &[(u16, u16)]) -> Value {
    let map: serde_json::Map<String, Value> = ports
        .iter()
        .map(|(public, private)| {
            let places = json!([{ "HostIp": "0.0.0.0", "HostPort": public.to_string() },
                { "HostIp": "::", "HostPort": public.to_string() }]);
            (format!("{private}/tcp"), places)
        })
        .collect();
    json!({ "NetworkSettings": { "Ports": map } })
}

fn both(a: &Value, b: &Value) -> Value {
    let mut all = a.clone();
    merge(&mut all, b);
    all
}
