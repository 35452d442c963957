//! Every page in the language of its reader, and in no other: each is looked at in English for words of French, and in French for words of English.

use std::sync::LazyLock;

use api::communes::DEPARTMENTS;

use super::*;

/// Words that French cannot do without, and English does not have.
const FRENCH: &[&str] = &[
    "à", "au", "aucun", "aucune", "aux", "avant", "avec", "ce", "ces", "cette", "chez", "dans", "depuis", "des", "du", "elle",
    "en", "est", "et", "il", "la", "le", "les", "leur", "mais", "ne", "non", "nous", "ou", "oui", "où", "par", "pas", "pour",
    "que", "qui", "rien", "sa", "sans", "ses", "sous", "sur", "un", "une", "vos", "votre", "vous",
];

/// The same the other way round.
const ENGLISH: &[&str] = &[
    "and", "any", "are", "at", "by", "does", "for", "from", "has", "have", "in", "is", "it", "my", "not", "nothing", "of", "or",
    "that", "the", "their", "they", "this", "those", "until", "what", "who", "with", "you", "your",
];

/// Beginnings of French words that are joined to what follows.
const JOINED: &[&str] = &["d’", "l’", "n’", "s’", "qu’", "c’", "j’", "m’"];

/// What is typed by the fixtures, and names: in no language of a page's.
const TYPED: &[&str] = &[
    "agglomération lyonnaise",
    "référente traite",
    "Rappeler demain",
    "Structure fictive du Quai",
    "12 rue du Canari",
    "Île-de-France",
    "Communes: INSEE, La Poste (Licence Ouverte), GeoNames (CC BY 4.0)",
    "Communes\u{a0}: INSEE, La Poste (Licence Ouverte), GeoNames (CC BY 4.0)",
    "Licence Ouverte",
    "Structure fictive des Tilleuls",
    "Coordination nationale du dispositif",
    "Code de l’action sociale et des familles, art. L. 226-6 ; plan de numérotation, numéro d’appel d’urgence",
    "Code de l’action sociale et des familles, art. L. 345-2 ; plan de numérotation, numéro d’appel d’urgence",
    // The telephone that the reader before this one had remembered, by the name that its page proposed.
    "Your telephone",
    "Votre téléphone",
    "Ac.Sé",
    "parcours de sortie",
];

/// Names, and what is typed: the longest first, since Loire is a department and the end of another.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let aliases = include_str!("../../seeds/aliases.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let names = TYPED.iter().copied().chain(DEPARTMENTS.iter().map(|(_, name)| *name)).chain(aliases);
    // As it is kept, and as it is read.
    let mut names: Vec<String> = names.flat_map(|name| [name.to_owned(), name.replace('\'', "’")]).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names
});

/// Pages that are the same for every reader.
const OF_NO_LANGUAGE: &[&str] = &["docs", "docsFolder", "style", "script", "openapi"];

/// The words of a page that are in its own language: what is read, and what is said of a field or shown for it. What is marked as being in another
/// language is left out.
fn said(page: &str) -> Vec<String> {
    let mut said = Vec::new();
    let mut open: Vec<(String, Option<String>)> = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        let end = tag.find('>').unwrap();
        let (tag, after) = (&tag[1..end], &tag[end + 1..]);
        let own = open.first().and_then(|(_, language)| language.clone());
        let now = open.iter().rev().find_map(|(_, language)| language.clone());
        let is_script = open.last().is_some_and(|(name, _)| name == "script" || name == "style");
        if now == own && !is_script {
            said.push(text.to_owned());
        }
        rest = after;
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            while open.pop().is_some_and(|(known, _)| known != name) {}
            continue;
        }
        let name = tag.split_whitespace().next().unwrap().trim_end_matches('/').to_owned();
        let attribute =
            |wanted: &str| tag.split(&format!(" {wanted}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        let language = attribute("lang");
        if language.is_none() || language == own {
            for shown in ["aria-label", "title", "alt", "placeholder", "data-gone"] {
                said.extend(attribute(shown));
            }
        }
        if !["meta", "link", "input", "br", "img", "hr"].contains(&name.as_str()) {
            open.push((name, language));
        }
    }
    said
}

/// A text without the names that stand in it.
fn without_names(text: &str) -> String {
    let mut text = text.to_owned();
    for name in NAMES.iter() {
        if text.contains(name.as_str()) {
            text = text.replace(name.as_str(), "");
        }
    }
    text
}

/// What is said on a page and has such a word that is no part of a name, with the word. Names are only looked for where there is one: they are many.
fn said_with(page: &str, word_in: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let texts = said(page).into_iter().map(|text| text.replace("&amp;", "&").replace("&quot;", "\""));
    let texts = texts.filter(|text| word_in(text).is_some()).map(|text| without_names(&text));
    texts.filter_map(|text| word_in(&text).map(|word| format!("{word}: {}", text.trim()))).collect()
}

/// The words of these that stand on a page, each with what stands around it.
fn found(page: &str, words: &[&str]) -> Vec<String> {
    let is_word = |word: &&str| {
        let word = word.to_lowercase();
        words.contains(&word.as_str()) || (words == FRENCH && JOINED.iter().any(|joined| word.starts_with(joined)))
    };
    let is_between = |sign: char| sign.is_whitespace() || ".,:;!?…()«»“”\"/·".contains(sign);
    said_with(page, |text| text.split(is_between).find(is_word).map(ToOwned::to_owned))
}

/// What of French is no English word at all, by its accents.
fn accented(page: &str) -> Vec<String> {
    let is_accented = |word: &&str| word.to_lowercase().contains(['é', 'è', 'ê', 'ë', 'à', 'â', 'ç', 'î', 'ï', 'ô', 'û', 'ù', 'œ']);
    said_with(page, |text| text.split_whitespace().find(is_accented).map(ToOwned::to_owned))
}

/// What an answer says in a language that is not its reader's.
fn foreign(row: &Spec, language: &str, answer: &Answer, foreign: &[&str]) -> Vec<String> {
    if !answer.header("content-type").starts_with("text/html") || OF_NO_LANGUAGE.contains(&row.id) {
        return Vec::new();
    }
    let what = format!("{} {} {}", row.method, row.path, answer.status);
    let mut wrong = Vec::new();
    if answer.header("content-language") != language || !answer.text.contains(&format!("<html lang=\"{language}\">")) {
        wrong.push(format!("{what} says that it is in {:?}", answer.header("content-language")));
    }
    wrong.extend(found(&answer.text, foreign).iter().map(|word| format!("{what} {word}")));
    if language == "en" {
        wrong.extend(accented(&answer.text).iter().map(|word| format!("{what} {word}")));
        // French sets a blank before these signs, English none.
        let spaced = |text: &String| [':', ';', '?', '!'].iter().any(|sign| text.contains(&format!("\u{a0}{sign}")));
        let typed = |text: &String| TYPED.iter().any(|typed| text.contains(typed));
        wrong.extend(said(&answer.text).iter().filter(|text| spaced(text) && !typed(text)).map(|text| format!("{what} {text}")));
    }
    wrong
}

/// The same browser, which has chosen a language.
fn reading(kind: &Kind, language: &str) -> Kind {
    let mut browser = kind.browser.clone();
    browser.cookie = format!("{}; __Host-havre-langue={language}", browser.cookie);
    let (name, caller, app) = (kind.name.clone(), kind.caller.clone(), kind.app.clone());
    Kind { name, role: kind.role, side: kind.side, is_known: kind.is_known, caller, browser, app }
}

/// Sends what a row is sent, and the same with nothing typed, and looks at the pages that come: what is read in both languages, what is sent in
/// English, but for what comes back where nothing was typed. Gives what was said in a language that is not the reader's, and how many pages were seen.
async fn look(app: &TestApp, world: &World, row: &Spec, kind: &Kind) -> (Vec<String>, usize) {
    let good = fixture(app, world, row, kind.side).await;
    let empty = Call { fields: Vec::new(), phone: good.phone.clone(), ..Call::to(good.path.clone()) };
    let calls = if row.method == Method::POST {
        vec![("fr", &empty), ("en", &empty), ("en", &good)]
    } else {
        vec![("fr", &good), ("en", &good)]
    };
    let (mut wrong, mut pages) = (Vec::new(), 0);
    for (language, call) in calls {
        let answer = reading(kind, language).send(row, call).await;
        pages += usize::from(answer.header("content-type").starts_with("text/html"));
        wrong.extend(foreign(row, language, &answer, if language == "en" { FRENCH } else { ENGLISH }));
    }
    (wrong, pages)
}

on_both! {
    async fn every_page_is_in_the_language_of_its_reader_and_in_no_other(app: TestApp) {
        let mut kinds = vec![Kind::nobody(&app).await];
        for role in Role::ALL {
            kinds.push(Kind::of(&app, *role, Side::Own).await);
        }
        let world = World::new(&app).await;
        let (mut wrong, mut pages) = (BTreeSet::new(), 0);
        for row in operations::ALL.iter().filter(|row| row.surface == Surface::Page) {
            let kind = privileged(row, &kinds);
            // Who signs out is not there any more: another goes in their place.
            let leaving = if ENDING.contains(&row.id) && kind.is_known { kind.role } else { None };
            let (found, seen) = match leaving {
                Some(role) => look(&app, &world, row, &Kind::of(&app, role, Side::Own).await).await,
                None => look(&app, &world, row, kind).await,
            };
            wrong.extend(found);
            pages += seen;
        }
        assert!(pages > 100, "only {pages} pages were looked at");
        let wrong: Vec<_> = wrong.into_iter().collect();
        assert!(wrong.is_empty(), "{} times another language:\n{}", wrong.len(), wrong.join("\n"));
        app.ignore_mails();
    }

    async fn the_words_that_are_looked_for_are_found_where_they_are(app: TestApp) {
        let mut browser = Browser::new(&app).await;
        let french = browser.get("/connexion").await.expect(200);
        assert!(found(&french.text, FRENCH).len() > 3 && !accented(&french.text).is_empty(), "{}", french.text);
        browser.cookie = format!("{}; __Host-havre-langue=en", browser.cookie);
        let english = browser.get("/connexion").await.expect(200);
        assert!(found(&english.text, ENGLISH).len() > 3, "{}", english.text);
        // What is marked as another language is none of the page's, and what is not is.
        let page = "<html lang=\"en\"><p aria-label=\"pas la\">x</p><p><b lang=\"fr\">rien pour <i>vous</i></b> and <input title=\"une\"></p>";
        assert_eq!(found(page, FRENCH).len(), 2, "{:?}", found(page, FRENCH));
        assert_eq!(found(page, ENGLISH).len(), 1);
    }
}
