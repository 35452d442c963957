//! Bodies have to arrive: whoever sends one byte after the other holds no connection for ever, signed in or not.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::time::Sleep;

use super::problem::{Code, Problem};
use crate::limits;

/// A body as it comes in, shared by whoever reads it and by who looks in the end whether it was read.
struct Arriving {
    payload: Payload,
    late: Pin<Box<Sleep>>,
    has_ended: bool,
}

/// What a handler reads.
struct InTime(Rc<RefCell<Arriving>>);

impl Stream for InTime {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Ok(mut arriving) = self.0.try_borrow_mut() else { return Poll::Pending };
        arriving.next(context)
    }
}

impl Arriving {
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        match Pin::new(&mut self.payload).poll_next(context) {
            Poll::Ready(chunk) => {
                self.has_ended = chunk.is_none();
                Poll::Ready(chunk)
            }
            Poll::Pending if self.late.as_mut().poll(context).is_ready() => {
                Poll::Ready(Some(Err(PayloadError::Io(io::Error::new(io::ErrorKind::TimedOut, "the body is late")))))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads what has come already, and says whether that was all.
    fn is_here(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        while !self.has_ended {
            match Pin::new(&mut self.payload).poll_next(&mut context) {
                Poll::Ready(None) => self.has_ended = true,
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_))) | Poll::Pending => return false,
            }
        }
        true
    }
}

/// Gives a body so long to arrive. A connection on which more may come that nobody reads is closed with the answer: else whoever is refused before
/// its body is read could go on sending it.
pub async fn in_time<B: MessageBody>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return next.call(request).await;
    }
    let late = Box::pin(tokio::time::sleep(limits::BODY_WAIT));
    let arriving = Rc::new(RefCell::new(Arriving { payload, late, has_ended: false }));
    request.set_payload(Payload::Stream { payload: Box::pin(InTime(Rc::clone(&arriving))) });
    let mut response = next.call(request).await?;
    let is_here = arriving.try_borrow_mut().is_ok_and(|mut arriving| arriving.is_here());
    if !is_here {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// Why a body could not be read.
pub fn unread(error: &PayloadError) -> Problem {
    match error {
        PayloadError::Io(cause) if cause.kind() == io::ErrorKind::TimedOut => {
            let most = limits::BODY_WAIT.as_secs();
            Problem::new(Code::BodyTooSlow, format!("A body has {most} s to arrive. Nothing was done; send it again."))
        }
        other => Problem::new(Code::UnreadableBody, other.to_string()),
    }
}
