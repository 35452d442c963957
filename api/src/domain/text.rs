//! Free text as it is let in: bounded, composed (NFC), without characters that nobody sees, without blanks around it.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;

use crate::schemas;
use serde::{Deserialize, Serialize};

/// Text of 1 to `MAX` characters on one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Text<const MAX: usize>(String);

/// What [`Text`] lets in, as a regular expression: no character that is unseen, and one that is not a blank.
pub const TEXT_PATTERN: &str = concat!(
    "^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ue000-\\uf8ff\\ufdd0-\\ufdef\\ufeff\\uffa0\\ufff0-\\uffff\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}\u{3fffe}\u{3ffff}\u{4fffe}\u{4ffff}\u{5fffe}\u{5ffff}\u{6fffe}\u{6ffff}\u{7fffe}\u{7ffff}\u{8fffe}\u{8ffff}\u{9fffe}\u{9ffff}\u{afffe}\u{affff}\u{bfffe}\u{bffff}\u{cfffe}\u{cffff}\u{dfffe}\u{dffff}\u{e0000}-\u{10ffff}]*",
    "[^\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u2800\\u3000\\u3164\\ue000-\\uf8ff\\ufdd0-\\ufdef\\ufeff\\uffa0\\ufff0-\\uffff\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}\u{3fffe}\u{3ffff}\u{4fffe}\u{4ffff}\u{5fffe}\u{5ffff}\u{6fffe}\u{6ffff}\u{7fffe}\u{7ffff}\u{8fffe}\u{8ffff}\u{9fffe}\u{9ffff}\u{afffe}\u{affff}\u{bfffe}\u{bffff}\u{cfffe}\u{cffff}\u{dfffe}\u{dffff}\u{e0000}-\u{10ffff}]",
    "[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u2800\\u3164\\ue000-\\uf8ff\\ufdd0-\\ufdef\\ufeff\\uffa0\\ufff0-\\uffff\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}\u{3fffe}\u{3ffff}\u{4fffe}\u{4ffff}\u{5fffe}\u{5ffff}\u{6fffe}\u{6ffff}\u{7fffe}\u{7ffff}\u{8fffe}\u{8ffff}\u{9fffe}\u{9ffff}\u{afffe}\u{affff}\u{bfffe}\u{bffff}\u{cfffe}\u{cffff}\u{dfffe}\u{dffff}\u{e0000}-\u{10ffff}]*$"
);

/// Whether a character shows nothing, or nothing that two readers agree on: controls, what has no width, what turns the direction of writing,
/// blanks that pass for letters, tags, what is kept for private use or for nobody (Unicode §23.5, §23.7, §23.9). With them two names that look
/// alike are two, and a name can be read as another.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{fdd0}'..='\u{fdef}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{ffff}'
                | '\u{e0000}'..='\u{10ffff}'
        )
        || is_noncharacter(character)
}

/// The last two of each plane, which Unicode keeps for nobody.
fn is_noncharacter(character: char) -> bool {
    u32::from(character) & 0xfffe == 0xfffe
}

impl<const MAX: usize> Text<MAX> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it has in common with every text that reads the same: compatible forms, case and blanks folded. Variants of a character,
    /// which change how it is drawn, are left out.
    pub fn folded(&self) -> String {
        let nfkc = ComposingNormalizer::new_nfkc();
        let compatible = nfkc.normalize(&self.0);
        let cased = CaseMapper::new().fold_string(&compatible).into_owned();
        let drawn: String = nfkc.normalize(&cased).chars().filter(|it| !matches!(it, '\u{fe00}'..='\u{fe0f}')).collect();
        drawn.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_around = |character: char| character == '\n' || (character.is_whitespace() && !is_unseen(character));
        let trimmed = text.trim_matches(is_around);
        if trimmed.is_empty() {
            return Err("must not be empty".to_owned());
        }
        if trimmed.chars().any(is_unseen) {
            return Err("must not hold control characters, nor others that nobody sees".to_owned());
        }
        let composed = ComposingNormalizer::new_nfc().normalize(trimmed).into_owned();
        let length = text.chars().count().max(composed.chars().count());
        if length > MAX {
            return Err(format!("must have at most {MAX} characters, has {length}"));
        }
        Ok(Self(composed))
    }
}

/// Opening hours in the syntax of OpenStreetMap's `opening_hours`, such as `Mo-Fr 09:00-18:00`. No pattern can say that syntax, so
/// parsing lets any text through; `answering.rs` decides what can be made of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OpeningHours(Text<200>);

impl From<Text<200>> for OpeningHours {
    fn from(text: Text<200>) -> Self {
        Self(text)
    }
}

impl OpeningHours {
    /// The expression.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The expression without the words that may stand in it in quotes, which can say where a home is; none where nothing is left.
    pub fn without_words(&self) -> Option<Self> {
        let outside = self.as_str().split('"').step_by(2);
        let left = outside.map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Text::try_from(left).ok().map(Self)
    }
}

crate::schemas::own! {
    OpeningHours as "OpeningHours" => schemas::text(TEXT_PATTERN, 200, "Mo-Fr 09:00-18:00", "When someone answers, in OpenStreetMap's `opening_hours` syntax.");
}

crate::schemas::schemas! {
    /// A [`Text`] as a name.
    Name => schemas::text(TEXT_PATTERN, 200, "Structure fictive des Tilleuls", "A name.");
    /// A [`Text`] as a reason.
    Reason => schemas::text(TEXT_PATTERN, 500, "La directrice a confirmé par téléphone.", "A few words that name nobody.");
    /// A [`Text`] as the name of a town.
    Town => schemas::text(TEXT_PATTERN, 100, "agglomération lyonnaise", "A town, in words that give no address away.");
    /// A [`Text`] as a meeting point.
    MeetingPoint => schemas::text(TEXT_PATTERN, 300, "Devant la gare, sortie nord ; une personne porte un parapluie vert.", "Where people are met, in words that give no address away.");
    /// A [`Text`] as a note.
    NoteText => schemas::text(TEXT_PATTERN, 2000, "Rappeler la structure demain matin.", "A note that names nobody.");
    /// A [`Text`] as instructions.
    Instructions => schemas::text(TEXT_PATTERN, 1000, "Ne pas laisser sortir seule la première nuit.", "What to know for somebody's safety; it names nobody.");
    /// A [`Text`] as the name of a person of an organisation.
    PersonName => schemas::text(TEXT_PATTERN, 100, "Camille Fictive", "Somebody's name, as their organisation writes it.");
    /// A [`Text`] as the name of a tool.
    ToolName => schemas::text(TEXT_PATTERN, 100, "Logiciel de suivi", "What an organisation calls a tool.");
    /// A [`Text`] as where a public number was read.
    DoorSource => schemas::text(TEXT_PATTERN, 200, "Site internet de la préfecture", "Where a public number was read, or who said it: an office, never a person.");
    /// A [`Text`] as the name of a contact.
    ContactName => schemas::text(TEXT_PATTERN, 100, "référente traite", "A function, never a person.");
}
