//! OpenAPI schemas of types whose crate knows no OpenAPI (the engine's), and of headers and parameters several operations share.
//!
//! What a schema says is read from the type it describes: the codes from `Code::ALL`, the ranges from `MIN` and `MAX`.

use matcher::Code;
use utoipa::IntoParams;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Ref, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema, SchemaFormat};

use crate::limits;

pub(crate) type AnySchema = RefOr<Schema>;

/// Declares a named schema: a type without values that stands for another in `value_type`.
macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident => $schema:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($name))
            }

            fn schemas(known: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                use utoipa::PartialSchema as _;
                known.push((<Self as utoipa::ToSchema>::name().into_owned(), Self::schema()));
            }
        }
    )*};
}

/// Gives types of ours the schema they have in the document, under a name.
macro_rules! own {
    ($($of:ty as $name:literal => $schema:expr;)*) => {$(
        impl utoipa::PartialSchema for $of {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $schema
            }
        }

        impl utoipa::ToSchema for $of {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed($name)
            }

            fn schemas(known: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                use utoipa::PartialSchema as _;
                known.push((<Self as utoipa::ToSchema>::name().into_owned(), Self::schema()));
            }
        }
    )*};
}

pub(crate) use {own, schemas};

pub(crate) fn codes<T: Code>(description: &str) -> AnySchema {
    enumeration(T::ALL.iter().map(|code| code.as_str()), description)
}

pub(crate) fn enumeration(values: impl Iterator<Item = &'static str>, description: &str) -> AnySchema {
    let values: Vec<_> = values.collect();
    let first = values.first().copied().unwrap_or_default();
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).description(Some(description));
    Schema::from(schema.examples([first]).build()).into()
}

pub(crate) fn whole(min: impl Into<i64>, max: impl Into<i64>, example: i64, description: &str) -> AnySchema {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(min.into()))
        .maximum(Some(max.into()))
        .description(Some(description))
        .examples([example]);
    Schema::from(schema.build()).into()
}

pub(crate) fn number(min: f64, max: f64, example: f64, description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
        .minimum(Some(min))
        .maximum(Some(max))
        .description(Some(description))
        .examples([example])
}

pub(crate) fn text(pattern: &str, chars_max: usize, example: &str, description: &str) -> AnySchema {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .min_length(Some(1))
        .max_length(Some(chars_max))
        .description(Some(description))
        .examples([example]);
    Schema::from(schema.build()).into()
}

pub(crate) fn formatted(format: KnownFormat, example: &str, description: &str) -> AnySchema {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(format)))
        .description(Some(description))
        .examples([example]);
    Schema::from(schema.build()).into()
}

pub(crate) fn refer(name: &str) -> AnySchema {
    Ref::from_schema_name(name).into()
}

pub(crate) fn nullable(schema: AnySchema) -> AnySchema {
    let null = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null)).build();
    Schema::from(OneOfBuilder::new().item(Schema::from(null)).item(schema).build()).into()
}

pub(crate) fn list(items: AnySchema, min: usize, max: usize) -> AnySchema {
    Schema::from(ArrayBuilder::new().items(items).min_items(Some(min)).max_items(Some(max)).build()).into()
}

/// An object that takes no other fields: `(name, schema, required)`.
pub(crate) fn object(fields: Vec<(&str, AnySchema, bool)>, example: serde_json::Value, description: &str) -> AnySchema {
    let mut schema = ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some(description));
    if !example.is_null() {
        schema = schema.examples([example]);
    }
    for (name, field, required) in fields {
        schema = schema.property(name, field);
        if required {
            schema = schema.required(name);
        }
    }
    Schema::from(schema.build()).into()
}

/// An object that has exactly one of these fields, each with its schema. Written so and not as `oneOf`, which generated clients could not tell
/// apart: what is not there is left out by each of them.
pub(crate) fn one_of_fields(fields: Vec<(&str, AnySchema)>, example: serde_json::Value, description: &str) -> AnySchema {
    let mut schema = ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .min_properties(Some(1))
        .max_properties(Some(1))
        .description(Some(description))
        .examples([example]);
    for (name, field) in fields {
        schema = schema.property(name, field);
    }
    Schema::from(schema.build()).into()
}

pub(crate) fn boolean(description: &str) -> AnySchema {
    Schema::from(ObjectBuilder::new().schema_type(Type::Boolean).description(Some(description)).build()).into()
}

pub(crate) fn km(description: &str) -> AnySchema {
    nullable(Schema::from(number(0.0, 1_000_000.0, 50.0, description).build()).into())
}

/// The cells of resolution 5 and 6: all digits below the resolution are 7, three bits each. No client sends one.
const CELL_PATTERN: &str = "^8(5[0-9a-f]{5}[37bf]f{7}|6[0-9a-f]{6}[7f]f{6})$";

schemas! {
    /// Schema of [`matcher::Kind`].
    Kind => codes::<matcher::Kind>("What sort of place a unit is.");
    /// Schema of [`matcher::Gender`].
    Gender => codes::<matcher::Gender>("Gender as the person says it; a trans woman is `female`.");
    /// Schema of [`matcher::Minority`].
    Minority => codes::<matcher::Minority>("Whether of age. A presumed minor is treated as a minor by every rule (directive 2011/36/EU art. 13).");
    /// Schema of [`matcher::Stage`].
    Stage => codes::<matcher::Stage>("How far on the way out: shelter, stabilisation, integration.");
    /// Schema of [`matcher::Urgency`].
    Urgency => codes::<matcher::Urgency>("`immediate`: today. `urgent`: within 72 hours. `planned`: later.");
    /// Schema of [`matcher::Wish`].
    Wish => codes::<matcher::Wish>("The wish about distance; `move_away` accepts removal.");
    /// Schema of [`matcher::Setting`].
    Setting => codes::<matcher::Setting>("Who lives there; `alone`: nobody else.");
    /// Schema of [`matcher::Door`].
    Door => codes::<matcher::Door>("Who can open a place.");
    /// Schema of [`matcher::Offer`].
    Offer => codes::<matcher::Offer>("What a place offers.");
    /// Schema of [`matcher::Condition`].
    Condition => codes::<matcher::Condition>("A lawful condition of admission.");
    /// Schema of [`matcher::UnlawfulCondition`].
    UnlawfulCondition => codes::<matcher::UnlawfulCondition>("A condition that no law allows; it changes no rank and is shown as such.");
    /// Schema of [`matcher::Step`].
    Step => codes::<matcher::Step>("A step before admission.");
    /// Schema of [`matcher::ZoneLevel`].
    ZoneLevel => codes::<matcher::ZoneLevel>("`forbidden`: never there. `avoid`: rather not there.");
    /// Schema of [`matcher::Rule`].
    Rule => codes::<matcher::Rule>("A rule a unit passes or fails.");
    /// Schema of [`matcher::Criterion`].
    Criterion => codes::<matcher::Criterion>("A criterion of the score.");
    /// Schema of [`matcher::Warning`].
    Warning => codes::<matcher::Warning>("Something to know about a proposal.");
    /// Schema of [`matcher::Tier`].
    Tier => codes::<matcher::Tier>("`eligible`: no rule fails. `to_verify`: only rules fail that a phone call can settle.");
    /// Schema of [`matcher::DistanceBand`].
    DistanceBand => codes::<matcher::DistanceBand>("How far in km, lower bound included; never closer than that, so that no home is located.");
    /// Schema of [`matcher::Department`].
    Department => enumeration(matcher::Department::ALL.iter().copied(), "A department by its INSEE code: 01 to 95, 2A and 2B for Corsica, 971 to 978 overseas.");
    /// Schema of [`matcher::Language`].
    Language => enumeration(matcher::Language::codes(), "A language: of ISO 639-1, or one of eight of three letters (ISO 639-3) that have none there.");
    /// Schema of [`matcher::Age`].
    Age => whole(matcher::Age::MIN, matcher::Age::MAX, 24, "An age in completed years.");
    /// Schema of [`matcher::Beds`].
    Beds => whole(matcher::Beds::MIN, matcher::Beds::MAX, 2, "A number of beds.");
    /// Schema of [`matcher::HouseholdSize`].
    HouseholdSize => whole(matcher::HouseholdSize::MIN, matcher::HouseholdSize::MAX, 3, "A number of people.");
    /// Schema of [`matcher::Nights`].
    Nights => whole(matcher::Nights::MIN, matcher::Nights::MAX, 30, "A number of nights.");
    /// Schema of [`matcher::AdmissionDays`].
    AdmissionDays => whole(matcher::AdmissionDays::MIN, matcher::AdmissionDays::MAX, 7, "Days from the request to the earliest arrival.");
    /// Schema of [`matcher::Latitude`].
    Latitude => Schema::from(number(-90.0, 90.0, 48.85, "Latitude in degrees, WGS 84.").build()).into();
    /// Schema of [`matcher::Longitude`].
    Longitude => Schema::from(number(-180.0, 180.0, 2.35, "Longitude in degrees, WGS 84.").build()).into();
    /// Schema of [`matcher::Day`].
    Day => formatted(KnownFormat::Date, "2026-11-23", "A civil day of the place concerned (ISO 8601).");
    /// Schema of [`matcher::Moment`].
    Moment => formatted(KnownFormat::DateTime, "2026-11-23T10:00:00+01:00", "An instant with its offset (RFC 3339); its day is read in that offset.");
    /// Schema of [`matcher::Cell`].
    Cell => text(CELL_PATTERN, 15, "861f90257ffffff", "An H3 cell of resolution 5 or 6.");
    /// Schema of [`matcher::Point`].
    Point => object(
        vec![("lat", refer("Latitude"), true), ("lon", refer("Longitude"), true)],
        serde_json::json!({"lat": 48.85, "lon": 2.35}),
        "A point.",
    );
    /// Schema of [`matcher::Location`].
    Location => one_of_fields(
        vec![("cell", refer("Cell")), ("point", refer("Point"))],
        serde_json::json!({"cell": "861f90257ffffff"}),
        "Where a site is: a confidential one by its cell, one whose address is public by its point.",
    );
    /// Schema of [`matcher::AgeRange`].
    AgeRange => object(
        vec![("min", refer("Age"), true), ("max", nullable(refer("Age")), false)],
        serde_json::json!({"min": 18, "max": null}),
        "A range of ages in years, both ends included; max null: no greatest age.",
    );
    /// Schema of [`matcher::Children`].
    Children => object(
        vec![
            ("max_age", whole(0, 17, 12, "The greatest age in years."), true),
            ("boys_max_age", nullable(whole(0, 17, 10, "The greatest age of boys, at most `max_age`; null: the same.")), false),
        ],
        serde_json::json!({"max_age": 12, "boys_max_age": null}),
        "The children taken with a parent whose link is established.",
    );
    /// Schema of [`matcher::UnaccompaniedMinors`].
    UnaccompaniedMinors => object(
        vec![
            ("min_age", whole(0, 20, 13, "The least age in years, at most `max_age`."), true),
            ("max_age", whole(0, 20, 17, "The greatest age in years; above 17: it keeps young adults too."), true),
            ("genders", list(refer("Gender"), 0, limits::CODES_MAX), true),
            (
                "accreditation",
                nullable(text("^[^\\u0000-\\u001f\\u007f]+$", matcher::Accreditation::CHARS_MAX, "ASE 69-2024-11", "The accreditation of child protection.")),
                false,
            ),
        ],
        serde_json::json!({"min_age": 13, "max_age": 17, "genders": ["female", "male"], "accreditation": "ASE 69-2024-11"}),
        "The minors taken without a parent, and the young adults kept beside them: adults of a known age within these ages.",
    );
    /// Schema of [`matcher::Person`].
    Person => object(
        vec![
            ("gender", refer("Gender"), true),
            ("minority", refer("Minority"), true),
            ("age", nullable(refer("Age")), false),
            ("with_parent", boolean("A parent is in the household and the link is established; false for an adult, and for somebody in every household."), false),
            ("turns_18_on", nullable(refer("Day")), false),
        ],
        serde_json::json!({"gender": "female", "minority": "adult", "age": 24, "with_parent": false, "turns_18_on": null}),
        "One person of a household. An adult is 18 or more, a minor under 18; an age may be unknown (null).",
    );
    /// Schema of [`matcher::Place`].
    Place => object(
        vec![("lat", refer("Latitude"), true), ("lon", refer("Longitude"), true), ("department", refer("Department"), true)],
        serde_json::json!({"lat": 48.85, "lon": 2.35, "department": "75"}),
        "Where distances are counted from.",
    );
    /// Schema of [`matcher::Distance`].
    Distance => object(
        vec![
            ("wish", refer("Wish"), true),
            ("max_km", km("With `stay_near`: the farthest, in km; null: no limit."), false),
            ("min_km", km("With `move_away`: the nearest, in km; null: no limit."), false),
        ],
        serde_json::json!({"wish": "stay_near", "max_km": 50}),
        "The wish about distance.",
    );
    /// Schema of [`matcher::DangerZone`].
    DangerZone => object(
        vec![
            ("level", refer("ZoneLevel"), true),
            ("department", nullable(refer("Department")), false),
            ("centre", nullable(refer("Point")), false),
            (
                "radius_km",
                nullable(Schema::from(number(0.0, limits::ZONE_RADIUS_KM_MAX, 20.0, "The radius in km, the border included.").exclusive_minimum(Some(0.0)).minimum(None::<f64>).build()).into()),
                false,
            ),
        ],
        serde_json::json!({"level": "avoid", "centre": {"lat": 45.76, "lon": 4.84}, "radius_km": 20}),
        "Where the people are in danger: a department, or a circle of centre and radius.",
    );
    /// Schema of a rectangle on the map.
    BoundingBox => text(
        "^-?(180|1[0-7][0-9]|[1-9]?[0-9]),-[1-8]?[0-9],-?(180|1[0-7][0-9]|[1-9]?[0-9]),[1-8]?[0-9]$",
        80,
        "2,-10,3,49",
        "west,south,east,north in degrees; decimals are taken too. West above east crosses the 180th meridian.",
    );
    /// Schema of a number of proposals.
    Top => whole(1, i64::try_from(limits::TOP_MAX).unwrap_or(i64::MAX), i64::try_from(limits::TOP_DEFAULT).unwrap_or(i64::MAX), "How many proposals are explained.");
    /// Schema of a criterion's numbers.
    UnitInterval => Schema::from(number(0.0, 1.0, 0.8, "A number from 0 to 1.").build()).into();
}

/// The key of a command.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it is read by the macro, for the document")]
pub struct CommandKey {
    /// A value of the caller's own, new for each command, such as a UUID. Sent again with the same command within 24 hours it has no
    /// second effect and gets the same answer; with another command it is refused. Bare or quoted.
    #[param(rename = "Idempotency-Key", pattern = "^([!#-\\[\\]-~]{1,128}|\"[!#-\\[\\]-~]{1,128}\")$")]
    key: String,
}

/// What was looked at by whoever decides.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it is read by the macro, for the document")]
pub struct LookedAt {
    /// The revision that was looked at, in quotes, or `*`. Without it the command is refused with 428, with another one with 412.
    #[param(rename = "If-Match", required = false, nullable = false, pattern = "^(\\*|(W/)?\"[!#-+\\--~]{1,64}\")$")]
    if_match: Option<String>,
}

/// What guards an edit.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it is read by the macro, for the document")]
pub struct EditGuards {
    /// The record's ETag as it was last read, or `*`. Without it the edit is refused with 428, with another one with 412.
    #[param(rename = "If-Match", required = false, nullable = false, pattern = "^(\\*|(W/)?\"[!#-+\\--~]{1,64}\")$")]
    if_match: Option<String>,
    /// As for commands, but an edit may go without.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        nullable = false,
        pattern = "^([!#-\\[\\]-~]{1,128}|\"[!#-\\[\\]-~]{1,128}\")$"
    )]
    key: Option<String>,
}
