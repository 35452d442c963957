//! The words of quotas and of alerts.

use crate::domain::quota::{AlertLevel, Watched, Whose};

phrases! {
    TITLE "Plafond atteint";
    TEXT "Rien n’est enregistré. Ce plafond protège les personnes et les lieux\u{a0}: personne, avec un seul compte, ne peut tout réserver ni tout lire.";
    UNTIL "De nouveau possible au plus tôt le";
    CALL_NOW "Pour une personne sans toit ce soir, appelez\u{a0}:";
    CONTACTS_KEPT_BACK "Vous avez vu les numéros d’autant de lieux que le plafond de 24\u{a0}heures le permet. Les places suivantes se joignent par les numéros publics de leurs portes\u{a0}; celles déjà demandées gardent le leur.";
    ALERTS "Alertes des 30\u{a0}derniers jours";
    ALERTS_LEAD "Ce que les comptes de votre organisme utilisent de leurs plafonds de 24\u{a0}heures, et ce qui sort de l’habitude. Demandez à la personne\u{a0}; si ce n’est pas elle, terminez ses connexions.";
    WHOLE_ORGANISATION "tout l’organisme";
    FORMER "un compte fermé";
}

/// What is counted, in French.
pub fn counted(what: Watched) -> &'static str {
    match what {
        Watched::BedsHeld => "places réservées en même temps sans réponse du lieu",
        Watched::RequestsStored => "demandes enregistrées",
        Watched::ReferralsAsked => "places demandées",
        Watched::RankingsStored => "recherches pour des demandes enregistrées",
        Watched::RankingsOther => "recherches sans enregistrement",
        Watched::ContactsShown => "lieux différents dont le numéro est montré",
        Watched::Links => "éloignements de demandes, faits ou terminés",
        Watched::Exports => "exports",
        Watched::Plans => "répartitions proposées",
        Watched::RequestsAtNight => "demandes différentes lues la nuit",
        Watched::RankingsAlike => "recherches presque identiques",
        Watched::Encounters => "rapprochements de personnes à éloigner",
    }
}

/// Which quota is used up.
pub fn used_up(what: Watched, of: Whose) -> String {
    let whose = match of {
        Whose::Account => "de votre compte",
        Whose::Organisation => "de tout votre organisme",
    };
    format!("Plafond {whose}\u{a0}: {}.", counted(what))
}

/// What an alert tells.
pub fn told(level: AlertLevel, what: Watched, used: u32, most: u32) -> String {
    let what = counted(what);
    match level {
        AlertLevel::FourFifths => format!("Presque atteint\u{a0}: {what}, {used} sur {most}"),
        AlertLevel::All => format!("Atteint\u{a0}: {what}, {used} sur {most}"),
        AlertLevel::WentOn => format!("Dépassé pour une personne sans toit ce soir\u{a0}: {what}, {used} sur {most}"),
        AlertLevel::Unusual => format!("Inhabituel\u{a0}: {what}, {used} en 24\u{a0}heures"),
    }
}
