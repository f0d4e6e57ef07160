-- The job, its place in the queue, and the measured speed of its model.
local fields = redis.call('HGETALL', job)
if #fields == 0 then return false end
local position = field('status') == 'queued' and redis.call('ZRANK', 'waiting:' .. field('priority'), field('id')) or 0
return { fields, position, redis.call('HGET', 'seconds_per_job', field('model')) }
