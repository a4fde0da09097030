import {
  type CodeAndOwner,
  LOOK,
  type OwnedPosition,
  type SwitchablePart,
  type UndoCounts,
  type UndoPosition,
  type UndoPreviewPart,
  type UndoRefusal,
} from './batches.ts'
import type { ExportedCode } from './search.ts'
import type { InviteStore, ListingPosition } from './store.ts'
import { ADMIN, type Instant } from './types.ts'

/** What looking at many rows needs from the outside. */
export interface LookingPorts {
  readonly store: InviteStore
  /** Lets whatever waits for this process have its turn, between two looks. */
  readonly nextTurn: () => Promise<unknown>
}

/** Which codes would be disabled or enabled; see `BatchStore.codesToSwitch`. */
export interface Switchable {
  readonly host: string
  readonly codes: readonly string[]
  readonly owners: readonly string[]
  readonly disabled: boolean
  readonly now: Instant
}

/** The codes that disabling or enabling would change, a part at a time; parts may be empty. */
export async function* switchableCodes(
  { store, nextTurn }: LookingPorts,
  which: Switchable,
): AsyncGenerator<readonly CodeAndOwner[], void> {
  let after: OwnedPosition | null = null
  do {
    if (after !== null) await nextTurn()
    const part: SwitchablePart = await store.codesToSwitch({ ...which, limit: LOOK, after })
    yield part.codes
    after = part.after
  } while (after !== null)
}

/** How many codes disabling or enabling would change, and of how many accounts. */
export async function countSwitchable(
  ports: LookingPorts,
  which: Switchable,
): Promise<{ readonly codes: number; readonly accounts: number }> {
  const owners = new Set<string>([ADMIN])
  let codes = 0
  for await (const found of switchableCodes(ports, which)) {
    codes += found.length
    for (const { owner } of found) owners.add(owner)
  }
  return { codes, accounts: owners.size - 1 }
}

/** What undoing a batch would do. What changes meanwhile may be counted as it was, or as it is. */
export async function previewUndo(
  { store, nextTurn }: LookingPorts,
  { batch, host }: { readonly batch: string; readonly host: string },
): Promise<UndoCounts | UndoRefusal> {
  let restored = 0
  let changedSince = 0
  let after: UndoPosition | null = null
  do {
    if (after !== null) await nextTurn()
    const part: UndoPreviewPart | UndoRefusal = await store.previewUndo({ batch, host, limit: LOOK, after })
    if (typeof part === 'string') return part
    restored += part.restored
    changedSince += part.changedSince
    after = part.after
  } while (after !== null)
  return { restored, changedSince }
}

/** All codes of a host, oldest first, a part at a time. */
export async function* exportedCodes(
  store: InviteStore,
  host: string,
): AsyncGenerator<readonly ExportedCode[], void> {
  let after: ListingPosition | null = null
  for (;;) {
    const part: readonly ExportedCode[] = await store.exportCodes({ host, limit: LOOK, after })
    const last = part.at(-1)
    if (last === undefined) return
    yield part
    after = last
  }
}
