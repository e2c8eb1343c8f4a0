// Drives a chamber with the AWS SDK for JavaScript and prints what it saw as one line of JSON.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.MODULES}/`);
const sqs = require("@aws-sdk/client-sqs");
const sts = require("@aws-sdk/client-sts");
const iam = require("@aws-sdk/client-iam");
const kinesis = require("@aws-sdk/client-kinesis");

const seen = {};
const queues = new sqs.SQSClient({});
const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: "from-js" }));
await queues.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "héllo ☁", MessageAttributes: {
  kind: { DataType: "String", StringValue: "greeting" },
  raw: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 7]) },
} }));
const got = await queues.send(new sqs.ReceiveMessageCommand({
  QueueUrl, MessageAttributeNames: ["All"], WaitTimeSeconds: 20,
}));
seen.body = got.Messages[0].Body;
seen.raw = Array.from(got.Messages[0].MessageAttributes.raw.BinaryValue);
seen.again = (await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))).Messages ?? [];
seen.identity = (await new sts.STSClient({}).send(new sts.GetCallerIdentityCommand({}))).Arn;
try {
  await queues.send(new sqs.GetQueueUrlCommand({ QueueName: "missing" }));
} catch (error) {
  seen.missing = error.name;
}
const people = new iam.IAMClient({});
await people.send(new iam.CreateUserCommand({ UserName: "js" }));
try {
  await people.send(new iam.CreateUserCommand({ UserName: "js" }));
} catch (error) {
  seen.twice = error.name;
}
// This client speaks HTTP/2 without TLS and with prior knowledge.
let attempts = 0;
const streams = new kinesis.KinesisClient({});
streams.middlewareStack.add((next) => (args) => { attempts += 1; return next(args); },
  { step: "finalizeRequest", priority: "low" });
try {
  await streams.send(new kinesis.ListStreamsCommand({}));
} catch (error) {
  seen.refused = { name: error.name, status: error.$metadata.httpStatusCode, message: error.message };
}
seen.attempts = attempts;
console.log(JSON.stringify(seen));
