//! What the sheets to print say.

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
}
