import { Command } from 'commander'
import { patientOf } from '../../workbench.ts'
import type { Config } from '../../config.ts'
import type { Diagnosis, Outcome } from '../../doctor/checks.ts'
import { diagnose } from '../../doctor/diagnose.ts'
import { withSettings } from '../settings.ts'

/** `latchkey doctor`: what is wrong with an installation, and which page helps. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description(
      'Check a live installation from inside and from outside. Changes nothing; ends with 1 when something is wrong.',
    )
    .option('--json', 'print one line of JSON instead of the report')
  return withSettings(command, (config, { json }) => doctor(config, json === true))
}

async function doctor(config: Config, json: boolean): Promise<void> {
  const diagnoses = await diagnose(patientOf(config))
  process.stdout.write(`${json ? asJson(diagnoses) : report(diagnoses)}\n`)
  if (count(diagnoses, 'failed') > 0) process.exitCode = 1
}

/** The report for people: a line for each check, what is known of those that did not pass, and a conclusion. */
export function report(diagnoses: readonly Diagnosis[]): string {
  const [wrong, warnings] = [count(diagnoses, 'failed'), count(diagnoses, 'warned')]
  return [...diagnoses.flatMap(asLines), conclusion(wrong, warnings)].join('\n')
}

function count(diagnoses: readonly Diagnosis[], kind: Outcome['kind']): number {
  return diagnoses.filter(({ outcome }) => outcome.kind === kind).length
}

function asLines({ title, outcome, help }: Diagnosis): string[] {
  if (outcome.kind === 'passed') return [`✓ ${title}`]
  if (outcome.kind === 'skipped') return [`– ${title}: skipped, ${outcome.reason}`]
  const mark = outcome.kind === 'failed' ? '✗' : '!'
  return [
    `${mark} ${title}`,
    `    tried  ${outcome.tried}`,
    `    saw    ${outcome.saw}`,
    `    help   ${help}`,
  ]
}

function conclusion(wrong: number, warnings: number): string {
  if (wrong === 0 && warnings > 0) return '\nNothing is known to be wrong; look at what is marked "!".'
  if (wrong === 0) return '\nNothing is wrong.'
  return wrong === 1 ? '\nOne thing is wrong.' : `\n${wrong} things are wrong.`
}

/** The same for programs, in one line. */
export function asJson(diagnoses: readonly Diagnosis[]): string {
  const checks = diagnoses.map(({ check, title, outcome: { kind, ...details }, help }) => ({
    check,
    title,
    outcome: kind,
    ...details,
    ...((kind === 'failed' || kind === 'warned') && { help }),
  }))
  return JSON.stringify({ ok: count(diagnoses, 'failed') === 0, checks })
}
