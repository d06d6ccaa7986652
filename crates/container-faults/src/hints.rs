//! What the last lines of a log tell about why a program ended.
//!
//! A small table of texts that many programs write in the same words, because they come from the operating system, from
//! a database or from a well-known library.

use crate::{cut, single_line};

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is, for programs: `log-address-in-use`.
    pub code: &'static str,
    /// What it means, as the end of a sentence: “its port is already in use”.
    pub meaning: &'static str,
    /// The next step.
    pub remedy: &'static str,
    /// The line, cut to a length.
    pub line: String,
}

/// Texts, all of which stand in the line; code; meaning; next step.
type Row = (&'static [&'static [&'static str]], &'static str, &'static str, &'static str);

/// The first row that fits a line counts; what is most telling stands first.
const TABLE: &[Row] = &[
    (
        &[
            &["address already in use"],
            &["eaddrinuse"],
            &["port is already allocated"],
            &["only one usage of each socket address"],
        ],
        "log-address-in-use",
        "its port is already in use",
        "Find what else listens on that port (ss -ltnp), or give one of the two another port.",
    ),
    (
        &[
            &["no space left on device"],
            &["enospc"],
            &["disk full"],
            &["database or disk is full"],
            &["disk quota exceeded"],
        ],
        "log-disk-full",
        "its disk is full",
        "Free space on the volume or make it larger.",
    ),
    (
        &[
            &["password authentication failed"],
            &["access denied for user"],
            &["authentication failed", "sasl"],
            &["wrongpass"],
            &["noauth authentication required"],
            &["invalid username-password pair"],
            &["login failed for user"],
        ],
        "log-database-login",
        "the database refuses its login",
        "Compare user and password with those that the database was set up with; the password of an existing database does not follow the secret by itself.",
    ),
    (
        &[&["database is locked"], &["sqlite_busy"]],
        "log-database-locked",
        "its SQLite database is locked",
        "Let only one copy run, and do not keep SQLite on NFS or SMB.",
    ),
    (
        &[
            &["database disk image is malformed"],
            &["file is not a database"],
            &["invalid checkpoint record"],
            &["could not locate a valid checkpoint"],
            &["invalid page in block"],
        ],
        "log-database-damaged",
        "its database is damaged",
        "Restore the database from a backup.",
    ),
    (
        &[
            &["incompatible with this version of postgresql"],
            &["incompatible with server"],
            &["database files are incompatible"],
            &["unsupported redo log format"],
            &["cannot upgrade from"],
            &["downgrade", "not supported"],
            &["initialized by postgresql version"],
        ],
        "log-database-version",
        "its data was written by another version",
        "Go back to the version that wrote the data, and upgrade step by step as its documentation says.",
    ),
    (
        &[
            &["migration", "failed"],
            &["migration", "error"],
            &["failed to migrate"],
            &["error running migrations"],
            &["dirty database version"],
            &["pending migrations"],
            &["no such table"],
            &["relation", "does not exist"],
            &["no such column"],
        ],
        "log-migration",
        "the change of its database to the new version failed",
        "Look at the log for the failed step; go back to the earlier version, and restore the backup made before the upgrade if it does not start.",
    ),
    (
        &[
            &["no such host"],
            &["name or service not known"],
            &["temporary failure in name resolution"],
            &["enotfound"],
            &["eai_again"],
            &["could not translate host name"],
            &["getaddrinfo"],
            &["unknown host"],
            &["unknownhostexception"],
        ],
        "log-name-not-found",
        "a host name that it needs cannot be looked up",
        "Check the spelling of the host name in its settings, and that the service of that name exists.",
    ),
    (
        &[
            &["connection refused"],
            &["econnrefused"],
            &["could not connect to server"],
            &["can't connect to mysql"],
            &["no route to host"],
            &["ehostunreach"],
        ],
        "log-connection-refused",
        "something that it needs does not answer",
        "Look at whether what it connects to (often its database) runs, and at address and port in its settings.",
    ),
    (
        &[
            &["i/o timeout"],
            &["connection timed out"],
            &["etimedout"],
            &["context deadline exceeded"],
            &["timed out waiting"],
        ],
        "log-timeout",
        "something that it needs does not answer in time",
        "Look at whether what it connects to runs, and at network policies and firewalls between them.",
    ),
    (
        &[&["read-only file system"], &["erofs"], &["readonly database"]],
        "log-read-only",
        "it writes to a file system that is read-only",
        "Give it a writable volume at that path, or leave readOnlyRootFilesystem off; if the volume itself became read-only, check its disk.",
    ),
    (
        &[
            &["permission denied"],
            &["eacces"],
            &["operation not permitted"],
            &["eperm"],
            &["access to the path", "is denied"],
            &["unable to open database file"],
        ],
        "log-permission-denied",
        "it may not read or write a file",
        "Let the files belong to the user it runs as (fsGroup or runAsUser; chown on the host for Docker).",
    ),
    (
        &[&["exec format error"]],
        "log-wrong-platform",
        "its program is built for another processor",
        "Take an image for this machine’s processor.",
    ),
    (
        &[
            &["illegal instruction"],
            &["requires a cpu with avx"],
            &["avx support"],
            &["cpu does not support x86-64-v2"],
        ],
        "log-cpu",
        "it needs a processor with more instructions than this one has",
        "Take an older version or a build for older processors, or pass the processor through to the virtual machine (CPU type “host”).",
    ),
    (
        &[&["glibc_", "not found"], &["error loading shared librar"], &["cannot open shared object file"]],
        "log-library",
        "a library that it needs is not in its image",
        "Take another tag of the image; a volume may also hide a folder of the image.",
    ),
    (
        &[
            &["outofmemoryerror"],
            &["heap out of memory"],
            &["cannot allocate memory"],
            &["out of memory"],
            &["bad_alloc"],
            &["enomem"],
        ],
        "log-memory",
        "it ran out of memory",
        "Give it more memory, or lower what it keeps in memory by its settings.",
    ),
    (
        &[&["too many open files"], &["emfile"], &["inotify", "limit"], &["enospc", "watch"]],
        "log-open-files",
        "it may not open more files",
        "Raise the limit on the machine (ulimit -n, fs.inotify.max_user_instances and max_user_watches).",
    ),
    (
        &[
            &["x509:"],
            &["certificate verify failed"],
            &["unable to get local issuer certificate"],
            &["self-signed certificate"],
            &["self signed certificate"],
            &["certificate has expired"],
        ],
        "log-certificate",
        "it does not trust the certificate of something that it connects to",
        "Renew that certificate, or let the container trust the authority that signed it.",
    ),
    (
        &[
            &["yaml:", "line"],
            &["error parsing config"],
            &["failed to parse config"],
            &["failed to load config"],
            &["invalid configuration"],
            &["unmarshal"],
            &["toml:", "line"],
            &["unknown field"],
            &["error loading config"],
        ],
        "log-configuration",
        "its configuration cannot be read",
        "Correct the configuration at the place that the line names.",
    ),
    (
        &[
            &["environment variable", "not set"],
            &["environment variable", "required"],
            &["must be set"],
            &["missing required"],
            &["is required but"],
            &["keyerror:"],
        ],
        "log-setting-missing",
        "a setting that it needs is missing",
        "Set what the line names.",
    ),
    (
        &[
            &["unrecognized option"],
            &["unknown flag"],
            &["unknown command"],
            &["flag provided but not defined"],
            &["unknown shorthand flag"],
            &["unrecognized arguments"],
            &["unexpected argument"],
        ],
        "log-arguments",
        "its command line is not understood",
        "Correct args in the manifest; options change between versions.",
    ),
    (
        &[
            &["no such file or directory"],
            &["enoent"],
            &["file not found"],
            &["filenotfounderror"],
            &["cannot find module"],
            &["modulenotfounderror"],
        ],
        "log-file-missing",
        "a file that it needs is missing",
        "Check the mounts of the volume and of the configuration: a volume may also hide files of the image.",
    ),
];

/// The most lines that are looked at, from the end.
const LINES_MAX: usize = 40;

/// The most bytes of a line that are looked at.
const LINE_MAX: usize = 2000;

/// The longest line that is given back, in characters.
const SHOWN_MAX: usize = 240;

/// What the last lines tell: the last line that a row fits, since the end of a log says why it ended.
pub fn of_log(log: &str) -> Option<Hint> {
    log.lines().rev().filter(|line| !line.trim().is_empty()).take(LINES_MAX).find_map(of_line)
}

/// What one line tells.
pub fn of_line(line: &str) -> Option<Hint> {
    let text = line.get(..line.floor_char_boundary(LINE_MAX)).unwrap_or_default();
    let small = text.to_lowercase();
    let fits = |signs: &[&[&str]]| signs.iter().any(|all| all.iter().all(|sign| small.contains(sign)));
    let (_, code, meaning, remedy) = TABLE.iter().find(|(signs, ..)| fits(signs))?;
    Some(Hint { code, meaning, remedy, line: cut(&single_line(text), SHOWN_MAX) })
}

/// The last line that says anything, cut to a length.
pub fn last_line(log: &str) -> Option<String> {
    let line = log.lines().rev().take(LINES_MAX).map(single_line).find(|line| !line.is_empty())?;
    Some(cut(&line, SHOWN_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_real_programs_tell_why() {
        for (line, code) in [
            ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "log-address-in-use"),
            ("Error: listen EADDRINUSE: address already in use :::3000", "log-address-in-use"),
            ("FATAL:  password authentication failed for user \"paperless\"", "log-database-login"),
            (
                "ERROR 1045 (28000): Access denied for user 'nextcloud'@'10.42.0.9' (using password: YES)",
                "log-database-login",
            ),
            (
                "PANIC:  could not write to file \"pg_wal/xlogtemp.29\": No space left on device",
                "log-disk-full",
            ),
            ("sqlite3.OperationalError: database is locked", "log-database-locked"),
            ("FATAL:  database files are incompatible with server", "log-database-version"),
            (
                "DETAIL:  The data directory was initialized by PostgreSQL version 15, which is not compatible with this version 16.2.",
                "log-database-version",
            ),
            ("[FTL] Error initialising database: database disk image is malformed", "log-database-damaged"),
            ("error: Dirty database version 12. Fix and force version.", "log-migration"),
            ("mkdir: cannot create directory '/config/logs': Permission denied", "log-permission-denied"),
            ("/docker-entrypoint.sh: exec: line 38: exec format error", "log-wrong-platform"),
            ("dial tcp 10.43.12.8:5432: connect: connection refused", "log-connection-refused"),
            (
                "redis.exceptions.ConnectionError: Error -2 connecting to redis:6379. Name or service not known.",
                "log-name-not-found",
            ),
            ("touch: /etc/nginx/conf.d/x: Read-only file system", "log-read-only"),
            (
                "WARNING: MongoDB 5.0+ requires a CPU with AVX support, and your current system does not appear to have that!",
                "log-cpu",
            ),
            (
                "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
                "log-memory",
            ),
            ("error: flag provided but not defined: -storage.tsdb.retention", "log-arguments"),
            ("Error: Cannot find module '/app/dist/main.js'", "log-file-missing"),
            ("DB_PASSWORD must be set", "log-setting-missing"),
        ] {
            assert_eq!(of_line(line).map(|hint| hint.code), Some(code), "{line}");
        }
        assert_eq!(of_line("Server is ready."), None);
    }

    #[test]
    fn the_last_telling_line_counts() {
        let log = "starting\nconnect: connection refused\nretrying\npermission denied: /data\nbye\n\n";
        let hint = of_log(log).unwrap();
        assert_eq!((hint.code, hint.line.as_str()), ("log-permission-denied", "permission denied: /data"));
        assert_eq!(last_line(log).as_deref(), Some("bye"));
        assert_eq!(last_line("\n \n"), None);
    }
}
