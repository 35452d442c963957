// The whole loop, as a partner's tool in TypeScript would go through it with @hey-api/openapi-ts.
import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  acceptReferral,
  acknowledgeReferral,
  confirmReferral,
  createReferral,
  createRequest,
  getUnit,
  listEvents,
  rankAdHoc,
  rankForRequest,
  recordArrival,
  searchCommunes,
} from "./client";
import type { AdHocRequest, EventPage, Problem, Proposal, Request } from "./client";
import { createClient, createConfig } from "./client/client";

const caller = (role: string) => createClient(createConfig({ baseUrl: process.env.HAVRE_BASE, auth: process.env[`HAVRE_${role}`]! }));

/** The answer that was hoped for; a problem ends the program. */
const got = <Answer>({ data, error }: { data?: Answer; error?: Problem }): Answer => {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
};

const headers = () => ({ "Idempotency-Key": randomUUID() });

const bodies = JSON.parse(readFileSync(process.env.HAVRE_BODIES!, "utf8"));
const [referent, provider] = [caller("REFERENT"), caller("PROVIDER")];

const found = got(await searchCommunes({ client: referent, query: { q: "paris" } }));
const { department, point } = found.items[0]!;
const place = { department, lat: point.lat, lon: point.lon };

// Too near: what would open more is told, in the form of its wish.
const adHoc: AdHocRequest = bodies.rankAdHoc;
const near = { ...adHoc, place, distance: { ...adHoc.distance, max_km: 1 } };
const { relaxations } = got(await rankAdHoc({ client: referent, body: near }));
const farther = relaxations.find((change) => change.wish === "max_km");
assert(farther?.wish === "max_km" && farther.from === 1, JSON.stringify(relaxations));

const wanted: Request = { ...bodies.createRequest, place };
const request = got(await createRequest({ client: referent, headers: headers(), body: wanted }));
assert.deepEqual(request.place, place);
const ranking = got(await rankForRequest({ client: referent, path: { request_id: request.id }, query: { top: 50 } }));
let own: Proposal | undefined;
for (const proposal of ranking.proposals) {
  const { data } = await getUnit({ client: provider, path: { unit_id: proposal.unit_id } });
  own ??= data && proposal;
}
assert(own, "the provider has a place among the proposals");

const asked = got(
  await createReferral({
    client: referent,
    path: { request_id: request.id },
    headers: headers(),
    body: { vacancy_id: own.vacancy_id, hold: true },
  }),
);
assert(asked.held && asked.state === "asked");
const path = { referral_id: asked.id };
const seen = got(await acknowledgeReferral({ client: provider, path, headers: headers() }));
assert.equal(seen.state, "acknowledged");
const accepted = got(await acceptReferral({ client: provider, path, headers: headers() }));
assert.equal(accepted.state, "accepted");
const expected_arrival = new Date(Date.now() + 2 * 3600e3).toISOString();
const confirmed = got(await confirmReferral({ client: referent, path, headers: headers(), body: { expected_arrival } }));
assert.equal(confirmed.state, "confirmed");
const arrived = got(await recordArrival({ client: provider, path, headers: headers(), body: {} }));
assert.equal(arrived.state, "arrived");

const told = new Set<string>();
for (let cursor: string | undefined; !told.has("recordArrival"); ) {
  const page: EventPage = got(await listEvents({ client: referent, query: cursor ? { cursor } : {} }));
  page.items.filter((event) => event.record_id === asked.id).forEach((event) => told.add(event.command));
  if (page.items.length === 0) break;
  cursor = page.next_cursor;
}
for (const command of ["createReferral", "acceptReferral", "confirmReferral", "recordArrival"]) assert(told.has(command), [...told].join());
console.log(`from a commune to an arrival, ${told.size} events read`);
