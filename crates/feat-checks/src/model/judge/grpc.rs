//! What is to be thought of what gRPC's health service says.

use super::status_line;
use hob_base::Health;
use hob_base::wording::tidy;
use hob_feature::checks::GrpcCheck;
use http_probe::GrpcState;

/// Of its word.
pub(super) fn judge(check: &GrpcCheck, state: &GrpcState) -> Health {
    let who = if check.service.is_empty() {
        "It".to_owned()
    } else {
        format!("Its service {}", tidy(&check.service, 80))
    };
    match state {
        GrpcState::Serving => Health::ok(format!("{who} serves.")),
        GrpcState::NotServing => Health::critical(format!("{who} says that it does not serve."))
            .with_remedy("If it was just started, give it a moment; otherwise look at its log."),
        GrpcState::Unknown => Health::warning(format!("{who} does not say yet whether it serves.")),
        GrpcState::ServiceUnknown => {
            Health::critical(format!("The server knows no service “{}”.", tidy(&check.service, 80)))
                .with_remedy(
                    "Look how the service is called, or leave the name out to ask of the server as a whole.",
                )
        }
        GrpcState::Unimplemented => Health::warning("It speaks gRPC, but has no health service.")
            .with_remedy("Turn its health service on, or check its port over TCP."),
        GrpcState::Status { code: 7 | 16, .. } => {
            Health::warning("It speaks gRPC, but does not admit this check.")
                .with_remedy("Let its health service be asked without a login.")
        }
        GrpcState::Status { code, message } => {
            let health = Health::critical(format!("It refuses the call with gRPC's status {code}."));
            if message.is_empty() { health } else { health.with_evidence(tidy(message, 200)) }
        }
        GrpcState::NotGrpc { status } => {
            Health::critical(format!("It answers {}, but not in gRPC.", status_line(*status))).with_remedy(
                "Look whether the port is right, and whether the proxy before it lets gRPC through.",
            )
        }
        _ => Health::critical("It answers in gRPC, but its answer cannot be read."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::Level;

    #[test]
    fn every_word_has_its_sentence() {
        let check =
            |service: &str| GrpcCheck { host: "nas".into(), port: 1, service: service.into(), tls: false };
        for (state, level, reason) in [
            (GrpcState::Serving, Level::Ok, "Its service photos serves."),
            (GrpcState::NotServing, Level::Critical, "Its service photos says that it does not serve."),
            (GrpcState::ServiceUnknown, Level::Critical, "The server knows no service “photos”."),
            (GrpcState::Unimplemented, Level::Warning, "It speaks gRPC, but has no health service."),
            (
                GrpcState::Status { code: 16, message: String::new() },
                Level::Warning,
                "It speaks gRPC, but does not admit this check.",
            ),
            (
                GrpcState::Status { code: 14, message: "at 12:31".into() },
                Level::Critical,
                "It refuses the call with gRPC's status 14.",
            ),
            (
                GrpcState::NotGrpc { status: 502 },
                Level::Critical,
                "It answers 502 Bad Gateway, but not in gRPC.",
            ),
        ] {
            let health = judge(&check("photos"), &state);
            assert_eq!((health.level, health.reason.as_str()), (level, reason));
        }
        assert_eq!(judge(&check(""), &GrpcState::Serving).reason, "It serves.");
        assert_eq!(judge(&check(""), &GrpcState::Unknown).level, Level::Warning);
        assert_eq!(judge(&check(""), &GrpcState::Broken).level, Level::Critical);
    }
}
