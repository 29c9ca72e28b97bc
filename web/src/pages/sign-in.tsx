import { CircleAlert } from "lucide-react";
import { useEffect } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { session } from "../api/client";
import { useWellKnown } from "../api/queries";
import { readStored, writeStored } from "../lib/store";
import { RETURN, safeReturn } from "../shell/session";
import { SignInForm } from "../shell/sign-in-form";

/** Codes that the sign-in at the provider ends with. */
const FAILURES: Record<string, string> = {
  oidc_disabled: "Sign-in by a provider is off on this server. Paste an API key.",
  return_path: "The address to come back to is not one of this portal. Start from here.",
  invalid_state: "The sign-in took too long, or was begun in another tab. Start again.",
  access_denied: "The provider refused: you cancelled, or may not use this application.",
  login_required: "The provider wants you to sign in there first.",
  provider_error: "The provider answered with an error: see the server's log.",
  provider_unavailable: "The provider can't be reached. Try again in a moment.",
  exchange_failed:
    "The provider gave no token for the code. The server's client id or secret may be wrong: see its log.",
  invalid_nonce: "The provider's answer belongs to another sign-in. Start again.",
  invalid_token: "The provider's token was not accepted: see the server's log for the reason.",
  session_store: "The server could not keep the session: see its log. Try again, or paste an API key.",
};

export default function SignIn() {
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const known = useWellKnown();
  // A sign-in at the provider that failed comes back without the path; this tab still knows it.
  const back = safeReturn(query.get("return") ?? readStored("session", RETURN));
  const code = query.get("error");
  useEffect(() => {
    document.title = "Sign in · api-test";
  }, []);
  return (
    <main className="flex min-h-full items-start justify-center px-4 pt-[14vh] pb-8">
      <div className="card flex w-full max-w-[380px] flex-col gap-4 p-5">
        <div className="flex items-center gap-2.5">
          <svg width="28" height="28" viewBox="0 0 16 16" aria-hidden className="text-accent">
            <rect width="16" height="16" rx="3" fill="currentColor" />
            <path
              d="M3 10.5h2.5L7 5l2 7 1.5-4.5H13"
              fill="none"
              stroke="var(--accent-ink)"
              strokeWidth="1.5"
              strokeLinecap="round"
              strokeLinejoin="round"
            />
          </svg>
          <div className="min-w-0">
            <h1 className="truncate text-lg font-semibold">{known.data?.name ?? "api-test"}</h1>
            <p className="text-sm text-ink-3">What reached the server, and what it answered</p>
          </div>
        </div>
        {code && (
          <div role="alert" className="flex gap-2 rounded bg-server-soft px-3 py-2 text-server">
            <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
            <div>
              {FAILURES[code] ?? "Sign-in at the provider failed. Start again, or paste an API key."}{" "}
              <span className="font-mono text-sm">({code})</span>
            </div>
          </div>
        )}
        <SignInForm
          back={back}
          onDone={() => {
            session.set("in");
            writeStored("session", RETURN, null);
            void navigate(back.slice("/portal".length), { replace: true });
          }}
        />
        <p className="border-t border-line pt-3 text-sm text-ink-3">
          No key? <code className="font-mono">make run</code> prints the one it made, and keeps it in{" "}
          <code className="font-mono">.env.dev</code>. The API itself is described at{" "}
          <a className="link" href="/docs">
            /docs
          </a>
          .
        </p>
      </div>
    </main>
  );
}
