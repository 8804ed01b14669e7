// A small MCP server over HTTP: JSON-RPC 2.0 on POST /, health on GET /healthz. It keeps its notes in memory.
"use strict";

const http = require("node:http");

const notes = [];

const tools = {
  remember: {
    description: "Keep a note",
    inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    call: ({ text }) => {
      notes.push(text);
      return `${notes.length} notes`;
    },
  },
  recall: {
    description: "All notes that contain a word",
    inputSchema: { type: "object", properties: { word: { type: "string" } }, required: ["word"] },
    call: ({ word }) => notes.filter((note) => note.includes(word)).join("\n"),
  },
};

const methods = {
  initialize: () => ({
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: "creo-mcp-server", version: "1.0.0" },
  }),
  "tools/list": () => ({
    tools: Object.entries(tools).map(([name, { description, inputSchema }]) => ({ name, description, inputSchema })),
  }),
  "tools/call": ({ name, arguments: input }) => {
    if (!tools[name]) throw Object.assign(new Error(`no tool ${name}`), { code: -32602 });
    return { content: [{ type: "text", text: tools[name].call(input ?? {}) }] };
  },
};

function answer(request) {
  const method = methods[request.method];
  if (!method) return { error: { code: -32601, message: `no method ${request.method}` } };
  try {
    return { result: method(request.params ?? {}) };
  } catch (error) {
    return { error: { code: error.code ?? -32603, message: error.message } };
  }
}

const server = http.createServer((request, response) => {
  const send = (status, body) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  if (request.method === "GET" && request.url === "/healthz") return send(200, { status: "ok" });
  if (request.method !== "POST") return send(405, { error: "POST JSON-RPC here" });
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    try {
      const message = JSON.parse(body);
      send(200, { jsonrpc: "2.0", id: message.id ?? null, ...answer(message) });
    } catch {
      send(400, { jsonrpc: "2.0", id: null, error: { code: -32700, message: "not JSON" } });
    }
  });
});

server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening on ${server.address().port}`));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
