-- What wrk sends: the members of a file in turns, `did token` a line, each asking for their own codes. Arguments: the file and
-- the path. BENCH_START is the number of the first member, from 0. BENCH_CHANGE_EVERY=100 makes every hundredth request one
-- that gives the member another code, as the administrator of BENCH_ADMIN. What was measured is printed as one line of JSON.

-- Longer files are read as they are needed.
local KEPT_AT_MOST = 50000

local asked, change, file, path, every, admin = {}, {}, nil, nil, 0, nil
local turn, count, whole = 0, 0, true

local function ask(line)
  local token = line:match(" (.+)$")
  return wrk.format("GET", path, { ["Authorization"] = "Bearer " .. token })
end

local function give(line)
  local body = '{"useCount":1,"forAccount":"' .. line:match("^(%S+)") .. '"}'
  local headers = { ["Authorization"] = admin, ["Content-Type"] = "application/json" }
  return wrk.format("POST", "/xrpc/com.atproto.server.createInviteCode", headers, body)
end

function init(args)
  path = args[2]
  every = tonumber(os.getenv("BENCH_CHANGE_EVERY") or "0")
  admin = os.getenv("BENCH_ADMIN")
  file = assert(io.open(args[1]))
  for line in file:lines() do
    count = count + 1
    if count > KEPT_AT_MOST then
      whole = false
      break
    end
    asked[count] = ask(line)
    if every > 0 then change[count] = line end
  end
  turn = tonumber(os.getenv("BENCH_START") or "0")
  if whole then
    file:close()
  else
    asked = {}
    file:seek("set", 0)
  end
end

function request()
  turn = turn + 1
  if not whole then
    local line = file:read()
    if line == nil then
      file:seek("set", 0)
      line = file:read()
    end
    return ask(line)
  end
  local index = (turn - 1) % count + 1
  if every > 0 and turn % every == 0 then return give(change[index]) end
  return asked[index]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
