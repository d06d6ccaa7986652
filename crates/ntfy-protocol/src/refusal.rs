//! What a server of ntfy refuses, each with its number: the table of all errors.

use std::borrow::Cow;

/// An error in the protocol's words: `{"code":40301,"http":403,"error":"forbidden","link":"…"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The protocol's number of it: the HTTP status and two digits more.
    pub code: u32,
    /// The HTTP status to answer with.
    pub http: u16,
    /// What is wrong, in a sentence.
    pub error: Cow<'static, str>,
    /// Where to read more.
    pub link: Option<&'static str>,
}

impl Refusal {
    const fn new(code: u32, http: u16, error: &'static str, link: Option<&'static str>) -> Self {
        Self { code, http, error: Cow::Borrowed(error), link }
    }

    /// The same, with what exactly is wrong after a semicolon, as ntfy writes it.
    #[must_use]
    pub fn with_detail(mut self, detail: &str) -> Self {
        self.error = Cow::Owned(format!("{}; {detail}", self.error));
        self
    }

    /// The body of the answer, without a line end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = format!("{{\"code\":{},\"http\":{},\"error\":", self.code, self.http);
        crate::text::write_json_string(&mut out, &self.error);
        if let Some(link) = self.link {
            out.push_str(",\"link\":");
            crate::text::write_json_string(&mut out, link);
        }
        out.push('}');
        out
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (error {})", self.error, self.code)
    }
}

impl std::error::Error for Refusal {}

macro_rules! refusals {
    ($($name:ident = $code:literal $http:literal $error:literal $($link:literal)?;)+) => {
        $(
            #[doc = concat!("HTTP ", stringify!($http), ", ", stringify!($code), ": ", $error, ".")]
            pub const $name: Refusal = Refusal::new($code, $http, $error, refusals!(@link $($link)?));
        )+
        /// Every refusal there is, in the order of the table.
        pub const ALL: &[Refusal] = &[$($name),+];
    };
    (@link $link:literal) => { Some(concat!("https://ntfy.sh/docs/", $link)) };
    (@link) => { None };
}

refusals! {
    BAD_REQUEST = 40000 400 "invalid request";
    EMAIL_DISABLED = 40001 400 "e-mail notifications are not enabled" "config/#e-mail-notifications";
    DELAY_NO_CACHE = 40002 400 "cannot disable cache for delayed message";
    DELAY_NO_EMAIL = 40003 400 "delayed e-mail notifications are not supported";
    DELAY_CANNOT_PARSE = 40004 400 "invalid delay parameter: unable to parse delay" "publish/#scheduled-delivery";
    DELAY_TOO_SMALL = 40005 400 "invalid delay parameter: too small, please refer to the docs" "publish/#scheduled-delivery";
    DELAY_TOO_LARGE = 40006 400 "invalid delay parameter: too large, please refer to the docs" "publish/#scheduled-delivery";
    PRIORITY_INVALID = 40007 400 "invalid priority parameter" "publish/#message-priority";
    SINCE_INVALID = 40008 400 "invalid since parameter" "subscribe/api/#fetch-cached-messages";
    TOPIC_INVALID = 40009 400 "invalid request: topic invalid";
    TOPIC_DISALLOWED = 40010 400 "invalid request: topic name is not allowed";
    MESSAGE_NOT_UTF8 = 40011 400 "invalid message: message must be UTF-8 encoded";
    ATTACHMENT_URL_INVALID = 40013 400 "invalid request: attachment URL is invalid" "publish/#attachments";
    ATTACHMENTS_DISALLOWED = 40014 400 "invalid request: attachments not allowed" "config/#attachments";
    ATTACHMENT_EXPIRY_BEFORE_DELIVERY = 40015 400 "invalid request: attachment expiry before delayed delivery date" "publish/#scheduled-delivery";
    WEBSOCKET_UPGRADE_MISSING = 40016 400 "invalid request: client not using the websocket protocol" "subscribe/api/#websockets";
    MESSAGE_JSON_INVALID = 40017 400 "invalid request: request body must be message JSON" "publish/#publish-as-json";
    ACTIONS_INVALID = 40018 400 "invalid request: actions invalid" "publish/#action-buttons";
    MATRIX_MESSAGE_INVALID = 40019 400 "invalid request: Matrix JSON invalid" "publish/#matrix-gateway";
    ICON_URL_INVALID = 40021 400 "invalid request: icon URL is invalid" "publish/#icons";
    SIGNUP_NOT_ENABLED = 40022 400 "invalid request: signup not enabled" "config";
    NO_TOKEN_PROVIDED = 40023 400 "invalid request: no token provided";
    JSON_INVALID = 40024 400 "invalid request: request body must be valid JSON";
    PERMISSION_INVALID = 40025 400 "invalid request: incorrect permission string";
    INCORRECT_PASSWORD_CONFIRMATION = 40026 400 "invalid request: password confirmation is not correct";
    NOT_A_PAID_USER = 40027 400 "invalid request: not a paid user";
    BILLING_REQUEST_INVALID = 40028 400 "invalid request: not a valid billing request";
    BILLING_SUBSCRIPTION_EXISTS = 40029 400 "invalid request: billing subscription already exists";
    TIER_INVALID = 40030 400 "invalid request: tier does not exist";
    USER_NOT_FOUND = 40031 400 "invalid request: user does not exist";
    PHONE_CALLS_DISABLED = 40032 400 "invalid request: calling is disabled" "config/#phone-calls";
    PHONE_NUMBER_INVALID = 40033 400 "invalid request: phone number invalid" "publish/#phone-calls";
    PHONE_NUMBER_NOT_VERIFIED = 40034 400 "invalid request: phone number not verified, or no matching verified numbers found" "publish/#phone-calls";
    ANONYMOUS_CALLS_NOT_ALLOWED = 40035 400 "invalid request: anonymous phone calls are not allowed" "publish/#phone-calls";
    PHONE_NUMBER_VERIFY_CHANNEL_INVALID = 40036 400 "invalid request: verification channel must be 'sms' or 'call'" "publish/#phone-calls";
    DELAY_NO_CALL = 40037 400 "delayed call notifications are not supported";
    WEB_PUSH_SUBSCRIPTION_INVALID = 40038 400 "invalid request: web push payload malformed";
    WEB_PUSH_ENDPOINT_UNKNOWN = 40039 400 "invalid request: web push endpoint unknown";
    WEB_PUSH_TOPIC_COUNT_TOO_HIGH = 40040 400 "invalid request: too many web push topic subscriptions";
    TEMPLATE_MESSAGE_TOO_LARGE = 40041 400 "invalid request: message or title is too large after replacing template" "publish/#message-templating";
    TEMPLATE_MESSAGE_NOT_JSON = 40042 400 "invalid request: message body must be JSON if templating is enabled" "publish/#message-templating";
    TEMPLATE_INVALID = 40043 400 "invalid request: could not parse template" "publish/#message-templating";
    TEMPLATE_DISALLOWED_FUNCTION_CALLS = 40044 400 "invalid request: template contains disallowed function calls, e.g. template, call, or define" "publish/#message-templating";
    TEMPLATE_EXECUTE_FAILED = 40045 400 "invalid request: template execution failed" "publish/#message-templating";
    USERNAME_INVALID = 40046 400 "invalid request: invalid username";
    TEMPLATE_FILE_NOT_FOUND = 40047 400 "invalid request: template file not found" "publish/#message-templating";
    TEMPLATE_FILE_INVALID = 40048 400 "invalid request: template file invalid" "publish/#message-templating";
    SEQUENCE_ID_INVALID = 40049 400 "invalid request: sequence ID invalid" "publish/#updating-deleting-notifications";
    EMAIL_ADDRESS_INVALID = 40050 400 "invalid request: e-mail address invalid" "publish/#e-mail-notifications";
    EMAIL_VERIFICATION_CODE_INVALID = 40051 400 "invalid request: e-mail verification code invalid or expired" "publish/#e-mail-notifications";
    EMAIL_ADDRESS_NOT_VERIFIED = 40052 400 "invalid request: e-mail address not verified, or no matching verified addresses found" "publish/#e-mail-notifications";
    ANONYMOUS_EMAIL_NOT_ALLOWED = 40053 400 "invalid request: anonymous e-mails are not allowed" "publish/#e-mail-notifications";
    UNAUTHORIZED = 40101 401 "unauthorized" "publish/#authentication";
    FORBIDDEN = 40301 403 "forbidden" "publish/#authentication";
    NOT_FOUND = 40401 404 "page not found";
    USER_EXISTS = 40901 409 "conflict: user already exists";
    TOPIC_RESERVED = 40902 409 "conflict: access control entry for topic or topic pattern already exists";
    SUBSCRIPTION_EXISTS = 40903 409 "conflict: topic subscription already exists";
    PHONE_NUMBER_EXISTS = 40904 409 "conflict: phone number already exists";
    PROVISIONED_USER_CHANGE = 40905 409 "conflict: cannot change or delete provisioned user";
    PROVISIONED_TOKEN_CHANGE = 40906 409 "conflict: cannot change or delete provisioned token";
    EMAIL_EXISTS = 40907 409 "conflict: e-mail address already exists";
    EMAIL_PRIMARY_ELSEWHERE = 40908 409 "conflict: e-mail address is the recovery address of another account";
    PHONE_VERIFICATION_EXPIRED = 41001 410 "phone number verification expired or does not exist";
    ATTACHMENT_TOO_LARGE = 41301 413 "attachment too large, or bandwidth limit reached" "publish/#limitations";
    MATRIX_REQUEST_TOO_LARGE = 41302 413 "Matrix request is larger than the max allowed length";
    JSON_BODY_TOO_LARGE = 41303 413 "JSON body too large";
    LIMIT_REQUESTS = 42901 429 "limit reached: too many requests" "publish/#limitations";
    LIMIT_EMAILS = 42902 429 "limit reached: too many emails" "publish/#limitations";
    LIMIT_SUBSCRIPTIONS = 42903 429 "limit reached: too many active subscriptions" "publish/#limitations";
    LIMIT_TOTAL_TOPICS = 42904 429 "limit reached: the total number of topics on the server has been reached, please contact the admin" "publish/#limitations";
    LIMIT_ATTACHMENT_BANDWIDTH = 42905 429 "limit reached: daily bandwidth reached" "publish/#limitations";
    LIMIT_ACCOUNT_CREATION = 42906 429 "limit reached: too many accounts created" "publish/#limitations";
    LIMIT_RESERVATIONS = 42907 429 "limit reached: too many topic reservations for this user";
    LIMIT_MESSAGES = 42908 429 "limit reached: daily message quota reached" "publish/#limitations";
    LIMIT_AUTH_FAILURE = 42909 429 "limit reached: too many auth failures" "publish/#limitations";
    LIMIT_CALLS = 42910 429 "limit reached: daily phone call quota reached" "publish/#limitations";
    INTERNAL_ERROR = 50001 500 "internal server error";
    INTERNAL_ERROR_INVALID_PATH = 50002 500 "internal server error: invalid path";
    MISSING_BASE_URL = 50003 500 "internal server error: base-url must be configured for this feature" "config/";
    WEB_PUSH_UNABLE_TO_PUBLISH = 50004 500 "internal server error: unable to publish web push message";
    UNIFIED_PUSH_NO_SUBSCRIBER = 50701 507 "cannot publish to UnifiedPush topic without previously active subscriber";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_is_whole_and_its_numbers_are_unique() {
        let codes: BTreeSet<u32> = ALL.iter().map(|refusal| refusal.code).collect();
        assert_eq!((codes.len(), ALL.len()), (82, 82));
        for refusal in ALL {
            assert_eq!(refusal.code / 100, u32::from(refusal.http), "{refusal}");
            assert!(refusal.link.is_none_or(|link| link.starts_with("https://ntfy.sh/docs/")), "{refusal}");
        }
    }

    #[test]
    fn the_json_is_that_of_ntfy() {
        let json = "{\"code\":40301,\"http\":403,\"error\":\"forbidden\",\
            \"link\":\"https://ntfy.sh/docs/publish/#authentication\"}";
        assert_eq!(FORBIDDEN.to_json(), json);
        assert_eq!(NOT_FOUND.to_json(), "{\"code\":40401,\"http\":404,\"error\":\"page not found\"}");
        let detailed = ACTIONS_INVALID.with_detail("a \"quote\"");
        assert!(detailed.to_json().contains("\"invalid request: actions invalid; a \\\"quote\\\"\""));
        assert_eq!((detailed.code, detailed.link), (ACTIONS_INVALID.code, ACTIONS_INVALID.link));
        assert_eq!(NOT_FOUND.to_string(), "page not found (error 40401)");
    }
}
