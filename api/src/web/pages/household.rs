//! Who: one line a person, with the gender that the person says, an age or none, and the link to a parent as a professional judges it.
//!
//! What contradicts itself is named beside its line and never put right for the user.

use matcher::{Age, Gender, Minority, Person};
use maud::{Markup, html};

use super::ask::{Form, Typed, error, field};
use super::session::Fields;
use super::words::Phrase;
use super::{said, words};
use crate::domain::List;
use crate::limits::HOUSEHOLD_MAX;

/// Lines that are there from the start, and that one more tap adds.
const LINES: usize = 2;
const LINES_MORE: usize = 3;

/// Who somebody may be, by the value of the form.
const WHO: [(&str, Gender, Minority, Phrase); 9] = [
    ("female_adult", Gender::Female, Minority::Adult, words::FEMALE_ADULT),
    ("male_adult", Gender::Male, Minority::Adult, words::MALE_ADULT),
    ("other_adult", Gender::Other, Minority::Adult, words::OTHER_ADULT),
    ("female_minor", Gender::Female, Minority::Minor, words::FEMALE_MINOR),
    ("male_minor", Gender::Male, Minority::Minor, words::MALE_MINOR),
    ("other_minor", Gender::Other, Minority::Minor, words::OTHER_MINOR),
    ("female_presumed", Gender::Female, Minority::PresumedMinor, words::FEMALE_PRESUMED),
    ("male_presumed", Gender::Male, Minority::PresumedMinor, words::MALE_PRESUMED),
    ("other_presumed", Gender::Other, Minority::PresumedMinor, words::OTHER_PRESUMED),
];

/// What was said of the link to a parent.
#[derive(Clone, Copy, PartialEq)]
enum Link {
    NotSaid,
    Established,
    NotEstablished,
}

/// One line that says something.
struct Line {
    number: usize,
    person: Person,
    link: Link,
}

fn name(number: usize, of: &str) -> String {
    format!("p{number}_{of}")
}

/// The people that were typed. `couple` and the answer to whether they were seen apart are read with them: they go together.
pub(super) fn read(typed: &mut Typed<'_>) -> Option<List<Person, 1, HOUSEHOLD_MAX>> {
    let wrong_before = typed.wrong.len();
    let lines: Vec<Line> = (1..=HOUSEHOLD_MAX).filter_map(|number| line(typed, number)).collect();
    if lines.is_empty() && typed.wrong.len() == wrong_before {
        typed.refuse(&name(1, "who"), words::NOBODY.text());
    }
    // What nobody reads would be people left outside.
    let is_beyond = |field: &str| number_of(field).is_some_and(|number| number > HOUSEHOLD_MAX);
    if typed.fields.typed().any(|(field, _)| is_beyond(field)) {
        typed.refuse("household", words::TOO_MANY_PEOPLE.text());
    }
    links(typed, &lines);
    seen_apart_is_asked(typed, &lines);
    List::new(lines.into_iter().map(|line| line.person).collect()).ok()
}

/// The number of the line that a field belongs to.
fn number_of(field: &str) -> Option<usize> {
    let (number, of) = field.strip_prefix('p')?.split_once('_')?;
    if matches!(of, "who" | "age" | "parent") { number.parse().ok() } else { None }
}

fn line(typed: &mut Typed<'_>, number: usize) -> Option<Line> {
    let (who, age, parent) = (name(number, "who"), name(number, "age"), name(number, "parent"));
    let fields = typed.fields;
    if [&who, &age, &parent].into_iter().all(|field| fields.text(field).is_none()) {
        return None;
    }
    let link = match fields.text(&parent) {
        None => Some(Link::NotSaid),
        Some("yes") => Some(Link::Established),
        Some("no") => Some(Link::NotEstablished),
        Some(_) => None,
    };
    let link = typed.checked(&parent, link);
    let years = typed.refused(&age, words::WRONG_AGE.text(), |text| read_age(text.unwrap_or_default()));
    let Some(code) = fields.text(&who) else {
        typed.refuse(&who, words::WHO_IS_IT.text());
        return None;
    };
    let chosen = WHO.iter().find(|(known, ..)| *known == code);
    let (_, gender, minority, _) = *typed.checked(&who, chosen)?;
    let (link, years) = (link?, years?);
    let is_under_18 = years.map(|years| years.get() < 18);
    match (minority, is_under_18) {
        (Minority::Adult, Some(true)) => typed.refuse(&age, words::ADULT_UNDER_18.text()),
        (Minority::Minor, Some(false)) => typed.refuse(&age, words::MINOR_OVER_18.text()),
        (Minority::Adult | Minority::Minor | Minority::PresumedMinor, _) => {}
    }
    if minority == Minority::Adult && link != Link::NotSaid {
        typed.refuse(&parent, words::LINK_OF_ADULT.text());
    }
    let with_parent = minority != Minority::Adult && link == Link::Established;
    Some(Line { number, person: Person { gender, minority, age: years, with_parent, turns_18_on: None }, link })
}

/// An age as people write it: `24`, `24 ans`, `8 mois`, in English too; a question mark or nothing is an age nobody knows.
fn read_age(text: &str) -> Option<Option<Age>> {
    let text = text.trim().to_lowercase();
    if text.is_empty() || text == "?" {
        return Some(None);
    }
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let number: u16 = digits.parse().ok()?;
    let years = match text.get(digits.len()..)?.trim() {
        "" | "an" | "ans" | "year" | "years" => number,
        "mois" | "month" | "months" => number / 12,
        _ => return None,
    };
    Age::new(u8::try_from(years).ok()?).ok().map(Some)
}

/// A minor with an adult: whether the adult is a parent is asked, never taken for granted.
fn links(typed: &mut Typed<'_>, lines: &[Line]) {
    let is_adult_there = lines.iter().any(|line| line.person.is_adult());
    let is_anyone_left = lines.iter().any(|line| !line.person.with_parent);
    for line in lines.iter().filter(|line| !line.person.is_adult()) {
        let parent = name(line.number, "parent");
        if is_adult_there && line.link == Link::NotSaid {
            typed.refuse(&parent, words::LINK_ASKED.text());
        }
        if line.link == Link::Established && !is_anyone_left {
            typed.refuse(&parent, words::LINK_TO_NOBODY.text());
        }
    }
}

/// Where control may hide behind company: a minor with an adult, or a couple.
fn seen_apart_is_asked(typed: &mut Typed<'_>, lines: &[Line]) {
    let is_adult_there = lines.iter().any(|line| line.person.is_adult());
    let is_minor_there = lines.iter().any(|line| !line.person.is_adult());
    let is_link_said = lines.iter().find(|line| line.link == Link::Established);
    match typed.fields.text("seen_apart") {
        None if (is_adult_there && is_minor_there) || typed.fields.has("couple") => {
            typed.refuse("seen_apart", words::SEEN_APART_ASKED.text());
        }
        Some("no" | "not_yet") => {
            if let Some(line) = is_link_said {
                typed.refuse(&name(line.number, "parent"), words::LINK_WITHOUT_SEEING.text());
            }
        }
        None | Some("yes") => {}
        Some(_) => typed.refuse("seen_apart", words::WRONG_FIELD.text()),
    }
}

/// The lines of people who are stored, as they would be typed.
pub(super) fn begun_with(people: &[Person]) -> Vec<(String, String)> {
    let is_adult_there = people.iter().any(Person::is_adult);
    let mut fields = Vec::new();
    for (number, person) in (1..).zip(people) {
        let known = WHO.iter().find(|(_, gender, minority, _)| (*gender, *minority) == (person.gender, person.minority));
        fields.extend(known.map(|(value, ..)| (name(number, "who"), (*value).to_owned())));
        fields.extend(person.age.map(|age| (name(number, "age"), age.get().to_string())));
        let link = match (person.with_parent, person.is_adult()) {
            (true, _) => Some("yes"),
            (false, false) if is_adult_there => Some("no"),
            (false, _) => None,
        };
        fields.extend(link.map(|link| (name(number, "parent"), link.to_owned())));
    }
    fields
}

/// The lines that say something, in their order: of each its place among those that the form began with, from 0.
pub(super) fn places(fields: &Fields) -> Vec<usize> {
    let is_used = |number: &usize| ["who", "age", "parent"].iter().any(|of| fields.text(&name(*number, of)).is_some());
    (1..=HOUSEHOLD_MAX).filter(is_used).map(|number| number.saturating_sub(1)).collect()
}

/// Whether each was seen apart, as it goes with the request: nothing where it was not asked.
pub(super) fn seen_apart(fields: &Fields) -> Option<bool> {
    match fields.text("seen_apart")? {
        "yes" => Some(true),
        "no" | "not_yet" => Some(false),
        _ => None,
    }
}

/// The lines, and what is asked of them together.
pub(super) fn whole(form: &Form<'_>) -> Markup {
    let is_used = |number: &usize| ["who", "age", "parent"].iter().any(|of| !form.text(&name(*number, of)).is_empty());
    let used = (1..=HOUSEHOLD_MAX).rev().find(is_used).unwrap_or(0);
    let more = if form.is_ticked("add", "true") { LINES_MORE } else { 1 };
    html! {
        fieldset.card {
            legend { (words::WHO) }
            p.hint { (words::WHO_WHY) }
            @for number in 1..=(used + more).clamp(LINES, HOUSEHOLD_MAX) { (person(form, number)) }
            @if form.is_wrong("household") { div #household { (error(form, "household")) } }
            @if used == HOUSEHOLD_MAX {
                p.hint { (words::TOO_MANY_PEOPLE) }
            } @else {
                div.actions { button type="submit" name="add" value="true" formnovalidate { (words::ADD_PERSON) } }
            }
            label.box { input #couple type="checkbox" name="couple" value="true" checked[form.is_ticked("couple", "true")]; " " (words::COUPLE) }
            (error(form, "couple"))
            (seen_apart_asked(form))
        }
    }
}

fn person(form: &Form<'_>, number: usize) -> Markup {
    let (who, age, parent) = (name(number, "who"), name(number, "age"), name(number, "parent"));
    let chosen = form.text(&who);
    let who_input = html! {
        select id=(who) name=(who) aria-invalid=[form.invalid(&who)] aria-describedby=[form.described(&who, None)] {
            option value="" { (if number == 1 { words::CHOOSE.text() } else { words::NOBODY_ELSE.text() }) }
            @for (value, _, _, label) in WHO { option value=(value) selected[value == chosen] { (label) } }
        }
    };
    let age_input = html! {
        input id=(age) name=(age) type="text" inputmode="numeric" value=(form.text(&age)) aria-invalid=[form.invalid(&age)]
            aria-describedby=[form.described(&age, None)];
    };
    let link = form.text(&parent);
    let parent_input = html! {
        select id=(parent) name=(parent) aria-invalid=[form.invalid(&parent)] aria-describedby=[form.described(&parent, None)] {
            option value="" { (words::LINK_NOT_SAID) }
            @for (value, label) in [("yes", words::LINK_ESTABLISHED.text()), ("no", words::LINK_NOT_ESTABLISHED.text())] {
                option value=(value) selected[value == link] { (label) }
            }
        }
    };
    html! {
        div.person.row role="group" aria-label=(said::person_number(number)) {
            (field(form, &who, &said::person_number(number), None, &who_input))
            (field(form, &age, words::AGE.text(), None, &age_input))
            (field(form, &parent, words::LINK.text(), None, &parent_input))
        }
    }
}

fn seen_apart_asked(form: &Form<'_>) -> Markup {
    let chosen = form.text("seen_apart");
    html! {
        fieldset.boxes.wrong[form.is_wrong("seen_apart")] #seen_apart {
            legend { (words::SEEN_APART) }
            p.hint { (words::SEEN_APART_WHY) }
            @for (value, label) in [("yes", words::SEEN_APART_YES.text()), ("no", words::SEEN_APART_NO.text()), ("not_yet", words::SEEN_APART_NOT_YET.text())] {
                label.box { input type="radio" name="seen_apart" value=(value) checked[value == chosen]; " " (label) }
            }
            (error(form, "seen_apart"))
            @if matches!(chosen, "no" | "not_yet") { p.warning { (words::SEEN_APART_WARNING) } }
        }
    }
}
