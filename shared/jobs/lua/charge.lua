-- ARGV: id, tenant, megapixels, how many of them a minute has, how long the charge may wait in ms
local id, tenant, megapixels = ARGV[1], ARGV[2], tonumber(ARGV[3])
local used = tonumber(redis.call('GET', minute_of(tenant)) or 0)
local is_paid = redis.call('EXISTS', job, charge_of(id)) > 0
local fits = is_paid or used + megapixels <= tonumber(ARGV[4])
if fits and not is_paid and megapixels > 0 then
  used = use(tenant, megapixels)
  redis.call('SET', charge_of(id), megapixels, 'PX', ARGV[5])
end
return { fits and 1 or 0, used, 60 - math.floor(now / 1000) % 60 }
