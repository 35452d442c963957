//! Names as people type them: without accents, case, ligatures and punctuation, with abbreviations written out.
//!
//! Names of the table and what is typed go through the same few rules. Never looks anything up.

/// The words of a text, in the form in which they are compared.
pub(super) fn words(text: &str) -> Vec<String> {
    raw(text).into_iter().map(|(word, before_slash)| written_out(&word, before_slash)).collect()
}

/// The words as they stand, or none where a letter is of another script: what is left of the text would be another name.
pub(super) fn as_they_stand(text: &str) -> Option<Vec<String>> {
    let foreign = |character: char| character.is_alphanumeric() && !character.is_ascii() && plain(character).is_empty();
    if text.chars().map(narrow).any(|character| foreign(character) && !is_accent(character)) {
        return None;
    }
    let shortened = |(word, before_slash): (String, bool)| {
        if before_slash && matches!(word.as_str(), "s" | "ss") { written_out(&word, true) } else { word }
    };
    Some(raw(text).into_iter().map(shortened).collect())
}

/// Words with abbreviations written out.
pub(super) fn spelt_out(words: &[String]) -> Vec<String> {
    words.iter().map(|word| written_out(word, false)).collect()
}

/// Whether words that have the letters of a name are parted only where the name is: `val doise` is Val-d'Oise, `loir et` is not Loiret.
pub(super) fn is_parted_alike<'w>(words: &[String], name: impl Iterator<Item = &'w str>) -> bool {
    let ends = |sum: &mut usize, word: &str| {
        *sum += word.len();
        Some(*sum)
    };
    let of_name: Vec<usize> = name.scan(0, ends).collect();
    words.iter().map(String::as_str).scan(0, ends).all(|end| of_name.contains(&end))
}

/// Whether a word is an article that a name may stand without.
pub(super) fn is_article(word: &str) -> bool {
    matches!(word, "le" | "la" | "les" | "l")
}

/// The words, each with whether a slash follows.
fn raw(text: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars().map(narrow) {
        let letters = plain(character);
        if !letters.is_empty() {
            word.push_str(letters);
        } else if character.is_ascii_alphanumeric() {
            word.push(character.to_ascii_lowercase());
        } else if !is_accent(character) && !word.is_empty() {
            words.push((word, character == '/'));
            word = String::new();
        }
    }
    if !word.is_empty() {
        words.push((word, false));
    }
    words
}

/// What a word may yet become: who types `st` may be on the way to Strasbourg as well as to Saint-Étienne.
pub(super) fn as_typed(last: &str) -> Option<&'static str> {
    match last {
        "saint" => Some("st"),
        "sainte" => Some("ste"),
        _ => None,
    }
}

fn written_out(word: &str, before_slash: bool) -> String {
    match word {
        "st" => return "saint".to_owned(),
        "ste" => return "sainte".to_owned(),
        "sts" => return "saints".to_owned(),
        "stes" => return "saintes".to_owned(),
        "lez" => return "les".to_owned(),
        "s" if before_slash => return "sur".to_owned(),
        "ss" if before_slash => return "sous".to_owned(),
        _ => {}
    }
    // 11e, 1er, 3eme: the number alone.
    let number = word.trim_start_matches(|digit: char| digit.is_ascii_digit());
    match (word.strip_suffix(number), number) {
        (Some(digits), "er" | "ere" | "e" | "em" | "eme" | "nd" | "nde") if !digits.is_empty() => digits.to_owned(),
        _ => word.to_owned(),
    }
}

/// A letter or digit of full width, as keyboards for Chinese and Japanese write it, as one of ours.
fn narrow(character: char) -> char {
    const AWAY: u32 = 0xfee0;
    match character {
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
            u32::from(character).checked_sub(AWAY).and_then(char::from_u32).unwrap_or(character)
        }
        _ => character,
    }
}

/// An accent that follows its letter, as some keyboards and file systems write it.
fn is_accent(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// The letters of a letter with an accent, or of a ligature; nothing for any other character.
fn plain(character: char) -> &'static str {
    match character {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' => "a",
        'æ' | 'Æ' => "ae",
        'ç' | 'Ç' => "c",
        'è' | 'é' | 'ê' | 'ë' | 'È' | 'É' | 'Ê' | 'Ë' => "e",
        'ì' | 'í' | 'î' | 'ï' | 'Ì' | 'Í' | 'Î' | 'Ï' => "i",
        'ñ' | 'Ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' => "o",
        'œ' | 'Œ' => "oe",
        'ù' | 'ú' | 'û' | 'ü' | 'Ù' | 'Ú' | 'Û' | 'Ü' => "u",
        'ý' | 'ÿ' | 'Ý' | 'Ÿ' => "y",
        // As word processors write 10ᵉ and 1ᵉʳ.
        'ᵉ' => "e",
        'ʳ' => "r",
        _ => "",
    }
}
