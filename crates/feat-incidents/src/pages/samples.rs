//! Values for tests.

use hob_base::incident::{Cause, Member, Role};
use hob_base::{Incident, IncidentId, Level, ResourceId, Timestamp};
use std::time::Duration;

/// 23 November 2026, 02:14:00 UTC.
pub(crate) const BEGAN: Timestamp = Timestamp::from_millis(1_795_400_040_000);

/// A service of the machine `nas`.
pub(crate) fn service(number: usize) -> ResourceId {
    ResourceId::new("service", "nas", &number.to_string())
}

/// An open incident of so many services, of which the first explains the others.
pub(crate) fn incident(id: i64, members: usize) -> Incident {
    let member = |number: usize| Member {
        resource: service(number),
        name: format!("Service {number}"),
        role: if number == 1 { Role::Cause } else { Role::Affected },
        level: Level::Critical,
        worst: Level::Critical,
        reason: format!("Nothing listens on port {number}."),
        since: BEGAN,
        recovered_at: None,
    };
    Incident {
        id: IncidentId(id),
        began_at: BEGAN,
        opened_at: BEGAN.plus(Duration::from_secs(30)),
        closed_at: None,
        severity: Level::Critical,
        title: "Service 1: Nothing listens on port 1".to_owned(),
        cause: Cause {
            resource: service(1),
            name: "Service 1".to_owned(),
            reason: "Nothing listens on port 1.".to_owned(),
            evidence: "connect: connection refused".to_owned(),
            remedy: Some("Start the service again.".to_owned()),
            named_at: BEGAN,
        },
        members: (1..=members).map(member).collect(),
        flapping: None,
        acknowledged: None,
        hush: None,
        merged_into: None,
    }
}
