import { useState } from 'preact/hooks'
import { LogBatches } from './batches.tsx'
import { LogEvents } from './events.tsx'

/** What operators did: what of it can be undone, and all of it. */
export function LogView() {
  const [undone, setUndone] = useState(0)
  return (
    <>
      <LogBatches onUndone={() => setUndone(undone + 1)} />
      <LogEvents undone={undone} />
    </>
  )
}
