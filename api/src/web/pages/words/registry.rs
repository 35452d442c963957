//! What *Registre* says.

use super::many;
use crate::language::either;

/// How many groups of places a page shows.
pub fn shown(entries: usize) -> String {
    either!(
        many(entries, "groupe de places sur cette page.", "groupes de places sur cette page."),
        many(entries, "group of places on this page.", "groups of places on this page."),
    )
}

/// The people a group of places takes at once.
pub fn household(people: u32) -> String {
    match people {
        1 => either!("personnes seules", "single people").to_owned(),
        more => either!(format!("ménages jusqu’à {more}"), format!("households up to {more}")),
    }
}

/// The ages of minors without a parent.
pub fn minors(from: u8, to: u8) -> String {
    either!(format!("mineurs non accompagnés de {from} à {to}\u{a0}ans"), format!("unaccompanied minors from {from} to {to}"),)
}

phrases! {
    TITLE "Registre" | "Registry";
    LEAD "Ce qui existe, où et pour qui. Ce que vous voyez d’une structure suit l’échelle de confidentialité\u{a0}; chaque nom et chaque numéro montré est inscrit au journal."
        | "What exists, where and for whom. What you see of a home follows the confidentiality ladder; each name and each number shown is written in the log.";
    FILTER "Chercher" | "Search";
    ALL "tous" | "all";
    ALL_F "toutes" | "all";
    DEPARTMENT "Département" | "Department";
    KIND "Sorte" | "Kind";
    GENDER "Accueille" | "Takes";
    MINORS "Mineurs, avec un parent ou seuls" | "Minors, with a parent or alone";
    YES "oui" | "yes";
    NO "non" | "no";
    DOOR "Porte d’entrée" | "Door";
    NONE "Aucun groupe de places ne correspond. Élargissez la recherche." | "No group of places matches. Widen the search.";
    CSV "Tableau (CSV) de ce qui est affiché" | "Table (CSV) of what is shown";
    MORE "La suite" | "More";
    MAP_TITLE "Carte du registre, par département" | "Map of the registry, by department";
    MAP_LEAD "Chaque case est un département\u{a0}; le chiffre dit combien de groupes de places y existent, libres ou non."
        | "Each square is a department; the number says how many groups of places exist there, free or not.";
    COUPLES "couples" | "couples";
    ON_ITS_WORD "Dit par la structure, au téléphone" | "Said by the home, by telephone";
    NOTHING_DECLARED "Rien n’est déclaré." | "Nothing is declared.";
    SPECIALISED "spécialisée" | "specialised";
    REMOVAL_ONLY "avec changement de région" | "only for moving away";
}
