//! The words of telephones that an organisation remembers.

phrases! {
    REMEMBER "Se souvenir de ce téléphone" | "Remember this telephone";
    REMEMBER_LEAD "Les âges exacts et le reste se lisent une fois connecté, ou sur un téléphone que votre organisme reconnaît pendant 30\u{a0}jours. Une personne de votre organisme qui est connectée vous lit un code\u{a0}: il est sur sa page «\u{a0}Mon compte\u{a0}»."
        | "Exact ages and the rest are read once signed in, or on a telephone that your organisation recognises for 30\u{a0}days. Someone of your organisation who is signed in reads a code out to you: it is on their page “My account”.";
    CODE "Code, tel qu’on vous le lit" | "Code, as it is read out to you";
    NAME "Nom de ce téléphone, pour le reconnaître" | "Name of this telephone, to recognise it by";
    NAME_HINT "Par exemple\u{a0}: astreinte." | "For example: on call.";
    NOT_RIGHT "Ce code n’est pas bon\u{a0}: il a pu servir déjà, ou passer ses 10\u{a0}minutes. Demandez-en un autre."
        | "This code is not good: it may have been used already, or be past its 10\u{a0}minutes. Ask for another one.";
    NAME_NOT_RIGHT "Un nom de 100\u{a0}caractères au plus, sans caractère invisible."
        | "A name of 100\u{a0}characters at most, none of them invisible.";
    REMEMBERED "Votre organisme reconnaît ce téléphone jusqu’au" | "Your organisation recognises this telephone until";
    MORE "Autres réponses" | "Other answers";
    YES_WITH "Oui, avec des précisions" | "Yes, with details";
    INTERVIEW "Jour d’entretien" | "Day of the interview";
    JOURNEY "Jour du voyage" | "Day of the journey";
    MEETING "Point de rencontre" | "Meeting point";
    NO_IN_WORDS "Non, en quelques mots" | "No, in a few words";
    IN_WORDS "Pourquoi (sans nom, ni rien qui dise qui ou où est quelqu’un)"
        | "Why (no name, and nothing that says who or where someone is)";
    GIVE "Donner un code à un téléphone" | "Give a code to a telephone";
    GIVE_LEAD "Le téléphone d’astreinte voit alors, avec le lien d’un courriel, les âges exacts de cette orientation et y répond comme vous. Ne lisez le code qu’à quelqu’un de votre organisme, dont vous reconnaissez la voix."
        | "With the link of a mail, the on-call telephone then sees the exact ages of that referral and answers it as you do. Read the code only to someone of your organisation whose voice you know.";
    YOUR_CODE "Code à lire" | "Code to read out";
    CODE_LEAD "Il sert une fois, pendant 10\u{a0}minutes, sur la page du lien, sous «\u{a0}Se souvenir de ce téléphone\u{a0}». Il ne sera plus montré."
        | "It is good once, for 10\u{a0}minutes, on the page of the link, under “Remember this telephone”. It will not be shown again.";
    PHONES "Téléphones reconnus" | "Telephones recognised";
    NONE_YET "Aucun téléphone n’est reconnu." | "No telephone is recognised.";
    GIVEN_BY "code donné par" | "code given by";
    UNTIL "jusqu’au" | "until";
    FORGET "Ne plus reconnaître" | "Recognise no more";
}
