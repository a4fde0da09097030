import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { mountSmallDisk } from './unwritable.ts'
import { expectClosedDoors, expectOpenDoors, startWithPeople } from './unwritable-doors.ts'
import type { ChaosWorld } from './world.ts'

/** Ends Latchkey as a supervisor does, after which no log is left, or by SIGKILL, after which there is one. */
async function end({ latchkeys }: ChaosWorld, how: 'ended' | 'killed'): Promise<void> {
  for (const latchkey of latchkeys) {
    const running = latchkey.child?.process
    if (how === 'ended' && running !== undefined) {
      const exit = once(running, 'exit')
      running.kill('SIGTERM')
      await exit
    }
    await latchkey.kill()
  }
}

for (const how of ['ended', 'killed'] as const)
  for (const begin of ['fill', 'freeze'] as const)
    test(`a start on a disk that is ${begin === 'fill' ? 'full' : 'read-only'} after Latchkey was ${how} keeps both doors closed until it can write`, async ({
      skip,
    }) => {
      using disk = mountSmallDisk()
      skip(disk === undefined, 'a disk can be mounted by root only')
      const { world, people } = await startWithPeople(disk?.folder)
      await using _world = world
      await end(world, how)
      expect(existsSync(`${world.books.latchkey}-wal`)).toBe(how === 'killed')
      {
        using _unwritable = disk?.[begin]()
        await world.latchkeys[0]?.start()
        // A full disk with a log on it takes writes again as soon as there is room, without opening anything.
        const needsOpening = how === 'ended' || begin === 'freeze'
        expect(/the database can only be read/.test(world.latchkeys[0]?.child?.output() ?? '')).toBe(
          needsOpening,
        )
        await expectClosedDoors(world, people)
      }
      // The file is opened anew once a second.
      await eventually(async () => {
        const ready = await fetch(`${world.url}/_latchkey/ready`)
        return ready.status === 200 ? [] : [await ready.text()]
      })
      await expectOpenDoors(world, people)
    })
