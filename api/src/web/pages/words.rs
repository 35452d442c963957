//! Every word of the pages, in French. English follows as a second set of the same constants and a second table.
//!
//! Nothing here knows a page; no page holds a word of its own.

use matcher::{Code, Codes, Day, Department, Language, Offer, Relaxation, RelaxedWish, Wished};

use crate::clock::Instant;
use crate::clock::civil;
pub use crate::communes::DEPARTMENTS;

/// Declares the phrases, here and in what stands below.
macro_rules! phrases {
    ($($name:ident $text:literal;)*) => {$(
        #[doc = $text]
        pub const $name: &str = $text;
    )*};
}

pub mod form;
pub mod four_eyes;
pub mod homes;
pub mod line;
pub mod mailed_link;
pub mod organisations;
pub mod orientations;
pub mod places;
pub mod proposals;
pub mod registry;
pub mod remembered_phone;
pub mod request;
pub mod sheets;
pub mod vouching;

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
    WRITTEN_DOWN "Noté après un appel téléphonique, en votre nom\u{a0}:";
    NOT_SO "Ce n’est pas exact";
    IT_IS_SO "C’est exact";
    MEETING_POINT "Point de rencontre";
    MEETING_POINT_NONE "à convenir par téléphone";
    ARRIVAL_CODE "Code d’arrivée, à dire à la porte";
    ARRIVAL_WAITS "Noté par téléphone\u{a0}: le point de rencontre et le code viennent quand la structure l’a confirmé elle-même.";
    SEE_ADDRESS "Voir l’adresse";
    ADDRESS_ONCE "L’adresse se montre une seule fois par compte\u{a0}; la consultation est inscrite au journal.";
    ADDRESS_DESTROY "Elle ne sera plus montrée. Détruisez toute note une fois la personne arrivée.";
    ADDRESS_WAS_SHOWN "L’adresse a déjà été montrée à ce compte. Appelez la structure.";
    CLOSED_NOW "ne répond pas à cette heure";
    IF_NOTHING_SUITS "Si rien ne convient";
    UNDO "Annuler";
    UNDO_WHY "Pourquoi l’annuler (les deux côtés le lisent)";
    UNDO_TOO_LATE_TEXT "Cela ne peut pas être annulé\u{a0}: le délai est passé, la raison manque, ou une autre action a suivi.";
    TURNED_AWAY "Refoulée à la porte";
    ON_YOUR_WORD "sur votre parole, par";
    WRONG_BEDS "Un nombre de places, à partir de 1.";
    WRONG_DAY "Une date, comme 24/12/2026.";
    WRONG_TIME "Une date et une heure, comme 24/12/2026 20:00.";
    ARRIVAL_AHEAD "Cette heure est passée, ou trop loin\u{a0}: l’arrivée est à venir.";
    NO_HOLD_BEFORE_ANSWER "Cette structure ne garde pas de place avant d’avoir répondu.";
    TOO_MANY_PEOPLE "Un ménage a 20\u{a0}personnes au plus ici. Au-delà, faites une autre demande et appelez le SIAO.";
    MIN_KM_GOES_WITH "Va avec le souhait «\u{a0}S’éloigner\u{a0}»\u{a0}: changez le souhait, ou videz ce champ.";
    MAX_KM_GOES_WITH "Va avec le souhait «\u{a0}Rester près\u{a0}»\u{a0}: changez le souhait, ou videz ce champ.";
    LATE "Arrivée en retard\u{a0}: dites si elle a eu lieu. La place reste gardée.";
    PLACES "Mes places";
    LOGS "Journaux";
    LOGS_LEAD "Ce qui a été fait, et ce qui a été lu, par qui et quand. Votre lecture est notée elle aussi.";
    LOGS_WHICH "Choix du journal";
    LOG_OF_READS "Lectures";
    LOG_OF_COMMANDS "Actes";
    VERIFY_LOGS "Vérifier les journaux";
    OLDER_ENTRIES "Plus anciennes";
    NO_ENTRY "Rien ne correspond.";
    ORGANISATION "Organisme";
    RECORD_KIND "Sorte de fiche";
    OPERATION "Opération";
    ACCOUNT_ID "Compte (identifiant)";
    RECORD_ID "Fiche (identifiant)";
    FIRST_DAY_OF "Du";
    LAST_DAY_OF "au";
    ALL_OF_THEM "peu importe";
    FILTER "Filtrer";
    NO_FILTER "Tout montrer";
    WHEN "Quand";
    WHO_DID "Qui";
    RECORDS "Fiches";
    BY_ITSELF "le service lui-même";
    BY_LINK "par un lien reçu";
    LOG_SOUND "Intact.";
    LOG_BROKEN "Modifié à la ligne";
    LOG_BROKEN_TEXT "Une ligne a été changée, retirée ou ajoutée après avoir été écrite\u{a0}; toutes celles qui suivent peuvent l’être. Prévenez l’administration.";
    ACCOUNTS "Comptes";
    ACCOUNTS_LEAD_ADMINISTRATOR "Les organismes, et de chacun les personnes et les outils. Aucune demande ne se lit d’ici. Ce que vous changez est dit aux responsables de l’organisme.";
    ORGANISATIONS "Organismes";
    MORE_ACCOUNTS "La suite";
    MEMBERS "Personnes";
    NOBODY_YET "Personne encore\u{a0}: invitez ci-dessous.";
    STANDS_IN_UNTIL "remplace jusqu’à";
    STOOD_IN_UNTIL "a remplacé jusqu’à";
    NOT_SIGNED_IN "n’est connectée nulle part";
    INVITED_ON "invitée le";
    END_THEIR_SESSIONS "Fermer ses sessions";
    INVITE_AGAIN "Renvoyer l’invitation";
    ROLES "Rôles";
    CHANGE_ROLES "Enregistrer les rôles";
    DEPARTURE "Départ";
    DEPARTURE_LEAD "Le compte est fermé tout de suite, partout. Les outils dont cette personne connaît le secret continuent\u{a0}: renouvelez-les ensuite.";
    END_ACCOUNT "Fermer ce compte";
    INVITE "Inviter";
    INVITE_LEAD "L’invitation part par courriel, à cette personne seulement. Elle vaut sept jours.";
    INVITE_SEND "Envoyer l’invitation";
    PERSON_NAME "Nom, comme on l’écrit chez vous";
    TOOLS "Outils";
    NO_TOOL "Aucun outil.";
    TOOLS_TO_RENEW "Une personne partie connaît le secret d’un outil. Renouvelez-le, puis mettez fin à l’ancien.";
    MUST_BE_RENEWED "Connu d’une personne partie\u{a0}: à renouveler.";
    MADE_BY_OPERATOR "Créé par l’exploitant, dans le rôle\u{a0}:";
    NEW_TOOL "Nouvel outil";
    TOOL_NAME "Nom de l’outil";
    TOOL_SCOPES "Ce qu’il peut, dans la limite de votre organisme";
    MAKE_TOOL "Créer l’outil";
    NEW_SECRET "Renouveler le secret";
    NEW_SECRET_LEAD "L’ancien continue jusqu’à ce que vous y mettiez fin\u{a0}: donnez d’abord le nouveau à l’outil.";
    MAKE_SECRET "Créer un nouveau secret";
    SECRET_DAYS "Valable, en jours";
    SECRET_SINCE "Secret du";
    SECRET_UNTIL "valable jusqu’au";
    SECRET_OVER "échu le";
    NEVER_USED "jamais utilisé";
    END_SECRET "Mettre fin à ce secret";
    REVOKE "Retirer l’outil";
    REVOKE_LEAD "Son prochain appel est refusé, avec n’importe quel secret.";
    REVOKE_NOW "Retirer cet outil";
    SECRET_TITLE "Secret de l’outil";
    SECRET_LEAD "Copiez-le maintenant là où l’outil garde ses secrets\u{a0}: il n’est montré que cette fois.";
    SECRET_GONE "Ce secret a déjà été montré. S’il est perdu, renouvelez-le.";
    INVITATION "Invitation";
    INVITED_BY "Vous êtes invitée ou invité par";
    INVITED_AS "Pour\u{a0}:";
    ACCEPT_INVITATION "Continuer";
    NOT_MY_INVITATION "Ce n’est pas pour vous\u{a0}? Fermez cette page, rien ne se passe.";
    REPLACEMENT "Remplacement";
    REPLACEMENT_LEAD "Une personne vous remplace pendant 24 heures au plus, avec vos rôles ou moins. Votre responsable le saura.";
    REPLACEMENT_SENT "L’invitation est partie.";
    ROLE_NOT_GIVEN_TEXT "Ce rôle n’est pas de ceux que vous pouvez donner ou retirer ici.";
    EMAIL_TAKEN_TEXT "Cette adresse a déjà un compte. Fermez-le d’abord, ou invitez à une autre adresse.";
    ACCOUNT_ENDED_TEXT "C’est déjà fermé. Revenez à la page et rechargez-la.";
    INVITATION_ACCEPTED_TEXT "L’invitation est déjà acceptée\u{a0}: la personne se connecte, ou choisit un nouveau mot de passe.";
    TOO_MANY_SECRETS_TEXT "Deux secrets valent déjà\u{a0}: mettez d’abord fin à celui qui ne sert plus.";
    NO_ROLE_TEXT "Cochez au moins un rôle.";
    NO_SCOPE_TEXT "Cochez au moins une chose que l’outil peut.";
    SIGN_IN "Connexion";
    ENTER "Entrer";
    LOCAL_ACCOUNT "Avec un mot de passe";
    ADDRESS "Adresse électronique";
    PASSWORD "Mot de passe";
    SECOND_FACTOR "Code du téléphone";
    SECOND_FACTOR_WHY "Les six chiffres que montre l’application de votre téléphone, ou un code de secours.";
    PASSWORD_FORGOTTEN "Mot de passe oublié";
    NOT_BELIEVED "Quelque chose n’est pas exact\u{a0}: l’adresse, le mot de passe ou le code. Un code ne sert qu’une fois\u{a0}: attendez le suivant.";
    SIGN_IN_HINT "Pas encore de compte\u{a0}? Votre responsable vous envoie une invitation. Un outil ne se connecte pas ici\u{a0}: il a un jeton.";
    PROVIDER_BESIDE "S’ouvre à côté\u{a0}: cette page garde ce que vous avez saisi. Revenez-y une fois connecté.";
    BACK_FROM_PROVIDER "C’est fait, reprendre ma saisie";
    PROVIDER_AWAY "Le fournisseur d’identité ne répond pas pour l’instant. Réessayez, ou entrez avec un mot de passe si vous en avez un.";
    PROVIDER_REFUSED "La connexion n’a pas abouti. Recommencez depuis cette page, dans ce navigateur.";
    PROVIDER_ONE_FACTOR "Il faut une connexion à deux facteurs. Activez-la chez votre fournisseur d’identité, puis recommencez.";
    PROVIDER_NO_ADDRESS "Votre fournisseur d’identité ne confirme pas votre adresse électronique. Voyez avec lui.";
    NOBODY_HERE "Aucun compte ne correspond à cette identité. Rien n’a été créé.";
    NOBODY_HERE_WHOM "Demandez une invitation au responsable de votre organisme, à l’adresse que connaît votre fournisseur d’identité.";
    SIGNED_OUT "Déconnexion";
    SIGN_OUT_THERE "Se déconnecter aussi du fournisseur d’identité";
    NEW_PASSWORD "Nouveau mot de passe";
    NEW_PASSWORD_WHY "Douze caractères au moins\u{a0}: quelques mots sans lien font l’affaire. Vous pouvez le coller.";
    PASSWORD_SHORT "Ce mot de passe est trop court\u{a0}: douze caractères au moins.";
    PASSWORD_LONG "Ce mot de passe est trop long\u{a0}: 128 caractères au plus.";
    PASSWORD_COMMON "Ce mot de passe se devine trop vite. Ajoutez un ou deux mots sans lien avec vous ni avec votre organisme.";
    FORGOTTEN "Mot de passe oublié";
    FORGOTTEN_LEAD "Nous vous envoyons un lien pour en choisir un autre. Le code du téléphone reste demandé.";
    FORGOTTEN_SEND "Recevoir le lien";
    FORGOTTEN_SENT "Si un compte avec mot de passe a cette adresse, un lien y part maintenant. Il sert une fois, dans l’heure.";
    CHOOSE_PASSWORD "Choisir un mot de passe";
    PASSWORD_CHOSEN "Votre mot de passe est changé, et toutes vos sessions sont terminées.";
    SET_UP_TITLE "Votre compte";
    SET_UP_LEAD "Deux choses le protègent\u{a0}: un mot de passe et votre téléphone. Le compte\u{a0}:";
    SET_UP "Ouvrir mon compte";
    TELEPHONE "Votre téléphone";
    TELEPHONE_LEAD "Dans une application de codes (FreeOTP, Aegis, Google Authenticator…), ajoutez un compte et visez cette image.";
    TELEPHONE_PICTURE "Image à viser avec le téléphone\u{a0}; le même secret est écrit dessous.";
    TELEPHONE_BY_HAND "Ou tapez ce secret\u{a0}:";
    TELEPHONE_HERE "Vous lisez ceci sur ce téléphone\u{a0}: ouvrir l’application";
    TELEPHONE_CODE "Code affiché";
    TELEPHONE_CODE_WHY "Les six chiffres que l’application montre maintenant.";
    NEW_TELEPHONE "Le nouveau téléphone";
    CHANGE_TELEPHONE "Changer de téléphone";
    CHANGE_TELEPHONE_LEAD "L’ancien ne servira plus, ni les anciens codes de secours. Vos autres sessions se terminent.";
    CHANGE_PASSWORD "Changer le mot de passe";
    PASSWORD_NOW "Mot de passe actuel";
    PAPER "Codes de secours";
    PAPER_LEAD "Si le téléphone est perdu, chacun de ces codes vous connecte une fois. Ils ne seront plus jamais affichés\u{a0}: imprimez-les ou notez-les, loin du téléphone.";
    PAPER_KEPT "Ils sont en lieu sûr, continuer";
    OWN_ACCOUNT "Mon compte";
    SESSIONS "Où vous êtes connecté";
    BROWSER_UNKNOWN "Navigateur inconnu";
    THIS_SESSION "cette session";
    SINCE "depuis";
    LAST_USED "dernière utilisation";
    END_SESSION "Terminer";
    END_OTHERS "Terminer toutes les autres";
    NO_LOCAL_ACCOUNT "Ce compte n’a pas de mot de passe ici\u{a0}: vous entrez par un fournisseur d’identité ou par un lien.";
    LINK_LEAD "Ce lien vous connecte une seule fois.";
    LINK_OVER "Ce lien a déjà servi ou n’est plus valable. Demandez-en un autre.";
    MAIL_LINK_OVER "Ce lien n’est plus valable\u{a0}: la demande a changé depuis, ou le délai est passé. Connectez-vous, ou appelez qui demande.";
    ASK_TITLE "Cette nuit\u{a0}: une demande";
    ASK_LEAD "Qui, combien, où surtout pas\u{a0}: cela suffit pour classer les places. Rien n’est enregistré sans votre accord. Jamais de nom, de nationalité ni de papiers.";
    WHO "Qui\u{a0}?";
    WHO_WHY "Une ligne par personne. Le genre est celui que la personne dit\u{a0}; en cas de doute sur l’âge, la minorité est présumée. Un adulte qui accompagne peut être l’exploiteur.";
    CHOOSE "Choisir";
    NOBODY_ELSE "Personne d’autre";
    FEMALE_ADULT "femme, 18\u{a0}ans ou plus";
    MALE_ADULT "homme, 18\u{a0}ans ou plus";
    OTHER_ADULT "autre genre, 18\u{a0}ans ou plus";
    FEMALE_MINOR "fille, moins de 18\u{a0}ans";
    MALE_MINOR "garçon, moins de 18\u{a0}ans";
    OTHER_MINOR "autre genre, moins de 18\u{a0}ans";
    FEMALE_PRESUMED "âge en doute, féminin\u{a0}: présumée mineure";
    MALE_PRESUMED "âge en doute, masculin\u{a0}: présumé mineur";
    OTHER_PRESUMED "âge en doute, autre genre\u{a0}: présumée mineure";
    AGE "Âge, si connu";
    LINK "Son parent est là\u{a0}?";
    LINK_NOT_SAID "Sans objet";
    LINK_ESTABLISHED "oui\u{a0}: chacun vu à part, rien ne fait douter";
    LINK_NOT_ESTABLISHED "non, ou lien non établi";
    LINK_ASKED "Un mineur avec un adulte\u{a0}: son parent est-il là\u{a0}? C’est vous qui en jugez\u{a0}: chacun vu à part, et rien qui fasse douter. Aucun document n’est exigé.";
    LINK_OF_ADULT "Le lien avec un parent se dit d’un mineur, pas d’un adulte.";
    LINK_TO_NOBODY "Il ne reste personne qui puisse être le parent.";
    LINK_WITHOUT_SEEING "Le lien n’est établi qu’une fois chacun vu à part.";
    ADD_PERSON "Ajouter des lignes";
    WHO_IS_IT "De qui s’agit-il\u{a0}? Choisissez, ou videz la ligne.";
    WRONG_AGE "Un seul âge par personne, comme 24 ou 8 mois\u{a0}; rien s’il est inconnu.";
    ADULT_UNDER_18 "Moins de 18\u{a0}ans, et «\u{a0}18\u{a0}ans ou plus\u{a0}»\u{a0}: corrigez l’un des deux. En cas de doute, choisissez «\u{a0}âge en doute\u{a0}».";
    MINOR_OVER_18 "18\u{a0}ans ou plus, et «\u{a0}moins de 18\u{a0}ans\u{a0}»\u{a0}: corrigez l’un des deux. En cas de doute, choisissez «\u{a0}âge en doute\u{a0}».";
    SEEN_APART "Vus séparément\u{a0}?";
    SEEN_APART_WHY "Se demande pour un couple, et pour un mineur avec un adulte\u{a0}: qui contrôle l’autre ne le laisse pas parler seul.";
    SEEN_APART_YES "oui";
    SEEN_APART_NO "non";
    SEEN_APART_NOT_YET "pas encore";
    SEEN_APART_ASKED "Un couple, ou un mineur avec un adulte\u{a0}: chacun a-t-il été vu à part\u{a0}?";
    SEEN_APART_WARNING "Personne ne les a vus séparément\u{a0}: faites-le avant l’arrivée si vous le pouvez.";
    SEEN_APART_SAID "Vus séparément.";
    COUPLE_SAID "Deux des adultes sont en couple.";
    COUPLE_OF_TWO "Un couple, ce sont deux adultes\u{a0}: indiquez l’autre, ou décochez.";
    UNDERSTOOD "Ce qui a été compris";
    EXCLUDED "Secteurs exclus";
    NOTHING_EXCLUDED "Aucun secteur exclu.";
    AVOIDED "Secteurs à éviter si possible";
    APPROXIMATE "La position de cette commune n’est connue qu’à peu près.";
    WHO_IN_SHORT "Qui";
    WHERE_IN_SHORT "Où";
    WHEN_IN_SHORT "Quand";
    SPOKEN_REQUIRED "Langues indispensables";
    COMMUNE "Commune";
    ZONE "Communes, départements, régions";
    ZONE_WHY "Plusieurs\u{a0}: séparés par des virgules, comme 93, Val-d’Oise, Toulouse. Pour un quartier, tapez sa ville.";
    ZONE2 "D’autres secteurs exclus, avec un autre rayon";
    LANGUAGE_OF_INFORMATION "Langue";
    UNINFORMED "Motif";
    WHERE_NOW "Où sont les personnes\u{a0}?";
    WHERE_WHY "Commune ou code postal\u{a0}: les distances se comptent de là.";
    WHERE_NOT "Où surtout pas\u{a0}?";
    WHERE_NOT_WHY "Là où elles sont en danger\u{a0}: aucune place n’y sera proposée. Un département ou une région l’est en entier, une commune dans un rayon.";
    RADIUS "Rayon autour d’une commune";
    FROM_WHEN "À partir du";
    RANK "Classer sans enregistrer";
    STORE "Enregistrer et classer";
    INFORMATION_TITLE "Pour enregistrer";
    INFORMATION_LEAD "Une demande enregistrée peut être adressée aux structures, qui en lisent le nécessaire\u{a0}: combien, genres, tranches d’âge, besoins. La personne en est informée.";
    INFORMATION_GIVEN "La personne est informée, expliqué en";
    INFORMATION_INTERPRETER "avec interprète";
    INFORMATION_SHARED "Elle accepte que l’on montre aussi à la structure à qui la place est demandée\u{a0}:";
    INFORMATION_NOT_YET "Pas encore informée\u{a0}: à refaire sous 24 heures.";
    WHY_CLOSE "Pourquoi clore\u{a0}?";
    MORE "Préciser (facultatif)";
    COUPLE "Deux des adultes sont en couple";
    STAGE "Étape cherchée";
    URGENCY "Urgence";
    NIGHTS "Nuits souhaitées";
    DISTANCE "Distance";
    MAX_KM "au plus (km)";
    MIN_KM "au moins (km)";
    ACCEPTS_REMOVAL "La personne accepte un éloignement géographique (changer de région)";
    ACCEPTS_REMOVAL_WHY "L’éloignement ne se fait jamais sans elle\u{a0}: sans cette case, rien au-delà de 150\u{a0}km.";
    ACCEPTS_CROSSING "La personne accepte une traversée (Corse, outre-mer)";
    LIVING_WITH "Avec qui peut-elle vivre\u{a0}?";
    LIVING_WITH_WHY "Après des violences, certains voisinages ne sont pas possibles. Rien de coché\u{a0}: avec tout le monde.";
    AVOID "À éviter si possible";
    AVOID_WHY "Une commune ou un département où la personne est connue\u{a0}: ces places passent après.";
    REQUIRED "Il faut absolument";
    WISHED "Ce serait mieux avec";
    SPOKEN "Langues souhaitées sur place";
    PROPOSALS "Places possibles";
    PROPOSALS_NONE "Aucune place ne convient telle quelle.";
    LOOK_AT_TO_VERIFY "Un appel peut suffire\u{a0}: voyez les places à vérifier par téléphone.";
    LOOK_AT_WOULD_OPEN "Un souhait de moins en ouvrirait\u{a0}: voyez lequel plus bas.";
    LOOK_AT_WHY_NOT "Ce qui écarte les autres est compté en bas de la page.";
    CAN_TAKE "Peuvent accueillir";
    TO_VERIFY "À vérifier par téléphone";
    TO_VERIFY_LEAD "Un appel peut lever le doute. La question à poser est écrite sous chaque place.";
    QUESTION "Demander\u{a0}:";
    WHY_NOT "Pourquoi pas les autres\u{a0}?";
    WHY_NOT_RULE "Règle";
    WHY_NOT_UNITS "Places écartées";
    WHY_NOT_ALONE "Pour cette seule raison";
    MAP_TITLE "Carte des places possibles par département";
    MAP_LEAD "Chaque case est un département\u{a0}; le chiffre dit combien de places possibles s’y trouvent.";
    DOOR "Porte d’entrée";
    KM "km";
    CALL "Appeler";
    ASK_PLACE "Demander";
    CONDITIONS "Conditions d’admission";
    UNLAWFUL "Conditions non opposables (le SIAO peut les lever)";
    STEPS "Étapes d’admission";
    PRINT "Imprimer";
    EDIT "Modifier la demande";
    NOT_STORED "Cette demande n’est pas enregistrée\u{a0}: pour demander une place, enregistrez-la.";
    CALL_FIRST "Avant de demander\u{a0}: un appel";
    WHO_ANSWERED "Qui a répondu\u{a0}? (la fonction, pas le nom)";
    FILL_IN "À remplir\u{a0}: ce que l’appel a donné.";
    VERIFY_FIRST "Cette place demande un appel avant\u{a0}: écrivez qui a répondu et ce qui a été dit.";
    VERIFY_SHORTER "C’est trop long à garder\u{a0}: 500\u{a0}signes au plus en tout.";
    JUST_TAKEN "Cette place vient d’être prise\u{a0}: quelqu’un a été plus rapide. Les places ci-dessous sont celles de maintenant.";
    JUST_TAKEN_TITLE "Vient d’être prise";
    SESSION_OVER "Votre session a pris fin. Ce que vous aviez saisi est gardé\u{a0}: connectez-vous, puis continuez.";
    GO_ON_LEAD "Vous êtes de nouveau connectée. Ce que vous aviez saisi n’a pas encore été envoyé.";
    GO_ON "Envoyer ce que j’avais saisi";
    NEUTRAL_TITLE "Météo";
    MY_PLACES "Mes places";
    MY_PLACES_LEAD "Combien de places ce soir\u{a0}? Une touche suffit pour dire que c’est toujours exact.";
    BEDS_TONIGHT "Places ce soir";
    HELD "dont retenues\u{a0}:";
    ONE_LESS "Une place de moins";
    ONE_MORE "Une place de plus";
    STILL_TRUE "Toujours disponible";
    TAKEN_ELSEWHERE "Déjà pourvue";
    CONFIRMED "Confirmé";
    STALE "À confirmer\u{a0}: plus de 72\u{a0}h sans nouvelles, la place passe pour douteuse.";
    FROM_DAY "Libre à partir du";
    UNTIL_DAY "jusqu’au";
    NEXT_VACANCY "Prochaine place libre";
    DECLARE "Déclarer";
    BEDS "Places";
    NO_VACANCY "Aucune place déclarée.";
    NO_UNIT "Aucun groupe de places n’est encore inscrit pour votre organisme.";
    DOSSIER_TITLE "Ce qui est gardé";
    DOSSIER_OF "Demande";
    DOSSIER_HOW "À lire avec la personne, à l’écran ou sur papier. Jamais par mail. Rien d’un tiers, aucun contact d’un lieu.";
    DOSSIER_OF_MINOR "Une personne mineure est sans parent\u{a0}: à lire avec la protection de l’enfance.";
    DOSSIER_INFORMATION "Information et accord";
    DOSSIER_INFORMED "Informée de ce qui est gardé, et d’accord, le";
    DOSSIER_NOT_INFORMED "Pas encore informée de ce qui est gardé.";
    DOSSIER_REFERENCE "Référence de l’organisme\u{a0}:";
    DOSSIER_MESSAGE "Message aux lieux demandés\u{a0}:";
    DOSSIER_INSTRUCTIONS "Consignes de sécurité pour le lieu qui accueille\u{a0}:";
    DOSSIER_IN "Expliqué en";
    DOSSIER_INTERPRETER "avec interprète";
    DOSSIER_MINOR "Personne mineure sans parent";
    DOSSIER_GROUND "Minorité\u{a0}:";
    DOSSIER_GUARDIAN "Un administrateur ad hoc ou un tuteur est désigné.";
    DOSSIER_NO_GUARDIAN "Aucun administrateur ad hoc ni tuteur n’est désigné.";
    DOSSIER_TOLD "Informé\u{a0}:";
    DOSSIER_TRIED "Tentative d’informer\u{a0}:";
    DOSSIER_ASSESSED "Évaluation de son intérêt\u{a0}:";
    DOSSIER_VIEW "Son avis\u{a0}:";
    DOSSIER_NOTES "Notes";
    DOSSIER_PLACES "Places demandées";
    DOSSIER_NONE "Rien.";
    DOSSIER_KEPT_UNTIL "Sans nouvelle démarche pour elle, tout est effacé le";
    DOSSIER_RIGHTS "Elle peut faire corriger ce qui est faux, et retirer son accord\u{a0}: tout est alors effacé.";
    REFERRALS_TITLE "Orientations";
    AS_REFERENT "Vos demandes";
    AS_ADDRESSEE "Vos places";
    REFERRALS_NONE "Rien en cours.";
    EXPECTED "Arrivées attendues";
    WAITING_CONFIRMATION "Acceptées, en attente du référent";
    HOURS "h";
    RECENT "Terminées récemment";
    BEFORE "Répondre avant";
    CONFIRM_BEFORE "Confirmer avant";
    YES "Oui";
    NO "Non";
    CALL_ME "Rappelez-moi";
    WHY_NO "Pourquoi non\u{a0}?";
    CONFIRM "Confirmer";
    ARRIVAL_AT "Arrivée prévue";
    WITHDRAW "Retirer";
    ARRIVED "Bien arrivée(s)";
    NOT_COME "Ne s’est pas présentée";
    END_STAY "Fin de prise en charge";
    AFTER_STAY "La demande ensuite";
    PEOPLE "personnes";
    NIGHTS_WORD "nuits";
    NEEDS "Besoins";
    LANGUAGES "Langues";
    BY_PHONE "Réponse reçue par téléphone";
    SEE_PROPOSALS "Voir les places possibles";
    CLOSE_REQUEST "Clore la demande";
    REQUESTS_NONE "Aucune demande ouverte.";
    LINK_TITLE "Une orientation vous attend";
    LINK_FOR "Une demande pour";
    LINK_UNDONE "C’est annulé\u{a0}: un nouveau courriel vous apporte un nouveau lien.";
    YOU_ANSWERED "Vous avez répondu\u{a0}:";
    UNDO_ANSWER "Annuler";
    UNDO_UNTIL "Possible jusqu’à";
    SAFETY_CALL "Raison de sécurité\u{a0}: appelez la coordination avant de répondre.";
    KEPT_APART_TEXT "Raison de sécurité\u{a0}: ces personnes ne peuvent pas être accueillies ici. Appelez la coordination, puis dites non avec la raison que la demande lira.";
    ERROR_TITLE "Cela n’a pas marché";
    ERROR_BACK "Revenez en arrière, corrigez, et recommencez\u{a0}: rien n’a été perdu ni changé.";
    ERROR_NUMBER "Numéro à donner si vous demandez de l’aide\u{a0}:";
    NOT_FOUND_TITLE "Introuvable";
    NOT_FOUND_TEXT "Cette page ou cette fiche n’existe pas, ou n’est pas à vous.";
    FORBIDDEN_TEXT "Votre compte n’a pas accès à cette page.";
    FORM_EXPIRED_TEXT "Cette page était ouverte depuis trop longtemps ou dans une autre session. Rechargez-la et recommencez.";
    UNAVAILABLE_TEXT "Le service est très occupé ou la base ne répond pas. Rien n’a changé\u{a0}; réessayez dans quelques secondes.";
    OUTCOME_UNKNOWN_TEXT "La base n’a pas répondu à temps\u{a0}: votre action est peut-être faite, peut-être pas. Renvoyez le même formulaire\u{a0}: elle ne sera pas faite deux fois.";
    NO_BED_TEXT "Quelqu’un a été plus rapide\u{a0}: cette place vient d’être prise. Revenez aux places possibles, la suivante est peut-être libre.";
    NOT_ELIGIBLE_TEXT "Cette place ne peut pas accueillir ces personnes\u{a0}:";
    TOO_MANY_TEXT "Cette demande a déjà autant d’orientations qu’elle peut en avoir. Retirez-en une.";
    OLD_PAGE_TEXT "Cette page n’était plus à jour\u{a0}: quelqu’un a changé ces places entre-temps, et rien n’a été fait. Rouvrez la page et recommencez sur ce qu’elle dit maintenant.";
    BEYOND_PLACES_TEXT "Le groupe n’a pas autant de places\u{a0}: retirez-en d’autres ces jours-là, ou corrigez le nombre de places du groupe.";
    DATES_TEXT "Ces dates ne vont pas\u{a0}: la fin vient après le début, et pas avant cette nuit.";
    TOO_MANY_VACANCIES_TEXT "Ce groupe a déjà autant de déclarations qu’il peut en avoir\u{a0}: retirez-en.";
    OLDER "Plus anciennes";
    OLDER_UNITS "Groupes de places plus anciens";
    STATE_CHANGED_TEXT "L’orientation a changé entre-temps. Rechargez la page pour voir où elle en est.";
    AUTHORITY_TEXT "Pour un mineur seul, notez d’abord sur la demande qui, à la protection de l’enfance ou au parquet, a été prévenu, ou qu’on a essayé.";
    ASSESSMENT_TEXT "Pour un mineur seul, une première évaluation de son intérêt supérieur doit être enregistrée sur la demande.";
    UNKNOWN_COMMUNE "Commune inconnue\u{a0}: vérifiez l’orthographe ou tapez le code postal.";
    WHICH_COMMUNE "Plusieurs communes sont appelées ainsi\u{a0}: choisissez, ou précisez le département.";
    NO_COMMUNE "Indiquez la commune, ou son code postal.";
    PLACE_IS_DEPARTMENT "C’est un département ou une région\u{a0}: indiquez une commune.";
    TOO_MANY_ZONES "Plus de cinquante secteurs\u{a0}: retirez-en, ou nommez des départements.";
    NO_RADIUS "Un département ou une région est exclu en entier\u{a0}: un rayon n’a de sens qu’autour d’une commune.";
    NOBODY "Indiquez au moins une personne.";
    WRONG_FIELD "Cette valeur ne convient pas.";
    FIX_FIELDS "À corriger\u{a0}:";
    FOOTER "Communes\u{a0}: INSEE, La Poste (Licence Ouverte), GeoNames (CC BY 4.0).";
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

/// The button that holds beds while the question is open, and for how long at most.
pub fn hold_place(urgency: matcher::Urgency) -> &'static str {
    match urgency {
        matcher::Urgency::Immediate => "Réserver 2\u{a0}h",
        matcher::Urgency::Urgent => "Réserver 24\u{a0}h",
        matcher::Urgency::Planned => "Réserver 72\u{a0}h",
    }
}

/// What one change of a wish would open.
pub fn relaxation(relaxation: &Relaxation, wishes: &[RelaxedWish]) -> String {
    let dropped =
        |from: Vec<String>, to: Vec<String>| from.into_iter().filter(|word| !to.contains(word)).collect::<Vec<_>>().join(", ");
    let change = match (&relaxation.from, &relaxation.to) {
        (_, Wished::Km(None)) => "ne plus limiter la distance".to_owned(),
        (Wished::Km(Some(from)), Wished::Km(Some(to))) if from < to => format!("aller jusqu’à {} km", to.get()),
        (_, Wished::Km(Some(to))) => format!("accepter à partir de {} km", to.get()),
        (_, Wished::Day(to)) => format!("commencer le {}", day(*to)),
        (Wished::Nights(from), Wished::Nights(to)) => format!("demander {} nuits au lieu de {}", to.get(), from.get()),
        (Wished::Offers(from), Wished::Offers(to)) => {
            let names = |offers: &Codes<Offer>| offers.iter().map(|offer| label(offer).to_owned()).collect();
            format!("se passer de\u{a0}: {}", dropped(names(from), names(to)))
        }
        (Wished::Languages(from), Wished::Languages(to)) => {
            let names =
                |languages: &Codes<Language>| languages.iter().map(|language| spoken(language.as_str()).to_owned()).collect();
            format!("ne plus exiger de parler\u{a0}: {}", dropped(names(from), names(to)))
        }
        (Wished::Everything, _) => {
            let all: Vec<_> = wishes.iter().map(|wish| label(*wish)).collect();
            format!("{}\u{a0}: {}", label(relaxation.wish), all.join(", "))
        }
        _ => label(relaxation.wish).to_owned(),
    };
    let places = if relaxation.opens == 1 { "groupe de places" } else { "groupes de places" };
    format!("{change}\u{a0}: {} {places} de plus", relaxation.opens)
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", share * 100.0)
}

/// An age.
pub fn years(age: u8) -> String {
    format!("{age} an{}", if age > 1 { "s" } else { "" })
}

/// A day as people write it.
pub fn day(day: Day) -> String {
    day.get().format("%d/%m/%Y").to_string()
}

/// How many rows of a log, in a sentence.
pub fn rows(rows: i64) -> String {
    format!("{rows}\u{a0}lignes, chacune telle qu’elle a été écrite.")
}

/// Opening hours, written as OpenStreetMap has them, with their words in French.
pub fn hours(written: &str) -> String {
    const FRENCH: &[(&str, &str)] = &[
        ("Mo", "lun."),
        ("Tu", "mar."),
        ("We", "mer."),
        ("Th", "jeu."),
        ("Fr", "ven."),
        ("Sa", "sam."),
        ("Su", "dim."),
        ("PH", "jours fériés"),
        ("SH", "vacances scolaires"),
        ("off", "fermé"),
        ("closed", "fermé"),
    ];
    if written == "24/7" {
        return "à toute heure".to_owned();
    }
    let french = |word: &str| {
        FRENCH.iter().find(|(english, _)| *english == word).map_or(word.to_owned(), |(_, french)| (*french).to_owned())
    };
    let (mut read, mut word) = (String::new(), String::new());
    for character in written.chars() {
        if character.is_ascii_alphabetic() {
            word.push(character);
        } else {
            read.push_str(&french(&std::mem::take(&mut word)));
            read.push(character);
        }
    }
    read.push_str(&french(&word));
    read
}

/// An instant as the clock on the wall of a department shows it.
pub fn moment(at: Instant, department: Department) -> String {
    civil(at, department).format("%d/%m/%Y à %H:%M").to_string()
}

/// The clock of a department, by name.
pub fn clock_of(place: Department) -> String {
    let of = if place.as_str().starts_with("97") { department(place) } else { "Paris" };
    format!("heure de {of}")
}

/// The name of a language, or its code.
pub fn spoken(code: &str) -> &str {
    SPOKEN_LANGUAGES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| *name)
}

/// What to ask on the phone for each rule that a call can settle.
pub fn question(rule: matcher::Rule) -> &'static str {
    use matcher::Rule;
    match rule {
        Rule::DangerZoneUnsure => "le site est-il hors du secteur exclu\u{a0}?",
        Rule::Stage => "prendriez-vous les personnes à cette étape\u{a0}?",
        Rule::Household => "pouvez-vous accueillir un ménage de cette taille\u{a0}?",
        Rule::RequiredOffer => "avez-vous, ou pouvez-vous trouver, ce qu’il faut absolument\u{a0}?",
        Rule::RequiredLanguage => "quelqu’un parle-t-il la langue, ou par téléphone\u{a0}?",
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
pub const SPOKEN_LANGUAGES: [(&str, &str); 28] = [
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
    ("prs", "dari"),
    ("bin", "edo"),
    ("pcm", "pidgin du Nigeria"),
    ("rom", "romani"),
    ("snk", "soninké"),
    ("mnk", "mandingue"),
    ("dyu", "dioula"),
    ("zdj", "comorien"),
];

/// `(list, code, label)`; a test finds every code here.
pub const LABELS: &[(&str, &str, &str)] = &[
    ("kind of unit", "acse", "Ac.Sé"),
    ("kind of unit", "chrs", "CHRS"),
    ("kind of unit", "emergency_centre", "Centre d’hébergement d’urgence"),
    ("kind of unit", "stabilisation_centre", "Centre de stabilisation"),
    ("kind of unit", "specialised_home", "Foyer spécialisé"),
    ("kind of unit", "specialised_flat", "Appartement spécialisé"),
    ("kind of unit", "diffuse_housing", "Hébergement en diffus"),
    ("kind of unit", "hotel", "Nuitées hôtelières"),
    ("kind of unit", "foster_family", "Assistant familial"),
    ("kind of unit", "citizen_host", "Hébergement citoyen"),
    ("kind of unit", "minors_home", "Foyer de l’enfance"),
    ("kind of unit", "secure_minors_centre", "Centre d’accueil sécurisant"),
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
    ("stage", "emergency", "Mise à l’abri"),
    ("stage", "stabilisation", "Stabilisation"),
    ("stage", "integration", "Insertion"),
    ("urgency", "immediate", "Tout de suite"),
    ("urgency", "urgent", "Sous 72 heures"),
    ("urgency", "planned", "Plus tard"),
    ("wish", "stay_near", "Rester près"),
    ("wish", "move_away", "S’éloigner"),
    ("wish", "indifferent", "Indifférent"),
    ("relaxed wish", "max_km", "aller plus loin"),
    ("relaxed wish", "min_km", "rester plus près"),
    ("relaxed wish", "accepts_removal", "accepter un éloignement géographique"),
    ("relaxed wish", "accepts_crossing", "accepter de traverser la mer"),
    ("relaxed wish", "first_day", "commencer plus tard"),
    ("relaxed wish", "nights", "demander moins de nuits"),
    ("relaxed wish", "living_with", "vivre avec n’importe qui"),
    ("relaxed wish", "required", "se passer d’une prestation exigée"),
    ("relaxed wish", "required_languages", "se passer d’une langue exigée"),
    ("relaxed wish", "everything", "tout à la fois"),
    ("setting", "women", "entre femmes"),
    ("setting", "men", "entre hommes"),
    ("setting", "mixed", "en mixité"),
    ("setting", "alone", "seule"),
    ("door", "siao", "SIAO"),
    ("door", "115", "115"),
    ("door", "direct", "La structure, directement"),
    ("door", "acse", "Coordination Ac.Sé"),
    ("ground of minority", "documents", "pièces d’état civil"),
    ("ground of minority", "assessed", "évaluation par la protection de l’enfance"),
    ("ground of minority", "court_decision", "décision de justice"),
    ("ground of minority", "appeal_pending", "recours en cours"),
    ("ground of minority", "presumption", "minorité présumée"),
    ("view of a child", "agrees", "d’accord"),
    ("view of a child", "hesitates", "hésite"),
    ("view of a child", "disagrees", "pas d’accord"),
    ("view of a child", "not_expressed", "ne souhaite pas le dire"),
    ("authority for minors", "child_protection", "protection de l’enfance"),
    ("authority for minors", "public_prosecutor", "parquet"),
    ("door", "child_protection", "Protection de l’enfance"),
    ("door", "asylum", "Asile (OFII)"),
    ("door", "health", "Santé"),
    ("offer", "psychological_care", "soutien psychologique"),
    ("offer", "medical_care", "soins"),
    ("offer", "legal_support", "accompagnement juridique"),
    ("offer", "interpreting", "interprétariat"),
    ("offer", "french_lessons", "cours de français"),
    ("offer", "childcare", "garde d’enfants"),
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
    ("condition", "asylum_application", "demande d’asile"),
    ("condition", "local_danger", "danger sur place"),
    ("condition", "court_proceedings", "procédure judiciaire"),
    ("condition", "exit_pathway", "parcours de sortie"),
    ("unlawful condition", "regular_stay", "titre de séjour"),
    ("unlawful condition", "identity_documents", "pièce d’identité"),
    ("unlawful condition", "complaint_filed", "plainte déposée"),
    ("unlawful condition", "cooperation", "coopération avec l’enquête"),
    ("unlawful condition", "left_network", "avoir quitté le réseau"),
    ("unlawful condition", "local_connection", "lien avec le territoire"),
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
    ("rule", "removal_consent", "éloignement géographique non accepté"),
    ("rule", "crossing", "traversée non acceptée"),
    ("rule", "danger_zone", "dans un secteur exclu"),
    ("rule", "danger_zone_unsure", "peut-être dans un secteur exclu"),
    ("rule", "distance", "distance non souhaitée"),
    ("rule", "required_offer", "un besoin absolu manque"),
    ("rule", "required_language", "une langue indispensable manque"),
    ("rule", "keep_apart", "personnes à ne pas réunir"),
    ("rule", "already_refused", "refus déjà exprimé"),
    ("criterion", "distance", "distance"),
    ("criterion", "specialisation", "spécialisation"),
    ("criterion", "offers", "souhaits"),
    ("criterion", "languages", "langues"),
    ("criterion", "readiness", "délai d’entrée"),
    ("criterion", "cover", "durée couverte"),
    ("criterion", "freshness", "fraîcheur de l’information"),
    ("criterion", "conditions", "peu de conditions"),
    ("criterion", "avoidance", "hors des lieux à éviter"),
    ("criterion", "fit", "adéquation"),
    ("criterion", "continuity", "continuité"),
    ("warning", "stale_vacancy", "place non confirmée depuis 72\u{a0}h\u{a0}: appelez d’abord"),
    ("warning", "short_cover", "ne couvre pas toute la durée souhaitée"),
    ("warning", "age_unknown", "un âge est inconnu"),
    ("warning", "turns_18_during_stay", "majorité atteinte pendant le séjour"),
    ("warning", "may_turn_18", "majorité peut-être proche"),
    ("warning", "unverified_link", "adulte et mineur sans lien établi\u{a0}: prudence"),
    ("warning", "far_for_today", "trop loin pour aujourd’hui"),
    ("warning", "mail_reached_organisation", "l’adresse de la structure refuse les courriels\u{a0}: son organisme a été prévenu"),
    ("warning", "mail_not_delivered", "aucun courriel n’est arrivé au destinataire\u{a0}: appelez"),
    ("warning", "guardian_missing", "pas de tuteur ni d’administrateur ad hoc désigné"),
    ("warning", "not_seen_apart", "personne ne les a vus séparément"),
    ("warning", "turned_18", "un mineur est devenu majeur"),
    ("warning", "over_occupied", "plus de personnes que de places\u{a0}: le ménage s’est agrandi"),
    ("warning", "no_longer_fits", "ne convient peut-être plus depuis une modification\u{a0}: appelez-vous"),
    ("kind of record", "organisation", "organisme"),
    ("kind of record", "account", "compte"),
    ("kind of record", "session", "session"),
    ("kind of record", "remembered_phone", "téléphone mémorisé"),
    ("kind of record", "pending_change", "changement à confirmer"),
    ("kind of record", "structure", "structure"),
    ("kind of record", "unit", "groupe de places"),
    ("kind of record", "vacancy", "place disponible"),
    ("kind of record", "request", "demande"),
    ("kind of record", "referral", "orientation"),
    ("kind of record", "keep_apart", "personnes à ne pas réunir"),
    ("kind of record", "plan", "répartition proposée"),
    ("kind of record", "plan_confirmation", "confirmation d’une répartition"),
    ("kind of record", "notice", "information transmise"),
    ("kind of record", "event", "ligne du journal des actes"),
    ("role", "referent", "référent"),
    ("role", "provider", "hébergeur"),
    ("role", "regulator", "régulateur"),
    ("role", "coordinator", "coordination"),
    ("role", "partner", "outil partenaire"),
    ("role", "auditor", "audit"),
    ("role", "administrator", "administration"),
    ("role", "manager", "responsable"),
    ("scope", "registry", "lire le registre"),
    ("scope", "vacancies", "déclarer les places"),
    ("scope", "requests", "écrire des demandes et chercher des places"),
    ("scope", "referrals", "suivre les orientations"),
    ("scope", "events", "suivre les événements"),
    ("kind of organisation", "siao", "SIAO"),
    ("kind of organisation", "association", "association"),
    ("kind of organisation", "orienting_service", "service qui oriente"),
    ("kind of organisation", "regulator", "régulateur"),
    ("kind of organisation", "coordination", "coordination"),
    ("kind of organisation", "partner", "éditeur d’outil"),
    ("kind of record", "access", "ligne du journal des lectures"),
    ("age band", "under_6", "moins de 6\u{a0}ans"),
    ("age band", "6_12", "6 à 12\u{a0}ans"),
    ("age band", "13_15", "13 à 15\u{a0}ans"),
    ("age band", "16_17", "16 ou 17\u{a0}ans"),
    ("age band", "18_25", "18 à 25\u{a0}ans"),
    ("age band", "over_25", "plus de 25\u{a0}ans"),
    ("reason for closing", "placed_elsewhere", "a une place ailleurs"),
    ("reason for closing", "found_housing", "a un logement"),
    ("reason for closing", "unreachable", "injoignable"),
    ("reason for closing", "withdrawn_by_person", "ne souhaite plus"),
    ("reason for closing", "returned_home", "retour au pays ou chez elle"),
    ("reason for closing", "duplicate", "en double"),
    ("reason for closing", "mistake", "erreur"),
    ("reason for closing", "other", "autre"),
    ("distance band", "<10", "moins de 10\u{a0}km"),
    ("distance band", "10-30", "10 à 30\u{a0}km"),
    ("distance band", "30-75", "30 à 75\u{a0}km"),
    ("distance band", "75-150", "75 à 150\u{a0}km"),
    ("distance band", "150-300", "150 à 300\u{a0}km"),
    ("distance band", ">300", "plus de 300\u{a0}km"),
    ("state of a referral", "asked", "demandée"),
    ("state of a referral", "acknowledged", "vue"),
    ("state of a referral", "accepted", "acceptée"),
    ("state of a referral", "confirmed", "confirmée"),
    ("state of a referral", "arrived", "en cours"),
    ("state of a referral", "ended", "terminée"),
    ("state of a referral", "declined", "refusée"),
    ("state of a referral", "superseded", "orientée ailleurs"),
    ("state of a referral", "no_show", "ne s’est pas présentée"),
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
    ("reason of a refusal", "no_interpreter", "pas d’interprète"),
    ("reason of a refusal", "care_not_available", "soins non disponibles"),
    ("reason of a refusal", "consumption", "consommation"),
    ("reason of a refusal", "animal", "animal"),
    ("reason of a refusal", "no_local_danger", "pas de danger sur place"),
    ("reason of a refusal", "facts_not_established", "faits non établis"),
    ("reason of a refusal", "no_staff", "pas de personnel"),
    ("reason of a refusal", "no_funding", "pas de financement"),
    ("reason of a refusal", "transport", "transport"),
    ("reason of a refusal", "unit_closed", "fermé"),
    ("reason of a refusal", "interview_inconclusive", "entretien non concluant"),
    ("reason of a refusal", "refuses_removal", "refuse l’éloignement géographique"),
    ("reason of a refusal", "refuses_distance", "refuse la distance"),
    ("reason of a refusal", "refuses_setting", "refuse le voisinage"),
    ("reason of a refusal", "refuses_shared_room", "refuse la chambre partagée"),
    ("reason of a refusal", "afraid", "a peur"),
    ("reason of a refusal", "wants_time", "veut du temps"),
    ("reason of a refusal", "unreachable", "injoignable"),
    ("reason of a refusal", "found_elsewhere", "a trouvé ailleurs"),
    ("reason of a refusal", "returned_to_exploiter", "est retournée chez l’exploiteur"),
    ("reason of a refusal", "changed_mind", "a changé d’avis"),
    ("reason of a refusal", "other", "autre"),
    ("reason of a refusal", "expired", "sans réponse à temps"),
    ("reason of a refusal", "superseded", "orientée ailleurs"),
    ("reason of a refusal", "duplicate", "en double"),
    ("reason of a refusal", "safety", "raison de sécurité"),
    ("end of a stay", "rehoused", "relogement"),
    ("end of a stay", "moved_on", "autre hébergement"),
    ("end of a stay", "left", "départ volontaire"),
    ("end of a stay", "missing", "disparition"),
    ("end of a stay", "back_to_exploitation", "retour à l’exploitation"),
    ("end of a stay", "excluded", "exclusion"),
    ("end of a stay", "funding_ended", "fin de financement"),
    ("end of a stay", "returned_home", "retour au pays"),
    ("end of a stay", "deceased", "décès"),
    ("end of a stay", "other", "autre"),
    ("state of a request after a stay", "open", "à rouvrir"),
    ("state of a request after a stay", "closed", "à clore"),
    ("bond of separated people", "kept_apart", "à ne pas réunir"),
    ("bond of separated people", "to_reunite", "à réunir dès qu’une place le permet"),
    ("kind of information", "wishes", "ses souhaits"),
    ("kind of information", "languages", "ses langues"),
    ("reason why nobody was informed", "unable", "hors d’état d’être informée"),
    ("reason why nobody was informed", "no_common_language", "pas de langue commune"),
    ("reason why nobody was informed", "no_time", "pas le temps"),
    ("reason why nobody was informed", "minor_unrepresented", "mineur sans représentant"),
];

/// The way in through a provider.
pub fn through(provider: &str) -> String {
    format!("Avec {provider}")
}

/// The button that leads to a provider.
pub fn go_through(provider: &str) -> String {
    format!("Continuer avec {provider}")
}

/// What is said after too many tries.
pub fn too_many_tries(minutes: i64) -> String {
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    format!("Trop d’essais. Le prochain est possible dans {minutes}\u{a0}{unit}.")
}

/// In how many browsers somebody is signed in.
pub fn sessions_open(open: usize) -> String {
    if open == 1 { "connectée dans un navigateur".to_owned() } else { format!("connectée dans {open} navigateurs") }
}

/// How many codes on paper are left.
pub fn recovery_codes_left(left: i64) -> String {
    match left {
        0 => {
            "Il ne reste aucun code de secours\u{a0}: changez de téléphone pour en recevoir d’autres, le même convient.".to_owned()
        }
        1 => "Il reste un code de secours.".to_owned(),
        more => format!("Il reste {more} codes de secours."),
    }
}

/// The name of a department.
pub fn department(code: Department) -> &'static str {
    DEPARTMENTS.iter().find(|(known, _)| *known == code.as_str()).map_or("", |(_, name)| *name)
}
