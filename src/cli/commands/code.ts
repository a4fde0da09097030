import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { type CodeReport, reportCode, StartError } from '../../workbench.ts'
import type { Config } from '../../config.ts'
import { openKnownStore } from '../known-store.ts'
import { withSettings } from '../settings.ts'

/** `latchkey code [code]`: why somebody was refused, which nobody is told at the door. */
export function codeCommand(): Command {
  const command = new Command('code')
    .description('Show a code: its owner, its uses, and whether it can be redeemed now or why not.')
    .argument(
      '[code]',
      'the code; left out or -, it is read from standard input, since arguments can be seen by others',
    )
    .option('--handle <handle>', 'who wants to redeem it, for a code that is for one handle only')
    .option('--did <did>', 'who wants to redeem it, for a code that is for one account only')
    .option('--json', 'print it as one line of JSON')
  return withSettings(command, (config, own) => showCode(config, command.args[0], own))
}

async function showCode(
  config: Config,
  given: string | undefined,
  own: Readonly<Record<string, string | true>>,
): Promise<void> {
  await using store = await openKnownStore(config)
  const code = given === undefined || given === '-' ? await readCode() : given
  const { hostname } = config.publicUrl
  // Handles have no letter case, and the doors make them lower-case too.
  const redeemer = { handle: textOf(own['handle'])?.toLowerCase() ?? null, did: textOf(own['did']) }
  const report = await reportCode(store, { hostname }, code, redeemer)
  if (report.code === undefined)
    throw new StartError(
      report.mayBeUpstream
        ? `${hostname} has no such invite code that is known here; the PDS may redeem it, since its codes are not taken over yet.`
        : `${hostname} has no such invite code.`,
    )
  process.stdout.write(own['json'] === true ? `${JSON.stringify(asJson(report))}\n` : asText(report))
}

function textOf(option: string | true | undefined): string | null {
  return typeof option === 'string' ? option : null
}

/** The first line of standard input; asked for where a person types it. */
async function readCode(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('Invite code: ')
  for await (const line of createInterface({ input: process.stdin })) return line.trim()
  throw new StartError('No invite code was given.')
}

function asJson({ code, uses, ownerStatus, refusal, redeemedUpstream, pause }: CodeReport) {
  const { code: name, host, forAccount, createdBy, available, used, reserved, restrictedTo } = code
  return {
    code: name,
    host,
    forAccount,
    ownerStatus,
    createdBy,
    createdAt: timeOf(code.createdAt),
    available,
    used,
    reserved,
    disabledAt: timeOf(code.disabledAt),
    expiresAt: timeOf(code.expiresAt),
    restrictedTo,
    uses: uses.map(({ by, at }) => ({ usedBy: by.did, usedAt: timeOf(at) })),
    redeemedUpstream,
    signupsPausedSince: timeOf(pause?.since ?? null),
    refusal,
  }
}

function asText(report: CodeReport): string {
  const { code, uses, ownerStatus } = report
  const { available, used, reserved } = code
  const earlier = used - uses.length
  const rows: (readonly [name: string, value: string])[] = [
    ['code', code.code],
    ['owner', ownerStatus === 'active' ? code.forAccount : `${code.forAccount}, ${STATUS[ownerStatus]}`],
    ['made', `${timeOf(code.createdAt)} by ${code.createdBy}`],
    ['uses left', `${available - used - reserved} of ${available}`],
    ['held', `${reserved} by sign-ups that are not finished`],
    ['disabled', timeOf(code.disabledAt) ?? 'no'],
    ['expires', timeOf(code.expiresAt) ?? 'never'],
    ['for', code.restrictedTo ?? 'anybody'],
    ...uses.map(({ by, at }) => ['used', `${timeOf(at)} by ${by.did}`] as const),
    ...(earlier > 0 ? [['used', `${earlier} times before that`] as const] : []),
  ]
  return `${rows.map(([name, value]) => `${name.padEnd(11)}${value}\n`).join('')}\n${verdictOn(report)}\n`
}

function verdictOn({ code, ownerStatus, refusal, redeemedUpstream, pause }: CodeReport): string {
  switch (refusal) {
    case null:
      break
    case 'unknown':
      return "It can't be redeemed: there is no such code."
    case 'disabled':
      return "It can't be redeemed: it is disabled."
    case 'expired':
      return "It can't be redeemed: it has expired."
    case 'used up':
      return code.reserved > 0 && code.used < code.available
        ? "It can't be redeemed now: sign-ups that are not finished hold its last uses."
        : "It can't be redeemed: it is used up."
    case 'restricted':
      return `It can't be redeemed by anybody but ${code.restrictedTo}.`
    case 'owner gone':
      return `It can't be redeemed: its owner's account is ${STATUS[ownerStatus]}.`
  }
  return `${REDEEMABLE[redeemedUpstream ?? 'ours']}${pause === undefined ? '' : `\n${pausedAs(pause)}`}`
}

const REDEEMABLE = {
  ours: 'It can be redeemed.',
  upstream: "It can be redeemed, as far as Latchkey knows: it is still the PDS's own.",
  closing: 'It can be redeemed in a moment: it is being taken over from the PDS.',
} as const

function pausedAs({ exceptMigrations }: NonNullable<CodeReport['pause']>): string {
  return exceptMigrations
    ? 'Sign-ups are paused at the moment, except for accounts that bring their DID along.'
    : 'Sign-ups are paused at the moment: nobody can redeem it before they are resumed.'
}

const STATUS: Readonly<Record<CodeReport['ownerStatus'], string>> = {
  active: 'active',
  deactivated: 'deactivated',
  takendown: 'taken down',
  suspended: 'suspended',
  deleted: 'deleted',
}

/** @returns an ISO string; null for no instant */
function timeOf(instant: number): string
function timeOf(instant: number | null): string | null
function timeOf(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString()
}
