/** What `--help` prints: at most 80 columns. */
export const HELP = `Usage: storage-lock-otel-bridge [options] [FILE...]
       storage-lock-otel-bridge report [FILE...] [-o report.html]

Turns the lock events that services print into OpenTelemetry traces and metrics.
Reads FILEs (.gz too), or stdin if there is none or FILE is "-". Finds events in
plain lines, zap records, Docker and Kubernetes logs and other log records.

    service 2>&1 | storage-lock-otel-bridge
    storage-lock-otel-bridge --print events.ndjson
    storage-lock-otel-bridge --follow --state /var/lib/bridge.json service.log

Input
  -f, --follow             keep reading as files grow, rotate or are truncated
      --state FILE         remember what was delivered; go on there next time
      --max-line BYTES     pass longer lines on unread (default 16777216)

Output
      --print[=N]          draw finished traces as waterfalls: all of a few, the
                           slowest of many, or the N slowest; then the timings
      --prometheus [HOST:]PORT   serve /metrics, on 127.0.0.1 unless told
      --report FILE        write a page that shows who waited for whom
      --ui [HOST:]PORT     serve that page while events arrive, on 127.0.0.1
                           unless told
      --trace-url URL      where its traces open: http://host/trace/{traceId}
      --summary json       the closing report as one line of JSON
  -q, --quiet              no closing report, no progress

Telemetry
      --detail LEVEL       full: a span an event; compact: a span an operation
                           step; operation: a span a lock, unlock, renewal, hold
      --no-hold-span       no StorageLock.Hold spans
      --lock-name HOW      lock name on metrics: template (order-42 is order-*),
                           id (as it is), none
      --owner-id HOW       owner ids on spans: keep, hash or drop
      --no-payload         no payloads on spans
      --settle MS          wait so long for late lines of a tree (default 250)
      --idle-timeout SECS  export unfinished trees after silence (default 300)
      --limit NAME=NUMBER  a bound of the listener, such as openTrees=20000
      --give-up SECS       stop trying to deliver after failures for so long:
                           default 300 for files, 30 for stdin, never when
                           following files ("never" says so)

  -h, --help               this text
  -V, --version            the version

Where to send traces and metrics is told by the standard variables, such as
OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 and OTEL_SERVICE_NAME; so are
headers, protocol, sampler and resource attributes. Without an endpoint nothing
is sent; if no other output is asked for, traces are drawn (--print).

Lines of stdin that are no events go to stdout unchanged; waterfalls go to
stdout when the input is files, to stderr when it is stdin. The closing report
goes to stderr; as JSON to stdout if nothing else does (files, no --print).

Exit status: 0 all was delivered; 1 bad usage; 2 an input could not be read;
3 something could not be delivered (or written to stdout); 128+N ended by signal
N inside a file.
`
