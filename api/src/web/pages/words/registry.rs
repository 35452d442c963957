//! What *Registre* says.

/// How many groups of places a page shows.
pub fn shown(entries: usize) -> String {
    if entries == 1 {
        "1\u{a0}groupe de places sur cette page.".to_owned()
    } else {
        format!("{entries}\u{a0}groupes de places sur cette page.")
    }
}

/// The people a group of places takes at once.
pub fn household(people: u32) -> String {
    if people == 1 { "personnes seules".to_owned() } else { format!("ménages jusqu’à {people}") }
}

/// The ages of minors without a parent.
pub fn minors(from: u8, to: u8) -> String {
    format!("mineurs non accompagnés de {from} à {to}\u{a0}ans")
}

phrases! {
    TITLE "Registre";
    LEAD "Ce qui existe, où et pour qui. Ce que vous voyez d’une structure suit l’échelle de confidentialité\u{a0}; chaque nom et chaque numéro montré est inscrit au journal.";
    FILTER "Chercher";
    ALL "tous";
    ALL_F "toutes";
    DEPARTMENT "Département";
    KIND "Sorte";
    GENDER "Accueille";
    MINORS "Mineurs, avec un parent ou seuls";
    YES "oui";
    NO "non";
    DOOR "Porte d’entrée";
    NONE "Aucun groupe de places ne correspond. Élargissez la recherche.";
    CSV "Tableau (CSV) de ce qui est affiché";
    MORE "La suite";
    MAP_TITLE "Carte du registre, par département";
    MAP_LEAD "Chaque case est un département\u{a0}; le chiffre dit combien de groupes de places y existent, libres ou non.";
    COUPLES "couples";
    ON_ITS_WORD "Dit par la structure, au téléphone";
    NOTHING_DECLARED "Rien n’est déclaré.";
    SPECIALISED "spécialisée";
    REMOVAL_ONLY "avec changement de région";
}
