//! What departments and regions are called, and which departments a region has. INSEE's names; nothing here knows a commune.

use matcher::Department;

/// The departments by code.
pub const DEPARTMENTS: &[(&str, &str)] = &[
    ("01", "Ain"),
    ("02", "Aisne"),
    ("03", "Allier"),
    ("04", "Alpes-de-Haute-Provence"),
    ("05", "Hautes-Alpes"),
    ("06", "Alpes-Maritimes"),
    ("07", "Ardèche"),
    ("08", "Ardennes"),
    ("09", "Ariège"),
    ("10", "Aube"),
    ("11", "Aude"),
    ("12", "Aveyron"),
    ("13", "Bouches-du-Rhône"),
    ("14", "Calvados"),
    ("15", "Cantal"),
    ("16", "Charente"),
    ("17", "Charente-Maritime"),
    ("18", "Cher"),
    ("19", "Corrèze"),
    ("2A", "Corse-du-Sud"),
    ("2B", "Haute-Corse"),
    ("21", "Côte-d’Or"),
    ("22", "Côtes-d’Armor"),
    ("23", "Creuse"),
    ("24", "Dordogne"),
    ("25", "Doubs"),
    ("26", "Drôme"),
    ("27", "Eure"),
    ("28", "Eure-et-Loir"),
    ("29", "Finistère"),
    ("30", "Gard"),
    ("31", "Haute-Garonne"),
    ("32", "Gers"),
    ("33", "Gironde"),
    ("34", "Hérault"),
    ("35", "Ille-et-Vilaine"),
    ("36", "Indre"),
    ("37", "Indre-et-Loire"),
    ("38", "Isère"),
    ("39", "Jura"),
    ("40", "Landes"),
    ("41", "Loir-et-Cher"),
    ("42", "Loire"),
    ("43", "Haute-Loire"),
    ("44", "Loire-Atlantique"),
    ("45", "Loiret"),
    ("46", "Lot"),
    ("47", "Lot-et-Garonne"),
    ("48", "Lozère"),
    ("49", "Maine-et-Loire"),
    ("50", "Manche"),
    ("51", "Marne"),
    ("52", "Haute-Marne"),
    ("53", "Mayenne"),
    ("54", "Meurthe-et-Moselle"),
    ("55", "Meuse"),
    ("56", "Morbihan"),
    ("57", "Moselle"),
    ("58", "Nièvre"),
    ("59", "Nord"),
    ("60", "Oise"),
    ("61", "Orne"),
    ("62", "Pas-de-Calais"),
    ("63", "Puy-de-Dôme"),
    ("64", "Pyrénées-Atlantiques"),
    ("65", "Hautes-Pyrénées"),
    ("66", "Pyrénées-Orientales"),
    ("67", "Bas-Rhin"),
    ("68", "Haut-Rhin"),
    ("69", "Rhône"),
    ("70", "Haute-Saône"),
    ("71", "Saône-et-Loire"),
    ("72", "Sarthe"),
    ("73", "Savoie"),
    ("74", "Haute-Savoie"),
    ("75", "Paris"),
    ("76", "Seine-Maritime"),
    ("77", "Seine-et-Marne"),
    ("78", "Yvelines"),
    ("79", "Deux-Sèvres"),
    ("80", "Somme"),
    ("81", "Tarn"),
    ("82", "Tarn-et-Garonne"),
    ("83", "Var"),
    ("84", "Vaucluse"),
    ("85", "Vendée"),
    ("86", "Vienne"),
    ("87", "Haute-Vienne"),
    ("88", "Vosges"),
    ("89", "Yonne"),
    ("90", "Territoire de Belfort"),
    ("91", "Essonne"),
    ("92", "Hauts-de-Seine"),
    ("93", "Seine-Saint-Denis"),
    ("94", "Val-de-Marne"),
    ("95", "Val-d’Oise"),
    ("971", "Guadeloupe"),
    ("972", "Martinique"),
    ("973", "Guyane"),
    ("974", "La Réunion"),
    ("975", "Saint-Pierre-et-Miquelon"),
    ("976", "Mayotte"),
    ("977", "Saint-Barthélemy"),
    ("978", "Saint-Martin"),
];

/// Several departments under one name.
#[derive(Debug, PartialEq, Eq)]
pub struct Region {
    /// Its name.
    pub name: &'static str,
    /// What else it is called.
    pub also: &'static [&'static str],
    /// The INSEE codes of its departments.
    codes: &'static [&'static str],
}

impl Region {
    /// Its departments.
    pub fn departments(&self) -> impl Iterator<Item = Department> + use<> {
        let codes = self.codes;
        codes.iter().filter_map(|code| code.parse().ok())
    }
}

/// The region of today that a department lies in; one that is a region by itself has its own name.
pub fn region_of(department: Department) -> &'static str {
    let of_several = REGIONS.iter().find(|region| region.codes.contains(&department.as_str()));
    // Those of today come first; what is beyond the sea is no region.
    let today = of_several.filter(|region| !region.name.starts_with("Départements") && !region.name.starts_with("Outre"));
    let own_name = || DEPARTMENTS.iter().find(|(code, _)| *code == department.as_str()).map_or("", |(_, name)| *name);
    today.map_or_else(own_name, |region| region.name)
}

const fn region(name: &'static str, also: &'static [&'static str], codes: &'static [&'static str]) -> Region {
    Region { name, also, codes }
}

/// The regions of today with more than one department (the others have the name of theirs), those of before 2016, which people still
/// say, and what is beyond the sea.
pub const REGIONS: &[Region] = &[
    region("Auvergne-Rhône-Alpes", &["AURA"], &["01", "03", "07", "15", "26", "38", "42", "43", "63", "69", "73", "74"]),
    region("Bourgogne-Franche-Comté", &["BFC"], &["21", "25", "39", "58", "70", "71", "89", "90"]),
    region("Bretagne", &[], &["22", "29", "35", "56"]),
    region("Centre-Val de Loire", &[], &["18", "28", "36", "37", "41", "45"]),
    region("Corse", &[], &["2A", "2B"]),
    region("Grand Est", &[], &["08", "10", "51", "52", "54", "55", "57", "67", "68", "88"]),
    region("Hauts-de-France", &["HDF"], &["02", "59", "60", "62", "80"]),
    region("Île-de-France", &["IDF", "région parisienne"], &["75", "77", "78", "91", "92", "93", "94", "95"]),
    region("Normandie", &[], &["14", "27", "50", "61", "76"]),
    region("Nouvelle-Aquitaine", &[], &["16", "17", "19", "23", "24", "33", "40", "47", "64", "79", "86", "87"]),
    region("Occitanie", &[], &["09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"]),
    region("Pays de la Loire", &["PDL"], &["44", "49", "53", "72", "85"]),
    region("Provence-Alpes-Côte d’Azur", &["PACA", "région Sud"], &["04", "05", "06", "13", "83", "84"]),
    region("Alsace", &[], &["67", "68"]),
    region("Aquitaine", &[], &["24", "33", "40", "47", "64"]),
    region("Auvergne", &[], &["03", "15", "43", "63"]),
    region("Basse-Normandie", &[], &["14", "50", "61"]),
    region("Bourgogne", &[], &["21", "58", "71", "89"]),
    region("Champagne-Ardenne", &[], &["08", "10", "51", "52"]),
    region("Franche-Comté", &[], &["25", "39", "70", "90"]),
    region("Haute-Normandie", &[], &["27", "76"]),
    region("Languedoc-Roussillon", &[], &["11", "30", "34", "48", "66"]),
    region("Limousin", &[], &["19", "23", "87"]),
    region("Lorraine", &[], &["54", "55", "57", "88"]),
    region("Midi-Pyrénées", &[], &["09", "12", "31", "32", "46", "65", "81", "82"]),
    region("Nord-Pas-de-Calais", &[], &["59", "62"]),
    region("Picardie", &[], &["02", "60", "80"]),
    region("Poitou-Charentes", &[], &["16", "17", "79", "86"]),
    region("Rhône-Alpes", &[], &["01", "07", "26", "38", "42", "69", "73", "74"]),
    region("Départements d’outre-mer", &["DOM", "DROM"], &["971", "972", "973", "974", "976"]),
    region("Outre-mer", &["DOM-TOM", "DROM-COM"], &["971", "972", "973", "974", "975", "976", "977", "978"]),
];
