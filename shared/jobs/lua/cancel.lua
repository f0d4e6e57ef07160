local status = field('status')
if not status then return false end
if is_final(status) then return status end
local leased = false
for _, step in ipairs(open_steps()) do
  leased = leased or tonumber(field('lease:' .. step) or 0) > now
end
if leased then
  redis.call('HSET', job, 'cancel', 1)
  touch()
else
  finish('canceled')
end
return field('status')
