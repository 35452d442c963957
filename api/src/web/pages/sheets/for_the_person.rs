//! The paper that a person may carry, if she wants one: when, where, whom to call, in her language, in fixed short sentences. Whoever finds it
//! learns neither of a home nor of a service nor of why: it names nothing, and nothing on it has to be memorised.

use actix_web::web::Data;
use chrono::{Datelike as _, NaiveDateTime};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Coming, Tongue, back, on_paper, sheet};
use crate::clock::{Instant, civil};
use crate::commands::Service;
use crate::domain::ids::ReferralId;
use crate::language::Language;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params};
use crate::web::operations::ShowSheetForThePerson;
use crate::web::pages::Page;
use crate::web::pages::words::sheets as words;

/// In which language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InLanguage {
    langue: Option<String>,
}

/// The sentences of one language.
struct Sentences {
    tongue: Tongue,
    /// What the language calls itself.
    name: &'static str,
    title: &'static str,
    days: [&'static str; 7],
    /// Between the day and the hour.
    at: &'static str,
    place: &'static str,
    place_unsaid: &'static str,
    waiting: &'static str,
    call: &'static str,
    free: &'static str,
    danger: &'static str,
}

/// In the order in which they are offered. No sentence has a gender of who reads it, and none says what the place is.
const ALL: [Sentences; 5] = [
    Sentences {
        tongue: Tongue { code: "fr", dir: "ltr" },
        name: "français",
        title: "Rendez-vous",
        days: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        at: "à",
        place: "Lieu",
        place_unsaid: "On vous dira où. Appelez le numéro ci-dessous.",
        waiting: "Quelqu’un vous y attend.",
        call: "Une question, un retard\u{a0}? Appelez\u{a0}:",
        free: "Vous pouvez changer d’avis.",
        danger: "En danger\u{a0}: appelez le 112. C’est gratuit.",
    },
    Sentences {
        tongue: Tongue { code: "en", dir: "ltr" },
        name: "English",
        title: "Appointment",
        days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        at: "at",
        place: "Place",
        place_unsaid: "You will be told where. Call the number below.",
        waiting: "Someone is waiting for you there.",
        call: "A question, or late? Call:",
        free: "You can change your mind.",
        danger: "In danger: call 112. It is free.",
    },
    Sentences {
        tongue: Tongue { code: "es", dir: "ltr" },
        name: "español",
        title: "Cita",
        days: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
        at: "a las",
        place: "Lugar",
        place_unsaid: "Le dirán dónde. Llame al número de abajo.",
        waiting: "Alguien le espera allí.",
        call: "¿Una pregunta o un retraso? Llame al:",
        free: "Puede cambiar de opinión.",
        danger: "En peligro: llame al 112. Es gratis.",
    },
    Sentences {
        tongue: Tongue { code: "ar", dir: "rtl" },
        name: "العربية",
        title: "موعد",
        days: ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"],
        at: "الساعة",
        place: "المكان",
        place_unsaid: "سيُقال لك المكان على الهاتف. الرقم في الأسفل.",
        waiting: "هناك من ينتظرك.",
        call: "سؤال أو تأخير؟ رقم الهاتف:",
        free: "يمكنك تغيير رأيك.",
        danger: "في حالة الخطر: رقم الهاتف 112. المكالمة مجانية.",
    },
    Sentences {
        tongue: Tongue { code: "ro", dir: "ltr" },
        name: "română",
        title: "Întâlnire",
        days: ["luni", "marți", "miercuri", "joi", "vineri", "sâmbătă", "duminică"],
        at: "la ora",
        place: "Locul",
        place_unsaid: "Vi se va spune unde. Sunați la numărul de mai jos.",
        waiting: "Cineva vă așteaptă acolo.",
        call: "O întrebare sau o întârziere? Sunați la:",
        free: "Vă puteți răzgândi.",
        danger: "În pericol: sunați la 112. Este gratuit.",
    },
];

/// Shows it.
pub async fn show(actor: Actor<ShowSheetForThePerson>, service: Data<Service>, id: Id, query: Params<InLanguage>) -> Page {
    let (reach, own, id) = (actor.reach(), actor.organisation(), ReferralId(id.0));
    let coming = service.read(actor.access(), actor.pulse(), move |reading| Coming::read(reading, reach, own, id)).await?;
    let sentences = chosen(&coming, query.0.langue.as_deref());
    let on_screen = html! {
        h1 { (words::FOR_THE_PERSON) }
        p { (words::FOR_THE_PERSON_LEAD) }
        form method="get" {
            label {
                (words::LANGUAGE) " "
                select name="langue" { @for one in &ALL { option value=(one.tongue.code) lang=(one.tongue.code) selected[one.tongue.code == sentences.tongue.code] { (one.name) } } }
            }
            " " button type="submit" { (words::CHOOSE) }
        }
    };
    Ok(sheet(sentences.tongue, words::FOR_THE_PERSON.text(), (&on_screen, &back()), &printed(&coming, sentences)))
}

/// The language that was asked for, else the first that they speak, else French.
fn chosen(coming: &Coming, asked: Option<&str>) -> &'static Sentences {
    let request = &coming.request;
    let spoken = request.required_languages.iter().chain(request.wished_languages.iter()).map(|language| language.as_str());
    let find = |code: &str| ALL.iter().find(|sentences| sentences.tongue.code == code);
    let [french, ..] = &ALL;
    asked.into_iter().chain(spoken).find_map(find).unwrap_or(french)
}

fn printed(coming: &Coming, said: &Sentences) -> Markup {
    let Some(arrival) = &coming.referral.arrival else {
        return html! { p lang=(Language::current().code()) dir="ltr" { (words::NOT_YET) } };
    };
    html! {
        section.small {
            h2 { (said.title) }
            @if let Some(at) = arrival.expected_at { p { strong { (when(at, coming, said)) } } }
            p {
                @if let Some(point) = &arrival.meeting_point { (said.place) "\u{a0}: " bdi lang="fr" { (point.as_str()) } br; (said.waiting) }
                @else { (said.place_unsaid) }
            }
            p { (said.call) }
            (on_paper(&coming.ours.iter().map(|number| super::CardNumber { label: None, hours: None, ..number.clone() }).collect::<Vec<_>>()))
            p { (said.free) }
            p { (said.danger) }
        }
    }
}

/// A day and an hour by the clock of the place, the figures in the order in which they are said.
fn when(at: Instant, coming: &Coming, said: &Sentences) -> Markup {
    let wall: NaiveDateTime = civil(at, coming.place).naive_local();
    let day = usize::try_from(wall.weekday().num_days_from_monday()).ok().and_then(|day| said.days.get(day)).copied();
    html! { (day.unwrap_or_default()) " " bdi dir="ltr" { (wall.format("%d/%m/%Y")) } " " (said.at) " " bdi dir="ltr" { (wall.format("%H:%M")) } }
}
