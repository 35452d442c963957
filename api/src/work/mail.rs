//! Mails: how they leave, and what they say. Nothing but ids and links: whoever reads over a shoulder learns that there is a mail.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, MessageBuilder};
use lettre::{Address, SmtpTransport, Transport as _};

use chrono::NaiveDate;
use matcher::{Department, Urgency};

use crate::clock::{Instant, civil};
use crate::db::jobs::{AccountMail, MailAbout};
use crate::domain::ids::{JobId, ReferralId};
use crate::domain::quota::AlertLevel;
use crate::domain::request::Duties;
use crate::domain::{Alias, spoken};
use crate::limits::OUTBOX_MAX;

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The same each time a mail is sent again, so that a mail program shows it once.
    pub id: JobId,
    /// To whom.
    pub to: String,
    /// What about.
    pub subject: Cow<'static, str>,
    /// What it says.
    pub text: String,
}

/// Why a mail did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// The address takes none, however often it is tried.
    Refused(String),
    /// It may leave another time.
    Later(String),
}

impl Unsent {
    /// A permanent reply of the server is about the address; one about who we are (RFC 4954) is for whoever runs the service to mend. A name with
    /// accents is refused by our own side where the server has no SMTPUTF8.
    fn because(error: &lettre::transport::smtp::Error, to: &Address) -> Self {
        let about_us = error.status().is_some_and(|status| matches!(u16::from(status), 530 | 534 | 535 | 538));
        // What a server says behind its code most often repeats the address. This goes to the log, which is no place for one.
        let why = error.status().map_or_else(|| error.to_string(), |status| format!("the server answers {status}"));
        if (error.is_permanent() && !about_us) || (error.is_client() && !to.user().is_ascii()) {
            Self::Refused(why)
        } else {
            Self::Later(why)
        }
    }
}

/// How mails leave.
#[derive(Clone)]
pub enum Mailer {
    /// Through an SMTP server.
    Smtp {
        /// The connection to it.
        transport: SmtpTransport,
        /// Whose mails they are.
        from: Mailbox,
    },
    /// Not at all: they stay in memory, the last of them, for a demonstration or a test to look at.
    Outbox(Arc<Mutex<VecDeque<Mail>>>),
}

/// Without the transport, which knows a password.
impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Smtp { .. } => "Smtp",
            Self::Outbox(_) => "Outbox",
        })
    }
}

impl Mailer {
    /// One that keeps mails in memory.
    pub fn outbox() -> Self {
        Self::Outbox(Arc::default())
    }

    /// Sends a mail, or says why it could not.
    pub fn send(&self, mail: Mail) -> Result<(), Unsent> {
        match self {
            Self::Smtp { transport, from } => {
                let to = address(&mail.to)?;
                let message = MessageBuilder::new()
                    .from(from.clone())
                    .to(Mailbox::new(None, to.clone()))
                    .subject(mail.subject.into_owned())
                    .message_id(Some(format!("<{}@havre>", mail.id)))
                    .header(ContentType::TEXT_PLAIN)
                    .body(mail.text)
                    .map_err(|error| Unsent::Later(error.to_string()))?;
                transport.send(&message).map(drop).map_err(|error| Unsent::because(&error, &to))
            }
            Self::Outbox(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() >= OUTBOX_MAX {
                    kept.pop_front();
                }
                kept.push_back(mail);
                Ok(())
            }
        }
    }
}

/// The address with the ASCII name of its domain, which every server takes.
fn address(written: &str) -> Result<Address, Unsent> {
    let refused = |why: String| Unsent::Refused(format!("no mail address: {why}"));
    let address = written.parse::<Address>().map_err(|error| refused(error.to_string()))?;
    let domain = idna::domain_to_ascii(address.domain()).map_err(|error| refused(error.to_string()))?;
    Address::new(address.user(), domain).map_err(|error| refused(error.to_string()))
}

/// What the mail of a question says of it: by what people speak of it, for when, and until when an answer is awaited, by the clock of the place.
#[derive(Clone, Debug)]
pub struct Question {
    /// By what people speak of it.
    pub alias: Alias,
    /// How soon.
    pub urgency: Urgency,
    /// From which day.
    pub first_day: NaiveDate,
    /// Until when an answer is awaited.
    pub deadline: Option<Instant>,
    /// Where the place is.
    pub place: Department,
    /// Now.
    pub now: Instant,
}

impl Question {
    /// As the subject of its mail.
    fn subject(&self) -> String {
        let whence = match self.urgency {
            Urgency::Immediate => "pour ce soir".to_owned(),
            Urgency::Urgent => "sous 72\u{a0}heures".to_owned(),
            Urgency::Planned => format!("pour le {}", spoken::date(self.first_day, civil(self.now, self.place).date_naive())),
        };
        let before = self.deadline.map(|at| format!(", réponse avant {}", spoken::when(at, self.place, self.now)));
        format!("Une demande {whence} ({}){}", self.alias.as_str(), before.unwrap_or_default())
    }
}

/// What a mail about a referral says. `link` opens the referral without an account; only its addressee gets one. `question` is what an addressee
/// is asked, where it is asked something.
pub fn compose(
    about: MailAbout,
    referral: ReferralId,
    question: Option<&Question>,
    link: Option<&str>,
) -> (Cow<'static, str>, String) {
    let (subject, news) = of_step(about);
    let subject = question.map_or(Cow::Borrowed(subject), |question| Cow::Owned(question.subject()));
    let lead = if question.is_some() { "Répondre oui, non, rappelez-moi, et dire ce qui est libre" } else { "L’ouvrir" };
    let open = link.map(|link| format!("\n{lead}, sans compte :\n{link}\n")).unwrap_or_default();
    (subject, format!("{news}\nOrientation {referral}\n{open}\nHavre n’écrit jamais rien des personnes dans un courriel.\n"))
}

/// The subject and the news of each step.
fn of_step(about: MailAbout) -> (&'static str, &'static str) {
    match about {
        MailAbout::Asked => ("Havre : une orientation vous est adressée", "Une orientation vous est adressée."),
        MailAbout::Reminder => ("Havre : une orientation attend votre réponse", "Une orientation attend encore votre réponse."),
        MailAbout::Answered => ("Havre : une réponse est arrivée", "Une réponse est arrivée à votre orientation."),
        MailAbout::NoLongerFits | MailAbout::NoLongerFitsForAsker => (
            "Havre : une orientation est à revoir",
            "Une fiche a été modifiée : la place ne convient peut-être plus. Appelez-vous.",
        ),
        MailAbout::Expired => ("Havre : une orientation a expiré", "Une orientation a expiré sans réponse à temps."),
        MailAbout::CallBack => ("Havre : on demande à être rappelé", "À votre orientation, on répond : rappelez-nous."),
        MailAbout::NotConfirmed => (
            "Havre : un oui attend votre confirmation",
            "Votre orientation est acceptée. Elle n’a pas pu être confirmée d’office : confirmez-la.",
        ),
        MailAbout::Coming => ("Havre : une arrivée est annoncée", "Une orientation est confirmée : une arrivée est annoncée."),
        MailAbout::NotComing | MailAbout::ComingElsewhere(_) => {
            ("Havre : une arrivée n’aura pas lieu", "Une arrivée qui vous était annoncée n’aura pas lieu.")
        }
        MailAbout::WrittenDown => (
            "Havre : une réponse par téléphone est notée pour vous",
            "Une réponse que vous auriez donnée par téléphone est notée. Si c’est inexact, dites-le dans Havre.",
        ),
        MailAbout::Contradicted => (
            "Havre : une réponse notée par téléphone est contestée",
            "Ce que vous avez noté d’un appel est contesté par celui qui répond. Appelez-le.",
        ),
        MailAbout::Moved => ("Havre : une orientation change de lieu", "Votre orientation est portée à un autre groupe de places."),
        MailAbout::HoldEnded(_) => {
            ("Havre : une réservation a pris fin", "Faute de réponse, une réservation a pris fin. La demande reste posée.")
        }
        MailAbout::Overdue(_) => (
            "Havre : une arrivée est en retard",
            "Une arrivée attendue n’est pas notée. Dites si elle a eu lieu ; la place reste gardée.",
        ),
        MailAbout::Undone(_) => ("Havre : une étape est annulée", "La dernière étape d’une orientation est annulée."),
    }
}

/// What the coordination is told of an encounter: that there is one, and by which referral it is found.
pub fn compose_encounter(referral: ReferralId) -> (&'static str, String) {
    let text = format!(
        "Deux orientations ne doivent pas se croiser. Ouvrez le fil des événements dans Havre, puis appelez ceux qui répondent pour les lieux.\n\
         Orientation {referral}\n\nHavre n’écrit jamais rien des personnes dans un courriel.\n"
    );
    ("Havre : raison de sécurité, à voir tout de suite", text)
}

/// What a mail reminds of that has still to be done for the people of a request; none where nothing has.
pub fn compose_reminder_of_request(alias: &Alias, duties: &Duties) -> Option<(&'static str, String)> {
    let asked = [
        (duties.information.is_some(), "La personne n’a pas encore pu être informée : essayez de nouveau, et notez-le."),
        (duties.assessment.is_some(), "La première évaluation de l’intérêt supérieur d’un mineur seul n’est pas encore notée."),
    ];
    let asked: Vec<_> = asked.into_iter().filter_map(|(is_open, words)| is_open.then_some(words)).collect();
    if asked.is_empty() {
        return None;
    }
    let text =
        format!("Demande {}\n{}\n\nHavre n’écrit jamais rien des personnes dans un courriel.\n", alias.as_str(), asked.join("\n"));
    Some(("Havre : une demande attend quelque chose de vous", text))
}

/// The subject and the news of an alert.
fn of_alert(level: AlertLevel) -> (&'static str, &'static str) {
    match level {
        AlertLevel::FourFifths => (
            "Havre : un plafond est presque atteint",
            "Un compte de votre organisme, ou votre organisme entier, a utilisé quatre cinquièmes d’un de ses plafonds des dernières 24 heures.",
        ),
        AlertLevel::All => (
            "Havre : un plafond est atteint",
            "Un compte, ou un organisme entier, a utilisé tout un de ses plafonds des dernières 24 heures. Ce qui peut attendre lui est refusé.",
        ),
        AlertLevel::WentOn => (
            "Havre : un plafond est dépassé pour une urgence",
            "Un compte va au-delà d’un de ses plafonds pour une personne sans toit ce soir : rien ne lui a été refusé. Appelez-le.",
        ),
        AlertLevel::Unusual => (
            "Havre : une lecture inhabituelle",
            "Un compte de votre organisme lit ou cherche plus que d’habitude. Rien ne lui est refusé : demandez-lui pourquoi.",
        ),
    }
}

/// What is told of a change that counts with a second person's word only.
fn of_second_word(about: AccountMail) -> (&'static str, &'static str) {
    match about {
        AccountMail::ChangeWaits => (
            "Havre : un changement attend un second regard",
            "L’administration demande un changement d’un organisme ou d’un compte. Il ne compte qu’avec le mot d’une seconde personne : la vôtre, \
             si vous l’attendiez. Sinon, refusez-le.",
        ),
        AccountMail::ManagerWaits => (
            "Havre : quelqu’un gérerait votre organisme",
            "L’administration demande qu’une personne gère les comptes de votre organisme, à côté de vous. Cela ne compte qu’avec l’accord d’une \
             seconde personne de l’administration, et pas tout de suite. Si vous ne l’attendiez pas, mettez fin à ce compte, et appelez \
             l’administration.",
        ),
        AccountMail::ChangeApproved => (
            "Havre : le changement que vous demandiez est confirmé",
            "Une seconde personne a confirmé le changement que vous demandiez. Si vous n’avez rien demandé, prévenez tout de suite les autres \
             administrateurs.",
        ),
        _ => (
            "Havre : le changement que vous demandiez est refusé",
            "Une autre personne de l’administration a refusé le changement que vous demandiez. Rien n’a changé.",
        ),
    }
}

/// What the coordination is told of an alert: that there is one. Which account it is stands in the feed of events.
pub fn compose_alert(level: AlertLevel) -> (&'static str, String) {
    let (subject, news) = of_alert(level);
    let news = if level == AlertLevel::Unusual { "Une lecture inhabituelle est signalée." } else { news };
    (
        subject,
        format!("{news}\nLe fil des événements dit quel compte.\n\nHavre n’écrit jamais rien des personnes dans un courriel.\n"),
    )
}

/// The subject of what the owner of an account is told of it, and the news.
fn of_account(about: AccountMail) -> (&'static str, &'static str) {
    match about {
        AccountMail::PasswordLink => (
            "Havre : choisir un nouveau mot de passe",
            "Quelqu’un a demandé à choisir un nouveau mot de passe pour votre compte. Si ce n’est pas vous, ne faites rien.",
        ),
        AccountMail::PasswordChanged => (
            "Havre : votre mot de passe est changé",
            "Le mot de passe de votre compte vient d’être changé. Si ce n’est pas vous, prévenez tout de suite votre responsable.",
        ),
        AccountMail::SecondFactorChanged => (
            "Havre : votre second facteur est changé",
            "Le téléphone et les codes de secours de votre compte viennent d’être changés. Si ce n’est pas vous, prévenez tout de suite \
             votre responsable.",
        ),
        AccountMail::RecoveryCodeUsed => (
            "Havre : un code de secours a servi",
            "Un code de secours de votre compte vient de servir. Si ce n’est pas vous, prévenez tout de suite votre responsable.",
        ),
        AccountMail::Invitation => (
            "Havre : vous êtes invitée ou invité",
            "Un organisme vous ouvre un compte dans Havre. Le lien dit lequel, et par qui. Il ne sert qu’une fois et n’est que pour vous : ne \
             le transmettez à personne.",
        ),
        AccountMail::ToolsLeft => (
            "Havre : des outils à renouveler",
            "Quelqu’un a quitté votre organisme, qui connaît encore le secret d’un ou plusieurs de vos outils. Ils continuent de marcher : \
             renouvelez leur secret, puis mettez fin à l’ancien.",
        ),
        AccountMail::ByAdministrator => (
            "Havre : l’administration a changé un compte de votre organisme",
            "Un compte de votre organisme vient d’être ouvert ou changé par l’administration. Si vous ne l’attendiez pas, appelez-la.",
        ),
        AccountMail::ReplacementInvited => (
            "Havre : un remplacement",
            "Quelqu’un de votre organisme vient d’inviter, pour 24 heures au plus, une personne qui remplace.",
        ),
        AccountMail::PowersChanged => (
            "Havre : pouvoirs d’un compte changés",
            "Quelqu’un vient de recevoir ou de perdre le rôle d’administration, d’audit, de coordination ou de gestion d’un organisme. Si cela \
             vous étonne, voyez les journaux.",
        ),
        AccountMail::Alert(level) => of_alert(level),
        AccountMail::UnusualReading => (
            "Havre : une lecture inhabituelle",
            "Un compte lit ou cherche plus que d’habitude. Rien ne lui est refusé. Les journaux disent lequel, et ce qu’il a lu.",
        ),
        AccountMail::OperatorToolRevoked => (
            "Havre : un outil de l’exploitant est révoqué",
            "Un organisme vient de révoquer un outil que l’exploitant du service lui avait fait. Prévenez l’exploitant, s’il doit le refaire.",
        ),
        AccountMail::ChangeWaits | AccountMail::ManagerWaits | AccountMail::ChangeApproved | AccountMail::ChangeRejected => {
            of_second_word(about)
        }
        AccountMail::WebhookDisabled => (
            "Havre : des événements n’arrivent plus à un outil",
            "Depuis trois jours, rien n’a pu être remis à l’adresse où un outil de votre organisme reçoit les événements, ou cette adresse a répondu \
             qu’elle n’existe plus. L’envoi est arrêté ; rien n’est perdu. Quand l’outil répond de nouveau, reprenez l’envoi.",
        ),
        AccountMail::Anchors => (
            "Havre : les ancres du jour",
            "Voici comment finissent aujourd’hui les deux journaux, signé. Gardez ce courriel : il montrera si quelqu’un coupe ou réécrit ce qui \
             précède (havre verify --anchors).",
        ),
    }
}

/// What the owner of an account is told of it.
pub fn compose_of_account(about: AccountMail, link: Option<&str>) -> (&'static str, String) {
    let (subject, news) = of_account(about);
    let lead = match about {
        AccountMail::PasswordLink => "Le choisir, une seule fois et dans l’heure, avec votre téléphone :",
        AccountMail::Invitation => "Voir l’invitation :",
        AccountMail::UnusualReading => "Voir les journaux :",
        AccountMail::ToolsLeft
        | AccountMail::ByAdministrator
        | AccountMail::ReplacementInvited
        | AccountMail::PowersChanged
        | AccountMail::OperatorToolRevoked
        | AccountMail::WebhookDisabled
        | AccountMail::Alert(_)
        | AccountMail::ChangeWaits
        | AccountMail::ManagerWaits
        | AccountMail::ChangeApproved
        | AccountMail::ChangeRejected
        | AccountMail::Anchors
        | AccountMail::PasswordChanged
        | AccountMail::SecondFactorChanged
        | AccountMail::RecoveryCodeUsed => "Voir les comptes :",
    };
    let open = link.map(|link| format!("\n{lead}\n{link}\n"));
    (subject, format!("{news}\n{}\nHavre n’écrit jamais rien des personnes dans un courriel.\n", open.unwrap_or_default()))
}

/// The mail that brings a code to the address that an organisation would have.
pub fn compose_address_code(code: &str) -> (&'static str, String) {
    let text = format!(
        "Quelqu’un demande que les courriels d’un organisme arrivent à cette adresse. Si c’est ce que vous attendez, lisez ce code à la personne \
         de l’administration qui vous le demande :\n\n{code}\n\nSinon, ne faites rien : sans ce code, rien ne change.\n\n\
         Havre n’écrit jamais rien des personnes dans un courriel.\n"
    );
    ("Havre : un code pour cette adresse", text)
}

/// What the address is told that an organisation has, where it would have another.
pub fn compose_address_changes(hours: u32) -> (&'static str, String) {
    let text = format!(
        "Quelqu’un demande que les courriels de votre organisme arrivent à une autre adresse. Cela ne compte qu’avec l’accord d’une seconde \
         personne de l’administration, et {hours} heures plus tard. Si vous ne l’attendiez pas, appelez tout de suite l’administration : elle peut \
         le refuser.\n\nHavre n’écrit jamais rien des personnes dans un courriel.\n"
    );
    ("Havre : l’adresse de votre organisme va changer", text)
}

/// The mail that brings a code to the contact address of a home.
pub fn compose_contact_code(code: &str) -> (&'static str, String) {
    let text = format!(
        "Une structure donne cette adresse pour recevoir les demandes d’accueil. Si c’est bien la vôtre, donnez ce code sur la page « Structures » \
         de Havre :\n\n{code}\n\nSinon, ne faites rien : sans ce code, aucune demande n’est envoyée ici.\n\n\
         Havre n’écrit jamais rien des personnes dans un courriel.\n"
    );
    ("Havre : un code pour recevoir les demandes", text)
}
