// A message centre that somebody else wrote: the example of a network of one's own takes a text from it, answers, and learns that the
// answers arrived.
import assert from "node:assert/strict";
import { once } from "node:events";
import smpp from "smpp";
import { output } from "./process.mjs";

const OURS = "15550001111";
const PHONE = "14155550100";
const WORDS = "Is this one of yours? é👋";

const taken = [];
const confirmed = [];
const from = { source_addr_ton: 1, source_addr: PHONE, dest_addr_ton: 1, destination_addr: OURS };
const confirms = (pdu) => confirmed.push(pdu.command_status);

const server = smpp.createServer((session) => {
  // The other side hangs up when it is done.
  session.on("error", () => {});
  session.on("bind_transceiver", (pdu) => {
    assert.deepEqual([pdu.system_id, pdu.password, pdu.interface_version], ["parlor", "secret08", 0x34]);
    session.send(pdu.response({ system_id: "peer" }));
    session.enquire_link({}, confirms);
    session.deliver_sm({ ...from, data_coding: 8, short_message: WORDS }, confirms);
  });
  session.on("submit_sm", (pdu) => {
    const id = `7f${taken.length}`;
    taken.push(pdu);
    session.send(pdu.response({ message_id: id }));
    const told = `id:${id} sub:001 dlvrd:001 submit date:2611221000 done date:2611221001 stat:DELIVRD err:000 text:It is`;
    // The second receipt says it by its field alone.
    const receipt = taken.length === 1 ? { short_message: told } : { short_message: told.replace(id, "0"), receipted_message_id: id };
    session.deliver_sm({ ...from, esm_class: 4, ...receipt }, confirms);
  });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

const written = await output(process.argv[2], [`127.0.0.1:${server.address().port}`]);
assert.equal(written, `${WORDS}\n`);
assert.deepEqual(confirmed, [0, 0, 0, 0], "a question and three deliveries were answered");
const words = taken.map((pdu) => (pdu.message_payload ?? pdu.short_message).message);
assert.deepEqual(words, ["It is. é👋", "é👋".repeat(300)]);
for (const pdu of taken) {
  assert.deepEqual([pdu.source_addr, pdu.destination_addr, pdu.dest_addr_ton], [OURS, PHONE, 1]);
  assert.deepEqual([pdu.esm_class, pdu.registered_delivery, pdu.data_coding], [0, 1, 8]);
}
console.log("a message centre for Node: one text taken in, two answers delivered");
process.exit(0);
