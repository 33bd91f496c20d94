// Processes that are started for a test, and end with it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import net from "node:net";

const started = new Set();
process.on("exit", () => started.forEach((child) => child.kill("SIGKILL")));

function start(command, args, options) {
  const child = spawn(command, args, options);
  started.add(child);
  child.on("exit", () => started.delete(child));
  child.on("error", (error) => {
    throw error;
  });
  return child;
}

/** The simulated Twilio: its first line, and a function that gives it a command and takes its answer. */
export async function simulator(binary) {
  const child = start(binary, [], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the simulator has ended");
    return JSON.parse(value);
  };
  const ready = await next();
  const tell = async (command) => {
    child.stdin.write(`${command}\n`);
    const answer = await next();
    if (answer.error) throw new Error(`${command}: ${answer.error}`);
    return answer;
  };
  return { ready, tell };
}

/** A port that nobody listens on. */
async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function listens(port) {
  const socket = net.connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A proxy that holds requests and answers against a specification; its address, once it serves. */
export async function proxy(specification, upstream) {
  const port = await freePort();
  const prism = new URL("node_modules/.bin/prism", import.meta.url).pathname;
  const args = ["proxy", "--errors", "-h", "127.0.0.1", "-p", String(port), specification, upstream];
  const child = start(prism, args, { stdio: ["ignore", "ignore", "inherit"] });
  for (let waited = 0; !(await listens(port)); waited += 1) {
    if (waited > 600 || child.exitCode !== null) throw new Error(`the proxy for ${specification} does not start`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
  return `http://127.0.0.1:${port}`;
}

/** Runs a program to its end. */
export async function run(binary, environment) {
  const child = start(binary, [], { stdio: "inherit", env: { ...process.env, ...environment } });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${binary} ended with ${code}`);
}

/** Runs a program to its end and gives what it printed. */
export async function output(binary, args) {
  const child = start(binary, args, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (part) => (printed += part));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${binary} ended with ${code}`);
  return printed;
}
