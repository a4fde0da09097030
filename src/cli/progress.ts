import { progress as progressBar, settings } from '@clack/prompts'
import type { Progress, ProgressStep } from '../transfer/progress.ts'

const CTRL_C = '\u0003'

/**
 * Shows how far work is, on standard error: a bar for each step on a terminal, elsewhere a line at the end of each.
 * Disposing of it gives the terminal back.
 */
export function showProgress(): Progress & Disposable {
  const { stdin, stderr } = process
  if (!stderr.isTTY || !stdin.isTTY) return { begin: (what) => line(what), [Symbol.dispose]: () => undefined }
  // The bar takes the terminal's keys, and would end the process at Ctrl-C in the middle of anything.
  settings.aliases.delete(CTRL_C)
  const onKey = (keys: Buffer) => {
    if (keys.includes(CTRL_C)) process.kill(process.pid, 'SIGINT')
  }
  stdin.on('data', onKey)
  return {
    begin: bar,
    [Symbol.dispose]: () => {
      stdin.off('data', onKey)
      stdin.pause()
    },
  }
}

function line(what: string): ProgressStep {
  let done = 0
  return {
    advance: (count) => {
      done += count
    },
    [Symbol.dispose]: () => void process.stderr.write(`${what}: ${done}\n`),
  }
}

function bar(what: string, total?: number): ProgressStep {
  let done = 0
  // Where the total is not known, the number beside the bar is what moves.
  const shown = progressBar({ max: Math.max(total ?? 1, 1), output: process.stderr, indicator: 'timer' })
  shown.start(what)
  return {
    advance: (count) => {
      done += count
      shown.advance(
        total === undefined ? 0 : count,
        `${what}: ${done}${total === undefined ? '' : ` of ${total}`}`,
      )
    },
    [Symbol.dispose]: () => shown.stop(`${what}: ${done}`),
  }
}
