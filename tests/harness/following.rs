//! Who follows events: an answer that goes on, message by message.

use std::pin::Pin;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody as _};
use actix_web::http::Method;
use actix_web::test;
use serde_json::Value;

use super::documented;
use super::{Answer, Caller};

/// As which such an answer is sent.
pub const MEDIA_TYPE: &str = "text/event-stream";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The messages of one answer. It ends when this goes.
pub struct Messages {
    body: Pin<Box<BoxBody>>,
    /// What came and was not looked at.
    text: String,
}

impl Messages {
    pub fn of(body: BoxBody) -> Self {
        Self { body: Box::pin(body), text: String::new() }
    }

    /// What comes next, as it was sent; nothing at the end.
    pub async fn chunk(&mut self) -> Option<String> {
        let next = std::future::poll_fn(|context| self.body.as_mut().poll_next(context));
        let chunk = actix_web::rt::time::timeout(PATIENCE, next).await.unwrap();
        chunk.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap())
    }

    /// The next event with its id; nothing at the end of the answer.
    pub async fn next(&mut self) -> Option<(i64, Value)> {
        loop {
            if let Some((message, rest)) = self.text.clone().split_once("\n\n") {
                rest.clone_into(&mut self.text);
                let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name));
                if let Some((id, data)) = field("id: ").zip(field("data: ")) {
                    let event: Value = serde_json::from_str(data).unwrap();
                    let faults = documented::faults(&documented::document()["components"]["schemas"]["Event"], &event);
                    assert!(faults.is_empty(), "{faults:#?}");
                    return Some((id.parse().unwrap(), event));
                }
                continue;
            }
            let chunk = self.chunk().await?;
            self.text.push_str(&chunk);
        }
    }
}

impl Caller {
    /// Follows events; the answer where that is refused.
    pub async fn follow(&self, path: &str, headers: &[(&str, &str)]) -> Result<Messages, Answer> {
        let bearer = format!("Bearer {}", self.token());
        let headers = [&[("authorization", bearer.as_str())], headers].concat();
        self.follow_at(&format!("/api/v1/{path}"), &headers).await
    }

    /// The same at any path, with these headers alone.
    pub async fn follow_at(&self, path: &str, headers: &[(&str, &str)]) -> Result<Messages, Answer> {
        let mut request = test::TestRequest::with_uri(path).method(Method::GET);
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let answered = (self.app.router)(request.to_request()).await;
        match answered {
            Ok(response) if response.status().is_success() => {
                assert_eq!(response.headers().get("content-type").unwrap(), MEDIA_TYPE);
                Ok(Messages::of(response.into_body()))
            }
            refused => Err(super::answer(refused).await),
        }
    }
}
