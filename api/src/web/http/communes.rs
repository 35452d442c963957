//! Communes: found as one types, by name or by code.

use actix_web::HttpResponse;
use matcher::{Department, Point};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::communes::{Communes, Found};
use crate::limits::{COMMUNE_SEARCH_CHARS_MAX, COMMUNES_MAX};
use crate::schemas;
use crate::web::answers;
use crate::web::auth::Actor;
use crate::web::extract::Params;
use crate::web::operations::SearchCommunes;
use crate::web::problem::Problem;

/// A commune, or an arrondissement of Paris, Lyon or Marseille.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommuneFound {
    /// INSEE code.
    #[schema(example = "69123", min_length = 5, max_length = 5)]
    code: &'static str,
    /// Official name.
    #[schema(example = "Lyon")]
    name: &'static str,
    /// Its department.
    #[schema(value_type = schemas::Department)]
    department: Department,
    /// Its postal codes.
    #[schema(example = json!(["69001"]))]
    postal_codes: &'static [&'static str],
    /// Inhabitants.
    #[schema(minimum = 0, example = 522250)]
    population: u32,
    /// Its main place.
    #[schema(value_type = schemas::Point)]
    point: Point,
    /// Whether `point` is only guessed from its neighbours.
    approximate: bool,
    /// The commune of old that was asked for, if it is one: it is part of this one now.
    former: Option<FormerCommune>,
}

/// A commune of old, merged into another or associated with it, or an INSEE code that is no longer used.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormerCommune {
    /// INSEE code of old.
    #[schema(example = "85307", min_length = 5, max_length = 5)]
    code: &'static str,
    /// Name of old; that of today where only the code is another.
    #[schema(example = "La Faute-sur-Mer")]
    name: &'static str,
}

/// What a search found, the likeliest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct CommunesFound {
    /// At most 20.
    #[schema(max_items = 20)]
    items: Vec<CommuneFound>,
}

impl From<Found<'static>> for CommuneFound {
    fn from(Found { commune, former }: Found<'static>) -> Self {
        Self {
            code: commune.code,
            name: commune.name,
            department: commune.department,
            postal_codes: &commune.postal_codes,
            population: commune.population,
            point: commune.point,
            approximate: commune.approximate,
            former: former.map(|former| FormerCommune { code: former.code, name: former.name }),
        }
    }
}

/// What was typed of a commune.
#[derive(Debug)]
pub struct Typed(String);

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length = text.chars().count();
        if (1..=COMMUNE_SEARCH_CHARS_MAX).contains(&length) {
            Ok(Self(text))
        } else {
            Err(serde::de::Error::custom(format!("must have 1 to {COMMUNE_SEARCH_CHARS_MAX} characters")))
        }
    }
}

impl Typed {
    /// The communes it may mean, the likeliest first.
    pub fn communes(&self) -> Vec<Found<'static>> {
        Communes::embedded().search(&self.0, COMMUNES_MAX)
    }
}

/// A search.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CommuneQuery {
    /// What was typed so far: a name without regard to accents, capitals, hyphens or `st` for `saint`; a postal or INSEE code, or its
    /// beginning; a name with a code; an arrondissement or a line with `CEDEX` as people write them. Communes that were merged, delegated or
    /// associated are found under their names and codes of old, and `former` says so.
    #[param(value_type = String, min_length = 1, max_length = 200, example = "st etienne")]
    pub q: Typed,
}

/// Search communes
///
/// As one types: what fits whole first, then names that begin so, then names with a word that begins so; among these the bigger first.
#[utoipa::path(get, path = "", tag = "communes", params(CommuneQuery),
    responses((status = 200, description = "The communes that may be meant.", body = CommunesFound)))]
pub async fn search(_actor: Actor<SearchCommunes>, params: Params<CommuneQuery>) -> Result<HttpResponse, Problem> {
    let items: Vec<_> = params.0.q.communes().into_iter().map(CommuneFound::from).collect();
    answers::json(&CommunesFound { items })
}
