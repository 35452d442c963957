//! The form of a group of places.

use std::borrow::Cow;

use matcher::{Code, Condition, Door, Gender, Kind, Offer, Setting, Stage, Step, UnlawfulCondition};

use crate::web::pages::form::{Field, Group, Sort};
use crate::web::pages::words::{self as all_words, homes as words};

/// All codes of a set with their words.
fn codes<C: Code + 'static>() -> Vec<(Cow<'static, str>, &'static str)> {
    C::ALL.iter().map(|code| (Cow::Borrowed(code.as_str()), all_words::label(*code))).collect()
}

fn languages() -> Vec<(Cow<'static, str>, &'static str)> {
    all_words::SPOKEN_LANGUAGES.iter().map(|(code, name)| (Cow::Borrowed(*code), *name)).collect()
}

/// Its fields.
pub(super) fn form() -> Vec<Group> {
    vec![public(), places(), offers(), conditions()]
}

fn tick(at: &'static str, label: &'static str) -> Field {
    Field::new(at, label, words::CODES_WRONG, Sort::Tick)
}

fn any<C: Code + 'static>(at: &'static str, label: &'static str, wrong: &'static str) -> Field {
    Field::new(at, label, wrong, Sort::Any(codes::<C>()))
}

fn public() -> Group {
    let age = |at: &'static str, label, wrong, most| Field::new(at, label, wrong, Sort::Number(0, most));
    let adults = Sort::Holds(vec![
        age("/adult_ages/min", words::FROM_AGE, words::AGES_WRONG, 120),
        age("/adult_ages/max", words::TO_AGE, words::AGES_WRONG, 120).hint(words::TO_AGE_HINT),
    ]);
    let children = Sort::Holds(vec![
        age("/children/max_age", words::TO_AGE, words::CHILDREN_WRONG, 17),
        age("/children/boys_max_age", words::BOYS_TO_AGE, words::CHILDREN_WRONG, 17).hint(words::BOYS_TO_AGE_HINT),
    ]);
    let minors = Sort::Holds(vec![
        age("/unaccompanied_minors/min_age", words::FROM_AGE, words::MINORS_WRONG, 20),
        age("/unaccompanied_minors/max_age", words::TO_AGE, words::MINORS_WRONG, 20),
        any::<Gender>("/unaccompanied_minors/genders", words::MINORS_GENDERS, words::GENDERS_WRONG),
        Field::new("/unaccompanied_minors/accreditation", words::ACCREDITATION, words::LABEL_WRONG, Sort::Line(100)),
    ]);
    Group {
        title: words::G_PUBLIC,
        fields: vec![
            Field::new("/kind", words::KIND, words::CODES_WRONG, Sort::One(codes::<Kind>())),
            any::<Gender>("/genders", words::GENDERS, words::GENDERS_WRONG),
            Field::new("/adult_ages", words::ADULTS, words::AGES_WRONG, adults),
            Field::new("/max_household", words::HOUSEHOLD, words::HOUSEHOLD_WRONG, Sort::Number(1, 50)),
            tick("/couples", words::COUPLES),
            Field::new("/setting", words::SETTING, words::CODES_WRONG, Sort::One(codes::<Setting>())),
            Field::new("/children", words::CHILDREN, words::CHILDREN_WRONG, children),
            Field::new("/unaccompanied_minors", words::MINORS, words::MINORS_WRONG, minors),
        ],
    }
}

fn places() -> Group {
    let number = |at: &'static str, label, wrong, least, most| Field::new(at, label, wrong, Sort::Number(least, most));
    Group {
        title: words::G_PLACES,
        fields: vec![
            number("/places", words::PLACES, words::PLACES_WRONG, 1, 100_000).hint(words::PLACES_HINT),
            tick("/holds_before_answer", words::HOLDS),
            any::<Stage>("/stages", words::STAGES, words::STAGES_WRONG),
            any::<Door>("/doors", words::DOORS, words::DOORS_WRONG),
            number("/admission_days", words::ADMISSION_DAYS, words::ADMISSION_DAYS_WRONG, 0, 365),
            tick("/specialised", words::SPECIALISED),
            tick("/removal_only", words::REMOVAL_ONLY),
            Field::new("/answering_hours", words::ANSWERS, words::HOURS_WRONG, Sort::Hours),
        ],
    }
}

fn offers() -> Group {
    Group {
        title: words::G_OFFERS,
        fields: vec![
            any::<Offer>("/offers", words::OFFERS, words::CODES_WRONG),
            Field::new("/languages", words::LANGUAGES, words::CODES_WRONG, Sort::Any(languages())),
        ],
    }
}

fn conditions() -> Group {
    Group {
        title: words::G_CONDITIONS,
        fields: vec![
            any::<Condition>("/conditions", words::CONDITIONS, words::CODES_WRONG),
            any::<UnlawfulCondition>("/unlawful_conditions", words::UNLAWFUL, words::CODES_WRONG).hint(words::UNLAWFUL_HINT),
            any::<Step>("/steps", words::STEPS, words::CODES_WRONG),
        ],
    }
}
