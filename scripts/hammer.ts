/**
 * Reads and changes members' codes at two processes of Latchkey's at once, and holds every answer against what was
 * committed: see test/hammer.
 *
 *     npm run hammer -- --seed 7 --seconds 60
 */
import { parseArgs } from 'node:util'
import { hammer } from '../test/hammer/hammer.ts'
import { Violation } from '../test/hammer/violation.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    seconds: { type: 'string', default: '60' },
    members: { type: 'string', default: '12' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`npm run hammer -- [--seed NUMBER] [--seconds NUMBER] [--members NUMBER]

Two processes of Latchkey's on one database, in front of a real PDS, are read and written by everybody at once. Every
answer of getAccountInviteCodes is held against what was committed. The seed repeats what everybody does, not the
order in which it comes to pass. A wrong answer is told with all that is known of it, and the exit code is 1.

  --seed     a whole number; a random one where left out
  --seconds  how long; 60 where left out
  --members  how many members ask; 12 where left out`)
} else {
  const seed = Number(values.seed)
  console.log(`--seed ${seed} --seconds ${values.seconds} --members ${values.members}`)
  try {
    const tally = await hammer({
      seed,
      duration: Number(values.seconds) * 1000,
      members: Number(values.members),
    })
    console.table(Object.fromEntries([...tally].toSorted(([one], [other]) => (one < other ? -1 : 1))))
  } catch (error) {
    console.error(`seed ${seed}`)
    if (!(error instanceof Violation)) throw error
    console.error(error.message.slice(0, error.message.indexOf('{')))
    console.error(JSON.stringify(error.details, null, 2))
    process.exitCode = 1
  }
}
