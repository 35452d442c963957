//! The language in which something is said to who reads it: that of the page being answered, else French, which mails and the command line speak.
//!
//! It goes along with the answer of a request, not as an argument: hundreds of sentences are chosen by it, deep below whoever knows the reader.

use tokio::task_local;

/// A language of the screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// The one everything is written in first.
    #[default]
    French,
    /// Beside it.
    English,
}

task_local! {
    static CURRENT: Language;
}

impl Language {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::French, Self::English];

    /// The one that is spoken here and now.
    pub fn current() -> Self {
        CURRENT.try_with(|language| *language).unwrap_or_default()
    }

    /// Its code, as `lang` and `Content-Language` have it (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// The language of such a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// Speaks it as long as an answer is made.
    pub async fn during<F: Future>(self, answer: F) -> F::Output {
        CURRENT.scope(self, answer).await
    }

    /// Speaks it on this thread as long as some work takes: a thread that waits for the database knows nothing of whom it works for.
    pub fn while_on_thread<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }
}

/// The first of two in French, the second in English; only the one that is said is made.
macro_rules! either {
    ($french:expr, $english:expr $(,)?) => {
        match $crate::language::Language::current() {
            $crate::language::Language::French => $french,
            $crate::language::Language::English => $english,
        }
    };
}
pub(crate) use either;
