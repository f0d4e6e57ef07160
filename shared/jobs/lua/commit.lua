-- ARGV: step, token, result, elapsed ms, stage, next stage or '', queued deadline ms, then the next steps
local step, stage, next_stage = ARGV[1], ARGV[5], ARGV[6]
if not holds(step, ARGV[2]) then return 'lost' end
redis.call('HSET', job, 'result:' .. step, ARGV[3])
redis.call('HDEL', job, 'token:' .. step, 'lease:' .. step, 'progress')
redis.call('HINCRBY', job, 'ms:' .. stage, ARGV[4])
redis.call('ZREM', 'sched', member(step))
if field('cancel') then
  finish('canceled')
  return 'finished'
end
local still_open = {}
for _, other in ipairs(open_steps()) do
  if other ~= step then still_open[#still_open + 1] = other end
end
redis.call('HSET', job, 'open', table.concat(still_open, ' '))
touch()
if #still_open > 0 then return 'waiting' end
if next_stage == '' then
  local model, ms = field('model'), 0
  for name in string.gmatch(field('stages'), '%S+') do ms = ms + (field('ms:' .. name) or 0) end
  local mean = tonumber(redis.call('HGET', 'seconds_per_job', model) or ms / 1000)
  redis.call('HSET', 'seconds_per_job', model, 0.9 * mean + 0.1 * ms / 1000)
  finish('succeeded')
  return 'finished'
end
redis.call('HSET', job, 'stage', next_stage, 'open', table.concat(ARGV, ' ', 8))
for i = 8, #ARGV do redis.call('ZADD', 'sched', now + ARGV[7], member(ARGV[i])) end
return 'advanced'
