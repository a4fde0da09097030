import { describe } from 'vitest'
import { describeAccounts } from './conformance/accounts.ts'
import { describeAudit } from './conformance/audit.ts'
import { describeBatches } from './conformance/batches.ts'
import { describeCodes } from './conformance/codes.ts'
import { describeFeed } from './conformance/feed.ts'
import { describeGiving } from './conformance/giving.ts'
import { describeHosts } from './conformance/hosts.ts'
import { describeImports } from './conformance/imports.ts'
import { describeInProgress } from './conformance/in-progress.ts'
import { describeLeases } from './conformance/leases.ts'
import { describeOverview } from './conformance/overview.ts'
import { describeReconciling } from './conformance/reconciling.ts'
import { describeRedemption } from './conformance/redemption.ts'
import { describeSecondLooks } from './conformance/second-looks.ts'
import { describeSearch } from './conformance/search.ts'
import type { OpenStore } from './conformance/support.ts'
import { describeSwitchingCodes } from './conformance/switching.ts'
import { describeUndoing } from './conformance/undoing.ts'
import { describeWeb } from './conformance/web.ts'

/**
 * What every store of invitations promises, parallel writers included.
 *
 * @param name the kind of store, for the titles
 * @param openStore opens a store on an empty database of its own, once per test
 */
export function describeInviteStore(name: string, openStore: OpenStore): void {
  describe(`${name} keeps the promises of every invite store:`, () => {
    describeHosts(openStore)
    describeAccounts(openStore)
    describeAudit(openStore)
    describeBatches(openStore)
    describeSwitchingCodes(openStore)
    describeUndoing(openStore)
    describeSearch(openStore)
    describeCodes(openStore)
    describeReconciling(openStore)
    describeOverview(openStore)
    describeRedemption(openStore)
    describeFeed(openStore)
    describeGiving(openStore)
    describeImports(openStore)
    describeInProgress(openStore)
    describeLeases(openStore)
    describeSecondLooks(openStore)
    describeWeb(openStore)
  })
}
