import type { Logger } from 'pino'
import type { Role } from '../auth/callers.ts'
import { createAddressLimiter } from '../gate/doors/address-limiter.ts'
import type { DoorPorts } from '../gate/doors/create-account.ts'
import { signUpFromPage } from '../gate/doors/page-sign-up.ts'
import type { Doors } from '../gate/watch.ts'
import type { RandomBytes } from '../invites/code.ts'
import type { GivingService } from '../invites/giving-service.ts'
import { type InviteStore, StoreBusyError, StoreUnavailableError } from '../invites/store.ts'
import type { Host, Instant } from '../invites/types.ts'
import type { PdsClient } from '../pds/client.ts'
import { PublicFacts } from '../pds/public-facts.ts'
import { avatarRoute, LOOKS } from '../web/avatar.ts'
import { consoleRoutes } from '../web/console/routes.ts'
import { invitesRoutes } from '../web/invites/routes.ts'
import { QUESTIONS } from '../web/join/handle-state.ts'
import { joinRoutes } from '../web/join/routes.ts'
import { TEXT_OF_NO_PAGES } from '../web/pages.ts'
import type { OpenedSignIn } from '../web/sign-in/open-sign-in.ts'
import { invitesView } from '../xrpc/app.latchkey.getInvites.ts'
import { loadPages, type PagePorts } from './pages.ts'

/** What the pages are made of. */
export interface OpenPagesPorts {
  readonly store: InviteStore
  readonly host: Host
  readonly pds: PdsClient
  readonly giving: GivingService
  readonly doors: DoorPorts
  /** How the doors are just now. */
  readonly doorsNow: () => Doors
  readonly signIn: OpenedSignIn
  readonly operators: ReadonlyMap<string, Role>
  readonly publicUrl: URL
  /** Where the pages are. */
  readonly webUrl: URL
  readonly now: () => Instant
  readonly random: RandomBytes
  readonly log: Logger
  /** Where the built pages are. */
  readonly folder: URL
}

/** Puts the pages together. Where nobody has built them the log says so, and everything else goes on. */
export async function openPages(ports: OpenPagesPorts): Promise<PagePorts> {
  const { store, host, pds, giving, doors, signIn, operators, publicUrl, webUrl, now, log } = ports
  const facts = new PublicFacts({ pds, now })
  const personOf = (did: string) => store.person(did, host.hostname)
  const handleOf = async (did: string) => (await personOf(did)).handle
  const { sessions } = signIn
  const built = await loadPages(ports.folder)
  if (built === undefined) log.error(TEXT_OF_NO_PAGES.trim())
  return {
    routes: [
      ...signIn.routes,
      ...joinRoutes({
        checkCode: (code, address) => giving.checkCode(code, address),
        lookAtCode: (code) => giving.lookAtCode(code),
        host: () =>
          facts.host().catch((error: unknown) => {
            log.warn({ err: error }, 'the PDS does not tell what it offers to people who come')
            return undefined
          }),
        profile: (did) => facts.profile(did),
        closed: async () => {
          if (ports.doorsNow() === 'closed') return { message: null, isPaused: false, migrationsGoOn: false }
          const paused = await store.pause(host.hostname)
          if (paused === undefined) return null
          return { message: paused.message, isPaused: true, migrationsGoOn: paused.exceptMigrations }
        },
        cameWith: (code, handle) => giving.cameWith(code, handle),
        signUp: (input, visitor) =>
          signUpFromPage(doors, input, visitor).catch((error: unknown) => {
            if (!(error instanceof StoreBusyError || error instanceof StoreUnavailableError)) throw error
            log.error({ err: error }, 'a sign-up could not be written down, and was not tried')
            return { turnedAway: { why: 'not done' as const } }
          }),
        isTaken: async (handle, forwardedFor) =>
          // The PDS keeps the handles of accounts that it does not show.
          (await store.findPerson(host.hostname, handle)) !== undefined ||
          facts.isTaken(handle, forwardedFor),
        questions: createAddressLimiter(QUESTIONS),
        webUrl,
        now,
        random: ports.random,
        key: keyOf(ports),
      }),
      avatarRoute({
        isShown: async (did) => (await personOf(did)).status === 'active',
        profile: (did) => facts.profile(did),
        picture: (did, avatar, forwardedFor) => facts.picture(did, avatar, forwardedFor),
        looks: createAddressLimiter(LOOKS),
      }),
      ...invitesRoutes({
        sessions,
        invitesOf: async (did) => invitesView(await giving.invitesOf(did)),
        handleOf,
        operators,
        contact: async () => (await facts.host()).contact,
        webUrl,
      }),
      ...consoleRoutes({ sessions, operators, handleOf, webUrl }),
    ],
    built,
    frame: { hostname: host.hostname, origin: publicUrl.origin },
  }
}

/** In bytes: as long as what it signs with makes use of. */
const KEY_LENGTH = 32

/** The key for what browsers keep: kept in the database for all processes, and read once. */
function keyOf({ store, host, random }: OpenPagesPorts): () => Promise<Uint8Array> {
  let key: Promise<Uint8Array> | undefined
  const open = async () => {
    const proposed = Buffer.from(random(KEY_LENGTH)).toString('base64url')
    return Buffer.from(await store.keepFirstWebSecret(host.hostname, proposed), 'base64url')
  }
  return () => {
    key ??= open().catch((error: unknown) => {
      // What fails is tried again.
      key = undefined
      throw error
    })
    return key
  }
}
