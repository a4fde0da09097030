import { Secp256k1Keypair } from '@atproto/crypto'
import { Client, type CompatibleOp, createOp, createUpdateOp } from '@did-plc/lib'
import { Database } from '@did-plc/server'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepOperations } from '../../src/dev/plc-log.ts'
import { startPlc } from '../../src/dev/plc.ts'

interface AuditEntry {
  readonly operation: CompatibleOp
  readonly nullified: boolean
  readonly createdAt: string
}

let folder = ''
let dataFile = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  dataFile = join(folder, 'plc.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

const start = () => startPlc({ port: 0, dataFile })

async function genesis(handle: string) {
  const owner = await Secp256k1Keypair.create()
  const host = await Secp256k1Keypair.create()
  const rotationKeys = [owner.did(), host.did()]
  const pds = 'http://localhost:2583'
  return {
    owner,
    host,
    ...(await createOp({ signingKey: host.did(), handle, pds, rotationKeys, signer: host })),
  }
}

function renamed(last: CompatibleOp, signer: Secp256k1Keypair, handle: string) {
  return createUpdateOp(last, signer, (data) => ({ ...data, alsoKnownAs: [`at://${handle}`] }))
}

async function auditLog(url: string, did: string): Promise<AuditEntry[]> {
  const response = await fetch(`${url}/${did}/log/audit`)
  expect(response.status).toBe(200)
  return (await response.json()) as AuditEntry[]
}

async function keptLines(): Promise<string[]> {
  return (await readFile(dataFile, 'utf8')).split('\n').slice(0, -1)
}

test('accepted operations are in the file when the directory answers, refused ones never', async () => {
  await using plc = await start()
  const client = new Client(plc.url)
  const { did, op, host } = await genesis('alice.test')
  await client.sendOperation(did, op)
  expect(await keptLines()).toHaveLength(1)

  const stranger = await Secp256k1Keypair.create()
  await expect(client.sendOperation(did, await renamed(op, stranger, 'mallory.test'))).rejects.toThrow(
    'status code 400',
  )
  expect(await keptLines()).toHaveLength(1)

  await client.sendOperation(did, await renamed(op, host, 'alicia.test'))
  expect(await keptLines()).toHaveLength(2)
})

test('a second start answers with the same documents and the same audit log', async () => {
  const { did, op, host } = await genesis('alice.test')
  let document: unknown
  let log: unknown
  {
    await using plc = await start()
    const client = new Client(plc.url)
    await client.sendOperation(did, op)
    await client.sendOperation(did, await renamed(op, host, 'alicia.test'))
    document = await client.getDocument(did)
    log = await auditLog(plc.url, did)
  }
  await using plc = await start()
  expect(await new Client(plc.url).getDocument(did)).toEqual(document)
  expect(await auditLog(plc.url, did)).toEqual(log)
})

test('what a recovery nullified stays nullified, however old both are at the next start', async () => {
  const { did, op, owner, host } = await genesis('alice.test')
  {
    await using plc = await start()
    const client = new Client(plc.url)
    await client.sendOperation(did, op)
    await client.sendOperation(did, await renamed(op, host, 'stolen.test'))
    await client.sendOperation(did, await renamed(op, owner, 'rescued.test'))
  }
  const created = ['2020-01-01T00:00:00.000Z', '2020-01-02T00:00:00.000Z', '2020-01-03T00:00:00.000Z']
  const aged = (await keptLines()).map((line, index) => ({
    ...(JSON.parse(line) as object),
    createdAt: created[index],
  }))
  await writeFile(dataFile, aged.map((line) => `${JSON.stringify(line)}\n`).join(''))

  await using plc = await start()
  const log = await auditLog(plc.url, did)
  expect(log.map((entry) => entry.nullified)).toEqual([false, true, false])
  expect(log.map((entry) => entry.createdAt)).toEqual(created)
  expect(await new Client(plc.url).getDocumentData(did)).toMatchObject({ alsoKnownAs: ['at://rescued.test'] })
})

test('operations that arrive at the same moment are taken one at a time', async () => {
  const { did, op, host } = await genesis('alice.test')
  const first = await renamed(op, host, 'one.test')
  const second = await renamed(first, host, 'two.test')
  const rival = await renamed(first, host, 'three.test')
  const database = Database.mock()
  await keepOperations(database, dataFile)
  const arriving = [op, first, second, rival].map((operation) => database.validateAndAddOp(did, operation))
  const outcomes = await Promise.allSettled(arriving)
  await database.close()
  expect(outcomes.map((outcome) => outcome.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
  ])

  await using plc = await start()
  const log = await auditLog(plc.url, did)
  expect(log.map((entry) => entry.operation)).toEqual([op, first, second])
})

test('a last line torn by a crash is dropped, and the directory goes on after it', async () => {
  const first = await genesis('alice.test')
  const second = await genesis('bob.test')
  {
    await using plc = await start()
    await new Client(plc.url).sendOperation(first.did, first.op)
  }
  await appendFile(dataFile, '{"did":"did:plc:torn","operation":{"ty')
  {
    await using plc = await start()
    await new Client(plc.url).sendOperation(second.did, second.op)
  }
  await using plc = await start()
  for (const { did } of [first, second]) expect(await auditLog(plc.url, did)).toHaveLength(1)
})

test('a damaged line before the last stops the start and is named', async () => {
  const { did, op } = await genesis('alice.test')
  await writeFile(dataFile, `{"did":"nonsense"}\n${JSON.stringify({ did, operation: op })}\n`)
  await expect(start()).rejects.toThrow(`${dataFile} can't be read: line 1 is not an operation`)
})

test('a port that is taken stops the start', async () => {
  await using plc = await start()
  const port = Number(new URL(plc.url).port)
  await expect(startPlc({ port, dataFile: join(folder, 'other.jsonl') })).rejects.toThrow('EADDRINUSE')
})
