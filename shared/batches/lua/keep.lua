-- KEYS[1]: batch. ARGV: batch id, objects of lines. One that was given up stays so, but its objects are known.
redis.call('ZADD', 'batches:receiving', 'XX', now, ARGV[1])
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'objects', ARGV[2]) end
