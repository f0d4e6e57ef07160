-- ARGV: step, token, lease ms, progress
local step = ARGV[1]
if not holds(step, ARGV[2]) then return 'lost' end
redis.call('HSET', job, 'lease:' .. step, now + ARGV[3])
redis.call('ZADD', 'sched', now + ARGV[3], member(step))
if field('progress:' .. step) ~= ARGV[4] then
  redis.call('HSET', job, 'progress:' .. step, ARGV[4])
  touch()
end
return field('cancel') and 'canceled' or 'held'
