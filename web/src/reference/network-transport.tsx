import type { ReactNode } from "react";

import type { Credential } from "./credential";
import { credentialHeader } from "./credential";
import { CredentialField } from "./credential-field";
import { keyHeaderOf, takesBearer, type ApiDocument } from "./document";
import { networkSender } from "./send";
import type { Transport } from "./try-it";
import type { Exchange } from "./use-exchange";

/** Sends over the network with the user's credential. `base` must end with a slash. */
export function networkTransport(
  base: string,
  document: ApiDocument,
  given: Credential,
  aside: (exchange: Exchange) => ReactNode = () => null,
): Transport {
  const keyHeader = keyHeaderOf(document);
  const header = credentialHeader(given, keyHeader);
  const sender = networkSender(base, header ? [header.name, header.scheme + header.secret] : null);
  return {
    name: "network",
    label: "Over the network",
    hint: "Sent by this browser like any client's request, with the credential below. Streams show as they come.",
    sender: {
      ...sender,
      problems: (call) => [
        ...(header?.secret === "" ? ["Enter the credential, or set its kind to None."] : []),
        ...sender.problems(call),
      ],
    },
    credential: header && { name: header.name, scheme: header.scheme },
    fields: <CredentialField keyHeader={keyHeader} bearer={takesBearer(document)} />,
    aside,
  };
}
