//! What of a home is shown, rung by rung (design §5): one type of view for each rung of the ladder.
//!
//! A handler or a page has no other way to a stored structure, unit or vacancy: those have no `Serialize`, and `tests/rooms.rs` lets no other
//! file of `web` name them or open what leads to a home. The decision itself is [`crate::domain::ladder`]'s.

pub mod places;
pub mod registry;
pub mod structures;
pub mod units;
pub mod vacancies;
pub mod vouching;

use utoipa::openapi::Schema;
use utoipa::openapi::schema::OneOfBuilder;

use crate::db::units::StoredUnit;
use crate::db::{Conn, DbError, Failure, organisations};
use crate::domain::denied::What;
use crate::domain::ladder::{Asker, Place, Rung, Territory, Way};
use crate::domain::organisation::{is_kept, keepers};
use crate::domain::{Denied, Reach, Role};
use crate::schemas::{self, AnySchema};

/// Who asks, in the roles in which it does. What its organisation answers for is read only where that may matter.
pub fn asker(conn: &mut Conn, reach: Reach) -> Result<Asker, Failure> {
    let mut territory = Territory::default();
    if let Some(own) = reach.provides().or(reach.keeps()) {
        territory = Territory::from(&organisations::find(conn, own)?.declared);
    }
    // What nobody asks for is shown to nobody.
    Ok(Asker::new(reach, territory).ok_or(Denied::NotFound(What::Record))?)
}

/// The rung on which somebody stands before a unit.
fn rung(conn: &mut Conn, asker: &Asker, unit: &StoredUnit, way: Way) -> Result<Option<Rung>, DbError> {
    let structure = &unit.structure;
    let mut known = Vec::new();
    if asker.roles.contains(Role::Regulator) && unit.declared.doors.0.iter().any(|door| is_kept(*door)) {
        let regulators = organisations::regulators(conn)?;
        let declared = regulators.iter().map(|regulator| (regulator.id, &regulator.declared));
        known = keepers(declared, &unit.declared.doors.0, structure.department);
    }
    let place = Place {
        organisation: structure.organisation,
        department: structure.department,
        doors: &unit.declared.doors.0,
        is_public: matches!(structure.location, matcher::Location::Point(_)),
        keepers: &known,
    };
    Ok(asker.rung(place, way))
}

/// The schema of what has a form for each rung, told apart by `rung`.
fn by_rung(forms: &[&str], description: &str) -> AnySchema {
    let schema = forms.iter().fold(OneOfBuilder::new(), |schema, form| schema.item(schemas::refer(form)));
    Schema::from(schema.description(Some(description)).build()).into()
}

/// A word that a form always has, and no other form of the same answer.
macro_rules! tags {
    ($($(#[$doc:meta])* $tag:ident = $word:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $tag;

        impl serde::Serialize for $tag {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($word)
            }
        }

        impl utoipa::PartialSchema for $tag {
            fn schema() -> AnySchema {
                schemas::enumeration([$word].into_iter(), "Which rung of the ladder this is: what of the home is shown.")
            }
        }

        impl utoipa::ToSchema for $tag {}
    )*};
}

tags! {
    /// Kind, region, broad values.
    OfRegistry = "registry";
    /// Department and the whole public profile.
    OfProfile = "profile";
    /// Name and contact.
    OfContact = "contact";
    /// Everything.
    OfHome = "home";
}
