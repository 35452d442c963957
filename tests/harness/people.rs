//! People with a local account, as tests have them: one password and one telephone for all, which nobody outside of a test has.

use std::sync::OnceLock;

use api::db::credentials::{self, Credential};
use api::db::{Author, Conn, Db, DbError, accounts, links, schema};
use api::domain::LinkPurpose;
use api::domain::ids::AccountId;
use api::domain::password::Password;
use api::domain::second_factor::TotpSecret;
use api::domain::token::{new_token, token_hash};
use chrono::TimeDelta;
use diesel::{ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _};

use super::{Answer, Caller, TestApp};
use crate::http::pages::Browser;

/// Good enough for whoever estimates it.
pub const PASSWORD: &str = "agrafe tilleul pile ombrageux";

/// Somebody with a local account.
#[derive(Clone)]
pub struct Person {
    pub app: TestApp,
    pub account: AccountId,
    pub address: String,
}

/// What everybody's telephone has.
pub fn telephone() -> TotpSecret {
    TotpSecret::from_bytes(b"a telephone of tests").unwrap()
}

/// The hash of [`PASSWORD`], made once.
fn hash() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| Password::typed(PASSWORD).hash().unwrap()).clone()
}

impl Person {
    /// The person whose account this is, with an address and no credential yet.
    pub fn invited(app: &TestApp, caller: &Caller) -> Self {
        let invited = Self::invited_to(app, caller.identity().account);
        make_person(app.db(), invited.account);
        invited
    }

    /// The same of an account by its id, which stays as the operator made it: a tool in its role, whatever becomes of its organisation.
    pub fn invited_to(app: &TestApp, account: AccountId) -> Self {
        Self { app: app.clone(), account, address: give_address(app.db(), account) }
    }

    /// The same with [`PASSWORD`] and [`telephone`].
    pub fn set_up(self) -> Self {
        let credential = Credential { account: self.account, password_hash: hash(), totp: telephone(), totp_step: 0 };
        self.app.db().write(Author::service("setUpAccount"), |turn| credentials::insert(turn, &credential)).unwrap();
        self
    }

    /// Somebody with a local account.
    pub fn of(app: &TestApp, caller: &Caller) -> Self {
        Self::invited(app, caller).set_up()
    }

    /// The same of an account that stays as the operator made it, where it may have a credential already.
    pub fn of_if_new(app: &TestApp, caller: &Caller) -> Self {
        let person = Self::invited_to(app, caller.identity().account);
        let has_one = app.db().read(|conn| credentials::find(conn, person.account)).unwrap().is_some();
        if has_one { person } else { person.set_up() }
    }

    /// A link for this person, as it is mailed: its code.
    pub fn link(&self, purpose: LinkPurpose, valid: TimeDelta) -> String {
        link(self.app.db(), self.account, purpose, valid)
    }

    /// Signs in with all that is right.
    pub async fn sign_in(&self, browser: &mut Browser) -> Answer {
        self.sign_in_with(browser, PASSWORD, &next_code(&self.app)).await
    }

    /// Tries to, with this password and this code.
    pub async fn sign_in_with(&self, browser: &mut Browser, password: &str, code: &str) -> Answer {
        let page = browser.get("/connexion").await.expect(200);
        browser.post("/connexion", &page, &[("address", &self.address), ("password", password), ("code", code)]).await
    }

    /// A browser in which this person is signed in.
    pub async fn browser(&self) -> Browser {
        let mut browser = Browser::new(&self.app).await;
        self.sign_in(&mut browser).await.expect(303);
        browser
    }
}

/// The code that [`telephone`] shows next: time goes on until it is another.
pub fn next_code(app: &TestApp) -> String {
    app.clock().advance(TimeDelta::seconds(60));
    code_now(app)
}

/// The code that [`telephone`] shows.
pub fn code_now(app: &TestApp) -> String {
    telephone().code(app.clock().now()).unwrap()
}

/// Whether anybody is signed in in a browser.
pub async fn is_signed_in(browser: &mut Browser) -> bool {
    let page = browser.get("/compte").await;
    assert!(page.status == 200 || page.header("location") == "/connexion", "{}", page.text);
    page.status == 200
}

/// Gives an account the address of a person, which it gives back.
pub fn give_address(db: &Db, account: AccountId) -> String {
    let address = format!("{account}@example.org");
    give_this_address(db, account, &address);
    address
}

/// The same, an address that is said.
pub fn give_this_address(db: &Db, account: AccountId, address: &str) {
    let give = |conn: &mut Conn| -> Result<(), DbError> {
        use schema::accounts::dsl;
        let said = (dsl::email.eq(Some(address)), dsl::email_key.eq(Some(address)));
        diesel::update(dsl::accounts.find(account)).set(said).execute(conn)?;
        Ok(())
    };
    db.write_beside(give).unwrap();
}

/// Makes an account with an address a person's, in the roles that its organisation gives.
fn make_person(db: &Db, account: AccountId) {
    let make = |conn: &mut Conn| -> Result<(), DbError> {
        use schema::accounts::dsl;
        diesel::update(dsl::accounts.find(account)).set(dsl::kind.eq("person")).execute(conn)?;
        Ok(())
    };
    db.write_beside(make).unwrap();
}

/// A link for the owner of an account, as it is mailed: its code.
pub fn link(db: &Db, account: AccountId, purpose: LinkPurpose, valid: TimeDelta) -> String {
    let (code, now) = (new_token().unwrap(), db.clock().now());
    let keep = |conn: &mut Conn| {
        let organisation = accounts::find(conn, account)?.organisation;
        links::insert_beside(conn, now, purpose, organisation, account, &token_hash(&code), now.plus(valid))
    };
    db.write_beside(keep).unwrap();
    code
}
