//! The words of telephones that an organisation remembers.

phrases! {
    REMEMBER "Se souvenir de ce téléphone";
    REMEMBER_LEAD "Les âges exacts et le reste se lisent une fois connecté, ou sur un téléphone que votre organisme reconnaît pendant 30\u{a0}jours. Une personne de votre organisme qui est connectée vous lit un code\u{a0}: il est sur sa page «\u{a0}Mon compte\u{a0}».";
    CODE "Code, tel qu’on vous le lit";
    NAME "Nom de ce téléphone, pour le reconnaître";
    NAME_HINT "Par exemple\u{a0}: astreinte.";
    NOT_RIGHT "Ce code n’est pas bon\u{a0}: il a pu servir déjà, ou passer ses 10\u{a0}minutes. Demandez-en un autre.";
    NAME_NOT_RIGHT "Un nom de 100\u{a0}caractères au plus, sans caractère invisible.";
    REMEMBERED "Votre organisme reconnaît ce téléphone jusqu’au";
    MORE "Autres réponses";
    YES_WITH "Oui, avec des précisions";
    INTERVIEW "Jour d’entretien";
    JOURNEY "Jour du voyage";
    MEETING "Point de rencontre";
    NO_IN_WORDS "Non, en quelques mots";
    IN_WORDS "Pourquoi (sans nom, ni rien qui dise qui ou où est quelqu’un)";
    GIVE "Donner un code à un téléphone";
    GIVE_LEAD "Le téléphone d’astreinte voit alors, avec le lien d’un courriel, les âges exacts de cette orientation et y répond comme vous. Ne lisez le code qu’à quelqu’un de votre organisme, dont vous reconnaissez la voix.";
    YOUR_CODE "Code à lire";
    CODE_LEAD "Il sert une fois, pendant 10\u{a0}minutes, sur la page du lien, sous «\u{a0}Se souvenir de ce téléphone\u{a0}». Il ne sera plus montré.";
    PHONES "Téléphones reconnus";
    NONE_YET "Aucun téléphone n’est reconnu.";
    GIVEN_BY "code donné par";
    UNTIL "jusqu’au";
    FORGET "Ne plus reconnaître";
}
