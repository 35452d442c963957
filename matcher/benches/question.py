"""The question that every peer of the ranking answers, in numbers: units as columns, a request as bounds, masks and weights.

For the best 20, one row is one vacancy of one unit: a unit without a vacancy is never eligible nor to verify (rule `capacity`), so it
has no row. Rows lie in the order of unit id, first day and vacancy id: the number of a row is the last word of the order of answers, and
of two vacancies of a unit with the same score. For the counts, one row is one unit, with or without vacancies, in the order of its id.
The semantics are those of design §3.2 and §3.3, the numbers those of the embedded policy.
"""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import h3
import numpy as np

EARTH_RADIUS_KM = 6371.0088
POLICY = tomllib.loads((Path(__file__).parent.parent / "policy" / "default.toml").read_text())
OFFERS = (
    "psychological_care medical_care legal_support interpreting french_lessons childcare schooling job_support domiciliation addiction_care "
    "family_mediation step_free private_room small_setting staff_at_night secret_address controlled_access cot near_maternity "
    "consumption_tolerated cold_storage animals sign_language"
).split()
GENDERS = ("female", "male", "other")
# The yes and no of a unit, a bit each in the column `flags`.
BITS = {
    name: 1 << at
    for at, name in enumerate(
        [f"stage:{stage}" for stage in ("emergency", "stabilisation", "integration")]
        + [f"adult:{gender}" for gender in GENDERS]
        + [f"lone_minor:{gender}" for gender in GENDERS]
        + [f"setting:{setting}" for setting in ("women", "men", "mixed", "alone")]
        + ["couples", "no_removal", "has_lone_minors", "has_children", "takes_18"]
        + [f"offer:{offer}" for offer in OFFERS]
        # Whom the lists of genders turn away, whoever else is turned away for age or for being alone: what the counts tell apart.
        + [f"gender:{gender}" for gender in GENDERS]
        + [f"lone_gender:{gender}" for gender in GENDERS]
        + ["takes_adults", "takes_lone_minors", "keeps_18"]
        # Adults of some age, be it as young adults only: what is asked of an index for an adult of 18 to 20.
        + [f"some_adult:{gender}" for gender in GENDERS]
    )
}
RULES = (
    "capacity gender age unaccompanied_minor children household setting stage removal_consent crossing danger_zone danger_zone_unsure "
    "distance required_offer required_language keep_apart already_refused"
).split()
# What a phone call settles for `immediate` and `urgent`; `danger_zone_unsure` it settles for all.
CALLS = ("stage", "household", "required_offer", "required_language")
COLUMNS = {
    "admission_days": np.int16, "from_day": np.int32, "until_day": np.int32, "beds": np.int32, "flags": np.int64,
    "adult_min": np.int16, "adult_max": np.int16, "minor_min": np.int16, "minor_max": np.int16, "girl_max": np.int16, "boy_max": np.int16,
    "land": np.int16, "department": np.int16, "max_household": np.int32, "x": np.float64, "y": np.float64, "z": np.float64,
    "confirmed_s": np.float64, "specialisation": np.float64, "conditions": np.float64, "languages": np.int64, "reach_km": np.float64,
    "unit": np.int32, "structure": np.int32, "lat": np.float64, "lon": np.float64,
}  # fmt: skip
NEVER = 3_000_000
"""The day on which an open-ended vacancy ends: past every other."""
ANY_AGE = 999
NO_AGE = -1
YOUNG_ADULT_MAX = 20
"""No unit keeps anyone older in the beds of minors."""
LANGUAGES_MAX = 62
"""How many languages have a bit; the next bit is that of a language nobody speaks."""


def bits(prefix, codes):
    return sum(BITS[f"{prefix}:{code}"] for code in codes)


def day(text):
    return date.fromisoformat(text).toordinal()


def unit_vector(lat, lon):
    lat, lon = math.radians(lat), math.radians(lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def chord2(km):
    """The square of the straight line, on a sphere of radius 1, under so many km along it: what distances are compared by."""
    return (2 * math.sin(min(km / EARTH_RADIUS_KM, math.pi) / 2)) ** 2


def land(department):
    return -1 if department in ("2A", "2B") else int(department) if len(department) == 3 else 0


def department_code(department):
    return int(department, 16)


def taken(genders):
    """With the gender `other` where both others are taken."""
    return set(genders) | ({"other"} if {"female", "male"} <= set(genders) else set())


class Places:
    """Unit vector, latitude, longitude and reach of each location, worked out once a cell."""

    def __init__(self):
        self.cells = {}

    def of(self, location):
        if point := location.get("point"):
            return (*unit_vector(point["lat"], point["lon"]), point["lat"], point["lon"], 0.0)
        cell = location["cell"]
        if cell not in self.cells:
            centre = h3.cell_to_latlng(cell)
            vector = unit_vector(*centre)
            corners = [unit_vector(*corner) for corner in h3.cell_to_boundary(cell)]
            reach = max(2 * EARTH_RADIUS_KM * math.asin(math.dist(vector, corner) / 2) for corner in corners)
            self.cells[cell] = (*vector, *centre, reach)
        return self.cells[cell]


@dataclass
class Rows:
    columns: dict[str, np.ndarray]
    unit_columns: dict[str, np.ndarray]
    unit_ids: np.ndarray
    vacancy_ids: np.ndarray
    unit_numbers: dict[str, int]
    structure_numbers: dict[str, int]
    languages: dict[str, int]
    houses: dict[str, list[int]]
    vacancies_max: int

    @classmethod
    def load(cls, path):
        places, languages, lines, structures, houses = Places(), {}, [], {}, {}
        with open(path, encoding="utf-8") as file:
            for unit in map(json.loads, file):
                lines.append((unit["id"].lower(), unit_columns(unit, places, languages, structures), vacancies(unit)))
                for housed in unit.get("houses", []):
                    houses.setdefault(housed.lower(), []).append(lines[-1][0])
        lines.sort(key=lambda line: line[0])
        numbers = {unit_id: number for number, (unit_id, _, _) in enumerate(lines)}
        assert len(languages) <= LANGUAGES_MAX, "more languages than bits"
        units = {name: np.array(column, dtype=COLUMNS[name]) for name, column in zip(UNIT, zip(*(unit for _, unit, _ in lines)))}
        found = [vacancy for _, _, found in lines for vacancy in found]
        columns = {name: np.array(column, dtype=COLUMNS[name]) for name, column in zip(VACANCY, zip(*(vacancy for _, vacancy in found)))}
        columns["unit"] = np.repeat(np.arange(len(lines), dtype=COLUMNS["unit"]), [len(found) for _, _, found in lines])
        vacancies_max = max(len(found) for _, _, found in lines)
        return cls(
            columns={name: columns[name] if name in columns else units[name][columns["unit"]] for name in COLUMNS},
            unit_columns={name: units[name] for name in COUNTED} | beside(columns, len(lines), vacancies_max),
            unit_ids=np.array(list(numbers), dtype="S36"),
            vacancy_ids=np.array([vacancy_id for vacancy_id, _ in found], dtype="S36"),
            unit_numbers=numbers,
            structure_numbers=structures,
            languages=languages,
            houses={request: [numbers[unit_id] for unit_id in ids] for request, ids in houses.items()},
            vacancies_max=vacancies_max,
        )


def beside(columns, units, most):
    """The vacancies of a unit in columns of its own row, numbered from 1 in the order of `from`; where there is none, it is too late.

    A unit has so few that PostgreSQL and SQLite take less time for them than for EXISTS with a covering index, or for a set of the units
    with a fitting vacancy; DuckDB takes the same.
    """
    owner, found = columns["unit"], {}
    nth = np.arange(len(owner)) - np.searchsorted(owner, owner)
    for name, none in (("from_day", NEVER), ("beds", 0), ("until_day", 0)):
        for place in range(most):
            column = found[f"{name}_{place + 1}"] = np.full(units, none, dtype=COLUMNS[name])
            column[owner[nth == place]] = columns[name][nth == place]
    return found


VACANCY = ("from_day", "until_day", "beds", "confirmed_s")
UNIT = (
    "admission_days", "flags", "adult_min", "adult_max", "minor_min", "minor_max", "girl_max", "boy_max", "land", "department",
    "max_household", "x", "y", "z", "lat", "lon", "reach_km", "specialisation", "conditions", "languages", "structure",
)  # fmt: skip
# What the rules look at in a unit, the widest first so that PostgreSQL has no gaps between them.
COUNTED = (
    "flags", "languages", "x", "y", "z", "reach_km", "max_household", "structure", "admission_days", "adult_min", "adult_max", "minor_min",
    "minor_max", "girl_max", "boy_max", "land", "department",
)  # fmt: skip


def vacancies(unit):
    """Ids and columns, in the order in which they are offered at the same score."""
    found = [
        (
            vacancy["id"].lower(),
            (
                day(vacancy["from"]),
                day(vacancy["until"]) if vacancy.get("until") else NEVER,
                vacancy["beds"],
                datetime.fromisoformat(vacancy["confirmed_at"]).timestamp(),
            ),
        )
        for vacancy in unit["vacancies"]
    ]
    return sorted(found, key=lambda vacancy: (vacancy[1][0], vacancy[0]))


def unit_columns(unit, places, languages, structures):
    adults, minors, children = unit["adult_ages"], unit.get("unaccompanied_minors"), unit.get("children")
    kind, setting = unit["kind"], unit.get("setting", "mixed")
    flags = bits("stage", set(unit["stages"])) | BITS[f"setting:{setting}"] | bits("offer", set(unit.get("offers", [])))
    yes = {
        "couples": unit.get("couples"),
        "no_removal": not (unit.get("removal_only") or kind == "acse"),
        "has_lone_minors": minors,
        "has_children": children,
        "takes_18": adults and adults["min"] <= 18 and (adults.get("max") is None or adults["max"] >= 18),
        "takes_adults": adults,
        "takes_lone_minors": minors and kind not in ("hotel", "acse"),
        "keeps_18": minors and minors["max_age"] >= 18,
    }
    flags |= sum(BITS[name] for name, holds in yes.items() if holds)
    genders, lone_genders = taken(unit["genders"]), taken(minors["genders"]) if minors else set(GENDERS)
    flags |= bits("gender", genders) | bits("lone_gender", lone_genders)
    # In one flag two rules at once: `gender` and `age`, which turns every adult away where none is taken; and with `unaccompanied_minor`.
    flags |= bits("adult", genders) if yes["takes_adults"] else 0
    flags |= bits("lone_minor", lone_genders) if yes["takes_lone_minors"] else 0
    flags |= bits("some_adult", genders | lone_genders if yes["keeps_18"] else genders if yes["takes_adults"] else ())
    spoken = sum(1 << languages.setdefault(language, len(languages)) for language in set(unit.get("languages", [])))
    girls = children["max_age"] if children else -1
    boys = girls if not children or children.get("boys_max_age") is None else children["boys_max_age"]
    x, y, z, lat, lon, reach = places.of(unit["location"])
    related = (
        POLICY["specialisation"]["related"] if kind in ("acse", "specialised_home", "specialised_flat", "secure_minors_centre") else 0.0
    )
    return (
        unit.get("admission_days", 0),
        flags,
        adults["min"] if adults else 0,
        adults["max"] if adults and adults.get("max") is not None else ANY_AGE,
        minors["min_age"] if minors else 0,
        minors["max_age"] if minors else NO_AGE,
        girls,
        boys,
        land(unit["department"]),
        department_code(unit["department"]),
        unit["max_household"],
        x, y, z, lat, lon, reach,
        1.0 if unit.get("specialised") else related,
        1.0 / (1 + len(set(unit.get("conditions", [])))),
        spoken,
        structures.setdefault(unit["structure_id"].lower(), len(structures)),
    )  # fmt: skip


@dataclass
class Zone:
    """A danger zone: a department, or a circle by the unit vector of its centre."""

    department: int | None
    centre: tuple[float, float, float] | None = None
    radius_km: float = 0.0

    @classmethod
    def of(cls, zone):
        if zone.get("department"):
            return cls(department_code(zone["department"]))
        return cls(None, unit_vector(zone["centre"]["lat"], zone["centre"]["lon"]), zone["radius_km"])


@dataclass(frozen=True, order=True)
class Young:
    """An adult whom some unit may keep as a young adult: the flags of its lists of genders, and the age."""

    gender: int
    lone_gender: int
    age: int

    @classmethod
    def of(cls, person):
        return cls(BITS[f"gender:{person['gender']}"], BITS[f"lone_gender:{person['gender']}"], person["age"])


@dataclass
class Ask:
    """A request in numbers. `hard`: what no phone call settles; `soft`: what one may, if `calls`."""

    id: str
    people: int
    hard_flags: int
    soft_flags: int
    rule_flags: dict[str, int]
    any_setting: int
    bounds: list[tuple[str, str, str, int]]
    young: list[Young]
    asked_day: int
    at_day: int
    last_day: int
    tolerance: int
    needed: int
    nights: int
    at_s: float
    land: int | None
    place: tuple[float, float, float]
    lat: float
    lon: float
    limits_km: dict[str, float]
    min_km: float | None
    far_km: float | None
    forbidden: list[Zone]
    avoid: list[Zone]
    required_languages: int
    apart: list[int]
    refused_units: list[int]
    refused_structures: list[int]
    calls: bool
    wish: str
    weights: dict[str, float]
    emergency: bool
    wished_offers: list[int]
    wished_languages: list[int]
    spared: list[int]
    continuity: list[list[int]] = field(default_factory=list)

    @property
    def max_km(self):
        return min(self.limits_km.values(), default=None)

    @property
    def verifiable(self):
        """The rules that leave a unit to verify."""
        return ("danger_zone_unsure", *(CALLS if self.calls else ()))

    @property
    def unsure(self):
        """Whether a cell may reach into a forbidden zone."""
        return any(zone.centre for zone in self.forbidden)


def ask(request, rows):
    """A request in numbers, and in the numbers of these rows: what a client would prepare, so it is not timed."""
    people = adults, young, lone, children = households(request["household"])
    urgency, stage, distance = request["urgency"], request["stage"], request["distance"]
    at = datetime.fromisoformat(request["at"])
    asked = max(day(request["first_day"]), at.date().toordinal())
    tolerance = POLICY["tolerance_days"][urgency]
    removal = request.get("accepts_removal") or distance["wish"] == "move_away"
    limits = {"distance": distance.get("max_km"), "removal_consent": None if removal else POLICY["limits"]["removal_km"]}
    required, wished = set(request.get("required", [])), sorted(set(request.get("wished", [])))
    by_rule = rule_flags(request, people, removal)
    living_with = set(request.get("living_with", []))
    zones = {
        level: [Zone.of(zone) for zone in request.get("danger_zones", []) if zone["level"] == level] for level in ("forbidden", "avoid")
    }

    def language(code):
        return 1 << rows.languages.get(code, LANGUAGES_MAX)

    return Ask(
        id=request["id"],
        people=len(request["household"]),
        hard_flags=bits("adult", {person["gender"] for person in adults})
        | bits("some_adult", {person["gender"] for person in young})
        | bits("lone_minor", {person["gender"] for person in lone})
        | (0 if removal else BITS["no_removal"]),
        soft_flags=sum(flags for rule, flags in by_rule.items() if rule in CALLS),
        rule_flags=by_rule,
        any_setting=bits("setting", living_with | {"alone"}) if living_with else 0,
        bounds=age_bounds(adults, lone, children),
        young=sorted({Young.of(person) for person in young}),
        asked_day=asked,
        at_day=at.date().toordinal(),
        last_day=asked + tolerance,
        tolerance=tolerance,
        needed=1 if stage == "emergency" else request["nights"],
        nights=request["nights"],
        at_s=at.timestamp(),
        land=None if request.get("accepts_crossing") else land(request["place"]["department"]),
        place=unit_vector(request["place"]["lat"], request["place"]["lon"]),
        lat=request["place"]["lat"],
        lon=request["place"]["lon"],
        limits_km={rule: km for rule, km in limits.items() if km is not None},
        min_km=distance.get("min_km"),
        far_km=POLICY["limits"]["far_km"] if urgency == "immediate" else None,
        forbidden=zones["forbidden"],
        avoid=zones["avoid"],
        required_languages=sum(language(code) for code in set(request.get("required_languages", []))),
        apart=sorted({unit for other in request.get("keep_apart", []) for unit in rows.houses.get(other.lower(), [])}),
        refused_units=known(rows.unit_numbers, request.get("refused_units", [])),
        refused_structures=known(rows.structure_numbers, request.get("refused_structures", [])),
        calls=urgency in ("immediate", "urgent"),
        wish=distance["wish"],
        weights=weights(request, zones["avoid"], wished),
        emergency=stage == "emergency",
        wished_offers=[BITS[f"offer:{offer}"] for offer in wished],
        wished_languages=[language(code) for code in sorted(set(request.get("wished_languages", [])))],
        spared=[
            *([] if lone else [BITS["has_lone_minors"]]),
            *([] if "step_free" in required or "step_free" in wished else [BITS["offer:step_free"]]),
            *([] if lone or children else [BITS["has_children"]]),
        ],
        continuity=continuity(stage, lone),
    )


def rule_flags(request, people, removal):
    """The flags that each rule asks of a unit; what no call settles of them, `hard_flags` says in fewer."""
    adults, _, lone, _ = people
    found = {
        "gender": bits("gender", {person["gender"] for person in adults}) | bits("lone_gender", {person["gender"] for person in lone}),
        "age": BITS["takes_adults"] if adults else 0,
        "unaccompanied_minor": BITS["takes_lone_minors"] if lone else 0,
        "household": BITS["couples"] if request.get("couple") else 0,
        "stage": BITS[f"stage:{request['stage']}"],
        "removal_consent": 0 if removal else BITS["no_removal"],
        "required_offer": bits("offer", set(request.get("required", []))),
    }
    return {rule: flags for rule, flags in found.items() if flags}


def households(household):
    """Adults whom no unit keeps as young adults, the other adults, lone minors, and children."""
    grown = [person for person in household if person["minority"] == "adult"]
    young = [person for person in grown if person.get("age") is not None and person["age"] <= YOUNG_ADULT_MAX]
    adults = [person for person in grown if person not in young]
    lone = [person for person in household if person["minority"] != "adult" and not person.get("with_parent")]
    return adults, young, lone, [person for person in household if person["minority"] != "adult" and person.get("with_parent")]


def age_bounds(adults, lone, children):
    """Bounds of ages as (rule, column, comparison, age)."""
    bounds = []
    for rule, column, people in (("age", "adult", adults), ("unaccompanied_minor", "minor", lone)):
        ages = [counted_age(person) for person in people if person.get("age") is not None]
        if ages:
            bounds += [(rule, f"{column}_min", "<=", min(ages)), (rule, f"{column}_max", ">=", max(ages))]
    for column, people in (
        ("boy_max", [child for child in children if child["gender"] == "male"]),
        ("girl_max", [child for child in children if child["gender"] != "male"]),
    ):
        if people:
            bounds.append(("children", column, ">=", max(17 if child.get("age") is None else counted_age(child) for child in people)))
    return bounds


def counted_age(person):
    return person["age"] if person["minority"] == "adult" else min(person["age"], 17)


def known(numbers, ids):
    return sorted({numbers[entry.lower()] for entry in ids if entry.lower() in numbers})


def weights(request, avoid, wished):
    """The weights of the criteria that count, as shares of their sum."""
    found = dict(POLICY["weights"][request["urgency"]])
    if request["distance"]["wish"] == "indifferent":
        found["distance"] = POLICY["distance"]["indifferent_weight"]
    counts = {
        "offers": bool(wished),
        "languages": bool(request.get("wished_languages")),
        "cover": request["stage"] == "emergency",
        "avoidance": bool(avoid),
        "continuity": bool(continuity(request["stage"], households(request["household"])[2])),
    }
    found = {name: float(weight) for name, weight in found.items() if weight > 0 and counts.get(name, True)}
    return {name: weight / sum(found.values()) for name, weight in found.items()}


def continuity(stage, lone):
    """The parts of the criterion, each as sets of flags of which one must be there whole."""
    following = {"emergency": "stabilisation", "stabilisation": "integration"}
    parts = [[BITS[f"stage:{following[stage]}"]]] if stage in following else []
    near_18 = [minor for minor in lone if minor.get("age") is None or counted_age(minor) >= 16]
    if near_18:
        genders = {minor["gender"] for minor in near_18}
        parts.append([BITS["takes_18"] | bits("adult", genders), BITS["keeps_18"] | bits("lone_gender", genders)])
    return parts
