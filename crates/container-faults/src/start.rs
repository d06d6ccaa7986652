//! A container cannot be made or started: what the kubelet or the runtime says.
//!
//! Sources: messages of the kubelet (`CreateContainerConfigError`, `CreateContainerError`, `RunContainerError`), runc,
//! crun, Docker and Podman, as people quote them.

use crate::words::between;
use crate::{Engine, Fault, Severity, cut, quoted, single_line};

/// What a message means. `container` is the container’s name.
pub fn classify(message: &str, container: &str, engine: Engine) -> Fault {
    let text = cut(message, 4000);
    missing_reference(&text, container)
        .or_else(|| user(&text, container))
        .or_else(|| device(&text, container))
        .or_else(|| command(&text, container))
        .or_else(|| port(&text, container, engine))
        .or_else(|| mount(&text, container))
        .or_else(|| other(&text, container))
        .unwrap_or_else(|| unknown(&text, container))
}

fn fault(code: &'static str, sentence: String, remedy: &str) -> Fault {
    Fault::new(code, Severity::Critical, sentence).remedy(remedy)
}

/// `secret "x" not found`, `couldn't find key K in Secret ns/x`.
fn missing_reference(text: &str, container: &str) -> Option<Fault> {
    let name = quoted(container);
    if let Some((key, rest)) =
        text.split_once("couldn't find key ").and_then(|(_, rest)| rest.split_once(" in "))
    {
        let mut words = rest.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let object =
            words.next().unwrap_or_default().trim_matches(|c: char| c == '"' || c == ',' || c == '.');
        let object = object.rsplit('/').next().unwrap_or_default();
        return Some(fault(
            "config-key-missing",
            format!(
                "The container {name} cannot start: the {kind} {} has no key {}.",
                quoted(object),
                quoted(key.trim_matches('"'))
            ),
            "Add the key, or correct its name in the manifest (env or envFrom).",
        ));
    }
    for (word, kind, code) in [
        ("secret \"", "Secret", "config-secret-missing"),
        ("secrets \"", "Secret", "config-secret-missing"),
        ("configmap \"", "ConfigMap", "config-map-missing"),
        ("configmaps \"", "ConfigMap", "config-map-missing"),
        ("serviceaccount \"", "ServiceAccount", "config-account-missing"),
        ("serviceaccounts \"", "ServiceAccount", "config-account-missing"),
    ] {
        let Some(object) = between(text, word, "\" not found") else { continue };
        if object.contains('"') {
            continue;
        }
        let object = object.rsplit('/').next().unwrap_or(object);
        return Some(fault(
            code,
            format!(
                "The container {name} cannot start: the {kind} {} does not exist in its namespace.",
                quoted(object)
            ),
            "Make it in the same namespace, or correct its name in the manifest. Where a tool makes it (External Secrets, Sealed Secrets, SOPS), look at that tool’s object.",
        ));
    }
    None
}

fn user(text: &str, container: &str) -> Option<Fault> {
    let name = quoted(container);
    if text.contains("container has runAsNonRoot and image will run as root") {
        return Some(fault(
            "config-runs-as-root",
            format!(
                "The container {name} cannot start: it must not run as root (runAsNonRoot), but its image does."
            ),
            "Set runAsUser to a number other than 0, or take an image that does not run as root.",
        ));
    }
    if text.contains("image has non-numeric user") {
        return Some(fault(
            "config-user-not-numeric",
            format!(
                "The container {name} cannot start: it must not run as root (runAsNonRoot), but its image names its user by name, which cannot be checked."
            ),
            "Set runAsUser to that user’s number.",
        ));
    }
    text.contains("unable to find user").then(|| {
        fault(
            "start-user-missing",
            format!(
                "The container {name} cannot start: the user it shall run as does not exist in its image."
            ),
            "Name the user by number.",
        )
    })
}

fn device(text: &str, container: &str) -> Option<Fault> {
    let name = quoted(container);
    if let Some(device) = between(text, "adding custom device \"", "\"")
        .or_else(|| between(text, "stat /dev/", ":").map(|_| "/dev").filter(|_| text.contains("device")))
    {
        return Some(fault(
            "start-device-missing",
            format!("The container {name} cannot start: the device {} is not there.", quoted(device)),
            "Plug it in, or correct its path (/dev/serial/by-id/… stays the same when it is plugged in elsewhere).",
        ));
    }
    (text.contains("nvidia-container-cli") || text.contains("could not select device driver")).then(|| {
        fault(
            "start-gpu",
            format!("The container {name} cannot start: the machine’s graphics card cannot be used."),
            "Install or repair the driver and the NVIDIA container toolkit on that machine.",
        )
    })
}

fn command(text: &str, container: &str) -> Option<Fault> {
    let name = quoted(container);
    let small = text.to_lowercase();
    let program = between(text, "exec: \"", "\"")
        .or_else(|| between(text, "executable file `", "`"))
        .or_else(|| between(text, "exec: \\\"", "\\\""))
        .or_else(|| between(text, "exec ", ": "));
    let what = program.map(|program| format!(" {}", quoted(program))).unwrap_or_default();
    if small.contains("exec format error") {
        return Some(fault(
            "start-wrong-platform",
            format!(
                "The container {name} cannot start: its command{what} is built for another processor, or is a script without a first line that names its shell."
            ),
            "Take an image for this machine’s processor.",
        ));
    }
    let runs = small.contains("oci runtime")
        || small.contains("exec:")
        || small.contains("starting container process");
    if runs
        && (small.contains("executable file") && small.contains("not found")
            || program.is_some() && small.contains("no such file or directory"))
    {
        return Some(fault(
            "start-command-missing",
            format!("The container {name} cannot start: its command{what} does not exist in the image."),
            "Correct command and args in the manifest; a volume may also hide the folder it lies in.",
        ));
    }
    if runs && program.is_some() && small.contains("permission denied") {
        return Some(fault(
            "start-not-executable",
            format!("The container {name} cannot start: its command{what} must not be run."),
            "Make the file executable in the image (chmod +x), or let the container run as another user.",
        ));
    }
    small.contains("no command specified").then(|| {
        fault(
            "start-no-command",
            format!("The container {name} cannot start: neither its image nor its manifest names a command."),
            "Name a command.",
        )
    })
}

fn port(text: &str, container: &str, engine: Engine) -> Option<Fault> {
    let name = quoted(container);
    let small = text.to_lowercase();
    if small.contains("port is already allocated") || small.contains("address already in use") {
        let port = between(text, "Bind for ", " failed")
            .or_else(|| between(text, "listen tcp ", ": bind"))
            .or_else(|| between(text, "listen tcp4 ", ": bind"))
            .and_then(|address| address.rsplit(':').next())
            .filter(|port| port.chars().all(|c| c.is_ascii_digit()) && !port.is_empty());
        let port = port
            .map_or_else(|| "a port that it publishes".to_owned(), |port| format!("port {}", cut(port, 5)));
        return Some(fault(
            "start-port-in-use",
            format!("The container {name} cannot start: {port} of the machine is already in use."),
            "Find what else listens there (ss -ltnp), or publish another port.",
        ));
    }
    (small.contains("cannot expose privileged port") || small.contains("ip_unprivileged_port_start")).then(
        || {
            fault(
                "start-port-privileged",
                format!(
                    "The container {name} cannot start: without root, {} may not publish ports below 1024.",
                    engine.command()
                ),
                "Publish a higher port, or lower net.ipv4.ip_unprivileged_port_start on the machine.",
            )
        },
    )
}

fn mount(text: &str, container: &str) -> Option<Fault> {
    let name = quoted(container);
    let small = text.to_lowercase();
    if small.contains("trying to mount a directory onto a file")
        || small.contains("not a directory") && small.contains("mount")
    {
        return Some(fault(
            "start-mount-file",
            format!(
                "The container {name} cannot start: a directory is mounted where a file is expected, or the other way round."
            ),
            "Make the file on the host before the container starts (engines make a directory where nothing is), and check the path.",
        ));
    }
    if small.contains("subpath") {
        return Some(fault(
            "config-sub-path",
            format!(
                "The container {name} cannot start: the subPath of one of its mounts cannot be prepared."
            ),
            "Check that the path exists in the volume and is what it is mounted as (file or directory).",
        ));
    }
    if small.contains("read-only file system") {
        return Some(fault(
            "start-read-only",
            format!(
                "The container {name} cannot start: something must be made in a file system that is read-only."
            ),
            "Mount a writable volume there; check the disk if the file system became read-only by itself.",
        ));
    }
    if small.contains("no space left on device") {
        return Some(fault(
            "start-disk-full",
            format!("The container {name} cannot start: the disk of the machine is full."),
            "Free space on that machine.",
        ));
    }
    let path = between(text, "failed to stat \"", "\"")
        .or_else(|| between(text, "bind source path does not exist: ", "\n"));
    let path = path.or_else(|| text.split_once("bind source path does not exist: ").map(|(_, path)| path));
    path.or_else(|| {
        (small.contains("statfs /") && small.contains("no such file"))
            .then(|| between(text, "statfs ", ":"))
            .flatten()
    })
    .map(|path| {
        fault(
            "start-path-missing",
            format!("The container {name} cannot start: the path {} is not on the machine.", quoted(path)),
            "Make it, or correct the mount; if it is a disk or a share, see whether it is mounted.",
        )
    })
}

fn other(text: &str, container: &str) -> Option<Fault> {
    let name = quoted(container);
    let small = text.to_lowercase();
    let (code, why, remedy) = if small.contains("is reserved for") {
        (
            "start-name-reserved",
            "the runtime is still busy with an earlier attempt",
            "It passes by itself; if it lasts, the machine’s disk is too slow or its runtime hangs: restart containerd there.",
        )
    } else if small.contains("is already in use by container") {
        ("start-name-in-use", "another container has this name", "Remove or rename the other container.")
    } else if small.contains("deadline exceeded") {
        (
            "start-timeout",
            "the runtime did not answer in time",
            "Look at the load and the disk of that machine.",
        )
    } else if small.contains("poststarthook") {
        ("start-hook", "its postStart command failed", "Look at what lifecycle.postStart runs.")
    } else if small.contains("services have not yet been read") {
        ("start-waiting", "the kubelet does not know the Services yet", "It passes by itself.")
    } else if small.contains("network") && small.contains("not found") {
        (
            "start-network-missing",
            "a network that it shall join does not exist",
            "Make the network, or start the project with its compose file.",
        )
    } else if small.contains("cgroup") || small.contains("operation not permitted") {
        (
            "start-not-permitted",
            "the system does not allow what it asks for",
            "Check its security settings (capabilities, seccomp, AppArmor, sysctls) and cgroups of the machine.",
        )
    } else {
        return None;
    };
    Some(fault(code, format!("The container {name} cannot start: {why}."), remedy))
}

fn unknown(text: &str, container: &str) -> Fault {
    let said = single_line(text);
    let sentence = if said.is_empty() {
        format!("The container {} cannot start, and the runtime does not say why.", quoted(container))
    } else {
        let said = cut(&said, 240);
        let stop = if said.ends_with(['.', '…']) { "" } else { "." };
        format!("The container {} cannot start: {said}{stop}", quoted(container))
    };
    Fault::new("start-unknown", Severity::Critical, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_kubelet_and_runtimes_mean_something() {
        for (text, code, part) in [
            (
                r#"secret "app-secrets" not found"#,
                "config-secret-missing",
                "the Secret “app-secrets” does not exist in its namespace.",
            ),
            (r#"configmap "app" not found"#, "config-map-missing", "the ConfigMap “app” does not exist"),
            (
                "couldn't find key DB_PASSWORD in Secret media/app-secrets",
                "config-key-missing",
                "the Secret “app-secrets” has no key “DB_PASSWORD”.",
            ),
            (
                "couldn't find key tz in ConfigMap media/app",
                "config-key-missing",
                "the ConfigMap “app” has no key “tz”.",
            ),
            (
                r#"container has runAsNonRoot and image will run as root (pod: "a_b(1)", container: app)"#,
                "config-runs-as-root",
                "must not run as root",
            ),
            (
                "container has runAsNonRoot and image has non-numeric user (nobody), cannot verify user is non-root",
                "config-user-not-numeric",
                "by name",
            ),
            (
                r#"failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/entrypoint.sh": permission denied: unknown"#,
                "start-not-executable",
                "“/entrypoint.sh” must not be run",
            ),
            (
                r#"failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "servre": executable file not found in $PATH: unknown"#,
                "start-command-missing",
                "“servre” does not exist",
            ),
            (
                r#"OCI runtime create failed: container_linux.go:344: starting container process caused "exec: \"/tmp/run.sh\": stat /tmp/run.sh: no such file or directory": unknown"#,
                "start-command-missing",
                "“/tmp/run.sh” does not exist",
            ),
            (
                "crun: executable file `foo` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
                "start-command-missing",
                "“foo” does not exist",
            ),
            (r#"exec /usr/local/bin/app: exec format error"#, "start-wrong-platform", "another processor"),
            (
                "driver failed programming external connectivity on endpoint web: Bind for 0.0.0.0:8080 failed: port is already allocated",
                "start-port-in-use",
                "port 8080 of the machine",
            ),
            (
                "cannot listen on the TCP port: listen tcp4 :80: bind: address already in use",
                "start-port-in-use",
                "port 80 of the machine",
            ),
            (
                "rootlessport cannot expose privileged port 80, you can add 'net.ipv4.ip_unprivileged_port_start=80' to /etc/sysctl.conf",
                "start-port-privileged",
                "below 1024",
            ),
            (
                r#"error gathering device information while adding custom device "/dev/ttyUSB0": no such file or directory"#,
                "start-device-missing",
                "“/dev/ttyUSB0” is not there",
            ),
            (
                r#"error mounting "/srv/x.conf" to rootfs at "/etc/x.conf": mount src=/srv/x.conf: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?"#,
                "start-mount-file",
                "a directory is mounted",
            ),
            (
                r#"failed to prepare subPath for volumeMount "config" of container "app""#,
                "config-sub-path",
                "subPath",
            ),
            (
                r#"failed to generate container "abc" spec: failed to generate spec: failed to stat "/mnt/nas": stat /mnt/nas: no such file or directory"#,
                "start-path-missing",
                "“/mnt/nas” is not on the machine",
            ),
            (
                r#"invalid mount config for type "bind": bind source path does not exist: /mnt/nas"#,
                "start-path-missing",
                "“/mnt/nas”",
            ),
            (
                r#"failed to reserve container name "app_x_0": name "app_x_0" is reserved for "ff""#,
                "start-name-reserved",
                "earlier attempt",
            ),
            (
                r#"nvidia-container-cli: initialization error: nvml error: driver not loaded: unknown"#,
                "start-gpu",
                "graphics card",
            ),
            (
                r#"failed to generate container "x" spec: failed to generate spec: no command specified"#,
                "start-no-command",
                "names a command",
            ),
        ] {
            let fault = classify(text, "app", Engine::Podman);
            assert_eq!(fault.code, code, "{text}\n{}", fault.sentence);
            assert!(fault.sentence.contains(part), "{}", fault.sentence);
            assert!(fault.remedy.is_some());
        }
    }

    #[test]
    fn what_is_not_understood_is_said_so() {
        let fault = classify("something nobody\nhas seen", "app", Engine::Docker);
        assert_eq!(fault.code, "start-unknown");
        assert_eq!(fault.sentence, "The container “app” cannot start: something nobody has seen.");
        assert!(classify("", "app", Engine::Docker).sentence.ends_with("does not say why."));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(message in "\\PC{0,300}") {
            let fault = classify(&message, "app", Engine::Kubernetes);
            proptest::prop_assert!(fault.sentence.chars().count() < 900);
        }
    }
}
