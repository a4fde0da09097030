import type { ConsoleOverviewWords } from '../../console/overview.ts'
import { number, plural } from '../../format.ts'

const n = (count: number) => number('de', count)

export const consoleOverview: ConsoleOverviewWords = {
  closed: 'Die Registrierung ist geschlossen',
  closedNext: 'Niemand kann ein Konto anlegen, bis das behoben ist. Latchkey sieht von selbst wieder nach.',
  paused: 'Die Registrierung ruht',
  pausedSince: 'Seit ',
  pausedAll: 'Niemand kann ein Konto anlegen.',
  pausedExceptMigrations: 'Nur Konten, die von einem anderen Server umziehen, kommen herein.',
  pausedMessage: 'An der Tür steht:',
  open: 'Die Registrierung ist offen',
  openText: (count) =>
    count === 0
      ? 'Gerade legt niemand ein Konto an.'
      : plural('de', count, {
          one: '1 Registrierung läuft gerade.',
          other: `${n(count)} Registrierungen laufen gerade.`,
        }),
  unsettled: (count) =>
    plural('de', count, {
      one: 'Von 1 Registrierung ist noch nicht bekannt, wie sie ausging.',
      other: `Von ${n(count)} Registrierungen ist noch nicht bekannt, wie sie ausgingen.`,
    }),
  unsettledNext: (count) =>
    plural('de', count, {
      one: 'Latchkey fragt den PDS, bis es feststeht; so lange bleibt der Code vorgemerkt.',
      other: 'Latchkey fragt den PDS, bis es feststeht; so lange bleiben die Codes vorgemerkt.',
    }),
  pause: 'Registrierung anhalten',
  pauseTitle: 'Die Registrierung anhalten?',
  pauseText: 'Beide Türen schließen sofort. Laufende Registrierungen gehen noch zu Ende.',
  message: 'Was an der Tür stehen soll',
  messageHint: 'Bleibt es leer, sagt Latchkey, dass die Registrierung ruht.',
  exceptMigrations: 'Konten hereinlassen, die von einem anderen Server umziehen',
  keep: 'Offen lassen',
  resume: 'Registrierung wieder öffnen',
  isPaused: 'Die Registrierung ruht jetzt.',
  isResumed: 'Die Registrierung ist wieder offen.',
  perDay: 'Registrierungen pro Tag',
  total: (count) =>
    plural('de', count, {
      one: '1 in den letzten dreißig Tagen',
      other: `${n(count)} in den letzten dreißig Tagen`,
    }),
  onDay: (day, count) =>
    `${day}: ${plural('de', count, { one: '1 Registrierung', other: `${n(count)} Registrierungen` })}`,
  chartKeys: 'Die Pfeiltasten führen von Tag zu Tag.',
  noSignUps: 'In den letzten dreißig Tagen hat niemand ein Konto angelegt.',
  noSignUpsNext: 'Einen Code für jemanden anlegen',
  codes: 'Codes',
  states: { open: 'offen', usedUp: 'verbraucht', expired: 'abgelaufen', disabled: 'gesperrt' },
  noCodes: 'Es gibt noch keine Codes.',
  noCodesNext: 'Die ersten anlegen',
  inProgress: 'Gerade im Gang',
  ended: 'Zuletzt beendet',
  noneEnded: 'Noch keine Registrierung ist zu Ende gegangen.',
  noneEndedNext: 'Gib einen Code weiter, dann steht hier die erste.',
  who: 'Wer',
  wanted: (name) => `wollte ${name}`,
  code: 'Code',
  state: 'Was bekannt ist',
  started: 'Begonnen',
  settled: 'Beendet',
  door: {
    createAccount: 'über eine App oder eine Einladungsseite',
    oauth: 'über die Anmeldeseite des Servers',
  },
  signUpStates: {
    reserved: 'geht gleich an den PDS',
    forwarded: 'beim PDS',
    settling: 'noch unbekannt, der PDS wird gefragt',
    committed: 'ist dabei',
    released: 'niemand kam herein, der Code ist wieder frei',
  },
}
