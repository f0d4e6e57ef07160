-- ARGV: retention ms, queued deadline ms, then field and value pairs
if redis.call('EXISTS', job) == 0 then
  for i = 3, #ARGV, 2 do redis.call('HSET', job, ARGV[i], ARGV[i + 1]) end
  redis.call('HSET', job, 'status', 'queued', 'version', 1, 'created_at', now, 'expires_at', now + ARGV[1])
  open(words(field('stages'))[1], now + ARGV[2])
  redis.call('ZADD', 'waiting:' .. field('priority'), now, field('id'))
end
return open_steps()
