import { codeState, isRoutine } from '../invites/predicates.ts'
import type { ExportedCode } from '../invites/search.ts'
import type { Instant } from '../invites/types.ts'
import { app } from '../lexicons/index.ts'
import { operatorsOnly } from './kit/admission.ts'
import type { XrpcContext } from './kit/context.ts'
import { csvLine } from './kit/csv.ts'
import { datetime } from './kit/datetime.ts'
import { fileMethod, type XrpcMethod } from './kit/method.ts'

const COLUMNS = [
  'code',
  'state',
  'kind',
  'owner',
  'handle',
  'created at',
  'expires at',
  'available',
  'used',
  'reserved',
  'note',
]

/** All codes of the host as comma-separated values, with a header line; oldest first. */
export function exportCodes(context: XrpcContext): XrpcMethod {
  const { operations } = context
  return fileMethod(
    app.latchkey.admin.exportCodes.main,
    operatorsOnly(context, 'GET', 'administrator'),
    async ({ caller }) => ({
      stream: linesOf(await operations.exportCodes(caller.actor), () => operations.now()),
      type: 'text/csv; charset=utf-8; header=present',
      filename: 'invite-codes.csv',
    }),
  )
}

async function* linesOf(parts: AsyncIterable<readonly ExportedCode[]>, now: () => Instant) {
  yield csvLine(COLUMNS)
  for await (const part of parts) yield part.map((code) => csvLine(valuesOf(code, now()))).join('')
}

function valuesOf(code: ExportedCode, now: Instant): readonly (string | number)[] {
  return [
    code.code,
    codeState(code, now),
    isRoutine(code) ? 'earned' : 'gifted',
    code.forAccount,
    code.owner?.handle ?? '',
    datetime(code.createdAt),
    code.expiresAt === null ? '' : datetime(code.expiresAt),
    code.available,
    code.used,
    code.reserved,
    code.note ?? '',
  ]
}
