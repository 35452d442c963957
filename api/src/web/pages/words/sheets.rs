//! What the sheets to print say.

use crate::language::either;

phrases! {
    ARRIVAL "Fiche d’arrivée" | "Arrival sheet";
    ARRIVAL_LEAD "Pour qui accompagne. À détruire après l’arrivée."
        | "For whoever goes with them. To be destroyed after the arrival.";
    NOT_YET "Rien à imprimer encore\u{a0}: l’orientation n’est pas confirmée, ou la structure n’a pas encore dit elle-même son accord."
        | "Nothing to print yet: the referral is not confirmed, or the home has not yet given its agreement itself.";
    WHEN "Quand" | "When";
    WHERE "Où" | "Where";
    WHERE_UNSAID "À convenir au téléphone avant de partir." | "To be agreed by telephone before leaving.";
    CODE "Code d’arrivée" | "Arrival code";
    CODE_LEAD "À dire à la porte. Qui ne le connaît pas n’est pas envoyé par nous."
        | "To be said at the door. Whoever does not know it was not sent by us.";
    ASK_FOR "Demander" | "Ask for";
    WHO "Qui vient" | "Who is coming";
    AROUND "En chemin, contourner" | "On the way, go around";
    AROUND_NONE "Aucun secteur à contourner n’a été dit." | "No area to go around was named.";
    TO_AVOID "à éviter" | "to avoid";
    IF_LATE "En cas de retard ou de doute" | "If late or in doubt";
    CHOOSE "Choisir" | "Choose";
    OURS "Nous appeler" | "Call us";
    IN_DANGER "En danger\u{a0}: 17 ou 112, par SMS 114." | "In danger: 17 or 112, by text message 114.";
    FOR_THE_PERSON "Papier pour la personne" | "Paper for the person";
    FOR_THE_PERSON_LEAD "Seulement si elle en veut un\u{a0}: ce papier peut être trouvé. Il ne nomme ni la structure ni personne, et rien n’est à retenir."
        | "Only if they want one: this paper may be found. It names neither the home nor anyone, and nothing has to be remembered.";
    LANGUAGE "Langue du papier" | "Language of the paper";
    PRINT "Imprimer" | "Print";
    BACK "Retour aux orientations" | "Back to the referrals";
    HAND_OVER "Relève" | "Handover";
    HAND_OVER_LEAD "Ce qui est en cours, pour qui prend la suite. Deux pages au plus\u{a0}; le plus pressé d’abord. À détruire à la fin du service."
        | "What is under way, for whoever takes over. Two pages at most; the most pressing first. To be destroyed at the end of the shift.";
    HAND_OVER_PRINT "Imprimer pour la relève" | "Print for the handover";
    NOTHING_UNDER_WAY "Aucune demande n’est en cours." | "No request is under way.";
    NOTHING_ASKED "aucune place demandée" | "no place asked";
    REST "Et, moins pressé" | "And, less pressing";
    HOUSED "Hébergées" | "Housed";
    NUMBERS "Numéros" | "Numbers";
    LENT_UNTIL "prêtée jusqu’à" | "lent until";
    ASKS_FOR_CALL "demande à être rappelée" | "asks to be called back";
    WILL_CALL "va appeler" | "will call";
    ARRIVAL_AT "arrivée attendue" | "arrival expected";
    HELD "réservée" | "held";
    PLACES "Places possibles" | "Possible places";
    PLACES_LEAD "La liste telle qu’elle est à cette heure, avec les numéros. Deux pages au plus. À détruire après usage."
        | "The list as it stands now, with the numbers. Two pages at most. To be destroyed after use.";
    PLACES_PRINT "Imprimer la liste" | "Print the list";
    PLACES_BACK "Retour aux places" | "Back to the places";
    TO_VERIFY "À vérifier d’un appel" | "To verify by a call";
    NO_PLACE "Aucune place ne convient à cette heure." | "No place fits now.";
    DOORS "Si rien ne convient" | "If nothing suits";
    ASKED "Déjà demandées" | "Already asked";
    AVOIDED "à éviter" | "to avoid";
}

/// How many requests are under way, and how many of them wait for an act.
pub fn under_way(requests: usize, to_do: usize) -> String {
    let requests = either!(
        super::many(requests, "demande en cours", "demandes en cours"),
        super::many(requests, "request under way", "requests under way"),
    );
    match to_do {
        0 => either!(format!("{requests}, rien à faire tout de suite."), format!("{requests}, nothing to do right now.")),
        more => either!(format!("{requests}, {more} à reprendre."), format!("{requests}, {more} to take up.")),
    }
}

/// How many places there are, and how many of them stand on the sheet.
pub fn listed(shown: usize, all: usize) -> String {
    let (is_part, all) = (shown < all, super::number(all));
    if is_part {
        either!(format!("Les {shown}\u{a0}premières sur {all}."), format!("The first {shown} of {all}."))
    } else {
        either!(format!("{all} en tout."), format!("{all} in all."))
    }
}
