//! The sheet of a search, dated: when it was searched, how many were asked, what they said, and who refused for a condition that no law allows.
//! It names the repère and nobody, no home and no danger, so that it can be handed on.

use actix_web::web::Data;
use matcher::{Department, Kind};
use maud::{Markup, html};

use crate::clock::Instant;
use crate::commands::{Service, matching};
use crate::db::{Reading, organisations, referrals, requests};
use crate::domain::ids::RequestId;
use crate::domain::quota::Watched;
use crate::domain::{Alias, ReferralState, Refusal};
use crate::web::auth::Actor;
use crate::web::extract::Id;
use crate::web::operations::ShowSearchSheet;
use crate::web::pages::{Page, Viewer, answer, words};
use crate::web::views;

/// What the sheet says.
struct Sheet {
    now: Instant,
    here: Department,
    alias: Alias,
    since: Instant,
    department: Department,
    asked: Vec<AskedPlace>,
}

/// One place that was asked.
struct AskedPlace {
    at: Instant,
    kind: Option<(Kind, Department)>,
    state: ReferralState,
    answered_at: Option<Instant>,
    refusal: Option<Refusal>,
}

/// Shows it.
pub async fn show(viewer: Viewer, actor: Actor<ShowSearchSheet>, service: Data<Service>, id: Id) -> Page {
    let (reach, own, id, live) = (actor.reach(), actor.organisation(), RequestId(id.0), service.live().clone());
    let find = move |reading: &mut Reading<'_>| {
        let stored = requests::find(reading.conn, reach, id)?;
        reading.shows(id);
        let query = matching::query(reading.conn, live.policy(), &stored, reading.now)?;
        let all = referrals::of_request(reading.conn, id)?;
        let units: Vec<_> = all.iter().map(|referral| referral.unit).collect();
        let kinds = views::places::kinds_of(reading.conn, &units)?;
        let mut asked = Vec::with_capacity(all.len());
        for referral in all {
            let view = referrals::view(reading.conn, reach, reading.now, referral.id)?;
            let kind = kinds.get(&referral.unit).copied();
            let answered_at = referral.course.ended_at.or(referral.course.accepted_at).or(referral.course.acknowledged_at);
            asked.push(AskedPlace { at: referral.created_at, kind, state: referral.state, answered_at, refusal: view.refusal });
        }
        let here = organisations::department(reading.conn, own)?;
        let (since, department) = (stored.created_at, stored.department());
        Ok((query, Sheet { now: reading.now, here, alias: stored.alias, since, department, asked }))
    };
    let (query, sheet) = service.read(actor.access(), actor.pulse(), find).await?;
    let likeness = matching::likeness(service.db().keys(), query.request())?;
    let counts_as = Some((Watched::RankingsStored, Some(likeness)));
    service.read_counted(actor.access(), actor.pulse(), counts_as, |_: &mut Reading<'_>, _| Ok(())).await?;
    let snapshot = service.live().snapshot(actor.pulse().position).await?;
    let ranking = service.live().timed(|| snapshot.shown(&query, 1));
    answer(&viewer, words::proposals::SHEET.text(), &content(&viewer, &sheet, &ranking))
}

fn content(viewer: &Viewer, sheet: &Sheet, ranking: &matcher::Ranking) -> Markup {
    let at = |instant| words::moment(instant, sheet.here);
    let unlawful = sheet.asked.iter().filter_map(|asked| Some((asked, asked.refusal.as_ref()?.unlawful_condition?)));
    let unlawful: Vec<_> = unlawful.collect();
    let answered = sheet.asked.iter().filter(|asked| asked.answered_at.is_some() && asked.state != ReferralState::Expired).count();
    html! {
        p { strong { (sheet.alias.as_str()) } " · " (words::department(sheet.department)) " (" (sheet.department) ")" }
        p {
            (words::proposals::SHEET_MADE) " " time datetime=(sheet.now) { (at(sheet.now)) }
            @if let Some(name) = &viewer.name { ", " (name.organisation) }
            " · " (words::proposals::SHEET_SINCE) " " time datetime=(sheet.since) { (at(sheet.since)) }
        }
        p.hint { (words::proposals::SHEET_LEAD) }
        section.card {
            h2 { (words::proposals::SHEET_SEARCHED) }
            p { (words::proposals::found(ranking.eligible, ranking.to_verify, ranking.evaluated)) }
        }
        section.card {
            h2 { (words::proposals::SHEET_ASKED) }
            p { (words::proposals::asked_and_answered(sheet.asked.len(), answered)) }
            ul.plain { @for asked in &sheet.asked { li { (one(sheet, asked)) } } }
        }
        section.card {
            h2 { (words::proposals::SHEET_UNLAWFUL) }
            @if unlawful.is_empty() { p { (words::proposals::SHEET_NO_UNLAWFUL) } }
            ul.plain {
                @for (asked, condition) in &unlawful {
                    li { @if let Some((kind, department)) = asked.kind { (words::proposals::place(kind, department)) (words::COLON) } (words::label(*condition)) }
                }
            }
        }
        button.plain type="button" data-print="" hidden { (words::PRINT) }
    }
}

fn one(sheet: &Sheet, asked: &AskedPlace) -> Markup {
    let at = |instant| words::moment(instant, sheet.here);
    html! {
        time datetime=(asked.at) { (at(asked.at)) }
        @if let Some((kind, department)) = asked.kind { " · " (words::proposals::place(kind, department)) }
        " · " (words::label(asked.state))
        @if let Some(refusal) = &asked.refusal { " (" (words::label(refusal.code)) ")" }
        @if let Some(answered) = asked.answered_at { " · " time datetime=(answered) { (at(answered)) } }
    }
}
