import { CircleAlert } from "lucide-react";
import { useEffect } from "react";
import { useNavigate, useSearchParams } from "react-router";

import { session } from "../api/client";
import { useWellKnown } from "../api/queries";
import { readStored, writeStored } from "../lib/store";
import { RETURN, safeReturn } from "../shell/session";
import { SignInForm } from "../shell/sign-in-form";
import { Logo } from "../ui/logo";

/** Error codes of the sign-in at the provider. */
const FAILURES: Record<string, string> = {
  oidc_disabled: "Sign-in with an OpenID Connect provider is disabled. Use an API key.",
  return_path: "Invalid return address. Sign in here.",
  invalid_state: "The sign-in expired or was started in another tab. Try again.",
  access_denied: "Access denied: sign-in was cancelled, or you have no access to this application.",
  login_required: "Sign in at your OpenID Connect provider first.",
  provider_error: "The OpenID Connect provider returned an error. See the server log.",
  provider_unavailable: "The OpenID Connect provider can't be reached. Try again later.",
  exchange_failed: "The code exchange failed. Check the server's client id and secret, and its log.",
  invalid_nonce: "The response belongs to another sign-in. Try again.",
  invalid_token: "The OpenID Connect provider's token was rejected. See the server log.",
  session_store: "The session could not be saved. See the server log, then try again or use an API key.",
};

export default function SignIn() {
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const known = useWellKnown();
  // A failed sign-in at the provider returns without the path, but this tab still knows it.
  const back = safeReturn(query.get("return") ?? readStored("session", RETURN));
  const code = query.get("error");
  useEffect(() => {
    document.title = "Sign in · api-test";
  }, []);
  return (
    <main className="flex min-h-full items-start justify-center px-4 pt-[14vh] pb-8">
      <div className="card flex w-full max-w-[380px] flex-col gap-4 p-5">
        <div className="flex items-center gap-2.5">
          <Logo size={28} />
          <div className="min-w-0">
            <h1 className="truncate text-lg font-semibold">{known.data?.name ?? "api-test"}</h1>
            <p className="text-sm text-ink-3">Requests and responses, as recorded</p>
          </div>
        </div>
        {code && (
          <div role="alert" className="flex gap-2 rounded bg-server-soft px-3 py-2 text-server">
            <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
            <div>
              {FAILURES[code] ?? "Sign-in failed. Try again or use an API key."}{" "}
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
          {known.data?.key_hint && <KeyHint text={known.data.key_hint} />}
          API reference:{" "}
          <a className="link" href="/docs">
            /docs
          </a>
        </p>
      </div>
    </main>
  );
}

/** Says where a key is; text between backticks is code. */
function KeyHint({ text }: { text: string }) {
  return (
    <>
      No key?{" "}
      {text.split("`").map((part, n) =>
        n % 2 === 1 ? (
          <code key={n} className="font-mono">
            {part}
          </code>
        ) : (
          part
        ),
      )}{" "}
    </>
  );
}
