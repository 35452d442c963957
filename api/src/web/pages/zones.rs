//! Where: the place, and the zones to keep out of, as they are typed. What fits several places, or none, is asked: with the department and
//! the population beside each, and all that was typed is kept.

use std::collections::BTreeSet;

use matcher::{DangerZone, Department, Point, RadiusKm, ZoneLevel, distance_km};
use maud::{Markup, html};

use super::ask::{self, Form, RADII_KM, RADIUS_KM, Typed, field};
use super::session::Fields;
use super::{said, words};
use crate::communes::{Area, Commune, Communes, Found, Piece, letters};
use crate::domain::List;
use crate::limits::{DANGER_ZONES_MAX, PLACE_CHARS_MAX, ZONES_CHARS_MAX};

/// The fields that hold zones.
const ZONES: [(&str, ZoneLevel); 3] =
    [("zone", ZoneLevel::Forbidden), ("zone2", ZoneLevel::Forbidden), ("avoid", ZoneLevel::Avoid)];
/// Names that are offered for one that nobody knows, and how many of those are looked at.
const NEAR_MAX: usize = 5;
const UNKNOWN_LOOKED_AT: usize = 5;
/// A village whose name alone was typed is asked about where it has fewer inhabitants and lies farther from the people, in km: `La Villette`
/// is a quarter of Paris to those who flee from it, and a village of the Calvados to the table.
const LITTLE_KNOWN_BELOW: u32 = 2_000;
const LITTLE_KNOWN_BEYOND_KM: f64 = 100.0;
/// How many words a name has at most that may be a quarter's.
const SHORT_NAME: usize = 2;

/// What was understood of the places, beside the zones themselves: to be said back.
#[derive(Default)]
pub(super) struct Notes {
    /// Communes that were called by a name or code of old.
    pub(super) former: Vec<String>,
    /// Circles that leave out a commune of old: the field that widens it, and the radius in km that would do.
    pub(super) wider: Vec<(String, Wider)>,
}

/// A radius that holds all of what is now one commune.
pub(super) struct Wider {
    /// The commune.
    pub(super) commune: &'static Commune,
    /// What lies outside.
    pub(super) outside: Vec<&'static str>,
    /// The radius, in km.
    pub(super) km: u32,
}

/// What a piece of text means, once it was asked where that was needed.
fn chosen(fields: &Fields, name: &str, letters: &str, options: &[Area<'static>]) -> Option<Area<'static>> {
    let code = fields.text(&which(name, letters))?;
    options.iter().find(|area| area.code() == code).copied()
}

/// The field that says which of several is meant.
fn which(name: &str, letters: &str) -> String {
    format!("{name}_which_{letters}")
}

fn widening(name: &str, commune: &Commune) -> String {
    format!("{name}_wider_{}", commune.code)
}

/// What may be meant by the place: communes of that name; if there are none, and it is nothing else, names that are near.
fn place_options(text: &str) -> (Vec<Area<'static>>, &'static str) {
    let communes = Communes::embedded();
    let meant: Vec<_> = communes.communes_meant(text).into_iter().map(Area::Commune).collect();
    if !meant.is_empty() {
        return (meant, words::WHICH_COMMUNE.text());
    }
    if !communes.meanings(text).is_empty() {
        return (Vec::new(), words::PLACE_IS_DEPARTMENT.text());
    }
    let near = communes.near(text, NEAR_MAX).into_iter().filter(|area| matches!(area, Area::Commune(_)));
    (near.collect(), words::UNKNOWN_COMMUNE.text())
}

/// What is meant by the place that was typed, or why that is not known.
fn place_meant(fields: &Fields) -> Result<Found<'static>, &'static str> {
    let text = fields.text("place").unwrap_or_default();
    let too_long = text.chars().count() > PLACE_CHARS_MAX;
    let (options, why) = if too_long { (Vec::new(), words::UNKNOWN_COMMUNE.text()) } else { place_options(text) };
    match options.as_slice() {
        [Area::Commune(only)] if why == words::WHICH_COMMUNE.text() => Ok(*only),
        several => match chosen(fields, "place", &letters(text), several) {
            Some(Area::Commune(found)) => Ok(found),
            _ => Err(why),
        },
    }
}

/// Where the people are, as far as the form says.
pub(super) fn place_typed(fields: Option<&Fields>) -> Option<Point> {
    fields.and_then(|fields| place_meant(fields).ok()).map(|found| found.commune.point)
}

/// The commune where the people are.
pub(super) fn place(typed: &mut Typed<'_>, notes: &mut Notes) -> Option<&'static Commune> {
    let text = typed.fields.text("place").unwrap_or_default();
    match place_meant(typed.fields) {
        Ok(found) => Some(note(found, notes)),
        Err(why) => {
            typed.refuse("place", if text.is_empty() { words::NO_COMMUNE.text() } else { why });
            None
        }
    }
}

/// A commune, of which is noted under which name of old it was meant.
fn note(found: Found<'static>, notes: &mut Notes) -> &'static Commune {
    if let Some(former) = found.former {
        let said = said::former(former, found.commune);
        if !notes.former.contains(&said) {
            notes.former.push(said);
        }
    }
    found.commune
}

/// What is asked of a piece, and what of it is known without.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclear {
    /// Nobody knows the name.
    Unknown,
    /// Several are called so.
    Several,
    /// One is, and it may not be the one that is meant.
    LittleKnown,
}

/// Why it has to be asked what is meant by a piece, where the people are at a place; none where it is clear.
fn unclear(piece: &Piece<'_, 'static>, place: Option<Point>) -> Option<Unclear> {
    match piece.meanings.as_slice() {
        [] => Some(Unclear::Unknown),
        [Area::Commune(found)] => {
            // Who types a long name, or that of a commune of old, knows which.
            let is_short = piece.text.split([' ', '-', '’', '\'']).filter(|word| !word.is_empty()).count() <= SHORT_NAME;
            let is_small = is_short && found.former.is_none() && found.commune.population < LITTLE_KNOWN_BELOW;
            let is_far = place.is_some_and(|place| distance_km(place, found.commune.point) > LITTLE_KNOWN_BEYOND_KM);
            (is_small && is_far && piece.is_name_alone(found)).then_some(Unclear::LittleKnown)
        }
        [_] => None,
        _ => Some(Unclear::Several),
    }
}

/// What is meant by a piece, as far as it is clear or was chosen.
fn meant(
    piece: &Piece<'_, 'static>,
    options: &[Area<'static>],
    unclear: Option<Unclear>,
    (fields, name): (&Fields, &str),
) -> Option<Area<'static>> {
    match unclear {
        None => piece.meanings.first().copied(),
        Some(_) => chosen(fields, name, &piece.letters(), options),
    }
}

/// The pieces of a field, each with what may be meant by it.
fn pieces(text: &str) -> Vec<(Piece<'_, 'static>, Vec<Area<'static>>)> {
    let communes = Communes::embedded();
    let mut found = Vec::new();
    let mut unknown = 0;
    for piece in communes.pieces(text) {
        let mut options = piece.meanings.clone();
        if options.is_empty() && unknown < UNKNOWN_LOOKED_AT {
            unknown += 1;
            options = communes.near(piece.text, NEAR_MAX);
        }
        found.push((piece, options));
    }
    found
}

/// The zones of all fields, each once, of people at a place. `confirms` where the request will be stored: then a circle that leaves out a part of its commune is
/// asked about before, for afterwards nobody asks.
pub(super) fn zones(
    typed: &mut Typed<'_>,
    notes: &mut Notes,
    place: Option<Point>,
    confirms: Confirms,
) -> Option<List<DangerZone, 0, DANGER_ZONES_MAX>> {
    let mut zones: Vec<DangerZone> = Vec::new();
    for (name, level) in ZONES {
        let Some(text) = typed.fields.text(name) else { continue };
        if text.chars().count() > ZONES_CHARS_MAX {
            typed.refuse(name, words::TOO_MANY_ZONES.text());
            continue;
        }
        for (piece, options) in pieces(text) {
            let unclear = unclear(&piece, place);
            let Some(area) = meant(&piece, &options, unclear, (typed.fields, name)) else {
                typed.refuse(name, &which_of(piece.text, unclear.unwrap_or(Unclear::Unknown)));
                continue;
            };
            for zone in of_area(typed, notes, confirms, (name, level), &area, piece.km) {
                if !zones.contains(&zone) {
                    zones.push(zone);
                }
            }
        }
    }
    if zones.len() > DANGER_ZONES_MAX {
        typed.refuse("zone", words::TOO_MANY_ZONES.text());
    }
    List::new(zones).ok()
}

/// Whether a circle that leaves out a part of its commune has to be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confirms {
    Circles,
    Nothing,
}

fn of_area(
    typed: &mut Typed<'_>,
    notes: &mut Notes,
    confirms: Confirms,
    (name, level): (&str, ZoneLevel),
    area: &Area<'static>,
    km: Option<f64>,
) -> Vec<DangerZone> {
    let whole = |department: Department| DangerZone { level, department: Some(department), centre: None, radius_km: None };
    let departments: Vec<_> = match area {
        Area::Department(department) => vec![whole(*department)],
        Area::Region(region) => region.departments().map(whole).collect(),
        Area::Commune(found) => {
            let commune = note(*found, notes);
            let Some(radius) = radius(typed, name, km) else { return Vec::new() };
            // The very place that was named would lie outside.
            let is_outside =
                found.former.and_then(|former| former.point).is_some_and(|point| distance_km(commune.point, point) > radius.get());
            let confirms = if is_outside { Confirms::Circles } else { confirms };
            let radius = widened(typed, notes, confirms, name, commune, radius);
            return vec![DangerZone { level, department: None, centre: Some(commune.point), radius_km: Some(radius) }];
        }
    };
    if km.is_some() {
        typed.refuse(name, words::NO_RADIUS.text());
    }
    departments
}

/// The radius that was typed with a commune, or else the one that is chosen for the field.
fn radius(typed: &mut Typed<'_>, name: &str, km: Option<f64>) -> Option<RadiusKm> {
    match km {
        Some(km) => typed.checked(name, RadiusKm::new(km).ok()),
        None => {
            let field = format!("{name}_km");
            // Of several communes the same is said once.
            let text = typed.fields.text(&field).unwrap_or(RADIUS_KM);
            let radius = text.parse().ok().and_then(|km| RadiusKm::new(km).ok());
            if radius.is_none() && !typed.is_refused(&field) {
                typed.refuse(&field, words::WRONG_FIELD.text());
            }
            radius
        }
    }
}

fn widened(
    typed: &mut Typed<'_>,
    notes: &mut Notes,
    confirms: Confirms,
    name: &str,
    commune: &'static Commune,
    radius: RadiusKm,
) -> RadiusKm {
    let Some(wider) = wider(commune, radius.get()) else { return radius };
    let field = widening(name, commune);
    match typed.fields.text(&field) {
        Some(km) if km == wider.km.to_string() => RadiusKm::new(f64::from(wider.km)).unwrap_or(radius),
        Some("keep") => radius,
        _ => {
            if confirms == Confirms::Circles {
                typed.refuse(name, &said::leaves_out(&wider.outside, commune, radius.get()));
            }
            notes.wider.push((field, wider));
            radius
        }
    }
}

/// The radius that would hold all communes of old whose place is known, where this one does not.
pub(super) fn wider(commune: &'static Commune, radius_km: f64) -> Option<Wider> {
    let away = |point| distance_km(commune.point, point);
    let former = Communes::embedded().former_of(commune).filter_map(|former| Some((former.name, away(former.point?))));
    let outside: Vec<_> = former.filter(|(_, km)| *km > radius_km).collect();
    let farthest =
        outside.iter().map(|(_, km)| *km).fold(None, |most: Option<f64>, km| Some(most.map_or(km, |most| most.max(km))))?;
    let km = RADII_KM.into_iter().find(|km| f64::from(*km) >= farthest)?;
    Some(Wider { commune, outside: outside.into_iter().map(|(name, _)| name).collect(), km })
}

/// The place, and from when.
pub(super) fn where_now(form: &Form<'_>) -> Markup {
    let day = html! {
        input #first_day name="first_day" type="date" value=(form.text_or("first_day", &form.today)) aria-invalid=[form.invalid("first_day")]
            aria-describedby=[form.described("first_day", None)];
    };
    let text = form.text("place");
    html! {
        fieldset.card {
            legend { (words::WHERE_NOW) }
            (ask::text(form, "place", words::COMMUNE.text(), Some(words::WHERE_WHY.text()), Some("communes")))
            @if !text.is_empty() && text.chars().count() <= PLACE_CHARS_MAX {
                @let (options, why) = place_options(text);
                @if options.len() > 1 || (why == words::UNKNOWN_COMMUNE.text() && !options.is_empty()) { (asked(form, "place", text, if why == words::WHICH_COMMUNE.text() { Unclear::Several } else { Unclear::Unknown }, &options)) }
            }
            (field(form, "first_day", words::FROM_WHEN.text(), None, &day))
        }
    }
}

/// Zones where nothing may be proposed to people at a place.
pub(super) fn where_not(form: &Form<'_>, place: Option<Point>) -> Markup {
    html! {
        fieldset.card {
            legend { (words::WHERE_NOT) }
            p.hint { (words::WHERE_NOT_WHY) }
            (one(form, "zone", words::ZONE.text(), place))
        }
    }
}

/// A field of zones with its radius, and what has to be asked of it.
pub(super) fn one(form: &Form<'_>, name: &str, label: &str, place: Option<Point>) -> Markup {
    let input = html! {
        textarea id=(name) name=(name) rows="2" aria-invalid=[form.invalid(name)] aria-describedby=[form.described(name, Some(words::ZONE_WHY.text()))] { (form.text(name)) }
    };
    html! {
        div.row { (field(form, name, label, Some(words::ZONE_WHY.text()), &input)) (radius_choice(form, &format!("{name}_km"))) }
        (questions(form, name, place))
    }
}

fn radius_choice(form: &Form<'_>, name: &str) -> Markup {
    let chosen = form.text_or(name, RADIUS_KM);
    let input = html! {
        select id=(name) name=(name) aria-invalid=[form.invalid(name)] aria-describedby=[form.described(name, None)] {
            @for km in RADII_KM { option value=(km) selected[km.to_string() == chosen || (chosen.is_empty() && km.to_string() == RADIUS_KM)] { (km) " " (words::KM) } }
        }
    };
    field(form, name, words::RADIUS.text(), None, &input)
}

/// What has to be asked of what was typed in a field of zones: which place is meant, and whether a circle may leave out a part of its commune.
fn questions(form: &Form<'_>, name: &str, place: Option<Point>) -> Markup {
    let text = form.text(name);
    let (Some(fields), true) = (form.fields, text.chars().count() <= ZONES_CHARS_MAX) else { return html! {} };
    let field_km = form.text_or(&format!("{name}_km"), RADIUS_KM).parse().unwrap_or_default();
    let (mut seen, mut questions, mut circles) = (BTreeSet::new(), Vec::new(), Vec::new());
    for (piece, options) in pieces(text) {
        let km = piece.km.unwrap_or(field_km);
        let unclear = unclear(&piece, place);
        if let Some(Area::Commune(Found { commune, .. })) = meant(&piece, &options, unclear, (fields, name)) {
            circles.extend(wider(commune, km).filter(|_| seen.insert(widening(name, commune))).map(|wider| (wider, km)));
        }
        if let Some(unclear) = unclear.filter(|_| !options.is_empty() && seen.insert(piece.letters())) {
            questions.push((piece.text, unclear, options));
        }
    }
    html! {
        @for (text, unclear, options) in &questions { (asked(form, name, text, *unclear, options)) }
        @for (wider, km) in &circles {
            @let field = widening(name, wider.commune);
            fieldset.boxes.which {
                legend { (said::leaves_out(&wider.outside, wider.commune, *km)) }
                @for (value, label) in [(wider.km.to_string(), said::widen(wider.km)), ("keep".to_owned(), said::keep_radius(*km))] {
                    label.box { input type="radio" name=(field) value=(value) checked[form.is_ticked(&field, &value)]; " " (label) }
                }
            }
        }
    }
}

/// What is asked of what was typed.
fn which_of(text: &str, unclear: Unclear) -> String {
    match unclear {
        Unclear::LittleKnown => said::is_it(text),
        Unclear::Several => said::which(text, true),
        Unclear::Unknown => said::which(text, false),
    }
}

/// Which of several places is meant, or which of those whose names are near.
fn asked(form: &Form<'_>, name: &str, text: &str, unclear: Unclear, options: &[Area<'static>]) -> Markup {
    let field = which(name, &letters(text));
    html! {
        fieldset.boxes.which {
            legend { (which_of(text, unclear)) }
            @for area in options {
                @let code = area.code();
                label.box { input type="radio" name=(field) value=(code) checked[form.is_ticked(&field, &code)]; " " (said::area(area)) }
            }
        }
    }
}
