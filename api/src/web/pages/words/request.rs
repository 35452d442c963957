//! What *La demande* and the list of requests say.

use chrono::{Datelike as _, Timelike as _};
use matcher::{Day, Department};

use crate::clock::{Instant, civil};

macro_rules! phrases {
    ($($name:ident $text:literal;)*) => {$(
        #[doc = $text]
        pub const $name: &str = $text;
    )*};
}

phrases! {
    TITLE "La demande";
    TO_DO "À faire";
    TO_DO_WAIT "Rien pour l’instant\u{a0}: les réponses arrivent ici.";
    TO_DO_NOTHING "Rien.";
    SEARCH_ON "Chercher encore";
    TAKE_CHARGE "Je m’en occupe";
    HAND_OVER "Passer à…";
    LENT_TO "Prêtée à";
    LENT_BY "Prêtée par";
    UNTIL "jusqu’à";
    TAKE_BACK "Reprendre";
    GIVE_BACK "Rendre";
    SAID_YES "a dit oui à";
    CONFIRM_BEFORE "confirmer avant";
    ANSWER_BEFORE "répondre avant";
    COMING_AT "Arrivée vers";
    SEE "voir";
    CONTRADICTED "dit que ce qui a été noté par téléphone n’est pas exact.";
    NO_LONGER_FITS "ne convient peut-être plus depuis une modification\u{a0}: appelez.";
    DO_IT "Le faire";
    TELL_PROTECTION "Un mineur est sans parent\u{a0}: prévenir la protection de l’enfance ou le parquet, ou noter qu’on a essayé.";
    NOTHING_ASKED "Aucune place n’est demandée en ce moment.";
    ASKED "Demandé";
    ASKED_NONE "Aucune place demandée.";
    RING_BACK "Un repère ne prouve rien\u{a0}: si l’on vous appelle, rappelez le numéro affiché ici.";
    AT_ASKED "demandé";
    AT_SEEN "vu";
    AT_YES "oui";
    AT_CONFIRMED "confirmé";
    AT_ARRIVED "arrivée";
    BY_PHONE "noté par téléphone";
    HELD_UNTIL "réservée jusqu’à";
    HELD "réservée";
    NOT_HELD "sans réservation";
    HOUSED "hébergée";
    EXPECTED "attendue vers";
    CALL_US "Demande qu’on rappelle";
    CALL_DONE "C’est fait";
    WE_CALL "Rappellera";
    MORE_ACTS "Autres réponses et annulations";
    WHO "Qui";
    WHERE "Où, quand";
    DANGERS "Dangers";
    NEEDS "Besoins";
    SHOWN "Ce qui est montré aux structures";
    INFORMATION "Information";
    MINORS "Sans parent";
    EDIT "Modifier";
    SAVE "Enregistrer";
    CANCEL "Annuler";
    SAVED "C’est enregistré.";
    GAINED "Places possibles en plus";
    LOST "Places qui ne le sont plus";
    UNFIT "Ne conviennent plus";
    BOTH_TOLD "Elles restent demandées\u{a0}; la structure est prévenue aussi. Appelez-la, ou retirez.";
    NEEDS_NONE "Rien de particulier.";
    MESSAGE_NONE "Le nécessaire seulement\u{a0}: combien, genres, tranches d’âge, jours, besoins.";
    MESSAGE "Message aux structures à qui une place est demandée";
    MESSAGE_WHY "500\u{a0}signes au plus. Aucun nom.";
    INSTRUCTIONS "Consignes de sécurité";
    INSTRUCTIONS_WHY "Pour la structure qui accueille, à partir de la confirmation. 1000\u{a0}signes au plus.";
    REFERENCE "Référence de vos dossiers";
    REFERENCE_WHY "Pour votre service seul\u{a0}: capitales, chiffres, tiret et barre, avec un chiffre, sans date.";
    WRONG_REFERENCE "Vingt signes au plus\u{a0}: capitales, chiffres, tiret et barre, avec un chiffre et sans date.";
    WRONG_BIRTHDAY "Ce jour et l’âge indiqué se contredisent.";
    WRONG_INFORMATION_DAY "Ce jour est à venir\u{a0}: c’est celui où elle a été informée, ou où l’on a essayé.";
    DAY "Le";
    ZONES_KEPT "Secteurs indiqués (décochez pour retirer)";
    MAJORITY "18\u{a0}ans le";
    GROUND "Minorité";
    TOLD "Qui a été prévenu";
    TOLD_WHY "Protection de l’enfance (CRIP, ASE, 119) ou parquet\u{a0}: prévenu, ou essayé. Sans cela, rien n’est confirmé.";
    TOLD_WHOLE "Indiquez qui, la fonction, l’heure, et si quelqu’un a été joint\u{a0}; ou videz tout.";
    WHOM "La fonction, pas le nom";
    WHEN "Quand";
    REACHED "prévenu\u{a0}:";
    TRIED "essayé\u{a0}:";
    REACHED_ASKED "Joint\u{a0}?";
    REACHED_YES "oui";
    REACHED_NO "non, on a essayé";
    NOBODY_TOLD "personne encore";
    ASSESSMENT "Évaluation de son intérêt";
    ASSESSMENT_WHY "Première évaluation de son intérêt supérieur\u{a0}: sous 72\u{a0}heures, avec qui décide et ce qu’en pense l’enfant.";
    ASSESSMENT_WHOLE "L’heure, qui a décidé et l’avis de l’enfant vont ensemble\u{a0}: les trois, ou aucun.";
    DECIDED_BY "Qui a décidé (fonction)";
    CHILD_VIEW "son avis";
    CHILD_VIEW_LABEL "Son avis";
    GUARDIAN "Tuteur ou administrateur ad hoc";
    GUARDIAN_TICK "Un tuteur ou un administrateur ad hoc est désigné";
    APPOINTED "désigné";
    NOT_APPOINTED "pas désigné";
    UNKNOWN "non indiqué";
    NOT_YET "pas encore";
    CHANGED_SINCE "Cette demande a changé pendant que vous écriviez.";
    CHANGED_ELSEWHERE "Seul le suivi a changé.";
    STANDS_NOW "dit maintenant\u{a0}:";
    READ_AND_SAVE "Rien de ce que vous avez saisi n’est perdu\u{a0}: relisez, puis enregistrez de nouveau.";
    NOTES "Notes";
    NEW_NOTE "Ajouter une note";
    NOTE_WHY "Pour ceux qui ont la demande en main\u{a0}; aucune structure ne la lit. Aucun nom.";
    ADD_NOTE "Ajouter";
    APART "Ne pas réunir";
    APART_WHY "Deux référents échangent un code par téléphone\u{a0}; aucun n’apprend où est l’autre. La coordination veille.";
    KEPT_APART_FROM "À ne pas réunir avec";
    TO_REUNITE_WITH "À réunir avec";
    LINK_SINCE "Un lien depuis";
    AGREE_TO_END "Je suis d’accord pour le lever";
    END_AGREED "vous êtes d’accord pour le lever";
    OTHER_AGREED "l’autre référent est d’accord pour le lever";
    MAKE_CODE "Donner un code";
    ENTER_CODE "Code lu par l’autre référent";
    USE_CODE "Ne pas réunir";
    CODE_WHY "À lire à l’autre référent, par téléphone. Il sert une fois, dans les 24\u{a0}heures, et n’est montré que maintenant.";
    CODE_WAS_SHOWN "Ce code a déjà été montré. Faites-en un autre s’il est perdu.";
    CODE_WRONG "Ce code ne vaut pas\u{a0}: vérifiez-le, ou demandez-en un autre.";
    HISTORY "Histoire";
    THE_PLACE "la structure";
    CLOSED "Cette demande est close.";
    CLOSE "Clore";
    CLOSE_WHY "Ce qui est demandé est retiré, les places réservées sont libres. Elle se rouvre avec son ancienneté.";
    REOPEN "Rouvrir";
    COPY "Copier";
    ELSE "Nouveau repère, copier, prêter à un autre service";
    NEW_ALIAS "Nouveau repère";
    LEND "Prêter";
    LEND_WHOM "À qui";
    LEND_UNTIL "Jusqu’à (sinon 9\u{a0}h demain matin)";
    LEND_WHY "Ce service voit la demande et agit comme vous, jusqu’à l’heure dite\u{a0}; elle revient d’elle-même.";
    LEND_WRONG "Choisissez un service, et une heure à venir dans les sept jours.";
    SPLIT "Accueillir séparément";
    SPLIT_WHY "Seulement s’il n’y a pas d’autre issue, ou si l’une a peur de l’autre. Chacun garde l’ancienneté, les secteurs et les besoins. Ce qui est réservé ici suit le nombre de ceux qui restent.";
    STAYS_HERE "reste dans cette demande";
    SPLIT_BOND "Ensuite\u{a0}?";
    SPLIT_CHILDREN "Un enfant reste avec son parent. S’il le faut autrement, la protection de l’enfance est prévenue d’abord.";
    SPLIT_WITH_PARENT "Chaque enfant est avec son parent\u{a0}: un professionnel l’a vérifié";
    SPLIT_PROTECTION "Sinon, qui a été prévenu à la protection de l’enfance (fonction)";
    SPLIT_PROTECTION_NEEDED "Un enfant serait sans son parent\u{a0}: dites qui a été prévenu à la protection de l’enfance, ou que chacun est avec son parent.";
    SPLIT_WRONG "Choisissez qui part, laissez au moins une personne ici, et dites ce qui vient ensuite.";
    SPLIT_NOW "Séparer";
    WITHDRAW_AGREEMENT "La personne retire son accord";
    WITHDRAW_AGREEMENT_WHY "Tout ce qui est gardé d’elle est effacé, pour toujours. Ce qui est demandé est retiré\u{a0}; une arrivée confirmée ou un séjour tient, avec le seul nombre de personnes.";
    WITHDRAW_SURE "C’est ce qu’elle veut";
    WITHDRAW_NOW "Effacer";
    LIST_SERVICE "Tout le service";
    LIST_MINE "Les miennes";
    LIST_NONE "Aucune demande ici.";
    LIST_ANSWERED "Un oui à confirmer";
    LIST_NOTHING_ASKED "Rien de demandé";
    LIST_WAITING "En attente d’une réponse";
    LIST_EXPECTED "Arrivée attendue";
    LIST_PLACED "Hébergées";
    LIST_CLOSED "Closes depuis peu";
}

/// An hour of today, of another day with its day.
pub fn hour(at: Instant, place: Department, now: Instant) -> String {
    let (at, now) = (civil(at, place), civil(now, place));
    let hour = format!("{}\u{a0}h\u{a0}{:02}", at.hour(), at.minute());
    if at.date_naive() == now.date_naive() { hour } else { format!("le {:02}/{:02} à {hour}", at.day(), at.month()) }
}

/// The button that lends for the night.
pub fn lend_to(name: &str) -> String {
    format!("Prêter à {name} jusqu’à 9\u{a0}h")
}

/// A place whose name is not shown any more.
pub fn some_place(department: Option<Department>) -> String {
    match department {
        Some(department) => format!("Une place, {} ({department})", super::department(department).replace('\'', "’")),
        None => "Une place".to_owned(),
    }
}

/// Until when a minor's interest is to be assessed.
pub fn assess_before(hour: &str) -> String {
    format!("Évaluer l’intérêt supérieur de l’enfant avant\u{a0}: {hour}.")
}

/// Until when the person is to be asked again.
pub fn inform_before(hour: &str) -> String {
    format!("Informer la personne et demander son accord avant\u{a0}: {hour}.")
}

/// How a person was informed.
pub fn informed(day: Day, language: &str, interpreter: bool, shared: &[&str]) -> String {
    let interpreter = if interpreter { ", avec interprète" } else { "" };
    let shared = if shared.is_empty() { "rien de plus que le nécessaire".to_owned() } else { shared.join(", ") };
    format!("Expliqué le {}, en {language}{interpreter}\u{a0}; accepte que l’on montre\u{a0}: {shared}.", super::day(day))
}

/// Why she was not.
pub fn not_informed(day: Day, reason: &str) -> String {
    format!("Pas encore informée\u{a0}: {reason} (le {}).", super::day(day))
}

/// What is too long, or cannot be read.
pub fn too_long(most: usize) -> String {
    format!("À remplir, en {most}\u{a0}signes au plus.")
}

/// How many places there were and are.
pub fn counts((was, is): (u64, u64), (verify_was, verify_is): (u64, u64)) -> String {
    if (was, verify_was) == (is, verify_is) {
        return format!("Toujours {is} à proposer, {verify_is} à vérifier.");
    }
    format!("{is} à proposer (avant\u{a0}: {was}), {verify_is} à vérifier (avant\u{a0}: {verify_was}).")
}

/// That a place is possible now.
pub fn now_at(rank: usize) -> String {
    format!("\u{a0}: maintenant au rang {rank}")
}

/// That a place was possible.
pub fn was_at(rank: usize) -> String {
    format!("\u{a0}: était au rang {rank}")
}

/// That places changed their ranks.
pub fn moved(places: usize) -> String {
    if places == 1 { "Une autre change de rang.".to_owned() } else { format!("{places} autres changent de rang.") }
}

/// The rest of a list.
pub fn and_more(more: usize) -> String {
    format!("et {more} de plus")
}

/// A request of their own.
pub fn apart_in(group: &str) -> String {
    format!("à part, demande {}", group.to_uppercase())
}

/// How many questions stand somewhere.
pub fn so_many(count: usize, state: &str) -> String {
    format!("{count}\u{a0}{state}{}", if count > 1 { "s" } else { "" })
}

/// What was done with a request; nothing of a command that another line tells.
pub fn of_request(command: &str) -> Option<&'static str> {
    const DONE: &[(&str, &str)] = &[
        ("createRequest", "demande enregistrée"),
        ("updateRequest", "demande modifiée"),
        ("addNote", "note ajoutée"),
        ("lendRequest", "demande prêtée"),
        ("endLending", "fin du prêt"),
        ("changeAlias", "nouveau repère"),
        ("copyRequest", "demande copiée d’une autre"),
        ("splitRequest", "ménage accueilli séparément"),
        ("closeRequest", "demande close"),
        ("reopenRequest", "demande rouverte"),
    ];
    DONE.iter().find(|(known, _)| *known == command).map(|(_, said)| *said)
}

/// What was done with a referral.
pub fn of_referral(command: &str) -> Option<&'static str> {
    const DONE: &[(&str, &str)] = &[
        ("createReferral", "place demandée"),
        ("confirmPlan", "place demandée"),
        ("acknowledgeReferral", "demande vue"),
        ("acknowledgeReferralByLink", "demande vue"),
        ("acceptReferral", "oui"),
        ("acceptReferralByLink", "oui"),
        ("affirmReferral", "ce qui a été noté est exact"),
        ("declineReferral", "non"),
        ("declineReferralByLink", "non"),
        // Whoever asked reads the refusal of the place.
        ("stopReferral", "non"),
        ("confirmReferral", "arrivée confirmée"),
        ("recordArrival", "bien arrivée"),
        ("recordNoShow", "ne s’est pas présentée"),
        ("recordTurnedAway", "refoulée à la porte"),
        ("withdrawReferral", "demande de place retirée"),
        ("supersedeReferral", "orientée ailleurs"),
        ("reviveReferral", "place demandée de nouveau"),
        ("moveReferral", "passée à un autre groupe de places"),
        ("expireReferral", "sans réponse à temps"),
        ("expireHold", "réservation finie, la question reste posée"),
        ("liftRefusal", "refus levé"),
        ("resizeReferral", "nombre de places adapté"),
        ("reevaluateReferral", "vérifiée de nouveau après une modification"),
        ("endStay", "fin de prise en charge"),
        ("undoReferral", "dernière action annulée"),
        ("undoReferralByLink", "dernière action annulée"),
        ("recordCall", "rappel fait"),
        ("contradictReferral", "ce qui a été noté n’est pas exact"),
        ("contradictReferralByLink", "ce qui a été noté n’est pas exact"),
    ];
    DONE.iter().find(|(known, _)| *known == command).map(|(_, said)| *said)
}

/// Whether a command on a referral is given by who answers for the place.
pub fn is_answer(command: &str) -> bool {
    const ANSWERS: &[&str] = &[
        "acknowledgeReferral",
        "acknowledgeReferralByLink",
        "acceptReferral",
        "acceptReferralByLink",
        "affirmReferral",
        "declineReferral",
        "declineReferralByLink",
        "stopReferral",
        "recordArrival",
        "recordNoShow",
        "moveReferral",
        "endStay",
        "undoReferral",
        "undoReferralByLink",
        "contradictReferral",
        "contradictReferralByLink",
    ];
    ANSWERS.contains(&command)
}

/// How much there is to do for a request, said again when it changes.
pub fn so_much_to_do(alias: &str, count: usize) -> String {
    match count {
        0 => format!("{alias}\u{a0}: rien à faire pour l’instant."),
        1 => format!("{alias}\u{a0}: 1\u{a0}chose à faire."),
        more => format!("{alias}\u{a0}: {more}\u{a0}choses à faire."),
    }
}
