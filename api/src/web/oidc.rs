//! Sign-in through an OpenID Connect provider, such as ProConnect: authorization code with PKCE (S256), a state and a nonce for each sign-in,
//! two factors asked for and checked, the verified mail address read from the (signed) user information.
//!
//! It speaks to the provider and decides whether to believe it. Whose account that is, and what is kept meanwhile, is for `commands`.

use std::sync::Arc;
use std::time::Instant;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, LogoutRequest, Nonce, NonceVerifier, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, RequestTokenError, Scope, TokenResponse as _, reqwest,
};
use parking_lot::RwLock;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::commands::sign_in::Identity;
use crate::db::identities::Pending;
use crate::limits;

/// Where the provider sends browsers back to.
pub const RETURN_PATH: &str = "/connexion/fournisseur/retour";

/// Random bytes of a state and of a nonce: 43 characters each, where the provider asks for 32.
const RANDOM_BYTES: u32 = 32;

/// What an `acr` may say so that there were two factors: eIDAS substantial and high, and ProConnect's own two words for them.
const TWO_FACTORS: [&str; 4] = [
    "eidas2",
    "eidas3",
    "https://proconnect.gouv.fr/assurance/self-asserted-2fa",
    "https://proconnect.gouv.fr/assurance/consistency-checked-2fa",
];

/// The provider, as a deployment names it.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// Who it is; its description stands below (`/.well-known/openid-configuration`).
    pub issuer: IssuerUrl,
    /// Who this service is there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: SecretString,
    /// What people call it.
    pub name: String,
    /// Where this service is reached, without a slash at the end.
    pub public_url: String,
}

/// The provider, with what it said of itself of late. Cloning it shares it.
#[derive(Clone)]
pub struct Provider {
    settings: Arc<OidcSettings>,
    http: reqwest::Client,
    known: Arc<RwLock<Option<(Instant, ProviderMetadataWithLogout)>>>,
}

/// Why nobody signs in through the provider.
#[derive(Debug, thiserror::Error)]
pub enum NotProved {
    /// It does not answer, or not as a provider does.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// It answers that this is nobody, or says something that does not hold.
    #[error("the provider's answer does not hold: {0}")]
    Rejected(String),
    /// There were not two factors.
    #[error("the provider saw one factor only: acr {0:?}")]
    OneFactor(Option<String>),
    /// It gives no mail address, or one that it has not verified.
    #[error("the provider gives no verified mail address")]
    NoAddress,
}

/// A sign-in that is sent to the provider.
pub struct Sent {
    /// Where the browser goes.
    pub url: String,
    /// What comes back with it, once.
    pub state: String,
    /// What is kept until then.
    pub pending: Pending,
}

/// Who came back.
#[derive(Debug)]
pub struct Proved {
    /// Who it is.
    pub identity: Identity,
    /// What the provider needs to end its own session.
    pub id_token: String,
}

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// A nonce that is compared by its hash, so that how long it takes tells nothing of it.
struct Expected(String);

impl NonceVerifier for Expected {
    fn verify(self, nonce: Option<&Nonce>) -> Result<(), String> {
        let same = |nonce: &Nonce| Sha256::digest(nonce.secret()) == Sha256::digest(&self.0);
        if nonce.is_some_and(same) { Ok(()) } else { Err("it is for another sign-in (nonce)".to_owned()) }
    }
}

impl Provider {
    /// One that was not asked yet: where it is away, everybody else signs in all the same.
    ///
    /// # Errors
    /// Where TLS cannot be set up.
    pub fn new(settings: OidcSettings) -> Result<Self, reqwest::Error> {
        // Redirects are never followed: they would lead requests of this service to where somebody else says.
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(limits::PROVIDER_TIMEOUT).build()?;
        Ok(Self { settings: Arc::new(settings), http, known: Arc::default() })
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Whether this is who it is.
    pub fn is(&self, issuer: &str) -> bool {
        self.settings.issuer.as_str() == issuer
    }

    /// What the provider says of itself, with its keys; asked anew when that is some minutes old.
    async fn metadata(&self) -> Result<ProviderMetadataWithLogout, NotProved> {
        let known = self.known.read().clone();
        if let Some((_, metadata)) = known.filter(|(at, _)| at.elapsed() < limits::PROVIDER_KNOWN) {
            return Ok(metadata);
        }
        let found = ProviderMetadataWithLogout::discover_async(self.settings.issuer.clone(), &self.http).await;
        let metadata = found.map_err(|error| NotProved::Unreachable(sources(&error)))?;
        *self.known.write() = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    fn client(&self, metadata: ProviderMetadataWithLogout) -> Result<Client, NotProved> {
        let secret = ClientSecret::new(self.settings.client_secret.expose_secret().to_owned());
        let back = RedirectUrl::new(format!("{}{RETURN_PATH}", self.settings.public_url));
        let back = back.map_err(|error| NotProved::Unreachable(error.to_string()))?;
        let id = ClientId::new(self.settings.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata, id, Some(secret)).set_redirect_uri(back))
    }

    /// Begins a sign-in: two factors are asked for as an essential claim.
    pub async fn begin(&self) -> Result<Sent, NotProved> {
        let client = self.client(self.metadata().await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let claims = json!({"id_token": {"acr": {"essential": true, "values": TWO_FACTORS}}});
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new_random_len(RANDOM_BYTES),
                || Nonce::new_random_len(RANDOM_BYTES),
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .add_extra_param("claims", claims.to_string())
            .url();
        let pending = Pending { nonce: nonce.secret().clone(), verifier: verifier.into_secret() };
        Ok(Sent { url: url.to_string(), state: state.into_secret(), pending })
    }

    /// Ends a sign-in: who it is, by the code that the browser came back with.
    pub async fn finish(&self, code: String, sent: Pending) -> Result<Proved, NotProved> {
        let client = self.client(self.metadata().await?)?;
        let asked =
            client.exchange_code(AuthorizationCode::new(code)).map_err(|error| NotProved::Unreachable(error.to_string()))?;
        let answered = asked.set_pkce_verifier(PkceCodeVerifier::new(sent.verifier)).request_async(&self.http).await;
        let tokens = answered.map_err(|error| match error {
            RequestTokenError::Request(error) => NotProved::Unreachable(sources(&error)),
            other => NotProved::Rejected(sources(&other)),
        })?;
        let (id_token, claims) = believed(&client, &tokens, sent.nonce)?;
        let acr = claims.auth_context_ref().map(|acr| acr.as_str().to_owned());
        if !acr.as_deref().is_some_and(|acr| TWO_FACTORS.contains(&acr)) {
            return Err(NotProved::OneFactor(acr));
        }
        let subject = claims.subject().clone();
        let asked = client.user_info(tokens.access_token().clone(), Some(subject.clone()));
        let asked = asked.map_err(|error| NotProved::Unreachable(error.to_string()))?;
        let told: CoreUserInfoClaims =
            asked.request_async(&self.http).await.map_err(|error| NotProved::Rejected(sources(&error)))?;
        let address = told.email().filter(|_| told.email_verified() == Some(true)).ok_or(NotProved::NoAddress)?;
        let identity = Identity {
            issuer: self.settings.issuer.as_str().to_owned(),
            subject: subject.as_str().to_owned(),
            address: address.as_str().to_owned(),
        };
        Ok(Proved { identity, id_token: id_token.to_string() })
    }

    /// Where the browser ends the provider's session too; none where the provider has no such place, or is away.
    pub async fn end_session_url(&self, id_token: &str) -> Option<String> {
        let metadata = self.metadata().await.inspect_err(|why| tracing::warn!(%why, "the provider's session goes on")).ok()?;
        let endpoint = metadata.additional_metadata().end_session_endpoint.clone()?;
        let back = PostLogoutRedirectUrl::new(format!("{}/connexion", self.settings.public_url)).ok()?;
        let id_token = id_token.parse::<CoreIdToken>().ok()?;
        let request = LogoutRequest::from(endpoint)
            .set_id_token_hint(&id_token)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(back)
            .set_state(CsrfToken::new_random_len(RANDOM_BYTES));
        Some(request.http_get_url().to_string())
    }
}

/// The id token and what it says, if its signature, issuer, audience, time and nonce hold, and the access token is the one it came with.
fn believed<'t>(
    client: &Client,
    tokens: &'t CoreTokenResponse,
    nonce: String,
) -> Result<(&'t CoreIdToken, &'t CoreIdTokenClaims), NotProved> {
    let rejected = |why: String| NotProved::Rejected(why);
    let id_token = tokens.id_token().ok_or_else(|| rejected("there is no id token".to_owned()))?;
    let verifier = client.id_token_verifier();
    let claims = id_token.claims(&verifier, Expected(nonce)).map_err(|error| rejected(sources(&error)))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = id_token.signing_alg().map_err(|error| rejected(sources(&error)))?;
        let key = id_token.signing_key(&verifier).map_err(|error| rejected(sources(&error)))?;
        let made = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if made.map_err(|error| rejected(sources(&error)))? != *expected {
            return Err(rejected("the access token is another's".to_owned()));
        }
    }
    Ok((id_token, claims))
}

/// An error with what caused it.
fn sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
