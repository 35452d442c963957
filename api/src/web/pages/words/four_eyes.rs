//! What *Comptes* says of changes that count with a second person's word only.

use crate::domain::four_eyes::ChangeKind;

/// What sort of change.
pub fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Rights => RIGHTS,
        ChangeKind::Address => ADDRESS,
        ChangeKind::Roles => ROLES,
    }
}

phrases! {
    TITLE "Attend un second regard";
    LEAD "Sorte, portes, départements et courriel d’un organisme, rôles d’administration et d’audit\u{a0}: ils ne comptent qu’avec le mot d’une seconde personne. Sans autre administrateur, l’exploitant du service la remplace.";
    RIGHTS "Ce que l’organisme est et ce dont il répond";
    ADDRESS "Adresse de courriel de l’organisme";
    ROLES "Rôles donnés à";
    ASKED_BY "demandé par";
    OPERATOR "l’exploitant du service";
    SINCE "le";
    NO_DOOR "aucune porte";
    EVERYWHERE "aucun département nommé";
    APPROVED "une seconde personne a confirmé";
    PROVED "l’adresse est prouvée";
    NOT_PROVED "l’adresse attend le code qui lui a été envoyé";
    COUNTS_ON "comptera le";
    APPROVE "Confirmer";
    REJECT "Refuser";
    TAKE_BACK "Ne plus le demander";
    OWN "Une autre personne que vous le confirme.";
    CODE "Code reçu à la nouvelle adresse";
    PROVE "Prouver l’adresse";
    MORE "D’autres attendent\u{a0}: ils viennent ici quand ceux-ci sont décidés.";
    NOT_DONE "Ce changement est déjà décidé, le code n’est pas le bon, ou une autre personne que vous doit le confirmer.";
    BACK "Revenir aux comptes";
    CONTACT_NOT_PROVED "Un code a été envoyé à cette adresse. Rien d’autre n’y part avant qu’il soit donné ici\u{a0}:";
    NOT_PROVED_SHORT "Son adresse de courriel n’est pas encore prouvée\u{a0}: rien n’y est envoyé.";
    WRONG_CODE "Ce n’est pas le code qui a été envoyé.";
}
