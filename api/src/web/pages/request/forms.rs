//! The forms by which a part of a request is edited in place, with the fields of *Demande*; and those of lending and separating.

use matcher::Offer;
use matcher::{Code, Point, Setting, Stage, Urgency, Wish, ZoneLevel};
use maud::{Markup, html};

use super::parts::{Part, lone_minors, of_minor};
use super::read::Shown;
use super::{Editing, Open};
use crate::domain::Shared;
use crate::domain::information::Uninformed;
use crate::domain::request::{ChildView, MinorityGround, MinorsAuthority};
use crate::domain::separation::Bond;
use crate::web::pages::ask::{self, Form, boxes, choice, error, field, number_km, tick};
use crate::web::pages::{Viewer, household, recap, said, words, zones};

/// The fields of a part.
pub(super) fn of(shown: &Shown, form: &Form<'_>, part: Part) -> Markup {
    match part {
        Part::Who => household::whole(form),
        Part::Where => place(form),
        Part::Dangers => dangers(shown, form),
        Part::Needs => needs(form),
        Part::Message => message(shown, form),
        Part::Informed => information(form),
        Part::Minors => html! { @for (at, person) in lone_minors(&shown.declared) { (minor(form, at, person)) } },
    }
}

fn place(form: &Form<'_>) -> Markup {
    html! {
        input type="hidden" name="today" value=(form.today);
        (zones::where_now(form))
        div.row {
            (choice(form, "urgency", words::URGENCY.text(), Urgency::Immediate))
            (choice(form, "stage", words::STAGE.text(), Stage::Emergency))
            (field(form, "nights", words::NIGHTS.text(), None, &html! {
                input #nights name="nights" type="number" inputmode="numeric" min="1" max="730" value=(form.text("nights"))
                    aria-invalid=[form.invalid("nights")] aria-describedby=[form.described("nights", None)];
            }))
        }
        div.row {
            (choice(form, "wish", words::DISTANCE.text(), Wish::StayNear))
            (number_km(form, "max_km", words::MAX_KM.text()))
            (number_km(form, "min_km", words::MIN_KM.text()))
        }
        (tick(form, "accepts_removal", words::ACCEPTS_REMOVAL.text(), Some(words::ACCEPTS_REMOVAL_WHY.text())))
        (tick(form, "accepts_crossing", words::ACCEPTS_CROSSING.text(), None))
    }
}

/// Those that there are, each to be left out; and others to be typed.
fn dangers(shown: &Shown, form: &Form<'_>) -> Markup {
    let place = Some(Point { lat: shown.declared.place.lat, lon: shown.declared.place.lon });
    html! {
        fieldset.boxes {
            legend { (words::request::ZONES_KEPT) }
            @if shown.declared.danger_zones.0.is_empty() { p { (words::NOTHING_EXCLUDED) } }
            @for (at, zone) in shown.declared.danger_zones.0.iter().enumerate() {
                label.box.whole {
                    input type="checkbox" name="keep" value=(at) checked[form.is_ticked("keep", &at.to_string())];
                    span { @if zone.level == ZoneLevel::Avoid { (words::AVOID) (words::COLON) } (recap::one_zone(zone)) }
                }
            }
        }
        (zones::where_not(form, place))
        p.hint { (words::AVOID_WHY) }
        (zones::one(form, "avoid", words::AVOID.text(), place))
    }
}

fn needs(form: &Form<'_>) -> Markup {
    html! {
        (boxes::<Setting>(form, "living_with", words::LIVING_WITH.text(), Some(words::LIVING_WITH_WHY.text())))
        (boxes::<Offer>(form, "required", words::REQUIRED.text(), None))
        (boxes::<Offer>(form, "wished", words::WISHED.text(), None))
        (languages(form, "required_languages", words::SPOKEN_REQUIRED.text()))
        (languages(form, "wished_languages", words::SPOKEN.text()))
    }
}

/// The languages that are offered, and those that were chosen otherwise.
fn languages(form: &Form<'_>, name: &str, legend: &str) -> Markup {
    let offered: Vec<&str> = words::SPOKEN_LANGUAGES.iter().map(|(code, _)| *code).collect();
    let others: Vec<&str> =
        form.fields.into_iter().flat_map(|fields| fields.all(name)).filter(|code| !offered.contains(code)).collect();
    html! {
        fieldset.boxes id=(name) {
            legend { (legend) }
            (error(form, name))
            @for code in offered.iter().chain(&others) {
                label.box { input type="checkbox" name=(name) value=(code) checked[form.is_ticked(name, code)]; " " (words::spoken(code)) }
            }
        }
    }
}

fn message(shown: &Shown, form: &Form<'_>) -> Markup {
    let area = |name: &str, most: usize| {
        html! {
            textarea id=(name) name=(name) rows="3" maxlength=(most) aria-invalid=[form.invalid(name)] aria-describedby=[form.described(name, Some(""))] { (form.text(name)) }
        }
    };
    html! {
        (field(form, "message", words::request::MESSAGE.text(), Some(words::request::MESSAGE_WHY.text()), &area("message", 500)))
        (field(form, "safety_instructions", words::request::INSTRUCTIONS.text(), Some(words::request::INSTRUCTIONS_WHY.text()), &area("safety_instructions", 1000)))
        @if shown.is_own() { (ask::text(form, "reference", words::request::REFERENCE.text(), Some(words::request::REFERENCE_WHY.text()), None)) }
    }
}

fn information(form: &Form<'_>) -> Markup {
    let language = form.text("information_language");
    let is_offered = words::SPOKEN_LANGUAGES.iter().any(|(code, _)| *code == language);
    html! {
        div #information-dite {
            (error(form, "information"))
            (field(form, "today", words::request::DAY.text(), None, &html! {
                input #today name="today" type="date" value=(form.text("today")) required;
            }))
            label.box { input type="radio" name="information" value="given" checked[form.is_ticked("information", "given")]; " " (words::INFORMATION_GIVEN) }
            div.row {
                (field(form, "information_language", words::LANGUAGE_OF_INFORMATION.text(), None, &html! {
                    select #information_language name="information_language" {
                        @if !language.is_empty() && !is_offered { option value=(language) selected { (words::spoken(language)) } }
                        @for (code, name) in words::SPOKEN_LANGUAGES { option value=(code) selected[language == code] { (name) } }
                    }
                }))
                label.box { input type="checkbox" name="information_interpreter" value="true" checked[form.is_ticked("information_interpreter", "true")]; " " (words::INFORMATION_INTERPRETER) }
            }
            (boxes::<Shared>(form, "shared", words::INFORMATION_SHARED.text(), None))
            label.box { input type="radio" name="information" value="not_yet" checked[form.is_ticked("information", "not_yet")]; " " (words::INFORMATION_NOT_YET) }
            (choice(form, "uninformed", words::UNINFORMED.text(), Uninformed::NoTime))
        }
    }
}

/// What is known of one minor without a parent.
fn minor(form: &Form<'_>, at: usize, person: &matcher::Person) -> Markup {
    let name = |of: &str| of_minor(at, of);
    let input = |of: &str, kind: &str| {
        let name = name(of);
        html! { input id=(name) name=(name) type=(kind) value=(form.text(&name)) aria-invalid=[form.invalid(&name)] aria-describedby=[form.described(&name, None)]; }
    };
    let labelled = |of: &str, label: &str, kind: &str| field(form, &name(of), label, None, &input(of, kind));
    html! {
        fieldset.boxes {
            legend { (said::person(person)) }
            div.row {
                (labelled("birthday", words::request::MAJORITY.text(), "date"))
                (one_of::<MinorityGround>(form, &name("ground"), words::request::GROUND.text()))
            }
            p.hint { (words::request::TOLD_WHY) }
            div.row {
                (one_of::<MinorsAuthority>(form, &name("authority"), words::request::TOLD.text()))
                (labelled("whom", words::request::WHOM.text(), "text"))
                (labelled("told_at", words::request::WHEN.text(), "datetime-local"))
                (field(form, &name("reached"), words::request::REACHED_ASKED.text(), None, &html! {
                    select id=(name("reached")) name=(name("reached")) aria-invalid=[form.invalid(&name("reached"))] {
                        @for (value, label) in [("", words::CHOOSE.text()), ("yes", words::request::REACHED_YES.text()), ("no", words::request::REACHED_NO.text())] {
                            option value=(value) selected[form.text(&name("reached")) == value] { (label) }
                        }
                    }
                }))
            }
            p.hint { (words::request::ASSESSMENT_WHY) }
            div.row {
                (labelled("assessed_at", words::request::ASSESSMENT.text(), "datetime-local"))
                (labelled("decided_by", words::request::DECIDED_BY.text(), "text"))
                (one_of::<ChildView>(form, &name("view"), words::request::CHILD_VIEW_LABEL.text()))
            }
            label.box { input type="checkbox" name=(name("guardian")) value="true" checked[form.is_ticked(&name("guardian"), "true")]; " " (words::request::GUARDIAN_TICK) }
        }
    }
}

/// One of some codes, or none.
fn one_of<T: Code>(form: &Form<'_>, name: &str, label: &str) -> Markup {
    let chosen = form.text(name);
    let input = html! {
        select id=(name) name=(name) aria-invalid=[form.invalid(name)] aria-describedby=[form.described(name, None)] {
            option value="" { (words::request::UNKNOWN) }
            @for code in T::ALL { option value=(code.as_str()) selected[code.as_str() == chosen] { (words::label(*code)) } }
        }
    };
    field(form, name, label, None, &input)
}

/// To another service than the 115, or until another hour.
pub(super) fn lending(viewer: &Viewer, shown: &Shown, open: &Open<'_>) -> Markup {
    if shown.lending.to.is_empty() {
        return html! {};
    }
    let is_back = open.editing == Some(Editing::Lending);
    let typed = |name: &str| open.typed.filter(|_| is_back).and_then(|fields| fields.text(name)).unwrap_or_default();
    html! {
        form method="post" action={ "/demandes/" (shown.id) "/preter" } {
            (viewer.hidden())
            p.hint { (words::request::LEND_WHY) }
            @if is_back { div.error #until-error { @for (_, why) in &open.wrong { p { (why) } } } }
            div.row {
                div.field {
                    label for="organisation_id" { (words::request::LEND_WHOM) }
                    select #organisation_id name="organisation_id" {
                        @for (id, name) in &shown.lending.to { option value=(id) selected[typed("organisation_id") == id.to_string()] { (name) } }
                    }
                }
                div.field {
                    label for="until" { (words::request::LEND_UNTIL) }
                    input #until name="until" type="datetime-local" value=(typed("until")) aria-invalid=[is_back.then_some("true")] aria-describedby=[is_back.then_some("until-error")];
                }
            }
            div.actions { button type="submit" { (words::request::LEND) } }
        }
    }
}

/// How many requests a household is separated into at most by one form, this one among them.
pub(super) const APART: [&str; 3] = ["a", "b", "c"];

/// Each person to a request of their own: never the first offer, so behind a fold at the end of the page.
pub(super) fn splitting(viewer: &Viewer, shown: &Shown, open: &Open<'_>) -> Markup {
    let is_back = open.editing == Some(Editing::Splitting);
    let typed = |name: &str| open.typed.filter(|_| is_back).and_then(|fields| fields.text(name)).unwrap_or_default();
    let (has_children, people) =
        (shown.declared.household.0.iter().any(|person| person.with_parent), shown.declared.household.0.iter());
    html! {
        details.card #separer open[is_back] {
            summary { (words::request::SPLIT) }
            form method="post" action={ "/demandes/" (shown.id) "/separer" } {
                (viewer.hidden())
                p { (words::request::SPLIT_WHY) }
                @if is_back { div.error #separer-error { @for (_, why) in &open.wrong { p { (why) } } } }
                @for (at, person) in people.enumerate() {
                    @let name = format!("s{at}");
                    div.field {
                        label for=(name) { (said::person(person)) }
                        select id=(name) name=(name) {
                            option value="" { (words::request::STAYS_HERE) }
                            @for group in APART { option value=(group) selected[typed(&name) == group] { (words::request::apart_in(group)) } }
                        }
                    }
                }
                fieldset.boxes {
                    legend { (words::request::SPLIT_BOND) }
                    @for bond in Bond::ALL {
                        label.box { input type="radio" name="bond" value=(bond.as_str()) required checked[typed("bond") == bond.as_str()]; " " (words::label(*bond)) }
                    }
                }
                @if has_children {
                    p.hint { (words::request::SPLIT_CHILDREN) }
                    label.box { input type="checkbox" name="with_parent" value="true" checked[!typed("with_parent").is_empty()]; " " (words::request::SPLIT_WITH_PARENT) }
                    div.field { label for="whom" { (words::request::SPLIT_PROTECTION) } input #whom name="whom" type="text" maxlength="100" value=(typed("whom")); }
                }
                div.actions { button type="submit" { (words::request::SPLIT_NOW) } }
            }
        }
    }
}
