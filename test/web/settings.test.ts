import { describe, expect, test } from 'vitest'
import { pdsFetch } from '../../src/auth/oauth-pds.ts'
import { ConfigError, readConfig } from '../../src/config.ts'
import { PdsClient } from '../../src/pds/client.ts'
import { SETTINGS } from '../../src/settings.ts'

const NEEDED = {
  publicUrl: 'https://pds.example.com',
  pdsUrl: 'http://127.0.0.1:3000',
  pdsAdminPassword: 'secret',
}

describe('where the pages are', () => {
  test.each([
    ['https://pds.example.com', undefined, 'https://pds.example.com'],
    ['https://pds.example.com', 'https://invites.example.com', 'https://invites.example.com'],
    ['http://localhost:2690', undefined, 'http://127.0.0.1:2690'],
    ['http://localhost:2690', 'http://127.0.0.1:9999', 'http://127.0.0.1:9999'],
  ])('with the public URL %s and LATCHKEY_WEB_URL %s: %s', (publicUrl, webUrl, expected) => {
    const flags = { ...NEEDED, publicUrl, ...(webUrl !== undefined && { webUrl }) }
    expect(readConfig(flags, {}).webUrl.origin).toBe(expected)
  })

  test.each([
    'http://invites.example.com',
    'http://localhost:2690',
    'https://invites.example.com/pages',
    'ftp://127.0.0.1',
    'invites.example.com',
  ])('is not %s, where browsers would not keep anybody signed in', (webUrl) => {
    expect(() => readConfig({ ...NEEDED, webUrl }, {})).toThrow(ConfigError)
  })
})

describe('operators', () => {
  const [alice, bob] = ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'did:web:bob.example.com']

  test('are DIDs with commas between them, and nobody where none are named', () => {
    expect(readConfig(NEEDED, {})).toMatchObject({ admins: [], moderators: [] })
    const config = readConfig({ ...NEEDED, admins: `${alice}, ${bob}`, moderators: bob }, {})
    expect(config).toMatchObject({ admins: [alice, bob], moderators: [bob] })
  })

  test.each(['alice.example.com', `${alice},`, 'did:plc', `${alice} ${bob}`])('are not %s', (admins) => {
    const sentence = `${SETTINGS.admins.variable} is "${admins}", expected DIDs with commas between them, such as did:plc:aaaaaaaaaaaaaaaaaaaaaaaa.`
    expect(() => readConfig(NEEDED, { [SETTINGS.admins.variable]: admins })).toThrow(
      new ConfigError([sentence]),
    )
  })
})

test.each([
  'https://evil.example/oauth/token',
  'http://127.0.0.1:3000/oauth/token',
  'https://pds.example.com.evil.example/',
])('signing in sends nothing to %s', async (url) => {
  const pds = new PdsClient({ url: new URL(NEEDED.pdsUrl), adminPassword: '', rateLimitBypassKey: undefined })
  const fetchPds = pdsFetch(pds, new URL(NEEDED.publicUrl))
  await expect(fetchPds(url)).rejects.toThrow('signing in calls nobody but https://pds.example.com')
})
