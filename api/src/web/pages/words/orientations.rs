//! What *Orientations* and the link of a mail say, and the one line of a request as an addressee reads it.

use chrono::NaiveDate;
use matcher::{Day, Gender, Minority};

use crate::domain::request::AgeBand;
pub use crate::domain::spoken::{date, day_of, when};

/// Over a page that does not keep up any more.
pub const KEEPS_UP_NO_MORE: &str =
    "Cette page ne se tient plus à jour\u{a0}: la session a pris fin, ou il n’y a plus rien à montrer.";
/// The way back to one that does.
pub const RELOAD: &str = "La rouvrir";
/// On what has changed while somebody typed into it.
pub const CHANGED_WHILE_TYPING: &str =
    "Cela a changé pendant que vous écriviez\u{a0}: ce que vous avez saisi est gardé ici, mais ne peut plus être envoyé tel quel.";
/// What follows.
pub const TO_DO: &str = "À faire";
/// Questions that wait.
pub const QUESTIONS: &str = "Questions";
/// Who is expected.
pub const ARRIVALS: &str = "Arrivées";
/// Who is housed.
pub const HOUSED: &str = "Hébergées";
/// What was done within the last minutes.
pub const A_MOMENT_AGO: &str = "À l’instant";
/// What was done within the last days.
pub const LAST_DAYS: &str = "Derniers jours";
/// Nothing there.
pub const ALL_QUIET: &str = "Aucune question pour l’instant. Dites ce qui est libre\u{a0}: c’est ainsi qu’on vous trouve.";
/// Where to say so.
pub const TO_PLACES: &str = "Mes places";
/// Behind a regulator's door.
pub const BEHIND_DOOR: &str = "Porte";
/// Who keeps it answers.
pub const REGULATOR_ANSWERS: &str = "Le régulateur de la porte répond. Ici, ce qui concerne l’arrivée.";
/// Since when.
pub const ASKED_AT: &str = "demandé";
/// Until when.
pub const ANSWER_BEFORE: &str = "répondre avant";
/// The same for who asked.
pub const CONFIRM_BEFORE: &str = "confirmer avant";
/// Beds kept without an answer.
pub const HELD_UNTIL: &str = "réservée jusqu’à";
/// They stay held until somebody answers.
pub const HELD: &str = "places réservées";
/// They are not held.
pub const NOT_HELD: &str = "sans réservation";
/// What the place must have.
pub const NEEDS: &str = "il faut\u{a0}: ";
/// What had better be there.
pub const WISHES: &str = "ce serait mieux\u{a0}: ";
/// A yes at one of several places.
pub const YES_WHERE: &str = "Oui, choisir la place…";
/// A yes with more to it.
pub const YES_WITH: &str = "Oui, en précisant…";
/// A no.
pub const NO: &str = "Non…";
/// A no after a yes.
pub const NO_AFTER_ALL: &str = "Ne peut plus accueillir…";
/// What follows from that.
pub const NO_AFTER_ALL_LEAD: &str = "Ces personnes comptent sur la place. Un non les remet en recherche tout de suite, et qui demande est prévenu\u{a0}; appelez-le aussi.";
/// A call that is wished for.
pub const CALL_ME: &str = "Rappelez-moi…";
/// Who calls whom.
pub const WHO_CALLS: &str = "Qui appelle\u{a0}?";
/// The other side does.
pub const CALL_US: &str = "Rappelez-moi";
/// We do.
pub const WE_CALL: &str = "J’appelle";
/// At which number.
pub const AT_NUMBER: &str = "À ce numéro, ou depuis celui-ci (facultatif)";
/// From when, or when.
pub const CALL_AT: &str = "À partir de, ou à (facultatif si l’on vous rappelle)";
/// A call that was made.
pub const CALL_DONE: &str = "C’est fait";
/// What is wrong with a number.
pub const WRONG_PHONE: &str = "Un numéro de téléphone, comme 01 99 00 01 12.";
/// A call that is announced has an hour.
pub const CALL_NEEDS_HOUR: &str = "Dites à quelle heure vous appelez.";
/// The people do not.
pub const OF_PERSON: &str = "C’est la personne qui ne veut pas";
/// The same, of one's own.
pub const REFUSE_FOR_HER: &str = "Elle ne veut pas de cette place…";
/// The reasons that need a word more.
pub const IN_WORDS: &str = "En quelques mots (jamais de nom ni de lieu)";
/// Which condition.
pub const WHICH_CONDITION: &str = "Quelle condition\u{a0}?";
/// Lawful ones.
pub const LAWFUL: &str = "Conditions d’admission";
/// Others.
pub const UNLAWFUL: &str = "Conditions non opposables (comptées, le SIAO peut les lever)";
/// None was chosen.
pub const CHOOSE_REASON: &str = "Choisissez une raison.";
/// Which of these was not said.
pub const CHOOSE_CONDITION: &str = "Choisissez la condition\u{a0}: un refus la nomme.";
/// Words are missing.
pub const SAY_IN_WORDS: &str = "Dites-le en quelques mots, 500 signes au plus.";
/// They are too long.
pub const TOO_LONG: &str = "C’est trop long\u{a0}: 500 signes au plus.";
/// A reason that the next ranking would belie.
pub const REASON_BELIED: &str = "Pas cette raison ici\u{a0}: la prochaine recherche la démentirait. Choisissez-en une autre.";
/// A day.
pub const INTERVIEW_ON: &str = "Entretien le";
/// A day.
pub const TRAVEL_ON: &str = "Voyage le";
/// Where people are met.
pub const MEETING_POINT: &str = "Point de rencontre, sans adresse";
/// Why rules are let pass.
pub const OVERRIDE: &str = "Vérifié comment\u{a0}? Qui a répondu, et quoi";
/// What is free.
pub const FREE_THERE: &str = "Les places\u{a0}:";
/// None is free any more.
pub const NONE_FREE: &str = "Mettre à 0";
/// The arrival.
pub const EXPECTED_AT: &str = "attendue";
/// The beginning of a stay.
pub const SINCE: &str = "depuis le";
/// The end of a stay.
pub const END_STAY: &str = "Fin du séjour…";
/// What is not freed by itself.
pub const END_STAY_LEAD: &str = "Rien ne se libère tout seul\u{a0}: la déclaration vous est proposée ensuite, remplie.";
/// What may be declared.
pub const OFFER_DECLARATION: &str = "Une place s’est libérée\u{a0}?";
/// Who said what.
pub const YOU_SAID: &str = "Vous avez dit";
/// Of a no.
pub const SAID_NO: &str = "non à";
/// Of a no-show.
pub const SAID_NOT_COME: &str = "ne s’est pas présentée\u{a0}:";
/// Of an end.
pub const SAID_ENDED: &str = "fin du séjour de";
/// Taken back by whom.
pub const UNDONE: &str = "annulé à";
/// Who is in charge.
pub const MINE: &str = "Mes demandes";
/// All of them.
pub const ALL_OF_SERVICE: &str = "Tout le service";
/// Which are shown.
pub const WHICH: &str = "Quelles demandes";
/// Nobody of mine.
pub const NONE_OF_MINE: &str = "Aucune demande n’est à votre nom ici.";
/// Nothing was asked yet.
pub const NOTHING_ASKED: &str = "Aucune place demandée.";
/// What lapses soon.
pub const LAPSES_SOON: &str = "Bientôt échu";
/// What waits.
pub const WAITING: &str = "En attente d’une réponse";
/// Confirmed ones.
pub const CONFIRMED: &str = "Arrivées attendues";
/// Late ones.
pub const OVERDUE: &str = "En retard";
/// Ended ones.
pub const ENDED: &str = "Terminées";
/// Seen.
pub const NOTED: &str = "Vu";
/// She changed her mind.
pub const LIFT: &str = "Elle a changé d’avis\u{a0}: la reproposer";
/// Ask again.
pub const REVIVE: &str = "Redemander";
/// Said yes.
pub const YES_CAME: &str = "a dit oui";
/// Said no.
pub const NO_CAME: &str = "a dit non\u{a0}:";
/// Nobody answered.
pub const NO_ANSWER: &str = "n’a pas répondu à temps";
/// Nobody came.
pub const NOBODY_CAME: &str = "dit que personne n’est venu";
/// The stay is over.
pub const STAY_OVER: &str = "dit que le séjour a pris fin\u{a0}:";
/// A call.
pub const ASKS_FOR_CALL: &str = "demande à être rappelée";
/// A call to come.
pub const WILL_CALL: &str = "va appeler";
/// The other's.
pub const YOU_ASKED_FOR_CALL: &str = "Vous avez demandé à être rappelé";
/// One's own.
pub const YOU_WILL_CALL: &str = "À faire\u{a0}: appeler";
/// From when.
pub const FROM: &str = "à partir de";
/// At.
pub const AT: &str = "à";
/// Before.
pub const BEFORE: &str = "avant";
/// The call was made.
pub const CALLED_AT: &str = "appel passé à";
/// What a withdrawal says.
pub const WITHDRAW_LEAD: &str =
    "La question est retirée, les places réservées se libèrent, la structure est prévenue si elle attendait.";
/// Its fold.
pub const WITHDRAW: &str = "Retirer…";
/// Turned away.
pub const TURNED_AWAY: &str = "Refoulée à la porte…";
/// What follows.
pub const TURNED_AWAY_LEAD: &str = "La demande cherche de nouveau, et le SIAO du département le sait, sans rien des personnes.";
/// Arrived in one's own words.
pub const ADDRESS_LEAD: &str = "L’adresse…";
/// Closing.
pub const CLOSE: &str = "Clore…";
/// What follows.
pub const CLOSE_LEAD: &str = "Les questions ouvertes sont retirées. Une demande close se rouvre avec son ancienneté.";
/// Other places behind a door.
pub const OTHER_PLACES: &str = "Quelle place\u{a0}?";
/// The one that was asked.
pub const ASKED_PLACE: &str = "Celle qui est demandée";
/// Others that fit.
pub const OTHERS_FIT: &str = "Les autres derrière cette porte qui conviennent";
/// None.
pub const NO_OTHERS: &str = "Aucune autre place derrière cette porte ne convient.";
/// The button.
pub const YES_THERE: &str = "Oui, ici";
/// What was said of the vacancies.
pub const FREE_UNTIL: &str = "jusqu’au";
/// When.
pub const CONFIRMED_AT: &str = "dit";
/// By phone.
pub const BY_PHONE: &str = "La structure a répondu par téléphone…";
/// Whom it was said for.
pub const PHONE: &str = "☎\u{a0}";
/// Who runs the place said how it ended.
pub const THE_PLACE: &str = "La structure";

/// What goes to paper.
pub const TO_PRINT: &str = "Imprimer\u{a0}:";
/// For whoever goes along.
pub const SHEET: &str = "fiche d’arrivée";
/// For the person.
pub const PAPER: &str = "papier pour elle";
/// Later than at once.
pub const UNDO_LATER: &str = "Annuler, en disant pourquoi…";
/// The reason is missing.
pub const SAY_WHY: &str = "Passé les premières minutes, dites pourquoi\u{a0}: les deux côtés le lisent.";
/// What was written down is not so.
pub const CONTRADICTED: &str =
    "La structure dit que ce qui a été noté par téléphone n’est pas exact\u{a0}: appelez-la. La coordination le sait.";
/// Its fold.
pub const IT_IS_SO: &str = "C’est exact…";
/// What follows.
pub const IT_IS_SO_LEAD: &str =
    "Le point de rencontre et le code d’arrivée s’ouvrent à qui vient. Cela ne s’annule pas\u{a0}; un non reste possible.";

/// How many things wait, in a sentence.
pub fn summary_of_addressee(questions: usize, arrivals: usize) -> String {
    let asked = match questions {
        0 => "Aucune question".to_owned(),
        1 => "1\u{a0}question".to_owned(),
        more => format!("{more}\u{a0}questions"),
    };
    match arrivals {
        0 => asked,
        1 => format!("{asked}, 1\u{a0}arrivée attendue"),
        more => format!("{asked}, {more}\u{a0}arrivées attendues"),
    }
}

/// The same of those who ask.
pub fn summary_of_referent(to_do: usize, waiting: usize) -> String {
    let first = match to_do {
        0 => "Rien à faire".to_owned(),
        1 => "1\u{a0}demande à reprendre".to_owned(),
        more => format!("{more}\u{a0}demandes à reprendre"),
    };
    match waiting {
        0 => first,
        more => format!("{first}, {more} en attente d’une réponse"),
    }
}

/// A home and the beds that are meant.
pub fn group(home: &str, kind: &str, setting: &str, places: u32) -> String {
    let places = if places == 1 { "1\u{a0}place".to_owned() } else { format!("{places}\u{a0}places") };
    format!("{home}, {} ({setting}, {places})", within(kind))
}

/// A word within a sentence: small at its beginning, but for what is spelled in capitals.
fn within(word: &str) -> String {
    let mut letters = word.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() && !word.contains('.') => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => word.to_owned(),
    }
}

/// How many are free now, and how many of them held.
pub fn free(beds: u32, held: u32) -> String {
    let free = match beds {
        0 => "aucune".to_owned(),
        more => more.to_string(),
    };
    if held == 0 { free } else { format!("{free}, dont {held} réservée{}", if held == 1 { "" } else { "s" }) }
}

/// Those of a household who are alike, as an addressee is told of them.
pub fn people(count: usize, gender: Gender, minority: Option<Minority>, with_parent: bool, ages: Option<&str>) -> String {
    let (one, more) = match (minority, with_parent, gender) {
        (None, _, Gender::Female) => ("femme ou fille", "femmes ou filles"),
        (None, _, Gender::Male) => ("homme ou garçon", "hommes ou garçons"),
        (_, _, Gender::Other) => ("personne d’un autre genre", "personnes d’un autre genre"),
        (Some(Minority::Adult), _, Gender::Female) => ("femme", "femmes"),
        (Some(Minority::Adult), _, Gender::Male) => ("homme", "hommes"),
        (Some(_), true, Gender::Female | Gender::Male) => ("enfant", "enfants"),
        (Some(Minority::Minor), false, Gender::Female) => ("fille seule", "filles seules"),
        (Some(Minority::Minor), false, Gender::Male) => ("garçon seul", "garçons seuls"),
        (Some(Minority::PresumedMinor), false, Gender::Female) => ("fille présumée mineure", "filles présumées mineures"),
        (Some(Minority::PresumedMinor), false, Gender::Male) => ("garçon présumé mineur", "garçons présumés mineurs"),
    };
    let noun = if count == 1 { one } else { more };
    match ages {
        Some(ages) => format!("{count}\u{a0}{noun} ({ages})"),
        None => format!("{count}\u{a0}{noun}"),
    }
}

/// An age in few signs.
pub fn band(band: AgeBand) -> &'static str {
    match band {
        AgeBand::Under6 => "moins de 6",
        AgeBand::From6To12 => "6–12",
        AgeBand::From13To15 => "13–15",
        AgeBand::From16To17 => "16–17",
        AgeBand::From18To25 => "18–25",
        AgeBand::Over25 => "plus de 25",
    }
}

/// From which day a roof is needed.
pub fn from_day(first: Day, tonight: NaiveDate) -> String {
    let first = first.get();
    if first <= tonight {
        "ce soir".to_owned()
    } else if tonight.succ_opt() == Some(first) {
        "demain".to_owned()
    } else {
        format!("à partir du {}", date(first, tonight))
    }
}

/// For how many nights: where one night is enough for a beginning, that is said first.
pub fn nights(nights: u32, one_is_enough: bool) -> String {
    match (nights, one_is_enough) {
        (1, _) => "1\u{a0}nuit".to_owned(),
        (more, true) => format!("1\u{a0}nuit au moins, {more} souhaitées"),
        (more, false) => format!("{more}\u{a0}nuits"),
    }
}

/// What is spoken.
pub fn speaks(languages: &[&str]) -> String {
    format!("parle {}", languages.join(", "))
}

/// Minutes that are left, spelled out where no script counts them.
pub fn minutes_left(minutes: i64) -> String {
    format!("encore {}\u{a0}min", minutes.max(1))
}
