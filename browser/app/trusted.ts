/** The one policy by which the app may name a script to be run (`trusted-types kith` of its CSP). */

interface TrustedPolicy {
  createScriptURL(address: string): string;
}

interface TrustedFactory {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): TrustedPolicy;
}

/** Scripts come from the app's own folder at this node, and from nowhere else. */
function own(address: string): string {
  const url = new URL(address, location.origin);
  if (url.origin !== location.origin || !url.pathname.startsWith("/app/")) {
    throw new TypeError("a script of the app comes from the app");
  }
  return url.href;
}

const factory = (globalThis as { trustedTypes?: TrustedFactory }).trustedTypes;
const policy: TrustedPolicy = factory?.createPolicy("kith", { createScriptURL: own }) ?? {
  createScriptURL: own,
};

/** `address` as `new Worker` and `serviceWorker.register` take it. Throws for another's script. */
export function script(address: string): string {
  return policy.createScriptURL(address);
}
