//! What the page of the public numbers says.

phrases! {
    TITLE "Numéros des portes";
    LEAD "Ces numéros sont montrés à tous, avec chaque recherche\u{a0}: 115, SIAO, Ac.Sé, CRIP et 119. Un numéro faux laisse quelqu’un dehors la nuit\u{a0}: n’écrivez que ce qui a été lu à la source ou dit au téléphone.";
    ON_ACCOUNTS "Numéros du 115, des SIAO, des CRIP et de la coordination Ac.Sé";
    DEPARTMENT "Département";
    CHOOSE "Choisir un département";
    SEE "Voir";
    EVERYWHERE "Toute la France";
    BY_DEPARTMENT "Par département";
    LACKING "à compléter";
    OLD "à vérifier\u{a0}: plus de six mois";
    NOT_SHOWN "Rien n’est montré tant que le numéro manque.";
    COMPLETE "Compléter";
    CHANGE "Modifier";
    STILL_RIGHT "Toujours exact";
    SOURCE_IS "Source";
    ALWAYS "à toute heure";
    EDIT "Un numéro";
    NUMBER "Le numéro";
    LABEL "Qui répond";
    LABEL_HINT "un service, jamais une personne";
    LABEL_WRONG "De 1 à 100\u{a0}caractères.";
    PHONE "Téléphone";
    PHONE_HINT "vide\u{a0}: inconnu, et montré à personne";
    PHONE_WRONG "Un numéro de téléphone, tel que 01\u{a0}99\u{a0}00\u{a0}01\u{a0}12.";
    HOURS "Heures de réponse";
    HOURS_HINT "rien\u{a0}: à toute heure";
    HOURS_WRONG "Des heures telles que 09:00 et 18:00.";
    SOURCE "Où il a été lu, ou qui l’a dit";
    SOURCE_HINT "un site, un document, un service\u{a0}; jamais une personne";
    SOURCE_WRONG "Un numéro va avec sa source, en 200\u{a0}caractères au plus.";
    DATED "Enregistrer date le numéro d’aujourd’hui, au nom de votre organisme.";
}

/// How many are lacking and how many are old.
pub fn to_do(lacking: usize, old: usize) -> String {
    let old = match old {
        0 => "aucun à vérifier".to_owned(),
        1 => "1\u{a0}à vérifier".to_owned(),
        more => format!("{more}\u{a0}à vérifier"),
    };
    match lacking {
        0 => format!("Aucun numéro à compléter, {old}."),
        1 => format!("1\u{a0}numéro à compléter, {old}."),
        more => format!("{more}\u{a0}numéros à compléter, {old}."),
    }
}
