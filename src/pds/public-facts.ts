import type { Duration, Instant } from '../invites/types.ts'
import { com } from '../lexicons/index.ts'
import { PdsUnreachableError } from './answer.ts'
import type { PdsClient } from './client.ts'
import { type Picture, PictureCache } from './picture-cache.ts'

/** What a PDS offers to people who come to it. */
export interface HostFacts {
  /** What handles of new accounts may end with, each with its leading dot. */
  readonly domains: readonly string[]
  /** Web addresses; null where the operator gave none. */
  readonly terms: string | null
  readonly privacy: string | null
  /** An e-mail address; null where the operator gave none. */
  readonly contact: string | null
  /** Whether a telephone number has to be proved, which takes another form than handle, e-mail and password. */
  readonly needsPhone: boolean
}

/** What an account of the PDS shows of itself. */
export interface Profile {
  /** Null when the PDS says none. */
  readonly handle: string | null
  /** The name that it goes by; null where it gave none. */
  readonly name: string | null
  readonly avatar: Avatar | null
}

/** The file that an account shows as its picture, no bigger than {@link LARGEST_PICTURE}. */
export interface Avatar {
  readonly cid: string
  /** One of {@link PICTURE_TYPES}. */
  readonly type: string
}

/** In bytes; as much as the lexicon of profiles allows. */
const LARGEST_PICTURE = 1_000_000

/** Kinds of pictures that can't hold scripts. */
const PICTURE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp'])

/** In code points; profiles may have 64 graphemes. */
const LONGEST_NAME = 64

/** Characters without a shape, some of which turn the direction of what follows; the joiner of emoji may stay. */
const SHAPELESS = /(?!\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Nobody waits longer than this for decoration. */
const PATIENCE: Duration = 3000

/** How long what was read is believed. */
const KEPT: Duration = 60_000

/** How long what was last read is told on, before a PDS that failed is asked again. */
const RESPITE: Duration = 5000

/** Profiles to remember; beyond them the oldest goes. */
const MOST_PROFILES = 2000

const PROFILE = 'app.bsky.actor.profile'

export interface PublicFactsPorts {
  readonly pds: Pick<PdsClient, 'relay' | 'lookUp' | 'findMembers'>
  readonly now: () => Instant
}

/** Reads from the PDS what anybody may see there, for pages. Asked for by its own accounts only, and never of elsewhere. */
export class PublicFacts {
  readonly #ports: PublicFactsPorts
  readonly #profiles = new Map<
    string,
    { readonly until: Instant; readonly profile: Promise<Profile | undefined> }
  >()
  readonly #pictures: PictureCache
  #host: { readonly until: Instant; readonly facts: HostFacts } | undefined
  /** What is read just now, for all who ask meanwhile. */
  #reading: Promise<HostFacts> | undefined

  constructor(ports: PublicFactsPorts) {
    this.#ports = ports
    this.#pictures = new PictureCache(ports.now)
  }

  /**
   * What the PDS offers, as it was within the last minute; as it was last, where the PDS fails now.
   *
   * @throws {PdsUnreachableError} when it never told
   */
  async host(): Promise<HostFacts> {
    if (this.#host !== undefined && this.#ports.now() < this.#host.until) return this.#host.facts
    this.#reading ??= this.#readHost().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readHost(): Promise<HostFacts> {
    const last = this.#host?.facts
    try {
      const facts = await this.#describe()
      this.#host = { until: this.#ports.now() + KEPT, facts }
      return facts
    } catch (error) {
      if (last === undefined) throw error
      this.#host = { until: this.#ports.now() + RESPITE, facts: last }
      return last
    }
  }

  async #describe(): Promise<HostFacts> {
    const described = await this.#read(com.atproto.server.describeServer.$nsid, {})
    if (described === undefined) throw new PdsUnreachableError('the PDS does not describe itself')
    const links = objectOf(described['links'])
    return {
      domains: textsOf(described['availableUserDomains']).filter((domain) => domain.startsWith('.')),
      terms: webAddress(links?.['termsOfService']),
      privacy: webAddress(links?.['privacyPolicy']),
      contact: mailAddress(objectOf(described['contact'])?.['email']),
      needsPhone: described['phoneVerificationRequired'] === true,
    }
  }

  /** What an account shows, as it was within the last minute. @returns undefined when the PDS has no such account */
  async profile(did: string): Promise<Profile | undefined> {
    const now = this.#ports.now()
    const kept = this.#profiles.get(did)
    if (kept !== undefined && now < kept.until) return kept.profile
    const profile = this.#readProfile(did)
    this.#profiles.delete(did)
    this.#profiles.set(did, { until: now + KEPT, profile })
    profile.catch(() => this.#profiles.delete(did))
    const [oldest] = this.#profiles.keys()
    if (oldest !== undefined && this.#profiles.size > MOST_PROFILES) this.#profiles.delete(oldest)
    return profile
  }

  /**
   * The picture of an account, as it was within the last ten minutes.
   *
   * @param forwardedFor the file counts against whoever asks
   * @returns undefined when the PDS does not give it, or as another kind than the profile says
   */
  picture(did: string, { cid, type: known }: Avatar, forwardedFor: string): Promise<Picture | undefined> {
    return this.#pictures.get(`${did} ${cid} ${known}`, async () => {
      const { status, headers, body } = await this.#ports.pds.relay({
        method: 'GET',
        path: `/xrpc/com.atproto.sync.getBlob?${new URLSearchParams({ did, cid })}`,
        headers: { 'x-forwarded-for': forwardedFor },
        limit: LARGEST_PICTURE,
      })
      if (status === 429) throw new PdsUnreachableError('the PDS gives no more pictures for now')
      const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      return status === 200 && type === known ? { bytes: body, type } : undefined
    })
  }

  /** Whether an account of the PDS has a handle. @param forwardedFor counts against whoever asks */
  async isTaken(handle: string, forwardedFor: string): Promise<boolean> {
    const search = new URLSearchParams({ handle })
    const { status } = await this.#ports.pds.relay({
      method: 'GET',
      path: `/xrpc/com.atproto.identity.resolveHandle?${search}`,
      headers: { 'x-forwarded-for': forwardedFor },
      timeout: PATIENCE,
    })
    if (status === 200) return true
    if (status === 400) return false
    throw new PdsUnreachableError(`the PDS answered with ${status} when a handle was looked up`)
  }

  async #readProfile(did: string): Promise<Profile | undefined> {
    const member = (await this.#ports.pds.findMembers([did])).get(did)
    if (member === undefined) return undefined
    const record = await this.#read('com.atproto.repo.getRecord', {
      repo: did,
      collection: PROFILE,
      rkey: 'self',
    })
    const value = objectOf(record?.['value'])
    return {
      handle: member.handle,
      name: nameOf(value?.['displayName']),
      avatar: avatarOf(value?.['avatar']),
    }
  }

  /** @returns undefined when the PDS has nothing of it */
  async #read(
    nsid: string,
    params: Record<string, string>,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { status, body } = await this.#ports.pds.lookUp({
      method: 'GET',
      path: `/xrpc/${nsid}?${new URLSearchParams(params)}`,
      headers: {},
      timeout: PATIENCE,
      limit: LARGEST_PICTURE,
    })
    if (status === 200) return objectOf(JSON.parse(Buffer.from(body).toString('utf8')))
    if (status === 400 || status === 404) return undefined
    throw new PdsUnreachableError(`the PDS answered ${nsid} with ${status}`)
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

/** Operators' links stand in pages: nothing but a place in the web may come of them. */
function webAddress(value: unknown): string | null {
  const url = typeof value === 'string' ? URL.parse(value) : null
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : null
}

/** The same for a link that begins a mail: an address, and nothing that fills the mail in. */
function mailAddress(value: unknown): string | null {
  return typeof value === 'string' && /^[^\s@<>?&]+@[^\s@<>?&]+$/.test(value) ? value : null
}

/** A name is a person's own text: without what has no shape, and no longer than it may be. */
function nameOf(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const name = Array.from(value.replaceAll(SHAPELESS, '').trim()).slice(0, LONGEST_NAME).join('').trim()
  return name === '' ? null : name
}

function avatarOf(value: unknown): Avatar | null {
  const blob = objectOf(value)
  const cid = objectOf(blob?.['ref'])?.['$link']
  const type = blob?.['mimeType']
  const size = blob?.['size']
  if (typeof cid !== 'string' || typeof type !== 'string' || typeof size !== 'number') return null
  return PICTURE_TYPES.has(type) && size <= LARGEST_PICTURE ? { cid, type } : null
}
