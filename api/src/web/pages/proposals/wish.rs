//! What one wish less would open: which change is meant, the request with that change, and what was typed with it. Nothing is stored until
//! somebody takes it over.

use matcher::{Code as _, Codes, Language, Offer, Relaxation, RelaxedWish, Stage, Wish, Wished};

use crate::domain::{List, Request};

/// By what a change is known on a page: its wish, and of a list what is dropped from it.
pub(super) fn key(relaxation: &Relaxation) -> String {
    let wish = relaxation.wish.as_str();
    match (&relaxation.from, &relaxation.to) {
        (Wished::Offers(from), Wished::Offers(to)) => {
            named(wish, from.iter().find(|offer| !to.contains(*offer)).map(Offer::as_str))
        }
        (Wished::Languages(from), Wished::Languages(to)) => {
            named(wish, from.iter().find(|language| !to.contains(*language)).map(Language::as_str))
        }
        _ => wish.to_owned(),
    }
}

fn named(wish: &str, dropped: Option<&str>) -> String {
    format!("{wish}.{}", dropped.unwrap_or_default())
}

/// A request with one change of a wish, as the engine sees it.
pub(super) fn changed(request: &matcher::Request, relaxation: &Relaxation) -> matcher::Request {
    let mut request = request.clone();
    match (relaxation.wish, &relaxation.to) {
        (RelaxedWish::MaxKm, Wished::Km(to)) => request.distance.max_km = *to,
        (RelaxedWish::MinKm, Wished::Km(to)) => request.distance.min_km = *to,
        (RelaxedWish::AcceptsRemoval, _) => request.accepts_removal = true,
        (RelaxedWish::AcceptsCrossing, _) => request.accepts_crossing = true,
        (_, Wished::Day(to)) => request.first_day = *to,
        (_, Wished::Nights(to)) => request.nights = *to,
        (_, Wished::Settings(to)) => request.living_with = to.clone(),
        (_, Wished::Offers(to)) => request.required = to.clone(),
        (_, Wished::Languages(to)) => request.required_languages = to.clone(),
        (RelaxedWish::Everything, _) => {
            (request.distance.max_km, request.distance.min_km) = (None, None);
            (request.accepts_removal, request.accepts_crossing) = (true, true);
            request.nights = matcher::Nights::new(matcher::Nights::MIN).unwrap_or(request.nights);
            (request.living_with, request.required) = (Codes::default(), Codes::default());
            request.required_languages = Codes::default();
        }
        _ => {}
    }
    request
}

/// A stored request with the wishes of one that the engine has: what a change may touch, and nothing else.
pub(super) fn taken_over(stored: &Request, changed: &matcher::Request) -> Request {
    Request {
        distance: changed.distance,
        accepts_removal: changed.accepts_removal,
        accepts_crossing: changed.accepts_crossing,
        first_day: changed.first_day,
        nights: changed.nights,
        living_with: List(changed.living_with.iter().collect()),
        required: List(changed.required.iter().collect()),
        required_languages: List(changed.required_languages.iter().collect()),
        ..stored.clone()
    }
}

/// What was typed, with a change taken over.
pub(super) fn typed(fields: &[(String, String)], request: &matcher::Request, relaxation: &Relaxation) -> Vec<(String, String)> {
    let after = changed(request, relaxation);
    let mut typed = fields.to_vec();
    let mut set = |name: &str, values: Vec<String>| {
        typed.retain(|(known, _)| known != name);
        typed.extend(values.into_iter().map(|value| (name.to_owned(), value)));
    };
    let is = |wish| relaxation.wish == wish || relaxation.wish == RelaxedWish::Everything;
    if is(RelaxedWish::MaxKm) {
        set("max_km", after.distance.max_km.iter().map(|km| km.get().to_string()).collect());
    }
    if is(RelaxedWish::MinKm) {
        set("min_km", after.distance.min_km.iter().map(|km| km.get().to_string()).collect());
    }
    for (wish, name) in [(RelaxedWish::AcceptsRemoval, "accepts_removal"), (RelaxedWish::AcceptsCrossing, "accepts_crossing")] {
        if is(wish) {
            set(name, vec!["true".to_owned()]);
        }
    }
    if relaxation.wish == RelaxedWish::FirstDay {
        set("first_day", vec![after.first_day.to_string()]);
    }
    if is(RelaxedWish::Nights) {
        set("nights", vec![after.nights.get().to_string()]);
    }
    if is(RelaxedWish::LivingWith) {
        set("living_with", Vec::new());
    }
    if is(RelaxedWish::Required) {
        set("required", after.required.iter().map(|offer| offer.as_str().to_owned()).collect());
    }
    typed
}

/// What someone wishes, by what could be wished less.
pub(super) fn of(request: &matcher::Request) -> Vec<RelaxedWish> {
    let distance = &request.distance;
    [
        (distance.max_km.is_some(), RelaxedWish::MaxKm),
        (distance.min_km.is_some(), RelaxedWish::MinKm),
        (!request.accepts_removal && distance.wish != Wish::MoveAway, RelaxedWish::AcceptsRemoval),
        (!request.accepts_crossing, RelaxedWish::AcceptsCrossing),
        (request.stage != Stage::Emergency && request.nights.get() > 1, RelaxedWish::Nights),
        (!request.living_with.is_empty(), RelaxedWish::LivingWith),
        (!request.required.is_empty(), RelaxedWish::Required),
        (!request.required_languages.is_empty(), RelaxedWish::RequiredLanguages),
    ]
    .into_iter()
    .filter_map(|(wished, wish)| wished.then_some(wish))
    .collect()
}
