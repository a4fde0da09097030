import { enhance } from './enhance.ts'
import { enhanceSignUp } from './sign-up.ts'

enhance()
const form = document.querySelector<HTMLFormElement>('form.sign-up')
if (form !== null) enhanceSignUp(form)
