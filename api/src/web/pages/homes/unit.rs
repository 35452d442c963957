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
    all_words::SPOKEN_LANGUAGES.iter().map(|(code, name)| (Cow::Borrowed(*code), name.text())).collect()
}

/// Its fields.
pub(super) fn form() -> Vec<Group> {
    vec![public(), places(), offers(), conditions()]
}

fn tick(at: &'static str, label: &'static str) -> Field {
    Field::new(at, label, words::CODES_WRONG.text(), Sort::Tick)
}

fn any<C: Code + 'static>(at: &'static str, label: &'static str, wrong: &'static str) -> Field {
    Field::new(at, label, wrong, Sort::Any(codes::<C>()))
}

fn public() -> Group {
    let age = |at: &'static str, label, wrong, most| Field::new(at, label, wrong, Sort::Number(0, most));
    let adults = Sort::Holds(vec![
        age("/adult_ages/min", words::FROM_AGE.text(), words::AGES_WRONG.text(), 120),
        age("/adult_ages/max", words::TO_AGE.text(), words::AGES_WRONG.text(), 120).hint(words::TO_AGE_HINT.text()),
    ]);
    let children = Sort::Holds(vec![
        age("/children/max_age", words::TO_AGE.text(), words::CHILDREN_WRONG.text(), 17),
        age("/children/boys_max_age", words::BOYS_TO_AGE.text(), words::CHILDREN_WRONG.text(), 17)
            .hint(words::BOYS_TO_AGE_HINT.text()),
    ]);
    let minors = Sort::Holds(vec![
        age("/unaccompanied_minors/min_age", words::FROM_AGE.text(), words::MINORS_WRONG.text(), 20),
        age("/unaccompanied_minors/max_age", words::TO_AGE.text(), words::MINORS_WRONG.text(), 20),
        any::<Gender>("/unaccompanied_minors/genders", words::MINORS_GENDERS.text(), words::GENDERS_WRONG.text()),
        Field::new("/unaccompanied_minors/accreditation", words::ACCREDITATION.text(), words::LABEL_WRONG.text(), Sort::Line(100)),
    ]);
    Group {
        title: words::G_PUBLIC.text(),
        fields: vec![
            Field::new("/kind", words::KIND.text(), words::CODES_WRONG.text(), Sort::One(codes::<Kind>())),
            any::<Gender>("/genders", words::GENDERS.text(), words::GENDERS_WRONG.text()),
            Field::new("/adult_ages", words::ADULTS.text(), words::AGES_WRONG.text(), adults),
            Field::new("/max_household", words::HOUSEHOLD.text(), words::HOUSEHOLD_WRONG.text(), Sort::Number(1, 50)),
            tick("/couples", words::COUPLES.text()),
            Field::new("/setting", words::SETTING.text(), words::CODES_WRONG.text(), Sort::One(codes::<Setting>())),
            Field::new("/children", words::CHILDREN.text(), words::CHILDREN_WRONG.text(), children),
            Field::new("/unaccompanied_minors", words::MINORS.text(), words::MINORS_WRONG.text(), minors),
        ],
    }
}

fn places() -> Group {
    let number = |at: &'static str, label, wrong, least, most| Field::new(at, label, wrong, Sort::Number(least, most));
    Group {
        title: words::G_PLACES.text(),
        fields: vec![
            number("/places", words::PLACES.text(), words::PLACES_WRONG.text(), 1, 100_000).hint(words::PLACES_HINT.text()),
            tick("/holds_before_answer", words::HOLDS.text()),
            any::<Stage>("/stages", words::STAGES.text(), words::STAGES_WRONG.text()),
            any::<Door>("/doors", words::DOORS.text(), words::DOORS_WRONG.text()),
            number("/admission_days", words::ADMISSION_DAYS.text(), words::ADMISSION_DAYS_WRONG.text(), 0, 365),
            tick("/specialised", words::SPECIALISED.text()),
            tick("/removal_only", words::REMOVAL_ONLY.text()),
            Field::new("/answering_hours", words::ANSWERS.text(), words::HOURS_WRONG.text(), Sort::Hours),
        ],
    }
}

fn offers() -> Group {
    Group {
        title: words::G_OFFERS.text(),
        fields: vec![
            any::<Offer>("/offers", words::OFFERS.text(), words::CODES_WRONG.text()),
            Field::new("/languages", words::LANGUAGES.text(), words::CODES_WRONG.text(), Sort::Any(languages())),
        ],
    }
}

fn conditions() -> Group {
    Group {
        title: words::G_CONDITIONS.text(),
        fields: vec![
            any::<Condition>("/conditions", words::CONDITIONS.text(), words::CODES_WRONG.text()),
            any::<UnlawfulCondition>("/unlawful_conditions", words::UNLAWFUL.text(), words::CODES_WRONG.text())
                .hint(words::UNLAWFUL_HINT.text()),
            any::<Step>("/steps", words::STEPS.text(), words::CODES_WRONG.text()),
        ],
    }
}
