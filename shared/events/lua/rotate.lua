-- ARGV: endpoint id, new secret, overlap ms
local hash = 'webhook:' .. ARGV[1]
local secret = of(hash, 'secret')
if not secret or secret == ARGV[2] then return end -- told twice, it would forget the old one
redis.call('HSET', hash, 'old_secret', secret, 'old_secret_until', now + ARGV[3], 'secret', ARGV[2])
