-- KEYS[1]: batch. ARGV: batch id, seconds it is still known
for _, flag in ipairs(redis.call('SMEMBERS', KEYS[1] .. ':flags')) do
  redis.call('DEL', KEYS[1] .. ':flag:' .. flag)
end
redis.call('DEL', KEYS[1] .. ':lines', KEYS[1] .. ':flags')
redis.call('ZREM', 'batches:ended', ARGV[1])
redis.call('HSET', KEYS[1], 'status', 'expired')
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
