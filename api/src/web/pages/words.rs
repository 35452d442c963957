//! Every word of the pages, in French. English follows as a second set of the same constants and a second table.
//!
//! Nothing here knows a page; no page holds a word of its own.

use matcher::{Code, Codes, Day, Department, Language, Offer, Relaxation, RelaxedWish, Wished};

use crate::clock::Instant;
use crate::clock::civil;

/// Declares the phrases.
macro_rules! phrases {
    ($($name:ident $text:literal;)*) => {$(
        #[doc = $text]
        pub const $name: &str = $text;
    )*};
}

phrases! {
    LANGUAGE "fr";
    HAVRE "Havre";
    QUIT "Quitter";
    SKIP "Aller au contenu";
    SIGN_OUT "Se déconnecter";
    NAV "Navigation principale";
    ASK "Demande";
    MY_REQUESTS "Demandes";
    REFERRALS "Orientations";
    WRITTEN_DOWN "Noté après un appel téléphonique, en votre nom :";
    NOT_SO "Ce n’est pas exact";
    LATE "Arrivée en retard : dites si elle a eu lieu. La place reste gardée.";
    PLACES "Mes places";
    SIGN_IN "Connexion";
    SIGN_IN_LEAD "Entrez avec le lien à usage unique que l'on vous a donné, ou collez ici le jeton de votre organisme.";
    TOKEN "Jeton";
    ENTER "Entrer";
    WRONG_TOKEN "Ce jeton n'est pas valable. Vérifiez qu'il est entier, ou demandez-en un autre à l'administration.";
    LINK_LEAD "Ce lien vous connecte une seule fois.";
    LINK_OVER "Ce lien a déjà servi ou n'est plus valable. Demandez-en un autre.";
    ASK_TITLE "Cette nuit : une demande";
    ASK_LEAD "Qui, combien, où surtout pas : cela suffit pour classer les places. Rien n'est enregistré sans votre accord. Jamais de nom, de nationalité ni de papiers.";
    WHO "Qui ?";
    WOMEN "Femmes";
    MEN "Hommes";
    WITH_PARENT_WHY "Enfants dont un parent est là, lien établi : leurs âges, comme 4, 7 ; un ? pour un âge inconnu.";
    GIRLS "Filles avec un parent";
    BOYS "Garçons avec un parent";
    LONE_GIRLS "Filles seules";
    LONE_BOYS "Garçons seuls";
    WOMEN_AGES "Âges des femmes";
    MEN_AGES "Âges des hommes";
    COMMUNE "Commune";
    ZONE "Commune ou département";
    ZONE2 "Un autre secteur à éviter";
    LANGUAGE_OF_CONSENT "Langue";
    VITAL_REASON "Motif";
    LONE_MINORS_WHY "Mineurs sans parent établi : leurs âges. En cas de doute, la minorité est présumée : un ?. Un adulte qui accompagne peut être l'exploiteur.";
    WHERE_NOW "Où sont les personnes ?";
    WHERE_WHY "Commune ou code postal : les distances se comptent de là.";
    WHERE_NOT "Où surtout pas ?";
    WHERE_NOT_WHY "Une commune ou un département où elles sont en danger : aucune place n'y sera proposée.";
    RADIUS "Dans un rayon de";
    FROM_WHEN "À partir du";
    RANK "Classer sans enregistrer";
    STORE "Enregistrer et classer";
    CONSENT_TITLE "Pour enregistrer";
    CONSENT_LEAD "Une demande enregistrée peut être adressée aux structures. Il faut l'accord de la personne, ou une urgence vitale.";
    CONSENT_GIVEN "La personne est d'accord, expliqué en";
    CONSENT_INTERPRETER "avec interprète";
    CONSENT_SHARED "On pourra montrer à la structure sollicitée :";
    CONSENT_VITAL "Urgence vitale, sans accord possible :";
    MORE "Préciser (facultatif)";
    OTHERS "Personnes d'un autre genre";
    COUPLE "Deux des adultes sont en couple";
    STAGE "Étape cherchée";
    URGENCY "Urgence";
    NIGHTS "Nuits souhaitées";
    DISTANCE "Distance";
    MAX_KM "au plus (km)";
    MIN_KM "au moins (km)";
    ACCEPTS_REMOVAL "La personne accepte de quitter la région";
    ACCEPTS_REMOVAL_WHY "L'éloignement ne se fait jamais sans elle : sans cette case, rien au-delà de 150 km.";
    ACCEPTS_CROSSING "La personne accepte une traversée (Corse, outre-mer)";
    LIVING_WITH "Avec qui peut-elle vivre ?";
    LIVING_WITH_WHY "Après des violences, certains voisinages ne sont pas possibles. Rien de coché : avec tout le monde.";
    AVOID "À éviter si possible";
    AVOID_WHY "Une commune ou un département où la personne est connue : ces places passent après.";
    REQUIRED "Il faut absolument";
    WISHED "Ce serait mieux avec";
    SPOKEN "Langues souhaitées sur place";
    PROPOSALS "Propositions";
    PROPOSALS_NONE "Aucune place ne convient telle quelle.";
    LOOK_AT_TO_VERIFY "Un appel peut suffire : voyez les places à vérifier par téléphone.";
    LOOK_AT_WOULD_OPEN "Un souhait de moins en ouvrirait : voyez lequel plus bas.";
    LOOK_AT_WHY_NOT "Ce qui écarte les autres est compté en bas de la page.";
    CAN_TAKE "Peuvent accueillir";
    TO_VERIFY "À vérifier par téléphone";
    TO_VERIFY_LEAD "Un appel peut lever le doute. La question à poser est écrite sous chaque place.";
    QUESTION "Demander :";
    WOULD_OPEN "Ce qui ouvrirait d'autres places";
    WOULD_OPEN_HINT "À voir avec la personne : rien n'est changé à la demande.";
    WHY_NOT "Pourquoi pas les autres ?";
    WHY_NOT_RULE "Règle";
    WHY_NOT_UNITS "Places écartées";
    WHY_NOT_ALONE "Pour cette seule raison";
    MAP_TITLE "Carte des propositions par département";
    MAP_LEAD "Chaque case est un département ; le chiffre dit combien de propositions s'y trouvent.";
    MAP_OVERSEAS "Outre-mer";
    REASONS "Ce qui compte";
    DOOR "Porte d'entrée";
    BAND "Distance";
    KM "km";
    CALL "Appeler";
    ASK_PLACE "Solliciter";
    HOLD_PLACE "Retenir la place";
    CONDITIONS "Conditions d'admission";
    UNLAWFUL "Conditions sans base légale, à contester";
    STEPS "Étapes d'admission";
    PRINT "Imprimer";
    EDIT "Modifier la demande";
    NOT_STORED "Cette demande n'est pas enregistrée : pour solliciter une place, enregistrez-la.";
    BACK_TO_ASK "Revenir au formulaire";
    ASKED_ALREADY "Déjà sollicitée";
    VERIFIED_BY_CALL "Vérifié par téléphone avant de solliciter.";
    MY_PLACES "Mes places";
    MY_PLACES_LEAD "Combien de places ce soir ? Une touche suffit pour dire que c'est toujours exact.";
    BEDS_TONIGHT "Places ce soir";
    HELD "dont retenues :";
    ONE_LESS "Une place de moins";
    ONE_MORE "Une place de plus";
    STILL_TRUE "Toujours exact";
    TAKEN_ELSEWHERE "Prise ailleurs";
    CONFIRMED "Confirmé";
    STALE "À confirmer : plus de 72 h sans nouvelles, la place passe pour douteuse.";
    FROM_DAY "Libre à partir du";
    UNTIL_DAY "jusqu'au";
    NEXT_VACANCY "Prochaine place libre";
    DECLARE "Déclarer";
    BEDS "Places";
    NO_VACANCY "Aucune place déclarée.";
    NO_UNIT "Aucun groupe de places n'est encore inscrit pour votre organisme.";
    REFERRALS_TITLE "Orientations";
    REFERRALS_NONE "Rien en cours.";
    TO_ANSWER "À répondre";
    EXPECTED "Arrivées attendues";
    STAYS "Prises en charge";
    WAITING_CONFIRMATION "Acceptées, en attente du référent";
    NO_ROOF "Sans toit ce soir";
    NO_ROOF_LEAD "Demandes ouvertes, de la plus ancienne à la plus récente.";
    WAITING_SINCE "attend depuis";
    HOURS "h";
    ANSWERS_IN "Réponses arrivées";
    WAITING_ANSWER "En attente d'une réponse";
    LAPSING "Bientôt échu";
    CONFIRMED_ONES "Confirmées";
    RECENT "Terminées récemment";
    BEFORE "Répondre avant";
    CONFIRM_BEFORE "Confirmer avant";
    YES "Oui";
    NO "Non";
    CALL_ME "Rappelez-moi";
    WHY_NO "Pourquoi non ?";
    CONFIRM "Confirmer";
    ARRIVAL_AT "Arrivée prévue";
    WITHDRAW "Retirer";
    ARRIVED "Arrivées";
    NOT_COME "Pas venues";
    END_STAY "Fin de prise en charge";
    AFTER_STAY "La demande ensuite";
    PEOPLE "personnes";
    PERSON "personne";
    NIGHTS_WORD "nuits";
    NEEDS "Besoins";
    LANGUAGES "Langues";
    NOT_SHARED "non communiqué";
    BY_PHONE "Réponse reçue par téléphone";
    SEE_PROPOSALS "Voir les propositions";
    CLOSE_REQUEST "Clore la demande";
    REQUESTS_NONE "Aucune demande ouverte.";
    LINK_TITLE "Une orientation vous attend";
    LINK_ANSWER "Pour répondre, connectez-vous ou appelez l'organisme qui sollicite.";
    ERROR_TITLE "Cela n'a pas marché";
    ERROR_BACK "Revenez en arrière, corrigez, et recommencez : rien n'a été perdu ni changé.";
    ERROR_NUMBER "Numéro à donner si vous demandez de l'aide :";
    NOT_FOUND_TITLE "Introuvable";
    NOT_FOUND_TEXT "Cette page ou cette fiche n'existe pas, ou n'est pas à vous.";
    FORBIDDEN_TEXT "Votre compte n'a pas accès à cette page.";
    FORM_EXPIRED_TEXT "Cette page était ouverte depuis trop longtemps ou dans une autre session. Rechargez-la et recommencez.";
    UNAVAILABLE_TEXT "Le service est très occupé ou la base ne répond pas. Rien n'a changé ; réessayez dans quelques secondes.";
    OUTCOME_UNKNOWN_TEXT "La base n'a pas répondu à temps : votre action est peut-être faite, peut-être pas. Renvoyez le même formulaire : elle ne sera pas faite deux fois.";
    NO_BED_TEXT "Une autre personne vient d'obtenir cette place. Revenez aux propositions : la suivante est peut-être libre.";
    NOT_ELIGIBLE_TEXT "Cette place ne peut pas accueillir ces personnes :";
    TOO_MANY_TEXT "Cette demande a déjà autant d'orientations qu'elle peut en avoir. Retirez-en une.";
    STATE_CHANGED_TEXT "L'orientation a changé entre-temps. Rechargez la page pour voir où elle en est.";
    ASSESSMENT_TEXT "Pour un mineur seul, une première évaluation de son intérêt supérieur doit être enregistrée sur la demande.";
    UNKNOWN_COMMUNE "Commune inconnue : vérifiez l'orthographe ou tapez le code postal.";
    WHICH_COMMUNE "Plusieurs communes portent ce nom : précisez, par exemple avec le département.";
    NOBODY "Indiquez au moins une personne.";
    WRONG_AGES "Des âges en nombres, séparés par des virgules, comme 4, 7.";
    WRONG_FIELD "Cette valeur ne convient pas.";
    FIX_FIELDS "À corriger :";
    ROLE_HOME "Bienvenue";
    ROLE_HOME_TEXT "Ce compte travaille par l'API : sa documentation est ici.";
    API_DOCS "Documentation de l'API";
    FOOTER "Communes : INSEE, La Poste (Licence Ouverte), GeoNames (CC BY 4.0).";
}

/// The French of a code.
pub fn label<T: Code>(code: T) -> &'static str {
    let found = LABELS.iter().find(|(list, known, _)| *list == T::NAME && *known == code.as_str());
    found.map_or(code.as_str(), |(_, _, label)| *label)
}

/// How many places, in a sentence.
pub fn summary(eligible: u64, to_verify: u64, evaluated: u64) -> String {
    format!("{eligible} à proposer, {to_verify} à vérifier, sur {evaluated} groupes de places examinés.")
}

/// What one change of a wish would open.
pub fn relaxation(relaxation: &Relaxation, wishes: &[RelaxedWish]) -> String {
    let dropped =
        |from: Vec<String>, to: Vec<String>| from.into_iter().filter(|word| !to.contains(word)).collect::<Vec<_>>().join(", ");
    let change = match (&relaxation.from, &relaxation.to) {
        (_, Wished::Km(None)) => "ne plus limiter la distance".to_owned(),
        (Wished::Km(Some(from)), Wished::Km(Some(to))) if from < to => format!("aller jusqu'à {} km", to.get()),
        (_, Wished::Km(Some(to))) => format!("accepter à partir de {} km", to.get()),
        (_, Wished::Day(to)) => format!("commencer le {}", day(*to)),
        (Wished::Nights(from), Wished::Nights(to)) => format!("demander {} nuits au lieu de {}", to.get(), from.get()),
        (Wished::Offers(from), Wished::Offers(to)) => {
            let names = |offers: &Codes<Offer>| offers.iter().map(|offer| label(offer).to_owned()).collect();
            format!("se passer de : {}", dropped(names(from), names(to)))
        }
        (Wished::Languages(from), Wished::Languages(to)) => {
            let names =
                |languages: &Codes<Language>| languages.iter().map(|language| spoken(language.as_str()).to_owned()).collect();
            format!("ne plus exiger de parler : {}", dropped(names(from), names(to)))
        }
        (Wished::Everything, _) => {
            let all: Vec<_> = wishes.iter().map(|wish| label(*wish)).collect();
            format!("{} : {}", label(relaxation.wish), all.join(", "))
        }
        _ => label(relaxation.wish).to_owned(),
    };
    let places = if relaxation.opens == 1 { "groupe de places" } else { "groupes de places" };
    format!("{change} : {} {places} de plus", relaxation.opens)
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// An age.
pub fn years(age: u8) -> String {
    format!("{age} an{}", if age > 1 { "s" } else { "" })
}

/// A day as people write it.
pub fn day(day: Day) -> String {
    day.get().format("%d/%m/%Y").to_string()
}

/// An instant as the clock on the wall of a department shows it.
pub fn moment(at: Instant, department: Department) -> String {
    civil(at, department).format("%d/%m/%Y à %H:%M").to_string()
}

/// The name of a language, or its code.
pub fn spoken(code: &str) -> &str {
    SPOKEN_LANGUAGES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| *name)
}

/// What to ask on the phone for each rule that a call can settle.
pub fn question(rule: matcher::Rule) -> &'static str {
    use matcher::Rule;
    match rule {
        Rule::DangerZoneUnsure => "le site est-il à l'écart du secteur à éviter ?",
        Rule::Stage => "prendriez-vous les personnes à cette étape ?",
        Rule::Household => "pouvez-vous accueillir un ménage de cette taille ?",
        Rule::RequiredOffer => "avez-vous, ou pouvez-vous trouver, ce qu'il faut absolument ?",
        Rule::RequiredLanguage => "quelqu'un parle-t-il la langue, ou par téléphone ?",
        Rule::Capacity
        | Rule::Gender
        | Rule::Age
        | Rule::UnaccompaniedMinor
        | Rule::Children
        | Rule::Setting
        | Rule::RemovalConsent
        | Rule::Crossing
        | Rule::DangerZone
        | Rule::Distance
        | Rule::KeepApart
        | Rule::AlreadyRefused => "",
    }
}

/// Languages that are offered first: those most asked for, by their French names.
pub const SPOKEN_LANGUAGES: [(&str, &str); 20] = [
    ("fr", "français"),
    ("en", "anglais"),
    ("ar", "arabe"),
    ("es", "espagnol"),
    ("pt", "portugais"),
    ("ro", "roumain"),
    ("bg", "bulgare"),
    ("sq", "albanais"),
    ("ru", "russe"),
    ("uk", "ukrainien"),
    ("zh", "chinois"),
    ("vi", "vietnamien"),
    ("th", "thaï"),
    ("tl", "tagalog"),
    ("ti", "tigrigna"),
    ("so", "somali"),
    ("yo", "yoruba"),
    ("ff", "peul"),
    ("bn", "bengali"),
    ("fa", "persan"),
];

/// `(list, code, label)`; a test finds every code here.
pub const LABELS: &[(&str, &str, &str)] = &[
    ("kind of unit", "acse", "Ac.Sé"),
    ("kind of unit", "chrs", "CHRS"),
    ("kind of unit", "emergency_centre", "Centre d'hébergement d'urgence"),
    ("kind of unit", "stabilisation_centre", "Centre de stabilisation"),
    ("kind of unit", "specialised_home", "Foyer spécialisé"),
    ("kind of unit", "specialised_flat", "Appartement spécialisé"),
    ("kind of unit", "diffuse_housing", "Hébergement en diffus"),
    ("kind of unit", "hotel", "Nuitées hôtelières"),
    ("kind of unit", "foster_family", "Assistant familial"),
    ("kind of unit", "citizen_host", "Hébergement citoyen"),
    ("kind of unit", "minors_home", "Foyer de l'enfance"),
    ("kind of unit", "secure_minors_centre", "Centre d'accueil sécurisant"),
    ("kind of unit", "mother_child_centre", "Centre maternel"),
    ("kind of unit", "asylum_centre", "Places asile spécialisées"),
    ("kind of unit", "transitional_housing", "Logement accompagné"),
    ("kind of unit", "other", "Autre"),
    ("gender", "female", "femme"),
    ("gender", "male", "homme"),
    ("gender", "other", "autre genre"),
    ("minority", "adult", "adulte"),
    ("minority", "minor", "mineur"),
    ("minority", "presumed_minor", "présumé mineur"),
    ("stage", "emergency", "Mise à l'abri"),
    ("stage", "stabilisation", "Stabilisation"),
    ("stage", "integration", "Insertion"),
    ("urgency", "immediate", "Tout de suite"),
    ("urgency", "urgent", "Sous 72 heures"),
    ("urgency", "planned", "Plus tard"),
    ("wish", "stay_near", "Rester près"),
    ("wish", "move_away", "S'éloigner"),
    ("wish", "indifferent", "Indifférent"),
    ("relaxed wish", "max_km", "aller plus loin"),
    ("relaxed wish", "min_km", "rester plus près"),
    ("relaxed wish", "accepts_removal", "accepter de quitter la région"),
    ("relaxed wish", "accepts_crossing", "accepter de traverser la mer"),
    ("relaxed wish", "first_day", "commencer plus tard"),
    ("relaxed wish", "nights", "demander moins de nuits"),
    ("relaxed wish", "living_with", "vivre avec n'importe qui"),
    ("relaxed wish", "required", "se passer d'une prestation exigée"),
    ("relaxed wish", "required_languages", "se passer d'une langue exigée"),
    ("relaxed wish", "everything", "tout à la fois"),
    ("setting", "women", "entre femmes"),
    ("setting", "men", "entre hommes"),
    ("setting", "mixed", "en mixité"),
    ("setting", "alone", "seule"),
    ("door", "siao", "SIAO"),
    ("door", "115", "115"),
    ("door", "direct", "La structure, directement"),
    ("door", "acse", "Coordination Ac.Sé"),
    ("door", "child_protection", "Protection de l'enfance"),
    ("door", "asylum", "Asile (OFII)"),
    ("door", "health", "Santé"),
    ("offer", "psychological_care", "soutien psychologique"),
    ("offer", "medical_care", "soins"),
    ("offer", "legal_support", "accompagnement juridique"),
    ("offer", "interpreting", "interprétariat"),
    ("offer", "french_lessons", "cours de français"),
    ("offer", "childcare", "garde d'enfants"),
    ("offer", "schooling", "scolarisation"),
    ("offer", "job_support", "insertion professionnelle"),
    ("offer", "domiciliation", "domiciliation"),
    ("offer", "addiction_care", "addictologie"),
    ("offer", "family_mediation", "médiation familiale"),
    ("offer", "step_free", "accès sans marche"),
    ("offer", "private_room", "chambre seule"),
    ("offer", "small_setting", "petite structure"),
    ("offer", "staff_at_night", "présence la nuit"),
    ("offer", "secret_address", "adresse secrète"),
    ("offer", "controlled_access", "accès contrôlé"),
    ("offer", "cot", "lit de bébé"),
    ("offer", "near_maternity", "maternité proche"),
    ("offer", "consumption_tolerated", "consommation tolérée"),
    ("offer", "cold_storage", "réfrigérateur pour un traitement"),
    ("offer", "animals", "animaux"),
    ("offer", "sign_language", "langue des signes"),
    ("condition", "income_share", "participation financière"),
    ("condition", "abstinence", "abstinence"),
    ("condition", "local_connection", "lien avec le territoire"),
    ("condition", "asylum_application", "demande d'asile"),
    ("condition", "local_danger", "danger sur place"),
    ("condition", "court_proceedings", "procédure judiciaire"),
    ("condition", "exit_pathway", "parcours de sortie"),
    ("unlawful condition", "regular_stay", "titre de séjour"),
    ("unlawful condition", "identity_documents", "pièce d'identité"),
    ("unlawful condition", "complaint_filed", "plainte déposée"),
    ("unlawful condition", "cooperation", "coopération avec l'enquête"),
    ("unlawful condition", "left_network", "avoir quitté le réseau"),
    ("step", "interview", "entretien"),
    ("step", "video_interview", "entretien en visio"),
    ("step", "visit", "visite"),
    ("step", "medical_visit", "visite médicale"),
    ("rule", "capacity", "pas de place à ces dates"),
    ("rule", "gender", "genre non accueilli"),
    ("rule", "age", "âge non accueilli"),
    ("rule", "unaccompanied_minor", "mineurs seuls non accueillis"),
    ("rule", "children", "enfants non accueillis à cet âge"),
    ("rule", "household", "ménage trop grand ou couple"),
    ("rule", "setting", "voisinage non souhaité"),
    ("rule", "stage", "autre étape"),
    ("rule", "removal_consent", "éloignement non accepté"),
    ("rule", "crossing", "traversée non acceptée"),
    ("rule", "danger_zone", "dans un secteur à éviter"),
    ("rule", "danger_zone_unsure", "peut-être dans un secteur à éviter"),
    ("rule", "distance", "distance non souhaitée"),
    ("rule", "required_offer", "un besoin absolu manque"),
    ("rule", "required_language", "une langue indispensable manque"),
    ("rule", "keep_apart", "personnes à ne pas réunir"),
    ("rule", "already_refused", "refus déjà exprimé"),
    ("criterion", "distance", "distance"),
    ("criterion", "specialisation", "spécialisation"),
    ("criterion", "offers", "souhaits"),
    ("criterion", "languages", "langues"),
    ("criterion", "readiness", "délai d'entrée"),
    ("criterion", "cover", "durée couverte"),
    ("criterion", "freshness", "fraîcheur de l'information"),
    ("criterion", "conditions", "peu de conditions"),
    ("criterion", "avoidance", "hors des lieux à éviter"),
    ("criterion", "fit", "adéquation"),
    ("criterion", "continuity", "continuité"),
    ("warning", "stale_vacancy", "place non confirmée depuis 72 h : appelez d'abord"),
    ("warning", "short_cover", "ne couvre pas toute la durée souhaitée"),
    ("warning", "age_unknown", "un âge est inconnu"),
    ("warning", "turns_18_during_stay", "majorité atteinte pendant le séjour"),
    ("warning", "may_turn_18", "majorité peut-être proche"),
    ("warning", "unverified_link", "adulte et mineur sans lien établi : prudence"),
    ("warning", "far_for_today", "trop loin pour aujourd'hui"),
    ("warning", "guardian_missing", "pas de tuteur ni d'administrateur ad hoc désigné"),
    ("distance band", "<10", "moins de 10 km"),
    ("distance band", "10-30", "10 à 30 km"),
    ("distance band", "30-75", "30 à 75 km"),
    ("distance band", "75-150", "75 à 150 km"),
    ("distance band", "150-300", "150 à 300 km"),
    ("distance band", ">300", "plus de 300 km"),
    ("state of a referral", "asked", "sollicitée"),
    ("state of a referral", "acknowledged", "vue"),
    ("state of a referral", "accepted", "acceptée"),
    ("state of a referral", "confirmed", "confirmée"),
    ("state of a referral", "arrived", "en cours"),
    ("state of a referral", "ended", "terminée"),
    ("state of a referral", "declined", "refusée"),
    ("state of a referral", "superseded", "orientée ailleurs"),
    ("state of a referral", "no_show", "pas venue"),
    ("state of a referral", "turned_away", "refoulée à la porte"),
    ("state of a referral", "withdrawn", "retirée"),
    ("state of a referral", "expired", "expirée"),
    ("reason of a refusal", "full", "complet"),
    ("reason of a refusal", "filled_elsewhere", "place donnée ailleurs"),
    ("reason of a refusal", "profile_mismatch", "public différent"),
    ("reason of a refusal", "too_close_to_danger", "trop près du danger"),
    ("reason of a refusal", "network_present", "le réseau est présent"),
    ("reason of a refusal", "not_secure_enough", "pas assez sûr"),
    ("reason of a refusal", "minors_not_taken", "pas de mineurs"),
    ("reason of a refusal", "household_composition", "composition du ménage"),
    ("reason of a refusal", "group_balance", "équilibre du groupe"),
    ("reason of a refusal", "condition_not_met", "condition non remplie"),
    ("reason of a refusal", "language", "langue"),
    ("reason of a refusal", "health", "santé"),
    ("reason of a refusal", "consumption", "consommation"),
    ("reason of a refusal", "animal", "animal"),
    ("reason of a refusal", "no_local_danger", "pas de danger sur place"),
    ("reason of a refusal", "facts_not_established", "faits non établis"),
    ("reason of a refusal", "no_staff", "pas de personnel"),
    ("reason of a refusal", "no_funding", "pas de financement"),
    ("reason of a refusal", "transport", "transport"),
    ("reason of a refusal", "unit_closed", "fermé"),
    ("reason of a refusal", "interview_inconclusive", "entretien non concluant"),
    ("reason of a refusal", "refuses_removal", "refuse l'éloignement"),
    ("reason of a refusal", "refuses_distance", "refuse la distance"),
    ("reason of a refusal", "refuses_setting", "refuse le voisinage"),
    ("reason of a refusal", "refuses_shared_room", "refuse la chambre partagée"),
    ("reason of a refusal", "afraid", "a peur"),
    ("reason of a refusal", "wants_time", "veut du temps"),
    ("reason of a refusal", "unreachable", "injoignable"),
    ("reason of a refusal", "found_elsewhere", "a trouvé ailleurs"),
    ("reason of a refusal", "returned_to_exploiter", "est retournée chez l'exploiteur"),
    ("reason of a refusal", "changed_mind", "a changé d'avis"),
    ("reason of a refusal", "other", "autre"),
    ("reason of a refusal", "expired", "sans réponse à temps"),
    ("reason of a refusal", "superseded", "orientée ailleurs"),
    ("reason of a refusal", "duplicate", "en double"),
    ("end of a stay", "rehoused", "relogement"),
    ("end of a stay", "moved_on", "autre hébergement"),
    ("end of a stay", "left", "départ volontaire"),
    ("end of a stay", "missing", "disparition"),
    ("end of a stay", "back_to_exploitation", "retour à l'exploitation"),
    ("end of a stay", "excluded", "exclusion"),
    ("end of a stay", "funding_ended", "fin de financement"),
    ("end of a stay", "returned_home", "retour au pays"),
    ("end of a stay", "deceased", "décès"),
    ("end of a stay", "other", "autre"),
    ("state of a request after a stay", "open", "à rouvrir"),
    ("state of a request after a stay", "closed", "à clore"),
    ("kind of information", "household", "qui sont les personnes"),
    ("kind of information", "needs", "leurs besoins"),
    ("kind of information", "languages", "leurs langues"),
    ("vital urgency", "immediate_danger", "danger immédiat"),
    ("vital urgency", "unable_to_consent", "hors d'état de décider"),
    ("vital urgency", "no_common_language", "pas de langue commune"),
    ("vital urgency", "minor_unrepresented", "mineur sans représentant"),
];

/// The departments by code.
pub const DEPARTMENTS: &[(&str, &str)] = &[
    ("01", "Ain"),
    ("02", "Aisne"),
    ("03", "Allier"),
    ("04", "Alpes-de-Haute-Provence"),
    ("05", "Hautes-Alpes"),
    ("06", "Alpes-Maritimes"),
    ("07", "Ardèche"),
    ("08", "Ardennes"),
    ("09", "Ariège"),
    ("10", "Aube"),
    ("11", "Aude"),
    ("12", "Aveyron"),
    ("13", "Bouches-du-Rhône"),
    ("14", "Calvados"),
    ("15", "Cantal"),
    ("16", "Charente"),
    ("17", "Charente-Maritime"),
    ("18", "Cher"),
    ("19", "Corrèze"),
    ("2A", "Corse-du-Sud"),
    ("2B", "Haute-Corse"),
    ("21", "Côte-d'Or"),
    ("22", "Côtes-d'Armor"),
    ("23", "Creuse"),
    ("24", "Dordogne"),
    ("25", "Doubs"),
    ("26", "Drôme"),
    ("27", "Eure"),
    ("28", "Eure-et-Loir"),
    ("29", "Finistère"),
    ("30", "Gard"),
    ("31", "Haute-Garonne"),
    ("32", "Gers"),
    ("33", "Gironde"),
    ("34", "Hérault"),
    ("35", "Ille-et-Vilaine"),
    ("36", "Indre"),
    ("37", "Indre-et-Loire"),
    ("38", "Isère"),
    ("39", "Jura"),
    ("40", "Landes"),
    ("41", "Loir-et-Cher"),
    ("42", "Loire"),
    ("43", "Haute-Loire"),
    ("44", "Loire-Atlantique"),
    ("45", "Loiret"),
    ("46", "Lot"),
    ("47", "Lot-et-Garonne"),
    ("48", "Lozère"),
    ("49", "Maine-et-Loire"),
    ("50", "Manche"),
    ("51", "Marne"),
    ("52", "Haute-Marne"),
    ("53", "Mayenne"),
    ("54", "Meurthe-et-Moselle"),
    ("55", "Meuse"),
    ("56", "Morbihan"),
    ("57", "Moselle"),
    ("58", "Nièvre"),
    ("59", "Nord"),
    ("60", "Oise"),
    ("61", "Orne"),
    ("62", "Pas-de-Calais"),
    ("63", "Puy-de-Dôme"),
    ("64", "Pyrénées-Atlantiques"),
    ("65", "Hautes-Pyrénées"),
    ("66", "Pyrénées-Orientales"),
    ("67", "Bas-Rhin"),
    ("68", "Haut-Rhin"),
    ("69", "Rhône"),
    ("70", "Haute-Saône"),
    ("71", "Saône-et-Loire"),
    ("72", "Sarthe"),
    ("73", "Savoie"),
    ("74", "Haute-Savoie"),
    ("75", "Paris"),
    ("76", "Seine-Maritime"),
    ("77", "Seine-et-Marne"),
    ("78", "Yvelines"),
    ("79", "Deux-Sèvres"),
    ("80", "Somme"),
    ("81", "Tarn"),
    ("82", "Tarn-et-Garonne"),
    ("83", "Var"),
    ("84", "Vaucluse"),
    ("85", "Vendée"),
    ("86", "Vienne"),
    ("87", "Haute-Vienne"),
    ("88", "Vosges"),
    ("89", "Yonne"),
    ("90", "Territoire de Belfort"),
    ("91", "Essonne"),
    ("92", "Hauts-de-Seine"),
    ("93", "Seine-Saint-Denis"),
    ("94", "Val-de-Marne"),
    ("95", "Val-d'Oise"),
    ("971", "Guadeloupe"),
    ("972", "Martinique"),
    ("973", "Guyane"),
    ("974", "La Réunion"),
    ("975", "Saint-Pierre-et-Miquelon"),
    ("976", "Mayotte"),
    ("977", "Saint-Barthélemy"),
    ("978", "Saint-Martin"),
];

/// The name of a department.
pub fn department(code: Department) -> &'static str {
    DEPARTMENTS.iter().find(|(known, _)| *known == code.as_str()).map_or("", |(_, name)| *name)
}
