//! What is only taken note of on a referral: that a call was made, that those who asked know how it ended.

use actix_web::HttpResponse;
use actix_web::web::Data;

use super::referrals::{ReferralRecord, answer, give};
use crate::commands::{Said, Service, taking_note as commands};
use crate::db::Turn;
use crate::live::Live;
use crate::schemas;
use crate::web::auth::Actor;
use crate::web::extract::{Id, IdempotencyKey};
use crate::web::operations::{NoteOutcome, RecordCall};
use crate::web::problem::Problem;

type Done = Result<HttpResponse, Problem>;

/// Note that a call was made
///
/// Either side notes that the call which the addressee wished for or announced (`call_back`) was made: `called_at`. It moves no state and no
/// deadline. 409 `nothing_to_note` where there is no such call, where it was noted before, and once the referral is over.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn record_call(actor: Actor<RecordCall>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Done {
    let run = |turn: &mut Turn<'_>, _: &Live, reach, id| commands::record_call(turn, reach, id);
    answer(&give(&actor, &service, id, (Said::default(), key), run).await?)
}

/// Note how a referral ended
///
/// Those who asked note that they know how it ended: declined, expired, nobody came, or the stay is over, by another's word or by time
/// (`awaits_notice`). Until then it stays among what there is to do. 409 `nothing_to_note` where nothing of the kind waits.
#[utoipa::path(post, path = "", tag = "referrals",
    params(("referral_id" = Uuid, Path, description = "Id of the referral."), schemas::CommandKey),
    responses((status = 200, description = "The referral as it stands now.", body = ReferralRecord)))]
pub async fn note_outcome(actor: Actor<NoteOutcome>, service: Data<Service>, id: Id, key: IdempotencyKey) -> Done {
    let run = |turn: &mut Turn<'_>, _: &Live, reach, id| commands::note_outcome(turn, reach, id);
    answer(&give(&actor, &service, id, (Said::default(), key), run).await?)
}
