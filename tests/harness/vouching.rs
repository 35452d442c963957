//! Homes as most tests have them: somebody vouches for each as it is made. A trigger of the tests' databases does so, in the very statement that
//! makes a unit, so that no test has an event or a row more for it. Tests of vouching take it away ([`TestApp::bare`]) and make theirs bare. In the
//! same way a second person gives their word on each change, and it counts at once; tests of that take it away too ([`TestApp::two_people`]).

use api::cli::client;
use api::db::pending_changes::Subject;
use api::db::{Author, Conn, Db, DbError, Failure, organisations, pending_changes, structures};
use api::domain::four_eyes::Change;
use api::domain::ids::{OrganisationId, StructureId};
use api::domain::{Organisation, Role};
use diesel::connection::SimpleConnection as _;
use serde_json::{Value, json};
use uuid::Uuid;

use super::bodies::{structure, unit, with};
use super::{Answer, Caller, Site, TestApp};

/// Long enough ago that no home is new.
const SQLITE: &str = "
    CREATE TRIGGER harness_vouches AFTER INSERT ON units WHEN NEW.first_vouched_at IS NULL BEGIN
        UPDATE units SET first_vouched_at = '2020-01-01T00:00:00.000000Z', vouched_at = NEW.created_at, vouched_kind = NEW.kind,
            vouched_places = json_extract(NEW.profile, '$.places') WHERE id = NEW.id;
    END;
    CREATE TRIGGER harness_proves AFTER INSERT ON structures BEGIN UPDATE structures SET contact_proved = 1 WHERE id = NEW.id; END;
    CREATE TRIGGER harness_proves_again AFTER UPDATE OF contact_proved ON structures WHEN NEW.contact_proved = 0 AND NEW.contact_code_hash IS NULL BEGIN
        UPDATE structures SET contact_proved = 1 WHERE id = NEW.id;
    END;
    CREATE TRIGGER harness_second_word AFTER INSERT ON pending_changes BEGIN
        UPDATE pending_changes SET approved_at = NEW.asked_at, proved_at = NEW.asked_at, due_at = NEW.asked_at WHERE id = NEW.id;
    END;";
const POSTGRES: &str = "
    CREATE FUNCTION harness_vouches() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.first_vouched_at IS NULL THEN
            NEW.first_vouched_at := '2020-01-01T00:00:00Z';
            NEW.vouched_at := NEW.created_at;
            NEW.vouched_kind := NEW.kind;
            NEW.vouched_places := (NEW.profile ->> 'places')::integer;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER harness_vouches BEFORE INSERT ON units FOR EACH ROW EXECUTE FUNCTION harness_vouches();
    CREATE FUNCTION harness_proves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.contact_proved := NEW.contact_code_hash IS NULL;
        RETURN NEW;
    END $$;
    CREATE TRIGGER harness_proves BEFORE INSERT OR UPDATE ON structures FOR EACH ROW EXECUTE FUNCTION harness_proves();
    CREATE FUNCTION harness_second_word() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.approved_at := NEW.asked_at;
        NEW.proved_at := NEW.asked_at;
        NEW.due_at := NEW.asked_at;
        RETURN NEW;
    END $$;
    CREATE TRIGGER harness_second_word BEFORE INSERT ON pending_changes FOR EACH ROW EXECUTE FUNCTION harness_second_word();";

fn run(db: &Db, sqlite: &str, postgres: &str) {
    let run = |conn: &mut Conn| -> Result<(), DbError> {
        match conn {
            Conn::Pg(pg) => pg.batch_execute(postgres)?,
            Conn::Sqlite(sqlite_conn) => sqlite_conn.batch_execute(sqlite)?,
        }
        Ok(())
    };
    db.write_beside(run).unwrap();
}

/// Lets a database vouch for every unit that is made in it.
pub fn let_vouch(db: &Db) {
    run(db, SQLITE, POSTGRES);
}

impl TestApp {
    /// The same in whose database nobody vouches for anything by itself.
    pub fn bare(self) -> Self {
        run(self.db(), "DROP TRIGGER harness_vouches", "DROP TRIGGER harness_vouches ON units");
        self
    }

    /// The same in which a change waits for a second person's word.
    pub fn two_people(self) -> Self {
        let sqlite = "DROP TRIGGER harness_second_word; DROP TRIGGER harness_proves; DROP TRIGGER harness_proves_again";
        run(self.db(), sqlite, "DROP TRIGGER harness_second_word ON pending_changes; DROP TRIGGER harness_proves ON structures");
        self
    }

    /// A change of a third organisation that waits, asked for by somebody who is no administrator; of an address with the code that came to it.
    pub fn change_that_waits(&self, change: &Change) -> (String, String) {
        let organisation = self.organisation(&format!("Association tierce {}", Uuid::now_v7()), "association");
        let asker = self.own(Role::Provider).identity();
        let author = Author { by: Some(asker.into()), command: "askChange" };
        let asked = self.db().write(author, |turn| {
            let mut waits = pending_changes::insert(turn, Subject::Organisation(organisation), change)?;
            (waits.approved_at, waits.proved_at, waits.due_at) = (None, None, None);
            pending_changes::update(turn, &waits)?;
            turn.note(&waits);
            Ok::<_, Failure>(waits.id)
        });
        let id = asked.unwrap().value;
        let code =
            self.db().write_beside(|conn| pending_changes::make_code(conn, id)).unwrap_or_else(|error: DbError| panic!("{error}"));
        (id.to_string(), code.spelt())
    }

    /// A structure of the own organisation whose contact address is to be proved, with the code that came to it.
    pub async fn contact_to_prove(&self) -> (String, String) {
        let structure = self.site().await.structure;
        let id = StructureId(structure.parse().unwrap());
        let code = self
            .db()
            .write_beside(|conn| structures::make_contact_code(conn, id))
            .unwrap_or_else(|error: DbError| panic!("{error}"));
        (structure, code.spelt())
    }

    /// An organisation of a kind, on the operator's word.
    pub fn organisation(&self, name: &str, kind: &str) -> OrganisationId {
        let declared: Organisation = serde_json::from_value(json!({"name": name, "kind": kind})).unwrap();
        let made = self.db().write(Author::service("createOrganisation"), |turn| {
            let made = organisations::insert(turn, OrganisationId::new(), &declared)?;
            turn.note(&made);
            Ok::<_, Failure>(made.id)
        });
        made.unwrap().value
    }

    /// Somebody who runs the homes of a third organisation.
    pub async fn third_party(&self) -> Caller {
        let name = format!("Association tierce {}", Uuid::now_v7());
        self.organisation(&name, "association");
        self.with_token(&client::make(self.db(), &name, Role::Provider).unwrap().0)
    }

    /// Somebody of a coordination of their own.
    pub fn third_party_coordinator(&self) -> Caller {
        let name = format!("Coordination tierce {}", Uuid::now_v7());
        self.organisation(&name, "coordination");
        self.with_token(&client::make(self.db(), &name, Role::Coordinator).unwrap().0)
    }

    /// A home of a third organisation in Bordeaux, of whose unit an edit waits for somebody to vouch for it.
    pub async fn edit_that_waits(&self) -> Site {
        let owner = self.third_party().await;
        let home = with(structure(), json!({"commune": "33063", "town": "Bordeaux"}));
        let structure = owner.post("structures", &home).await.expect(201).id();
        let few = with(unit(), json!({"max_household": 2}));
        let made = owner.post(&format!("structures/{structure}/units"), &few).await.expect(201);
        owner.put(&format!("units/{}", made.id()), &made.etag(), &unit()).await.expect(200);
        Site { structure, unit: made.id() }
    }

    /// What waits for somebody, of a unit.
    pub async fn waiting(&self, by: &Caller, unit: &str) -> Option<Value> {
        let page = by.get("units/to-vouch-for?limit=200").await.expect(200).body;
        page["items"].as_array().unwrap().iter().find(|item| item["unit_id"] == unit).cloned()
    }

    /// Somebody vouches for a unit as it stands now.
    pub async fn vouch_by(&self, by: &Caller, unit: &str) -> Answer {
        let waiting = self.waiting(by, unit).await.unwrap_or_else(|| panic!("{unit} does not wait"));
        by.vouch(unit, waiting["revision"].as_str().unwrap()).await
    }

    /// The coordination of the other organisation vouches for a unit.
    pub async fn vouch(&self, unit: &str) {
        self.vouch_by(&self.other(Role::Coordinator), unit).await.expect(200);
    }
}

impl Caller {
    /// Vouches for a unit as it was looked at.
    pub async fn vouch(&self, unit: &str, revision: &str) -> Answer {
        self.command_with(&format!("units/{unit}/vouch"), &[("if-match", &format!("\"{revision}\""))]).await
    }
}
