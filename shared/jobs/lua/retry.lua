-- ARGV: queued deadline ms, retention ms
-- What the finished stages have made stays; the steps that have no result are opened again.
local status = field('status')
if not status then return false end
if not is_final(status) then return {} end
if status ~= 'failed' and status ~= 'expired' then return { 'final' } end
charge(field('refunded') or field('charged') or 0)
redis.call('HDEL', job, 'refunded')
local stage, again = field('stage'), {}
for _, step in ipairs(steps_of(stage)) do
  redis.call('HDEL', job, 'error:' .. step, 'last_error:' .. step, 'attempts:' .. step, 'not_before:' .. step,
    'rings:' .. step, 'outage:' .. step, 'waits:' .. step)
  if not field('result:' .. step) then
    again[#again + 1] = step
    redis.call('ZADD', 'sched', now + ARGV[1], member(step))
  end
end
redis.call('HDEL', job, 'error', 'finished_at', 'started_at', 'cancel')
redis.call('HSET', job, 'status', 'queued', 'open', table.concat(again, ' '))
redis.call('ZADD', 'waiting:' .. field('priority'), now, field('id'))
keep_for(ARGV[2])
set_deadlines()
touch()
move_own_line('queued')
return again
