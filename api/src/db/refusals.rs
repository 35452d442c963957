//! Refusals, and what follows from those in force for later rankings of their request.

use diesel::prelude::*;
use matcher::{Condition, Day, UnlawfulCondition};
use uuid::Uuid;

use super::schema::refusals::{self, dsl};
use super::sealed::{Place, Sealed};
use super::types::Coded;
use super::{Conn, DbError, Turn};
use crate::clock::Instant;
use crate::domain::ids::{ReferralId, RequestId, StructureId, UnitId};
use crate::domain::{Referral, Refusal, RefusalCode, RefusalEffect, RefusalParty, Text};

#[derive(Queryable)]
struct Row {
    party: Coded<RefusalParty>,
    code: Coded<RefusalCode>,
    request_id: RequestId,
    text: Option<Sealed<Text<500>>>,
    condition: Option<String>,
    unlawful_condition: Option<String>,
    effect: Coded<RefusalEffect>,
    until_day: Option<chrono::NaiveDate>,
    safety: bool,
}

fn text_of(referral: ReferralId) -> Place {
    Place { table: "refusals", column: "text", row: referral.0 }
}

/// What a request is not proposed any more.
#[derive(Clone, Debug, Default)]
pub struct Excluded {
    /// These units.
    pub units: Vec<Uuid>,
    /// These structures, with all their units.
    pub structures: Vec<Uuid>,
}

/// What stands on the record of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// What was said.
    AsSaid,
    /// `safety`: what was said is what those who asked read in its stead, and its effect is the one they see.
    AsSafety,
}

/// A refusal as it is stored.
#[derive(Clone, Debug)]
pub struct StoredRefusal {
    /// What those who asked read.
    pub said: Refusal,
    /// What stands on the record.
    pub recorded: Recorded,
}

/// Writes down why a referral came to nothing.
pub fn insert(turn: &mut Turn<'_>, referral: &Referral, refusal: &Refusal, recorded: Recorded) -> Result<(), DbError> {
    use super::schema::units;
    // Asked in the statement itself: a unit never changes its structure.
    let structure = units::table.find(referral.unit).select(units::structure_id).single_value().assume_not_null();
    let text = refusal.text.as_ref().map(|text| Sealed::with_key_of(referral.request, text_of(referral.id), text));
    let text = text.transpose()?.flatten();
    diesel::insert_into(refusals::table)
        .values((
            dsl::referral_id.eq(referral.id),
            dsl::request_id.eq(referral.request),
            dsl::unit_id.eq(referral.unit),
            dsl::structure_id.eq(structure),
            dsl::party.eq(Coded(refusal.party)),
            dsl::code.eq(Coded(refusal.code)),
            dsl::text.eq(text),
            dsl::condition.eq(refusal.condition.map(matcher::Code::as_str)),
            dsl::unlawful_condition.eq(refusal.unlawful_condition.map(matcher::Code::as_str)),
            dsl::effect.eq(Coded(refusal.effect())),
            dsl::until_day.eq(refusal.until.map(Day::get)),
            dsl::safety.eq(recorded == Recorded::AsSafety),
            dsl::created_at.eq(turn.now),
        ))
        .execute(turn.conn)?;
    Ok(())
}

/// What was refused is taken back.
pub fn remove(turn: &mut Turn<'_>, referral: ReferralId) -> Result<(), DbError> {
    diesel::delete(dsl::refusals.find(referral)).execute(turn.conn)?;
    Ok(())
}

/// Why a referral came to nothing, if it did.
pub fn of_referral(conn: &mut Conn, referral: ReferralId) -> Result<Option<StoredRefusal>, DbError> {
    let columns = (
        dsl::party,
        dsl::code,
        dsl::request_id,
        dsl::text,
        dsl::condition,
        dsl::unlawful_condition,
        dsl::effect,
        dsl::until_day,
        dsl::safety,
    );
    let row: Option<Row> = dsl::refusals.find(referral).select(columns).first(conn).optional()?;
    row.map(|row| {
        let recorded = if row.safety { Recorded::AsSafety } else { Recorded::AsSaid };
        let said = Refusal {
            party: row.party.0,
            code: row.code.0,
            text: row.text.map(|text| text.opened_of(row.request_id, text_of(referral))).transpose()?.flatten(),
            condition: row.condition.map(|code| code.parse::<Condition>()).transpose().map_err(DbError::damaged)?,
            unlawful_condition: row
                .unlawful_condition
                .map(|code| code.parse::<UnlawfulCondition>())
                .transpose()
                .map_err(DbError::damaged)?,
            effect: Some(row.effect.0),
            until: row.until_day.map(Day::new).transpose().map_err(DbError::damaged)?,
        };
        Ok(StoredRefusal { said, recorded })
    })
    .transpose()
}

/// The person has changed her mind: what she refused excludes nothing from now on. Says whether there was anything to lift.
pub fn lift(turn: &mut Turn<'_>, referral: ReferralId) -> Result<bool, DbError> {
    let none = Coded(RefusalEffect::None);
    let of_person = dsl::refusals.find(referral).filter(dsl::party.eq(Coded(RefusalParty::Person))).filter(dsl::effect.ne(none));
    Ok(diesel::update(of_person).set(dsl::effect.eq(none)).execute(turn.conn)? > 0)
}

/// Erases what was said in words with the refusals of a request.
pub fn erase_texts(turn: &mut Turn<'_>, request: RequestId) -> Result<(), DbError> {
    diesel::update(dsl::refusals.filter(dsl::request_id.eq(request)))
        .set(dsl::text.eq(None::<Sealed<Text<500>>>))
        .execute(turn.conn)?;
    Ok(())
}

/// What the refusals of a request exclude on a day. A place that was full is excluded until one of its vacancies is declared or confirmed
/// anew, unless a day was said.
pub fn in_force(conn: &mut Conn, request: RequestId, today: chrono::NaiveDate) -> Result<Excluded, DbError> {
    type InForce = (UnitId, StructureId, Coded<RefusalEffect>, Coded<RefusalCode>, Option<chrono::NaiveDate>, Instant);
    let rows: Vec<InForce> = dsl::refusals
        .filter(dsl::request_id.eq(request))
        .filter(dsl::until_day.is_null().or(dsl::until_day.gt(today)))
        .select((dsl::unit_id, dsl::structure_id, dsl::effect, dsl::code, dsl::until_day, dsl::created_at))
        .load(conn)?;
    let mut excluded = Excluded::default();
    for (unit, structure, Coded(effect), Coded(code), until, said_at) in rows {
        match effect {
            RefusalEffect::ExcludeUnit if code.ends_with_news() && until.is_none() => {
                if !has_news(conn, unit, said_at)? {
                    excluded.units.push(unit.0);
                }
            }
            RefusalEffect::ExcludeUnit => excluded.units.push(unit.0),
            RefusalEffect::ExcludeStructure => excluded.structures.push(structure.0),
            RefusalEffect::None => {}
        }
    }
    Ok(excluded)
}

/// Whether somebody has said since that a vacancy of the unit is there.
fn has_news(conn: &mut Conn, unit: UnitId, since: Instant) -> Result<bool, DbError> {
    use super::schema::vacancies;
    let confirmed = vacancies::table.filter(vacancies::unit_id.eq(unit)).filter(vacancies::confirmed_at.gt(since));
    Ok(diesel::select(diesel::dsl::exists(confirmed)).get_result(conn)?)
}
