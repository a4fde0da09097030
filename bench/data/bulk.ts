import { DatabaseSync } from 'node:sqlite'

/**
 * Fills a database that nobody else has open, in one transaction and without looking whether the disk has it. Indexes are made
 * at the end: for a million rows that is several times as fast as keeping them up to date.
 */
export function fill(path: string, insert: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA temp_store = MEMORY; BEGIN')
    // Those without SQL belong to primary keys and unique columns.
    const indexes = db
      .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
      .all()
    for (const { name } of indexes) db.exec(`DROP INDEX "${String(name)}"`)
    insert(db)
    for (const { sql } of indexes) db.exec(String(sql))
    db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    db.close()
  }
}
