# latency.t: LATENCY: spikes, graphs, histograms.
@config enable-debug-command yes
> LATENCY LATEST
< *0
> LATENCY HISTORY command
< *0
> LATENCY GRAPH command
< -ERR No samples available for event 'command'
> LATENCY RESET
< :0
> LATENCY RESET a b
< :0
> LATENCY
< -ERR wrong number of arguments for 'latency' command
> LATENCY NOSUCH
< -ERR unknown subcommand 'NOSUCH'. Try LATENCY HELP.
> LATENCY HISTORY
< -ERR wrong number of arguments for 'latency|history' command
> LATENCY GRAPH
< -ERR wrong number of arguments for 'latency|graph' command
> LATENCY LATEST x
< -ERR wrong number of arguments for 'latency|latest' command
> LATENCY HELP
< *17
<   +LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
<   +DOCTOR
<   +"    Return a human readable latency analysis report."
<   +GRAPH <event>
<   +"    Return an ASCII latency graph for the <event> class."
<   +HISTORY <event>
<   +"    Return time-latency samples for the <event> class."
<   +LATEST
<   +"    Return the latest latency samples for all events."
<   +RESET [<event> ...]
<   +"    Reset latency data of one or more <event> classes."
<   +"    (default: reset all data for all event classes)"
<   +HISTOGRAM [COMMAND ...]
<   +"    Return a cumulative distribution of latencies in the format of a histogram for the specified command names."
<   +"    If no commands are specified then all histograms are replied."
<   +HELP
<   +"    Prints this help."
> LATENCY DOCTOR
< /latency-monitor-threshold <milliseconds>/

# A spike
> CONFIG SET latency-monitor-threshold 1
< +OK
> LATENCY DOCTOR
< ?
> DEBUG SLEEP 0.02
< +OK
> LATENCY LATEST
< *1
<   *4
<     "command"
<     :1700000000..9999999999
<     :20..30000
<     :20..30000
> LATENCY HISTORY command
< *1
<   *2
<     :1700000000..9999999999
<     :20..30000
> LATENCY HISTORY COMMAND
< ?
> LATENCY GRAPH command
< /^command - high [0-9]+ ms, low [0-9]+ ms \(all time high [0-9]+ ms\)$/
> LATENCY DOCTOR
< /command/
> LATENCY RESET nosuch
< :0
> LATENCY RESET nosuch command
< :1
> LATENCY LATEST
< *0
> CONFIG SET latency-monitor-threshold 0
< +OK

# Histograms
> CONFIG RESETSTAT
< +OK
> SET k v
< +OK
> SET k v
< +OK
> LATENCY HISTOGRAM nosuch
< *0
> LATENCY HISTOGRAM set get
< *2
<   "set"
<   *4
<     "calls"
<     :2
<     "histogram_usec"
<     ?
> LATENCY HISTOGRAM config
< *2
<   "config|resetstat"
<   *4
<     "calls"
<     :1
<     "histogram_usec"
<     *2
<       :?
<       :1

@resp 3
> LATENCY HISTOGRAM set
< %1
<   "set"
<   %2
<     "calls"
<     :2
<     "histogram_usec"
<     ?
> LATENCY HISTOGRAM nosuch
< %0
> LATENCY LATEST
< *0
> LATENCY DOCTOR
< =txt:/latency-monitor-threshold/
