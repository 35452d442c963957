//! Answers that go on, in Server-Sent Events: what wakes them, when they say that they live, and that they end with the access of who reads them and with
//! the instance.
//!
//! Nothing is kept for who reads slowly but what is being sent. An announcement only says when to read: what nobody announced is looked for again and again.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use futures_util::future::{Either, select};
use futures_util::stream;
use rand::Rng as _;
use tokio::sync::watch;
use tokio::time::{Instant as Ticks, timeout};

use super::auth::{Actor, Credential};
use super::operations::Operation;
use super::problem::{Code, Problem};
use crate::commands::Service;
use crate::domain::ids::AccountId;
use crate::limits;
use crate::live::streams::Open;

/// What is read again and again.
pub trait Source {
    /// How long what is done gathers before it is read, and up to half of that more: so no more often than that is it read at all.
    const GATHERS: Duration;

    /// Adds what has come since, as messages, and says whether that was all.
    fn read(&mut self, from: &GoingOn, text: &mut String) -> impl Future<Output = Result<Left, Problem>>;
}

/// What a reading leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing of what was there when it began.
    Nothing,
    /// More than it read: the next follows at once.
    More,
}

/// One that goes on.
pub struct GoingOn {
    service: Service,
    credential: Credential,
    moves: watch::Receiver<()>,
    /// When it was last sent something; none before the beginning.
    silent_since: Option<Ticks>,
    /// Whether the next reading waits for nothing: the first one, and one that goes on where the last one left more.
    at_once: bool,
    _open: Open,
}

impl GoingOn {
    /// One more of an account, where it may have one more.
    pub fn of(service: &Data<Service>, credential: Credential, account: AccountId) -> Result<Self, Problem> {
        let open = service.live().streams().open(account).ok_or_else(too_many)?;
        let moves = service.live().moves();
        Ok(Self { service: service.get_ref().clone(), credential, moves, silent_since: None, at_once: true, _open: open })
    }

    /// What it is read with.
    pub fn service(&self) -> &Service {
        &self.service
    }

    /// Who reads it, as things stand now.
    pub async fn caller<P: Operation>(&self) -> Result<Actor<P>, Problem> {
        self.credential.again(&self.service).await
    }

    /// The answer, which says what comes of a source.
    pub fn answer(self, source: impl Source + 'static) -> HttpResponse {
        let messages = stream::unfold((self, source), async |(going_on, source)| going_on.next(source).await);
        HttpResponse::Ok()
            .content_type("text/event-stream")
            // What is compressed waits until there is more of it; and a proxy that gathers must not.
            .insert_header((header::CONTENT_ENCODING, "identity"))
            .insert_header(("X-Accel-Buffering", "no"))
            .streaming(messages)
    }

    /// The next that is sent; none at the end.
    async fn next<S: Source>(mut self, mut source: S) -> Option<(Result<Bytes, Infallible>, (Self, S))> {
        let mut text = String::new();
        if self.silent_since.is_none() {
            text = format!("retry: {}\n\n", limits::STREAM_RETRY_MS);
        }
        loop {
            if !std::mem::take(&mut self.at_once) && !self.gather(S::GATHERS).await {
                return None;
            }
            // Before it is read: what is done meanwhile wakes it again.
            self.moves.mark_unchanged();
            match source.read(&self, &mut text).await {
                Ok(left) => self.at_once = left == Left::More,
                // Whoever has no access any more is told so when it comes back.
                Err(problem) if matches!(problem.code(), Code::Unauthenticated | Code::RoleNotAllowed | Code::ScopeMissing) => {
                    return None;
                }
                Err(problem) => tracing::debug!(code = %problem.code().as_str(), "who follows waits for the database"),
            }
            let silent_since = *self.silent_since.get_or_insert_with(Ticks::now);
            if text.is_empty() && silent_since.elapsed() >= limits::STREAM_HEARTBEAT {
                text.push_str(":\n\n");
            }
            if !text.is_empty() {
                self.silent_since = Some(Ticks::now());
                return Some((Ok(Bytes::from(text)), (self, source)));
            }
            if !self.at_once && !self.wait().await {
                return None;
            }
        }
    }

    /// Lets what is done gather, a little longer or shorter by chance, so that not all who follow read at the same moment; false where the instance
    /// stops.
    async fn gather(&self, gathers: Duration) -> bool {
        let gathers = gathers.mul_f64(rand::rng().random_range(1.0..=1.5));
        timeout(gathers, self.service.live().streams().stopped()).await.is_err()
    }

    /// Waits for something to come; false where the instance stops.
    async fn wait(&mut self) -> bool {
        let streams = self.service.live().streams();
        let (moved, stopped) = (pin!(self.moves.changed()), pin!(streams.stopped()));
        match timeout(limits::STREAM_LOOKS_AGAIN, select(moved, stopped)).await {
            Ok(Either::Right(_stopped)) => return false,
            Ok(Either::Left(_moved)) => {}
            Err(_elapsed) => self.service.live().looked_by_itself(),
        }
        true
    }
}

fn too_many() -> Problem {
    Problem::new(Code::RateLimited, "This account follows events as often as it may on one instance: end one of its streams.")
}
