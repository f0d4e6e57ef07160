-- ARGV: retention ms, queued deadline ms, first step, then field and value pairs
if redis.call('EXISTS', job) == 1 then return 0 end
for i = 4, #ARGV, 2 do redis.call('HSET', job, ARGV[i], ARGV[i + 1]) end
redis.call('HSET', job, 'status', 'queued', 'stage', ARGV[3], 'open', ARGV[3], 'version', 1,
  'created_at', now, 'expires_at', now + ARGV[1])
redis.call('ZADD', 'sched', now + ARGV[2], member(ARGV[3]))
redis.call('ZADD', 'waiting:' .. field('priority'), now, field('id'))
return 1
