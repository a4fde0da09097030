import { Command } from 'commander'
import { patientOf } from '../../app.ts'
import type { Config } from '../../config.ts'
import type { Diagnosis } from '../../doctor/checks.ts'
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
  const wrong = diagnoses.filter(({ outcome }) => outcome.kind === 'failed').length
  const lines = json ? [asJson(diagnoses)] : [...diagnoses.flatMap(asLines), conclusion(wrong)]
  process.stdout.write(`${lines.join('\n')}\n`)
  if (wrong > 0) process.exitCode = 1
}

function asLines({ title, outcome, help }: Diagnosis): string[] {
  if (outcome.kind === 'passed') return [`✓ ${title}`]
  if (outcome.kind === 'skipped') return [`– ${title}: skipped, ${outcome.reason}`]
  return [`✗ ${title}`, `    tried  ${outcome.tried}`, `    saw    ${outcome.saw}`, `    help   ${help}`]
}

function conclusion(wrong: number): string {
  if (wrong === 0) return '\nNothing is wrong.'
  return wrong === 1 ? '\nOne thing is wrong.' : `\n${wrong} things are wrong.`
}

function asJson(diagnoses: readonly Diagnosis[]): string {
  const checks = diagnoses.map(({ check, title, outcome: { kind, ...details }, help }) => ({
    check,
    title,
    outcome: kind,
    ...details,
    ...(kind === 'failed' && { help }),
  }))
  return JSON.stringify({ ok: diagnoses.every(({ outcome }) => outcome.kind !== 'failed'), checks })
}
