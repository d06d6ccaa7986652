//! A gate without accounts, for the tests of features that need to know only what somebody may.

use hob_feature::identity::Via;
use hob_feature::{Credential, Gate, Identity, Scope, boxed};

/// Knows a token for each scope, of the scope's name; as a session's cookie, too. Nobody has an account.
pub const BY_SCOPE: Gate = Gate {
    identify: |_, credential| {
        boxed(async move {
            let (via, token) = match credential {
                Credential::Bearer(token) => (Via::Token(token.clone()), token),
                Credential::Cookie(token) => (Via::Session(token.clone()), token),
            };
            let scope = token.parse::<Scope>().ok();
            Ok(scope.map(|scope| Identity { user_id: None, name: token, scopes: vec![scope], via }))
        })
    },
    is_set_up: |_| boxed(async { Ok(true) }),
    people: |_| boxed(async { Ok(Vec::new()) }),
    login_path: "/login",
    setup_path: "/setup",
};
