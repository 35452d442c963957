//! Whether the places that a request names can be meant: in France or beside it, and no circle larger than the country. A latitude and a longitude
//! that were swapped, or a wrong sign, lie far out at sea: a zone there would keep nobody from danger, without a word.
//!
//! The engine takes any point of the earth; only here is it known where France is.

use matcher::{DangerZone, Place, Point};

use super::denied::WrongField;
use crate::communes::Communes;
use crate::limits::ZONE_RADIUS_KM_MAX;

const LOOK: &str = "look for latitude and longitude swapped, or a wrong sign";

/// What is wrong with the place and the zones of a request.
pub fn faults(place: &Place, zones: &[DangerZone]) -> Vec<WrongField> {
    place_fault(place).into_iter().chain(zones.iter().enumerate().flat_map(|(at, zone)| zone_faults(at, zone))).collect()
}

fn place_fault(place: &Place) -> Option<WrongField> {
    let (communes, at) = (Communes::embedded(), Point { lat: place.lat, lon: place.lon });
    if communes.is_near(place.department, at) {
        None
    } else if communes.touches_any(at, 0.0) {
        Some(("place.department".to_owned(), "is not where the place lies, nor beside it".to_owned()))
    } else {
        Some(("place".to_owned(), format!("lies in no department, nor beside one: {LOOK}")))
    }
}

fn zone_faults(at: usize, zone: &DangerZone) -> Vec<WrongField> {
    let (Some(centre), Some(radius)) = (zone.centre, zone.radius_km) else { return Vec::new() };
    let mut faults = Vec::new();
    if !Communes::embedded().touches_any(centre, radius.get().min(ZONE_RADIUS_KM_MAX)) {
        faults.push((format!("danger_zones[{at}].centre"), format!("the circle touches no department: {LOOK}")));
    }
    if radius.get() > ZONE_RADIUS_KM_MAX {
        faults.push((format!("danger_zones[{at}].radius_km"), format!("must be at most {ZONE_RADIUS_KM_MAX}")));
    }
    faults
}
