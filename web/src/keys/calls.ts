/** Calls that change keys. */
import { api, dataOf } from "../api/client";
import { ApiError } from "../api/errors";
import { keysOptions, queryClient } from "../api/options";
import type { CreatedKey, NewKey } from "../model/types";

/** Creates a key; the response contains its plaintext. */
export async function createKey(body: NewKey): Promise<CreatedKey> {
  const created = await dataOf(api.POST("/api/v1/admin/api-keys", { body }));
  void queryClient.invalidateQueries({ queryKey: keysOptions.queryKey });
  return created;
}

/** Revokes a key. A missing key counts as revoked. */
export async function revokeKey(name: string): Promise<void> {
  try {
    await api.DELETE("/api/v1/admin/api-keys/{name}", { params: { path: { name } } });
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "key_not_found")) throw error;
  }
  void queryClient.invalidateQueries({ queryKey: keysOptions.queryKey });
}
