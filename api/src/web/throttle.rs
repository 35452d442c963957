//! Limits of requests at the door: whom a request counts for, what its answer says of the limits, and the 429 beyond them.
//!
//! The fields are those of draft-ietf-httpapi-ratelimit-headers-11: lists of strings with integer parameters. Two fixed shapes of our own
//! names and numbers are written by hand; a structured-field parser checks them in the tests.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use ipnet::IpNet;
use sha2::{Digest as _, Sha256};

use super::auth::{Known, NotRecognised};
use super::operations::{self, Cost, Spec};
use super::pages;
use super::problem::{Code, Problem};
use crate::limits;
use crate::live::allowance::{Allowance, Standing, Subject, Verdict, counted};

/// The limits, and who may say for whom a request is sent.
#[derive(Clone)]
pub struct Throttle {
    /// The limits.
    pub allowance: Allowance,
    /// The proxies before this service.
    pub trusted: TrustedProxies,
}

/// The proxies whose `X-Forwarded-For` is believed: from anyone else it is a claim and counts for nothing.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl Throttle {
    /// Where a request comes from, as it is counted: of IPv6 the network.
    pub fn place(&self, request: &HttpRequest) -> IpAddr {
        // Over a socket there is always a peer.
        let peer = request.peer_addr().map_or(IpAddr::from([0; 4]), |peer| peer.ip());
        counted(self.trusted.client(peer, request.headers()))
    }

    /// No limits.
    pub fn off() -> Self {
        Self { allowance: Allowance::Off, trusted: TrustedProxies::default() }
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        let one = |text: &str| {
            text.parse::<IpNet>().or_else(|_no_network| text.parse::<IpAddr>().map(IpNet::from)).map_err(|_neither| {
                format!("`{text}` is neither an address nor a network; it is a list such as 127.0.0.1, 10.0.0.0/8, fd00::/8")
            })
        };
        list.split(',').map(str::trim).filter(|text| !text.is_empty()).map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who sent a request: the peer, or, when it is a proxy of ours, the last address in `X-Forwarded-For` that is none. What stands left
    /// of that address was sent by whoever has it, and may say anything.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        let forwarded: Vec<&str> = headers
            .get_all(header::X_FORWARDED_FOR)
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .collect();
        for text in forwarded.into_iter().rev() {
            if !self.trusts(client) {
                break;
            }
            // Who writes no address there is counted as the proxy that let it through.
            let Some(address) = forwarded_address(text.trim()) else { break };
            client = address;
        }
        client
    }
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| Some(text.parse::<std::net::SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

/// Lets pass what is within its limits, and says on every answer how it stands with them. Comes after whoever recognises callers, and
/// before whoever turns strangers away: a wrong token counts for the address it came from.
pub async fn throttle<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<impl MessageBody + use<B>>, actix_web::Error> {
    let Some(throttle) = request.app_data::<web::Data<Throttle>>().cloned() else {
        let problem = Problem::internal("the server was built without its limits");
        return Ok(request.error_response(problem).map_into_right_body());
    };
    let subjects = subjects(&throttle, request.request());
    if subjects.is_empty() {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let verdict = throttle.allowance.take(&subjects, cost(request.request())).await;
    if let Verdict::Refused(standing) = verdict {
        let refused = refused(request.into_parts().0, standing);
        return Ok(told(refused, &subjects, verdict).map_into_right_body());
    }
    let response = next.call(request).await?;
    // A token that opens nothing counts for the address: else each guess would have a limit of its own.
    let guessed = matches!(subjects.as_slice(), [Subject::Link(_)]) && response.status() == StatusCode::NOT_FOUND;
    if !guessed {
        return Ok(told(response, &subjects, verdict).map_into_left_body());
    }
    let subjects = [address(&throttle, response.request())];
    let verdict = throttle.allowance.take(&subjects, NonZeroU32::MIN).await;
    if let Verdict::Refused(standing) = verdict {
        let refused = refused(response.into_parts().0, standing);
        return Ok(told(refused, &subjects, verdict).map_into_right_body());
    }
    Ok(told(response, &subjects, verdict).map_into_left_body())
}

/// Whom a request counts for, the narrowest first; nobody: it is not limited.
fn subjects(throttle: &Throttle, request: &HttpRequest) -> Vec<Subject> {
    let path = request.path();
    let unlimited = limits::UNLIMITED_PATHS.iter().any(|known| path == *known || known.ends_with('/') && path.starts_with(known));
    // Who cannot be recognised because the database is away hears that, and not that they were too many.
    if matches!(throttle.allowance, Allowance::Off) || unlimited || request.extensions().get::<NotRecognised>().is_some() {
        return Vec::new();
    }
    if let Some(hash) = link(path) {
        return vec![Subject::Link(hash)];
    }
    match request.extensions().get::<Known>() {
        Some(known) => vec![Subject::Account(known.caller.account.0), Subject::Organisation(known.caller.organisation.0)],
        None => vec![address(throttle, request)],
    }
}

/// What a request costs, in requests: what its row says, and of a list more the more records of it are wanted.
fn cost(request: &HttpRequest) -> NonZeroU32 {
    let cost = match operations::of(request).map(Spec::cost) {
        None | Some(Cost::One) => 1,
        Some(Cost::Ranking) => limits::RANKING_COST,
        Some(Cost::Heavy) => limits::HEAVY_COST,
        Some(Cost::List) => {
            let wanted = form_urlencoded::parse(request.query_string().as_bytes()).find(|(name, _)| name == "limit");
            let wanted = wanted.and_then(|(_, limit)| limit.parse::<u32>().ok()).unwrap_or(limits::LIST_COST);
            1_u32.saturating_add(wanted / limits::LIST_COST)
        }
    };
    NonZeroU32::new(cost).unwrap_or(NonZeroU32::MIN)
}

fn address(throttle: &Throttle, request: &HttpRequest) -> Subject {
    Subject::address(throttle.place(request))
}

/// The hash of the mailed link in a path; none of what cannot be one, which counts as any stranger does.
fn link(path: &str) -> Option<[u8; 16]> {
    let rest = limits::LINK_PATHS.iter().find_map(|prefix| path.strip_prefix(prefix))?;
    let token = rest.split('/').next().filter(|token| !token.is_empty())?;
    let is_token = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let hash: [u8; 32] = Sha256::digest(token).into();
    hash.first_chunk().copied().filter(|_hash| is_token)
}

/// 429: a page for people; for programs it stays a problem, and becomes JSON where all of them do.
fn refused(request: HttpRequest, standing: Standing) -> ServiceResponse {
    let rate = standing.rate;
    let problem = Problem::new(
        Code::RateLimited,
        format!(
            "This {} sends more than {} requests a second; long lists, rankings, plans and exports count as several. Nothing was changed; send it again in {} s.",
            rate.name,
            rate.per_second,
            seconds(standing.wait)
        ),
    );
    let response = pages::refused(&request, &problem).unwrap_or_else(|| HttpResponse::from_error(problem));
    ServiceResponse::new(request, response)
}

/// The answer with what there is to say of the limits.
fn told<B>(mut response: ServiceResponse<B>, subjects: &[Subject], verdict: Verdict) -> ServiceResponse<B> {
    let (standing, refused) = match verdict {
        Verdict::Unlimited => return response,
        Verdict::Allowed(standing) => (standing, false),
        Verdict::Refused(standing) => (standing, true),
    };
    // While some is left, the time until all of it is back; with none left, until one more is given: not earlier than Retry-After.
    let until = if refused {
        standing.wait
    } else if standing.remaining == 0 {
        standing.rate.interval()
    } else {
        standing.whole_in
    };
    let limit = format!("\"{}\";r={};t={}", standing.rate.name, standing.remaining, seconds(until));
    let policies: Vec<_> = subjects
        .iter()
        .map(Subject::rate)
        .map(|rate| format!("\"{}\";q={};w={}", rate.name, rate.burst, rate.window_s()))
        .collect();
    let headers = response.headers_mut();
    for (name, value) in [("ratelimit-policy", policies.join(", ")), ("ratelimit", limit)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if refused {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds(standing.wait)));
    }
    response
}

/// Whole seconds after which it is certain.
fn seconds(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0)).max(1)
}
