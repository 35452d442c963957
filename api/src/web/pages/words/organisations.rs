//! The words of organisations, and of what *Comptes* says of them.

phrases! {
    NEW "Ajouter un organisme";
    EDIT "Modifier l’organisme";
    WHO "L’organisme";
    NAME "Nom";
    NAME_WRONG "Un nom de 1 à 200\u{a0}caractères, que nul autre organisme ne porte.";
    KIND "Ce qu’il est";
    KIND_WRONG "Une des réponses.";
    ORIENTS "Cette association oriente aussi des personnes";
    ORIENTS_HINT "ses référents demandent alors des places";
    ORIENTS_WRONG "Seule une association le dit.";
    DOORS "Portes dont il répond";
    DOORS_HINT "pour un régulateur";
    DOORS_WRONG "Seul un régulateur répond d’une porte, et d’une au moins.";
    DEPARTMENTS "Départements dont il répond";
    DEPARTMENTS_HINT "leurs numéros, tels que 69, 2A, 974\u{a0}; pour un SIAO ou un régulateur\u{a0}; vide\u{a0}: toute la France";
    DEPARTMENTS_WRONG "Des numéros de départements, pour un SIAO ou un régulateur.";
    CONTACT "Comment le joindre";
    NUMBERS "Numéros";
    NUMBERS_HINT "dans l’ordre où les essayer\u{a0}; jamais le numéro personnel de quelqu’un";
    LABEL "Qui répond";
    LABEL_WRONG "Au plus 100\u{a0}caractères.";
    PHONE "Téléphone";
    PHONE_WRONG "Un numéro de téléphone, tel que 01\u{a0}99\u{a0}00\u{a0}01\u{a0}12.";
    HOURS "Heures de réponse";
    HOURS_WRONG "Des heures telles que 09:00 et 18:00.";
    EMAIL "Adresse électronique";
    EMAIL_WRONG "Une adresse qu’un serveur de courriel accepte.";
    NO_SUCH_ADDRESS "Une adresse qu’un serveur de courriel accepte, telle que prenom.nom@exemple.fr.";
    ADDRESS_TAKEN "Cette adresse a déjà un compte. Mettez-y fin d’abord, ou invitez à une autre adresse.";
    NO_NAME "De 1 à 100\u{a0}caractères, sans caractère invisible.";
    NO_ROLE "Choisissez au moins un rôle, parmi ceux que vous pouvez donner.";
    NO_SCOPE "Choisissez au moins une portée.";
    NO_DAYS "Un nombre de jours, de 1 à 730.";
    TYPED_IS_THERE "Rien n’est enregistré\u{a0}: voyez les champs signalés. Ce que vous avez écrit est toujours là.";
    SIGNED_IN_SINCE "Connexion ouverte depuis";
    END_THIS "Terminer cette connexion";
}
