-- ARGV: retention ms, queued deadline ms, batch or '', line, then field and value pairs.
-- Returns the steps to ring and, of a job that is no line, the record, its place in the queue, and the measured speed
-- of its model.
local batch, line, version, charged = ARGV[3], ARGV[4], 1, false
if batch ~= '' then
  -- A line becomes a job once: whoever comes second, or after a cancellation, changes nothing. A line that is run
  -- again stands at `w` again, and the job of its earlier run gives way.
  if line_state(batch, line) ~= 'w' then return { {} } end
  version = (field('version') or 0) + 1
  charged = field('charged')
  redis.call('DEL', job)
end
if redis.call('EXISTS', job) == 0 then
  redis.call('HSET', job, 'status', 'queued', 'version', version, 'created_at', now, unpack(ARGV, 5))
  charged = charged or redis.call('GET', charge_of(field('id')))
  if charged then redis.call('HSET', job, 'charged', charged) end
  redis.call('DEL', charge_of(field('id')))
  keep_for(ARGV[1])
  set_deadlines()
  open(words(field('stages'))[1], now + ARGV[2])
  -- All at one score, so that they sort by their ids, which begin with the time.
  redis.call('ZADD', 'jobs:' .. field('tenant'), 0, field('id'))
  redis.call('ZADD', 'waiting:' .. field('priority'), now, field('id'))
  move_own_line('queued')
  count('jobs_created', field('priority'))
end
if batch ~= '' then return { open_steps() } end
local place = field('status') == 'queued' and redis.call('ZRANK', 'waiting:' .. field('priority'), field('id')) or 0
return { open_steps(), redis.call('HGETALL', job), place, redis.call('HGET', 'seconds_per_job', field('model')) }
