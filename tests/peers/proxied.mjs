// Every request of our adapter, and every answer of our simulator to it, is held against the provider's specification.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { simulator, proxy, run } from "./process.mjs";

const [, , simulatorBinary, adapterBinary, specifications] = process.argv;

// Where the specifications contradict their own examples, the examples are right: the provider answers as they do. Addresses of
// pages have no host, and a line whose kind is known has `null` for the error.
const PAGES = ["uri", "first_page_uri", "next_page_uri", "previous_page_uri"];
const mended = (specification) =>
  JSON.parse(specification, (name, value) => {
    if (PAGES.includes(name) && value?.format === "uri") return { ...value, format: "uri-reference" };
    if (name === "LineTypeIntelligenceInfo") value.properties.error_code.nullable = true;
    return value;
  });

const folder = await mkdtemp(join(tmpdir(), "parlor-peers-"));
try {
  const { ready } = await simulator(simulatorBinary);
  const through = async (name) => {
    const published = await readFile(join(specifications, name), "utf8");
    await writeFile(join(folder, name), JSON.stringify(mended(published)));
    return proxy(join(folder, name), ready.ready);
  };
  const names = ["twilio-api-2010.openapi.json", "twilio-lookups-v2.openapi.json"];
  const [api, lookups] = await Promise.all(names.map(through));
  await run(adapterBinary, {
    PARLOR_TWILIO_API: api,
    PARLOR_TWILIO_LOOKUPS: lookups,
    PARLOR_TWILIO_ACCOUNT: ready.account_sid,
    PARLOR_TWILIO_TOKEN: ready.auth_token,
  });
} finally {
  await rm(folder, { recursive: true });
}
console.log("the adapter through the proxy: nothing to object to");
process.exit(0);
