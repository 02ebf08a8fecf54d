// Reads the collection as Bruno does: prints its calls as JSON, in the order in which Bruno shows them.

const fs = require("node:fs");
const path = require("node:path");
const { bruToJsonV2, bruToEnvJsonV2, collectionBruToJson } = require("@usebruno/lang");

const root = path.join(__dirname, "../bruno");
const read = (...names) => fs.readFileSync(path.join(root, ...names), "utf8");

collectionBruToJson(read("collection.bru"));
fs.readdirSync(path.join(root, "environments")).forEach((name) => bruToEnvJsonV2(read("environments", name)));
const folders = fs.readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const calls = folders
  .filter((folder) => folder.name !== "environments")
  .flatMap((folder) => fs.readdirSync(path.join(root, folder.name)).map((name) => bruToJsonV2(read(folder.name, name))))
  .map(({ meta, grpc, body }) => ({ seq: Number(meta.seq), method: grpc.method, body: body.grpc[0].content }))
  .sort((one, other) => one.seq - other.seq);
console.log(JSON.stringify(calls));
