//! What the link of a mail says.

use crate::language::either;

phrases! {
    WHAT_FOLLOWS "C’est noté, et qui demande est prévenu. Après un oui, il confirme l’arrivée\u{a0}: un courriel vous le dira."
        | "It is noted, and whoever asks has been told. After a yes they confirm the arrival: a mail will tell you.";
}

/// How it stands, in a sentence.
pub fn summary(answers: bool, state: &str) -> String {
    if answers {
        either!(format!("Une réponse est attendue ({state})."), format!("An answer is awaited ({state})."))
    } else {
        either!(format!("Vous avez répondu\u{a0}: {state}."), format!("You answered: {state}."))
    }
}
