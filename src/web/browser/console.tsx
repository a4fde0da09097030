import { consolePage } from '../console/console-page.tsx'
import { takeOver } from './hydrate.tsx'

takeOver(consolePage)
