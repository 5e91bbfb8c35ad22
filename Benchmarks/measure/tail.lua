-- As measure() of tail.nn.
function measure(step, budget)
  step()
  local n, once = 1
  for _ = 1, 3 do
    local start = os.clock()
    for _ = 1, n do step() end
    once = math.max(os.clock() - start, 1e-7) / n
    n = math.max(1, budget // (10 * once))
  end
  local times = {}
  for _ = 1, math.min(10, math.max(3, budget // once)) do
    local start = os.clock()
    for _ = 1, n do step() end
    times[#times + 1] = (os.clock() - start) / n
  end
  print(table.concat(times, " "))
end
