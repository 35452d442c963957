//! What *Mes structures* says.

phrases! {
    NAV "Structures" | "Homes";
    TITLE "Mes structures" | "My homes";
    LEAD "Vos structures et leurs groupes de places. Ce que vous écrivez ici n’est montré qu’à qui l’échelle de confidentialité le permet."
        | "Your homes and their groups of places. What you write here is shown only to those whom the confidentiality ladder allows to see it.";
    NONE "Aucune structure encore. Ajoutez la première, puis un groupe de places\u{a0}: des places qui accueillent le même public."
        | "No home yet. Add the first, then a group of places: places that take the same people.";
    NEW "Ajouter une structure" | "Add a home";
    NEW_UNIT "Ajouter un groupe de places" | "Add a group of places";
    EDIT "Modifier" | "Edit";
    END_HOME "Fermer la structure" | "Close the home";
    END_HOME_LEAD "Ferme la structure et tous ses groupes de places\u{a0}: les questions en attente sont retirées, les deux côtés prévenus. Refusé tant que quelqu’un y est ou y est attendu. Cela ne s’annule pas."
        | "Closes the home and all its groups of places: questions that wait are withdrawn, both sides told. Refused as long as someone is there or expected. This cannot be undone.";
    END_UNIT "Fermer ce groupe de places" | "Close this group of places";
    END_UNIT_LEAD "Ses questions en attente sont retirées, les deux côtés prévenus. Refusé tant que quelqu’un y est ou y est attendu. Cela ne s’annule pas."
        | "Its questions that wait are withdrawn, both sides told. Refused as long as someone is there or expected. This cannot be undone.";
    END_SURE "Oui, fermer" | "Yes, close";
    PEOPLE_THERE "Quelqu’un y est hébergé ou y est attendu\u{a0}: la fermeture attendra son départ."
        | "Someone is housed or expected there: closing has to wait until they have left.";
    ENDED "fermée" | "closed";
    CONFIDENTIAL "adresse confidentielle" | "confidential address";
    PUBLIC "adresse publique" | "public address";
    NO_UNITS "Aucun groupe de places\u{a0}: cette structure n’est proposée à personne."
        | "No group of places: this home is proposed to nobody.";
    PLACES_IN_ALL "places" | "places";
    CELL_HIDES_FEW "Peu de gens vivent dans le secteur qui cache cette adresse. Parlez-en à la coordination avant de déclarer des places."
        | "Few people live in the area that hides this address. Speak to the coordination before you declare places.";

    G_HOME "La structure" | "The home";
    NAME "Nom" | "Name";
    NAME_WRONG "Un nom de 1 à 200 caractères." | "A name of 1 to 200 characters.";
    COMMUNE "Commune" | "Commune";
    COMMUNE_HINT "ou code INSEE\u{a0}; le département et le secteur en découlent"
        | "or INSEE code; the department and the area follow from it";
    COMMUNE_WRONG "Quelle commune\u{a0}? Écrivez son nom avec son département, ou son code INSEE."
        | "Which commune? Write its name with its department, or its INSEE code.";
    IS_PUBLIC "L’adresse est publique" | "The address is public";
    IS_PUBLIC_HINT "sinon la structure n’est située que par un secteur où vivent beaucoup de gens"
        | "otherwise the home is located only by an area where many people live";
    LATITUDE "Latitude" | "Latitude";
    LONGITUDE "Longitude" | "Longitude";
    POINT_WRONG "Un point à 40\u{a0}km au plus de la commune, dans son département."
        | "A point within 40\u{a0}km of the commune, in its department.";
    TOWN "Ville, dans vos mots" | "Town, in your words";
    TOWN_HINT "telle que la lisent ceux à qui la structure est proposée, par exemple «\u{a0}agglomération lyonnaise\u{a0}»"
        | "as read by those to whom the home is proposed, for example “Lyon area”";
    TOWN_WRONG "100 caractères au plus." | "100 characters at most.";
    FINESS "FINESS" | "FINESS";
    FINESS_WRONG "Neuf caractères, clé comprise\u{a0}; et un numéro ne nomme qu’une structure."
        | "Nine characters, check digit included; and a number names one home only.";
    SIRET "SIRET" | "SIRET";
    SIRET_WRONG "Quatorze chiffres, clé comprise\u{a0}; et un numéro ne nomme qu’une structure."
        | "Fourteen digits, check digit included; and a number names one home only.";
    G_CONTACT "Contact traite" | "Trafficking contact";
    NUMBERS "Numéros, dans l’ordre où les essayer" | "Numbers, in the order in which to try them";
    NUMBERS_HINT "des fonctions, jamais la ligne personnelle de quelqu’un" | "functions, never someone’s personal line";
    LABEL "Qui répond" | "Who answers";
    LABEL_WRONG "100 caractères au plus." | "100 characters at most.";
    PHONE "Téléphone" | "Telephone";
    PHONE_WRONG "Un numéro complet\u{a0}; un numéro étranger commence par + et l’indicatif du pays."
        | "A complete number; a foreign number begins with + and the country code.";
    HOURS "Heures de réponse" | "Answering hours";
    HOURS_WRONG "Chaque plage a un début et une fin." | "Each span has a beginning and an end.";
    EMAIL "Adresse de courriel" | "Email address";
    EMAIL_WRONG "Une adresse qu’un serveur de courriel accepte." | "An address that a mail server accepts.";
    G_ARRIVAL "L’arrivée" | "The arrival";
    MEETING_POINT "Point de rencontre" | "Meeting point";
    MEETING_POINT_HINT "des mots qui ne donnent pas l’adresse" | "words that do not give the address away";
    MEETING_POINT_WRONG "300 caractères au plus." | "300 characters at most.";
    GIVES_ADDRESS "Montrer l’adresse exacte, une fois, à qui accompagne une personne confirmée"
        | "Show the exact address, once, to whoever accompanies a confirmed person";
    ADDRESS "Adresse exacte" | "Exact address";
    ADDRESS_HINT "enregistrée, jamais réaffichée ici\u{a0}; laisser vide\u{a0}: ne change rien"
        | "stored, never shown here again; leave empty: changes nothing";
    ADDRESS_WRONG "500 caractères au plus." | "500 characters at most.";

    G_PUBLIC "Qui ce groupe accueille" | "Whom this group takes in";
    KIND "Sorte" | "Kind";
    GENDERS "Adultes accueillis" | "Adults taken in";
    GENDERS_WRONG "Au moins un genre." | "At least one gender.";
    ADULTS "Accueille des adultes" | "Takes adults";
    FROM_AGE "À partir de (ans)" | "From (years)";
    TO_AGE "Jusqu’à (ans)" | "Up to (years)";
    TO_AGE_HINT "vide\u{a0}: sans limite" | "empty: no limit";
    AGES_WRONG "Des âges entiers, le premier n’est pas au-dessus du second." | "Whole ages, the first not above the second.";
    HOUSEHOLD "Ménage le plus grand (personnes)" | "Largest household (people)";
    HOUSEHOLD_WRONG "Un nombre de personnes, à partir de 1." | "A number of people, from 1.";
    COUPLES "Accueille des couples" | "Takes couples";
    SETTING "Qui vit là" | "Who lives there";
    CHILDREN "Accueille des enfants avec leur parent" | "Takes children with their parent";
    BOYS_TO_AGE "Garçons jusqu’à (ans)" | "Boys up to (years)";
    BOYS_TO_AGE_HINT "vide\u{a0}: comme les autres" | "empty: like the others";
    CHILDREN_WRONG "Des âges jusqu’à 17 ans\u{a0}; la limite des garçons n’est pas au-dessus."
        | "Ages up to 17; the limit for boys is not above.";
    MINORS "Accueille des mineurs non accompagnés" | "Takes unaccompanied minors";
    MINORS_WRONG "Des âges jusqu’à 20 ans et au moins un genre\u{a0}; et une porte autre que «\u{a0}directement\u{a0}»."
        | "Ages up to 20 and at least one gender; and a door other than “directly”.";
    MINORS_GENDERS "Mineurs accueillis" | "Minors taken in";
    ACCREDITATION "Habilitation" | "Accreditation";
    G_PLACES "Les places" | "The places";
    PLACES "Places en tout" | "Places in all";
    PLACES_HINT "occupées ou libres\u{a0}; les places déclarées libres n’en dépassent jamais le nombre"
        | "taken or free; the places declared free never exceed their number";
    PLACES_WRONG "Un nombre de places, pas au-dessous de celles déclarées libres."
        | "A number of places, not below those declared free.";
    HOLDS "Les places peuvent être réservées avant votre réponse" | "Places can be held before your answer";
    STAGES "Étapes" | "Stages";
    STAGES_WRONG "Au moins une étape." | "At least one stage.";
    DOORS "Portes d’entrée" | "Doors";
    DOORS_WRONG "Au moins une porte\u{a0}; pour des mineurs non accompagnés jamais «\u{a0}directement\u{a0}»."
        | "At least one door; for unaccompanied minors never “directly”.";
    ADMISSION_DAYS "Jours de la demande à l’arrivée" | "Days from the request to the arrival";
    ADMISSION_DAYS_WRONG "Un nombre de jours, à partir de 0." | "A number of days, from 0.";
    SPECIALISED "Spécialisée dans l’accueil de victimes de la traite" | "Specialised in taking in victims of trafficking";
    REMOVAL_ONLY "Seulement des personnes qui changent de région" | "Only people who move to another region";
    ANSWERS "Quand quelqu’un répond aux demandes" | "When someone answers requests";
    G_OFFERS "Ce qu’on y trouve" | "What is found there";
    OFFERS "Services" | "Services";
    LANGUAGES "Langues parlées" | "Languages spoken";
    G_CONDITIONS "Ce qui est demandé" | "What is asked for";
    CONDITIONS "Conditions d’admission" | "Conditions of admission";
    UNLAWFUL "Conditions non opposables" | "Unlawful conditions";
    UNLAWFUL_HINT "aucune loi ne les permet\u{a0}; elles sont montrées comme telles, et le SIAO peut les lever"
        | "no law allows them; they are shown as such, and the SIAO can lift them";
    STEPS "Étapes d’admission" | "Steps of admission";
    CODES_WRONG "Choisissez dans la liste." | "Choose from the list.";
}
