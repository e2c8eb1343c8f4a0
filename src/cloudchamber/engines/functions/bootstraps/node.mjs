// The Node runtime of a function: runs inside the function's own process, Node 18 and later.
//
// Rules of this file: Node's own modules only. It asks the Runtime API for invocations, calls the
// handler (callback, async or streaming), and posts what came of it.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
//
// Time: while the chamber's clock stands still, `Date` shows its instant and moves a microsecond
// each time it is read. Timers are the machine's: they take real time, and none on that clock.

import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import util from "node:util";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const { env } = process;
const [HOST, PORT] = env.AWS_LAMBDA_RUNTIME_API.split(":");
const BASE = "/2018-06-01/runtime";
const ROOT = env.LAMBDA_TASK_ROOT;
const OPT = env.CLOUDCHAMBER_OPT;
const AGENT = new http.Agent({ keepAlive: true, maxSockets: 1 });
const STREAMING = Symbol.for("cloudchamber.streaming");
const PRELUDE = "application/vnd.awslambda.http-integration-response";
const RealDate = Date;
const setTimer = setTimeout;
let requestId = "";

// The clock

const page = fs.openSync(env.CLOUDCHAMBER_CLOCK, "r");
const words = Buffer.alloc(64);
for (const name of ["CLOUDCHAMBER_CLOCK", "CLOUDCHAMBER_OPT", "CLOUDCHAMBER_PACKAGES"]) {
  delete env[name];
}
let last = 0n;

function nowNs() {
  fs.readSync(page, words, 0, 64, 0);
  const walking = words.readBigInt64LE(8);
  const now = words.readBigInt64LE(16);
  if (walking) {
    return BigInt(RealDate.now()) * 1000000n + words.readBigInt64LE(32);
  }
  last = now > last ? now : last + 1000n;
  return last;
}

const nowMs = () => Number(nowNs() / 1000000n);

globalThis.Date = new Proxy(RealDate, {
  construct(target, args, newTarget) {
    const given = args.length ? args : [nowMs()];
    return Reflect.construct(target, given, newTarget === globalThis.Date ? target : newTarget);
  },
  apply: (target) => new target(nowMs()).toString(),
  get: (target, name) => (name === "now" ? nowMs : Reflect.get(target, name)),
});
RealDate.prototype.constructor = globalThis.Date;

// The Runtime API

function ask(method, where, body, headers = {}) {
  return new Promise((resolve) => {
    const options = { host: HOST, port: PORT, method, path: where, agent: AGENT, headers };
    const request = http.request(options, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("end", () =>
        resolve({ status: response.statusCode, headers: response.headers,
                  body: Buffer.concat(pieces) }));
    });
    request.on("error", () => process.exit(0)); // the chamber is gone
    if (body !== undefined) {
      request.setHeader("Content-Length", Buffer.byteLength(body));
      request.write(body);
    }
    request.end();
  });
}

// Logs

const JSON_LOGS = (env.AWS_LAMBDA_LOG_FORMAT || "").toLowerCase() === "json";
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const LEAST = JSON_LOGS ? Math.max(0, LEVELS.indexOf((env.AWS_LAMBDA_LOG_LEVEL || "").toUpperCase())) : 0;

function write(level, args) {
  if (LEVELS.indexOf(level) < LEAST) return;
  const stamp = new globalThis.Date().toISOString();
  let line;
  if (JSON_LOGS) {
    const message = args.length === 1 && typeof args[0] === "object" ? args[0] : util.format(...args);
    line = JSON.stringify({ timestamp: stamp, level, requestId, message });
  } else {
    const text = util.format(...args).replace(/\n/g, "\r");
    line = `${stamp}\t${requestId || "undefined"}\t${level}\t${text}`;
  }
  fs.writeSync(1, line + "\n");
}

for (const [name, level] of [["log", "INFO"], ["info", "INFO"], ["warn", "WARN"],
                             ["error", "ERROR"], ["debug", "DEBUG"], ["trace", "TRACE"]]) {
  console[name] = (...args) => write(level, args);
}

const HERE = path.dirname(fileURLToPath(import.meta.url));
const shown = (text) => String(text).replaceAll(ROOT, "/var/task").replaceAll(OPT, "/opt")
  .replaceAll(HERE, "/var/runtime");

function describe(error, type) {
  if (!(error instanceof Error) && !(error && error.stack)) {
    const message = error !== null && typeof error === "object" ? util.inspect(error) : String(error);
    return { errorType: type || typeof error, errorMessage: shown(message), trace: [] };
  }
  return {
    errorType: type || error.name || "Error",
    errorMessage: shown(error.message),
    trace: shown(error.stack || "").split("\n"),
  };
}

function report(title, told, error) {
  const details = error && typeof error === "object" ? { ...error } : {};
  const line = { errorType: told.errorType, errorMessage: told.errorMessage, ...details,
                 stack: told.trace };
  write("ERROR", [JSON_LOGS ? line : `${title} \t${JSON.stringify(line)}`]);
}

const typed = (type) => ({ "Content-Type": "application/json",
                           "Lambda-Runtime-Function-Error-Type": type });

// The handler

class LoadError extends Error {
  constructor(type, message) {
    super(message);
    this.type = type;
  }
}

async function load(name) {
  const folder = path.dirname(name);
  const [module, ...inner] = path.basename(name).split(".");
  if (!inner.length || name.includes("..")) {
    throw new LoadError("Runtime.MalformedHandlerName", `Bad handler ${name}`);
  }
  const stem = path.resolve(ROOT, folder, module);
  const file = [".js", ".mjs", ".cjs", ""].map((end) => stem + end)
    .find((one) => fs.existsSync(one) && fs.statSync(one).isFile());
  let found;
  try {
    if (file === undefined) {
      found = createRequire(path.join(ROOT, "bootstrap.js"))(stem);
    } else {
      const loaded = await import(pathToFileURL(file));
      found = loaded.default && typeof loaded.default === "object"
        ? { ...loaded.default, ...loaded } : loaded;
    }
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new LoadError("Runtime.UserCodeSyntaxError", `SyntaxError: ${error.message}`);
    }
    if (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND") {
      throw new LoadError("Runtime.ImportModuleError", `Error: ${error.message}`);
    }
    throw error;
  }
  let handler = found;
  for (const part of inner) handler = handler?.[part];
  if (handler === undefined) {
    throw new LoadError("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  }
  if (typeof handler !== "function") {
    throw new LoadError("Runtime.HandlerNotFound", `${name} is not a function`);
  }
  return handler;
}

// Streams

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[STREAMING] = true;
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType(PRELUDE);
      stream.write(Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8)]));
      return stream;
    },
  },
};

function openStream(id) {
  let finished;
  const done = new Promise((resolve) => { finished = resolve; });
  const stream = http.request(
    { host: HOST, port: PORT, method: "POST", path: `${BASE}/invocation/${id}/response`,
      agent: new http.Agent(),
      headers: { "Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream",
                 "Lambda-Runtime-Function-Response-Mode": "streaming",
                 Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body" } },
    (response) => { response.resume(); response.on("end", finished); });
  stream.on("error", finished);
  stream.setContentType = (type) => stream.setHeader("Content-Type", type);
  return { stream, done };
}

// An invocation

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    tenantId: headers["lambda-runtime-aws-tenant-id"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => Math.max(0, deadline - nowMs()),
  };
}

/** Call a handler that answers by promise, by callback or by return. */
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => {
      const settle = () => (error ? reject(error) : resolve(result));
      if (context.callbackWaitsForEmptyEventLoop) whenEmpty(settle);
      else settle();
    };
    context.done = callback;
    context.fail = (error) => reject(error ?? "handled");
    context.succeed = (result) => resolve(result);
    const returned = handler(event, context, callback);
    if (returned && typeof returned.then === "function") returned.then(resolve, reject);
  });
}

let emptied = null;
/** When nothing else is left to happen in this process. */
function whenEmpty(act) {
  emptied = act;
}
process.on("beforeExit", () => {
  const act = emptied;
  emptied = null;
  if (act) act();
  else if (answering) answering(null); // the handler never answered, and never will
});
let answering = null;

async function serve(handler, headers, body) {
  const id = headers["lambda-runtime-aws-request-id"];
  const where = `${BASE}/invocation/${id}`;
  requestId = id;
  if (headers["lambda-runtime-trace-id"]) env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  else delete env._X_AMZN_TRACE_ID;
  const context = contextOf(headers);
  try {
    const event = JSON.parse(body.toString("utf8"));
    if (handler[STREAMING]) {
      await stream(handler, event, context, id);
      return;
    }
    const never = new Promise((resolve) => { answering = resolve; });
    const result = await Promise.race([call(handler, event, context), never]);
    const text = JSON.stringify(result === undefined ? null : result);
    // One that is too large is refused, and known to be.
    await ask("POST", `${where}/response`, text, { "Content-Type": "application/json" });
  } catch (error) {
    const told = describe(error);
    report("Invoke Error", told, error);
    await ask("POST", `${where}/error`, JSON.stringify(told), typed(told.errorType));
  } finally {
    answering = null;
  }
}

async function stream(handler, event, context, id) {
  const { stream: out, done } = openStream(id);
  try {
    await handler(event, out, context);
    if (!out.writableEnded) out.end();
  } catch (error) {
    const told = describe(error);
    report("Invoke Error", told, error);
    if (!out.headersSent) out.flushHeaders();
    out.addTrailers({
      "Lambda-Runtime-Function-Error-Type": told.errorType,
      "Lambda-Runtime-Function-Error-Body": Buffer.from(JSON.stringify(told)).toString("base64"),
    });
    out.end();
  }
  await done;
}

async function die(title, type, error) {
  const told = describe(error, type);
  report(title, told, error);
  const where = requestId ? `${BASE}/invocation/${requestId}/error` : `${BASE}/init/error`;
  await ask("POST", where, JSON.stringify(told), typed(told.errorType));
  process.exit(129);
}

process.on("uncaughtException", (error) => die("Uncaught Exception", undefined, error));
process.on("unhandledRejection", (error) => {
  const wrapped = new Error(String(error));
  wrapped.stack = error?.stack ?? wrapped.stack;
  die("Unhandled Promise Rejection", "Runtime.UnhandledPromiseRejection", wrapped);
});

async function main() {
  let handler;
  try {
    handler = await load(env._HANDLER);
  } catch (error) {
    await die("Uncaught Exception", error instanceof LoadError ? error.type : undefined, error);
  }
  for (;;) {
    const { status, headers, body } = await ask("GET", `${BASE}/invocation/next`);
    if (status !== 200) process.exit(1);
    await serve(handler, headers, body);
  }
}

setTimer(() => {}, 0);
await main();
