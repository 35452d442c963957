//! What is only taken note of and moves nothing: that a call was made, that those who asked know how a referral ended.

use super::referrals::{answered, must_be_addressed};
use crate::db::referrals::{self, ReferralView};
use crate::db::{Failure, Turn};
use crate::domain::ids::ReferralId;
use crate::domain::{Denied, Reach};

/// The call that was wished for or announced was made, says either side. No deadline moves.
pub fn record_call(turn: &mut Turn<'_>, reach: Reach, id: ReferralId) -> Result<ReferralView, Failure> {
    let (mut referral, request) = referrals::with_request(turn.conn, reach, id)?;
    must_be_addressed(reach, &referral, &request)?;
    if !referral.awaits_call() {
        return Err(Denied::NothingToNote.into());
    }
    referral.course.called_at = Some(turn.now);
    referral.updated_at = turn.now;
    referrals::update(turn, &referral)?;
    answered(turn, reach, referral, request)
}

/// Those who asked know how it ended: until then it stays among what there is to do.
pub fn note_outcome(turn: &mut Turn<'_>, reach: Reach, id: ReferralId) -> Result<ReferralView, Failure> {
    let (mut referral, request) = referrals::with_request(turn.conn, reach, id)?;
    if !referral.awaits_notice() {
        return Err(Denied::NothingToNote.into());
    }
    referral.course.outcome_noted_at = Some(turn.now);
    referral.updated_at = turn.now;
    referrals::update(turn, &referral)?;
    answered(turn, reach, referral, request)
}
