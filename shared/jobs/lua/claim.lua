-- ARGV: step, token, lease ms, max attempts, error when attempts are used up, job id, error when it is late,
-- whether the worker runs nothing else 0|1
local step, token = ARGV[1], ARGV[2]
local status = field('status')
if not status or is_final(status) then
  redis.call('ZREM', 'sched', ARGV[6] .. ' ' .. step)
  return { status and 'terminal' or 'missing' }
end
if not is_open(step) then
  redis.call('ZREM', 'sched', member(step))
  return { 'stale' }
end
if tonumber(field('lease:' .. step) or 0) > now then
  -- The holder itself asks again when the first answer was lost with its connection.
  return holds(step, token) and { 'ok', redis.call('HGETALL', job) } or { 'busy' }
end
if field('cancel') then
  finish('canceled')
  return { 'terminal' }
end
if is_late() then
  finish('expired', ARGV[7])
  return { 'terminal' }
end
-- Retries after an error wait for their time; a doorbell that comes early is ignored.
if tonumber(field('not_before:' .. step) or 0) > now then return { 'busy' } end
if tonumber(field('attempts:' .. step) or 0) >= tonumber(ARGV[4]) then
  -- The last known error says more than "the worker was lost".
  redis.call('HSET', job, 'error:' .. step, field('last_error:' .. step) or ARGV[5])
  close(step, now) -- what it opens is due at once: the keeper rings it
  return { 'dead' }
end
-- A claim that was neither committed nor given back: its worker died, perhaps of this very step.
if field('token:' .. step) or field('lost:' .. step) then
  if ARGV[8] == '0' then return { 'suspect' } end
  redis.call('HSET', job, 'lost:' .. step, 1)
end
redis.call('HINCRBY', job, 'attempts:' .. step, 1)
redis.call('HSET', job, 'status', 'running', 'token:' .. step, token, 'lease:' .. step, now + ARGV[3],
  'claimed:' .. step, now)
redis.call('HSETNX', job, 'started_at', now)
redis.call('HDEL', job, 'rings:' .. step, 'progress:' .. step)
redis.call('ZADD', 'sched', now + ARGV[3], member(step))
redis.call('ZREM', 'waiting:' .. field('priority'), field('id'))
redis.call('SADD', 'running', field('id'))
touch()
if status == 'queued' then
  tell_of('started')
  move_own_line('running')
end
return { 'ok', redis.call('HGETALL', job) }
