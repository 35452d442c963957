//! Words and parsed types of the service that the engine does not know, and what can be decided of them without looking anything up.
//!
//! No HTTP, no SQL, no I/O: a decision takes plain values and gives plain values.

use crate::schemas;

pub mod account;
pub mod address;
pub mod alias;
pub mod answering;
pub mod caller;
pub mod contact;
pub mod days;
pub mod deadline;
pub mod denied;
pub mod doors;
pub mod encounter;
pub mod event;
pub mod four_eyes;
pub mod ground;
pub mod holidays;
pub mod ids;
pub mod information;
pub mod ladder;
pub mod list;
pub mod mailed_link;
pub mod night;
pub mod one_time_code;
pub mod organisation;
pub mod password;
pub mod plan;
pub mod quota;
pub mod reference;
pub mod referral;
pub mod refusal;
pub mod registration;
pub mod request;
pub mod retention;
pub mod revision;
pub mod second_factor;
pub mod separation;
pub mod spoken;
pub mod structure;
pub mod text;
pub mod token;
pub mod unit;
pub mod vouching;
pub mod webhook;

pub use account::{AccountRoles, Invitation, NewApiClient, Renewal};
pub use address::Address;
pub use alias::Alias;
pub use caller::{By, Caller, Followed, Parties, Reach, Side, Sides};
pub use contact::{Contact, ContactNumber, Email, Phone};
pub use denied::Denied;
pub use encounter::{Brought, Encounter, Near, SafetyCall};
pub use event::{About, Noted};
pub use ids::Record;
pub use information::{Information, Shared};
pub use list::{Faults, List};
pub use organisation::Organisation;
pub use referral::{Move, Referral, ReferralState};
pub use refusal::{Refusal, RefusalCode, RefusalEffect, RefusalParty};
pub use registration::{Finess, Siret};
pub use request::{AdHocRequest, LoneMinor, Request};
pub use revision::{Seen, Tag};
pub use structure::{CommuneCode, Structure};
pub use text::{OpeningHours, Text};
pub use unit::{Site, Unit, Vacancy};
pub use webhook::Webhook;

matcher::codes! {
    /// What the holder of an account may do (design §5).
    pub enum Role: "role" {
        /// Handles the requests of its organisation and asks for places.
        Referent = "referent",
        /// Declares the structures, units and vacancies of its organisation.
        Provider = "provider",
        /// Answers for the places whose door it keeps.
        Regulator = "regulator",
        /// Reads all units and the aggregates.
        Coordinator = "coordinator",
        /// A tool, within its organisation.
        Partner = "partner",
        /// Reads the logs.
        Auditor = "auditor",
        /// Keeps accounts; sees no case.
        Administrator = "administrator",
        /// Keeps the people and the tools of its organisation; no case by it.
        Manager = "manager",
    }
}

/// Roles that someone has.
pub type Roles = matcher::SmallSet<Role>;
const _: () = assert!(<Role as matcher::Code>::ALL.len() <= 8, "a small set has room for eight codes");

matcher::codes! {
    /// What a tool may be given of what its organisation may (design §5).
    pub enum Scope: "scope" {
        /// Reads the registry.
        Registry = "registry",
        /// Declares structures, units and vacancies.
        Vacancies = "vacancies",
        /// Stores requests, ranks places for them and asks for places.
        Requests = "requests",
        /// Reads referrals and takes their steps, on the side where its organisation stands.
        Referrals = "referrals",
        /// Follows the events of what its other scopes reach.
        Events = "events",
    }
}

/// Scopes that a tool has.
pub type Scopes = matcher::SmallSet<Scope>;
const _: () = assert!(<Scope as matcher::Code>::ALL.len() <= 8, "a small set has room for eight codes");

matcher::codes! {
    /// Who holds an account.
    pub enum AccountKind: "kind of account" {
        /// A person of an organisation.
        Person = "person",
        /// A tool of an organisation.
        Tool = "tool",
    }
}

matcher::codes! {
    /// What a link is for.
    pub enum LinkPurpose: "purpose of a link" {
        /// Signs an account in, once.
        SignIn = "sign_in",
        /// Lets somebody who was invited make an account theirs, once.
        Invitation = "invitation",
        /// Lets somebody choose a new password, once.
        Password = "password",
        /// Opens one referral as its addressee.
        Referral = "referral",
        /// Has a telephone remembered, once: a code that is read out, and no address.
        Telephone = "telephone",
    }
}

matcher::codes! {
    /// What an organisation is.
    pub enum OrganisationKind: "kind of organisation" {
        /// Integrated reception and orientation service of a department.
        Siao = "siao",
        /// Runs structures, accompanies people, or both.
        Association = "association",
        /// Another service that orients people: a hospital, a legal aid office.
        OrientingService = "orienting_service",
        /// Answers for places whose door it keeps: the Ac.Sé coordination, child protection, a 115.
        Regulator = "regulator",
        /// Reads aggregates.
        Coordination = "coordination",
        /// The maker of a tool.
        Partner = "partner",
    }
}

matcher::codes! {
    /// Where a request stands (design §4).
    pub enum RequestState: "state of a request" {
        /// Looks for a place.
        Open = "open",
        /// Its people have arrived somewhere.
        Placed = "placed",
        /// Looks no more.
        Closed = "closed",
    }
}

matcher::codes! {
    /// What an event is about.
    pub enum RecordKind: "kind of record" {
        /// An organisation.
        Organisation = "organisation",
        /// An account: a person of an organisation, or a tool of it.
        Account = "account",
        /// Someone signed in on the pages.
        Session = "session",
        /// A structure.
        Structure = "structure",
        /// A unit.
        Unit = "unit",
        /// A vacancy.
        Vacancy = "vacancy",
        /// A request.
        Request = "request",
        /// A referral.
        Referral = "referral",
        /// A code that links two requests to be kept apart, or the link.
        KeepApart = "keep_apart",
        /// A plan.
        Plan = "plan",
        /// A confirmation of lines of a plan.
        PlanConfirmation = "plan_confirmation",
        /// What a SIAO or the coordination is told of a referral, without people; its id is the referral's.
        Notice = "notice",
        /// An entry of the log of commands.
        Event = "event",
        /// An entry of the log of reads.
        Access = "access",
        /// A telephone that an organisation remembers.
        RememberedPhone = "remembered_phone",
        /// What managers, auditors or the coordination are told of the use of an account.
        Alert = "alert",
        /// A change that counts with a second person's word only.
        PendingChange = "pending_change",
        /// A public number of a door.
        DoorContact = "door_contact",
        /// Where the events of a tool are sent.
        Webhook = "webhook",
    }
}

crate::schemas::own! {
    Role as "Role" => schemas::codes::<Role>("What the holder of an account may do.");
    Scope as "Scope" => schemas::codes::<Scope>("What a tool may of what its organisation may.");
    AccountKind as "AccountKind" => schemas::codes::<AccountKind>("Who holds an account: a person, or a tool.");
    OrganisationKind as "OrganisationKind" => schemas::codes::<OrganisationKind>("What an organisation is.");
    RequestState as "RequestState" => schemas::codes::<RequestState>("Where a request stands.");
    RecordKind as "RecordKind" => schemas::codes::<RecordKind>("What kind of record.");
}
