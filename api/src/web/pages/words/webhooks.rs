//! Words about where the events of tools are sent.

phrases! {
    WEBHOOKS "Envois d’événements" | "Events that are sent";
    LEAD "Ce qu’un outil peut suivre est aussi envoyé à l’adresse que vous avez donnée pour lui\u{a0}: des numéros seulement, jamais rien des personnes."
        | "What a tool may follow is also sent to the address that you gave for it: numbers alone, never anything of people.";
    LAST_DELIVERED "Dernière remise\u{a0}:" | "Last delivered:";
    NEVER_DELIVERED "Rien n’a encore été remis" | "Nothing has been delivered yet";
    FAILING_SINCE "Ne répond plus depuis" | "Has not answered since";
    DISABLED "Arrêté" | "Stopped";
    BECAUSE_FAILING "rien n’a pu être remis pendant trois jours" | "nothing could be delivered for three days";
    BECAUSE_GONE "l’adresse répond qu’elle n’existe plus" | "the address answers that it is gone";
    ENABLE "Reprendre l’envoi" | "Send again";
    CHANGED_TEXT "Cet envoi est déjà repris, ou n’existe plus. Revenez à la page et rechargez-la."
        | "This is being sent again already, or is there no more. Go back to the page and reload it.";
}
