import type { Row } from '../bench.ts'
import { adminLists } from './admin-lists.ts'
import { changing } from './changing.ts'
import { createCodes } from './create-codes.ts'
import { firstContact } from './first-contact.ts'
import { memory } from './memory.ts'
import { ownCodes } from './own-codes.ts'
import { redemption } from './redemption.ts'
import { soak } from './soak.ts'
import { start } from './start.ts'
import { uncached } from './uncached.ts'

/** All rows, in the order of the table. */
export const ROWS: readonly Row[] = [
  ownCodes,
  uncached,
  changing,
  firstContact,
  adminLists,
  createCodes,
  redemption,
  memory,
  start,
  soak,
]
