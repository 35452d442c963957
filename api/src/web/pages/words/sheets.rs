//! What the sheets to print say.

phrases! {
    ARRIVAL "Fiche d’arrivée";
    ARRIVAL_LEAD "Pour qui accompagne. À détruire après l’arrivée.";
    NOT_YET "Rien à imprimer encore\u{a0}: l’orientation n’est pas confirmée, ou la structure n’a pas encore dit elle-même son accord.";
    WHEN "Quand";
    WHERE "Où";
    WHERE_UNSAID "À convenir au téléphone avant de partir.";
    CODE "Code d’arrivée";
    CODE_LEAD "À dire à la porte. Qui ne le connaît pas n’est pas envoyé par nous.";
    ASK_FOR "Demander";
    WHO "Qui vient";
    AROUND "En chemin, contourner";
    AROUND_NONE "Aucun secteur à contourner n’a été dit.";
    TO_AVOID "à éviter";
    IF_LATE "En cas de retard ou de doute";
    CHOOSE "Choisir";
    OURS "Nous appeler";
    IN_DANGER "En danger\u{a0}: 17 ou 112, par SMS 114.";
    FOR_THE_PERSON "Papier pour la personne";
    FOR_THE_PERSON_LEAD "Seulement si elle en veut un\u{a0}: ce papier peut être trouvé. Il ne nomme ni la structure ni personne, et rien n’est à retenir.";
    LANGUAGE "Langue du papier";
    PRINT "Imprimer";
    BACK "Retour aux orientations";
    HAND_OVER "Relève";
    HAND_OVER_LEAD "Ce qui est en cours, pour qui prend la suite. Deux pages au plus\u{a0}; le plus pressé d’abord. À détruire à la fin du service.";
    HAND_OVER_PRINT "Imprimer pour la relève";
    NOTHING_UNDER_WAY "Aucune demande n’est en cours.";
    NOTHING_ASKED "aucune place demandée";
    REST "Et, moins pressé";
    HOUSED "Hébergées";
    NUMBERS "Numéros";
    LENT_UNTIL "prêtée jusqu’à";
    ASKS_FOR_CALL "demande à être rappelée";
    WILL_CALL "va appeler";
    ARRIVAL_AT "arrivée attendue";
    HELD "réservée";
    PLACES "Places possibles";
    PLACES_LEAD "La liste telle qu’elle est à cette heure, avec les numéros. Deux pages au plus. À détruire après usage.";
    PLACES_PRINT "Imprimer la liste";
    PLACES_BACK "Retour aux places";
    TO_VERIFY "À vérifier d’un appel";
    NO_PLACE "Aucune place ne convient à cette heure.";
    DOORS "Si rien ne convient";
    ASKED "Déjà demandées";
    AVOIDED "à éviter";
}

/// How many requests are under way, and how many of them wait for an act.
pub fn under_way(requests: usize, to_do: usize) -> String {
    let requests = if requests == 1 { "1\u{a0}demande en cours".to_owned() } else { format!("{requests}\u{a0}demandes en cours") };
    match to_do {
        0 => format!("{requests}, rien à faire tout de suite."),
        more => format!("{requests}, {more} à reprendre."),
    }
}

/// How many places there are, and how many of them stand on the sheet.
pub fn listed(shown: usize, all: usize) -> String {
    if shown < all { format!("Les {shown}\u{a0}premières sur {all}.") } else { format!("{all} en tout.") }
}
