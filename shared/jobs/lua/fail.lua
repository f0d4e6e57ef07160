-- ARGV: step, token, error ('' when the step is only given back), retryable 0|1, delay ms, max attempts,
-- how long an outage is waited out, in ms (0: this is none)
local step = ARGV[1]

local function try_again(delay)
  count('step_retries', cjson.decode(ARGV[3]).code)
  redis.call('HSET', job, 'last_error:' .. step, ARGV[3], 'not_before:' .. step, now + delay)
  redis.call('ZADD', 'sched', now + delay, member(step))
  touch()
end

-- An outage uses up patience, not attempts: it is no fault of the job. The longest wait also bounds how long after
-- its end the job goes on.
local function outlasts_outage()
  redis.call('HSETNX', job, 'outage:' .. step, now)
  return now - field('outage:' .. step) < tonumber(ARGV[7])
end

if not holds(step, ARGV[2]) then return 'lost' end
redis.call('HDEL', job, 'token:' .. step, 'lease:' .. step, 'progress:' .. step)
if field('cancel') then
  finish('canceled')
elseif ARGV[3] == '' then
  -- Nothing went wrong, so the attempt does not count.
  redis.call('HINCRBY', job, 'attempts:' .. step, -1)
  redis.call('ZADD', 'sched', now, member(step))
  touch()
elseif ARGV[7] ~= '0' and outlasts_outage() then
  redis.call('HINCRBY', job, 'attempts:' .. step, -1)
  local waits = redis.call('HINCRBY', job, 'waits:' .. step, 1)
  try_again(math.min(ARGV[5] * 2 ^ math.min(waits - 1, 20), 30000))
elseif ARGV[4] == '1' and tonumber(field('attempts:' .. step)) < tonumber(ARGV[6]) then
  try_again(ARGV[5])
else
  redis.call('HSET', job, 'error:' .. step, ARGV[3])
  close(step, now) -- what it opens is due at once: the keeper rings it
end
return field('status')
