//! The words of organisations, and of what *Comptes* says of them.

phrases! {
    NEW "Ajouter un organisme" | "Add an organisation";
    EDIT "Modifier l’organisme" | "Edit the organisation";
    WHO "L’organisme" | "The organisation";
    NAME "Nom" | "Name";
    NAME_WRONG "Un nom de 1 à 200\u{a0}caractères, que nul autre organisme ne porte."
        | "A name of 1 to 200\u{a0}characters that no other organisation has.";
    KIND "Ce qu’il est" | "What it is";
    KIND_WRONG "Une des réponses." | "One of the answers.";
    ORIENTS "Cette association oriente aussi des personnes" | "This association also refers people";
    ORIENTS_HINT "ses référents demandent alors des places" | "its referents then ask for places";
    ORIENTS_WRONG "Seule une association le dit." | "Only an association says so.";
    DOORS "Portes dont il répond" | "Doors it answers for";
    DOORS_HINT "pour un régulateur" | "for a regulator";
    DOORS_WRONG "Seul un régulateur répond d’une porte, et d’une au moins."
        | "Only a regulator answers for a door, and for one at least.";
    DEPARTMENTS "Départements dont il répond" | "Departments it answers for";
    DEPARTMENTS_HINT "leurs numéros, tels que 69, 2A, 974\u{a0}; pour un SIAO ou un régulateur\u{a0}; vide\u{a0}: toute la France"
        | "their numbers, such as 69, 2A, 974; for a SIAO or a regulator; empty: all of France";
    DEPARTMENTS_WRONG "Des numéros de départements, pour un SIAO ou un régulateur."
        | "Numbers of departments, for a SIAO or a regulator.";
    CONTACT "Comment le joindre" | "How to reach it";
    NUMBERS "Numéros" | "Numbers";
    NUMBERS_HINT "dans l’ordre où les essayer\u{a0}; jamais le numéro personnel de quelqu’un"
        | "in the order in which to try them; never someone’s personal number";
    LABEL "Qui répond" | "Who answers";
    LABEL_WRONG "Au plus 100\u{a0}caractères." | "100\u{a0}characters at most.";
    PHONE "Téléphone" | "Telephone";
    PHONE_WRONG "Un numéro de téléphone, tel que 01\u{a0}99\u{a0}00\u{a0}01\u{a0}12."
        | "A telephone number, such as 01\u{a0}99\u{a0}00\u{a0}01\u{a0}12.";
    HOURS "Heures de réponse" | "Answering hours";
    HOURS_WRONG "Des heures telles que 09:00 et 18:00." | "Hours such as 09:00 and 18:00.";
    EMAIL "Adresse électronique" | "Email address";
    EMAIL_WRONG "Une adresse qu’un serveur de courriel accepte." | "An address that a mail server accepts.";
    NO_SUCH_ADDRESS "Une adresse qu’un serveur de courriel accepte, telle que prenom.nom@exemple.fr."
        | "An address that a mail server accepts, such as first.last@example.org.";
    ADDRESS_TAKEN "Cette adresse a déjà un compte. Mettez-y fin d’abord, ou invitez à une autre adresse."
        | "This address already has an account. End that one first, or invite another address.";
    NO_NAME "De 1 à 100\u{a0}caractères, sans caractère invisible." | "From 1 to 100\u{a0}characters, none of them invisible.";
    NO_ROLE "Choisissez au moins un rôle, parmi ceux que vous pouvez donner."
        | "Choose at least one role, among those that you may give.";
    NO_SCOPE "Choisissez au moins une portée." | "Choose at least one scope.";
    NO_DAYS "Un nombre de jours, de 1 à 730." | "A number of days, from 1 to 730.";
    TYPED_IS_THERE "Rien n’est enregistré\u{a0}: voyez les champs signalés. Ce que vous avez écrit est toujours là."
        | "Nothing is saved: see the fields that are marked. What you wrote is still there.";
    SIGNED_IN_SINCE "Connexion ouverte depuis" | "Signed in since";
    END_THIS "Terminer cette connexion" | "End this session";
}
