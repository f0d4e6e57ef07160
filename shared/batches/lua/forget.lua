-- KEYS: batch, then its flags. ARGV: batch id, seconds it is still known
redis.call('DEL', KEYS[1] .. ':lines', unpack(KEYS, 2))
redis.call('ZREM', 'batches:ended', ARGV[1])
redis.call('HSET', KEYS[1], 'status', 'expired')
redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
