//! What *Places possibles* says.

use chrono::TimeDelta;
use matcher::{AgeRange, Children, Criterion, Day, Department, Setting};

use super::{day, label, years};
use crate::clock::{Instant, civil};

phrases! {
    ALL "tous";
    DEPARTMENT "Département";
    KIND "Sorte";
    FILTER "Filtrer";
    FILTERS "Filtrer la liste";
    NO_FILTER "Tout montrer";
    AT "à";
    AT_MOST "au plus";
    FROM "à partir du";
    TONIGHT "un toit ce soir";
    A_NIGHT "une nuit au moins";
    NO_ZONE "aucun secteur exclu";
    EXCLUDED "exclus";
    AVOIDED "à éviter";
    CHANGE "modifier";
    MAY_MOVE_AWAY "accepte de changer de région";
    STAYS_IN_REGION "n’accepte pas de changer de région";
    ALL_UNDERSTOOD "Tout ce qui a été compris";
    ASKED_BEFORE "Cette place est déjà demandée.";
    GONE "Cette place n’est plus proposée.";
    NOTHING_TICKED "Cochez au moins une place, ou demandez-en une par son bouton.";
    TICK "Cocher";
    ASK_TICKED "Demander aux places cochées";
    ASKED_TITLE "Demandé";
    ASKED_STATE "Où elle en est\u{a0}:";
    HELD_UNTIL "réservée jusqu’à";
    HELD "réservée";
    ANSWER_BEFORE "répondre avant";
    CONFIRM_BEFORE "confirmer avant";
    STILL_TICKED "Les autres restent cochées\u{a0}: demandez-les quand les premières ont répondu.";
    OTHERS_BEHIND "Autres places derrière cette porte\u{a0}:";
    REGULATOR_CHOOSES "Une seule question suffit\u{a0}: qui tient la porte choisit la place.";
    STORE_AND_SEE "Enregistrer et voir qui appeler";
    STORE_AND_SEE_WHY "La demande sera enregistrée après accord\u{a0}: le nom et le téléphone de chaque structure sont alors montrés.";
    NUMBER_ONCE_STORED "la structure elle-même\u{a0}: son téléphone est montré une fois la demande enregistrée";
    REASONS_LEAD "Ce qui la place ici\u{a0}:";
    AGAINST_LEAD "Ce qui joue contre\u{a0}:";
    THE_BARS "le détail";
    SPEAKS "Parle";
    OFFERS "Sur place\u{a0}:";
    NO_CHILDREN "sans enfants";
    NO_ADULTS "mineurs seulement";
    OF_ALL "Pour toutes ces places\u{a0}:";
    UNLAWFUL_TICK "sans les conditions non opposables";
    UNLAWFUL_WHY "La case ne change que l’affichage\u{a0}: elle n’est ni enregistrée ni envoyée.";
    BACK_TO_FIRST "Revenir au début de la liste";
    NONE_IN_FILTER "Aucune place ne correspond à ce filtre.";
    OPENS_TITLE "Ce qui en ouvrirait d’autres";
    OPENS_LEAD "À voir avec la personne. Chaque bouton montre lesquelles\u{a0}; rien n’est changé tant que vous n’en tenez pas compte.";
    SEE_WHICH "voir lesquelles";
    WITH_CHANGE "Avec ce changement seulement\u{a0}:";
    WITH_CHANGE_LEAD "Ces places s’ajoutent à la liste. Elles ne sont pas encore demandables\u{a0}: rien n’a changé dans la demande.";
    TAKE_OVER "En tenir compte";
    DO_NOT_TAKE_OVER "Ne rien changer";
    NO_LONGER_OPENS "Ce changement n’ouvre plus de place\u{a0}: la liste vient de changer.";
    TO_STORE_TITLE "Avant de demander\u{a0}: l’accord de la personne";
    TO_STORE_LEAD "Tout ce que vous avez saisi est gardé. Il ne manque que ceci.";
    BACK_TO_PLACES "Revenir aux places sans enregistrer";
    STORE_AND_ASK "Enregistrer et demander";
    STORE_AND_HOLD "Enregistrer et réserver";
    SHEET "Fiche de la recherche";
    NIGHTS_WHY "Rien\u{a0}: une nuit au moins pour une mise à l’abri, 30 ensuite.";
    SHEET_MADE "Établie le";
    SHEET_SINCE "recherche ouverte depuis le";
    SHEET_LEAD "Le repère seul\u{a0}: ni nom, ni lieu d’accueil, ni danger. Cette fiche ne prouve rien d’une personne\u{a0}; elle dit ce qui a été cherché et répondu.";
    SHEET_SEARCHED "Ce qui a été cherché";
    SHEET_ASKED "Ce qui a été demandé";
    SHEET_UNLAWFUL "Refus pour une condition non opposable";
    SHEET_NO_UNLAWFUL "Aucun.";
    ZONE_WHOLE "exclu";
    ZONE_PART "en partie exclu";
    ZONE_AVOIDED "à éviter";
    MAP_LEAD "Chaque case est un département\u{a0}; le chiffre dit combien de places possibles s’y trouvent, toutes comptées. × secteur exclu, ⨯ en partie exclu, ~ à éviter.";
    REQUEST_CHANGED "La demande a été modifiée depuis ce classement.";
    RANK_AGAIN "Refaire la recherche";
    BEHIND_TOO "derrière la même porte";
    OLD_NUMBER "À vérifier\u{a0}: plus de six mois.";
    OPEN_NOW "répond maintenant";
}

/// The button that asks the first of the list.
pub fn ask_first(places: usize) -> String {
    if places == 1 { "Demander à la première".to_owned() } else { format!("Demander aux {places}\u{a0}premières") }
}

/// When somebody last made sure of a number, and who.
pub fn verified(on: chrono::NaiveDate, by: &str) -> String {
    format!("vérifié le {} par {by}", on.format("%d/%m/%Y"))
}

/// What was wanted.
pub fn wanted(places: usize) -> String {
    if places == 1 { "1\u{a0}place choisie.".to_owned() } else { format!("{places}\u{a0}places choisies.") }
}

/// How many were asked, and how many have said something.
pub fn asked_and_answered(asked: usize, answered: usize) -> String {
    match asked {
        0 => "Aucune place n’a été demandée.".to_owned(),
        1 => format!("1\u{a0}place demandée, {answered} réponse{}.", if answered > 1 { "s" } else { "" }),
        more => format!("{more}\u{a0}places demandées, {answered} réponse{}.", if answered > 1 { "s" } else { "" }),
    }
}

/// How many go at once.
pub fn how_many_at_once(wave: usize) -> String {
    format!("{wave}\u{a0}places au plus partent à la fois.")
}

/// How many were asked, and how many could not be.
pub fn outcome(asked: usize, refused: usize) -> String {
    let asked = match asked {
        0 => "Aucune place n’a été demandée".to_owned(),
        1 => "1\u{a0}place est demandée".to_owned(),
        more => format!("{more}\u{a0}places sont demandées"),
    };
    match refused {
        0 => format!("{asked}."),
        1 => format!("{asked}\u{a0}; 1 n’a pas pu l’être\u{a0}:"),
        more => format!("{asked}\u{a0}; {more} n’ont pas pu l’être\u{a0}:"),
    }
}

/// How many places, in a sentence: the numbers first.
pub fn found(eligible: u64, to_verify: u64, evaluated: u64) -> String {
    let places = if eligible == 1 { "1\u{a0}place possible".to_owned() } else { format!("{eligible}\u{a0}places possibles") };
    format!("{places}, {to_verify} à vérifier, sur {evaluated} groupes de places examinés.")
}

/// Which of how many are shown.
pub fn shown(from: usize, to: usize, of: usize) -> String {
    format!("{from} à {to} sur {of}.")
}

/// The way on.
pub fn more(places: usize) -> String {
    format!("{places} de plus")
}

/// How many places of the page have such a condition.
pub fn set_aside(places: usize) -> String {
    if places == 1 {
        "1\u{a0}place mise de côté sur cette page.".to_owned()
    } else {
        format!("{places}\u{a0}places mises de côté sur cette page.")
    }
}

/// For whom there is room, and until when.
pub fn room(people: usize, is_tonight: bool, start: Day, until: Option<Day>) -> String {
    let whom = match people {
        1 => "Place".to_owned(),
        2 => "Place pour les deux".to_owned(),
        more => format!("Place pour les {more}"),
    };
    let from = if is_tonight { "ce soir".to_owned() } else { format!("à partir du {}", day(start)) };
    match until {
        Some(until) => format!("{whom} {from} et jusqu’au {}", day(until)),
        None => format!("{whom} {from}, sans date de fin"),
    }
}

/// When a place was last confirmed, as people say it: by the clock of the place.
pub fn said_at(at: Instant, now: Instant, department: Department) -> String {
    let (then, today) = (civil(at, department), civil(now, department));
    let clock = then.format("%-H\u{a0}h\u{a0}%M");
    let days = today.date_naive().signed_duration_since(then.date_naive());
    if days <= TimeDelta::zero() {
        let hour = then.format("%H").to_string();
        let part = match hour.as_str() {
            hour if hour < "06" => "cette nuit",
            hour if hour < "12" => "ce matin",
            _ => "aujourd’hui",
        };
        format!("dit {part} à {clock}")
    } else if days == TimeDelta::days(1) {
        format!("dit hier à {clock}")
    } else {
        format!("dit il y a {}\u{a0}jours", days.num_days())
    }
}

/// Who lives there.
pub fn setting(setting: Setting) -> &'static str {
    match setting {
        Setting::Women => "entre femmes",
        Setting::Men => "entre hommes",
        Setting::Mixed => "mixte",
        Setting::Alone => "logement à part",
    }
}

/// The ages of adults.
pub fn adults(ages: Option<AgeRange>) -> String {
    match ages {
        None => NO_ADULTS.to_owned(),
        Some(AgeRange { min, max: None }) if min.get() <= 18 => "adultes de tout âge".to_owned(),
        Some(AgeRange { min, max: None }) => format!("adultes à partir de {}", years(min.get())),
        Some(AgeRange { min, max: Some(max) }) => format!("adultes de {} à {}", min.get(), years(max.get())),
    }
}

/// The ages of children.
pub fn children(children: Option<Children>) -> String {
    match children {
        None => NO_CHILDREN.to_owned(),
        Some(Children { max_age, boys_max_age: Some(boys) }) if boys != max_age => {
            format!("enfants jusqu’à {} (garçons {})", years(max_age.get()), years(boys.get()))
        }
        Some(Children { max_age, .. }) => format!("enfants jusqu’à {}", years(max_age.get())),
    }
}

/// A criterion as a reason for a place; none where its being met says nothing.
pub fn reason(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Distance => "la distance souhaitée",
        Criterion::Specialisation => "spécialisée",
        Criterion::Offers => "ce qui est souhaité s’y trouve",
        Criterion::Languages => "on y parle les langues souhaitées",
        Criterion::Readiness => "libre dès le jour demandé",
        Criterion::Cover => "pour toute la durée",
        Criterion::Freshness => "information du jour",
        Criterion::Conditions => "sans condition",
        Criterion::Avoidance => "hors des secteurs à éviter",
        Criterion::Fit => "faite pour elles",
        Criterion::Continuity => "elle peut les garder à l’étape suivante",
    }
}

/// A criterion as what stands against a place.
pub fn against(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Distance => "loin de ce qui est souhaité",
        Criterion::Specialisation => "pas spécialisée",
        Criterion::Offers => "rien de ce qui est souhaité",
        Criterion::Languages => "aucune des langues souhaitées",
        Criterion::Readiness => "il faut attendre",
        Criterion::Cover => "pour peu de temps",
        Criterion::Freshness => "information ancienne",
        Criterion::Conditions => "plusieurs conditions",
        Criterion::Avoidance => "peut-être dans un secteur à éviter",
        Criterion::Fit => "faite pour d’autres besoins",
        Criterion::Continuity => "il faudra chercher ailleurs ensuite",
    }
}

/// A place in few words, where nothing more of it is at hand.
pub fn place(kind: matcher::Kind, department: Department) -> String {
    format!("{}, {} ({department})", label(kind), super::department(department))
}

/// How many are asked and how many have said yes, said again when it changes.
pub fn asked_so_far(open: usize, answered: usize) -> String {
    match (open, answered) {
        (0, _) => "Aucune question en cours.".to_owned(),
        (open, 0) => format!("{}, pas encore de oui.", questions(open)),
        (open, 1) => format!("{}, dont 1\u{a0}oui à confirmer.", questions(open)),
        (open, more) => format!("{}, dont {more}\u{a0}oui à confirmer.", questions(open)),
    }
}

fn questions(open: usize) -> String {
    if open == 1 { "1\u{a0}question en cours".to_owned() } else { format!("{open}\u{a0}questions en cours") }
}
