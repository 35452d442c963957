//! What the holder of a link in a mail may do without an account: open the referral it was sent about, answer it in its addressee's stead, take
//! that back, contradict what was written down for it, and say what is free at the place.

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use matcher::{Department, Policy};
use serde::Serialize;
use utoipa::ToSchema;

use super::referrals::ReferralRecord;
use crate::clock::Instant;
use crate::commands::mailed_links::{self as commands, Opened, Saying};
use crate::commands::{Order, Said, Service, remembered_phones};
use crate::db::referrals::{self, ReferralView};
use crate::db::remembered_phones::RememberedPhone;
use crate::db::{Conn, Failure, Pulse, Reading, Turn};
use crate::domain::ids::{ReferralId, VacancyId};
use crate::domain::mailed_link::{CountByLink, LinkCode, Standing, TakenByLink};
use crate::domain::referral::{Acknowledgement, DeclinationByLink, Undo};
use crate::domain::text::Name;
use crate::domain::{By, ContactNumber, Referral, Tag, Text};
use crate::live::Live;
use crate::schemas;
use crate::web::answers;
use crate::web::extract::{Body, OptionalBody};
use crate::web::operations::{
    AcceptReferralByLink, AcknowledgeReferralByLink, ConfirmVacancyByLink, ContradictReferralByLink, CountVacancyByLink,
    DeclineReferralByLink, OpenLink, Operation, RecordTakenElsewhereByLink, UndoReferralByLink,
};
use crate::web::problem::Problem;
use crate::web::views::places::AskedPlace;
use crate::web::views::vacancies::{VacancyRecord, whole};

type Done = Result<HttpResponse, Problem>;

/// What a link opens.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenedLink {
    /// Until when it is good: as long as the referral stands where it stood when the mail was sent, and some minutes more to take an answer
    /// back.
    pub expires_at: Instant,
    /// Whether it answers; false: it was answered, and that may be taken back.
    pub answers: bool,
    /// Which home is asked.
    pub place: AskedPlace,
    /// Who asks.
    pub asked_by: AskedBy,
    /// The referral, with what its addressee needs to answer: ages in bands.
    pub referral: ReferralRecord,
    /// The vacancy that is asked for.
    pub vacancy: VacancyRecord,
    /// Whether it may be confirmed and counted by this link: not by a regulator's.
    pub may_confirm: bool,
    /// Where the place stands, for the clock on its wall.
    #[schema(value_type = schemas::Department)]
    pub department: Department,
    /// The telephone that the addressee remembers, if it is opened on one.
    #[serde(skip)]
    #[schema(ignore)]
    pub phone: Option<RememberedPhone>,
    /// When it was opened.
    #[serde(skip)]
    #[schema(ignore)]
    pub now: Instant,
}

/// Who asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedBy {
    /// The organisation in whose hands the request is.
    #[schema(value_type = Name)]
    pub name: Text<200>,
    /// Its numbers, in the order in which to try them.
    #[schema(max_items = 10)]
    pub numbers: Vec<ContactNumber>,
}

/// The code of a link, not yet looked up.
#[derive(Clone)]
pub struct LinkToken(LinkCode);

impl FromRequest for LinkToken {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(LinkCode::of(request.match_info().get("token").unwrap_or_default()))))
    }
}

impl LinkToken {
    /// The code as it stands in the link.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The code, to be looked up.
    pub fn code(&self) -> LinkCode {
        self.0.clone()
    }

    /// For whom the link was sent: its holder has no account.
    pub async fn by(&self, service: &Service, pulse: Pulse, operation: &'static str) -> Result<By, Problem> {
        let (code, live) = (self.0.clone(), service.live().clone());
        let find = move |reading: &mut Reading<'_>| {
            let by = sent_to(&commands::find(reading.conn, live.policy(), reading.now, &code)?.referral);
            Ok((by, by))
        };
        Ok(service.read_for(operation, pulse, find).await?)
    }
}

fn sent_to(referral: &Referral) -> By {
    By { account: None, organisation: referral.addressee }
}

/// Open a link
///
/// The referral that a mail was about, with what its addressee needs to answer (ages in bands), which home is asked and by whom, and the vacancy.
/// A link is good while the referral stands where it stood when the mail was sent, and for 15 minutes after its addressee has answered, to take
/// that back; and never once the address it was sent to is another. Opening changes nothing: mail programs open links by themselves. The read is
/// noted in the log of reads.
#[utoipa::path(get, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)),
    responses((status = 200, description = "What it opens.", body = OpenedLink)))]
pub async fn open(service: Data<Service>, token: LinkToken) -> Done {
    let opened = opened_unless(&service, token, OpenLink::SPEC.id, None, |_tag| false).await?;
    let (opened, _tag) = opened.ok_or_else(|| Problem::internal("a link that is opened for a tool is shown whole"))?;
    answers::json(&opened)
}

/// What a link opens, with the read noted, and the tag of it; nothing is read or noted where that is what is known already. On a telephone that
/// its addressee remembers it is what a session would show, with which telephone it was; `phone` is the hash of its secret.
pub async fn opened_unless(
    service: &Service,
    token: LinkToken,
    operation: &'static str,
    phone: Option<[u8; 32]>,
    is_known: impl FnOnce(&str) -> bool + Send + 'static,
) -> Result<Option<(OpenedLink, Tag)>, Problem> {
    let live = service.live().clone();
    let find = move |reading: &mut Reading<'_>| {
        let opened = commands::open(reading.conn, live.policy(), reading.now, &token.0)?;
        let by = sent_to(&opened.referral.referral);
        let referral = &opened.referral.referral;
        let phone = match phone {
            Some(secret_hash) => remembered_phones::known(reading.conn, reading.now, &secret_hash, referral)?,
            None => None,
        };
        let tag = tag(&opened, phone.as_ref());
        if is_known(tag.as_str()) {
            return Ok((by, None));
        }
        let (place, department) = AskedPlace::show(reading, opened.unit);
        let asker = opened.asker.declared;
        let asked_by = AskedBy { name: asker.name, numbers: asker.contact.numbers.0 };
        let shown = OpenedLink {
            expires_at: opened.expires_at,
            answers: opened.standing == Standing::Good,
            place,
            asked_by,
            referral: match &phone {
                Some(phone) => {
                    reading.shows(phone.id);
                    let reach = commands::reach_of(opened.referral.referral.addressee);
                    ReferralRecord::show(reading, opened.referral, reach)?
                }
                None => ReferralRecord::show_by_link(reading, opened.referral)?,
            },
            vacancy: opened.vacancy.into(),
            may_confirm: opened.may_confirm,
            department,
            phone,
            now: reading.now,
        };
        Ok((by, Some((shown, tag))))
    };
    let pulse = service.pulse().await?;
    let opened = service.read_for(operation, pulse, find).await?;
    if let Some(phone) = opened.as_ref().and_then(|(opened, _)| opened.phone.as_ref()) {
        remembered_phones::note_use(service, phone, pulse.now);
    }
    Ok(opened)
}

/// The tag of what a link opens: of all that moves in it, and on which telephone.
fn tag(opened: &Opened, phone: Option<&RememberedPhone>) -> Tag {
    let (referral, vacancy) = (&opened.referral.referral, &opened.vacancy);
    let counted = (vacancy.beds, vacancy.held, vacancy.confirmed_at, vacancy.withdrawn_at);
    let standing = (opened.expires_at, opened.standing == Standing::Good, opened.referral.safety_call.is_some());
    let asked = (opened.referral.request.updated_at, &opened.asker.declared.name, &opened.asker.declared.contact);
    let phone = phone.map(|phone| (phone.id, phone.expires_at));
    Tag::of(&(referral.state, referral.updated_at, counted, standing, asked, opened.unit.updated_at, phone))
}

/// Accept a referral by a link
///
/// The addressee of the link agrees in principle, as `acceptReferral` does. It needs no key: said twice it is refused.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn accept(service: Data<Service>, token: LinkToken) -> Done {
    answer(&accepted(&service, token).await?)
}

/// Accepts the referral of a link.
pub async fn accepted(service: &Service, token: LinkToken) -> Result<ReferralRecord, Problem> {
    give::<AcceptReferralByLink>(service, token, commands::accept).await
}

/// Decline a referral by a link
///
/// A no of the addressee of the link, with who says it and why, as `declineReferral` does. It needs no key: said twice it is refused.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)), request_body = DeclinationByLink,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn decline(service: Data<Service>, token: LinkToken, body: Body<DeclinationByLink>) -> Done {
    answer(&declined(&service, token, body.value).await?)
}

/// Declines the referral of a link.
pub async fn declined(service: &Service, token: LinkToken, said: DeclinationByLink) -> Result<ReferralRecord, Problem> {
    let run = move |turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode| commands::decline(turn, policy, code, &said);
    give::<DeclineReferralByLink>(service, token, run).await
}

/// Acknowledge a referral by a link
///
/// The addressee of the link has seen it, and may ask to be called or say when it will call, as `acknowledgeReferral` does. The link still
/// answers afterwards. It needs no key: said twice it is refused.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)),
    request_body = Option<Acknowledgement>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn acknowledge(service: Data<Service>, token: LinkToken, body: OptionalBody<Acknowledgement>) -> Done {
    answer(&acknowledged(&service, token, body.value).await?)
}

/// Acknowledges the referral of a link.
pub async fn acknowledged(service: &Service, token: LinkToken, said: Acknowledgement) -> Result<ReferralRecord, Problem> {
    let run = move |turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode| commands::acknowledge(turn, policy, code, &said);
    give::<AcknowledgeReferralByLink>(service, token, run).await
}

/// Take the last command back by a link
///
/// The addressee of the link takes back the last command that it has given on the referral, as `undoReferral` does, within 15 minutes. Said
/// twice it is refused; it needs no key.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)),
    request_body = Option<Undo>,
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn undo(service: Data<Service>, token: LinkToken, body: OptionalBody<Undo>) -> Done {
    answer(&undone(&service, token, body.value).await?)
}

/// Takes the last command of the addressee of a link back.
pub async fn undone(service: &Service, token: LinkToken, said: Undo) -> Result<ReferralRecord, Problem> {
    let run = move |turn: &mut Turn<'_>, policy: &Policy, code: &LinkCode| commands::undo(turn, policy, code, &said);
    give::<UndoReferralByLink>(service, token, run).await
}

/// Say by a link that what came by phone is not so
///
/// The addressee of the link contradicts what those who asked have written down for it, as `contradictReferral` does. Said twice it is refused;
/// it needs no key.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn contradict(service: Data<Service>, token: LinkToken) -> Done {
    answer(&contradicted(&service, token).await?)
}

/// Contradicts what was written down for the addressee of a link.
pub async fn contradicted(service: &Service, token: LinkToken) -> Result<ReferralRecord, Problem> {
    give::<ContradictReferralByLink>(service, token, commands::contradict).await
}

/// Confirm a vacancy by a link
///
/// Says in one call that the vacancy that is asked for is still as declared; for a link that was sent to those who run the place. Said twice it
/// says the same; it needs no key.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)),
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn confirm_vacancy(service: Data<Service>, token: LinkToken) -> Done {
    vacancy(&confirmed(&service, token, None).await?)
}

/// Confirms the vacancy a link was sent about, where it still has the beds that were seen, if some were.
pub async fn confirmed(service: &Service, token: LinkToken, seen: Option<u32>) -> Result<VacancyRecord, Problem> {
    say::<ConfirmVacancyByLink>(service, token, Saying::Confirm(seen)).await
}

/// Count a vacancy by a link
///
/// Says how many beds there are, held ones included, where there still are as many as were seen (412 otherwise); for a link that was sent to
/// those who run the place. It needs no key.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)), request_body = CountByLink,
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn count_vacancy(service: Data<Service>, token: LinkToken, body: Body<CountByLink>) -> Done {
    vacancy(&counted(&service, token, body.value).await?)
}

/// Counts the vacancy a link was sent about.
pub async fn counted(service: &Service, token: LinkToken, said: CountByLink) -> Result<VacancyRecord, Problem> {
    say::<CountVacancyByLink>(service, token, Saying::Count(said)).await
}

/// Record a bed taken elsewhere by a link
///
/// Somebody who did not come through Havre has one of the beds that were seen (412 where there are not as many any more); for a link that was
/// sent to those who run the place. It needs no key.
#[utoipa::path(post, path = "", tag = "referrals", security(()),
    params(("token" = String, Path, description = "The code at the end of the link.", max_length = 200)), request_body = TakenByLink,
    responses((status = 200, description = "The vacancy as it stands now.", body = VacancyRecord)))]
pub async fn taken_elsewhere(service: Data<Service>, token: LinkToken, body: Body<TakenByLink>) -> Done {
    vacancy(&taken(&service, token, body.value).await?)
}

/// Records that a bed of the vacancy a link was sent about is another's.
pub async fn taken(service: &Service, token: LinkToken, said: TakenByLink) -> Result<VacancyRecord, Problem> {
    say::<RecordTakenElsewhereByLink>(service, token, Saying::Taken(said)).await
}

fn answer(record: &ReferralRecord) -> Done {
    answers::record(record, record)
}

fn vacancy(record: &VacancyRecord) -> Done {
    answers::record(record, &record.declared())
}

/// Gives a command on the referral of a link as its addressee. A link has no keys to call its own: what is said twice finds another step.
async fn give<P: Operation>(
    service: &Service,
    token: LinkToken,
    run: impl Fn(&mut Turn<'_>, &Policy, &LinkCode) -> Result<ReferralView, Failure> + Send + 'static,
) -> Result<ReferralRecord, Problem> {
    let pulse = service.pulse().await?;
    let by = token.by(service, pulse, P::SPEC.id).await?;
    let order = Order { by, command: P::SPEC.id, key: None, about: None, said: Said::default() };
    let find = move |conn: &mut Conn, id| referrals::view(conn, commands::reach_of(by.organisation), pulse.now, ReferralId(id));
    let run = move |turn: &mut Turn<'_>, live: &Live| run(turn, live.policy(), &token.0);
    let show = |reading: &mut Reading<'_>, view: ReferralView| Ok(ReferralRecord::show_by_link(reading, view)?);
    Ok(service.command(order, run, find, show).await?)
}

/// Says what is free at the place of a link.
async fn say<P: Operation>(service: &Service, token: LinkToken, saying: Saying) -> Result<VacancyRecord, Problem> {
    let pulse = service.pulse().await?;
    let by = token.by(service, pulse, P::SPEC.id).await?;
    let order = Order { by, command: P::SPEC.id, key: None, about: None, said: Said::default() };
    let find = move |conn: &mut Conn, id| commands::find_vacancy(conn, by.organisation, VacancyId(id));
    let run = move |turn: &mut Turn<'_>, live: &Live| commands::say(turn, live.policy(), &token.0, saying);
    Ok(service.command(order, run, find, whole).await?)
}
