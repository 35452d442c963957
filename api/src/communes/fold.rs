//! Names as people type them: without accents, case, ligatures and punctuation, with abbreviations written out.
//!
//! Names of the table and what is typed go through the same few rules. Never looks anything up.

/// The words of a text, in the form in which they are compared.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        let letters = plain(character);
        if !letters.is_empty() {
            word.push_str(letters);
        } else if character.is_ascii_alphanumeric() {
            word.push(character.to_ascii_lowercase());
        } else if !is_accent(character) && !word.is_empty() {
            words.push(written_out(&word, character == '/'));
            word.clear();
        }
    }
    if !word.is_empty() {
        words.push(written_out(&word, false));
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
        _ => "",
    }
}
