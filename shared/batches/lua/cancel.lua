-- KEYS[1]: batch. ARGV: batch id
if redis.call('HGET', KEYS[1], 'status') ~= 'running' then return end
redis.call('HSET', KEYS[1], 'status', 'canceling', 'was_canceled', 1)
redis.call('SADD', 'batches:canceling', ARGV[1])
move_all(ARGV[1], { 'w' }, 'c')
settle(ARGV[1], now)
