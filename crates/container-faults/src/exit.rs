//! A container ended: what its exit code, its signal and its last words mean; and that it ends again and again.
//!
//! Sources: exit codes as shells and container runtimes set them (POSIX, “Exit Status for Commands”; docker-run(1),
//! podman-run(1)), signal(7).

use crate::{Engine, Fault, Severity, hints, quoted};

/// How a container ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct Exit<'a> {
    /// The container’s name.
    pub container: &'a str,
    /// The exit code.
    pub code: i64,
    /// The signal, where the runtime tells it apart; else 0.
    pub signal: i64,
    /// Whether the runtime says that the memory ran out (`OOMKilled`).
    pub out_of_memory: bool,
    /// The runtime’s word: `Error`, `StartError`, `ContainerCannotRun`; may be empty.
    pub reason: &'a str,
    /// The memory it may use, as it is written (`512Mi`); empty where there is no limit or it is not known.
    pub memory_limit: &'a str,
    /// Its last lines, where they are known.
    pub log: &'a str,
    /// Who runs it.
    pub engine: Engine,
}

/// What the end of a container means.
pub fn judge(exit: &Exit<'_>) -> Fault {
    if exit.out_of_memory {
        return out_of_memory(exit);
    }
    if is_start_error(exit) {
        let fault = crate::start::classify(exit.log, exit.container, exit.engine);
        if fault.code != "start-unknown" {
            return fault;
        }
    }
    let meaning = meaning(exit);
    let name = quoted(exit.container);
    match hints::of_log(exit.log) {
        // A signal from outside is not explained by what stood in the log.
        Some(hint) if !matches!(number(exit), 130 | 143) && exit.code != 0 => Fault::new(
            meaning.code,
            Severity::Critical,
            format!("The container {name} {}: {}.", meaning.ended, hint.meaning),
        )
        .remedy(hint.remedy),
        _ => {
            let why = if meaning.why.is_empty() { String::new() } else { format!(": {}", meaning.why) };
            let fault = Fault::new(
                meaning.code,
                Severity::Critical,
                format!("The container {name} {}{why}.", meaning.ended),
            );
            fault.remedy(remedy(&meaning, exit))
        }
    }
}

/// Whether the runtime could not even start it.
pub fn is_start_error(exit: &Exit<'_>) -> bool {
    matches!(exit.reason, "StartError" | "ContainerCannotRun" | "CreateContainerError" | "RunContainerError")
}

/// That a container ended so often within so long, with the reason.
pub fn crash_loop(exit: &Exit<'_>, restarts: i64, span_ms: Option<i64>) -> Fault {
    let why = judge(exit);
    let name = quoted(exit.container);
    let often = match (restarts, span_ms.and_then(span)) {
        (..=0, _) => String::new(),
        (1, Some(span)) => format!(" (once in {span})"),
        (1, None) => " (once so far)".to_owned(),
        (times, Some(span)) => format!(" ({times} times in {span})"),
        (times, None) => format!(" ({times} times so far)"),
    };
    // “The container “app” ended with exit code 1: …” → “…: it ended with exit code 1: …”
    let clause = why.clause();
    let subject = format!("the container {name} ");
    let clause = clause.strip_prefix(&subject).map_or(clause.clone(), |rest| format!("it {rest}"));
    Fault {
        sentence: format!("The container {name} crashes again and again{often}: {clause}."),
        code: if exit.out_of_memory { "out-of-memory" } else { "crash-loop" },
        ..why
    }
}

/// A span of time in words: “4 minutes”, “25 minutes”, “3 hours”, “5 days”; rounded down, the coarser the longer, so that
/// a sentence does not change all the time.
pub fn span(ms: i64) -> Option<String> {
    let (count, unit) = match ms {
        ..1_000 => return None,
        1_000..120_000 => (ms / 1_000, "second"),
        120_000..600_000 => (ms / 60_000, "minute"),
        600_000..7_200_000 => (ms / 300_000 * 5, "minute"),
        7_200_000..172_800_000 => (ms / 3_600_000, "hour"),
        _ => (ms / 86_400_000, "day"),
    };
    Some(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
}

/// The number by which it is looked up: a signal counts as a shell would write it.
const fn number(exit: &Exit<'_>) -> i64 {
    if exit.signal > 0 && exit.signal < 65 { 128 + exit.signal } else { exit.code }
}

struct Meaning {
    code: &'static str,
    ended: String,
    why: &'static str,
    remedy: &'static str,
}

const LOOK: &str = "Look at its last log lines";

/// Exit code; code; why; next step.
const CODES: &[(i64, &str, &str, &str)] = &[
    (
        0,
        "exit-0",
        "its program ended by itself, though it should keep running",
        "Let its command stay in the foreground, or run it as a job.",
    ),
    (1, "exit-1", "", LOOK),
    (
        2,
        "exit-2",
        "its program did not understand its command line or configuration, or broke off by itself",
        LOOK,
    ),
    (
        125,
        "exit-125",
        "the engine could not run it",
        "Look at the engine’s own message: mounts, devices, options.",
    ),
    (
        126,
        "exit-126",
        "its command is there, but must not be run (no execute permission, or built for another processor)",
        "Make the file executable in the image (chmod +x), and check the image’s processor.",
    ),
    (
        127,
        "exit-127",
        "its command does not exist in the image",
        "Correct command and args, or take another tag of the image.",
    ),
    (
        128,
        "exit-128",
        "the runtime could not start it",
        "Look at the runtime’s message: command, mounts, devices.",
    ),
    (129, "exit-129", "it was told to hang up (SIGHUP)", LOOK),
    (130, "exit-130", "it was interrupted (SIGINT)", LOOK),
    (131, "exit-131", "it was told to quit (SIGQUIT)", LOOK),
    (
        132,
        "exit-132",
        "it used an instruction that this processor does not have (SIGILL)",
        "Take a build for older processors, or pass the processor through to the virtual machine (CPU type “host”).",
    ),
    (133, "exit-133", "it ran into a trap of its own (SIGTRAP)", LOOK),
    (
        134,
        "exit-134",
        "it broke off by itself (SIGABRT), as programs do when something is wrong inside",
        LOOK,
    ),
    (
        135,
        "exit-135",
        "it touched memory that is not there (SIGBUS)",
        "Check the disk of its volume, and the size of /dev/shm.",
    ),
    (136, "exit-136", "it made a mistake in arithmetic (SIGFPE)", LOOK),
    (
        137,
        "exit-137",
        "it was killed (SIGKILL): by a failed liveness probe, because it took too long to stop, or because the machine’s memory ran out",
        "Look for “Killed process” in the machine’s log (dmesg) and for failing liveness probes.",
    ),
    (
        139,
        "exit-139",
        "it touched memory that is not its own (SIGSEGV), a defect of the program or of the machine’s memory",
        "Try another version of the image; if several programs do this on one machine, test its memory.",
    ),
    (141, "exit-141", "what it wrote to went away (SIGPIPE)", LOOK),
    (
        143,
        "exit-143",
        "it was told to stop (SIGTERM): by a failed liveness probe, or because somebody or something stopped it",
        "Look for failing liveness probes and for who stops it.",
    ),
    (
        159,
        "exit-159",
        "it asked the system for something that is forbidden (SIGSYS)",
        "Check its seccomp profile.",
    ),
    (255, "exit-255", "an error that its program does not number, or the machine went away under it", LOOK),
];

fn meaning(exit: &Exit<'_>) -> Meaning {
    let number = number(exit);
    let ended = if exit.code == 0 && number == 0 {
        "ended with success (exit code 0)".to_owned()
    } else {
        format!("ended with exit code {number}")
    };
    match CODES.iter().find(|(code, ..)| *code == number) {
        Some((_, code, why, remedy)) => Meaning { code, ended, why, remedy },
        None if (129..193).contains(&number) => Meaning {
            code: "exit-signal",
            ended: format!("was ended by the signal {}", number - 128),
            why: "",
            remedy: LOOK,
        },
        None => Meaning { code: "exit-other", ended, why: "", remedy: LOOK },
    }
}

fn remedy(meaning: &Meaning, exit: &Exit<'_>) -> String {
    if meaning.remedy != LOOK {
        return meaning.remedy.to_owned();
    }
    match exit.engine {
        Engine::Kubernetes => format!("{LOOK}."),
        Engine::Docker | Engine::Podman => {
            format!("{LOOK}: {} logs --tail 50 {}", exit.engine.command(), crate::cut(exit.container, 80))
        }
    }
}

fn out_of_memory(exit: &Exit<'_>) -> Fault {
    let name = quoted(exit.container);
    if exit.memory_limit.is_empty() {
        return Fault::new(
            "out-of-memory",
            Severity::Critical,
            format!("The container {name} was killed because the memory of its machine ran out."),
        )
        .remedy("Give it a memory limit that fits the machine, or let fewer things run there.");
    }
    let limit = crate::cut(exit.memory_limit, 20);
    Fault::new(
        "out-of-memory",
        Severity::Critical,
        format!("The container {name} was killed because it used more memory than its limit of {limit}."),
    )
    .remedy("Raise its memory limit (resources.limits.memory, or mem_limit in a compose file), or lower what it keeps in memory.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(code: i64) -> Exit<'static> {
        Exit { container: "app", code, reason: "Error", ..Exit::default() }
    }

    #[test]
    fn exit_codes_have_a_meaning() {
        for (number, code, part) in [
            (0, "exit-0", "ended by itself, though it should keep running"),
            (1, "exit-1", "ended with exit code 1."),
            (2, "exit-2", "did not understand its command line"),
            (125, "exit-125", "the engine could not run it"),
            (126, "exit-126", "must not be run"),
            (127, "exit-127", "does not exist in the image"),
            (132, "exit-132", "instruction that this processor does not have"),
            (134, "exit-134", "SIGABRT"),
            (137, "exit-137", "it was killed (SIGKILL)"),
            (139, "exit-139", "SIGSEGV"),
            (143, "exit-143", "told to stop (SIGTERM)"),
            (255, "exit-255", "the machine went away"),
            (150, "exit-signal", "was ended by the signal 22"),
            (42, "exit-other", "ended with exit code 42."),
            (-1, "exit-other", "ended with exit code -1."),
        ] {
            let fault = judge(&exit(number));
            assert_eq!(fault.code, code);
            assert!(fault.sentence.contains(part), "{}", fault.sentence);
            assert!(fault.remedy.is_some());
        }
        let by_signal = Exit { code: 0, signal: 11, ..exit(0) };
        assert_eq!(judge(&by_signal).code, "exit-139");
    }

    #[test]
    fn memory_is_told_with_its_limit() {
        let limited = Exit { out_of_memory: true, memory_limit: "512Mi", ..exit(137) };
        assert_eq!(
            judge(&limited).sentence,
            "The container “app” was killed because it used more memory than its limit of 512Mi."
        );
        assert_eq!(
            crash_loop(&limited, 4, Some(25 * 60_000)).sentence,
            "The container “app” crashes again and again (4 times in 25 minutes): it was killed because it used more memory than its limit of 512Mi."
        );
        let unlimited = Exit { out_of_memory: true, ..exit(137) };
        assert!(judge(&unlimited).sentence.ends_with("the memory of its machine ran out."));
    }

    #[test]
    fn the_log_tells_why() {
        let log = "listening\nFATAL:  password authentication failed for user \"app\"\n";
        let fault = crash_loop(&Exit { log, ..exit(1) }, 7, Some(12 * 60_000));
        assert_eq!(
            fault.sentence,
            "The container “app” crashes again and again (7 times in 10 minutes): it ended with exit code 1: the database refuses its login."
        );
        assert_eq!(fault.code, "crash-loop");
        let stopped = judge(&Exit { log, ..exit(143) });
        assert!(stopped.sentence.contains("SIGTERM"), "{}", stopped.sentence);
    }

    #[test]
    fn a_start_that_failed_is_told_by_the_runtimes_message() {
        let log = r#"failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/entrypoint.sh": permission denied: unknown"#;
        let fault = judge(&Exit { log, reason: "StartError", ..exit(128) });
        assert_eq!(fault.code, "start-not-executable");
    }

    #[test]
    fn spans_are_said_in_words() {
        for (ms, words) in [
            (10, None),
            (1_000, Some("1 second")),
            (119_999, Some("119 seconds")),
            (120_000, Some("2 minutes")),
            (14 * 60_000, Some("10 minutes")),
            (7_200_000, Some("2 hours")),
            (172_800_000, Some("2 days")),
        ] {
            assert_eq!(span(ms).as_deref(), words);
        }
    }
}
