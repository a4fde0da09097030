import type { ConsoleCodesWords } from '../../console/codes.ts'
import { number, plural } from '../../format.ts'

const codes = (count: number) => plural('de', count, { one: '1 Code', other: `${number('de', count)} Codes` })
const accounts = (count: number) =>
  plural('de', count, { one: '1 Konto', other: `${number('de', count)} Konten` })

const codesOf = (count: number, owners: number) =>
  owners === 0 ? codes(count) : `${codes(count)} von ${accounts(owners)}`

export const consoleCodes: ConsoleCodesWords = {
  table: 'Einladungscodes',
  search: 'Suchen',
  query: 'Code, Konto, Handle oder Notiz',
  state: 'Zustand',
  anyState: 'In jedem Zustand',
  states: { open: 'offen', usedUp: 'verbraucht', expired: 'abgelaufen', disabled: 'gesperrt' },
  kind: 'Art',
  anyKind: 'Jeder Art',
  kinds: { gifted: 'geschenkt', earned: 'verdient' },
  sort: 'Reihenfolge',
  sorts: { recent: 'Neueste zuerst', usage: 'Meistbenutzte zuerst' },
  create: 'Codes erstellen',
  give: 'Allen schenken',
  export: 'Als CSV ausgeben',
  code: 'Code',
  uses: 'Benutzt',
  usesOf: (used, available) => `${number('de', used)} von ${number('de', available)}`,
  reserved: (count) =>
    plural('de', count, {
      one: '1 Registrierung im Gang',
      other: `${number('de', count)} Registrierungen im Gang`,
    }),
  owner: 'Besitzer',
  operator: 'der Betreiber',
  created: 'Erstellt',
  expires: 'Läuft ab',
  never: 'nie',
  note: 'Notiz',
  pick: 'Auswahl',
  select: (code) => `${code} auswählen`,
  selectAll: 'Alle auf dieser Seite auswählen',
  selected: (count) => `${codes(count)} ausgewählt`,
  none: 'Es gibt noch keine Codes.',
  noneNext: 'Mitglieder verdienen sie mit der Zeit, oder ein Administrator erstellt welche.',
  nothing: 'So einen Code gibt es nicht.',
  nothingNext: 'Alle Codes zeigen',
  ended: 'Hier gibt es keine weiteren Codes.',
  back: 'Vorige Seite',
  shown: (count) => `${codes(count)} auf dieser Seite`,
  titles: {
    create: 'Codes erstellen',
    give: 'Allen Codes schenken',
    look: 'Einladungscode',
    replace: 'Diesen Code ersetzen?',
  },
  copyCode: 'Code kopieren',
  copyLink: 'Link kopieren',
  copyAll: 'Alle kopieren',
  joined: 'Damit gekommen',
  joinedNewest: (count) => `Damit gekommen, die neuesten ${number('de', count)}`,
  nobodyJoined: 'Noch niemand.',
  handOn: 'Schick jemandem den Link.',
  letsNobodyIn: 'So lässt er niemanden herein; ein Administrator kann einen anderen erstellen.',
  handOnNew: 'Gib den neuen Code an seiner Stelle weiter.',
  replace: 'Ersetzen',
  disable: 'Sperren',
  enable: 'Wieder freigeben',
  cancel: 'Abbrechen',
  close: 'Fertig',
  change: 'Ändern',
  noteHint: 'Warum, oder wofür. Betreiber sehen es.',
  disableTitle: (count) => `${codes(count)} sperren?`,
  enableTitle: (count) => `${codes(count)} wieder freigeben?`,
  disableText: (count, owners) =>
    `${codesOf(count, owners)} ${count === 1 ? 'lässt' : 'lassen'} dann niemanden mehr herein. Laufende Registrierungen dürfen fertig werden. Du kannst es im Protokoll rückgängig machen.`,
  enableText: (count, owners) => `${codesOf(count, owners)} ${count === 1 ? 'gilt' : 'gelten'} wieder.`,
  disableNothing: 'Alle sind schon gesperrt.',
  enableNothing: 'Keiner davon ist gesperrt.',
  disabled: (count) => `${codes(count)} gesperrt.`,
  enabled: (count) => `${codes(count)} wieder freigegeben.`,
  seeLog: 'Im Protokoll ansehen',
  replaceText: (left) =>
    `Er gilt sofort nicht mehr. An seine Stelle tritt ein neuer, für denselben Besitzer und ${plural('de', left, { one: 'die eine Person, die', other: `die ${number('de', left)} Personen, die` })} mit diesem noch kommen ${left === 1 ? 'kann' : 'können'}.`,
  replaceLast:
    'Was er noch übrig hat, halten laufende Registrierungen; darum lässt er sich gerade nicht ersetzen.',
  replaced: 'Ersetzt. Der alte Code ist gesperrt.',
  newCode: 'Der neue Code',
  joinedOld: 'Mit dem alten Code gekommen',
  count: 'Wie viele Codes',
  each: 'Codes für jedes Konto',
  usesEach: 'Für wie viele Personen jeder gilt',
  expiry: 'Letzter Tag',
  expiryHint: 'Er endet mit diesem Tag, in UTC. Leer lassen für Codes, die nie ablaufen.',
  ownerHint: 'Handle oder DID eines Mitglieds. Leer lassen für Codes des Servers.',
  make: 'Erstellen',
  making: (count, uses, owner) =>
    `Es ${count === 1 ? 'entsteht' : 'entstehen'} ${codes(count)} für ${count === 1 ? '' : 'zusammen '}${plural(
      'de',
      count * uses,
      { one: 'eine Person', other: `${number('de', count * uses)} Personen` },
    )}; Besitzer: ${owner === '' ? 'der Server' : owner}. Du kannst es im Protokoll rückgängig machen.`,
  made: (count) => `${codes(count)} erstellt.`,
  andMore: (count) => `und ${number('de', count)} weitere`,
  giveText:
    'Jedes aktive Konto bekommt sie, außer denen, deren Einladungen gesperrt sind. Es geschieht nichts, bevor du gesehen hast, wie viele es sind.',
  preview: 'Zeigen, was geschieht',
  giving: (count, owners) =>
    owners === 0
      ? 'Keinem Konto können Codes geschenkt werden.'
      : `${codes(count)} für ${accounts(owners)}. Mitglieder sehen sie sofort. Du kannst es im Protokoll rückgängig machen.`,
  giveNow: (count) => `${codes(count)} schenken`,
  given: (count, owners) => `${codes(count)} an ${accounts(owners)} geschenkt.`,
  unknownAccount: 'Kein Konto dieses Servers heißt so.',
  notOpen: 'Er ist verbraucht, abgelaufen oder gesperrt.',
  notTakenOver: 'Er gehört noch dem PDS. Übernimm zuerst die Codes des PDS.',
  underWay: 'Dasselbe läuft schon seit eben. Im Protokoll steht, wie weit es ist.',
  stopped: 'Jemand hat es unterdessen rückgängig gemacht.',
}
