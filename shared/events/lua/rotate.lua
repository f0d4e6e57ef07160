-- ARGV: endpoint id, new secret, overlap ms
local hash = 'webhook:' .. ARGV[1]
if redis.call('EXISTS', hash) == 0 then return end
redis.call('HSET', hash, 'old_secret', of(hash, 'secret'), 'old_secret_until', now + ARGV[3], 'secret', ARGV[2])
