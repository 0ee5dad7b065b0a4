// SPDX-License-Identifier: MIT
// An OAuth server with refresh tokens that rotate.
//   node server.mjs --url=FILE [KEY=VALUE]...
// KEY: access (seconds an access token lasts, 60), rotate (1 or 0). Beside
// the endpoints of the package:
//   POST /seed  a refresh token, as if a person had agreed in a browser
//   GET  /api   200 for an access token that is good, else 401
// Ends with the process CONN_SERVER_OWNER.
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.cwd()}/`);
const { default: Provider } =
	await import(pathToFileURL(require.resolve('oidc-provider')));

const given = Object.fromEntries(process.argv.slice(2)
	.map((a) => a.replace(/^--/, '').split(/=(.*)/s)));
const access = Number(given.access ?? 60);
const long = 3600;
const scope = 'openid offline_access read';
let koa, provider;

const reply = (res, status, value) => {
	res.writeHead(status, { 'Content-Type': 'application/json' });
	res.end(JSON.stringify(value));
};

// What the redirect from the browser would lead to.
async function seed() {
	const client = await provider.Client.find('app');
	const grant = new provider.Grant({ accountId: 'u', clientId: 'app' });
	grant.addOIDCScope(scope);
	const grantId = await grant.save();
	const token = new provider.RefreshToken({
		accountId: 'u', client, grantId, scope,
		gty: 'authorization_code',
		authTime: Math.floor(Date.now() / 1000),
	});
	return { refresh_token: await token.save() };
}

async function authorised(header) {
	const value = header?.replace(/^Bearer /, '');
	return value !== undefined &&
		(await provider.AccessToken.find(value) ||
		await provider.ClientCredentials.find(value)) !== undefined;
}

async function answer(req, res) {
	if (req.method === 'POST' && req.url === '/seed')
		reply(res, 200, await seed());
	else if (req.url.startsWith('/api'))
		reply(res, await authorised(req.headers.authorization) ?
			200 : 401, { path: req.url });
	else
		koa(req, res);
}

const server = http.createServer(answer);
server.listen(0, '127.0.0.1', () => {
	const url = `http://127.0.0.1:${server.address().port}`;
	provider = new Provider(url, {
		clients: [{
			client_id: 'svc', client_secret: 'svc-canary',
			grant_types: ['client_credentials'],
			redirect_uris: [], response_types: [], scope: 'read',
		}, {
			client_id: 'app', client_secret: 'app-canary',
			grant_types: ['authorization_code', 'refresh_token'],
			redirect_uris: [`${url}/back`], scope,
		}, {
			client_id: 'post', client_secret: 'post-canary',
			token_endpoint_auth_method: 'client_secret_post',
			grant_types: ['client_credentials'],
			redirect_uris: [], response_types: [], scope: 'read',
		}],
		features: {
			clientCredentials: { enabled: true },
			devInteractions: { enabled: false },
		},
		scopes: ['openid', 'offline_access', 'read'],
		rotateRefreshToken: given.rotate !== '0',
		ttl: {
			AccessToken: access, ClientCredentials: access,
			RefreshToken: long, Grant: long, AuthorizationCode: 60,
			IdToken: 60, Interaction: 60, Session: long,
		},
		findAccount: (ctx, id) =>
			({ accountId: id, claims: () => ({ sub: id }) }),
		cookies: { keys: ['k'] },
	});
	koa = provider.callback();
	fs.writeFileSync(`${given.url}.new`, url);
	fs.renameSync(`${given.url}.new`, given.url);
});

const owner = Number(process.env.CONN_SERVER_OWNER ?? 0);
if (owner > 0)
	setInterval(() => {
		try {
			process.kill(owner, 0);
		} catch {
			process.exit(0);
		}
	}, 1000);
