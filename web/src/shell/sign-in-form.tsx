import { useMutation } from "@tanstack/react-query";
import { KeyRound, LogIn } from "lucide-react";
import { useEffect, useRef, useState, type SyntheticEvent } from "react";

import { session, setApiKey } from "../api/client";
import { ApiError } from "../api/errors";
import { fetchMe, queryClient } from "../api/options";
import { useWellKnown } from "../api/queries";
import { writeStored } from "../lib/store";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { currentPath, RETURN } from "./session";

/**
 * Sign-in at a provider, if there is one, and with a key. `onDone` is called after sign-in with a key; `back` is the
 * return path from the provider.
 */
export function SignInForm({ back, onDone }: { back?: string; onDone?: () => void }) {
  const known = useWellKnown();
  const [key, setKey] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const header = known.data?.api_key_header;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
  }, []);
  const oidc = known.data?.oidc_enabled ?? false;

  const signIn = useMutation({
    mutationFn: (given: string) => {
      setApiKey(null, header);
      return fetchMe(undefined, { key: given, ownRefusal: true });
    },
    onSuccess(me, given) {
      setApiKey(given, header);
      queryClient.setQueryData(["me"], me);
      session.set("in");
      void queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "me" });
      onDone?.();
    },
  });
  const error = wrong ?? (signIn.error ? explain(signIn.error) : null);
  const busy = signIn.isPending;

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    const given = key.trim();
    const problem = problemOf(given);
    setWrong(problem);
    if (problem === null) signIn.mutate(given);
  };

  return (
    <div className="flex flex-col gap-4">
      {oidc && (
        <>
          <Button
            kind="primary"
            icon={<LogIn size={14} aria-hidden />}
            onClick={() => {
              writeStored("session", RETURN, back ?? currentPath());
              location.assign(`/portal/auth/login?return=${encodeURIComponent(back ?? currentPath())}`);
            }}
          >
            Sign in with your OpenID Connect provider
          </Button>
          <div className="flex items-center gap-3 text-sm text-ink-3">
            <span className="h-px flex-1 bg-line" />
            or
            <span className="h-px flex-1 bg-line" />
          </div>
        </>
      )}
      <form onSubmit={submit} className="flex flex-col gap-3" noValidate>
        <Field label="API key" error={error} hint="Kept for this tab only.">
          <input
            ref={input}
            className="control font-mono"
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={key}
            onChange={(event) => setKey(event.target.value)}
            aria-invalid={error ? true : undefined}
          />
        </Field>
        <Button type="submit" kind={oidc ? "plain" : "primary"} busy={busy} icon={<KeyRound size={14} aria-hidden />}>
          {busy ? "Signing in…" : "Sign in with API key"}
        </Button>
      </form>
    </div>
  );
}

/** Returns why a text can't be a key, or `null`. Headers contain only ASCII, and fetch throws for anything else. */
function problemOf(key: string): string | null {
  if (!key) return "Enter an API key.";
  return /^[\x20-\x7e]+$/.test(key) ? null : "API keys are plain ASCII. Copy the key again.";
}

function explain(cause: unknown): string {
  if (!(cause instanceof ApiError)) return "Sign-in failed. Try again.";
  switch (cause.status) {
    case 0:
      return "The server can't be reached. Check that it is running, then try again.";
    case 401:
      return "Invalid API key. It may be mistyped, revoked or expired.";
    case 403:
      return "This key has no access to the portal.";
    case 404:
      return "The portal API is disabled. Set portal.enabled: true and restart the server.";
    case 503:
      return `Keys can't be checked right now: ${cause.message}. Try again in ${cause.retryAfter ?? 1} s.`;
    default:
      return `${cause.message} (status ${cause.status}).`;
  }
}
