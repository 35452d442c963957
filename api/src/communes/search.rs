//! The search of communes as one types: an index of all names by their words, and of all postal codes.
//!
//! Work is bounded for any input: what is read of it, the words looked at, the candidates gone through. Never holds what was typed.

use std::iter;

use super::{Commune, Communes, Former, Found, fold};

/// Characters that are read; the longest name has 45.
const MAX_TYPED: usize = 100;
/// Words that are looked at, and results that are given, at most.
const MAX_WORDS: usize = 12;
const MAX_RESULTS: usize = 100;
/// Results that are sought even if fewer are asked for, because their order is settled last.
const MIN_RESULTS: usize = 10;
/// Characters of a postal code, and of an INSEE code.
const WHOLE_CODE: usize = 5;
/// Candidates that words with gaps between them are sought among; a word that fits more is too short to tell.
const MAX_CANDIDATES: usize = 4096;

/// How well a name fits, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is what was typed.
    Whole,
    /// It begins so.
    Start,
    /// A word of it begins so.
    Word,
    /// It begins so when written in one word.
    Joined,
    /// Its words begin so, with others between them.
    Gaps,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Rest,
    Joined,
}

/// A way to begin a name, in [`Index::text`].
#[derive(Debug)]
struct Entry {
    from: usize,
    to: usize,
    rank: usize,
    kind: Kind,
}

#[derive(Debug)]
pub(super) struct Index {
    text: String,
    /// By their text.
    entries: Vec<Entry>,
    /// Where in the text the name of each rank is.
    names: Vec<(usize, usize)>,
    /// Ranks by the letters of their names, blanks left out; and of those with an article, by what follows it.
    by_letters: Vec<usize>,
    by_letters_after_article: Vec<usize>,
    /// Postal codes, in order, with ranks.
    postal: Vec<(&'static str, usize)>,
}

impl Index {
    /// Of the communes, and behind them in rank of those of old.
    pub(super) fn of(ranked: &[Commune], former: &[Former]) -> Self {
        let mut index = Self {
            text: String::new(),
            entries: Vec::new(),
            names: Vec::new(),
            by_letters: Vec::new(),
            by_letters_after_article: Vec::new(),
            postal: Vec::new(),
        };
        for (rank, commune) in ranked.iter().enumerate() {
            index.add(rank, commune.name);
            index.add_commune(rank, commune);
        }
        for (rank, former) in (ranked.len()..).zip(former) {
            // Where only the code is another, the name is there.
            index.add(rank, if former.is_code_only { "" } else { former.name });
        }
        index.sort_names();
        // The first letters decide most comparisons without a look into the text.
        let mut lettered: Vec<_> = index.entries.drain(..).map(|entry| (first_letters(key(&index.text, &entry)), entry)).collect();
        lettered.sort_unstable_by(|(a, one), (b, other)| a.cmp(b).then_with(|| key(&index.text, one).cmp(key(&index.text, other))));
        index.entries = lettered.into_iter().map(|(_, entry)| entry).collect();
        index.postal.sort_unstable();
        index
    }

    fn add(&mut self, rank: usize, name: &str) {
        let words = fold::words(name);
        self.names.push((self.text.len(), self.text.len() + words.join(" ").len()));
        self.add_words(rank, &words);
        // L'Haÿ is typed lhay as well as l hay.
        if let Some(elided) = elided(&words) {
            self.add_words(rank, &elided);
        }
        if words.len() > 1 {
            self.push(rank, Kind::Joined, &words.concat());
        }
    }

    fn add_commune(&mut self, rank: usize, commune: &Commune) {
        let words = fold::words(commune.name);
        if let Some((number, city)) = commune.part_of.and(words.get(1).zip(words.first())) {
            for alias in [format!("{city} {number}"), format!("{city} {number:0>2}")] {
                self.push(rank, Kind::Name, &alias);
            }
        }
        self.postal.extend(commune.postal_codes.iter().map(|code| (*code, rank)));
    }

    fn sort_names(&mut self) {
        let named = |rank: &usize| !self.name(*rank).is_empty();
        let mut by_letters: Vec<usize> = (0..self.names.len()).filter(named).collect();
        by_letters.sort_by(|a, b| letters(self.name(*a)).cmp(letters(self.name(*b))));
        let mut after: Vec<usize> = by_letters.iter().copied().filter(|rank| after_article(self.name(*rank)).is_some()).collect();
        after.sort_by(|a, b| letters(self.after_article(*a)).cmp(letters(self.after_article(*b))));
        (self.by_letters, self.by_letters_after_article) = (by_letters, after);
    }

    fn name(&self, rank: usize) -> &str {
        self.names.get(rank).and_then(|(from, to)| self.text.get(*from..*to)).unwrap_or_default()
    }

    fn after_article(&self, rank: usize) -> &str {
        after_article(self.name(rank)).unwrap_or_default()
    }

    /// The letters and digits of the name of a rank, and of what follows its article if it has one, where they begin with this letter.
    pub(super) fn names_beginning(&self, rank: usize, letter: Option<&u8>) -> impl Iterator<Item = String> {
        let name = self.name(rank);
        let names = iter::once(name).chain(after_article(name)).filter(move |name| name.as_bytes().first() == letter);
        names.map(|name| name.replace(' ', ""))
    }

    /// Ranks with this whole name.
    pub(super) fn named<'i>(&'i self, words: &'i [String]) -> impl Iterator<Item = usize> + 'i {
        with_letters(&self.by_letters, words, |rank| self.name(rank))
    }

    /// The same for names with an article, by what follows it.
    pub(super) fn named_with_article<'i>(&'i self, words: &'i [String]) -> impl Iterator<Item = usize> + 'i {
        with_letters(&self.by_letters_after_article, words, |rank| self.after_article(rank))
    }

    /// Whether names begin with these words, and go on.
    pub(super) fn begins_others(&self, words: &[String]) -> bool {
        self.going_on(words).next().is_some()
    }

    /// Ranks of names that begin with these words, and go on.
    pub(super) fn going_on(&self, words: &[String]) -> impl Iterator<Item = usize> {
        let goes_on = |entry: &&Entry| entry.kind == Kind::Name;
        self.range(&format!("{} ", words.join(" "))).iter().filter(goes_on).map(|entry| entry.rank)
    }

    /// Ranks with exactly this postal code.
    pub(super) fn with_postal_code<'i>(&'i self, code: &'i str) -> impl Iterator<Item = usize> + 'i {
        let from = self.postal.partition_point(|(postal, _)| *postal < code);
        self.postal.iter().skip(from).take_while(move |(postal, _)| *postal == code).map(|(_, rank)| *rank)
    }

    /// The name, and what is left of it from each of its words on; without its article it is a name as well.
    fn add_words(&mut self, rank: usize, words: &[String]) {
        let from = self.text.len();
        self.text.push_str(&words.join(" "));
        let to = self.text.len();
        self.text.push('\n');
        let article = words.first().is_some_and(|word| matches!(word.as_str(), "le" | "la" | "les" | "l"));
        let mut start = from;
        for (place, word) in words.iter().enumerate() {
            let kind = if place == 0 || (place == 1 && article) { Kind::Name } else { Kind::Rest };
            self.entries.push(Entry { from: start, to, rank, kind });
            start += word.len() + 1;
        }
    }

    fn push(&mut self, rank: usize, kind: Kind, key: &str) {
        let from = self.text.len();
        self.text.push_str(key);
        self.entries.push(Entry { from, to: self.text.len(), rank, kind });
        self.text.push('\n');
    }

    pub(super) fn search<'a>(&self, communes: &'a Communes, text: &str, limit: usize) -> Vec<Found<'a>> {
        let typed: String = text.trim_start().chars().take(MAX_TYPED).collect();
        let mut words = fold::words(&typed);
        words.truncate(MAX_WORDS);
        if words.is_empty() {
            return Vec::new();
        }
        let mut best = Best::new(limit.clamp(MIN_RESULTS, MAX_RESULTS));
        if words.iter().all(|word| is_code(word)) {
            self.by_code(communes, &words.concat(), &mut best);
        } else {
            let still_typing = typed.ends_with(char::is_alphanumeric);
            self.by_name(&words, still_typing, &mut best, |_| true);
            // `Paris 11 75011`: a short number may be of the name, so it is taken for a code last.
            for shortest in [WHOLE_CODE, 1] {
                self.by_name_and_code(communes, &words, shortest, &mut best);
            }
        }
        let mut found: Vec<_> = best.found.iter().map(|(_, rank)| communes.found(*rank)).collect();
        // A city has all postal codes of its arrondissements: who types one whole means the one that it is of.
        if words.iter().filter(|word| is_code(word)).map(String::len).sum::<usize>() >= WHOLE_CODE {
            found.sort_by_key(|found| found.commune.part_of.is_none());
        }
        found.truncate(limit);
        found
    }

    /// By postal code or the start of one, and by INSEE code.
    fn by_code(&self, communes: &Communes, code: &str, best: &mut Best) {
        let code = code.to_ascii_uppercase();
        let from = self.postal.partition_point(|(postal, _)| *postal < code.as_str());
        for (_, rank) in self.postal.iter().skip(from).take_while(|(postal, _)| postal.starts_with(&code)) {
            best.offer(Fit::Start, *rank);
        }
        // Short of whole, digits are taken for a postal code; Corsica's letters are in INSEE codes only.
        if code.len() == WHOLE_CODE || code.contains(['A', 'B']) {
            communes.coded(&code).for_each(|rank| best.offer(Fit::Word, rank));
        }
    }

    /// By what is a name, among those that have what is a code, at least so long.
    fn by_name_and_code(&self, communes: &Communes, words: &[String], shortest: usize, best: &mut Best) {
        let (codes, names): (Vec<_>, Vec<_>) = words.iter().cloned().partition(|word| word.len() >= shortest && is_code(word));
        if !codes.is_empty() {
            let fits = |rank| codes.iter().all(|code| has_code(&communes.found(rank), code));
            best.next_stage();
            self.by_name(&names, false, best, fits);
        }
    }

    fn by_name(&self, words: &[String], still_typing: bool, best: &mut Best, fits: impl Fn(usize) -> bool) {
        let mut typed = words.join(" ");
        self.starting(&typed, best, &fits);
        if let Some((last, short)) = words.last().and_then(|last| Some((last, fold::as_typed(last)?))).filter(|_| still_typing) {
            typed.truncate(typed.len() - last.len());
            typed.push_str(short);
            self.starting(&typed, best, &fits);
        }
        if words.len() > 1 && !best.is_full() {
            self.with_gaps(words, best, &fits);
        }
    }

    fn starting(&self, typed: &str, best: &mut Best, fits: impl Fn(usize) -> bool) {
        for entry in self.range(typed) {
            let fit = match entry.kind {
                Kind::Name if entry.to - entry.from == typed.len() => Fit::Whole,
                Kind::Name => Fit::Start,
                Kind::Rest => Fit::Word,
                Kind::Joined => Fit::Joined,
            };
            if best.would_take(fit, entry.rank) && fits(entry.rank) {
                best.offer(fit, entry.rank);
            }
        }
    }

    fn with_gaps(&self, words: &[String], best: &mut Best, fits: impl Fn(usize) -> bool) {
        let ranges = words.iter().map(|word| self.range(word));
        let Some(candidates) = ranges.min_by_key(|range| range.len()).filter(|range| range.len() <= MAX_CANDIDATES) else { return };
        for entry in candidates {
            if best.would_take(Fit::Gaps, entry.rank) && self.has_in_order(entry.rank, words) && fits(entry.rank) {
                best.offer(Fit::Gaps, entry.rank);
            }
        }
    }

    fn has_in_order(&self, rank: usize, words: &[String]) -> bool {
        let mut of_name = self.name(rank).split(' ');
        words.iter().all(|word| of_name.any(|other| other.starts_with(word.as_str())))
    }

    /// The entries that begin so.
    fn range(&self, start: &str) -> &[Entry] {
        let from = self.entries.partition_point(|entry| key(&self.text, entry) < start);
        let rest = self.entries.get(from..).unwrap_or_default();
        let count = rest.partition_point(|entry| key(&self.text, entry).starts_with(start));
        rest.get(..count).unwrap_or_default()
    }
}

fn key<'a>(text: &'a str, entry: &Entry) -> &'a str {
    text.get(entry.from..entry.to).unwrap_or_default()
}

fn first_letters(key: &str) -> [u8; 8] {
    let mut letters = [0; 8];
    letters.iter_mut().zip(key.bytes()).for_each(|(letter, byte)| *letter = byte);
    letters
}

/// The words with `l` and `d` before an apostrophe joined to what follows, if there are any.
fn elided(words: &[String]) -> Option<Vec<String>> {
    let is_elision = |word: &String| matches!(word.as_str(), "l" | "d");
    words.iter().any(is_elision).then(|| {
        let mut joined: Vec<String> = Vec::new();
        let mut open = false;
        for word in words {
            match joined.last_mut().filter(|_| open) {
                Some(last) => last.push_str(word),
                None => joined.push(word.clone()),
            }
            open = is_elision(word);
        }
        joined
    })
}

/// Whether a word can be (the start of) a postal code, an INSEE code or a department.
fn is_code(word: &str) -> bool {
    let digits = word.strip_prefix("2a").or_else(|| word.strip_prefix("2b")).unwrap_or(word);
    word.len() <= WHOLE_CODE && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_code(found: &Found<'_>, code: &str) -> bool {
    let starts = |with: &str| with.get(..code.len()).is_some_and(|start| start.eq_ignore_ascii_case(code));
    let Found { commune, former } = found;
    commune.postal_codes.iter().any(|postal| starts(postal))
        || starts(commune.code)
        || former.is_some_and(|former| starts(former.code))
}

fn letters(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().filter(|byte| *byte != b' ')
}

/// Of ranks in the order of their names' letters those whose name has the letters of these words, and is parted where they are.
fn with_letters<'i>(ranks: &'i [usize], words: &'i [String], name: impl Fn(usize) -> &'i str) -> impl Iterator<Item = usize> {
    let wanted: Vec<u8> = words.iter().flat_map(|word| word.bytes()).collect();
    let from = ranks.partition_point(|rank| letters(name(*rank)).lt(wanted.iter().copied()));
    let mut found = Vec::new();
    for rank in ranks.iter().skip(from).take_while(|rank| letters(name(**rank)).eq(wanted.iter().copied())) {
        if fold::is_parted_alike(words, name(*rank).split(' ')) {
            found.push(*rank);
        }
    }
    found.into_iter()
}

fn after_article(name: &str) -> Option<&str> {
    name.split_once(' ').filter(|(first, _)| fold::is_article(first)).map(|(_, rest)| rest)
}

/// The best so far, best first, each once. A later stage never overtakes an earlier one.
struct Best {
    limit: usize,
    stage: u8,
    found: Vec<((u8, Fit), usize)>,
}

impl Best {
    fn new(limit: usize) -> Self {
        Self { limit, stage: 0, found: Vec::with_capacity(limit) }
    }

    fn next_stage(&mut self) {
        self.stage += 1;
    }

    fn is_full(&self) -> bool {
        self.found.len() >= self.limit
    }

    fn would_take(&self, fit: Fit, rank: usize) -> bool {
        !self.is_full() || self.found.last().is_some_and(|last| ((self.stage, fit), rank) < *last)
    }

    fn offer(&mut self, fit: Fit, rank: usize) {
        if !self.would_take(fit, rank) {
            return;
        }
        let offered = ((self.stage, fit), rank);
        if let Some(at) = self.found.iter().position(|(_, known)| *known == rank) {
            if self.found.get(at).is_none_or(|known| *known <= offered) {
                return;
            }
            self.found.remove(at);
        }
        let at = self.found.partition_point(|known| *known < offered);
        self.found.insert(at, offered);
        self.found.truncate(self.limit);
    }
}
