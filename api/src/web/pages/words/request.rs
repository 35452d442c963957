//! What *La demande* says.

/// The title.
pub const TITLE: &str = "La demande";
