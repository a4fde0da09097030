import { BEFORE_CODE, DOWN_OAUTH, DOWN_RETRY_AFTER, DOWN_XRPC, OWN_TARGET, PLAIN_TARGET } from './own.ts'
import type { Installation, Snippet } from './snippet.ts'

/** As long as Latchkey may take over a sign-up whose PDS does not answer, and more. */
const READ_TIMEOUT = '150s'

/**
 * The routes mode for nginx, 1.18 and later. The decision falls before nginx looks at any location, so that none of the
 * operator's own can take a route away.
 */
export function nginxSnippet({ hostname, latchkey, pds, logs }: Installation): Snippet {
  return {
    global: `# 1. At the level of "http": a file in /etc/nginx/conf.d/ stands there.
upstream latchkey {
    server ${latchkey};
}

# Everything goes to Latchkey but what plainly means another route of the PDS.
map $request_uri $latchkey_route {
    "~*${OWN_TARGET}" 1;
    "~${PLAIN_TARGET}" "";
    default 1;
}

map $request_uri $latchkey_down {
    "~*^/@atproto/" '${DOWN_OAUTH}';
    default '${DOWN_XRPC}';
}
map $request_uri $latchkey_down_origin {
    "~*^/@atproto/" "";
    default "*";
}

# Links hold an invite code, which no log may show, and so do the cursors of a listing. What nginx can't read has no URI.
map $request_uri $latchkey_logged_uri {
    "~*^(?<latchkey_uri>.*?(?:${BEFORE_CODE}))" "$latchkey_uri***";
    default $request_uri;
}
map $http_referer $latchkey_logged_referer {
    "~*^(?<latchkey_referer>.*?(?:${BEFORE_CODE}))" "$latchkey_referer***";
    default $http_referer;
}
log_format latchkey '$remote_addr - $remote_user [$time_local] '
    '"$request_method $latchkey_logged_uri $server_protocol" $status $body_bytes_sent '
    '"$latchkey_logged_referer" "$http_user_agent"';
`,
    site: `    # 2. Into the "server" block of "${hostname}" and "*.${hostname}", whose "location /" goes on to ${pds}.
    # In place of an "access_log" of your own in this block. Where the block is not the default server of its port, the log of
    # that one and of "http" shows requests that nginx can't read, a spoiled link among them: give it the same format.
    access_log ${logs}/access.log latchkey;
    if ($latchkey_route) {
        rewrite ^ /_latchkey_route? last;
    }
    location = /_latchkey_route {
        internal;
        # As the client spelled it.
        proxy_pass http://latchkey$request_uri;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_read_timeout ${READ_TIMEOUT};
        proxy_intercept_errors off;
        # Its errors would quote the link.
        error_log ${logs}/error.log crit;
        error_page 502 504 = @latchkey_down;
    }
    # While Latchkey is down, only its own routes are.
    location @latchkey_down {
        default_type "application/json; charset=utf-8";
        if ($request_method = OPTIONS) {
            add_header Access-Control-Allow-Origin $latchkey_down_origin always;
            add_header Access-Control-Allow-Methods GET,HEAD,POST always;
            add_header Access-Control-Allow-Headers $http_access_control_request_headers always;
            return 204;
        }
        add_header Access-Control-Allow-Origin $latchkey_down_origin always;
        add_header Retry-After ${DOWN_RETRY_AFTER} always;
        add_header Cache-Control no-store always;
        return 503 $latchkey_down;
    }
`,
  }
}
