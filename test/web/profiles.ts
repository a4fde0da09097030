import type { FrontedWorld } from '../support/latchkey.ts'
import { type Member, postJson } from '../support/pds.ts'

/** One point of colour. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Writes a member's profile with a picture, whether or not it is one that the lexicon allows. */
export async function showProfile(
  { world: { pds } }: FrontedWorld,
  { did, accessJwt }: Member,
  { displayName, picture, type = 'image/png' }: { displayName: string; picture: Uint8Array; type?: string },
): Promise<void> {
  const uploaded = await fetch(`${pds.url}/xrpc/com.atproto.repo.uploadBlob`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessJwt}`, 'content-type': type },
    body: Buffer.from(picture),
  })
  const { blob } = (await uploaded.json()) as { blob: unknown }
  const record = { $type: 'app.bsky.actor.profile', displayName, avatar: blob }
  await postJson(
    `${pds.url}/xrpc/com.atproto.repo.putRecord`,
    { repo: did, collection: 'app.bsky.actor.profile', rkey: 'self', record, validate: false },
    `Bearer ${accessJwt}`,
  )
}
