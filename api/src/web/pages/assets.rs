//! The stylesheet and the little script there is: part of the program, under names that change with what they hold.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Where the "quit" button leads: a site anyone may have been looking at.
pub const NEUTRAL: &str = "https://meteofrance.com/";

/// A file of the pages.
pub struct Asset {
    media_type: &'static str,
    content: &'static str,
    path: LazyLock<String>,
}

/// The look.
pub static STYLE: Asset = Asset {
    media_type: "text/css; charset=utf-8",
    content: include_str!("../../../static/havre.css"),
    path: LazyLock::new(|| path_of("havre.css", include_str!("../../../static/havre.css"))),
};

/// What makes a page a little easier where scripts run.
pub static SCRIPT: Asset = Asset {
    media_type: "text/javascript; charset=utf-8",
    content: include_str!("../../../static/havre.js"),
    path: LazyLock::new(|| path_of("havre.js", include_str!("../../../static/havre.js"))),
};

/// The hash in the path lets a browser keep the file for ever.
fn path_of(name: &str, content: &str) -> String {
    let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(content));
    format!("/static/{}/{name}", hash.get(..12).unwrap_or_default())
}

impl Asset {
    /// Where it is served.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn answer(&self) -> HttpResponse {
        HttpResponse::Ok()
            .content_type(self.media_type)
            .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
            .body(self.content)
    }
}

/// The look, whatever hash is asked for: an older page gets today's file.
pub async fn style() -> HttpResponse {
    STYLE.answer()
}

/// The script, likewise.
pub async fn script() -> HttpResponse {
    SCRIPT.answer()
}
