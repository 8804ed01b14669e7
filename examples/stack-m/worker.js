export default {
    async fetch(request, env) {
        return new Response(`hello from ${new URL(request.url).pathname}\n`);
    },
};
