//! Charts that the helm controller of k3s installs.

use super::cause::{cause, why};
use super::deployment_id;
use super::words::cut;
use crate::objects::{Condition, K3sHelmChart};
use crate::picture::ObjectRef;
use crate::{Finding, Objects, Picture, Severity, ThingId};

/// How often the job may fail before it is told: the API server may just not be up.
const FAILED_MAX: i64 = 3;

/// The kind in names of things: Flux has a kind of the same name.
pub(super) const KIND: &str = "k3s-HelmChart";

/// Adds the charts of k3s to the picture.
pub(super) fn examine(objects: &Objects, picture: &mut Picture) {
    for chart in objects.k3s_helm_charts.iter() {
        let (meta, spec) = (&chart.metadata, &chart.spec);
        let thing = picture.thing(deployment_id(KIND, &meta.namespace, &meta.name));
        thing.objects.insert(ObjectRef::new("HelmChart", &meta.namespace, &meta.name));
        thing.title = meta.name.to_string();
        thing.judged = true;
        thing.well = "The chart is installed.".to_owned();
        thing.fact("tool", "k3s").fact("kind", "HelmChart").fact("namespace", &*meta.namespace);
        for (key, value) in
            [("chart", &spec.chart), ("target_revision", &spec.version), ("source", &spec.repo)]
        {
            if !value.is_empty() {
                thing.fact(key, cut(value));
            }
        }
        if let Some(finding) = judge(objects, chart) {
            if !chart.status.job_name.is_empty() {
                thing.needs.insert(ThingId::workload(&meta.namespace, "Job", &chart.status.job_name));
            }
            thing.find(finding);
        }
    }
}

fn judge(objects: &Objects, chart: &K3sHelmChart) -> Option<Finding> {
    let meta = &chart.metadata;
    let object = ObjectRef::new("HelmChart", &meta.namespace, &meta.name);
    let log = match &*chart.status.job_name {
        "" => format!(
            "Look at the events: kubectl describe helmcharts.helm.cattle.io {} -n {}",
            meta.name, meta.namespace
        ),
        job => format!("See why: kubectl logs -n {} job/{job}", meta.namespace),
    };
    let failed = Condition::find(&chart.status.conditions, "Failed").filter(|condition| condition.is_true());
    if let Some(condition) = failed {
        let sentence = format!("k3s cannot install the chart “{}”: {}.", meta.name, why(&condition.message));
        let remedy =
            cause(&condition.message).map_or_else(|| log.clone(), |cause| format!("{} {log}", cause.remedy));
        let finding = Finding::new("k3s-chart-failed", Severity::Warning, object, sentence);
        return Some(finding.evidence(&condition.message).field("status.conditions").remedy(remedy));
    }
    let job = objects.jobs.get(&meta.namespace, &chart.status.job_name)?;
    let given_up = Condition::find(&job.status.conditions, "Failed").is_some_and(Condition::is_true);
    if job.status.succeeded > 0 || !given_up && job.status.failed < FAILED_MAX {
        return None;
    }
    let sentence = format!(
        "k3s cannot install the chart “{}”: its job “{}” has failed {} times.",
        meta.name, job.metadata.name, job.status.failed
    );
    let finding = Finding::new("k3s-chart-failed", Severity::Warning, object, sentence);
    Some(finding.field("status.jobName").remedy(log))
}
