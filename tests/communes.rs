//! The communes: the table is whole, the search finds what people type, cells hide homes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use api::communes::{Area, Commune, Communes};
use matcher::{Department, Point, distance_km};

fn found(text: &str) -> Vec<&'static str> {
    Communes::embedded().search(text, 10).iter().map(|found| found.commune.code).collect()
}

/// The first found by each text is the commune of this INSEE code.
fn first(code: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(found(text).first(), Some(&code), "by {text:?}: {:?}", found(text));
    }
}

fn point(code: &str) -> Point {
    Communes::embedded().by_code(code).unwrap().point
}

#[test]
fn the_table_has_every_commune_of_every_department() {
    let all = Communes::embedded().all();
    let parts = all.iter().filter(|commune| commune.part_of.is_some()).count();
    assert_eq!((all.len(), parts), (34_924, 45));
    let departments: BTreeSet<_> = all.iter().map(|commune| commune.department.to_string()).collect();
    assert_eq!(departments, Department::ALL.iter().map(|code| (*code).to_owned()).collect());
    let codes: BTreeSet<_> = all.iter().map(|commune| commune.code).collect();
    assert_eq!(codes.len(), all.len());
    let living: u32 = all.iter().filter(|commune| commune.part_of.is_none()).map(|commune| commune.population).sum();
    assert!((67_000_000..70_000_000).contains(&living), "{living}");
    let approximate = all.iter().filter(|commune| commune.approximate).count();
    assert!(approximate < 60, "{approximate}");
    assert!(all.windows(2).all(|pair| pair[0].population >= pair[1].population), "bigger first");
}

#[test]
fn communes_lie_where_their_department_is() {
    // South, north, west, east.
    let boxes = [
        ("971", [15.8, 16.6, -61.9, -60.9]),
        ("972", [14.3, 15.0, -61.3, -60.7]),
        ("973", [2.1, 5.9, -54.7, -51.5]),
        ("974", [-21.5, -20.8, 55.1, 55.9]),
        ("975", [46.7, 47.2, -56.5, -56.0]),
        ("976", [-13.1, -12.5, 44.9, 45.4]),
        ("977", [17.8, 18.0, -63.0, -62.7]),
        ("978", [18.0, 18.2, -63.2, -62.9]),
        ("2A", [41.3, 42.4, 8.5, 9.5]),
        ("2B", [41.8, 43.1, 8.5, 9.6]),
        ("75", [48.81, 48.91, 2.22, 2.47]),
    ];
    let mainland = [42.3, 51.1, -5.2, 8.3];
    for commune in Communes::embedded().all() {
        let department = commune.department.to_string();
        let [south, north, west, east] = boxes.iter().find(|(code, _)| *code == department).map_or(mainland, |(_, within)| *within);
        let (lat, lon) = (commune.point.lat.get(), commune.point.lon.get());
        assert!((south..=north).contains(&lat) && (west..=east).contains(&lon), "{commune:?}");
    }
}

#[test]
fn communes_lie_near_their_departments_middle() {
    let mut departments: BTreeMap<String, Vec<&Commune>> = BTreeMap::new();
    for commune in Communes::embedded().all() {
        departments.entry(commune.department.to_string()).or_default().push(commune);
    }
    for (department, communes) in departments {
        let middle = |degrees: fn(&Commune) -> f64| {
            let mut sorted: Vec<_> = communes.iter().map(|commune| degrees(commune)).collect();
            sorted.sort_by(f64::total_cmp);
            sorted[sorted.len() / 2]
        };
        let middle = Point::new(middle(|it| it.point.lat.get()), middle(|it| it.point.lon.get())).unwrap();
        let reach = if department == "973" { 350.0 } else { 130.0 };
        for commune in communes {
            assert!(distance_km(middle, commune.point) < reach, "{commune:?}");
        }
    }
}

#[test]
fn cities_are_the_sum_of_their_arrondissements() {
    let communes = Communes::embedded();
    for (city, count) in [("75056", 20), ("69123", 9), ("13055", 16)] {
        let parts: Vec<_> = communes.all().iter().filter(|commune| commune.part_of == Some(city)).collect();
        assert_eq!(parts.len(), count);
        let living: u32 = parts.iter().map(|commune| commune.population).sum();
        assert!(living.abs_diff(communes.by_code(city).unwrap().population) < 100);
    }
}

#[test]
fn communes_are_known_by_their_code() {
    let ajaccio = Communes::embedded().by_code("2A004").unwrap();
    assert_eq!((ajaccio.name, ajaccio.department.to_string().as_str()), ("Ajaccio", "2A"));
    assert_eq!(ajaccio.postal_codes, ["20000", "20090", "20167"]);
    for unknown in ["", "2a004", "99999", "75", "é"] {
        assert_eq!(Communes::embedded().by_code(unknown), None);
    }
}

#[test]
fn case_accents_and_punctuation_do_not_matter() {
    first("75056", &["paris", "PARIS", "Paris ", "  paris", "pàris", "par", "\u{ff08}paris"]);
    first("94038", &["lhay", "l'hay", "L’Haÿ-les-Roses", "l hay les roses", "hay les roses", "LHAY LES ROSES"]);
    first("51410", &["œuilly", "oeuilly", "Œuilly", "OEUILLY"]);
    first("01053", &["bourg en b", "bourg-en-bresse", "Bourg en Bresse", "bourgenbresse", "bourg bresse"]);
    // An accent that follows its letter.
    first("42218", &["Saint-E\u{301}tienne", "saint étienne"]);
}

#[test]
fn saints_are_found_in_short() {
    first("42218", &["st etienne", "st-étienne", "St. Etienne", "ST ETIENNE", "saint etienne", "st etien"]);
    first("91549", &["ste genevieve des bois", "sainte geneviève des b"]);
    assert!(found("st").contains(&"67482"), "Strasbourg: {:?}", found("st"));
    assert!(found("st").contains(&"42218"), "Saint-Étienne: {:?}", found("st"));
    first("67482", &["str"]);
}

#[test]
fn articles_and_small_words_may_be_left_out() {
    first("76351", &["le havre", "havre", "lehavre", "Le H"]);
    first("17300", &["la rochelle", "rochelle", "rochel"]);
    first("51108", &["chalons champagne", "châlons en champagne"]);
    first("71076", &["chalon sur saone", "Chalon s/ Saône", "chalon saone"]);
    first("85191", &["la roche sur yon", "roche/yon", "roche yon"]);
}

#[test]
fn arrondissements_are_found_by_their_number() {
    first("75111", &["Paris 11", "paris 11e", "paris 11ème", "Paris 11 75011", "75011", "paris 75011", "75011 paris"]);
    first("75101", &["paris 1", "paris 1er", "paris 01", "75001"]);
    first("69383", &["69003", "lyon 3", "lyon 03", "Lyon 3e", "lyon 69003", "69 003"]);
    first("13201", &["marseille 1er", "13001"]);
    first("69123", &["lyon", "6900"]);
}

#[test]
fn codes_are_understood() {
    first("97411", &["97400", "974", "saint denis 974", "st denis (974)", "97400 Saint-Denis"]);
    first("93066", &["saint denis 93", "93200", "Saint-Denis (93)", "saint-denis 932"]);
    first("2A004", &["2A004", "2a004", "20000", "2A", "ajaccio 2a"]);
    first("2B033", &["2b", "bastia 20"]);
    first("42218", &["42218", "42000", "42100"]);
    first("38053", &["38300", "bourgoin 38"]);
}

#[test]
fn communes_of_old_are_found_by_name_and_code() {
    let of_old = |text: &str| {
        let found = Communes::embedded().search(text, 1);
        let found = found.first().unwrap_or_else(|| panic!("nothing by {text}"));
        (found.commune.code, found.former.map(|former| (former.code, former.name)))
    };
    for (text, today, old) in [
        ("85307", "85001", Some(("85307", "La Faute-sur-Mer"))),
        ("la faute sur mer", "85001", Some(("85307", "La Faute-sur-Mer"))),
        ("la faute", "85001", Some(("85307", "La Faute-sur-Mer"))),
        ("La Faute-sur-Mer (85)", "85001", Some(("85307", "La Faute-sur-Mer"))),
        // Delegated, associated, merged without a trace, and renumbered.
        ("Saint-Florent-le-Vieil", "49244", Some(("49276", "Saint-Florent-le-Vieil"))),
        ("Lomme", "59350", Some(("59355", "Lomme"))),
        ("Arlod", "01033", Some(("01018", "Arlod"))),
        ("20004", "2A004", Some(("20004", "Ajaccio"))),
        // The seat has the code of today, and a name of its own.
        ("Bellegarde-sur-Valserine", "01033", Some(("01033", "Bellegarde-sur-Valserine"))),
        ("01033", "01033", None),
        ("Ajaccio", "2A004", None),
    ] {
        assert_eq!(of_old(text), (today, old), "{text}");
    }
    assert_eq!(Communes::embedded().by_former_code("69123"), None);
    let lille = Communes::embedded().by_code("59350").unwrap();
    let former: Vec<_> = Communes::embedded().former_of(lille).map(|former| former.name).collect();
    assert_eq!(former, ["Hellemmes-Lille", "Lomme"]);
}

#[test]
fn arrondissements_and_lines_with_cedex_are_found_as_people_write_them() {
    first(
        "75110",
        &[
            "Paris 10 ème arrondissement",
            "paris 10e arrondissement",
            "10e arrondissement de Paris",
            "Paris X",
            "75480 PARIS CEDEX 10",
        ],
    );
    first("69387", &["Lyon VII", "lyon 7 ème", "Lyon VIIe", "Lyon VIIème", "69361 LYON CEDEX 07"]);
    first("13201", &["Marseille 1er arrondissement", "Marseille Ier", "marseille 01"]);
    first("31555", &["31059 TOULOUSE CEDEX 9", "TOULOUSE CEDEX"]);
    for (city, count, codes) in [("Paris", 20, 75100), ("Lyon", 9, 69380), ("Marseille", 16, 13200)] {
        for number in 1..=count {
            let code = (codes + number).to_string();
            for way in [
                format!("{city} {number}e"),
                format!("{city} {number:02}"),
                format!("{number} ème arrondissement de {city}"),
                format!("{city} ({number}e arr.)"),
            ] {
                assert_eq!(meant(&way).first(), Some(&format!("c{code}")), "{way}");
            }
        }
        assert!(meant(&format!("{city} {}e", count + 1)).is_empty());
    }
}

/// What a text means as one place, as a form would write it.
fn meant(text: &str) -> Vec<String> {
    Communes::embedded().meanings(text).iter().map(Area::code).collect()
}

#[test]
fn every_commune_and_every_one_of_old_is_meant_by_its_own_name() {
    let communes = Communes::embedded();
    let mut asked = 0;
    for commune in communes.all() {
        let with_department = format!("{} ({})", commune.name, commune.department);
        let found = communes.communes_meant(&with_department);
        assert!(found.iter().any(|found| found.commune == commune && found.former.is_none()), "{with_department}: {found:?}");
        asked += usize::from(found.len() > 1);
        assert!(
            communes
                .meanings(&commune.name.to_uppercase().replace(['-', '\''], " "))
                .iter()
                .any(|area| area.code() == format!("c{}", commune.code))
        );
    }
    for old in communes.of_old() {
        let found = communes.communes_meant(old.name());
        assert!(found.iter().any(|found| found.commune == old.commune), "{}: {found:?}", old.name());
        // Some codes of old are postal codes today, and that is what they are taken for.
        let code = old.former.unwrap().code;
        let is_postal = || communes.all().iter().any(|commune| commune.postal_codes.contains(&code));
        let found = communes.communes_meant(code);
        assert!(found.iter().any(|found| found.commune == old.commune) || is_postal(), "{code}: {found:?}");
    }
    assert!(asked < 300, "with its department nearly each is the only one: {asked}");
}

#[test]
fn no_beginning_of_a_name_means_a_longer_one() {
    let communes = Communes::embedded();
    // Of the biggest: what is cut off means nothing, or something that has just this name.
    for commune in communes.all().iter().take(1_500).filter(|commune| commune.part_of.is_none()) {
        let letters: Vec<char> = commune.name.chars().collect();
        for length in 1..letters.len() {
            let begun: String = letters[..length].iter().collect();
            for area in communes.meanings(&begun) {
                // Asnières is what Asnières-sur-Seine was called once.
                if let Area::Commune(found) = area
                    && found.former.is_none()
                {
                    assert_ne!(found.commune.code, commune.code, "{begun} is not {}", commune.name);
                }
            }
        }
    }
}

#[test]
fn what_was_misspelt_is_only_offered() {
    let near = |text: &str| Communes::embedded().near(text, 5).iter().map(Area::code).collect::<Vec<_>>();
    for (text, code) in [
        ("Toulouze", "c31555"),
        ("Loir et", "d45"),
        ("Chateau roux", "c36044"),
        ("Grenobel", "c38185"),
        ("Isrère", "d38"),
        ("Hérauld", "d34"),
        ("Bretange", "rbretagne"),
        ("Val", ""),
    ] {
        assert!(meant(text).is_empty(), "{text}");
        assert_eq!(near(text).first().map_or("", |first| first.as_str()), code, "{text}: {:?}", near(text));
    }
    for nothing in ["", "a", "12345678", "\u{301}", "zzzzzzzz"] {
        assert!(near(nothing).is_empty(), "{nothing}");
    }
}

#[test]
fn a_circle_touches_the_departments_of_the_communes_in_reach() {
    let communes = Communes::embedded();
    let touched = |code: &str, km: f64| {
        let all = communes.departments_touched(point(code), km);
        all.iter().map(|department| department.as_str()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(touched("31555", 20.0), "31 32 81 82");
    assert_eq!(touched("69123", 20.0), "01 38 42 69");
    assert_eq!(touched("69123", 5.0), "01 69");
    assert_eq!(touched("2A004", 20.0), "2A");
    assert_eq!(touched("97411", 100.0), "974");
    assert_eq!(communes.nearest(point("31555")).unwrap().code, "31555");
    assert_eq!(communes.at(point("75110")).unwrap().code, "75110");
    assert_eq!(communes.population("75".parse().unwrap()), communes.by_code("75056").unwrap().population);
}

#[test]
fn the_bigger_come_first_among_those_that_fit_as_well() {
    first("97302", &["cayenne", "97300"]);
    assert_eq!(found("saint denis")[..2], ["97411", "93066"]);
    // A whole name before longer ones, or small towns could not be found.
    first("80829", &["y"]);
    first("76255", &["eu"]);
    let roses = found("roses");
    assert_eq!(roses[..2], ["94038", "92032"], "words within names");
    let communes = Communes::embedded();
    assert_eq!(communes.search("saint", 10)[..3], communes.search("saint", 3)[..], "the limit changes no order");
    assert_eq!(communes.search("75011", 1)[0].commune.code, "75111");
}

#[test]
fn nothing_is_found_by_nothing() {
    let long = "a".repeat(10_000);
    let accents = "\u{301}".repeat(10_000);
    for text in
        ["", " ", "%", "😀", "-", "'; DROP TABLE", "\0", "日本", "zzzz", "999999", "1234567890", "paris paris", &long, &accents]
    {
        assert_eq!(found(text), [""; 0], "{text:.20}");
    }
    assert!(Communes::embedded().search("paris", 0).is_empty());
    assert!(Communes::embedded().search("s", usize::MAX).len() <= 100);
}

/// No bench: a bound that only a search gone astray breaks, in a debug build on a busy machine.
#[test]
fn any_input_is_answered_at_once() {
    let hostile =
        ["a".repeat(100_000), "s ".repeat(50_000), "saint ".repeat(10_000), "s 9".to_owned(), "l".to_owned(), " ".repeat(100_000)];
    Communes::embedded();
    for text in hostile {
        let began = Instant::now();
        found(&text);
        Communes::embedded().pieces(&text.chars().take(2_000).collect::<String>());
        assert!(began.elapsed() < Duration::from_millis(200), "{text:.20}: {:?}", began.elapsed());
    }
}

#[test]
fn cells_are_wide_where_few_live() {
    let communes = Communes::embedded();
    let resolution = |code: &str| {
        let cell = communes.hiding(point(code), communes.by_code(code).unwrap().department).cell;
        if cell == cell.coarse() { 5 } else { 6 }
    };
    for city in ["75056", "75111", "69383", "13055", "42218", "2A004", "97411"] {
        assert_eq!(resolution(city), 6, "{city}");
    }
    // A village, Guyana's forest, islands, mountains; towns of 20 000 that were made of a dozen villages, or lie in a marsh.
    for village in ["80829", "97356", "29155", "97801", "48009", "49092", "49301", "97304"] {
        assert_eq!(resolution(village), 5, "{village}");
    }
    // At sea, and at the pole.
    for (lat, lon) in [(46.0, -8.0), (90.0, 0.0), (-90.0, 180.0)] {
        let hiding = communes.hiding(Point::new(lat, lon).unwrap(), Department::PARIS);
        assert_eq!((hiding.cell, hiding.few), (hiding.cell.coarse(), true));
    }
}

#[test]
fn a_cell_holds_its_point_and_its_people() {
    let communes = Communes::embedded();
    let mut living = BTreeMap::new();
    for commune in communes.all() {
        let cell = communes.hiding(commune.point, commune.department).cell;
        assert!(distance_km(cell.centre(), commune.point) <= cell.reach_km() * 1.01, "{commune:?}");
        if !["75056", "69123", "13055"].contains(&commune.code) {
            *living.entry((cell, commune.department)).or_insert(0) += commune.population;
        }
    }
    assert!(living.iter().all(|((cell, _), living)| *cell == cell.coarse() || *living >= 20_000), "in the department of the home");
}

#[test]
fn a_cell_that_hides_few_says_so() {
    let communes = Communes::embedded();
    let few = |code: &str| communes.hiding(point(code), communes.by_code(code).unwrap().department).few;
    for crowd in ["75056", "69123", "93066", "97302", "97311", "97801", "97105", "83118"] {
        assert!(!few(crowd), "{crowd}");
    }
    for village in ["48095", "97301", "97356", "97501", "97502", "97701", "01183"] {
        assert!(few(village), "{village}");
    }
}

#[test]
fn every_commune_is_near_its_department_and_the_sea_is_near_none() {
    let communes = Communes::embedded();
    for commune in communes.all() {
        assert!(communes.is_near(commune.department, commune.point), "{commune:?}");
    }
    let nearest = |lat: f64, lon: f64, department: &str| {
        communes.nearest_in(department.parse().unwrap(), Point::new(lat, lon).unwrap()).map(|commune| commune.code)
    };
    assert_eq!(nearest(48.39, -4.49, "29"), Some("29019"));
    assert_eq!(nearest(45.76, 4.84, "38").map(|code| &code[..2]), Some("38"), "of that department and no other");
    let touches = |lat: f64, lon: f64, km: f64| communes.touches_any(Point::new(lat, lon).unwrap(), km);
    // Over the border, off the coast, and in the forest between Maripasoula and Saül, 60 km from either.
    for near in [(46.2, 6.15), (48.6, -5.3), (3.4, -53.6)] {
        assert!(touches(near.0, near.1, 0.0), "{near:?}");
    }
    // Swapped, or with a wrong sign: Paris, Lyon, Marseille, La Réunion, Cayenne, Saint-Pierre. And London, Brussels, Barcelona; the poles.
    for far in [
        (2.35, 48.85),
        (4.84, 45.76),
        (45.76, -4.84),
        (-45.76, 4.84),
        (5.37, 43.30),
        (55.45, -20.88),
        (20.88, 55.45),
        (-52.33, 4.93),
        (-56.17, 46.78),
        (51.5, -0.12),
        (50.85, 4.35),
        (41.39, 2.17),
        (90.0, 0.0),
        (-90.0, 0.0),
    ] {
        assert!(!touches(far.0, far.1, 20.0), "{far:?}");
    }
    assert!(touches(51.5, -0.12, 150.0), "a circle that reaches over is no slip");
    assert!(touches(2.35, 48.85, 20_000.0));
}
