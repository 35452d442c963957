//! What *Places possibles* says.

use chrono::TimeDelta;
use matcher::{AgeRange, Children, Criterion, Day, Department};

use super::{day, label, many, number, written, years};
use crate::clock::{Instant, civil};
use crate::domain::spoken;
use crate::language::either;

phrases! {
    ALL "tous" | "all";
    DEPARTMENT "Département" | "Department";
    KIND "Sorte" | "Kind";
    FILTER "Filtrer" | "Filter";
    FILTERS "Filtrer la liste" | "Filter the list";
    NO_FILTER "Tout montrer" | "Show all";
    AT "à" | "in";
    AT_MOST "au plus" | "at most";
    FROM "à partir du" | "from";
    TONIGHT "un toit ce soir" | "a roof tonight";
    A_NIGHT "une nuit au moins" | "one night at least";
    NO_ZONE "aucun secteur exclu" | "no excluded area";
    EXCLUDED "exclus" | "excluded";
    AVOIDED "à éviter" | "to avoid";
    CHANGE "modifier" | "change";
    MAY_MOVE_AWAY "accepte de changer de région" | "accepts moving to another region";
    STAYS_IN_REGION "n’accepte pas de changer de région" | "does not accept moving to another region";
    ALL_UNDERSTOOD "Tout ce qui a été compris" | "All that was understood";
    ASKED_BEFORE "Cette place est déjà demandée." | "This place has already been asked.";
    GONE "Cette place n’est plus proposée." | "This place is not proposed any more.";
    NOTHING_TICKED "Cochez au moins une place, ou demandez-en une par son bouton."
        | "Tick at least one place, or ask one by its button.";
    TICK "Cocher" | "Tick";
    ASK_TICKED "Demander aux places cochées" | "Ask the places ticked";
    ASKED_TITLE "Demandé" | "Asked";
    ASKED_STATE "Où elle en est\u{a0}:" | "Where it stands:";
    HELD_UNTIL "réservée jusqu’à" | "held until";
    HELD "réservée" | "held";
    ANSWER_BEFORE "répondre avant" | "answer by";
    CONFIRM_BEFORE "confirmer avant" | "confirm by";
    STILL_TICKED "Les autres restent cochées\u{a0}: demandez-les quand les premières ont répondu."
        | "The others stay ticked: ask them when the first have answered.";
    OTHERS_BEHIND "Autres places derrière cette porte\u{a0}:" | "Other places behind this door:";
    REGULATOR_CHOOSES "Une seule question suffit\u{a0}: qui tient la porte choisit la place."
        | "One question is enough: whoever keeps the door chooses the place.";
    STORE_AND_SEE "Enregistrer et voir qui appeler" | "Store and see whom to call";
    STORE_AND_SEE_WHY "La demande sera enregistrée après accord\u{a0}: le nom et le téléphone de chaque structure sont alors montrés."
        | "The request will be stored once there is agreement: the name and telephone of each home are then shown.";
    NUMBER_ONCE_STORED "la structure elle-même\u{a0}: son téléphone est montré une fois la demande enregistrée"
        | "the home itself: its telephone is shown once the request is stored";
    REASONS_LEAD "Ce qui la place ici\u{a0}:" | "What puts it here:";
    AGAINST_LEAD "Ce qui joue contre\u{a0}:" | "What counts against it:";
    THE_BARS "le détail" | "details";
    SPEAKS "Parle" | "Speaks";
    OFFERS "Sur place\u{a0}:" | "On site:";
    NO_CHILDREN "sans enfants" | "no children";
    NO_ADULTS "mineurs seulement" | "minors only";
    OF_ALL "Pour toutes ces places\u{a0}:" | "For all these places:";
    UNLAWFUL_TICK "sans les conditions non opposables" | "without unlawful conditions";
    UNLAWFUL_WHY "La case ne change que l’affichage\u{a0}: elle n’est ni enregistrée ni envoyée."
        | "The box changes only what is shown: it is neither stored nor sent.";
    BACK_TO_FIRST "Revenir au début de la liste" | "Back to the top of the list";
    NONE_IN_FILTER "Aucune place ne correspond à ce filtre." | "No place matches this filter.";
    OPENS_TITLE "Ce qui en ouvrirait d’autres" | "What would open others";
    OPENS_LEAD "À voir avec la personne. Chaque bouton montre lesquelles\u{a0}; rien n’est changé tant que vous n’en tenez pas compte."
        | "To be settled with the person. Each button shows which; nothing is changed until you take it over.";
    SEE_WHICH "voir lesquelles" | "see which";
    WITH_CHANGE "Avec ce changement seulement\u{a0}:" | "With this change only:";
    WITH_CHANGE_LEAD "Ces places s’ajoutent à la liste. Elles ne sont pas encore demandables\u{a0}: rien n’a changé dans la demande."
        | "These places join the list. They cannot be asked yet: nothing has changed in the request.";
    TAKE_OVER "En tenir compte" | "Take it over";
    DO_NOT_TAKE_OVER "Ne rien changer" | "Change nothing";
    NO_LONGER_OPENS "Ce changement n’ouvre plus de place\u{a0}: la liste vient de changer."
        | "This change opens no place any more: the list has just changed.";
    TO_STORE_TITLE "Avant de demander\u{a0}: l’accord de la personne" | "Before asking: the person’s agreement";
    TO_STORE_LEAD "Tout ce que vous avez saisi est gardé. Il ne manque que ceci."
        | "All that you typed is kept. Only this is missing.";
    BACK_TO_PLACES "Revenir aux places sans enregistrer" | "Back to the places without storing";
    STORE_AND_ASK "Enregistrer et demander" | "Store and ask";
    STORE_AND_HOLD "Enregistrer et réserver" | "Store and hold";
    SHEET "Fiche de la recherche" | "Sheet of the search";
    NIGHTS_WHY "Rien\u{a0}: une nuit au moins pour une mise à l’abri, 30 ensuite."
        | "Nothing: one night at least for emergency shelter, 30 after that.";
    SHEET_MADE "Établie le" | "Made on";
    SHEET_SINCE "recherche ouverte depuis le" | "search open since";
    SHEET_LEAD "Le repère seul\u{a0}: ni nom, ni lieu d’accueil, ni danger. Cette fiche ne prouve rien d’une personne\u{a0}; elle dit ce qui a été cherché et répondu."
        | "The alias alone: no name, no home, no danger. This sheet proves nothing of anyone; it says what was looked for and answered.";
    SHEET_SEARCHED "Ce qui a été cherché" | "What was looked for";
    SHEET_ASKED "Ce qui a été demandé" | "What was asked";
    SHEET_UNLAWFUL "Refus pour une condition non opposable" | "Refusals for an unlawful condition";
    SHEET_NO_UNLAWFUL "Aucun." | "None.";
    ZONE_WHOLE "exclu" | "excluded";
    ZONE_PART "en partie exclu" | "partly excluded";
    ZONE_AVOIDED "à éviter" | "to avoid";
    MAP_LEAD "Chaque case est un département\u{a0}; le chiffre dit combien de places possibles s’y trouvent, toutes comptées. × secteur exclu, ⨯ en partie exclu, ~ à éviter."
        | "Each square is a department; the number says how many possible places there are, all counted. × excluded area, ⨯ partly excluded, ~ to avoid.";
    REQUEST_CHANGED "La demande a été modifiée depuis ce classement." | "The request was changed after this ranking.";
    RANK_AGAIN "Refaire la recherche" | "Search again";
    BEHIND_TOO "derrière la même porte" | "behind the same door";
    OLD_NUMBER "À vérifier\u{a0}: plus de six mois." | "To be checked: more than six months old.";
    OPEN_NOW "répond maintenant" | "answers now";
}

/// The button that asks the first of the list.
pub fn ask_first(places: usize) -> String {
    match places {
        1 => either!("Demander à la première", "Ask the first").to_owned(),
        more => either!(format!("Demander aux {more}\u{a0}premières"), format!("Ask the first {more}")),
    }
}

/// When somebody last made sure of a number; who, comes after.
pub fn verified(on: chrono::NaiveDate) -> String {
    let on = written(on);
    either!(format!("vérifié le {on} par"), format!("checked on {on} by"))
}

/// What was wanted.
pub fn wanted(places: usize) -> String {
    either!(many(places, "place choisie.", "places choisies."), many(places, "place chosen.", "places chosen."))
}

/// How many were asked, and how many have said something.
pub fn asked_and_answered(asked: usize, answered: usize) -> String {
    if asked == 0 {
        return either!("Aucune place n’a été demandée.", "No place was asked.").to_owned();
    }
    let asked = either!(many(asked, "place demandée", "places demandées"), many(asked, "place asked", "places asked"));
    match answered {
        0 | 1 => either!(
            format!("{asked}, {answered} réponse."),
            format!("{asked}, {answered} answer{}.", if answered == 1 { "" } else { "s" }),
        ),
        more => either!(format!("{asked}, {more} réponses."), format!("{asked}, {more} answers.")),
    }
}

/// How many go at once.
pub fn how_many_at_once(wave: usize) -> String {
    either!(format!("{wave}\u{a0}places au plus partent à la fois."), format!("{wave}\u{a0}places at most are asked at a time."),)
}

/// How many were asked, and how many could not be.
pub fn outcome(asked: usize, refused: usize) -> String {
    let asked = match asked {
        0 => either!("Aucune place n’a été demandée", "No place was asked").to_owned(),
        more => {
            either!(many(more, "place est demandée", "places sont demandées"), many(more, "place is asked", "places are asked"),)
        }
    };
    match refused {
        0 => format!("{asked}."),
        1 => either!(format!("{asked}\u{a0}; 1 n’a pas pu l’être\u{a0}:"), format!("{asked}; 1 could not be:")),
        more => either!(format!("{asked}\u{a0}; {more} n’ont pas pu l’être\u{a0}:"), format!("{asked}; {more} could not be:")),
    }
}

/// How many places, in a sentence: the numbers first.
pub fn found(eligible: u64, to_verify: u64, evaluated: u64) -> String {
    let places =
        either!(many(eligible, "place possible", "places possibles"), many(eligible, "possible place", "possible places"),);
    let (to_verify, evaluated) = (number(to_verify), number(evaluated));
    either!(
        format!("{places}, {to_verify} à vérifier, sur {evaluated} groupes de places examinés."),
        format!("{places}, {to_verify} to verify, of {evaluated} groups of places looked at."),
    )
}

/// Which of how many are shown.
pub fn shown(from: usize, to: usize, of: usize) -> String {
    let (from, to, of) = (number(from), number(to), number(of));
    either!(format!("{from} à {to} sur {of}."), format!("{from} to {to} of {of}."))
}

/// The way on.
pub fn more(places: usize) -> String {
    either!(format!("{places} de plus"), format!("{places} more"))
}

/// How many places of the page have such a condition.
pub fn set_aside(places: usize) -> String {
    either!(
        many(places, "place mise de côté sur cette page.", "places mises de côté sur cette page."),
        many(places, "place set aside on this page.", "places set aside on this page."),
    )
}

/// For whom there is room, and until when.
pub fn room(people: usize, is_tonight: bool, start: Day, until: Option<Day>) -> String {
    let whom = match people {
        1 => either!("Place", "Room").to_owned(),
        2 => either!("Place pour les deux", "Room for both").to_owned(),
        more => either!(format!("Place pour les {more}"), format!("Room for all {more}")),
    };
    let from = match is_tonight {
        true => either!("ce soir", "tonight").to_owned(),
        false => either!(format!("à partir du {}", day(start)), format!("from {}", day(start))),
    };
    match until.map(day) {
        Some(until) => either!(format!("{whom} {from} et jusqu’au {until}"), format!("{whom} {from} and until {until}")),
        None => either!(format!("{whom} {from}, sans date de fin"), format!("{whom} {from}, with no end date")),
    }
}

/// When a place was last confirmed, as people say it: by the clock of the place.
pub fn said_at(at: Instant, now: Instant, department: Department) -> String {
    let (then, today) = (civil(at, department), civil(now, department));
    let clock = spoken::hour(then);
    let days = today.date_naive().signed_duration_since(then.date_naive());
    if days <= TimeDelta::zero() {
        let hour = then.format("%H").to_string();
        let part = match hour.as_str() {
            hour if hour < "06" => either!("cette nuit", "last night"),
            hour if hour < "12" => either!("ce matin", "this morning"),
            _ => either!("aujourd’hui", "today"),
        };
        either!(format!("dit {part} à {clock}"), format!("said {part} at {clock}"))
    } else if days == TimeDelta::days(1) {
        either!(format!("dit hier à {clock}"), format!("said yesterday at {clock}"))
    } else {
        let days = days.num_days();
        either!(format!("dit il y a {days}\u{a0}jours"), format!("said {days}\u{a0}days ago"))
    }
}

/// The ages of adults.
pub fn adults(ages: Option<AgeRange>) -> String {
    match ages {
        None => NO_ADULTS.text().to_owned(),
        Some(AgeRange { min, max: None }) if min.get() <= 18 => either!("adultes de tout âge", "adults of any age").to_owned(),
        Some(AgeRange { min, max: None }) => {
            either!(format!("adultes à partir de {}", years(min.get())), format!("adults from {}", min.get()))
        }
        Some(AgeRange { min, max: Some(max) }) => either!(
            format!("adultes de {} à {}", min.get(), years(max.get())),
            format!("adults from {} to {}", min.get(), max.get()),
        ),
    }
}

/// The ages of children.
pub fn children(children: Option<Children>) -> String {
    match children {
        None => NO_CHILDREN.text().to_owned(),
        Some(Children { max_age, boys_max_age: Some(boys) }) if boys != max_age => {
            let (all, boys) = (max_age.get(), boys.get());
            either!(
                format!("enfants jusqu’à {} (garçons {})", years(all), years(boys)),
                format!("children up to {all} (boys {boys})"),
            )
        }
        Some(Children { max_age, .. }) => {
            let all = max_age.get();
            either!(format!("enfants jusqu’à {}", years(all)), format!("children up to {all}"))
        }
    }
}

/// A criterion as a reason for a place; none where its being met says nothing.
pub fn reason(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Distance => either!("la distance souhaitée", "the distance wished for"),
        Criterion::Specialisation => either!("spécialisée", "specialised"),
        Criterion::Offers => either!("ce qui est souhaité s’y trouve", "what is wished for is found there"),
        Criterion::Languages => either!("on y parle les langues souhaitées", "the languages wished for are spoken"),
        Criterion::Readiness => either!("libre dès le jour demandé", "free from the day asked"),
        Criterion::Cover => either!("pour toute la durée", "for the whole length"),
        Criterion::Freshness => either!("information du jour", "today’s information"),
        Criterion::Conditions => either!("sans condition", "no condition"),
        Criterion::Avoidance => either!("hors des secteurs à éviter", "outside the areas to avoid"),
        Criterion::Fit => either!("faite pour elles", "made for them"),
        Criterion::Continuity => either!("elle peut les garder à l’étape suivante", "it can keep them at the next stage"),
    }
}

/// A criterion as what stands against a place.
pub fn against(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Distance => either!("loin de ce qui est souhaité", "far from what is wished for"),
        Criterion::Specialisation => either!("pas spécialisée", "not specialised"),
        Criterion::Offers => either!("rien de ce qui est souhaité", "nothing of what is wished for"),
        Criterion::Languages => either!("aucune des langues souhaitées", "none of the languages wished for"),
        Criterion::Readiness => either!("il faut attendre", "there is a wait"),
        Criterion::Cover => either!("pour peu de temps", "for a short time"),
        Criterion::Freshness => either!("information ancienne", "old information"),
        Criterion::Conditions => either!("plusieurs conditions", "several conditions"),
        Criterion::Avoidance => either!("peut-être dans un secteur à éviter", "perhaps in an area to avoid"),
        Criterion::Fit => either!("faite pour d’autres besoins", "made for other needs"),
        Criterion::Continuity => either!("il faudra chercher ailleurs ensuite", "another place will have to be found afterwards"),
    }
}

/// A place in few words, where nothing more of it is at hand.
pub fn place(kind: matcher::Kind, department: Department) -> String {
    format!("{}, {} ({department})", label(kind), super::department(department))
}

/// How many are asked and how many have said yes, said again when it changes.
pub fn asked_so_far(open: usize, answered: usize) -> String {
    if open == 0 {
        return either!("Aucune question en cours.", "No question under way.").to_owned();
    }
    let open =
        either!(many(open, "question en cours", "questions en cours"), many(open, "question under way", "questions under way"));
    match answered {
        0 => either!(format!("{open}, pas encore de oui."), format!("{open}, no yes yet.")),
        yes => {
            either!(format!("{open}, dont {yes}\u{a0}oui à confirmer."), format!("{open}, including {yes}\u{a0}yes to confirm."))
        }
    }
}
