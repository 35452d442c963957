//! Every operation of the service, API and pages, in one table: method, path, who may, what a stranger gets, what is noted as read, and how it
//! may be refused. Routes, the document, permissions, the names of commands and the sweep of the tests come from it: what does not stand here
//! does not exist.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, Resource, Route};

use super::auth::{authenticate, recognise};
use super::http;
use super::pages;
use super::problem::{Code, Problem};
use super::throttle::throttle;
use crate::domain::{RecordKind, Role, Scope};

/// A row of the table.
#[derive(Debug)]
pub struct Spec {
    /// The operationId; of a page its name in the log of reads.
    pub id: &'static str,
    /// For tools or for people.
    pub surface: Surface,
    /// The method.
    pub method: Method,
    /// The path, with its parameters.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    /// With which scopes a tool may, as far as its organisation gives it one of the roles; none: people only.
    pub scopes: &'static [Scope],
    /// What someone of a role that may, but of another organisation, gets on a record of this one.
    pub stranger: Stranger,
    /// The kinds of record that are noted as read when it answers.
    pub notes: &'static [RecordKind],
    /// How it may be refused, beside what follows from what it takes (a token, an id, a body, a key, a tag).
    pub refusals: &'static [Code],
    route: fn(Method) -> Route,
    document: Option<fn() -> utoipa::openapi::path::Operation>,
}

impl Spec {
    /// What the document says of it; nothing of a page.
    pub fn document(&self) -> Option<utoipa::openapi::path::Operation> {
        self.document.map(|document| document())
    }
}

/// What a request costs of the limits of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// One.
    One,
    /// More, the more records are wanted.
    List,
    /// A look at the whole registry.
    Ranking,
    /// What is worked out over many records.
    Heavy,
}

impl Spec {
    /// What it costs: of lists all whose name says so.
    pub fn cost(&self) -> Cost {
        match self.id {
            "rankForRequest" | "rankAdHoc" | "showContact" => Cost::Ranking,
            _ if self.id == ShowProposals::SPEC.id || self.id == ShowRequestPlaces::SPEC.id => Cost::Ranking,
            "createPlan" | "confirmPlan" | "registryExport" => Cost::Heavy,
            _ if self.id.starts_with("list") => Cost::List,
            _ => Cost::One,
        }
    }
}

/// For whom an operation is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Tools: JSON, a token.
    Api,
    /// People: HTML, a session.
    Page,
}

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody.
    Anyone,
    /// Whoever holds the link of a mail, whose token stands in the path.
    Mailed,
    /// Those who have one of these roles.
    Roles(&'static [Role]),
}

/// What a stranger gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// There is no record in the path.
    NoRecord,
    /// The record: it is for all of the role.
    Sees,
    /// As if it were not there.
    Hidden,
    /// The same also of the own organisation, but from those whose homes they are and from whoever's office reaches there: the regulator of a
    /// door, a SIAO or a 115 that names the department.
    HiddenWithoutOffice,
    /// The same also of the own organisation, but only from whose office does not reach there: the coordination sees all that is not its own.
    HiddenButFromCoordination,
    /// The same as `Hidden`, but only providers, who see their own homes alone; for the other roles it is as `Sees`.
    HiddenFromProviders,
    /// The same, but only managers, who keep their own people alone; for administrators it is as `Sees`.
    HiddenFromManagers,
}

/// An operation as a type: what a handler's signature says that its caller may do.
pub trait Operation: 'static {
    /// Its row.
    const SPEC: &'static Spec;
}

use Stranger::{Hidden, HiddenButFromCoordination, HiddenFromManagers, HiddenFromProviders, HiddenWithoutOffice, NoRecord, Sees};
use Who::{Anyone, Mailed, Roles};

const REGISTRY_READERS: Who = Roles(&[Role::Referent, Role::Provider, Role::Regulator, Role::Coordinator, Role::Partner]);
const ORGANISATION_READERS: Who =
    Roles(&[Role::Referent, Role::Provider, Role::Regulator, Role::Coordinator, Role::Partner, Role::Administrator, Role::Manager]);
/// Whom others call: they keep their organisation's numbers right themselves.
const OWN_CONTACT: Who = Roles(&[Role::Referent, Role::Provider, Role::Regulator]);
/// Who keeps people and tools: of the own organisation, or of all.
const KEEPERS: Who = Roles(&[Role::Manager, Role::Administrator]);
const MANAGERS: Who = Roles(&[Role::Manager]);
/// Who is on duty.
const WORKING: Who = Roles(&[Role::Referent, Role::Provider, Role::Regulator, Role::Coordinator]);
/// Who keeps the public numbers of the doors right.
const DOOR_KEEPERS: Who = Roles(&[Role::Coordinator, Role::Administrator]);
const ADMINISTRATORS: Who = Roles(&[Role::Administrator]);
/// Who sits with the person.
const REFERENTS: Who = Roles(&[Role::Referent]);
const PROVIDERS: Who = Roles(&[Role::Provider]);
/// Who says what is free: the association, and on its word a SIAO or a 115.
const DECLARERS: Who = Roles(&[Role::Provider, Role::Regulator]);
const ASKERS: Who = Roles(&[Role::Referent, Role::Partner]);
const PLANNERS: Who = Roles(&[Role::Referent, Role::Coordinator, Role::Partner]);
const BOTH_SIDES: Who = Roles(&[Role::Referent, Role::Provider, Role::Regulator, Role::Partner]);
const ADDRESSEES: Who = Roles(&[Role::Provider, Role::Regulator]);
const COORDINATORS: Who = Roles(&[Role::Coordinator]);
/// Who may vouch for homes: the coordination, a SIAO and a 115 in their departments, whoever is on duty there, the regulator of a door.
const VOUCHERS: Who = Roles(&[Role::Coordinator, Role::Referent, Role::Provider, Role::Regulator]);
const REGULATORS: Who = Roles(&[Role::Regulator]);
const EVERY_ROLE: Who = Roles(<Role as matcher::Code>::ALL);
const AUDITORS: Who = Roles(&[Role::Auditor]);
/// Who runs homes, keeps a door of theirs, or declares on their word.
const OFFICES: Who = Roles(&[Role::Provider, Role::Regulator]);

/// The states a command on a referral may find it in.
const IN_STATE: &[Code] = &[
    Code::ReferralAsked,
    Code::ReferralAcknowledged,
    Code::ReferralAccepted,
    Code::ReferralConfirmed,
    Code::ReferralArrived,
    Code::ReferralEnded,
    Code::ReferralDeclined,
    Code::ReferralSuperseded,
    Code::ReferralNoShow,
    Code::ReferralTurnedAway,
    Code::ReferralWithdrawn,
    Code::ReferralExpired,
];

/// The same of what a remembered telephone does with the referral of its link, which may be over.
const REMEMBERED: &[Code] = &[
    Code::LinkExpired,
    Code::RoleNotAllowed,
    Code::ReferralAsked,
    Code::ReferralAcknowledged,
    Code::ReferralAccepted,
    Code::ReferralConfirmed,
    Code::ReferralArrived,
    Code::ReferralEnded,
    Code::ReferralDeclined,
    Code::ReferralSuperseded,
    Code::ReferralNoShow,
    Code::ReferralTurnedAway,
    Code::ReferralWithdrawn,
    Code::ReferralExpired,
    Code::NothingToContradict,
    Code::NotEligible,
    Code::NoBedLeft,
    Code::VacancyWithdrawn,
    Code::KeptApart,
];

/// The same, and what the rules say when they are asked again.
const ANSWER: &[Code] = &[
    Code::ReferralAccepted,
    Code::ReferralConfirmed,
    Code::ReferralArrived,
    Code::ReferralEnded,
    Code::ReferralDeclined,
    Code::ReferralSuperseded,
    Code::ReferralNoShow,
    Code::ReferralTurnedAway,
    Code::ReferralWithdrawn,
    Code::ReferralExpired,
    Code::NotEligible,
    Code::NoBedLeft,
    Code::VacancyWithdrawn,
    Code::KeptApart,
    Code::QuotaExceeded,
];

/// The states in which a link in a mail may find a referral whose answer is not to be given any more.
const ANSWER_BY_LINK: &[Code] = &[
    Code::LinkExpired,
    Code::RoleNotAllowed,
    Code::ReferralAcknowledged,
    Code::ReferralAccepted,
    Code::ReferralConfirmed,
    Code::ReferralArrived,
    Code::ReferralEnded,
    Code::ReferralDeclined,
    Code::ReferralNoShow,
];

/// The same, and what the rules say when they are asked again.
const ACCEPT_BY_LINK: &[Code] = &[
    Code::LinkExpired,
    Code::RoleNotAllowed,
    Code::ReferralAccepted,
    Code::ReferralConfirmed,
    Code::ReferralArrived,
    Code::ReferralEnded,
    Code::ReferralDeclined,
    Code::ReferralNoShow,
    Code::NotEligible,
    Code::NoBedLeft,
    Code::VacancyWithdrawn,
    Code::KeptApart,
];

/// The same of a confirmation.
const CONFIRM: &[Code] = &[
    Code::ReferralAsked,
    Code::ReferralAcknowledged,
    Code::ReferralConfirmed,
    Code::ReferralArrived,
    Code::ReferralEnded,
    Code::ReferralDeclined,
    Code::ReferralSuperseded,
    Code::ReferralNoShow,
    Code::ReferralTurnedAway,
    Code::ReferralWithdrawn,
    Code::ReferralExpired,
    Code::NotEligible,
    Code::AssessmentMissing,
    Code::AuthorityNotTold,
];

/// The same of one that is put again.
const REVIVE: &[Code] = &[
    Code::ReferralAsked,
    Code::ReferralAcknowledged,
    Code::ReferralAccepted,
    Code::ReferralConfirmed,
    Code::ReferralArrived,
    Code::ReferralEnded,
    Code::ReferralDeclined,
    Code::ReferralSuperseded,
    Code::ReferralNoShow,
    Code::ReferralTurnedAway,
    Code::ReferralWithdrawn,
    Code::ReferralExpired,
    Code::RequestClosed,
    Code::RequestPlaced,
    Code::AlreadyAsked,
    Code::TooManyReferrals,
    Code::NotEligible,
    Code::NoBedLeft,
    Code::VacancyWithdrawn,
    Code::QuotaExceeded,
    Code::NotVouchedFor,
];

/// The same of a referral that is put to another unit.
const MOVE: &[Code] = &[
    Code::ReferralArrived,
    Code::ReferralEnded,
    Code::ReferralDeclined,
    Code::ReferralSuperseded,
    Code::ReferralNoShow,
    Code::ReferralTurnedAway,
    Code::ReferralWithdrawn,
    Code::ReferralExpired,
    Code::AlreadyAsked,
    Code::NotEligible,
    Code::NoBedLeft,
    Code::VacancyWithdrawn,
    Code::KeptApart,
    Code::NotVouchedFor,
];

macro_rules! operations {
    (
        api { $($name:ident $id:literal $method:ident $path:literal $who:ident $scopes:ident $stranger:ident [$($kind:ident)*] $refusals:expr => $module:ident :: $handler:ident;)* }
        pages { $($page:ident $page_id:literal $page_method:ident $page_path:literal $page_who:ident $page_stranger:ident [$($page_kind:ident)*] $(but $page_refusal:ident)* $(among $page_refusals:ident)? => $page_module:ident :: $page_handler:ident;)* }
        forms { $($form_path:literal as $form_of:ident => $form_module:ident :: $form_handler:ident;)* }
    ) => { pastey::paste! {
        $(
            #[doc = "`" $id "`"]
            pub struct $name;

            impl Operation for $name {
                const SPEC: &'static Spec = &Spec {
                    id: $id,
                    surface: Surface::Api,
                    method: Method::$method,
                    path: concat!("/api/v1", $path),
                    who: $who,
                    scopes: $scopes,
                    stranger: $stranger,
                    notes: &[$(RecordKind::$kind),*],
                    refusals: $refusals,
                    route: |method| web::method(method).to(http::$module::$handler),
                    document: Some(described::<http::$module::[<__path_ $handler>]>),
                };
            }
        )*
        $(
            #[doc = "The page `" $page_path "`."]
            pub struct $page;

            impl Operation for $page {
                const SPEC: &'static Spec = &Spec {
                    id: $page_id,
                    surface: Surface::Page,
                    method: Method::$page_method,
                    path: $page_path,
                    who: $page_who,
                    scopes: PEOPLE,
                    stranger: $page_stranger,
                    notes: &[$(RecordKind::$page_kind),*],
                    refusals: either(&[$(Code::$page_refusal),*], &[$($page_refusals),*]),
                    route: |method| web::method(method).to(pages::$page_module::$page_handler),
                    document: None,
                };
            }
        )*

        /// What the handlers say of themselves: the schemas that the document needs. Paths come from the table.
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($(http::$module::$handler),*))]
        pub(super) struct Handlers;

        /// The whole table, in its order.
        pub const ALL: &[&Spec] = &[
            $($name::SPEC,)*
            $($page::SPEC,)*
            // A form of a page gives the very command of the API, and nobody else may.
            $(&Spec {
                surface: Surface::Page,
                method: Method::POST,
                path: $form_path,
                scopes: PEOPLE,
                notes: &[],
                route: |method| web::method(method).to(pages::$form_module::$form_handler),
                document: None,
                ..*$form_of::SPEC
            },)*
        ];
    }};
}

const NONE: &[Code] = &[];

/// The refusals of a page: those that its row names, or a list that it shares with others.
const fn either(named: &'static [Code], shared: &[&'static [Code]]) -> &'static [Code] {
    if let [list, ..] = shared { list } else { named }
}

/// No tool that is bound to scopes.
const PEOPLE: &[Scope] = &[];
/// What is read of the registry, by whomever for.
const HOMES: &[Scope] = &[Scope::Registry, Scope::Vacancies, Scope::Requests];
const VACANCIES: &[Scope] = &[Scope::Vacancies];
const REQUESTS: &[Scope] = &[Scope::Requests];
const REFERRALS: &[Scope] = &[Scope::Referrals];
const EVENTS: &[Scope] = &[Scope::Events];
/// Where something is: whatever a tool does, it may have to say.
const ANY: &[Scope] = <Scope as matcher::Code>::ALL;

/// What a handler says of its operation; utoipa keeps the tag apart from it.
fn described<H: utoipa::Path + utoipa::__dev::Tags<'static>>() -> utoipa::openapi::path::Operation {
    let mut operation = H::operation();
    operation.tags = Some(H::tags().into_iter().map(ToOwned::to_owned).collect());
    operation
}

operations! {
    api {
        RankForRequest "rankForRequest" POST "/requests/{request_id}/rank" ASKERS REQUESTS Hidden [Request Structure] &[Code::RequestClosed, Code::QuotaExceeded] => rankings::for_request;
        ShowContact "showContact" POST "/requests/{request_id}/contacts" REFERENTS REQUESTS Hidden [Request Structure] &[Code::RequestClosed, Code::QuotaExceeded] => rankings::show_contact;
        RankAdHoc "rankAdHoc" POST "/rank" ASKERS REQUESTS NoRecord [] &[Code::QuotaExceeded] => rankings::ad_hoc;

        CreateRequest "createRequest" POST "/requests" ASKERS REQUESTS NoRecord [Request] &[Code::QuotaExceeded] => requests::create;
        ListRequests "listRequests" GET "/requests" ASKERS REQUESTS NoRecord [Request] NONE => requests::list;
        GetRequest "getRequest" GET "/requests/{request_id}" ASKERS REQUESTS Hidden [Request] NONE => requests::get;
        UpdateRequest "updateRequest" PUT "/requests/{request_id}" ASKERS REQUESTS Hidden [Request] &[Code::RequestClosed] => requests::update;
        CloseRequest "closeRequest" POST "/requests/{request_id}/close" ASKERS REQUESTS Hidden [Request] &[Code::RequestClosed] => requests::close;
        ReopenRequest "reopenRequest" POST "/requests/{request_id}/reopen" ASKERS REQUESTS Hidden [Request] &[Code::RequestNotClosed] => requests::reopen;
        CopyRequest "copyRequest" POST "/requests/{request_id}/copy" ASKERS REQUESTS Hidden [Request] &[Code::QuotaExceeded] => requests::copy;
        SplitRequest "splitRequest" POST "/requests/{request_id}/split" ASKERS REQUESTS Hidden [Request] &[Code::RequestClosed, Code::QuotaExceeded] => requests::split;
        ChangeAlias "changeAlias" POST "/requests/{request_id}/alias" ASKERS REQUESTS Hidden [Request] &[Code::RequestClosed] => requests::change_alias;
        AddNote "addNote" POST "/requests/{request_id}/notes" ASKERS REQUESTS Hidden [Request] &[Code::TooManyNotes] => requests::add_note;
        LendRequest "lendRequest" POST "/requests/{request_id}/lend" ASKERS REQUESTS Hidden [Request] &[Code::RequestClosed] => requests::lend;
        EndLending "endLending" POST "/requests/{request_id}/end-lending" ASKERS REQUESTS Hidden [Request] &[Code::NotLent] => requests::end_lending;
        GetDossier "getDossier" GET "/requests/{request_id}/dossier" REFERENTS PEOPLE Hidden [Request] NONE => dossiers::get;
        WithdrawAgreement "withdrawAgreement" POST "/requests/{request_id}/withdraw-agreement" ASKERS REQUESTS Hidden [] NONE => requests::withdraw_agreement;

        CreateKeepApartCode "createKeepApartCode" POST "/requests/{request_id}/keep-apart-codes" ASKERS REQUESTS Hidden [] &[Code::RequestClosed] => keep_apart::create_code;
        ListKeepApartLinks "listKeepApartLinks" GET "/requests/{request_id}/keep-apart-links" ASKERS REQUESTS Hidden [] NONE => keep_apart::list;
        CreateKeepApartLink "createKeepApartLink" POST "/requests/{request_id}/keep-apart-links" ASKERS REQUESTS Hidden [] &[Code::RequestClosed, Code::CodeNotValid, Code::TooManyLinks, Code::QuotaExceeded] => keep_apart::create_link;
        EndKeepApartLink "endKeepApartLink" POST "/requests/{request_id}/keep-apart-links/{link_id}/end" ASKERS REQUESTS Hidden [] &[Code::LinkEnded, Code::QuotaExceeded] => keep_apart::end_link;
        EndAnyKeepApartLink "endAnyKeepApartLink" POST "/keep-apart-links/{link_id}/end" COORDINATORS PEOPLE Sees [] &[Code::LinkEnded, Code::QuotaExceeded] => keep_apart::end_any_link;

        CreateReferral "createReferral" POST "/requests/{request_id}/referrals" ASKERS REQUESTS Hidden [Request] &[Code::RequestClosed, Code::RequestPlaced, Code::VacancyWithdrawn, Code::NotEligible, Code::NoBedLeft, Code::AlreadyAsked, Code::NoHoldBeforeAnswer, Code::NotVouchedFor, Code::TooManyReferrals, Code::TooManyHolds, Code::QuotaExceeded] => referrals::create;
        ListReferrals "listReferrals" GET "/referrals" BOTH_SIDES REFERRALS NoRecord [Request Structure] NONE => referrals::list;
        GetReferral "getReferral" GET "/referrals/{referral_id}" BOTH_SIDES REFERRALS Hidden [Request Structure] NONE => referrals::get;
        AcknowledgeReferral "acknowledgeReferral" POST "/referrals/{referral_id}/acknowledge" ADDRESSEES REFERRALS Hidden [Request] IN_STATE => referrals::acknowledge;
        ShowAddress "showAddress" POST "/referrals/{referral_id}/address" REFERENTS PEOPLE Hidden [Structure] &[Code::AddressNotGiven, Code::AddressShown] => referrals::show_address;
        AffirmReferral "affirmReferral" POST "/referrals/{referral_id}/affirm" ADDRESSEES REFERRALS Hidden [Request] &[Code::NothingToContradict] => referrals::affirm;
        AcceptReferral "acceptReferral" POST "/referrals/{referral_id}/accept" BOTH_SIDES REFERRALS Hidden [Request] ANSWER => referrals::accept;
        DeclineReferral "declineReferral" POST "/referrals/{referral_id}/decline" BOTH_SIDES REFERRALS Hidden [Request] IN_STATE => referrals::decline;
        ConfirmReferral "confirmReferral" POST "/referrals/{referral_id}/confirm" ASKERS REFERRALS Hidden [Request] CONFIRM => referrals::confirm;
        RecordArrival "recordArrival" POST "/referrals/{referral_id}/arrival" BOTH_SIDES REFERRALS Hidden [Request] IN_STATE => referrals::record_arrival;
        RecordNoShow "recordNoShow" POST "/referrals/{referral_id}/no-show" BOTH_SIDES REFERRALS Hidden [Request] IN_STATE => referrals::record_no_show;
        RecordTurnedAway "recordTurnedAway" POST "/referrals/{referral_id}/turned-away" ASKERS REFERRALS Hidden [Request] IN_STATE => referrals::record_turned_away;
        WithdrawReferral "withdrawReferral" POST "/referrals/{referral_id}/withdraw" ASKERS REFERRALS Hidden [Request] IN_STATE => referrals::withdraw;
        LiftRefusal "liftRefusal" POST "/referrals/{referral_id}/lift-refusal" ASKERS REFERRALS Hidden [Request] &[Code::NothingToLift] => referrals::lift_refusal;
        EndStay "endStay" POST "/referrals/{referral_id}/end" BOTH_SIDES REFERRALS Hidden [Request] IN_STATE => referrals::end_stay;
        UndoReferral "undoReferral" POST "/referrals/{referral_id}/undo" BOTH_SIDES REFERRALS Hidden [Request] &[Code::UndoTooLate, Code::NoBedLeft, Code::BedsHeld, Code::UnitEnded] => referrals::undo;
        ContradictReferral "contradictReferral" POST "/referrals/{referral_id}/contradict" ADDRESSEES REFERRALS Hidden [Request] &[Code::NothingToContradict] => referrals::contradict;
        RecordCall "recordCall" POST "/referrals/{referral_id}/call-made" BOTH_SIDES REFERRALS Hidden [Request] &[Code::NothingToNote] => taking_note::record_call;
        NoteOutcome "noteOutcome" POST "/referrals/{referral_id}/outcome-noted" ASKERS REFERRALS Hidden [Request] &[Code::NothingToNote] => taking_note::note_outcome;
        StopReferral "stopReferral" POST "/referrals/{referral_id}/stop" COORDINATORS PEOPLE Sees [] IN_STATE => keep_apart::stop;
        ReviveReferral "reviveReferral" POST "/referrals/{referral_id}/revive" ASKERS REFERRALS Hidden [Request] REVIVE => referrals::revive;
        ListOtherPlaces "listOtherPlaces" GET "/referrals/{referral_id}/other-places" REGULATORS REFERRALS Hidden [Request] NONE => rankings::other_places;
        MoveReferral "moveReferral" POST "/referrals/{referral_id}/move" REGULATORS REFERRALS Hidden [Request] MOVE => referrals::move_along;
        OpenLink "openLink" GET "/links/{token}" Mailed PEOPLE NoRecord [Request Structure] &[Code::LinkExpired] => mailed_links::open;
        ConfirmVacancyByLink "confirmVacancyByLink" POST "/links/{token}/confirm-vacancy" Mailed PEOPLE NoRecord [] &[Code::LinkExpired, Code::VacancyWithdrawn, Code::RoleNotAllowed] => mailed_links::confirm_vacancy;
        AcceptReferralByLink "acceptReferralByLink" POST "/links/{token}/accept" Mailed PEOPLE NoRecord [Request] ACCEPT_BY_LINK => mailed_links::accept;
        DeclineReferralByLink "declineReferralByLink" POST "/links/{token}/decline" Mailed PEOPLE NoRecord [Request] ANSWER_BY_LINK => mailed_links::decline;
        AcknowledgeReferralByLink "acknowledgeReferralByLink" POST "/links/{token}/acknowledge" Mailed PEOPLE NoRecord [Request] ANSWER_BY_LINK => mailed_links::acknowledge;
        CountVacancyByLink "countVacancyByLink" POST "/links/{token}/count-vacancy" Mailed PEOPLE NoRecord [] &[Code::LinkExpired, Code::VacancyWithdrawn, Code::BedsHeld, Code::EtagMismatch, Code::RoleNotAllowed] => mailed_links::count_vacancy;
        RecordTakenElsewhereByLink "recordTakenElsewhereByLink" POST "/links/{token}/taken-elsewhere" Mailed PEOPLE NoRecord [] &[Code::LinkExpired, Code::VacancyWithdrawn, Code::BedsHeld, Code::EtagMismatch, Code::RoleNotAllowed] => mailed_links::taken_elsewhere;
        UndoReferralByLink "undoReferralByLink" POST "/links/{token}/undo" Mailed PEOPLE NoRecord [Request] &[Code::LinkExpired, Code::UndoTooLate, Code::NoBedLeft, Code::BedsHeld, Code::UnitEnded, Code::RoleNotAllowed] => mailed_links::undo;
        ContradictReferralByLink "contradictReferralByLink" POST "/links/{token}/contradict" Mailed PEOPLE NoRecord [Request] &[Code::LinkExpired, Code::NothingToContradict, Code::RoleNotAllowed] => mailed_links::contradict;

        CreatePlan "createPlan" POST "/plans" PLANNERS REQUESTS NoRecord [Request] &[Code::NoSuchRequest, Code::RequestClosed, Code::RequestPlaced, Code::RequestHeld, Code::PlanTooLarge, Code::QuotaExceeded] => plans::create;
        GetPlan "getPlan" GET "/plans/{plan_id}" PLANNERS REQUESTS Hidden [Request] NONE => plans::get;
        ConfirmPlan "confirmPlan" POST "/plans/{plan_id}/confirm" ASKERS REQUESTS Hidden [] &[Code::PlanRunning, Code::PlanFailed, Code::NoSuchLine, Code::PlanTooLarge, Code::QuotaExceeded] => plans::confirm;

        DeclareVacancy "declareVacancy" POST "/units/{unit_id}/vacancies" DECLARERS VACANCIES Hidden [] &[Code::TooManyVacancies, Code::UnitEnded] => vacancies::declare;
        ListVacancies "listVacancies" GET "/units/{unit_id}/vacancies" OFFICES VACANCIES HiddenWithoutOffice [] NONE => vacancies::list;
        ListOwnVacancies "listOwnVacancies" GET "/vacancies" PROVIDERS VACANCIES NoRecord [] NONE => vacancies::list_own;
        GetVacancy "getVacancy" GET "/vacancies/{vacancy_id}" OFFICES VACANCIES HiddenWithoutOffice [] NONE => vacancies::get;
        UpdateVacancy "updateVacancy" PUT "/vacancies/{vacancy_id}" DECLARERS VACANCIES Hidden [] &[Code::VacancyWithdrawn, Code::BedsHeld] => vacancies::update;
        ConfirmVacancy "confirmVacancy" POST "/vacancies/{vacancy_id}/confirm" DECLARERS VACANCIES Hidden [] &[Code::VacancyWithdrawn] => vacancies::confirm;
        WithdrawVacancy "withdrawVacancy" POST "/vacancies/{vacancy_id}/withdraw" DECLARERS VACANCIES Hidden [] &[Code::VacancyWithdrawn, Code::BedsHeld] => vacancies::withdraw;
        RecordTakenElsewhere "recordTakenElsewhere" POST "/vacancies/{vacancy_id}/taken-elsewhere" DECLARERS VACANCIES Hidden [] &[Code::VacancyWithdrawn, Code::BedsHeld] => vacancies::record_taken_elsewhere;

        CreateUnit "createUnit" POST "/structures/{structure_id}/units" PROVIDERS VACANCIES Hidden [] &[Code::StructureEnded] => units::create;
        ListUnits "listUnits" GET "/units" REGISTRY_READERS HOMES NoRecord [] NONE => units::list;
        CountUnits "countUnits" GET "/units/counts" EVERY_ROLE ANY NoRecord [] NONE => units::count;
        ListUnitsToVouchFor "listUnitsToVouchFor" GET "/units/to-vouch-for" VOUCHERS PEOPLE NoRecord [Structure] NONE => vouching::list;
        VouchForUnit "vouchForUnit" POST "/units/{unit_id}/vouch" VOUCHERS PEOPLE HiddenButFromCoordination [] &[Code::UnitEnded, Code::NothingToVouchFor] => vouching::vouch;
        GetUnit "getUnit" GET "/units/{unit_id}" REGISTRY_READERS HOMES HiddenFromProviders [] NONE => units::get;
        UpdateUnit "updateUnit" PUT "/units/{unit_id}" PROVIDERS VACANCIES Hidden [] &[Code::UnitEnded] => units::update;
        EndUnit "endUnit" POST "/units/{unit_id}/end" PROVIDERS VACANCIES Hidden [] &[Code::UnitEnded, Code::PeopleThere] => units::end;

        CreateStructure "createStructure" POST "/structures" PROVIDERS VACANCIES NoRecord [Structure] &[Code::NumberTaken] => structures::create;
        ListStructures "listStructures" GET "/structures" PROVIDERS VACANCIES NoRecord [Structure] NONE => structures::list;
        GetStructure "getStructure" GET "/structures/{structure_id}" OFFICES VACANCIES HiddenWithoutOffice [Structure] NONE => structures::get;
        UpdateStructure "updateStructure" PUT "/structures/{structure_id}" PROVIDERS VACANCIES Hidden [Structure] &[Code::StructureEnded, Code::NumberTaken] => structures::update;
        ProveContact "proveContact" POST "/structures/{structure_id}/prove-contact" PROVIDERS PEOPLE Hidden [Structure] &[Code::StructureEnded, Code::ChangeDecided, Code::CodeNotValid] => structures::prove_contact;
        ResolveRegistration "resolveRegistration" POST "/structures/{structure_id}/registration" VOUCHERS PEOPLE HiddenButFromCoordination [] &[Code::StructureEnded, Code::NotContested] => structures::resolve_registration;
        EndStructure "endStructure" POST "/structures/{structure_id}/end" PROVIDERS VACANCIES Hidden [Structure] &[Code::StructureEnded, Code::PeopleThere] => structures::end;

        CreateOrganisation "createOrganisation" POST "/organisations" ADMINISTRATORS PEOPLE NoRecord [] &[Code::NameTaken] => organisations::create;
        ListOrganisations "listOrganisations" GET "/organisations" ORGANISATION_READERS HOMES NoRecord [] NONE => organisations::list;
        GetOrganisation "getOrganisation" GET "/organisations/{organisation_id}" ORGANISATION_READERS HOMES Sees [] NONE => organisations::get;
        UpdateOrganisation "updateOrganisation" PUT "/organisations/{organisation_id}" ADMINISTRATORS PEOPLE Sees [] &[Code::NameTaken] => organisations::update;
        UpdateOrganisationContact "updateOrganisationContact" PUT "/organisations/{organisation_id}/contact" OWN_CONTACT PEOPLE Hidden [] NONE => organisations::update_contact;

        ListPendingChanges "listPendingChanges" GET "/pending-changes" ADMINISTRATORS PEOPLE NoRecord [Account] NONE => pending_changes::list;
        ApproveChange "approveChange" POST "/pending-changes/{change_id}/approve" ADMINISTRATORS PEOPLE Sees [Account] &[Code::OwnChange, Code::ChangeDecided] => pending_changes::approve;
        RejectChange "rejectChange" POST "/pending-changes/{change_id}/reject" ADMINISTRATORS PEOPLE Sees [Account] &[Code::ChangeDecided] => pending_changes::reject;
        ProveAddress "proveAddress" POST "/pending-changes/{change_id}/prove" ADMINISTRATORS PEOPLE Sees [Account] &[Code::ChangeDecided, Code::CodeNotValid] => pending_changes::prove;

        GetMe "getMe" GET "/me" EVERY_ROLE ANY NoRecord [] NONE => accounts::me;
        InviteAccount "inviteAccount" POST "/organisations/{organisation_id}/accounts" KEEPERS PEOPLE HiddenFromManagers [Account] &[Code::RoleNotGiven, Code::EmailTaken] => accounts::invite;
        ListAccounts "listAccounts" GET "/organisations/{organisation_id}/accounts" KEEPERS PEOPLE HiddenFromManagers [Account] NONE => accounts::list;
        GetAccount "getAccount" GET "/accounts/{account_id}" KEEPERS PEOPLE HiddenFromManagers [Account] NONE => accounts::get;
        ChangeAccountRoles "changeAccountRoles" PUT "/accounts/{account_id}/roles" KEEPERS PEOPLE HiddenFromManagers [Account] &[Code::RoleNotGiven, Code::AccountEnded] => accounts::change_roles;
        EndAccount "endAccount" POST "/accounts/{account_id}/end" KEEPERS PEOPLE HiddenFromManagers [Account] &[Code::AccountEnded] => accounts::end;
        EndAccountSessions "endAccountSessions" POST "/accounts/{account_id}/end-sessions" KEEPERS PEOPLE HiddenFromManagers [Account] &[Code::AccountEnded] => accounts::end_sessions;
        InviteAgain "inviteAgain" POST "/accounts/{account_id}/invite-again" KEEPERS PEOPLE HiddenFromManagers [Account] &[Code::AccountEnded, Code::InvitationAccepted] => accounts::invite_again;
        InviteReplacement "inviteReplacement" POST "/replacements" WORKING PEOPLE NoRecord [Account] &[Code::RoleNotGiven, Code::EmailTaken] => accounts::invite_replacement;

        CreateApiClient "createApiClient" POST "/organisations/{organisation_id}/api-clients" MANAGERS PEOPLE Hidden [Account] NONE => api_clients::create;
        ListApiClients "listApiClients" GET "/organisations/{organisation_id}/api-clients" KEEPERS PEOPLE HiddenFromManagers [Account] NONE => api_clients::list;
        GetApiClient "getApiClient" GET "/api-clients/{account_id}" KEEPERS PEOPLE HiddenFromManagers [Account] NONE => api_clients::get;
        RotateApiClient "rotateApiClient" POST "/api-clients/{account_id}/rotate" MANAGERS PEOPLE Hidden [Account] &[Code::AccountEnded, Code::MadeByOperator, Code::TooManySecrets] => api_clients::rotate;
        EndApiClientSecret "endApiClientSecret" POST "/api-clients/{account_id}/secrets/{secret_id}/end" KEEPERS PEOPLE HiddenFromManagers [Account] &[Code::AccountEnded, Code::SecretEnded] => api_clients::end_secret;
        RevokeApiClient "revokeApiClient" POST "/api-clients/{account_id}/revoke" KEEPERS PEOPLE HiddenFromManagers [Account] &[Code::AccountEnded] => api_clients::revoke;

        CreateWebhook "createWebhook" POST "/api-clients/{account_id}/webhooks" MANAGERS PEOPLE Hidden [] &[Code::UrlNotAllowed, Code::AccountEnded, Code::MadeByOperator, Code::NothingToFollow, Code::TooManyWebhooks] => webhooks::create;
        ListWebhooks "listWebhooks" GET "/webhooks" MANAGERS PEOPLE NoRecord [] NONE => webhooks::list;
        GetWebhook "getWebhook" GET "/webhooks/{webhook_id}" MANAGERS PEOPLE Hidden [] NONE => webhooks::get;
        UpdateWebhook "updateWebhook" PUT "/webhooks/{webhook_id}" MANAGERS PEOPLE Hidden [] &[Code::UrlNotAllowed, Code::WebhookEnded] => webhooks::update;
        DeleteWebhook "deleteWebhook" POST "/webhooks/{webhook_id}/delete" MANAGERS PEOPLE Hidden [] &[Code::WebhookEnded] => webhooks::delete;
        RotateWebhookSecret "rotateWebhookSecret" POST "/webhooks/{webhook_id}/rotate" MANAGERS PEOPLE Hidden [] &[Code::WebhookEnded] => webhooks::rotate;
        ReplayWebhook "replayWebhook" POST "/webhooks/{webhook_id}/replay" MANAGERS PEOPLE Hidden [] &[Code::WebhookEnded, Code::WebhookDisabled] => webhooks::replay;
        EnableWebhook "enableWebhook" POST "/webhooks/{webhook_id}/enable" MANAGERS PEOPLE Hidden [] &[Code::WebhookEnded, Code::WebhookNotDisabled] => webhooks::enable;
        ListWebhookDeliveries "listWebhookDeliveries" GET "/webhooks/{webhook_id}/deliveries" MANAGERS PEOPLE Hidden [] NONE => webhooks::list_deliveries;

        ListDoorContacts "listDoorContacts" GET "/door-contacts" ORGANISATION_READERS HOMES NoRecord [] NONE => door_contacts::list;
        GetDoorContact "getDoorContact" GET "/door-contacts/{door_contact_id}" ORGANISATION_READERS HOMES Sees [] NONE => door_contacts::get;
        UpdateDoorContact "updateDoorContact" PUT "/door-contacts/{door_contact_id}" DOOR_KEEPERS PEOPLE Sees [] NONE => door_contacts::update;

        SearchCommunes "searchCommunes" GET "/communes" EVERY_ROLE ANY NoRecord [] NONE => communes::search;
        ListEvents "listEvents" GET "/events" EVERY_ROLE EVENTS NoRecord [Event] NONE => logs::list_events;
        StreamEvents "streamEvents" GET "/events/stream" EVERY_ROLE EVENTS NoRecord [Event] NONE => stream::stream_events;
        ListAccessLog "listAccessLog" GET "/access-log" AUDITORS PEOPLE NoRecord [Access] NONE => logs::list_reads;
        GetHealth "getHealth" GET "/health" Anyone PEOPLE NoRecord [] NONE => health::health;
        GetReadiness "getReadiness" GET "/readiness" Anyone PEOPLE NoRecord [] NONE => health::readiness;
    }
    pages {
        ShowHome "home" GET "/" Anyone NoRecord [] => home::show;
        ShowSignIn "signIn" GET "/connexion" Anyone NoRecord [] => sign_in::show;
        SignInWithPassword "signInWithPassword" POST "/connexion" Anyone NoRecord [] => sign_in::with_password;
        GoToProvider "goToProvider" POST "/connexion/fournisseur" Anyone NoRecord [] => sign_in::to_provider;
        ComeFromProvider "comeFromProvider" GET "/connexion/fournisseur/retour" Anyone NoRecord [] => sign_in::from_provider;
        ResumeForm "resumeForm" POST "/connexion/reprise" EVERY_ROLE NoRecord [] => sign_in::resume;
        ShowSignInLink "signInLink" GET "/connexion/{code}" Anyone NoRecord [] => sign_in::show_link;
        SignInWithLink "signInWithLink" POST "/connexion/{code}" Anyone NoRecord [] => sign_in::with_link;
        ShowForgottenPassword "forgottenPassword" GET "/mot-de-passe-oublie" Anyone NoRecord [] => credentials::show_forgotten;
        ForgetPassword "forgetPassword" POST "/mot-de-passe-oublie" Anyone NoRecord [] => credentials::forgotten;
        ShowChoosePassword "passwordLink" GET "/mot-de-passe/{code}" Anyone NoRecord [] => credentials::show_choose;
        ChoosePassword "choosePassword" POST "/mot-de-passe/{code}" Anyone NoRecord [] => credentials::choose;
        ShowSetUpAccount "setUpPage" GET "/invitation/{code}/identifiants" Anyone NoRecord [] => credentials::show_set_up;
        SetUpAccount "setUpAccount" POST "/invitation/{code}/identifiants" Anyone NoRecord [] => credentials::set_up;
        ShowOwnAccount "ownAccount" GET "/compte" EVERY_ROLE NoRecord [] => own_account::show;
        EndOtherSessions "endOtherSessions" POST "/compte/sessions/fin" EVERY_ROLE NoRecord [] => own_account::end_others;
        EndSession "endSession" POST "/compte/sessions/{session_id}/fin" EVERY_ROLE Hidden [] => own_account::end_session;
        ChangePassword "changePassword" POST "/compte/mot-de-passe" EVERY_ROLE NoRecord [] => own_account::change_password;
        ShowChangeSecondFactor "secondFactor" GET "/compte/second-facteur" EVERY_ROLE NoRecord [] => own_account::show_second_factor;
        ChangeSecondFactor "changeSecondFactor" POST "/compte/second-facteur" EVERY_ROLE NoRecord [] => own_account::change_second_factor;
        SignOut "signOut" POST "/deconnexion" Anyone NoRecord [] => sign_in::out;
        Quit "quit" POST "/quitter" Anyone NoRecord [] => sign_in::quit;
        ShowAsk "ask" GET "/demande" ASKERS NoRecord [] => ask::show;
        ShowProposals "propositionsAdHoc" POST "/demande" ASKERS NoRecord [] but QuotaExceeded => ask::rank;
        ShowRequests "demandes" GET "/demandes" ASKERS NoRecord [Request] => request::list;
        ShowRequest "demande" GET "/demandes/{request_id}" ASKERS Hidden [Request Structure] => request::show;
        ShowRequestPlaces "propositions" GET "/demandes/{request_id}/places" ASKERS Hidden [Request Structure] but RequestClosed but QuotaExceeded => proposals::show;
        ShowSearchSheet "ficheDeRecherche" GET "/demandes/{request_id}/fiche" ASKERS Hidden [Request] but QuotaExceeded => search_sheet::show;
        ShowPlacesAsked "placesAsked" GET "/demandes/{request_id}/places/demandees" ASKERS Hidden [Request Structure] => proposals::show_asked;
        ShowPlacesSheet "placesSheet" GET "/demandes/{request_id}/places/fiche" ASKERS Hidden [Request Structure] but RequestClosed but QuotaExceeded => places_sheet::show;
        ShowHandOver "handOverSheet" GET "/releve" REFERENTS NoRecord [Request Structure] => referrals::hand_over;
        ShowAccounts "comptes" GET "/comptes" KEEPERS NoRecord [Account] => accounts::show;
        ShowAccountsOf "comptesDe" GET "/comptes/{organisation_id}" KEEPERS HiddenFromManagers [Account] => accounts::show_of;
        ShowNewOrganisation "newOrganisation" GET "/nouvel-organisme" ADMINISTRATORS NoRecord [] => organisations::show_new;
        ShowOrganisation "organisation" GET "/organismes/{organisation_id}" ADMINISTRATORS Sees [] => organisations::show;
        ShowDoors "portes" GET "/portes" DOOR_KEEPERS NoRecord [] => doors::show;
        ShowDoor "porte" GET "/portes/{door_contact_id}" DOOR_KEEPERS Sees [] => doors::show_one;
        EndAccountSession "endAccountSession" POST "/comptes/personnes/{account_id}/sessions/{session_id}/fin" KEEPERS HiddenFromManagers [] => accounts::end_session;
        ShowReplacement "remplacement" GET "/remplacement" WORKING NoRecord [] => accounts::show_replacement;
        ShowInvitation "invitation" GET "/invitation/{code}" Anyone NoRecord [] => accounts::show_invitation;
        ShowDossier "dossier" GET "/demandes/{request_id}/dossier" REFERENTS Hidden [Request] => dossier::show;
        ShowPlaces "myPlaces" GET "/places" PROVIDERS NoRecord [Structure] => places::show;
        ShowPlacesOver "placesOver" GET "/places/passees" PROVIDERS NoRecord [Structure] => places::show_over;
        ShowHomes "myStructures" GET "/structures" PROVIDERS NoRecord [Structure] => homes::show;
        ShowNewStructure "newStructure" GET "/structures/nouvelle" PROVIDERS NoRecord [] => homes::show_new;
        ShowStructure "ownStructure" GET "/structures/{structure_id}" PROVIDERS Hidden [Structure] => homes::show_structure;
        ShowNewUnit "newUnit" GET "/structures/{structure_id}/groupes/nouveau" PROVIDERS Hidden [Structure] => homes::show_new_unit;
        ShowUnit "ownUnit" GET "/groupes/{unit_id}" PROVIDERS Hidden [] => homes::show_unit;
        ShowRegistry "registry" GET "/registre" WORKING NoRecord [Structure] => registry::show;
        ExportRegistry "registryExport" GET "/registre.csv" WORKING NoRecord [Structure] but QuotaExceeded => registry::export;
        ShowReferrals "orientations" GET "/orientations" BOTH_SIDES NoRecord [Request Structure] => referrals::show;
        ShowOtherPlaces "autresPlaces" GET "/orientations/{referral_id}/place" REGULATORS Hidden [Request Structure] => referrals::other_places;
        ShowArrivalSheet "arrivalSheet" GET "/orientations/{referral_id}/fiche" REFERENTS Hidden [Request Structure] => sheets::arrival;
        ShowSheetForThePerson "sheetForThePerson" GET "/orientations/{referral_id}/papier" REFERENTS Hidden [Request Structure] => sheets::for_the_person;
        ShowLogs "journaux" GET "/journaux" AUDITORS NoRecord [Access] => logs::show;
        VerifyLogs "verifyLogs" GET "/journaux/verification" AUDITORS NoRecord [] => logs::verify;
        GivePhoneCode "givePhoneCode" POST "/compte/telephones" ADDRESSEES NoRecord [] => remembered_phone::give_code;
        ForgetOwnPhone "forgetOwnPhone" POST "/compte/telephones/{phone_id}/fin" EVERY_ROLE Hidden [] => remembered_phone::forget_own;
        EndRememberedPhone "endRememberedPhone" POST "/comptes/telephones/{phone_id}/fin" KEEPERS HiddenFromManagers [] => remembered_phone::forget;
        RememberPhone "rememberPhone" POST "/lien/{token}/telephone" Mailed NoRecord [] but LinkExpired => remembered_phone::remember;
        AcceptByRememberedPhone "acceptByRememberedPhone" POST "/lien/{token}/oui-avec" Mailed NoRecord [Request RememberedPhone] among REMEMBERED => remembered_phone::accept;
        DeclineByRememberedPhone "declineByRememberedPhone" POST "/lien/{token}/non-avec" Mailed NoRecord [Request RememberedPhone] among REMEMBERED => remembered_phone::decline;
        AffirmByRememberedPhone "affirmByRememberedPhone" POST "/lien/{token}/exact" Mailed NoRecord [Request RememberedPhone] among REMEMBERED => remembered_phone::affirm;
        RecordArrivalByRememberedPhone "recordArrivalByRememberedPhone" POST "/lien/{token}/arrivee" Mailed NoRecord [Request RememberedPhone] among REMEMBERED => remembered_phone::record_arrival;
        RecordNoShowByRememberedPhone "recordNoShowByRememberedPhone" POST "/lien/{token}/absence" Mailed NoRecord [Request RememberedPhone] among REMEMBERED => remembered_phone::record_no_show;
        EndStayByRememberedPhone "endStayByRememberedPhone" POST "/lien/{token}/fin" Mailed NoRecord [Request RememberedPhone] among REMEMBERED => remembered_phone::end_stay;
        ShowMailedLink "mailedLink" GET "/lien/{token}" Mailed NoRecord [Request Structure] but LinkExpired => mailed_link::show;
        SuggestCommunes "suggestCommunes" GET "/communes" ASKERS NoRecord [] => ask::suggest;
        ShowStyle "style" GET "/static/{hash}/havre.css" Anyone NoRecord [] => assets::style;
        ShowScript "script" GET "/static/{hash}/havre.js" Anyone NoRecord [] => assets::script;
        ShowDocument "openapi" GET "/api/v1/openapi.json" Anyone NoRecord [] => documentation::document;
        ShowDocumentationFolder "docsFolder" GET "/docs" Anyone NoRecord [] => documentation::folder;
        ShowDocumentation "docs" GET "/docs/{tail:.*}" Anyone NoRecord [] but NoSuchPath => documentation::show;
    }
    forms {
        "/demande/enregistrer" as CreateRequest => ask::store;
        "/demandes/{request_id}/orientations" as CreateReferral => proposals::ask_place;
        "/demandes/{request_id}/places/souhait" as UpdateRequest => proposals::take_over;
        "/places/{vacancy_id}/exactes" as ConfirmVacancy => places::confirm_all;
        "/places/{vacancy_id}/retirer" as WithdrawVacancy => places::withdraw;
        "/places/{vacancy_id}/modifier" as UpdateVacancy => places::change;
        "/demandes/{request_id}" as UpdateRequest => request::edit;
        "/demandes/{request_id}/suivi" as UpdateRequest => request::hand_over;
        "/demandes/{request_id}/clore" as CloseRequest => referrals::close_request;
        "/demandes/{request_id}/rouvrir" as ReopenRequest => request::reopen;
        "/demandes/{request_id}/copier" as CopyRequest => request::copy;
        "/demandes/{request_id}/separer" as SplitRequest => request::split;
        "/demandes/{request_id}/repere" as ChangeAlias => request::change_alias;
        "/demandes/{request_id}/note" as AddNote => request::add_note;
        "/demandes/{request_id}/preter" as LendRequest => request::lend;
        "/demandes/{request_id}/reprendre" as EndLending => request::end_lending;
        "/demandes/{request_id}/retrait" as WithdrawAgreement => request::withdraw_agreement;
        "/demandes/{request_id}/codes" as CreateKeepApartCode => request::create_code;
        "/demandes/{request_id}/eloigner" as CreateKeepApartLink => request::create_link;
        "/demandes/{request_id}/liens/{link_id}/fin" as EndKeepApartLink => request::end_link;
        "/places/{vacancy_id}/exact" as ConfirmVacancy => places::confirm;
        "/places/{vacancy_id}/ailleurs" as RecordTakenElsewhere => places::taken_elsewhere;
        "/places/{vacancy_id}/nombre" as UpdateVacancy => places::count;
        "/structures" as CreateStructure => homes::create;
        "/structures/{structure_id}" as UpdateStructure => homes::update;
        "/structures/{structure_id}/courriel" as ProveContact => homes::prove_contact;
        "/structures/{structure_id}/fin" as EndStructure => homes::end;
        "/structures/{structure_id}/groupes" as CreateUnit => homes::create_unit;
        "/groupes/{unit_id}" as UpdateUnit => homes::update_unit;
        "/groupes/{unit_id}/fin" as EndUnit => homes::end_unit;
        "/groupes/{unit_id}/places" as DeclareVacancy => places::declare;
        "/orientations/{referral_id}/vue" as AcknowledgeReferral => referrals::acknowledge;
        "/orientations/{referral_id}/appel" as RecordCall => referrals::record_call;
        "/orientations/{referral_id}/su" as NoteOutcome => referrals::note_outcome;
        "/orientations/{referral_id}/place" as MoveReferral => referrals::move_and_accept;
        "/orientations/{referral_id}/exact" as AffirmReferral => referrals::affirm;
        "/orientations/{referral_id}/lever" as LiftRefusal => referrals::lift_refusal;
        "/orientations/{referral_id}/reprendre" as ReviveReferral => referrals::revive;
        "/places/{vacancy_id}/complet" as RecordTakenElsewhere => referrals::none_free;
        "/orientations/{referral_id}/adresse" as ShowAddress => referrals::address;
        "/orientations/{referral_id}/oui" as AcceptReferral => referrals::accept;
        "/orientations/{referral_id}/non" as DeclineReferral => referrals::decline;
        "/orientations/{referral_id}/confirmer" as ConfirmReferral => referrals::confirm;
        "/orientations/{referral_id}/arrivee" as RecordArrival => referrals::record_arrival;
        "/orientations/{referral_id}/absence" as RecordNoShow => referrals::record_no_show;
        "/orientations/{referral_id}/retirer" as WithdrawReferral => referrals::withdraw;
        "/orientations/{referral_id}/fin" as EndStay => referrals::end_stay;
        "/registre/{unit_id}/verifier" as VouchForUnit => vouching::vouch;
        "/registre/{structure_id}/numero" as ResolveRegistration => vouching::decide_number;
        "/portes/{door_contact_id}" as UpdateDoorContact => doors::update;
        "/portes/{door_contact_id}/exact" as UpdateDoorContact => doors::confirm;
        "/organismes" as CreateOrganisation => organisations::create;
        "/organismes/{organisation_id}" as UpdateOrganisation => organisations::update;
        "/comptes/changements/{change_id}/confirmer" as ApproveChange => four_eyes::approve;
        "/comptes/changements/{change_id}/refuser" as RejectChange => four_eyes::reject;
        "/comptes/changements/{change_id}/preuve" as ProveAddress => four_eyes::prove;
        "/comptes/{organisation_id}/inviter" as InviteAccount => accounts::invite;
        "/comptes/{organisation_id}/outils" as CreateApiClient => accounts::create_tool;
        "/comptes/personnes/{account_id}/roles" as ChangeAccountRoles => accounts::change_roles;
        "/comptes/personnes/{account_id}/depart" as EndAccount => accounts::end;
        "/comptes/personnes/{account_id}/sessions" as EndAccountSessions => accounts::end_sessions;
        "/comptes/personnes/{account_id}/relance" as InviteAgain => accounts::invite_again;
        "/comptes/outils/{account_id}/renouveler" as RotateApiClient => accounts::rotate;
        "/comptes/outils/{account_id}/secrets/{secret_id}/fin" as EndApiClientSecret => accounts::end_secret;
        "/comptes/outils/{account_id}/revoquer" as RevokeApiClient => accounts::revoke;
        "/comptes/webhooks/{webhook_id}/reprendre" as EnableWebhook => accounts::enable_webhook;
        "/remplacement" as InviteReplacement => accounts::invite_replacement;
        "/lien/{token}/oui" as AcceptReferralByLink => mailed_link::accept;
        "/lien/{token}/non" as DeclineReferralByLink => mailed_link::decline;
        "/lien/{token}/rappel" as AcknowledgeReferralByLink => mailed_link::acknowledge;
        "/lien/{token}/annuler" as UndoReferralByLink => mailed_link::undo;
        "/orientations/{referral_id}/refoulee" as RecordTurnedAway => referrals::record_turned_away;
        "/orientations/{referral_id}/annuler" as UndoReferral => referrals::undo;
        "/orientations/{referral_id}/inexact" as ContradictReferral => referrals::contradict;
        "/lien/{token}/inexact" as ContradictReferralByLink => mailed_link::contradict;
        "/lien/{token}/nombre" as CountVacancyByLink => mailed_link::count;
        "/lien/{token}/ailleurs" as RecordTakenElsewhereByLink => mailed_link::taken_elsewhere;
        "/lien/{token}" as ConfirmVacancyByLink => mailed_link::confirm;
    }
}

/// Whether forms that are sent to a path of this pattern need someone who is signed in.
pub fn is_form_behind_a_session(pattern: Option<&str>) -> bool {
    let sent_to = |spec: &&&Spec| spec.surface == Surface::Page && spec.method == Method::POST && Some(spec.path) == pattern;
    ALL.iter().find(sent_to).is_some_and(|spec| matches!(spec.who, Roles(_)))
}

/// The row that a request has come to, if it has come to one.
pub fn of(request: &HttpRequest) -> Option<&'static Spec> {
    let (pattern, method) = (request.match_pattern()?, request.method());
    let method = if method == Method::HEAD { &Method::GET } else { method };
    ALL.iter().find(|spec| spec.path == pattern && spec.method == *method).copied()
}

/// Adds every route of the table: the API's behind a token, but for what anybody may; the pages behind a session. Whoever calls is looked up
/// first, then counted, then turned away if it must be: a wrong token counts for the address it came from.
pub fn configure(config: &mut ServiceConfig) {
    let api = |spec: &Spec| spec.path.starts_with(API);
    let needs_token = |spec: &Spec| api(spec) && matches!(spec.who, Roles(_));
    for resource in resources(|spec| api(spec) && !needs_token(spec), "") {
        config.service(resource.wrap(Compress::default()).wrap(from_fn(explain_not_allowed)).wrap(from_fn(throttle)));
    }
    let behind_token = resources(needs_token, API).into_iter().fold(web::scope(API), |scope, resource| scope.service(resource));
    // Pages are sent as they are: each holds the token of its form beside what was typed, and the size of what is compressed together tells
    // of both (BREACH).
    let behind_token = behind_token.default_service(web::to(no_such_path)).wrap(Compress::default());
    config.service(
        behind_token
            .wrap(from_fn(authenticate))
            .wrap(from_fn(explain_not_allowed))
            .wrap(from_fn(throttle))
            .wrap(from_fn(recognise)),
    );
    let pages = resources(|spec| !api(spec), "").into_iter().fold(web::scope(""), |scope, resource| scope.service(resource));
    config.service(
        pages
            .default_service(web::to(no_such_path))
            .wrap(from_fn(pages::explain))
            .wrap(from_fn(throttle))
            .wrap(from_fn(pages::session::recognise))
            .wrap(from_fn(pages::switch::speak))
            .wrap(pages::policy()),
    );
}

/// Where the API begins.
const API: &str = "/api/v1";

/// The rows that are meant, path by path, each path without `prefix`.
fn resources(is_meant: impl Fn(&Spec) -> bool, prefix: &str) -> Vec<Resource> {
    let mut paths: Vec<&str> = Vec::new();
    for spec in ALL.iter().filter(|spec| is_meant(spec)) {
        if !paths.contains(&spec.path) {
            paths.push(spec.path);
        }
    }
    let resource = |path: &str| {
        let rows = ALL.iter().filter(|spec| spec.path == path && is_meant(spec));
        rows.fold(web::resource(path.strip_prefix(prefix).unwrap_or(path)), |resource, spec| {
            let resource = resource.route((spec.route)(spec.method.clone()));
            // What can be read can be asked for without its body.
            if spec.method == Method::GET { resource.route((spec.route)(Method::HEAD)) } else { resource }
        })
    };
    paths.into_iter().map(resource).collect()
}

async fn no_such_path() -> Result<&'static str, Problem> {
    Err(Problem::new(Code::NoSuchPath, "See /docs for the paths there are."))
}

/// Gives the framework's bare 405 a body like that of every other refusal; its `Allow` stays.
async fn explain_not_allowed<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, actix_web::Error> {
    let response = next.call(request).await?;
    if response.status() != StatusCode::METHOD_NOT_ALLOWED {
        return Ok(response.map_into_left_body());
    }
    let allow = response.headers().get_all(header::ALLOW).filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(", ");
    let problem = Problem::new(Code::MethodNotAllowed, format!("Use one of: {allow}.")).with_allow(allow);
    Ok(response.error_response(problem).map_into_right_body())
}
