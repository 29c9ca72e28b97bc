import { apiKey, send, session, setApiKey } from "../api/client";
import { queryClient } from "../api/options";

/** Forgets who this is, here and on the server. */
export async function signOut(): Promise<void> {
  const hadKey = apiKey.get() !== null;
  setApiKey(null);
  if (!hadKey) {
    try {
      await send("/portal/auth/logout", { method: "POST" }, { ownRefusal: true });
    } catch {
      // There may be no session to end; what this tab holds is forgotten all the same.
    }
  }
  queryClient.clear();
  session.set("out");
}

/** Where the browser is, as a path that sign-in comes back to. */
export function here(): string {
  return `${location.pathname}${location.search}${location.hash}`;
}

/** Where this tab remembers the way back while the user is at the provider. */
export const RETURN = "api-test.return";

/** Only paths of this portal are gone back to. */
export function safeReturn(path: string | null): string {
  return path && /^\/portal\/(?![/\\])/.test(path) && !/^\/portal\/login/.test(path) ? path : "/portal/dashboard";
}
