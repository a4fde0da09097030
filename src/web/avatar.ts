import type { WebAnswer, WebRoute } from './routing.ts'

/** The file that an account shows as its picture. */
interface Avatar {
  readonly cid: string
  readonly type: string
}

/** What pictures are taken from. */
export interface AvatarPorts {
  /** Whether an account is one of the host's that may be shown. */
  readonly isShown: (did: string) => Promise<boolean>
  /** What an account shows. @returns undefined when the host has no such account */
  readonly profile: (did: string) => Promise<{ readonly avatar: Avatar | null } | undefined>
  /** @returns undefined when there is none that may be shown */
  readonly picture: (
    did: string,
    avatar: Avatar,
    forwardedFor: string,
  ) => Promise<{ readonly bytes: Uint8Array; readonly type: string } | undefined>
  /** Counts the pictures that an address looks at. */
  readonly looks: {
    readonly blockedFor: (address: string) => Promise<number | undefined>
    readonly count: (address: string) => Promise<unknown>
  }
}

/** How many pictures an address may look at; a page of the console shows a hundred at the most. */
export const LOOKS = { times: 600, window: 5 * 60_000 } as const

/** A picture may change, and a changed one may take so many seconds to be seen. */
const FRESH_SECONDS = 600

/** Previews of links show a picture on other sites than ours. */
const FRESH = {
  'cache-control': `public, max-age=${FRESH_SECONDS}`,
  'cross-origin-resource-policy': 'cross-origin',
} as const

/** Pictures are other people's: whatever they hold, nothing of it runs, not even when opened by itself. */
const POLICY = "default-src 'none'; sandbox"

/** One point that can be seen through: GIF, 42 bytes. */
const NOTHING = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/**
 * Where the pictures of the host's own accounts are. For an account without one there is nothing to see, rather than an error: pages
 * draw the picture over an initial, and without scripts nobody could take a broken one away.
 */
export function avatarRoute({ isShown, profile, picture, looks }: AvatarPorts): WebRoute {
  return {
    verb: 'GET',
    path: '/_latchkey/avatar/:did',
    answer: async ({ params, headers, address, forwardedFor }): Promise<WebAnswer> => {
      const retryAfter = await looks.blockedFor(address)
      if (retryAfter !== undefined)
        return { status: 429, headers: { 'retry-after': String(retryAfter) }, ...blank() }
      await looks.count(address)
      const did = params['did'] ?? ''
      const avatar = (await isShown(did)) ? (await profile(did))?.avatar : undefined
      if (!avatar) return { headers: FRESH, ...blank() }
      const etag = `"${avatar.cid}"`
      const kept = { ...FRESH, 'content-security-policy': POLICY, etag }
      // The name tells the contents: who has it needs no look at the file.
      if (headers['if-none-match']?.includes(etag))
        return { status: 304, headers: kept, bytes: new Uint8Array(), type: avatar.type }
      const found = await picture(did, avatar, forwardedFor)
      return found === undefined ? { headers: FRESH, ...blank() } : { headers: kept, ...found }
    },
  }
}

function blank() {
  return { bytes: NOTHING, type: 'image/gif' }
}
