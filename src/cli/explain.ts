import { StartError } from '../workbench.ts'
import { ConfigError } from '../config.ts'
import { MissingPackageError } from '../dev/development-package.ts'
import { StoreBusyError, StoreUnavailableError } from '../invites/store.ts'
import { TransferError } from '../transfer/transfer-error.ts'

const EXPECTED = [
  ConfigError,
  StartError,
  MissingPackageError,
  StoreBusyError,
  StoreUnavailableError,
  TransferError,
]

/** What a person at a terminal is told: a sentence for what was foreseen, everything for what was not. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (EXPECTED.some((kind) => error instanceof kind)) return error.message
  return error.stack ?? error.message
}
