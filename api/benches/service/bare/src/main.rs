//! The least an HTTP service can do for a ranking: parse the body, send an answer of the same size. `bare PORT WORKERS ANSWER_FILE`
use std::sync::OnceLock;

use actix_web::{App, HttpResponse, HttpServer, post, web};

static ANSWER: OnceLock<String> = OnceLock::new();

#[post("/fixed")]
async fn fixed(body: web::Json<serde_json::Value>) -> HttpResponse {
    std::hint::black_box(&body);
    HttpResponse::Ok().content_type("application/json").body(ANSWER.get().cloned().unwrap_or_default())
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (port, workers, answer) = (arguments.next().unwrap(), arguments.next().unwrap(), arguments.next().unwrap());
    ANSWER.set(std::fs::read_to_string(answer)?).unwrap();
    HttpServer::new(|| App::new().service(fixed))
        .workers(workers.parse().unwrap())
        .bind(("127.0.0.1", port.parse().unwrap()))?
        .run()
        .await
}
