//! Ports and programs that are known to speak something else than HTTP. They are never probed: an SSH server would note
//! a failed login, a mail server a broken client.

/// Ports by the name of their service.
const PORTS: &[(u16, &str)] = &[
    (21, "FTP"),
    (22, "SSH"),
    (23, "Telnet"),
    (25, "SMTP"),
    (53, "DNS"),
    (88, "Kerberos"),
    (110, "POP3"),
    (111, "rpcbind"),
    (135, "RPC"),
    (139, "SMB"),
    (143, "IMAP"),
    (179, "BGP"),
    (389, "LDAP"),
    (445, "SMB"),
    (464, "Kerberos passwords"),
    (465, "SMTP"),
    (515, "Printer"),
    (548, "AFP"),
    (554, "RTSP"),
    (587, "SMTP"),
    (636, "LDAP"),
    (853, "DNS over TLS"),
    (873, "rsync"),
    (993, "IMAP"),
    (995, "POP3"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (1723, "PPTP"),
    (1883, "MQTT"),
    (2049, "NFS"),
    (3260, "iSCSI"),
    (3306, "MySQL"),
    (3389, "RDP"),
    (3493, "UPS (NUT)"),
    (4190, "ManageSieve"),
    (5060, "SIP"),
    (5222, "XMPP"),
    (5269, "XMPP"),
    (5355, "LLMNR"),
    (5432, "PostgreSQL"),
    (5672, "AMQP"),
    (5900, "VNC"),
    (6379, "Redis"),
    (6667, "IRC"),
    (8883, "MQTT"),
    (9092, "Kafka"),
    (9100, "Printer or node exporter"),
    (11211, "memcached"),
    (22000, "Syncthing"),
    (27017, "MongoDB"),
];

/// Ports of the list that are at least as often HTTP: named, but probed all the same.
const PROBED: &[u16] = &[9100];

/// Programs, by the beginning of their name up to a character that is no letter, digit, `-` or `_`.
const PROGRAMS: &[&str] = &[
    "sshd",
    "sshd-session",
    "dropbear",
    "master",
    "smtpd",
    "exim4",
    "exim",
    "dovecot",
    "postgres",
    "postmaster",
    "mysqld",
    "mariadbd",
    "mariadb",
    "redis-server",
    "valkey-server",
    "keydb-server",
    "mongod",
    "mongos",
    "memcached",
    "mosquitto",
    "rpcbind",
    "rpc.statd",
    "rpc.mountd",
    "smbd",
    "nmbd",
    "winbindd",
    "slapd",
    "named",
    "unbound",
    "dnsmasq",
    "systemd-resolve",
    "systemd-resolved",
    "rsync",
    "vsftpd",
    "proftpd",
    "iscsid",
    "xrdp",
    "Xvnc",
    "x11vnc",
    "bird",
    "bgpd",
    "zebra",
    "upsd",
    "pcscd",
    "ntpd",
    "chronyd",
];

/// What usually listens on a port.
pub(crate) fn service_of_port(port: u16) -> Option<&'static str> {
    PORTS.iter().find(|(known, _)| *known == port).map(|(_, name)| *name)
}

/// Whether an endpoint is known to speak something else than HTTP, by its port or its program.
pub(crate) fn is_not_http(port: u16, comm: Option<&str>) -> bool {
    let by_port = service_of_port(port).is_some() && !PROBED.contains(&port);
    // A program may name itself after its task: "postgres: checkpointer".
    by_port || comm.is_some_and(|comm| PROGRAMS.contains(&comm.split([':', ' ']).next().unwrap_or(comm)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_left_alone_and_the_rest_is_not() {
        for (port, comm) in [(22, None), (5432, Some("docker-proxy")), (7000, Some("redis-server"))] {
            assert!(is_not_http(port, comm), "{port} {comm:?}");
        }
        for (port, comm) in [(80, Some("nginx")), (3000, None), (9100, Some("node_exporter"))] {
            assert!(!is_not_http(port, comm), "{port} {comm:?}");
        }
        assert_eq!(service_of_port(1883), Some("MQTT"));
    }
}
