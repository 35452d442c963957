//! What *Mes places* says beyond the words that it shares.

use super::many;
use crate::language::either;

/// So many beds.
pub fn beds(beds: u32) -> String {
    many(beds, "place", "places")
}

/// That some of what was confirmed at once is not as it was shown.
pub fn some_changed(changed: usize) -> String {
    match changed {
        1 => either!(
            "Une déclaration a changé depuis que la page était ouverte et n’est pas confirmée\u{a0}; les autres le sont. Regardez-la à nouveau.",
            "One declaration has changed since the page was opened and is not confirmed; the others are. Look at it again.",
        ),
        _ => either!(
            "Plusieurs déclarations ont changé depuis que la page était ouverte et ne sont pas confirmées\u{a0}; les autres le sont. Regardez-les à nouveau.",
            "Several declarations have changed since the page was opened and are not confirmed; the others are. Look at them again.",
        ),
    }
    .to_owned()
}

phrases! {
    ALL_STILL_TRUE "Tout est toujours disponible" | "Everything is still available";
    BEDS_THEN "Places à venir\u{a0}:" | "Places to come:";
    WITHDRAW "Retirer" | "Withdraw";
    CHANGE "Changer le nombre ou les jours" | "Change the number or the days";
    SAVE "Enregistrer" | "Save";
    BEDS_HELD "Des places en sont réservées\u{a0}: ni moins de places que de réservées, ni d’autres nuits."
        | "Some of these places are held: neither fewer places than those held, nor other nights.";
    OVER_TITLE "Places passées" | "Past places";
    OVER_NONE "Rien encore\u{a0}: ici viennent les places passées, retirées ou pourvues."
        | "Nothing yet: places that are past, withdrawn or taken come here.";
    ENDED_AT "retirée ou pourvue le" | "withdrawn or taken on";
}

/// How many vacancies have beds that are kept, and how many are to be confirmed; said again when it changes.
pub fn summary(held: usize, stale: usize) -> String {
    let held = match held {
        0 => either!("Aucune place réservée", "No place held").to_owned(),
        more => either!(
            format!("Des places réservées dans {}", many(more, "déclaration", "déclarations")),
            format!("Places held in {}", many(more, "declaration", "declarations")),
        ),
    };
    match stale {
        0 => either!(format!("{held}, rien à confirmer."), format!("{held}, nothing to confirm.")),
        more => either!(format!("{held}, {more} à confirmer."), format!("{held}, {more} to confirm.")),
    }
}
