// The provider's own client for Node drives the simulator, and its own check verifies what the simulator signs.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import twilio from "twilio";
import { simulator } from "./process.mjs";

const PHONE = "+14155550100";
const { ready: first, tell } = await simulator(process.argv[2]);

// A webhook that keeps what it is told.
const calls = [];
let woken = () => {};
const server = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  calls.push({ url: `http://${request.headers.host}${request.url}`, headers: request.headers, body });
  response.writeHead(200, { "content-type": "text/xml" }).end("<Response/>");
  woken();
}).listen(0, "127.0.0.1");
await once(server, "listening");
const here = `http://127.0.0.1:${server.address().port}`;
const called = async (count) => {
  while (calls.length < count) await new Promise((wake) => (woken = wake));
  return calls.splice(0, count);
};

assert.ok(first.ready.startsWith("http://127.0.0.1:"));
const account = await tell(`webhook ${here}/hook?a=1`);
const client = twilio(account.account_sid, account.auth_token);
client.api.baseUrl = account.ready;
client.lookups.baseUrl = account.ready;

const verified = ({ url, headers, body }) => {
  const parameters = Object.fromEntries(new URLSearchParams(body));
  const signature = headers["x-twilio-signature"];
  assert.ok(twilio.validateRequest(account.auth_token, signature, url, parameters), "it is signed");
  assert.ok(!twilio.validateRequest("another token", signature, url, parameters));
  return parameters;
};

// A message with receipts.
const statusCallback = `${here}/status?ob=0193-a`;
const made = await client.messages.create({ to: PHONE, from: account.number, body: "Grüße 😀", statusCallback });
assert.equal(made.status, "queued");
assert.equal(made.numSegments, "1");
assert.ok(made.dateCreated instanceof Date);
const receipts = await called(2);
assert.deepEqual(
  receipts.map((call) => verified(call).MessageStatus),
  ["sent", "delivered"],
);
assert.ok(receipts.every(({ url }) => url === statusCallback));
const shown = await client.messages(made.sid).fetch();
assert.deepEqual([shown.status, shown.body, shown.direction], ["delivered", "Grüße 😀", "outbound-api"]);

// Through a service, with files.
const mms = await client.messages.create({
  to: PHONE,
  messagingServiceSid: account.service,
  mediaUrl: ["https://desk.example/1", "https://desk.example/2"],
});
assert.deepEqual([mms.status, mms.numMedia, mms.sid.slice(0, 2)], ["accepted", "2", "MM"]);

// A list over several pages.
for (let number = 0; number < 3; number += 1) await client.messages.create({ to: PHONE, from: account.number, body: `${number}` });
const listed = await client.messages.list({ to: PHONE, dateSentAfter: new Date("2025-12-31"), pageSize: 2 });
assert.deepEqual(listed.map(({ body }) => body), ["2", "1", "0", "", "Grüße 😀"]);
assert.deepEqual(await client.messages.list({ to: PHONE, dateSentAfter: new Date("2026-02-01") }), []);
assert.equal((await tell("accepted")).accepted, 5);

// Refusals have the provider's codes.
const refused = (fields, status, code) =>
  assert.rejects(client.messages.create({ to: PHONE, from: account.number, body: "x", ...fields }), { status, code });
await refused({ to: "4155550100" }, 400, 21211);
await refused({ from: "+15550009999" }, 400, 21606);
await refused({ body: "x".repeat(1601) }, 400, 21617);
const stranger = twilio(account.account_sid, "wrong");
stranger.api.baseUrl = account.ready;
await assert.rejects(stranger.messages.list(), { status: 401, code: 20003 });

// A message is emptied, and removed.
assert.equal((await client.messages(made.sid).update({ body: "" })).body, "");
assert.equal(await client.messages(made.sid).remove(), true);
await assert.rejects(client.messages(made.sid).fetch(), { status: 404, code: 20404 });

// A telephone writes, and opts out.
const { sid } = await tell(`picture ${PHONE} ${account.number} Hello there`);
const [told] = (await called(1)).map(verified);
assert.deepEqual([told.MessageSid, told.Body, told.NumMedia], [sid, "Hello there", "1"]);
const credentials = Buffer.from(`${account.account_sid}:${account.auth_token}`).toString("base64");
const file = await fetch(told.MediaUrl0, { headers: { authorization: `Basic ${credentials}` } });
assert.deepEqual([file.status, file.headers.get("content-type")], [200, "image/gif"]);
assert.equal((await fetch(told.MediaUrl0)).status, 401);
await tell(`text ${PHONE} ${account.number} STOP`);
assert.equal(verified((await called(1))[0]).OptOutType, "STOP");
await refused({}, 400, 21610);
assert.equal((await tell("accepted")).leaked, 0);

// A number is looked up.
const lookUp = (number) => client.lookups.v2.phoneNumbers(number).fetch({ fields: "line_type_intelligence" });
assert.equal((await lookUp(PHONE)).lineTypeIntelligence.type, "mobile");
await tell("phone +14155550101 landline");
assert.equal((await lookUp("+14155550101")).lineTypeIntelligence.type, "landline");
assert.equal((await lookUp("+12345")).valid, false);
await assert.rejects(lookUp("hello"), { status: 404, code: 20404 });

console.log("twilio for Node: all as it should be");
process.exit(0);
