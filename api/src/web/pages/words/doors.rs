//! What the page of the public numbers says.

use super::many;
use crate::language::either;

phrases! {
    TITLE "Numéros des portes" | "Numbers of the doors";
    LEAD "Ces numéros sont montrés à tous, avec chaque recherche\u{a0}: 115, SIAO, Ac.Sé, CRIP et 119. Un numéro faux laisse quelqu’un dehors la nuit\u{a0}: n’écrivez que ce qui a été lu à la source ou dit au téléphone."
        | "These numbers are shown to everyone, with each search: 115, SIAO, Ac.Sé, CRIP and 119. A wrong number leaves somebody outside at night: write only what was read at its source or said on the telephone.";
    ON_ACCOUNTS "Numéros du 115, des SIAO, des CRIP et de la coordination Ac.Sé"
        | "Numbers of the 115, of the SIAO and CRIP, and of the Ac.Sé coordination";
    DEPARTMENT "Département" | "Department";
    CHOOSE "Choisir un département" | "Choose a department";
    SEE "Voir" | "See";
    EVERYWHERE "Toute la France" | "All of France";
    BY_DEPARTMENT "Par département" | "By department";
    LACKING "à compléter" | "to fill in";
    OLD "à vérifier\u{a0}: plus de six mois" | "to be checked: more than six months old";
    NOT_SHOWN "Rien n’est montré tant que le numéro manque." | "Nothing is shown while the number is missing.";
    COMPLETE "Compléter" | "Fill in";
    CHANGE "Modifier" | "Change";
    STILL_RIGHT "Toujours exact" | "Still right";
    SOURCE_IS "Source" | "Source";
    ALWAYS "à toute heure" | "at every hour";
    EDIT "Un numéro" | "A number";
    NUMBER "Le numéro" | "The number";
    LABEL "Qui répond" | "Who answers";
    LABEL_HINT "un service, jamais une personne" | "a service, never a person";
    LABEL_WRONG "De 1 à 100\u{a0}caractères." | "From 1 to 100 characters.";
    PHONE "Téléphone" | "Telephone";
    PHONE_HINT "vide\u{a0}: inconnu, et montré à personne" | "empty: unknown, and shown to nobody";
    PHONE_WRONG "Un numéro de téléphone, tel que 01\u{a0}99\u{a0}00\u{a0}01\u{a0}12."
        | "A telephone number, such as 01\u{a0}99\u{a0}00\u{a0}01\u{a0}12.";
    HOURS "Heures de réponse" | "Hours";
    HOURS_HINT "rien\u{a0}: à toute heure" | "nothing: at every hour";
    HOURS_WRONG "Des heures telles que 09:00 et 18:00." | "Hours such as 09:00 and 18:00.";
    SOURCE "Où il a été lu, ou qui l’a dit" | "Where it was read, or who said it";
    SOURCE_HINT "un site, un document, un service\u{a0}; jamais une personne"
        | "a site, a document, a service; never a person";
    SOURCE_WRONG "Un numéro va avec sa source, en 200\u{a0}caractères au plus."
        | "A number goes with its source, in 200 characters at most.";
    DATED "Enregistrer date le numéro d’aujourd’hui, au nom de votre organisme."
        | "Saving dates the number today, in the name of your organisation.";
}

/// How many are lacking and how many are old.
pub fn to_do(lacking: usize, old: usize) -> String {
    let lacking = match lacking {
        0 => either!("Aucun numéro à compléter", "No number to fill in").to_owned(),
        more => {
            either!(many(more, "numéro à compléter", "numéros à compléter"), many(more, "number to fill in", "numbers to fill in"))
        }
    };
    match old {
        0 => either!(format!("{lacking}, aucun à vérifier."), format!("{lacking}, none to check.")),
        more => either!(format!("{lacking}, {more}\u{a0}à vérifier."), format!("{lacking}, {more}\u{a0}to check.")),
    }
}
