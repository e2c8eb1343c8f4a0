// Drives a bucket of a chamber with the AWS SDK for JavaScript; prints what it saw as one line of JSON.
import { createRequire } from "node:module";
import { Readable } from "node:stream";

const require = createRequire(`${process.env.MODULES}/`);
const aws = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");

const Bucket = process.argv[2];
const s3 = new aws.S3Client({ forcePathStyle: true });
const seen = {};

async function codeOf(command) {
  try {
    await s3.send(command);
    return null;
  } catch (error) {
    return error;
  }
}

await s3.send(new aws.PutObjectCommand({
  Bucket, Key: "a/1", Body: "héllo ☁", Metadata: { colour: "blue" },
}));
const got = await s3.send(new aws.GetObjectCommand({ Bucket, Key: "a/1", ChecksumMode: "ENABLED" }));
seen.body = await got.Body.transformToString();
seen.metadata = got.Metadata;
seen.missing = (await codeOf(new aws.GetObjectCommand({ Bucket, Key: "none" }))).name;
const again = new aws.PutObjectCommand({ Bucket, Key: "a/1", Body: "x", IfNoneMatch: "*" });
seen.taken = (await codeOf(again)).$metadata.httpStatusCode;
const part = await s3.send(new aws.GetObjectCommand({ Bucket, Key: "a/1", Range: "bytes=3-5" }));
seen.range = await part.Body.transformToString();
await s3.send(new aws.CopyObjectCommand({ Bucket, Key: "a/2", CopySource: `${Bucket}/a/1` }));
const block = Buffer.alloc(1 << 20, 7);
async function* blocks() {
  for (let i = 0; i < 11; i += 1) yield block;
}
await new Upload({
  client: s3, partSize: 5 << 20, params: { Bucket, Key: "large", Body: Readable.from(blocks()) },
}).done();
seen.length = (await s3.send(new aws.HeadObjectCommand({ Bucket, Key: "large" }))).ContentLength;
seen.keys = [];
for await (const page of aws.paginateListObjectsV2({ client: s3, pageSize: 2 }, { Bucket })) {
  seen.keys.push(...page.Contents.map((each) => each.Key));
}
const rolled = await s3.send(new aws.ListObjectsV2Command({ Bucket, Delimiter: "/" }));
seen.prefixes = rolled.CommonPrefixes.map((each) => each.Prefix);
console.log(JSON.stringify(seen));
