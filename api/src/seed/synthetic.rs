//! Made-up registries and requests of any size, for benches and load tests: clustered around the towns of France as
//! people are, kinds of unit and freshness of vacancies in plausible shares.
//!
//! The same count and seed give the same bytes on every platform: whole-number arithmetic on one ChaCha8 stream, no clock
//! (everything is told as of [`at`]). Never touches a database; nothing it makes is real.
#![expect(clippy::expect_used, reason = "every value is made here within the range of its type; if not, that is our own bug")]

use chrono::{DateTime, Days, FixedOffset, TimeDelta};
use matcher::{
    AdmissionDays, Age, AgeRange, Beds, Cell, Children, Codes, Condition, DangerZone, Day, Department, Distance, Door, Gender,
    HouseholdSize, Kind, Km, Language, Latitude, Location, Longitude, Minority, Moment, Nights, Offer, Person, Place, Point,
    RadiusKm, Request, Setting, Stage, Step, UnaccompaniedMinors, Unit, UnlawfulCondition, Urgency, Vacancy, Wish, ZoneLevel,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use uuid::Uuid;

/// From this population on, the cell of resolution 6 at the middle of a town surely holds 20 000 inhabitants.
const BIG_TOWN: u32 = 100_000;

/// 2026-11-23T10:00:00+01:00: the instant as of which everything is told.
pub fn at() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-23T10:00:00+01:00").expect("is RFC 3339")
}

/// A national registry of `count` units, one to four a structure, in the order of their ids.
pub fn units(count: usize, seed: u64) -> impl Iterator<Item = Unit> {
    let mut registry = Registry { dice: Dice::new(seed), towns: Towns::of_france(), site: None, made: 0 };
    std::iter::repeat_with(move || registry.unit()).take(count)
}

/// `count` requests made at [`at`], in the order of their ids.
pub fn requests(count: usize, seed: u64) -> impl Iterator<Item = Request> {
    // Another stream than that of the units, so that one seed may serve for both.
    let mut dice = Dice::new(seed);
    dice.stream.set_stream(1);
    let towns = Towns::of_france();
    let mut made = 0;
    std::iter::repeat_with(move || request(&mut dice, &towns, &mut made)).take(count)
}

// ---------------------------------------------------------------------------------------------------------------------
// Chance

/// One stream of chance. Its own few draws, so that a release of `rand` with other algorithms changes no byte.
struct Dice {
    stream: ChaCha8Rng,
}

impl Dice {
    fn new(seed: u64) -> Self {
        Self { stream: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// A whole number from 0 to `bound` − 1.
    fn below(&mut self, bound: u32) -> u32 {
        let scaled = u64::from(self.stream.next_u32()) * u64::from(bound);
        u32::try_from(scaled >> 32).expect("is below a u32")
    }

    fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of the choices, each as often as its weight says.
    fn pick<T: Copy>(&mut self, choices: &[(u32, T)]) -> T {
        let mut left = self.below(choices.iter().map(|(weight, _)| weight).sum());
        for (weight, choice) in choices {
            if left < *weight {
                return *choice;
            }
            left -= weight;
        }
        unreachable!("the weights add up to more than any draw")
    }

    /// Each of the choices with its own chance in a hundred.
    fn some<T: Copy>(&mut self, choices: &[(u32, T)]) -> Vec<T> {
        choices.iter().filter(|(percent, _)| self.chance(*percent)).map(|(_, choice)| *choice).collect()
    }

    /// From −`reach` to `reach`, the middle more often than the ends.
    fn around(&mut self, reach: i32) -> i32 {
        let bound = reach.unsigned_abs() + 1;
        self.below(bound).cast_signed() - self.below(bound).cast_signed()
    }

    /// An id in the form of UUID version 7, later than every one made before it.
    fn id(&mut self, made: &mut u64) -> Uuid {
        const FIRST_MS: u64 = 1_767_225_600_000; // 2026-01-01T00:00:00Z
        let ms = u128::from(FIRST_MS + *made);
        *made += 1;
        let low = u128::from(self.stream.next_u64() >> 2);
        Uuid::from_u128(ms << 80 | 0x7 << 76 | 0b10 << 62 | low)
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Towns

struct Town {
    department: Department,
    /// In millionths of a degree.
    lat: i32,
    lon: i32,
    population: u32,
    /// The cell of its middle, of resolution 6 where it is big enough, else 5.
    cell: Cell,
    /// The cells of resolution 5 around it. They may lie in the sea: of no matter here.
    outskirts: Vec<Cell>,
}

struct Towns {
    all: Vec<Town>,
    /// The population up to and including each town, to draw one by its size.
    up_to: Vec<u32>,
}

impl Towns {
    fn of_france() -> Self {
        let table = include_str!("../../../seeds/towns.csv");
        let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
        let all: Vec<Town> = rows.map(|row| Town::parse(row).expect("seeds/towns.py writes well-formed rows")).collect();
        let up_to = all
            .iter()
            .scan(0, |sum, town| {
                *sum += town.population;
                Some(*sum)
            })
            .collect();
        Self { all, up_to }
    }

    fn draw(&self, dice: &mut Dice) -> &Town {
        let inhabitant = dice.below(self.up_to.last().copied().expect("there are towns"));
        let at = self.up_to.partition_point(|up_to| *up_to <= inhabitant);
        self.all.get(at).expect("as many sums as towns")
    }
}

impl Town {
    fn parse(row: &str) -> Option<Self> {
        let [department, _name, lat, lon, population] = row.split(',').collect::<Vec<_>>().try_into().ok()?;
        let population = population.parse().ok()?;
        let middle = h3o::LatLng::new(lat.parse().ok()?, lon.parse().ok()?).ok()?;
        let wide = middle.to_cell(h3o::Resolution::Five);
        let near = if population >= BIG_TOWN { middle.to_cell(h3o::Resolution::Six) } else { wide };
        let around = wide.grid_disk::<Vec<_>>(1).into_iter().filter(|index| *index != wide);
        let mut outskirts: Vec<Cell> = around.map(cell).collect::<Option<_>>()?;
        outskirts.sort_unstable();
        Some(Self {
            department: department.parse().ok()?,
            lat: millionths(lat)?,
            lon: millionths(lon)?,
            population,
            cell: cell(near)?,
            outskirts,
        })
    }

    /// A point in or around the town.
    fn point(&self, dice: &mut Dice) -> Point {
        let reach = if self.population >= BIG_TOWN { 45_000 } else { 25_000 };
        let lat = self.lat + dice.around(reach);
        let lon = self.lon + dice.around(reach * 7 / 5);
        Point { lat: latitude(lat), lon: longitude(lon) }
    }

    fn hidden(&self, dice: &mut Dice) -> Cell {
        if dice.chance(65) {
            return self.cell;
        }
        let at = dice.below(u32::try_from(self.outskirts.len()).expect("are six"));
        self.outskirts.get(usize::try_from(at).expect("fits")).copied().unwrap_or(self.cell)
    }
}

fn cell(index: h3o::CellIndex) -> Option<Cell> {
    index.to_string().parse().ok()
}

/// `48.8534` as 48 853 400: read as whole numbers, so that nothing is rounded twice.
fn millionths(degrees: &str) -> Option<i32> {
    let (whole, fraction) = degrees.split_once('.')?;
    let digits = format!("{whole}{fraction:0<6}");
    (fraction.len() <= 6).then(|| digits.parse().ok()).flatten()
}

// ---------------------------------------------------------------------------------------------------------------------
// Units

/// Whom a unit takes.
#[derive(Clone, Copy)]
enum People {
    Women,
    Men,
    Both,
    Everyone,
}

/// What the units of a kind are like. Chances are in a hundred, pairs are (weight, value).
#[derive(Clone, Copy)]
struct Profile {
    kind: Kind,
    /// Public address.
    public: u32,
    stages: &'static [(u32, &'static [Stage])],
    people: &'static [(u32, People)],
    households: &'static [(u32, u32)],
    /// Takes children with a parent.
    children: u32,
    /// Takes lone minors; some of these keep young adults too.
    minors: u32,
    /// Takes adults.
    adults: u32,
    self_contained: u32,
    specialised: u32,
    removal_only: u32,
    admission_days: &'static [(u32, u32)],
    doors: &'static [(u32, &'static [Door])],
    conditions: &'static [(u32, Condition)],
    steps: &'static [(u32, Step)],
    /// Number of vacancies.
    vacancies: &'static [(u32, u32)],
    /// A vacancy has an end.
    ends: u32,
    nights_free: (u32, u32),
}

const EMERGENCY: &[(u32, &[Stage])] = &[(1, &[Stage::Emergency])];
const LONG: &[(u32, &[Stage])] =
    &[(4, &[Stage::Stabilisation, Stage::Integration]), (2, &[Stage::Stabilisation]), (1, &[Stage::Integration])];
const FIRST_MONTHS: &[(u32, &[Stage])] =
    &[(3, &[Stage::Emergency, Stage::Stabilisation]), (2, &[Stage::Stabilisation]), (1, &[Stage::Emergency])];
const ANY_STAGE: &[(u32, &[Stage])] = &[
    (4, &[Stage::Stabilisation, Stage::Integration]),
    (3, &[Stage::Emergency, Stage::Stabilisation]),
    (2, &[Stage::Integration]),
    (1, &[Stage::Emergency, Stage::Stabilisation, Stage::Integration]),
];
const ALONE: &[(u32, u32)] = &[(7, 1), (3, 2)];
const FAMILIES: &[(u32, u32)] = &[(2, 2), (4, 3), (4, 4), (2, 5), (1, 7)];
const SOME_DAYS: &[(u32, u32)] = &[(4, 0), (2, 1), (2, 2), (2, 3), (1, 5), (1, 7)];

/// The ordinary CHRS; the other kinds say where they differ from it.
const CHRS: Profile = Profile {
    kind: Kind::Chrs,
    public: 30,
    stages: ANY_STAGE,
    people: &[(35, People::Women), (25, People::Men), (35, People::Both), (5, People::Everyone)],
    households: &[(5, 1), (3, 2), (2, 4), (1, 5)],
    children: 25,
    minors: 0,
    adults: 100,
    self_contained: 10,
    specialised: 2,
    removal_only: 1,
    admission_days: SOME_DAYS,
    doors: &[(8, &[Door::Siao]), (1, &[Door::Siao, Door::Direct]), (1, &[Door::Siao, Door::Samu115])],
    conditions: &[(15, Condition::IncomeShare), (5, Condition::Abstinence), (10, Condition::ExitPathway)],
    steps: &[(45, Step::Interview), (10, Step::VideoInterview), (15, Step::Visit), (4, Step::MedicalVisit)],
    vacancies: &[(55, 0), (32, 1), (10, 2), (3, 3)],
    ends: 20,
    nights_free: (10, 120),
};

const PROFILES: &[(u32, Profile)] = &[
    (270, CHRS),
    (170, EMERGENCY_CENTRE),
    (130, HOTEL),
    (
        110,
        Profile {
            kind: Kind::DiffuseHousing,
            public: 0,
            stages: LONG,
            households: FAMILIES,
            children: 50,
            self_contained: 85,
            specialised: 10,
            ..CHRS
        },
    ),
    (50, MINORS_HOME),
    (
        50,
        Profile { kind: Kind::TransitionalHousing, public: 20, stages: &[(1, &[Stage::Integration])], self_contained: 90, ..CHRS },
    ),
    (45, FOSTER_FAMILY),
    (
        40,
        Profile {
            kind: Kind::StabilisationCentre,
            public: 60,
            stages: &[(3, &[Stage::Stabilisation]), (1, &[Stage::Emergency, Stage::Stabilisation])],
            children: 10,
            ..CHRS
        },
    ),
    (30, CITIZEN_HOST),
    (25, ACSE),
    (20, MOTHER_CHILD_CENTRE),
    (20, ASYLUM_CENTRE),
    (
        15,
        Profile {
            kind: Kind::SpecialisedHome,
            public: 0,
            stages: FIRST_MONTHS,
            specialised: 85,
            removal_only: 10,
            doors: &[(2, &[Door::Direct]), (1, &[Door::Direct, Door::Siao])],
            conditions: &[],
            ..CHRS
        },
    ),
    (
        15,
        Profile {
            kind: Kind::SpecialisedFlat,
            public: 0,
            stages: LONG,
            specialised: 85,
            removal_only: 25,
            doors: &[(1, &[Door::Direct])],
            conditions: &[(20, Condition::CourtProceedings)],
            ..CHRS
        },
    ),
    (7, Profile { kind: Kind::Other, doors: &[(1, &[Door::Direct]), (1, &[Door::Health])], ..CHRS }),
    (3, SECURE_MINORS_CENTRE),
];

const EMERGENCY_CENTRE: Profile = Profile {
    kind: Kind::EmergencyCentre,
    public: 85,
    stages: EMERGENCY,
    children: 30,
    admission_days: &[(1, 0)],
    doors: &[(4, &[Door::Samu115]), (3, &[Door::Samu115, Door::Siao]), (1, &[Door::Samu115, Door::Direct])],
    conditions: &[],
    steps: &[],
    vacancies: &[(35, 0), (40, 1), (18, 2), (7, 3)],
    ends: 50,
    nights_free: (1, 10),
    ..CHRS
};

const HOTEL: Profile = Profile {
    kind: Kind::Hotel,
    public: 0,
    people: &[(1, People::Women), (5, People::Both), (4, People::Everyone)],
    households: FAMILIES,
    children: 90,
    self_contained: 90,
    ends: 85,
    nights_free: (1, 8),
    ..EMERGENCY_CENTRE
};

const ACSE: Profile = Profile {
    kind: Kind::Acse,
    public: 0,
    stages: LONG,
    people: &[(55, People::Women), (12, People::Men), (25, People::Both), (8, People::Everyone)],
    households: ALONE,
    children: 20,
    specialised: 0,
    removal_only: 100,
    admission_days: &[(4, 7), (3, 10), (3, 14), (1, 21)],
    doors: &[(1, &[Door::Acse])],
    conditions: &[(100, Condition::LocalDanger), (15, Condition::ExitPathway)],
    steps: &[(50, Step::Interview), (80, Step::VideoInterview)],
    ..CHRS
};

const MINORS_HOME: Profile = Profile {
    kind: Kind::MinorsHome,
    public: 0,
    stages: FIRST_MONTHS,
    people: &[(3, People::Women), (3, People::Men), (5, People::Both), (1, People::Everyone)],
    households: &[(4, 1), (2, 2), (2, 3)],
    children: 0,
    minors: 100,
    adults: 0,
    specialised: 4,
    doors: &[(1, &[Door::ChildProtection])],
    conditions: &[],
    steps: &[(30, Step::Interview), (30, Step::Visit)],
    ..CHRS
};

const FOSTER_FAMILY: Profile =
    Profile { kind: Kind::FosterFamily, stages: LONG, households: ALONE, adults: 20, self_contained: 0, ..MINORS_HOME };

const SECURE_MINORS_CENTRE: Profile =
    Profile { kind: Kind::SecureMinorsCentre, people: &[(1, People::Everyone)], specialised: 100, removal_only: 80, ..MINORS_HOME };

const MOTHER_CHILD_CENTRE: Profile = Profile {
    kind: Kind::MotherChildCentre,
    public: 10,
    stages: ANY_STAGE,
    people: &[(1, People::Women)],
    households: &[(3, 2), (4, 3), (1, 4)],
    children: 100,
    minors: 40,
    conditions: &[],
    doors: &[(1, &[Door::ChildProtection])],
    ..CHRS
};

const ASYLUM_CENTRE: Profile = Profile {
    kind: Kind::AsylumCentre,
    public: 20,
    stages: &[(3, &[Stage::Stabilisation]), (1, &[Stage::Stabilisation, Stage::Integration])],
    specialised: 60,
    removal_only: 40,
    admission_days: &[(2, 3), (3, 7), (1, 14)],
    doors: &[(1, &[Door::Asylum])],
    conditions: &[(100, Condition::AsylumApplication)],
    ..CHRS
};

const CITIZEN_HOST: Profile = Profile {
    kind: Kind::CitizenHost,
    public: 0,
    stages: &[(2, &[Stage::Stabilisation]), (2, &[Stage::Emergency, Stage::Stabilisation]), (1, &[Stage::Emergency])],
    people: &[(4, People::Women), (1, People::Men), (4, People::Both), (2, People::Everyone)],
    households: ALONE,
    children: 25,
    self_contained: 0,
    specialised: 0,
    doors: &[(1, &[Door::Direct])],
    conditions: &[],
    steps: &[(80, Step::Interview), (60, Step::Visit)],
    ends: 70,
    nights_free: (7, 60),
    ..CHRS
};

const OFFERS: &[(u32, Offer)] = &[
    (30, Offer::PsychologicalCare),
    (12, Offer::MedicalCare),
    (40, Offer::LegalSupport),
    (15, Offer::Interpreting),
    (25, Offer::FrenchLessons),
    (25, Offer::JobSupport),
    (35, Offer::Domiciliation),
    (8, Offer::AddictionCare),
    (6, Offer::FamilyMediation),
    (15, Offer::StepFree),
    (50, Offer::PrivateRoom),
    (25, Offer::SmallSetting),
    (35, Offer::StaffAtNight),
    (25, Offer::ControlledAccess),
    (4, Offer::NearMaternity),
    (6, Offer::ConsumptionTolerated),
    (15, Offer::ColdStorage),
    (5, Offer::Animals),
    (2, Offer::SignLanguage),
];
const OFFERS_WITH_CHILDREN: &[(u32, Offer)] = &[(40, Offer::Childcare), (40, Offer::Schooling), (50, Offer::Cot)];

/// Spoken beside French: (chance at a unit, code). Those of people exploited in France come first.
#[rustfmt::skip]
const LANGUAGES: &[(u32, &str)] = &[
    (55, "en"), (20, "es"), (18, "ar"), (12, "ro"), (10, "pt"), (9, "ru"), (7, "sq"), (7, "bg"), (6, "zh"), (5, "it"),
    (4, "pcm"), (4, "ln"), (4, "yo"), (3, "ti"), (3, "fa"), (3, "bn"), (2, "vi"), (2, "uk"), (2, "rom"), (2, "dyu"),
];

const UNLAWFUL: &[(u32, UnlawfulCondition)] = &[
    (6, UnlawfulCondition::RegularStay),
    (4, UnlawfulCondition::IdentityDocuments),
    (2, UnlawfulCondition::ComplaintFiled),
    (1, UnlawfulCondition::Cooperation),
    (1, UnlawfulCondition::LeftNetwork),
    (8, UnlawfulCondition::LocalConnection),
];

/// The structure whose units are being made.
#[derive(Clone, Copy)]
struct Site {
    structure_id: Uuid,
    department: Department,
    location: Location,
    profile: Profile,
    units_left: u32,
}

struct Registry {
    dice: Dice,
    towns: Towns,
    site: Option<Site>,
    made: u64,
}

impl Registry {
    fn site(&mut self) -> Site {
        let mut site = match self.site.take() {
            Some(site) if site.units_left > 0 => site,
            _ => self.open_site(),
        };
        site.units_left -= 1;
        self.site = Some(site);
        site
    }

    fn open_site(&mut self) -> Site {
        let dice = &mut self.dice;
        let profile = dice.pick(PROFILES);
        let town = self.towns.draw(dice);
        let location =
            if dice.chance(profile.public) { Location::Point(town.point(dice)) } else { Location::Cell(town.hidden(dice)) };
        Site {
            structure_id: dice.id(&mut self.made),
            department: town.department,
            location,
            profile,
            units_left: dice.pick(&[(60, 1), (25, 2), (10, 3), (5, 4)]),
        }
    }

    fn unit(&mut self) -> Unit {
        let site = self.site();
        let dice = &mut self.dice;
        // A CHRS often has an emergency or a stabilisation unit beside the main one.
        let profile = if site.profile.kind == Kind::Chrs && dice.chance(15) { EMERGENCY_CENTRE } else { site.profile };
        let people = dice.pick(profile.people);
        let children = dice.chance(profile.children).then(|| children(dice));
        let minors = dice.chance(profile.minors).then(|| minors(dice, &profile, people));
        let household = dice.pick(profile.households).max(if children.is_some() { 2 } else { 1 });
        Unit {
            id: dice.id(&mut self.made),
            structure_id: site.structure_id,
            kind: profile.kind,
            department: site.department,
            location: site.location,
            stages: codes(dice.pick(profile.stages).iter().copied()),
            genders: codes(genders(people).iter().copied()),
            adult_ages: dice.chance(profile.adults).then(|| adult_ages(dice, &profile)),
            max_household: HouseholdSize::new(household).expect("is small"),
            couples: household > 1 && matches!(people, People::Both | People::Everyone) && dice.chance(50),
            setting: setting(dice, &profile, people),
            offers: offers(dice, &site, children.is_some() || minors.is_some()),
            children,
            unaccompanied_minors: minors,
            specialised: dice.chance(profile.specialised),
            removal_only: dice.chance(profile.removal_only),
            admission_days: AdmissionDays::new(dice.pick(profile.admission_days)).expect("is below a month"),
            doors: codes(dice.pick(profile.doors).iter().copied()),
            languages: languages(dice),
            conditions: codes(dice.some(profile.conditions)),
            unlawful_conditions: codes(dice.some(UNLAWFUL)),
            steps: codes(dice.some(profile.steps)),
            vacancies: vacancies(dice, &profile, household, &mut self.made),
            houses: Vec::new(),
        }
    }
}

fn genders(people: People) -> &'static [Gender] {
    match people {
        People::Women => &[Gender::Female],
        People::Men => &[Gender::Male],
        People::Both => &[Gender::Female, Gender::Male],
        People::Everyone => &[Gender::Female, Gender::Male, Gender::Other],
    }
}

fn setting(dice: &mut Dice, profile: &Profile, people: People) -> Setting {
    if dice.chance(profile.self_contained) {
        return Setting::Alone;
    }
    match people {
        People::Women if dice.chance(80) => Setting::Women,
        People::Men if dice.chance(80) => Setting::Men,
        People::Women | People::Men | People::Both | People::Everyone => Setting::Mixed,
    }
}

fn adult_ages(dice: &mut Dice, profile: &Profile) -> AgeRange {
    let bounds = [(85, (18, None)), (6, (18, Some(25))), (3, (25, None)), (3, (18, Some(30))), (3, (18, Some(60)))];
    // A foster family keeps those who were placed with it for a while.
    let (min, max) = if profile.kind == Kind::FosterFamily { (18, Some(21)) } else { dice.pick(&bounds) };
    AgeRange { min: age(min), max: max.map(age) }
}

fn children(dice: &mut Dice) -> Children {
    let max = dice.pick(&[(50, 17), (15, 12), (10, 10), (10, 6), (15, 3)]);
    let boys = (max > 10 && dice.chance(20)).then(|| dice.between(8, max));
    Children { max_age: age(max), boys_max_age: boys.map(age) }
}

fn minors(dice: &mut Dice, profile: &Profile, people: People) -> UnaccompaniedMinors {
    let (min, max) = match profile.kind {
        Kind::SecureMinorsCentre => (13, 17),
        Kind::MotherChildCentre => (14, 17),
        _ => (dice.pick(&[(2, 3), (2, 6), (3, 10), (4, 13), (3, 14), (2, 15)]), dice.pick(&[(8, 17), (2, 20)])),
    };
    UnaccompaniedMinors {
        min_age: age(min),
        max_age: age(max),
        genders: codes(genders(people).iter().copied()),
        accreditation: format!("ASE {} (synthétique)", dice.between(1, 9999)).parse().ok(),
    }
}

fn offers(dice: &mut Dice, site: &Site, young: bool) -> Codes<Offer> {
    let mut offers = dice.some(OFFERS);
    if young {
        offers.extend(dice.some(OFFERS_WITH_CHILDREN));
    }
    if matches!(site.location, Location::Cell(_)) && dice.chance(60) {
        offers.push(Offer::SecretAddress);
    }
    codes(offers)
}

fn languages(dice: &mut Dice) -> Codes<Language> {
    let spoken = std::iter::once("fr").chain(dice.some(LANGUAGES));
    codes(spoken.map(|code| code.parse::<Language>().expect("is a language")))
}

fn vacancies(dice: &mut Dice, profile: &Profile, household: u32, made: &mut u64) -> Vec<Vacancy> {
    (0..dice.pick(profile.vacancies))
        .map(|_| {
            let (begun, ahead) = (dice.between(1, 30).cast_signed(), dice.between(1, 25).cast_signed());
            let from = dice.pick(&[(60, 0), (20, -begun), (20, ahead)]);
            let until = dice.chance(profile.ends).then(|| {
                let (low, high) = profile.nights_free;
                day(from.max(0) + dice.between(low, high).cast_signed())
            });
            Vacancy {
                id: dice.id(made),
                beds: Beds::new(dice.between(1, household + 1)).expect("is small"),
                from: day(from),
                until,
                confirmed_at: confirmed(dice),
            }
        })
        .collect()
}

/// Most within a day or three, some weeks ago: lists go stale.
fn confirmed(dice: &mut Dice) -> Moment {
    let (low, high) =
        dice.pick(&[(45, (10, 24 * 60)), (25, (24 * 60, 72 * 60)), (20, (72 * 60, 240 * 60)), (10, (240 * 60, 1500 * 60))]);
    moment(dice.between(low, high))
}

// ---------------------------------------------------------------------------------------------------------------------
// Requests

const NEEDS: &[(u32, Offer)] = &[
    (4, Offer::StepFree),
    (5, Offer::PrivateRoom),
    (3, Offer::NearMaternity),
    (3, Offer::ConsumptionTolerated),
    (3, Offer::Animals),
    (1, Offer::SignLanguage),
    (1, Offer::ColdStorage),
];
const WISHES: &[(u32, Offer)] = &[
    (30, Offer::PsychologicalCare),
    (15, Offer::MedicalCare),
    (45, Offer::LegalSupport),
    (10, Offer::Interpreting),
    (20, Offer::FrenchLessons),
    (15, Offer::JobSupport),
    (10, Offer::Domiciliation),
    (5, Offer::AddictionCare),
    (10, Offer::SmallSetting),
    (8, Offer::StaffAtNight),
    (15, Offer::SecretAddress),
];

/// Who comes to the office, by how often.
#[derive(Clone, Copy)]
enum Household {
    Alone,
    TwoAdults,
    Couple,
    Parent,
    LoneMinor,
    WithUnprovenChild,
}

fn request(dice: &mut Dice, towns: &Towns, made: &mut u64) -> Request {
    let household_kind = dice.pick(&[
        (68, Household::Alone),
        (4, Household::TwoAdults),
        (3, Household::Couple),
        (13, Household::Parent),
        (10, Household::LoneMinor),
        (2, Household::WithUnprovenChild),
    ]);
    let (urgency, stage) = dice.pick(&[
        (35, (Urgency::Immediate, Stage::Emergency)),
        (10, (Urgency::Urgent, Stage::Emergency)),
        (20, (Urgency::Urgent, Stage::Stabilisation)),
        (20, (Urgency::Planned, Stage::Stabilisation)),
        (15, (Urgency::Planned, Stage::Integration)),
    ]);
    let (nights, first_day) = match urgency {
        Urgency::Immediate => (dice.pick(&[(3, 7), (3, 15), (4, 30)]), 0),
        Urgency::Urgent => (dice.pick(&[(2, 15), (4, 30), (3, 60), (2, 90)]), dice.between(0, 2)),
        Urgency::Planned => (dice.pick(&[(2, 60), (3, 90), (4, 180), (2, 365)]), dice.between(0, 20)),
    };
    let town = towns.draw(dice);
    let distance = distance(dice);
    Request {
        id: dice.id(made),
        at: moment(0),
        created_at: Some(moment(match urgency {
            Urgency::Immediate => dice.between(0, 24 * 60),
            Urgency::Urgent => dice.between(0, 5 * 24 * 60),
            Urgency::Planned => dice.between(0, 150 * 24 * 60),
        })),
        household: household(dice, household_kind),
        couple: matches!(household_kind, Household::Couple),
        stage,
        urgency,
        first_day: day(first_day.cast_signed()),
        nights: Nights::new(nights).expect("is at most a year"),
        place: place(dice, town),
        accepts_removal: distance.wish != Wish::StayNear && dice.chance(85) || dice.chance(25),
        accepts_crossing: dice.chance(8),
        distance,
        living_with: codes(
            dice.pick::<&[Setting]>(&[
                (78, &[]),
                (12, &[Setting::Women, Setting::Alone]),
                (4, &[Setting::Men, Setting::Alone]),
                (6, &[Setting::Alone]),
            ])
            .iter()
            .copied(),
        ),
        danger_zones: danger_zones(dice, towns, town),
        required: codes(dice.some(NEEDS)),
        wished: codes(dice.some(WISHES)),
        required_languages: spoken(dice, 6),
        wished_languages: spoken(dice, 45),
        keep_apart: Vec::new(),
        refused_units: Vec::new(),
        refused_structures: Vec::new(),
    }
}

fn household(dice: &mut Dice, kind: Household) -> Vec<Person> {
    match kind {
        Household::Alone => vec![adult(dice)],
        Household::TwoAdults => vec![adult(dice), adult(dice)],
        Household::Couple => {
            let partner = dice.pick(&[(9, Gender::Male), (1, Gender::Female)]);
            vec![person(dice, Gender::Female, Minority::Adult, 18, 45), person(dice, partner, Minority::Adult, 18, 50)]
        }
        Household::Parent => {
            let parent = dice.pick(&[(90, Gender::Female), (10, Gender::Male)]);
            let parent = person(dice, parent, Minority::Adult, 18, 48);
            let number = dice.pick(&[(55, 1), (30, 2), (12, 3), (3, 4)]);
            let children = (0..number).map(|_| {
                let gender = dice.pick(&[(1, Gender::Female), (1, Gender::Male)]);
                Person { with_parent: true, ..person(dice, gender, Minority::Minor, 0, 16) }
            });
            std::iter::once(parent).chain(children).collect()
        }
        Household::LoneMinor => vec![lone_minor(dice)],
        Household::WithUnprovenChild => vec![adult(dice), lone_minor(dice)],
    }
}

fn adult(dice: &mut Dice) -> Person {
    let gender = dice.pick(&[(66, Gender::Female), (31, Gender::Male), (3, Gender::Other)]);
    person(dice, gender, Minority::Adult, 18, 55)
}

fn lone_minor(dice: &mut Dice) -> Person {
    let gender = dice.pick(&[(6, Gender::Female), (4, Gender::Male)]);
    let minority = dice.pick(&[(5, Minority::Minor), (5, Minority::PresumedMinor)]);
    let mut minor = person(dice, gender, minority, 12, 17);
    // Half of those of seventeen know their birthday.
    if minor.age == Some(age(17)) && dice.chance(50) {
        minor.turns_18_on = Some(day(dice.between(1, 360).cast_signed()));
    }
    minor
}

fn person(dice: &mut Dice, gender: Gender, minority: Minority, youngest: u32, oldest: u32) -> Person {
    let years = age(dice.between(youngest, oldest));
    let known = if minority == Minority::PresumedMinor { 60 } else { 93 };
    Person { gender, minority, age: dice.chance(known).then_some(years), with_parent: false, turns_18_on: None }
}

fn place(dice: &mut Dice, town: &Town) -> Place {
    let Point { lat, lon } = town.point(dice);
    Place { lat, lon, department: town.department }
}

fn distance(dice: &mut Dice) -> Distance {
    let wish = dice.pick(&[(55, Wish::StayNear), (25, Wish::MoveAway), (20, Wish::Indifferent)]);
    let max_km = match wish {
        Wish::StayNear => dice.pick(&[(4, None), (2, Some(20)), (3, Some(50)), (2, Some(100))]),
        Wish::MoveAway | Wish::Indifferent => None,
    };
    let min_km = match wish {
        Wish::MoveAway => dice.pick(&[(4, None), (3, Some(100)), (2, Some(200)), (1, Some(300))]),
        Wish::StayNear | Wish::Indifferent => None,
    };
    let km = |km: u32| Km::new(f64::from(km)).expect("is positive");
    Distance { wish, max_km: max_km.map(km), min_km: min_km.map(km) }
}

/// None, or the place itself and another town.
fn danger_zones(dice: &mut Dice, towns: &Towns, town: &Town) -> Vec<DangerZone> {
    let number = dice.pick(&[(45, 0), (40, 1), (15, 2)]);
    (0..number)
        .map(|nth| {
            let town = if nth == 0 { town } else { towns.draw(dice) };
            let level = dice.pick(&[(7, ZoneLevel::Forbidden), (3, ZoneLevel::Avoid)]);
            if dice.chance(40) {
                return DangerZone { level, department: Some(town.department), centre: None, radius_km: None };
            }
            let radius = RadiusKm::new(f64::from(dice.pick(&[(3, 5), (4, 10), (2, 20), (1, 40)]))).expect("is positive");
            DangerZone { level, department: None, centre: Some(town.point(dice)), radius_km: Some(radius) }
        })
        .collect()
}

fn spoken(dice: &mut Dice, percent: u32) -> Codes<Language> {
    let code = dice.pick(LANGUAGES);
    codes(dice.chance(percent).then(|| code.parse::<Language>().expect("is a language")))
}

// ---------------------------------------------------------------------------------------------------------------------
// Values

fn codes<T: Copy + Eq>(values: impl IntoIterator<Item = T>) -> Codes<T> {
    values.into_iter().collect()
}

fn age(years: u32) -> Age {
    Age::new(u8::try_from(years).expect("is an age")).expect("is an age")
}

fn latitude(millionths: i32) -> Latitude {
    Latitude::new(f64::from(millionths) / 1e6).expect("lies in France")
}

fn longitude(millionths: i32) -> Longitude {
    Longitude::new(f64::from(millionths) / 1e6).expect("lies in France")
}

/// The day so many days after that of [`at`].
fn day(offset: i32) -> Day {
    let today = at().date_naive();
    let days = Days::new(u64::from(offset.unsigned_abs()));
    let day = if offset < 0 { today.checked_sub_days(days) } else { today.checked_add_days(days) };
    day.and_then(|day| Day::new(day).ok()).expect("is within two years")
}

/// The instant so many minutes before [`at`].
fn moment(minutes_before: u32) -> Moment {
    Moment::new(at() - TimeDelta::minutes(i64::from(minutes_before))).expect("is within a year")
}
