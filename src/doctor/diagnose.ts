import { type Diagnosis, inOrder, type Outcome, type Outcomes, skipped } from './checks.ts'
import { examineDatabase, type Memory } from './database.ts'
import { examineOutside } from './outside.ts'
import type { Patient } from './patient.ts'
import { examinePds } from './pds.ts'
import { examinePdsPort } from './pds-port.ts'
import { examineLatchkey } from './running.ts'
import { codesUnknown, examineCodes, examineInterval } from './upstream.ts'

/**
 * Looks at a live installation from inside and from outside, and changes nothing. Every check is made whatever came of
 * the others; where one can't tell anything because of another, it says so instead of complaining too. A minute or two at
 * the very most.
 *
 * @returns all checks, in the order of the report
 */
export async function diagnose(patient: Patient): Promise<readonly Diagnosis[]> {
  const { outcomes: database, memory } = await examineDatabase(patient)
  const [pds, running, interval] = await Promise.all([
    examinePds(patient, memory),
    examineLatchkey(patient),
    examineInterval(patient),
  ])
  const isPdsUp = pds.pds.kind === 'passed'
  const [codes, outside, pdsPort] = await Promise.all([
    codesUnless(doubtAbout(pds), patient, memory),
    examineOutside(patient, { memory, isPdsUp, isLatchkeyUp: running.latchkey.kind === 'passed' }),
    isPdsUp ? examinePdsPort(patient) : skipped('the PDS does not answer'),
  ])
  return inOrder({
    ...database,
    ...pds,
    interval,
    ...codes,
    latchkey: running.latchkey,
    firehose: firehoseUnless(pds, running.firehose),
    ...outside,
    pdsPort,
  })
}

type PdsOutcomes = Outcomes<'pds' | 'password' | 'did'>

/** Why what the PDS says of codes can't be had, or does not count. */
function doubtAbout({ pds, password, did }: PdsOutcomes): string | undefined {
  if (pds.kind !== 'passed') return 'the PDS does not answer'
  if (did.kind !== 'passed') return 'the PDS may be another one'
  return password.kind === 'passed' ? undefined : 'the PDS does not take the admin password'
}

async function codesUnless(doubt: string | undefined, patient: Patient, memory: Memory | undefined) {
  if (doubt !== undefined || memory === undefined)
    return codesUnknown(doubt ?? 'the database does not know the host')
  return examineCodes(patient, memory)
}

/** Latchkey follows only the PDS that it knows, and only one that runs. */
function firehoseUnless({ pds, did }: PdsOutcomes, firehose: Outcome): Outcome {
  if (pds.kind === 'failed') return skipped('the PDS does not answer')
  return did.kind === 'failed' ? skipped('the PDS is another one') : firehose
}
