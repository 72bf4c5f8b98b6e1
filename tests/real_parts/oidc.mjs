// An OpenID Connect provider: oidc-provider, with people who consent at once.
//
//     node oidc.mjs NODE_MODULES REDIRECT_URI …
//
// Prints `ready URL`, the issuer, and ends when its standard input does. `person=ada` or
// `login_hint=ada` in the authorization request says who signs in; there is no page to see.
// Clients, PKCE required: `sociable` and `other-app` with RS256, `sociable-es` with ES256; the
// secret of each is `secret of` and its name, in the header or in the body.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, ...redirectUris] = process.argv.slice(2);
const { default: Provider } = await import(
  pathToFileURL(path.join(modules, 'oidc-provider', 'lib', 'index.js'))
);

const NAMES = { ada: 'Ada Lovelace', grace: 'Grace Hopper', zoe: 'Zoë Ünlü 🚀' };
const UNVERIFIED = ['mallory'];

function account(_ctx, sub) {
  const claims = {
    sub,
    name: NAMES[sub] ?? sub,
    email: `${sub}@people.example`,
    email_verified: !UNVERIFIED.includes(sub),
  };
  return { accountId: sub, claims: async () => claims };
}

function client(id, algorithm) {
  return {
    client_id: id,
    client_secret: `secret of ${id}`,
    redirect_uris: redirectUris,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    id_token_signed_response_alg: algorithm,
  };
}

function key(kind, options, alg) {
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig' };
}

const configuration = {
  clients: [
    client('sociable', 'RS256'),
    client('sociable-es', 'ES256'),
    client('other-app', 'RS256'),
  ],
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }, 'RS256'),
      key('ec', { namedCurve: 'P-256' }, 'ES256'),
    ],
  },
  findAccount: account,
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  // The claims stand in the ID token too, as with most providers.
  conformIdTokenClaims: false,
  cookies: { keys: ['of a test'] },
  extraParams: ['person'],
  pkce: { methods: ['S256'], required: () => true },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  ttl: {
    AccessToken: 300,
    AuthorizationCode: 60,
    Grant: 3600,
    IdToken: 300,
    Interaction: 60,
    RefreshToken: 3600,
    Session: 3600,
  },
};

// Whoever is named signs in and consents to all that is asked for.
async function consent(provider, request, response) {
  const { params, prompt, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const accountId = params.person ?? params.login_hint;
    const result = accountId ? { login: { accountId } } : { error: 'access_denied' };
    return provider.interactionFinished(request, response, result);
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result);
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.on('server_error', (_ctx, error) => console.error(error));
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) {
      answer(request, response);
      return;
    }
    consent(provider, request, response).catch((error) => {
      console.error(error);
      response.writeHead(500).end(String(error));
    });
  });
  console.log(`ready ${issuer}`);
});

process.stdin.on('end', () => process.exit()).resume();
