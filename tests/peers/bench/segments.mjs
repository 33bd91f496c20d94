// Counts SMS with the provider's own calculator for Node, as a peer of a benchmark.
//
// The first line of the input is the texts, as JSON; the answer is what each counts, as JSON. Every further line asks for one
// more pass over all of them; the answer is how many nanoseconds it took.
import { createInterface } from "node:readline";
import calculator from "sms-segments-calculator";

const { SegmentedMessage } = calculator;

const bitsPerUnit = { "GSM-7": 7, "UCS-2": 16 };

function count(text) {
  const message = new SegmentedMessage(text, "auto", false);
  const { encodingName } = message;
  return [encodingName, message.messageSize / bitsPerUnit[encodingName], message.segmentsCount];
}

let texts;
for await (const line of createInterface({ input: process.stdin })) {
  if (texts === undefined) {
    texts = JSON.parse(line);
    console.log(JSON.stringify(texts.map(count)));
  } else {
    let segments = 0;
    const begun = process.hrtime.bigint();
    for (const text of texts) segments += new SegmentedMessage(text, "auto", false).segmentsCount;
    const took = process.hrtime.bigint() - begun;
    console.log(JSON.stringify({ nanoseconds: Number(took), segments }));
  }
}
