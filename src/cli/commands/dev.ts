import { Command, InvalidArgumentError, Option } from 'commander'
import { pino } from 'pino'
import { SETTINGS } from '../../settings.ts'
import { startStack, type Stack } from '../../dev/stack.ts'
import { com } from '../../lexicons/index.ts'
import { aborted, untilAskedToEnd } from '../signals.ts'

interface DevFlags {
  readonly port: number
  readonly data?: string
  readonly inviteInterval: string
  readonly inviteEpoch?: string
  readonly inviteCap?: string
  readonly database?: string
  readonly logLevel: string
  readonly seed: boolean
  readonly json?: true
}

/** `latchkey dev`: everything on this machine, to try Latchkey or to write a client against. */
export function devCommand(): Command {
  return new Command('dev')
    .description('Try Latchkey: start a PLC directory, a PDS and Latchkey in front of it, with two accounts.')
    .addOption(
      new Option('--port <number>', 'where Latchkey listens; 0 takes a free port')
        .default(2690)
        .argParser(parserOf(SETTINGS.port)),
    )
    .option(
      '--data <dir>',
      'keep everything in this folder and go on from there next time (default: a temporary one)',
    )
    .option('--invite-interval <duration>', 'members earn a code this often: 7d, 10s, 500ms, off', '10s')
    .option('--invite-epoch <date>', 'only intervals after this date count, such as 2026-01-01')
    .option('--invite-cap <number>', 'a member with this many open earned codes earns no more (default: 5)')
    .option('--database <sqlite:PATH>', 'where Latchkey keeps its database (default: in the data folder)')
    .addOption(
      new Option('--log-level <level>', 'what Latchkey logs, to standard error')
        .default('warn')
        .argParser(parserOf(SETTINGS.logLevel)),
    )
    .option('--no-seed', 'make no accounts')
    .option('--json', 'print one line of JSON on standard output when everything answers')
    .action(dev)
}

async function dev({ port, data, seed, json, ...flags }: DevFlags): Promise<void> {
  const end = untilAskedToEnd()
  const log = pino({ level: flags.logLevel }, pino.destination({ dest: 2, sync: true }))
  await using stack = await startStack({
    port,
    dataDir: data,
    flags,
    seed,
    log,
    progress: (message) => process.stderr.write(`latchkey dev: ${message} …\n`),
    signal: end,
  })
  if (!end.aborted)
    process.stdout.write(json === true ? summaryLine(stack) : summary(stack, data === undefined))
  await aborted(end)
}

function summaryLine({ url, webUrl, pdsUrl, plcUrl, adminPassword, dataDir, accounts }: Stack): string {
  return `${JSON.stringify({ url, webUrl, pdsUrl, plcUrl, adminPassword, dataDir, accounts })}\n`
}

function summary(stack: Stack, temporary: boolean): string {
  const { url, webUrl, pdsUrl, plcUrl, adminPassword, dataDir, accounts, token } = stack
  const method = com.atproto.server.getAccountInviteCodes.$nsid
  const [first, second] = accounts
  const lines = [
    '',
    `Latchkey   ${url}   the public address: clients use this one`,
    `pages      ${webUrl}/invites   and, for ${first?.handle ?? 'administrators'}, ${webUrl}/admin`,
    `PDS        ${pdsUrl}`,
    `PLC        ${plcUrl}`,
    `data       ${dataDir}${temporary ? '   removed at the end' : ''}`,
    `admin      password ${adminPassword}`,
    '',
    ...accounts.map(({ handle, did, password }) => `${handle.padEnd(10)} ${did}   password ${password}`),
  ]
  if (first !== undefined && second !== undefined && token !== undefined) {
    lines.push(
      '',
      `${second.handle} signed up with a code of ${first.handle}. The codes of ${first.handle}, one of them used, one gifted and open, the others earned:`,
      '',
      `curl -s -H 'Authorization: Bearer ${token}' ${url}/xrpc/${method}`,
    )
  }
  return `${lines.join('\n')}\n\nCtrl-C ends everything.\n`
}

/** What has to be known before the settings are read is parsed as they are. */
function parserOf<T>({ parse }: { parse: (given: string) => T }): (given: string) => T {
  return (given) => {
    try {
      return parse(given)
    } catch (error) {
      throw new InvalidArgumentError(`Expected ${error instanceof Error ? error.message : 'another value'}.`)
    }
  }
}
