//! The form of a structure.

use crate::web::pages::form::{Field, Group, Sort};
use crate::web::pages::words::homes as words;

/// Its fields.
pub(super) fn form() -> Vec<Group> {
    let line = |at: &'static str, label, wrong, most| Field::new(at, label, wrong, Sort::Line(most));
    let decimal = |at: &'static str, label| Field::new(at, label, words::POINT_WRONG, Sort::Decimal);
    let point = Sort::Holds(vec![decimal("/point/lat", words::LATITUDE), decimal("/point/lon", words::LONGITUDE)]);
    vec![
        Group {
            title: words::G_HOME,
            fields: vec![
                line("/name", words::NAME, words::NAME_WRONG, 200),
                Field::new("/commune", words::COMMUNE, words::COMMUNE_WRONG, Sort::Commune).hint(words::COMMUNE_HINT),
                line("/town", words::TOWN, words::TOWN_WRONG, 100).hint(words::TOWN_HINT),
                Field::new("/point", words::IS_PUBLIC, words::POINT_WRONG, point).hint(words::IS_PUBLIC_HINT),
                line("/finess", words::FINESS, words::FINESS_WRONG, 20),
                line("/siret", words::SIRET, words::SIRET_WRONG, 30),
            ],
        },
        Group {
            title: words::G_CONTACT,
            fields: vec![
                Field::new("/trafficking_contact/numbers", words::NUMBERS, words::PHONE_WRONG, Sort::Rows(number))
                    .hint(words::NUMBERS_HINT),
                line("/trafficking_contact/email", words::EMAIL, words::EMAIL_WRONG, 254),
            ],
        },
        Group {
            title: words::G_ARRIVAL,
            fields: vec![
                Field::new("/meeting_point", words::MEETING_POINT, words::MEETING_POINT_WRONG, Sort::Lines(300))
                    .hint(words::MEETING_POINT_HINT),
                Field::new("/gives_address", words::GIVES_ADDRESS, words::ADDRESS_WRONG, Sort::Tick),
                Field::new("/address", words::ADDRESS, words::ADDRESS_WRONG, Sort::Secret(500)).hint(words::ADDRESS_HINT),
            ],
        },
    ]
}

/// A row of a contact: who answers, at which number, when.
fn number(row: usize) -> Vec<Field> {
    let at = |field: &str| format!("/trafficking_contact/numbers/{row}/{field}");
    vec![
        Field::new(at("label"), words::LABEL, words::LABEL_WRONG, Sort::Line(100)),
        Field::new(at("phone"), words::PHONE, words::PHONE_WRONG, Sort::Line(40)),
        Field::new(at("hours"), words::HOURS, words::HOURS_WRONG, Sort::Hours),
    ]
}
