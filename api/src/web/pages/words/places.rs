//! What *Mes places* says beyond the words that it shares.

/// So many beds.
pub fn beds(beds: u32) -> String {
    if beds == 1 { "1\u{a0}place".to_owned() } else { format!("{beds}\u{a0}places") }
}

/// That some of what was confirmed at once is not as it was shown.
pub fn some_changed(changed: usize) -> String {
    let some = if changed == 1 { "Une déclaration a changé" } else { "Plusieurs déclarations ont changé" };
    format!("{some} depuis que la page était ouverte et n’est pas confirmée\u{a0}; les autres le sont. Regardez-la à nouveau.")
}

phrases! {
    ALL_STILL_TRUE "Tout est toujours disponible";
    BEDS_THEN "Places à venir\u{a0}:";
    WITHDRAW "Retirer";
    CHANGE "Changer le nombre ou les jours";
    SAVE "Enregistrer";
    BEDS_HELD "Des places en sont réservées\u{a0}: ni moins de places que de réservées, ni d’autres nuits.";
    OVER_TITLE "Places passées";
    OVER_NONE "Rien encore\u{a0}: ici viennent les places passées, retirées ou pourvues.";
    ENDED_AT "retirée ou pourvue le";
}

/// How many vacancies have beds that are kept, and how many are to be confirmed; said again when it changes.
pub fn summary(held: usize, stale: usize) -> String {
    let held = match held {
        0 => "Aucune place réservée".to_owned(),
        1 => "Des places réservées dans 1\u{a0}ligne".to_owned(),
        more => format!("Des places réservées dans {more}\u{a0}lignes"),
    };
    match stale {
        0 => format!("{held}, rien à confirmer."),
        more => format!("{held}, {more} à confirmer."),
    }
}
