//! What *Comptes* says of changes that count with a second person's word only.

use crate::domain::four_eyes::ChangeKind;

use super::Phrase;

/// What sort of change.
pub fn kind(kind: ChangeKind) -> Phrase {
    match kind {
        ChangeKind::Rights => RIGHTS,
        ChangeKind::Address => ADDRESS,
        ChangeKind::Roles => ROLES,
    }
}

phrases! {
    TITLE "Attend un second regard"
        | "Waits for a second look";
    LEAD "Sorte, portes, départements et courriel d’un organisme, rôles d’administration et d’audit, et de gestion d’un organisme qui travaille déjà\u{a0}: ils ne comptent qu’avec le mot d’une seconde personne. Sans autre administrateur, l’exploitant du service la remplace."
        | "Kind, doors, departments and mail address of an organisation, the roles administrator and auditor, and manager of an organisation that works already: they count with a second person’s word only. Where there is no other administrator, whoever runs the service stands in.";
    RIGHTS "Ce que l’organisme est et ce dont il répond"
        | "What the organisation is and answers for";
    ADDRESS "Adresse de courriel de l’organisme"
        | "Mail address of the organisation";
    ROLES "Rôles donnés à"
        | "Roles given to";
    ASKED_BY "demandé par"
        | "asked for by";
    OPERATOR "l’exploitant du service"
        | "whoever runs the service";
    SINCE "le"
        | "on";
    NO_DOOR "aucune porte"
        | "no door";
    EVERYWHERE "aucun département nommé"
        | "no department named";
    ORIENTS "oriente aussi des personnes"
        | "also refers people";
    APPROVED "une seconde personne a confirmé"
        | "a second person has confirmed";
    PROVED "l’adresse est prouvée"
        | "the address is proved";
    NOT_PROVED "l’adresse attend le code qui lui a été envoyé"
        | "the address waits for the code that was sent to it";
    COUNTS_ON "comptera le"
        | "counts on";
    APPROVE "Confirmer"
        | "Confirm";
    REJECT "Refuser"
        | "Refuse";
    TAKE_BACK "Ne plus le demander"
        | "Ask for it no more";
    OWN "Une autre personne que vous le confirme."
        | "Somebody else than you confirms it.";
    CODE "Code reçu à la nouvelle adresse"
        | "Code that came to the new address";
    PROVE "Prouver l’adresse"
        | "Prove the address";
    MORE "D’autres attendent\u{a0}: ils viennent ici quand ceux-ci sont décidés."
        | "Others wait: they come here once these are decided.";
    NOT_DONE "Ce changement est déjà décidé, le code n’est pas le bon, ou une autre personne que vous doit le confirmer."
        | "This change is decided already, the code is not the right one, or somebody else than you has to confirm it.";
    BACK "Revenir aux comptes"
        | "Back to accounts";
    CONTACT_NOT_PROVED "Un code a été envoyé à cette adresse. Rien d’autre n’y part avant qu’il soit donné ici\u{a0}:"
        | "A code was sent to this address. Nothing else goes there before it is given here:";
    NOT_PROVED_SHORT "Son adresse de courriel n’est pas encore prouvée\u{a0}: rien n’y est envoyé."
        | "Its mail address is not proved yet: nothing is sent there.";
    WRONG_CODE "Ce n’est pas le code qui a été envoyé."
        | "This is not the code that was sent.";
}
