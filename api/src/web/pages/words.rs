//! Every word of the pages, in French and in English, side by side: a phrase that lacks one of them does not compile.
//!
//! Nothing here knows a page; no page holds a word of its own. Which of the two is said, [`Language::current`] tells.

use std::fmt;

use chrono::NaiveDate;
use matcher::{Code, Codes, Day, Department, Language as Tongue, Offer, Relaxation, RelaxedWish, Wished};
use maud::Render;

use crate::clock::Instant;
use crate::clock::civil;
pub use crate::communes::DEPARTMENTS;
use crate::domain::doors::DoorService;
use crate::domain::spoken::hour;
use crate::language::{Language, either};

/// Some words in both languages of the screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phrase {
    french: &'static str,
    english: &'static str,
}

impl Phrase {
    /// The words, in French and in English.
    pub const fn new(french: &'static str, english: &'static str) -> Self {
        Self { french, english }
    }

    /// The words in the language that is spoken here and now.
    pub fn text(self) -> &'static str {
        self.in_language(Language::current())
    }

    /// The words in a language.
    pub const fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::French => self.french,
            Language::English => self.english,
        }
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

impl Render for Phrase {
    fn render_to(&self, buffer: &mut String) {
        self.text().render_to(buffer);
    }
}

/// Declares the phrases, here and in what stands below: the French first.
macro_rules! phrases {
    ($($name:ident $french:literal | $english:literal;)*) => {$(
        #[doc = $french]
        #[doc = "\n\n"]
        #[doc = $english]
        pub const $name: $crate::web::pages::words::Phrase = $crate::web::pages::words::Phrase::new($french, $english);
    )*};
}

pub mod doors;
pub mod form;
pub mod four_eyes;
pub mod homes;
pub mod line;
pub mod logs;
pub mod mailed_link;
pub mod organisations;
pub mod orientations;
pub mod places;
pub mod proposals;
pub mod quotas;
pub mod registry;
pub mod remembered_phone;
pub mod request;
pub mod sheets;
pub mod vouching;
pub mod webhooks;

phrases! {
    FRENCH "Français" | "Français";
    ENGLISH "English" | "English";
    HAVRE "Havre" | "Havre";
    COLON "\u{a0}: " | ": ";
    SEMICOLON "\u{a0}; " | "; ";
    QUIT "Quitter" | "Quit";
    SKIP "Aller au contenu" | "Skip to content";
    SIGN_OUT "Se déconnecter" | "Sign out";
    NAV "Navigation principale" | "Main navigation";
    ASK "Demande" | "New request";
    MY_REQUESTS "Demandes" | "Requests";
    REFERRALS "Orientations" | "Referrals";
    WRITTEN_DOWN "Noté après un appel téléphonique, en votre nom\u{a0}:" | "Written down after a telephone call, in your name:";
    NOT_SO "Ce n’est pas exact" | "This is not right";
    IT_IS_SO "C’est exact" | "This is right";
    MEETING_POINT "Point de rencontre" | "Meeting point";
    MEETING_POINT_NONE "à convenir par téléphone" | "to be agreed by telephone";
    ARRIVAL_CODE "Code d’arrivée, à dire à la porte" | "Arrival code, to be said at the door";
    ARRIVAL_WAITS "Noté par téléphone\u{a0}: le point de rencontre et le code viennent quand la structure l’a confirmé elle-même."
        | "Written down by telephone: the meeting point and the code come once the home itself has confirmed it.";
    SEE_ADDRESS "Voir l’adresse" | "See the address";
    ADDRESS_ONCE "L’adresse se montre une seule fois par compte\u{a0}; la consultation est inscrite au journal."
        | "The address is shown only once to each account; that you looked is written in the log.";
    ADDRESS_DESTROY "Elle ne sera plus montrée. Détruisez toute note une fois la personne arrivée."
        | "It will not be shown again. Destroy any note of it once the person has arrived.";
    ADDRESS_WAS_SHOWN "L’adresse a déjà été montrée à ce compte. Appelez la structure."
        | "The address has already been shown to this account. Call the home.";
    CLOSED_NOW "ne répond pas à cette heure" | "does not answer at this hour";
    IF_NOTHING_SUITS "Si rien ne convient" | "If nothing suits";
    UNDO "Annuler" | "Undo";
    UNDO_WHY "Pourquoi l’annuler (les deux côtés le lisent)" | "Why undo it (both sides read this)";
    UNDO_TOO_LATE_TEXT "Cela ne peut pas être annulé\u{a0}: le délai est passé, la raison manque, ou une autre action a suivi."
        | "This cannot be undone: the time has passed, the reason is missing, or something else was done since.";
    TURNED_AWAY "Refoulée à la porte" | "Turned away at the door";
    ON_YOUR_WORD "sur votre parole, par" | "on your word, by";
    WRONG_BEDS "Un nombre de places, à partir de 1." | "A number of places, from 1.";
    WRONG_DAY "Une date, comme 24/12/2026." | "A date, such as 24 Dec 2026.";
    WRONG_TIME "Une date et une heure, comme 24/12/2026 20:00." | "A date and a time, such as 24 Dec 2026 20:00.";
    ARRIVAL_AHEAD "Cette heure est passée, ou trop loin\u{a0}: l’arrivée est à venir."
        | "This time has passed, or is too far away: the arrival is still to come.";
    NO_HOLD_BEFORE_ANSWER "Cette structure ne garde pas de place avant d’avoir répondu."
        | "This home holds no bed before it has answered.";
    TOO_MANY_PEOPLE "Un ménage a 20\u{a0}personnes au plus ici. Au-delà, faites une autre demande et appelez le SIAO."
        | "A household has 20\u{a0}people at most here. Beyond that, make another request and call the SIAO.";
    MIN_KM_GOES_WITH "Va avec le souhait «\u{a0}S’éloigner\u{a0}»\u{a0}: changez le souhait, ou videz ce champ."
        | "Goes with the wish “Move away”: change the wish, or empty this field.";
    MAX_KM_GOES_WITH "Va avec le souhait «\u{a0}Rester près\u{a0}»\u{a0}: changez le souhait, ou videz ce champ."
        | "Goes with the wish “Stay near”: change the wish, or empty this field.";
    LATE "Arrivée en retard\u{a0}: dites si elle a eu lieu. La place reste gardée."
        | "Late arrival: say whether it took place. The bed is still held.";
    PLACES "Mes places" | "My places";
    LOGS "Journaux" | "Logs";
    LOGS_LEAD "Ce qui a été fait, et ce qui a été lu, par qui et quand. Votre lecture est notée elle aussi."
        | "What was done, and what was read, by whom and when. Your reading is written down too.";
    LOGS_WHICH "Choix du journal" | "Which log";
    LOG_OF_READS "Lectures" | "Readings";
    LOG_OF_COMMANDS "Actes" | "Acts";
    VERIFY_LOGS "Vérifier les journaux" | "Verify the logs";
    OLDER_ENTRIES "Plus anciennes" | "Older";
    NO_ENTRY "Rien ne correspond." | "Nothing matches.";
    ORGANISATION "Organisme" | "Organisation";
    RECORD_KIND "Sorte de fiche" | "Kind of record";
    OPERATION "Opération" | "Operation";
    ACCOUNT_ID "Compte (identifiant)" | "Account (identifier)";
    RECORD_ID "Fiche (identifiant)" | "Record (identifier)";
    FIRST_DAY_OF "Du" | "From";
    LAST_DAY_OF "au" | "to";
    ALL_OF_THEM "peu importe" | "any";
    FILTER "Filtrer" | "Filter";
    NO_FILTER "Tout montrer" | "Show all";
    WHEN "Quand" | "When";
    WHO_DID "Qui" | "Who";
    RECORDS "Fiches" | "Records";
    BY_ITSELF "le service lui-même" | "the service itself";
    BY_LINK "par un lien reçu" | "by a link that was sent";
    LOG_SOUND "Intact." | "Intact.";
    LOG_BROKEN "Modifié à la ligne" | "Altered at row";
    LOG_BROKEN_TEXT "Une ligne a été changée, retirée ou ajoutée après avoir été écrite\u{a0}; toutes celles qui suivent peuvent l’être. Prévenez l’administration."
        | "A row was changed, removed or added after it was written; all those that follow may have been too. Tell the administrators.";
    ACCOUNTS "Comptes" | "Accounts";
    ACCOUNTS_LEAD_ADMINISTRATOR "Les organismes, et de chacun les personnes et les outils. Aucune demande ne se lit d’ici. Ce que vous changez est dit aux responsables de l’organisme."
        | "The organisations, and the people and tools of each. No request can be read from here. What you change is told to the managers of the organisation.";
    ORGANISATIONS "Organismes" | "Organisations";
    MORE_ACCOUNTS "La suite" | "More";
    MEMBERS "Personnes" | "People";
    NOBODY_YET "Personne encore\u{a0}: invitez ci-dessous." | "Nobody yet: invite someone below.";
    STANDS_IN_UNTIL "remplace jusqu’à" | "stands in until";
    STOOD_IN_UNTIL "a remplacé jusqu’à" | "stood in until";
    NOT_SIGNED_IN "n’est connectée nulle part" | "signed in nowhere";
    INVITED_ON "invitée le" | "invited on";
    END_THEIR_SESSIONS "Fermer ses sessions" | "End their sessions";
    INVITE_AGAIN "Renvoyer l’invitation" | "Send the invitation again";
    ROLES "Rôles" | "Roles";
    CHANGE_ROLES "Enregistrer les rôles" | "Save the roles";
    DEPARTURE "Départ" | "Leaving";
    DEPARTURE_LEAD "Le compte est fermé tout de suite, partout. Les outils dont cette personne connaît le secret continuent\u{a0}: renouvelez-les ensuite."
        | "The account is closed at once, everywhere. Tools whose secret this person knows go on working: renew them next.";
    END_ACCOUNT "Fermer ce compte" | "Close this account";
    INVITE "Inviter" | "Invite";
    INVITE_LEAD "L’invitation part par courriel, à cette personne seulement. Elle vaut sept jours."
        | "The invitation goes by mail, to this person only. It is good for seven days.";
    INVITE_SEND "Envoyer l’invitation" | "Send the invitation";
    PERSON_NAME "Nom, comme on l’écrit chez vous" | "Name, as their colleagues know them";
    TOOLS "Outils" | "Tools";
    NO_TOOL "Aucun outil." | "No tool.";
    TOOLS_TO_RENEW "Une personne partie connaît le secret d’un outil. Renouvelez-le, puis mettez fin à l’ancien."
        | "Someone who has left knows the secret of a tool. Renew it, then end the old one.";
    MUST_BE_RENEWED "Connu d’une personne partie\u{a0}: à renouveler." | "Known to someone who has left: to be renewed.";
    MADE_BY_OPERATOR "Créé par l’exploitant, dans le rôle\u{a0}:" | "Made by the operator, in the role:";
    NEW_TOOL "Nouvel outil" | "New tool";
    TOOL_NAME "Nom de l’outil" | "Name of the tool";
    TOOL_SCOPES "Ce qu’il peut, dans la limite de votre organisme" | "What it may do, within what your organisation may";
    MAKE_TOOL "Créer l’outil" | "Create the tool";
    NEW_SECRET "Renouveler le secret" | "Renew the secret";
    NEW_SECRET_LEAD "L’ancien continue jusqu’à ce que vous y mettiez fin\u{a0}: donnez d’abord le nouveau à l’outil."
        | "The old one goes on working until you end it: give the tool the new one first.";
    MAKE_SECRET "Créer un nouveau secret" | "Create a new secret";
    SECRET_DAYS "Valable, en jours" | "Valid, in days";
    SECRET_SINCE "Secret du" | "Secret of";
    SECRET_UNTIL "valable jusqu’au" | "valid until";
    SECRET_OVER "échu le" | "ended on";
    NEVER_USED "jamais utilisé" | "never used";
    END_SECRET "Mettre fin à ce secret" | "End this secret";
    REVOKE "Retirer l’outil" | "Revoke the tool";
    REVOKE_LEAD "Son prochain appel est refusé, avec n’importe quel secret." | "Its next call is refused, with any secret.";
    REVOKE_NOW "Retirer cet outil" | "Revoke this tool";
    SECRET_TITLE "Secret de l’outil" | "Secret of the tool";
    SECRET_LEAD "Copiez-le maintenant là où l’outil garde ses secrets\u{a0}: il n’est montré que cette fois."
        | "Copy it now to where the tool keeps its secrets: it is shown only this once.";
    SECRET_GONE "Ce secret a déjà été montré. S’il est perdu, renouvelez-le."
        | "This secret has already been shown. If it is lost, renew it.";
    INVITATION "Invitation" | "Invitation";
    INVITED_BY "Vous êtes invitée ou invité par" | "You are invited by";
    INVITED_AS "Pour\u{a0}:" | "As:";
    ACCEPT_INVITATION "Continuer" | "Continue";
    NOT_MY_INVITATION "Ce n’est pas pour vous\u{a0}? Fermez cette page, rien ne se passe."
        | "Not for you? Close this page, nothing happens.";
    REPLACEMENT "Remplacement" | "Standing in";
    REPLACEMENT_LEAD "Une personne vous remplace pendant 24 heures au plus, avec vos rôles ou moins. Votre responsable le saura."
        | "Someone stands in for you for 24 hours at most, with your roles or fewer. Your manager will know.";
    REPLACEMENT_SENT "L’invitation est partie." | "The invitation has been sent.";
    ROLE_NOT_GIVEN_TEXT "Ce rôle n’est pas de ceux que vous pouvez donner ou retirer ici."
        | "This role is not one that you can give or take away here.";
    EMAIL_TAKEN_TEXT "Cette adresse a déjà un compte. Fermez-le d’abord, ou invitez à une autre adresse."
        | "This address already has an account. Close that one first, or invite another address.";
    ACCOUNT_ENDED_TEXT "C’est déjà fermé. Revenez à la page et rechargez-la."
        | "This is already closed. Go back to the page and reload it.";
    INVITATION_ACCEPTED_TEXT "L’invitation est déjà acceptée\u{a0}: la personne se connecte, ou choisit un nouveau mot de passe."
        | "The invitation has already been accepted: the person signs in, or chooses a new password.";
    TOO_MANY_SECRETS_TEXT "Deux secrets valent déjà\u{a0}: mettez d’abord fin à celui qui ne sert plus."
        | "Two secrets are valid already: first end the one that is not used any more.";
    NO_ROLE_TEXT "Cochez au moins un rôle." | "Tick at least one role.";
    NO_SCOPE_TEXT "Cochez au moins une chose que l’outil peut." | "Tick at least one thing that the tool may do.";
    SIGN_IN "Connexion" | "Sign in";
    ENTER "Entrer" | "Enter";
    LOCAL_ACCOUNT "Avec un mot de passe" | "With a password";
    ADDRESS "Adresse électronique" | "Email address";
    PASSWORD "Mot de passe" | "Password";
    SECOND_FACTOR "Code du téléphone" | "Code from the telephone";
    SECOND_FACTOR_WHY "Les six chiffres que montre l’application de votre téléphone, ou un code de secours."
        | "The six digits that the app on your telephone shows, or a recovery code.";
    PASSWORD_FORGOTTEN "Mot de passe oublié" | "Forgotten your password?";
    NOT_BELIEVED "Quelque chose n’est pas exact\u{a0}: l’adresse, le mot de passe ou le code. Un code ne sert qu’une fois\u{a0}: attendez le suivant."
        | "Something is not right: the address, the password or the code. A code is good once only: wait for the next one.";
    SIGN_IN_HINT "Pas encore de compte\u{a0}? Votre responsable vous envoie une invitation. Un outil ne se connecte pas ici\u{a0}: il a un jeton."
        | "No account yet? Your manager sends you an invitation. A tool does not sign in here: it has a token.";
    PROVIDER_BESIDE "S’ouvre à côté\u{a0}: cette page garde ce que vous avez saisi. Revenez-y une fois connecté."
        | "Opens beside this page, which keeps what you typed. Come back to it once you have signed in.";
    BACK_FROM_PROVIDER "C’est fait, reprendre ma saisie" | "Done, go on with what I typed";
    PROVIDER_AWAY "Le fournisseur d’identité ne répond pas pour l’instant. Réessayez, ou entrez avec un mot de passe si vous en avez un."
        | "The identity provider does not answer at the moment. Try again, or sign in with a password if you have one.";
    PROVIDER_REFUSED "La connexion n’a pas abouti. Recommencez depuis cette page, dans ce navigateur."
        | "Signing in did not work. Begin again from this page, in this browser.";
    PROVIDER_ONE_FACTOR "Il faut une connexion à deux facteurs. Activez-la chez votre fournisseur d’identité, puis recommencez."
        | "Two factors are needed to sign in. Turn them on with your identity provider, then begin again.";
    PROVIDER_NO_ADDRESS "Votre fournisseur d’identité ne confirme pas votre adresse électronique. Voyez avec lui."
        | "Your identity provider does not confirm your email address. Ask them about it.";
    NOBODY_HERE "Aucun compte ne correspond à cette identité. Rien n’a été créé."
        | "No account goes with this identity. Nothing was created.";
    NOBODY_HERE_WHOM "Demandez une invitation au responsable de votre organisme, à l’adresse que connaît votre fournisseur d’identité."
        | "Ask the manager of your organisation for an invitation, at the address your identity provider knows.";
    SIGNED_OUT "Déconnexion" | "Signed out";
    SIGN_OUT_THERE "Se déconnecter aussi du fournisseur d’identité" | "Sign out from the identity provider too";
    NEW_PASSWORD "Nouveau mot de passe" | "New password";
    NEW_PASSWORD_WHY "Douze caractères au moins\u{a0}: quelques mots sans lien font l’affaire. Vous pouvez le coller."
        | "At least twelve characters: a few unrelated words will do. You may paste it.";
    PASSWORD_SHORT "Ce mot de passe est trop court\u{a0}: douze caractères au moins."
        | "This password is too short: at least twelve characters.";
    PASSWORD_LONG "Ce mot de passe est trop long\u{a0}: 128 caractères au plus."
        | "This password is too long: 128 characters at most.";
    PASSWORD_COMMON "Ce mot de passe se devine trop vite. Ajoutez un ou deux mots sans lien avec vous ni avec votre organisme."
        | "This password is guessed too quickly. Add a word or two that have nothing to do with you or your organisation.";
    FORGOTTEN "Mot de passe oublié" | "Forgotten password";
    FORGOTTEN_LEAD "Nous vous envoyons un lien pour en choisir un autre. Le code du téléphone reste demandé."
        | "We send you a link to choose another one. The code from the telephone is still asked for.";
    FORGOTTEN_SEND "Recevoir le lien" | "Send me the link";
    FORGOTTEN_SENT "Si un compte avec mot de passe a cette adresse, un lien y part maintenant. Il sert une fois, dans l’heure."
        | "If an account with a password has this address, a link is on its way there now. It is good once, within the hour.";
    CHOOSE_PASSWORD "Choisir un mot de passe" | "Choose a password";
    PASSWORD_CHOSEN "Votre mot de passe est changé, et toutes vos sessions sont terminées."
        | "Your password has been changed, and all your sessions have ended.";
    SET_UP_TITLE "Votre compte" | "Your account";
    SET_UP_LEAD "Deux choses le protègent\u{a0}: un mot de passe et votre téléphone. Le compte\u{a0}:"
        | "Two things protect it: a password and your telephone. The account:";
    SET_UP "Ouvrir mon compte" | "Open my account";
    TELEPHONE "Votre téléphone" | "Your telephone";
    TELEPHONE_LEAD "Dans une application de codes (FreeOTP, Aegis, Google Authenticator…), ajoutez un compte et visez cette image."
        | "In an app for codes (FreeOTP, Aegis, Google Authenticator…), add an account and aim at this picture.";
    TELEPHONE_PICTURE "Image à viser avec le téléphone\u{a0}; le même secret est écrit dessous."
        | "Picture to aim at with the telephone; the same secret is written below.";
    TELEPHONE_BY_HAND "Ou tapez ce secret\u{a0}:" | "Or type this secret:";
    TELEPHONE_HERE "Vous lisez ceci sur ce téléphone\u{a0}: ouvrir l’application"
        | "You are reading this on that telephone: open the app";
    TELEPHONE_CODE "Code affiché" | "Code shown";
    TELEPHONE_CODE_WHY "Les six chiffres que l’application montre maintenant." | "The six digits that the app shows now.";
    NEW_TELEPHONE "Le nouveau téléphone" | "The new telephone";
    CHANGE_TELEPHONE "Changer de téléphone" | "Change telephone";
    CHANGE_TELEPHONE_LEAD "L’ancien ne servira plus, ni les anciens codes de secours. Vos autres sessions se terminent."
        | "The old one will be of no more use, nor the old recovery codes. Your other sessions end.";
    CHANGE_PASSWORD "Changer le mot de passe" | "Change the password";
    PASSWORD_NOW "Mot de passe actuel" | "Current password";
    PAPER "Codes de secours" | "Recovery codes";
    PAPER_LEAD "Si le téléphone est perdu, chacun de ces codes vous connecte une fois. Ils ne seront plus jamais affichés\u{a0}: imprimez-les ou notez-les, loin du téléphone."
        | "If the telephone is lost, each of these codes signs you in once. They will never be shown again: print them or write them down, away from the telephone.";
    PAPER_KEPT "Ils sont en lieu sûr, continuer" | "They are in a safe place, continue";
    OWN_ACCOUNT "Mon compte" | "My account";
    SESSIONS "Où vous êtes connecté" | "Where you are signed in";
    BROWSER_UNKNOWN "Navigateur inconnu" | "Unknown browser";
    THIS_SESSION "cette session" | "this session";
    SINCE "depuis" | "since";
    LAST_USED "dernière utilisation" | "last used";
    END_SESSION "Terminer" | "End";
    END_OTHERS "Terminer toutes les autres" | "End all others";
    NO_LOCAL_ACCOUNT "Ce compte n’a pas de mot de passe ici\u{a0}: vous entrez par un fournisseur d’identité ou par un lien."
        | "This account has no password here: you enter through an identity provider or by a link.";
    LINK_LEAD "Ce lien vous connecte une seule fois." | "This link signs you in once only.";
    LINK_OVER "Ce lien a déjà servi ou n’est plus valable. Demandez-en un autre."
        | "This link has already been used or is not valid any more. Ask for another one.";
    MAIL_LINK_OVER "Ce lien n’est plus valable\u{a0}: la demande a changé depuis, ou le délai est passé. Connectez-vous, ou appelez qui demande."
        | "This link is not valid any more: the request has changed since, or its time has passed. Sign in, or call whoever asks.";
    ASK_TITLE "Cette nuit\u{a0}: une demande" | "Tonight: a request";
    ASK_LEAD "Qui, combien, où surtout pas\u{a0}: cela suffit pour classer les places. Rien n’est enregistré sans votre accord. Jamais de nom, de nationalité ni de papiers."
        | "Who, how many, where they must never go: that is enough to rank the places. Nothing is stored without your agreement. Never a name, a nationality or papers.";
    WHO "Qui\u{a0}?" | "Who?";
    WHO_WHY "Une ligne par personne. Le genre est celui que la personne dit\u{a0}; en cas de doute sur l’âge, la minorité est présumée. Un adulte qui accompagne peut être l’exploiteur."
        | "One line for each person. The gender is the one the person says; where there is doubt about the age, the person is presumed a minor. An adult who comes along may be the exploiter.";
    CHOOSE "Choisir" | "Choose";
    NOBODY_ELSE "Personne d’autre" | "Nobody else";
    FEMALE_ADULT "femme, 18\u{a0}ans ou plus" | "woman, 18 or over";
    MALE_ADULT "homme, 18\u{a0}ans ou plus" | "man, 18 or over";
    OTHER_ADULT "autre genre, 18\u{a0}ans ou plus" | "another gender, 18 or over";
    FEMALE_MINOR "fille, moins de 18\u{a0}ans" | "girl, under 18";
    MALE_MINOR "garçon, moins de 18\u{a0}ans" | "boy, under 18";
    OTHER_MINOR "autre genre, moins de 18\u{a0}ans" | "another gender, under 18";
    FEMALE_PRESUMED "âge en doute, féminin\u{a0}: présumée mineure" | "age in doubt, female: presumed minor";
    MALE_PRESUMED "âge en doute, masculin\u{a0}: présumé mineur" | "age in doubt, male: presumed minor";
    OTHER_PRESUMED "âge en doute, autre genre\u{a0}: présumée mineure" | "age in doubt, another gender: presumed minor";
    AGE "Âge, si connu" | "Age, if known";
    LINK "Son parent est là\u{a0}?" | "Is the parent here?";
    LINK_NOT_SAID "Sans objet" | "Does not apply";
    LINK_ESTABLISHED "oui\u{a0}: chacun vu à part, rien ne fait douter" | "yes: each seen apart, no reason to doubt";
    LINK_NOT_ESTABLISHED "non, ou lien non établi" | "no, or link not established";
    LINK_ASKED "Un mineur avec un adulte\u{a0}: son parent est-il là\u{a0}? C’est vous qui en jugez\u{a0}: chacun vu à part, et rien qui fasse douter. Aucun document n’est exigé."
        | "A minor with an adult: is the parent here? You are the judge of it: each seen apart, and no reason to doubt. No document is required.";
    LINK_OF_ADULT "Le lien avec un parent se dit d’un mineur, pas d’un adulte."
        | "A link to a parent is said of a minor, not of an adult.";
    LINK_TO_NOBODY "Il ne reste personne qui puisse être le parent." | "Nobody is left who could be the parent.";
    LINK_WITHOUT_SEEING "Le lien n’est établi qu’une fois chacun vu à part."
        | "A link is established only once each has been seen apart.";
    ADD_PERSON "Ajouter des lignes" | "Add lines";
    WHO_IS_IT "De qui s’agit-il\u{a0}? Choisissez, ou videz la ligne." | "Who is this? Choose, or empty the line.";
    WRONG_AGE "Un seul âge par personne, comme 24 ou 8 mois\u{a0}; rien s’il est inconnu."
        | "One age for each person, such as 24 or 8 months; nothing if it is unknown.";
    ADULT_UNDER_18 "Moins de 18\u{a0}ans, et «\u{a0}18\u{a0}ans ou plus\u{a0}»\u{a0}: corrigez l’un des deux. En cas de doute, choisissez «\u{a0}âge en doute\u{a0}»."
        | "Under 18, and “18 or over”: correct one of the two. Where there is doubt, choose “age in doubt”.";
    MINOR_OVER_18 "18\u{a0}ans ou plus, et «\u{a0}moins de 18\u{a0}ans\u{a0}»\u{a0}: corrigez l’un des deux. En cas de doute, choisissez «\u{a0}âge en doute\u{a0}»."
        | "18 or over, and “under 18”: correct one of the two. Where there is doubt, choose “age in doubt”.";
    SEEN_APART "Vus séparément\u{a0}?" | "Seen apart?";
    SEEN_APART_WHY "Se demande pour un couple, et pour un mineur avec un adulte\u{a0}: qui contrôle l’autre ne le laisse pas parler seul."
        | "Asked of a couple, and of a minor with an adult: whoever controls the other does not let them speak alone.";
    SEEN_APART_YES "oui" | "yes";
    SEEN_APART_NO "non" | "no";
    SEEN_APART_NOT_YET "pas encore" | "not yet";
    SEEN_APART_ASKED "Un couple, ou un mineur avec un adulte\u{a0}: chacun a-t-il été vu à part\u{a0}?"
        | "A couple, or a minor with an adult: has each been seen apart?";
    SEEN_APART_WARNING "Personne ne les a vus séparément\u{a0}: faites-le avant l’arrivée si vous le pouvez."
        | "Nobody has seen them apart: do so before they arrive if you can.";
    SEEN_APART_SAID "Vus séparément." | "Seen apart.";
    COUPLE_SAID "Deux des adultes sont en couple." | "Two of the adults are a couple.";
    COUPLE_OF_TWO "Un couple, ce sont deux adultes\u{a0}: indiquez l’autre, ou décochez."
        | "A couple is two adults: enter the other one, or untick.";
    UNDERSTOOD "Ce qui a été compris" | "What was understood";
    EXCLUDED "Secteurs exclus" | "Excluded areas";
    NOTHING_EXCLUDED "Aucun secteur exclu." | "No excluded area.";
    AVOIDED "Secteurs à éviter si possible" | "Areas to avoid if possible";
    APPROXIMATE "La position de cette commune n’est connue qu’à peu près." | "Where this commune lies is known only roughly.";
    WHO_IN_SHORT "Qui" | "Who";
    WHERE_IN_SHORT "Où" | "Where";
    WHEN_IN_SHORT "Quand" | "When";
    SPOKEN_REQUIRED "Langues indispensables" | "Languages that are needed";
    COMMUNE "Commune" | "Commune";
    ZONE "Communes, départements, régions" | "Communes, departments, regions";
    ZONE_WHY "Plusieurs\u{a0}: séparés par des virgules, comme 93, Val-d’Oise, Toulouse. Pour un quartier, tapez sa ville."
        | "Several: separated by commas, such as 93, Val-d’Oise, Toulouse. For a neighbourhood, type its town.";
    ZONE2 "D’autres secteurs exclus, avec un autre rayon" | "Other excluded areas, with another radius";
    LANGUAGE_OF_INFORMATION "Langue" | "Language";
    UNINFORMED "Motif" | "Reason";
    WHERE_NOW "Où sont les personnes\u{a0}?" | "Where are the people?";
    WHERE_WHY "Commune ou code postal\u{a0}: les distances se comptent de là."
        | "Commune or postcode: distances are counted from there.";
    WHERE_NOT "Où surtout pas\u{a0}?" | "Where must they never go?";
    WHERE_NOT_WHY "Là où elles sont en danger\u{a0}: aucune place n’y sera proposée. Un département ou une région l’est en entier, une commune dans un rayon."
        | "Where they are in danger: no place there will be proposed. A department or region is excluded as a whole, a commune within a radius.";
    RADIUS "Rayon autour d’une commune" | "Radius around a commune";
    FROM_WHEN "À partir du" | "From";
    RANK "Classer sans enregistrer" | "Rank without storing";
    STORE "Enregistrer et classer" | "Store and rank";
    INFORMATION_TITLE "Pour enregistrer" | "To store";
    INFORMATION_LEAD "Une demande enregistrée peut être adressée aux structures, qui en lisent le nécessaire\u{a0}: combien, genres, tranches d’âge, besoins. La personne en est informée."
        | "A stored request can be put to homes, which read the needful of it: how many, genders, age bands, needs. The person is informed of this.";
    INFORMATION_GIVEN "La personne est informée, expliqué en" | "The person is informed, explained in";
    INFORMATION_INTERPRETER "avec interprète" | "with an interpreter";
    INFORMATION_SHARED "Elle accepte que l’on montre aussi à la structure à qui la place est demandée\u{a0}:"
        | "They agree that the home asked for a place is also shown:";
    INFORMATION_NOT_YET "Pas encore informée\u{a0}: à refaire sous 24 heures." | "Not informed yet: to be done within 24 hours.";
    WHY_CLOSE "Pourquoi clore\u{a0}?" | "Why close it?";
    MORE "Préciser (facultatif)" | "More details (optional)";
    COUPLE "Deux des adultes sont en couple" | "Two of the adults are a couple";
    STAGE "Étape cherchée" | "Stage looked for";
    URGENCY "Urgence" | "Urgency";
    NIGHTS "Nuits souhaitées" | "Nights wished for";
    DISTANCE "Distance" | "Distance";
    MAX_KM "au plus (km)" | "at most (km)";
    MIN_KM "au moins (km)" | "at least (km)";
    ACCEPTS_REMOVAL "La personne accepte un éloignement géographique (changer de région)"
        | "The person accepts moving away (to another region)";
    ACCEPTS_REMOVAL_WHY "L’éloignement ne se fait jamais sans elle\u{a0}: sans cette case, rien au-delà de 150\u{a0}km."
        | "Moving away never happens without them: unless this is ticked, nothing beyond 150\u{a0}km.";
    ACCEPTS_CROSSING "La personne accepte une traversée (Corse, outre-mer)" | "The person accepts a crossing (Corsica, overseas)";
    LIVING_WITH "Avec qui peut-elle vivre\u{a0}?" | "Whom can they live with?";
    LIVING_WITH_WHY "Après des violences, certains voisinages ne sont pas possibles. Rien de coché\u{a0}: avec tout le monde."
        | "After violence, some neighbours are not possible. Nothing ticked: with anyone.";
    AVOID "À éviter si possible" | "To avoid if possible";
    AVOID_WHY "Une commune ou un département où la personne est connue\u{a0}: ces places passent après."
        | "A commune or department where the person is known: these places come last.";
    REQUIRED "Il faut absolument" | "There must be";
    WISHED "Ce serait mieux avec" | "It would be better with";
    SPOKEN "Langues souhaitées sur place" | "Languages wished for on site";
    PROPOSALS "Places possibles" | "Possible places";
    PROPOSALS_NONE "Aucune place ne convient telle quelle." | "No place fits as things stand.";
    LOOK_AT_TO_VERIFY "Un appel peut suffire\u{a0}: voyez les places à vérifier par téléphone."
        | "A call may be enough: see the places to verify by telephone.";
    LOOK_AT_WOULD_OPEN "Un souhait de moins en ouvrirait\u{a0}: voyez lequel plus bas."
        | "One wish fewer would open some: see which below.";
    LOOK_AT_WHY_NOT "Ce qui écarte les autres est compté en bas de la page."
        | "What rules out the others is counted at the foot of the page.";
    CAN_TAKE "Peuvent accueillir" | "Can take them";
    TO_VERIFY "À vérifier par téléphone" | "To verify by telephone";
    TO_VERIFY_LEAD "Un appel peut lever le doute. La question à poser est écrite sous chaque place."
        | "A call can settle the doubt. The question to ask is written below each place.";
    QUESTION "Demander\u{a0}:" | "Ask:";
    WHY_NOT "Pourquoi pas les autres\u{a0}?" | "Why not the others?";
    WHY_NOT_RULE "Règle" | "Rule";
    WHY_NOT_UNITS "Places écartées" | "Places ruled out";
    WHY_NOT_ALONE "Pour cette seule raison" | "For this reason alone";
    MAP_TITLE "Carte des places possibles par département" | "Map of the possible places by department";
    MAP_LEAD "Chaque case est un département\u{a0}; le chiffre dit combien de places possibles s’y trouvent."
        | "Each square is a department; the number says how many possible places there are.";
    DOOR "Porte d’entrée" | "Door";
    KM "km" | "km";
    CALL "Appeler" | "Call";
    ASK_PLACE "Demander" | "Ask";
    CONDITIONS "Conditions d’admission" | "Conditions of admission";
    UNLAWFUL "Conditions non opposables (le SIAO peut les lever)" | "Unlawful conditions (the SIAO can lift them)";
    STEPS "Étapes d’admission" | "Steps of admission";
    PRINT "Imprimer" | "Print";
    EDIT "Modifier la demande" | "Edit the request";
    NOT_STORED "Cette demande n’est pas enregistrée\u{a0}: pour demander une place, enregistrez-la."
        | "This request is not stored: to ask for a place, store it.";
    CALL_FIRST "Avant de demander\u{a0}: un appel" | "Before asking: a call";
    WHO_ANSWERED "Qui a répondu\u{a0}? (la fonction, pas le nom)" | "Who answered? (the function, not the name)";
    FILL_IN "À remplir\u{a0}: ce que l’appel a donné." | "To be filled in: what the call gave.";
    VERIFY_FIRST "Cette place demande un appel avant\u{a0}: écrivez qui a répondu et ce qui a été dit."
        | "This place needs a call first: write who answered and what was said.";
    VERIFY_SHORTER "C’est trop long à garder\u{a0}: 500\u{a0}signes au plus en tout."
        | "This is too long to be kept: 500\u{a0}characters at most in all.";
    JUST_TAKEN "Cette place vient d’être prise\u{a0}: quelqu’un a été plus rapide. Les places ci-dessous sont celles de maintenant."
        | "This place has just been taken: someone was faster. The places below are those of now.";
    JUST_TAKEN_TITLE "Vient d’être prise" | "Just taken";
    SESSION_OVER "Votre session a pris fin. Ce que vous aviez saisi est gardé\u{a0}: connectez-vous, puis continuez."
        | "Your session has ended. What you had typed is kept: sign in, then go on.";
    GO_ON_LEAD "Vous êtes de nouveau connectée. Ce que vous aviez saisi n’a pas encore été envoyé."
        | "You are signed in again. What you had typed has not been sent yet.";
    GO_ON "Envoyer ce que j’avais saisi" | "Send what I had typed";
    NEUTRAL_TITLE "Météo" | "Weather";
    MY_PLACES "Mes places" | "My places";
    MY_PLACES_LEAD "Combien de places ce soir\u{a0}? Une touche suffit pour dire que c’est toujours exact."
        | "How many places tonight? One tap is enough to say that it is still true.";
    BEDS_TONIGHT "Places ce soir" | "Places tonight";
    HELD "dont retenues\u{a0}:" | "of which held:";
    ONE_LESS "Une place de moins" | "One place fewer";
    ONE_MORE "Une place de plus" | "One place more";
    STILL_TRUE "Toujours disponible" | "Still available";
    TAKEN_ELSEWHERE "Déjà pourvue" | "Already taken";
    CONFIRMED "Confirmé" | "Confirmed";
    STALE "À confirmer\u{a0}: plus de 72\u{a0}h sans nouvelles, la place passe pour douteuse."
        | "To be confirmed: no news for more than 72\u{a0}h, the place counts as doubtful.";
    FROM_DAY "Libre à partir du" | "Free from";
    UNTIL_DAY "jusqu’au" | "until";
    NEXT_VACANCY "Prochaine place libre" | "Next free place";
    DECLARE "Déclarer" | "Declare";
    BEDS "Places" | "Places";
    NO_VACANCY "Aucune place déclarée." | "No place declared.";
    NO_UNIT "Aucun groupe de places n’est encore inscrit pour votre organisme."
        | "No group of places is registered for your organisation yet.";
    DOSSIER_TITLE "Ce qui est gardé" | "What is kept";
    DOSSIER_OF "Demande" | "Request";
    DOSSIER_HOW "À lire avec la personne, à l’écran ou sur papier. Jamais par mail. Rien d’un tiers, aucun contact d’un lieu."
        | "To be read with the person, on the screen or on paper. Never by mail. Nothing of third persons, no contact of a home.";
    DOSSIER_OF_MINOR "Une personne mineure est sans parent\u{a0}: à lire avec la protection de l’enfance."
        | "A minor is without a parent: to be read with child protection.";
    DOSSIER_INFORMATION "Information et accord" | "Information and agreement";
    DOSSIER_INFORMED "Informée de ce qui est gardé, et d’accord, le" | "Informed of what is kept, and agreed, on";
    DOSSIER_NOT_INFORMED "Pas encore informée de ce qui est gardé." | "Not informed yet of what is kept.";
    DOSSIER_REFERENCE "Référence de l’organisme\u{a0}:" | "Reference of the organisation:";
    DOSSIER_MESSAGE "Message aux lieux demandés\u{a0}:" | "Message to the homes asked:";
    DOSSIER_INSTRUCTIONS "Consignes de sécurité pour le lieu qui accueille\u{a0}:"
        | "Safety instructions for the home that takes them in:";
    DOSSIER_IN "Expliqué en" | "Explained in";
    DOSSIER_INTERPRETER "avec interprète" | "with an interpreter";
    DOSSIER_MINOR "Personne mineure sans parent" | "Minor without a parent";
    DOSSIER_GROUND "Minorité\u{a0}:" | "Minority:";
    DOSSIER_GUARDIAN "Un administrateur ad hoc ou un tuteur est désigné."
        | "A guardian or ad hoc administrator has been appointed.";
    DOSSIER_NO_GUARDIAN "Aucun administrateur ad hoc ni tuteur n’est désigné."
        | "No guardian or ad hoc administrator has been appointed.";
    DOSSIER_TOLD "Informé\u{a0}:" | "Told:";
    DOSSIER_TRIED "Tentative d’informer\u{a0}:" | "Tried to tell:";
    DOSSIER_ASSESSED "Évaluation de son intérêt\u{a0}:" | "Assessment of their best interests:";
    DOSSIER_VIEW "Son avis\u{a0}:" | "Their view:";
    DOSSIER_NOTES "Notes" | "Notes";
    DOSSIER_PLACES "Places demandées" | "Places asked for";
    DOSSIER_NONE "Rien." | "Nothing.";
    DOSSIER_KEPT_UNTIL "Sans nouvelle démarche pour elle, tout est effacé le"
        | "Unless something more is done for them, everything is erased on";
    DOSSIER_RIGHTS "Elle peut faire corriger ce qui est faux, et retirer son accord\u{a0}: tout est alors effacé."
        | "They can have what is wrong corrected, and withdraw their agreement: everything is then erased.";
    REFERRALS_TITLE "Orientations" | "Referrals";
    AS_REFERENT "Vos demandes" | "Your requests";
    AS_ADDRESSEE "Vos places" | "Your places";
    REFERRALS_NONE "Rien en cours." | "Nothing under way.";
    EXPECTED "Arrivées attendues" | "Expected arrivals";
    WAITING_CONFIRMATION "Acceptées, en attente du référent" | "Accepted, waiting for the referent";
    HOURS "h" | "h";
    RECENT "Terminées récemment" | "Ended recently";
    BEFORE "Répondre avant" | "Answer by";
    CONFIRM_BEFORE "Confirmer avant" | "Confirm by";
    YES "Oui" | "Yes";
    NO "Non" | "No";
    CALL_ME "Rappelez-moi" | "Call me back";
    WHY_NO "Pourquoi non\u{a0}?" | "Why not?";
    CONFIRM "Confirmer" | "Confirm";
    ARRIVAL_AT "Arrivée prévue" | "Arrival expected";
    WITHDRAW "Retirer" | "Withdraw";
    ARRIVED "Bien arrivée(s)" | "Safely arrived";
    NOT_COME "Ne s’est pas présentée" | "Did not come";
    END_STAY "Fin de prise en charge" | "End of stay";
    AFTER_STAY "La demande ensuite" | "The request afterwards";
    PEOPLE "personnes" | "people";
    NIGHTS_WORD "nuits" | "nights";
    NEEDS "Besoins" | "Needs";
    LANGUAGES "Langues" | "Languages";
    BY_PHONE "Réponse reçue par téléphone" | "Answer received by telephone";
    SEE_PROPOSALS "Voir les places possibles" | "See the possible places";
    CLOSE_REQUEST "Clore la demande" | "Close the request";
    REQUESTS_NONE "Aucune demande ouverte." | "No open request.";
    LINK_TITLE "Une orientation vous attend" | "A referral awaits you";
    LINK_FOR "Une demande pour" | "A request for";
    LINK_UNDONE "C’est annulé\u{a0}: un nouveau courriel vous apporte un nouveau lien."
        | "It is undone: a new mail brings you a new link.";
    YOU_ANSWERED "Vous avez répondu\u{a0}:" | "You answered:";
    UNDO_ANSWER "Annuler" | "Undo";
    UNDO_UNTIL "Possible jusqu’à" | "Possible until";
    SAFETY_CALL "Raison de sécurité\u{a0}: appelez la coordination avant de répondre."
        | "Safety reason: call the coordination before you answer.";
    KEPT_APART_TEXT "Raison de sécurité\u{a0}: ces personnes ne peuvent pas être accueillies ici. Appelez la coordination, puis dites non avec la raison que la demande lira."
        | "Safety reason: these people cannot be taken in here. Call the coordination, then say no with the reason that whoever asks will read.";
    ERROR_TITLE "Cela n’a pas marché" | "This did not work";
    ERROR_BACK "Revenez en arrière, corrigez, et recommencez\u{a0}: rien n’a été perdu ni changé."
        | "Go back, correct it, and try again: nothing was lost or changed.";
    ERROR_NUMBER "Numéro à donner si vous demandez de l’aide\u{a0}:" | "Number to give if you ask for help:";
    NOT_FOUND_TITLE "Introuvable" | "Not found";
    NOT_FOUND_TEXT "Cette page ou cette fiche n’existe pas, ou n’est pas à vous."
        | "This page or record does not exist, or is not yours.";
    FORBIDDEN_TEXT "Votre compte n’a pas accès à cette page." | "Your account has no access to this page.";
    FORM_EXPIRED_TEXT "Cette page était ouverte depuis trop longtemps ou dans une autre session. Rechargez-la et recommencez."
        | "This page was open for too long or in another session. Reload it and try again.";
    UNAVAILABLE_TEXT "Le service est très occupé ou la base ne répond pas. Rien n’a changé\u{a0}; réessayez dans quelques secondes."
        | "The service is very busy or the database does not answer. Nothing has changed; try again in a few seconds.";
    OUTCOME_UNKNOWN_TEXT "La base n’a pas répondu à temps\u{a0}: votre action est peut-être faite, peut-être pas. Renvoyez le même formulaire\u{a0}: elle ne sera pas faite deux fois."
        | "The database did not answer in time: what you did may be done, or may not. Send the same form again: it will not be done twice.";
    NO_BED_TEXT "Quelqu’un a été plus rapide\u{a0}: cette place vient d’être prise. Revenez aux places possibles, la suivante est peut-être libre."
        | "Someone was faster: this place has just been taken. Go back to the possible places, the next one may be free.";
    NOT_ELIGIBLE_TEXT "Cette place ne peut pas accueillir ces personnes\u{a0}:" | "This place cannot take these people:";
    TOO_MANY_TEXT "Cette demande a déjà autant d’orientations qu’elle peut en avoir. Retirez-en une."
        | "This request already has as many referrals as it can have. Withdraw one.";
    OLD_PAGE_TEXT "Cette page n’était plus à jour\u{a0}: quelqu’un a changé ces places entre-temps, et rien n’a été fait. Rouvrez la page et recommencez sur ce qu’elle dit maintenant."
        | "This page was out of date: someone has changed these places meanwhile, and nothing was done. Open the page again and start from what it says now.";
    BEYOND_PLACES_TEXT "Le groupe n’a pas autant de places\u{a0}: retirez-en d’autres ces jours-là, ou corrigez le nombre de places du groupe."
        | "The group does not have that many places: withdraw others on these days, or correct the number of places of the group.";
    DATES_TEXT "Ces dates ne vont pas\u{a0}: la fin vient après le début, et pas avant cette nuit."
        | "These dates do not work: the end comes after the beginning, and not before tonight.";
    TOO_MANY_VACANCIES_TEXT "Ce groupe a déjà autant de déclarations qu’il peut en avoir\u{a0}: retirez-en."
        | "This group already has as many declarations as it can have: withdraw some.";
    OLDER "Plus anciennes" | "Older";
    OLDER_UNITS "Groupes de places plus anciens" | "Older groups of places";
    STATE_CHANGED_TEXT "L’orientation a changé entre-temps. Rechargez la page pour voir où elle en est."
        | "The referral has changed meanwhile. Reload the page to see where it stands.";
    AUTHORITY_TEXT "Pour un mineur seul, notez d’abord sur la demande qui, à la protection de l’enfance ou au parquet, a été prévenu, ou qu’on a essayé."
        | "For a lone minor, first note on the request who at child protection or the prosecutor’s office was told, or that it was tried.";
    ASSESSMENT_TEXT "Pour un mineur seul, une première évaluation de son intérêt supérieur doit être enregistrée sur la demande."
        | "For a lone minor, a first assessment of their best interests has to be recorded on the request.";
    UNKNOWN_COMMUNE "Commune inconnue\u{a0}: vérifiez l’orthographe ou tapez le code postal."
        | "Unknown commune: check the spelling or type the postcode.";
    WHICH_COMMUNE "Plusieurs communes sont appelées ainsi\u{a0}: choisissez, ou précisez le département."
        | "Several communes have this name: choose, or add the department.";
    NO_COMMUNE "Indiquez la commune, ou son code postal." | "Enter the commune, or its postcode.";
    PLACE_IS_DEPARTMENT "C’est un département ou une région\u{a0}: indiquez une commune."
        | "This is a department or a region: enter a commune.";
    TOO_MANY_ZONES "Plus de cinquante secteurs\u{a0}: retirez-en, ou nommez des départements."
        | "More than fifty areas: take some away, or name departments.";
    NO_RADIUS "Un département ou une région est exclu en entier\u{a0}: un rayon n’a de sens qu’autour d’une commune."
        | "A department or a region is excluded as a whole: a radius makes sense only around a commune.";
    NOBODY "Indiquez au moins une personne." | "Enter at least one person.";
    WRONG_FIELD "Cette valeur ne convient pas." | "This value does not fit.";
    FIX_FIELDS "À corriger\u{a0}:" | "To be corrected:";
    FOOTER "Communes\u{a0}: INSEE, La Poste (Licence Ouverte), GeoNames (CC BY 4.0)."
        | "Communes: INSEE, La Poste (Licence Ouverte), GeoNames (CC BY 4.0).";
}

/// A code in words.
pub fn label<T: Code>(code: T) -> &'static str {
    let found = LABELS.iter().find(|(list, known, _)| *list == T::NAME && *known == code.as_str());
    found.map_or(code.as_str(), |(_, _, label)| label.text())
}

/// A whole number as each language groups its digits: `10 000`, `10,000`.
pub fn number(count: impl fmt::Display) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(either!('\u{202f}', ','));
        }
        text.push(digit);
    }
    text
}

/// How many of something: one, or more.
fn many<N: PartialEq + From<u8> + fmt::Display>(count: N, one: &str, more: &str) -> String {
    if count == N::from(1) { format!("1\u{a0}{one}") } else { format!("{}\u{a0}{more}", number(count)) }
}

/// The button that holds beds while the question is open, and for how long at most.
pub fn hold_place(urgency: matcher::Urgency) -> &'static str {
    match urgency {
        matcher::Urgency::Immediate => either!("Réserver 2\u{a0}h", "Hold for 2\u{a0}h"),
        matcher::Urgency::Urgent => either!("Réserver 24\u{a0}h", "Hold for 24\u{a0}h"),
        matcher::Urgency::Planned => either!("Réserver 72\u{a0}h", "Hold for 72\u{a0}h"),
    }
}

/// What one change of a wish would open.
pub fn relaxation(relaxation: &Relaxation, wishes: &[RelaxedWish]) -> String {
    let (change, is_one, opens) = (change(relaxation, wishes), relaxation.opens == 1, number(relaxation.opens));
    either!(
        format!("{change}\u{a0}: {opens} {} de plus", if is_one { "groupe de places" } else { "groupes de places" }),
        format!("{change}: {opens} more {} of places", if is_one { "group" } else { "groups" }),
    )
}

/// One change of a wish.
fn change(relaxation: &Relaxation, wishes: &[RelaxedWish]) -> String {
    let dropped =
        |from: Vec<String>, to: Vec<String>| from.into_iter().filter(|word| !to.contains(word)).collect::<Vec<_>>().join(", ");
    match (&relaxation.from, &relaxation.to) {
        (_, Wished::Km(None)) => either!("ne plus limiter la distance", "no more limit of distance").to_owned(),
        (Wished::Km(Some(from)), Wished::Km(Some(to))) if from < to => {
            either!(format!("aller jusqu’à {} km", to.get()), format!("go as far as {} km", to.get()))
        }
        (_, Wished::Km(Some(to))) => {
            either!(format!("accepter à partir de {} km", to.get()), format!("accept from {} km on", to.get()))
        }
        (_, Wished::Day(to)) => either!(format!("commencer le {}", day(*to)), format!("begin on {}", day(*to))),
        (Wished::Nights(from), Wished::Nights(to)) => either!(
            format!("demander {} nuits au lieu de {}", to.get(), from.get()),
            format!("ask for {} nights instead of {}", to.get(), from.get()),
        ),
        (Wished::Offers(from), Wished::Offers(to)) => {
            let names = |offers: &Codes<Offer>| offers.iter().map(|offer| label(offer).to_owned()).collect();
            let dropped = dropped(names(from), names(to));
            either!(format!("se passer de\u{a0}: {dropped}"), format!("do without: {dropped}"))
        }
        (Wished::Languages(from), Wished::Languages(to)) => {
            let names = |languages: &Codes<Tongue>| languages.iter().map(|language| spoken(language.as_str()).to_owned()).collect();
            let dropped = dropped(names(from), names(to));
            either!(format!("ne plus exiger de parler\u{a0}: {dropped}"), format!("no longer require speaking: {dropped}"))
        }
        (Wished::Everything, _) => {
            let all: Vec<_> = wishes.iter().map(|wish| label(*wish)).collect();
            let (everything, all) = (label(relaxation.wish), all.join(", "));
            either!(format!("{everything}\u{a0}: {all}"), format!("{everything}: {all}"))
        }
        _ => label(relaxation.wish).to_owned(),
    }
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    either!(format!("{:.0}\u{a0}%", share * 100.0), format!("{:.0}%", share * 100.0))
}

/// An age.
pub fn years(age: u8) -> String {
    let is_one = age <= 1;
    either!(format!("{age} an{}", if is_one { "" } else { "s" }), format!("{age} year{} old", if age == 1 { "" } else { "s" }),)
}

/// A day with its year.
pub fn day(day: Day) -> String {
    written(day.get())
}

/// A day as it is written: `28/11/2026`, `28 Nov 2026`. In English the month is a word, since its readers do not agree on which number it is.
fn written(day: NaiveDate) -> String {
    day.format(either!("%d/%m/%Y", "%-d\u{a0}%b\u{a0}%Y")).to_string()
}

/// How many rows of a log, in a sentence.
pub fn rows(rows: i64) -> String {
    let rows = number(rows);
    either!(
        format!("{rows}\u{a0}lignes, chacune telle qu’elle a été écrite."),
        format!("{rows}\u{a0}rows, each as it was written."),
    )
}

/// Opening hours, written as OpenStreetMap has them, with their words spelled out.
pub fn hours(written: &str) -> String {
    const WORDS: &[(&str, Phrase)] = &[
        ("Mo", Phrase::new("lun.", "Mon")),
        ("Tu", Phrase::new("mar.", "Tue")),
        ("We", Phrase::new("mer.", "Wed")),
        ("Th", Phrase::new("jeu.", "Thu")),
        ("Fr", Phrase::new("ven.", "Fri")),
        ("Sa", Phrase::new("sam.", "Sat")),
        ("Su", Phrase::new("dim.", "Sun")),
        ("PH", Phrase::new("jours fériés", "public holidays")),
        ("SH", Phrase::new("vacances scolaires", "school holidays")),
        ("off", Phrase::new("fermé", "closed")),
        ("closed", Phrase::new("fermé", "closed")),
    ];
    if written == "24/7" {
        return either!("à toute heure", "at any hour").to_owned();
    }
    let said =
        |word: &str| WORDS.iter().find(|(known, _)| *known == word).map_or(word.to_owned(), |(_, phrase)| phrase.text().to_owned());
    let (mut read, mut word) = (String::new(), String::new());
    for character in written.chars() {
        if character.is_ascii_alphabetic() {
            word.push(character);
        } else {
            read.push_str(&said(&std::mem::take(&mut word)));
            read.push(character);
        }
    }
    read.push_str(&said(&word));
    read
}

/// An instant as the clock on the wall of a department shows it.
pub fn moment(at: Instant, department: Department) -> String {
    let wall = civil(at, department);
    let (day, hour) = (written(wall.date_naive()), hour(wall));
    either!(format!("{day} à {hour}"), format!("{day} at {hour}"))
}

/// The clock of a department, by name.
pub fn clock_of(place: Department) -> String {
    let of = if place.as_str().starts_with("97") { department(place) } else { "Paris" };
    either!(format!("heure de {of}"), format!("{of} time"))
}

/// The name of a language, or its code.
pub fn spoken(code: &str) -> &str {
    SPOKEN_LANGUAGES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name.text())
}

/// What a French institution is, to who does not know it by its French name.
pub fn gloss(door: DoorService) -> Option<&'static str> {
    let english = match door {
        DoorService::Samu115 => "emergency shelter line",
        DoorService::ChildProtection => "children in danger line",
        DoorService::Siao => "service of the department that allots shelter",
        DoorService::Acse => "national scheme of safe places for victims of trafficking",
        DoorService::Crip => "child protection unit of the department",
    };
    either!(None, Some(english))
}

/// What to ask on the phone for each rule that a call can settle.
pub fn question(rule: matcher::Rule) -> &'static str {
    use matcher::Rule;
    match rule {
        Rule::DangerZoneUnsure => either!("le site est-il hors du secteur exclu\u{a0}?", "is the site outside the excluded area?"),
        Rule::Stage => either!("prendriez-vous les personnes à cette étape\u{a0}?", "would you take the people at this stage?"),
        Rule::Household => {
            either!("pouvez-vous accueillir un ménage de cette taille\u{a0}?", "can you take in a household of this size?")
        }
        Rule::RequiredOffer => either!(
            "avez-vous, ou pouvez-vous trouver, ce qu’il faut absolument\u{a0}?",
            "do you have, or can you find, what there must be?"
        ),
        Rule::RequiredLanguage => {
            either!("quelqu’un parle-t-il la langue, ou par téléphone\u{a0}?", "does someone speak the language, or by telephone?")
        }
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

/// Languages that are offered first: those most asked for, by their names.
pub const SPOKEN_LANGUAGES: [(&str, Phrase); 28] = [
    ("fr", Phrase::new("français", "French")),
    ("en", Phrase::new("anglais", "English")),
    ("ar", Phrase::new("arabe", "Arabic")),
    ("es", Phrase::new("espagnol", "Spanish")),
    ("pt", Phrase::new("portugais", "Portuguese")),
    ("ro", Phrase::new("roumain", "Romanian")),
    ("bg", Phrase::new("bulgare", "Bulgarian")),
    ("sq", Phrase::new("albanais", "Albanian")),
    ("ru", Phrase::new("russe", "Russian")),
    ("uk", Phrase::new("ukrainien", "Ukrainian")),
    ("zh", Phrase::new("chinois", "Chinese")),
    ("vi", Phrase::new("vietnamien", "Vietnamese")),
    ("th", Phrase::new("thaï", "Thai")),
    ("tl", Phrase::new("tagalog", "Tagalog")),
    ("ti", Phrase::new("tigrigna", "Tigrinya")),
    ("so", Phrase::new("somali", "Somali")),
    ("yo", Phrase::new("yoruba", "Yoruba")),
    ("ff", Phrase::new("peul", "Fula")),
    ("bn", Phrase::new("bengali", "Bengali")),
    ("fa", Phrase::new("persan", "Persian")),
    ("prs", Phrase::new("dari", "Dari")),
    ("bin", Phrase::new("edo", "Edo")),
    ("pcm", Phrase::new("pidgin du Nigeria", "Nigerian Pidgin")),
    ("rom", Phrase::new("romani", "Romani")),
    ("snk", Phrase::new("soninké", "Soninke")),
    ("mnk", Phrase::new("mandingue", "Mandinka")),
    ("dyu", Phrase::new("dioula", "Dyula")),
    ("zdj", Phrase::new("comorien", "Comorian")),
];

/// `(list, code, label)`; a test finds every code here.
pub const LABELS: &[(&str, &str, Phrase)] = &[
    ("kind of unit", "acse", Phrase::new("Ac.Sé", "Ac.Sé")),
    ("kind of unit", "chrs", Phrase::new("CHRS", "CHRS")),
    ("kind of unit", "emergency_centre", Phrase::new("Centre d’hébergement d’urgence", "Emergency shelter")),
    ("kind of unit", "stabilisation_centre", Phrase::new("Centre de stabilisation", "Stabilisation centre")),
    ("kind of unit", "specialised_home", Phrase::new("Foyer spécialisé", "Specialised home")),
    ("kind of unit", "specialised_flat", Phrase::new("Appartement spécialisé", "Specialised flat")),
    ("kind of unit", "diffuse_housing", Phrase::new("Hébergement en diffus", "Scattered flats")),
    ("kind of unit", "hotel", Phrase::new("Nuitées hôtelières", "Hotel nights")),
    ("kind of unit", "foster_family", Phrase::new("Assistant familial", "Foster family")),
    ("kind of unit", "citizen_host", Phrase::new("Hébergement citoyen", "Citizen host")),
    ("kind of unit", "minors_home", Phrase::new("Foyer de l’enfance", "Children’s home")),
    ("kind of unit", "secure_minors_centre", Phrase::new("Centre d’accueil sécurisant", "Secure centre for minors")),
    ("kind of unit", "mother_child_centre", Phrase::new("Centre maternel", "Mother and child centre")),
    ("kind of unit", "asylum_centre", Phrase::new("Places asile spécialisées", "Specialised asylum places")),
    ("kind of unit", "transitional_housing", Phrase::new("Logement accompagné", "Transitional housing")),
    ("kind of unit", "other", Phrase::new("Autre", "Other")),
    ("gender", "female", Phrase::new("femme", "woman")),
    ("gender", "male", Phrase::new("homme", "man")),
    ("gender", "other", Phrase::new("autre genre", "another gender")),
    ("minority", "adult", Phrase::new("adulte", "adult")),
    ("minority", "minor", Phrase::new("mineur", "minor")),
    ("minority", "presumed_minor", Phrase::new("présumé mineur", "presumed minor")),
    ("stage", "emergency", Phrase::new("Mise à l’abri", "Emergency shelter")),
    ("stage", "stabilisation", Phrase::new("Stabilisation", "Stabilisation")),
    ("stage", "integration", Phrase::new("Insertion", "Integration")),
    ("urgency", "immediate", Phrase::new("Tout de suite", "At once")),
    ("urgency", "urgent", Phrase::new("Sous 72 heures", "Within 72 hours")),
    ("urgency", "planned", Phrase::new("Plus tard", "Later")),
    ("wish", "stay_near", Phrase::new("Rester près", "Stay near")),
    ("wish", "move_away", Phrase::new("S’éloigner", "Move away")),
    ("wish", "indifferent", Phrase::new("Indifférent", "No preference")),
    ("relaxed wish", "max_km", Phrase::new("aller plus loin", "go farther")),
    ("relaxed wish", "min_km", Phrase::new("rester plus près", "stay nearer")),
    ("relaxed wish", "accepts_removal", Phrase::new("accepter un éloignement géographique", "accept moving away")),
    ("relaxed wish", "accepts_crossing", Phrase::new("accepter de traverser la mer", "accept crossing the sea")),
    ("relaxed wish", "first_day", Phrase::new("commencer plus tard", "begin later")),
    ("relaxed wish", "nights", Phrase::new("demander moins de nuits", "ask for fewer nights")),
    ("relaxed wish", "living_with", Phrase::new("vivre avec n’importe qui", "live with anyone")),
    ("relaxed wish", "required", Phrase::new("se passer d’une prestation exigée", "do without a service that is required")),
    ("relaxed wish", "required_languages", Phrase::new("se passer d’une langue exigée", "do without a language that is required")),
    ("relaxed wish", "everything", Phrase::new("tout à la fois", "all of it at once")),
    ("setting", "women", Phrase::new("entre femmes", "among women")),
    ("setting", "men", Phrase::new("entre hommes", "among men")),
    ("setting", "mixed", Phrase::new("mixte", "mixed")),
    ("setting", "alone", Phrase::new("logement à part", "self-contained")),
    ("door", "siao", Phrase::new("SIAO", "SIAO")),
    ("door", "115", Phrase::new("115", "115")),
    ("door", "direct", Phrase::new("La structure, directement", "The home, directly")),
    ("door", "acse", Phrase::new("Coordination Ac.Sé", "Ac.Sé coordination")),
    ("ground of minority", "documents", Phrase::new("pièces d’état civil", "civil status documents")),
    ("ground of minority", "assessed", Phrase::new("évaluation par la protection de l’enfance", "assessment by child protection")),
    ("ground of minority", "court_decision", Phrase::new("décision de justice", "court decision")),
    ("ground of minority", "appeal_pending", Phrase::new("recours en cours", "appeal pending")),
    ("ground of minority", "presumption", Phrase::new("minorité présumée", "presumed minority")),
    ("view of a child", "agrees", Phrase::new("d’accord", "agrees")),
    ("view of a child", "hesitates", Phrase::new("hésite", "hesitates")),
    ("view of a child", "disagrees", Phrase::new("pas d’accord", "disagrees")),
    ("view of a child", "not_expressed", Phrase::new("ne souhaite pas le dire", "does not wish to say")),
    ("authority for minors", "child_protection", Phrase::new("protection de l’enfance", "child protection")),
    ("authority for minors", "public_prosecutor", Phrase::new("parquet", "prosecutor’s office")),
    ("door", "child_protection", Phrase::new("Protection de l’enfance", "Child protection")),
    ("door", "asylum", Phrase::new("Asile (OFII)", "Asylum (OFII)")),
    ("door", "health", Phrase::new("Santé", "Health")),
    ("door with a public number", "115", Phrase::new("115", "115")),
    ("door with a public number", "siao", Phrase::new("SIAO", "SIAO")),
    ("door with a public number", "acse", Phrase::new("Ac.Sé", "Ac.Sé")),
    ("door with a public number", "child_protection", Phrase::new("119", "119")),
    ("door with a public number", "crip", Phrase::new("CRIP", "CRIP")),
    ("offer", "psychological_care", Phrase::new("soutien psychologique", "psychological support")),
    ("offer", "medical_care", Phrase::new("soins", "medical care")),
    ("offer", "legal_support", Phrase::new("accompagnement juridique", "legal support")),
    ("offer", "interpreting", Phrase::new("interprétariat", "interpreting")),
    ("offer", "french_lessons", Phrase::new("cours de français", "French lessons")),
    ("offer", "childcare", Phrase::new("garde d’enfants", "childcare")),
    ("offer", "schooling", Phrase::new("scolarisation", "schooling")),
    ("offer", "job_support", Phrase::new("insertion professionnelle", "help towards work")),
    ("offer", "domiciliation", Phrase::new("domiciliation", "postal address")),
    ("offer", "addiction_care", Phrase::new("addictologie", "addiction care")),
    ("offer", "family_mediation", Phrase::new("médiation familiale", "family mediation")),
    ("offer", "step_free", Phrase::new("accès sans marche", "step-free access")),
    ("offer", "private_room", Phrase::new("chambre seule", "private room")),
    ("offer", "small_setting", Phrase::new("petite structure", "small home")),
    ("offer", "staff_at_night", Phrase::new("présence la nuit", "staff at night")),
    ("offer", "secret_address", Phrase::new("adresse secrète", "secret address")),
    ("offer", "controlled_access", Phrase::new("accès contrôlé", "controlled access")),
    ("offer", "cot", Phrase::new("lit de bébé", "cot")),
    ("offer", "near_maternity", Phrase::new("maternité proche", "maternity ward nearby")),
    ("offer", "consumption_tolerated", Phrase::new("consommation tolérée", "consumption tolerated")),
    ("offer", "cold_storage", Phrase::new("réfrigérateur pour un traitement", "refrigerator for a treatment")),
    ("offer", "animals", Phrase::new("animaux", "animals")),
    ("offer", "sign_language", Phrase::new("langue des signes", "sign language")),
    ("condition", "income_share", Phrase::new("participation financière", "share of income")),
    ("condition", "abstinence", Phrase::new("abstinence", "abstinence")),
    ("condition", "asylum_application", Phrase::new("demande d’asile", "asylum application")),
    ("condition", "local_danger", Phrase::new("danger sur place", "danger on the spot")),
    ("condition", "court_proceedings", Phrase::new("procédure judiciaire", "court proceedings")),
    ("condition", "exit_pathway", Phrase::new("parcours de sortie", "exit pathway (parcours de sortie)")),
    ("unlawful condition", "regular_stay", Phrase::new("titre de séjour", "residence permit")),
    ("unlawful condition", "identity_documents", Phrase::new("pièce d’identité", "identity document")),
    ("unlawful condition", "complaint_filed", Phrase::new("plainte déposée", "complaint filed")),
    ("unlawful condition", "cooperation", Phrase::new("coopération avec l’enquête", "cooperation with the investigation")),
    ("unlawful condition", "left_network", Phrase::new("avoir quitté le réseau", "having left the network")),
    ("unlawful condition", "local_connection", Phrase::new("lien avec le territoire", "local connection")),
    ("step", "interview", Phrase::new("entretien", "interview")),
    ("step", "video_interview", Phrase::new("entretien en visio", "video interview")),
    ("step", "visit", Phrase::new("visite", "visit")),
    ("step", "medical_visit", Phrase::new("visite médicale", "medical visit")),
    ("rule", "capacity", Phrase::new("pas de place à ces dates", "no place on these dates")),
    ("rule", "gender", Phrase::new("genre non accueilli", "gender not taken in")),
    ("rule", "age", Phrase::new("âge non accueilli", "age not taken in")),
    ("rule", "unaccompanied_minor", Phrase::new("mineurs seuls non accueillis", "lone minors not taken in")),
    ("rule", "children", Phrase::new("enfants non accueillis à cet âge", "children of this age not taken in")),
    ("rule", "household", Phrase::new("ménage trop grand ou couple", "household too large, or couple")),
    ("rule", "setting", Phrase::new("voisinage non souhaité", "neighbours not wished for")),
    ("rule", "stage", Phrase::new("autre étape", "another stage")),
    ("rule", "removal_consent", Phrase::new("éloignement géographique non accepté", "moving away not accepted")),
    ("rule", "crossing", Phrase::new("traversée non acceptée", "crossing not accepted")),
    ("rule", "danger_zone", Phrase::new("dans un secteur exclu", "in an excluded area")),
    ("rule", "danger_zone_unsure", Phrase::new("peut-être dans un secteur exclu", "perhaps in an excluded area")),
    ("rule", "distance", Phrase::new("distance non souhaitée", "distance not wished for")),
    ("rule", "required_offer", Phrase::new("un besoin absolu manque", "something that there must be is missing")),
    ("rule", "required_language", Phrase::new("une langue indispensable manque", "a language that is needed is missing")),
    ("rule", "keep_apart", Phrase::new("personnes à ne pas réunir", "people to be kept apart")),
    ("rule", "already_refused", Phrase::new("refus déjà exprimé", "already refused")),
    ("criterion", "distance", Phrase::new("distance", "distance")),
    ("criterion", "specialisation", Phrase::new("spécialisation", "specialisation")),
    ("criterion", "offers", Phrase::new("souhaits", "wishes")),
    ("criterion", "languages", Phrase::new("langues", "languages")),
    ("criterion", "readiness", Phrase::new("délai d’entrée", "time until admission")),
    ("criterion", "cover", Phrase::new("durée couverte", "length covered")),
    ("criterion", "freshness", Phrase::new("fraîcheur de l’information", "freshness of the information")),
    ("criterion", "conditions", Phrase::new("peu de conditions", "few conditions")),
    ("criterion", "avoidance", Phrase::new("hors des lieux à éviter", "outside the areas to avoid")),
    ("criterion", "fit", Phrase::new("adéquation", "fit")),
    ("criterion", "continuity", Phrase::new("continuité", "continuity")),
    (
        "warning",
        "stale_vacancy",
        Phrase::new("place non confirmée depuis 72\u{a0}h\u{a0}: appelez d’abord", "place not confirmed for 72\u{a0}h: call first"),
    ),
    ("warning", "short_cover", Phrase::new("ne couvre pas toute la durée souhaitée", "does not cover the whole length wished for")),
    ("warning", "age_unknown", Phrase::new("un âge est inconnu", "an age is unknown")),
    ("warning", "turns_18_during_stay", Phrase::new("majorité atteinte pendant le séjour", "turns 18 during the stay")),
    ("warning", "may_turn_18", Phrase::new("majorité peut-être proche", "may turn 18 soon")),
    (
        "warning",
        "unverified_link",
        Phrase::new("adulte et mineur sans lien établi\u{a0}: prudence", "adult and minor without an established link: be careful"),
    ),
    ("warning", "far_for_today", Phrase::new("trop loin pour aujourd’hui", "too far for today")),
    (
        "warning",
        "mail_reached_organisation",
        Phrase::new(
            "l’adresse de la structure refuse les courriels\u{a0}: son organisme a été prévenu",
            "the home’s address refuses mail: its organisation was told",
        ),
    ),
    (
        "warning",
        "mail_not_delivered",
        Phrase::new("aucun courriel n’est arrivé au destinataire\u{a0}: appelez", "no mail has reached the addressee: call"),
    ),
    (
        "warning",
        "guardian_missing",
        Phrase::new("pas de tuteur ni d’administrateur ad hoc désigné", "no guardian or ad hoc administrator appointed"),
    ),
    ("warning", "not_seen_apart", Phrase::new("personne ne les a vus séparément", "nobody has seen them apart")),
    ("warning", "turned_18", Phrase::new("un mineur est devenu majeur", "a minor has come of age")),
    (
        "warning",
        "over_occupied",
        Phrase::new(
            "plus de personnes que de places\u{a0}: le ménage s’est agrandi",
            "more people than places: the household has grown",
        ),
    ),
    (
        "warning",
        "no_longer_fits",
        Phrase::new(
            "ne convient peut-être plus depuis une modification\u{a0}: appelez-vous",
            "may not fit any more since an edit: call each other",
        ),
    ),
    ("kind of record", "organisation", Phrase::new("organisme", "organisation")),
    ("kind of record", "account", Phrase::new("compte", "account")),
    ("kind of record", "session", Phrase::new("session", "session")),
    ("kind of record", "pending_change", Phrase::new("changement à confirmer", "change to confirm")),
    ("kind of record", "door_contact", Phrase::new("numéro d’une porte", "number of a door")),
    ("kind of record", "remembered_phone", Phrase::new("téléphone mémorisé", "remembered telephone")),
    ("kind of record", "alert", Phrase::new("alerte", "alert")),
    ("kind of record", "webhook", Phrase::new("envoi d’événements", "webhook")),
    ("kind of record", "structure", Phrase::new("structure", "home")),
    ("kind of record", "unit", Phrase::new("groupe de places", "group of places")),
    ("kind of record", "vacancy", Phrase::new("place disponible", "free place")),
    ("kind of record", "request", Phrase::new("demande", "request")),
    ("kind of record", "referral", Phrase::new("orientation", "referral")),
    ("kind of record", "keep_apart", Phrase::new("personnes à ne pas réunir", "people to be kept apart")),
    ("kind of record", "plan", Phrase::new("répartition proposée", "plan")),
    ("kind of record", "plan_confirmation", Phrase::new("confirmation d’une répartition", "confirmation of a plan")),
    ("kind of record", "notice", Phrase::new("information transmise", "notice")),
    ("kind of record", "event", Phrase::new("ligne du journal des actes", "row of the log of acts")),
    ("role", "referent", Phrase::new("référent", "referent")),
    ("role", "provider", Phrase::new("hébergeur", "provider")),
    ("role", "regulator", Phrase::new("régulateur", "regulator")),
    ("role", "coordinator", Phrase::new("coordination", "coordination")),
    ("role", "partner", Phrase::new("outil partenaire", "partner tool")),
    ("role", "auditor", Phrase::new("audit", "audit")),
    ("role", "administrator", Phrase::new("administration", "administration")),
    ("role", "manager", Phrase::new("responsable", "manager")),
    ("scope", "registry", Phrase::new("lire le registre", "read the registry")),
    ("scope", "vacancies", Phrase::new("déclarer les places", "declare places")),
    ("scope", "requests", Phrase::new("écrire des demandes et chercher des places", "write requests and search for places")),
    ("scope", "referrals", Phrase::new("suivre les orientations", "follow referrals")),
    ("scope", "events", Phrase::new("suivre les événements", "follow events")),
    ("kind of organisation", "siao", Phrase::new("SIAO", "SIAO")),
    ("kind of organisation", "association", Phrase::new("association", "association")),
    ("kind of organisation", "orienting_service", Phrase::new("service qui oriente", "service that refers people")),
    ("kind of organisation", "regulator", Phrase::new("régulateur", "regulator")),
    ("kind of organisation", "coordination", Phrase::new("coordination", "coordination")),
    ("kind of organisation", "partner", Phrase::new("éditeur d’outil", "maker of a tool")),
    ("kind of record", "access", Phrase::new("ligne du journal des lectures", "row of the log of readings")),
    ("age band", "under_6", Phrase::new("moins de 6\u{a0}ans", "under 6")),
    ("age band", "6_12", Phrase::new("6 à 12\u{a0}ans", "6 to 12")),
    ("age band", "13_15", Phrase::new("13 à 15\u{a0}ans", "13 to 15")),
    ("age band", "16_17", Phrase::new("16 ou 17\u{a0}ans", "16 or 17")),
    ("age band", "18_25", Phrase::new("18 à 25\u{a0}ans", "18 to 25")),
    ("age band", "over_25", Phrase::new("plus de 25\u{a0}ans", "over 25")),
    ("reason for closing", "placed_elsewhere", Phrase::new("a une place ailleurs", "has a place elsewhere")),
    ("reason for closing", "found_housing", Phrase::new("a un logement", "has found housing")),
    ("reason for closing", "unreachable", Phrase::new("injoignable", "cannot be reached")),
    ("reason for closing", "withdrawn_by_person", Phrase::new("ne souhaite plus", "does not want it any more")),
    ("reason for closing", "returned_home", Phrase::new("retour au pays ou chez elle", "returned home or to their country")),
    ("reason for closing", "duplicate", Phrase::new("en double", "duplicate")),
    ("reason for closing", "mistake", Phrase::new("erreur", "mistake")),
    ("reason for closing", "other", Phrase::new("autre", "other")),
    ("distance band", "<10", Phrase::new("moins de 10\u{a0}km", "less than 10\u{a0}km")),
    ("distance band", "10-30", Phrase::new("10 à 30\u{a0}km", "10 to 30\u{a0}km")),
    ("distance band", "30-75", Phrase::new("30 à 75\u{a0}km", "30 to 75\u{a0}km")),
    ("distance band", "75-150", Phrase::new("75 à 150\u{a0}km", "75 to 150\u{a0}km")),
    ("distance band", "150-300", Phrase::new("150 à 300\u{a0}km", "150 to 300\u{a0}km")),
    ("distance band", ">300", Phrase::new("plus de 300\u{a0}km", "more than 300\u{a0}km")),
    ("state of a referral", "asked", Phrase::new("demandée", "asked")),
    ("state of a referral", "acknowledged", Phrase::new("vue", "seen")),
    ("state of a referral", "accepted", Phrase::new("acceptée", "accepted")),
    ("state of a referral", "confirmed", Phrase::new("confirmée", "confirmed")),
    ("state of a referral", "arrived", Phrase::new("en cours", "under way")),
    ("state of a referral", "ended", Phrase::new("terminée", "ended")),
    ("state of a referral", "declined", Phrase::new("refusée", "refused")),
    ("state of a referral", "superseded", Phrase::new("orientée ailleurs", "referred elsewhere")),
    ("state of a referral", "no_show", Phrase::new("ne s’est pas présentée", "did not come")),
    ("state of a referral", "turned_away", Phrase::new("refoulée à la porte", "turned away at the door")),
    ("state of a referral", "withdrawn", Phrase::new("retirée", "withdrawn")),
    ("state of a referral", "expired", Phrase::new("expirée", "expired")),
    ("reason of a refusal", "full", Phrase::new("complet", "full")),
    ("reason of a refusal", "filled_elsewhere", Phrase::new("place donnée ailleurs", "place given elsewhere")),
    ("reason of a refusal", "profile_mismatch", Phrase::new("public différent", "for other people")),
    ("reason of a refusal", "too_close_to_danger", Phrase::new("trop près du danger", "too close to the danger")),
    ("reason of a refusal", "network_present", Phrase::new("le réseau est présent", "the network is present")),
    ("reason of a refusal", "not_secure_enough", Phrase::new("pas assez sûr", "not secure enough")),
    ("reason of a refusal", "minors_not_taken", Phrase::new("pas de mineurs", "no minors")),
    ("reason of a refusal", "household_composition", Phrase::new("composition du ménage", "who is in the household")),
    ("reason of a refusal", "group_balance", Phrase::new("équilibre du groupe", "balance of the group")),
    ("reason of a refusal", "condition_not_met", Phrase::new("condition non remplie", "condition not met")),
    ("reason of a refusal", "no_interpreter", Phrase::new("pas d’interprète", "no interpreter")),
    ("reason of a refusal", "care_not_available", Phrase::new("soins non disponibles", "care not available")),
    ("reason of a refusal", "consumption", Phrase::new("consommation", "consumption")),
    ("reason of a refusal", "animal", Phrase::new("animal", "animal")),
    ("reason of a refusal", "no_local_danger", Phrase::new("pas de danger sur place", "no danger on the spot")),
    ("reason of a refusal", "facts_not_established", Phrase::new("faits non établis", "facts not established")),
    ("reason of a refusal", "no_staff", Phrase::new("pas de personnel", "no staff")),
    ("reason of a refusal", "no_funding", Phrase::new("pas de financement", "no funding")),
    ("reason of a refusal", "transport", Phrase::new("transport", "transport")),
    ("reason of a refusal", "unit_closed", Phrase::new("fermé", "closed")),
    ("reason of a refusal", "interview_inconclusive", Phrase::new("entretien non concluant", "interview inconclusive")),
    ("reason of a refusal", "refuses_removal", Phrase::new("refuse l’éloignement géographique", "refuses moving away")),
    ("reason of a refusal", "refuses_distance", Phrase::new("refuse la distance", "refuses the distance")),
    ("reason of a refusal", "refuses_setting", Phrase::new("refuse le voisinage", "refuses the neighbours")),
    ("reason of a refusal", "refuses_shared_room", Phrase::new("refuse la chambre partagée", "refuses a shared room")),
    ("reason of a refusal", "afraid", Phrase::new("a peur", "is afraid")),
    ("reason of a refusal", "wants_time", Phrase::new("veut du temps", "wants time")),
    ("reason of a refusal", "unreachable", Phrase::new("injoignable", "cannot be reached")),
    ("reason of a refusal", "found_elsewhere", Phrase::new("a trouvé ailleurs", "has found a place elsewhere")),
    (
        "reason of a refusal",
        "returned_to_exploiter",
        Phrase::new("est retournée chez l’exploiteur", "has returned to the exploiter"),
    ),
    ("reason of a refusal", "changed_mind", Phrase::new("a changé d’avis", "has changed their mind")),
    ("reason of a refusal", "other", Phrase::new("autre", "other")),
    ("reason of a refusal", "expired", Phrase::new("sans réponse à temps", "no answer in time")),
    ("reason of a refusal", "superseded", Phrase::new("orientée ailleurs", "referred elsewhere")),
    ("reason of a refusal", "duplicate", Phrase::new("en double", "duplicate")),
    ("reason of a refusal", "safety", Phrase::new("raison de sécurité", "safety reason")),
    ("end of a stay", "rehoused", Phrase::new("relogement", "rehoused")),
    ("end of a stay", "moved_on", Phrase::new("autre hébergement", "other shelter")),
    ("end of a stay", "left", Phrase::new("départ volontaire", "left of their own accord")),
    ("end of a stay", "missing", Phrase::new("disparition", "missing")),
    ("end of a stay", "back_to_exploitation", Phrase::new("retour à l’exploitation", "back to exploitation")),
    ("end of a stay", "excluded", Phrase::new("exclusion", "excluded")),
    ("end of a stay", "funding_ended", Phrase::new("fin de financement", "end of funding")),
    ("end of a stay", "returned_home", Phrase::new("retour au pays", "return to their country")),
    ("end of a stay", "deceased", Phrase::new("décès", "death")),
    ("end of a stay", "other", Phrase::new("autre", "other")),
    ("state of a request after a stay", "open", Phrase::new("à rouvrir", "to be reopened")),
    ("state of a request after a stay", "closed", Phrase::new("à clore", "to be closed")),
    ("bond of separated people", "kept_apart", Phrase::new("à ne pas réunir", "to be kept apart")),
    (
        "bond of separated people",
        "to_reunite",
        Phrase::new("à réunir dès qu’une place le permet", "to be reunited as soon as a place allows"),
    ),
    ("kind of information", "wishes", Phrase::new("ses souhaits", "their wishes")),
    ("kind of information", "languages", Phrase::new("ses langues", "their languages")),
    ("reason why nobody was informed", "unable", Phrase::new("hors d’état d’être informée", "unable to be informed")),
    ("reason why nobody was informed", "no_common_language", Phrase::new("pas de langue commune", "no common language")),
    ("reason why nobody was informed", "no_time", Phrase::new("pas le temps", "no time")),
    (
        "reason why nobody was informed",
        "minor_unrepresented",
        Phrase::new("mineur sans représentant", "minor without a representative"),
    ),
];

/// The way in through a provider.
pub fn through(provider: &str) -> String {
    either!(format!("Avec {provider}"), format!("With {provider}"))
}

/// The button that leads to a provider.
pub fn go_through(provider: &str) -> String {
    either!(format!("Continuer avec {provider}"), format!("Continue with {provider}"))
}

/// What is said after too many tries.
pub fn too_many_tries(minutes: i64) -> String {
    let wait = many(minutes, "minute", "minutes");
    either!(
        format!("Trop d’essais. Le prochain est possible dans {wait}."),
        format!("Too many tries. The next one is possible in {wait}."),
    )
}

/// In how many browsers somebody is signed in.
pub fn sessions_open(open: usize) -> String {
    match open {
        1 => either!("connectée dans un navigateur", "signed in in one browser").to_owned(),
        open => either!(format!("connectée dans {open} navigateurs"), format!("signed in in {open} browsers")),
    }
}

/// How many codes on paper are left.
pub fn recovery_codes_left(left: i64) -> String {
    match left {
        0 => either!(
            "Il ne reste aucun code de secours\u{a0}: changez de téléphone pour en recevoir d’autres, le même convient.",
            "No recovery code is left: change telephone to get new ones, the same one will do.",
        )
        .to_owned(),
        1 => either!("Il reste un code de secours.", "One recovery code is left.").to_owned(),
        more => either!(format!("Il reste {more} codes de secours."), format!("{more} recovery codes are left.")),
    }
}

/// The name of a department.
pub fn department(code: Department) -> &'static str {
    DEPARTMENTS.iter().find(|(known, _)| *known == code.as_str()).map_or("", |(_, name)| *name)
}
