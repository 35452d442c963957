//! What someone typed of places, understood whole or not at all: a beginning or a part of a name is never taken for the name.
//!
//! Departments, regions, communes and communes of old fold alike. Where several fit all are given, and whoever typed says which. Work is
//! bounded for any input. Never holds what was typed.

use std::iter;
use std::sync::LazyLock;

use matcher::Department;

use super::names::{DEPARTMENTS, REGIONS, Region};
use super::{Communes, Found, fold};

/// Characters that are read of one place, and words; the longest name has 45 characters.
const MAX_TYPED: usize = 100;
const MAX_WORDS: usize = 15;
/// Parts of a text between words that may also stand within a name.
const MAX_PARTS: usize = 16;
/// What a part that means nothing weighs against those that mean something.
const UNKNOWN_PART: usize = 100;
/// Letters from which on a name may be meant by another that differs by one letter, and by two.
const GUESSED_FROM: usize = 4;
const GUESSED_BY_TWO_FROM: usize = 7;
/// Characters of a postal code, and of an INSEE code.
const WHOLE_CODE: usize = 5;
/// Inhabitants from which on a commune may be called by the beginning of its name. Of smaller ones those who live there know the whole name.
const SHORTENED_FROM: u32 = 2_000;

/// Departments and regions by the words of their names without the article, and by their letters.
static LANDS: LazyLock<Vec<Land>> = LazyLock::new(|| {
    let land = |name: &str, area| {
        let words = after_article(&fold::words(name)).to_vec();
        Land { letters: words.concat(), words, area }
    };
    let departments = DEPARTMENTS.iter().filter_map(|(code, name)| Some(land(name, Area::Department(code.parse().ok()?))));
    let names =
        |region: &'static Region| iter::once(&region.name).chain(region.also).map(move |name| land(name, Area::Region(region)));
    departments.chain(REGIONS.iter().flat_map(names)).collect()
});

struct Land {
    letters: String,
    words: Vec<String>,
    area: Area<'static>,
}

/// What a name or a code means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Area<'c> {
    /// A commune, or an arrondissement.
    Commune(Found<'c>),
    /// A whole department.
    Department(Department),
    /// Several whole departments.
    Region(&'static Region),
}

impl Area<'_> {
    /// What stands for it in a form.
    pub fn code(&self) -> String {
        match self {
            Self::Commune(found) => format!("c{}", found.former.map_or(found.commune.code, |former| former.code)),
            Self::Department(department) => format!("d{department}"),
            Self::Region(region) => format!("r{}", fold::words(region.name).concat()),
        }
    }
}

/// One place of those that were typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece<'t, 'c> {
    /// As it was typed.
    pub text: &'t str,
    /// A radius in km that was typed behind it.
    pub km: Option<f64>,
    /// What it may mean: nothing, one, or several.
    pub meanings: Vec<Area<'c>>,
}

impl Piece<'_, '_> {
    /// Its letters and digits: what is said of it in a form is said of all that is spelt so.
    pub fn letters(&self) -> String {
        letters(self.text)
    }

    /// Whether it says no more of a commune than what it is called: neither a code nor what it lies in.
    pub fn is_name_alone(&self, found: &Found<'_>) -> bool {
        is_name_alone(self.text, found)
    }

    /// Whether it is one digit, as a department is seldom written.
    fn is_digit(&self) -> bool {
        matches!(self.text.as_bytes(), [digit] if digit.is_ascii_digit())
    }
}

/// The letters and digits of a text, in the form in which they are compared.
pub fn letters(text: &str) -> String {
    fold::words(text).concat()
}

impl Communes {
    /// What one name or code may mean, communes first, the bigger before the smaller.
    pub fn meanings(&self, text: &str) -> Vec<Area<'_>> {
        Words::of(text).map(|words| words.meanings(self)).unwrap_or_default()
    }

    /// The communes that one name or code may mean. A department that is one commune is that commune.
    pub fn communes_meant(&self, text: &str) -> Vec<Found<'_>> {
        // Who types one place types commas within it.
        let text = text.replace([',', ';', '\n', '\r'], " ");
        let mut communes: Vec<Found<'_>> = Vec::new();
        for area in self.may_mean(&text) {
            let commune = match area {
                Area::Commune(found) => Some(found),
                Area::Department(department) => self.only_one_of(department),
                Area::Region(_) => None,
            };
            communes.extend(commune.filter(|one| !communes.contains(one)));
        }
        communes
    }

    /// What one name or code may mean to those who shorten names: where a bigger commune is called so and goes on, that one too. `Corbeil` is
    /// a village, and how everybody calls Corbeil-Essonnes.
    fn may_mean(&self, text: &str) -> Vec<Area<'_>> {
        let meanings = self.meanings(text);
        let mut communes: Vec<Found<'_>> =
            meanings.iter().filter_map(|area| if let Area::Commune(found) = area { Some(*found) } else { None }).collect();
        if !communes.iter().any(|found| is_name_alone(text, found)) {
            return meanings;
        }
        // Of one of old nobody knows how many live there: few.
        let inhabitants = |found: &Found<'_>| if found.former.is_some() { 0 } else { found.commune.population };
        let most = communes.iter().map(inhabitants).max().unwrap_or_default();
        let names: Vec<_> = communes.iter().map(|found| fold::words(found.name())).collect();
        for rank in names.iter().flat_map(|name| self.index.going_on(name)) {
            let longer = self.found(rank);
            let is_bigger = longer.former.is_none() && longer.commune.population > most.max(SHORTENED_FROM);
            // What is part of it now, or of the same city, is not another place.
            let is_there = communes.iter().any(|one| one.commune.code == longer.commune.code || longer.commune.part_of.is_some());
            if is_bigger && !is_there {
                communes.push(longer);
            }
        }
        communes.sort_by_key(Found::order);
        let others = meanings.into_iter().filter(|area| !matches!(area, Area::Commune(_)));
        communes.into_iter().map(Area::Commune).chain(others).collect()
    }

    /// All places that were typed: parted by commas, semicolons and lines, and where such a part is no place as a whole, by `et` and
    /// the like.
    pub fn pieces<'t>(&self, text: &'t str) -> Vec<Piece<'t, '_>> {
        let mut pieces: Vec<Piece<'t, '_>> = Vec::new();
        let mut city = None;
        for part in text.split([',', ';', '\n', '\r', '•', '|']).map(str::trim).filter(|part| !part.is_empty()) {
            match (without_radius(part), pieces.last_mut()) {
                // `Toulouse, 30 km`.
                (("", Some(km)), Some(last)) if last.km.is_none() => last.km = Some(km),
                _ => pieces.extend(self.parted(part, city)),
            }
            city = City::last_in(part).or(city.filter(|_| City::number(part).is_some()));
        }
        // `9,3` is not the Ariège and the Allier.
        let digits: Vec<bool> = pieces.iter().map(Piece::is_digit).collect();
        let is_digit = |at: Option<usize>| at.and_then(|at| digits.get(at)).is_some_and(|is_digit| *is_digit);
        for (at, piece) in pieces.iter_mut().enumerate().filter(|(at, _)| is_digit(Some(*at))) {
            let has_another = is_digit(at.checked_sub(1)) || is_digit(at.checked_add(1));
            // What may be an arrondissement as well is asked about as it is.
            if has_another && piece.meanings.len() == 1 {
                piece.meanings.clear();
            }
        }
        pieces
    }

    /// Names that what was typed may be a misspelling of, the likeliest first: to be asked about, never to be taken.
    pub fn near(&self, text: &str, limit: usize) -> Vec<Area<'_>> {
        if let Some(department) = spelt_by_digits(text) {
            return vec![Area::Department(department)];
        }
        let typed = Words::of(text).map(|words| fold::spelt_out(&words.names()).concat()).unwrap_or_default();
        if typed.len() < GUESSED_FROM {
            return Vec::new();
        }
        let most = if typed.len() < GUESSED_BY_TWO_FROM { 1 } else { 2 };
        // Whoever misspells a name has its first letter.
        let away = |name: &str| {
            let may_be = name.as_bytes().first() == typed.as_bytes().first() && name.len().abs_diff(typed.len()) <= most;
            may_be.then(|| strsim::osa_distance(name, &typed)).filter(|away| *away <= most)
        };
        let lands = LANDS.iter().filter_map(|land| Some((away(&land.letters)?, land.area)));
        let communes = self.everything().enumerate().filter_map(|(rank, found)| {
            let mut names = self.index.names_beginning(rank, typed.as_bytes().first());
            Some((names.find_map(|name| away(&name))?, Area::Commune(found)))
        });
        let mut near: Vec<_> = lands.chain(communes).collect();
        // A stable order: departments, regions, and communes by size where they are as near.
        near.sort_by_key(|(away, _)| *away);
        near.truncate(limit);
        near.into_iter().map(|(_, area)| area).collect()
    }

    /// What a text means that commas do not part: one place, or several between `et` and the like.
    fn parted<'t>(&self, text: &'t str, city: Option<&'static City>) -> Vec<Piece<'t, '_>> {
        let unknown = |text: &'t str| match without_radius(text) {
            ("", _) => vec![Piece { text, km: None, meanings: Vec::new() }],
            (name, km) => vec![Piece { text: name, km, meanings: Vec::new() }],
        };
        if has_unclear_codes(text) {
            return unknown(text);
        }
        if let Some(found) = self.as_one(text, city) {
            return found;
        }
        let parts = parts(text);
        if parts.len() < 2 || parts.len() > MAX_PARTS {
            return unknown(text);
        }
        // Of each beginning the way to part it that weighs least, and in how many ways that is done.
        let mut ways: Vec<(usize, usize, Vec<Piece<'t, '_>>)> = vec![(0, 1, Vec::new())];
        for end in 1..=parts.len() {
            let mut best: (usize, usize, Vec<Piece<'t, '_>>) = (usize::MAX, 0, Vec::new());
            for (start, (weight, count, before)) in ways.iter().enumerate() {
                let (Some((from, _)), Some((_, to))) = (parts.get(start), parts.get(end.saturating_sub(1))) else { continue };
                let group = text.get(*from..*to).unwrap_or_default();
                let near = City::last_in(text.get(..*from).unwrap_or_default()).or(city);
                let (more, pieces) = match self.as_one(group, near) {
                    Some(pieces) => (1, pieces),
                    None if start + 1 == end => (UNKNOWN_PART, unknown(group)),
                    None => continue,
                };
                let weight = weight + more;
                if weight < best.0 {
                    best = (weight, *count, before.iter().cloned().chain(pieces).collect());
                } else if weight == best.0 {
                    best.1 += count;
                }
            }
            ways.push(best);
        }
        match ways.pop() {
            Some((_, 1, pieces)) => pieces,
            // `Eure et Loir et Cher` is not for us to part.
            _ => unknown(text),
        }
    }

    /// What a text means as one place, or as codes of departments and nothing else.
    fn as_one<'t>(&self, text: &'t str, city: Option<&'static City>) -> Option<Vec<Piece<'t, '_>>> {
        let (text, km) = without_radius(text);
        let mut meanings = self.may_mean(text);
        // `Paris 10e, 11e`; and `Paris 10, 11` may be the Aude.
        if let (Some(city), Some(number)) = (city, City::number(text)) {
            meanings.extend(city.arrondissement(self, number).map(Area::Commune));
        }
        if !meanings.is_empty() {
            return Some(vec![Piece { text, km, meanings }]);
        }
        let codes = text.split(|character: char| !character.is_alphanumeric()).filter(|code| !code.is_empty());
        let departments = |code| Some(Piece { text: code, km, meanings: vec![Area::Department(department(code)?)] });
        codes.map(departments).collect::<Option<Vec<_>>>().filter(|pieces| !pieces.is_empty())
    }

    /// The one commune of a department, if it has but one.
    fn only_one_of(&self, department: Department) -> Option<Found<'_>> {
        let mut all = self.all().iter().filter(|commune| commune.department == department && commune.part_of.is_none());
        all.next().filter(|_| all.next().is_none()).map(Found::of)
    }

    /// What one code means: a department's, a postal code, an INSEE code or one of old.
    fn coded_whole(&self, code: &str) -> Vec<Area<'_>> {
        if code.len() < WHOLE_CODE {
            // Corsica's until 1976, and of its postal codes still.
            let corsica = REGIONS.iter().filter(|region| code == "20" && region.name == "Corse").map(Area::Region);
            return department(code).map(Area::Department).into_iter().chain(corsica).collect();
        }
        let code = code.to_ascii_uppercase();
        let mut found: Vec<Found<'_>> = self.index.with_postal_code(&code).map(|rank| self.found(rank)).collect();
        // A code is taken for a postal code, which is what people write; only what is none may be INSEE's.
        if found.is_empty() {
            let by_insee = self.by_code(&code).map(Found::of).or_else(|| self.by_former_code(&code));
            // `69000`, as if Lyon had one code.
            let by_city =
                || CITIES.iter().find(|city| city.whole_code == code).and_then(|city| self.by_code(city.code)).map(Found::of);
            found.extend(by_insee.or_else(by_city));
        }
        // A city has all postal codes of its arrondissements: who types one means the one that it is of.
        let parts: Vec<_> = found.iter().filter_map(|one| one.commune.part_of).collect();
        found.retain(|one| one.commune.code == code || !parts.contains(&one.commune.code));
        found.sort_by_key(Found::order);
        found.into_iter().map(Area::Commune).collect()
    }

    fn is_known_code(&self, code: &str) -> bool {
        !self.coded_whole(code).is_empty()
    }

    /// What has exactly this name: departments and regions with or without their article, as one speaks of them; communes as they are
    /// written, and without an article only where nothing else has the name.
    fn named(&self, words: &[String]) -> Vec<Area<'_>> {
        let words = fold::spelt_out(words);
        let bare = after_article(&words);
        let letters = bare.concat();
        let mut areas: Vec<_> = self.communes_named(self.index.named(&words)).collect();
        let is_so = |land: &&Land| land.letters == letters && fold::is_parted_alike(bare, land.words.iter().map(String::as_str));
        areas.extend(LANDS.iter().filter(is_so).map(|land| land.area));
        // `Havre` is Le Havre; but who types `Val` or `Saint` has only begun.
        let has_begun = || self.index.begins_others(bare) || LANDS.iter().any(|land| land.letters.starts_with(&letters));
        if areas.is_empty() && !has_begun() {
            areas.extend(self.communes_named(self.index.named(bare).chain(self.index.named_with_article(bare))));
        }
        areas
    }

    /// Communes by their ranks; of one commune the name of today before those of old.
    fn communes_named(&self, ranks: impl Iterator<Item = usize>) -> impl Iterator<Item = Area<'_>> {
        let mut found: Vec<Found<'_>> = ranks.map(|rank| self.found(rank)).collect();
        found.sort_by_key(Found::order);
        let mut seen = Vec::new();
        found.retain(|one| {
            let is_new = !seen.contains(&one.commune.code);
            seen.push(one.commune.code);
            is_new
        });
        found.into_iter().map(Area::Commune)
    }
}

/// A text before the radius that stands at its end, and the radius in km: `Toulouse (30 km)`.
fn without_radius(text: &str) -> (&str, Option<f64>) {
    let text = text.trim();
    let end = text.trim_end_matches([')', ' ', '.', '\u{a0}', '\u{202f}']);
    let number =
        end.len().checked_sub(2).and_then(|at| end.split_at_checked(at)).filter(|(_, unit)| unit.eq_ignore_ascii_case("km"));
    let Some((before, _)) = number else { return (text, None) };
    let before = before.trim_end();
    let name = before.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    match before.get(name.len()..).and_then(|number| number.parse().ok()) {
        Some(km) => (name.trim_end_matches([' ', '(', '-', ':', '\u{a0}', '\u{202f}']), Some(km)),
        None => (text, None),
    }
}

/// Where the parts of a text begin and end between words and marks that join places.
fn parts(text: &str) -> Vec<(usize, usize)> {
    let mut ends = Vec::new();
    let (mut from, mut word) = (0, 0);
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_mark = matches!(character, '/' | '&' | '+' | ':');
        if !is_mark && !character.is_whitespace() {
            continue;
        }
        let next = at + character.len_utf8();
        let joins = text.get(word..at).is_some_and(|word| matches!(word.to_lowercase().as_str(), "et" | "ou" | "-" | "–" | "—"));
        if joins {
            ends.push((from, word));
            from = at;
        }
        if is_mark {
            ends.push((from, at));
            from = next;
        }
        word = next;
    }
    ends.push((from, text.len()));
    let trimmed = |(from, to): (usize, usize)| {
        let part = text.get(from..to)?;
        let start = from + (part.len() - part.trim_start().len());
        (!part.trim().is_empty()).then_some((start, start + part.trim().len()))
    };
    ends.into_iter().filter_map(trimmed).collect()
}

/// A department by its code, with or without a zero before it.
fn department(code: &str) -> Option<Department> {
    let code = code.to_ascii_uppercase();
    if code.len() == 1 { format!("0{code}").parse().ok() } else { code.parse().ok() }
}

/// Whether codes stand in a text of which nobody knows what is meant: `9-3`, which is 93 to those who live there and to nobody 09 and 03, and
/// `91-95`, which may be those two or all between them.
fn has_unclear_codes(text: &str) -> bool {
    let runs = digit_runs(text);
    let between = |(_, end): (usize, usize), (start, _): (usize, usize)| text.get(end..start).unwrap_or_default();
    let code = |(start, end): (usize, usize)| text.get(start..end).unwrap_or_default();
    let pairs = || runs.iter().copied().zip(runs.iter().copied().skip(1));
    let is_split = |(one, next)| code(one).len() == 1 && code(next).len() == 1 && !between(one, next).contains(char::is_alphabetic);
    let is_dash = |(one, next)| matches!(between(one, next).trim(), "-" | "–" | "—" | "‑");
    let reaches = |(one, next)| {
        let number = |run| department(code(run)).and_then(|_| code(run).parse::<u16>().ok());
        number(one).zip(number(next)).is_some_and(|(from, to)| from.abs_diff(to) != 1)
    };
    // Three in a row are a list.
    let dashes: Vec<_> = pairs().filter(|pair| is_dash(*pair)).collect();
    pairs().any(is_split) || matches!(dashes.as_slice(), [only] if reaches(*only))
}

/// Where the numbers of a text begin and end.
fn digit_runs(text: &str) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in text.char_indices().filter(|(_, character)| character.is_ascii_digit()) {
        match runs.last_mut().filter(|(_, end)| *end == at) {
            Some((_, end)) => *end = at.saturating_add(1),
            None => runs.push((at, at.saturating_add(1))),
        }
    }
    runs
}

/// The department whose two digits are typed one by one: `le 9-3`.
fn spelt_by_digits(text: &str) -> Option<Department> {
    let words = Words::of(text).filter(|words| words.names().iter().all(|word| goes_before_a_code(word)))?;
    match words.codes().as_slice() {
        [one, next] if one.len() == 1 && next.len() == 1 => department(&format!("{one}{next}")),
        _ => None,
    }
}

/// Whether a text says no more of a commune than what it is called, with or without its article.
fn is_name_alone(text: &str, found: &Found<'_>) -> bool {
    let Some(words) = Words::of(text).filter(|words| words.codes().is_empty()) else { return false };
    let name = fold::words(found.name());
    fold::spelt_out(&words.names()).concat().ends_with(&after_article(&name).concat())
}

/// Whether the first characters of a postal code are those of a department.
fn is_of_department(code: &str, of: Department) -> bool {
    let start = |length| code.get(..length).and_then(department);
    match of.land() {
        matcher::Land::Corsica => code.starts_with("20") || start(2) == Some(of),
        matcher::Land::Overseas(_) => start(3) == Some(of),
        matcher::Land::Mainland => start(2) == Some(of),
    }
}

fn after_article(words: &[String]) -> &[String] {
    match words {
        [first, rest @ ..] if !rest.is_empty() && fold::is_article(first) => rest,
        _ => words,
    }
}

/// A city with arrondissements.
#[derive(Debug)]
struct City {
    name: &'static str,
    /// Its INSEE code.
    code: &'static str,
    /// The postal code that people give it.
    whole_code: &'static str,
    /// How the INSEE codes of its arrondissements begin.
    codes: &'static str,
    count: u16,
}

static CITIES: [City; 3] = [
    City { name: "paris", code: "75056", whole_code: "75000", codes: "751", count: 20 },
    City { name: "lyon", code: "69123", whole_code: "69000", codes: "6938", count: 9 },
    City { name: "marseille", code: "13055", whole_code: "13000", codes: "132", count: 16 },
];

impl City {
    fn named(word: &str) -> Option<&'static Self> {
        CITIES.iter().find(|city| city.name == word)
    }

    /// The last that a text names.
    fn last_in(text: &str) -> Option<&'static Self> {
        fold::words(text).iter().rev().find_map(|word| Self::named(word))
    }

    /// The one number of a text that says nothing else but which arrondissement.
    fn number(text: &str) -> Option<u16> {
        let mut number = None;
        for token in Words::of(text)?.tokens {
            let one = match token {
                Token::Word(word) if is_arrondissement(&word) || fold::is_article(&word) => continue,
                Token::Word(word) => ordinal_in_letters(&word)?,
                Token::Ordinal(number) => number,
                Token::Code(code) if code.len() <= 2 => code.parse().ok()?,
                Token::Code(_) => return None,
            };
            if number.replace(one).is_some() {
                return None;
            }
        }
        number
    }

    fn with_postal_code<'c>(&self, communes: &'c Communes, code: &str) -> Option<Found<'c>> {
        let with_code = communes.index.with_postal_code(code).map(|rank| communes.found(rank));
        let mut parts = with_code.filter(|found| found.commune.part_of == Some(self.code));
        parts.next()
    }

    fn arrondissement<'c>(&self, communes: &'c Communes, number: u16) -> Option<Found<'c>> {
        let width = WHOLE_CODE.saturating_sub(self.codes.len());
        let code = (1..=self.count).contains(&number).then(|| format!("{}{number:0width$}", self.codes))?;
        communes.by_code(&code).map(Found::of)
    }
}

fn is_arrondissement(word: &str) -> bool {
    matches!(word, "arrondissement" | "arrondissements" | "arrond" | "arrt" | "arrdt" | "ardt" | "arr")
}

/// A Roman number or an ordinal in letters, as arrondissements are written.
fn ordinal_in_letters(word: &str) -> Option<u16> {
    const ROMAN: [&str; 20] = [
        "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii",
        "xix", "xx",
    ];
    const LETTERS: [&str; 20] = [
        "premier",
        "deuxieme",
        "troisieme",
        "quatrieme",
        "cinquieme",
        "sixieme",
        "septieme",
        "huitieme",
        "neuvieme",
        "dixieme",
        "onzieme",
        "douzieme",
        "treizieme",
        "quatorzieme",
        "quinzieme",
        "seizieme",
        "dixseptieme",
        "dixhuitieme",
        "dixneuvieme",
        "vingtieme",
    ];
    let bare = ["eme", "er", "e"].into_iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
    let at = ROMAN.iter().position(|roman| *roman == bare).or_else(|| LETTERS.iter().position(|known| *known == word));
    at.and_then(|at| u16::try_from(at + 1).ok()).or_else(|| (word == "second").then_some(2))
}

/// A word of what was typed of one place.
#[derive(Debug)]
enum Token {
    Word(String),
    /// Digits, or a code of Corsica.
    Code(String),
    /// `11e`, `1er`.
    Ordinal(u16),
}

/// What was typed of one place.
struct Words {
    tokens: Vec<Token>,
    /// Whether it is a line with `CEDEX`, whose code is of a post office and begins like the department.
    by_office: bool,
    /// The number behind `CEDEX`.
    office: Option<u16>,
    /// Whether a mark stands in it that also joins places: what is beside it may be another place.
    has_joint: bool,
}

impl Words {
    fn of(text: &str) -> Option<Self> {
        if text.chars().count() > MAX_TYPED {
            return None;
        }
        let raw = fold::as_they_stand(&text.replace(['&', '+'], " et ")).filter(|raw| raw.len() <= MAX_WORDS)?;
        let mut words = Self { tokens: Vec::new(), by_office: false, office: None, has_joint: has_joint(text) };
        let mut rest = raw.into_iter().peekable();
        while let Some(word) = rest.next() {
            // `BP 12`: a box at the post office, and no place.
            let box_number = ["bp", "cs", "tsa"].into_iter().find_map(|office| word.strip_prefix(office));
            if box_number
                .is_some_and(|number| is_digits(number) || (number.is_empty() && rest.next_if(|next| is_digits(next)).is_some()))
            {
                continue;
            }
            if word == "cedex" {
                words.by_office = true;
                words.office = rest.next_if(|next| next.len() <= 2).and_then(|number| number.parse().ok());
                continue;
            }
            let ending = word.trim_start_matches(|digit: char| digit.is_ascii_digit());
            let digits = word.strip_suffix(ending).unwrap_or_default();
            words.tokens.push(match (digits.parse(), ending) {
                (Ok(number), "") if rest.next_if(|next| is_ordinal_ending(next)).is_some() => Token::Ordinal(number),
                (Ok(number), ending) if is_ordinal_ending(ending) => Token::Ordinal(number),
                (_, "") => Token::Code(word),
                _ if is_corsican_code(&word) => Token::Code(word),
                _ => Token::Word(word),
            });
        }
        (!words.tokens.is_empty()).then_some(words)
    }

    fn names(&self) -> Vec<String> {
        let word = |token: &Token| if let Token::Word(word) = token { Some(word.clone()) } else { None };
        self.tokens.iter().filter_map(word).collect()
    }

    fn codes(&self) -> Vec<&str> {
        self.tokens.iter().filter_map(|token| if let Token::Code(code) = token { Some(code.as_str()) } else { None }).collect()
    }

    fn meanings<'c>(&self, communes: &'c Communes) -> Vec<Area<'c>> {
        if let Some(arrondissement) = self.arrondissement(communes) {
            return arrondissement;
        }
        if self.tokens.iter().any(|token| matches!(token, Token::Ordinal(_))) {
            return Vec::new();
        }
        let (names, codes) = (self.names(), self.codes());
        // `69 003` is one code.
        let joined = codes.concat();
        let is_one = codes.len() == 2 && joined.len() == WHOLE_CODE && communes.is_known_code(&joined);
        let codes = if is_one { vec![joined.as_str()] } else { codes };
        if names.iter().all(|word| goes_before_a_code(word)) {
            return match codes.as_slice() {
                [code] if !self.by_office => communes.coded_whole(code),
                _ => Vec::new(),
            };
        }
        let mut areas = named_or_called(communes, &names);
        if areas.is_empty() && !self.has_joint {
            areas = named_within(communes, &names);
        }
        if areas.is_empty() && self.by_office {
            areas = of_office(communes, &names);
            // `95000 CERGY PONTOISE CEDEX`: the code says which of the two.
            let has_code = |area: &Area<'_>| matches!(area, Area::Commune(found) if codes.iter().any(|code| found.commune.postal_codes.contains(code)));
            if areas.iter().any(has_code) {
                areas.retain(has_code);
            }
        }
        areas.retain(|area| codes.iter().all(|code| self.goes_with(communes, code, area)));
        areas
    }

    /// Whether a code that stands beside a name is one of this place.
    fn goes_with(&self, communes: &Communes, code: &str, area: &Area<'_>) -> bool {
        match area {
            Area::Commune(found) if code.len() == WHOLE_CODE => {
                let code = code.to_ascii_uppercase();
                let own = found.commune.code == code || found.former.is_some_and(|former| former.code == code);
                let by_office = self.by_office || !communes.is_known_code(&code);
                let is_city = CITIES.iter().any(|city| city.whole_code == code && city.code == found.commune.code);
                own || is_city
                    || found.commune.postal_codes.contains(&code.as_str())
                    || (by_office && is_of_department(&code, found.commune.department))
            }
            Area::Commune(found) if code == "20" => found.commune.department.land() == matcher::Land::Corsica,
            Area::Commune(found) => department(code) == Some(found.commune.department),
            Area::Department(of) => department(code) == Some(*of),
            Area::Region(_) => false,
        }
    }

    /// An arrondissement, however it is written; none where the words are not about one.
    fn arrondissement<'c>(&self, communes: &'c Communes) -> Option<Vec<Area<'c>>> {
        let (mut cities, mut numbers, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_said = false;
        for token in &self.tokens {
            match token {
                Token::Ordinal(number) => numbers.push(*number),
                Token::Code(code) => codes.push(code.as_str()),
                Token::Word(word) if is_arrondissement(word) => is_said = true,
                Token::Word(word) if matches!(word.as_str(), "de" | "du" | "le") => {}
                Token::Word(word) => match City::named(word) {
                    Some(city) => cities.push(city),
                    None => numbers.push(ordinal_in_letters(word)?),
                },
            }
        }
        let [city] = cities.as_slice() else { return None };
        let whole = communes.by_code(city.code).map(Found::of)?;
        is_said |= !numbers.is_empty();
        if numbers.is_empty() {
            let number = |code: &str| code.parse().ok().filter(|number| code.len() <= 2 && (1..=city.count).contains(number));
            let short = codes.iter().position(|code| number(code).is_some());
            numbers.extend(short.and_then(|at| number(codes.remove(at))));
        }
        let one = match (numbers.as_slice(), self.office) {
            ([number], _) => city.arrondissement(communes, *number),
            ([], Some(number)) => city.arrondissement(communes, number).or(Some(whole)),
            // `75011 Paris`.
            ([], None) => {
                return codes.iter().find_map(|code| city.with_postal_code(communes, code)).map(|found| vec![Area::Commune(found)]);
            }
            _ => return None,
        };
        let mut areas: Vec<_> = one.map(Area::Commune).into_iter().collect();
        areas.retain(|area| codes.iter().all(|code| self.goes_with(communes, code, area)));
        // `Marseille 13`: the thirteenth, or Marseille in the department 13.
        let number = numbers.first().map(u16::to_string).filter(|_| !is_said);
        if number.as_deref() == Some(whole.commune.department.as_str()) {
            areas.push(Area::Commune(whole));
        }
        Some(areas)
    }
}

/// What has this name, or is called so: `département de la Vienne`, `ville de Vienne`.
fn named_or_called<'c>(communes: &'c Communes, names: &[String]) -> Vec<Area<'c>> {
    let areas = communes.named(names);
    let Some((called, rest)) = names.split_first().filter(|_| areas.is_empty()) else { return areas };
    let is_meant: fn(&Area<'_>) -> bool = match called.as_str() {
        "commune" | "ville" => |area| matches!(area, Area::Commune(_)),
        "region" => |area| matches!(area, Area::Region(_) | Area::Department(_)),
        word if is_department(word) => |area| matches!(area, Area::Department(_)),
        _ => return areas,
    };
    let rest = match rest {
        [of, name @ ..] if !name.is_empty() && matches!(of.as_str(), "de" | "d" | "du" | "des") => name,
        _ => rest,
    };
    if rest.is_empty() { areas } else { communes.named(rest).into_iter().filter(is_meant).collect() }
}

/// What has a name and what it lies in behind it, both whole: `Metz (Moselle)`, `Saint-Denis Réunion`, `Lomme (Lille)`. Of a commune named
/// twice, by its name of today and one of old, it is the one of old.
fn named_within<'c>(communes: &'c Communes, names: &[String]) -> Vec<Area<'c>> {
    let mut found: Vec<Area<'c>> = Vec::new();
    for at in 1..names.len() {
        // `Paris Paris` says the same twice.
        let Some((name, within)) = names.split_at_checked(at).filter(|(name, within)| name != within) else { continue };
        let within = communes.named(within);
        let named = if within.is_empty() { Vec::new() } else { communes.named(name) };
        for (area, around) in named.iter().flat_map(|area| within.iter().map(move |around| (*area, *around))) {
            if let Some(one) = lies_in(area, around).filter(|one| !found.contains(one)) {
                found.push(one);
            }
        }
    }
    found
}

/// The first of two areas if it lies in the second.
fn lies_in<'c>(area: Area<'c>, around: Area<'c>) -> Option<Area<'c>> {
    let departments: Vec<Department> = match around {
        Area::Department(department) => vec![department],
        Area::Region(region) => region.departments().collect(),
        Area::Commune(whole) => {
            let Area::Commune(part) = area else { return None };
            let is_same = whole.commune.code == part.commune.code;
            let of_old = [part, whole].into_iter().find(|one| one.former.is_some());
            return of_old.filter(|_| is_same).map(Area::Commune);
        }
    };
    match area {
        Area::Commune(found) => departments.contains(&found.commune.department).then_some(area),
        Area::Department(department) => (matches!(around, Area::Region(_)) && departments.contains(&department)).then_some(area),
        Area::Region(_) => None,
    }
}

/// The communes after which a post office is called whose name is that of no commune: `CERGY PONTOISE CEDEX`. Whoever typed says which.
fn of_office<'c>(communes: &'c Communes, names: &[String]) -> Vec<Area<'c>> {
    let only = |words: &[String]| {
        communes
            .named(words)
            .into_iter()
            .filter_map(|area| if let Area::Commune(found) = area { Some(found) } else { None })
            .collect::<Vec<_>>()
    };
    for at in 1..names.len() {
        let Some((one, other)) = names.split_at_checked(at) else { continue };
        let (ones, others) = (only(one), only(other));
        for (first, second) in ones.iter().flat_map(|first| others.iter().map(move |second| (*first, *second))) {
            if first.commune.department == second.commune.department {
                return vec![Area::Commune(first), Area::Commune(second)];
            }
        }
    }
    Vec::new()
}

/// Whether a mark stands in a text that joins places, beside those that are words of a name.
fn has_joint(text: &str) -> bool {
    text.contains(['/', '&', '+', ':']) || [" - ", " – ", " — "].iter().any(|dash| text.contains(dash))
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_department(word: &str) -> bool {
    matches!(word, "departement" | "dept" | "dpt" | "dep")
}

fn goes_before_a_code(word: &str) -> bool {
    fold::is_article(word) || is_department(word) || matches!(word, "du" | "de")
}

fn is_ordinal_ending(word: &str) -> bool {
    matches!(word, "e" | "er" | "ere" | "em" | "eme" | "ieme" | "nd" | "nde")
}

fn is_corsican_code(word: &str) -> bool {
    let digits = word.strip_prefix("2a").or_else(|| word.strip_prefix("2b"));
    digits.is_some_and(|digits| matches!(digits.len(), 0 | 3) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
