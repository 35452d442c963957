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
}
