//! Who may do what: every operation of the table, API and pages, × every kind of caller, each with a key and a body that would succeed.
//!
//! For each row a fixture makes a record and what is sent about it. The privileged caller goes first, with a record of its own: the call is
//! good. Then all others send the very same about another record, and each is refused as the row says, with nothing written. Then the
//! privileged caller sends it too: that record was there, and that call was good, all the time.

mod languages;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::Method;
use api::cli::client;
use api::db::{Author, sessions};
use api::domain::four_eyes::Change;
use api::domain::ids::{AccountId, WebhookId};
use api::domain::webhook::DisabledBecause;
use api::domain::{LinkPurpose, ReferralState, Role, Scope};
use api::web::operations::{self, EndKeepApartLink, EndLending, Operation as _, Spec, Stranger, Surface, Who};
use api::web::pages::{assets, words};
use chrono::TimeDelta;
use matcher::Code as _;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::allowed::fits;
use crate::harness::bodies::{ad_hoc_request, organisation, reached_at, request, structure, unit, vacancy, with};
use crate::harness::people::{self, PASSWORD, Person, next_code};
use crate::harness::{Answer, Caller, Side, TestApp, on_both, tools};
use crate::http::pages::{Browser, hidden};
use crate::http::remembered_phones;
use crate::webhooks;

/// For each operation and page, the roles that may, and what a stranger of such a role gets: said here a second time, so that nobody is
/// let in by one slip in the table of the service.
const SAID_TWICE: &[(&str, &[Role], Stranger)] = {
    use Role::{Administrator, Auditor, Coordinator, Manager, Partner, Provider, Referent, Regulator};
    use Stranger::{
        Hidden, HiddenButFromCoordination, HiddenFromManagers, HiddenFromProviders, HiddenWithoutOffice, NoRecord, Sees,
    };
    &[
        ("createOrganisation", &[Administrator], NoRecord),
        ("getOrganisation", &[Referent, Provider, Regulator, Coordinator, Partner, Administrator, Manager], Sees),
        ("updateOrganisation", &[Administrator], Sees),
        ("updateOrganisationContact", &[Referent, Provider, Regulator], Hidden),
        ("listOrganisations", &[Referent, Provider, Regulator, Coordinator, Partner, Administrator, Manager], NoRecord),
        ("listDoorContacts", &[Referent, Provider, Regulator, Coordinator, Partner, Administrator, Manager], NoRecord),
        ("getDoorContact", &[Referent, Provider, Regulator, Coordinator, Partner, Administrator, Manager], Sees),
        ("updateDoorContact", &[Coordinator, Administrator], Sees),
        ("createWebhook", &[Manager], Hidden),
        ("listWebhooks", &[Manager], NoRecord),
        ("getWebhook", &[Manager], Hidden),
        ("updateWebhook", &[Manager], Hidden),
        ("deleteWebhook", &[Manager], Hidden),
        ("rotateWebhookSecret", &[Manager], Hidden),
        ("replayWebhook", &[Manager], Hidden),
        ("enableWebhook", &[Manager], Hidden),
        ("listWebhookDeliveries", &[Manager], Hidden),
        ("portes", &[Coordinator, Administrator], NoRecord),
        ("porte", &[Coordinator, Administrator], Sees),
        ("createStructure", &[Provider], NoRecord),
        ("getStructure", &[Provider, Regulator], HiddenWithoutOffice),
        ("updateStructure", &[Provider], Hidden),
        ("endStructure", &[Provider], Hidden),
        ("listStructures", &[Provider], NoRecord),
        ("createUnit", &[Provider], Hidden),
        ("countUnits", Role::ALL, NoRecord),
        ("getUnit", &[Referent, Provider, Regulator, Coordinator, Partner], HiddenFromProviders),
        ("updateUnit", &[Provider], Hidden),
        ("endUnit", &[Provider], Hidden),
        ("listUnits", &[Referent, Provider, Regulator, Coordinator, Partner], NoRecord),
        ("declareVacancy", &[Provider, Regulator], Hidden),
        ("getVacancy", &[Provider, Regulator], HiddenWithoutOffice),
        ("listOwnVacancies", &[Provider], NoRecord),
        ("updateVacancy", &[Provider, Regulator], Hidden),
        ("confirmVacancy", &[Provider, Regulator], Hidden),
        ("withdrawVacancy", &[Provider, Regulator], Hidden),
        ("listVacancies", &[Provider, Regulator], HiddenWithoutOffice),
        ("createRequest", &[Referent, Partner], NoRecord),
        ("getRequest", &[Referent, Partner], Hidden),
        ("updateRequest", &[Referent, Partner], Hidden),
        ("closeRequest", &[Referent, Partner], Hidden),
        ("reopenRequest", &[Referent, Partner], Hidden),
        ("copyRequest", &[Referent, Partner], Hidden),
        ("splitRequest", &[Referent, Partner], Hidden),
        ("changeAlias", &[Referent, Partner], Hidden),
        ("addNote", &[Referent, Partner], Hidden),
        ("lendRequest", &[Referent, Partner], Hidden),
        ("endLending", &[Referent, Partner], Hidden),
        ("withdrawAgreement", &[Referent, Partner], Hidden),
        ("getDossier", &[Referent], Hidden),
        ("dossier", &[Referent], Hidden),
        ("placesOver", &[Provider], NoRecord),
        ("registry", &[Referent, Provider, Regulator, Coordinator], NoRecord),
        ("registryExport", &[Referent, Provider, Regulator, Coordinator], NoRecord),
        ("myStructures", &[Provider], NoRecord),
        ("newStructure", &[Provider], NoRecord),
        ("ownStructure", &[Provider], Hidden),
        ("newUnit", &[Provider], Hidden),
        ("ownUnit", &[Provider], Hidden),
        ("arrivalSheet", &[Referent], Hidden),
        ("placesSheet", &[Referent, Partner], Hidden),
        ("placesAsked", &[Referent, Partner], Hidden),
        ("handOverSheet", &[Referent], NoRecord),
        ("moves", &[Referent, Provider, Regulator, Coordinator], NoRecord),
        ("sheetForThePerson", &[Referent], Hidden),
        ("resolveRegistration", &[Coordinator, Referent, Provider, Regulator], HiddenButFromCoordination),
        ("listUnitsToVouchFor", &[Coordinator, Referent, Provider, Regulator], NoRecord),
        ("proveContact", &[Provider], Hidden),
        ("listPendingChanges", &[Administrator], NoRecord),
        ("approveChange", &[Administrator], Sees),
        ("rejectChange", &[Administrator], Sees),
        ("proveAddress", &[Administrator], Sees),
        ("vouchForUnit", &[Coordinator, Referent, Provider, Regulator], HiddenButFromCoordination),
        ("liftRefusal", &[Referent, Partner], Hidden),
        ("listRequests", &[Referent, Partner], NoRecord),
        ("rankForRequest", &[Referent, Partner], Hidden),
        ("rankAdHoc", &[Referent, Partner], NoRecord),
        ("showContact", &[Referent], Hidden),
        ("showAddress", &[Referent], Hidden),
        ("affirmReferral", &[Provider, Regulator], Hidden),
        ("recordTakenElsewhere", &[Provider, Regulator], Hidden),
        ("createKeepApartCode", &[Referent, Partner], Hidden),
        ("createKeepApartLink", &[Referent, Partner], Hidden),
        ("listKeepApartLinks", &[Referent, Partner], Hidden),
        ("endKeepApartLink", &[Referent, Partner], Hidden),
        ("endAnyKeepApartLink", &[Coordinator], Sees),
        ("stopReferral", &[Coordinator], Sees),
        ("createReferral", &[Referent, Partner], Hidden),
        ("getReferral", &[Referent, Provider, Regulator, Partner], Hidden),
        ("listReferrals", &[Referent, Provider, Regulator, Partner], NoRecord),
        ("acknowledgeReferral", &[Provider, Regulator], Hidden),
        ("acceptReferral", &[Referent, Provider, Regulator, Partner], Hidden),
        ("declineReferral", &[Referent, Provider, Regulator, Partner], Hidden),
        ("confirmReferral", &[Referent, Partner], Hidden),
        ("recordArrival", &[Referent, Provider, Regulator, Partner], Hidden),
        ("recordNoShow", &[Referent, Provider, Regulator, Partner], Hidden),
        ("recordTurnedAway", &[Referent, Partner], Hidden),
        ("withdrawReferral", &[Referent, Partner], Hidden),
        ("undoReferral", &[Referent, Provider, Regulator, Partner], Hidden),
        ("contradictReferral", &[Provider, Regulator], Hidden),
        ("recordCall", &[Referent, Provider, Regulator, Partner], Hidden),
        ("noteOutcome", &[Referent, Partner], Hidden),
        ("autresPlaces", &[Regulator], Hidden),
        ("reviveReferral", &[Referent, Partner], Hidden),
        ("listOtherPlaces", &[Regulator], Hidden),
        ("moveReferral", &[Regulator], Hidden),
        ("endStay", &[Referent, Provider, Regulator, Partner], Hidden),
        ("createPlan", &[Referent, Coordinator, Partner], NoRecord),
        ("getPlan", &[Referent, Coordinator, Partner], Hidden),
        ("confirmPlan", &[Referent, Partner], Hidden),
        ("listEvents", Role::ALL, NoRecord),
        ("streamEvents", Role::ALL, NoRecord),
        ("getMe", Role::ALL, NoRecord),
        ("inviteAccount", &[Manager, Administrator], HiddenFromManagers),
        ("listAccounts", &[Manager, Administrator], HiddenFromManagers),
        ("getAccount", &[Manager, Administrator], HiddenFromManagers),
        ("changeAccountRoles", &[Manager, Administrator], HiddenFromManagers),
        ("endAccount", &[Manager, Administrator], HiddenFromManagers),
        ("endAccountSessions", &[Manager, Administrator], HiddenFromManagers),
        ("inviteAgain", &[Manager, Administrator], HiddenFromManagers),
        ("inviteReplacement", &[Referent, Provider, Regulator, Coordinator], NoRecord),
        ("createApiClient", &[Manager], Hidden),
        ("listApiClients", &[Manager, Administrator], HiddenFromManagers),
        ("getApiClient", &[Manager, Administrator], HiddenFromManagers),
        ("rotateApiClient", &[Manager], Hidden),
        ("endApiClientSecret", &[Manager, Administrator], HiddenFromManagers),
        ("revokeApiClient", &[Manager, Administrator], HiddenFromManagers),
        ("newOrganisation", &[Administrator], NoRecord),
        ("organisation", &[Administrator], Sees),
        ("endAccountSession", &[Manager, Administrator], HiddenFromManagers),
        ("comptes", &[Manager, Administrator], NoRecord),
        ("comptesDe", &[Manager, Administrator], HiddenFromManagers),
        ("remplacement", &[Referent, Provider, Regulator, Coordinator], NoRecord),
        ("searchCommunes", Role::ALL, NoRecord),
        ("listAccessLog", &[Auditor], NoRecord),
        ("resumeForm", Role::ALL, NoRecord),
        ("ownAccount", Role::ALL, NoRecord),
        ("endOtherSessions", Role::ALL, NoRecord),
        ("givePhoneCode", &[Provider, Regulator], NoRecord),
        ("forgetOwnPhone", Role::ALL, Hidden),
        ("endRememberedPhone", &[Manager, Administrator], HiddenFromManagers),
        ("endSession", Role::ALL, Hidden),
        ("changePassword", Role::ALL, NoRecord),
        ("secondFactor", Role::ALL, NoRecord),
        ("changeSecondFactor", Role::ALL, NoRecord),
        ("journaux", &[Auditor], NoRecord),
        ("verifyLogs", &[Auditor], NoRecord),
        ("ask", &[Referent, Partner], NoRecord),
        ("propositionsAdHoc", &[Referent, Partner], NoRecord),
        ("ficheDeRecherche", &[Referent, Partner], Hidden),
        ("demandes", &[Referent, Partner], NoRecord),
        ("demande", &[Referent, Partner], Hidden),
        ("propositions", &[Referent, Partner], Hidden),
        ("myPlaces", &[Provider], NoRecord),
        ("orientations", &[Referent, Provider, Regulator, Partner], NoRecord),
        ("suggestCommunes", &[Referent, Partner], NoRecord),
    ]
};

/// Who declares what is free: some of them on another's word.
const DECLARERS: Who = Who::Roles(&[Role::Provider, Role::Regulator]);

/// Rows that anybody may call, and those whose path holds what they need: the token of a mailed link.
const FOR_ANYONE: &[&str] = &[
    "getHealth",
    "getReadiness",
    "home",
    "signIn",
    "signInWithPassword",
    "goToProvider",
    "comeFromProvider",
    "forgottenPassword",
    "forgetPassword",
    "passwordLink",
    "choosePassword",
    "invitation",
    "setUpPage",
    "setUpAccount",
    "signInLink",
    "signInWithLink",
    "signOut",
    "quit",
    "style",
    "script",
    "openapi",
    "docsFolder",
    "docs",
];
const MAILED: &[&str] = &[
    "openLink",
    "acceptReferralByLink",
    "declineReferralByLink",
    "acknowledgeReferralByLink",
    "confirmVacancyByLink",
    "countVacancyByLink",
    "recordTakenElsewhereByLink",
    "undoReferralByLink",
    "contradictReferralByLink",
    "mailedLink",
    "rememberPhone",
    "acceptByRememberedPhone",
    "declineByRememberedPhone",
    "affirmByRememberedPhone",
    "recordArrivalByRememberedPhone",
    "recordNoShowByRememberedPhone",
    "endStayByRememberedPhone",
];

#[test]
fn every_permission_is_said_twice() {
    let mut seen = BTreeSet::new();
    for row in operations::ALL {
        seen.insert(row.id);
        match row.who {
            Who::Anyone => assert!(FOR_ANYONE.contains(&row.id), "{} is open to anyone", row.id),
            Who::Mailed => assert!(MAILED.contains(&row.id), "{} is open to holders of a mailed link", row.id),
            Who::Roles(roles) => {
                let (_, may, stranger) =
                    SAID_TWICE.iter().find(|(id, ..)| *id == row.id).unwrap_or_else(|| panic!("{} is new", row.id));
                let sorted = |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<BTreeSet<_>>();
                assert_eq!(
                    (sorted(roles), row.stranger),
                    (sorted(may), *stranger),
                    "{}: the table on the left, this file on the right",
                    row.id
                );
            }
        }
    }
    let said: BTreeSet<_> = SAID_TWICE.iter().map(|(id, ..)| *id).chain(FOR_ANYONE.iter().chain(MAILED).copied()).collect();
    assert_eq!(seen, said, "the table on the left, this file on the right");
}

#[test]
fn who_is_hidden_from_has_a_record_in_the_path() {
    for row in operations::ALL {
        let has_record = matches!(row.who, Who::Roles(_)) && row.path.contains('{');
        assert_eq!(has_record, row.stranger != Stranger::NoRecord, "{} {}", row.method, row.path);
    }
}

/// What is sent.
struct Call {
    path: String,
    /// The tag of the record, for an edit.
    etag: Option<String>,
    body: Option<Value>,
    fields: Vec<(&'static str, String)>,
    /// What a telephone that is remembered has beside the cookie of whoever sends it.
    phone: Option<String>,
}

impl Call {
    fn to(path: impl Into<String>) -> Self {
        Self { path: path.into(), etag: None, body: None, fields: Vec::new(), phone: None }
    }

    fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    fn typing(self, fields: &[(&'static str, &str)]) -> Self {
        Self { fields: fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(), ..self }
    }
}

/// One kind of caller, with a token for tools and a browser for people.
struct Kind {
    name: String,
    role: Option<Role>,
    side: Side,
    is_known: bool,
    caller: Caller,
    browser: Browser,
    app: TestApp,
}

/// Stands in a body or a field for the role of whoever sends it: nobody is replaced by somebody who may more.
const OWN_ROLE: &str = "(the role of who sends it)";

/// What is typed of a structure.
const HOME_TYPED: &[(&str, &str)] = &[("/name", "Structure fictive du Quai"), ("/commune", "69123")];

/// What is typed of a group of places.
const UNIT_TYPED: &[(&str, &str)] = &[
    ("/kind", "chrs"),
    ("/stages", "emergency"),
    ("/genders", "female"),
    ("/adult_ages", "yes"),
    ("/adult_ages/min", "18"),
    ("/max_household", "4"),
    ("/setting", "mixed"),
    ("/places", "100000"),
    ("/doors", "siao"),
    ("/admission_days", "0"),
];

/// Stands in a field for what a telephone shows when the form is sent.
const SHOWN: &str = "(what the telephone shows)";

impl Kind {
    async fn of(app: &TestApp, role: Role, side: Side) -> Self {
        let caller = app.caller(role, side);
        Person::of_if_new(app, &caller);
        let browser = Browser::signed_in(app, &caller).await;
        let name = format!("{role} {}", if side == Side::Own { "own" } else { "other" });
        Self { name, role: Some(role), side, is_known: true, caller, browser, app: app.clone() }
    }

    async fn nobody(app: &TestApp) -> Self {
        let (caller, browser) = (app.nobody(), Browser::new(app).await);
        Self { name: "nobody".to_owned(), role: None, side: Side::Own, is_known: false, caller, browser, app: app.clone() }
    }

    /// Someone who was a client of this role until a moment ago, and is still signed in by the browser.
    async fn revoked(app: &TestApp, role: Role) -> Self {
        let (token, identity) = client::make(app.db(), "Organisation fictive", role).unwrap();
        let caller = app.with_token(&token);
        let browser = Browser::signed_in_as(app, identity.account).await;
        caller.get("communes?q=lyon").await.expect(200);
        client::revoke(app.db(), identity.account).unwrap();
        Self { name: "revoked".to_owned(), role: Some(role), side: Side::Own, is_known: false, caller, browser, app: app.clone() }
    }

    /// Sends it, under a key of its own.
    async fn send(&self, row: &Spec, call: &Call) -> Answer {
        let key = Uuid::now_v7().to_string();
        if row.surface == Surface::Api {
            let mut headers = vec![("idempotency-key", key.as_str())];
            headers.extend(call.etag.as_deref().map(|etag| ("if-match", etag)));
            // Who asked writes down what came by phone; whoever answers does not.
            let body = call.body.clone().map(|body| match (body.get("by_phone").is_some(), self.role) {
                (true, Some(role)) => {
                    let asks = matches!(role, Role::Referent | Role::Partner);
                    with(body, json!({"by_phone": asks}))
                }
                _ => body,
            });
            let bytes =
                body.map(|body| body.to_string().replace(OWN_ROLE, self.role.map_or("referent", Role::as_str)).into_bytes());
            return self.caller.send(row.method.clone(), &call.path, &headers, bytes).await;
        }
        // A copy, so that no answer changes who this browser is.
        let mut browser = self.browser.clone();
        if let Some(phone) = &call.phone {
            browser.cookie = format!("{}; {phone}", browser.cookie);
        }
        if row.method == Method::GET {
            return browser.get(&call.path).await;
        }
        let form = hidden(&browser.get("/connexion").await, "form");
        let tied = [("form", form.as_str()), ("key", key.as_str())];
        // What a telephone shows is good once, and not for long.
        let code = call.fields.iter().any(|(_, value)| value == SHOWN).then(|| next_code(&self.app));
        let shown = |value: &'_ str| match value {
            SHOWN => code.clone().unwrap_or_default(),
            OWN_ROLE => self.role.map_or("referent", Role::as_str).to_owned(),
            _ => value.to_owned(),
        };
        let typed: Vec<_> = call.fields.iter().map(|(name, value)| (*name, shown(value))).collect();
        let typed = typed.iter().map(|(name, value)| (*name, value.as_str()));
        browser.post_alone(&call.path, &tied.into_iter().chain(typed).collect::<Vec<_>>()).await
    }
}

/// Rows that end the session of the browser they come from.
const ENDING: &[&str] = &["signOut", "quit", "signInWithPassword", "signInWithLink", "setUpAccount"];

/// What a row says that a caller gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Done,
    Unknown,
    Forbidden,
    Hidden,
}

fn expected(row: &Spec, kind: &Kind) -> Expected {
    let Who::Roles(roles) = row.who else { return Expected::Done };
    let Some(role) = kind.role.filter(|_| kind.is_known) else { return Expected::Unknown };
    if !roles.contains(&role) {
        return Expected::Forbidden;
    }
    // A session is one account's, and hidden from its colleagues too; so is a telephone that it gave a code to.
    if row.id == "forgetOwnPhone" && (kind.side, role) != (Side::Own, Role::Provider) {
        return Expected::Hidden;
    }
    if row.id == "endSession" && (kind.side, role) != (Side::Own, Role::Referent) {
        return Expected::Hidden;
    }
    match (kind.side, row.stranger) {
        // Nobody here has an office that reaches the place: `tests/http/ladder.rs` has those that do.
        (Side::Other, Stranger::HiddenWithoutOffice) => Expected::Hidden,
        // The homes of a third organisation: `tests/http/vouching.rs` has who may vouch for them by an office.
        (_, Stranger::HiddenButFromCoordination) if role == Role::Coordinator => Expected::Done,
        (_, Stranger::HiddenButFromCoordination) => Expected::Hidden,
        (Side::Own, _) | (_, Stranger::NoRecord | Stranger::Sees) => Expected::Done,
        (Side::Other, Stranger::Hidden) => Expected::Hidden,
        (Side::Other, Stranger::HiddenFromProviders) if role == Role::Provider => Expected::Hidden,
        (Side::Other, Stranger::HiddenFromProviders) => Expected::Done,
        (Side::Other, Stranger::HiddenFromManagers) if role == Role::Manager => Expected::Hidden,
        (Side::Other, Stranger::HiddenFromManagers) => Expected::Done,
    }
}

/// What of an answer stands in the table; and what is wrong with it, if anything is.
fn judge(row: &Spec, kind: &Kind, expected: Expected, answer: &Answer) -> (String, Option<String>) {
    let (status, is_page) = (answer.status.as_u16(), row.surface == Surface::Page);
    let leads_to_sign_in = status == 303 && answer.header("location") == "/connexion";
    let is_refused = |wanted: u16, code: &str| {
        let is_problem = is_page || (answer.header("content-type") == "application/problem+json" && answer.body["code"] == code);
        status == wanted && is_problem && answer.text.contains(code)
    };
    let is_right = match expected {
        Expected::Done => {
            let moves_on = is_page && (row.method == Method::POST || ["home", "docsFolder", "comeFromProvider"].contains(&row.id));
            let may_lead_to_sign_in = ["home", "signOut", "goToProvider", "comeFromProvider"].contains(&row.id);
            matches!(status, 200..=202) || (status == 303 && moves_on && (may_lead_to_sign_in || !leads_to_sign_in))
        }
        Expected::Unknown if is_page && row.method == Method::POST => {
            leads_to_sign_in || (status == 401 && answer.text.contains(words::SESSION_OVER.text()))
        }
        Expected::Unknown if is_page => leads_to_sign_in,
        Expected::Unknown => is_refused(401, "unauthenticated"),
        Expected::Forbidden => is_refused(403, "role_not_allowed"),
        Expected::Hidden => is_refused(404, "not_found"),
    };
    let wrong = || format!("{} {} as {}: {status}, expected {expected:?}: {}", row.method, row.path, kind.name, answer.text);
    let shown = if leads_to_sign_in { "sign in".to_owned() } else { status.to_string() };
    (shown, (!is_right).then(wrong))
}

/// Every row there is, of data, of both logs, and of who is signed in.
fn written(app: &TestApp) -> Vec<(&'static str, i64)> {
    app.row_counts().into_iter().chain(app.rows_of(&["access_log", "sessions"])).collect()
}

/// Whoever may, of the own organisation; for rows that anyone may call, nobody.
fn privileged<'k>(row: &Spec, kinds: &'k [Kind]) -> &'k Kind {
    // A telephone is ended by the account that gave its code alone: here the provider.
    let of_provider = (row.id == "forgetOwnPhone").then_some(Role::Provider);
    let may = |kind: &&Kind| match row.who {
        Who::Roles(roles) => kind.is_known && kind.side == Side::Own && kind.role == of_provider.or_else(|| roles.first().copied()),
        Who::Anyone | Who::Mailed => !kind.is_known,
    };
    kinds.iter().find(may).unwrap()
}

/// Sweeps over a row; gives its line of the table, and adds what is wrong to `wrong`.
async fn sweep(app: &TestApp, world: &World, row: &Spec, kinds: &[Kind], wrong: &mut Vec<String>) -> Vec<String> {
    let first = privileged(row, kinds);
    // Of a row that only reads, one record will do.
    let reads = row.method == Method::GET || row.id.starts_with("rank");
    let good = fixture(app, world, row, first.side).await;
    wrong.extend(judge(row, first, Expected::Done, &first.send(row, &good).await).1);

    let target = fixture(app, world, row, Side::Own).await;
    // What is written since somebody was last let through.
    let (mut line, mut stands) = (Vec::new(), None);
    for kind in kinds {
        // Of those revoked, the one who could do it until then.
        if kind.name == "revoked" && kind.role != first.role.or(Some(Role::Referent)) {
            continue;
        }
        let expected = expected(row, kind);
        if expected == Expected::Done {
            let call = if reads { None } else { Some(fixture(app, world, row, kind.side).await) };
            // One who signs out is not signed in any more, nor who signs in as somebody else: another goes in their place.
            let leaving = if ENDING.contains(&row.id) && kind.is_known { kind.role } else { None };
            let answer = match leaving {
                Some(role) => Kind::of(app, role, kind.side).await.send(row, call.as_ref().unwrap_or(&target)).await,
                None => kind.send(row, call.as_ref().unwrap_or(&target)).await,
            };
            let (shown, why) = judge(row, kind, expected, &answer);
            wrong.extend(why);
            line.push(shown);
            stands = None;
        } else {
            let before = stands.unwrap_or_else(|| written(app));
            let answer = kind.send(row, &target).await;
            let (shown, why) = judge(row, kind, expected, &answer);
            wrong.extend(why);
            line.push(shown);
            let after = written(app);
            if after != before {
                let more: Vec<_> = after.iter().filter(|count| !before.contains(count)).collect();
                wrong.push(format!("{} {} as {}: was to be refused, and wrote {more:?}", row.method, row.path, kind.name));
            }
            stands = Some(after);
        }
    }
    // What is said of what was seen holds until somebody else has said it: it is looked at again.
    let is_used_up = row.id.ends_with("ByLink") || row.id == "rememberPhone";
    let again = if is_used_up { Some(fixture(app, world, row, Side::Own).await) } else { None };
    let last = judge(row, first, Expected::Done, &first.send(row, again.as_ref().unwrap_or(&target)).await).1;
    wrong.extend(last.map(|why| format!("after all others: {why}")));
    line
}

on_both! {
    async fn the_table_holds_for_everyone(app: TestApp) {
        let mut kinds = vec![Kind::nobody(&app).await];
        for role in Role::ALL {
            for side in [Side::Own, Side::Other] {
                kinds.push(Kind::of(&app, *role, side).await);
            }
        }
        for role in Role::ALL {
            kinds.push(Kind::revoked(&app, *role).await);
        }
        let world = World::new(&app).await;
        let mut table = String::from("| operation | |");
        let names: Vec<_> = kinds.iter().map(|kind| kind.name.as_str()).filter(|name| *name != "revoked").chain(["revoked"]).collect();
        writeln!(table, " {} |\n|{}", names.join(" | "), "---|".repeat(names.len() + 2)).unwrap();
        let mut wrong = Vec::new();
        for row in operations::ALL {
            let line = sweep(&app, &world, row, &kinds, &mut wrong).await;
            let surface = if row.surface == Surface::Api { row.id.to_owned() } else { format!("{} ({})", row.path, row.id) };
            writeln!(table, "| {surface} | {} | {} |", row.method, line.join(" | ")).unwrap();
        }
        tools::show(&table);
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"));
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("sweep.md"), table).unwrap();
        assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
        app.ignore_mails();
    }

    async fn tools_and_colleagues_get_what_the_table_says(app: TestApp) {
        let own = app.own(Role::Referent).identity().organisation;
        let expired = app.tool_until(own, None, Some(TimeDelta::seconds(-1)));
        let (nobody, world) = (Kind::nobody(&app).await, World::new(&app).await);
        let kind = |name: &str, role: Option<Role>, caller: Caller| Kind {
            name: name.to_owned(), role, side: Side::Own, is_known: role.is_some(), caller, browser: nobody.browser.clone(), app: app.clone(),
        };
        let (mut wrong, mut bound) = (Vec::new(), 0);
        for row in operations::ALL.iter().filter(|row| row.surface == Surface::Api) {
            let Who::Roles(roles) = row.who else { continue };
            let target = fixture(&app, &world, row, Side::Own).await;
            let before = written(&app);
            let late = kind("expired", None, expired.clone());
            wrong.extend(judge(row, &late, Expected::Unknown, &late.send(row, &target).await).1);
            let others: Vec<_> = Scope::ALL.iter().copied().filter(|scope| !row.scopes.contains(scope)).collect();
            if !others.is_empty() {
                let tool = app.tool(own, &others);
                let before = written(&app);
                let refused = kind("wrong scope", roles.first().copied(), tool).send(row, &target).await;
                if refused.status != 403 || refused.body["code"] != "scope_missing" {
                    wrong.push(format!("{} with {others:?}: {} {}", row.id, refused.status, refused.text));
                }
                assert_eq!(written(&app), before, "{} with {others:?} was to be refused, and wrote", row.id);
                bound += 1;
            } else {
                assert_eq!(written(&app), before, "{}: who has run out was to be refused, and wrote", row.id);
            }
            let colleague = kind("colleague", roles.first().copied(), app.in_roles(own, &roles[..1]));
            wrong.extend(judge(row, &colleague, expected(row, &colleague), &colleague.send(row, &target).await).1);
        }
        assert!(bound > 50, "{bound}");
        assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
        app.ignore_mails();
    }

    async fn who_left_is_shown_nothing(app: TestApp) {
        let world = World::new(&app).await;
        let (caller, own) = (app.nobody(), app.own(Role::Manager).identity().organisation);
        for row in operations::ALL.iter().filter(|row| row.surface == Surface::Page && matches!(row.who, Who::Roles(_))) {
            let Who::Roles(roles) = row.who else { continue };
            let me = app.in_roles(own, &roles[..1]).get("me").await.expect(200).body;
            let made: api::domain::ids::AccountId = serde_json::from_value(me["account_id"].clone()).unwrap();
            let person = Person::invited_to(&app, made).set_up();
            let browser = person.browser().await;
            let gone = Kind { name: "departed".to_owned(), role: roles.first().copied(), side: Side::Own, is_known: false, caller: caller.clone(), browser, app: app.clone() };
            let target = fixture(&app, &world, row, Side::Own).await;
            app.own(Role::Manager).command(&format!("api-clients/{made}/revoke")).await.expect(200);
            let before = written(&app);
            assert_eq!(judge(row, &gone, Expected::Unknown, &gone.send(row, &target).await).1, None);
            assert_eq!(written(&app), before, "{} {}", row.method, row.path);
        }
        app.ignore_mails();
    }

    async fn a_mailed_link_is_nobody_s_to_forge(app: TestApp) {
        let world = World::new(&app).await;
        for row in operations::ALL.iter().filter(|row| row.who == Who::Mailed) {
            let nobody = Kind::nobody(&app).await;
            let good = fixture(&app, &world, row, Side::Own).await;
            let before = written(&app);
            let mut token = good.path.rsplit('/').find(|part| part.len() > 20).unwrap().to_owned();
            let path = good.path.replace(&token, "{}");
            let last = token.pop().unwrap();
            token.push(if last == 'A' { 'B' } else { 'A' });
            // The last letter holds bits that are not read: one in the middle is changed too.
            let middle = token.len() / 2;
            let other = if token.as_bytes()[middle] == b'A' { "B" } else { "A" };
            token.replace_range(middle..=middle, other);
            for forged in [token.as_str(), "never-signed"] {
                let (body, fields) = (good.body.clone(), good.fields.clone());
                let call = Call { path: path.replace("{}", forged), body, fields, phone: good.phone.clone(), ..Call::to("") };
                assert_eq!(judge(row, &nobody, Expected::Hidden, &nobody.send(row, &call).await).1, None);
            }
            assert_eq!(written(&app), before, "{} {}", row.method, row.path);
            assert_eq!(judge(row, &nobody, Expected::Done, &nobody.send(row, &good).await).1, None);
        }
        app.ignore_mails();
    }

    async fn what_is_not_in_the_table_is_not_there(app: TestApp) {
        let (nobody, referent) = (Kind::nobody(&app).await, Kind::of(&app, Role::Referent, Side::Own).await);
        let mut tried = 0;
        for row in operations::ALL {
            let filled: Vec<_> = row.path.split('/').map(|part| if part.starts_with('{') { "0192f0c1-2d3e-7a4b-8c5d-6e7f80910213" } else { part }).collect();
            let path = filled.join("/");
            for other in [format!("{path}/x"), format!("{path}x"), path.replacen("/api/v1", "/api/v2", 1), format!("/x{path}")] {
                if is_in_the_table(&other) {
                    continue;
                }
                tried += 1;
                let is_api = other.starts_with("/api/");
                for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
                    let asked = if is_api { referent.caller.send(method.clone(), &other, &[], None).await } else { nobody.caller.send(method.clone(), &other, &[], None).await };
                    assert_eq!(asked.status, 404, "{method} {other}: {}", asked.text);
                    assert!(asked.text.contains("no_such_path"), "{method} {other}: {}", asked.text);
                }
            }
        }
        assert!(tried > 100, "{tried}");
    }
}

fn is_in_the_table(path: &str) -> bool {
    operations::ALL.iter().any(|row| fits(row.path, path))
}

/// What all fixtures share.
struct World {
    vacancy: String,
    unit: String,
    structure: String,
}

impl World {
    /// A home with more beds than anyone here asks for.
    async fn new(app: &TestApp) -> Self {
        let site = app.site().await;
        let beds = with(vacancy(), json!({"beds": 50_000}));
        let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &beds).await.expect(201).id();
        Self { vacancy, unit: site.unit, structure: site.structure }
    }
}

/// A new record of the own organisation for a row, and what to send about it that does what the row says. Where there is no record in the
/// path, it is what a caller of this side sends.
async fn fixture(app: &TestApp, world: &World, row: &Spec, side: Side) -> Call {
    if row.who == DECLARERS {
        // A 115 of the department declares on the word of any home, its own or not.
        let own = format!("organisations/{}", app.own(Role::Regulator).identity().organisation);
        let keeps = json!({"name": "Organisation fictive", "kind": "regulator", "doors": ["115"], "departments": ["69"], "contact": reached_at("own@example.org")});
        app.own(Role::Administrator).put(&own, "*", &keeps).await.expect(200);
    }
    let call = match row.surface {
        Surface::Api => of_api(app, world, row, side).await,
        Surface::Page => of_page(app, world, row).await,
    };
    // Two rows may give the same command: each is swept at its own path.
    let path = call.path.split('?').next().unwrap();
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
    assert!(fits(row.path, &whole), "{} {} has no fixture: {whole} is another's", row.method, row.path);
    call
}

/// Where something of the own organisation is.
fn of_own(app: &TestApp, what: &str) -> String {
    format!("organisations/{}/{what}", app.own(Role::Manager).identity().organisation)
}

fn invitation(role: &str) -> Value {
    json!({"email": format!("{}@example.org", Uuid::now_v7()), "label": "Camille Fictive", "roles": [role]})
}

/// Somebody who was invited to the own organisation, to ask: what it gives as an association and as a 115.
async fn someone(app: &TestApp) -> String {
    app.own(Role::Manager).post(&of_own(app, "accounts"), &invitation("referent")).await.expect(201).id()
}

/// A tool of the own organisation, and its secret.
async fn some_tool(app: &TestApp) -> (String, String) {
    let body = json!({"label": "Logiciel fictif", "scopes": ["registry"]});
    let made = app.own(Role::Manager).post(&of_own(app, "api-clients"), &body).await.expect(201);
    (made.id(), made.body["secrets"][0]["id"].as_str().unwrap().to_owned())
}

/// A webhook of a tool of the own organisation.
async fn some_webhook(app: &TestApp) -> String {
    let (_, tool) = webhooks::tool(app, &[Scope::Events]).await;
    let path = format!("api-clients/{tool}/webhooks");
    app.own(Role::Manager).post(&path, &json!({"url": webhooks::PUBLIC})).await.expect(201).id()
}

/// The same, disabled as the service does it.
async fn disabled_webhook(app: &TestApp) -> String {
    let id = some_webhook(app).await;
    let stands = app.own(Role::Manager).get(&format!("webhooks/{id}")).await.expect(200).body;
    let changed = chrono::DateTime::parse_from_rfc3339(stands["updated_at"].as_str().unwrap()).unwrap();
    let seen = (WebhookId(id.parse().unwrap()), api::clock::Instant::new(changed.to_utc()));
    let disable = |turn: &mut api::db::Turn<'_>| api::commands::webhooks::disable(turn, seen, DisabledBecause::Failing);
    app.app().service.write(Author::service("disableWebhook"), disable).unwrap();
    id
}

/// The call an edit is, with the tag of what is edited.
/// The public number of a door, by its place in the list: the first has a number, the second has none.
async fn door(app: &TestApp, at: usize) -> String {
    let listed = app.own(Role::Coordinator).get("door-contacts").await.expect(200).body;
    listed["items"][at]["id"].as_str().unwrap().to_owned()
}

/// One that nobody else edits at this time.
async fn door_to_edit(app: &TestApp) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    door(app, 1 + NEXT.fetch_add(1, Ordering::Relaxed) % 49).await
}

async fn edit(app: &TestApp, role: Role, path: String, body: Value) -> Call {
    let etag = app.own(role).get(&path).await.expect(200).etag();
    Call { etag: Some(etag), ..Call::to(path).with(body) }
}

async fn of_api(app: &TestApp, world: &World, row: &Spec, side: Side) -> Call {
    use ReferralState::{Accepted, Arrived, Asked, Confirmed};
    let referral = async |state, act: &str| Call::to(format!("referrals/{}{act}", app.referral_in(&world.vacancy, state).await));
    let by_phone = |more: Value| with(more, json!({"by_phone": false}));
    match row.id {
        "rankForRequest" => Call::to(format!("requests/{}/rank", app.request().await)),
        "showContact" => Call::to(format!("requests/{}/contacts", app.request().await)).with(json!({"unit_id": world.unit})),
        "rankAdHoc" => Call::to("rank").with(ad_hoc_request()),
        "createRequest" => Call::to("requests").with(request()),
        "listRequests" => Call::to("requests"),
        "getRequest" => Call::to(format!("requests/{}", app.request().await)),
        "updateRequest" => {
            edit(app, Role::Referent, format!("requests/{}", app.request().await), with(request(), json!({"nights": 31}))).await
        }
        "closeRequest" => Call::to(format!("requests/{}/close", app.request().await)).with(json!({"reason": "other"})),
        "reopenRequest" => {
            let path = format!("requests/{}", app.request().await);
            app.own(Role::Referent).post(&format!("{path}/close"), &json!({"reason": "mistake"})).await.expect(200);
            Call::to(format!("{path}/reopen"))
        }
        "copyRequest" => Call::to(format!("requests/{}/copy", app.request().await)),
        "splitRequest" => {
            Call::to(format!("requests/{}/split", two(app).await)).with(json!({"parts": [[1]], "bond": "kept_apart"}))
        }
        "changeAlias" => Call::to(format!("requests/{}/alias", app.request().await)),
        "addNote" => Call::to(format!("requests/{}/notes", app.request().await)).with(json!({"text": "Rappeler demain."})),
        "lendRequest" => Call::to(format!("requests/{}/lend", app.request().await)).with(app.lending_for(9)),
        "endLending" => {
            let path = format!("requests/{}", app.request().await);
            // To somebody who is none of the callers: whoever has it may give it back.
            let third = with(organisation(), json!({"name": format!("Association fictive {}", Uuid::now_v7()), "orients": true}));
            let third = app.own(Role::Administrator).post("organisations", &third).await.expect(201).id();
            let lending = with(app.lending_for(9), json!({"organisation_id": third}));
            app.own(Role::Referent).post(&format!("{path}/lend"), &lending).await.expect(200);
            Call::to(format!("{path}/end-lending"))
        }
        "getDossier" => Call::to(format!("requests/{}/dossier", app.request().await)),
        "resolveRegistration" => {
            let contested = contested(app).await;
            Call::to(format!("structures/{contested}/registration")).with(json!({"right": true}))
        }
        "proveContact" => {
            let (home, code) = app.contact_to_prove().await;
            Call::to(format!("structures/{home}/prove-contact")).with(json!({"code": code}))
        }
        "listPendingChanges" => {
            app.change_that_waits(&address());
            Call::to("pending-changes")
        }
        "approveChange" => Call::to(format!("pending-changes/{}/approve", app.change_that_waits(&address()).0)),
        "rejectChange" => Call::to(format!("pending-changes/{}/reject", app.change_that_waits(&address()).0)),
        "proveAddress" => {
            let (change, code) = app.change_that_waits(&address());
            Call::to(format!("pending-changes/{change}/prove")).with(json!({"code": code}))
        }
        "listUnitsToVouchFor" => Call::to("units/to-vouch-for"),
        "vouchForUnit" => {
            let waiting = app.edit_that_waits().await.unit;
            let seen = app.waiting(&app.own(Role::Coordinator), &waiting).await.unwrap()["revision"].as_str().unwrap().to_owned();
            Call { etag: Some(format!("\"{seen}\"")), ..Call::to(format!("units/{waiting}/vouch")) }
        }
        "withdrawAgreement" => Call::to(format!("requests/{}/withdraw-agreement", app.request().await)),
        "createKeepApartCode" => Call::to(format!("requests/{}/keep-apart-codes", app.request().await)),
        "listKeepApartLinks" => Call::to(format!("requests/{}/keep-apart-links", app.request().await)),
        "createKeepApartLink" => {
            let (one, code) = code(app).await;
            Call::to(format!("requests/{one}/keep-apart-links")).with(json!({"code": code}))
        }
        "endKeepApartLink" => {
            let (one, code) = code(app).await;
            let links = format!("requests/{one}/keep-apart-links");
            let link = app.own(Role::Referent).post(&links, &json!({"code": code})).await.expect(201).id();
            Call::to(format!("{links}/{link}/end"))
        }
        "endAnyKeepApartLink" => {
            let (one, code) = code(app).await;
            let links = format!("requests/{one}/keep-apart-links");
            let link = app.own(Role::Referent).post(&links, &json!({"code": code})).await.expect(201).id();
            Call::to(format!("keep-apart-links/{link}/end"))
        }
        "stopReferral" => {
            let (one, twin) = (app.request().await, app.request().await);
            let code = app.own(Role::Referent).command(&format!("requests/{twin}/keep-apart-codes")).await.expect(201);
            let code = json!({"code": code.body["code"]});
            app.own(Role::Referent).post(&format!("requests/{one}/keep-apart-links"), &code).await.expect(201);
            let vacancy = app.vacancy(5).await;
            app.ask(&twin, &vacancy, json!({"hold": true})).await.expect(201);
            let near = app.ask(&one, &vacancy, json!({})).await.expect(201).id();
            let said = json!({"refusal": {"party": "structure", "code": "no_staff"}});
            Call::to(format!("referrals/{near}/stop")).with(said)
        }
        "createReferral" => {
            let body = json!({"vacancy_id": world.vacancy, "hold": true});
            Call::to(format!("requests/{}/referrals", app.request().await)).with(body)
        }
        "listReferrals" => Call::to("referrals"),
        "getReferral" => referral(Asked, "").await,
        "acknowledgeReferral" => referral(Asked, "/acknowledge").await,
        "acceptReferral" => referral(Asked, "/accept").await.with(by_phone(json!({}))),
        "declineReferral" => {
            referral(Asked, "/decline").await.with(by_phone(json!({"refusal": {"party": "structure", "code": "full"}})))
        }
        "confirmReferral" => referral(Accepted, "/confirm").await.with(app.arrival_in(1)),
        "recordArrival" => referral(Confirmed, "/arrival").await.with(by_phone(json!({}))),
        "recordNoShow" => referral(Confirmed, "/no-show").await.with(by_phone(json!({}))),
        "affirmReferral" => {
            let path = format!("referrals/{}", app.referral_in(&world.vacancy, Asked).await);
            app.own(Role::Referent).post(&format!("{path}/accept"), &json!({"by_phone": true})).await.expect(200);
            Call::to(format!("{path}/affirm"))
        }
        "showAddress" => Call::to(format!("referrals/{}/address", expected_at_an_address(app).await)),
        "recordTurnedAway" => referral(Confirmed, "/turned-away").await,
        "withdrawReferral" => referral(Asked, "/withdraw").await,
        "liftRefusal" => {
            let lift = referral(Asked, "/lift-refusal").await;
            let said = json!({"refusal": {"party": "person", "code": "afraid"}});
            let withdraw = lift.path.replace("lift-refusal", "withdraw");
            app.own(Role::Referent).post(&withdraw, &said).await.expect(200);
            lift
        }
        "undoReferral" => referral(Accepted, "/undo").await,
        "contradictReferral" => {
            let path = format!("referrals/{}", app.referral_in(&world.vacancy, Asked).await);
            app.own(Role::Referent).post(&format!("{path}/accept"), &json!({"by_phone": true})).await.expect(200);
            Call::to(format!("{path}/contradict"))
        }
        "recordCall" => Call::to(format!("referrals/{}/call-made", wishing_for_a_call(app, world).await)),
        "noteOutcome" => referral(ReferralState::Declined, "/outcome-noted").await,
        "reviveReferral" => referral(ReferralState::Superseded, "/revive").await,
        "listOtherPlaces" => Call::to(format!("referrals/{}/other-places", behind_a_door(app).await.0)),
        "moveReferral" => {
            let (referral, other) = behind_a_door(app).await;
            Call::to(format!("referrals/{referral}/move")).with(json!({"vacancy_id": other}))
        }
        "endStay" => referral(Arrived, "/end").await.with(by_phone(json!({"reason": "left", "request": "open"}))),
        "openLink" => Call::to(format!("links/{}", mailed(app, world).await)),
        "confirmVacancyByLink" => Call::to(format!("links/{}/confirm-vacancy", mailed(app, world).await)),
        "acceptReferralByLink" => Call::to(format!("links/{}/accept", mailed(app, world).await)),
        "declineReferralByLink" => {
            let said = json!({"refusal": {"party": "structure", "code": "no_staff"}});
            Call::to(format!("links/{}/decline", mailed(app, world).await)).with(said)
        }
        "acknowledgeReferralByLink" => Call::to(format!("links/{}/acknowledge", mailed(app, world).await)),
        "countVacancyByLink" => {
            let beds = app.beds(&world.vacancy).await.0;
            Call::to(format!("links/{}/count-vacancy", mailed(app, world).await)).with(json!({"from": beds, "to": beds + 1}))
        }
        "recordTakenElsewhereByLink" => {
            let beds = app.beds(&world.vacancy).await.0;
            Call::to(format!("links/{}/taken-elsewhere", mailed(app, world).await)).with(json!({"from": beds}))
        }
        "undoReferralByLink" => Call::to(format!("links/{}/undo", mailed_and_answered(app, world, Role::Provider).await)),
        "contradictReferralByLink" => {
            Call::to(format!("links/{}/contradict", mailed_and_answered(app, world, Role::Referent).await))
        }
        "createPlan" => {
            let mine = app.caller(Role::Referent, side).post("requests", &request()).await.expect(201).id();
            Call::to("plans").with(json!({"request_ids": [mine]}))
        }
        "getPlan" => Call::to(format!("plans/{}", plan(app).await)),
        "confirmPlan" => Call::to(format!("plans/{}/confirm", plan(app).await)).with(json!({})),
        _ => of_registry(app, world, row, side).await,
    }
}

async fn of_registry(app: &TestApp, world: &World, row: &Spec, side: Side) -> Call {
    let unique = || with(organisation(), json!({"name": format!("Association fictive {}", Uuid::now_v7())}));
    let one_organisation = async || {
        let made = app.own(Role::Administrator).post("organisations", &unique()).await.expect(201).id();
        format!("organisations/{made}")
    };
    let one_vacancy = async || format!("vacancies/{}", app.vacancy(3).await);
    match row.id {
        "declareVacancy" => Call::to(format!("units/{}/vacancies", app.site().await.unit)).with(vacancy()),
        "listVacancies" => Call::to(format!("units/{}/vacancies", world.unit)),
        "listOwnVacancies" => Call::to("vacancies"),
        "getVacancy" => Call::to(format!("vacancies/{}", world.vacancy)),
        "updateVacancy" => edit(app, Role::Provider, one_vacancy().await, with(vacancy(), json!({"beds": 4}))).await,
        "confirmVacancy" => Call::to(one_vacancy().await + "/confirm"),
        "withdrawVacancy" => Call::to(one_vacancy().await + "/withdraw"),
        "recordTakenElsewhere" => Call::to(one_vacancy().await + "/taken-elsewhere").with(json!({"beds": 1})),
        "createUnit" => Call::to(format!("structures/{}/units", app.site().await.structure)).with(unit()),
        "listUnits" => Call::to("units"),
        "countUnits" => Call::to("units/counts"),
        "getUnit" => Call::to(format!("units/{}", world.unit)),
        "updateUnit" => {
            edit(app, Role::Provider, format!("units/{}", app.site().await.unit), with(unit(), json!({"couples": false}))).await
        }
        "endUnit" => Call::to(format!("units/{}/end", app.site().await.unit)),
        "endStructure" => Call::to(format!("structures/{}/end", app.site().await.structure)),
        "updateOrganisationContact" => {
            let path = format!("organisations/{}", app.caller(Role::Referent, side).identity().organisation);
            let etag = app.own(Role::Referent).get(&path).await.expect(200).etag();
            Call { etag: Some(etag), ..Call::to(path + "/contact").with(reached_at("own@example.org")) }
        }
        "createStructure" => Call::to("structures").with(structure()),
        "listStructures" => Call::to("structures"),
        "getStructure" => Call::to(format!("structures/{}", world.structure)),
        "updateStructure" => {
            let other = with(structure(), json!({"name": "Une autre structure fictive"}));
            edit(app, Role::Provider, format!("structures/{}", app.site().await.structure), other).await
        }
        "createOrganisation" => Call::to("organisations").with(unique()),
        "listOrganisations" => Call::to("organisations"),
        "getOrganisation" => Call::to(one_organisation().await),
        "updateOrganisation" => edit(app, Role::Administrator, one_organisation().await, unique()).await,
        "createWebhook" => {
            let (_, tool) = webhooks::tool(app, &[Scope::Events]).await;
            Call::to(format!("api-clients/{tool}/webhooks")).with(json!({"url": webhooks::PUBLIC}))
        }
        "listWebhooks" => Call::to("webhooks"),
        "getWebhook" => Call::to(format!("webhooks/{}", some_webhook(app).await)),
        "updateWebhook" => {
            let path = format!("webhooks/{}", some_webhook(app).await);
            edit(app, Role::Manager, path, json!({"url": webhooks::PUBLIC, "record_kinds": ["request"]})).await
        }
        "deleteWebhook" => Call::to(format!("webhooks/{}/delete", some_webhook(app).await)),
        "rotateWebhookSecret" => Call::to(format!("webhooks/{}/rotate", some_webhook(app).await)),
        "replayWebhook" => Call::to(format!("webhooks/{}/replay", some_webhook(app).await)).with(json!({"after": 0})),
        "enableWebhook" => Call::to(format!("webhooks/{}/enable", disabled_webhook(app).await)),
        "listWebhookDeliveries" => Call::to(format!("webhooks/{}/deliveries", some_webhook(app).await)),
        "listDoorContacts" => Call::to("door-contacts"),
        "getDoorContact" => Call::to(format!("door-contacts/{}", door(app, 0).await)),
        "updateDoorContact" => {
            let source = format!("Lu le jour {}", Uuid::now_v7());
            let body = json!({"label": "CRIP fictive", "phone": "01 99 00 12 70", "source": source});
            edit(app, Role::Coordinator, format!("door-contacts/{}", door_to_edit(app).await), body).await
        }
        "getMe" => Call::to("me"),
        "inviteAccount" => Call::to(of_own(app, "accounts")).with(invitation("manager")),
        "listAccounts" => Call::to(of_own(app, "accounts")),
        "getAccount" => Call::to(format!("accounts/{}", someone(app).await)),
        "changeAccountRoles" => {
            let path = format!("accounts/{}", someone(app).await);
            let etag = app.own(Role::Manager).get(&path).await.expect(200).etag();
            Call { etag: Some(etag), ..Call::to(path + "/roles").with(json!({"roles": ["referent", "manager"]})) }
        }
        "endAccount" => Call::to(format!("accounts/{}/end", someone(app).await)),
        "endAccountSessions" => Call::to(format!("accounts/{}/end-sessions", someone(app).await)),
        "inviteAgain" => Call::to(format!("accounts/{}/invite-again", someone(app).await)),
        "inviteReplacement" => Call::to("replacements").with(invitation(OWN_ROLE)),
        "createApiClient" => Call::to(of_own(app, "api-clients")).with(json!({"label": "Logiciel fictif", "scopes": ["registry"]})),
        "listApiClients" => Call::to(of_own(app, "api-clients")),
        "getApiClient" => Call::to(format!("api-clients/{}", some_tool(app).await.0)),
        "rotateApiClient" => Call::to(format!("api-clients/{}/rotate", some_tool(app).await.0)).with(json!({})),
        "endApiClientSecret" => {
            let (tool, secret) = some_tool(app).await;
            Call::to(format!("api-clients/{tool}/secrets/{secret}/end"))
        }
        "revokeApiClient" => Call::to(format!("api-clients/{}/revoke", some_tool(app).await.0)),
        "searchCommunes" => Call::to("communes?q=lyon"),
        "listEvents" => Call::to("events"),
        "streamEvents" => Call::to("events/stream?after=0"),
        "listAccessLog" => Call::to("access-log"),
        "getHealth" => Call::to("health"),
        "getReadiness" => Call::to("readiness"),
        other => panic!("{other} has no fixture: add one, so that it is swept"),
    }
}

const ASKED: &[(&str, &str)] = &[
    ("p1_who", "female_adult"),
    ("p1_age", "24"),
    ("place", "Lyon"),
    ("zone", "93"),
    ("first_day", "2026-01-01"),
    ("today", "2026-01-01"),
];
const AGREED: &[(&str, &str)] = &[
    ("p1_who", "female_adult"),
    ("p1_age", "24"),
    ("place", "Lyon"),
    ("first_day", "2026-01-01"),
    ("today", "2026-01-01"),
    ("information", "given"),
    ("information_language", "en"),
    ("shared", "wishes"),
];

/// A structure whose SIRET another organisation has given too.
pub async fn contested(app: &TestApp) -> String {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(100_000);
    let number = format!("7{:012}", NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    let right = (0..10).map(|digit| format!("{number}{digit}")).find(|siret| {
        let siret: api::domain::Siret = serde_json::from_value(json!(siret)).unwrap();
        siret.checks()
    });
    let body = with(structure(), json!({"siret": right.unwrap(), "commune": "33063", "town": "Bordeaux"}));
    app.third_party().await.post("structures", &body).await.expect(201);
    app.third_party().await.post("structures", &body).await.expect(201).id()
}

/// Another address of an organisation.
pub fn address() -> Change {
    serde_json::from_value(json!({"change": "address", "email": format!("{}@example.org", Uuid::now_v7())})).unwrap()
}

async fn of_page(app: &TestApp, world: &World, row: &Spec) -> Call {
    use ReferralState::{Accepted, Arrived, Asked, Confirmed};
    let referral =
        async |state, act: &str| Call::to(format!("/orientations/{}/{act}", app.referral_in(&world.vacancy, state).await));
    let one_vacancy = async |act: &str| Call::to(format!("/places/{}/{act}", app.vacancy(3).await));
    match (row.id, row.method.as_str()) {
        ("home", _) => Call::to("/"),
        ("signIn", _) => Call::to("/connexion"),
        ("signInWithPassword", _) => {
            let address = somebody(app).address;
            Call::to("/connexion").typing(&[("address", &address), ("password", PASSWORD), ("code", SHOWN)])
        }
        ("goToProvider", _) => Call::to("/connexion/fournisseur"),
        ("comeFromProvider", _) => Call::to("/connexion/fournisseur/retour"),
        ("resumeForm", _) => Call::to("/connexion/reprise"),
        ("forgottenPassword" | "forgetPassword", _) => {
            Call::to("/mot-de-passe-oublie").typing(&[("address", &format!("{}@example.org", Uuid::now_v7()))])
        }
        ("passwordLink" | "choosePassword", _) => {
            let code = somebody(app).link(LinkPurpose::Password, TimeDelta::hours(1));
            Call::to(format!("/mot-de-passe/{code}")).typing(&[("new_password", PASSWORD), ("code", SHOWN)])
        }
        ("comptes", _) => Call::to("/comptes"),
        ("comptesDe", _) => Call::to(format!("/comptes/{}", app.own(Role::Manager).identity().organisation)),
        ("newOrganisation", _) => Call::to("/nouvel-organisme"),
        ("organisation", _) => Call::to(format!("/organismes/{}", app.own(Role::Manager).identity().organisation)),
        ("createOrganisation", "POST") => {
            let name = format!("Association fictive {}", Uuid::now_v7());
            Call::to("/organismes").typing(&[("/name", &name), ("/kind", "association")])
        }
        ("proveContact", "POST") => {
            let (home, code) = app.contact_to_prove().await;
            Call::to(format!("/structures/{home}/courriel")).typing(&[("code", &code)])
        }
        ("approveChange", "POST") => Call::to(format!("/comptes/changements/{}/confirmer", app.change_that_waits(&address()).0)),
        ("rejectChange", "POST") => Call::to(format!("/comptes/changements/{}/refuser", app.change_that_waits(&address()).0)),
        ("proveAddress", "POST") => {
            let (change, code) = app.change_that_waits(&address());
            Call::to(format!("/comptes/changements/{change}/preuve")).typing(&[("code", &code)])
        }
        ("vouchForUnit", "POST") => {
            let waiting = app.edit_that_waits().await.unit;
            let seen = app.waiting(&app.own(Role::Coordinator), &waiting).await.unwrap()["revision"].as_str().unwrap().to_owned();
            Call::to(format!("/registre/{waiting}/verifier")).typing(&[("seen", &seen)])
        }
        ("resolveRegistration", "POST") => {
            Call::to(format!("/registre/{}/numero", contested(app).await)).typing(&[("right", "true")])
        }
        ("updateOrganisation", "POST") => {
            let body = with(organisation(), json!({"name": format!("Association fictive {}", Uuid::now_v7())}));
            let made = app.own(Role::Administrator).post("organisations", &body).await.expect(201);
            let (seen, name) = (made.etag(), format!("Association fictive {}", Uuid::now_v7()));
            let typed = [("seen", seen.trim_matches('"')), ("/name", &name), ("/kind", "association")];
            Call::to(format!("/organismes/{}", made.id())).typing(&typed)
        }
        ("portes", _) => Call::to("/portes"),
        ("porte", _) => Call::to(format!("/portes/{}", door(app, 0).await)),
        ("updateDoorContact", "POST") => {
            let id = if row.path.ends_with("/exact") { door(app, 0).await } else { door_to_edit(app).await };
            let seen = app.own(Role::Coordinator).get(&format!("door-contacts/{id}")).await.expect(200).etag();
            let source = format!("Lu le jour {}", Uuid::now_v7());
            let typed =
                [("seen", seen.trim_matches('"')), ("/label", "Ac.Sé fictif"), ("/phone", "01 99 00 12 71"), ("/source", &source)];
            let end = if row.path.ends_with("/exact") { "/exact" } else { "" };
            Call::to(format!("/portes/{id}{end}")).typing(&typed)
        }
        ("endAccountSession", _) => {
            let someone = someone(app).await;
            let account = AccountId(someone.parse().unwrap());
            Browser::signed_in_as(app, account).await;
            let sessions = app.db().read(|conn| sessions::of_account(conn, app.clock().now(), account)).unwrap();
            Call::to(format!("/comptes/personnes/{someone}/sessions/{}/fin", sessions[0].id))
        }
        ("remplacement", _) => Call::to("/remplacement"),
        ("invitation", _) => {
            Call::to(format!("/invitation/{}", nobody_yet(app).link(LinkPurpose::Invitation, TimeDelta::hours(1))))
        }
        ("inviteAccount", "POST") => {
            let own = app.own(Role::Manager).identity().organisation;
            let address = format!("{}@example.org", Uuid::now_v7());
            Call::to(format!("/comptes/{own}/inviter")).typing(&[
                ("email", &address),
                ("label", "Camille Fictive"),
                ("roles", "manager"),
            ])
        }
        ("createApiClient", "POST") => {
            let own = app.own(Role::Manager).identity().organisation;
            Call::to(format!("/comptes/{own}/outils")).typing(&[("label", "Logiciel fictif"), ("scopes", "registry")])
        }
        ("changeAccountRoles", "POST") => {
            let someone = someone(app).await;
            let etag = app.own(Role::Manager).get(&format!("accounts/{someone}")).await.expect(200).etag();
            let typed = [("seen", etag.trim_matches('"')), ("roles", "referent"), ("roles", "manager")];
            Call::to(format!("/comptes/personnes/{someone}/roles")).typing(&typed)
        }
        ("endAccount", "POST") => Call::to(format!("/comptes/personnes/{}/depart", someone(app).await)),
        ("endAccountSessions", "POST") => Call::to(format!("/comptes/personnes/{}/sessions", someone(app).await)),
        ("inviteAgain", "POST") => Call::to(format!("/comptes/personnes/{}/relance", someone(app).await)),
        ("enableWebhook", "POST") => Call::to(format!("/comptes/webhooks/{}/reprendre", disabled_webhook(app).await)),
        ("rotateApiClient", "POST") => Call::to(format!("/comptes/outils/{}/renouveler", some_tool(app).await.0)),
        ("endApiClientSecret", "POST") => {
            let (tool, secret) = some_tool(app).await;
            Call::to(format!("/comptes/outils/{tool}/secrets/{secret}/fin"))
        }
        ("revokeApiClient", "POST") => Call::to(format!("/comptes/outils/{}/revoquer", some_tool(app).await.0)),
        ("inviteReplacement", "POST") => {
            let address = format!("{}@example.org", Uuid::now_v7());
            Call::to("/remplacement").typing(&[("email", &address), ("label", "Camille Fictive"), ("roles", OWN_ROLE)])
        }
        ("setUpPage" | "setUpAccount", _) => {
            let code = nobody_yet(app).link(LinkPurpose::Invitation, TimeDelta::hours(1));
            let secret = people::telephone().base32();
            let typed = [("new_password", PASSWORD), ("code", SHOWN), ("secret", &secret)];
            Call::to(format!("/invitation/{code}/identifiants")).typing(&typed)
        }
        ("ownAccount", _) => Call::to("/compte"),
        ("endOtherSessions", _) => Call::to("/compte/sessions/fin"),
        ("givePhoneCode", _) => Call::to("/compte/telephones"),
        ("forgetOwnPhone", _) => Call::to(format!("/compte/telephones/{}/fin", some_phone(app, world).await)),
        ("endRememberedPhone", _) => Call::to(format!("/comptes/telephones/{}/fin", some_phone(app, world).await)),
        ("rememberPhone", _) => {
            let link = mailed(app, world).await;
            Call::to(format!("/lien/{link}/telephone")).typing(&[("code", &remembered_phones::code_of_own(app).await)])
        }
        ("acceptByRememberedPhone", _) => on_phone(app, mailed(app, world).await, "oui-avec").await,
        ("declineByRememberedPhone", _) => {
            let said = [("code", "other"), ("text", "travaux")];
            on_phone(app, mailed(app, world).await, "non-avec").await.typing(&said)
        }
        ("affirmByRememberedPhone", _) => on_phone(app, mailed_and_answered(app, world, Role::Referent).await, "exact").await,
        ("recordArrivalByRememberedPhone", _) => on_phone(app, mailed_of_coming(app, world).await, "arrivee").await,
        ("recordNoShowByRememberedPhone", _) => on_phone(app, mailed_of_coming(app, world).await, "absence").await,
        ("endStayByRememberedPhone", _) => {
            app.ignore_mails();
            let referral = app.referral_in(&world.vacancy, Confirmed).await;
            let said = json!({"by_phone": true});
            app.own(Role::Referent).post(&format!("referrals/{referral}/arrival"), &said).await.expect(200);
            let ended = [("reason", "left"), ("request", "open")];
            on_phone(app, newest_token(app), "fin").await.typing(&ended)
        }
        ("endSession", _) => {
            let own = app.own(Role::Referent).identity().account;
            Browser::signed_in_as(app, own).await;
            let sessions = app.db().read(|conn| sessions::of_account(conn, app.clock().now(), own)).unwrap();
            Call::to(format!("/compte/sessions/{}/fin", sessions[0].id))
        }
        ("changePassword", _) => {
            Call::to("/compte/mot-de-passe").typing(&[("password", PASSWORD), ("code", SHOWN), ("new_password", PASSWORD)])
        }
        ("secondFactor" | "changeSecondFactor", _) => {
            let secret = people::telephone().base32();
            let typed = [("password", PASSWORD), ("code", SHOWN), ("new_code", SHOWN), ("secret", &secret)];
            Call::to("/compte/second-facteur").typing(&typed)
        }
        ("signInLink" | "signInWithLink", _) => {
            Call::to(client::sign_in_link(app.db(), app.own(Role::Referent).identity().account, "").unwrap())
        }
        ("signOut", _) => Call::to("/deconnexion"),
        ("quit", _) => Call::to("/quitter"),
        ("ask", _) => Call::to("/demande"),
        ("ficheDeRecherche", _) => Call::to(format!("/demandes/{}/fiche", app.request().await)),
        ("propositionsAdHoc", _) => Call::to("/demande").typing(ASKED),
        ("demandes", _) => Call::to("/demandes"),
        ("demande", _) => Call::to(format!("/demandes/{}", app.request().await)),
        ("propositions", _) => Call::to(format!("/demandes/{}/places", app.request().await)),
        ("dossier", _) => Call::to(format!("/demandes/{}/dossier", app.request().await)),
        ("placesAsked", _) => Call::to(format!("/demandes/{}/places/demandees?vu=x", app.request().await)),
        ("placesSheet", _) => Call::to(format!("/demandes/{}/places/fiche", app.request().await)),
        ("moves", _) => Call::to("/mouvements"),
        ("handOverSheet", _) => {
            app.referral_in(&world.vacancy, ReferralState::Asked).await;
            Call::to("/releve")
        }
        ("arrivalSheet", _) => {
            Call::to(format!("/orientations/{}/fiche", app.referral_in(&world.vacancy, ReferralState::Confirmed).await))
        }
        ("sheetForThePerson", _) => {
            Call::to(format!("/orientations/{}/papier", app.referral_in(&world.vacancy, ReferralState::Confirmed).await))
        }
        ("myPlaces", _) => Call::to("/places"),
        ("orientations", _) => Call::to("/orientations"),
        ("mailedLink", _) => Call::to(format!("/lien/{}", mailed(app, world).await)),
        ("confirmVacancyByLink", _) => Call::to(format!("/lien/{}", mailed(app, world).await))
            .typing(&[("from", &app.beds(&world.vacancy).await.0.to_string())]),
        ("acceptReferralByLink", _) => Call::to(format!("/lien/{}/oui", mailed(app, world).await)),
        ("declineReferralByLink", _) => Call::to(format!("/lien/{}/non", mailed(app, world).await)).typing(&[("code", "no_staff")]),
        ("acknowledgeReferralByLink", _) => {
            Call::to(format!("/lien/{}/rappel", mailed(app, world).await)).typing(&[("phone", "01 99 00 12 34")])
        }
        ("undoReferralByLink", _) => Call::to(format!("/lien/{}/annuler", mailed_and_answered(app, world, Role::Provider).await)),
        ("countVacancyByLink", _) => Call::to(format!("/lien/{}/nombre", mailed(app, world).await))
            .typing(&[("tap", "more"), ("from", &app.beds(&world.vacancy).await.0.to_string())]),
        ("recordTakenElsewhereByLink", _) => Call::to(format!("/lien/{}/ailleurs", mailed(app, world).await))
            .typing(&[("from", &app.beds(&world.vacancy).await.0.to_string())]),
        ("journaux", _) => Call::to("/journaux"),
        ("verifyLogs", _) => Call::to("/journaux/verification"),
        ("contradictReferralByLink", _) => {
            Call::to(format!("/lien/{}/inexact", mailed_and_answered(app, world, Role::Referent).await))
        }
        ("suggestCommunes", _) => Call::to("/communes?q=lyon"),
        ("style", _) => Call::to(assets::STYLE.path()),
        ("script", _) => Call::to(assets::SCRIPT.path()),
        ("openapi", _) => Call::to("/api/v1/openapi.json"),
        ("docsFolder", _) => Call::to("/docs"),
        ("docs", _) => Call::to("/docs/index.html"),
        ("createRequest", "POST") => Call::to("/demande/enregistrer").typing(AGREED),
        ("createReferral", "POST") => Call::to(format!("/demandes/{}/orientations", app.request().await))
            .typing(&[("vacancy", &world.vacancy), ("action", "hold")]),
        ("updateRequest", "POST") if row.path.ends_with("/souhait") => {
            app.vacancy(3).await;
            let referent = app.own(Role::Referent);
            let stored = referent.post("requests", &with(request(), json!({"required": ["cot"]}))).await.expect(201).id();
            let etag = referent.get(&format!("requests/{stored}")).await.expect(200).etag();
            let typed = [("voir", "required.cot"), ("tag", etag.trim_matches('"'))];
            Call::to(format!("/demandes/{stored}/places/souhait")).typing(&typed)
        }
        ("updateRequest", "POST") if row.path.ends_with("/suivi") => {
            Call::to(format!("/demandes/{}/suivi", app.request().await)).typing(&[("in_charge", "C. M.")])
        }
        ("updateRequest", "POST") => {
            let request = app.request().await;
            let etag = app.own(Role::Referent).get(&format!("requests/{request}")).await.expect(200).etag();
            let typed = [("part", "montre"), ("message", "Peu."), ("seen", etag.trim_matches('"'))];
            Call::to(format!("/demandes/{request}")).typing(&typed)
        }
        ("reopenRequest", "POST") => {
            let request = app.request().await;
            app.own(Role::Referent).post(&format!("requests/{request}/close"), &json!({"reason": "mistake"})).await.expect(200);
            Call::to(format!("/demandes/{request}/rouvrir"))
        }
        ("copyRequest", "POST") => Call::to(format!("/demandes/{}/copier", app.request().await)),
        ("splitRequest", "POST") => {
            Call::to(format!("/demandes/{}/separer", two(app).await)).typing(&[("s1", "a"), ("bond", "kept_apart")])
        }
        ("changeAlias", "POST") => Call::to(format!("/demandes/{}/repere", app.request().await)),
        ("addNote", "POST") => Call::to(format!("/demandes/{}/note", app.request().await)).typing(&[("note", "Rappeler.")]),
        ("lendRequest", "POST") => {
            let borrower = app.other(Role::Referent).identity().organisation.to_string();
            Call::to(format!("/demandes/{}/preter", app.request().await)).typing(&[("organisation_id", &borrower)])
        }
        ("endLending", "POST") => {
            let Call { path, .. } = Box::pin(of_api(app, world, EndLending::SPEC, Side::Own)).await;
            Call::to(path.replace("requests/", "/demandes/").replace("end-lending", "reprendre"))
        }
        ("withdrawAgreement", "POST") => Call::to(format!("/demandes/{}/retrait", app.request().await)).typing(&[("sure", "true")]),
        ("createKeepApartCode", "POST") => Call::to(format!("/demandes/{}/codes", app.request().await)),
        ("createKeepApartLink", "POST") => {
            let (one, code) = code(app).await;
            Call::to(format!("/demandes/{one}/eloigner")).typing(&[("code", code.as_str().unwrap())])
        }
        ("endKeepApartLink", "POST") => {
            let Call { path, .. } = Box::pin(of_api(app, world, EndKeepApartLink::SPEC, Side::Own)).await;
            let path = path.replace("requests/", "/demandes/").replace("keep-apart-links", "liens");
            Call::to(path.replace("/end", "/fin"))
        }
        ("closeRequest", "POST") => {
            let path = row.path.replace("{request_id}", &app.request().await);
            Call::to(path).typing(&[("reason", "found_housing")])
        }
        ("confirmVacancy", "POST") if row.path.ends_with("/exactes") => {
            let vacancy = app.vacancy(3).await;
            let etag = app.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.expect(200).etag();
            Call::to(format!("/places/{vacancy}/exactes")).typing(&[("seen", &format!("{vacancy} {}", etag.trim_matches('"')))])
        }
        ("updateVacancy", "POST") if row.path.ends_with("/modifier") => {
            let vacancy = app.vacancy(3).await;
            let etag = app.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.expect(200).etag();
            let typed = [("seen", etag.trim_matches('"')), ("beds", "2"), ("from", "2026-01-01")];
            Call::to(format!("/places/{vacancy}/modifier")).typing(&typed)
        }
        ("confirmVacancy", "POST") => {
            let vacancy = app.vacancy(3).await;
            let etag = app.own(Role::Provider).get(&format!("vacancies/{vacancy}")).await.expect(200).etag();
            Call::to(format!("/places/{vacancy}/exact")).typing(&[("seen", etag.trim_matches('"'))])
        }
        ("recordTakenElsewhere", "POST") if row.path.ends_with("/complet") => one_vacancy("complet").await.typing(&[("free", "3")]),
        ("recordTakenElsewhere", "POST") => one_vacancy("ailleurs").await,
        ("autresPlaces", _) => Call::to(format!("/orientations/{}/place", behind_a_door(app).await.0)),
        ("moveReferral", "POST") => {
            let (referral, other) = behind_a_door(app).await;
            Call::to(format!("/orientations/{referral}/place")).typing(&[("vacancy", &other)])
        }
        ("recordCall", "POST") => Call::to(format!("/orientations/{}/appel", wishing_for_a_call(app, world).await)),
        ("noteOutcome", "POST") => referral(ReferralState::Declined, "su").await,
        ("reviveReferral", "POST") => referral(ReferralState::Superseded, "reprendre").await,
        ("liftRefusal", "POST") => Call::to(format!("/orientations/{}/lever", refused_by_her(app, world).await)),
        ("updateVacancy", "POST") => one_vacancy("nombre").await.typing(&[("tap", "more"), ("beds", "3"), ("from", "2026-01-01")]),
        ("registry", _) => Call::to("/registre?departement=69"),
        ("registryExport", _) => Call::to("/registre.csv?departement=69"),
        ("placesOver", _) => Call::to("/places/passees"),
        ("withdrawVacancy", "POST") => one_vacancy("retirer").await,
        ("myStructures", _) => Call::to("/structures"),
        ("newStructure", _) => Call::to("/structures/nouvelle"),
        ("ownStructure", _) => Call::to(format!("/structures/{}", app.site().await.structure)),
        ("newUnit", _) => Call::to(format!("/structures/{}/groupes/nouveau", app.site().await.structure)),
        ("ownUnit", _) => Call::to(format!("/groupes/{}", app.site().await.unit)),
        ("createStructure", "POST") => Call::to("/structures").typing(HOME_TYPED),
        ("updateStructure", "POST") => {
            let structure = app.site().await.structure;
            let etag = app.own(Role::Provider).get(&format!("structures/{structure}")).await.expect(200).etag();
            let seen = [&[("seen", etag.trim_matches('"'))], HOME_TYPED].concat();
            Call::to(format!("/structures/{structure}")).typing(&seen)
        }
        ("endStructure", "POST") => Call::to(format!("/structures/{}/fin", app.site().await.structure)),
        ("createUnit", "POST") => Call::to(format!("/structures/{}/groupes", app.site().await.structure)).typing(UNIT_TYPED),
        ("updateUnit", "POST") => {
            let unit = app.site().await.unit;
            let etag = app.own(Role::Provider).get(&format!("units/{unit}")).await.expect(200).etag();
            Call::to(format!("/groupes/{unit}")).typing(&[&[("seen", etag.trim_matches('"'))], UNIT_TYPED].concat())
        }
        ("endUnit", "POST") => Call::to(format!("/groupes/{}/fin", app.site().await.unit)),
        ("declareVacancy", "POST") => {
            Call::to(format!("/groupes/{}/places", app.site().await.unit)).typing(&[("beds", "2"), ("from", "2026-01-01")])
        }
        ("acknowledgeReferral", "POST") => referral(Asked, "vue").await,
        ("acceptReferral", "POST") => referral(Asked, "oui").await,
        ("declineReferral", "POST") => referral(Asked, "non").await.typing(&[("code", "full")]),
        ("confirmReferral", "POST") => {
            // In Paris, a few hours from now.
            let at = app.clock().now().plus(TimeDelta::hours(5)).utc().format("%Y-%m-%dT%H:%M").to_string();
            referral(Accepted, "confirmer").await.typing(&[("expected", &at)])
        }
        ("affirmReferral", "POST") => {
            let asked = app.referral_in(&world.vacancy, Asked).await;
            app.own(Role::Referent).post(&format!("referrals/{asked}/accept"), &json!({"by_phone": true})).await.expect(200);
            Call::to(format!("/orientations/{asked}/exact"))
        }
        ("showAddress", "POST") => Call::to(format!("/orientations/{}/adresse", expected_at_an_address(app).await)),
        ("recordArrival", "POST") => referral(Confirmed, "arrivee").await,
        ("recordNoShow", "POST") => referral(Confirmed, "absence").await,
        ("recordTurnedAway", "POST") => referral(Confirmed, "refoulee").await,
        ("undoReferral", "POST") => referral(Accepted, "annuler").await,
        ("contradictReferral", "POST") => {
            let referral = app.referral_in(&world.vacancy, Asked).await;
            let said = json!({"by_phone": true});
            app.own(Role::Referent).post(&format!("referrals/{referral}/accept"), &said).await.expect(200);
            Call::to(format!("/orientations/{referral}/inexact"))
        }
        ("withdrawReferral", "POST") => referral(Asked, "retirer").await,
        ("endStay", "POST") => referral(Arrived, "fin").await.typing(&[("reason", "left"), ("request", "open")]),
        (other, method) => panic!("{method} {} ({other}) has no fixture: add one, so that it is swept", row.path),
    }
}

/// The token of the link that tells of people who are coming.
async fn mailed_of_coming(app: &TestApp, world: &World) -> String {
    app.ignore_mails();
    app.referral_in(&world.vacancy, ReferralState::Confirmed).await;
    newest_token(app)
}

fn newest_token(app: &TestApp) -> String {
    remembered_phones::newest_link(app).trim_start_matches("/lien/").to_owned()
}

/// A form of a link's page, sent from a telephone that the own organisation remembers.
async fn on_phone(app: &TestApp, token: String, act: &str) -> Call {
    let phone = remembered_phones::remembered(app, &format!("/lien/{token}")).await;
    let cookie = phone.cookie.split("; ").find(|pair| pair.contains("havre-telephone=")).unwrap().to_owned();
    Call { phone: Some(cookie), ..Call::to(format!("/lien/{token}/{act}")) }
}

/// A telephone to which the provider of the own organisation has given a code.
async fn some_phone(app: &TestApp, world: &World) -> String {
    let link = format!("/lien/{}", mailed(app, world).await);
    remembered_phones::remembered(app, &link).await;
    use api::db::remembered_phones::{Which, standing};
    let giver = app.own(Role::Provider).identity().account;
    let phones = app.db().read(|conn| standing(conn, app.clock().now(), Which::GivenBy(giver))).unwrap();
    phones[0].0.id.to_string()
}

/// A new account of the own organisation that somebody was invited to.
fn nobody_yet(app: &TestApp) -> Person {
    let (_token, identity) = client::make(app.db(), "Organisation fictive", Role::Provider).unwrap();
    Person::invited_to(app, identity.account)
}

/// The same, which somebody has made theirs.
fn somebody(app: &TestApp) -> Person {
    nobody_yet(app).set_up()
}

/// A referral whose addressee asks to be called.
async fn wishing_for_a_call(app: &TestApp, world: &World) -> String {
    let asked = app.referral_in(&world.vacancy, ReferralState::Asked).await;
    let call = json!({"call_back": {"kind": "call_us", "phone": "01 99 00 12 34"}});
    app.own(Role::Provider).post(&format!("referrals/{asked}/acknowledge"), &call).await.expect(200);
    asked
}

/// A referral to a place that the person does not want.
async fn refused_by_her(app: &TestApp, world: &World) -> String {
    let asked = app.referral_in(&world.vacancy, ReferralState::Asked).await;
    let hers = json!({"refusal": {"party": "person", "code": "afraid"}});
    app.own(Role::Referent).post(&format!("referrals/{asked}/withdraw"), &hers).await.expect(200);
    asked
}

/// A request, and a code that another of the same organisation has made.
async fn code(app: &TestApp) -> (String, Value) {
    let (one, twin) = (app.request().await, app.request().await);
    let made = app.own(Role::Referent).command(&format!("requests/{twin}/keep-apart-codes")).await.expect(201);
    (one, made.body["code"].clone())
}

/// A request of two people.
async fn two(app: &TestApp) -> String {
    let woman = json!({"gender": "female", "minority": "adult", "age": 24});
    app.own(Role::Referent).post("requests", &with(request(), json!({"household": [woman, woman]}))).await.expect(201).id()
}

/// The token of the link in the mail about a new referral.
async fn mailed(app: &TestApp, world: &World) -> String {
    app.ignore_mails();
    app.ask(&app.request().await, &world.vacancy, json!({})).await.expect(201);
    crate::mails::link(&app.mails()[0]).rsplit('/').next().unwrap().to_owned()
}

/// The same of one that has been answered since: by the addressee, or by who asked, after a phone call, which another mail tells.
async fn mailed_and_answered(app: &TestApp, world: &World, by: Role) -> String {
    app.ignore_mails();
    let path = format!("referrals/{}", app.ask(&app.request().await, &world.vacancy, json!({})).await.expect(201).id());
    let mut link = crate::mails::link(&app.mails()[0]);
    app.own(by).post(&format!("{path}/accept"), &json!({"by_phone": by == Role::Referent})).await.expect(200);
    if by == Role::Referent {
        link = crate::mails::link(&app.mails()[0]);
    }
    link.rsplit('/').next().unwrap().to_owned()
}

/// A referral through the door of a regulator, and another vacancy behind that door. The organisation keeps the door of its own homes.
pub async fn behind_a_door(app: &TestApp) -> (String, String) {
    let keeper = format!("organisations/{}", app.own(Role::Regulator).identity().organisation);
    let administrator = app.own(Role::Administrator);
    let known = administrator.get(&keeper).await.expect(200);
    let keeps = json!({"name": known.body["name"], "kind": "regulator", "doors": ["115"], "departments": [], "contact": known.body["contact"]});
    administrator.put(&keeper, &known.etag(), &keeps).await.expect(200);
    let declared = async || {
        let site = app.site_with(&structure(), &with(unit(), json!({"doors": ["115"]}))).await;
        app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id()
    };
    let (asked, other) = (declared().await, declared().await);
    (app.ask(&app.request().await, &asked, json!({})).await.expect(201).id(), other)
}

/// A referral of people who are expected at a home that gives its address.
async fn expected_at_an_address(app: &TestApp) -> String {
    let home = with(structure(), json!({"address": "12 rue du Canari", "gives_address": true}));
    let site = app.site_with(&home, &unit()).await;
    let vacancy = app.own(Role::Provider).post(&format!("units/{}/vacancies", site.unit), &vacancy()).await.expect(201).id();
    app.referral_in(&vacancy, ReferralState::Confirmed).await
}

/// A plan for one request.
async fn plan(app: &TestApp) -> String {
    let body = json!({"request_ids": [app.request().await]});
    let made = app.own(Role::Referent).post("plans", &body).await.expect(201);
    assert_eq!(made.body["assignments"].as_array().unwrap().len(), 1, "{}", made.text);
    made.id()
}
