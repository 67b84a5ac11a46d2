-- Reads orders in a random sequence. ORDER_IDS names a file with an id a line, ORDER_PATH a format such as
-- /orders/%s/events.
require("summary")

local requests = {}

function init()
    local path = os.getenv("ORDER_PATH")
    for id in io.lines(os.getenv("ORDER_IDS")) do
        requests[#requests + 1] = wrk.format("GET", string.format(path, id))
    end
    math.randomseed(os.time())
end

function request()
    return requests[math.random(#requests)]
end
