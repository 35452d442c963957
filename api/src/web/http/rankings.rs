//! Rankings: the places that can take a household, in order, each with its reasons. Asking changes nothing.
//!
//! The types here say what an answer looks like; what is sent is the engine's own answer, with what the ladder
//! shows of each place beside it. A test compares the two.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::web::Data;
use matcher::{
    Code as _, Condition, Criterion, Day, Department, DistanceBand, Door, Kind, Query, RelaxedWish, Rule, RuleCounts, Snapshot,
    Step, Tier, UnlawfulCondition, Warning, Wished,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{KnownFormat, Schema, SchemaFormat};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::clock::Instant;
use crate::commands::quotas::no_contact_left;
use crate::commands::requests::not_closed;
use crate::commands::{Service, matching};
use crate::db::{Reading, referrals, requests, units};
use crate::domain::denied::What;
use crate::domain::doors::DoorNumber;
use crate::domain::ids::{ReferralId, RequestId, UnitId};
use crate::domain::quota::{ContactsLeft, Watched};
use crate::domain::request::RequestWarning;
use crate::domain::{AdHocRequest, Denied, Faults};
use crate::limits::{CODES_MAX, CONTACTS_SHOWN, OTHER_PLACES_MAX, TOP_DEFAULT, TOP_MAX};
use crate::live::engine::Registry;
use crate::schemas;
use crate::web::answers;
use crate::web::auth::Actor;
use crate::web::extract::{Body, Id, Params};
use crate::web::operations::{ListOtherPlaces, Operation, RankAdHoc, RankForRequest, ShowContact};
use crate::web::problem::Problem;
use crate::web::views;
use crate::web::views::places::{Cards, PlaceCard};

/// The units that can take a household, best first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ranking {
    /// The request.
    request_id: Uuid,
    /// The version of the policy that weighed the criteria.
    #[schema(example = "2026-11-01")]
    policy_version: String,
    /// How many units were judged: all of the registry.
    #[schema(minimum = 0)]
    evaluated: u64,
    /// How many are eligible: no rule fails.
    #[schema(minimum = 0)]
    eligible: u64,
    /// How many fail only rules that a phone call can settle.
    #[schema(minimum = 0)]
    to_verify: u64,
    /// The best of them, in order: eligible ones first.
    proposals: Vec<Proposal>,
    /// Homes for which nobody has vouched yet, after all others and counted among none of them: for adults only, and no bed of them is held. Whoever
    /// wants one calls the SIAO, whose contact stands here in the home's stead.
    not_vouched_for: Vec<Proposal>,
    /// For each rule, how many units fail it; rules no unit fails are left out.
    #[schema(value_type = RuleCountsSchema)]
    failed: RuleCounts,
    /// For each rule, how many units fail it and no other.
    #[schema(value_type = RuleCountsSchema)]
    failed_alone: RuleCounts,
    /// For each wish, the nearest change of it that makes at least one more unit eligible, and how many; where nothing is eligible and
    /// no such change opens anything, what all of them at once would open.
    relaxations: Vec<Relaxation>,
    /// What to know about the request.
    warnings: Vec<RequestWarning>,
    /// Of how many proposals the contact is kept back, since the account or its organisation was shown those of as many homes as their quota has
    /// in 24 hours. They are called by the numbers of `doors`; a place that was asked keeps its contact.
    #[schema(minimum = 0)]
    contacts_kept_back: u32,
    /// The public numbers of the doors of these departments and of all of France: nobody is left without a human to call.
    doors: Vec<DoorNumber>,
}

/// The engine's answer as it is sent: with what there is to know about the request, and of each place what its rung shows.
#[derive(Serialize)]
struct Sent<'r> {
    request_id: Uuid,
    policy_version: &'r str,
    evaluated: u64,
    eligible: u64,
    to_verify: u64,
    proposals: Vec<SentProposal<'r>>,
    not_vouched_for: Vec<SentProposal<'r>>,
    failed: RuleCounts,
    failed_alone: RuleCounts,
    relaxations: &'r [matcher::Relaxation],
    warnings: Vec<RequestWarning>,
    contacts_kept_back: u32,
    doors: Vec<DoorNumber>,
}

/// A proposal as it is sent.
#[derive(Serialize)]
struct SentProposal<'r> {
    #[serde(flatten)]
    proposal: &'r matcher::Proposal,
    kind: Kind,
    department: Department,
    until: Option<Day>,
    confirmed_at: Instant,
    new_home: bool,
    contact: Option<PlaceCard>,
}

/// A number of units for each rule.
#[derive(ToSchema)]
#[schema(as = RuleCounts, value_type = std::collections::BTreeMap<String, u64>, example = json!({"distance": 12, "gender": 3}))]
#[expect(dead_code, reason = "it is read by the macro, for the document")]
pub struct RuleCountsSchema(std::collections::BTreeMap<String, u64>);

/// A wish, changed, and how many units that would open.
#[derive(Debug, Serialize)]
pub struct Relaxation {
    wish: RelaxedWish,
    from: Wished,
    to: Wished,
    opens: u64,
}

/// A form for each wish, so that a client knows what `from` and `to` hold. `wish` tells them apart: each form has one value of it, and needs it.
/// No `discriminator` says so: with one, generated Rust takes the tag away from the form that needs it.
impl PartialSchema for Relaxation {
    fn schema() -> schemas::AnySchema {
        let forms = RelaxedWish::ALL.iter().fold(OneOfBuilder::new(), |forms, wish| forms.item(schemas::refer(&form_name(*wish))));
        Schema::from(forms.description(Some("A wish, changed, and how many units that would open.")).build()).into()
    }
}

impl ToSchema for Relaxation {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Relaxation")
    }

    fn schemas(known: &mut Vec<(String, schemas::AnySchema)>) {
        known.push((Self::name().into_owned(), Self::schema()));
        known.extend(RelaxedWish::ALL.iter().map(|wish| (form_name(*wish), form(*wish))));
    }
}

/// `max_km` has the form `MaxKmRelaxation`.
fn form_name(wish: RelaxedWish) -> String {
    let words = wish.as_str().split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_ascii_uppercase() + rest
    });
    words.chain(["Relaxation".to_owned()]).collect()
}

fn form(wish: RelaxedWish) -> schemas::AnySchema {
    let (what, value, from, to) = match wish {
        RelaxedWish::MaxKm => ("The farthest, in `distance`.", schemas::km("In km; null: no limit."), json!(20), json!(80)),
        RelaxedWish::MinKm => ("The nearest, in `distance`.", schemas::km("In km; null: no limit."), json!(100), json!(50)),
        RelaxedWish::AcceptsRemoval => {
            ("The agreement to leave the region.", schemas::boolean("Whether there is one."), json!(false), json!(true))
        }
        RelaxedWish::AcceptsCrossing => {
            ("The agreement to cross the sea.", schemas::boolean("Whether there is one."), json!(false), json!(true))
        }
        RelaxedWish::FirstDay => {
            ("The first day a bed is needed.", schemas::refer("Day"), json!("2026-11-23"), json!("2026-11-24"))
        }
        RelaxedWish::Nights => ("How many nights are wished for.", schemas::refer("Nights"), json!(30), json!(14)),
        RelaxedWish::LivingWith => ("With whom they can live.", list("Setting"), json!(["women"]), json!([])),
        RelaxedWish::Required => ("What the place must offer.", list("Offer"), json!(["cot"]), json!([])),
        RelaxedWish::RequiredLanguages => ("The languages that must be spoken there.", list("Language"), json!(["en"]), json!([])),
        RelaxedWish::Everything => ("All of them at once, but the first day.", nothing(), Value::Null, Value::Null),
    };
    let opens = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1))
        .description(Some("How many units become eligible."));
    let fields = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(what))
        .examples([json!({"wish": wish.as_str(), "from": from, "to": to, "opens": 3})])
        .property("wish", schemas::enumeration([wish.as_str()].into_iter(), "The field of the request."))
        .property("from", value.clone())
        .property("to", value)
        .property("opens", opens.build());
    let fields = ["wish", "from", "to", "opens"].into_iter().fold(fields, ObjectBuilder::required);
    Schema::from(fields.build()).into()
}

fn list(of: &str) -> schemas::AnySchema {
    schemas::list(schemas::refer(of), 0, CODES_MAX)
}

/// Always null: several fields have no one value. A type beside null, since some generators have no name for null alone.
fn nothing() -> schemas::AnySchema {
    let null = SchemaType::Array(vec![Type::String, Type::Null]);
    Schema::from(ObjectBuilder::new().schema_type(null).description(Some("Always null.")).build()).into()
}

impl From<matcher::Relaxation> for Relaxation {
    fn from(relaxation: matcher::Relaxation) -> Self {
        let matcher::Relaxation { wish, from, to, opens } = relaxation;
        Self { wish, from, to, opens }
    }
}

/// A unit for the household.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposal {
    /// The unit.
    unit_id: Uuid,
    /// The vacancy that is offered.
    vacancy_id: Uuid,
    /// Whether it stands or wants a call first.
    #[schema(value_type = schemas::Tier)]
    tier: Tier,
    /// The sum of the contributions, from 0 to 1.
    #[schema(value_type = schemas::UnitInterval)]
    score: f64,
    /// What counts for it.
    criteria: Vec<CriterionShare>,
    /// The rules a phone call has to settle.
    #[schema(value_type = Vec<schemas::Rule>)]
    to_verify: Vec<Rule>,
    /// Its lawful conditions.
    #[schema(value_type = Vec<schemas::Condition>)]
    conditions: Vec<Condition>,
    /// Its conditions that no law allows: to be contested, not met.
    #[schema(value_type = Vec<schemas::UnlawfulCondition>)]
    unlawful_conditions: Vec<UnlawfulCondition>,
    /// The steps before admission.
    #[schema(value_type = Vec<schemas::Step>)]
    steps: Vec<Step>,
    /// Who can open it.
    #[schema(value_type = Vec<schemas::Door>)]
    doors: Vec<Door>,
    /// How far it is.
    #[schema(value_type = schemas::DistanceBand)]
    distance_band: DistanceBand,
    /// What to know about it.
    #[schema(value_type = Vec<schemas::Warning>)]
    warnings: Vec<Warning>,
    /// What sort of place it is.
    #[schema(value_type = schemas::Kind)]
    kind: Kind,
    /// The department it stands in (INSEE code).
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// The day the beds have to be empty again; null: open-ended.
    #[schema(required, value_type = Option<schemas::Day>)]
    until: Option<Day>,
    /// When the place last said that they are free, to the second.
    confirmed_at: Instant,
    /// Whether the home is new: somebody first vouched for it less than 90 days ago.
    new_home: bool,
    /// Who answers and at which number: with the first 20 proposals of a stored request, for those who orient. Null otherwise; `showContact`
    /// gives that of others.
    #[schema(required)]
    contact: Option<PlaceCard>,
}

/// What a criterion adds to the score.
#[derive(Debug, Serialize, ToSchema)]
pub struct CriterionShare {
    /// Which criterion.
    #[schema(value_type = schemas::Criterion)]
    name: Criterion,
    /// Its weight.
    #[schema(minimum = 0, example = 25)]
    weight: f64,
    /// Its value from 0 to 1, rounded to 0.1 so that it locates nothing.
    #[schema(value_type = schemas::UnitInterval)]
    value: f64,
    /// Its weight times its value, over the sum of weights.
    #[schema(value_type = schemas::UnitInterval)]
    contribution: f64,
}

/// How many proposals are explained.
#[derive(Clone, Copy, Debug)]
pub struct Top(usize);

impl Default for Top {
    fn default() -> Self {
        Self(TOP_DEFAULT)
    }
}

impl<'de> Deserialize<'de> for Top {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = || serde::de::Error::custom(format!("must be a whole number from 1 to {TOP_MAX}"));
        let top = String::deserialize(deserializer)?.parse().map_err(|_error| wanted())?;
        if (1..=TOP_MAX).contains(&top) { Ok(Self(top)) } else { Err(wanted()) }
    }
}

/// How much is asked.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RankQuery {
    /// How many proposals are explained; all units are judged and counted.
    #[serde(default)]
    #[param(value_type = Option<schemas::Top>, required = false, nullable = false)]
    top: Top,
}

/// Rank units for a stored request
///
/// Judges every unit as the registry stands now and explains the best. The first 20 come with the contact of who answers: the home, or the
/// regulator that keeps its door. Nothing is stored but that it was asked and whose contact was shown, in the log of reads.
#[utoipa::path(post, path = "", tag = "rankings", params(("request_id" = Uuid, Path, description = "Id of the request."), RankQuery),
    responses((status = 200, description = "The ranking.", body = Ranking)))]
pub async fn for_request(
    actor: Actor<RankForRequest>,
    service: Data<Service>,
    id: Id,
    params: Params<RankQuery>,
) -> Result<HttpResponse, Problem> {
    let (query, warnings) = asked(&actor, &service, RequestId(id.0)).await?;
    let registry = service.live().registry(actor.pulse().position).await?;
    let ranked = service.live().timed(|| Ranked::of(registry, &query, params.0.top, actor.pulse().now));
    let first = ranked.first();
    let (by, of_lone_minor) = ((actor.reach(), RequestId(id.0)), is_of_lone_minor(query.request()));
    let cards = move |reading: &mut Reading<'_>, left: &mut ContactsLeft| {
        let cards = views::places::of_proposals(reading, by, &first, of_lone_minor, left)?;
        Ok((cards, left.kept_back))
    };
    let likeness = matching::likeness(service.db().keys(), query.request())?;
    let counts_as = Some((Watched::RankingsStored, Some(likeness)));
    let cards = service.read_counted(actor.access(), actor.pulse(), counts_as, cards).await?;
    answer(&ranked, &query, warnings, cards)
}

/// Whether a lone minor is in the household: then child protection is asked before anybody else.
pub fn is_of_lone_minor(request: &matcher::Request) -> bool {
    request.household.iter().any(matcher::Person::is_lone_minor)
}

/// A stored request as a question, the reading of it noted.
async fn asked<P: Operation>(actor: &Actor<P>, service: &Service, id: RequestId) -> Result<(Query, Vec<RequestWarning>), Problem> {
    let (reach, live) = (actor.reach(), service.live().clone());
    let question = move |reading: &mut Reading<'_>| {
        let stored = not_closed(requests::find(reading.conn, reach, id)?)?;
        reading.shows(stored.id);
        let warnings = matching::warnings(&stored, reading.now)?;
        Ok((matching::query(reading.conn, live.policy(), &stored, reading.now)?, warnings))
    };
    Ok(service.read(actor.access(), actor.pulse(), question).await?)
}

/// Which place.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactWanted {
    /// The unit that is proposed for the request.
    unit_id: UnitId,
}

impl Faults for ContactWanted {}

/// The contact of a place.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownContact {
    /// The unit.
    unit_id: UnitId,
    /// Who answers and at which number.
    contact: PlaceCard,
}

/// Show the contact of a place
///
/// Who answers for a unit that the registry proposes for a stored request, eligible or to verify, and at which number. 404 where the unit is not
/// proposed for it. The showing is noted in the log of reads.
#[utoipa::path(post, path = "", tag = "rankings", params(("request_id" = Uuid, Path, description = "Id of the request.")),
    request_body = ContactWanted, responses((status = 200, description = "The contact.", body = ShownContact)))]
pub async fn show_contact(
    actor: Actor<ShowContact>,
    service: Data<Service>,
    id: Id,
    body: Body<ContactWanted>,
) -> Result<HttpResponse, Problem> {
    let (query, _) = asked(&actor, &service, RequestId(id.0)).await?;
    let (unit_id, by, policy) = (body.value.unit_id, actor.access().by, service.live().policy().clone());
    let who = (actor.reach(), RequestId(id.0));
    let find = move |reading: &mut Reading<'_>, left: &mut ContactsLeft| {
        let unit = units::as_matched(reading.conn, Some(&[unit_id]))?.into_iter().map(|matched| matched.unit);
        let is_proposed = !Snapshot::of(policy.clone(), unit).0.best(&query, 1).is_empty();
        let of_lone_minor = is_of_lone_minor(query.request());
        // What is not proposed is not looked at, and so not noted.
        let proposed = if is_proposed { vec![unit_id] } else { Vec::new() };
        let found = views::places::of_proposals(reading, who, &proposed, of_lone_minor, left)?.remove(&unit_id);
        if left.kept_back > 0 {
            return Err(no_contact_left(reading.conn, reading.now, by, &policy)?.into());
        }
        Ok(found.ok_or(Denied::NotFound(What::Record))?)
    };
    let contact = service.read_counted(actor.access(), actor.pulse(), None, find).await?;
    answers::json(&ShownContact { unit_id, contact })
}

/// Where the regulator of a door may move a referral.
#[derive(Debug, Serialize, ToSchema)]
pub struct OtherPlaces {
    /// The places behind the door that can take these people, the best first.
    places: Vec<PlaceBehindDoor>,
}

/// A place behind a door. How far it is from the people is not said: where they are is not for the addressee.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceBehindDoor {
    /// The unit.
    pub unit_id: UnitId,
    /// The vacancy that is offered.
    pub vacancy_id: Uuid,
    /// What sort of place it is.
    #[schema(value_type = schemas::Kind)]
    kind: Kind,
    /// The department it stands in (INSEE code).
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// The day the beds have to be empty again; null: open-ended.
    #[schema(required, value_type = Option<schemas::Day>)]
    pub until: Option<Day>,
    /// When the place last said that they are free, to the second.
    pub confirmed_at: Instant,
}

/// List where a referral may be moved
///
/// For the regulator of its door: the places behind it that can take these people now, other than the one that is asked, for `moveReferral`. The
/// reading is noted in the log of reads.
#[utoipa::path(get, path = "", tag = "referrals", params(("referral_id" = Uuid, Path, description = "Id of the referral.")),
    responses((status = 200, description = "The places.", body = OtherPlaces)))]
pub async fn other_places(actor: Actor<ListOtherPlaces>, service: Data<Service>, id: Id) -> Result<HttpResponse, Problem> {
    answers::json(&OtherPlaces { places: behind_door(&actor, &service, id).await? })
}

/// The places behind the door of a referral that can take its people now, other than the one that is asked.
pub async fn behind_door<P: Operation>(actor: &Actor<P>, service: &Service, id: Id) -> Result<Vec<PlaceBehindDoor>, Problem> {
    let (reach, live) = (actor.reach(), service.live().clone());
    let question = move |reading: &mut Reading<'_>| {
        let (referral, request) = referrals::with_request(reading.conn, reach, ReferralId(id.0))?;
        reading.shows(request.id);
        let query = matching::query(reading.conn, live.policy(), &request, reading.now)?;
        Ok((referral, query, views::places::kept_doors(reading.conn, reach)?))
    };
    let (referral, query, kept) = service.read(actor.access(), actor.pulse(), question).await?;
    let snapshot = service.live().snapshot(actor.pulse().position).await?;
    let mut places = Vec::new();
    for proposal in snapshot.best(&query, OTHER_PLACES_MAX) {
        let Some(offered) = snapshot.offered(proposal.unit_id, proposal.vacancy_id) else { continue };
        let is_behind = proposal.doors.iter().any(|door| door == referral.door) && kept.keeps(referral.door, offered.department);
        if is_behind && proposal.unit_id != referral.unit.0 {
            places.push(PlaceBehindDoor {
                unit_id: UnitId(proposal.unit_id),
                vacancy_id: proposal.vacancy_id,
                kind: offered.kind,
                department: offered.department,
                until: offered.until,
                confirmed_at: Instant::of_seconds(offered.confirmed_at_s),
            });
        }
    }
    Ok(places)
}

/// Rank units for a request that is not stored
///
/// The same for a household that stays on the caller's side: nothing of it is kept, and no home is named. The night lasts until the morning of
/// the place: before it, what is `immediate` is asked for as of the evening before.
#[utoipa::path(post, path = "", tag = "rankings", params(RankQuery), request_body = AdHocRequest,
    responses((status = 200, description = "The ranking.", body = Ranking)))]
pub async fn ad_hoc(
    actor: Actor<RankAdHoc>,
    service: Data<Service>,
    params: Params<RankQuery>,
    body: Body<AdHocRequest>,
) -> Result<HttpResponse, Problem> {
    let query = matching::ad_hoc(service.live().policy(), &body.value, actor.pulse().now)?;
    let likeness = matching::likeness(service.db().keys(), query.request())?;
    service.count_ranking(actor.access().by, likeness, actor.pulse().now).await?;
    let registry = service.live().registry(actor.pulse().position).await?;
    let ranked = service.live().timed(|| Ranked::of(registry, &query, params.0.top, actor.pulse().now));
    // Nobody has come of age since this was written, and whether anyone was seen apart is not said in it.
    answer(&ranked, &query, Vec::new(), (Cards::new(), 0))
}

/// The registry as it was asked: what is matched, and apart what nobody has vouched for.
struct Ranked {
    registry: Registry,
    ranking: matcher::Ranking,
    apart: Vec<matcher::Proposal>,
    now: Instant,
}

impl Ranked {
    fn of(registry: Registry, query: &Query, top: Top, now: Instant) -> Self {
        let ranking = registry.vouched.shown(query, top.0);
        let apart = if registry.apart.is_empty() { Vec::new() } else { registry.apart.shown(query, top.0).proposals };
        Self { registry, ranking, apart, now }
    }

    /// The first of each, whose contacts are shown.
    fn first(&self) -> Vec<UnitId> {
        let shown = |proposals: &[matcher::Proposal]| {
            proposals.iter().take(CONTACTS_SHOWN).map(|proposal| UnitId(proposal.unit_id)).collect::<Vec<_>>()
        };
        [shown(&self.ranking.proposals), shown(&self.apart)].concat()
    }

    /// Proposals as they are sent, out of the snapshot that proposed them.
    fn sent<'r>(&self, snapshot: &Snapshot, proposals: &'r [matcher::Proposal], cards: &mut Cards) -> Vec<SentProposal<'r>> {
        let sent = proposals.iter().filter_map(|proposal| {
            // It was proposed out of this very snapshot.
            let offered = snapshot.offered(proposal.unit_id, proposal.vacancy_id)?;
            Some(SentProposal {
                proposal,
                kind: offered.kind,
                department: offered.department,
                until: offered.until,
                confirmed_at: Instant::of_seconds(offered.confirmed_at_s),
                new_home: self.registry.is_new(proposal.unit_id, self.now),
                contact: cards.remove(&UnitId(proposal.unit_id)),
            })
        });
        sent.collect()
    }
}

/// Writes a ranking, on this thread: that is done sooner than another could be told of it.
fn answer(
    ranked: &Ranked,
    query: &Query,
    warnings: Vec<RequestWarning>,
    (mut cards, contacts_kept_back): (Cards, u32),
) -> Result<HttpResponse, Problem> {
    let Ranked { registry, ranking, apart, .. } = ranked;
    let proposals = ranked.sent(&registry.vouched, &ranking.proposals, &mut cards);
    let not_vouched_for = ranked.sent(&registry.apart, apart, &mut cards);
    let mut departments = vec![query.request().place.department];
    for sent in proposals.iter().chain(&not_vouched_for) {
        if !departments.contains(&sent.department) {
            departments.push(sent.department);
        }
    }
    answers::json(&Sent {
        request_id: ranking.request_id,
        policy_version: &ranking.policy_version,
        evaluated: ranking.evaluated,
        eligible: ranking.eligible,
        to_verify: ranking.to_verify,
        proposals,
        not_vouched_for,
        failed: ranking.failed,
        failed_alone: ranking.failed_alone,
        relaxations: &ranking.relaxations,
        warnings,
        contacts_kept_back,
        doors: registry.doors.of(&departments),
    })
}
