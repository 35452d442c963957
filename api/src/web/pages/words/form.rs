//! What forms say that make a body, whatever it is of.

/// The days of a week, and the holidays.
pub const DAYS: [&str; 8] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "jours fériés"];

/// What a field of hours is called to who does not see where it stands.
pub fn from_hour(day: &str, span: usize) -> String {
    format!("{day}, {}, de", nth(span))
}

/// The same of its end.
pub fn to_hour(day: &str, span: usize) -> String {
    format!("{day}, {}, à", nth(span))
}

fn nth(span: usize) -> &'static str {
    if span == 0 { "première plage" } else { "seconde plage" }
}

phrases! {
    SAVE "Enregistrer";
    FIX_FIELDS "Rien n’est enregistré encore\u{a0}: voyez les champs signalés. Ce que vous avez écrit est toujours là.";
    OLD_PAGE "Quelqu’un a modifié cette fiche entre-temps. Voici ce qui est enregistré maintenant\u{a0}: reprenez votre modification.";
    HOURS_WRITTEN "Heures, telles qu’elles sont écrites (syntaxe opening_hours d’OpenStreetMap)";
    HOURS_LEAD "Tout laisser vide\u{a0}: jour et nuit. Un jour vide\u{a0}: personne ne répond. Après minuit\u{a0}: de 22:00 à 06:00.";
    HOLIDAYS_OFF "personne ne répond les jours fériés";
    ERASE_ADDRESS "effacer l’adresse enregistrée";
    WHICH_COMMUNE "Laquelle\u{a0}?";
}
