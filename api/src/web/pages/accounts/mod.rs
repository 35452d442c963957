//! *Comptes*: the people and the tools of an organisation, for its managers; for administrators those of each. And what is shown to whoever is
//! invited, and to whoever invites a replacement.

mod forms;
mod webhooks;

use actix_web::web::{Data, Path};
use matcher::{Code as _, Department};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use forms::{Refused, Typed, days, days_field, invitation, invitation_fields, line, new_tool, role_boxes, ticked, why};

use super::credentials::digest;
use super::session::Fields;
use super::sign_in::link_over;
use super::words::doors as doors_said;
use super::words::organisations as said;
use super::{
    Page, Viewer, answer, answer_with, doors, four_eyes, local_time, organisations as organisations_page, quotas, remembered_phone,
    see, words,
};
use crate::clock::Instant;
use crate::commands::tools::{self, Tool};
use crate::commands::{Service, people, sign_in, webhooks as webhook_commands};
use crate::db::accounts::{self, SignedInAs, StoredAccount, StoredSecret};
use crate::db::alerts::{self, StoredAlert};
use crate::db::organisations::{self, OrganisationFilter, StoredOrganisation};
use crate::db::remembered_phones::{self, RememberedPhone, Which};
use crate::db::sessions::{self, InUse};
use crate::db::webhooks::{self as stored_webhooks, StoredWebhook};
use crate::db::{Conn, DbError, Failure, Reading, Turn};
use crate::domain::ids::{AccountId, OrganisationId, SecretId, SessionId, WebhookId};
use crate::domain::token::{new_secret, token_hash};
use crate::domain::{AccountKind, AccountRoles, LinkPurpose, Reach, Renewal, Role, Roles, Scope, Seen, Tag};
use crate::limits;
use crate::live::Live;
use crate::paging::{Cursor, Order, Page as Paged, PageLimit};
use crate::web::answers::order;
use crate::web::auth::Actor;
use crate::web::extract::{Id, Params, TwoIds};
use crate::web::http::accounts::show as shown;
use crate::web::http::api_clients::{find_as as find_tool, show as tool_shown};
use crate::web::http::pending_changes;
use crate::web::operations::{
    ChangeAccountRoles, CreateApiClient, EnableWebhook, EndAccount, EndAccountSession, EndAccountSessions, EndApiClientSecret,
    InviteAccount, InviteAgain, InviteReplacement, Operation, RevokeApiClient, RotateApiClient, ShowAccounts, ShowAccountsOf,
    ShowReplacement,
};
use crate::web::problem::Problem;

/// Where a long list goes on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Onward {
    #[serde(default)]
    apres: Option<Cursor>,
}

/// All that the page of an organisation shows.
struct Accounts {
    of: StoredOrganisation,
    people: Paged<StoredAccount>,
    in_use: Vec<InUse>,
    tools: Vec<StoredAccount>,
    secrets: Vec<StoredSecret>,
    phones: Vec<(RememberedPhone, String)>,
    /// Where events of its tools are sent; for its managers.
    webhooks: Vec<StoredWebhook>,
    /// What its managers are told of its accounts, and the names of these.
    alerts: (Vec<StoredAlert>, Vec<(AccountId, SignedInAs)>),
    now: Instant,
}

fn load(reading: &mut Reading<'_>, reach: Reach, id: OrganisationId, after: Option<Cursor>) -> Result<Accounts, Failure> {
    let (now, limit) = (reading.now, PageLimit::default());
    let of = people::organisation(reading.conn, reach, id)?;
    let found = accounts::list(reading.conn, id, AccountKind::Person, Order::Oldest, after, limit)?;
    let people = Paged::cut(found, limit, |stored: &StoredAccount| stored.caller.account.0);
    let ids = |of: &[StoredAccount]| of.iter().map(|stored| stored.caller.account).collect::<Vec<AccountId>>();
    let in_use = sessions::in_use(reading.conn, now, &ids(&people.items))?;
    let tools = accounts::list(reading.conn, id, AccountKind::Tool, Order::Oldest, None, PageLimit::most())?;
    let secrets = accounts::secrets(reading.conn, &ids(&tools))?;
    for stored in people.items.iter().chain(&tools) {
        reading.shows(stored.caller.account);
    }
    let phones = remembered_phones::standing(reading.conn, now, Which::Of(id))?;
    let manages = reach.manages() == Some(id);
    let alerts = if manages { told(reading.conn, now, id)? } else { Default::default() };
    let most = PageLimit::most();
    let webhooks = if manages { stored_webhooks::list(reading.conn, id, Order::Oldest, None, most)? } else { Vec::new() };
    Ok(Accounts { of, people, in_use, tools, secrets, phones, webhooks, alerts, now })
}

/// Alerts, and the names of the accounts they are about.
type Told = (Vec<StoredAlert>, Vec<(AccountId, SignedInAs)>);

/// The alerts of an organisation.
fn told(conn: &mut Conn, now: Instant, of: OrganisationId) -> Result<Told, DbError> {
    let alerts = alerts::of_organisation(conn, now, of, limits::ALERTS_KEPT, limits::ALERTS_SHOWN)?;
    let mut ids: Vec<AccountId> = alerts.iter().filter_map(|told| told.alert.account).collect();
    ids.sort_unstable();
    ids.dedup();
    let names = if ids.is_empty() { Vec::new() } else { accounts::names(conn, &ids)? };
    Ok((alerts, names))
}

/// The own organisation of a manager; for an administrator all organisations, each with its page.
pub async fn show(viewer: Viewer, actor: Actor<ShowAccounts>, service: Data<Service>, from: Params<Onward>) -> Page {
    let (reach, after) = (actor.reach(), from.0.apres);
    if !reach.administers() {
        return show_one(viewer, &actor, &service, actor.organisation(), after).await;
    }
    let limit = PageLimit::default();
    let filter = OrganisationFilter::default();
    let find = move |reading: &mut Reading<'_>| {
        let found = organisations::list(reading.conn, filter, after, limit)?;
        let waits = pending_changes::page(reading, None, PageLimit::default())?;
        Ok((Paged::cut(found, limit, |stored: &StoredOrganisation| stored.id.0), waits))
    };
    let here = local_time::here(&actor, &service).await?;
    let (page, waits) = service.read(actor.access(), actor.pulse(), find).await?;
    let content = html! {
        p { (words::ACCOUNTS_LEAD_ADMINISTRATOR) }
        (four_eyes::part(&viewer, &waits, here))
        p { a.button href=(organisations_page::NEW) { (said::NEW) } " " a.button href=(doors::PATH) { (doors_said::ON_ACCOUNTS) } }
        h2 { (words::ORGANISATIONS) }
        ul {
            @for of in &page.items {
                li { a href=(format!("/comptes/{}", of.id)) { (of.declared.name.as_str()) } " · " (words::label(of.declared.kind)) }
            }
        }
        (more(page.next_cursor.as_deref(), "/comptes"))
    };
    answer(&viewer, words::ACCOUNTS.text(), &content)
}

fn more(next: Option<&str>, path: &str) -> Markup {
    html! { @if let Some(next) = next { p { a.button href=(format!("{path}?apres={next}")) { (words::MORE_ACCOUNTS) } } } }
}

/// The people and tools of one organisation.
pub async fn show_of(viewer: Viewer, actor: Actor<ShowAccountsOf>, service: Data<Service>, id: Id, from: Params<Onward>) -> Page {
    show_one(viewer, &actor, &service, OrganisationId(id.0), from.0.apres).await
}

async fn show_one<P: Operation>(
    viewer: Viewer,
    actor: &Actor<P>,
    service: &Service,
    id: OrganisationId,
    after: Option<Cursor>,
) -> Page {
    let content = content(&viewer, actor, service, (id, after), Typed::default()).await?;
    answer(&viewer, words::ACCOUNTS.text(), &content)
}

async fn content<P: Operation>(
    viewer: &Viewer,
    actor: &Actor<P>,
    service: &Service,
    (id, after): (OrganisationId, Option<Cursor>),
    typed: Typed<'_>,
) -> Result<Markup, Problem> {
    let (reach, here) = (actor.reach(), local_time::here(actor, service).await?);
    let find = move |reading: &mut Reading<'_>| load(reading, reach, id, after);
    let loaded = service.read(actor.access(), actor.pulse(), find).await?;
    let may_give = reach.may_give(id, loaded.of.declared.gives());
    let manages = reach.manages() == Some(id);
    Ok(View { viewer, loaded: &loaded, may_give, manages, here, typed }.content())
}

/// The page again with what was typed into one of its forms, where a refusal is about fields of it.
async fn again<P: Operation>(
    viewer: &Viewer,
    actor: &Actor<P>,
    service: &Service,
    id: Id,
    fields: &Fields,
    problem: Problem,
) -> Page {
    if problem.wrong_fields().next().is_none() {
        return Err(problem);
    }
    let refused = Refused(Some((fields, &problem)));
    let typed = match P::SPEC.id {
        "createApiClient" => Typed { tool: refused, ..Typed::default() },
        _ => Typed { invitation: refused, ..Typed::default() },
    };
    let content = content(viewer, actor, service, (OrganisationId(id.0), None), typed).await?;
    let content = html! { div.notice role="alert" { p { (said::TYPED_IS_THERE) } } (content) };
    Ok(answer_with(problem.code().status(), viewer, words::ACCOUNTS.text(), &content))
}

struct View<'v> {
    viewer: &'v Viewer,
    loaded: &'v Accounts,
    may_give: Roles,
    manages: bool,
    here: Department,
    typed: Typed<'v>,
}

impl View<'_> {
    fn content(&self) -> Markup {
        let Accounts { of, people, tools, secrets, .. } = self.loaded;
        let path = format!("/comptes/{}", of.id);
        html! {
            p { strong { (of.declared.name.as_str()) } " · " (words::label(of.declared.kind)) }
            @if self.viewer.caller.is_some_and(|caller| caller.is(Role::Administrator)) { p { a.button href=(format!("/organismes/{}", of.id)) { (said::EDIT) } } }
            @if secrets.iter().any(|secret| secret.shown_to_departed) { div.notice { p { (words::TOOLS_TO_RENEW) } } }
            (quotas::alerts(&self.loaded.alerts.0, &self.loaded.alerts.1, self.here))
            h2 { (words::MEMBERS) }
            @if people.items.is_empty() { p { (words::NOBODY_YET) } }
            ul.plain { @for one in &people.items { li.card { (self.person(one)) } } }
            (more(people.next_cursor.as_deref(), &path))
            h2 #inviter { (words::INVITE) }
            p.hint { (words::INVITE_LEAD) }
            form.card method="post" action=(format!("{path}/inviter")) {
                (self.viewer.hidden())
                (invitation_fields(self.may_give, Roles::default(), self.typed.invitation))
                button.strong type="submit" { (words::INVITE_SEND) }
            }
            (remembered_phone::of_organisation(self.viewer, &self.loaded.phones, self.here))
            h2 { (words::TOOLS) }
            @if tools.is_empty() { p { (words::NO_TOOL) } }
            ul.plain { @for one in tools { li.card { (self.tool(one)) } } }
            (self.webhooks())
            @if self.manages {
                h2 { (words::NEW_TOOL) }
                form.card method="post" action=(format!("{path}/outils")) {
                    (self.viewer.hidden())
                    @let typed = self.typed.tool;
                    (line("tool", "label", words::TOOL_NAME.text(), "text", (typed, said::NO_NAME.text())))
                    fieldset.boxes {
                        legend { (words::TOOL_SCOPES) }
                        (why(typed.why("/scopes", said::NO_SCOPE.text()), "scopes-why"))
                        @for scope in Scope::ALL { label.box { input type="checkbox" name="scopes" value=(scope.as_str()) checked[typed.ticked("scopes", scope.as_str()) == Some(true)]; (words::label(*scope)) } }
                    }
                    (days_field("days", typed))
                    button.strong type="submit" { (words::MAKE_TOOL) }
                }
            }
        }
    }

    fn at(&self, instant: Instant) -> String {
        words::moment(instant, self.here)
    }

    fn person(&self, one: &StoredAccount) -> Markup {
        let id = one.caller.account;
        let in_use: Vec<&InUse> = self.loaded.in_use.iter().filter(|session| session.account == id).collect();
        let path = |act: &str| format!("/comptes/personnes/{id}/{act}");
        let is_over = one.until.is_some_and(|until| until <= self.loaded.now);
        html! {
            h3 { (one.label) }
            p { (codes(one.caller.roles.iter())) }
            p.hint {
                @if let Some(email) = &one.email { (email) " · " }
                @if let Some(until) = one.until { @if is_over { (words::STOOD_IN_UNTIL) } @else { (words::STANDS_IN_UNTIL) } " " (self.at(until)) " · " }
                @match (one.accepted_at, in_use.len()) {
                    (Some(_), 0) => (words::NOT_SIGNED_IN),
                    (None, 0) => { (words::INVITED_ON) " " (self.at(one.created_at)) },
                    (_, open) => (words::sessions_open(open)),
                }
            }
            @if !in_use.is_empty() { ul { @for session in &in_use { li { (self.session(one, session)) } } } }
            div.actions {
                @if in_use.len() > 1 { (self.button(&path("sessions"), words::END_THEIR_SESSIONS.text(), &one.label)) }
                @if one.accepted_at.is_none() && in_use.is_empty() { (self.button(&path("relance"), words::INVITE_AGAIN.text(), &one.label)) }
            }
            details {
                summary { (words::ROLES) span.unseen { " " (one.label) } }
                form method="post" action=(path("roles")) {
                    (self.viewer.hidden())
                    input type="hidden" name="seen" value=(Tag::of(&one.caller.roles).as_str());
                    (role_boxes(self.may_give, one.caller.roles, Refused::default()))
                    button type="submit" { (words::CHANGE_ROLES) }
                }
            }
            details {
                summary { (words::DEPARTURE) span.unseen { " " (one.label) } }
                p { (words::DEPARTURE_LEAD) }
                (self.button(&path("depart"), words::END_ACCOUNT.text(), &one.label))
            }
        }
    }

    /// Since when somebody is signed in, when they last were there, and an end to it.
    fn session(&self, of: &StoredAccount, session: &InUse) -> Markup {
        let path = format!("/comptes/personnes/{}/sessions/{}/fin", of.caller.account, session.id);
        html! {
            (said::SIGNED_IN_SINCE) " " (self.at(session.created_at)) " · " (words::LAST_USED) " " (self.at(session.last_used_at))
            div.actions { (self.button(&path, said::END_THIS.text(), &of.label)) }
        }
    }

    /// A form of one button. Who reads by ear hears whom it is about.
    fn button(&self, path: &str, text: &str, about: &str) -> Markup {
        html! { form method="post" action=(path) { (self.viewer.hidden()) button type="submit" { (text) span.unseen { " " (about) } } } }
    }

    fn tool(&self, one: &StoredAccount) -> Markup {
        let id = one.caller.account;
        let path = |act: &str| format!("/comptes/outils/{id}/{act}");
        let secrets: Vec<&StoredSecret> = self.loaded.secrets.iter().filter(|secret| secret.account == id).collect();
        html! {
            h3 { (one.label) }
            @match one.caller.scopes {
                Some(scopes) => p { (codes(scopes.iter())) },
                None => p { (words::MADE_BY_OPERATOR) " " (codes(one.caller.roles.iter())) },
            }
            ul { @for secret in &secrets { li { (self.secret(one, secret)) } } }
            @if self.manages && one.caller.scopes.is_some() {
                details {
                    summary { (words::NEW_SECRET) span.unseen { " " (one.label) } }
                    p { (words::NEW_SECRET_LEAD) }
                    form method="post" action=(path("renouveler")) {
                        (self.viewer.hidden())
                        (days_field(&format!("days-{id}"), Refused::default()))
                        button type="submit" { (words::MAKE_SECRET) }
                    }
                }
            }
            details {
                summary { (words::REVOKE) span.unseen { " " (one.label) } }
                p { (words::REVOKE_LEAD) }
                (self.button(&path("revoquer"), words::REVOKE_NOW.text(), &one.label))
            }
        }
    }

    fn secret(&self, tool: &StoredAccount, secret: &StoredSecret) -> Markup {
        let path = format!("/comptes/outils/{}/secrets/{}/fin", tool.caller.account, secret.id);
        html! {
            (words::SECRET_SINCE) " " (self.at(secret.created_at))
            @if let Some(end) = secret.expires_at {
                " · " @if end <= self.loaded.now { (words::SECRET_OVER) } @else { (words::SECRET_UNTIL) } " " (self.at(end))
            }
            " · " @match secret.last_used_at { Some(last) => { (words::LAST_USED) " " (self.at(last)) }, None => (words::NEVER_USED) }
            @if secret.shown_to_departed { p.warning { (words::MUST_BE_RENEWED) } }
            div.actions { (self.button(&path, words::END_SECRET.text(), &tool.label)) }
        }
    }
}

/// Codes as they are read, one behind the other.
fn codes<C: matcher::Code>(codes: impl Iterator<Item = C>) -> String {
    codes.map(words::label).collect::<Vec<_>>().join(" · ")
}

/// Back to the page of whose account it is.
fn back(stored: &StoredAccount) -> actix_web::HttpResponse {
    see(&format!("/comptes/{}", stored.caller.organisation))
}

/// Runs a command about a person, and goes back to the page.
async fn about_person<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    id: Uuid,
    fields: &Fields,
    run: impl Fn(&mut Turn<'_>, Reach) -> Result<StoredAccount, Failure> + Send + 'static,
) -> Page {
    let reach = actor.reach();
    let order = order(actor, Some(id), fields.said(), fields.key()?);
    let find = move |conn: &mut Conn, id| accounts::kept(conn, reach, AccountKind::Person, AccountId(id));
    let stored = service.command(order, move |turn: &mut Turn<'_>, _: &Live| run(turn, reach), find, shown).await?;
    Ok(back(&stored))
}

/// Invites somebody. What is refused is asked again with what was typed.
pub async fn invite(viewer: Viewer, actor: Actor<InviteAccount>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let organisation = OrganisationId(id.0);
    let invited = match invitation(&fields) {
        Ok(said) => {
            let run = move |turn: &mut Turn<'_>, reach| people::invite(turn, reach, organisation, &said);
            about_person(&actor, &service, id.0, &fields, run).await
        }
        Err(problem) => Err(problem),
    };
    match invited {
        Ok(done) => Ok(done),
        Err(problem) => again(&viewer, &actor, &service, id, &fields, problem).await,
    }
}

/// Ends one of somebody's sessions.
pub async fn end_session(actor: Actor<EndAccountSession>, service: Data<Service>, ids: TwoIds, fields: Fields) -> Page {
    let (account, session) = (AccountId(ids.0), SessionId(ids.1));
    about_person(&actor, &service, ids.1, &fields, move |turn, reach| people::end_session(turn, reach, account, session)).await
}

/// Changes what somebody may do.
pub async fn change_roles(actor: Actor<ChangeAccountRoles>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let seen = Seen::Tags(fields.all("seen").map(ToOwned::to_owned).collect());
    let (said, account) = (AccountRoles { roles: ticked(&fields, "roles")? }, AccountId(id.0));
    let run = move |turn: &mut Turn<'_>, reach| people::change_roles(turn, reach, account, &seen, &said);
    about_person(&actor, &service, id.0, &fields, run).await
}

/// Somebody leaves.
pub async fn end(actor: Actor<EndAccount>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    about_person(&actor, &service, id.0, &fields, move |turn, reach| people::end(turn, reach, AccountId(id.0))).await
}

/// Ends somebody's sessions.
pub async fn end_sessions(actor: Actor<EndAccountSessions>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    about_person(&actor, &service, id.0, &fields, move |turn, reach| people::end_sessions(turn, reach, AccountId(id.0))).await
}

/// Mails an invitation again.
pub async fn invite_again(actor: Actor<InviteAgain>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    about_person(&actor, &service, id.0, &fields, move |turn, reach| people::invite_again(turn, reach, AccountId(id.0))).await
}

/// Runs a command about a tool; `about` is what its key is bound to.
async fn about_tool<P: Operation>(
    actor: &Actor<P>,
    service: &Service,
    about: Uuid,
    fields: &Fields,
    run: impl Fn(&mut Turn<'_>, Reach) -> Result<Tool, Failure> + Send + 'static,
) -> Result<Tool, Problem> {
    let reach = actor.reach();
    let order = order(actor, Some(about), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| run(turn, reach);
    Ok(service.command(order, run, find_tool(reach), tool_shown).await?)
}

/// The one page on which a secret stands. A form that is sent again is answered without it.
fn secret_page(viewer: &Viewer, tool: &Tool, secret: &str) -> Page {
    let content = html! {
        p { strong { (tool.account.label) } }
        @if tool.made.is_some() {
            p { (words::SECRET_LEAD) }
            p.card { samp.secret { (secret) } }
        } @else {
            div.notice { p { (words::SECRET_GONE) } }
        }
        p { a.button href=(format!("/comptes/{}", tool.account.caller.organisation)) { (words::ACCOUNTS) } }
    };
    answer(viewer, words::SECRET_TITLE.text(), &content)
}

/// Makes a tool, and shows its secret this once.
pub async fn create_tool(viewer: Viewer, actor: Actor<CreateApiClient>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let said = match new_tool(&fields) {
        Ok(said) => said,
        Err(problem) => return again(&viewer, &actor, &service, id, &fields, problem).await,
    };
    let secret = new_secret().map_err(Problem::internal)?;
    let (hash, organisation) = (token_hash(&secret), OrganisationId(id.0));
    let run = move |turn: &mut Turn<'_>, reach| tools::create(turn, reach, organisation, &said, &hash);
    let tool = about_tool(&actor, &service, id.0, &fields, run).await?;
    secret_page(&viewer, &tool, &secret)
}

/// Makes a new secret of a tool, and shows it this once.
pub async fn rotate(viewer: Viewer, actor: Actor<RotateApiClient>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let said = Renewal { valid_days: days(&fields)? };
    let secret = new_secret().map_err(Problem::internal)?;
    let hash = token_hash(&secret);
    let run = move |turn: &mut Turn<'_>, reach| tools::rotate(turn, reach, AccountId(id.0), &said, &hash);
    let tool = about_tool(&actor, &service, id.0, &fields, run).await?;
    secret_page(&viewer, &tool, &secret)
}

/// Ends a secret of a tool.
pub async fn end_secret(actor: Actor<EndApiClientSecret>, service: Data<Service>, ids: TwoIds, fields: Fields) -> Page {
    let (account, secret) = (AccountId(ids.0), SecretId(ids.1));
    let run = move |turn: &mut Turn<'_>, reach| tools::end_secret(turn, reach, account, secret);
    Ok(back(&about_tool(&actor, &service, ids.1, &fields, run).await?.account))
}

/// Revokes a tool.
pub async fn revoke(actor: Actor<RevokeApiClient>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let run = move |turn: &mut Turn<'_>, reach| tools::revoke(turn, reach, AccountId(id.0));
    Ok(back(&about_tool(&actor, &service, id.0, &fields, run).await?.account))
}

/// Goes on with a webhook that was disabled.
pub async fn enable_webhook(actor: Actor<EnableWebhook>, service: Data<Service>, id: Id, fields: Fields) -> Page {
    let (reach, webhook) = (actor.reach(), WebhookId(id.0));
    let order = order(&actor, Some(id.0), fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| webhook_commands::enable(turn, reach, webhook);
    let find = move |conn: &mut Conn, id| stored_webhooks::find(conn, reach, WebhookId(id));
    let stored = service.command(order, run, find, |_, stored| Ok(stored)).await?;
    Ok(see(&format!("/comptes/{}", stored.organisation)))
}

/// Whom somebody who is invited to an account is, by the link of the invitation: who invites, to what; then it goes on to what proves them.
pub async fn show_invitation(viewer: Viewer, service: Data<Service>, link: Path<String>) -> Page {
    let Some((id, address)) = sign_in::holder(&service, LinkPurpose::Invitation, digest(&link)).await? else {
        return Ok(link_over(&viewer));
    };
    let found = actix_web::web::block(move || {
        service.db().read(|conn| {
            let invited = accounts::stored(conn, id)?;
            let of = organisations::find(conn, invited.caller.organisation)?;
            let by = invited.created_by.map(|by| accounts::stored(conn, by)).transpose()?;
            let here = organisations::department(conn, of.id)?;
            Ok::<_, crate::db::DbError>((invited, of, by, here))
        })
    });
    let (invited, of, by, here) = found.await.map_err(Problem::internal)??;
    let content = html! {
        div.card {
            p { strong { (invited.label) } " · " (address) }
            p { (words::INVITED_BY) " " strong { (of.declared.name.as_str()) } @if let Some(by) = by { " (" (by.label) ")" } }
            p { (words::INVITED_AS) " " (codes(invited.caller.roles.iter())) }
            @if let Some(until) = invited.until { p { (words::STANDS_IN_UNTIL) " " (words::moment(until, here)) } }
        }
        p { a.button.strong href=(format!("/invitation/{link}/identifiants")) { (words::ACCEPT_INVITATION) } }
        p.hint { (words::NOT_MY_INVITATION) }
    };
    answer(&viewer, words::INVITATION.text(), &content)
}

fn replacement_form(viewer: &Viewer, roles: Roles, sent: bool, typed: Refused<'_>) -> Markup {
    html! {
        @if sent { div.notice role="status" { p { (words::REPLACEMENT_SENT) } } }
        p { (words::REPLACEMENT_LEAD) }
        form.card method="post" action="/remplacement" {
            (viewer.hidden())
            (invitation_fields(roles, roles, typed))
            button.strong type="submit" { (words::INVITE_SEND) }
        }
    }
}

/// A form for who is on duty and has to go.
pub async fn show_replacement(viewer: Viewer, actor: Actor<ShowReplacement>) -> Page {
    answer(&viewer, words::REPLACEMENT.text(), &replacement_form(&viewer, actor.reach().roles(), false, Refused::default()))
}

/// Invites somebody who stands in for a day.
pub async fn invite_replacement(viewer: Viewer, actor: Actor<InviteReplacement>, service: Data<Service>, fields: Fields) -> Page {
    let roles = actor.reach().roles();
    match stand_in(&actor, &service, &fields).await {
        Ok(()) => answer(&viewer, words::REPLACEMENT.text(), &replacement_form(&viewer, roles, true, Refused::default())),
        Err(problem) if problem.wrong_fields().next().is_some() => {
            let form = replacement_form(&viewer, roles, false, Refused(Some((&fields, &problem))));
            Ok(answer_with(problem.code().status(), &viewer, words::REPLACEMENT.text(), &form))
        }
        Err(problem) => Err(problem),
    }
}

async fn stand_in(actor: &Actor<InviteReplacement>, service: &Service, fields: &Fields) -> Result<(), Problem> {
    let (said, caller, reach) = (invitation(fields)?, actor.caller(), actor.reach());
    let order = order(actor, None, fields.said(), fields.key()?);
    let run = move |turn: &mut Turn<'_>, _: &Live| people::invite_replacement(turn, caller, reach, &said);
    let find = move |conn: &mut Conn, id| accounts::stored(conn, AccountId(id));
    service.command(order, run, find, shown).await?;
    Ok(())
}
