import { apiKey, send, session, setApiKey } from "../api/client";
import { queryClient } from "../api/options";

/** Signs out, here and on the server. */
export async function signOut(): Promise<void> {
  const hadKey = apiKey.get() !== null;
  setApiKey(null);
  if (!hadKey) {
    try {
      await send("/portal/auth/logout", { method: "POST" }, { ownRefusal: true });
    } catch {
      // There may be no session to end; this tab's data is deleted anyway.
    }
  }
  queryClient.clear();
  session.set("out");
}

/** Current path, to which sign-in returns. */
export function currentPath(): string {
  return `${location.pathname}${location.search}${location.hash}`;
}

/** Storage key of the return path while the user is at the provider. */
export const RETURN = "api-test.return";

/** Only returns to paths of this portal. */
export function safeReturn(path: string | null): string {
  return path && /^\/portal\/(?![/\\])/.test(path) && !/^\/portal\/login/.test(path) ? path : "/portal/dashboard";
}
