import type { ConsolePolicyWords } from '../../console/policy.ts'
import { number, plural } from '../../format.ts'

const n = (count: number) => number('de', count)

export const consolePolicy: ConsolePolicyWords = {
  earns: (every, cap) =>
    `Mitglieder verdienen ${every} einen Code, bis sie ${plural('de', cap, { one: '1 offenen', other: `${n(cap)} offene` })} haben.`,
  nobodyEarns: 'Niemand verdient Codes. Mitglieder haben die, die ihnen Betreiber geben.',
  allTimeCounts: 'Es zählt alle Zeit, seit ein Mitglied dabei ist.',
  countsSince: 'Es zählt nur Zeit nach dem ',
  every: {
    weeks: (count) => plural('de', count, { one: 'jede Woche', other: `alle ${n(count)} Wochen` }),
    days: (count) => plural('de', count, { one: 'jeden Tag', other: `alle ${n(count)} Tage` }),
    hours: (count) => plural('de', count, { one: 'jede Stunde', other: `alle ${n(count)} Stunden` }),
    minutes: (count) => plural('de', count, { one: 'jede Minute', other: `alle ${n(count)} Minuten` }),
    seconds: (count) => plural('de', count, { one: 'jede Sekunde', other: `alle ${n(count)} Sekunden` }),
  },
  fromSettings: (names) =>
    `Das schreiben Latchkeys Einstellungen bei jedem Start: ${names}. Was sie schreiben, lässt sich nur dort ändern.`,
  change: 'Ändern',
  doEarn: 'Mitglieder verdienen Codes',
  interval: 'Ein Code alle',
  unit: 'Einheit',
  units: { weeks: 'Wochen', days: 'Tage', hours: 'Stunden', minutes: 'Minuten', seconds: 'Sekunden' },
  epoch: 'Gezählt ab',
  epochHint: 'Zeit vor diesem Tag (UTC) zählt nicht. Bleibt es leer, zählt alle.',
  cap: 'Offene Codes höchstens',
  capHint: 'Wer so viele offene verdiente Codes hat, verdient keine mehr.',
  preview: 'Zeigen, was es bewirkt',
  releases: (codes, accounts) =>
    codes === 0
      ? 'Das gibt im Moment keine Codes frei.'
      : `Das gibt auf einmal ${plural('de', codes, { one: '1 Code', other: `${n(codes)} Codes` })} frei, für ${plural(
          'de',
          accounts,
          { one: '1 Mitglied', other: `${n(accounts)} Mitglieder` },
        )}. Jeder entsteht, sobald das Mitglied nachsieht.`,
  unknown: (count) =>
    plural('de', count, {
      one: '1 Mitglied ist nicht mitgezählt, weil sich gerade nicht beim PDS erfragen ließ, seit wann es dabei ist.',
      other: `${n(count)} Mitglieder sind nicht mitgezählt, weil sich gerade nicht beim PDS erfragen ließ, seit wann sie dabei sind.`,
    }),
  confirm: 'Für alle ändern',
  changed: 'Geändert. Es gilt ab jetzt.',
}
