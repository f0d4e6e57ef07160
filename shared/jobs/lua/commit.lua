-- ARGV: step, token, result, elapsed ms, stage, queued deadline ms
local step = ARGV[1]
if not holds(step, ARGV[2]) then return false end
redis.call('HSET', job, 'result:' .. step, ARGV[3])
redis.call('HINCRBY', job, 'ms:' .. ARGV[5], ARGV[4])
count_seconds(ARGV[5], ARGV[4] / 1000)
if ARGV[5] == 'ingest' then
  local picture = cjson.decode(ARGV[3]).input
  charge(math.max(1, math.ceil(picture.width * picture.height / 1000000)))
end
if field('cancel') then
  redis.call('HDEL', job, 'progress:' .. step)
  finish('canceled')
  return {}
end
return close(step, now + ARGV[6])
