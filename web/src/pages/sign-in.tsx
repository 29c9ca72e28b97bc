import { CircleAlert } from "lucide-react";
import { useEffect } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { session } from "../api/client";
import { useWellKnown } from "../api/queries";
import { safeReturn } from "../shell/session";
import { SignInForm } from "../shell/sign-in-form";

/** Codes that the sign-in at the provider ends with. */
const FAILURES: Record<string, string> = {
  access_denied: "The provider refused: you cancelled, or may not use this application.",
  login_required: "The provider wants you to sign in there first.",
  state: "The sign-in took too long or was begun in another tab. Start again.",
  invalid_state: "The sign-in took too long or was begun in another tab. Start again.",
  state_mismatch: "The sign-in took too long or was begun in another tab. Start again.",
  nonce: "The provider's answer belongs to another sign-in. Start again.",
  invalid_nonce: "The provider's answer belongs to another sign-in. Start again.",
  exchange: "The provider did not accept the server's request for a token. Its client id or secret may be wrong: see the server's log.",
  exchange_failed: "The provider did not accept the server's request for a token. Its client id or secret may be wrong: see the server's log.",
  token: "The provider's token was not accepted: see the server's log for the reason.",
  invalid_token: "The provider's token was not accepted: see the server's log for the reason.",
  id_token: "The provider's token was not accepted: see the server's log for the reason.",
  provider: "The provider can't be reached. Try again in a moment.",
  provider_unavailable: "The provider can't be reached. Try again in a moment.",
  unavailable: "The provider can't be reached. Try again in a moment.",
  session: "The server could not keep the session: see its log.",
  session_store: "The server could not keep the session: see its log.",
  oidc_disabled: "Sign-in by a provider is off on this server. Paste an API key.",
  not_configured: "Sign-in by a provider is off on this server. Paste an API key.",
};

export default function SignIn() {
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const known = useWellKnown();
  const back = safeReturn(query.get("return"));
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
            <path d="M3 10.5h2.5L7 5l2 7 1.5-4.5H13" fill="none" stroke="var(--accent-ink)" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
          </svg>
          <div className="min-w-0">
            <h1 className="truncate text-lg font-semibold">{typeof known.data?.name === "string" ? known.data.name : "api-test"}</h1>
            <p className="text-sm text-ink-3">What reached the server, and what it answered</p>
          </div>
        </div>
        {code && (
          <div role="alert" className="flex gap-2 rounded bg-server-soft px-3 py-2 text-server">
            <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
            <div>
              {FAILURES[code] ?? "Sign-in at the provider failed. Start again, or paste an API key."} <span className="font-mono text-sm">({code})</span>
            </div>
          </div>
        )}
        <SignInForm
          back={back}
          onDone={() => {
            session.set("in");
            void navigate(back.slice("/portal".length), { replace: true });
          }}
        />
        <p className="border-t border-line pt-3 text-sm text-ink-3">
          No key? <code className="font-mono">make run</code> prints the one it made, and keeps it in <code className="font-mono">.env.dev</code>. The API itself is
          described at{" "}
          <a className="link" href="/docs">
            /docs
          </a>
          .
        </p>
      </div>
    </main>
  );
}
