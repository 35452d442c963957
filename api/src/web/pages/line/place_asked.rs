//! A place that was asked, in one line, as those read it who asked: who answers there, what sort of place it is and where. One door answers for
//! many places: by its name alone none of them is told from another.

use crate::web::http::referrals::ReferralRecord;
use crate::web::pages::words;
use crate::web::views::places::Kinds;

/// The whole line.
pub fn text(referral: &ReferralRecord, kinds: &Kinds) -> String {
    let sort = kinds.get(&referral.unit_id).map(|(kind, department)| words::proposals::place(*kind, *department));
    name(referral).into_iter().chain(sort).collect::<Vec<_>>().join(" · ")
}

/// The home where it answers itself, or who answers for it; none where neither is shown any more.
fn name(referral: &ReferralRecord) -> Option<String> {
    let other = referral.other_side.as_ref()?;
    let name = other.home.as_ref().unwrap_or(&other.organisation).as_str();
    Some(match &other.town {
        Some(town) => format!("{name}, {}", town.as_str()),
        None => name.to_owned(),
    })
}
