// Runs oidc-provider, a certified authorization server that is independent of this project.
//
//     server.js '[{"client_id": ..., "client_secret": ..., ...}]'      a list of client metadata (RFC 7591)
//
// Prints its issuer URL, and then a line of JSON for each token request that it has answered, with the form and the
// OAuth error, if any. Ends when its standard input is closed.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const clients = JSON.parse(process.argv[2]).map((client) => ({
  grant_types: ["client_credentials"],
  redirect_uris: [],
  response_types: [],
  ...client,
}));
const server = createServer().listen(0, "127.0.0.1", () => {
  const provider = new Provider(`http://127.0.0.1:${server.address().port}`, {
    clients,
    scopes: ["mcp:read", "mcp:write"],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => [],
        getResourceServerInfo: (ctx, resource) => ({ audience: resource, scope: "mcp:read mcp:write" }),
      },
    },
  });
  const report = (ctx, error) => console.log(JSON.stringify({ form: ctx.oidc.body, error: error?.error }));
  provider.on("grant.success", (ctx) => report(ctx));
  provider.on("grant.error", report);
  server.on("request", provider.callback());
  console.log(provider.issuer);
});
process.stdin.on("end", () => process.exit()).resume();
