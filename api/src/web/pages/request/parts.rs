//! The parts of a request that are edited each by itself: what their forms begin with, and what is read from them. What a part does not hold
//! stays as it was.

use matcher::{Code, DangerZone, Day, Language, Moment, Person, Place, Point, Stage, Urgency};
use serde::Deserialize;

use crate::clock::Instant;
use crate::communes::{Communes, Found};
use crate::domain::information::{Information, Uninformed};
use crate::domain::request::{AuthorityTold, ChildView, LoneMinor, MinorityGround, MinorsAuthority};
use crate::domain::{List, Request, Tag, Text};
use crate::limits::DANGER_ZONES_MAX;
use crate::web::pages::ask::{Typed, spelt};
use crate::web::pages::session::Fields;
use crate::web::pages::zones::{Confirms, Notes};
use crate::web::pages::{ask, household, local_time, words, zones};

/// A part of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Part {
    /// The people.
    #[serde(rename = "qui")]
    Who,
    /// Where they are, from when, and how far they would go.
    #[serde(rename = "ou")]
    Where,
    /// Where they must not be.
    #[serde(rename = "dangers")]
    Dangers,
    /// What the place must offer, or had better.
    #[serde(rename = "besoins")]
    Needs,
    /// What the places read beside the needful.
    #[serde(rename = "montre")]
    Message,
    /// How the person was informed, and what she agrees to.
    #[serde(rename = "information")]
    Informed,
    /// What is known of minors without a parent.
    #[serde(rename = "mineurs")]
    Minors,
}

impl Part {
    pub(super) const ALL: [Self; 7] =
        [Self::Who, Self::Minors, Self::Where, Self::Dangers, Self::Needs, Self::Message, Self::Informed];

    /// As it stands in an address.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Who => "qui",
            Self::Where => "ou",
            Self::Dangers => "dangers",
            Self::Needs => "besoins",
            Self::Message => "montre",
            Self::Informed => "information",
            Self::Minors => "mineurs",
        }
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == text)
    }

    /// Its heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Who => words::request::WHO.text(),
            Self::Where => words::request::WHERE.text(),
            Self::Dangers => words::request::DANGERS.text(),
            Self::Needs => words::request::NEEDS.text(),
            Self::Message => words::request::SHOWN.text(),
            Self::Informed => words::request::INFORMATION.text(),
            Self::Minors => words::request::MINORS.text(),
        }
    }

    /// What tells whether it was changed since.
    fn tag(self, declared: &Request) -> Tag {
        match self {
            Self::Who => Tag::of(&(&declared.household, declared.couple, declared.seen_apart)),
            Self::Where => Tag::of(&(
                (&declared.place, declared.first_day, declared.nights, declared.stage, declared.urgency),
                (&declared.distance, declared.accepts_removal, declared.accepts_crossing),
            )),
            Self::Dangers => Tag::of(&declared.danger_zones),
            Self::Needs => Tag::of(&(
                (&declared.living_with, &declared.required, &declared.wished),
                (&declared.required_languages, &declared.wished_languages),
            )),
            Self::Message => Tag::of(&(&declared.message, &declared.safety_instructions, &declared.reference)),
            Self::Informed => Tag::of(&declared.information),
            Self::Minors => Tag::of(&declared.lone_minors),
        }
    }

    /// How all parts stand, for a form to carry.
    pub(super) fn tags(declared: &Request) -> String {
        Self::ALL.into_iter().map(|part| part.tag(declared).as_str().to_owned()).collect::<Vec<_>>().join(" ")
    }

    /// The parts that stand otherwise than when a form was shown.
    pub(super) fn changed_since(seen: &str, declared: &Request) -> Vec<Self> {
        let seen: Vec<&str> = seen.split(' ').collect();
        let is_other = |(at, part): (usize, Self)| (seen.get(at) != Some(&part.tag(declared).as_str())).then_some(part);
        Self::ALL.into_iter().enumerate().filter_map(is_other).collect()
    }

    /// What its form begins with.
    pub(super) fn begun_with(self, declared: &Request, tonight: &str, now: Instant) -> Fields {
        let fields = match self {
            Self::Who => who(declared),
            Self::Where => place(declared, tonight),
            Self::Dangers => (0..declared.danger_zones.0.len()).map(|at| field("keep", at)).collect(),
            Self::Needs => needs(declared),
            Self::Message => message(declared),
            Self::Informed => informed(&declared.information),
            Self::Minors => minors(declared, now),
        };
        Fields::begun_with(fields)
    }

    /// The request with this part as it was typed.
    pub(super) fn read(self, typed: &mut Typed<'_>, before: &Request) -> Option<Request> {
        match self {
            Self::Who => read_who(typed, before),
            Self::Where => read_place(typed, before),
            Self::Dangers => read_dangers(typed, before),
            Self::Needs => read_needs(typed, before),
            Self::Message => read_message(typed, before),
            Self::Informed => {
                let read = ask::information(typed.fields);
                Some(Request { information: typed.checked("information", read)?, ..before.clone() })
            }
            Self::Minors => read_minors(typed, before),
        }
    }
}

fn field(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

fn ticks<T: Code>(name: &str, codes: &[T]) -> Vec<(String, String)> {
    codes.iter().map(|code| field(name, code.as_str())).collect()
}

fn who(declared: &Request) -> Vec<(String, String)> {
    let mut fields = household::begun_with(&declared.household.0);
    if declared.couple {
        fields.push(field("couple", "true"));
    }
    fields.extend(declared.seen_apart.map(|seen| field("seen_apart", if seen { "yes" } else { "not_yet" })));
    fields
}

/// People keep what only other parts know of them: the day they come of age, and what is known of a minor without a parent.
fn read_who(typed: &mut Typed<'_>, before: &Request) -> Option<Request> {
    let household = household::read(typed)?;
    let places = household::places(typed.fields);
    let was = |at: usize| places.get(at).and_then(|place| before.household.0.get(*place));
    let is_the_same = |one: &Person, other: &Person| one.gender == other.gender && one.minority == other.minority;
    let mut people: Vec<Person> = Vec::new();
    for (at, person) in household.0.into_iter().enumerate() {
        let known = was(at).filter(|known| is_the_same(known, &person) && known.age == person.age);
        people.push(Person { turns_18_on: known.and_then(|known| known.turns_18_on), ..person });
    }
    let lone_minors = people.iter().enumerate().filter(|(_, person)| person.is_lone_minor()).filter_map(|(at, person)| {
        was(at).filter(|known| is_the_same(known, person))?;
        let place = places.get(at)?;
        let known = before.lone_minors.0.iter().find(|known| usize::from(known.person) == *place)?;
        Some(LoneMinor { person: u8::try_from(at).ok()?, ..known.clone() })
    });
    let lone_minors = List::new(lone_minors.collect()).ok()?;
    let seen_apart = household::seen_apart(typed.fields);
    let couple = typed.fields.has("couple");
    Some(Request { household: List::new(people).ok()?, couple, seen_apart, lone_minors, ..before.clone() })
}

/// What stands in the field of the place as long as nobody types another.
pub(super) fn place_offered(place: &Place) -> String {
    let communes = Communes::embedded();
    let point = Point { lat: place.lat, lon: place.lon };
    communes.at(point).or_else(|| communes.nearest(point)).map(|commune| spelt(Found::of(commune))).unwrap_or_default()
}

fn place(declared: &Request, tonight: &str) -> Vec<(String, String)> {
    let km = |km: Option<matcher::Km>| km.map(|km| km.get().to_string()).unwrap_or_default();
    let mut fields = vec![
        field("place", place_offered(&declared.place)),
        field("first_day", declared.first_day),
        field("today", tonight),
        field("nights", declared.nights.get()),
        field("stage", declared.stage.as_str()),
        field("urgency", declared.urgency.as_str()),
        field("wish", declared.distance.wish.as_str()),
        field("max_km", km(declared.distance.max_km)),
        field("min_km", km(declared.distance.min_km)),
    ];
    let ticked = [("accepts_removal", declared.accepts_removal), ("accepts_crossing", declared.accepts_crossing)];
    fields.extend(ticked.into_iter().filter(|(_, ticked)| *ticked).map(|(name, _)| field(name, "true")));
    fields
}

/// A place and a day that nobody touched stay to the metre and to the day, however old.
fn read_place(typed: &mut Typed<'_>, before: &Request) -> Option<Request> {
    let is_kept = typed.fields.text("place") == Some(place_offered(&before.place).as_str());
    let place = if is_kept {
        Some(before.place)
    } else {
        zones::place(typed, &mut Notes::default()).map(|at| Place {
            lat: at.point.lat,
            lon: at.point.lon,
            department: at.department,
        })
    };
    let is_same_day = typed.fields.text("first_day").and_then(|day| day.parse().ok()) == Some(before.first_day);
    let first_day: Option<Day> = if is_same_day { Some(before.first_day) } else { typed.first_day(place) };
    let distance = typed.distance();
    let nights = typed.value("nights", "", |text| matcher::Nights::new(text.parse().ok()?).ok());
    let (stage, urgency) = (typed.value("stage", "", Stage::from_code), typed.value("urgency", "", Urgency::from_code));
    Some(Request {
        place: place?,
        first_day: first_day?,
        nights: nights?,
        stage: stage?,
        urgency: urgency?,
        distance: distance?,
        accepts_removal: typed.fields.has("accepts_removal"),
        accepts_crossing: typed.fields.has("accepts_crossing"),
        ..before.clone()
    })
}

/// Zones that stay ticked, and those that were typed.
fn read_dangers(typed: &mut Typed<'_>, before: &Request) -> Option<Request> {
    let is_kept = |at: usize| typed.fields.all("keep").any(|kept| kept == at.to_string());
    let kept = before.danger_zones.0.iter().enumerate().filter(|(at, _)| is_kept(*at)).map(|(_, zone)| *zone);
    let mut all: Vec<DangerZone> = kept.collect();
    let place = Some(Point { lat: before.place.lat, lon: before.place.lon });
    for zone in zones::zones(typed, &mut Notes::default(), place, Confirms::Circles)?.0 {
        if !all.contains(&zone) {
            all.push(zone);
        }
    }
    if all.len() > DANGER_ZONES_MAX {
        typed.refuse("zone", words::TOO_MANY_ZONES.text());
    }
    Some(Request { danger_zones: List::new(all).ok()?, ..before.clone() })
}

fn needs(declared: &Request) -> Vec<(String, String)> {
    let languages = |name: &str, spoken: &[Language]| spoken.iter().map(|code| field(name, code.as_str())).collect::<Vec<_>>();
    let mut fields = ticks("living_with", &declared.living_with.0);
    fields.extend(ticks("required", &declared.required.0));
    fields.extend(ticks("wished", &declared.wished.0));
    fields.extend(languages("required_languages", &declared.required_languages.0));
    fields.extend(languages("wished_languages", &declared.wished_languages.0));
    fields
}

fn read_needs(typed: &mut Typed<'_>, before: &Request) -> Option<Request> {
    let (living_with, required, wished) = (typed.list("living_with"), typed.list("required"), typed.list("wished"));
    let (required_languages, wished_languages) = (typed.list("required_languages"), typed.list("wished_languages"));
    Some(Request {
        living_with: in_order(&before.living_with, living_with?),
        required: in_order(&before.required, required?),
        wished: in_order(&before.wished, wished?),
        required_languages: in_order(&before.required_languages, required_languages?),
        wished_languages: in_order(&before.wished_languages, wished_languages?),
        ..before.clone()
    })
}

/// What was ticked, in the order in which it stood; what is new comes after.
fn in_order<T: Clone + PartialEq, const MAX: usize>(before: &List<T, 0, MAX>, ticked: List<T, 0, MAX>) -> List<T, 0, MAX> {
    let mut ordered: Vec<T> = before.0.iter().filter(|known| ticked.0.contains(known)).cloned().collect();
    ordered.extend(ticked.0.into_iter().filter(|code| !before.0.contains(code)));
    List(ordered)
}

fn message(declared: &Request) -> Vec<(String, String)> {
    let message = declared.message.as_ref().map(|text| field("message", text.as_str()));
    let instructions = declared.safety_instructions.as_ref().map(|text| field("safety_instructions", text.as_str()));
    let reference = declared.reference.as_ref().map(|reference| field("reference", reference.as_str()));
    message.into_iter().chain(instructions).chain(reference).collect()
}

/// A text of a form on one line; nothing where it was left empty, and refused where it cannot be kept.
pub(super) fn text<const MAX: usize>(typed: &mut Typed<'_>, name: &str) -> Option<Option<Text<MAX>>> {
    let Some(written) = typed.fields.text(name).map(on_one_line) else { return Some(None) };
    let read = Text::try_from(written).ok();
    if read.is_none() {
        typed.refuse(name, &words::request::too_long(MAX));
    }
    read.map(Some)
}

/// What was typed on several lines: texts have one.
pub(super) fn on_one_line(typed: &str) -> String {
    typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

fn read_message(typed: &mut Typed<'_>, before: &Request) -> Option<Request> {
    let (message, safety_instructions) = (text(typed, "message"), text(typed, "safety_instructions"));
    let reference = match typed.fields.text("reference") {
        None => Some(None),
        Some(written) => {
            let read = crate::domain::reference::Reference::try_from(written.to_owned()).ok();
            let read = read.filter(|reference| !reference.holds_a_date());
            if read.is_none() {
                typed.refuse("reference", words::request::WRONG_REFERENCE.text());
            }
            read.map(Some)
        }
    };
    Some(Request { message: message?, safety_instructions: safety_instructions?, reference: reference?, ..before.clone() })
}

fn informed(information: &Information) -> Vec<(String, String)> {
    match information {
        Information::Given(given) => {
            let mut fields = vec![
                field("today", given.day),
                field("information", "given"),
                field("information_language", given.language.as_str()),
            ];
            if given.interpreter {
                fields.push(field("information_interpreter", "true"));
            }
            fields.extend(ticks("shared", &given.shared.0));
            fields
        }
        Information::NotYet(not_yet) => {
            let reason: Uninformed = not_yet.reason;
            vec![field("today", not_yet.day), field("information", "not_yet"), field("uninformed", reason.as_str())]
        }
    }
}

/// The name of a field of the minor at a place in the household.
pub(super) fn of_minor(person: usize, of: &str) -> String {
    format!("m{person}_{of}")
}

/// The minors without a parent, each with its place in the household.
pub(super) fn lone_minors(declared: &Request) -> impl Iterator<Item = (usize, &Person)> {
    declared.household.0.iter().enumerate().filter(|(_, person)| person.is_lone_minor())
}

fn minors(declared: &Request, now: Instant) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let place = declared.department();
    for (at, person) in lone_minors(declared) {
        let mut say = |of: &str, value: Option<String>| fields.extend(value.map(|value| (of_minor(at, of), value)));
        say("birthday", person.turns_18_on.map(|day| day.to_string()));
        let known = declared.lone_minors.0.iter().find(|known| usize::from(known.person) == at);
        let told = known.and_then(|known| known.told.as_ref());
        say("ground", known.and_then(|known| known.minority_ground).map(|ground| ground.as_str().to_owned()));
        say("guardian", known.filter(|known| known.guardian_appointed).map(|_| "true".to_owned()));
        say("authority", told.map(|told| told.authority.as_str().to_owned()));
        say("whom", told.map(|told| told.whom.as_str().to_owned()));
        say("told_at", Some(local_time::as_typed(told.map_or(now, |told| told.at.into()), place)));
        say("reached", told.map(|told| if told.reached { "yes" } else { "no" }.to_owned()));
        let assessed_at = known.and_then(|known| known.assessment_recorded_at);
        say("assessed_at", assessed_at.map(|at| local_time::as_typed(at.into(), place)));
        let decided_by = known.and_then(|known| known.assessment_decided_by.as_ref());
        say("decided_by", decided_by.map(|by| by.as_str().to_owned()));
        say("view", known.and_then(|known| known.child_view).map(|view| view.as_str().to_owned()));
    }
    fields
}

fn read_minors(typed: &mut Typed<'_>, before: &Request) -> Option<Request> {
    let mut people = before.household.0.clone();
    let mut known = Vec::new();
    for (at, _) in lone_minors(before) {
        let birthday = optional(typed, &of_minor(at, "birthday"), |text| text.parse::<Day>().ok());
        let read = read_minor(typed, at, before);
        if let (Some(person), Some(birthday)) = (people.get_mut(at), birthday) {
            person.turns_18_on = birthday;
        }
        known.extend(read);
    }
    Some(Request { household: List::new(people).ok()?, lone_minors: List::new(known).ok()?, ..before.clone() })
}

fn read_minor(typed: &mut Typed<'_>, at: usize, before: &Request) -> Option<LoneMinor> {
    let of = |field: &str| of_minor(at, field);
    let (place, fields) = (before.department(), typed.fields);
    let moment = |text: &str| -> Option<Moment> { local_time::typed(text, place).ok() };
    let minority_ground = optional(typed, &of("ground"), MinorityGround::from_code);
    let told = read_told(typed, at, moment);
    let assessed_at = optional(typed, &of("assessed_at"), moment);
    let decided_by = text::<100>(typed, &of("decided_by"));
    let view = optional(typed, &of("view"), ChildView::from_code);
    let (assessment_recorded_at, assessment_decided_by, child_view) = (assessed_at?, decided_by?, view?);
    let parts = [assessment_recorded_at.is_some(), assessment_decided_by.is_some(), child_view.is_some()];
    if parts.contains(&true) && parts.contains(&false) {
        typed.refuse(&of("decided_by"), words::request::ASSESSMENT_WHOLE.text());
    }
    Some(LoneMinor {
        person: u8::try_from(at).ok()?,
        guardian_appointed: fields.has(&of("guardian")),
        minority_ground: minority_ground?,
        told: told?,
        assessment_recorded_at,
        assessment_decided_by,
        child_view,
    })
}

/// Who was told, when somebody says whom; the time stands there from the start and says nothing by itself.
fn read_told(typed: &mut Typed<'_>, at: usize, moment: impl Fn(&str) -> Option<Moment>) -> Option<Option<AuthorityTold>> {
    let of = |field: &str| of_minor(at, field);
    let authority = optional(typed, &of("authority"), MinorsAuthority::from_code);
    let whom = text::<100>(typed, &of("whom"));
    let at = optional(typed, &of("told_at"), moment);
    let reached = optional(typed, &of("reached"), |text| match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    });
    let (authority, whom, at, reached) = (authority?, whom?, at?, reached?);
    match (authority, whom, at, reached) {
        (None, None, _, None) => Some(None),
        (Some(authority), Some(whom), Some(at), Some(reached)) => Some(Some(AuthorityTold { authority, whom, at, reached })),
        _ => {
            typed.refuse(&of("whom"), words::request::TOLD_WHOLE.text());
            None
        }
    }
}

/// What a field that may be left empty is read as.
fn optional<T>(typed: &mut Typed<'_>, name: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match typed.fields.text(name) {
        None => Some(None),
        Some(text) => typed.checked(name, read(text)).map(Some),
    }
}
