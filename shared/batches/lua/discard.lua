-- KEYS[1]: batch. ARGV: batch id. One that was accepted, whatever its sender was told, stays.
if redis.call('HGET', KEYS[1], 'status') ~= 'validating' then return 0 end
redis.call('ZREM', 'batches:' .. redis.call('HGET', KEYS[1], 'tenant'), ARGV[1])
redis.call('ZREM', 'batches:receiving', ARGV[1])
redis.call('DEL', KEYS[1])
return 1
