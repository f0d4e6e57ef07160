-- Batches to cancel jobs of; one that has ended is no longer among them.
for _, batch in ipairs(redis.call('SMEMBERS', 'batches:canceling')) do
  if of(batch, 'status') ~= 'canceling' then redis.call('SREM', 'batches:canceling', batch) end
end
return redis.call('SMEMBERS', 'batches:canceling')
