-- ARGV: step, token, error ('' when the step is only given back), retryable 0|1, delay ms, max attempts
local step = ARGV[1]
if not holds(step, ARGV[2]) then return 'lost' end
redis.call('HDEL', job, 'token:' .. step, 'lease:' .. step, 'progress:' .. step)
if field('cancel') then
  finish('canceled')
elseif ARGV[3] == '' then
  -- Nothing went wrong, so the attempt does not count.
  redis.call('HINCRBY', job, 'attempts:' .. step, -1)
  redis.call('ZADD', 'sched', now, member(step))
  touch()
elseif ARGV[4] == '1' and tonumber(field('attempts:' .. step)) < tonumber(ARGV[6]) then
  redis.call('HSET', job, 'last_error:' .. step, ARGV[3], 'not_before:' .. step, now + ARGV[5])
  redis.call('ZADD', 'sched', now + ARGV[5], member(step))
  touch()
else
  redis.call('HSET', job, 'error:' .. step, ARGV[3])
  close(step, now) -- what it opens is due at once: the keeper rings it
end
return field('status')
