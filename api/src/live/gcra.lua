-- So many units of each limit as a request costs, or none of any: the generic cell rate algorithm. A key holds the instant, in microseconds, at which
-- its limit is whole again; it goes by itself when that instant has passed, so that Redis keeps nothing of who is quiet.
-- KEYS: one a limit. ARGV: microseconds by which tests have moved the clock; then for each limit the microseconds of one unit, how many
-- units there are, and how many are taken. Answers for each limit the microseconds until it would give them (0: it has them), and until it is
-- whole again.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + ARGV[1]
local answer, whole, refused = {}, {}, false
for i, key in ipairs(KEYS) do
  local unit = tonumber(ARGV[3 * i - 1])
  local full = unit * ARGV[3 * i]
  local cost = unit * ARGV[3 * i + 1]
  -- Whatever a key says, and however the clock was set: nobody is behind by more than the whole limit.
  local at = math.min(math.max(tonumber(redis.call('GET', key) or now) or now, now), now + full)
  local wait = math.max(at + cost - full - now, 0)
  refused = refused or wait > 0
  whole[i] = at + cost
  answer[2 * i - 1], answer[2 * i] = wait, at - now
end
if not refused then
  for i, key in ipairs(KEYS) do
    redis.call('SET', key, string.format('%.0f', whole[i]), 'PX', math.ceil((whole[i] - now) / 1000))
    answer[2 * i] = whole[i] - now
  end
end
return answer
