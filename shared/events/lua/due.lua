-- Whether there is anything to expand or to take.
local due = first_score('targets')
return (redis.call('EXISTS', 'events') == 1 or due and due <= now) and 1 or 0
