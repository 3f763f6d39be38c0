-- What the load generator sends: SMS callbacks of the kannel profile, each with an id of its own.
-- arguments: WORKLOAD TOKEN RUN. Senders go through their conversation in groups of 256, so that with 64 requests
-- under way a sender's next message leaves after the answer to the one before.
local conversations = {
    -- a conversation of seven messages that ends in a referral and an alert; never the same twice running, which would
    -- be taken for one message sent twice
    talk = { "xin chao", "2", "Chieng+Son", "2", "1", "2", "1" },
    -- everybody asks for help at once: every input opens a referral and sends an alert
    help = { "CUU+Chieng+Son" },
    -- messages that only move the dialogue
    step = { "2", "0" },
}
local GROUP = 256
local steps, head, run
local first, at, n = 0, 0, 0

function init(args)
    steps = conversations[args[1]]
    run = args[3]
    head = "GET /in/kannel/sms?token=" .. args[2] .. "&to=8099&coding=0&charset=UTF-8&ts=1790000000&from=%2B84"
end

function request()
    local step = math.floor(at / GROUP) + 1
    if step > #steps then
        first, at, step = first + GROUP, 0, 1
    end
    local sender = first + at % GROUP
    at, n = at + 1, n + 1
    return head .. run .. string.format("%07d", sender) .. "&id=" .. run .. "-" .. n .. "&text=" .. steps[step]:gsub(" ", "+")
        .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
end

function done(summary, latency)
    io.write(string.format('{"requests":%d,"us":%d,"p50_us":%d,"p99_us":%d,"bad":%d}\n', summary.requests,
        summary.duration, latency:percentile(50), latency:percentile(99),
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout))
end
