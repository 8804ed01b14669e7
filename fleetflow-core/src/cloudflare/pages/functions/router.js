// Functions by the paths of their files: what is above runs around what is below, and the site's files answer the rest.
const split = (path) => path.split("/").filter((part) => part !== "");
const match = (pattern, parts, whole, params) => {
  if (pattern.length === 0) return whole && parts.length > 0 ? null : { params, left: parts.length };
  const [head, ...tail] = pattern;
  if (head.many !== undefined) {
    for (let count = parts.length; count >= 0; count -= 1) {
      const more = count > 0 ? { ...params, [head.many]: parts.slice(0, count) } : params;
      const found = match(tail, parts.slice(count), whole, more);
      if (found) return found;
    }
    return null;
  }
  if (parts.length === 0) return null;
  if (head.one !== undefined) return match(tail, parts.slice(1), whole, { ...params, [head.one]: parts[0] });
  return head.is.toLowerCase() === parts[0].toLowerCase() ? match(tail, parts.slice(1), whole, params) : null;
};
function* handlers(request) {
  const parts = split(new URL(request.url).pathname);
  const path = (found) => "/" + parts.slice(0, parts.length - found.left).join("/");
  const fitting = routes.filter((route) => !route.method || route.method === request.method);
  for (const route of [...fitting].reverse()) {
    const found = match(route.path, parts, false, {});
    const mount = match(route.mount, parts, false, {});
    if (!found || !mount) continue;
    for (const handler of route.around.flat()) yield { handler, params: found.params, path: path(mount) };
  }
  for (const route of fitting) {
    const found = route.at.length > 0 && match(route.path, parts, true, {});
    if (!found) continue;
    for (const handler of route.at.flat()) yield { handler, params: found.params, path: path(found) };
    return;
  }
}
export default {
  async fetch(first, env, worker) {
    let request = first;
    let failing = false;
    const data = {};
    const chain = handlers(first);
    const next = async (input, init) => {
      if (input !== undefined) {
        request = new Request(typeof input === "string" ? new URL(input, request.url).toString() : input, init);
      }
      const step = chain.next();
      if (step.done) return env.ASSETS.fetch(request);
      const response = await step.value.handler({
        request: new Request(request.clone()),
        functionPath: step.value.path,
        next,
        params: step.value.params,
        data,
        env,
        waitUntil: worker.waitUntil.bind(worker),
        passThroughOnException: () => {
          failing = true;
        },
      });
      const empty = [101, 204, 205, 304].includes(response.status);
      if (response.webSocket) return response;
      return new Response(empty ? null : response.body, response);
    };
    try {
      return await next();
    } catch (error) {
      if (failing) return env.ASSETS.fetch(first);
      throw error;
    }
  },
};
