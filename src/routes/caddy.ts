import {
  BEFORE_CODE,
  DOWN_OAUTH,
  DOWN_RETRY_AFTER,
  DOWN_XRPC,
  LINK_PATH,
  OWN_TARGET,
  PLAIN_TARGET,
} from './own.ts'
import type { Installation, Snippet } from './snippet.ts'

/**
 * The routes mode for Caddy, 2.6 and later. `handle` goes before the site's own `reverse_proxy`, which stays as it is.
 */
export function caddySnippet({ hostname, latchkey, pds }: Installation): Snippet {
  return {
    global: `	# 1. Into the global options, the block without a name at the top of the Caddyfile.
	# No log shows the code of a link. A "log" of your own needs the same "format", here and in the site.
	log default {
		format filter {
			wrap json
			fields {
				request>uri regexp (?i)(${BEFORE_CODE}).* \${1}***
				request>headers>Referer regexp (?i)(${BEFORE_CODE}).* \${1}***
			}
		}
	}
`,
    site: `	# 2. Into the block of "*.${hostname}, ${hostname}", above its "reverse_proxy ${pds}".
	# A "handle" of your own with a path, such as "handle /xrpc/*", sorts before these whatever its place, and would take
	# Latchkey's routes away: bring it into a matcher that leaves them out.
	# Everything goes to Latchkey but what plainly means another route of the PDS.
	@latchkey not {
		vars_regexp {http.request.uri} ${PLAIN_TARGET}
		not vars_regexp {http.request.uri} (?i)${OWN_TARGET}
	}
	handle @latchkey {
		reverse_proxy ${latchkey}
	}

	# No access log gets to see who opens a link. The variable has another name since Caddy 2.8.
	@latchkey_link path ${LINK_PATH}/*
	vars @latchkey_link {
		skip_log true
		log_skip true
	}

	# While Latchkey is down, only its own routes are.
	@latchkey_oauth path_regexp (?i)^/@atproto/
	@latchkey_preflight {
		method OPTIONS
		path_regexp (?i)^/xrpc/
	}
	handle_errors {
		handle @latchkey {
			header Retry-After ${DOWN_RETRY_AFTER}
			header Cache-Control no-store
			header Content-Type "application/json; charset=utf-8"
			handle @latchkey_oauth {
				respond \`${DOWN_OAUTH}\` 503
			}
			handle @latchkey_preflight {
				header Access-Control-Allow-Origin *
				header Access-Control-Allow-Methods GET,HEAD,POST
				header Access-Control-Allow-Headers {http.request.header.Access-Control-Request-Headers}
				respond 204
			}
			handle {
				header Access-Control-Allow-Origin *
				respond \`${DOWN_XRPC}\` 503
			}
		}
	}
`,
  }
}
