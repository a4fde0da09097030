import type { Spread } from '../measure/statistics.ts'
import { isMet, missed, type Line, type Report, type Result, type Section, type Side } from './model.ts'

const SIDES: readonly Side[] = ['latchkey', 'pds', 'floor']
const NAMES: Readonly<Record<Side, string>> = { latchkey: 'Latchkey', pds: 'PDS', floor: 'floor' }

/** Stands at figures that others had a part in. */
const MARK = '†'

/** Three digits that count or a whole number, and thousands set apart. */
export function figure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en')
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** The report as a Markdown document. */
export function markdown(report: Report): string {
  const facts = Object.entries(report.facts).map(([name, value]) => `- ${name}: ${value}`)
  const document = [...facts, '', ...report.sections.flatMap(sectionLines), summary(report)]
  return `${document.join('\n').trimEnd()}\n`
}

function sectionLines({ title, columns, lines, notes }: Section): string[] {
  const used = SIDES.filter((side) => lines.some(({ sides }) => sides[side] !== undefined))
  const heads = ['', ...used.map((side) => columns?.[side] ?? NAMES[side]), 'result']
  return [
    `### ${title}`,
    '',
    `| ${heads.join(' | ')} |`,
    `|${heads.map(() => '---').join('|')}|`,
    ...lines.map((line) => lineOf(line, used)),
    '',
    ...[...notes, ...marked(lines)].flatMap((note) => [note, '']),
  ]
}

function lineOf({ what, unit, sides, results, disturbed = 0 }: Line, used: readonly Side[]): string {
  const cells = used.map((side) => spread(sides[side]))
  const mark = disturbed === 0 ? '' : ` ${MARK}${disturbed}`
  return `| ${[`${what}, ${unit}${mark}`, ...cells, results.map(resultOf).join('; ')].join(' | ')} |`
}

/** @returns what the mark means, where there is one */
function marked(lines: readonly Line[]): string[] {
  return lines.some(({ disturbed = 0 }) => disturbed > 0)
    ? [`${MARK} In so many of the rounds that count the machine was not quiet.`]
    : []
}

function spread(value: Spread | undefined): string {
  if (value === undefined) return ''
  const { median, low, high } = value
  if (low === high) return figure(median)
  return `${figure(median)} (${figure(low)}–${figure(high)})`
}

function resultOf(result: Result): string {
  const { of, value, target } = result
  const shown = `${figure(value)} ${of}`
  if (target === undefined) return shown
  const sign = target.kind === 'at least' ? '≥' : '≤'
  const verdict = isMet(result) === true ? 'met' : '**missed**'
  return `${shown} (${sign} ${target.value.toLocaleString('en', { maximumFractionDigits: 3 })}: ${verdict})`
}

function summary(report: Report): string {
  const all = report.sections.flatMap(({ lines }) => lines).flatMap(({ results }) => results)
  const aimed = all.filter(({ target }) => target !== undefined).length
  const short = missed(report).length
  if (aimed === 0) return ''
  return `Targets: ${aimed}, of which missed: ${short}.`
}
