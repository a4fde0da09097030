import { faultOf } from '../gate/arrangement.ts'
import type { PdsDescription } from '../pds/client.ts'
import { all, failed, type Outcome, type Outcomes, PASSED, reasonOf, skipped } from './checks.ts'
import type { Memory } from './database.ts'
import type { Patient } from './patient.ts'

type Checked = Outcomes<'pds' | 'password' | 'entryway' | 'invites' | 'did' | 'clock'>

/** So far may the clocks be apart, in milliseconds: sign-ups are settled by the PDS's, codes expire by ours. */
const CLOCK_TOLERANCE = 5000
/** HTTP tells whole seconds: on average half of one is missing. */
const HALF_A_SECOND = 500

/**
 * Asks the PDS, by its inner URL, what Latchkey asks it before it opens the doors.
 *
 * @param memory whose PDS it should be; undefined when the database can't tell
 */
export async function examinePds(patient: Patient, memory: Memory | undefined): Promise<Checked> {
  const { pds } = patient
  const { origin } = pds
  try {
    await pds.version()
    const described = await pds.describe()
    return {
      pds: PASSED,
      ...(await examinePassword(patient)),
      invites: described.invitesRequired
        ? PASSED
        : failed(`com.atproto.server.describeServer at ${origin}`, 'it requires no invite code'),
      did: examineDid(origin, described, memory),
      clock: await examineClock(patient),
    }
  } catch (error) {
    const silent = skipped('the PDS does not answer')
    return {
      ...all(['password', 'entryway', 'invites', 'did', 'clock'], silent),
      pds: failed(`/xrpc/_health and com.atproto.server.describeServer at ${origin}`, reasonOf(error)),
    }
  }
}

/** An entryway is told of before the password is looked at. */
async function examinePassword({ pds }: Patient): Promise<Outcomes<'password' | 'entryway'>> {
  const tried = `com.atproto.admin.getInviteCodes at ${pds.origin}, as its administrator`
  try {
    await pds.hasInviteCodes()
    return { password: PASSED, entryway: PASSED }
  } catch (error) {
    const saw = failed(tried, reasonOf(error))
    return faultOf(pds.origin, error).kind === 'entryway'
      ? { password: skipped('an entryway answers before any password'), entryway: saw }
      : { password: saw, entryway: PASSED }
  }
}

function examineDid(origin: string, { did }: PdsDescription, memory: Memory | undefined): Outcome {
  if (memory === undefined) return skipped('the database does not tell which PDS it belongs to')
  if (memory.host.did === did) return PASSED
  return failed(
    `com.atproto.server.describeServer at ${origin}, which should be ${memory.host.did} as at the first start`,
    `it is ${did}`,
  )
}

async function examineClock({ pds, machine }: Patient): Promise<Outcome> {
  const before = machine.now()
  const theirs = await pds.clock()
  const after = machine.now()
  const ahead = theirs + HALF_A_SECOND - (before + after) / 2
  if (Math.abs(ahead) <= CLOCK_TOLERANCE + (after - before) / 2) return PASSED
  const apart = `${Math.round(Math.abs(ahead) / 1000)} s`
  return failed(
    `the Date of an answer of ${pds.origin}, against this machine's clock`,
    ahead > 0 ? `the PDS is ${apart} ahead` : `the PDS is ${apart} behind`,
  )
}
