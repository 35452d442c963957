//! What the pages say of homes that somebody vouches for, and of those that wait for it.

use crate::domain::vouching::{Waiting, Widened};

use super::{Phrase, homes, registry};

/// What waits of a group of places, and what that means meanwhile.
pub fn waits(part: Waiting) -> Phrase {
    match part {
        Waiting::New => WAITS_NEW,
        Waiting::Kind => WAITS_KIND,
        Waiting::Site => WAITS_SITE,
        Waiting::Edit => WAITS_EDIT,
        Waiting::Number => WAITS_NUMBER,
    }
}

/// What of a profile an edit opens.
pub fn widened(part: Widened) -> Phrase {
    match part {
        Widened::Genders => homes::GENDERS,
        Widened::Children => CHILDREN,
        Widened::UnaccompaniedMinors => MINORS,
        Widened::AdultAges => ADULTS,
        Widened::Setting => homes::SETTING,
        Widened::Doors => registry::DOOR,
        Widened::MaxHousehold => homes::HOUSEHOLD,
        Widened::Places => homes::PLACES,
    }
}

phrases! {
    TITLE "À vérifier" | "To vouch for";
    LEAD "Ces structures attendent que quelqu’un d’un autre organisme dise qu’elles sont bien ce qu’elles disent. Appelez, regardez\u{a0}; un geste suffit ensuite. La lecture est inscrite au journal."
        | "These homes wait for somebody of another organisation to say that they are what they say they are. Call, look; then one tap is enough. Your reading is written in the log.";
    WAITS_NEW "Jamais vérifiée\u{a0}: elle n’est montrée qu’à part, pour des adultes et sans réservation."
        | "Nobody has ever vouched for it: it is shown apart only, for adults and without holding a bed.";
    WAITS_KIND "Sa sorte a changé\u{a0}: elle n’est plus proposée jusqu’à ce que quelqu’un la vérifie."
        | "Its kind has changed: it is not proposed until somebody vouches for it.";
    WAITS_SITE "Son lieu a changé\u{a0}: elle n’est plus proposée jusqu’à ce que quelqu’un la vérifie."
        | "Its site has changed: it is not proposed until somebody vouches for it.";
    WAITS_EDIT "Une modification attend\u{a0}; ce qui était vérifié reste proposé."
        | "A change waits; what was vouched for is still proposed.";
    WAITS_NUMBER "Son numéro FINESS ou SIRET est donné aussi par un autre organisme\u{a0}: aucune des deux structures n’est proposée."
        | "Another organisation gives its FINESS or SIRET number too: neither home is proposed.";
    WHAT "Ce qui change" | "What changes";
    BEFORE "Vérifié" | "Vouched for";
    AFTER "Demandé" | "Asked for";
    RUN_BY "Organisme" | "Organisation";
    COMMUNE "Commune" | "Commune";
    FINESS "FINESS" | "FINESS";
    SIRET "SIRET" | "SIRET";
    EMAIL "Courriel" | "Mail address";
    CHILDREN "Enfants avec leur parent" | "Children with their parent";
    MINORS "Mineurs non accompagnés" | "Unaccompanied minors";
    ADULTS "Âges des adultes" | "Ages of adults";
    KIND "Sorte" | "Kind";
    NONE "aucun" | "none";
    ACCREDITED "habilitation\u{a0}:" | "accreditation:";
    VOUCH "C’est bien ce qu’elle dit\u{a0}: vérifiée" | "It is what it says: vouch for it";
    NUMBER_IS_ITS_OWN "Le numéro est le sien" | "The number is its own";
    NUMBER_IS_NOT "Le numéro n’est pas le sien" | "The number is not its own";
    ALSO_GIVEN_BY "Donné aussi par" | "Also given by";
    MORE "D’autres attendent\u{a0}: elles viennent ici quand celles-ci sont vérifiées."
        | "Others wait: they come here once these are vouched for.";
    CHANGED_SINCE "La fiche a changé depuis que vous l’avez regardée, ou quelqu’un a vérifié avant vous. Regardez-la de nouveau."
        | "The record has changed since you looked at it, or somebody vouched before you. Look at it again.";
    BACK "Revenir au registre" | "Back to the registry";
    NOT_YET "Pas encore vérifiée par un autre organisme\u{a0}: montrée à part, pour des adultes et sans réservation. Le SIAO ou la coordination la vérifie en un geste."
        | "Nobody of another organisation has vouched for it yet: it is shown apart, for adults and without holding a bed. The SIAO or the coordination vouches for it in one tap.";
    NOT_ANY_MORE "Son lieu ou sa sorte a changé\u{a0}: elle n’est plus proposée jusqu’à ce qu’un autre organisme la vérifie."
        | "Its site or its kind has changed: it is not proposed until another organisation vouches for it.";
    EDIT_WAITS "Votre dernière modification attend d’être vérifiée par un autre organisme\u{a0}; jusque-là, ce qui était vérifié reste proposé."
        | "Your last change waits for another organisation to vouch for it; until then what was vouched for is still proposed.";
    APART "Pas encore vérifiées\u{a0}: appelez le SIAO" | "Not vouched for yet: call the SIAO";
    APART_LEAD "Personne d’un autre organisme n’a encore dit que ces structures sont ce qu’elles disent. Le SIAO peut le vérifier d’un appel\u{a0}; aucune place n’y est réservée avant."
        | "Nobody of another organisation has said yet that these homes are what they say they are. The SIAO can make sure with one call; no bed is held there before.";
    NEW_HOME "Nouvelle structure, vérifiée depuis moins de 90\u{a0}jours" | "New home, vouched for less than 90\u{a0}days ago";
    VOUCHED_BY "Vérifiée par" | "Vouched for by";
}
