import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parseOptions, UsageError } from '../../bench/options.ts'

const ROWS = [
  { name: 'own-codes', title: 'Own codes' },
  { name: 'start', title: 'Start', runs: 'whole' },
  { name: 'soak', title: 'Soak', runs: 'asked' },
] as const

function rowsOf(...args: string[]) {
  return parseOptions(args, ROWS).rows
}

describe('the options of the benchmark', () => {
  test('measure all rows but the long one, and that one when it is asked for', () => {
    expect(rowsOf()).toEqual(['own-codes', 'start'])
    expect(rowsOf('--soak')).toEqual(['own-codes', 'start', 'soak'])
    expect(rowsOf('--all')).toEqual(['own-codes', 'start', 'soak'])
    expect(rowsOf('--only', 'start')).toEqual(['start'])
    expect(rowsOf('--only', 'soak', '--only', 'start')).toEqual(['start', 'soak'])
  })

  test('measure what is in whole runs only in quick ones as well when it is asked for', () => {
    expect(rowsOf('--quick')).toEqual(['own-codes'])
    expect(rowsOf('--quick', '--soak')).toEqual(['own-codes', 'soak'])
    expect(rowsOf('--quick', '--only', 'start')).toEqual(['start'])
    expect(rowsOf('--quick', '--all')).toEqual(['own-codes', 'start', 'soak'])
  })

  test('that can’t be understood are refused with a sentence', () => {
    expect(() => rowsOf('--only', 'stop')).toThrow(
      new UsageError('There is no row "stop": own-codes, start, soak'),
    )
    expect(() => rowsOf('--fast')).toThrow(UsageError)
    expect(() => rowsOf('--profile', '--soak')).toThrow(UsageError)
  })

  test('are told by the command, without measuring anything', () => {
    const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url))
    const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
    const help = run('--help')
    expect(help).toMatchObject({ status: 0, stderr: '' })
    expect(help.stdout).toMatch(/--quick .*\n[^]*own-codes {2}/)
    const wrong = run('--only', 'nothing')
    expect(wrong).toMatchObject({ status: 2, stdout: '' })
    expect(wrong.stderr).toMatch(/^There is no row "nothing": own-codes, .*\nTry again with --help\.\n$/)
  })
})
