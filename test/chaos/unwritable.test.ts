import { test } from 'vitest'
import { mountSmallDisk, UNWRITABLE } from './unwritable.ts'
import { expectClosedDoors, expectOpenDoors, startWithPeople } from './unwritable-doors.ts'

for (const { name, possible, begin } of UNWRITABLE)
  test
    .skipIf(!possible)
    .concurrent(`when ${name}, both doors are closed before anything is minted`, async () => {
      const { world, people } = await startWithPeople()
      await using _world = world
      {
        using _unwritable = begin(world)
        await expectClosedDoors(world, people)
      }
      await expectOpenDoors(world, people)
    })

test.concurrent('when the disk is full, both doors are closed before anything is minted', async ({
  skip,
}) => {
  using disk = mountSmallDisk()
  skip(disk === undefined, 'a disk can be mounted by root only')
  const { world, people } = await startWithPeople(disk?.folder)
  await using _world = world
  {
    using _full = disk?.fill()
    await expectClosedDoors(world, people)
  }
  await expectOpenDoors(world, people)
})
