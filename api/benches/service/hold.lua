-- One connection a thread: createReferral with hold on a random one of $VACANCIES for one of $REQUESTS, then decline it by phone, again
-- and again. $SALT keeps idempotency keys apart between runs. Prints one line of JSON at the end: pairs a second, how many holds were
-- refused (409: the beds were taken), what else went wrong, and the latency of a command.
local requests, vacancies, all = {}, {}, {}
for id in string.gmatch(os.getenv("REQUESTS"), "%S+") do requests[#requests + 1] = id end
for id in string.gmatch(os.getenv("VACANCIES"), "%S+") do vacancies[#vacancies + 1] = id end

function setup(thread)
  thread:set("number", #all)
  all[#all + 1] = thread
end

function init()
  math.randomseed(number + 17)
  request_id = requests[(number % #requests) + 1]
  commands, pairs_done, refused, broken, referral, last = 0, 0, 0, 0, nil, nil
end

local function command(path, body)
  commands = commands + 1
  return wrk.format("POST", "/api/v1" .. path, {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. os.getenv("TOKEN"),
    ["Idempotency-Key"] = os.getenv("SALT") .. "-" .. number .. "-" .. commands,
  }, body)
end

function request()
  if referral then
    return command("/referrals/" .. referral .. "/decline", '{"by_phone":true,"refusal":{"party":"structure","code":"full","effect":"none"}}')
  end
  return command("/requests/" .. request_id .. "/referrals", '{"vacancy_id":"' .. vacancies[math.random(#vacancies)] .. '","hold":true}')
end

function response(status, headers, body)
  if referral and status == 200 then
    pairs_done, referral = pairs_done + 1, nil
  elseif not referral and status == 201 then
    referral = string.match(body, '"id":"([^"]+)"')
  elseif not referral and status == 409 then
    refused, last = refused + 1, body
  else
    broken, referral, last = broken + 1, nil, status .. " " .. body
  end
end

function done(summary, latency)
  local pairs, refused, broken, seconds = 0, 0, 0, summary.duration / 1e6
  for _, thread in ipairs(all) do
    pairs, refused, broken = pairs + thread:get("pairs_done"), refused + thread:get("refused"), broken + thread:get("broken")
    if thread:get("last") then print("such as: " .. string.sub(thread:get("last"), 1, 300)) end
  end
  local errors = summary.errors
  print(string.format(
    '\n{"pairs": %d, "per_s": %.1f, "refused": %d, "broken": %d, "p50_us": %.0f, "p99_us": %.0f}',
    pairs, pairs / seconds, refused, broken + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
