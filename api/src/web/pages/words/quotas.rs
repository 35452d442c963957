//! The words of quotas and of alerts.

use super::number;
use crate::domain::quota::{AlertLevel, Watched, Whose};
use crate::language::either;

phrases! {
    TITLE "Plafond atteint" | "Quota used up";
    TEXT "Rien n’est enregistré. Ce plafond protège les personnes et les lieux\u{a0}: personne, avec un seul compte, ne peut tout réserver ni tout lire."
        | "Nothing was done. This quota protects people and places: nobody can hold everything or read everything with one account.";
    UNTIL "De nouveau possible au plus tôt le" | "Possible again at the earliest on";
    CALL_NOW "Pour une personne sans toit ce soir, appelez\u{a0}:" | "For somebody without a roof tonight, call:";
    CONTACTS_KEPT_BACK "Vous avez vu les numéros d’autant de lieux que le plafond de 24\u{a0}heures le permet. Les places suivantes se joignent par les numéros publics de leurs portes\u{a0}; celles déjà demandées gardent le leur."
        | "You have seen the numbers of as many homes as the quota of 24\u{a0}hours allows. The next places are reached by the public numbers of their doors; those you have asked keep theirs.";
    ALERTS "Alertes des 30\u{a0}derniers jours" | "Alerts of the last 30\u{a0}days";
    ALERTS_LEAD "Ce que les comptes de votre organisme utilisent de leurs plafonds de 24\u{a0}heures, et ce qui sort de l’habitude. Demandez à la personne\u{a0}; si ce n’est pas elle, terminez ses connexions."
        | "What the accounts of your organisation use of their quotas of 24\u{a0}hours, and what is unusual. Ask the person; if it was not them, end their sessions.";
    WHOLE_ORGANISATION "tout l’organisme" | "the whole organisation";
    FORMER "un compte fermé" | "a closed account";
}

/// What is counted, in words.
pub fn counted(what: Watched) -> &'static str {
    match what {
        Watched::BedsHeld => either!("places réservées en même temps sans réponse du lieu", "beds held at once without an answer"),
        Watched::RequestsStored => either!("demandes enregistrées", "requests stored"),
        Watched::ReferralsAsked => either!("places demandées", "places asked"),
        Watched::RankingsStored => either!("recherches pour des demandes enregistrées", "searches for stored requests"),
        Watched::RankingsOther => either!("recherches sans enregistrement", "searches that are not stored"),
        Watched::ContactsShown => either!("lieux différents dont le numéro est montré", "different homes whose number was shown"),
        Watched::Links => either!("éloignements de demandes, faits ou terminés", "links that keep requests apart, made or ended"),
        Watched::Exports => either!("exports", "exports"),
        Watched::Plans => either!("répartitions proposées", "plans"),
        Watched::RequestsAtNight => either!("demandes différentes lues la nuit", "different requests read by night"),
        Watched::RankingsAlike => either!("recherches presque identiques", "searches that ask nearly the same"),
        Watched::Encounters => {
            either!("rapprochements de personnes à éloigner", "people brought near those they are kept apart from")
        }
    }
}

/// Which quota is used up.
pub fn used_up(what: Watched, of: Whose) -> String {
    let whose = match of {
        Whose::Account => either!("Plafond de votre compte\u{a0}:", "Quota of your account:"),
        Whose::Organisation => either!("Plafond de tout votre organisme\u{a0}:", "Quota of your whole organisation:"),
    };
    format!("{whose} {}.", counted(what))
}

/// What an alert tells.
pub fn told(level: AlertLevel, what: Watched, used: u32, most: u32) -> String {
    let how = match level {
        AlertLevel::FourFifths => either!("Presque atteint\u{a0}:", "Nearly used up:"),
        AlertLevel::All => either!("Atteint\u{a0}:", "Used up:"),
        AlertLevel::WentOn => {
            either!("Dépassé pour une personne sans toit ce soir\u{a0}:", "Exceeded for somebody without a roof tonight:")
        }
        AlertLevel::Unusual => either!("Inhabituel\u{a0}:", "Unusual:"),
    };
    let (what, used, most) = (counted(what), number(used), number(most));
    match level {
        AlertLevel::Unusual => format!("{how} {what}, {used} {}", either!("en 24\u{a0}heures", "in 24\u{a0}hours")),
        _ => format!("{how} {what}, {used} {} {most}", either!("sur", "of")),
    }
}
