//! What a caller is told when something is refused or fails: RFC 9457 problems, from one table of stable codes.
//!
//! Nothing of a request's content is repeated but the place of a wrong field and the rule it broke.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, ResponseError};
use matcher::Rule;
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::Known;
use super::operations;
use crate::db::{DbError, Failure};
use crate::domain::quota::Exceeded;
use crate::limits;
use crate::telemetry;

/// The table of codes: name, code, status, title. A code never changes its meaning; new ones may come.
macro_rules! codes {
    ($($name:ident $code:literal $status:ident $title:literal,)*) => {
        /// Why a request was refused or failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable code, as it stands in `code`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What it means, in a sentence that never changes.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    UnreadableBody "unreadable_body" BAD_REQUEST "The body is not well-formed JSON in UTF-8.",
    InvalidParameter "invalid_parameter" BAD_REQUEST "A parameter of the path, the query or a header is wrong.",
    IdempotencyKeyMissing "idempotency_key_missing" BAD_REQUEST "A command needs an Idempotency-Key header.",
    Unauthenticated "unauthenticated" UNAUTHORIZED "A valid bearer token is needed.",
    RoleNotAllowed "role_not_allowed" FORBIDDEN "The role of this token may not do this.",
    ScopeMissing "scope_missing" FORBIDDEN "The tool of this token has no scope that opens this.",
    FormExpired "form_expired" FORBIDDEN "The form does not come from a page of this session.",
    NotFound "not_found" NOT_FOUND "There is no such record among those you may see.",
    NoSuchPath "no_such_path" NOT_FOUND "There is nothing at this path.",
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "This path does not answer this method; Allow says which it answers.",
    NameTaken "name_taken" CONFLICT "Another organisation has this name.",
    RoleNotGiven "role_not_given" CONFLICT "A role is not the caller's to give or take there, or the organisation does not give it.",
    EmailTaken "email_taken" CONFLICT "Another account has this mail address.",
    AccountEnded "account_ended" CONFLICT "The account has ended.",
    InvitationAccepted "invitation_accepted" CONFLICT "Whoever was invited has accepted.",
    TooManySecrets "too_many_secrets" CONFLICT "The tool has as many secrets as may be good at once.",
    SecretEnded "secret_ended" CONFLICT "The secret has ended.",
    MadeByOperator "made_by_operator" CONFLICT "The operator made this tool.",
    NothingToFollow "nothing_to_follow" CONFLICT "The tool has no scope that lets it follow events.",
    UrlNotAllowed "url_not_allowed" CONFLICT "Nothing is sent to this address.",
    TooManyWebhooks "too_many_webhooks" CONFLICT "The organisation has as many webhooks as it may have.",
    WebhookEnded "webhook_ended" CONFLICT "The webhook was deleted.",
    WebhookDisabled "webhook_disabled" CONFLICT "The webhook is disabled.",
    WebhookNotDisabled "webhook_not_disabled" CONFLICT "The webhook is not disabled.",
    NumberTaken "number_taken" CONFLICT "Another structure of the organisation has this FINESS or SIRET.",
    NotContested "not_contested" CONFLICT "There is nothing to decide about the registration of this structure.",
    NothingToVouchFor "nothing_to_vouch_for" CONFLICT "Nothing of the unit waits for whoever vouches.",
    NotVouchedFor "not_vouched_for" CONFLICT "Nobody has vouched for this home yet: no bed of it is held.",
    OwnChange "own_change" CONFLICT "A change needs another person's word than that of who asked for it or is given a role by it.",
    ChangeDecided "change_decided" CONFLICT "The change was decided, or has this already.",
    Contradiction "contradiction" CONFLICT "Values of the right form contradict each other, their check digits or their own syntax.",
    BedsHeld "beds_held" CONFLICT "More beds are held than the vacancy would keep.",
    VacancyWithdrawn "vacancy_withdrawn" CONFLICT "The vacancy has been withdrawn.",
    UnitEnded "unit_ended" CONFLICT "The unit has ended.",
    StructureEnded "structure_ended" CONFLICT "The structure has ended.",
    PeopleThere "people_there" CONFLICT "People are coming there or live there.",
    TooManyVacancies "too_many_vacancies" CONFLICT "The unit has as many vacancies as it may have.",
    RequestClosed "request_closed" CONFLICT "The request is closed.",
    RequestPlaced "request_placed" CONFLICT "The people of this request have a place.",
    RequestHeld "request_held" CONFLICT "A bed is held for the people of this request.",
    NotEligible "not_eligible" CONFLICT "The place cannot take these people: `rules` says why.",
    NoBedLeft "no_bed_left" CONFLICT "As many beds are no longer free.",
    TooManyReferrals "too_many_referrals" CONFLICT "The request has as many open referrals as it may have.",
    TooManyHolds "too_many_holds" CONFLICT "The request holds as many places as it may before an answer.",
    AlreadyAsked "already_asked" CONFLICT "The request is put to this vacancy already.",
    NoHoldBeforeAnswer "no_hold_before_answer" CONFLICT "The place keeps no bed before it has answered.",
    AssessmentMissing "assessment_missing" CONFLICT "A lone minor needs a first best-interest assessment before this.",
    AuthorityNotTold "authority_not_told" CONFLICT "Nobody in child protection or the prosecutor's office was told of a lone minor, nor did anybody try.",
    RequestNotClosed "request_not_closed" CONFLICT "The request is not closed.",
    NotLent "not_lent" CONFLICT "The request is in nobody else's hands.",
    TooManyNotes "too_many_notes" CONFLICT "The request has as many notes as it may have.",
    NothingToLift "nothing_to_lift" CONFLICT "The person refused nothing here, or has changed her mind already.",
    CodeNotValid "code_not_valid" CONFLICT "There is no such code, or it was used or has run out.",
    TooManyLinks "too_many_links" CONFLICT "The request is kept apart from as many as it may be.",
    KeptApart "kept_apart" CONFLICT "Somebody whom these people must not meet is there or near.",
    LinkEnded "link_ended" CONFLICT "The link was ended.",
    NoSuchRequest "no_such_request" CONFLICT "There is no such request among those you may plan.",
    PlanTooLarge "plan_too_large" CONFLICT "There are more requests or lines than one command takes.",
    PlanRunning "plan_running" CONFLICT "The plan is not there yet.",
    PlanFailed "plan_failed" CONFLICT "The plan came to nothing.",
    NoSuchLine "no_such_line" CONFLICT "The plan places no such request of yours.",
    LineConfirmed "line_confirmed" CONFLICT "This line of the plan was confirmed before.",
    ReferralAsked "referral_asked" CONFLICT "The referral waits for an answer.",
    ReferralAcknowledged "referral_acknowledged" CONFLICT "The referral has been seen and waits for an answer.",
    ReferralAccepted "referral_accepted" CONFLICT "The referral is accepted and waits for a confirmation.",
    ReferralConfirmed "referral_confirmed" CONFLICT "The referral is confirmed: the people are coming.",
    ReferralArrived "referral_arrived" CONFLICT "The people have arrived.",
    ReferralEnded "referral_ended" CONFLICT "The stay is over.",
    ReferralDeclined "referral_declined" CONFLICT "The referral was declined.",
    ReferralSuperseded "referral_superseded" CONFLICT "The people go elsewhere.",
    ReferralNoShow "referral_no_show" CONFLICT "The people did not come.",
    ReferralTurnedAway "referral_turned_away" CONFLICT "The people stood at the door and were not let in.",
    ReferralWithdrawn "referral_withdrawn" CONFLICT "The referral was taken back.",
    ReferralExpired "referral_expired" CONFLICT "Nobody acted before the deadline of the referral.",
    UndoTooLate "undo_too_late" CONFLICT "The last command is not taken back any more, or there is none to take back.",
    NothingToNote "nothing_to_note" CONFLICT "There is no such call or end to note, or it was noted before.",
    NothingToContradict "nothing_to_contradict" CONFLICT "Nothing was written down after a phone call that is not contradicted already.",
    AddressNotGiven "address_not_given" CONFLICT "The address is not given now: the structure has not chosen it, or the people are not expected by its own word.",
    AddressShown "address_shown" CONFLICT "The address was shown to this account before.",
    LinkExpired "link_expired" GONE "The link was good until a moment that has passed.",
    EtagMismatch "etag_mismatch" PRECONDITION_FAILED "The record has changed since it was read.",
    BodyTooSlow "body_too_slow" REQUEST_TIMEOUT "The body did not arrive in time.",
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is larger than this service reads.",
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body must be application/json.",
    InvalidBody "invalid_body" UNPROCESSABLE_ENTITY "A field of the body is missing, unknown or wrong.",
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY "This Idempotency-Key was used for another command.",
    IfMatchMissing "if_match_missing" PRECONDITION_REQUIRED "An edit needs an If-Match header with the record's ETag.",
    RateLimited "rate_limited" TOO_MANY_REQUESTS "More requests came than their limit allows; Retry-After says when to come back.",
    QuotaExceeded "quota_exceeded" TOO_MANY_REQUESTS "A quota of the account or of its organisation is used up; `quota` says which, and until when.",
    Internal "internal" INTERNAL_SERVER_ERROR "Something failed on our side; the instance identifies it in the log.",
    Unavailable "unavailable" SERVICE_UNAVAILABLE "The database is busy or away; nothing was changed.",
    KeysUnavailable "keys_unavailable" SERVICE_UNAVAILABLE "The key store is away: nothing that is sealed is opened, and nothing was changed.",
    OutcomeUnknown "outcome_unknown" SERVICE_UNAVAILABLE "Whether it was done is not known: send it again under the same key.",
}

crate::schemas::schemas! {
    /// Schema of [`Code`].
    ProblemCode => crate::schemas::enumeration(Code::ALL.iter().map(|code| code.as_str()), "The stable code of a problem.");
}

/// A refusal or failure, on its way to the caller.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    rules: Vec<Rule>,
    quota: Option<Box<Exceeded>>,
    allow: Option<Box<str>>,
    /// What the log says of a failure; the caller never learns it.
    cause: Option<Box<str>>,
}

/// One wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer to the field of the body, such as `/household/0/age`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String, example = "/household/0/age")]
    pointer: Option<String>,
    /// Name of the parameter of the path, the query or a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = String, example = "limit")]
    parameter: Option<String>,
    /// What is wrong and what would be right.
    #[schema(example = "must be a whole number from 0 to 120")]
    detail: String,
}

/// An error body (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:havre:problem:` and the code.
    #[schema(example = "urn:havre:problem:not_found")]
    r#type: String,
    /// What the code means; the same for every occurrence.
    #[schema(example = "There is no such record among those you may see.")]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// What happened this time and what to do about it.
    #[schema(example = "No structure has this id, or it is not yours to see.")]
    detail: String,
    /// `urn:uuid:` of the request, which is also its `X-Request-Id`; the log names it too.
    #[schema(example = "urn:uuid:0192f0c1-2d3e-7a4b-8c5d-6e7f80910213")]
    instance: String,
    /// The stable code: what programs decide by.
    #[schema(value_type = ProblemCode)]
    code: &'static str,
    /// The wrong fields, all that are known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FieldError>,
    /// With `not_eligible`: the rules that the place fails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false, value_type = Vec<crate::schemas::Rule>)]
    rules: Vec<Rule>,
    /// With `quota_exceeded`: which quota, whose, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, value_type = Exceeded)]
    quota: Option<Box<Exceeded>>,
}

impl Problem {
    /// A problem with what happened this time.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), rules: Vec::new(), quota: None, allow: None, cause: None }
    }

    /// The one answer for a record that is not there and for one that may not be seen.
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("No {what} has this id, or it is not yours to see."))
    }

    /// Our fault: the caller learns an id, the log the cause.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::new(Code::Internal, "Nothing was changed. Report the instance to whoever runs this service.").because(cause)
    }

    /// The same with the rules that a place fails.
    pub fn with_rules(self, rules: Vec<Rule>) -> Self {
        Self { rules, ..self }
    }

    /// The same with the quota that is used up.
    pub fn with_quota(self, quota: Exceeded) -> Self {
        Self { quota: Some(Box::new(quota)), ..self }
    }

    /// With `quota_exceeded`: the quota that is used up.
    pub fn quota(&self) -> Option<&Exceeded> {
        self.quota.as_deref()
    }

    /// The same with what the log is to say.
    fn because(self, cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string().into()), ..self }
    }

    /// A wrong parameter of the path, the query or a header.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::parameters([(name.to_owned(), detail.into())])
    }

    /// All wrong parameters that are known.
    pub fn parameters(parameters: impl IntoIterator<Item = (String, String)>) -> Self {
        let parameters: Vec<_> = parameters.into_iter().collect();
        let detail = parameters.iter().map(|(name, why)| format!("{name}: {why}")).collect::<Vec<_>>().join("; ");
        let errors =
            parameters.into_iter().map(|(name, detail)| FieldError { pointer: None, parameter: Some(name), detail }).collect();
        Self { errors, ..Self::new(Code::InvalidParameter, detail) }
    }

    /// A wrong field of the body; `field` is a path such as `household[0].age`.
    pub fn field(code: Code, field: &str, detail: impl Into<String>) -> Self {
        Self::fields(code, [(field.to_owned(), detail.into())])
    }

    /// All wrong fields of the body that are known.
    pub fn fields(code: Code, fields: impl IntoIterator<Item = (String, String)>) -> Self {
        let fields: Vec<_> = fields.into_iter().collect();
        let name = |field: &str| if field.is_empty() { "the body" } else { field }.to_owned();
        let detail = fields.iter().map(|(field, why)| format!("{}: {why}", name(field))).collect::<Vec<_>>().join("; ");
        let errors = fields
            .into_iter()
            .map(|(field, detail)| FieldError { pointer: Some(json_pointer(&field)), parameter: None, detail })
            .collect();
        Self { code, detail, errors, rules: Vec::new(), quota: None, allow: None, cause: None }
    }

    /// Names the methods a path answers.
    pub fn with_allow(mut self, methods: String) -> Self {
        self.allow = Some(methods.into());
        self
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What happened this time.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// With `not_eligible`: the rules that fail.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The wrong fields of a body, as pointers, with what is wrong.
    pub fn wrong_fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.errors.iter().filter_map(|error| Some((error.pointer.as_deref()?, error.detail.as_str())))
    }
}

/// `household[0].age` as a JSON pointer (RFC 6901): `/household/0/age`.
pub fn json_pointer(field: &str) -> String {
    if field.is_empty() {
        return String::new();
    }
    let mut pointer = String::from("/");
    for character in field.chars() {
        match character {
            '.' | '[' => pointer.push('/'),
            ']' => {}
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
    pointer
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// Without a body: [`answer`] writes it, and knows of which request it is.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.code.status());
        for (name, value) in self.headers() {
            response.insert_header((name, value));
        }
        response.finish()
    }
}

impl Problem {
    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = Vec::new();
        match self.code {
            Code::Unauthenticated => {
                headers.push((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"havre\"")));
            }
            // Beyond a limit of requests a middleware says it to the second.
            Code::RateLimited => headers.push((header::RETRY_AFTER, limits::STREAM_RETRY_AFTER_S.into())),
            Code::Unavailable | Code::KeysUnavailable | Code::OutcomeUnknown => {
                headers.push((header::RETRY_AFTER, limits::RETRY_AFTER_S.into()))
            }
            _ => {}
        }
        if let Some(quota) = &self.quota {
            headers.push((header::RETRY_AFTER, quota.wait_s.into()));
        }
        if let Some(allow) = self.allow.as_deref().and_then(|methods| HeaderValue::from_str(methods).ok()) {
            headers.push((header::ALLOW, allow));
        }
        headers
    }

    fn body(&self, instance: String) -> ProblemBody {
        ProblemBody {
            r#type: format!("urn:havre:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            instance,
            code: self.code.as_str(),
            errors: self.errors.clone(),
            rules: self.rules.clone(),
            quota: self.quota.clone(),
        }
    }

    /// Says in the log, once and within the span of its request, what went wrong.
    pub fn log(&self, request: &HttpRequest) {
        if self.code.status() == StatusCode::FORBIDDEN {
            return self.log_refusal(request);
        }
        match (&self.cause, self.code.status().is_server_error()) {
            (Some(cause), true) => tracing::error!(code = self.code.as_str(), cause = &**cause, "answered with a failure"),
            (_, true) => tracing::error!(code = self.code.as_str(), detail = self.detail, "answered with a failure"),
            _ => tracing::debug!(code = self.code.as_str(), "refused"),
        }
    }

    /// Who tries what is not theirs is seen: the account and the operation, and nothing of what was sent.
    fn log_refusal(&self, request: &HttpRequest) {
        let code = self.code.as_str();
        match request.extensions().get::<Known>() {
            Some(known) => {
                let operation = operations::of(request).map_or("none", |spec| spec.id);
                tracing::info!(code, account = %known.caller.account, operation, "refused to somebody who is known");
            }
            None => tracing::debug!(code, "refused"),
        }
    }

    /// The problem that a response carries, if it carries one that nobody has put into words yet.
    pub fn of<B>(response: &ServiceResponse<B>) -> Option<Self> {
        response.response().error().and_then(|error| error.as_error::<Self>()).cloned()
    }
}

/// Gives every answer the id of its request, and what was refused or failed its body: the one place where a problem becomes JSON.
pub async fn answer<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, actix_web::Error> {
    let id = telemetry::request_id(request.request());
    let response = next.call(request).await?;
    let mut response = match Problem::of(&response) {
        None => response.map_into_left_body(),
        Some(problem) => {
            problem.log(response.request());
            let mut explained = HttpResponse::build(response.status());
            explained.content_type("application/problem+json");
            for (name, value) in response.headers().iter().filter(|(name, _)| *name != header::CONTENT_TYPE) {
                explained.append_header((name.clone(), value.clone()));
            }
            response.into_response(explained.json(problem.body(id.urn().to_string()))).map_into_right_body()
        }
    };
    let text = id.to_string();
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(HeaderName::from_static(telemetry::REQUEST_ID), value);
    }
    Ok(response)
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Denied(denied) => denied.into(),
            Failure::Db(error) => error.into(),
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Conflict(why) | DbError::Busy(why) => {
                Self::new(Code::Unavailable, "Others are writing. Nothing was changed; ask again.").because(why)
            }
            DbError::Unavailable(why) => {
                Self::new(Code::Unavailable, "The database does not answer. Nothing was changed; ask again.").because(why)
            }
            DbError::KeysUnavailable(why) => {
                let detail = "The key store does not answer, so that nothing sealed can be read or written. Ask again later.";
                Self::new(Code::KeysUnavailable, detail).because(why)
            }
            DbError::OutcomeUnknown(why) => {
                let detail = "The database went away while it wrote. Send the same again under the same key; an edit without a key: read \
                              the record first.";
                Self::new(Code::OutcomeUnknown, detail).because(why)
            }
            DbError::NotFound | DbError::Constraint(_) => match Failure::from(error) {
                Failure::Denied(denied) => denied.into(),
                Failure::Db(error) => Self::internal(error),
            },
            DbError::Migration(_) | DbError::SchemaTooNew(_) | DbError::Damaged(_) | DbError::Other(_) => Self::internal(error),
        }
    }
}
