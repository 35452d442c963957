//! Homes that end. Nobody who is coming or there loses a place by it: then the end is refused. Open questions are withdrawn and both sides told;
//! what is declared free is taken back. The records stay: what happened there is told of them.

use super::referrals as referral_commands;
use super::structures::standing as standing_structure;
use super::units::standing as standing_unit;
use crate::db::jobs::{Job, MailAbout};
use crate::db::structures::{self, StoredStructure};
use crate::db::units::{self, StoredUnit};
use crate::db::{DbError, Failure, Turn, referrals, vacancies};
use crate::domain::ids::{StructureId, UnitId};
use crate::domain::{Denied, Move, Reach, ReferralState, Refusal, RefusalCode};

/// Ends a unit.
pub fn end_unit(turn: &mut Turn<'_>, reach: Reach, id: UnitId) -> Result<StoredUnit, Failure> {
    let unit = standing_unit(units::find(turn.conn, reach, id)?)?;
    let ended = empty_and_end(turn, unit)?;
    turn.note(&ended);
    Ok(ended)
}

/// Ends a structure, and with it every unit of it.
pub fn end_structure(turn: &mut Turn<'_>, reach: Reach, id: StructureId) -> Result<StoredStructure, Failure> {
    let structure = standing_structure(structures::find(turn.conn, reach, id)?)?;
    for unit in units::of_structure(turn.conn, structure.id)? {
        let ended = empty_and_end(turn, unit)?;
        turn.note_as("endUnit", &ended);
    }
    let ended = structures::end(turn, structure)?;
    turn.note(&ended);
    Ok(ended)
}

fn empty_and_end(turn: &mut Turn<'_>, unit: StoredUnit) -> Result<StoredUnit, Failure> {
    let under_way = referrals::under_way_in(turn.conn, unit.id)?;
    if under_way.iter().any(|referral| matches!(referral.state, ReferralState::Confirmed | ReferralState::Arrived)) {
        return Err(Denied::PeopleThere.into());
    }
    let closed = Refusal::by_structure(RefusalCode::UnitClosed);
    for mut referral in under_way {
        referral_commands::end(turn, &mut referral, Move::Withdraw, Some(&closed))?;
        turn.note_as("withdrawReferral", &referral);
        turn.enqueue(Job::Mail { referral: referral.id, about: MailAbout::Answered });
    }
    for vacancy in vacancies::standing(turn.conn, unit.id, None)? {
        if !vacancies::withdraw(turn, vacancy.id)? {
            return Err(DbError::damaged(format!("vacancy {} holds beds for nobody", vacancy.id)).into());
        }
        turn.note_as("withdrawVacancy", &vacancy.withdrawn(turn.now));
    }
    Ok(units::end(turn, unit)?)
}
