//! What forms say that make a body, whatever it is of.

use super::Phrase;
use crate::language::either;

/// The days of a week, and the holidays.
pub const DAYS: [Phrase; 8] = [
    Phrase::new("lundi", "Monday"),
    Phrase::new("mardi", "Tuesday"),
    Phrase::new("mercredi", "Wednesday"),
    Phrase::new("jeudi", "Thursday"),
    Phrase::new("vendredi", "Friday"),
    Phrase::new("samedi", "Saturday"),
    Phrase::new("dimanche", "Sunday"),
    Phrase::new("jours fériés", "public holidays"),
];

/// What a field of hours is called to who does not see where it stands.
pub fn from_hour(day: Phrase, span: usize) -> String {
    either!(format!("{day}, {}, de", nth(span)), format!("{day}, {}, from", nth(span)))
}

/// The same of its end.
pub fn to_hour(day: Phrase, span: usize) -> String {
    either!(format!("{day}, {}, à", nth(span)), format!("{day}, {}, to", nth(span)))
}

fn nth(span: usize) -> &'static str {
    if span == 0 { either!("première plage", "first span") } else { either!("seconde plage", "second span") }
}

phrases! {
    SAVE "Enregistrer" | "Save";
    FIX_FIELDS "Rien n’est enregistré encore\u{a0}: voyez les champs signalés. Ce que vous avez écrit est toujours là."
        | "Nothing is saved yet: see the fields that are marked. What you wrote is still there.";
    OLD_PAGE "Quelqu’un a modifié cette fiche entre-temps. Voici ce qui est enregistré maintenant\u{a0}: reprenez votre modification."
        | "Someone has changed this record meanwhile. Here is what is saved now: make your change again.";
    HOURS_WRITTEN "Heures, telles qu’elles sont écrites (syntaxe opening_hours d’OpenStreetMap)"
        | "Hours, as they are written (OpenStreetMap’s opening_hours syntax)";
    HOURS_LEAD "Tout laisser vide\u{a0}: jour et nuit. Un jour vide\u{a0}: personne ne répond. Après minuit\u{a0}: de 22:00 à 06:00."
        | "All empty: day and night. An empty day: nobody answers. After midnight: from 22:00 to 06:00.";
    HOLIDAYS_OFF "personne ne répond les jours fériés" | "nobody answers on public holidays";
    ERASE_ADDRESS "effacer l’adresse enregistrée" | "erase the address that is stored";
    WHICH_COMMUNE "Laquelle\u{a0}?" | "Which one?";
}
