//! What the pages say of homes that somebody vouches for, and of those that wait for it.

use crate::domain::vouching::{Waiting, Widened};

use super::{homes, registry};

/// What waits of a group of places, and what that means meanwhile.
pub fn waits(part: Waiting) -> &'static str {
    match part {
        Waiting::New => WAITS_NEW,
        Waiting::Kind => WAITS_KIND,
        Waiting::Site => WAITS_SITE,
        Waiting::Edit => WAITS_EDIT,
        Waiting::Number => WAITS_NUMBER,
    }
}

/// What of a profile an edit opens.
pub fn widened(part: Widened) -> &'static str {
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
    TITLE "À vérifier";
    LEAD "Ces structures attendent que quelqu’un d’un autre organisme dise qu’elles sont bien ce qu’elles disent. Appelez, regardez\u{a0}; un geste suffit ensuite. La lecture est inscrite au journal.";
    WAITS_NEW "Jamais vérifiée\u{a0}: elle n’est montrée qu’à part, pour des adultes et sans réservation.";
    WAITS_KIND "Sa sorte a changé\u{a0}: elle n’est plus proposée jusqu’à ce que quelqu’un la vérifie.";
    WAITS_SITE "Son lieu a changé\u{a0}: elle n’est plus proposée jusqu’à ce que quelqu’un la vérifie.";
    WAITS_EDIT "Une modification attend\u{a0}; ce qui était vérifié reste proposé.";
    WAITS_NUMBER "Son numéro FINESS ou SIRET est donné aussi par un autre organisme\u{a0}: aucune des deux structures n’est proposée.";
    WHAT "Ce qui change";
    BEFORE "Vérifié";
    AFTER "Demandé";
    RUN_BY "Organisme";
    COMMUNE "Commune";
    FINESS "FINESS";
    SIRET "SIRET";
    EMAIL "Courriel";
    CHILDREN "Enfants avec leur parent";
    MINORS "Mineurs non accompagnés";
    ADULTS "Âges des adultes";
    KIND "Sorte";
    NONE "aucun";
    ACCREDITED "habilitation\u{a0}:";
    VOUCH "C’est bien ce qu’elle dit\u{a0}: vérifiée";
    NUMBER_IS_ITS_OWN "Le numéro est le sien";
    NUMBER_IS_NOT "Le numéro n’est pas le sien";
    ALSO_GIVEN_BY "Donné aussi par";
    MORE "D’autres attendent\u{a0}: elles viennent ici quand celles-ci sont vérifiées.";
    CHANGED_SINCE "La fiche a changé depuis que vous l’avez regardée, ou quelqu’un a vérifié avant vous. Regardez-la de nouveau.";
    BACK "Revenir au registre";
    NOT_YET "Pas encore vérifiée par un autre organisme\u{a0}: montrée à part, pour des adultes et sans réservation. Le SIAO ou la coordination la vérifie en un geste.";
    NOT_ANY_MORE "Son lieu ou sa sorte a changé\u{a0}: elle n’est plus proposée jusqu’à ce qu’un autre organisme la vérifie.";
    EDIT_WAITS "Votre dernière modification attend d’être vérifiée par un autre organisme\u{a0}; jusque-là, ce qui était vérifié reste proposé.";
    APART "Pas encore vérifiées\u{a0}: appelez le SIAO";
    APART_LEAD "Personne d’un autre organisme n’a encore dit que ces structures sont ce qu’elles disent. Le SIAO peut le vérifier d’un appel\u{a0}; aucune place n’y est réservée avant.";
    NEW_HOME "Nouvelle structure, vérifiée depuis moins de 90\u{a0}jours";
    VOUCHED_BY "Vérifiée par";
}
