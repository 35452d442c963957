//! What *Journaux* says of how a log and the records stand.

use super::{Phrase, many};
use crate::db::Wrong;
use crate::language::either;

/// How many records stand as the log says, in a sentence.
pub fn compared(records: usize) -> String {
    either!(
        many(records, "fiche, comme les actes la disent.", "fiches, chacune comme les actes la disent."),
        many(records, "record, as the acts say.", "records, each as the acts say."),
    )
}

/// How many do not.
pub fn amiss(records: usize) -> String {
    either!(
        many(records, "fiche n’est pas comme les actes la disent.", "fiches ne sont pas comme les actes les disent."),
        many(records, "record is not as the acts say.", "records are not as the acts say."),
    )
}

phrases! {
    RECORDS "Fiches" | "Records";
    RECORDS_NOT_COMPARED "Elles ne sont pas comparées\u{a0}: le journal des actes n’est pas intact."
        | "They are not compared: the log of acts is not intact.";
    NOT_ANCHORED "Des lignes coupées à la fin ne se voient pas d’ici\u{a0}: comparez avec les ancres (havre verify --anchors)."
        | "Rows cut from the end are not seen from here: compare with the anchors (havre verify --anchors).";
    CHANGED "Elle a été changée, ou n’a pas été écrite par ce service." | "It was changed, or was not written by this service.";
    UNHASHED "Son empreinte manque." | "Its hash is missing.";
    UNREADABLE "Elle ne se lit plus." | "It cannot be read any more.";
    REMOVED "Elle a été retirée." | "It was removed.";
    CLOSED "Elle a été retirée, et les suivantes décalées." | "It was removed, and those behind it moved up.";
    INSERTED "Elle a été ajoutée entre deux autres." | "It was inserted between two others.";
    SWAPPED "Elle a été échangée avec la suivante." | "It was swapped with the next.";
    CUT "Elle et toutes les suivantes ont été coupées." | "It and all behind it were cut.";
    REWRITTEN "Elle a été réécrite après avoir été ancrée." | "It was written anew after it was anchored.";
    HEAD "La fin notée du journal n’est pas la sienne." | "What is noted as the end of the log is not its end.";
}

/// What happened to a row.
pub fn wrong(wrong: Wrong) -> Phrase {
    match wrong {
        Wrong::Changed => CHANGED,
        Wrong::Unhashed => UNHASHED,
        Wrong::Unreadable => UNREADABLE,
        Wrong::Removed => REMOVED,
        Wrong::Closed => CLOSED,
        Wrong::Inserted => INSERTED,
        Wrong::Swapped => SWAPPED,
        Wrong::Cut => CUT,
        Wrong::Rewritten => REWRITTEN,
        Wrong::Head => HEAD,
    }
}
