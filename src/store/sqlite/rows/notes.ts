import type { DatabaseSync } from 'node:sqlite'

/**
 * Prepares what lets the note of a new code be found. A trigger would make SQLite write down every page that an insertion
 * changes, whether there is a note or not: half of what making codes cost.
 */
export function noteKeeper(db: DatabaseSync): (note: string | null) => void {
  const keep = db.prepare('INSERT INTO code_note (note) VALUES (?) ON CONFLICT (note) DO NOTHING')
  return (note) => {
    if (note !== null) keep.run(note)
  }
}
