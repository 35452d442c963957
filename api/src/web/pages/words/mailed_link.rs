//! What the link of a mail says.

/// After an answer.
pub const WHAT_FOLLOWS: &str =
    "C’est noté, et qui demande est prévenu. Après un oui, il confirme l’arrivée\u{a0}: un courriel vous le dira.";

/// How it stands, in a sentence.
pub fn summary(answers: bool, state: &str) -> String {
    if answers { format!("Une réponse est attendue ({state}).") } else { format!("Vous avez répondu\u{a0}: {state}.") }
}
