//! *Registre*: what exists, where and for whom; of the homes of its department a SIAO or a 115 also says what is free, on their word.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use matcher::{Code, Department, Door, Gender, Kind};
use maud::{Markup, html};
use serde::Deserialize;

use super::map::{map, way_to};
use super::places::beds_form;
use super::proposals::numbers;
use super::words::{self as all_words, proposals, registry as words, vouching as vouching_words};
use super::{Page, Viewer, answer, local_time, vouching};
use crate::clock::Instant;
use crate::commands::Service;
use crate::db::units::UnitFilter;
use crate::db::{Reading, organisations};
use crate::domain::Unit;
use crate::domain::quota::{ContactsLeft, Watched};
use crate::language::Language;
use crate::paging::{self, Cursor, PageLimit};
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::operations::{ExportRegistry, ShowRegistry};
use crate::web::problem::Problem;
use crate::web::views;
use crate::web::views::registry::Entry;

/// What is looked for; a field that is left empty narrows nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegistryQuery {
    departement: String,
    sorte: String,
    genre: String,
    mineurs: String,
    porte: String,
    suite: Option<Cursor>,
}

impl RegistryQuery {
    fn filter(&self) -> Result<UnitFilter, Problem> {
        Ok(UnitFilter {
            department: chosen("departement", &self.departement)?,
            kind: chosen("sorte", &self.sorte)?,
            gender: chosen("genre", &self.genre)?,
            minors: chosen("mineurs", &self.mineurs)?,
            door: chosen("porte", &self.porte)?,
            ..UnitFilter::default()
        })
    }

    /// The same as the query of an address, from where on.
    fn text(&self, from: Option<&str>) -> String {
        let fields = [
            ("departement", self.departement.as_str()),
            ("sorte", &self.sorte),
            ("genre", &self.genre),
            ("mineurs", &self.mineurs),
            ("porte", &self.porte),
            ("suite", from.unwrap_or_default()),
        ];
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
    }
}

/// A choice of a list, or none.
fn chosen<T: std::str::FromStr>(name: &'static str, text: &str) -> Result<Option<T>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_error| Problem::parameter(name, "is none of the choices"))
}

/// Shows a page of it, with the map of all of it.
pub async fn show(viewer: Viewer, actor: Actor<ShowRegistry>, service: Data<Service>, query: Params<RegistryQuery>) -> Page {
    let (query, filter) = (query.0.clone(), query.0.filter()?);
    let (reach, own, live, from) = (actor.reach(), actor.organisation(), service.live().clone(), query.suite);
    let find = move |reading: &mut Reading<'_>| {
        let counts = views::registry::counts(reading, reach, filter.kind)?;
        let page = views::registry::page(reading, reach, live.policy(), filter, (from, PageLimit::default()))?;
        let waiting = views::vouching::page(reading, reach, None, PageLimit::default())?;
        Ok((page, counts, organisations::department(reading.conn, own)?, waiting))
    };
    let (page, counts, here, waiting) = service.read(actor.access(), actor.pulse(), find).await?;
    let tile = |(department, units): &(Department, i64)| Some((department.as_str(), usize::try_from(*units).ok()?));
    let tiles: Option<BTreeMap<_, _>> = counts.as_ref().map(|counts| counts.iter().filter_map(tile).collect());
    let back = query.text(from.map(Cursor::text).as_deref());
    let now = actor.pulse().now;
    let content = html! {
        p { (words::LEAD) }
        (vouching::part(&viewer, &waiting))
        (filters(&query))
        @if tiles.is_some() { (way_to(words::MAP_TITLE.text())) }
        div.columns {
            div {
                @if page.items.is_empty() { div.notice { p { (words::NONE) } } } @else { p.summary { (words::shown(page.items.len())) } }
                @for entry in &page.items { (one(&viewer, entry, (now, here), &back)) }
                @if let Some(next) = &page.next_cursor { p { a.button href=(format!("{PATH}?{}", query.text(Some(next)))) { (words::MORE) } } }
                p { a href=(format!("{PATH}.csv?{}", query.text(None))) { (words::CSV) } }
            }
            @if let Some(tiles) = &tiles { aside { (map((words::MAP_TITLE.text(), words::MAP_LEAD.text()), tiles, &[])) } }
        }
    };
    answer(&viewer, words::TITLE.text(), &content)
}

const PATH: &str = "/registre";

fn filters(query: &RegistryQuery) -> Markup {
    let departments: Vec<(&str, String)> = Department::ALL.iter().map(|code| (*code, format!("{code} {}", named(code)))).collect();
    html! {
        form.card.filters method="get" action=(PATH) {
            div.row {
                (select("departement", words::DEPARTMENT.text(), words::ALL.text(), &query.departement, departments))
                (select("sorte", words::KIND.text(), words::ALL_F.text(), &query.sorte, of_codes::<Kind>()))
                (select("genre", words::GENDER.text(), words::ALL.text(), &query.genre, of_codes::<Gender>()))
                (select("mineurs", words::MINORS.text(), words::ALL.text(), &query.mineurs, vec![("true", words::YES.text().to_owned()), ("false", words::NO.text().to_owned())]))
                (select("porte", words::DOOR.text(), words::ALL_F.text(), &query.porte, of_codes::<Door>()))
                div.actions { button.strong type="submit" { (words::FILTER) } }
            }
        }
    }
}

fn named(code: &str) -> &'static str {
    code.parse::<Department>().map_or("", all_words::department)
}

fn of_codes<C: Code + 'static>() -> Vec<(&'static str, String)> {
    C::ALL.iter().map(|code| (code.as_str(), all_words::label(*code).to_owned())).collect()
}

fn select(name: &str, label: &str, all: &str, chosen: &str, choices: Vec<(&str, String)>) -> Markup {
    html! {
        label {
            (label) " "
            select name=(name) {
                option value="" { (all) }
                @for (code, word) in &choices { option value=(code) selected[*code == chosen] { (word) } }
            }
        }
    }
}

fn one(viewer: &Viewer, entry: &Entry, (now, here): (Instant, Department), back: &str) -> Markup {
    html! {
        section.card id=(format!("groupe-{}", entry.id)) {
            h2 { (proposals::place(entry.profile.kind, entry.department)) }
            @if let Some(home) = &entry.home {
                p.name { (home.name.as_str()) @if let Some(town) = &home.town { ", " (town.as_str()) } }
            }
            ul.facts { @for fact in facts(&entry.profile) { li { (fact) } } }
            p.hint { (all_words::DOOR) (all_words::COLON) (entry.profile.doors.0.iter().map(|door| all_words::label(*door)).collect::<Vec<_>>().join(", ")) }
            @if let Some(by) = &entry.vouched_by { p.hint { (vouching_words::VOUCHED_BY) " " (by.as_str()) } }
            @if let Some(home) = &entry.home { (numbers(&home.numbers)) }
            @if let Some(beds) = &entry.beds {
                h3 { (words::ON_ITS_WORD) }
                @if beds.vacancies.is_empty() { p { (words::NOTHING_DECLARED) } }
                @for vacancy in &beds.vacancies {
                    p.hint {
                        (all_words::CONFIRMED) " " (proposals::said_at(vacancy.confirmed_at, now, entry.department)) " ("
                        (local_time::moment(vacancy.confirmed_at, entry.department, here)) ")"
                        @if let Some(by) = beds.said_by.get(&vacancy.declared_by_id) { ", " (by) }
                    }
                }
                (beds_form(viewer, entry.id, beds, back))
            }
        }
    }
}

/// For whom a group of places is, a fact each.
fn facts(unit: &Unit) -> Vec<String> {
    let genders = unit.genders.0.iter().map(|gender| all_words::label(*gender)).collect::<Vec<_>>().join(", ");
    let mut facts = vec![all_words::label(unit.setting).to_owned(), genders, proposals::adults(unit.adult_ages)];
    facts.push(words::household(unit.max_household.get()));
    if unit.couples {
        facts.push(words::COUPLES.text().to_owned());
    }
    if unit.children.is_some() {
        facts.push(proposals::children(unit.children));
    }
    facts.extend(unit.unaccompanied_minors.as_ref().map(|minors| words::minors(minors.min_age.get(), minors.max_age.get())));
    if unit.specialised {
        facts.push(words::SPECIALISED.text().to_owned());
    }
    if unit.removal_only {
        facts.push(words::REMOVAL_ONLY.text().to_owned());
    }
    facts
}

/// The same as a table, of all pages: what the page shows and no more.
pub async fn export(actor: Actor<ExportRegistry>, service: Data<Service>, query: Params<RegistryQuery>) -> Page {
    let filter = query.0.filter()?;
    let (reach, live) = (actor.reach(), service.live().clone());
    let find = move |reading: &mut Reading<'_>, _: &mut ContactsLeft| {
        let (mut entries, mut from) = (Vec::new(), None);
        loop {
            let paging::Page { items, next_cursor } =
                views::registry::page(reading, reach, live.policy(), filter, (from, PageLimit::most()))?;
            entries.extend(items);
            from = next_cursor.as_deref().and_then(Cursor::parse);
            if from.is_none() {
                return Ok(entries);
            }
        }
    };
    let entries = service.read_counted(actor.access(), actor.pulse(), Some((Watched::Exports, None)), find).await?;
    // Its columns are French, and so are its words: a spreadsheet that reads one reads them all.
    let table = Language::French.while_on_thread(|| table(&entries)).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"registre.csv\""))
        .body(table))
}

const COLUMNS: [&str; 14] = [
    "groupe",
    "sorte",
    "departement",
    "structure",
    "ville",
    "telephone",
    "qui_vit_la",
    "adultes",
    "ages",
    "menage_max",
    "mineurs",
    "portes",
    "libres_ce_soir",
    "dit_le",
];

fn table(entries: &[Entry]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for entry in entries {
        let unit = &entry.profile;
        let home = entry.home.as_ref();
        let tonight = entry.beds.as_ref().map(|beds| beds.vacancies.iter().filter(|vacancy| vacancy.from.get() <= beds.tonight));
        let free = tonight.clone().map(|tonight| tonight.map(|vacancy| vacancy.beds.saturating_sub(vacancy.held)).sum::<u32>());
        let said = tonight.and_then(|tonight| tonight.map(|vacancy| vacancy.confirmed_at).max());
        let codes = |all: &mut dyn Iterator<Item = &str>| all.collect::<Vec<_>>().join(" ");
        let minors = unit.unaccompanied_minors.as_ref().map(|minors| format!("{}-{}", minors.min_age.get(), minors.max_age.get()));
        let row = [
            entry.id.to_string(),
            unit.kind.as_str().to_owned(),
            entry.department.to_string(),
            home.map(|home| home.name.as_str().to_owned()).unwrap_or_default(),
            home.and_then(|home| home.town.as_ref()).map(|town| town.as_str().to_owned()).unwrap_or_default(),
            home.and_then(|home| home.numbers.first()).map(|number| number.phone.as_read()).unwrap_or_default(),
            unit.setting.as_str().to_owned(),
            codes(&mut unit.genders.0.iter().map(|gender| gender.as_str())),
            proposals::adults(unit.adult_ages),
            unit.max_household.get().to_string(),
            minors.unwrap_or_default(),
            codes(&mut unit.doors.0.iter().map(|door| door.as_str())),
            free.map(|free| free.to_string()).unwrap_or_default(),
            said.map(|at| at.to_string()).unwrap_or_default(),
        ];
        table.write_record(row.iter().map(|cell| as_text(cell)))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// A cell that a spreadsheet takes for a formula is given as text.
fn as_text(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
