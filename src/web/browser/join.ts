import { awaitOutcome } from './await-outcome.ts'
import { enhance } from './enhance.ts'
import { enhanceSignUp } from './sign-up.ts'

enhance()
const form = document.querySelector<HTMLFormElement>('form.sign-up')
if (form !== null) enhanceSignUp(form)
const place = document.querySelector<HTMLElement>('[data-awaits]')?.dataset['awaits']
if (place !== undefined) void awaitOutcome(place)
