-- Reads orders in a random sequence. ORDER_IDS names a file with an id a line, ORDER_PATH a format such as
-- /orders/%s/events.
require("summary")

local requests = {}

function init()
    -- One is formatted, and all are made of it: to format some 200,000 would show in how busy wrk seems to be.
    local before, after = wrk.format("GET", string.format(os.getenv("ORDER_PATH"), "@")):match("(.*)@(.*)")
    for id in io.lines(os.getenv("ORDER_IDS")) do
        requests[#requests + 1] = before .. id .. after
    end
    math.randomseed(os.time())
end

function request()
    return requests[math.random(#requests)]
end
