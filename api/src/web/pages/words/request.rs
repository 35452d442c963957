//! What *La demande* and the list of requests say.

use matcher::Day;

use super::{Phrase, many, number};
use crate::language::either;

phrases! {
    TITLE "La demande" | "The request";
    TO_DO "À faire" | "To do";
    TO_DO_WAIT "Rien pour l’instant\u{a0}: les réponses arrivent ici." | "Nothing for now: answers arrive here.";
    TO_DO_NOTHING "Rien." | "Nothing.";
    SEARCH_ON "Chercher encore" | "Keep searching";
    TAKE_CHARGE "Je m’en occupe" | "I will see to it";
    HAND_OVER "Passer à…" | "Hand over to…";
    LENT_TO "Prêtée à" | "Lent to";
    LENT_BY "Prêtée par" | "Lent by";
    UNTIL "jusqu’à" | "until";
    TAKE_BACK "Reprendre" | "Take back";
    GIVE_BACK "Rendre" | "Give back";
    SAID_YES "a dit oui" | "said yes";
    CONFIRM_BEFORE "confirmer avant" | "confirm by";
    ANSWER_BEFORE "répondre avant" | "answer by";
    COMING_AT "Arrivée vers" | "Arrival around";
    SEE "voir" | "see";
    CONTRADICTED "dit que ce qui a été noté par téléphone n’est pas exact."
        | "says that what was written down by telephone is not right.";
    NO_LONGER_FITS "ne convient peut-être plus depuis une modification\u{a0}: appelez."
        | "may not fit any more since an edit: call.";
    DO_IT "Le faire" | "Do it";
    TELL_PROTECTION "Un mineur est sans parent\u{a0}: prévenir la protection de l’enfance ou le parquet, ou noter qu’on a essayé."
        | "A minor is without a parent: tell child protection or the prosecutor’s office, or note that it was tried.";
    NOTHING_ASKED "Aucune place n’est demandée en ce moment." | "No place is being asked at the moment.";
    ASKED "Demandé" | "Asked";
    ASKED_NONE "Aucune place demandée." | "No place asked.";
    RING_BACK "Un repère ne prouve rien\u{a0}: si l’on vous appelle, rappelez le numéro affiché ici."
        | "An alias proves nothing: if you are called, ring back the number shown here.";
    AT_ASKED "demandé" | "asked";
    AT_SEEN "vu" | "seen";
    AT_YES "oui" | "yes";
    AT_CONFIRMED "confirmé" | "confirmed";
    AT_ARRIVED "arrivée" | "arrived";
    BY_PHONE "noté par téléphone" | "written down by telephone";
    HELD_UNTIL "réservée jusqu’à" | "held until";
    HELD "réservée" | "held";
    NOT_HELD "sans réservation" | "not held";
    HOUSED "hébergée" | "housed";
    EXPECTED "attendue vers" | "expected around";
    CALL_US "Demande qu’on rappelle" | "Asks to be called back";
    CALL_DONE "C’est fait" | "Done";
    WE_CALL "Rappellera" | "Will call back";
    MORE_ACTS "Autres réponses et annulations" | "Other answers and undoing";
    WHO "Qui" | "Who";
    WHERE "Où, quand" | "Where, when";
    DANGERS "Dangers" | "Dangers";
    NEEDS "Besoins" | "Needs";
    SHOWN "Ce qui est montré aux structures" | "What the homes are shown";
    INFORMATION "Information" | "Information";
    MINORS "Sans parent" | "Without a parent";
    EDIT "Modifier" | "Edit";
    SAVE "Enregistrer" | "Save";
    CANCEL "Annuler" | "Cancel";
    SAVED "C’est enregistré." | "Saved.";
    GAINED "Places possibles en plus" | "Possible places gained";
    LOST "Places qui ne le sont plus" | "Places lost";
    UNFIT "Ne conviennent plus" | "Fit no more";
    BOTH_TOLD "Elles restent demandées\u{a0}; la structure est prévenue aussi. Appelez-la, ou retirez."
        | "They are still asked; the home is told too. Call it, or withdraw.";
    NEEDS_NONE "Rien de particulier." | "Nothing in particular.";
    MESSAGE_NONE "Le nécessaire seulement\u{a0}: combien, genres, tranches d’âge, jours, besoins."
        | "Only the needful: how many, genders, age bands, days, needs.";
    MESSAGE "Message aux structures à qui une place est demandée" | "Message to the homes that are asked for a place";
    MESSAGE_WHY "500\u{a0}signes au plus. Aucun nom." | "500\u{a0}characters at most. No name.";
    INSTRUCTIONS "Consignes de sécurité" | "Safety instructions";
    INSTRUCTIONS_WHY "Pour la structure qui accueille, à partir de la confirmation. 1000\u{a0}signes au plus."
        | "For the home that takes them in, from the confirmation on. 1000\u{a0}characters at most.";
    REFERENCE "Référence de vos dossiers" | "Reference in your own files";
    REFERENCE_WHY "Pour votre service seul\u{a0}: capitales, chiffres, tiret et barre, avec un chiffre, sans date."
        | "For your service only: capitals, digits, hyphen and slash, with a digit, without a date.";
    WRONG_REFERENCE "Vingt signes au plus\u{a0}: capitales, chiffres, tiret et barre, avec un chiffre et sans date."
        | "Twenty characters at most: capitals, digits, hyphen and slash, with a digit and without a date.";
    WRONG_BIRTHDAY "Ce jour et l’âge indiqué se contredisent." | "This day and the age given contradict each other.";
    WRONG_INFORMATION_DAY "Ce jour est à venir\u{a0}: c’est celui où elle a été informée, ou où l’on a essayé."
        | "This day is still to come: it is the one on which they were informed, or on which it was tried.";
    DAY "Le" | "On";
    ZONES_KEPT "Secteurs indiqués (décochez pour retirer)" | "Areas named (untick to take away)";
    MAJORITY "18\u{a0}ans le" | "18 on";
    GROUND "Minorité" | "Minority";
    TOLD "Qui a été prévenu" | "Who was told";
    TOLD_WHY "Protection de l’enfance (CRIP, ASE, 119) ou parquet\u{a0}: prévenu, ou essayé. Sans cela, rien n’est confirmé."
        | "Child protection (CRIP, ASE, 119) or the prosecutor’s office: told, or tried. Without it nothing is confirmed.";
    TOLD_WHOLE "Indiquez qui, la fonction, l’heure, et si quelqu’un a été joint\u{a0}; ou videz tout."
        | "Enter who, the function, the time, and whether someone was reached; or empty all of it.";
    WHOM "La fonction, pas le nom" | "The function, not the name";
    WHEN "Quand" | "When";
    REACHED "prévenu\u{a0}:" | "told:";
    TRIED "essayé\u{a0}:" | "tried:";
    REACHED_ASKED "Joint\u{a0}?" | "Reached?";
    REACHED_YES "oui" | "yes";
    REACHED_NO "non, on a essayé" | "no, it was tried";
    NOBODY_TOLD "personne encore" | "nobody yet";
    ASSESSMENT "Évaluation de son intérêt" | "Assessment of their best interests";
    ASSESSMENT_WHY "Première évaluation de son intérêt supérieur\u{a0}: sous 72\u{a0}heures, avec qui décide et ce qu’en pense l’enfant."
        | "First assessment of their best interests: within 72\u{a0}hours, with who decides and what the child thinks of it.";
    ASSESSMENT_WHOLE "L’heure, qui a décidé et l’avis de l’enfant vont ensemble\u{a0}: les trois, ou aucun."
        | "The time, who decided and the child’s view go together: all three, or none.";
    DECIDED_BY "Qui a décidé (fonction)" | "Who decided (function)";
    CHILD_VIEW "son avis" | "their view";
    CHILD_VIEW_LABEL "Son avis" | "Their view";
    GUARDIAN "Tuteur ou administrateur ad hoc" | "Guardian or ad hoc administrator";
    GUARDIAN_TICK "Un tuteur ou un administrateur ad hoc est désigné" | "A guardian or ad hoc administrator has been appointed";
    APPOINTED "désigné" | "appointed";
    NOT_APPOINTED "pas désigné" | "not appointed";
    UNKNOWN "non indiqué" | "not given";
    NOT_YET "pas encore" | "not yet";
    CHANGED_SINCE "Cette demande a changé pendant que vous écriviez." | "This request has changed while you were writing.";
    CHANGED_ELSEWHERE "Seul le suivi a changé." | "Only its progress has changed.";
    STANDS_NOW "dit maintenant\u{a0}:" | "now says:";
    READ_AND_SAVE "Rien de ce que vous avez saisi n’est perdu\u{a0}: relisez, puis enregistrez de nouveau."
        | "Nothing of what you typed is lost: read it again, then save once more.";
    NOTES "Notes" | "Notes";
    NEW_NOTE "Ajouter une note" | "Add a note";
    NOTE_WHY "Pour ceux qui ont la demande en main\u{a0}; aucune structure ne la lit. Aucun nom."
        | "For those who have the request in hand; no home reads it. No name.";
    ADD_NOTE "Ajouter" | "Add";
    APART "Ne pas réunir" | "Keep apart";
    APART_WHY "Deux référents échangent un code par téléphone\u{a0}; aucun n’apprend où est l’autre. La coordination veille."
        | "Two referents exchange a code by telephone; neither learns where the other is. The coordination watches.";
    KEPT_APART_FROM "À ne pas réunir avec" | "To be kept apart from";
    TO_REUNITE_WITH "À réunir avec" | "To be reunited with";
    LINK_SINCE "Un lien depuis" | "A link since";
    AGREE_TO_END "Je suis d’accord pour le lever" | "I agree to lift it";
    END_AGREED "vous êtes d’accord pour le lever" | "you agree to lift it";
    OTHER_AGREED "l’autre référent est d’accord pour le lever" | "the other referent agrees to lift it";
    MAKE_CODE "Donner un code" | "Give a code";
    ENTER_CODE "Code lu par l’autre référent" | "Code read out by the other referent";
    USE_CODE "Ne pas réunir" | "Keep apart";
    CODE_WHY "À lire à l’autre référent, par téléphone. Il sert une fois, dans les 24\u{a0}heures, et n’est montré que maintenant."
        | "To be read out to the other referent, by telephone. It is good once, within 24\u{a0}hours, and is shown only now.";
    CODE_WAS_SHOWN "Ce code a déjà été montré. Faites-en un autre s’il est perdu."
        | "This code has already been shown. Make another one if it is lost.";
    CODE_WRONG "Ce code ne vaut pas\u{a0}: vérifiez-le, ou demandez-en un autre."
        | "This code is not good: check it, or ask for another one.";
    HISTORY "Histoire" | "History";
    THE_PLACE "la structure" | "the home";
    CLOSED "Cette demande est close." | "This request is closed.";
    CLOSE "Clore" | "Close";
    CLOSE_WHY "Ce qui est demandé est retiré, les places réservées sont libres. Elle se rouvre avec son ancienneté."
        | "What is asked is withdrawn, the places held are free. It is reopened with its waiting time.";
    REOPEN "Rouvrir" | "Reopen";
    COPY "Copier" | "Copy";
    ELSE "Nouveau repère, copier, prêter à un autre service" | "New alias, copy, lend to another service";
    NEW_ALIAS "Nouveau repère" | "New alias";
    LEND "Prêter" | "Lend";
    LEND_WHOM "À qui" | "To whom";
    LEND_UNTIL "Jusqu’à (sinon 9\u{a0}h demain matin)" | "Until (otherwise 9:00 tomorrow morning)";
    LEND_WHY "Ce service voit la demande et agit comme vous, jusqu’à l’heure dite\u{a0}; elle revient d’elle-même."
        | "This service sees the request and acts as you do, until the time given; it comes back by itself.";
    LEND_WRONG "Choisissez un service, et une heure à venir dans les sept jours."
        | "Choose a service, and a time to come within seven days.";
    SPLIT "Accueillir séparément" | "House separately";
    SPLIT_WHY "Seulement s’il n’y a pas d’autre issue, ou si l’une a peur de l’autre. Chacun garde l’ancienneté, les secteurs et les besoins. Ce qui est réservé ici suit le nombre de ceux qui restent."
        | "Only if there is no other way out, or if one is afraid of the other. Each keeps the waiting time, the areas and the needs. What is held here follows the number of those who stay.";
    STAYS_HERE "reste dans cette demande" | "stays in this request";
    SPLIT_BOND "Ensuite\u{a0}?" | "And then?";
    SPLIT_CHILDREN "Un enfant reste avec son parent. S’il le faut autrement, la protection de l’enfance est prévenue d’abord."
        | "A child stays with its parent. If it has to be otherwise, child protection is told first.";
    SPLIT_WITH_PARENT "Chaque enfant est avec son parent\u{a0}: un professionnel l’a vérifié"
        | "Each child is with its parent: a professional has checked it";
    SPLIT_PROTECTION "Sinon, qui a été prévenu à la protection de l’enfance (fonction)"
        | "Otherwise, who at child protection was told (function)";
    SPLIT_PROTECTION_NEEDED "Un enfant serait sans son parent\u{a0}: dites qui a été prévenu à la protection de l’enfance, ou que chacun est avec son parent."
        | "A child would be without its parent: say who at child protection was told, or that each is with its parent.";
    SPLIT_WRONG "Choisissez qui part, laissez au moins une personne ici, et dites ce qui vient ensuite."
        | "Choose who leaves, leave at least one person here, and say what comes next.";
    SPLIT_NOW "Séparer" | "Separate";
    WITHDRAW_AGREEMENT "La personne retire son accord" | "The person withdraws their agreement";
    WITHDRAW_AGREEMENT_WHY "Tout ce qui est gardé d’elle est effacé, pour toujours. Ce qui est demandé est retiré\u{a0}; une arrivée confirmée ou un séjour tient, avec le seul nombre de personnes."
        | "All that is kept of them is erased, for ever. What is asked is withdrawn; a confirmed arrival or a stay stands, with the number of people alone.";
    WITHDRAW_SURE "C’est ce qu’elle veut" | "This is what they want";
    WITHDRAW_NOW "Effacer" | "Erase";
    LIST_SERVICE "Tout le service" | "The whole service";
    LIST_MINE "Les miennes" | "Mine";
    LIST_NONE "Aucune demande ici." | "No request here.";
    LIST_ANSWERED "Un oui à confirmer" | "A yes to confirm";
    LIST_NOTHING_ASKED "Rien de demandé" | "Nothing asked";
    LIST_WAITING "En attente d’une réponse" | "Waiting for an answer";
    LIST_EXPECTED "Arrivée attendue" | "Arrival expected";
    LIST_PLACED "Hébergées" | "Housed";
    LIST_CLOSED "Closes depuis peu" | "Closed recently";
}

/// The button that lends for the night.
pub fn lend_to(name: &str) -> String {
    either!(format!("Prêter à {name} jusqu’à 9\u{a0}h"), format!("Lend to {name} until 9:00"))
}

/// Until when a minor's interest is to be assessed.
pub fn assess_before(hour: &str) -> String {
    either!(
        format!("Évaluer l’intérêt supérieur de l’enfant avant\u{a0}: {hour}."),
        format!("Assess the child’s best interests by: {hour}."),
    )
}

/// Until when the person is to be asked again.
pub fn inform_before(hour: &str) -> String {
    either!(
        format!("Informer la personne et demander son accord avant\u{a0}: {hour}."),
        format!("Inform the person and ask for their agreement by: {hour}."),
    )
}

/// How a person was informed.
pub fn informed(day: Day, language: &str, interpreter: bool, shared: &[&str]) -> String {
    let interpreter = if interpreter { either!(", avec interprète", ", with an interpreter") } else { "" };
    let nothing = either!("rien de plus que le nécessaire", "nothing more than the needful");
    let shared = if shared.is_empty() { nothing.to_owned() } else { shared.join(", ") };
    let day = super::day(day);
    either!(
        format!("Expliqué le {day}, en {language}{interpreter}\u{a0}; accepte que l’on montre\u{a0}: {shared}."),
        format!("Explained on {day}, in {language}{interpreter}; agrees to show: {shared}."),
    )
}

/// Why she was not.
pub fn not_informed(day: Day, reason: &str) -> String {
    let day = super::day(day);
    either!(format!("Pas encore informée\u{a0}: {reason} (le {day})."), format!("Not informed yet: {reason} (on {day})."))
}

/// What is too long, or cannot be read.
pub fn too_long(most: usize) -> String {
    either!(format!("À remplir, en {most}\u{a0}signes au plus."), format!("To be filled in, with {most}\u{a0}characters at most."))
}

/// How many places there were and are.
pub fn counts((was, is): (u64, u64), (verify_was, verify_is): (u64, u64)) -> String {
    let stands = (was, verify_was) == (is, verify_is);
    let (was, is, verify_was, verify_is) = (number(was), number(is), number(verify_was), number(verify_is));
    if stands {
        return either!(
            format!("Toujours {is} à proposer, {verify_is} à vérifier."),
            format!("Still {is} to propose, {verify_is} to verify."),
        );
    }
    either!(
        format!("{is} à proposer (avant\u{a0}: {was}), {verify_is} à vérifier (avant\u{a0}: {verify_was})."),
        format!("{is} to propose (before: {was}), {verify_is} to verify (before: {verify_was})."),
    )
}

/// That a place is possible now.
pub fn now_at(rank: usize) -> String {
    either!(format!("\u{a0}: maintenant au rang {rank}"), format!(": now at rank {rank}"))
}

/// That a place was possible.
pub fn was_at(rank: usize) -> String {
    either!(format!("\u{a0}: était au rang {rank}"), format!(": was at rank {rank}"))
}

/// That places changed their ranks.
pub fn moved(places: usize) -> String {
    match places {
        1 => either!("Une autre change de rang.", "One other changes its rank.").to_owned(),
        more => either!(format!("{more} autres changent de rang."), format!("{more} others change their ranks.")),
    }
}

/// The rest of a list.
pub fn and_more(more: usize) -> String {
    either!(format!("et {more} de plus"), format!("and {more} more"))
}

/// A request of their own.
pub fn apart_in(group: &str) -> String {
    let group = group.to_uppercase();
    either!(format!("à part, demande {group}"), format!("apart, request {group}"))
}

/// How many questions stand somewhere.
pub fn so_many(count: usize, state: &str) -> String {
    either!(many(count, state, &format!("{state}s")), many(count, state, state))
}

/// What was done with a request; nothing of a command that another line tells.
pub fn of_request(command: &str) -> Option<&'static str> {
    const DONE: &[(&str, Phrase)] = &[
        ("createRequest", Phrase::new("demande enregistrée", "request stored")),
        ("updateRequest", Phrase::new("demande modifiée", "request edited")),
        ("addNote", Phrase::new("note ajoutée", "note added")),
        ("lendRequest", Phrase::new("demande prêtée", "request lent")),
        ("endLending", Phrase::new("fin du prêt", "end of the lending")),
        ("changeAlias", Phrase::new("nouveau repère", "new alias")),
        ("copyRequest", Phrase::new("demande copiée d’une autre", "request copied from another")),
        ("splitRequest", Phrase::new("ménage accueilli séparément", "household housed separately")),
        ("closeRequest", Phrase::new("demande close", "request closed")),
        ("reopenRequest", Phrase::new("demande rouverte", "request reopened")),
    ];
    DONE.iter().find(|(known, _)| *known == command).map(|(_, said)| said.text())
}

/// What was done with a referral.
pub fn of_referral(command: &str) -> Option<&'static str> {
    const DONE: &[(&str, Phrase)] = &[
        ("createReferral", Phrase::new("place demandée", "place asked")),
        ("confirmPlan", Phrase::new("place demandée", "place asked")),
        ("acknowledgeReferral", Phrase::new("demande vue", "request seen")),
        ("acknowledgeReferralByLink", Phrase::new("demande vue", "request seen")),
        ("acceptReferral", Phrase::new("oui", "yes")),
        ("acceptReferralByLink", Phrase::new("oui", "yes")),
        ("affirmReferral", Phrase::new("ce qui a été noté est exact", "what was written down is right")),
        ("declineReferral", Phrase::new("non", "no")),
        ("declineReferralByLink", Phrase::new("non", "no")),
        // Whoever asked reads the refusal of the place.
        ("stopReferral", Phrase::new("non", "no")),
        ("confirmReferral", Phrase::new("arrivée confirmée", "arrival confirmed")),
        ("recordArrival", Phrase::new("bien arrivée", "safely arrived")),
        ("recordNoShow", Phrase::new("ne s’est pas présentée", "did not come")),
        ("recordTurnedAway", Phrase::new("refoulée à la porte", "turned away at the door")),
        ("withdrawReferral", Phrase::new("demande de place retirée", "question withdrawn")),
        ("supersedeReferral", Phrase::new("orientée ailleurs", "referred elsewhere")),
        ("reviveReferral", Phrase::new("place demandée de nouveau", "place asked again")),
        ("moveReferral", Phrase::new("passée à un autre groupe de places", "moved to another group of places")),
        ("expireReferral", Phrase::new("sans réponse à temps", "no answer in time")),
        ("expireHold", Phrase::new("réservation finie, la question reste posée", "hold over, the question still stands")),
        ("liftRefusal", Phrase::new("refus levé", "refusal lifted")),
        ("resizeReferral", Phrase::new("nombre de places adapté", "number of places adapted")),
        ("reevaluateReferral", Phrase::new("vérifiée de nouveau après une modification", "checked again after an edit")),
        ("endStay", Phrase::new("fin de prise en charge", "end of stay")),
        ("undoReferral", Phrase::new("dernière action annulée", "last act undone")),
        ("undoReferralByLink", Phrase::new("dernière action annulée", "last act undone")),
        ("recordCall", Phrase::new("rappel fait", "called back")),
        ("contradictReferral", Phrase::new("ce qui a été noté n’est pas exact", "what was written down is not right")),
        ("contradictReferralByLink", Phrase::new("ce qui a été noté n’est pas exact", "what was written down is not right")),
    ];
    DONE.iter().find(|(known, _)| *known == command).map(|(_, said)| said.text())
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

/// Whether nobody does this with a referral but those who ask, whoever they are by then. Withdrawing is none: a home that ends withdraws what was
/// asked of it, and who runs it is not told behind a regulator's door.
pub fn is_of_who_asks(command: &str) -> bool {
    const BY_WHO_ASKS: &[&str] =
        &["createReferral", "confirmPlan", "confirmReferral", "recordTurnedAway", "reviveReferral", "liftRefusal"];
    BY_WHO_ASKS.contains(&command)
}

/// How much there is to do for a request, said again when it changes.
pub fn so_much_to_do(alias: &str, count: usize) -> String {
    match count {
        0 => either!(format!("{alias}\u{a0}: rien à faire pour l’instant."), format!("{alias}: nothing to do for now.")),
        1 => either!(format!("{alias}\u{a0}: 1\u{a0}chose à faire."), format!("{alias}: 1\u{a0}thing to do.")),
        more => either!(format!("{alias}\u{a0}: {more}\u{a0}choses à faire."), format!("{alias}: {more}\u{a0}things to do.")),
    }
}
