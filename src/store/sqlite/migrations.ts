/**
 * What makes the schema, oldest first; a database's version is the number of entries it has run. Append only: an entry
 * that was released is never edited. Times are integer milliseconds since the Unix epoch, UTC. What
 * is called a random UUID begins with its time by now.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE host (
    hostname TEXT NOT NULL PRIMARY KEY, -- public host name of the PDS
    did TEXT NOT NULL,                  -- its service DID, as of the first start
    earning_since INTEGER,              -- when earning was opened; null before
    firehose_cursor INTEGER,            -- last firehose sequence that was worked in; null before the first
    resync_wanted_at INTEGER,           -- since when a listing of its accounts is wanted; null: none is
    resync_missing INTEGER,             -- accounts that a listing lacked and that wait for the operator's word; null: none wait
    resync_accepted INTEGER NOT NULL DEFAULT 0 -- 1: the operator gave the word, and a listing may mark that many gone
      CHECK (resync_accepted IN (0, 1)),
    listed_at INTEGER,                  -- when a listing of its accounts was last worked in; null: never
    swept_until INTEGER,                -- until when, by the PDS's clock, its codes were searched for orphans
    paused_at INTEGER,                  -- since when sign-ups are paused; null: they are not
    pause_excepts_migrations INTEGER NOT NULL DEFAULT 0 -- 1: accounts that bring their DID may still come in
      CHECK (pause_excepts_migrations IN (0, 1)),
    pause_message TEXT                  -- what people at the doors are told; null: Latchkey's own words
  ) STRICT;

  CREATE TABLE policy (
    host TEXT NOT NULL PRIMARY KEY,                -- host name it holds for
    interval INTEGER CHECK (interval > 0),         -- members earn a code in this many ms; null: nobody earns
    epoch INTEGER NOT NULL CHECK (epoch >= 0),     -- only intervals after this instant count
    cap INTEGER NOT NULL CHECK (cap >= 0)          -- most open routine codes of one member
  ) STRICT;

  -- No table refers to this one by a foreign key: 'admin' owns codes too, and codes may belong to DIDs not seen yet.
  CREATE TABLE account (
    did TEXT NOT NULL PRIMARY KEY CHECK (did <> 'admin'), -- the account's DID
    host TEXT NOT NULL,                                   -- host name of its PDS
    handle TEXT,                                          -- its handle; null while unknown
    created_at INTEGER,                                   -- the PDS's indexedAt; null while not fetched
    status TEXT NOT NULL DEFAULT 'active'                 -- standing on its PDS
      CHECK (status IN ('active', 'deactivated', 'takendown', 'suspended', 'deleted')),
    status_seq INTEGER NOT NULL DEFAULT 0,                -- firehose sequence of the status; 0 while the PDS never told
    invites_disabled INTEGER NOT NULL DEFAULT 0           -- 1: earns no codes
      CHECK (invites_disabled IN (0, 1)),
    invite_note TEXT,                                     -- why invites were disabled or enabled; administrators only
    invited_by_code TEXT,                                 -- newest code it signed up with
    arrival TEXT                                          -- how it came; null: before Latchkey, or not known yet
      CHECK (arrival IN ('invited', 'direct')),
    arrived_at INTEGER,                                   -- when the PDS told of it as new; null: it did not
    version INTEGER NOT NULL DEFAULT 1                    -- grows with what getAccountInviteCodes would answer
  ) STRICT;
  CREATE INDEX account_arriving ON account (host, arrived_at) WHERE arrival IS NULL AND arrived_at IS NOT NULL;

  CREATE TABLE invite_code (
    code TEXT NOT NULL PRIMARY KEY,                              -- what the invited person types
    host TEXT NOT NULL,                                          -- host name whose door it opens
    for_account TEXT NOT NULL,                                   -- owner: a DID or 'admin'
    created_by TEXT NOT NULL,                                    -- 'admin' for a gifted code, else the owner
    ordinal INTEGER CHECK (ordinal >= 1),                        -- number among its owner's routine codes; null: gifted
    created_at INTEGER NOT NULL,                                 -- when it was made
    available INTEGER NOT NULL,                                  -- uses it was created with
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),           -- finished sign-ups; rows of invite_use
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),   -- uses held by sign-ups in progress
    disabled_at INTEGER,                                         -- when it was disabled by hand; null: it is not
    disabled_by_batch TEXT,                                      -- batch that disabled it, if one did
    expires_at INTEGER,                                          -- first instant at which it is expired; null: never
    note TEXT,                                                   -- what it was made for
    restricted_to TEXT,                                          -- the only handle or DID it is good for; null: any
    CHECK (used + reserved <= available),
    CHECK ((ordinal IS NULL) = (created_by = 'admin')),
    UNIQUE (for_account, ordinal)
  ) STRICT;
  CREATE INDEX invite_code_recent ON invite_code (host, created_at, code);
  CREATE INDEX invite_code_usage ON invite_code (host, used, code);
  CREATE INDEX invite_code_owner ON invite_code (for_account, created_at, code);

  CREATE TABLE invite_use (
    code TEXT NOT NULL,         -- the code that was used
    used_by TEXT NOT NULL,      -- DID that signed up with it
    used_at INTEGER NOT NULL,   -- when the sign-up finished
    reservation_id TEXT UNIQUE, -- reservation that became this use; null for an imported one
    PRIMARY KEY (code, used_by, used_at)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE reservation (
    id TEXT NOT NULL PRIMARY KEY,   -- random UUID
    code TEXT NOT NULL,             -- code of which it holds one use
    host TEXT NOT NULL,             -- host name that is signed up to
    door TEXT NOT NULL,             -- which way in was taken
    handle TEXT,                    -- handle asked for, if one was
    upstream_code TEXT,             -- one-use code minted on the PDS; null before
    minted_at INTEGER,              -- when that was, by the PDS's clock
    state TEXT NOT NULL             -- where the sign-up stands
      CHECK (state IN ('reserved', 'forwarded', 'settling', 'committed', 'released')),
    holder TEXT NOT NULL,           -- process that works on it
    lease_until INTEGER NOT NULL,   -- until when it is the holder's alone
    next_try_at INTEGER NOT NULL,   -- not to be settled before
    taken_over INTEGER NOT NULL DEFAULT 0 -- 1: who began it lost it, so that it can't be sent on any more
      CHECK (taken_over IN (0, 1)),
    started_at INTEGER NOT NULL,    -- when the use was taken
    settled_at INTEGER,             -- when it was committed or released
    did TEXT,                       -- who signed up; null unless committed
    look_again_at INTEGER           -- when a committed one is looked at once more; null: not, or done
  ) STRICT;
  CREATE INDEX reservation_unsettled ON reservation (next_try_at)
    WHERE state IN ('reserved', 'forwarded', 'settling');
  CREATE UNIQUE INDEX reservation_same ON reservation (code, handle COLLATE NOCASE)
    WHERE state IN ('reserved', 'forwarded', 'settling');
  CREATE INDEX reservation_look_again ON reservation (look_again_at) WHERE look_again_at IS NOT NULL;

  CREATE TABLE audit_event (
    id TEXT NOT NULL PRIMARY KEY, -- random UUID
    at INTEGER NOT NULL,          -- when it happened
    actor TEXT NOT NULL,          -- DID, 'admin', or the part of Latchkey that acted
    action TEXT NOT NULL,         -- what was done
    subject TEXT NOT NULL,        -- the code, account, batch or host it was done to
    detail TEXT NOT NULL          -- what else is worth knowing, as a JSON object
  ) STRICT;
  CREATE INDEX audit_event_recent ON audit_event (at, id);

  CREATE TABLE batch (
    id TEXT NOT NULL PRIMARY KEY, -- random UUID
    host TEXT NOT NULL,           -- host name it was done on
    at INTEGER NOT NULL,          -- when it was done
    actor TEXT NOT NULL,          -- DID or 'admin'
    action TEXT NOT NULL,         -- what was done to every code or account in it
    note TEXT,                    -- why
    undone_at INTEGER,            -- when it was undone; null: it holds
    undone_by TEXT                -- DID or 'admin' that undid it
  ) STRICT;
  `,
  `
  ALTER TABLE host ADD COLUMN installation TEXT NOT NULL DEFAULT ''; -- random; tells this database from others for the same host
  UPDATE host SET installation = lower(hex(randomblob(16)));
  ALTER TABLE host ADD COLUMN ejected_at INTEGER; -- when its codes were given back to the PDS; null: they were not, or it was withdrawn
  ALTER TABLE account ADD COLUMN imported_at INTEGER; -- when it was copied from the PDS; null: it was not
  ALTER TABLE account ADD COLUMN upstream_invites_disabled INTEGER -- 1: the PDS had its invites disabled at the last look; null: none yet
    CHECK (upstream_invites_disabled IN (0, 1));
  ALTER TABLE invite_code ADD COLUMN imported_at INTEGER; -- when it was copied from the PDS; null: it was made here
  ALTER TABLE invite_code ADD COLUMN upstream_disabled INTEGER -- 1: the PDS had it disabled before its take-over; null: made here
    CHECK (upstream_disabled IN (0, 1));
  ALTER TABLE invite_code ADD COLUMN upstream TEXT -- who redeems it: the PDS, nobody for a moment, Latchkey; null: made here
    CHECK (upstream IN ('theirs', 'closing', 'ours'));
  CREATE INDEX invite_code_upstream ON invite_code (host, upstream) WHERE upstream IN ('theirs', 'closing');
  CREATE INDEX invite_use_who ON invite_use (used_by, used_at);

  ALTER TABLE reservation ADD COLUMN used_upstream INTEGER NOT NULL DEFAULT 0 -- 1: released, and the PDS keeps a use of its code
    CHECK (used_upstream IN (0, 1));
  CREATE INDEX reservation_forgettable ON reservation (settled_at) WHERE state = 'released' AND used_upstream = 0;
  `,
  // What the pages need: giving.
  `
  ALTER TABLE invite_code ADD COLUMN label TEXT; -- what its owner calls it; nobody else sees it
  ALTER TABLE invite_code ADD COLUMN switched_off_at INTEGER; -- when its owner switched it off; holds while it is disabled_at
  ALTER TABLE invite_code ADD COLUMN first_made_at INTEGER; -- when the first code was made in whose place it came; null: in none's
  `,
  // Operators' batches and searches.
  `
  ALTER TABLE batch ADD COLUMN codes INTEGER NOT NULL DEFAULT 0;         -- codes that it changed or made so far
  ALTER TABLE batch ADD COLUMN accounts INTEGER NOT NULL DEFAULT 0;      -- accounts that it changed so far, or whose codes it did
  ALTER TABLE batch ADD COLUMN finished INTEGER NOT NULL DEFAULT 0       -- 1: all is done; 0: it goes on, or its process died
    CHECK (finished IN (0, 1));
  ALTER TABLE batch ADD COLUMN undo_began_at INTEGER;                    -- when somebody began to undo it: it does nothing more
  ALTER TABLE batch ADD COLUMN restored INTEGER NOT NULL DEFAULT 0;      -- rows that the undoing made as before
  ALTER TABLE batch ADD COLUMN changed_since INTEGER NOT NULL DEFAULT 0; -- rows that the undoing left, since others changed them
  CREATE INDEX batch_recent ON batch (host, at, id);

  -- A row of invite_code that a batch changed or made, and how it was before.
  CREATE TABLE batch_code (
    batch TEXT NOT NULL,                     -- the batch
    code TEXT NOT NULL,                      -- the code
    made INTEGER NOT NULL                    -- 1: the batch made it; 0: it enabled or disabled it
      CHECK (made IN (0, 1)),
    disabled_at INTEGER,                     -- what stood in invite_code before; null for one that it made
    disabled_by_batch TEXT,                  -- likewise
    enabled_by_batch TEXT,                   -- likewise
    undone TEXT                              -- what the undoing did to it; null: nothing yet
      CHECK (undone IN ('restored', 'changed since')),
    PRIMARY KEY (batch, code)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX batch_code_left ON batch_code (batch, made, code) WHERE undone IS NULL;

  -- A row of account whose invites a batch enabled or disabled, and how it was before.
  CREATE TABLE batch_account (
    batch TEXT NOT NULL,           -- the batch
    did TEXT NOT NULL,             -- the account
    invites_disabled INTEGER       -- what stood in account before; null: there was no such row
      CHECK (invites_disabled IN (0, 1)),
    invite_note TEXT,              -- likewise; erased when the account is deleted
    invites_set_by_batch TEXT,     -- likewise
    undone TEXT                    -- what the undoing did to it; null: nothing yet
      CHECK (undone IN ('restored', 'changed since')),
    PRIMARY KEY (batch, did)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX batch_account_who ON batch_account (did);

  ALTER TABLE invite_code ADD COLUMN enabled_by_batch TEXT;  -- batch that enabled it last, if one did; of no meaning while it is disabled
  ALTER TABLE account ADD COLUMN invites_set_by_batch TEXT;  -- batch that enabled or disabled its invites last, if one did
  CREATE INDEX account_handle ON account (host, handle) WHERE handle IS NOT NULL;
  CREATE INDEX account_giveable ON account (host, did) WHERE status = 'active' AND invites_disabled = 0
    AND (status_seq > 0 OR created_at IS NOT NULL OR invited_by_code IS NOT NULL);

  ALTER TABLE invite_code ADD COLUMN gifted INTEGER NOT NULL -- 1: gifted; 0: earned
    GENERATED ALWAYS AS (ordinal IS NULL) VIRTUAL;
  ALTER TABLE invite_code ADD COLUMN standing TEXT NOT NULL  -- what of its state the time does not decide; lasting and expiring ones can be open
    GENERATED ALWAYS AS (CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN used >= available THEN 'usedUp'
                              WHEN expires_at IS NULL THEN 'lasting' ELSE 'expiring' END) VIRTUAL;
  CREATE INDEX invite_code_shelf_recent ON invite_code (host, standing, gifted, created_at, code, expires_at);
  CREATE INDEX invite_code_shelf_usage ON invite_code (host, standing, gifted, used, code, expires_at);
  CREATE INDEX invite_code_expiry ON invite_code (host, expires_at, standing, gifted, created_at, used, code)
    WHERE expires_at IS NOT NULL;
  CREATE INDEX invite_code_note_recent ON invite_code (host, note, created_at, code, standing, gifted, expires_at)
    WHERE note IS NOT NULL;
  CREATE INDEX invite_code_note_usage ON invite_code (host, note, used, code, standing, gifted, expires_at)
    WHERE note IS NOT NULL;
  CREATE INDEX invite_use_newest ON invite_use (code, used_at);

  -- The notes of codes, each once: a batch writes the same one to thousands. The triggers serve every writer of codes.
  CREATE TABLE code_note (
    id INTEGER PRIMARY KEY,   -- by it the index of words finds the note
    note TEXT NOT NULL UNIQUE -- a note that stands, or stood, at a code
  ) STRICT;
  CREATE VIRTUAL TABLE code_note_words USING fts5 (note, content = 'code_note', content_rowid = 'id', prefix = '2 3 4');
  CREATE TRIGGER code_note_indexed AFTER INSERT ON code_note BEGIN
    INSERT INTO code_note_words (rowid, note) VALUES (NEW.id, NEW.note);
  END;
  CREATE TRIGGER invite_code_noted AFTER INSERT ON invite_code WHEN NEW.note IS NOT NULL BEGIN
    INSERT INTO code_note (note) VALUES (NEW.note) ON CONFLICT (note) DO NOTHING;
  END;
  CREATE TRIGGER invite_code_noted_again AFTER UPDATE OF note ON invite_code WHEN NEW.note IS NOT NULL BEGIN
    INSERT INTO code_note (note) VALUES (NEW.note) ON CONFLICT (note) DO NOTHING;
  END;
  INSERT INTO code_note (note) SELECT DISTINCT note FROM invite_code WHERE note IS NOT NULL;
  CREATE INDEX audit_event_actor ON audit_event (actor, at, id);
  CREATE INDEX audit_event_action ON audit_event (action, at, id);
  CREATE INDEX audit_event_both ON audit_event (actor, action, at, id);
  `,
  // The tree and figures.
  `
  ALTER TABLE account ADD COLUMN inviter TEXT; -- account above it in the tree: who owns its code; null: a root. Kept by triggers
  ALTER TABLE account ADD COLUMN joined_at INTEGER NOT NULL DEFAULT 0; -- when it came, as far as is known; 0: not known. Kept by triggers

  -- Derived where the fact is written, so that no writer can forget it.
  CREATE TRIGGER account_inviter_new AFTER INSERT ON account WHEN NEW.invited_by_code IS NOT NULL BEGIN
    UPDATE account SET inviter =
      (SELECT for_account FROM invite_code WHERE code = NEW.invited_by_code AND for_account NOT IN ('admin', NEW.did))
    WHERE did = NEW.did;
  END;
  CREATE TRIGGER account_inviter AFTER UPDATE OF invited_by_code ON account BEGIN
    UPDATE account SET inviter =
      (SELECT for_account FROM invite_code WHERE code = NEW.invited_by_code AND for_account NOT IN ('admin', NEW.did))
    WHERE did = NEW.did;
  END;
  CREATE TRIGGER account_inviter_known AFTER INSERT ON invite_code WHEN NEW.for_account <> 'admin' BEGIN
    UPDATE account SET inviter = NEW.for_account WHERE invited_by_code = NEW.code AND did <> NEW.for_account;
  END;
  CREATE TRIGGER account_joined_new AFTER INSERT ON account BEGIN
    UPDATE account SET joined_at = coalesce(
      NEW.created_at,
      (SELECT max(used_at) FROM invite_use WHERE code = NEW.invited_by_code AND used_by = NEW.did),
      NEW.arrived_at,
      0)
    WHERE did = NEW.did;
  END;
  CREATE TRIGGER account_joined AFTER UPDATE OF created_at, arrived_at, invited_by_code ON account BEGIN
    UPDATE account SET joined_at = coalesce(
      NEW.created_at,
      (SELECT max(used_at) FROM invite_use WHERE code = NEW.invited_by_code AND used_by = NEW.did),
      NEW.arrived_at,
      0)
    WHERE did = NEW.did;
  END;
  UPDATE account SET invited_by_code = invited_by_code;

  CREATE INDEX account_branch ON account (host, inviter, joined_at, did, status);
  CREATE INDEX account_recent ON account (host, joined_at, did);
  CREATE INDEX account_invited_by ON account (invited_by_code) WHERE invited_by_code IS NOT NULL;
  CREATE INDEX reservation_ended ON reservation (host, settled_at, state) WHERE settled_at IS NOT NULL;
  `,
  // Signing in to the pages.
  `
  CREATE TABLE web_session (
    hash TEXT NOT NULL PRIMARY KEY, -- SHA-256 of what the browser holds
    actor TEXT NOT NULL,            -- DID that signed in, or 'admin' for who knew the password
    opened_at INTEGER NOT NULL,     -- when that was
    ends_at INTEGER NOT NULL,       -- first instant at which it is over, whatever happens
    idle_at INTEGER NOT NULL        -- first instant at which it is over unless it is used before
  ) STRICT;
  CREATE INDEX web_session_actor ON web_session (actor, opened_at);

  CREATE TABLE web_sign_in (
    key TEXT NOT NULL PRIMARY KEY, -- random; goes through the PDS and comes back
    browser TEXT NOT NULL,         -- SHA-256 of what the browser holds that began it
    value TEXT NOT NULL,           -- what it takes to finish it, a JSON object with a secret of this sign-in
    ends_at INTEGER NOT NULL       -- first instant at which it can't be finished any more
  ) STRICT;
  CREATE INDEX web_sign_in_end ON web_sign_in (ends_at);

  CREATE TABLE web_key (
    id TEXT NOT NULL PRIMARY KEY, -- random; names the key in what it signs
    host TEXT NOT NULL,           -- host name whose pages it signs people in to
    jwk TEXT NOT NULL,            -- the private key, as a JSON Web Key
    made_at INTEGER NOT NULL      -- when it was made
  ) STRICT;
  CREATE INDEX web_key_host ON web_key (host);

  CREATE TABLE web_secret (
    host TEXT NOT NULL PRIMARY KEY, -- host name whose pages it is of
    secret TEXT NOT NULL            -- random; signs what browsers keep
  ) STRICT;
  `,
  // Finding codes by their random letters, and the operator's own.
  `
  CREATE INDEX invite_code_ending ON invite_code (substr(code, -11));
  CREATE INDEX invite_code_last_group ON invite_code (substr(code, -5));
  CREATE INDEX invite_code_own_recent ON invite_code (host, standing, created_at, code, expires_at)
    WHERE for_account = 'admin';
  CREATE INDEX invite_code_own_usage ON invite_code (host, standing, used, code, expires_at)
    WHERE for_account = 'admin';
  `,
  // Whoever makes codes says so itself: with triggers SQLite writes down every page that an insertion changes.
  `
  DROP TRIGGER invite_code_noted;
  DROP TRIGGER account_inviter_known;
  `,
  // Fewer entries of indexes for each code: the operator's own codes are a shelf, and hardly a code's letters have to be told.
  `
  DROP INDEX invite_code_own_recent;
  DROP INDEX invite_code_own_usage;
  DROP INDEX invite_code_shelf_recent;
  DROP INDEX invite_code_shelf_usage;
  DROP INDEX invite_code_ending;
  ALTER TABLE invite_code ADD COLUMN kind INTEGER NOT NULL -- 0: earned; 1: gifted to a member; 2: the operator's own
    GENERATED ALWAYS AS (CASE WHEN ordinal IS NOT NULL THEN 0 WHEN for_account <> 'admin' THEN 1 ELSE 2 END) VIRTUAL;
  CREATE INDEX invite_code_shelf_recent ON invite_code (host, standing, kind, created_at, code, expires_at);
  CREATE INDEX invite_code_shelf_usage ON invite_code (host, standing, kind, used, code, expires_at);
  -- Of codes that begin with their host, as nearly all do, the letters are found by the codes themselves.
  CREATE INDEX invite_code_ending ON invite_code (substr(code, -11))
    WHERE substr(code, 1, length(code) - 11) <> replace(host, '.', '-') || '-';
  `,
  // What is derived of a new account is written at once: each writing moves its entries in the indexes.
  `
  DROP TRIGGER account_inviter_new;
  DROP TRIGGER account_joined_new;
  CREATE TRIGGER account_new AFTER INSERT ON account
  WHEN NEW.invited_by_code IS NOT NULL OR NEW.created_at IS NOT NULL OR NEW.arrived_at IS NOT NULL BEGIN
    UPDATE account SET
      inviter = iif(NEW.invited_by_code IS NULL, NEW.inviter,
        (SELECT for_account FROM invite_code WHERE code = NEW.invited_by_code AND for_account NOT IN ('admin', NEW.did))),
      joined_at = coalesce(
        NEW.created_at,
        (SELECT max(used_at) FROM invite_use WHERE code = NEW.invited_by_code AND used_by = NEW.did),
        NEW.arrived_at,
        0)
    WHERE did = NEW.did;
  END;
  `,
  // Codes of equal use stand by their age: new ones go in beside each other, not each at a page of its own that is written. Nor
  // has each a place at random by its last letters.
  `
  DROP INDEX invite_code_last_group;
  DROP INDEX invite_code_usage;
  DROP INDEX invite_code_shelf_usage;
  DROP INDEX invite_code_note_usage;
  CREATE INDEX invite_code_usage ON invite_code (host, used, created_at, code);
  CREATE INDEX invite_code_shelf_usage ON invite_code (host, standing, kind, used, created_at, code, expires_at);
  CREATE INDEX invite_code_note_usage ON invite_code (host, note, used, created_at, code, standing, gifted, expires_at)
    WHERE note IS NOT NULL;
  `,
]
