// The whole loop, as a partner's tool in TypeScript would go through it with openapi-typescript and openapi-fetch.
import { strict as assert } from "node:assert";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

const caller = (role: string) =>
  createClient<paths>({ baseUrl: process.env.HAVRE_BASE, headers: { Authorization: `Bearer ${process.env[`HAVRE_${role}`]}` } });

/** The answer that was hoped for; a problem ends the program. */
const got = <Answer>({ data, error }: { data?: Answer; error?: Schemas["Problem"] }): Answer => {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
};

const header = () => ({ "Idempotency-Key": randomUUID() });

const bodies = JSON.parse(readFileSync(process.env.HAVRE_BODIES!, "utf8"));
const [referent, provider] = [caller("REFERENT"), caller("PROVIDER")];

const found = got(await referent.GET("/api/v1/communes", { params: { query: { q: "paris" } } }));
const { department, point } = found.items[0]!;
const place = { department, lat: point.lat, lon: point.lon };

// Too near: what would open more is told, in the form of its wish.
const adHoc: Schemas["AdHocRequest"] = bodies.rankAdHoc;
const near = { ...adHoc, place, distance: { ...adHoc.distance, max_km: 1 } };
const { relaxations } = got(await referent.POST("/api/v1/rank", { body: near }));
const farther = relaxations.find((change) => change.wish === "max_km");
assert(farther?.wish === "max_km" && farther.from === 1, JSON.stringify(relaxations));

const wanted: Schemas["Request"] = { ...bodies.createRequest, place };
const request = got(await referent.POST("/api/v1/requests", { params: { header: header() }, body: wanted }));
assert.deepEqual(request.place, place);
const ranking = got(
  await referent.POST("/api/v1/requests/{request_id}/rank", { params: { path: { request_id: request.id }, query: { top: 50 } } }),
);
let own: Schemas["Proposal"] | undefined;
for (const proposal of ranking.proposals) {
  const { data } = await provider.GET("/api/v1/units/{unit_id}", { params: { path: { unit_id: proposal.unit_id } } });
  own ??= data && proposal;
}
assert(own, "the provider has a place among the proposals");

const asked = got(
  await referent.POST("/api/v1/requests/{request_id}/referrals", {
    params: { path: { request_id: request.id }, header: header() },
    body: { vacancy_id: own.vacancy_id, hold: true },
  }),
);
assert(asked.held && asked.state === "asked");
const path = { referral_id: asked.id };
const seen = got(await provider.POST("/api/v1/referrals/{referral_id}/acknowledge", { params: { path, header: header() } }));
assert.equal(seen.state, "acknowledged");
const accepted = got(await provider.POST("/api/v1/referrals/{referral_id}/accept", { params: { path, header: header() } }));
assert.equal(accepted.state, "accepted");
const confirmed = got(
  await referent.POST("/api/v1/referrals/{referral_id}/confirm", {
    params: { path, header: header() },
    body: { expected_arrival: new Date(Date.now() + 2 * 3600e3).toISOString() },
  }),
);
assert.equal(confirmed.state, "confirmed");
const arrived = got(await provider.POST("/api/v1/referrals/{referral_id}/arrival", { params: { path, header: header() }, body: {} }));
assert.equal(arrived.state, "arrived");

const told = new Set<string>();
for (let cursor: string | undefined; !told.has("recordArrival"); ) {
  const page: Schemas["EventPage"] = got(await referent.GET("/api/v1/events", { params: { query: cursor ? { cursor } : {} } }));
  page.items.filter((event) => event.record_id === asked.id).forEach((event) => told.add(event.command));
  if (page.items.length === 0) break;
  cursor = page.next_cursor;
}
for (const command of ["createReferral", "acceptReferral", "confirmReferral", "recordArrival"]) assert(told.has(command), [...told].join());
console.log(`from a commune to an arrival, ${told.size} events read`);
