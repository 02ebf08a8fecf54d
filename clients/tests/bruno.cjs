// Makes the calls of the collection as Bruno does, in the order in which it shows them: by its own reader of files and the
// libraries that it makes calls with. Prints a line for each call.

const fs = require("node:fs");
const path = require("node:path");
const { randomUUID } = require("node:crypto");
const { credentials, makeGenericClientConstructor } = require("@grpc/grpc-js");
const { loadSync } = require("@grpc/proto-loader");
const { bruToJsonV2, bruToEnvJsonV2, collectionBruToJson } = require("@usebruno/lang");

const root = path.join(__dirname, "../bruno");
const read = (...names) => fs.readFileSync(path.join(root, ...names), "utf8");
const settings = JSON.parse(read("bruno.json")).protobuf;
const includeDirs = settings.importPaths.map((each) => path.join(root, each.path));
const protos = settings.protoFiles.map((file) => path.join(root, file.path));
const services = loadSync(protos, { keepCase: true, longs: String, enums: String, includeDirs });
const methods = Object.values(services).filter((one) => !one.format).flatMap(Object.values);

const client = new (makeGenericClientConstructor({}))(process.argv[2], credentials.createInsecure());
// What a person fills in, from the answers before.
const variables = { expire_seconds: String(Math.floor(Date.now() / 1000) + 30 * 24 * 60 * 60) };

function ask({ method, content }) {
  const { requestSerialize, responseDeserialize } = methods.find((one) => one.path === method);
  const message = JSON.parse(content.replace(/\{\{(\w+)\}\}/g, (_, name) => variables[name]));
  return new Promise((resolve, reject) => {
    const answered = (error, answer) => (error ? reject(error) : resolve(answer));
    client.makeUnaryRequest(method, requestSerialize, responseDeserialize, message, answered);
  });
}

function remember({ method }, answer) {
  if (method.endsWith("/ListBlocks")) variables.block_id = answer.blocks[0].block_id;
  if (method.endsWith("/ConsumeUnits")) variables.entry_id = answer.entries[0].entry_id;
  if (method.endsWith("/ReserveUnits")) variables.reservation_id = answer.reservation.reservation_id;
}

async function main() {
  collectionBruToJson(read("collection.bru"));
  fs.readdirSync(path.join(root, "environments")).forEach((name) => bruToEnvJsonV2(read("environments", name)));
  const folders = fs.readdirSync(root).filter((name) => name.endsWith("Service"));
  const files = folders.flatMap((folder) => fs.readdirSync(path.join(root, folder)).map((name) => [folder, name]));
  const calls = files
    .map((names) => bruToJsonV2(read(...names)))
    .map(({ meta, grpc, body }) => ({ seq: Number(meta.seq), ...grpc, content: body.grpc[0].content }))
    .sort((one, other) => one.seq - other.seq);
  const reserve = calls.find(({ method }) => method.endsWith("/ReserveUnits"));
  for (const call of calls) {
    if (!fs.existsSync(path.join(root, call.protoPath))) throw new Error(`${call.protoPath} does not exist`);
    if (call.method.endsWith("/ReleaseReservation")) {
      // The one before was committed.
      const another = { ...reserve, content: reserve.content.replace(/[0-9a-f-]{36}/, randomUUID()) };
      remember(another, await ask(another));
    }
    remember(call, await ask(call).catch((error) => Promise.reject(new Error(`${call.method}: ${error.message}`))));
    console.log(call.method);
  }
}

main().finally(() => client.close());
