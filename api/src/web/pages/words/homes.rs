//! What *Mes structures* says.

/// The days of a week, and the holidays.
pub const DAYS: [&str; 8] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "jours fériés"];

/// What a field of hours is called to who does not see where it stands.
pub fn from_hour(day: &str, span: usize) -> String {
    format!("{day}, {}, de", nth(span))
}

/// The same of its end.
pub fn to_hour(day: &str, span: usize) -> String {
    format!("{day}, {}, à", nth(span))
}

fn nth(span: usize) -> &'static str {
    if span == 0 { "première plage" } else { "seconde plage" }
}

phrases! {
    NAV "Structures";
    TITLE "Mes structures";
    LEAD "Vos structures et leurs groupes de places. Ce que vous écrivez ici n’est montré qu’à qui l’échelle de confidentialité le permet.";
    NONE "Aucune structure encore. Ajoutez la première, puis un groupe de places\u{a0}: des places qui accueillent le même public.";
    NEW "Ajouter une structure";
    NEW_UNIT "Ajouter un groupe de places";
    EDIT "Modifier";
    SAVE "Enregistrer";
    END_HOME "Fermer la structure";
    END_HOME_LEAD "Ferme la structure et tous ses groupes de places\u{a0}: les questions en attente sont retirées, les deux côtés prévenus. Refusé tant que quelqu’un y est ou y est attendu. Cela ne s’annule pas.";
    END_UNIT "Fermer ce groupe de places";
    END_UNIT_LEAD "Ses questions en attente sont retirées, les deux côtés prévenus. Refusé tant que quelqu’un y est ou y est attendu. Cela ne s’annule pas.";
    END_SURE "Oui, fermer";
    PEOPLE_THERE "Quelqu’un y est hébergé ou y est attendu\u{a0}: la fermeture attendra son départ.";
    ENDED "fermée";
    CONFIDENTIAL "adresse confidentielle";
    PUBLIC "adresse publique";
    NO_UNITS "Aucun groupe de places\u{a0}: cette structure n’est proposée à personne.";
    PLACES_IN_ALL "places";
    CELL_HIDES_FEW "Peu de gens vivent dans le secteur qui cache cette adresse. Parlez-en à la coordination avant de déclarer des places.";
    FIX_FIELDS "Rien n’est enregistré encore\u{a0}: voyez les champs signalés. Ce que vous avez écrit est toujours là.";
    OLD_PAGE "Quelqu’un a modifié cette fiche entre-temps. Voici ce qui est enregistré maintenant\u{a0}: reprenez votre modification.";
    HOURS_WRITTEN "Heures, telles qu’elles sont écrites (syntaxe opening_hours d’OpenStreetMap)";
    HOURS_LEAD "Tout laisser vide\u{a0}: jour et nuit. Un jour vide\u{a0}: personne ne répond. Après minuit\u{a0}: de 22:00 à 06:00.";
    HOLIDAYS_OFF "personne ne répond les jours fériés";
    ERASE_ADDRESS "effacer l’adresse enregistrée";
    WHICH_COMMUNE "Laquelle\u{a0}?";

    G_HOME "La structure";
    NAME "Nom";
    NAME_WRONG "Un nom de 1 à 200 caractères.";
    COMMUNE "Commune";
    COMMUNE_HINT "ou code INSEE\u{a0}; le département et le secteur en découlent";
    COMMUNE_WRONG "Quelle commune\u{a0}? Écrivez son nom avec son département, ou son code INSEE.";
    IS_PUBLIC "L’adresse est publique";
    IS_PUBLIC_HINT "sinon la structure n’est située que par un secteur où vivent beaucoup de gens";
    LATITUDE "Latitude";
    LONGITUDE "Longitude";
    POINT_WRONG "Un point à 40\u{a0}km au plus de la commune, dans son département.";
    TOWN "Ville, dans vos mots";
    TOWN_HINT "telle que la lisent ceux à qui la structure est proposée, par exemple «\u{a0}agglomération lyonnaise\u{a0}»";
    TOWN_WRONG "100 caractères au plus.";
    FINESS "FINESS";
    FINESS_WRONG "Neuf caractères, clé comprise\u{a0}; et un numéro ne nomme qu’une structure.";
    SIRET "SIRET";
    SIRET_WRONG "Quatorze chiffres, clé comprise\u{a0}; et un numéro ne nomme qu’une structure.";
    G_CONTACT "Contact traite";
    NUMBERS "Numéros, dans l’ordre où les essayer";
    NUMBERS_HINT "des fonctions, jamais la ligne personnelle de quelqu’un";
    LABEL "Qui répond";
    LABEL_WRONG "100 caractères au plus.";
    PHONE "Téléphone";
    PHONE_WRONG "Un numéro complet\u{a0}; un numéro étranger commence par + et l’indicatif du pays.";
    HOURS "Heures de réponse";
    HOURS_WRONG "Chaque plage a un début et une fin.";
    EMAIL "Adresse de courriel";
    EMAIL_WRONG "Une adresse qu’un serveur de courriel accepte.";
    G_ARRIVAL "L’arrivée";
    MEETING_POINT "Point de rencontre";
    MEETING_POINT_HINT "des mots qui ne donnent pas l’adresse";
    MEETING_POINT_WRONG "300 caractères au plus.";
    GIVES_ADDRESS "Montrer l’adresse exacte, une fois, à qui accompagne une personne confirmée";
    ADDRESS "Adresse exacte";
    ADDRESS_HINT "enregistrée, jamais réaffichée ici\u{a0}; laisser vide\u{a0}: ne change rien";
    ADDRESS_WRONG "500 caractères au plus.";

    G_PUBLIC "Qui ce groupe accueille";
    KIND "Sorte";
    GENDERS "Adultes accueillis";
    GENDERS_WRONG "Au moins un genre.";
    ADULTS "Accueille des adultes";
    FROM_AGE "À partir de (ans)";
    TO_AGE "Jusqu’à (ans)";
    TO_AGE_HINT "vide\u{a0}: sans limite";
    AGES_WRONG "Des âges entiers, le premier n’est pas au-dessus du second.";
    HOUSEHOLD "Ménage le plus grand (personnes)";
    HOUSEHOLD_WRONG "Un nombre de personnes, à partir de 1.";
    COUPLES "Accueille des couples";
    SETTING "Qui vit là";
    CHILDREN "Accueille des enfants avec leur parent";
    BOYS_TO_AGE "Garçons jusqu’à (ans)";
    BOYS_TO_AGE_HINT "vide\u{a0}: comme les autres";
    CHILDREN_WRONG "Des âges jusqu’à 17 ans\u{a0}; la limite des garçons n’est pas au-dessus.";
    MINORS "Accueille des mineurs non accompagnés";
    MINORS_WRONG "Des âges jusqu’à 20 ans et au moins un genre\u{a0}; et une porte autre que «\u{a0}directement\u{a0}».";
    MINORS_GENDERS "Mineurs accueillis";
    ACCREDITATION "Habilitation";
    G_PLACES "Les places";
    PLACES "Places en tout";
    PLACES_HINT "occupées ou libres\u{a0}; les places déclarées libres n’en dépassent jamais le nombre";
    PLACES_WRONG "Un nombre de places, pas au-dessous de celles déclarées libres.";
    HOLDS "Les places peuvent être réservées avant votre réponse";
    STAGES "Étapes";
    STAGES_WRONG "Au moins une étape.";
    DOORS "Portes d’entrée";
    DOORS_WRONG "Au moins une porte\u{a0}; pour des mineurs non accompagnés jamais «\u{a0}directement\u{a0}».";
    ADMISSION_DAYS "Jours de la demande à l’arrivée";
    ADMISSION_DAYS_WRONG "Un nombre de jours, à partir de 0.";
    SPECIALISED "Spécialisée dans l’accueil de victimes de la traite";
    REMOVAL_ONLY "Seulement des personnes qui changent de région";
    ANSWERS "Quand quelqu’un répond aux demandes";
    G_OFFERS "Ce qu’on y trouve";
    OFFERS "Services";
    LANGUAGES "Langues parlées";
    G_CONDITIONS "Ce qui est demandé";
    CONDITIONS "Conditions d’admission";
    UNLAWFUL "Conditions non opposables";
    UNLAWFUL_HINT "aucune loi ne les permet\u{a0}; elles sont montrées comme telles, et le SIAO peut les lever";
    STEPS "Étapes d’admission";
    CODES_WRONG "Choisissez dans la liste.";
}
