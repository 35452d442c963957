//! The form of a structure.

use crate::web::pages::form::{Field, Group, Sort};
use crate::web::pages::words::homes as words;

/// Its fields.
pub(super) fn form() -> Vec<Group> {
    let line = |at: &'static str, label, wrong, most| Field::new(at, label, wrong, Sort::Line(most));
    let decimal = |at: &'static str, label| Field::new(at, label, words::POINT_WRONG.text(), Sort::Decimal);
    let point = Sort::Holds(vec![decimal("/point/lat", words::LATITUDE.text()), decimal("/point/lon", words::LONGITUDE.text())]);
    vec![
        Group {
            title: words::G_HOME.text(),
            fields: vec![
                line("/name", words::NAME.text(), words::NAME_WRONG.text(), 200),
                Field::new("/commune", words::COMMUNE.text(), words::COMMUNE_WRONG.text(), Sort::Commune)
                    .hint(words::COMMUNE_HINT.text()),
                line("/town", words::TOWN.text(), words::TOWN_WRONG.text(), 100).hint(words::TOWN_HINT.text()),
                Field::new("/point", words::IS_PUBLIC.text(), words::POINT_WRONG.text(), point).hint(words::IS_PUBLIC_HINT.text()),
                line("/finess", words::FINESS.text(), words::FINESS_WRONG.text(), 20),
                line("/siret", words::SIRET.text(), words::SIRET_WRONG.text(), 30),
            ],
        },
        Group {
            title: words::G_CONTACT.text(),
            fields: vec![
                Field::new("/trafficking_contact/numbers", words::NUMBERS.text(), words::PHONE_WRONG.text(), Sort::Rows(number))
                    .hint(words::NUMBERS_HINT.text()),
                line("/trafficking_contact/email", words::EMAIL.text(), words::EMAIL_WRONG.text(), 254),
            ],
        },
        Group {
            title: words::G_ARRIVAL.text(),
            fields: vec![
                Field::new("/meeting_point", words::MEETING_POINT.text(), words::MEETING_POINT_WRONG.text(), Sort::Lines(300))
                    .hint(words::MEETING_POINT_HINT.text()),
                Field::new("/gives_address", words::GIVES_ADDRESS.text(), words::ADDRESS_WRONG.text(), Sort::Tick),
                Field::new("/address", words::ADDRESS.text(), words::ADDRESS_WRONG.text(), Sort::Secret(500))
                    .hint(words::ADDRESS_HINT.text()),
            ],
        },
    ]
}

/// A row of a contact: who answers, at which number, when.
fn number(row: usize) -> Vec<Field> {
    let at = |field: &str| format!("/trafficking_contact/numbers/{row}/{field}");
    vec![
        Field::new(at("label"), words::LABEL.text(), words::LABEL_WRONG.text(), Sort::Line(100)),
        Field::new(at("phone"), words::PHONE.text(), words::PHONE_WRONG.text(), Sort::Line(40)),
        Field::new(at("hours"), words::HOURS.text(), words::HOURS_WRONG.text(), Sort::Hours),
    ]
}
