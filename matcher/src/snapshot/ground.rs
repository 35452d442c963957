//! The rules about where units are: limits of distance and danger zones, asked of balls first and of single slots where a ball is cut.
//!
//! This file owns these limits and their margins. What it leaves open within a margin the rules of [`Query`] settle. It never looks at
//! what a unit is or offers.

use super::bits::{Bits, WORDS};
use super::block::{Bay, Block};
use super::sphere::{Balls, KM_MARGIN, Limit, Span};
use crate::codes::{Rule, Wish, ZoneLevel};
use crate::facts::Facts;
use crate::geo::{Direction, direction, single};
use crate::request::DangerZone;
use crate::rules::{Presence, Query, presence};

/// The limits of distance and the zones of a query, ready to be compared with balls and slots.
pub(super) struct Ground<'a> {
    query: &'a Query,
    /// The place of the request, as a direction.
    from: [f32; 3],
    /// How far a unit may be without a removal; none where a removal is accepted.
    removal: Option<Limit>,
    farthest: Option<Limit>,
    /// The lesser of `removal` and `farthest`.
    lesser: Option<Limit>,
    nearest: Option<Limit>,
    forbidden: Vec<Zone<'a>>,
    avoided: Vec<Zone<'a>>,
}

/// Up to this distance single precision is as right as its margin says.
const NEARLY_RIGHT_KM: f64 = 15_000.0;

/// A danger zone.
struct Zone<'a> {
    zone: &'a DangerZone,
    circle: Option<Circle>,
}

struct Circle {
    centre: Direction,
    near_centre: [f32; 3],
    radius_km: f64,
    /// A unit within this limit is in the zone for certain, a unit beyond the next outside, however wide its cell.
    within: Limit,
    beyond: Limit,
}

/// The slots that are in some zone for certain, and those of the others that may be in one.
#[derive(Clone, Copy)]
pub(super) struct Danger<const W: usize = WORDS> {
    pub(super) certain: Bits<W>,
    pub(super) unsure: Bits<W>,
}

impl<'a> Ground<'a> {
    /// Prepares a query; no cell of a unit reaches farther than `reach_km`.
    pub(super) fn new(query: &'a Query, reach_km: f64) -> Self {
        let distance = &query.request.distance;
        let zones = |level| query.zones(level).map(|zone| Zone::new(zone, reach_km)).collect();
        let removal = (!query.accepts_removal()).then(|| Limit::new(query.removal_km()));
        let farthest = distance.max_km.filter(|_| distance.wish == Wish::StayNear).map(|km| Limit::new(km.get()));
        Self {
            query,
            from: query.from.map(single),
            removal,
            farthest,
            lesser: [removal, farthest].into_iter().flatten().reduce(Limit::lesser),
            nearest: distance.min_km.filter(|_| distance.wish == Wish::MoveAway).map(|km| Limit::new(km.get())),
            forbidden: zones(ZoneLevel::Forbidden),
            avoided: zones(ZoneLevel::Avoid),
        }
    }

    /// Whether a rule is about where units are.
    pub(super) fn has(rule: Rule) -> bool {
        matches!(rule, Rule::RemovalConsent | Rule::Distance | Rule::DangerZone | Rule::DangerZoneUnsure)
    }

    /// The place of the request, as a direction.
    pub(super) fn from(&self) -> [f32; 3] {
        self.from
    }

    /// Whether there is a limit to how far or how near units may be.
    pub(super) fn limits_distance(&self) -> bool {
        self.farthest.is_some() || self.nearest.is_some()
    }

    /// Whether there is a forbidden zone.
    pub(super) fn forbids(&self) -> bool {
        !self.forbidden.is_empty()
    }

    /// A bit for each ball in which every unit fails a rule for its distance alone.
    pub(super) fn leaves_out(&self, span: Span) -> u32 {
        self.removed(span) | self.unwished(span)
    }

    /// A bit for each ball in which every unit is too far without a removal.
    pub(super) fn removed(&self, span: Span) -> u32 {
        self.removal.map_or(0, |limit| span.beyond(limit))
    }

    /// A bit for each ball in which every unit is farther, or nearer, than wished.
    pub(super) fn unwished(&self, span: Span) -> u32 {
        self.farthest.map_or(0, |limit| span.beyond(limit)) | self.nearest.map_or(0, |limit| span.within(limit))
    }

    /// A bit for each ball in which no unit is too far without a removal.
    pub(super) fn near(&self, span: Span) -> u32 {
        self.removal.map_or(u32::MAX, |limit| span.within(limit))
    }

    /// A bit for each ball in which no unit is farther, or nearer, than wished.
    pub(super) fn wished(&self, span: Span) -> u32 {
        self.farthest.map_or(u32::MAX, |limit| span.within(limit)) & self.nearest.map_or(u32::MAX, |limit| span.beyond(limit))
    }

    /// A bit for each ball that lies outside of all forbidden zones.
    pub(super) fn safe(&self, balls: &Balls) -> u32 {
        let outside =
            |zone: &Zone<'_>| zone.circle.as_ref().map_or(0, |circle| balls.span(circle.near_centre).beyond(circle.beyond));
        self.forbidden.iter().fold(u32::MAX, |safe, zone| safe & outside(zone))
    }

    /// The slots of a block that are too far without a removal. `among` are the slots that matter; others may be in the answer too.
    pub(super) fn too_far(&self, block: &Block, span: Span, among: Bits) -> Bits {
        self.removal.map_or(Bits::NONE, |limit| self.farther_than(block, span, limit, among))
    }

    /// The slots of a block that are farther, or nearer, than wished; as above.
    pub(super) fn unwished_of(&self, block: &Block, span: Span, among: Bits) -> Bits {
        let too_far = self.farthest.map_or(Bits::NONE, |limit| self.farther_than(block, span, limit, among));
        // What is farther than the number just below a limit is as far as the limit, or farther.
        let too_near = self.nearest.map_or(Bits::NONE, |limit| !self.farther_than(block, span, limit.just_below(), among));
        too_far | too_near
    }

    /// The slots of a block that are, or may be, in a forbidden zone; as above.
    pub(super) fn danger_of(&self, block: &Block, among: Bits) -> Danger {
        let all = self.forbidden.iter().map(|zone| zone.danger(block, among));
        let all = all.fold(Danger::NONE, |all, one| Danger { certain: all.certain | one.certain, unsure: all.unsure | one.unsure });
        Danger { certain: all.certain, unsure: all.unsure & !all.certain }
    }

    fn farther_than(&self, block: &Block, span: Span, limit: Limit, among: Bits) -> Bits {
        block
            .directions
            .farther(self.from, span, limit, among, |slot| block.view(slot).map_or(0.0, |view| self.query.distance_km(view.facts)))
    }

    /// The given slots of a block that fail no rule about where units are which no phone call settles; and those of them that may
    /// be in a forbidden zone.
    pub(super) fn sift(&self, bay: Bay<'_>, span: Span, among: Bits) -> (Bits, Bits) {
        let Bay { block, columns, .. } = bay;
        let mut left = if self.removal.is_some() { among & !columns.of(&columns.rows.removal) } else { among };
        if let Some(limit) = self.lesser {
            left &= !self.farther_than(block, span, limit, left);
        }
        if let Some(limit) = self.nearest {
            left &= self.farther_than(block, span, limit.just_below(), left);
        }
        let mut unsure = Bits::NONE;
        for zone in &self.forbidden {
            if left.is_empty() {
                break;
            }
            let danger = zone.danger(block, left);
            left &= !danger.certain;
            unsure |= danger.unsure;
        }
        (left, unsure & left)
    }

    /// The given slots of a block that are, or may be, in a zone to avoid.
    pub(super) fn avoided_of(&self, block: &Block, among: Bits) -> Bits {
        let mut avoided = Bits::NONE;
        for zone in &self.avoided {
            let danger = zone.danger(block, among & !avoided);
            avoided |= danger.certain | danger.unsure;
        }
        avoided
    }
}

impl Danger {
    const NONE: Self = Self { certain: Bits::NONE, unsure: Bits::NONE };
}

impl<'a> Zone<'a> {
    fn new(zone: &'a DangerZone, reach_km: f64) -> Self {
        let circle = zone.centre.zip(zone.radius_km).map(|(centre, radius)| {
            let (centre, radius_km) = (direction(centre), radius.get());
            Circle {
                centre,
                near_centre: centre.map(single),
                radius_km,
                within: Limit::new(radius_km - reach_km),
                beyond: Limit::new(radius_km + reach_km),
            }
        });
        Self { zone, circle }
    }

    /// The danger to some slots of a block, perhaps among others.
    fn danger(&self, block: &Block, among: Bits) -> Danger {
        if let Some(department) = self.zone.department {
            return Danger { certain: block.department(department), unsure: Bits::NONE };
        }
        let Some(circle) = &self.circle else { return Danger::NONE };
        let (inside, outside) = block.directions.within_and_beyond(circle.near_centre, circle.within, circle.beyond, among);
        if (among & !outside).is_empty() {
            return Danger::NONE;
        }
        let mut danger = Danger { certain: inside, unsure: Bits::NONE };
        (among & !inside & !outside).for_each(|slot| {
            let Some(unit) = block.view(slot).map(|view| view.facts) else { return };
            match self.presence(circle, unit, block.directions.one_from(circle.centre, slot).into()) {
                Presence::None => {}
                Presence::Unsure => danger.unsure.put(slot, true),
                Presence::Certain => danger.certain.put(slot, true),
            }
        });
        danger
    }

    /// Whether a unit is in the zone, given the distance in single precision. Within the margin the exact rule decides.
    fn presence(&self, circle: &Circle, unit: &Facts, km: f64) -> Presence {
        let radius_km = circle.radius_km;
        let (nearest, farthest) = (km - f64::from(KM_MARGIN) - km * 1e-6, km + f64::from(KM_MARGIN) + km * 1e-6);
        let (at_least, at_most) = unit.reach_bounds_km();
        // Towards the antipodes the margin is not enough.
        if km > NEARLY_RIGHT_KM {
            return presence(unit, self.zone);
        }
        if nearest > radius_km + at_most {
            Presence::None
        } else if farthest + at_most < radius_km {
            Presence::Certain
        } else if nearest + at_least > radius_km && farthest < radius_km + at_least {
            Presence::Unsure
        } else {
            presence(unit, self.zone)
        }
    }
}
