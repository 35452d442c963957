//! What *Journaux* says of how a log and the records stand.

use crate::db::Wrong;

/// How many records stand as the log says, in a sentence.
pub fn compared(records: usize) -> String {
    format!("{records}\u{a0}fiches, chacune comme les actes la disent.")
}

/// How many do not.
pub fn amiss(records: usize) -> String {
    if records == 1 {
        "1\u{a0}fiche n’est pas comme les actes la disent.".to_owned()
    } else {
        format!("{records}\u{a0}fiches ne sont pas comme les actes les disent.")
    }
}

phrases! {
    RECORDS "Fiches";
    RECORDS_NOT_COMPARED "Elles ne sont pas comparées\u{a0}: le journal des actes n’est pas intact.";
    NOT_ANCHORED "Des lignes coupées à la fin ne se voient pas d’ici\u{a0}: comparez avec les ancres (havre verify --anchors).";
    CHANGED "Elle a été changée, ou n’a pas été écrite par ce service.";
    UNHASHED "Son empreinte manque.";
    UNREADABLE "Elle ne se lit plus.";
    REMOVED "Elle a été retirée.";
    CLOSED "Elle a été retirée, et les suivantes décalées.";
    INSERTED "Elle a été ajoutée entre deux autres.";
    SWAPPED "Elle a été échangée avec la suivante.";
    CUT "Elle et toutes les suivantes ont été coupées.";
    REWRITTEN "Elle a été réécrite après avoir été ancrée.";
    HEAD "La fin notée du journal n’est pas la sienne.";
}

/// What happened to a row.
pub fn wrong(wrong: Wrong) -> &'static str {
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
