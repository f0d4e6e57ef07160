-- A stage that runs now may still write files, so the keeper looks again once it has ended.
local status = field('status')
if not status then return 0 end
if not is_final(status) then
  local leased = false
  for _, step in ipairs(open_steps()) do
    leased = leased or tonumber(field('lease:' .. step) or 0) > now
  end
  if leased then redis.call('HSET', job, 'cancel', 1) else finish('canceled') end
end
keep_for(0)
touch()
return 1
