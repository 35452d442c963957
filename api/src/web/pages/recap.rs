//! What was understood of a request, said back on top of what follows from it: zones first, for nothing else does as much harm when it
//! was misunderstood. It is read from the request that the engine gets, not from what was typed.

use matcher::{DangerZone, Point, Request, ZoneLevel};
use maud::{Markup, html};

use super::proposals::view;
use super::session::Fields;
use super::zones::{self, Notes};
use super::{Viewer, household, said, words};
use crate::communes::Communes;

/// What was typed, to be corrected or widened from the page of the places found, and what else there is to say of it.
pub struct Asked {
    fields: Vec<(String, String)>,
    notes: Notes,
    seen_apart: Option<bool>,
}

impl Asked {
    pub(super) fn of(fields: &Fields, notes: Notes) -> Self {
        // What only says which part of the places is shown, or what is to be done there, is no part of what was asked.
        let typed = fields.typed().filter(|(name, _)| !view::FIELDS.contains(name));
        let fields_typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { fields: fields_typed, notes, seen_apart: household::seen_apart(fields) }
    }

    /// What was typed, by field.
    pub(super) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// Whether something was understood in a way that one had better look at.
    pub(super) fn is_to_be_looked_at(&self) -> bool {
        self.seen_apart == Some(false) || !self.notes.wider.is_empty() || !self.notes.former.is_empty()
    }
}

/// What was understood. `asked` where nothing is stored, and all can still be changed.
pub fn whole(viewer: &Viewer, request: &Request, asked: Option<&Asked>) -> Markup {
    let zones = |level| request.danger_zones.iter().filter(move |zone| zone.level == level).collect::<Vec<_>>();
    let (forbidden, avoided) = (zones(ZoneLevel::Forbidden), zones(ZoneLevel::Avoid));
    let seen_apart = asked.and_then(|asked| asked.seen_apart);
    html! {
        section.card.recap aria-labelledby="compris" {
            h2 #compris { (words::UNDERSTOOD) }
            dl {
                dt { (words::EXCLUDED) }
                dd { @if forbidden.is_empty() { (words::NOTHING_EXCLUDED) } @else { ul.plain { @for zone in &forbidden { li { (one_zone(zone)) } } } } }
                @if !avoided.is_empty() { dt { (words::AVOIDED) } dd { ul.plain { @for zone in &avoided { li { (one_zone(zone)) } } } } }
                dt { (words::WHO_IN_SHORT) }
                dd {
                    ul.plain { @for person in &request.household { li { (said::person(person)) } } }
                    @if request.couple { p { (words::COUPLE_SAID) } }
                    @if seen_apart == Some(true) { p { (words::SEEN_APART_SAID) } }
                }
                dt { (words::WHERE_IN_SHORT) } dd { (place(request)) }
                dt { (words::WHEN_IN_SHORT) } dd { (said::when(request)) }
                dt { (words::DISTANCE) } dd { (said::distance(request)) }
                @for (label, what) in said::wishes(request) { dt { (label) } dd { (what) } }
            }
            @if seen_apart == Some(false) { p.warning { (words::SEEN_APART_WARNING) } }
            @if let Some(asked) = asked { (of_form(viewer, asked)) }
        }
    }
}

/// What can be said and done only while the form is at hand.
fn of_form(viewer: &Viewer, asked: &Asked) -> Markup {
    html! {
        @for former in &asked.notes.former { p { (former) } }
        div.actions {
            form method="post" action="/demande" {
                (viewer.hidden())
                (typed(asked, ""))
                button type="submit" name="edit" value="true" { (words::EDIT) }
            }
            @for (field, wider) in &asked.notes.wider {
                form method="post" action="/demande" {
                    (viewer.hidden())
                    (typed(asked, field))
                    button.strong type="submit" name=(field) value=(wider.km) { (said::widen_around(wider.km, wider.commune)) }
                }
            }
        }
    }
}

/// All that was typed, but for the field that a button of the form sets.
pub(super) fn typed(asked: &Asked, but: &str) -> Markup {
    html! {
        @for (name, value) in asked.fields.iter().filter(|(name, _)| name != but) { input type="hidden" name=(name) value=(value); }
    }
}

pub(super) fn one_zone(zone: &DangerZone) -> Markup {
    let (Some(centre), Some(radius)) = (zone.centre, zone.radius_km) else { return html! { (self::zone(zone)) } };
    let communes = Communes::embedded();
    let commune = communes.at(centre);
    let wider = commune.and_then(|commune| zones::wider(commune, radius.get()));
    html! {
        (self::zone(zone))
        p.hint { (said::touched(&communes.departments_touched(centre, radius.get()))) }
        @if let Some(commune) = commune {
            @let former: Vec<_> = communes.former_of(commune).filter(|former| !former.is_code_only).map(|former| former.name).collect();
            @if !former.is_empty() { p.hint { (said::made_of(commune, &former)) } }
            @if commune.approximate { p.hint { (words::APPROXIMATE) } }
        }
        @if let Some(wider) = wider { p.warning { (said::leaves_out(&wider.outside, wider.commune, radius.get())) " " (said::would_do(wider.km)) } }
    }
}

/// A zone by its name alone.
pub fn zone(zone: &DangerZone) -> String {
    match (zone.department, zone.centre, zone.radius_km) {
        (Some(department), ..) => said::whole_department(department),
        (None, Some(centre), Some(radius)) => said::circle(&said::around(centre), radius.get()),
        _ => String::new(),
    }
}

fn place(request: &Request) -> String {
    let place = &request.place;
    said::around(Point { lat: place.lat, lon: place.lon })
}
