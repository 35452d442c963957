//! What there is before the day begins: a service with its requests, an association with its homes, a 115 that keeps a door.

use api::cli::seed::load_records;
use api::db::organisations;
use api::domain::ids::{OrganisationId, RequestId, StructureId, UnitId, VacancyId};
use api::domain::{Organisation, Role, Structure, Unit, Vacancy};
use api::seed::{Registry, demo};
use serde_json::{Value, json};

use super::super::SIAO;
use crate::harness::bodies;
use crate::harness::browser::Site;

pub const ASSOCIATION: &str = "Association fictive Les Douze Quais";
pub const NIGHT: &str = "115 fictif d'Île-de-France";

/// Twelve homes in one town, as one association calls them, and of what sort their beds are: of the first there are two sorts, of the last the 115
/// keeps the door.
const HOMES: [(&str, &str, &str); 13] = [
    ("Quai des Brumes", "chrs", "mixed"),
    ("Quai des Brumes", "stabilisation_centre", "women"),
    ("Quai du Levant", "chrs", "women"),
    ("Quai du Ponant", "emergency_centre", "mixed"),
    ("Quai des Cordages", "chrs", "mixed"),
    ("Quai de la Sonde", "specialised_flat", "women"),
    ("Quai de l’Étrave", "chrs", "women"),
    ("Quai du Fanal", "emergency_centre", "women"),
    ("Quai des Balises", "diffuse_housing", "alone"),
    ("Quai de la Drisse", "chrs", "mixed"),
    ("Quai du Cabestan", "specialised_home", "women"),
    ("Quai des Ancres", "chrs", "mixed"),
    ("Quai de la Passe", "hotel", "mixed"),
];

/// A group of places of a home.
pub struct Home {
    /// By what the home is called.
    pub name: &'static str,
    /// Its telephone, as it is read aloud.
    pub phone: String,
    /// Its free beds.
    pub vacancy: String,
}

/// Of whom the day tells.
pub struct Country {
    pub site: Site,
    /// What the service's and the association's own tools may use.
    siao: String,
    association: String,
    pub homes: Vec<Home>,
    /// Twelve requests by repère, of which one home each is asked in the morning; the last at the door of the 115.
    pub asked: Vec<Asked>,
}

/// A request of which a home is asked.
pub struct Asked {
    pub repere: String,
    request: String,
    referral: String,
}

/// What becomes of the requests of a day, by repère.
#[derive(Default)]
pub struct OfTheDay {
    /// The one that was typed on the screen, and is housed.
    pub housed: String,
    /// In the afternoon: a home has said yes.
    pub said_yes: String,
    /// In the afternoon: a home wishes to be called, at this number.
    pub to_call: (String, &'static str),
    /// Nothing is asked of anybody.
    pub with_nobody: Vec<String>,
}

fn organisation(site: &Site, name: &str) -> OrganisationId {
    let id = |conn: &mut api::db::Conn| organisations::id_by_name(conn, &name.to_owned().try_into().unwrap());
    site.app.db().read(id).unwrap().unwrap()
}

/// Requests of the demonstration that others have, once more, until one service has so many.
fn requests_of_one(site: &Site, many: usize) {
    let siao = organisation(site, SIAO);
    let all = demo::registry(site.app.db().clock().now()).unwrap().requests;
    let (own, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(_, of, ..)| *of == siao);
    let others = others.into_iter().take(many - own.len());
    let requests = others.map(|(_, _, declared, at)| (RequestId::new(), siao, declared, at)).collect();
    load_records(site.app.db(), &Registry { requests, ..Registry::default() }).unwrap();
}

/// The forty requests of the demonstration, all in the hands of one service.
pub fn forty_requests(site: &Site) {
    requests_of_one(site, 40);
}

/// The twelve homes of the association, each with its telephone and three free beds in each of its groups.
pub fn twelve_homes(site: &Site) -> Vec<Home> {
    let coordination = organisation(site, "Coordination nationale fictive");
    let association = OrganisationId::new();
    let contact = bodies::reached_at("quais@example.org");
    let declared = json!({"name": ASSOCIATION, "kind": "association", "contact": contact});
    let declared: Organisation = serde_json::from_value(declared).unwrap();
    let mut registry =
        Registry { organisations: vec![(association, declared)], registrar: Some(coordination), ..Registry::default() };
    let (now, mut homes) = (site.app.db().clock().now(), Vec::<Home>::new());
    for (at, (name, kind, setting)) in HOMES.into_iter().enumerate() {
        if homes.last().is_none_or(|last| last.name != name) {
            let phone = format!("01 99 00 03 {at:02}");
            let contact = json!({"numbers": [{"label": "accueil", "phone": phone}], "email": format!("quai{at}@example.org")});
            let home = json!({"name": name, "commune": "75056", "town": "Paris", "trafficking_contact": contact});
            let home: Structure = serde_json::from_value(home).unwrap();
            let site = home.site().unwrap();
            registry.structures.push((StructureId::new(), association, home, site));
            homes.push(Home { name, phone, vacancy: String::new() });
        } else {
            homes.push(Home { name, phone: homes.last().unwrap().phone.clone(), vacancy: String::new() });
        }
        let door = if kind == "hotel" { "115" } else { "direct" };
        let unit = json!({"kind": kind, "setting": setting, "doors": [door], "places": 10 + at, "answering_hours": null});
        let unit: Unit = serde_json::from_value(bodies::with(bodies::unit(), unit)).unwrap();
        let (id, vacancy) = (UnitId::new(), VacancyId::new());
        registry.units.push((id, registry.structures.last().unwrap().0, unit));
        let today = api::clock::civil(now, matcher::Department::PARIS).date_naive().to_string();
        let free: Vacancy = serde_json::from_value(json!({"beds": 3, "from": today, "until": null})).unwrap();
        registry.vacancies.push((vacancy, id, free, now));
        homes.last_mut().unwrap().vacancy = vacancy.to_string();
    }
    load_records(site.app.db(), &registry).unwrap();
    homes
}

/// A woman of an age in Paris who needs a roof tonight.
fn woman_of(age: u8) -> Value {
    let place = json!({"lat": 48.86, "lon": 2.35, "department": "75"});
    bodies::with(bodies::request(), json!({"household": [{"gender": "female", "minority": "adult", "age": age}], "place": place}))
}

impl Country {
    /// As it is at nine in the morning: forty open requests, of twelve of which a home is asked.
    pub async fn at_nine() -> Self {
        let site = Site::at(9);
        requests_of_one(&site, 28);
        let homes = twelve_homes(&site);
        let (siao, association) = (site.token(SIAO, Role::Referent), site.token(ASSOCIATION, Role::Provider));
        let mut country = Self { site, siao, association, homes, asked: Vec::new() };
        for (age, at) in (19..).zip(1..country.homes.len()) {
            let request = country.give_siao("requests", &woman_of(age)).await;
            let asked = country.ask(&request, at).await;
            country.asked.push(asked);
        }
        country
    }

    async fn give_siao(&self, path: &str, body: &Value) -> Value {
        self.site.api(&self.siao, path, Some(body)).await
    }

    /// Asks a home of these people, with beds held.
    async fn ask(&self, request: &Value, home: usize) -> Asked {
        let id = request["id"].as_str().unwrap().to_owned();
        let said = json!({"vacancy_id": self.homes[home].vacancy, "hold": true});
        let referral = self.give_siao(&format!("requests/{id}/referrals"), &said).await;
        Asked {
            repere: request["alias"].as_str().unwrap().to_owned(),
            request: id,
            referral: referral["id"].as_str().unwrap().to_owned(),
        }
    }

    /// The home says yes, and the people are expected so many hours from now.
    pub async fn confirm(&self, asked: &Asked, in_hours: i64) {
        let at = self.site.app.db().clock().now().plus(chrono::TimeDelta::hours(in_hours));
        let path = format!("referrals/{}", asked.referral);
        self.site.api(&self.association, &format!("{path}/accept"), None).await;
        self.give_siao(&format!("{path}/confirm"), &json!({"expected_arrival": at.to_string()})).await;
    }

    /// The regulator has said yes on its screen: the people are expected so many hours from now.
    pub async fn confirm_at_door(&self, asked: &Asked, in_hours: i64) {
        let at = self.site.app.db().clock().now().plus(chrono::TimeDelta::hours(in_hours));
        let expected = json!({"expected_arrival": at.to_string()});
        self.give_siao(&format!("referrals/{}/confirm", asked.referral), &expected).await;
    }

    /// Between one shift and the next: one home has said yes, another wishes to be called.
    pub async fn in_the_afternoon(&self, of_the_day: &mut OfTheDay) {
        let phone = "01 99 00 04 17";
        for (asked, home) in [(3, 4), (4, 5)] {
            let known = json!({"id": self.asked[asked].request, "alias": self.asked[asked].repere});
            let again = self.ask(&known, home).await;
            let path = format!("referrals/{}", again.referral);
            if asked == 3 {
                self.site.api(&self.association, &format!("{path}/accept"), None).await;
                of_the_day.said_yes = again.repere;
            } else {
                let call = json!({"call_back": {"kind": "call_us", "phone": phone}});
                self.site.api(&self.association, &format!("{path}/acknowledge"), Some(&call)).await;
                of_the_day.to_call = (again.repere, phone);
            }
        }
        of_the_day.with_nobody = [6, 7].into_iter().map(|at: usize| self.asked[at].repere.clone()).collect();
    }
}
