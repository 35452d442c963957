//! What *Orientations* and the link of a mail say, and the one line of a request as an addressee reads it.

use chrono::NaiveDate;
use matcher::{Day, Gender, Minority};

use super::many;
use crate::domain::request::AgeBand;
pub use crate::domain::spoken::{at, date, day_of, when};
use crate::language::either;

phrases! {
    KEEPS_UP_NO_MORE "Cette page ne se tient plus à jour\u{a0}: la session a pris fin, ou il n’y a plus rien à montrer."
        | "This page does not keep up any more: the session has ended, or there is nothing left to show.";
    RELOAD "La rouvrir" | "Open it again";
    CHANGED_WHILE_TYPING "Cela a changé pendant que vous écriviez\u{a0}: ce que vous avez saisi est gardé ici, mais ne peut plus être envoyé tel quel."
        | "This has changed while you were writing: what you typed is kept here, but cannot be sent as it is any more.";
    TO_DO "À faire" | "To do";
    QUESTIONS "Questions" | "Questions";
    ARRIVALS "Arrivées" | "Arrivals";
    HOUSED "Hébergées" | "Housed";
    A_MOMENT_AGO "À l’instant" | "A moment ago";
    LAST_DAYS "Derniers jours" | "Last days";
    ALL_QUIET "Aucune question pour l’instant. Dites ce qui est libre\u{a0}: c’est ainsi qu’on vous trouve."
        | "No question at the moment. Say what is free: that is how you are found.";
    TO_PLACES "Mes places" | "My places";
    BEHIND_DOOR "Porte" | "Door";
    REGULATOR_ANSWERS "Le régulateur de la porte répond. Ici, ce qui concerne l’arrivée."
        | "The regulator of the door answers. Here is what concerns the arrival.";
    ASKED_AT "demandé" | "asked";
    ANSWER_BEFORE "répondre avant" | "answer by";
    CONFIRM_BEFORE "confirmer avant" | "confirm by";
    HELD_UNTIL "réservée jusqu’à" | "held until";
    HELD "places réservées" | "places held";
    NOT_HELD "sans réservation" | "not held";
    NEEDS "il faut\u{a0}: " | "needed:\u{a0}";
    WISHES "ce serait mieux\u{a0}: " | "it would be better with:\u{a0}";
    YES_WHERE "Oui, choisir la place…" | "Yes, choose the place…";
    YES_WITH "Oui, en précisant…" | "Yes, with details…";
    NO "Non…" | "No…";
    NO_AFTER_ALL "Ne peut plus accueillir…" | "Cannot take them after all…";
    NO_AFTER_ALL_LEAD "Ces personnes comptent sur la place. Un non les remet en recherche tout de suite, et qui demande est prévenu\u{a0}; appelez-le aussi."
        | "These people count on the place. A no puts them back into the search at once, and whoever asks is told; call them too.";
    CALL_ME "Rappelez-moi…" | "Call me back…";
    WHO_CALLS "Qui appelle\u{a0}?" | "Who calls?";
    CALL_US "Rappelez-moi" | "Call me back";
    WE_CALL "J’appelle" | "I will call";
    AT_NUMBER "À ce numéro, ou depuis celui-ci (facultatif)" | "At this number, or from it (optional)";
    CALL_AT "À partir de, ou à (facultatif si l’on vous rappelle)" | "From, or at (optional if you are to be called back)";
    CALL_DONE "C’est fait" | "Done";
    WRONG_PHONE "Un numéro de téléphone, comme 01 99 00 01 12." | "A telephone number, such as 01 99 00 01 12.";
    CALL_NEEDS_HOUR "Dites à quelle heure vous appelez." | "Say at what time you will call.";
    OF_PERSON "C’est la personne qui ne veut pas" | "It is the person who does not want to";
    REFUSE_FOR_HER "Elle ne veut pas de cette place…" | "They do not want this place…";
    IN_WORDS "En quelques mots (jamais de nom ni de lieu)" | "In a few words (never a name or a place)";
    WHICH_CONDITION "Quelle condition\u{a0}?" | "Which condition?";
    LAWFUL "Conditions d’admission" | "Conditions of admission";
    UNLAWFUL "Conditions non opposables (comptées, le SIAO peut les lever)"
        | "Unlawful conditions (counted, the SIAO can lift them)";
    CHOOSE_REASON "Choisissez une raison." | "Choose a reason.";
    CHOOSE_CONDITION "Choisissez la condition\u{a0}: un refus la nomme." | "Choose the condition: a refusal names it.";
    SAY_IN_WORDS "Dites-le en quelques mots, 500 signes au plus." | "Say it in a few words, 500 characters at most.";
    TOO_LONG "C’est trop long\u{a0}: 500 signes au plus." | "This is too long: 500 characters at most.";
    REASON_BELIED "Pas cette raison ici\u{a0}: la prochaine recherche la démentirait. Choisissez-en une autre."
        | "Not this reason here: the next search would belie it. Choose another one.";
    INTERVIEW_ON "Entretien le" | "Interview on";
    TRAVEL_ON "Voyage le" | "Journey on";
    MEETING_POINT "Point de rencontre, sans adresse" | "Meeting point, without an address";
    OVERRIDE "Vérifié comment\u{a0}? Qui a répondu, et quoi" | "Verified how? Who answered, and what";
    FREE_THERE "Les places\u{a0}:" | "The places:";
    NONE_FREE "Mettre à 0" | "Set to 0";
    EXPECTED_AT "attendue" | "expected";
    SINCE "depuis le" | "since";
    END_STAY "Fin du séjour…" | "End of stay…";
    END_STAY_LEAD "Rien ne se libère tout seul\u{a0}: la déclaration vous est proposée ensuite, remplie."
        | "Nothing becomes free by itself: the declaration is offered to you next, filled in.";
    OFFER_DECLARATION "Une place s’est libérée\u{a0}?" | "Has a place become free?";
    YOU_SAID "Vous avez dit" | "You said";
    SAID_NO "non à" | "no to";
    SAID_NOT_COME "ne s’est pas présentée\u{a0}:" | "did not come:";
    SAID_ENDED "fin du séjour de" | "end of stay of";
    UNDONE "annulé à" | "undone at";
    MINE "Mes demandes" | "My requests";
    ALL_OF_SERVICE "Tout le service" | "The whole service";
    WHICH "Quelles demandes" | "Which requests";
    NONE_OF_MINE "Aucune demande n’est à votre nom ici." | "No request is in your name here.";
    NOTHING_ASKED "Aucune place demandée." | "No place asked.";
    LAPSES_SOON "Bientôt échu" | "About to lapse";
    WAITING "En attente d’une réponse" | "Waiting for an answer";
    CONFIRMED "Arrivées attendues" | "Expected arrivals";
    OVERDUE "En retard" | "Overdue";
    ENDED "Terminées" | "Ended";
    NOTED "Vu" | "Seen";
    LIFT "Elle a changé d’avis\u{a0}: la reproposer" | "They have changed their mind: propose it again";
    REVIVE "Redemander" | "Ask again";
    YES_CAME "a dit oui" | "said yes";
    NO_CAME "a dit non\u{a0}:" | "said no:";
    NO_ANSWER "n’a pas répondu à temps" | "did not answer in time";
    NOBODY_CAME "dit que personne n’est venu" | "says that nobody came";
    STAY_OVER "dit que le séjour a pris fin\u{a0}:" | "says that the stay has ended:";
    ASKS_FOR_CALL "demande à être rappelée" | "asks to be called back";
    WILL_CALL "va appeler" | "will call";
    YOU_ASKED_FOR_CALL "Vous avez demandé à être rappelé" | "You asked to be called back";
    YOU_WILL_CALL "À faire\u{a0}: appeler" | "To do: call";
    FROM "à partir de" | "from";
    AT "à" | "at";
    BEFORE "avant" | "by";
    CALLED_AT "appel passé à" | "called at";
    WITHDRAW_LEAD "La question est retirée, les places réservées se libèrent, la structure est prévenue si elle attendait."
        | "The question is withdrawn, the places held become free, the home is told if it was waiting.";
    WITHDRAW "Retirer…" | "Withdraw…";
    TURNED_AWAY "Refoulée à la porte…" | "Turned away at the door…";
    TURNED_AWAY_LEAD "La demande cherche de nouveau, et le SIAO du département le sait, sans rien des personnes."
        | "The request is searching again, and the SIAO of the department knows, with nothing about the people.";
    ADDRESS_LEAD "L’adresse…" | "The address…";
    CLOSE "Clore…" | "Close…";
    CLOSE_LEAD "Les questions ouvertes sont retirées. Une demande close se rouvre avec son ancienneté."
        | "Open questions are withdrawn. A closed request is reopened with its waiting time.";
    OTHER_PLACES "Quelle place\u{a0}?" | "Which place?";
    ASKED_PLACE "Celle qui est demandée" | "The one that was asked";
    OTHERS_FIT "Les autres derrière cette porte qui conviennent" | "The others behind this door that fit";
    NO_OTHERS "Aucune autre place derrière cette porte ne convient." | "No other place behind this door fits.";
    YES_THERE "Oui, ici" | "Yes, here";
    FREE_UNTIL "jusqu’au" | "until";
    CONFIRMED_AT "dit" | "said";
    BY_PHONE "La structure a répondu par téléphone…" | "The home answered by telephone…";
    PHONE "☎\u{a0}" | "☎\u{a0}";
    THE_PLACE "La structure" | "The home";
    TO_PRINT "Imprimer\u{a0}:" | "Print:";
    SHEET "fiche d’arrivée" | "arrival sheet";
    PAPER "papier pour elle" | "paper for the person";
    UNDO_LATER "Annuler, en disant pourquoi…" | "Undo, saying why…";
    SAY_WHY "Passé les premières minutes, dites pourquoi\u{a0}: les deux côtés le lisent."
        | "Past the first minutes, say why: both sides read it.";
    CONTRADICTED "La structure dit que ce qui a été noté par téléphone n’est pas exact\u{a0}: appelez-la. La coordination le sait."
        | "The home says that what was written down by telephone is not right: call it. The coordination knows.";
    IT_IS_SO "C’est exact…" | "This is right…";
    IT_IS_SO_LEAD "Le point de rencontre et le code d’arrivée s’ouvrent à qui vient. Cela ne s’annule pas\u{a0}; un non reste possible."
        | "The meeting point and the arrival code open to whoever comes. This cannot be undone; a no is still possible.";
}

/// How many things wait, in a sentence.
pub fn summary_of_addressee(questions: usize, arrivals: usize) -> String {
    let asked = match questions {
        0 => either!("Aucune question", "No question").to_owned(),
        more => many(more, "question", "questions"),
    };
    match arrivals {
        0 => asked,
        more => {
            let arrivals =
                either!(many(more, "arrivée attendue", "arrivées attendues"), many(more, "arrival expected", "arrivals expected"),);
            format!("{asked}, {arrivals}")
        }
    }
}

/// The same of those who ask.
pub fn summary_of_referent(to_do: usize, waiting: usize) -> String {
    let first = match to_do {
        0 => either!("Rien à faire", "Nothing to do").to_owned(),
        more => either!(
            many(more, "demande à reprendre", "demandes à reprendre"),
            many(more, "request to take up again", "requests to take up again"),
        ),
    };
    match waiting {
        0 => first,
        more => either!(format!("{first}, {more} en attente d’une réponse"), format!("{first}, {more} waiting for an answer"),),
    }
}

/// A home and the beds that are meant.
pub fn group(home: &str, kind: &str, setting: &str, places: u32) -> String {
    let places = many(places, "place", "places");
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
        0 => either!("aucune", "none").to_owned(),
        more => more.to_string(),
    };
    match held {
        0 => free,
        1 => either!(format!("{free}, dont 1 réservée"), format!("{free}, of which 1 held")),
        more => either!(format!("{free}, dont {more} réservées"), format!("{free}, of which {more} held")),
    }
}

/// Those of a household who are alike, as an addressee is told of them.
pub fn people(count: usize, gender: Gender, minority: Option<Minority>, with_parent: bool, ages: Option<&str>) -> String {
    let (one, more) = match (minority, with_parent, gender) {
        (None, _, Gender::Female) => either!(("femme ou fille", "femmes ou filles"), ("woman or girl", "women or girls")),
        (None, _, Gender::Male) => either!(("homme ou garçon", "hommes ou garçons"), ("man or boy", "men or boys")),
        (_, _, Gender::Other) => either!(
            ("personne d’un autre genre", "personnes d’un autre genre"),
            ("person of another gender", "people of another gender"),
        ),
        (Some(Minority::Adult), _, Gender::Female) => either!(("femme", "femmes"), ("woman", "women")),
        (Some(Minority::Adult), _, Gender::Male) => either!(("homme", "hommes"), ("man", "men")),
        (Some(_), true, Gender::Female | Gender::Male) => either!(("enfant", "enfants"), ("child", "children")),
        (Some(Minority::Minor), false, Gender::Female) => either!(("fille seule", "filles seules"), ("girl alone", "girls alone")),
        (Some(Minority::Minor), false, Gender::Male) => either!(("garçon seul", "garçons seuls"), ("boy alone", "boys alone")),
        (Some(Minority::PresumedMinor), false, Gender::Female) => {
            either!(("fille présumée mineure", "filles présumées mineures"), ("girl presumed minor", "girls presumed minors"),)
        }
        (Some(Minority::PresumedMinor), false, Gender::Male) => {
            either!(("garçon présumé mineur", "garçons présumés mineurs"), ("boy presumed minor", "boys presumed minors"),)
        }
    };
    let people = many(count, one, more);
    match ages {
        Some(ages) => format!("{people} ({ages})"),
        None => people,
    }
}

/// An age in few signs.
pub fn band(band: AgeBand) -> &'static str {
    match band {
        AgeBand::Under6 => either!("moins de 6", "under 6"),
        AgeBand::From6To12 => "6–12",
        AgeBand::From13To15 => "13–15",
        AgeBand::From16To17 => "16–17",
        AgeBand::From18To25 => "18–25",
        AgeBand::Over25 => either!("plus de 25", "over 25"),
    }
}

/// From which day a roof is needed.
pub fn from_day(first: Day, tonight: NaiveDate) -> String {
    let first = first.get();
    if first <= tonight {
        either!("ce soir", "tonight").to_owned()
    } else if tonight.succ_opt() == Some(first) {
        either!("demain", "tomorrow").to_owned()
    } else {
        let day = date(first, tonight);
        either!(format!("à partir du {day}"), format!("from {day}"))
    }
}

/// For how many nights: where one night is enough for a beginning, that is said first.
pub fn nights(nights: u32, one_is_enough: bool) -> String {
    match (nights, one_is_enough) {
        (more, true) if more > 1 => {
            either!(format!("1\u{a0}nuit au moins, {more} souhaitées"), format!("1\u{a0}night at least, {more} wished for"),)
        }
        (more, _) => either!(many(more, "nuit", "nuits"), many(more, "night", "nights")),
    }
}

/// What is spoken.
pub fn speaks(languages: &[&str]) -> String {
    let languages = languages.join(", ");
    either!(format!("parle {languages}"), format!("speaks {languages}"))
}

/// Minutes that are left, spelled out where no script counts them.
pub fn minutes_left(minutes: i64) -> String {
    let minutes = minutes.max(1);
    either!(format!("encore {minutes}\u{a0}min"), format!("{minutes}\u{a0}min left"))
}
