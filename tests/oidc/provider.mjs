// An OpenID Connect provider for the tests: `oidc-provider`, which is certified, with a page of its own on which a test says who signs in and
// how. It listens on a free port of this machine, says which, and ends when its input does.
//
//   node provider.mjs FOLDER-OF-NODE-MODULES REDIRECT-URI POST-LOGOUT-REDIRECT-URI
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, redirectUri, postLogoutRedirectUri] = process.argv.slice(2);
const found = createRequire(`${folder}/`).resolve('oidc-provider');
const { default: Provider, interactionPolicy } = await import(pathToFileURL(found).href);

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const client = (id, more) => ({
    client_id: id, client_secret: 'a secret of tests, nowhere else', redirect_uris: [redirectUri],
    post_logout_redirect_uris: [postLogoutRedirectUri], response_types: ['code'], grant_types: ['authorization_code'], ...more,
  });
  // A test asks for one factor too: whether that is enough is for the service to say, and not for its provider alone.
  const policy = interactionPolicy.base();
  for (const check of ['essential_acrs', 'essential_acr']) policy.get('login').checks.remove(check);
  const provider = new Provider(issuer, {
    clients: [client('signed', { userinfo_signed_response_alg: 'RS256' }), client('plain', {})],
    features: {
      devInteractions: { enabled: false }, claimsParameter: { enabled: true }, jwtUserinfo: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    interactions: { policy, url: (_, interaction) => `/interaction/${interaction.uid}` },
    acrValues: ['eidas1', 'eidas2', 'eidas3'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], acr: null },
    pkce: { required: () => true },
    cookies: { keys: ['of tests'] },
    // Who it is says what is known of it: `verified:a@example.org`, `unverified:a@example.org`, `silent:`.
    findAccount: async (_, id) => {
      const [kind, email] = id.split(/:(.*)/s);
      const told = kind === 'silent' ? {} : { email, email_verified: kind === 'verified' };
      return { accountId: id, claims: async () => ({ sub: id, ...told }) };
    },
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid email');
      grant.addOIDCClaims(['acr']);
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  server.on('request', async (request, response) => {
    const url = new URL(request.url, issuer);
    if (!url.pathname.startsWith('/interaction/')) return callback(request, response);
    try {
      const login = { accountId: url.searchParams.get('sub') };
      if (url.searchParams.has('acr')) login.acr = url.searchParams.get('acr');
      await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  console.log(`listening ${issuer}`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
