//! One place: what decides at first sight, then its reasons, and behind a tap how they are counted.

use matcher::{Code as _, Criterion, Day, PlaceOffered, Proposal, Rule, Tier, Urgency, Warning};
use maud::{Markup, html};
use uuid::Uuid;

use super::group::Entry;
use super::{Of, Shown, phone_call};
use crate::clock::Instant;
use crate::domain::doors::DoorService;
use crate::domain::ids::UnitId;
use crate::web::pages::{Viewer, words};
use crate::web::views::places::{CardNumber, PlaceCard};

/// A value from which a criterion speaks for a place, and one up to which it speaks against it.
const SPEAKS_FOR: f64 = 0.75;
const SPEAKS_AGAINST: f64 = 0.25;

/// The card of a place, with those behind the same door.
pub(super) fn card(viewer: &Viewer, shown: &Shown, entry: &Entry<'_>) -> Markup {
    let proposal = entry.proposal;
    let Some(place) = shown.places.get(&proposal.unit_id) else { return html! {} };
    let card = shown.cards.get(&UnitId(proposal.unit_id));
    let title = words::proposals::place(place.kind, place.department);
    let refused = shown.outcome.refused.iter().find(|refused| refused.vacancy == proposal.vacancy_id);
    html! {
        li.card.unlawful-there[!proposal.unlawful_conditions.is_empty()] {
            span.rank.of-many[!entry.behind.is_empty()] { (entry.ranks()) (tick(shown, proposal, &title)) }
            h3 { (title) }
            @if let Some(card) = card {
                p.name { (card.name.as_str()) @if let Some(town) = &card.town { ", " (town.as_str()) } }
            }
            @if shown.new_homes.contains(&proposal.unit_id) { p.hint { (words::vouching::NEW_HOME) } }
            (decides(shown, proposal, place))
            @if !entry.behind.is_empty() { (behind(shown, entry)) }
            @for rule in proposal.to_verify.iter() { p.question { (words::QUESTION) " " (words::question(rule)) } }
            @for warning in proposal.warnings.iter().filter(|warning| shown.warns(*warning)) { p.warning { (words::label(warning)) } }
            (conditions(proposal))
            (door(shown, proposal, place, card))
            (reasons(shown, proposal))
            @if let Some(refused) = refused { p.error { (refused.because) } }
            (actions(viewer, shown, proposal, card))
        }
    }
}

/// A tick to ask several at once. What needs a call first, or is asked already, is not among several.
fn tick(shown: &Shown, proposal: &Proposal, title: &str) -> Markup {
    let may_be_asked = proposal.tier == Tier::Eligible && shown.asked(UnitId(proposal.unit_id)).is_none();
    let form = if matches!(shown.of, Of::Form(_)) { "demande" } else { "ensemble" };
    html! {
        @if may_be_asked {
            input.tick type="checkbox" form=(form) name="vacancy" value=(proposal.vacancy_id)
                aria-label={ (words::proposals::TICK) (words::COLON) (title) } checked[shown.outcome.left.contains(&proposal.vacancy_id)];
        }
    }
}

/// That there is room and until when, said when, for whom, how far, what is spoken and offered.
fn decides(shown: &Shown, proposal: &Proposal, place: &PlaceOffered) -> Markup {
    let request = &shown.request;
    let children = request.household.iter().any(|person| !person.is_adult());
    let languages: Vec<_> = place.languages().map(|language| words::spoken(language.as_str())).collect();
    let offers: Vec<_> = place.offers.iter().map(words::label).collect();
    html! {
        p.room { (decided(shown, place)) }
        ul.facts {
            li { (words::label(proposal.distance_band)) }
            li { (words::label(place.setting)) }
            li { (words::proposals::adults(place.adult_ages)) }
            @if children { li { (words::proposals::children(place.children)) } }
        }
        @if !languages.is_empty() { p.hint { (words::proposals::SPEAKS) " " (languages.join(", ")) } }
        @if !offers.is_empty() { p.hint { (words::proposals::OFFERS) " " (offers.join(", ")) } }
    }
}

/// That there is room, from when and until when, and when that was said.
pub(super) fn decided(shown: &Shown, place: &PlaceOffered) -> Markup {
    let request = &shown.request;
    let asked = request.first_day.max(request.at.civil_day());
    let ready = Day::new(request.at.civil_day().plus(u32::from(place.admission_days))).unwrap_or(asked);
    let start = asked.max(place.from).max(ready);
    let is_tonight = start == request.at.civil_day() && request.urgency == Urgency::Immediate;
    let said = words::proposals::said_at(Instant::of_seconds(place.confirmed_at_s), shown.now, place.department);
    html! { strong { (words::proposals::room(request.household.len(), is_tonight, start, place.until)) } " · " (said) }
}

fn behind(shown: &Shown, entry: &Entry<'_>) -> Markup {
    let others = entry.behind.iter().filter_map(|proposal| shown.places.get(&proposal.unit_id));
    html! {
        p { (words::proposals::OTHERS_BEHIND) " " (others.map(|place| words::proposals::place(place.kind, place.department)).collect::<Vec<_>>().join(words::SEMICOLON.text())) }
        p.hint { (words::proposals::REGULATOR_CHOOSES) }
    }
}

fn conditions(proposal: &Proposal) -> Markup {
    let unlawful: Vec<_> = proposal.unlawful_conditions.iter().map(words::label).collect();
    let lawful: Vec<_> = proposal.conditions.iter().map(words::label).collect();
    let steps: Vec<_> = proposal.steps.iter().map(words::label).collect();
    html! {
        @if !lawful.is_empty() { p { strong { (words::CONDITIONS) } (words::COLON) (lawful.join(", ")) } }
        @if !unlawful.is_empty() { p.unlawful { strong { (words::UNLAWFUL) } (words::COLON) (unlawful.join(", ")) } }
        @if !steps.is_empty() { p { strong { (words::STEPS) } (words::COLON) (steps.join(", ")) } }
    }
}

/// Who opens it: with the number of who answers where the ladder shows it, else with the public number of that door.
fn door(shown: &Shown, proposal: &Proposal, place: &PlaceOffered, card: Option<&PlaceCard>) -> Markup {
    let names: Vec<_> = proposal.doors.iter().map(words::label).collect();
    let answered: Vec<_> = proposal.doors.iter().filter_map(DoorService::of).collect();
    let public: Vec<_> = shown.doors.of(&[place.department]).into_iter().filter(|number| answered.contains(&number.door)).collect();
    html! {
        div.door {
            p { (words::DOOR) (words::COLON) (names.join(", ")) }
            @if let Some(card) = card.filter(|card| !card.numbers.is_empty()) {
                (numbers(&card.numbers))
            } @else {
                @for number in &public { p { a.button href={ "tel:" (number.phone.as_str()) } { (words::CALL) " " (number.phone.as_read()) } " " (answering(number.door, number.label_beside_number())) } }
                @if public.is_empty() && matches!(shown.of, Of::Form(_)) { p.hint { (words::proposals::NUMBER_ONCE_STORED) } }
            }
        }
    }
}

/// Who answers at a public number: in the words of the table, which are French; to others also what that is.
pub fn answering(door: DoorService, label: &str) -> Markup {
    html! { span lang="fr" { (label) } @if let Some(gloss) = words::gloss(door) { " (" (gloss) ")" } }
}

/// Numbers to call, each with who answers and when.
pub fn numbers(numbers: &[CardNumber]) -> Markup {
    html! {
        @for number in numbers {
            p {
                a.button href=(format!("tel:{}", number.phone.as_str())) { (words::CALL) " " (number.phone.as_read()) }
                @if let Some(label) = &number.label { " " (label.as_str()) }
                @match (&number.hours, number.answers_now) {
                    (Some(hours), true) => { " " span.hint { (words::proposals::OPEN_NOW) " (" (words::hours(hours.as_str())) ")" } },
                    (Some(hours), false) => { " " span.hint { (words::CLOSED_NOW) " (" (words::hours(hours.as_str())) ")" } },
                    (None, false) => { " " span.hint { (words::CLOSED_NOW) } },
                    (None, true) => {},
                }
            }
        }
    }
}

/// What speaks for this place and against it, as far as it is not the same of all; the bars are one tap away.
fn reasons(shown: &Shown, proposal: &Proposal) -> Markup {
    let telling = proposal.criteria.iter().filter(|share| !shown.alike.contains(&share.name));
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for share in telling {
        if share.value >= SPEAKS_FOR {
            good.push(words::proposals::reason(share.name));
        } else if share.value <= SPEAKS_AGAINST && share.name != Criterion::Fit {
            bad.push(words::proposals::against(share.name));
        }
    }
    html! {
        @if !good.is_empty() { p.reasons-said { (words::proposals::REASONS_LEAD) " " (good.join(", ")) "." } }
        @if !bad.is_empty() { p.reasons-said { (words::proposals::AGAINST_LEAD) " " (bad.join(", ")) "." } }
        details {
            summary { (words::proposals::THE_BARS) }
            // Thirty cards have eleven each: a line says its share in words, and its class draws it.
            ul.bars {
                @for share in proposal.criteria.iter() {
                    li class=(format!("b{:.0}", share.value * 10.0)) { (words::label(share.name)) " " b { (words::percent(share.value)) } }
                }
            }
        }
    }
}

fn actions(viewer: &Viewer, shown: &Shown, proposal: &Proposal, card: Option<&PlaceCard>) -> Markup {
    if let Some(referral) = shown.asked(UnitId(proposal.unit_id)) {
        return html! { div.actions { p.state { (words::proposals::ASKED_STATE) " " (super::asked::state(shown, referral)) } } };
    }
    let may_hold = card.is_none_or(|card| card.holds_before_answer);
    let hold = words::hold_place(shown.request.urgency);
    match &shown.of {
        Of::Form(_) if proposal.tier == Tier::ToVerify => html! {
            div.actions { button type="submit" form="demande" formaction="/demande/enregistrer" { (words::proposals::STORE_AND_SEE) } }
        },
        Of::Form(_) => html! {
            div.actions {
                button type="submit" form="demande" formaction="/demande/enregistrer" name="ask" value=(proposal.vacancy_id) { (words::ASK_PLACE) }
                button.strong type="submit" form="demande" formaction="/demande/enregistrer" name="hold" value=(proposal.vacancy_id) { (hold) }
            }
        },
        // A button of the form of all, so that what is ticked elsewhere goes along and stays ticked.
        Of::Stored(_) if proposal.tier == Tier::Eligible => html! {
            div.actions {
                button type="submit" form="ensemble" name="ask" value=(proposal.vacancy_id) { (words::ASK_PLACE) }
                @if may_hold {
                    button.strong type="submit" form="ensemble" name="hold" value=(proposal.vacancy_id) { (hold) }
                } @else {
                    p.hint { (words::NO_HOLD_BEFORE_ANSWER) }
                }
            }
        },
        Of::Stored(stored) => html! {
            div.actions {
                form method="post" action=(format!("/demandes/{}/orientations", stored.id)) {
                    (viewer.hidden())
                    (super::kept(&shown.view))
                    input type="hidden" name="vacancy" value=(proposal.vacancy_id);
                    (call_first(shown, proposal))
                    button type="submit" name="action" value="ask" { (words::ASK_PLACE) }
                    @if may_hold {
                        button.strong type="submit" name="action" value="hold" { (hold) }
                    } @else {
                        p.hint { (words::NO_HOLD_BEFORE_ANSWER) }
                    }
                }
            }
        },
    }
}

/// What a call must have brought before a place can be asked that only a call makes fit: who answered, and what, rule by rule.
fn call_first(shown: &Shown, proposal: &Proposal) -> Markup {
    let (vacancy, said) = (proposal.vacancy_id, |rule: Rule| format!("{}{}", phone_call::SAID_OF, rule.as_str()));
    html! {
        fieldset.call {
            legend { (words::CALL_FIRST) }
            (field(shown, vacancy, phone_call::ANSWERED_BY, words::WHO_ANSWERED.text(), 100))
            @for rule in proposal.to_verify.iter() { (field(shown, vacancy, &said(rule), words::question(rule), 300)) }
            @if shown.call.too_long && shown.call.vacancy == Some(vacancy) { p.error { (words::VERIFY_SHORTER) } }
        }
    }
}

/// A field of a call, with what was typed in it; marked where it was left empty.
fn field(shown: &Shown, vacancy: Uuid, name: &str, label: &str, longest: u16) -> Markup {
    let typed = shown.call.typed(vacancy, name);
    let (id, missing) = (format!("{name}-{vacancy}"), typed.is_some_and(|text| text.trim().is_empty()));
    let error = format!("{id}-error");
    html! {
        label for=(id) { (label) }
        @if missing { span.error id=(error) { (words::FILL_IN) } }
        input id=(id) name=(name) maxlength=(longest) required value=[typed] aria-invalid=[missing.then_some("true")] aria-describedby=[missing.then_some(&error)];
    }
}

/// Whether a warning changes what one would do with one place: of a stay that a vacancy does not cover nobody is warned who asks for tonight.
pub fn matters(warning: Warning, request: &matcher::Request) -> bool {
    warning != Warning::ShortCover || request.nights.get() > 1
}

/// The criteria that are the same, or nearly, of all places that are shown: they tell nothing.
pub fn alike(proposals: &[&Proposal]) -> Vec<Criterion> {
    let is_alike = |criterion: &Criterion| {
        let values = proposals.iter().filter_map(|proposal| proposal.criteria.get(*criterion)).map(|share| share.value);
        let (least, most) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)));
        most - least < ALIKE
    };
    Criterion::ALL.iter().copied().filter(is_alike).collect()
}

/// Values that are nearer to each other than this are the same to a reader.
const ALIKE: f64 = 0.15;
