import { upstreamOwner } from '../../pds/upstream-owner.ts'

/** A value of the script. */
export type SqlValue = string | number

/** How many rows the script brings, so that it can tell when some are missing. */
export interface RowCounts {
  readonly codes: number
  readonly uses: number
  readonly accounts: number
}

/** The tables that the script fills before it touches the PDS's; temporary ones, which are gone with the connection. */
export const STAGED = { codes: 'latchkey_code', uses: 'latchkey_use', accounts: 'latchkey_account' } as const

/** Printable ASCII stands for itself; all else is spelled as bytes, so that no shell can take it for something else. */
const PLAIN = /^[\u0020-\u007e]*$/

/** Spells a value as SQL. */
function sqlOf(value: SqlValue): string {
  if (typeof value === 'number') return String(value)
  if (PLAIN.test(value)) return `'${value.replaceAll("'", "''")}'`
  return `CAST(x'${Buffer.from(value).toString('hex')}' AS TEXT)`
}

/** One statement that stages rows; nothing where there are none. */
export function staging(table: string, rows: readonly (readonly SqlValue[])[]): string {
  if (rows.length === 0) return ''
  return `INSERT INTO ${table} VALUES\n${rows.map((row) => `(${row.map(sqlOf).join(', ')})`).join(',\n')};\n`
}

/**
 * How the script begins. It keeps to SQL, without commands of any shell: whatever runs it, a failure leaves the PDS's
 * tables as they are, because the one statement that changes them comes last and does nothing, or all.
 *
 * @param title what it is, in a line
 */
export function scriptHead(title: string): string {
  return `-- ${title.replaceAll(/[\r\n]/g, ' ')}
-- For the account.sqlite of the stopped PDS: everything is done, or nothing. It is to be applied once: later on it would
-- open again what was disabled at the PDS since.

DROP TABLE IF EXISTS temp.latchkey_check;
DROP TABLE IF EXISTS temp.latchkey_code;
DROP TABLE IF EXISTS temp.latchkey_use;
DROP TABLE IF EXISTS temp.latchkey_account;
DROP TABLE IF EXISTS temp.latchkey_minted;
DROP TABLE IF EXISTS temp.latchkey_end;

CREATE TEMP TABLE latchkey_check (tables INTEGER);
CREATE TEMP TRIGGER latchkey_check_tables BEFORE INSERT ON latchkey_check WHEN NEW.tables < 4 BEGIN
  SELECT RAISE(ABORT, 'This is not the account.sqlite of a PDS: nothing was changed.');
END;
INSERT INTO latchkey_check SELECT count(*) FROM main.sqlite_master
  WHERE type = 'table' AND name IN ('account', 'actor', 'invite_code', 'invite_code_use');

CREATE TEMP TABLE latchkey_code (
  code TEXT PRIMARY KEY, availableUses INTEGER, disabled INTEGER, forAccount TEXT, createdBy TEXT, createdAt TEXT,
  isTheirs INTEGER -- 1: the PDS still redeems it, and knows best
);
CREATE TEMP TABLE latchkey_use (code TEXT, usedBy TEXT, usedAt TEXT);
CREATE TEMP TABLE latchkey_account (did TEXT PRIMARY KEY, invitesDisabled INTEGER);
CREATE TEMP TABLE latchkey_minted (minted TEXT PRIMARY KEY, code TEXT); -- codes of sign-ups, and those they stood for
CREATE TEMP TABLE latchkey_end (codes INTEGER, uses INTEGER, accounts INTEGER);

`
}

/** How the script ends: with the one statement that does it. @param hostname whose sign-ups' codes are removed */
export function scriptTail(hostname: string, { codes, uses, accounts }: RowCounts): string {
  const { from, to } = ownersOfSignUps(hostname)
  const afterPrefix = `substr(forAccount, ${from.length + 1})`
  return `
CREATE TEMP TRIGGER latchkey_apply BEFORE INSERT ON latchkey_end BEGIN
  SELECT RAISE(ABORT, 'A part of this script is missing or failed: nothing was changed.')
    WHERE NEW.codes <> (SELECT count(*) FROM latchkey_code)
      OR NEW.uses <> (SELECT count(*) FROM latchkey_use)
      OR NEW.accounts <> (SELECT count(*) FROM latchkey_account);
  SELECT RAISE(ABORT, 'This PDS has none of the accounts that Latchkey knows, so it is another one: nothing was changed.')
    WHERE NEW.accounts > 0
      AND NOT EXISTS (SELECT 1 FROM latchkey_account AS known JOIN actor ON actor.did = known.did);

  INSERT INTO invite_code (code, availableUses, disabled, forAccount, createdBy, createdAt)
    SELECT code, availableUses, disabled, forAccount, createdBy, createdAt FROM latchkey_code WHERE isTheirs = 0
    ON CONFLICT (code) DO UPDATE SET availableUses = excluded.availableUses, disabled = excluded.disabled;
  INSERT INTO invite_code (code, availableUses, disabled, forAccount, createdBy, createdAt)
    SELECT code, availableUses, disabled, forAccount, createdBy, createdAt FROM latchkey_code WHERE isTheirs = 1
    ON CONFLICT (code) DO UPDATE SET disabled = max(coalesce(disabled, 0), excluded.disabled);
  INSERT INTO invite_code_use (code, usedBy, usedAt)
    SELECT code, usedBy, usedAt FROM latchkey_use WHERE true
    ON CONFLICT (code, usedBy) DO NOTHING;

  -- Codes of sign-ups name the code that was really used. What Latchkey had not heard of yet is told by them.
  INSERT INTO latchkey_minted
    SELECT code, substr(${afterPrefix}, instr(${afterPrefix}, ':') + 1) FROM invite_code
    WHERE forAccount >= ${sqlOf(from)} AND forAccount < ${sqlOf(to)};
  DELETE FROM latchkey_minted
    WHERE code NOT IN (SELECT code FROM invite_code) AND minted IN (SELECT code FROM invite_code_use);
  INSERT INTO invite_code_use (code, usedBy, usedAt)
    SELECT named.code, used.usedBy, used.usedAt
    FROM latchkey_minted AS named JOIN invite_code_use AS used ON used.code = named.minted
    WHERE named.code IN (SELECT code FROM invite_code) AND used.usedBy IN (SELECT did FROM actor)
    ON CONFLICT (code, usedBy) DO NOTHING;
  DELETE FROM invite_code_use WHERE code IN (SELECT minted FROM latchkey_minted);
  DELETE FROM invite_code WHERE code IN (SELECT minted FROM latchkey_minted);

  UPDATE account
    SET invitesDisabled = (SELECT known.invitesDisabled FROM latchkey_account AS known WHERE known.did = account.did)
    WHERE did IN (SELECT did FROM latchkey_account);
END;
INSERT INTO latchkey_end VALUES (${codes}, ${uses}, ${accounts});
SELECT 'Given back: ' || codes || ' invite codes with ' || uses || ' uses.' FROM latchkey_end;
`
}

/** The owners of the codes of sign-ups lie between these two. */
function ownersOfSignUps(hostname: string): { readonly from: string; readonly to: string } {
  const prefix = upstreamOwner(hostname, '', '').slice(0, -':'.length)
  return { from: prefix, to: `${prefix.slice(0, -':'.length)};` }
}
