// `node bullmq.mjs REDIS-SOCKET URL COUNT`: keeps COUNT jobs of BullMQ, then posts each of them to URL, at most 64 at once, and
// prints how many seconds that took until all were completed.
import http from "node:http";
import { Queue, Worker } from "bullmq";
import Redis from "ioredis";

const [socket, address, counted] = process.argv.slice(2);
const count = Number(counted);
const atOnce = 64;
const bulk = 1_000;

// The same body as the other sides send.
const body =
  "To=%2B15550002222&From=%2B15550001111&Body=reply+number+12345&" +
  "StatusCallback=http%3A%2F%2F127.0.0.1%3A1%2Fwebhooks%2Fexchange%3Fob%3D01900000-0000-7000-8000-000000000001";

const agent = new http.Agent({ keepAlive: true, maxSockets: atOnce });

function post(text) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(text) };
    const request = http.request(address, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => (response.statusCode === 201 ? resolve() : reject(new Error(response.statusCode))));
    });
    request.on("error", reject);
    request.end(text);
  });
}

const connection = () => new Redis({ path: socket, maxRetriesPerRequest: null });
const queue = new Queue("outbox", { connection: connection() });
for (let made = 0; made < count; made += bulk) {
  const jobs = Array.from({ length: Math.min(bulk, count - made) }, () => ({ name: "send", data: { body } }));
  await queue.addBulk(jobs);
}

const begun = process.hrtime.bigint();
const worker = new Worker("outbox", async (job) => post(job.data.body), { connection: connection(), concurrency: atOnce });
await new Promise((resolve, reject) => {
  let completed = 0;
  worker.on("completed", () => {
    completed += 1;
    if (completed === count) resolve();
  });
  worker.on("failed", (_, error) => reject(error));
});
console.log(Number(process.hrtime.bigint() - begun) / 1e9);
process.exit(0);
