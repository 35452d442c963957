-- Posts $BODY with $TOKEN, again and again; prints one line of JSON at the end. The service's ranking and the bare peer get the same.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("TOKEN")
wrk.body = os.getenv("BODY")

function done(summary, latency)
  local errors = summary.errors
  local seconds = summary.duration / 1e6
  print(string.format(
    '\n{"requests": %d, "per_s": %.1f, "bytes_each": %.0f, "p50_us": %.0f, "p99_us": %.0f, "bad": %d}',
    summary.requests, summary.requests / seconds, summary.bytes / math.max(summary.requests, 1),
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
