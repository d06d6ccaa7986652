//! What is wrong with one container of a pod.

use super::Look;
use super::events::Events;
use crate::objects::{Container, ContainerStatus, Pod, Probe, Terminated};
use container_faults::exit::{self, Exit};
use container_faults::pull::{self, About};
use container_faults::{Engine, Fault, probe, quoted, start};

/// What is wrong with a container, or with a pod.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    /// What, in words.
    pub(super) fault: Fault,
    /// What that rests on.
    pub(super) evidence: String,
    /// Where in the pod.
    pub(super) field: String,
    /// The container whose last log would tell more.
    pub(super) logs_of: Option<Box<str>>,
    /// The image, where the fault is the image's.
    pub(super) image: Option<Box<str>>,
}

impl Trouble {
    pub(super) fn new(fault: Fault, evidence: &str, field: impl Into<String>) -> Self {
        Self { fault, evidence: evidence.to_owned(), field: field.into(), logs_of: None, image: None }
    }

    pub(super) fn logs_of(mut self, container: &str) -> Self {
        self.logs_of = Some(container.into());
        self
    }
}

/// A container of a pod with what is known of it.
pub(super) struct Subject<'a> {
    pub(super) look: &'a Look<'a>,
    pub(super) pod: &'a Pod,
    /// What is wanted, where the pod names it.
    pub(super) container: Option<&'a Container>,
    pub(super) status: &'a ContainerStatus,
    /// The field of the status: `status.containerStatuses`.
    pub(super) field: &'static str,
}

/// Whether a container waits because of its image.
pub(super) fn is_pull(reason: &str) -> bool {
    matches!(
        reason,
        "ErrImagePull"
            | "ImagePullBackOff"
            | "InvalidImageName"
            | "ErrImageNeverPull"
            | "ImageInspectError"
            | "RegistryUnavailable"
            | "SignatureValidationFailed"
    )
}

/// How long the first tries of a pod are no fault, in milliseconds.
const FIRST_TRIES_MS: i64 = 60_000;

/// How many restarts within ten minutes are too many.
const RESTARTS_MAX: i64 = 3;

impl<'a> Subject<'a> {
    pub(super) fn is_init(&self) -> bool {
        self.field == "status.initContainerStatuses"
    }

    fn name(&self) -> &'a str {
        &self.status.name
    }

    fn field_of(&self, part: &str) -> String {
        format!("{}[{}].{part}", self.field, self.status.name)
    }

    /// What keeps it from running, whether it waits, has ended or is started again too often. A container that runs and
    /// is only not ready is for its pod to judge.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        if let Some(waiting) = &self.status.state.waiting {
            return match &*waiting.reason {
                reason if is_pull(reason) => Some(self.pull(reason, &waiting.message)),
                "CrashLoopBackOff" => (!self.is_first_try()).then(|| self.crash_loop()),
                "CreateContainerConfigError"
                | "CreateContainerError"
                | "RunContainerError"
                | "PreStartHookError"
                | "PostStartHookError"
                | "CreatePodSandboxError" => Some(self.start(&waiting.reason, &waiting.message)),
                _ => None,
            };
        }
        if let Some(ended) = &self.status.state.terminated {
            return match ended.exit_code {
                0 => None,
                _ if !self.is_retried() => Some(self.ended(ended)),
                // Between two starts it is the same fault as while it waits for the next.
                _ => (self.status.restart_count >= RESTARTS_MAX).then(|| self.crash_loop()),
            };
        }
        self.restarts_too_often().then(|| self.crash_loop())
    }

    /// Whether it is a young pod that failed once or twice, as many do that wait for their database.
    fn is_first_try(&self) -> bool {
        let end = self.last_end();
        let for_good =
            end.is_some_and(|end| matches!(&*end.reason, "OOMKilled" | "StartError" | "ContainerCannotRun"));
        !for_good
            && self.status.restart_count < RESTARTS_MAX
            && self.span().is_some_and(|age| age < FIRST_TRIES_MS)
    }

    /// Whether it is started again when it has ended.
    fn is_retried(&self) -> bool {
        &*self.pod.status.phase != "Failed" && &*self.pod.spec.restart_policy != "Never"
    }

    /// Whether it runs, but was started again three times within ten minutes.
    pub(super) fn restarts_too_often(&self) -> bool {
        let status = self.status;
        if status.restart_count < RESTARTS_MAX {
            return false;
        }
        let now_ms = self.look.settings.now_ms;
        let memory = &self.look.settings.memory;
        if let Some(restarts) =
            memory.restarts(self.pod, &status.name, now_ms).filter(|count| *count >= RESTARTS_MAX)
        {
            return restarts >= RESTARTS_MAX;
        }
        // Without memory: the pod itself is that young.
        let age = self.look.ago(self.pod.status.started_ms.or(self.pod.metadata.created_ms));
        age.is_some_and(|age| age < super::memory::RESTARTS_WITHIN_MS)
    }

    fn pull(&self, reason: &str, message: &str) -> Trouble {
        let image = self.container.map_or(&*self.status.image, |container| &*container.image);
        let cause = pull::cause_in(message)
            .filter(|cause| cause.contains(' '))
            .or_else(|| self.look.settings.memory.pull_cause(self.pod, &self.status.name))
            .or_else(|| pull_event(&self.look.events, self.pod, &self.status.name))
            .unwrap_or_default();
        let cause = match (reason, cause) {
            (
                "InvalidImageName"
                | "ErrImageNeverPull"
                | "RegistryUnavailable"
                | "SignatureValidationFailed",
                cause,
            ) => {
                format!("{reason}: {cause}")
            }
            (_, cause) => cause.to_owned(),
        };
        let secrets = self.pull_secrets();
        let about = About {
            image,
            secrets: &secrets,
            namespace: &self.pod.metadata.namespace,
            platform: self.look.nodes.architecture(&self.pod.spec.node_name),
            engine: Engine::Kubernetes,
        };
        let means = pull::cause_of(&cause, &about);
        let fault = match self.missing_secret(&secrets).filter(|_| means == pull::Cause::NoCredential) {
            Some(secret) => pull::secret_missing(&about, secret),
            None => pull::classify(&cause, &about),
        };
        let evidence = if cause.is_empty() { message } else { &cause };
        let own = !matches!(
            means,
            pull::Cause::Dns | pull::Cause::DiskFull | pull::Cause::Unreachable | pull::Cause::Unknown
        );
        let mut trouble = Trouble::new(fault, evidence, self.field_of("state.waiting"));
        trouble.image = own.then(|| image.into());
        trouble
    }

    /// The names of the pull secrets that the kubelet would use: the pod's own, else those of its service account.
    fn pull_secrets(&self) -> Vec<&'a str> {
        let spec = &self.pod.spec;
        if !spec.image_pull_secrets.is_empty() {
            return spec.image_pull_secrets.iter().map(AsRef::as_ref).collect();
        }
        let account = match &*spec.service_account_name {
            "" => "default",
            name => name,
        };
        let accounts = &self.look.objects.service_accounts;
        let account = accounts.get(&self.pod.metadata.namespace, account);
        account.map_or_else(Vec::new, |account| {
            account.image_pull_secrets.iter().map(|name| &*name.name).collect()
        })
    }

    /// The pull secret that the kubelet could not find (Kubernetes 1.28 and later says so in an event).
    fn missing_secret(&self, secrets: &[&'a str]) -> Option<&'a str> {
        let of = ("Pod", &*self.pod.metadata.namespace, &*self.pod.metadata.name);
        let event = self.look.events.newest(of, &["FailedToRetrieveImagePullSecret"], i64::MIN)?;
        let (_, rest) = event.message.split_once('(')?;
        let (names, _) = rest.split_once(')')?;
        secrets.iter().find(|secret| names.split(',').any(|name| name.trim() == **secret)).copied()
    }

    fn start(&self, reason: &str, message: &str) -> Trouble {
        let fault = start::classify(message, self.name(), Engine::Kubernetes);
        Trouble::new(fault, &format!("{reason}: {message}"), self.field_of("state.waiting"))
    }

    /// The last end of it that is known.
    fn last_end(&self) -> Option<&'a Terminated> {
        let status = self.status;
        status.state.terminated.as_deref().or(status.last_state.terminated.as_deref())
    }

    /// The last lines of its log, or what it left as its last words.
    fn log(&self) -> &'a str {
        let key = (self.pod.metadata.uid.clone(), self.status.name.clone());
        let said = self.last_end().map_or("", |end| &*end.message);
        self.look.settings.logs.get(&key).map_or(said, |log| &**log)
    }

    fn exit(&self, end: &'a Terminated) -> Exit<'a> {
        let limit = self.container.and_then(|container| container.resources.limits.get("memory"));
        Exit {
            container: self.name(),
            code: end.exit_code,
            signal: end.signal,
            out_of_memory: &*end.reason == "OOMKilled",
            reason: &end.reason,
            memory_limit: limit.map_or("", |limit| &*limit.0),
            log: if matches!(&*end.reason, "StartError" | "ContainerCannotRun") {
                &end.message
            } else {
                self.log()
            },
            engine: Engine::Kubernetes,
        }
    }

    /// How long it has been going on: since the pod began.
    fn span(&self) -> Option<i64> {
        self.look.ago(self.pod.status.started_ms.or(self.pod.metadata.created_ms))
    }

    fn crash_loop(&self) -> Trouble {
        let restarts = self.status.restart_count;
        let Some(end) = self.last_end() else {
            let exit = Exit { container: self.name(), code: 1, log: self.log(), ..Exit::default() };
            let fault = exit::crash_loop(&exit, restarts, self.span());
            return Trouble::new(fault, "", self.field_of("state.waiting")).logs_of(self.name());
        };
        // A program that a failing probe ends is told by the probe.
        let by_probe = matches!(end.exit_code, 137 | 143 | 0) && &*end.reason != "OOMKilled";
        if by_probe && let Some(trouble) = self.probe_failed(&[probe::Kind::Liveness, probe::Kind::Startup]) {
            return trouble.logs_of(self.name());
        }
        let exit = self.exit(end);
        let fault = exit::crash_loop(&exit, restarts, self.span());
        Trouble::new(fault, &self.end_evidence(end), self.field_of("lastState.terminated"))
            .logs_of(self.name())
    }

    fn ended(&self, end: &'a Terminated) -> Trouble {
        let fault = exit::judge(&self.exit(end));
        Trouble::new(fault, &self.end_evidence(end), self.field_of("state.terminated")).logs_of(self.name())
    }

    fn end_evidence(&self, end: &Terminated) -> String {
        let log = self.log();
        let last = container_faults::hints::of_log(log).map(|hint| hint.line);
        match last.or_else(|| container_faults::hints::last_line(log)) {
            Some(line) => line,
            None => format!("{} (exit code {})", end.reason, end.exit_code),
        }
    }

    /// That it was killed for its memory a short while ago, though it runs again.
    pub(super) fn was_killed_for_memory(&self) -> Option<(i64, Fault)> {
        let end = self.status.last_state.terminated.as_deref().filter(|end| &*end.reason == "OOMKilled")?;
        let ago = self.look.ago(end.finished_ms)?;
        Some((ago, exit::judge(&self.exit(end))))
    }

    /// What probes said of it within the last ten minutes.
    pub(super) fn probe_failed(&self, kinds: &[probe::Kind]) -> Option<Trouble> {
        let of = ("Pod", &*self.pod.metadata.namespace, &*self.pod.metadata.name);
        let since = self.look.settings.now_ms.saturating_sub(super::memory::RESTARTS_WITHIN_MS);
        let events = self.look.events.about(of).iter().rev();
        let mine = format!("{{{}}}", self.status.name);
        let fits = events.filter(|event| {
            matches!(&*event.reason, "Unhealthy" | "ProbeWarning")
                && event.seen_ms().is_none_or(|seen| seen >= since)
                && (event.involved_object.field_path.is_empty()
                    || event.involved_object.field_path.contains(&mine))
        });
        let (event, kind, answer) = fits
            .filter_map(|event| probe::parse(&event.message).map(|(kind, answer)| (event, kind, answer)))
            .find(|(_, kind, _)| kinds.contains(kind))?;
        let asked = self.container.map_or_else(String::new, |container| asked(container, kind));
        let fault = probe::describe(self.name(), kind, &answer, &asked);
        let field = match kind {
            probe::Kind::Liveness => "livenessProbe",
            probe::Kind::Startup => "startupProbe",
            _ => "readinessProbe",
        };
        Some(Trouble::new(fault, &event.message, format!("spec.containers[{}].{field}", self.status.name)))
    }

    /// That it runs, but has never been ready, or is no longer.
    pub(super) fn not_ready(&self) -> Trouble {
        let kinds = [probe::Kind::Readiness, probe::Kind::Startup, probe::Kind::Liveness];
        if let Some(trouble) = self.probe_failed(&kinds) {
            return trouble.logs_of(self.name());
        }
        let name = quoted(self.name());
        let kind =
            if self.status.started == Some(false) { probe::Kind::Startup } else { probe::Kind::Readiness };
        let asked = self.container.map_or_else(String::new, |container| asked(container, kind));
        let asked = if asked.is_empty() { String::new() } else { format!(" ({asked})") };
        let fault = Fault {
            code: "not-ready",
            severity: container_faults::Severity::Critical,
            sentence: format!("The container {name} runs, but its {}{asked} does not succeed.", kind.words()),
            remedy: Some("Look at its log lines.".to_owned()),
        };
        Trouble::new(fault, "", self.field_of("ready")).logs_of(self.name())
    }

    /// How long its probes give it to start, in milliseconds.
    pub(super) fn start_allowed_ms(&self) -> i64 {
        let allowed = |probe: &Probe| {
            let period = probe.period_seconds.unwrap_or(10).clamp(1, 3600);
            let tries = probe.failure_threshold.unwrap_or(3).clamp(1, 1000);
            probe.initial_delay_seconds.unwrap_or(0).clamp(0, 86_400) + period * tries
        };
        let Some(container) = self.container else { return 0 };
        let startup = container.startup_probe.as_deref().map_or(0, allowed);
        let readiness = container.readiness_probe.as_deref().map_or(0, allowed);
        (startup + readiness) * 1000
    }
}

/// What a probe asks: `/health on port 8080`.
fn asked(container: &Container, kind: probe::Kind) -> String {
    let probe = match kind {
        probe::Kind::Liveness => &container.liveness_probe,
        probe::Kind::Startup => &container.startup_probe,
        _ => &container.readiness_probe,
    };
    let Some(probe) = probe else { return String::new() };
    match (&probe.http_get, &probe.tcp_socket) {
        (Some(http), _) => {
            let path = if http.path.is_empty() { "/" } else { &*http.path };
            format!("{path} on port {}", http.port)
        }
        (None, Some(tcp)) => format!("port {}", tcp.port),
        (None, None) => String::new(),
    }
}

/// What an event says of a pull that failed; before Kubernetes 1.32 nothing else does.
fn pull_event<'a>(events: &Events<'a>, pod: &Pod, container: &str) -> Option<&'a str> {
    let of = ("Pod", &*pod.metadata.namespace, &*pod.metadata.name);
    let mine = format!("{{{container}}}");
    let found = events.about(of).iter().rev().find(|event| {
        let field = &event.involved_object.field_path;
        &*event.reason == "Failed"
            && event.message.starts_with("Failed to pull image")
            && (field.is_empty() || field.contains(&mine))
    })?;
    Some(found.message.split_once("\": ").map_or(&*found.message, |(_, cause)| cause))
}
