//! Whose a socket is: the program's name as people know it, its systemd unit and its container.

use hob_base::wording::tidy;

/// The longest name in characters.
const NAME_MAX: usize = 60;

/// A process that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: u32,
    /// The kernel's name for it, `comm`.
    pub(crate) comm: String,
    /// What people call it: `node server.js`.
    pub(crate) name: String,
    /// The systemd unit that it belongs to.
    pub(crate) unit: Option<String>,
    /// The short id of the container that it runs in.
    pub(crate) container: Option<String>,
}

impl Process {
    /// Puts together what the files of a process say.
    pub(crate) fn new(pid: u32, comm: &str, cmdline: &[u8], cgroup: &str) -> Self {
        let comm = tidy(comm, NAME_MAX);
        let arguments: Vec<String> = cmdline
            .split(|byte| *byte == 0)
            .take(64)
            .map(|argument| String::from_utf8_lossy(argument).into_owned())
            .collect();
        let name = tidy(&name_of(&comm, &arguments), NAME_MAX);
        Self { pid, name, comm, unit: unit_of(cgroup), container: container_of(cgroup) }
    }

    /// Whether it only passes connections on, so that its name says nothing of the service.
    pub(crate) fn is_forwarder(&self) -> bool {
        matches!(
            self.comm.as_str(),
            "docker-proxy" | "rootlessport" | "slirp4netns" | "conmon" | "pasta" | "systemd"
        )
    }
}

/// Whether a process with this `/proc/<pid>/status` may see the open files of all others: it needs CAP_DAC_READ_SEARCH
/// (2) and CAP_SYS_PTRACE (19), see capabilities(7).
pub(crate) fn may_see_all(status: &str) -> bool {
    const NEEDED: u64 = (1 << 2) | (1 << 19);
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    effective.is_some_and(|hex| u64::from_str_radix(hex.trim(), 16).is_ok_and(|caps| caps & NEEDED == NEEDED))
}

/// What people call a program: for interpreters, what they run. Only names of files and modules are taken from the
/// command line; its other arguments may hold secrets.
fn name_of(comm: &str, arguments: &[String]) -> String {
    let first = arguments.first().map_or("", String::as_str);
    // A server may write its state over its arguments: "nginx: master process /usr/sbin/nginx".
    let program = if first.contains(": ") || first.ends_with(':') { comm } else { file_name(first) };
    let rest = arguments.get(1..).unwrap_or_default();
    let ran = match interpreter(program) {
        Some("java") => java_program(rest),
        Some("python") => python_program(program, rest),
        Some(_) => script(rest, &[]).map(|script| with_interpreter(program, &script)),
        None => None,
    };
    match ran {
        Some(name) => name,
        // The kernel cuts names to 15 bytes.
        None if !comm.is_empty() && program.len() > comm.len() && program.starts_with(comm) => {
            program.to_owned()
        }
        None if comm.is_empty() => program.to_owned(),
        None => comm.to_owned(),
    }
}

fn interpreter(program: &str) -> Option<&'static str> {
    let stem = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    [
        "python", "node", "nodejs", "ruby", "perl", "php", "java", "bun", "deno", "dotnet", "sh", "bash",
        "lua", "pypy",
    ]
    .into_iter()
    .find(|known| *known == stem)
    .map(|known| if known == "pypy" { "python" } else { known })
}

fn python_program(program: &str, arguments: &[String]) -> Option<String> {
    let mut arguments_left = arguments.iter();
    while let Some(argument) = arguments_left.next() {
        match argument.as_str() {
            "-m" => return arguments_left.next().map(|module| format!("{program} -m {module}")),
            // The program itself stands on the command line.
            "-c" => return None,
            "-W" | "-X" => drop(arguments_left.next()),
            flag if flag.starts_with('-') => {}
            script => return Some(with_interpreter(program, script)),
        }
    }
    None
}

fn java_program(arguments: &[String]) -> Option<String> {
    let mut arguments_left = arguments.iter();
    while let Some(argument) = arguments_left.next() {
        match argument.as_str() {
            "-jar" => return arguments_left.next().map(|jar| file_name(jar).to_owned()),
            "-cp" | "-classpath" | "--class-path" | "-p" | "--module-path" | "--add-opens"
            | "--add-exports" | "--add-modules" | "--add-reads" => drop(arguments_left.next()),
            flag if flag.starts_with('-') => {}
            main => return main.rsplit('.').next().filter(|class| !class.is_empty()).map(str::to_owned),
        }
    }
    None
}

/// The first argument that is no flag and no command of the interpreter itself.
fn script(arguments: &[String], valued: &[&str]) -> Option<String> {
    let mut arguments_left = arguments.iter();
    while let Some(argument) = arguments_left.next() {
        match argument.as_str() {
            // The program itself stands on the command line.
            "-e" | "-c" | "-p" | "--eval" | "--print" | "-r" if valued.is_empty() => return None,
            "" | "run" | "serve" | "exec" => {}
            flag if valued.contains(&flag) => drop(arguments_left.next()),
            flag if flag.starts_with('-') => {}
            script => return Some(script.to_owned()),
        }
    }
    None
}

/// `node server.js`; a script without an ending is a program in its own right: `gunicorn`.
fn with_interpreter(program: &str, script: &str) -> String {
    let name = file_name(script);
    if name.contains('.') { format!("{program} {name}") } else { name.to_owned() }
}

fn file_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// The systemd unit in `/proc/<pid>/cgroup`: the last part of a path that is a service.
fn unit_of(cgroup: &str) -> Option<String> {
    paths(cgroup)
        .flat_map(|path| path.rsplit('/'))
        .find(|part| part.ends_with(".service") && !part.starts_with("user@"))
        .map(|unit| tidy(&unit.replace("\\x2d", "-"), NAME_MAX))
}

/// The short id of the container in `/proc/<pid>/cgroup`: Docker, containerd, CRI-O and Podman name their groups after
/// the 64 hexadecimal digits of its id; LXC uses names.
fn container_of(cgroup: &str) -> Option<String> {
    paths(cgroup).find_map(|path| {
        let parts: Vec<&str> = path.split('/').collect();
        let by_id = parts.iter().rev().find_map(|part| {
            let id = part.strip_suffix(".scope").unwrap_or(part).rsplit(['-', ':']).next()?;
            (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id[..12].to_owned())
        });
        let by_name = || {
            let named = parts.iter().find_map(|part| part.strip_prefix("lxc.payload."));
            let below = parts.windows(2).find(|pair| pair[0] == "lxc").map(|pair| pair[1]);
            named.or(below).map(|name| tidy(name, NAME_MAX))
        };
        by_id.or_else(by_name)
    })
}

/// The paths of all hierarchies: `0::/system.slice/grafana.service`.
fn paths(cgroup: &str) -> impl Iterator<Item = &str> {
    cgroup.lines().filter_map(|line| line.splitn(3, ':').nth(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(comm: &str, cmdline: &str) -> String {
        Process::new(1, comm, cmdline.replace(' ', "\0").as_bytes(), "").name
    }

    #[test]
    fn interpreters_are_named_after_what_they_run() {
        for (comm, cmdline, expected) in [
            ("python3", "python3 -m http.server 8000", "python3 -m http.server"),
            ("python3", "/usr/bin/python3 -u -W ignore /srv/app.py --token=secret", "python3 app.py"),
            ("gunicorn", "/usr/bin/python3.11 /usr/local/bin/gunicorn app:app", "gunicorn"),
            ("python3", "python3 -c print(1)", "python3"),
            ("node", "node server.js", "node server.js"),
            ("MainThread", "/usr/bin/node --max-old-space-size=512 /app/index.js", "node index.js"),
            ("node", "node -e secret", "node"),
            ("java", "java -Xmx1g -jar /opt/jenkins.war --httpPort=8080", "jenkins.war"),
            ("java", "java -cp a.jar:b.jar org.example.Main", "Main"),
            ("bun", "bun run server.ts", "bun server.ts"),
            ("dotnet", "dotnet Jellyfin.dll", "dotnet Jellyfin.dll"),
            ("nginx", "nginx: master process /usr/sbin/nginx", "nginx"),
            ("prometheus-node", "/usr/bin/prometheus-node-exporter", "prometheus-node-exporter"),
            ("grafana", "/usr/sbin/grafana server", "grafana"),
            ("kworker", "", "kworker"),
            ("", "", ""),
        ] {
            assert_eq!(name(comm, cmdline), expected, "{comm} {cmdline}");
        }
    }

    #[test]
    fn units_and_containers_are_read_from_the_control_group() {
        let id = "0123456789abcdef".repeat(4);
        for (cgroup, unit, container) in [
            ("0::/system.slice/grafana-server.service\n".to_owned(), Some("grafana-server.service"), None),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/my\\x2dapp.service".to_owned(),
                Some("my-app.service"),
                None,
            ),
            ("0::/user.slice/user-1000.slice/session-3.scope".to_owned(), None, None),
            (format!("0::/system.slice/docker-{id}.scope"), None, Some("0123456789ab")),
            (format!("12:pids:/docker/{id}\n1:name=systemd:/docker/{id}"), None, Some("0123456789ab")),
            (
                format!("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{id}.scope"),
                None,
                Some("0123456789ab"),
            ),
            (format!("0::/machine.slice/libpod-{id}.scope/container"), None, Some("0123456789ab")),
            (
                "0::/lxc.payload.media/system.slice/jellyfin.service".to_owned(),
                Some("jellyfin.service"),
                Some("media"),
            ),
            ("0::/init.scope".to_owned(), None, None),
            ("garbage".to_owned(), None, None),
        ] {
            let process = Process::new(1, "x", b"x", &cgroup);
            assert_eq!(
                (process.unit.as_deref(), process.container.as_deref()),
                (unit, container),
                "{cgroup}"
            );
        }
    }

    #[test]
    fn privileges_are_read_from_the_status() {
        assert!(may_see_all("Name:\thob\nCapEff:\t000001ffffffffff\n"));
        for status in ["CapEff:\t0000000000000000", "CapEff:\t00000000a80425fb", "CapEff:\tx", ""] {
            assert!(!may_see_all(status), "{status}");
        }
    }

    proptest! {
        #[test]
        fn no_process_makes_it_panic(comm: String, cmdline: Vec<u8>, cgroup: String) {
            may_see_all(&cgroup);
            let process = Process::new(1, &comm, &cmdline, &cgroup);
            prop_assert!(process.name.chars().count() <= NAME_MAX);
        }
    }
}
